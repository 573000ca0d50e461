// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/profile.h"

#include "unit/test.h"

#include <stdlib.h>

#define SHA512_HASH                                                                                          \
    "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"
#define YESCRYPT_HASH "$y$j9T$WUnHXzWjFQ7UQ/5bSO7l0.$K0Xj7JvD3p5XRfwmlZn8UU9FY2EXfXkMZ4xQiOqvK1B"
#define ED25519       "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ0b2tlbnRva2VudG9rZW50b2tlbnRva2Vu"

static enum status check(struct profile_personal personal, struct problem *problem)
{
    problem_clear(problem);
    enum status status = profile_personal_check(&personal, problem);
    assert_int_equal(problem_is_set(problem), status != STATUS_OK);
    return status;
}

static void nothing_at_all_is_good(void **state)
{
    (void)state;
    struct problem problem;
    assert_int_equal(check((struct profile_personal){0}, &problem), STATUS_OK);
}

static void password_hashes_look_like_those_of_crypt(void **state)
{
    (void)state;
    static const char *const good[] = {SHA512_HASH, YESCRYPT_HASH,
                                       "$5$rounds=5000$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1",
                                       "$2b$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"};
    static const char *const bad[] = {"secret",
                                      "a-password-that-is-long-enough",
                                      "$6$",
                                      "$6$salt$",
                                      "$$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd",
                                      "$6$salt:salt$qFmFH.bQmmtXzyBY0s9v7Oicd",
                                      "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd\nroot2::0:0:",
                                      "$6$saltsalt$qFmFH bQmmtXzyBY0s9v7Oicd",
                                      "!$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd",
                                      "*"};
    struct problem problem;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct profile_personal personal = {.user = "anna"};
        strcpy(personal.root_password, good[i]);
        strcpy(personal.user_password, good[i]);
        assert_int_equal(check(personal, &problem), STATUS_OK);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct profile_personal personal = {0};
        strcpy(personal.root_password, bad[i]);
        assert_int_equal(check(personal, &problem), STATUS_MALFORMED);
        assert_null(strstr(problem.text, bad[i]));
        assert_null(strstr(problem.remedy, strlen(bad[i]) > 3 ? bad[i] : "$6$"));
        personal.root_password[0] = '\0';
        strcpy(personal.user_password, bad[i]);
        assert_int_equal(check(personal, &problem), STATUS_MALFORMED);
    }
}

struct word_case {
    const char *text;
    bool is_good;
};

static void check_words(const struct word_case *cases, size_t count, size_t offset, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct profile_personal personal = {0};
        struct problem problem;
        assert_true(strlen(cases[i].text) < bytes);
        strcpy((char *)&personal + offset, cases[i].text);
        if ((check(personal, &problem) == STATUS_OK) != cases[i].is_good) {
            fail_msg("'%s' is %s", cases[i].text, cases[i].is_good ? "refused" : "accepted");
        }
    }
}

#define CHECK_WORDS(cases, member)                                                                           \
    check_words(cases, COUNT_OF(cases), offsetof(struct profile_personal, member),                           \
                sizeof(((struct profile_personal *)0)->member))

static void users_are_plain_accounts_and_not_root(void **state)
{
    (void)state;
    static const struct word_case cases[] = {
        {"anna", true}, {"_backup", true}, {"a1-b_c", true}, {"root", false},     {"Anna", false},
        {"1a", false},  {"-a", false},     {"a b", false},   {"a:b", false},      {"a.b", false},
        {"a$", false},  {"../x", false},   {"a\n", false},   {"\xc3\xa4", false},
    };
    CHECK_WORDS(cases, user);
}

static void time_zones_and_locales_cannot_leave_their_folder(void **state)
{
    (void)state;
    static const struct word_case zones[] = {
        {"Europe/Berlin", true},
        {"UTC", true},
        {"Etc/GMT+5", true},
        {"America/Argentina/Buenos_Aires", true},
        {"../../etc/shadow", false},
        {"Europe/../x", false},
        {"/etc/passwd", false},
        {"Europe//Berlin", false},
        {"Europe/", false},
        {"Europe Berlin", false},
        {"a;b", false},
    };
    static const struct word_case locales[] = {
        {"de_DE.UTF-8", true}, {"C.UTF-8", true}, {"sr_RS@latin", true}, {"a..b", false}, {"/x", false},
        {"de DE", false},      {"$(id)", false},  {".x", false},         {"a\n", false},  {"deutsch", false},
    };
    CHECK_WORDS(zones, timezone);
    CHECK_WORDS(locales, locale);
}

static void packages_are_names_of_debian_packages(void **state)
{
    (void)state;
    static const struct word_case cases[] = {
        {"vim", true},
        {" vim  openssh-server ", true},
        {"g++ libstdc++6 0ad", true},
        {"  ", true},
        {"v", false},
        {"-y", false},
        {"vim --force-yes", false},
        {"Vim", false},
        {"vim;id", false},
        {"vim\nid", false},
        {"./x.deb", false},
        {"a_b", false},
        {"vim=2:9", false},
    };
    CHECK_WORDS(cases, packages);
}

static enum status check_keys(const char *keys, struct problem *problem)
{
    return check((struct profile_personal){.ssh_keys = keys}, problem);
}

static void ssh_keys_are_lines_of_authorized_keys(void **state)
{
    (void)state;
    static const struct word_case cases[] = {
        {"", true},
        {ED25519, true},
        {ED25519 " anna@home\n", true},
        {"# mine\n\n" ED25519 " a b c\n" ED25519 "\n", true},
        {"command=\"echo ssh-rsa x\",no-pty " ED25519 " x", true},
        {"from=\"*.example.org\" " ED25519, true},
        {"ssh-ed25519 AAAA", false},
        {"ssh-ed25519", false},
        {"ssh-ed25519 \n" ED25519, false},
        {"command=\"" ED25519 "\"", false},
        {"hello", false},
        {ED25519 "\r\n", false},
        {ED25519 "\x1b[2J", false},
        {ED25519 "!", false},
        {ED25519 "\n-----BEGIN OPENSSH PRIVATE KEY-----\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problem problem;
        if ((check_keys(cases[i].text, &problem) == STATUS_OK) != cases[i].is_good) {
            fail_msg("'%s' is %s: %s", cases[i].text, cases[i].is_good ? "refused" : "accepted",
                     problem.text);
        }
    }
    struct problem problem;
    assert_int_equal(check_keys(ED25519 "\n# x\nbroken\n", &problem), STATUS_MALFORMED);
    assert_non_null(strstr(problem.text, "line 3"));
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    struct problem problem;
    char *long_text = malloc(PROFILE_SCRIPT_BYTES_MOST + 2);
    assert_non_null(long_text);
    memset(long_text, '#', PROFILE_SCRIPT_BYTES_MOST + 1);
    long_text[PROFILE_SCRIPT_BYTES_MOST + 1] = '\0';
    assert_int_equal(check((struct profile_personal){.script = long_text}, &problem), STATUS_MALFORMED);
    long_text[PROFILE_SCRIPT_BYTES_MOST] = '\0';
    assert_int_equal(check((struct profile_personal){.script = long_text}, &problem), STATUS_OK);
    long_text[PROFILE_KEYS_BYTES_MOST + 1] = '\0';
    assert_int_equal(check_keys(long_text, &problem), STATUS_MALFORMED);
    long_text[PROFILE_KEYS_BYTES_MOST] = '\0';
    assert_int_equal(check_keys(long_text, &problem), STATUS_OK);
    free(long_text);
}

static void networks_are_read_back_from_their_texts(void **state)
{
    (void)state;
    for (enum profile_network network = 0; network < PROFILE_NETWORK_COUNT; network++) {
        enum profile_network parsed = PROFILE_NETWORK_COUNT;
        assert_int_equal(profile_network_parse(profile_network_text(network), &parsed), STATUS_OK);
        assert_int_equal(parsed, network);
    }
    enum profile_network parsed = PROFILE_NETWORK_STATIC;
    assert_int_equal(profile_network_parse("bootp", &parsed), STATUS_NOT_FOUND);
    assert_string_equal(profile_network_text(PROFILE_NETWORK_DHCP), "dhcp");
    assert_string_equal(profile_network_text(PROFILE_NETWORK_STATIC), "static");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_at_all_is_good),
        cmocka_unit_test(password_hashes_look_like_those_of_crypt),
        cmocka_unit_test(users_are_plain_accounts_and_not_root),
        cmocka_unit_test(time_zones_and_locales_cannot_leave_their_folder),
        cmocka_unit_test(packages_are_names_of_debian_packages),
        cmocka_unit_test(ssh_keys_are_lines_of_authorized_keys),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(networks_are_read_back_from_their_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
