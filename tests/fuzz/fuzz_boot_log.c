// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/doctor.h"
#include "doctor/read_text.h"
#include "fuzz/fuzz.h"

#define STORIES 8

static struct story stories[STORIES];

static void see(void *context, const struct sight *sight)
{
    fuzz_must(memchr(sight->tftp.name, '\0', sizeof sight->tftp.name) != NULL);
    fuzz_must(memchr(sight->dhcp.file, '\0', sizeof sight->dhcp.file) != NULL);
    doctor_see(context, sight);
}

// The text of a log, or of tcpdump.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct doctor doctor;
    static struct verdict verdict;
    static struct read_text reader;
    if (size > 65536) {
        return 0;
    }
    char *text = malloc(size == 0 ? 1 : size); // without a NUL behind it
    fuzz_must(text != NULL);
    if (size != 0) {
        memcpy(text, data, size);
    }
    doctor_init(&doctor, stories, STORIES);
    read_text_init(&reader);
    (void)read_text_guess(text, size);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        read_text_line(&reader, text + at, length, see, &doctor);
        at += length + 1;
    }
    read_text_end(&reader, see, &doctor);
    for (uint32_t i = 0; i < doctor.count; i++) {
        doctor_judge(&doctor, &doctor.stories[i], doctor.last_us, &verdict);
        fuzz_must(verdict.sentence[0] != '\0' && verdict.count <= DOCTOR_FINDINGS);
    }
    free(text);
    return 0;
}
