// SPDX-License-Identifier: GPL-3.0-or-later
// What no single key can know: whether the keys of a configuration go together.
#pragma once

#include "config/config.h"

#define CONFIG_KEYS_MOST 64

struct config_place { // where a key stood; line 0 = it was not given
    unsigned line;
    unsigned column;
};

struct config_places {
    struct config_place keys[CONFIG_KEYS_MOST]; // by row of the table of keys
    struct config_place subnets[CONFIG_SUBNETS_MOST][CONFIG_KEYS_MOST];
    struct config_place subnet_starts[CONFIG_SUBNETS_MOST];
};

/// Checks the combinations of `config`, whose keys stood at `places`. STATUS_CONFLICT and `problem` with the
/// place (but not the file) of the key to change.
MUST_USE enum status config_check(const struct config *config, const struct config_places *places,
                                  struct problem *problem);
