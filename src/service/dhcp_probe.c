// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_probe.h"

#include "base/writer.h"
#include "wire/pxe.h"

#include <string.h>

// User classes (option 77, RFC 3004) of the question, and the vendor class (60) of the answer.
#define PROBE_CLASS "imprint-probe"
#define PROBE_MARK  "imprint"
#define PROBE_GIVES "imprint gives addresses"

size_t dhcp_probe_encode(const struct hw *hw, struct ip4 address, uint32_t xid, void *out, size_t out_bytes)
{
    struct dhcp4_reply probe;
    memset(&probe, 0, sizeof probe);
    probe.op = DHCP4_OP_REQUEST;
    probe.kind = DHCP4_DISCOVER;
    probe.chaddr = *hw;
    probe.xid = xid;
    probe.broadcast = true;
    dhcp4_put_string(&probe, DHCP4_OPTION_VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003000");
    dhcp4_put_u16(&probe, DHCP4_OPTION_ARCHITECTURE, PXE_X64_UEFI);
    static const uint8_t UNDI[3] = {1, 3, 0};
    dhcp4_put_bytes(&probe, DHCP4_OPTION_NETWORK_INTERFACE, UNDI, sizeof UNDI);
    static const uint8_t PARAMETERS[] = {DHCP4_OPTION_SUBNET_MASK, DHCP4_OPTION_ROUTERS,
                                         DHCP4_OPTION_SERVER_ID, DHCP4_OPTION_VENDOR_CLASS,
                                         DHCP4_OPTION_BOOT_FILE};
    dhcp4_put_bytes(&probe, DHCP4_OPTION_PARAMETERS, PARAMETERS, sizeof PARAMETERS);
    uint8_t classes[64];
    char text[IP4_TEXT_BYTES];
    ip4_print(address, text);
    struct writer writer = writer_init(classes, sizeof classes);
    write_u8(&writer, sizeof PROBE_CLASS - 1);
    write_bytes(&writer, PROBE_CLASS, sizeof PROBE_CLASS - 1);
    write_u8(&writer, (uint8_t)strlen(text));
    write_bytes(&writer, text, strlen(text));
    dhcp4_put_bytes(&probe, DHCP4_OPTION_USER_CLASS, classes, writer_length(&writer));
    size_t written = 0;
    return dhcp4_encode(&probe, DHCP4_DEFAULT_LIMIT, out, out_bytes, &written) == STATUS_OK ? written : 0;
}

bool dhcp_probe_is(const struct dhcp4_message *message, struct ip4 *address)
{
    const struct dhcp4_option *option = dhcp4_find(message, DHCP4_OPTION_USER_CLASS);
    struct pxe_user_classes classes;
    if (option == NULL || pxe_decode_user_classes(option, &classes) != STATUS_OK ||
        !pxe_user_classes_has(&classes, PROBE_CLASS)) {
        return false;
    }
    *address = (struct ip4){0};
    if (classes.count > 1 && classes.items[1].length < IP4_TEXT_BYTES) {
        char text[IP4_TEXT_BYTES] = {0};
        memcpy(text, classes.items[1].data, classes.items[1].length);
        if (ip4_parse(text, address) != STATUS_OK) {
            *address = (struct ip4){0};
        }
    }
    return true;
}

void dhcp_probe_reply(const struct dhcp4_message *question, struct ip4 server, const char *server_name,
                      bool gives_addresses, struct dhcp4_reply *reply)
{
    dhcp4_reply_init(reply, question, DHCP4_OFFER);
    dhcp4_put_ip4(reply, DHCP4_OPTION_SERVER_ID, server);
    dhcp4_put_string(reply, DHCP4_OPTION_VENDOR_CLASS, gives_addresses ? PROBE_GIVES : PROBE_MARK);
    dhcp4_put_string(reply, DHCP4_OPTION_HOST_NAME, server_name);
}

bool dhcp_probe_classify(const struct dhcp4_message *message, struct ip4 from, const struct hw *from_hw,
                         struct dhcp_other *other)
{
    bool is_offer = message->kind == DHCP4_OFFER || message->kind == DHCP4_ACK || message->kind == DHCP4_NAK;
    if (message->op != DHCP4_OP_REPLY || !is_offer) {
        return false;
    }
    *other = (struct dhcp_other){.kind = DHCP_OTHER_SERVER, .address = from, .hw = *from_hw};
    (void)dhcp4_find_ip4(message, DHCP4_OPTION_SERVER_ID, &other->address);
    char mark[sizeof PROBE_GIVES + 1];
    bool is_marked = dhcp4_find_string(message, DHCP4_OPTION_VENDOR_CLASS, mark, sizeof mark);
    bool is_giving = is_marked && strcmp(mark, PROBE_GIVES) == 0;
    if (is_giving || (is_marked && strcmp(mark, PROBE_MARK) == 0)) {
        other->kind = DHCP_OTHER_IMPRINT;
        other->gives_addresses = is_giving;
        char name[sizeof other->name];
        if (dhcp4_find_string(message, DHCP4_OPTION_HOST_NAME, name, sizeof name)) {
            struct text text;
            text_init(&text, other->name, sizeof other->name);
            text_add_escaped(&text, name, strlen(name));
        }
        return true;
    }
    if (message->yiaddr.value == 0 && message->kind != DHCP4_NAK) {
        other->kind = DHCP_OTHER_PROXY;
        return dhcp4_starts(message, DHCP4_OPTION_VENDOR_CLASS, "PXEClient") ||
               dhcp4_starts(message, DHCP4_OPTION_VENDOR_CLASS, "HTTPClient");
    }
    other->gives_addresses = true;
    return true;
}

enum reason_id dhcp_other_reason(enum dhcp_other_kind kind)
{
    static const enum reason_id REASONS[] = {[DHCP_OTHER_SERVER] = REASON_OTHER_DHCP_SERVER,
                                             [DHCP_OTHER_PROXY] = REASON_OTHER_PROXY,
                                             [DHCP_OTHER_IMPRINT] = REASON_OTHER_IMPRINT};
    return REASONS[kind];
}

const char *dhcp_other_text(enum dhcp_other_kind kind)
{
    static const char *const TEXTS[] = {[DHCP_OTHER_SERVER] = "DHCP server",
                                        [DHCP_OTHER_PROXY] = "ProxyDHCP server",
                                        [DHCP_OTHER_IMPRINT] = "imprint"};
    return TEXTS[kind];
}
