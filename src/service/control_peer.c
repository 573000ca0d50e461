// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_peer.h"

#include "base/text.h"

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MOST 256

static void owner_print(uid_t user, char *owner, size_t owner_bytes)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char buffer[4096];
    struct text text;
    text_init(&text, owner, owner_bytes);
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL) {
        text_add(&text, found->pw_name);
    } else {
        text_add_format(&text, "uid %u", (unsigned)user);
    }
}

// Whether the peer has our group among its supplementary ones (SO_PEERGROUPS, Linux 4.13).
static bool peer_has_group(int fd, gid_t group)
{
    gid_t groups[GROUPS_MOST];
    socklen_t bytes = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) != 0) {
        return false;
    }
    for (size_t i = 0; i < bytes / sizeof groups[0]; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return false;
}

enum status control_peer_check(int fd, char *owner, size_t owner_bytes)
{
    struct ucred peer;
    socklen_t bytes = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) {
        return STATUS_IO;
    }
    owner_print(peer.uid, owner, owner_bytes);
    bool may =
        peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() || peer_has_group(fd, getegid());
    return may ? STATUS_OK : STATUS_DENIED;
}
