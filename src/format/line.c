// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/line.h"

#include <string.h>

static bool line_is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r' ||
           character == '\v' || character == '\f';
}

bool line_next(struct reader *reader, struct line *line)
{
    size_t left = reader_left(reader);
    if (left == 0) {
        return false;
    }
    const uint8_t *end = memchr(reader->at, '\n', left);
    size_t length = end == NULL ? left : (size_t)(end - reader->at);
    line->text = (const char *)read_bytes(reader, length);
    line->length = length;
    line->number++;
    if (end != NULL) {
        read_skip(reader, 1);
    }
    if (length != 0 && line->text[length - 1] == '\r') {
        line->length--;
    }
    return true;
}

struct line line_trim(struct line line)
{
    while (line.length != 0 && line_is_blank(line.text[0])) {
        line.text++;
        line.length--;
    }
    while (line.length != 0 && line_is_blank(line.text[line.length - 1])) {
        line.length--;
    }
    return line;
}

enum status line_take_word(struct line *line, char *out, size_t out_bytes)
{
    *line = line_trim(*line);
    if (line->length == 0) {
        return STATUS_NOT_FOUND;
    }
    struct line word = *line;
    word.length = 0;
    while (word.length < line->length && !line_is_blank(line->text[word.length])) {
        word.length++;
    }
    line->text += word.length;
    line->length -= word.length;
    return line_copy(&word, out, out_bytes);
}

enum status line_copy(const struct line *line, char *out, size_t out_bytes)
{
    size_t fits = line->length < out_bytes ? line->length : out_bytes - 1;
    memcpy(out, line->text, fits);
    out[fits] = '\0';
    return fits == line->length ? STATUS_OK : STATUS_TOO_LONG;
}
