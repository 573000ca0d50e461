// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_url.h"

#include "base/hash.h"
#include "base/text.h"
#include "cli/download.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_BYTES_MOST (64ull << 30)

bool image_url_is(const char *text)
{
    return text_starts(text, "http://") || text_starts(text, "https://");
}

void image_url_name(const char *url, char *out, size_t out_bytes)
{
    const char *start = strstr(url, "://");
    const char *path = start == NULL ? NULL : strchr(start + 3, '/');
    size_t length = path == NULL ? 0 : strcspn(path, "?#");
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    size_t begin = length;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    struct text text;
    text_init(&text, out, out_bytes);
    text_add_bytes(&text, path == NULL ? "" : path + begin, length - begin);
}

// One URL has one place, so that a broken download is found again.
static enum status place(struct image_url *file, const char *url, struct problem *problem)
{
    char folder[DOWNLOAD_FOLDER_BYTES];
    struct text text;
    enum status status = download_make_folder(folder, problem);
    text_init(&text, file->path, sizeof file->path);
    text_add_format(&text, "%s/url-%016llx", folder,
                    (unsigned long long)hash_bytes((struct hash_key){0x75726c, 1}, url, strlen(url)));
    return status;
}

static enum status take_lock(struct image_url *file, const char *url, struct problem *problem)
{
    char path[IMAGE_URL_PATH_BYTES + 8];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s.lock", file->path);
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->lock >= 0 && flock(file->lock, LOCK_EX | LOCK_NB) == 0) {
        return STATUS_OK;
    }
    bool is_other = file->lock >= 0 && errno == EWOULDBLOCK;
    problem_set(problem, is_other ? "%.400s is being fetched already" : "%.400s: its place cannot be locked",
                is_other ? url : path);
    if (file->lock >= 0) {
        (void)close(file->lock);
        file->lock = -1;
    }
    return STATUS_BUSY;
}

enum status image_url_fetch(struct image_url *file, const char *url, struct problem *problem)
{
    struct download download = {
        .url = url, .path = file->path, .what = "image", .size_most = FILE_BYTES_MOST, .may_resume = true};
    *file = (struct image_url){.lock = -1};
    enum status status = place(file, url, problem);
    if (status == STATUS_OK) {
        status = take_lock(file, url, problem);
    }
    return status == STATUS_OK ? download_run(&download, problem) : status;
}

void image_url_clear(struct image_url *file, bool is_used)
{
    if (file->lock < 0) {
        return;
    }
    char lock[IMAGE_URL_PATH_BYTES + 8];
    struct text text;
    text_init(&text, lock, sizeof lock);
    text_add_format(&text, "%s.lock", file->path);
    if (is_used) {
        (void)unlink(file->path);
        (void)unlink(lock);
    }
    (void)close(file->lock);
    file->lock = -1;
}
