// SPDX-License-Identifier: GPL-3.0-or-later
// Runs scenarios: scenario-run FILE.scn ... Each file has a world of its own; the first line that does not
// hold ends it and is told with its place. Exit status 1 when one did not hold.
#include "scenario/statement.h"

#include <stdio.h>
#include <string.h>

static bool run_line(struct world *world, const char *file, unsigned number, const char *text)
{
    static struct script_line line;
    struct problem problem;
    problem_clear(&problem);
    problem_set_place(&problem, file, number, 0);
    bool holds = script_split(&line, file, number, text);
    if (!holds) {
        problem_set(&problem, "this line is too long or a quote is left open");
    } else if (line.count != 0) {
        holds = statement_run(world, &line, &problem);
    }
    if (!holds) {
        char said[1024];
        (void)fprintf(stderr, "%s\n    %s", problem_print(&problem, said, sizeof said), text);
    }
    return holds;
}

static bool run_file(const char *file)
{
    char text[SCRIPT_LINE_BYTES];
    FILE *stream = fopen(file, "r");
    struct world *world = world_new();
    bool holds = stream != NULL && world != NULL;
    if (!holds) {
        (void)fprintf(stderr, "%s cannot be read\n", file);
    }
    for (unsigned number = 1; holds && fgets(text, sizeof text, stream) != NULL; number++) {
        holds = run_line(world, file, number, text);
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
    world_free(world);
    return holds;
}

int main(int count, char **arguments)
{
    int failed = 0;
    for (int i = 1; i < count; i++) {
        failed += !run_file(arguments[i]);
    }
    if (count == 1) {
        (void)fprintf(stderr, "usage: %s FILE.scn ...\n", arguments[0]);
    }
    return failed != 0 || count == 1;
}
