// SPDX-License-Identifier: GPL-3.0-or-later
// How findings look.
#pragma once

#include "cli/call.h"
#include "model/lint.h"

#include <jansson.h>

/// The findings as JSON, yours: rule, severity, line (0 = none), text, sentence, remedy.
json_t *lint_show_json(const struct lint *lint);

/// Prints findings to `screen` as compilers do, those of `most` severity and worse; `place` is what they are
/// about.
void lint_show_text(const struct screen *screen, const char *place, const struct lint *lint,
                    enum lint_severity most);

/// Checks the profile that the daemon sent (with its answer file) by imprint's own rules and says on standard
/// error what errors and warnings there are; with --json nothing.
void lint_show_hints(struct call *call, const json_t *profile);
