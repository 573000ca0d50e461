// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_files.h"

#include "io/heap.h"

#include <sys/random.h>

void http_files_init(struct http_files *files)
{
    *files = (struct http_files){0};
    ssize_t got = getrandom(&files->key, sizeof files->key, 0);
    assert(got == sizeof files->key);
    (void)got;
}

static struct http_file **place_of(struct http_files *files, struct ip client, const char *path,
                                   size_t length)
{
    struct hash_key key = files->key;
    key.k1 ^= hash_bytes(files->key, &client, sizeof client);
    return &files->places[hash_bytes(key, path, length) % HTTP_FILES_PLACES];
}

static void forget(struct http_files *files, struct http_file **place)
{
    http_file_drop(*place);
    *place = NULL;
    files->count--;
}

struct http_file *http_files_find(struct http_files *files, struct ip client, const char *path, size_t length,
                                  int64_t now_us)
{
    struct http_file **place = place_of(files, client, path, length);
    struct http_file *file = *place;
    if (file == NULL || !ip_equal(file->client, client) || file->path_length != length ||
        memcmp(file->path, path, length) != 0) {
        return NULL;
    }
    if (now_us - file->opened_us > HTTP_FILES_FRESH_US || !content_node_is_current(&file->node)) {
        forget(files, place);
        return NULL;
    }
    file->uses++;
    return file;
}

void http_files_remember(struct http_files *files, struct http_file *file, struct ip client, const char *path,
                         size_t length, int64_t now_us)
{
    const struct content_node *node = &file->node;
    bool is_for_all = !node->is_private && !node->is_asked_each_time && node->part == CONTENT_PART_NONE &&
                      node->machine_id == 0 && node->order_id == 0 && node->memory == NULL;
    if (!is_for_all || length > sizeof file->path) {
        return;
    }
    struct http_file **place = place_of(files, client, path, length);
    if (*place != NULL) {
        forget(files, place);
    }
    file->client = client;
    file->opened_us = now_us;
    memcpy(file->path, path, length);
    file->path_length = length;
    file->uses++;
    *place = file;
    files->count++;
}

void http_files_tidy(struct http_files *files, int64_t now_us)
{
    for (unsigned i = 0; files->count != 0 && i < HTTP_FILES_PLACES; i++) {
        const struct http_file *file = files->places[i];
        if (file != NULL && now_us - file->opened_us > HTTP_FILES_FRESH_US) {
            forget(files, &files->places[i]);
        }
    }
}

struct http_file *http_file_new(struct content_node *taken_node)
{
    struct http_file *file = heap_new(sizeof *file);
    file->uses = 1;
    file->node = *taken_node;
    content_node_init(taken_node);
    const struct content_node *node = &file->node;
    if (node->memory != NULL || node->size == 0) {
        file->bytes = node->memory != NULL ? node->bytes : (const uint8_t *)"";
    } else if (node->size <= HTTP_FILES_SMALL_BYTES) {
        file->own_bytes = heap_new(node->size);
        bool is_read = content_node_read(node, 0, file->own_bytes, node->size) == (int64_t)node->size;
        file->bytes = is_read ? file->own_bytes : NULL;
    }
    return file;
}

void http_file_drop(struct http_file *file)
{
    if (file != NULL && --file->uses == 0) {
        content_node_close(&file->node);
        heap_free(file->own_bytes);
        heap_free(file);
    }
}
