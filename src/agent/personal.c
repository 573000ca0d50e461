// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/personal.h"

#include "agent/console.h"
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// `KEY=value` or `KEY="value"` of an os-release file.
static void copy_value(const char *text, const char *start, char *out, size_t out_bytes)
{
    size_t length = 0;
    const char *line = personal_line_find(text, start, &length);
    struct text value;
    text_init(&value, out, out_bytes);
    if (line == NULL) {
        return;
    }
    const char *at = line + strlen(start);
    size_t bytes = length - strlen(start);
    if (bytes >= 2 && (at[0] == '"' || at[0] == '\'') && at[bytes - 1] == at[0]) {
        at++;
        bytes -= 2;
    }
    text_add_escaped(&value, at, bytes);
}

bool personal_is_system(const char *root, char *name, size_t name_bytes)
{
    int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    char *text = personal_read(folder, "etc/os-release");
    if (text != NULL && name != NULL) {
        copy_value(text, "PRETTY_NAME=", name, name_bytes);
    }
    const bool is_system = text != NULL;
    free(text);
    (void)close(folder);
    return is_system;
}

static bool is_made_of(const char *text, const char *more)
{
    for (const char *at = text; *at != '\0'; at++) {
        const char letter = text_lower(*at);
        if (!((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
              strchr(more, *at) != NULL)) {
            return false;
        }
    }
    return text[0] != '-';
}

// The server has checked all this; but it ends up in other programs' files and arguments.
static enum status check(const struct talk_personal *wanted, struct problem *problem)
{
    const char *wrong = !is_made_of(wanted->hostname, "-.")         ? "host name"
                        : !is_made_of(wanted->domain, "-.")         ? "domain"
                        : !is_made_of(wanted->user, "-_.")          ? "user"
                        : !is_made_of(wanted->timezone, "-_+/")     ? "time zone"
                        : !is_made_of(wanted->locale, "-_.@")       ? "locale"
                        : !is_made_of(wanted->packages, "-_+.:= ~") ? "list of packages"
                                                                    : NULL;
    if (wrong == NULL) {
        return STATUS_OK;
    }
    problem_set(problem, "the %s holds a character that it must not hold", wrong);
    problem_set_remedy(problem, "imprint profile show PROFILE; correct it and order again");
    return STATUS_UNSUPPORTED;
}

static enum status apply_directly(const struct personal *self, struct problem *problem)
{
    static enum status (*const steps[])(const struct personal *, struct problem *) = {
        personal_set_network, personal_add_packages, personal_set_region,
        personal_set_root,    personal_set_user,     personal_run_script};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        enum status status = steps[i](self, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status apply(const struct personal *self, struct problem *problem)
{
    const bool has_cloud = personal_has_cloud(self);
    enum status status = personal_set_hostname(self, problem);
    if (status == STATUS_OK) {
        status = personal_set_identity(self, has_cloud, problem);
    }
    if (status == STATUS_OK) {
        status = personal_set_labels(self, problem);
    }
    if (status != STATUS_OK || !has_cloud) {
        return status == STATUS_OK ? apply_directly(self, problem) : status;
    }
    console_say("the system has cloud-init: it gets a seed");
    status = personal_set_root(self, problem);
    return status == STATUS_OK ? personal_seed_cloud(self, problem) : status;
}

enum status personal_apply(const struct personal_job *job, struct problem *problem)
{
    if (!personal_is_system(job->root, NULL, 0)) {
        problem_set(problem, "there is no Linux system that could be made the machine's own");
        problem_set_remedy(problem, "order a profile that asks for nothing but the image");
        return STATUS_UNSUPPORTED;
    }
    enum status status = check(job->wanted, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct personal_chroot inside;
    status = personal_enter(&inside, job->root, problem);
    if (status == STATUS_OK) {
        const struct personal self = {.path = job->root,
                                      .root = inside.root,
                                      .wanted = job->wanted,
                                      .order_id = job->order_id,
                                      .has_network = job->has_network};
        status = apply(&self, problem);
        status = status == STATUS_NOT_FOUND ? STATUS_UNSUPPORTED : status;
    }
    personal_leave(&inside);
    return status;
}
