// SPDX-License-Identifier: GPL-3.0-or-later
// The whole of personal_apply on a real system: this machine's own root, under an overlay in memory and in a
// mount namespace of its own, so that its own useradd, ssh-keygen and sh run inside and nothing of it stays.
#include "agent/personal.h"
#include "agent/personal_file.h"
#include "unit/test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/imprint-apply-XXXXXX";
static char target[64];
static int root = -1;
static struct talk_personal wanted;
static struct problem problem;

// Whether there is an overlay of our own root now.
static bool has_overlay(void)
{
    char upper[64];
    char work[64];
    char options[256];
    if (geteuid() != 0 || mkdtemp(folder) == NULL || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, NULL) != 0) {
        return false;
    }
    (void)snprintf(upper, sizeof upper, "%s/upper", folder);
    (void)snprintf(work, sizeof work, "%s/work", folder);
    (void)snprintf(target, sizeof target, "%s/target", folder);
    (void)snprintf(options, sizeof options, "lowerdir=/,upperdir=%s,workdir=%s", upper, work);
    if (mkdir(upper, 0755) != 0 || mkdir(work, 0755) != 0 || mkdir(target, 0755) != 0 ||
        mount("overlay", target, "overlay", 0, options) != 0) {
        return false;
    }
    root = open(target, O_RDONLY | O_DIRECTORY);
    if (root >= 0) {
        personal_remove(root, "usr/sbin/policy-rc.d"); // containers have one
    }
    return root >= 0;
}

static int set_up(void **state)
{
    (void)state;
    if (!has_overlay()) {
        (void)fprintf(stderr, "no overlay of / here: skipped\n");
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (root >= 0) {
        (void)close(root);
        (void)umount2(target, MNT_DETACH);
    }
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
    if (root < 0) {
        skip();
    }
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
    if (root < 0) {
        skip();
    }
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
    if (root < 0) {
        skip();
    }
    const struct personal_job job = job_sample();
    (void)strcpy(wanted.packages, "htop");
    assert_int_equal(personal_apply(&job, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "there is no network"));
    assert_false(is_mounted_below());
}

static void a_host_name_that_is_none_changes_nothing(void **state)
{
    (void)state;
    if (root < 0) {
        skip();
    }
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
        cmocka_unit_test(a_host_name_that_is_none_changes_nothing),
        cmocka_unit_test(an_empty_folder_is_no_system),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
