// SPDX-License-Identifier: GPL-3.0-or-later
// A profile: an image with the kernel arguments and the answer file that make it one certain installation.
#pragma once

#include "model/image.h"
#include "model/order.h"

#define PROFILE_NAME_BYTES        IMAGE_NAME_BYTES
#define PROFILE_ANSWER_BYTES_MOST (256 * 1024)
#define PROFILE_VALUES_MOST       32
#define PROFILE_KEY_BYTES         48
#define PROFILE_VALUE_BYTES       256

#define PROFILE_TEMPLATE_BYTES    256
#define PROFILE_HASH_BYTES        256
#define PROFILE_USER_BYTES        33
#define PROFILE_TIMEZONE_BYTES    64
#define PROFILE_LOCALE_BYTES      32
#define PROFILE_PACKAGES_BYTES    1024
#define PROFILE_KEYS_BYTES_MOST   (16 * 1024)
#define PROFILE_SCRIPT_BYTES_MOST (128 * 1024)

enum profile_network {
    PROFILE_NETWORK_DHCP,   // the installed system asks for its address
    PROFILE_NETWORK_STATIC, // it gets the address that the machine has now, written down
    PROFILE_NETWORK_COUNT
};

// What makes a written image one machine's own. Password hashes and keys are secrets: they go to the agent of
// the machine that is being written, and nowhere else: not to logs, events, the control API's answers, a
// kernel command line.
struct profile_personal {
    char hostname[PROFILE_TEMPLATE_BYTES]; // template: "station{{address.last_octet}}"; empty = the machine's
    char root_password[PROFILE_HASH_BYTES]; // crypt(5) hash; empty = locked
    char user[PROFILE_USER_BYTES];          // an account that may use sudo; empty = none
    char user_password[PROFILE_HASH_BYTES]; // crypt(5) hash; empty = locked
    char timezone[PROFILE_TIMEZONE_BYTES];  // "Europe/Berlin"; empty = as in the image
    char locale[PROFILE_LOCALE_BYTES];      // "de_DE.UTF-8"; empty = as in the image
    char packages[PROFILE_PACKAGES_BYTES];  // to install besides, blanks between; empty = none
    enum profile_network network;
    const char *ssh_keys; // authorized_keys lines for root and `user`; owned by the store; NULL = none
    const char *script; // template; run as root inside the new system at the end; owned likewise; NULL = none
};

struct profile_value { // a value of the administrator's own, {{key}} in templates
    char key[PROFILE_KEY_BYTES];
    char value[PROFILE_VALUE_BYTES];
    bool is_secret; // it goes into answer files and scripts, and is shown nowhere
};

#define PROFILE_MASK "********" // what a secret is shown as

struct profile {
    uint64_t id; // 0 = not stored
    char name[PROFILE_NAME_BYTES];
    char image[IMAGE_NAME_BYTES];
    char arguments[IMAGE_ARGUMENTS_BYTES]; // template; added behind the image's own
    char answer_name[IMAGE_NAME_BYTES];    // file name in the URL, "preseed.cfg"; empty = no answer file
    const char *answer;                    // template text, NUL-terminated, owned by the store; NULL = none
    uint32_t answer_bytes;                 // without the NUL
    struct profile_value values[PROFILE_VALUES_MOST];
    uint8_t value_count;
    struct profile_personal personal; // for images that the agent writes
    char disk[ORDER_DISK_BYTES];      // the rule that picks the disk, guard.h; empty = the only one there is
    int64_t created_s;
};

/// "dhcp" or "static".
const char *profile_network_text(enum profile_network network);

/// The network called `text`, or STATUS_NOT_FOUND.
MUST_USE enum status profile_network_parse(const char *text, enum profile_network *network);

/// Checks everything of `personal` that is not a template: hash looks like crypt(5)'s, user is a plain Linux
/// account name and not root, time zone and locale are plain words without "..", keys are authorized_keys
/// lines, packages are Debian package names. STATUS_MALFORMED and `problem`, which never quotes a secret.
MUST_USE enum status profile_personal_check(const struct profile_personal *personal, struct problem *problem);
