// SPDX-License-Identifier: GPL-3.0-or-later
// What nearly every command does: ask the daemon, and tell the person what came of it.
#pragma once

#include "cli/call.h"
#include "cli/client.h"

#define ASK_SOCKET_DEFAULT "/run/imprint/control.sock"

/// The daemon's socket: the call's --socket, else IMPRINT_SOCKET, else what the configuration says. `out` has
/// `out_bytes` bytes; returns it.
const char *ask_socket(const struct call *call, char *out, size_t out_bytes);

/// Asks the daemon for `path` (below /v1/, escaped) as client_ask does, and complains when it says no: NULL
/// then. The answer is yours.
json_t *ask(struct call *call, const char *method, const char *path, const json_t *body);

/// The same for "first/name/rest", where `name` is escaped; `name`, `rest` and `body` may be NULL.
json_t *ask_name(struct call *call, const char *method, const char *first, const char *name, const char *rest,
                 const json_t *body);

/// The client that `call` asks with, made when it is first needed; lives as long as `call`.
struct client *ask_client(struct call *call);

/// Says on standard error what went wrong and what to do: for people, or as {"error":{...}} with --json. A
/// place comes first, as compilers write it.
void ask_complain(const struct call *call, const struct problem *problem);

/// The same from a text.
void ask_complain_text(const struct call *call, const char *remedy, const char *format, ...)
    PRINTF_LIKE(3, 4);

/// The same of the file `path`; always false.
bool ask_refuse_file(const struct call *call, const char *path, const char *remedy, const char *text);

/// Prints `json` (NULL allowed: nothing).
void ask_print_json(const struct call *call, const json_t *json);

/// Asks for the array `member` of GET `path`; complains and returns NULL as ask does. Yours.
json_t *ask_list(struct call *call, const char *path, const char *member);
