// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/radv.h"

#define FIRST_COUNT 3   // MAX_INITIAL_RTR_ADVERTISEMENTS
#define DELAY_MS    500 // MAX_RA_DELAY_TIME

void radv_init(struct radv *radv, int64_t now_ms)
{
    *radv = (struct radv){.last_ms = INT64_MIN, .next_ms = now_ms};
}

void radv_hear(struct radv *radv, int64_t now_ms, uint32_t random)
{
    int64_t at_ms = now_ms + random % (DELAY_MS + 1);
    if (radv->last_ms != INT64_MIN && at_ms < radv->last_ms + RADV_APART_MS) {
        at_ms = radv->last_ms + RADV_APART_MS;
    }
    radv->next_ms = at_ms < radv->next_ms ? at_ms : radv->next_ms;
}

bool radv_step(struct radv *radv, int64_t now_ms, uint32_t random)
{
    if (now_ms < radv->next_ms) {
        return false;
    }
    radv->last_ms = now_ms;
    radv->count += radv->count < FIRST_COUNT;
    radv->next_ms = now_ms + RADV_FIRST_MS;
    if (radv->count >= FIRST_COUNT) { // routers that start together drift apart
        radv->next_ms = now_ms + RADV_INTERVAL_MS - random % (RADV_INTERVAL_MS / 4);
    }
    return true;
}

static void network_put(struct writer *writer, const struct network6 *network, bool is_last)
{
    bool is_autonomous =
        network->advertise == NETWORK6_ADVERTISE_OTHER || network->advertise == NETWORK6_ADVERTISE_SLAAC;
    uint32_t preferred_s = network->preferred_s;
    if (preferred_s == 0 || preferred_s > network->valid_s) {
        preferred_s = network->valid_s;
    }
    struct icmp6_prefix prefix = {.prefix = network->prefix,
                                  .bits = network->prefix_bits,
                                  .is_on_link = true,
                                  .is_autonomous = is_autonomous && network->prefix_bits == 64,
                                  .valid_s = network->valid_s,
                                  .preferred_s = is_last ? 0 : preferred_s};
    icmp6_put_prefix(writer, &prefix);
    if (network->dns_count != 0) {
        icmp6_put_dns(writer, network->dns, network->dns_count, is_last ? 0 : network->valid_s);
    }
    if (network->domain[0] != '\0') {
        enum status status = icmp6_put_domain(writer, network->domain, is_last ? 0 : network->valid_s);
        (void)status; // what is no domain is left out; network6_check refuses it
    }
}

size_t radv_encode(const struct network6 *const *networks, size_t count, const struct hw *hw, bool is_last,
                   uint8_t out[ICMP6_ADVERTISEMENT_BYTES])
{
    struct writer writer = writer_init(out, ICMP6_ADVERTISEMENT_BYTES);
    bool is_managed = false;
    bool has_other = false;
    bool is_router = false;
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        is_managed = is_managed || networks[i]->advertise == NETWORK6_ADVERTISE_MANAGED;
        has_other = has_other || networks[i]->advertise == NETWORK6_ADVERTISE_OTHER;
        has_any = has_any || networks[i]->advertise != NETWORK6_ADVERTISE_NO;
        is_router = is_router || (networks[i]->advertise != NETWORK6_ADVERTISE_NO && networks[i]->is_router);
    }
    if (!has_any) {
        return 0;
    }
    // O goes with M: iPXE and systems look at one or the other.
    icmp6_put_advertisement(&writer, is_managed, is_managed || has_other,
                            is_router && !is_last ? RADV_ROUTER_S : 0);
    icmp6_put_source(&writer, hw);
    for (size_t i = 0; i < count; i++) {
        struct writer before = writer;
        if (networks[i]->advertise != NETWORK6_ADVERTISE_NO) {
            network_put(&writer, networks[i], is_last);
        }
        if (writer.failed) { // more than fits a packet: the first ones are told
            writer = before;
        }
    }
    return writer_length(&writer);
}
