// SPDX-License-Identifier: GPL-3.0-or-later
// Gives the daemon the leases of other servers, a few hundred at a time, and tells what it did not take.
#pragma once

#include "cli/lease_source.h"

/// Sends what `source` has, which must be finished, and prints what came of it. The exit status: what was
/// taken is kept by the daemon even when something broke in between.
int lease_import(struct call *call, struct lease_source *source);
