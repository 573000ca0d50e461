// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the mirrors, for their own files only.
#pragma once

#include "io/heap.h"
#include "service/mirror.h"
#include "service/mirror_fetch.h"

#define MIRROR_SENTENCE_BYTES 256

struct mirror {
    struct mirror *next;
    struct mirror_service *service;
    struct config_mirror config;
    struct mirror_store store;
    bool is_configured;             // else it only ends what it began
    bool is_ready;                  // what is in its folder is known
    bool is_broken;                 // it has no folder
    struct content_waiter *waiters; // until it is ready
    struct mirror_report counters;  // only its numbers
    char problem[MIRROR_SENTENCE_BYTES];
    int64_t problem_at_s;
    int64_t away_until_ms; // its server was out of reach
    int64_t told_at_ms[MIRROR_TROUBLE_COUNT];
    int64_t stale_told_at_ms;
    unsigned live;  // fetches
    bool is_waking; // those who waited are answered now
};

struct mirror_fetch {
    struct mirror_fetch *next; // in the queue
    struct mirror *mirror;
    struct mirror_file *file;
    struct content_waiter *waiters;
    struct mirror_request request;
    struct mirror_progress progress;
    struct mirror_result result;
};

struct slot { // one thread
    struct mirror_service *service;
    struct worker *worker;
    struct mirror_fetcher *fetcher;
    struct mirror_fetch *fetch; // NULL = it has nothing to do
};

struct mirror_service {
    struct mirror_options options;
    struct loop_timer *beginning;
    char *folder;
    int fd; // of it
    struct mirror *mirrors;
    struct slot slots[MIRROR_FETCHES_MOST];
    struct mirror_fetch *queue;
    struct mirror_fetch **queue_end;
    unsigned queued;
    struct worker *scanner;
    struct mirror *scanned;  // what the scanner reads now
    struct heap_array found; // by it, of struct mirror_found *
    uint64_t number;
    bool is_started;
    bool is_stopping; // read by the scanner, too
};

/// The reason for what people and clients are told of `trouble`; REASON_NONE when it is none of theirs.
enum reason_id mirror_trouble_reason(enum mirror_trouble trouble);

/// Tells what went wrong with `fetch`, the same not too often.
void mirror_tell_trouble(struct mirror *mirror, const struct mirror_fetch *fetch);

/// Tells that an older file was served under the name `path`, not too often.
void mirror_tell_stale(struct mirror *mirror, const char *path);
