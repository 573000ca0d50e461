// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_notes.h"

#include "base/text.h"

#include <string.h>

// A file sent whole: what that means for its order.
static void server_step_order(struct desk *desk, const struct transfer_end *end)
{
    if (end->order_id == 0 || !transfer_is_whole(end)) {
        return;
    }
    switch (end->part) {
    case CONTENT_PART_CONFIGURATION:
        desk_step_order(desk, end->order_id, ORDER_EVENT_CONFIGURED);
        break;
    case CONTENT_PART_LAST:
        desk_step_order(desk, end->order_id, ORDER_EVENT_DELIVERED);
        break;
    case CONTENT_PART_ANSWER:
        desk_step_order(desk, end->order_id, ORDER_EVENT_ANSWERED);
        break;
    case CONTENT_PART_NONE:
        break;
    }
}

// Loaders probe for many names that need not exist, waiting machines ask every few seconds, and installers
// fetch thousands of packages: the timeline gets what moves a machine on, and what failed.
static bool server_is_news(const struct transfer_end *end)
{
    bool is_boot = end->protocol == TRANSFER_TFTP || end->part != CONTENT_PART_NONE || end->order_id != 0;
    bool is_poll = text_starts(end->served, "machine.ipxe") || text_starts(end->served, "pxelinux.cfg/") ||
                   strstr(end->served, "grub.cfg") != NULL || text_ends(end->served, "boot.ipxe");
    switch (end->outcome) {
    case TRANSFER_DONE:
        return is_boot && (!is_poll || end->part != CONTENT_PART_NONE) && transfer_is_whole(end);
    case TRANSFER_TIMEOUT:
    case TRANSFER_REFUSED:
    case TRANSFER_FAILED:
        return true;
    case TRANSFER_ABORTED:
        return is_boot && !is_poll;
    case TRANSFER_PROBED:
    case TRANSFER_NOT_FOUND:
    case TRANSFER_OUTCOME_COUNT:
        break;
    }
    return false;
}

static void server_print_transfer(const struct transfer_end *end, struct text *text)
{
    const char *path = end->served[0] != '\0' ? end->served : end->asked;
    switch (end->outcome) {
    case TRANSFER_DONE:
        text_add(text, "fetched ");
        break;
    case TRANSFER_ABORTED:
        text_add_format(text, "stopped after %llu of %llu bytes of ", (unsigned long long)end->sent,
                        (unsigned long long)end->size);
        break;
    case TRANSFER_TIMEOUT:
        text_add_format(text, "went silent after %llu of %llu bytes of ", (unsigned long long)end->sent,
                        (unsigned long long)end->size);
        break;
    case TRANSFER_REFUSED:
        text_add(text, "was refused ");
        break;
    case TRANSFER_PROBED:
    case TRANSFER_NOT_FOUND:
    case TRANSFER_FAILED:
    case TRANSFER_OUTCOME_COUNT:
        text_add(text, "could not be sent ");
        break;
    }
    text_add_escaped(text, path, size_min(strlen(path), 120));
    if (end->outcome == TRANSFER_DONE) {
        text_add_format(text, " (%llu bytes by %s, %llu ms)", (unsigned long long)end->size,
                        end->protocol == TRANSFER_TFTP ? "TFTP" : "HTTP",
                        (unsigned long long)(end->duration_us / 1000));
    }
}

static uint64_t server_find_machine(const struct desk *desk, const struct transfer_end *end, struct hw *mac)
{
    struct desk_address seen;
    if (!desk_find_address(desk, end->client, &seen)) {
        return end->machine_id;
    }
    *mac = seen.mac;
    const struct machine *machine = store_machine_find_mac(desk->store, &seen.mac);
    return end->machine_id != 0 || machine == NULL ? end->machine_id : machine->id;
}

void server_note_transfer(struct desk *desk, struct log *log, const struct transfer_end *end)
{
    if (server_is_news(end)) {
        bool is_http = end->protocol == TRANSFER_HTTP;
        struct event event = {.kind = is_http ? EVENT_HTTP : EVENT_TFTP,
                              .order_id = end->order_id,
                              .address = end->client,
                              .reasons = end->reasons};
        event.machine_id = server_find_machine(desk, end, &event.mac);
        struct text text;
        text_init(&text, event.text, sizeof event.text);
        server_print_transfer(end, &text);
        desk_tell(desk, &event);
    } else if (log_is_heard(log, LOG_LEVEL_DEBUG)) {
        char client[IP4_TEXT_BYTES];
        struct log_field fields[] = {{"client", ip4_print(end->client, client)},
                                     {"path", end->asked},
                                     {"outcome", transfer_outcome_text(end->outcome)}};
        log_write_fields(log, LOG_LEVEL_DEBUG, "transfer ended", fields, COUNT_OF(fields));
    }
    server_step_order(desk, end);
}

static enum log_level server_event_level(const struct event *event)
{
    static const enum log_level LEVELS[] = {[REASON_INFO] = LOG_LEVEL_INFO,
                                            [REASON_NOTICE] = LOG_LEVEL_NOTICE,
                                            [REASON_WARNING] = LOG_LEVEL_WARNING,
                                            [REASON_ERROR] = LOG_LEVEL_ERROR};
    enum reason_id worst = reasons_worst(&event->reasons);
    return worst == REASON_NONE ? LOG_LEVEL_INFO : LEVELS[reason_get(worst)->severity];
}

// Who did what `event` tells, for its sentence: the machine, or the card or address of one nobody knows.
// Empty where the text names somebody itself.
static const char *server_event_subject(const struct event *event, const struct machine *machine,
                                        const char *mac, const char *address)
{
    if (event->kind == EVENT_MACHINE || event->kind == EVENT_ORDER || event->kind == EVENT_SERVER) {
        return "";
    }
    const char *unknown = mac != NULL ? mac : address != NULL ? address : "";
    return machine != NULL ? machine->name : unknown;
}

void server_log_event(const struct store *store, struct log *log, const struct event *event)
{
    enum log_level level = server_event_level(event);
    if (!log_is_heard(log, level)) {
        return;
    }
    const struct machine *machine =
        event->machine_id == 0 ? NULL : store_machine_get(store, event->machine_id);
    char mac[HW_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    char names[256];
    struct text reasons;
    text_init(&reasons, names, sizeof names);
    for (unsigned i = 0; i < event->reasons.count; i++) {
        text_add_format(&reasons, "%s%s", i == 0 ? "" : ",", reason_get(event->reasons.ids[i])->name);
    }
    struct log_field fields[] = {
        {"machine", machine == NULL ? NULL : machine->name},
        {"mac", event->mac.length == 0 ? NULL : hw_print(&event->mac, mac)},
        {"address", event->address.value == 0 ? NULL : ip4_print(event->address, address)},
        {"because", names[0] == '\0' ? NULL : names},
    };
    char sentence[EVENT_TEXT_BYTES + MACHINE_NAME_BYTES];
    struct text text;
    text_init(&text, sentence, sizeof sentence);
    const char *subject = server_event_subject(event, machine, fields[1].value, fields[2].value);
    text_add_format(&text, "%s%s%s", subject, subject[0] == '\0' ? "" : " ", event->text);
    log_write_fields(log, level, sentence, fields, COUNT_OF(fields));
}
