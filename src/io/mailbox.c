// SPDX-License-Identifier: GPL-3.0-or-later
// mailbox.h: a locked list and a uv_async_t. Wake-ups may be merged by libuv; the list loses nothing.
#include "io/mailbox.h"

#include "io/heap.h"

#include <uv.h>

struct mailbox {
    uv_async_t wake;
    uv_mutex_t lock;
    struct mailbox_message *first;
    struct mailbox_message **last;
    void (*receive)(void *context, struct mailbox_message *message);
    void (*delivered)(void *context); // or NULL
    void *context;
};

static struct mailbox_message *take_all(struct mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->lock);
    struct mailbox_message *first = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    uv_mutex_unlock(&mailbox->lock);
    return first;
}

void mailbox_deliver(struct mailbox *mailbox)
{
    struct mailbox_message *message = take_all(mailbox);
    bool has_any = message != NULL;
    while (message != NULL) {
        struct mailbox_message *next = message->next; // the receiver may free the message
        mailbox->receive(mailbox->context, message);
        message = next;
    }
    if (has_any && mailbox->delivered != NULL) {
        mailbox->delivered(mailbox->context);
    }
}

static void woken(uv_async_t *async)
{
    mailbox_deliver(async->data);
}

struct mailbox *mailbox_new(struct loop *loop,
                            void (*receive)(void *context, struct mailbox_message *message), void *context)
{
    struct mailbox *mailbox = heap_new(sizeof *mailbox);
    mailbox->last = &mailbox->first;
    mailbox->receive = receive;
    mailbox->context = context;
    mailbox->wake.data = mailbox;
    int failed = uv_mutex_init(&mailbox->lock);
    failed |= uv_async_init(loop_uv(loop), &mailbox->wake, woken);
    assert(failed == 0);
    return mailbox;
}

void mailbox_set_delivered(struct mailbox *mailbox, void (*delivered)(void *context))
{
    mailbox->delivered = delivered;
}

void mailbox_post_chain(struct mailbox *mailbox, struct mailbox_message *taken_first,
                        struct mailbox_message *taken_last)
{
    taken_last->next = NULL;
    uv_mutex_lock(&mailbox->lock);
    *mailbox->last = taken_first;
    mailbox->last = &taken_last->next;
    uv_mutex_unlock(&mailbox->lock);
    uv_async_send(&mailbox->wake);
}

void mailbox_post(struct mailbox *mailbox, struct mailbox_message *taken_message)
{
    mailbox_post_chain(mailbox, taken_message, taken_message);
}

static void closed(uv_handle_t *handle)
{
    struct mailbox *mailbox = handle->data;
    uv_mutex_destroy(&mailbox->lock);
    heap_free(mailbox);
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL) {
        return;
    }
    mailbox_deliver(mailbox);
    uv_close((uv_handle_t *)&mailbox->wake, closed);
}
