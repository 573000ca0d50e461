// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the control socket, for the files of the control API only.
#pragma once

#include "service/control_image_check.h"
#include "service/control_request.h"
#include "service/control_upload.h"

struct control {
    struct control_world world;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;     // on the HTTP library's descriptor
    struct loop_timer *timer;     // when it wants to be called though nothing came
    struct loop_timer *heartbeat; // wakes those who watch, so that the dead are noticed
    bool must_run;                // a connection was resumed
    struct control_request *requests;
    struct control_watch *watches;
    struct control_uploads uploads;
    struct control_checks checks;
    int64_t started_s;
    uint64_t leases_imported; // since that was told last
};

/// Calls the HTTP library soon: it does not notice by itself that a connection was resumed.
void control_run_soon(struct control *control);
