// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli.h"

#include "cli/handlers.h"

static int run_line(struct call *call)
{
    if (call->command == NULL || call->wants_help) {
        return help_show(call);
    }
    return call->command->run(call);
}

int cli_run(int argc, char *argv[], int (*serve)(const struct server_options *options))
{
    struct call call;
    struct problem problem;
    problem_clear(&problem);
    enum status status = call_parse(&call, argc > 0 ? (size_t)argc - 1 : 0, argv + 1, &problem);
    call.serve = serve;
    int result = CLI_EXIT_USAGE;
    if (status == STATUS_OK) {
        result = run_line(&call);
    } else {
        (void)fprintf(stderr, "imprint: %s\n%s\n", problem.text, problem.remedy);
    }
    call_clear(&call);
    return result;
}
