// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "cli/handlers.h"

#include <string.h>

// In the order of enum log_form.
static const char *const forms[] = {"auto", "human", "logfmt", "json", "journal"};

int command_serve(struct call *call)
{
    struct server_options options = {
        .config_path = call_option(call, "config"), .log_level = LOG_LEVEL_INFO, .log_form = LOG_FORM_AUTO};
    const char *level = call_option(call, "log-level");
    const char *form = call_option(call, "log-format");
    if (level != NULL) {
        bool is_level = log_level_parse(level, &options.log_level);
        assert(is_level); // the table's row says which there are
    }
    if (form != NULL) {
        size_t position = text_find(form, forms, COUNT_OF(forms));
        assert(position < COUNT_OF(forms));
        options.log_form = (enum log_form)position;
    }
    return call->serve(&options);
}
