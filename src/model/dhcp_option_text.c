// SPDX-License-Identifier: GPL-3.0-or-later
// Options by name: which name is which code, what type its value has, and what is wrong with it.
#include "base/reader.h"
#include "model/dhcp_option.h"
#include "model/dhcp_option_value.h"
#include "wire/dhcp4_options.h"

#include <string.h>

#define CODE_MOST      254
#define HEX_PREFIX     "hex:"
#define VENDOR_MOST    255
#define SHOWN_BYTES    80
#define PRIVATE_LEAST  128 // RFC 2132 section 2: site-specific once, and still used so
#define NAME_IS_FORCED '+'

static const char *const TYPES[DHCP_OPTION_TYPE_COUNT] = {
    [DHCP_OPTION_STRING] = "string",
    [DHCP_OPTION_IP] = "ip",
    [DHCP_OPTION_IP_LIST] = "ip-list",
    [DHCP_OPTION_UINT8] = "uint8",
    [DHCP_OPTION_UINT16] = "uint16",
    [DHCP_OPTION_UINT32] = "uint32",
    [DHCP_OPTION_BOOL] = "bool",
    [DHCP_OPTION_HEX] = "hex",
    [DHCP_OPTION_DOMAIN_LIST] = "domain-list",
    [DHCP_OPTION_ROUTES] = "routes",
    [DHCP_OPTION_INT32] = "int32",
    [DHCP_OPTION_IP_PAIRS] = "ip-pairs",
    [DHCP_OPTION_UINT8_LIST] = "uint8-list",
    [DHCP_OPTION_UINT16_LIST] = "uint16-list",
    [DHCP_OPTION_DOMAIN] = "domain",
    [DHCP_OPTION_DOMAIN_EACH] = "domains",
    [DHCP_OPTION_SIP] = "sip-servers",
    [DHCP_OPTION_SCOPED_IPS] = "scoped-ip-list",
    [DHCP_OPTION_SCOPED_TEXT] = "scoped-string",
    [DHCP_OPTION_EMPTY] = "empty",
};

// What wire's table tells too roughly, since it only shows options.
static const struct {
    uint8_t code;
    enum dhcp_option_type type;
} FINER[] = {
    {2, DHCP_OPTION_INT32},         // time-offset
    {21, DHCP_OPTION_IP_PAIRS},     // policy-filters
    {25, DHCP_OPTION_UINT16_LIST},  // path-mtu-plateaus
    {33, DHCP_OPTION_IP_PAIRS},     // static-routes
    {78, DHCP_OPTION_SCOPED_IPS},   // slp-directory-agents
    {79, DHCP_OPTION_SCOPED_TEXT},  // slp-service-scopes
    {80, DHCP_OPTION_EMPTY},        // rapid-commit
    {88, DHCP_OPTION_DOMAIN_EACH},  // bcmcs-domains
    {117, DHCP_OPTION_UINT16_LIST}, // name-service-search
    {119, DHCP_OPTION_DOMAIN_LIST}, // domain-search
    {120, DHCP_OPTION_SIP},         // sip-servers
    {121, DHCP_OPTION_ROUTES},      // classless-routes
    {137, DHCP_OPTION_DOMAIN},      // lost-server
    {141, DHCP_OPTION_DOMAIN_EACH}, // sip-ua-domains
    {147, DHCP_OPTION_DOMAIN},      // dots-agent
    {213, DHCP_OPTION_DOMAIN},      // access-domain
    {249, DHCP_OPTION_ROUTES},      // microsoft-classless-routes
};

// What other servers call them: ISC dhcpd and Kea, then dnsmasq.
static const struct {
    const char *name;
    uint8_t code;
} ALIASES[] = {
    {"domain-name-servers", 6},
    {"ien116-name-servers", 5},
    {"merit-dump", 14},
    {"policy-filter", 21},
    {"max-dgram-reassembly", 22},
    {"default-ip-ttl", 23},
    {"path-mtu-aging-timeout", 24},
    {"path-mtu-plateau-table", 25},
    {"all-subnets-local", 27},
    {"perform-mask-discovery", 29},
    {"nis-server", 41},
    {"vendor-encapsulated-options", 43},
    {"netbios-dd-server", 45},
    {"font-servers", 48},
    {"x-display-manager", 49},
    {"dhcp-renewal-time", 58},
    {"dhcp-rebinding-time", 59},
    {"vendor-class-identifier", 60},
    {"nisplus-domain", 64},
    {"nisplus-servers", 65},
    {"bootfile-name", 67},
    {"mobile-ip-home-agent", 68},
    {"smtp-server", 69},
    {"pop-server", 70},
    {"nntp-server", 71},
    {"www-server", 72},
    {"slp-directory-agent", 78},
    {"slp-service-scope", 79},
    {"pcode", 100},
    {"tcode", 101},
    {"v6-only-preferred", 108},
    {"v4-captive-portal", 114},
    {"default-url", 114},
    {"classless-static-routes", 121},
    {"rfc3442-classless-static-routes", 121},
    {"tftp-server-address", 150},
    {"iscsi-initiator-iqn", 203},
    {"ms-classless-static-routes", 249},
    {"wpad-url", 252},
    {"netmask", 1},
    {"router", 3},
    {"time-server", 4},
    {"dns-server", 6},
    {"log-server", 7},
    {"lps-server", 9},
    {"hostname", 12},
    {"ip-forward-enable", 19},
    {"non-local-source-routing", 20},
    {"mtu", 26},
    {"all-subnets", 27},
    {"broadcast", 28},
    {"static-route", 33},
    {"ntp-server", 42},
    {"vendor-encap", 43},
    {"netbios-ns", 44},
    {"netbios-dd", 45},
    {"netbios-nodetype", 46},
    {"x-windows-fs", 48},
    {"x-windows-dm", 49},
    {"T1", 58},
    {"T2", 59},
    {"tftp-server", 66},
    {"bootfile", 67},
    {"posix-timezone", 100},
    {"sip-server", 120},
    {"classless-static-route", 121},
};

struct named { // what a name stands for
    uint8_t code;
    enum dhcp_option_type type;
    const char *vendor; // "" = none
    size_t least_bytes;
};

const char *dhcp_option_type_text(enum dhcp_option_type type)
{
    assert(type < DHCP_OPTION_TYPE_COUNT);
    return TYPES[type];
}

static enum dhcp_option_type type_of(const struct dhcp4_option_row *row)
{
    for (size_t i = 0; row != NULL && i < COUNT_OF(FINER); i++) {
        if (FINER[i].code == row->code) {
            return FINER[i].type;
        }
    }
    switch (row == NULL ? DHCP4_FORMAT_BYTES : (enum dhcp4_format)row->format) {
    case DHCP4_FORMAT_FLAG:
        return DHCP_OPTION_BOOL;
    case DHCP4_FORMAT_U8:
        return DHCP_OPTION_UINT8;
    case DHCP4_FORMAT_U16:
        return DHCP_OPTION_UINT16;
    case DHCP4_FORMAT_U32:
        return DHCP_OPTION_UINT32;
    case DHCP4_FORMAT_IP4:
        return DHCP_OPTION_IP;
    case DHCP4_FORMAT_IP4_LIST:
        return DHCP_OPTION_IP_LIST;
    case DHCP4_FORMAT_STRING:
        return DHCP_OPTION_STRING;
    case DHCP4_FORMAT_BYTES:
    case DHCP4_FORMAT_KIND:
    case DHCP4_FORMAT_CODES:
    case DHCP4_FORMAT_ARCHITECTURES:
    case DHCP4_FORMAT_INTERFACE:
    case DHCP4_FORMAT_UUID:
    case DHCP4_FORMAT_SUBOPTIONS:
    default:
        return DHCP_OPTION_HEX;
    }
}

// The definition of `code`, outside of vendors' (vendor "") or inside one's; NULL when there is none.
static const struct dhcp_definition *find_definition(const struct dhcp_definitions *definitions,
                                                     const char *vendor, size_t vendor_bytes, uint8_t code)
{
    for (size_t i = 0; definitions != NULL && i < definitions->count; i++) {
        const struct dhcp_definition *definition = &definitions->items[i];
        if (definition->code == code && strlen(definition->vendor) == vendor_bytes &&
            memcmp(definition->vendor, vendor, vendor_bytes) == 0) {
            return definition;
        }
    }
    return NULL;
}

static void named_from_definition(const struct dhcp_definition *definition, struct named *named)
{
    *named = (struct named){.code = (uint8_t)definition->code,
                            .type = definition->type,
                            .vendor = definition->vendor,
                            .least_bytes = 1};
}

static void named_from_code(const struct dhcp_definitions *definitions, uint8_t code, struct named *named)
{
    const struct dhcp_definition *definition = find_definition(definitions, "", 0, code);
    if (definition != NULL) {
        named_from_definition(definition, named);
        return;
    }
    const struct dhcp4_option_row *row = dhcp4_option_find(code);
    *named = (struct named){
        .code = code, .type = type_of(row), .vendor = "", .least_bytes = row == NULL ? 1 : row->least_bytes};
}

static bool find_named(const struct dhcp_definitions *definitions, const char *name, struct named *named)
{
    uint64_t code;
    for (size_t i = 0; definitions != NULL && i < definitions->count; i++) {
        if (text_equal_nocase(definitions->items[i].name, name)) {
            named_from_definition(&definitions->items[i], named);
            return true;
        }
    }
    if (text_parse_u64(name, CODE_MOST, &code) == STATUS_OK && code != 0) {
        named_from_code(definitions, (uint8_t)code, named);
        return true;
    }
    const struct dhcp4_option_row *row = dhcp4_option_find_name(name);
    if (row != NULL) {
        named_from_code(definitions, row->code, named);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(ALIASES); i++) {
        if (text_equal_nocase(ALIASES[i].name, name)) {
            named_from_code(definitions, ALIASES[i].code, named);
            return true;
        }
    }
    return false;
}

static void shown_print(const char *text, char out[SHOWN_BYTES])
{
    struct text shown;
    text_init(&shown, out, SHOWN_BYTES);
    text_add_escaped(&shown, text, strlen(text));
}

static void note_nearest(const char *written, const char *name, unsigned *best, const char **nearest)
{
    unsigned distance = text_distance(written, name);
    if (distance < *best) {
        *best = distance;
        *nearest = name;
    }
}

static enum status refuse_name(const struct dhcp_definitions *definitions, const char *name,
                               struct problem *problem)
{
    char shown[SHOWN_BYTES];
    const char *nearest = NULL;
    unsigned best = 3; // a name further away than two edits was not meant
    shown_print(name, shown);
    const struct dhcp4_option_row *row;
    for (size_t i = 0; (row = dhcp4_option_at(i)) != NULL; i++) {
        note_nearest(name, row->name, &best, &nearest);
    }
    for (size_t i = 0; i < COUNT_OF(ALIASES); i++) {
        note_nearest(name, ALIASES[i].name, &best, &nearest);
    }
    for (size_t i = 0; definitions != NULL && i < definitions->count; i++) {
        note_nearest(name, definitions->items[i].name, &best, &nearest);
    }
    problem_set(problem, "there is no DHCP option '%s'", shown);
    if (nearest != NULL) {
        problem_set_remedy(problem, "did you mean '%s'?", nearest);
    }
    problem_set_remedy(problem, "write its code (1 to %d), or add it to dhcp.definitions", CODE_MOST);
    return STATUS_NOT_FOUND;
}

static enum status refuse_ours(const char *name, uint8_t code, struct problem *problem)
{
    problem_set(problem, "DHCP option '%s' (%u) is imprint's own to fill in", name, code);
    if (code == DHCP4_OPTION_LEASE_TIME) {
        problem_set_remedy(problem, "say with 'lease' how long leases last");
    }
    problem_set_remedy(problem, "take it out");
    return STATUS_DENIED;
}

static enum status refuse_value(const char *name, const struct named *named, const char *value,
                                struct problem *problem)
{
    char shown[SHOWN_BYTES];
    shown_print(value, shown);
    problem_set(problem, "DHCP option '%s' (%s%s%u) cannot be '%s'", name, named->vendor,
                named->vendor[0] == '\0' ? "" : " ", named->code, shown);
    problem_set_remedy(problem, "it takes %s; 'hex:...' gives any bytes",
                       dhcp_option_value_about(named->type));
    return STATUS_MALFORMED;
}

static enum status encode_values(const struct named *named, const char *name, const char *const *values,
                                 size_t count, struct writer *writer, struct problem *problem)
{
    const char *wrong = values[0];
    enum status status;
    if (count == 1 && text_starts(values[0], HEX_PREFIX)) {
        const char *digits = values[0] + strlen(HEX_PREFIX);
        status = dhcp_option_value_parse_hex(digits + strspn(digits, " "), writer);
    } else {
        status = dhcp_option_value_encode(named->type, values, count, writer, &wrong);
    }
    if (status != STATUS_OK) {
        return refuse_value(name, named, wrong, problem);
    }
    size_t most = named->vendor[0] == '\0' ? DHCP_OPTION_BYTES_MOST : VENDOR_MOST;
    if (writer->failed || writer_length(writer) > most) {
        problem_set(problem, "the value of DHCP option '%s' has more than %zu bytes", name, most);
        problem_set_remedy(problem, "make it shorter");
        return STATUS_TOO_LONG;
    }
    // One broken option makes EDK2 drop the whole reply.
    if (writer_length(writer) < named->least_bytes) {
        problem_set(problem, "the value of DHCP option '%s' is too short: it has at least %zu bytes", name,
                    named->least_bytes);
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status put_values(struct dhcp_option_set *set, const struct named *named, bool is_forced,
                              const char *name, const char *const *values, size_t count,
                              struct problem *problem)
{
    uint8_t bytes[DHCP_OPTION_BYTES_MOST];
    struct writer writer = writer_init(bytes, sizeof bytes);
    enum status status = encode_values(named, name, values, count, &writer, problem);
    if (status != STATUS_OK) {
        return status;
    }
    size_t length = writer_length(&writer);
    return named->vendor[0] == '\0' ? dhcp_option_put(set, named->code, bytes, length, is_forced)
                                    : dhcp_option_put_vendor(set, named->vendor, named->code, bytes, length);
}

enum status dhcp_option_parse(struct dhcp_option_set *set, const struct dhcp_definitions *definitions,
                              const char *name, const char *const *values, size_t count,
                              struct problem *problem)
{
    bool is_forced = name[0] == NAME_IS_FORCED;
    name += is_forced ? 1 : 0;
    struct named named;
    if (!find_named(definitions, name, &named)) {
        return refuse_name(definitions, name, problem);
    }
    if (named.vendor[0] == '\0' && dhcp_option_is_ours(named.code, false)) {
        return refuse_ours(name, named.code, problem);
    }
    bool is_none = count == 0 || (count == 1 && values[0][0] == '\0');
    enum status status = is_none ? dhcp_option_put_none(set, named.vendor, named.code)
                                 : put_values(set, &named, is_forced, name, values, count, problem);
    if (status == STATUS_FULL) {
        problem_set(problem, "there is no room for DHCP option '%s': at most %d options, of %d bytes in all",
                    name, DHCP_OPTIONS_MOST, DHCP_OPTION_SET_BYTES);
        problem_set_remedy(problem, "take out options that no client needs");
    }
    return status;
}

enum status dhcp_option_parse_pair(struct dhcp_option_set *set, const struct dhcp_definitions *definitions,
                                   const char *pair, struct problem *problem)
{
    char name[DHCP_OPTION_NAME_BYTES + 1];
    size_t length = strcspn(pair, "=");
    if (length == 0 || pair[length] == '\0' || length >= sizeof name) {
        char shown[SHOWN_BYTES];
        shown_print(pair, shown);
        problem_set(problem, "'%s' is not a DHCP option with its value", shown);
        problem_set_remedy(problem, "write NAME=VALUE, such as ntp-servers=192.0.2.1");
        return STATUS_MALFORMED;
    }
    memcpy(name, pair, length);
    name[length] = '\0';
    const char *value = pair + length + 1;
    return dhcp_option_parse(set, definitions, name, &value, 1, problem);
}

void dhcp_option_parse_lines(struct dhcp_option_set *set, const struct dhcp_definitions *definitions,
                             const char *lines)
{
    while (*lines != '\0') {
        char line[DHCP_OPTION_LINE_BYTES];
        size_t length = strcspn(lines, "\n");
        if (length < sizeof line) {
            memcpy(line, lines, length);
            line[length] = '\0';
            (void)!dhcp_option_parse_pair(set, definitions, line, NULL);
        }
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
}

static const struct dhcp_definition *definition_of(const struct dhcp_option_set *set,
                                                   const struct dhcp_option_entry *entry,
                                                   const struct dhcp_definitions *definitions)
{
    return find_definition(definitions, (const char *)set->bytes + entry->at, entry->vendor_bytes,
                           entry->code);
}

void dhcp_option_print_name(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                            const struct dhcp_definitions *definitions, struct text *text)
{
    const struct dhcp_definition *definition = definition_of(set, entry, definitions);
    const struct dhcp4_option_row *row = dhcp4_option_find(entry->code);
    text_add(text, entry->is_forced ? "+" : "");
    if (definition != NULL) {
        text_add(text, definition->name);
    } else if (entry->vendor_bytes == 0 && row != NULL) {
        text_add(text, row->name);
    } else {
        text_add_format(text, "%u", entry->code);
    }
}

// Appends the value by its type, when that text would be read as the same bytes again.
static bool print_typed(enum dhcp_option_type type, const uint8_t *data, size_t bytes, struct text *text)
{
    uint8_t again[DHCP_OPTION_BYTES_MOST];
    struct writer writer = writer_init(again, sizeof again);
    size_t before = text->length;
    if (text->cut || !dhcp_option_value_check(type, data, bytes)) {
        return false;
    }
    dhcp_option_value_print(type, data, bytes, text);
    const char *printed = text->start + before;
    const char *wrong;
    if (!text->cut && !text_starts(printed, HEX_PREFIX) &&
        dhcp_option_value_encode(type, &printed, 1, &writer, &wrong) == STATUS_OK && !writer.failed &&
        writer_length(&writer) == bytes && memcmp(again, data, bytes) == 0) {
        return true;
    }
    text->length = before;
    text->start[before] = '\0';
    text->cut = false;
    return false;
}

void dhcp_option_print_value(const struct dhcp_option_set *set, const struct dhcp_option_entry *entry,
                             const struct dhcp_definitions *definitions, struct text *text)
{
    const struct dhcp_definition *definition = definition_of(set, entry, definitions);
    enum dhcp_option_type type = DHCP_OPTION_HEX;
    if (definition != NULL) {
        type = definition->type;
    } else if (entry->vendor_bytes == 0) {
        type = type_of(dhcp4_option_find(entry->code));
    }
    const uint8_t *data = dhcp_option_data(set, entry);
    if (entry->is_none) {
        return;
    }
    if (!print_typed(type, data, entry->length, text)) {
        text_add(text, HEX_PREFIX);
        dhcp_option_value_print_hex(data, entry->length, text);
    }
}

static bool name_is_good(const char *name)
{
    static const char GOOD[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool has_letter = strpbrk(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
    return has_letter && name[strspn(name, GOOD)] == '\0';
}

enum status dhcp_definition_check(const struct dhcp_definition *definition, struct problem *problem)
{
    struct named named;
    if (!name_is_good(definition->name)) {
        problem_set(problem, "'%s' cannot be the name of a DHCP option", definition->name);
        problem_set_remedy(problem, "use letters, digits, '-', '.' and '_', with at least one letter");
        return STATUS_MALFORMED;
    }
    if (find_named(NULL, definition->name, &named)) {
        problem_set(problem, "'%s' is already the name of DHCP option %u", definition->name, named.code);
        problem_set_remedy(problem, "choose another name");
        return STATUS_EXISTS;
    }
    if (definition->vendor[0] != '\0') {
        return STATUS_OK; // what a code means inside 43 is the vendor's to say
    }
    uint8_t code = (uint8_t)definition->code;
    if (dhcp_option_is_ours(code, false)) {
        return refuse_ours(definition->name, code, problem);
    }
    const struct dhcp4_option_row *row = dhcp4_option_find(code);
    if (row != NULL && code < PRIVATE_LEAST) {
        problem_set(problem, "DHCP option %u is '%s' already", code, row->name);
        problem_set_remedy(problem, "use it by that name; codes from 224 to 254 are yours to define");
        return STATUS_EXISTS;
    }
    return STATUS_OK;
}
