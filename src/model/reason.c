// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/reason.h"

#include <string.h>

static const struct reason REASONS[REASON_COUNT] = {
#define REASON_ROW(name, severity, sentence, explanation, remedy)                                            \
    [REASON_##name] = {REASON_##name, #name, REASON_##severity, sentence, explanation, remedy},
#include "model/reason_table.h"
#undef REASON_ROW
};

const struct reason *reason_get(enum reason_id id)
{
    assert(id > REASON_NONE && id < REASON_COUNT);
    return &REASONS[id];
}

const struct reason *reason_find(const char *name)
{
    for (size_t id = REASON_NONE + 1; id < REASON_COUNT; id++) {
        if (strcmp(REASONS[id].name, name) == 0) {
            return &REASONS[id];
        }
    }
    return NULL;
}

const char *reason_severity_text(enum reason_severity severity)
{
    static const char *const TEXTS[] = {[REASON_INFO] = "info",
                                        [REASON_NOTICE] = "notice",
                                        [REASON_WARNING] = "warning",
                                        [REASON_ERROR] = "error"};
    assert(severity < COUNT_OF(TEXTS));
    return TEXTS[severity];
}

void reasons_add(struct reasons *reasons, enum reason_id id)
{
    assert(id > REASON_NONE && id < REASON_COUNT);
    if (reasons->count < REASONS_MOST && !reasons_has(reasons, id)) {
        reasons->ids[reasons->count++] = id;
    }
}

bool reasons_has(const struct reasons *reasons, enum reason_id id)
{
    for (size_t i = 0; i < reasons->count; i++) {
        if (reasons->ids[i] == id) {
            return true;
        }
    }
    return false;
}

enum reason_id reasons_worst(const struct reasons *reasons)
{
    enum reason_id worst = REASON_NONE;
    for (size_t i = 0; i < reasons->count; i++) {
        enum reason_id id = reasons->ids[i];
        if (worst == REASON_NONE || reason_get(id)->severity > reason_get(worst)->severity) {
            worst = id;
        }
    }
    return worst;
}
