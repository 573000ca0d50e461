// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/lease_record.h"

#include "base/ip.h"

#define SECONDS_A_DAY 86400

void lease_record_complain(struct lease_record *record, const char *complaint)
{
    if (record->complaint == NULL) {
        record->complaint = complaint;
    }
}

bool lease_record_parse_octets(const char *text, uint8_t *out, size_t out_bytes, size_t *count)
{
    *count = 0;
    for (;;) {
        int high = text_parse_hex_digit(*text);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (high < 0 || *count == out_bytes) {
            return false;
        }
        out[(*count)++] = (uint8_t)(low < 0 ? high : high * 16 + low);
        text += low < 0 ? 1 : 2;
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ':') {
            return false;
        }
    }
}

bool lease_record_parse_seconds(const char *text, int64_t *unix_s)
{
    uint64_t seconds;
    if (text_parse_u64(text, LEASE_RECORD_TIME_MOST, &seconds) != STATUS_OK) {
        return false;
    }
    *unix_s = (int64_t)seconds;
    return true;
}

// Three numbers with `between` between them.
static bool parse_three(const char *text, char between, unsigned numbers[3])
{
    for (int i = 0; i < 3; i++) {
        unsigned digits = 0;
        for (numbers[i] = 0; *text >= '0' && *text <= '9'; text++) {
            if (++digits > 4) {
                return false;
            }
            numbers[i] = numbers[i] * 10 + (unsigned)(*text - '0');
        }
        if (digits == 0 || *text != (i < 2 ? between : '\0')) {
            return false;
        }
        text += i < 2 ? 1 : 0;
    }
    return true;
}

// Days from 1970-01-01 of the Gregorian calendar; a year begins in March here, so that a leap day ends it.
static int64_t days_from_date(unsigned year, unsigned month, unsigned day)
{
    int64_t years = month <= 2 ? (int64_t)year - 1 : (int64_t)year;
    unsigned month_of_year = month <= 2 ? month + 9 : month - 3;
    int64_t days = years * 365 + years / 4 - years / 100 + years / 400;
    return days + (153 * month_of_year + 2) / 5 + day - 1 - 719468;
}

bool lease_record_parse_moment(const char *date, const char *time, int64_t *unix_s)
{
    unsigned days[3];
    unsigned hours[3];
    if (!parse_three(date, '/', days) || !parse_three(time, ':', hours)) {
        return false;
    }
    bool is_date = days[0] >= 1970 && days[1] >= 1 && days[1] <= 12 && days[2] >= 1 && days[2] <= 31;
    if (!is_date || hours[0] > 23 || hours[1] > 59 || hours[2] > 59) {
        return false;
    }
    *unix_s = days_from_date(days[0], days[1], days[2]) * SECONDS_A_DAY + hours[0] * 3600 + hours[1] * 60 +
              hours[2];
    return true;
}

bool lease_record_take_address(struct lease_record *record, const char *text)
{
    struct ip6 address;
    if (ip4_parse(text, &record->address) == STATUS_OK) {
        return record->address.value != 0;
    }
    if (ip6_parse(text, &address) != STATUS_OK) {
        return false;
    }
    record->state = LEASE_RECORD_IP6;
    return true;
}
