// SPDX-License-Identifier: GPL-3.0-or-later
// The mirrors of package repositories: what they hold and do; emptying their caches.
#include "base/time.h"
#include "content/path.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/mirror.h"

#include <string.h>

static json_t *fetches_of(const struct mirror_report *report)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < report->live_count; i++) {
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:I}", "path", control_json_text(report->live[i].path),
                                        "done_bytes", (json_int_t)report->live[i].done, "total_bytes",
                                        (json_int_t)report->live[i].total));
    }
    return list;
}

static const char *state_of(const struct mirror_report *report)
{
    return !report->config->is_enabled ? "off"
           : !report->is_ready         ? "reading"
           : report->is_away           ? "away"
                                       : "on";
}

static void add_mirror(void *context, const struct mirror_report *report)
{
    char at[TIME_TEXT_BYTES] = "";
    const struct config_mirror *config = report->config;
    bool has_problem = report->problem[0] != '\0';
    json_t *mirror =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:i}", "name", config->name, "url", config->url,
                  "state", state_of(report), "files", (json_int_t)report->files, "bytes",
                  (json_int_t)report->bytes, "size_max", (json_int_t)config->size_most, "file_max",
                  (json_int_t)config->file_most, "queued", (int)report->queued_count);
    json_t *counters = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "asked", (json_int_t)report->asked, "hits",
        (json_int_t)report->hits, "fetched", (json_int_t)report->fetched, "checked",
        (json_int_t)report->checked, "stale", (json_int_t)report->stale, "failed", (json_int_t)report->failed,
        "removed", (json_int_t)report->removed, "received_bytes", (json_int_t)report->received_bytes);
    json_object_update(mirror, counters);
    json_decref(counters);
    json_object_set_new(mirror, "fetches", fetches_of(report));
    json_object_set_new(mirror, "problem", has_problem ? control_json_text(report->problem) : json_null());
    json_object_set_new(mirror, "problem_at",
                        has_problem ? json_string(time_print(report->problem_at_s, at)) : json_null());
    json_array_append_new(context, mirror);
}

void control_mirror_list(struct control_request *request)
{
    json_t *list = json_array();
    if (request->world->mirrors != NULL) {
        mirror_service_each(request->world->mirrors, add_mirror, list);
    }
    control_answer(request, MHD_HTTP_OK, json_pack("{s:o}", "mirrors", list));
}

void control_mirror_clear(struct control_request *request)
{
    static const char *const MEMBERS[] = {"below", NULL};
    const char *below = NULL;
    char path[CONTENT_PATH_BYTES] = "";
    if (!control_allow(request, MEMBERS) || !control_get_text(request, "below", &below)) {
        return;
    }
    if (below != NULL && below[0] != '\0' && path_parse(below, strlen(below), path) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "name a folder or a file below the mirror",
                            "that is no path in a mirror");
        return;
    }
    size_t files = 0;
    uint64_t bytes = 0;
    enum status status =
        request->world->mirrors == NULL
            ? STATUS_NOT_FOUND
            : mirror_service_clear(request->world->mirrors, request->names[0], path, &files, &bytes);
    if (status == STATUS_BUSY) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "try again in a minute",
                            "the cache of mirror %s is still being read", request->names[0]);
    } else if (status != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND,
                            "imprint mirror list shows them; mirrors are set in the "
                            "configuration",
                            "there is no mirror %s", request->names[0]);
    } else {
        control_answer(request, MHD_HTTP_OK,
                       json_pack("{s:s, s:I, s:I}", "cleared", request->names[0], "files", (json_int_t)files,
                                 "bytes", (json_int_t)bytes));
    }
}
