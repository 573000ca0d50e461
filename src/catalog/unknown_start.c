// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/unknown_start.h"

#include "catalog/unknown.h"
#include "loader/loader.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MIB               (UINT64_C(1) << 20)
#define SYSTEM_BYTES      (UINT64_C(768) * MIB) // that a system takes besides what is loaded into memory
#define KERNEL_HEAD_BYTES 1024

// Words that only mean something to a medium in a drive or to a loader.
static const char *const OF_A_DRIVE[] = {
    "BOOT_IMAGE=", "initrd=",  "iso-scan/filename=", "findiso=",      "fromiso=",
    "isofrom=",    "img_dev=", "img_loop=",          "live-media=",   "bootfrom=",
    "ip=",         "BOOTIF=",  "netboot=",           "fetch=",        "url=",
    "isoloop=",    "isoboot=", "isodevice=",         "rd.live.check", "cdrom-detect/",
};

// A word of kernel arguments: "name" or "name=value".
struct word {
    const char *text;
    size_t length;
};

static bool next_word(const char **rest, struct word *word)
{
    bool in_quotes = false;
    const char *at = *rest + strspn(*rest, " ");
    word->text = at;
    for (; *at != '\0' && (in_quotes || *at != ' '); at++) {
        in_quotes = in_quotes != (*at == '"');
    }
    word->length = (size_t)(at - word->text);
    *rest = at;
    return word->length != 0;
}

static bool is_word(const struct word *word, const char *name)
{
    size_t length = strlen(name);
    bool is_prefix = strchr("=/", name[length - 1]) != NULL;
    return (is_prefix ? word->length >= length : word->length == length) &&
           memcmp(word->text, name, length) == 0;
}

/// The value of the argument `name` ("boot="), or whether there is the bare word `name`. `value` may be NULL.
static bool find_argument(const struct unknown_start *start, const char *name, char *value,
                          size_t value_bytes)
{
    const char *rest = start->entry->arguments;
    struct word word;
    while (next_word(&rest, &word)) {
        if (is_word(&word, name)) {
            struct text text;
            if (value != NULL) {
                text_init(&text, value, value_bytes);
                text_add_bytes(&text, word.text + strlen(name), word.length - strlen(name));
                return !text.cut;
            }
            return true;
        }
    }
    return false;
}

static bool has_argument(const struct unknown_start *start, const char *name)
{
    return find_argument(start, name, NULL, 0);
}

static bool has_value(const struct unknown_start *start, const char *name, const char *wanted)
{
    char value[64];
    return find_argument(start, name, value, sizeof value) && strcmp(value, wanted) == 0;
}

// A kernel argument that every loader can pass on, and that is no template: the medium may be anybody's.
static bool may_pass(const struct word *word)
{
    bool has_quote = memchr(word->text, '"', word->length) != NULL;
    return memmem(word->text, word->length, "{{", 2) == NULL && !has_quote &&
           memchr(word->text, '\'', word->length) == NULL && memchr(word->text, '\\', word->length) == NULL;
}

static bool is_of(const struct word *word, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_word(word, names[i])) {
            return true;
        }
    }
    return false;
}

/// The entry's own arguments without those of a drive and `dropped`, then `added`, a template. false when
/// they do not fit.
static bool set_arguments(struct unknown_start *start, const char *const dropped[], size_t dropped_count,
                          const char *added)
{
    const char *rest = start->entry->arguments;
    struct word word;
    struct text text;
    text_init(&text, start->arguments, sizeof start->arguments);
    text_add(&text, added);
    while (next_word(&rest, &word)) {
        if (may_pass(&word) && !is_of(&word, OF_A_DRIVE, COUNT_OF(OF_A_DRIVE)) &&
            !is_of(&word, dropped, dropped_count)) {
            text_add(&text, text.length == 0 ? "" : " ");
            text_add_bytes(&text, word.text, word.length);
        }
    }
    return !text.cut;
}

static uint64_t size_of(const struct catalog_files *files, const char *path)
{
    return files->size == NULL ? 0 : files->size(files->context, path);
}

// A path that needs no escaping in a URL, a template or a list.
static bool is_plain_path(const char *path)
{
    for (; *path != '\0'; path++) {
        char small = text_lower(*path);
        bool is_plain = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ||
                        strchr("/._-+@~,=", *path) != NULL;
        if (!is_plain) {
            return false;
        }
    }
    return true;
}

/// The biggest file that is a file system, directly in `folder` or, with `is_deep`, anywhere below it. NULL =
/// none.
static const char *find_system(const struct catalog_files *files, const char *folder, bool is_deep)
{
    static const char *const ENDINGS[] = {".squashfs", ".sfs", ".erofs", ".img", ".sqfs"};
    const char *found = NULL;
    folder += strspn(folder, "/");
    size_t length = strlen(folder);
    while (length != 0 && folder[length - 1] == '/') {
        length--;
    }
    for (size_t i = 0; i < files->count; i++) {
        const char *path = files->paths[i];
        bool is_one = false;
        if (length != 0 && (strncasecmp(path, folder, length) != 0 || path[length] != '/')) {
            continue;
        }
        for (size_t at = 0; at < COUNT_OF(ENDINGS); at++) {
            is_one = is_one || text_ends(path, ENDINGS[at]);
        }
        const char *name = path + length + (length == 0 ? 0 : 1);
        if (is_one && (is_deep || strchr(name, '/') == NULL) && is_plain_path(path) &&
            (found == NULL || size_of(files, path) > size_of(files, found))) {
            found = path;
        }
    }
    return found;
}

static bool has_file(const struct unknown_start *start, const char *path)
{
    return unknown_find_path(start->files, "", path) != NULL;
}

static void set_network(struct unknown_start *start, const char *family, enum image_grade grade,
                        uint64_t loaded_bytes)
{
    start->score = UNKNOWN_SCORE_NETWORK;
    start->family = family;
    start->grade = grade;
    if (loaded_bytes != 0) {
        start->memory_bytes = (loaded_bytes + SYSTEM_BYTES + 256 * MIB - 1) / (256 * MIB) * (256 * MIB);
    }
}

static void set_why(struct unknown_start *start, const char *system, const char *path)
{
    (void)snprintf(start->why, sizeof start->why, "%s, which loads %.100s into memory", system, path);
}

static void set_missing(struct unknown_start *start, const char *system, const char *what)
{
    (void)snprintf(start->why, sizeof start->why, "%s, but %s is not there", system, what);
}

// One row each of the ways in which an initrd finds its system. true when it is one of them, whether all that
// it needs is there or not.

static bool derive_live_boot(struct unknown_start *start)
{
    static const char *const DROPPED[] = {"root="};
    char folder[IMAGE_PATH_BYTES] = "live";
    char added[2 * IMAGE_PATH_BYTES];
    if (!has_value(start, "boot=", "live")) {
        return false;
    }
    (void)find_argument(start, "live-media-path=", folder, sizeof folder);
    char whole[IMAGE_PATH_BYTES + 32];
    (void)snprintf(whole, sizeof whole, "%s/filesystem.squashfs", folder);
    const char *system = unknown_find_path(start->files, "", whole);
    system = system == NULL ? find_system(start->files, folder, false) : system;
    if (system == NULL || !is_plain_path(system) ||
        !text_ends(system, ".squashfs")) { // it goes by the ending
        set_missing(start, "a live system (live-boot)", "its squashfs file");
        return true;
    }
    (void)snprintf(added, sizeof added, "ip=dhcp fetch={{image.url}}/%s", system);
    if (set_arguments(start, DROPPED, COUNT_OF(DROPPED), added)) {
        set_network(start, "debian-live", IMAGE_GRADE_LIVE, size_of(start->files, system));
        set_why(start, "a live system (live-boot)", system);
    }
    return true;
}

static bool derive_casper(struct unknown_start *start)
{
    bool is_casper = has_value(start, "boot=", "casper") || strncasecmp(start->kernel, "casper/", 7) == 0;
    if (!is_casper) {
        return false;
    }
    if (!has_file(start, UNKNOWN_WHOLE)) {
        set_missing(start, "a live system (casper), which loads its whole medium", "that medium");
        return true;
    }
    if (set_arguments(start, NULL, 0,
                      "ip=dhcp url={{image.url}}/" UNKNOWN_WHOLE " cloud-config-url=/dev/null")) {
        set_network(start, "ubuntu", IMAGE_GRADE_LIVE, 2 * size_of(start->files, UNKNOWN_WHOLE));
        set_why(start, "a live system (casper)", "the whole medium");
    }
    return true;
}

static bool derive_anaconda(struct unknown_start *start)
{
    static const char *const DROPPED[] = {
        "inst.stage2=", "inst.repo=", "repo=", "stage2=", "method=", "root="};
    bool is_anaconda = has_argument(start, "inst.stage2=") || has_argument(start, "inst.repo=") ||
                       (has_file(start, "images/install.img") && !has_argument(start, "rd.live.image"));
    if (!is_anaconda) {
        return false;
    }
    bool has_packages =
        has_file(start, "repodata/repomd.xml") || has_file(start, "BaseOS/repodata/repomd.xml");
    if (!has_file(start, "images/install.img") && !has_file(start, "LiveOS/squashfs.img")) {
        set_missing(start, "Anaconda's installer", "images/install.img");
        return true;
    }
    if (set_arguments(start, DROPPED, COUNT_OF(DROPPED),
                      has_packages ? "ip=dhcp inst.repo={{image.url}}"
                                   : "ip=dhcp inst.stage2={{image.url}}")) {
        set_network(start, "redhat", IMAGE_GRADE_UNATTENDED, size_of(start->files, "images/install.img"));
        (void)text_copy(start->why, sizeof start->why,
                        has_packages
                            ? "Anaconda's installer with packages, for a kickstart file"
                            : "Anaconda's installer without packages, so the kickstart file must name a "
                              "source");
    }
    return true;
}

static bool derive_dracut(struct unknown_start *start)
{
    static const char *const DROPPED[] = {"root=", "rd.live.dir=", "rd.live.squashimg=", "rd.neednet="};
    char root[64] = "";
    char folder[IMAGE_PATH_BYTES] = "LiveOS";
    char name[64] = "squashfs.img";
    char whole[IMAGE_PATH_BYTES + 72];
    char added[2 * IMAGE_PATH_BYTES];
    (void)find_argument(start, "root=", root, sizeof root);
    if (!has_argument(start, "rd.live.image") && !text_starts(root, "live:")) {
        return false;
    }
    (void)find_argument(start, "rd.live.dir=", folder, sizeof folder);
    (void)find_argument(start, "rd.live.squashimg=", name, sizeof name);
    (void)snprintf(whole, sizeof whole, "%s/%s", folder, name);
    const char *system = unknown_find_path(start->files, "", whole);
    system = system == NULL ? find_system(start->files, folder, false) : system;
    if (system == NULL || !is_plain_path(system)) {
        set_missing(start, "a live system (dracut)", "its squashfs file");
        return true;
    }
    (void)snprintf(added, sizeof added, "ip=dhcp rd.neednet=1 root=live:{{image.url}}/%s", system);
    if (set_arguments(start, DROPPED, COUNT_OF(DROPPED), added)) {
        set_network(start, UNKNOWN_FAMILY, IMAGE_GRADE_LIVE, 2 * size_of(start->files, system));
        set_why(start, "a live system (dracut)", system);
    }
    return true;
}

/// Arch's way and Manjaro's, which is made after it: `stem` is "archiso" or "miso".
static bool derive_iso_hook(struct unknown_start *start, const char *stem, const char *about)
{
    char names[4][48];
    static const char *const ENDINGS[COUNT_OF(names)] = {"label=", "device=", "searchuuid=", "_http_srv="};
    char basedir[48];
    char folder[IMAGE_PATH_BYTES];
    char added[IMAGE_PATH_BYTES];
    const char *dropped[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct text text;
        text_init(&text, names[i], sizeof names[i]);
        text_add(&text, stem);
        text_add(&text, ENDINGS[i]);
        dropped[i] = names[i];
    }
    (void)snprintf(basedir, sizeof basedir, "%sbasedir=", stem);
    if (!find_argument(start, basedir, folder, sizeof folder)) {
        return false;
    }
    const char *system = find_system(start->files, folder, true);
    if (system == NULL) {
        set_missing(start, about, "its airootfs");
        return true;
    }
    (void)snprintf(added, sizeof added, "ip=dhcp %s_http_srv={{image.url}}/", stem);
    if (set_arguments(start, dropped, COUNT_OF(dropped), added)) {
        set_network(start, "arch", IMAGE_GRADE_LIVE, size_of(start->files, system));
        set_why(start, about, system);
    }
    return true;
}

static bool derive_archiso(struct unknown_start *start)
{
    return derive_iso_hook(start, "archiso", "a live system (archiso)");
}

static bool derive_miso(struct unknown_start *start)
{
    return derive_iso_hook(start, "miso", "a live system (Manjaro's miso)");
}

static bool derive_alpine(struct unknown_start *start)
{
    static const char *const DROPPED[] = {"alpine_dev=", "alpine_repo=", "modloop="};
    char added[2 * IMAGE_PATH_BYTES];
    const char *modloop = NULL;
    const char *kernel = strrchr(start->kernel, '-'); // boot/vmlinuz-lts goes with boot/modloop-lts
    for (size_t i = 0; i < start->files->count; i++) {
        const char *path = start->files->paths[i];
        bool is_one = strstr(path, "boot/modloop-") != NULL && is_plain_path(path);
        if (is_one && (modloop == NULL || (kernel != NULL && text_ends(path, kernel)))) {
            modloop = path;
        }
    }
    if (modloop == NULL) {
        return false;
    }
    struct text text;
    text_init(&text, added, sizeof added);
    text_add_format(&text, "ip=dhcp modloop={{image.url}}/%s", modloop);
    for (size_t i = 0; i < start->files->count; i++) {
        if (text_starts(start->files->paths[i], "apks/")) {
            text_add(&text, " alpine_repo={{image.url}}/apks");
            break;
        }
    }
    if (!text.cut && set_arguments(start, DROPPED, COUNT_OF(DROPPED), added)) {
        set_network(start, "alpine", IMAGE_GRADE_LIVE, size_of(start->files, modloop));
        set_why(start, "Alpine's live system", modloop);
    }
    return true;
}

static bool derive_linuxrc(struct unknown_start *start)
{
    static const char *const DROPPED[] = {"install=", "netsetup=", "instsys="};
    bool has_root = false;
    for (size_t i = 0; i < start->files->count && !has_root; i++) {
        const char *path = start->files->paths[i]; // boot/x86_64/root
        has_root = text_starts(path, "boot/") && text_ends(path, "/root");
    }
    if (!has_root && !has_argument(start, "install=")) {
        return false;
    }
    if (!has_root) {
        set_missing(start, "SUSE's installer (linuxrc)", "boot/ARCHITECTURE/root");
        return true;
    }
    if (set_arguments(start, DROPPED, COUNT_OF(DROPPED), "netsetup=dhcp install={{image.url}}")) {
        set_network(start, "suse", IMAGE_GRADE_UNATTENDED, 0);
        (void)text_copy(start->why, sizeof start->why, "SUSE's installer (linuxrc), for an AutoYaST file");
    }
    return true;
}

static bool derive_ignition(struct unknown_start *start)
{
    static const char *const DROPPED[] = {"coreos.liveiso=", "coreos.inst.", "root="};
    const char *system = unknown_find_path(start->files, "", "images/pxeboot/rootfs.img");
    if (!has_argument(start, "coreos.liveiso=") || system == NULL) {
        return false;
    }
    if (set_arguments(start, DROPPED, COUNT_OF(DROPPED),
                      "ip=dhcp coreos.live.rootfs_url={{image.url}}/images/pxeboot/rootfs.img")) {
        set_network(start, "coreos", IMAGE_GRADE_LIVE, 2 * size_of(start->files, system));
        set_why(start, "a live system by its Ignition file", system);
    }
    return true;
}

// Debian's installer looks for a drive, unless its initrd is that of network boot.
static bool derive_debian_installer(struct unknown_start *start)
{
    bool is_installer = has_file(start, ".disk/info") && strstr(start->initrd, "install") != NULL &&
                        !has_argument(start, "boot=");
    if (is_installer && strstr(start->initrd, "netboot") == NULL) {
        (void)text_copy(
            start->why, sizeof start->why,
            "Debian's installer with the initrd for a drive; it needs the one of its netboot archive");
    }
    return is_installer && start->why[0] != '\0';
}

// What asks for a drive by its name, and nobody here knows what else it would take.
static bool derive_drive(struct unknown_start *start)
{
    static const char *const NAMES[] = {"root=",    "label=",    "from=",
                                        "cdroot",   "cdrom",     "isofrom",
                                        "bootfs=",  "findiso=",  "iso-scan/filename=",
                                        "fromiso=", "looptype=", "loop="};
    char value[64];
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        value[0] = '\0';
        bool is_there = find_argument(start, NAMES[i], value, sizeof value);
        bool is_memory = strcmp(NAMES[i], "root=") == 0 && text_starts(value, "/dev/ram");
        if (is_there && !is_memory) {
            (void)snprintf(
                start->why, sizeof start->why,
                "what it starts looks for its system in a drive (%s%s), and no way is known to give it "
                "one over the network",
                NAMES[i], value);
            return true;
        }
    }
    const char *system = start->files->size == NULL ? NULL : find_system(start->files, "", true);
    bool is_bigger = system != NULL && size_of(start->files, system) > 32 * MIB &&
                     size_of(start->files, system) > 4 * size_of(start->files, start->kernel) &&
                     strstr(start->initrd, system) == NULL;
    if (is_bigger) {
        (void)snprintf(
            start->why, sizeof start->why,
            "what it starts most likely looks for %.100s in a drive, and no way is known to give it that "
            "over the network",
            system);
    }
    return is_bigger;
}

static bool derive_alone(struct unknown_start *start)
{
    if (set_arguments(start, NULL, 0, "")) {
        start->score = start->initrd[0] == '\0' ? UNKNOWN_SCORE_TOOL : UNKNOWN_SCORE_ALONE;
        start->grade = IMAGE_GRADE_LIVE;
        start->family = UNKNOWN_FAMILY;
        (void)text_copy(start->why, sizeof start->why,
                        start->initrd[0] == '\0' ? "a kernel without initrd, which asks for nothing else"
                                                 : "kernel and initrd, which ask for nothing else");
    }
    return true;
}

// The kernel's own head says for which firmware it is: boot protocol of x86 (Documentation/arch/x86/boot.rst:
// "HdrS" at 0x202, xloadflags at 0x236), ARM64's magic at 0x38. What is not known is taken for x64.
static uint8_t find_firmware(const struct unknown_start *start)
{
    static const char ARM64_MAGIC[] = {'A', 'R', 'M', 0x64};
    char head[KERNEL_HEAD_BYTES];
    size_t length = 0;
    bool is_read = start->files->read != NULL && start->files->read(start->files->context, start->kernel,
                                                                    head, sizeof head, &length) == STATUS_OK;
    if (is_read && length >= 0x3c && memcmp(head + 0x38, ARM64_MAGIC, sizeof ARM64_MAGIC) == 0) {
        return IMAGE_ON_ARM64;
    }
    if (!is_read || length < 0x238 || memcmp(head + 0x202, "HdrS", 4) != 0) {
        return IMAGE_ON_BIOS | IMAGE_ON_X64;
    }
    bool has_64_bits = (head[0x236] & 1) != 0;
    bool has_efi = head[0] == 'M' && head[1] == 'Z';
    uint8_t efi = has_64_bits ? IMAGE_ON_X64 : IMAGE_ON_IA32;
    return has_efi ? (uint8_t)(IMAGE_ON_BIOS | efi) : IMAGE_ON_BIOS;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// syslinux's memdisk: the initrd is a disk that it puts into memory.
static bool derive_memdisk(struct unknown_start *start)
{
    if (strcasecmp(name_of(start->kernel), "memdisk") != 0 || start->initrd[0] == '\0' ||
        strchr(start->initrd, ' ') != NULL || strlen(start->initrd) >= sizeof start->kernel) {
        return false;
    }
    (void)text_copy(start->kernel, sizeof start->kernel, start->initrd);
    start->initrd[0] = '\0';
    start->way = IMAGE_WAY_DISK;
    start->on = IMAGE_ON_BIOS;
    if (set_arguments(start, NULL, 0, "")) {
        start->score = UNKNOWN_SCORE_TOOL;
        start->grade = IMAGE_GRADE_WHOLE;
        start->family = UNKNOWN_FAMILY;
        start->memory_bytes = size_of(start->files, start->kernel) + SYSTEM_BYTES;
        (void)snprintf(start->why, sizeof start->why, "a disk in memory, %.100s, on BIOS", start->kernel);
    }
    return true;
}

static bool is_tool(const struct unknown_start *start)
{
    static const char *const NAMES[] = {"memtest", "mt86", "hdt",  "memdisk",
                                        "plpbt",   "ipxe", "gpxe", "netboot.xyz"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcasestr(name_of(start->kernel), NAMES[i]) != NULL) {
            return true;
        }
    }
    return false;
}

// Finds kernel and initrds. An initrd that is not there is one too few.
static bool find_files(struct unknown_start *start)
{
    const char *rest = start->entry->initrd;
    const char *kernel = unknown_find_path(start->files, start->config, start->entry->kernel);
    struct text initrds;
    struct word word;
    unsigned count = 0;
    text_init(&initrds, start->initrd, sizeof start->initrd);
    if (kernel == NULL || !is_plain_path(kernel) || strlen(kernel) >= sizeof start->kernel) {
        (void)snprintf(start->why, sizeof start->why, "it starts %.120s, which is not there",
                       start->entry->kernel);
        return false;
    }
    (void)text_copy(start->kernel, sizeof start->kernel, kernel);
    while (next_word(&rest, &word)) {
        char path[IMAGE_PATH_BYTES];
        struct text text;
        text_init(&text, path, sizeof path);
        text_add_bytes(&text, word.text, word.length);
        if (++count > LOADER_INITRDS_MOST) {
            (void)snprintf(start->why, sizeof start->why,
                           "it loads more files as initrd than the %d that a loader can be told",
                           LOADER_INITRDS_MOST);
            return false;
        }
        const char *initrd = text.cut ? NULL : unknown_find_path(start->files, start->config, path);
        if (initrd == NULL || !is_plain_path(initrd)) {
            (void)snprintf(start->why, sizeof start->why, "it loads %.120s, which is not there", path);
            return false;
        }
        text_add_format(&initrds, "%s%s", initrds.length == 0 ? "" : " ", initrd);
    }
    return !initrds.cut;
}

void unknown_start_derive(struct unknown_start *start)
{
    static bool (*const WAYS[])(struct unknown_start *) = {
        derive_memdisk, derive_live_boot, derive_casper, derive_ignition, derive_anaconda,
        derive_dracut,  derive_archiso,   derive_miso,   derive_alpine,   derive_debian_installer,
        derive_linuxrc, derive_drive,     derive_alone};
    start->score = UNKNOWN_SCORE_NOTHING;
    start->way = IMAGE_WAY_KERNEL;
    if (start->entry->kind != BOOT_ENTRY_LINUX || start->entry->cut) {
        (void)snprintf(start->why, sizeof start->why, "it starts %.120s, which is no kernel of Linux",
                       start->entry->kernel);
        return;
    }
    if (!find_files(start)) {
        return;
    }
    start->on = find_firmware(start);
    bool is_derived = false;
    for (size_t i = 0; i < COUNT_OF(WAYS) && !is_derived; i++) {
        is_derived = WAYS[i](start);
    }
    if (is_tool(start)) {
        start->score = start->score < UNKNOWN_SCORE_TOOL ? start->score : UNKNOWN_SCORE_TOOL;
    }
    if (start->why[0] == '\0') {
        (void)text_copy(start->why, sizeof start->why, "its arguments are too long");
    }
}
