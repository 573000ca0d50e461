// SPDX-License-Identifier: GPL-3.0-or-later
// What an agent tells, and the three words it waits for: that it may erase, that it may make the disk
// bootable, and that all is done. Each is durable here before it hears it.
#include "service/agents_state.h"

#include "io/heap.h"

#include <string.h>

#define PROGRESS_PARTS     4   // how often the timeline tells of one stage's progress
#define PROGRESS_TOLD_MOST 100 // of one agent: a broken one must not push everybody's history out

static struct agents_answer report_go(void)
{
    return agents_answer_verdict(200, true, "", "", 0);
}

static struct agents_answer report_stop(const char *text)
{
    return agents_answer_verdict(200, false, text, "", AGENTS_POLL_S);
}

// For an order in another state than the agent thinks.
static struct agents_answer report_stop_order(const struct order *order)
{
    char words[TALK_TEXT_BYTES];
    struct text text;
    text_init(&text, words, sizeof words);
    if (order_is_live(order)) {
        text_add_format(&text, "Order %llu is %s.", (unsigned long long)order->id,
                        order_state_text(order->state));
    } else {
        agents_print_end(order, &text);
    }
    return report_stop(words);
}

// ---- may I erase? ----

static bool report_is_begun(const struct agents *agents, uint64_t order_id, const char *key)
{
    const struct order *order = store_order_get(agents->options.desk->store, order_id);
    return order != NULL && order->state == ORDER_WRITING && strcmp(order->target, key) == 0;
}

static struct agents_answer report_begin_decided(const struct agents *agents,
                                                 const struct agents_session *session,
                                                 const struct order *order,
                                                 const struct agents_decision *decision)
{
    const struct guard *guard = &decision->guard;
    if (session->image[0] == '\0' || strcmp(session->image, decision->image->name) != 0) {
        return report_stop("The order's image was changed.");
    }
    if (guard->kind != GUARD_GO) {
        return report_stop(guard->text);
    }
    if (agents_is_prompted(agents, session, order)) {
        return report_stop("Nobody pressed the key.");
    }
    char key[INVENTORY_KEY_BYTES];
    (void)inventory_disk_key(guard->disk, key);
    struct desk_change change = {
        .target = key, .trouble = "", .text = guard->text, .reasons = guard->reasons};
    uint64_t order_id = order->id;
    (void)desk_change_order(agents->options.desk, order_id, ORDER_EVENT_WRITE, &change);
    return report_is_begun(agents, order_id, key) ? report_go()
                                                  : report_stop("The order cannot be begun now.");
}

static struct agents_answer report_begin(struct agents *agents, struct agents_session *session,
                                         const struct order *order, const struct talk_report *report)
{
    (void)report;
    bool is_now = order->state == ORDER_RUNNING || order->state == ORDER_WRITING;
    if (!is_now || !order_may_work(order, desk_now_s(agents->options.desk))) {
        return report_stop_order(order);
    }
    struct agents_decision decision;
    enum reason_id missing = REASON_NONE;
    enum status status = agents_decide(agents, session, order, &decision, &missing);
    if (status == STATUS_NOT_FOUND) {
        return report_stop(reason_get(missing)->sentence);
    }
    if (status != STATUS_OK) {
        return agents_answer_verdict(409, false, "The server needs to know what is in this machine.",
                                     "the agent tells its inventory again by itself", 1);
    }
    struct agents_answer answer = report_begin_decided(agents, session, order, &decision);
    agents_decision_clear(&decision);
    return answer;
}

// ---- may I make it bootable? it is done ----

// Steps the order, and lets the agent go on if it is in the state `wanted` then: the report may be said
// twice.
static struct agents_answer report_step(struct agents *agents, const struct order *order,
                                        enum order_event event, const struct desk_change *change,
                                        enum order_state wanted)
{
    struct desk *desk = agents->options.desk;
    uint64_t order_id = order->id;
    (void)desk_change_order(desk, order_id, event, change);
    const struct order *now = store_order_get(desk->store, order_id);
    if (now == NULL) {
        return report_stop("The order is gone.");
    }
    return now->state == wanted ? report_go() : report_stop_order(now);
}

static struct agents_answer report_sealing(struct agents *agents, struct agents_session *session,
                                           const struct order *order, const struct talk_report *report)
{
    (void)session;
    (void)report;
    return report_step(agents, order, ORDER_EVENT_SEAL, &(struct desk_change){0}, ORDER_SEALING);
}

static struct agents_answer report_done(struct agents *agents, struct agents_session *session,
                                        const struct order *order, const struct talk_report *report)
{
    (void)session;
    (void)report;
    return report_step(agents, order, ORDER_EVENT_DONE, &(struct desk_change){0}, ORDER_FINISHED);
}

// ---- it cannot be done ----

static struct agents_answer report_failed(struct agents *agents, struct agents_session *session,
                                          const struct order *order, const struct talk_report *report)
{
    (void)session;
    if (!order_is_live(order)) {
        return order->state == ORDER_FAILED ? report_go() : report_stop_order(order);
    }
    const struct reason *reason = reason_find(report->reason);
    char words[ORDER_TROUBLE_BYTES];
    struct text text;
    text_init(&text, words, sizeof words);
    agents_print_outside(report->text[0] != '\0' ? report->text : "The agent gave up.", &text);
    char key[4 * ORDER_DISK_BYTES];
    struct text disk;
    text_init(&disk, key, sizeof key);
    agents_print_outside(order->target, &disk);
    if (order->state == ORDER_WRITING) {
        text_add_format(&text, " The disk %s is half written and does not boot.", key);
    } else if (order->state == ORDER_SEALING) {
        text_add_format(&text, " The disk %s is written, but perhaps does not boot.", key);
    }
    struct desk_change change = {.trouble = words, .text = words};
    reasons_add(&change.reasons, reason == NULL ? REASON_AGENT_FAILED : reason->id);
    return report_step(agents, order, ORDER_EVENT_FAIL, &change, ORDER_FAILED);
}

// ---- the key ----

static struct agents_answer report_pressed(struct agents *agents, struct agents_session *session,
                                           const struct order *order, const struct talk_report *report)
{
    (void)agents;
    (void)report;
    if (!session->is_asked || !order_is_live(order)) {
        return report_stop_order(order);
    }
    session->is_pressed = true;
    return report_go();
}

static struct agents_answer report_declined(struct agents *agents, struct agents_session *session,
                                            const struct order *order, const struct talk_report *report)
{
    (void)report;
    if (!session->is_asked || session->is_pressed || order->state != ORDER_RUNNING) {
        return report_stop_order(order);
    }
    struct desk *desk = agents->options.desk;
    desk_step_order(desk, session->order_id, ORDER_EVENT_DECLINED);
    const struct order *now = store_order_get(desk->store, session->order_id);
    if (now != NULL && now->state == ORDER_ARMED) {
        session->boots =
            now->boots; // this boot is not counted; the next one makes it another session all the same
    }
    return report_go();
}

// ---- how far it is ----

static void report_tell(const struct agents *agents, const struct agents_session *session,
                        const struct order *order, enum reason_id reason, const char *what)
{
    struct event event = {
        .kind = EVENT_ORDER, .machine_id = order->machine_id, .order_id = session->order_id};
    struct text text;
    if (reason != REASON_NONE) {
        reasons_add(&event.reasons, reason);
    }
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "order %llu (%s): %s", (unsigned long long)order->id, order->profile, what);
    desk_tell(agents->options.desk, &event);
}

static struct agents_answer report_trouble(struct agents *agents, struct agents_session *session,
                                           const struct order *order, const struct talk_report *report)
{
    int64_t now_s = desk_now_s(agents->options.desk);
    const struct reason *reason = reason_find(report->reason);
    char words[TALK_TEXT_BYTES];
    struct text text;
    text_init(&text, words, sizeof words);
    agents_print_outside(report->text, &text);
    if (session->trouble_s == 0 || now_s - session->trouble_s >= AGENTS_TROUBLE_GAP_S) {
        session->trouble_s = now_s;
        report_tell(agents, session, order, reason == NULL ? REASON_AGENT_FAILED : reason->id,
                    words[0] != '\0' ? words : "its agent is in trouble and tries again");
    }
    return order_is_live(order) ? report_go() : report_stop_order(order);
}

static struct agents_answer report_progress(struct agents *agents, struct agents_session *session,
                                            const struct order *order, const struct talk_report *report)
{
    if (order->state != ORDER_WRITING && order->state != ORDER_SEALING) {
        return report_stop_order(order);
    }
    uint64_t all = report->all_bytes;
    uint64_t done = report->done_bytes < all ? report->done_bytes : all;
    uint64_t quarter = all == 0 ? 0 : done / (all / PROGRESS_PARTS + 1);
    bool is_stage = strcmp(session->told_stage, report->stage) != 0;
    bool is_news = is_stage || quarter > session->told_quarter;
    if (is_news && session->told_count < PROGRESS_TOLD_MOST) {
        session->told_count++;
        char words[TALK_TEXT_BYTES];
        struct text text;
        text_init(&text, words, sizeof words);
        text_add(&text, talk_stage_words(report->stage));
        if (all != 0) {
            text_add_format(&text, ", %u %% of %llu MB", (unsigned)(done / (all / 100 + 1)),
                            (unsigned long long)(all / 1000000));
        }
        report_tell(agents, session, order, REASON_NONE, words);
        session->told_quarter = quarter;
        (void)text_copy(session->told_stage, sizeof session->told_stage, report->stage);
    }
    return report_go();
}

// ---- all of them ----

struct report_stage {
    const char *name;
    struct agents_answer (*handle)(struct agents *, struct agents_session *, const struct order *,
                                   const struct talk_report *);
};

static const struct report_stage *report_find_stage(const char *name)
{
    static const struct report_stage STAGES[] = {
        {"begin", report_begin},     {"write", report_progress},  {"personal", report_progress},
        {"loader", report_progress}, {"sealing", report_sealing}, {"done", report_done},
        {"failed", report_failed},   {"pressed", report_pressed}, {"declined", report_declined},
        {"trouble", report_trouble},
    };
    for (size_t i = 0; i < COUNT_OF(STAGES); i++) {
        if (strcmp(STAGES[i].name, name) == 0) {
            return &STAGES[i];
        }
    }
    return NULL;
}

static void report_keep(const struct agents *agents, struct agents_session *session,
                        const struct talk_report *report)
{
    struct agents_progress *progress = &session->progress;
    struct text text;
    (void)text_copy(progress->stage, sizeof progress->stage, report->stage);
    progress->done_bytes = report->done_bytes;
    progress->all_bytes = report->all_bytes;
    progress->told_s = desk_now_s(agents->options.desk);
    text_init(&text, progress->text, sizeof progress->text);
    agents_print_outside(report->text, &text);
}

struct agents_answer agents_report(struct agents *agents, struct agents_session *session,
                                   const struct agents_request *request)
{
    struct talk_report report;
    struct problem problem;
    problem_clear(&problem);
    if (talk_report_decode(request->body, request->body_bytes, &report, &problem) != STATUS_OK) {
        return agents_answer_verdict(400, false, problem.text, "", 0);
    }
    const struct report_stage *stage = report_find_stage(report.stage);
    if (stage == NULL) {
        return agents_answer_verdict(400, false, "There is no such stage.", "", 0);
    }
    const struct order *found = agents_order(agents, session);
    if (found == NULL) {
        return agents_answer_verdict(403, false, "The order is gone.", "start the machine again",
                                     AGENTS_RETRY_S);
    }
    struct order order = *found;
    report_keep(agents, session, &report);
    return stage->handle(agents, session, &order, &report);
}
