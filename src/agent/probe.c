// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/probe.h"

#include "agent/probe_inner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

bool probe_read(const char *folder, const char *name, char *out, size_t out_bytes)
{
    char path[512];
    char text[1024];
    out[0] = '\0';
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t bytes = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (bytes <= 0) {
        return false;
    }
    text[bytes] = '\0';
    size_t skip = strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > skip && strchr(" \t\r\n", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    (void)text_copy(out, out_bytes, text + skip);
    return out[0] != '\0';
}

void probe(struct inventory *inventory)
{
    static const struct probe_paths paths = {"/sys", "/proc", "/dev"};
    *inventory = (struct inventory){0};
    struct utsname kernel;
    if (uname(&kernel) == 0) {
        (void)text_copy(inventory->kernel, sizeof inventory->kernel, kernel.release);
    }
    (void)text_copy(inventory->agent, sizeof inventory->agent, IMPRINT_VERSION);
    probe_system(&paths, inventory);
    probe_cards(&paths, inventory);
    probe_disks(&paths, inventory);
}
