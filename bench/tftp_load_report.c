// SPDX-License-Identifier: GPL-3.0-or-later
#include "tftp_load_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define US_PER_MS 1000.0
#define US_PER_S  1000000.0
#define MIB       (1024.0 * 1024.0)

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void print_times(const struct load_report *report, const struct load_world *world, uint64_t *scratch)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < report->started; i++) {
        const struct load_client *client = &world->clients[i];
        if (client->state == LOAD_CLIENT_DONE) {
            scratch[count++] = client->finished_us - client->started_us;
        }
    }
    if (count == 0) {
        return;
    }
    qsort(scratch, count, sizeof scratch[0], compare);
    printf("\"transfer_ms\": {\"count\": %" PRIu32 ", \"p50\": %.3f, \"p99\": %.3f, \"worst\": %.3f}, ",
           count, (double)scratch[count / 2] / US_PER_MS,
           (double)scratch[(uint64_t)count * 99 / 100] / US_PER_MS, (double)scratch[count - 1] / US_PER_MS);
}

static void print_string(const char *name, const char *string)
{
    printf("\"%s\": \"", name);
    for (const char *at = string; *at != '\0'; at++) {
        printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    printf("\", ");
}

enum status load_report_print(const struct load_report *report, const struct load_world *world)
{
    uint64_t *scratch = calloc(report->started + 1, sizeof *scratch);
    if (scratch == NULL) {
        return STATUS_FULL;
    }
    const struct load_tally *tally = &world->tally;
    double seconds = (double)report->measured_us / US_PER_S;
    printf("{\"mode\": \"%s\", \"clients\": %" PRIu32 ", \"waves\": %" PRIu64 ", \"transfers\": %" PRIu32
           ", \"done\": %" PRIu32 ", \"held\": %" PRIu32 ", \"failed\": %" PRIu32 ", ",
           report->mode, report->clients, report->waves, report->started, tally->done, tally->held,
           tally->failed);
    print_string("first_failure", tally->first_failure);
    print_times(report, world, scratch);
    printf("\"seconds\": %.6f, \"bytes\": %" PRIu64 ", \"mib_per_second\": %.3f, ", seconds, tally->bytes,
           seconds > 0 ? (double)tally->bytes / MIB / seconds : 0.0);
    printf("\"blocks\": %" PRIu64 ", \"retransmissions\": %" PRIu64 ", \"duplicates\": %" PRIu64
           ", \"strays\": %" PRIu64 ", ",
           tally->blocks, tally->retransmissions, tally->duplicates, tally->strays);
    printf("\"idle_share\": %.3f, ", seconds > 0 ? (double)report->idle_us / US_PER_S / seconds : 0.0);
    printf("\"lost_on_purpose\": %" PRIu64 ", \"flood_sent\": %" PRIu64 ", \"dropped_by_us\": %" PRIu64 "}\n",
           load_link_lost(world->link), report->flood_sent, load_link_dropped(world->link));
    free(scratch);
    return fflush(stdout) == 0 ? STATUS_OK : STATUS_IO;
}
