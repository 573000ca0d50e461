// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/render.h"

#include "catalog/overlay.h"
#include "catalog/values.h"

#include <stdio.h>
#include <string.h>

#define HOSTNAME_BYTES      256
#define HOSTNAME_LABEL_MOST 63

/// Says what to do about a name that has no value: give it one, if a profile can, or use another.
static void explain_missing(const struct values *values, struct problem *problem)
{
    char names[PROBLEM_REMEDY_BYTES / 2 + 32];
    char set[PROBLEM_REMEDY_BYTES / 2 - 64] = "";
    struct text text;
    const char *name = problem->text + strspn(problem->text, "{");
    int length = (int)strcspn(name, "}.");
    if (name[length] == '}') { // a profile's own names have no dots
        text_init(&text, set, sizeof set);
        text_add_format(&text, "imprint profile edit %s --set %.*s=VALUE gives it one; ",
                        values->facts->profile->name, length, name);
    }
    text_init(&text, names, sizeof names);
    values_add_names(values, &text);
    problem_set_remedy(problem, "%sthe names there are: %s%s", set, names, text.cut ? " ..." : "");
}

// Whether the name that was missed is a secret in a place where none may be; `problem` tells it then.
static bool explain_secret(const struct values *values, struct problem *problem)
{
    const struct profile *profile = values->facts->profile;
    const char *name = problem->text + strspn(problem->text, "{& ");
    size_t length = strcspn(name, "} ");
    for (unsigned i = 0; values->refuses_secrets && i < profile->value_count; i++) {
        const struct profile_value *value = &profile->values[i];
        if (value->is_secret && strlen(value->key) == length && strncmp(value->key, name, length) == 0) {
            const struct problem before = *problem; // only the place of it is good
            problem_clear(problem);
            problem_set_place(problem, before.file, before.line, before.column);
            problem_set(problem, "{{%s}} is a secret, and anybody can read kernel arguments and host names",
                        value->key);
            problem_set_remedy(problem, "use it in the answer file, which only its machine gets");
            return true;
        }
    }
    return false;
}

static struct template_value find_snippet(const void *self, const char *name, size_t length)
{
    const struct values *values = self;
    size_t bytes = 0;
    const char *text = snippets_find(values->facts->snippets, name, length, &bytes);
    return (struct template_value){
        .kind = text == NULL ? TEMPLATE_MISSING : TEMPLATE_TEXT, .text = text, .length = bytes};
}

/// Renders `source` (called `place` in problems) with `values`; a missing name's problem gets the list of
/// those there are.
static enum status render_escaped(const struct values *values, const char *source, const char *place,
                                  enum template_escape escape, struct text *out, struct problem *problem)
{
    const struct template_data data = {.self = values, .find = values_find, .partial = find_snippet};
    const struct template_options options = {.name = place, .escape = escape, .is_strict = true};
    enum status status = template_render(source, strlen(source), &data, &options, out, problem);
    if (status == STATUS_NOT_FOUND && strstr(problem->text, "partial template") != NULL) {
        problem_set_remedy(problem,
                           "put it into the folder snippets beside imprint.yaml, then: systemctl reload "
                           "imprint");
    } else if (status == STATUS_NOT_FOUND && !explain_secret(values, problem)) {
        explain_missing(values, problem);
    }
    return status;
}

/// The same for plain text.
static enum status render_source(const struct values *values, const char *source, const char *place,
                                 struct text *out, struct problem *problem)
{
    return render_escaped(values, source, place, TEMPLATE_ESCAPE_NONE, out, problem);
}

// Its ending says the format; cloud-init's files are YAML and have none.
enum template_escape render_pick_escape(const char *name)
{
    static const struct {
        const char *ending;
        enum template_escape escape;
    } FORMATS[] = {
        {".xml", TEMPLATE_ESCAPE_XML},           {".json", TEMPLATE_ESCAPE_QUOTED},
        {".toml", TEMPLATE_ESCAPE_QUOTED}, // its basic strings have the escapes of JSON
        {".ign", TEMPLATE_ESCAPE_QUOTED},        {".yaml", TEMPLATE_ESCAPE_QUOTED},
        {".yml", TEMPLATE_ESCAPE_QUOTED},        {OVERLAY_ENDING, TEMPLATE_ESCAPE_QUOTED}, // made of YAML
        {"user-data", TEMPLATE_ESCAPE_QUOTED},   {"meta-data", TEMPLATE_ESCAPE_QUOTED},
        {"vendor-data", TEMPLATE_ESCAPE_QUOTED}, {"network-config", TEMPLATE_ESCAPE_QUOTED},
    };
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
        size_t length = strlen(name);
        size_t ending = strlen(FORMATS[i].ending);
        if (length >= ending && text_equal_nocase(name + length - ending, FORMATS[i].ending)) {
            return FORMATS[i].escape;
        }
    }
    return TEMPLATE_ESCAPE_LINE;
}

enum status render_answer(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    const struct profile *profile = facts->profile;
    char place[PROBLEM_PLACE_BYTES];
    struct values values;
    snprintf(place, sizeof place, "profile %s, %s", profile->name, profile->answer_name);
    if (profile->answer == NULL || profile->answer_name[0] == '\0') {
        problem_set(problem, "profile %s has no answer file", profile->name);
        problem_set_remedy(problem, "imprint profile edit %s --answer-file FILE", profile->name);
        return STATUS_UNSUPPORTED;
    }
    values_init(&values, facts);
    return render_escaped(&values, profile->answer, place, render_pick_escape(profile->answer_name), out,
                          problem);
}

/// Renders one part of the arguments, a blank before it unless it is the first or comes out empty.
static enum status render_part(const struct values *values, const char *source, const char *place,
                               struct text *out, struct problem *problem)
{
    char part[2 * IMAGE_ARGUMENTS_BYTES];
    struct text text;
    text_init(&text, part, sizeof part);
    enum status status = render_source(values, source, place, &text, problem);
    for (size_t i = 0; i < text.length; i++) {
        part[i] = strchr("\r\n\t", part[i]) != NULL ? ' ' : part[i];
    }
    while (text.length > 0 && part[text.length - 1] == ' ') {
        text.length--;
    }
    size_t start = size_min(strspn(part, " "), text.length);
    if (status == STATUS_OK && text.length > start) {
        text_add(out, out->length == 0 ? "" : " ");
        text_add_bytes(out, part + start, text.length - start);
    }
    return status;
}

static enum status check_arguments(const struct text *out, const char *place, struct problem *problem)
{
    if (!out->cut) {
        return STATUS_OK;
    }
    problem_set(problem, "the kernel arguments are longer than %zu bytes", out->capacity - 1);
    problem_set_place(problem, place, 0, 0);
    return STATUS_TOO_LONG;
}

enum status render_arguments(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    char image_place[PROBLEM_PLACE_BYTES];
    char family_place[PROBLEM_PLACE_BYTES];
    char profile_place[PROBLEM_PLACE_BYTES];
    bool has_answer = facts->profile->answer_name[0] != '\0' && facts->family != NULL;
    struct values values;
    snprintf(image_place, sizeof image_place, "image %s, arguments", facts->image->name);
    snprintf(family_place, sizeof family_place, "family %s, answer arguments", facts->image->family);
    snprintf(profile_place, sizeof profile_place, "profile %s, arguments", facts->profile->name);
    values_init(&values, facts);
    values.refuses_secrets = true;
    const char *own = facts->method == NULL ? facts->image->arguments : facts->method->arguments;
    enum status status = render_part(&values, own, image_place, out, problem);
    if (status == STATUS_OK && has_answer) {
        status = render_part(&values, facts->family->answer_arguments, family_place, out, problem);
    }
    if (status == STATUS_OK) {
        status = render_part(&values, facts->profile->arguments, profile_place, out, problem);
    }
    return status == STATUS_OK ? check_arguments(out, profile_place, problem) : status;
}

enum status render_own_arguments(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    char place[PROBLEM_PLACE_BYTES];
    struct values values;
    snprintf(place, sizeof place, "profile %s, arguments", facts->profile->name);
    values_init(&values, facts);
    values.refuses_secrets = true;
    enum status status = render_part(&values, facts->profile->arguments, place, out, problem);
    return status == STATUS_OK ? check_arguments(out, place, problem) : status;
}

enum status render_agent_arguments(const struct render_facts *facts, const struct image *agent,
                                   const struct hw *mac, struct text *out, struct problem *problem)
{
    char host[IP_HOST_BYTES];
    char card[HW_TEXT_BYTES];
    char place[PROBLEM_PLACE_BYTES];
    text_add_format(out, "imprint.server=%s", ip_print_host(facts->server, host));
    if (facts->http_port != 80) {
        text_add_format(out, ":%u", (unsigned)facts->http_port);
    }
    text_add_format(out, " imprint.order=%llu imprint.mac=%s",
                    facts->order == NULL ? 0 : (unsigned long long)facts->order->id, hw_print(mac, card));
    if (facts->https_port != 0) {
        text_add_format(out, " imprint.tls=%u imprint.certificate=%s", (unsigned)facts->https_port,
                        facts->certificate);
    }
    struct values values;
    snprintf(place, sizeof place, "image %s, arguments", agent->name);
    values_init(&values, facts);
    values.refuses_secrets = true;
    enum status status = render_part(&values, agent->arguments, place, out, problem);
    return status == STATUS_OK ? check_arguments(out, place, problem) : status;
}

static bool is_label(const char *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_plain =
            (label[i] >= 'a' && label[i] <= 'z') || (label[i] >= '0' && label[i] <= '9') || label[i] == '-';
        if (!is_plain) {
            return false;
        }
    }
    return length > 0 && length <= HOSTNAME_LABEL_MOST && label[0] != '-' && label[length - 1] != '-';
}

static bool is_hostname(const char *name)
{
    bool is_good = true;
    size_t length = strcspn(name, ".");
    for (; is_good && name[length] == '.'; length = strcspn(name, ".")) {
        is_good = is_label(name, length);
        name += length + 1;
    }
    return is_good && is_label(name, length);
}

enum status render_hostname(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    char name[HOSTNAME_BYTES];
    char place[PROBLEM_PLACE_BYTES];
    struct text text;
    struct values values;
    const char *source = facts->profile->personal.hostname;
    snprintf(place, sizeof place, "profile %s, hostname", facts->profile->name);
    text_init(&text, name, sizeof name);
    enum status status = STATUS_OK;
    if (source[0] == '\0') {
        text_add(&text, machine_hostname(facts->machine));
    } else {
        values_init(&values, facts);
        values.refuses_secrets = true;
        status = render_source(&values, source, place, &text, problem);
    }
    for (size_t i = 0; i < text.length; i++) {
        name[i] = text_lower(name[i]);
    }
    if (status == STATUS_OK && (text.cut || !is_hostname(name))) {
        char shown[HOSTNAME_BYTES];
        struct text escaped;
        text_init(&escaped, shown, sizeof shown);
        text_add_escaped(&escaped, name, text.length);
        problem_set(problem, "\"%s\" is no host name for %s: letters, digits and '-', 63 in each part", shown,
                    facts->machine->name);
        problem_set_remedy(problem, "imprint profile edit %s --hostname TEMPLATE", facts->profile->name);
        problem_set_place(problem, place, 0, 0);
        status = STATUS_MALFORMED;
    }
    text_add(out, status == STATUS_OK ? name : "");
    return status == STATUS_OK && out->cut ? STATUS_TOO_LONG : status;
}

enum status render_script(const struct render_facts *facts, struct text *out, struct problem *problem)
{
    char place[PROBLEM_PLACE_BYTES];
    struct values values;
    if (facts->profile->personal.script == NULL) {
        problem_set(problem, "profile %s has no script", facts->profile->name);
        return STATUS_UNSUPPORTED;
    }
    snprintf(place, sizeof place, "profile %s, script", facts->profile->name);
    values_init(&values, facts);
    return render_source(&values, facts->profile->personal.script, place, out, problem);
}
