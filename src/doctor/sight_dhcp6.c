// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/sight.h"
#include "session/client6.h"

static void take_status(const struct dhcp6_options *options, struct sight_dhcp6 *dhcp6)
{
    struct dhcp6_option option;
    if (dhcp6_find(options, DHCP6_OPTION_STATUS, &option) && option.length >= 2) {
        dhcp6->status = (uint16_t)(option.data[0] << 8 | option.data[1]);
    }
}

static void take_address(const struct dhcp6_message *message, struct sight_dhcp6 *dhcp6)
{
    struct dhcp6_option option;
    struct dhcp6_ia ia;
    struct dhcp6_ia_address address;
    take_status(&message->options, dhcp6);
    if (!dhcp6_find(&message->options, DHCP6_OPTION_IA_NA, &option) ||
        dhcp6_decode_ia(&option, &ia) != STATUS_OK) {
        return;
    }
    take_status(&ia.options, dhcp6);
    if (dhcp6_find(&ia.options, DHCP6_OPTION_IA_ADDRESS, &option) &&
        dhcp6_decode_ia_address(&option, &address) == STATUS_OK && address.valid_s != 0) {
        dhcp6->address = address.address;
    }
}

bool sight_take_dhcp6(const void *payload, size_t bytes, struct sight *out)
{
    struct dhcp6_message message;
    struct dhcp6_option option;
    struct boot_client client;
    struct sight_dhcp6 *dhcp6 = &out->dhcp6;
    if (dhcp6_decode(payload, bytes, &message, NULL) != STATUS_OK) {
        return false;
    }
    bool is_reply = message.kind == DHCP6_ADVERTISE || message.kind == DHCP6_REPLY;
    struct ip there = is_reply ? out->to : out->from;
    client_from_dhcp6(&message, there.value, &client);
    out->kind = SIGHT_DHCP6;
    *dhcp6 = (struct sight_dhcp6){.is_reply = is_reply,
                                  .kind = message.kind,
                                  .client = client.mac,
                                  .is_boot = client.stage != BOOT_STAGE_SYSTEM,
                                  .is_ipxe = client.stage == BOOT_STAGE_IPXE,
                                  .architecture = is_reply ? BOOT_ARCHITECTURE_NONE : client.architecture};
    if (dhcp6->is_boot && !is_reply) {
        dhcp6->class = client.wants_http ? SIGHT_CLASS_HTTP : SIGHT_CLASS_PXE;
    }
    if (is_reply) {
        take_address(&message, dhcp6);
    }
    if (is_reply && dhcp6_find(&message.options, DHCP6_OPTION_BOOT_URL, &option)) {
        sight_copy_name(dhcp6->url, (const char *)option.data, option.length);
    }
    return true;
}
