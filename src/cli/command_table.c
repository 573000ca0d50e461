// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the table of commands, in the order of the help. Commands of one group stand together.
#include "cli/command.h"
#include "cli/handlers.h"

#define OPTIONS_END                                                                                          \
    {                                                                                                        \
        NULL, NULL, NULL, false, false                                                                       \
    }

static const struct command_option common_options[] = {
    {"socket", "PATH", "the daemon's control socket", false, false},
    {"json", NULL, "print JSON", false, false},
    {"help", NULL, "explain the command", false, false},
    OPTIONS_END,
};

static const struct command_option serve_options[] = {
    {"config", "FILE", "the configuration, instead of /etc/imprint/imprint.yaml", false, false},
    {"log-level", "error|warning|notice|info|debug", "what to log; info by itself", false, false},
    {"log-format", "auto|human|logfmt|json|journal", "how; auto looks where the log goes", false, false},
    OPTIONS_END,
};

static const struct command rows[] = {
    {"serve", "", serve_options, "be the daemon, in the foreground", "", serve_run, false},
    {"version", "", NULL, "print the version", "", version_show, false},
    {"help", "[COMMAND...]", NULL, "explain a command", "", help_show, false},
};

const struct command *command_table(size_t *count)
{
    *count = COUNT_OF(rows);
    return rows;
}

const struct command_option *command_common_options(void)
{
    return common_options;
}
