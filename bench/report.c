// SPDX-License-Identifier: GPL-3.0-or-later
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_MS 1000000.0
#define NS_PER_S  1000000000.0

enum instant { INSTANT_LEASED, INSTANT_FINISHED };

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static uint64_t instant_of(const struct machine *machine, enum instant instant)
{
    if (instant == INSTANT_LEASED) {
        return machine->leased_ns;
    }
    return machine->state == MACHINE_DONE ? machine->finished_ns : 0;
}

// How long each machine took, from its own start, and when the last one was ready, from the start of all.
static void print_times(const char *name, const struct report *report, const struct machine_world *world,
                        enum instant instant, uint64_t *scratch)
{
    uint32_t count = 0;
    uint64_t last_ns = report->started_ns;
    for (uint32_t i = 0; i < world->count; i++) {
        const struct machine *machine = &world->machines[i];
        uint64_t at_ns = instant_of(machine, instant);
        if (at_ns < machine->started_ns || at_ns == 0) {
            continue;
        }
        scratch[count++] = at_ns - machine->started_ns;
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    if (count == 0) {
        return;
    }
    qsort(scratch, count, sizeof scratch[0], compare);
    printf("\"%s\": {\"count\": %" PRIu32
           ", \"p50\": %.3f, \"p99\": %.3f, \"worst\": %.3f, \"last\": %.3f}, ",
           name, count, (double)scratch[count / 2] / NS_PER_MS,
           (double)scratch[(uint64_t)count * 99 / 100] / NS_PER_MS, (double)scratch[count - 1] / NS_PER_MS,
           (double)(last_ns - report->started_ns) / NS_PER_MS);
}

static void print_string(const char *name, const char *string)
{
    printf("\"%s\": \"", name);
    for (const char *at = string; *at != '\0'; at++) {
        printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    printf("\", ");
}

enum status report_print(const struct report *report, const struct machine_world *world)
{
    uint64_t *scratch = calloc(world->count, sizeof *scratch);
    if (scratch == NULL) {
        return STATUS_FULL;
    }
    const struct machine_tally *tally = &world->tally;
    double seconds = (double)(report->ended_ns - report->started_ns) / NS_PER_S;
    printf("{\"mode\": \"%s\", \"machines\": %" PRIu32 ", \"seconds\": %.6f, \"done\": %" PRIu64
           ", \"failed\": %" PRIu32 ", ",
           report->mode, world->count, seconds, report->done, tally->failed);
    print_string("first_failure", tally->first_failure);
    print_times("lease_ms", report, world, INSTANT_LEASED, scratch);
    print_times("finish_ms", report, world, INSTANT_FINISHED, scratch);
    printf("\"per_second\": %.1f, \"mib_per_second\": %.3f, ", (double)report->done / seconds,
           (double)tally->bytes / seconds / (1024.0 * 1024.0));
    printf("\"dhcp_retransmissions\": %" PRIu64 ", \"tftp_retransmissions\": %" PRIu64 ", \"naks\": %" PRIu64
           ", \"duplicates\": %" PRIu64 ", ",
           tally->dhcp_retransmissions, tally->tftp_retransmissions, tally->naks, tally->duplicates);
    printf("\"file_bytes\": %zu, \"bytes\": %" PRIu64 ", \"dropped_by_us\": %" PRIu64 "}\n",
           world->contents->known, tally->bytes, report->link_dropped);
    free(scratch);
    return STATUS_OK;
}
