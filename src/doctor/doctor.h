// SPDX-License-Identifier: GPL-3.0-or-later
// Tells apart whose boot it is: takes sights in the order they happened and keeps a story for each client.
// Then judges: which rules fit a story, the weightiest first.
#pragma once

#include "doctor/finding.h"
#include "doctor/story.h"

#define DOCTOR_BUCKETS      1024 // a power of two
#define DOCTOR_SERVERS_MOST 64
#define DOCTOR_STORIES_MOST 4096
#define DOCTOR_FINDINGS     12 // of one story

struct doctor {
    struct story *stories; // the caller's
    uint32_t count;
    uint32_t most;
    uint64_t unseen; // sights of clients for whom there was no room
    uint64_t sights;
    int64_t first_us;
    int64_t last_us;
    bool is_log;                            // what is silent may only not have been written down
    struct ip servers[DOCTOR_SERVERS_MOST]; // that answered, or were asked
    uint32_t server_count;
    uint16_t by_ip[DOCTOR_BUCKETS]; // index + 1 of the first
    uint16_t by_mac[DOCTOR_BUCKETS];
    uint16_t unused;     // index + 1 of the first story that was dropped; the others by next_by_mac
    uint16_t asked_last; // by DHCP: index + 1; whose answers do not name their client are for it
};

struct verdict {
    struct finding findings[DOCTOR_FINDINGS]; // weightiest first
    uint32_t count;
    bool is_fine;                      // nothing went wrong as far as it was seen
    char sentence[FINDING_TEXT_BYTES]; // the one sentence
    char in_order[FINDING_TEXT_BYTES]; // what did work, or ""
};

/// A doctor who keeps up to `most` (at most DOCTOR_STORIES_MOST) stories in `stories`, which must outlive it.
void doctor_init(struct doctor *doctor, struct story *stories, uint32_t most);

/// Takes in one sight. They must come in the order of their times.
void doctor_see(struct doctor *doctor, const struct sight *sight);

/// Says that the client with `mac` has `address`: what comes from there is its own. Nothing when it has no
/// story.
void doctor_join(struct doctor *doctor, const struct hw *mac, struct ip address);

/// Whether there is no room for another story; doctor_drop makes some.
bool doctor_is_full(const struct doctor *doctor);

/// Forgets a story; its place is used again.
void doctor_drop(struct doctor *doctor, struct story *story);

/// Whether the story has somebody: one that was dropped has not.
bool doctor_has(const struct story *story);

/// The story of the client with this address, or NULL.
struct story *doctor_find_ip(struct doctor *doctor, struct ip address);

/// The story of the client with this MAC address, or NULL.
struct story *doctor_find_mac(struct doctor *doctor, const struct hw *mac);

/// Judges one of its stories as of `now_us`, the end of the capture for one that has ended.
void doctor_judge(const struct doctor *doctor, const struct story *story, int64_t now_us,
                  struct verdict *out);
