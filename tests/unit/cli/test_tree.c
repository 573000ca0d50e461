// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/test.h"

#include "cli/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct tree tree;
static struct problem problem;

static char *below(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, const char *text)
{
    FILE *file = fopen(below(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(below(name), 0755), 0);
}

static void make_link(const char *name, const char *target)
{
    assert_int_equal(symlink(target, below(name)), 0);
}

// The paths found, with commas between.
static const char *list(void)
{
    static char text[1024];
    text[0] = '\0';
    problem_clear(&problem);
    tree_clear(&tree);
    assert_int_equal(tree_list(folder, &tree, &problem), STATUS_OK);
    for (size_t i = 0; i < tree.files.count; i++) {
        const struct tree_file *file = heap_array_get(&tree.files, i);
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length, "%s%s", i == 0 ? "" : ",", file->path);
    }
    return text;
}

static int set_up(void **state)
{
    (void)state;
    tree = (struct tree){.files = heap_array_init(sizeof(struct tree_file))};
    problem_clear(&problem);
    (void)snprintf(folder, sizeof folder, "/tmp/imprint-test-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    tree_clear(&tree);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void files_come_by_name_with_their_sizes(void **state)
{
    (void)state;
    make_folder("b");
    make_file("b/two", "22");
    make_file("c", "333");
    make_file("a", "");
    assert_string_equal(list(), "a,b/two,c");
    assert_int_equal(tree.bytes, 5);
    assert_int_equal(tree.left_out, 0);
}

static void links_inside_are_followed(void **state)
{
    (void)state;
    make_folder("amd64");
    make_file("amd64/linux", "kernel");
    make_link("linux", "amd64/linux");
    make_link("other", "amd64");
    assert_string_equal(list(), "amd64/linux,linux,other/linux");
    assert_int_equal(tree.bytes, 18);
}

static void links_to_the_outside_are_left_out_and_counted(void **state)
{
    (void)state;
    make_file("a", "1");
    make_link("passwd", "/etc/passwd");
    make_link("up", "..");
    make_link("nowhere", "missing");
    assert_string_equal(list(), "a");
    assert_int_equal(tree.left_out, 3);
    assert_string_equal(tree.first_left_out, "nowhere");
}

static void a_folder_beside_with_a_longer_name_is_outside(void **state)
{
    (void)state;
    char beside[80];
    char file[96];
    make_file("a", "1");
    (void)snprintf(beside, sizeof beside, "%s-beside", folder);
    (void)snprintf(file, sizeof file, "%s/x", beside);
    assert_int_equal(mkdir(beside, 0755), 0);
    assert_int_equal(fclose(fopen(file, "w")), 0);
    make_link("x", file);
    assert_string_equal(list(), "a");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(beside), 0);
}

static void links_in_a_circle_end(void **state)
{
    (void)state;
    make_folder("a");
    make_folder("b");
    make_file("a/one", "1");
    make_link("a/to-b", "../b");
    make_link("b/to-a", "../a");
    make_link("a/self", ".");
    assert_string_equal(list(), "a/one,b/to-a/one");
    assert_true(tree.left_out >= 3);
}

static void sockets_and_pipes_are_no_files(void **state)
{
    (void)state;
    make_file("a", "1");
    assert_int_equal(mkfifo(below("pipe"), 0644), 0);
    assert_string_equal(list(), "a");
    assert_int_equal(tree.left_out, 1);
}

static void a_folder_that_is_not_there_or_empty_is_refused_with_its_name(void **state)
{
    (void)state;
    assert_int_equal(tree_list(folder, &tree, &problem), STATUS_NOT_FOUND);
    assert_string_equal(problem.file, folder);
    tree_clear(&tree);
    problem_clear(&problem);
    assert_int_equal(tree_list(below("missing"), &tree, &problem), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.file, "missing"));
    tree_clear(&tree);
    problem_clear(&problem);
    make_file("file", "1");
    assert_int_equal(tree_list(below("file"), &tree, &problem), STATUS_NOT_FOUND);
}

static void folders_too_deep_are_refused(void **state)
{
    (void)state;
    char path[256] = "";
    for (unsigned i = 0; i < 33; i++) {
        (void)strcat(path, i == 0 ? "d" : "/d");
        make_folder(path);
    }
    assert_int_equal(tree_list(folder, &tree, &problem), STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_by_name_with_their_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_inside_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_to_the_outside_are_left_out_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_beside_with_a_longer_name_is_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_in_a_circle_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sockets_and_pipes_are_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_or_empty_is_refused_with_its_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(folders_too_deep_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
