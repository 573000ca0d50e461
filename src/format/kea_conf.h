// SPDX-License-Identifier: GPL-3.0-or-later
// Reading Kea's configuration: JSON as Kea takes it, with #, // and /* */ comments and commas behind the last
// member, one value after the other, each with its line. Knows the grammar, not the members.
#pragma once

#include "base/text.h"

#define KEA_CONF_KEY_BYTES  64
#define KEA_CONF_TEXT_BYTES 2048
#define KEA_CONF_DEPTH_MOST 32

enum kea_conf_kind {
    KEA_CONF_OBJECT, // begins; KEA_CONF_END ends it
    KEA_CONF_ARRAY,  // the same
    KEA_CONF_END,
    KEA_CONF_TEXT,
    KEA_CONF_NUMBER, // as it is written
    KEA_CONF_WORD,   // true, false, null
    KEA_CONF_FAULT,  // not JSON: what is wrong is in `text`, and nothing more comes
};

struct kea_conf_item {
    enum kea_conf_kind kind;
    unsigned line;
    unsigned depth;               // objects and arrays that it stands in
    bool is_cut;                  // the key or the text was longer than there is room for
    char key[KEA_CONF_KEY_BYTES]; // "" in arrays
    char text[KEA_CONF_TEXT_BYTES];
};

struct kea_conf {
    const char *at;
    const char *end;
    unsigned line;
    unsigned depth;
    bool is_array[KEA_CONF_DEPTH_MOST];
    bool is_over;   // nothing more comes
    bool has_value; // in this object or array a value stands before
    bool had_comma; // and a comma behind it
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct kea_conf kea_conf_init(const char *text, size_t bytes);

/// The next value, beginning or end; false when all was read. STATUS of the text as a whole: a fault comes as
/// an item, the last.
bool kea_conf_next(struct kea_conf *conf, struct kea_conf_item *item);
