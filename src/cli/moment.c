// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/moment.h"

#include <stdio.h>
#include <time.h>

#define MINUTE_S 60
#define HOUR_S   3600
#define DAY_S    86400
#define NOW_S    2 // clocks of two processes, and rounding, are not news

int64_t moment_now_s(void)
{
    return (int64_t)time(NULL);
}

// From 100 seconds, 100 minutes and 48 hours on in the next unit: two digits say enough.
char *moment_print_span(int64_t seconds, char out[MOMENT_TEXT_BYTES])
{
    if (seconds < 0) {
        seconds = 0;
    }
    if (seconds < 100) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%lld s", (long long)seconds);
    } else if (seconds < 100 * MINUTE_S) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%lld min", (long long)(seconds + MINUTE_S / 2) / MINUTE_S);
    } else if (seconds < 48 * HOUR_S) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%lld h", (long long)(seconds + HOUR_S / 2) / HOUR_S);
    } else {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%lld days", (long long)(seconds + DAY_S / 2) / DAY_S);
    }
    return out;
}

char *moment_print(int64_t then_s, int64_t now_s, char out[MOMENT_TEXT_BYTES])
{
    char span[MOMENT_TEXT_BYTES];
    out[0] = '\0';
    if (then_s == 0) {
        return out;
    }
    if (then_s > now_s + NOW_S) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "in %.24s", moment_print_span(then_s - now_s, span));
    } else if (now_s - then_s <= NOW_S) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "now");
    } else {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%.24s ago", moment_print_span(now_s - then_s, span));
    }
    return out;
}

char *moment_print_clock(int64_t then_ms, int64_t now_ms, char out[MOMENT_TEXT_BYTES])
{
    time_t then_s = (time_t)(then_ms / 1000);
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm then;
    struct tm now;
    out[0] = '\0';
    if (localtime_r(&then_s, &then) == NULL || localtime_r(&now_s, &now) == NULL) {
        return out;
    }
    bool is_today = then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;
    (void)strftime(out, MOMENT_TEXT_BYTES, is_today ? "%H:%M:%S" : "%b %d %H:%M", &then);
    return out;
}

char *moment_print_size(uint64_t bytes, char out[MOMENT_TEXT_BYTES])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        (void)snprintf(out, MOMENT_TEXT_BYTES, "%u B", (unsigned)bytes);
        return out;
    }
    while (value >= 999.95 && unit + 1 < COUNT_OF(units)) { // 999.95 would be printed as 1000.0
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, MOMENT_TEXT_BYTES, "%.1f %s", value, units[unit]);
    return out;
}
