// SPDX-License-Identifier: GPL-3.0-or-later
// Watches each firmware's conversation: did it take the offer, and fetch its file? When its DISCOVERs repeat
// at a firmware's rhythm (4, 8, 16, 32 s) without a REQUEST, or a REQUEST is followed by no download, the
// next offer has the next shape of its ladder (model/quirk). What led to a download is a lesson. Time and
// memory come from the caller; a full place is taken over, which only makes a client begin with what is known
// of it.
#pragma once

#include "model/quirk.h"

#define ADAPT_WATCHES     2048
#define ADAPT_REPEAT_MS   2500     // sooner: a relay's copy, a second card, a retransmission
#define ADAPT_RHYTHM_MS   48000    // later: the machine was started anew
#define ADAPT_DOWNLOAD_MS 3000     // from its REQUEST to the first packet for its file, at the least
#define ADAPT_FORGET_MS   86400000 // where on the ladder it was is forgotten

enum adapt_change { ADAPT_SAME, ADAPT_NO_REQUEST, ADAPT_NO_DOWNLOAD };

enum adapt_state { ADAPT_NOBODY, ADAPT_OFFERED, ADAPT_REQUESTED, ADAPT_FETCHED };

struct adapt_watch {
    enum adapt_state state;
    struct hw mac;
    bool is_proxy;
    bool has_offer;  // the last DISCOVER was answered; silence of ours teaches nothing
    unsigned offers; // since the machine was started, or asked last
    int64_t at_ms;   // of its last DISCOVER or REQUEST that counted
    struct quirk_shape shape;
    char model[QUIRK_KEY_BYTES]; // "" = it told too little
    uint64_t order_id;           // what it boots by a loader of its own; 0 = nothing
    unsigned vain;               // how often that was fetched for it, and nothing came of it
};

struct adapt { // all zero watches nobody
    struct adapt_watch watches[ADAPT_WATCHES];
};

/// `client`'s firmware sent a DISCOVER and is to get a boot file. `*shape` holds what is known to suit it and
/// becomes the shape of this offer; the result tells whether and why it differs from the last one's.
enum adapt_change adapt_discover(struct adapt *adapt, const struct boot_client *client, bool is_proxy,
                                 int64_t now_ms, struct quirk_shape *shape);

/// The DISCOVER of `mac` is answered with an offer. One that gets none changes nothing.
void adapt_offer(struct adapt *adapt, const struct hw *mac);

/// `client`'s firmware sent a REQUEST, on port 67 or 4011; `is_for_other`: it chose an offer that is none of
/// ours, so nothing follows from what it does next.
void adapt_request(struct adapt *adapt, const struct hw *mac, bool is_for_other, int64_t now_ms);

/// The shape of the conversation under way with `mac`; the default one when there is none.
struct quirk_shape adapt_shape(const struct adapt *adapt, const struct hw *mac);

/// `mac` asked for a file. With `is_whole` it has it: true when that is news, the lesson of `*watch`
/// (borrowed until the next call).
bool adapt_fetch(struct adapt *adapt, const struct hw *mac, bool is_whole, const struct adapt_watch **watch);

/// How often `mac` fetched the loader that order `order_id` has for it and came back; `is_back`: here it is
/// again, and its loader had asked for nothing yet. Ask before adapt_discover. Forgotten with the order.
unsigned adapt_count_vain(struct adapt *adapt, const struct hw *mac, uint64_t order_id, bool is_back);
