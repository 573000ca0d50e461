// SPDX-License-Identifier: GPL-3.0-or-later
// What the TFTP engine is for: many clients, bad clients, changed files, several threads, few sockets.
#include "io/heap.h"
#include "service/tftp_thread.h"
#include "unit/service/tftp_fixture.h"
#include "unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANGE_FIRST      41690
#define RANGE_LAST       41697
#define FLOOD_SOCKETS    200
#define FLOOD_ROUNDS     500
#define MANY_TRANSFERS   10000
#define MANY_PER_ADDRESS 50

static int set_up_with(void **state, struct tftp_policy policy, unsigned threads)
{
    *state = fixture_new(&policy, threads);
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, (struct tftp_policy){0}, 1);
}

static int set_up_two_threads(void **state)
{
    return set_up_with(state, (struct tftp_policy){0}, 2);
}

static int set_up_range(void **state)
{
    return set_up_with(state, (struct tftp_policy){.port_first = RANGE_FIRST, .port_last = RANGE_LAST}, 2);
}

static int set_up_single_port(void **state)
{
    return set_up_with(state, (struct tftp_policy){.is_single_port = true}, 2);
}

static int set_up_strict(void **state)
{
    return set_up_with(state, (struct tftp_policy){.requests_per_client = 500}, 1);
}

static int set_up_slow(void **state)
{
    return set_up_with(state, (struct tftp_policy){.rate_client_bytes = 8000000}, 1);
}

static int set_up_few_requests(void **state)
{
    return set_up_with(state, (struct tftp_policy){.requests_per_second = 5}, 1);
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

#define BIG_REQUEST "\0\1big.bin\0octet\0blksize\0001468"

// Asks for big.bin and takes the OACK; the first block is on its way then.
static unsigned begin_big(struct fixture *fixture, int fd)
{
    struct tftp_packet packet;
    unsigned port;
    uint8_t bytes[64];
    size_t count = 0;
    for (unsigned i = 0; i < 20 && count == 0; i++) { // in a flood the kernel may lose it
        REQUEST(fixture, fd, BIG_REQUEST);
        count = client_receive(fixture, fd, bytes, sizeof bytes, &port, 250);
    }
    assert_int_equal(tftp_decode(bytes, count, &packet, NULL), STATUS_OK);
    assert_int_equal(packet.operation, TFTP_OACK);
    client_send(fd, port, "\0\4\0\0", 4);
    return port;
}

static void fetch_big(struct fixture *fixture, int fd)
{
    struct tftp_packet packet;
    unsigned from;
    unsigned port = begin_big(fixture, fd);
    expect_packet(fixture, fd, &packet, &from);
    expect_file(fixture, fd, &packet, port, fixture->files.big, FILE_SERVICE_BIG_BYTES);
}

static void open_big(const struct fixture *fixture, int *fd)
{
    char name[FILE_SERVICE_PATH_BYTES + 16];
    snprintf(name, sizeof name, "%s/big.bin", fixture->files.folder);
    *fd = open(name, O_RDWR | O_CLOEXEC);
    assert_true(*fd >= 0);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

// Threads and ports.

static void two_threads_serve_many_clients(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("atftp")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(
        &fixture->files,
        "cd %s && for i in 1 2 3 4 5 6 7 8; do atftp --option 'blksize 1468' --option 'windowsize 16' "
        "-g -r big.bin -l got$i 127.0.0.1 %u >/dev/null & done; wait; for i in 1 2 3 4 5 6 7 8; do cmp "
        "big.bin got$i || exit 1; done; rm got*",
        fixture->files.folder, fixture->port);
    assert_int_equal(code, 0);
    file_service_wait(&fixture->files, 8, 5000);
    assert_int_equal(tftp_service_stats(fixture->tftp).done, 8);
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 0);
}

static void transfers_come_from_the_range_of_ports(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 16; i++) {
        int fd = client_open();
        struct tftp_packet packet;
        unsigned port;
        REQUEST(fixture, fd, "\0\1hello.txt\0octet");
        expect_packet(fixture, fd, &packet, &port);
        assert_in_range(port, RANGE_FIRST, RANGE_LAST);
        client_send(fd, port, "\0\4\0\1", 4);
        REQUEST(fixture, fd, "\0\1missing\0octet");
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.operation, TFTP_ERROR);
        assert_in_range(port, RANGE_FIRST, RANGE_LAST);
        close(fd);
    }
}

static void a_single_port_is_enough(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 4; i++) { // clients of both threads
        int fd = client_open();
        struct tftp_packet packet;
        unsigned port;
        REQUEST(fixture, fd, "\0\1exact.bin\0octet");
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(port, fixture->port);
        expect_file(fixture, fd, &packet, port, fixture->files.big, 1024);
        REQUEST(fixture, fd, "\0\1missing\0octet");
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.operation, TFTP_ERROR);
        assert_int_equal(port, fixture->port);
        close(fd);
    }
}

static void two_transfers_in_a_row_come_from_different_ports(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    unsigned last_port = 0;
    for (unsigned i = 0; i < 6; i++) {
        struct tftp_packet packet;
        unsigned port;
        REQUEST(fixture, fd, "\0\1hello.txt\0octet");
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.operation, TFTP_DATA);
        assert_int_not_equal(port, last_port);
        client_send(fd, port, "\0\4\0\1", 4);
        file_service_wait(&fixture->files, i + 1, 2000);
        last_port = port;
    }
    close(fd);
}

// The last ACK and the next request come to different sockets.
static void the_same_file_again_at_once_is_no_repeat(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    for (unsigned i = 0; i < 200; i++) {
        REQUEST(fixture, fd, "\0\1exact.bin\0octet\0blksize\0001000");
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.operation, TFTP_OACK);
        client_send(fd, port, "\0\4\0\0", 4);
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.block, 1);
        client_send(fd, port, "\0\4\0\1", 4);
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.block, 2);
        client_send(fd, port, "\0\4\0\2", 4);
    }
    file_service_wait(&fixture->files, 200, 3000);
    assert_int_equal(tftp_service_stats(fixture->tftp).done, 200);
    close(fd);
}

static void another_clients_acks_change_nothing(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    int stranger = client_open();
    struct tftp_packet packet;
    unsigned port;
    unsigned other;
    REQUEST(fixture, fd, "\0\1exact.bin\0octet");
    expect_packet(fixture, fd, &packet, &port);
    client_send(stranger, port, "\0\4\0\1", 4);
    client_send(stranger, port, "\0\5\0\0no", 7);
    client_send(fd, fixture->port, "\0\5\0\0no", 7); // its own, by the wrong port
    expect_file(fixture, fd, &packet, port, fixture->files.big, 1024);
    uint8_t bytes[64];
    assert_int_equal(client_receive(fixture, stranger, bytes, sizeof bytes, &other, 20), 0);
    close(fd);
    close(stranger);
}

static void nothing_is_served_any_more_where_nobody_listens(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    unsigned port;
    unsigned from;
    struct tftp_packet packet;
    port = begin_big(fixture, fd);
    tftp_service_unlisten(fixture->tftp, NULL);
    expect_packet(fixture, fd, &packet, &from);
    expect_file(fixture, fd, &packet, port, fixture->files.big, FILE_SERVICE_BIG_BYTES); // goes on
    assert_int_equal(tftp_service_port(fixture->tftp), 0);
    struct problem problem;
    struct tftp_service_listener again = {.address = ip_from_ip4((struct ip4){0x7f000001}),
                                          .port = (uint16_t)fixture->port};
    problem_clear(&problem); // at once: an interface with a new address is served again in the same breath
    enum status status = tftp_service_listen(fixture->tftp, &again, &problem);
    assert_int_equal(status, STATUS_OK);
    fetch_big(fixture, fd);
    close(fd);
}

// Limits.

static void flood(unsigned port)
{
    int fds[FLOOD_SOCKETS];
    for (unsigned i = 0; i < FLOOD_SOCKETS; i++) {
        fds[i] = client_open_at(2, 0);
    }
    for (unsigned i = 0; i < FLOOD_ROUNDS * FLOOD_SOCKETS; i++) {
        client_send(fds[i % FLOOD_SOCKETS], port, BIG_REQUEST, sizeof BIG_REQUEST);
    }
}

static void a_flood_from_one_address_leaves_the_others_running(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open_at(3, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        flood(fixture->port);
        _exit(0);
    }
    fetch_big(fixture, fd);
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        loop_run_once(fixture->files.loop, 5);
    }
    assert_int_equal(status, 0);
    fetch_big(fixture, fd);
    tftp_service_free(fixture->tftp);
    fixture->tftp = NULL;
    assert_true(fixture->dropped > FLOOD_SOCKETS);
    close(fd);
}

static void more_requests_than_allowed_are_not_answered_but_counted(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 20; i++) {
        int fd = client_open_at(10 + i, 0);
        REQUEST(fixture, fd, "\0\1missing\0octet");
        close(fd);
    }
    file_service_wait(&fixture->files, 5, 3000);
    tftp_service_free(fixture->tftp);
    fixture->tftp = NULL;
    assert_in_range(fixture->files.end_count, 5, 8);
    assert_int_equal(fixture->dropped, 20 - fixture->files.end_count);
}

static void a_clients_rate_is_kept_and_costs_nobody_else(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    int64_t begin_ms = loop_now_ms();
    fetch_big(fixture, fd);
    int64_t took_ms = loop_now_ms() - begin_ms;
    assert_in_range(took_ms, 500, 10000); // 5 MB at 8 MB/s, less the bucket
    expect_end(fixture, TRANSFER_DONE);
    // What waits for its rate is not lost. A window or two may go again where this machine is busy.
    assert_in_range(fixture->files.ends[0].resent_blocks, 0, 64);
    close(fd);
}

// Files.

static void a_file_cut_while_it_is_sent_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    int file;
    struct tftp_packet packet;
    unsigned from;
    unsigned port = begin_big(fixture, fd);
    open_big(fixture, &file);
    assert_int_equal(ftruncate(file, 100 * 4096 + 17), 0);
    close(file);
    expect_packet(fixture, fd, &packet, &from);
    while (packet.operation == TFTP_DATA) {
        uint8_t ack[TFTP_HEADER_BYTES];
        assert_int_equal(packet.data_bytes, 1468);
        tftp_encode_ack(packet.block, ack);
        client_send(fd, port, ack, sizeof ack);
        expect_packet(fixture, fd, &packet, &from);
    }
    assert_int_equal(packet.operation, TFTP_ERROR);
    assert_int_equal(packet.error, 0);
    expect_end(fixture, TRANSFER_FAILED);
    close(fd);
}

static void a_file_rewritten_while_it_is_sent_is_never_complete(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    int file;
    struct tftp_packet packet;
    unsigned from;
    unsigned port = begin_big(fixture, fd);
    open_big(fixture, &file);
    usleep(20000); // file systems do not count time more finely
    assert_int_equal(pwrite(file, "other", 5, 4000000), 5);
    close(file);
    expect_packet(fixture, fd, &packet, &from);
    while (packet.operation == TFTP_DATA) {
        uint8_t ack[TFTP_HEADER_BYTES];
        assert_int_equal(packet.data_bytes, 1468); // never the last, shorter one
        tftp_encode_ack(packet.block, ack);
        client_send(fd, port, ack, sizeof ack);
        expect_packet(fixture, fd, &packet, &from);
    }
    assert_int_equal(packet.operation, TFTP_ERROR);
    expect_end(fixture, TRANSFER_FAILED);
    close(fd);
}

static void transfers_of_one_file_share_its_descriptor(void **state)
{
    struct fixture *fixture = *state;
    int fds[20];
    for (unsigned i = 0; i < 20; i++) {
        fds[i] = client_open();
    }
    (void)begin_big(fixture, fds[0]); // it opens file and ports
    (void)begin_big(fixture, fds[1]);
    unsigned before = count_descriptors();
    for (unsigned i = 2; i < 20; i++) {
        (void)begin_big(fixture, fds[i]);
    }
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 20);
    assert_int_equal(count_descriptors(), before);
    for (unsigned i = 0; i < 20; i++) {
        close(fds[i]);
    }
}

// Many, and the end.

static void ten_thousand_transfers_at_once_need_little_memory(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < MANY_TRANSFERS + 100) {
        skip();
    }
    int *fds = heap_new_array(MANY_TRANSFERS, sizeof *fds);
    for (unsigned i = 0; i < MANY_TRANSFERS; i++) {
        fds[i] = client_open_at(2 + i / MANY_PER_ADDRESS, 0);
    }
    struct mallinfo2 before = mallinfo2();
    for (unsigned i = 0; i < MANY_TRANSFERS; i++) {
        REQUEST(fixture, fds[i], BIG_REQUEST);
        if (i % 32 == 0) {
            loop_run_once(fixture->files.loop, 0);
        }
    }
    for (unsigned i = 0; i < 2000 && tftp_service_stats(fixture->tftp).live < MANY_TRANSFERS; i++) {
        loop_run_once(fixture->files.loop, 2);
    }
    assert_int_equal(tftp_service_stats(fixture->tftp).live, MANY_TRANSFERS);
    struct mallinfo2 after = mallinfo2(); // zeros under a sanitizer
    size_t bytes = (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / MANY_TRANSFERS;
    print_message("%zu bytes for each transfer\n", bytes);
    assert_true(bytes < 8192);
    for (unsigned i = 0; i < MANY_TRANSFERS; i += 100) { // all of them are alive
        struct tftp_packet packet;
        unsigned port;
        expect_packet(fixture, fds[i], &packet, &port);
        assert_int_equal(packet.operation, TFTP_OACK);
    }
    tftp_service_free(fixture->tftp);
    fixture->tftp = NULL;
    assert_int_equal(fixture->files.end_count, MANY_TRANSFERS);
    for (unsigned i = 0; i < MANY_TRANSFERS; i++) {
        close(fds[i]);
    }
    heap_free(fds);
}

static unsigned threads_of(struct loop *loop, unsigned wanted, unsigned port_count)
{
    struct tftp_policy policy = {.port_first = RANGE_FIRST,
                                 .port_last = (uint16_t)(RANGE_FIRST + port_count - 1)};
    struct tftp_engine *engine =
        tftp_engine_new(&(struct tftp_engine_options){.loop = loop, .policy = policy, .threads = wanted});
    unsigned count = engine->thread_count;
    tftp_engine_free(engine);
    return count;
}

static void there_are_no_more_threads_than_ports(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(threads_of(fixture->files.loop, 0, 1), 1);
    assert_in_range(threads_of(fixture->files.loop, 0, 100), 1, 4);
    assert_int_equal(threads_of(fixture->files.loop, 6, 100), 6);
    assert_int_equal(threads_of(fixture->files.loop, 6, 2), 2);
}

static void a_service_that_ends_tells_its_clients_and_the_hooks(void **state)
{
    struct fixture *fixture = *state;
    int fds[8];
    unsigned ports[8];
    for (unsigned i = 0; i < 8; i++) {
        fds[i] = client_open();
        ports[i] = begin_big(fixture, fds[i]);
    }
    int waiting = client_open(); // its question is never answered
    REQUEST(fixture, waiting, BIG_REQUEST);
    usleep(20000);
    tftp_service_free(fixture->tftp);
    fixture->tftp = NULL;
    assert_int_equal(fixture->files.end_count, 8);
    for (unsigned i = 0; i < 8; i++) {
        struct tftp_packet packet;
        unsigned port;
        do {
            expect_packet(fixture, fds[i], &packet, &port);
        } while (packet.operation == TFTP_DATA);
        assert_int_equal(packet.operation, TFTP_ERROR);
        assert_int_equal(port, ports[i]);
        assert_int_equal(fixture->files.ends[i].outcome, TRANSFER_FAILED);
        close(fds[i]);
    }
    close(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_are_no_more_threads_than_ports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_threads_serve_many_clients, set_up_two_threads, tear_down),
        cmocka_unit_test_setup_teardown(transfers_come_from_the_range_of_ports, set_up_range, tear_down),
        cmocka_unit_test_setup_teardown(a_single_port_is_enough, set_up_single_port, tear_down),
        cmocka_unit_test_setup_teardown(two_transfers_in_a_row_come_from_different_ports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_file_again_at_once_is_no_repeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_clients_acks_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_served_any_more_where_nobody_listens, set_up_two_threads,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flood_from_one_address_leaves_the_others_running, set_up_strict,
                                        tear_down),
        cmocka_unit_test_setup_teardown(more_requests_than_allowed_are_not_answered_but_counted,
                                        set_up_few_requests, tear_down),
        cmocka_unit_test_setup_teardown(a_clients_rate_is_kept_and_costs_nobody_else, set_up_slow, tear_down),
        cmocka_unit_test_setup_teardown(a_file_cut_while_it_is_sent_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_rewritten_while_it_is_sent_is_never_complete, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(transfers_of_one_file_share_its_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ten_thousand_transfers_at_once_need_little_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_service_that_ends_tells_its_clients_and_the_hooks,
                                        set_up_two_threads, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
