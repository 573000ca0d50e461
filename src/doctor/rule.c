// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#include <stdio.h>

#define SURE_STEP 100 // weights: an error counts more than any certainty

static rule_function *const RULES[] = {
#define RULE_ROW(name) rule_##name,
#include "doctor/rule_table.h"
#undef RULE_ROW
};

bool rule_is_silent(const struct rule_view *view, unsigned seconds)
{
    return view->story->knows_silence && view->now_us - view->story->client_us >= seconds * RULE_SECOND_US;
}

bool rule_asked_after(const struct story *story, int64_t at_us)
{
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        if (story->transfers[i].began_us > at_us) {
            return true;
        }
    }
    return false;
}

const struct story_transfer *rule_last(const struct story *story, enum story_state state, enum role role)
{
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        if (transfer->state == state && transfer->name[0] != '\0' &&
            (role == ROLE_COUNT || role_of(transfer->name) == role)) {
            return transfer;
        }
    }
    return NULL;
}

const struct story_transfer *rule_last_transfer(const struct story *story)
{
    return story->transfer_count == 0 ? NULL : &story->transfers[story->transfer_count - 1];
}

bool rule_was_told(const struct story *story)
{
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct sight_dhcp *message = &story->dhcp[i].message;
        if (message->is_reply && (message->file[0] != '\0' || message->has_vendor)) {
            return true;
        }
    }
    return false;
}

void rule_show_transfer(struct finding *finding, const struct story_transfer *transfer)
{
    char bytes[32];
    char server[SIGHT_IP_BYTES];
    const char *name = transfer->name[0] == '\0' ? "a file asked for earlier" : transfer->name;
    (void)sight_print_ip(transfer->server, server);
    switch (transfer->state) {
    case STORY_DONE:
        finding_show(finding, transfer->ended_us, "%s came whole from %s%s%s%s", name, server,
                     transfer->bytes == 0 ? "" : ", ",
                     transfer->bytes == 0 ? "" : finding_print_bytes(transfer->bytes, bytes),
                     transfer->bytes == 0 ? "" : " bytes");
        break;
    case STORY_REFUSED:
        finding_show(finding, transfer->ended_us, "%s was asked of %s, which said %s%s%u %.60s", name, server,
                     transfer->protocol == STORY_TFTP ? "error " : "", "", (unsigned)transfer->error,
                     transfer->error_text);
        break;
    case STORY_ASKED:
        finding_show(finding, transfer->began_us, "%s was asked of %s %u time%s; nothing came back", name,
                     server, transfer->requests, transfer->requests == 1 ? "" : "s");
        break;
    case STORY_AGREED:
    case STORY_RUNNING:
    case STORY_PROBED:
    case STORY_BROKEN:
        finding_show(finding, transfer->ended_us, "%s from %s stopped after %s bytes", name, server,
                     finding_print_bytes(transfer->taken_bytes, bytes));
        break;
    }
}

// ---- judging ----

static int weight(const struct finding *finding)
{
    return (finding->is_symptom ? 0 : (int)finding->severity * SURE_STEP) + finding->sure / 2;
}

// Keeps them in order; what weighs least drops out when there are too many.
static void add(struct verdict *verdict, const struct finding *finding)
{
    uint32_t at = verdict->count;
    while (at > 0 && weight(&verdict->findings[at - 1]) < weight(finding)) {
        at--;
    }
    if (at == DOCTOR_FINDINGS) {
        return;
    }
    uint32_t kept = verdict->count < DOCTOR_FINDINGS ? verdict->count : DOCTOR_FINDINGS - 1;
    memmove(&verdict->findings[at + 1], &verdict->findings[at], (kept - at) * sizeof *finding);
    verdict->findings[at] = *finding;
    verdict->count = kept + 1;
}

// What the server said itself while it served: it knows better than anybody who only watches.
static void add_told(const struct story *story, struct verdict *verdict)
{
    for (uint32_t i = 0; i < story->told_count; i++) {
        const struct story_told *told = &story->told[i];
        struct finding finding;
        finding_begin(&finding, told->reason, story, FINDING_SURE, told->at_us);
        finding.is_told = true;
        finding_say(&finding, "%s%s", told->text, text_ends(told->text, ".") ? "" : ".");
        finding_show(&finding, told->at_us, "the server said so");
        add(verdict, &finding);
        verdict->is_fine = verdict->is_fine && finding.severity < REASON_WARNING;
    }
}

// What went well before, so that nobody looks there.
static void print_in_order(const struct story *story, struct text *out)
{
    char bytes[32];
    uint64_t sum = 0;
    const struct story_transfer *last = story_last_done(story, NULL);
    const struct story_dhcp *ack = story_last_dhcp(story, DHCP4_ACK, true);
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        sum += story->transfers[i].taken_bytes;
    }
    if (ack != NULL) {
        text_add(out, "It got its address");
    }
    if (last != NULL || sum >= 4096) {
        text_add_format(out, "%s the network carried %s bytes both ways",
                        ack != NULL ? " and" : "Its DHCP is fine (it has an address) and",
                        finding_print_bytes(sum, bytes));
    }
    if (last != NULL && last->name[0] != '\0') {
        text_add_format(out, "; %.64s came whole%s%s%s", last->name, last->bytes == 0 ? "" : " (",
                        last->bytes == 0 ? "" : finding_print_bytes(last->bytes, bytes),
                        last->bytes == 0 ? "" : " bytes)");
    }
    if (out->length != 0) {
        text_add(out, ".");
    }
}

void doctor_judge(const struct doctor *doctor, const struct story *story, int64_t now_us, struct verdict *out)
{
    const struct rule_view view = {doctor, story, now_us};
    struct text text;
    char name[STORY_PRINT_BYTES];
    *out = (struct verdict){.is_fine = true};
    // Whom its server sent to its own disk is not to be judged by what it then did not fetch.
    bool is_over = story->own_disk_us != 0 || story->finished_us != 0;
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        struct finding finding;
        if (is_over && RULES[i] != rule_disk_boot_failed && RULES[i] != rule_reinstall_loop) {
            continue;
        }
        if (RULES[i](&view, &finding)) {
            add(out, &finding);
            out->is_fine = out->is_fine && finding.severity < REASON_WARNING;
        }
    }
    add_told(story, out);
    text_init(&text, out->in_order, sizeof out->in_order);
    print_in_order(story, &text);
    text_init(&text, out->sentence, sizeof out->sentence);
    if (out->count != 0 && !out->findings[0].is_symptom) {
        text_add(&text, out->findings[0].sentence);
    } else if (story->decision[0] != '\0') {
        text_add_format(&text, "%s %s.", story_print_name(story, name), story->decision);
    } else {
        const struct story_transfer *last = story_last_done(story, NULL);
        text_add_format(&text, "%s shows nothing that went wrong", story_print_name(story, name));
        if (last != NULL && last->name[0] != '\0') {
            text_add_format(&text, "; the last file it fetched whole is %.64s", last->name);
        }
        text_add(&text, ".");
    }
}
