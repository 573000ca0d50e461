// SPDX-License-Identifier: GPL-3.0-or-later
// What is worth a line in the timeline: the same sentence about the same host again and again is not, and one
// host that is very busy, or many that do not exist, must not push everybody else's history out. It only
// counts; the desk tells.
#pragma once

#include "model/event.h"

#define NEWS_REPEAT_MS       5000 // the same sentence again: a retransmission
#define NEWS_REPEAT_GRAVE_MS 60000
#define NEWS_REPEAT_USUAL_MS 600000 // what every boot does again, and means nothing
#define NEWS_SOURCE_GAP_MS   1000   // one host, in the long run
#define NEWS_SOURCE_BURST    256    // a Windows XP fetches 120 files one by one
#define NEWS_ALL_GAP_MS      5      // all hosts together
#define NEWS_ALL_BURST       9000
#define NEWS_SLOTS           4096

struct desk_news {
    int64_t all_until_ms; // when all of them together may burst again in full
    uint64_t dropped;     // left out since desk_news_take_dropped
    struct {
        uint64_t source;
        int64_t until_ms;
    } sources[NEWS_SLOTS];
    struct {
        uint64_t sentence;
        int64_t at_ms;
    } told[NEWS_SLOTS];
};

/// Whether `event`, which has its time, is to be told; counts it. What people and orders do always is.
bool desk_news_may(struct desk_news *news, const struct event *event);

/// How many were left out because somebody is too busy, repetitions not counted; begins again at 0.
uint64_t desk_news_take_dropped(struct desk_news *news);
