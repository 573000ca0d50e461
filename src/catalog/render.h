// SPDX-License-Identifier: GPL-3.0-or-later
// Renders what is made for one machine: its answer file and its kernel arguments. Strict: a name without
// value is an error that tells the name, line, column and the names there are; never an empty text at install
// time.
#pragma once

#include "base/ip.h"
#include "base/problem.h"
#include "base/text.h"
#include "catalog/family.h"
#include "catalog/snippets.h"
#include "format/template.h"
#include "model/machine.h"
#include "model/network.h"
#include "model/order.h"
#include "model/profile.h"

#define RENDER_MIRRORS_MOST 16
#define RENDER_MIRROR_BYTES 32 // of a name

struct render_found { // what is known of a machine beyond what it was told to be; "" and 0 = not known
    char vendor[64];  // texts may hold anything
    char product[64];
    char firmware[8]; // "uefi" or "bios"
    char disk[32];    // its only fixed disk, without /dev/
    char disks[160];  // all of them, with blanks between
    uint32_t processors;
    uint64_t memory_mib;
    char lease_hostname[64]; // what it called itself
    int64_t lease_ends_s;    // Unix seconds; INT64_MAX = never
};

struct render_facts { // all borrowed
    const struct machine *machine;
    const struct profile *profile;
    const struct image *image;
    const struct image_method *method; // how the image is booted; NULL = by its kernel and initrd
    const struct family *family;       // NULL = the image's family is not in the catalogue
    const struct order *order;         // NULL = a preview without order
    const struct network *network;     // the network it boots on; NULL = not one of ours (proxy mode)
    struct ip4 address;                // the machine's address now; 0 = not known
    struct ip server;                  // ours, as the machine reaches it
    struct render_found found;
    const struct snippets *snippets; // pieces of templates; NULL = none
    uint16_t http_port;
    uint16_t ftp_port;                        // 0 = there is no FTP
    uint16_t https_port;                      // for agents; 0 = none
    const char *certificate;                  // "sha256:HEX", of HTTPS
    bool masks_secrets;                       // for people to look at: PROFILE_MASK in their place
    const char *mirrors[RENDER_MIRRORS_MOST]; // names of those that are served; NULL ends them
};

#define RENDER_CALLBACK_NAME "done" // what an installer fetches beside its answer file when it is done

#define RENDER_SCRIPT_BYTES_MOST (256 * 1024) // of a script with its values in place

struct render_value { // a name that templates may use; for the manual
    const char *name;
    const char *about; // one sentence
};

/// All names, in the manual's order; `*count` says how many. Static.
const struct render_value *render_values(size_t *count);

/// How values are written into an answer file called `name`.
enum template_escape render_pick_escape(const char *name);

/// Appends "http://SERVER[:PORT]/answer/MACHINE/NAME", the path that service/generated serves; nothing when
/// the profile has no answer file.
void render_answer_url(const struct render_facts *facts, struct text *out);

/// Renders the profile's answer file to the end of `out`. Values are escaped as the format wants that the
/// file's name tells: XML, JSON and YAML (there within double quotes); {{{NAME}}} is never. STATUS_NOT_FOUND
/// when a name has no value, STATUS_UNSUPPORTED when the profile has no answer file; STATUS_MALFORMED when
/// the template is broken; STATUS_TOO_LONG when `out` is full. `problem` tells all of it; `out` then holds a
/// part and must not be sent.
MUST_USE enum status render_answer(const struct render_facts *facts, struct text *out,
                                   struct problem *problem);

/// Renders the kernel arguments to the end of `out`: the image's own, then those that lead to the answer file
/// if the profile has one, then the profile's; joined with blanks, line ends become blanks. Fails as above.
MUST_USE enum status render_arguments(const struct render_facts *facts, struct text *out,
                                      struct problem *problem);

/// Renders the kernel arguments with which the agent boots that shall carry out `facts->order`: where this
/// server is, the order and the card `mac` it boots by, then the agent image's own. Nothing of the profile:
/// those are for the installed system, and a command line is no place for a secret. Fails as above.
MUST_USE enum status render_agent_arguments(const struct render_facts *facts, const struct image *agent,
                                            const struct hw *mac, struct text *out, struct problem *problem);

/// Renders the profile's own kernel arguments, those of the system that is written to the disk; may come out
/// empty. Fails as above.
MUST_USE enum status render_own_arguments(const struct render_facts *facts, struct text *out,
                                          struct problem *problem);

/// Renders the host name: the profile's template, else the machine's own. Small letters are made of capital
/// ones. STATUS_MALFORMED when it is no host name (RFC 1123: labels of letters, digits and '-', with dots
/// between); fails as above too.
MUST_USE enum status render_hostname(const struct render_facts *facts, struct text *out,
                                     struct problem *problem);

/// Renders the script that the profile runs in the new system. STATUS_UNSUPPORTED when it has none; fails as
/// above.
MUST_USE enum status render_script(const struct render_facts *facts, struct text *out,
                                   struct problem *problem);
