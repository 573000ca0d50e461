// SPDX-License-Identifier: GPL-3.0-or-later
// Extra packages and the administrator's script, both inside the new system.
#include "agent/console.h"
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "agent/run.h"
#include "base/text.h"

#include <string.h>

#define WORDS_MOST  160
#define SCRIPT      "run/imprint-script"
#define SCRIPT_PATH "/run/imprint-script"

static enum status run_long(const struct personal *self, const char *const words[], struct problem *problem)
{
    const struct run_job job = {.words = words, .root = self->path, .timeout_s = 2 * 3600};
    return run(&job, problem);
}

enum status personal_add_packages(const struct personal *self, struct problem *problem)
{
    static const char *const update[] = {"apt-get", "-q", "update", NULL};
    static const char *const clean[] = {"apt-get", "clean", NULL};
    static const char *const apt[] = {"apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold",
                                      "install"};
    static const char *const dnf[] = {"dnf", "-y", "install"};
    char names[PROFILE_PACKAGES_BYTES];
    const char *words[WORDS_MOST] = {NULL};
    (void)text_copy(names, sizeof names, self->wanted->packages);
    char *rest = names + strspn(names, " ");
    if (rest[0] == '\0') {
        return STATUS_OK;
    }
    const bool has_apt = personal_has_program(self->root, "apt-get");
    if (!self->has_network || (!has_apt && !personal_has_program(self->root, "dnf"))) {
        problem_set(problem, "no packages can be installed: %s",
                    self->has_network ? "the system has neither apt-get nor dnf" : "there is no network");
        problem_set_remedy(problem, "take the packages out of the profile");
        return STATUS_UNSUPPORTED;
    }
    size_t count = has_apt ? COUNT_OF(apt) : COUNT_OF(dnf);
    memcpy(words, has_apt ? apt : dnf, count * sizeof words[0]);
    while (rest != NULL && count < WORDS_MOST - 1) {
        const char *name = strsep(&rest, " ");
        if (name[0] == '-') {
            problem_set(problem, "\"%s\" is no name of a package", name);
            return STATUS_UNSUPPORTED;
        }
        if (name[0] != '\0') {
            words[count++] = name;
        }
    }
    if (rest != NULL) {
        problem_set(problem, "the profile names more packages than can be installed at once");
        return STATUS_UNSUPPORTED;
    }
    console_say("installing %s", self->wanted->packages);
    enum status status = has_apt ? run_long(self, update, problem) : STATUS_OK;
    status = status == STATUS_OK ? run_long(self, words, problem) : status;
    return status == STATUS_OK && has_apt ? run_long(self, clean, problem) : status;
}

static void print_fact(char out[PERSONAL_FACT_BYTES], const char *name, const char *value)
{
    (void)snprintf(out, PERSONAL_FACT_BYTES, "IMPRINT_%s=%s", name, value);
}

unsigned personal_print_facts(const struct personal *self,
                              char facts[PERSONAL_FACTS_MOST][PERSONAL_FACT_BYTES])
{
    char text[HW_TEXT_BYTES];
    unsigned count = 0;
    const struct talk_personal *wanted = self->wanted;
    print_fact(facts[count++], "HOSTNAME", wanted->hostname);
    print_fact(facts[count++], "DOMAIN", wanted->domain);
    print_fact(facts[count++], "MAC", wanted->mac.length == 6 ? hw_print(&wanted->mac, text) : "");
    print_fact(facts[count++], "ADDRESS", wanted->address.value == 0 ? "" : ip4_print(wanted->address, text));
    print_fact(facts[count++], "GATEWAY", wanted->gateway.value == 0 ? "" : ip4_print(wanted->gateway, text));
    print_fact(facts[count++], "USER", wanted->user);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)self->order_id);
    print_fact(facts[count++], "ORDER", text);
    return count;
}

enum status personal_run_script(const struct personal *self, struct problem *problem)
{
    const char *script = self->wanted->script;
    if (script == NULL || script[0] == '\0') {
        return STATUS_OK;
    }
    const struct personal_owner owner = {.mode = 0700};
    char facts[PERSONAL_FACTS_MOST][PERSONAL_FACT_BYTES];
    const char *environment[PERSONAL_FACTS_MOST + 1] = {NULL};
    const unsigned count = personal_print_facts(self, facts);
    for (unsigned i = 0; i < count; i++) {
        environment[i] = facts[i];
    }
    // /run is in memory and ours: the script is gone with it, whatever happens.
    enum status status = personal_write(self->root, SCRIPT, script, &owner, problem);
    if (status != STATUS_OK) {
        return status;
    }
    const bool names_program = text_starts(script, "#!");
    const char *const words[] = {names_program ? SCRIPT_PATH : "/bin/sh", names_program ? NULL : SCRIPT_PATH,
                                 NULL};
    console_say("running the profile's script");
    const struct run_job job = {
        .words = words, .root = self->path, .environment = environment, .timeout_s = 3600};
    struct problem why = {0};
    status = run(&job, &why);
    personal_remove(self->root, SCRIPT);
    if (status != STATUS_OK) {
        problem_set(problem, "the profile's script failed: %s", why.text);
        problem_set_remedy(problem, "imprint order log N tells what it said; correct the script");
        status = STATUS_IO;
    }
    return status;
}
