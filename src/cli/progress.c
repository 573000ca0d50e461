// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/progress.h"

#include "cli/moment.h"

#include <string.h>
#include <time.h>

#define BAR_COLUMNS 24
#define DRAW_MS     100

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_init(struct progress *progress, const char *what, uint64_t total)
{
    *progress = (struct progress){
        .screen = screen_open(stderr), .what = what, .total = total, .started_ms = now_ms()};
}

static unsigned percent(const struct progress *progress, uint64_t done)
{
    return progress->total == 0 ? 100 : (unsigned)((double)done * 100 / (double)progress->total);
}

static void draw(struct progress *progress, uint64_t done, int64_t at_ms)
{
    char bar[BAR_COLUMNS + 1];
    char sizes[2][MOMENT_TEXT_BYTES];
    char rate[MOMENT_TEXT_BYTES];
    unsigned filled = percent(progress, done) * BAR_COLUMNS / 100;
    int64_t spent_ms = at_ms - progress->started_ms;
    memset(bar, '.', BAR_COLUMNS);
    memset(bar, '#', filled);
    bar[BAR_COLUMNS] = '\0';
    (void)fprintf(stderr, "\r%.20s  [%s] %3u %%  %s of %s  %s/s\033[K", progress->what, bar,
                  percent(progress, done), moment_print_size(done, sizes[0]),
                  moment_print_size(progress->total, sizes[1]),
                  moment_print_size(done * 1000 / (uint64_t)(spent_ms < 1 ? 1 : spent_ms), rate));
    (void)fflush(stderr);
    progress->is_drawn = true;
    progress->drawn_ms = at_ms;
}

void progress_step(struct progress *progress, uint64_t done)
{
    int64_t at_ms = now_ms();
    if (progress->screen.is_terminal) {
        if (at_ms - progress->drawn_ms >= DRAW_MS || done == progress->total) {
            draw(progress, done, at_ms);
        }
        return;
    }
    unsigned tenths = percent(progress, done) / 10;
    if (tenths > progress->tenths) {
        char sizes[2][MOMENT_TEXT_BYTES];
        progress->tenths = tenths;
        (void)fprintf(stderr, "%s: %u %%, %s of %s\n", progress->what, tenths * 10,
                      moment_print_size(done, sizes[0]), moment_print_size(progress->total, sizes[1]));
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn) {
        (void)fputs("\r\033[K", stderr);
        progress->is_drawn = false;
    }
}
