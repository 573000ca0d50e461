// SPDX-License-Identifier: GPL-3.0-or-later
// The table of boot loaders: which file a firmware is given, what must lie beside it, and the text each
// loader needs to wait, to boot the machine's own disk, or to boot a kernel. One loader is one row here and
// one file beside this one.
#pragma once

#include "base/ip.h"
#include "base/text.h"
#include "model/boot_plan.h"
#include "model/menu.h"

enum loader_id {
    LOADER_NONE = 0,
    LOADER_IPXE_SCRIPT, // client is iPXE already: gets boot.ipxe
    LOADER_PXELINUX,    // BIOS
    LOADER_SHIM_X64,    // x64 UEFI: shim, then GRUB
    LOADER_GRUB_IA32,   // 32-bit UEFI
    LOADER_GRUB_ARM64,  // ARM64 UEFI
    LOADER_UNDIONLY,    // BIOS by the machine's setting: chains to iPXE
    LOADER_SNPONLY_X64, // x64 UEFI by the machine's setting: chains to iPXE
    LOADER_COUNT
};

struct loader_file {     // a file that must be in the content tree for this loader
    const char *name;    // "shimx64.efi", relative to the root of the tree
    const char *path;    // "/usr/lib/shim/shimx64.efi.signed", where Debian's package puts it; NULL = the
                         // administrator brings it
    const char *package; // "shim-signed"; NULL as above
    bool optional;       // the loader works without it
};

#define LOADER_FILES_MOST   12
#define LOADER_INITRDS_MOST 4

#define LOADER_TOKEN_BYTES 17 // 64 bits in hexadecimal digits, and the end
#define LOADER_ITEMS_MOST  (MENU_ENTRIES_MOST + 1)

struct loader_item {   // strings borrowed, never NULL
    const char *name;  // MENU_LOCAL = the machine's own disk
    const char *title; // for people
    const char *group; // "" = none; those of one group are side by side
    bool needs_password;
};

struct loader_menu {    // strings borrowed, never NULL
    const char *title;  // for people
    const char *notice; // what happened to the choice before, or ""
    const char *token;  // what makes a choice this machine's own
    unsigned timeout_s; // 0 = none
    unsigned start;     // which item is marked, and taken after timeout_s
    struct loader_item items[LOADER_ITEMS_MOST];
    unsigned item_count; // at least 1
};

struct loader_context { // what a configuration text may say; all strings borrowed, never NULL
    const struct boot_plan *plan;
    const struct boot_client *client;
    const char *server_name; // for people, the host's: "station1"
    struct ip server;
    uint16_t http_port;
    const char *machine_name; // "m-aabbcc"
    const char *mac;          // "52:54:00:aa:bb:cc" or ""
    const char *uuid;         // canonical or ""
    const char *sentence;     // why it waits or what it does, one plain ASCII sentence
    const char *remedy;       // the command that helps, or ""
    const char *last_verdict; // why its last boot stopped, one sentence; NULL or "" = it did not
    enum image_way way;       // what to do with `kernel`
    const char *kernel;       // path in the content tree, "/images/debian-12/linux"; "" unless PLAN_IMAGE
    const char *initrds[LOADER_INITRDS_MOST]; // the same, in their order; ends at the first NULL
    const char *arguments;                    // kernel arguments, rendered; ""
    const struct loader_menu *menu;           // PLAN_MENU only
    unsigned poll_s;                          // seconds between two questions while waiting
};

struct loader {
    enum loader_id id;
    const char *name; // "pxelinux"
    const char *file; // the boot file name for the firmware; the first of `files`; "boot.ipxe" for scripts
    enum reason_id reason;
    struct loader_file files[LOADER_FILES_MOST]; // ends at the first NULL name
};

/// The row of `id` (not LOADER_NONE, not LOADER_COUNT).
const struct loader *loader_get(enum loader_id id);

/// Which loader `client` gets, given the machine's own wish and the set of loaders whose files are there (bit
/// N = loader_id N). Adds the reason: LOADER_FOR_*, LOADER_BY_MACHINE, LOADER_MISSING (`*missing`, may be
/// NULL, then names the row whose file is not there) or ARCHITECTURE_UNKNOWN. NULL when there is none: never
/// a wrong one.
const struct loader *loader_pick(const struct boot_client *client, enum machine_loader wish,
                                 uint32_t available, struct reasons *reasons, const struct loader **missing);

struct loader_place { // where loaders are fetched
    struct ip server;
    uint16_t http_port;
    uint16_t https_port; // UEFI HTTP boot comes by HTTPS to it; 0 = by HTTP
};

/// The boot file name to send to `client`: "http://..." or "https://..." for UEFI HTTP boot, "http://..." for
/// iPXE with HTTP; else a path for TFTP, by IPv6 "tftp://[...]/..." (RFC 5970 section 3.1). STATUS_TOO_LONG
/// when it does not fit.
MUST_USE enum status loader_print_file(const struct loader *loader, const struct boot_client *client,
                                       const struct loader_place *place, struct text *out);

enum loader_dialect { LOADER_DIALECT_PXELINUX, LOADER_DIALECT_GRUB, LOADER_DIALECT_IPXE };

/// Prints the configuration that makes a loader of `dialect` carry out `context->plan`. Everything from
/// outside is quoted for the dialect; what cannot be quoted is refused with STATUS_UNSUPPORTED and `problem`.
/// STATUS_TOO_LONG when `out` was too small.
MUST_USE enum status loader_print_config(enum loader_dialect dialect, const struct loader_context *context,
                                         struct text *out, struct problem *problem);

/// Prints boot.ipxe, the script that every iPXE gets first, whoever it is: it asks for machine.ipxe, naming
/// its MAC, UUID and serial number, until there is one. Uses `client->has_http`, `server`, `http_port` and
/// `poll_s`. STATUS_TOO_LONG when `out` was too small.
MUST_USE enum status loader_print_bootstrap(const struct loader_context *context, struct text *out);

/// What a loader's request for `path` (canonical, as content/path makes it, lower case not assumed) is asking
/// for.
struct loader_request {
    enum loader_dialect dialect;
    struct hw mac;                // from the file name; length 0 = not named
    struct uuid uuid;             // from the file name, canonical guess; all zero = not named
    struct ip address;            // from the file name (8 hex digits, or dashes for colons); none = not named
    char choice[MENU_NAME_BYTES]; // the menu item that was chosen; "" = none
    char token[LOADER_TOKEN_BYTES]; // that came with the menu; "" with it
    bool is_generic;                // the last resort name: "default", "grub.cfg", "boot.ipxe"
};

/// Reads the names that pxelinux ("pxelinux.cfg/01-..", UUID, hex address, "default"), GRUB
/// ("grub.cfg-01-..", "-UUID", "-HEX", plain, below "grub/", "debian-installer/amd64/grub/", "EFI/debian/",
/// "boot/grub/" ...) and iPXE ("boot.ipxe", "machine.ipxe", "machine.ipxe/mac-..") ask for, and what they ask
/// for when somebody chose in a menu ("pxelinux.cfg/choice/TOKEN/ITEM/01-..",
/// "grub/choice/TOKEN/ITEM/grub.cfg-..", "machine.ipxe/choice/TOKEN/ITEM/mac-.."). false when `path` is no
/// configuration name. Shortened hex addresses and other probes yield false, so that they are answered "not
/// found".
bool loader_request_parse(const char *path, struct loader_request *request);
