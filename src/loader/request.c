// SPDX-License-Identifier: GPL-3.0-or-later
// The names under which boot loaders look for their configuration (syslinux core/fs/pxe, GRUB net/net.c).
#include "loader/dialect.h"

#include <string.h>

// Where GRUBs look, relative to the root of the tree: Debian and Ubuntu network images, Debian's installer
// images, and those built for a distribution's EFI folder or beside the loader itself. Only these: a
// grub.cfg inside an imported image stays what it is.
static const char *const REQUEST_GRUB_FOLDERS[] = {
    "",
    "grub/",
    "boot/grub/",
    "boot/grub2/",
    "grub2/",
    "debian-installer/amd64/grub/",
    "debian-installer/i386/grub/",
    "debian-installer/arm64/grub/",
    "efi/boot/",
    "efi/debian/",
    "efi/ubuntu/",
    "efi/fedora/",
    "efi/centos/",
    "efi/redhat/",
    "efi/rocky/",
    "efi/almalinux/",
    "efi/opensuse/",
    "efi/sles/",
};

/// What follows `prefix` in `path`, case-blind, or NULL.
static const char *request_behind(const char *path, const char *prefix)
{
    for (; *prefix != '\0'; path++, prefix++) {
        if (text_lower(*path) != text_lower(*prefix)) {
            return NULL;
        }
    }
    return path;
}

// IPv6: GRUB writes dashes for the colons.
static bool request_parse_ip6(const char *name, struct ip *address)
{
    char colons[IP6_TEXT_BYTES];
    if (text_copy(colons, sizeof colons, name) != STATUS_OK) {
        return false;
    }
    for (char *at = colons; *at != '\0'; at++) {
        *at = *at == '-' ? ':' : *at;
    }
    return ip6_parse(colons, &address->value) == STATUS_OK && ip_is_ip6(*address);
}

static bool request_parse_address(const char *name, struct ip *address)
{
    uint32_t value = 0;
    if (strlen(name) != 8) {
        return false;
    }
    for (; *name != '\0'; name++) {
        int digit = text_parse_hex_digit(*name);
        if (digit < 0) {
            return false;
        }
        value = value << 4 | (uint32_t)digit;
    }
    *address = ip_from_ip4((struct ip4){value});
    return true;
}

// "01-" is ARP hardware type Ethernet; 17 characters with dashes follow.
static bool request_parse_mac(const char *name, struct hw *mac)
{
    const char *octets = request_behind(name, "01-");
    return octets != NULL && strlen(octets) == 17 && octets[2] == '-' && hw_parse(octets, mac) == STATUS_OK;
}

// Both loaders print the SMBIOS bytes as they lie, first three fields little-endian; ours is canonical.
static bool request_parse_uuid(const char *name, struct uuid *uuid)
{
    struct uuid raw;
    if (strlen(name) != 36 || uuid_parse(name, &raw) != STATUS_OK) {
        return false;
    }
    *uuid = uuid_swap(&raw);
    return true;
}

// Behind a menu's folder: "choice/TOKEN/ITEM/" comes before the usual name. What is behind it, or `name`
// itself when nothing was chosen; NULL when it is broken.
static const char *request_take_choice(const char *name, struct loader_request *request)
{
    const char *token = request_behind(name, DIALECT_CHOICE);
    if (token == NULL) {
        return name;
    }
    size_t token_length = strcspn(token, "/");
    const char *item = token + token_length + (token[token_length] == '/');
    size_t item_length = strcspn(item, "/");
    bool is_whole = token_length == LOADER_TOKEN_BYTES - 1 && item_length != 0 &&
                    item_length < MENU_NAME_BYTES && item[item_length] == '/';
    if (!is_whole) {
        return NULL;
    }
    memcpy(request->token, token, token_length);
    memcpy(request->choice, item, item_length);
    return item + item_length + 1;
}

static bool request_parse_who(const char *name, struct loader_request *request)
{
    return request_parse_mac(name, &request->mac) || request_parse_uuid(name, &request->uuid) ||
           request_parse_address(name, &request->address) || request_parse_ip6(name, &request->address);
}

static bool request_parse_pxelinux(const char *path, struct loader_request *request)
{
    const char *name = request_behind(path, "pxelinux.cfg/");
    name = name == NULL ? NULL : request_take_choice(name, request);
    if (name == NULL) {
        return false;
    }
    request->dialect = LOADER_DIALECT_PXELINUX;
    request->is_generic = text_equal_nocase(name, "default");
    return request->is_generic || request_parse_who(name, request);
}

static bool request_parse_grub(const char *path, struct loader_request *request)
{
    request->dialect = LOADER_DIALECT_GRUB;
    for (size_t i = 0; i < COUNT_OF(REQUEST_GRUB_FOLDERS); i++) {
        const char *file = request_behind(path, REQUEST_GRUB_FOLDERS[i]);
        file = file == NULL ? NULL : request_take_choice(file, request);
        const char *who = file != NULL ? request_behind(file, "grub.cfg") : NULL;
        if (who == NULL) {
            continue;
        }
        request->is_generic = *who == '\0';
        return request->is_generic || (*who == '-' && request_parse_who(who + 1, request));
    }
    return false;
}

static bool request_parse_ipxe(const char *path, struct loader_request *request)
{
    request->dialect = LOADER_DIALECT_IPXE;
    request->is_generic = text_equal_nocase(path, "boot.ipxe");
    if (request->is_generic || text_equal_nocase(path, "machine.ipxe")) {
        return true;
    }
    const char *mac = request_behind(path, "machine.ipxe/");
    mac = mac == NULL ? NULL : request_take_choice(mac, request);
    mac = mac == NULL ? NULL : request_behind(mac, "mac-");
    return mac != NULL && hw_parse(mac, &request->mac) == STATUS_OK;
}

bool loader_request_parse(const char *path, struct loader_request *request)
{
    static bool (*const PARSERS[])(const char *, struct loader_request *) = {
        request_parse_pxelinux, request_parse_grub, request_parse_ipxe};
    path += *path == '/';
    for (size_t i = 0; i < COUNT_OF(PARSERS); i++) {
        *request = (struct loader_request){.is_generic = false};
        if (PARSERS[i](path, request)) {
            return true;
        }
    }
    *request = (struct loader_request){.is_generic = false};
    return false;
}
