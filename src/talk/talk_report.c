// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent reports, and the verdict on it.
#include "talk/talk.h"

#include "talk/talk_field.h"

#include <string.h>

#define REPORT(member)  offsetof(struct talk_report, member)
#define VERDICT(member) offsetof(struct talk_verdict, member)

#define RETRY_S_MOST (24u * 3600)

static const struct talk_field report_fields[] = {
    {"stage", TALK_KIND_WORD, true, REPORT(stage), TALK_STAGE_BYTES, NULL},
    {"done_bytes", TALK_KIND_U64, false, REPORT(done_bytes), TALK_NUMBER_MOST, NULL},
    {"all_bytes", TALK_KIND_U64, false, REPORT(all_bytes), TALK_NUMBER_MOST, NULL},
    {"reason", TALK_KIND_LINE, false, REPORT(reason), sizeof((struct talk_report *)0)->reason, NULL},
    {"text", TALK_KIND_LINE, false, REPORT(text), TALK_TEXT_BYTES, NULL},
};

static const struct talk_field verdict_fields[] = {
    {"may_go", TALK_KIND_BOOL, true, VERDICT(may_go), 0, NULL},
    {"text", TALK_KIND_LINE, false, VERDICT(text), TALK_TEXT_BYTES, NULL},
    {"remedy", TALK_KIND_LINE, false, VERDICT(remedy), TALK_TEXT_BYTES, NULL},
    {"retry_s", TALK_KIND_U32, false, VERDICT(retry_s), RETRY_S_MOST, NULL},
};

char *talk_report_encode(const struct talk_report *report)
{
    json_t *object = json_object();
    return talk_object_print(object,
                             talk_fields_encode(object, report_fields, COUNT_OF(report_fields), report));
}

enum status talk_report_decode(const char *json, size_t bytes, struct talk_report *report,
                               struct problem *problem)
{
    struct talk_report decoded = {0};
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status == STATUS_OK) {
        status = talk_fields_decode(object, "", report_fields, COUNT_OF(report_fields), &decoded, problem);
    }
    if (status == STATUS_OK) {
        *report = decoded;
    }
    talk_object_free(object);
    return status;
}

char *talk_verdict_encode(const struct talk_verdict *verdict)
{
    json_t *object = json_object();
    return talk_object_print(object,
                             talk_fields_encode(object, verdict_fields, COUNT_OF(verdict_fields), verdict));
}

enum status talk_verdict_decode(const char *json, size_t bytes, struct talk_verdict *verdict,
                                struct problem *problem)
{
    struct talk_verdict decoded = {0};
    json_t *object = NULL;
    enum status status = talk_object_parse(json, bytes, &object, problem);
    if (status == STATUS_OK) {
        status = talk_fields_decode(object, "", verdict_fields, COUNT_OF(verdict_fields), &decoded, problem);
    }
    if (status == STATUS_OK) {
        *verdict = decoded;
    }
    talk_object_free(object);
    return status;
}

const char *talk_stage_words(const char *stage)
{
    static const struct {
        const char *stage;
        const char *words;
    } told[] = {{"begin", "beginning"},
                {"write", "writing"},
                {"personal", "making it its own"},
                {"loader", "installing the boot loader"},
                {"prompt", "waiting for a key at the machine"},
                {"declined", "nobody pressed the key"},
                {"trouble", "in trouble"}};
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        if (strcmp(told[i].stage, stage) == 0) {
            return told[i].words;
        }
    }
    return stage;
}
