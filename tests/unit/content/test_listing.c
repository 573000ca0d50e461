// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/listing.h"

#include "base/text.h"
#include "content/folder.h"
#include "unit/content/trees.h"
#include "unit/test.h"

struct joined { // the tree's "own" below the root, its "images" below images/
    struct content content;
    struct folder *own;
    struct folder *images;
};

static struct joined join(struct tree *tree)
{
    struct problem problem = {0};
    struct joined joined;
    tree_folder(tree, "own");
    tree_folder(tree, "images");
    content_init(&joined.content);
    joined.images = folder_new("images", tree_name(tree, "images"), &problem);
    joined.own = folder_new("", tree_name(tree, "own"), &problem);
    assert_non_null(joined.images);
    assert_non_null(joined.own);
    content_add(&joined.content, folder_source(joined.images, "images"));
    content_add(&joined.content, folder_source(joined.own, "root"));
    return joined;
}

static void separate(struct joined *joined)
{
    folder_free(joined->images);
    folder_free(joined->own);
}

/// What is in `path`, "name:size " or "name/ " for each.
static enum status show(struct joined *joined, const char *path, char *out, size_t out_bytes)
{
    struct content_listing listing;
    struct text text;
    text_init(&text, out, out_bytes);
    enum status status = content_listing_read(&joined->content, path, CONTENT_LISTING_MOST, &listing);
    for (size_t i = 0; i < listing.count; i++) {
        const struct content_entry *entry = &listing.entries[i];
        text_add_format(&text, "%s%s%llu ", entry->name, entry->is_folder ? "/" : ":",
                        (unsigned long long)entry->size);
    }
    content_listing_clear(&listing);
    return status;
}

static void the_root_joins_its_sources_and_each_name_comes_once(void **state)
{
    struct tree *tree = *state;
    char text[256];
    struct joined joined = join(tree);
    tree_file(tree, "own/zz", "12345", 0644);
    tree_file(tree, "own/.treeinfo", "1", 0644);
    tree_folder(tree, "own/images");
    tree_file(tree, "own/images/both", "own", 0644);
    tree_file(tree, "images/both", "theirs", 0644);
    assert_int_equal(show(&joined, "", text, sizeof text), STATUS_OK);
    assert_string_equal(text, ".treeinfo:1 images/0 zz:5 ");
    assert_int_equal(show(&joined, "images", text, sizeof text), STATUS_OK);
    assert_string_equal(text, "both:6 "); // the first source's, as when it is opened
    separate(&joined);
}

static void what_cannot_be_fetched_is_not_shown(void **state)
{
    struct tree *tree = *state;
    char text[256];
    struct joined joined = join(tree);
    tree_file(tree, "own/secret", "1", 0640);
    tree_file(tree, "own/open", "1", 0644);
    tree_file(tree, "own/line\nbreak", "1", 0644);
    tree_file(tree, "own/back\\slash", "1", 0644);
    tree_link(tree, "own/out", "/etc/passwd");
    tree_link(tree, "own/in", "open");
    tree_file(tree, "images/.upload", "1", 0644);
    tree_folder(tree, "own/closed");
    assert_int_equal(chmod(tree_name(tree, "own/closed"), 0750), 0);
    assert_int_equal(show(&joined, "", text, sizeof text), STATUS_OK);
    assert_string_equal(text, "images/0 in:1 open:1 ");
    assert_int_equal(show(&joined, "images", text, sizeof text), STATUS_OK);
    assert_string_equal(text, "");
    assert_int_equal(show(&joined, "closed", text, sizeof text), STATUS_DENIED);
    separate(&joined);
}

static void a_folder_that_is_not_there_or_is_a_file_is_none(void **state)
{
    struct tree *tree = *state;
    char text[256];
    struct joined joined = join(tree);
    tree_file(tree, "own/file", "1", 0644);
    assert_int_equal(show(&joined, "nothing", text, sizeof text), STATUS_NOT_FOUND);
    assert_int_equal(show(&joined, "file", text, sizeof text), STATUS_NOT_FOUND);
    assert_int_equal(content_listing_find(&joined.content, "file"), STATUS_NOT_FOUND);
    assert_int_equal(content_listing_find(&joined.content, "images"), STATUS_OK);
    assert_int_equal(content_listing_find(&joined.content, ""), STATUS_OK);
    assert_int_not_equal(content_listing_find(&joined.content, "../.."), STATUS_OK);
    separate(&joined);
}

static void one_name_is_described(void **state)
{
    struct tree *tree = *state;
    struct content_entry entry;
    struct joined joined = join(tree);
    tree_folder(tree, "own/a");
    tree_file(tree, "own/a/file", "12", 0644);
    assert_int_equal(content_listing_describe(&joined.content, "a/file", &entry), STATUS_OK);
    assert_int_equal(entry.size, 2);
    assert_string_equal(entry.name, "file");
    assert_int_equal(content_listing_describe(&joined.content, "a", &entry), STATUS_OK);
    assert_true(entry.is_folder);
    assert_int_equal(content_listing_describe(&joined.content, "", &entry), STATUS_OK);
    assert_true(entry.is_folder);
    assert_int_equal(content_listing_describe(&joined.content, "a/other", &entry), STATUS_NOT_FOUND);
    separate(&joined);
}

static void no_more_names_are_taken_than_wanted(void **state)
{
    struct tree *tree = *state;
    struct content_listing listing;
    struct joined joined = join(tree);
    tree_file(tree, "own/a", "1", 0644);
    tree_file(tree, "own/b", "1", 0644);
    assert_int_equal(content_listing_read(&joined.content, "", 2, &listing), STATUS_OK);
    assert_int_equal(listing.count, 2);
    assert_true(listing.is_cut);
    content_listing_clear(&listing);
    separate(&joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_root_joins_its_sources_and_each_name_comes_once, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(what_cannot_be_fetched_is_not_shown, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_or_is_a_file_is_none, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(one_name_is_described, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(no_more_names_are_taken_than_wanted, tree_make, tree_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
