// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of session/ftp share.
#pragma once

#include "session/ftp.h"

/// Puts one reply line into `step`.
void ftp_step_say(struct ftp_step *step, unsigned code, const char *format, ...) PRINTF_LIKE(3, 4);

// The commands that say where data goes. `argument` is what stands behind the command; it is taken apart.

/// PASV (RFC 959).
void ftp_take_passive(struct ftp_session *session, char *argument, struct ftp_step *step);

/// EPSV (RFC 2428 section 3).
void ftp_take_extended_passive(struct ftp_session *session, char *argument, struct ftp_step *step);

/// PORT (RFC 959).
void ftp_take_port(struct ftp_session *session, char *argument, struct ftp_step *step);

/// EPRT (RFC 2428 section 2).
void ftp_take_extended_port(struct ftp_session *session, char *argument, struct ftp_step *step);
