// SPDX-License-Identifier: GPL-3.0-or-later
// With pieces of Debian's own shim 16.1 and GRUB 2.06, which the fuzz target's corpus has.
#include "format/pe.h"

#include "unit/test.h"

#include <stdio.h>

static const char *corpus; // its folder
static uint8_t piece[32768];

static size_t read_piece(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", corpus, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(piece, 1, sizeof piece, file);
    (void)fclose(file);
    return bytes;
}

static void the_head_of_a_shim_is_read(void **state)
{
    (void)state;
    struct pe pe;
    assert_int_equal(pe_decode(piece, read_piece("shim-head"), &pe), STATUS_OK);
    assert_int_equal(pe.machine, PE_MACHINE_X64);
    assert_string_equal(pe_machine_text(pe.machine), "x64");
    assert_true(pe.is_efi);
    assert_int_equal(pe.certificates_offset, 0xfb410);
    assert_int_equal(pe.certificates_bytes, 0x4ba8);
    assert_int_equal(pe.section_count, 10);
    const struct pe_section *sbat = pe_find_section(&pe, ".sbat");
    assert_non_null(sbat);
    assert_int_equal(sbat->offset, 897024);
    assert_int_equal(sbat->bytes, 198);
    assert_null(pe_find_section(&pe, ".vendor_cert"));
}

static void long_names_of_sections_come_from_the_table_of_strings(void **state)
{
    (void)state;
    struct pe pe;
    static const uint8_t STRINGS[] = "\x30\0\0\0.eh_frame\0.data.ident\0.sbatlevel\0.vendor_cert";
    assert_int_equal(pe_decode(piece, read_piece("shim-head"), &pe), STATUS_OK);
    assert_int_equal(pe.strings_offset, 968458);
    pe_name_sections(&pe, STRINGS, sizeof STRINGS);
    const struct pe_section *vendor = pe_find_section(&pe, ".vendor_cert");
    assert_non_null(vendor);
    assert_int_equal(vendor->offset, 765952);
    assert_int_equal(vendor->bytes, 9610);
}

static void a_program_cut_off_is_told_from_what_is_none(void **state)
{
    (void)state;
    struct pe pe;
    size_t bytes = read_piece("shim-head");
    assert_int_equal(pe_decode(piece, 0, &pe), STATUS_NOT_FOUND);
    assert_int_equal(pe_decode(piece, 64, &pe), STATUS_NOT_FOUND);
    assert_int_equal(pe_decode(piece, 400, &pe), STATUS_MALFORMED);
    for (size_t i = 0; i < 700; i++) { // behind which its sections are all there
        assert_int_not_equal(pe_decode(piece, i, &pe), STATUS_OK);
    }
    piece[0] = 'Z';
    assert_int_equal(pe_decode(piece, bytes, &pe), STATUS_NOT_FOUND);
}

static void both_signatures_of_a_shim_are_found(void **state)
{
    (void)state;
    struct pe_signer signers[PE_SIGNERS_MOST];
    unsigned count = 0;
    assert_int_equal(pe_decode_signers(piece, read_piece("shim-certificates"), signers, &count), STATUS_OK);
    assert_int_equal(count, 2);
    unsigned trust = signers[0].trust | signers[1].trust;
    assert_int_equal(trust, PE_TRUST_2011 | PE_TRUST_2023);
    for (unsigned i = 0; i < count; i++) {
        bool is_new = signers[i].trust == PE_TRUST_2023;
        assert_string_equal(signers[i].name, is_new ? "Microsoft UEFI CA 2023" : "Microsoft UEFI CA 2011");
        assert_non_null(strstr(signers[i].subject, "Microsoft"));
    }
}

static void who_signed_for_a_distribution_is_named(void **state)
{
    (void)state;
    struct pe_signer signers[PE_SIGNERS_MOST];
    unsigned count = 0;
    assert_int_equal(pe_decode_signers(piece, read_piece("grub-certificates"), signers, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(signers[0].subject, "Debian Secure Boot Signer 2022 - grub2");
    assert_string_equal(signers[0].issuer, "Debian Secure Boot CA");
    assert_string_equal(signers[0].name, "Debian");
    assert_int_equal(signers[0].trust, 0);
}

static void a_signature_that_is_spoilt_names_nobody(void **state)
{
    (void)state;
    struct pe_signer signers[PE_SIGNERS_MOST];
    unsigned count = 7;
    size_t bytes = read_piece("grub-certificates");
    assert_int_equal(pe_decode_signers(piece, 300, signers, &count), STATUS_MALFORMED);
    assert_int_equal(count, 0);
    piece[16] ^= 0xff; // of the object identifier
    assert_int_equal(pe_decode_signers(piece, bytes, signers, &count), STATUS_MALFORMED);
    assert_int_equal(count, 0);
    assert_int_equal(pe_decode_signers(piece, 0, signers, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

static void whose_programs_a_shim_accepts_is_named(void **state)
{
    (void)state;
    char vendor[PE_NAME_BYTES];
    size_t bytes = read_piece("shim-vendor");
    assert_true(pe_decode_vendor(piece, bytes, vendor));
    assert_string_equal(vendor, "Debian Secure Boot CA");
    assert_false(pe_decode_vendor(piece, 500, vendor));
    assert_string_equal(vendor, "");
    memset(piece, 0, 4); // a shim without
    assert_false(pe_decode_vendor(piece, bytes, vendor));
}

static void a_list_of_certificates_names_its_first(void **state)
{
    (void)state;
    char vendor[PE_NAME_BYTES];
    uint8_t list[2048] = {0};
    size_t bytes = read_piece("shim-vendor") - 16;
    list[0] = (uint8_t)(44 + bytes);
    list[1] = (uint8_t)((44 + bytes) >> 8);
    list[8] = 16;
    memcpy(list + 16 + 44, piece + 16, bytes);
    assert_true(pe_decode_vendor(list, 16 + 44 + bytes, vendor));
    assert_string_equal(vendor, "Debian Secure Boot CA");
}

static void components_and_generations_are_read(void **state)
{
    (void)state;
    struct pe_sbat sbat;
    struct reader reader = reader_init(piece, read_piece("shim-sbat"));
    static const struct pe_sbat ROWS[] = {{"sbat", 1}, {"shim", 4}, {"shim.debian", 1}};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        assert_true(pe_next_sbat(&reader, &sbat));
        assert_string_equal(sbat.name, ROWS[i].name);
        assert_int_equal(sbat.generation, ROWS[i].generation);
    }
    assert_false(pe_next_sbat(&reader, &sbat));
    reader = reader_init("grub,x,", 7);
    assert_false(pe_next_sbat(&reader, &sbat));
    reader = reader_init("a,1", 3); // the last row may lack its end
    assert_true(pe_next_sbat(&reader, &sbat));
    assert_int_equal(sbat.generation, 1);
}

static void authorities_are_known_by_their_names(void **state)
{
    (void)state;
    assert_string_equal(pe_authority_name("Red Hat Secure Boot CA 5"), "Red Hat");
    assert_string_equal(pe_authority_name("SUSE Linux Enterprise Secure Boot CA"), "SUSE");
    assert_string_equal(pe_authority_name("Canonical Ltd. Master Certificate Authority"), "Canonical");
    assert_null(pe_authority_name("Somebody"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_of_a_shim_is_read),
        cmocka_unit_test(long_names_of_sections_come_from_the_table_of_strings),
        cmocka_unit_test(a_program_cut_off_is_told_from_what_is_none),
        cmocka_unit_test(both_signatures_of_a_shim_are_found),
        cmocka_unit_test(who_signed_for_a_distribution_is_named),
        cmocka_unit_test(a_signature_that_is_spoilt_names_nobody),
        cmocka_unit_test(whose_programs_a_shim_accepts_is_named),
        cmocka_unit_test(a_list_of_certificates_names_its_first),
        cmocka_unit_test(components_and_generations_are_read),
        cmocka_unit_test(authorities_are_known_by_their_names),
    };
    assert_int_equal(argc, 2);
    corpus = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
