// SPDX-License-Identifier: GPL-3.0-or-later
// The one file that knows both ends of the house: the command line, and the daemon that "serve" starts.
#include "cli/cli.h"
#include "service/server.h"

int main(int argc, char *argv[])
{
    return cli_run(argc, argv, server_run);
}
