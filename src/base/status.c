// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/status.h"

static const char *const STATUS_TEXTS[STATUS_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_MALFORMED] = "malformed",
    [STATUS_TOO_LONG] = "too long",
    [STATUS_NOT_FOUND] = "not found",
    [STATUS_EXISTS] = "exists already",
    [STATUS_CONFLICT] = "conflict",
    [STATUS_DENIED] = "not allowed",
    [STATUS_UNSUPPORTED] = "not supported",
    [STATUS_BUSY] = "busy",
    [STATUS_FULL] = "full",
    [STATUS_IO] = "input/output error",
    [STATUS_WAITING] = "waiting",
    [STATUS_AWAY] = "another server does not answer",
};

const char *status_text(enum status status)
{
    return (unsigned)status < STATUS_COUNT ? STATUS_TEXTS[status] : "unknown status";
}
