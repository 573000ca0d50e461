// SPDX-License-Identifier: GPL-3.0-or-later
// The server's log: one line per message, each with fields. For people on a terminal, with time and colour;
// as key=value or JSON lines elsewhere; with the journal's priorities under systemd. What comes from outside
// is escaped. Secrets are the callers' business: they never log them.
#pragma once

#include "base/compiler.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_form {
    LOG_FORM_AUTO,    // terminal: human; journal: journal; else logfmt
    LOG_FORM_HUMAN,   // 17:07:58 notice  message  key=value
    LOG_FORM_LOGFMT,  // time=... level=notice message="..." key=value
    LOG_FORM_JSON,    // {"time":"...","level":"notice","message":"...","key":"value"}
    LOG_FORM_JOURNAL, // <5>message key=value
};

#define LOG_LINE_BYTES  4096 // longer lines are cut
#define LOG_FIELDS_MOST 16

struct log;

struct log_field {
    const char *key;   // [a-z_]+, static
    const char *value; // any bytes, escaped when needed; NULL = leave the field out
};

/// A log that writes to `fd` (borrowed) what is `least` or more severe. Yours; log_free gives it back.
struct log *log_new(int fd, enum log_form form, enum log_level least);

/// Frees it; NULL is allowed.
void log_free(struct log *log);

/// Changes what is left out.
void log_set_level(struct log *log, enum log_level least);

/// Whether a message of this level would be written; to save the work of making it. False for NULL.
bool log_is_heard(const struct log *log, enum log_level level);

/// Writes one message; thread-safe (one write per line). NULL `log` is allowed and silent.
void log_write(struct log *log, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/// Writes one message with `field_count` fields, at most LOG_FIELDS_MOST.
void log_write_fields(struct log *log, enum log_level level, const char *message,
                      const struct log_field *fields, unsigned field_count);

/// From now on lines of the calling thread that are no more severe than info wait for each other, and for the
/// next log_flush of that thread: hundreds then leave with one call. A more severe line, one of another
/// thread, and a full buffer take those that wait along, so that their order stays.
void log_hold(struct log *log);

/// Writes the lines that wait. NULL is allowed.
void log_flush(struct log *log);

/// "error", "warning", "notice", "info" or "debug".
const char *log_level_text(enum log_level level);

/// Parses such a name. False when it is none.
bool log_level_parse(const char *text, enum log_level *level);
