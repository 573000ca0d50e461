// SPDX-License-Identifier: GPL-3.0-or-later
// What a person is told about a TFTP transfer: how it went, or why it failed and what to do.
#pragma once

#include "cli/call.h"
#include "cli/tftp_client.h"

#include <jansson.h>

struct tftp_report {
    const char *host; // as it was typed
    const char *name; // of the file on the server
    const char *path; // of the file here
    uint64_t bytes;   // of the file here
    const struct tftp_client_job *job;
    const struct tftp_client_result *result;
};

/// What went wrong, in `problem`. The transfer must have failed, and not by its file here.
void tftp_report_failure(const struct tftp_report *report, struct problem *problem);

/// One line about a transfer that went well.
void tftp_report_print(const struct tftp_report *report, FILE *out);

/// The same with every number, yours.
json_t *tftp_report_to_json(const struct tftp_report *report);
