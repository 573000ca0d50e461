// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's certificate: read as root when it is the administrator's, made as the daemon's own user when
// it is ours, and told to those who need it.
#pragma once

#include "io/certificate.h"
#include "service/generated.h"
#include "service/server_ports.h"

/// Reads the administrator's files, as long as we may. Nothing when there are none, or no HTTPS is wanted.
MUST_USE enum status server_https_read(const struct config *config, struct certificate *certificate,
                                       struct problem *problem);

/// After privileges were dropped and before HTTP starts: sees that there is a certificate when there is
/// HTTPS, and gives it to the service, its digest to those who make agents' arguments. `certificate` has no
/// key any more then, and is empty when there is no HTTPS.
MUST_USE enum status server_https_begin(const struct server_ports *ports, struct certificate *certificate,
                                        struct generated *generated, struct problem *problem);
