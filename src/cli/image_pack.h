// SPDX-License-Identifier: GPL-3.0-or-later
// A file is packed into an image for disks, here, and goes up to the daemon.
#pragma once

#include "cli/image_upload.h"

/// Packs `file` ("-" = standard input) into `folder` and sends it as the image that `upload` names (its
/// folder is not looked at); shows how far it is. The daemon's answer (yours), or NULL: what is wrong was
/// told.
json_t *image_pack(struct call *call, const char *file, const char *folder,
                   const struct image_upload *upload);
