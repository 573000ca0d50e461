// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/verdict_json.h"

#include "base/time.h"
#include "doctor/stage.h"

#include <jansson.h>
#include <stdio.h>

#define DATE_LEAST_US INT64_C(34560000000000) // 400 days: less is no date

struct step { // of the timeline
    int64_t at_us;
    const struct story_dhcp *dhcp;
    const struct story_transfer *transfer;
};

const char *verdict_print_moment(int64_t at_us, char out[VERDICT_MOMENT_BYTES])
{
    int64_t second = at_us / 1000000;
    int millisecond = (int)(at_us / 1000 % 1000);
    if (at_us >= DATE_LEAST_US) {
        char time[TIME_TEXT_BYTES];
        (void)time_print(second, time);
        (void)snprintf(out, VERDICT_MOMENT_BYTES, "%.19s.%03dZ", time, millisecond);
    } else {
        (void)snprintf(out, VERDICT_MOMENT_BYTES, "%02d:%02d:%02d.%03d", (int)(second / 3600 % 24),
                       (int)(second / 60 % 60), (int)(second % 60), millisecond);
    }
    return out;
}

// ---- timeline ----

static size_t collect_steps(const struct story *story, struct step steps[STORY_STEPS_MOST])
{
    size_t count = 0;
    uint32_t dhcp = 0;
    uint32_t transfer = 0;
    while (dhcp < story->dhcp_count || transfer < story->transfer_count) {
        bool is_dhcp =
            transfer == story->transfer_count ||
            (dhcp < story->dhcp_count && story->dhcp[dhcp].at_us <= story->transfers[transfer].began_us);
        if (is_dhcp) {
            steps[count++] = (struct step){.at_us = story->dhcp[dhcp].at_us, .dhcp = &story->dhcp[dhcp]};
            dhcp++;
        } else {
            const struct story_transfer *next = &story->transfers[transfer++];
            steps[count++] = (struct step){.at_us = next->began_us, .transfer = next};
        }
    }
    return count;
}

static void print_dhcp(const struct story_dhcp *row, struct text *out)
{
    const struct sight_dhcp *message = &row->message;
    char address[IP4_TEXT_BYTES];
    char from[SIGHT_IP_BYTES];
    const char *kind = message->is_kind_known ? dhcp4_kind_name(message->kind)
                       : message->is_reply    ? "DHCP reply"
                                              : "DHCP request";
    text_add(out, kind);
    if (message->is_reply && !ip_is_none(row->from)) {
        text_add_format(out, " from %s", sight_print_ip(row->from, from));
    }
    if (message->address.value != 0) {
        text_add_format(out, ", %s", ip4_print(message->address, address));
    }
    if (message->is_reply && message->file[0] != '\0') {
        text_add_format(out, ", boot file %s", message->file);
    } else if (message->is_reply && message->knows_boot && message->address.value != 0) {
        text_add(out, ", no boot file");
    }
    if (!message->is_reply && message->vendor[0] != '\0') {
        text_add_format(out, ", %s", message->is_ipxe ? "iPXE" : message->vendor);
    }
}

static void print_transfer(const struct story_transfer *transfer, struct text *out)
{
    static const char *const PROTOCOLS[] = {"TFTP", "HTTP", "TCP", "FTP"};
    char bytes[32];
    char server[SIGHT_IP_BYTES];
    text_add_format(out, "%s %s from %s: ", PROTOCOLS[transfer->protocol],
                    transfer->name[0] == '\0' ? "(asked for earlier)" : transfer->name,
                    sight_print_ip(transfer->server, server));
    switch (transfer->state) {
    case STORY_ASKED:
        text_add(out, "nothing came back");
        break;
    case STORY_AGREED:
        text_add(out, "begun");
        break;
    case STORY_RUNNING:
        text_add_format(out, "%s bytes, no end seen", finding_print_bytes(transfer->taken_bytes, bytes));
        break;
    case STORY_DONE:
        text_add_format(out, "whole%s%s%s", transfer->bytes == 0 ? "" : ", ",
                        transfer->bytes == 0 ? "" : finding_print_bytes(transfer->bytes, bytes),
                        transfer->bytes == 0 ? "" : " bytes");
        break;
    case STORY_PROBED:
        text_add(out, "asked for its size only");
        break;
    case STORY_REFUSED:
        text_add_format(out, "refused, %u %s", (unsigned)transfer->error,
                        transfer->protocol == STORY_TFTP && transfer->error_text[0] == '\0'
                            ? tftp_error_name(transfer->error)
                            : transfer->error_text);
        break;
    case STORY_BROKEN:
        text_add_format(out, "broke off after %s bytes", finding_print_bytes(transfer->taken_bytes, bytes));
        break;
    }
}

static const char *print_step(const struct step *step, char out[FINDING_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, FINDING_TEXT_BYTES);
    if (step->dhcp != NULL) {
        print_dhcp(step->dhcp, &text);
    } else {
        print_transfer(step->transfer, &text);
    }
    return out;
}

static json_t *timeline_json(const struct story *story)
{
    struct step steps[STORY_STEPS_MOST];
    size_t count = collect_steps(story, steps);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char text[FINDING_TEXT_BYTES];
        char at[VERDICT_MOMENT_BYTES];
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:s}", "at", verdict_print_moment(steps[i].at_us, at), "at_us",
                            (json_int_t)steps[i].at_us, "text", print_step(&steps[i], text)));
    }
    return list;
}

static json_t *stages_json(const struct story *story)
{
    struct stage stages[STAGE_COUNT];
    size_t count = stage_list(story, stages);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char at[VERDICT_MOMENT_BYTES];
        char server[SIGHT_IP_BYTES] = "";
        if (!ip_is_none(stages[i].server)) {
            (void)sight_print_ip(stages[i].server, server);
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:s, s:b}", "stage", stage_text(stages[i].kind),
                                        "at", verdict_print_moment(stages[i].from_us, at), "took_ms",
                                        (json_int_t)((stages[i].until_us - stages[i].from_us) / 1000),
                                        "server", server, "done", (int)stages[i].is_done));
    }
    return list;
}

static const char *remedy_of(const struct finding *finding)
{
    return finding->remedy[0] != '\0' ? finding->remedy : reason_get(finding->reason)->remedy;
}

static const char *cause_of(const struct finding *finding)
{
    return finding->cause[0] != '\0' ? finding->cause : reason_get(finding->reason)->explanation;
}

static json_t *finding_json(const struct finding *finding)
{
    json_t *evidence = json_array();
    char at[VERDICT_MOMENT_BYTES];
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct finding_evidence *row = &finding->evidence[i];
        json_array_append_new(evidence, json_pack("{s:s, s:s}", "at",
                                                  row->at_us == 0 ? "" : verdict_print_moment(row->at_us, at),
                                                  "text", row->text));
    }
    return json_pack("{s:s, s:s, s:i, s:b, s:s, s:s, s:s, s:s, s:o}", "reason",
                     reason_get(finding->reason)->name, "severity", reason_severity_text(finding->severity),
                     "sure", (int)finding->sure, "symptom", (int)finding->is_symptom, "at",
                     verdict_print_moment(finding->at_us, at), "sentence", finding->sentence, "cause",
                     cause_of(finding), "remedy", remedy_of(finding), "evidence", evidence);
}

json_t *verdict_json_client(const struct story *story, const struct verdict *verdict)
{
    char mac[HW_TEXT_BYTES] = "";
    char address[SIGHT_IP_BYTES] = "";
    json_t *findings = json_array();
    if (story->mac.length != 0) {
        (void)hw_print(&story->mac, mac);
    }
    if (!ip_is_none(story->address)) {
        (void)sight_print_ip(story->address, address);
    }
    for (uint32_t i = 0; i < verdict->count; i++) {
        json_array_append_new(findings, finding_json(&verdict->findings[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:o}", "mac", mac, "address", address, "verdict",
                     verdict->sentence, "fine", (int)verdict->is_fine, "in_order", verdict->in_order,
                     "findings", findings, "stages", stages_json(story), "timeline", timeline_json(story));
}
