// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of personalising on small roots in a temporary folder; nothing is run inside them (that is
// tests/integration/test_personal.py).
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static int root;
static struct talk_personal wanted;
static struct problem problem;

static struct personal make_root(void)
{
    (void)strcpy(path, "/tmp/imprint-personal-XXXXXX");
    assert_non_null(mkdtemp(path));
    root = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(root >= 0);
    problem_clear(&problem);
    wanted = (struct talk_personal){.hostname = "station101"};
    wanted.mac = hw_ethernet((const uint8_t[6]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc});
    return (struct personal){.path = path, .root = root, .wanted = &wanted, .order_id = 7};
}

static void remove_root(void)
{
    char command[128];
    (void)close(root);
    (void)snprintf(command, sizeof command, "rm -rf %s", path);
    assert_int_equal(system(command), 0);
}

static void put(const char *name, const char *text)
{
    assert_int_equal(personal_write(root, name, text, NULL, &problem), STATUS_OK);
}

static void holds(const char *name, const char *text)
{
    char *found = personal_read(root, name);
    if (found == NULL) {
        fail_msg("no /%s", name);
    }
    assert_string_equal(found, text);
    free(found);
}

static void contains(const char *name, const char *text)
{
    char *found = personal_read(root, name);
    if (found == NULL || strstr(found, text) == NULL) {
        fail_msg("/%s does not hold \"%s\" but \"%s\"", name, text, found == NULL ? "nothing" : found);
    }
    free(found);
}

static mode_t mode_of(const char *name)
{
    struct stat facts;
    assert_int_equal(fstatat(root, name, &facts, AT_SYMLINK_NOFOLLOW), 0);
    return facts.st_mode & 07777;
}

static void links_do_not_lead_out_of_the_root(void **state)
{
    (void)state;
    char outside[] = "/tmp/imprint-outside-XXXXXX";
    char up[128];
    char *there = NULL;
    (void)make_root();
    assert_non_null(mkdtemp(outside));
    (void)snprintf(up, sizeof up, "../../../../../../../..%s", outside);
    assert_int_equal(symlinkat(outside, root, "etc"), 0);
    assert_int_equal(symlinkat(up, root, "var"), 0);
    assert_int_equal(symlinkat("/proc/self/root/tmp", root, "magic"), 0);
    // The links are followed as the system itself would: to its own (missing) /tmp/imprint-outside.
    assert_int_not_equal(personal_write(root, "etc/hostname", "x", NULL, &problem), STATUS_OK);
    problem_clear(&problem);
    assert_int_not_equal(personal_write(root, "var/lib/x", "x", NULL, &problem), STATUS_OK);
    assert_non_null(strstr(problem.text, "/var/lib/x"));
    problem_clear(&problem);
    assert_int_not_equal(personal_write(root, "magic/x", "x", NULL, &problem), STATUS_OK);
    assert_int_equal(rmdir(outside), 0); // still empty
    assert_int_equal(symlinkat("/etc/passwd", root, "secret"), 0);
    there = personal_read(root, "secret");
    assert_null(there);
    remove_root();
}

static void a_link_in_the_place_of_a_file_is_replaced(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/other", "untouched\n");
    assert_int_equal(symlinkat("other", root, "etc/hostname"), 0);
    assert_int_equal(personal_set_hostname(&self, &problem), STATUS_OK);
    holds("etc/other", "untouched\n");
    holds("etc/hostname", "station101\n");
    remove_root();
}

static void devices_and_pipes_are_never_opened(void **state)
{
    (void)state;
    (void)make_root();
    assert_int_equal(mkfifoat(root, "pipe", 0600), 0);
    assert_int_equal(personal_open(root, "pipe", O_RDONLY), -1);
    assert_null(personal_read(root, "pipe"));
    assert_int_equal(symlinkat("pipe", root, "link"), 0);
    assert_null(personal_read(root, "link"));
    assert_true(personal_has_name(root, "link"));
    remove_root();
}

static void the_hosts_file_gets_one_line_of_its_own(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/hosts", "127.0.0.1 localhost\n127.0.1.1\tbuilder\n127.0.1.10 other\n10.0.0.1 server");
    (void)strcpy(wanted.domain, "lab.example");
    for (int again = 0; again < 2; again++) {
        assert_int_equal(personal_set_hostname(&self, &problem), STATUS_OK);
        holds("etc/hosts", "127.0.0.1 localhost\n127.0.1.10 other\n10.0.0.1 server\n"
                           "127.0.1.1\tstation101.lab.example station101\n");
    }
    remove_root();
}

static void nothing_that_must_be_unique_stays(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    put("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n");
    put("var/lib/systemd/random-seed", "seed");
    put("etc/ssh/ssh_host_rsa_key", "private");
    put("etc/ssh/ssh_host_rsa_key.pub", "public");
    put("etc/ssh/ssh_config", "kept");
    assert_int_equal(personal_set_identity(&self, false, &problem), STATUS_OK);
    holds("etc/machine-id", "");
    assert_false(personal_has_name(root, "var/lib/dbus/machine-id"));
    assert_false(personal_has_name(root, "var/lib/systemd/random-seed"));
    assert_false(personal_has_name(root, "etc/ssh/ssh_host_rsa_key"));
    assert_false(personal_has_name(root, "etc/ssh/ssh_host_rsa_key.pub"));
    assert_true(personal_has_name(root, "etc/ssh/ssh_config"));
    remove_root();
}

static void dbus_follows_by_its_link(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    put("var/lib/dbus/x", "");
    assert_int_equal(symlinkat("/etc/machine-id", root, "var/lib/dbus/machine-id"), 0);
    assert_int_equal(personal_set_identity(&self, false, &problem), STATUS_OK);
    assert_true(personal_has_name(root, "var/lib/dbus/machine-id"));
    remove_root();
}

#define SHADOW "daemon:*:1:0:99999:7:::\nroot:%s:%s:0:99999:7:::\nrooty:!:1::::::\n"

static void a_password_hash_takes_its_place_in_shadow(void **state)
{
    (void)state;
    static const struct {
        const char *hash, *day, *becomes, *on;
        bool is_explicit;
    } cases[] = {
        {"*", "19000", "$6$salt$hash", "19000", true},
        {"$y$old", "0", "$6$salt$hash", "19700", true}, // had to be changed at the next login
        {"", "19000", "$6$salt$hash", "19000", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        struct personal self = make_root();
        (void)snprintf(text, sizeof text, SHADOW, cases[i].hash, cases[i].day);
        put("etc/shadow", text);
        assert_int_equal(fchmodat(root, "etc/shadow", 0640, 0), 0);
        (void)strcpy(wanted.root_password, "$6$salt$hash");
        wanted.is_explicit = cases[i].is_explicit;
        assert_int_equal(personal_set_root(&self, &problem), STATUS_OK);
        (void)snprintf(text, sizeof text, SHADOW, cases[i].becomes, cases[i].on);
        holds("etc/shadow", text);
        assert_int_equal(mode_of("etc/shadow"), 0640);
        remove_root();
    }
}

static void no_password_locks_root_only_where_the_profile_asks_for_something(void **state)
{
    (void)state;
    char text[256];
    struct personal self = make_root();
    (void)snprintf(text, sizeof text, SHADOW, "$6$images$own", "1");
    put("etc/shadow", text);
    assert_int_equal(personal_set_root(&self, &problem), STATUS_OK);
    holds("etc/shadow", text);
    wanted.is_explicit = true;
    assert_int_equal(personal_set_root(&self, &problem), STATUS_OK);
    (void)snprintf(text, sizeof text, SHADOW, "*", "1");
    holds("etc/shadow", text);
    remove_root();
}

static void a_hash_that_would_break_the_file_is_refused_and_not_quoted(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/shadow", "root:*:1::::::\n");
    (void)strcpy(wanted.root_password, "SECRET:0:0");
    assert_int_equal(personal_set_root(&self, &problem), STATUS_UNSUPPORTED);
    assert_null(strstr(problem.text, "SECRET"));
    holds("etc/shadow", "root:*:1::::::\n");
    remove_root();
}

static void keys_are_added_once_and_are_private(void **state)
{
    (void)state;
    struct personal self = make_root();
    char keys[] = "ssh-ed25519 AAAA one\n\nssh-rsa BBBB two";
    put("root/.ssh/authorized_keys", "ssh-rsa CCCC the image's");
    assert_int_equal(fchmodat(root, "root/.ssh", 0755, 0), 0);
    wanted.ssh_keys = keys;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(personal_set_root(&self, &problem), STATUS_OK);
        holds("root/.ssh/authorized_keys",
              "ssh-rsa CCCC the image's\nssh-ed25519 AAAA one\nssh-rsa BBBB two\n");
    }
    assert_int_equal(mode_of("root/.ssh"), 0700);
    assert_int_equal(mode_of("root/.ssh/authorized_keys"), 0600);
    remove_root();
}

static void a_user_that_is_there_gets_password_and_keys_of_its_own(void **state)
{
    (void)state;
    struct personal self = make_root();
    struct stat facts;
    char keys[] = "ssh-ed25519 AAAA one\n";
    put("etc/passwd", "root:x:0:0::/root:/bin/sh\nanna:x:1234:1235:Anna,,,:/home/anna:/bin/sh\n");
    put("etc/shadow", "root:*:1::::::\n");
    put("etc/group", "users:x:100:\n");
    put("home/anna/.profile", "");
    (void)strcpy(wanted.user, "anna");
    (void)strcpy(wanted.user_password, "$6$a$b");
    wanted.ssh_keys = keys;
    assert_int_equal(personal_set_user(&self, &problem), STATUS_OK);
    contains("etc/shadow", "root:*:1::::::\nanna:$6$a$b:");
    holds("home/anna/.ssh/authorized_keys", keys);
    assert_int_equal(fstatat(root, "home/anna/.ssh/authorized_keys", &facts, 0), 0);
    assert_int_equal(facts.st_uid, 1234);
    assert_int_equal(facts.st_gid, 1235);
    remove_root();
}

static void a_system_without_useradd_says_so(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    (void)strcpy(wanted.user, "anna");
    assert_int_equal(personal_set_user(&self, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "useradd"));
    remove_root();
}

static void a_time_zone_must_exist_inside(void **state)
{
    (void)state;
    struct personal self = make_root();
    char target[64] = "";
    put("usr/share/zoneinfo/Europe/Berlin", "TZif");
    put("etc/timezone", "Etc/UTC\n");
    (void)strcpy(wanted.timezone, "Europe/Berlin");
    assert_int_equal(personal_set_region(&self, &problem), STATUS_OK);
    assert_true(readlinkat(root, "etc/localtime", target, sizeof target - 1) > 0);
    assert_string_equal(target, "/usr/share/zoneinfo/Europe/Berlin");
    holds("etc/timezone", "Europe/Berlin\n");
    (void)strcpy(wanted.timezone, "Mars/Olympus");
    assert_int_equal(personal_set_region(&self, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "Mars/Olympus"));
    holds("etc/timezone", "Europe/Berlin\n");
    remove_root();
}

static void a_locale_that_cannot_be_made_is_refused(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/debian_version", "12.5\n");
    (void)strcpy(wanted.locale, "C.UTF-8");
    assert_int_equal(personal_set_region(&self, &problem), STATUS_OK);
    holds("etc/default/locale", "LANG=C.UTF-8\n");
    (void)strcpy(wanted.locale, "de_DE.UTF-8");
    assert_int_equal(personal_set_region(&self, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.remedy, "locales"));
    remove_root();
}

static void selinux_labels_its_files_anew(void **state)
{
    (void)state;
    struct personal self = make_root();
    put("etc/selinux/config", "# SELINUX=enforcing\nSELINUX=disabled\n");
    assert_int_equal(personal_set_labels(&self, &problem), STATUS_OK);
    assert_false(personal_has_name(root, ".autorelabel"));
    put("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    assert_int_equal(personal_set_labels(&self, &problem), STATUS_OK);
    assert_true(personal_has_name(root, ".autorelabel"));
    remove_root();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_do_not_lead_out_of_the_root),
        cmocka_unit_test(a_link_in_the_place_of_a_file_is_replaced),
        cmocka_unit_test(devices_and_pipes_are_never_opened),
        cmocka_unit_test(the_hosts_file_gets_one_line_of_its_own),
        cmocka_unit_test(nothing_that_must_be_unique_stays),
        cmocka_unit_test(dbus_follows_by_its_link),
        cmocka_unit_test(a_password_hash_takes_its_place_in_shadow),
        cmocka_unit_test(no_password_locks_root_only_where_the_profile_asks_for_something),
        cmocka_unit_test(a_hash_that_would_break_the_file_is_refused_and_not_quoted),
        cmocka_unit_test(keys_are_added_once_and_are_private),
        cmocka_unit_test(a_user_that_is_there_gets_password_and_keys_of_its_own),
        cmocka_unit_test(a_system_without_useradd_says_so),
        cmocka_unit_test(a_time_zone_must_exist_inside),
        cmocka_unit_test(a_locale_that_cannot_be_made_is_refused),
        cmocka_unit_test(selinux_labels_its_files_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
