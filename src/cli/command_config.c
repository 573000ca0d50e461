// SPDX-License-Identifier: GPL-3.0-or-later
// imprint config ...: reads the file as the daemon would; needs no daemon.
#include "cli/ask.h"
#include "cli/handlers.h"
#include "config/config.h"
#include "content/map.h"

// The file may be named either way.
static bool load(const struct call *call, struct config *config)
{
    struct problem problem;
    const char *path = call->argument_count != 0 ? call->arguments[0] : call_option(call, "config");
    problem_clear(&problem);
    if (config_load(path, config, &problem) == STATUS_OK) {
        return true;
    }
    ask_complain(call, &problem);
    return false;
}

// The rules of the map file are part of what the daemon would refuse to start with.
static bool check_map(struct call *call, const struct config *config)
{
    struct problem problem;
    problem_clear(&problem);
    struct map *map = config->tftp.map[0] == '\0' ? NULL : map_read(config->tftp.map, &problem);
    bool is_good = config->tftp.map[0] == '\0' || map != NULL;
    if (!is_good) {
        ask_complain(call, &problem);
    }
    map_free(map);
    return is_good;
}

int command_config_check(struct call *call)
{
    struct config config;
    if (!load(call, &config) || !check_map(call, &config)) {
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        json_t *json =
            json_pack("{s:s?, s:b}", "file", config.file[0] == '\0' ? NULL : config.file, "good", 1);
        ask_print_json(call, json);
        json_decref(json);
    } else if (config.file[0] == '\0') {
        (void)fprintf(call->out.out, "there is no %s, so everything has its default\n", CONFIG_FILE_DEFAULT);
    } else {
        (void)fprintf(call->out.out, "%s is good\n", config.file);
    }
    config_clear(&config);
    return CLI_EXIT_OK;
}

int command_config_show(struct call *call)
{
    struct config config;
    if (!load(call, &config)) {
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        config_print_json(&config, call->out.out);
    } else {
        config_print(&config, call->out.out);
    }
    config_clear(&config);
    return CLI_EXIT_OK;
}

int command_config_manual(struct call *call)
{
    config_print_manual(call->out.out);
    return CLI_EXIT_OK;
}
