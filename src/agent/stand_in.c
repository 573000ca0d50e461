// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for personal.c until it is written; goes away with it.
#include "agent/personal.h"

bool personal_is_system(const char *root, char *name, size_t name_bytes)
{
    (void)root;
    (void)name;
    (void)name_bytes;
    return false;
}

enum status personal_apply(const struct personal_job *job, struct problem *problem)
{
    (void)job;
    problem_set(problem, "personalising is not written yet");
    return STATUS_UNSUPPORTED;
}

enum status personal_install_loader(const char *root, const char *device, bool is_uefi, const char *arguments,
                                    struct problem *problem)
{
    (void)root;
    (void)device;
    (void)is_uefi;
    (void)arguments;
    problem_set(problem, "installing a boot loader is not written yet");
    return STATUS_UNSUPPORTED;
}
