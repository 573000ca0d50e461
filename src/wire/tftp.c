// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/tftp.h"

#include "base/reader.h"
#include "base/writer.h"

#include <string.h>

#define NUMBER_BYTES    21 // of a 64-bit number as text, with its NUL
#define MULTICAST_BYTES 24 // "255.255.255.255,65535,1" with its NUL

struct option_row {
    const char *name;
    uint64_t least;
    uint64_t most;
    bool is_lowered; // above `most` it counts as `most`: the server may answer less
};

static const struct option_row OPTIONS[TFTP_OPTION_COUNT] = {
    [TFTP_OPTION_BLKSIZE] = {"blksize", TFTP_LEAST_BLOCK_BYTES, TFTP_MOST_BLOCK_BYTES, true}, // RFC 2348
    [TFTP_OPTION_TIMEOUT] = {"timeout", 1, 255, false},                                       // RFC 2349
    [TFTP_OPTION_TSIZE] = {"tsize", 0, UINT64_MAX, false},                                    // RFC 2349
    [TFTP_OPTION_WINDOWSIZE] = {"windowsize", 1, TFTP_MOST_WINDOW_BLOCKS, true},              // RFC 7440
    [TFTP_OPTION_MULTICAST] = {"multicast", 0, 0, false},                                     // RFC 2090
    [TFTP_OPTION_ROLLOVER] = {"rollover", 0, UINT16_MAX, false},                              // tftp-hpa
    [TFTP_OPTION_MSFTWINDOW] = {"msftwindow", 1, UINT16_MAX, false},
    [TFTP_OPTION_BLKSIZE2] = {"blksize2", TFTP_LEAST_BLOCK_BYTES, TFTP_MOST_BLOCK_BYTES, true}, // tftp-hpa
    [TFTP_OPTION_UTIMEOUT] = {"utimeout", 10000, 255000000, false},                             // tftp-hpa
};

static const char *const MODES[] = {
    [TFTP_MODE_OTHER] = "other",
    [TFTP_MODE_OCTET] = "octet",
    [TFTP_MODE_NETASCII] = "netascii",
    [TFTP_MODE_MAIL] = "mail",
};

const char *tftp_option_name(enum tftp_option option)
{
    assert((size_t)option < COUNT_OF(OPTIONS));
    return OPTIONS[option].name;
}

const char *tftp_mode_name(enum tftp_mode mode)
{
    assert((size_t)mode < COUNT_OF(MODES));
    return MODES[mode];
}

const char *tftp_error_name(uint16_t error)
{
    static const char *const NAMES[] = {
        [TFTP_ERROR_NOT_DEFINED] = "Not defined",
        [TFTP_ERROR_FILE_NOT_FOUND] = "File not found",
        [TFTP_ERROR_ACCESS_VIOLATION] = "Access violation",
        [TFTP_ERROR_DISK_FULL] = "Disk full or allocation exceeded",
        [TFTP_ERROR_ILLEGAL_OPERATION] = "Illegal TFTP operation",
        [TFTP_ERROR_UNKNOWN_TRANSFER] = "Unknown transfer ID",
        [TFTP_ERROR_FILE_EXISTS] = "File already exists",
        [TFTP_ERROR_NO_SUCH_USER] = "No such user",
        [TFTP_ERROR_OPTION_NEGOTIATION] = "Option negotiation failure",
    };
    return error < COUNT_OF(NAMES) ? NAMES[error] : "Unknown error";
}

void tftp_options_put(struct tftp_options *options, enum tftp_option option, uint64_t value)
{
    assert((size_t)option < COUNT_OF(OPTIONS));
    if (!options->has[option]) {
        options->has[option] = true;
        options->order[options->count++] = (uint8_t)option;
    }
    options->value[option] = value;
}

// The part of "addr,port,mc" before the next comma or the end; NULL when it is longer than any can be.
static const char *multicast_part(const char **at, char part[IP4_TEXT_BYTES])
{
    size_t length = strcspn(*at, ",");
    if (length >= IP4_TEXT_BYTES) {
        return NULL;
    }
    memcpy(part, *at, length);
    part[length] = '\0';
    *at += length;
    return part;
}

// RFC 2090: "addr,port,mc"; the first two may be empty.
static bool multicast_decode(const char *text, struct tftp_multicast *multicast)
{
    char part[IP4_TEXT_BYTES];
    uint64_t port = 0;
    uint64_t is_master = 0;
    struct ip4 group = {0};
    if (multicast_part(&text, part) == NULL || *text++ != ',' ||
        (part[0] != '\0' && ip4_parse(part, &group) != STATUS_OK)) {
        return false;
    }
    if (multicast_part(&text, part) == NULL || *text++ != ',' ||
        (part[0] != '\0' && text_parse_u64(part, UINT16_MAX, &port) != STATUS_OK)) {
        return false;
    }
    if (text_parse_u64(text, 1, &is_master) != STATUS_OK) {
        return false;
    }
    *multicast = (struct tftp_multicast){.group = group, .port = (uint16_t)port, .is_master = is_master == 1};
    return true;
}

// Puts one option as the peer spelled it; false when it is not ours, no number, out of range or a repeat.
static bool option_decode(const char *name, const char *number, bool is_request, struct tftp_options *options)
{
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        uint64_t value = 0;
        if (!text_equal_nocase(name, OPTIONS[i].name)) {
            continue;
        }
        if (options->has[i]) {
            return false;
        }
        if (i == TFTP_OPTION_MULTICAST) {
            if (!is_request && !multicast_decode(number, &options->multicast)) {
                return false;
            }
        } else if (text_parse_u64(number, UINT64_MAX, &value) != STATUS_OK || value < OPTIONS[i].least ||
                   (value > OPTIONS[i].most && !OPTIONS[i].is_lowered)) {
            return false;
        }
        tftp_options_put(options, (enum tftp_option)i, value > OPTIONS[i].most ? OPTIONS[i].most : value);
        return true;
    }
    return false;
}

// Reads name and value pairs as long as they are complete; ROMs leave junk behind the last one.
static void options_decode(struct reader *reader, bool is_request, struct tftp_options *options)
{
    while (reader_left(reader) > 0 && options->unknown < TFTP_UNKNOWN_OPTIONS_MOST) {
        const char *name = read_string(reader, NULL);
        const char *number = read_string(reader, NULL);
        if (number == NULL) {
            return;
        }
        if (!option_decode(name, number, is_request, options)) {
            options->unknown++;
        }
    }
}

static enum tftp_mode mode_decode(const char *mode)
{
    for (size_t i = TFTP_MODE_OCTET; i < COUNT_OF(MODES); i++) {
        if (text_equal_nocase(mode, MODES[i])) {
            return (enum tftp_mode)i;
        }
    }
    return TFTP_MODE_OTHER;
}

static enum status request_decode(struct reader *reader, struct tftp_packet *packet, struct problem *problem)
{
    packet->name = read_string(reader, &packet->name_length);
    const char *mode = read_string(reader, NULL);
    if (reader->failed) {
        problem_set(problem, "a TFTP request ends before its file name and mode do");
        return STATUS_MALFORMED;
    }
    if (packet->name_length > TFTP_NAME_BYTES) {
        problem_set(problem,
                    "a TFTP request asks for a file name of %zu bytes, more than the %d that imprint takes",
                    packet->name_length, TFTP_NAME_BYTES);
        return STATUS_TOO_LONG;
    }
    packet->mode = mode_decode(mode);
    options_decode(reader, true, &packet->options);
    return STATUS_OK;
}

static enum status body_decode(struct reader *reader, struct tftp_packet *packet, struct problem *problem)
{
    switch (packet->operation) {
    case TFTP_READ_REQUEST:
    case TFTP_WRITE_REQUEST:
        return request_decode(reader, packet, problem);
    case TFTP_DATA:
        packet->block = read_be16(reader);
        packet->data_bytes = reader_left(reader);
        packet->data = read_bytes(reader, packet->data_bytes);
        break;
    case TFTP_ACK:
        packet->block = read_be16(reader);
        packet->ack_window = reader_left(reader) > 0 ? read_u8(reader) : 0;
        break;
    case TFTP_ERROR:
        packet->error = read_be16(reader);
        packet->error_text_length = strnlen((const char *)reader->at, reader_left(reader));
        packet->error_text = (const char *)read_bytes(reader, packet->error_text_length);
        break;
    case TFTP_OACK:
        options_decode(reader, false, &packet->options);
        return STATUS_OK;
    default:
        problem_set(problem, "a TFTP packet has the unknown operation %u", (unsigned)packet->operation);
        return STATUS_MALFORMED;
    }
    if (reader->failed) {
        problem_set(problem, "a TFTP packet is shorter than its header of %d bytes", TFTP_HEADER_BYTES);
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status tftp_decode(const void *bytes, size_t count, struct tftp_packet *out, struct problem *problem)
{
    struct reader reader = reader_init(bytes, count);
    struct tftp_packet packet = {.operation = (enum tftp_operation)read_be16(&reader)};
    enum status status = body_decode(&reader, &packet, problem);
    if (status == STATUS_OK) {
        *out = packet;
    }
    return status;
}

void tftp_encode_data_header(uint16_t block, uint8_t out[TFTP_HEADER_BYTES])
{
    out[0] = 0; // plain stores and no writer: this is done for each block that leaves
    out[1] = TFTP_DATA;
    out[2] = (uint8_t)(block >> 8);
    out[3] = (uint8_t)block;
}

void tftp_encode_ack(uint16_t block, uint8_t out[TFTP_HEADER_BYTES])
{
    struct writer writer = writer_init(out, TFTP_HEADER_BYTES);
    write_be16(&writer, TFTP_ACK);
    write_be16(&writer, block);
}

void tftp_encode_ack_window(uint16_t block, uint8_t window, uint8_t out[TFTP_ACK_WINDOW_BYTES])
{
    tftp_encode_ack(block, out);
    out[TFTP_HEADER_BYTES] = window;
}

static enum status writer_finish(const struct writer *writer, size_t *written)
{
    if (writer->failed) {
        return STATUS_TOO_LONG;
    }
    *written = writer_length(writer);
    return STATUS_OK;
}

enum status tftp_encode_error(enum tftp_error error, const char *text, void *out, size_t out_bytes,
                              size_t *written)
{
    struct writer writer = writer_init(out, out_bytes);
    write_be16(&writer, TFTP_ERROR);
    write_be16(&writer, (uint16_t)error);
    write_bytes(&writer, text, strnlen(text, TFTP_ERROR_TEXT_BYTES - 1));
    write_u8(&writer, 0);
    return writer_finish(&writer, written);
}

static void multicast_print(const struct tftp_multicast *multicast, struct text *text)
{
    char group[IP4_TEXT_BYTES];
    if (multicast->group.value != 0) {
        text_add(text, ip4_print(multicast->group, group));
    }
    text_add_char(text, ',');
    if (multicast->port != 0) {
        text_add_format(text, "%u", multicast->port);
    }
    text_add(text, multicast->is_master ? ",1" : ",0");
}

// The value of one option as it stands on the wire; a request's multicast has none.
static void value_print(const struct tftp_options *options, uint8_t option, bool is_request,
                        struct text *text)
{
    if (option != TFTP_OPTION_MULTICAST) {
        text_add_format(text, "%llu", (unsigned long long)options->value[option]);
    } else if (!is_request) {
        multicast_print(&options->multicast, text);
    }
}

static void options_encode(const struct tftp_options *options, bool is_request, struct writer *writer)
{
    for (size_t i = 0; i < options->count; i++) {
        char value[NUMBER_BYTES > MULTICAST_BYTES ? NUMBER_BYTES : MULTICAST_BYTES];
        struct text text;
        text_init(&text, value, sizeof value);
        value_print(options, options->order[i], is_request, &text);
        write_string(writer, OPTIONS[options->order[i]].name);
        write_string(writer, value);
    }
}

enum status tftp_encode_oack(const struct tftp_options *options, void *out, size_t out_bytes, size_t *written)
{
    struct writer writer = writer_init(out, out_bytes);
    write_be16(&writer, TFTP_OACK);
    options_encode(options, false, &writer);
    return writer_finish(&writer, written);
}

enum status tftp_encode_request(const struct tftp_packet *packet, void *out, size_t out_bytes,
                                size_t *written)
{
    struct writer writer = writer_init(out, out_bytes);
    write_be16(&writer, (uint16_t)packet->operation);
    write_string(&writer, packet->name);
    write_string(&writer, tftp_mode_name(packet->mode));
    options_encode(&packet->options, true, &writer);
    return writer_finish(&writer, written);
}

static void options_print(const struct tftp_options *options, bool is_request, struct text *text)
{
    for (size_t i = 0; i < options->count; i++) {
        text_add_format(text, " %s=", OPTIONS[options->order[i]].name);
        value_print(options, options->order[i], is_request, text);
    }
    if (options->unknown != 0) {
        text_add_format(text, " and %u left out", options->unknown);
    }
}

void tftp_print(const struct tftp_packet *packet, struct text *text)
{
    switch (packet->operation) {
    case TFTP_READ_REQUEST:
    case TFTP_WRITE_REQUEST:
        text_add(text, packet->operation == TFTP_READ_REQUEST ? "RRQ \"" : "WRQ \"");
        text_add_escaped(text, packet->name, packet->name_length);
        text_add_format(text, "\" %s", tftp_mode_name(packet->mode));
        options_print(&packet->options, true, text);
        break;
    case TFTP_DATA:
        text_add_format(text, "DATA block %u, %zu bytes", packet->block, packet->data_bytes);
        break;
    case TFTP_ACK:
        text_add_format(text, "ACK block %u", packet->block);
        if (packet->ack_window != 0) {
            text_add_format(text, ", next window %u", packet->ack_window);
        }
        break;
    case TFTP_ERROR:
        text_add_format(text, "ERROR %u (%s) \"", packet->error, tftp_error_name(packet->error));
        text_add_escaped(text, packet->error_text, packet->error_text_length);
        text_add_char(text, '"');
        break;
    case TFTP_OACK:
        text_add(text, "OACK");
        options_print(&packet->options, false, text);
        break;
    }
}
