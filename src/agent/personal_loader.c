// SPDX-License-Identifier: GPL-3.0-or-later
// The boot loader of the new system, installed by its own programs. For UEFI everything must also work from
// the removable path (EFI/BOOT), since NVRAM is left alone: the network stays in front of the disk.
#include "agent/personal.h"

#include "agent/console.h"
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/run.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS    "etc/default/grub.d/imprint.cfg"
#define SIGNED_GRUB "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
#define SIGNED_SHIM "usr/lib/shim/shimx64.efi.signed"
#define REMOVABLE   "boot/efi/EFI/BOOT/"
#define ID_BYTES    32

// update-grub writes the arguments into a script of GRUB's, where these mean something else.
#define UNFIT "'\\`$;&|<>{}#\n"

static enum status write_settings(int root, const char *arguments, struct problem *problem)
{
    const char *unfit = strpbrk(arguments, UNFIT);
    char text[IMAGE_ARGUMENTS_BYTES + 128];
    if (arguments[0] == '\0') {
        return STATUS_OK;
    }
    if (unfit != NULL) {
        problem_set(problem, "the kernel arguments hold a '%c', which GRUB would not pass on", *unfit);
        problem_set_remedy(problem, "take it out of the profile's kernel arguments");
        return STATUS_UNSUPPORTED;
    }
    (void)snprintf(text, sizeof text,
                   "# written by imprint: the profile's kernel arguments\n"
                   "GRUB_CMDLINE_LINUX='%s'\n",
                   arguments);
    return personal_write(root, SETTINGS, text, NULL, problem);
}

static bool ask(const char *path, const char *target, char out[128])
{
    const char *const words[] = {"grub-probe", target, "/", NULL};
    struct problem nobody = {0};
    const struct run_job job = {
        .words = words, .root = path, .is_quiet = true, .output = out, .output_bytes = 128};
    if (run(&job, &nobody) != STATUS_OK) {
        return false;
    }
    out[strcspn(out, "\n")] = '\0';
    return out[0] != '\0' && strchr(out, '/') != out + 1 && strstr(out, "..") == NULL;
}

// grub-mkconfig names the root file system by its UUID only where udev's link to it exists; without, it would
// write root=/dev/vda1, which another kernel may call otherwise. There is no udev here, so we make the link.
static void make_uuid_link(const char *path)
{
    char uuid[128];
    char device[128];
    char link[200];
    if (!ask(path, "--target=fs_uuid", uuid) || !ask(path, "--target=device", device) ||
        strchr(uuid, '/') != NULL || !text_starts(device, "/dev/")) {
        console_note("the root file system's UUID is not known to grub-probe");
        return;
    }
    (void)mkdir("/dev/disk", 0755);
    (void)mkdir("/dev/disk/by-uuid", 0755);
    (void)snprintf(link, sizeof link, "/dev/disk/by-uuid/%s", uuid);
    if (symlink(device, link) != 0 && errno != EEXIST) {
        console_note("%s cannot be made: %s", link, strerror(errno));
    }
}

// "debian", "ubuntu": signed GRUBs look for their configuration in EFI/<that>, and nowhere else.
static void read_id(int root, char out[ID_BYTES])
{
    size_t length = 0;
    char *text = personal_read(root, "etc/os-release");
    const char *line = text == NULL ? NULL : personal_line_find(text, "ID=", &length);
    size_t count = 0;
    for (size_t i = 3; line != NULL && i < length && count < ID_BYTES - 1; i++) {
        const char letter = text_lower(line[i]);
        if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-') {
            out[count++] = letter;
        }
    }
    out[count] = '\0';
    if (count == 0) {
        (void)text_copy(out, ID_BYTES, "linux");
    }
    free(text);
}

static enum status install_bios(const char *path, const char *program, const char *device,
                                struct problem *problem)
{
    const char *const words[] = {program, "--target=i386-pc", "--recheck", device, NULL};
    return personal_run(path, words, NULL, problem);
}

// Debian's signed GRUB is started from EFI/BOOT by the shim there, and must find its configuration: without
// this copy a machine with Secure Boot ends at the prompt "grub>".
static enum status copy_configuration(int root, const char *id, struct problem *problem)
{
    const struct personal_owner owner = {.mode = 0755}; // as vfat has it
    char path[96];
    (void)snprintf(path, sizeof path, "boot/efi/EFI/%s/grub.cfg", id);
    char *text = personal_read(root, path);
    if (text == NULL) {
        problem_set(problem, "grub-install wrote no /%s", path);
        return STATUS_IO;
    }
    enum status status = personal_write(root, REMOVABLE "grub.cfg", text, &owner, problem);
    free(text);
    return status;
}

// Later updates of the system's GRUB shall do as we did.
static void remember_choices(int root, const char *path)
{
    static const char *const words[] = {"debconf-set-selections", NULL};
    static const char choices[] = "grub-efi-amd64 grub2/force_efi_extra_removable boolean true\n"
                                  "grub-efi-amd64 grub2/update_nvram boolean false\n";
    struct problem nobody = {0};
    if (personal_has_program(root, words[0]) && personal_run(path, words, choices, &nobody) != STATUS_OK) {
        console_note("%s", nobody.text);
    }
}

static enum status install_uefi(int root, const char *path, const char *program, struct problem *problem)
{
    char id[ID_BYTES];
    char id_word[64];
    read_id(root, id);
    (void)snprintf(id_word, sizeof id_word, "--bootloader-id=%s", id);
    const bool is_debian = personal_exists(root, "etc/debian_version");
    const bool is_signed =
        is_debian && personal_exists(root, SIGNED_GRUB) && personal_exists(root, SIGNED_SHIM);
    const char *const words[] = {program, "--target=x86_64-efi", "--efi-directory=/boot/efi", "--no-nvram",
                                 // A wish of Debian's and its children alone; the others get the removable
                                 // path and nothing else.
                                 is_debian ? "--force-extra-removable" : "--removable", id_word,
                                 !is_debian  ? NULL
                                 : is_signed ? "--uefi-secure-boot"
                                             : "--no-uefi-secure-boot",
                                 NULL};
    remember_choices(root, path);
    enum status status = personal_run(path, words, NULL, problem);
    if (status == STATUS_OK && is_signed) {
        status = copy_configuration(root, id, problem);
    }
    // Beside the removable shim it would add an entry to NVRAM, in front of the network, and restart.
    personal_remove(root, REMOVABLE "fbx64.efi");
    if (status == STATUS_OK && !personal_exists(root, REMOVABLE "BOOTX64.EFI")) {
        problem_set(problem, "grub-install wrote no /" REMOVABLE "BOOTX64.EFI");
        status = STATUS_IO;
    }
    return status;
}

static enum status update_configuration(int root, const char *path, struct problem *problem)
{
    static const char *const update[] = {"update-grub", NULL};
    static const char *const mkconfig[] = {"grub-mkconfig", "-o", "/boot/grub/grub.cfg", NULL};
    static const char *const mkconfig2[] = {"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg", NULL};
    const char *const *words = personal_has_program(root, "update-grub")     ? update
                               : personal_has_program(root, "grub-mkconfig") ? mkconfig
                                                                             : mkconfig2;
    return personal_run(path, words, NULL, problem);
}

static enum status install(int root, const char *path, const char *device, bool is_uefi,
                           struct problem *problem)
{
    const char *program = personal_has_program(root, "grub-install")    ? "grub-install"
                          : personal_has_program(root, "grub2-install") ? "grub2-install"
                                                                        : NULL;
    const char *modules = is_uefi ? "usr/lib/grub/x86_64-efi" : "usr/lib/grub/i386-pc";
    if (program == NULL || !personal_exists(root, modules)) {
        problem_set(problem, "the system has no GRUB for %s, so it cannot be made bootable",
                    is_uefi ? "UEFI" : "BIOS");
        problem_set_remedy(problem, "%s",
                           is_uefi ? "an image with grub-efi-amd64-bin, grub-efi-amd64-signed "
                                     "and shim-signed (imprint image build makes such ones)"
                                   : "an image with grub-pc-bin and grub2-common (imprint "
                                     "image build makes such ones)");
        return STATUS_UNSUPPORTED;
    }
    make_uuid_link(path);
    enum status status =
        is_uefi ? install_uefi(root, path, program, problem) : install_bios(path, program, device, problem);
    return status == STATUS_OK ? update_configuration(root, path, problem) : status;
}

enum status personal_install_loader(const char *root, const char *device, bool is_uefi, const char *arguments,
                                    struct problem *problem)
{
    struct personal_chroot inside;
    enum status status = personal_enter(&inside, root, problem);
    if (status == STATUS_OK) {
        status = write_settings(inside.root, arguments, problem);
    }
    if (status == STATUS_OK) {
        status = install(inside.root, root, device, is_uefi, problem);
    }
    personal_leave(&inside);
    return status == STATUS_NOT_FOUND ? STATUS_UNSUPPORTED : status;
}
