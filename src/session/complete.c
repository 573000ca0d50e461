// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/complete.h"

bool complete_is_for(const struct dhcp4_message *theirs, const struct dhcp4_reply *ours)
{
    struct ip4 server;
    return theirs->op == DHCP4_OP_REPLY && theirs->kind == DHCP4_OFFER && theirs->yiaddr.value != 0 &&
           theirs->giaddr.value == 0 && theirs->xid == ours->xid &&
           hw_equal(&theirs->chaddr, &ours->chaddr) &&
           dhcp4_find_ip4(theirs, DHCP4_OPTION_SERVER_ID, &server);
}

bool complete_is_taken(const struct dhcp4_message *request, const struct dhcp4_message *theirs)
{
    struct ip4 wanted;
    struct ip4 chosen;
    struct ip4 server;
    return request->kind == DHCP4_REQUEST && hw_equal(&request->chaddr, &theirs->chaddr) &&
           dhcp4_find_ip4(request, DHCP4_OPTION_REQUESTED_ADDRESS, &wanted) &&
           ip4_equal(wanted, theirs->yiaddr) && dhcp4_find_ip4(request, DHCP4_OPTION_SERVER_ID, &chosen) &&
           dhcp4_find_ip4(theirs, DHCP4_OPTION_SERVER_ID, &server) && ip4_equal(chosen, server);
}

// Theirs that would contradict ours, or that the encoder writes itself. 13 would cut our file short in EDK2.
static bool complete_leaves_out(uint8_t code)
{
    switch (code) {
    case DHCP4_OPTION_PAD:
    case DHCP4_OPTION_BOOT_FILE_SIZE:
    case DHCP4_OPTION_VENDOR:
    case DHCP4_OPTION_OVERLOAD:
    case DHCP4_OPTION_KIND:
    case DHCP4_OPTION_VENDOR_CLASS:
    case DHCP4_OPTION_TFTP_SERVER:
    case DHCP4_OPTION_BOOT_FILE:
    case DHCP4_OPTION_MACHINE_UUID:
    case DHCP4_OPTION_TFTP_SERVERS:
    case DHCP4_OPTION_END:
        return true;
    default:
        return false;
    }
}

void complete_step(const struct dhcp4_message *theirs, const struct dhcp4_reply *ours, enum dhcp4_kind kind,
                   struct dhcp4_actions *actions)
{
    *actions = (struct dhcp4_actions){.has_reply = true, .reply = *ours, .reply_kind = kind};
    struct dhcp4_reply *reply = &actions->reply;
    reply->kind = kind;
    reply->broadcast = true;
    reply->yiaddr = theirs->yiaddr;
    dhcp4_boot_put_direct(reply);
    for (uint16_t i = 0; i < theirs->options.count; i++) {
        const struct dhcp4_option *option = &theirs->options.items[i];
        if (!complete_leaves_out(option->code) && option->length <= UINT8_MAX) {
            dhcp4_put_bytes(reply, option->code, option->data, option->length);
        }
    }
    actions->to = (struct ip4){UINT32_MAX};
    actions->to_port = DHCP4_CLIENT_PORT;
}
