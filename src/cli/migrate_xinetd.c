// SPDX-License-Identifier: GPL-3.0-or-later
// xinetd.conf(5) and the files in /etc/xinetd.d: the service tftp.
#include "cli/migrate_server.h"
#include "cli/migrate_source.h"
#include "format/xinetd.h"

#include "base/text.h"

#include <string.h>

struct reading { // one service
    struct migration *migration;
    const struct migrate_text *text;
    unsigned line; // of the service
    unsigned server_line;
    unsigned arguments_line; // 0 = there are none
    char server[XINETD_VALUE_BYTES];
    char arguments[XINETD_VALUE_BYTES];
};

struct xinetd_attribute {
    const char *name;
    const char *needless; // values that imprint needs nothing for, with '|' between; "*" = any
    const char *key;      // carried over to this
    const char *text;     // why any other value is not carried over
    void (*take)(struct reading *reading, const struct xinetd_item *item, const char *what);
};

static void take_server(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    (void)what;
    reading->server_line = item->line;
    (void)text_copy(reading->server, sizeof reading->server, item->value);
}

// "+=" adds to what a line before said.
static void take_arguments(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    (void)what;
    struct text text;
    char before[XINETD_VALUE_BYTES];
    (void)text_copy(before, sizeof before, item->operation == '+' ? reading->arguments : "");
    text_init(&text, reading->arguments, sizeof reading->arguments);
    text_add_format(&text, "%s%s%s", before, before[0] == '\0' ? "" : " ", item->value);
    reading->arguments_line = item->line;
    if (text.cut) {
        migrate_remark(reading->migration, MIGRATE_LEFT, item->name, "it is too long");
    }
}

static void take_limit(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    const char *key = strcmp(item->name, "instances") == 0 ? "tftp.transfers" : "tftp.per_client";
    bool is_unlimited = text_equal_nocase(item->value, "UNLIMITED");
    migrate_set(reading->migration, key, is_unlimited ? "1000000" : item->value, what);
}

static void take_cps(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    char rate[MIGRATE_WORD_BYTES];
    char pause[MIGRATE_WORD_BYTES];
    struct line line = {item->value, strlen(item->value), item->line};
    if (line_take_word(&line, rate, sizeof rate) != STATUS_OK) {
        migrate_remark(reading->migration, MIGRATE_FAULT, what, "it has no number");
        return;
    }
    migrate_set(reading->migration, "tftp.requests_per_second", rate, what);
    if (line_take_word(&line, pause, sizeof pause) == STATUS_OK) {
        migrate_remark(
            reading->migration, MIGRATE_CHANGED, what,
            "above %s requests a second xinetd turned the service off for %s seconds; imprint goes on "
            "serving, and leaves the requests beyond unanswered, so that those clients ask again",
            rate, pause);
    }
}

static void take_bind(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    migrate_server_listen(reading->migration, item->value, what);
}

static void take_disable(struct reading *reading, const struct xinetd_item *item, const char *what)
{
    if (text_equal_nocase(item->value, "yes")) {
        migrate_remark(reading->migration, MIGRATE_CHANGED, what,
                       "the service was turned off there; imprint serves TFTP whenever it runs");
    } else {
        migrate_remark(reading->migration, MIGRATE_NEEDLESS, what, "imprint serves TFTP whenever it runs");
    }
}

#define LOGGING "imprint writes to the journal, and imprint events tells of every transfer"
#define ACCESS                                                                                               \
    "imprint answers whoever reaches its interfaces: keep others out with a firewall, or with 'interfaces'"
#define PROCESS "imprint is one process, and systemd has settings for it: systemctl edit imprint"
#define OTHER   "imprint's TFTP server is UDP on port 69 only"

static const struct xinetd_attribute attributes[] = {
    {.name = "server", .take = take_server},
    {.name = "server_args", .take = take_arguments},
    {.name = "per_source", .take = take_limit},
    {.name = "instances", .take = take_limit},
    {.name = "cps", .take = take_cps},
    {.name = "bind", .take = take_bind},
    {.name = "interface", .take = take_bind},
    {.name = "disable", .take = take_disable},
    {.name = "id", .needless = "*"},
    {.name = "type", .needless = "UNLISTED", .text = OTHER},
    {.name = "socket_type", .needless = "dgram", .text = OTHER},
    {.name = "protocol", .needless = "udp|udp4", .text = OTHER},
    {.name = "port", .needless = "69", .text = OTHER},
    {.name = "wait", .needless = "*"},
    {.name = "user",
     .needless = "root",
     .text = "imprint has an account of its own, 'user', which also owns its database and images"},
    {.name = "group", .text = "imprint's group is that of its account"},
    {.name = "groups", .needless = "*"},
    {.name = "flags",
     .needless = "IPv4|IPv4 NOLIBWRAP|REUSE|NODELAY|KEEPALIVE|NOLIBWRAP|NAMEINARGS|NORETRY",
     .text = "imprint has no such flags"},
    {.name = "only_from", .needless = "0.0.0.0/0|0.0.0.0", .text = ACCESS},
    {.name = "no_access", .text = ACCESS},
    {.name = "access_times", .text = "imprint serves at any hour"},
    {.name = "deny_time", .text = ACCESS},
    {.name = "libwrap", .text = ACCESS},
    {.name = "max_load",
     .text = "imprint serves at any load, each client its share; see tftp.transfers and tftp.rate"},
    {.name = "log_type", .text = LOGGING},
    {.name = "log_on_success", .needless = "*", .text = LOGGING},
    {.name = "log_on_failure", .needless = "*", .text = LOGGING},
    {.name = "banner", .text = "TFTP has no banners"},
    {.name = "banner_success", .text = "TFTP has no banners"},
    {.name = "banner_fail", .text = "TFTP has no banners"},
    {.name = "nice", .text = PROCESS},
    {.name = "env", .text = PROCESS},
    {.name = "passenv", .text = PROCESS},
    {.name = "umask", .text = PROCESS},
    {.name = "rlimit_as", .text = PROCESS},
    {.name = "rlimit_cpu", .text = PROCESS},
    {.name = "rlimit_data", .text = PROCESS},
    {.name = "rlimit_rss", .text = PROCESS},
    {.name = "rlimit_stack", .text = PROCESS},
    {.name = "rlimit_files", .text = PROCESS},
    {.name = "redirect", .text = "imprint hands nothing on to other servers"},
    {.name = "rpc_version", .text = OTHER},
    {.name = "rpc_number", .text = OTHER},
    {.name = "mdns", .text = "firmware does not look for TFTP servers by mDNS"},
    {.name = "v6only", .needless = "no", .text = "imprint serves IPv4 and IPv6 each by a socket of its own"},
    {.name = "enabled", .needless = "*"},
    {.name = "disabled", .text = "imprint serves TFTP whenever it runs"},
};

// Whether `value` is one of `list`, which has '|' between.
static bool is_one_of(const char *list, const char *value)
{
    char one[64];
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, "|");
        struct text text;
        text_init(&text, one, sizeof one);
        text_add_bytes(&text, list, length);
        if (strcmp(one, "*") == 0 || text_equal_nocase(one, value)) {
            return true;
        }
        list += length + (list[length] == '|' ? 1 : 0);
    }
    return false;
}

static void read_attribute(struct reading *reading, const struct xinetd_item *item)
{
    char what[MIGRATE_WHAT_BYTES];
    const char sign[] = {item->operation == '=' ? '\0' : item->operation, '\0'};
    struct text written;
    text_init(&written, what, sizeof what);
    text_add_format(&written, "%s %s= %s", item->name, sign, item->value);
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        const struct xinetd_attribute *row = &attributes[i];
        if (!text_equal_nocase(row->name, item->name)) {
            continue;
        }
        if (row->take != NULL) {
            row->take(reading, item, what);
        } else if (is_one_of(row->needless, item->value)) {
            migrate_remark(reading->migration, MIGRATE_NEEDLESS, what, "%s",
                           row->text == NULL ? "imprint needs nothing for it" : row->text);
        } else {
            migrate_remark(reading->migration, MIGRATE_LEFT, what, "%s", row->text);
        }
        return;
    }
    migrate_remark(reading->migration, MIGRATE_FAULT, what, "xinetd has no attribute of this name");
}

// What the program gets, without the names that come first behind tcpd or with the flag NAMEINARGS.
static const struct migrate_server *find_server(const struct reading *reading, const char **arguments)
{
    char name[MIGRATE_WORD_BYTES];
    struct line rest = {reading->arguments, strlen(reading->arguments), reading->arguments_line};
    const struct migrate_server *server = migrate_server_find(reading->server);
    const struct migrate_server *named = NULL;
    if (line_take_word(&rest, name, sizeof name) == STATUS_OK && (server == NULL || name[0] != '/')) {
        named = migrate_server_find(name);
    }
    rest = named == NULL ? rest : line_trim(rest); // up to the text's end
    *arguments = named == NULL ? reading->arguments : rest.length == 0 ? "" : rest.text;
    return server == NULL ? named : server;
}

// All its attributes are read.
static void finish_service(struct reading *reading)
{
    struct migration *migration = reading->migration;
    const char *arguments;
    const struct migrate_server *server = find_server(reading, &arguments);
    unsigned line = reading->server_line == 0 ? reading->line : reading->server_line;
    migrate_at(migration, reading->text->path, line);
    if (server == NULL && reading->server_line == 0) {
        migrate_remark(migration, MIGRATE_FAULT, "service tftp",
                       "it names no program: the attribute server is missing");
        return;
    }
    if (server == NULL) {
        migrate_remark(migration, MIGRATE_LEFT, reading->server,
                       "its options are not known; known are in.tftpd and atftpd");
        return;
    }
    struct migrate_server_run run = migrate_server_init(migration, server);
    if (reading->arguments_line != 0) {
        migrate_at(migration, reading->text->path, reading->arguments_line);
    }
    migrate_server_take(&run, "server_args", arguments);
    migrate_server_finish(&run);
}

static bool recognises(const struct migrate_text *text)
{
    struct xinetd xinetd = xinetd_init(text->bytes, text->count);
    struct xinetd_item item;
    while (xinetd_next(&xinetd, &item)) {
        if (item.kind == XINETD_SERVICE) {
            return true;
        }
    }
    return false;
}

// A service, or the defaults, which hold for tftp too.
static bool begin_entry(struct reading *reading, const struct xinetd_item *item)
{
    reading->line = item->kind == XINETD_SERVICE ? item->line : 0;
    reading->server_line = 0;
    reading->arguments_line = 0;
    reading->server[0] = '\0';
    reading->arguments[0] = '\0';
    if (item->kind == XINETD_DEFAULTS || strcmp(item->name, "tftp") == 0) {
        return true;
    }
    migrate_remark(reading->migration, MIGRATE_LEFT, item->name,
                   "imprint migrate reads the service tftp; other services are left alone");
    return false;
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct xinetd xinetd = xinetd_init(text->bytes, text->count);
    struct xinetd_item item;
    struct reading reading = {.migration = migration, .text = text};
    bool is_ours = false; // the entry
    while (xinetd_next(&xinetd, &item)) {
        migrate_at(migration, text->path, item.line);
        switch (item.kind) {
        case XINETD_SERVICE:
        case XINETD_DEFAULTS:
            is_ours = begin_entry(&reading, &item);
            break;
        case XINETD_ATTRIBUTE:
            if (is_ours) {
                read_attribute(&reading, &item);
            }
            break;
        case XINETD_CLOSE:
            if (is_ours && reading.line != 0) {
                finish_service(&reading);
            }
            is_ours = false;
            break;
        case XINETD_INCLUDE:
            migrate_remark(migration, MIGRATE_LEFT, item.name,
                           "this command reads only what it is given: name %.100s, too", item.value);
            break;
        case XINETD_FAULT:
            migrate_remark(migration, MIGRATE_FAULT, item.value[0] == '\0' ? "service" : item.value, "%s",
                           item.fault);
            break;
        }
    }
}

const struct migrate_source migrate_source_xinetd = {"xinetd", "xinetd.conf, or a file of /etc/xinetd.d",
                                                     recognises, read_file};
