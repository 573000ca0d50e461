// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's configuration of DHCPv4: its sections, networks, pools and reservations. Names of members only, never
// values, are said of what imprint migrate does not know: there may be passwords among them.
#include "cli/migrate_kea.h"

#include "base/text.h"

#include <string.h>

// ---- walking ----

void kea_at(struct kea_reading *reading, size_t position)
{
    const struct kea_node *node = kea_tree_get(&reading->tree, position);
    migrate_at(reading->migration, heap_array_get(&reading->tree.paths, node->file), node->line);
}

void kea_remark(struct kea_reading *reading, enum migrate_remark_kind kind, const char *text)
{
    migrate_remark(reading->migration, kind, reading->what, "%s", text);
}

static const char *text_of(const struct kea_reading *reading, size_t node)
{
    return kea_tree_get(&reading->tree, node)->text;
}

void kea_list_read(struct kea_reading *reading, size_t position, struct kea_scope *scope,
                   void (*take)(struct kea_reading *reading, size_t node, struct kea_scope *scope))
{
    const struct kea_node *list = kea_tree_get(&reading->tree, position);
    if (list->kind != KEA_CONF_ARRAY) {
        kea_remark(reading, MIGRATE_FAULT, "it should be a list, in [ and ]");
        return;
    }
    for (size_t at = list->first; at != KEA_NODE_NONE; at = kea_tree_get(&reading->tree, at)->next) {
        kea_at(reading, at);
        (void)text_copy(reading->what, sizeof reading->what, list->key);
        if (kea_tree_get(&reading->tree, at)->kind == KEA_CONF_OBJECT) {
            take(reading, at, scope);
        } else {
            kea_remark(reading, MIGRATE_FAULT, "it should be an object, in { and }");
        }
    }
}

// "valid-lifetime: 3600" of what a row knows; of others only the name.
static void print_what(struct kea_reading *reading, size_t position, bool is_known)
{
    const struct kea_node *node = kea_tree_get(&reading->tree, position);
    bool has_value = is_known && node->text[0] != '\0';
    (void)snprintf(reading->what, sizeof reading->what, "%.60s%s%.60s", node->key, has_value ? ": " : "",
                   has_value ? node->text : "");
}

static const struct kea_row *find_row(const struct kea_row *rows, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

// ---- what all levels have ----

static void take_time(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    const char *name = kea_tree_get(&reading->tree, node)->key;
    const char *key = text_starts(name, "min-")   ? "lease_min"
                      : text_starts(name, "max-") ? "lease_max"
                                                  : "lease";
    if (scope->subnet != 0) {
        migrate_dhcp_lease(reading->migration, scope->subnet, key, text_of(reading, node), false,
                           reading->what);
    } else {
        migrate_lend(reading->migration, &reading->lending, scope->depth, key, "", text_of(reading, node),
                     reading->what);
    }
}

static void take_file(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    (void)scope;
    if (text_of(reading, node)[0] != '\0') {
        migrate_dhcp_file(reading->migration, text_of(reading, node), reading->what);
    }
}

static void take_server(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    const char *address = text_of(reading, node);
    (void)scope;
    if (address[0] != '\0' && strcmp(address, "0.0.0.0") != 0) {
        migrate_dhcp_server(reading->migration, address, reading->what);
    }
}

static void take_authoritative(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    bool is_yes = strcmp(text_of(reading, node), "true") == 0;
    if (scope->depth != 0) {
        kea_remark(reading, MIGRATE_CHANGED, "imprint is authoritative for all its networks or for none");
        return;
    }
    migrate_set(reading->migration, "dhcp.authoritative", is_yes ? "yes" : "no", reading->what);
}

#define RENEW    "clients ask again after half of the lease and after 7/8 of it"
#define RESERVED "a machine's own address always comes first, in a range or not"
#define NO_DNS   "imprint does not update DNS"

// What the whole, shared networks and networks have alike.
static const struct kea_row common_rows[] = {
    {"valid-lifetime", MIGRATE_LEFT, NULL, take_time},
    {"min-valid-lifetime", MIGRATE_LEFT, NULL, take_time},
    {"max-valid-lifetime", MIGRATE_LEFT, NULL, take_time},
    {"option-data", MIGRATE_LEFT, NULL, kea_options_read},
    {"boot-file-name", MIGRATE_LEFT, NULL, take_file},
    {"next-server", MIGRATE_LEFT, NULL, take_server},
    {"authoritative", MIGRATE_LEFT, NULL, take_authoritative},
    {"server-hostname", MIGRATE_NEEDLESS, "imprint names itself to clients", NULL},
    {"renew-timer", MIGRATE_CHANGED, RENEW, NULL},
    {"rebind-timer", MIGRATE_CHANGED, RENEW, NULL},
    {"calculate-tee-times", MIGRATE_NEEDLESS, RENEW, NULL},
    {"t1-percent", MIGRATE_CHANGED, RENEW, NULL},
    {"t2-percent", MIGRATE_CHANGED, RENEW, NULL},
    {"match-client-id", MIGRATE_NEEDLESS, "a machine has one address, whatever ids it says", NULL},
    {"reservation-mode", MIGRATE_NEEDLESS, RESERVED, NULL},
    {"reservations-global", MIGRATE_NEEDLESS, RESERVED, NULL},
    {"reservations-in-subnet", MIGRATE_NEEDLESS, RESERVED, NULL},
    {"reservations-out-of-pool", MIGRATE_NEEDLESS, RESERVED, NULL},
    {"ddns-send-updates", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-override-no-update", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-override-client-update", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-replace-client-name", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-generated-prefix", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-qualifying-suffix", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-update-on-renew", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-use-conflict-resolution", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-conflict-resolution-mode", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-ttl", MIGRATE_LEFT, NO_DNS, NULL},
    {"ddns-ttl-percent", MIGRATE_LEFT, NO_DNS, NULL},
    {"hostname-char-set", MIGRATE_NEEDLESS, "imprint takes names of letters, digits and '-'", NULL},
    {"hostname-char-replacement", MIGRATE_NEEDLESS, "imprint takes names of letters, digits and '-'", NULL},
    {"cache-threshold", MIGRATE_NEEDLESS, "imprint writes every lease", NULL},
    {"cache-max-age", MIGRATE_NEEDLESS, "imprint writes every lease", NULL},
    {"offer-lifetime", MIGRATE_NEEDLESS, "imprint keeps offers back by itself", NULL},
    {"store-extended-info", MIGRATE_NEEDLESS, "imprint remembers by which relay agent a client came", NULL},
    {"allocator", MIGRATE_NEEDLESS, "imprint begins at a range's first address", NULL},
    {"user-context", MIGRATE_NEEDLESS, "a note for people", NULL},
    {"comment", MIGRATE_NEEDLESS, "a note for people", NULL},
};

void kea_members_read(struct kea_reading *reading, size_t position, const struct kea_row *rows, size_t count,
                      struct kea_scope *scope)
{
    for (size_t at = kea_tree_get(&reading->tree, position)->first; at != KEA_NODE_NONE;
         at = kea_tree_get(&reading->tree, at)->next) {
        const struct kea_node *node = kea_tree_get(&reading->tree, at);
        const struct kea_row *row = find_row(rows, count, node->key);
        row = row == NULL ? find_row(common_rows, COUNT_OF(common_rows), node->key) : row;
        kea_at(reading, at);
        print_what(reading, at, row != NULL && row->take != NULL);
        if (node->is_cut) {
            kea_remark(reading, MIGRATE_LEFT, "it is too long");
        } else if (row == NULL) {
            kea_remark(reading, MIGRATE_LEFT, "imprint migrate does not know this; see imprint.yaml(5)");
        } else if (row->take != NULL) {
            row->take(reading, at, scope);
        } else {
            kea_remark(reading, row->kind, row->text);
        }
    }
}

// ---- who may have addresses ----

// Adds the class `name` of the file to those in `guard`. `is_for_nobody` when it has no equal.
static void add_guard(struct kea_reading *reading, const char *name, char guard[128], bool *is_for_nobody)
{
    const char *class = kea_class_find(reading, name);
    size_t length = strlen(guard);
    struct text text;
    if (class == NULL) {
        *is_for_nobody = true;
        return;
    }
    if (class[0] == '\0') {
        return; // everybody
    }
    text_init(&text, guard + length, 128 - length);
    text_add_format(&text, "%s%s", length == 0 ? "" : ",", class);
    if (text.cut) {
        guard[length] = '\0';
        *is_for_nobody = true;
    }
}

static void read_guard(struct kea_reading *reading, size_t node, char guard[128], bool *is_for_nobody)
{
    size_t list = kea_tree_find(&reading->tree, node, "client-classes");
    const char *one = kea_tree_find_text(&reading->tree, node, "client-class");
    if (one[0] != '\0') {
        add_guard(reading, one, guard, is_for_nobody);
    }
    for (size_t at = list == KEA_NODE_NONE ? list : kea_tree_get(&reading->tree, list)->first;
         at != KEA_NODE_NONE; at = kea_tree_get(&reading->tree, at)->next) {
        add_guard(reading, text_of(reading, at), guard, is_for_nobody);
    }
}

// ---- pools ----

// "192.0.2.10 - 192.0.2.20" or "192.0.2.16/28"
static bool read_pool(const char *written, struct migrate_range *range)
{
    char first[40];
    struct text text;
    struct subnet subnet;
    const char *dash = strchr(written, '-');
    text_init(&text, first, sizeof first);
    if (dash == NULL) {
        if (subnet_parse(written, &subnet) != STATUS_OK) {
            return false;
        }
        range->first = subnet.network;
        range->last = subnet_broadcast(subnet);
        return true;
    }
    text_add_bytes(&text, written, strcspn(written, " \t-"));
    dash += 1 + strspn(dash + 1, " \t");
    if (ip4_parse(first, &range->first) != STATUS_OK) {
        return false;
    }
    char last[40];
    text_init(&text, last, sizeof last);
    text_add_bytes(&text, dash, strcspn(dash, " \t"));
    return ip4_parse(last, &range->last) == STATUS_OK;
}

static const struct kea_row pool_rows[] = {
    {"pool", MIGRATE_NEEDLESS, "see the pool", NULL},
    {"client-class", MIGRATE_NEEDLESS, "see the pool", NULL},
    {"client-classes", MIGRATE_NEEDLESS, "see the pool", NULL},
    {"option-data", MIGRATE_LEFT, NULL, kea_options_read},
    {"pool-id", MIGRATE_NEEDLESS, "ranges are called by their addresses", NULL},
    {"require-client-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client", NULL},
    {"evaluate-additional-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client",
     NULL},
    {"user-context", MIGRATE_NEEDLESS, "a note for people", NULL},
    {"comment", MIGRATE_NEEDLESS, "a note for people", NULL},
};

static void take_pool(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct migrate_range range = {.classes = ""};
    struct kea_scope inside = *scope;
    char guard[128] = "";
    bool is_for_nobody = scope->is_for_nobody;
    const char *pool = kea_tree_find_text(&reading->tree, node, "pool");
    (void)snprintf(reading->what, sizeof reading->what, "pool %.80s", pool);
    inside.is_pool = true;
    read_guard(reading, node, guard, &is_for_nobody);
    if (!read_pool(pool, &range)) {
        kea_remark(reading, MIGRATE_FAULT, "a pool is 'FIRST - LAST' or a network with its prefix length");
    } else if (is_for_nobody || (guard[0] != '\0' && scope->guard[0] != '\0')) {
        kea_remark(reading, MIGRATE_LEFT,
                   "who may have these addresses could not be carried over, so the range was not either");
    } else {
        range.classes = guard[0] != '\0' ? guard : scope->guard;
        migrate_dhcp_range(reading->migration, scope->subnet, &range, reading->what);
    }
    kea_members_read(reading, node, pool_rows, COUNT_OF(pool_rows), &inside);
}

static void take_pools(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    kea_list_read(reading, node, scope, take_pool);
}

// ---- reservations ----

static void take_host_address(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    migrate_set_address(reading->migration, scope->machine, text_of(reading, node), reading->what);
}

static void take_host_classes(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    (void)scope;
    if (kea_tree_get(&reading->tree, node)->first != KEA_NODE_NONE) {
        kea_remark(reading, MIGRATE_LEFT,
                   "a machine belongs to the classes whose conditions it meets; give it options of its own");
    }
}

static const struct kea_row host_rows[] = {
    {"hw-address", MIGRATE_NEEDLESS, "see the machine", NULL},
    {"hostname", MIGRATE_NEEDLESS, "see the machine", NULL},
    {"ip-address", MIGRATE_LEFT, NULL, take_host_address},
    {"option-data", MIGRATE_LEFT, NULL, kea_options_read},
    {"boot-file-name", MIGRATE_LEFT, NULL, take_file},
    {"next-server", MIGRATE_LEFT, NULL, take_server},
    {"server-hostname", MIGRATE_NEEDLESS, "imprint names itself to clients", NULL},
    {"client-classes", MIGRATE_LEFT, NULL, take_host_classes},
    {"user-context", MIGRATE_NEEDLESS, "a note for people", NULL},
    {"comment", MIGRATE_NEEDLESS, "a note for people", NULL},
};

static void take_host(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct kea_scope inside = *scope;
    struct hw mac;
    char own[MACHINE_NAME_BYTES];
    const char *written = kea_tree_find_text(&reading->tree, node, "hw-address");
    const char *name = kea_tree_find_text(&reading->tree, node, "hostname");
    (void)snprintf(reading->what, sizeof reading->what, "reservation %.40s%s%.60s",
                   name[0] != '\0' ? name : kea_tree_find_text(&reading->tree, node, "ip-address"),
                   written[0] == '\0' ? "" : " ", written);
    if (written[0] == '\0') {
        kea_remark(reading, MIGRATE_LEFT, "it has no hw-address, and imprint knows machines by theirs");
        return;
    }
    if (!migrate_read_mac(written, &mac)) {
        kea_remark(reading, MIGRATE_FAULT, "this is no hardware address of Ethernet");
        return;
    }
    if (name[0] == '\0') {
        machine_pick_name(&mac, own);
        name = own;
    }
    inside.machine = migrate_add_machine(reading->migration, name, reading->what);
    if (inside.machine != SIZE_MAX) {
        migrate_set_mac(reading->migration, inside.machine, written, reading->what);
        kea_members_read(reading, node, host_rows, COUNT_OF(host_rows), &inside);
    }
}

void kea_hosts_read(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    kea_list_read(reading, node, scope, take_host);
}

// ---- networks ----

static void take_relay(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct kea_relay relay = {.subnet = scope->subnet};
    size_t list = kea_tree_find(&reading->tree, node, "ip-addresses");
    relay.node = list == KEA_NODE_NONE ? kea_tree_find(&reading->tree, node, "ip-address")
                                       : kea_tree_get(&reading->tree, list)->first;
    (void)text_copy(relay.shared, sizeof relay.shared, scope->shared);
    while (relay.node != KEA_NODE_NONE && reading->relays.count < MIGRATE_MOST) {
        heap_array_add(&reading->relays, &relay);
        relay.node = list == KEA_NODE_NONE ? list : kea_tree_get(&reading->tree, relay.node)->next;
    }
}

// Whether the relay agent is in one of the networks that it is named for.
static bool is_inside(const struct kea_reading *reading, const struct kea_relay *relay)
{
    const struct migration *migration = reading->migration;
    struct ip4 address;
    unsigned found = ip4_parse(text_of(reading, relay->node), &address) == STATUS_OK
                         ? migrate_dhcp_find(migration, address)
                         : 0;
    const struct migrate_setting *shared =
        found == 0 ? NULL : migrate_find_in(migration, found, "dhcp.subnets[].shared", NULL);
    return found != 0 &&
           (found == relay->subnet || (shared != NULL && strcmp(shared->value, relay->shared) == 0));
}

void kea_relays_check(struct kea_reading *reading)
{
    for (size_t i = 0; i < reading->relays.count; i++) {
        const struct kea_relay *relay = heap_array_get(&reading->relays, i);
        bool is_good = is_inside(reading, relay);
        kea_at(reading, relay->node);
        (void)snprintf(reading->what, sizeof reading->what, "relay %.60s", text_of(reading, relay->node));
        kea_remark(reading, is_good ? MIGRATE_NEEDLESS : MIGRATE_LEFT,
                   is_good
                       ? "imprint finds the network by the relay agent's address"
                       : "imprint finds the network by the relay agent's address, which is not in it: let "
                         "the agent say the network (link selection), or add its network with the same "
                         "'shared'");
    }
}

static const struct kea_row subnet_rows[] = {
    {"subnet", MIGRATE_NEEDLESS, "see the network", NULL},
    {"client-class", MIGRATE_NEEDLESS, "see its pools", NULL},
    {"client-classes", MIGRATE_NEEDLESS, "see its pools", NULL},
    {"pools", MIGRATE_LEFT, NULL, take_pools},
    {"reservations", MIGRATE_LEFT, NULL, kea_hosts_read},
    {"relay", MIGRATE_LEFT, NULL, take_relay},
    {"id", MIGRATE_NEEDLESS, "networks are called by their addresses", NULL},
    {"interface", MIGRATE_NEEDLESS, "imprint finds the interface by its addresses", NULL},
    {"require-client-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client", NULL},
    {"evaluate-additional-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client",
     NULL},
    {"4o6-interface", MIGRATE_LEFT, "imprint does not carry DHCPv4 over DHCPv6", NULL},
    {"4o6-interface-id", MIGRATE_LEFT, "imprint does not carry DHCPv4 over DHCPv6", NULL},
    {"4o6-subnet", MIGRATE_LEFT, "imprint does not carry DHCPv4 over DHCPv6", NULL},
};

static void take_subnet(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct kea_scope inside = *scope;
    struct migration *migration = reading->migration;
    char address[40];
    struct text text;
    struct ip4 network;
    uint64_t prefix;
    const char *subnet = kea_tree_find_text(&reading->tree, node, "subnet");
    const char *slash = strchr(subnet, '/');
    (void)snprintf(reading->what, sizeof reading->what, "subnet %.60s", subnet);
    text_init(&text, address, sizeof address);
    text_add_bytes(&text, subnet, slash == NULL ? 0 : (size_t)(slash - subnet));
    if (slash == NULL || ip4_parse(address, &network) != STATUS_OK ||
        text_parse_u64(slash + 1, 32, &prefix) != STATUS_OK) {
        kea_remark(reading, MIGRATE_FAULT, "a subnet has a 'subnet': an address and a prefix length");
        return;
    }
    size_t items = migration->items.count;
    inside.depth = 2;
    inside.subnet = migrate_dhcp_network(migration, network, (unsigned)prefix, reading->what);
    read_guard(reading, node, inside.guard, &inside.is_for_nobody);
    if (inside.subnet == 0) {
        return;
    }
    if (scope->shared[0] != '\0') {
        migrate_set_in(migration, inside.subnet, "dhcp.subnets[].shared", scope->shared, reading->what);
    }
    kea_members_read(reading, node, subnet_rows, COUNT_OF(subnet_rows), &inside);
    migrate_lend_end(migration, &reading->lending, 2, items, migration->machines.count);
}

void kea_subnets_read(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    kea_list_read(reading, node, scope, take_subnet);
}

static const struct kea_row shared_rows[] = {
    {"name", MIGRATE_NEEDLESS, "see its networks", NULL},
    {"subnet4", MIGRATE_LEFT, NULL, kea_subnets_read},
    {"interface", MIGRATE_NEEDLESS, "imprint finds the interface by its addresses", NULL},
    {"relay", MIGRATE_LEFT, NULL, take_relay},
    {"client-class", MIGRATE_NEEDLESS, "see its pools", NULL},
    {"client-classes", MIGRATE_NEEDLESS, "see its pools", NULL},
    {"require-client-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client", NULL},
    {"evaluate-additional-classes", MIGRATE_NEEDLESS, "imprint asks about every class for every client",
     NULL},
};

static void take_shared(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct kea_scope inside = *scope;
    char name[MACHINE_NAME_BYTES];
    size_t items = reading->migration->items.count;
    migrate_class_name(kea_tree_find_text(&reading->tree, node, "name"), name);
    inside.depth = 1;
    inside.shared = name;
    read_guard(reading, node, inside.guard, &inside.is_for_nobody);
    kea_members_read(reading, node, shared_rows, COUNT_OF(shared_rows), &inside);
    migrate_lend_end(reading->migration, &reading->lending, 1, items, reading->migration->machines.count);
}

void kea_shared_read(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    kea_list_read(reading, node, scope, take_shared);
}
