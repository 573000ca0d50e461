// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/content.h"

#include "base/text.h"
#include "content/packaged.h"
#include "loader/loader.h"
#include "unit/test.h"

#include <unistd.h>

struct shelf { // a source with one file
    const char *path;
    enum status status;
    enum reason_id reason;
    unsigned asked;
};

static enum status shelf_lookup(void *self, const char *path, const struct content_client *client,
                                struct content_node *node, struct reasons *reasons)
{
    struct shelf *shelf = self;
    (void)client;
    shelf->asked++;
    if (strcmp(path, shelf->path) != 0) {
        return STATUS_NOT_FOUND;
    }
    if (shelf->reason != REASON_NONE) {
        reasons_add(reasons, shelf->reason);
    }
    if (shelf->status == STATUS_OK) {
        content_node_set_memory(node, shelf->path, strlen(shelf->path));
    }
    return shelf->status;
}

static struct content_source shelf_source(struct shelf *shelf)
{
    return (struct content_source){.name = "shelf", .lookup = shelf_lookup, .self = shelf};
}

static enum status ask(const struct content *content, const char *path, struct content_node *node,
                       struct reasons *reasons)
{
    const struct content_client nobody = {.query = ""};
    *reasons = (struct reasons){0};
    return content_open(content, path, strlen(path), &nobody, node, reasons);
}

static void sources_are_asked_in_order_until_one_has_it(void **state)
{
    (void)state;
    struct shelf first = {.path = "a"};
    struct shelf second = {.path = "b/c.efi"};
    struct shelf third = {.path = "b/c.efi"};
    struct content content;
    struct content_node node;
    struct reasons reasons;
    content_init(&content);
    content_add(&content, shelf_source(&first));
    content_add(&content, shelf_source(&second));
    content_add(&content, shelf_source(&third));
    assert_int_equal(ask(&content, "\\b\\c.efi", &node, &reasons), STATUS_OK);
    assert_string_equal(node.path, "b/c.efi");
    assert_string_equal(node.type, "application/efi");
    assert_int_equal(first.asked, 1);
    assert_int_equal(second.asked, 1);
    assert_int_equal(third.asked, 0);
    content_node_close(&node);
}

static void a_refusal_ends_the_search(void **state)
{
    (void)state;
    struct shelf first = {.path = "x", .status = STATUS_DENIED, .reason = REASON_ANSWER_REFUSED};
    struct shelf second = {.path = "x"};
    struct content content;
    struct content_node node;
    struct reasons reasons;
    content_init(&content);
    content_add(&content, shelf_source(&first));
    content_add(&content, shelf_source(&second));
    assert_int_equal(ask(&content, "x", &node, &reasons), STATUS_DENIED);
    assert_int_equal(second.asked, 0);
    assert_int_equal(reasons.count, 1);
    assert_int_equal(reasons.ids[0], REASON_ANSWER_REFUSED);
    content_node_close(&node);
}

static void what_nobody_has_is_not_found(void **state)
{
    (void)state;
    struct shelf shelf = {.path = "x"};
    struct content content;
    struct content_node node;
    struct reasons reasons;
    content_init(&content);
    content_add(&content, shelf_source(&shelf));
    assert_int_equal(ask(&content, "y", &node, &reasons), STATUS_NOT_FOUND);
    assert_true(reasons_has(&reasons, REASON_FILE_NOT_FOUND));
    assert_int_equal(ask(&content, "\x1b", &node, &reasons), STATUS_NOT_FOUND);
    assert_true(reasons_has(&reasons, REASON_FILE_NOT_FOUND));
    assert_int_equal(shelf.asked, 1);
    content_node_close(&node);
}

static void a_path_that_climbs_reaches_no_source(void **state)
{
    (void)state;
    struct shelf shelf = {.path = "x"};
    struct content content;
    struct content_node node;
    struct reasons reasons;
    content_init(&content);
    content_add(&content, shelf_source(&shelf));
    assert_int_equal(ask(&content, "../x", &node, &reasons), STATUS_DENIED);
    assert_true(reasons_has(&reasons, REASON_PATH_REFUSED));
    assert_int_equal(shelf.asked, 0);
    content_node_close(&node);
}

static void a_loader_is_available_when_all_its_files_are(void **state)
{
    (void)state;
    struct content content;
    content_init(&content);
    const struct loader_file *file = loader_get(LOADER_GRUB_ARM64)->files;
    uint32_t without;
    uint32_t with;
    assert_int_equal(packaged_find_available(&content, NULL, &without), STATUS_OK);
    struct shelf shelf = {.path = file->name};
    content_add(&content, shelf_source(&shelf));
    assert_int_equal(packaged_find_available(&content, NULL, &with), STATUS_OK);
    assert_int_equal(without & 1u << LOADER_GRUB_ARM64, 0);
    assert_int_not_equal(with & 1u << LOADER_GRUB_ARM64, 0);
    assert_int_equal(with & 1u << LOADER_PXELINUX, 0);
    assert_int_not_equal(with & 1u << LOADER_IPXE_SCRIPT, 0); // needs no file
}

static void packaged_loaders_are_found_under_the_names_that_firmware_asks(void **state)
{
    (void)state;
    struct content content;
    struct content_node node;
    struct reasons reasons;
    const struct loader *loader = loader_get(LOADER_PXELINUX);
    content_init(&content);
    content_add(&content, packaged_source());
    if (access(loader->files[0].path, R_OK) != 0) {
        fail_msg("a program or file is missing: tools/setup run test installs it");
    }
    assert_int_equal(ask(&content, "/PXELINUX.0", &node, &reasons), STATUS_OK);
    assert_string_equal(node.path, loader->files[0].name);
    assert_true(node.size > 1000);
    content_node_close(&node);
    assert_int_equal(ask(&content, loader->files[0].path, &node, &reasons), STATUS_NOT_FOUND);
}

struct asker {
    struct content_waiter waiter;  // first
    struct content_waiter **again; // where it goes when it is told; NULL = nowhere
    unsigned told;
};

static void tell_asker(struct content_waiter *waiter)
{
    struct asker *asker = (struct asker *)waiter;
    asker->told++;
    if (asker->again != NULL) {
        content_waiter_add(asker->again, waiter);
    }
}

static void all_who_wait_are_told_once_and_may_wait_again(void **state)
{
    (void)state;
    struct content_waiter *list = NULL;
    struct asker askers[4] = {{.waiter.ready = tell_asker},
                              {.waiter.ready = tell_asker},
                              {.waiter.ready = tell_asker},
                              {.waiter.ready = tell_asker}};
    for (size_t i = 0; i < COUNT_OF(askers); i++) {
        content_waiter_add(&list, &askers[i].waiter);
    }
    askers[0].again = &list;
    content_waiter_remove(&askers[1].waiter);
    content_waiter_remove(&askers[3].waiter);
    content_waiter_remove(&askers[3].waiter); // waits for nothing
    content_waiter_wake(&list);
    assert_int_equal(askers[0].told, 1);
    assert_int_equal(askers[1].told, 0);
    assert_int_equal(askers[2].told, 1);
    assert_int_equal(askers[3].told, 0);
    assert_ptr_equal(list, &askers[0].waiter);
    askers[0].again = NULL;
    content_waiter_wake(&list);
    assert_null(list);
    assert_int_equal(askers[0].told, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_asked_in_order_until_one_has_it),
        cmocka_unit_test(a_refusal_ends_the_search),
        cmocka_unit_test(what_nobody_has_is_not_found),
        cmocka_unit_test(a_path_that_climbs_reaches_no_source),
        cmocka_unit_test(all_who_wait_are_told_once_and_may_wait_again),
        cmocka_unit_test(a_loader_is_available_when_all_its_files_are),
        cmocka_unit_test(packaged_loaders_are_found_under_the_names_that_firmware_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
