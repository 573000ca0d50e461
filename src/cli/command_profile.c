// SPDX-License-Identifier: GPL-3.0-or-later
// imprint profile ...
#include "catalog/render.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/lint_show.h"
#include "cli/password.h"
#include "cli/personal.h"
#include "cli/read.h"
#include "cli/show.h"
#include "model/profile.h"

#include <string.h>

int command_profile_list(struct call *call)
{
    static const struct table_column columns[] = {{"NAME", false, true},      {"IMAGE", false, true},
                                                  {"ARGUMENTS", false, true}, {"ANSWER FILE", false, true},
                                                  {"VALUES", true, false},    {"ADDED", false, false}};
    json_t *list = ask_list(call, "profiles", "profiles");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *profile;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, profile)
    {
        char added[SHOW_TIME_BYTES];
        table_add(&table, SCREEN_BOLD, fact_text(profile, "name"));
        table_add(&table, SCREEN_PLAIN, fact_text(profile, "image"));
        table_add(&table, SCREEN_PLAIN, fact_text(profile, "arguments"));
        table_add(&table, SCREEN_PLAIN, fact_text(profile, "answer_name"));
        table_add_format(&table, SCREEN_PLAIN, "%zu", json_object_size(fact_get(profile, "values")));
        table_add(&table, SCREEN_PLAIN, show_time(call, fact_number(profile, "created_s"), added));
    }
    return show_list(call, list, &table, "there is no profile yet: 'imprint profile add NAME --image IMAGE'");
}

static void show_profile(struct call *call, const json_t *profile)
{
    char added[SHOW_TIME_BYTES];
    const char *key;
    json_t *value;
    show_field(call, "name", SCREEN_BOLD, fact_text(profile, "name"));
    show_field(call, "image", SCREEN_PLAIN, fact_text(profile, "image"));
    show_field(call, "arguments", SCREEN_PLAIN, fact_text(profile, "arguments"));
    if (fact_text(profile, "answer_name")[0] != '\0') {
        show_field_format(call, "answer file", "%s, %lld bytes", fact_text(profile, "answer_name"),
                          (long long)fact_number(profile, "answer_bytes"));
    }
    json_object_foreach(fact_get(profile, "values"), key, value)
    {
        show_field_format(call, "value", "%s=%s", key,
                          json_is_string(value) ? json_string_value(value) : PROFILE_MASK " (secret)");
    }
    personal_show(call, profile);
    show_field(call, "added", SCREEN_PLAIN, show_time(call, fact_number(profile, "created_s"), added));
}

// A text that a program may want byte for byte; a terminal only gets what does not command it.
static void print_text(const struct call *call, const char *text)
{
    if (call->out.is_terminal) {
        screen_print_safe(call->out.out, text, true);
    } else {
        (void)fputs(text, call->out.out);
    }
}

static void print_answer(struct call *call, const json_t *profile)
{
    print_text(call, fact_text(profile, "answer"));
}

int command_profile_show(struct call *call)
{
    json_t *profile = ask_name(call, "GET", "profiles", call->arguments[0], NULL, NULL);
    return show_one(call, profile, call_has(call, "answer") ? print_answer : show_profile);
}

// Reads the answer file at `path` into the body, with the last part of its path as its name.
static bool add_answer(const struct call *call, const char *path, json_t *body)
{
    const char *slash = strrchr(path, '/');
    json_t *text = read_text(call, path, PROFILE_ANSWER_BYTES_MOST, "let it fetch the rest from elsewhere");
    if (text == NULL) {
        return false;
    }
    json_object_set_new(body, "answer", text);
    json_object_set_new(body, "answer_name", fact_from_text(slash == NULL ? path : slash + 1));
    return true;
}

static bool add_values(const struct call *call, json_t *values)
{
    size_t position = 0;
    const char *pair;
    while ((pair = call_next_option(call, "set", &position)) != NULL) {
        char key[PROFILE_KEY_BYTES];
        struct text text;
        size_t length = strcspn(pair, "=");
        text_init(&text, key, sizeof key);
        text_add_bytes(&text, pair, length);
        if (pair[length] != '=' || length == 0 || text.cut) {
            ask_complain_text(call, "write it as --set mirror=deb.example.test", "'--set %.80s' sets nothing",
                              pair);
            return false;
        }
        json_object_set_new(values, key, fact_from_text(pair + length + 1));
    }
    return true;
}

// "KEY" asks for it, "KEY=@FILE" reads it: a command line can be read by everybody.
static bool add_secrets(const struct call *call, json_t *values)
{
    size_t position = 0;
    const char *pair;
    bool good = true;
    while (good && (pair = call_next_option(call, "secret", &position)) != NULL) {
        char key[PROFILE_KEY_BYTES];
        char secret[PASSWORD_BYTES_MOST + 1] = "";
        struct text text;
        size_t length = strcspn(pair, "=");
        text_init(&text, key, sizeof key);
        text_add_bytes(&text, pair, length);
        if (length == 0 || text.cut || (pair[length] == '=' && pair[length + 1] != '@')) {
            ask_complain_text(call, "write --secret KEY to be asked for it, or --secret KEY=@FILE",
                              "a secret is not written into the command");
            return false;
        }
        good = pair[length] == '=' ? password_read_secret(call, pair + length + 2, secret)
                                   : password_ask_secret(call, key, secret);
        if (good) {
            json_object_set_new(values, key, json_pack("{s:o}", "secret", fact_from_text(secret)));
        }
        explicit_bzero(secret, sizeof secret);
    }
    return good;
}

// What both add and edit take, in an object; NULL when something is wrong and that was told.
static json_t *body_from_options(const struct call *call, int *result)
{
    static const char *const options[] = {"image", "arguments", "answer-name"};
    static const char *const members[] = {"image", "arguments", "answer_name"};
    json_t *body = json_object();
    json_t *values = json_object();
    const char *path = call_option(call, "answer-file");
    bool good = add_values(call, values) && add_secrets(call, values);
    *result = CLI_EXIT_USAGE;
    if (good && path != NULL) {
        good = add_answer(call, path, body);
        *result = CLI_EXIT_REFUSED;
    }
    good = good && personal_take(call, body, result);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const char *value = call_option(call, options[i]);
        if (value != NULL) {
            json_object_set_new(body, members[i], fact_from_text(value));
        }
    }
    json_object_set_new(body, "values", values);
    if (!good) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static void show_added(struct call *call, const json_t *profile)
{
    const char *name = fact_text(profile, "name");
    show_profile(call, profile);
    lint_show_hints(call, profile);
    show_hint(call,
              "next: 'imprint profile render %s MACHINE' shows what a machine would get; then "
              "'imprint deploy MACHINE --profile %s'",
              name, name);
}

int command_profile_add(struct call *call)
{
    int result;
    json_t *body = body_from_options(call, &result);
    if (body == NULL) {
        return result;
    }
    json_object_set_new(body, "name", fact_from_text(call->arguments[0]));
    json_t *profile = ask(call, "POST", "profiles", body);
    json_decref(body);
    return show_one(call, profile, show_added);
}

static void show_edited(struct call *call, const json_t *profile)
{
    show_profile(call, profile);
    lint_show_hints(call, profile);
}

int command_profile_edit(struct call *call)
{
    int result;
    size_t position = 0;
    const char *key;
    json_t *body = body_from_options(call, &result);
    if (body == NULL) {
        return result;
    }
    while ((key = call_next_option(call, "unset", &position)) != NULL) {
        json_object_set_new(fact_get(body, "values"), key, json_null());
    }
    if (call_has(call, "no-answer")) {
        json_object_set_new(body, "answer", json_null());
    }
    if (json_object_size(body) == 1 && json_object_size(fact_get(body, "values")) == 0) {
        json_decref(body);
        ask_complain_text(call, "'imprint help profile edit' shows what can be changed", "nothing to change");
        return CLI_EXIT_USAGE;
    }
    json_t *profile = ask_name(call, "PATCH", "profiles", call->arguments[0], NULL, body);
    json_decref(body);
    return show_one(call, profile, show_edited);
}

static void print_rendered(struct call *call, const json_t *rendered)
{
    bool both = call_has(call, "arguments") == call_has(call, "answer");
    const char *name = fact_text(rendered, "answer_name");
    if (both) {
        show_field(call, "arguments", SCREEN_PLAIN, fact_text(rendered, "arguments"));
        show_field(call, "host name", SCREEN_PLAIN, fact_text(rendered, "hostname"));
        show_field(call, "answer file", SCREEN_PLAIN, name[0] == '\0' ? "none" : name);
    } else if (call_has(call, "arguments")) {
        print_text(call, fact_text(rendered, "arguments"));
        (void)fputc('\n', call->out.out);
    }
    if (both || call_has(call, "answer")) {
        print_text(call, fact_text(rendered, "answer"));
    }
}

int command_profile_render(struct call *call)
{
    char rest[CLIENT_PATH_BYTES];
    struct text text;
    text_init(&text, rest, sizeof rest);
    text_add(&text, "render?machine=");
    client_add_name(&text, call->arguments[1]);
    return show_one(call, ask_name(call, "GET", "profiles", call->arguments[0], rest, NULL), print_rendered);
}

int command_profile_remove(struct call *call)
{
    return show_each(call, &(struct show_each){"DELETE", "profiles", NULL, NULL, show_removed});
}

int command_profile_values(struct call *call)
{
    static const struct table_column columns[] = {{"NAME", false, false}, {"MEANS", false, true}};
    size_t count;
    const struct render_value *values = render_values(&count);
    struct table table;
    json_t *list = json_array();
    table_init(&table, columns, COUNT_OF(columns));
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", values[i].name, "about", values[i].about));
        table_add(&table, SCREEN_BOLD, values[i].name);
        table_add(&table, SCREEN_PLAIN, values[i].about);
    }
    return show_list(call, list, &table, "");
}
