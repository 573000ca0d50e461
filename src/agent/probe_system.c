// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/probe_inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARPHRD_ETHER "1"

// Vendors leave these where a value should be; they name nobody.
static bool is_filler(const char *text)
{
    static const char *const fillers[] = {"To Be Filled By O.E.M.",
                                          "System Product Name",
                                          "System manufacturer",
                                          "System Serial Number",
                                          "Default string",
                                          "Not Specified",
                                          "None",
                                          "O.E.M."};
    return text_find(text, fillers, COUNT_OF(fillers)) < COUNT_OF(fillers);
}

static void read_smbios(const char *folder, const char *name, char *out, size_t out_bytes)
{
    if (probe_read(folder, name, out, out_bytes) && is_filler(out)) {
        out[0] = '\0';
    }
}

// The value behind "name\t: " in a line.
static const char *value_of(const char *line, const char *name)
{
    if (!text_starts(line, name)) {
        return NULL;
    }
    const char *at = line + strlen(name);
    at += strspn(at, " \t");
    return *at == ':' ? at + 1 + strspn(at + 1, " \t") : NULL;
}

static void read_processor(const char *proc, struct inventory *inventory)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/cpuinfo", proc);
    FILE *file = fopen(path, "re");
    char line[1024];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        const char *name = value_of(line, "model name");
        if (name != NULL && inventory->processor[0] == '\0') {
            (void)text_copy(inventory->processor, sizeof inventory->processor, name);
        }
        if (value_of(line, "processor") != NULL) {
            inventory->processor_count++;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void read_memory(const char *proc, struct inventory *inventory)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/meminfo", proc);
    FILE *file = fopen(path, "re");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *kilobytes = value_of(line, "MemTotal");
        if (kilobytes != NULL) {
            inventory->memory_bytes = strtoull(kilobytes, NULL, 10) * 1024;
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void read_firmware(const char *sys, struct inventory *inventory)
{
    char path[256];
    struct stat is;
    (void)snprintf(path, sizeof path, "%s/firmware/efi", sys);
    inventory->is_uefi = stat(path, &is) == 0;
    if (!inventory->is_uefi) {
        return;
    }
    // UEFI specification 3.3, "SecureBoot": four bytes of attributes, then 1 = on.
    (void)snprintf(path, sizeof path,
                   "%s/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", sys);
    uint8_t value[8];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (read(fd, value, sizeof value) == 5) {
        inventory->secure_boot = value[4] == 1 ? INVENTORY_SECURE_ON : INVENTORY_SECURE_OFF;
    }
    (void)close(fd);
}

void probe_system(const struct probe_paths *paths, struct inventory *inventory)
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/class/dmi/id", paths->sys);
    read_smbios(folder, "sys_vendor", inventory->vendor, sizeof inventory->vendor);
    read_smbios(folder, "product_name", inventory->product, sizeof inventory->product);
    read_smbios(folder, "product_serial", inventory->serial, sizeof inventory->serial);
    char text[64];
    struct uuid uuid;
    if (probe_read(folder, "product_uuid", text, sizeof text) && uuid_parse(text, &uuid) == STATUS_OK) {
        (void)uuid_print(&uuid, inventory->uuid);
    }
    read_processor(paths->proc, inventory);
    read_memory(paths->proc, inventory);
    read_firmware(paths->sys, inventory);
}

// The address burnt into the card; what it uses now may be another.
static bool read_permanent(const char *name, struct hw *mac)
{
    struct {
        struct ethtool_perm_addr head;
        uint8_t octets[32];
    } wish = {.head = {.cmd = ETHTOOL_GPERMADDR, .size = sizeof wish.octets}};
    struct ifreq request = {0};
    void *data = &wish;
    (void)text_copy(request.ifr_name, sizeof request.ifr_name, name);
    request.ifr_data = data;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool got = fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 && wish.head.size == 6;
    if (fd >= 0) {
        (void)close(fd);
    }
    static const uint8_t none[6] = {0};
    if (got && memcmp(wish.octets, none, 6) != 0) {
        *mac = hw_ethernet(wish.octets);
        return true;
    }
    return false;
}

static void read_pci(const char *device, char *out, size_t out_bytes)
{
    char vendor[16];
    char product[16];
    if (probe_read(device, "vendor", vendor, sizeof vendor) && text_starts(vendor, "0x") &&
        probe_read(device, "device", product, sizeof product) && text_starts(product, "0x")) {
        (void)snprintf(out, out_bytes, "%s:%s", vendor + 2, product + 2);
    }
}

static void read_driver(const char *device, char *out, size_t out_bytes)
{
    char path[640];
    char target[512];
    (void)snprintf(path, sizeof path, "%s/driver", device);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
        target[length] = '\0';
        const char *slash = strrchr(target, '/');
        (void)text_copy(out, out_bytes, slash != NULL ? slash + 1 : target);
    }
}

static void read_card(const char *folder, const char *name, bool is_real, struct inventory_card *card)
{
    char device[560];
    char text[64];
    *card = (struct inventory_card){0};
    (void)text_copy(card->name, sizeof card->name, name);
    (void)snprintf(device, sizeof device, "%s/device", folder);
    read_pci(device, card->pci, sizeof card->pci);
    if (card->pci[0] == '\0') { // virtio sits on a PCI device of its own
        char parent[600];
        (void)snprintf(parent, sizeof parent, "%s/..", device);
        read_pci(parent, card->pci, sizeof card->pci);
    }
    read_driver(device, card->driver, sizeof card->driver);
    card->has_link = probe_read(folder, "carrier", text, sizeof text) && strcmp(text, "1") == 0;
    bool has_mac = is_real && read_permanent(name, &card->mac);
    if (!has_mac &&
        !(probe_read(folder, "address", text, sizeof text) && hw_parse(text, &card->mac) == STATUS_OK)) {
        card->mac = (struct hw){0};
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

void probe_cards(const struct probe_paths *paths, struct inventory *inventory)
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/class/net", paths->sys);
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        char card[520];
        char device[540];
        char type[16];
        struct stat is;
        (void)snprintf(card, sizeof card, "%s/%s", folder, entries[i]->d_name);
        (void)snprintf(device, sizeof device, "%s/device", card); // bridges, tunnels and lo have none
        if (entries[i]->d_name[0] != '.' && stat(device, &is) == 0 &&
            probe_read(card, "type", type, sizeof type) && strcmp(type, ARPHRD_ETHER) == 0 &&
            inventory->card_count < INVENTORY_CARDS_MOST) {
            read_card(card, entries[i]->d_name, paths->dev != NULL,
                      &inventory->cards[inventory->card_count++]);
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}
