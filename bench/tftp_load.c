// SPDX-License-Identifier: GPL-3.0-or-later
// bench-tftp: many TFTP clients in one process, for the benchmarks and the tests of the daemon. It measures
// and checks (every byte); it judges nothing. Linux, root (large buffers), IPv4. It wants a network namespace
// that calls all its clients' addresses local:
//   ip route add local 10.78.0.0/15 dev lo
#include "base/text.h"
#include "tftp_load_flood.h"
#include "tftp_load_report.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S         1000000ull
#define TICK_US          5000
#define TRANSFERS_MOST   130000u // a /15 of addresses
#define HEADER_BYTES     4u
#define MOST_BLOCK_BYTES 65464u

enum mode { MODE_READ, MODE_IDLE, MODE_COUNT };

static const char *const MODES[MODE_COUNT] = {"read", "idle"};

static const char HELP[] =
    "usage: bench-tftp read|idle --server ADDRESS --first-address ADDRESS --file NAME --expect FILE "
    "[OPTION...]\n"
    "\n"
    "  read   clients read the file all at once, wave after wave, each transfer from an address of its own\n"
    "  idle   clients get their options, acknowledge them and fall silent; prints a line, holds, prints "
    "another\n"
    "\n"
    "  --clients N         at once (64)\n"
    "  --waves N           no more than so many waves (1)\n"
    "  --for-ms N          begin no wave after so many milliseconds (no limit)\n"
    "  --block N           blksize to ask for, 0: do not ask (1456)\n"
    "  --window N          windowsize to ask for (1: do not ask)\n"
    "  --no-tsize          do not ask for the size\n"
    "  --timer-ms N        a client repeats itself after so long (4000)\n"
    "  --ack-all           an ACK for each block behind a gap, as EDK2; otherwise one for each gap\n"
    "  --loss N            permille of packets to lose, each way (0); --seed N chooses which\n"
    "  --delay-us N        round trip to add (0)\n"
    "  --spin              never sleep: steadier, and for delays exact\n"
    "  --shared            one socket for all clients: leaner, the server shows more\n"
    "  --gro               let the kernel hand over many datagrams at once\n"
    "  --flood N           meanwhile so many read requests from one address and changing ports ...\n"
    "  --flood-rate N      ... so many per second (as fast as possible); waves go on until all are sent\n"
    "  --hold-ms N         idle: how long (1000)\n"
    "  --most-seconds N    stop then, unfinished transfers count as failed (60)\n"
    "\n"
    "Prints one line of JSON. Exit status 0 when no transfer failed, 1 when one did, 2 when it could not "
    "begin.\n";

struct load {
    enum mode mode;
    const char *expected_path;
    struct load_link_options link;
    uint64_t clients, waves, for_ms, flood_total, flood_rate, hold_ms, most_seconds;
    bool spins;
    bool was_idle; // the last turn
    uint64_t limit_us, tick_us;
    uint64_t idle_us; // of turns that found nothing to do
    struct load_flood *flood;
    struct load_world world;
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / 1000;
}

// ---- running ----

static void take(void *context, const struct load_packet *packet)
{
    load_client_take(context, packet);
}

static void wake_clients(struct load *load, uint32_t first, uint32_t count)
{
    struct load_world *world = &load->world;
    if (world->now_us < load->tick_us + TICK_US) {
        return;
    }
    load->tick_us = world->now_us;
    for (uint32_t i = first; i < first + count; i++) {
        if (world->clients[i].deadline_us <= world->now_us) {
            load_client_wake(world, i);
        }
    }
}

static void turn(struct load *load, uint32_t first, uint32_t count)
{
    struct load_world *world = &load->world;
    uint64_t begun_us = world->now_us;
    world->now_us = clock_us();
    load->idle_us += load->was_idle ? world->now_us - begun_us : 0;
    unsigned seen = load_link_receive(world->link, take, world);
    load->was_idle = seen == 0;
    wake_clients(load, first, count);
    load_link_flush(world->link, world->now_us);
    if (load->flood != NULL) {
        load_flood_step(load->flood, world->now_us);
    } else if (seen == 0 && !load->spins) {
        load_link_wait(world->link, world->now_us, TICK_US);
    }
}

static bool is_flooding(const struct load *load)
{
    return load->flood != NULL && load_flood_sent(load->flood) < load->flood_total;
}

static uint32_t ended(const struct load_world *world)
{
    return world->tally.done + world->tally.held + world->tally.failed;
}

static void fail_unfinished(struct load_world *world, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        if (world->clients[i].state == LOAD_CLIENT_OPENING ||
            world->clients[i].state == LOAD_CLIENT_READING) {
            load_client_fail(world, i, "the time was over");
        }
    }
}

static void run_wave(struct load *load, uint32_t first)
{
    struct load_world *world = &load->world;
    uint32_t count = (uint32_t)load->clients;
    uint32_t wanted = ended(world) + count;
    world->now_us = clock_us();
    for (uint32_t i = first; i < first + count; i++) {
        load_client_start(world, i);
    }
    while (ended(world) < wanted && world->now_us < load->limit_us) {
        turn(load, first, count);
    }
    load_link_flush(world->link, UINT64_MAX); // the last ACKs
    fail_unfinished(world, first, count);
    for (uint32_t i = first; i < first + count && load->mode == MODE_READ; i++) {
        load_link_end(world->link, i);
    }
}

static void run_waves(struct load *load, struct load_report *report)
{
    struct load_world *world = &load->world;
    uint64_t begun_us = clock_us();
    uint64_t last_us = load->for_ms == 0 ? UINT64_MAX : begun_us + load->for_ms * 1000;
    do {
        run_wave(load, report->started);
        report->started += (uint32_t)load->clients;
        report->waves++;
    } while ((is_flooding(load) || (report->waves < load->waves && world->now_us < last_us)) &&
             report->started + load->clients <= world->count && world->now_us < load->limit_us);
    report->measured_us = clock_us() - begun_us;
    report->idle_us = load->idle_us;
}

// The line tells whoever measures the server that everybody is there. They come in portions that fit into
// anybody's buffer.
static enum status run_idle(struct load *load, struct load_report *report)
{
    run_wave(load, 0);
    report->started = (uint32_t)load->clients;
    enum status status = load_report_print(report, &load->world);
    uint64_t until_us = clock_us() + load->hold_ms * 1000;
    while (load->world.now_us < until_us) {
        turn(load, 0, 0);
    }
    return status;
}

// ---- beginning ----

static enum status map_expected(struct load *load, struct problem *problem)
{
    struct load_plan *plan = &load->world.plan;
    int fd = open(load->expected_path, O_RDONLY | O_CLOEXEC);
    struct stat seen;
    if (fd < 0 || fstat(fd, &seen) != 0) {
        problem_set(problem, "%s cannot be read: %s", load->expected_path, strerror(errno));
        return STATUS_IO;
    }
    plan->expected_bytes = (uint64_t)seen.st_size;
    if (seen.st_size != 0) {
        plan->expected = mmap(NULL, plan->expected_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    }
    close(fd);
    if (plan->expected == MAP_FAILED) {
        problem_set(problem, "%s cannot be mapped: %s", load->expected_path, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status open_flood(struct load *load, struct problem *problem)
{
    uint8_t request[LOAD_LINK_SEND_BYTES];
    size_t bytes = load_client_encode_request(&load->world.plan, request);
    if (bytes == 0) {
        problem_set(problem, "the name %s is too long", load->world.plan.file);
        return STATUS_TOO_LONG;
    }
    if (load->flood_total == 0) {
        return STATUS_OK;
    }
    struct load_flood_options options = {.from.value = load->link.first_address.value - 1, // nobody else's
                                         .server = load->link.server,
                                         .request = request,
                                         .request_bytes = bytes,
                                         .total = load->flood_total,
                                         .per_second = load->flood_rate};
    load->flood = load_flood_open(&options, problem);
    return load->flood == NULL ? STATUS_IO : STATUS_OK;
}

static bool open_world(struct load *load, struct problem *problem)
{
    struct load_world *world = &load->world;
    bool is_open_end = load->for_ms != 0 || load->flood_total != 0;
    uint64_t waves = is_open_end ? TRANSFERS_MOST / load->clients : load->waves;
    world->count = (uint32_t)size_min(waves * load->clients, TRANSFERS_MOST / load->clients * load->clients);
    world->clients = calloc(world->count, sizeof world->clients[0]);
    if (world->clients == NULL) {
        problem_set(problem, "there is not enough memory for %u clients", world->count);
        return false;
    }
    for (uint32_t i = 0; i < world->count; i++) {
        world->clients[i].deadline_us = UINT64_MAX;
    }
    load->link.clients = world->count;
    load->link.receive_bytes = (uint32_t)size_max(world->plan.block_bytes, 512) + HEADER_BYTES;
    if (map_expected(load, problem) != STATUS_OK || open_flood(load, problem) != STATUS_OK) {
        return false;
    }
    world->link = load_link_open(&load->link, problem);
    return world->link != NULL;
}

static bool run(struct load *load, struct load_report *report, struct problem *problem)
{
    if (!open_world(load, problem)) {
        return false;
    }
    load->limit_us = clock_us() + load->most_seconds * US_PER_S;
    if (load->mode == MODE_IDLE) {
        return run_idle(load, report) == STATUS_OK && load_report_print(report, &load->world) == STATUS_OK;
    }
    run_waves(load, report);
    report->flood_sent = load->flood == NULL ? 0 : load_flood_sent(load->flood);
    return load_report_print(report, &load->world) == STATUS_OK;
}

static void close_load(struct load *load)
{
    load_link_close(load->world.link);
    load_flood_close(load->flood);
    free(load->world.clients);
}

// ---- command line ----

enum option_code {
    OPTION_SERVER = 1,
    OPTION_FIRST,
    OPTION_FILE,
    OPTION_EXPECT,
    OPTION_ACK_ALL,
    OPTION_SPIN,
    OPTION_GRO,
    OPTION_SHARED,
    OPTION_NO_TSIZE,
    OPTION_NUMBER // and above: numbers
};

static bool parse_word_option(struct load *load, int code, const char *value)
{
    switch (code) {
    case OPTION_SERVER:
        return ip4_parse(value, &load->link.server) == STATUS_OK;
    case OPTION_FIRST:
        return ip4_parse(value, &load->link.first_address) == STATUS_OK;
    case OPTION_FILE:
        load->world.plan.file = value;
        return true;
    case OPTION_EXPECT:
        load->expected_path = value;
        return true;
    case OPTION_ACK_ALL:
        load->world.plan.acks_all = true;
        return true;
    case OPTION_SPIN:
        load->spins = true;
        return true;
    case OPTION_NO_TSIZE:
        load->world.plan.has_no_tsize = true;
        return true;
    case OPTION_SHARED:
        load->link.is_shared = true;
        return true;
    case OPTION_GRO:
        load->link.has_gro = true;
        return true;
    default:
        return false;
    }
}

struct number {
    const char *name;
    uint64_t *value;
    uint64_t most;
};

#define NUMBERS 13
#define WORDS   9
#define OPTION_ROW(text, has, number)                                                                        \
    (struct option)                                                                                          \
    {                                                                                                        \
        .name = text, .has_arg = has, .val = number                                                          \
    }

static bool parse_rows(struct load *load, const struct number numbers[NUMBERS], int count, char **words)
{
    struct option options[WORDS + NUMBERS + 1] = {
        OPTION_ROW("server", required_argument, OPTION_SERVER),
        OPTION_ROW("first-address", required_argument, OPTION_FIRST),
        OPTION_ROW("file", required_argument, OPTION_FILE),
        OPTION_ROW("expect", required_argument, OPTION_EXPECT),
        OPTION_ROW("ack-all", no_argument, OPTION_ACK_ALL),
        OPTION_ROW("spin", no_argument, OPTION_SPIN),
        OPTION_ROW("gro", no_argument, OPTION_GRO),
        OPTION_ROW("shared", no_argument, OPTION_SHARED),
        OPTION_ROW("no-tsize", no_argument, OPTION_NO_TSIZE)};
    for (int i = 0; i < NUMBERS; i++) {
        options[WORDS + i] = OPTION_ROW(numbers[i].name, required_argument, OPTION_NUMBER + i);
    }
    int code;
    while ((code = getopt_long(count, words, "", options, NULL)) != -1) {
        int row = code - OPTION_NUMBER;
        bool is_good = code >= OPTION_NUMBER && row < NUMBERS
                           ? text_parse_u64(optarg, numbers[row].most, numbers[row].value) == STATUS_OK
                           : parse_word_option(load, code, optarg);
        if (!is_good) {
            return false;
        }
    }
    return optind == count;
}

static bool parse_options(struct load *load, int count, char **words)
{
    struct load_plan *plan = &load->world.plan;
    uint64_t block = 1456;
    uint64_t window = 1;
    uint64_t timer_ms = 4000;
    uint64_t loss = 0;
    const struct number numbers[NUMBERS] = {{"clients", &load->clients, TRANSFERS_MOST},
                                            {"waves", &load->waves, TRANSFERS_MOST},
                                            {"for-ms", &load->for_ms, 3600000},
                                            {"block", &block, MOST_BLOCK_BYTES},
                                            {"window", &window, 65535},
                                            {"timer-ms", &timer_ms, 3600000},
                                            {"loss", &loss, 999},
                                            {"seed", &load->link.seed, UINT32_MAX},
                                            {"delay-us", &load->link.delay_us, 10000000},
                                            {"flood", &load->flood_total, 1000000000},
                                            {"flood-rate", &load->flood_rate, 1000000000},
                                            {"hold-ms", &load->hold_ms, 3600000},
                                            {"most-seconds", &load->most_seconds, 3600}};
    if (!parse_rows(load, numbers, count, words)) {
        return false;
    }
    plan->block_bytes = (uint32_t)block;
    plan->window_blocks = (uint32_t)window;
    plan->timer_us = timer_ms * 1000;
    plan->holds = load->mode == MODE_IDLE;
    load->link.loss_permille = (uint32_t)loss;
    return load->clients != 0 && load->waves != 0 && plan->timer_us != 0 && plan->file != NULL &&
           load->expected_path != NULL && load->link.server.value != 0 && load->link.first_address.value != 0;
}

int main(int count, char **words)
{
    struct load load = {.clients = 64, .waves = 1, .hold_ms = 1000, .most_seconds = 60};
    size_t mode = count < 2 ? MODE_COUNT : text_find(words[1], MODES, MODE_COUNT);
    load.mode = (enum mode)mode;
    if (mode == MODE_COUNT || !parse_options(&load, count - 1, words + 1)) {
        fputs(HELP, stderr);
        return 2;
    }
    if (load.for_ms != 0 && load.waves == 1) {
        load.waves = TRANSFERS_MOST;
    }
    struct problem problem;
    problem_clear(&problem);
    struct load_report report = {.mode = MODES[mode], .clients = (uint32_t)load.clients};
    bool has_run = run(&load, &report, &problem);
    if (!has_run) {
        char text[PROBLEM_TEXT_BYTES];
        fprintf(stderr, "bench-tftp: %s\n", problem_print(&problem, text, sizeof text));
    }
    int code = !has_run ? 2 : load.world.tally.failed != 0;
    close_load(&load);
    return code;
}
