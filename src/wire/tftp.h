// SPDX-License-Identifier: GPL-3.0-or-later
// TFTP packets (RFC 1350, 2090, 2347, 2348, 2349, 7440, tftp-hpa's and Microsoft's own options): bytes to a
// packet and back. Negotiation, windows and timers belong to session/tftp; what a file name means belongs to
// content.
#pragma once

#include "base/addr.h"
#include "base/problem.h"
#include "base/text.h"

#define TFTP_PORT                 69
#define TFTP_HEADER_BYTES         4   // of DATA, ACK and ERROR
#define TFTP_NAME_BYTES           512 // of a file name that we are willing to take, without its NUL
#define TFTP_DEFAULT_BLOCK_BYTES  512
#define TFTP_LEAST_BLOCK_BYTES    8
#define TFTP_MOST_BLOCK_BYTES     65464
#define TFTP_MOST_WINDOW_BLOCKS   65535
#define TFTP_ERROR_TEXT_BYTES     128 // of an error text that we send, with its NUL
#define TFTP_REQUEST_BYTES        1024 // enough for any OACK or ERROR we send, and any request with such a name
#define TFTP_UNKNOWN_OPTIONS_MOST 64   // counted; then the rest of the request is not looked at
#define TFTP_ACK_WINDOW_BYTES     5    // of an ACK that names the next window (msftwindow)
#define TFTP_MSFTWINDOW_ASKED     31416 // the digits of pi ...
#define TFTP_MSFTWINDOW_GRANTED   27182 // ... answered by those of e

enum tftp_operation {
    TFTP_READ_REQUEST = 1,
    TFTP_WRITE_REQUEST = 2,
    TFTP_DATA = 3,
    TFTP_ACK = 4,
    TFTP_ERROR = 5,
    TFTP_OACK = 6
};

enum tftp_error {
    TFTP_ERROR_NOT_DEFINED = 0, // also "I have what I wanted": a size probe ends with it
    TFTP_ERROR_FILE_NOT_FOUND = 1,
    TFTP_ERROR_ACCESS_VIOLATION = 2,
    TFTP_ERROR_DISK_FULL = 3,
    TFTP_ERROR_ILLEGAL_OPERATION = 4,
    TFTP_ERROR_UNKNOWN_TRANSFER = 5,
    TFTP_ERROR_FILE_EXISTS = 6,
    TFTP_ERROR_NO_SUCH_USER = 7,
    TFTP_ERROR_OPTION_NEGOTIATION = 8 // EDK2 ends its size probe with it
};

enum tftp_mode { TFTP_MODE_OTHER, TFTP_MODE_OCTET, TFTP_MODE_NETASCII, TFTP_MODE_MAIL };

enum tftp_option {
    TFTP_OPTION_BLKSIZE,
    TFTP_OPTION_TIMEOUT,
    TFTP_OPTION_TSIZE,
    TFTP_OPTION_WINDOWSIZE,
    TFTP_OPTION_MULTICAST,  // RFC 2090
    TFTP_OPTION_ROLLOVER,   // tftp-hpa: the number behind 65535
    TFTP_OPTION_MSFTWINDOW, // Windows loaders: every ACK has a fifth byte, the next window
    TFTP_OPTION_BLKSIZE2,   // tftp-hpa: a block size that is a power of two
    TFTP_OPTION_UTIMEOUT,   // tftp-hpa: timeout in microseconds
    TFTP_OPTION_COUNT
};

// "addr,port,mc" of an OACK (RFC 2090). Address and port may be left out: what was said before holds.
struct tftp_multicast {
    struct ip4 group; // 0 = left out
    uint16_t port;    // 0 = left out
    bool is_master;   // mc: this client acknowledges, the others listen
};

// The options of a request or an OACK. `order` has those that are set, as they came.
struct tftp_options {
    uint8_t count;
    uint8_t unknown; // options left out: names not ours, values that are no number or out of range, repeats
    uint8_t order[TFTP_OPTION_COUNT];
    bool has[TFTP_OPTION_COUNT];
    uint64_t value[TFTP_OPTION_COUNT]; // bytes, seconds, bytes, blocks; of multicast nothing
    struct tftp_multicast multicast;   // of an OACK
};

struct tftp_packet {
    enum tftp_operation operation;
    // requests
    const char *name;   // borrowed from the datagram, NUL-terminated
    size_t name_length; // at most TFTP_NAME_BYTES
    enum tftp_mode mode;
    struct tftp_options options; // OACK too
    // DATA and ACK
    uint16_t block;
    uint8_t ack_window;  // ACK: its fifth byte, the next window where msftwindow is granted; 0 = none
    const uint8_t *data; // DATA: borrowed
    size_t data_bytes;
    // ERROR
    uint16_t error;         // enum tftp_error, or what the peer made up
    const char *error_text; // borrowed, not NUL-terminated
    size_t error_text_length;
};

/// Reads one datagram. `*out` borrows from `bytes` and is untouched unless OK. Tolerates what real ROMs send:
/// any case, junk after the last complete option, bytes after an ACK, an ERROR without NUL. An option whose
/// value is not a decimal number, or lies outside its RFC's range, is left out (blksize above 65464 and
/// windowsize above 65535 are lowered, which the RFCs let a server do). What a request says behind multicast
/// is not looked at (RFC 2090 leaves it empty); in an OACK it is "addr,port,mc". STATUS_MALFORMED (with
/// `problem`, may be NULL): too short, unknown operation, request without name or mode. STATUS_TOO_LONG: the
/// name.
MUST_USE enum status tftp_decode(const void *bytes, size_t count, struct tftp_packet *out,
                                 struct problem *problem);

/// Adds an option behind the others, or changes its value where it stands. Of multicast the value counts for
/// nothing: set `multicast` beside it.
void tftp_options_put(struct tftp_options *options, enum tftp_option option, uint64_t value);

/// Its lower-case name as it stands on the wire, "blksize".
const char *tftp_option_name(enum tftp_option option);

/// Its name on the wire, "octet"; "other" for TFTP_MODE_OTHER.
const char *tftp_mode_name(enum tftp_mode mode);

/// What the RFC calls an error code, "File not found"; "Unknown error" beyond the table. Never NULL.
const char *tftp_error_name(uint16_t error);

/// Writes the four bytes before the data of block `block`.
void tftp_encode_data_header(uint16_t block, uint8_t out[TFTP_HEADER_BYTES]);

/// Writes an ACK.
void tftp_encode_ack(uint16_t block, uint8_t out[TFTP_HEADER_BYTES]);

/// Writes an ACK with a fifth byte, the size of the next window: for clients to whom msftwindow was granted.
void tftp_encode_ack_window(uint16_t block, uint8_t window, uint8_t out[TFTP_ACK_WINDOW_BYTES]);

/// Writes an ERROR; `text` is cut at TFTP_ERROR_TEXT_BYTES. STATUS_TOO_LONG when `out_bytes` is too small.
MUST_USE enum status tftp_encode_error(enum tftp_error error, const char *text, void *out, size_t out_bytes,
                                       size_t *written);

/// Writes an OACK: lower case, in the order of `options` (GRUB compares case, EDK2 wants the last NUL).
/// STATUS_TOO_LONG when `out_bytes` is too small.
MUST_USE enum status tftp_encode_oack(const struct tftp_options *options, void *out, size_t out_bytes,
                                      size_t *written);

/// Writes a request from `operation`, `name`, `mode` and `options` of `packet`: for clients and tests.
MUST_USE enum status tftp_encode_request(const struct tftp_packet *packet, void *out, size_t out_bytes,
                                         size_t *written);

/// Appends one readable line without a line end: `RRQ "pxelinux.0" octet tsize=0 blksize=1408`. For `decode`,
/// logs and golden tests; its form is kept stable.
void tftp_print(const struct tftp_packet *packet, struct text *text);
