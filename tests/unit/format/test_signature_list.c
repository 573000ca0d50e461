// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/signature_list.h"

#include "unit/test.h"

static void a_certificate_is_laid_out_as_firmware_reads_it(void **state)
{
    (void)state;
    static const uint8_t DER[] = {0x30, 0x01, 0x05};
    // As efitools' cert-to-efi-sig-list writes it.
    static const uint8_t EXPECTED[] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15,
                                       0x5c, 0x2b, 0xf0, 0x72, 47,   0,    0,    0,    0,    0,    0,    0,
                                       19,   0,    0,    0,    0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x30, 0x01, 0x05};
    struct uuid owner;
    uint8_t out[64];
    struct writer writer = writer_init(out, sizeof out);
    assert_int_equal(uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &owner), STATUS_OK);
    signature_list_encode(DER, sizeof DER, &owner, &writer);
    assert_false(writer.failed);
    assert_int_equal(writer_length(&writer), sizeof EXPECTED);
    assert_memory_equal(out, EXPECTED, sizeof EXPECTED);
    assert_int_equal(sizeof EXPECTED, SIGNATURE_LIST_HEAD_BYTES + sizeof DER);
}

static void what_does_not_fit_fails_the_writer(void **state)
{
    (void)state;
    uint8_t out[SIGNATURE_LIST_HEAD_BYTES + 2];
    struct writer writer = writer_init(out, sizeof out);
    signature_list_encode((const uint8_t *)"abc", 3, &(struct uuid){{0}}, &writer);
    assert_true(writer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_laid_out_as_firmware_reads_it),
        cmocka_unit_test(what_does_not_fit_fails_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
