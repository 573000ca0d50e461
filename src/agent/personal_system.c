// SPDX-License-Identifier: GPL-3.0-or-later
// Host name, identity, time zone, locale.
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define LINE_BYTES 256

static bool is_own_name_line(const char *line)
{
    return text_starts(line, "127.0.1.1") && (line[9] == ' ' || line[9] == '\t');
}

// `hosts` with the line of 127.0.1.1 replaced, or added behind the others.
static void print_hosts(const char *hosts, const struct talk_personal *wanted, FILE *out)
{
    const char *line = hosts;
    while (*line != '\0') {
        const int bytes = (int)strcspn(line, "\n");
        if (!is_own_name_line(line)) {
            (void)fprintf(out, "%.*s\n", bytes, line);
        }
        line += bytes;
        line += *line == '\n' ? 1 : 0;
    }
    if (wanted->domain[0] != '\0') {
        (void)fprintf(out, "127.0.1.1\t%s.%s %s\n", wanted->hostname, wanted->domain, wanted->hostname);
    } else {
        (void)fprintf(out, "127.0.1.1\t%s\n", wanted->hostname);
    }
}

enum status personal_set_hostname(const struct personal *self, struct problem *problem)
{
    char line[LINE_BYTES];
    if (self->wanted->hostname[0] == '\0') {
        return STATUS_OK;
    }
    (void)snprintf(line, sizeof line, "%s\n", self->wanted->hostname);
    enum status status = personal_write(self->root, "etc/hostname", line, NULL, problem);
    if (status != STATUS_OK) {
        return status;
    }
    char *hosts = personal_read(self->root, "etc/hosts");
    char *printed = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&printed, &bytes);
    if (out == NULL) {
        free(hosts);
        problem_set(problem, "there is no memory left for /etc/hosts");
        return STATUS_IO;
    }
    print_hosts(hosts != NULL ? hosts : "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
                self->wanted, out);
    free(hosts);
    status = fclose(out) == 0 ? personal_write(self->root, "etc/hosts", printed, NULL, problem) : STATUS_IO;
    free(printed);
    return status;
}

static void remove_host_keys(int root)
{
    int place = personal_open(root, "etc/ssh", O_RDONLY | O_DIRECTORY);
    DIR *folder = place < 0 ? NULL : fdopendir(place);
    if (folder == NULL) {
        if (place >= 0) {
            (void)close(place);
        }
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (text_starts(entry->d_name, "ssh_host_") &&
            (text_ends(entry->d_name, "_key") || text_ends(entry->d_name, "_key.pub"))) {
            (void)unlinkat(place, entry->d_name, 0);
        }
    }
    (void)closedir(folder);
}

enum status personal_set_identity(const struct personal *self, bool has_cloud, struct problem *problem)
{
    static const char *const seeds[] = {"var/lib/systemd/random-seed", "var/lib/urandom/random-seed",
                                        "var/lib/NetworkManager/secret_key",
                                        "var/lib/systemd/credential.secret", "boot/efi/loader/random-seed"};
    static const char *const keygen[] = {"ssh-keygen", "-A", NULL};
    for (size_t i = 0; i < COUNT_OF(seeds); i++) {
        personal_remove(self->root, seeds[i]);
    }
    // Empty, not absent and not "uninitialized": systemd then makes an id at the first boot, but does not
    // take that boot for a first one, which would enable and disable services by its presets (machine-id(5)).
    if (personal_has_name(self->root, "etc/machine-id") ||
        personal_exists(self->root, "usr/lib/systemd/systemd")) {
        const struct personal_owner owner = {.mode = 0444};
        enum status status = personal_write(self->root, "etc/machine-id", "", &owner, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    char link[4];
    int library = personal_open(self->root, "var/lib/dbus", O_RDONLY | O_DIRECTORY);
    if (library >= 0) {
        if (readlinkat(library, "machine-id", link, sizeof link) < 0) {
            (void)unlinkat(library, "machine-id", 0); // a copy; a link follows etc/machine-id
        }
        (void)close(library);
    }
    remove_host_keys(self->root);
    if (has_cloud || !personal_exists(self->root, "etc/ssh") ||
        !personal_has_program(self->root, "ssh-keygen")) {
        return STATUS_OK;
    }
    return personal_run(self->path, keygen, NULL, problem);
}

static enum status set_timezone(const struct personal *self, struct problem *problem)
{
    char path[PROFILE_TIMEZONE_BYTES + 32];
    char line[PROFILE_TIMEZONE_BYTES + 2];
    const char *zone = self->wanted->timezone;
    (void)snprintf(path, sizeof path, "usr/share/zoneinfo/%s", zone);
    if (zone[0] == '/' || strstr(zone, "..") != NULL || !personal_exists(self->root, path)) {
        problem_set(problem, "the system has no time zone %s", zone);
        problem_set_remedy(problem, "correct the profile's time zone, or add tzdata to its packages");
        return STATUS_UNSUPPORTED;
    }
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
    enum status status = personal_link(self->root, "etc/localtime", path, problem);
    if (status == STATUS_OK && (personal_has_name(self->root, "etc/timezone") ||
                                personal_exists(self->root, "etc/debian_version"))) {
        (void)snprintf(line, sizeof line, "%s\n", zone);
        status = personal_write(self->root, "etc/timezone", line, NULL, problem);
    }
    return status;
}

// Languages that every C library speaks without data of its own.
static bool is_built_in(const char *locale)
{
    return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0 || text_starts(locale, "C.");
}

static enum status generate_locale(const struct personal *self, struct problem *problem)
{
    static const char *const words[] = {"locale-gen", NULL};
    const char *locale = self->wanted->locale;
    const char *dot = strchr(locale, '.');
    char line[2 * PROFILE_LOCALE_BYTES];
    (void)snprintf(line, sizeof line, "%s %s", locale, dot == NULL ? "UTF-8" : dot + 1);
    char *list = personal_read(self->root, "etc/locale.gen");
    if (list == NULL) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (personal_line_find(list, line, NULL) == NULL) {
        const size_t bytes = strlen(list) + sizeof line + 4;
        char *longer = malloc(bytes);
        const size_t length = strlen(list);
        if (longer == NULL) {
            free(list);
            problem_set(problem, "there is no memory left for /etc/locale.gen");
            return STATUS_IO;
        }
        (void)snprintf(longer, bytes, "%s%s%s\n", list, length > 0 && list[length - 1] != '\n' ? "\n" : "",
                       line);
        status = personal_write(self->root, "etc/locale.gen", longer, NULL, problem);
        free(longer);
    }
    free(list);
    return status == STATUS_OK ? personal_run(self->path, words, NULL, problem) : status;
}

static enum status set_locale(const struct personal *self, struct problem *problem)
{
    char line[PROFILE_LOCALE_BYTES + 8];
    const bool is_debian = personal_exists(self->root, "etc/debian_version");
    enum status status = STATUS_OK;
    if (!is_built_in(self->wanted->locale)) {
        if (personal_has_program(self->root, "locale-gen")) {
            status = generate_locale(self, problem);
        } else if (is_debian) {
            problem_set(problem, "the system cannot make the locale %s: it has no package locales",
                        self->wanted->locale);
            problem_set_remedy(problem, "add locales to the profile's packages, or take C.UTF-8");
            status = STATUS_UNSUPPORTED;
        }
    }
    (void)snprintf(line, sizeof line, "LANG=%s\n", self->wanted->locale);
    if (status == STATUS_OK && is_debian) {
        status = personal_write(self->root, "etc/default/locale", line, NULL, problem);
    }
    if (status == STATUS_OK && (!is_debian || personal_has_name(self->root, "etc/locale.conf"))) {
        status = personal_write(self->root, "etc/locale.conf", line, NULL, problem);
    }
    return status;
}

enum status personal_set_region(const struct personal *self, struct problem *problem)
{
    enum status status = self->wanted->timezone[0] == '\0' ? STATUS_OK : set_timezone(self, problem);
    return status != STATUS_OK || self->wanted->locale[0] == '\0' ? status : set_locale(self, problem);
}

enum status personal_set_labels(const struct personal *self, struct problem *problem)
{
    char *text = personal_read(self->root, "etc/selinux/config");
    const bool is_labelled = text != NULL && (personal_line_find(text, "SELINUX=enforcing", NULL) != NULL ||
                                              personal_line_find(text, "SELINUX=permissive", NULL) != NULL);
    free(text);
    return is_labelled ? personal_write(self->root, ".autorelabel", "", NULL, problem) : STATUS_OK;
}
