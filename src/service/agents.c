// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions and tokens. What may be said is in agents_hello, agents_task, agents_report and agents_log.
#include "service/agents.h"

#include "io/heap.h"
#include "io/token.h"
#include "service/agents_state.h"

#include <stdlib.h>
#include <string.h>

struct agents *agents_new(const struct agents_options *options)
{
    struct agents *agents = heap_new(sizeof *agents);
    agents->options = *options;
    return agents;
}

static void agents_free_session(struct agents_session *taken_session)
{
    explicit_bzero(taken_session, sizeof *taken_session);
    heap_free(taken_session);
}

void agents_free(struct agents *agents)
{
    for (size_t i = 0; agents != NULL && i < agents->session_count; i++) {
        agents_free_session(agents->sessions[i]);
    }
    heap_free(agents);
}

// ---- answers ----

struct agents_answer agents_answer_json(unsigned http_status, char *taken_json)
{
    bool is_whole = taken_json != NULL;
    return (struct agents_answer){.http_status = is_whole ? http_status : 503, .body = taken_json};
}

struct agents_answer agents_answer_verdict(unsigned http_status, bool may_go, const char *text,
                                           const char *remedy, uint32_t retry_s)
{
    struct talk_verdict verdict = {.may_go = may_go, .retry_s = retry_s};
    (void)text_copy(verdict.text, sizeof verdict.text, text);
    (void)text_copy(verdict.remedy, sizeof verdict.remedy, remedy);
    return agents_answer_json(http_status, talk_verdict_encode(&verdict));
}

void agents_print_outside(const char *from, struct text *out)
{
    for (; *from != '\0'; from++) {
        if (*from == '\\') { // text_add_escaped would double the escapes that are in it already
            text_add_char(out, *from);
        } else {
            text_add_escaped(out, from, 1);
        }
    }
}

void agents_tell_refused(const struct agents *agents, const struct agents_request *request, const char *what)
{
    struct desk *desk = agents->options.desk;
    struct event event = {.kind = EVENT_HTTP, .address = request->from.address};
    struct desk_address seen;
    if (desk_find_address(desk, request->from.address, &seen)) {
        const struct machine *machine = store_machine_find_mac(desk->store, &seen.mac);
        event.mac = seen.mac;
        event.machine_id = machine == NULL ? 0 : machine->id;
    }
    reasons_add(&event.reasons, REASON_AGENT_REFUSED);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "spoke for an agent and was refused: %s", what);
    desk_tell(desk, &event);
}

// ---- sessions ----

struct agents_session *agents_find_session(const struct agents *agents, uint64_t order_id)
{
    for (size_t i = 0; i < agents->session_count; i++) {
        if (agents->sessions[i]->order_id == order_id) {
            return agents->sessions[i];
        }
    }
    return NULL;
}

// Where a new session goes when there is no room: in place of one whose order is over, the one that was
// silent longest.
static struct agents_session **agents_pick_oldest(struct agents *agents)
{
    struct agents_session **oldest = NULL;
    bool is_live_oldest = true;
    for (size_t i = 0; i < agents->session_count; i++) {
        const struct agents_session *session = agents->sessions[i];
        const struct order *order = store_order_get(agents->options.desk->store, session->order_id);
        bool is_live = order != NULL && order_is_live(order);
        if (oldest == NULL || (is_live_oldest && !is_live) ||
            (is_live == is_live_oldest && session->seen_s < (*oldest)->seen_s)) {
            oldest = &agents->sessions[i];
            is_live_oldest = is_live;
        }
    }
    return oldest;
}

struct agents_session *agents_new_session(struct agents *agents, uint64_t order_id)
{
    struct agents_session fresh = {.order_id = order_id};
    if (!token_make(fresh.token, sizeof fresh.token) ||
        !token_make(fresh.stream_token, sizeof fresh.stream_token)) {
        return NULL;
    }
    struct agents_session *session = agents_find_session(agents, order_id);
    if (session == NULL && agents->session_count == AGENTS_SESSIONS_MOST) {
        session = *agents_pick_oldest(agents);
    } else if (session == NULL) {
        session = heap_new(sizeof *session);
        agents->sessions[agents->session_count++] = session;
    }
    *session = fresh;
    explicit_bzero(&fresh, sizeof fresh);
    return session;
}

// In a time that does not tell how much of it was right.
static bool agents_is_token(const char *token, const char *wanted)
{
    unsigned difference = 0;
    if (strlen(token) != TALK_TOKEN_BYTES - 1) {
        return false;
    }
    for (size_t i = 0; i < TALK_TOKEN_BYTES - 1; i++) {
        difference |= (unsigned char)token[i] ^ (unsigned char)wanted[i];
    }
    return difference == 0;
}

// All are looked at, for the same reason. `is_stream`: by the token that goes in the clear.
static struct agents_session *agents_find_token(const struct agents *agents, const char *token,
                                                bool is_stream)
{
    struct agents_session *found = NULL;
    for (size_t i = 0; i < agents->session_count; i++) {
        struct agents_session *session = agents->sessions[i];
        if (agents_is_token(token, is_stream ? session->stream_token : session->token)) {
            found = session;
        }
    }
    return found;
}

// Whether it came by a way on which secrets are told.
static bool agents_is_safe(const struct agents *agents, const struct content_client *from)
{
    return from->is_https || agents->options.generated->https_port == 0;
}

// Whether the card that said hello is still that machine's, and the machine one that may have orders.
static bool agents_is_machine(const struct agents *agents, const struct agents_session *session)
{
    const struct machine *machine = store_machine_get(agents->options.desk->store, session->machine_id);
    return machine != NULL && machine->state == MACHINE_APPROVED && machine_has_mac(machine, &session->mac);
}

// The order that a session is still good for; NULL = it is not: the order is gone, its machine booted again,
// or what says it is that machine is not any more.
static const struct order *agents_session_order(const struct agents *agents,
                                                const struct agents_session *session)
{
    const struct store *store = agents->options.desk->store;
    const struct order *order = store_order_get(store, session->order_id);
    bool is_same_boot = order != NULL && order->boots == session->boots;
    bool is_same_machine = is_same_boot && order->machine_id == session->machine_id;
    return is_same_machine && agents_is_machine(agents, session) ? order : NULL;
}

const struct order *agents_order(const struct agents *agents, const struct agents_session *session)
{
    desk_step_order(agents->options.desk, session->order_id, ORDER_EVENT_TICK);
    return agents_session_order(agents, session);
}

// After a restart of this server every agent comes with a token that nobody knows. That is no news.
static bool agents_is_expected(const struct agents *agents, struct ip address)
{
    const struct desk *desk = agents->options.desk;
    struct desk_address seen;
    if (!desk_find_address(desk, address, &seen)) {
        return false;
    }
    const struct machine *machine = store_machine_find_mac(desk->store, &seen.mac);
    const struct order *order = machine == NULL ? NULL : store_order_find_live(desk->store, machine->id);
    return order != NULL && order->by_agent;
}

// The session that `request` may speak for; NULL = none, and `*answer` says so.
static struct agents_session *agents_admit(const struct agents *agents, const struct agents_request *request,
                                           struct agents_answer *answer)
{
    struct agents_session *session = agents_find_token(agents, request->token, false);
    const char *why = NULL;
    if (session == NULL) {
        why = agents_is_expected(agents, request->from.address) ? NULL : "its token is not one of ours";
    } else if (!ip_equal(session->address, request->from.address)) {
        why = "the token it has was given to another address";
        session = NULL;
    } else if (agents_session_order(agents, session) == NULL) {
        why = "the token it has is of an earlier boot of its machine, or its card is another machine's now";
        session = NULL;
    }
    if (why != NULL) {
        agents_tell_refused(agents, request, why);
    }
    if (session == NULL) {
        *answer = agents_answer_verdict(403, false, "The server does not know this agent (any more).",
                                        "the agent says hello again by itself", AGENTS_RETRY_S);
    }
    return session;
}

bool agents_may_read(const struct agents *agents, const struct content_client *from, const char *name,
                     bool is_stream)
{
    const char *token = from->token == NULL ? "" : from->token;
    const struct agents_session *session =
        agents_is_safe(agents, from) ? agents_find_token(agents, token, false) : NULL;
    if (session == NULL && is_stream) {
        session = agents_find_token(agents, token, true);
    }
    if (session == NULL || !ip_equal(session->address, from->address)) {
        return false;
    }
    const struct desk *desk = agents->options.desk;
    const struct order *order = agents_session_order(agents, session);
    const struct profile *profile = order == NULL ? NULL : store_profile_find(desk->store, order->profile);
    return profile != NULL && strcmp(profile->image, name) == 0 && order_may_work(order, desk_now_s(desk));
}

bool agents_find_progress(const struct agents *agents, uint64_t order_id, struct agents_progress *progress)
{
    const struct agents_session *session = agents_find_session(agents, order_id);
    if (session == NULL || session->progress.told_s == 0) {
        return false;
    }
    *progress = session->progress;
    return true;
}

// ---- requests ----

static bool agents_commit(const struct agents *agents)
{
    struct store *store = agents->options.desk->store;
    if (agents->options.commit != NULL) {
        return !store_is_dirty(store) || agents->options.commit(agents->options.context);
    }
    struct problem ignored; // whoever commits at the end of the turn tells it
    problem_clear(&ignored);
    return !store_is_dirty(store) || store_commit(store, &ignored) == STATUS_OK;
}

struct agents_route {
    const char *path;
    struct agents_answer (*handle)(struct agents *, struct agents_session *, const struct agents_request *);
};

static struct agents_answer agents_dispatch(struct agents *agents, const struct agents_request *request)
{
    static const struct agents_route ROUTES[] = {{TALK_PATH_TASK, agents_task},
                                                 {TALK_PATH_REPORT, agents_report},
                                                 {TALK_PATH_INVENTORY, agents_inventory},
                                                 {TALK_PATH_LOG, agents_log}};
    if (!agents_is_safe(agents, &request->from)) {
        return agents_answer_verdict(
            403, false, "The server talks to agents by HTTPS only, and this one came by HTTP.",
            "start the machine again; if that does not help its agent is too old: sudo imprint agent build",
            0);
    }
    if (strcmp(request->path, TALK_PATH_HELLO) == 0) {
        return agents_hello(agents, request);
    }
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        if (strcmp(request->path, ROUTES[i].path) == 0) {
            struct agents_answer refusal;
            struct agents_session *session = agents_admit(agents, request, &refusal);
            if (session == NULL) {
                return refusal;
            }
            session->seen_s = desk_now_s(agents->options.desk);
            return ROUTES[i].handle(agents, session, request);
        }
    }
    return agents_answer_verdict(404, false, "There is no such thing for an agent to ask.", "", 0);
}

struct agents_answer agents_handle(struct agents *agents, const struct agents_request *request)
{
    struct agents_answer answer = agents_dispatch(agents, request);
    if (agents_commit(agents)) {
        return answer;
    }
    if (answer.body != NULL) {
        explicit_bzero(answer.body, strlen(answer.body));
        free(answer.body);
    }
    return agents_answer_verdict(503, false, "The server cannot write its store now.",
                                 "see that the disk of the server's state folder has room and is sound",
                                 AGENTS_RETRY_S);
}
