// SPDX-License-Identifier: GPL-3.0-or-later
// A seed for cloud-init's NoCloud source. Root's password and keys are not in it: they are set at once, which
// every version of cloud-init leaves alone.
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define SEED   "var/lib/cloud/seed/nocloud/"
#define SCRIPT "/var/lib/cloud/imprint-script"

// Debian's own choice of sources is in 90_dpkg.cfg, and the last file wins.
#define SOURCES "etc/cloud/cloud.cfg.d/99-imprint.cfg"
#define SOURCES_TEXT                                                                                         \
    "# written by imprint: its seed lies in /var/lib/cloud/seed/nocloud\ndatasource_list: [NoCloud, None]\n"

static const struct personal_owner SECRET = {.mode = 0600};

bool personal_has_cloud(const struct personal *self)
{
    return personal_has_program(self->root, "cloud-init") &&
           !personal_has_name(self->root, "etc/cloud/cloud-init.disabled");
}

// A double-quoted YAML string (YAML 1.2.2 section 5.7).
static void print_quoted(FILE *out, const char *text, size_t length)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            (void)fprintf(out, "\\%c", text[i]);
        } else if (text_is_control(text[i])) {
            (void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)text[i]);
        } else {
            (void)fputc(text[i], out);
        }
    }
    (void)fputc('"', out);
}

static void print_member(FILE *out, const char *name, const char *value)
{
    (void)fprintf(out, "%s: ", name);
    print_quoted(out, value, strlen(value));
    (void)fputc('\n', out);
}

static void print_base64(FILE *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (i + k < length ? (uint8_t)text[i + k] : 0u);
        }
        for (size_t k = 0; k < 4; k++) {
            (void)fputc(k <= length - i ? digits[group >> (18 - 6 * k) & 63u] : '=', out);
        }
    }
}

static void print_keys(FILE *out, const char *keys, const char *indent)
{
    size_t length = 0;
    (void)fprintf(out, "%sssh_authorized_keys:\n", indent);
    for (const char *at = keys; *at != '\0'; at += length + (at[length] == '\n' ? 1 : 0)) {
        length = strcspn(at, "\n");
        if (length > 0 && at[0] != '#') {
            (void)fprintf(out, "%s  - ", indent);
            print_quoted(out, at, length);
            (void)fputc('\n', out);
        }
    }
}

static void print_user(const struct personal *self, FILE *out)
{
    const struct talk_personal *wanted = self->wanted;
    const char *group = personal_find_sudo_group(self);
    (void)fprintf(out, "users:\n  - ");
    print_member(out, "name", wanted->user);
    (void)fprintf(out, "    shell: %s\n", personal_exists(self->root, "bin/bash") ? "/bin/bash" : "/bin/sh");
    if (group != NULL) {
        (void)fprintf(out, "    groups: [%s]\n", group);
    }
    (void)fprintf(out, "    lock_passwd: %s\n", wanted->user_password[0] == '\0' ? "true" : "false");
    if (wanted->user_password[0] != '\0') {
        (void)fprintf(out, "    ");
        print_member(out, "hashed_passwd", wanted->user_password);
    } else { // sudo would ask for a password, which this account could never give
        (void)fprintf(out, "    sudo: \"ALL=(ALL:ALL) NOPASSWD: ALL\"\n");
    }
    if (wanted->ssh_keys != NULL) {
        print_keys(out, wanted->ssh_keys, "    ");
    }
}

static void print_script(const struct personal *self, FILE *out)
{
    char facts[PERSONAL_FACTS_MOST][PERSONAL_FACT_BYTES];
    const unsigned count = personal_print_facts(self, facts);
    (void)fprintf(out, "write_files:\n  - path: " SCRIPT "\n    permissions: \"0700\"\n"
                       "    encoding: b64\n    content: ");
    print_base64(out, self->wanted->script);
    (void)fprintf(out, "\nruncmd:\n  - [env");
    for (unsigned i = 0; i < count; i++) {
        (void)fprintf(out, ", ");
        print_quoted(out, facts[i], strlen(facts[i]));
    }
    (void)fprintf(out, "%s, " SCRIPT "]\n  - [rm, -f, " SCRIPT "]\n",
                  text_starts(self->wanted->script, "#!") ? "" : ", /bin/sh");
}

static void print_packages(FILE *out, const char *packages)
{
    (void)fprintf(out, "package_update: true\npackages:\n");
    size_t length = 0;
    for (const char *at = packages; *at != '\0'; at += length + (at[length] == ' ' ? 1 : 0)) {
        length = strcspn(at, " ");
        if (length > 0) {
            (void)fprintf(out, "  - ");
            print_quoted(out, at, length);
            (void)fputc('\n', out);
        }
    }
}

static void print_user_data(const struct personal *self, FILE *out)
{
    const struct talk_personal *wanted = self->wanted;
    (void)fprintf(out, "#cloud-config\npreserve_hostname: false\nmanage_etc_hosts: localhost\n");
    print_member(out, "hostname", wanted->hostname);
    if (wanted->domain[0] != '\0') {
        char name[MACHINE_NAME_BYTES + INVENTORY_TEXT_BYTES + 2];
        (void)snprintf(name, sizeof name, "%s.%s", wanted->hostname, wanted->domain);
        print_member(out, "fqdn", name);
    }
    if (wanted->user[0] != '\0') {
        print_user(self, out);
    } else if (wanted->ssh_keys != NULL) {
        print_keys(out, wanted->ssh_keys, ""); // of the image's own user
    }
    if (wanted->ssh_keys != NULL) {
        (void)fprintf(out, "disable_root: false\n"); // they are root's as well
    }
    if (wanted->timezone[0] != '\0') {
        print_member(out, "timezone", wanted->timezone);
    }
    if (wanted->locale[0] != '\0') {
        print_member(out, "locale", wanted->locale);
    }
    if (wanted->packages[strspn(wanted->packages, " ")] != '\0') {
        print_packages(out, wanted->packages);
    }
    if (wanted->script != NULL && wanted->script[0] != '\0') {
        print_script(self, out);
    }
}

static void print_meta_data(const struct personal *self, FILE *out)
{
    (void)fprintf(out, "instance-id: imprint-%llu\n", (unsigned long long)self->order_id);
    print_member(out, "local-hostname", self->wanted->hostname);
}

static void print_network(const struct personal *self, FILE *out)
{
    // What renders interfaces by name needs one; netplan and networkd match the card by its MAC address.
    const bool by_mac = personal_has_program(self->root, "netplan") ||
                        personal_has_name(self->root, "etc/systemd/system/multi-user.target.wants/"
                                                      "systemd-networkd.service");
    personal_print_netplan(self->wanted, "", by_mac ? NULL : "eth0", out);
}

static enum status write_printed(const struct personal *self, const char *path,
                                 void (*print)(const struct personal *, FILE *), struct problem *problem)
{
    char *printed = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&printed, &bytes);
    if (out == NULL) {
        problem_set(problem, "there is no memory left for /%s", path);
        return STATUS_IO;
    }
    print(self, out);
    const bool ok = fclose(out) == 0 && printed != NULL;
    enum status status = ok ? personal_write(self->root, path, printed, &SECRET, problem) : STATUS_IO;
    if (!ok) {
        problem_set(problem, "there is no memory left for /%s", path);
    }
    if (printed != NULL) {
        explicit_bzero(printed, bytes);
    }
    free(printed);
    return status;
}

enum status personal_seed_cloud(const struct personal *self, struct problem *problem)
{
    const struct personal_owner owner = {.mode = 0644};
    enum status status = write_printed(self, SEED "user-data", print_user_data, problem);
    if (status == STATUS_OK && self->wanted->mac.length == 6) {
        status = write_printed(self, SEED "network-config", print_network, problem);
    }
    if (status == STATUS_OK) {
        status = personal_write(self->root, SOURCES, SOURCES_TEXT, &owner, problem);
    }
    // Last: a seed without it is none.
    return status == STATUS_OK ? write_printed(self, SEED "meta-data", print_meta_data, problem) : status;
}
