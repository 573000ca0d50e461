// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp_line.h"

#define TELNET_WILL 251 // WILL, WONT, DO, DONT: one more byte follows
#define TELNET_IAC  255

enum { IN_NONE, IN_COMMAND, IN_OPTION };

// Whether `octet` belongs to a telnet command. IAC IAC stands for 255, which no UTF-8 has: dropped as well.
static bool take_telnet(struct ftp_line *line, uint8_t octet)
{
    switch (line->telnet) {
    case IN_COMMAND:
        line->telnet = octet >= TELNET_WILL && octet != TELNET_IAC ? IN_OPTION : IN_NONE;
        // Before IP and DM (RFC 959 section 4.1.3, ABOR) some clients lose the command to urgent data: what
        // is no command is the line going on.
        return octet >= 240;
    case IN_OPTION:
        line->telnet = IN_NONE;
        return true;
    default:
        line->telnet = octet == TELNET_IAC ? IN_COMMAND : IN_NONE;
        return octet == TELNET_IAC;
    }
}

static enum ftp_line_event end(struct ftp_line *line)
{
    enum ftp_line_event event = line->is_too_long ? FTP_LINE_TOO_LONG
                                : line->is_broken ? FTP_LINE_BROKEN
                                                  : FTP_LINE_READY;
    line->text[line->count] = '\0';
    line->count = 0;
    line->has_carriage = false;
    line->is_too_long = false;
    line->is_broken = false;
    return event;
}

enum ftp_line_event ftp_line_step(struct ftp_line *line, uint8_t octet)
{
    if (take_telnet(line, octet)) {
        return FTP_LINE_NOTHING;
    }
    if (octet == '\n') { // alone, too: people type with netcat
        return end(line);
    }
    line->is_broken = line->is_broken || line->has_carriage || octet == '\0';
    line->has_carriage = octet == '\r';
    if (line->has_carriage) {
        return FTP_LINE_NOTHING;
    }
    if (line->count == sizeof line->text - 1) {
        line->is_too_long = true;
        return FTP_LINE_NOTHING;
    }
    line->text[line->count++] = (char)octet;
    return FTP_LINE_NOTHING;
}
