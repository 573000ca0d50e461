// SPDX-License-Identifier: GPL-3.0-or-later
// Reading xinetd.conf(5) and the files in /etc/xinetd.d. Knows the grammar (entries in braces, attributes
// with their operators), not what any attribute does. It goes on behind what it does not understand, and says
// so, since such files come from forums and wikis.
#pragma once

#include "format/line.h"

#define XINETD_NAME_BYTES  64
#define XINETD_VALUE_BYTES 1024
#define XINETD_FAULT_BYTES 160

enum xinetd_kind {
    XINETD_SERVICE,   // name: the service's
    XINETD_DEFAULTS,  // the entry that all services share
    XINETD_ATTRIBUTE, // name, operation, value
    XINETD_CLOSE,     // of the entry
    XINETD_INCLUDE,   // name: include or includedir; value: the path
    XINETD_FAULT      // fault; value: the line
};

struct xinetd_item {
    enum xinetd_kind kind;
    unsigned line;
    char name[XINETD_NAME_BYTES];
    char operation; // '=', '+' (adds to the values) or '-' (takes from them)
    char value[XINETD_VALUE_BYTES];
    char fault[XINETD_FAULT_BYTES]; // a phrase without full stop
};

struct xinetd {
    struct reader reader;
    struct line line;
    unsigned entry_line; // of the entry that is open or begun; 0 = none
    bool is_open;        // behind its brace
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct xinetd xinetd_init(const char *text, size_t bytes);

/// The next item; false at the end. Comments and empty lines are no items. Every input comes to its end; an
/// entry that is not closed is a XINETD_FAULT at the entry's first line, and then a XINETD_CLOSE.
bool xinetd_next(struct xinetd *xinetd, struct xinetd_item *item);
