// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/read_text.h"

#include "base/text.h"

#define DAY_S   86400
#define HOUR_S  3600
#define SECOND  INT64_C(1000000)
#define EPOCH_2 INT64_C(100000000) // a number of seconds that is a date, not a number of something else

static bool take_digits(const char **at, unsigned count, unsigned *value)
{
    *value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        *value = *value * 10 + (unsigned)(*(*at)++ - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *any)
{
    if (**at == '\0' || !text_is_one_of(**at, any)) {
        return false;
    }
    (*at)++;
    return true;
}

// Days since 1970 of a date of the Gregorian calendar.
static int64_t count_days(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static unsigned take_month(const char **at)
{
    static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12; i++) {
        if (strncmp(*at, NAMES + (size_t)i * 3, 3) == 0) {
            *at += 3;
            return i + 1;
        }
    }
    return 0;
}

// "17:45:15", with a fraction behind '.' or ',' if there is one.
static bool take_clock(const char **at, int64_t *us)
{
    unsigned hour;
    unsigned minute;
    unsigned second;
    int64_t unit = SECOND / 10;
    if (!take_digits(at, 2, &hour) || !take_char(at, ":") || !take_digits(at, 2, &minute) ||
        !take_char(at, ":") || !take_digits(at, 2, &second) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    *us = ((int64_t)hour * HOUR_S + (int64_t)minute * 60 + second) * SECOND;
    if (text_is_one_of(**at, ".,") && (*at)[1] >= '0' && (*at)[1] <= '9') {
        for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
            *us += (**at - '0') * unit;
            unit /= 10;
        }
    }
    return true;
}

static const char *take_epoch(const char *at, int64_t *at_us)
{
    int64_t seconds = 0;
    int64_t unit = SECOND / 10;
    while (*at >= '0' && *at <= '9' && seconds < INT64_MAX / SECOND / 100) {
        seconds = seconds * 10 + (*at++ - '0');
    }
    if (seconds < EPOCH_2 || *at != '.') {
        return NULL;
    }
    *at_us = seconds * SECOND;
    for (at++; *at >= '0' && *at <= '9'; at++) {
        *at_us += (*at - '0') * unit;
        unit /= 10;
    }
    return at;
}

// "2026-08-09 17:45:15", with 'T' between, with a zone behind.
static const char *take_iso(const char *at, int64_t *at_us)
{
    unsigned year;
    unsigned month;
    unsigned day;
    int64_t clock;
    if (!take_digits(&at, 4, &year) || !take_char(&at, "-/") || !take_digits(&at, 2, &month) ||
        !take_char(&at, "-/") || !take_digits(&at, 2, &day) || !take_char(&at, " T") ||
        !take_clock(&at, &clock) || month < 1 || month > 12) {
        return NULL;
    }
    *at_us = count_days(year, month, day) * DAY_S * SECOND + clock;
    at += *at == 'Z';
    if (*at == '+' || (*at == '-' && at[1] >= '0' && at[1] <= '9')) {
        at += 1 + strspn(at + 1, "0123456789:");
    }
    return at;
}

// "Aug  9 08:36:48", whatever year: days count from the begin of one.
static const char *take_syslog(const char *at, int64_t *at_us)
{
    unsigned month = take_month(&at);
    unsigned day = 0;
    int64_t clock;
    if (month == 0 || *at != ' ') {
        return NULL;
    }
    at += strspn(at, " ");
    while (*at >= '0' && *at <= '9' && day < 100) {
        day = day * 10 + (unsigned)(*at++ - '0');
    }
    if (day == 0 || day > 31 || !take_char(&at, " ") || !take_clock(&at, &clock)) {
        return NULL;
    }
    *at_us = (count_days(1970, month, day)) * DAY_S * SECOND + clock;
    return at;
}

const char *read_time(const char *line, int64_t *at_us)
{
    const char *at = line;
    const char *end = take_iso(line, at_us);
    if (end == NULL) {
        end = take_syslog(line, at_us);
    }
    if (end == NULL && take_clock(&at, at_us)) {
        end = at;
    }
    return end == NULL ? take_epoch(line, at_us) : end;
}
