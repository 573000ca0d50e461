// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/fuzz.h"
#include "talk/talk.h"

// What is accepted is told in other words that are accepted too and mean the same; what is not names its
// fault.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct talk_hello message;
    static struct talk_hello again;
    struct problem problem = {0};
    if (talk_hello_decode((const char *)data, size, &message, &problem) == STATUS_OK) {
        char *said = talk_hello_encode(&message);
        fuzz_must(said != NULL);
        fuzz_must(talk_hello_decode(said, strlen(said), &again, &problem) == STATUS_OK);
        char *said_again = talk_hello_encode(&again);
        fuzz_must(said_again != NULL && strcmp(said, said_again) == 0);
        free(said);
        free(said_again);
    } else {
        fuzz_must(problem_is_set(&problem));
    }
    return 0;
}
