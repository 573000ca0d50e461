// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/snippets.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static unsigned told;
static struct problem last;

static void count(void *context, const struct problem *problem)
{
    (void)context;
    told++;
    last = *problem;
}

static void write_file(const char *name, const char *text, size_t bytes)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/snippets-XXXXXX");
    told = 0;
    return mkdtemp(folder) == NULL ? 1 : 0;
}

static int finish(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command); // NOLINT: a folder of our own
}

static void files_of_the_folder_are_found_by_their_names(void **state)
{
    (void)state;
    size_t bytes = 0;
    char path[128];
    write_file("disk.cfg", "autopart\n", 9);
    write_file("empty", "", 0);
    write_file(".hidden", "x", 1);
    write_file("not ours", "x", 1);
    (void)snprintf(path, sizeof path, "%s/folder", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    struct snippets *snippets = snippets_load(folder, count, NULL);
    assert_memory_equal(snippets_find(snippets, "disk.cfgX", 8, &bytes), "autopart\n", 9);
    assert_int_equal(bytes, 9);
    assert_non_null(snippets_find(snippets, "empty", 5, &bytes));
    assert_int_equal(bytes, 0);
    assert_null(snippets_find(snippets, "disk", 4, &bytes));
    assert_null(snippets_find(snippets, ".hidden", 7, &bytes));
    assert_null(snippets_find(snippets, "folder", 6, &bytes));
    assert_int_equal(told, 0);
    snippets_free(snippets);
}

static void what_is_too_large_is_left_out_and_told(void **state)
{
    (void)state;
    size_t bytes = 0;
    char *large = calloc(1, SNIPPET_BYTES_MOST + 1);
    assert_non_null(large);
    write_file("large", large, SNIPPET_BYTES_MOST + 1);
    write_file("fits", large, SNIPPET_BYTES_MOST);
    free(large);
    struct snippets *snippets = snippets_load(folder, count, NULL);
    assert_null(snippets_find(snippets, "large", 5, &bytes));
    assert_non_null(snippets_find(snippets, "fits", 4, &bytes));
    assert_int_equal(bytes, SNIPPET_BYTES_MOST);
    assert_int_equal(told, 1);
    assert_non_null(strstr(last.text, "large is no snippet of answer files: it has more than 64 KiB"));
    snippets_free(snippets);
}

static void a_folder_that_is_not_there_has_none(void **state)
{
    (void)state;
    size_t bytes = 0;
    told = 0;
    struct snippets *snippets = snippets_load("/nowhere/at/all", count, NULL);
    assert_null(snippets_find(snippets, "x", 1, &bytes));
    assert_null(snippets_find(NULL, "x", 1, &bytes));
    assert_int_equal(told, 0);
    snippets_free(snippets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_of_the_folder_are_found_by_their_names, begin, finish),
        cmocka_unit_test_setup_teardown(what_is_too_large_is_left_out_and_told, begin, finish),
        cmocka_unit_test(a_folder_that_is_not_there_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
