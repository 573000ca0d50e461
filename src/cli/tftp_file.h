// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a transfer on this side. What is fetched goes into a new file beside the one it will be, and
// takes its place when it is whole: a transfer that fails leaves what was there. What is sent is a file that
// can be read at any place, so text in netascii and standard input are copied first.
#pragma once

#include "base/problem.h"
#include "base/status.h"
#include "format/netascii.h"

#define TFTP_FILE_PATH_BYTES 4096

struct tftp_target {
    int fd;           // -1 = closed
    bool is_in_place; // standard output, or no regular file: written as it is
    bool is_text;     // netascii
    struct netascii netascii;
    char path[TFTP_FILE_PATH_BYTES];    // that it will have; "-" = standard output
    char written[TFTP_FILE_PATH_BYTES]; // that it has until then
    uint8_t *buffer;                    // what is not written yet
    size_t buffered;
    uint64_t bytes; // of the file, so far
    int error;      // an errno that writing met; 0 = none
};

/// Whether `path` is standard output ("-"), or is there and nothing that a file could take the place of: a
/// device, a pipe. It is written as it is then.
bool tftp_target_is_special(const char *path);

/// Opens a file to fetch into, which will be `path` ("-" = standard output), as text when `is_text`.
/// `problem` says what is wrong with the place.
MUST_USE enum status tftp_target_open(struct tftp_target *target, const char *path, bool is_text,
                                      struct problem *problem);

/// Takes the next `count` bytes, as they came. False when they cannot be written: `error`.
bool tftp_target_put(struct tftp_target *target, const uint8_t *bytes, size_t count);

/// Puts `count` bytes at `offset`, instead of tftp_target_put: for files whose parts come in any order. The
/// target must be no text and not be written in place. False when they cannot be written: `error`.
bool tftp_target_put_at(struct tftp_target *target, uint64_t offset, const uint8_t *bytes, size_t count);

/// It is whole: it takes its place. `problem` when that cannot be; then nothing is left of it.
MUST_USE enum status tftp_target_finish(struct tftp_target *target, struct problem *problem);

/// It will not be whole: nothing is left of it. After tftp_target_finish this does nothing.
void tftp_target_drop(struct tftp_target *target);

struct tftp_source {
    int fd;
    uint64_t bytes; // to send
    int error;      // an errno that reading met; 0 = none, or it became shorter
};

/// Opens the file `path` ("-" = standard input) to be sent, as netascii when `is_text`.
MUST_USE enum status tftp_source_open(struct tftp_source *source, const char *path, bool is_text,
                                      struct problem *problem);

/// Reads `count` bytes at `offset`. False when they are not there: `error`.
bool tftp_source_get(struct tftp_source *source, uint64_t offset, uint8_t *out, size_t count);

/// Closes it.
void tftp_source_close(struct tftp_source *source);
