// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_tftp.h"

#include "service/server_notes.h"

#include <unistd.h>

#define THREADS_USUAL_MOST 4

struct tftp_policy server_tftp_policy(const struct config_tftp *config)
{
    return (struct tftp_policy){
        .port_first = config->ports.first,
        .port_last = config->ports.last,
        .is_single_port = config->is_single_port,
        .transfers_most = config->transfers_most,
        .per_client_most = config->per_client_most,
        .requests_per_second = config->requests_per_second,
        .requests_per_client = config->requests_per_client,
        .rate_bytes = config->rate,
        .rate_client_bytes = config->rate_per_client,
        .group_first = config->multicast_groups.first,
        .group_last = config->multicast_groups.last,
    };
}

unsigned server_tftp_threads(const struct config_tftp *config)
{
    size_t ports = (size_t)(config->ports.last - config->ports.first) + 1;
    if (config->threads != 0 || config->ports.first == 0) {
        return config->threads;
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t half = processors < 2 ? 1 : (size_t)processors / 2;
    return (unsigned)size_min(size_min(half, THREADS_USUAL_MOST), ports);
}

// The machine at an address, or NULL.
static const struct machine *find_machine(const struct desk *desk, struct ip4 address)
{
    struct desk_address seen;
    return desk_find_address(desk, address, &seen) ? store_machine_find_mac(desk->store, &seen.mac) : NULL;
}

static void learn(struct server_tftp *tftp, struct ip4 client, uint16_t stuck_bytes)
{
    const struct machine *machine = find_machine(tftp->desk, client);
    struct machine changed = machine == NULL ? (struct machine){0} : *machine;
    uint16_t block_bytes;
    if (!tftp_past_learn(&tftp->past, machine == NULL ? NULL : &changed, client, stuck_bytes,
                         desk_now_s(tftp->desk), &block_bytes)) {
        return;
    }
    if (machine != NULL && store_machine_put(tftp->desk->store, &changed, NULL) != STATUS_OK) {
        return; // it was removed meanwhile
    }
    server_note_blocks(tftp->desk, client, stuck_bytes, block_bytes);
}

static enum tftp_option wire_option(enum config_tftp_option option)
{
    static const enum tftp_option OPTIONS[CONFIG_TFTP_OPTION_COUNT] = {
        [CONFIG_TFTP_BLKSIZE] = TFTP_OPTION_BLKSIZE,       [CONFIG_TFTP_TIMEOUT] = TFTP_OPTION_TIMEOUT,
        [CONFIG_TFTP_TSIZE] = TFTP_OPTION_TSIZE,           [CONFIG_TFTP_WINDOWSIZE] = TFTP_OPTION_WINDOWSIZE,
        [CONFIG_TFTP_MULTICAST] = TFTP_OPTION_MULTICAST,   [CONFIG_TFTP_ROLLOVER] = TFTP_OPTION_ROLLOVER,
        [CONFIG_TFTP_MSFTWINDOW] = TFTP_OPTION_MSFTWINDOW, [CONFIG_TFTP_BLKSIZE2] = TFTP_OPTION_BLKSIZE2,
        [CONFIG_TFTP_UTIMEOUT] = TFTP_OPTION_UTIMEOUT,
    };
    return OPTIONS[option];
}

void server_tftp_grant(void *context, const struct tftp_question *question, struct tftp_limits *limits)
{
    struct server_tftp *tftp = context;
    const struct config_tftp *config = &tftp->config->tftp;
    struct ip4 client = question->end.client;
    if (question->silent_block_bytes != 0) {
        learn(tftp, client, question->silent_block_bytes);
    }
    const struct machine *machine = find_machine(tftp->desk, client);
    uint16_t most = tftp_past_block_most(&tftp->past, machine, client, desk_now_s(tftp->desk));
    *limits = (struct tftp_limits){.block_most = (uint16_t)size_min(config->blksize_most, most),
                                   .window_most = config->windowsize_most,
                                   .rollover = tftp_past_rollover(machine, config->rollover),
                                   .may_multicast = config->has_multicast};
    for (unsigned i = 0; i < config->refused_count; i++) {
        limits->refused |= (uint16_t)(1u << wire_option(config->refused[i]));
    }
}

void server_tftp_tick(struct server_tftp *tftp)
{
    int64_t now_ms = tftp->desk->now_ms(tftp->desk->context);
    bool is_early =
        tftp->told_ms != 0 && now_ms >= tftp->told_ms && now_ms - tftp->told_ms < SERVER_TFTP_COMPLAINT_MS;
    if (tftp->dropped != 0 && !is_early) {
        server_note_dropped(tftp->desk, tftp->dropped, tftp->dropped_of);
        tftp->dropped = 0;
        tftp->told_ms = now_ms;
    }
}

void server_tftp_dropped(void *context, uint64_t count, struct ip4 client)
{
    struct server_tftp *tftp = context;
    tftp->dropped += count;
    tftp->dropped_of = client;
    server_tftp_tick(tftp);
}
