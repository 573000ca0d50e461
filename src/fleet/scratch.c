// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/scratch.h"

#include "fleet/process.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define END_SIGNAL SIGUSR2 // from scratch_close to the watcher

static void fill_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGHUP);
    (void)sigaddset(set, END_SIGNAL);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void scratch_remove(const char *path)
{
    (void)nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

// A thread of its own instead of a handler: what it does may take locks and memory.
static void *watch(void *context)
{
    const struct scratch *scratch = context;
    sigset_t set;
    int signal_number = 0;
    fill_set(&set);
    while (sigwait(&set, &signal_number) != 0) {
    }
    if (signal_number == END_SIGNAL) {
        return NULL;
    }
    process_stop_all();
    scratch_remove(scratch->path);
    (void)signal(signal_number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal_number);
    (void)raise(signal_number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

enum status scratch_open(struct scratch *scratch, struct problem *problem)
{
    sigset_t set;
    const char *folder = getenv("TMPDIR");
    folder = folder == NULL || folder[0] == '\0' ? "/var/tmp" : folder;
    int length = snprintf(scratch->path, sizeof scratch->path, "%s/imprint-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof scratch->path || mkdtemp(scratch->path) == NULL) {
        problem_set(problem, "no temporary folder can be made in %.200s: %s", folder, strerror(errno));
        problem_set_remedy(problem, "set TMPDIR to a folder with room");
        return STATUS_IO;
    }
    fill_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    int error = pthread_create(&scratch->watcher, NULL, watch, scratch);
    if (error != 0) {
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        (void)rmdir(scratch->path);
        problem_set(problem, "no thread can be started: %s", strerror(error));
        return STATUS_IO;
    }
    return STATUS_OK;
}

void scratch_close(struct scratch *scratch)
{
    sigset_t set;
    fill_set(&set);
    scratch_remove(scratch->path);
    (void)pthread_kill(scratch->watcher, END_SIGNAL);
    (void)pthread_join(scratch->watcher, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

enum status scratch_check_room(const char *path, uint64_t bytes, struct problem *problem)
{
    struct statvfs room;
    if (statvfs(path, &room) != 0) {
        problem_set(problem, "cannot tell how much room there is in %.200s: %s", path, strerror(errno));
        return STATUS_IO;
    }
    uint64_t free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    if (free_bytes < bytes) {
        problem_set(problem, "%.200s has %llu MB of room, and %llu MB may be needed", path,
                    (unsigned long long)(free_bytes / 1000000),
                    (unsigned long long)((bytes + 999999) / 1000000));
        problem_set_remedy(problem, "make room, or set TMPDIR to a folder that has it");
        return STATUS_FULL;
    }
    return STATUS_OK;
}
