// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/doctor.h"
#include "fuzz/fuzz.h"
#include "wire/redact.h"

#define STORIES     8
#define PACKET_MOST 512

static struct story stories[STORIES];

// The first byte says the kind of link; then packets, each behind a byte with half its length.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct doctor doctor;
    static struct verdict verdict;
    int64_t at_us = 0;
    if (size == 0 || size > 65536) {
        return 0;
    }
    enum dissect_link link = (enum dissect_link)(data[0] % (DISSECT_LOOPBACK + 1));
    doctor_init(&doctor, stories, STORIES);
    for (size_t at = 1; at < size;) {
        size_t bytes = (size_t)data[at] * 2;
        bytes = bytes < size - at - 1 ? bytes : size - at - 1;
        uint8_t *packet = malloc(bytes == 0 ? 1 : bytes); // of its own, so that a byte too far is seen
        fuzz_must(packet != NULL);
        if (bytes != 0) {
            memcpy(packet, data + at + 1, bytes);
        }
        struct dissect parts;
        struct sight sight;
        if (dissect_packet(link, packet, bytes, &parts) == STATUS_OK) {
            fuzz_must(parts.payload_bytes <= bytes && parts.payload_bytes <= parts.payload_whole);
            sight_from_packet(&parts, at_us, &sight);
            doctor_see(&doctor, &sight);
        }
        fuzz_must(redact_packet(link, packet, bytes) <= bytes);
        free(packet);
        at_us += 700000;
        at += bytes + 1;
    }
    for (uint32_t i = 0; i < doctor.count; i++) {
        doctor_judge(&doctor, &doctor.stories[i], at_us, &verdict);
        fuzz_must(verdict.sentence[0] != '\0' && verdict.count <= DOCTOR_FINDINGS);
    }
    return 0;
}
