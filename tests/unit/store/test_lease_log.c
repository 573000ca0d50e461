// SPDX-License-Identifier: GPL-3.0-or-later
// The log of leases: what was written comes back, in order; what is torn, stale or damaged does not.
#include "store/lease_log.h"

#include "unit/store/facts.h"
#include "unit/store/place.h"
#include "unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define HEARD_MOST 64

struct heard {
    struct lease leases[HEARD_MOST];
    bool is_removed[HEARD_MOST];
    bool is_old[HEARD_MOST];
    unsigned count;
    uint64_t all;
};

static void hear_put(void *context, const struct lease *lease, bool is_old)
{
    struct heard *heard = context;
    if (heard->count < HEARD_MOST) {
        heard->leases[heard->count] = *lease;
        heard->is_old[heard->count++] = is_old;
    }
    heard->all++;
}

static void hear_remove(void *context, struct ip4 address, bool is_old)
{
    struct heard *heard = context;
    heard->is_removed[heard->count] = true;
    hear_put(context, &(struct lease){.address = address}, is_old);
}

static struct lease_log *open_log(const struct place *place, struct heard *heard)
{
    struct problem problem = {0};
    *heard = (struct heard){0};
    struct lease_log_reader reader = {.put = hear_put, .remove = hear_remove, .context = heard};
    struct lease_log *log = lease_log_open(place->path, &reader, &problem);
    if (log == NULL) {
        fail_msg("%s; %s", problem.text, problem.remedy);
    }
    return log;
}

static void put(struct lease_log *log, uint32_t number)
{
    struct lease lease = facts_lease(number);
    lease_log_put(log, &lease);
    assert_int_equal(lease_log_write(log, NULL), STATUS_OK);
}

static void write_octet(const struct place *place, unsigned file, off_t offset, uint8_t octet)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s-leases-%u", place->path, file);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &octet, 1, offset), 1);
    assert_int_equal(close(fd), 0);
}

static void what_was_written_comes_back_in_its_order(void **state)
{
    struct heard heard;
    struct lease_log *log = open_log(*state, &heard);
    assert_int_equal(heard.count, 0);
    struct lease first = facts_lease(1);
    struct lease longest = facts_lease(2);
    memset(longest.hostname, 'x', sizeof longest.hostname - 1);
    longest.state = LEASE_DECLINED;
    longest.ends_s = INT64_MAX;
    lease_log_put(log, &first);
    lease_log_put(log, &longest);
    assert_int_equal(lease_log_write(log, NULL), STATUS_OK);
    lease_log_remove(log, first.address);
    assert_int_equal(lease_log_write(log, NULL), STATUS_OK);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.count, 3);
    assert_memory_equal(&heard.leases[0], &first, sizeof first);
    assert_memory_equal(&heard.leases[1], &longest, sizeof longest);
    assert_true(heard.is_removed[2]);
    assert_int_equal(heard.leases[2].address.value, first.address.value);
    put(log, 3); // goes behind them
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.count, 4);
    lease_log_close(log);
}

static void what_was_not_written_is_not_there(void **state)
{
    struct heard heard;
    struct lease lease = facts_lease(1);
    struct lease_log *log = open_log(*state, &heard);
    lease_log_put(log, &lease);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.count, 0);
    lease_log_close(log);
}

static void a_torn_record_is_left_out_and_written_over(void **state)
{
    struct heard heard;
    struct lease_log *log = open_log(*state, &heard);
    put(log, 1);
    put(log, 2);
    lease_log_close(log);
    write_octet(*state, 1, 2 * LEASE_LOG_RECORD_BYTES + 60, 0xee); // in the second one's host name
    log = open_log(*state, &heard);
    assert_int_equal(heard.count, 1);
    put(log, 3);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.leases[1].address.value, facts_lease(3).address.value);
    lease_log_close(log);
}

static void a_damaged_head_is_refused(void **state)
{
    const struct place *place = *state;
    struct heard heard;
    struct problem problem = {0};
    struct lease_log_reader reader = {.put = hear_put, .remove = hear_remove, .context = &heard};
    struct lease_log *log = open_log(place, &heard);
    put(log, 1);
    lease_log_close(log);
    write_octet(place, 1, 39, 0xee); // of the generation
    assert_null(lease_log_open(place->path, &reader, &problem));
    assert_non_null(strstr(problem.text, "damaged"));
    assert_int_not_equal(problem.remedy[0], '\0');
}

static void fill(struct lease_log *log)
{
    while (!lease_log_may_turn(log)) {
        for (uint32_t i = 0; i < 1000; i++) {
            struct lease lease = facts_lease(i);
            lease_log_put(log, &lease);
        }
        assert_int_equal(lease_log_write(log, NULL), STATUS_OK);
    }
}

static void the_files_change_places_and_nothing_stale_comes_back(void **state)
{
    struct heard heard;
    struct lease_log *log = open_log(*state, &heard);
    fill(log);
    assert_int_equal(lease_log_turn(log, NULL), STATUS_OK);
    assert_false(lease_log_may_turn(log)); // the other one is not free
    put(log, 7);
    lease_log_close(log);
    log = open_log(*state, &heard);
    uint64_t whole = heard.all;
    assert_true(whole > LEASE_LOG_TURN_BYTES / LEASE_LOG_RECORD_BYTES);
    assert_true(heard.is_old[0]);
    lease_log_free_old(log);
    fill(log);
    assert_int_equal(lease_log_turn(log, NULL), STATUS_OK); // the first file again, full of old records
    put(log, 8);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_true(heard.all <= whole + 1000); // the second file's, and one of the first
    assert_int_equal(lease_log_clear(log, NULL), STATUS_OK);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.all, 0);
    put(log, 9);
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.all, 1);
    assert_int_equal(heard.leases[0].address.value, facts_lease(9).address.value);
    lease_log_close(log);
}

static void a_full_disk_is_told_and_what_was_there_stays(void **state)
{
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    const struct rlimit little = {.rlim_cur = 3u << 20, .rlim_max = RLIM_INFINITY};
    struct heard heard;
    struct problem problem = {0};
    struct lease_log *log = open_log(*state, &heard);
    enum status status = STATUS_OK;
    uint32_t durable = 0;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    while (status == STATUS_OK) {
        struct lease lease = facts_lease(durable + 1);
        for (unsigned i = 0; i < 1000; i++) {
            lease_log_put(log, &lease);
        }
        status = lease_log_write(log, &problem);
        durable += status == STATUS_OK;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(status, STATUS_IO);
    assert_true(durable > 20);
    assert_int_not_equal(problem.remedy[0], '\0');
    put(log, 12345); // there is room again
    lease_log_close(log);
    log = open_log(*state, &heard);
    assert_int_equal(heard.all, durable * 1000 + 1);
    lease_log_close(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_comes_back_in_its_order, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_was_not_written_is_not_there, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_torn_record_is_left_out_and_written_over, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_damaged_head_is_refused, make_place, remove_place),
        cmocka_unit_test_setup_teardown(the_files_change_places_and_nothing_stale_comes_back, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_what_was_there_stays, make_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
