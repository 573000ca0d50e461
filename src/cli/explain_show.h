// SPDX-License-Identifier: GPL-3.0-or-later
// Shows people a client's boot and its verdict, as service/verdict_json.h makes it.
#pragma once

#include "cli/show.h"

/// Prints the verdict, its findings and, with --timeline, every step; `has_stages`: the stages too.
void explain_show_client(const struct call *call, const json_t *client, bool has_stages);
