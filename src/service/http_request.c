// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_request.h"

#include "base/text.h"
#include "io/heap.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PIECES_BLOCK_BYTES  (128 * 1024)
#define CONTENT_RANGE_BYTES 80

// The target.

static bool decode_path(struct http_request *request, const char *from, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        char character = from[i];
        if (count == sizeof request->path) {
            return false; // content takes no longer ones
        }
        if (character == '%') {
            bool is_whole = i + 2 < length;
            int high = is_whole ? text_parse_hex_digit(from[i + 1]) : -1;
            int low = is_whole ? text_parse_hex_digit(from[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            character = (char)(unsigned char)(high * 16 + low);
            i += 2;
        }
        request->path[count++] = character;
    }
    request->path_length = count;
    return true;
}

void http_request_set_target(struct http_request *request, const char *uri)
{
    bool is_absolute = text_starts(uri, "http://") || text_starts(uri, "https://");
    if (is_absolute) { // RFC 9112 section 3.2.2: servers must take it
        const char *slash = strchr(strstr(uri, "//") + 2, '/');
        uri = slash == NULL ? "/" : slash;
    }
    size_t length = strcspn(uri, "?#");
    struct text asked;
    text_init(&asked, request->end.asked, sizeof request->end.asked);
    text_add_bytes(&asked, uri, length);
    request->is_path_broken = !decode_path(request, uri, length);
    if (uri[length] == '?' &&
        text_copy(request->query, sizeof request->query, uri + length + 1) != STATUS_OK) {
        request->query[0] = '\0'; // half a query is worse than none
    }
}

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

static const char *refusal_text(enum http_code code)
{
    switch (code) {
    case HTTP_FORBIDDEN:
        return "403: this file is not for you\n";
    case HTTP_NOT_FOUND:
        return "404: there is no such file\n";
    case HTTP_METHOD_NOT_ALLOWED:
        return "405: imprint is read-only, GET and HEAD are served\n";
    case HTTP_CHANGED:
        return "412: the file changed\n";
    case HTTP_TOO_LARGE:
        return "413: that is more than any agent has to say\n";
    case HTTP_RANGE_UNSATISFIABLE:
        return "416: the file is shorter than that\n";
    case HTTP_BAD_GATEWAY:
        return "502: the server behind this mirror did not give the file; imprint mirror status tells why\n";
    case HTTP_STOPPING:
        return "503: the server is busy or stopping\n";
    case HTTP_GATEWAY_TIMEOUT:
        return "504: the server behind this mirror is too slow; imprint mirror status tells more\n";
    case HTTP_OK:
    case HTTP_PARTIAL:
    case HTTP_NOT_MODIFIED:
    case HTTP_ERROR:
        break;
    }
    return "500: the file cannot be read\n";
}

static struct MHD_Response *text_response(enum http_code code)
{
    const char *text = refusal_text(code);
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
    *pieces = (struct pieces){.node = request->node, .offset = answer->offset};
    request->node.fd = -1;
    request->node.extents = NULL;
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
    struct content_node *node = &request->node;
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

static void add_content_range(struct MHD_Response *response, const struct http_request *request)
{
    char text[CONTENT_RANGE_BYTES];
    const struct http_answer *answer = &request->answer;
    unsigned long long size = request->node.size;
    if (answer->code == HTTP_PARTIAL) {
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)answer->offset,
                 (unsigned long long)(answer->offset + answer->count - 1), size);
    } else {
        snprintf(text, sizeof text, "bytes */%llu", size);
    }
    add_header(response, "Content-Range", text);
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
        add_header(response, "Content-Type", request->node.type);
    }
    if (has_body || is_empty) {
        add_file_headers(response, &request->node);
    }
    if (code == HTTP_PARTIAL || code == HTTP_RANGE_UNSATISFIABLE) {
        add_content_range(response, request);
    }
    request->stage = HTTP_REQUEST_ANSWERED;
    return queue(request, code, response);
}

static const char *header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

void http_request_read_token(struct http_request *request)
{
    const char *value = header(request, "Authorization");
    static const char SCHEME[] = "bearer ";
    size_t length = sizeof SCHEME - 1;
    if (value == NULL || strncasecmp(value, SCHEME, length) != 0) { // RFC 9110 section 11.1: in any case
        return;
    }
    value += length + strspn(value + length, " ");
    if (text_copy(request->token, sizeof request->token, value) != STATUS_OK) {
        explicit_bzero(request->token, sizeof request->token);
    }
}

static void wipe_text(void *text)
{
    explicit_bzero(text, strlen(text));
    heap_free(text);
}

enum MHD_Result http_request_answer_post(struct http_request *request)
{
    char *text = request->post_answer == NULL ? heap_copy_text("{}") : request->post_answer;
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(strlen(text), text, wipe_text, text);
    request->post_answer = NULL;
    request->stage = HTTP_REQUEST_ANSWERED;
    request->answer = (struct http_answer){.code = HTTP_OK, .count = strlen(text)};
    if (response == NULL) {
        wipe_text(text);
        return MHD_NO;
    }
    add_header(response, "Content-Type", "application/json");
    add_header(response, "Cache-Control", "no-store");
    return queue(request, request->post_code, response);
}

static enum http_code refusal_code(const struct http_request *request)
{
    switch ((unsigned)request->status) {
    case STATUS_NOT_FOUND:
        return HTTP_NOT_FOUND;
    case STATUS_DENIED:
        return HTTP_FORBIDDEN;
    case STATUS_BUSY:
    case STATUS_WAITING: // and nobody waits for it any more
        return HTTP_STOPPING;
    case STATUS_AWAY:
        return reasons_has(&request->end.reasons, REASON_MIRROR_TIMEOUT) ? HTTP_GATEWAY_TIMEOUT
                                                                         : HTTP_BAD_GATEWAY;
    default:
        return HTTP_ERROR;
    }
}

enum MHD_Result http_request_answer(struct http_request *request)
{
    if (request->status != STATUS_OK) {
        return http_request_refuse(request, refusal_code(request));
    }
    struct http_conditions conditions = {.if_match = header(request, "If-Match"),
                                         .if_none_match = header(request, "If-None-Match"),
                                         .if_modified_since = header(request, "If-Modified-Since"),
                                         .if_unmodified_since = header(request, "If-Unmodified-Since"),
                                         .if_range = header(request, "If-Range"),
                                         .range = request->is_head ? NULL : header(request, "Range")};
    const struct content_node *node = &request->node;
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

static enum transfer_outcome outcome_of(const struct http_request *request)
{
    switch (request->answer.code) {
    case HTTP_OK:
    case HTTP_PARTIAL:
        return request->is_head ? TRANSFER_PROBED : TRANSFER_DONE;
    case HTTP_NOT_MODIFIED:
    case HTTP_CHANGED:
    case HTTP_RANGE_UNSATISFIABLE:
        return TRANSFER_PROBED;
    case HTTP_NOT_FOUND:
        return TRANSFER_NOT_FOUND;
    case HTTP_FORBIDDEN:
    case HTTP_METHOD_NOT_ALLOWED:
    case HTTP_TOO_LARGE:
        return TRANSFER_REFUSED;
    case HTTP_ERROR:
    case HTTP_BAD_GATEWAY:
    case HTTP_STOPPING:
    case HTTP_GATEWAY_TIMEOUT:
        break;
    }
    return TRANSFER_FAILED;
}

void http_request_finish(struct http_request *request, enum MHD_RequestTerminationCode reason)
{
    struct transfer_end *end = &request->end;
    bool has_body =
        (request->answer.code == HTTP_OK || request->answer.code == HTTP_PARTIAL) && !request->is_head;
    bool is_complete = reason == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    end->outcome = is_complete ? outcome_of(request) : broken_outcome(reason);
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
