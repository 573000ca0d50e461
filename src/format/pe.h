// SPDX-License-Identifier: GPL-3.0-or-later
// EFI programs: the PE/COFF header (Microsoft's "PE Format"), what their SBAT section says (shim's SBAT.md),
// and who signed them (the attribute certificate table, Authenticode). Decoded piece by piece from bytes that
// may be anything; it reads no file, and checks no signature: it tells who says to have made it.
#pragma once

#include "base/reader.h"
#include "base/status.h"

#define PE_HEAD_BYTES        4096 // of a program, which are enough for pe_decode
#define PE_SECTIONS_MOST     32
#define PE_SECTION_BYTES     24          // a name with its NUL
#define PE_STRINGS_MOST      4096        // bytes of long names that are looked at
#define PE_CERTIFICATES_MOST (64 * 1024) // bytes of a certificate table that is looked at
#define PE_SBAT_MOST         (8 * 1024)  // the same of an SBAT section
#define PE_SIGNERS_MOST      4
#define PE_NAME_BYTES        96
#define PE_SBAT_NAME_BYTES   48

enum pe_machine { PE_MACHINE_OTHER, PE_MACHINE_X64, PE_MACHINE_IA32, PE_MACHINE_ARM64 };

struct pe_section {
    char name[PE_SECTION_BYTES];
    uint32_t offset; // in the file
    uint32_t bytes;  // that are meant, without what fills the last block
};

struct pe {
    enum pe_machine machine;
    uint16_t machine_number; // as it stands
    bool is_efi;             // an EFI program, not one of Windows
    uint64_t strings_offset; // of the long names of sections; 0 = there are none
    uint32_t certificates_offset;
    uint32_t certificates_bytes; // 0 = not signed
    struct pe_section sections[PE_SECTIONS_MOST];
    unsigned section_count;
};

/// Decodes the head of a program: its first `bytes` bytes, of PE_HEAD_BYTES or the whole file. Sections
/// beyond PE_SECTIONS_MOST are not looked at. STATUS_NOT_FOUND when it is no PE program; STATUS_MALFORMED
/// when it begins like one and is broken.
MUST_USE enum status pe_decode(const uint8_t *head, size_t bytes, struct pe *pe);

/// Gives the sections with long names theirs, out of the `bytes` bytes at `strings_offset`. What is not there
/// keeps its number ("/14").
void pe_name_sections(struct pe *pe, const uint8_t *strings, size_t bytes);

/// The section called `name`, or NULL.
const struct pe_section *pe_find_section(const struct pe *pe, const char *name);

/// "x64", "ia32", "arm64" or "other".
const char *pe_machine_text(enum pe_machine machine);

struct pe_sbat { // one component and its generation, which Secure Boot revokes by
    char name[PE_SBAT_NAME_BYTES];
    uint32_t generation;
};

/// Takes the next row of an SBAT section off `reader`. false at its end, at a NUL, and at what is no row.
bool pe_next_sbat(struct reader *reader, struct pe_sbat *sbat);

// Which authorities that firmware knows signed it; bits.
#define PE_TRUST_2011    1u // Microsoft's for others' programs, of 2011: ends in June 2026
#define PE_TRUST_2023    2u // the same, of 2023
#define PE_TRUST_WINDOWS 4u // Microsoft's for its own programs, of either year

struct pe_signer {
    char subject[PE_NAME_BYTES]; // the common name of who signed; "" when their certificate is not with it
    char issuer[PE_NAME_BYTES];  // of the authority that answers for them
    const char *name;            // short for that, "Debian"; NULL = nobody we know
    unsigned trust;              // PE_TRUST_*
};

/// Who signed, out of the certificate table `table` (`bytes` of it): their number, PE_SIGNERS_MOST at most,
/// in their order. STATUS_MALFORMED when one of the signatures cannot be read; those before it count.
MUST_USE enum status pe_decode_signers(const uint8_t *table, size_t bytes,
                                       struct pe_signer signers[PE_SIGNERS_MOST], unsigned *count);

/// Whose programs a shim accepts besides those that the firmware does, out of its section ".vendor_cert":
/// the common name in the certificate there, or of the first one in a list of them. false when there is none.
bool pe_decode_vendor(const uint8_t *section, size_t bytes, char out[PE_NAME_BYTES]);

/// The short name for an authority's common name, or NULL.
const char *pe_authority_name(const char *issuer);
