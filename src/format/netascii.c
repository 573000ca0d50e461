// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/netascii.h"

size_t netascii_decode(struct netascii *netascii, const uint8_t *data, size_t bytes, uint8_t *out)
{
    uint8_t *at = out;
    for (size_t i = 0; i < bytes; i++) {
        bool was_cr = netascii->has_cr;
        netascii->has_cr = data[i] == '\r';
        if (was_cr && data[i] != '\n') {
            *at++ = '\r';
        }
        if (data[i] != '\r' && !(was_cr && data[i] == '\0')) {
            *at++ = data[i];
        }
    }
    return (size_t)(at - out);
}

size_t netascii_finish(struct netascii *netascii, uint8_t *out)
{
    if (!netascii->has_cr) {
        return 0;
    }
    netascii->has_cr = false;
    *out = '\r';
    return 1;
}
