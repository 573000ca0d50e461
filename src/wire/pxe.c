// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/pxe.h"

#include "base/reader.h"
#include "base/writer.h"

#include <string.h>

#define UUID_OPTION_BYTES 17
#define UNDI_DIGITS       3
#define FEATURE_FIRST     0x10
#define FEATURE_LAST      0x3f

static const char *const ARCHITECTURES[] = {
    [PXE_X86_BIOS] = "x86 BIOS",
    [PXE_NEC_PC98] = "NEC PC-98",
    [PXE_ITANIUM] = "Itanium UEFI",
    [PXE_DEC_ALPHA] = "DEC Alpha",
    [PXE_ARC_X86] = "Arc x86",
    [PXE_INTEL_LEAN_CLIENT] = "Intel Lean Client",
    [PXE_IA32_UEFI] = "IA32 UEFI",
    [PXE_X64_UEFI] = "x64 UEFI",
    [PXE_XSCALE_UEFI] = "Xscale UEFI",
    [PXE_EBC_UEFI] = "EBC UEFI, x64 on some machines",
    [PXE_ARM32_UEFI] = "ARM32 UEFI",
    [PXE_ARM64_UEFI] = "ARM64 UEFI",
    [PXE_PPC_OPEN_FIRMWARE] = "PowerPC Open Firmware",
    [PXE_PPC_EPAPR] = "PowerPC ePAPR",
    [PXE_POWER_OPAL] = "POWER OPAL v3",
    [PXE_IA32_UEFI_HTTP] = "IA32 UEFI HTTP",
    [PXE_X64_UEFI_HTTP] = "x64 UEFI HTTP",
    [PXE_EBC_UEFI_HTTP] = "EBC UEFI HTTP",
    [PXE_ARM32_UEFI_HTTP] = "ARM32 UEFI HTTP",
    [PXE_ARM64_UEFI_HTTP] = "ARM64 UEFI HTTP",
    [PXE_X86_BIOS_HTTP] = "x86 BIOS HTTP",
    [PXE_ARM32_UBOOT] = "ARM32 U-Boot",
    [PXE_ARM64_UBOOT] = "ARM64 U-Boot",
    [PXE_ARM32_UBOOT_HTTP] = "ARM32 U-Boot HTTP",
    [PXE_ARM64_UBOOT_HTTP] = "ARM64 U-Boot HTTP",
    [PXE_RISCV32_UEFI] = "RISC-V 32 UEFI",
    [PXE_RISCV32_UEFI_HTTP] = "RISC-V 32 UEFI HTTP",
    [PXE_RISCV64_UEFI] = "RISC-V 64 UEFI",
    [PXE_RISCV64_UEFI_HTTP] = "RISC-V 64 UEFI HTTP",
    [PXE_RISCV128_UEFI] = "RISC-V 128 UEFI",
    [PXE_RISCV128_UEFI_HTTP] = "RISC-V 128 UEFI HTTP",
    [PXE_S390_BASIC] = "s390 basic",
    [PXE_S390_EXTENDED] = "s390 extended",
    [PXE_MIPS32_UEFI] = "MIPS32 UEFI",
    [PXE_MIPS64_UEFI] = "MIPS64 UEFI",
    [PXE_SUNWAY32_UEFI] = "Sunway 32 UEFI",
    [PXE_SUNWAY64_UEFI] = "Sunway 64 UEFI",
    [PXE_LOONGARCH32_UEFI] = "LoongArch32 UEFI",
    [PXE_LOONGARCH32_UEFI_HTTP] = "LoongArch32 UEFI HTTP",
    [PXE_LOONGARCH64_UEFI] = "LoongArch64 UEFI",
    [PXE_LOONGARCH64_UEFI_HTTP] = "LoongArch64 UEFI HTTP",
    [PXE_ARM_RPIBOOT] = "ARM rpiboot",
};

const char *pxe_architecture_name(uint16_t code)
{
    return code < COUNT_OF(ARCHITECTURES) ? ARCHITECTURES[code] : NULL;
}

bool pxe_architecture_is_http(uint16_t code)
{
    const char *name = pxe_architecture_name(code);
    return name != NULL && text_ends(name, " HTTP");
}

static struct reader option_reader(const struct dhcp4_option *option)
{
    return reader_init(option->data, option->length);
}

enum status pxe_decode_architectures(const struct dhcp4_option *option, struct pxe_architectures *out)
{
    if (option->length == 0 || option->length % 2 != 0) {
        return STATUS_MALFORMED;
    }
    struct reader reader = option_reader(option);
    struct pxe_architectures list = {0};
    while (reader_left(&reader) > 0 && list.count < PXE_ARCHITECTURES_MOST) {
        list.codes[list.count++] = read_be16(&reader);
    }
    *out = list;
    return STATUS_OK;
}

enum status pxe_decode_interface(const struct dhcp4_option *option, struct pxe_interface *out)
{
    struct reader reader = option_reader(option);
    struct pxe_interface interface = {0};
    interface.type = read_u8(&reader);
    interface.major = read_u8(&reader);
    interface.minor = read_u8(&reader);
    if (!reader_is_done(&reader)) {
        return STATUS_MALFORMED;
    }
    *out = interface;
    return STATUS_OK;
}

enum status pxe_decode_uuid(const struct dhcp4_option *option, struct uuid *out)
{
    if (option->length != UUID_OPTION_BYTES) {
        return STATUS_MALFORMED;
    }
    if (option->data[0] != 0) {
        return STATUS_UNSUPPORTED;
    }
    *out = uuid_from_wire(option->data + 1);
    return STATUS_OK;
}

// Moves past `word` when it comes next.
static bool read_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if (reader_left(reader) < length || memcmp(reader->at, word, length) != 0) {
        return false;
    }
    read_skip(reader, length);
    return true;
}

// Decimal digits, at most `most`, as a number that fits 16 bits.
static bool read_digits(struct reader *reader, size_t most, uint16_t *value)
{
    uint32_t number = 0;
    size_t digits = 0;
    while (digits < most && reader_left(reader) > 0 && *reader->at >= '0' && *reader->at <= '9') {
        number = number * 10 + (uint32_t)(read_u8(reader) - '0');
        digits++;
    }
    if (digits == 0 || number > UINT16_MAX) {
        return false;
    }
    *value = (uint16_t)number;
    return true;
}

void pxe_decode_vendor_class(const struct dhcp4_option *option, struct pxe_vendor_class *out)
{
    struct reader reader = option_reader(option);
    *out = (struct pxe_vendor_class){.class = PXE_CLASS_OTHER};
    if (read_word(&reader, "PXEClient")) {
        out->class = PXE_CLASS_PXE;
    } else if (read_word(&reader, "HTTPClient")) {
        out->class = PXE_CLASS_HTTP;
    } else {
        return;
    }
    out->has_architecture = read_word(&reader, ":Arch:") && read_digits(&reader, 5, &out->architecture);
    uint16_t major = 0;
    uint16_t minor = 0;
    if (read_word(&reader, ":UNDI:") && read_digits(&reader, UNDI_DIGITS, &major) &&
        read_digits(&reader, UNDI_DIGITS, &minor)) {
        out->has_undi = true;
        out->undi_major = major;
        out->undi_minor = minor;
    }
}

// RFC 3004: length, data ... exactly filling the option, no class empty.
static bool user_classes_listed(const struct dhcp4_option *option, struct pxe_user_classes *classes)
{
    struct reader reader = option_reader(option);
    while (reader_left(&reader) > 0) {
        uint8_t length = read_u8(&reader);
        const uint8_t *data = read_bytes(&reader, length);
        if (data == NULL || length == 0) {
            return false;
        }
        if (classes->count < PXE_USER_CLASSES_MOST) {
            classes->items[classes->count].data = data;
            classes->items[classes->count].length = length;
            classes->count++;
        }
    }
    return !reader.failed;
}

enum status pxe_decode_user_classes(const struct dhcp4_option *option, struct pxe_user_classes *out)
{
    if (option->length == 0) {
        return STATUS_MALFORMED;
    }
    struct pxe_user_classes classes = {0};
    if (!user_classes_listed(option, &classes)) {
        classes = (struct pxe_user_classes){.count = 1, .is_raw = true};
        classes.items[0].data = option->data;
        classes.items[0].length = option->length;
    }
    *out = classes;
    return STATUS_OK;
}

bool pxe_user_classes_has(const struct pxe_user_classes *classes, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < classes->count; i++) {
        if (classes->items[i].length == length && memcmp(classes->items[i].data, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static void ipxe_bus_decode(const struct dhcp4_option *sub, struct pxe_ipxe *ipxe)
{
    struct reader reader = option_reader(sub);
    uint8_t type = read_u8(&reader);
    uint16_t vendor = read_be16(&reader);
    uint16_t device = read_be16(&reader);
    if (!reader.failed) {
        ipxe->has_bus_id = true;
        ipxe->bus_type = type;
        ipxe->bus_vendor = vendor;
        ipxe->bus_device = device;
    }
}

static void ipxe_suboption_decode(const struct dhcp4_option *sub, struct pxe_ipxe *ipxe)
{
    if (sub->code == PXE_IPXE_PRIORITY && sub->length == 1) {
        ipxe->has_priority = true;
        ipxe->priority = (int8_t)sub->data[0];
    } else if (sub->code == PXE_IPXE_BUS_ID) {
        ipxe_bus_decode(sub, ipxe);
    } else if (sub->code >= FEATURE_FIRST && sub->code <= FEATURE_LAST && sub->length >= 1 &&
               sub->data[0] != 0) {
        ipxe->features |= UINT64_C(1) << sub->code;
    }
}

enum status pxe_decode_ipxe(const struct dhcp4_option *option, struct pxe_ipxe *out)
{
    struct reader reader = option_reader(option);
    struct dhcp4_option sub = {0};
    struct pxe_ipxe ipxe = {0};
    while (dhcp4_option_next_sub(&reader, true, &sub)) {
        ipxe_suboption_decode(&sub, &ipxe);
    }
    if (reader.failed) {
        return STATUS_MALFORMED;
    }
    *out = ipxe;
    return STATUS_OK;
}

bool pxe_ipxe_has(const struct pxe_ipxe *ipxe, enum pxe_ipxe_feature feature)
{
    return (ipxe->features >> feature & 1) != 0;
}

uint8_t *pxe_encode_ipxe(uint8_t out[PXE_IPXE_REPLY_BYTES])
{
    out[0] = PXE_IPXE_NO_PXEDHCP;
    out[1] = 1;
    out[2] = 1;
    return out;
}
