// SPDX-License-Identifier: GPL-3.0-or-later
// The files that exist only for one machine: the configurations its boot loader asks for, its answer file,
// and, seen through this source, which imported file completes its order. It finds out who asks, lets the
// desk decide, and prints.
#pragma once

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/render.h"
#include "config/config.h"
#include "content/content.h"
#include "service/desk.h"

#define GENERATED_POLL_S            10 // how often a waiting machine asks again
#define GENERATED_CERTIFICATE_BYTES 72

struct agents;
struct menus;

struct generated { // all borrowed; keep it where the tree can find it
    struct desk *desk;
    const struct config *config;
    const struct catalog *catalog;
    struct content_source images;                  // the folder source of imported images, prefix "images"
    const struct snippets *snippets;               // NULL = none
    struct agents *agents;                         // who may read images for disks; NULL = nobody
    struct menus *menus;                           // NULL = there are none
    uint16_t https_port;                           // where agents must come to; 0 = there is no HTTPS
    char certificate[GENERATED_CERTIFICATE_BYTES]; // what they know it by there: "sha256:HEX"
};

/// Whether the image `image` (any case) is shown to nobody who looks around, since only agents may read it.
/// In the loop's thread.
bool generated_hides(const struct generated *generated, const char *image);

/// The source to put first into the content tree.
struct content_source generated_source(struct generated *generated);

/// The facts for rendering a profile's templates for `machine`, as it would get them now; `order` may be
/// NULL.
struct render_facts generated_facts(const struct generated *generated, const struct machine *machine,
                                    const struct profile *profile, const struct order *order,
                                    struct ip server);

/// Whether the address that asks is proven to be held by one of `machine`'s cards: we leased it to them, or
/// the wire says so.
bool generated_is_owner(const struct generated *generated, const struct machine *machine,
                        const struct content_client *from);
