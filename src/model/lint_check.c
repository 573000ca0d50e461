// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "model/lint_rules.h"

#include <stdio.h>
#include <string.h>

#define ENTRY_BYTES (ENTRY_NAME_BYTES + ENTRY_VALUE_BYTES + 2)

struct checking {
    const struct lint_subject *subject;
    struct lint *lint;
    uint64_t is_met;   // bit by row of the needs of this format
    uint64_t is_asked; // the same: its `when` was seen
    uint8_t pairs[8];  // bit 0: pattern seen; bit 1: with
    unsigned pair_lines[8];
    bool has_include;     // of a file that nobody sees here
    bool has_autoinstall; // in cloud-init's data
    bool has_language;    // a preseed file answers what is asked before it is there
    bool has_content;
};

// '*' and '?' without recursion: the last star can always take one character more.
static bool fits_one(const char *pattern, size_t length, const char *text)
{
    const char *end = pattern + length;
    const char *star = NULL;
    const char *from = NULL;
    while (*text != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            from = text;
            continue;
        }
        bool is_escaped = pattern + 1 < end && *pattern == '\\';
        bool is_same = pattern < end && ((!is_escaped && *pattern == '?') ||
                                         text_lower(pattern[is_escaped]) == text_lower(*text));
        if (is_same) {
            pattern += 1 + is_escaped;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*') {
        pattern++;
    }
    return pattern == end;
}

bool lint_fits(const char *pattern, const char *text)
{
    for (;;) {
        size_t length = strcspn(pattern, "|");
        if (fits_one(pattern, length, text)) {
            return true;
        }
        if (pattern[length] == '\0') {
            return false;
        }
        pattern += length + 1;
    }
}

unsigned lint_place(const struct lint_subject *subject, unsigned line)
{
    return subject->lines != NULL && line > 0 && line <= subject->line_count ? subject->lines[line - 1]
                                                                             : line;
}

// The name alone: a value may be a secret.
static void add_entry(struct checking *checking, enum lint_rule_id rule, const struct entry *entry)
{
    bool is_name = entry->name[0] != '%';
    lint_add(checking->lint, rule, lint_place(checking->subject, entry->line), "%.120s",
             is_name || rule == LINT_KICKSTART_END ? (is_name ? entry->name : entry->value) : "");
}

static void check_needs(struct checking *checking, const char *whole)
{
    size_t count;
    unsigned bit = 0;
    const struct lint_need *rows = lint_need_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].format != checking->subject->format) {
            continue;
        }
        checking->is_met |= (uint64_t)lint_fits(rows[i].pattern, whole) << bit;
        bool is_asked = rows[i].when == NULL || lint_fits(rows[i].when, whole);
        checking->is_asked |= (uint64_t)is_asked << bit;
        bit++;
        assert(bit < LINT_NEEDS_MOST);
    }
}

static void check_pairs(struct checking *checking, const char *whole, unsigned line)
{
    size_t count;
    const struct lint_pair *rows = lint_pair_rows(&count);
    assert(count <= COUNT_OF(checking->pairs));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].format == checking->subject->format && lint_fits(rows[i].pattern, whole)) {
            checking->pairs[i] |= 1;
            checking->pair_lines[i] = line;
        }
        if (rows[i].format == checking->subject->format && lint_fits(rows[i].with, whole)) {
            checking->pairs[i] |= 2;
        }
    }
}

static void check_kickstart(struct checking *checking, const struct entry *entry)
{
    bool is_include = strcmp(entry->name, "%include") == 0 || strcmp(entry->name, "%ksappend") == 0;
    checking->has_include = checking->has_include || is_include;
    bool is_command = entry->name[0] != '%' && entry->name[0] != '\0';
    if (is_command && checking->subject->format == LINT_KICKSTART &&
        !lint_is_kickstart_command(entry->name)) {
        add_entry(checking, LINT_KICKSTART_UNKNOWN, entry);
    }
}

static void check_cloud(struct checking *checking, const struct entry *entry)
{
    static const char TOP[] = "autoinstall/";
    checking->has_autoinstall = checking->has_autoinstall || strcmp(entry->name, "autoinstall") == 0;
    if (text_starts(entry->name, TOP) && strchr(entry->name + strlen(TOP), '/') == NULL &&
        !lint_is_autoinstall_key(entry->name + strlen(TOP))) {
        add_entry(checking, LINT_AUTOINSTALL_KEY, entry);
    }
}

static void check_entry(void *context, const struct entry *entry)
{
    struct checking *checking = context;
    char whole[ENTRY_BYTES];
    size_t count;
    const struct lint_bad *rows = lint_bad_rows(&count);
    enum lint_format format = checking->subject->format;
    (void)snprintf(whole, sizeof whole, "%s=%s", entry->name, entry->value);
    checking->has_content = true;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].format == format && lint_fits(rows[i].pattern, whole) &&
            (rows[i].unless == NULL || !lint_fits(rows[i].unless, whole))) {
            add_entry(checking, rows[i].rule, entry);
        }
    }
    check_needs(checking, whole);
    check_pairs(checking, whole, entry->line);
    if (format == LINT_KICKSTART || format == LINT_ESXI) {
        check_kickstart(checking, entry);
    } else if (format == LINT_CLOUD) {
        check_cloud(checking, entry);
    } else if (format == LINT_PRESEED) {
        checking->has_language = checking->has_language || lint_fits("debian-installer/locale=*|keyboard-"
                                                                     "configuration/*=*|netcfg/*=*",
                                                                     whole);
        bool is_include = lint_fits("preseed/include*=?*", whole);
        checking->has_include = checking->has_include || is_include;
    }
}

static bool arguments_have(const struct lint_subject *subject, const char *pattern)
{
    char all[ENTRY_BYTES];
    (void)snprintf(all, sizeof all, " %s ", subject->arguments == NULL ? "" : subject->arguments);
    return lint_fits(pattern, all);
}

static bool is_excused(const struct checking *checking, enum lint_rule_id rule)
{
    return rule == LINT_KICKSTART_SOURCE &&
           arguments_have(checking->subject, "* inst.repo=*|* repo=*|* method=*|* inst.ks.all*");
}

static void finish_needs(struct checking *checking)
{
    size_t count;
    unsigned bit = 0;
    const struct lint_need *rows = lint_need_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].format != checking->subject->format) {
            continue;
        }
        uint64_t mask = (uint64_t)1 << bit++;
        bool is_asked = rows[i].when == NULL || (checking->is_asked & mask) != 0;
        if (is_asked && (checking->is_met & mask) == 0 && !checking->has_include &&
            !is_excused(checking, rows[i].rule)) {
            lint_add(checking->lint, rows[i].rule, 0, "%s", rows[i].text);
        }
    }
    const struct lint_pair *pairs = lint_pair_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (checking->pairs[i] == 3) {
            lint_add(checking->lint, pairs[i].rule, lint_place(checking->subject, checking->pair_lines[i]),
                     "%s", "");
        }
    }
}

static enum status parse(const struct lint_subject *subject, const struct entries_visit *visit,
                         struct problem *problem)
{
    const char *text = subject->text;
    size_t length = subject->length;
    switch (subject->format) {
    case LINT_KICKSTART:
    case LINT_ESXI:
        entries_parse_kickstart(text, length, visit);
        return STATUS_OK;
    case LINT_PRESEED:
        entries_parse_preseed(text, length, visit);
        return STATUS_OK;
    case LINT_CLOUD:
    case LINT_OVERLAY:
        return entries_parse_yaml(text, length, visit, problem);
    case LINT_AUTOYAST:
        return entries_parse_xml(text, length, visit, problem);
    case LINT_AGAMA:
    case LINT_IGNITION:
        return entries_parse_json(text, length, visit, problem);
    case LINT_PROXMOX:
        return entries_parse_toml(text, length, visit, problem);
    case LINT_UNKNOWN:
    case LINT_PXELINUX:
    case LINT_GRUB:
    case LINT_IPXE:
    case LINT_FORMAT_COUNT:
        break;
    }
    return STATUS_OK;
}

static void check_lines(const struct lint_subject *subject, struct lint *lint)
{
    const char *end = memmem(subject->text, subject->length, "\r\n", 2);
    unsigned line = 1;
    for (const char *at = subject->text; end != NULL && at < end; at++) {
        line += *at == '\n';
    }
    if (end != NULL) {
        lint_add(lint, LINT_LINE_ENDS, lint_place(subject, line), "%s", "");
    }
}

static void check_boot(struct checking *checking)
{
    const struct lint_subject *subject = checking->subject;
    bool is_cloud = subject->format == LINT_CLOUD;
    static const char HEADER[] = "#cloud-config";
    bool has_header = subject->length >= strlen(HEADER) && memcmp(subject->text, HEADER, strlen(HEADER)) == 0;
    bool is_script = subject->length >= 2 && memcmp(subject->text, "#!", 2) == 0;
    if (is_cloud && !has_header && !is_script) {
        lint_add(checking->lint, LINT_CLOUD_HEADER, 1, "%s", "");
    }
    if (subject->arguments == NULL || subject->is_partial) {
        return;
    }
    if (is_cloud && checking->has_autoinstall && !arguments_have(subject, "* autoinstall *")) {
        lint_add(checking->lint, LINT_AUTOINSTALL_WORD, 0, "%s", "");
    }
    if (checking->has_language &&
        !arguments_have(subject, "* auto=true *|* auto *|* auto-install/enable=true *")) {
        lint_add(checking->lint, LINT_PRESEED_LATE, 0, "%s", "");
    }
}

void lint_check(const struct lint_subject *subject, struct lint *lint)
{
    struct checking checking = {.subject = subject, .lint = lint};
    const struct entries_visit visit = {check_entry, &checking};
    struct problem problem;
    problem_clear(&problem);
    check_lines(subject, lint);
    if (subject->format == LINT_PXELINUX || subject->format == LINT_GRUB) {
        lint_check_menu(subject, lint);
        return;
    }
    if (subject->format == LINT_IPXE) {
        lint_check_ipxe(subject, lint);
        return;
    }
    if (parse(subject, &visit, &problem) != STATUS_OK) {
        lint_add(lint, LINT_FORMAT_BROKEN, lint_place(subject, problem.line), "%s", problem.text);
        return; // what is missing may stand behind the fault
    }
    finish_needs(&checking);
    check_boot(&checking);
}

void lint_check_arguments(const char *arguments, struct lint *lint)
{
    char word[256];
    while (*arguments != '\0') {
        size_t length = strcspn(arguments, " \t\r\n");
        struct text text;
        text_init(&text, word, sizeof word);
        text_add_bytes(&text, arguments, length);
        if (lint_fits(
                "*password=?*|*password-crypted=?*|*passwd=?*|*passphrase=?*|*secret=?*|*token=?*|rootpw=?*",
                word)) {
            lint_add(lint, LINT_SECRET_IN_ARGUMENTS, 0, "%.*s", (int)strcspn(word, "="), word);
        }
        arguments += length + (arguments[length] != '\0');
    }
}
