// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_watch.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"
#include "service/control_state.h"

#include <string.h>

#define CHUNK_BYTES ((size_t)16 * 1024)

struct control_watch {
    struct control *control;
    struct control_watch *next;
    struct MHD_Connection *connection;
    uint64_t machine_id; // 0 = all
    uint64_t after;      // the last event given
    bool follows;
    bool is_suspended;
    bool must_beat; // give an empty line when there is nothing else
    char *line;     // being given, from `at`
    size_t line_at;
};

struct event_search { // the first event that a watch wants, or a count of them
    const struct control_watch *watch;
    const struct event *found;
    uint64_t count;
    uint64_t last;
};

static bool event_is_wanted(const struct control_watch *watch, const struct event *event)
{
    return watch->machine_id == 0 || event->machine_id == watch->machine_id;
}

static bool event_find(const struct event *event, void *context)
{
    struct event_search *search = context;
    if (event_is_wanted(search->watch, event)) {
        search->found = event;
    }
    search->last = event->id;
    return search->found == NULL;
}

static bool event_count(const struct event *event, void *context)
{
    struct event_search *search = context;
    search->count += event_is_wanted(search->watch, event) ? 1 : 0;
    search->last = event->id;
    return true;
}

// The next line to give, or false when there is none now.
static bool watch_fill(struct control_watch *watch)
{
    const struct store *store = watch->control->world.store;
    struct event_search search = {.watch = watch, .last = watch->after};
    store_event_each(store, watch->after, event_find, &search);
    watch->after = search.last;
    if (search.found == NULL) {
        return false;
    }
    json_t *json = control_json_event(store, search.found);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    size_t bytes = strlen(text);
    watch->line = heap_new(bytes + 2);
    memcpy(watch->line, text, bytes);
    watch->line[bytes] = '\n';
    watch->line_at = 0;
    free(text);
    return true;
}

static ssize_t watch_read(void *context, uint64_t position, char *out, size_t most)
{
    (void)position;
    struct control_watch *watch = context;
    size_t written = 0;
    while (written < most && (watch->line != NULL || watch_fill(watch))) {
        size_t bytes = size_min(strlen(watch->line + watch->line_at), most - written);
        memcpy(out + written, watch->line + watch->line_at, bytes);
        written += bytes;
        watch->line_at += bytes;
        if (watch->line[watch->line_at] == '\0') {
            heap_free(watch->line);
            watch->line = NULL;
        }
    }
    if (written == 0 && !watch->follows) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (written == 0 && watch->must_beat) {
        out[written++] = '\n';
    }
    watch->must_beat = false;
    if (written == 0) {
        watch->is_suspended = true;
        MHD_suspend_connection(watch->connection);
    }
    return (ssize_t)written;
}

static void watch_free(void *context)
{
    struct control_watch *watch = context;
    struct control_watch **at = &watch->control->watches;
    while (*at != watch) {
        at = &(*at)->next;
    }
    *at = watch->next;
    heap_free(watch->line);
    heap_free(watch);
}

void control_watch_wake(struct control *control)
{
    for (struct control_watch *watch = control->watches; watch != NULL; watch = watch->next) {
        if (watch->is_suspended) {
            watch->is_suspended = false;
            MHD_resume_connection(watch->connection);
            control_run_soon(control);
        }
    }
}

void control_watch_beat(struct control *control)
{
    for (struct control_watch *watch = control->watches; watch != NULL; watch = watch->next) {
        watch->must_beat = watch->is_suspended;
    }
    control_watch_wake(control);
}

void control_watch_end(struct control *control)
{
    for (struct control_watch *watch = control->watches; watch != NULL; watch = watch->next) {
        watch->follows = false;
    }
    control_watch_wake(control);
}

// Where to begin: after event ?after=, or so that the last ?last= come, or at the first that is remembered.
static bool watch_start(struct control_request *request, struct control_watch *watch)
{
    const char *after = control_query(request, "after");
    const char *last = control_query(request, "last");
    uint64_t most = UINT64_MAX;
    if ((after != NULL && text_parse_u64(after, INT64_MAX, &watch->after) != STATUS_OK) ||
        (last != NULL && text_parse_u64(last, INT64_MAX, &most) != STATUS_OK)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'after' and 'last' must be whole numbers");
        return false;
    }
    struct event_search search = {.watch = watch, .last = watch->after};
    store_event_each(request->world->store, watch->after, event_count, &search);
    if (most == 0) {
        watch->after = search.last;
    }
    for (uint64_t skip = search.count > most ? search.count - most : 0; most != 0 && skip > 0; skip--) {
        struct event_search next = {.watch = watch, .last = watch->after};
        store_event_each(request->world->store, watch->after, event_find, &next);
        watch->after = next.last;
    }
    return true;
}

void control_event_list(struct control_request *request)
{
    struct control *control = request->control;
    struct control_watch watch = {.control = control, .connection = request->connection};
    const char *machine_name = control_query(request, "machine");
    const char *follow = control_query(request, "follow");
    if (machine_name != NULL) {
        const struct machine *machine = control_machine_find(request, machine_name);
        if (machine == NULL) {
            return;
        }
        watch.machine_id = machine->id;
    }
    watch.follows = follow != NULL && strcmp(follow, "1") == 0;
    if (!watch_start(request, &watch)) {
        return;
    }
    struct control_watch *kept = heap_copy(&watch, sizeof watch);
    kept->next = control->watches;
    control->watches = kept;
    request->response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, watch_read, kept, watch_free);
    if (request->response == NULL) {
        watch_free(kept);
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "", "there is no memory for this");
        return;
    }
    (void)MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/x-ndjson");
    request->http_status = MHD_HTTP_OK;
}
