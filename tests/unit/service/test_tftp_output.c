// SPDX-License-Identifier: GPL-3.0-or-later
// The batch that leaves with one call: the same datagrams whichever way the kernel and the file allow.
#include "io/heap.h"
#include "service/tftp_thread.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_BYTES 10000

static unsigned messages_left = UINT_MAX; // that the socket takes

// The kernel's, until the socket is full.
int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    if (messages_left == 0) {
        errno = EAGAIN;
        return -1;
    }
    long sent = syscall(SYS_sendmmsg, fd, messages, count < messages_left ? count : messages_left, flags);
    messages_left -= messages_left != UINT_MAX && sent > 0 ? (unsigned)sent : 0;
    return (int)sent;
}

struct world {
    struct loop *loop;
    struct tftp_engine *engine;
    struct tftp_thread *thread;
    struct tftp_flow flow;
    struct tftp_read read;
    uint8_t bytes[FILE_BYTES];
    int receiver_fd;
};

static void nothing_ended(void *context, const struct transfer_end *end)
{
    (void)context;
    (void)end;
}

static int set_up(void **state)
{
    struct world *world = heap_new(sizeof *world);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct problem problem;
    problem_clear(&problem);
    world->loop = loop_new();
    world->engine = tftp_engine_new(
        &(struct tftp_engine_options){.loop = world->loop, .ended = nothing_ended, .threads = 1});
    world->thread = world->engine->threads[0];
    world->receiver_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->receiver_fd, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(world->receiver_fd, (struct sockaddr *)&address, &length), 0);
    struct tftp_engine_listener listener = {.address = ip_from_ip4((struct ip4){0x7f000001}), .mtu = 1500};
    world->flow = (struct tftp_flow){.thread = world->thread,
                                     .port = tftp_port_listen(&listener, false, true, false, &problem),
                                     .end = {.client = ip_from_ip4((struct ip4){0x7f000001}),
                                             .client_port = ntohs(address.sin_port),
                                             .interface_index = 1},
                                     .mtu = 1500,
                                     .heap_position = UINT32_MAX};
    assert_non_null(world->flow.port);
    tftp_port_add(world->thread, world->flow.port);
    for (size_t i = 0; i < FILE_BYTES; i++) {
        world->bytes[i] = (uint8_t)(i * 31 + i / 256);
    }
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    tftp_file_drop(world->flow.file);
    tftp_engine_free(world->engine);
    loop_free(world->loop);
    close(world->receiver_fd);
    heap_free(world);
    return 0;
}

static void take(struct world *world, struct content_node *node, uint16_t block_bytes)
{
    struct tftp_options asked = {0};
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, block_bytes);
    tftp_read_init(&world->read, &asked, FILE_BYTES,
                   &(struct tftp_limits){.block_most = block_bytes, .window_most = 64});
    world->flow.blocks_of = &world->read;
    world->flow.file = tftp_file_take(world->thread, node);
    assert_non_null(world->flow.file);
}

static int open_file(const struct world *world, struct content_node *node)
{
    char name[] = "/tmp/imprint-test-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, world->bytes, FILE_BYTES), FILE_BYTES);
    assert_int_equal(unlink(name), 0);
    int again = dup(fd);
    content_node_init(node);
    assert_int_equal(content_node_set_file(node, fd), STATUS_OK);
    return again;
}

static void take_file(struct world *world, uint16_t block_bytes)
{
    struct content_node node;
    close(open_file(world, &node));
    take(world, &node, block_bytes);
}

static enum status send_all(struct world *world)
{
    enum status status = tftp_output_add_blocks(&world->flow, 1, (unsigned)world->read.block_count,
                                                world->flow.end.client, world->flow.end.client_port);
    tftp_output_flush(world->thread);
    return status;
}

// Lets everything leave that waits: on loopback, what is sent is received.
static void drain(struct world *world)
{
    struct tftp_thread *thread = world->thread;
    for (unsigned i = 0; i < 1000 && tftp_flow_is_waiting(&world->flow); i++) {
        thread->now_us += 1000;
        tftp_port_watch(thread, world->flow.port, false);
        tftp_flow_resume_port(thread, world->flow.port);
        tftp_flow_resume_paced(thread);
        tftp_output_flush(thread);
    }
    assert_false(tftp_flow_is_waiting(&world->flow));
}

// Whether the file's first blocks are put into one message; they leave.
static bool leaves_segmented(struct world *world)
{
    assert_int_equal(
        tftp_output_add_blocks(&world->flow, 1, 4, world->flow.end.client, world->flow.end.client_port),
        STATUS_OK);
    bool is_segmented = world->thread->output.count == 1;
    tftp_output_flush(world->thread);
    return is_segmented;
}

// Each block came as a datagram of its own, with the right number and bytes.
static void expect_file(const struct world *world)
{
    uint8_t datagram[FILE_BYTES + 100];
    size_t done = 0;
    for (uint64_t block = 1; block <= world->read.block_count; block++) {
        ssize_t count = recv(world->receiver_fd, datagram, sizeof datagram, MSG_DONTWAIT);
        size_t wanted = tftp_read_block_bytes(&world->read, block);
        assert_int_equal(count, 4 + wanted);
        assert_memory_equal(datagram, ((uint8_t[]){0, 3, (uint8_t)(block >> 8), (uint8_t)block}), 4);
        assert_memory_equal(datagram + 4, world->bytes + done, wanted);
        done += wanted;
    }
    assert_int_equal(done, FILE_BYTES);
    assert_true(recv(world->receiver_fd, datagram, sizeof datagram, MSG_DONTWAIT) < 0);
}

static void a_window_leaves_as_one_datagram_per_block(void **state)
{
    struct world *world = *state;
    take_file(world, 1000); // the last block is empty
    assert_int_equal(send_all(world), STATUS_OK);
    assert_int_equal(world->thread->output.plain_count, 0);
    expect_file(world);
}

static void memory_is_sent_like_a_file(void **state)
{
    struct world *world = *state;
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, world->bytes, FILE_BYTES);
    take(world, &node, 512);
    assert_int_equal(send_all(world), STATUS_OK);
    expect_file(world);
}

static void a_file_beyond_the_budget_is_read_instead_of_mapped(void **state)
{
    struct world *world = *state;
    atomic_store(&world->engine->mapped_bytes, UINT64_C(1) << 40);
    take_file(world, 512);
    assert_null(tftp_file_map(world->flow.file));
    assert_int_equal(send_all(world), STATUS_OK);
    expect_file(world);
}

static void an_interface_that_cannot_segment_gets_the_same_datagrams(void **state)
{
    struct world *world = *state;
    world->thread->now_us = 1000000;
    world->thread->output.plain[0] = (struct tftp_plain){.interface_index = 1, .until_us = 1000001};
    world->thread->output.plain_count = 1;
    take_file(world, 512);
    assert_int_equal(send_all(world), STATUS_OK);
    expect_file(world);
}

// The kernel refuses to segment without checksums, as drivers without checksum offload do.
static void a_refusal_to_segment_is_remembered_and_costs_nothing(void **state)
{
    struct world *world = *state;
    int off = 1;
    take_file(world, 512);
    assert_int_equal(setsockopt(world->flow.port->fd, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off), 0);
    assert_int_equal(send_all(world), STATUS_OK);
    assert_int_equal(world->thread->output.plain_count, 1);
    assert_int_equal(world->thread->output.plain[0].interface_index, 1);
    expect_file(world);
}

static void a_refusal_to_segment_is_tried_again_a_minute_later(void **state)
{
    struct world *world = *state;
    int is_off = 1;
    take_file(world, 512);
    assert_int_equal(setsockopt(world->flow.port->fd, SOL_SOCKET, SO_NO_CHECK, &is_off, sizeof is_off), 0);
    assert_int_equal(send_all(world), STATUS_OK);
    expect_file(world);
    is_off = 0; // somebody mended it
    assert_int_equal(setsockopt(world->flow.port->fd, SOL_SOCKET, SO_NO_CHECK, &is_off, sizeof is_off), 0);
    assert_false(leaves_segmented(world));
    world->thread->now_us += TFTP_PLAIN_US;
    assert_true(leaves_segmented(world));
}

static void blocks_beyond_the_mtu_leave_one_by_one(void **state)
{
    struct world *world = *state;
    take_file(world, 4096);
    assert_int_equal(send_all(world), STATUS_OK);
    expect_file(world);
}

static void a_cut_file_fails_its_flow_and_nobody_else(void **state)
{
    struct world *world = *state;
    struct content_node node;
    int fd = open_file(world, &node);
    take(world, &node, 512);
    assert_true(tftp_file_is_unchanged(world->flow.file));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_false(tftp_file_is_unchanged(world->flow.file));
    assert_int_equal(send_all(world), STATUS_OK); // only the kernel looked, when it was to leave
    assert_true(world->flow.has_failed);
    assert_int_equal(world->thread->heap_count, 1); // it will be ended by its timer
    world->thread->heap_count = 0;
    close(fd);
}

static void a_cut_file_that_is_read_is_an_error(void **state)
{
    struct world *world = *state;
    struct content_node node;
    atomic_store(&world->engine->mapped_bytes, UINT64_C(1) << 40);
    int fd = open_file(world, &node);
    take(world, &node, 512);
    assert_int_equal(ftruncate(fd, 5000), 0);
    assert_int_equal(send_all(world), STATUS_IO);
    close(fd);
}

static void a_full_socket_is_continued_where_it_stopped(void **state)
{
    struct world *world = *state;
    int small = 1; // the kernel makes it its least
    take_file(world, 512);
    assert_int_equal(setsockopt(world->receiver_fd, SOL_SOCKET, SO_RCVBUF, &(int){1 << 20}, sizeof(int)), 0);
    assert_int_equal(setsockopt(world->flow.port->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    assert_int_equal(send_all(world), STATUS_OK);
    drain(world);
    expect_file(world);
}

// Of 101 blocks 80 may leave at once, in two messages, of which the socket takes none or one.
static void blocks_that_wait_for_the_socket_stand_before_those_that_wait_for_their_rate(void **state)
{
    struct world *world = *state;
    struct tftp_thread *thread = world->thread;
    struct tftp_flow *flow = &world->flow;
    flow->client = tftp_limiter_get(&thread->limiter, flow->end.client);
    thread->policy = (struct tftp_policy){.rate_client_bytes = 100 * 80 * 20};
    take_file(world, 100);
    tftp_table_put(&thread->flows, 1, flow);
    for (unsigned taken = 0; taken < 2; taken++) {
        thread->now_us += 1000000;
        messages_left = taken;
        tftp_flow_send_blocks(flow, 1, 101);
        tftp_output_flush(thread);
        assert_true(flow->port->is_blocked);
        assert_int_equal(flow->waiting_first, 1 + 64 * taken);
        assert_int_equal(flow->waiting_first + flow->waiting_count, 102);
        messages_left = UINT_MAX;
        drain(world);
        expect_file(world);
    }
    (void)tftp_table_remove(&thread->flows, 1);
}

// What the conversation said before is void, also when it was in the batch already.
static void only_what_was_sent_last_waits_for_the_socket(void **state)
{
    struct world *world = *state;
    struct tftp_flow *flow = &world->flow;
    take_file(world, 512);
    messages_left = 0;
    tftp_flow_send_blocks(flow, 1, 4);
    tftp_flow_send_blocks(flow, 9, 4);
    tftp_output_flush(world->thread);
    messages_left = UINT_MAX;
    assert_int_equal(flow->waiting_first, 9);
    assert_int_equal(flow->waiting_count, 4);
    tftp_flow_send_blocks(flow, 1, (unsigned)world->read.block_count); // the port is blocked: they wait
    drain(world);
    expect_file(world);
}

static void two_who_have_the_same_file_share_it(void **state)
{
    struct world *world = *state;
    struct content_node node;
    struct content_node again;
    int fd = open_file(world, &node);
    content_node_init(&again);
    assert_int_equal(content_node_set_file(&again, dup(fd)), STATUS_OK);
    take(world, &node, 512);
    struct tftp_file *same = tftp_file_take(world->thread, &again);
    assert_ptr_equal(same, world->flow.file);
    tftp_file_drop(same);
    assert_int_equal(pwrite(fd, "more", 4, FILE_BYTES), 4); // another version is another file
    content_node_init(&again);
    assert_int_equal(content_node_set_file(&again, dup(fd)), STATUS_OK);
    struct tftp_file *other = tftp_file_take(world->thread, &again);
    assert_ptr_not_equal(other, world->flow.file);
    assert_int_equal(tftp_file_bytes(other), FILE_BYTES + 4);
    tftp_file_drop(other);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_window_leaves_as_one_datagram_per_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_sent_like_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_beyond_the_budget_is_read_instead_of_mapped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_interface_that_cannot_segment_gets_the_same_datagrams, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_to_segment_is_remembered_and_costs_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_to_segment_is_tried_again_a_minute_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(blocks_beyond_the_mtu_leave_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_file_fails_its_flow_and_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_file_that_is_read_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_socket_is_continued_where_it_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            blocks_that_wait_for_the_socket_stand_before_those_that_wait_for_their_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_was_sent_last_waits_for_the_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_who_have_the_same_file_share_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
