// SPDX-License-Identifier: GPL-3.0-or-later
// The whole of personal_apply on a real system: this machine's own root (or IMPRINT_TEST_SYSTEM), under an
// overlay in memory and in a mount namespace of its own, so that its own useradd, ssh-keygen and sh run
// inside and nothing of it stays.
#include "agent/console.h"
#include "agent/personal.h"
#include "agent/personal_file.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARCHIVE_PORT 8080

static char folder[] = "/tmp/imprint-apply-XXXXXX";
static char target[64];
static int root = -1;
static struct talk_personal wanted;
static struct problem problem;

// What a test of the whole cannot do without; its absence is a fault, never a reason to pass.
static void need(const char *what, bool is_there)
{
    if (!is_there) {
        (void)fprintf(stderr, "this test needs %s: run it as root, on a machine where that is allowed (%s)\n",
                      what, strerror(errno));
        exit(EXIT_FAILURE);
    }
}

// An overlay of our own root, or of the one that IMPRINT_TEST_SYSTEM names, in a mount and a network
// namespace of our own.
static int set_up(void **state)
{
    (void)state;
    char upper[64];
    char work[64];
    char options[512];
    const char *system_root = getenv("IMPRINT_TEST_SYSTEM");
    errno = EPERM;
    need("the rights of root", geteuid() == 0);
    need("a temporary folder", mkdtemp(folder) != NULL);
    need("namespaces of its own", unshare(CLONE_NEWNS | CLONE_NEWNET) == 0);
    need("its own mounts", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    need("a tmpfs", mount("tmpfs", folder, "tmpfs", 0, NULL) == 0);
    (void)snprintf(upper, sizeof upper, "%s/upper", folder);
    (void)snprintf(work, sizeof work, "%s/work", folder);
    (void)snprintf(target, sizeof target, "%s/target", folder);
    (void)snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s",
                   system_root == NULL ? "/" : system_root, upper, work);
    need("folders", mkdir(upper, 0755) == 0 && mkdir(work, 0755) == 0 && mkdir(target, 0755) == 0);
    need("an overlay of /", mount("overlay", target, "overlay", 0, options) == 0);
    need("the overlay", (root = open(target, O_RDONLY | O_DIRECTORY)) >= 0);
    need("ip, to bring lo up", system("ip link set lo up") == 0);
    personal_remove(root, "usr/sbin/policy-rc.d"); // containers have one
    personal_remove(root, "usr/bin/cloud-init");   // some machines have it, and then it would do all of this
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)close(root);
    (void)umount2(target, MNT_DETACH);
    (void)umount2(folder, MNT_DETACH);
    (void)rmdir(folder);
    return 0;
}

static void must_hold(const char *name, const char *text)
{
    char *found = personal_read(root, name);
    if (found == NULL || strstr(found, text) == NULL) {
        fail_msg("/%s does not hold \"%s\" but \"%s\"", name, text, found == NULL ? "nothing" : found);
    }
    free(found);
}

static struct personal_job job_sample(void)
{
    static char keys[] = "ssh-ed25519 AAAA one\n";
    // Without "#!" on purpose: it is sh's.
    static char script[] = "set -e\n"
                           "echo \"$IMPRINT_HOSTNAME $IMPRINT_ADDRESS $IMPRINT_ORDER $(id -u)\" >/root/said\n"
                           "sh /usr/sbin/policy-rc.d || echo policy $? >>/root/said\n"
                           "test -e /proc/self/status -a -c /dev/null -a -d /sys/class\n"
                           "stat -c %a $0 >>/root/said\n"
                           "mkdir -p /run/left-behind\n"
                           "sleep 300 >/dev/null 2>&1 &\n";
    wanted = (struct talk_personal){.hostname = "station101",
                                    .root_password = "$6$salt$root",
                                    .user = "imprint-anna",
                                    .user_password = "$6$salt$anna",
                                    .is_explicit = true,
                                    .ssh_keys = keys,
                                    .script = script};
    wanted.address.value = 0xc0a84d65;
    problem_clear(&problem);
    return (struct personal_job){.root = target, .wanted = &wanted, .order_id = 7};
}

static bool is_mounted_below(void)
{
    static char mounts[256 * 1024];
    char below[80];
    FILE *stream = fopen("/proc/self/mounts", "r");
    assert_non_null(stream);
    mounts[fread(mounts, 1, sizeof mounts - 1, stream)] = '\0';
    (void)fclose(stream);
    (void)snprintf(below, sizeof below, "%s/", target);
    return strstr(mounts, below) != NULL;
}

static void a_real_system_becomes_the_machines_own_and_may_again(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        const struct personal_job job = job_sample();
        if (personal_apply(&job, &problem) != STATUS_OK) {
            fail_msg("%s", problem.text);
        }
        must_hold("etc/hostname", "station101\n");
        must_hold("etc/shadow", "root:$6$salt$root:");
        must_hold("etc/shadow", "imprint-anna:$6$salt$anna:");
        must_hold("etc/passwd", "imprint-anna:x:");
        must_hold("home/imprint-anna/.ssh/authorized_keys", "ssh-ed25519 AAAA one\n");
        must_hold("root/said", "station101 192.168.77.101 7 0\npolicy 101\n700\n");
        assert_false(personal_has_name(root, "usr/sbin/policy-rc.d"));
        assert_false(personal_has_name(root, "run/left-behind"));
        assert_false(is_mounted_below());
    }
}

static void a_script_that_fails_is_told_and_everything_is_undone(void **state)
{
    (void)state;
    const struct personal_job job = job_sample();
    static char script[] = "#!/bin/sh\necho the printer is on fire >&2\nexit 3\n";
    wanted.script = script;
    assert_int_equal(personal_apply(&job, &problem), STATUS_IO);
    assert_non_null(strstr(problem.text, "the profile's script failed"));
    assert_non_null(strstr(problem.text, "the printer is on fire"));
    assert_false(personal_has_name(root, "usr/sbin/policy-rc.d"));
    assert_false(is_mounted_below());
}

static void packages_without_a_network_are_refused(void **state)
{
    (void)state;
    const struct personal_job job = job_sample();
    (void)strcpy(wanted.packages, "htop");
    assert_int_equal(personal_apply(&job, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "there is no network"));
    assert_false(is_mounted_below());
}

static void a_host_name_that_is_none_changes_nothing(void **state)
{
    (void)state;
    const struct personal_job job = job_sample();
    char *before = personal_read(root, "etc/hosts");
    (void)strcpy(wanted.hostname, "a b");
    assert_int_equal(personal_apply(&job, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "host name"));
    char *after = personal_read(root, "etc/hosts");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

// Runs a line of shell in the test's own folder.
static void shell(const char *line)
{
    char command[2048];
    (void)snprintf(command, sizeof command, "set -e; cd %s; { %s; } >&2", folder, line);
    if (system(command) != 0) {
        fail_msg("this failed: %s", line);
    }
}

static bool is_answered(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(ARCHIVE_PORT)};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is = connect(fd, (const struct sockaddr *)&place, sizeof place) == 0;
    (void)close(fd);
    return is;
}

// A package archive with one package in it, on loopback, and a system that knows no other; the server's
// process.
static pid_t serve_archive(void)
{
    shell("mkdir -p archive/hello/DEBIAN archive/hello/usr/share/imprint-hello");
    shell("printf 'Package: imprint-hello\nVersion: 1.0\nArchitecture: all\nMaintainer: t <t@example.test>\n"
          "Description: says hello\n' >archive/hello/DEBIAN/control");
    shell("printf '#!/bin/sh\ninvoke-rc.d ssh start\necho configured as $(id -u) >/root/configured\n'"
          " >archive/hello/DEBIAN/postinst; chmod 755 archive/hello/DEBIAN/postinst");
    shell("echo hello >archive/hello/usr/share/imprint-hello/word");
    shell("dpkg-deb --root-owner-group -b archive/hello archive/imprint-hello_1.0_all.deb");
    shell("cd archive; dpkg-scanpackages . >Packages");
    shell("cd target/etc/apt; rm -rf sources.list.d/* apt.conf.d/* apt.conf ../../var/lib/apt/lists/*;"
          " echo 'deb [trusted=yes] http://127.0.0.1:8080/ ./' >sources.list");
    pid_t server = fork();
    if (server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(127);
        }
        char place[64];
        (void)snprintf(place, sizeof place, "%s/archive", folder);
        (void)execlp("python3", "python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", place,
                     "8080", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 100 && !is_answered(); i++) {
        (void)usleep(100000);
    }
    assert_true(is_answered());
    return server;
}

static void packages_are_installed_before_the_script_runs(void **state)
{
    (void)state;
    pid_t server = serve_archive();
    struct personal_job job = job_sample();
    static char script[] = "cat /usr/share/imprint-hello/word >/root/said\n"
                           "dpkg-query -W -f '${Status}\\n' imprint-hello >>/root/said\n";
    wanted.script = script;
    job.has_network = true;
    (void)strcpy(wanted.packages, "imprint-hello");
    enum status status = personal_apply(&job, &problem);
    if (status == STATUS_OK) {
        must_hold("root/said", "hello\ninstall ok installed\n");
        must_hold("root/configured", "configured as 0\n");
        (void)strcpy(wanted.packages, "imprint-hello imprint-nothing");
        assert_int_equal(personal_apply(&job, &problem), STATUS_IO);
        if (strstr(problem.text, "imprint-nothing") == NULL) {
            fail_msg("%s", problem.text);
        }
    } else {
        print_error("%s\n", problem.text);
    }
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    assert_int_equal(status, STATUS_OK);
    assert_false(is_mounted_below());
}

static void time_zone_and_language_are_those_of_the_profile(void **state)
{
    (void)state;
    const struct personal_job job = job_sample();
    static char script[] = "LC_ALL=de_DE.UTF-8 date -d 2026-07-01T12:00:00Z '+%A %H %Z' >/root/said\n";
    char link[64] = "";
    wanted.script = script;
    (void)strcpy(wanted.timezone, "Europe/Berlin");
    (void)strcpy(wanted.locale, "de_DE.UTF-8");
    if (personal_apply(&job, &problem) != STATUS_OK) {
        fail_msg("%s", problem.text);
    }
    must_hold("root/said", "Mittwoch 14 CEST\n");
    must_hold("etc/default/locale", "LANG=de_DE.UTF-8\n");
    must_hold("etc/timezone", "Europe/Berlin\n");
    assert_true(readlinkat(root, "etc/localtime", link, sizeof link - 1) > 0);
    assert_string_equal(link, "/usr/share/zoneinfo/Europe/Berlin");
    (void)strcpy(wanted.timezone, "Europe/Atlantis");
    assert_int_equal(personal_apply(&job, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "no time zone Europe/Atlantis"));
}

static void an_account_may_use_sudo_with_its_password_or_without_one_when_it_has_none(void **state)
{
    (void)state;
    const struct personal_job job = job_sample();
    shell("mkdir -p target/etc/sudoers.d");
    static char script[] = "id -nG imprint-anna >/root/said\n"
                           "if command -v sudo; then su imprint-anna -c 'sudo -n id -un' >>/root/said; fi\n";
    wanted.script = script;
    wanted.user_password[0] = '\0';
    assert_int_equal(personal_apply(&job, &problem), STATUS_OK);
    must_hold("etc/shadow", "imprint-anna:*:");
    must_hold("root/said", "imprint-anna sudo");
    must_hold("etc/sudoers.d/90-imprint", "\nimprint-anna ALL=(ALL:ALL) NOPASSWD: ALL\n");
    if (personal_exists(root, "usr/bin/sudo")) {
        must_hold("root/said", "\nroot\n");
    }
    (void)strcpy(wanted.user_password, "$6$salt$anna");
    wanted.script = NULL;
    assert_int_equal(personal_apply(&job, &problem), STATUS_OK);
    must_hold("etc/shadow", "imprint-anna:$6$salt$anna:");
    assert_false(personal_has_name(root, "etc/sudoers.d/90-imprint"));
}

static void what_the_script_says_is_in_the_log_and_no_secret_is(void **state)
{
    (void)state;
    static char log[256 * 1024];
    const struct personal_job job = job_sample();
    static char script[] = "echo the shelf is number 7\necho and a fault >&2\n";
    wanted.script = script;
    console_log_sent(console_log_peek(log, sizeof log - 1));
    assert_int_equal(personal_apply(&job, &problem), STATUS_OK);
    log[console_log_peek(log, sizeof log - 1)] = '\0';
    assert_non_null(strstr(log, "the shelf is number 7"));
    assert_non_null(strstr(log, "and a fault"));
    assert_null(strstr(log, "$6$salt$"));
    assert_null(strstr(log, "AAAA one"));
}

static void an_empty_folder_is_no_system(void **state)
{
    (void)state;
    char empty[] = "/tmp/imprint-empty-XXXXXX";
    assert_non_null(mkdtemp(empty));
    struct personal_job job = job_sample();
    job.root = empty;
    assert_false(personal_is_system(empty, NULL, 0));
    assert_int_equal(personal_apply(&job, &problem), STATUS_UNSUPPORTED);
    assert_int_equal(rmdir(empty), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_system_becomes_the_machines_own_and_may_again),
        cmocka_unit_test(a_script_that_fails_is_told_and_everything_is_undone),
        cmocka_unit_test(packages_without_a_network_are_refused),
        cmocka_unit_test(packages_are_installed_before_the_script_runs),
        cmocka_unit_test(time_zone_and_language_are_those_of_the_profile),
        cmocka_unit_test(an_account_may_use_sudo_with_its_password_or_without_one_when_it_has_none),
        cmocka_unit_test(what_the_script_says_is_in_the_log_and_no_secret_is),
        cmocka_unit_test(a_host_name_that_is_none_changes_nothing),
        cmocka_unit_test(an_empty_folder_is_no_system),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
