// SPDX-License-Identifier: GPL-3.0-or-later
// EFI signature lists (UEFI 2.10 section 32.4.1): the form in which firmware keeps certificates that it
// believes.
#pragma once

#include "base/status.h"
#include "base/uuid.h"
#include "base/writer.h"

#define SIGNATURE_LIST_HEAD_BYTES 44 // in front of the certificate

/// Appends a list with the one X.509 certificate `der` (`der_bytes` bytes), which `owner` put there.
void signature_list_encode(const uint8_t *der, size_t der_bytes, const struct uuid *owner,
                           struct writer *writer);
