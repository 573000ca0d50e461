// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/own_loader.h"

#include "content/program.h"
#include "format/grub_image.h"
#include "io/heap.h"

#include <string.h>

#define FOLDER          "EFI/BOOT/" // where firmware looks on any medium, UEFI 2.10 section 3.5.1.1
#define SECTION_VENDOR  ".vendor_cert"
#define SECTION_MODULES "mods"
#define MODULES_MOST    (32u << 20) // bytes
#define SECONDS         2

struct names { // of programs, for one firmware
    uint8_t on;
    enum pe_machine machine;
    const char *first;
    const char *seconds[SECONDS]; // SUSE's shim starts the other one
};

static const struct names NAMES[IMAGE_EFI_COUNT] = {
    [IMAGE_EFI_X64] = {IMAGE_ON_X64, PE_MACHINE_X64, "BOOTX64.EFI", {"grubx64.efi", "grub.efi"}},
    [IMAGE_EFI_IA32] = {IMAGE_ON_IA32, PE_MACHINE_IA32, "BOOTIA32.EFI", {"grubia32.efi", "grub.efi"}},
    [IMAGE_EFI_ARM64] = {IMAGE_ON_ARM64, PE_MACHINE_ARM64, "BOOTAA64.EFI", {"grubaa64.efi", "grub.efi"}},
};

struct place {
    const struct content_source *source;
    const char *prefix;
};

static enum status open_program(const struct place *place, const char *name, struct content_node *node,
                                struct program *program)
{
    const struct content_client anybody = {.query = ""};
    struct reasons ignored = {0};
    char path[CONTENT_PATH_BYTES];
    struct text text;
    content_node_init(node);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s" FOLDER "%s", place->prefix, name);
    enum status status = text.cut
                             ? STATUS_NOT_FOUND
                             : place->source->lookup(place->source->self, path, &anybody, node, &ignored);
    if (status == STATUS_OK && node->path[0] == '\0') {
        memcpy(node->path, path, sizeof path);
    }
    return status == STATUS_OK ? program_read(node, program) : status;
}

// What the GRUB in `node` has built in.
static bool read_modules(const struct content_node *node, const struct pe *pe, struct grub_image *grub)
{
    const struct pe_section *section = pe_find_section(pe, SECTION_MODULES);
    if (section == NULL || section->bytes > MODULES_MOST || section->bytes == 0) {
        return false;
    }
    uint8_t *bytes = heap_new(section->bytes);
    int64_t count = content_node_read(node, section->offset, bytes, section->bytes);
    bool is_read = count > 0 && grub_image_decode(bytes, (size_t)count, grub);
    heap_free(bytes);
    return is_read;
}

static void judge_grub(const struct content_node *node, const struct pe *pe, const char *name,
                       struct own_loader *own)
{
    static const unsigned NEEDED = GRUB_IMAGE_EFINET | GRUB_IMAGE_TFTP | GRUB_IMAGE_LINUX;
    struct grub_image grub;
    struct text why;
    text_init(&why, own->why, sizeof own->why);
    if (!read_modules(node, pe, &grub)) {
        text_add_format(&why, "the medium's %s is no GRUB that can be looked into", name);
    } else if ((grub.can & NEEDED) != NEEDED) {
        text_add_format(&why, "the medium's GRUB (%s) cannot boot from a network, it has no module %s", name,
                        (grub.can & GRUB_IMAGE_EFINET) == 0 ? "efinet"
                        : (grub.can & GRUB_IMAGE_TFTP) == 0 ? "tftp"
                                                            : "linux");
    }
}

static void find_second(const struct place *place, const struct names *names, struct own_loader *own)
{
    struct content_node node;
    struct program program;
    for (size_t i = 0; i < SECONDS; i++) {
        enum status status = open_program(place, names->seconds[i], &node, &program);
        if (status == STATUS_OK && program.pe.machine == names->machine) {
            (void)text_copy(own->second, sizeof own->second, node.path + strlen(place->prefix));
            judge_grub(&node, &program.pe, names->seconds[i], own);
            content_node_close(&node);
            return;
        }
        content_node_close(&node);
    }
    (void)text_copy(own->why, sizeof own->why, "the medium's shim has no GRUB beside it");
}

static void find_first(const struct place *place, const struct names *names, const struct image *image,
                       struct own_loader *own)
{
    struct content_node node;
    struct program program;
    struct text why;
    text_init(&why, own->why, sizeof own->why);
    enum status status = open_program(place, names->first, &node, &program);
    size_t prefix = strlen(place->prefix);
    size_t folder = strlen("images/") + strlen(image->name) + 1;
    if (status != STATUS_OK || program.pe.machine != names->machine) {
        text_add_format(&why, "the medium has no " FOLDER "%s", names->first);
    } else if (pe_find_section(&program.pe, SECTION_VENDOR) == NULL) {
        text_add_format(&why, "the medium's %s is no shim", names->first);
    } else if (folder + strlen(node.path) - prefix > OWN_LOADER_FILE_BYTES ||
               text_copy(own->first, sizeof own->first, node.path + prefix) != STATUS_OK) {
        text_add(&why, "the path of the medium's shim is too long for DHCP");
    }
    content_node_close(&node);
}

void own_loader_find(const struct content_source *source, const char *prefix, const struct image *image,
                     enum image_efi efi, struct own_loader *own)
{
    const struct place place = {source, prefix};
    *own = (struct own_loader){.first = ""};
    find_first(&place, &NAMES[efi], image, own);
    if (own->why[0] == '\0') {
        find_second(&place, &NAMES[efi], own);
    }
    if (own->why[0] != '\0') {
        own->first[0] = '\0';
        return;
    }
    (void)text_copy(own->why, sizeof own->why,
                    "the medium's own shim and GRUB, which can boot from a network");
}

// One without methods is for whatever there is a loader for.
static bool is_for(const struct image *image, uint8_t on)
{
    if (image->method_count == 0) {
        return true;
    }
    for (unsigned i = 0; i < image->method_count; i++) {
        if ((image->methods[i].on & on) != 0) {
            return true;
        }
    }
    return false;
}

void own_loader_fill(const struct content_source *source, const char *prefix, struct image *image)
{
    struct own_loader own;
    for (int efi = 0; efi < IMAGE_EFI_COUNT && image->kind == IMAGE_BOOT; efi++) {
        if (is_for(image, NAMES[efi].on)) {
            own_loader_find(source, prefix, image, (enum image_efi)efi, &own);
            memcpy(image->efi_loader[efi], own.first, sizeof own.first);
        }
    }
}

// Processor architectures by IANA's numbers; 9 is sent for x64 by firmware that follows RFC 4578's mistake.
static enum image_efi find_efi(uint16_t architecture)
{
    switch (architecture) {
    case 6:
        return IMAGE_EFI_IA32;
    case 7:
    case 9:
        return IMAGE_EFI_X64;
    case 11:
        return IMAGE_EFI_ARM64;
    default:
        return IMAGE_EFI_COUNT;
    }
}

bool own_loader_print(const struct image *image, uint16_t architecture, struct text *out)
{
    enum image_efi efi = find_efi(architecture);
    if (efi == IMAGE_EFI_COUNT || image->efi_loader[efi][0] == '\0') {
        return false;
    }
    text_add_format(out, "images/%s/%s", image->name, image->efi_loader[efi]);
    return true;
}

bool own_loader_asks(const struct image *image, const char *path, struct loader_request *request)
{
    bool has_own = false;
    const char *slash = strrchr(path, '/');
    for (int i = 0; i < IMAGE_EFI_COUNT; i++) {
        has_own = has_own || image->efi_loader[i][0] != '\0';
    }
    return has_own && slash != NULL && text_starts(path, "images/") &&
           loader_request_parse(slash + 1, request) && request->dialect == LOADER_DIALECT_GRUB;
}
