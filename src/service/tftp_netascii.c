// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_netascii.h"

#include "io/heap.h"

size_t tftp_netascii_bytes(const uint8_t *text, size_t bytes)
{
    size_t count = bytes;
    for (size_t i = 0; i < bytes; i++) {
        count += text[i] == '\n' || text[i] == '\r' ? 1 : 0;
    }
    return count;
}

void tftp_netascii_encode(const uint8_t *text, size_t bytes, uint8_t *out)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n') {
            *out++ = '\r';
            *out++ = '\n';
        } else if (text[i] == '\r') {
            *out++ = '\r';
            *out++ = '\0';
        } else {
            *out++ = text[i];
        }
    }
}

enum status tftp_netascii_convert(struct content_node *node, size_t most)
{
    if (node->size > most) {
        return STATUS_TOO_LONG;
    }
    size_t bytes = (size_t)node->size;
    uint8_t *text = heap_new(bytes);
    enum status status = content_node_read(node, 0, text, bytes) == (int64_t)bytes ? STATUS_OK : STATUS_IO;
    size_t converted_bytes = tftp_netascii_bytes(text, bytes);
    if (status == STATUS_OK && converted_bytes > most) {
        status = STATUS_TOO_LONG;
    }
    if (status == STATUS_OK) {
        uint8_t *converted = heap_new(converted_bytes);
        tftp_netascii_encode(text, bytes, converted);
        struct content_node whole = *node; // name, owner and part stay
        content_node_close(node);
        content_node_set_memory(&whole, converted, converted_bytes);
        *node = whole;
        heap_free(converted);
    }
    heap_free(text);
    return status;
}
