// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/values.h"

#include "base/time.h"

#include <string.h>

typedef void value_print(const struct render_facts *facts, struct text *out);

static void value_machine_name(const struct render_facts *facts, struct text *out)
{
    text_add(out, facts->machine->name);
}

static void value_machine_mac(const struct render_facts *facts, struct text *out)
{
    char text[HW_TEXT_BYTES];
    if (facts->machine->mac_count > 0) {
        text_add(out, hw_print(&facts->machine->macs[0], text));
    }
}

static void value_machine_uuid(const struct render_facts *facts, struct text *out)
{
    static const struct uuid NONE;
    char text[UUID_TEXT_BYTES];
    if (!uuid_equal(&facts->machine->uuid, &NONE)) {
        text_add(out, uuid_print(&facts->machine->uuid, text));
    }
}

static void value_machine_mac_plain(const struct render_facts *facts, struct text *out)
{
    const struct hw *mac = &facts->machine->macs[0];
    for (uint8_t i = 0; facts->machine->mac_count > 0 && i < mac->length && i < HW_BYTES; i++) {
        text_add_format(out, "%02x", mac->octets[i]);
    }
}

static void value_counter(const struct render_facts *facts, struct text *out)
{
    if (facts->machine->counter != 0) {
        text_add_format(out, "%u", facts->machine->counter);
    }
}

static bool is_plain(char character)
{
    char lower = text_lower(character);
    return (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') ||
           text_is_one_of(character, "._-");
}

// A serial number is what the machine claims over the network. One that could be read as more than a word, in
// an answer file or on a kernel command line, is no value.
static void value_machine_serial(const struct render_facts *facts, struct text *out)
{
    for (const char *at = facts->machine->serial; *at != '\0'; at++) {
        if (!is_plain(*at)) {
            return;
        }
    }
    text_add(out, facts->machine->serial);
}

// What a machine says of itself, made one word.
static void value_add_word(struct text *out, const char *said)
{
    for (bool is_gap = false; *said != '\0'; said++) {
        if (is_plain(*said)) {
            text_add(out, is_gap && out->length != 0 ? "_" : "");
            text_add_char(out, *said);
        }
        is_gap = !is_plain(*said);
    }
}

static void value_inventory_vendor(const struct render_facts *facts, struct text *out)
{
    value_add_word(out, facts->found.vendor);
}

static void value_inventory_product(const struct render_facts *facts, struct text *out)
{
    value_add_word(out, facts->found.product);
}

static void value_inventory_firmware(const struct render_facts *facts, struct text *out)
{
    text_add(out, facts->found.firmware);
}

static void value_inventory_processors(const struct render_facts *facts, struct text *out)
{
    if (facts->found.processors != 0) {
        text_add_format(out, "%u", (unsigned)facts->found.processors);
    }
}

static void value_inventory_memory(const struct render_facts *facts, struct text *out)
{
    if (facts->found.memory_mib != 0) {
        text_add_format(out, "%llu", (unsigned long long)facts->found.memory_mib);
    }
}

static void value_inventory_disk(const struct render_facts *facts, struct text *out)
{
    value_add_word(out, facts->found.disk);
}

static void value_inventory_disks(const struct render_facts *facts, struct text *out)
{
    const char *at = facts->found.disks;
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        char name[sizeof facts->found.disk] = "";
        memcpy(name, at, size_min(length, sizeof name - 1));
        text_add(out, at == facts->found.disks ? "" : " ");
        value_add_word(out, name);
        at += length + (at[length] == ' ' ? 1 : 0);
    }
}

static void value_lease_hostname(const struct render_facts *facts, struct text *out)
{
    value_add_word(out, facts->found.lease_hostname);
}

static void value_lease_ends(const struct render_facts *facts, struct text *out)
{
    char instant[TIME_TEXT_BYTES];
    if (facts->found.lease_ends_s != 0 && facts->found.lease_ends_s != INT64_MAX) {
        text_add(out, time_print(facts->found.lease_ends_s, instant));
    }
}

static void value_hostname(const struct render_facts *facts, struct text *out)
{
    text_add(out, machine_hostname(facts->machine));
}

static void value_domain(const struct render_facts *facts, struct text *out)
{
    text_add(out, facts->network == NULL ? "" : facts->network->domain);
}

static void value_add_address(struct text *out, struct ip4 address)
{
    char text[IP4_TEXT_BYTES];
    if (address.value != 0) {
        text_add(out, ip4_print(address, text));
    }
}

static void value_address(const struct render_facts *facts, struct text *out)
{
    value_add_address(out, facts->address);
}

static void value_last_octet(const struct render_facts *facts, struct text *out)
{
    if (facts->address.value != 0) {
        text_add_format(out, "%u", (unsigned)(facts->address.value & 0xff));
    }
}

static void value_netmask(const struct render_facts *facts, struct text *out)
{
    if (facts->network != NULL) {
        value_add_address(out, ip4_mask(facts->network->subnet.prefix));
    }
}

static void value_prefix(const struct render_facts *facts, struct text *out)
{
    if (facts->network != NULL) {
        text_add_format(out, "%u", (unsigned)facts->network->subnet.prefix);
    }
}

static void value_gateway(const struct render_facts *facts, struct text *out)
{
    if (facts->network != NULL && facts->network->router_count > 0) {
        value_add_address(out, facts->network->routers[0]);
    }
}

static void value_dns(const struct render_facts *facts, struct text *out)
{
    for (uint8_t i = 0; facts->network != NULL && i < facts->network->dns_count; i++) {
        text_add(out, i == 0 ? "" : " ");
        value_add_address(out, facts->network->dns[i]);
    }
}

static void value_dns_first(const struct render_facts *facts, struct text *out)
{
    if (facts->network != NULL && facts->network->dns_count > 0) {
        value_add_address(out, facts->network->dns[0]);
    }
}

static void value_server(const struct render_facts *facts, struct text *out)
{
    char address[IP_TEXT_BYTES];
    if (!ip_is_none(facts->server)) {
        text_add(out, ip_print(facts->server, address));
    }
}

static void value_http(const struct render_facts *facts, struct text *out)
{
    char host[IP_HOST_BYTES];
    text_add_format(out, "http://%s", ip_is_none(facts->server) ? "" : ip_print_host(facts->server, host));
    if (facts->http_port != 80) {
        text_add_format(out, ":%u", (unsigned)facts->http_port);
    }
}

// Without an order it is a preview, and nobody will ask for it.
static void value_answer_folder(const struct render_facts *facts, struct text *out)
{
    bool has_token = facts->order != NULL && facts->order->token[0] != '\0';
    value_http(facts, out);
    text_add_format(out, "/answer/%s/%s/", facts->machine->name, has_token ? facts->order->token : "TOKEN");
}

void render_answer_url(const struct render_facts *facts, struct text *out)
{
    if (facts->profile->answer_name[0] != '\0') {
        value_answer_folder(facts, out);
        text_add(out, facts->profile->answer_name);
    }
}

static void value_callback_url(const struct render_facts *facts, struct text *out)
{
    value_answer_folder(facts, out);
    text_add(out, RENDER_CALLBACK_NAME);
}

static void value_profile_name(const struct render_facts *facts, struct text *out)
{
    text_add(out, facts->profile->name);
}

static void value_image_name(const struct render_facts *facts, struct text *out)
{
    text_add(out, facts->image->name);
}

static void value_image_url(const struct render_facts *facts, struct text *out)
{
    value_http(facts, out);
    text_add_format(out, "/images/%s", facts->image->name);
}

static void value_image_ftp_url(const struct render_facts *facts, struct text *out)
{
    char host[IP_HOST_BYTES];
    if (facts->ftp_port == 0) { // so that a template that needs it says why it cannot be rendered
        return;
    }
    text_add_format(out, "ftp://%s", ip_is_none(facts->server) ? "" : ip_print_host(facts->server, host));
    if (facts->ftp_port != 21) {
        text_add_format(out, ":%u", (unsigned)facts->ftp_port);
    }
    text_add_format(out, "/images/%s", facts->image->name);
}

static void value_order_id(const struct render_facts *facts, struct text *out)
{
    if (facts->order != NULL) {
        text_add_format(out, "%llu", (unsigned long long)facts->order->id);
    }
}

static const struct render_value NAMES[] = {
    {"hostname",
     "The machine's host name: its own setting, else its name; in a script and the arguments of a written "
     "system the name that it gets."},
    {"domain", "The DNS domain of the network it boots on."},
    {"address", "Its IPv4 address."},
    {"address.last_octet", "The last number of its IPv4 address."},
    {"netmask", "The netmask of the network, dotted."},
    {"prefix", "The same as a number of bits, such as 24."},
    {"gateway", "The first router of the network."},
    {"dns", "The DNS servers of the network, with blanks between."},
    {"dns.first", "The first of them."},
    {"machine.name", "The machine's name in imprint."},
    {"machine.mac", "Its first MAC address, with colons."},
    {"machine.mac_plain", "The same as twelve hexadecimal digits, good for a host name."},
    {"machine.uuid", "Its SMBIOS UUID, lower case."},
    {"machine.serial", "Its serial number, if it is one plain word."},
    {"inventory.vendor",
     "Who made it, as the agent read it from its firmware; like all that a machine says of itself "
     "made one word: what is no letter, digit, '.', '_' or '-' becomes '_'."},
    {"inventory.product", "What its maker calls it, alike."},
    {"inventory.firmware", "How the agent was started: uefi or bios."},
    {"inventory.processors", "How many processors the agent counted."},
    {"inventory.memory_mib", "Its memory in MiB."},
    {"inventory.disk", "The name of its only fixed disk, such as sda; there is none when it has several."},
    {"inventory.disks", "The names of its fixed disks, with blanks between."},
    {"lease.hostname", "What it called itself when it asked for its address, made one word."},
    {"lease.ends", "When its lease ends, in UTC: 2026-11-22T17:07:58Z."},
    {"counter", "A small number of the machine's own, given in the order of first use: 1, 2, 3 ..."},
    {"server", "The address of this imprint, as the machine reaches it."},
    {"http", "The URL of this imprint, \"http://192.0.2.1\", without a slash at its end."},
    {"answer_url", "The URL of the machine's answer file."},
    {"answer_folder", "The URL of the folder that it is in, with a slash at its end: a seed of cloud-init."},
    {"callback_url", "The URL that the installer fetches when it is done; that ends the order."},
    {"profile.name", "The name of the profile."},
    {"image.name", "The name of the image."},
    {"image.url", "The URL of the image's folder, without a slash at its end."},
    {"image.ftp_url", "The same by FTP; there is none unless ftp.port is set."},
    {"order.id", "The number of the order."},
};

static value_print *const PRINTERS[] = {
    value_hostname,
    value_domain,
    value_address,
    value_last_octet,
    value_netmask,
    value_prefix,
    value_gateway,
    value_dns,
    value_dns_first,
    value_machine_name,
    value_machine_mac,
    value_machine_mac_plain,
    value_machine_uuid,
    value_machine_serial,
    value_inventory_vendor,
    value_inventory_product,
    value_inventory_firmware,
    value_inventory_processors,
    value_inventory_memory,
    value_inventory_disk,
    value_inventory_disks,
    value_lease_hostname,
    value_lease_ends,
    value_counter,
    value_server,
    value_http,
    render_answer_url,
    value_answer_folder,
    value_callback_url,
    value_profile_name,
    value_image_name,
    value_image_url,
    value_image_ftp_url,
    value_order_id,
};

static_assert(COUNT_OF(NAMES) == COUNT_OF(PRINTERS) && COUNT_OF(NAMES) <= VALUES_MOST,
              "one printer per name");

const struct render_value *render_values(size_t *count)
{
    *count = COUNT_OF(NAMES);
    return NAMES;
}

// The URL of each mirror; none when it is not known how the machine reaches us.
static void values_add_mirrors(struct values *values, const struct render_facts *facts)
{
    struct text text;
    values->mirror_count = 0;
    for (size_t i = 0; i < RENDER_MIRRORS_MOST && facts->mirrors[i] != NULL; i++) {
        text_init(&text, values->mirror_names[i], sizeof values->mirror_names[i]);
        text_add_format(&text, "mirrors.%s", facts->mirrors[i]);
        text_init(&text, values->mirror_urls[i], sizeof values->mirror_urls[i]);
        if (!ip_is_none(facts->server)) {
            value_http(facts, &text);
            text_add_format(&text, "/mirror/%s", facts->mirrors[i]);
        }
        values->mirror_count++;
    }
}

void values_init(struct values *values, const struct render_facts *facts)
{
    values->facts = facts;
    values->refuses_secrets = false;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct text text;
        text_init(&text, values->texts[i], sizeof values->texts[i]);
        PRINTERS[i](facts, &text);
        assert(!text.cut);
    }
    values_add_mirrors(values, facts);
}

/// Whether `full` is "NAME", or "GROUP.NAME" where `group` is any name of that group.
static bool value_is_called(const char *full, const char *group, const char *name, size_t length)
{
    if (group != NULL) {
        size_t prefix = strcspn(group, ".") + 1;
        if (strncmp(full, group, prefix - 1) != 0 || full[prefix - 1] != '.') {
            return false;
        }
        full += prefix;
    }
    return strlen(full) == length && memcmp(full, name, length) == 0;
}

/// Whether `full` is "NAME.something".
static bool value_is_in(const char *full, const char *name, size_t length)
{
    return strncmp(full, name, length) == 0 && full[length] == '.';
}

/// Any full name in the group called `name`, or NULL; it stands for the group.
static const char *values_find_group(const struct values *values, const char *name, size_t length)
{
    const struct profile *profile = values->facts->profile;
    for (uint8_t i = 0; i < profile->value_count; i++) {
        if (value_is_in(profile->values[i].key, name, length)) {
            return profile->values[i].key;
        }
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (value_is_in(NAMES[i].name, name, length)) {
            return NAMES[i].name;
        }
    }
    for (unsigned i = 0; i < values->mirror_count; i++) {
        if (value_is_in(values->mirror_names[i], name, length)) {
            return values->mirror_names[i];
        }
    }
    return NULL;
}

static struct template_value value_of_text(const char *text)
{
    enum template_kind kind = *text == '\0' ? TEMPLATE_EMPTY : TEMPLATE_TEXT;
    return (struct template_value){.kind = kind, .text = text, .length = strlen(text)};
}

static struct template_value values_find_text(const struct values *values, const char *group,
                                              const char *name, size_t length)
{
    const struct profile *profile = values->facts->profile;
    for (uint8_t i = 0; i < profile->value_count; i++) {
        if (value_is_called(profile->values[i].key, group, name, length)) {
            bool is_secret = profile->values[i].is_secret;
            if (is_secret && values->refuses_secrets) {
                return (struct template_value){.kind = TEMPLATE_MISSING};
            }
            bool is_masked = is_secret && values->facts->masks_secrets;
            const char *own = is_masked ? PROFILE_MASK : profile->values[i].value;
            return (struct template_value){.kind = TEMPLATE_TEXT, .text = own, .length = strlen(own)};
        }
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (value_is_called(NAMES[i].name, group, name, length)) {
            return value_of_text(values->texts[i]);
        }
    }
    for (unsigned i = 0; i < values->mirror_count; i++) {
        if (value_is_called(values->mirror_names[i], group, name, length)) {
            return value_of_text(values->mirror_urls[i]);
        }
    }
    return (struct template_value){.kind = TEMPLATE_MISSING};
}

struct template_value values_find(const void *self, const void *node, const char *name, size_t length)
{
    const struct values *values = self;
    struct template_value value = values_find_text(values, node, name, length);
    const char *group = node == NULL ? values_find_group(values, name, length) : NULL;
    // A group that is a value too ("address", "address.last_octet") counts as absent when the value is.
    if (group != NULL && (value.kind == TEMPLATE_TEXT || value.kind == TEMPLATE_MISSING)) {
        value.kind = TEMPLATE_OBJECT;
        value.node = group;
    }
    return value;
}

void values_add_names(const struct values *values, struct text *out)
{
    const struct profile *profile = values->facts->profile;
    for (uint8_t i = 0; i < profile->value_count; i++) {
        bool is_refused = profile->values[i].is_secret && values->refuses_secrets;
        text_add_format(out, is_refused ? "" : "%s, ", profile->values[i].key);
    }
    for (unsigned i = 0; i < values->mirror_count; i++) {
        text_add_format(out, "%s, ", values->mirror_names[i]);
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        text_add_format(out, "%s%s", i == 0 ? "" : ", ", NAMES[i].name);
    }
}
