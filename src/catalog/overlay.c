// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/overlay.h"

#include "base/text.h"
#include "io/heap.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MODE_FILE   0644u
#define MODE_FOLDER 0755u

struct overlay {
    yaml_document_t document;
    const char *place;
    struct problem *problem;
    struct archive *archive;
    char paths[OVERLAY_FILES_MOST][OVERLAY_PATH_BYTES]; // without the first '/'
    size_t path_count;
    size_t content_bytes;
};

struct overlay_file { // one item of the list; nodes are NULL when they are not there
    const yaml_node_t *path;
    const yaml_node_t *content;
    const yaml_node_t *link;
    const yaml_node_t *folder;
    const yaml_node_t *mode;
};

bool overlay_is_name(const char *name)
{
    size_t length = strlen(name);
    size_t ending = strlen(OVERLAY_ENDING);
    return length > ending && text_equal_nocase(name + length - ending, OVERLAY_ENDING);
}

static enum status fail(const struct overlay *overlay, const yaml_node_t *node, enum status status)
{
    problem_set_place(overlay->problem, overlay->place,
                      node == NULL ? 1 : (unsigned)node->start_mark.line + 1,
                      node == NULL ? 1 : (unsigned)node->start_mark.column + 1);
    return status;
}

static const char *scalar(const yaml_node_t *node)
{
    bool is_text = node != NULL && node->type == YAML_SCALAR_NODE &&
                   strlen((const char *)node->data.scalar.value) == node->data.scalar.length;
    return is_text ? (const char *)node->data.scalar.value : NULL;
}

/// Checks a path and copies it, without its first slashes. No part may be empty, "." or "..".
static enum status take_path(struct overlay *overlay, const yaml_node_t *node, const char **path)
{
    const char *text = scalar(node);
    char *kept = overlay->paths[overlay->path_count];
    bool is_good = text != NULL && text[0] == '/' && text[1] != '\0' &&
                   text_copy(kept, OVERLAY_PATH_BYTES, text + 1) == STATUS_OK;
    const char *part = kept;
    while (is_good && part != NULL) {
        size_t length = strcspn(part, "/");
        is_good = length != 0 && !(length == 1 && part[0] == '.') &&
                  !(length == 2 && part[0] == '.' && part[1] == '.');
        part = part[length] == '/' ? part + length + 1 : NULL;
    }
    if (!is_good) {
        problem_set(overlay->problem, "a path is needed that begins with / and has no empty part, . or ..");
        return fail(overlay, node, STATUS_MALFORMED);
    }
    for (size_t i = 0; i < overlay->path_count; i++) {
        if (strcmp(overlay->paths[i], kept) == 0) {
            problem_set(overlay->problem, "this path is there twice");
            return fail(overlay, node, STATUS_MALFORMED);
        }
    }
    overlay->path_count++;
    *path = kept;
    return STATUS_OK;
}

static enum status take_mode(const struct overlay *overlay, const yaml_node_t *node, unsigned otherwise,
                             unsigned *mode)
{
    const char *text = node == NULL ? NULL : scalar(node);
    size_t length = text == NULL ? 0 : strlen(text);
    *mode = otherwise;
    if (node == NULL) {
        return STATUS_OK;
    }
    if (text == NULL || length < 3 || length > 5 || strspn(text, "01234567") != length) {
        problem_set(overlay->problem, "a mode is octal: 0755");
        return fail(overlay, node, STATUS_MALFORMED);
    }
    *mode = (unsigned)strtoul(text, NULL, 8) & 07777;
    return STATUS_OK;
}

static enum status take_pair(struct overlay *overlay, const yaml_node_pair_t *pair, struct overlay_file *file)
{
    const struct {
        const char *key;
        const yaml_node_t **node;
    } KEYS[] = {{"path", &file->path},
                {"content", &file->content},
                {"link", &file->link},
                {"folder", &file->folder},
                {"mode", &file->mode}};
    const yaml_node_t *key = yaml_document_get_node(&overlay->document, pair->key);
    for (size_t i = 0; i < COUNT_OF(KEYS) && scalar(key) != NULL; i++) {
        if (strcmp(scalar(key), KEYS[i].key) == 0 && *KEYS[i].node == NULL) {
            *KEYS[i].node = yaml_document_get_node(&overlay->document, pair->value);
            return STATUS_OK;
        }
    }
    problem_set(overlay->problem, "only path, mode and one of content, link and folder can stand here, each "
                                  "once");
    return fail(overlay, key, STATUS_MALFORMED);
}

static enum status write_entry(struct overlay *overlay, struct archive_entry *entry,
                               const yaml_node_t *content)
{
    size_t length = content == NULL ? 0 : content->data.scalar.length;
    bool is_written = archive_write_header(overlay->archive, entry) == ARCHIVE_OK;
    if (is_written && length != 0) {
        is_written =
            archive_write_data(overlay->archive, content->data.scalar.value, length) == (la_ssize_t)length;
    }
    if (!is_written) {
        problem_set(overlay->problem, "the archive comes out larger than there is room for");
        return fail(overlay, content, STATUS_TOO_LONG);
    }
    return STATUS_OK;
}

static enum status write_file(struct overlay *overlay, const struct overlay_file *file, const char *path,
                              unsigned mode)
{
    struct archive_entry *entry = archive_entry_new();
    enum status status = STATUS_OK;
    archive_entry_set_pathname(entry, path);
    archive_entry_set_perm(entry, (mode_t)mode);
    archive_entry_set_mtime(entry, 0, 0);
    if (file->link != NULL) {
        archive_entry_set_filetype(entry, AE_IFLNK);
        archive_entry_set_symlink(entry, scalar(file->link));
    } else if (file->folder != NULL) {
        archive_entry_set_filetype(entry, AE_IFDIR);
    } else if (file->content != NULL) {
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)file->content->data.scalar.length);
    }
    status = write_entry(overlay, entry, file->content);
    archive_entry_free(entry);
    return status;
}

/// Exactly one of content, link and folder, each of its kind.
static enum status check_kind(struct overlay *overlay, const yaml_node_t *item,
                              const struct overlay_file *file)
{
    int kinds = (file->content != NULL) + (file->link != NULL) + (file->folder != NULL);
    const char *folder = scalar(file->folder);
    const char *link = scalar(file->link);
    if (file->path == NULL || kinds != 1) {
        problem_set(overlay->problem, "path and one of content, link and folder: true are needed");
        return fail(overlay, item, STATUS_MALFORMED);
    }
    if (file->content != NULL && file->content->type != YAML_SCALAR_NODE) {
        problem_set(overlay->problem, "a content is a text");
        return fail(overlay, file->content, STATUS_MALFORMED);
    }
    if (file->folder != NULL && (folder == NULL || strcmp(folder, "true") != 0)) {
        problem_set(overlay->problem, "folder can only be true");
        return fail(overlay, file->folder, STATUS_MALFORMED);
    }
    if (file->link != NULL && (link == NULL || link[0] == '\0' || strlen(link) >= OVERLAY_PATH_BYTES)) {
        problem_set(overlay->problem, "a link leads to a path of at most %d bytes", OVERLAY_PATH_BYTES - 1);
        return fail(overlay, file->link, STATUS_MALFORMED);
    }
    overlay->content_bytes += file->content == NULL ? 0 : file->content->data.scalar.length;
    if (overlay->content_bytes > OVERLAY_CONTENT_MOST) {
        problem_set(overlay->problem, "the files are more than %u bytes together", OVERLAY_CONTENT_MOST);
        return fail(overlay, item, STATUS_TOO_LONG);
    }
    return STATUS_OK;
}

static enum status take_item(struct overlay *overlay, const yaml_node_t *item)
{
    struct overlay_file file = {0};
    enum status status = STATUS_OK;
    const char *path = "";
    unsigned mode = 0;
    if (item->type != YAML_MAPPING_NODE) {
        problem_set(overlay->problem, "each of the files has a path and what is there");
        return fail(overlay, item, STATUS_MALFORMED);
    }
    const yaml_node_pair_t *pair = item->data.mapping.pairs.start;
    for (; status == STATUS_OK && pair < item->data.mapping.pairs.top; pair++) {
        status = take_pair(overlay, pair, &file);
    }
    status = status == STATUS_OK ? check_kind(overlay, item, &file) : status;
    status = status == STATUS_OK ? take_path(overlay, file.path, &path) : status;
    status = status == STATUS_OK
                 ? take_mode(overlay, file.mode, file.folder != NULL ? MODE_FOLDER : MODE_FILE, &mode)
                 : status;
    return status == STATUS_OK ? write_file(overlay, &file, path, mode) : status;
}

static const yaml_node_t *find_files(struct overlay *overlay)
{
    yaml_node_t *root = yaml_document_get_root_node(&overlay->document);
    const yaml_node_pair_t *pair = NULL;
    if (root != NULL && root->type == YAML_MAPPING_NODE &&
        root->data.mapping.pairs.top - root->data.mapping.pairs.start == 1) {
        pair = root->data.mapping.pairs.start;
    }
    const char *key = pair == NULL ? NULL : scalar(yaml_document_get_node(&overlay->document, pair->key));
    const yaml_node_t *files = pair == NULL ? NULL : yaml_document_get_node(&overlay->document, pair->value);
    bool is_list = key != NULL && strcmp(key, "files") == 0 && files->type == YAML_SEQUENCE_NODE;
    return is_list ? files : NULL;
}

static enum status take_files(struct overlay *overlay)
{
    const yaml_node_t *files = find_files(overlay);
    enum status status = STATUS_OK;
    if (files == NULL) {
        problem_set(overlay->problem, "a list called files is expected here, and nothing else");
        return fail(overlay, yaml_document_get_root_node(&overlay->document), STATUS_MALFORMED);
    }
    const yaml_node_item_t *item = files->data.sequence.items.start;
    for (; status == STATUS_OK && item < files->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&overlay->document, *item);
        if (overlay->path_count == OVERLAY_FILES_MOST) {
            problem_set(overlay->problem, "more than %d files", OVERLAY_FILES_MOST);
            return fail(overlay, node, STATUS_TOO_LONG);
        }
        status = take_item(overlay, node);
    }
    return status;
}

static enum status pack(struct overlay *overlay, void *out, size_t capacity, size_t *used)
{
    size_t bytes = 0;
    struct archive *archive = overlay->archive = archive_write_new();
    bool is_open = archive != NULL && archive_write_set_format_ustar(archive) == ARCHIVE_OK &&
                   archive_write_add_filter_gzip(archive) == ARCHIVE_OK &&
                   archive_write_set_filter_option(archive, "gzip", "timestamp", NULL) == ARCHIVE_OK &&
                   archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
                   archive_write_open_memory(archive, out, capacity, &bytes) == ARCHIVE_OK;
    enum status status = STATUS_UNSUPPORTED;
    if (is_open) {
        status = take_files(overlay);
    } else {
        problem_set(overlay->problem, "archives cannot be made here: %s",
                    archive == NULL ? "no memory" : archive_error_string(archive));
    }
    if (status == STATUS_OK && archive_write_close(archive) != ARCHIVE_OK) {
        problem_set(overlay->problem, "the archive comes out larger than there is room for");
        status = fail(overlay, NULL, STATUS_TOO_LONG);
    }
    (void)archive_write_free(archive);
    if (status == STATUS_OK) {
        *used = bytes;
    }
    return status;
}

enum status overlay_pack(const char *yaml, size_t bytes, const char *place, void *out, size_t capacity,
                         size_t *used, struct problem *problem)
{
    yaml_parser_t parser;
    enum status status = STATUS_MALFORMED;
    if (!yaml_parser_initialize(&parser)) {
        problem_set(problem, "YAML cannot be read here");
        return STATUS_UNSUPPORTED;
    }
    struct overlay *overlay = heap_new(sizeof *overlay);
    overlay->place = place;
    overlay->problem = problem;
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, bytes);
    if (yaml_parser_load(&parser, &overlay->document)) {
        status = pack(overlay, out, capacity, used);
        yaml_document_delete(&overlay->document);
    } else {
        problem_set(problem, "not YAML: %s", parser.problem == NULL ? "unreadable" : parser.problem);
        problem_set_place(problem, place, (unsigned)parser.problem_mark.line + 1,
                          (unsigned)parser.problem_mark.column + 1);
    }
    yaml_parser_delete(&parser);
    heap_free(overlay);
    return status;
}
