// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp.h"

#include "session/ftp_line.h"
#include "session/ftp_list.h"
#include "session/ftp_path.h"
#include "unit/test.h"

static struct ip address_of(const char *text)
{
    struct ip ip;
    assert_int_equal(ip_parse(text, &ip), STATUS_OK);
    return ip;
}

static struct ftp logged_in_from(const char *peer, const char *server)
{
    struct ftp ftp;
    struct ftp_step step;
    ftp_init(&ftp, address_of(peer), address_of(server));
    ftp_step(&ftp, "USER anonymous", &step);
    ftp_step(&ftp, "PASS me@example.test", &step);
    assert_string_equal(step.reply, "230 Logged in; everything here is read-only.\r\n");
    return ftp;
}

static struct ftp logged_in(void)
{
    return logged_in_from("192.0.2.7", "192.0.2.1");
}

/// Says `line`; the reply must begin with `code`.
static struct ftp_step says(struct ftp *ftp, const char *line, const char *code)
{
    struct ftp_step step;
    char start[4] = "";
    ftp_step(ftp, line, &step);
    (void)text_copy(start, sizeof start, step.reply);
    assert_string_equal(start, code);
    return step;
}

static void only_anonymous_comes_in(void **state)
{
    struct ftp ftp;
    (void)state;
    ftp_init(&ftp, address_of("192.0.2.7"), address_of("192.0.2.1"));
    (void)says(&ftp, "RETR x", "530");
    (void)says(&ftp, "STOR x", "530");
    (void)says(&ftp, "PASS x", "503");
    (void)says(&ftp, "USER root", "530");
    (void)says(&ftp, "PASS x", "503");
    (void)says(&ftp, "user FTP", "331");
    (void)says(&ftp, "pass", "230");
    (void)says(&ftp, "PWD", "257");
}

static void everything_that_writes_is_refused(void **state)
{
    static const char *const LINES[] = {"STOR a", "STOU",  "APPE a", "DELE a",          "RNFR a",
                                        "RNTO a", "MKD a", "RMD a",  "SITE CHMOD 777 a"};
    struct ftp ftp = logged_in();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct ftp_step step = says(&ftp, LINES[i], "550");
        assert_true(step.is_write);
        assert_int_equal(step.need, FTP_NEED_NOTHING);
    }
}

static void data_go_to_nobody_else_and_to_no_low_port(void **state)
{
    struct ftp ftp = logged_in();
    struct ftp six = logged_in_from("2001:db8::7", "2001:db8::1");
    (void)state;
    (void)says(&ftp, "PORT 192,0,2,8,200,1", "500"); // another host
    (void)says(&ftp, "PORT 192,0,2,7,3,255", "500"); // 1023
    (void)says(&ftp, "PORT 192,0,2,7,256,1", "501");
    (void)says(&ftp, "PORT 192,0,2,7,4", "501");
    (void)says(&ftp, "PORT 192,0,2,7,4,0,", "501");
    (void)says(&ftp, "EPRT |1|192.0.2.8|2000|", "500");
    (void)says(&ftp, "EPRT |1|192.0.2.7|25|", "500");
    (void)says(&ftp, "EPRT |2|192.0.2.7|2000|", "501"); // the family is not the address's
    (void)says(&ftp, "EPRT |1|192.0.2.7|2000", "501");
    (void)says(&ftp, "EPRT |1|192.0.2.7|70000|", "501");
    (void)says(&ftp, "EPRT |", "501");
    (void)says(&six, "EPRT |2|2001:db8::8|2000|", "500");
    assert_int_equal(ftp.data, FTP_DATA_DEFAULT);
    (void)says(&ftp, "RETR x", "425");
    (void)says(&ftp, "PORT 192,0,2,7,4,0", "200");
    assert_int_equal(ftp.active_port, 1024);
    (void)says(&six, "EPRT !2!2001:DB8::7!65535!", "200");
    assert_int_equal(six.active_port, 65535);
}

static void paths_never_lead_out(void **state)
{
    static const struct {
        const char *folder, *name, *path;
    } CASES[] = {{"", "", ""},
                 {"", "/", ""},
                 {"a/b", "", "a/b"},
                 {"a/b", "..", "a"},
                 {"a/b", "../..", ""},
                 {"a/b", "../../../../etc/passwd", "etc/passwd"},
                 {"a", "/b//c/./d/", "b/c/d"},
                 {"a", "...", "a/..."},
                 {"a", "b/../../c", "c"}};
    char out[FTP_PATH_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(ftp_path_parse(CASES[i].folder, CASES[i].name, out, sizeof out), STATUS_OK);
        assert_string_equal(out, CASES[i].path);
    }
    assert_int_equal(ftp_path_parse("", "a\nb", out, sizeof out), STATUS_MALFORMED);
    assert_int_equal(ftp_path_parse("", "a\\..\\b", out, sizeof out), STATUS_MALFORMED);
    char name[FTP_PATH_BYTES + 1];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(ftp_path_parse("", name, out, sizeof out), STATUS_TOO_LONG);
}

static void a_folder_is_entered_once_it_was_found(void **state)
{
    struct ftp ftp = logged_in();
    char reply[FTP_REPLY_BYTES];
    (void)state;
    struct ftp_step step = says(&ftp, "CWD images/say \"hi\"", "");
    assert_int_equal(step.need, FTP_NEED_ENTER);
    assert_string_equal(ftp.folder, "");
    ftp_enter(&ftp, &step, reply);
    step = says(&ftp, "PWD", "257");
    assert_string_equal(step.reply, "257 \"/images/say \"\"hi\"\"\" is the folder.\r\n");
    step = says(&ftp, "CDUP", "");
    assert_string_equal(step.path, "images");
    (void)says(&ftp, "CWD", "501");
}

static void a_restart_is_for_one_file(void **state)
{
    struct ftp ftp = logged_in();
    (void)state;
    (void)says(&ftp, "REST 5000000000", "350");
    (void)says(&ftp, "REST -1", "501");
    (void)says(&ftp, "PORT 192,0,2,7,4,0", "200");
    struct ftp_step step = says(&ftp, "RETR x", "");
    assert_int_equal(step.need, FTP_NEED_SEND);
    assert_int_equal(step.offset, 5000000000);
    step = says(&ftp, "RETR x", "");
    assert_int_equal(step.offset, 0);
}

static void passive_ports_are_told_in_both_forms(void **state)
{
    struct ftp ftp = logged_in();
    struct ftp six = logged_in_from("2001:db8::7", "2001:db8::1");
    char reply[FTP_REPLY_BYTES];
    (void)state;
    struct ftp_step step = says(&ftp, "PASV", "");
    ftp_print_passive(&ftp, &step, 50001, reply);
    assert_string_equal(reply, "227 Come to the port in brackets (192,0,2,1,195,81).\r\n");
    step = says(&ftp, "EPSV 1", "");
    ftp_print_passive(&ftp, &step, 50001, reply);
    assert_string_equal(reply, "229 Come to the port in brackets (|||50001|)\r\n");
    (void)says(&ftp, "EPSV 2", "522");
    (void)says(&six, "PASV", "425");
    (void)says(&six, "EPSV ALL", "200");
    (void)says(&six, "EPRT |2|2001:db8::7|2000|", "501");
}

static void listings_take_options_and_patterns(void **state)
{
    struct ftp ftp = logged_in();
    (void)state;
    ftp.data = FTP_DATA_PASSIVE;
    struct ftp_step step = says(&ftp, "LIST -la images", "");
    assert_string_equal(step.path, "images");
    assert_string_equal(step.pattern, "");
    step = says(&ftp, "NLST images/*.iso", "");
    assert_string_equal(step.path, "images");
    assert_string_equal(step.pattern, "*.iso");
    step = says(&ftp, "NLST *.iso", "");
    assert_string_equal(step.path, "");
    step = says(&ftp, "MLSD a*", "");
    assert_string_equal(step.path, "a*"); // RFC 3659 section 7.2.1: no patterns
    assert_true(ftp_list_fits("*.iso", "a.iso"));
    assert_false(ftp_list_fits("*.iso", "a.iso2"));
    assert_true(ftp_list_fits("a?c*", "abc"));
    assert_true(ftp_list_fits("*a*b*", "xxaxxbxx"));
    assert_false(ftp_list_fits("", "a"));
}

static void lines_of_listings_are_as_clients_read_them(void **state)
{
    char line[FTP_LIST_LINE_BYTES];
    const struct ftp_list_entry file = {"linux", false, 5000000000, 1795453678}; // 2026-11-23T17:07:58Z
    const struct ftp_list_entry folder = {"images", true, 0, 0};
    (void)state;
    ftp_list_print(&file, FTP_LIST_LONG, 1795453679, line);
    assert_string_equal(line, "-r--r--r-- 1 ftp      ftp        5000000000 Nov 23 17:07 linux\r\n");
    ftp_list_print(&file, FTP_LIST_LONG, 1795453678 + 200LL * 86400, line);
    assert_string_equal(line, "-r--r--r-- 1 ftp      ftp        5000000000 Nov 23  2026 linux\r\n");
    ftp_list_print(&file, FTP_LIST_FACTS, 0, line);
    assert_string_equal(line, "type=file;size=5000000000;modify=20261123170758;perm=r; linux\r\n");
    ftp_list_print(&folder, FTP_LIST_FACTS, 0, line);
    assert_string_equal(line, "type=dir;perm=el; images\r\n");
    ftp_list_print(&file, FTP_LIST_NAMES, 0, line);
    assert_string_equal(line, "linux\r\n");
}

/// Feeds `bytes` and counts what came of them; the last line is in `line`.
static void feed(struct ftp_line *line, const char *bytes, size_t count, unsigned counts[4])
{
    for (size_t i = 0; i < count; i++) {
        counts[ftp_line_step(line, (uint8_t)bytes[i])]++;
    }
}

static void telnet_is_taken_out_of_lines(void **state)
{
    static const char BYTES[] = "\xff\xf4\xff\xf2"
                                "ABOR\r\n";
    static const char LOST[] = "\xff\xf4\xff"
                               "ABOR\r\n"; // the data mark went with the urgent byte
    static const char OPTION[] = "\xff\xfd\x01NO\xff\xfe\x03OP\n";
    struct ftp_line line = {0};
    unsigned counts[4] = {0};
    (void)state;
    feed(&line, BYTES, sizeof BYTES - 1, counts);
    assert_string_equal(line.text, "ABOR");
    feed(&line, LOST, sizeof LOST - 1, counts);
    assert_string_equal(line.text, "ABOR");
    feed(&line, OPTION, sizeof OPTION - 1, counts);
    assert_string_equal(line.text, "NOOP");
    assert_int_equal(counts[FTP_LINE_READY], 3);
    assert_true(ftp_is_urgent("ABOR") && ftp_is_urgent("stat") && !ftp_is_urgent("STAT x"));
}

static void lines_are_bounded_and_have_no_cr_inside(void **state)
{
    struct ftp_line line = {0};
    unsigned counts[4] = {0};
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        feed(&line, "x", 1, counts);
    }
    feed(&line, "\r\n", 2, counts);
    assert_int_equal(counts[FTP_LINE_TOO_LONG], 1);
    feed(&line, "RETR a\rb\r\n", 10, counts);
    feed(&line, "RETR a\0b\r\n", 10, counts);
    assert_int_equal(counts[FTP_LINE_BROKEN], 2);
    feed(&line, "NOOP\r\n", 6, counts);
    assert_int_equal(counts[FTP_LINE_READY], 1);
    assert_string_equal(line.text, "NOOP");
}

static void who_speaks_another_protocol_is_sent_away(void **state)
{
    struct ftp ftp = logged_in();
    (void)state;
    for (unsigned i = 0; i < 19; i++) {
        (void)says(&ftp, "GET / HTTP/1.1", "500");
    }
    assert_int_equal(says(&ftp, "Host: x", "421").need, FTP_NEED_END);
}

static void what_is_asked_of_the_server_is_told(void **state)
{
    struct ftp ftp = logged_in();
    char reply[FTP_REPLY_BYTES];
    (void)state;
    assert_non_null(strstr(says(&ftp, "FEAT", "211").reply, "\r\n MLST type*;"));
    assert_non_null(strstr(says(&ftp, "HELP", "214").reply, "\r\n214 "));
    (void)says(&ftp, "SYST", "215");
    (void)says(&ftp, "OPTS UTF8 ON", "200");
    (void)says(&ftp, "OPTS SPEED 9", "501");
    (void)says(&ftp, "TYPE E", "504");
    (void)says(&ftp, "TYPE I", "200");
    (void)says(&ftp, "MODE B", "504");
    (void)says(&ftp, "STRU F", "200");
    (void)says(&ftp, "STAT", "211");
    (void)says(&ftp, "AUTH TLS", "502");
    assert_int_equal(says(&ftp, "QUIT", "221").need, FTP_NEED_END);
    ftp_print_time(1795453678, reply);
    assert_string_equal(reply, "213 20261123170758\r\n");
    ftp_print_time(0, reply);
    assert_memory_equal(reply, "550", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_anonymous_comes_in),
        cmocka_unit_test(everything_that_writes_is_refused),
        cmocka_unit_test(data_go_to_nobody_else_and_to_no_low_port),
        cmocka_unit_test(paths_never_lead_out),
        cmocka_unit_test(a_folder_is_entered_once_it_was_found),
        cmocka_unit_test(a_restart_is_for_one_file),
        cmocka_unit_test(passive_ports_are_told_in_both_forms),
        cmocka_unit_test(listings_take_options_and_patterns),
        cmocka_unit_test(lines_of_listings_are_as_clients_read_them),
        cmocka_unit_test(telnet_is_taken_out_of_lines),
        cmocka_unit_test(lines_are_bounded_and_have_no_cr_inside),
        cmocka_unit_test(who_speaks_another_protocol_is_sent_away),
        cmocka_unit_test(what_is_asked_of_the_server_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
