// SPDX-License-Identifier: GPL-3.0-or-later
// What people hear of the mirrors, and ask of them.
#include "base/text.h"
#include "service/mirror_state.h"

#include <string.h>

#define PATH_SHOWN 100

// ---- telling ----

static void tell(struct mirror *mirror, enum reason_id reason, int64_t *told_at_ms, const char *sentence)
{
    const struct mirror_options *options = &mirror->service->options;
    int64_t now_ms = loop_now_ms();
    mirror->problem_at_s = loop_unix_s();
    (void)text_copy(mirror->problem, sizeof mirror->problem, sentence);
    if (options->told != NULL && (*told_at_ms == 0 || now_ms - *told_at_ms >= MIRROR_QUIET_MS)) {
        *told_at_ms = now_ms;
        options->told(options->context, reason, sentence);
    }
}

enum reason_id mirror_trouble_reason(enum mirror_trouble trouble)
{
    static const enum reason_id REASONS[MIRROR_TROUBLE_COUNT] = {
        [MIRROR_TROUBLE_AWAY] = REASON_MIRROR_AWAY,
        [MIRROR_TROUBLE_SLOW] = REASON_MIRROR_TIMEOUT,
        [MIRROR_TROUBLE_WRONG] = REASON_MIRROR_WRONG,
        [MIRROR_TROUBLE_TOO_LARGE] = REASON_MIRROR_TOO_LARGE,
        [MIRROR_TROUBLE_NO_ROOM] = REASON_MIRROR_NO_ROOM,
    };
    return REASONS[trouble];
}

void mirror_tell_trouble(struct mirror *mirror, const struct mirror_fetch *fetch)
{
    char sentence[MIRROR_SENTENCE_BYTES];
    struct text text;
    const struct mirror_result *result = &fetch->result;
    enum reason_id reason = mirror_trouble_reason(result->trouble);
    if (reason == REASON_NONE) {
        return;
    }
    size_t length = strlen(fetch->file->path);
    text_init(&text, sentence, sizeof sentence);
    text_add_format(&text, "mirror %s: ", mirror->config.name);
    text_add_escaped(&text, fetch->file->path, size_min(length, PATH_SHOWN));
    text_add_format(&text, "%s could not be fetched: %s", length > PATH_SHOWN ? "..." : "", result->why);
    tell(mirror, reason, &mirror->told_at_ms[result->trouble], sentence);
}

void mirror_tell_stale(struct mirror *mirror, const char *path)
{
    char sentence[MIRROR_SENTENCE_BYTES];
    struct text text;
    text_init(&text, sentence, sizeof sentence);
    text_add_format(&text, "mirror %s: an older ", mirror->config.name);
    text_add_escaped(&text, path, size_min(strlen(path), PATH_SHOWN));
    text_add(&text, " was served, since its server does not give the newest one");
    tell(mirror, REASON_MIRROR_STALE, &mirror->stale_told_at_ms, sentence);
}

// ---- what people ask ----

static void report_fetches(const struct mirror_service *service, const struct mirror *mirror,
                           struct mirror_report *report)
{
    for (size_t i = 0; i < COUNT_OF(service->slots); i++) {
        const struct mirror_fetch *fetch = service->slots[i].fetch;
        if (fetch != NULL && fetch->mirror == mirror) {
            report->live[report->live_count].path = fetch->request.path;
            report->live[report->live_count].done = atomic_load(&fetch->progress.done);
            report->live[report->live_count++].total = atomic_load(&fetch->progress.total);
        }
    }
    for (const struct mirror_fetch *at = service->queue; at != NULL; at = at->next) {
        report->queued_count += at->mirror == mirror ? 1 : 0;
    }
}

void mirror_service_each(const struct mirror_service *service,
                         void (*visit)(void *context, const struct mirror_report *report), void *context)
{
    for (const struct mirror *mirror = service->mirrors; mirror != NULL; mirror = mirror->next) {
        if (!mirror->is_configured) {
            continue;
        }
        struct mirror_report report = mirror->counters;
        report.config = &mirror->config;
        report.is_ready = mirror->is_ready;
        report.is_away = loop_now_ms() < mirror->away_until_ms;
        report.files = mirror->store.here.count;
        report.bytes = mirror->store.bytes;
        report.problem = mirror->problem;
        report.problem_at_s = mirror->problem_at_s;
        report_fetches(service, mirror, &report);
        visit(context, &report);
    }
}

enum status mirror_service_clear(struct mirror_service *service, const char *name, const char *below,
                                 size_t *files, uint64_t *bytes)
{
    struct mirror *mirror = service->mirrors;
    while (mirror != NULL && strcmp(mirror->config.name, name) != 0) {
        mirror = mirror->next;
    }
    if (mirror == NULL || !mirror->is_configured) {
        return STATUS_NOT_FOUND;
    }
    if (!mirror->is_ready) {
        return STATUS_BUSY;
    }
    *files = mirror_store_drop_below(&mirror->store, service->options.loop, below, bytes);
    return STATUS_OK;
}
