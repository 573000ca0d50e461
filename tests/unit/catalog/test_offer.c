// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/offer.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *directory; // of the shipped catalogue
static struct offers offers;
static struct problem problem;

static int set_up(void **state)
{
    (void)state;
    offers_init(&offers);
    problem_clear(&problem);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    offers_clear(&offers);
    return 0;
}

static enum status load(const char *text)
{
    char file[] = "/tmp/imprint-test-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum status status = offers_load(&offers, file, &problem);
    unlink(file);
    return status;
}

static bool is_fingerprint(const char *text, size_t length)
{
    return length == 40 && strspn(text, "0123456789ABCDEF") >= length;
}

static void all_that_is_shipped_is_signed_by_somebody_known(void **state)
{
    (void)state;
    char file[512];
    snprintf(file, sizeof file, "%s/offers.yaml", directory);
    assert_int_equal(offers_load(&offers, file, &problem), STATUS_OK);
    assert_true(offers.count > 5);
    for (size_t i = 0; i < offers.count; i++) {
        const struct offer *offer = &offers.items[i];
        assert_string_not_equal(offer->signature, "");
        assert_true(offer->fingerprints[0] != '\0' ||
                    (offer->keyring[0] == '/' && offer->package[0] != '\0'));
        for (const char *at = offer->fingerprints; *at != '\0'; at += strspn(at, " ")) {
            size_t length = strcspn(at, " ");
            assert_true(is_fingerprint(at, length));
            at += length;
        }
    }
    assert_non_null(offers_find(&offers, "debian-12", NULL));
}

#define ONE "{name: a, description: A, base: 'http://x/', lists: L, signature: S, file: f}"

static void one_of_the_same_name_replaces_the_other(void **state)
{
    (void)state;
    assert_int_equal(
        load("offers: [" ONE ", {name: b, description: B, base: 'http://x/', lists: L, file: f}]"),
        STATUS_OK);
    assert_int_equal(
        load("offers: [{name: a, description: C, base: 'https://y/', signature: S, file: f, tree: yes}]"),
        STATUS_OK);
    assert_int_equal(offers.count, 2);
    const struct offer *offer = offers_find(&offers, "a", NULL);
    assert_string_equal(offer->base, "https://y/");
    assert_string_equal(offer->lists, "");
    assert_true(offer->is_tree);
    const char *nearest = NULL;
    assert_null(offers_find(&offers, "aa", &nearest));
    assert_string_equal(nearest, "a");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } WRONG[] = {
        {"offers:\n  - {name: a}", "no \"description\""},
        {"offers:\n  - {name: a, banana: 1}", "no such key"},
        {"offers:\n  - {name: [a]}", "must be a text"},
        {"offers:\n  - a", "group"},
        {"offers:\n  - {name: a, tree: perhaps}", "yes or no"},
        {"offers:\n  - {name: a, description: A, base: 'http://x', lists: L, file: f}", "'/' at its end"},
        {"offers:\n  - {name: a, description: A, base: 'file:///x/', lists: L, file: f}", "http://"},
        {"offers:\n  - {name: a, description: A, base: 'http://x/', file: f}", "named and signed"},
        {"offers:\n  - {name: a, description: A, base: 'http://x/', file: f, signature: inline}",
         "named and signed"},
        {"offers:\n  - {name: ../a, description: A, base: 'http://x/', lists: L, file: f}", ""},
    };
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        problem_clear(&problem);
        assert_int_not_equal(load(WRONG[i].text), STATUS_OK);
        assert_non_null(strstr(problem.text, WRONG[i].says));
        assert_int_equal(problem.line, 2);
        assert_int_equal(offers.count, 0);
    }
    problem_clear(&problem);
    assert_int_equal(load("banana: []"), STATUS_MALFORMED);
    assert_int_equal(offers_load(&offers, "/nowhere/offers.yaml", &problem), STATUS_NOT_FOUND);
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_is_shipped_is_signed_by_somebody_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_of_the_same_name_replaces_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_with_its_place, set_up, tear_down),
    };
    assert(argument_count > 1);
    directory = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
