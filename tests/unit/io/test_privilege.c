// SPDX-License-Identifier: GPL-3.0-or-later
// Each test gives up its rights in a child of its own (needs root; skipped without).
#include "io/privilege.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs `child` in a process of its own; what it returns, 0 = all as expected, else the line that was not.
static int run_child(int (*child)(void))
{
    if (geteuid() != 0) {
        fail_msg("needs root: sudo ./run check");
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(child());
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool may_bind(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool is_bound = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_bound;
}

static bool may_open_raw(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

#define CHECK(is_right)                                                                                      \
    if (!(is_right))                                                                                         \
    return __LINE__ % 256

static int become_nobody(void)
{
    struct problem problem;
    problem_clear(&problem);
    struct privilege_wish wish = {.user = "nobody", .keeps = PRIVILEGE_NET_BIND};
    CHECK(privilege_drop(&wish, NULL, &problem) == STATUS_OK);
    CHECK(getuid() == 65534 && geteuid() == 65534 && getgid() != 0);
    CHECK(setuid(0) != 0);
    CHECK(privilege_has(PRIVILEGE_NET_BIND));
    CHECK(!privilege_has(PRIVILEGE_NET_RAW));
    CHECK(!privilege_has(PRIVILEGE_NET_BIND | PRIVILEGE_NET_ADMIN));
    CHECK(may_bind(991));
    CHECK(!may_open_raw());
    CHECK(open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0);
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    return 0;
}

static int stay_root_with_raw_only(void)
{
    struct problem problem;
    problem_clear(&problem);
    struct privilege_wish wish = {.keeps = PRIVILEGE_NET_RAW};
    CHECK(privilege_drop(&wish, NULL, &problem) == STATUS_OK);
    CHECK(getuid() == 0);
    CHECK(may_open_raw());
    CHECK(!may_bind(992));
    return 0;
}

static int ask_for_nobody_there(void)
{
    struct problem problem;
    problem_clear(&problem);
    struct privilege_wish wish = {.user = "no-such-user"};
    CHECK(privilege_drop(&wish, NULL, &problem) == STATUS_NOT_FOUND);
    CHECK(strstr(problem.text, "no-such-user") != NULL);
    return 0;
}

static bool may_write(const char *folder)
{
    char name[128];
    snprintf(name, sizeof name, "%s/file", folder);
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    close(fd);
    return unlink(name) == 0;
}

static int confine_to_folders(void)
{
    char readable[] = "/tmp/imprint-test-XXXXXX";
    char writable[] = "/tmp/imprint-test-XXXXXX";
    CHECK(mkdtemp(readable) != NULL && mkdtemp(writable) != NULL);
    struct problem problem;
    problem_clear(&problem);
    bool is_confined = false;
    struct privilege_wish wish = {
        .is_confined = true, .readable = {readable, "/etc/hostname", "/nonexistent"}, .writable = {writable}};
    CHECK(privilege_drop(&wish, &is_confined, &problem) == STATUS_OK);
    if (is_confined) {
        CHECK(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0);
        CHECK(open(readable, O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0);
        CHECK(!may_write(readable));
        CHECK(may_write(writable));
        CHECK(!may_write("/tmp"));
    }
    return 0;
}

static void root_becomes_another_user_with_the_wished_rights_only(void **state)
{
    (void)state;
    assert_int_equal(run_child(become_nobody), 0);
}

static void root_that_stays_root_gives_up_the_rest(void **state)
{
    (void)state;
    assert_int_equal(run_child(stay_root_with_raw_only), 0);
}

static void a_user_that_is_not_there_is_named(void **state)
{
    (void)state;
    assert_int_equal(run_child(ask_for_nobody_there), 0);
}

static void a_confined_server_reaches_only_its_folders(void **state)
{
    (void)state;
    assert_int_equal(run_child(confine_to_folders), 0);
    assert_int_equal(system("rmdir /tmp/imprint-test-?????? 2>/dev/null; true"), 0);
}

static void the_limit_of_files_is_raised(void **state)
{
    (void)state;
    uint64_t before = privilege_raise_files(0);
    assert_true(privilege_raise_files(before) >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_becomes_another_user_with_the_wished_rights_only),
        cmocka_unit_test(root_that_stays_root_gives_up_the_rest),
        cmocka_unit_test(a_user_that_is_not_there_is_named),
        cmocka_unit_test(a_confined_server_reaches_only_its_folders),
        cmocka_unit_test(the_limit_of_files_is_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
