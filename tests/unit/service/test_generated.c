// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets which configuration and whose answer file. Interface 0xffffff does not exist, so the kernel's
// neighbour table never knows anybody here: leases and claims are all there is.
#include "service/generated.h"

#include "desk_bench.h"
#include "service/agents.h"
#include "unit/test.h"

#include <net/if.h>
#include <stdio.h>

static struct desk_bench bench;
static struct config config;
static struct generated generated;
static uint64_t order_id;

static enum status find_image_file(void *self, const char *path, const struct content_client *client,
                                   struct content_node *node, struct reasons *reasons)
{
    (void)self;
    (void)path;
    (void)client;
    (void)reasons;
    content_node_set_memory(node, "bytes", 5);
    return STATUS_OK;
}

static int begin(void **state)
{
    (void)state;
    desk_bench_open(&bench);
    config_init(&config);
    generated = (struct generated){
        .desk = bench.desk, .config = &config, .images = {.name = "images", .lookup = find_image_file}};
    order_id = bench_order(&bench, bench_machine(&bench, 1), "name={{hostname}}\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    desk_bench_close(&bench);
    config_clear(&config);
    return 0;
}

struct answer {
    enum status status;
    struct reasons reasons;
    enum content_part part;
    uint64_t order_id;
    char text[4096];
};

static struct answer ask_with(unsigned from_last, const char *path, const char *query, const char *token,
                              bool is_http)
{
    struct content_client client = {.address = bench_address(from_last),
                                    .server = bench_address(1),
                                    .interface_index = 0xffffff,
                                    .query = query,
                                    .token = token,
                                    .is_http = is_http};
    struct content_node node;
    content_node_init(&node);
    struct content_source source = generated_source(&generated);
    struct answer answer = {0};
    answer.status = source.lookup(source.self, path, &client, &node, &answer.reasons);
    if (answer.status == STATUS_OK) {
        answer.part = node.part;
        answer.order_id = node.order_id;
        memcpy(answer.text, node.bytes, node.size < sizeof answer.text ? node.size : sizeof answer.text - 1);
    }
    content_node_close(&node);
    return answer;
}

static struct answer ask(unsigned from_last, const char *path, const char *query)
{
    return ask_with(from_last, path, query, NULL, query[0] != '\0');
}

static struct answer ask_answer(unsigned from_last, const char *file)
{
    char path[160];
    const struct order *order = store_order_get(bench.store, order_id);
    assert_non_null(order);
    snprintf(path, sizeof path, "answer/lab-1/%s/%s", order->token, file);
    return ask(from_last, path, "");
}

#define MY_CONFIG "pxelinux.cfg/01-52-54-00-00-00-01"

static void the_machine_that_holds_the_address_gets_its_order(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    struct answer answer = ask(100, MY_CONFIG, "");
    assert_int_equal(answer.status, STATUS_OK);
    assert_int_equal(answer.part, CONTENT_PART_CONFIGURATION);
    assert_int_equal(answer.order_id, order_id);
    assert_non_null(strstr(answer.text, "/images/debian/linux"));
    answer = ask(100, "pxelinux.cfg/default", "");
    assert_int_equal(answer.order_id, order_id);
}

static void a_neighbour_that_asks_in_its_name_gets_nothing(void **state)
{
    (void)state;
    bench_lease(&bench, 2, bench_ip(101));
    struct answer answer = ask(101, MY_CONFIG, "");
    assert_int_equal(answer.status, STATUS_NOT_FOUND);
    assert_true(reasons_has(&answer.reasons, REASON_CONFIGURATION_REFUSED));
    answer = ask(101, "machine.ipxe", "mac=52-54-00-00-00-01");
    assert_int_equal(answer.status, STATUS_NOT_FOUND);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_ARMED);
}

static void a_stranger_waits_and_its_screen_says_how_to_approve_it(void **state)
{
    (void)state;
    bench_lease(&bench, 2, bench_ip(101));
    struct answer answer = ask(101, "pxelinux.cfg/01-52-54-00-00-00-02", "");
    assert_int_equal(answer.status, STATUS_OK);
    assert_int_equal(answer.part, CONTENT_PART_NONE);
    assert_null(strstr(answer.text, "/images/"));
    assert_non_null(strstr(answer.text, "imprint machine approve m-000002"));
}

static void the_query_of_ipxe_is_decoded_and_a_lie_in_it_is_a_conflict(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    struct answer answer = ask(100, "machine.ipxe", "x=1&mac=52%2D54-00-00-00-01&platform=pcbios&serial=%");
    assert_int_equal(answer.order_id, order_id);
    (void)ask(100, "machine.ipxe", "mac=52-54-00-00-00-01&uuid=4c4c4544-0057-5810-804a-c3c04f463732");
    answer = ask(100, "machine.ipxe", "mac=52-54-00-00-00-01&uuid=aaaaaaaa-0057-5810-804a-c3c04f463732");
    assert_int_equal(answer.status, STATUS_OK);
    assert_int_equal(answer.part, CONTENT_PART_NONE);
    assert_null(strstr(answer.text, "/images/"));
}

static void a_lie_of_the_firmware_is_remembered_when_grub_tells_its_mac_only(void **state)
{
    (void)state;
    struct boot_client client = bench_client(1);
    client.stage = BOOT_STAGE_FIRMWARE;
    client.architecture = 7;
    bench_lease(&bench, 1, bench_ip(100));
    assert_int_equal(uuid_parse("4c4c4544-0057-5810-804a-c3c04f463732", &client.uuid), STATUS_OK);
    desk_note_address(bench.desk, &client, bench_address(100));
    assert_int_equal(ask(100, MY_CONFIG, "").order_id, order_id); // learns the UUID
    assert_int_equal(uuid_parse("aaaaaaaa-0057-5810-804a-c3c04f463732", &client.uuid), STATUS_OK);
    desk_note_address(bench.desk, &client, bench_address(100));
    struct answer answer = ask(100, MY_CONFIG, "");
    assert_int_equal(answer.status, STATUS_OK);
    assert_int_equal(answer.part, CONTENT_PART_NONE);
    assert_null(strstr(answer.text, "/images/"));
    client.uuid = (struct uuid){0}; // a loader that says no UUID takes nothing back
    desk_note_address(bench.desk, &client, bench_address(100));
    assert_null(strstr(ask(100, MY_CONFIG, "").text, "/images/"));
}

static void the_answer_file_goes_to_the_leaseholder_while_the_order_is_under_way(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    assert_int_equal(ask_answer(100, "preseed.cfg").status, STATUS_NOT_FOUND); // not booting yet
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    struct answer answer = ask_answer(100, "preseed.cfg");
    assert_int_equal(answer.status, STATUS_OK);
    assert_string_equal(answer.text, "name=lab-1\n");
    assert_int_equal(answer.part, CONTENT_PART_ANSWER);
    assert_int_equal(ask_answer(100, "other.cfg").status, STATUS_NOT_FOUND);
    assert_int_equal(ask(100, "answer/lab-1", "").status, STATUS_NOT_FOUND);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CANCEL);
    assert_int_equal(ask_answer(100, "preseed.cfg").status, STATUS_NOT_FOUND);
}

static void cloud_init_gets_the_files_beside_its_user_data(void **state)
{
    (void)state;
    static const char ANSWER[] = "#cloud-config\n";
    static const char *const EMPTY[] = {"vendor-data", "network-config"};
    struct profile profile = *store_profile_find(bench.store, "office");
    bench_lease(&bench, 1, bench_ip(100));
    bench_lease(&bench, 2, bench_ip(101));
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    assert_int_equal(ask_answer(100, "meta-data").status, STATUS_NOT_FOUND); // it has a preseed file
    strcpy(profile.answer_name, "user-data");
    profile.answer = ANSWER;
    profile.answer_bytes = sizeof ANSWER - 1;
    assert_int_equal(store_profile_put(bench.store, &profile, NULL), STATUS_OK);
    struct answer answer = ask_answer(100, "meta-data");
    char expected[80];
    snprintf(expected, sizeof expected, "instance-id: imprint-%llu\nlocal-hostname: lab-1\n",
             (unsigned long long)order_id);
    assert_int_equal(answer.status, STATUS_OK);
    assert_string_equal(answer.text, expected);
    assert_int_equal(answer.part, CONTENT_PART_NONE);
    for (size_t i = 0; i < COUNT_OF(EMPTY); i++) {
        answer = ask_answer(100, EMPTY[i]);
        assert_int_equal(answer.status, STATUS_OK);
        assert_string_equal(answer.text, "");
        assert_int_equal(answer.part, CONTENT_PART_NONE);
        assert_int_equal(ask_answer(101, EMPTY[i]).status, STATUS_NOT_FOUND);
    }
    assert_int_equal(ask_answer(100, "user-data").part, CONTENT_PART_ANSWER);
    assert_int_equal(ask_answer(101, "meta-data").status, STATUS_NOT_FOUND);
}

static void the_answer_file_is_only_where_its_order_said(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"answer/lab-1/preseed.cfg", "answer/lab-1//preseed.cfg",
                                        "answer/lab-1/00000000000000000000000000000000/preseed.cfg",
                                        "answer/lab-1/TOKEN/preseed.cfg"};
    bench_lease(&bench, 1, bench_ip(100));
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        struct answer answer = ask(100, WRONG[i], "");
        assert_int_equal(answer.status, STATUS_NOT_FOUND);
        assert_true(reasons_has(&answer.reasons, REASON_ANSWER_REFUSED));
    }
    char earlier[ORDER_TOKEN_BYTES];
    (void)text_copy(earlier, sizeof earlier, store_order_get(bench.store, order_id)->token);
    assert_int_equal(strlen(earlier), ORDER_TOKEN_BYTES - 1);
    assert_int_equal(ask_answer(100, "preseed.cfg").status, STATUS_OK);
    assert_int_equal(ask_answer(100, "done").part, CONTENT_PART_DONE);
}

static void nobody_else_gets_the_answer_file(void **state)
{
    (void)state;
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    bench_lease(&bench, 2, bench_ip(101));
    struct answer answer = ask_answer(101, "preseed.cfg");
    assert_int_equal(answer.status, STATUS_NOT_FOUND);
    assert_true(reasons_has(&answer.reasons, REASON_ANSWER_REFUSED));
    assert_int_equal(ask_answer(102, "preseed.cfg").status, STATUS_NOT_FOUND);
}

static void saying_to_be_the_machine_is_not_enough_for_its_answer_file(void **state)
{
    (void)state;
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    struct boot_client liar = bench_client(1);
    desk_note_address(bench.desk, &liar, bench_address(102)); // an INFORM with another one's MAC
    assert_int_equal(ask_answer(102, "preseed.cfg").status, STATUS_NOT_FOUND);
    assert_int_equal(ask(102, MY_CONFIG, "").status, STATUS_OK);
    assert_int_equal(ask_answer(102, "preseed.cfg").status, STATUS_NOT_FOUND);
}

static void an_address_that_went_to_another_machine_gets_no_answer_file(void **state)
{
    (void)state;
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    struct boot_client before = bench_client(1);
    desk_note_address(bench.desk, &before, bench_address(100));
    bench_lease(&bench, 2, bench_ip(100));
    assert_int_equal(ask_answer(100, "preseed.cfg").status, STATUS_NOT_FOUND);
}

static void the_initrd_completes_the_order_of_who_fetches_it(void **state)
{
    (void)state;
    bench_lease(&bench, 1, bench_ip(100));
    bench_lease(&bench, 2, bench_ip(101));
    assert_int_equal(ask(100, "images/debian/linux", "").part, CONTENT_PART_NONE);
    assert_int_equal(ask(100, "images/debian/linux", "").order_id, order_id);
    assert_int_equal(ask(100, "images/debian/Initrd.GZ", "").part, CONTENT_PART_LAST);
    assert_int_equal(ask(100, "images/debian/other", "").order_id, 0);
    assert_int_equal(ask(101, "images/debian/initrd.gz", "").part, CONTENT_PART_NONE);
}

// Behind a relay and beside another DHCP server only the file name tells who it is.
static void an_order_is_used_up_even_where_nobody_knows_whose_address_it_is(void **state)
{
    (void)state;
    assert_int_equal(ask(103, MY_CONFIG, "").part, CONTENT_PART_CONFIGURATION);
    assert_int_equal(ask(103, "images/debian/initrd.gz", "").part, CONTENT_PART_LAST);
    assert_int_equal(ask(104, "images/debian/initrd.gz", "").part, CONTENT_PART_NONE);
}

static void a_profile_that_cannot_be_rendered_makes_the_machine_wait_and_says_why_once(void **state)
{
    (void)state;
    struct profile profile = *store_profile_find(bench.store, "office");
    (void)text_copy(profile.arguments, sizeof profile.arguments, "site={{site}}");
    assert_int_equal(store_profile_put(bench.store, &profile, NULL), STATUS_OK);
    bench_lease(&bench, 1, bench_ip(100));
    for (int i = 0; i < 5; i++) {
        struct answer answer = ask(100, MY_CONFIG, "");
        assert_int_equal(answer.status, STATUS_OK);
        assert_int_equal(answer.part, CONTENT_PART_NONE);
        assert_null(strstr(answer.text, "/images/"));
        desk_bench_wait(&bench, 10);
    }
    assert_int_equal(bench.told_of[REASON_ORDER_BROKEN], 1);
    assert_non_null(strstr(bench.last.text, "site"));
}

// ---- disks ----

static void make_it_an_agents_order(bool has_agent)
{
    struct image image = *store_image_find(bench.store, "debian");
    struct image agent = {.name = "agent",
                          .family = IMAGE_AGENT_FAMILY,
                          .kernel = "linux",
                          .initrd = "initrd.zst",
                          .arguments = "console=ttyS0"};
    struct profile profile = *store_profile_find(bench.store, "office");
    struct order order = *store_order_get(bench.store, order_id);
    image.kind = IMAGE_ROOT;
    image.kernel[0] = image.initrd[0] = '\0';
    (void)text_copy(profile.arguments, sizeof profile.arguments, "quiet password=SECRET");
    (void)text_copy(profile.personal.root_password, sizeof profile.personal.root_password, "$6$x$SECRET");
    order.by_agent = true;
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(bench.store, &profile, NULL), STATUS_OK);
    assert_int_equal(store_order_put(bench.store, &order, NULL), STATUS_OK);
    if (has_agent) {
        assert_int_equal(store_image_put(bench.store, &agent, NULL), STATUS_OK);
    }
    bench_lease(&bench, 1, bench_ip(100));
}

static void an_order_for_a_disk_boots_the_agent_and_its_command_line_has_no_secret(void **state)
{
    (void)state;
    char number[128];
    make_it_an_agents_order(true);
    struct answer answer = ask(100, MY_CONFIG, "");
    (void)snprintf(number, sizeof number,
                   "imprint.server=192.0.2.1 imprint.order=%u imprint.mac=52:54:00:00:00:01",
                   (unsigned)order_id);
    assert_int_equal(answer.part, CONTENT_PART_CONFIGURATION);
    assert_int_equal(answer.order_id, order_id);
    assert_non_null(strstr(answer.text, "/images/agent/linux"));
    assert_non_null(strstr(answer.text, "/images/agent/initrd.zst"));
    assert_non_null(strstr(answer.text, number));
    assert_non_null(strstr(answer.text, "console=ttyS0"));
    assert_null(strstr(answer.text, "SECRET"));
    assert_null(strstr(answer.text, "quiet"));
    assert_int_equal(ask_answer(100, "preseed.cfg").status, STATUS_NOT_FOUND);
}

static struct answer ask_by_ipv6(uint32_t interface_index)
{
    struct content_client client = {
        .address = bench_address(100), .interface_index = interface_index, .query = "", .is_http = true};
    struct content_node node;
    struct answer answer = {0};
    struct content_source source = generated_source(&generated);
    content_node_init(&node);
    assert_int_equal(ip_parse("2001:db8::1", &client.server), STATUS_OK);
    answer.status = source.lookup(source.self, MY_CONFIG, &client, &node, &answer.reasons);
    assert_int_equal(answer.status, STATUS_OK);
    memcpy(answer.text, node.bytes, node.size);
    content_node_close(&node);
    return answer;
}

static void the_agent_of_a_machine_that_boots_by_ipv6_comes_by_ipv4(void **state)
{
    (void)state;
    make_it_an_agents_order(true);
    struct answer answer = ask_by_ipv6(if_nametoindex("lo"));
    assert_non_null(strstr(answer.text, "imprint.server=127.0.0.1 "));
    answer = ask_by_ipv6(0xffffff); // no interface, so no address: it waits
    assert_null(strstr(answer.text, "imprint.server="));
}

static void the_agents_initrd_does_not_use_its_order_up(void **state)
{
    (void)state;
    make_it_an_agents_order(true);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    struct answer answer = ask(100, "images/agent/initrd.zst", "");
    assert_int_equal(answer.order_id, order_id);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_DELIVERED);
    assert_int_equal(bench_order_state(&bench, order_id), ORDER_BOOTING);
}

static void without_an_agent_the_machine_waits_and_says_how_to_build_one(void **state)
{
    (void)state;
    make_it_an_agents_order(false);
    struct answer answer = ask(100, MY_CONFIG, "");
    assert_int_equal(answer.status, STATUS_OK);
    assert_int_equal(answer.part, CONTENT_PART_NONE);
    assert_non_null(strstr(answer.text, "imprint agent build"));
    assert_null(strstr(answer.text, "/images/"));
}

static void nobody_reads_an_image_for_disks_without_a_token(void **state)
{
    (void)state;
    static const char *const FILES[] = {"images/debian/image.zst",  "images/debian/image.index",
                                        "images/DEBIAN/Image.ZST",  "images/debian/x/image.zst",
                                        "images/debian/other",      "images/debian",
                                        "images/removed/image.zst", "images/removed/Image.Index"};
    make_it_an_agents_order(true);
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        for (unsigned last = 100; last < 102; last++) {
            struct answer answer = ask_with(last, FILES[i], "", "", true);
            assert_int_equal(answer.status, STATUS_DENIED);
            assert_true(reasons_has(&answer.reasons, REASON_AGENT_REFUSED));
            assert_int_equal(ask_with(last, FILES[i], "", "0123", true).status, STATUS_DENIED);
            assert_int_equal(ask_with(last, FILES[i], "", NULL, false).status, STATUS_DENIED);
        }
    }
    assert_int_equal(ask_with(100, "images/agent/linux", "", NULL, true).status, STATUS_OK);
}

// Names may have capitals, and the tree finds files in any case: the same image must be meant by both.
static void an_image_for_disks_does_not_hide_behind_another_of_nearly_its_name(void **state)
{
    (void)state;
    struct image boot = {.name = "lab", .kernel = "linux", .initrd = "initrd.gz"};
    struct image disk = {.name = "Lab", .kind = IMAGE_DISK};
    assert_int_equal(store_image_put(bench.store, &boot, NULL), STATUS_OK);
    assert_int_equal(store_image_put(bench.store, &disk, NULL), STATUS_OK);
    assert_int_equal(ask_with(100, "images/lab/linux", "", NULL, true).status, STATUS_OK);
    assert_int_equal(ask_with(100, "images/Lab/image.zst", "", NULL, true).status, STATUS_DENIED);
    assert_int_equal(ask_with(100, "images/lAB/image.zst", "", NULL, true).status, STATUS_DENIED);
    assert_int_equal(ask_with(100, "images/LAB/other", "", NULL, false).status, STATUS_DENIED);
}

static void the_agent_of_its_order_reads_the_image_over_http_and_nothing_else_of_it(void **state)
{
    (void)state;
    struct agents_options options = {.desk = bench.desk, .generated = &generated, .config = &config};
    make_it_an_agents_order(true);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CONFIGURED);
    generated.agents = agents_new(&options);
    struct talk_hello hello = {.version = TALK_VERSION,
                               .nonce = "00112233445566778899aabbccddeeff",
                               .mac = bench_mac(1),
                               .order_id = order_id};
    char *json = talk_hello_encode(&hello);
    struct agents_request request = {
        .path = TALK_PATH_HELLO,
        .token = "",
        .from = {.address = bench_address(100), .server = bench_address(1), .interface_index = 0xffffff},
        .body = json,
        .body_bytes = strlen(json)};
    struct agents_answer welcomed = agents_handle(generated.agents, &request);
    struct talk_welcome welcome;
    assert_int_equal(welcomed.http_status, 200);
    assert_int_equal(talk_welcome_decode(welcomed.body, strlen(welcomed.body), &welcome, NULL), STATUS_OK);
    free(welcomed.body);
    free(json);
    assert_int_equal(ask_with(100, "images/debian/image.zst", "", welcome.token, true).status, STATUS_OK);
    assert_int_equal(ask_with(100, "images/debian/image.index", "", welcome.token, true).order_id, order_id);
    assert_int_equal(ask_with(100, "images/debian/image.zst", "", welcome.token, false).status,
                     STATUS_DENIED); // TFTP
    assert_int_equal(ask_with(101, "images/debian/image.zst", "", welcome.token, true).status, STATUS_DENIED);
    assert_int_equal(ask_with(100, "images/debian/other", "", welcome.token, true).status, STATUS_DENIED);
    struct image image = {.name = "Deb-12", .kind = IMAGE_ROOT};
    struct profile profile = *store_profile_find(bench.store, "office");
    strcpy(profile.image, image.name);
    assert_int_equal(store_image_put(bench.store, &image, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(bench.store, &profile, NULL), STATUS_OK);
    assert_int_equal(ask_with(100, "images/Deb-12/image.zst", "", welcome.token, true).status, STATUS_OK);
    assert_int_equal(ask_with(100, "images/debian/image.zst", "", welcome.token, true).status, STATUS_DENIED);
    desk_step_order(bench.desk, order_id, ORDER_EVENT_CANCEL);
    assert_int_equal(ask_with(100, "images/debian/image.zst", "", welcome.token, true).status, STATUS_DENIED);
    agents_free(generated.agents);
}

#define GENERATED_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GENERATED_TEST(the_machine_that_holds_the_address_gets_its_order),
        GENERATED_TEST(a_neighbour_that_asks_in_its_name_gets_nothing),
        GENERATED_TEST(a_stranger_waits_and_its_screen_says_how_to_approve_it),
        GENERATED_TEST(the_query_of_ipxe_is_decoded_and_a_lie_in_it_is_a_conflict),
        GENERATED_TEST(a_lie_of_the_firmware_is_remembered_when_grub_tells_its_mac_only),
        GENERATED_TEST(the_answer_file_goes_to_the_leaseholder_while_the_order_is_under_way),
        GENERATED_TEST(cloud_init_gets_the_files_beside_its_user_data),
        GENERATED_TEST(the_answer_file_is_only_where_its_order_said),
        GENERATED_TEST(nobody_else_gets_the_answer_file),
        GENERATED_TEST(saying_to_be_the_machine_is_not_enough_for_its_answer_file),
        GENERATED_TEST(an_address_that_went_to_another_machine_gets_no_answer_file),
        GENERATED_TEST(the_initrd_completes_the_order_of_who_fetches_it),
        GENERATED_TEST(an_order_is_used_up_even_where_nobody_knows_whose_address_it_is),
        GENERATED_TEST(a_profile_that_cannot_be_rendered_makes_the_machine_wait_and_says_why_once),
        GENERATED_TEST(an_order_for_a_disk_boots_the_agent_and_its_command_line_has_no_secret),
        GENERATED_TEST(the_agent_of_a_machine_that_boots_by_ipv6_comes_by_ipv4),
        GENERATED_TEST(the_agents_initrd_does_not_use_its_order_up),
        GENERATED_TEST(without_an_agent_the_machine_waits_and_says_how_to_build_one),
        GENERATED_TEST(nobody_reads_an_image_for_disks_without_a_token),
        GENERATED_TEST(an_image_for_disks_does_not_hide_behind_another_of_nearly_its_name),
        GENERATED_TEST(the_agent_of_its_order_reads_the_image_over_http_and_nothing_else_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
