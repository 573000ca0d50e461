// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: HTTP and JSON (docs/protocols/control-api.md) over a Unix socket, driven inside the
// loop thread that owns the store. It changes facts for people; what machines are told is decided elsewhere.
#pragma once

#include "base/problem.h"
#include "config/config.h"
#include "content/content.h"
#include "io/loop.h"
#include "service/desk.h"
#include "store/store.h"

struct agents;
struct certificate;
struct control;
struct dhcp_pools;
struct mirror_service;
struct json_t;

enum control_text { // which template of a profile
    CONTROL_TEXT_ARGUMENTS,
    CONTROL_TEXT_ANSWER,
};

/// What the control socket needs of the daemon. Everything is borrowed and must outlive it, but for
/// `taken_listener`.
struct control_world {
    struct loop *loop;
    struct store *store;
    struct desk *desk; // its `told` should call control_notify
    const struct config *config;
    int taken_listener;           // a listening AF_UNIX stream socket, see control_listen
    struct content_source images; // the files of images; any thread may ask it
    void *context;                // for the calls below

    /// Looks what the files below `folder` are and fills in the image's family, description, kernel, initrd
    /// and arguments. Called in a worker thread. STATUS_NOT_FOUND and `problem`: nothing that we know. NULL =
    /// images are only taken with an explicit kernel.
    enum status (*recognise)(void *context, const char *folder, struct image *image, struct problem *problem);

    /// Renders a template of `profile` for `machine`, as the machine would get it. `*text` is malloc'ed.
    /// STATUS_NOT_FOUND when the profile has no such text; on other failures `problem` names the value that
    /// is not defined and its place. NULL = orders are taken unseen.
    enum status (*render)(void *context, const struct machine *machine, const struct profile *profile,
                          enum control_text which, char **text, struct problem *problem);

    /// Renders all of what makes an image that is written to a disk this machine's own, to see that it can
    /// be done; the host name goes to `hostname`. STATUS_NOT_FOUND and `problem` when a value is not defined,
    /// and as personal_render says. NULL = orders are taken unseen.
    enum status (*render_personal)(void *context, const struct machine *machine,
                                   const struct profile *profile, char hostname[MACHINE_NAME_BYTES],
                                   struct problem *problem);

    /// Picks a free address to be kept for `machine`, which has none and needs one. `problem` on failure.
    /// NULL = there are none.
    enum status (*pick_address)(void *context, const struct machine *machine, struct ip4 *address,
                                struct problem *problem);

    /// The pools of addresses as they are now; may return NULL. NULL = imprint gives none.
    struct dhcp_pools *(*pools)(void *context);

    const struct certificate *certificate; // of HTTPS, without its key; NULL or empty = there is none

    struct mirror_service *mirrors; // NULL = there are none

    struct agents *agents; // who tells how far orders are; NULL = nobody

    /// Machines, images, profiles or orders have changed and are durable. NULL = nobody needs to know.
    void (*changed)(void *context);

    /// Adds members of the daemon's own to the object of GET /v1/status: interfaces, counters, what is wrong.
    /// NULL = none.
    void (*status)(void *context, struct json_t *object);
};

/// Starts serving; removes what uploads left behind that never ended. NULL and `problem` on failure, and the
/// listener is closed then too. Yours; control_close ends it.
struct control *control_open(const struct control_world *world, struct problem *problem);

/// Tells everybody who watches that the store has new events. NULL is allowed.
void control_notify(struct control *control);

/// Ends all requests and closes the listener; loop_free must come after. NULL is allowed.
void control_close(struct control *control);

/// Makes the listening socket at `path` (its folder must exist), mode 0660, of group `group_id` unless that
/// is (unsigned)-1; a dead socket of an earlier run is replaced. `*listener` is yours. STATUS_BUSY when
/// another imprint answers there.
MUST_USE enum status control_listen(const char *path, unsigned group_id, int *listener,
                                    struct problem *problem);
