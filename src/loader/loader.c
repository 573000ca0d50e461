// SPDX-License-Identifier: GPL-3.0-or-later
#include "loader/loader.h"

enum architecture { // DHCP option 93 (RFC 4578 section 2.1, IANA "Processor Architecture Types")
    ARCHITECTURE_BIOS = 0,
    ARCHITECTURE_IA32 = 6,
    ARCHITECTURE_X64 = 7,
    ARCHITECTURE_EBC = 9, // RFC 4578 exchanged 7 and 9, so some firmware sends this for x64
    ARCHITECTURE_ARM64 = 11,
    ARCHITECTURE_IA32_HTTP = 15,
    ARCHITECTURE_X64_HTTP = 16,
    ARCHITECTURE_ARM64_HTTP = 19,
};

// UEFI HTTP boot gets iPXE: none of Debian's GRUBs can read http://, so shim would end at GRUB's prompt. A
// firmware with Secure Boot on refuses iPXE and goes on to its next boot entry.
//
// By IPv6 likewise: those GRUBs take their network from the firmware's DHCPv4 answer and know no other.
static enum loader_id loader_for_architecture(uint16_t architecture, bool is_ip6)
{
    switch (architecture) {
    case ARCHITECTURE_BIOS:
        return LOADER_PXELINUX;
    case ARCHITECTURE_IA32:
        return LOADER_GRUB_IA32;
    case ARCHITECTURE_X64:
    case ARCHITECTURE_EBC:
        return is_ip6 ? LOADER_SNPONLY_X64 : LOADER_SHIM_X64;
    case ARCHITECTURE_X64_HTTP:
        return LOADER_SNPONLY_X64;
    case ARCHITECTURE_ARM64:
    case ARCHITECTURE_ARM64_HTTP:
        return LOADER_GRUB_ARM64;
    default:
        return LOADER_NONE;
    }
}

/// What chains to iPXE on that firmware; LOADER_NONE when there is nothing.
static enum loader_id loader_with_ipxe(uint16_t architecture)
{
    switch (architecture) {
    case ARCHITECTURE_BIOS:
        return LOADER_UNDIONLY;
    case ARCHITECTURE_X64:
    case ARCHITECTURE_EBC:
    case ARCHITECTURE_X64_HTTP:
        return LOADER_SNPONLY_X64;
    default:
        return LOADER_NONE;
    }
}

/// What chains to GRUB on that firmware; for HTTP boot the administrator brings one that reads http://.
static enum loader_id loader_with_grub(uint16_t architecture)
{
    switch (architecture) {
    case ARCHITECTURE_BIOS:
        return LOADER_NONE;
    case ARCHITECTURE_X64_HTTP:
        return LOADER_SHIM_X64;
    case ARCHITECTURE_IA32_HTTP:
        return LOADER_GRUB_IA32;
    default:
        return loader_for_architecture(architecture, false);
    }
}

/// The loader that the machine's own setting names, or LOADER_NONE when its firmware cannot run that one.
static enum loader_id loader_for_wish(const struct boot_client *client, enum machine_loader wish)
{
    switch (wish) {
    case MACHINE_LOADER_IPXE:
        return client->stage == BOOT_STAGE_IPXE ? LOADER_IPXE_SCRIPT : loader_with_ipxe(client->architecture);
    case MACHINE_LOADER_PXELINUX:
        return client->architecture == ARCHITECTURE_BIOS ? LOADER_PXELINUX : LOADER_NONE;
    case MACHINE_LOADER_GRUB:
        return loader_with_grub(client->architecture);
    case MACHINE_LOADER_AUTO:
    case MACHINE_LOADER_COUNT:
        break;
    }
    return LOADER_NONE;
}

static bool loader_is_available(const struct loader *loader, uint32_t available)
{
    bool is_generated = loader->files[0].name == NULL;
    return is_generated || (available >> loader->id & 1) != 0;
}

static const struct loader *loader_take(enum loader_id id, enum reason_id reason, uint32_t available,
                                        struct reasons *reasons, const struct loader **missing)
{
    const struct loader *loader = loader_get(id);
    reasons_add(reasons, reason);
    if (loader_is_available(loader, available)) {
        return loader;
    }
    reasons_add(reasons, REASON_LOADER_MISSING);
    if (missing != NULL) {
        *missing = loader;
    }
    return NULL;
}

const struct loader *loader_pick(const struct boot_client *client, enum machine_loader wish,
                                 uint32_t available, struct reasons *reasons, const struct loader **missing)
{
    bool wants_loader = client->stage == BOOT_STAGE_FIRMWARE || client->stage == BOOT_STAGE_IPXE;
    if (!wants_loader) {
        return NULL;
    }
    enum loader_id wished = loader_for_wish(client, wish);
    if (wished != LOADER_NONE) {
        return loader_take(wished, REASON_LOADER_BY_MACHINE, available, reasons, missing);
    }
    if (client->stage == BOOT_STAGE_IPXE) {
        return loader_take(LOADER_IPXE_SCRIPT, REASON_LOADER_FOR_IPXE, available, reasons, missing);
    }
    enum loader_id automatic = loader_for_architecture(client->architecture, client->is_ip6);
    if (automatic == LOADER_NONE) {
        reasons_add(reasons, REASON_ARCHITECTURE_UNKNOWN);
        return NULL;
    }
    enum reason_id reason = client->wants_http ? REASON_LOADER_FOR_UEFI_HTTP : loader_get(automatic)->reason;
    return loader_take(automatic, reason, available, reasons, missing);
}

static void add_url(const char *scheme, struct ip server, uint16_t port, uint16_t usual, struct text *out)
{
    char host[IP_HOST_BYTES];
    text_add_format(out, "%s://%s", scheme, ip_print_host(server, host));
    if (port != usual) {
        text_add_format(out, ":%u", (unsigned)port);
    }
    text_add_char(out, '/');
}

enum status loader_print_file(const struct loader *loader, const struct boot_client *client,
                              const struct loader_place *place, struct text *out)
{
    bool by_script = client->stage == BOOT_STAGE_IPXE && client->has_http && loader->id == LOADER_IPXE_SCRIPT;
    if (client->wants_http && client->stage == BOOT_STAGE_FIRMWARE && place->https_port != 0) {
        add_url("https", place->server, place->https_port, 443, out);
    } else if (client->wants_http || by_script) {
        add_url("http", place->server, place->http_port, 80, out);
    } else if (ip_is_ip6(place->server)) {
        add_url("tftp", place->server, 69, 69, out);
    }
    text_add(out, loader->file);
    return out->cut ? STATUS_TOO_LONG : STATUS_OK;
}
