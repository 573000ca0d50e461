// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/mirror.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/worker.h"
#include "service/mirror_name.h"
#include "service/mirror_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "mirror/"

static void look_for_work(struct mirror_service *service);

// ---- answering ----

static bool is_fresh(const struct mirror_file *file, int64_t now_ms)
{
    return mirror_name_is_kept(file->path) ||
           (file->checked_ms != 0 && now_ms - file->checked_ms < MIRROR_FRESH_MS);
}

struct asking { // one lookup
    const struct content_client *client;
    struct content_node *node;
    struct reasons *reasons;
};

static enum status serve(struct mirror *mirror, struct mirror_file *file, const struct asking *asking)
{
    return mirror_store_serve(&mirror->store, file, asking->client, asking->node, asking->reasons);
}

static enum status serve_stale(struct mirror *mirror, struct mirror_file *file, const struct asking *asking)
{
    enum status status = serve(mirror, file, asking);
    if (status == STATUS_OK) {
        mirror->counters.stale++;
        mirror_tell_stale(mirror, file->path);
    }
    return status;
}

static enum status refuse(enum mirror_trouble trouble, struct reasons *reasons)
{
    if (trouble == MIRROR_TROUBLE_ABSENT) {
        return STATUS_NOT_FOUND;
    }
    enum reason_id reason = mirror_trouble_reason(trouble);
    reasons_add(reasons, reason == REASON_NONE ? REASON_MIRROR_AWAY : reason);
    return STATUS_AWAY;
}

// Answers by what is known. `*must_ask`: its server must be asked first.
static enum status answer_known(struct mirror *mirror, struct mirror_file *file, const struct asking *asking,
                                bool *must_ask)
{
    int64_t now_ms = loop_now_ms();
    bool is_away = now_ms < mirror->away_until_ms;
    bool is_troubled =
        file != NULL && file->trouble != MIRROR_TROUBLE_NONE && now_ms < file->trouble_until_ms;
    *must_ask = false;
    if (file != NULL && file->is_here) {
        bool is_newest = is_fresh(file, now_ms);
        *must_ask = !is_newest && !is_troubled && !is_away;
        enum status status = is_newest   ? serve(mirror, file, asking)
                             : *must_ask ? STATUS_OK
                                         : serve_stale(mirror, file, asking);
        if (status != STATUS_NOT_FOUND) { // else somebody removed it from the disk
            mirror->counters.hits += status == STATUS_OK && is_newest && !mirror->is_waking ? 1 : 0;
            return status;
        }
    }
    *must_ask = !is_troubled && !is_away;
    return *must_ask ? STATUS_OK : refuse(is_troubled ? file->trouble : MIRROR_TROUBLE_AWAY, asking->reasons);
}

static struct mirror_fetch *begin_fetch(struct mirror *mirror, struct mirror_file *file)
{
    struct mirror_service *service = mirror->service;
    struct mirror_fetch *fetch = heap_new(sizeof *fetch);
    struct mirror_request *request = &fetch->request;
    struct text text;
    fetch->mirror = mirror;
    fetch->file = file;
    text_init(&text, request->url, sizeof request->url);
    mirror_name_add_url(mirror->config.url, file->path, &text);
    static_assert(sizeof request->url > CONFIG_URL_BYTES + 3 * CONTENT_PATH_BYTES, "any path fits");
    (void)text_copy(request->path, sizeof request->path, file->path);
    if (file->is_here) {
        (void)text_copy(request->known.etag, sizeof request->known.etag,
                        file->etag == NULL ? "" : file->etag);
        (void)text_copy(request->known.modified, sizeof request->known.modified,
                        file->modified == NULL ? "" : file->modified);
    }
    uint64_t room = mirror->config.size_most - MIRROR_HEAD_BYTES;
    request->size_most = mirror->config.file_most < room ? mirror->config.file_most : room;
    request->folder = mirror->store.folder;
    request->number = ++service->number;
    file->fetch = fetch;
    *service->queue_end = fetch;
    service->queue_end = &fetch->next;
    service->queued++;
    return fetch;
}

static enum status wait_for_fetch(struct mirror *mirror, const char *path, struct content_waiter *waiter,
                                  struct reasons *reasons)
{
    struct mirror_service *service = mirror->service;
    struct mirror_file *file = mirror_store_find(&mirror->store, path);
    bool is_crowded = service->queued >= MIRROR_QUEUE_MOST && (file == NULL || file->fetch == NULL);
    if (waiter == NULL || is_crowded) {
        return refuse(MIRROR_TROUBLE_AWAY, reasons);
    }
    file = mirror_store_put(&mirror->store, path);
    struct mirror_fetch *fetch = file->fetch == NULL ? begin_fetch(mirror, file) : file->fetch;
    content_waiter_add(&fetch->waiters, waiter);
    look_for_work(service);
    return STATUS_WAITING;
}

static struct mirror *find_mirror(const struct mirror_service *service, const char *name, size_t length)
{
    struct mirror *mirror = service->mirrors;
    while (mirror != NULL &&
           (strlen(mirror->config.name) != length || memcmp(mirror->config.name, name, length) != 0)) {
        mirror = mirror->next;
    }
    return mirror;
}

static enum status answer(struct mirror *mirror, const char *path, const struct content_client *client,
                          struct content_node *node, struct reasons *reasons)
{
    if (mirror->service->is_stopping || mirror->is_broken) {
        return refuse(mirror->is_broken ? MIRROR_TROUBLE_NO_ROOM : MIRROR_TROUBLE_AWAY, reasons);
    }
    if (!mirror->is_ready) {
        if (client->waiter == NULL) {
            return refuse(MIRROR_TROUBLE_AWAY, reasons);
        }
        content_waiter_add(&mirror->waiters, client->waiter);
        return STATUS_WAITING;
    }
    bool must_ask;
    const struct asking asking = {client, node, reasons};
    enum status status = answer_known(mirror, mirror_store_find(&mirror->store, path), &asking, &must_ask);
    return must_ask ? wait_for_fetch(mirror, path, client->waiter, reasons) : status;
}

static enum status look_up(void *self, const char *path, const struct content_client *client,
                           struct content_node *node, struct reasons *reasons)
{
    struct mirror_service *service = self;
    if (!client->is_http || !text_starts(path, PREFIX)) {
        return STATUS_NOT_FOUND;
    }
    const char *name = path + strlen(PREFIX);
    size_t length = strcspn(name, "/");
    struct mirror *mirror = find_mirror(service, name, length);
    bool is_served = mirror != NULL && mirror->is_configured && mirror->config.is_enabled;
    if (!is_served || name[length] == '\0' || (client->query != NULL && client->query[0] != '\0')) {
        return STATUS_NOT_FOUND; // what a query makes of a file is not known here
    }
    enum status status = answer(mirror, name + length + 1, client, node, reasons);
    mirror->counters.asked += status != STATUS_WAITING ? 1 : 0;
    return status;
}

struct content_source mirror_service_source(struct mirror_service *service)
{
    return (struct content_source){.name = "mirror", .lookup = look_up, .self = service};
}

// ---- fetching ----

static int fetch_in_thread(void *context)
{
    struct slot *slot = context;
    mirror_fetcher_run(slot->fetcher, &slot->fetch->request, &slot->fetch->progress, &slot->fetch->result);
    return 0;
}

static void note_trouble(struct mirror *mirror, struct mirror_fetch *fetch)
{
    struct mirror_file *file = fetch->file;
    const struct mirror_result *result = &fetch->result;
    bool is_absent = result->trouble == MIRROR_TROUBLE_ABSENT;
    int64_t now_ms = loop_now_ms();
    file->trouble = result->trouble;
    file->trouble_until_ms = now_ms + (is_absent ? MIRROR_ABSENT_MS : MIRROR_AWAY_MS);
    mirror->counters.failed += is_absent || result->trouble == MIRROR_TROUBLE_STOPPED ? 0 : 1;
    if (result->is_out_of_reach) {
        mirror->away_until_ms = now_ms + MIRROR_AWAY_MS;
    }
    if (is_absent && file->is_here) { // it was taken from the repository
        mirror_store_drop(&mirror->store, mirror->service->options.loop, file);
    }
    if (result->trouble == MIRROR_TROUBLE_NO_ROOM) { // a tenth of the cache makes room for the next one
        mirror->counters.removed += mirror_store_shrink(&mirror->store, mirror->service->options.loop,
                                                        mirror->store.bytes - mirror->store.bytes / 10);
    }
    mirror_tell_trouble(mirror, fetch);
}

static void note_result(struct mirror *mirror, struct mirror_fetch *fetch)
{
    struct mirror_file *file = fetch->file;
    const struct mirror_result *result = &fetch->result;
    file->fetch = NULL;
    mirror->counters.received_bytes += result->received;
    if (result->trouble != MIRROR_TROUBLE_NONE) {
        note_trouble(mirror, fetch);
        return;
    }
    file->checked_ms = loop_now_ms();
    file->trouble = MIRROR_TROUBLE_NONE;
    mirror->away_until_ms = 0;
    mirror->stale_told_at_ms = 0;
    memset(mirror->told_at_ms, 0, sizeof mirror->told_at_ms); // the next trouble is news again
    if (result->is_same) {
        mirror->counters.checked++;
        return;
    }
    mirror->counters.fetched++;
    mirror_store_note(&mirror->store, file, result->bytes, &result->validators);
    mirror->counters.removed +=
        mirror_store_shrink(&mirror->store, mirror->service->options.loop, mirror->config.size_most);
}

static void fetched(void *context, int ignored)
{
    struct slot *slot = context;
    struct mirror_service *service = slot->service;
    struct mirror_fetch *fetch = slot->fetch;
    (void)ignored;
    slot->fetch = NULL;
    fetch->mirror->live--;
    note_result(fetch->mirror, fetch);
    fetch->mirror->is_waking = true;
    content_waiter_wake(&fetch->waiters);
    fetch->mirror->is_waking = false;
    heap_free(fetch);
    look_for_work(service);
}

// The first in the queue whose mirror may have one more.
static struct mirror_fetch *take_from_queue(struct mirror_service *service)
{
    struct mirror_fetch **at = &service->queue;
    while (*at != NULL && (*at)->mirror->live >= (*at)->mirror->config.fetches_most) {
        at = &(*at)->next;
    }
    struct mirror_fetch *fetch = *at;
    if (fetch != NULL) {
        *at = fetch->next;
        if (service->queue_end == &fetch->next) {
            service->queue_end = at;
        }
        fetch->next = NULL;
        service->queued--;
    }
    return fetch;
}

static void look_for_work(struct mirror_service *service)
{
    for (size_t i = 0; i < COUNT_OF(service->slots) && service->queue != NULL; i++) {
        struct slot *slot = &service->slots[i];
        if (slot->fetch != NULL) {
            continue;
        }
        slot->fetch = take_from_queue(service);
        if (slot->fetch == NULL) {
            return;
        }
        slot->fetch->mirror->live++;
        if (slot->worker == NULL) {
            const struct worker_options options = {.work = fetch_in_thread, .done = fetched, .context = slot};
            slot->fetcher = mirror_fetcher_new();
            slot->worker = worker_new(service->options.loop, &options);
        }
        worker_start(slot->worker);
    }
}

// ---- what is there at the start ----

static void keep_found(void *context, const struct mirror_found *found)
{
    struct mirror_service *service = context;
    struct mirror_found *copy = heap_copy(found, sizeof *found);
    heap_array_add(&service->found, &copy);
}

static int scan_in_thread(void *context)
{
    struct mirror_service *service = context;
    mirror_store_scan(service->scanned->store.folder, &service->is_stopping, keep_found, service);
    return 0;
}

static int compare_use(const void *a, const void *b)
{
    int64_t first = (*(const struct mirror_found *const *)a)->used_s;
    int64_t second = (*(const struct mirror_found *const *)b)->used_s;
    return (first > second) - (first < second);
}

static void scan_next(struct mirror_service *service)
{
    if (worker_is_busy(service->scanner)) {
        return;
    }
    struct mirror *mirror = service->mirrors;
    while (mirror != NULL && (mirror->is_ready || mirror->is_broken)) {
        mirror = mirror->next;
    }
    service->scanned = mirror;
    if (mirror != NULL && !service->is_stopping) {
        worker_start(service->scanner);
    }
}

static void scanned(void *context, int ignored)
{
    struct mirror_service *service = context;
    struct mirror *mirror = service->scanned;
    struct heap_array *found = &service->found;
    (void)ignored;
    if (found->count != 0) {
        qsort(found->items, found->count, sizeof(struct mirror_found *), compare_use);
    }
    for (size_t i = 0; i < found->count; i++) {
        struct mirror_found *file = *(struct mirror_found **)heap_array_get(found, i);
        mirror_store_add_found(&mirror->store, file);
        heap_free(file);
    }
    heap_array_clear(found);
    mirror->is_ready = true;
    mirror->counters.removed +=
        mirror_store_shrink(&mirror->store, service->options.loop, mirror->config.size_most);
    content_waiter_wake(&mirror->waiters);
    scan_next(service);
}

// ---- the service ----

static void open_store(struct mirror *mirror)
{
    struct mirror_service *service = mirror->service;
    struct problem problem;
    problem_clear(&problem);
    if (service->fd < 0) {
        problem_set(&problem, "the folder %s cannot be opened: %s", service->folder, strerror(errno));
    }
    if (service->fd < 0 ||
        mirror_store_open(&mirror->store, service->fd, mirror->config.name, &problem) != STATUS_OK) {
        mirror->is_broken = true;
        (void)text_copy(mirror->problem, sizeof mirror->problem, problem.text);
        mirror->problem_at_s = loop_unix_s();
        log_write(service->options.log, LOG_LEVEL_ERROR, "mirror %s is not served: %s", mirror->config.name,
                  problem.text);
    }
}

static void start(void *context)
{
    struct mirror_service *service = context;
    service->is_started = true;
    service->fd = open(service->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (struct mirror *mirror = service->mirrors; mirror != NULL; mirror = mirror->next) {
        open_store(mirror);
    }
    scan_next(service);
}

struct mirror_service *mirror_service_new(const struct mirror_options *options)
{
    struct mirror_service *service = heap_new(sizeof *service);
    const struct worker_options scanner = {.work = scan_in_thread, .done = scanned, .context = service};
    service->options = *options;
    service->folder = heap_copy_text(options->folder);
    service->fd = -1;
    service->queue_end = &service->queue;
    service->found = heap_array_init(sizeof(struct mirror_found *));
    service->scanner = worker_new(options->loop, &scanner);
    for (size_t i = 0; i < COUNT_OF(service->slots); i++) {
        service->slots[i].service = service;
    }
    service->beginning = loop_timer_new(options->loop, start, service);
    loop_timer_start(service->beginning, 0, 0);
    return service;
}

// Other servers have other tags: what may change is asked for anew.
static void forget_validators(struct mirror_store *store)
{
    for (struct mirror_file *file = store->here.oldest; file != NULL; file = file->newer) {
        heap_free(file->etag);
        heap_free(file->modified);
        file->etag = NULL;
        file->modified = NULL;
        file->checked_ms = 0;
    }
}

static void set_one(struct mirror_service *service, const struct config_mirror *config)
{
    struct mirror *mirror = find_mirror(service, config->name, strlen(config->name));
    if (mirror == NULL) {
        mirror = heap_new(sizeof *mirror);
        mirror->service = service;
        mirror_store_init(&mirror->store);
        struct mirror **end = &service->mirrors;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = mirror;
        mirror->config = *config;
        if (service->is_started) {
            open_store(mirror);
        }
    } else if (strcmp(mirror->config.url, config->url) != 0) {
        forget_validators(&mirror->store);
        mirror->away_until_ms = 0;
    }
    mirror->config = *config;
    mirror->is_configured = true;
    if (mirror->is_ready) {
        mirror->counters.removed +=
            mirror_store_shrink(&mirror->store, service->options.loop, config->size_most);
    }
}

void mirror_service_set(struct mirror_service *service, const struct config_mirror *mirrors, unsigned count)
{
    for (struct mirror *mirror = service->mirrors; mirror != NULL; mirror = mirror->next) {
        mirror->is_configured = false;
    }
    for (unsigned i = 0; i < count; i++) {
        set_one(service, &mirrors[i]);
    }
    if (service->is_started) {
        scan_next(service);
    }
}

static void stop(struct mirror_service *service)
{
    __atomic_store_n(&service->is_stopping, true, __ATOMIC_RELAXED);
    while (service->queue != NULL) {
        struct mirror_fetch *fetch = service->queue;
        service->queue = fetch->next;
        fetch->file->fetch = NULL;
        content_waiter_wake(&fetch->waiters);
        heap_free(fetch);
    }
    service->queue_end = &service->queue;
    service->queued = 0;
    for (size_t i = 0; i < COUNT_OF(service->slots); i++) {
        struct mirror_fetch *fetch = service->slots[i].fetch;
        if (fetch != NULL) {
            atomic_store(&fetch->progress.is_stopping, true);
            content_waiter_wake(&fetch->waiters);
        }
    }
    for (struct mirror *mirror = service->mirrors; mirror != NULL; mirror = mirror->next) {
        content_waiter_wake(&mirror->waiters);
    }
}

void mirror_service_free(struct mirror_service *service)
{
    if (service == NULL) {
        return;
    }
    stop(service);
    loop_timer_free(service->beginning);
    worker_free(service->scanner);
    for (size_t i = 0; i < COUNT_OF(service->slots); i++) {
        worker_free(service->slots[i].worker);
        mirror_fetcher_free(service->slots[i].fetcher);
    }
    while (service->mirrors != NULL) {
        struct mirror *next = service->mirrors->next;
        mirror_store_clear(&service->mirrors->store);
        heap_free(service->mirrors);
        service->mirrors = next;
    }
    if (service->fd >= 0) {
        (void)close(service->fd);
    }
    heap_free(service->folder);
    heap_free(service);
}
