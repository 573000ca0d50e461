// SPDX-License-Identifier: GPL-3.0-or-later
// The one way other threads reach the loop: messages go in from any thread and come out in the loop's, in
// order.
#pragma once

#include "io/loop.h"

struct mailbox;

struct mailbox_message { // first member of what you post
    struct mailbox_message *next;
};

/// A mailbox on `loop` that hands each message to `receive`. Yours; mailbox_free gives it back.
struct mailbox *mailbox_new(struct loop *loop,
                            void (*receive)(void *context, struct mailbox_message *message), void *context);

/// Lets `delivered` be called in the loop's thread after each batch of messages: for work that is done once
/// for all of them. Before the first message.
void mailbox_set_delivered(struct mailbox *mailbox, void (*delivered)(void *context));

/// Posts `taken_message`; from any thread. Messages posted while the loop is busy are handed over together.
void mailbox_post(struct mailbox *mailbox, struct mailbox_message *taken_message);

/// Posts the chain of messages from `taken_first` to `taken_last`, in order, and wakes the loop once.
void mailbox_post_chain(struct mailbox *mailbox, struct mailbox_message *taken_first,
                        struct mailbox_message *taken_last);

/// Hands over what is waiting now, without another turn of the loop.
void mailbox_deliver(struct mailbox *mailbox);

/// Hands over what is waiting, then frees it; NULL is allowed. No other thread may post any more.
void mailbox_free(struct mailbox *mailbox);
