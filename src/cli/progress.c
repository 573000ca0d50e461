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
    if (progress->total == PROGRESS_UNKNOWN) {
        return 0;
    }
    return progress->total == 0 || done > progress->total
               ? 100
               : (unsigned)((double)done * 100 / (double)progress->total);
}

// Nobody knows how much there is to come.
static void draw_unknown(const struct progress *progress, uint64_t done, uint64_t rate)
{
    char texts[2][MOMENT_TEXT_BYTES];
    (void)fprintf(stderr, "\r%.40s  %s  %s/s\033[K", progress->what, moment_print_size(done, texts[0]),
                  moment_print_size(rate, texts[1]));
}

static void draw_bar(const struct progress *progress, uint64_t done, uint64_t bytes_per_s)
{
    char bar[BAR_COLUMNS + 1];
    char sizes[2][MOMENT_TEXT_BYTES];
    char rate[MOMENT_TEXT_BYTES];
    unsigned filled = percent(progress, done) * BAR_COLUMNS / 100;
    memset(bar, '.', BAR_COLUMNS);
    memset(bar, '#', filled);
    bar[BAR_COLUMNS] = '\0';
    (void)fprintf(stderr, "\r%.20s  [%s] %3u %%  %s of %s  %s/s\033[K", progress->what, bar,
                  percent(progress, done), moment_print_size(done, sizes[0]),
                  moment_print_size(progress->total, sizes[1]), moment_print_size(bytes_per_s, rate));
}

static void draw(struct progress *progress, uint64_t done, int64_t at_ms)
{
    int64_t spent_ms = at_ms - progress->started_ms;
    uint64_t bytes_per_s = done * 1000 / (uint64_t)(spent_ms < 1 ? 1 : spent_ms);
    if (progress->total == PROGRESS_UNKNOWN) {
        draw_unknown(progress, done, bytes_per_s);
    } else {
        draw_bar(progress, done, bytes_per_s);
    }
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
