// SPDX-License-Identifier: GPL-3.0-or-later
// Who the agent is, and what it found in its machine.
#include "service/agents_state.h"

#include "base/time.h"
#include "io/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO_BYTES_MOST                                                                                     \
    4096u // from strangers too, and read in the loop: what is longer is not even looked at

struct hello_refusal {
    char text[TALK_TEXT_BYTES];
    const char *remedy;
    bool is_told;     // somebody may not be who they say
    uint32_t retry_s; // 0 = only another boot can help
};

static bool hello_refuse(struct hello_refusal *refusal, bool is_told, const char *remedy, const char *format,
                         ...) PRINTF_LIKE(4, 5);

static bool hello_refuse(struct hello_refusal *refusal, bool is_told, const char *remedy, const char *format,
                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    va_end(arguments);
    refusal->remedy = remedy;
    refusal->is_told = is_told;
    return false;
}

// Whether what says hello is on the machine that the order is for.
static bool hello_is_machine(const struct agents *agents, const struct agents_request *request,
                             const struct talk_hello *hello, const struct machine *machine,
                             struct hello_refusal *refusal)
{
    unsigned long long number = hello->order_id;
    if (machine == NULL || !machine_has_mac(machine, &hello->mac)) {
        return hello_refuse(refusal, true, "start the machine again",
                            "There is no order %llu for this machine and its agent.", number);
    }
    refusal->retry_s = AGENTS_RETRY_S; // what follows may come right by itself, or by a person's word
    if (!generated_is_owner(agents->options.generated, machine, &request->from)) {
        return hello_refuse(
            refusal, true,
            "let imprint give this network its addresses, or put it on the same network: behind a "
            "relay beside another DHCP server nothing can be proven",
            "It cannot be proven that this address is %s's.", machine->name);
    }
    bool is_contradicting = !uuid_is_useless(&hello->uuid) && !uuid_is_useless(&machine->uuid) &&
                            !uuid_is_same_machine(&hello->uuid, &machine->uuid);
    if (is_contradicting) {
        return hello_refuse(refusal, true, "imprint machine edit NAME --uuid UUID, if its board was replaced",
                            "This machine's UUID is not the one of %s.", machine->name);
    }
    if (request->from.port > AGENTS_PORT_MOST) {
        return hello_refuse(refusal, true, "", "An agent says hello from a port that only root can take.");
    }
    if (machine->state != MACHINE_APPROVED) {
        return hello_refuse(refusal, true, "imprint machine approve NAME", "%s is not approved.",
                            machine->name);
    }
    return true;
}

// Whether the order may be worked for by this agent, now.
static bool hello_is_now(const struct agents *agents, const struct talk_hello *hello,
                         const struct order *order, struct hello_refusal *refusal)
{
    assert(order != NULL); // its machine is known
    unsigned long long number = order->id;
    const struct agents_session *session = agents_find_session(agents, order->id);
    refusal->retry_s = 0; // the next boot does what is right: the order again, or the machine's own disk
    if (order_is_skipped(order, desk_now_s(agents->options.desk))) {
        return hello_refuse(refusal, false, "",
                            "Nobody pressed the key, so this machine boots its own disk this time.");
    }
    if (order->state == ORDER_ARMED) {
        // That its configuration was fetched was not noted: we were killed, or its loader never says that it
        // has all. The machine is proven to be here and the order is for it, so it starts with this hello.
        return true;
    }
    if (!order_may_work(order, desk_now_s(agents->options.desk))) {
        struct text text;
        text_init(&text, refusal->text, sizeof refusal->text);
        agents_print_end(order, &text);
        refusal->remedy = "start the machine again";
        return false;
    }
    // A boot need not have been noted (loaders that never say they have all), so silence counts too: an agent
    // at work is heard every few seconds.
    int64_t silent_s = session == NULL ? 0 : desk_now_s(agents->options.desk) - session->seen_s;
    bool is_taken = session != NULL && session->boots == order->boots && silent_s < AGENTS_SILENT_S &&
                    strcmp(session->nonce, hello->nonce) != 0;
    if (is_taken) {
        refusal->retry_s = AGENTS_RETRY_S;
        return hello_refuse(refusal, true, "it is let in when the other one has been silent for a minute",
                            "Another agent has said hello for order %llu since its machine was started.",
                            number);
    }
    return true;
}

static struct agents_answer hello_answer_refusal(const struct agents *agents,
                                                 const struct agents_request *request,
                                                 const struct hello_refusal *refusal)
{
    if (refusal->is_told) {
        agents_tell_refused(agents, request, refusal->text);
    }
    return agents_answer_verdict(403, false, refusal->text, refusal->remedy, refusal->retry_s);
}

// An order whose disk is being written already does not move by a hello, but it is worth telling.
static void hello_tell_again(struct desk *desk, const struct order *order)
{
    struct event event = {.kind = EVENT_ORDER, .machine_id = order->machine_id, .order_id = order->id};
    struct text text;
    reasons_add(&event.reasons, REASON_AGENT_HERE);
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "order %llu (%s) is %s, and its agent is there again to go on",
                    (unsigned long long)order->id, order->profile, order_state_text(order->state));
    desk_tell(desk, &event);
}

static void hello_note(const struct agents *agents, const struct agents_session *session,
                       const struct talk_hello *hello)
{
    char line[256];
    char at[TIME_TEXT_BYTES];
    char address[IP_TEXT_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add_format(&text, "==== %s: boot %u of this order, agent ",
                    time_print(desk_now_s(agents->options.desk), at), session->boots);
    agents_print_outside(hello->agent, &text);
    text_add_format(&text, " at %s ====\n", ip_print(session->address, address));
    agents_log_append(agents, session->order_id, line, text.length);
}

static struct agents_answer hello_welcome(const struct agents *agents, const struct agents_session *session)
{
    const struct store *store = agents->options.desk->store;
    const struct order *order = store_order_get(store, session->order_id);
    const struct machine *machine = store_machine_get(store, session->machine_id);
    const struct profile *profile = order == NULL ? NULL : store_profile_find(store, order->profile);
    struct talk_welcome welcome = {0};
    // Each field has the size of what goes in.
    (void)text_copy(welcome.token, sizeof welcome.token, session->token);
    (void)text_copy(welcome.stream_token, sizeof welcome.stream_token, session->stream_token);
    (void)text_copy(welcome.machine, sizeof welcome.machine, machine == NULL ? "" : machine->name);
    (void)text_copy(welcome.profile, sizeof welcome.profile, order == NULL ? "" : order->profile);
    (void)text_copy(welcome.image, sizeof welcome.image, profile == NULL ? "" : profile->image);
    (void)text_copy(welcome.owner, sizeof welcome.owner, order == NULL ? "" : order->owner);
    struct agents_answer answer = agents_answer_json(200, talk_welcome_encode(&welcome));
    explicit_bzero(&welcome, sizeof welcome);
    return answer;
}

static struct agents_answer hello_begin(struct agents *agents, const struct agents_request *request,
                                        const struct talk_hello *hello, const struct order *order)
{
    struct desk *desk = agents->options.desk;
    struct agents_session *session = agents_find_session(agents, order->id);
    bool is_same = session != NULL && order->state != ORDER_ARMED && session->boots == order->boots &&
                   strcmp(session->nonce, hello->nonce) == 0 &&
                   ip_equal(session->address, request->from.address);
    if (!is_same) {
        desk_step_order(desk, order->id, ORDER_EVENT_HELLO); // may count a boot, so it goes first
        order = store_order_get(desk->store, hello->order_id);
        if (order == NULL || !order_may_work(order, desk_now_s(desk))) {
            return agents_answer_verdict(403, false, "The order cannot be worked for now.",
                                         "start the machine again", AGENTS_RETRY_S);
        }
        session = agents_new_session(agents, order->id);
        if (session == NULL) {
            return agents_answer_verdict(503, false, "The server has no random numbers yet.", "",
                                         AGENTS_RETRY_S);
        }
        session->machine_id = order->machine_id;
        session->boots = order->boots;
        session->address = request->from.address;
        session->mac = hello->mac;
        (void)text_copy(session->nonce, sizeof session->nonce, hello->nonce);
        hello_note(agents, session, hello);
        if (order->state == ORDER_WRITING || order->state == ORDER_SEALING) {
            hello_tell_again(desk, order);
        }
    }
    session->seen_s = desk_now_s(desk);
    return hello_welcome(agents, session);
}

struct agents_answer agents_hello(struct agents *agents, const struct agents_request *request)
{
    const struct store *store = agents->options.desk->store;
    struct talk_hello hello;
    struct problem problem;
    problem_clear(&problem);
    if (request->body_bytes > HELLO_BYTES_MOST) {
        return agents_answer_verdict(413, false, "That is more than any agent says for hello.", "", 0);
    }
    if (talk_hello_decode(request->body, request->body_bytes, &hello, &problem) != STATUS_OK) {
        return agents_answer_verdict(400, false, problem.text, "", 0);
    }
    if (hello.version != TALK_VERSION) {
        return agents_answer_verdict(403, false, "The agent and the server are of different versions.",
                                     "imprint agent build makes an agent that fits this server",
                                     AGENTS_RETRY_S);
    }
    desk_step_order(agents->options.desk, hello.order_id, ORDER_EVENT_TICK);
    const struct order *order = hello.order_id == 0 ? NULL : store_order_get(store, hello.order_id);
    bool is_agents = order != NULL && order->by_agent;
    const struct machine *machine = is_agents ? store_machine_get(store, order->machine_id) : NULL;
    struct hello_refusal refusal = {0};
    if (!hello_is_machine(agents, request, &hello, machine, &refusal) ||
        !hello_is_now(agents, &hello, order, &refusal)) {
        return hello_answer_refusal(agents, request, &refusal);
    }
    return hello_begin(agents, request, &hello, order);
}

// ---- the inventory ----

static bool inventory_learn_uuid(const struct store *store, const struct inventory *inventory,
                                 struct machine *machine)
{
    struct uuid uuid;
    bool is_shared = false;
    if (!uuid_is_useless(&machine->uuid) || uuid_parse(inventory->uuid, &uuid) != STATUS_OK ||
        uuid_is_useless(&uuid) || store_machine_find_uuid(store, &uuid, &is_shared) != NULL || is_shared) {
        return false;
    }
    machine->uuid = uuid;
    return true;
}

// What is not known yet of the machine; contradictions never got this far.
static void inventory_learn(struct store *store, uint64_t machine_id, const struct inventory *inventory)
{
    const struct machine *found = store_machine_get(store, machine_id);
    if (found == NULL) {
        return;
    }
    struct machine machine = *found;
    bool is_news = inventory_learn_uuid(store, inventory, &machine);
    if (machine.serial[0] == '\0' && inventory->serial[0] != '\0') {
        struct text text;
        text_init(&text, machine.serial, sizeof machine.serial);
        agents_print_outside(inventory->serial, &text);
        is_news = true;
    }
    if (is_news && store_machine_put(store, &machine, NULL) != STATUS_OK) {
        return; // its name and cards are as they were, so there is nothing to clash; without it nothing is
                // lost
    }
}

struct agents_answer agents_inventory(struct agents *agents, struct agents_session *session,
                                      const struct agents_request *request)
{
    struct desk *desk = agents->options.desk;
    struct problem problem;
    problem_clear(&problem);
    struct inventory *inventory = heap_new(sizeof *inventory);
    enum status status = talk_inventory_decode(request->body, request->body_bytes, inventory, &problem);
    char *json = status == STATUS_OK ? talk_inventory_encode(inventory) : NULL;
    if (json != NULL) {
        status = store_inventory_put(desk->store, session->machine_id, json, desk_now_s(desk));
        inventory_learn(desk->store, session->machine_id, inventory);
        session->has_inventory = status == STATUS_OK;
    }
    free(json);
    heap_free(inventory);
    if (!session->has_inventory || status != STATUS_OK) {
        return agents_answer_verdict(400, false, problem.text, "", 0);
    }
    return agents_answer_verdict(200, true, "", "", 0);
}
