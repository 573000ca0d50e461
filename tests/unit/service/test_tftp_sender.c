// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/heap.h"
#include "service/tftp_sender.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_BYTES 10000

struct world {
    struct tftp_sender sender;
    struct content_node node;
    struct tftp_read read;
    struct tftp_blocks blocks;
    uint8_t bytes[FILE_BYTES];
    int sender_fd;
    int receiver_fd;
};

static int open_socket(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (const struct sockaddr *)address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

static int set_up(void **state)
{
    struct world *world = heap_new(sizeof *world);
    struct sockaddr_in sender;
    struct sockaddr_in receiver;
    world->sender_fd = open_socket(&sender);
    world->receiver_fd = open_socket(&receiver);
    assert_int_equal(connect(world->sender_fd, (const struct sockaddr *)&receiver, sizeof receiver), 0);
    for (size_t i = 0; i < FILE_BYTES; i++) {
        world->bytes[i] = (uint8_t)(i * 31 + i / 256);
    }
    content_node_init(&world->node);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    content_node_close(&world->node);
    close(world->sender_fd);
    close(world->receiver_fd);
    heap_free(world);
    return 0;
}

static void prepare(struct world *world, uint16_t block_bytes)
{
    struct tftp_options asked = {0};
    tftp_options_put(&asked, TFTP_OPTION_BLKSIZE, block_bytes);
    tftp_read_init(&world->read, &asked, FILE_BYTES,
                   &(struct tftp_limits){.block_most = block_bytes, .window_most = 64});
    world->blocks = (struct tftp_blocks){.fd = world->sender_fd,
                                         .node = &world->node,
                                         .read = &world->read,
                                         .first = 1,
                                         .count = (unsigned)world->read.block_count,
                                         .interface_index = 1,
                                         .mtu = 1500};
}

static void open_file(struct world *world, off_t bytes)
{
    char name[] = "/tmp/imprint-test-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, world->bytes, FILE_BYTES), FILE_BYTES);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(content_node_set_file(&world->node, fd), STATUS_OK);
    assert_int_equal(ftruncate(world->node.fd, bytes), 0);
}

// Each block came as a datagram of its own, with the right number and bytes.
static void expect_file(struct world *world)
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

static void a_window_of_a_file_leaves_as_one_datagram_per_block(void **state)
{
    struct world *world = *state;
    open_file(world, FILE_BYTES);
    prepare(world, 1000); // the last block is empty
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_OK);
    assert_int_equal(world->blocks.count, 0);
    assert_int_equal(world->sender.plain_count, 0);
    expect_file(world);
}

static void memory_is_sent_like_a_file(void **state)
{
    struct world *world = *state;
    content_node_set_memory(&world->node, world->bytes, FILE_BYTES);
    prepare(world, 512);
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_OK);
    expect_file(world);
}

static void an_interface_that_cannot_segment_gets_the_same_datagrams(void **state)
{
    struct world *world = *state;
    open_file(world, FILE_BYTES);
    prepare(world, 512);
    world->sender.plain_interfaces[0] = 1;
    world->sender.plain_count = 1;
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_OK);
    expect_file(world);
}

// The kernel refuses to segment without checksums, as drivers without checksum offload do.
static void a_refusal_to_segment_is_remembered_and_costs_nothing(void **state)
{
    struct world *world = *state;
    int off = 1;
    open_file(world, FILE_BYTES);
    prepare(world, 512);
    assert_int_equal(setsockopt(world->sender_fd, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off), 0);
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_OK);
    assert_int_equal(world->sender.plain_count, 1);
    assert_int_equal(world->sender.plain_interfaces[0], 1);
    expect_file(world);
}

static void blocks_beyond_the_mtu_leave_one_by_one(void **state)
{
    struct world *world = *state;
    open_file(world, FILE_BYTES);
    prepare(world, 4096);
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_OK);
    expect_file(world);
}

static void a_file_that_shrank_is_an_error(void **state)
{
    struct world *world = *state;
    open_file(world, 5000);
    prepare(world, 512);
    assert_int_equal(tftp_sender_send(&world->sender, &world->blocks), STATUS_IO);
}

static void a_full_buffer_is_continued_where_it_stopped(void **state)
{
    struct world *world = *state;
    int small = 1; // the kernel makes it its least
    open_file(world, FILE_BYTES);
    prepare(world, 512);
    assert_int_equal(setsockopt(world->receiver_fd, SOL_SOCKET, SO_RCVBUF, &(int){1 << 20}, sizeof(int)), 0);
    assert_int_equal(setsockopt(world->sender_fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    enum status status = STATUS_BUSY;
    for (unsigned i = 0; i < 1000 && status == STATUS_BUSY; i++) { // on loopback, sent is received
        status = tftp_sender_send(&world->sender, &world->blocks);
    }
    assert_int_equal(status, STATUS_OK);
    expect_file(world);
}

static void a_closed_port_is_told(void **state)
{
    struct world *world = *state;
    open_file(world, FILE_BYTES);
    close(world->receiver_fd);
    prepare(world, 512);
    enum status status = tftp_sender_send(&world->sender, &world->blocks);
    for (unsigned i = 0; i < 100 && status == STATUS_OK; i++) {
        prepare(world, 512);
        status = tftp_sender_send(&world->sender, &world->blocks);
    }
    assert_int_equal(status, STATUS_NOT_FOUND);
    assert_int_equal(world->blocks.count, 0);
    struct sockaddr_in address;
    world->receiver_fd = open_socket(&address);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_window_of_a_file_leaves_as_one_datagram_per_block, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(memory_is_sent_like_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interface_that_cannot_segment_gets_the_same_datagrams, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_to_segment_is_remembered_and_costs_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(blocks_beyond_the_mtu_leave_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_shrank_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_buffer_is_continued_where_it_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_port_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
