// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config_check.h"

#include "base/text.h"
#include "config/key.h"

#include <string.h>

static enum status mode_check(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    if (config->dhcp_mode == CONFIG_DHCP_SERVER && config->subnet_count == 0) {
        problem_set(problem, "'dhcp.mode' is server, but there is no network to serve");
        problem_set_remedy(problem, "add the network to 'dhcp.subnets', or set 'dhcp.mode' to auto or proxy");
        return config_place_refuse(places, config, "dhcp.mode", problem);
    }
    bool uses_subnets = config->dhcp_mode == CONFIG_DHCP_SERVER || config->dhcp_mode == CONFIG_DHCP_AUTO;
    if (!uses_subnets && config->subnet_count != 0) {
        problem_set(problem,
                    "'dhcp.subnets' says which addresses to give, but 'dhcp.mode' is %s and gives none",
                    config_dhcp_mode_text(config->dhcp_mode));
        problem_set_remedy(problem, "set 'dhcp.mode' to server or auto, or take 'dhcp.subnets' out");
        return config_place_refuse(places, config, "dhcp.subnets", problem);
    }
    return STATUS_OK;
}

static enum status interfaces_check(const struct config *config, const struct config_places *places,
                                    struct problem *problem)
{
    for (unsigned i = 1; i < config->interface_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(config->interfaces[i], config->interfaces[j]) == 0) {
                problem_set(problem, "'interfaces' names %s twice", config->interfaces[i]);
                problem_set_remedy(problem, "name each interface once");
                return config_place_refuse(places, config, "interfaces", problem);
            }
        }
    }
    return STATUS_OK;
}

static enum status https_check(const struct config *config, const struct config_places *places,
                               struct problem *problem)
{
    bool has_certificate = config->https_certificate[0] != '\0';
    bool has_key = config->https_key[0] != '\0';
    if (has_certificate != has_key) {
        problem_set(problem, "'%s' is set, but '%s' is not", has_key ? "https.key" : "https.certificate",
                    has_key ? "https.certificate" : "https.key");
        problem_set_remedy(problem, "set both, or none of them");
        return config_place_refuse(places, config, has_key ? "https.key" : "https.certificate", problem);
    }
    if (config->is_https_boot && config->https_port == 0) {
        problem_set(problem, "'https.boot' is yes, but 'https.port' is 0, so there is no HTTPS");
        problem_set_remedy(problem, "set https.port, or leave https.boot out");
        return config_place_refuse(places, config, "https.boot", problem);
    }
    if (config->https_port == config->http_port) {
        problem_set(problem, "'http.port' and 'https.port' are the same");
        problem_set_remedy(problem, "choose another port for one of them; 0 turns HTTPS off");
        return config_place_refuse(places, config, config->https_port == 443 ? "http.port" : "https.port",
                                   problem);
    }
    return STATUS_OK;
}

// Whether `url` names a folder of a server by HTTP or HTTPS, and nothing besides: no password, which
// everybody would see, no query.
static bool url_is_folder(const char *url)
{
    const char *host = text_starts(url, "http://") ? url + 7 : text_starts(url, "https://") ? url + 8 : NULL;
    if (host == NULL || host[0] == '\0' || strchr("/:.-", host[0]) != NULL ||
        strpbrk(url, "?#@\\\" ") != NULL) {
        return false;
    }
    for (const char *at = url; *at != '\0'; at++) {
        if (text_is_control(*at) || (unsigned char)*at >= 0x80) {
            return false;
        }
    }
    return strstr(url, "/../") == NULL && !text_ends(url, "/..");
}

static enum status mirrors_check(const struct config *config, const struct config_places *places,
                                 struct problem *problem)
{
    for (unsigned i = 0; i < config->mirror_count; i++) {
        const struct config_mirror *mirror = &config->mirrors[i];
        if (!url_is_folder(mirror->url)) {
            problem_set(problem, "'mirrors[].url' cannot be '%s'", mirror->url);
            problem_set_remedy(problem, "write the URL of the folder in which the repository lies, such as "
                                        "http://deb.example.test/debian, without a password or a query");
            return config_place_refuse(places, mirror, "mirrors[].url", problem);
        }
        if (strchr(mirror->name, '.') != NULL) {
            problem_set(problem, "a mirror cannot be called '%s', since {{mirrors.NAME}} has no further dot",
                        mirror->name);
            problem_set_remedy(problem, "write a '-' instead of the dot");
            return config_place_refuse(places, mirror, "mirrors[].name", problem);
        }
        for (unsigned j = 0; j < i; j++) {
            if (text_equal_nocase(config->mirrors[j].name, mirror->name)) {
                problem_set(problem, "two mirrors are called %s", mirror->name);
                problem_set_remedy(problem, "give each a name of its own");
                return config_place_refuse(places, mirror, "mirrors[].name", problem);
            }
        }
    }
    return STATUS_OK;
}

// Whether a file in folder `outer` may be one in folder `inner`, as far as their names tell: it is the same
// folder, or one around it. Both are absolute and without "..".
static bool folder_has(const char *outer, const char *inner)
{
    for (;;) {
        while (*outer == '/' || (*outer == '.' && (outer[1] == '/' || outer[1] == '\0'))) {
            outer++;
        }
        while (*inner == '/' || (*inner == '.' && (inner[1] == '/' || inner[1] == '\0'))) {
            inner++;
        }
        size_t length = strcspn(outer, "/");
        if (length == 0) {
            return true;
        }
        if (length != strcspn(inner, "/") || strncmp(outer, inner, length) != 0) {
            return false;
        }
        outer += length;
        inner += length;
    }
}

static enum status ports_check(const struct config *config, const struct config_places *places,
                               struct problem *problem)
{
    static const uint16_t TAKEN[] = {67, 68, 69, 4011};
    struct config_ports ports = config->tftp.ports;
    if (ports.first == 0) {
        return STATUS_OK;
    }
    if (config->tftp.is_single_port) {
        problem_set(problem, "'tftp.ports' names ports to send from, but with 'tftp.single_port' there is "
                             "only port 69");
        problem_set_remedy(problem, "take one of the two out");
        return config_place_refuse(places, config, "tftp.ports", problem);
    }
    if (ports.first > ports.last) {
        problem_set(problem, "'tftp.ports' ends before it begins");
        problem_set_remedy(problem, "write the lower port first");
        return config_place_refuse(places, config, "tftp.ports", problem);
    }
    for (size_t i = 0; i < COUNT_OF(TAKEN); i++) {
        if (ports.first <= TAKEN[i] && TAKEN[i] <= ports.last) {
            problem_set(problem, "'tftp.ports' has port %u in it, which imprint needs for requests",
                        TAKEN[i]);
            problem_set_remedy(problem, "choose ports above 49151, such as 50000-50099");
            return config_place_refuse(places, config, "tftp.ports", problem);
        }
    }
    unsigned count = (unsigned)(ports.last - ports.first) + 1;
    if (count < config->tftp.threads) {
        problem_set(problem, "'tftp.ports' has %u %s, but each of the %u threads of 'tftp.threads' needs one",
                    count, count == 1 ? "port" : "ports", config->tftp.threads);
        problem_set_remedy(problem, "make the range larger, or set 'tftp.threads' to %u or 0", count);
        return config_place_refuse(places, config, "tftp.ports", problem);
    }
    return STATUS_OK;
}

static enum status refuse_upload(const struct config *config, const struct config_places *places,
                                 struct problem *problem)
{
    problem_set_remedy(problem, "name a folder that holds nothing else, such as /srv/tftp-uploads");
    return config_place_refuse(places, config, "tftp.upload.folder", problem);
}

static enum status upload_check(const struct config *config, const struct config_places *places,
                                struct problem *problem)
{
    static const char *const OURS[] = {"images", "tls", "logs"};
    const char *folder = config->tftp.upload_folder;
    if (folder[0] == '\0') {
        return STATUS_OK;
    }
    const char *named = folder_has(folder, config->tftp_root) ? "tftp.root"
                        : folder_has(folder, config->state)   ? "state"
                                                              : NULL;
    if (named != NULL) {
        problem_set(problem,
                    "'tftp.upload.folder' is the folder of '%s' or lies around it, so any client "
                    "could add files to what imprint works with",
                    named);
        return refuse_upload(config, places, problem);
    }
    for (size_t i = 0; i < COUNT_OF(OURS); i++) {
        char ours[CONFIG_PATH_BYTES + 8];
        struct text text;
        text_init(&text, ours, sizeof ours);
        text_add_format(&text, "%s/%s", config->state, OURS[i]);
        if (folder_has(ours, folder)) {
            problem_set(problem, "'tftp.upload.folder' is inside %s, where imprint keeps its own files",
                        ours);
            return refuse_upload(config, places, problem);
        }
    }
    return STATUS_OK;
}

static enum status groups_check(const struct config *config, const struct config_places *places,
                                struct problem *problem)
{
    struct config_range groups = config->tftp.multicast_groups;
    if (groups.first.value >> 24 != 239 || groups.last.value >> 24 != 239) {
        problem_set(problem, "'tftp.multicast_groups' goes beyond 239.0.0.0/8");
        problem_set_remedy(problem, "choose addresses that are for networks of one's own, such as "
                                    "239.255.69.0-239.255.69.255");
        return config_place_refuse(places, config, "tftp.multicast_groups", problem);
    }
    if (groups.first.value > groups.last.value) {
        problem_set(problem, "'tftp.multicast_groups' ends before it begins");
        problem_set_remedy(problem, "write the lower address first");
        return config_place_refuse(places, config, "tftp.multicast_groups", problem);
    }
    return STATUS_OK;
}

static enum status tftp_check(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    enum status status = ports_check(config, places, problem);
    if (status == STATUS_OK) {
        status = upload_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = groups_check(config, places, problem);
    }
    return status;
}

static enum status ftp_check(const struct config *config, const struct config_places *places,
                             struct problem *problem)
{
    uint16_t port = config->ftp.port;
    struct config_ports passive = config->ftp.passive_ports;
    if (port == 0) {
        return STATUS_OK;
    }
    if (port == config->http_port || port == config->https_port) {
        problem_set(problem, "'ftp.port' %u is the port of '%s'", port,
                    port == config->http_port ? "http.port" : "https.port");
        problem_set_remedy(problem, "choose another one; FTP clients expect 21");
        return config_place_refuse(places, config, "ftp.port", problem);
    }
    if (passive.first > passive.last) {
        problem_set(problem, "'ftp.passive_ports' ends before it begins");
        problem_set_remedy(problem, "write the lower port first");
        return config_place_refuse(places, config, "ftp.passive_ports", problem);
    }
    if (passive.first != 0 && passive.first < 1024) {
        problem_set(problem, "'ftp.passive_ports' has ports below 1024 in it, which are for services");
        problem_set_remedy(problem, "choose ports above 49151, such as 50000-50999");
        return config_place_refuse(places, config, "ftp.passive_ports", problem);
    }
    return STATUS_OK;
}

static bool has_class(const struct config *config, const char *name)
{
    for (unsigned i = 0; i < config->dhcp.classes.count; i++) {
        if (strcmp(config->dhcp.classes.items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum status menu_entry_check(const struct config *config, unsigned at,
                                    const struct config_places *places, struct problem *problem)
{
    const struct menu_entry *entry = &config->menu.entries[at];
    if (strcmp(entry->name, MENU_LOCAL) == 0) {
        problem_set(problem, "a menu entry cannot be called " MENU_LOCAL ", which is the machine's own disk");
        problem_set_remedy(problem, "give it another name; the own disk is in every menu anyway");
        return config_place_refuse(places, entry, "menu.entries[].name", problem);
    }
    for (unsigned i = 0; i < at; i++) {
        if (strcmp(config->menu.entries[i].name, entry->name) == 0) {
            problem_set(problem, "two menu entries are called %s", entry->name);
            problem_set_remedy(problem, "give each a name of its own");
            return config_place_refuse(places, entry, "menu.entries[].name", problem);
        }
    }
    for (unsigned i = 0; i < entry->class_count; i++) {
        if (!has_class(config, entry->classes[i])) {
            problem_set(problem, "there is no class '%s'", entry->classes[i]);
            problem_set_remedy(problem, "add it to dhcp.classes, or correct the name");
            return config_place_refuse(places, entry, "menu.entries[].classes", problem);
        }
    }
    if (entry->is_locked && config->menu_password_file[0] == '\0') {
        problem_set(problem, "the menu entry %s is locked, but there is no password", entry->name);
        problem_set_remedy(problem, "write its hash to a file and name that: menu.password_file");
        return config_place_refuse(places, entry, "menu.entries[].locked", problem);
    }
    return STATUS_OK;
}

static enum status menu_check(const struct config *config, const struct config_places *places,
                              struct problem *problem)
{
    const struct menu *menu = &config->menu;
    bool has_start = strcmp(menu->start, MENU_LOCAL) == 0;
    enum status status = STATUS_OK;
    for (unsigned i = 0; status == STATUS_OK && i < menu->entry_count; i++) {
        status = menu_entry_check(config, i, places, problem);
        has_start = has_start || strcmp(menu->entries[i].name, menu->start) == 0;
    }
    if (status == STATUS_OK && !has_start) {
        problem_set(problem, "'menu.default' names the entry '%s', which there is not", menu->start);
        problem_set_remedy(problem, "write the name of one of menu.entries, or " MENU_LOCAL);
        status = config_place_refuse(places, config, "menu.default", problem);
    }
    return status;
}

enum status config_check(const struct config *config, const struct config_places *places,
                         struct problem *problem)
{
    enum status status = interfaces_check(config, places, problem);
    if (status == STATUS_OK) {
        status = config_check_dhcp(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = config_check_dhcp6(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = mode_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = https_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = tftp_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = ftp_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = mirrors_check(config, places, problem);
    }
    if (status == STATUS_OK) {
        status = menu_check(config, places, problem);
    }
    return status;
}
