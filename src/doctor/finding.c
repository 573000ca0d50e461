// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/finding.h"

#include <stdarg.h>
#include <stdio.h>

void finding_begin(struct finding *finding, enum reason_id reason, const struct story *story, uint8_t sure,
                   int64_t at_us)
{
    char name[STORY_PRINT_BYTES];
    *finding = (struct finding){
        .reason = reason, .severity = reason_get(reason)->severity, .sure = sure, .at_us = at_us};
    (void)snprintf(finding->sentence, sizeof finding->sentence, "%s ", story_print_name(story, name));
}

void finding_say(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(finding->sentence);
    va_start(arguments, format);
    (void)vsnprintf(finding->sentence + length, sizeof finding->sentence - length, format, arguments);
    va_end(arguments);
}

void finding_explain(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->cause, sizeof finding->cause, format, arguments);
    va_end(arguments);
}

void finding_advise(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->remedy, sizeof finding->remedy, format, arguments);
    va_end(arguments);
}

void finding_show(struct finding *finding, int64_t at_us, const char *format, ...)
{
    va_list arguments;
    if (finding->evidence_count == FINDING_EVIDENCE_MOST) {
        return;
    }
    struct finding_evidence *evidence = &finding->evidence[finding->evidence_count++];
    evidence->at_us = at_us;
    va_start(arguments, format);
    (void)vsnprintf(evidence->text, sizeof evidence->text, format, arguments);
    va_end(arguments);
}

const char *finding_print_bytes(uint64_t bytes, char out[32])
{
    char plain[24];
    int length = snprintf(plain, sizeof plain, "%llu", (unsigned long long)bytes);
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}
