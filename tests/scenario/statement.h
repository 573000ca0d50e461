// SPDX-License-Identifier: GPL-3.0-or-later
// What a line of a scenario does: one table of statements, by first word.
#pragma once

#include "scenario/script.h"
#include "scenario/world.h"

/// Carries out a line that has words. False and `problem` (without a place) when it cannot be read or does
/// not hold.
bool statement_run(struct world *world, struct script_line *line, struct problem *problem);

/// Carries out the lines that prepare the world or look at it: network, range, exclude, server, mode, policy,
/// missing, machine, approve, reject, order, cancel, agent, waits, expect.
bool statement_network(struct world *world, struct script_line *line, struct problem *problem);
bool statement_range(struct world *world, struct script_line *line, struct problem *problem);
bool statement_exclude(struct world *world, struct script_line *line, struct problem *problem);
bool statement_server(struct world *world, struct script_line *line, struct problem *problem);
bool statement_mode(struct world *world, struct script_line *line, struct problem *problem);
bool statement_policy(struct world *world, struct script_line *line, struct problem *problem);
bool statement_missing(struct world *world, struct script_line *line, struct problem *problem);
bool statement_machine(struct world *world, struct script_line *line, struct problem *problem);
bool statement_approve(struct world *world, struct script_line *line, struct problem *problem);
bool statement_reject(struct world *world, struct script_line *line, struct problem *problem);
bool statement_order(struct world *world, struct script_line *line, struct problem *problem);
bool statement_cancel(struct world *world, struct script_line *line, struct problem *problem);
bool statement_agent(struct world *world, struct script_line *line, struct problem *problem);
bool statement_waits(struct world *world, struct script_line *line, struct problem *problem);
bool statement_expect(struct world *world, struct script_line *line, struct problem *problem);

/// The lines of a client: client, sends, reads, gets.
bool statement_client(struct world *world, struct script_line *line, struct problem *problem);
bool statement_sends(struct world *world, struct script_line *line, struct problem *problem);
bool statement_reads(struct world *world, struct script_line *line, struct problem *problem);
bool statement_gets(struct world *world, struct script_line *line, struct problem *problem);
