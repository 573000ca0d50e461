// SPDX-License-Identifier: GPL-3.0-or-later
// Answer files: what an installer asks instead of a person. They hold passwords, so only the machine whose
// order is under way gets its own.
#pragma once

#include "content/content.h"

struct generated;

/// Finds the answer file of `path` ("MACHINE/NAME", what comes behind "answer/"): only for an address that
/// the machine is proven to hold, only while its order is under way. Anybody else is refused with a reason,
/// and learns nothing of what there is. A file that cannot be rendered is told as an event of the order.
/// Beside a file called user-data there are cloud-init's meta-data, and its vendor-data and network-config,
/// empty.
enum status answer_files_lookup(const struct generated *generated, const char *path,
                                const struct content_client *from, struct content_node *node,
                                struct reasons *reasons);
