// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_absorb.h"

#define ABSORB_MS       10
#define ABSORB_AGAIN_MS 5000 // after the disk said no
#define ABSORB_MOST     64   // about a millisecond of work, in which nobody is answered

static void absorb_tell(struct server_absorb *absorb, bool is_ok, const struct problem *problem)
{
    char text[PROBLEM_TEXT_BYTES];
    if (!is_ok && !absorb->has_failed) {
        log_write(absorb->log, LOG_LEVEL_WARNING, "the database stays behind the log of leases: %s",
                  problem_print(problem, text, sizeof text));
    } else if (is_ok && absorb->has_failed) {
        log_write(absorb->log, LOG_LEVEL_NOTICE, "the database follows the log of leases again");
    }
    absorb->has_failed = !is_ok;
}

static void absorb_fire(void *context)
{
    struct server_absorb *absorb = context;
    struct problem problem;
    problem_clear(&problem);
    bool is_ok = store_absorb(absorb->store, ABSORB_MOST, &problem) == STATUS_OK;
    absorb_tell(absorb, is_ok, &problem);
    absorb->is_due = store_has_unabsorbed(absorb->store);
    if (absorb->is_due) {
        loop_timer_start(absorb->timer, is_ok ? ABSORB_MS : ABSORB_AGAIN_MS, 0);
    }
}

void server_absorb_init(struct server_absorb *absorb, struct loop *loop, struct store *store, struct log *log)
{
    *absorb = (struct server_absorb){.store = store, .log = log};
    absorb->timer = loop_timer_new(loop, absorb_fire, absorb);
}

void server_absorb_note(struct server_absorb *absorb)
{
    bool may = absorb->timer != NULL && !absorb->is_due; // not before the start, nor at the end
    if (may && store_has_unabsorbed(absorb->store)) {
        absorb->is_due = true;
        loop_timer_start(absorb->timer, ABSORB_MS, 0);
    }
}

void server_absorb_clear(struct server_absorb *absorb)
{
    loop_timer_free(absorb->timer);
    *absorb = (struct server_absorb){0};
}
