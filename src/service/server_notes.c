// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_notes.h"

#include "base/text.h"
#include "loader/optional.h"

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
    case CONTENT_PART_DONE:
        desk_step_order(desk, end->order_id, ORDER_EVENT_INSTALLED);
        break;
    case CONTENT_PART_NONE:
        break;
    }
}

// Waiting machines ask every few seconds, and installers fetch thousands of packages: the timeline gets what
// moves a machine on, and what failed. A size probe is neither.
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
    case TRANSFER_NOT_FOUND:
        return end->protocol == TRANSFER_TFTP;
    case TRANSFER_PROBED:
    case TRANSFER_OUTCOME_COUNT:
        break;
    }
    return false;
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

// Who was told what is said with every line, so that what follows needs no other place to look at.
static void server_add_reason(const struct transfer_end *end, struct reasons *reasons)
{
    static const enum reason_id REASONS[TRANSFER_OUTCOME_COUNT] = {
        [TRANSFER_DONE] = REASON_TRANSFER_DONE,       [TRANSFER_PROBED] = REASON_TRANSFER_PROBED,
        [TRANSFER_ABORTED] = REASON_TRANSFER_ABORTED, [TRANSFER_TIMEOUT] = REASON_TRANSFER_TIMEOUT,
        [TRANSFER_NOT_FOUND] = REASON_FILE_NOT_FOUND, [TRANSFER_REFUSED] = REASON_TRANSFER_REFUSED,
        [TRANSFER_FAILED] = REASON_TRANSFER_FAILED,
    };
    if (reasons->count == 0) { // else whoever refused knows it better
        reasons_add(reasons, REASONS[end->outcome]);
    }
}

static void server_tell_transfer(struct desk *desk, const struct transfer_end *end)
{
    static const enum event_kind KINDS[] = {
        [TRANSFER_TFTP] = EVENT_TFTP, [TRANSFER_HTTP] = EVENT_HTTP, [TRANSFER_FTP] = EVENT_FTP};
    struct event event = {.kind = KINDS[end->protocol],
                          .order_id = end->order_id,
                          .address = end->client,
                          .reasons = end->reasons};
    event.machine_id = server_find_machine(desk, end, &event.mac);
    server_add_reason(end, &event.reasons);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    transfer_print(end, &text);
    desk_tell(desk, &event);
}

// What one client looked for and need not have found is told together, when it is quiet again.
static void server_tell_absent(struct server_notes *notes, struct server_absent *absent)
{
    struct desk *desk = notes->desk;
    struct transfer_end end = {.client = absent->address};
    struct event event = {.kind = EVENT_TFTP, .address = absent->address};
    event.machine_id = server_find_machine(desk, &end, &event.mac);
    reasons_add(&event.reasons, REASON_OPTIONAL_FILE_ABSENT);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    if (absent->count == 1) {
        text_add_format(&text, "looked for %s, which need not be there and is not", absent->names);
    } else {
        text_add_format(&text, "looked for %u files that need not be there and are not: %s%s", absent->count,
                        absent->names, absent->is_cut ? ", ..." : "");
    }
    absent->count = 0;
    notes->absent_count--;
    desk_tell(desk, &event);
}

// Addresses side by side, of either family, never share one.
static size_t absent_slot(struct ip address)
{
    const uint8_t *last = address.value.octets + sizeof address.value.octets - 2;
    return ((size_t)last[0] << 8 | last[1]) % SERVER_ABSENT_CLIENTS_MOST;
}

static void server_note_absent(struct server_notes *notes, const struct transfer_end *end)
{
    struct server_absent *absent = &notes->absent[absent_slot(end->client)];
    if (absent->count != 0 && !ip_equal(absent->address, end->client)) {
        server_tell_absent(notes, absent);
    }
    int64_t now_ms = notes->desk->now_ms(notes->desk->context);
    if (absent->count == 0) {
        *absent = (struct server_absent){.address = end->client, .since_ms = now_ms};
        notes->absent_count++;
    }
    absent->count++;
    absent->last_ms = now_ms;
    char name[SERVER_ABSENT_BYTES];
    struct text escaped;
    text_init(&escaped, name, sizeof name);
    text_add_escaped(&escaped, end->asked, strlen(end->asked));
    size_t length = strlen(absent->names);
    if (escaped.cut || length + escaped.length + 3 > sizeof absent->names) {
        absent->is_cut = true;
        return;
    }
    struct text names;
    text_init(&names, absent->names + length, sizeof absent->names - length);
    text_add_format(&names, "%s%s", length == 0 ? "" : ", ", name);
}

void server_notes_tick(struct server_notes *notes)
{
    int64_t now_ms = notes->desk->now_ms(notes->desk->context);
    for (size_t i = 0; notes->absent_count != 0 && i < COUNT_OF(notes->absent); i++) {
        struct server_absent *absent = &notes->absent[i];
        bool is_quiet = now_ms - absent->last_ms >= SERVER_ABSENT_QUIET_MS || now_ms < absent->last_ms;
        if (absent->count != 0 && (is_quiet || now_ms - absent->since_ms >= SERVER_ABSENT_MOST_MS)) {
            server_tell_absent(notes, absent);
        }
    }
}

static void server_log_quietly(struct log *log, const struct transfer_end *end)
{
    char client[IP_TEXT_BYTES];
    char sentence[EVENT_TEXT_BYTES];
    if (!log_is_heard(log, LOG_LEVEL_DEBUG)) {
        return;
    }
    struct text text;
    text_init(&text, sentence, sizeof sentence);
    transfer_print(end, &text);
    struct log_field fields[] = {{"client", ip_print(end->client, client)},
                                 {"path", end->asked},
                                 {"outcome", transfer_outcome_text(end->outcome)}};
    log_write_fields(log, LOG_LEVEL_DEBUG, sentence, fields, COUNT_OF(fields));
}

void server_note_transfer(struct server_notes *notes, const struct transfer_end *end)
{
    bool is_tftp = end->protocol == TRANSFER_TFTP;
    if (is_tftp && end->outcome == TRANSFER_NOT_FOUND && optional_is_path(end->asked)) {
        server_note_absent(notes, end);
        server_log_quietly(notes->log, end);
    } else if (server_is_news(end)) {
        server_tell_transfer(notes->desk, end);
    } else {
        server_log_quietly(notes->log, end);
    }
    server_step_order(notes->desk, end);
}

void server_note_blocks(struct desk *desk, struct ip client, uint16_t stuck_bytes, uint16_t block_bytes)
{
    struct transfer_end end = {.client = client};
    struct event event = {.kind = EVENT_TFTP, .address = client};
    event.machine_id = server_find_machine(desk, &end, &event.mac);
    reasons_add(&event.reasons, REASON_BLOCKS_TOO_LARGE);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "asked for blocks of %u and fell silent behind the first; gets %u from now on",
                    stuck_bytes, block_bytes);
    desk_tell(desk, &event);
}

void server_note_dropped(struct desk *desk, uint64_t count, struct ip client)
{
    char address[IP_TEXT_BYTES];
    struct event event = {.kind = EVENT_SERVER, .address = client};
    reasons_add(&event.reasons, REASON_REQUESTS_DROPPED);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%llu TFTP %s not answered, since there were too many", (unsigned long long)count,
                    count == 1 ? "request was" : "requests were");
    if (!ip_is_none(client)) {
        text_add_format(&text, "; the last came from %s", ip_print(client, address));
    }
    desk_tell(desk, &event);
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
    char address[IP_TEXT_BYTES];
    char names[256];
    struct text reasons;
    text_init(&reasons, names, sizeof names);
    for (unsigned i = 0; i < event->reasons.count; i++) {
        text_add_format(&reasons, "%s%s", i == 0 ? "" : ",", reason_get(event->reasons.ids[i])->name);
    }
    struct log_field fields[] = {
        {"machine", machine == NULL ? NULL : machine->name},
        {"mac", event->mac.length == 0 ? NULL : hw_print(&event->mac, mac)},
        {"address", ip_is_none(event->address) ? NULL : ip_print(event->address, address)},
        {"because", names[0] == '\0' ? NULL : names},
    };
    char sentence[EVENT_TEXT_BYTES + MACHINE_NAME_BYTES];
    struct text text;
    text_init(&text, sentence, sizeof sentence);
    const char *subject = server_event_subject(event, machine, fields[1].value, fields[2].value);
    text_add_format(&text, "%s%s%s", subject, subject[0] == '\0' ? "" : " ", event->text);
    log_write_fields(log, level, sentence, fields, COUNT_OF(fields));
}
