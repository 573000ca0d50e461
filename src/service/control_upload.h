// SPDX-License-Identifier: GPL-3.0-or-later
// Uploads: the way of an image's files into the image store. They gather in a folder of their own below
// STATE/images, where nothing serves them, and become an image at once, by one rename, when all are safe on
// the disk.
#pragma once

#include "base/problem.h"
#include "config/config.h"

#define CONTROL_UPLOADS_MOST      16
#define CONTROL_UPLOAD_ID_BYTES   8
#define CONTROL_UPLOAD_IDLE_S     3600
#define CONTROL_UPLOAD_FILES_MOST 100000

struct control_request;
struct control_upload;

struct control_uploads {
    char path[CONFIG_PATH_BYTES + 16]; // STATE/images
    int folder;                        // the same, open
    struct control_upload *first;
    unsigned count;
};

/// Opens the image store below `state` and removes what earlier uploads and removals left there.
MUST_USE enum status control_uploads_open(struct control_uploads *uploads, const char *state,
                                          struct problem *problem);

/// Forgets all uploads; their files are removed at the next start.
void control_uploads_close(struct control_uploads *uploads);

/// Removes the folder of image `name`: it is out of the way when this returns, and gone a little later.
MUST_USE enum status control_uploads_remove_image(struct control_request *request, const char *name,
                                                  struct problem *problem);

/// Takes the file away that `request` writes, if any: its client went before the last byte, or the disk is
/// full, and an image must not be made of half a file.
void control_upload_drop_file(struct control_request *request);
