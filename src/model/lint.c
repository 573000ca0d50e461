// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lint.h"

#include "format/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK '\x01' // begins a mark; no file that is text holds one

static const struct lint_rule RULES[] = {
#define LINT_RULE(name, id, severity, sentence, remedy) {id, LINT_##severity, sentence, remedy},
#include "model/lint_table.h"
#undef LINT_RULE
};

static_assert(COUNT_OF(RULES) == LINT_RULE_COUNT, "one row a rule");

const struct lint_rule *lint_get_rule(enum lint_rule_id id)
{
    assert(id < LINT_RULE_COUNT);
    return &RULES[id];
}

const char *lint_severity_text(enum lint_severity severity)
{
    static const char *const NAMES[] = {"error", "warning", "note"};
    return NAMES[severity];
}

const char *lint_format_text(enum lint_format format)
{
    static const char *const NAMES[LINT_FORMAT_COUNT] = {
        "",        "kickstart", "preseed", "cloud-init", "AutoYaST", "Agama", "Ignition",
        "Proxmox", "ESXi",      "overlay", "pxelinux",   "GRUB",     "iPXE"};
    return NAMES[format];
}

static bool holds(const char *text, size_t length, const char *what)
{
    return memmem(text, length, what, strlen(what)) != NULL;
}

// Whether a line begins with `word` and a blank, the end or '='.
static bool has_line(const char *text, size_t length, const char *word)
{
    struct reader reader = reader_init(text, length);
    struct line line = line_init();
    size_t bytes = strlen(word);
    while (line_next(&reader, &line)) {
        struct line trimmed = line_trim(line);
        bool is_it = trimmed.length >= bytes && memcmp(trimmed.text, word, bytes) == 0;
        if (is_it && (trimmed.length == bytes || text_is_one_of(trimmed.text[bytes], " \t=:"))) {
            return true;
        }
    }
    return false;
}

enum lint_format lint_guess_format(const char *name, const char *text, size_t length)
{
    if (holds(text, length, "<profile") && holds(text, length, "yast")) {
        return LINT_AUTOYAST;
    }
    if (text_ends(name, ".ign") || (text_ends(name, ".json") && holds(text, length, "\"ignition\""))) {
        return LINT_IGNITION;
    }
    if (text_ends(name, ".tar.gz")) { // its template
        return LINT_OVERLAY;
    }
    if (text_ends(name, ".json")) {
        return LINT_AGAMA;
    }
    if (text_ends(name, ".toml") ||
        (has_line(text, length, "[global]") && holds(text, length, "[disk-setup]"))) {
        return LINT_PROXMOX;
    }
    if (has_line(text, length, "#cloud-config") || has_line(text, length, "autoinstall") ||
        text_ends(name, "user-data")) {
        return LINT_CLOUD;
    }
    if (has_line(text, length, "vmaccepteula") || has_line(text, length, "accepteula")) {
        return LINT_ESXI;
    }
    if (has_line(text, length, "d-i") || text_ends(name, "preseed.cfg") || text_ends(name, ".preseed")) {
        return LINT_PRESEED;
    }
    if (length >= strlen("#!ipxe") && memcmp(text, "#!ipxe", strlen("#!ipxe")) == 0) {
        return LINT_IPXE;
    }
    if (has_line(text, length, "menuentry") || text_ends(name, "grub.cfg")) {
        return LINT_GRUB;
    }
    bool has_label = has_line(text, length, "label") || has_line(text, length, "LABEL");
    if (has_label && (has_line(text, length, "kernel") || has_line(text, length, "KERNEL") ||
                      has_line(text, length, "linux") || has_line(text, length, "LINUX"))) {
        return LINT_PXELINUX;
    }
    bool is_kickstart = has_line(text, length, "rootpw") || has_line(text, length, "clearpart") ||
                        has_line(text, length, "%packages") || has_line(text, length, "bootloader");
    return is_kickstart || text_ends(name, "ks.cfg") || text_ends(name, ".ks") ? LINT_KICKSTART
           : text_ends(name, ".xml")                                           ? LINT_AUTOYAST
                                                                               : LINT_UNKNOWN;
}

void lint_init(struct lint *lint)
{
    lint->count = 0;
    lint->has_more = false;
}

void lint_add(struct lint *lint, enum lint_rule_id rule, unsigned line, const char *format, ...)
{
    if (lint->count == LINT_FINDINGS_MOST) {
        lint->has_more = true;
        return;
    }
    struct lint_finding *finding = &lint->findings[lint->count++];
    va_list arguments;
    finding->rule = rule;
    finding->line = line;
    va_start(arguments, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

static int compare(const void *a, const void *b)
{
    const struct lint_finding *left = a;
    const struct lint_finding *right = b;
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    if (left->rule != right->rule) {
        return left->rule < right->rule ? -1 : 1;
    }
    return strcmp(left->text, right->text);
}

void lint_sort(struct lint *lint)
{
    unsigned kept = 0;
    qsort(lint->findings, lint->count, sizeof lint->findings[0], compare);
    for (unsigned i = 0; i < lint->count; i++) {
        if (kept == 0 || compare(&lint->findings[kept - 1], &lint->findings[i]) != 0) {
            lint->findings[kept++] = lint->findings[i];
        }
    }
    lint->count = kept;
}

unsigned lint_count(const struct lint *lint, enum lint_severity severity)
{
    unsigned count = 0;
    for (unsigned i = 0; i < lint->count; i++) {
        count += RULES[lint->findings[i].rule].severity == severity;
    }
    return count;
}

void lint_mend_blanks(char *text, size_t length, struct lint *lint)
{
    unsigned line = 1;
    unsigned first = 0;
    unsigned last = 0;
    unsigned count = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        line += text[i] == '\n';
        if ((unsigned char)text[i] == 0xc2 && (unsigned char)text[i + 1] == 0xa0) {
            text[i] = ' ';
            text[i + 1] = ' ';
            first = first == 0 ? line : first;
            count += last != line;
            last = line;
        }
    }
    if (count > 0) {
        lint_add(lint, LINT_BLANK_FALSE, first, "%u line%s", count, count == 1 ? "" : "s");
    }
}

enum status lint_mark(const char *source, size_t length, struct text *out)
{
    struct reader reader = reader_init(source, length);
    struct line line = line_init();
    while (line_next(&reader, &line)) {
        text_add_bytes(out, line.text, line.length);
        text_add_format(out, "%c%u\n", MARK, line.number);
    }
    return out->cut ? STATUS_TOO_LONG : STATUS_OK;
}

size_t lint_unmark(char *text, size_t *length, unsigned *lines, size_t most)
{
    size_t out = 0;
    size_t count = 0;
    unsigned number = 0;
    for (size_t i = 0; i < *length; i++) {
        if (text[i] == MARK) {
            number = 0;
            while (i + 1 < *length && text[i + 1] >= '0' && text[i + 1] <= '9') {
                number = number * 10 + (unsigned)(text[++i] - '0');
            }
            continue;
        }
        if (text[i] == '\n') {
            if (count < most) {
                lines[count] = number;
            }
            count++;
        }
        text[out++] = text[i];
    }
    *length = out;
    return size_min(count, most);
}
