// SPDX-License-Identifier: GPL-3.0-or-later
// imprint status
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

#include <string.h>

static void show_server(struct call *call, const json_t *status)
{
    char span[MOMENT_TEXT_BYTES];
    show_field_format(
        call, "imprint", "%s on %s, up for %s", fact_text(status, "version"),
        fact_text(status, "server_name"),
        moment_print_span(fact_number(status, "now_s") - fact_number(status, "started_s"), span));
    show_field(call, "dhcp.mode", SCREEN_PLAIN, fact_text(status, "dhcp_mode"));
}

static void show_interfaces(struct call *call, const json_t *status)
{
    size_t position;
    json_t *interface;
    const json_t *list = fact_get(status, "interfaces");
    json_array_foreach(list, position, interface)
    {
        show_field_format(call, position == 0 ? "interfaces" : "", "%s, %s, DHCP: %s%s",
                          fact_text(interface, "name"), fact_text(interface, "address"),
                          fact_text(interface, "dhcp"),
                          fact_is(interface, "lacks_subnet") ? ", no subnet in dhcp.subnets" : "");
    }
    if (json_array_size(list) == 0) {
        show_field(call, "interfaces", SCREEN_WARN, "none to serve is up with an IPv4 address");
    }
}

static void show_others(struct call *call, const json_t *status)
{
    size_t position;
    json_t *other;
    json_array_foreach(fact_get(status, "others"), position, other)
    {
        char text[256];
        const char *name = fact_text(other, "name");
        (void)snprintf(text, sizeof text, "%s%s %s%s%s on %s, %s, last seen %s",
                       fact_is(other, "unexpected") ? "UNEXPECTED " : "", fact_text(other, "kind"),
                       fact_text(other, "address"), name[0] == '\0' ? "" : " ", name,
                       fact_text(other, "interface"), fact_text(other, "mac"), fact_text(other, "last_seen"));
        show_field(call, position == 0 ? "also here" : "", SCREEN_WARN, text);
    }
}

// Orders that wait for a person are what somebody who looks here must not miss.
static void show_orders(struct call *call, const json_t *status)
{
    int64_t waiting = fact_number(status, "orders_waiting");
    char words[128];
    struct text text;
    text_init(&text, words, sizeof words);
    text_add_format(&text, "%lld live", (long long)fact_number(status, "orders_live"));
    if (waiting != 0) {
        text_add_format(&text, ", %lld of them %s confirmation: imprint order list", (long long)waiting,
                        waiting == 1 ? "needs" : "need");
    }
    show_field(call, "orders", waiting == 0 ? SCREEN_PLAIN : SCREEN_WARN, words);
}

static void show_counts(struct call *call, const json_t *status)
{
    const json_t *machines = fact_get(status, "machines");
    show_field_format(call, "machines", "%lld approved, %lld new, %lld rejected",
                      (long long)fact_number(machines, "approved"), (long long)fact_number(machines, "new"),
                      (long long)fact_number(machines, "rejected"));
    show_orders(call, status);
    show_field_format(call, "leases", "%lld", (long long)fact_number(status, "leases_bound"));
    show_field_format(call, "images", "%lld", (long long)fact_number(status, "images"));
    show_field_format(call, "profiles", "%lld", (long long)fact_number(status, "profiles"));
    if (!fact_is(status, "has_agent")) {
        show_field(call, "agent", SCREEN_WARN, "not built yet: imprint agent build");
    }
}

static void show_packets(struct call *call, const json_t *status)
{
    const json_t *dhcp = fact_get(status, "dhcp");
    show_field_format(call, "DHCP", "%lld received, %lld answered, %lld malformed",
                      (long long)fact_number(dhcp, "received"), (long long)fact_number(dhcp, "replied"),
                      (long long)fact_number(dhcp, "malformed"));
}

static void show_packets6(struct call *call, const json_t *status)
{
    const json_t *dhcp6 = fact_get(status, "dhcp6");
    const json_t *interfaces = fact_get(dhcp6, "interfaces");
    if (!json_is_object(dhcp6)) {
        return;
    }
    show_field_format(call, "DHCPv6", "%lld received, %lld answered, %lld malformed, %lld leases",
                      (long long)fact_number(dhcp6, "received"), (long long)fact_number(dhcp6, "replied"),
                      (long long)fact_number(dhcp6, "malformed"), (long long)fact_number(dhcp6, "leases"));
    for (size_t i = 0; i < json_array_size(interfaces); i++) {
        const json_t *interface = json_array_get(interfaces, i);
        const char *trouble = !fact_is(interface, "open") ? "not served: see the log"
                              : !fact_is(interface, "has_network")
                                  ? "no address in a network of dhcp6.subnets: only relays are served"
                                  : "";
        char words[160];
        struct text text;
        text_init(&text, words, sizeof words);
        text_add_format(&text, "%s  %s%s", fact_text(interface, "name"),
                        trouble[0] != '\0' ? trouble : fact_text(interface, "address"),
                        fact_is(interface, "advertises") ? ", sends router advertisements" : "");
        show_field(call, i == 0 ? "by DHCPv6" : "", trouble[0] != '\0' ? SCREEN_WARN : SCREEN_PLAIN, words);
    }
}

// Agents are told secrets: by HTTPS, unless there is none.
static void show_https(struct call *call, const json_t *status)
{
    const json_t *port = fact_get(status, "https_port");
    if (json_is_integer(port)) {
        show_field_format(call, "HTTPS", "agents come by port %lld", (long long)json_integer_value(port));
    } else if (port != NULL) {
        show_field(call, "HTTPS", SCREEN_WARN, "off: agents are told passwords and keys in the clear");
    }
}

// Only what there was: a size probe is neither done nor failed, and most names that loaders try are not
// there.
static void show_transfers(struct call *call, const json_t *status, const char *member, const char *label)
{
    static const struct {
        const char *member;
        const char *words;
    } counts[] = {{"probed", "asked for the size"},
                  {"not_found", "not there"},
                  {"refused", "refused"},
                  {"failed", "failed"},
                  {"dropped", "not answered"}};
    char size[MOMENT_TEXT_BYTES];
    char words[256];
    struct text text;
    const json_t *stats = fact_get(status, member);
    text_init(&text, words, sizeof words);
    text_add_format(&text, "%lld now, %lld done", (long long)fact_number(stats, "live"),
                    (long long)fact_number(stats, "done"));
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        int64_t count = fact_number(stats, counts[i].member);
        if (count != 0) {
            text_add_format(&text, ", %lld %s", (long long)count, counts[i].words);
        }
    }
    text_add_format(&text, ", %s sent", moment_print_size((uint64_t)fact_number(stats, "sent_bytes"), size));
    show_field(call, label, SCREEN_PLAIN, words);
}

// Which boot loaders have no file here: their machines cannot be booted.
static void show_loaders(struct call *call, const json_t *status)
{
    char missing[512];
    struct text text;
    const char *name;
    json_t *is_there;
    text_init(&text, missing, sizeof missing);
    json_object_foreach(fact_get(status, "loaders"), name, is_there)
    {
        if (!json_is_true(is_there)) {
            text_add_format(&text, "%s%s", text.length == 0 ? "all but " : ", ", name);
        }
    }
    show_field(call, "loaders", SCREEN_PLAIN, text.length == 0 ? "all" : missing);
}

static void show_status(struct call *call, const json_t *status)
{
    int64_t waiting = fact_number(fact_get(status, "machines"), "new");
    show_server(call, status);
    show_interfaces(call, status);
    show_others(call, status);
    show_counts(call, status);
    show_packets(call, status);
    show_packets6(call, status);
    show_transfers(call, status, "tftp", "TFTP");
    show_transfers(call, status, "http", "HTTP");
    show_https(call, status);
    if (json_object_get(status, "ftp") != NULL) {
        show_transfers(call, status, "ftp", "FTP");
    }
    show_loaders(call, status);
    if (waiting > 0) {
        show_hint(call, "%lld %s for a decision: 'imprint machine list --state new'", (long long)waiting,
                  waiting == 1 ? "machine waits" : "machines wait");
    }
}

int command_status(struct call *call)
{
    return show_one(call, ask(call, "GET", "status", NULL), show_status);
}
