// SPDX-License-Identifier: GPL-3.0-or-later
// What a migration finds out about DHCP options and about single machines.
#include "base/text.h"
#include "cli/migrate.h"

#include <string.h>

// ---- options ----

static enum dhcp_option_type type_find(const char *text)
{
    for (int type = 0; type < DHCP_OPTION_TYPES_DEFINED; type++) {
        if (strcmp(dhcp_option_type_text((enum dhcp_option_type)type), text) == 0) {
            return (enum dhcp_option_type)type;
        }
    }
    return DHCP_OPTION_HEX;
}

static const char *value_of(const struct migration *migration, unsigned item, const char *key)
{
    const struct migrate_setting *setting = migrate_find_in(migration, item, key, NULL);
    return setting == NULL ? "" : setting->value;
}

// The definitions that the migration has made so far.
static void print_definitions(const struct migration *migration, struct dhcp_definitions *out)
{
    for (size_t i = 0; i < migration->items.count; i++) {
        const struct migrate_item *item = heap_array_get(&migration->items, i);
        unsigned number = (unsigned)i + 1;
        uint64_t code;
        if (item->is_dropped || strcmp(item->table->name, "dhcp.definitions") != 0 ||
            out->count == DHCP_DEFINITIONS_MOST ||
            text_parse_u64(value_of(migration, number, "dhcp.definitions[].code"), 254, &code) != STATUS_OK) {
            continue;
        }
        struct dhcp_definition *one = &out->items[out->count++];
        one->code = (uint16_t)code;
        one->type = type_find(value_of(migration, number, "dhcp.definitions[].type"));
        (void)text_copy(one->name, sizeof one->name, value_of(migration, number, "dhcp.definitions[].name"));
        (void)text_copy(one->vendor, sizeof one->vendor,
                        value_of(migration, number, "dhcp.definitions[].vendor"));
    }
}

// What dhcpd and Kea call options that make the conversation itself.
static bool is_of_conversation(const char *name)
{
    static const char *const names[] = {
        "dhcp-requested-address", "dhcp-lease-time",        "dhcp-option-overload",
        "dhcp-message-type",      "dhcp-server-identifier", "dhcp-parameter-request-list",
        "dhcp-message",           "dhcp-max-message-size",  "dhcp-client-identifier"};
    return text_find(name + (name[0] == '+' ? 1 : 0), names, COUNT_OF(names)) != COUNT_OF(names);
}

bool migrate_read_option(struct migration *migration, char name[DHCP_OPTION_NAME_BYTES],
                         char value[MIGRATE_VALUE_BYTES], const char *what)
{
    struct dhcp_definitions *definitions = heap_new(sizeof *definitions);
    struct dhcp_option_set *set = heap_new(sizeof *set);
    struct problem problem;
    struct text text;
    const char *values[1] = {value};
    problem_clear(&problem);
    print_definitions(migration, definitions);
    enum status status = dhcp_option_parse(set, definitions, name, values, 1, &problem);
    if (status == STATUS_OK) {
        text_init(&text, name, DHCP_OPTION_NAME_BYTES);
        dhcp_option_print_name(set, &set->entries[0], definitions, &text);
        text_init(&text, value, MIGRATE_VALUE_BYTES);
        dhcp_option_print_value(set, &set->entries[0], definitions, &text);
    } else if (status == STATUS_DENIED || is_of_conversation(name)) {
        migrate_remark(migration, MIGRATE_NEEDLESS, what, "imprint fills in this option by itself");
    } else {
        migrate_remark(migration, MIGRATE_LEFT, what, "%s%s%s", problem.text,
                       problem.remedy[0] == '\0' ? "" : "; ", problem.remedy);
    }
    heap_free(set);
    heap_free(definitions);
    return status == STATUS_OK;
}

// ---- machines ----

static struct migrate_machine *get_machine(const struct migration *migration, size_t machine)
{
    return heap_array_get(&migration->machines, machine);
}

// A name of a-z, 0-9 and '-', out of whatever stands there.
static void make_name(const char *name, char out[MACHINE_NAME_BYTES])
{
    struct text text;
    text_init(&text, out, MACHINE_NAME_BYTES - 6); // room for "-99999"
    for (; *name != '\0' && *name != '.'; name++) {
        char lower = text_lower(*name);
        bool is_good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (is_good || (text.length != 0 && out[text.length - 1] != '-')) {
            text_add_char(&text, is_good ? lower : '-');
        }
    }
    while (text.length != 0 && out[text.length - 1] == '-') {
        out[--text.length] = '\0';
    }
    if (text.length == 0) {
        (void)text_copy(out, MACHINE_NAME_BYTES, "machine");
    }
}

static bool has_name(const struct migration *migration, const char *name)
{
    for (size_t i = 0; i < migration->machines.count; i++) {
        if (strcmp(get_machine(migration, i)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

size_t migrate_add_machine(struct migration *migration, const char *name, const char *what)
{
    struct migrate_machine machine = {.from = {.line = migration->line}};
    char wanted[MACHINE_NAME_BYTES];
    if (migration->machines.count >= MIGRATE_MACHINES_MOST) {
        if (!migration->is_cut) {
            migrate_remark(migration, MIGRATE_LEFT, what, "this and more machines are too many at once");
        }
        migration->is_cut = true;
        return SIZE_MAX;
    }
    make_name(name, wanted);
    (void)text_copy(machine.name, sizeof machine.name, wanted);
    for (unsigned i = 2; has_name(migration, machine.name); i++) {
        (void)snprintf(machine.name, sizeof machine.name, "%.56s-%u", wanted, i % 100000);
    }
    (void)text_copy(machine.from.file, sizeof machine.from.file, migration->file);
    (void)text_copy(machine.from.what, sizeof machine.from.what, what);
    if (strcmp(machine.name, name) != 0) {
        migrate_remark(migration, MIGRATE_CHANGED, what, "the machine is called %s here", machine.name);
    }
    heap_array_add(&migration->machines, &machine);
    return migration->machines.count - 1;
}

bool migrate_read_mac(const char *written, struct hw *mac)
{
    char padded[HW_TEXT_BYTES + 16];
    struct text text;
    text_init(&text, padded, sizeof padded);
    for (const char *at = written; *at != '\0';) {
        size_t length = strcspn(at, ":-");
        text_add(&text, length == 1 ? "0" : ""); // "0:0:c0:5d:bd:95"
        text_add_bytes(&text, at, length + (at[length] != '\0' ? 1 : 0));
        at += length + (at[length] != '\0' ? 1 : 0);
    }
    return !text.cut && hw_parse(padded, mac) == STATUS_OK;
}

void migrate_set_mac(struct migration *migration, size_t machine, const char *mac, const char *what)
{
    struct hw hw;
    struct migrate_machine *mine = get_machine(migration, machine);
    if (!migrate_read_mac(mac, &hw)) {
        migrate_remark(migration, MIGRATE_FAULT, what, "'%.60s' is no hardware address", mac);
        return;
    }
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *other = get_machine(migration, i);
        for (unsigned j = 0; j < other->mac_count; j++) {
            if (hw_equal(&other->macs[j], &hw)) {
                migrate_remark(migration, MIGRATE_FAULT, what, "%s of line %u has this hardware address, too",
                               other->name, other->from.line);
                return;
            }
        }
    }
    if (mine->mac_count == MACHINE_MACS_MOST) {
        migrate_remark(migration, MIGRATE_LEFT, what, "a machine has at most %d hardware addresses",
                       MACHINE_MACS_MOST);
        return;
    }
    mine->macs[mine->mac_count++] = hw;
}

void migrate_set_address(struct migration *migration, size_t machine, const char *address, const char *what)
{
    struct ip4 ip4;
    struct migrate_machine *mine = get_machine(migration, machine);
    if (ip4_parse(address, &ip4) != STATUS_OK || ip4.value == 0) {
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "'%.60s' is no IPv4 address; write the address instead of a name", address);
        return;
    }
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *other = get_machine(migration, i);
        if (other != mine && ip4_equal(other->address, ip4)) {
            migrate_remark(migration, MIGRATE_FAULT, what, "%s of line %u has this address, too", other->name,
                           other->from.line);
            return;
        }
    }
    mine->address = ip4;
}

void migrate_set_machine_option(struct migration *migration, size_t machine, const char *name,
                                const char *value, const char *what)
{
    struct migrate_machine_option option = {.machine = machine};
    if (text_copy(option.name, sizeof option.name, name) != STATUS_OK ||
        text_copy(option.value, sizeof option.value, value) != STATUS_OK) {
        migrate_remark(migration, MIGRATE_LEFT, what, "it is too long");
    } else if (migrate_read_option(migration, option.name, option.value, what)) {
        if (migration->machine_options.count >= MIGRATE_MACHINES_MOST) {
            migration->is_cut = true;
            return;
        }
        heap_array_add(&migration->machine_options, &option);
    }
}

// 'text' for a shell.
static void print_quoted(const char *text, FILE *out)
{
    (void)fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", out);
        } else {
            (void)fputc(text_is_control(*text) ? ' ' : *text, out);
        }
    }
    (void)fputc('\'', out);
}

// Its options, in a command of their own.
static void print_options(const struct migration *migration, size_t machine, const char *before, FILE *out)
{
    bool is_first = true;
    for (size_t i = 0; i < migration->machine_options.count; i++) {
        const struct migrate_machine_option *option = heap_array_get(&migration->machine_options, i);
        if (option->machine != machine) {
            continue;
        }
        if (is_first) {
            (void)fprintf(out, "%simprint machine edit %s", before, get_machine(migration, machine)->name);
        }
        char pair[DHCP_OPTION_NAME_BYTES + MIGRATE_VALUE_BYTES + 1];
        (void)snprintf(pair, sizeof pair, "%s=%s", option->name, option->value);
        (void)fputs(" --dhcp-option ", out);
        print_quoted(pair, out);
        is_first = false;
    }
    if (!is_first) {
        (void)fputc('\n', out);
    }
}

void migrate_print_machines(const struct migration *migration, const char *before, FILE *out)
{
    char text[HW_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    for (size_t i = 0; i < migration->machines.count; i++) {
        const struct migrate_machine *machine = get_machine(migration, i);
        if (machine->mac_count == 0) {
            continue; // remarked: nothing tells it from others
        }
        (void)fprintf(out, "%simprint machine add %s", before, machine->name);
        for (unsigned j = 0; j < machine->mac_count; j++) {
            (void)fprintf(out, " --mac %s", hw_print(&machine->macs[j], text));
        }
        if (machine->address.value != 0) {
            (void)fprintf(out, " --address %s", ip4_print(machine->address, address));
        }
        (void)fprintf(out, "  # %s:%u\n", machine->from.file, machine->from.line);
        print_options(migration, i, before, out);
    }
}

void migrate_set_option(struct migration *migration, unsigned item, const char *key, const char *name,
                        const char *value, const char *what)
{
    struct migrate_setting setting = {.key = key_find(key), .item = item};
    assert(setting.key != NULL && setting.key->type == KEY_OPTIONS);
    if (text_copy(setting.name, sizeof setting.name, name) != STATUS_OK ||
        text_copy(setting.value, sizeof setting.value, value) != STATUS_OK) {
        migrate_remark(migration, MIGRATE_LEFT, what, "it is too long");
    } else if (migrate_read_option(migration, setting.name, setting.value, what)) {
        migrate_put(migration, &setting, what);
    }
}
