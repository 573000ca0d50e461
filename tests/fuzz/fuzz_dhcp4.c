// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "wire/dhcp4.h"

#define PRINTED_BYTES 65536

// What was decoded can be written again, and then says the same.
static void echo_check(const struct dhcp4_message *message)
{
    static max_align_t memory[DHCP4_ARENA_BYTES / sizeof(max_align_t)];
    static struct dhcp4_reply reply;
    struct arena arena = arena_init(memory, sizeof memory);
    struct dhcp4_message back;
    uint8_t out[DHCP4_MOST_BYTES];
    size_t written = 0;
    dhcp4_reply_init(&reply, message, message->kind);
    for (size_t i = 0; i < message->options.count; i++) {
        uint8_t code = message->options.items[i].code;
        fuzz_must(dhcp4_find(message, code) == &message->options.items[i]);
        if (code != DHCP4_OPTION_KIND && code != DHCP4_OPTION_OVERLOAD) {
            dhcp4_put_echo(&reply, message, code);
        }
    }
    size_t limit = dhcp4_reply_limit(message);
    fuzz_must(limit >= DHCP4_LEAST_BYTES && limit <= DHCP4_MOST_BYTES);
    if (dhcp4_encode(&reply, limit, out, sizeof out, &written) != STATUS_OK) {
        return;
    }
    fuzz_must(written <= limit && written >= DHCP4_LEAST_BYTES);
    fuzz_must(dhcp4_decode(out, written, &arena, &back, NULL) == STATUS_OK);
    fuzz_must(back.kind == message->kind && back.xid == message->xid);
    for (size_t i = 0; i < back.options.count; i++) {
        const struct dhcp4_option *item = &back.options.items[i];
        const struct dhcp4_option *original = dhcp4_find(message, item->code);
        fuzz_must(original != NULL && original->length == item->length);
        fuzz_must(memcmp(original->data, item->data, item->length) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static max_align_t memory[DHCP4_ARENA_BYTES / sizeof(max_align_t)];
    static char printed[PRINTED_BYTES];
    struct arena arena = arena_init(memory, sizeof memory);
    struct dhcp4_message message;
    struct problem problem = {0};
    struct text text;
    if (dhcp4_decode(data, size, &arena, &message, &problem) != STATUS_OK) {
        fuzz_must(problem_is_set(&problem));
        return 0;
    }
    fuzz_must(size >= DHCP4_HEADER_BYTES && size <= DHCP4_DATAGRAM_BYTES);
    text_init(&text, printed, sizeof printed);
    dhcp4_print(&message, &text);
    struct ip4 address = {0};
    (void)dhcp4_find_relay_ip4(&message, DHCP4_RELAY_LINK_SELECTION, &address);
    echo_check(&message);
    return 0;
}
