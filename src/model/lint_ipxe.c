// SPDX-License-Identifier: GPL-3.0-or-later
// Scripts of iPXE (https://ipxe.org/scripting): what would stop one in the middle.
#include "base/text.h"
#include "model/lint_rules.h"

#include <string.h>

#define LABELS_MOST 128
#define WORD_BYTES  64
#define LINE_BYTES  1024

struct label {
    char name[WORD_BYTES];
    unsigned line;
};

struct labels {
    struct label rows[LABELS_MOST];
    unsigned count;
    bool has_more;
};

struct script {
    const struct lint_subject *subject;
    struct lint *lint;
    unsigned line;
    struct labels labels; // that are there
    struct labels aims;   // that are gone to
    unsigned kernel_line; // of the kernel that waits to be started; 0 = none
    bool has_boot;        // so far
};

static void add_label(struct labels *labels, const char *name, size_t length, unsigned line)
{
    if (labels->count == LABELS_MOST) {
        labels->has_more = true;
        return;
    }
    struct label *label = &labels->rows[labels->count++];
    struct text text;
    text_init(&text, label->name, sizeof label->name);
    text_add_bytes(&text, name, length);
    label->line = line;
}

// All commands that a build may have (src/hci/commands and others).
static bool is_command(const char *word)
{
    return lint_fits(
        "autoboot|boot|chain|certfree|certstat|certstore|choose|clear|colour|console|config|cpair|cpuid"
        "|dhcp|digest|echo|exit|fcels|fcstat|fdt|form|fwcmdline|goto|gunzip|help|ibmgmtstat|ibstat|ifclose|"
        "ifconf"
        "|iflinkwait|ifopen|ifstat|imgargs|imgexec|imgdecrypt|imgexec|imgextract|imgfetch|imgfree|imgload"
        "|imgmem|imgselect|imgset|imgstat|imgtrust|imgverify|inc|initrd|ipstat|isset|iseq|item|kernel|ldap"
        "|login|lotest|md5sum|menu|module|neighbour|nstat|nslookup|ntp|param|params|pciscan|ping|pixbuf"
        "|poweroff|present|profstat|prompt|pxebs|reboot|read|route|sanboot|sanhook|sanunhook|set|sha1sum"
        "|sha256sum|sha512sum|shell|shim|show|sleep|startpxe|stoppxe|sync|time|unset|usbscan|vcreate|"
        "vdestroy|vlan"
        "|iwlist|iwstat|wimboot",
        word);
}

static void take_goto(struct script *script, const char *rest)
{
    size_t length = strcspn(rest, " \t");
    if (script->has_boot) { // it may be there that it goes
        script->kernel_line = 0;
    }
    bool is_known = memchr(rest, '$', length) == NULL; // "goto ${choice}": any label may be meant
    if (length != 0 && is_known) {
        add_label(&script->aims, rest, length, script->line);
    }
}

static void take_command(struct script *script, const char *command)
{
    char word[WORD_BYTES];
    struct text text;
    command += strspn(command, " \t");
    size_t length = strcspn(command, " \t");
    const char *rest = command + length + strspn(command + length, " \t");
    text_init(&text, word, sizeof word);
    text_add_bytes(&text, command, length);
    if (length == 0 || word[0] == '#' || word[0] == '$') {
        return;
    }
    unsigned line = lint_place(script->subject, script->line);
    if (word[0] == ':') {
        add_label(&script->labels, word + 1, strlen(word + 1), script->line);
    } else if (!is_command(word)) {
        lint_add(script->lint, LINT_IPXE_COMMAND, line, "%s", word);
    } else if (strcmp(word, "goto") == 0) {
        take_goto(script, rest);
    } else if (lint_fits("kernel|imgselect", word)) {
        script->kernel_line = script->line;
    } else if (lint_fits("boot|imgexec|autoboot|imgfree", word)) {
        script->kernel_line = 0;
        script->has_boot = true;
    }
    if (lint_fits("kernel|imgargs", word)) {
        lint_check_answer_place(rest, line, script->lint);
    }
}

// "a || b && c": commands with what stands between them, which counts only between blanks or at the end.
static void take_line(struct script *script, char *line)
{
    if (line[strspn(line, " \t")] == '#') {
        return;
    }
    char *command = line;
    for (char *at = line; *at != '\0'; at++) {
        bool is_sign = (at[0] == '|' && at[1] == '|') || (at[0] == '&' && at[1] == '&');
        bool is_free = (at == line || at[-1] == ' ' || at[-1] == '\t') &&
                       (at[1] == '\0' || at[2] == '\0' || at[2] == ' ' || at[2] == '\t');
        if (is_sign && is_free) {
            *at = '\0';
            take_command(script, command);
            command = at + 2;
            at++;
        }
    }
    take_command(script, command);
}

static bool has_label(const struct labels *labels, const char *name)
{
    for (unsigned i = 0; i < labels->count; i++) {
        if (strcmp(labels->rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void finish(struct script *script)
{
    for (unsigned i = 0; i < script->aims.count && !script->labels.has_more; i++) {
        const struct label *aim = &script->aims.rows[i];
        if (!has_label(&script->labels, aim->name)) {
            lint_add(script->lint, LINT_IPXE_LABEL, lint_place(script->subject, aim->line), "%s", aim->name);
        }
    }
    if (script->kernel_line != 0) {
        lint_add(script->lint, LINT_IPXE_BOOT, lint_place(script->subject, script->kernel_line), "%s", "");
    }
}

void lint_check_ipxe(const struct lint_subject *subject, struct lint *lint)
{
    struct script script = {.subject = subject, .lint = lint};
    char line[LINE_BYTES];
    struct text text;
    text_init(&text, line, sizeof line);
    for (size_t at = 0; at < subject->length;) {
        const char *start = subject->text + at;
        const char *end = memchr(start, '\n', subject->length - at);
        size_t length = end == NULL ? subject->length - at : (size_t)(end - start);
        at += length + 1;
        script.line++;
        size_t shown = length != 0 && start[length - 1] == '\r' ? length - 1 : length;
        bool is_continued = shown != 0 && start[shown - 1] == '\\';
        text_add_bytes(&text, start, is_continued ? shown - 1 : shown);
        if (!is_continued) {
            take_line(&script, line);
            text_init(&text, line, sizeof line);
        }
    }
    finish(&script);
}
