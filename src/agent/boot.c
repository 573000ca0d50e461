// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel command line: which server, which order, which card. The kernel's own words and everybody else's
// stand there too and are passed over; of a word given twice the last one counts, as with the kernel's own.
#include "agent/agent.h"

#include "base/text.h"

#include <string.h>

#define BOOT_PORT       80
#define BOOT_WORD_BYTES 128

static bool boot_is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static enum status boot_parse_server(const char *value, struct agent_boot *boot)
{
    char address[BOOT_WORD_BYTES];
    (void)text_copy(address, sizeof address, value);
    uint64_t port = BOOT_PORT;
    char *colon = strchr(address, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (text_parse_u64(colon + 1, UINT16_MAX, &port) != STATUS_OK || port == 0) {
            return STATUS_MALFORMED;
        }
    }
    struct ip4 server;
    if (ip4_parse(address, &server) != STATUS_OK || server.value == 0) {
        return STATUS_MALFORMED;
    }
    boot->server = server;
    boot->port = (uint16_t)port;
    return STATUS_OK;
}

static enum status boot_parse_order(const char *value, struct agent_boot *boot)
{
    uint64_t order = 0;
    if (text_parse_u64(value, UINT64_MAX, &order) != STATUS_OK || order == 0) {
        return STATUS_MALFORMED;
    }
    boot->order_id = order;
    return STATUS_OK;
}

static enum status boot_parse_mac(const char *value, struct agent_boot *boot)
{
    struct hw mac;
    if (hw_parse(value, &mac) != STATUS_OK || mac.length != 6 || (mac.octets[0] & 1) != 0) {
        return STATUS_MALFORMED; // no card has a group address
    }
    boot->mac = mac;
    return STATUS_OK;
}

static enum status boot_parse_tls(const char *value, struct agent_boot *boot)
{
    uint64_t port = 0;
    if (text_parse_u64(value, UINT16_MAX, &port) != STATUS_OK || port == 0) {
        return STATUS_MALFORMED;
    }
    boot->tls_port = (uint16_t)port;
    return STATUS_OK;
}

static enum status boot_parse_certificate(const char *value, struct agent_boot *boot)
{
    static const char KIND[] = "sha256:";
    if (!text_starts(value, KIND) || strlen(value) != strlen(KIND) + 2 * sizeof boot->certificate) {
        return STATUS_MALFORMED;
    }
    value += strlen(KIND);
    for (size_t i = 0; i < sizeof boot->certificate; i++) {
        int high = text_parse_hex_digit(value[2 * i]), low = text_parse_hex_digit(value[2 * i + 1]);
        if (high < 0 || low < 0) {
            return STATUS_MALFORMED;
        }
        boot->certificate[i] = (uint8_t)(high * 16 + low);
    }
    return STATUS_OK;
}

enum boot_key_id {
    BOOT_KEY_SERVER,
    BOOT_KEY_ORDER,
    BOOT_KEY_MAC,
    BOOT_KEY_TLS, // this and what follows may be missing, but not one without the other
    BOOT_KEY_CERTIFICATE
};

static const struct boot_key {
    const char *name;
    const char *example;
    enum status (*parse)(const char *value, struct agent_boot *boot);
} BOOT_KEYS[] = {
    [BOOT_KEY_SERVER] = {"imprint.server=", "imprint.server=192.168.77.1", boot_parse_server},
    [BOOT_KEY_ORDER] = {"imprint.order=", "imprint.order=7", boot_parse_order},
    [BOOT_KEY_MAC] = {"imprint.mac=", "imprint.mac=52:54:00:aa:bb:cc", boot_parse_mac},
    [BOOT_KEY_TLS] = {"imprint.tls=", "imprint.tls=443", boot_parse_tls},
    [BOOT_KEY_CERTIFICATE] = {"imprint.certificate=", "imprint.certificate=sha256: and 64 hexadecimal digits",
                              boot_parse_certificate},
};

// Takes one word of the line; `seen` counts bits of BOOT_KEYS.
static enum status boot_take_word(const char *word, struct agent_boot *boot, unsigned *seen,
                                  struct problem *problem)
{
    for (unsigned i = 0; i < COUNT_OF(BOOT_KEYS); i++) {
        if (!text_starts(word, BOOT_KEYS[i].name)) {
            continue;
        }
        if (BOOT_KEYS[i].parse(word + strlen(BOOT_KEYS[i].name), boot) != STATUS_OK) {
            char safe[4 * BOOT_WORD_BYTES];
            struct text shown;
            text_init(&shown, safe, sizeof safe);
            text_add_escaped(&shown, word, strlen(word));
            problem_set(problem, "the kernel command line says \"%s\", which cannot be", safe);
            problem_set_remedy(problem, "it should look like %s", BOOT_KEYS[i].example);
            return STATUS_MALFORMED;
        }
        *seen |= 1u << i;
    }
    return STATUS_OK;
}

enum status agent_boot_parse(const char *line, struct agent_boot *boot, struct problem *problem)
{
    struct agent_boot found = {.port = BOOT_PORT};
    unsigned seen = 0;
    while (*line != '\0') {
        size_t bytes = 0;
        while (line[bytes] != '\0' && !boot_is_blank(line[bytes])) {
            bytes++;
        }
        char word[BOOT_WORD_BYTES];
        if (bytes >= sizeof word && text_starts(line, "imprint.")) {
            problem_set(problem,
                        "a word of the kernel command line that begins with \"imprint.\" is too long");
            return STATUS_MALFORMED;
        }
        if (bytes != 0 && bytes < sizeof word) {
            memcpy(word, line, bytes);
            word[bytes] = '\0';
            if (boot_take_word(word, &found, &seen, problem) != STATUS_OK) {
                return STATUS_MALFORMED;
            }
        }
        line += bytes + (line[bytes] != '\0' ? 1 : 0);
    }
    bool has_tls = (seen & (1u << BOOT_KEY_TLS | 1u << BOOT_KEY_CERTIFICATE)) != 0;
    for (unsigned i = 0; i < (has_tls ? COUNT_OF(BOOT_KEYS) : BOOT_KEY_TLS); i++) {
        if ((seen & 1u << i) == 0) {
            problem_set(problem, "the kernel command line has no %s", BOOT_KEYS[i].name);
            problem_set_remedy(problem, "this system is started by an imprint server over the network, which "
                                        "adds it; nothing on this machine was changed");
            return STATUS_MALFORMED;
        }
    }
    *boot = found;
    return STATUS_OK;
}
