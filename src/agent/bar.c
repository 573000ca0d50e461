// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bar.h"

#include <inttypes.h>
#include <string.h>

#define BAR_CELLS      20
#define BAR_MEASURE_MS 1000 // speed is measured over at least so long

void bar_step(struct bar *bar, const char *what, uint64_t done, uint64_t all, int64_t now_ms)
{
    char name[sizeof bar->what];
    (void)text_copy(name, sizeof name, what);
    if (strcmp(name, bar->what) != 0 || done < bar->last_done) {
        *bar = (struct bar){.first_done = done, .first_ms = now_ms, .last_done = done, .last_ms = now_ms};
        (void)text_copy(bar->what, sizeof bar->what, what);
    }
    bar->done = done;
    bar->all = all;
    bar->now_ms = now_ms;
    int64_t passed_ms = now_ms - bar->last_ms;
    if (passed_ms >= BAR_MEASURE_MS) {
        uint64_t speed = (done - bar->last_done) * 1000 / (uint64_t)passed_ms;
        bar->speed = bar->speed == 0 ? speed : (bar->speed * 3 + speed) / 4;
        bar->last_done = done;
        bar->last_ms = now_ms;
    }
}

static void bar_print_cells(unsigned percent, struct text *out)
{
    unsigned full = percent * BAR_CELLS / 100;
    text_add_char(out, '[');
    for (unsigned i = 0; i < BAR_CELLS; i++) {
        text_add_char(out, i < full ? '=' : i == full ? '>' : ' ');
    }
    text_add_char(out, ']');
}

void bar_print(const struct bar *bar, struct text *out)
{
    uint64_t mega = 1000 * 1000;
    text_add(out, bar->what);
    if (bar->all == 0) {
        if (bar->done != 0) {
            text_add_format(out, "  %" PRIu64 " MB", bar->done / mega);
        } else {
            text_add(out, " ...");
        }
        return;
    }
    uint64_t done = bar->done < bar->all ? bar->done : bar->all;
    // No product of bytes and 100, which could run over; and 100 % only when it is all there.
    uint64_t part = bar->all < 100 ? done * 100 / bar->all : done / (bar->all / 100);
    unsigned percent = done == bar->all ? 100 : part > 99 ? 99 : (unsigned)part;
    text_add(out, "  ");
    bar_print_cells(percent, out);
    text_add_format(out, " %3u%%", percent);
    if (bar->all >= mega) {
        text_add_format(out, "  %" PRIu64 " of %" PRIu64 " MB", done / mega, bar->all / mega);
    }
    if (bar->speed >= mega && done < bar->all) {
        uint64_t left_s = (bar->all - done) / bar->speed;
        text_add_format(out, "  %" PRIu64 " MB/s  %" PRIu64 ":%02" PRIu64 " left", bar->speed / mega,
                        left_s / 60, left_s % 60);
    }
}
