// SPDX-License-Identifier: GPL-3.0-or-later
// What we write is read by cpio and zstd, programs of other people.
#include "fleet/initramfs.h"

#include "fleet/agent_build.h"
#include "fleet/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/test.h"

static struct problem problem;

static char *list(const char *file)
{
    char script[200];
    char *text = NULL;
    (void)snprintf(script, sizeof script, "zstd -dcq <%s | cpio -itv --quiet | awk '{print $1, $NF}'", file);
    const char *const words[] = {"sh", "-c", script, NULL};
    assert_int_equal(process_read(&(struct process_job){.words = words}, 4096, &text, &problem), STATUS_OK);
    return text;
}

static void cpio_reads_what_was_written(void **state)
{
    (void)state;
    char file[] = "/tmp/imprint-initramfs-XXXXXX";
    struct initramfs initramfs;
    uint64_t unpacked = 0;
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    (void)close(fd);
    initramfs_init(&initramfs);
    initramfs_add_file(&initramfs, "usr/bin/tool", "/etc/passwd", 0755);
    initramfs_add_file(&initramfs, "usr/bin/tool", "/nonexistent", 0755); // of one name the first one counts
    initramfs_add_link(&initramfs, "bin", "usr/bin");
    initramfs_add_device(&initramfs, "dev/console", 5, 1);
    problem_clear(&problem);
    assert_int_equal(initramfs_write(&initramfs, file, &unpacked, &problem), STATUS_OK);
    initramfs_clear(&initramfs);
    char *text = list(file);
    assert_string_equal(text, "lrwxrwxrwx usr/bin\ndrwxr-xr-x dev\ncrw------- dev/console\ndrwxr-xr-x usr\n"
                              "drwxr-xr-x usr/bin\n-rwxr-xr-x usr/bin/tool\n");
    heap_free(text);
    (void)unlink(file);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct initramfs initramfs;
    uint64_t unpacked = 0;
    initramfs_init(&initramfs);
    initramfs_add_file(&initramfs, "x", "/nonexistent", 0755);
    problem_clear(&problem);
    assert_int_equal(initramfs_write(&initramfs, "/dev/null", &unpacked, &problem), STATUS_IO);
    assert_true(problem_is_set(&problem));
    initramfs_clear(&initramfs);
}

static void only_a_static_program_can_be_the_agent(void **state)
{
    (void)state;
    problem_clear(&problem);
    assert_int_equal(agent_build_check_program("/bin/sh", &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "shared libraries"));
    problem_clear(&problem);
    assert_int_equal(agent_build_check_program("/etc/passwd", &problem), STATUS_UNSUPPORTED);
    problem_clear(&problem);
    assert_int_equal(agent_build_check_program("/nonexistent", &problem), STATUS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cpio_reads_what_was_written),
                                       cmocka_unit_test(a_file_that_is_not_there_is_told),
                                       cmocka_unit_test(only_a_static_program_can_be_the_agent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
