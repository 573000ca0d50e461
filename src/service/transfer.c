// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/transfer.h"

#include <string.h>

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

void transfer_add_reason(struct transfer_end *end)
{
    static const enum reason_id REASONS[TRANSFER_OUTCOME_COUNT] = {
        [TRANSFER_DONE] = REASON_TRANSFER_DONE,
        [TRANSFER_PROBED] = REASON_TRANSFER_PROBED,
        [TRANSFER_ABORTED] = REASON_TRANSFER_ABORTED,
        [TRANSFER_TIMEOUT] = REASON_TRANSFER_TIMEOUT,
    };
    if (REASONS[end->outcome] != REASON_NONE) {
        reasons_add(&end->reasons, REASONS[end->outcome]);
    }
}

static void transfer_print_name(const char *name, size_t most, struct text *text)
{
    text_add_escaped(text, name, size_min(strlen(name), most));
    text_add(text, strlen(name) > most ? "..." : "");
}

// Whether what was served has another name than what was asked for, slashes aside.
static bool transfer_is_renamed(const struct transfer_end *end)
{
    const char *asked = end->asked;
    const char *served = end->served;
    while (*asked == '/' || *asked == '\\') {
        asked++;
    }
    while (*asked != '\0' && (*asked == '\\' ? '/' : *asked) == *served) {
        asked++;
        served++;
    }
    return *asked != *served;
}

static void transfer_print_file(const struct transfer_end *end, struct text *text)
{
    transfer_print_name(end->served[0] != '\0' ? end->served : end->asked, 80, text);
    if (end->protocol == TRANSFER_TFTP && end->served[0] != '\0' && transfer_is_renamed(end)) {
        text_add(text, ", asked for as ");
        transfer_print_name(end->asked, 40, text);
    }
}

// How it went: " (8123456 bytes by TFTP, 140 ms, blocks of 1468, windows of 4, 3 lost)".
static void transfer_print_course(const struct transfer_end *end, struct text *text)
{
    uint64_t bytes = end->is_write || end->outcome != TRANSFER_DONE ? end->sent : end->size;
    text_add_format(text, " (%llu bytes by %s, %llu ms", (unsigned long long)bytes,
                    end->protocol == TRANSFER_TFTP   ? "TFTP"
                    : end->protocol == TRANSFER_HTTP ? "HTTP"
                                                     : "FTP",
                    (unsigned long long)(end->duration_us / 1000));
    if (end->block_bytes != 0) {
        text_add_format(text, ", blocks of %u", end->block_bytes);
    }
    if (end->window_blocks > 1) {
        text_add_format(text, ", windows of %u", end->window_blocks);
    }
    text_add(text, end->is_multicast ? ", multicast" : "");
    text_add(text, end->is_netascii ? ", as text" : "");
    if (end->resent_blocks != 0) {
        text_add_format(text, ", %u lost", end->resent_blocks);
    }
    text_add(text, ")");
}

static void transfer_print_absent(const struct transfer_end *end, struct text *text)
{
    text_add(text, "asked for \"");
    transfer_print_name(end->asked, 80, text);
    text_add(text, "\", which is not there");
    if (end->tried[0] == '\0' && end->nearest[0] == '\0') {
        return;
    }
    text_add(text, " (");
    if (end->tried[0] != '\0') {
        text_add(text, "tried ");
        transfer_print_name(end->tried, 80, text);
    }
    if (end->nearest[0] != '\0') {
        text_add_format(text, "%snearest: ", end->tried[0] == '\0' ? "" : "; ");
        transfer_print_name(end->nearest, 50, text);
    }
    text_add(text, ")");
}

static void transfer_print_refused(const struct transfer_end *end, struct text *text)
{
    text_add(text, end->outcome == TRANSFER_FAILED ? "could not be sent "
                   : end->is_write                 ? "was refused to write "
                                                   : "was refused ");
    transfer_print_file(end, text);
    if (end->why[0] != '\0') {
        text_add(text, ": ");
        text_add_escaped(text, end->why, strlen(end->why));
    }
}

void transfer_print(const struct transfer_end *end, struct text *text)
{
    switch (end->outcome) {
    case TRANSFER_DONE:
        text_add(text, end->is_write ? "wrote " : "fetched ");
        break;
    case TRANSFER_PROBED:
        text_add(text, "asked for the size of ");
        transfer_print_file(end, text);
        return;
    case TRANSFER_ABORTED:
    case TRANSFER_TIMEOUT:
        text_add_format(text, "%s after %llu of %llu bytes of ",
                        end->outcome == TRANSFER_ABORTED ? "stopped" : "went silent",
                        (unsigned long long)end->sent, (unsigned long long)end->size);
        break;
    case TRANSFER_NOT_FOUND:
        transfer_print_absent(end, text);
        return;
    case TRANSFER_REFUSED:
    case TRANSFER_FAILED:
    case TRANSFER_OUTCOME_COUNT:
        transfer_print_refused(end, text);
        return;
    }
    transfer_print_file(end, text);
    if (end->outcome == TRANSFER_DONE || end->block_bytes != 0) {
        transfer_print_course(end, text);
    }
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
