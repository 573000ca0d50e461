// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/upload.h"

#include "unit/content/trees.h"
#include "unit/test.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define MOST 100000

static struct upload_folder *folder_of(struct tree *tree)
{
    struct problem problem = {0};
    struct upload_folder *folder = upload_folder_new(tree->root, &problem);
    assert_non_null(folder);
    return folder;
}

static enum status begin(struct upload_folder *folder, const char *path, struct upload **upload)
{
    struct problem problem = {0};
    return upload_new(folder, path, 0, MOST, upload, &problem);
}

// How many names stand in the root, hidden ones too.
static unsigned names_count(struct tree *tree)
{
    DIR *directory = opendir(tree->root);
    assert_non_null(directory);
    unsigned count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 ? 1 : 0;
    }
    closedir(directory);
    return count;
}

static void assert_holds(struct tree *tree, const char *path, const char *text)
{
    char bytes[64] = "";
    int fd = open(tree_name(tree, path), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, sizeof bytes - 1), strlen(text));
    assert_string_equal(bytes, text);
    close(fd);
}

static void a_file_appears_when_it_is_whole(void **state)
{
    struct tree *tree = *state;
    struct upload_folder *folder = folder_of(tree);
    struct upload *upload = NULL;
    struct stat about;
    mode_t mask = umask(077);
    assert_int_equal(begin(folder, "switch.cfg", &upload), STATUS_OK);
    upload_folder_free(folder); // it is not needed any more
    assert_int_equal(upload_write(upload, "host", 4), STATUS_OK);
    assert_int_equal(upload_write(upload, "name", 4), STATUS_OK);
    assert_int_not_equal(access(tree_name(tree, "switch.cfg"), F_OK), 0);
    assert_int_equal(upload_commit(upload), STATUS_OK);
    upload_free(upload);
    (void)umask(mask);
    assert_holds(tree, "switch.cfg", "hostname");
    assert_int_equal(stat(tree_name(tree, "switch.cfg"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0644);
    assert_int_equal(names_count(tree), 1);
}

static void what_was_not_finished_leaves_nothing(void **state)
{
    struct tree *tree = *state;
    struct upload_folder *folder = folder_of(tree);
    struct upload *upload = NULL;
    assert_int_equal(begin(folder, "part", &upload), STATUS_OK);
    assert_int_equal(upload_write(upload, "x", 1), STATUS_OK);
    upload_free(upload);
    assert_int_equal(names_count(tree), 0);
    upload_folder_free(folder);
}

static void nothing_is_ever_replaced(void **state)
{
    struct tree *tree = *state;
    struct upload_folder *folder = folder_of(tree);
    struct upload *first = NULL;
    struct upload *second = NULL;
    tree_file(tree, "old", "old", 0644);
    tree_link(tree, "dangling", "nowhere");
    tree_folder(tree, "folder");
    assert_int_equal(begin(folder, "old", &first), STATUS_EXISTS);
    assert_int_equal(begin(folder, "dangling", &first), STATUS_EXISTS);
    assert_int_equal(begin(folder, "folder", &first), STATUS_EXISTS);
    assert_int_equal(begin(folder, "new", &first), STATUS_OK);
    assert_int_equal(begin(folder, "new", &second), STATUS_OK);
    assert_int_equal(upload_write(first, "first", 5), STATUS_OK);
    assert_int_equal(upload_write(second, "second", 6), STATUS_OK);
    assert_int_equal(upload_commit(second), STATUS_OK);
    assert_int_equal(upload_commit(first), STATUS_EXISTS);
    upload_free(first);
    upload_free(second);
    upload_folder_free(folder);
    assert_holds(tree, "new", "second");
    assert_holds(tree, "old", "old");
}

static void nothing_leads_out_of_the_folder(void **state)
{
    struct tree *tree = *state;
    struct upload_folder *folder = folder_of(tree);
    struct upload *upload = NULL;
    tree_folder(tree, "inside");
    tree_link(tree, "up", "..");
    tree_link(tree, "absolute", "/tmp");
    tree_link(tree, "within", "inside");
    assert_int_equal(begin(folder, "up/x", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, "absolute/x", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, "../x", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, "inside/../../x", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, ".hidden", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, "inside/.hidden", &upload), STATUS_DENIED);
    assert_int_equal(begin(folder, "absent/x", &upload), STATUS_NOT_FOUND);
    assert_null(upload);
    assert_int_equal(begin(folder, "within/x", &upload), STATUS_OK);
    assert_int_equal(upload_commit(upload), STATUS_OK);
    upload_free(upload);
    upload_folder_free(folder);
    assert_holds(tree, "inside/x", "");
}

static void more_than_allowed_is_not_taken(void **state)
{
    struct tree *tree = *state;
    struct upload_folder *folder = folder_of(tree);
    struct upload *upload = NULL;
    struct problem problem = {0};
    assert_int_equal(upload_new(folder, "x", 5, 4, &upload, &problem), STATUS_TOO_LONG);
    assert_int_equal(upload_new(folder, "x", UINT64_MAX / 4, UINT64_MAX, &upload, &problem), STATUS_FULL);
    assert_int_equal(upload_new(folder, "x", 4, 4, &upload, &problem), STATUS_OK);
    assert_int_equal(upload_write(upload, "1234", 4), STATUS_OK);
    assert_int_equal(upload_write(upload, "5", 1), STATUS_TOO_LONG);
    upload_free(upload);
    upload_folder_free(folder);
}

static void a_start_removes_what_a_crash_left_behind(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "inside");
    tree_file(tree, ".imprint-upload-17-0", "half", 0644);
    tree_file(tree, "inside/.imprint-upload-17-1", "half", 0644);
    tree_file(tree, "inside/whole", "whole", 0644);
    tree_file(tree, ".somebody-else", "his", 0644);
    upload_folder_free(folder_of(tree));
    assert_int_not_equal(access(tree_name(tree, ".imprint-upload-17-0"), F_OK), 0);
    assert_int_not_equal(access(tree_name(tree, "inside/.imprint-upload-17-1"), F_OK), 0);
    assert_holds(tree, "inside/whole", "whole");
    assert_holds(tree, ".somebody-else", "his");
}

static void a_folder_that_cannot_be_written_is_a_problem(void **state)
{
    struct tree *tree = *state;
    struct problem problem = {0};
    assert_null(upload_folder_new(tree_name(tree, "absent"), &problem));
    assert_true(problem_is_set(&problem));
}

// Runs `work` where it may mount things; 0 when it did what it should, 77 where that is not allowed.
static int run_apart(struct tree *tree, int (*work)(struct tree *tree))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
            _exit(77);
        }
        _exit(work(tree));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int fill_disk(struct tree *tree)
{
    static char block[4096];
    struct problem problem = {0};
    struct upload *upload = NULL;
    if (mount("tmpfs", tree->root, "tmpfs", 0, "size=64k") != 0) {
        return 77;
    }
    struct upload_folder *folder = upload_folder_new(tree->root, &problem);
    if (folder == NULL || upload_new(folder, "x", MOST - 1, MOST, &upload, &problem) != STATUS_FULL) {
        return 1; // what the client says does not fit
    }
    if (begin(folder, "x", &upload) != STATUS_OK) {
        return 2;
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = upload_write(upload, block, sizeof block);
    }
    upload_free(upload);
    if (status != STATUS_FULL || names_count(tree) != 0) {
        return 3;
    }
    status = begin(folder, "y", &upload); // and there is room again
    return status == STATUS_OK && upload_write(upload, block, sizeof block) == STATUS_OK ? 0 : 4;
}

static void a_full_disk_is_told_and_left_clean(void **state)
{
    int result = run_apart(*state, fill_disk);
    if (result == 77) {
        skip();
    }
    assert_int_equal(result, 0);
}

// Without /proc a file cannot be named later, so it has a hidden name from the start.
static int upload_hidden(struct tree *tree)
{
    struct upload *upload = NULL;
    struct upload *other = NULL;
    if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) != 0) {
        return 77;
    }
    struct upload_folder *folder = folder_of(tree);
    if (begin(folder, "x", &upload) != STATUS_OK || begin(folder, "x", &other) != STATUS_OK ||
        names_count(tree) != 2 || upload_write(upload, "text", 4) != STATUS_OK) {
        return 1;
    }
    if (upload_commit(upload) != STATUS_OK || upload_commit(other) != STATUS_EXISTS) {
        return 2;
    }
    upload_free(upload);
    upload_free(other);
    upload_folder_free(folder);
    assert_holds(tree, "x", "text");
    return names_count(tree) == 1 ? 0 : 3;
}

static void where_files_need_a_name_it_is_a_hidden_one(void **state)
{
    int result = run_apart(*state, upload_hidden);
    if (result == 77) {
        skip();
    }
    assert_int_equal(result, 0);
}

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(a_file_appears_when_it_is_whole),
        TREE_TEST(what_was_not_finished_leaves_nothing),
        TREE_TEST(nothing_is_ever_replaced),
        TREE_TEST(nothing_leads_out_of_the_folder),
        TREE_TEST(more_than_allowed_is_not_taken),
        TREE_TEST(a_start_removes_what_a_crash_left_behind),
        TREE_TEST(a_folder_that_cannot_be_written_is_a_problem),
        TREE_TEST(a_full_disk_is_told_and_left_clean),
        TREE_TEST(where_files_need_a_name_it_is_a_hidden_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
