// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of a boot reply: where the same facts stand in it. Every client gets the shape of
// docs/decisions/0010 until its firmware ignores that; then one thing is changed at a time, on a ladder that
// suits its platform, and what worked is kept (docs/decisions/0062). Values only: session/adapt watches,
// session/dhcp4 and session/proxydhcp write the shape, the store keeps quirks.
#pragma once

#include "base/status.h"
#include "model/boot_client.h"

enum quirk_vendor {         // option 43 of an offer to PXE firmware
    QUIRK_VENDOR_DEFAULT,   // as decision 0010 says
    QUIRK_VENDOR_NONE,      // no option 43: UEFI then asks again on port 4011
    QUIRK_VENDOR_DIRECT,    // 43.6 = 8: the file is here, no menu, no discovery
    QUIRK_VENDOR_MENU,      // 43.6, 43.9, 43.10: one entry, taken at once; then it asks for that server
    QUIRK_VENDOR_RASPBERRY, // 43.6 = 8 and the menu whose text a Raspberry Pi looks for
    QUIRK_VENDOR_COUNT
};

enum quirk_fields {       // where server and file stand
    QUIRK_FIELDS_ALL,     // header, 66 and 67
    QUIRK_FIELDS_HEADER,  // siaddr and file alone
    QUIRK_FIELDS_OPTIONS, // siaddr, 66 and 67; the header's file is empty
    QUIRK_FIELDS_COUNT
};

struct quirk_shape { // all zero = decision 0010
    enum quirk_vendor vendor;
    enum quirk_fields fields;
    bool has_no_class; // no option 60: an offer like any DHCP server's
    bool is_late;      // no file in the offer: it comes by port 4011
    bool is_alone;     // proxy mode: no second offer that completes the other server's
};

#define QUIRK_SHAPE_TEXT_BYTES MACHINE_SHAPE_BYTES
#define QUIRK_KEY_BYTES        MACHINE_FIRMWARE_BYTES

/// Whether both write the same reply.
bool quirk_shape_equal(const struct quirk_shape *a, const struct quirk_shape *b);

/// In how many things the two differ.
unsigned quirk_shape_distance(const struct quirk_shape *a, const struct quirk_shape *b);

/// "default", or what is not: "43=none 60=no file=header at=4011 offers=one".
const char *quirk_shape_print(const struct quirk_shape *shape, char out[QUIRK_SHAPE_TEXT_BYTES]);

/// Reads what quirk_shape_print writes. STATUS_MALFORMED for anything else; `*shape` is then untouched.
MUST_USE enum status quirk_shape_parse(const char *text, struct quirk_shape *shape);

/// The shape to try after `shape` in vain, for that client; in proxy mode another ladder. Neighbours on a
/// ladder differ in exactly one thing; behind the last one it begins anew with the default one. `shape` may
/// be any: one that is on no rung is followed by the default one.
struct quirk_shape quirk_shape_next(const struct quirk_shape *shape, const struct boot_client *client,
                                    bool is_proxy);

/// The name of a client's firmware model: vendor class without what differs from machine to machine,
/// architecture, UNDI version and maker of the card, as "PXEClient/7/003016/525400". Safe for a terminal and
/// a table; false when it told too little for that.
bool quirk_model_print(const struct boot_client *client, char out[QUIRK_KEY_BYTES]);
