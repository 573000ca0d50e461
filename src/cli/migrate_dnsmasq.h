// SPDX-License-Identifier: GPL-3.0-or-later
// dnsmasq.conf's options about DHCP, for migrate_dnsmasq.c.
#pragma once

#include "cli/migrate_dhcp.h"
#include "format/dnsmasq_conf.h"

#define DNSMASQ_FIELDS_MOST 64

struct dnsmasq_fields { // what stands between commas
    struct migration *migration;
    const char *what;
    const char *name; // of the option
    unsigned count;
    const char *items[DNSMASQ_FIELDS_MOST];
    const char *set;     // "set:x"; "" = none
    const char *tags[4]; // "tag:x"
    unsigned tag_count;
    char text[DNSMASQ_CONF_VALUE_BYTES];
    const char *value; // all of it, as it was
};

/// The field at `position`, "" behind the last.
const char *dnsmasq_field(const struct dnsmasq_fields *fields, unsigned position);

/// Remarks something about the option.
void dnsmasq_remark(const struct dnsmasq_fields *fields, enum migrate_remark_kind kind, const char *text);

/// Where an option belongs: of a tag the class or network, else all (0). False after a remark.
bool dnsmasq_item_find(const struct dnsmasq_fields *fields, unsigned *item);

/// Whether the machine's dhcp-host sets `tag`.
bool dnsmasq_machine_has(const struct migrate_machine *machine, const char *tag);

/// Reads dhcp-option and dhcp-option-force.
void dnsmasq_option_take(const struct dnsmasq_fields *fields);

/// Reads an option about DHCP. Tags are made by some options and used by others, wherever these stand: the
/// first time with `is_first`, then all again without. False when it is no option about DHCP.
bool migrate_dnsmasq_dhcp(struct migration *migration, const struct dnsmasq_conf_item *item, bool is_first,
                          const char *what);
