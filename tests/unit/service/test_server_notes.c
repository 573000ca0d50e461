// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_notes.h"

#include "base/text.h"
#include "desk_bench.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct desk_bench bench;
static struct server_notes notes;
static struct log *log_of_nobody;
static int log_fd;
static uint64_t order_id;

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_of_nobody = log_new(log_fd, LOG_FORM_AUTO, LOG_LEVEL_DEBUG);
    notes = (struct server_notes){.desk = bench.desk, .log = log_of_nobody};
    order_id = bench_order(&bench, bench_machine(&bench, 1), "x");
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_free(log_of_nobody);
    close(log_fd);
    desk_bench_close(&bench);
    return 0;
}

static struct transfer_end transfer(enum transfer_outcome outcome, const char *path)
{
    struct transfer_end end = {.protocol = TRANSFER_TFTP,
                               .outcome = outcome,
                               .client = bench_address(100),
                               .size = 1000,
                               .sent = 1000};
    (void)text_copy(end.asked, sizeof end.asked, path);
    (void)text_copy(end.served, sizeof end.served, path);
    return end;
}

static void note(const struct transfer_end *end)
{
    server_note_transfer(&notes, end);
}

static void a_configuration_a_last_file_and_an_answer_move_the_order_on(void **state)
{
    (void)state;
    struct transfer_end sent = transfer(TRANSFER_DONE, "pxelinux.cfg/default");
    sent.order_id = order_id;
    sent.part = CONTENT_PART_CONFIGURATION;
    note(&sent);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_BOOTING);
    sent.part = CONTENT_PART_LAST;
    note(&sent);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_USED);
    sent.part = CONTENT_PART_ANSWER;
    note(&sent);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_USED);
}

static void half_a_file_a_probe_and_a_kernel_move_nothing(void **state)
{
    (void)state;
    struct transfer_end half = transfer(TRANSFER_DONE, "images/debian/initrd.gz");
    half.order_id = order_id;
    half.part = CONTENT_PART_LAST;
    half.sent = 999;
    note(&half);
    half.outcome = TRANSFER_PROBED;
    half.sent = 1000;
    note(&half);
    half.outcome = TRANSFER_DONE;
    half.part = CONTENT_PART_NONE;
    note(&half);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_ARMED);
}

static void the_rest_of_a_resumed_download_counts_as_the_whole(void **state)
{
    (void)state;
    struct transfer_end rest = transfer(TRANSFER_DONE, "images/debian/initrd.gz");
    rest.protocol = TRANSFER_HTTP;
    rest.order_id = order_id;
    rest.part = CONTENT_PART_LAST;
    rest.offset = 600;
    rest.sent = 400;
    note(&rest);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_USED);
}

static void an_order_that_is_gone_is_no_trouble(void **state)
{
    (void)state;
    struct transfer_end late = transfer(TRANSFER_DONE, "images/debian/initrd.gz");
    late.order_id = 4711;
    late.part = CONTENT_PART_LAST;
    note(&late);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CANCEL);
    late.order_id = order_id;
    note(&late);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_CANCELLED);
}

static void polls_and_size_probes_are_no_news(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_DONE, "pxelinux.cfg/01-52-54-00-00-00-01");
    note(&end);
    end = transfer(TRANSFER_PROBED, "shimx64.efi");
    note(&end);
    server_notes_tick(&notes);
    assert_int_equal(bench.told, 0);
}

static void look_for(const char *path, unsigned client)
{
    struct transfer_end end = transfer(TRANSFER_NOT_FOUND, path);
    end.served[0] = '\0';
    end.client = bench_address(client);
    note(&end);
}

static void files_that_need_not_be_there_are_told_together_and_once(void **state)
{
    (void)state;
    for (unsigned boot = 0; boot < 3; boot++) {
        look_for("/grub/x86_64-efi/command.lst", 100);
        look_for("/grub/x86_64-efi/fs.lst", 100);
        look_for("revocations.efi", 101);
        server_notes_tick(&notes);
        assert_int_equal(bench.told, boot == 0 ? 0 : 2);
        bench.now_ms += 60000;
        server_notes_tick(&notes);
        server_notes_tick(&notes);
        assert_int_equal(bench.told, 2); // and the next boots are not told at all
    }
    assert_int_equal(bench.told_of[REASON_OPTIONAL_FILE_ABSENT], 2);
    assert_int_equal(reason_get(reasons_worst(&bench.last.reasons))->severity, REASON_INFO);
}

static void many_files_that_need_not_be_there_fit_one_sentence(void **state)
{
    (void)state;
    char path[64];
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(path, sizeof path, "grub/\033x/module-%u.mod", i);
        look_for(path, 100);
    }
    bench.now_ms += SERVER_ABSENT_QUIET_MS;
    server_notes_tick(&notes);
    assert_int_equal(bench.told, 1);
    assert_non_null(strstr(bench.last.text, "looked for 40 files that need not be there and are not: grub/"));
    assert_non_null(strstr(bench.last.text, ", ..."));
    assert_null(strchr(bench.last.text, '\033'));
    assert_true(ip_equal(bench.last.address, bench_address(100)));
}

static void clients_whose_places_meet_push_nobody_out_untold(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_NOT_FOUND, "bootfont.bin");
    for (unsigned i = 0; i < 3; i++) {
        end.client = ip_from_ip4((struct ip4){bench_ip(100).value + i * SERVER_ABSENT_CLIENTS_MOST});
        note(&end);
    }
    assert_int_equal(bench.told, 2);
    assert_int_equal(notes.absent_count, 1);
    bench.now_ms += SERVER_ABSENT_QUIET_MS;
    server_notes_tick(&notes);
    assert_int_equal(bench.told, 3);
    assert_int_equal(notes.absent_count, 0);
    assert_string_equal(bench.last.text, "looked for bootfont.bin, which need not be there and is not");
}

static void a_file_that_a_boot_needs_is_told_with_what_was_tried(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_NOT_FOUND, "XPLDR");
    end.served[0] = '\0';
    note(&end);
    assert_string_equal(bench.last.text, "asked for \"XPLDR\", which is not there");
    assert_true(reasons_has(&bench.last.reasons, REASON_FILE_NOT_FOUND));
    (void)text_copy(end.tried, sizeof end.tried, "XPLDR, xp/XPLDR");
    (void)text_copy(end.nearest, sizeof end.nearest, "setupldr.exe");
    note(&end);
    assert_string_equal(bench.last.text, "asked for \"XPLDR\", which is not there (tried XPLDR, xp/XPLDR; "
                                         "nearest: setupldr.exe)");
    unsigned told = bench.told;
    note(&end); // a client that asks for ever
    assert_int_equal(bench.told, told);
}

static void a_finished_transfer_says_how_it_went(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_DONE, "/debian\\linux");
    (void)text_copy(end.served, sizeof end.served, "debian/linux");
    end.size = end.sent = 8123456;
    end.duration_us = 140999;
    end.block_bytes = 1468;
    end.window_blocks = 4;
    end.resent_blocks = 3;
    note(&end);
    assert_string_equal(bench.last.text,
                        "fetched debian/linux (8123456 bytes by TFTP, 140 ms, blocks of 1468, "
                        "windows of 4, 3 lost)");
    assert_true(reasons_has(&bench.last.reasons, REASON_TRANSFER_DONE));
    (void)text_copy(end.asked, sizeof end.asked, "LINUX");
    end.window_blocks = 1;
    end.resent_blocks = 0;
    note(&end);
    assert_string_equal(bench.last.text, "fetched debian/linux, asked for as LINUX (8123456 bytes by TFTP, "
                                         "140 ms, blocks of 1468)");
}

static void an_upload_is_told_as_one(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_DONE, "router.cfg");
    end.is_write = true;
    end.block_bytes = 512;
    note(&end);
    assert_string_equal(bench.last.text, "wrote router.cfg (1000 bytes by TFTP, 0 ms, blocks of 512)");
    end.outcome = TRANSFER_REFUSED;
    (void)text_copy(end.why, sizeof end.why, "clients may not write here");
    reasons_add(&end.reasons, REASON_UPLOADS_OFF);
    note(&end);
    assert_string_equal(bench.last.text, "was refused to write router.cfg: clients may not write here");
    assert_int_equal(reasons_worst(&bench.last.reasons), REASON_UPLOADS_OFF);
}

static void blocks_that_a_client_cannot_take_are_told_with_what_it_gets(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    server_note_blocks(bench.desk, bench_address(100), 8192, 1468);
    assert_string_equal(bench.last.text,
                        "asked for blocks of 8192 and fell silent behind the first; gets 1468 "
                        "from now on");
    assert_int_equal(reasons_worst(&bench.last.reasons), REASON_BLOCKS_TOO_LARGE);
    struct hw mac = bench_mac(1);
    assert_int_equal(bench.last.machine_id, store_machine_find_mac(bench.store, &mac)->id);
}

static void requests_that_were_dropped_are_told_with_their_number(void **state)
{
    (void)state;
    server_note_dropped(bench.desk, 99500, ip_from_ip4((struct ip4){0xc0000264}));
    assert_string_equal(bench.last.text, "99500 TFTP requests were not answered, since there were too many; "
                                         "the last came from 192.0.2.100");
    assert_int_equal(reasons_worst(&bench.last.reasons), REASON_REQUESTS_DROPPED);
}

static void packages_that_an_installer_fetches_are_no_news_but_its_kernel_is(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_DONE, "images/debian/pool/a.deb");
    end.protocol = TRANSFER_HTTP;
    note(&end);
    assert_int_equal(bench.told, 0);
    end = transfer(TRANSFER_DONE, "images/debian/linux");
    end.protocol = TRANSFER_HTTP;
    end.order_id = order_id;
    note(&end);
    assert_int_equal(bench.told, 1);
    assert_string_equal(bench.last.text, "fetched images/debian/linux (1000 bytes by HTTP, 0 ms)");
}

static void what_went_wrong_is_news_with_the_machine_that_holds_the_address(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    struct transfer_end end = transfer(TRANSFER_TIMEOUT, "pxelinux.0");
    end.sent = 512;
    note(&end);
    assert_string_equal(bench.last.text, "went silent after 512 of 1000 bytes of pxelinux.0");
    struct hw mac = bench_mac(1);
    assert_true(hw_equal(&bench.last.mac, &mac));
    assert_int_equal(bench.last.machine_id, store_machine_find_mac(bench.store, &mac)->id);
}

static void a_name_from_outside_cannot_write_on_a_terminal(void **state)
{
    (void)state;
    struct transfer_end end = transfer(TRANSFER_REFUSED, "\033[2J\n../etc/passwd");
    end.served[0] = '\0';
    note(&end);
    assert_null(strchr(bench.last.text, '\033'));
    assert_null(strchr(bench.last.text, '\n'));
    assert_non_null(strstr(bench.last.text, "was refused"));
    assert_non_null(strstr(bench.last.text, "etc/passwd"));
}

static void log_line(const struct event *event, char *line, size_t line_bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct log *log = log_new(ends[1], LOG_FORM_LOGFMT, LOG_LEVEL_DEBUG);
    server_log_event(bench.store, log, event);
    log_free(log);
    close(ends[1]);
    ssize_t length = read(ends[0], line, line_bytes - 1);
    close(ends[0]);
    assert_true(length > 0);
    line[length] = '\0';
}

static void a_sentence_of_the_log_says_who_even_when_nobody_knows_the_host(void **state)
{
    (void)state;
    char line[512];
    struct event event = {.kind = EVENT_HTTP, .address = bench_address(100), .text = "was refused /x"};
    char address[IP_TEXT_BYTES];
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"%s was refused /x\"", ip_print(event.address, address));
    log_line(&event, line, sizeof line);
    assert_non_null(strstr(line, wanted));
    event.mac = bench_mac(7);
    log_line(&event, line, sizeof line);
    assert_non_null(strstr(line, "\"52:54:00:00:00:07 was refused /x\""));
    event.kind = EVENT_SERVER; // its text names whom it means
    log_line(&event, line, sizeof line);
    assert_non_null(strstr(line, "\"was refused /x\""));
}

#define NOTES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTES_TEST(a_configuration_a_last_file_and_an_answer_move_the_order_on),
        NOTES_TEST(half_a_file_a_probe_and_a_kernel_move_nothing),
        NOTES_TEST(the_rest_of_a_resumed_download_counts_as_the_whole),
        NOTES_TEST(an_order_that_is_gone_is_no_trouble),
        NOTES_TEST(polls_and_size_probes_are_no_news),
        NOTES_TEST(files_that_need_not_be_there_are_told_together_and_once),
        NOTES_TEST(many_files_that_need_not_be_there_fit_one_sentence),
        NOTES_TEST(clients_whose_places_meet_push_nobody_out_untold),
        NOTES_TEST(a_file_that_a_boot_needs_is_told_with_what_was_tried),
        NOTES_TEST(a_finished_transfer_says_how_it_went),
        NOTES_TEST(an_upload_is_told_as_one),
        NOTES_TEST(blocks_that_a_client_cannot_take_are_told_with_what_it_gets),
        NOTES_TEST(requests_that_were_dropped_are_told_with_their_number),
        NOTES_TEST(packages_that_an_installer_fetches_are_no_news_but_its_kernel_is),
        NOTES_TEST(what_went_wrong_is_news_with_the_machine_that_holds_the_address),
        NOTES_TEST(a_name_from_outside_cannot_write_on_a_terminal),
        NOTES_TEST(a_sentence_of_the_log_says_who_even_when_nobody_knows_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
