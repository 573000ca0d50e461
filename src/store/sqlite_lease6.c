// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite_lease6.h"

#include "base/text.h"
#include "store/memory.h"

#include <string.h>

#define HW_MOST (1 + HW_BYTES) // the type is before the octets

static void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t count)
{
    (void)sqlite3_bind_blob(statement, at, bytes, (int)count, SQLITE_TRANSIENT);
}

void sqlite_lease6_bind(sqlite3_stmt *statement, const void *row)
{
    const struct store_lease6 *kept = row;
    const struct lease6 *lease = &kept->lease;
    const struct lease6_client *client = &lease->client;
    uint8_t hw[HW_MOST] = {client->hw.type};
    memcpy(hw + 1, client->hw.octets, client->hw.length);
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)kept->id);
    bind_blob(statement, 2, lease->address.octets, sizeof lease->address.octets);
    bind_blob(statement, 3, client->duid, client->duid_length);
    (void)sqlite3_bind_int64(statement, 4, client->iaid);
    (void)sqlite3_bind_int64(statement, 5, client->ordinal);
    bind_blob(statement, 6, hw, 1 + (size_t)client->hw.length);
    (void)sqlite3_bind_int64(statement, 7, client->has_seen_hw);
    (void)sqlite3_bind_int64(statement, 8, (sqlite3_int64)client->machine_id);
    (void)sqlite3_bind_text(statement, 9, lease_state_text(lease->state), -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 10, lease->starts_s);
    (void)sqlite3_bind_int64(statement, 11, lease->preferred_s);
    (void)sqlite3_bind_int64(statement, 12, lease->ends_s);
    (void)sqlite3_bind_text(statement, 13, lease->hostname, -1, SQLITE_STATIC);
}

// How many bytes the blob in column `at` has, copied to `out`; -1 when it has less than `least` or does not
// fit.
static int read_blob(sqlite3_stmt *statement, int at, int least, uint8_t *out, size_t out_bytes)
{
    const void *blob = sqlite3_column_blob(statement, at);
    int bytes = sqlite3_column_bytes(statement, at);
    if (blob == NULL || bytes < least || (size_t)bytes > out_bytes) {
        return -1;
    }
    memcpy(out, blob, (size_t)bytes);
    return bytes;
}

static bool read_hw(sqlite3_stmt *statement, int at, struct hw *hw)
{
    uint8_t bytes[HW_MOST];
    int count = read_blob(statement, at, 1, bytes, sizeof bytes);
    if (count < 0) {
        return false;
    }
    *hw = (struct hw){.type = bytes[0], .length = (uint8_t)(count - 1)};
    memcpy(hw->octets, bytes + 1, hw->length);
    return true;
}

static bool read_state(const char *text, enum lease_state *state)
{
    for (int i = 0; i < LEASE_STATE_COUNT; i++) {
        if (text != NULL && strcmp(lease_state_text((enum lease_state)i), text) == 0) {
            *state = (enum lease_state)i;
            return true;
        }
    }
    return false;
}

bool sqlite_lease6_read(sqlite3_stmt *statement, void *row)
{
    struct store_lease6 *kept = row;
    struct lease6 *lease = &kept->lease;
    struct lease6_client *client = &lease->client;
    int duid = read_blob(statement, 2, 1, client->duid, sizeof client->duid);
    const char *hostname = (const char *)sqlite3_column_text(statement, 12);
    kept->id = (uint64_t)sqlite3_column_int64(statement, 0);
    client->duid_length = (uint8_t)duid;
    client->iaid = (uint32_t)sqlite3_column_int64(statement, 3);
    client->ordinal = (uint8_t)sqlite3_column_int(statement, 4);
    client->has_seen_hw = sqlite3_column_int(statement, 6) != 0;
    client->machine_id = (uint64_t)sqlite3_column_int64(statement, 7);
    lease->starts_s = sqlite3_column_int64(statement, 9);
    lease->preferred_s = sqlite3_column_int64(statement, 10);
    lease->ends_s = sqlite3_column_int64(statement, 11);
    return duid > 0 && hostname != NULL &&
           read_blob(statement, 1, sizeof lease->address.octets, lease->address.octets,
                     sizeof lease->address.octets) > 0 &&
           !ip6_is_none(lease->address) && read_hw(statement, 5, &client->hw) &&
           read_state((const char *)sqlite3_column_text(statement, 8), &lease->state) &&
           text_copy(lease->hostname, sizeof lease->hostname, hostname) == STATUS_OK;
}
