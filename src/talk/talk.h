// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent and the server say to each other (docs/protocols/agent.md): JSON over HTTP, each message a
// struct here, encoded and decoded by the same file for both sides. Everything decoded is hostile: bounded,
// checked, and untouched unless OK.
#pragma once

#include "base/problem.h"
#include "base/uuid.h"
#include "model/image.h"
#include "model/inventory.h"
#include "model/machine.h"
#include "model/profile.h"

#define TALK_VERSION           1
#define TALK_BODY_BYTES_MOST   (1024 * 1024) // of any message: a script may grow sixfold in JSON
#define TALK_TOKEN_BYTES       65            // 64 hexadecimal digits and a NUL
#define TALK_NONCE_BYTES       33            // 32 and a NUL
#define TALK_SCREEN_LINES      8
#define TALK_SCREEN_LINE_BYTES 160
#define TALK_TEXT_BYTES        512
#define TALK_STAGE_BYTES       24
#define TALK_LOG_BYTES_MOST    (64 * 1024) // of one POST /agent/log

// Paths on the HTTP port. All but hello carry "Authorization: Bearer TOKEN".
#define TALK_PATH_HELLO     "/agent/hello"     // POST talk_hello -> talk_welcome
#define TALK_PATH_INVENTORY "/agent/inventory" // POST inventory -> talk_verdict
#define TALK_PATH_TASK      "/agent/task"      // POST {} -> talk_task
#define TALK_PATH_REPORT    "/agent/report"    // POST talk_report -> talk_verdict
#define TALK_PATH_LOG       "/agent/log"       // POST text/plain -> talk_verdict
// GET /images/NAME/image.index: only with the token of an order for that image; image.zst with either token.

struct talk_hello { // the agent is there
    uint32_t version;
    char agent[INVENTORY_NAME_BYTES]; // its program's version
    char nonce[TALK_NONCE_BYTES]; // random, the same for as long as this agent runs: makes hello repeatable
    struct hw mac;                // the card it was booted by (imprint.mac=)
    uint64_t order_id;            // imprint.order=
    struct uuid uuid;             // SMBIOS; all zero = none
};

struct talk_welcome {
    char token[TALK_TOKEN_BYTES];
    char stream_token[TALK_TOKEN_BYTES]; // good for nothing but GETs of the image's stream, which go in the
                                         // clear
    char machine[MACHINE_NAME_BYTES];
    char profile[PROFILE_NAME_BYTES];
    char image[IMAGE_NAME_BYTES];
    char owner[ORDER_OWNER_BYTES];
};

enum talk_do {
    TALK_DO_WAIT,   // show `screen`, ask again in `poll_s`
    TALK_DO_PROMPT, // show `screen`, wait `poll_s` for a key: report stage "pressed" or "declined"
    TALK_DO_WRITE,  // write `image` to `disk`: begins with a report "begin", and goes on only when told to
    TALK_DO_SEAL,   // it is written already: make it bootable; nothing may be erased
    TALK_DO_REBOOT, // show `screen`, restart
    TALK_DO_STOP,   // show `screen`, and leave it there; nothing more to do; ask again in `poll_s`
    TALK_DO_COUNT
};

struct talk_personal { // rendered; secrets in here
    char hostname[MACHINE_NAME_BYTES];
    char domain[INVENTORY_TEXT_BYTES]; // may be empty
    char root_password[PROFILE_HASH_BYTES];
    char user[PROFILE_USER_BYTES];
    char user_password[PROFILE_HASH_BYTES];
    char timezone[PROFILE_TIMEZONE_BYTES];
    char locale[PROFILE_LOCALE_BYTES];
    char packages[PROFILE_PACKAGES_BYTES];
    char
        arguments[IMAGE_ARGUMENTS_BYTES]; // kernel arguments of the installed system; empty = as in the image
    bool is_explicit; // the profile asks for more than a host name: an image that cannot take it is a failure
    struct hw mac;    // of the card for the network
    bool is_static;   // then what follows is written down; else DHCP
    struct ip4 address;
    uint8_t prefix;
    struct ip4 gateway; // 0 = none
    struct ip4 dns[4];  // 0 = none
    char *ssh_keys;     // owned; NULL = none
    char *script;       // owned, rendered; NULL = none
};

struct talk_task {
    enum talk_do todo;
    uint32_t poll_s;
    char screen[TALK_SCREEN_LINES][TALK_SCREEN_LINE_BYTES];
    uint8_t screen_count;
    // of WRITE and SEAL
    uint64_t order_id;
    char disk_key[INVENTORY_KEY_BYTES]; // inventory_disk_key of the disk
    uint64_t disk_bytes;                // its size, as the inventory said
    char image[IMAGE_NAME_BYTES];
    enum image_kind kind;
    struct talk_personal personal;
};

struct talk_report {
    char stage[TALK_STAGE_BYTES]; // "begin" may I erase? "write" "personal" "loader" progress, "sealing" may
                                  // I make it bootable? "done", "failed", "pressed", "declined", "trouble"
                                  // (goes on all the same)
    uint64_t done_bytes, all_bytes; // of progress; 0 = not known
    char reason[48];                // name in reason_table.h, of "failed" and "trouble"; or ""
    char text[TALK_TEXT_BYTES];     // for people
};

struct talk_verdict {           // what the server says to anything else
    bool may_go;                // false: stop at once, ask for a new task
    char text[TALK_TEXT_BYTES]; // why not; for the screen
    char remedy[TALK_TEXT_BYTES];
    uint32_t retry_s; // 0 = do not ask again; else come again after so many seconds
};

// encode: the result is malloc'ed and NUL-terminated, the caller frees it; NULL when memory ran out or a text
// of the task is not UTF-8. Welcome and task hold secrets: wipe them before (explicit_bzero over strlen, then
// free). decode: STATUS_MALFORMED or STATUS_TOO_LONG and `problem`, which names the member and never quotes
// any value; STATUS_FULL without memory. Members that are not known are left alone.

/// The message as JSON text.
char *talk_hello_encode(const struct talk_hello *hello);
/// Its opposite.
MUST_USE enum status talk_hello_decode(const char *json, size_t bytes, struct talk_hello *hello,
                                       struct problem *problem);
/// The message as JSON text.
char *talk_welcome_encode(const struct talk_welcome *welcome);
/// Its opposite.
MUST_USE enum status talk_welcome_decode(const char *json, size_t bytes, struct talk_welcome *welcome,
                                         struct problem *problem);
/// The message as JSON text.
char *talk_task_encode(const struct talk_task *task);
/// Its opposite; talk_task_clear must follow OK.
MUST_USE enum status talk_task_decode(const char *json, size_t bytes, struct talk_task *task,
                                      struct problem *problem);
/// Wipes its secrets and frees what it owns; a zeroed one is allowed.
void talk_task_clear(struct talk_task *task);
/// The message as JSON text.
char *talk_report_encode(const struct talk_report *report);
/// Its opposite.
MUST_USE enum status talk_report_decode(const char *json, size_t bytes, struct talk_report *report,
                                        struct problem *problem);
/// What a stage of a report is called where people read it: "writing" for "write". One that is not known here
/// is its own name.
const char *talk_stage_words(const char *stage);
/// The message as JSON text.
char *talk_verdict_encode(const struct talk_verdict *verdict);
/// Its opposite.
MUST_USE enum status talk_verdict_decode(const char *json, size_t bytes, struct talk_verdict *verdict,
                                         struct problem *problem);
/// The inventory as JSON text; texts with control characters or broken UTF-8 are escaped as \xNN.
char *talk_inventory_encode(const struct inventory *inventory);
/// Its opposite. `inventory` is large: keep it on the heap.
MUST_USE enum status talk_inventory_decode(const char *json, size_t bytes, struct inventory *inventory,
                                           struct problem *problem);
