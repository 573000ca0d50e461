// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/http_reply.h"

#include "base/text.h"

#include <string.h>

static void add_field(struct text *text, const char *name, const char *value)
{
    if (value[0] != '\0') { // an empty value hangs older EDK2
        text_add(text, name);
        text_add(text, value);
        text_add(text, "\r\n");
    }
}

static void add_file(struct text *text, const struct content_node *node)
{
    char date[HTTP_DATE_BYTES];
    text_add(text, "Accept-Ranges: bytes\r\n");
    add_field(text, "ETag: ", node->etag);
    if (node->modified_s > 0) {
        add_field(text, "Last-Modified: ", http_date_print(node->modified_s, date));
    }
    if (node->is_private) {
        text_add(text, "Cache-Control: no-store\r\n");
    }
}

static void add_length(struct text *text, uint64_t bytes)
{
    char digits[24];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + bytes % 10);
        bytes /= 10;
    } while (bytes != 0);
    add_field(text, "Content-Length: ", at);
}

size_t http_reply_print(const struct http_reply *reply, char out[HTTP_REPLY_BYTES])
{
    const struct http_answer *answer = &reply->answer;
    bool has_file = answer->code == HTTP_OK || answer->code == HTTP_PARTIAL;
    bool has_text = !has_file && answer->code != HTTP_NOT_MODIFIED;
    char date[HTTP_DATE_BYTES];
    struct text text;
    text_init(&text, out, HTTP_REPLY_BYTES);
    text_add_format(&text, "HTTP/1.1 %03u ", (unsigned)answer->code);
    text_add(&text, http_code_phrase(answer->code));
    add_field(&text, "\r\nDate: ", http_date_print(reply->unix_s, date));
    text_add(&text, reply->keeps ? "Connection: Keep-Alive\r\n" : "Connection: close\r\n");
    if (has_text) {
        text_add(&text, "Content-Type: text/plain\r\nCache-Control: no-store\r\n");
        add_length(&text, strlen(http_code_text(answer->code)));
    } else {
        add_field(&text, "Content-Type: ", has_file ? reply->node->type : "");
        add_file(&text, reply->node);
    }
    if (answer->code == HTTP_PARTIAL || answer->code == HTTP_RANGE_UNSATISFIABLE) {
        char range[HTTP_CONTENT_RANGE_BYTES];
        add_field(&text, "Content-Range: ", http_content_range_print(answer, reply->node->size, range));
    }
    if (has_file) {
        add_length(&text, answer->count);
    }
    text_add(&text, "\r\n");
    text_add(&text, has_text && !reply->is_head ? http_code_text(answer->code) : "");
    assert(!text.cut);
    return text.length;
}
