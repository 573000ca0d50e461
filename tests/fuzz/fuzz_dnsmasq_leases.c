// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dnsmasq_leases.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned line = 0;
    size_t records = 0;
    char *input = fuzz_string(data, size);
    struct dnsmasq_leases leases = dnsmasq_leases_init(input, size);
    struct lease_record record;
    while (dnsmasq_leases_next(&leases, &record)) {
        fuzz_must(record.line >= line && record.line <= size + 1 && ++records <= size + 1);
        line = record.line;
        if (record.complaint != NULL) {
            fuzz_must(record.complaint[0] != '\0');
            continue;
        }
        fuzz_must(record.state == LEASE_RECORD_IP6 || record.address.value != 0);
        fuzz_must(record.hw.length <= HW_BYTES && record.client_id_bytes <= LEASE_RECORD_CLIENT_BYTES);
        fuzz_must(memchr(record.hostname, '\0', sizeof record.hostname) != NULL);
        fuzz_must(record.starts_s >= 0 && record.ends_s >= 0);
        fuzz_must(record.ends_s <= LEASE_RECORD_TIME_MOST || record.ends_s == INT64_MAX);
    }
    fuzz_must(!dnsmasq_leases_next(&leases, &record)); // the end is the end
    free(input);
    return 0;
}
