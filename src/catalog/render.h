// SPDX-License-Identifier: GPL-3.0-or-later
// Templates become what one machine gets: kernel arguments and answer files. Strict: an undefined value is an
// error that names it and its place, never an empty string at install time.
#pragma once

#include "base/text.h"
#include "catalog/catalog.h"
#include "model/machine.h"
#include "model/network.h"
#include "model/order.h"
#include "model/profile.h"

struct render_facts { // all borrowed; NULL members are values that do not exist, except machine, profile and
                      // image
    const struct machine *machine;
    const struct profile *profile;
    const struct image *image;
    const struct family *family;   // the image's, or NULL
    const struct order *order;     // or NULL (a preview)
    const struct network *network; // its network, or NULL (proxy mode)
    struct ip4 address;            // the machine's; 0 = not known
    struct ip4 server;
    uint16_t http_port;
};

/// Prints the kernel arguments: the image's own, the family's for the answer file (when the profile has one),
/// the profile's. STATUS_NOT_FOUND and `problem` for an undefined value; STATUS_TOO_LONG when `out` was too
/// small.
MUST_USE enum status render_arguments(const struct render_facts *facts, struct text *out,
                                      struct problem *problem);

/// Prints the profile's answer file. STATUS_UNSUPPORTED and `problem` when the profile has none; else as
/// render_arguments.
MUST_USE enum status render_answer(const struct render_facts *facts, struct text *out,
                                   struct problem *problem);

/// "http://SERVER[:PORT]/answer/MACHINE/NAME" into `out`; the path that service/generated serves.
void render_answer_url(const struct render_facts *facts, struct text *out);

struct render_value { // a name that templates may use; for the manual
    const char *name;
    const char *about;
};

/// All names, in the manual's order; `*count` says how many. Static.
const struct render_value *render_values(size_t *count);
