// SPDX-License-Identifier: GPL-3.0-or-later
// Runs golden fixtures: golden [--write] FILE...; with --write the text below "---" is replaced by what the
// program says, to be read by a person before it is committed.
#include "golden/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_BYTES 65536
#define PACKET_BYTES  8192
#define SEPARATOR     "\n---\n"

struct fixture {
    char file[FIXTURE_BYTES];
    char *expected; // into file, behind the separator
    char kind[16];
    bool exact;
    uint8_t packet[PACKET_BYTES];
    size_t packet_bytes;
};

static const struct kind {
    const char *name;
    golden_decoder *decode;
} KINDS[] = {
    {"dhcp4", golden_dhcp4}, {"dhcp6", golden_dhcp6}, {"tftp", golden_tftp},
    {"frame", golden_frame}, {"arp", golden_arp},
};

static void die(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

static void byte_add(struct fixture *fixture, uint8_t byte, const char *path)
{
    if (fixture->packet_bytes == PACKET_BYTES) {
        die(path, "the packet is too long");
    }
    fixture->packet[fixture->packet_bytes++] = byte;
}

// One line of the packet: hexadecimal bytes, "text", or `zeros N`; `#` begins a comment.
static void line_read(struct fixture *fixture, const char *line, const char *path)
{
    unsigned zeros = 0;
    if (sscanf(line, "zeros %u", &zeros) == 1) {
        for (unsigned i = 0; i < zeros; i++) {
            byte_add(fixture, 0, path);
        }
        return;
    }
    while (*line != '\0' && *line != '#') {
        if (*line == ' ') {
            line++;
        } else if (*line == '"') {
            for (line++; *line != '"' && *line != '\0'; line++) {
                byte_add(fixture, (uint8_t)*line, path);
            }
            line += *line == '"';
        } else {
            int high = text_parse_hex_digit(line[0]);
            int low = high < 0 ? -1 : text_parse_hex_digit(line[1]);
            if (low < 0) {
                die(path, "a line of the packet is neither bytes, \"text\" nor zeros N");
            }
            byte_add(fixture, (uint8_t)(high << 4 | low), path);
            line += 2;
        }
    }
}

static void fixture_read(struct fixture *fixture, const char *path)
{
    *fixture = (struct fixture){0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        die(path, "cannot be opened");
    }
    size_t length = fread(fixture->file, 1, FIXTURE_BYTES - 1, file);
    fclose(file);
    fixture->file[length] = '\0';
    char *separator = strstr(fixture->file, SEPARATOR);
    if (separator == NULL) {
        die(path, "has no line of three dashes between packet and text");
    }
    fixture->expected = separator + strlen(SEPARATOR);
    char *packet = strndup(fixture->file, (size_t)(separator - fixture->file));
    char *rest = NULL;
    for (char *line = strtok_r(packet, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char exact[8] = "";
        if (sscanf(line, "decode %15s %7s", fixture->kind, exact) >= 1) {
            fixture->exact = strcmp(exact, "exact") == 0;
        } else {
            line_read(fixture, line, path);
        }
    }
    free(packet);
}

static void fixture_decode(const struct fixture *fixture, const char *path, struct text *text)
{
    // A block of exactly the packet's size, so that a sanitizer sees every read past its end.
    uint8_t *packet = malloc(size_max(fixture->packet_bytes, 1));
    if (packet == NULL) {
        die(path, "out of memory");
    }
    memcpy(packet, fixture->packet, fixture->packet_bytes);
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(KINDS[i].name, fixture->kind) == 0) {
            KINDS[i].decode(packet, fixture->packet_bytes, fixture->exact, text);
            free(packet);
            return;
        }
    }
    die(path, "has no line `decode KIND`, or nobody knows that kind");
}

static void fixture_write(const struct fixture *fixture, const char *path, const char *decoded)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        die(path, "cannot be written");
    }
    fprintf(file, "%.*s%s", (int)(fixture->expected - fixture->file), fixture->file, decoded);
    fclose(file);
}

static bool fixture_check(const char *path, bool is_write)
{
    static struct fixture fixture;
    static char decoded[FIXTURE_BYTES];
    struct text text;
    text_init(&text, decoded, sizeof decoded);
    fixture_read(&fixture, path);
    fixture_decode(&fixture, path, &text);
    bool is_back = strstr(decoded, "BACK:") == NULL;
    if (is_write && is_back) {
        fixture_write(&fixture, path, decoded);
    } else if (!is_back || strcmp(decoded, fixture.expected) != 0) {
        fprintf(stderr, "%s: expected\n%sbut it says\n%s", path, fixture.expected, decoded);
        return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    bool is_write = count > 1 && strcmp(arguments[1], "--write") == 0;
    bool is_good = true;
    for (int i = is_write ? 2 : 1; i < count; i++) {
        is_good &= fixture_check(arguments[i], is_write);
    }
    return is_good ? 0 : 1;
}
