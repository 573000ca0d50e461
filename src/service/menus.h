// SPDX-License-Identifier: GPL-3.0-or-later
// Menus at work: what a machine's menu shows now, and what becomes of a choice. To choose is to order, with
// all that an order is looked at for; what is not known to come from the machine itself, or lacks the
// password, is refused.
#pragma once

#include "config/config.h"
#include "io/log.h"
#include "loader/loader.h"
#include "service/desk.h"

struct control;

#define MENUS_TEXT_BYTES     160
#define MENUS_PASSWORD_BYTES 128

struct menus;

struct menus_shown { // what a loader_menu borrows
    struct loader_menu menu;
    char notice[MENUS_TEXT_BYTES];
};

struct menus_choice {     // borrowed
    const char *name;     // of the item
    const char *token;    // that came with it
    const char *password; // as it was typed; "" = none
    struct ip address;    // who chose
    bool is_proven;       // the address is known to be the machine's
};

/// Menus over the desk's store, by `config`, both borrowed. Sets desk->menus; free it after the services.
struct menus *menus_new(struct desk *desk, const struct config *config, struct log *log);

/// Who takes orders; NULL = none are taken. `menus` NULL is allowed.
void menus_set_control(struct menus *menus, struct control *control);

/// Whether `machine` gets a menu now: there are entries for it, and nobody chose its own disk a moment ago.
bool menus_is_for(const struct menus *menus, const struct machine *machine);

/// Fills in the menu of `machine`, `server_name` being its title when it has none. With `menus` and `machine`
/// of a preview the token is as good as any.
void menus_fill(struct menus *menus, const struct machine *machine, const char *notice,
                struct menus_shown *shown);

/// Carries out what was chosen on the screen of `machine` (copied: pointers into the store are no longer good
/// afterwards). true when there is an order now or the own disk comes next; else `notice` says why not, for
/// the screen.
bool menus_choose(struct menus *menus, const struct machine *machine, const struct menus_choice *choice,
                  char notice[MENUS_TEXT_BYTES]);

/// Why `entry` is not shown, in a few words, or NULL when it is: its profile or image is gone.
const char *menus_lack(const struct menus *menus, const struct menu_entry *entry);

/// Whether `entry` may erase a disk; it is never taken because nobody chose. false when it is not known.
bool menus_may_erase(const struct menus *menus, const struct menu_entry *entry);

/// NULL is allowed.
void menus_free(struct menus *menus);
