// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the agent's kernel and initramfs: Debian's signed kernel package (fetched with apt, not installed),
// the modules that disks and networks need, Debian's own disk tools with their libraries, and our static
// program as /init. What it is stands in agent.json beside them.
#pragma once

#include "base/problem.h"
#include "base/status.h"

struct agent_build_job {
    const char *folder;                            // exists, empty; gets "linux", "initrd.zst", "agent.json"
    const char *program;                           // imprint-agent
    bool is_cloud;                                 // the kernel for virtual machines only: smaller
    void (*step)(void *context, const char *text); // what it does now; may be NULL
    void *context;
};

struct agent_built {
    char kernel[96]; // "6.1.0-56-amd64"
    char package[96];
    uint64_t kernel_bytes, initrd_bytes;
    uint64_t unpacked_bytes; // of the initramfs: so much memory it takes on the machine
    unsigned module_count;
};

/// Checks that `program` can run alone on a machine: an ELF program for x86-64, linked statically.
/// STATUS_UNSUPPORTED and `problem` when it is not, STATUS_IO when it cannot be read.
MUST_USE enum status agent_build_check_program(const char *program, struct problem *problem);

/// Builds. Needs apt-get, dpkg-deb, kmod (depmod) and the packages of the tools; names what is missing.
MUST_USE enum status agent_build(const struct agent_build_job *job, struct agent_built *built,
                                 struct problem *problem);
