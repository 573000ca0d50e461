// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tftp_file.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/tftp_netascii.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (1u << 20)
#define PIECE_BYTES  65536u

static enum status refuse(struct problem *problem, const char *path, int error)
{
    problem_set(problem, "%s", strerror(error));
    if (error == ENOSPC || error == EDQUOT) {
        problem_set_remedy(problem, "make room there, or choose another place with --output");
    }
    problem_set_place(problem, path, 0, 0);
    return STATUS_IO;
}

static bool write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count != 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes += written < 0 ? 0 : written;
        count -= written < 0 ? 0 : (size_t)written;
    }
    return true;
}

// ---- fetching ----

bool tftp_target_is_special(const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0) {
        return true;
    }
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Where links lead to is what is replaced, not the link.
static void follow_links(const char *path, char out[TFTP_FILE_PATH_BYTES])
{
    char resolved[PATH_MAX];
    struct stat status;
    bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
    (void)text_copy(out, TFTP_FILE_PATH_BYTES, is_link && realpath(path, resolved) != NULL ? resolved : path);
}

// The mode of the file that is there, or what a new one gets.
static mode_t mode_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        return status.st_mode & 0777;
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

static enum status open_beside(struct tftp_target *target, struct problem *problem)
{
    struct text written;
    const char *slash = strrchr(target->path, '/');
    const char *name = slash == NULL ? target->path : slash + 1;
    struct stat status;
    if (stat(target->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        problem_set_remedy(problem, "name a file in it");
        return refuse(problem, target->path, EISDIR);
    }
    text_init(&written, target->written, sizeof target->written);
    text_add_bytes(&written, target->path, (size_t)(name - target->path));
    text_add_format(&written, ".%.200s.XXXXXX", name);
    if (written.cut) {
        return refuse(problem, target->path, ENAMETOOLONG);
    }
    target->fd = mkostemp(target->written, O_CLOEXEC);
    if (target->fd < 0) {
        return refuse(problem, target->path, errno);
    }
    (void)fchmod(target->fd, mode_of(target->path));
    return STATUS_OK;
}

enum status tftp_target_open(struct tftp_target *target, const char *path, bool is_text,
                             struct problem *problem)
{
    *target = (struct tftp_target){.fd = -1, .is_text = is_text};
    if (strlen(path) >= sizeof target->path) {
        return refuse(problem, path, ENAMETOOLONG);
    }
    follow_links(path, target->path);
    if (strcmp(path, "-") == 0) {
        target->is_in_place = true;
        target->fd = STDOUT_FILENO;
    } else if (tftp_target_is_special(path)) {
        target->is_in_place = true;
        target->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (target->fd < 0) {
            return refuse(problem, path, errno);
        }
    } else {
        enum status status = open_beside(target, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    target->buffer = heap_new(BUFFER_BYTES);
    return STATUS_OK;
}

static bool flush(struct tftp_target *target)
{
    if (target->error == 0 && !write_all(target->fd, target->buffer, target->buffered)) {
        target->error = errno;
    }
    target->buffered = 0;
    return target->error == 0;
}

bool tftp_target_put(struct tftp_target *target, const uint8_t *bytes, size_t count)
{
    while (count != 0) {
        size_t piece = size_min(count, PIECE_BYTES);
        if (target->buffered + piece + 1 > BUFFER_BYTES && !flush(target)) {
            return false;
        }
        uint8_t *out = target->buffer + target->buffered;
        size_t made = piece;
        if (target->is_text) {
            made = netascii_decode(&target->netascii, bytes, piece, out);
        } else {
            memcpy(out, bytes, piece);
        }
        target->buffered += made;
        target->bytes += made;
        bytes += piece;
        count -= piece;
    }
    return true;
}

bool tftp_target_put_at(struct tftp_target *target, uint64_t offset, const uint8_t *bytes, size_t count)
{
    assert(!target->is_text && !target->is_in_place);
    target->bytes += count;
    while (count != 0) {
        ssize_t written = pwrite(target->fd, bytes, count, (off_t)offset);
        if (written < 0 && errno != EINTR) {
            target->error = errno;
            return false;
        }
        size_t done = written < 0 ? 0 : (size_t)written;
        bytes += done;
        offset += done;
        count -= done;
    }
    return true;
}

static void close_target(struct tftp_target *target)
{
    if (target->fd >= 0 && target->fd != STDOUT_FILENO && close(target->fd) != 0 && target->error == 0) {
        target->error = errno;
    }
    target->fd = -1;
    heap_free(target->buffer);
    target->buffer = NULL;
}

enum status tftp_target_finish(struct tftp_target *target, struct problem *problem)
{
    uint8_t last;
    size_t count = netascii_finish(&target->netascii, &last);
    if (flush(target) && count != 0) {
        target->bytes++;
        target->error = write_all(target->fd, &last, count) ? 0 : errno;
    }
    close_target(target);
    if (target->error == 0 && !target->is_in_place && rename(target->written, target->path) != 0) {
        target->error = errno;
    }
    if (target->error == 0) {
        return STATUS_OK;
    }
    if (!target->is_in_place) {
        (void)unlink(target->written);
    }
    return refuse(problem, target->path, target->error);
}

void tftp_target_drop(struct tftp_target *target)
{
    if (target->fd < 0) {
        return;
    }
    close_target(target);
    if (!target->is_in_place) {
        (void)unlink(target->written);
    }
}

// ---- sending ----

// A copy of what `from` yields, in a file without a name; -1 with errno.
static int spool(int from, bool is_text)
{
    FILE *copy = tmpfile(); // in TMPDIR's place: libc's /tmp
    uint8_t *in = heap_new(PIECE_BYTES);
    uint8_t *out = heap_new((size_t)2 * PIECE_BYTES);
    int fd = copy == NULL ? -1 : fcntl(fileno(copy), F_DUPFD_CLOEXEC, 0);
    bool good = fd >= 0;
    while (good) {
        ssize_t count = read(from, in, PIECE_BYTES);
        if (count == 0) {
            break;
        }
        good = count > 0 || errno == EINTR;
        if (count > 0 && is_text) {
            tftp_netascii_encode(in, (size_t)count, out);
            good = write_all(fd, out, tftp_netascii_bytes(in, (size_t)count));
        } else if (count > 0) {
            good = write_all(fd, in, (size_t)count);
        }
    }
    int error = errno;
    heap_free(in);
    heap_free(out);
    if (copy != NULL) {
        (void)fclose(copy);
    }
    if (!good && fd >= 0) {
        (void)close(fd);
    }
    errno = error;
    return good ? fd : -1;
}

enum status tftp_source_open(struct tftp_source *source, const char *path, bool is_text,
                             struct problem *problem)
{
    struct stat status;
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    *source = (struct tftp_source){.fd = -1};
    if (fd < 0 || fstat(fd, &status) != 0) {
        return refuse(problem, path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        (void)close(fd);
        return refuse(problem, path, EISDIR);
    }
    source->fd = fd;
    if (is_text || !S_ISREG(status.st_mode)) {
        source->fd = spool(fd, is_text);
        int error = errno;
        if (!is_input) {
            (void)close(fd);
        }
        errno = error;
    }
    if (source->fd < 0 || fstat(source->fd, &status) != 0) {
        return refuse(problem, path, errno);
    }
    source->bytes = (uint64_t)status.st_size;
    return STATUS_OK;
}

bool tftp_source_get(struct tftp_source *source, uint64_t offset, uint8_t *out, size_t count)
{
    while (count != 0) {
        ssize_t got = pread(source->fd, out, count, (off_t)offset);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            source->error = got < 0 ? errno : 0;
            return false;
        }
        size_t bytes = got < 0 ? 0 : (size_t)got;
        out += bytes;
        offset += bytes;
        count -= bytes;
    }
    return true;
}

void tftp_source_close(struct tftp_source *source)
{
    if (source->fd > STDIN_FILENO) {
        (void)close(source->fd);
    }
    source->fd = -1;
}
