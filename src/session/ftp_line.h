// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of an FTP control connection out of the bytes that come in: RFC 959 section 5.3 on top of the telnet
// protocol, whose commands (RFC 854) are taken out. Bounded: what is longer than a line may be is thrown away
// up to its end, and told.
#pragma once

#include "base/compiler.h"

#define FTP_LINE_BYTES 1024 // a verb and a path with room to spare

enum ftp_line_event {
    FTP_LINE_NOTHING,  // not at its end yet
    FTP_LINE_READY,    // `text` is a whole line, until the next byte
    FTP_LINE_TOO_LONG, // one that was thrown away ended here
    FTP_LINE_BROKEN    // one with a NUL, or a CR in its middle, ended here: no name may have them
};

struct ftp_line {              // all zero is empty
    char text[FTP_LINE_BYTES]; // NUL-terminated when ready, without its end
    size_t count;
    uint8_t telnet;    // where in a telnet command we are; 0 = in none
    bool has_carriage; // the last byte was a CR
    bool is_too_long;
    bool is_broken;
};

/// Takes one byte.
enum ftp_line_event ftp_line_step(struct ftp_line *line, uint8_t octet);
