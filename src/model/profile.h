// SPDX-License-Identifier: GPL-3.0-or-later
// A profile: an image with the kernel arguments and the answer file that make it one certain installation.
#pragma once

#include "model/image.h"

#define PROFILE_NAME_BYTES        IMAGE_NAME_BYTES
#define PROFILE_ANSWER_BYTES_MOST (256 * 1024)
#define PROFILE_VALUES_MOST       32
#define PROFILE_KEY_BYTES         48
#define PROFILE_VALUE_BYTES       256

struct profile_value { // a value of the administrator's own, {{key}} in templates
    char key[PROFILE_KEY_BYTES];
    char value[PROFILE_VALUE_BYTES];
};

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
    int64_t created_s;
};
