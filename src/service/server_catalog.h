// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue of systems: what is shipped, and the administrator's own families.
#pragma once

#include "catalog/catalog.h"
#include "catalog/snippets.h"
#include "io/log.h"

/// The shipped catalogue with the families in the folder "os" beside the configuration file (`config_path`;
/// NULL = the default one, so /etc/imprint/os). One of those that is wrong is left out and told in `log`.
/// NULL and `problem` when the shipped one cannot be read.
MUST_USE struct catalog *server_catalog_open(const char *config_path, struct log *log,
                                             struct problem *problem);

/// Reads the snippets of answer files from the folder "snippets" beside the configuration file, as above, in
/// place of `*snippets`, which may be NULL and is freed. Yours.
void server_catalog_read_snippets(const char *config_path, struct log *log, struct snippets **snippets);
