// SPDX-License-Identifier: GPL-3.0-or-later
// Open files of one HTTP engine thread. One that everybody may have in the same way is remembered for a tenth
// of a second for the client that asked for it: who asks for thousands of files, or for parts of one, or
// again and again, need not wait for the loop each time. Of small files the bytes are kept, too.
#pragma once

#include "base/hash.h"
#include "content/content.h"

#define HTTP_FILES_PLACES      1024                  // a power of two
#define HTTP_FILES_FRESH_US    (100 * 1000)          // how long what the loop said is taken for true
#define HTTP_FILES_SMALL_BYTES (16 * UINT64_C(1024)) // of which the bytes are kept

struct http_file {
    struct content_node node;
    const uint8_t *bytes; // all of it; NULL = they are sent from the node's file
    uint8_t *own_bytes;   // or NULL
    unsigned uses;
    // for whom it is remembered
    struct ip client;
    int64_t opened_us;
    char path[CONTENT_PATH_BYTES]; // as asked for, decoded
    size_t path_length;
};

struct http_files {
    struct hash_key key;
    struct http_file *places[HTTP_FILES_PLACES];
    unsigned count;
};

/// An empty memory.
void http_files_init(struct http_files *files);

/// The file that `client` got under `path` a moment ago, if it is still the same: used, http_file_drop gives
/// it back. Else NULL.
struct http_file *http_files_find(struct http_files *files, struct ip client, const char *path, size_t length,
                                  int64_t now_us);

/// Remembers `file`, which `client` got under `path`, if it is one that may be.
void http_files_remember(struct http_files *files, struct http_file *file, struct ip client, const char *path,
                         size_t length, int64_t now_us);

/// Forgets what is not fresh any more; `now_us` INT64_MAX: all.
void http_files_tidy(struct http_files *files, int64_t now_us);

/// A file of `taken_node`, used once. It reads a small one; what cannot be read is found out when it is sent.
struct http_file *http_file_new(struct content_node *taken_node);

/// Ends one use; the last one closes it. NULL is allowed.
void http_file_drop(struct http_file *file);
