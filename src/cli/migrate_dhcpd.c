// SPDX-License-Identifier: GPL-3.0-or-later
// dhcpd.conf of ISC dhcpd: its blocks, and what is wrong in the text itself.
#include "cli/migrate_dhcpd.h"

#include "base/text.h"

#include <string.h>

struct dhcpd_scope *dhcpd_scope(struct dhcpd_reading *reading)
{
    return &reading->scopes[reading->depth];
}

const char *dhcpd_word(const struct dhcpd_reading *reading, unsigned position)
{
    return position < reading->item->count ? reading->item->words[position].text : "";
}

static void remark(struct dhcpd_reading *reading, enum migrate_remark_kind kind, const char *text)
{
    migrate_remark(reading->migration, kind, reading->what, "%s", text);
}

// Whether what stands behind `word` is nobody's business.
static bool is_secret(const char *word)
{
    return strcmp(word, "secret") == 0 || text_ends(word, "password") || text_ends(word, "passwd");
}

// "option routers 10.0.0.1". Keys are not copied: neither what blocks that are left out have in them.
static void print_what(struct dhcpd_reading *reading)
{
    struct text text;
    bool is_closed = dhcpd_scope(reading)->kind == DHCPD_SKIPPED;
    text_init(&text, reading->what, sizeof reading->what);
    for (unsigned i = 0; i < reading->item->count && !text.cut; i++) {
        const struct dhcpd_conf_word *word = &reading->item->words[i];
        bool is_tight = i == 0 || strcmp(word->text, ",") == 0 || strcmp(word->text, ")") == 0;
        const char *quote = word->is_string ? "\"" : "";
        if (is_closed && i == 1) {
            text_add(&text, " ...");
            break;
        }
        text_add_format(&text, "%s%s%s%s", is_tight ? "" : " ", quote, word->text, quote);
        is_closed = is_closed || is_secret(word->text);
        if (is_closed && i != 0) {
            text_add(&text, " ...");
            break;
        }
    }
    if (reading->item->count == 0) {
        text_add(&text, "}");
    }
}

// ---- beginnings of blocks ----

// The number of leading ones of a mask; -1 when it is none.
static int mask_prefix(const char *text)
{
    struct ip4 mask;
    if (ip4_parse(text, &mask) != STATUS_OK) {
        return -1;
    }
    for (int prefix = 0; prefix <= 32; prefix++) {
        if (ip4_equal(mask, ip4_mask((uint8_t)prefix))) {
            return prefix;
        }
    }
    return -1;
}

// The name of the shared network around, or NULL.
static const char *shared_around(const struct dhcpd_reading *reading)
{
    for (unsigned i = reading->depth; i-- > 0;) {
        if (reading->scopes[i].kind == DHCPD_SHARED) {
            return reading->scopes[i].name;
        }
    }
    return NULL;
}

static void begin_subnet(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    struct ip4 network;
    const char *shared = shared_around(reading);
    int prefix = mask_prefix(dhcpd_word(reading, 3));
    scope->kind = DHCPD_SKIPPED;
    if (strcmp(dhcpd_word(reading, 2), "netmask") != 0 || prefix < 0 ||
        ip4_parse(dhcpd_word(reading, 1), &network) != STATUS_OK) {
        remark(reading, MIGRATE_FAULT, "a network begins with 'subnet ADDRESS netmask MASK'");
        return;
    }
    scope->item = migrate_dhcp_network(reading->migration, network, (unsigned)prefix, reading->what);
    if (scope->item != 0) {
        scope->kind = DHCPD_SUBNET;
    }
    if (scope->item != 0 && shared != NULL) {
        migrate_set_in(reading->migration, scope->item, "dhcp.subnets[].shared", shared, reading->what);
    }
}

static void begin_shared(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    scope->kind = DHCPD_SHARED;
    migrate_class_name(dhcpd_word(reading, 1), scope->name);
    scope->name[31] = '\0';
}

static void begin_pool(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    const struct dhcpd_scope *around = scope - 1;
    scope->kind = DHCPD_POOL;
    scope->item = around->kind == DHCPD_SUBNET ? around->item : 0; // in a shared network: by address
    if (around->kind != DHCPD_SUBNET && around->kind != DHCPD_SHARED) {
        remark(reading, MIGRATE_FAULT, "a pool stands in a subnet or in a shared-network");
        scope->kind = DHCPD_SKIPPED;
    }
}

static void begin_group(struct dhcpd_reading *reading)
{
    dhcpd_scope(reading)->kind = DHCPD_GROUP;
}

static void begin_host(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    scope->kind = DHCPD_HOST;
    scope->machine = migrate_add_machine(reading->migration, dhcpd_word(reading, 1), reading->what);
}

static void begin_left(struct dhcpd_reading *reading)
{
    dhcpd_scope(reading)->kind = DHCPD_SKIPPED;
    const char *word = dhcpd_word(reading, 0);
    bool is_dns = strcmp(word, "zone") == 0 || strcmp(word, "key") == 0;
    bool is_6 = strcmp(word, "subnet6") == 0 || strcmp(word, "pool6") == 0;
    remark(reading, MIGRATE_LEFT,
           is_dns                          ? "imprint does not update DNS and has no keys"
           : strcmp(word, "failover") == 0 ? "two imprints do not share leases; see dhcp.standby"
           : is_6                          ? "DHCPv6 is configured in dhcp6, see imprint.yaml(5)"
           : strcmp(word, "on") == 0       ? "imprint runs no statements for each lease; see 'imprint events'"
                                           : "imprint runs no statements for each client");
}

static const struct {
    const char *word;
    void (*begin)(struct dhcpd_reading *reading);
} blocks[] = {
    {"subnet", begin_subnet},
    {"shared-network", begin_shared},
    {"pool", begin_pool},
    {"group", begin_group},
    {"host", begin_host},
    {"class", dhcpd_class_begin},
    {"subclass", dhcpd_subclass_read},
    {"if", dhcpd_if_begin},
    {"elsif", dhcpd_if_begin},
    {"else", dhcpd_if_begin},
    {"zone", begin_left},
    {"key", begin_left},
    {"failover", begin_left},
    {"on", begin_left},
    {"subnet6", begin_left},
    {"option", dhcpd_record_begin},
    {"pool6", begin_left},
    {"switch", begin_left},
};

static void begin_block(struct dhcpd_reading *reading)
{
    if (reading->depth == DHCPD_CONF_DEPTH_MOST) {
        reading->lost++;
        remark(reading, MIGRATE_LEFT, "blocks are nested too deep; not read");
        return;
    }
    bool is_skipped = dhcpd_scope(reading)->kind == DHCPD_SKIPPED;
    struct dhcpd_scope *scope = &reading->scopes[++reading->depth];
    *scope = (struct dhcpd_scope){.kind = DHCPD_SKIPPED,
                                  .machine = SIZE_MAX,
                                  .items_before = reading->migration->items.count,
                                  .machines_before = reading->migration->machines.count,
                                  .line = reading->item->line};
    if (is_skipped) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        if (strcmp(blocks[i].word, dhcpd_word(reading, 0)) == 0) {
            blocks[i].begin(reading);
            return;
        }
    }
    remark(reading, MIGRATE_FAULT, "dhcpd has no such block");
}

// ---- ends of blocks ----

static void end_pool(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    for (unsigned i = 0; i < scope->range_count; i++) {
        struct dhcpd_range *range = &scope->ranges[i];
        unsigned subnet =
            scope->item != 0 ? scope->item : migrate_dhcp_find(reading->migration, range->range.first);
        reading->migration->line = range->line;
        range->range.classes = scope->classes;
        if (scope->is_for_nobody && scope->classes[0] == '\0') {
            migrate_remark(
                reading->migration, MIGRATE_LEFT, range->what,
                "who may have these addresses could not be carried over, so the range was not either");
        } else {
            migrate_dhcp_range(reading->migration, subnet, &range->range, range->what);
        }
    }
    reading->migration->line = reading->item->line;
}

static void end_block(struct dhcpd_reading *reading)
{
    struct dhcpd_scope *scope = dhcpd_scope(reading);
    if ((reading->item->faults & DHCPD_CONF_STRAY_CLOSE) != 0 || reading->depth == reading->base_depth) {
        return;
    }
    if (reading->lost != 0) {
        reading->lost--;
        return;
    }
    if (scope->kind == DHCPD_POOL) {
        end_pool(reading);
    }
    // what is said of a network reaches its machines by the network
    migrate_lend_end(reading->migration, &reading->lending, reading->depth, scope->items_before,
                     scope->kind == DHCPD_GROUP ? scope->machines_before
                                                : reading->migration->machines.count);
    reading->depth--;
}

// ---- what is wrong in the text ----

static void tell_faults(struct dhcpd_reading *reading)
{
    static const struct {
        enum dhcpd_conf_fault fault;
        const char *text;
    } texts[] = {
        {DHCPD_CONF_NO_SEMICOLON, "the ';' behind it is missing; read as if it were there"},
        {DHCPD_CONF_OPEN_STRING, "a quotation mark is missing; read up to the end of the line"},
        {DHCPD_CONF_FOREIGN_QUOTE, "typographic quotation marks; dhcpd takes only \""},
        {DHCPD_CONF_FOREIGN_BYTE, "characters that have no place here; left out"},
        {DHCPD_CONF_TOO_LONG, "it is too long; the rest of it was not read"},
        {DHCPD_CONF_STRAY_CLOSE, "there is no '{' for this '}'"},
    };
    const struct dhcpd_conf_item *item = reading->item;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if ((item->faults & (unsigned)texts[i].fault) != 0) {
            migrate_remark(reading->migration, MIGRATE_FAULT, reading->what, "%s", texts[i].text);
        }
    }
    if ((item->faults & DHCPD_CONF_UNCLOSED) != 0) {
        reading->migration->line = item->open_line;
        migrate_remark(
            reading->migration, MIGRATE_FAULT, "{",
            "the '}' for this '{' is missing at the end of the file, so dhcpd does not start with it");
        reading->migration->line = item->line;
    }
    if ((item->faults & DHCPD_CONF_FOREIGN_BLANK) != 0) {
        reading->foreign_line = reading->foreign_count++ == 0 ? item->fault_line : reading->foreign_line;
    }
}

static void read_item(struct dhcpd_reading *reading)
{
    const struct dhcpd_conf_item *item = reading->item;
    print_what(reading);
    reading->migration->line = item->line;
    if (item->kind == DHCPD_CONF_STATEMENT && dhcpd_scope(reading)->kind == DHCPD_RECORD &&
        reading->lost == 0) {
        dhcpd_record_read(reading); // types have no ';' behind them
        return;
    }
    tell_faults(reading);
    if (item->kind == DHCPD_CONF_OPEN) {
        begin_block(reading);
    } else if (item->kind == DHCPD_CONF_CLOSE) {
        end_block(reading);
    } else if (item->count != 0 && reading->lost == 0 && dhcpd_scope(reading)->kind != DHCPD_SKIPPED &&
               !dhcpd_statement_read(reading)) {
        remark(reading, MIGRATE_FAULT, "dhcpd has no such statement");
    }
}

// ---- the file ----

static void tell_foreign(struct dhcpd_reading *reading)
{
    reading->migration->line = reading->foreign_line;
    migrate_remark(reading->migration, MIGRATE_FAULT, "this line",
                   "there are no-break spaces or other blanks that dhcpd does not take, here and in %u other "
                   "places, as copying from web pages leaves them; read as blanks",
                   reading->foreign_count - 1);
}

static void tell_of_all(struct dhcpd_reading *reading)
{
    struct migration *migration = reading->migration;
    if (!reading->has_file && migration->items.count != 0) {
        migrate_remark(migration, MIGRATE_CHANGED, "filename",
                       "there is no filename and no next-server, so the offers held nothing to boot and "
                       "network boots gave "
                       "up on them; imprint sends each firmware what it needs");
    }
}

static bool recognises(const struct migrate_text *text)
{
    static const char *const marks[] = {"subnet", "shared-network", "host", "class", "group", "pool"};
    struct dhcpd_conf conf = dhcpd_conf_init(text->bytes, text->count);
    struct dhcpd_conf_item *item = heap_new(sizeof *item);
    bool found = false;
    while (!found && dhcpd_conf_next(&conf, item)) {
        const char *word = item->count == 0 ? "" : item->words[0].text;
        bool is_statement =
            item->kind == DHCPD_CONF_STATEMENT && (item->faults & DHCPD_CONF_NO_SEMICOLON) == 0;
        found =
            (item->kind == DHCPD_CONF_OPEN && text_find(word, marks, COUNT_OF(marks)) != COUNT_OF(marks)) ||
            (is_statement && (strcmp(word, "default-lease-time") == 0 ||
                              strcmp(word, "ddns-update-style") == 0 || strcmp(word, "authoritative") == 0));
    }
    heap_free(item);
    return found;
}

void dhcpd_text_read(struct dhcpd_reading *reading, const struct migrate_text *text)
{
    struct dhcpd_conf conf = dhcpd_conf_init(text->bytes, text->count);
    struct dhcpd_conf_item *item = heap_new(sizeof *item);
    const struct migrate_text *around = reading->text;
    const struct dhcpd_conf_item *around_item = reading->item;
    unsigned base_depth = reading->base_depth;
    unsigned foreign_count = reading->foreign_count;
    unsigned foreign_line = reading->foreign_line;
    reading->text = text;
    reading->item = item;
    reading->base_depth = reading->depth;
    reading->foreign_count = 0;
    migrate_at(reading->migration, text->path, 1);
    while (dhcpd_conf_next(&conf, item)) {
        read_item(reading);
    }
    if (reading->foreign_count != 0) {
        tell_foreign(reading);
    }
    reading->text = around;
    reading->item = around_item;
    reading->base_depth = base_depth;
    reading->foreign_count = foreign_count;
    reading->foreign_line = foreign_line;
    heap_free(item);
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct dhcpd_reading *reading = heap_new(sizeof *reading);
    reading->migration = migration;
    reading->classes = heap_array_init(sizeof(struct dhcpd_class));
    reading->options = heap_array_init(sizeof(struct dhcpd_option));
    reading->scopes[0] = (struct dhcpd_scope){.kind = DHCPD_FILE, .machine = SIZE_MAX};
    migrate_lend_init(&reading->lending);
    dhcpd_text_read(reading, text);
    migrate_lend_end(migration, &reading->lending, 0, 0, 0);
    dhcpd_class_finish(reading);
    migrate_at(migration, text->path, 1);
    tell_of_all(reading);
    migrate_lend_clear(&reading->lending);
    heap_array_clear(&reading->classes);
    heap_array_clear(&reading->options);
    heap_free(reading);
}

const struct migrate_source migrate_source_dhcpd = {"dhcpd", "dhcpd.conf of ISC dhcpd", recognises,
                                                    read_file};
