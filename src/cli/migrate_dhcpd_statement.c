// SPDX-License-Identifier: GPL-3.0-or-later
// dhcpd.conf: the statements that are no blocks and no options, one row of a table each.
#include "base/text.h"
#include "cli/migrate_dhcpd.h"

#include <string.h>

struct statement {
    const char *word; // it begins with this
    enum migrate_remark_kind kind;
    const char *text; // the remark; NULL = `take` says all
    void (*take)(struct dhcpd_reading *reading);
};

static void remark(struct dhcpd_reading *reading, enum migrate_remark_kind kind, const char *text)
{
    migrate_remark(reading->migration, kind, reading->what, "%s", text);
}

static bool is_at(const struct dhcpd_reading *reading, unsigned at, const char *word)
{
    return strcmp(dhcpd_word(reading, at), word) == 0;
}

// ---- ranges ----

// range [dynamic-bootp] FIRST [LAST]
static void take_range(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    struct migrate_range range = {.classes = "", .has_bootp = is_at(reading, 1, "dynamic-bootp")};
    unsigned at = range.has_bootp ? 2 : 1;
    const char *last = dhcpd_word(reading, at + (reading->item->count > at + 1 ? 1 : 0));
    if (reading->item->count > at + 2 || ip4_parse(dhcpd_word(reading, at), &range.first) != STATUS_OK ||
        ip4_parse(last, &range.last) != STATUS_OK) {
        remark(reading, MIGRATE_FAULT, "a range is one IPv4 address or two");
    } else if (scope->kind != DHCPD_POOL) {
        migrate_dhcp_range(reading->migration, scope->kind == DHCPD_SUBNET ? scope->item : 0, &range,
                           reading->what);
    } else if (scope->range_count == DHCPD_RANGES_MOST) {
        remark(reading, MIGRATE_LEFT, "a network of imprint has at most 16 ranges");
    } else {
        struct dhcpd_range *kept = &scope->ranges[scope->range_count++];
        kept->range = range;
        kept->line = reading->item->line;
        (void)text_copy(kept->what, sizeof kept->what, reading->what);
    }
}

// ---- who may have addresses ----

static void allow_members(struct dhcpd_reading *reading, const char *name)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    const struct dhcpd_class *class = dhcpd_class_find(reading, name);
    const struct migrate_setting *made =
        class == NULL ? NULL : migrate_find_in(reading->migration, class->item, "dhcp.classes[].name", NULL);
    if (made == NULL) {
        remark(reading, MIGRATE_FAULT, "there is no such class before it, so nobody gets these addresses");
        scope->is_for_nobody = true;
        return;
    }
    size_t length = strlen(scope->classes);
    struct text text;
    text_init(&text, scope->classes + length, sizeof scope->classes - length);
    text_add_format(&text, "%s%s", length == 0 ? "" : ",", made->value);
    if (text.cut) {
        scope->classes[length] = '\0';
        remark(reading, MIGRATE_LEFT, "these are too many classes for one range");
    }
}

static void take_permit(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    bool is_allowed = is_at(reading, 0, "allow");
    const char *who = dhcpd_word(reading, 1);
    if (scope->kind == DHCPD_POOL && is_allowed && is_at(reading, 1, "members")) {
        allow_members(reading, dhcpd_word(reading, is_at(reading, 2, "of") ? 3 : 2));
    } else if (strcmp(who, "unknown-clients") == 0 || strcmp(who, "known-clients") == 0 ||
               strcmp(who, "known") == 0 || strcmp(who, "unknown") == 0) {
        bool is_closed = is_allowed == (who[0] == 'k');
        remark(reading, is_closed ? MIGRATE_LEFT : MIGRATE_NEEDLESS,
               is_closed
                   ? "imprint gives everybody addresses; what machines that nobody has approved may boot is "
                     "'policy.unknown', or 'unknown' of a network"
                   : "imprint gives everybody addresses");
    } else if (strcmp(who, "booting") == 0 || strcmp(who, "bootp") == 0 || strcmp(who, "leasequery") == 0 ||
               strcmp(who, "declines") == 0 || strcmp(who, "client-updates") == 0 ||
               strcmp(who, "duplicates") == 0) {
        remark(reading, MIGRATE_NEEDLESS, "imprint answers these as their RFCs want it");
    } else if (is_at(reading, 1, "dynamic") || is_at(reading, 2, "bootp")) {
        remark(reading, MIGRATE_LEFT, "BOOTP clients get addresses from ranges with 'bootp: yes' only");
    } else {
        remark(reading, MIGRATE_LEFT,
               "imprint has no such permission; ranges can be for members of classes only");
        scope->is_for_nobody = scope->is_for_nobody || (scope->kind == DHCPD_POOL && is_allowed);
    }
}

// ---- times ----

static void take_time(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    const char *key = is_at(reading, 0, "default-lease-time") ? "lease"
                      : is_at(reading, 0, "max-lease-time")   ? "lease_max"
                                                              : "lease_min";
    const char *seconds = dhcpd_word(reading, 1);
    if ((scope->kind == DHCPD_SUBNET || scope->kind == DHCPD_CLASS) && scope->item != 0) {
        migrate_dhcp_lease(reading->migration, scope->item, key, seconds, false, reading->what);
    } else if (scope->kind == DHCPD_FILE || scope->kind == DHCPD_SHARED || scope->kind == DHCPD_GROUP) {
        migrate_lend(reading->migration, &reading->lending, reading->depth, key, "", seconds, reading->what);
    } else if (scope->kind != DHCPD_SKIPPED) {
        remark(reading, MIGRATE_LEFT, "imprint has lease times for networks and classes");
    }
}

// ---- hosts ----

static void take_hardware(struct dhcpd_reading *reading)
{
    const struct dhcpd_scope *scope = dhcpd_scope(reading);
    if (scope->kind != DHCPD_HOST) {
        remark(reading, MIGRATE_FAULT, "it stands in no host");
    } else if (!is_at(reading, 1, "ethernet")) {
        remark(reading, MIGRATE_LEFT, "imprint knows machines by Ethernet addresses");
    } else if (scope->machine != SIZE_MAX) {
        migrate_set_mac(reading->migration, scope->machine, dhcpd_word(reading, 2), reading->what);
    }
}

static void take_address(struct dhcpd_reading *reading)
{
    const struct dhcpd_scope *scope = dhcpd_scope(reading);
    if (scope->kind != DHCPD_HOST) {
        remark(reading, MIGRATE_FAULT, "it stands in no host");
        return;
    }
    if (reading->item->count > 2) {
        remark(reading, MIGRATE_CHANGED, "a machine has one address; the first was taken");
    }
    if (scope->machine != SIZE_MAX) {
        migrate_set_address(reading->migration, scope->machine, dhcpd_word(reading, 1), reading->what);
    }
}

// ---- booting ----

static void take_file(struct dhcpd_reading *reading)
{
    reading->has_file = reading->has_file || dhcpd_scope(reading)->kind != DHCPD_HOST;
    migrate_dhcp_file(reading->migration, dhcpd_word(reading, 1), reading->what);
}

static void take_server(struct dhcpd_reading *reading)
{
    reading->has_file = reading->has_file || dhcpd_scope(reading)->kind != DHCPD_HOST;
    migrate_dhcp_server(reading->migration, dhcpd_word(reading, 1), reading->what);
}

// ---- the rest ----

static void take_authoritative(struct dhcpd_reading *reading)
{
    const char *value = is_at(reading, 0, "not") ? "no" : "yes";
    if (dhcpd_scope(reading)->kind != DHCPD_FILE) {
        remark(reading, MIGRATE_CHANGED, "imprint is authoritative for all its networks or for none");
    }
    migrate_set(reading->migration, "dhcp.authoritative", value, reading->what);
}

static void take_ping(struct dhcpd_reading *reading)
{
    bool is_on = is_at(reading, 1, "true") || is_at(reading, 1, "on");
    migrate_set(reading->migration, "dhcp.ping_check", is_on ? "yes" : "no", reading->what);
}

static void take_delay(struct dhcpd_reading *reading)
{
    char text[24];
    uint64_t seconds;
    if (text_parse_u64(dhcpd_word(reading, 1), 255, &seconds) != STATUS_OK) {
        remark(reading, MIGRATE_FAULT, "it is no number of seconds");
        return;
    }
    (void)snprintf(text, sizeof text, "%us", (unsigned)seconds);
    migrate_set(reading->migration, "dhcp.standby", text, reading->what);
}

static void take_ddns(struct dhcpd_reading *reading)
{
    bool is_old = is_at(reading, 1, "interim") || is_at(reading, 1, "ad-hoc");
    remark(reading, is_at(reading, 1, "none") ? MIGRATE_NEEDLESS : MIGRATE_LEFT,
           is_old ? "imprint does not update DNS; 'interim' and 'ad-hoc' are gone from newer dhcpd, too"
                  : "imprint does not update DNS");
}

static void take_include(struct dhcpd_reading *reading)
{
    struct migrate_text included;
    const struct migrate_text *text = reading->text;
    unsigned line = reading->migration->line;
    if (migrate_include(reading->migration, text, dhcpd_word(reading, 1), reading->what, &included)) {
        dhcpd_text_read(reading, &included);
        migrate_include_clear(&included);
        migrate_at(reading->migration, text->path, line);
    }
}

static const struct statement statements[] = {
    {"range", MIGRATE_LEFT, NULL, take_range},
    {"allow", MIGRATE_LEFT, NULL, take_permit},
    {"deny", MIGRATE_LEFT, NULL, take_permit},
    {"ignore", MIGRATE_LEFT, NULL, take_permit},
    {"default-lease-time", MIGRATE_LEFT, NULL, take_time},
    {"max-lease-time", MIGRATE_LEFT, NULL, take_time},
    {"min-lease-time", MIGRATE_LEFT, NULL, take_time},
    {"hardware", MIGRATE_LEFT, NULL, take_hardware},
    {"fixed-address", MIGRATE_LEFT, NULL, take_address},
    {"filename", MIGRATE_LEFT, NULL, take_file},
    {"next-server", MIGRATE_LEFT, NULL, take_server},
    {"server-name", MIGRATE_NEEDLESS, "imprint names itself to clients", NULL},
    {"option", MIGRATE_LEFT, NULL, dhcpd_option_read},
    {"match", MIGRATE_LEFT, NULL, dhcpd_match_read},
    {"subclass", MIGRATE_LEFT, NULL, dhcpd_subclass_read},
    {"authoritative", MIGRATE_LEFT, NULL, take_authoritative},
    {"ping-check", MIGRATE_LEFT, NULL, take_ping},
    {"min-secs", MIGRATE_LEFT, NULL, take_delay},
    {"include", MIGRATE_LEFT, NULL, take_include},
    {"spawn", MIGRATE_LEFT, "imprint's classes are written down one by one", NULL},
    {"lease", MIGRATE_LEFT, "imprint does not count the leases of a class", NULL},
    {"vendor-option-space", MIGRATE_NEEDLESS,
     "options of a vendor are sent to those that their definition names", NULL},
    {"site-option-space", MIGRATE_LEFT, "options of one's own are in dhcp.definitions", NULL},
    {"server-identifier", MIGRATE_NEEDLESS, "imprint names itself by the address that the client reaches",
     NULL},
    {"server-duid", MIGRATE_NEEDLESS, "imprint has its own", NULL},
    {"ddns-update-style", MIGRATE_LEFT, NULL, take_ddns},
    {"ddns-updates", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"ddns-domainname", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"ddns-rev-domainname", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"ddns-hostname", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"ddns-ttl", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"update-static-leases", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"update-optimization", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"update-conflict-detection", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"do-forward-updates", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"primary", MIGRATE_LEFT, "imprint does not update DNS", NULL},
    {"failover", MIGRATE_LEFT, "two imprints do not share leases; see dhcp.standby", NULL},
    {"log-facility", MIGRATE_NEEDLESS, "imprint logs to the journal", NULL},
    {"lease-file-name", MIGRATE_LEFT,
     "imprint keeps leases in its state folder; 'imprint lease import FILE' brings those of this file", NULL},
    {"dhcpv6-lease-file-name", MIGRATE_LEFT, "imprint keeps leases in its state folder", NULL},
    {"pid-file-name", MIGRATE_NEEDLESS, "systemd knows imprint's process", NULL},
    {"local-port", MIGRATE_LEFT, "imprint uses port 67", NULL},
    {"local-address", MIGRATE_LEFT, "imprint serves interfaces: 'interfaces'", NULL},
    {"omapi-port", MIGRATE_NEEDLESS, "imprint has a control socket", NULL},
    {"omapi-key", MIGRATE_NEEDLESS, "imprint has a control socket", NULL},
    {"use-host-decl-names", MIGRATE_NEEDLESS, "a machine's name is its host name", NULL},
    {"get-lease-hostnames", MIGRATE_LEFT, "imprint does not ask DNS for names", NULL},
    {"always-broadcast", MIGRATE_NEEDLESS, "imprint broadcasts to clients that ask for it", NULL},
    {"always-reply-rfc1048", MIGRATE_NEEDLESS, "imprint does", NULL},
    {"boot-unknown-clients", MIGRATE_LEFT, "see policy.unknown", NULL},
    {"one-lease-per-client", MIGRATE_NEEDLESS, "a machine has one address", NULL},
    {"stash-agent-options", MIGRATE_NEEDLESS, "imprint remembers by which relay agent a client came", NULL},
    {"adaptive-lease-time-threshold", MIGRATE_LEFT, "lease times do not depend on how full a range is", NULL},
    {"ping-timeout", MIGRATE_NEEDLESS, "imprint asks by ARP, which takes no time for known clients", NULL},
    {"ping-timeout-ms", MIGRATE_NEEDLESS, "imprint asks by ARP, which takes no time for known clients", NULL},
    {"dynamic-bootp-lease-cutoff", MIGRATE_LEFT, "leases of BOOTP clients do not end", NULL},
    {"dynamic-bootp-lease-length", MIGRATE_LEFT, "leases of BOOTP clients do not end", NULL},
    {"max-ack-delay", MIGRATE_NEEDLESS, "imprint sends when the disk has the leases", NULL},
    {"delayed-ack", MIGRATE_NEEDLESS, "imprint sends when the disk has the leases", NULL},
    {"range6", MIGRATE_LEFT, "see dhcp6 in imprint.yaml(5)", NULL},
    {"prefix6", MIGRATE_LEFT, "imprint delegates no prefixes", NULL},
    {"fixed-address6", MIGRATE_LEFT, "see dhcp6 in imprint.yaml(5)", NULL},
    {"host-identifier", MIGRATE_LEFT, "imprint knows machines by hardware address and UUID", NULL},
    {"uid", MIGRATE_LEFT, "imprint knows machines by hardware address and UUID", NULL},
    {"dynamic", MIGRATE_NEEDLESS, "hosts that omapi made are machines all the same", NULL},
    {"set", MIGRATE_LEFT, "imprint runs no statements for each client", NULL},
    {"log", MIGRATE_LEFT, "imprint runs no statements for each client; 'imprint explain' tells what it did",
     NULL},
    {"execute", MIGRATE_LEFT, "imprint runs no statements for each client; see 'imprint events'", NULL},
};

bool dhcpd_statement_read(struct dhcpd_reading *reading)
{
    const char *word = dhcpd_word(reading, 0);
    if (strcmp(word, "not") == 0 && is_at(reading, 1, "authoritative")) {
        take_authoritative(reading);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        if (strcmp(statements[i].word, word) == 0) {
            if (statements[i].take != NULL) {
                statements[i].take(reading);
            } else {
                remark(reading, statements[i].kind, statements[i].text);
            }
            return true;
        }
    }
    return false;
}
