// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain_file.h"

#include "cli/ask.h"
#include "cli/explain_read.h"
#include "cli/explain_scenario.h"
#include "cli/explain_show.h"
#include "cli/show.h"
#include "io/heap.h"
#include "service/verdict_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS_MOST 2048

static bool is_asked_for(const struct call *call, const struct story *story)
{
    const char *client = call_option(call, "client");
    struct ip address;
    struct hw mac;
    if (client == NULL) {
        return story->dhcp_count + story->dhcp6.asked + story->transfer_count != 0 ||
               story->logs[SIGHT_LOG_POOL_EMPTY] != 0 || story->logs[SIGHT_LOG_NETWORK_UNKNOWN] != 0;
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
        json_t *client = verdict_json_client(story, verdict);
        if (call->is_json) {
            json_array_append(clients, client);
        } else {
            if (shown != 0) {
                (void)fputc('\n', call->out.out);
            }
            explain_show_client(call, client, false);
        }
        json_decref(client);
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

static int show_scenario(const struct call *call, const struct doctor *doctor)
{
    const struct story **stories = heap_new_array(doctor->count + 1, sizeof *stories);
    size_t count = 0;
    for (uint32_t i = 0; i < doctor->count; i++) {
        if (is_asked_for(call, &doctor->stories[i])) {
            stories[count++] = &doctor->stories[i];
        }
    }
    explain_scenario_print(stories, count, call->out.out);
    heap_free(stories);
    return count != 0 ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
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
        bool is_scenario = call_has(call, "as-scenario");
        result = is_scenario ? show_scenario(call, doctor) : show(call, path, doctor, &source);
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
