// SPDX-License-Identifier: GPL-3.0-or-later
// Packs files that a text describes into a tar archive compressed with gzip: what Alpine's start unpacks over
// its root (apkovl) and so the form of its answer file. The text is YAML:
//
//     files:
//       - path: /etc/hostname
//         content: "station7\n"
//       - path: /etc/local.d/first.start
//         mode: 0755
//         content: |
//           #!/bin/sh
//       - path: /etc/runlevels/default/local
//         link: /etc/init.d/local
//       - path: /root/.ssh
//         folder: true
//         mode: 0700
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define OVERLAY_ENDING       ".tar.gz"
#define OVERLAY_FILES_MOST   256
#define OVERLAY_PATH_BYTES   256
#define OVERLAY_CONTENT_MOST (4u * 1024 * 1024) // bytes of all files together

/// Whether an answer file called `name` is such an archive: its template then is the text above.
bool overlay_is_name(const char *name);

/// Packs the files of `yaml` (`bytes` of it, hostile) into `out`, `capacity` bytes; `*used` says how many it
/// took. Everything belongs to root; what is not given is mode 0644, of folders 0755. Equal texts give equal
/// archives. Only OK changes `*used`. STATUS_MALFORMED: not YAML, or not of this form, a path that leaves the
/// root or comes twice; STATUS_TOO_LONG: more than the limits above or `capacity` allow. `problem` names the
/// place by `place`, line and column, and never shows a content.
MUST_USE enum status overlay_pack(const char *yaml, size_t bytes, const char *place, void *out,
                                  size_t capacity, size_t *used, struct problem *problem);
