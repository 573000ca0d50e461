// SPDX-License-Identifier: GPL-3.0-or-later
// A machine's own DHCP options in the control API: kept as somebody wrote them, one "NAME=VALUE" in a line.
#include "base/text.h"
#include "config/config.h"
#include "model/dhcp_option.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"

#include <string.h>

// Whether the two single options are one and the same.
static bool is_same(const struct dhcp_option_set *a, const struct dhcp_option_set *b)
{
    if (a->count == 0 || b->count == 0) {
        return false;
    }
    const struct dhcp_option_entry *one = &a->entries[0];
    const struct dhcp_option_entry *other = &b->entries[0];
    return one->code == other->code && one->vendor_bytes == other->vendor_bytes &&
           memcmp(a->bytes + one->at, b->bytes + other->at, one->vendor_bytes) == 0;
}

// The next line of `*lines`; false at the end, too long ones are passed over.
static bool next_line(const char **lines, char line[DHCP_OPTION_LINE_BYTES])
{
    while (**lines != '\0') {
        size_t length = strcspn(*lines, "\n");
        bool fits = length < DHCP_OPTION_LINE_BYTES;
        if (fits) {
            memcpy(line, *lines, length);
            line[length] = '\0';
        }
        *lines += length + ((*lines)[length] == '\n' ? 1 : 0);
        if (fits && length != 0) {
            return true;
        }
    }
    return false;
}

// Leaves out of the machine's options the one in `gone`. Whether it was there.
static bool remove_option(const struct dhcp_definitions *definitions, const struct dhcp_option_set *gone,
                          struct machine *machine)
{
    char kept[MACHINE_OPTIONS_BYTES];
    char line[DHCP_OPTION_LINE_BYTES];
    struct text text;
    bool was_there = false;
    const char *lines = machine->dhcp_options;
    text_init(&text, kept, sizeof kept);
    while (next_line(&lines, line)) {
        struct dhcp_option_set one;
        dhcp_option_set_init(&one);
        dhcp_option_parse_lines(&one, definitions, line);
        if (is_same(&one, gone)) {
            was_there = true;
        } else {
            text_add_format(&text, "%s%s", text.length == 0 ? "" : "\n", line);
        }
    }
    (void)text_copy(machine->dhcp_options, sizeof machine->dhcp_options, kept);
    return was_there;
}

static bool put_option(struct control_request *request, const char *pair, struct machine *machine)
{
    const struct dhcp_definitions *definitions = &request->world->config->dhcp.definitions;
    struct problem problem = {0};
    struct dhcp_option_set one;
    dhcp_option_set_init(&one);
    if (dhcp_option_parse_pair(&one, definitions, pair, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    (void)remove_option(definitions, &one, machine);
    struct text text = {.start = machine->dhcp_options,
                        .length = strlen(machine->dhcp_options),
                        .capacity = sizeof machine->dhcp_options};
    text_add_format(&text, "%s%s", text.length == 0 ? "" : "\n", pair);
    if (text.cut) {
        control_refuse_text(
            request, MHD_HTTP_BAD_REQUEST, "put them into a class with its MAC address (dhcp.classes)",
            "the DHCP options of one machine have at most %d characters", MACHINE_OPTIONS_BYTES - 1);
        return false;
    }
    return true;
}

static bool take_away(struct control_request *request, const char *name, struct machine *machine)
{
    const struct dhcp_definitions *definitions = &request->world->config->dhcp.definitions;
    struct problem problem = {0};
    struct dhcp_option_set one;
    dhcp_option_set_init(&one);
    if (dhcp_option_parse(&one, definitions, name, NULL, 0, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    if (!remove_option(definitions, &one, machine)) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint machine show tells those that it has",
                            "%s has no DHCP option '%.60s' of its own", machine->name, name);
        return false;
    }
    return true;
}

bool control_machine_take_options(struct control_request *request, struct machine *machine)
{
    json_t *put;
    json_t *gone;
    if (!control_get_list(request, "remove_dhcp_options", &gone) ||
        !control_get_list(request, "dhcp_options", &put)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(gone); i++) {
        if (!take_away(request, json_string_value(json_array_get(gone, i)), machine)) {
            return false;
        }
    }
    for (size_t i = 0; i < json_array_size(put); i++) {
        if (!put_option(request, json_string_value(json_array_get(put, i)), machine)) {
            return false;
        }
    }
    return true;
}

json_t *control_machine_options_json(const struct machine *machine)
{
    json_t *list = json_array();
    char line[DHCP_OPTION_LINE_BYTES];
    const char *lines = machine->dhcp_options;
    while (next_line(&lines, line)) {
        json_array_append_new(list, control_json_text(line));
    }
    return list;
}
