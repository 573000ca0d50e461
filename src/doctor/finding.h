// SPDX-License-Identifier: GPL-3.0-or-later
// What a rule found in a story: the sentence, what shows it, what to do, and how sure that is.
#pragma once

#include "base/text.h"
#include "doctor/story.h"
#include "model/reason.h"

#define FINDING_TEXT_BYTES     384
#define FINDING_EVIDENCE_MOST  4
#define FINDING_EVIDENCE_BYTES 160

enum finding_sure { FINDING_POSSIBLE = 40, FINDING_LIKELY = 70, FINDING_SURE = 95 }; // per cent

struct finding_evidence {
    int64_t at_us; // 0 = at no one moment
    char text[FINDING_EVIDENCE_BYTES];
};

struct finding {
    enum reason_id reason;
    enum reason_severity severity;
    uint8_t sure;
    bool is_told;    // the server said it when it happened
    bool is_symptom; // a consequence of something else
    int64_t at_us;   // when it went wrong
    char sentence[FINDING_TEXT_BYTES];
    char cause[FINDING_TEXT_BYTES];  // why; "" = as the reason explains
    char remedy[FINDING_TEXT_BYTES]; // "" = as the reason says
    struct finding_evidence evidence[FINDING_EVIDENCE_MOST];
    uint8_t evidence_count;
};

/// Starts `finding` of `reason`, with its row's severity; the sentence begins with the client's name.
void finding_begin(struct finding *finding, enum reason_id reason, const struct story *story, uint8_t sure,
                   int64_t at_us);

/// Adds to the sentence; the cause and the remedy are set whole.
void finding_say(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_explain(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_advise(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);

/// Adds what shows it; what is more than FINDING_EVIDENCE_MOST is dropped.
void finding_show(struct finding *finding, int64_t at_us, const char *format, ...) PRINTF_LIKE(3, 4);

/// Prints 22454 as "22,454" into `out` and returns it.
const char *finding_print_bytes(uint64_t bytes, char out[32]);
