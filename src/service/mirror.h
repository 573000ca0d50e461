// SPDX-License-Identifier: GPL-3.0-or-later
// Package repositories below /mirror/NAME/: a source of content that fetches what is asked for from the
// server behind it, once for all who ask, and keeps it. The loop's thread decides; threads of their own fetch
// (mirror_fetch) and read the cache at the start (mirror_store).
#pragma once

#include "base/problem.h"
#include "config/config.h"
#include "content/content.h"
#include "io/log.h"
#include "io/loop.h"

#define MIRROR_FETCHES_MOST 8      // at once, of all mirrors
#define MIRROR_QUEUE_MOST   4096   // that wait for a thread
#define MIRROR_FRESH_MS     60000  // how long a list of packages is believed
#define MIRROR_ABSENT_MS    30000  // how long it is believed that there is no such file
#define MIRROR_AWAY_MS      15000  // how long a server that is out of reach is not asked again
#define MIRROR_QUIET_MS     600000 // between two events about the same trouble

struct mirror_service;

struct mirror_options {
    struct loop *loop;  // must outlive the service
    struct log *log;    // may be NULL
    const char *folder; // of all caches, absolute; made by others
    // Something is wrong with a server behind a mirror, or with the disk. May be NULL.
    void (*told)(void *context, enum reason_id reason, const char *sentence);
    void *context;
};

struct mirror_report { // of one mirror; borrowed for the call
    const struct config_mirror *config;
    bool is_ready; // its cache is known
    bool is_away;  // its server is out of reach, and is not asked for some seconds
    size_t files;
    uint64_t bytes; // on the disk
    uint64_t asked; // requests
    uint64_t hits;  // that were answered from the cache without asking the server
    uint64_t fetched;
    uint64_t checked; // was still the newest
    uint64_t stale;   // answers with an older list of packages
    uint64_t failed;  // fetches
    uint64_t received_bytes;
    uint64_t removed;      // files, to stay below size_max
    const char *problem;   // the last one, a sentence; "" = none
    int64_t problem_at_s;  // Unix seconds
    unsigned live_count;   // fetches under way
    unsigned queued_count; // that wait for a thread
    struct {
        const char *path;
        uint64_t done;
        uint64_t total; // 0 = not known
    } live[MIRROR_FETCHES_MOST];
};

/// A service without mirrors, which does nothing before the loop runs: then it opens the caches and reads
/// what is in them, as the user that we are by then. A cache that cannot be opened is told to the log, and
/// its mirror not served. Yours; mirror_service_free.
struct mirror_service *mirror_service_new(const struct mirror_options *options);

/// Has these mirrors from now on (copied); what is asked of others goes on to its end.
void mirror_service_set(struct mirror_service *service, const struct config_mirror *mirrors, unsigned count);

/// Ends all fetches and frees; NULL is allowed. After the engines that serve it, for they let nobody wait any
/// more, and before loop_free.
void mirror_service_free(struct mirror_service *service);

/// The source of what lies below "mirror/". It serves over HTTP only.
struct content_source mirror_service_source(struct mirror_service *service);

/// Tells of every mirror that is configured.
void mirror_service_each(const struct mirror_service *service,
                         void (*visit)(void *context, const struct mirror_report *report), void *context);

/// Removes what the cache of mirror `name` holds below `below` (a folder or a file, "" = all).
/// STATUS_NOT_FOUND: no such mirror. STATUS_BUSY: its cache is still being read.
MUST_USE enum status mirror_service_clear(struct mirror_service *service, const char *name, const char *below,
                                          size_t *files, uint64_t *bytes);
