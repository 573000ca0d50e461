// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp_list.h"

#include "base/time.h"

#include <string.h>

#define HALF_A_YEAR_S (182LL * 86400)

// "2026-11-22T17:07:58Z"
enum { AT_YEAR = 0, AT_MONTH = 5, AT_DAY = 8, AT_HOUR = 11, AT_MINUTE = 14, AT_SECOND = 17 };

static void add_ls_time(struct text *text, int64_t modified_s, int64_t now_s)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char time[TIME_TEXT_BYTES];
    (void)time_print(modified_s > 0 ? modified_s : 0, time);
    unsigned month = (unsigned)(time[AT_MONTH] - '0') * 10 + (unsigned)(time[AT_MONTH + 1] - '0') - 1;
    text_add_bytes(text, MONTHS + (size_t)(month % 12) * 3, 3);
    text_add_char(text, ' ');
    text_add_bytes(text, time + AT_DAY, 2);
    text_add_char(text, ' ');
    if (modified_s <= now_s && now_s - modified_s < HALF_A_YEAR_S) {
        text_add_bytes(text, time + AT_HOUR, 5);
    } else {
        text_add_char(text, ' ');
        text_add_bytes(text, time + AT_YEAR, 4);
    }
}

static void add_facts(struct text *text, const struct ftp_list_entry *entry)
{
    char time[TIME_TEXT_BYTES];
    text_add_format(text, "type=%s;", entry->is_folder ? "dir" : "file");
    if (!entry->is_folder) {
        text_add_format(text, "size=%llu;", (unsigned long long)entry->size);
    }
    if (entry->modified_s > 0) {
        (void)time_print(entry->modified_s, time);
        text_add(text, "modify=");
        text_add_bytes(text, time + AT_YEAR, 4);
        text_add_bytes(text, time + AT_MONTH, 2);
        text_add_bytes(text, time + AT_DAY, 2);
        text_add_bytes(text, time + AT_HOUR, 2);
        text_add_bytes(text, time + AT_MINUTE, 2);
        text_add_bytes(text, time + AT_SECOND, 2);
        text_add_char(text, ';');
    }
    text_add_format(text, "perm=%s; ", entry->is_folder ? "el" : "r");
}

void ftp_list_print(const struct ftp_list_entry *entry, enum ftp_list list, int64_t now_s,
                    char out[FTP_LIST_LINE_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_LIST_LINE_BYTES);
    if (list == FTP_LIST_LONG) {
        text_add_format(&text, "%s 1 ftp      ftp      %12llu ",
                        entry->is_folder ? "dr-xr-xr-x" : "-r--r--r--", (unsigned long long)entry->size);
        add_ls_time(&text, entry->modified_s, now_s);
        text_add_char(&text, ' ');
    } else if (list == FTP_LIST_FACTS) {
        add_facts(&text, entry);
    }
    text_add(&text, entry->name);
    text_add(&text, "\r\n");
}

bool ftp_list_fits(const char *pattern, const char *name)
{
    const char *star = NULL; // the last one, and what of the name is tried behind it
    const char *from = name;
    while (*name != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            from = name;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++from;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}
