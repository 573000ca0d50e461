// SPDX-License-Identifier: GPL-3.0-or-later
// The TFTP service against real clients on loopback, and against a hand-made one where order matters.
#include "unit/service/tftp_fixture.h"
#include "unit/test.h"

#include <stdio.h>
#include <unistd.h>

static int set_up(void **state)
{
    *state = fixture_new(&(struct tftp_policy){0}, 1);
    return 0;
}

static int set_up_narrow(void **state)
{
    *state = fixture_new(&(struct tftp_policy){.per_client_most = 2}, 1);
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

// Real clients.

static void curl_fetches_a_whole_file(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("curl")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code =
        file_service_run(&fixture->files, "curl -s --tftp-blksize 1468 -o %s tftp://127.0.0.1:%u/big.bin",
                         fixture->files.fetched, fixture->port);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, FILE_SERVICE_BIG_BYTES));
    expect_end(fixture, TRANSFER_DONE);
    const struct transfer_end *end = &fixture->files.ends[0];
    assert_string_equal(end->asked, "big.bin");
    assert_string_equal(end->served, "big.bin");
    assert_int_equal(end->sent, FILE_SERVICE_BIG_BYTES);
    assert_int_equal(ip_get_ip4(end->client).value, 0x7f000001);
    assert_int_equal(ip_get_ip4(end->server).value, 0x7f000001);
    assert_true(transfer_is_whole(end));
    assert_true(reasons_has(&end->reasons, REASON_TRANSFER_DONE));
}

static void atftp_fetches_with_windows_beyond_block_65535(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("atftp")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(
        &fixture->files,
        "atftp --option 'blksize 64' --option 'windowsize 64' -g -r big.bin -l %s 127.0.0.1 %u",
        fixture->files.fetched, fixture->port);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, FILE_SERVICE_BIG_BYTES));
    expect_end(fixture, TRANSFER_DONE);
    assert_true(fixture->files.ends[0].resent_blocks <= 2 * 64); // a busy machine may be late once or twice
}

static void busybox_fetches_with_its_own_block_size(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("busybox")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(&fixture->files,
                                "busybox tftp -g -b 1408 -r exact.bin -l %s 127.0.0.1 %u 2>/dev/null",
                                fixture->files.fetched, fixture->port);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, 1024));
}

static void tftp_hpa_fetches_in_its_default_mode_text_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("tftp")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(&fixture->files, "tftp -m ascii 127.0.0.1 %u -c get lines.txt %s",
                                fixture->port, fixture->files.fetched);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, "one\ntwo\rthree\n", 14));
}

static void tftp_hpa_fetches_binary(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("tftp")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(&fixture->files, "tftp -m binary 127.0.0.1 %u -c get exact.bin %s",
                                fixture->port, fixture->files.fetched);
    assert_int_equal(code, 0);
    assert_true(file_service_has_fetched(&fixture->files, fixture->files.big, 1024));
}

static void sixteen_clients_at_once_all_get_the_whole_file(void **state)
{
    struct fixture *fixture = *state;
    if (!file_service_has_program("atftp")) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    int code = file_service_run(
        &fixture->files,
        "cd %s && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do atftp --option 'blksize "
        "1468' --option 'windowsize 16' -g -r big.bin -l got$i 127.0.0.1 %u & done; wait; "
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cmp big.bin got$i || exit 1; "
        "done; rm got*",
        fixture->files.folder, fixture->port);
    assert_int_equal(code, 0);
    file_service_wait(&fixture->files, 16, 5000);
    assert_int_equal(fixture->files.end_count, 16);
    assert_int_equal(tftp_service_stats(fixture->tftp).done, 16);
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 0);
}

// The hand-made one.

static void a_missing_file_is_an_error_at_once(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    REQUEST(fixture, fd, "\0\1grub/missing.cfg\0octet");
    expect_error(fixture, fd, 1, "File not found");
    expect_end(fixture, TRANSFER_NOT_FOUND);
    assert_true(reasons_has(&fixture->files.ends[0].reasons, REASON_FILE_NOT_FOUND));
    close(fd);
}

static void a_refused_file_is_an_access_violation(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    REQUEST(fixture, fd, "\0\1secret\0octet");
    expect_error(fixture, fd, 2, "Access denied");
    expect_end(fixture, TRANSFER_REFUSED);
    close(fd);
}

static void a_write_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    REQUEST(fixture, fd, "\0\2hello.txt\0octet");
    expect_error(fixture, fd, 2, "imprint is read-only");
    expect_end(fixture, TRANSFER_REFUSED);
    close(fd);
}

static void an_unknown_mode_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    REQUEST(fixture, fd, "\0\1hello.txt\0mail");
    expect_error(fixture, fd, 4, "only octet and netascii are served");
    close(fd);
}

static void an_end_tells_whose_file_it_was(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1hello.txt\0octet");
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.operation, TFTP_DATA);
    assert_int_equal(packet.data_bytes, 13);
    assert_int_not_equal(port, fixture->port);
    client_send(fd, port, "\0\4\0\1", 4);
    expect_end(fixture, TRANSFER_DONE);
    assert_int_equal(fixture->files.ends[0].part, CONTENT_PART_LAST);
    assert_int_equal(fixture->files.ends[0].machine_id, 7);
    assert_int_equal(fixture->files.ends[0].order_id, 9);
    close(fd);
}

static void a_size_probe_ends_quietly(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0tsize\0000\0blksize\0001468");
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.operation, TFTP_OACK);
    assert_int_equal(packet.options.value[TFTP_OPTION_TSIZE], FILE_SERVICE_BIG_BYTES);
    client_send(fd, port, "\0\5\0\10User aborted the transfer", 30);
    expect_end(fixture, TRANSFER_PROBED);
    assert_int_equal(fixture->files.ends[0].sent, 0);
    close(fd);
}

static void a_repeated_request_does_not_start_a_second_transfer(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned first_port;
    unsigned port;
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, fd, &packet, &first_port);
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, fd, &packet, &port); // the timer's repeat
    assert_int_equal(packet.operation, TFTP_OACK);
    assert_int_equal(port, first_port);
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 1);
    assert_int_equal(tftp_service_stats(fixture->tftp).started, 1);
    close(fd);
}

static void another_request_from_the_same_port_replaces_the_transfer(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned first_port;
    unsigned port;
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0tsize\0000");
    expect_packet(fixture, fd, &packet, &first_port);
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.operation, TFTP_OACK);
    assert_false(packet.options.has[TFTP_OPTION_TSIZE]);
    assert_int_not_equal(port, first_port);
    expect_end(fixture, TRANSFER_ABORTED);
    close(fd);
}

static void a_client_that_vanished_frees_its_transfer_soon(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0blksize\0001468\0windowsize\0004");
    expect_packet(fixture, fd, &packet, &port);
    client_send(fd, port, "\0\4\0\0", 4);
    expect_packet(fixture, fd, &packet, &port);
    close(fd);
    file_service_wait(&fixture->files, 1, 5000);
    expect_end(fixture, TRANSFER_ABORTED);
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 0);
}

static void a_file_of_whole_blocks_ends_with_an_empty_one(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1exact.bin\0octet\0windowsize\0008");
    expect_packet(fixture, fd, &packet, &port);
    client_send(fd, port, "\0\4\0\0", 4);
    for (unsigned block = 1; block <= 3; block++) {
        expect_packet(fixture, fd, &packet, &port);
        assert_int_equal(packet.operation, TFTP_DATA);
        assert_int_equal(packet.block, block);
        assert_int_equal(packet.data_bytes, block == 3 ? 0 : 512);
    }
    client_send(fd, port, "\0\4\0\3", 4);
    expect_end(fixture, TRANSFER_DONE);
    close(fd);
}

static void an_empty_file_is_one_empty_block(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1empty\0octet");
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.operation, TFTP_DATA);
    assert_int_equal(packet.data_bytes, 0);
    client_send(fd, port, "\0\4\0\1", 4);
    expect_end(fixture, TRANSFER_DONE);
    close(fd);
}

static void large_blocks_are_granted_to_those_who_ask(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    struct tftp_packet packet;
    unsigned port;
    REQUEST(fixture, fd, "\0\1big.bin\0octet\0blksize\00016384");
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.options.value[TFTP_OPTION_BLKSIZE], 16384);
    client_send(fd, port, "\0\4\0\0", 4);
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.data_bytes, 16384);
    assert_memory_equal(packet.data, fixture->files.big, 16384);
    close(fd);
}

static void a_client_has_no_more_transfers_than_its_share(void **state)
{
    struct fixture *fixture = *state;
    int fds[3];
    struct tftp_packet packet;
    unsigned port;
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = client_open();
        REQUEST(fixture, fds[i], "\0\1big.bin\0octet\0blksize\0001468");
    }
    expect_packet(fixture, fds[0], &packet, &port);
    expect_packet(fixture, fds[1], &packet, &port);
    uint8_t bytes[2048];
    assert_int_equal(client_receive(fixture, fds[2], bytes, sizeof bytes, &port, 100), 0);
    for (unsigned i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

// Its own other transfers, or those that somebody asked for in its name.
static void a_client_is_not_locked_out_by_silent_transfers(void **state)
{
    struct fixture *fixture = *state;
    struct tftp_packet packet;
    unsigned port;
    uint8_t bytes[2048];
    int silent = client_open();
    REQUEST(fixture, silent, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, silent, &packet, &port);
    int other = client_open();
    REQUEST(fixture, other, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, other, &packet, &port);
    int third = client_open();
    while (client_receive(fixture, third, bytes, sizeof bytes, &port, 1100) != 0) {
    }
    REQUEST(fixture, third, "\0\1big.bin\0octet\0blksize\0001468");
    expect_packet(fixture, third, &packet, &port);
    assert_int_equal(packet.operation, TFTP_OACK);
    expect_end(fixture, TRANSFER_TIMEOUT);
    assert_int_equal(tftp_service_stats(fixture->tftp).live, 2);
    close(silent);
    close(other);
    close(third);
}

static void what_is_no_request_gets_no_answer(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    uint8_t bytes[2048];
    unsigned port;
    REQUEST(fixture, fd, "\0\4\0");
    REQUEST(fixture, fd, "\0\5\0\0oops");
    REQUEST(fixture, fd, "\0\1");
    assert_int_equal(client_receive(fixture, fd, bytes, sizeof bytes, &port, 50), 0);
    close(fd);
}

static void blocks_fit_the_interface_unless_asked_otherwise(void **state)
{
    (void)state;
    assert_int_equal(tftp_service_block_most(1468, 1500, false), 1468);
    assert_int_equal(tftp_service_block_most(1468, 1400, false), 1368);
    assert_int_equal(tftp_service_block_most(4096, 1500, false), 65464);
    assert_int_equal(tftp_service_block_most(16384, 1500, false), 65464);
    assert_int_equal(tftp_service_block_most(1468, 9000, false), 8968);
    assert_int_equal(tftp_service_block_most(512, 100, false), 512);
    assert_int_equal(tftp_service_block_most(1468, 1500, true), 1448);
}

static void a_port_in_use_names_who_holds_it(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    problem_clear(&problem);
    struct tftp_service_listener listener = {.address = ip_from_ip4((struct ip4){0x7f000001}),
                                             .port = (uint16_t)fixture->port};
    assert_int_equal(tftp_service_listen(fixture->tftp, &listener, &problem), STATUS_IO);
    char pid[32];
    snprintf(pid, sizeof pid, "(pid %d)", (int)getpid());
    assert_non_null(strstr(problem.text, pid));
    assert_true(problem.remedy[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(curl_fetches_a_whole_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(atftp_fetches_with_windows_beyond_block_65535, set_up, tear_down),
        cmocka_unit_test_setup_teardown(busybox_fetches_with_its_own_block_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tftp_hpa_fetches_in_its_default_mode_text_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tftp_hpa_fetches_binary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sixteen_clients_at_once_all_get_the_whole_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_is_an_error_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_file_is_an_access_violation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_mode_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_end_tells_whose_file_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_size_probe_ends_quietly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_request_does_not_start_a_second_transfer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_request_from_the_same_port_replaces_the_transfer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_vanished_frees_its_transfer_soon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_whole_blocks_ends_with_an_empty_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_is_one_empty_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_blocks_are_granted_to_those_who_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_is_not_locked_out_by_silent_transfers, set_up_narrow,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_client_has_no_more_transfers_than_its_share, set_up_narrow,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_request_gets_no_answer, set_up, tear_down),
        cmocka_unit_test(blocks_fit_the_interface_unless_asked_otherwise),
        cmocka_unit_test_setup_teardown(a_port_in_use_names_who_holds_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
