// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of service/agents share: the sessions, and what more than one of them decides.
#pragma once

#include "model/guard.h"
#include "service/agents.h"

#define AGENTS_POLL_S        5    // how often an agent that waits for a person asks again
#define AGENTS_STOP_S        15   // and one that has nothing more to do
#define AGENTS_RETRY_S       10   // and one that was refused
#define AGENTS_LOGS_MOST     1000 // orders whose logs are kept
#define AGENTS_TROUBLE_GAP_S 5
#define AGENTS_SILENT_S      60   // an agent that has not been heard for so long may be succeeded by another
#define AGENTS_PORT_MOST     1023 // hello comes from a port that only root can take

struct agents_session { // one agent, from its hello to its machine's next boot
    char token[TALK_TOKEN_BYTES];
    char stream_token[TALK_TOKEN_BYTES];
    char nonce[TALK_NONCE_BYTES];
    uint64_t machine_id;
    uint64_t order_id;
    uint32_t boots; // of the order, when it said hello
    struct ip address;
    struct hw mac;
    bool is_asked;                // it was told to ask for the key
    bool is_pressed;              // and somebody pressed it
    bool has_inventory;           // told in this session; what the store has may be of an earlier boot
    bool is_broken;               // it was told that its profile cannot be rendered
    char image[IMAGE_NAME_BYTES]; // of the last task that writes; "" = none was given
    int64_t seen_s;
    struct agents_progress progress; // told_s 0 = nothing yet
    char told_stage[TALK_STAGE_BYTES];
    uint64_t told_quarter;
    unsigned told_count; // how often the timeline was told of its progress
    int64_t trouble_s;   // when trouble was last told
};

struct agents {
    struct agents_options options;
    struct agents_session *sessions[AGENTS_SESSIONS_MOST];
    size_t session_count;
};

struct agents_decision {
    struct inventory *inventory; // owned
    const struct profile *profile;
    const struct image *image;
    struct guard guard;
};

/// The session of an order, or NULL.
struct agents_session *agents_find_session(const struct agents *agents, uint64_t order_id);

/// The session of an order, made if there is none; all that an earlier agent left is gone, and it has a token
/// of its own. NULL when the kernel has no random numbers.
struct agents_session *agents_new_session(struct agents *agents, uint64_t order_id);

/// An answer with `json` (taken) as body; 503 when it is NULL.
struct agents_answer agents_answer_json(unsigned http_status, char *taken_json);

/// An answer with a verdict: `text` and `remedy` are for the machine's screen.
struct agents_answer agents_answer_verdict(unsigned http_status, bool may_go, const char *text,
                                           const char *remedy, uint32_t retry_s);

/// Tells the timeline that whoever sent `request` is not the agent it speaks for; `what` ends the sentence.
void agents_tell_refused(const struct agents *agents, const struct agents_request *request, const char *what);

/// The order of a session, after its time has passed; NULL = gone. Borrowed from the store.
const struct order *agents_order(const struct agents *agents, const struct agents_session *session);

/// Lets the guard decide for `order` with what the agent found in this session. STATUS_CONFLICT:
/// the agent has not told its inventory in this session. STATUS_NOT_FOUND: the profile or the image is gone,
/// or the clock was set back; `*missing` says which. After OK agents_decision_clear must follow.
MUST_USE enum status agents_decide(const struct agents *agents, const struct agents_session *session,
                                   const struct order *order, struct agents_decision *decision,
                                   enum reason_id *missing);

/// Frees what a decision holds.
void agents_decision_clear(struct agents_decision *decision);

/// Whether somebody must press the key before this session's disk is written, and nobody has.
bool agents_is_prompted(const struct agents *agents, const struct agents_session *session,
                        const struct order *order);

/// Says what became of an order that is over, for the machine's screen: "order 5 was cancelled: ...".
void agents_print_end(const struct order *order, struct text *out);

/// Appends text from outside to `out`, printable ASCII as it is, anything else as \xNN.
void agents_print_outside(const char *from, struct text *out);

/// POST /agent/hello.
struct agents_answer agents_hello(struct agents *agents, const struct agents_request *request);

/// POST /agent/inventory.
struct agents_answer agents_inventory(struct agents *agents, struct agents_session *session,
                                      const struct agents_request *request);

/// POST /agent/task.
struct agents_answer agents_task(struct agents *agents, struct agents_session *session,
                                 const struct agents_request *request);

/// POST /agent/report.
struct agents_answer agents_report(struct agents *agents, struct agents_session *session,
                                   const struct agents_request *request);

/// POST /agent/log.
struct agents_answer agents_log(struct agents *agents, struct agents_session *session,
                                const struct agents_request *request);

/// Appends `bytes` bytes of text from outside to the order's log, made harmless for terminals; what does not
/// fit or cannot be written is lost.
void agents_log_append(const struct agents *agents, uint64_t order_id, const char *text, size_t bytes);
