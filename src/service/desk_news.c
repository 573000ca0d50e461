// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/desk_news.h"

#include "base/hash.h"

#include <string.h>

// Whoever makes two sources meet in one slot gains nothing: the bound on all of them together stays.
static const struct hash_key NEWS_KEY = {0};

// Whether anybody on the network can cause such an event as often as they like.
static bool news_is_from_outside(const struct event *event)
{
    switch (event->kind) {
    case EVENT_DHCP:
    case EVENT_TFTP:
    case EVENT_HTTP:
    case EVENT_FTP:
    case EVENT_BOOT:
    case EVENT_VERDICT:
        return true;
    case EVENT_MACHINE:
        return reasons_has(&event->reasons, REASON_MACHINE_UNKNOWN);
    case EVENT_SERVER:
        return event->mac.length != 0; // who else answers
    case EVENT_ORDER:
    case EVENT_KIND_COUNT:
        break;
    }
    return false;
}

// The "leaky bucket as a meter": one instant is all it needs to remember.
static bool news_is_within(int64_t *until_ms, int64_t now_ms, int64_t gap_ms, int64_t burst)
{
    bool is_nonsense = *until_ms < now_ms || *until_ms > now_ms + 2 * gap_ms * burst; // the clock was set
    int64_t from_ms = is_nonsense ? now_ms : *until_ms;
    if (from_ms - now_ms > gap_ms * (burst - 1)) {
        return false;
    }
    *until_ms = from_ms + gap_ms;
    return true;
}

static uint64_t news_source(const struct event *event)
{
    return event->mac.length != 0 ? hash_bytes(NEWS_KEY, event->mac.octets, event->mac.length)
                                  : hash_bytes(NEWS_KEY, &event->address, sizeof event->address);
}

static bool news_is_repeated(struct desk_news *news, const struct event *event, uint64_t source)
{
    struct hash_key key = {source, (uint64_t)event->kind << 32 ^ event->order_id};
    uint64_t sentence = hash_bytes(key, event->text, strnlen(event->text, sizeof event->text));
    enum reason_id worst = reasons_worst(&event->reasons);
    bool is_grave = worst == REASON_FILE_NOT_FOUND ||
                    (worst != REASON_NONE && reason_get(worst)->severity >= REASON_WARNING);
    bool is_usual = worst == REASON_OPTIONAL_FILE_ABSENT;
    int64_t gap_ms = is_grave ? NEWS_REPEAT_GRAVE_MS : is_usual ? NEWS_REPEAT_USUAL_MS : NEWS_REPEAT_MS;
    size_t slot = sentence % NEWS_SLOTS;
    int64_t age_ms = event->at_ms - news->told[slot].at_ms;
    if (news->told[slot].sentence == sentence && age_ms >= 0 && age_ms < gap_ms) {
        return true;
    }
    news->told[slot].sentence = sentence;
    news->told[slot].at_ms = event->at_ms;
    return false;
}

bool desk_news_may(struct desk_news *news, const struct event *event)
{
    if (!news_is_from_outside(event)) {
        return true;
    }
    uint64_t source = news_source(event);
    if (news_is_repeated(news, event, source)) {
        return false;
    }
    size_t slot = source % NEWS_SLOTS;
    if (news->sources[slot].source != source) {
        news->sources[slot].source = source;
        news->sources[slot].until_ms = 0;
    }
    if (!news_is_within(&news->sources[slot].until_ms, event->at_ms, NEWS_SOURCE_GAP_MS, NEWS_SOURCE_BURST) ||
        !news_is_within(&news->all_until_ms, event->at_ms, NEWS_ALL_GAP_MS, NEWS_ALL_BURST)) {
        news->dropped++;
        return false;
    }
    return true;
}

uint64_t desk_news_take_dropped(struct desk_news *news)
{
    uint64_t dropped = news->dropped;
    news->dropped = 0;
    return dropped;
}
