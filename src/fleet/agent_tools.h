// SPDX-License-Identifier: GPL-3.0-or-later
// The programs of other people that the agent runs: Debian's own, of this machine, with their libraries.
#pragma once

#include "fleet/initramfs.h"

/// Adds them. STATUS_NOT_FOUND and `problem` when one is missing here: which, and its package.
MUST_USE enum status agent_tools_add(struct initramfs *initramfs, struct problem *problem);
