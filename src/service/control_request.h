// SPDX-License-Identifier: GPL-3.0-or-later
// One request on the control socket, for the files of the control API only: what was asked, by whom, and the
// ways to answer. Handlers see JSON in and JSON out; HTTP stays in control.c.
#pragma once

#include "service/control.h"

#include <jansson.h>
#include <microhttpd.h>

#define CONTROL_NAME_BYTES      256
#define CONTROL_BODY_BYTES_MOST (2 * 1024 * 1024)
#define CONTROL_ROUTE_NAMES     2

struct control_request;
struct control_upload;
struct control_watch;

enum control_body {
    CONTROL_BODY_NONE,
    CONTROL_BODY_JSON, // one object; none at all counts as {}
    CONTROL_BODY_FILE, // bytes, given to `take` as they come
};

struct control_route {
    const char *method;
    const char *path; // below /v1/, '*' stands for a name
    enum control_body body;
    void (*handle)(struct control_request *request);
    void (*take)(struct control_request *request, const void *data, size_t bytes); // CONTROL_BODY_FILE
};

struct control_request {
    struct control *control;
    const struct control_world *world;
    struct control_request *next;
    struct MHD_Connection *connection;
    const struct control_route *route;                   // NULL = none fits; the answer is there already then
    char owner[ORDER_OWNER_BYTES];                       // who asks
    char names[CONTROL_ROUTE_NAMES][CONTROL_NAME_BYTES]; // what stood for each '*'
    char *body;                                          // of CONTROL_BODY_FILE: the path of the file
    size_t body_bytes;
    json_t *json;                  // of CONTROL_BODY_JSON
    unsigned http_status;          // 0 = not answered yet
    json_t *answer;                // owned
    struct MHD_Response *response; // instead of `answer`, owned
    bool is_waiting;               // suspended until control_request_resume
    struct control_upload *upload; // borrowed; the one a file goes to
    int file;                      // being written; -1 = none
    struct problem problem;        // scratch for handlers
};

/// Answers with `taken_json`.
void control_answer(struct control_request *request, unsigned http_status, json_t *taken_json);

/// Answers with the error object that `problem` makes; `http_status` >= 400. The first answer stays.
void control_refuse(struct control_request *request, unsigned http_status, const struct problem *problem);

/// The same, from a text and a remedy ("" = none).
void control_refuse_text(struct control_request *request, unsigned http_status, const char *remedy,
                         const char *format, ...) PRINTF_LIKE(4, 5);

/// The HTTP status that tells a `status` that is not OK.
unsigned control_http_status(enum status status);

/// Makes what the store was told durable and tells the daemon that facts changed. False when the disk says
/// no; the answer is given then.
bool control_commit(struct control_request *request);

/// The same for leases, which nobody needs to be told of: the pools have them already.
bool control_keep(struct control_request *request);

/// Writes what a person did into the timeline. `machine` may be NULL.
void control_tell(struct control_request *request, enum event_kind kind, const struct machine *machine,
                  uint64_t order_id, const char *format, ...) PRINTF_LIKE(5, 6);

/// The query argument `name` (decoded), or NULL.
const char *control_query(const struct control_request *request, const char *name);

/// Whether the body has no members but `names` (NULL-terminated); else the answer is given.
bool control_allow(struct control_request *request, const char *const *names);

/// The text member `name` in `*text`, NULL when it is absent or null. False when it is something else; the
/// answer is given then.
bool control_get_text(struct control_request *request, const char *name, const char **text);

/// Copies the text member `name` to `out` when it is there (null empties it); false and the answer given when
/// it is no text, too long or has control characters. `*given` (may be NULL) tells whether it is there.
bool control_copy_text(struct control_request *request, const char *name, char *out, size_t out_bytes,
                       bool *given);

/// The list of texts `name`, NULL when absent. False when it is something else; the answer is given then.
bool control_get_list(struct control_request *request, const char *name, json_t **list);

/// The whole number `name` in `*number`, untouched when absent; least..most. False when it is something else;
/// the answer is given then.
bool control_get_number(struct control_request *request, const char *name, int64_t least, int64_t most,
                        int64_t *number);

/// Lets the request wait (its handler returns without an answer) until control_request_resume.
void control_request_wait(struct control_request *request);

/// Goes on with a request that has its answer now.
void control_request_resume(struct control_request *request);
