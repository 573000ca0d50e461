// SPDX-License-Identifier: GPL-3.0-or-later
// Killed at any point of its work (100, or as many as the program is told), a store has every lease that it
// said was durable: while it writes its log of leases, while it takes that over into the database, while the
// files of the log change places.
#include "store/lease_log.h"
#include "unit/store/facts.h"
#include "unit/store/place.h"
#include "unit/test.h"

#include <signal.h>
#include <sys/wait.h>

#define ROUNDS      100
#define MORE_MOST   100    // rounds on a slow disk, until the files have changed places
#define MORE_US     500000 // each
#define CLIENTS     1000   // who renew again and again
#define BATCH       64
#define ABSORB_MOST 256

struct promise { // every lease up to this one, counted over all rounds, is durable
    uint64_t count;
};

/// The `count`th lease ever given: the clients in turn, each time a second later.
static struct lease nth_lease(uint64_t count)
{
    struct lease lease = facts_lease((uint32_t)(count % CLIENTS) + 1);
    lease.starts_s = (int64_t)(count / CLIENTS);
    lease.ends_s = lease.starts_s + 3600;
    return lease;
}

static _Noreturn void promise(const struct place *place, uint64_t from, int said_fd)
{
    struct store *store = store_open(place->path, NULL);
    if (store == NULL) {
        _exit(1);
    }
    for (uint64_t count = from;;) {
        for (unsigned i = 0; i < BATCH; i++) {
            struct lease lease = nth_lease(count++);
            store_lease_put(store, &lease);
        }
        struct promise promise = {count};
        if (store_commit(store, NULL) != STATUS_OK ||
            write(said_fd, &promise, sizeof promise) != sizeof promise ||
            store_absorb(store, ABSORB_MOST, NULL) != STATUS_OK) {
            _exit(1);
        }
    }
}

/// What a child that began with the `from`th lease had promised when it was killed.
static uint64_t kill_in_the_middle(const struct place *place, uint64_t from, unsigned delay_us)
{
    int pipe_fds[2];
    struct promise promised = {from};
    struct promise next;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(pipe_fds[0]);
        promise(place, from, pipe_fds[1]);
    }
    (void)close(pipe_fds[1]);
    if (read(pipe_fds[0], &next, sizeof next) == sizeof next) { // it is at work
        promised = next;
        (void)usleep(delay_us);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(pipe_fds[0], &next, sizeof next) == sizeof next) {
        promised = next;
    }
    (void)close(pipe_fds[0]);
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_true(promised.count > from);
    return promised.count;
}

/// Whether the lease given as the `count`th is there, or the client's next one, which was durable but killed
/// before it could say so.
static bool is_kept(const struct store *store, uint64_t count, uint64_t promised)
{
    struct lease expected = nth_lease(count);
    struct lease next = nth_lease(count + CLIENTS);
    const struct lease *found = store_lease_find(store, expected.address);
    if (found == NULL || memcmp(found, &expected, sizeof expected) == 0) {
        return found != NULL;
    }
    return count + CLIENTS < promised + BATCH && memcmp(found, &next, sizeof next) == 0;
}

/// Every promise is kept. Looked at by a child that never closes the store, so that the log goes on growing.
static void check(const struct place *place, uint64_t promised)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *store = store_open(place->path, NULL);
        bool is_good = store != NULL;
        for (uint64_t count = promised > CLIENTS ? promised - CLIENTS : 0; is_good && count < promised;
             count++) {
            is_good = is_kept(store, count, promised);
        }
        _exit(is_good ? 0 : 1);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static unsigned rounds = ROUNDS;

static void no_promise_is_broken_by_a_kill(void **state)
{
    uint64_t promised = 0;
    uint32_t chance = 12345;
    // The files of the log must change places twice, or this test did not see what it is there for.
    uint64_t least = 2 * LEASE_LOG_TURN_BYTES / LEASE_LOG_RECORD_BYTES;
    for (unsigned round = 0; round < rounds || (promised <= least && round < rounds + MORE_MOST); round++) {
        chance = chance * 1664525u + 1013904223u;
        unsigned delay_us = round < rounds ? (chance >> 16) % 20000 : MORE_US;
        promised = kill_in_the_middle(*state, promised, delay_us);
        if (round % 10 == 0 ||
            (round < rounds && round + 10 > rounds)) { // else the next child opens what this one left
            check(*state, promised);
        }
    }
    check(*state, promised);
    assert_true(promised > least);
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_promise_is_broken_by_a_kill, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
