// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_folders.h"

#include "base/text.h"
#include "io/job.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status server_folder_make(const char *path, mode_t mode, struct problem *problem)
{
    char partial[CONFIG_PATH_BYTES + 32];
    if (text_copy(partial, sizeof partial, path) != STATUS_OK) {
        problem_set(problem, "the path %s is too long", path);
        return STATUS_TOO_LONG;
    }
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0755) != 0 && access(partial, F_OK) != 0) {
            break; // the first that fails is the one to tell
        }
        *slash = '/';
    }
    if (mkdir(partial, mode) != 0 && errno != EEXIST) {
        problem_set(problem, "the folder %s cannot be made: %s", partial, strerror(errno));
        problem_set_remedy(
            problem, "run imprint serve as root, or set state and control.socket to folders of your own");
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status server_folders_make(const struct config *config, struct problem *problem)
{
    char path[CONFIG_PATH_BYTES + 32];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/images", config->state);
    enum status status = server_folder_make(path, 0755, problem);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/logs", config->state);
    if (status == STATUS_OK) {
        status = server_folder_make(path, 0750, problem);
    }
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/mirror", config->state);
    if (status == STATUS_OK) {
        status = server_folder_make(path, 0750, problem);
    }
    const char *slash = strrchr(config->control_socket, '/');
    if (status == STATUS_OK && slash != NULL && slash != config->control_socket) {
        text_init(&text, path, sizeof path);
        text_add_bytes(&text, config->control_socket, (size_t)(slash - config->control_socket));
        status = server_folder_make(path, 0755, problem);
    }
    return status;
}

static void warm_media(void *value)
{
    media_warm(*(struct media **)value);
}

void server_folders_warm(struct loop *loop, struct media *media)
{
    struct job job = {.value = &media, .value_bytes = sizeof media, .work = warm_media};
    job_start(loop, &job);
}

const char *server_folders_user(const struct config *config)
{
    return getpwnam(config->user) != NULL ? config->user : "nobody";
}

void server_folders_note_user(const struct config *config, const char *user, struct log *log)
{
    if (user != NULL && strcmp(user, config->user) != 0) {
        log_write(log, LOG_LEVEL_WARNING,
                  "there is no user %s, so imprint runs as %s, which other programs use too; make one: "
                  "adduser --system --group %s",
                  config->user, user, config->user);
    }
}

unsigned server_folders_group(const struct config *config)
{
    // Never the group of "nobody": who runs as that is nobody's business, and must not give orders.
    bool is_own = strcmp(config->user, "nobody") != 0;
    const struct passwd *account = is_own && getuid() == 0 ? getpwnam(config->user) : NULL;
    return account == NULL ? (unsigned)-1 : account->pw_gid;
}

static enum status server_folder_give(int folder, const char *name, const struct passwd *account,
                                      struct problem *problem)
{
    if (fchownat(folder, name, account->pw_uid, account->pw_gid, AT_SYMLINK_NOFOLLOW) == 0 ||
        errno == ENOENT) {
        return STATUS_OK;
    }
    problem_set(problem, "%s in the state folder cannot be given to user %s: %s", name, account->pw_name,
                strerror(errno));
    return STATUS_IO;
}

enum status server_folders_give(const struct config *config, struct problem *problem)
{
    const struct passwd *account = getuid() == 0 ? getpwnam(server_folders_user(config)) : NULL;
    if (account == NULL) {
        return STATUS_OK;
    }
    int folder = open(config->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        problem_set(problem, "the state folder %s cannot be read: %s", config->state, strerror(errno));
        return STATUS_IO;
    }
    static const char *const OURS[] = {".",      "images",     "logs",           "tls",
                                       "mirror", "imprint.db", "imprint.db-wal", "imprint.db-shm"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(OURS) && status == STATUS_OK; i++) {
        status = server_folder_give(folder, OURS[i], account, problem);
    }
    close(folder);
    return status;
}

enum status server_folders_make_upload(const struct config *config, struct problem *problem)
{
    const char *folder = config->tftp.upload_folder;
    if (folder[0] == '\0' || access(folder, F_OK) == 0) {
        return STATUS_OK;
    }
    enum status status = server_folder_make(folder, 0755, problem);
    const struct passwd *account = getuid() == 0 ? getpwnam(server_folders_user(config)) : NULL;
    if (status == STATUS_OK && account != NULL &&
        fchownat(AT_FDCWD, folder, account->pw_uid, account->pw_gid, AT_SYMLINK_NOFOLLOW) != 0) {
        problem_set(problem, "the folder for uploads %s cannot be given to user %s: %s", folder,
                    account->pw_name, strerror(errno));
        status = STATUS_IO;
    }
    return status;
}

// Whether two paths are one folder, by whatever links.
static bool is_same_folder(const char *a, const char *b)
{
    struct stat one;
    struct stat other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

enum status server_folders_check_upload(const struct config *config, struct problem *problem)
{
    const char *folder = config->tftp.upload_folder;
    struct stat found;
    if (folder[0] == '\0') {
        return STATUS_OK;
    }
    if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode)) {
        problem_set(problem, "'tftp.upload.folder' %s is no folder", folder);
        problem_set_remedy(problem, "make it: install -d -o %s %s", server_folders_user(config), folder);
        return STATUS_IO;
    }
    if (is_same_folder(folder, config->tftp_root) || is_same_folder(folder, config->state) ||
        is_same_folder(folder, "/")) {
        problem_set(problem, "'tftp.upload.folder' %s is a link to a folder that imprint works with", folder);
        problem_set_remedy(problem, "name a folder that holds nothing else, such as /srv/tftp-uploads");
        return STATUS_DENIED;
    }
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0) {
        return STATUS_OK;
    }
    int why = errno;
    problem_set(problem, "imprint cannot write the folder for uploads %s: %s", folder, strerror(why));
    if (why == EROFS) {
        problem_set_remedy(problem, "add ReadWritePaths=%s to the service: systemctl edit imprint", folder);
    }
    problem_set_remedy(problem, "give it to the user that imprint runs as: chown %s %s",
                       server_folders_user(config), folder);
    return STATUS_DENIED;
}

void server_folders_data(const char *name, char *out, size_t out_bytes)
{
    char program[CONFIG_PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    struct text text;
    for (unsigned up = 0; length > 0 && up < 3; up++) { // build/imprint, build/src/imprint
        program[length] = '\0';
        char *slash = strrchr(program, '/');
        if (slash == NULL || slash == program) {
            break;
        }
        *slash = '\0';
        length = slash - program;
        text_init(&text, out, out_bytes);
        text_add_format(&text, "%s/%s/debian-installer/family.yaml", program, name);
        if (access(out, R_OK) == 0) {
            text_init(&text, out, out_bytes);
            text_add_format(&text, "%s/%s", program, name);
            return;
        }
    }
    text_init(&text, out, out_bytes);
    text_add_format(&text, IMPRINT_DATA_DIRECTORY "/%s", name);
}
