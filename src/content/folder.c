// SPDX-License-Identifier: GPL-3.0-or-later
// Every name is resolved from the root of the folder, never from a folder inside it: so a link such as
// pxelinux.0 -> ../amd64/pxelinux.0 works as long as it stays beneath the root. The root itself is opened
// anew each time, so it may be replaced or mounted while we run.
#include "content/folder.h"

#include "base/text.h"
#include "content/beneath.h"
#include "content/index.h"
#include "content/local.h"
#include "content/nearest.h"
#include "content/path.h"
#include "io/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MOST 32 // folders above a name that is found in another case
#define FOLDER_TRIES_MOST 64 // files opened until then

struct folder {
    struct index *index;
    char prefix[CONTENT_PATH_BYTES]; // "" or "images"
    char root[];
};

/// What a failed open means for the search.
static enum status folder_status_from(int reason, struct reasons *reasons)
{
    switch (reason) {
    case EXDEV: // ".." or a link that leads out
        reasons_add(reasons, REASON_PATH_REFUSED);
        return STATUS_DENIED;
    case EACCES:
    case EPERM:
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
    case ENXIO:
        return STATUS_NOT_FOUND;
    default:
        return STATUS_IO;
    }
}

/// Whether the thing behind `fd` is a regular file that everybody may read.
static bool folder_may_serve(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
}

/// Opens the file with exactly this name. It is looked at before it is opened, since opening a device or a
/// FIFO can already do something, and once more after, since it may be another one by then.
static enum status folder_open_file(int root_fd, const char *path, struct content_node *node,
                                    struct reasons *reasons)
{
    int found_fd = beneath_open(root_fd, path, O_PATH);
    if (found_fd < 0) {
        return folder_status_from(errno, reasons);
    }
    bool may_serve = folder_may_serve(found_fd);
    local_learn(found_fd);
    (void)close(found_fd);
    if (!may_serve) {
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    }
    int fd = beneath_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return folder_status_from(errno, reasons);
    }
    if (!folder_may_serve(fd)) {
        (void)close(fd);
        reasons_add(reasons, REASON_FILE_UNREADABLE);
        return STATUS_NOT_FOUND;
    }
    return content_node_set_file(node, fd);
}

/// The same for who must not wait: STATUS_BUSY for all that is not at hand, and STATUS_NOT_FOUND when the
/// kernel knows that there is no such name.
static enum status folder_open_known(int root_fd, const char *path, struct content_node *node,
                                     struct reasons *reasons)
{
    int fd = beneath_open_quick(root_fd, path);
    if (fd < 0) {
        return errno == EAGAIN ? STATUS_BUSY : folder_status_from(errno, reasons);
    }
    if (!folder_may_serve(fd)) {
        (void)close(fd);
        return STATUS_BUSY; // let somebody look who may wait, and say why
    }
    return content_node_set_file(node, fd);
}

// ---- names in another case ----

struct folder_search {
    const struct folder *folder;
    int root_fd;
    const char *asked;             // canonical, below the root
    char path[CONTENT_PATH_BYTES]; // found so far; as long as the same part of `asked`
    unsigned tries;
    bool is_quick; // STATUS_BUSY rather than wait
    struct content_node *node;
    struct reasons *reasons;
};

/// Opens the file that was found, unless it is the very name that was tried before all others.
static enum status folder_try(struct folder_search *search)
{
    if (strcmp(search->path, search->asked) == 0 || search->tries++ == FOLDER_TRIES_MOST) {
        return STATUS_NOT_FOUND;
    }
    return (search->is_quick ? folder_open_known : folder_open_file)(search->root_fd, search->path,
                                                                     search->node, search->reasons);
}

static enum status folder_descend(struct folder_search *search, size_t start, unsigned depth);

/// Goes on with one of the names for the part of the path at `start`, which has `length` bytes.
static enum status folder_enter(struct folder_search *search, size_t start, size_t length, const char *name,
                                unsigned depth)
{
    memcpy(search->path + start, name, length + 1);
    if (search->asked[start + length] == '\0') {
        return folder_try(search);
    }
    search->path[start + length] = '/';
    return folder_descend(search, start + length + 1, depth + 1);
}

/// Looks for the part of the path at `start`: the same name first, then those in other case in byte order.
static enum status folder_descend(struct folder_search *search, size_t start, unsigned depth)
{
    char part[CONTENT_PATH_BYTES];
    char above[CONTENT_PATH_BYTES] = "";
    struct index_names names;
    size_t length = strcspn(search->asked + start, "/");
    memcpy(part, search->asked + start, length);
    part[length] = '\0';
    memcpy(above, search->path, start);
    above[start == 0 ? 0 : start - 1] = '\0';
    const struct index_place place = {
        .root_fd = search->root_fd, .folder = above, .is_quick = search->is_quick};
    enum status listed = depth >= FOLDER_DEPTH_MOST ? STATUS_NOT_FOUND
                                                    : index_find(search->folder->index, &place, part, &names);
    if (listed != STATUS_OK) {
        return listed;
    }
    unsigned exact = 0;
    while (exact < names.count && strcmp(names.names[exact], part) != 0) {
        exact++;
    }
    bool has_exact = exact < names.count;
    enum status status = has_exact ? folder_enter(search, start, length, part, depth) : STATUS_NOT_FOUND;
    for (unsigned i = 0; i < names.count && status == STATUS_NOT_FOUND; i++) {
        if (i != exact && search->tries < FOLDER_TRIES_MOST) {
            status = folder_enter(search, start, length, names.names[i], depth);
        }
    }
    if (status == STATUS_OK && !has_exact && names.count > 1 &&
        index_tell(search->folder->index, &place, &names)) {
        reasons_add(search->reasons, REASON_FILE_AMBIGUOUS);
    }
    return status;
}

/// `path` without the folder's prefix, or NULL when it lies elsewhere.
static const char *folder_strip_prefix(const struct folder *folder, const char *path)
{
    size_t length = strlen(folder->prefix);
    if (length == 0) {
        return path;
    }
    char front[CONTENT_PATH_BYTES];
    if (strlen(path) <= length || path[length] != '/') {
        return NULL;
    }
    memcpy(front, path, length);
    front[length] = '\0';
    bool is_hidden = path[length + 1] == '.'; // what is being made or removed there
    return text_equal_nocase(front, folder->prefix) && !is_hidden ? path + length + 1 : NULL;
}

static enum status folder_find(const struct folder *folder, int root_fd, const char *inside, bool is_quick,
                               struct content_node *node, struct reasons *reasons)
{
    struct reasons others = {0}; // of names in other case
    struct folder_search search = {.folder = folder,
                                   .root_fd = root_fd,
                                   .asked = inside,
                                   .is_quick = is_quick,
                                   .node = node,
                                   .reasons = &others};
    const char *found = inside;
    enum status status = (is_quick ? folder_open_known : folder_open_file)(root_fd, inside, node, reasons);
    if (status == STATUS_NOT_FOUND) {
        found = search.path;
        status = folder_descend(&search, 0, 0);
        for (unsigned i = 0; i < others.count; i++) {
            reasons_add(reasons, others.ids[i]);
        }
    }
    if (status == STATUS_OK) {
        struct text path;
        text_init(&path, node->path, sizeof node->path);
        text_add_format(&path, "%s%s%s", folder->prefix, folder->prefix[0] == '\0' ? "" : "/", found);
    }
    return status;
}

static enum status folder_lookup(void *self, const char *path, const struct content_client *client,
                                 struct content_node *node, struct reasons *reasons)
{
    const struct folder *folder = self;
    const char *inside = folder_strip_prefix(folder, path);
    if (inside == NULL) {
        return STATUS_NOT_FOUND;
    }
    int root_fd = beneath_open_root(folder->root, client->is_quick);
    if (root_fd < 0 && client->is_quick) {
        return STATUS_BUSY;
    }
    if (root_fd < 0) {
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? STATUS_NOT_FOUND : STATUS_IO;
    }
    enum status status = folder_find(folder, root_fd, inside, client->is_quick, node, reasons);
    (void)close(root_fd);
    return status;
}

// ---- what is in a folder ----

struct folder_list {
    int root_fd;
    const char *folder; // below the root; "" = the root itself
    bool has_hidden;    // names that begin with a dot are what is being made or removed there
    void (*visit)(void *context, const struct content_entry *entry);
    void *context;
};

/// Whether `name` is one that a lookup can find: no control characters, no backslash, no blanks at its end.
static bool folder_may_show(const struct folder_list *list, const char *name)
{
    char canonical[CONTENT_PATH_BYTES];
    if (name[0] == '.' && (list->has_hidden || name[1] == '\0' || strcmp(name, "..") == 0)) {
        return false;
    }
    return path_parse(name, strlen(name), canonical) == STATUS_OK && strcmp(name, canonical) == 0;
}

/// Shows one name if it is a file or a folder that everybody may read; a link is what it leads to.
static void folder_show(const struct folder_list *list, const char *name)
{
    char path[CONTENT_PATH_BYTES];
    struct stat about;
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s%s%s", list->folder, list->folder[0] == '\0' ? "" : "/", name);
    int fd = text.cut ? -1 : beneath_open(list->root_fd, path, O_PATH);
    if (fd < 0) {
        return;
    }
    bool is_known = fstat(fd, &about) == 0;
    (void)close(fd);
    bool is_folder = is_known && S_ISDIR(about.st_mode) && (about.st_mode & S_IROTH) != 0 &&
                     (about.st_mode & S_IXOTH) != 0;
    bool is_file = is_known && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
    if (is_folder || is_file) {
        const struct content_entry entry = {.name = name,
                                            .is_folder = is_folder,
                                            .size = is_folder ? 0 : (uint64_t)about.st_size,
                                            .modified_s = about.st_mtim.tv_sec};
        list->visit(list->context, &entry);
    }
}

static enum status folder_read(const struct folder_list *list)
{
    struct stat about;
    const char *path = list->folder[0] == '\0' ? "." : list->folder;
    int fd = beneath_open(list->root_fd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (fd < 0) {
        return errno == EXDEV || errno == EACCES                    ? STATUS_DENIED
               : errno == EMFILE || errno == ENFILE || errno == EIO ? STATUS_IO
                                                                    : STATUS_NOT_FOUND;
    }
    if (list->visit == NULL) {
        (void)close(fd);
        return STATUS_OK;
    }
    bool may_read = fstat(fd, &about) == 0 && (about.st_mode & S_IROTH) != 0;
    DIR *stream = may_read ? fdopendir(fd) : NULL;
    if (stream == NULL) {
        (void)close(fd);
        return may_read ? STATUS_IO : STATUS_DENIED;
    }
    const struct dirent *found;
    while ((found = readdir(stream)) != NULL) {
        if (folder_may_show(list, found->d_name)) {
            folder_show(list, found->d_name);
        }
    }
    (void)closedir(stream);
    return STATUS_OK;
}

static enum status folder_list(void *self, const char *path,
                               void (*visit)(void *context, const struct content_entry *entry), void *context)
{
    const struct folder *folder = self;
    bool has_prefix = folder->prefix[0] != '\0';
    if (has_prefix && path[0] == '\0') { // the tree's root holds the folder
        const struct content_entry entry = {.name = folder->prefix, .is_folder = true};
        if (visit != NULL) {
            visit(context, &entry);
        }
        return STATUS_OK;
    }
    bool is_own = has_prefix && text_equal_nocase(path, folder->prefix);
    const char *inside = is_own ? "" : folder_strip_prefix(folder, path);
    int root_fd = inside == NULL ? -1 : beneath_open_root(folder->root, false);
    if (root_fd < 0) {
        return STATUS_NOT_FOUND;
    }
    const struct folder_list list = {
        .root_fd = root_fd, .folder = inside, .has_hidden = is_own, .visit = visit, .context = context};
    enum status status = folder_read(&list);
    (void)close(root_fd);
    return status;
}

static bool folder_nearest(void *self, const char *path, char out[CONTENT_PATH_BYTES])
{
    const struct folder *folder = self;
    char found[CONTENT_PATH_BYTES];
    const char *inside = folder_strip_prefix(folder, path);
    int root_fd = inside == NULL ? -1 : beneath_open_root(folder->root, false);
    if (root_fd < 0) {
        return false;
    }
    bool is_found = nearest_find(folder->index, root_fd, inside, found);
    (void)close(root_fd);
    if (is_found) {
        struct text text;
        text_init(&text, out, CONTENT_PATH_BYTES);
        text_add_format(&text, "%s%s%s", folder->prefix, folder->prefix[0] == '\0' ? "" : "/", found);
    }
    return is_found;
}

/// Whether the folder can be opened the way every lookup does it; `problem` says why not.
static bool folder_check(const char *path, struct problem *problem)
{
    int root_fd = beneath_open_root(path, false);
    int fd = root_fd < 0 ? -1 : beneath_open(root_fd, ".", O_RDONLY | O_DIRECTORY);
    int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (root_fd >= 0) {
        (void)close(root_fd);
    }
    if (fd >= 0) {
        return true;
    }
    problem_set(problem, "the folder %s cannot be opened: %s", path, strerror(reason));
    if (reason == ENOSYS) {
        problem_set_remedy(problem,
                           "imprint needs openat2(2): Linux 5.6 or later, not filtered by a container");
    } else {
        problem_set_remedy(problem, "create it, and let the user that imprint runs as read it");
    }
    return false;
}

struct folder *folder_new(const char *prefix, const char *path, struct problem *problem)
{
    if (!folder_check(path, problem)) {
        return NULL;
    }
    struct folder *folder = heap_new(sizeof *folder + strlen(path) + 1);
    enum status status = text_copy(folder->prefix, sizeof folder->prefix, prefix);
    assert(status == STATUS_OK);
    (void)status;
    memcpy(folder->root, path, strlen(path) + 1);
    folder->index = index_new();
    return folder;
}

void folder_free(struct folder *folder)
{
    if (folder != NULL) {
        index_free(folder->index);
        heap_free(folder);
    }
}

struct content_source folder_source(struct folder *folder, const char *name)
{
    return (struct content_source){.name = name,
                                   .lookup = folder_lookup,
                                   .nearest = folder_nearest,
                                   .list = folder_list,
                                   .is_shared = true,
                                   .may_wait = true,
                                   .self = folder};
}
