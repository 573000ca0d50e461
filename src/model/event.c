// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/event.h"

const char *event_kind_text(enum event_kind kind)
{
    static const char *const TEXTS[EVENT_KIND_COUNT] = {
        [EVENT_DHCP] = "dhcp",   [EVENT_TFTP] = "tftp",     [EVENT_HTTP] = "http",
        [EVENT_FTP] = "ftp",     [EVENT_BOOT] = "boot",     [EVENT_MACHINE] = "machine",
        [EVENT_ORDER] = "order", [EVENT_SERVER] = "server", [EVENT_VERDICT] = "verdict"};
    assert(kind < EVENT_KIND_COUNT);
    return TEXTS[kind];
}
