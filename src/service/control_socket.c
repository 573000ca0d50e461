// SPDX-License-Identifier: GPL-3.0-or-later
// Making the listening socket of the control API.
#include "base/text.h"
#include "service/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum status refuse(struct problem *problem, const char *path, const char *what)
{
    problem_set(problem, "the control socket cannot be %s: %s", what, strerror(errno));
    problem_set_remedy(problem, "see that its folder exists and may be written to, or set 'control.socket'");
    problem_set_place(problem, path, 0, 0);
    return errno == EACCES || errno == EPERM ? STATUS_DENIED : STATUS_IO;
}

// Takes away the socket of a daemon that is gone; one that answers stays.
static enum status replace_dead(const struct sockaddr_un *address, struct problem *problem)
{
    struct stat found;
    if (lstat(address->sun_path, &found) != 0) {
        return errno == ENOENT ? STATUS_OK : refuse(problem, address->sun_path, "looked at");
    }
    if (!S_ISSOCK(found.st_mode)) {
        problem_set(problem, "there is a file where the control socket should be");
        problem_set_remedy(problem, "move it away, or set 'control.socket'");
        problem_set_place(problem, address->sun_path, 0, 0);
        return STATUS_EXISTS;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return refuse(problem, address->sun_path, "tried");
    }
    bool answers = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
    (void)close(probe);
    if (answers) {
        problem_set(problem, "another imprint is running: it answers on its control socket");
        problem_set_remedy(problem, "stop it first, or give this one another 'control.socket' and 'state'");
        problem_set_place(problem, address->sun_path, 0, 0);
        return STATUS_BUSY;
    }
    return unlink(address->sun_path) == 0 ? STATUS_OK : refuse(problem, address->sun_path, "replaced");
}

// Binds `fd`; nobody but root can connect before the mode and group are what they should be.
static enum status bind_socket(int fd, const struct sockaddr_un *address, unsigned group_id,
                               struct problem *problem)
{
    mode_t mask = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)address, sizeof *address);
    (void)umask(mask);
    if (failed != 0) {
        return refuse(problem, address->sun_path, "made");
    }
    if ((group_id != (unsigned)-1 && chown(address->sun_path, (uid_t)-1, group_id) != 0) ||
        chmod(address->sun_path, 0660) != 0 || listen(fd, 64) != 0) {
        return refuse(problem, address->sun_path, "opened for its group");
    }
    return STATUS_OK;
}

enum status control_listen(const char *path, unsigned group_id, int *listener, struct problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_copy(address.sun_path, sizeof address.sun_path, path) != STATUS_OK) {
        problem_set(problem, "the path of the control socket is longer than the kernel takes");
        problem_set_place(problem, path, 0, 0);
        return STATUS_TOO_LONG;
    }
    enum status status = replace_dead(&address, problem);
    if (status != STATUS_OK) {
        return status;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return refuse(problem, path, "made");
    }
    status = bind_socket(fd, &address, group_id, problem);
    if (status != STATUS_OK) {
        (void)close(fd);
        return status;
    }
    *listener = fd;
    return STATUS_OK;
}
