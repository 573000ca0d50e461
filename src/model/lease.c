// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lease.h"

#include "base/hash.h"
#include "base/text.h"

#include <string.h>

#define KEY_TYPE_CLIENT_ID 255
#define KEY_HEAD_BYTES     2 // type and length
#define KEY_ROOM_BYTES     (LEASE_KEY_BYTES - KEY_HEAD_BYTES)
#define KEY_START_BYTES    (KEY_ROOM_BYTES - sizeof(uint64_t)) // of an identifier that does not fit

static_assert(HW_BYTES <= KEY_ROOM_BYTES, "every link-layer address fits into a key");

static void key_put_client_id(struct lease_key *key, const void *client_id, size_t length)
{
    key->bytes[0] = KEY_TYPE_CLIENT_ID;
    key->bytes[1] = (uint8_t)size_min(length, UINT8_MAX);
    if (length <= KEY_ROOM_BYTES) {
        memcpy(key->bytes + KEY_HEAD_BYTES, client_id, length);
        return;
    }
    // Keys are stored, so this hash key must never change.
    uint64_t hash = hash_bytes((struct hash_key){0}, client_id, length);
    memcpy(key->bytes + KEY_HEAD_BYTES, client_id, KEY_START_BYTES);
    for (size_t i = LEASE_KEY_BYTES; i-- > KEY_HEAD_BYTES + KEY_START_BYTES; hash >>= 8) {
        key->bytes[i] = (uint8_t)hash;
    }
}

struct lease_key lease_key_from(const struct hw *mac, const void *client_id, size_t length)
{
    struct lease_key key = {0};
    if (mac != NULL && mac->length != 0) {
        assert(mac->length <= HW_BYTES);
        key.bytes[0] = mac->type;
        key.bytes[1] = mac->length;
        memcpy(key.bytes + KEY_HEAD_BYTES, mac->octets, mac->length);
    } else if (length != 0) {
        key_put_client_id(&key, client_id, length);
    }
    return key;
}

bool lease_key_equal(const struct lease_key *a, const struct lease_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool lease_key_is_none(const struct lease_key *key)
{
    return key->bytes[1] == 0;
}

bool lease_key_parse(const char *hex, struct lease_key *key)
{
    for (size_t i = 0; i < LEASE_KEY_BYTES; i++) {
        int high = text_parse_hex_digit(hex[2 * i]);
        int low = high < 0 ? -1 : text_parse_hex_digit(hex[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        key->bytes[i] = (uint8_t)(high * 16 + low);
    }
    return hex[2 * LEASE_KEY_BYTES] == '\0' && !lease_key_is_none(key);
}

struct hw lease_key_hw(const struct lease_key *key)
{
    struct hw mac = {0};
    if (key->bytes[0] != KEY_TYPE_CLIENT_ID && key->bytes[1] <= HW_BYTES) {
        mac.type = key->bytes[0];
        mac.length = key->bytes[1];
        memcpy(mac.octets, key->bytes + KEY_HEAD_BYTES, mac.length);
    }
    return mac;
}

const char *lease_state_text(enum lease_state state)
{
    static const char *const TEXTS[LEASE_STATE_COUNT] = {[LEASE_FREE] = "free",
                                                         [LEASE_OFFERED] = "offered",
                                                         [LEASE_BOUND] = "bound",
                                                         [LEASE_DECLINED] = "declined"};
    assert(state < LEASE_STATE_COUNT);
    return TEXTS[state];
}
