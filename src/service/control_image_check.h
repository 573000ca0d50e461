// SPDX-License-Identifier: GPL-3.0-or-later
// Closure checks under way.
#pragma once

struct control_check;

struct control_checks { // {0} to begin with
    struct control_check *first;
};

/// Nobody waits for them any more; their threads go on with what is their own.
void control_checks_close(struct control_checks *checks);
