// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/image_programs.h"

#include "content/packaged.h"
#include "loader/loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct firmware {
    uint8_t on;
    enum pe_machine machine;
    enum loader_id loader; // of ours
};

static const struct firmware FIRMWARES[IMAGE_EFI_COUNT] = {
    [IMAGE_EFI_X64] = {IMAGE_ON_X64, PE_MACHINE_X64, LOADER_SHIM_X64},
    [IMAGE_EFI_IA32] = {IMAGE_ON_IA32, PE_MACHINE_IA32, LOADER_GRUB_IA32},
    [IMAGE_EFI_ARM64] = {IMAGE_ON_ARM64, PE_MACHINE_ARM64, LOADER_GRUB_ARM64},
};

static bool is_there(const struct image_programs *programs, const struct image_program *row)
{
    for (unsigned i = 0; i < programs->count; i++) {
        const struct image_program *other = &programs->rows[i];
        if (other->is_ours == row->is_ours && strcmp(other->file, row->file) == 0) {
            return true;
        }
    }
    return false;
}

static void add_row(const struct content_source *source, const char *path, const struct image_program *row,
                    struct image_programs *programs)
{
    const struct content_client anybody = {.query = ""};
    struct reasons ignored = {0};
    struct content_node node;
    content_node_init(&node);
    if (programs->count == IMAGE_PROGRAMS_MOST || is_there(programs, row) ||
        source->lookup(source->self, path, &anybody, &node, &ignored) != STATUS_OK) {
        return;
    }
    struct image_program *added = &programs->rows[programs->count];
    *added = *row;
    programs->count += program_read(&node, &added->program) == STATUS_OK;
    content_node_close(&node);
}

static void add_inside(const struct content_source *files, const struct image *image, const char *file,
                       struct image_program row, struct image_programs *programs)
{
    char path[CONTENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "images/%s/%s", image->name, file);
    if (!text.cut && text_copy(row.file, sizeof row.file, file) == STATUS_OK) {
        add_row(files, path, &row, programs);
    }
}

// Our own loader for this firmware, with what it starts in turn.
static void add_packaged(const struct firmware *firmware, struct image_programs *programs)
{
    const struct content_source source = packaged_source();
    const struct loader_file *files = loader_get(firmware->loader)->files;
    for (size_t i = 0; i < LOADER_FILES_MOST && files[i].name != NULL; i++) {
        struct image_program row = {.is_loader = true, .is_ours = true, .on = firmware->on};
        (void)text_copy(row.file, sizeof row.file, files[i].name);
        add_row(&source, files[i].name, &row, programs);
    }
}

// The medium's own, or ours and why.
static void add_loader(const struct content_source *files, const struct image *image, enum image_efi efi,
                       struct image_programs *programs)
{
    const struct firmware *firmware = &FIRMWARES[efi];
    struct image_loader *loader = &programs->loaders[programs->loader_count++];
    const struct image_program row = {.is_loader = true, .on = firmware->on};
    char prefix[CONTENT_PATH_BYTES];
    struct text text;
    struct own_loader own;
    text_init(&text, prefix, sizeof prefix);
    text_add_format(&text, "images/%s/", image->name);
    own_loader_find(files, prefix, image, efi, &own);
    bool is_ours = image->efi_loader[efi][0] == '\0';
    *loader = (struct image_loader){.on = firmware->on, .is_ours = is_ours};
    memcpy(loader->why, own.why, sizeof loader->why);
    if (is_ours) {
        (void)text_copy(loader->file, sizeof loader->file, loader_get(firmware->loader)->file);
        if (own.first[0] != '\0') {
            (void)text_copy(loader->why, sizeof loader->why,
                            "nobody looked for the medium's own when it was added: add it again");
        }
        add_packaged(firmware, programs);
        return;
    }
    (void)text_copy(loader->file, sizeof loader->file, image->efi_loader[efi]);
    add_inside(files, image, image->efi_loader[efi], row, programs);
    if (own.second[0] != '\0') {
        add_inside(files, image, own.second, row, programs);
    }
}

static bool is_program_way(enum image_way way)
{
    return way == IMAGE_WAY_KERNEL || way == IMAGE_WAY_EFI;
}

// ---- what it means ----

static void PRINTF_LIKE(2, 3) refuse(struct image_secure *secure, const char *format, ...)
{
    static const char REFUSED[] = "refused: ";
    va_list arguments;
    if (!secure->starts) {
        return; // the first reason is the one that machines meet
    }
    secure->starts = false;
    memcpy(secure->sentence, REFUSED, sizeof REFUSED);
    va_start(arguments, format);
    (void)vsnprintf(secure->sentence + strlen(REFUSED), sizeof secure->sentence - strlen(REFUSED), format,
                    arguments);
    va_end(arguments);
}

static void judge_next(const struct image_program *row, const struct image_program *first,
                       struct image_secure *secure)
{
    char signers[IMAGE_SECURE_SENTENCE_MAX];
    struct text text;
    const char *vendor = first->program.vendor;
    if (program_is_accepted(&row->program, vendor)) {
        return;
    }
    text_init(&text, signers, sizeof signers);
    program_print_signers(&row->program, &text);
    refuse(secure, "%.80s is signed by %.100s, and %.40s accepts only %.80s", row->file, signers, first->file,
           vendor[0] == '\0' ? "what firmware does" : vendor);
}

static void say_trust(struct image_secure *secure)
{
    static const char *const WHO[] = {
        [PE_TRUST_2011] =
            "only the Microsoft UEFI CA 2011: machines that have only the one of 2023 refuse it",
        [PE_TRUST_2023] =
            "only the Microsoft UEFI CA 2023: machines that have only the one of 2011 refuse it",
        [PE_TRUST_2011 | PE_TRUST_2023] = "the Microsoft UEFI CA of 2011 or of 2023",
    };
    unsigned trust = secure->trust & (PE_TRUST_2011 | PE_TRUST_2023);
    struct text text;
    text_init(&text, secure->sentence, sizeof secure->sentence);
    text_add_format(&text, "starts where firmware knows %s",
                    trust == 0 ? "Microsoft's authorities for Windows" : WHO[trust]);
}

// The kernel that a method names has a row when it is an EFI program.
static bool has_row(const struct image_programs *programs, const char *file)
{
    for (unsigned i = 0; i < programs->count; i++) {
        if (!programs->rows[i].is_ours && strcmp(programs->rows[i].file, file) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_kernels(const struct image *image, const struct firmware *firmware,
                          const struct image_programs *programs, struct image_secure *secure)
{
    for (unsigned i = 0; i < image->method_count; i++) {
        const struct image_method *method = &image->methods[i];
        if ((method->on & firmware->on) != 0 && is_program_way(method->way) &&
            !has_row(programs, method->kernel)) {
            refuse(secure, "%.200s is no EFI program", method->kernel);
        }
    }
}

static void judge(const struct image *image, const struct firmware *firmware, struct image_programs *programs)
{
    const struct image_program *first = NULL;
    struct image_secure *secure = &programs->secure[programs->secure_count];
    for (unsigned i = 0; i < programs->count && first == NULL; i++) {
        const struct image_program *row = &programs->rows[i];
        first = row->is_loader && (row->on & firmware->on) != 0 ? row : NULL;
    }
    if (first == NULL) {
        return;
    }
    programs->secure_count++;
    *secure =
        (struct image_secure){.on = firmware->on, .starts = true, .trust = program_trust(&first->program)};
    if (secure->trust == 0) {
        refuse(secure, "%.80s is signed by nobody that firmware knows", first->file);
    }
    for (unsigned i = 0; i < programs->count; i++) {
        const struct image_program *row = &programs->rows[i];
        bool is_its = (row->on & firmware->on) != 0 && row->program.pe.machine == firmware->machine;
        if (row != first && is_its) {
            judge_next(row, first, secure);
        }
    }
    judge_kernels(image, firmware, programs, secure);
    if (secure->starts) {
        say_trust(secure);
    }
}

// Images from before have no methods: they are for the firmware that their kernel is for.
static uint8_t find_firmwares(const struct content_source *files, const struct image *image,
                              struct image_programs *programs)
{
    uint8_t on = 0;
    for (unsigned i = 0; i < image->method_count; i++) {
        on |= image->methods[i].on;
    }
    if (image->method_count == 0) {
        const uint8_t any = IMAGE_ON_X64 | IMAGE_ON_IA32 | IMAGE_ON_ARM64;
        add_inside(files, image, image->kernel, (struct image_program){.on = any}, programs);
    }
    for (size_t i = 0; i < COUNT_OF(FIRMWARES) && image->method_count == 0 && programs->count == 1; i++) {
        bool is_for_it = programs->rows[0].program.pe.machine == FIRMWARES[i].machine;
        on |= is_for_it ? FIRMWARES[i].on : 0;
    }
    return on;
}

void image_programs_read(const struct content_source *files, const struct image *image,
                         struct image_programs *programs)
{
    programs->count = programs->secure_count = programs->loader_count = 0;
    uint8_t on = find_firmwares(files, image, programs);
    for (size_t i = 0; i < COUNT_OF(FIRMWARES); i++) {
        if ((on & FIRMWARES[i].on) != 0) {
            add_loader(files, image, (enum image_efi)i, programs);
        }
    }
    for (unsigned i = 0; i < image->method_count; i++) {
        const struct image_method *method = &image->methods[i];
        uint8_t uefi = method->on & (uint8_t)~IMAGE_ON_BIOS;
        if (uefi != 0 && is_program_way(method->way)) {
            add_inside(files, image, method->kernel, (struct image_program){.on = uefi}, programs);
        }
    }
    for (size_t i = 0; i < COUNT_OF(FIRMWARES); i++) {
        if ((on & FIRMWARES[i].on) != 0) {
            judge(image, &FIRMWARES[i], programs);
        }
    }
}
