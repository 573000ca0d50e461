// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/handlers.h"

#include <jansson.h>

int version_show(struct call *call)
{
    if (call->is_json) {
        (void)fprintf(call->out.out, "{\"version\": \"%s\"}\n", IMPRINT_VERSION);
    } else {
        (void)fprintf(call->out.out, "imprint %s\n", IMPRINT_VERSION);
    }
    return CLI_EXIT_OK;
}

int help_show(struct call *call)
{
    return call->command == NULL ? CLI_EXIT_USAGE : CLI_EXIT_OK;
}
