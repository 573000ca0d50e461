// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lease_source.h"

#include "base/hash.h"
#include "base/ip.h"
#include "cli/ask.h"
#include "cli/fact.h"
#include "format/dhcpd_leases.h"
#include "format/dnsmasq_leases.h"
#include "format/json_objects.h"
#include "format/kea_leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE_BYTES ((size_t)1 << 20)

struct lease_text { // a file's
    struct lease_source *source;
    unsigned file;
    char *bytes; // NUL-terminated, too
    size_t count;
};

struct lease_kind {
    const char *name;
    bool (*recognises)(const struct lease_text *text);
    void (*read)(struct lease_text *text);
};

void lease_source_init(struct lease_source *source, const char *const *files)
{
    *source = (struct lease_source){.files = files,
                                    .entries = heap_array_init(sizeof(struct lease_entry)),
                                    .remarks = heap_array_init(sizeof(struct lease_remark))};
}

void lease_source_remark(struct lease_source *source, const struct lease_remark *remark, const char *text)
{
    struct lease_remark made = *remark;
    made.text = heap_copy_text(text);
    heap_array_add(&source->remarks, &made);
}

static struct lease_entry *entry_at(const struct lease_source *source, uint32_t position)
{
    return heap_array_get(&source->entries, position);
}

// The files are histories: what is told of an address later takes the place of what was told before.
static void add_entry(struct lease_source *source, const struct lease_entry *entry)
{
    uint32_t tries = 0;
    uint32_t hash =
        (uint32_t)hash_bytes((struct hash_key){0}, &entry->lease.address, sizeof entry->lease.address);
    for (;;) {
        uint32_t found = row_index_find(&source->by_address, hash, &tries);
        if (found == ROW_NONE) {
            break;
        }
        if (ip4_equal(entry_at(source, found)->lease.address, entry->lease.address)) {
            *entry_at(source, found) = *entry;
            return;
        }
    }
    if (source->entries.count >= LEASE_SOURCE_MOST) {
        struct lease_remark remark = {entry->file, entry->line, entry->lease.address, "too-many", NULL};
        lease_source_remark(source, &remark, "there are too many: import the files one by one, or in pieces");
        return;
    }
    row_index_add(&source->by_address, hash, (uint32_t)source->entries.count);
    heap_array_add(&source->entries, entry);
}

// Host names come from clients: printable ASCII is what is kept of them.
static void copy_hostname(char out[LEASE_HOSTNAME_BYTES], const char *name)
{
    struct text text;
    text_init(&text, out, LEASE_HOSTNAME_BYTES);
    for (const char *at = name; *at != '\0'; at++) {
        if (*at > ' ' && *at < 0x7f) {
            text_add_char(&text, *at);
        }
    }
}

static void add_record(struct lease_text *text, const struct lease_record *record)
{
    struct lease_source *source = text->source;
    struct lease_remark remark = {text->file, record->line, record->address, "unreadable", NULL};
    struct lease_entry entry = {.line = record->line, .file = text->file};
    if (record->complaint != NULL) {
        lease_source_remark(source, &remark, record->complaint);
        return;
    }
    if (record->state == LEASE_RECORD_IP6) {
        source->ip6_count++;
        return;
    }
    entry.lease = (struct lease){.address = record->address,
                                 .state = record->state == LEASE_RECORD_BOUND      ? LEASE_BOUND
                                          : record->state == LEASE_RECORD_DECLINED ? LEASE_DECLINED
                                                                                   : LEASE_FREE,
                                 .starts_s = record->starts_s,
                                 .ends_s = record->ends_s};
    entry.lease.key = lease_key_from(&record->hw, record->client_id, record->client_id_bytes);
    copy_hostname(entry.lease.hostname, record->hostname);
    add_entry(source, &entry);
}

static void read_dhcpd(struct lease_text *text)
{
    struct dhcpd_leases leases = dhcpd_leases_init(text->bytes, text->count);
    struct lease_record record;
    while (dhcpd_leases_next(&leases, &record)) {
        add_record(text, &record);
    }
}

static void read_dnsmasq(struct lease_text *text)
{
    struct dnsmasq_leases leases = dnsmasq_leases_init(text->bytes, text->count);
    struct lease_record record;
    while (dnsmasq_leases_next(&leases, &record)) {
        add_record(text, &record);
    }
}

static void read_kea(struct lease_text *text)
{
    struct kea_leases leases = kea_leases_init(text->bytes, text->count);
    struct lease_record record;
    while (kea_leases_next(&leases, &record)) {
        add_record(text, &record);
    }
}

// One of our own leases; NULL, or why it cannot be read.
static const char *take_object(const json_t *json, struct lease *lease)
{
    struct hw mac;
    struct ip6 address6;
    const char *state = fact_text(json, "state");
    const char *client = fact_text(json, "client");
    const char *address = fact_text(json, "address");
    if (ip6_parse(address, &address6) == STATUS_OK) {
        return "";
    }
    if (ip4_parse(address, &lease->address) != STATUS_OK || lease->address.value == 0) {
        return "its address is no IP address";
    }
    lease->state = strcmp(state, "bound") == 0      ? LEASE_BOUND
                   : strcmp(state, "declined") == 0 ? LEASE_DECLINED
                                                    : LEASE_FREE;
    lease->starts_s = fact_number(json, "starts_s");
    lease->ends_s = json_is_integer(fact_get(json, "ends_s")) ? fact_number(json, "ends_s") : INT64_MAX;
    copy_hostname(lease->hostname, fact_text(json, "hostname"));
    if (client[0] != '\0') {
        return lease_key_parse(client, &lease->key) ? NULL : "its client is none";
    }
    if (hw_parse(fact_text(json, "mac"), &mac) != STATUS_OK) {
        return "its MAC address is none";
    }
    lease->key = lease_key_from(&mac, NULL, 0);
    return NULL;
}

static void read_imprint(struct lease_text *text)
{
    struct json_objects objects = json_objects_init(text->bytes, text->count);
    struct json_object object;
    while (json_objects_next(&objects, &object)) {
        struct lease_entry entry = {.line = object.line, .file = text->file};
        json_t *json = json_loadb(object.text, object.bytes, 0, NULL);
        const char *complaint = json == NULL ? "it is no JSON" : take_object(json, &entry.lease);
        if (complaint == NULL) {
            add_entry(text->source, &entry);
        } else if (complaint[0] == '\0') {
            text->source->ip6_count++;
        } else {
            struct lease_remark remark = {text->file, object.line, entry.lease.address, "unreadable", NULL};
            lease_source_remark(text->source, &remark, complaint);
        }
        json_decref(json);
    }
}

static bool is_dhcpd(const struct lease_text *text)
{
    const char *at = text->bytes;
    while (at != NULL && *at != '\0') {
        if (text_starts(at, "lease ") || text_starts(at, "ia-na ") ||
            text_starts(at, "authoring-byte-order ")) {
            return true;
        }
        at = strchr(at, '\n');
        at += at == NULL ? 0 : 1;
    }
    return false;
}

static bool is_dnsmasq(const struct lease_text *text)
{
    struct lease_record record;
    struct dnsmasq_leases leases = dnsmasq_leases_init(text->bytes, text->count);
    return text_starts(text->bytes, "duid ") ||
           (dnsmasq_leases_next(&leases, &record) && record.complaint == NULL);
}

static bool is_kea(const struct lease_text *text)
{
    return text_starts(text->bytes, "address,");
}

static bool is_imprint(const struct lease_text *text)
{
    size_t blanks = strspn(text->bytes, " \t\r\n");
    return text->bytes[blanks] == '[' || text->bytes[blanks] == '{';
}

static const struct lease_kind KINDS[] = {{"imprint", is_imprint, read_imprint},
                                          {"kea", is_kea, read_kea},
                                          {"dnsmasq", is_dnsmasq, read_dnsmasq},
                                          {"dhcpd", is_dhcpd, read_dhcpd}};

static const struct lease_kind *find_kind(const struct lease_text *text, const char *from)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (from != NULL ? strcmp(KINDS[i].name, from) == 0 : KINDS[i].recognises(text)) {
            return &KINDS[i];
        }
    }
    return NULL;
}

// Reads all of `file`, whose size is perhaps `expected` bytes; false when it is too long or cannot be read.
static bool read_all(FILE *file, size_t expected, struct lease_text *text)
{
    size_t room = expected + 1;
    text->bytes = heap_new(room + 1);
    text->count = 0;
    for (;;) {
        size_t got = fread(text->bytes + text->count, 1, room - text->count, file);
        text->count += got;
        if (got == 0) {
            break;
        }
        if (text->count == room) {
            char *larger = heap_new(2 * room + PIECE_BYTES + 1);
            memcpy(larger, text->bytes, text->count);
            heap_free(text->bytes);
            text->bytes = larger;
            room = 2 * room + PIECE_BYTES;
        }
        if (text->count > LEASE_SOURCE_FILE_BYTES_MOST) {
            errno = EFBIG;
            return false;
        }
    }
    text->bytes[text->count] = '\0';
    return ferror(file) == 0;
}

static bool read_path(const struct call *call, const char *path, struct lease_text *text)
{
    struct stat facts = {0};
    bool is_standard = strcmp(path, "-") == 0;
    FILE *file = is_standard ? stdin : fopen(path, "rbe");
    bool is_good = file != NULL && fstat(fileno(file), &facts) == 0;
    bool is_file = S_ISREG(facts.st_mode);
    size_t expected = is_file && facts.st_size > 0 ? (size_t)facts.st_size : PIECE_BYTES;
    is_good = is_good && read_all(file, size_min(expected, LEASE_SOURCE_FILE_BYTES_MOST), text);
    int reason = errno;
    if (file != NULL && !is_standard) {
        (void)fclose(file);
    }
    return is_good || ask_refuse_file(call, path, reason == EACCES ? "try it as root" : "", strerror(reason));
}

bool lease_source_read(struct lease_source *source, const struct call *call, unsigned file, const char *from)
{
    struct lease_text text = {.source = source, .file = file};
    const char *path = source->files[file];
    bool is_good = read_path(call, path, &text);
    const struct lease_kind *kind = is_good ? find_kind(&text, from) : NULL;
    if (is_good && kind == NULL && text.count != 0) {
        is_good = ask_refuse_file(call, path, "say what it is with --from: imprint, kea, dnsmasq or dhcpd",
                                  "nothing in it looks like a file of leases");
    }
    source->bytes += text.count;
    if (kind != NULL) {
        kind->read(&text);
    }
    heap_free(text.bytes);
    return is_good;
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct lease *first = &((const struct lease_entry *)a)->lease;
    const struct lease *second = &((const struct lease_entry *)b)->lease;
    int64_t first_s = first->starts_s != 0 ? first->starts_s : first->ends_s;
    int64_t second_s = second->starts_s != 0 ? second->starts_s : second->ends_s;
    if (first_s != second_s) {
        return first_s > second_s ? -1 : 1;
    }
    return first->address.value < second->address.value ? -1 : first->address.value > second->address.value;
}

// Whether it is to be taken over; else that is remarked, or counted when it is nothing special.
static bool check_entry(struct lease_source *source, const struct lease_entry *entry)
{
    struct lease_remark remark = {entry->file, entry->line, entry->lease.address, "declined", NULL};
    if (entry->lease.state == LEASE_FREE) {
        source->free_count++;
        return false;
    }
    if (entry->lease.state == LEASE_DECLINED) {
        lease_source_remark(
            source, &remark,
            "it was set aside there, since somebody else used it; imprint asks the network itself");
        return false;
    }
    if (lease_key_is_none(&entry->lease.key)) {
        remark.reason = "unreadable";
        lease_source_remark(source, &remark, "it does not say whose it is");
        return false;
    }
    return true;
}

void lease_source_finish(struct lease_source *source)
{
    size_t kept = 0;
    for (uint32_t i = 0; i < source->entries.count; i++) {
        struct lease_entry *entry = entry_at(source, i);
        if (check_entry(source, entry)) {
            *entry_at(source, (uint32_t)kept++) = *entry;
        }
    }
    source->entries.count = kept;
    row_index_clear(&source->by_address);
    if (kept != 0) {
        qsort(source->entries.items, kept, sizeof(struct lease_entry), compare_newest_first);
    }
}

void lease_source_clear(struct lease_source *source)
{
    for (size_t i = 0; i < source->remarks.count; i++) {
        const struct lease_remark *remark = heap_array_get(&source->remarks, i);
        heap_free(remark->text);
    }
    heap_array_clear(&source->remarks);
    heap_array_clear(&source->entries);
    row_index_clear(&source->by_address);
}
