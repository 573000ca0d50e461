// SPDX-License-Identifier: GPL-3.0-or-later
// Telling the service manager how we are (sd_notify's protocol, without its library). Silent when nobody
// asked: NOTIFY_SOCKET is not set.
#pragma once

#include "base/status.h"

/// We are ready; `status` (may be NULL) is one line for people.
void notify_ready(const char *status);

/// One line for people: "serving 2 interfaces, 14 transfers".
void notify_status(const char *status);

/// We read our configuration anew; notify_ready must follow.
void notify_reloading(void);

/// We are going down.
void notify_stopping(void);

/// Sends `state` as it is ("WATCHDOG=1"). STATUS_NOT_FOUND: nobody asked. STATUS_MALFORMED: NOTIFY_SOCKET is
/// no socket. STATUS_IO.
enum status notify_send(const char *state);

/// Every how many milliseconds to send WATCHDOG=1: half the time the service manager allows; 0 = never.
uint64_t notify_watchdog_ms(void);
