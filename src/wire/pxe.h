// SPDX-License-Identifier: GPL-3.0-or-later
// What network-boot firmware says and hears inside DHCP options: 43, 60, 77, 93, 94, 97 (PXE 2.1, RFC 4578,
// RFC 3004) and iPXE's 175. Grammar only: which loader a client gets is decided elsewhere.
#pragma once

#include "base/uuid.h"
#include "wire/dhcp4.h"

// Option 93 (IANA "Processor Architecture Types"; RFC 4578 section 2.1).
enum pxe_architecture {
    PXE_X86_BIOS = 0x00,
    PXE_NEC_PC98 = 0x01,
    PXE_ITANIUM = 0x02,
    PXE_DEC_ALPHA = 0x03,
    PXE_ARC_X86 = 0x04,
    PXE_INTEL_LEAN_CLIENT = 0x05,
    PXE_IA32_UEFI = 0x06,
    PXE_X64_UEFI = 0x07,
    PXE_XSCALE_UEFI = 0x08,
    PXE_EBC_UEFI = 0x09, // RFC 4578 has 7 and 9 the wrong way round: some x64 firmware sends this
    PXE_ARM32_UEFI = 0x0a,
    PXE_ARM64_UEFI = 0x0b,
    PXE_PPC_OPEN_FIRMWARE = 0x0c,
    PXE_PPC_EPAPR = 0x0d,
    PXE_POWER_OPAL = 0x0e,
    PXE_IA32_UEFI_HTTP = 0x0f,
    PXE_X64_UEFI_HTTP = 0x10,
    PXE_EBC_UEFI_HTTP = 0x11,
    PXE_ARM32_UEFI_HTTP = 0x12,
    PXE_ARM64_UEFI_HTTP = 0x13,
    PXE_X86_BIOS_HTTP = 0x14,
    PXE_ARM32_UBOOT = 0x15,
    PXE_ARM64_UBOOT = 0x16,
    PXE_ARM32_UBOOT_HTTP = 0x17,
    PXE_ARM64_UBOOT_HTTP = 0x18,
    PXE_RISCV32_UEFI = 0x19,
    PXE_RISCV32_UEFI_HTTP = 0x1a,
    PXE_RISCV64_UEFI = 0x1b,
    PXE_RISCV64_UEFI_HTTP = 0x1c,
    PXE_RISCV128_UEFI = 0x1d,
    PXE_RISCV128_UEFI_HTTP = 0x1e,
    PXE_S390_BASIC = 0x1f,
    PXE_S390_EXTENDED = 0x20,
    PXE_MIPS32_UEFI = 0x21,
    PXE_MIPS64_UEFI = 0x22,
    PXE_SUNWAY32_UEFI = 0x23,
    PXE_SUNWAY64_UEFI = 0x24,
    PXE_LOONGARCH32_UEFI = 0x25,
    PXE_LOONGARCH32_UEFI_HTTP = 0x26,
    PXE_LOONGARCH64_UEFI = 0x27,
    PXE_LOONGARCH64_UEFI_HTTP = 0x28,
    PXE_ARM_RPIBOOT = 0x29
};

#define PXE_ARCHITECTURES_MOST 8

struct pxe_architectures {
    uint8_t count; // >= 1 once decoded
    uint16_t codes[PXE_ARCHITECTURES_MOST];
};

enum pxe_class { PXE_CLASS_OTHER, PXE_CLASS_PXE, PXE_CLASS_HTTP };

// Option 60, "PXEClient:Arch:00007:UNDI:003016".
struct pxe_vendor_class {
    enum pxe_class class;
    bool has_architecture;
    bool has_undi;
    uint16_t architecture;
    uint16_t undi_major, undi_minor;
};

// Option 94.
struct pxe_interface {
    uint8_t type; // 1 = UNDI
    uint8_t major, minor;
};

#define PXE_USER_CLASSES_MOST 8

// Option 77: one raw string (iPXE) or the list of RFC 3004.
struct pxe_user_classes {
    uint8_t count;
    bool is_raw;
    struct {
        const uint8_t *data; // borrowed from the option
        uint16_t length;
    } items[PXE_USER_CLASSES_MOST];
};

// Codes inside option 175 that say what an iPXE build can do; also bit numbers in pxe_ipxe.features.
enum pxe_ipxe_feature {
    PXE_IPXE_EXTENDED = 0x10,
    PXE_IPXE_ISCSI = 0x11,
    PXE_IPXE_AOE = 0x12,
    PXE_IPXE_HTTP = 0x13,
    PXE_IPXE_HTTPS = 0x14,
    PXE_IPXE_TFTP = 0x15,
    PXE_IPXE_FTP = 0x16,
    PXE_IPXE_DNS = 0x17,
    PXE_IPXE_BZIMAGE = 0x18,
    PXE_IPXE_PXE = 0x21,
    PXE_IPXE_EFI = 0x24,
    PXE_IPXE_VLAN = 0x26,
    PXE_IPXE_MENU = 0x27,
    PXE_IPXE_NFS = 0x29
};

#define PXE_IPXE_PRIORITY    0x01
#define PXE_IPXE_NO_PXEDHCP  0xb0
#define PXE_IPXE_BUS_ID      0xb1
#define PXE_IPXE_VERSION     0xeb
#define PXE_IPXE_REPLY_BYTES 3

struct pxe_ipxe {
    uint64_t features; // bit n = code n, for codes 0x10..0x3f
    bool has_priority;
    bool has_bus_id;
    int8_t priority;
    uint8_t bus_type; // 1 = PCI
    uint16_t bus_vendor, bus_device;
};

// Codes inside option 43 (PXE 2.1 section 2.2.3).
enum pxe_vendor_code {
    PXE_VENDOR_DISCOVERY_CONTROL = 6,
    PXE_VENDOR_DISCOVERY_MULTICAST = 7,
    PXE_VENDOR_BOOT_SERVERS = 8,
    PXE_VENDOR_BOOT_MENU = 9,
    PXE_VENDOR_MENU_PROMPT = 10,
    PXE_VENDOR_BOOT_ITEM = 71,
    PXE_VENDOR_END = 255
};

#define PXE_DISCOVERY_NO_BROADCAST 0x01
#define PXE_DISCOVERY_NO_MULTICAST 0x02
#define PXE_DISCOVERY_ONLY_LISTED  0x04
#define PXE_DISCOVERY_USE_FILE     0x08 // a boot file is here: use it, no menu, no discovery
#define PXE_MENU_MOST              8
#define PXE_LAYER_CREDENTIALS      0x8000 // a request for boot integrity credentials
#define PXE_MENU_PROMPT_WAIT       255    // show the menu at once, wait for ever

struct pxe_menu_entry {
    uint16_t type;      // 0 = boot the local disk
    uint8_t length;     // of text
    const char *text;   // borrowed, no NUL
    struct ip4 address; // of its boot server (43.8), 0 = none
};

struct pxe_vendor {
    bool has_discovery_control;
    uint8_t discovery_control; // PXE_DISCOVERY_*
    bool has_boot_item;
    uint16_t item_type, item_layer;
    bool has_prompt;
    uint8_t prompt_timeout_s; // 0 = take the first entry at once; PXE_MENU_PROMPT_WAIT
    uint8_t prompt_length;
    const char *prompt; // borrowed, no NUL
    uint8_t menu_count;
    struct pxe_menu_entry menu[PXE_MENU_MOST];
};

/// What `code` is called, "x64 UEFI"; NULL when nobody has given it a name.
const char *pxe_architecture_name(uint16_t code);

/// Whether firmware of this architecture asks for a URL (RFC 5970 HTTP boot) and not for a TFTP name.
bool pxe_architecture_is_http(uint16_t code);

/// Reads option 93. STATUS_MALFORMED when it is empty or of odd length; more than PXE_ARCHITECTURES_MOST are
/// left off. `*out` untouched unless OK, as with all decoders here; `option` is never NULL.
MUST_USE enum status pxe_decode_architectures(const struct dhcp4_option *option,
                                              struct pxe_architectures *out);

/// Reads option 94; STATUS_MALFORMED unless three bytes.
MUST_USE enum status pxe_decode_interface(const struct dhcp4_option *option, struct pxe_interface *out);

/// Reads option 97: type 0 and sixteen bytes in SMBIOS wire order. STATUS_MALFORMED for other lengths,
/// STATUS_UNSUPPORTED for other types.
MUST_USE enum status pxe_decode_uuid(const struct dhcp4_option *option, struct uuid *out);

/// Reads option 60. Never fails: what it cannot read is PXE_CLASS_OTHER or has no architecture.
void pxe_decode_vendor_class(const struct dhcp4_option *option, struct pxe_vendor_class *out);

/// Reads option 77 as RFC 3004 (length, data ... exactly filling it), else as one raw string, for iPXE sends
/// "iPXE" without a length. STATUS_MALFORMED only when empty.
MUST_USE enum status pxe_decode_user_classes(const struct dhcp4_option *option, struct pxe_user_classes *out);

/// Whether one of the classes is exactly `name`.
bool pxe_user_classes_has(const struct pxe_user_classes *classes, const char *name);

/// Reads option 175. Sub-options it does not know are skipped. STATUS_MALFORMED when one runs past the end.
MUST_USE enum status pxe_decode_ipxe(const struct dhcp4_option *option, struct pxe_ipxe *out);

/// Whether that build has the feature (enum pxe_ipxe_feature).
bool pxe_ipxe_has(const struct pxe_ipxe *ipxe, enum pxe_ipxe_feature feature);

/// Writes option 175 for a reply: no-pxedhcp = 1, which saves an iPXE client two seconds of waiting for a
/// ProxyDHCP offer. Returns `out`.
uint8_t *pxe_encode_ipxe(uint8_t out[PXE_IPXE_REPLY_BYTES]);

/// Reads option 43 of a PXE message. Sub-options it does not know are skipped, menu entries beyond
/// PXE_MENU_MOST left off, END optional. STATUS_MALFORMED when one runs past the end or has the wrong length.
MUST_USE enum status pxe_decode_vendor(const struct dhcp4_option *option, struct pxe_vendor *out);

/// Writes option 43, sub-options in rising order, closed by PXE_END as some ROMs need it. Boot servers (43.8)
/// follow from menu entries with an address. STATUS_TOO_LONG when it exceeds `out_bytes` or 255 bytes.
MUST_USE enum status pxe_encode_vendor(const struct pxe_vendor *vendor, void *out, size_t out_bytes,
                                       size_t *written);
