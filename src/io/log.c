// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/log.h"

#include "base/text.h"
#include "base/time.h"
#include "io/heap.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_HELD_BYTES (16 * 1024)

struct log {
    int fd;
    enum log_form form;
    _Atomic enum log_level least;
    bool has_colour;
    pthread_mutex_t lock; // of the four below
    bool is_held;
    pthread_t holder; // whose lines wait
    size_t held_bytes;
    char held[LOG_HELD_BYTES];
};

struct level {
    const char *name;
    char priority; // of syslog and the journal
    const char *colour;
};

static const struct level LEVELS[] = {
    [LOG_LEVEL_ERROR] = {"error", '3', "\x1b[1;31m"}, [LOG_LEVEL_WARNING] = {"warning", '4', "\x1b[1;33m"},
    [LOG_LEVEL_NOTICE] = {"notice", '5', "\x1b[1m"},  [LOG_LEVEL_INFO] = {"info", '6', ""},
    [LOG_LEVEL_DEBUG] = {"debug", '7', "\x1b[2m"},
};

const char *log_level_text(enum log_level level)
{
    return LEVELS[level].name;
}

bool log_level_parse(const char *text, enum log_level *level)
{
    for (unsigned i = 0; i < COUNT_OF(LEVELS); i++) {
        if (strcmp(text, LEVELS[i].name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

// Whether the journal reads `fd`: systemd tells device and inode of the stream it made (systemd.exec(5)).
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat is;
    unsigned long long device;
    unsigned long long inode;
    return stream != NULL && fstat(fd, &is) == 0 && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           is.st_dev == device && is.st_ino == inode;
}

static enum log_form pick_form(int fd)
{
    if (isatty(fd)) {
        return LOG_FORM_HUMAN;
    }
    return is_journal(fd) ? LOG_FORM_JOURNAL : LOG_FORM_LOGFMT;
}

struct log *log_new(int fd, enum log_form form, enum log_level least)
{
    struct log *log = heap_new(sizeof *log);
    const char *no_colour = getenv("NO_COLOR"); // no-color.org
    log->fd = fd;
    log->form = form == LOG_FORM_AUTO ? pick_form(fd) : form;
    log->least = least;
    int failed = pthread_mutex_init(&log->lock, NULL);
    assert(failed == 0);
    (void)failed;
    log->has_colour = isatty(fd) && (no_colour == NULL || no_colour[0] == '\0');
    tzset(); // now, while the time zone's file can still be read
    return log;
}

void log_free(struct log *log)
{
    if (log != NULL) {
        log_flush(log);
        pthread_mutex_destroy(&log->lock);
        heap_free(log);
    }
}

void log_set_level(struct log *log, enum log_level least)
{
    log->least = least;
}

bool log_is_heard(const struct log *log, enum log_level level)
{
    return log != NULL && level <= log->least;
}

// A JSON string; also how logfmt quotes. Bytes outside ASCII stand as they are known: as bytes, \u00xx.
static void add_quoted(struct text *text, const char *value)
{
    text_add_char(text, '"');
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            text_add_format(text, "\\%c", *at);
        } else if (*at < 0x20 || *at >= 0x7f) {
            text_add_format(text, "\\u%04x", *at);
        } else {
            text_add_char(text, (char)*at);
        }
    }
    text_add_char(text, '"');
}

static bool is_plain(const char *value)
{
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at <= 0x20 || *at >= 0x7f || *at == '"' || *at == '=' || *at == '\\') {
            return false;
        }
    }
    return value[0] != '\0';
}

static void add_logfmt_field(struct text *text, const char *key, const char *value)
{
    text_add_format(text, "%s%s=", text->length == 0 ? "" : " ", key);
    if (is_plain(value)) {
        text_add(text, value);
    } else {
        add_quoted(text, value);
    }
}

static void add_json_field(struct text *text, const char *key, const char *value)
{
    text_add_format(text, "%s\"%s\":", text->length == 0 ? "{" : ",", key);
    add_quoted(text, value);
}

static void add_head(struct text *text, const struct log *log, enum log_level level, const char *message)
{
    const struct level *row = &LEVELS[level];
    char now[TIME_TEXT_BYTES];
    struct tm local;
    time_t unix_s = time(NULL);
    switch (log->form) {
    case LOG_FORM_AUTO: // log_new picked one
    case LOG_FORM_HUMAN:
        localtime_r(&unix_s, &local);
        text_add_format(text, "%02d:%02d:%02d ", local.tm_hour, local.tm_min, local.tm_sec);
        text_add_format(text, "%s%-8s%s", log->has_colour ? row->colour : "", row->name,
                        log->has_colour && row->colour[0] != '\0' ? "\x1b[0m" : "");
        text_add_escaped(text, message, strlen(message));
        return;
    case LOG_FORM_JOURNAL:
        text_add_format(text, "<%c>", row->priority);
        text_add_escaped(text, message, strlen(message));
        return;
    case LOG_FORM_LOGFMT:
        add_logfmt_field(text, "time", time_print(unix_s, now));
        add_logfmt_field(text, "level", row->name);
        add_logfmt_field(text, "message", message);
        return;
    case LOG_FORM_JSON:
        add_json_field(text, "time", time_print(unix_s, now));
        add_json_field(text, "level", row->name);
        add_json_field(text, "message", message);
        return;
    }
}

// A line that was cut is closed again, so that what reads JSON or quotes is not thrown off.
static void end_line(struct text *text, enum log_form form)
{
    if (form == LOG_FORM_JSON) {
        text_add(text, text->cut ? "\"}" : "}");
    }
    text_add_char(text, '\n');
}

static void flush_held(struct log *log)
{
    if (log->held_bytes != 0) {
        (void)!write(log->fd, log->held, log->held_bytes); // there is nowhere to tell that the log is broken
        log->held_bytes = 0;
    }
}

static void put_line(struct log *log, enum log_level level, const char *line, size_t bytes)
{
    pthread_mutex_lock(&log->lock);
    bool waits = log->is_held && level >= LOG_LEVEL_INFO && pthread_equal(log->holder, pthread_self()) != 0;
    if (!waits || log->held_bytes + bytes > sizeof log->held) {
        flush_held(log);
    }
    if (waits) {
        memcpy(log->held + log->held_bytes, line, bytes);
        log->held_bytes += bytes;
    } else {
        (void)!write(log->fd, line, bytes);
    }
    pthread_mutex_unlock(&log->lock);
}

void log_hold(struct log *log)
{
    pthread_mutex_lock(&log->lock);
    log->is_held = true;
    log->holder = pthread_self();
    pthread_mutex_unlock(&log->lock);
}

void log_flush(struct log *log)
{
    if (log != NULL) {
        pthread_mutex_lock(&log->lock);
        flush_held(log);
        pthread_mutex_unlock(&log->lock);
    }
}

void log_write_fields(struct log *log, enum log_level level, const char *message,
                      const struct log_field *fields, unsigned field_count)
{
    if (!log_is_heard(log, level)) {
        return;
    }
    assert(field_count <= LOG_FIELDS_MOST);
    char line[LOG_LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line - 4);
    add_head(&text, log, level, message);
    for (unsigned i = 0; i < field_count; i++) {
        if (fields[i].value == NULL) {
            continue;
        }
        struct text before = text;
        if (log->form == LOG_FORM_JSON) {
            add_json_field(&text, fields[i].key, fields[i].value);
        } else {
            add_logfmt_field(&text, fields[i].key, fields[i].value);
        }
        if (text.cut) { // a field that does not fit is left out whole
            text = before;
            text.start[text.length] = '\0';
        }
    }
    text.capacity = sizeof line;
    end_line(&text, log->form);
    put_line(log, level, line, text.length);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    if (!log_is_heard(log, level)) {
        return;
    }
    char message[LOG_LINE_BYTES / 4];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_write_fields(log, level, message, NULL, 0);
}
