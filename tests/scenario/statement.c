// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/statement.h"

#include "base/text.h"

#include <string.h>

struct statement {
    const char *word;
    bool (*run)(struct world *world, struct script_line *line, struct problem *problem);
};

static const struct statement STATEMENTS[] = {
    {"network", statement_network}, {"range", statement_range},     {"exclude", statement_exclude},
    {"server", statement_server},   {"mode", statement_mode},       {"policy", statement_policy},
    {"missing", statement_missing}, {"machine", statement_machine}, {"approve", statement_approve},
    {"reject", statement_reject},   {"order", statement_order},     {"cancel", statement_cancel},
    {"agent", statement_agent},     {"waits", statement_waits},     {"expect", statement_expect},
    {"client", statement_client},   {"sends", statement_sends},     {"reads", statement_reads},
    {"gets", statement_gets},
};

bool statement_run(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *word = script_take(line);
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++) {
        if (strcmp(STATEMENTS[i].word, word) != 0) {
            continue;
        }
        if (!STATEMENTS[i].run(world, line, problem)) {
            problem_set(problem, "this line cannot be carried out");
            return false;
        }
        const char *left = script_take(line);
        if (left != NULL) {
            problem_set(problem, "'%s' means nothing here", left);
        }
        return left == NULL;
    }
    problem_set(problem, "no line begins with '%s'", word);
    return false;
}
