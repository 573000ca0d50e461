// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli.h"

#include "cli/ask.h"
#include "cli/complete.h"
#include "cli/handlers.h"
#include "cli/help.h"

#include <errno.h>
#include <string.h>

static int run_call(struct call *call)
{
    if (call->wants_help) {
        help_print(call->out.out, call);
        return CLI_EXIT_OK;
    }
    if (call->command == NULL) { // a group alone, or nothing at all
        if (call->words[0] != '\0') {
            ask_complain_text(call, "", "'%s' is the first word of these commands:", call->words);
        }
        help_print(stderr, call);
        return CLI_EXIT_USAGE;
    }
    return call->command->run(call);
}

// What did not reach its reader is no success.
static int check_output(const struct call *call, int result)
{
    if (fflush(call->out.out) == 0 && ferror(call->out.out) == 0) {
        return result;
    }
    ask_complain_text(call, "", "the output cannot be written: %s", strerror(errno));
    return result == CLI_EXIT_OK ? CLI_EXIT_REFUSED : result;
}

int cli_run(int argc, char *argv[], int (*serve)(const struct server_options *options))
{
    struct call call;
    struct problem problem;
    problem_clear(&problem);
    if (argc > 1 && strcmp(argv[1], "complete") == 0) { // its words are no command line of ours
        return complete_run((size_t)argc - 2, argv + 2, stdout);
    }
    enum status status = call_parse(&call, argc > 0 ? (size_t)argc - 1 : 0, argv + 1, &problem);
    int result = CLI_EXIT_USAGE;
    call.serve = serve;
    if (status == STATUS_OK) {
        result = check_output(&call, run_call(&call));
    } else {
        ask_complain(&call, &problem);
    }
    client_free(call.client);
    call_clear(&call);
    return result;
}
