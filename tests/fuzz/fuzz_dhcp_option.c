// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "model/dhcp_option.h"

static const struct dhcp_definitions definitions = {
    .items = {{.name = "own", .code = 224, .type = DHCP_OPTION_DOMAIN_LIST},
              {.name = "routes", .code = 225, .type = DHCP_OPTION_ROUTES},
              {.name = "inside", .code = 3, .type = DHCP_OPTION_IP_LIST, .vendor = "PXE"}},
    .count = 3};

// What is read prints as something that is read as the same bytes, and resolving keeps within the set.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    struct dhcp_option_set set = {0};
    struct problem problem = {0};
    if (dhcp_option_parse_pair(&set, &definitions, string, &problem) == STATUS_OK) {
        char name[DHCP_OPTION_TEXT_BYTES];
        char value[DHCP_OPTION_TEXT_BYTES];
        const char *values = value;
        struct dhcp_option_set again = {0};
        struct text text;
        text_init(&text, name, sizeof name);
        dhcp_option_print_name(&set, &set.entries[0], &definitions, &text);
        text_init(&text, value, sizeof value);
        dhcp_option_print_value(&set, &set.entries[0], &definitions, &text);
        fuzz_must(dhcp_option_parse(&again, &definitions, name, &values, 1, NULL) == STATUS_OK);
        fuzz_must(memcmp(&set, &again, sizeof set) == 0);
        dhcp_option_parse_lines(&set, &definitions, string);
        dhcp_option_resolve(&set, "PXEClient");
        fuzz_must(set.count <= DHCP_OPTIONS_MOST && set.used <= DHCP_OPTION_SET_BYTES);
    } else {
        fuzz_must(problem_is_set(&problem));
    }
    free(string);
    return 0;
}
