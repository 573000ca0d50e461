// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of personal_apply; each may be repeated. STATUS_IO or STATUS_UNSUPPORTED and `problem`.
#pragma once

#include "agent/personal.h"

#include <stdio.h>

struct personal {
    const char *path; // of the new system's root, entered (personal_chroot.h)
    int root;         // its descriptor
    const struct talk_personal *wanted;
    uint64_t order_id;
    bool has_network;
};

/// etc/hostname and its line in etc/hosts.
MUST_USE enum status personal_set_hostname(const struct personal *self, struct problem *problem);
/// Takes away what must not be the same on two machines: machine-id, random seeds; new ssh host keys, unless
/// cloud-init makes them.
MUST_USE enum status personal_set_identity(const struct personal *self, bool has_cloud,
                                           struct problem *problem);
/// Time zone and locale, where they are asked for.
MUST_USE enum status personal_set_region(const struct personal *self, struct problem *problem);
/// A system with SELinux labels its files anew at its first boot: what is written here has no labels.
MUST_USE enum status personal_set_labels(const struct personal *self, struct problem *problem);
/// Root's password and keys.
MUST_USE enum status personal_set_root(const struct personal *self, struct problem *problem);
/// The user: account, group, password, keys.
MUST_USE enum status personal_set_user(const struct personal *self, struct problem *problem);
/// "sudo" or "wheel", whichever group the system has; NULL when neither.
const char *personal_find_sudo_group(const struct personal *self);
/// The network configuration of whatever the system sets its network up with.
MUST_USE enum status personal_set_network(const struct personal *self, struct problem *problem);
/// Netplan's YAML, which cloud-init understands too; each line after `indent`. `set_name` gives the card that
/// name; NULL = it keeps its own.
void personal_print_netplan(const struct talk_personal *wanted, const char *indent, const char *set_name,
                            FILE *out);
/// Extra packages.
MUST_USE enum status personal_add_packages(const struct personal *self, struct problem *problem);
/// Runs the administrator's script inside.
MUST_USE enum status personal_run_script(const struct personal *self, struct problem *problem);
/// "IMPRINT_HOSTNAME=..." and so on, for the script.
#define PERSONAL_FACTS_MOST 8
#define PERSONAL_FACT_BYTES 192
/// Fills in `facts`; how many.
unsigned personal_print_facts(const struct personal *self,
                              char facts[PERSONAL_FACTS_MOST][PERSONAL_FACT_BYTES]);

/// Whether cloud-init will make the system the machine's own when it boots.
bool personal_has_cloud(const struct personal *self);
/// cloud-init's seed: everything but the host's name, identity, root's password and keys, which are set at
/// once.
MUST_USE enum status personal_seed_cloud(const struct personal *self, struct problem *problem);
