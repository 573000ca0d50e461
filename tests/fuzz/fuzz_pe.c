// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/pe.h"
#include "fuzz/fuzz.h"

static void check_name(const char *name, size_t bytes)
{
    fuzz_must(memchr(name, '\0', bytes) != NULL);
    for (; *name != '\0'; name++) {
        fuzz_must(*name >= ' ' && *name < 0x7f);
    }
}

static void read_signers(const uint8_t *data, size_t size)
{
    struct pe_signer signers[PE_SIGNERS_MOST];
    unsigned count = 0;
    char vendor[PE_NAME_BYTES];
    enum status status = pe_decode_signers(data, size, signers, &count);
    fuzz_must(count <= PE_SIGNERS_MOST && (status == STATUS_OK || status == STATUS_MALFORMED));
    for (unsigned i = 0; i < count; i++) {
        check_name(signers[i].subject, sizeof signers[i].subject);
        check_name(signers[i].issuer, sizeof signers[i].issuer);
    }
    if (pe_decode_vendor(data, size, vendor)) {
        check_name(vendor, sizeof vendor);
    }
}

static void read_sbat(const uint8_t *data, size_t size)
{
    struct reader reader = reader_init(data, size);
    struct pe_sbat sbat;
    size_t rows = 0;
    while (pe_next_sbat(&reader, &sbat)) {
        check_name(sbat.name, sizeof sbat.name);
        fuzz_must(++rows <= size);
    }
}

// The bytes as each of the pieces that a program is read in.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pe pe;
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    fuzz_must(bytes != NULL);
    if (size != 0) {
        memcpy(bytes, data, size);
    }
    if (pe_decode(bytes, size, &pe) == STATUS_OK) {
        fuzz_must(pe.section_count <= PE_SECTIONS_MOST);
        pe_name_sections(&pe, bytes, size);
        (void)pe_find_section(&pe, ".sbat");
        if (pe.certificates_offset < size) {
            read_signers(bytes + pe.certificates_offset, size - pe.certificates_offset);
        }
    }
    read_signers(bytes, size);
    read_sbat(bytes, size);
    free(bytes);
    return 0;
}
