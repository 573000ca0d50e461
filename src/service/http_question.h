// SPDX-License-Identifier: GPL-3.0-or-later
// What a serving thread asks of the loop's for one HTTP request: which bytes a path means for whom, or what
// an agent's POST is answered with. It goes to the loop to be answered, and once more when the request is
// over.
#pragma once

#include "io/mailbox.h"
#include "service/http_answer.h"
#include "service/transfer.h"

#define HTTP_QUERY_BYTES 1024
#define HTTP_TOKEN_BYTES 80 // of an Authorization header

struct http_body;
struct http_question;

struct http_asker { // whoever serves the request; both are called in the loop's thread
    void (*answered)(struct http_question *question);
    void (*release)(struct http_question *taken_question); // its end was told
};

struct http_question {
    struct mailbox_message message; // first
    const struct http_asker *asker;
    const void *listener;          // it came by; only to be compared
    bool is_over;                  // `end` is to be told, else it is asked
    bool was_asked;                // it was counted as live
    bool is_https;                 // it came by TLS
    bool is_path_broken;           // too long, or escapes that are none
    char path[CONTENT_PATH_BYTES]; // percent-decoded, may hold any byte; not canonical
    size_t path_length;
    char query[HTTP_QUERY_BYTES]; // as it came
    char token[HTTP_TOKEN_BYTES]; // a secret
    struct http_body *body;       // of a POST; NULL = none
    // the answer
    enum status status;
    struct content_node node;
    unsigned post_code; // 0 = it was no POST
    char *post_answer;  // NUL-terminated, ours, perhaps with secrets; NULL = none
    // the loop's
    struct content_waiter waiter; // while a source fetches what it asks for
    struct http_question *next_waiting;
    // what is told of it
    struct transfer_end end;
    int64_t started_us;
};

/// Fills path, query and `end.asked` from the target of the request line (`uri`), which may be absolute.
void http_question_set_target(struct http_question *question, const char *uri);

/// Takes the token out of an Authorization header's value ("Bearer TOKEN"; NULL = there is none). One that is
/// longer than any of ours is none.
void http_question_set_token(struct http_question *question, const char *authorization);

/// Fills in the addresses of both ends of `socket`.
void http_question_set_ends(struct http_question *question, int socket);

/// Fills `end` from the node that it is answered with.
void http_question_note_node(struct http_question *question, const struct content_node *node);

/// Wipes and frees what it holds, not itself.
void http_question_clear(struct http_question *question);
