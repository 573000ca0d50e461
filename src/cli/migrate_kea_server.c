// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's configuration: what concerns the server as a whole, and the other servers of Kea.
#include "base/text.h"
#include "cli/migrate_kea.h"

#include <string.h>

// ---- interfaces ----

static void take_interfaces(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    size_t list = kea_tree_find(&reading->tree, node, "interfaces");
    (void)scope;
    for (size_t at = list == KEA_NODE_NONE ? list : kea_tree_get(&reading->tree, list)->first;
         at != KEA_NODE_NONE; at = kea_tree_get(&reading->tree, at)->next) {
        char name[64];
        const char *written = kea_tree_get(&reading->tree, at)->text;
        kea_at(reading, at);
        (void)snprintf(reading->what, sizeof reading->what, "interfaces: %.60s", written);
        (void)text_copy(name, sizeof name, written);
        name[strcspn(name, "/")] = '\0'; // "eth0/192.0.2.1"
        if (strcmp(name, "*") == 0) {
            kea_remark(reading, MIGRATE_NEEDLESS, "imprint serves all of them when none is named");
        } else {
            migrate_set(reading->migration, "interfaces", name, reading->what);
        }
    }
    size_t type = kea_tree_find(&reading->tree, node, "dhcp-socket-type");
    if (type != KEA_NODE_NONE) {
        kea_at(reading, type);
        (void)text_copy(reading->what, sizeof reading->what, "dhcp-socket-type");
        kea_remark(reading, MIGRATE_NEEDLESS, "imprint hears clients and relay agents alike");
    }
}

// ---- leases, hosts, hooks ----

static void take_leases(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    const char *type = kea_tree_find_text(&reading->tree, node, "type");
    const char *name = kea_tree_find_text(&reading->tree, node, "name");
    (void)scope;
    if (type[0] != '\0' && strcmp(type, "memfile") != 0) {
        kea_remark(reading, MIGRATE_LEFT,
                   "imprint keeps leases in its state folder; write those of the database into a file with "
                   "'kea-admin lease-dump', and bring them with 'imprint lease import FILE'");
        return;
    }
    migrate_remark(
        reading->migration, MIGRATE_LEFT, reading->what,
        "imprint keeps leases in its state folder; 'imprint lease import %.200s' brings those of Kea",
        name[0] == '\0' ? "/var/lib/kea/kea-leases4.csv" : name);
}

// The library's name says what it did; its parameters, with passwords among them, are nobody's business.
static const struct {
    const char *part;
    const char *text;
} hooks[] = {
    {"libdhcp_ha", "two imprints do not share leases; see dhcp.standby"},
    {"libdhcp_lease_cmds", "'imprint lease' shows and changes leases"},
    {"libdhcp_host_cmds", "'imprint machine' adds and changes machines"},
    {"libdhcp_bootp", "say 'bootp: yes' of the ranges that BOOTP clients may use"},
    {"libdhcp_flex_option", "imprint's options have fixed values"},
    {"libdhcp_flex_id", "imprint knows machines by hardware address and UUID"},
    {"libdhcp_ping_check", "imprint does this by itself: dhcp.ping_check"},
    {"libdhcp_lease_query", "imprint answers LEASEQUERY of relay agents by itself"},
    {"libdhcp_legal_log", "'imprint events' and the journal tell who got which address"},
    {"libdhcp_run_script", "imprint runs no script for each lease; see 'imprint watch'"},
    {"libdhcp_mysql", "machines that are in a database were not read; see 'imprint machine add'"},
    {"libdhcp_pgsql", "machines that are in a database were not read; see 'imprint machine add'"},
};

static void take_hook(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    const char *library = kea_tree_find_text(&reading->tree, node, "library");
    const char *text = "imprint has no hooks";
    (void)scope;
    (void)snprintf(reading->what, sizeof reading->what, "hooks-libraries %.90s", library);
    for (size_t i = 0; i < COUNT_OF(hooks); i++) {
        text = strstr(library, hooks[i].part) != NULL ? hooks[i].text : text;
    }
    kea_remark(reading, MIGRATE_LEFT, text);
}

static void take_hooks(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    kea_list_read(reading, node, scope, take_hook);
}

static void take_ddns(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    bool is_on = strcmp(kea_tree_find_text(&reading->tree, node, "enable-updates"), "true") == 0;
    (void)scope;
    kea_remark(reading, is_on ? MIGRATE_LEFT : MIGRATE_NEEDLESS, "imprint does not update DNS");
}

static void take_identifiers(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    (void)scope;
    for (size_t at = kea_tree_get(&reading->tree, node)->first; at != KEA_NODE_NONE;
         at = kea_tree_get(&reading->tree, at)->next) {
        if (strcmp(kea_tree_get(&reading->tree, at)->text, "hw-address") != 0) {
            kea_remark(reading, MIGRATE_LEFT, "imprint knows machines by hardware address and UUID");
            return;
        }
    }
    kea_remark(reading, MIGRATE_NEEDLESS, "imprint knows machines by hardware address and UUID");
}

// ---- Dhcp4 ----

#define DATABASE "machines that are in a database were not read; see 'imprint machine add'"
#define QUEUES   "one thread of imprint serves more than a network asks"
#define CONTROL  "imprint has a control socket of its own"

static const struct kea_row server_rows[] = {
    {"option-def", MIGRATE_NEEDLESS, "see the definitions", NULL}, // read before
    {"client-classes", MIGRATE_NEEDLESS, "see the classes", NULL}, // read before
    {"subnet4", MIGRATE_LEFT, NULL, kea_subnets_read},
    {"shared-networks", MIGRATE_LEFT, NULL, kea_shared_read},
    {"reservations", MIGRATE_LEFT, NULL, kea_hosts_read},
    {"interfaces-config", MIGRATE_LEFT, NULL, take_interfaces},
    {"lease-database", MIGRATE_LEFT, NULL, take_leases},
    {"hooks-libraries", MIGRATE_LEFT, NULL, take_hooks},
    {"dhcp-ddns", MIGRATE_LEFT, NULL, take_ddns},
    {"host-reservation-identifiers", MIGRATE_LEFT, NULL, take_identifiers},
    {"hosts-database", MIGRATE_LEFT, DATABASE, NULL},
    {"hosts-databases", MIGRATE_LEFT, DATABASE, NULL},
    {"config-control", MIGRATE_LEFT, "what is configured in a database was not read", NULL},
    {"control-socket", MIGRATE_NEEDLESS, CONTROL, NULL},
    {"control-sockets", MIGRATE_NEEDLESS, CONTROL, NULL},
    {"loggers", MIGRATE_NEEDLESS, "imprint logs to the journal", NULL},
    {"expired-leases-processing", MIGRATE_NEEDLESS, "imprint gives expired addresses away when it needs them",
     NULL},
    {"decline-probation-period", MIGRATE_NEEDLESS, "imprint keeps declined addresses back by itself", NULL},
    {"echo-client-id", MIGRATE_NEEDLESS, "imprint sends client ids back, as RFC 6842 says", NULL},
    {"dhcp4o6-port", MIGRATE_LEFT, "imprint does not carry DHCPv4 over DHCPv6", NULL},
    {"sanity-checks", MIGRATE_NEEDLESS, "imprint checks leases by itself", NULL},
    {"multi-threading", MIGRATE_NEEDLESS, QUEUES, NULL},
    {"dhcp-queue-control", MIGRATE_NEEDLESS, QUEUES, NULL},
    {"parked-packet-limit", MIGRATE_NEEDLESS, QUEUES, NULL},
    {"statistic-default-sample-count", MIGRATE_NEEDLESS, "'imprint status' counts by itself", NULL},
    {"statistic-default-sample-age", MIGRATE_NEEDLESS, "'imprint status' counts by itself", NULL},
    {"server-tag", MIGRATE_NEEDLESS, "imprint has no database of several servers", NULL},
    {"ip-reservations-unique", MIGRATE_NEEDLESS, "an address is one machine's", NULL},
    {"early-global-reservations-lookup", MIGRATE_NEEDLESS, "a machine is looked up first", NULL},
    {"reservations-lookup-first", MIGRATE_NEEDLESS, "a machine is looked up first", NULL},
    {"stash-agent-options", MIGRATE_NEEDLESS, "imprint remembers by which relay agent a client came", NULL},
    {"compatibility", MIGRATE_LEFT, "imprint has no such switches", NULL},
};

static void read_server(struct kea_reading *reading, size_t node)
{
    struct kea_scope scope = {.machine = SIZE_MAX, .shared = ""};
    size_t definitions = kea_tree_find(&reading->tree, node, "option-def");
    size_t classes = kea_tree_find(&reading->tree, node, "client-classes");
    if (kea_tree_get(&reading->tree, node)->kind != KEA_CONF_OBJECT) {
        kea_remark(reading, MIGRATE_FAULT, "it should be an object, in { and }");
        return;
    }
    if (definitions != KEA_NODE_NONE) { // others refer to these, wherever they stand
        kea_definitions_read(reading, definitions, &scope);
    }
    if (classes != KEA_NODE_NONE) {
        kea_classes_read(reading, classes, &scope);
    }
    kea_members_read(reading, node, server_rows, COUNT_OF(server_rows), &scope);
    migrate_lend_end(reading->migration, &reading->lending, 0, 0, reading->migration->machines.count);
    kea_relays_check(reading);
}

// ---- the file ----

static void read_part(struct kea_reading *reading, size_t node)
{
    const struct kea_node *part = kea_tree_get(&reading->tree, node);
    kea_at(reading, node);
    (void)text_copy(reading->what, sizeof reading->what, part->key);
    if (strcmp(part->key, "Dhcp4") == 0) {
        read_server(reading, node);
    } else if (strcmp(part->key, "Dhcp6") == 0) {
        kea_remark(reading, MIGRATE_LEFT, "DHCPv6 is configured in dhcp6, see imprint.yaml(5)");
    } else if (strcmp(part->key, "DhcpDdns") == 0) {
        kea_remark(reading, MIGRATE_LEFT, "imprint does not update DNS");
    } else {
        kea_remark(reading, MIGRATE_NEEDLESS, "it is another server's of Kea");
    }
}

static bool recognises(const struct migrate_text *text)
{
    struct kea_conf conf = kea_conf_init(text->bytes, text->count);
    struct kea_conf_item *item = heap_new(sizeof *item);
    bool found = false;
    bool is_object = kea_conf_next(&conf, item) && item->kind == KEA_CONF_OBJECT;
    while (is_object && !found && kea_conf_next(&conf, item)) {
        found = item->depth == 1 && (strcmp(item->key, "Dhcp4") == 0 || strcmp(item->key, "Dhcp6") == 0);
    }
    heap_free(item);
    return found;
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct kea_reading *reading = heap_new(sizeof *reading);
    reading->migration = migration;
    reading->classes = heap_array_init(sizeof(struct kea_class));
    reading->options = heap_array_init(sizeof(struct kea_option));
    reading->relays = heap_array_init(sizeof(struct kea_relay));
    migrate_lend_init(&reading->lending);
    kea_tree_init(&reading->tree, migration, text);
    if (reading->tree.nodes.count != 0) {
        for (size_t at = kea_tree_get(&reading->tree, 0)->first; at != KEA_NODE_NONE;
             at = kea_tree_get(&reading->tree, at)->next) {
            read_part(reading, at);
        }
    }
    kea_tree_clear(&reading->tree);
    migrate_lend_clear(&reading->lending);
    heap_array_clear(&reading->classes);
    heap_array_clear(&reading->options);
    heap_array_clear(&reading->relays);
    heap_free(reading);
}

const struct migrate_source migrate_source_kea = {"kea", "Kea's kea-dhcp4.conf", recognises, read_file};
