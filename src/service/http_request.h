// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP request on its way: born in a serving thread, looked up in the loop, answered in the thread again,
// and told of in the loop when its last byte is gone.
#pragma once

#include "io/mailbox.h"
#include "service/http_answer.h"
#include "service/transfer.h"

#include <microhttpd.h>

#define HTTP_QUERY_BYTES 1024
#define HTTP_TOKEN_BYTES 80 // of an Authorization header

struct http_body;
struct http_listener;

enum http_request_stage {
    HTTP_REQUEST_NEW,      // its headers are not read yet
    HTTP_REQUEST_READ,     // they are, and its body comes: of a POST gathered, else thrown away
    HTTP_REQUEST_ASKED,    // its connection is suspended until the loop looked its path up
    HTTP_REQUEST_FOUND,    // or not found: `status` tells
    HTTP_REQUEST_ANSWERED, // a response is on its way
    HTTP_REQUEST_OVER,
};

struct http_request {
    struct mailbox_message message; // first
    enum http_request_stage stage;
    struct http_listener *listener; // gone once the request is over
    struct MHD_Connection *connection;
    char path[CONTENT_PATH_BYTES]; // percent-decoded, may hold any byte; not canonical
    size_t path_length;
    char query[HTTP_QUERY_BYTES]; // as it came
    bool is_path_broken;          // too long, or escapes that are none
    bool is_head;
    bool was_asked; // the loop counted it
    enum status status;
    char token[HTTP_TOKEN_BYTES]; // a secret
    struct http_body *body;       // of a POST; NULL = none wanted
    unsigned post_code;           // the answer to it
    char *post_answer;            // NUL-terminated, ours, perhaps with secrets; NULL = none
    struct content_waiter waiter; // while a source fetches what it asks for; the loop's
    struct http_request *next_waiting;
    struct content_node node;
    struct http_answer answer;
    struct transfer_end end;
    int64_t started_us;
    uint64_t acked_before; // bytes that the connection's client had acknowledged before this request
};

/// Fills path and query from the target of the request line (`uri`), which may be absolute.
void http_request_set_target(struct http_request *request, const char *uri);

/// Takes the token out of the headers: "Authorization: Bearer TOKEN". One that is longer than any of ours is
/// none.
void http_request_read_token(struct http_request *request);

/// Queues what was answered to a POST, and wipes it when it is sent.
enum MHD_Result http_request_answer_post(struct http_request *request);

/// Notes how many bytes the connection carried before this request.
void http_request_count_from_here(struct http_request *request);

/// Decides the answer from `status`, the node and the connection's headers, and queues the response; the
/// node's file or memory goes with it. Fills `answer`.
enum MHD_Result http_request_answer(struct http_request *request);

/// Queues a short text as response.
enum MHD_Result http_request_refuse(struct http_request *request, enum http_code code);

/// Fills `end` when the connection is done with the request: outcome by answer and `reason`, bytes by what
/// the kernel knows of the connection.
void http_request_finish(struct http_request *request, enum MHD_RequestTerminationCode reason);
