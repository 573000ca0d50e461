// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as it is shipped: its directory is the argument.
#include "catalog/catalog.h"

#include "unit/test.h"

static const char *directory;
static struct catalog *catalog;
static struct image image;

static int open_catalog(void **state)
{
    (void)state;
    struct problem problem;
    char text[1024];
    problem_clear(&problem);
    catalog = catalog_new(directory, &problem);
    if (catalog == NULL) {
        print_error("%s\n", problem_print(&problem, text, sizeof text));
    }
    return catalog == NULL;
}

static int close_catalog(void **state)
{
    (void)state;
    catalog_free(catalog);
    return 0;
}

static void recognises(const char *const *paths, size_t count, const char *family, const char *kernel)
{
    memset(&image, 0, sizeof image);
    assert_int_equal(catalog_recognise(catalog, paths, count, &image, NULL), STATUS_OK);
    assert_string_equal(image.family, family);
    assert_string_equal(image.kernel, kernel);
}

static void families_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(catalog_count(catalog), 4);
    assert_string_equal(catalog_get(catalog, 0)->name, "debian");
    assert_string_equal(catalog_get(catalog, 1)->name, "debian-installer");
    assert_non_null(catalog_find(catalog, "linux"));
    assert_null(catalog_find(catalog, "windows"));
}

static void the_debian_installer_is_recognised(void **state)
{
    (void)state;
    const char *const paths[] = {"pxelinux.0", "debian-installer/amd64/initrd.gz", "version.info",
                                 "debian-installer/amd64/linux", "debian-installer/amd64/grubx64.efi"};
    recognises(paths, COUNT_OF(paths), "debian-installer", "debian-installer/amd64/linux");
    assert_string_equal(image.initrd, "debian-installer/amd64/initrd.gz");
    assert_string_equal(image.description, "Debian installer (amd64)");
}

static void other_linux_trees_are_recognised(void **state)
{
    (void)state;
    const char *const fedora[] = {"images/pxeboot/vmlinuz", "images/pxeboot/initrd.img",
                                  "images/install.img"};
    const char *const ubuntu[] = {"casper/initrd", "casper/vmlinuz"};
    const char *const plain[] = {"vmlinuz", "initrd.img"};
    recognises(fedora, COUNT_OF(fedora), "linux", "images/pxeboot/vmlinuz");
    assert_string_equal(image.arguments, "ip=dhcp inst.stage2={{image.url}}");
    recognises(ubuntu, COUNT_OF(ubuntu), "linux", "casper/vmlinuz");
    recognises(plain, COUNT_OF(plain), "linux", "vmlinuz");
}

static void the_agent_is_recognised_by_its_note(void **state)
{
    (void)state;
    const char *const agent[] = {"agent.json", "initrd.zst", "linux"};
    recognises(agent, COUNT_OF(agent), IMAGE_AGENT_FAMILY, "linux");
    assert_string_equal(image.initrd, "initrd.zst");
    memset(&image, 0, sizeof image);
    assert_int_equal(catalog_recognise(catalog, agent + 1, 2, &image, NULL), STATUS_NOT_FOUND);
}

static void a_description_that_was_given_stays(void **state)
{
    (void)state;
    const char *const plain[] = {"vmlinuz", "initrd.img"};
    memset(&image, 0, sizeof image);
    (void)text_copy(image.description, sizeof image.description, "ours");
    assert_int_equal(catalog_recognise(catalog, plain, COUNT_OF(plain), &image, NULL), STATUS_OK);
    assert_string_equal(image.description, "ours");
}

static void debian_can_be_built(void **state)
{
    (void)state;
    const struct family *family = catalog_find(catalog, "debian");
    assert_int_equal(family->build_count, 2);
    assert_string_equal(family->builds[0].name, "debian-12");
    assert_string_equal(family->builds[0].suite, "bookworm");
    assert_non_null(strstr(family->builds[0].packages, "linux-image-amd64 "));
    assert_string_equal(family->builds[1].name, "debian-12-cloud");
}

static void a_tree_without_its_initrd_is_not_recognised(void **state)
{
    (void)state;
    const char *const paths[] = {"debian-installer/amd64/linux", "README"};
    struct problem problem;
    problem_clear(&problem);
    memset(&image, 0, sizeof image);
    assert_int_equal(catalog_recognise(catalog, paths, COUNT_OF(paths), &image, &problem), STATUS_NOT_FOUND);
    assert_int_equal(catalog_recognise(catalog, NULL, 0, &image, &problem), STATUS_NOT_FOUND);
    assert_string_equal(image.family, "");
    assert_non_null(strstr(problem.text, "debian-installer, imprint-agent, linux"));
    assert_non_null(strstr(problem.remedy, "--kernel"));
}

static void the_debian_family_brings_an_example(void **state)
{
    (void)state;
    const struct family *family = catalog_find(catalog, "debian-installer");
    assert_non_null(strstr(family->example, "/debian-installer/preseed.cfg.mustache"));
    assert_string_equal(catalog_find(catalog, "linux")->example, "");
}

static void a_directory_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    assert_null(catalog_new("/nonexistent", &problem));
    assert_true(problem_is_set(&problem));
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_found_by_name),
        cmocka_unit_test(the_debian_installer_is_recognised),
        cmocka_unit_test(other_linux_trees_are_recognised),
        cmocka_unit_test(the_agent_is_recognised_by_its_note),
        cmocka_unit_test(a_description_that_was_given_stays),
        cmocka_unit_test(debian_can_be_built),
        cmocka_unit_test(a_tree_without_its_initrd_is_not_recognised),
        cmocka_unit_test(the_debian_family_brings_an_example),
        cmocka_unit_test(a_directory_that_is_not_there_is_told),
    };
    directory = argument_count > 1 ? arguments[1] : "os";
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
