// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/inetd.h"

#include <string.h>

static const char OFF[] = "#<off>#";

struct inetd inetd_init(const char *text, size_t bytes)
{
    return (struct inetd){.reader = reader_init(text, bytes), .line = line_init()};
}

static enum status read_columns(struct line line, struct inetd_item *item)
{
    const struct {
        char *out;
        size_t bytes;
    } columns[] = {{item->service, sizeof item->service},   {item->socket_type, sizeof item->socket_type},
                   {item->protocol, sizeof item->protocol}, {item->wait, sizeof item->wait},
                   {item->user, sizeof item->user},         {item->program, sizeof item->program}};
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        enum status status = line_take_word(&line, columns[i].out, columns[i].bytes);
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? STATUS_MALFORMED : status;
        }
    }
    line = line_trim(line);
    return line_copy(&line, item->arguments, sizeof item->arguments);
}

bool inetd_next(struct inetd *inetd, struct inetd_item *item)
{
    while (line_next(&inetd->reader, &inetd->line)) {
        struct line line = line_trim(inetd->line);
        size_t off = strlen(OFF);
        *item = (struct inetd_item){.line = line.number};
        if (line.length > off && memcmp(line.text, OFF, off) == 0) {
            item->is_off = true;
            line = line_trim((struct line){line.text + off, line.length - off, line.number});
        }
        if (line.length != 0 && !line_starts(&line, '#')) {
            item->status = read_columns(line, item);
            return true;
        }
    }
    return false;
}
