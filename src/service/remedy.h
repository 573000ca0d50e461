// SPDX-License-Identifier: GPL-3.0-or-later
// The remedy of a reason, with the names and numbers at hand filled in, so that it can be pasted.
#pragma once

#include "base/text.h"
#include "model/reason.h"
#include "store/store.h"

/// Appends what the table of reasons says to do, with N, NAME, PROFILE and IMAGE replaced by this order's
/// own. Those that are not known (the machine or profile was removed) stay as they are. Nothing when there is
/// no remedy.
void remedy_print(const struct store *store, enum reason_id reason, const struct order *order,
                  struct text *out);

/// Appends the same as a sentence, behind a blank: "On the server: imprint ..." when it begins with a
/// command. Nothing when all it says is to look at the order, which whoever reads this does already.
void remedy_add_sentence(const struct store *store, enum reason_id reason, const struct order *order,
                         struct text *out);
