// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/dhcp.h"
#include "fuzz/fuzz.h"

// A lease that is taken can be used: addresses, a mask, times in rising order, a domain fit for a file. The
// question's number and card are taken from the answer, so that more of it is looked at.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int stage = DHCP_DISCOVER; stage <= DHCP_RENEW; stage++) {
        struct dhcp_ask ask = {.stage = (enum dhcp_stage)stage, .mac = {.type = 1, .length = 6}};
        struct dhcp_lease lease = {0};
        enum dhcp_answer answer = DHCP_ANSWER_NAK;
        if (size >= 34) {
            ask.xid = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 | (uint32_t)data[6] << 8 | data[7];
            ask.lease.address.value =
                (uint32_t)data[16] << 24 | (uint32_t)data[17] << 16 | (uint32_t)data[18] << 8 | data[19];
            memcpy(ask.mac.octets, data + 28, 6);
        }
        if (dhcp_decode(data, size, &ask, &answer, &lease) != STATUS_OK || answer == DHCP_ANSWER_NAK) {
            continue;
        }
        fuzz_must(lease.address.value != 0 && lease.server.value != 0);
        fuzz_must(lease.prefix >= 1 && lease.prefix <= 32);
        fuzz_must(lease.renew_s >= 10 && lease.renew_s < lease.rebind_s && lease.rebind_s < lease.lease_s);
        fuzz_must(strpbrk(lease.domain, " \n\t#;") == NULL);
    }
    return 0;
}
