// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/personal.h"

#include "cli/fact.h"
#include "cli/password.h"
#include "cli/read.h"
#include "cli/show.h"
#include "io/heap.h"

#include <string.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

static bool is_none(const char *value)
{
    return strcmp(value, "none") == 0;
}

// Options whose value goes to the daemon as it stands; in edit "none" takes it back.
static void take_texts(const struct call *call, json_t *body)
{
    static const char *const names[] = {"hostname", "user",    "timezone", "locale",
                                        "packages", "network", "disk"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = call_option(call, names[i]);
        if (value != NULL) {
            json_object_set_new(body, names[i], is_none(value) ? json_null() : fact_from_text(value));
        }
    }
}

static bool take_password(const struct call *call, json_t *body, const char *whose, const char *member)
{
    char prompt[COMMAND_WORDS_BYTES];
    char file[COMMAND_WORDS_BYTES];
    char hash[PROFILE_HASH_BYTES] = "";
    (void)snprintf(prompt, sizeof prompt, "%s-password-prompt", whose);
    (void)snprintf(file, sizeof file, "%s-password-hash-file", whose);
    const char *path = call_option(call, file);
    if (path != NULL && is_none(path)) {
        json_object_set_new(body, member, json_null());
    } else if (path != NULL) {
        if (!password_read_hash(call, path, hash)) {
            return false;
        }
        json_object_set_new(body, member, fact_from_text(hash));
    }
    if (call_has(call, prompt)) {
        const char *user = call_option(call, "user");
        bool is_root = strcmp(whose, "root") == 0;
        if (!password_ask(call, is_root ? "root" : user == NULL ? "the user" : user, hash)) {
            return false;
        }
        json_object_set_new(body, member, fact_from_text(hash));
    }
    explicit_bzero(hash, sizeof hash);
    return true;
}

static bool take_script(const struct call *call, json_t *body)
{
    const char *path = call_option(call, "script");
    json_t *text = json_null();
    if (path == NULL) {
        return true;
    }
    if (!is_none(path)) {
        text = read_text(call, path, PROFILE_SCRIPT_BYTES_MOST, "let it fetch the rest from elsewhere");
    }
    if (text == NULL) {
        return false;
    }
    json_object_set_new(body, "script", text);
    return true;
}

// A key as the option has it: the text itself, or what stands in a file. NULL when that is wrong.
static json_t *read_key(const struct call *call, const char *value)
{
    json_t *key = value[0] == '@' ? read_text(call, value + 1, PROFILE_KEYS_BYTES_MOST, "leave some keys out")
                                  : fact_from_text(value);
    if (key != NULL && strstr(json_string_value(key), "PRIVATE KEY") != NULL) {
        json_decref(key);
        ask_complain_text(call, "the public half is in the file that ends in .pub",
                          "that is a private key; it must stay where it is");
        return NULL;
    }
    if (key != NULL && json_string_length(key) == 0) {
        json_decref(key);
        ask_complain_text(call, "ssh-keygen makes a pair of keys; the public half ends in .pub",
                          "there is no ssh key in '%.200s'", value);
        return NULL;
    }
    if (key != NULL && value[0] != '@' && strchr(value, ' ') == NULL && access(value, F_OK) == 0) {
        json_decref(key);
        ask_complain_text(call, "write it with '@' before it: --ssh-key @FILE",
                          "%.200s is a file, no ssh key", value);
        return NULL;
    }
    return key;
}

static bool take_keys(const struct call *call, json_t *body)
{
    size_t position = 0;
    const char *value;
    char *all = heap_new(PROFILE_KEYS_BYTES_MOST + 1);
    struct text text;
    bool is_given = false;
    bool good = true;
    text_init(&text, all, PROFILE_KEYS_BYTES_MOST + 1);
    while (good && (value = call_next_option(call, "ssh-key", &position)) != NULL) {
        json_t *key = is_none(value) ? json_string("") : read_key(call, value);
        good = key != NULL;
        is_given = true;
        if (good && json_string_length(key) != 0) {
            text_add(&text, json_string_value(key));
            text_add(&text, text_ends(all, "\n") ? "" : "\n");
        }
        json_decref(key);
    }
    if (text.cut) {
        ask_complain_text(call, "leave some out", "the ssh keys together are longer than %d KiB",
                          PROFILE_KEYS_BYTES_MOST / 1024);
        good = false;
    }
    if (good && is_given) {
        json_object_set_new(body, "ssh_keys", all[0] == '\0' ? json_null() : fact_from_text(all));
    }
    heap_free(all);
    return good;
}

static bool check_options(const struct call *call, const char *whose)
{
    char prompt[COMMAND_WORDS_BYTES];
    char file[COMMAND_WORDS_BYTES];
    (void)snprintf(prompt, sizeof prompt, "%s-password-prompt", whose);
    (void)snprintf(file, sizeof file, "%s-password-hash-file", whose);
    if (call_has(call, prompt) && call_option(call, file) != NULL) {
        ask_complain_text(call, "give one of them", "--%s and --%s say two different things", prompt, file);
        return false;
    }
    return true;
}

// A zone that does not exist would only be noticed at the machine.
static bool check_zone(const struct call *call)
{
    const char *zone = call_option(call, "timezone");
    char path[sizeof ZONE_FOLDER + PROFILE_TIMEZONE_BYTES];
    if (zone == NULL || is_none(zone) || access(ZONE_FOLDER "/UTC", F_OK) != 0) {
        return true;
    }
    (void)snprintf(path, sizeof path, "%s/%s", ZONE_FOLDER, zone);
    if (access(path, F_OK) == 0) {
        return true;
    }
    ask_complain_text(call, "timedatectl list-timezones shows what there is",
                      "there is no time zone '%.80s' in " ZONE_FOLDER, zone);
    return false;
}

bool personal_take(const struct call *call, json_t *body, int *result)
{
    *result = CLI_EXIT_USAGE;
    if (!check_options(call, "root") || !check_options(call, "user")) {
        return false;
    }
    *result = CLI_EXIT_REFUSED;
    take_texts(call, body);
    return check_zone(call) && take_script(call, body) && take_keys(call, body) &&
           take_password(call, body, "root", "root_password") &&
           take_password(call, body, "user", "user_password");
}

static void show_password(const struct call *call, const json_t *profile, const char *label,
                          const char *member)
{
    if (fact_text(profile, member)[0] != '\0') {
        show_field(call, label, SCREEN_PLAIN, "set");
    }
}

void personal_show(const struct call *call, const json_t *profile)
{
    int64_t keys = fact_number(profile, "ssh_key_count");
    int64_t script_bytes = fact_number(profile, "script_bytes");
    const char *network = fact_text(profile, "network");
    show_field(call, "host name", SCREEN_PLAIN, fact_text(profile, "hostname"));
    show_password(call, profile, "root password", "root_password");
    show_field(call, "user", SCREEN_PLAIN, fact_text(profile, "user"));
    show_password(call, profile, "user password", "user_password");
    if (keys != 0) {
        show_field_format(call, "ssh keys", "%lld", (long long)keys);
    }
    show_field(call, "time zone", SCREEN_PLAIN, fact_text(profile, "timezone"));
    show_field(call, "locale", SCREEN_PLAIN, fact_text(profile, "locale"));
    show_field(call, "packages", SCREEN_PLAIN, fact_text(profile, "packages"));
    show_field(call, "network", SCREEN_PLAIN, strcmp(network, "dhcp") == 0 ? "" : network);
    if (script_bytes != 0) {
        show_field_format(call, "script", "%lld bytes", (long long)script_bytes);
    }
    show_field(call, "disk", SCREEN_PLAIN, fact_text(profile, "disk"));
}
