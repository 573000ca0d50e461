// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_loaders.h"

#include "content/packaged.h"
#include "io/loop.h"

#define SERVER_LOADERS_S 10 // how long the knowledge of which loaders are there is believed

static void look(struct server_loaders *loaders, struct content_waiter *waiter)
{
    uint32_t available;
    if (packaged_find_available(loaders->content, waiter, &available) != STATUS_WAITING) {
        loaders->available = available;
        loaders->found_at_s = loop_now_ms() / 1000 + 1; // never 0
        content_waiter_remove(&loaders->waiter);
    }
}

static void look_again(struct content_waiter *waiter)
{
    struct server_loaders *loaders =
        (struct server_loaders *)((char *)waiter - offsetof(struct server_loaders, waiter));
    look(loaders, waiter);
}

uint32_t server_loaders_find(struct server_loaders *loaders)
{
    if (loaders->found_at_s == 0) {
        look(loaders, NULL);
    } else if (loop_now_ms() / 1000 - loaders->found_at_s >= SERVER_LOADERS_S && loaders->waiter.at == NULL) {
        loaders->waiter.ready = look_again;
        loaders->waiter.keeps = true;
        look(loaders, &loaders->waiter);
    }
    return loaders->available;
}

void server_loaders_clear(struct server_loaders *loaders)
{
    content_waiter_remove(&loaders->waiter);
}
