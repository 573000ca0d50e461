// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_request.h"

#include "base/text.h"
#include "io/heap.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PIECES_BLOCK_BYTES (128 * 1024)

// Responses.

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value[0] != '\0') { // an empty value hangs older EDK2
        (void)MHD_add_response_header(response, name, value);
    }
}

static enum MHD_Result queue(const struct http_request *request, unsigned code,
                             struct MHD_Response *taken_response)
{
    if (taken_response == NULL) {
        return MHD_NO; // ends the connection
    }
    (void)MHD_set_response_options(taken_response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END);
    enum MHD_Result result = MHD_queue_response(request->connection, code, taken_response);
    MHD_destroy_response(taken_response);
    return result;
}

static struct MHD_Response *text_response(enum http_code code)
{
    const char *text = http_code_text(code);
    void *bytes;
    memcpy(&bytes, &text, sizeof bytes); // a static string; MHD knows no const and does not write
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), bytes, MHD_RESPMEM_PERSISTENT);
    if (response != NULL) {
        add_header(response, "Content-Type", "text/plain");
        add_header(response, "Cache-Control", "no-store");
    }
    return response;
}

enum MHD_Result http_request_refuse(struct http_request *request, enum http_code code)
{
    struct MHD_Response *response = text_response(code);
    if (response != NULL && code == HTTP_METHOD_NOT_ALLOWED) {
        add_header(response, "Allow", "GET, HEAD");
    }
    request->answer = (struct http_answer){.code = code};
    request->stage = HTTP_REQUEST_ANSWERED;
    return queue(request, code, response);
}

static void free_memory(void *memory)
{
    content_memory_free(memory);
}

// For MHD: bytes of a file that lies in several pieces. `context` is a copy of the node, which it owns.
struct pieces {
    struct content_node node;
    uint64_t offset;
};

static ssize_t read_pieces(void *context, uint64_t position, char *out, size_t most)
{
    struct pieces *pieces = context;
    int64_t count = content_node_read(&pieces->node, pieces->offset + position, out, most);
    return count > 0 ? (ssize_t)count : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_pieces(void *context)
{
    struct pieces *pieces = context;
    content_node_close(&pieces->node);
    heap_free(pieces);
}

static struct MHD_Response *pieces_response(struct http_request *request)
{
    const struct http_answer *answer = &request->answer;
    struct pieces *pieces = heap_new(sizeof *pieces);
    *pieces = (struct pieces){.node = request->question.node, .offset = answer->offset};
    request->question.node.fd = -1;
    request->question.node.extents = NULL;
    struct MHD_Response *response = MHD_create_response_from_callback(answer->count, PIECES_BLOCK_BYTES,
                                                                      read_pieces, pieces, free_pieces);
    if (response == NULL) {
        free_pieces(pieces);
    }
    return response;
}

// The response takes the node's file or memory along.
static struct MHD_Response *body_response(struct http_request *request)
{
    struct content_node *node = &request->question.node;
    const struct http_answer *answer = &request->answer;
    struct MHD_Response *response;
    if (node->memory == NULL) {
        uint64_t at;
        if (answer->count > content_node_find(node, answer->offset, &at)) {
            return pieces_response(request);
        }
        response = MHD_create_response_from_fd_at_offset64(answer->count, node->fd, at);
        node->fd = response != NULL ? -1 : node->fd;
        return response;
    }
    void *bytes;
    const uint8_t *first = node->bytes + answer->offset;
    memcpy(&bytes, &first, sizeof bytes); // MHD knows no const and does not write
    response = MHD_create_response_from_buffer_with_free_callback_cls((size_t)answer->count, bytes,
                                                                      free_memory, node->memory);
    node->memory = response != NULL ? NULL : node->memory;
    return response;
}

static void add_file_headers(struct MHD_Response *response, const struct content_node *node)
{
    char date[HTTP_DATE_BYTES];
    add_header(response, "Accept-Ranges", "bytes");
    add_header(response, "ETag", node->etag);
    if (node->modified_s > 0) {
        add_header(response, "Last-Modified", http_date_print(node->modified_s, date));
    }
    if (node->is_private) {
        add_header(response, "Cache-Control", "no-store");
    }
}

static enum MHD_Result answer_file(struct http_request *request)
{
    enum http_code code = request->answer.code;
    bool has_body = code == HTTP_OK || code == HTTP_PARTIAL;
    bool is_empty = code == HTTP_NOT_MODIFIED;
    struct MHD_Response *response = has_body ? body_response(request)
                                    : is_empty
                                        ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                                        : text_response(code);
    if (response == NULL) {
        return MHD_NO;
    }
    if (has_body) {
        add_header(response, "Content-Type", request->question.node.type);
    }
    if (has_body || is_empty) {
        add_file_headers(response, &request->question.node);
    }
    if (code == HTTP_PARTIAL || code == HTTP_RANGE_UNSATISFIABLE) {
        char range[HTTP_CONTENT_RANGE_BYTES];
        add_header(response, "Content-Range",
                   http_content_range_print(&request->answer, request->question.node.size, range));
    }
    request->stage = HTTP_REQUEST_ANSWERED;
    return queue(request, code, response);
}

static const char *header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static void wipe_text(void *text)
{
    explicit_bzero(text, strlen(text));
    heap_free(text);
}

enum MHD_Result http_request_answer_post(struct http_request *request)
{
    char *text = request->question.post_answer == NULL ? heap_copy_text("{}") : request->question.post_answer;
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(strlen(text), text, wipe_text, text);
    request->question.post_answer = NULL;
    request->stage = HTTP_REQUEST_ANSWERED;
    request->answer = (struct http_answer){.code = HTTP_OK, .count = strlen(text)};
    if (response == NULL) {
        wipe_text(text);
        return MHD_NO;
    }
    add_header(response, "Content-Type", "application/json");
    add_header(response, "Cache-Control", "no-store");
    return queue(request, request->question.post_code, response);
}

enum MHD_Result http_request_answer(struct http_request *request)
{
    if (request->question.status != STATUS_OK) {
        return http_request_refuse(request,
                                   http_code_from(request->question.status, &request->question.end.reasons));
    }
    struct http_conditions conditions = {.if_match = header(request, "If-Match"),
                                         .if_none_match = header(request, "If-None-Match"),
                                         .if_modified_since = header(request, "If-Modified-Since"),
                                         .if_unmodified_since = header(request, "If-Unmodified-Since"),
                                         .if_range = header(request, "If-Range"),
                                         .range = request->is_head ? NULL : header(request, "Range")};
    const struct content_node *node = &request->question.node;
    request->answer = http_answer_decide(node->size, node->etag, node->modified_s, &conditions);
    return answer_file(request);
}

// The end.

static uint64_t acked_bytes(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct tcp_info tcp = {0};
    socklen_t length = sizeof tcp;
    if (info == NULL || getsockopt(info->connect_fd, IPPROTO_TCP, TCP_INFO, &tcp, &length) != 0) {
        return 0;
    }
    return tcp.tcpi_bytes_acked;
}

void http_request_count_from_here(struct http_request *request)
{
    request->acked_before = acked_bytes(request->connection);
}

static enum transfer_outcome broken_outcome(enum MHD_RequestTerminationCode reason)
{
    switch (reason) {
    case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
        return TRANSFER_TIMEOUT;
    case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
        return TRANSFER_FAILED;
    case MHD_REQUEST_TERMINATED_COMPLETED_OK:
    case MHD_REQUEST_TERMINATED_WITH_ERROR:
    case MHD_REQUEST_TERMINATED_READ_ERROR:
    case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
        break;
    }
    return TRANSFER_ABORTED;
}

void http_request_finish(struct http_request *request, enum MHD_RequestTerminationCode reason)
{
    struct transfer_end *end = &request->question.end;
    bool has_body =
        (request->answer.code == HTTP_OK || request->answer.code == HTTP_PARTIAL) && !request->is_head;
    bool is_complete = reason == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    end->outcome =
        is_complete ? http_code_outcome(request->answer.code, request->is_head) : broken_outcome(reason);
    end->offset = request->answer.offset;
    if (has_body && is_complete) {
        end->sent = request->answer.count;
    } else if (has_body) { // with its headers: a few hundred bytes too many
        uint64_t acked = acked_bytes(request->connection);
        uint64_t sent = acked > request->acked_before ? acked - request->acked_before : 0;
        end->sent = sent < request->answer.count ? sent : request->answer.count;
    }
    transfer_add_reason(end);
    request->stage = HTTP_REQUEST_OVER;
}
