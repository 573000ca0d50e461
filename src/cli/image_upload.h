// SPDX-License-Identifier: GPL-3.0-or-later
// A folder goes up to the daemon file by file, and becomes an image when the daemon has all of it and knows
// what it is.
#pragma once

#include "cli/call.h"
#include "cli/tree.h"

#include <jansson.h>

struct image_upload {
    const char *name;        // of the image
    const char *folder;      // that `tree` lists
    const char *medium;      // an ISO image that is sent instead of a folder; NULL = none
    const char *adopt;       // the name in the folder of images that it has there already; NULL = none
    const char *sha256;      // of `medium`, in small letters; NULL = not known
    const char *kernel;      // these as in the control API; NULL = not said
    const char *initrd;      // the same
    const char *arguments;   // the same
    const char *description; // the same
};

/// Sends `tree` and makes it an image; shows how far it is. The daemon's answer (yours), or NULL when it said
/// no: that was told, and what had been sent is taken back.
json_t *image_upload(struct call *call, const struct image_upload *upload, const struct tree *tree);

/// The same for an ISO image alone, `upload->medium`.
json_t *image_upload_medium(struct call *call, const struct image_upload *upload, uint64_t bytes);

/// The same for all that is in the folder.
json_t *image_upload_folder(struct call *call, const struct image_upload *upload);

/// Checks that the daemon is there and has no image `name`, before long work is done for one. Tells what is
/// wrong.
bool image_upload_may(struct call *call, const char *name);

/// Says what was added, for show_one.
void image_upload_show(struct call *call, const json_t *image);
