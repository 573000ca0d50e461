// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/medium_inner.h"

#include "base/text.h"
#include "format/iso9660.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMEDY "copy or download it again and compare its checksum with the one its maker published"

// Filling the index.

enum status medium_refuse(struct medium *medium, const char *format, ...)
{
    char sentence[PROBLEM_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    problem_set(medium->problem, "the medium is damaged: %s", sentence);
    problem_set_remedy(medium->problem, REMEDY);
    return STATUS_MALFORMED;
}

enum status medium_read(struct medium *medium, uint64_t offset, void *out, size_t bytes)
{
    if (offset > medium->file_bytes || bytes > medium->file_bytes - offset) {
        return medium_refuse(medium, "it is cut off: %zu bytes are wanted at %llu, but it has only %llu",
                             bytes, (unsigned long long)offset, (unsigned long long)medium->file_bytes);
    }
    for (size_t done = 0; done < bytes;) {
        ssize_t count = pread(medium->fd, (char *)out + done, bytes - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            problem_set(medium->problem, "the medium cannot be read at %llu: %s",
                        (unsigned long long)offset + done,
                        count == 0 ? "it became shorter" : strerror(errno));
            return STATUS_IO;
        }
        done += (size_t)count;
    }
    return STATUS_OK;
}

static size_t index_bytes(const struct medium *medium)
{
    return medium->entries.count * sizeof(struct medium_entry) +
           medium->extents.count * sizeof(struct content_extent) + medium->texts.count + medium->bytes.count;
}

static enum status check_room(struct medium *medium)
{
    if (medium->entries.count < MEDIUM_ENTRIES_MOST && index_bytes(medium) < MEDIUM_BYTES_MOST) {
        return STATUS_OK;
    }
    problem_set(medium->problem, "the medium has more files than the %d that are looked through",
                MEDIUM_ENTRIES_MOST);
    problem_set_remedy(medium->problem, "unpack what is needed of it into a folder, and add that as image");
    return STATUS_TOO_LONG;
}

static uint32_t add_text(struct medium *medium, const char *text)
{
    uint32_t at = (uint32_t)medium->texts.count;
    do {
        heap_array_add(&medium->texts, text);
    } while (*text++ != '\0');
    return at;
}

static const char *text_at(const struct medium *medium, uint32_t at)
{
    return heap_array_get(&medium->texts, at);
}

const char *medium_path(const struct medium *medium, uint32_t position)
{
    const struct medium_entry *entry = heap_array_get(&medium->entries, position);
    return text_at(medium, entry->path);
}

enum status medium_add(struct medium *medium, uint32_t parent, const char *name, bool is_folder,
                       int64_t modified_s, uint32_t *position)
{
    char path[CONTENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    if (parent != MEDIUM_ROOT) {
        text_add_format(&text, "%s/", medium_path(medium, parent));
    }
    text_add(&text, name);
    enum status status = check_room(medium);
    if (status != STATUS_OK) {
        return status;
    }
    if (text.cut) {
        return medium_refuse(medium, "it has a name with more than %d characters", CONTENT_PATH_BYTES - 1);
    }
    struct medium_entry entry = {.path = add_text(medium, path),
                                 .is_folder = is_folder,
                                 .extent = (uint32_t)medium->extents.count,
                                 .modified_s = modified_s};
    *position = (uint32_t)medium->entries.count;
    heap_array_add(&medium->entries, &entry);
    return STATUS_OK;
}

static struct medium_entry *last_entry(struct medium *medium)
{
    return heap_array_get(&medium->entries, medium->entries.count - 1);
}

enum status medium_add_extent(struct medium *medium, uint64_t start, uint64_t bytes)
{
    struct medium_entry *entry = last_entry(medium);
    if (bytes == 0) { // its place may be anything
        return STATUS_OK;
    }
    if (start > medium->file_bytes || bytes > medium->file_bytes - start) {
        return medium_refuse(medium, "it is cut off: %.200s ends at %llu, but it has only %llu bytes",
                             text_at(medium, entry->path), (unsigned long long)start + bytes,
                             (unsigned long long)medium->file_bytes);
    }
    struct content_extent extent = {start, bytes};
    struct content_extent *last =
        entry->extent_count == 0 ? NULL : heap_array_get(&medium->extents, medium->extents.count - 1);
    if (last != NULL && last->start + last->bytes == start) {
        last->bytes += bytes;
    } else {
        heap_array_add(&medium->extents, &extent);
        entry->extent_count++;
    }
    entry->size += bytes;
    return check_room(medium);
}

enum status medium_set_link(struct medium *medium, const char *target)
{
    last_entry(medium)->link = add_text(medium, target);
    return check_room(medium);
}

void medium_clear(struct medium *medium)
{
    heap_array_clear(&medium->entries);
    heap_array_clear(&medium->extents);
    heap_array_clear(&medium->texts);
    heap_array_clear(&medium->bytes);
    heap_array_add(&medium->texts, ""); // no text is at 0
    medium->label[0] = '\0';
}

// Order: without regard to ASCII case, then bytes. '/' comes before all others, so that a folder's contents
// follow it.

static int order_of(char character)
{
    unsigned char byte = (unsigned char)character;
    return byte == '/' ? 1 : byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

// As strcmp, of at most `length` bytes of both.
static int compare_names(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int difference = order_of(a[i]) - order_of(b[i]);
        if (difference != 0 || a[i] == '\0') {
            return difference;
        }
    }
    return 0;
}

static int compare_entries(const void *a, const void *b, void *context)
{
    const struct medium *medium = context;
    const char *left = text_at(medium, ((const struct medium_entry *)a)->path);
    const char *right = text_at(medium, ((const struct medium_entry *)b)->path);
    int order = compare_names(left, right, SIZE_MAX);
    return order != 0 ? order : strcmp(left, right);
}

// The first entry that is not before `path` without regard to case.
static size_t lower_bound(const struct medium *medium, const char *path)
{
    size_t low = 0;
    size_t high = medium->entries.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_names(medium_path(medium, (uint32_t)middle), path, SIZE_MAX) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// That very name, else the first one in another case; NULL = none.
static const struct medium_entry *find_entry(const struct medium *medium, const char *path)
{
    const struct medium_entry *found = NULL;
    for (size_t at = lower_bound(medium, path); at < medium->entries.count; at++) {
        const struct medium_entry *entry = heap_array_get(&medium->entries, at);
        const char *name = text_at(medium, entry->path);
        if (compare_names(name, path, SIZE_MAX) != 0) {
            break;
        }
        if (strcmp(name, path) == 0) {
            return entry;
        }
        found = found == NULL ? entry : found;
    }
    return found;
}

// Opening.

#define RECOGNITION_SECTORS 32 // looked through for what file systems there are

// Whether one of the first descriptors is called `name`, which has 4 or 5 characters.
static bool has_descriptor(int fd, const char *name)
{
    for (unsigned i = 0; i < RECOGNITION_SECTORS; i++) {
        char found[5];
        off_t at = (off_t)(ISO9660_FIRST_DESCRIPTOR + i) * ISO9660_SECTOR_BYTES + 1;
        if (pread(fd, found, sizeof found, at) != (ssize_t)sizeof found) {
            return false;
        }
        if (memcmp(found, name, strlen(name)) == 0) {
            return true;
        }
    }
    return false;
}

bool medium_is_one(int fd)
{
    return has_descriptor(fd, "CD001") || has_descriptor(fd, "NSR0");
}

static enum status medium_read_all(struct medium *medium)
{
    bool is_poor = false;
    medium_clear(medium);
    enum status status = medium_iso_read(medium, &is_poor);
    if (status != STATUS_NOT_FOUND && !is_poor) {
        return status;
    }
    char label[MEDIUM_LABEL_BYTES];
    memcpy(label, medium->label, sizeof label);
    medium_clear(medium);
    enum status udf = has_descriptor(medium->fd, "NSR0") ? medium_udf_read(medium) : STATUS_NOT_FOUND;
    if (udf == STATUS_NOT_FOUND && status != STATUS_NOT_FOUND) { // no UDF beside it: then as poor as it is
        medium_clear(medium);
        return medium_iso_read(medium, &is_poor);
    }
    if (udf == STATUS_NOT_FOUND) {
        problem_set(medium->problem, "it is no ISO image: neither ISO 9660 nor UDF is in it");
    }
    if (medium->label[0] == '\0') {
        memcpy(medium->label, label, sizeof label);
    }
    return udf;
}

struct medium *medium_new(int taken_fd, struct problem *problem)
{
    struct stat about;
    if (fstat(taken_fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        problem_set(problem, "it is no regular file");
        (void)close(taken_fd);
        return NULL;
    }
    struct medium *medium = heap_new(sizeof *medium);
    *medium = (struct medium){.fd = taken_fd,
                              .file_bytes = (uint64_t)about.st_size,
                              .entries = heap_array_init(sizeof(struct medium_entry)),
                              .extents = heap_array_init(sizeof(struct content_extent)),
                              .texts = heap_array_init(1),
                              .bytes = heap_array_init(1),
                              .problem = problem};
    enum status status = medium_read_all(medium);
    if (status != STATUS_OK) {
        medium_free(medium);
        return NULL;
    }
    medium->problem = NULL;
    if (medium->entries.count != 0) {
        qsort_r(medium->entries.items, medium->entries.count, sizeof(struct medium_entry), compare_entries,
                medium);
    }
    return medium;
}

void medium_free(struct medium *medium)
{
    if (medium == NULL) {
        return;
    }
    medium_clear(medium);
    heap_array_clear(&medium->texts);
    (void)close(medium->fd);
    heap_free(medium);
}

// Asking.

const char *medium_label(const struct medium *medium)
{
    return medium->label;
}

uint8_t medium_starts(const struct medium *medium)
{
    return medium->starts;
}

size_t medium_count(const struct medium *medium)
{
    return medium->entries.count;
}

void medium_get(const struct medium *medium, size_t at, struct content_entry *entry)
{
    const struct medium_entry *found = heap_array_get(&medium->entries, at);
    *entry = (struct content_entry){.name = text_at(medium, found->path),
                                    .is_folder = found->is_folder,
                                    .size = found->size,
                                    .modified_s = found->modified_s};
}

// Puts the target of a link, which the first `length` bytes of `path` are, in its place. false when it leads
// out of the medium or becomes too long.
static bool follow_link(const struct medium *medium, const struct medium_entry *link, size_t length,
                        char path[CONTENT_PATH_BYTES])
{
    char joined[2 * CONTENT_PATH_BYTES + ISO9660_LINK_BYTES];
    const char *target = text_at(medium, link->link);
    size_t folder = length;
    while (folder > 0 && path[folder - 1] != '/') {
        folder--;
    }
    (void)snprintf(joined, sizeof joined, "%.*s%s%s", target[0] == '/' ? 0 : (int)folder, path, target,
                   path + length);
    struct text out;
    text_init(&out, path, CONTENT_PATH_BYTES);
    for (const char *part = joined; *part != '\0';) {
        size_t bytes = strcspn(part, "/");
        if (bytes == 2 && strncmp(part, "..", 2) == 0) {
            char *slash = strrchr(path, '/');
            if (out.length == 0) {
                return false;
            }
            out.length = slash == NULL ? 0 : (size_t)(slash - path);
            path[out.length] = '\0';
        } else if (bytes != 0 && !(bytes == 1 && part[0] == '.')) {
            text_add(&out, out.length == 0 ? "" : "/");
            text_add_bytes(&out, part, bytes);
        }
        part += bytes + (part[bytes] == '/');
    }
    return !out.cut;
}

// Follows the first link that is a part of `path`. false when there is none, or it leads nowhere.
static bool follow_first(const struct medium *medium, char path[CONTENT_PATH_BYTES])
{
    char part[CONTENT_PATH_BYTES];
    for (size_t length = strcspn(path, "/");; length += 1 + strcspn(path + length + 1, "/")) {
        memcpy(part, path, length);
        part[length] = '\0';
        const struct medium_entry *entry = find_entry(medium, part);
        if (entry == NULL) {
            return false;
        }
        if (entry->link != 0) {
            return follow_link(medium, entry, length, path);
        }
        if (path[length] == '\0') {
            return false;
        }
    }
}

// The entry that `path` leads to; `path` is spoilt by it. NULL = none, or the root, which has no entry:
// `*is_root`.
static const struct medium_entry *resolve(const struct medium *medium, char path[CONTENT_PATH_BYTES],
                                          bool *is_root)
{
    *is_root = false;
    for (int links = 0; links <= MEDIUM_LINKS_MOST; links++) {
        const struct medium_entry *entry = find_entry(medium, path);
        if (entry != NULL && entry->link == 0) {
            return entry;
        }
        if (path[0] == '\0') {
            *is_root = true;
            return NULL;
        }
        if (!follow_first(medium, path)) {
            return NULL;
        }
    }
    return NULL;
}

static enum status open_entry(const struct medium *medium, const struct medium_entry *entry,
                              struct content_node *node)
{
    if (entry->is_memory) {
        const void *bytes = entry->size == 0 ? NULL : heap_array_get(&medium->bytes, entry->memory);
        content_node_set_memory(node, bytes, (size_t)entry->size);
        return STATUS_OK;
    }
    int fd = fcntl(medium->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        return STATUS_IO;
    }
    const struct content_extent *extents =
        entry->extent_count == 0 ? NULL : heap_array_get(&medium->extents, entry->extent);
    return content_node_set_extents(node, fd, extents, entry->extent_count);
}

enum status medium_find(const struct medium *medium, const char *path, struct content_node *node)
{
    char wanted[CONTENT_PATH_BYTES];
    if (text_copy(wanted, sizeof wanted, path) != STATUS_OK) {
        return STATUS_NOT_FOUND;
    }
    bool is_root;
    const struct medium_entry *entry = resolve(medium, wanted, &is_root);
    if (entry == NULL || entry->is_folder) {
        return STATUS_NOT_FOUND;
    }
    enum status status = open_entry(medium, entry, node);
    if (status == STATUS_OK) {
        node->modified_s = entry->modified_s != 0 ? entry->modified_s : node->modified_s;
        (void)text_copy(node->path, sizeof node->path, text_at(medium, entry->path));
    }
    return status;
}

// A link is shown as what it leads to. false when it leads nowhere.
static bool look_behind(const struct medium *medium, size_t at, struct content_entry *entry)
{
    char path[CONTENT_PATH_BYTES];
    const struct medium_entry *found = heap_array_get(&medium->entries, at);
    if (found->link == 0 || text_copy(path, sizeof path, entry->name) != STATUS_OK) {
        return true;
    }
    bool is_root;
    const struct medium_entry *target = resolve(medium, path, &is_root);
    entry->is_folder = target == NULL ? is_root : target->is_folder;
    entry->size = target == NULL ? 0 : target->size;
    return target != NULL || is_root;
}

enum status medium_list(const struct medium *medium, const char *path,
                        void (*visit)(void *context, const struct content_entry *entry), void *context)
{
    char folder[CONTENT_PATH_BYTES];
    if (text_copy(folder, sizeof folder, path) != STATUS_OK) {
        return STATUS_NOT_FOUND;
    }
    bool is_root;
    const struct medium_entry *found = resolve(medium, folder, &is_root);
    if (!is_root && (found == NULL || !found->is_folder)) {
        return STATUS_NOT_FOUND;
    }
    (void)text_copy(folder, sizeof folder, is_root ? "" : text_at(medium, found->path));
    size_t length = strlen(folder);
    for (size_t at = length == 0 ? 0 : lower_bound(medium, folder); at < medium->entries.count; at++) {
        struct content_entry entry;
        medium_get(medium, at, &entry);
        if (compare_names(entry.name, folder, length) != 0) {
            break;
        }
        bool is_inside =
            strncmp(entry.name, folder, length) == 0 && (length == 0 || entry.name[length] == '/');
        const char *name = entry.name + length + (length != 0 && is_inside);
        if (is_inside && strchr(name, '/') == NULL && look_behind(medium, at, &entry)) {
            entry.name = name;
            visit(context, &entry);
        }
    }
    return STATUS_OK;
}
