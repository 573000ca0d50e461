// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP request on its way through libmicrohttpd: born in a serving thread, looked up in the loop,
// answered in the thread again, and told of in the loop when its last byte is gone.
#pragma once

#include "service/http_question.h"

#include <microhttpd.h>

struct http_daemon;

enum http_request_stage {
    HTTP_REQUEST_NEW,      // its headers are not read yet
    HTTP_REQUEST_READ,     // they are, and its body comes: of a POST gathered, else thrown away
    HTTP_REQUEST_ASKED,    // its connection is suspended until the loop looked its path up
    HTTP_REQUEST_FOUND,    // or not found: `question.status` tells
    HTTP_REQUEST_ANSWERED, // a response is on its way
    HTTP_REQUEST_OVER,
};

struct http_request {
    struct http_question question; // first
    enum http_request_stage stage;
    struct http_daemon *daemon; // gone once the request is over
    struct MHD_Connection *connection;
    bool is_head;
    struct http_answer answer;
    uint64_t acked_before; // bytes that the connection's client had acknowledged before this request
};

/// Queues what was answered to a POST, and wipes it when it is sent.
enum MHD_Result http_request_answer_post(struct http_request *request);

/// Notes how many bytes the connection carried before this request.
void http_request_count_from_here(struct http_request *request);

/// Decides the answer from the question's status, the node and the connection's headers, and queues the
/// response; the node's file or memory goes with it. Fills `answer`.
enum MHD_Result http_request_answer(struct http_request *request);

/// Queues a short text as response.
enum MHD_Result http_request_refuse(struct http_request *request, enum http_code code);

/// Fills the question's `end` when the connection is done with the request: outcome by answer and `reason`,
/// bytes by what the kernel knows of the connection.
void http_request_finish(struct http_request *request, enum MHD_RequestTerminationCode reason);
