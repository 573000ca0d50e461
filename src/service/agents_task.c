// SPDX-License-Identifier: GPL-3.0-or-later
// What an agent is to do next, and what its machine's screen says meanwhile.
#include "service/agents_state.h"

#include "io/heap.h"
#include "service/personal.h"
#include "service/remedy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCREEN_TEXT_BYTES 1024
#define REBOOT_S          5 // how long the last words stand on the screen

// ---- the screen ----

static void screen_add_line(struct talk_task *task, const char *line, size_t length)
{
    if (task->screen_count < TALK_SCREEN_LINES) {
        struct text text;
        char *out = task->screen[task->screen_count++];
        text_init(&text, out, TALK_SCREEN_LINE_BYTES);
        text_add_bytes(&text, line, length);
    }
}

static void screen_add(struct talk_task *task, const char *format, ...) PRINTF_LIKE(2, 3);

// Adds a sentence, on as many lines as it needs.
static void screen_add(struct talk_task *task, const char *format, ...)
{
    char words[SCREEN_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    const char *at = words;
    size_t length = strlen(at);
    while (length >= TALK_SCREEN_LINE_BYTES) {
        size_t cut = TALK_SCREEN_LINE_BYTES - 1;
        while (cut > 0 && at[cut] != ' ') {
            cut--;
        }
        cut = cut == 0 ? TALK_SCREEN_LINE_BYTES - 1 : cut;
        screen_add_line(task, at, cut);
        at += cut + (at[cut] == ' ' ? 1 : 0);
        length = strlen(at);
    }
    screen_add_line(task, at, length);
}

static void screen_add_reason(const struct agents *agents, const struct order *order, struct talk_task *task,
                              enum reason_id id)
{
    char remedy[SCREEN_TEXT_BYTES];
    struct text text;
    const struct reason *reason = reason_get(id);
    char first = reason->sentence[0];
    first = first >= 'a' && first <= 'z' ? (char)(first - ('a' - 'A')) : first;
    screen_add(task, "%c%s.", first, reason->sentence + 1);
    text_init(&text, remedy, sizeof remedy);
    remedy_print(agents->options.desk->store, id, order, &text);
    if (strncmp(remedy, "imprint ", strlen("imprint ")) == 0) {
        screen_add(task, "On the server: %s", remedy);
    } else if (text.length != 0) {
        screen_add(task, "To go on: %s.", remedy);
    }
}

// A disk's key as a word for a shell.
static void print_key(const char *key, struct text *out)
{
    bool is_plain = key[0] != '\0';
    for (const char *at = key; *at != '\0'; at++) {
        char lower = text_lower(*at);
        is_plain = is_plain && ((lower >= 'a' && lower <= 'z') || (*at >= '0' && *at <= '9') ||
                                strchr("@%+=:,./_-", *at) != NULL);
    }
    text_add(out, is_plain ? "" : "'");
    agents_print_outside(key, out);
    text_add(out, is_plain ? "" : "'");
}

void agents_print_end(const struct order *order, struct text *out)
{
    unsigned long long number = order->id;
    text_add_format(out, "Order %llu %s%s. ", number, order->state == ORDER_FAILED ? "" : "is ",
                    order_state_text(order->state));
    if (order->state == ORDER_FINISHED) {
        text_add(out, "The system is on the disk.");
    } else if (order->trouble[0] != '\0') {
        agents_print_outside(order->trouble, out);
    } else if (order->target[0] != '\0') {
        text_add(out, "Its disk is half written and does not boot.");
    } else {
        text_add(out, "Nothing on the disks was changed.");
    }
}

// ---- deciding ----

enum status agents_decide(const struct agents *agents, const struct agents_session *session,
                          const struct order *order, struct agents_decision *decision,
                          enum reason_id *missing)
{
    const struct store *store = agents->options.desk->store;
    *decision = (struct agents_decision){.profile = store_profile_find(store, order->profile)};
    decision->image = decision->profile == NULL ? NULL : store_image_find(store, decision->profile->image);
    if (decision->image == NULL) {
        *missing = decision->profile == NULL ? REASON_PROFILE_MISSING : REASON_IMAGE_MISSING;
        return STATUS_NOT_FOUND;
    }
    if (order->state != ORDER_SEALING && order_is_doubtful(order, desk_now_s(agents->options.desk))) {
        *missing = REASON_CLOCK_BACK;
        return STATUS_NOT_FOUND;
    }
    const char *json = session->has_inventory ? store_inventory_find(store, session->machine_id, NULL) : NULL;
    struct inventory *inventory = heap_new(sizeof *inventory);
    struct problem ignored; // we wrote it ourselves; the agent can only tell it again
    problem_clear(&ignored);
    if (json == NULL || talk_inventory_decode(json, strlen(json), inventory, &ignored) != STATUS_OK) {
        heap_free(inventory);
        return STATUS_CONFLICT;
    }
    struct guard_facts facts = {.inventory = inventory,
                                .image = decision->image,
                                .order = order,
                                .rule = order->disk[0] != '\0' ? order->disk : decision->profile->disk};
    decision->inventory = inventory;
    decision->guard = guard_decide(&facts);
    return STATUS_OK;
}

void agents_decision_clear(struct agents_decision *decision)
{
    heap_free(decision->inventory);
    *decision = (struct agents_decision){0};
}

bool agents_is_prompted(const struct agents *agents, const struct agents_session *session,
                        const struct order *order)
{
    bool is_first = order->state != ORDER_WRITING && order->state != ORDER_SEALING;
    return is_first && agents->options.desk->policy.prompt == POLICY_PROMPT_KEY && !session->is_pressed;
}

// ---- what is made for the machine ----

static void task_tell_broken(const struct agents *agents, struct agents_session *session,
                             const struct problem *problem)
{
    if (session->is_broken) {
        return;
    }
    session->is_broken = true;
    struct event event = {
        .kind = EVENT_ORDER, .machine_id = session->machine_id, .order_id = session->order_id};
    struct text text;
    char why[EVENT_TEXT_BYTES];
    reasons_add(&event.reasons, REASON_ORDER_BROKEN);
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "order %llu waits: what its profile says cannot be made for this machine: %s",
                    (unsigned long long)session->order_id, problem_print(problem, why, sizeof why));
    desk_tell(agents->options.desk, &event);
}

// The part of WRITE and SEAL that holds secrets. Whether it could be made; else the machine waits.
static bool task_personalise(const struct agents *agents, struct agents_session *session,
                             const struct agents_request *request, const struct order *order,
                             const struct profile *profile, struct talk_task *task)
{
    const struct machine *machine = store_machine_get(agents->options.desk->store, session->machine_id);
    struct problem problem;
    problem_clear(&problem);
    if (machine == NULL) {
        return false;
    }
    struct machine now = *machine;
    now.last_address = ip_get_ip4(session->address); // the agent's own, which may differ from its firmware's
    struct render_facts facts =
        generated_facts(agents->options.generated, &now, profile, order, request->from.server);
    if (personal_render(&facts, &task->personal, &problem) == STATUS_OK) {
        task->personal.mac = session->mac;
        session->is_broken = false;
        return true;
    }
    task_tell_broken(agents, session, &problem);
    task->todo = TALK_DO_WAIT;
    task->poll_s = AGENTS_STOP_S;
    screen_add(task, "%s waits: what the profile %s says cannot be made for it.", machine->name,
               profile->name);
    char text[PROBLEM_TEXT_BYTES] = "";
    struct text escaped;
    text_init(&escaped, text, sizeof text);
    agents_print_outside(problem.text, &escaped);
    screen_add(task, "%s", text);
    if (problem.remedy[0] != '\0') {
        text_init(&escaped, text, sizeof text);
        agents_print_outside(problem.remedy, &escaped);
        screen_add(task, "On the server: %s", text);
    }
    return false;
}

static void task_fill_disk(struct agents_session *session, const struct order *order,
                           const struct inventory_disk *disk, const struct image *image,
                           struct talk_task *task)
{
    assert(disk != NULL);
    task->order_id = order->id;
    (void)inventory_disk_key(disk, task->disk_key);
    task->disk_bytes = disk->bytes;
    task->kind = image->kind;
    (void)text_copy(task->image, sizeof task->image, image->name);
    (void)text_copy(session->image, sizeof session->image, image->name);
}

// ---- one task for each state ----

static const char *task_owner(const struct order *order)
{
    return order->owner[0] == '\0' ? "somebody" : order->owner;
}

static void task_prompt(const struct agents *agents, struct agents_session *session,
                        const struct order *order, const struct guard *guard, struct talk_task *task)
{
    session->is_asked = true;
    session->progress =
        (struct agents_progress){.stage = "prompt", .told_s = desk_now_s(agents->options.desk)};
    task->todo = TALK_DO_PROMPT;
    task->poll_s = agents->options.desk->policy.prompt_timeout_s;
    screen_add(task,
               "Order %llu (profile %s, by %s) writes a disk of this machine:", (unsigned long long)order->id,
               order->profile, task_owner(order));
    screen_add(task, "%s", guard->text);
    screen_add(task, "Press a key to let it. Otherwise this machine boots its own disk.");
}

static void task_write(const struct agents *agents, struct agents_session *session,
                       const struct agents_request *request, const struct order *order,
                       const struct agents_decision *decision, struct talk_task *task)
{
    if (agents_is_prompted(agents, session, order)) {
        task_prompt(agents, session, order, &decision->guard, task);
        return;
    }
    if (task_personalise(agents, session, request, order, decision->profile, task)) {
        task->todo = TALK_DO_WRITE;
        task->poll_s = AGENTS_POLL_S;
        task_fill_disk(session, order, decision->guard.disk, decision->image, task);
        screen_add(task, "Order %llu (profile %s, by %s): %s", (unsigned long long)order->id, order->profile,
                   task_owner(order), decision->guard.text);
    }
}

static void task_confirm(const struct agents *agents, const struct order *order, const struct guard *guard,
                         struct talk_task *task)
{
    char key[INVENTORY_KEY_BYTES] = "";
    char word[4 * INVENTORY_KEY_BYTES] = "";
    const struct machine *machine = store_machine_get(agents->options.desk->store, order->machine_id);
    unsigned long long number = order->id;
    if (guard->kind == GUARD_CONFIRM) {
        struct text text;
        text_init(&text, word, sizeof word);
        print_key(inventory_disk_key(guard->disk, key), &text);
    }
    task->todo = TALK_DO_WAIT;
    task->poll_s = AGENTS_POLL_S;
    screen_add(task, "%s waits until somebody decides about order %llu (profile %s, by %s).",
               machine == NULL ? "This machine" : machine->name, number, order->profile, task_owner(order));
    screen_add(task, "%s", guard->text);
    if (guard->kind == GUARD_CONFIRM) {
        screen_add(task, "On the server: imprint order confirm %llu --erase %s", number, word);
    } else {
        screen_add(task, "On the server: imprint order confirm %llu --erase SERIAL", number);
        screen_add(task, "               where SERIAL is one of those above");
    }
    screen_add(task, "or:            imprint order cancel %llu", number);
    screen_add(task, "Nothing on this machine's disks was changed.");
}

static void task_cannot(const struct order *order, const char *text, struct talk_task *task)
{
    task->todo = TALK_DO_STOP;
    task->poll_s = AGENTS_STOP_S;
    screen_add(task, "%s", text);
    screen_add(task, "On the server: imprint order show %llu", (unsigned long long)order->id);
}

static void task_over(const struct agents *agents, const struct order *order, struct talk_task *task)
{
    const struct order *next = store_order_find_live(agents->options.desk->store, order->machine_id);
    char words[SCREEN_TEXT_BYTES];
    struct text text;
    text_init(&text, words, sizeof words);
    agents_print_end(order, &text);
    bool is_untouched = order->target[0] == '\0' && order->state != ORDER_FAILED;
    bool is_next = next != NULL && next->id != order->id;
    if (order->state != ORDER_FINISHED && !is_untouched && !is_next) {
        task_cannot(order, words, task);
        return;
    }
    task->todo = TALK_DO_REBOOT;
    task->poll_s = REBOOT_S;
    screen_add(task, "%s", words);
    if (is_next) {
        screen_add(task, "There is a new order, %llu. This machine restarts for it.",
                   (unsigned long long)next->id);
    } else {
        screen_add(task, "This machine restarts into its own disk.");
    }
}

// What would be lost is what is there now: disks may have come or gone since the order began to wait, and
// who confirms it reads this.
static void task_keep_question(const struct agents *agents, uint64_t order_id, const char *text)
{
    struct store *store = agents->options.desk->store;
    const struct order *found = store_order_get(store, order_id);
    if (found == NULL || found->state != ORDER_CONFIRM || strcmp(found->trouble, text) == 0) {
        return;
    }
    struct order order = *found;
    (void)text_copy(order.trouble, sizeof order.trouble, text);
    (void)!store_order_put(store, &order, NULL); // a live order that is there can be put
}

// What the guard says becomes the order's state; the caller's `order` is stale after this.
static void task_follow_guard(const struct agents *agents, struct agents_session *session,
                              const struct agents_request *request, const struct order *order,
                              const struct agents_decision *decision, struct talk_task *task)
{
    struct desk *desk = agents->options.desk;
    const struct guard *guard = &decision->guard;
    struct order now = *order;
    struct desk_change change = {.trouble = guard->text, .text = guard->text, .reasons = guard->reasons};
    switch (guard->kind) {
    case GUARD_GO:
        change = (struct desk_change){.trouble = "", .reasons = guard->reasons};
        (void)desk_change_order(desk, now.id, ORDER_EVENT_CONFIRMED, &change); // does nothing unless it waits
        task_write(agents, session, request, &now, decision, task);
        return;
    case GUARD_CONFIRM:
    case GUARD_CHOOSE:
        (void)desk_change_order(desk, now.id, ORDER_EVENT_HELD, &change); // nothing when it waits already
        task_keep_question(agents, now.id, guard->text);
        task_confirm(agents, &now, guard, task);
        return;
    case GUARD_CANNOT:
        break;
    }
    (void)desk_change_order(desk, now.id, ORDER_EVENT_FAIL, &change);
    const struct order *failed = store_order_get(desk->store, now.id);
    task_over(agents, failed == NULL ? &now : failed, task);
}

static enum status task_decide(const struct agents *agents, struct agents_session *session,
                               const struct agents_request *request, const struct order *order,
                               struct talk_task *task)
{
    struct agents_decision decision;
    enum reason_id missing = REASON_NONE;
    enum status status = agents_decide(agents, session, order, &decision, &missing);
    if (status == STATUS_NOT_FOUND) {
        task->todo = TALK_DO_WAIT;
        task->poll_s = AGENTS_STOP_S;
        screen_add_reason(agents, order, task, missing);
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        task_follow_guard(agents, session, request, order, &decision, task);
        agents_decision_clear(&decision);
    }
    return status;
}

// All is written. Nothing is decided any more: that disk, or a person must look.
static enum status task_seal(const struct agents *agents, struct agents_session *session,
                             const struct agents_request *request, const struct order *order,
                             struct talk_task *task)
{
    struct agents_decision decision;
    enum reason_id missing = REASON_NONE;
    enum status status = agents_decide(agents, session, order, &decision, &missing);
    if (status == STATUS_CONFLICT) {
        return status;
    }
    task->todo = TALK_DO_WAIT;
    task->poll_s = AGENTS_STOP_S;
    if (status == STATUS_NOT_FOUND) {
        screen_add_reason(agents, order, task, missing);
        return STATUS_OK;
    }
    const struct inventory_disk *disk = inventory_find_disk(decision.inventory, order->target, NULL);
    if (disk == NULL) {
        char word[4 * INVENTORY_KEY_BYTES];
        struct text text;
        text_init(&text, word, sizeof word);
        print_key(order->target, &text);
        screen_add(task, "Order %llu has written the disk %s, which is not in this machine now.",
                   (unsigned long long)order->id, word);
        screen_add(task, "Put it back, or on the server: imprint order cancel %llu",
                   (unsigned long long)order->id);
    } else if (task_personalise(agents, session, request, order, decision.profile, task)) {
        task->todo = TALK_DO_SEAL;
        task->poll_s = AGENTS_POLL_S;
        task_fill_disk(session, order, disk, decision.image, task);
        screen_add(task, "Order %llu: all is written, the disk becomes bootable now.",
                   (unsigned long long)order->id);
    }
    agents_decision_clear(&decision);
    return STATUS_OK;
}

static enum status task_pick(const struct agents *agents, struct agents_session *session,
                             const struct agents_request *request, const struct order *order,
                             struct talk_task *task)
{
    switch (order->state) {
    case ORDER_RUNNING:
    case ORDER_CONFIRM:
    case ORDER_WRITING:
        return task_decide(agents, session, request, order, task);
    case ORDER_SEALING:
        return task_seal(agents, session, request, order, task);
    case ORDER_ARMED:
        task->todo = TALK_DO_REBOOT;
        task->poll_s = REBOOT_S;
        screen_add_reason(agents, order, task, REASON_PROMPT_NOT_PRESSED);
        return STATUS_OK;
    case ORDER_BOOTING:
    case ORDER_USED:
    case ORDER_FINISHED:
    case ORDER_FAILED:
    case ORDER_EXPIRED:
    case ORDER_CANCELLED:
    case ORDER_STATE_COUNT:
        break;
    }
    task_over(agents, order, task);
    return STATUS_OK;
}

// The name may have come out otherwise than when the order was given, with another address say.
static void task_keep_hostname(const struct agents *agents, uint64_t order_id, const struct talk_task *task)
{
    struct store *store = agents->options.desk->store;
    const struct order *found = store_order_get(store, order_id); // as the task has left it
    bool is_given = task->todo == TALK_DO_WRITE || task->todo == TALK_DO_SEAL;
    if (!is_given || found == NULL || strcmp(found->hostname, task->personal.hostname) == 0) {
        return;
    }
    struct order order = *found;
    (void)text_copy(order.hostname, sizeof order.hostname, task->personal.hostname);
    (void)!store_order_put(store, &order, NULL); // a live order that is there can be put
}

struct agents_answer agents_task(struct agents *agents, struct agents_session *session,
                                 const struct agents_request *request)
{
    const struct order *found = agents_order(agents, session);
    if (found == NULL) {
        return agents_answer_verdict(403, false, "The order is gone.", "start the machine again",
                                     AGENTS_RETRY_S);
    }
    struct order order = *found;
    struct talk_task *task = heap_new(sizeof *task);
    enum status status = task_pick(agents, session, request, &order, task);
    task_keep_hostname(agents, order.id, task);
    struct agents_answer answer;
    if (status == STATUS_OK) {
        answer = agents_answer_json(200, talk_task_encode(task));
    } else {
        answer = agents_answer_verdict(409, false, "The server needs to know what is in this machine.",
                                       "the agent tells its inventory again by itself", 1);
    }
    personal_clear(&task->personal);
    heap_free(task);
    return answer;
}
