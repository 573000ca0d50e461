// SPDX-License-Identifier: GPL-3.0-or-later
// Interfaces, neighbours and raw frames, in a network namespace of this process' own (needs root; skipped
// without).
#include "io/interface.h"
#include "io/neighbour.h"
#include "io/packet.h"
#include "unit/test.h"

#include <linux/if_packet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool has_namespace; // set before each test, which gets one of its own

static int set_up(void **state)
{
    (void)state;
    has_namespace = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
    return 0;
}

static void shell(const char *command)
{
    if (!has_namespace) {
        fail_msg("needs root: sudo ./run check");
    }
    assert_int_equal(system(command), 0);
}

static void loopback_is_found_and_never_served(void **state)
{
    (void)state;
    struct interface interface;
    assert_int_equal(interface_find("lo", &interface), STATUS_OK);
    assert_string_equal(interface.name, "lo");
    assert_int_equal(interface.kind, INTERFACE_LOOPBACK);
    assert_true(interface.is_up);
    assert_int_equal(interface.addresses[0].address.value, 0x7f000001);
    assert_int_equal(interface.addresses[0].prefix, 8);
    assert_int_equal(interface.hw.length, 0);
    assert_false(interface_is_candidate(&interface));
    struct interface same;
    assert_int_equal(interface_find_index(interface.index, &same), STATUS_OK);
    assert_string_equal(same.name, "lo");
    assert_int_equal(interface_find("nosuch0", &interface), STATUS_NOT_FOUND);
}

static void expect_kind(const char *name, enum interface_kind kind)
{
    struct interface interface;
    assert_int_equal(interface_find(name, &interface), STATUS_OK);
    assert_string_equal(interface_kind_text(interface.kind), interface_kind_text(kind));
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    shell("ip link add br0 type bridge && ip link add docker0 type bridge && ip link add br-0123456789ab "
          "type bridge && "
          "ip link add virbr0 type bridge && ip link add eth7 type veth peer name veth1234 && "
          "ip tuntap add tap3 mode tap");
    expect_kind("br0", INTERFACE_BRIDGE);
    expect_kind("docker0", INTERFACE_CONTAINER);
    expect_kind("br-0123456789ab", INTERFACE_CONTAINER);
    expect_kind("virbr0", INTERFACE_CONTAINER);
    expect_kind("eth7", INTERFACE_PHYSICAL);
    expect_kind("veth1234", INTERFACE_CONTAINER);
    expect_kind("tap3", INTERFACE_TUNNEL);
}

static void the_default_is_taken_only_when_there_is_no_doubt(void **state)
{
    (void)state;
    struct interface interface;
    struct problem problem;
    problem_clear(&problem);
    if (has_namespace) {
        assert_int_equal(interface_find_default(&interface, &problem), STATUS_NOT_FOUND);
        assert_true(problem.remedy[0] != '\0');
    }
    shell("ip link add eth7 type veth peer name eth8 && ip address add 192.0.2.1/24 dev eth7 && "
          "ip address add 198.51.100.1/25 dev eth7 && ip link set eth7 up mtu 1400");
    assert_int_equal(interface_find_default(&interface, &problem), STATUS_OK);
    assert_string_equal(interface.name, "eth7");
    assert_int_equal(interface.mtu, 1400);
    assert_int_equal(interface.address_count, 2);
    assert_int_equal(interface.addresses[0].address.value, 0xc0000201);
    assert_int_equal(interface.addresses[0].prefix, 24);
    assert_int_equal(interface.hw.length, 6);
    const struct interface_address *address = interface_find_address(&interface, (struct ip4){0xc6336405});
    assert_non_null(address);
    assert_int_equal(address->address.value, 0xc6336401);
    assert_null(interface_find_address(&interface, (struct ip4){0x0a000001}));
    shell("ip address add 203.0.113.1/24 dev eth8 && ip link set eth8 up");
    problem_clear(&problem);
    assert_int_equal(interface_find_default(&interface, &problem), STATUS_CONFLICT);
    assert_non_null(strstr(problem.text, "eth7"));
    assert_non_null(strstr(problem.text, "eth8"));
}

static void changed(void *context)
{
    unsigned *count = context;
    (*count)++;
}

static void a_burst_of_changes_is_told_once(void **state)
{
    (void)state;
    unsigned count = 0;
    struct problem problem;
    struct loop *loop = loop_new();
    struct interface_watch *watch = interface_watch_new(loop, changed, &count, &problem);
    assert_non_null(watch);
    if (has_namespace) {
        shell("ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip address add "
              "192.0.2.1/24 dev eth7");
        for (unsigned i = 0; i < 200 && count == 0; i++) {
            loop_run_once(loop, 10);
        }
        assert_int_equal(count, 1);
        loop_run_once(loop, 300);
        assert_int_equal(count, 1);
    }
    interface_watch_free(watch);
    loop_free(loop);
}

static void neighbours_are_found_when_the_kernel_knows_them(void **state)
{
    (void)state;
    shell("ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip link set eth8 up && "
          "ip address add 192.0.2.1/24 dev eth7 && ip neigh add 192.0.2.9 lladdr 52:54:00:aa:bb:cc dev eth7");
    struct interface interface;
    assert_int_equal(interface_find("eth7", &interface), STATUS_OK);
    struct hw hw;
    char text[HW_TEXT_BYTES];
    assert_int_equal(neighbour_find(interface.index, ip_from_ip4((struct ip4){0xc0000209}), &hw), STATUS_OK);
    assert_string_equal(hw_print(&hw, text), "52:54:00:aa:bb:cc");
    assert_int_equal(neighbour_find(0, ip_from_ip4((struct ip4){0xc0000209}), &hw), STATUS_OK);
    assert_int_equal(neighbour_find(interface.index, ip_from_ip4((struct ip4){0xc000020a}), &hw),
                     STATUS_NOT_FOUND);
    assert_int_equal(neighbour_find(0, ip_from_ip4((struct ip4){0xc000020a}), &hw), STATUS_NOT_FOUND);
    assert_int_equal(neighbour_find(interface.index + 1000, ip_from_ip4((struct ip4){0xc0000209}), &hw),
                     STATUS_NOT_FOUND);
}

// Raw frames: eth7 hears what eth8 sends.

struct ears {
    unsigned udp;
    unsigned arp;
    struct frame_udp4 last; // without its payload
    uint8_t last_first;
    struct arp last_arp;
};

static void hear_udp(void *context, const struct frame_udp4 *frame)
{
    struct ears *ears = context;
    ears->udp++;
    ears->last = *frame;
    ears->last_first = frame->payload_bytes != 0 ? frame->payload[0] : 0;
}

static void hear_arp(void *context, const struct arp *arp)
{
    struct ears *ears = context;
    ears->arp++;
    ears->last_arp = *arp;
}

static void send_udp(struct packet *packet, uint16_t from_port, uint16_t to_port)
{
    struct frame_udp4 frame = {.to_hw = frame_broadcast(),
                               .to.value = 0xffffffff,
                               .from.value = 0xc0000202,
                               .from_port = from_port,
                               .to_port = to_port,
                               .payload = (const uint8_t *)"payload",
                               .payload_bytes = 7};
    assert_int_equal(packet_send_udp(packet, &frame), STATUS_OK);
}

static void listen_for(unsigned hears, struct ears *ears)
{
    struct problem problem;
    problem_clear(&problem);
    struct interface here;
    struct interface there;
    assert_int_equal(interface_find("eth7", &here), STATUS_OK);
    assert_int_equal(interface_find("eth8", &there), STATUS_OK);
    struct loop *loop = loop_new();
    struct packet_handler handler = {
        .hears = hears, .hear_udp = hear_udp, .hear_arp = hear_arp, .context = ears};
    struct packet *listener = packet_open(loop, &here, &handler, &problem);
    struct packet *sender = packet_open(loop, &there, &(struct packet_handler){0}, &problem);
    assert_non_null(listener);
    assert_non_null(sender);
    *ears = (struct ears){0};
    send_udp(sender, 68, 67);
    send_udp(sender, 4011, 68);
    send_udp(sender, 5000, 5001);
    assert_int_equal(packet_send_probe(sender, (struct ip4){0xc0000263}), STATUS_OK);
    send_udp(listener, 67, 68); // our own is not heard
    send_udp(sender, 67, 68);
    for (unsigned i = 0; i < 20; i++) {
        loop_run_once(loop, 2);
    }
    packet_close(listener);
    packet_close(sender);
    loop_free(loop);
}

static void a_raw_socket_hears_only_what_it_was_told_to(void **state)
{
    (void)state;
    struct ears ears;
    shell("ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip link set eth8 up && sleep "
          "0.1");
    listen_for(PACKET_HEARS_SERVERS, &ears);
    assert_int_equal(ears.udp, 2);
    assert_int_equal(ears.arp, 0);
    assert_int_equal(ears.last.from_port, 67);
    assert_int_equal(ears.last.from.value, 0xc0000202);
    assert_int_equal(ears.last_first, 'p');
    listen_for(PACKET_HEARS_CLIENTS, &ears);
    assert_int_equal(ears.udp, 1);
    assert_int_equal(ears.last.to_port, 67);
    listen_for(PACKET_HEARS_ARP, &ears);
    assert_int_equal(ears.udp, 0);
    assert_int_equal(ears.arp, 1);
    assert_int_equal(ears.last_arp.target.value, 0xc0000263);
    assert_int_equal(ears.last_arp.sender.value, 0);
    listen_for(PACKET_HEARS_SERVERS | PACKET_HEARS_CLIENTS | PACKET_HEARS_ARP | PACKET_HEARS_PROMISCUOUS,
               &ears);
    assert_int_equal(ears.udp, 3);
    assert_int_equal(ears.arp, 1);
    listen_for(0, &ears);
    assert_int_equal(ears.udp + ears.arp, 0);
}

// Sends one DHCP answer on eth8, with the tag of VLAN 5 or without.
static void send_bare(bool is_tagged)
{
    struct interface there;
    assert_int_equal(interface_find("eth8", &there), STATUS_OK);
    struct frame_udp4 frame = {.to_hw = frame_broadcast(),
                               .from_hw = there.hw,
                               .to.value = 0xffffffff,
                               .from.value = 0xc0000202,
                               .from_port = 67,
                               .to_port = 68};
    uint8_t bytes[FRAME_MOST_BYTES + 4];
    size_t count;
    assert_int_equal(frame_encode_udp4(&frame, bytes, FRAME_MOST_BYTES, &count), STATUS_OK);
    if (is_tagged) { // between the addresses and the type
        memmove(bytes + 16, bytes + 12, count - 12);
        memcpy(bytes + 12, "\x81\0\0\5", 4);
        count += 4;
    }
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)there.index};
    assert_int_equal(sendto(fd, bytes, count, 0, (const struct sockaddr *)&to, sizeof to), count);
    close(fd);
}

static void frames_of_a_vlan_above_are_not_heard(void **state)
{
    (void)state;
    struct ears ears = {0};
    struct problem problem;
    problem_clear(&problem);
    shell("ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip link set eth8 up && sleep "
          "0.1");
    struct interface here;
    assert_int_equal(interface_find("eth7", &here), STATUS_OK);
    struct loop *loop = loop_new();
    struct packet_handler handler = {.hears = PACKET_HEARS_SERVERS, .hear_udp = hear_udp, .context = &ears};
    struct packet *listener = packet_open(loop, &here, &handler, &problem);
    assert_non_null(listener);
    send_bare(true);
    send_bare(false);
    for (unsigned i = 0; i < 10; i++) {
        loop_run_once(loop, 2);
    }
    assert_int_equal(ears.udp, 1);
    packet_close(listener);
    loop_free(loop);
}

static void a_raw_socket_on_nothing_is_explained(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    struct loop *loop = loop_new();
    struct interface gone = {.name = "gone0", .index = 9999};
    assert_null(packet_open(loop, &gone, &(struct packet_handler){0}, &problem));
    assert_non_null(strstr(problem.text, "gone0"));
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(loopback_is_found_and_never_served, set_up),
        cmocka_unit_test_setup(kinds_are_told_apart, set_up),
        cmocka_unit_test_setup(the_default_is_taken_only_when_there_is_no_doubt, set_up),
        cmocka_unit_test_setup(a_burst_of_changes_is_told_once, set_up),
        cmocka_unit_test_setup(neighbours_are_found_when_the_kernel_knows_them, set_up),
        cmocka_unit_test_setup(a_raw_socket_hears_only_what_it_was_told_to, set_up),
        cmocka_unit_test_setup(frames_of_a_vlan_above_are_not_heard, set_up),
        cmocka_unit_test_setup(a_raw_socket_on_nothing_is_explained, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
