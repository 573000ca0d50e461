// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/profile.h"

#include <string.h>

#define HASH_LENGTH_LEAST 20
#define KEY_BLOB_LEAST    32 // base64 of the shortest key there is is longer

static const char *const NETWORKS[PROFILE_NETWORK_COUNT] = {
    [PROFILE_NETWORK_DHCP] = "dhcp", [PROFILE_NETWORK_STATIC] = "static"};

static const char LOWER[] = "abcdefghijklmnopqrstuvwxyz";
static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char DIGITS[] = "0123456789";

const char *profile_network_text(enum profile_network network)
{
    assert(network < PROFILE_NETWORK_COUNT);
    return NETWORKS[network];
}

enum status profile_network_parse(const char *text, enum profile_network *network)
{
    size_t found = text_find(text, NETWORKS, COUNT_OF(NETWORKS));
    if (found == COUNT_OF(NETWORKS)) {
        return STATUS_NOT_FOUND;
    }
    *network = (enum profile_network)found;
    return STATUS_OK;
}

static bool is_one_of(char character, const char *set)
{
    return character != '\0' && strchr(set, character) != NULL;
}

static bool is_letter_or_digit(char character)
{
    return is_one_of(character, LETTERS) || is_one_of(character, DIGITS);
}

// Letters, digits and what is in `more`.
static size_t span(const char *text, const char *more)
{
    size_t length = 0;
    while (is_letter_or_digit(text[length]) || is_one_of(text[length], more)) {
        length++;
    }
    return length;
}

// crypt(5): "$id$parameters$salt$hash". Old DES hashes have no '$' and are too weak to be taken.
static bool is_hash(const char *hash)
{
    size_t length = strlen(hash);
    if (length < HASH_LENGTH_LEAST || length >= PROFILE_HASH_BYTES || hash[0] != '$') {
        return false;
    }
    size_t id = strspn(hash + 1, "abcdefghijklmnopqrstuvwxyz0123456789");
    const char *rest = hash + 1 + id;
    return id >= 1 && id <= 8 && rest[0] == '$' && span(rest, "./$=,") == strlen(rest) &&
           strchr(rest + 1, '$') != NULL;
}

static enum status check_hash(const char *hash, const char *whose, struct problem *problem)
{
    if (hash[0] == '\0' || is_hash(hash)) {
        return STATUS_OK;
    }
    problem_set(problem, "the password of %s is not given as a hash that crypt(5) knows", whose);
    problem_set_remedy(problem,
                       "let imprint ask for it, or make the hash with mkpasswd or openssl passwd -6");
    return STATUS_MALFORMED;
}

static enum status check_user(const char *user, struct problem *problem)
{
    if (user[0] == '\0') {
        return STATUS_OK;
    }
    size_t good = is_one_of(user[0], LOWER) || user[0] == '_' ? 1 : 0;
    while (good > 0 &&
           (is_one_of(user[good], LOWER) || is_one_of(user[good], DIGITS) || is_one_of(user[good], "_-"))) {
        good++;
    }
    if (strcmp(user, "root") == 0) {
        problem_set(problem, "root is there anyway and cannot be the user");
        problem_set_remedy(problem, "give root a password or ssh keys, or choose another name");
        return STATUS_MALFORMED;
    }
    if (good == 0 || user[good] != '\0' || good >= PROFILE_USER_BYTES) {
        problem_set(problem, "'%s' cannot be the name of a user", user);
        problem_set_remedy(problem, "use at most %d of a-z, 0-9, '_' and '-', a letter or '_' first",
                           PROFILE_USER_BYTES - 1);
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static enum status check_timezone(const char *zone, struct problem *problem)
{
    if (zone[0] == '\0') {
        return STATUS_OK;
    }
    for (const char *part = zone;; part++) {
        size_t length = span(part, "_+-");
        part += length;
        if (length == 0 || (*part != '/' && *part != '\0')) {
            problem_set(problem, "'%s' is not the name of a time zone", zone);
            problem_set_remedy(problem, "timedatectl list-timezones shows them: Europe/Berlin, UTC");
            return STATUS_MALFORMED;
        }
        if (*part == '\0') {
            return STATUS_OK;
        }
    }
}

static enum status check_locale(const char *locale, struct problem *problem)
{
    bool is_language = strchr(locale, '_') != NULL || strcmp(locale, "C") == 0 ||
                       strcmp(locale, "POSIX") == 0 || strncmp(locale, "C.", 2) == 0;
    bool is_whole = is_letter_or_digit(locale[0]) && locale[span(locale, "_.@-")] == '\0';
    if (locale[0] == '\0' || (is_whole && is_language && strstr(locale, "..") == NULL)) {
        return STATUS_OK;
    }
    problem_set(problem, "'%s' is not the name of a locale", locale);
    problem_set_remedy(problem, "locale names look like de_DE.UTF-8 or C.UTF-8");
    return STATUS_MALFORMED;
}

// Debian policy 5.6.7: at least two of a-z 0-9 + - . , a letter or digit first.
static bool is_package(const char *name, size_t length)
{
    if (length < 2 || !(is_one_of(name[0], LOWER) || is_one_of(name[0], DIGITS))) {
        return false;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_one_of(name[i], LOWER) && !is_one_of(name[i], DIGITS) && !is_one_of(name[i], "+-.")) {
            return false;
        }
    }
    return true;
}

static enum status check_packages(const char *packages, struct problem *problem)
{
    for (const char *name = packages + strspn(packages, " "); *name != '\0'; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        if (!is_package(name, length)) {
            problem_set(problem, "'%.*s' is not the name of a Debian package", (int)size_min(length, 80),
                        name);
            problem_set_remedy(problem, "write names with blanks between: vim openssh-server");
            return STATUS_MALFORMED;
        }
        name += length;
    }
    return STATUS_OK;
}

// Where the line's key type begins, behind options if there are any; NULL = there is none.
static const char *find_key_type(const char *line, size_t length)
{
    static const char *const TYPES[] = {"ssh-ed25519 ",
                                        "ssh-rsa ",
                                        "ecdsa-sha2-nistp256 ",
                                        "ecdsa-sha2-nistp384 ",
                                        "ecdsa-sha2-nistp521 ",
                                        "sk-ssh-ed25519@openssh.com ",
                                        "sk-ecdsa-sha2-nistp256@openssh.com "};
    bool is_quoted = false;
    bool is_word = true; // a word may begin here
    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < COUNT_OF(TYPES) && is_word && !is_quoted; i++) {
            if (text_starts(line + at, TYPES[i])) {
                return line + at;
            }
        }
        is_quoted = is_quoted != (line[at] == '"' && (at == 0 || line[at - 1] != '\\'));
        is_word = line[at] == ' ';
    }
    return NULL;
}

static const char *line_fault(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text_is_control(line[i]) && line[i] != '\t') {
            return "has a control character";
        }
    }
    const char *type = find_key_type(line, length);
    if (type == NULL) {
        return "has no type of key that sshd knows";
    }
    const char *blob = type + strcspn(type, " ");
    blob += strspn(blob, " ");
    size_t blob_length = span(blob, "+/=");
    bool is_ended = blob[blob_length] == '\0' || is_one_of(blob[blob_length], " \t\n");
    return is_ended && blob_length >= KEY_BLOB_LEAST ? NULL : "has no whole key";
}

static enum status check_keys(const char *keys, struct problem *problem)
{
    if (strlen(keys) > PROFILE_KEYS_BYTES_MOST) {
        problem_set(problem, "the ssh keys have more than %d bytes", PROFILE_KEYS_BYTES_MOST);
        return STATUS_MALFORMED;
    }
    if (strstr(keys, "PRIVATE KEY") != NULL) {
        problem_set(problem, "that is a private key, which must not leave its owner");
        problem_set_remedy(problem, "give the public one, whose file ends in .pub");
        return STATUS_MALFORMED;
    }
    unsigned number = 1;
    for (const char *line = keys; *line != '\0'; number++) {
        size_t length = strcspn(line, "\n");
        bool is_empty = line[0] == '#' || strspn(line, " \t") >= length;
        const char *fault = is_empty ? NULL : line_fault(line, length);
        if (fault != NULL) {
            problem_set(problem, "line %u of the ssh keys %s", number, fault);
            problem_set_remedy(problem, "give lines as in authorized_keys, or a file that ends in .pub");
            return STATUS_MALFORMED;
        }
        line += length + (line[length] == '\n');
    }
    return STATUS_OK;
}

enum status profile_personal_check(const struct profile_personal *personal, struct problem *problem)
{
    enum status status = check_hash(personal->root_password, "root", problem);
    if (status == STATUS_OK) {
        status = check_user(personal->user, problem);
    }
    if (status == STATUS_OK) {
        status = check_hash(personal->user_password, "the user", problem);
    }
    if (status == STATUS_OK) {
        status = check_timezone(personal->timezone, problem);
    }
    if (status == STATUS_OK) {
        status = check_locale(personal->locale, problem);
    }
    if (status == STATUS_OK) {
        status = check_packages(personal->packages, problem);
    }
    if (status == STATUS_OK && personal->ssh_keys != NULL) {
        status = check_keys(personal->ssh_keys, problem);
    }
    if (status == STATUS_OK && personal->script != NULL &&
        strlen(personal->script) > PROFILE_SCRIPT_BYTES_MOST) {
        problem_set(problem, "the script has more than %d bytes", PROFILE_SCRIPT_BYTES_MOST);
        status = STATUS_MALFORMED;
    }
    return status;
}
