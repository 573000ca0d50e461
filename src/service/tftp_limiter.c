// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_limiter.h"

#include "io/heap.h"

#define SECOND_US     1000000
#define BURST_US      1000000 // requests: what was not asked in the last second may be asked at once
#define SEND_BURST_US 50000   // bytes: a bucket of a twentieth of a second, so that the rate is smooth
#define WALK_MOST     64      // records with flows looked at to find one without

void tftp_limiter_init(struct tftp_limiter *limiter)
{
    *limiter = (struct tftp_limiter){0};
    tftp_table_init(&limiter->records);
}

void tftp_limiter_clear(struct tftp_limiter *limiter)
{
    struct tftp_client_record *record = limiter->newest;
    while (record != NULL) {
        struct tftp_client_record *older = record->older;
        heap_free(record);
        record = older;
    }
    tftp_table_clear(&limiter->records);
    *limiter = (struct tftp_limiter){0};
}

static uint64_t key_of(struct ip address)
{
    return ip_is_ip6(address) ? tftp_key_ip6(address, 0) : ip_get_ip4(address).value;
}

static void unlink_record(struct tftp_limiter *limiter, struct tftp_client_record *record)
{
    *(record->newer == NULL ? &limiter->newest : &record->newer->older) = record->older;
    *(record->older == NULL ? &limiter->oldest : &record->older->newer) = record->newer;
}

static void link_newest(struct tftp_limiter *limiter, struct tftp_client_record *record)
{
    record->newer = NULL;
    record->older = limiter->newest;
    *(limiter->newest == NULL ? &limiter->oldest : &limiter->newest->newer) = record;
    limiter->newest = record;
}

// Makes room by forgetting the client that was heard of longest ago and has nothing under way.
static bool forget_one(struct tftp_limiter *limiter)
{
    struct tftp_client_record *record = limiter->oldest;
    for (unsigned i = 0; i < WALK_MOST && record != NULL; i++, record = record->newer) {
        if (record->live == 0 && record->asked == 0) {
            unlink_record(limiter, record);
            (void)tftp_table_remove(&limiter->records, key_of(record->address));
            heap_free(record);
            return true;
        }
    }
    return false;
}

struct tftp_client_record *tftp_limiter_get(struct tftp_limiter *limiter, struct ip address)
{
    struct tftp_client_record *record = tftp_table_find(&limiter->records, key_of(address));
    if (record != NULL) {
        unlink_record(limiter, record);
        link_newest(limiter, record);
        return record;
    }
    if (limiter->records.count >= TFTP_LIMITER_RECORDS_MOST && !forget_one(limiter)) {
        return &limiter->overflow;
    }
    record = heap_new(sizeof *record);
    record->address = address;
    tftp_table_put(&limiter->records, key_of(address), record);
    link_newest(limiter, record);
    return record;
}

// A bucket that is full at `*full_us` and holds what flows in during `burst_us`: whether `cost_us` worth of
// it is there. A bucket that is quite full lets even more than it holds through.
static bool has_left(int64_t full_us, int64_t cost_us, int64_t burst_us, int64_t now_us)
{
    return full_us <= now_us || full_us - now_us + cost_us <= burst_us;
}

static void take(int64_t *full_us, int64_t cost_us, int64_t now_us)
{
    *full_us = (*full_us > now_us ? *full_us : now_us) + cost_us;
}

static int64_t cost_of(uint64_t amount, uint64_t per_second)
{
    return per_second == 0 ? 0 : (int64_t)(amount * SECOND_US / per_second);
}

bool tftp_limiter_may_ask(struct tftp_limiter *limiter, struct tftp_client_record *record,
                          const struct tftp_policy *policy, int64_t now_us)
{
    int64_t own_us = cost_of(1, policy->requests_per_client);
    int64_t all_us = cost_of(1, policy->requests_per_second);
    if (!has_left(record->request_us, own_us, BURST_US, now_us) ||
        !has_left(limiter->request_us, all_us, BURST_US, now_us)) {
        return false;
    }
    take(&record->request_us, own_us, now_us);
    take(&limiter->request_us, all_us, now_us);
    return true;
}

bool tftp_limiter_may_send(struct tftp_limiter *limiter, struct tftp_client_record *record,
                           const struct tftp_policy *policy, size_t bytes, int64_t now_us)
{
    if (policy->rate_bytes == 0 && policy->rate_client_bytes == 0) {
        return true;
    }
    int64_t own_us = cost_of(bytes, policy->rate_client_bytes);
    int64_t all_us = cost_of(bytes, policy->rate_bytes);
    if (!has_left(record->bytes_us, own_us, SEND_BURST_US, now_us) ||
        !has_left(limiter->bytes_us, all_us, SEND_BURST_US, now_us)) {
        return false;
    }
    take(&record->bytes_us, own_us, now_us);
    take(&limiter->bytes_us, all_us, now_us);
    return true;
}
