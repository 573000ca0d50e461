// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of images with what is inside of ISO images in it: "images/NAME/PATH" is the file
// images/NAME/PATH, or else PATH inside of images/NAME/medium.iso, or else of images/NAME.iso, which is
// "images/NAME/medium.iso" as a whole, too. What is inside of a medium is kept while the medium stays the
// same file. "images/NAME/PATH:FILE" is the head of an archive for the Linux kernel: loaded as an initrd,
// with "images/NAME/PATH" as the next one, it makes that file appear as /FILE in the initramfs, whatever the
// loader. The file must have a multiple of 4 bytes, as media have, since not everybody fills up between two
// initrds.
#pragma once

#include "base/problem.h"
#include "content/folder.h"

#define MEDIA_FILE "medium.iso"
#define MEDIA_KEPT 64 // indexes of media; those asked longest ago go

struct media;

/// Serves the folder `path` below `prefix` ("images"), as folder_new does. NULL and `problem` when it cannot
/// be opened. Yours; media_free gives it back.
struct media *media_new(const char *prefix, const char *path, struct problem *problem);

/// Frees it; NULL is allowed.
void media_free(struct media *media);

/// Reads what is inside of every medium that is there, so that nobody waits for it later. Blocks on the disk:
/// for a worker thread; lookups go on meanwhile. What cannot be read is left for whoever asks.
void media_warm(struct media *media);

/// The source to add to a tree, called `name` (static). Thread-safe.
struct content_source media_source(struct media *media, const char *name);
