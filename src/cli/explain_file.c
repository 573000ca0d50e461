// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain_file.h"

#include "base/time.h"
#include "cli/ask.h"
#include "cli/explain_read.h"
#include "cli/show.h"
#include "io/heap.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS_MOST  2048
#define DATE_LEAST_US INT64_C(34560000000000) // 400 days: less is no date
#define MOMENT_BYTES  (TIME_TEXT_BYTES + 16)
#define SHOWN_MOST    4 // findings for people; --json has all

struct step { // of the timeline
    int64_t at_us;
    const struct story_dhcp *dhcp;
    const struct story_transfer *transfer;
};

static const char *print_moment(int64_t at_us, char out[MOMENT_BYTES])
{
    int64_t second = at_us / 1000000;
    int millisecond = (int)(at_us / 1000 % 1000);
    if (at_us >= DATE_LEAST_US) {
        char time[TIME_TEXT_BYTES];
        (void)time_print(second, time);
        (void)snprintf(out, MOMENT_BYTES, "%.19s.%03dZ", time, millisecond);
    } else {
        (void)snprintf(out, MOMENT_BYTES, "%02d:%02d:%02d.%03d", (int)(second / 3600 % 24),
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
    static const char *const PROTOCOLS[] = {"TFTP", "HTTP", "TCP"};
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
        char at[MOMENT_BYTES];
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:s}", "at", print_moment(steps[i].at_us, at), "at_us",
                                        (json_int_t)steps[i].at_us, "text", print_step(&steps[i], text)));
    }
    return list;
}

static void print_timeline(const struct call *call, const struct story *story)
{
    struct step steps[STORY_STEPS_MOST];
    size_t count = collect_steps(story, steps);
    for (size_t i = 0; i < count; i++) {
        char text[FINDING_TEXT_BYTES];
        char at[MOMENT_BYTES];
        (void)fprintf(call->out.out, "  %s  ", print_moment(steps[i].at_us, at));
        screen_print_safe(call->out.out, print_step(&steps[i], text), false);
        (void)fputc('\n', call->out.out);
    }
}

// ---- findings ----

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
    char at[MOMENT_BYTES];
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct finding_evidence *row = &finding->evidence[i];
        json_array_append_new(evidence, json_pack("{s:s, s:s}", "at",
                                                  row->at_us == 0 ? "" : print_moment(row->at_us, at), "text",
                                                  row->text));
    }
    return json_pack("{s:s, s:s, s:i, s:b, s:s, s:s, s:s, s:s, s:o}", "reason",
                     reason_get(finding->reason)->name, "severity", reason_severity_text(finding->severity),
                     "sure", (int)finding->sure, "symptom", (int)finding->is_symptom, "at",
                     print_moment(finding->at_us, at), "sentence", finding->sentence, "cause",
                     cause_of(finding), "remedy", remedy_of(finding), "evidence", evidence);
}

static json_t *client_json(const struct story *story, const struct verdict *verdict)
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
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o, s:o}", "mac", mac, "address", address, "verdict",
                     verdict->sentence, "fine", (int)verdict->is_fine, "in_order", verdict->in_order,
                     "findings", findings, "timeline", timeline_json(story));
}

static void print_labelled(const struct call *call, const char *label, const char *text)
{
    if (text[0] != '\0') {
        (void)fprintf(call->out.out, "     %-8s ", label);
        screen_print_safe(call->out.out, text, false);
        (void)fputc('\n', call->out.out);
    }
}

static void print_finding(const struct call *call, const struct finding *finding, bool is_first)
{
    const char *sure = finding->sure >= FINDING_SURE - 5 ? "sure"
                       : finding->sure >= FINDING_LIKELY ? "likely"
                                                         : "possible";
    (void)fputs("  ", call->out.out);
    screen_paint(&call->out, finding->severity == REASON_ERROR ? SCREEN_BAD : SCREEN_WARN,
                 finding->is_symptom ? "consequence" : reason_severity_text(finding->severity));
    (void)fprintf(call->out.out, " %s (%s): ", reason_get(finding->reason)->name, sure);
    screen_print_safe(call->out.out, is_first ? reason_get(finding->reason)->sentence : finding->sentence,
                      false);
    (void)fputc('\n', call->out.out);
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        char text[MOMENT_BYTES + FINDING_EVIDENCE_BYTES];
        char at[MOMENT_BYTES] = "";
        const struct finding_evidence *row = &finding->evidence[i];
        (void)snprintf(text, sizeof text, "%s%s%s", row->at_us == 0 ? "" : print_moment(row->at_us, at),
                       row->at_us == 0 ? "" : "  ", row->text);
        print_labelled(call, "seen", text);
    }
    if (!finding->is_symptom) {
        print_labelled(call, "because", cause_of(finding));
        print_labelled(call, "to do", remedy_of(finding));
    }
}

static void print_client(const struct call *call, const struct story *story, const struct verdict *verdict)
{
    screen_paint(&call->out, verdict->is_fine ? SCREEN_GOOD : SCREEN_BOLD, verdict->sentence);
    (void)fputc('\n', call->out.out);
    if (!verdict->is_fine && verdict->in_order[0] != '\0') {
        (void)fputs("  in order: ", call->out.out);
        screen_print_safe(call->out.out, verdict->in_order, false);
        (void)fputc('\n', call->out.out);
    }
    for (uint32_t i = 0; i < verdict->count && i < SHOWN_MOST; i++) {
        print_finding(call, &verdict->findings[i], i == 0);
    }
    if (call_has(call, "timeline")) {
        print_timeline(call, story);
    }
}

// ---- all of it ----

static bool is_asked_for(const struct call *call, const struct story *story)
{
    const char *client = call_option(call, "client");
    struct ip address;
    struct hw mac;
    if (client == NULL) {
        return story->dhcp_count + story->transfer_count != 0 || story->logs[SIGHT_LOG_POOL_EMPTY] != 0 ||
               story->logs[SIGHT_LOG_NETWORK_UNKNOWN] != 0;
    }
    return (ip_parse(client, &address) == STATUS_OK && ip_equal(address, story->address)) ||
           (hw_parse(client, &mac) == STATUS_OK && hw_equal(&mac, &story->mac));
}

static int show(const struct call *call, const char *path, const struct doctor *doctor,
                const struct explain_source *source)
{
    json_t *clients = json_array();
    struct verdict *verdict = heap_new(sizeof *verdict);
    unsigned shown = 0;
    bool are_fine = true;
    for (uint32_t i = 0; i < doctor->count; i++) {
        const struct story *story = &doctor->stories[i];
        if (!is_asked_for(call, story)) {
            continue;
        }
        doctor_judge(doctor, story, doctor->last_us, verdict);
        are_fine = are_fine && verdict->is_fine;
        if (call->is_json) {
            json_array_append_new(clients, client_json(story, verdict));
        } else {
            if (shown != 0) {
                (void)fputc('\n', call->out.out);
            }
            print_client(call, story, verdict);
        }
        shown++;
    }
    heap_free(verdict);
    if (call->is_json) {
        json_t *answer =
            json_pack("{s:s, s:s, s:I, s:I, s:b, s:O}", "file", path, "kind", explain_kind_text(source->kind),
                      "read", (json_int_t)source->packets, "understood", (json_int_t)source->understood,
                      "cut", (int)source->was_cut, "clients", clients);
        ask_print_json(call, answer);
        json_decref(answer);
    } else if (shown == 0) {
        show_hint(call, "%llu %s read, none of a client that boots from the network%s",
                  (unsigned long long)source->packets, source->kind == EXPLAIN_PCAP ? "packets" : "lines",
                  call_option(call, "client") == NULL ? "" : " with this address");
    }
    json_decref(clients);
    return are_fine && shown != 0 ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}

int explain_file(struct call *call, const char *path)
{
    struct explain_source source;
    struct problem problem;
    struct doctor *doctor = heap_new(sizeof *doctor);
    // Pages of it that no client needs are never touched.
    struct story *stories = heap_new_array(CLIENTS_MOST, sizeof *stories);
    int result = CLI_EXIT_REFUSED;
    problem_clear(&problem);
    doctor_init(doctor, stories, CLIENTS_MOST);
    if (explain_read(path, doctor, &source, &problem) == STATUS_OK) {
        result = show(call, path, doctor, &source);
        if (problem_is_set(&problem)) { // it broke off
            show_hint(call, "%s", problem.text);
        }
        if (source.was_cut) {
            show_hint(call,
                      "packets were captured in part only; capture with tcpdump -s 0 to see all of them");
        }
        if (doctor->unseen != 0) {
            show_hint(call, "there are more than %d clients in it; --client ADDRESS shows one", CLIENTS_MOST);
        }
    } else {
        ask_complain(call, &problem);
    }
    heap_free(stories);
    heap_free(doctor);
    return result;
}
