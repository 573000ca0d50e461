// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's own folders and account: the state folder, the folder of the control socket, where the
// catalogue is installed, and who owns them once privileges are dropped.
#pragma once

#include "base/problem.h"
#include "config/config.h"
#include "content/media.h"
#include "io/log.h"
#include "io/loop.h"

/// Makes the folder for uploads, unless it is there or there shall be none. Call as root; who is not root
/// must make it beforehand.
MUST_USE enum status server_folders_make_upload(const struct config *config, struct problem *problem);

/// Checks that the folder for uploads can be written, by the user that we are by now. STATUS_DENIED or
/// STATUS_IO with what to do.
MUST_USE enum status server_folders_check_upload(const struct config *config, struct problem *problem);

/// Makes the state folder, its folders for images, logs and mirrors, and the control socket's folder where
/// they are missing. STATUS_IO and `problem`.
MUST_USE enum status server_folders_make(const struct config *config, struct problem *problem);

/// Gives the state folder, the database in it and its folders for images, logs, HTTPS and mirrors to the
/// account that the daemon runs as; nothing else that may lie there. Nothing when not root. STATUS_IO and
/// `problem`.
MUST_USE enum status server_folders_give(const struct config *config, struct problem *problem);

/// The account to run as: config->user if there is one, else "nobody".
const char *server_folders_user(const struct config *config);

/// Warns when the daemon runs as another account, `user` (NULL: as who started it), than it should.
void server_folders_note_user(const struct config *config, const char *user, struct log *log);

/// The group that may use the control socket: that account's own. (unsigned)-1, nobody but root and the
/// daemon, when not root or when there is no account for imprint alone.
unsigned server_folders_group(const struct config *config);

/// Reads in a worker thread what is inside of the ISO images, so that the first machine that asks does not
/// wait for the disk. `media` must outlive the loop.
void server_folders_warm(struct loop *loop, struct media *media);

/// Where the data folder `name` ("os") is: beside the program's build folder when it was not installed, else
/// where the installation put it.
void server_folders_data(const char *name, char *out, size_t out_bytes);
