// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/cpio.h"

#include "base/writer.h"

#include <string.h>
#include <sys/stat.h>

#define NAME_BYTES_MOST 1000
#define HEADER_BYTES    110

static void write_hex(struct writer *writer, uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4) {
        write_u8(writer, (uint8_t) "0123456789abcdef"[value >> shift & 15]);
    }
}

// The fields in their order: magic, inode, mode, uid, gid, links, time, size, device, special device, name's
// length with its NUL, check sum. Everything is root's and from 1970: same files, same bytes.
static void write_header(struct writer *writer, const struct cpio_entry *entry, uint32_t name_bytes)
{
    const uint32_t fields[] = {entry->inode,
                               entry->mode,
                               0,
                               0,
                               S_ISDIR(entry->mode) ? 2 : 1,
                               0,
                               entry->bytes,
                               0,
                               0,
                               entry->device_major,
                               entry->device_minor,
                               name_bytes,
                               0};
    write_bytes(writer, "070701", 6);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        write_hex(writer, fields[i]);
    }
    write_string(writer, entry->name);
}

static size_t encode(const struct cpio_entry *entry, uint8_t out[CPIO_HEADER_BYTES_MOST])
{
    struct writer writer = writer_init(out, CPIO_HEADER_BYTES_MOST);
    write_header(&writer, entry, (uint32_t)strlen(entry->name) + 1);
    write_zeros(&writer, (4 - writer_length(&writer) % 4) % 4);
    assert(!writer.failed);
    return writer_length(&writer);
}

enum status cpio_encode(const struct cpio_entry *entry, uint8_t out[CPIO_HEADER_BYTES_MOST],
                        size_t *out_bytes)
{
    if (strlen(entry->name) > NAME_BYTES_MOST) {
        return STATUS_TOO_LONG;
    }
    *out_bytes = encode(entry, out);
    return STATUS_OK;
}

enum status cpio_encode_head(const struct cpio_entry *entry, uint8_t out[CPIO_HEAD_BYTES])
{
    struct writer writer = writer_init(out, CPIO_HEAD_BYTES);
    if (strlen(entry->name) > NAME_BYTES_MOST) {
        return STATUS_TOO_LONG;
    }
    write_header(&writer, entry, CPIO_HEAD_BYTES - HEADER_BYTES);
    write_zeros(&writer, CPIO_HEAD_BYTES - writer_length(&writer));
    assert(!writer.failed);
    return STATUS_OK;
}

void cpio_encode_end(uint8_t out[CPIO_HEADER_BYTES_MOST], size_t *out_bytes)
{
    const struct cpio_entry end = {.name = "TRAILER!!!"};
    *out_bytes = encode(&end, out);
}
