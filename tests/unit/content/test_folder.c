// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/folder.h"

#include "unit/content/trees.h"
#include "unit/test.h"

#include <pthread.h>

static const struct content_client NOBODY = {.query = ""};

struct found {
    enum status status;
    char text[64];
    char path[CONTENT_PATH_BYTES];
    struct reasons reasons;
};

/// Asks a folder with `prefix` over the tree for `path`.
static struct found ask_below(struct tree *tree, const char *prefix, const char *path)
{
    struct problem problem = {0};
    struct found found = {0};
    struct content_node node;
    struct folder *folder = folder_new(prefix, tree->root, &problem);
    assert_non_null(folder);
    struct content_source source = folder_source(folder, "root");
    content_node_init(&node);
    found.status = source.lookup(source.self, path, &NOBODY, &node, &found.reasons);
    if (found.status == STATUS_OK) {
        assert_in_range(content_node_read(&node, 0, found.text, sizeof found.text - 1), 0, sizeof found.text);
        memcpy(found.path, node.path, sizeof found.path);
    }
    content_node_close(&node);
    folder_free(folder);
    return found;
}

static struct found ask(struct tree *tree, const char *path)
{
    return ask_below(tree, "", path);
}

static void serves(struct tree *tree, const char *path, const char *text)
{
    struct found found = ask(tree, path);
    assert_int_equal(found.status, STATUS_OK);
    assert_string_equal(found.text, text);
    assert_int_equal(found.reasons.count, 0);
}

/// As serves, but the name fits several files.
static void serves_first(struct tree *tree, const char *path, const char *text)
{
    struct found found = ask(tree, path);
    assert_int_equal(found.status, STATUS_OK);
    assert_string_equal(found.text, text);
    assert_true(reasons_has(&found.reasons, REASON_FILE_AMBIGUOUS));
}

static void lacks(struct tree *tree, const char *path)
{
    struct found found = ask(tree, path);
    assert_int_equal(found.status, STATUS_NOT_FOUND);
    assert_int_equal(found.reasons.count, 0);
}

static void refuses(struct tree *tree, const char *path)
{
    struct found found = ask(tree, path);
    assert_int_equal(found.status, STATUS_DENIED);
    assert_true(reasons_has(&found.reasons, REASON_PATH_REFUSED));
}

static void hides(struct tree *tree, const char *path)
{
    struct found found = ask(tree, path);
    assert_int_equal(found.status, STATUS_NOT_FOUND);
    assert_true(reasons_has(&found.reasons, REASON_FILE_UNREADABLE));
}

static void a_file_is_found_under_its_name(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "grub");
    tree_file(tree, "grub/grub.cfg", "exact", 0644);
    serves(tree, "grub/grub.cfg", "exact");
    lacks(tree, "grub/other");
    lacks(tree, "nowhere/grub.cfg");
    lacks(tree, "grub/grub.cfg/below");
}

static void the_exact_name_wins(void **state)
{
    struct tree *tree = *state;
    tree_file(tree, "BCD", "upper", 0644);
    tree_file(tree, "bcd", "lower", 0644);
    serves(tree, "bcd", "lower");
    serves(tree, "BCD", "upper");
    serves_first(tree, "Bcd", "upper"); // else the first in byte order
}

static void every_part_is_found_in_other_case(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "Boot");
    tree_folder(tree, "Boot/Fonts");
    tree_file(tree, "Boot/BCD", "store", 0644);
    tree_file(tree, "Boot/Fonts/wgl4_Boot.ttf", "font", 0644);
    serves(tree, "Boot/BCD", "store");
    serves(tree, "boot/bcd", "store");
    serves(tree, "BOOT/fonts/WGL4_boot.TTF", "font");
    assert_string_equal(ask(tree, "boot/bcd").path, "Boot/BCD");
    lacks(tree, "boot/bcdx");
    lacks(tree, "boot/bc");
}

static void the_first_folder_in_byte_order_is_entered(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "BOOT");
    tree_folder(tree, "Boot");
    tree_file(tree, "BOOT/x", "first", 0644);
    tree_file(tree, "Boot/x", "second", 0644);
    serves_first(tree, "boot/X", "first");
    serves(tree, "Boot/X", "second");
}

static void a_file_is_found_in_any_of_the_folders_that_differ_by_case(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "BOOT");
    tree_folder(tree, "boot");
    tree_file(tree, "BOOT/upper", "in BOOT", 0644);
    tree_file(tree, "boot/lower", "in boot", 0644);
    tree_file(tree, "BOOT/both", "in BOOT", 0644);
    tree_file(tree, "boot/both", "in boot", 0644);
    serves(tree, "boot/upper", "in BOOT");
    serves(tree, "BOOT/LOWER", "in boot");
    serves(tree, "boot/BOTH", "in boot");
}

static unsigned ask_kept(struct folder *folder, const char *path)
{
    struct content_source source = folder_source(folder, "root");
    struct content_node node;
    struct reasons reasons = {0};
    content_node_init(&node);
    assert_int_equal(source.lookup(source.self, path, &NOBODY, &node, &reasons), STATUS_OK);
    content_node_close(&node);
    return reasons.count;
}

static void an_ambiguity_is_reported_once_until_the_names_change(void **state)
{
    struct tree *tree = *state;
    struct problem problem = {0};
    tree_file(tree, "BCD", "upper", 0644);
    tree_file(tree, "bcd", "lower", 0644);
    struct folder *folder = folder_new("", tree->root, &problem);
    assert_int_equal(ask_kept(folder, "Bcd"), 1);
    assert_int_equal(ask_kept(folder, "Bcd"), 0);
    assert_int_equal(ask_kept(folder, "bCd"), 0);
    tree_file(tree, "other", "x", 0644); // the folder changed, the names did not
    usleep(5000);
    assert_int_equal(ask_kept(folder, "Bcd"), 0);
    tree_file(tree, "BcD", "mixed", 0644);
    usleep(5000);
    assert_int_equal(ask_kept(folder, "Bcd"), 1);
    assert_int_equal(ask_kept(folder, "Bcd"), 0);
    folder_free(folder);
}

static void new_and_removed_files_are_seen_at_once(void **state)
{
    struct tree *tree = *state;
    struct problem problem = {0};
    struct content_node node;
    struct reasons reasons = {0};
    struct folder *folder = folder_new("", tree->root, &problem);
    struct content_source source = folder_source(folder, "root");
    for (unsigned i = 0; i < 20; i++) {
        char name[32];
        content_node_init(&node);
        (void)snprintf(name, sizeof name, "FILE%u", i);
        assert_int_equal(source.lookup(source.self, name, &NOBODY, &node, &reasons), STATUS_NOT_FOUND);
        (void)snprintf(name, sizeof name, "file%u", i);
        tree_file(tree, name, "x", 0644);
        usleep(
            5000); // the kernel's times are as coarse as its ticks, and reading may cost a tenth of the time
        (void)snprintf(name, sizeof name, "FILE%u", i);
        assert_int_equal(source.lookup(source.self, name, &NOBODY, &node, &reasons), STATUS_OK);
        content_node_close(&node);
        (void)snprintf(name, sizeof name, "file%u", i);
        assert_int_equal(unlink(tree_name(tree, name)), 0);
        usleep(5000);
        (void)snprintf(name, sizeof name, "FILE%u", i);
        assert_int_equal(source.lookup(source.self, name, &NOBODY, &node, &reasons), STATUS_NOT_FOUND);
    }
    folder_free(folder);
}

static void suggests(struct tree *tree, const char *path, const char *nearest)
{
    struct problem problem = {0};
    char found[CONTENT_PATH_BYTES] = "";
    struct folder *folder = folder_new("", tree->root, &problem);
    struct content_source source = folder_source(folder, "root");
    bool is_found = source.nearest(source.self, path, found);
    assert_string_equal(is_found ? found : "", nearest);
    folder_free(folder);
}

static void the_nearest_name_is_found(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "xp");
    tree_folder(tree, "Boot");
    tree_file(tree, "pxelinux.0", "x", 0644);
    tree_file(tree, "ntdetect.com", "x", 0644);
    tree_file(tree, "xp/winnt.sif", "x", 0644);
    tree_file(tree, "xp/setupldr.exe", "x", 0644);
    tree_file(tree, "Boot/bootfix.bin", "x", 0644);
    tree_file(tree, "mine.cfg", "x", 0600);
    tree_file(tree, ".hidden", "x", 0644);
    suggests(tree, "pxelinx.0", "pxelinux.0");
    suggests(tree, "BOOT/bootfx.bin", "Boot/bootfix.bin");
    suggests(tree, "winnt.sif", "xp/winnt.sif");
    suggests(tree, "boot/ntdetct.com", "ntdetect.com");
    suggests(tree, "XPLDR", "xp/setupldr.exe"); // whatever they are patched to, they are the same file
    suggests(tree, "mine.cf", "");              // not served, so not named
    suggests(tree, "hidden", "");
    suggests(tree, "something/else/altogether", "");
}

static void links_that_stay_inside_are_followed(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "debian-installer");
    tree_folder(tree, "debian-installer/amd64");
    tree_file(tree, "debian-installer/amd64/pxelinux.0", "loader", 0644);
    tree_link(tree, "pxelinux.0", "debian-installer/amd64/pxelinux.0");
    tree_link(tree, "debian-installer/amd64/up", "../../pxelinux.0");
    tree_link(tree, "Short", "debian-installer/amd64");
    serves(tree, "pxelinux.0", "loader");
    serves(tree, "PXELINUX.0", "loader");
    serves(tree, "debian-installer/amd64/up", "loader");
    serves(tree, "short/UP", "loader");
}

static void links_that_lead_out_are_refused(void **state)
{
    struct tree *tree = *state;
    char inside[128];
    tree_file(tree, "../secret", "secret", 0644);
    tree_file(tree, "file", "inside", 0644);
    (void)snprintf(inside, sizeof inside, "%s/file", tree->root);
    tree_link(tree, "out", "../secret");
    tree_link(tree, "outside", "..");
    tree_link(tree, "absolute", "/etc/passwd");
    tree_link(tree, "absolute-inside", inside);
    tree_link(tree, "process", "/proc/self/exe");
    refuses(tree, "out");
    refuses(tree, "outside/secret");
    refuses(tree, "absolute");
    refuses(tree, "absolute-inside");
    refuses(tree, "process");
    refuses(tree, "OUT");
}

static void links_to_nowhere_and_in_circles_are_not_there(void **state)
{
    struct tree *tree = *state;
    tree_link(tree, "dangling", "nothing");
    tree_link(tree, "one", "two");
    tree_link(tree, "two", "one");
    lacks(tree, "dangling");
    lacks(tree, "one");
}

static void only_regular_files_are_served(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "folder");
    assert_int_equal(mkfifo(tree_name(tree, "fifo"), 0644), 0);
    hides(tree, "folder");
    hides(tree, "fifo"); // and does not wait for a writer
}

static void only_files_for_everybody_are_served(void **state)
{
    struct tree *tree = *state;
    tree_file(tree, "mine", "secret", 0640);
    tree_file(tree, "theirs", "public", 0604);
    hides(tree, "mine");
    hides(tree, "MINE");
    serves(tree, "theirs", "public");
}

static void a_prefix_mounts_the_folder_below_it(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, "debian-12");
    tree_file(tree, "debian-12/linux", "kernel", 0644);
    struct found found = ask_below(tree, "images", "images/debian-12/LINUX");
    assert_int_equal(found.status, STATUS_OK);
    assert_string_equal(found.path, "images/debian-12/linux");
    assert_int_equal(ask_below(tree, "images", "Images/debian-12/linux").status, STATUS_OK);
    assert_int_equal(ask_below(tree, "images", "debian-12/linux").status, STATUS_NOT_FOUND);
    assert_int_equal(ask_below(tree, "images", "images").status, STATUS_NOT_FOUND);
    assert_int_equal(ask_below(tree, "images", "imagesx/debian-12/linux").status, STATUS_NOT_FOUND);
}

static void what_is_still_uploaded_is_hidden(void **state)
{
    struct tree *tree = *state;
    tree_folder(tree, ".upload-x");
    tree_file(tree, ".upload-x/linux", "half", 0644);
    tree_folder(tree, "debian-12");
    tree_file(tree, "debian-12/.disk", "inside", 0644);
    assert_int_equal(ask_below(tree, "images", "images/.upload-x/linux").status, STATUS_NOT_FOUND);
    assert_int_equal(ask_below(tree, "images", "images/debian-12/.disk").status, STATUS_OK);
    serves(tree, ".upload-x/linux", "half"); // a root without prefix hides nothing
}

static void names_too_long_for_the_file_system_are_not_there(void **state)
{
    char path[CONTENT_PATH_BYTES];
    memset(path, 'n', sizeof path);
    path[sizeof path - 1] = '\0';
    lacks(*state, path);
}

static void a_replaced_root_is_seen(void **state)
{
    struct tree *tree = *state;
    char aside[128];
    struct problem problem = {0};
    struct content_node node;
    struct reasons reasons = {0};
    struct folder *folder = folder_new("", tree->root, &problem);
    struct content_source source = folder_source(folder, "root");
    (void)snprintf(aside, sizeof aside, "%s/old", tree->base);
    assert_int_equal(rename(tree->root, aside), 0);
    content_node_init(&node);
    assert_int_equal(source.lookup(source.self, "new", &NOBODY, &node, &reasons), STATUS_NOT_FOUND);
    assert_int_equal(mkdir(tree->root, 0755), 0);
    tree_file(tree, "new", "new", 0644);
    assert_int_equal(source.lookup(source.self, "new", &NOBODY, &node, &reasons), STATUS_OK);
    content_node_close(&node);
    folder_free(folder);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    struct tree *tree = *state;
    struct problem problem = {0};
    tree_file(tree, "file", "x", 0644);
    assert_null(folder_new("", "/nonexistent/tftp", &problem));
    assert_string_equal(problem.text,
                        "the folder /nonexistent/tftp cannot be opened: No such file or directory");
    problem_clear(&problem);
    assert_null(folder_new("", tree_name(tree, "file"), &problem));
    assert_true(problem_is_set(&problem));
}

static void *look_up_often(void *self)
{
    const struct content_source *source = self;
    for (unsigned i = 0; i < 500; i++) {
        struct content_node node;
        struct reasons reasons = {0};
        content_node_init(&node);
        if (source->lookup(source->self, i % 2 == 0 ? "boot/file" : "BOOT/FILE", &NOBODY, &node, &reasons) !=
            STATUS_OK) {
            return self;
        }
        content_node_close(&node);
    }
    return NULL;
}

static void many_threads_may_ask_at_once(void **state)
{
    struct tree *tree = *state;
    struct problem problem = {0};
    pthread_t threads[4];
    tree_folder(tree, "boot");
    tree_file(tree, "boot/file", "x", 0644);
    struct folder *folder = folder_new("", tree->root, &problem);
    struct content_source source = folder_source(folder, "root");
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_often, &source), 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    folder_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_found_under_its_name, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(the_exact_name_wins, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(every_part_is_found_in_other_case, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(the_first_folder_in_byte_order_is_entered, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_file_is_found_in_any_of_the_folders_that_differ_by_case, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(an_ambiguity_is_reported_once_until_the_names_change, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(new_and_removed_files_are_seen_at_once, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(the_nearest_name_is_found, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(links_that_stay_inside_are_followed, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(links_that_lead_out_are_refused, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(links_to_nowhere_and_in_circles_are_not_there, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(only_regular_files_are_served, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(only_files_for_everybody_are_served, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_prefix_mounts_the_folder_below_it, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(what_is_still_uploaded_is_hidden, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(names_too_long_for_the_file_system_are_not_there, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(a_replaced_root_is_seen, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_told, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(many_threads_may_ask_at_once, tree_make, tree_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
