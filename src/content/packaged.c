// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/packaged.h"

#include "base/text.h"
#include "loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/// The loader file called `name`, exactly before case-blind, or NULL.
static const struct loader_file *packaged_find(const char *name, bool (*equal)(const char *, const char *))
{
    for (int id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        const struct loader_file *files = loader_get((enum loader_id)id)->files;
        for (size_t i = 0; i < LOADER_FILES_MOST && files[i].name != NULL; i++) {
            if (files[i].path != NULL && equal(files[i].name, name)) {
                return &files[i];
            }
        }
    }
    return NULL;
}

static bool packaged_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static enum status packaged_lookup(void *self, const char *path, const struct content_client *client,
                                   struct content_node *node, struct reasons *reasons)
{
    (void)self;
    (void)client;
    (void)reasons;
    const struct loader_file *file = packaged_find(path, packaged_equal);
    if (file == NULL) {
        file = packaged_find(path, text_equal_nocase);
    }
    if (file == NULL) {
        return STATUS_NOT_FOUND;
    }
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return errno == EMFILE || errno == ENFILE || errno == EIO ? STATUS_IO : STATUS_NOT_FOUND;
    }
    (void)text_copy(node->path, sizeof node->path, file->name);
    return content_node_set_file(node, fd);
}

struct content_source packaged_source(void)
{
    return (struct content_source){.name = "loaders", .lookup = packaged_lookup, .is_shared = true};
}

static bool packaged_has(const struct content *content, struct content_waiter *waiter, const char *name)
{
    const struct content_client nobody = {.query = "", .waiter = waiter};
    struct content_node node;
    struct reasons reasons = {0};
    enum status status = content_open(content, name, strlen(name), &nobody, &node, &reasons);
    content_node_close(&node);
    return status == STATUS_OK;
}

static bool packaged_has_all(const struct content *content, struct content_waiter *waiter,
                             const struct loader_file *files)
{
    for (size_t i = 0; i < LOADER_FILES_MOST && files[i].name != NULL; i++) {
        if (!files[i].optional && !packaged_has(content, waiter, files[i].name)) {
            return false;
        }
    }
    return true;
}

enum status packaged_find_available(const struct content *content, struct content_waiter *waiter,
                                    uint32_t *available)
{
    *available = 0;
    for (int id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        if (packaged_has_all(content, waiter, loader_get((enum loader_id)id)->files)) {
            *available |= UINT32_C(1) << id;
        }
    }
    return waiter != NULL && waiter->at != NULL ? STATUS_WAITING : STATUS_OK;
}
