// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts. Password hashes go into etc/shadow by our own hand: no program's arguments, no output of anybody.
#include "agent/console.h"
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKED  "*"
#define SUDOERS "etc/sudoers.d/90-imprint"

static enum status no_memory(struct problem *problem)
{
    problem_set(problem, "there is no memory left for the accounts");
    return STATUS_IO;
}

static void wipe(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

// Replaces the hash in the line of `user`, or adds a line. Takes nothing, returns malloc'ed text.
static char *shadow_replace(const char *shadow, const char *user, const char *hash)
{
    char start[PROFILE_USER_BYTES + 2];
    (void)snprintf(start, sizeof start, "%s:", user);
    const size_t bytes = strlen(shadow) + strlen(hash) + sizeof start + 64;
    char *out = malloc(bytes);
    if (out == NULL) {
        return NULL;
    }
    struct text text;
    text_init(&text, out, bytes);
    size_t length = 0;
    const char *line = personal_line_find(shadow, start, &length);
    if (line == NULL) {
        text_add(&text, shadow);
        text_add(&text, shadow[0] != '\0' && !text_ends(shadow, "\n") ? "\n" : "");
        text_add_format(&text, "%s%s:19700:0:99999:7:::\n", start, hash);
    } else {
        const char *old = line + strlen(start);
        const char *rest = old + strcspn(old, ":\n");
        text_add_bytes(&text, shadow, (size_t)(old - shadow));
        text_add(&text, hash);
        if (text_starts(rest, ":0:")) { // "must be changed at the next login"
            text_add(&text, ":19700");
            rest += 2;
        }
        text_add(&text, rest);
    }
    assert(!text.cut);
    return out;
}

static enum status set_hash(const struct personal *self, const char *user, const char *hash,
                            struct problem *problem)
{
    if (strpbrk(hash, ":\n") != NULL) {
        problem_set(problem, "the password hash of %s is none", user);
        return STATUS_UNSUPPORTED;
    }
    char *shadow = personal_read(self->root, "etc/shadow");
    if (shadow == NULL) {
        problem_set(problem, "the system has no /etc/shadow, so %s cannot be given a password", user);
        return STATUS_UNSUPPORTED;
    }
    char *changed = shadow_replace(shadow, user, hash[0] == '\0' ? LOCKED : hash);
    wipe(shadow);
    enum status status = changed == NULL ? no_memory(problem)
                                         : personal_write(self->root, "etc/shadow", changed, NULL, problem);
    wipe(changed);
    return status;
}

struct account {
    uid_t uid;
    gid_t gid;
    char home[256]; // without the leading '/'
};

static bool account_find(const struct personal *self, const char *user, struct account *account)
{
    char start[PROFILE_USER_BYTES + 2];
    size_t length = 0;
    unsigned long uid = 0;
    unsigned long gid = 0;
    (void)snprintf(start, sizeof start, "%s:", user);
    char *passwd = personal_read(self->root, "etc/passwd");
    const char *line = passwd == NULL ? NULL : personal_line_find(passwd, start, &length);
    bool found = false;
    if (line != NULL) {
        char fields[512];
        struct text text;
        text_init(&text, fields, sizeof fields);
        text_add_bytes(&text, line, length);
        // name:password:uid:gid:gecos:home:shell
        char *rest = fields;
        const char *parts[7] = {NULL};
        for (unsigned i = 0; i < COUNT_OF(parts); i++) {
            parts[i] = rest == NULL ? "" : strsep(&rest, ":");
        }
        found = !text.cut && text_parse_u64(parts[2], UINT32_MAX - 1, &uid) == STATUS_OK &&
                text_parse_u64(parts[3], UINT32_MAX - 1, &gid) == STATUS_OK && parts[5][0] == '/' &&
                text_copy(account->home, sizeof account->home, parts[5] + 1) == STATUS_OK;
        account->uid = (uid_t)uid;
        account->gid = (gid_t)gid;
    }
    free(passwd);
    return found;
}

static bool has_line(const char *text, const char *line, size_t length)
{
    size_t found = 0;
    for (const char *at = text; at != NULL && *at != '\0'; at += found + (at[found] == '\n' ? 1 : 0)) {
        found = strcspn(at, "\n");
        if (found == length && memcmp(at, line, length) == 0) {
            return true;
        }
    }
    return false;
}

// What is there, and behind it the lines of `keys` that are missing.
static char *keys_add(const char *there, const char *keys)
{
    const size_t bytes = strlen(there) + strlen(keys) + 4;
    char *out = malloc(bytes);
    if (out == NULL) {
        return NULL;
    }
    struct text text;
    text_init(&text, out, bytes);
    text_add(&text, there);
    text_add(&text, there[0] != '\0' && !text_ends(there, "\n") ? "\n" : "");
    size_t length = 0;
    for (const char *at = keys; *at != '\0'; at += length + (at[length] == '\n' ? 1 : 0)) {
        length = strcspn(at, "\n");
        if (length > 0 && !has_line(out, at, length)) {
            text_add_bytes(&text, at, length);
            text_add_char(&text, '\n');
        }
    }
    assert(!text.cut);
    return out;
}

static enum status set_keys(const struct personal *self, const char *user, const struct account *account,
                            struct problem *problem)
{
    char path[320];
    if (self->wanted->ssh_keys == NULL || self->wanted->ssh_keys[0] == '\0') {
        return STATUS_OK;
    }
    (void)snprintf(path, sizeof path, "%s/.ssh", account->home);
    int folder = personal_make_folder(self->root, path, 0700);
    if (folder < 0 || fchown(folder, account->uid, account->gid) != 0 || fchmod(folder, 0700) != 0) {
        problem_set(problem, "the folder for the ssh keys of %s cannot be made: %s", user, strerror(errno));
        if (folder >= 0) {
            (void)close(folder);
        }
        return STATUS_IO;
    }
    (void)close(folder);
    (void)snprintf(path, sizeof path, "%s/.ssh/authorized_keys", account->home);
    char *there = personal_read(self->root, path);
    char *keys = keys_add(there == NULL ? "" : there, self->wanted->ssh_keys);
    const struct personal_owner owner = {.uid = account->uid, .gid = account->gid, .mode = 0600};
    enum status status =
        keys == NULL ? no_memory(problem) : personal_write(self->root, path, keys, &owner, problem);
    free(there);
    free(keys);
    return status;
}

enum status personal_set_root(const struct personal *self, struct problem *problem)
{
    struct account account = {.home = "root"};
    enum status status = STATUS_OK;
    // A profile that asks for nothing leaves the image's own accounts alone.
    if (self->wanted->is_explicit || self->wanted->root_password[0] != '\0') {
        status = set_hash(self, "root", self->wanted->root_password, problem);
    }
    (void)account_find(self, "root", &account);
    return status == STATUS_OK ? set_keys(self, "root", &account, problem) : status;
}

const char *personal_find_sudo_group(const struct personal *self)
{
    char *groups = personal_read(self->root, "etc/group");
    const char *found = NULL;
    if (groups != NULL) {
        found = personal_line_find(groups, "sudo:", NULL) != NULL    ? "sudo"
                : personal_line_find(groups, "wheel:", NULL) != NULL ? "wheel"
                                                                     : NULL;
    }
    free(groups);
    return found;
}

static enum status add_account(const struct personal *self, struct account *account, struct problem *problem)
{
    const char *shell = personal_exists(self->root, "bin/bash") ? "/bin/bash" : "/bin/sh";
    const char *const words[] = {"useradd", "-m", "-s", shell, "--", self->wanted->user, NULL};
    if (!personal_has_program(self->root, "useradd")) {
        problem_set(problem, "the system has no useradd, so the account %s cannot be made",
                    self->wanted->user);
        problem_set_remedy(problem, "take the user out of the profile, or an image that has it");
        return STATUS_UNSUPPORTED;
    }
    enum status status = personal_run(self->path, words, NULL, problem);
    if (status == STATUS_OK && !account_find(self, self->wanted->user, account)) {
        problem_set(problem, "useradd made no account %s", self->wanted->user);
        status = STATUS_IO;
    }
    return status;
}

// sudo asks for a password, and an account without one, which only keys open, could never give it.
static enum status set_sudo(const struct personal *self, struct problem *problem)
{
    const struct personal_owner owner = {.mode = 0440};
    char text[PROFILE_USER_BYTES + 128];
    if (!personal_exists(self->root, "etc/sudoers.d")) {
        return STATUS_OK;
    }
    personal_remove(self->root, SUDOERS);
    if (self->wanted->user_password[0] != '\0' || strcmp(self->wanted->user, "root") == 0) {
        return STATUS_OK;
    }
    (void)snprintf(text, sizeof text,
                   "# written by imprint: this account has no password\n%s ALL=(ALL:ALL) NOPASSWD: ALL\n",
                   self->wanted->user);
    return personal_write(self->root, SUDOERS, text, &owner, problem);
}

enum status personal_set_user(const struct personal *self, struct problem *problem)
{
    struct account account;
    const char *user = self->wanted->user;
    if (user[0] == '\0') {
        return STATUS_OK;
    }
    enum status status =
        account_find(self, user, &account) ? STATUS_OK : add_account(self, &account, problem);
    const char *group = personal_find_sudo_group(self);
    if (status == STATUS_OK && group != NULL) {
        const char *const words[] = {"usermod", "-a", "-G", group, "--", user, NULL};
        status = personal_run(self->path, words, NULL, problem);
    } else if (status == STATUS_OK) {
        console_say("the system has neither group sudo nor wheel: %s will not be able to become root", user);
    }
    if (status == STATUS_OK) {
        status = set_hash(self, user, self->wanted->user_password, problem);
    }
    if (status == STATUS_OK) {
        status = set_sudo(self, problem);
    }
    return status == STATUS_OK ? set_keys(self, user, &account, problem) : status;
}
