// SPDX-License-Identifier: GPL-3.0-or-later
// Who is at the other end of the control socket, as the kernel says, and whether they may give orders.
#pragma once

#include "base/status.h"

/// Finds the peer of the connected socket `fd`: its user name (or "uid N") goes to `owner`. STATUS_DENIED
/// when it is neither root, nor our own user, nor a member of our group. STATUS_IO when the kernel does not
/// say.
MUST_USE enum status control_peer_check(int fd, char *owner, size_t owner_bytes);
