// SPDX-License-Identifier: GPL-3.0-or-later
// What a machine would get of a profile, for administrators who ask before it boots.
#pragma once

#include "service/control.h"
#include "service/generated.h"
#include "service/server_ports.h"

struct server_render_place { // borrowed, for one call
    struct generated *generated;
    const struct server_ports *ports;
};

/// Renders the part `which` of `profile` for `machine` into `*text` (freed by the caller), secrets as
/// PROFILE_MASK. STATUS_NOT_FOUND when the profile has no such part, and the errors of render.h; `problem`
/// says what is wrong and where.
MUST_USE enum status server_render_text(const struct server_render_place *place,
                                        const struct machine *machine, const struct profile *profile,
                                        enum control_text which, char **text, struct problem *problem);

/// Renders the host name that `profile` gives `machine`; empty when it gives none. Errors are those of
/// personal_render.
MUST_USE enum status server_render_hostname(const struct server_render_place *place,
                                            const struct machine *machine, const struct profile *profile,
                                            char hostname[MACHINE_NAME_BYTES], struct problem *problem);
