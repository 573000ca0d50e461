// SPDX-License-Identifier: GPL-3.0-or-later
// One TFTP transfer by multicast (RFC 2090): sockets and a loop around session/tftp_listen.
#pragma once

#include "cli/tftp_client.h"

/// Carries the reading `job` out by multicast; `give` and `take` are not called, but `put` with `job`'s
/// context, for blocks in any order: false stops it. Comes back as tftp_client_run does. False: the server
/// has no multicast, and nothing was put; fetch it with tftp_client_run.
bool tftp_member_run(const struct tftp_client_job *job,
                     bool (*put)(void *context, uint64_t offset, const uint8_t *bytes, size_t count),
                     struct tftp_client_result *result);
