// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/unknown.h"

#include "catalog/unknown_start.h"
#include "format/grub_cfg_menu.h"
#include "format/isolinux_cfg.h"
#include "format/loader_entry.h"
#include "io/heap.h"

#include <string.h>
#include <strings.h>

#define GIB (UINT64_C(1) << 30)

#define SCORE_CHOSEN  4 // what the menu starts by itself
#define SCORE_SPECIAL 8 // less for what is meant for trouble

enum language { LANGUAGE_NONE, LANGUAGE_GRUB, LANGUAGE_ISOLINUX, LANGUAGE_LOADER };

struct unknown {
    const struct catalog_files *files;
    const char *read[UNKNOWN_FILES_MOST]; // paths among the files
    size_t read_count;
    size_t entry_count;
    struct grub_cfg_variables variables;
    struct unknown_start best;
    struct unknown_start tried;        // while it is weighed
    char title[BOOT_ENTRY_NAME_BYTES]; // of the best
    char missing[IMAGE_REMARK_BYTES];  // why the first entry that cannot start cannot
    const char *missing_in;            // where that entry stands
    bool lacks_system;                 // an entry with a kernel of Linux cannot start
};

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static enum language find_language(const char *path)
{
    static const char *const SYSLINUX[] = {"isolinux.cfg", "syslinux.cfg", "extlinux.conf"};
    const char *name = name_of(path);
    if (strcasecmp(name, "grub.cfg") == 0 || text_ends(name, ".ipxe")) {
        return LANGUAGE_GRUB;
    }
    for (size_t i = 0; i < COUNT_OF(SYSLINUX); i++) {
        if (strcasecmp(name, SYSLINUX[i]) == 0) {
            return LANGUAGE_ISOLINUX;
        }
    }
    bool is_entry = strcasestr(path, "loader/entries/") != NULL && text_ends(path, ".conf");
    return is_entry ? LANGUAGE_LOADER : LANGUAGE_NONE;
}

// Entries that are for trouble, or for somebody else than most.
static bool is_special(const struct boot_entry *entry)
{
    static const char *const WORDS[] = {"safe",    "rescue", "fallback", "nomodeset", "debug",
                                        "check",   "verif",  "test",     "speech",    "accessib",
                                        "braille", "serial", "trouble"};
    bool is_one = false;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        is_one = is_one || strcasestr(entry->title, WORDS[i]) != NULL;
    }
    return is_one;
}

// One that is better than all before it is kept. What the menu itself would start comes before its others.
static void weigh(struct unknown *unknown, const struct boot_entry *entry, const char *config)
{
    struct unknown_start *tried = &unknown->tried;
    if (++unknown->entry_count > UNKNOWN_ENTRIES_MOST) {
        return;
    }
    memset(tried, 0, sizeof *tried);
    tried->files = unknown->files;
    tried->entry = entry;
    tried->config = config;
    unknown_start_derive(tried);
    if (tried->score == UNKNOWN_SCORE_NOTHING) {
        bool is_system = entry->kind == BOOT_ENTRY_LINUX;
        if (unknown->missing[0] == '\0' || (is_system && !unknown->lacks_system)) {
            memcpy(unknown->missing, tried->why, sizeof unknown->missing);
            unknown->missing_in = config;
        }
        unknown->lacks_system = unknown->lacks_system || is_system;
        return;
    }
    const char *chosen = grub_cfg_variable_find(&unknown->variables, "default");
    bool is_chosen = chosen != NULL && chosen[0] != '\0' &&
                     (strcmp(chosen, entry->name) == 0 || strcmp(chosen, entry->title) == 0);
    tried->score +=
        (entry->is_default || is_chosen ? SCORE_CHOSEN : 0) - (is_special(entry) ? SCORE_SPECIAL : 0);
    if (tried->score > unknown->best.score) {
        unknown->best = *tried;
        unknown->best.entry = NULL; // it goes with its file
        memcpy(unknown->title, entry->title, sizeof unknown->title);
    }
}

static void read_config(struct unknown *unknown, const char *path, enum language language, unsigned depth);

// What is included is in the same language, whatever it is called.
static void read_included(struct unknown *unknown, const struct boot_entry *entry, const char *config,
                          enum language language, unsigned depth)
{
    if (++unknown->entry_count > UNKNOWN_ENTRIES_MOST) { // looking for a file among very many takes its time
        return;
    }
    const char *path = unknown_find_path(unknown->files, config, entry->kernel);
    if (path != NULL && depth < UNKNOWN_DEPTH_MOST) {
        read_config(unknown, path, language, depth + 1);
    }
}

static void read_grub(struct unknown *unknown, const char *path, const char *text, size_t length,
                      unsigned depth)
{
    struct grub_cfg_menu *menu = heap_new(sizeof *menu);
    struct boot_entry *entry = heap_new(sizeof *entry);
    grub_cfg_menu_init(menu, text, length, &unknown->variables);
    while (unknown->entry_count <= UNKNOWN_ENTRIES_MOST && grub_cfg_menu_next(menu, entry)) {
        if (entry->kind == BOOT_ENTRY_INCLUDE) {
            read_included(unknown, entry, path, LANGUAGE_GRUB, depth);
        } else {
            weigh(unknown, entry, path);
        }
    }
    heap_free(entry);
    heap_free(menu);
}

// The label that the menu starts by itself is known only at the end, so it is read twice.
static void read_isolinux(struct unknown *unknown, const char *path, const char *text, size_t length,
                          unsigned depth)
{
    char chosen[BOOT_ENTRY_NAME_BYTES];
    struct isolinux_cfg *cfg = heap_new(sizeof *cfg);
    struct boot_entry *entry = heap_new(sizeof *entry);
    isolinux_cfg_init(cfg, text, length);
    while (isolinux_cfg_next(cfg, entry)) {
    }
    memcpy(chosen, cfg->chosen, sizeof chosen);
    isolinux_cfg_init(cfg, text, length);
    while (unknown->entry_count <= UNKNOWN_ENTRIES_MOST && isolinux_cfg_next(cfg, entry)) {
        if (entry->kind == BOOT_ENTRY_INCLUDE) {
            read_included(unknown, entry, path, LANGUAGE_ISOLINUX, depth);
        } else {
            entry->is_default = entry->is_default || (chosen[0] != '\0' && strcmp(entry->name, chosen) == 0);
            weigh(unknown, entry, path);
        }
    }
    heap_free(entry);
    heap_free(cfg);
}

static void read_loader_entry(struct unknown *unknown, const char *path, const char *text, size_t length)
{
    struct boot_entry *entry = heap_new(sizeof *entry);
    if (loader_entry_parse(text, length, entry) == STATUS_OK) {
        weigh(unknown, entry, path);
    }
    heap_free(entry);
}

// Each file is read once, so files that include one another come to an end.
static void read_config(struct unknown *unknown, const char *path, enum language language, unsigned depth)
{
    size_t length = 0;
    for (size_t i = 0; i < unknown->read_count; i++) {
        if (unknown->read[i] == path) {
            return;
        }
    }
    if (unknown->read_count == UNKNOWN_FILES_MOST || unknown->files->read == NULL) {
        return;
    }
    char *text = heap_new(UNKNOWN_FILE_BYTES);
    if (unknown->files->read(unknown->files->context, path, text, UNKNOWN_FILE_BYTES, &length) == STATUS_OK) {
        unknown->read[unknown->read_count++] = path;
        if (language == LANGUAGE_GRUB) {
            read_grub(unknown, path, text, length, depth);
        } else if (language == LANGUAGE_ISOLINUX) {
            read_isolinux(unknown, path, text, length, depth);
        } else {
            read_loader_entry(unknown, path, text, length);
        }
    }
    heap_free(text);
}

static void set_variable(struct grub_cfg_variables *variables, const char *name, const char *value)
{
    struct grub_cfg_variable *row = &variables->rows[variables->count++];
    (void)text_copy(row->name, sizeof row->name, name);
    (void)text_copy(row->value, sizeof row->value, value);
}

// GRUB's, then syslinux's, then systemd-boot's: the first usually says the most.
static void read_all(struct unknown *unknown)
{
    set_variable(&unknown->variables, "prefix", "/boot/grub");
    set_variable(&unknown->variables, "grub_cpu", "x86_64");
    set_variable(&unknown->variables, "grub_platform", "efi");
    for (enum language language = LANGUAGE_GRUB; language <= LANGUAGE_LOADER; language++) {
        for (size_t i = 0; i < unknown->files->count; i++) {
            if (find_language(unknown->files->paths[i]) == language) {
                read_config(unknown, unknown->files->paths[i], language, 0);
            }
        }
    }
}

// Plain ASCII, since boot loaders show it, too.
static void add_printable(struct text *out, const char *words)
{
    for (; *words != '\0'; words++) {
        bool is_plain = *words >= ' ' && *words < 0x7f;
        text_add_char(out, is_plain ? *words : ' ');
    }
}

static void add_memory(struct text *out, uint64_t bytes)
{
    uint64_t tenths = (bytes * 10 + GIB - 1) / GIB;
    text_add_format(out, "%llu", (unsigned long long)(tenths / 10));
    if (tenths % 10 != 0) {
        text_add_format(out, ".%llu", (unsigned long long)(tenths % 10));
    }
    text_add(out, " GB of memory");
}

static void fill_remark(const struct unknown *unknown, struct image *image)
{
    struct text text;
    text_init(&text, image->remark, sizeof image->remark);
    text_add_format(&text, "By its own %.80s: ", unknown->best.config);
    add_printable(&text, unknown->best.why);
    if (unknown->best.memory_bytes != 0) {
        text_add(&text, "; it needs ");
        add_memory(&text, unknown->best.memory_bytes);
    }
    text_add(&text, ".");
}

static void fill_description(const struct unknown *unknown, struct image *image)
{
    struct text text;
    if (image->description[0] != '\0') { // what a person or a program said of it stays
        return;
    }
    text_init(&text, image->description, sizeof image->description);
    const char *volume = unknown->files->volume == NULL ? "" : unknown->files->volume;
    add_printable(&text, unknown->title[0] == '\0' ? "Linux" : unknown->title);
    if (volume[0] != '\0' && text.length + strlen(volume) + strlen(" ()") < sizeof image->description) {
        text_add(&text, " (");
        add_printable(&text, volume);
        text_add(&text, ")");
    }
}

static void fill_image(const struct unknown *unknown, struct image *image)
{
    const struct unknown_start *best = &unknown->best;
    struct image_method method = {.way = best->way, .on = best->on, .memory_bytes = best->memory_bytes};
    const char *last = strrchr(best->initrd, ' '); // the ones before it are microcode
    (void)text_copy(method.name, sizeof method.name, best->way == IMAGE_WAY_DISK ? "disk" : "netboot");
    memcpy(method.kernel, best->kernel, sizeof method.kernel);
    memcpy(method.initrd, best->initrd, sizeof method.initrd);
    memcpy(method.arguments, best->arguments, sizeof method.arguments);
    (void)text_copy(image->family, sizeof image->family, best->family);
    (void)text_copy(image->kernel, sizeof image->kernel, best->kernel);
    (void)text_copy(image->initrd, sizeof image->initrd, last == NULL ? best->initrd : last + 1);
    (void)text_copy(image->arguments, sizeof image->arguments, best->arguments);
    image->grade = best->grade;
    image->methods[0] = method;
    image->method_count = 1;
    fill_description(unknown, image);
    fill_remark(unknown, image);
}

static void tell(const struct unknown *unknown, struct text *told)
{
    if (unknown->read_count == 0) {
        text_add(told, "it has no grub.cfg, no isolinux.cfg, no loader/entries and no .ipxe");
    } else if (unknown->missing[0] != '\0') {
        text_add_format(told, "by its %.80s ", unknown->missing_in);
        add_printable(told, unknown->missing);
    } else {
        text_add_format(told, "its %.80s%s start%s nothing", unknown->read[0],
                        unknown->read_count > 1 ? " and others" : "", unknown->read_count > 1 ? "" : "s");
    }
}

enum status unknown_recognise(const struct catalog_files *files, struct image *image, struct text *told)
{
    struct unknown *unknown = heap_new(sizeof *unknown);
    unknown->files = files;
    read_all(unknown);
    bool is_tool =
        unknown->best.score <= UNKNOWN_SCORE_TOOL + SCORE_CHOSEN; // beside a system it is not what is meant
    bool is_found = unknown->best.score > UNKNOWN_SCORE_NOTHING && !(is_tool && unknown->lacks_system);
    if (is_found) {
        fill_image(unknown, image);
    }
    tell(unknown, told);
    heap_free(unknown);
    return is_found ? STATUS_OK : STATUS_NOT_FOUND;
}
