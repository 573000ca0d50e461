// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/boots.h"

#include "desk_bench.h"
#include "unit/test.h"
#include "wire/dhcp4.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES 300
#define OPTIONS_AT    240
#define TIME_S        200 // longer than any rule of these waits

static struct desk_bench bench;
static struct loop *loop;
static struct boots *boots;

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    loop = loop_new();
    boots = boots_new(bench.desk, loop);
    bench.desk->boots = boots;
    (void)bench_machine(&bench, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    boots_free(boots);
    loop_free(loop);
    bench.desk->boots = NULL;
    desk_bench_close(&bench);
    return 0;
}

static void pass(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        desk_bench_wait(&bench, 1);
        boots_tick(boots);
    }
}

// A message of, or to, the card `number`: `class` is option 60, "" = none; an OFFER and an ACK give .100 and
// name the file.
static void see(unsigned number, uint8_t kind, uint32_t xid, const char *class, const char *file)
{
    uint8_t bytes[MESSAGE_BYTES] = {kind == DHCP4_OFFER || kind == DHCP4_ACK ? 2 : 1, 1, 6};
    uint8_t *options = bytes + OPTIONS_AT;
    struct hw mac = bench_mac(number);
    memcpy(bytes + 28, mac.octets, 6);
    bytes[7] = (uint8_t)xid;
    if (bytes[0] == 2) {
        static const uint8_t ADDRESS[] = {192, 0, 2, 100};
        memcpy(bytes + 16, ADDRESS, 4);
        (void)snprintf((char *)bytes + 108, 128, "%s", file);
    }
    memcpy(bytes + 236, (const uint8_t[]){0x63, 0x82, 0x53, 0x63}, 4);
    *options++ = 53;
    *options++ = 1;
    *options++ = kind;
    if (class[0] != '\0') {
        *options++ = 60;
        *options++ = (uint8_t)strlen(class);
        memcpy(options, class, strlen(class));
        options += strlen(class);
    }
    *options = 255;
    boots_see_dhcp(boots, bytes, sizeof bytes, (struct ip4){bytes[0] == 2 ? 0xc0000201 : 0});
}

static const char PXE_UEFI[] = "PXEClient:Arch:00007:UNDI:003016";

static void take_address(uint32_t xid, const char *file)
{
    see(1, DHCP4_DISCOVER, xid, PXE_UEFI, "");
    see(1, DHCP4_OFFER, xid, "PXEClient", file);
    see(1, DHCP4_REQUEST, xid, PXE_UEFI, "");
    see(1, DHCP4_ACK, xid, "PXEClient", file);
}

static void fetch(const char *name, enum transfer_outcome outcome)
{
    struct transfer_end end = {.protocol = TRANSFER_TFTP,
                               .outcome = outcome,
                               .client = bench_address(100),
                               .size = 100000,
                               .sent = outcome == TRANSFER_NOT_FOUND ? 0 : 100000,
                               .block_bytes = 1468};
    (void)snprintf(end.asked, sizeof end.asked, "%s", name);
    boots_see_transfer(boots, &end);
}

static json_t *list(void)
{
    struct hw mac = bench_mac(1);
    return boots_list(boots, store_machine_find_mac(bench.store, &mac), 100);
}

static const char *text_of(const json_t *boot, const char *name)
{
    return json_string_value(json_object_get(boot, name));
}

static void a_verdict_comes_once_in_its_time(void **state)
{
    (void)state;
    take_address(1, "shimx64.efi");
    fetch("shimx64.efi", TRANSFER_DONE);
    pass(9);
    assert_int_equal(bench.told_of[REASON_LOADER_REJECTED], 0);
    pass(10);
    assert_int_equal(bench.told_of[REASON_LOADER_REJECTED], 1);
    assert_int_equal(bench.last.kind, EVENT_VERDICT);
    assert_true(text_starts(bench.last.text, "fetched the whole loader shimx64.efi"));
    assert_false(text_ends(bench.last.text, "."));
    pass(TIME_S);
    assert_int_equal(bench.told_of[REASON_LOADER_REJECTED], 1);
}

static void who_goes_on_in_time_is_not_judged(void **state)
{
    (void)state;
    take_address(1, "shimx64.efi");
    fetch("shimx64.efi", TRANSFER_DONE);
    pass(8);
    fetch("grubx64.efi", TRANSFER_DONE);
    pass(1);
    fetch("grub/grub.cfg", TRANSFER_DONE);
    pass(TIME_S);
    assert_int_equal(bench.told, 0);
}

static void the_next_boot_is_another_one_and_the_last_is_kept(void **state)
{
    (void)state;
    take_address(1, "snponly.efi");
    see(1, DHCP4_DISCOVER, 1, PXE_UEFI, ""); // again: the same boot
    fetch("lost.0", TRANSFER_NOT_FOUND);
    pass(5);
    take_address(2, "snponly.efi");
    json_t *boots_of = list();
    assert_int_equal(json_array_size(boots_of), 2);
    assert_true(json_is_true(json_object_get(json_array_get(boots_of, 0), "live")));
    assert_true(json_is_true(json_object_get(json_array_get(boots_of, 0), "fine")));
    const json_t *before = json_array_get(boots_of, 1);
    assert_false(json_is_true(json_object_get(before, "fine")));
    assert_non_null(strstr(text_of(before, "verdict"), "lost.0"));
    struct hw mac = bench_mac(1);
    assert_string_equal(boots_last_verdict(boots, store_machine_find_mac(bench.store, &mac)),
                        text_of(before, "verdict"));
    json_decref(boots_of);
}

static void a_machine_keeps_its_newest_boots_only(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= STORE_BOOTS_OF_CARD + 5; i++) {
        take_address(i, "snponly.efi");
        fetch("snponly.efi", TRANSFER_DONE);
        pass(1);
    }
    json_t *boots_of = list();
    assert_int_equal(json_array_size(boots_of), STORE_BOOTS_OF_CARD + 1);
    for (size_t i = 1; i < json_array_size(boots_of); i++) {
        assert_true(json_integer_value(json_object_get(json_array_get(boots_of, i), "number")) <
                    json_integer_value(json_object_get(json_array_get(boots_of, i - 1), "number")));
    }
    json_decref(boots_of);
}

static void a_crowd_of_strangers_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BOOTS_LIVE_MOST + 500; i++) {
        see(i + 10, DHCP4_DISCOVER, 1, PXE_UEFI, "");
    }
    take_address(1, "snponly.efi"); // there is room for one more
    json_t *boots_of = list();
    assert_int_equal(json_array_size(boots_of), 1);
    json_decref(boots_of);
}

static void who_boots_its_own_disk_is_left_alone_until_it_is_back_too_often(void **state)
{
    (void)state;
    struct boot_client client = bench_client(1);
    struct boot_plan plan = {.kind = PLAN_LOCAL};
    for (uint32_t i = 1; i <= 4; i++) {
        take_address(i, "shimx64.efi");
        fetch("shimx64.efi", TRANSFER_DONE);
        boots_see_plan(boots, &client, &plan);
        assert_int_equal(bench.told_of[REASON_DISK_BOOT_FAILED], i >= 4 ? 1 : 0);
        pass(30);
    }
    assert_int_equal(bench.told_of[REASON_LOADER_REJECTED], 0);
    pass(TIME_S); // and when it stays away, it is over
    json_t *boots_of = list();
    assert_false(json_is_true(json_object_get(json_array_get(boots_of, 0), "live")));
    json_decref(boots_of);
}

static void tokens_and_odd_bytes_of_names_are_not_shown(void **state)
{
    (void)state;
    take_address(1, "snponly.efi");
    fetch("answer/lab-1/0123456789abcdef0123456789abcdef/preseed.cfg", TRANSFER_DONE);
    fetch("bad\x1b[2Jname", TRANSFER_NOT_FOUND);
    json_t *boots_of = list();
    char *all = json_dumps(boots_of, 0);
    assert_null(strstr(all, "0123456789abcdef"));
    assert_non_null(strstr(all, "answer/lab-1/TOKEN/preseed.cfg"));
    assert_null(strstr(all, "\\u001b"));
    free(all);
    json_decref(boots_of);
}

static void what_the_server_said_itself_counts(void **state)
{
    (void)state;
    take_address(1, "snponly.efi");
    struct event event = {.kind = EVENT_BOOT, .mac = bench_mac(1), .text = "waits: its order cannot be said"};
    reasons_add(&event.reasons, REASON_ORDER_BROKEN);
    desk_tell(bench.desk, &event);
    json_t *boots_of = list();
    const json_t *finding = json_array_get(json_object_get(json_array_get(boots_of, 0), "findings"), 0);
    assert_string_equal(text_of(finding, "reason"), "ORDER_BROKEN");
    json_decref(boots_of);
    unsigned told = bench.told;
    pass(TIME_S);
    assert_int_equal(bench.told, told); // it was said already
}

static void what_is_no_boot_and_no_dhcp_is_not_watched(void **state)
{
    (void)state;
    see(1, DHCP4_DISCOVER, 1, "", "");
    see(1, DHCP4_DISCOVER, 1, "MSFT 5.0", "");
    uint8_t junk[MESSAGE_BYTES];
    for (unsigned i = 0; i < 2000; i++) {
        for (size_t k = 0; k < sizeof junk; k++) {
            junk[k] = (uint8_t)(i * 31 + k * 7 + (i >> 3));
        }
        memcpy(junk + OPTIONS_AT, "PXEClient", 9);
        junk[0] = 1;
        junk[2] = (uint8_t)(i % 20);
        boots_see_dhcp(boots, junk, i % sizeof junk, (struct ip4){0});
    }
    json_t *boots_of = list();
    assert_int_equal(json_array_size(boots_of), 0);
    json_decref(boots_of);
    pass(3);
}

static void a_file_that_came_by_multicast_is_whole(void **state)
{
    (void)state;
    take_address(1, "snponly.efi");
    fetch("snponly.efi", TRANSFER_DONE);
    struct transfer_end end = {.protocol = TRANSFER_TFTP,
                               .outcome = TRANSFER_DONE,
                               .client = bench_address(100),
                               .size = 100000,
                               .sent = 1468,
                               .is_multicast = true,
                               .asked = "images/x/linux"};
    boots_see_transfer(boots, &end);
    pass(5);
    json_t *boots_of = list();
    assert_true(json_is_true(json_object_get(json_array_get(boots_of, 0), "fine")));
    json_decref(boots_of);
}

static void an_answer_file_is_known_by_its_place(void **state)
{
    (void)state;
    struct hw mac = bench_mac(1);
    uint64_t order_id = bench_order(&bench, store_machine_find_mac(bench.store, &mac)->id, "x");
    unsigned told = bench.told_of[REASON_ANSWER_NOT_ASKED];
    for (unsigned asks = 0; asks < 2; asks++) {
        take_address(asks + 1, "snponly.efi");
        struct transfer_end end = {.protocol = TRANSFER_HTTP,
                                   .outcome = TRANSFER_DONE,
                                   .client = bench_address(100),
                                   .order_id = order_id,
                                   .part = CONTENT_PART_CONFIGURATION,
                                   .asked = "machine.ipxe"};
        boots_see_transfer(boots, &end);
        fetch("images/x/linux", TRANSFER_DONE);
        fetch("images/x/initrd.gz", TRANSFER_DONE);
        pass(1);
        if (asks == 1) {
            fetch("answer/lab-1/0123456789abcdef0123456789abcdef/agama.json", TRANSFER_DONE);
        }
        pass(TIME_S / 2 + 10);
        assert_int_equal(bench.told_of[REASON_ANSWER_NOT_ASKED], told + 1); // the first time only
    }
}

#define BOOTS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTS_TEST(a_verdict_comes_once_in_its_time),
        BOOTS_TEST(who_goes_on_in_time_is_not_judged),
        BOOTS_TEST(the_next_boot_is_another_one_and_the_last_is_kept),
        BOOTS_TEST(a_machine_keeps_its_newest_boots_only),
        BOOTS_TEST(a_crowd_of_strangers_is_bounded),
        BOOTS_TEST(who_boots_its_own_disk_is_left_alone_until_it_is_back_too_often),
        BOOTS_TEST(tokens_and_odd_bytes_of_names_are_not_shown),
        BOOTS_TEST(what_the_server_said_itself_counts),
        BOOTS_TEST(a_file_that_came_by_multicast_is_whole),
        BOOTS_TEST(an_answer_file_is_known_by_its_place),
        BOOTS_TEST(what_is_no_boot_and_no_dhcp_is_not_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
