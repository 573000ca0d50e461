// SPDX-License-Identifier: GPL-3.0-or-later
// The answer files of installers as flat lists of entries, "users/root/password" and what it is set to, so
// that one kind of rule fits all of them. Reads what such files look like, not all that their grammars allow:
// what a file means is for its installer. Owns nothing, never recurses.
#pragma once

#include "base/problem.h"
#include "base/status.h"

#define ENTRY_NAME_BYTES  256
#define ENTRY_VALUE_BYTES 2048
#define ENTRIES_DEPTH     32

struct entry {
    const char *name;  // parts with '/' between; items of a list have the name of the list
    const char *value; // cut when it is longer than ENTRY_VALUE_BYTES; "" when there is none
    unsigned line;     // 1-based
};

struct entries_visit {
    void (*entry)(void *context, const struct entry *entry); // what it is given is only borrowed
    void *context;
};

/// JSON (RFC 8259): an entry for each text, number, true, false and null, and one without value for each
/// object and list. STATUS_MALFORMED and `problem` with its line; what was read before has been visited.
MUST_USE enum status entries_parse_json(const char *text, size_t length, const struct entries_visit *visit,
                                        struct problem *problem);

/// XML: an entry for each element when it ends, with the text directly in it, trimmed. Attributes are left
/// out. Fails as above: tags that do not match, an '&' that is no entity, text outside the outermost element.
MUST_USE enum status entries_parse_xml(const char *text, size_t length, const struct entries_visit *visit,
                                       struct problem *problem);

/// YAML as people write it: maps and lists by indentation; what stands in {} and [] is one value, a block of
/// text (| and >) is one entry a line. Fails as above: tabs before a key, indentation that fits no line
/// above.
MUST_USE enum status entries_parse_yaml(const char *text, size_t length, const struct entries_visit *visit,
                                        struct problem *problem);

/// TOML: "table/key" and its value, a list as it is written. Fails as above.
MUST_USE enum status entries_parse_toml(const char *text, size_t length, const struct entries_visit *visit,
                                        struct problem *problem);

/// Kickstart of Anaconda and ESXi: a command and the rest of its line. A section's name and the rest of its
/// line are an entry, too; lines inside it are called "%post/", as the section and '/'. A section that is not
/// ended gives an entry "%open" with its name.
void entries_parse_kickstart(const char *text, size_t length, const struct entries_visit *visit);

/// Preseed: a question and its value; lines that end in '\' go on. A line that is no answer is called
/// "%malformed".
void entries_parse_preseed(const char *text, size_t length, const struct entries_visit *visit);

/// Boot menus (pxelinux, GRUB) and scripts: the first word in small letters and the rest of each line that is
/// no comment.
void entries_parse_words(const char *text, size_t length, const struct entries_visit *visit);
