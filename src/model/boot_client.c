// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/boot_client.h"

#include "model/image.h"

uint8_t boot_client_on(const struct boot_client *client)
{
    // IANA "Processor Architecture Types" of RFC 5970. Code 9 is what some x64 firmware says of itself.
    static const struct {
        uint16_t code;
        uint8_t on;
    } CODES[] = {
        {0, IMAGE_ON_BIOS},   {6, IMAGE_ON_IA32},  {7, IMAGE_ON_X64},  {9, IMAGE_ON_X64},
        {11, IMAGE_ON_ARM64}, {15, IMAGE_ON_IA32}, {16, IMAGE_ON_X64}, {17, IMAGE_ON_X64},
        {19, IMAGE_ON_ARM64}, {20, IMAGE_ON_BIOS},
    };
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        if (client->architecture == CODES[i].code) {
            return CODES[i].on;
        }
    }
    switch (client->platform) {
    case BOOT_PLATFORM_BIOS:
        return IMAGE_ON_BIOS;
    case BOOT_PLATFORM_UEFI:
        return IMAGE_ON_X64 | IMAGE_ON_IA32 | IMAGE_ON_ARM64;
    case BOOT_PLATFORM_OTHER:
        break;
    }
    return 0;
}
