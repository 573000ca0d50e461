// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/time.h"

#include "base/text.h"

#include <string.h>

struct duration_unit {
    char letter;
    uint32_t seconds;
};

static const struct duration_unit DURATION_UNITS[] = {
    {'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

static uint32_t duration_unit_find(char letter)
{
    for (size_t i = 0; i < COUNT_OF(DURATION_UNITS); i++) {
        if (DURATION_UNITS[i].letter == letter) {
            return DURATION_UNITS[i].seconds;
        }
    }
    return 0;
}

enum status duration_parse(const char *text, uint32_t *seconds)
{
    if (strcmp(text, "forever") == 0) {
        *seconds = DURATION_FOREVER_S;
        return STATUS_OK;
    }
    uint64_t total = 0;
    uint32_t smaller_than = UINT32_MAX;
    do {
        uint64_t number = 0;
        const char *digits = text;
        for (; *text >= '0' && *text <= '9'; text++) {
            number = number * 10 + (uint64_t)(*text - '0');
            if (number >= DURATION_FOREVER_S) {
                return STATUS_TOO_LONG;
            }
        }
        uint32_t unit = *text == '\0' && total == 0 ? 1 : duration_unit_find(*text);
        if (text == digits || unit == 0 || unit >= smaller_than) {
            return STATUS_MALFORMED;
        }
        text += *text != '\0';
        smaller_than = unit;
        total += number * unit;
        if (total >= DURATION_FOREVER_S) {
            return STATUS_TOO_LONG;
        }
    } while (*text != '\0');
    *seconds = (uint32_t)total;
    return STATUS_OK;
}

char *duration_print(uint32_t seconds, char out[DURATION_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, DURATION_TEXT_BYTES);
    if (seconds == DURATION_FOREVER_S) {
        text_add(&text, "forever");
        return out;
    }
    for (size_t i = 0; i < COUNT_OF(DURATION_UNITS); i++) {
        uint32_t count = seconds / DURATION_UNITS[i].seconds;
        seconds %= DURATION_UNITS[i].seconds;
        if (count != 0) {
            text_add_format(&text, "%u%c", count, DURATION_UNITS[i].letter);
        }
    }
    if (text.length == 0) {
        text_add(&text, "0s");
    }
    return out;
}

// Days to a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms"), for days >= 0.
char *time_print(int64_t unix_s, char out[TIME_TEXT_BYTES])
{
    assert(unix_s >= 0);
    uint64_t days = (uint64_t)unix_s / 86400;
    unsigned rest = (unsigned)((uint64_t)unix_s % 86400);
    uint64_t z = days + 719468;
    uint64_t era = z / 146097;
    uint64_t day_of_era = z % 146097;
    uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t shifted_month = (5 * day_of_year + 2) / 153;
    unsigned day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    unsigned month = (unsigned)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    uint64_t year = year_of_era + era * 400 + (month <= 2);
    struct text text;
    text_init(&text, out, TIME_TEXT_BYTES);
    text_add_format(&text, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year, month, day, rest / 3600,
                    rest / 60 % 60, rest % 60);
    return out;
}
