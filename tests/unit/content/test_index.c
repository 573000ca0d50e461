// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/index.h"

#include "unit/content/trees.h"
#include "unit/test.h"

#include <time.h>

struct bench {
    struct tree *tree;
    struct index *index;
    struct index_place place;
};

static struct bench begin(void **state, const char *folder)
{
    struct bench bench = {.tree = *state, .index = index_new()};
    bench.place.root_fd = open(bench.tree->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bench.place.folder = folder;
    assert_true(bench.place.root_fd >= 0);
    return bench;
}

static void end(struct bench *bench)
{
    close(bench->place.root_fd);
    index_free(bench->index);
}

/// Lets a folder look as if nobody had changed it for a minute.
static void age(struct tree *tree, const char *path)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = time(NULL) - 60}};
    assert_int_equal(utimensat(AT_FDCWD, tree_name(tree, path), times, 0), 0);
}

static void names_that_differ_by_case_come_in_byte_order(void **state)
{
    struct bench bench = begin(state, "");
    struct index_names names;
    tree_file(bench.tree, "bcd", "", 0644);
    tree_file(bench.tree, "BCD", "", 0644);
    tree_file(bench.tree, "Bcd", "", 0644);
    tree_file(bench.tree, "bcd2", "", 0644);
    assert_int_equal(index_find(bench.index, &bench.place, "bCD", &names), STATUS_OK);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[0], "BCD");
    assert_string_equal(names.names[1], "Bcd");
    assert_string_equal(names.names[2], "bcd");
    assert_int_equal(index_find(bench.index, &bench.place, "bc", &names), STATUS_NOT_FOUND);
    assert_int_equal(index_find(bench.index, &bench.place, "bcd22", &names), STATUS_NOT_FOUND);
    end(&bench);
}

// ctime cannot be set back, so this waits until the folder has been left alone for two seconds.
static void a_folder_left_alone_is_read_once(void **state)
{
    struct bench bench = begin(state, "");
    struct index_names names;
    tree_file(bench.tree, "bcd", "", 0644);
    age(bench.tree, "");
    sleep(2);
    usleep(100000);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(index_find(bench.index, &bench.place, "BCD", &names), STATUS_OK);
        assert_int_equal(index_find(bench.index, &bench.place, "nothing", &names), STATUS_NOT_FOUND);
    }
    assert_int_equal(index_reads(bench.index), 1);
    tree_file(bench.tree, "nothing", "", 0644);
    assert_int_equal(index_find(bench.index, &bench.place, "NOTHING", &names), STATUS_OK);
    assert_int_equal(index_reads(bench.index), 2);
    end(&bench);
}

static void a_folder_that_was_just_changed_is_not_believed(void **state)
{
    struct bench bench = begin(state, "");
    struct index_names names;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(index_find(bench.index, &bench.place, "bcd", &names), STATUS_NOT_FOUND);
        usleep(20000);
    }
    assert_int_equal(index_reads(bench.index), 3);
    end(&bench);
}

static void another_folder_under_the_same_name_is_seen(void **state)
{
    struct bench bench = begin(state, "boot");
    struct index_names names;
    char aside[700];
    tree_folder(bench.tree, "boot");
    tree_file(bench.tree, "boot/bcd", "", 0644);
    tree_folder(bench.tree, "other");
    assert_int_equal(index_find(bench.index, &bench.place, "BCD", &names), STATUS_OK);
    (void)snprintf(aside, sizeof aside, "%s", tree_name(bench.tree, "aside"));
    assert_int_equal(rename(tree_name(bench.tree, "boot"), aside), 0);
    assert_int_equal(index_find(bench.index, &bench.place, "BCD", &names), STATUS_NOT_FOUND);
    tree_link(bench.tree, "boot", "other");
    assert_int_equal(index_find(bench.index, &bench.place, "BCD", &names), STATUS_NOT_FOUND);
    end(&bench);
}

static void a_folder_that_comes_to_lead_out_is_not_looked_into(void **state)
{
    struct bench bench = begin(state, "boot");
    struct index_names names;
    tree_folder(bench.tree, "boot");
    tree_file(bench.tree, "boot/bcd", "", 0644);
    assert_int_equal(index_find(bench.index, &bench.place, "BCD", &names), STATUS_OK);
    assert_int_equal(unlink(tree_name(bench.tree, "boot/bcd")), 0);
    assert_int_equal(rmdir(tree_name(bench.tree, "boot")), 0);
    tree_link(bench.tree, "boot", "/etc");
    assert_int_equal(index_find(bench.index, &bench.place, "PASSWD", &names), STATUS_NOT_FOUND);
    end(&bench);
}

static void folders_asked_longest_ago_are_forgotten(void **state)
{
    struct bench bench = begin(state, "");
    struct index_names names;
    char name[32];
    for (unsigned i = 0; i < INDEX_FOLDERS_MOST + 50; i++) {
        (void)snprintf(name, sizeof name, "folder%u", i);
        tree_folder(bench.tree, name);
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < INDEX_FOLDERS_MOST + 50; i++) {
            (void)snprintf(name, sizeof name, "folder%u", i);
            const struct index_place place = {bench.place.root_fd, name};
            assert_int_equal(index_find(bench.index, &place, "x", &names), STATUS_NOT_FOUND);
        }
    }
    assert_int_equal(index_reads(bench.index), 2 * (INDEX_FOLDERS_MOST + 50));
    end(&bench);
}

static void an_ambiguity_is_told_once(void **state)
{
    struct bench bench = begin(state, "");
    struct index_names names;
    tree_file(bench.tree, "bcd", "", 0644);
    tree_file(bench.tree, "BCD", "", 0644);
    assert_int_equal(index_find(bench.index, &bench.place, "bcd", &names), STATUS_OK);
    assert_true(index_tell(bench.index, &bench.place, &names));
    assert_false(index_tell(bench.index, &bench.place, &names));
    const struct index_place elsewhere = {bench.place.root_fd, "boot"};
    assert_true(index_tell(bench.index, &elsewhere, &names));
    names.count = 1;
    assert_true(index_tell(bench.index, &bench.place, &names));
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_that_differ_by_case_come_in_byte_order, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_left_alone_is_read_once, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_that_was_just_changed_is_not_believed, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(another_folder_under_the_same_name_is_seen, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_to_lead_out_is_not_looked_into, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(folders_asked_longest_ago_are_forgotten, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(an_ambiguity_is_told_once, tree_make, tree_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
