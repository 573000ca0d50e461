// SPDX-License-Identifier: GPL-3.0-or-later
// Reading dhcpd.conf (ISC dhcpd, dhcpd.conf(5)) and its dhcpd.leases: words, statements and blocks. Knows the
// grammar, not the statements. What is wrong in the text is read as its author meant it, and told.
#pragma once

#include "base/text.h"

#define DHCPD_CONF_WORDS_MOST 200
#define DHCPD_CONF_TEXT_BYTES 4096
#define DHCPD_CONF_DEPTH_MOST 32

enum dhcpd_conf_kind {
    DHCPD_CONF_STATEMENT, // words, then ';'
    DHCPD_CONF_OPEN,      // words, then '{'
    DHCPD_CONF_CLOSE,     // '}'
};

// What was wrong on the way to and in an item: bits.
enum dhcpd_conf_fault {
    DHCPD_CONF_NO_SEMICOLON = 1 << 0,  // read as if it were there
    DHCPD_CONF_OPEN_STRING = 1 << 1,   // a string ended with its line
    DHCPD_CONF_FOREIGN_BLANK = 1 << 2, // a blank that is no ASCII (U+00A0): dhcpd refuses the file
    DHCPD_CONF_FOREIGN_QUOTE = 1 << 3, // a typographic quotation mark
    DHCPD_CONF_FOREIGN_BYTE = 1 << 4,  // any other byte that has no place here; skipped
    DHCPD_CONF_TOO_LONG = 1 << 5,      // words were left out
    DHCPD_CONF_STRAY_CLOSE = 1 << 6,   // a '}' without a '{'
    DHCPD_CONF_TOO_DEEP = 1 << 7,      // more than DHCPD_CONF_DEPTH_MOST blocks in one another
    DHCPD_CONF_UNCLOSED = 1 << 8,      // the file ended inside a block: a '}' that is not there
};

struct dhcpd_conf_word {
    const char *text; // in the item's text: unescaped, NUL-terminated; an operator is a word: "=", "~=", "("
    unsigned line;
    bool is_string; // it stood in quotes
};

struct dhcpd_conf_item {
    enum dhcpd_conf_kind kind;
    unsigned line;       // of its first word
    unsigned faults;     // enum dhcpd_conf_fault
    unsigned fault_line; // of the first of them
    unsigned depth;      // blocks that it stands in
    unsigned open_line;  // CLOSE: where its block began; 0 = nowhere
    unsigned count;
    struct dhcpd_conf_word words[DHCPD_CONF_WORDS_MOST + 1]; // ended by one whose text is ""
    size_t used;
    char text[DHCPD_CONF_TEXT_BYTES];
};

struct dhcpd_conf {
    const char *at;
    const char *end;
    unsigned line;
    unsigned depth;
    unsigned open_lines[DHCPD_CONF_DEPTH_MOST];
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct dhcpd_conf dhcpd_conf_init(const char *text, size_t bytes);

/// The next statement, beginning or end of a block; false at the end of the file. Blocks that are not closed
/// there are closed by items with DHCPD_CONF_UNCLOSED.
bool dhcpd_conf_next(struct dhcpd_conf *conf, struct dhcpd_conf_item *item);

/// Whether `word` begins a statement in dhcpd.conf(5): "option", "range", "subnet" ...
bool dhcpd_conf_is_beginning(const char *word);
