// SPDX-License-Identifier: GPL-3.0-or-later
// Any datagram of DHCPv6: it is read within its bounds, printed, and a reply to it goes back through the same
// relays.
#include "fuzz/fuzz.h"
#include "wire/dhcp6.h"

static void reply_check(const struct dhcp6_message *message)
{
    static uint8_t out[DHCP6_DATAGRAM_BYTES + 1024];
    struct dhcp6_message back;
    struct dhcp6_option id;
    struct dhcp6_option other;
    const uint8_t reply[] = {DHCP6_REPLY, (uint8_t)(message->xid >> 16), (uint8_t)(message->xid >> 8),
                             (uint8_t)message->xid};
    size_t written = 0;
    if (dhcp6_encode_relayed(message, reply, sizeof reply, out, sizeof out, &written) != STATUS_OK) {
        return;
    }
    fuzz_must(dhcp6_decode(out, written, &back, NULL) == STATUS_OK);
    fuzz_must(back.kind == DHCP6_REPLY && back.xid == message->xid);
    fuzz_must(back.relay_count == message->relay_count);
    for (size_t i = 0; i < back.relay_count; i++) {
        bool has_id = dhcp6_find(&message->relays[i].options, DHCP6_OPTION_INTERFACE_ID, &id);
        fuzz_must(ip6_equal(back.relays[i].peer, message->relays[i].peer));
        fuzz_must(dhcp6_find(&back.relays[i].options, DHCP6_OPTION_INTERFACE_ID, &other) == has_id);
        fuzz_must(!has_id || (id.length == other.length && memcmp(id.data, other.data, id.length) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char printed[1 << 18];
    struct dhcp6_message message;
    struct problem problem = {0};
    struct text text;
    if (dhcp6_decode(data, size, &message, &problem) != STATUS_OK) {
        fuzz_must(problem_is_set(&problem));
        return 0;
    }
    fuzz_must(size <= DHCP6_DATAGRAM_BYTES && message.xid <= 0xffffff);
    struct hw hw = {0};
    uint32_t enterprise = 0;
    if (dhcp6_find_hw(&message, (struct ip6){{0}}, &hw)) {
        fuzz_must(hw.length >= 1 && hw.length <= HW_BYTES);
    }
    (void)dhcp6_find_vendor_class(&message, "HTTPClient", &enterprise);
    (void)dhcp6_wants(&message, DHCP6_OPTION_DNS);
    text_init(&text, printed, sizeof printed);
    dhcp6_print(&message, &text);
    reply_check(&message);
    return 0;
}
