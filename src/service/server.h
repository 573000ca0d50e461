// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon: builds the world from a configuration, runs the loop, reloads, and takes everything down again.
#pragma once

#include "io/log.h"

struct server_options {
    const char *config_path; // NULL = the default file, or defaults when there is none
    enum log_level log_level;
    enum log_form log_form;
};

/// Serves until SIGTERM or SIGINT. What cannot be started is said on standard error. The process's exit
/// status: 0 ended as told, 1 could not start or go on, 2 the configuration is wrong.
int server_run(const struct server_options *options);
