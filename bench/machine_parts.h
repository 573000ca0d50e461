// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of a machine share: its frames, its timer, its end, and its two clients.
#pragma once

#include "machine.h"

/// Sends `payload` as UDP from the machine's address.
void machine_send(struct machine_world *world, const struct machine *machine, const struct frame_udp4 *frame);

/// Waits `wait_ms` for the answer to what was just sent.
void machine_wait(struct machine_world *world, struct machine *machine, uint64_t wait_ms);

/// The task has ended well.
void machine_finish(struct machine_world *world, struct machine *machine);

/// The task has ended badly; `why` in a few words.
void machine_fail(struct machine_world *world, struct machine *machine, const char *why);

/// Gives the machine an address by which ARP finds it. Counts a duplicate when another has it.
void machine_take_address(struct machine_world *world, struct machine *machine, struct ip4 address);

/// Begins with DISCOVER, or with REQUEST when the task is to renew.
void machine_dhcp_start(struct machine_world *world, struct machine *machine);

/// Sends the message again that got no answer, or gives up.
void machine_dhcp_wake(struct machine_world *world, struct machine *machine);

/// A datagram to port 68; the machine that it is for is named inside.
void machine_dhcp_receive(struct machine_world *world, const struct frame_udp4 *frame);

/// Begins to read the file.
void machine_tftp_start(struct machine_world *world, struct machine *machine);

/// Sends the packet again that got no answer, or gives up.
void machine_tftp_wake(struct machine_world *world, struct machine *machine);

/// A datagram for the machine's TFTP port.
void machine_tftp_receive(struct machine_world *world, struct machine *machine,
                          const struct frame_udp4 *frame);
