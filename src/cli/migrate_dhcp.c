// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_dhcp.h"

#include "base/text.h"
#include "model/network.h"
#include "wire/pxe.h"

#include <string.h>

#define SUBNETS MIGRATE_SUBNETS
#define CLASSES MIGRATE_CLASSES

static const struct migrate_item *get_item(const struct migration *migration, unsigned item)
{
    return heap_array_get(&migration->items, item - 1);
}

bool migrate_dhcp_is(const struct migration *migration, unsigned item, const char *table)
{
    return item != 0 && strcmp(get_item(migration, item)->table->name, table) == 0 &&
           !get_item(migration, item)->is_dropped;
}

// ---- networks ----

bool migrate_dhcp_subnet(const struct migration *migration, unsigned item, struct subnet *subnet)
{
    const struct migrate_setting *setting = migrate_dhcp_is(migration, item, SUBNETS)
                                                ? migrate_find_in(migration, item, SUBNETS "[].network", NULL)
                                                : NULL;
    return setting != NULL && subnet_parse(setting->value, subnet) == STATUS_OK;
}

unsigned migrate_dhcp_find(const struct migration *migration, struct ip4 address)
{
    struct subnet subnet;
    for (unsigned i = 1; i <= migration->items.count; i++) {
        if (migrate_dhcp_subnet(migration, i, &subnet) && subnet_has(subnet, address)) {
            return i;
        }
    }
    return 0;
}

unsigned migrate_dhcp_network(struct migration *migration, struct ip4 network, unsigned prefix,
                              const char *what)
{
    char text[SUBNET_TEXT_BYTES];
    struct subnet subnet = {{network.value & ip4_mask((uint8_t)prefix).value}, (uint8_t)prefix};
    struct subnet other;
    if (!ip4_equal(subnet.network, network)) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "the address has bits outside of the mask; taken as the network %s",
                       subnet_print(subnet, text));
    }
    unsigned found = migrate_dhcp_find(migration, subnet.network);
    if (found != 0 && migrate_dhcp_subnet(migration, found, &other) && other.prefix == subnet.prefix) {
        return found;
    }
    return migrate_add(migration, 0, SUBNETS, subnet_print(subnet, text), what);
}

// Most of the network is to be given away, though its hosts with fixed addresses live there, too.
static void look_at_range(struct migration *migration, const struct subnet *subnet,
                          const struct migrate_range *range, const char *what)
{
    uint32_t all = ~ip4_mask(subnet->prefix).value - 1;
    uint32_t given = range->last.value - range->first.value + 1;
    if (subnet->prefix <= 29 && subnet->prefix >= 8 && given >= all - all / 20) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "the range has nearly every address of the network, so those of hosts with fixed "
                       "addresses, the server's own among them, are in it: name them in 'exclude' (imprint "
                       "finds those of its own interfaces by itself)");
    }
}

void migrate_dhcp_range(struct migration *migration, unsigned subnet, const struct migrate_range *range,
                        const char *what)
{
    char first[IP4_TEXT_BYTES];
    char last[IP4_TEXT_BYTES];
    char text[2 * IP4_TEXT_BYTES];
    struct subnet of;
    if (!migrate_dhcp_subnet(migration, subnet, &of)) {
        migrate_remark(migration, MIGRATE_LEFT, what, "it stands in no network");
        return;
    }
    struct migrate_range in_order = *range;
    if (range->first.value > range->last.value) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "the range ends before it begins; taken the other way round");
        in_order.first = range->last;
        in_order.last = range->first;
    }
    if (!subnet_has(of, in_order.first) || !subnet_has(of, in_order.last)) {
        migrate_remark(migration, MIGRATE_FAULT, what, "the range is not inside %s", subnet_print(of, text));
        return;
    }
    if (of.prefix <= 30 && ip4_equal(in_order.first, of.network)) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "the range has the network's own address; begun behind it");
        in_order.first.value++;
    }
    if (of.prefix <= 30 && ip4_equal(in_order.last, subnet_broadcast(of))) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "the range has the broadcast address; ended before it");
        in_order.last.value--;
    }
    look_at_range(migration, &of, &in_order, what);
    (void)snprintf(text, sizeof text, "%s-%s", ip4_print(in_order.first, first),
                   ip4_print(in_order.last, last));
    bool is_plain = range->classes[0] == '\0' && !range->has_bootp;
    if (is_plain && migrate_find_in(migration, subnet, SUBNETS "[].range", NULL) == NULL) {
        migrate_set_in(migration, subnet, SUBNETS "[].range", text, what);
        return;
    }
    unsigned item = migrate_add(migration, subnet, SUBNETS "[].ranges", text, what);
    if (item != 0 && range->classes[0] != '\0') {
        migrate_set_in(migration, item, SUBNETS "[].ranges[].classes", range->classes, what);
    }
    if (item != 0 && range->has_bootp) {
        migrate_set_in(migration, item, SUBNETS "[].ranges[].bootp", "yes", what);
    }
}

// ---- times ----

void migrate_dhcp_lease(struct migration *migration, unsigned item, const char *key, const char *seconds,
                        bool is_lent, const char *what)
{
    char name[KEY_NAME_BYTES];
    char text[32];
    uint64_t number;
    (void)snprintf(name, sizeof name, "%s[].%s",
                   migrate_dhcp_is(migration, item, SUBNETS) ? SUBNETS : CLASSES, key);
    if (is_lent && migrate_find_in(migration, item, name, NULL) != NULL) {
        return;
    }
    if (key_find(name) == NULL) {
        migrate_remark(migration, MIGRATE_LEFT, what, "a class has a lease, but no bounds of it");
    } else if (text_parse_u64(seconds, UINT32_MAX, &number) != STATUS_OK) {
        migrate_remark(migration, MIGRATE_FAULT, what, "'%.40s' is no number of seconds", seconds);
    } else if (number >= UINT32_MAX / 2) {
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "leases without an end are not given; 'lease: 365d' is near it");
    } else if (number < NETWORK_LEASE_LEAST_S) {
        (void)snprintf(text, sizeof text, "%us", NETWORK_LEASE_LEAST_S);
        migrate_remark(migration, MIGRATE_CHANGED, what, "imprint's shortest lease is %s", text);
        migrate_set_in(migration, item, name, text, what);
    } else {
        (void)snprintf(text, sizeof text, "%llus", (unsigned long long)number);
        migrate_set_in(migration, item, name, text, what);
    }
}

// ---- what to boot ----

void migrate_dhcp_file(struct migration *migration, const char *file, const char *what)
{
    static const char *const loaders[] = {"pxelinux.0",  "lpxelinux.0",  "undionly.kpxe",  "ipxe.efi",
                                          "snponly.efi", "grubx64.efi",  "grubnetx64.efi", "shimx64.efi",
                                          "bootx64.efi", "syslinux.efi", "ipxe.pxe",       "grubaa64.efi",
                                          "core.0",      "BOOTX64.EFI"};
    static const char *const bios[] = {"pxelinux.0", "lpxelinux.0", "undionly.kpxe", "ipxe.pxe", "core.0"};
    const char *slash = strrchr(file, '/');
    const char *name = slash == NULL ? file : slash + 1;
    if (text_find(name, loaders, COUNT_OF(loaders)) == COUNT_OF(loaders)) {
        migrate_remark(
            migration, MIGRATE_LEFT, what,
            "imprint chooses the boot file by the client's firmware and by its order; what else is "
            "to be fetched belongs into tftp.root");
        return;
    }
    migrate_remark(migration, MIGRATE_CHANGED, what,
                   "imprint brings boot loaders and sends each firmware its own%s",
                   text_find(name, bios, COUNT_OF(bios)) == COUNT_OF(bios)
                       ? ""
                       : "; this one runs on BIOS only, so UEFI machines that got it did not boot");
}

void migrate_dhcp_server(struct migration *migration, const char *address, const char *what)
{
    struct ip4 ip4;
    if (ip4_parse(address, &ip4) != STATUS_OK) {
        migrate_remark(
            migration, MIGRATE_FAULT, what,
            "'%.100s' is a name, which the old server had to look up when it started%s; imprint "
            "serves boot files itself",
            address,
            strstr(address, "redhat.com") != NULL ? " (it comes from the example in dhcpd's package)" : "");
        return;
    }
    migrate_remark(
        migration, MIGRATE_CHANGED, what,
        "imprint serves boot files itself; bring over what lies in the folder of %.40s, as tftp.root",
        address);
    unsigned subnet = migrate_dhcp_find(migration, ip4);
    if (subnet != 0 && ip4.value != 0) {
        migrate_set_in(migration, subnet, SUBNETS "[].exclude", address, what);
    }
}

// ---- what is inside takes over from what is around ----

struct lent {
    unsigned depth;
    unsigned line;
    char file[MIGRATE_PATH_BYTES];
    char key[16];
    char name[DHCP_OPTION_NAME_BYTES];
    char value[MIGRATE_VALUE_BYTES];
    char what[MIGRATE_WHAT_BYTES];
};

void migrate_lend_init(struct migrate_lending *lending)
{
    lending->lent = heap_array_init(sizeof(struct lent));
}

void migrate_lend_clear(struct migrate_lending *lending)
{
    heap_array_clear(&lending->lent);
}

void migrate_lend(struct migration *migration, struct migrate_lending *lending, unsigned depth,
                  const char *key, const char *name, const char *value, const char *what)
{
    struct lent lent = {.depth = depth, .line = migration->line};
    (void)text_copy(lent.file, sizeof lent.file, migration->file);
    (void)text_copy(lent.key, sizeof lent.key, key);
    (void)text_copy(lent.what, sizeof lent.what, what);
    if (lending->lent.count >= MIGRATE_MOST) {
        migration->is_cut = true;
    } else if (text_copy(lent.name, sizeof lent.name, name) != STATUS_OK ||
               text_copy(lent.value, sizeof lent.value, value) != STATUS_OK) {
        migrate_remark(migration, MIGRATE_LEFT, what, "it is too long");
    } else {
        heap_array_add(&lending->lent, &lent);
    }
}

// Lays one setting over a network or a machine that does not have it.
static void give_machine(struct migration *migration, size_t machine, const struct lent *lent)
{
    char name[DHCP_OPTION_NAME_BYTES];
    char value[MIGRATE_VALUE_BYTES];
    if (strcmp(lent->key, "option") != 0) {
        return; // a lease's time is the network's
    }
    (void)text_copy(name, sizeof name, lent->name);
    (void)text_copy(value, sizeof value, lent->value);
    if (!migrate_read_option(migration, name, value, lent->what)) {
        return;
    }
    for (size_t i = 0; i < migration->machine_options.count; i++) {
        const struct migrate_machine_option *has = heap_array_get(&migration->machine_options, i);
        if (has->machine == machine && strcmp(has->name, name) == 0) {
            return;
        }
    }
    migrate_set_machine_option(migration, machine, name, value, lent->what);
}

static void give(struct migration *migration, const struct lent *lent, size_t items, size_t machines)
{
    migrate_at(migration, "", lent->line);
    (void)text_copy(migration->file, sizeof migration->file, lent->file);
    for (size_t i = items; i < migration->items.count; i++) {
        unsigned item = (unsigned)i + 1;
        if (!migrate_dhcp_is(migration, item, SUBNETS)) {
            continue;
        }
        if (strcmp(lent->key, "option") == 0) {
            migrate_dhcp_option(migration, item, lent->name, lent->value, true, lent->what);
        } else {
            migrate_dhcp_lease(migration, item, lent->key, lent->value, true, lent->what);
        }
    }
    for (size_t i = machines; i < migration->machines.count; i++) {
        give_machine(migration, i, lent);
    }
}

void migrate_lend_end(struct migration *migration, struct migrate_lending *lending, unsigned depth,
                      size_t items, size_t machines)
{
    unsigned line = migration->line;
    struct heap_array kept = heap_array_init(sizeof(struct lent));
    for (size_t i = 0; i < lending->lent.count; i++) {
        const struct lent *lent = heap_array_get(&lending->lent, i);
        if (lent->depth == depth) {
            give(migration, lent, items, machines);
        } else {
            heap_array_add(&kept, lent);
        }
    }
    heap_array_clear(&lending->lent);
    lending->lent = kept;
    migration->line = line;
}

// ---- what does not go together ----

static void check_machine(struct migration *migration, struct migrate_machine *machine)
{
    char what[MIGRATE_WHAT_BYTES];
    char address[IP4_TEXT_BYTES];
    struct hw example = hw_ethernet((const uint8_t[]){0x12, 0x34, 0x56, 0x78, 0xab, 0xcd});
    (void)text_copy(migration->file, sizeof migration->file, machine->from.file);
    migration->line = machine->from.line;
    (void)text_copy(what, sizeof what, machine->from.what);
    if (machine->mac_count == 0) {
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "it has no hardware address of its own, and imprint knows machines by theirs");
    }
    if (machine->mac_count != 0 && hw_equal(&machine->macs[0], &example)) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "its hardware address is that of the example in dhcpd's package, no machine's");
    }
    if (machine->address.value != 0 && migrate_dhcp_find(migration, machine->address) == 0) {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "its address %s is in none of the networks, so it never got it; left out",
                       ip4_print(machine->address, address));
        machine->address.value = 0;
    }
}

// A class that gives its members nothing: it was there to choose the boot file.
static void check_class(struct migration *migration, unsigned class)
{
    static const char *const gifts[] = {CLASSES "[].options", CLASSES "[].lease", CLASSES "[].unknown"};
    const struct migrate_setting *name = migrate_find_in(migration, class, CLASSES "[].name", NULL);
    for (size_t i = 0; i < COUNT_OF(gifts); i++) {
        if (migrate_find_in(migration, class, gifts[i], NULL) != NULL) {
            return;
        }
    }
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (setting->key->type == KEY_CLASSES && strstr(setting->value, name->value) != NULL) {
            return;
        }
    }
    (void)text_copy(migration->file, sizeof migration->file, name->from.file);
    migration->line = name->from.line;
    struct migrate_place from = name->from;
    migrate_drop(migration, class);
    migrate_remark(migration, MIGRATE_NEEDLESS, from.what,
                   "its members get nothing of their own from imprint");
}

// Whether a range of the network has `address`; `what` is then its words, and the migration stands there.
static bool find_range(struct migration *migration, unsigned subnet, struct ip4 address,
                       char what[MIGRATE_WHAT_BYTES])
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *range = heap_array_get(&migration->settings, i);
        unsigned owner = range->item == 0 ? 0 : get_item(migration, range->item)->owner;
        struct ip4 first;
        struct ip4 last;
        if (range->key->type == KEY_RANGE && (range->item == subnet || owner == subnet) &&
            network_range_parse(range->value, &first, &last) == STATUS_OK && address.value >= first.value &&
            address.value <= last.value) {
            (void)text_copy(what, MIGRATE_WHAT_BYTES, range->from.what);
            struct migrate_place from = range->from;
            migrate_at(migration, from.file, from.line);
            return true;
        }
    }
    return false;
}

// Addresses of servers and routers, in ranges that are given away.
static void check_given(struct migration *migration, unsigned subnet, const char *key, const char *whose,
                        const char *remedy)
{
    char what[MIGRATE_WHAT_BYTES];
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        struct ip4 address;
        if (setting->item == subnet && strcmp(setting->key->name, key) == 0 &&
            ip4_parse(setting->value, &address) == STATUS_OK &&
            find_range(migration, subnet, address, what)) {
            migrate_remark(migration, MIGRATE_FAULT, what,
                           "the range has %s address %s (line %u), which clients could get; %s", whose,
                           setting->value, setting->from.line, remedy);
        }
    }
}

static bool has_machines(const struct migration *migration, const struct subnet *subnet)
{
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *machine = heap_array_get(&migration->machines, i);
        if (machine->mac_count != 0 && machine->address.value != 0 && subnet_has(*subnet, machine->address)) {
            return true;
        }
    }
    return false;
}

// Only machines with addresses of their own are served there: a range of one address, which nobody gets.
static void set_empty_range(struct migration *migration, unsigned item, const struct subnet *subnet,
                            const char *what)
{
    char last[IP4_TEXT_BYTES];
    char range[2 * IP4_TEXT_BYTES];
    struct ip4 address = {subnet_broadcast(*subnet).value - 1};
    (void)snprintf(range, sizeof range, "%s-%s", ip4_print(address, last), last);
    migrate_set_in(migration, item, SUBNETS "[].range", range, what);
    migrate_set_in(migration, item, SUBNETS "[].exclude", last, what);
    migrate_remark(
        migration, MIGRATE_CHANGED, what,
        "it has no range, so only machines with addresses of their own are served there; imprint wants "
        "a range, and gets one that 'exclude' keeps back wholly");
}

static void check_network(struct migration *migration, unsigned subnet)
{
    struct subnet of;
    bool has_ranges = migrate_find_in(migration, subnet, SUBNETS "[].range", NULL) != NULL;
    for (size_t i = 0; i < migration->items.count; i++) {
        const struct migrate_item *item = heap_array_get(&migration->items, i);
        has_ranges = has_ranges || (item->owner == subnet && !item->is_dropped);
    }
    if (has_ranges) {
        return;
    }
    struct migrate_place from = migrate_find_in(migration, subnet, SUBNETS "[].network", NULL)->from;
    migrate_at(migration, from.file, from.line);
    if (migrate_dhcp_subnet(migration, subnet, &of) && of.prefix <= 30 && has_machines(migration, &of)) {
        set_empty_range(migration, subnet, &of, from.what);
        return;
    }
    migrate_drop(migration, subnet);
    migrate_remark(migration, MIGRATE_LEFT, from.what,
                   "it has no range and no machine with an address in it, so nobody was served there");
}

// Other servers say nothing to clients of somebody else's unless they are told to.
static void check_authority(struct migration *migration)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, SUBNETS "[].network") == 0 &&
            migrate_find(migration, "dhcp.authoritative") == NULL) {
            struct migrate_place from = setting->from;
            migrate_at(migration, from.file, from.line);
            migrate_remark(migration, MIGRATE_CHANGED, "authoritative",
                           "the other server was not, since its file does not say it; imprint is, unless "
                           "dhcp.authoritative is no");
            return;
        }
    }
}

void migrate_dhcp_finish(struct migration *migration)
{
    for (size_t i = 0; i < migration->machines.count; i++) {
        check_machine(migration, heap_array_get(&migration->machines, i));
    }
    for (unsigned i = 1; i <= migration->items.count; i++) {
        if (migrate_dhcp_is(migration, i, CLASSES)) {
            check_class(migration, i);
        } else if (migrate_dhcp_is(migration, i, SUBNETS)) {
            check_given(migration, i, SUBNETS "[].exclude", "the server's own", "'exclude' keeps it back");
            check_given(migration, i, SUBNETS "[].routers", "the router's",
                        "imprint keeps it back by itself");
            check_network(migration, i);
        }
    }
    check_authority(migration);
}
