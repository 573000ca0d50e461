// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_pack.h"

#include "cli/moment.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "fleet/pack.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DRAW_MS 100

struct packing {
    struct progress progress;
    struct screen screen;
    const char *name;
    bool is_started;
    bool is_drawn;
    int64_t drawn_ms;
};

// Of a tar nobody knows the end, so it only counts.
static void draw_count(struct packing *packing, uint64_t done)
{
    char size[MOMENT_TEXT_BYTES];
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (packing->screen.is_terminal && at_ms - packing->drawn_ms >= DRAW_MS) {
        (void)fprintf(stderr, "\rpacking %.20s  %s\033[K", packing->name, moment_print_size(done, size));
        (void)fflush(stderr);
        packing->is_drawn = true;
        packing->drawn_ms = at_ms;
    }
}

static void show_packed(void *context, uint64_t done, uint64_t all)
{
    struct packing *packing = context;
    if (all == 0) {
        draw_count(packing, done);
        return;
    }
    if (!packing->is_started) {
        progress_init(&packing->progress, "packing", all);
        packing->is_started = true;
    }
    progress_step(&packing->progress, done < all ? done : all);
}

static void clear(struct packing *packing)
{
    if (packing->is_started) {
        progress_clear(&packing->progress);
    }
    if (packing->is_drawn) {
        (void)fputs("\r\033[K", stderr);
    }
}

json_t *image_pack(struct call *call, const char *file, const char *folder, const struct image_upload *upload)
{
    char path[4096];
    struct problem problem;
    struct packing packing = {.screen = screen_open(stderr), .name = upload->name};
    problem_clear(&problem);
    (void)snprintf(path, sizeof path, "%.3000s/packed", folder);
    if (mkdir(path, 0755) != 0) {
        ask_complain_text(call, "", "the folder %.200s cannot be made", path);
        return NULL;
    }
    const struct pack_job job = {.file = file, .folder = path, .progress = show_packed, .context = &packing};
    enum status status = pack(&job, &problem);
    clear(&packing);
    if (status != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    struct image_upload packed = *upload;
    packed.folder = path;
    return image_upload_folder(call, &packed);
}
