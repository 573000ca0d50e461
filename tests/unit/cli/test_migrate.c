// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/cli/migrate_read.h"

#include "config/config.h"

static void every_option_of_in_tftpd_is_carried_over_or_named(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        enum migrate_remark_kind kind;
    } rows[] = {
        {"-4", MIGRATE_NEEDLESS},
        {"--ipv6", MIGRATE_LEFT},
        {"-l", MIGRATE_NEEDLESS},
        {"--foreground", MIGRATE_NEEDLESS},
        {"-a 10.0.0.1", MIGRATE_LEFT},
        {"--address 0.0.0.0:69", MIGRATE_NEEDLESS},
        {"-a :6969", MIGRATE_LEFT},
        {"--user tftp", MIGRATE_LEFT},
        {"-U 022", MIGRATE_LEFT},
        {"-p", MIGRATE_NEEDLESS},
        {"--timeout 900", MIGRATE_NEEDLESS},
        {"-T 1000000", MIGRATE_NEEDLESS},
        {"--map-steps 100", MIGRATE_NEEDLESS},
        {"-v", MIGRATE_NEEDLESS},
        {"--verbosity 3", MIGRATE_NEEDLESS},
        {"-P /run/x.pid", MIGRATE_NEEDLESS},
        {"-V", MIGRATE_FAULT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[200];
        begin();
        (void)snprintf(text, sizeof text, "TFTP_OPTIONS=\"-s %s\"\nTFTP_DIRECTORY=/srv", rows[i].option);
        read_as("tftpd-hpa", text);
        remarks(rows[i].kind, 1, rows[i].option, "");
        end(1);
    }
    begin();
    read_as("tftpd-hpa", "TFTP_DIRECTORY=/srv\nTFTP_OPTIONS='-vsm /map --block 1400 -r TSIZE "
                         "--refuse=rollover -R50000:50010 -c'");
    has("tftp.root", "/srv", 1);
    has("tftp.map", "/map", 2);
    has("tftp.blksize_max", "1400", 2);
    has("tftp.refuse", "tsize", 2);
    has("tftp.ports", "50000-50010", 2);
    has("tftp.upload.folder", "/srv/uploads", 2);
    remarks(MIGRATE_CHANGED, 2, "TFTP_OPTIONS -c", "new files only");
    end(7);
}

static void what_is_wrong_on_a_command_line_is_told_and_the_rest_is_read(void **state)
{
    (void)state;
    begin();
    read_as("tftpd-hpa",
            "TFTP_OPTIONS=\"-s -x --ver --blocksize\"\nTFTP_DIRECTORY=\"/a /b\"\nTFTP_NONSENSE=1\nX=$Y\n");
    remarks(MIGRATE_FAULT, 1, "-x", "no such option");
    remarks(MIGRATE_FAULT, 1, "--ver", "no such option"); // --version, --verbose or --verbosity
    remarks(MIGRATE_FAULT, 1, "--blocksize", "needs a value");
    remarks(MIGRATE_FAULT, 2, "/a", "there can be one folder");
    remarks(MIGRATE_LEFT, 3, "TFTP_NONSENSE", "no such variable");
    remarks(MIGRATE_LEFT, 4, "X", "only a shell");
    has("tftp.root", "/a", 2);
    end(1);
    begin();
    read_as("tftpd-hpa", "TFTP_OPTIONS=\"-m '/a b' /c /d\"");
    remarks(MIGRATE_FAULT, 1, "TFTP_OPTIONS", "quotes");
    remarks(MIGRATE_LEFT, 1, "-m '/a", "absolute path");
    end(0); // what follows is taken for a folder, "b'", and that is no path
}

static void without_secure_names_are_whole_paths(void **state)
{
    (void)state;
    begin();
    read_as("inetd", "x\ntftp dgram udp wait nobody /usr/sbin/tcpd in.tftpd /tftpboot /other\n");
    has("tftp.root", "/tftpboot", 2);
    remarks(MIGRATE_CHANGED, 2, "/tftpboot", "r ^/tftpboot/ /");
    remarks(MIGRATE_LEFT, 2, "/tftpboot", "/other");
    remarks(MIGRATE_FAULT, 1, "x", "columns are missing");
    end(1);
}

static void a_service_of_xinetd_has_limits(void **state)
{
    (void)state;
    begin();
    read_as("xinetd",
            "defaults\n{\ninstances = 60\n}\nservice tftp\n{\nserver = /usr/sbin/in.tftpd\n"
            "server_args = -s\nserver_args += /srv\nper_source = UNLIMITED\ncps = 50 10\nbind = 10.0.0.1\n"
            "disable = yes\nonly_from = 10.0.0.0/8\nuser = root\nsocket_typ = dgram\nnice = 3\n}\n"
            "service ftp\n{\ncps = 1 1\n}\n");
    has("tftp.transfers", "60", 3);
    has("tftp.root", "/srv", 9);
    has("tftp.per_client", "1000000", 10);
    has("tftp.requests_per_second", "50", 11);
    remarks(MIGRATE_CHANGED, 11, "cps = 50 10", "10 seconds");
    remarks(MIGRATE_LEFT, 12, "bind", "'interfaces'");
    remarks(MIGRATE_CHANGED, 13, "disable = yes", "turned off");
    remarks(MIGRATE_LEFT, 14, "only_from", "firewall");
    remarks(MIGRATE_NEEDLESS, 15, "user = root", "");
    remarks(MIGRATE_FAULT, 16, "socket_typ", "no attribute");
    remarks(MIGRATE_LEFT, 17, "nice", "systemd");
    remarks(MIGRATE_LEFT, 19, "ftp", "left alone");
    end(4);
}

static void atftpd_and_dnsmasq_are_read_too(void **state)
{
    (void)state;
    begin();
    read_as(
        "atftpd",
        "USE_INETD=false\nOPTIONS=\"--maxthread 7 --mcast-addr 239.239.239.0-255 --no-multicast --no-tsize "
        "--verbose=5 --pcre /x --port 69 --bind-address 10.0.0.1 /srv/tftp\"");
    has("tftp.root", "/srv/tftp", 2);
    has("tftp.transfers", "7", 2);
    has("tftp.multicast_groups", "239.239.239.0-239.239.239.255", 2);
    has("tftp.multicast", "no", 2);
    has("tftp.refuse", "tsize", 2);
    remarks(MIGRATE_LEFT, 2, "--pcre", "imprint tftp map");
    remarks(MIGRATE_LEFT, 2, "--bind-address", "'interfaces'");
    end(5);
    begin();
    read_as("dnsmasq",
            "enable-tftp\ntftp-root=/a,eth0\ntftp-root=/b\ntftp-mtu=1432\ntftp-port-range=50000,50010\n"
            "tftp-max=5\ntftp-no-blocksize\ndhcp-range=1.2.3.4,1.2.3.9\ntftp-mtu=x\nlog-queries\n");
    has("tftp.root", "/b", 3);
    has("tftp.blksize_max", "1400", 4);
    has("tftp.ports", "50000-50010", 5);
    has("tftp.transfers", "5", 6);
    has("tftp.refuse", "blksize", 7);
    has_in("dhcp.subnets[].range", "1.2.3.4-1.2.3.9", 8);
    remarks(MIGRATE_CHANGED, 8, "dhcp-range", "255.255.255.0");
    remarks(MIGRATE_FAULT, 9, "tftp-mtu=x", "no size");
    end(7);
}

static void what_imprint_would_refuse_as_a_whole_is_left_out(void **state)
{
    (void)state;
    begin();
    read_as("dnsmasq", "tftp-port-range=60,70\ntftp-root=relative\ntftp-single-port\n");
    remarks(MIGRATE_LEFT, 1, "tftp-port-range", "single_port");
    remarks(MIGRATE_LEFT, 2, "tftp-root", "absolute path");
    has("tftp.single_port", "yes", 3);
    end(1);
}

static void two_files_that_disagree_are_told_of(void **state)
{
    (void)state;
    begin();
    read_as("dnsmasq", "tftp-root=/a\ntftp-max=5\n");
    read_as("tftpd-hpa", "\nTFTP_OPTIONS=-s\nTFTP_DIRECTORY=/b");
    has("tftp.root", "/b", 3);
    remarks(MIGRATE_CHANGED, 3, "TFTP_DIRECTORY", "/a (FILE:1)");
    end(2);
}

static void what_comes_from_the_file_cannot_break_the_yaml(void **state)
{
    (void)state;
    char *yaml = NULL;
    size_t bytes = 0;
    struct config config;
    struct problem problem;
    begin();
    read_as("tftpd-hpa",
            "TFTP_OPTIONS=-s\nTFTP_DIRECTORY='/a\"#:\\[\xc3\xa4'\nTFTP_USERNAME='\033[31m\xff'\n");
    FILE *out = open_memstream(&yaml, &bytes);
    migrate_print_yaml(&migration, out);
    (void)fclose(out);
    problem_clear(&problem);
    assert_int_equal(config_parse(yaml, bytes, "x", &config, &problem), STATUS_OK);
    assert_string_equal(config.tftp_root, "/a\"#:\\[\xc3\xa4");
    assert_null(strchr(yaml, '\033'));
    free(yaml);
    end(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_of_in_tftpd_is_carried_over_or_named),
        cmocka_unit_test(what_is_wrong_on_a_command_line_is_told_and_the_rest_is_read),
        cmocka_unit_test(without_secure_names_are_whole_paths),
        cmocka_unit_test(a_service_of_xinetd_has_limits),
        cmocka_unit_test(atftpd_and_dnsmasq_are_read_too),
        cmocka_unit_test(what_imprint_would_refuse_as_a_whole_is_left_out),
        cmocka_unit_test(two_files_that_disagree_are_told_of),
        cmocka_unit_test(what_comes_from_the_file_cannot_break_the_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
