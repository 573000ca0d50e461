// SPDX-License-Identifier: GPL-3.0-or-later
// "gets": what the client must have been told or sent, compared with what it was.
#include "base/text.h"
#include "base/time.h"
#include "scenario/statement.h"

#include <stdio.h>
#include <string.h>

static bool check_text(const char *what, const char *wanted, const char *found, struct problem *problem)
{
    if (strcmp(wanted, found) != 0) {
        problem_set(problem, "expected %s %s, got %s", what, wanted, found[0] == '\0' ? "none" : found);
    }
    return strcmp(wanted, found) == 0;
}

static bool check_ip4(const char *what, const char *wanted, struct ip4 found, struct problem *problem)
{
    char text[IP4_TEXT_BYTES];
    return check_text(what, wanted, ip4_print(found, text), problem);
}

// An option as a scenario writes it: an address, a text, or 0x and hex digits, whichever `like` is.
static void print_option(const struct dhcp4_option *option, const char *like, struct text *out)
{
    struct ip4 address;
    if (text_starts(like, "0x")) {
        text_add(out, "0x");
        for (unsigned i = 0; i < option->length; i++) {
            text_add_format(out, "%02x", option->data[i]);
        }
    } else if (option->length == 4 && ip4_parse(like, &address) == STATUS_OK) {
        text_add_format(out, "%u.%u.%u.%u", option->data[0], option->data[1], option->data[2],
                        option->data[3]);
    } else {
        bool has_nul = option->length != 0 && option->data[option->length - 1] == '\0';
        text_add_escaped(out, (const char *)option->data, option->length - has_nul);
    }
}

// "60=PXEClient".
static bool check_option(const struct dhcp4_message *reply, const char *word, struct problem *problem)
{
    char code_text[4] = "";
    const char *wanted = strchr(word, '=');
    uint64_t code = 0;
    if (wanted == NULL || (size_t)(wanted - word) >= sizeof code_text) {
        problem_set(problem, "an option is written CODE=VALUE, not %s", word);
        return false;
    }
    memcpy(code_text, word, (size_t)(wanted - word));
    if (text_parse_u64(code_text, UINT8_MAX, &code) != STATUS_OK) {
        problem_set(problem, "%s is no option code", code_text);
        return false;
    }
    char found[SCRIPT_LINE_BYTES];
    struct text text;
    text_init(&text, found, sizeof found);
    const struct dhcp4_option *option = dhcp4_find(reply, (uint8_t)code);
    if (option != NULL) {
        print_option(option, wanted + 1, &text);
    }
    return check_text("option", wanted + 1, found, problem);
}

// "without file", "without 60".
static bool check_without(const struct dhcp4_message *reply, const char *word, struct problem *problem)
{
    uint64_t code = DHCP4_OPTION_BOOT_FILE;
    bool is_file = strcmp(word, "file") == 0;
    if (!is_file && text_parse_u64(word, UINT8_MAX, &code) != STATUS_OK) {
        problem_set(problem, "without file, or without an option's code, not '%s'", word);
        return false;
    }
    if (dhcp4_find(reply, (uint8_t)code) != NULL || (is_file && reply->file[0] != '\0')) {
        problem_set(problem, "expected no %s %s, got one", is_file ? "boot" : "option", word);
        return false;
    }
    return true;
}

static bool check_file(const struct dhcp4_message *reply, const char *file, struct problem *problem)
{
    char found[256] = "";
    (void)dhcp4_find_string(reply, DHCP4_OPTION_BOOT_FILE, found, sizeof found);
    return check_text("boot file", file, reply->file, problem) &&
           check_text("option 67", file, found, problem);
}

static bool check_lease(const struct dhcp4_message *reply, const char *wanted, struct problem *problem)
{
    uint32_t seconds = 0;
    char found[DURATION_TEXT_BYTES] = "none";
    if (dhcp4_find_u32(reply, DHCP4_OPTION_LEASE_TIME, &seconds)) {
        duration_print(seconds, found);
    }
    return check_text("lease", wanted, found, problem);
}

static bool check_reply(const struct machine_actor *actor, struct script_line *line, struct problem *problem)
{
    const struct dhcp4_message *reply = &actor->reply;
    const char *word;
    while ((word = script_take_value(line, "without")) != NULL) {
        if (!check_without(reply, word, problem)) {
            return false;
        }
    }
    while ((word = script_take_value(line, "option")) != NULL) {
        if (!check_option(reply, word, problem)) {
            return false;
        }
    }
    const char *file = script_take_value(line, "file");
    const char *server = script_take_value(line, "server");
    const char *lease = script_take_value(line, "lease");
    const char *to = script_take_value(line, "to");
    const char *address = script_take(line);
    return (file == NULL || check_file(reply, file, problem)) &&
           (server == NULL || check_ip4("boot server", server, reply->siaddr, problem)) &&
           (lease == NULL || check_lease(reply, lease, problem)) &&
           (to == NULL || check_ip4("destination", to, actor->reply_to, problem)) &&
           (address == NULL || check_ip4("address", address, reply->yiaddr, problem));
}

// Takes "because NAME ...", the end of a line; every reason must have been told.
static bool check_reasons(const struct world *world, struct script_line *line, struct problem *problem)
{
    unsigned at = 0;
    while (at < line->count && strcmp(line->words[at], "because") != 0) {
        at++;
    }
    for (unsigned i = at; i < line->count; i++) {
        line->is_taken[i] = true;
        const struct reason *reason = i == at ? NULL : reason_find(line->words[i]);
        if (i != at && (reason == NULL || !world->has_reason[reason->id])) {
            problem_set(problem, "the reason %s was not told", line->words[i]);
            return false;
        }
    }
    return true;
}

static bool check_read(const struct machine_actor *actor, const char *what, struct script_line *line,
                       struct problem *problem)
{
    if (strcmp(what, "text") == 0 || strcmp(what, "no-text") == 0) {
        const char *text = script_take(line);
        bool is_wanted = strcmp(what, "text") == 0;
        if (text == NULL || !actor->has_file || (strstr(actor->head, text) != NULL) != is_wanted) {
            problem_set(problem, "expected %s '%s' in what it read, which is:\n%s", what,
                        text == NULL ? "" : text, actor->head);
            return false;
        }
        return true;
    }
    bool is_whole = script_take_flag(line, "whole") && script_take_flag(line, "file");
    bool is_part = !is_whole && script_take_flag(line, "part");
    if (is_whole != actor->has_all || (is_part && !actor->has_file)) {
        problem_set(problem, "it read %s", actor->has_all ? "the whole file" : "less than the whole file");
        return false;
    }
    return is_whole || is_part;
}

bool statement_gets(struct world *world, struct script_line *line, struct problem *problem)
{
    static const char *const READS[] = {"the", "a", "text", "no-text"};
    static const char *const KINDS[] = {
        [DHCP4_OFFER] = "offer", [DHCP4_ACK] = "ack", [DHCP4_NAK] = "nak", [DHCP4_BOOTP] = "bootp"};
    struct machine_actor *actor = world->current;
    const char *what = script_take(line);
    if (actor == NULL || what == NULL || !check_reasons(world, line, problem)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(READS); i++) {
        if (strcmp(READS[i], what) == 0) {
            return check_read(actor, what, line, problem);
        }
    }
    if (strcmp(what, "not-found") == 0) {
        problem_set(problem, "expected no such file, but it is there");
        return !actor->has_file;
    }
    const char *kind = !actor->has_reply ? "nothing" : KINDS[actor->reply.kind];
    return check_text("a reply", what, kind, problem) &&
           (!actor->has_reply || check_reply(actor, line, problem));
}
