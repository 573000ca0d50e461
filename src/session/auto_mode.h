// SPDX-License-Identifier: GPL-3.0-or-later
// dhcp.mode auto on one interface, after its first decision: addresses are ours to give only while nobody
// else gives any. The other server's first word takes them away at once; they come back after a silence that
// grows with every time it came back itself, so that a server which comes and goes does not make us do so.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define AUTO_PROBE_MS      30000   // how often the network is asked
#define AUTO_QUIET_MS      120000  // the least silence
#define AUTO_QUIET_MOST_MS 3600000 // and the most
#define AUTO_CALM_MS       3600000 // alone for so long: what was before is forgotten
#define AUTO_PROBES_LEAST  3       // of ours in that silence, none answered

struct auto_mode {      // all zero: nobody was ever heard
    int64_t heard_ms;   // when somebody else was last known to give addresses
    int64_t alone_ms;   // since when we give addresses
    unsigned returns;   // how often somebody came while we gave addresses
    unsigned probes;    // sent since `heard_ms`
    uint32_t jitter_ms; // two imprints that yielded to each other must not come back together
};

/// Somebody else gives addresses: an offer, an acknowledgement, or a client's request that names its server.
/// `gives_addresses`: we do too, and stop now.
void auto_mode_hear(struct auto_mode *mode, bool gives_addresses, int64_t now_ms);

/// We asked the network.
void auto_mode_ask(struct auto_mode *mode);

/// We begin to give addresses.
void auto_mode_serve(struct auto_mode *mode, int64_t now_ms);

/// For how long it must be silent before we give addresses again.
int64_t auto_mode_quiet_ms(const struct auto_mode *mode);

/// Whether the silence has been long enough, and was asked into.
bool auto_mode_is_alone(const struct auto_mode *mode, int64_t now_ms);
