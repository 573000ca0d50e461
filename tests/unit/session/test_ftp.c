// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp.h"

#include "unit/test.h"

#include <stdlib.h>

struct bench {
    struct ftp_session session;
    struct ftp_step step;
    char reply[FTP_REPLY_BYTES];
};

static struct ip address_of(const char *text)
{
    struct ip address;
    assert_int_equal(ip_parse(text, &address), STATUS_OK);
    return address;
}

static void begin_from(struct bench *bench, const char *peer)
{
    memset(bench, 0, sizeof *bench);
    ftp_session_init(&bench->session, address_of(peer), bench->reply);
}

static void take_bytes(struct bench *bench, const char *line, size_t length)
{
    ftp_session_take(&bench->session, line, length, &bench->step);
}

static unsigned take(struct bench *bench, const char *line)
{
    take_bytes(bench, line, strlen(line));
    return (unsigned)strtoul(bench->step.reply, NULL, 10);
}

static void log_in(struct bench *bench)
{
    begin_from(bench, "192.0.2.9");
    assert_int_equal(take(bench, "USER anonymous"), 331);
    assert_int_equal(take(bench, "PASS me@example.test"), 230);
}

static void a_session_greets_and_wants_a_login(void **state)
{
    (void)state;
    struct bench bench;
    begin_from(&bench, "192.0.2.9");
    assert_string_equal(bench.reply, "220 imprint serves files here, to read.\r\n");
    assert_int_equal(take(&bench, "RETR x"), 530);
    assert_int_equal(bench.step.act, FTP_ACT_NONE);
    assert_int_equal(take(&bench, "PASS x"), 503);
    assert_int_equal(take(&bench, "USER root"), 530);
    assert_int_equal(take(&bench, "PASS x"), 503);
    assert_int_equal(take(&bench, "user FTP"), 331);
    assert_int_equal(take(&bench, "pass"), 230);
    assert_int_equal(take(&bench, "USER root"), 530);
    assert_int_equal(take(&bench, "PWD"), 257); // still who it was
    assert_int_equal(take(&bench, "QUIT"), 221);
    assert_int_equal(bench.step.act, FTP_ACT_END);
}

static void expect_path(struct bench *bench, const char *line, enum ftp_act act, const char *path)
{
    take(bench, line);
    assert_int_equal(bench->step.act, act);
    assert_string_equal(bench->step.path, path);
}

static void names_are_relative_to_the_folder_and_never_climb_out(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    expect_path(&bench, "CWD images/dvd//", FTP_ACT_ENTER, "images/dvd");
    ftp_session_enter(&bench.session, &bench.step, true, bench.reply);
    assert_int_equal(take(&bench, "PWD"), 257);
    assert_string_equal(bench.step.reply, "257 \"/images/dvd\"\r\n");
    expect_path(&bench, "SIZE ./a/../b c", FTP_ACT_SIZE, "images/dvd/b c");
    expect_path(&bench, "SIZE /x", FTP_ACT_SIZE, "x");
    expect_path(&bench, "SIZE ../../../../etc/passwd", FTP_ACT_SIZE, "etc/passwd");
    expect_path(&bench, "CDUP", FTP_ACT_ENTER, "images");
    ftp_session_enter(&bench.session, &bench.step, false, bench.reply);
    expect_path(&bench, "SIZE x", FTP_ACT_SIZE, "images/dvd/x"); // it did not change
    assert_int_equal(take(&bench, "SIZE"), 501);
    assert_int_equal(take(&bench, "SIZE a\x1b[2J"), 553);
    char line[FTP_LINE_BYTES];
    memset(line, 'a', sizeof line);
    memcpy(line, "SIZE ", 5);
    take_bytes(&bench, line, 600);
    assert_int_equal(strtoul(bench.step.reply, NULL, 10), 553);
    take_bytes(&bench, line, sizeof line);
    assert_string_equal(bench.step.reply, "500 That is too long.\r\n");
}

static void quotes_in_a_path_are_doubled(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    expect_path(&bench, "CWD a\"b", FTP_ACT_ENTER, "a\"b");
    ftp_session_enter(&bench.session, &bench.step, true, bench.reply);
    take(&bench, "PWD");
    assert_string_equal(bench.step.reply, "257 \"/a\"\"b\"\r\n");
}

static void rest_is_for_the_next_command_only(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    take(&bench, "EPSV");
    ftp_session_passive(&bench.session, address_of("192.0.2.1"), 50001, bench.reply);
    assert_int_equal(take(&bench, "REST 5368709124"), 350);
    expect_path(&bench, "RETR huge", FTP_ACT_SEND, "huge");
    assert_true(bench.step.offset == UINT64_C(5368709124));
    expect_path(&bench, "RETR huge", FTP_ACT_SEND, "huge");
    assert_true(bench.step.offset == 0);
    assert_int_equal(take(&bench, "REST -1"), 501);
    assert_int_equal(take(&bench, "REST 9999999999999999999"), 501);
}

static void data_needs_an_agreement_first(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    assert_int_equal(take(&bench, "RETR x"), 425);
    assert_int_equal(take(&bench, "LIST"), 425);
    take(&bench, "PASV");
    assert_int_equal(bench.step.act, FTP_ACT_PASSIVE);
    ftp_session_passive(&bench.session, address_of("192.0.2.1"), 50001, bench.reply);
    assert_string_equal(bench.reply, "227 Entering Passive Mode (192,0,2,1,195,81).\r\n");
    take(&bench, "EPSV 1");
    ftp_session_passive(&bench.session, address_of("192.0.2.1"), 50001, bench.reply);
    assert_string_equal(bench.reply, "229 Entering Extended Passive Mode (|||50001|).\r\n");
    assert_int_equal(take(&bench, "EPSV 2"), 522);
    ftp_session_passive(&bench.session, address_of("192.0.2.1"), 0, bench.reply);
    assert_int_equal(strtoul(bench.reply, NULL, 10), 425);
    assert_int_equal(take(&bench, "RETR x"), 425);
}

static void data_goes_to_nobody_else_and_to_no_low_port(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    assert_int_equal(take(&bench, "PORT 192,0,2,9,195,80"), 200);
    assert_int_equal(bench.session.port, 50000);
    const char *const wrong[] = {"PORT 192,0,2,8,195,80",
                                 "PORT 192,0,2,9,3,255",
                                 "PORT 192,0,2,9,195",
                                 "PORT 192,0,2,9,195,80,1",
                                 "PORT 192,0,2,9,256,1",
                                 "PORT 192,0,2,9,1950,80",
                                 "EPRT |1|192.0.2.8|5000|",
                                 "EPRT |1|192.0.2.9|22|",
                                 "EPRT |1|192.0.2.9|",
                                 "EPRT |1|192.0.2.9|70000|",
                                 "EPRT",
                                 "EPRT |1|x|5000|"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(take(&bench, wrong[i]), 501);
    }
    assert_int_equal(take(&bench, "EPRT |2|192.0.2.9|5000|"), 522);
    assert_int_equal(take(&bench, "EPRT !1!192.0.2.9!5000!"), 200);
    assert_int_equal(take(&bench, "EPSV ALL"), 200);
    assert_int_equal(take(&bench, "PORT 192,0,2,9,195,80"), 503);
    assert_int_equal(take(&bench, "PASV"), 503);
}

static void ip6_has_no_pasv(void **state)
{
    (void)state;
    struct bench bench;
    begin_from(&bench, "2001:db8::9");
    take(&bench, "USER ftp");
    take(&bench, "PASS");
    assert_int_equal(take(&bench, "PASV"), 522);
    take(&bench, "EPSV 2");
    assert_int_equal(bench.step.act, FTP_ACT_PASSIVE);
    assert_int_equal(take(&bench, "EPRT |2|2001:db8::9|5000|"), 200);
}

static void telnets_commands_are_left_out(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    assert_int_equal(take(&bench, "\xff\xf4\xff\xf2"
                                  "ABOR"),
                     0);
    assert_int_equal(bench.step.act, FTP_ACT_ABORT);
    expect_path(&bench,
                "SIZE a\xff\xfb\x01"
                "b",
                FTP_ACT_SIZE, "ab");
    take_bytes(&bench, "NOOP\0", 5);
    assert_string_equal(bench.step.reply, "200 Still here.\r\n");
}

static void what_would_change_something_is_refused(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    const char *const lines[] = {"STOR a", "STOU",   "APPE a", "DELE a",          "MKD a",
                                 "RMD a",  "RNFR a", "RNTO b", "SITE CHMOD 777 a"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        assert_int_equal(take(&bench, lines[i]), 550);
        assert_int_equal(bench.step.act, FTP_ACT_NONE);
        assert_true(bench.step.is_write);
    }
    assert_int_equal(take(&bench, "NOOP"), 200);
    assert_false(bench.step.is_write);
}

static void who_speaks_no_ftp_is_let_go(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    for (int i = 0; i < 19; i++) {
        assert_int_equal(take(&bench, "GET / HTTP/1.1"), 502);
    }
    assert_int_equal(take(&bench, "NOOP"), 200); // counts in a row
    for (int i = 0; i < 19; i++) {
        assert_int_equal(take(&bench, "Host: x"), 502);
    }
    assert_int_equal(take(&bench, ""), 421);
    assert_int_equal(bench.step.act, FTP_ACT_END);
}

static void expect_line(const struct bench *bench, enum ftp_form form, const struct ftp_entry *entry,
                        const char *line)
{
    char out[512];
    struct text text;
    text_init(&text, out, sizeof out);
    ftp_entry_print(&bench->session, form, entry, 1795536000, &text); // 2026-11-24
    assert_string_equal(out, line);
}

static void entries_are_printed_as_each_command_has_them(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    struct ftp_entry entry = {.name = "a b", .size = 5368709127, .modified_s = 1795449601};
    expect_line(&bench, FTP_FORM_LONG, &entry,
                "-r--r--r-- 1 ftp      ftp        5368709127 Nov 23 16:00 a b\r\n");
    entry.modified_s = 1700000000;
    expect_line(&bench, FTP_FORM_LONG, &entry,
                "-r--r--r-- 1 ftp      ftp        5368709127 Nov 14  2023 a b\r\n");
    expect_line(&bench, FTP_FORM_NAMES, &entry, "a b\r\n");
    expect_line(&bench, FTP_FORM_FACTS, &entry,
                "type=file;size=5368709127;modify=20231114221320;perm=r; a b\r\n");
    assert_int_equal(take(&bench, "OPTS MLST size;nonsense;TYPE;"), 200);
    assert_string_equal(bench.step.reply, "200 MLST OPTS type;size;\r\n");
    expect_line(&bench, FTP_FORM_FACTS, &entry, "type=file;size=5368709127; a b\r\n");
    const struct ftp_entry folder = {.name = "d", .is_folder = true};
    expect_line(&bench, FTP_FORM_FACTS, &folder, "type=dir; d\r\n");
    expect_line(&bench, FTP_FORM_LONG, &folder,
                "dr-xr-xr-x 1 ftp      ftp                 0 Jan  1  1970 d\r\n");
    entry.name = "x\r\n226 done";
    expect_line(&bench, FTP_FORM_LONG, &entry, "");
}

static void lists_take_options_and_folders(void **state)
{
    (void)state;
    struct bench bench;
    log_in(&bench);
    take(&bench, "PORT 192,0,2,9,195,80");
    expect_path(&bench, "LIST -la folder", FTP_ACT_LIST, "folder");
    assert_int_equal(bench.step.form, FTP_FORM_LONG);
    expect_path(&bench, "LIST -a", FTP_ACT_LIST, "");
    expect_path(&bench, "NLST *.rpm", FTP_ACT_LIST, "*.rpm");
    expect_path(&bench, "MLSD -x", FTP_ACT_LIST, "-x"); // RFC 3659 has no options
    expect_path(&bench, "STAT -l folder", FTP_ACT_LIST, "folder");
    assert_true(bench.step.is_on_control);
    take(&bench, "STAT");
    assert_int_equal(bench.step.act, FTP_ACT_STATUS);
    expect_path(&bench, "MLST", FTP_ACT_FACTS, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_greets_and_wants_a_login),
        cmocka_unit_test(names_are_relative_to_the_folder_and_never_climb_out),
        cmocka_unit_test(quotes_in_a_path_are_doubled),
        cmocka_unit_test(rest_is_for_the_next_command_only),
        cmocka_unit_test(data_needs_an_agreement_first),
        cmocka_unit_test(data_goes_to_nobody_else_and_to_no_low_port),
        cmocka_unit_test(ip6_has_no_pasv),
        cmocka_unit_test(telnets_commands_are_left_out),
        cmocka_unit_test(what_would_change_something_is_refused),
        cmocka_unit_test(who_speaks_no_ftp_is_let_go),
        cmocka_unit_test(entries_are_printed_as_each_command_has_them),
        cmocka_unit_test(lists_take_options_and_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
