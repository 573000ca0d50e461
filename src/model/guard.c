// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/guard.h"

#include <string.h>

#define DISK_LEAST_BYTES (64ull * 1024 * 1024)
#define WORD_BYTES       ORDER_DISK_BYTES
#define SECTOR_USUAL     512u
#define ITEM_BYTES       160 // what is said about one of several disks
#define REST_BYTES       32  // ", and 23 more"

// Rules

enum rule_match { RULE_EQUAL, RULE_PART, RULE_LEAST, RULE_MOST };

enum rule_field { RULE_SERIAL, RULE_NAME, RULE_TRANSPORT, RULE_MODEL, RULE_SIZE };

static const struct rule_word {
    const char *start;
    enum rule_field field;
    enum rule_match match;
} RULE_WORDS[] = {
    {"serial=", RULE_SERIAL, RULE_EQUAL},       {"name=", RULE_NAME, RULE_EQUAL},
    {"transport=", RULE_TRANSPORT, RULE_EQUAL}, {"model=", RULE_MODEL, RULE_PART},
    {"size>=", RULE_SIZE, RULE_LEAST},          {"size<=", RULE_SIZE, RULE_MOST},
};

// Takes the next word of a rule; false at its end. A word too long for a rule is cut, so it fits nothing.
static bool next_word(const char **rule, char out[WORD_BYTES])
{
    const char *start = *rule + strspn(*rule, " ");
    size_t length = strcspn(start, " ");
    struct text text;
    text_init(&text, out, WORD_BYTES);
    text_add_bytes(&text, start, length);
    *rule = start + length;
    return length != 0;
}

static const struct rule_word *find_word(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(RULE_WORDS); i++) {
        if (text_starts(word, RULE_WORDS[i].start)) {
            return &RULE_WORDS[i];
        }
    }
    return NULL;
}

static bool is_extreme(const char *word)
{
    return strcmp(word, "smallest") == 0 || strcmp(word, "largest") == 0;
}

// "100G", "4Gi", "1000000"
static bool parse_size(const char *text, uint64_t *bytes)
{
    static const char UNITS[] = "KMGT";
    char digits[24];
    size_t length = strspn(text, "0123456789");
    const char *unit = text + length;
    if (length == 0 || length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    uint64_t factor = 1;
    if (*unit != '\0') {
        const char *at = strchr(UNITS, *unit);
        uint64_t step = unit[1] == 'i' ? 1024 : 1000;
        if (at == NULL || unit[step == 1024 ? 2 : 1] != '\0') {
            return false;
        }
        for (ptrdiff_t i = 0; i <= at - UNITS; i++) {
            factor *= step;
        }
    }
    uint64_t number;
    if (text_parse_u64(digits, UINT64_MAX / factor, &number) != STATUS_OK) {
        return false;
    }
    *bytes = number * factor;
    return true;
}

static enum status check_word(const char *word, struct problem *problem)
{
    const struct rule_word *known = find_word(word);
    uint64_t bytes;
    if (known == NULL) {
        problem_set(problem, "'%s' says nothing about a disk", word);
        problem_set_remedy(problem,
                           "use serial=S, name=vda, transport=nvme, model=TEXT, size>=100G, size<=2T, "
                           "smallest or largest, with blanks between");
        return STATUS_MALFORMED;
    }
    const char *value = word + strlen(known->start);
    if (value[0] == '\0') {
        problem_set(problem, "'%s' has no value", word);
        return STATUS_MALFORMED;
    }
    if (known->field == RULE_SIZE && !parse_size(value, &bytes)) {
        problem_set(problem, "'%s' is not a size", value);
        problem_set_remedy(problem, "write 100G or 2T (powers of 1000), or 4Gi (powers of 1024)");
        return STATUS_MALFORMED;
    }
    if (known->field == RULE_NAME && strchr(value, '/') != NULL) {
        problem_set(problem, "'%s' is a path, not a disk's name", value);
        problem_set_remedy(problem, "write it without /dev/, like name=vda");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status guard_check_rule(const char *rule, struct problem *problem)
{
    char word[WORD_BYTES];
    bool has_extreme = false;
    if (strlen(rule) >= ORDER_DISK_BYTES) {
        problem_set(problem, "a rule for disks has at most %d characters", ORDER_DISK_BYTES - 1);
        return STATUS_MALFORMED;
    }
    for (size_t i = 0; rule[i] != '\0'; i++) {
        if (text_is_control(rule[i]) || (unsigned char)rule[i] >= 0x7f) {
            problem_set(problem, "a rule for disks has printable ASCII characters only");
            return STATUS_MALFORMED;
        }
    }
    while (next_word(&rule, word)) {
        if (is_extreme(word)) {
            if (has_extreme) {
                problem_set(problem, "a rule for disks says 'smallest' or 'largest' once at most");
                return STATUS_MALFORMED;
            }
            has_extreme = true;
        } else if (check_word(word, problem) != STATUS_OK) {
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

// Whether `part` is inside `whole`, any case.
static bool has_part(const char *whole, const char *part)
{
    for (; *whole != '\0'; whole++) {
        size_t at = 0;
        while (part[at] != '\0' && text_lower(whole[at]) == text_lower(part[at])) {
            at++;
        }
        if (part[at] == '\0') {
            return true;
        }
    }
    return false;
}

static bool word_holds(const char *word, const struct inventory_disk *disk)
{
    const struct rule_word *known = find_word(word);
    uint64_t bytes = 0;
    if (known == NULL) {
        return is_extreme(word); // about all that are left, see pick_extreme
    }
    const char *value = word + strlen(known->start);
    switch (known->field) {
    case RULE_SERIAL:
        return strcmp(disk->serial, value) == 0;
    case RULE_NAME:
        return strcmp(disk->name, value) == 0;
    case RULE_TRANSPORT:
        return text_equal_nocase(disk->transport, value);
    case RULE_MODEL:
        return has_part(disk->model, value);
    case RULE_SIZE:
        break;
    }
    return parse_size(value, &bytes) &&
           (known->match == RULE_LEAST ? disk->bytes >= bytes : disk->bytes <= bytes);
}

static bool rule_holds(const char *rule, const struct inventory_disk *disk)
{
    char word[WORD_BYTES];
    while (next_word(&rule, word)) {
        if (!word_holds(word, disk)) {
            return false;
        }
    }
    return true;
}

static bool rule_has(const char *rule, const char *start)
{
    char word[WORD_BYTES];
    while (next_word(&rule, word)) {
        if (text_starts(word, start)) {
            return true;
        }
    }
    return false;
}

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
    bool takes_portable = rule_has(rule, "transport=") || rule_has(rule, "serial=");
    unsigned count =
        inventory->disk_count < INVENTORY_DISKS_MOST ? inventory->disk_count : INVENTORY_DISKS_MOST;
    for (unsigned i = 0; i < count; i++) {
        const struct inventory_disk *disk = &inventory->disks[i];
        if (!rule_holds(rule, disk)) {
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
    if (rule_has(rule, "smallest") || rule_has(rule, "largest")) {
        keep_extreme(&found, rule_has(rule, "largest"));
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
        text_add_format(&text, "None of the %u disks of this machine fits the rule '",
                        facts->inventory->disk_count);
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
    return starts == 0 || (starts & wanted) != 0 ? REASON_NONE : REASON_FIRMWARE_UNFIT;
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

// A disk without a serial number is named by its place and size only, so another one may be there now. Ours
// has no partition table until it is sealed; one that has was never ours, unless a person gave it up.
static bool is_other_disk(const struct order *order, const struct inventory_disk *disk)
{
    return order->state != ORDER_SEALING && disk->serial[0] == '\0' && disk->table[0] != '\0' &&
           !has_key(disk, order->erase);
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
        return cannot_target(key, "has a partition table now, so it may be another disk. It was not touched.",
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
    return choose(candidates,
                  disk == NULL ? "which is not in this machine. There is: "
                               : "which the order's rule for disks does not allow. It allows: ",
                  key);
}

struct guard guard_decide(const struct guard_facts *facts)
{
    const char *rule = facts->rule == NULL ? "" : facts->rule;
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
