// SPDX-License-Identifier: GPL-3.0-or-later
// Reading an entry of the Boot Loader Specification, type 1: loader/entries/NAME.conf, as systemd-boot has
// it.
#pragma once

#include "format/boot_entry.h"

/// Reads `bytes` bytes of `text`. STATUS_NOT_FOUND when it names nothing that boots. Any bytes are allowed.
MUST_USE enum status loader_entry_parse(const char *text, size_t bytes, struct boot_entry *entry);
