// SPDX-License-Identifier: GPL-3.0-or-later
// imprint profile new: a few questions, and a profile whose answer file installs without any.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/lint_show.h"
#include "cli/password.h"
#include "cli/profile_draft.h"
#include "cli/read.h"
#include "cli/show.h"
#include "io/heap.h"
#include "service/server_folders.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_BYTES 512
#define PATH_BYTES   1024
#define ZONE_FOLDER  "/usr/share/zoneinfo/"
#define HASH_METHOD  "$6$" // SHA-512: every installer's system takes it, yescrypt not

struct making {
    struct call *call;
    char *source;  // the shipped template
    char name[64]; // of the answer file
    json_t *values;
    json_t *body;
    bool asks;  // somebody sits there
    int result; // exit status when it failed
};

// ---- questions ----

static bool is_layout(const char *text)
{
    return strcmp(text, "lvm") == 0 || strcmp(text, "plain") == 0;
}

static bool is_network(const char *text)
{
    return strcmp(text, "dhcp") == 0 || strcmp(text, "static") == 0;
}

static bool is_zone(const char *text)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, ZONE_FOLDER "%.200s", text);
    return profile_draft_is_word(text) && (access(ZONE_FOLDER, F_OK) != 0 || access(path, F_OK) == 0);
}

static bool is_anything(const char *text)
{
    (void)text;
    return true;
}

struct question {
    const char *option;
    const char *words; // for people
    bool (*is_good)(const char *text);
    const char *expected; // "lvm or plain"
};

// One line without its end; false at the end of the input.
static bool read_line(char out[ANSWER_BYTES])
{
    if (fgets(out, ANSWER_BYTES, stdin) == NULL) {
        return false;
    }
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

// The option's value, else what is typed, else `preset`; "" = nothing. false when it is wrong and that was
// told.
static bool answer(struct making *making, const struct question *question, const char *preset,
                   char out[ANSWER_BYTES])
{
    const char *given = call_option(making->call, question->option);
    if (given != NULL) {
        bool good = text_copy(out, ANSWER_BYTES, given) == STATUS_OK && question->is_good(out);
        if (!good) {
            ask_complain_text(making->call, question->expected, "--%s cannot be '%.80s'", question->option,
                              given);
        }
        return good;
    }
    (void)text_copy(out, ANSWER_BYTES, preset);
    while (making->asks) {
        (void)fprintf(stderr, "%s [%s]: ", question->words, *preset == '\0' ? "none" : preset);
        (void)fflush(stderr);
        char typed[ANSWER_BYTES];
        if (!read_line(typed)) {
            ask_complain_text(making->call, "--yes takes what stands in brackets", "broken off");
            return false;
        }
        (void)text_copy(out, ANSWER_BYTES, typed[0] == '\0' ? preset : typed);
        if (out[0] == '\0' || question->is_good(out)) {
            return true;
        }
        (void)fprintf(stderr, "  %s\n", question->expected);
    }
    return true;
}

static void put(struct making *making, const char *key, const char *value)
{
    json_object_set_new(making->values, key, fact_from_text(value));
}

static void put_secret(struct making *making, const char *key, const char *value)
{
    json_object_set_new(making->values, key, json_pack("{s:o}", "secret", fact_from_text(value)));
}

static bool has(const struct making *making, const char *key)
{
    return profile_draft_has(making->source, key);
}

// ---- passwords ----

static bool ask_hash(struct making *making, const char *whose, const char *key)
{
    char password[PASSWORD_BYTES_MOST + 1] = "";
    char hash[PROFILE_HASH_BYTES] = "";
    struct problem problem;
    problem_clear(&problem);
    bool good = password_ask_secret(making->call, whose, password);
    if (good && password_hash_as(password, HASH_METHOD, hash, &problem) != STATUS_OK) {
        ask_complain(making->call, &problem);
        good = false;
    }
    if (good) {
        put_secret(making, key, hash);
    }
    explicit_bzero(password, sizeof password);
    explicit_bzero(hash, sizeof hash);
    return good;
}

// From the file of the option, else asked for where somebody sits or the option says so, else missed if
// needed.
static bool take_hash(struct making *making, const char *whose, const char *option, const char *key,
                      bool is_needed)
{
    char file[64];
    char prompt[64];
    char hash[PROFILE_HASH_BYTES] = "";
    (void)snprintf(file, sizeof file, "%s-password-hash-file", option);
    (void)snprintf(prompt, sizeof prompt, "%s-password-prompt", option);
    const char *path = call_option(making->call, file);
    if (path != NULL) {
        bool good = password_read_hash(making->call, path, hash);
        if (good) {
            put_secret(making, key, hash);
        }
        explicit_bzero(hash, sizeof hash);
        return good;
    }
    if (call_has(making->call, prompt) || (making->asks && is_needed)) {
        return ask_hash(making, whose, key);
    }
    if (is_needed) {
        char remedy[160];
        (void)snprintf(remedy, sizeof remedy, "--%s FILE, or --%s", file, prompt);
        ask_complain_text(making->call, remedy, "this answer file needs the password of %s", whose);
    }
    return !is_needed;
}

static bool take_user(struct making *making)
{
    static const struct question QUESTION = {"user", "user who may become root", profile_draft_is_user,
                                             "a small letter, then letters, digits, '_' and '-'; not root"};
    char user[ANSWER_BYTES];
    bool needs_hash = profile_draft_needs(making->source, "password_hash");
    if (!has(making, "user")) {
        return true;
    }
    if (!answer(making, &QUESTION, needs_hash ? "admin" : "", user)) {
        return false;
    }
    if (user[0] != '\0') {
        put(making, "user", user);
    }
    bool is_wanted = user[0] != '\0' && has(making, "password_hash");
    bool is_assumed = profile_draft_assumes(making->source, "password_hash");
    bool has_key = json_object_get(making->values, "ssh_key") != NULL;
    return !is_wanted || take_hash(making, user, "user", "password_hash", is_assumed || !has_key);
}

static bool take_passphrase(struct making *making)
{
    static const struct question QUESTION = {"encrypt", "encrypt the disk", is_anything, "yes or no"};
    const char *path = call_option(making->call, "passphrase-file");
    char wanted[ANSWER_BYTES] = "no";
    char phrase[PASSWORD_BYTES_MOST + 1] = "";
    if (!has(making, "passphrase")) {
        if (path != NULL || call_has(making->call, "encrypt")) {
            ask_complain_text(making->call, "leave it out",
                              "this installer's answer file cannot encrypt the disk");
            return false;
        }
        return true;
    }
    bool is_wanted = path != NULL || call_has(making->call, "encrypt");
    if (!is_wanted && making->asks) {
        (void)fprintf(stderr, "%s [no]: ", QUESTION.words);
        (void)fflush(stderr);
        is_wanted = read_line(wanted) && text_lower(wanted[0]) == 'y';
    }
    if (!is_wanted) {
        return true;
    }
    bool good = path != NULL ? password_read_secret(making->call, path, phrase)
                             : password_ask_secret(making->call, "the disk", phrase);
    if (good) {
        put_secret(making, "passphrase", phrase);
    }
    explicit_bzero(phrase, sizeof phrase);
    return good;
}

// ---- the rest ----

static bool take_key(struct making *making)
{
    static const struct question QUESTION = {"ssh-key", "file with a public ssh key", is_anything, ""};
    char typed[ANSWER_BYTES];
    char preset[ANSWER_BYTES] = "";
    const char *home = getenv("HOME");
    if (!has(making, "ssh_key")) {
        return true;
    }
    if (making->asks && home != NULL) {
        (void)snprintf(preset, sizeof preset, "%.400s/.ssh/id_ed25519.pub", home);
        preset[0] = access(preset, R_OK) == 0 ? preset[0] : '\0';
    }
    if (!answer(making, &QUESTION, preset, typed) || typed[0] == '\0') {
        return typed[0] == '\0';
    }
    const char *path = typed[0] == '@' ? typed + 1 : typed;
    bool is_text = typed[0] != '@' && strchr(typed, ' ') != NULL;
    json_t *key =
        is_text ? fact_from_text(typed) : read_text(making->call, path, ANSWER_BYTES, "give one key only");
    const char *text = key == NULL ? "" : json_string_value(key);
    size_t length = strcspn(text, "\r\n");
    bool good = key != NULL && strstr(text, "PRIVATE KEY") == NULL && length < PROFILE_VALUE_BYTES &&
                strchr(text, ' ') != NULL && strpbrk(text, "\"\\") == NULL;
    if (good) {
        char line[PROFILE_VALUE_BYTES];
        (void)snprintf(line, sizeof line, "%.*s", (int)length, text);
        put(making, "ssh_key", line);
    } else if (key != NULL) {
        ask_complain_text(making->call, "the public half of an ed25519 key, in the file that ends in .pub",
                          "that is no public ssh key of at most %d characters", PROFILE_VALUE_BYTES - 1);
    }
    json_decref(key);
    return good;
}

static void system_zone(char out[ANSWER_BYTES])
{
    char target[PATH_BYTES];
    ssize_t length = readlink("/etc/localtime", target, sizeof target - 1);
    target[length < 0 ? 0 : length] = '\0';
    const char *zone = strstr(target, ZONE_FOLDER);
    (void)text_copy(out, ANSWER_BYTES, zone == NULL ? "Etc/UTC" : zone + strlen(ZONE_FOLDER));
}

static bool take_place(struct making *making)
{
    static const struct question LOCALE = {"locale", "language", profile_draft_is_word,
                                           "such as de_DE.UTF-8"};
    static const struct question KEYMAP = {"keymap", "keyboard", profile_draft_is_word, "such as us or de"};
    static const struct question ZONE = {"timezone", "time zone", is_zone,
                                         "timedatectl list-timezones shows what there is"};
    char text[ANSWER_BYTES];
    char zone[ANSWER_BYTES];
    bool has_language = has(making, "language"); // AutoYaST: without the character set
    system_zone(zone);
    if (has_language || has(making, "locale")) {
        if (!answer(making, &LOCALE, "en_US.UTF-8", text)) {
            return false;
        }
        text[has_language ? strcspn(text, ".") : strlen(text)] = '\0';
        put(making, has_language ? "language" : "locale", text);
    }
    // ESXi has names of its own, and a good one where nothing is said.
    bool asks_keymap = has(making, "keymap") && strstr(making->source, "US Default") == NULL;
    if (asks_keymap) {
        if (!answer(making, &KEYMAP, strstr(making->source, "}}en-us{{") != NULL ? "en-us" : "us", text)) {
            return false;
        }
        put(making, "keymap", text);
    }
    if (has(making, "timezone")) {
        if (!answer(making, &ZONE, zone, text)) {
            return false;
        }
        put(making, "timezone", text);
    }
    return true;
}

static bool take_layout(struct making *making)
{
    static const struct question LAYOUT = {"layout", "disk layout, lvm or plain", is_layout, "lvm or plain"};
    static const struct question NETWORK = {
        "network", "network, dhcp or static", is_network,
        "dhcp, or static: the address that the machine has is written down"};
    char text[ANSWER_BYTES];
    bool has_lvm = has(making, "lvm");
    if (has_lvm || has(making, "plain")) {
        if (!answer(making, &LAYOUT, has_lvm ? "plain" : "lvm", text)) {
            return false;
        }
        bool is_lvm = strcmp(text, "lvm") == 0;
        if (is_lvm == has_lvm) {
            put(making, has_lvm ? "lvm" : "plain", "yes");
        }
    }
    if (has(making, "static")) {
        if (!answer(making, &NETWORK, "dhcp", text)) {
            return false;
        }
        if (strcmp(text, "static") == 0) {
            put(making, "static", "yes");
        }
    }
    return true;
}

static bool take_packages(struct making *making)
{
    static const struct question PACKAGES = {"packages", "packages besides", is_anything, ""};
    char text[ANSWER_BYTES] = "";
    char *filled = NULL;
    struct problem problem;
    problem_clear(&problem);
    bool has_place = strstr(making->source, "{{! packages }}") != NULL;
    if (!has_place && call_option(making->call, "packages") != NULL) {
        ask_complain_text(making->call, "leave it out", "this system has no packages to choose");
        return false;
    }
    if (has_place && !answer(making, &PACKAGES, "", text)) {
        return false;
    }
    if (profile_draft_fill(making->source, making->name, text, &filled, &problem) != STATUS_OK) {
        ask_complain(making->call, &problem);
        return false;
    }
    json_object_set_new(making->body, "answer", json_string(filled));
    json_object_set_new(making->body, "answer_name", json_string(making->name));
    heap_free(filled);
    return true;
}

// ---- the template ----

// The only answer file beside the family's description.
static bool load_template(struct making *making, const char *family)
{
    char folder[PATH_BYTES / 2];
    char pattern[PATH_BYTES];
    glob_t found = {0};
    server_folders_data("os", folder, sizeof folder);
    (void)snprintf(pattern, sizeof pattern, "%s/%.64s/*.mustache", folder, family);
    bool is_there = strchr(family, '/') == NULL && glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1;
    json_t *text =
        is_there ? read_text(making->call, found.gl_pathv[0], PROFILE_ANSWER_BYTES_MOST, "") : NULL;
    if (text != NULL) {
        const char *slash = strrchr(found.gl_pathv[0], '/');
        (void)snprintf(making->name, sizeof making->name, "%.*s",
                       (int)(strlen(slash + 1) - strlen(".mustache")), slash + 1);
        making->source = heap_copy_text(json_string_value(text));
        json_decref(text);
    } else if (!is_there) {
        ask_complain_text(making->call,
                          "write one, and imprint profile add NAME --image IMAGE --answer-file FILE",
                          "there is no answer file to start from for systems of the family %.64s", family);
    }
    globfree(&found);
    return text != NULL;
}

static bool take_image(struct making *making, const char *image)
{
    json_t *found = ask_name(making->call, "GET", "images", image, NULL, NULL);
    bool good = found != NULL && load_template(making, fact_text(found, "family"));
    json_decref(found);
    json_object_set_new(making->body, "image", fact_from_text(image));
    return good;
}

static bool take_set(struct making *making)
{
    size_t position = 0;
    const char *pair;
    while ((pair = call_next_option(making->call, "set", &position)) != NULL) {
        char key[PROFILE_KEY_BYTES];
        size_t length = strcspn(pair, "=");
        if (pair[length] != '=' || length == 0 || length >= sizeof key) {
            ask_complain_text(making->call, "write it as --set mirror=deb.example.test",
                              "'--set %.80s' sets nothing", pair);
            return false;
        }
        (void)snprintf(key, sizeof key, "%.*s", (int)length, pair);
        put(making, key, pair + length + 1);
    }
    return true;
}

static void show_new(struct call *call, const json_t *profile)
{
    const char *name = fact_text(profile, "name");
    (void)fprintf(call->out.out, "profile %s is made\n", name);
    lint_show_hints(call, profile);
    show_hint(call,
              "it ERASES a disk of the machine that it is ordered for. Next: 'imprint profile render %s "
              "MACHINE' shows what "
              "a machine would get, 'imprint profile show %s --answer' what may be changed; then 'imprint "
              "deploy MACHINE "
              "--profile %s'",
              name, name, name);
}

int command_profile_new(struct call *call)
{
    struct making making = {.call = call, .values = json_object(), .body = json_object()};
    bool is_terminal = isatty(STDIN_FILENO) == 1;
    making.asks = is_terminal && !call_has(call, "yes");
    if (!is_terminal && !call_has(call, "yes")) {
        ask_complain_text(call, "--yes takes what the questions would offer; options answer them",
                          "there is nobody to ask: standard input is no terminal");
        json_decref(making.values);
        json_decref(making.body);
        return CLI_EXIT_USAGE;
    }
    bool good = take_image(&making, call_option(call, "image")) && take_layout(&making) &&
                take_passphrase(&making) &&
                (!has(&making, "root_password_hash") ||
                 take_hash(&making, "root", "root", "root_password_hash",
                           profile_draft_needs(making.source, "root_password_hash"))) &&
                take_key(&making) && take_user(&making) && take_place(&making) && take_packages(&making) &&
                take_set(&making);
    json_object_set_new(making.body, "name", fact_from_text(call->arguments[0]));
    json_object_set_new(making.body, "values", making.values);
    json_t *profile = good ? ask(call, "POST", "profiles", making.body) : NULL;
    json_decref(making.body);
    heap_free(making.source);
    return profile == NULL ? CLI_EXIT_REFUSED : show_one(call, profile, show_new);
}
