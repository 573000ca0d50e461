// SPDX-License-Identifier: GPL-3.0-or-later
// Builds a root file system from a distributor's packages (mmdebstrap) as a tar, ready to be packed. What
// belongs into it is data: `builds` in os/*/family.yaml.
#pragma once

#include "base/problem.h"
#include "catalog/catalog.h"

struct system_build_job {
    const struct family_build *build;
    const char *mirror;                            // NULL = the build's own, or what this machine's apt uses
    const char *const *packages;                   // more of them; NULL-terminated; NULL = none
    const char *file;                              // the tar to write
    void (*step)(void *context, const char *text); // what it does now
    void *context;
};

/// Builds; needs root. STATUS_IO and `problem` with mmdebstrap's own last words.
MUST_USE enum status system_build(const struct system_build_job *job, struct problem *problem);
