// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_question.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/socket_address.h"
#include "service/http_body.h"

#include <string.h>
#include <strings.h>

static bool decode_path(struct http_question *question, const char *from, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        char character = from[i];
        if (count == sizeof question->path) {
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
        question->path[count++] = character;
    }
    question->path_length = count;
    return true;
}

void http_question_set_target(struct http_question *question, const char *uri)
{
    bool is_absolute = text_starts(uri, "http://") || text_starts(uri, "https://");
    if (is_absolute) { // RFC 9112 section 3.2.2: servers must take it
        const char *slash = strchr(strstr(uri, "//") + 2, '/');
        uri = slash == NULL ? "/" : slash;
    }
    size_t length = strcspn(uri, "?#");
    struct text asked;
    text_init(&asked, question->end.asked, sizeof question->end.asked);
    text_add_bytes(&asked, uri, length);
    question->is_path_broken = !decode_path(question, uri, length);
    if (uri[length] == '?' &&
        text_copy(question->query, sizeof question->query, uri + length + 1) != STATUS_OK) {
        question->query[0] = '\0'; // half a query is worse than none
    }
}

void http_question_set_token(struct http_question *question, const char *authorization)
{
    static const char SCHEME[] = "bearer ";
    size_t length = sizeof SCHEME - 1;
    if (authorization == NULL ||
        strncasecmp(authorization, SCHEME, length) != 0) { // RFC 9110 section 11.1: in any case
        return;
    }
    const char *token = authorization + length + strspn(authorization + length, " ");
    if (text_copy(question->token, sizeof question->token, token) != STATUS_OK) {
        explicit_bzero(question->token, sizeof question->token);
    }
}

void http_question_set_ends(struct http_question *question, int socket)
{
    union socket_address address;
    socklen_t length = sizeof address;
    if (getpeername(socket, &address.any, &length) == 0) {
        question->end.client = socket_address_ip(&address);
        question->end.client_port = socket_address_port(&address);
    }
    length = sizeof address;
    if (getsockname(socket, &address.any, &length) == 0) {
        question->end.server = socket_address_ip(&address);
    }
}

void http_question_note_node(struct http_question *question, const struct content_node *node)
{
    struct transfer_end *end = &question->end;
    (void)text_copy(end->served, sizeof end->served, node->path);
    end->size = node->size;
    end->part = node->part;
    end->machine_id = node->machine_id;
    end->order_id = node->order_id;
}

void http_question_clear(struct http_question *question)
{
    http_body_free(question->body);
    question->body = NULL;
    if (question->post_answer != NULL) {
        explicit_bzero(question->post_answer, strlen(question->post_answer));
        heap_free(question->post_answer);
        question->post_answer = NULL;
    }
    content_node_close(&question->node);
    explicit_bzero(question->token, sizeof question->token);
}
