// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/menus.h"

#include "io/heap.h"
#include "io/token.h"
#include "service/boots.h"
#include "service/control_order_take.h"

#include <crypt.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MENUS_COLUMNS  74 // of a notice
#define SLOTS          1024
#define LOCAL_S        180  // so long a machine whose own disk was chosen boots it
#define GUESS_PAUSE_MS 1000 // between two passwords, whoever types them: a hash is work for the loop
#define GUESSES_MOST   5    // wrong ones of one machine in a row
#define GUESSES_S      60   // then it waits
#define HASH_BYTES     256
#define ORDER_S        3600 // how long an order that was chosen at the machine stands

struct menus_slot { // what is remembered of one machine; a newer one with the same slot takes it over
    uint64_t machine_id;
    char token[LOADER_TOKEN_BYTES];
    int64_t local_until_s;
    int64_t guess_again_s; // no password is looked at before
    unsigned guesses;
};

struct menus {
    struct desk *desk;
    const struct config *config;
    struct log *log;
    struct control *control;
    int64_t guess_again_ms;
    struct menus_slot slots[SLOTS];
};

struct menus *menus_new(struct desk *desk, const struct config *config, struct log *log)
{
    struct menus *menus = heap_new(sizeof *menus);
    menus->desk = desk;
    menus->config = config;
    menus->log = log;
    desk->menus = menus;
    return menus;
}

void menus_set_control(struct menus *menus, struct control *control)
{
    if (menus != NULL) {
        menus->control = control;
    }
}

void menus_free(struct menus *menus)
{
    if (menus != NULL) {
        menus->desk->menus = NULL;
        explicit_bzero(menus->slots, sizeof menus->slots);
        heap_free(menus);
    }
}

static const struct menus_slot *menus_find_slot(const struct menus *menus, uint64_t machine_id)
{
    const struct menus_slot *slot = &menus->slots[machine_id % SLOTS];
    return slot->machine_id == machine_id ? slot : NULL;
}

// Its token is made with it; without randomness it stays empty, and no choice is taken.
static struct menus_slot *menus_take_slot(struct menus *menus, uint64_t machine_id)
{
    struct menus_slot *slot = &menus->slots[machine_id % SLOTS];
    if (slot->machine_id == machine_id && slot->token[0] != '\0') {
        return slot;
    }
    *slot = (struct menus_slot){.machine_id = machine_id};
    (void)!token_make(slot->token, sizeof slot->token);
    return slot;
}

bool menus_is_for(const struct menus *menus, const struct machine *machine)
{
    const struct menus_slot *slot = menus_find_slot(menus, machine->id);
    bool is_local = slot != NULL && slot->local_until_s > desk_now_s(menus->desk);
    return !is_local && menu_is_for(&menus->config->menu, machine);
}

// ---- what it shows ----

static bool menus_find_image(const struct menus *menus, const struct menu_entry *entry,
                             const struct profile **profile, const struct image **image)
{
    *profile = store_profile_find(menus->desk->store, entry->profile);
    *image = *profile == NULL ? NULL : store_image_find(menus->desk->store, (*profile)->image);
    return *image != NULL;
}

const char *menus_lack(const struct menus *menus, const struct menu_entry *entry)
{
    const struct profile *profile;
    const struct image *image;
    bool is_whole = menus_find_image(menus, entry, &profile, &image);
    return is_whole ? NULL : profile == NULL ? "there is no such profile" : "the profile's image is gone";
}

bool menus_may_erase(const struct menus *menus, const struct menu_entry *entry)
{
    const struct profile *profile;
    const struct image *image;
    return menus_find_image(menus, entry, &profile, &image) && menu_may_erase(profile, image);
}

static void menus_add_item(const struct menu_entry *entry, struct loader_menu *menu)
{
    menu->items[menu->item_count++] =
        (struct loader_item){.name = entry->name,
                             .title = entry->title[0] != '\0' ? entry->title : entry->profile,
                             .group = entry->group,
                             .needs_password = entry->is_locked};
}

// Whether an entry before `at` has the same group, and took this one along.
static bool menus_is_taken(const struct menus *menus, const struct machine *machine, unsigned at)
{
    const struct menu *menu = &menus->config->menu;
    for (unsigned i = 0; i < at && menu->entries[at].group[0] != '\0'; i++) {
        const struct menu_entry *entry = &menu->entries[i];
        if (strcmp(entry->group, menu->entries[at].group) == 0 && menu_entry_is_for(entry, machine) &&
            menus_lack(menus, entry) == NULL) {
            return true;
        }
    }
    return false;
}

// Entries in their order, but those of one group where its first one is.
static void menus_add_items(const struct menus *menus, const struct machine *machine,
                            struct loader_menu *shown)
{
    const struct menu *menu = &menus->config->menu;
    for (unsigned i = 0; i < menu->entry_count; i++) {
        const struct menu_entry *first = &menu->entries[i];
        if (!menu_entry_is_for(first, machine) || menus_lack(menus, first) != NULL ||
            menus_is_taken(menus, machine, i)) {
            continue;
        }
        menus_add_item(first, shown);
        for (unsigned j = i + 1; first->group[0] != '\0' && j < menu->entry_count; j++) {
            const struct menu_entry *next = &menu->entries[j];
            if (strcmp(next->group, first->group) == 0 && menu_entry_is_for(next, machine) &&
                menus_lack(menus, next) == NULL) {
                menus_add_item(next, shown);
            }
        }
    }
}

// Nobody chose is no reason to erase a disk, and nobody typed a password.
static unsigned menus_pick_start(const struct menus *menus, const struct loader_menu *shown)
{
    const struct menu *menu = &menus->config->menu;
    for (unsigned i = 0; i < shown->item_count; i++) {
        for (unsigned j = 0; j < menu->entry_count; j++) {
            const struct menu_entry *entry = &menu->entries[j];
            bool is_start = shown->items[i].name == entry->name && strcmp(entry->name, menu->start) == 0;
            if (is_start && !entry->is_locked && !menus_may_erase(menus, entry)) {
                return i;
            }
        }
    }
    return shown->item_count - 1;
}

// What was chosen and cannot be comes first, then why the last boot failed: one line of a narrow screen.
static void menus_fill_notice(const struct menus *menus, const struct machine *machine, const char *notice,
                              char out[MENUS_TEXT_BYTES])
{
    const char *verdict = boots_last_verdict(menus->desk->boots, machine);
    struct text text;
    text_init(&text, out, MENUS_TEXT_BYTES);
    text_add(&text, notice);
    if (notice[0] == '\0' && verdict[0] != '\0') {
        text_add_format(&text, "Last boot: %s", verdict);
    }
    if (strlen(out) > MENUS_COLUMNS && notice[0] == '\0') {
        memcpy(out + MENUS_COLUMNS - 3, "...", 4);
    }
}

void menus_fill(struct menus *menus, const struct machine *machine, const char *notice,
                struct menus_shown *shown)
{
    const struct menu *menu = &menus->config->menu;
    *shown = (struct menus_shown){
        .menu = {.title = menu->title[0] != '\0' ? menu->title : menus->config->server_name,
                 .token = menus_take_slot(menus, machine->id)->token,
                 .timeout_s = menu->timeout_s}};
    menus_fill_notice(menus, machine, notice, shown->notice);
    shown->menu.notice = shown->notice;
    menus_add_items(menus, machine, &shown->menu);
    shown->menu.items[shown->menu.item_count++] =
        (struct loader_item){.name = MENU_LOCAL, .title = MENU_LOCAL_TITLE, .group = ""};
    shown->menu.start = menus_pick_start(menus, &shown->menu);
}

// ---- what was chosen ----

static void menus_tell(struct menus *menus, const struct machine *machine, const struct menus_choice *choice,
                       enum reason_id reason, const char *why)
{
    struct event event = {
        .kind = EVENT_BOOT, .machine_id = machine->id, .mac = machine->macs[0], .address = choice->address};
    struct text text;
    reasons_add(&event.reasons, reason);
    text_init(&text, event.text, sizeof event.text);
    text_add(&text, "menu entry ");
    text_add_escaped(&text, choice->name, strlen(choice->name));
    text_add_format(&text, ": %s", why);
    desk_tell(menus->desk, &event);
}

// The first line of the file, at each try: a new password needs no restart.
static bool menus_read_hash(const struct menus *menus, char hash[HASH_BYTES])
{
    int file = open(menus->config->menu_password_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got = file < 0 ? -1 : read(file, hash, HASH_BYTES - 1);
    if (file >= 0) {
        (void)close(file);
    }
    hash[got < 0 ? 0 : got] = '\0';
    hash[strcspn(hash, "\r\n")] = '\0';
    if (hash[0] == '\0') {
        log_write(menus->log, LOG_LEVEL_ERROR,
                  "%s cannot be read or is empty, so no menu entry can be unlocked",
                  menus->config->menu_password_file);
    }
    return hash[0] != '\0';
}

static bool menus_is_password(const struct menus *menus, const char *password)
{
    char hash[HASH_BYTES];
    if (!menus_read_hash(menus, hash)) {
        return false;
    }
    struct crypt_data *data = heap_new(sizeof *data);
    const char *made = crypt_rn(password, hash, data, (int)sizeof *data);
    bool is_same = made != NULL && made[0] != '*' && token_equal(made, hash);
    explicit_bzero(data, sizeof *data);
    explicit_bzero(hash, sizeof hash);
    heap_free(data);
    return is_same;
}

// Whether the lock opens; else `why` is for the screen.
static bool menus_unlock(struct menus *menus, const struct machine *machine, struct menus_slot *slot,
                         const struct menus_choice *choice, const char **why)
{
    int64_t now_ms = menus->desk->now_ms(menus->desk->context);
    if (choice->password[0] == '\0') {
        *why = "That entry needs a password.";
        return false;
    }
    if (now_ms / 1000 < slot->guess_again_s) {
        *why = "Too many wrong passwords. Wait a minute.";
        return false;
    }
    if (now_ms < menus->guess_again_ms) {
        *why = "Another password is being looked at. Choose again.";
        return false;
    }
    menus->guess_again_ms = now_ms + GUESS_PAUSE_MS;
    if (menus_is_password(menus, choice->password)) {
        slot->guesses = 0;
        return true;
    }
    slot->guesses++;
    if (slot->guesses >= GUESSES_MOST) {
        slot->guesses = 0;
        slot->guess_again_s = now_ms / 1000 + GUESSES_S;
    }
    *why = "That password is wrong.";
    menus_tell(menus, machine, choice, REASON_MENU_PASSWORD, reason_get(REASON_MENU_PASSWORD)->sentence);
    return false;
}

static const char *menus_refusal(struct menus *menus, const struct machine *machine, struct menus_slot *slot,
                                 const struct menu_entry *entry, const struct menus_choice *choice)
{
    const char *why = NULL;
    if (entry == NULL || menus_lack(menus, entry) != NULL) {
        return "That entry is gone.";
    }
    if (!choice->is_proven && menus_may_erase(menus, entry)) {
        why = "The server cannot see that it is this machine that asks, so it erases nothing.";
        menus_tell(menus, machine, choice, REASON_MENU_REFUSED, why);
        return why;
    }
    if (entry->is_locked && !menus_unlock(menus, machine, slot, choice, &why)) {
        return why;
    }
    return NULL;
}

bool menus_choose(struct menus *menus, const struct machine *machine, const struct menus_choice *choice,
                  char notice[MENUS_TEXT_BYTES])
{
    struct menus_slot *slot = menus_take_slot(menus, machine->id);
    notice[0] = '\0';
    if (store_order_find_live(menus->desk->store, machine->id) != NULL) {
        return true; // asked twice, or ordered meanwhile: that comes next
    }
    if (slot->token[0] == '\0' || !token_equal(slot->token, choice->token)) {
        (void)text_copy(notice, MENUS_TEXT_BYTES, "The menu is older than the server. Choose again.");
        return false;
    }
    if (strcmp(choice->name, MENU_LOCAL) == 0) {
        slot->local_until_s = desk_now_s(menus->desk) + LOCAL_S;
        return true;
    }
    const struct menu_entry *entry = menu_find(&menus->config->menu, machine, choice->name);
    const char *why = menus_refusal(menus, machine, slot, entry, choice);
    if (why != NULL) {
        (void)text_copy(notice, MENUS_TEXT_BYTES, why);
        return false;
    }
    struct problem problem = {0};
    struct machine copy = *machine;
    if (menus->control == NULL ||
        control_order_take(menus->control, copy.name, entry->profile, ORDER_S, &problem) != STATUS_OK) {
        menus_tell(menus, &copy, choice, REASON_MENU_REFUSED, problem.text);
        (void)text_copy(notice, MENUS_TEXT_BYTES, "The server cannot do that now: imprint watch says why.");
        return false;
    }
    return true;
}
