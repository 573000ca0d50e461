// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "wire/pxe.h"

// A menu that was decoded can be written again unless it is too long, and then says the same.
static void vendor_check(const struct pxe_vendor *vendor)
{
    uint8_t out[255];
    size_t written = 0;
    struct pxe_vendor back;
    if (pxe_encode_vendor(vendor, out, sizeof out, &written) != STATUS_OK) {
        return;
    }
    struct dhcp4_option option = {.code = DHCP4_OPTION_VENDOR, .length = (uint16_t)written, .data = out};
    fuzz_must(pxe_decode_vendor(&option, &back) == STATUS_OK);
    fuzz_must(back.menu_count == vendor->menu_count && back.item_type == vendor->item_type);
    fuzz_must(back.discovery_control == vendor->discovery_control);
    fuzz_must(back.prompt_length == vendor->prompt_length);
}

// The whole input as the data of each option in turn.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (data == NULL || size > DHCP4_DATAGRAM_BYTES) {
        return 0;
    }
    struct dhcp4_option option = {.length = (uint16_t)size, .data = data};
    struct pxe_architectures architectures;
    struct pxe_interface interface;
    struct pxe_vendor_class class;
    struct pxe_user_classes classes;
    struct pxe_vendor vendor;
    struct pxe_ipxe ipxe;
    struct uuid uuid;
    (void)!pxe_decode_architectures(&option, &architectures);
    (void)!pxe_decode_interface(&option, &interface);
    (void)!pxe_decode_uuid(&option, &uuid);
    (void)!pxe_decode_ipxe(&option, &ipxe);
    pxe_decode_vendor_class(&option, &class);
    if (pxe_decode_user_classes(&option, &classes) == STATUS_OK) {
        fuzz_must(classes.count >= 1 && classes.count <= PXE_USER_CLASSES_MOST);
        (void)pxe_user_classes_has(&classes, "iPXE");
    }
    if (pxe_decode_vendor(&option, &vendor) == STATUS_OK) {
        vendor_check(&vendor);
    }
    return 0;
}
