// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/tftp_past.h"

uint16_t tftp_past_plan_block(uint16_t stuck_bytes)
{
    static const uint16_t LADDER[] = {1468, 1400, 1024};
    for (size_t i = 0; i < COUNT_OF(LADDER); i++) {
        if (stuck_bytes > LADDER[i]) {
            return LADDER[i];
        }
    }
    return TFTP_PAST_LEAST_BYTES;
}

// Addresses come in rows, so their low bits are as good as a hash; those that meet push each other out.
static size_t past_slot(struct ip address)
{
    // Addresses side by side, of either family, never share one.
    const uint8_t *last = address.value.octets + sizeof address.value.octets - 2;
    return ((size_t)last[0] << 8 | last[1]) % TFTP_PAST_ADDRESSES_MOST;
}

static bool past_is_known(const struct tftp_past_address *known, struct ip address, int64_t now_s)
{
    int64_t age_s = now_s - known->learned_s;
    return known->block_bytes != 0 && ip_equal(known->address, address) && age_s >= 0 &&
           age_s < TFTP_PAST_ADDRESS_S;
}

uint16_t tftp_past_block_most(const struct tftp_past *past, const struct machine *machine, struct ip address,
                              int64_t now_s)
{
    uint16_t most = UINT16_MAX;
    if (machine == NULL) {
        const struct tftp_past_address *known = &past->addresses[past_slot(address)];
        return past_is_known(known, address, now_s) ? known->block_bytes : most;
    }
    if (machine->tftp_blksize != 0) {
        most = machine->tftp_blksize;
    }
    if (machine->tftp_blksize_learned != 0 && machine->tftp_blksize_learned < most) {
        most = machine->tftp_blksize_learned;
    }
    return most;
}

uint16_t tftp_past_rollover(const struct machine *machine, uint16_t wanted)
{
    if (machine == NULL || machine->tftp_rollover == MACHINE_ROLLOVER_AUTO) {
        return wanted;
    }
    return machine->tftp_rollover == MACHINE_ROLLOVER_1 ? 1 : 0;
}

bool tftp_past_learn(struct tftp_past *past, struct machine *machine, struct ip address, uint16_t stuck_bytes,
                     int64_t now_s, uint16_t *block_bytes)
{
    uint16_t next = tftp_past_plan_block(stuck_bytes);
    if (stuck_bytes <= TFTP_PAST_LEAST_BYTES || next >= tftp_past_block_most(past, machine, address, now_s)) {
        return false; // nothing smaller is left, or it is known already
    }
    *block_bytes = next;
    if (machine != NULL) {
        machine->tftp_blksize_learned = next;
    } else {
        past->addresses[past_slot(address)] = (struct tftp_past_address){address, next, now_s};
    }
    return true;
}
