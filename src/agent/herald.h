// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the server how it goes, every two seconds, from a thread of its own: progress, trouble, the log. The
// work never waits for it, and what cannot be told is told later or, of progress, forgotten.
#pragma once

#include "agent/ask.h"

struct herald;

/// Starts it; `ask` must outlive it. Yours: herald_free.
struct herald *herald_new(struct ask *ask);

/// Ends the thread; what it is sending it ends first (up to 40 s when the server hangs). NULL is allowed.
void herald_free(struct herald *taken);

/// Another part of the work begins: forgets what the server said, or will say, about the one before.
void herald_begin(struct herald *herald);

/// How far it is; only the newest counts.
void herald_progress(struct herald *herald, const char *stage, uint64_t done, uint64_t all);

/// Something went wrong that does not end the work. Of several in two seconds the last one goes home; all are
/// in the log.
void herald_trouble(struct herald *herald, const char *reason, const char *text);

/// False once the server has told that the work must stop.
bool herald_may_go(struct herald *herald);

/// Sends the log home now; gives up when the server does not take it.
void herald_flush(struct herald *herald);
