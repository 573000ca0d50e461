// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/transfer.h"

const char *transfer_outcome_text(enum transfer_outcome outcome)
{
    static const char *const TEXTS[TRANSFER_OUTCOME_COUNT] = {
        [TRANSFER_DONE] = "done",       [TRANSFER_PROBED] = "probed",       [TRANSFER_ABORTED] = "aborted",
        [TRANSFER_TIMEOUT] = "timeout", [TRANSFER_NOT_FOUND] = "not found", [TRANSFER_REFUSED] = "refused",
        [TRANSFER_FAILED] = "failed",
    };
    assert(outcome < TRANSFER_OUTCOME_COUNT);
    return TEXTS[outcome];
}

void transfer_stats_add(struct transfer_stats *stats, const struct transfer_end *end)
{
    stats->started++;
    stats->sent_bytes += end->sent;
    switch (end->outcome) {
    case TRANSFER_DONE:
        stats->done++;
        return;
    case TRANSFER_PROBED:
        stats->probed++;
        return;
    case TRANSFER_NOT_FOUND:
        stats->not_found++;
        return;
    case TRANSFER_REFUSED:
        stats->refused++;
        return;
    case TRANSFER_ABORTED:
    case TRANSFER_TIMEOUT:
    case TRANSFER_FAILED:
    case TRANSFER_OUTCOME_COUNT:
        stats->failed++;
        return;
    }
}
