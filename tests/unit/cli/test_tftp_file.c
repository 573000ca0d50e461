// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/tftp_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct problem problem;

static const char *in_folder(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/imprint-test-XXXXXX");
    problem_clear(&problem);
    return mkdtemp(folder) == NULL ? -1 : 0;
}

// With what is in it.
static int remove_folder(void **state)
{
    (void)state;
    DIR *list = opendir(folder);
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        (void)unlink(in_folder(entry->d_name));
    }
    if (list != NULL) {
        (void)closedir(list);
    }
    return rmdir(folder);
}

static size_t count_names(void)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;
    assert_non_null(list);
    while ((entry = readdir(list)) != NULL) {
        count += entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.') ? 0 : 1;
    }
    (void)closedir(list);
    return count;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void file_is(const char *name, const char *expected)
{
    char text[256] = "";
    FILE *file = fopen(in_folder(name), "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(text, expected);
}

static void put(struct tftp_target *target, const char *text)
{
    assert_true(tftp_target_put(target, (const uint8_t *)text, strlen(text)));
}

static void a_whole_file_takes_the_place_of_the_old_one_and_keeps_its_mode(void **state)
{
    (void)state;
    struct tftp_target target;
    struct stat status;
    write_file("file", "old");
    assert_int_equal(chmod(in_folder("file"), 0640), 0);
    assert_int_equal(tftp_target_open(&target, in_folder("file"), false, &problem), STATUS_OK);
    put(&target, "new ");
    put(&target, "text\r\n");
    file_is("file", "old");
    assert_int_equal(tftp_target_finish(&target, &problem), STATUS_OK);
    tftp_target_drop(&target);
    file_is("file", "new text\r\n");
    assert_int_equal(stat(in_folder("file"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(target.bytes, 10);
    assert_int_equal(count_names(), 1);
}

static void a_broken_transfer_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    struct tftp_target target;
    write_file("file", "old");
    assert_int_equal(tftp_target_open(&target, in_folder("file"), false, &problem), STATUS_OK);
    put(&target, "half");
    tftp_target_drop(&target);
    file_is("file", "old");
    assert_int_equal(count_names(), 1);
}

static void a_link_stays_and_the_file_behind_it_is_replaced(void **state)
{
    (void)state;
    struct tftp_target target;
    struct stat status;
    write_file("file", "old");
    assert_int_equal(symlink("file", in_folder("link")), 0);
    assert_int_equal(tftp_target_open(&target, in_folder("link"), true, &problem), STATUS_OK);
    put(&target, "a\r\nb\r");
    assert_int_equal(tftp_target_finish(&target, &problem), STATUS_OK);
    file_is("file", "a\nb\r");
    assert_int_equal(target.bytes, 4);
    assert_int_equal(lstat(in_folder("link"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void a_device_is_written_and_never_replaced(void **state)
{
    (void)state;
    struct tftp_target target;
    struct stat status;
    assert_int_equal(tftp_target_open(&target, "/dev/null", false, &problem), STATUS_OK);
    put(&target, "x");
    assert_int_equal(tftp_target_finish(&target, &problem), STATUS_OK);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct tftp_target target;
    assert_int_equal(tftp_target_open(&target, "/dev/full", false, &problem), STATUS_OK);
    put(&target, "x");
    assert_int_equal(tftp_target_finish(&target, &problem), STATUS_IO);
    assert_string_equal(problem.text, "No space left on device");
    assert_true(problem.remedy[0] != '\0');
}

static void a_folder_is_no_place_for_a_file(void **state)
{
    (void)state;
    struct tftp_target target;
    assert_int_equal(tftp_target_open(&target, folder, false, &problem), STATUS_IO);
    assert_string_equal(problem.text, "Is a directory");
}

static void a_text_is_sent_with_the_line_ends_of_networks(void **state)
{
    (void)state;
    struct tftp_source source;
    uint8_t bytes[16];
    write_file("text", "a\nb\rc");
    assert_int_equal(tftp_source_open(&source, in_folder("text"), true, &problem), STATUS_OK);
    assert_int_equal(source.bytes, 7);
    assert_true(tftp_source_get(&source, 1, bytes, 6));
    assert_memory_equal(bytes, "\r\nb\r\0c", 6);
    assert_false(tftp_source_get(&source, 3, bytes, 5)); // there are four
    assert_int_equal(source.error, 0);
    tftp_source_close(&source);
    assert_int_equal(tftp_source_open(&source, in_folder("absent"), true, &problem), STATUS_IO);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_whole_file_takes_the_place_of_the_old_one_and_keeps_its_mode),
        IN_FOLDER(a_broken_transfer_leaves_the_old_file_and_nothing_else),
        IN_FOLDER(a_link_stays_and_the_file_behind_it_is_replaced),
        IN_FOLDER(a_device_is_written_and_never_replaced),
        IN_FOLDER(a_full_disk_is_told),
        IN_FOLDER(a_folder_is_no_place_for_a_file),
        IN_FOLDER(a_text_is_sent_with_the_line_ends_of_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
