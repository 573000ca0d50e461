// SPDX-License-Identifier: GPL-3.0-or-later
// Reading dnsmasq.conf: the long options of dnsmasq(8), one a line, without their dashes. Knows the grammar,
// not the options.
#pragma once

#include "format/line.h"

#define DNSMASQ_CONF_NAME_BYTES  64
#define DNSMASQ_CONF_VALUE_BYTES 1024

struct dnsmasq_conf_item {
    unsigned line;
    enum status status; // MALFORMED an open quote or no name; TOO_LONG
    bool has_value;
    char name[DNSMASQ_CONF_NAME_BYTES];
    char value[DNSMASQ_CONF_VALUE_BYTES]; // without quotes and comment
};

struct dnsmasq_conf {
    struct reader reader;
    struct line line;
};

/// Starts to read `bytes` bytes of `text`, which must outlive it.
struct dnsmasq_conf dnsmasq_conf_init(const char *text, size_t bytes);

/// The next option; false at the end.
bool dnsmasq_conf_next(struct dnsmasq_conf *conf, struct dnsmasq_conf_item *item);
