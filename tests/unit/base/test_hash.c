// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hash.h"

#include "unit/test.h"

// The key of the reference implementation's vectors: bytes 00 01 02 .. 0f; the inputs are 00 01 02 ..
static const struct hash_key KEY = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static uint64_t hash_of_counting_bytes(size_t bytes)
{
    uint8_t data[64];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    return hash_bytes(KEY, data, bytes);
}

static void it_is_siphash_1_3(void **state)
{
    (void)state;
    assert_true(hash_of_counting_bytes(0) == 0xabac0158050fc4dc);
    assert_true(hash_of_counting_bytes(1) == 0xc9f49bf37d57ca93);
    assert_true(hash_of_counting_bytes(7) == 0xd3927d989bb11140);
    assert_true(hash_of_counting_bytes(8) == 0x369095118d299a8e);
    assert_true(hash_of_counting_bytes(9) == 0x25a48eb36c063de4);
    assert_true(hash_of_counting_bytes(15) == 0xd320d86d2a519956);
    assert_true(hash_of_counting_bytes(63) == 0x9d199062b7bbb3a8);
    assert_true(hash_bytes((struct hash_key){0, 0}, "", 0) == 0xd1fba762150c532c);
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    uint64_t hash = hash_bytes(KEY, "imprint", 7);
    assert_true(hash != hash_bytes((struct hash_key){KEY.k0 ^ 1, KEY.k1}, "imprint", 7));
    assert_true(hash != hash_bytes((struct hash_key){KEY.k0, KEY.k1 ^ 1}, "imprint", 7));
}

static void zeros_at_the_end_count(void **state)
{
    (void)state;
    static const uint8_t ZEROS[16] = {0};
    for (size_t bytes = 1; bytes < sizeof ZEROS; bytes++) {
        assert_true(hash_bytes(KEY, ZEROS, bytes) != hash_bytes(KEY, ZEROS, bytes - 1));
    }
}

static void where_the_bytes_lie_does_not_count(void **state)
{
    (void)state;
    char shifted[32];
    for (size_t offset = 0; offset < 8; offset++) {
        memcpy(shifted + offset, "unaligned bytes", 15);
        assert_true(hash_bytes(KEY, shifted + offset, 15) == hash_bytes(KEY, "unaligned bytes", 15));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_siphash_1_3),
        cmocka_unit_test(another_key_gives_another_hash),
        cmocka_unit_test(zeros_at_the_end_count),
        cmocka_unit_test(where_the_bytes_lie_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
