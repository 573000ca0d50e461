// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/boots.h"

#include "doctor/doctor.h"
#include "io/heap.h"
#include "service/http_answer.h"
#include "service/verdict_json.h"
#include "session/client.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS        1000
#define MS_US          1000
#define SECOND_US      INT64_C(1000000)
#define OVER_US        (120 * SECOND_US) // after its own disk, or the end of its order: it is not coming back
#define SILENT_US      (1800 * SECOND_US) // nothing at all for so long
#define TOLD_MOST      4                  // different verdicts of one boot that are told
#define CHADDR_AT      28                 // RFC 2131
#define HEADER_BYTES   236
#define SILENT_REPEATS 5
#define ASKED_LEAST    3 // the same request, before an answer is taken for lost

// When a client that fell silent is judged again: soon behind each moment at which a rule's patience ends.
static const uint8_t JUDGE_AT_S[] = {3, 5, 8, 11, 16, 21, 31, 41, 61, 76, 91, 105, 121, 150, 181};

struct boots_side { // what is kept beside a story
    int64_t due_us; // 0 = there is nothing to judge until it is heard again
    uint8_t step;   // of JUDGE_AT_S
    uint8_t told_count;
    enum reason_id told[TOLD_MOST];
    uint64_t number;
};

struct boots {
    struct desk *desk;
    struct loop_timer *timer;
    bool is_ticking;
    uint64_t last_number;
    struct doctor doctor;
    struct story *stories;
    struct boots_side sides[BOOTS_LIVE_MOST];
    uint32_t hand;          // which story goes when there is no room
    struct verdict verdict; // of the moment
    struct sight sight;
};

static int64_t now_us(const struct boots *boots)
{
    return boots->desk->now_ms(boots->desk->context) * MS_US;
}

static struct boots_side *side_of(struct boots *boots, const struct story *story)
{
    return &boots->sides[story - boots->stories];
}

// It was heard: from now on its silence counts anew.
static void touch(struct boots *boots, const struct story *story)
{
    struct boots_side *side = side_of(boots, story);
    side->step = 0;
    side->due_us = now_us(boots) + JUDGE_AT_S[0] * SECOND_US;
    if (!boots->is_ticking) {
        boots->is_ticking = true;
        loop_timer_start(boots->timer, TICK_MS, TICK_MS);
    }
}

static const struct machine *machine_of(const struct boots *boots, const struct story *story)
{
    return story->mac.length == 0 ? NULL : store_machine_find_mac(boots->desk->store, &story->mac);
}

static void judge(struct boots *boots, struct story *story)
{
    const struct machine *machine = machine_of(boots, story);
    (void)text_copy(story->name, sizeof story->name, machine == NULL ? "" : machine->name);
    doctor_judge(&boots->doctor, story, now_us(boots), &boots->verdict);
}

// ---- telling ----

// Behind the name that the sentence begins with: events have their own way to say whom they are about.
static const char *skip_name(const struct story *story, const char *sentence)
{
    char name[STORY_PRINT_BYTES];
    size_t length = strlen(story_print_name(story, name));
    return strncmp(sentence, name, length) == 0 && sentence[length] == ' ' ? sentence + length + 1 : sentence;
}

static bool was_told(struct boots_side *side, enum reason_id reason)
{
    for (unsigned i = 0; i < side->told_count; i++) {
        if (side->told[i] == reason) {
            return true;
        }
    }
    if (side->told_count == TOLD_MOST) {
        return true;
    }
    side->told[side->told_count++] = reason;
    return false;
}

static void tell(struct boots *boots, struct story *story)
{
    const struct finding *finding = &boots->verdict.findings[0];
    bool is_news = boots->verdict.count != 0 && !finding->is_symptom && !finding->is_told &&
                   finding->severity >= REASON_WARNING && finding->sure >= FINDING_LIKELY;
    if (!is_news || was_told(side_of(boots, story), finding->reason)) {
        return;
    }
    const struct machine *machine = machine_of(boots, story);
    struct event event = {.kind = EVENT_VERDICT,
                          .machine_id = machine == NULL ? 0 : machine->id,
                          .mac = story->mac,
                          .address = story->address};
    struct text text;
    reasons_add(&event.reasons, finding->reason);
    text_init(&text, event.text, sizeof event.text);
    text_add(&text, skip_name(story, finding->sentence));
    if (text.length != 0 && event.text[text.length - 1] == '.') { // as all events
        event.text[text.length - 1] = '\0';
    }
    desk_tell(boots->desk, &event);
}

// ---- those that are over: the store has them ----

static json_t *boot_json(struct boots *boots, struct story *story, bool is_live)
{
    const struct boots_side *side = side_of(boots, story);
    judge(boots, story);
    json_t *json = verdict_json_client(story, &boots->verdict);
    json_object_set_new(json, "number", json_integer((json_int_t)side->number));
    json_object_set_new(json, "at_ms", json_integer((json_int_t)(story->first_us / MS_US)));
    json_object_set_new(json, "until_ms", json_integer((json_int_t)(story->last_us / MS_US)));
    json_object_set_new(json, "live", json_boolean(is_live));
    return json;
}

static void archive(struct boots *boots, struct story *story)
{
    if (story->mac.length == 0 || story->dhcp_count == 0) {
        return;
    }
    json_t *json = boot_json(boots, story, false);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL) {
        return;
    }
    const struct store_boot boot = {.id = side_of(boots, story)->number,
                                    .mac = story->mac,
                                    .verdict = boots->verdict.is_fine ? "" : boots->verdict.sentence,
                                    .json = text};
    store_boot_add(boots->desk->store, &boot);
    free(text);
}

static void begin(struct boots *boots, const struct story *story)
{
    *side_of(boots, story) = (struct boots_side){.number = ++boots->last_number};
}

static void end(struct boots *boots, struct story *story)
{
    if (story->transfer_count != 0 || !doctor_is_full(&boots->doctor)) { // a flood of questions is no history
        archive(boots, story);
    }
    *side_of(boots, story) = (struct boots_side){0};
    doctor_drop(&boots->doctor, story);
}

// Whether a story is over, so that nothing of it is to come; else it is judged when it is due.
static bool look_at(struct boots *boots, struct story *story, int64_t now)
{
    struct boots_side *side = side_of(boots, story);
    int64_t over_us = story->finished_us > story->own_disk_us ? story->finished_us : story->own_disk_us;
    if ((over_us != 0 && now - over_us >= OVER_US && now - story->client_us >= OVER_US) ||
        now - story->last_us >= SILENT_US || now < story->first_us - OVER_US) { // or the clock was set back
        return true;
    }
    if (side->due_us == 0 || now < side->due_us) {
        return false;
    }
    judge(boots, story);
    tell(boots, story);
    side->step++;
    side->due_us = side->step < COUNT_OF(JUDGE_AT_S)
                       ? side->due_us + (JUDGE_AT_S[side->step] - JUDGE_AT_S[side->step - 1]) * SECOND_US
                       : 0;
    return false;
}

void boots_tick(void *context)
{
    struct boots *boots = context;
    int64_t now = now_us(boots);
    bool is_any = false;
    for (uint32_t i = 0; i < boots->doctor.count; i++) {
        struct story *story = &boots->stories[i];
        if (!doctor_has(story)) {
            continue;
        }
        if (look_at(boots, story, now)) {
            end(boots, story);
        } else {
            is_any = true;
        }
    }
    if (!is_any) {
        boots->is_ticking = false;
        loop_timer_stop(boots->timer);
    }
}

// ---- what the services see ----

static bool is_boot_client(const void *payload, size_t bytes)
{
    bool is_boot =
        memmem(payload, bytes, "PXEClient", 9) != NULL || memmem(payload, bytes, "HTTPClient", 10) != NULL;
    return is_boot && memmem(payload, bytes, CLIENT_TEST_CLASS, strlen(CLIENT_TEST_CLASS)) == NULL;
}

static void make_room(struct boots *boots)
{
    if (doctor_is_full(&boots->doctor)) {
        end(boots, &boots->stories[boots->hand]);
        boots->hand = (boots->hand + 1) % BOOTS_LIVE_MOST;
    }
}

void boots_see_dhcp(struct boots *boots, const void *payload, size_t bytes, struct ip4 from)
{
    const uint8_t *octets = payload;
    if (boots == NULL || octets == NULL || bytes < HEADER_BYTES || octets[2] == 0 ||
        octets[2] > sizeof((struct hw *)NULL)->octets) {
        return;
    }
    struct sight *sight = &boots->sight;
    struct hw mac = {.type = octets[1], .length = octets[2]};
    memcpy(mac.octets, octets + CHADDR_AT, mac.length);
    struct story *story = doctor_find_mac(&boots->doctor, &mac);
    bool is_question = octets[0] == DHCP4_OP_REQUEST;
    if (story == NULL && (!is_question || !desk_is_card(&mac) || !is_boot_client(payload, bytes))) {
        return;
    }
    *sight = (struct sight){.at_us = now_us(boots), .from = ip_from_ip4(from), .from_hw = {0}};
    if (!sight_take_dhcp(payload, bytes, sight)) {
        return;
    }
    if (story == NULL) {
        make_room(boots);
        doctor_see(&boots->doctor, sight);
        story = doctor_find_mac(&boots->doctor, &mac);
        if (story != NULL) {
            begin(boots, story);
            touch(boots, story);
        }
        return;
    }
    bool is_other = story_is_other_boot(story, sight);
    doctor_see(&boots->doctor, sight);
    if (is_other) { // that it began again says something about how the boot before ended
        judge(boots, story);
        tell(boots, story);
        archive(boots, story);
        story_begin_anew(story, sight->at_us);
        begin(boots, story);
        doctor_see(&boots->doctor, sight);
    }
    if (is_question) {
        touch(boots, story);
    }
}

// What a client was told: an error of TFTP, or a status of HTTP.
static void refuse(const struct transfer_end *end, uint16_t tftp, uint16_t http,
                   struct story_transfer *transfer)
{
    transfer->state = STORY_REFUSED;
    transfer->error = end->protocol == TRANSFER_TFTP ? tftp : http;
}

static void take_outcome(const struct transfer_end *end, struct story_transfer *transfer)
{
    switch (end->outcome) {
    case TRANSFER_DONE:
        transfer->state = STORY_DONE;
        break;
    case TRANSFER_PROBED:
        transfer->state = STORY_PROBED;
        break;
    case TRANSFER_ABORTED:
        transfer->state = end->sent == 0 && end->protocol == TRANSFER_TFTP ? STORY_PROBED : STORY_BROKEN;
        transfer->is_error_of_client = true;
        break;
    case TRANSFER_TIMEOUT:
        transfer->state = STORY_RUNNING;
        transfer->silent_repeats = SILENT_REPEATS;
        transfer->is_unanswered = true;
        break;
    case TRANSFER_NOT_FOUND:
        refuse(end, TFTP_ERROR_FILE_NOT_FOUND, HTTP_NOT_FOUND, transfer);
        break;
    case TRANSFER_REFUSED:
        refuse(end, TFTP_ERROR_ACCESS_VIOLATION, HTTP_FORBIDDEN, transfer);
        break;
    case TRANSFER_FAILED:
    case TRANSFER_OUTCOME_COUNT:
        refuse(end, TFTP_ERROR_NOT_DEFINED, HTTP_ERROR, transfer);
        break;
    }
}

// What it never took, and what is there but may not be read.
static void take_unheard(const struct transfer_end *end, struct story_transfer *transfer)
{
    bool is_given_up = end->outcome == TRANSFER_ABORTED && end->requests >= ASKED_LEAST;
    if (end->is_unheard && (end->outcome == TRANSFER_TIMEOUT || is_given_up)) {
        transfer->state = STORY_AGREED;
        transfer->requests = end->requests == 0 ? 1 : end->requests;
        transfer->server_packets = transfer->requests + SILENT_REPEATS;
        transfer->silent_repeats = SILENT_REPEATS;
    }
    if (end->outcome == TRANSFER_NOT_FOUND && reasons_has(&end->reasons, REASON_FILE_UNREADABLE)) {
        refuse(end, TFTP_ERROR_ACCESS_VIOLATION, HTTP_FORBIDDEN, transfer);
    }
}

static void take_transfer(const struct transfer_end *end, int64_t now, struct story_transfer *out)
{
    // Of a file that many fetch together a client may have most from what others asked for.
    bool is_whole = end->protocol == TRANSFER_TFTP && end->outcome == TRANSFER_DONE;
    uint64_t bytes = is_whole ? end->size : end->sent;
    uint32_t block = end->block_bytes == 0 ? 512 : end->block_bytes;
    *out = (struct story_transfer){
        .protocol = end->protocol == TRANSFER_TFTP   ? STORY_TFTP
                    : end->protocol == TRANSFER_HTTP ? STORY_HTTP
                                                     : STORY_FTP,
        .began_us = now - (int64_t)end->duration_us,
        .ended_us = now,
        .server = end->server,
        .client_port = end->client_port,
        .size = end->outcome == TRANSFER_NOT_FOUND ? UINT64_MAX : end->size,
        .bytes = bytes,
        .taken_bytes = bytes,
        .requests = 1,
        .server_packets = 1,
        .repeats = end->resent_blocks,
    };
    if (end->protocol == TRANSFER_TFTP) {
        out->asked_blksize = end->block_bytes;
        out->blksize = block;
        out->windowsize = end->window_blocks;
        out->blocks = out->taken_blocks = bytes / block;
        out->last_block = (uint16_t)out->blocks;
    }
    const char *name = end->served[0] != '\0' ? end->served : end->asked;
    sight_copy_name(out->name, name, strlen(name));
    if (end->why[0] != '\0') {
        struct text text;
        text_init(&text, out->error_text, sizeof out->error_text);
        text_add_escaped(&text, end->why, strlen(end->why));
    }
    for (const char *at = end->asked; *at != '\0'; at++) {
        out->is_name_odd = out->is_name_odd || (uint8_t)*at < ' ' || (uint8_t)*at >= 0x7f;
    }
    take_outcome(end, out);
    take_unheard(end, out);
}

// Whether the order's configuration leads its installer to an answer file.
static bool names_answer(const struct boots *boots, const struct transfer_end *end)
{
    const struct order *order = end->order_id == 0 || end->part != CONTENT_PART_CONFIGURATION
                                    ? NULL
                                    : store_order_get(boots->desk->store, end->order_id);
    const struct profile *profile =
        order == NULL || order->by_agent ? NULL : store_profile_find(boots->desk->store, order->profile);
    return profile != NULL && profile->answer_name[0] != '\0';
}

// Whose story it is, with the transfer in it; NULL = nobody's that is followed.
static struct story *take_in(struct boots *boots, const struct transfer_end *end)
{
    struct desk_address seen;
    struct story_transfer transfer;
    if (boots == NULL || boots->doctor.count == 0 || end->is_write) {
        return NULL;
    }
    if (desk_find_address(boots->desk, end->client, &seen)) {
        doctor_join(&boots->doctor, &seen.mac, end->client);
    }
    struct story *story = doctor_find_ip(&boots->doctor, end->client);
    if (story != NULL) {
        take_transfer(end, now_us(boots), &transfer);
        story_take(story, &transfer);
        story->names_answer = story->names_answer || names_answer(boots, end);
    }
    return story;
}

void boots_see_refusal(struct boots *boots, const struct hw *mac, enum reason_id reason)
{
    struct story *story = boots == NULL ? NULL : doctor_find_mac(&boots->doctor, mac);
    bool is_full = reason == REASON_POOL_FULL;
    if (story != NULL && (is_full || reason == REASON_NO_NETWORK)) {
        enum sight_log log = is_full ? SIGHT_LOG_POOL_EMPTY : SIGHT_LOG_NETWORK_UNKNOWN;
        story->logs[log]++;
        story->log_us[log] = now_us(boots);
    }
}

void boots_see_transfer(struct boots *boots, const struct transfer_end *end)
{
    const struct story *story = take_in(boots, end);
    if (story != NULL) {
        touch(boots, story);
    }
}

void boots_see_stall(struct boots *boots, const struct transfer_end *end)
{
    struct story *story = take_in(boots, end);
    if (story != NULL) {
        judge(boots, story);
        tell(boots, story);
        touch(boots, story);
    }
}

// ---- what was decided ----

static struct story *find_machine(struct boots *boots, const struct machine *machine)
{
    struct story *found = NULL;
    for (unsigned i = 0; machine != NULL && i < machine->mac_count; i++) {
        struct story *story = doctor_find_mac(&boots->doctor, &machine->macs[i]);
        found = story != NULL && (found == NULL || story->last_us > found->last_us) ? story : found;
    }
    return found;
}

void boots_see_plan(struct boots *boots, const struct boot_client *client, const struct boot_plan *plan)
{
    struct story *story = boots == NULL ? NULL : doctor_find_mac(&boots->doctor, &client->mac);
    if (story == NULL || client->stage == BOOT_STAGE_SYSTEM) {
        return;
    }
    int64_t now = now_us(boots);
    bool is_own_disk = plan->kind == PLAN_LOCAL || plan->kind == PLAN_NOTHING;
    story->own_disk_us = !is_own_disk ? 0 : story->own_disk_us != 0 ? story->own_disk_us : now;
    bool is_waiting =
        client->stage == BOOT_STAGE_LOADER && (plan->kind == PLAN_MENU || plan->kind == PLAN_WAIT);
    story->waiting_us = is_waiting && story->waiting_us == 0 ? now : story->waiting_us;
}

// What a transfer itself tells is in the story already.
static bool is_of_transfer(const struct event *event, enum reason_id reason)
{
    return event->kind == EVENT_TFTP || reason == REASON_TRANSFER_ABORTED ||
           reason == REASON_TRANSFER_TIMEOUT || reason == REASON_TRANSFER_REFUSED ||
           reason == REASON_TRANSFER_FAILED || reason == REASON_FILE_NOT_FOUND;
}

void boots_see_event(struct boots *boots, const struct event *event)
{
    if (boots == NULL || boots->doctor.count == 0 || event->kind == EVENT_VERDICT ||
        event->kind == EVENT_SERVER) {
        return;
    }
    struct story *story = event->mac.length != 0 ? doctor_find_mac(&boots->doctor, &event->mac) : NULL;
    if (story == NULL && event->machine_id != 0) {
        story = find_machine(boots, store_machine_get(boots->desk->store, event->machine_id));
    }
    if (story == NULL) {
        return;
    }
    const struct order *order =
        event->kind == EVENT_ORDER ? store_order_get(boots->desk->store, event->order_id) : NULL;
    enum reason_id worst = reasons_worst(&event->reasons);
    if (event->kind == EVENT_BOOT) {
        (void)text_copy(story->decision, sizeof story->decision, event->text);
    }
    if (order != NULL && order->state == ORDER_FINISHED) {
        story->finished_us = event->at_ms * MS_US;
    }
    if (worst != REASON_NONE && reason_get(worst)->severity >= REASON_WARNING &&
        !is_of_transfer(event, worst)) {
        story_hear(story, event->at_ms * MS_US, worst, event->text);
    }
}

// ---- for people ----

struct json_t *boots_list(struct boots *boots, const struct machine *machine, size_t most)
{
    json_t *list = json_array();
    struct story *story = find_machine(boots, machine);
    if (story != NULL && most != 0) {
        json_array_append_new(list, boot_json(boots, story, true));
    }
    const struct store_boot *past;
    uint64_t before = UINT64_MAX;
    while (json_array_size(list) < most &&
           (past = store_boot_find(boots->desk->store, machine, before)) != NULL) {
        before = past->id;
        json_array_append_new(list, json_loads(past->json, 0, NULL));
    }
    return list;
}

const char *boots_last_verdict(const struct boots *boots, const struct machine *machine)
{
    const struct store_boot *past =
        boots == NULL || machine == NULL ? NULL : store_boot_find(boots->desk->store, machine, UINT64_MAX);
    return past == NULL ? "" : past->verdict;
}

// ---- life ----

struct boots *boots_new(struct desk *desk, struct loop *loop)
{
    struct boots *boots = heap_new(sizeof *boots);
    boots->desk = desk;
    boots->last_number = store_boot_last_id(desk->store);
    boots->stories = heap_new_array(BOOTS_LIVE_MOST, sizeof *boots->stories); // touched when they are used
    boots->timer = loop_timer_new(loop, boots_tick, boots);
    doctor_init(&boots->doctor, boots->stories, BOOTS_LIVE_MOST);
    return boots;
}

void boots_free(struct boots *boots)
{
    if (boots == NULL) {
        return;
    }
    loop_timer_free(boots->timer);
    for (uint32_t i = 0; i < boots->doctor.count; i++) { // what is known of them is kept
        if (doctor_has(&boots->stories[i])) {
            archive(boots, &boots->stories[i]);
        }
    }
    heap_free(boots->stories);
    heap_free(boots);
}
