// SPDX-License-Identifier: GPL-3.0-or-later
// The wipe guard: what it lets through, what it asks, what it refuses, and that it never picks a disk that
// nobody meant.
#include "model/guard.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdio.h>

#define GB  UINT64_C(1000000000)
#define MIB (UINT64_C(1024) * 1024)

// ---- rules ----

static void good_rules_are_accepted(void **state)
{
    (void)state;
    static const char *const rules[] = {"",
                                        "   ",
                                        "serial=QM00001",
                                        "name=vda",
                                        "transport=nvme",
                                        "model=samsung",
                                        "size>=100G",
                                        "size<=2T size>=4Gi",
                                        "size>=1000000",
                                        "smallest",
                                        "transport=sata  largest",
                                        "serial=a=b"};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct problem problem = {0};
        if (guard_check_rule(rules[i], &problem) != STATUS_OK) {
            fail_msg("'%s': %s", rules[i], problem.text);
        }
    }
}

static void bad_rules_are_refused_and_told(void **state)
{
    (void)state;
    static const char *const rules[] = {"vda",
                                        "serial=",
                                        "serial =X",
                                        "size>=",
                                        "size>=big",
                                        "size>=1X",
                                        "size>=1GB",
                                        "size>=1Gib",
                                        "size>=-1",
                                        "size>=1.5T",
                                        "size>100G",
                                        "size=100G",
                                        "size>=99999999999999999999",
                                        "size>=18446744073709551615K",
                                        "size>=99999999T",
                                        "smallest largest",
                                        "smallest smallest",
                                        "Smallest",
                                        "name=/dev/vda",
                                        "model=a\tb",
                                        "serial=\xc3\xa4",
                                        "smallest=1"};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct problem problem = {0};
        if (guard_check_rule(rules[i], &problem) != STATUS_MALFORMED) {
            fail_msg("'%s' is accepted", rules[i]);
        }
        assert_true(problem_is_set(&problem));
    }
    char big[ORDER_DISK_BYTES + 1];
    memset(big, 'x', sizeof big);
    memcpy(big, "serial=", strlen("serial="));
    big[sizeof big - 1] = '\0';
    assert_int_equal(guard_check_rule(big, NULL), STATUS_MALFORMED);
    big[sizeof big - 2] = '\0';
    assert_int_equal(guard_check_rule(big, NULL), STATUS_OK);
}

// ---- cases ----

enum { BLANK = 0, FULL = 1, READ_ONLY = 2, REMOVABLE = 4, SECTORS_4K = 8, DIRTY = 16 };

struct disk_fact {
    const char *name; // NULL = no more
    const char *serial;
    const char *transport;
    uint64_t bytes;
    unsigned flags;
};

static const struct disk_fact A = {"vda", "A1", "virtio", 8 * GB, BLANK};
static const struct disk_fact A_FULL = {"vda", "A1", "virtio", 8 * GB, FULL};
static const struct disk_fact A_HALF = {"vda", "A1", "virtio", 8 * GB, DIRTY}; // its table is held back
static const struct disk_fact B = {"vdb", "B2", "virtio", 20 * GB, BLANK};
static const struct disk_fact B_FULL = {"vdb", "B2", "virtio", 20 * GB, FULL};
static const struct disk_fact B_TWIN = {"vdb", "A1", "virtio", 20 * GB, BLANK};
static const struct disk_fact C_FULL = {"nvme0n1", "C3", "nvme", 20 * GB, FULL};
static const struct disk_fact NAMELESS = {"vda", "", "virtio", 8 * GB, BLANK};
static const struct disk_fact NAMELESS_FULL = {"vda", "", "virtio", 8 * GB, FULL};
static const struct disk_fact USB = {"sda", "U9", "usb", 16 * GB, BLANK};
static const struct disk_fact STICK = {"sda", "U9", "scsi", 16 * GB, REMOVABLE};
static const struct disk_fact LOCKED = {"sdb", "L5", "sata", 16 * GB, READ_ONLY};
static const struct disk_fact EMPTY_READER = {"sdc", "R6", "sata", 0, BLANK};
static const struct disk_fact TINY = {"sdd", "T7", "sata", 64 * MIB - 512, BLANK};
static const struct disk_fact UNKNOWN = {"vda", "D4", "virtio", 8 * GB, DIRTY};
static const struct disk_fact SECTORS = {"nvme0n1", "S8", "nvme", 20 * GB, SECTORS_4K};

struct guard_case {
    const char *says; // what this is about
    struct disk_fact disks[4];
    const char *rule;
    const char *erase;
    const char *target;
    enum guard_kind kind;
    const char *key; // of the disk of GO and CONFIRM
    enum reason_id reason;
    const char *text; // part of what is said; NULL = anything
};

static const struct guard_case CASES[] = {
    {"the only disk is blank", {A}, "", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, "disk A1, 8 GB, blank"},
    {"the only disk is not",
     {A_FULL},
     "",
     "",
     "",
     GUARD_CONFIRM,
     "A1",
     REASON_DISK_NOT_BLANK,
     "This would be lost: disk A1, 8 GB: ext4 'root', Debian 12"},
    {"nothing that is known, but not blank",
     {UNKNOWN},
     "",
     "",
     "",
     GUARD_CONFIRM,
     "D4",
     REASON_DISK_NOT_BLANK,
     "not blank, but nothing that is known"},
    {"it was given up", {A_FULL}, "", "A1", "", GUARD_GO, "A1", REASON_DISK_GIVEN_UP, NULL},
    {"a blank one was given up", {A}, "", "A1", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"part of the key is not the key", {A_FULL}, "", "A", "", GUARD_CHOOSE, NULL, REASON_DISK_UNCLEAR, NULL},
    {"the key in another case is not the key",
     {A_FULL},
     "",
     "a1",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     NULL},
    {"another was given up",
     {A_FULL},
     "",
     "Z9",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "gives up the disk Z9, which is not in this machine. There is: disk A1"},
    {"another was given up, this one is blank",
     {A},
     "",
     "Z9",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "not in this machine"},
    {"no disk", {{0}}, "", "", "", GUARD_CANNOT, NULL, REASON_DISK_NONE, "found no disk"},
    {"no disk, though one was given up", {{0}}, "", "A1", "", GUARD_CANNOT, NULL, REASON_DISK_NONE, NULL},

    {"two blank disks",
     {A, B},
     "",
     "",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "Several disks fit: disk A1, 8 GB, blank | disk B2, 20 GB, blank"},
    {"one of two is blank: still no guess",
     {A, B_FULL},
     "",
     "",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     NULL},
    {"one of two was given up", {A, B_FULL}, "", "B2", "", GUARD_GO, "B2", REASON_DISK_GIVEN_UP, NULL},
    {"the blank one of two was named", {A, B_FULL}, "", "A1", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"by serial number", {A, B}, "serial=B2", "", "", GUARD_GO, "B2", REASON_DISK_BLANK, NULL},
    {"by name", {A, B_FULL}, "name=vdb", "", "", GUARD_CONFIRM, "B2", REASON_DISK_NOT_BLANK, NULL},
    {"by transport", {A, C_FULL}, "transport=NVMe", "", "", GUARD_CONFIRM, "C3", REASON_DISK_NOT_BLANK, NULL},
    {"by size", {A, B}, "size>=10G", "", "", GUARD_GO, "B2", REASON_DISK_BLANK, NULL},
    {"by size, just as large", {A, B}, "size>=20G", "", "", GUARD_GO, "B2", REASON_DISK_BLANK, NULL},
    {"by size, the other way", {A, B}, "size<=8G", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"by model", {A, B}, "model=DISK-VDB", "", "", GUARD_GO, "B2", REASON_DISK_BLANK, NULL},
    {"the smallest", {B, A, C_FULL}, "smallest", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"the largest, of which there are two",
     {A, B, C_FULL},
     "largest",
     "",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "disk B2"},
    {"the largest of a kind",
     {A, B, C_FULL},
     "transport=virtio largest",
     "",
     "",
     GUARD_GO,
     "B2",
     REASON_DISK_BLANK,
     NULL},
    {"a rule that fits none",
     {A, B},
     "transport=sata",
     "",
     "",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NONE,
     "None of the 2 disks of this machine fits the rule 'transport=sata'"},
    {"two rules that exclude each other",
     {A, B},
     "serial=A1 serial=B2",
     "",
     "",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NONE,
     NULL},
    {"a rule nobody understands is not 'any disk'",
     {A},
     "the big one",
     "",
     "",
     GUARD_CANNOT,
     NULL,
     REASON_ORDER_BROKEN,
     NULL},
    {"given up, but the rule excludes it",
     {A, B_FULL},
     "name=vda",
     "B2",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "rule for disks does not allow. It allows: disk A1"},
    {"given up, but not the smallest",
     {A, B_FULL},
     "smallest",
     "B2",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "It picks: disk A1"},

    {"disks with one serial number",
     {A, B_TWIN},
     "name=vda",
     "",
     "",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_UNCLEAR,
     "cannot be told apart"},
    {"disks with one serial number, given up",
     {A, B_TWIN},
     "",
     "A1",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "several disks have that serial number"},
    {"twins, but another disk is meant",
     {A, B_TWIN, C_FULL},
     "transport=nvme",
     "C3",
     "",
     GUARD_GO,
     "C3",
     REASON_DISK_GIVEN_UP,
     NULL},
    {"without serial number",
     {NAMELESS_FULL},
     "",
     "",
     "",
     GUARD_CONFIRM,
     "vda@8000000000",
     REASON_DISK_NOT_BLANK,
     "disk vda@8000000000, 8 GB"},
    {"without serial number, given up",
     {NAMELESS_FULL},
     "",
     "vda@8000000000",
     "",
     GUARD_GO,
     "vda@8000000000",
     REASON_DISK_GIVEN_UP,
     NULL},
    {"without serial number, only its name given",
     {NAMELESS_FULL},
     "",
     "vda",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     NULL},
    {"its name and size do not name a disk with a serial number",
     {A_FULL},
     "",
     "vda@8000000000",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     NULL},

    {"only a USB disk", {USB}, "", "", "", GUARD_CANNOT, NULL, REASON_DISK_NONE, "removable disk, U9"},
    {"a stick does not make it unclear", {STICK, A}, "", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"a stick is not taken by name",
     {STICK, A},
     "name=sda",
     "",
     "",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NONE,
     "removable disk, U9"},
    {"nor as the largest", {STICK, A}, "largest", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"nor because it was given up",
     {STICK, A},
     "",
     "U9",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "is removable"},
    {"but by its serial number", {STICK, A}, "serial=U9", "", "", GUARD_GO, "U9", REASON_DISK_BLANK, NULL},
    {"or its transport", {USB, A}, "transport=usb", "", "", GUARD_GO, "U9", REASON_DISK_BLANK, NULL},
    {"a write-protected disk", {LOCKED}, "", "", "", GUARD_CANNOT, NULL, REASON_DISK_READ_ONLY, "L5"},
    {"a write-protected disk beside", {LOCKED, A}, "", "", "", GUARD_GO, "A1", REASON_DISK_BLANK, NULL},
    {"a write-protected disk was given up",
     {LOCKED, A},
     "",
     "L5",
     "",
     GUARD_CHOOSE,
     NULL,
     REASON_DISK_UNCLEAR,
     "write-protected"},
    {"an empty card reader and a tiny disk",
     {EMPTY_READER, TINY, A},
     "",
     "",
     "",
     GUARD_GO,
     "A1",
     REASON_DISK_BLANK,
     NULL},
    {"nothing but a tiny disk", {TINY}, "", "", "", GUARD_CANNOT, NULL, REASON_DISK_NONE, "64 MiB"},
    {"large sectors are no matter for a root image",
     {SECTORS},
     "",
     "",
     "",
     GUARD_GO,
     "S8",
     REASON_DISK_BLANK,
     NULL},

    {"begun: it goes on", {A_HALF}, "", "", "A1", GUARD_GO, "A1", REASON_DISK_BEGUN, NULL},
    {"begun: among others", {B, A_HALF, C_FULL}, "", "", "A1", GUARD_GO, "A1", REASON_DISK_BEGUN, NULL},
    {"begun: whatever the rule says now",
     {A_HALF, B},
     "largest",
     "B2",
     "A1",
     GUARD_GO,
     "A1",
     REASON_DISK_BEGUN,
     NULL},
    {"begun: the disk is gone",
     {B},
     "",
     "",
     "A1",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NONE,
     "The disk A1, which this order had begun to write, is not in the machine any more"},
    {"begun: the disk is gone, the other given up",
     {B_FULL},
     "",
     "B2",
     "A1",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NONE,
     NULL},
    {"begun: no disk at all", {{0}}, "", "", "A1", GUARD_CANNOT, NULL, REASON_DISK_NONE, NULL},
    {"begun: two have its serial number now",
     {A, B_TWIN},
     "",
     "",
     "A1",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_UNCLEAR,
     NULL},
    {"begun: write-protected now", {LOCKED}, "", "", "L5", GUARD_CANNOT, NULL, REASON_DISK_READ_ONLY, NULL},
    {"begun: without serial number",
     {NAMELESS},
     "",
     "",
     "vda@8000000000",
     GUARD_GO,
     "vda@8000000000",
     REASON_DISK_BEGUN,
     NULL},
    {"begun: another disk stands in its place",
     {NAMELESS_FULL},
     "",
     "",
     "vda@8000000000",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NOT_BLANK,
     "may be another disk"},
    {"begun: somebody made use of it meanwhile",
     {A_FULL},
     "",
     "",
     "A1",
     GUARD_CANNOT,
     NULL,
     REASON_DISK_NOT_BLANK,
     "somebody used it meanwhile"},
    {"begun: it has a serial number, is not wiped yet, and given up",
     {A_FULL},
     "",
     "A1",
     "A1",
     GUARD_GO,
     "A1",
     REASON_DISK_BEGUN,
     NULL},
    {"begun: not wiped yet, and given up",
     {NAMELESS_FULL},
     "",
     "vda@8000000000",
     "vda@8000000000",
     GUARD_GO,
     "vda@8000000000",
     REASON_DISK_BEGUN,
     NULL},
};

struct world {
    struct inventory inventory;
    struct image image;
    struct order order;
    struct guard_facts facts;
};

static void world_add(struct world *world, const struct disk_fact *fact)
{
    struct inventory_disk *disk = &world->inventory.disks[world->inventory.disk_count++];
    strcpy(disk->name, fact->name);
    strcpy(disk->serial, fact->serial);
    strcpy(disk->transport, fact->transport);
    (void)snprintf(disk->model, sizeof disk->model, "Disk-%s", fact->name);
    disk->bytes = fact->bytes;
    disk->sector_bytes = (fact->flags & SECTORS_4K) != 0 ? 4096 : 512;
    disk->is_read_only = (fact->flags & READ_ONLY) != 0;
    disk->is_removable = (fact->flags & REMOVABLE) != 0;
    disk->is_blank = (fact->flags & (FULL | DIRTY)) == 0;
    if ((fact->flags & FULL) != 0) {
        strcpy(disk->table, "gpt");
        disk->partition_count = 1;
        strcpy(disk->partitions[0].content.filesystem, "ext4");
        strcpy(disk->partitions[0].content.label, "root");
        strcpy(disk->partitions[0].content.system, "Debian 12");
    }
}

// A machine and an image that fit each other, and no disk yet.
static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->inventory.memory_bytes = 512 * MIB;
    world->image = (struct image){.name = "debian-12",
                                  .kind = IMAGE_ROOT,
                                  .starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI | IMAGE_STARTS_SECURE,
                                  .needs_bytes = 2 * GB};
    world->order = (struct order){.id = 7, .by_agent = true, .state = ORDER_RUNNING};
    world->facts = (struct guard_facts){&world->inventory, &world->image, &world->order, ""};
}

static void check_is_ascii(const char *text)
{
    assert_int_not_equal(text[0], '\0');
    for (; *text != '\0'; text++) {
        assert_in_range(*text, 0x20, 0x7e);
    }
}

static void check_guard(const char *says, const struct world *world, enum guard_kind kind, const char *key,
                        enum reason_id reason, const char *text)
{
    char own[INVENTORY_KEY_BYTES] = "";
    struct guard guard = guard_decide(&world->facts);
    if (guard.disk != NULL) {
        (void)inventory_disk_key(guard.disk, own);
    }
    if (guard.kind != kind || strcmp(own, key == NULL ? "" : key) != 0) {
        fail_msg("%s: kind %d, disk '%s': %s", says, (int)guard.kind, own, guard.text);
    }
    if (guard.reasons.count != 1 || guard.reasons.ids[0] != reason) {
        fail_msg("%s: %s", says, reason_get(guard.reasons.ids[0])->name);
    }
    if (text != NULL && strstr(guard.text, text) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", says, guard.text, text);
    }
    check_is_ascii(guard.text);
}

static void every_case_is_decided_as_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct guard_case *one = &CASES[i];
        static struct world world;
        world_init(&world);
        for (size_t j = 0; j < COUNT_OF(one->disks) && one->disks[j].name != NULL; j++) {
            world_add(&world, &one->disks[j]);
        }
        world.facts.rule = one->rule;
        strcpy(world.order.erase, one->erase);
        strcpy(world.order.target, one->target);
        world.order.state = one->target[0] == '\0' ? ORDER_RUNNING : ORDER_WRITING;
        check_guard(one->says, &world, one->kind, one->key, one->reason, one->text);
    }
}

// ---- image, firmware, memory ----

static void an_image_larger_than_the_disk_is_refused_before_anybody_is_asked(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &A_FULL);
    world.image.needs_bytes = 8 * GB;
    check_guard("just fits", &world, GUARD_CONFIRM, "A1", REASON_DISK_NOT_BLANK, NULL);
    world.image.needs_bytes = 8 * GB + 1;
    check_guard("too large", &world, GUARD_CANNOT, NULL, REASON_DISK_TOO_SMALL,
                "The disk A1 has 8 GB, but the image 'debian-12' needs 8 GB.");
    world.image.needs_bytes = 0;
    world.image.content_bytes = 9 * GB;
    check_guard("a tar may be larger", &world, GUARD_CONFIRM, "A1", REASON_DISK_NOT_BLANK, NULL);
    world.image.kind = IMAGE_DISK;
    check_guard("a disk may not", &world, GUARD_CANNOT, NULL, REASON_DISK_TOO_SMALL, "needs 9 GB");
    strcpy(world.order.target, "A1");
    strcpy(world.order.erase, "A1");
    check_guard("nor when begun", &world, GUARD_CANNOT, NULL, REASON_DISK_TOO_SMALL, NULL);
}

static void an_image_of_a_disk_does_not_fit_larger_sectors(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &SECTORS);
    world.image.kind = IMAGE_DISK;
    check_guard("4096", &world, GUARD_CANNOT, NULL, REASON_DISK_SECTORS, "sectors of 4096 bytes");
    world.inventory.disks[0].sector_bytes = 0;
    check_guard("not known", &world, GUARD_GO, "S8", REASON_DISK_BLANK, NULL);
}

static void the_image_must_start_on_the_firmware_there_is(void **state)
{
    (void)state;
    static const struct {
        bool is_uefi;
        enum inventory_secure_boot secure;
        uint8_t starts;
        bool fits;
    } cases[] = {
        {false, INVENTORY_SECURE_UNKNOWN, IMAGE_STARTS_BIOS, true},
        {false, INVENTORY_SECURE_UNKNOWN, IMAGE_STARTS_UEFI | IMAGE_STARTS_SECURE, false},
        {true, INVENTORY_SECURE_OFF, IMAGE_STARTS_BIOS, false},
        {true, INVENTORY_SECURE_OFF, IMAGE_STARTS_UEFI, true},
        {true, INVENTORY_SECURE_OFF, IMAGE_STARTS_SECURE, true},
        {true, INVENTORY_SECURE_UNKNOWN, IMAGE_STARTS_UEFI, true},
        {true, INVENTORY_SECURE_ON, IMAGE_STARTS_UEFI | IMAGE_STARTS_BIOS, false},
        {true, INVENTORY_SECURE_ON, IMAGE_STARTS_SECURE, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct world world;
        world_init(&world);
        world_add(&world, &A);
        world.inventory.is_uefi = cases[i].is_uefi;
        world.inventory.secure_boot = cases[i].secure;
        world.image.starts = cases[i].starts;
        if (cases[i].fits) {
            check_guard("fits", &world, GUARD_GO, "A1", REASON_DISK_BLANK, NULL);
        } else {
            check_guard("does not", &world, GUARD_CANNOT, NULL, REASON_FIRMWARE_UNFIT, "starts only on: ");
        }
    }
}

static void a_root_file_system_without_a_boot_loader_is_written_nowhere(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &A);
    world.image.starts = 0;
    world.image.kind = IMAGE_DISK;
    check_guard("a disk", &world, GUARD_GO, "A1", REASON_DISK_BLANK, NULL);
    world.image.kind = IMAGE_ROOT;
    check_guard("a root", &world, GUARD_CANNOT, NULL, REASON_FIRMWARE_UNFIT, "holds no boot loader");
    world.inventory.is_uefi = true;
    check_guard("by UEFI", &world, GUARD_CANNOT, NULL, REASON_FIRMWARE_UNFIT, "holds no boot loader");
}

static void a_machine_with_little_memory_is_refused(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &A);
    world.inventory.memory_bytes = GUARD_MEMORY_LEAST_BYTES;
    check_guard("enough", &world, GUARD_GO, "A1", REASON_DISK_BLANK, NULL);
    world.inventory.memory_bytes = GUARD_MEMORY_LEAST_BYTES - 1;
    check_guard("too little", &world, GUARD_CANNOT, NULL, REASON_MEMORY_SMALL, "memory");
}

static void an_image_that_is_booted_is_written_nowhere(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &A);
    world.image.kind = IMAGE_BOOT;
    check_guard("installer", &world, GUARD_CANNOT, NULL, REASON_ORDER_BROKEN, "debian-12");
}

static void sealing_goes_on_with_a_disk_that_has_its_table_already(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &NAMELESS_FULL);
    strcpy(world.order.target, "vda@8000000000");
    world.order.state = ORDER_SEALING;
    check_guard("sealing", &world, GUARD_GO, "vda@8000000000", REASON_DISK_BEGUN, NULL);
}

static void a_disk_that_only_claims_to_be_blank_is_not(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    world_add(&world, &A_FULL);
    world.inventory.disks[0].is_blank = true;
    check_guard("partitions", &world, GUARD_CONFIRM, "A1", REASON_DISK_NOT_BLANK, NULL);
}

static void many_disks_with_long_names_are_cut_with_care(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world);
    for (unsigned i = 0; i < INVENTORY_DISKS_MOST; i++) {
        world_add(&world, &A_FULL);
        struct inventory_disk *disk = &world.inventory.disks[i];
        memset(disk->serial, '\x1b', sizeof disk->serial - 3);
        disk->serial[sizeof disk->serial - 3] = (char)('a' + i);
    }
    check_guard("many", &world, GUARD_CHOOSE, NULL, REASON_DISK_UNCLEAR, "more");
    world.inventory.disk_count = 1;
    check_guard("one", &world, GUARD_CONFIRM, world.inventory.disks[0].serial, REASON_DISK_NOT_BLANK, NULL);
    struct guard guard = guard_decide(&world.facts);
    assert_true(strlen(guard.text) < sizeof guard.text);
}

// ---- whatever is in the machine ----

static uint32_t random_below(uint32_t most)
{
    static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % most;
}

// The promise, said another way than guard.c does.
static void check_promise(const struct world *world, const struct guard *guard)
{
    const struct order *order = &world->order;
    char key[INVENTORY_KEY_BYTES];
    if (guard->kind != GUARD_GO) {
        return;
    }
    (void)inventory_disk_key(guard->disk, key);
    unsigned same = 0;
    for (unsigned i = 0; i < world->inventory.disk_count; i++) {
        char other[INVENTORY_KEY_BYTES];
        same += strcmp(inventory_disk_key(&world->inventory.disks[i], other), key) == 0;
    }
    assert_int_equal(same, 1);
    assert_false(guard->disk->is_read_only);
    if (order->target[0] != '\0') {
        assert_string_equal(key, order->target);
        assert_true(guard->disk->table[0] == '\0' || strcmp(order->erase, key) == 0);
        return;
    }
    assert_true(guard->disk->is_blank || strcmp(order->erase, key) == 0);
    assert_true(order->erase[0] == '\0' || strcmp(order->erase, key) == 0);
    bool is_portable = guard->disk->is_removable || strcmp(guard->disk->transport, "usb") == 0;
    assert_true(!is_portable || strstr(world->facts.rule, "serial=") != NULL ||
                strstr(world->facts.rule, "transport=") != NULL);
}

static void no_machine_makes_it_erase_what_nobody_gave_up(void **state)
{
    (void)state;
    static const struct disk_fact *const facts[] = {
        &A, &A_FULL, &B, &B_FULL, &B_TWIN, &C_FULL, &NAMELESS, &NAMELESS_FULL, &USB, &STICK, &LOCKED, &TINY};
    static const char *const rules[] = {
        "", "", "", "smallest", "largest", "name=vda", "serial=U9", "transport=usb", "size>=9G", "model=vdb"};
    static const char *const keys[] = {"", "", "", "A1", "B2", "C3", "U9", "vda@8000000000", "Z"};
    unsigned kinds[GUARD_CANNOT + 1] = {0};
    for (unsigned i = 0; i < 50000; i++) {
        static struct world world;
        world_init(&world);
        for (unsigned j = random_below(4); j > 0; j--) {
            world_add(&world, facts[random_below(COUNT_OF(facts))]);
        }
        world.facts.rule = rules[random_below(COUNT_OF(rules))];
        strcpy(world.order.erase, keys[random_below(COUNT_OF(keys))]);
        strcpy(world.order.target, random_below(4) == 0 ? keys[random_below(COUNT_OF(keys))] : "");
        world.order.state = world.order.target[0] == '\0' ? ORDER_RUNNING : ORDER_WRITING;
        struct guard guard = guard_decide(&world.facts);
        check_promise(&world, &guard);
        check_is_ascii(guard.text);
        assert_int_equal(guard.disk != NULL, guard.kind == GUARD_GO || guard.kind == GUARD_CONFIRM);
        kinds[guard.kind]++;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        assert_true(kinds[i] > 500); // else the walk shows nothing
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rules_are_accepted),
        cmocka_unit_test(bad_rules_are_refused_and_told),
        cmocka_unit_test(every_case_is_decided_as_it_should),
        cmocka_unit_test(an_image_larger_than_the_disk_is_refused_before_anybody_is_asked),
        cmocka_unit_test(an_image_of_a_disk_does_not_fit_larger_sectors),
        cmocka_unit_test(the_image_must_start_on_the_firmware_there_is),
        cmocka_unit_test(a_root_file_system_without_a_boot_loader_is_written_nowhere),
        cmocka_unit_test(a_machine_with_little_memory_is_refused),
        cmocka_unit_test(an_image_that_is_booted_is_written_nowhere),
        cmocka_unit_test(sealing_goes_on_with_a_disk_that_has_its_table_already),
        cmocka_unit_test(a_disk_that_only_claims_to_be_blank_is_not),
        cmocka_unit_test(many_disks_with_long_names_are_cut_with_care),
        cmocka_unit_test(no_machine_makes_it_erase_what_nobody_gave_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
