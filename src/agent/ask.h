// SPDX-License-Identifier: GPL-3.0-or-later
// Asking the server, once each time: who waits and for how long is the caller's business. Threads may ask at
// the same time; the token that they share is made anew when the server was restarted.
#pragma once

#include "agent/fetch.h"
#include "talk/talk.h"

#include <pthread.h>

struct ask {
    struct fetch_server server;
    struct talk_hello hello;
    struct talk_welcome welcome; // the newest; its tokens are wiped, `server` has them
    pthread_mutex_t lock;        // one hello at a time
};

enum ask_end {
    ASK_OK,      // an answer that fits
    ASK_DENIED,  // the token is not taken any more: say hello again
    ASK_REFUSED, // the server said no: `verdict` has its words
    ASK_AWAY     // no answer that can be used: `problem`; come again
};

struct ask_no {           // why there was no answer that fits
    unsigned http_status; // 0 = no answer at all
    struct talk_verdict verdict;
    struct problem problem;
};

/// Says hello with `hello`, which stays as it is. Not if another thread got a new token since `used_token`
/// was taken (NULL: always).
MUST_USE enum ask_end ask_hello(struct ask *ask, const char *used_token, struct ask_no *no);

/// Posts JSON (or, with `type`, something else) to `path`. OK: `answer` is the caller's to clear.
MUST_USE enum ask_end ask_post(struct ask *ask, const char *path, const char *type, const char *body,
                               struct fetch_answer *answer, struct ask_no *no);

/// Posts a report, or anything else that is answered by a verdict, which it takes apart: OK also when
/// `verdict->may_go` is false, with 200 or 409. REFUSED: the server does not understand the question.
MUST_USE enum ask_end ask_verdict(struct ask *ask, const char *path, const char *body,
                                  struct talk_verdict *verdict, struct ask_no *no);
