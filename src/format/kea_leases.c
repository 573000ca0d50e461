// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/kea_leases.h"

#include <string.h>

#define VALUE_BYTES      (3 * LEASE_RECORD_CLIENT_BYTES + 1) // a client identifier, the longest that is needed
#define LIFETIME_FOREVER UINT32_MAX

enum column {
    COLUMN_OTHER,
    COLUMN_ADDRESS,
    COLUMN_HW,
    COLUMN_CLIENT,
    COLUMN_LIFETIME,
    COLUMN_ENDS,
    COLUMN_NAME,
    COLUMN_STATE,
    COLUMN_COUNT
};

static const char *const NAMES[COLUMN_COUNT] = {[COLUMN_OTHER] = "",
                                                [COLUMN_ADDRESS] = "address",
                                                [COLUMN_HW] = "hwaddr",
                                                [COLUMN_CLIENT] = "client_id",
                                                [COLUMN_LIFETIME] = "valid_lifetime",
                                                [COLUMN_ENDS] = "expire",
                                                [COLUMN_NAME] = "hostname",
                                                [COLUMN_STATE] = "state"};

// Takes the next value off `line`; "" when there is none. False when it was cut.
static bool take_value(struct line *line, char *out, size_t out_bytes)
{
    const char *comma = line->length == 0 ? NULL : memchr(line->text, ',', line->length);
    struct line value = {line->text, comma == NULL ? line->length : (size_t)(comma - line->text),
                         line->number};
    size_t taken = value.length + (comma == NULL ? 0 : 1);
    line->text += taken;
    line->length -= taken;
    return line_copy(&value, out, out_bytes) == STATUS_OK;
}

// Only IPv6 leases have a DUID.
static void take_columns(struct kea_leases *leases)
{
    struct line line = leases->line;
    char name[64];
    bool has_address = false;
    bool has_ends = false;
    for (size_t i = 0; i < KEA_LEASES_COLUMNS_MOST && line.length != 0; i++) {
        bool is_whole = take_value(&line, name, sizeof name);
        size_t column = is_whole && name[0] != '\0' ? text_find(name, NAMES, COLUMN_COUNT) : COLUMN_OTHER;
        leases->columns[i] = (uint8_t)(column == COLUMN_COUNT ? COLUMN_OTHER : column);
        leases->is_ip6 = leases->is_ip6 || strcmp(name, "duid") == 0;
        has_address = has_address || column == COLUMN_ADDRESS;
        has_ends = has_ends || column == COLUMN_ENDS;
    }
    leases->has_columns = has_address && has_ends;
}

struct kea_leases kea_leases_init(const char *text, size_t bytes)
{
    struct kea_leases leases = {.reader = reader_init(text, bytes), .line = line_init()};
    if (line_next(&leases.reader, &leases.line)) {
        take_columns(&leases);
    }
    return leases;
}

struct row {
    char values[COLUMN_COUNT][VALUE_BYTES];
};

static bool split(const struct kea_leases *leases, struct row *row)
{
    struct line line = leases->line;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        row->values[i][0] = '\0';
    }
    bool is_whole = true;
    for (size_t i = 0; i < KEA_LEASES_COLUMNS_MOST && line.length != 0; i++) {
        // What nobody needs may be of any length.
        bool was_whole = take_value(&line, row->values[leases->columns[i]], VALUE_BYTES);
        is_whole = is_whole && (was_whole || leases->columns[i] == COLUMN_OTHER);
    }
    return is_whole;
}

static void take_client(const struct row *row, struct lease_record *record)
{
    const char *hw = row->values[COLUMN_HW];
    const char *client = row->values[COLUMN_CLIENT];
    size_t count = 0;
    if (hw[0] != '\0') {
        if (!lease_record_parse_octets(hw, record->hw.octets, HW_BYTES, &count)) {
            lease_record_complain(record, "its MAC address is none");
        }
        record->hw.type = 1; // Kea does not tell
        record->hw.length = (uint8_t)count;
    }
    if (client[0] != '\0' && !lease_record_parse_octets(client, record->client_id, sizeof record->client_id,
                                                        &record->client_id_bytes)) {
        lease_record_complain(record, "its client identifier is not octets with colons between them");
    }
}

static void take_times(const struct row *row, struct lease_record *record)
{
    uint64_t lifetime_s = 0;
    if (!lease_record_parse_seconds(row->values[COLUMN_ENDS], &record->ends_s) ||
        text_parse_u64(row->values[COLUMN_LIFETIME], UINT32_MAX, &lifetime_s) != STATUS_OK) {
        lease_record_complain(record, "its end is no time in seconds");
        return;
    }
    if (lifetime_s == LIFETIME_FOREVER) {
        record->ends_s = INT64_MAX;
    } else if (lifetime_s == 0) { // this is how a lease that was removed is written
        record->state = LEASE_RECORD_FREE;
    } else if (record->ends_s > (int64_t)lifetime_s) {
        record->starts_s = record->ends_s - (int64_t)lifetime_s;
    }
}

static void take_state(const struct row *row, struct lease_record *record)
{
    const char *state = row->values[COLUMN_STATE];
    if (strcmp(state, "1") == 0) {
        record->state = LEASE_RECORD_DECLINED;
    } else if (state[0] != '\0' && strcmp(state, "0") != 0) {
        record->state = LEASE_RECORD_FREE; // 2 expired and reclaimed, 3 released
    }
}

static void take_row(const struct kea_leases *leases, struct lease_record *record)
{
    struct row row;
    if (!split(leases, &row)) {
        lease_record_complain(record, "a value in it is too long");
        return;
    }
    if (!lease_record_take_address(record, row.values[COLUMN_ADDRESS])) {
        lease_record_complain(record, "its address is no IP address");
        return;
    }
    if (record->state != LEASE_RECORD_IP6) {
        take_times(&row, record);
        take_state(&row, record);
        take_client(&row, record);
        (void)text_copy(record->hostname, sizeof record->hostname, row.values[COLUMN_NAME]);
    }
}

bool kea_leases_next(struct kea_leases *leases, struct lease_record *record)
{
    if (!leases->has_columns) {
        *record = (struct lease_record){.line = 1, .complaint = "the first line does not name the columns"};
        leases->has_columns = true;
        leases->reader.at = leases->reader.end;
        return leases->line.number != 0;
    }
    while (line_next(&leases->reader, &leases->line)) {
        if (line_trim(leases->line).length != 0) {
            *record = (struct lease_record){.line = leases->line.number};
            take_row(leases, record);
            return true;
        }
    }
    return false;
}
