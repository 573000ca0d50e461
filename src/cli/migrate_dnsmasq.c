// SPDX-License-Identifier: GPL-3.0-or-later
// dnsmasq.conf: its options about TFTP. Those about DHCP are migrate_dnsmasq_dhcp.c's.
#include "cli/migrate_dnsmasq.h"

#include "base/text.h"
#include "cli/migrate_source.h"

#include <string.h>

struct dnsmasq_option {
    const char *name;
    const char *key;               // carried over to this; NULL = a remark
    const char *value;             // of `key`; NULL = what stands there
    enum migrate_remark_kind kind; // of the remark
    const char *text;              // of the remark, or NULL
    void (*take)(struct migration *migration, const struct dnsmasq_conf_item *item);
};

// "tftp-root=/srv/tftp"
static void print_what(const struct dnsmasq_conf_item *item, char what[MIGRATE_WHAT_BYTES])
{
    struct text text;
    text_init(&text, what, MIGRATE_WHAT_BYTES);
    text_add_format(&text, "%s%s%s", item->name, item->has_value ? "=" : "", item->value);
}

static void take_enable(struct migration *migration, const struct dnsmasq_conf_item *item)
{
    if (item->has_value) {
        migrate_remark(
            migration, MIGRATE_LEFT, item->name,
            "it named the interfaces %.100s for TFTP alone; 'interfaces' is for all that imprint serves",
            item->value);
    } else {
        migrate_remark(migration, MIGRATE_NEEDLESS, item->name, "imprint serves TFTP whenever it runs");
    }
}

static void take_root(struct migration *migration, const struct dnsmasq_conf_item *item)
{
    char what[MIGRATE_WHAT_BYTES];
    char folder[DNSMASQ_CONF_VALUE_BYTES];
    print_what(item, what);
    (void)text_copy(folder, sizeof folder, item->value);
    char *comma = strchr(folder, ',');
    if (comma != NULL) {
        *comma = '\0';
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "imprint has one tftp.root for all interfaces, and this one is for %.64s", comma + 1);
    }
    if (comma == NULL || migrate_find(migration, "tftp.root") == NULL) {
        migrate_set(migration, "tftp.root", folder, what);
    }
}

static void take_ports(struct migration *migration, const struct dnsmasq_conf_item *item)
{
    char what[MIGRATE_WHAT_BYTES];
    char range[DNSMASQ_CONF_VALUE_BYTES];
    print_what(item, what);
    (void)text_copy(range, sizeof range, item->value);
    char *comma = strchr(range, ',');
    if (comma != NULL) {
        *comma = '-';
    }
    migrate_set(migration, "tftp.ports", range, what);
}

// IPv4 and UDP take 28 bytes of a packet, TFTP 4.
static void take_mtu(struct migration *migration, const struct dnsmasq_conf_item *item)
{
    char what[MIGRATE_WHAT_BYTES];
    char blksize[24];
    uint64_t bytes;
    print_what(item, what);
    if (text_parse_u64(item->value, 65535, &bytes) != STATUS_OK || bytes < 40) {
        migrate_remark(migration, MIGRATE_FAULT, what, "it is no size of a packet");
        return;
    }
    (void)snprintf(blksize, sizeof blksize, "%llu", (unsigned long long)bytes - 32);
    migrate_set(migration, "tftp.blksize_max", blksize, what);
}

static const struct dnsmasq_option options[] = {
    {.name = "enable-tftp", .take = take_enable},
    {.name = "tftp-root", .take = take_root},
    {.name = "tftp-port-range", .take = take_ports},
    {.name = "tftp-mtu", .take = take_mtu},
    {.name = "tftp-max", .key = "tftp.transfers"},
    {.name = "tftp-no-blocksize", .key = "tftp.refuse", .value = "blksize"},
    {.name = "tftp-single-port", .key = "tftp.single_port", .value = "yes"},
    {.name = "tftp-no-fail", .kind = MIGRATE_NEEDLESS, .text = "imprint starts without tftp.root, too"},
    {.name = "tftp-lowercase",
     .kind = MIGRATE_NEEDLESS,
     .text = "imprint finds files whatever case clients write"},
    {.name = "tftp-secure",
     .kind = MIGRATE_LEFT,
     .text = "imprint sends what its account may read; dnsmasq sent only what its own account owned"},
    {.name = "tftp-unique-root",
     .kind = MIGRATE_LEFT,
     .text =
         "imprint has one tftp.root for all clients; a rule 'r ^ \\i/' in tftp.map puts the client's address "
         "before each name"},
};

// Whether an option is about network boots, so that leaving it out is worth a line.
static bool is_boot(const char *name)
{
    return text_starts(name, "dhcp-") || text_starts(name, "pxe-") || text_starts(name, "tftp-") ||
           strcmp(name, "interface") == 0 || strcmp(name, "listen-address") == 0 ||
           strcmp(name, "except-interface") == 0;
}

static void read_option(struct migration *migration, const struct dnsmasq_conf_item *item)
{
    char what[MIGRATE_WHAT_BYTES];
    print_what(item, what);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        if (strcmp(options[i].name, item->name) != 0) {
            continue;
        }
        if (options[i].take != NULL) {
            options[i].take(migration, item);
        } else if (options[i].key != NULL) {
            migrate_set(migration, options[i].key, options[i].value == NULL ? item->value : options[i].value,
                        what);
        } else {
            migrate_remark(migration, options[i].kind, what, "%s", options[i].text);
        }
        return;
    }
    if (migrate_dnsmasq_dhcp(migration, item, false, what)) {
        return;
    }
    if (is_boot(item->name)) {
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "imprint migrate does not know this; see imprint.yaml(5) for what imprint has");
    } else {
        migrate_remark(migration, MIGRATE_NEEDLESS, what, "it is neither TFTP nor DHCP");
    }
}

static bool recognises(const struct migrate_text *text)
{
    struct dnsmasq_conf conf = dnsmasq_conf_init(text->bytes, text->count);
    struct dnsmasq_conf_item item;
    while (dnsmasq_conf_next(&conf, &item)) {
        for (size_t i = 0; i < COUNT_OF(options); i++) {
            if (item.status == STATUS_OK && strcmp(options[i].name, item.name) == 0) {
                return true;
            }
        }
        if (item.status == STATUS_OK &&
            (strcmp(item.name, "dhcp-range") == 0 || strcmp(item.name, "dhcp-host") == 0 ||
             strcmp(item.name, "dhcp-option") == 0 || strcmp(item.name, "dhcp-boot") == 0)) {
            return true;
        }
    }
    return false;
}

// ---- files that name others ----

static void read_text(struct migration *migration, const struct migrate_text *text, bool is_first);

// A file of lines that each are the value of `name`: that of dhcp-hostsfile, of dhcp-optsfile.
static void read_values(struct migration *migration, const struct migrate_text *text, const char *name,
                        bool is_first)
{
    struct reader reader = reader_init(text->bytes, text->count);
    struct line line = line_init();
    while (line_next(&reader, &line)) {
        struct dnsmasq_conf_item item = {.line = line.number, .has_value = true};
        char what[MIGRATE_WHAT_BYTES];
        (void)text_copy(item.name, sizeof item.name, name);
        item.status = line_copy(&line, item.value, sizeof item.value);
        item.value[strcspn(item.value, "#")] = '\0';
        if (item.value[strspn(item.value, " \t")] != '\0') {
            migrate_at(migration, text->path, item.line);
            print_what(&item, what);
            (void)migrate_dnsmasq_dhcp(migration, &item, is_first, what);
        }
    }
}

// The kinds of files that others name.
static const struct inclusion {
    const char *name;
    const char *values_of; // what each line is a value of; NULL = it is a dnsmasq.conf
    bool is_folder;
} inclusions[] = {
    {"conf-file", NULL, false},
    {"conf-dir", NULL, true},
    {"dhcp-hostsfile", "dhcp-host", false},
    {"dhcp-hostsdir", "dhcp-host", true},
    {"dhcp-optsfile", "dhcp-option", false},
    {"dhcp-optsdir", "dhcp-option", true},
};

static void read_inclusion(struct migration *migration, const struct migrate_text *text, const char *path,
                           const struct inclusion *inclusion, const char *what, bool is_first)
{
    struct migrate_text included;
    if (!migrate_include(migration, text, path, what, &included)) {
        return;
    }
    if (inclusion->values_of == NULL) {
        read_text(migration, &included, is_first);
    } else {
        read_values(migration, &included, inclusion->values_of, is_first);
    }
    migrate_include_clear(&included);
}

// Whether a file of conf-dir is read: not what editors leave, and as its endings say: "*.conf" only these,
// ".bak" not these.
static bool is_wanted(const char *path, const char *endings)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    bool has_only = false;
    bool is_one_of = false;
    if (name[0] == '.' || name[0] == '#' || text_ends(name, "~") || text_ends(name, "#")) {
        return false;
    }
    while (*endings != '\0') {
        char ending[64];
        struct text text;
        size_t length = strcspn(endings, ",");
        text_init(&text, ending, sizeof ending);
        text_add_bytes(&text, endings, length);
        bool is_only = ending[0] == '*';
        bool fits = text_ends(name, ending + (is_only ? 1 : 0));
        if (!is_only && ending[0] != '\0' && fits) {
            return false;
        }
        has_only = has_only || is_only;
        is_one_of = is_one_of || (is_only && fits);
        endings += length;
        endings += *endings == ',' ? 1 : 0;
    }
    return !has_only || is_one_of;
}

static void read_folder(struct migration *migration, const struct migrate_text *text, const char *value,
                        const struct inclusion *inclusion, const char *what, bool is_first)
{
    struct heap_array names;
    char folder[DNSMASQ_CONF_VALUE_BYTES];
    (void)text_copy(folder, sizeof folder, value);
    char *comma = strchr(folder, ',');
    if (comma != NULL) {
        *comma = '\0';
    }
    if (!migrate_include_folder(migration, text, folder, what, &names)) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *path = heap_array_get(&names, i);
        unsigned line = migration->line;
        if (is_wanted(path, comma == NULL ? "" : comma + 1)) {
            read_inclusion(migration, text, path, inclusion, what, is_first);
            migrate_at(migration, text->path, line);
        }
    }
    heap_array_clear(&names);
}

// False when the option names no other file.
static bool read_included(struct migration *migration, const struct migrate_text *text,
                          const struct dnsmasq_conf_item *item, bool is_first)
{
    char what[MIGRATE_WHAT_BYTES];
    print_what(item, what);
    for (size_t i = 0; i < COUNT_OF(inclusions); i++) {
        const struct inclusion *inclusion = &inclusions[i];
        if (strcmp(inclusion->name, item->name) != 0) {
            continue;
        }
        if (inclusion->is_folder) {
            read_folder(migration, text, item->value, inclusion, is_first ? NULL : what, is_first);
        } else {
            read_inclusion(migration, text, item->value, inclusion, is_first ? NULL : what, is_first);
        }
        return true;
    }
    return false;
}

// ---- the file ----

// The options that others refer to come first, wherever they stand: those that set tags.
static void read_text(struct migration *migration, const struct migrate_text *text, bool is_first)
{
    struct dnsmasq_conf conf = dnsmasq_conf_init(text->bytes, text->count);
    struct dnsmasq_conf_item item;
    char what[MIGRATE_WHAT_BYTES];
    while (dnsmasq_conf_next(&conf, &item)) {
        migrate_at(migration, text->path, item.line);
        if (item.status == STATUS_OK && read_included(migration, text, &item, is_first)) {
            continue;
        }
        if (item.status == STATUS_OK && is_first) {
            print_what(&item, what);
            (void)migrate_dnsmasq_dhcp(migration, &item, true, what);
        } else if (item.status == STATUS_OK) {
            read_option(migration, &item);
        } else if (!is_first) {
            migrate_remark(migration, MIGRATE_FAULT, item.name[0] == '\0' ? "this line" : item.name,
                           item.status == STATUS_TOO_LONG ? "it is too long"
                                                          : "a quote is not closed, or no name");
        }
    }
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    unsigned include_count = migration->include_count;
    read_text(migration, text, true);
    migration->include_count = include_count; // they are read twice
    read_text(migration, text, false);
}

const struct migrate_source migrate_source_dnsmasq = {
    "dnsmasq", "dnsmasq.conf, its options for TFTP and DHCP", recognises, read_file};
