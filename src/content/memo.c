// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/memo.h"

#include "base/text.h"
#include "io/heap.h"

#include <string.h>

struct content_memo {
    struct content_memo *next;
    struct content_source source;
    bool is_nearest;
    enum status status;
    struct reasons reasons;
    struct content_node node;
    char nearest[CONTENT_PATH_BYTES];
    char path[CONTENT_PATH_BYTES];
};

struct content_memo *content_memo_new(const struct content_source *source, const char *path, bool is_nearest)
{
    struct content_memo *memo = heap_new(sizeof *memo);
    *memo = (struct content_memo){.source = *source, .is_nearest = is_nearest, .status = STATUS_IO};
    content_node_init(&memo->node);
    enum status status = text_copy(memo->path, sizeof memo->path, path);
    assert(status == STATUS_OK);
    (void)status;
    return memo;
}

void content_memo_free(struct content_memo *taken_memo)
{
    if (taken_memo != NULL) {
        content_node_close(&taken_memo->node);
        heap_free(taken_memo);
    }
}

void content_memo_work(struct content_memo *memo)
{
    const struct content_source *source = &memo->source;
    const struct content_client anybody = {.query = ""};
    if (memo->is_nearest) {
        bool is_found = source->nearest(source->self, memo->path, memo->nearest);
        memo->status = is_found ? STATUS_OK : STATUS_NOT_FOUND;
    } else {
        memo->status = source->lookup(source->self, memo->path, &anybody, &memo->node, &memo->reasons);
    }
}

struct content_memo *content_memo_fail(const struct content_memo *memo, enum status status)
{
    struct content_memo *failed = content_memo_new(&memo->source, memo->path, memo->is_nearest);
    failed->status = status;
    return failed;
}

const char *content_memo_path(const struct content_memo *memo)
{
    return memo->path;
}

void content_memo_add(struct content_memo **list, struct content_memo *taken_memo)
{
    taken_memo->next = *list;
    *list = taken_memo;
}

void content_memo_clear(struct content_memo **list)
{
    while (*list != NULL) {
        struct content_memo *memo = *list;
        *list = memo->next;
        content_memo_free(memo);
    }
}

const struct content_memo *content_memo_find(const struct content_memo *list,
                                             const struct content_source *source, const char *path,
                                             bool is_nearest)
{
    while (list != NULL && (list->source.self != source->self || list->is_nearest != is_nearest ||
                            strcmp(list->path, path) != 0)) {
        list = list->next;
    }
    return list;
}

enum status content_memo_open(const struct content_memo *memo, struct content_node *node,
                              struct reasons *reasons)
{
    for (unsigned i = 0; i < memo->reasons.count; i++) {
        reasons_add(reasons, memo->reasons.ids[i]);
    }
    return memo->status == STATUS_OK ? content_node_copy(&memo->node, node) : memo->status;
}

enum status content_memo_nearest(const struct content_memo *memo, char out[CONTENT_PATH_BYTES])
{
    memcpy(out, memo->nearest, sizeof memo->nearest);
    return memo->status;
}
