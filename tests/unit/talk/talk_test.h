// SPDX-License-Identifier: GPL-3.0-or-later
// A message that is refused: says what the problem must name, and that the result was left alone.
#pragma once

#include "talk/talk.h"

#include <stdlib.h>

#include "unit/test.h"

// The problem names `what`, and no value that came with the message.
static inline void must_say(struct problem *problem, const char *what)
{
    if (strstr(problem->text, what) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", problem->text, what);
    }
    assert_null(strstr(problem->text, "SECRET"));
    problem_clear(problem);
}
