// SPDX-License-Identifier: GPL-3.0-or-later
// Orders in the control API, once they are made; making them is control_order_add.c.
#include "service/control_order.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/control_json.h"
#include "service/control_order_disk.h"
#include "service/control_route.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_BYTES_MOST (1024 * 1024)

struct order_list {
    struct control_request *request;
    bool live_only;
};

static bool append_order(const struct order *order, void *context)
{
    const struct order_list *list = context;
    if (!list->live_only || order_is_live(order)) {
        json_array_append_new(json_object_get(list->request->answer, "orders"),
                              control_order_json(list->request, order));
    }
    return true;
}

void control_order_list(struct control_request *request)
{
    const char *live = control_query(request, "live");
    struct order_list list = {request, live != NULL && strcmp(live, "1") == 0};
    control_answer(request, MHD_HTTP_OK, json_pack("{s:[]}", "orders"));
    store_order_each(request->world->store, append_order, &list);
}

static const struct order *find_order(struct control_request *request)
{
    uint64_t id;
    const struct order *order = NULL;
    if (text_parse_u64(request->names[0], INT64_MAX, &id) == STATUS_OK) {
        order = store_order_get(request->world->store, id);
    }
    if (order == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint order list --all shows all of them",
                            "there is no order '%.40s'", request->names[0]);
    }
    return order;
}

void control_order_show(struct control_request *request)
{
    const struct order *order = find_order(request);
    if (order != NULL) {
        control_answer(request, MHD_HTTP_OK, control_order_json(request, order));
    }
}

// Answers with the order as it is now.
static void answer_order(struct control_request *request, uint64_t id)
{
    const struct order *order = store_order_get(request->world->store, id);
    control_answer(request, MHD_HTTP_OK, control_order_json(request, order));
}

void control_order_cancel(struct control_request *request)
{
    static const char *const members[] = {"why", NULL};
    char why[ORDER_WHY_BYTES] = "";
    char told[EVENT_TEXT_BYTES];
    const struct order *order = find_order(request);
    if (order == NULL || !control_allow(request, members) ||
        !control_copy_text(request, "why", why, sizeof why, NULL)) {
        return;
    }
    uint64_t id = order->id;
    if (!order_is_live(order)) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "", "order %llu is over already: it is %s",
                            (unsigned long long)id, order_state_text(order->state));
        return;
    }
    (void)snprintf(told, sizeof told, "by %s%s%s", request->owner, why[0] == '\0' ? "" : "; reason: ", why);
    (void)desk_change_order(request->world->desk, id, ORDER_EVENT_CANCEL,
                            &(struct desk_change){.text = told});
    if (control_commit(request)) {
        answer_order(request, id);
    }
}

// ---- giving up what is on a disk ----

// Why an order that waits for nobody cannot be confirmed, and what to do.
static void refuse_confirm(struct control_request *request, const struct order *order)
{
    const struct machine *machine = store_machine_get(request->world->store, order->machine_id);
    unsigned long long id = order->id;
    char remedy[PROBLEM_REMEDY_BYTES] = "";
    bool is_early =
        order->state == ORDER_ARMED || order->state == ORDER_BOOTING || order->state == ORDER_RUNNING;
    bool is_given_up = order->erase[0] != '\0' && order_is_live(order);
    if (order_is_live(order)) {
        (void)snprintf(remedy, sizeof remedy, "imprint watch %s shows %s",
                       machine == NULL ? "" : machine->name,
                       is_early && !is_given_up ? "when it asks" : "how far it is");
    }
    control_refuse_text(request, MHD_HTTP_CONFLICT, remedy,
                        "order %llu is %s, so there is nothing to confirm%s%s", id,
                        order_state_text(order->state),
                        is_given_up ? ": it may erase a disk already, said "
                        : is_early  ? ": the machine has not told yet what is on its disks"
                                    : "",
                        is_given_up ? order->eraser : "");
}

// Takes the confirmation back when the disk with our database says no.
static void confirm(struct control_request *request, const struct order *before, const char *key)
{
    struct store *store = request->world->store;
    struct order kept = *before;
    char told[EVENT_TEXT_BYTES];
    struct text text;
    text_init(&text, told, sizeof told);
    text_add_format(&text, "%s gave up ", request->owner);
    control_order_print_disk(store, kept.machine_id, key, &text);
    const struct desk_change change = {
        .erase = key, .eraser = request->owner, .trouble = "", .text = told, .reasons = {{0}, 0}};
    if (!desk_change_order(request->world->desk, kept.id, ORDER_EVENT_CONFIRMED, &change)) {
        refuse_confirm(request, store_order_get(store, kept.id)); // its time ran out this moment
        (void)control_commit(request);
    } else if (control_commit(request)) {
        answer_order(request, kept.id);
    } else {
        (void)!store_order_put(store, &kept, NULL); // it was so a moment ago
    }
}

void control_order_confirm(struct control_request *request)
{
    static const char *const members[] = {"erase", NULL};
    char key[ORDER_DISK_BYTES] = "";
    const struct order *order = find_order(request);
    if (order == NULL || !control_allow(request, members) ||
        !control_copy_text(request, "erase", key, sizeof key, NULL)) {
        return;
    }
    if (order->state != ORDER_CONFIRM) {
        refuse_confirm(request, order);
    } else if (control_order_check_disk(request, order->machine_id, key, false)) {
        confirm(request, order, key);
    }
}

// ---- the log ----

// Reads what the agent said, at most the last LOG_BYTES_MOST bytes, and makes of it what JSON can hold.
static json_t *read_log(int file, bool *is_cut)
{
    struct stat info;
    char *text = heap_new(LOG_BYTES_MOST + 1);
    off_t start =
        fstat(file, &info) == 0 && info.st_size > LOG_BYTES_MOST ? info.st_size - LOG_BYTES_MOST : 0;
    ssize_t got = pread(file, text, LOG_BYTES_MOST, start);
    for (ssize_t i = 0; i < got; i++) {
        bool is_plain = text[i] == '\n' || text[i] == '\t' || (!text_is_control(text[i]) && text[i] > 0);
        text[i] = is_plain ? text[i] : '?';
    }
    *is_cut = start > 0;
    json_t *json = got < 0 ? NULL : json_stringn(text, (size_t)got);
    heap_free(text);
    return json;
}

void control_order_log(struct control_request *request)
{
    char path[CONFIG_PATH_BYTES + 64];
    bool is_cut = false;
    const struct order *order = find_order(request);
    if (order == NULL) {
        return;
    }
    (void)snprintf(path, sizeof path, "%s/logs/order-%llu.log", request->world->config->state,
                   (unsigned long long)order->id);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND,
                            order->by_agent ? "it begins when the agent runs on the machine"
                                            : "only orders that the agent carries out have one",
                            "there is no log of order %llu", (unsigned long long)order->id);
        return;
    }
    json_t *text = file < 0 ? NULL : read_log(file, &is_cut);
    if (text == NULL) {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "", "the log cannot be read: %s",
                            strerror(errno));
    } else {
        control_answer(
            request, MHD_HTTP_OK,
            json_pack("{s:I, s:b, s:o}", "id", (json_int_t)order->id, "is_cut", is_cut, "text", text));
    }
    if (file >= 0) {
        (void)close(file);
    }
}
