// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/content.h"

#include "base/text.h"
#include "content/path.h"

void content_init(struct content *content)
{
    *content = (struct content){0};
}

void content_add(struct content *content, struct content_source source)
{
    assert(content->source_count < CONTENT_SOURCES_MOST);
    content->sources[content->source_count++] = source;
}

static void content_finish(struct content_node *node, const char *path)
{
    if (node->path[0] == '\0') {
        (void)text_copy(node->path, sizeof node->path, path);
    }
    if (node->type == NULL) {
        node->type = content_type_find(node->path);
    }
}

/// Asks the sources in order until one has the file or ends the search.
static enum status content_ask(const struct content *content, const char *path,
                               const struct content_client *client, struct content_node *node,
                               struct reasons *reasons)
{
    for (unsigned i = 0; i < content->source_count; i++) {
        const struct content_source *source = &content->sources[i];
        enum status status = source->lookup(source->self, path, client, node, reasons);
        if (status != STATUS_NOT_FOUND) {
            return status;
        }
    }
    return STATUS_NOT_FOUND;
}

enum status content_open(const struct content *content, const char *path, size_t length,
                         const struct content_client *client, struct content_node *node,
                         struct reasons *reasons)
{
    char canonical[CONTENT_PATH_BYTES];
    content_node_init(node);
    enum status status = path_parse(path, length, canonical);
    if (status == STATUS_DENIED) {
        reasons_add(reasons, REASON_PATH_REFUSED);
        return STATUS_DENIED;
    }
    if (status == STATUS_OK) {
        status = content_ask(content, canonical, client, node, reasons);
    }
    if (status == STATUS_OK) {
        content_finish(node, canonical);
        return STATUS_OK;
    }
    content_node_close(node);
    if (status == STATUS_DENIED || status == STATUS_IO) {
        return status;
    }
    reasons_add(reasons, REASON_FILE_NOT_FOUND); // a name that nothing can have is a name that nothing has
    return STATUS_NOT_FOUND;
}
