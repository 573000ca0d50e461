// SPDX-License-Identifier: GPL-3.0-or-later
// dnsmasq.conf: its options about DHCP. A tag becomes a class, or stands for the network whose range sets it.
#include "cli/migrate_class.h"
#include "cli/migrate_dnsmasq.h"

#include "base/text.h"

#include <string.h>

#define NAME_KEY "dhcp.classes[].name"

void dnsmasq_remark(const struct dnsmasq_fields *fields, enum migrate_remark_kind kind, const char *text)
{
    migrate_remark(fields->migration, kind, fields->what, "%s", text);
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (size_t length = strlen(text); length != 0 && strchr(" \t", text[length - 1]) != NULL; length--) {
        text[length - 1] = '\0';
    }
    return text;
}

static void split(struct dnsmasq_fields *fields, const char *value)
{
    fields->set = "";
    fields->value = value;
    (void)text_copy(fields->text, sizeof fields->text, value);
    for (char *at = fields->text; at != NULL && *at != '\0';) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        char *one = trim(at);
        at = comma == NULL ? NULL : comma + 1;
        if (text_starts(one, "set:")) {
            fields->set = one + 4;
        } else if (text_starts(one, "tag:") && fields->tag_count < COUNT_OF(fields->tags)) {
            fields->tags[fields->tag_count++] = one + 4;
        } else if (fields->count < DNSMASQ_FIELDS_MOST) {
            fields->items[fields->count++] = one;
        }
    }
}

// "dhcp-match=TAG,...": older versions set tags without "set:".
static void take_old_tag(struct dnsmasq_fields *fields, bool is_class)
{
    if (is_class && fields->set[0] == '\0' && fields->count >= 2) {
        fields->set = fields->items[0];
        fields->count--;
        for (unsigned i = 0; i < fields->count; i++) {
            fields->items[i] = fields->items[i + 1];
        }
    }
}

const char *dnsmasq_field(const struct dnsmasq_fields *fields, unsigned position)
{
    return position < fields->count ? fields->items[position] : "";
}

// ---- times ----

// "12h", "45m", "1d", "2w", "3600" as seconds; "infinite" as those without an end.
static bool read_time(const char *text, char seconds[24])
{
    uint64_t number;
    char digits[16];
    size_t length = strlen(text);
    static const char units[] = "smhdw";
    static const unsigned factors[] = {1, 60, 3600, 86400, 604800};
    const char *unit = length == 0 ? NULL : strchr(units, text[length - 1]);
    struct text copy;
    text_init(&copy, digits, sizeof digits);
    text_add_bytes(&copy, text, unit == NULL || length == 0 ? length : length - 1);
    if (strcmp(text, "infinite") == 0) {
        (void)text_copy(seconds, 24, "4294967295");
        return true;
    }
    if (copy.cut || text_parse_u64(digits, UINT32_MAX, &number) != STATUS_OK) {
        return false;
    }
    (void)snprintf(seconds, 24, "%llu",
                   (unsigned long long)(number * (unit == NULL ? 1 : factors[unit - units])));
    return true;
}

// ---- tags ----

// Whether what stands above a setting or machine says "set:TAG", or "=TAG" as older versions wrote it.
static bool sets_tag(const struct migrate_place *from, const char *tag)
{
    static const char *const marks[] = {"set:", "="};
    for (size_t i = 0; tag[0] != '\0' && i < COUNT_OF(marks); i++) {
        char mark[MIGRATE_WHAT_BYTES];
        (void)snprintf(mark, sizeof mark, "%s%.60s", marks[i], tag);
        const char *found = strstr(from->what, mark);
        if (found != NULL && strchr(", \t", found[strlen(mark)]) != NULL) { // NUL, too
            return true;
        }
    }
    return false;
}

// The class, or the network, that `tag` stands for: kept nowhere, found in what stands above its `key`; or 0.
static unsigned item_find(const struct migration *migration, const char *key, const char *tag)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, key) == 0 && sets_tag(&setting->from, tag)) {
            return setting->item;
        }
    }
    return 0;
}

static unsigned class_find(const struct migration *migration, const char *tag)
{
    return item_find(migration, NAME_KEY, tag);
}

bool dnsmasq_machine_has(const struct migrate_machine *machine, const char *tag)
{
    return sets_tag(&machine->from, tag);
}

static void match(const struct dnsmasq_fields *fields, const char *key, const char *value)
{
    char name[KEY_NAME_BYTES];
    unsigned class = class_find(fields->migration, fields->set);
    if (fields->set[0] == '\0') {
        dnsmasq_remark(fields, MIGRATE_FAULT, "it sets no tag");
        return;
    }
    if (class == 0) {
        class = migrate_class_add(fields->migration, fields->set, fields->what);
    }
    (void)snprintf(name, sizeof name, "dhcp.classes[].match.%s", key);
    const struct migrate_setting *old = migrate_find_in(fields->migration, class, name, NULL);
    bool is_list = strcmp(key, "architecture") == 0 || strcmp(key, "mac") == 0;
    for (size_t i = 0; i < fields->migration->settings.count; i++) { // any of several: only lists say that
        const struct migrate_setting *other = heap_array_get(&fields->migration->settings, i);
        bool is_condition = other->item == class && strstr(other->key->name, "[].match.") != NULL;
        if (class != 0 && is_condition &&
            (strcmp(other->key->name, name) != 0 || (!is_list && old != NULL))) {
            dnsmasq_remark(
                fields, MIGRATE_LEFT,
                "the tag is set by other options, too, and the conditions of a class must all hold: make one "
                "more class for this one");
            return;
        }
    }
    if (class != 0) {
        migrate_set_in(fields->migration, class, name, value, fields->what);
    }
}

static void take_vendor_class(const struct dnsmasq_fields *fields)
{
    char pattern[80];
    (void)snprintf(pattern, sizeof pattern, "*%.60s*", dnsmasq_field(fields, 0));
    match(fields, strcmp(fields->name, "dhcp-vendorclass") == 0 ? "vendor_class" : "user_class", pattern);
}

static void take_relay(const struct dnsmasq_fields *fields)
{
    const char *value = dnsmasq_field(fields, 0);
    char pattern[80] = "hex:";
    if (strchr(value, ':') == NULL) {
        (void)text_copy(pattern, sizeof pattern, value);
    } else {
        struct text text;
        text_init(&text, pattern + 4, sizeof pattern - 4);
        for (; *value != '\0'; value++) {
            if (*value != ':') {
                text_add_char(&text, text_lower(*value));
            }
        }
    }
    match(fields,
          strcmp(fields->name, "dhcp-circuitid") == 0  ? "circuit_id"
          : strcmp(fields->name, "dhcp-remoteid") == 0 ? "remote_id"
                                                       : "subscriber_id",
          pattern);
}

// "00:60:8C:*:*:*"
static void take_mac(const struct dnsmasq_fields *fields)
{
    char mac[32];
    (void)text_copy(mac, sizeof mac, dnsmasq_field(fields, 0));
    char *star = strchr(mac, '*');
    if (star != NULL && strspn(star, "*:") != strlen(star)) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "imprint compares how hardware addresses begin, without gaps");
        return;
    }
    if (star != NULL) {
        *star = '\0';
        if (star != mac) {
            star[-1] = '\0';
        }
    }
    match(fields, "mac", mac);
}

static void take_match(const struct dnsmasq_fields *fields)
{
    const char *option = dnsmasq_field(fields, 0);
    const char *value = dnsmasq_field(fields, 1);
    const char *colon = text_starts(option, "option:") ? strchr(option, ':') : NULL;
    const char *name = colon == NULL ? option : colon + 1;
    bool is_architecture = strcmp(name, "client-arch") == 0 || strcmp(option, "93") == 0;
    bool is_vendor = strcmp(name, "vendor-class") == 0 || strcmp(option, "60") == 0;
    bool is_user = strcmp(name, "user-class") == 0 || strcmp(option, "77") == 0;
    if (is_architecture && value[0] != '\0') {
        match(fields, "architecture", value);
    } else if (is_vendor || is_user) {
        match(fields, is_vendor ? "vendor_class" : "user_class", value[0] == '\0' ? "*" : value);
    } else if (strcmp(option, "175") == 0) {
        dnsmasq_remark(fields, MIGRATE_NEEDLESS, "imprint knows iPXE when it asks");
    } else {
        dnsmasq_remark(fields, MIGRATE_LEFT,
                       "imprint's classes cannot ask for that; see 'match' in imprint.yaml(5)");
    }
}

// ---- ranges ----

static int mask_prefix(const char *text)
{
    struct ip4 mask;
    for (int prefix = 0; ip4_parse(text, &mask) == STATUS_OK && prefix <= 32; prefix++) {
        if (ip4_equal(mask, ip4_mask((uint8_t)prefix))) {
            return prefix;
        }
    }
    return -1;
}

static unsigned add_network(const struct dnsmasq_fields *fields, struct ip4 first, unsigned at)
{
    int prefix = mask_prefix(dnsmasq_field(fields, at));
    unsigned found = prefix < 0 ? migrate_dhcp_find(fields->migration, first) : 0;
    if (found != 0) {
        return found;
    }
    if (prefix < 0) {
        dnsmasq_remark(
            fields, MIGRATE_CHANGED,
            "dnsmasq took the mask from its interface; taken as 255.255.255.0, which you should check");
        prefix = 24;
    }
    struct ip4 network = {first.value & ip4_mask((uint8_t)prefix).value};
    return migrate_dhcp_network(fields->migration, network, (unsigned)prefix, fields->what);
}

static void take_range(const struct dnsmasq_fields *fields)
{
    struct migrate_range range = {.classes = ""};
    char classes[MACHINE_NAME_BYTES];
    char seconds[24];
    const char *end = dnsmasq_field(fields, 1);
    if (strchr(dnsmasq_field(fields, 0), ':') != NULL) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "DHCPv6 is configured in dhcp6, see imprint.yaml(5)");
    } else if (ip4_parse(dnsmasq_field(fields, 0), &range.first) != STATUS_OK) {
        dnsmasq_remark(fields, MIGRATE_FAULT, "a range begins with an address");
    } else if (strcmp(end, "proxy") == 0) {
        migrate_set(fields->migration, "dhcp.mode", "proxy", fields->what);
    } else if (strcmp(end, "static") == 0) {
        (void)add_network(fields, range.first, 2); // for machines with addresses of their own
    } else if (ip4_parse(end, &range.last) != STATUS_OK) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "imprint's ranges have a first and a last address");
    } else {
        unsigned subnet = add_network(fields, range.first, 2);
        const char *last = fields->count == 0 ? "" : fields->items[fields->count - 1];
        if (fields->tag_count != 0) {
            unsigned class = class_find(fields->migration, fields->tags[0]);
            if (class == 0 || fields->tag_count > 1) {
                dnsmasq_remark(fields, MIGRATE_LEFT,
                               "who has its tags could not be carried over, so the range was not either");
                return;
            }
            (void)text_copy(classes, sizeof classes, migrate_class_find_name(fields->migration, class));
            range.classes = classes;
        }
        migrate_dhcp_range(fields->migration, subnet, &range, fields->what);
        if (subnet != 0 && fields->count > 2 && read_time(last, seconds)) {
            migrate_dhcp_lease(fields->migration, subnet, "lease", seconds, false, fields->what);
        }
    }
}

// ---- options ----

// Where the option belongs: of a tag the class or network, else all. False after a remark.
bool dnsmasq_item_find(const struct dnsmasq_fields *fields, unsigned *item)
{
    *item = 0;
    if (fields->tag_count == 0) {
        return true;
    }
    const char *tag = fields->tags[0];
    *item = class_find(fields->migration, tag);
    *item = *item == 0 ? item_find(fields->migration, "dhcp.subnets[].network", tag) : *item;
    if (*item == 0 || fields->tag_count > 1) {
        dnsmasq_remark(fields, MIGRATE_LEFT,
                       fields->tag_count > 1 ? "an option of imprint belongs to one class, or to one network"
                                             : "who has its tag could not be carried over");
        return false;
    }
    return true;
}

// ---- hosts, booting ----

static void take_host(const struct dnsmasq_fields *fields)
{
    char seconds[24];
    struct hw mac;
    struct ip4 address;
    const char *name = "";
    const char *at = "";
    bool has_mac = false;
    for (unsigned i = 0; i < fields->count; i++) {
        const char *one = fields->items[i];
        if (strcmp(one, "ignore") == 0 || text_starts(one, "id:") || strchr(one, '*') != NULL ||
            one[0] == '[') {
            dnsmasq_remark(fields, MIGRATE_LEFT,
                           strcmp(one, "ignore") == 0
                               ? "imprint gives everybody addresses; 'imprint machine reject' keeps a "
                                 "machine from booting"
                               : "imprint knows machines by whole hardware addresses");
            return;
        }
        has_mac = has_mac || migrate_read_mac(one, &mac);
        if (ip4_parse(one, &address) == STATUS_OK) {
            at = one;
        } else if (!migrate_read_mac(one, &mac) && !read_time(one, seconds)) {
            name = one;
        }
    }
    if (!has_mac) {
        dnsmasq_remark(fields, MIGRATE_LEFT,
                       "it has no hardware address, and imprint knows machines by theirs");
        return;
    }
    char unnamed[MACHINE_NAME_BYTES];
    for (unsigned i = 0; i < fields->count && name[0] == '\0'; i++) {
        if (migrate_read_mac(fields->items[i], &mac)) {
            machine_pick_name(&mac, unnamed);
            name = unnamed;
        }
    }
    size_t machine = migrate_add_machine(fields->migration, name, fields->what);
    for (unsigned i = 0; machine != SIZE_MAX && i < fields->count; i++) {
        if (migrate_read_mac(fields->items[i], &mac)) {
            migrate_set_mac(fields->migration, machine, fields->items[i], fields->what);
        }
    }
    if (machine != SIZE_MAX && at[0] != '\0') {
        migrate_set_address(fields->migration, machine, at, fields->what);
    }
}

static void take_boot(const struct dnsmasq_fields *fields)
{
    migrate_dhcp_file(fields->migration, dnsmasq_field(fields, 0), fields->what);
    if (dnsmasq_field(fields, 2)[0] != '\0') {
        migrate_dhcp_server(fields->migration, dnsmasq_field(fields, 2), fields->what);
    }
}

static void take_domain(const struct dnsmasq_fields *fields)
{
    if (fields->count == 1 && dnsmasq_field(fields, 0)[0] != '#') {
        migrate_dhcp_option(fields->migration, 0, "15", dnsmasq_field(fields, 0), false, fields->what);
    } else {
        dnsmasq_remark(fields, MIGRATE_LEFT, "'domain' of each network says it in imprint");
    }
}

static void take_interface(const struct dnsmasq_fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++) {
        migrate_set(fields->migration, "interfaces", fields->items[i], fields->what);
    }
}

// shared-network=INTERFACE-or-ADDRESS,ADDRESS: what its second part is in shares the wire of the first.
static void take_shared(const struct dnsmasq_fields *fields)
{
    struct ip4 first;
    struct ip4 second;
    if (ip4_parse(dnsmasq_field(fields, 0), &first) != STATUS_OK ||
        ip4_parse(dnsmasq_field(fields, 1), &second) != STATUS_OK) {
        dnsmasq_remark(fields, MIGRATE_LEFT, "give the networks that share a wire one name, in 'shared'");
        return;
    }
    const struct ip4 both[] = {first, second};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        unsigned subnet = migrate_dhcp_find(fields->migration, both[i]);
        if (subnet == 0) {
            dnsmasq_remark(fields, MIGRATE_FAULT,
                           "one of the addresses is in no network whose range stands before");
            return;
        }
        char name[IP4_TEXT_BYTES + 8];
        char text[IP4_TEXT_BYTES];
        (void)snprintf(name, sizeof name, "wire-%s", ip4_print(first, text));
        migrate_set_in(fields->migration, subnet, "dhcp.subnets[].shared", name, fields->what);
    }
}

static const struct option {
    const char *name;
    bool is_first; // it makes networks or tags
    void (*take)(const struct dnsmasq_fields *fields);
    const char *key; // set to `text`
    enum migrate_remark_kind kind;
    const char *text;
} options[] = {
    {"dhcp-vendorclass", true, take_vendor_class, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-userclass", true, take_vendor_class, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-circuitid", true, take_relay, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-remoteid", true, take_relay, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-subscrid", true, take_relay, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-mac", true, take_mac, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-match", true, take_match, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-range", false, take_range, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-option", false, dnsmasq_option_take, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-option-force", false, dnsmasq_option_take, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-host", true, take_host, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-boot", false, take_boot, NULL, MIGRATE_LEFT, NULL},
    {"domain", false, take_domain, NULL, MIGRATE_LEFT, NULL},
    {"interface", false, take_interface, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-authoritative", false, NULL, "dhcp.authoritative", MIGRATE_LEFT, "yes"},
    {"no-ping", false, NULL, "dhcp.ping_check", MIGRATE_LEFT, "no"},
    {"pxe-service", false, NULL, NULL, MIGRATE_CHANGED, "imprint makes the menu of PXE firmware by itself"},
    {"pxe-prompt", false, NULL, NULL, MIGRATE_CHANGED, "'policy.prompt' says whether machines ask for a key"},
    {"dhcp-ignore", false, NULL, NULL, MIGRATE_LEFT,
     "imprint gives everybody addresses; what machines that nobody has approved may boot is "
     "'policy.unknown', or "
     "'unknown' of a network or class"},
    {"dhcp-leasefile", false, NULL, NULL, MIGRATE_LEFT,
     "imprint keeps leases in its state folder; 'imprint lease import FILE' brings those of this file"},
    {"dhcp-relay", false, NULL, NULL, MIGRATE_LEFT,
     "imprint is no relay agent: use a router's, or dnsmasq's"},
    {"dhcp-script", false, NULL, NULL, MIGRATE_LEFT,
     "imprint runs no script for each lease; see 'imprint watch'"},
    {"dhcp-luascript", false, NULL, NULL, MIGRATE_LEFT,
     "imprint runs no script for each lease; see 'imprint watch'"},
    {"script-on-renewal", false, NULL, NULL, MIGRATE_LEFT, "imprint runs no script for each lease"},
    {"dhcp-scriptuser", false, NULL, NULL, MIGRATE_LEFT, "imprint runs no script for each lease"},
    {"leasefile-ro", false, NULL, NULL, MIGRATE_LEFT, "imprint keeps leases in its state folder"},
    {"dhcp-ignore-names", false, NULL, NULL, MIGRATE_LEFT, "imprint shows the names that clients say"},
    {"dhcp-generate-names", false, NULL, NULL, MIGRATE_NEEDLESS, "a machine without a name gets one"},
    {"dhcp-fqdn", false, NULL, NULL, MIGRATE_LEFT, "imprint does not serve DNS"},
    {"dhcp-client-update", false, NULL, NULL, MIGRATE_LEFT, "imprint does not serve DNS"},
    {"dhcp-name-match", false, NULL, NULL, MIGRATE_LEFT, "imprint's classes do not ask for host names"},
    {"dhcp-ttl", false, NULL, NULL, MIGRATE_NEEDLESS, "imprint does not serve DNS"},
    {"dhcp-proxy", false, NULL, NULL, MIGRATE_LEFT,
     "clients renew with imprint itself, past the relay agent"},
    {"dhcp-alternate-port", false, NULL, NULL, MIGRATE_LEFT, "imprint uses ports 67 and 68"},
    {"dhcp-duid", false, NULL, NULL, MIGRATE_LEFT, "DHCPv6 is configured in dhcp6, see imprint.yaml(5)"},
    {"dhcp-rapid-commit", false, NULL, NULL, MIGRATE_LEFT, "imprint offers first, as RFC 2131 says"},
    {"dhcp-pxe-vendor", false, NULL, NULL, MIGRATE_LEFT, "imprint answers PXEClient and HTTPClient"},
    {"dhcp-ignore-clid", false, NULL, NULL, MIGRATE_NEEDLESS,
     "one machine has one address, whatever ids it says"},
    {"bootp-dynamic", false, NULL, NULL, MIGRATE_LEFT,
     "say 'bootp: yes' of the ranges that BOOTP clients may use"},
    {"read-ethers", false, NULL, NULL, MIGRATE_LEFT,
     "/etc/ethers was not read: 'imprint machine add' tells imprint of machines"},
    {"enable-ra", false, NULL, NULL, MIGRATE_LEFT, "router advertisements are configured in dhcp6"},
    {"ra-param", false, NULL, NULL, MIGRATE_LEFT, "router advertisements are configured in dhcp6"},
    {"except-interface", false, NULL, NULL, MIGRATE_LEFT,
     "imprint serves the interfaces that 'interfaces' names"},
    {"no-dhcp-interface", false, NULL, NULL, MIGRATE_LEFT,
     "imprint serves the interfaces that 'interfaces' names"},
    {"no-dhcpv4-interface", false, NULL, NULL, MIGRATE_LEFT,
     "imprint serves the interfaces that 'interfaces' names"},
    {"listen-address", false, NULL, NULL, MIGRATE_LEFT,
     "imprint serves interfaces, not addresses: name them in 'interfaces'"},
    {"shared-network", false, take_shared, NULL, MIGRATE_LEFT, NULL},
    {"dhcp-sequential-ip", false, NULL, NULL, MIGRATE_NEEDLESS, "imprint begins at a range's first address"},
    {"dhcp-no-override", false, NULL, NULL, MIGRATE_NEEDLESS,
     "imprint does not put options into those fields"},
    {"dhcp-broadcast", false, NULL, NULL, MIGRATE_NEEDLESS, "imprint broadcasts to clients that ask for it"},
    {"log-dhcp", false, NULL, NULL, MIGRATE_NEEDLESS, "'imprint events' shows every decision"},
    {"quiet-dhcp", false, NULL, NULL, MIGRATE_NEEDLESS, "imprint does not log each packet"},
    {"dhcp-lease-max", false, NULL, NULL, MIGRATE_NEEDLESS, "ranges say how many leases there can be"},
};

bool migrate_dnsmasq_dhcp(struct migration *migration, const struct dnsmasq_conf_item *item, bool is_first,
                          const char *what)
{
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const struct option *option = &options[i];
        if (strcmp(option->name, item->name) != 0) {
            continue;
        }
        if (option->is_first != is_first) {
            return true;
        }
        struct dnsmasq_fields fields = {.migration = migration, .what = what, .name = item->name};
        split(&fields, item->value);
        take_old_tag(&fields, option->is_first && option->take != take_host);
        if (option->take != NULL) {
            option->take(&fields);
        } else if (option->key != NULL) {
            migrate_set(migration, option->key, option->text, what);
        } else {
            dnsmasq_remark(&fields, option->kind, option->text);
        }
        return true;
    }
    return false;
}
