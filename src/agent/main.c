// SPDX-License-Identifier: GPL-3.0-or-later
// One program, two lives: the first process of a machine that is being imprinted, or a command.
#include "agent/agent.h"

#include <unistd.h>

int main(int argc, char *argv[])
{
    if (getpid() == 1) {
        return agent_main_init();
    }
    return agent_main_command(argc > 0 ? argc - 1 : 0, argv + 1);
}
