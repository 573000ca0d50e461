// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/notify.h"
#include "unit/test.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A manager's socket in the abstract space, and NOTIFY_SOCKET naming it.
static int open_manager(void)
{
    char name[64];
    snprintf(name, sizeof name, "@imprint-test-%d", (int)getpid());
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static void expect(int fd, const char *wanted)
{
    char text[512] = "";
    ssize_t count = recv(fd, text, sizeof text - 1, 0);
    assert_true(count > 0);
    assert_string_equal(text, wanted);
}

static void the_manager_hears_how_we_are(void **state)
{
    (void)state;
    int fd = open_manager();
    notify_ready("serving eth0");
    expect(fd, "READY=1\nSTATUS=serving eth0");
    notify_ready(NULL);
    expect(fd, "READY=1");
    notify_status("two\nlines");
    expect(fd, "STATUS=two lines");
    notify_stopping();
    expect(fd, "STOPPING=1");
    notify_reloading();
    char text[512] = "";
    assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
    assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
    close(fd);
}

static void without_a_manager_all_is_silent(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_send("READY=1"), STATUS_NOT_FOUND);
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(notify_send("READY=1"), STATUS_MALFORMED);
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    assert_int_equal(notify_send("READY=1"), STATUS_IO);
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_fed_twice_in_its_time_and_only_by_us(void **state)
{
    (void)state;
    char pid[16];
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_how_we_are),
        cmocka_unit_test(without_a_manager_all_is_silent),
        cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time_and_only_by_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
