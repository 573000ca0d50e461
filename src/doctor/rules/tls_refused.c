// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

static const struct {
    uint8_t alert;
    const char *text;
    bool is_clock;
} ALERTS[] = {{42, "it does not like the certificate", false},
              {43, "it does not know this kind of certificate", false},
              {44, "the certificate was revoked", false},
              {45, "the certificate is not valid at the time that its clock shows", true},
              {46, "it does not like the certificate", false},
              {48, "it does not know who signed the certificate", false},
              {70, "it speaks no version of TLS that the server does", false}};

// It does not trust the server of an https URL.
bool rule_tls_refused(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *transfer = &story->transfers[i - 1];
        for (size_t k = 0; transfer->tls_alert != 0 && k < COUNT_OF(ALERTS); k++) {
            if (ALERTS[k].alert != transfer->tls_alert) {
                continue;
            }
            char server[SIGHT_IP_BYTES];
            finding_begin(finding, ALERTS[k].is_clock ? REASON_TLS_CLOCK : REASON_TLS_REFUSED, story,
                          FINDING_SURE, transfer->ended_us);
            finding_say(finding, "ended a secure connection to %s: %s.",
                        sight_print_ip(transfer->server, server), ALERTS[k].text);
            finding_show(finding, transfer->ended_us, "TLS alert %u of the client",
                         (unsigned)transfer->tls_alert);
            return true;
        }
    }
    return false;
}
