// SPDX-License-Identifier: GPL-3.0-or-later
// bench-storm: a load of simulated machines on one interface, for the benchmarks and the tests of the daemon.
// It measures and checks (one address each, every byte of the file); it judges nothing. Linux, root, IPv4.
#include "base/text.h"
#include "report.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S         1000000000ull
#define NS_PER_MS        1000000ull
#define TICK_MS          10
#define BATCHES_MOST     16 // before what they caused is sent
#define MACHINES_MOST    60000u
#define BLOCK_BYTES      1456 // as PXE firmware asks for
#define MOST_BLOCK_BYTES 1468 // without fragments

enum mode { MODE_STORM, MODE_DORA, MODE_RENEW, MODE_PROXY, MODE_COUNT };

static const char *const MODES[MODE_COUNT] = {"storm", "dora", "renew", "proxy"};

static const char HELP[] =
    "usage: bench-storm storm|dora|renew|proxy --interface NAME [OPTION...]\n"
    "\n"
    "  storm  every machine at the same instant: DISCOVER to ACK as BIOS PXE firmware, then the boot file\n"
    "  dora   DISCOVER to ACK, --at-once of them in flight\n"
    "  renew  the same, then --rounds renewals by every machine; only these are measured\n"
    "  proxy  DISCOVER as PXE firmware to the OFFER of a ProxyDHCP server, which has no address in it\n"
    "\n"
    "  --machines N        how many (1000)\n"
    "  --at-once N         how many of them in flight (storm: all; else 64)\n"
    "  --rounds N          how often all of them do it (1)\n"
    "  --spread-ms N       they start within so many milliseconds, evenly (0), while --at-once lets them\n"
    "  --jitter            DHCP timers of 4, 8, 16, 32 s differ by up to a second (RFC 2131); firmware's do "
    "not\n"
    "  --block N           TFTP block size asked for, 0: do not ask (1456)\n"
    "  --window N          TFTP window size asked for (1: do not ask)\n"
    "  --probe-size        ask for the size of the file first, as firmware does\n"
    "  --expect FILE       what the file must hold (without: all must get the same)\n"
    "  --most-seconds N    stop then, unfinished machines count as failed (60)\n"
    "\n"
    "Prints one line of JSON. Exit status 0 when no machine failed, 1 when one did, 2 when it could not "
    "begin.\n";

struct storm {
    enum mode mode;
    const char *interface;
    const char *expected_path;
    uint64_t at_once, rounds, spread_ms, most_seconds, count;
    uint32_t next; // machine to start
    uint64_t limit_ns;
    struct machine_world world;
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void receive(void *context, const uint8_t *bytes, size_t count)
{
    machine_receive(context, bytes, count);
}

// Starts machines while fewer than allowed are in flight and their instant has come.
static void start_machines(struct storm *storm, uint64_t started_ns)
{
    struct machine_world *world = &storm->world;
    while (storm->next < world->count) {
        uint64_t finished = (uint64_t)world->tally.done + world->tally.failed;
        uint64_t at_ns = started_ns + storm->spread_ms * NS_PER_MS * storm->next / world->count;
        if (storm->next - finished >= storm->at_once || at_ns > world->now_ns) {
            return;
        }
        machine_start(world, &world->machines[storm->next]);
        storm->next++;
    }
}

static void wake_machines(struct machine_world *world)
{
    for (uint32_t i = 0; i < world->count; i++) {
        if (world->machines[i].deadline_ns <= world->now_ns) {
            machine_wake(world, &world->machines[i]);
        }
    }
}

// One round: every machine does its task. False when the time is over.
static bool run_round(struct storm *storm, enum machine_task task)
{
    struct machine_world *world = &storm->world;
    world->tally.done = 0;
    world->tally.failed = 0;
    storm->next = 0;
    for (uint32_t i = 0; i < world->count; i++) {
        world->machines[i].task = task;
        world->machines[i].deadline_ns = UINT64_MAX;
    }
    uint64_t started_ns = world->now_ns = clock_ns();
    uint64_t tick_ns = started_ns;
    while (world->tally.done + world->tally.failed < world->count && world->now_ns < storm->limit_ns) {
        start_machines(storm, started_ns);
        link_flush(world->link);
        (void)link_wait(world->link, storm->spread_ms == 0 ? TICK_MS : 1);
        world->now_ns = clock_ns();
        for (unsigned i = 0; i < BATCHES_MOST && link_receive(world->link, receive, world) != 0; i++) {
            world->now_ns = clock_ns();
        }
        if (world->now_ns >= tick_ns + TICK_MS * NS_PER_MS) {
            wake_machines(world);
            tick_ns = world->now_ns;
        }
    }
    link_flush(world->link);
    return world->tally.done + world->tally.failed == world->count;
}

static void fail_unfinished(struct machine_world *world)
{
    uint32_t unfinished = world->count - world->tally.done - world->tally.failed;
    if (unfinished != 0 && world->tally.failed == 0) {
        struct text text;
        text_init(&text, world->tally.first_failure, sizeof world->tally.first_failure);
        text_add_format(&text, "the time was over before %u machines were done", unfinished);
    }
    world->tally.failed += unfinished;
}

static void run(struct storm *storm, struct report *report)
{
    static const enum machine_task TASKS[MODE_COUNT] = {MACHINE_TASK_BOOT, MACHINE_TASK_LEASE,
                                                        MACHINE_TASK_RENEW, MACHINE_TASK_PROXY};
    struct machine_world *world = &storm->world;
    storm->limit_ns = clock_ns() + storm->most_seconds * NS_PER_S;
    bool goes_on = storm->mode != MODE_RENEW || run_round(storm, MACHINE_TASK_LEASE);
    report->started_ns = clock_ns();
    for (uint64_t i = 0; i < storm->rounds && goes_on && world->tally.failed == 0; i++) {
        goes_on = run_round(storm, TASKS[storm->mode]);
        report->done += world->tally.done;
    }
    report->ended_ns = clock_ns();
    report->link_dropped = link_dropped(world->link);
    fail_unfinished(world);
}

// ---- command line ----

enum option_code {
    OPTION_INTERFACE = 1,
    OPTION_EXPECT,
    OPTION_PROBE,
    OPTION_JITTER,
    OPTION_NUMBER // and above: numbers
};

static bool parse_text_option(struct storm *storm, int code, const char *value)
{
    switch (code) {
    case OPTION_INTERFACE:
        storm->interface = value;
        return true;
    case OPTION_EXPECT:
        storm->expected_path = value;
        return true;
    case OPTION_PROBE:
        storm->world.probes_size = true;
        return true;
    case OPTION_JITTER:
        storm->world.has_jitter = true;
        return true;
    default:
        return false;
    }
}

static bool parse_options(struct storm *storm, int count, char **words)
{
    uint64_t block_bytes = BLOCK_BYTES;
    uint64_t window_blocks = 1;
    struct {
        uint64_t *value;
        uint64_t most;
    } numbers[] = {{&storm->count, MACHINES_MOST}, {&storm->at_once, MACHINES_MOST}, {&storm->rounds, 100000},
                   {&storm->spread_ms, 3600000},   {&block_bytes, MOST_BLOCK_BYTES}, {&window_blocks, 65535},
                   {&storm->most_seconds, 3600}};
    static const struct option OPTIONS[] = {{"interface", required_argument, NULL, OPTION_INTERFACE},
                                            {"expect", required_argument, NULL, OPTION_EXPECT},
                                            {"probe-size", no_argument, NULL, OPTION_PROBE},
                                            {"jitter", no_argument, NULL, OPTION_JITTER},
                                            {"machines", required_argument, NULL, OPTION_NUMBER},
                                            {"at-once", required_argument, NULL, OPTION_NUMBER + 1},
                                            {"rounds", required_argument, NULL, OPTION_NUMBER + 2},
                                            {"spread-ms", required_argument, NULL, OPTION_NUMBER + 3},
                                            {"block", required_argument, NULL, OPTION_NUMBER + 4},
                                            {"window", required_argument, NULL, OPTION_NUMBER + 5},
                                            {"most-seconds", required_argument, NULL, OPTION_NUMBER + 6},
                                            {NULL, 0, NULL, 0}};
    int code;
    while ((code = getopt_long(count, words, "", OPTIONS, NULL)) != -1) {
        size_t number = (size_t)code - OPTION_NUMBER;
        bool is_good = code >= OPTION_NUMBER && number < COUNT_OF(numbers)
                           ? text_parse_u64(optarg, numbers[number].most, numbers[number].value) == STATUS_OK
                           : parse_text_option(storm, code, optarg);
        if (!is_good) {
            return false;
        }
    }
    storm->world.asked_block_bytes = (uint32_t)block_bytes;
    storm->world.asked_window_blocks = (uint32_t)window_blocks;
    return storm->interface != NULL && storm->count != 0;
}

static bool parse_command(struct storm *storm, int count, char **words)
{
    size_t mode = count < 2 ? MODE_COUNT : text_find(words[1], MODES, MODE_COUNT);
    if (mode == MODE_COUNT) {
        return false;
    }
    storm->mode = (enum mode)mode;
    storm->at_once = storm->mode == MODE_STORM ? MACHINES_MOST : 64;
    return parse_options(storm, count - 1, words + 1);
}

static bool open_world(struct storm *storm, struct problem *problem)
{
    struct machine_world *world = &storm->world;
    world->count = (uint32_t)storm->count;
    world->machines = calloc(world->count, sizeof world->machines[0]);
    world->owners = calloc(MACHINE_OWNERS, sizeof world->owners[0]);
    if (world->machines == NULL || world->owners == NULL) {
        problem_set(problem, "there is not enough memory for %u machines", world->count);
        return false;
    }
    for (uint32_t i = 0; i < world->count; i++) {
        world->machines[i].index = i;
    }
    if (storm->expected_path != NULL &&
        contents_open(world->contents, storm->expected_path, problem) != STATUS_OK) {
        return false;
    }
    world->link = link_open(storm->interface, problem);
    return world->link != NULL;
}

static void close_world(struct machine_world *world)
{
    link_close(world->link);
    contents_clear(world->contents);
    free(world->machines);
    free(world->owners);
}

int main(int count, char **words)
{
    struct contents contents;
    contents_init(&contents);
    struct storm storm = {.count = 1000, .rounds = 1, .most_seconds = 60, .world.contents = &contents};
    if (!parse_command(&storm, count, words)) {
        fputs(HELP, stderr);
        return 2;
    }
    struct problem problem;
    problem_clear(&problem);
    struct report report = {.mode = MODES[storm.mode]};
    bool has_run = open_world(&storm, &problem);
    if (has_run) {
        run(&storm, &report);
        has_run = report_print(&report, &storm.world) == STATUS_OK;
    }
    if (!has_run) {
        char text[PROBLEM_TEXT_BYTES];
        fprintf(stderr, "bench-storm: %s\n", problem_print(&problem, text, sizeof text));
    }
    int code = !has_run ? 2 : storm.world.tally.failed != 0;
    close_world(&storm.world);
    return code;
}
