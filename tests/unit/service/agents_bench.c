// SPDX-License-Identifier: GPL-3.0-or-later
#include "agents_bench.h"

#include "io/heap.h"
#include "unit/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool bench_commit(void *context)
{
    const struct agents_bench *bench = context;
    return !bench->is_disk_full && store_commit(bench->desk.store, NULL) == STATUS_OK;
}

static void bench_start(struct agents_bench *bench)
{
    struct agents_options options = {.desk = bench->desk.desk,
                                     .generated = &bench->generated,
                                     .config = &bench->config,
                                     .commit = bench_commit,
                                     .context = bench};
    bench->agents = agents_new(&options);
    bench->generated.agents = bench->agents;
}

static void bench_fill_store(struct agents_bench *bench)
{
    struct store *store = bench->desk.store;
    struct image image = {.name = "debian-12",
                          .family = "root-image",
                          .kind = IMAGE_ROOT,
                          .starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI,
                          .content_bytes = 900000000,
                          .needs_bytes = 2000000000};
    struct image agent = {
        .name = "agent", .family = IMAGE_AGENT_FAMILY, .kernel = "linux", .initrd = "initrd.zst"};
    struct profile profile = {.name = "web",
                              .image = "debian-12",
                              .personal = {.hostname = "Station{{address.last_octet}}",
                                           .root_password = BENCH_HASH,
                                           .ssh_keys = BENCH_KEY,
                                           .script = BENCH_SCRIPT}};
    assert_int_equal(store_image_put(store, &image, NULL), STATUS_OK);
    assert_int_equal(store_image_put(store, &agent, NULL), STATUS_OK);
    assert_int_equal(store_profile_put(store, &profile, NULL), STATUS_OK);
    for (unsigned number = 1; number <= 2; number++) {
        struct order order = {.machine_id = bench_machine(&bench->desk, number),
                              .profile = "web",
                              .owner = "alice",
                              .by_agent = true,
                              .tries = 5,
                              .created_s = BENCH_NOW_S,
                              .expires_s = BENCH_NOW_S + 7200};
        assert_int_equal(store_order_put(store, &order, NULL), STATUS_OK);
        bench->order_ids[number] = order.id;
        bench_lease(&bench->desk, number, bench_ip(100 + number));
    }
}

void agents_bench_open(struct agents_bench *bench)
{
    *bench = (struct agents_bench){0};
    desk_bench_open(&bench->desk);
    config_init(&bench->config);
    snprintf(bench->state, sizeof bench->state, "/tmp/imprint-agents-XXXXXX");
    assert_non_null(mkdtemp(bench->state));
    char logs[80];
    snprintf(logs, sizeof logs, "%s/logs", bench->state);
    assert_int_equal(mkdir(logs, 0755), 0);
    assert_int_equal(text_copy(bench->config.state, sizeof bench->config.state, bench->state), STATUS_OK);
    bench->generated = (struct generated){.desk = bench->desk.desk, .config = &bench->config};
    bench_fill_store(bench);
    bench_start(bench);
}

static void bench_forget(struct agents_bench *bench)
{
    free(bench->body);
    bench->body = NULL;
    talk_task_clear(&bench->task);
}

void agents_bench_close(struct agents_bench *bench)
{
    char path[128];
    bench_forget(bench);
    agents_free(bench->agents);
    for (unsigned id = 0; id < 10; id++) {
        snprintf(path, sizeof path, "%s/logs/order-%u.log", bench->state, id);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/logs", bench->state);
    (void)rmdir(path);
    (void)rmdir(bench->state);
    config_clear(&bench->config);
    desk_bench_close(&bench->desk);
}

void agents_bench_restart(struct agents_bench *bench)
{
    agents_free(bench->agents);
    bench_start(bench);
}

void agents_bench_boot(struct agents_bench *bench, unsigned number)
{
    desk_step_order(bench->desk.desk, bench->order_ids[number], ORDER_EVENT_FIRMWARE_BOOT);
    desk_step_order(bench->desk.desk, bench->order_ids[number], ORDER_EVENT_CONFIGURED);
}

unsigned agents_bench_post(struct agents_bench *bench, unsigned last, const char *path, const char *token,
                           const char *body)
{
    struct agents_request request = {.path = path,
                                     .token = token,
                                     .from = {.address = bench_address(last),
                                              .port = 700,
                                              .server = bench_address(1),
                                              .interface_index = 0xffffff},
                                     .body = body,
                                     .body_bytes = strlen(body)};
    bench_forget(bench);
    struct agents_answer answer = agents_handle(bench->agents, &request);
    struct problem problem;
    problem_clear(&problem);
    bench->body = answer.body;
    bench->http_status = answer.http_status;
    bench->verdict = (struct talk_verdict){0};
    assert_non_null(answer.body);
    if (talk_verdict_decode(answer.body, strlen(answer.body), &bench->verdict, &problem) != STATUS_OK) {
        bench->verdict = (struct talk_verdict){0}; // something else was answered
    }
    return answer.http_status;
}

unsigned agents_bench_hello(struct agents_bench *bench, unsigned last, unsigned mac, unsigned number,
                            const char *nonce, char token[TALK_TOKEN_BYTES])
{
    struct talk_hello hello = {
        .version = TALK_VERSION, .agent = "0.1", .mac = bench_mac(mac), .order_id = bench->order_ids[number]};
    assert_int_equal(text_copy(hello.nonce, sizeof hello.nonce, nonce), STATUS_OK);
    char *json = talk_hello_encode(&hello);
    unsigned code = agents_bench_post(bench, last, TALK_PATH_HELLO, "", json);
    free(json);
    if (code == 200) {
        struct talk_welcome welcome;
        struct problem problem;
        problem_clear(&problem);
        assert_int_equal(talk_welcome_decode(bench->body, strlen(bench->body), &welcome, &problem),
                         STATUS_OK);
        strcpy(token, welcome.token);
    }
    return code;
}

unsigned agents_bench_inventory(struct agents_bench *bench, unsigned number, const char *token,
                                unsigned disk_count, bool is_blank)
{
    struct inventory *inventory = heap_new(sizeof *inventory);
    inventory->memory_bytes = 512ull * 1024 * 1024;
    strcpy(inventory->serial, "CHASSIS7");
    inventory->disk_count = (uint8_t)disk_count;
    for (unsigned i = 0; i < disk_count; i++) {
        struct inventory_disk *disk = &inventory->disks[i];
        snprintf(disk->name, sizeof disk->name, "vd%c", (char)('a' + i));
        snprintf(disk->serial, sizeof disk->serial, "DISK%u", i + 1);
        strcpy(disk->transport, "virtio");
        disk->bytes = 8000000000;
        disk->sector_bytes = 512;
        disk->is_blank = is_blank;
        strcpy(disk->content.filesystem, is_blank ? "" : "ext4");
    }
    char *json = talk_inventory_encode(inventory);
    unsigned code = agents_bench_post(bench, 100 + number, TALK_PATH_INVENTORY, token, json);
    free(json);
    heap_free(inventory);
    return code;
}

void agents_bench_arrive(struct agents_bench *bench, unsigned number, unsigned disk_count, bool is_blank,
                         char token[TALK_TOKEN_BYTES])
{
    static unsigned boots;
    char nonce[TALK_NONCE_BYTES];
    snprintf(nonce, sizeof nonce, "%032x", ++boots);
    agents_bench_boot(bench, number);
    assert_int_equal(agents_bench_hello(bench, 100 + number, number, number, nonce, token), 200);
    assert_int_equal(agents_bench_inventory(bench, number, token, disk_count, is_blank), 200);
}

enum talk_do agents_bench_task(struct agents_bench *bench, unsigned number, const char *token)
{
    if (agents_bench_post(bench, 100 + number, TALK_PATH_TASK, token, "{}") != 200) {
        return TALK_DO_COUNT;
    }
    struct problem problem;
    problem_clear(&problem);
    assert_int_equal(talk_task_decode(bench->body, strlen(bench->body), &bench->task, &problem), STATUS_OK);
    return bench->task.todo;
}

bool agents_bench_screen_has(const struct agents_bench *bench, const char *words)
{
    for (unsigned i = 0; i < bench->task.screen_count; i++) {
        if (strstr(bench->task.screen[i], words) != NULL) {
            return true;
        }
    }
    return false;
}

bool agents_bench_report(struct agents_bench *bench, unsigned number, const char *token, const char *stage,
                         const char *reason, const char *text)
{
    struct talk_report report = {.done_bytes = 1, .all_bytes = 100};
    assert_int_equal(text_copy(report.stage, sizeof report.stage, stage), STATUS_OK);
    assert_int_equal(text_copy(report.reason, sizeof report.reason, reason), STATUS_OK);
    assert_int_equal(text_copy(report.text, sizeof report.text, text), STATUS_OK);
    char *json = talk_report_encode(&report);
    unsigned code = agents_bench_post(bench, 100 + number, TALK_PATH_REPORT, token, json);
    free(json);
    return code == 200 && bench->verdict.may_go;
}

const struct order *agents_bench_order(const struct agents_bench *bench, unsigned number)
{
    return store_order_get(bench->desk.store, bench->order_ids[number]);
}

struct search {
    const char *words;
    bool is_found;
};

static bool bench_look(const struct event *event, void *context)
{
    struct search *search = context;
    search->is_found = search->is_found || strstr(event->text, search->words) != NULL;
    return true;
}

bool agents_bench_was_told(const struct agents_bench *bench, const char *words)
{
    struct search search = {.words = words};
    store_event_each(bench->desk.store, 0, bench_look, &search);
    return search.is_found;
}

char *agents_bench_log(const struct agents_bench *bench, uint64_t order_id)
{
    char path[128];
    snprintf(path, sizeof path, "%s/logs/order-%llu.log", bench->state, (unsigned long long)order_id);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    size_t bytes = 2 * AGENTS_LOG_BYTES_MOST;
    char *text = calloc(1, bytes + 1);
    assert_non_null(text);
    text[fread(text, 1, bytes, file)] = '\0';
    fclose(file);
    return text;
}
