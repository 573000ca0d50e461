// SPDX-License-Identifier: GPL-3.0-or-later
// The DUID by which clients know this server (RFC 8415 section 11): made once, for a server that calls itself
// differently after a restart is another server to them.
#include "config/config.h"
#include "service/dhcp6.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define FILE_NAME      "dhcp6-duid"
#define DUID_TYPE_UUID 4

static enum status refuse(const char *path, int error, struct problem *problem)
{
    problem_set(problem, "the DUID of the DHCPv6 server cannot be kept in %s: %s", path, strerror(error));
    problem_set_remedy(problem, "see that the state folder can be written");
    return STATUS_IO;
}

static enum status write_whole(int fd, const uint8_t *bytes, size_t count)
{
    bool is_written = write(fd, bytes, count) == (ssize_t)count && fsync(fd) == 0;
    return is_written ? STATUS_OK : STATUS_IO;
}

static enum status duid_make(const char *path, uint8_t duid[DHCP6_DUID_UUID_BYTES], struct problem *problem)
{
    char fresh[CONFIG_PATH_BYTES + 64];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    duid[0] = 0;
    duid[1] = DUID_TYPE_UUID;
    if (getrandom(duid + 2, DHCP6_DUID_UUID_BYTES - 2, 0) != DHCP6_DUID_UUID_BYTES - 2) {
        return refuse(path, errno, problem);
    }
    duid[8] = (uint8_t)(0x40 | (duid[8] & 0x0f)); // a random UUID, version 4 (RFC 9562)
    duid[10] = (uint8_t)(0x80 | (duid[10] & 0x3f));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return refuse(fresh, errno, problem);
    }
    enum status status = write_whole(fd, duid, DHCP6_DUID_UUID_BYTES);
    int error = errno;
    close(fd);
    if (status != STATUS_OK || rename(fresh, path) != 0) {
        error = status != STATUS_OK ? error : errno;
        (void)unlink(fresh);
        return refuse(path, error, problem);
    }
    return STATUS_OK;
}

enum status dhcp6_duid_load(const char *state, uint8_t duid[DHCP6_DUID_UUID_BYTES], struct problem *problem)
{
    char path[CONFIG_PATH_BYTES + 32];
    uint8_t bytes[DHCP6_DUID_UUID_BYTES + 1];
    (void)snprintf(path, sizeof path, "%s/%s", state, FILE_NAME);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? duid_make(path, duid, problem) : refuse(path, errno, problem);
    }
    ssize_t count = read(fd, bytes, sizeof bytes);
    close(fd);
    if (count != DHCP6_DUID_UUID_BYTES || bytes[0] != 0 || bytes[1] != DUID_TYPE_UUID) {
        return duid_make(path, duid, problem); // cut by a full disk: clients ask anew
    }
    memcpy(duid, bytes, DHCP6_DUID_UUID_BYTES);
    return STATUS_OK;
}
