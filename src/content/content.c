// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/content.h"

#include "base/text.h"
#include "content/memo.h"
#include "content/opener.h"
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

static void forget(struct content_waiter *waiter)
{
    content_memo_clear(&waiter->memos);
    waiter->memo_count = 0;
}

/// Asks the sources in order until one has the file or ends the search; `is_shared`: only those that are.
static enum status content_ask(const struct content *content, bool is_shared, const char *path,
                               const struct content_client *client, struct content_node *node,
                               struct reasons *reasons)
{
    for (unsigned i = 0; i < content->source_count; i++) {
        const struct content_source *source = &content->sources[i];
        if (is_shared && !source->is_shared) {
            continue;
        }
        enum status status = content_source_open(source, path, client, node, reasons);
        if (status != STATUS_NOT_FOUND) {
            node->source = source->name;
            return status;
        }
    }
    return STATUS_NOT_FOUND;
}

static enum status content_open_from(const struct content *content, bool is_shared, const char *path,
                                     size_t length, const struct content_client *client,
                                     struct content_node *node, struct reasons *reasons)
{
    char canonical[CONTENT_PATH_BYTES];
    struct content_waiter *waiter = client->waiter;
    const struct reasons before = *reasons;
    content_node_init(node);
    enum status status = path_parse(path, length, canonical);
    if (status == STATUS_DENIED) {
        reasons_add(reasons, REASON_PATH_REFUSED);
        return STATUS_DENIED;
    }
    if (waiter != NULL && waiter->at != NULL) { // for another name of the same search
        return STATUS_WAITING;
    }
    if (status == STATUS_OK) {
        struct content_client asking = *client;
        asking.opener = content->opener;
        status = content_ask(content, is_shared, canonical, &asking, node, reasons);
    }
    if (status == STATUS_WAITING) {
        content_node_close(node);
        *reasons = before; // it is asked again
        return status;
    }
    if (waiter != NULL && !waiter->keeps) {
        forget(waiter);
    }
    if (status == STATUS_OK) {
        content_finish(node, canonical);
        return STATUS_OK;
    }
    content_node_close(node);
    if (status == STATUS_DENIED || status == STATUS_IO || status == STATUS_AWAY || status == STATUS_BUSY) {
        return status;
    }
    reasons_add(reasons, REASON_FILE_NOT_FOUND); // a name that nothing can have is a name that nothing has
    return STATUS_NOT_FOUND;
}

enum status content_open(const struct content *content, const char *path, size_t length,
                         const struct content_client *client, struct content_node *node,
                         struct reasons *reasons)
{
    return content_open_from(content, false, path, length, client, node, reasons);
}

enum status content_open_shared(const struct content *content, const char *path, size_t length,
                                const struct content_client *client, struct content_node *node,
                                struct reasons *reasons)
{
    return content_open_from(content, true, path, length, client, node, reasons);
}

enum status content_find_nearest(const struct content *content, const char *path, size_t length,
                                 const struct content_client *client, char out[CONTENT_PATH_BYTES])
{
    char canonical[CONTENT_PATH_BYTES];
    enum status status = STATUS_NOT_FOUND;
    if (path_parse(path, length, canonical) != STATUS_OK) {
        return STATUS_NOT_FOUND;
    }
    struct content_client asking = *client;
    asking.opener = content->opener;
    for (unsigned i = 0; i < content->source_count && status == STATUS_NOT_FOUND; i++) {
        status = content_source_nearest(&content->sources[i], canonical, &asking, out);
    }
    return status;
}

void content_waiter_add(struct content_waiter **list, struct content_waiter *waiter)
{
    assert(waiter->at == NULL);
    while (*list != NULL) {
        list = &(*list)->next;
    }
    waiter->next = NULL;
    waiter->at = list;
    *list = waiter;
}

static void take_out(struct content_waiter *waiter)
{
    if (waiter->at == NULL) {
        return;
    }
    *waiter->at = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->at = waiter->at;
    }
    waiter->next = NULL;
    waiter->at = NULL;
}

void content_waiter_remove(struct content_waiter *waiter)
{
    take_out(waiter);
    forget(waiter);
}

void content_waiter_wake(struct content_waiter **list)
{
    struct content_waiter *woken = *list; // a list of its own, since they may come back into the other one
    *list = NULL;
    if (woken != NULL) {
        woken->at = &woken;
    }
    while (woken != NULL) {
        struct content_waiter *first = woken;
        take_out(first);
        first->ready(first);
    }
}
