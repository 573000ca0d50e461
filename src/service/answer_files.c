// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/answer_files.h"

#include "catalog/overlay.h"
#include "io/heap.h"
#include "service/answers_kept.h"
#include "service/generated.h"

#include <string.h>

#define ANSWER_FILES_BYTES (1024 * 1024)

static void answer_files_tell_broken(const struct generated *generated, const struct order *order,
                                     const struct content_client *from, const struct problem *problem)
{
    struct event event = {
        .kind = EVENT_BOOT, .machine_id = order->machine_id, .order_id = order->id, .address = from->address};
    reasons_add(&event.reasons, REASON_ORDER_BROKEN);
    char why[EVENT_TEXT_BYTES / 2];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "asked for its answer file, which cannot be made: %s",
                    problem_print(problem, why, sizeof why));
    desk_tell(generated->desk, &event);
}

// Rendered once more as people may see it: secrets masked where they are put in, the token left out.
static void answer_files_keep(const struct generated *generated, const struct render_facts *facts,
                              const struct content_client *from)
{
    struct order order = *facts->order;
    struct render_facts shown = *facts;
    struct answer_kept given = {.machine_id = facts->machine->id,
                                .order_id = order.id,
                                .last_s = desk_now_s(generated->desk),
                                .address = from->address};
    struct problem ignored;
    struct text text;
    if (generated->desk->answers == NULL) {
        return;
    }
    char *buffer = heap_new(ANSWER_FILES_BYTES);
    problem_clear(&ignored);
    explicit_bzero(order.token, sizeof order.token);
    shown.order = &order;
    shown.masks_secrets = true;
    (void)text_copy(given.profile, sizeof given.profile, facts->profile->name);
    (void)text_copy(given.file, sizeof given.file, facts->profile->answer_name);
    text_init(&text, buffer, ANSWER_FILES_BYTES);
    if (render_answer(&shown, &text, &ignored) == STATUS_OK) {
        answers_kept_add(generated->desk->answers, &given, text.start, text.length);
    }
    heap_free(buffer);
}

// An overlay's text describes the files of an archive; every other one is the answer file itself.
static enum status answer_files_fill(const char *name, const struct text *text, struct content_node *node,
                                     struct problem *problem)
{
    if (!overlay_is_name(name)) {
        content_node_set_memory(node, text->start, text->length);
        node->type = "text/plain";
        return STATUS_OK;
    }
    char *archive = heap_new(ANSWER_FILES_BYTES);
    size_t used = 0;
    enum status status =
        overlay_pack(text->start, text->length, name, archive, ANSWER_FILES_BYTES, &used, problem);
    if (status == STATUS_OK) {
        content_node_set_memory(node, archive, used);
        node->type = "application/gzip";
    }
    explicit_bzero(archive, used);
    heap_free(archive);
    return status;
}

static enum status answer_files_render(const struct generated *generated, const struct machine *machine,
                                       const struct order *order, const struct profile *profile,
                                       const struct content_client *from, struct content_node *node)
{
    char *buffer = heap_new(ANSWER_FILES_BYTES);
    struct text text;
    text_init(&text, buffer, ANSWER_FILES_BYTES);
    struct problem problem;
    problem_clear(&problem);
    struct machine now = *machine;
    now.last_address = ip_get_ip4(from->address); // the installer's own, which may differ from its firmware's
    struct render_facts facts = generated_facts(generated, &now, profile, order, from->server);
    enum status status = render_answer(&facts, &text, &problem);
    if (status == STATUS_OK) {
        status = answer_files_fill(profile->answer_name, &text, node, &problem);
    }
    if (status == STATUS_OK) {
        node->is_private = true;
        node->part = CONTENT_PART_ANSWER;
        node->machine_id = machine->id;
        node->order_id = order->id;
        answer_files_keep(generated, &facts, from);
    } else {
        answer_files_tell_broken(generated, order, from, &problem);
    }
    explicit_bzero(buffer, text.length); // it may hold password hashes
    heap_free(buffer);
    return status == STATUS_OK ? STATUS_OK : STATUS_NOT_FOUND;
}

// Whether `name` is one of the files beside user-data that cloud-init's NoCloud source asks for. It must have
// meta-data; with a 404 for the others some versions wait and try again.
static bool answer_files_is_seed(const struct profile *profile, const char *name)
{
    return strcmp(profile->answer_name, "user-data") == 0 &&
           (strcmp(name, "meta-data") == 0 || strcmp(name, "vendor-data") == 0 ||
            strcmp(name, "network-config") == 0);
}

// meta-data says whose first boot it is; the others are empty. None of them is what the order waits for.
static enum status answer_files_fill_seed(const struct generated *generated, const struct machine *machine,
                                          const struct order *order, const struct profile *profile,
                                          const char *name, const struct content_client *from,
                                          struct content_node *node)
{
    char buffer[512];
    struct text text;
    struct problem problem;
    problem_clear(&problem);
    text_init(&text, buffer, sizeof buffer);
    if (strcmp(name, "meta-data") == 0) {
        struct machine now = *machine;
        now.last_address = ip_get_ip4(from->address);
        struct render_facts facts = generated_facts(generated, &now, profile, order, from->server);
        text_add_format(&text, "instance-id: imprint-%llu\nlocal-hostname: ", (unsigned long long)order->id);
        if (render_hostname(&facts, &text, &problem) != STATUS_OK) {
            answer_files_tell_broken(generated, order, from, &problem);
            return STATUS_NOT_FOUND;
        }
        text_add_char(&text, '\n');
    }
    content_node_set_memory(node, text.start, text.length);
    node->type = "text/plain";
    node->is_private = true;
    node->machine_id = machine->id;
    node->order_id = order->id;
    return STATUS_OK;
}

// What an installer fetches when it is done. That it got it whole ends the order.
static enum status answer_files_fill_done(const struct machine *machine, const struct order *order,
                                          struct content_node *node)
{
    static const char WORDS[] = "done\n";
    content_node_set_memory(node, WORDS, sizeof WORDS - 1);
    node->type = "text/plain";
    node->is_private = true;
    node->part = CONTENT_PART_DONE;
    node->machine_id = machine->id;
    node->order_id = order->id;
    return STATUS_OK;
}

// Who it is not for is not told that it exists; whoever looks after the machine is.
static enum status answer_files_refuse(const struct generated *generated, const struct machine *machine,
                                       const struct content_client *from, struct reasons *reasons)
{
    char address[IP_TEXT_BYTES];
    struct event event = {.kind = EVENT_BOOT, .address = from->address};
    struct text text;
    reasons_add(reasons, REASON_ANSWER_REFUSED);
    if (machine != NULL) {
        event.machine_id = machine->id;
        reasons_add(&event.reasons, REASON_ANSWER_REFUSED);
        text_init(&text, event.text, sizeof event.text);
        text_add_format(&text, "%s asked for an answer file of %s, and did not get it",
                        ip_print(from->address, address), machine->name);
        desk_tell(generated->desk, &event);
    }
    return STATUS_NOT_FOUND;
}

// "MACHINE/TOKEN/FILE" taken apart: the length of each of the first two. false when it is none.
static bool answer_files_parse(const char *path, char name[MACHINE_NAME_BYTES], const char **token,
                               size_t *token_length, const char **file)
{
    size_t length = strcspn(path, "/");
    if (length >= MACHINE_NAME_BYTES || path[length] != '/') {
        return false;
    }
    memcpy(name, path, length);
    name[length] = '\0';
    *token = path + length + 1;
    *token_length = strcspn(*token, "/");
    *file = *token + *token_length + 1;
    return (*token)[*token_length] == '/';
}

enum status answer_files_lookup(const struct generated *generated, const char *path,
                                const struct content_client *from, struct content_node *node,
                                struct reasons *reasons)
{
    char name[MACHINE_NAME_BYTES] = "";
    const char *token = "";
    size_t token_length = 0;
    const char *file = "";
    const struct store *store = generated->desk->store;
    bool is_whole = answer_files_parse(path, name, &token, &token_length, &file);
    const struct machine *machine = store_machine_find_name(store, name);
    const struct order *order = machine == NULL ? NULL : store_order_find_live(store, machine->id);
    const struct profile *profile = order == NULL ? NULL : store_profile_find(store, order->profile);
    bool is_theirs = machine != NULL && generated_is_owner(generated, machine, from) && is_whole &&
                     order != NULL && order_is_token(order, token, token_length);
    bool is_now = is_theirs && profile != NULL && order_may_answer(order, desk_now_s(generated->desk));
    if (!is_now || profile->answer == NULL) {
        return answer_files_refuse(generated, machine, from, reasons);
    }
    if (answer_files_is_seed(profile, file)) {
        return answer_files_fill_seed(generated, machine, order, profile, file, from, node);
    }
    if (strcmp(file, profile->answer_name) == 0) {
        return answer_files_render(generated, machine, order, profile, from, node);
    }
    if (strcmp(file, RENDER_CALLBACK_NAME) == 0) {
        return answer_files_fill_done(machine, order, node);
    }
    return STATUS_NOT_FOUND; // its own, but there is no such file: installers ask for more than they need
}
