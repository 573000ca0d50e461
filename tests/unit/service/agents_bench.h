// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the agents share: two approved machines with an order each, a folder for logs, and an
// agent made of words.
#pragma once

#include "desk_bench.h"
#include "service/agents.h"

#define BENCH_HASH   "$6$salt$SECRETrootHASH"
#define BENCH_KEY    "ssh-ed25519 AAAASECRETkey a@b"
#define BENCH_SCRIPT "echo SECRETscript on {{hostname}}\n"
#define BENCH_NONCE  "00112233445566778899aabbccddeeff"

struct agents_bench {
    struct desk_bench desk;
    struct config config;
    struct generated generated;
    struct agents *agents;
    uint64_t order_ids[3]; // of machine 1 and 2, which hold the addresses .101 and .102
    bool is_disk_full;     // the store cannot be made durable
    char state[64];
    // of the last answer
    unsigned http_status;
    char *body;
    struct talk_verdict verdict;
    struct talk_task task;
};

/// Opens all; the orders are armed.
void agents_bench_open(struct agents_bench *bench);

/// Frees all.
void agents_bench_close(struct agents_bench *bench);

/// The server is restarted: what was in memory is gone.
void agents_bench_restart(struct agents_bench *bench);

/// Machine `number` boots: its configuration is fetched.
void agents_bench_boot(struct agents_bench *bench, unsigned number);

/// Posts `body` from 192.0.2.`last`; the HTTP status. `bench->body` and `verdict` hold the answer.
unsigned agents_bench_post(struct agents_bench *bench, unsigned last, const char *path, const char *token,
                           const char *body);

/// Says hello for the order of machine `number` with the MAC of `mac` from .`last`; the HTTP status. The
/// token goes to `token` when it is 200.
unsigned agents_bench_hello(struct agents_bench *bench, unsigned last, unsigned mac, unsigned number,
                            const char *nonce, char token[TALK_TOKEN_BYTES]);

/// Boots machine `number`, says hello and tells an inventory of `disk_count` disks "DISKn" of 8 GB, blank or
/// with an ext4 on them.
void agents_bench_arrive(struct agents_bench *bench, unsigned number, unsigned disk_count, bool is_blank,
                         char token[TALK_TOKEN_BYTES]);

/// Tells such an inventory; the HTTP status.
unsigned agents_bench_inventory(struct agents_bench *bench, unsigned number, const char *token,
                                unsigned disk_count, bool is_blank);

/// Asks for a task; what is to be done, and TALK_DO_COUNT when there was no answer of 200.
enum talk_do agents_bench_task(struct agents_bench *bench, unsigned number, const char *token);

/// Whether a line of the task's screen holds `words`.
bool agents_bench_screen_has(const struct agents_bench *bench, const char *words);

/// Reports; whether the agent may go on.
bool agents_bench_report(struct agents_bench *bench, unsigned number, const char *token, const char *stage,
                         const char *reason, const char *text);

/// The order of machine `number`.
const struct order *agents_bench_order(const struct agents_bench *bench, unsigned number);

/// Whether any event of the timeline holds `words`.
bool agents_bench_was_told(const struct agents_bench *bench, const char *words);

/// The log of an order; free it. NULL = there is none.
char *agents_bench_log(const struct agents_bench *bench, uint64_t order_id);
