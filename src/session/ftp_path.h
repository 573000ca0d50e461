// SPDX-License-Identifier: GPL-3.0-or-later
// Paths of FTP: relative to a folder, "/" in front the root, ".." one up and never out.
#pragma once

#include "base/text.h"

/// `name` (hostile) as seen from `folder` (without slash in front, "" = the root) into `out`, in the same
/// form.
/// ".." of the root is the root, as in every file system. STATUS_MALFORMED for control characters and
/// backslashes, STATUS_TOO_LONG.
MUST_USE enum status ftp_path_parse(const char *folder, const char *name, char *out, size_t out_bytes);
