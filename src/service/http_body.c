// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_body.h"

#include "io/heap.h"

#include <string.h>

#define HTTP_BODY_FIRST_BYTES 1024u

struct http_body *http_body_new(size_t most, atomic_size_t *taken)
{
    struct http_body *body = heap_new(sizeof *body);
    body->most = most;
    body->taken = taken;
    return body;
}

static void http_body_drop(struct http_body *body)
{
    if (body->bytes != NULL) {
        explicit_bzero(body->bytes, body->capacity); // it may hold secrets
        heap_free(body->bytes);
        atomic_fetch_sub(body->taken, body->capacity);
    }
    body->bytes = NULL;
    body->count = 0;
    body->capacity = 0;
}

static bool http_body_grow(struct http_body *body, size_t wanted)
{
    size_t capacity = body->capacity == 0 ? HTTP_BODY_FIRST_BYTES : body->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    if (atomic_fetch_add(body->taken, capacity) + capacity > HTTP_BODIES_BYTES_MOST) {
        atomic_fetch_sub(body->taken, capacity);
        return false;
    }
    char *bytes = heap_new(capacity);
    size_t count = body->count;
    if (count != 0) {
        memcpy(bytes, body->bytes, count);
    }
    http_body_drop(body);
    body->bytes = bytes;
    body->count = count;
    body->capacity = capacity;
    return true;
}

void http_body_add(struct http_body *body, const char *bytes, size_t count)
{
    if (body->is_too_long || body->is_crowded || count == 0) {
        return;
    }
    body->is_too_long = count > body->most - body->count;
    if (!body->is_too_long && body->count + count + 1 > body->capacity) {
        body->is_crowded = !http_body_grow(body, body->count + count + 1);
    }
    if (body->is_too_long || body->is_crowded) {
        http_body_drop(body);
        return;
    }
    memcpy(body->bytes + body->count, bytes, count);
    body->count += count;
    body->bytes[body->count] = '\0';
}

void http_body_free(struct http_body *taken_body)
{
    if (taken_body != NULL) {
        http_body_drop(taken_body);
        heap_free(taken_body);
    }
}
