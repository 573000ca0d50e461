// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the agent's kernel and initramfs: Debian's signed kernel package (fetched with apt, not installed),
// the modules that disks and networks need, Debian's own disk tools with their libraries, and our static
// program as /init.
#pragma once

#include "base/problem.h"

struct agent_build_job {
    const char *folder;                            // exists, empty; gets "linux" and "initrd.zst"
    const char *program;                           // imprint-agent
    bool is_cloud;                                 // the kernel for virtual machines only: smaller
    void (*step)(void *context, const char *text); // what it does now; may be NULL
    void *context;
};

struct agent_built {
    char kernel[96]; // "6.1.0-56-amd64"
    char package[96];
    uint64_t kernel_bytes, initrd_bytes;
    unsigned module_count;
};

/// Builds. Needs apt-get, dpkg-deb, kmod (depmod) and the packages of the tools; names what is missing.
MUST_USE enum status agent_build(const struct agent_build_job *job, struct agent_built *built,
                                 struct problem *problem);
