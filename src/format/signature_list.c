// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/signature_list.h"

#define OWNER_BYTES 16

static void write_le32(struct writer *writer, size_t value)
{
    write_le16(writer, (uint16_t)value);
    write_le16(writer, (uint16_t)(value >> 16));
}

void signature_list_encode(const uint8_t *der, size_t der_bytes, const struct uuid *owner,
                           struct writer *writer)
{
    // EFI_CERT_X509_GUID, a5c059a1-94e4-4aa7-87b5-ab155c2bf072, as EFI writes GUIDs.
    static const uint8_t X509[16] = {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
                                     0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};
    struct uuid swapped = uuid_swap(owner);
    write_bytes(writer, X509, sizeof X509);
    write_le32(writer, SIGNATURE_LIST_HEAD_BYTES + der_bytes); // of the list
    write_le32(writer, 0);                                     // of its header
    write_le32(writer, OWNER_BYTES + der_bytes);               // of each signature
    write_bytes(writer, swapped.bytes, sizeof swapped.bytes);
    write_bytes(writer, der, der_bytes);
}
