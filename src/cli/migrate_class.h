// SPDX-License-Identifier: GPL-3.0-or-later
// What other DHCP servers ask of the members of a class, as far as imprint's classes can ask the same: what a
// client is, told by its options, its relay agent and its hardware address.
#pragma once

#include "cli/migrate.h"

#define MIGRATE_TERMS_MOST       16
#define MIGRATE_TERM_VALUE_BYTES 80

struct migrate_term {
    const char *key; // "vendor_class" ...: of dhcp.classes[].match; static
    char value[MIGRATE_TERM_VALUE_BYTES];
};

// Those of one key are a list, of which one must hold; of each key something must.
struct migrate_terms {
    struct migrate_term items[MIGRATE_TERMS_MOST];
    unsigned count;
};

/// The key of match that DHCP option `code` is compared by (60, 77, 93); NULL = none.
const char *migrate_term_key(unsigned code);

/// Appends that `key` (NULL = none can be asked for) is the `length` bytes of `bytes`, or begins with them.
/// False when a class cannot say that.
bool migrate_term_add(struct migrate_terms *terms, const char *key, const void *bytes, size_t length,
                      bool is_beginning);

/// Appends that `key` is there, whatever it is. False when a class cannot say that.
bool migrate_term_add_any(struct migrate_terms *terms, const char *key);

/// Appends that the architecture is `number` ("7", "0x07", "00:07"). False when it is none.
bool migrate_term_add_number(struct migrate_terms *terms, const char *number);

/// Makes `terms` say that both hold. False when a class cannot say that.
bool migrate_terms_and(struct migrate_terms *terms, const struct migrate_terms *other);

/// Makes `terms` say that one of both holds. False when a class cannot say that.
bool migrate_terms_or(struct migrate_terms *terms, const struct migrate_terms *other);

/// Whether values of `key` are a list.
bool migrate_term_is_list(const char *key);

/// Gives the class `item` the conditions.
void migrate_terms_set(struct migration *migration, unsigned item, const struct migrate_terms *terms,
                       const char *what);

/// Makes a name for a class out of whatever stands there.
void migrate_class_name(const char *text, char out[MACHINE_NAME_BYTES]);

/// Adds a class called after `name`, made a valid name that no other one has. Its number, or 0 after a
/// remark.
unsigned migrate_class_add(struct migration *migration, const char *name, const char *what);

/// The name of the class `item`, or NULL when it is none (any more). Valid until the next setting.
const char *migrate_class_find_name(const struct migration *migration, unsigned item);
