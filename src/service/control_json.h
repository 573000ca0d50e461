// SPDX-License-Identifier: GPL-3.0-or-later
// The nouns as JSON, as docs/protocols/control-api.md describes them. Times are Unix seconds; what is not
// known is null.
#pragma once

#include "store/store.h"

#include <jansson.h>

/// A JSON text; what is not UTF-8 or has control characters comes escaped as \xNN.
json_t *control_json_text(const char *text);

/// Whatever these return is yours. A machine, with its live order's id.
json_t *control_json_machine(const struct store *store, const struct machine *machine);

/// An image.
json_t *control_json_image(const struct image *image);

/// A profile; with the text of its answer file when `with_answer`.
json_t *control_json_profile(const struct profile *profile, bool with_answer);

/// An order, with its machine's name.
json_t *control_json_order(const struct store *store, const struct order *order);

/// "bound", "ended" (its time is over), "declined", "free" or "offered".
const char *control_json_lease_state(enum lease_state state, int64_t ends_s, int64_t now_s);

/// A lease as it is at `now_s`, with its machine's name if its client is one we know.
json_t *control_json_lease(const struct store *store, const struct lease *lease, int64_t now_s);

/// The same of DHCPv6: with the client's DUID and IAID.
json_t *control_json_lease6(const struct store *store, const struct lease6 *lease, int64_t now_s);

/// An event, with its machine's name.
json_t *control_json_event(const struct store *store, const struct event *event);
