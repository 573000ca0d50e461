// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/quirk_book.h"
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#define MODEL "PXEClient/7/003016/525400"

static const struct quirk_shape DEFAULT_SHAPE;
static const struct quirk_shape BARE = {.vendor = QUIRK_VENDOR_NONE};
static const struct quirk_shape LATE = {.is_late = true};

static void a_model_takes_what_most_of_its_machines_took(void **state)
{
    (void)state;
    static struct quirk_book book;
    struct quirk_shape shape = LATE;
    memset(&book, 0, sizeof book);
    assert_false(quirk_book_find(&book, MODEL, &shape));
    quirk_book_add(&book, MODEL, &BARE);
    assert_false(quirk_book_find(&book, MODEL, &shape)); // one may have lost a packet
    assert_true(quirk_shape_equal(&shape, &LATE));
    quirk_book_add(&book, MODEL, &BARE);
    assert_true(quirk_book_find(&book, MODEL, &shape));
    assert_true(quirk_shape_equal(&shape, &BARE));
    assert_false(quirk_book_find(&book, "PXEClient/7/003016/001122", &shape));
    for (unsigned i = 0; i < 3; i++) {
        quirk_book_add(&book, MODEL, &DEFAULT_SHAPE);
    }
    assert_true(quirk_book_find(&book, MODEL, &shape));
    assert_true(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
}

static void who_told_nothing_of_its_firmware_teaches_nothing(void **state)
{
    (void)state;
    static struct quirk_book book;
    memset(&book, 0, sizeof book);
    quirk_book_add(&book, "", &BARE);
    assert_int_equal(book.count, 0);
}

static void a_full_book_gives_up_what_it_saw_least(void **state)
{
    (void)state;
    static struct quirk_book book;
    struct quirk_shape shape;
    memset(&book, 0, sizeof book);
    quirk_book_add(&book, MODEL, &BARE);
    quirk_book_add(&book, MODEL, &BARE);
    for (unsigned i = 0; i < 3 * QUIRK_BOOK_ROWS; i++) {
        char model[QUIRK_KEY_BYTES];
        (void)snprintf(model, sizeof model, "Made-up/7/-/%06x", i);
        quirk_book_add(&book, model, &LATE);
    }
    assert_int_equal(book.count, QUIRK_BOOK_ROWS);
    assert_true(quirk_book_find(&book, MODEL, &shape));
}

static void every_shipped_row_can_be_read_and_has_a_witness(void **state)
{
    (void)state;
    static const struct quirk_book empty;
    size_t count;
    const struct quirk_known *rows = quirk_shipped(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        struct quirk_shape shape;
        assert_int_equal(quirk_shape_parse(rows[i].shape, &shape), STATUS_OK);
        assert_false(quirk_shape_equal(&shape, &DEFAULT_SHAPE));
        assert_true(strlen(rows[i].witness) > 20);
        assert_true(quirk_book_find(&empty, rows[i].model, &shape));
    }
}

static void the_shipped_row_fits_what_a_raspberry_pi_says(void **state)
{
    (void)state;
    static const struct quirk_book empty;
    static const char CLASS[] = "PXEClient:Arch:00000:UNDI:002001";
    struct boot_client client = {.stage = BOOT_STAGE_FIRMWARE, .architecture = 0};
    client.mac = hw_ethernet((const uint8_t[]){0xb8, 0x27, 0xeb, 1, 2, 3});
    client.vendor_class.length = sizeof CLASS - 1;
    memcpy(client.vendor_class.bytes, CLASS, sizeof CLASS - 1);
    char model[QUIRK_KEY_BYTES];
    struct quirk_shape shape;
    assert_true(quirk_model_print(&client, model));
    assert_true(quirk_book_find(&empty, model, &shape));
    assert_int_equal(shape.vendor, QUIRK_VENDOR_RASPBERRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_takes_what_most_of_its_machines_took),
        cmocka_unit_test(who_told_nothing_of_its_firmware_teaches_nothing),
        cmocka_unit_test(a_full_book_gives_up_what_it_saw_least),
        cmocka_unit_test(every_shipped_row_can_be_read_and_has_a_witness),
        cmocka_unit_test(the_shipped_row_fits_what_a_raspberry_pi_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
