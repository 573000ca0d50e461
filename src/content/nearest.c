// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/nearest.h"

#include "base/text.h"
#include "content/beneath.h"
#include "io/heap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEAREST_KEPT 4 // the best ones, since the very best may be one that is not served

struct nearest_candidate {
    unsigned distance;
    char path[CONTENT_PATH_BYTES];
};

struct nearest_search {
    const char *name; // what is looked for
    size_t name_length;
    unsigned limit;     // distances above it are not near
    const char *folder; // that is looked through now
    unsigned extra;     // how much farther its files are
    size_t left;        // names that may still be looked at
    struct nearest_candidate kept[NEAREST_KEPT];
    unsigned kept_count;
    char folders[NEAREST_FOLDERS_MOST][256]; // of the root
    unsigned folder_count;
};

static bool nearest_is_loader_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t stem = dot == NULL ? strlen(name) : (size_t)(dot - name);
    return stem >= 3 && text_lower(name[stem - 3]) == 'l' && text_lower(name[stem - 2]) == 'd' &&
           text_lower(name[stem - 1]) == 'r';
}

// NTLDR, XPLDR and whatever else is patched into startrom are one and the same: SETUPLDR.EXE under another
// name.
static unsigned nearest_distance(const struct nearest_search *search, const char *name)
{
    size_t length = strlen(name);
    size_t apart = length > search->name_length ? length - search->name_length : search->name_length - length;
    unsigned distance = apart > search->limit ? search->limit + 1 : text_distance(search->name, name);
    if (distance > search->limit && nearest_is_loader_name(search->name) && nearest_is_loader_name(name)) {
        distance = search->limit;
    }
    return distance;
}

static void nearest_keep(struct nearest_search *search, const char *name, unsigned distance)
{
    unsigned at = search->kept_count;
    while (at > 0 && search->kept[at - 1].distance > distance) {
        at--;
    }
    if (at == NEAREST_KEPT) {
        return;
    }
    search->kept_count += search->kept_count < NEAREST_KEPT;
    memmove(&search->kept[at + 1], &search->kept[at], (search->kept_count - at - 1) * sizeof search->kept[0]);
    struct text path;
    text_init(&path, search->kept[at].path, sizeof search->kept[at].path);
    text_add_format(&path, "%s%s%s", search->folder, search->folder[0] == '\0' ? "" : "/", name);
    search->kept[at].distance = path.cut ? search->limit + 1 : distance;
}

static bool nearest_visit(void *context, const char *name, bool may_be_folder)
{
    struct nearest_search *search = context;
    bool is_root = search->folder[0] == '\0';
    if (is_root && may_be_folder && name[0] != '.' && search->folder_count < NEAREST_FOLDERS_MOST) {
        (void)text_copy(search->folders[search->folder_count++], sizeof search->folders[0], name);
    }
    unsigned distance = name[0] == '.' ? search->limit + 1 : nearest_distance(search, name);
    if (distance <= search->limit) {
        nearest_keep(search, name, distance + search->extra);
    }
    return --search->left > 0;
}

static void nearest_look_into(struct nearest_search *search, struct index *index, int root_fd,
                              const char *folder, unsigned extra)
{
    const struct index_place place = {.root_fd = root_fd, .folder = folder};
    search->folder = folder;
    search->extra = extra;
    if (search->left > 0) {
        index_each(index, &place, search->left, nearest_visit, search);
    }
}

static bool nearest_is_served(int root_fd, const char *path)
{
    struct stat about;
    int fd = beneath_open(root_fd, path, O_PATH);
    bool is_served =
        fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_served;
}

/// The folder of `path` as it is spelled in the tree; false when it is not there.
static bool nearest_find_folder(struct index *index, int root_fd, const char *path, size_t length,
                                char out[CONTENT_PATH_BYTES])
{
    struct text text;
    struct index_names names;
    text_init(&text, out, CONTENT_PATH_BYTES);
    for (size_t start = 0; start < length;) {
        char part[CONTENT_PATH_BYTES];
        size_t count = strcspn(path + start, "/");
        memcpy(part, path + start, count);
        part[count] = '\0';
        const struct index_place place = {.root_fd = root_fd, .folder = out};
        if (index_find(index, &place, part, &names) != STATUS_OK) {
            return false;
        }
        text_add_format(&text, "%s%s", text.length == 0 ? "" : "/", names.names[0]);
        start += count + 1;
    }
    return !text.cut;
}

bool nearest_find(struct index *index, int root_fd, const char *path, char out[CONTENT_PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char folder[CONTENT_PATH_BYTES];
    struct nearest_search *search = heap_new(sizeof *search);
    search->name = name;
    search->name_length = strlen(name);
    search->limit = 1 + (unsigned)size_min(search->name_length / 4, 4);
    search->left = NEAREST_NAMES_MOST;
    if (slash != NULL && nearest_find_folder(index, root_fd, path, (size_t)(slash - path), folder)) {
        nearest_look_into(search, index, root_fd, folder, 0);
    }
    nearest_look_into(search, index, root_fd, "", slash != NULL);
    for (unsigned i = 0; i < search->folder_count; i++) {
        nearest_look_into(search, index, root_fd, search->folders[i], 1);
    }
    bool is_found = false;
    for (unsigned i = 0; i < search->kept_count && !is_found; i++) {
        is_found =
            search->kept[i].distance <= search->limit + 1 && nearest_is_served(root_fd, search->kept[i].path);
        if (is_found) {
            (void)text_copy(out, CONTENT_PATH_BYTES, search->kept[i].path);
        }
    }
    heap_free(search);
    return is_found;
}
