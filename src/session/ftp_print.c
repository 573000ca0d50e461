// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp_part.h"

#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void print_reply(char reply[FTP_REPLY_BYTES], unsigned code, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);

static void print_reply(char reply[FTP_REPLY_BYTES], unsigned code, const char *format, va_list arguments)
{
    int head = snprintf(reply, FTP_REPLY_BYTES, "%03u ", code);
    size_t room = FTP_REPLY_BYTES - (size_t)head - 2; // for CR and LF
    int wanted = vsnprintf(reply + head, room, format, arguments);
    size_t length = (size_t)head + size_min(wanted < 0 ? 0 : (size_t)wanted, room - 1);
    memcpy(reply + length, "\r\n", 3);
}

void ftp_reply(char reply[FTP_REPLY_BYTES], unsigned code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_reply(reply, code, format, arguments);
    va_end(arguments);
}

void ftp_step_say(struct ftp_step *step, unsigned code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_reply(step->reply, code, format, arguments);
    va_end(arguments);
}

// ---- lists ----

void ftp_time_print(int64_t unix_s, struct text *text)
{
    char whole[TIME_TEXT_BYTES]; // 2026-11-22T17:07:58Z
    time_print(unix_s < 0 ? 0 : unix_s, whole);
    text_add_format(text, "%.4s%.2s%.2s%.2s%.2s%.2s", whole, whole + 5, whole + 8, whole + 11, whole + 14,
                    whole + 17);
}

static void print_long(const struct ftp_entry *entry, int64_t now_s, struct text *text)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const int64_t half_a_year_s = INT64_C(182) * 86400;
    char whole[TIME_TEXT_BYTES];
    int64_t modified_s = entry->modified_s < 0 ? 0 : entry->modified_s;
    time_print(modified_s, whole);
    unsigned month = (unsigned)((whole[5] - '0') * 10 + (whole[6] - '0') - 1) % 12;
    bool is_recent = modified_s > now_s - half_a_year_s && modified_s <= now_s + 86400;
    text_add_format(text, "%s 1 ftp      ftp      %12llu %.3s %c%c ",
                    entry->is_folder ? "dr-xr-xr-x" : "-r--r--r--", (unsigned long long)entry->size,
                    MONTHS + (size_t)month * 3, whole[8] == '0' ? ' ' : whole[8], whole[9]);
    if (is_recent) {
        text_add_format(text, "%.5s %s\r\n", whole + 11, entry->name);
    } else {
        text_add_format(text, " %.4s %s\r\n", whole, entry->name);
    }
}

static void print_facts(const struct ftp_session *session, const struct ftp_entry *entry, struct text *text)
{
    const bool *wants = session->wants_facts;
    if (wants[0]) {
        text_add_format(text, "type=%s;", entry->is_folder ? "dir" : "file");
    }
    if (wants[1] && !entry->is_folder) {
        text_add_format(text, "size=%llu;", (unsigned long long)entry->size);
    }
    if (wants[2] && entry->modified_s > 0) {
        text_add(text, "modify=");
        ftp_time_print(entry->modified_s, text);
        text_add_char(text, ';');
    }
    if (wants[3]) {
        text_add_format(text, "perm=%s;", entry->is_folder ? "el" : "r");
    }
    text_add_format(text, " %s\r\n", entry->name);
}

void ftp_entry_print(const struct ftp_session *session, enum ftp_form form, const struct ftp_entry *entry,
                     int64_t now_s, struct text *text)
{
    if (strpbrk(entry->name, "\r\n") != NULL) {
        return;
    }
    switch (form) {
    case FTP_FORM_LONG:
        print_long(entry, now_s, text);
        break;
    case FTP_FORM_NAMES:
        text_add_format(text, "%s\r\n", entry->name);
        break;
    case FTP_FORM_FACTS:
        print_facts(session, entry, text);
        break;
    }
}
