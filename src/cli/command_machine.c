// SPDX-License-Identifier: GPL-3.0-or-later
// imprint machine ...
#include "base/text.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/inventory_show.h"
#include "cli/show.h"
#include "cli/timeline.h"
#include "wire/pxe.h"

#include <string.h>

static enum screen_paint paint_state(const char *state)
{
    return strcmp(state, "new") == 0        ? SCREEN_WARN
           : strcmp(state, "rejected") == 0 ? SCREEN_BAD
                                            : SCREEN_PLAIN;
}

static void add_row(struct table *table, const struct call *call, const json_t *machine)
{
    char seen[SHOW_TIME_BYTES];
    const json_t *order = fact_get(machine, "order");
    const char *state = fact_text(machine, "state");
    const char *mac = json_string_value(json_array_get(fact_get(machine, "macs"), 0));
    const char *address = fact_text(machine, "last_address");
    table_add(table, SCREEN_BOLD, fact_text(machine, "name"));
    table_add(table, paint_state(state), state);
    table_add(table, SCREEN_PLAIN, mac == NULL ? "" : mac);
    table_add(table, SCREEN_PLAIN, address[0] == '\0' ? fact_text(machine, "address") : address);
    table_add(table, SCREEN_PLAIN, show_time(call, fact_number(machine, "last_seen_s"), seen));
    if (json_is_object(order)) {
        table_add_format(table, SCREEN_GOOD, "%lld: %s, %s", (long long)fact_number(order, "id"),
                         fact_text(order, "profile"), fact_text(order, "state"));
    } else {
        table_add(table, SCREEN_PLAIN, "");
    }
}

// Leaves only those in `state` (NULL = all) in `list`.
static void keep_state(json_t *list, const char *state)
{
    size_t position = 0;
    while (state != NULL && position < json_array_size(list)) {
        if (strcmp(fact_text(json_array_get(list, position), "state"), state) == 0) {
            position++;
        } else {
            (void)json_array_remove(list, position);
        }
    }
}

int command_machine_list(struct call *call)
{
    static const struct table_column columns[] = {{"NAME", false, true},  {"STATE", false, false},
                                                  {"MAC", false, false},  {"ADDRESS", false, false},
                                                  {"SEEN", false, false}, {"ORDER", false, true}};
    json_t *list = ask_list(call, "machines", "machines");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *machine;
    table_init(&table, columns, COUNT_OF(columns));
    keep_state(list, call_option(call, "state"));
    json_array_foreach(list, position, machine)
    {
        add_row(&table, call, machine);
    }
    return show_list(call, list, &table,
                     call_has(call, "state") ? "no machine is in that state"
                                             : "no machine is known yet: let one boot from the network, or "
                                               "'imprint machine add NAME --mac MAC'");
}

static void show_evidence(struct call *call, const json_t *machine)
{
    size_t position;
    json_t *mac;
    const json_t *architecture = fact_get(machine, "architecture");
    json_array_foreach(fact_get(machine, "macs"), position, mac)
    {
        show_field(call, position == 0 ? "mac" : "", SCREEN_PLAIN, json_string_value(mac));
    }
    show_field(call, "uuid", SCREEN_PLAIN, fact_text(machine, "uuid"));
    show_field(call, "serial", SCREEN_PLAIN, fact_text(machine, "serial"));
    if (json_is_integer(architecture)) {
        show_field_format(call, "firmware", "%s (architecture %lld)",
                          pxe_architecture_name((uint16_t)json_integer_value(architecture)),
                          (long long)json_integer_value(architecture));
    }
}

// Only what is not as usual.
static void show_tftp(struct call *call, const json_t *machine)
{
    char words[128];
    struct text text;
    int64_t set = fact_number(machine, "tftp_blksize");
    int64_t learned = fact_number(machine, "tftp_blksize_learned");
    const char *rollover = fact_text(machine, "tftp_rollover");
    text_init(&text, words, sizeof words);
    if (set != 0) {
        text_add_format(&text, "blocks of at most %lld", (long long)set);
    }
    if (learned != 0) {
        text_add_format(&text, "%sblocks of at most %lld, since it fell silent behind larger ones",
                        text.length == 0 ? "" : "; ", (long long)learned);
    }
    if (rollover[0] != '\0' && strcmp(rollover, "auto") != 0) {
        text_add_format(&text, "%sblock %s follows block 65535", text.length == 0 ? "" : "; ", rollover);
    }
    if (text.length != 0) {
        show_field(call, "TFTP", SCREEN_PLAIN, words);
    }
}

static void show_dhcp(struct call *call, const json_t *machine)
{
    size_t position;
    json_t *option;
    json_array_foreach(fact_get(machine, "dhcp_options"), position, option)
    {
        show_field(call, position == 0 ? "DHCP options" : "", SCREEN_PLAIN, json_string_value(option));
    }
    show_field(call, "classes", SCREEN_PLAIN, fact_text(machine, "classes"));
    show_field(call, "proposed", SCREEN_PLAIN, fact_text(machine, "proposal")); // by its class
}

static void show_machine(struct call *call, const json_t *machine)
{
    char time[SHOW_TIME_BYTES];
    const char *state = fact_text(machine, "state");
    const json_t *order = fact_get(machine, "order");
    show_field(call, "name", SCREEN_BOLD, fact_text(machine, "name"));
    show_field_format(call, "id", "%lld", (long long)fact_number(machine, "id"));
    show_field(call, "state", paint_state(state), state);
    show_evidence(call, machine);
    show_field(call, "host name", SCREEN_PLAIN, fact_text(machine, "hostname"));
    show_field(call, "reserved", SCREEN_PLAIN, fact_text(machine, "address"));
    show_field(call, "reserved", SCREEN_PLAIN, fact_text(machine, "address6"));
    show_field(call, "place", SCREEN_PLAIN, fact_text(machine, "place"));
    show_field(call, "reply shape", SCREEN_PLAIN, fact_text(machine, "reply_shape"));
    show_field(call, "firmware", SCREEN_PLAIN, fact_text(machine, "firmware"));
    show_field(call, "last address", SCREEN_PLAIN, fact_text(machine, "last_address"));
    if (fact_number(machine, "counter") != 0) {
        show_field_format(call, "counter", "%lld", (long long)fact_number(machine, "counter"));
    }
    show_field(call, "loader", SCREEN_PLAIN, fact_text(machine, "loader"));
    show_tftp(call, machine);
    show_dhcp(call, machine);
    show_field(call, "first seen", SCREEN_PLAIN, show_time(call, fact_number(machine, "first_seen_s"), time));
    show_field(call, "last seen", SCREEN_PLAIN, show_time(call, fact_number(machine, "last_seen_s"), time));
    if (json_is_object(order)) {
        show_field_format(call, "order", "%lld: %s, %s, expires %s", (long long)fact_number(order, "id"),
                          fact_text(order, "profile"), fact_text(order, "state"),
                          show_time(call, fact_number(order, "expires_s"), time));
    }
}

static void show_machine_and_events(struct call *call, const json_t *machine)
{
    show_machine(call, machine);
    inventory_show_machine(call, machine);
    if (call->out.is_terminal) {
        timeline_show_last(call, fact_number(machine, "id"), 8);
    }
    if (strcmp(fact_text(machine, "state"), "new") == 0) {
        show_hint(call,
                  "it waits for a decision: 'imprint machine approve %s' or 'imprint machine reject %s'",
                  fact_text(machine, "name"), fact_text(machine, "name"));
    }
}

int command_machine_show(struct call *call)
{
    json_t *machine = ask_name(call, "GET", "machines", call->arguments[0], NULL, NULL);
    return show_one(call, machine, show_machine_and_events);
}

// The options that mean a member of the machine, in an object; yours.
static json_t *body_from_options(const struct call *call)
{
    static const struct {
        const char *option;
        const char *member;
    } names[] = {{"uuid", "uuid"},
                 {"serial", "serial"},
                 {"hostname", "hostname"},
                 {"address", "address"},
                 {"address6", "address6"},
                 {"loader", "loader"},
                 {"tftp-blksize", "tftp_blksize"},
                 {"tftp-rollover", "tftp_rollover"}};
    json_t *body = json_object();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        // Not all that can be edited can be given when a machine is added.
        bool has_option = command_find_option(call->command, names[i].option) != NULL;
        const char *value = has_option ? call_option(call, names[i].option) : NULL;
        if (value != NULL) {
            json_object_set_new(body, names[i].member,
                                strcmp(value, "none") == 0 ? json_null() : fact_from_text(value));
        }
    }
    return body;
}

static void add_list(const struct call *call, const char *option, const char *member, json_t *body)
{
    size_t position = 0;
    json_t *list = json_array();
    const char *value;
    while ((value = call_next_option(call, option, &position)) != NULL) {
        json_array_append_new(list, fact_from_text(value));
    }
    if (json_array_size(list) != 0) {
        json_object_set(body, member, list);
    }
    json_decref(list);
}

static void show_added(struct call *call, const json_t *machine)
{
    show_machine(call, machine);
    show_hint(call, "next: 'imprint deploy %s --profile PROFILE'; until then it boots its own disk",
              fact_text(machine, "name"));
}

int command_machine_add(struct call *call)
{
    json_t *body = body_from_options(call);
    json_object_set_new(body, "name", fact_from_text(call->arguments[0]));
    add_list(call, "mac", "macs", body);
    add_list(call, "dhcp-option", "dhcp_options", body);
    json_t *machine = ask(call, "POST", "machines", body);
    json_decref(body);
    return show_one(call, machine, show_added);
}

int command_machine_edit(struct call *call)
{
    json_t *body = body_from_options(call);
    const char *name = call_option(call, "name");
    if (name != NULL) {
        json_object_set_new(body, "name", fact_from_text(name));
    }
    add_list(call, "add-mac", "add_macs", body);
    add_list(call, "remove-mac", "remove_macs", body);
    add_list(call, "dhcp-option", "dhcp_options", body);
    add_list(call, "remove-dhcp-option", "remove_dhcp_options", body);
    if (json_object_size(body) == 0) {
        json_decref(body);
        ask_complain_text(call, "'imprint help machine edit' shows what can be changed", "nothing to change");
        return CLI_EXIT_USAGE;
    }
    json_t *machine = ask_name(call, "PATCH", "machines", call->arguments[0], NULL, body);
    json_decref(body);
    return show_one(call, machine, show_machine);
}

static void print_decided(struct call *call, const json_t *machine)
{
    (void)fprintf(call->out.out, "%s is %s\n", fact_text(machine, "name"), fact_text(machine, "state"));
}

int command_machine_approve(struct call *call)
{
    const char *name = call_option(call, "name");
    if (name != NULL && call->argument_count != 1) {
        ask_complain_text(call, "approve them one by one, or leave --name out",
                          "two machines cannot have one name");
        return CLI_EXIT_USAGE;
    }
    json_t *body = name == NULL ? NULL : json_pack("{s:o}", "name", fact_from_text(name));
    int result = show_each(call, &(struct show_each){"POST", "machines", "approve", body, print_decided});
    json_decref(body);
    if (result == CLI_EXIT_OK) {
        show_hint(call, "next: 'imprint deploy %s --profile PROFILE'; until then it boots its own disk",
                  name != NULL ? name : call->arguments[0]);
    }
    return result;
}

int command_machine_reject(struct call *call)
{
    return show_each(call, &(struct show_each){"POST", "machines", "reject", NULL, print_decided});
}

int command_machine_remove(struct call *call)
{
    return show_each(call, &(struct show_each){"DELETE", "machines", NULL, NULL, show_removed});
}
