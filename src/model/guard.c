// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard.h"

#include "model/guard_rule.h"

#include <string.h>

#define DISK_LEAST_BYTES (64ull * 1024 * 1024)
#define SECTOR_USUAL     512u
#define ITEM_BYTES       160 // what is said about one of several disks
#define REST_BYTES       32  // ", and 23 more"

// What a person may unplug and carry away.
static bool is_portable(const struct inventory_disk *disk)
{
    return disk->is_removable || strcmp(disk->transport, "usb") == 0;
}

// Candidates

struct candidates {
    const struct inventory_disk *disks[INVENTORY_DISKS_MOST];
    unsigned count;
    const struct inventory_disk *read_only; // fits otherwise; NULL = none
    const struct inventory_disk *portable;  // the same
    const struct inventory_disk *tiny;      // the same
};

// Leaves only the smallest or largest; of equal ones all, since nobody can tell which is meant.
static void keep_extreme(struct candidates *candidates, bool is_largest)
{
    uint64_t best = 0;
    for (unsigned i = 0; i < candidates->count; i++) {
        uint64_t bytes = candidates->disks[i]->bytes;
        if (i == 0 || (is_largest ? bytes > best : bytes < best)) {
            best = bytes;
        }
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < candidates->count; i++) {
        if (candidates->disks[i]->bytes == best) {
            candidates->disks[kept++] = candidates->disks[i];
        }
    }
    candidates->count = kept;
}

static struct candidates find_candidates(const struct inventory *inventory, const char *rule)
{
    struct candidates found = {0};
    bool takes_portable = guard_rule_has(rule, "transport=") || guard_rule_has(rule, "serial=");
    unsigned count =
        inventory->disk_count < INVENTORY_DISKS_MOST ? inventory->disk_count : INVENTORY_DISKS_MOST;
    for (unsigned i = 0; i < count; i++) {
        const struct inventory_disk *disk = &inventory->disks[i];
        if (!guard_rule_holds(rule, disk)) {
            continue;
        }
        if (disk->bytes < DISK_LEAST_BYTES) { // empty card readers, too
            found.tiny = disk;
        } else if (disk->is_read_only) {
            found.read_only = disk;
        } else if (is_portable(disk) && !takes_portable) {
            found.portable = disk;
        } else {
            found.disks[found.count++] = disk;
        }
    }
    if (guard_rule_has(rule, "smallest") || guard_rule_has(rule, "largest")) {
        keep_extreme(&found, guard_rule_has(rule, "largest"));
    }
    return found;
}

// Answers

static void text_start(struct guard *guard, struct text *text)
{
    text_init(text, guard->text, sizeof guard->text);
}

static void add_escaped(struct text *text, const char *addition)
{
    text_add_escaped(text, addition, strlen(addition));
}

static void add_key(struct text *text, const struct inventory_disk *disk)
{
    char key[INVENTORY_KEY_BYTES];
    add_escaped(text, inventory_disk_key(disk, key));
}

static bool has_key(const struct inventory_disk *disk, const char *key)
{
    char own[INVENTORY_KEY_BYTES];
    return strcmp(inventory_disk_key(disk, own), key) == 0;
}

// Answers with a sentence that the caller goes on with in `text`.
static struct guard answer(enum guard_kind kind, enum reason_id why)
{
    struct guard guard = {.kind = kind};
    reasons_add(&guard.reasons, why);
    return guard;
}

// Whether other disks have the key of this one, so that nothing that is written down can name it.
static bool is_shared(const struct inventory *inventory, const struct inventory_disk *disk)
{
    char key[INVENTORY_KEY_BYTES];
    bool shared = false;
    (void)inventory_find_disk(inventory, inventory_disk_key(disk, key), &shared);
    return shared;
}

static struct guard cannot_shared(const char *key)
{
    struct guard guard = answer(GUARD_CANNOT, REASON_DISK_UNCLEAR);
    struct text text;
    text_start(&guard, &text);
    text_add(&text, "Several disks of this machine have the serial number ");
    add_escaped(&text, key);
    text_add(&text, ", so they cannot be told apart and none of them is erased. Unplug all but one of them.");
    return guard;
}

static uint64_t least_bytes(const struct image *image)
{
    uint64_t content = image->kind == IMAGE_DISK ? image->content_bytes : 0;
    return image->needs_bytes > content ? image->needs_bytes : content;
}

// What of the disk itself makes it impossible, whatever is on it; REASON_NONE when nothing does.
static enum reason_id disk_fault(const struct guard_facts *facts, const struct inventory_disk *disk)
{
    if (disk->is_read_only) {
        return REASON_DISK_READ_ONLY;
    }
    if (disk->bytes < least_bytes(facts->image) || disk->bytes < DISK_LEAST_BYTES) {
        return REASON_DISK_TOO_SMALL;
    }
    if (facts->image->kind == IMAGE_DISK && disk->sector_bytes > SECTOR_USUAL) {
        return REASON_DISK_SECTORS;
    }
    return REASON_NONE;
}

static struct guard cannot_disk(const struct guard_facts *facts, const struct inventory_disk *disk,
                                enum reason_id why)
{
    struct guard guard = answer(GUARD_CANNOT, why);
    struct text text;
    text_start(&guard, &text);
    text_add(&text, "The disk ");
    add_key(&text, disk);
    if (why == REASON_DISK_READ_ONLY) {
        text_add(&text, " is write-protected.");
    } else if (why == REASON_DISK_SECTORS) {
        text_add_format(&text,
                        " has sectors of %u bytes, but the image '%s' is one of a disk with sectors of %u.",
                        disk->sector_bytes, facts->image->name, SECTOR_USUAL);
    } else {
        text_add(&text, " has ");
        inventory_print_size(disk->bytes, &text);
        text_add_format(&text, ", but the image '%s' needs ", facts->image->name);
        uint64_t least = least_bytes(facts->image);
        inventory_print_size(least > DISK_LEAST_BYTES ? least : DISK_LEAST_BYTES, &text);
        text_add_char(&text, '.');
    }
    return guard;
}

static struct guard go(const struct inventory_disk *disk, enum reason_id why)
{
    struct guard guard = answer(GUARD_GO, why);
    struct text text;
    guard.disk = disk;
    text_start(&guard, &text);
    inventory_print_disk(disk, &text);
    return guard;
}

static struct guard confirm(const struct inventory_disk *disk)
{
    struct guard guard = answer(GUARD_CONFIRM, REASON_DISK_NOT_BLANK);
    struct text text;
    guard.disk = disk;
    text_start(&guard, &text);
    text_add(&text, "This would be lost: ");
    inventory_print_disk(disk, &text);
    if (text.cut) { // whoever says yes must know that this is not all
        memcpy(guard.text + sizeof guard.text - 4, "...", 4);
    }
    return guard;
}

// Several, or one that the order does not speak of: `text` says that already, the disks are added.
static void list_disks(const struct candidates *candidates, struct text *text)
{
    for (unsigned i = 0; i < candidates->count; i++) {
        char item[ITEM_BYTES];
        struct text one;
        text_init(&one, item, sizeof item);
        inventory_print_disk(candidates->disks[i], &one);
        if (one.cut) {
            memcpy(item + sizeof item - 4, "...", 4);
        }
        if (text->length + one.length + REST_BYTES >= text->capacity) {
            text_add_format(text, "%s and %u more", i == 0 ? "" : ",", candidates->count - i);
            return;
        }
        text_add_format(text, "%s%s", i == 0 ? "" : " | ", item);
    }
}

static struct guard choose(const struct candidates *candidates, const char *why, const char *key)
{
    struct guard guard = answer(GUARD_CHOOSE, REASON_DISK_UNCLEAR);
    struct text text;
    text_start(&guard, &text);
    if (key != NULL) {
        text_add(&text, "The order gives up the disk ");
        add_escaped(&text, key);
        text_add(&text, ", ");
    }
    text_add(&text, why);
    list_disks(candidates, &text);
    return guard;
}

static struct guard cannot_find(const struct guard_facts *facts, const struct candidates *candidates)
{
    struct guard guard =
        answer(GUARD_CANNOT, candidates->read_only != NULL ? REASON_DISK_READ_ONLY : REASON_DISK_NONE);
    struct text text;
    text_start(&guard, &text);
    if (facts->inventory->disk_count == 0) {
        text_add(&text, "The agent found no disk in this machine.");
    } else if (candidates->read_only != NULL) {
        text_add(&text, "The disk ");
        add_key(&text, candidates->read_only);
        text_add(&text, " is write-protected, and there is no other that fits.");
    } else if (candidates->portable != NULL) {
        text_add(&text, "There is only a removable disk, ");
        add_key(&text, candidates->portable);
        text_add(&text,
                 ". Such a disk is taken only when the order says so: --disk serial=S or transport=usb.");
    } else if (candidates->tiny != NULL) {
        text_add(&text, "The disk ");
        add_key(&text, candidates->tiny);
        text_add(&text, " has less than 64 MiB or no medium, and there is no other that fits.");
    } else {
        if (facts->inventory->disk_count == 1) {
            text_add(&text, "The only disk of this machine does not fit the rule '");
        } else {
            text_add_format(&text, "None of the %u disks of this machine fits the rule '",
                            facts->inventory->disk_count);
        }
        add_escaped(&text, facts->rule);
        text_add(&text, "'.");
    }
    return guard;
}

// What speaks against this machine, whatever its disks are.
static enum reason_id machine_fault(const struct guard_facts *facts)
{
    const struct inventory *inventory = facts->inventory;
    unsigned starts = facts->image->starts;
    unsigned wanted = IMAGE_STARTS_BIOS;
    if (facts->image->kind == IMAGE_BOOT) {
        return REASON_ORDER_BROKEN;
    }
    if (inventory->memory_bytes != 0 && inventory->memory_bytes < GUARD_MEMORY_LEAST_BYTES) {
        return REASON_MEMORY_SMALL;
    }
    if (inventory->is_uefi) {
        bool is_secure = inventory->secure_boot == INVENTORY_SECURE_ON;
        wanted = is_secure ? IMAGE_STARTS_SECURE : IMAGE_STARTS_UEFI | IMAGE_STARTS_SECURE;
    }
    // Of a disk it is only not known what starts it. A root file system brings its boot loader, or has none.
    bool is_unknown = starts == 0 && facts->image->kind == IMAGE_DISK;
    return is_unknown || (starts & wanted) != 0 ? REASON_NONE : REASON_FIRMWARE_UNFIT;
}

static struct guard cannot_machine(const struct guard_facts *facts, enum reason_id why)
{
    const struct inventory *inventory = facts->inventory;
    struct guard guard = answer(GUARD_CANNOT, why);
    struct text text;
    text_start(&guard, &text);
    if (why == REASON_ORDER_BROKEN) {
        text_add_format(&text, "The image '%s' is booted, not written to a disk.", facts->image->name);
    } else if (why == REASON_MEMORY_SMALL) {
        text_add(&text, "The machine has ");
        inventory_print_size(inventory->memory_bytes, &text);
        text_add(&text, " of memory, and writing an image needs ");
        inventory_print_size(GUARD_MEMORY_LEAST_BYTES, &text);
        text_add_char(&text, '.');
    } else if (facts->image->starts == 0) {
        text_add_format(&text, "The image '%s' holds no boot loader, so no machine could start from it.",
                        facts->image->name);
    } else {
        bool is_secure = inventory->is_uefi && inventory->secure_boot == INVENTORY_SECURE_ON;
        text_add_format(&text, "The machine starts by %s, but the image '%s' starts only on: ",
                        is_secure            ? "UEFI with Secure Boot"
                        : inventory->is_uefi ? "UEFI"
                                             : "BIOS",
                        facts->image->name);
        image_starts_print(facts->image->starts, &text);
        text_add_char(&text, '.');
    }
    return guard;
}

static struct guard cannot_target(const char *key, const char *why, enum reason_id reason)
{
    struct guard guard = answer(GUARD_CANNOT, reason);
    struct text text;
    text_start(&guard, &text);
    text_add(&text, "The disk ");
    add_escaped(&text, key);
    text_add(&text, ", which this order had begun to write, ");
    text_add(&text, why);
    return guard;
}

// Ours has no partition table until it is sealed. One that has is another disk in its place (without a serial
// number nothing else tells it), or somebody made use of it meanwhile; unless a person gave it up, and it is
// not wiped yet.
static bool is_other_disk(const struct order *order, const struct inventory_disk *disk)
{
    return order->state != ORDER_SEALING && disk->table[0] != '\0' && !has_key(disk, order->erase);
}

// A write had begun: that disk or none.
static struct guard decide_target(const struct guard_facts *facts)
{
    const char *key = facts->order->target;
    bool shared = false;
    const struct inventory_disk *disk = inventory_find_disk(facts->inventory, key, &shared);
    if (shared) {
        return cannot_shared(key);
    }
    if (disk == NULL) {
        return cannot_target(key, "is not in the machine any more. No other disk was touched.",
                             REASON_DISK_NONE);
    }
    if (is_other_disk(facts->order, disk)) {
        bool is_named = disk->serial[0] != '\0';
        return cannot_target(
            key,
            is_named ? "has a partition table now, which this order did not make: somebody used "
                       "it meanwhile. It was not touched again."
                     : "has a partition table now, so it may be another disk. It was not touched.",
            REASON_DISK_NOT_BLANK);
    }
    enum reason_id fault = disk_fault(facts, disk);
    return fault == REASON_NONE ? go(disk, REASON_DISK_BEGUN) : cannot_disk(facts, disk, fault);
}

// One disk fits and nobody named another.
static struct guard decide_disk(const struct guard_facts *facts, const struct inventory_disk *disk,
                                bool is_given_up)
{
    char key[INVENTORY_KEY_BYTES];
    if (is_shared(facts->inventory, disk)) {
        return cannot_shared(inventory_disk_key(disk, key));
    }
    enum reason_id fault = disk_fault(facts, disk);
    if (fault != REASON_NONE) {
        return cannot_disk(facts, disk, fault);
    }
    if (inventory_disk_is_blank(disk)) {
        return go(disk, REASON_DISK_BLANK);
    }
    return is_given_up ? go(disk, REASON_DISK_GIVEN_UP) : confirm(disk);
}

// Why a disk that the order gives up is no candidate.
static const char *excluded_why(const struct guard_facts *facts, const struct inventory_disk *disk)
{
    if (disk == NULL) {
        return "which is not in this machine. There is: ";
    }
    if (!guard_rule_holds(facts->rule, disk)) {
        return "which the order's rule for disks does not allow. It allows: ";
    }
    if (disk->is_read_only) {
        return "which is write-protected. There is besides: ";
    }
    if (is_portable(disk)) {
        return "which is removable and is taken only with a rule that names its serial number or transport. "
               "There is besides: ";
    }
    return "which is not the one that the order's rule for disks picks. It picks: ";
}

// The order names a disk whose contents were given up: that one, or a question, but never another.
static struct guard decide_named(const struct guard_facts *facts, const struct candidates *candidates)
{
    const char *key = facts->order->erase;
    bool shared = false;
    const struct inventory_disk *disk = inventory_find_disk(facts->inventory, key, &shared);
    for (unsigned i = 0; i < candidates->count && disk != NULL; i++) {
        if (candidates->disks[i] == disk) {
            return decide_disk(facts, disk, true);
        }
    }
    if (shared) {
        return candidates->count > 1
                   ? choose(candidates, "but several disks have that serial number. There is: ", key)
                   : cannot_shared(key);
    }
    return choose(candidates, excluded_why(facts, disk), key);
}

static struct guard decide(const struct guard_facts *facts)
{
    const char *rule = facts->rule;
    enum reason_id fault = machine_fault(facts);
    if (fault != REASON_NONE) {
        return cannot_machine(facts, fault);
    }
    if (facts->order->target[0] != '\0') {
        return decide_target(facts);
    }
    if (guard_check_rule(rule, NULL) != STATUS_OK) { // never taken for "any disk"
        struct guard guard = answer(GUARD_CANNOT, REASON_ORDER_BROKEN);
        (void)text_copy(guard.text, sizeof guard.text,
                        "The rule for disks of this order cannot be understood.");
        return guard;
    }
    struct candidates candidates = find_candidates(facts->inventory, rule);
    if (candidates.count == 0) {
        return cannot_find(facts, &candidates);
    }
    if (facts->order->erase[0] != '\0') {
        return decide_named(facts, &candidates);
    }
    return candidates.count == 1 ? decide_disk(facts, candidates.disks[0], false)
                                 : choose(&candidates, "Several disks fit: ", NULL);
}

struct guard guard_decide(const struct guard_facts *facts)
{
    struct guard_facts whole = *facts;
    if (whole.rule == NULL) {
        whole.rule = "";
    }
    return decide(&whole);
}
