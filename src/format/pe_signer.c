// SPDX-License-Identifier: GPL-3.0-or-later
// The signatures of a program: PKCS #7 (RFC 2315) in WIN_CERTIFICATE entries, and shim's own certificate.
#include "format/der.h"
#include "format/pe.h"

#include "base/text.h"

#include <string.h>

#define ENTRY_HEAD_BYTES 8
#define ENTRY_PKCS       2 // WIN_CERT_TYPE_PKCS_SIGNED_DATA
#define ENTRY_ALIGN      8
#define VENDOR_HEAD      16

struct authority {
    const char *issuer; // how its common name begins
    const char *name;
    unsigned trust;
};

// As the programs of these systems' media of 2011 to 2026 have it.
static const struct authority AUTHORITIES[] = {
    {"Microsoft Corporation UEFI CA 2011", "Microsoft UEFI CA 2011", PE_TRUST_2011},
    {"Microsoft UEFI CA 2023", "Microsoft UEFI CA 2023", PE_TRUST_2023},
    {"Microsoft Option ROM UEFI CA 2023", "Microsoft Option ROM CA 2023", 0},
    {"Microsoft Windows Production PCA 2011", "Microsoft Windows PCA 2011", PE_TRUST_WINDOWS},
    {"Windows UEFI CA 2023", "Microsoft Windows UEFI CA 2023", PE_TRUST_WINDOWS},
    {"Debian Secure Boot CA", "Debian", 0},
    {"Canonical Ltd. Master Certificate Authority", "Canonical", 0},
    {"Red Hat Secure Boot", "Red Hat", 0},
    {"Fedora Secure Boot CA", "Fedora", 0},
    {"CentOS Secure Boot", "CentOS", 0},
    {"AlmaLinux Secure Boot", "AlmaLinux", 0},
    {"Rocky Linux Secure Boot", "Rocky Linux", 0},
    {"Oracle", "Oracle", 0},
    {"openSUSE Secure Boot CA", "openSUSE", 0},
    {"SUSE Linux Enterprise Secure Boot CA", "SUSE", 0},
};

static const struct authority *find_authority(const char *issuer)
{
    for (size_t i = 0; i < COUNT_OF(AUTHORITIES); i++) {
        if (text_starts(issuer, AUTHORITIES[i].issuer)) {
            return &AUTHORITIES[i];
        }
    }
    return NULL;
}

const char *pe_authority_name(const char *issuer)
{
    const struct authority *authority = find_authority(issuer);
    return authority == NULL ? NULL : authority->name;
}

static bool is_same(const struct der *a, const struct der *b)
{
    return a->all_bytes == b->all_bytes && memcmp(a->all, b->all, a->all_bytes) == 0;
}

// The name of who has the certificate that `issuer` gave out as number `serial`.
static void find_subject(struct reader certificates, const struct der *issuer, const struct der *serial,
                         char out[PE_NAME_BYTES])
{
    struct der_certificate certificate;
    while (der_next_certificate(&certificates, &certificate)) {
        if (is_same(&certificate.issuer, issuer) && is_same(&certificate.serial, serial)) {
            (void)der_find_common_name(&certificate.subject, out, PE_NAME_BYTES);
            return;
        }
    }
}

// SignerInfo ::= SEQUENCE {version, SEQUENCE {issuer, serial}, ...}
static bool decode_signer(struct reader info, struct reader certificates, struct pe_signer *signer)
{
    struct der part;
    struct der issuer;
    struct der serial;
    *signer = (struct pe_signer){.name = NULL};
    if (!der_next_tagged(&info, DER_INTEGER, &part) || !der_next_tagged(&info, DER_SEQUENCE, &part) ||
        !der_next_tagged(&part.body, DER_SEQUENCE, &issuer) ||
        !der_next_tagged(&part.body, DER_INTEGER, &serial)) {
        return false;
    }
    (void)der_find_common_name(&issuer, signer->issuer, sizeof signer->issuer);
    find_subject(certificates, &issuer, &serial, signer->subject);
    const struct authority *authority = find_authority(signer->issuer);
    signer->name = authority == NULL ? NULL : authority->name;
    signer->trust = authority == NULL ? 0 : authority->trust;
    return true;
}

struct signers {
    struct pe_signer *rows;
    unsigned count;
};

// SignedData ::= SEQUENCE {version, algorithms, content, [0] certificates, [1] revocations, signers}
static bool decode_signed_data(struct reader data, struct signers *signers)
{
    struct der part;
    struct reader certificates = reader_init("", 0);
    struct der info;
    bool is_good = der_next_tagged(&data, DER_INTEGER, &part) && der_next_tagged(&data, DER_SET, &part) &&
                   der_next_tagged(&data, DER_SEQUENCE, &part) && der_next(&data, &part);
    if (is_good && part.tag == DER_CONTEXT) {
        certificates = part.body;
        is_good = der_next(&data, &part);
    }
    if (is_good && part.tag == DER_CONTEXT + 1) {
        is_good = der_next(&data, &part);
    }
    is_good = is_good && part.tag == DER_SET;
    while (is_good && signers->count < PE_SIGNERS_MOST && der_next_tagged(&part.body, DER_SEQUENCE, &info)) {
        is_good = decode_signer(info.body, certificates, &signers->rows[signers->count]);
        signers->count += is_good;
    }
    return is_good && signers->count != 0;
}

// ContentInfo ::= SEQUENCE {1.2.840.113549.1.7.2, [0] SignedData}
static bool decode_pkcs(struct reader reader, struct signers *signers)
{
    static const uint8_t SIGNED_DATA[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    struct der whole;
    struct der oid;
    struct der content;
    struct der data;
    return der_next_tagged(&reader, DER_SEQUENCE, &whole) && der_next_tagged(&whole.body, DER_OID, &oid) &&
           reader_left(&oid.body) == sizeof SIGNED_DATA &&
           memcmp(oid.body.at, SIGNED_DATA, sizeof SIGNED_DATA) == 0 &&
           der_next_tagged(&whole.body, DER_CONTEXT, &content) &&
           der_next_tagged(&content.body, DER_SEQUENCE, &data) && decode_signed_data(data.body, signers);
}

enum status pe_decode_signers(const uint8_t *table, size_t bytes, struct pe_signer signers[PE_SIGNERS_MOST],
                              unsigned *count)
{
    struct reader reader = reader_init(table, bytes);
    struct signers found = {.rows = signers};
    bool is_good = true;
    while (is_good && reader_left(&reader) > ENTRY_HEAD_BYTES && found.count < PE_SIGNERS_MOST) {
        uint32_t length = read_le32(&reader);
        read_skip(&reader, 2); // its revision
        uint16_t type = read_le16(&reader);
        if (length < ENTRY_HEAD_BYTES) {
            break; // what fills the table up
        }
        size_t inner = length - ENTRY_HEAD_BYTES;
        struct reader entry = read_inside(&reader, inner);
        size_t fill = (ENTRY_ALIGN - length % ENTRY_ALIGN) % ENTRY_ALIGN;
        read_skip(&reader, size_min(fill, reader_left(&reader)));
        is_good = !reader.failed && (type != ENTRY_PKCS || decode_pkcs(entry, &found));
    }
    *count = found.count;
    return is_good && !reader.failed ? STATUS_OK : STATUS_MALFORMED;
}

// EFI_SIGNATURE_LISTs: type, sizes of the list, its head and each signature; the first has an owner before
// it.
static bool decode_list(struct reader reader, char out[PE_NAME_BYTES])
{
    struct der_certificate certificate;
    read_skip(&reader, 16);
    read_skip(&reader, 4);
    uint32_t head = read_le32(&reader);
    read_skip(&reader, 4);
    read_skip(&reader, head);
    read_skip(&reader, 16);
    return !reader.failed && der_next_certificate(&reader, &certificate) &&
           der_find_common_name(&certificate.subject, out, PE_NAME_BYTES);
}

// struct cert_table of shim: the sizes of what it accepts and what it refuses, then where they begin, counted
// from the table.
bool pe_decode_vendor(const uint8_t *section, size_t bytes, char out[PE_NAME_BYTES])
{
    struct reader whole = reader_init(section, bytes);
    struct reader reader = whole;
    struct der_certificate certificate;
    out[0] = '\0';
    uint32_t length = read_le32(&reader);
    read_skip(&reader, 4);
    uint32_t offset = read_le32(&reader);
    if (reader.failed || offset < VENDOR_HEAD || length == 0) {
        return false;
    }
    read_skip(&whole, offset);
    struct reader accepted = read_inside(&whole, length);
    struct reader list = accepted;
    if (whole.failed) {
        return false;
    }
    if (der_next_certificate(&accepted, &certificate)) {
        return der_find_common_name(&certificate.subject, out, PE_NAME_BYTES);
    }
    return decode_list(list, out);
}
