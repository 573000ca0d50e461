// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lease_import.h"

#include "cli/fact.h"
#include "cli/progress.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE       500
#define PROGRESS_FROM 5000 // leases

struct tally {
    uint64_t taken;
    uint64_t unchanged;
};

static json_t *body_from_entry(const struct lease *lease)
{
    char text[HW_TEXT_BYTES];
    char hex[2 * LEASE_KEY_BYTES + 1];
    struct hw mac = lease_key_hw(&lease->key);
    json_t *json = json_object();
    json_object_set_new(json, "address", json_string(ip4_print(lease->address, text)));
    if (mac.type == 1 && mac.length == 6) {
        json_object_set_new(json, "mac", json_string(hw_print(&mac, text)));
    } else {
        for (size_t i = 0; i < LEASE_KEY_BYTES; i++) {
            (void)snprintf(hex + 2 * i, 3, "%02x", lease->key.bytes[i]);
        }
        json_object_set_new(json, "client", json_string(hex));
    }
    if (lease->starts_s != 0) {
        json_object_set_new(json, "starts_s", json_integer(lease->starts_s));
    }
    if (lease->ends_s != INT64_MAX) {
        json_object_set_new(json, "ends_s", json_integer(lease->ends_s));
    }
    if (lease->hostname[0] != '\0') {
        json_object_set_new(json, "hostname", json_string(lease->hostname));
    }
    return json;
}

static const char *reason_from_text(const char *name)
{
    static const char *const REASONS[] = {"expired",  "outside", "reserved",
                                          "excluded", "in-use",  "elsewhere"};
    size_t found = text_find(name, REASONS, COUNT_OF(REASONS));
    return found == COUNT_OF(REASONS) ? "refused" : REASONS[found];
}

static void take_answer(struct lease_source *source, size_t first, size_t count, const json_t *answer,
                        struct tally *tally)
{
    size_t position;
    json_t *left;
    tally->taken += (uint64_t)fact_number(answer, "taken");
    tally->unchanged += (uint64_t)fact_number(answer, "unchanged");
    json_array_foreach(fact_get(answer, "left"), position, left)
    {
        size_t number = (size_t)fact_number(left, "number");
        if (number < count) {
            const struct lease_entry *entry = heap_array_get(&source->entries, first + number);
            struct lease_remark remark = {entry->file, entry->line, entry->lease.address,
                                          reason_from_text(fact_text(left, "reason")), NULL};
            lease_source_remark(source, &remark, fact_text(left, "text"));
        }
    }
}

// The leases from `first` on, at most AT_ONCE. False when the daemon said no, which was told.
static bool send_some(struct call *call, struct lease_source *source, size_t first, size_t count,
                      struct tally *tally)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct lease_entry *entry = heap_array_get(&source->entries, first + i);
        json_array_append_new(list, body_from_entry(&entry->lease));
    }
    bool is_last = first + count == source->entries.count;
    json_t *body = json_pack("{s:o, s:o, s:b}", "leases", list, "from", fact_from_text(source->files[0]),
                             "is_last", is_last ? 1 : 0);
    json_t *answer = ask(call, "POST", "leases", body);
    json_decref(body);
    if (answer == NULL) {
        return false;
    }
    take_answer(source, first, count, answer, tally);
    json_decref(answer);
    return true;
}

static bool send_all(struct call *call, struct lease_source *source, struct tally *tally)
{
    struct progress progress;
    size_t all = source->entries.count;
    bool has_progress = all >= PROGRESS_FROM && !call->is_json;
    bool is_good = true;
    progress_init(&progress, "leases", source->bytes);
    size_t first = 0;
    do { // once at least: the daemon must be there, and give addresses
        size_t count = size_min(all - first, AT_ONCE);
        is_good = send_some(call, source, first, count, tally);
        first += count;
        if (has_progress && is_good) {
            progress_step(&progress,
                          all == 0 ? 0 : (uint64_t)((double)source->bytes * (double)first / (double)all));
        }
    } while (is_good && first < all);
    progress_clear(&progress);
    return is_good;
}

static int compare_places(const void *a, const void *b)
{
    const struct lease_remark *first = a;
    const struct lease_remark *second = b;
    if (first->file != second->file) {
        return first->file < second->file ? -1 : 1;
    }
    return first->line < second->line ? -1 : first->line > second->line;
}

static json_t *json_from_remark(const struct lease_source *source, const struct lease_remark *remark)
{
    char address[IP4_TEXT_BYTES];
    return json_pack("{s:o, s:i, s:o, s:s, s:s}", "file", fact_from_text(source->files[remark->file]), "line",
                     (int)remark->line, "address",
                     remark->address.value == 0 ? json_null()
                                                : json_string(ip4_print(remark->address, address)),
                     "reason", remark->reason, "text", remark->text);
}

static void print_json(const struct call *call, const struct lease_source *source, const struct tally *tally)
{
    json_t *left = json_array();
    for (size_t i = 0; i < source->remarks.count; i++) {
        json_array_append_new(left, json_from_remark(source, heap_array_get(&source->remarks, i)));
    }
    json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:o}", "taken", (json_int_t)tally->taken, "unchanged",
                             (json_int_t)tally->unchanged, "free", (json_int_t)source->free_count, "dhcpv6",
                             (json_int_t)source->ip6_count, "left", left);
    ask_print_json(call, json);
    json_decref(json);
}

static void print_remark(const struct lease_source *source, const struct lease_remark *remark)
{
    char line[512];
    char address[IP4_TEXT_BYTES];
    (void)snprintf(line, sizeof line, "%s:%u: %s%snot taken: %s", source->files[remark->file], remark->line,
                   remark->address.value == 0 ? "" : ip4_print(remark->address, address),
                   remark->address.value == 0 ? "" : " ", remark->text);
    screen_print_safe(stderr, line, false);
    (void)fputc('\n', stderr);
}

static void print_tally(const struct call *call, const struct lease_source *source, const struct tally *tally)
{
    FILE *out = call->out.out;
    for (size_t i = 0; i < source->remarks.count; i++) {
        print_remark(source, heap_array_get(&source->remarks, i));
    }
    (void)fprintf(out, "%llu leases were taken over", (unsigned long long)tally->taken);
    if (tally->unchanged != 0) {
        (void)fprintf(out, ", %llu were here already", (unsigned long long)tally->unchanged);
    }
    if (source->remarks.count != 0) {
        (void)fprintf(out, ", %zu were not taken", source->remarks.count);
    }
    if (source->free_count != 0) {
        (void)fprintf(out, "; %llu addresses are free there", (unsigned long long)source->free_count);
    }
    if (source->ip6_count != 0) {
        (void)fprintf(out, "; %llu leases are of DHCPv6, which is not taken over",
                      (unsigned long long)source->ip6_count);
    }
    (void)fputc('\n', out);
}

// Whether it was no use: nothing of it is here now, and not because nothing was worth taking.
static bool has_only_nonsense(const struct lease_source *source, const struct tally *tally)
{
    bool has_unreadable = false;
    for (size_t i = 0; i < source->remarks.count; i++) {
        const struct lease_remark *remark = heap_array_get(&source->remarks, i);
        has_unreadable = has_unreadable || strcmp(remark->reason, "unreadable") == 0;
    }
    return has_unreadable && tally->taken + tally->unchanged == 0;
}

int lease_import(struct call *call, struct lease_source *source)
{
    struct tally tally = {0};
    bool is_good = send_all(call, source, &tally);
    if (source->remarks.count != 0) {
        qsort(source->remarks.items, source->remarks.count, sizeof(struct lease_remark), compare_places);
    }
    if (!is_good && tally.taken == 0) {
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        print_json(call, source, &tally);
    } else {
        print_tally(call, source, &tally);
    }
    if (!is_good) {
        show_hint(call, "that was not all: what was taken is kept; give the command again for the rest");
    }
    return is_good && !has_only_nonsense(source, &tally) ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}
