// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/port.h"
#include "io/udp.h"
#include "unit/test.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
    struct loop *loop;
    struct udp *server;
    struct udp *client;
    unsigned heard;
    unsigned close_at; // the server closes itself in its callback at this datagram
    uint8_t last[64];
    size_t last_count;
    struct datagram datagram; // the last one; its bytes are in `last`
};

static const struct ip4 LOOPBACK = {0x7f000001};
static const struct ip4 OTHER = {0x7f000002};

static void hear(void *context, const struct datagram *datagram)
{
    struct world *world = context;
    world->heard++;
    world->datagram = *datagram;
    world->last_count = datagram->count;
    memcpy(world->last, datagram->bytes,
           datagram->count < sizeof world->last ? datagram->count : sizeof world->last);
    if (world->heard == world->close_at) {
        udp_close(world->server);
    }
}

static void open_world(struct world *world)
{
    struct problem problem;
    problem_clear(&problem);
    *world = (struct world){.loop = loop_new()};
    world->server = udp_open(world->loop, &(struct udp_options){0}, hear, world, &problem);
    world->client = udp_open(world->loop, &(struct udp_options){.address = LOOPBACK}, hear, world, &problem);
    assert_non_null(world->server);
    assert_non_null(world->client);
}

static void close_world(struct world *world)
{
    udp_close(world->server);
    udp_close(world->client);
    loop_free(world->loop);
}

static void run_until(struct world *world, unsigned heard)
{
    for (unsigned i = 0; i < 50 && world->heard < heard; i++) {
        loop_run_once(world->loop, 10);
    }
}

static enum status send_to(struct world *world, struct ip4 to, const void *bytes, size_t count)
{
    return udp_send(
        world->client,
        &(struct udp_message){.bytes = bytes, .count = count, .to = to, .to_port = udp_port(world->server)});
}

static void a_datagram_tells_where_it_came_from_and_which_address_was_asked(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    assert_int_equal(send_to(&world, OTHER, "hello", 5), STATUS_OK);
    run_until(&world, 1);
    assert_int_equal(world.heard, 1);
    assert_int_equal(world.last_count, 5);
    assert_memory_equal(world.last, "hello", 5);
    assert_int_equal(world.datagram.from.value, LOOPBACK.value);
    assert_int_equal(world.datagram.from_port, udp_port(world.client));
    assert_int_equal(world.datagram.to.value, OTHER.value);
    assert_int_equal(world.datagram.local.value, OTHER.value);
    assert_int_equal(world.datagram.interface_index, 1);
    close_world(&world);
}

static void an_answer_leaves_from_the_address_that_was_asked(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct udp_message answer = {.bytes = "yes",
                                 .count = 3,
                                 .to = LOOPBACK,
                                 .to_port = udp_port(world.client),
                                 .from = OTHER,
                                 .interface_index = 1};
    assert_int_equal(udp_send(world.server, &answer), STATUS_OK);
    run_until(&world, 1);
    assert_int_equal(world.datagram.from.value, OTHER.value);
    assert_int_equal(world.datagram.from_port, udp_port(world.server));
    close_world(&world);
}

static void a_burst_larger_than_one_batch_comes_whole(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(send_to(&world, LOOPBACK, "x", 1), STATUS_OK);
    }
    run_until(&world, 100);
    assert_int_equal(world.heard, 100);
    close_world(&world);
}

static void many_leave_together_up_to_the_one_that_is_refused(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct udp_message messages[UDP_SEND_MOST];
    for (unsigned i = 0; i < UDP_SEND_MOST; i++) {
        messages[i] =
            (struct udp_message){.bytes = "x", .count = 1, .to = LOOPBACK, .to_port = udp_port(world.server)};
    }
    enum status status = STATUS_OK;
    assert_int_equal(udp_send_many(world.client, messages, UDP_SEND_MOST, &status), UDP_SEND_MOST);
    assert_int_equal(status, STATUS_OK);
    run_until(&world, UDP_SEND_MOST);
    assert_int_equal(world.heard, UDP_SEND_MOST);
    messages[2].to = (struct ip4){0x7fffffff}; // broadcast, without leave
    assert_int_equal(udp_send_many(world.client, messages, 4, &status), 2);
    assert_int_equal(status, STATUS_DENIED);
    assert_int_equal(udp_send_many(world.client, messages + 3, 1, &status), 1);
    run_until(&world, UDP_SEND_MOST + 3);
    assert_int_equal(world.heard, UDP_SEND_MOST + 3);
    close_world(&world);
}

static void a_report_about_an_earlier_datagram_stops_no_other(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct udp *gone = udp_open(world.loop, &(struct udp_options){.address = LOOPBACK}, hear, &world, NULL);
    assert_non_null(gone);
    struct udp_message nobody = {.bytes = "x", .count = 1, .to = LOOPBACK, .to_port = udp_port(gone)};
    udp_close(gone);
    for (unsigned i = 0; i < 5; i++) { // each is answered by ICMP: port unreachable
        assert_int_equal(udp_send(world.client, &nobody), STATUS_OK);
        assert_int_equal(send_to(&world, LOOPBACK, "x", 1), STATUS_OK);
    }
    run_until(&world, 5);
    assert_int_equal(world.heard, 5);
    close_world(&world);
}

static void a_datagram_that_is_too_long_is_dropped(void **state)
{
    (void)state;
    struct world world;
    static uint8_t large[UDP_DATAGRAM_BYTES + 1];
    open_world(&world);
    assert_int_equal(send_to(&world, LOOPBACK, large, sizeof large), STATUS_OK);
    assert_int_equal(send_to(&world, LOOPBACK, large, UDP_DATAGRAM_BYTES), STATUS_OK);
    run_until(&world, 1);
    assert_int_equal(world.heard, 1);
    assert_int_equal(world.last_count, UDP_DATAGRAM_BYTES);
    close_world(&world);
}

static void a_socket_may_close_itself_while_it_hears(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.close_at = 2;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(send_to(&world, LOOPBACK, "x", 1), STATUS_OK);
    }
    run_until(&world, 5);
    assert_int_equal(world.heard, 2);
    world.server = NULL;
    close_world(&world);
}

static void broadcast_needs_leave(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    assert_int_equal(send_to(&world, (struct ip4){0x7fffffff}, "x", 1), STATUS_DENIED);
    close_world(&world);
}

static void a_port_in_use_names_who_holds_it(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct problem problem;
    problem_clear(&problem);
    struct udp_options options = {.address = LOOPBACK, .port = udp_port(world.server)};
    assert_null(udp_open(world.loop, &options, hear, &world, &problem));
    char wanted[96];
    snprintf(wanted, sizeof wanted, "UDP port %u is in use by test-io-udp (pid %d)", options.port,
             (int)getpid());
    assert_string_equal(problem.text, wanted);
    assert_non_null(strstr(problem.remedy, "systemctl status"));
    close_world(&world);
}

static void an_unknown_interface_or_address_is_named(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct problem problem;
    problem_clear(&problem);
    assert_null(udp_open(loop, &(struct udp_options){.interface = "nosuch0"}, hear, NULL, &problem));
    assert_string_equal(problem.text, "there is no network interface nosuch0");
    problem_clear(&problem);
    assert_null(udp_open(loop, &(struct udp_options){.address = {0xc0000201}}, hear, NULL, &problem));
    assert_string_equal(problem.text, "no interface of this machine has the address 192.0.2.1");
    loop_free(loop);
}

static void the_holder_of_a_tcp_port_is_found(void **state)
{
    (void)state;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    socklen_t length = sizeof address;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        skip(); // no IPv6 here
    }
    struct port_holder holder;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    uint16_t port = ntohs(address.sin6_port);
    assert_int_equal(port_find_holder(PORT_TCP, LOOPBACK, port, &holder),
                     STATUS_NOT_FOUND); // it does not listen yet
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(port_find_holder(PORT_TCP, LOOPBACK, port, &holder), STATUS_OK);
    assert_int_equal(holder.pid, getpid());
    assert_string_equal(holder.process, "test-io-udp");
    assert_int_equal(port_find_holder(PORT_UDP, LOOPBACK, port, &holder), STATUS_NOT_FOUND);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_tells_where_it_came_from_and_which_address_was_asked),
        cmocka_unit_test(an_answer_leaves_from_the_address_that_was_asked),
        cmocka_unit_test(a_burst_larger_than_one_batch_comes_whole),
        cmocka_unit_test(a_datagram_that_is_too_long_is_dropped),
        cmocka_unit_test(a_socket_may_close_itself_while_it_hears),
        cmocka_unit_test(many_leave_together_up_to_the_one_that_is_refused),
        cmocka_unit_test(a_report_about_an_earlier_datagram_stops_no_other),
        cmocka_unit_test(broadcast_needs_leave),
        cmocka_unit_test(a_port_in_use_names_who_holds_it),
        cmocka_unit_test(an_unknown_interface_or_address_is_named),
        cmocka_unit_test(the_holder_of_a_tcp_port_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
