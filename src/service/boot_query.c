// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/boot_query.h"

#include "base/text.h"

#include <string.h>

void boot_query_get(const char *query, const char *key, char *out, size_t out_bytes)
{
    out[0] = '\0';
    size_t key_length = strlen(key);
    const char *at = query;
    while (at != NULL && !(strncmp(at, key, key_length) == 0 && at[key_length] == '=')) {
        at = strchr(at, '&');
        at += at != NULL;
    }
    if (at == NULL) {
        return;
    }
    struct text text;
    text_init(&text, out, out_bytes);
    for (at += key_length + 1; *at != '\0' && *at != '&'; at++) {
        int high = *at == '%' ? text_parse_hex_digit(at[1]) : -1;
        int low = high < 0 ? -1 : text_parse_hex_digit(at[2]);
        char character = low < 0 ? *at : (char)(high * 16 + low);
        at += low < 0 ? 0 : 2;
        if (character >= 0x20 && character < 0x7f) {
            text_add_char(&text, character);
        }
    }
    if (text.cut) {
        out[0] = '\0';
    }
}

void boot_query_read(const char *query, struct boot_client *client)
{
    char value[128];
    boot_query_get(query, "mac", value, sizeof value);
    struct hw mac;
    if (hw_parse(value, &mac) == STATUS_OK) {
        client->mac = mac;
    }
    boot_query_get(query, "uuid", value, sizeof value);
    struct uuid uuid;
    if (uuid_parse(value, &uuid) == STATUS_OK) {
        client->uuid = uuid;
    }
    boot_query_get(query, "serial", client->serial, sizeof client->serial);
    boot_query_get(query, "platform", value, sizeof value);
    if (strcmp(value, "pcbios") == 0) {
        client->platform = BOOT_PLATFORM_BIOS;
    } else if (strcmp(value, "efi") == 0) {
        client->platform = BOOT_PLATFORM_UEFI;
    }
}
