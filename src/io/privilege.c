// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/privilege.h"

#include "io/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct capability {
    unsigned bit;
    unsigned number;
};

static const struct capability CAPABILITIES[] = {
    {PRIVILEGE_NET_BIND, CAP_NET_BIND_SERVICE},
    {PRIVILEGE_NET_RAW, CAP_NET_RAW},
    {PRIVILEGE_NET_ADMIN, CAP_NET_ADMIN},
};

bool privilege_has(unsigned wanted)
{
    for (unsigned i = 0; i < COUNT_OF(CAPABILITIES); i++) {
        if ((wanted & CAPABILITIES[i].bit) != 0 &&
            !capng_have_capability(CAPNG_EFFECTIVE, CAPABILITIES[i].number)) {
            return false;
        }
    }
    return true;
}

// Keeps of what we hold now only what is wished, in libcap-ng's own state; the kernel is not asked yet.
static void select_capabilities(unsigned keeps)
{
    bool has[COUNT_OF(CAPABILITIES)];
    for (unsigned i = 0; i < COUNT_OF(CAPABILITIES); i++) {
        has[i] = capng_have_capability(CAPNG_PERMITTED, CAPABILITIES[i].number) != 0;
    }
    capng_clear(CAPNG_SELECT_BOTH);
    for (unsigned i = 0; i < COUNT_OF(CAPABILITIES); i++) {
        if (has[i] && (keeps & CAPABILITIES[i].bit) != 0) {
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAPABILITIES[i].number);
        }
    }
}

static enum status become(const char *user, struct problem *problem)
{
    errno = 0;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL) {
        problem_set(problem, "there is no user called %s to run as", user);
        problem_set_remedy(problem, "`useradd --system %s` makes one, or name another in the configuration",
                           user);
        return STATUS_NOT_FOUND;
    }
    int failed =
        capng_change_id((int)entry->pw_uid, (int)entry->pw_gid, CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
    if (failed == 0) {
        return STATUS_OK;
    }
    problem_set(problem, "the user could not be changed to %s: %s (step %d)", user, strerror(errno), -failed);
    problem_set_remedy(problem, "start imprint as root, or as %s", user);
    return STATUS_DENIED;
}

// Root that stays root keeps its files, but no capability beyond the wished ones; others give up what they
// can.
static enum status stay(struct problem *problem)
{
    if (capng_apply(CAPNG_SELECT_CAPS) == 0) {
        return STATUS_OK;
    }
    problem_set(problem, "capabilities could not be given up: %s", strerror(errno));
    return STATUS_DENIED;
}

enum status privilege_drop(const struct privilege_wish *wish, bool *is_confined, struct problem *problem)
{
    bool has_user = wish->user != NULL && wish->user[0] != '\0' && geteuid() == 0;
    select_capabilities(wish->keeps);
    enum status status = has_user ? become(wish->user, problem) : stay(problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        problem_set(problem, "the kernel refused no_new_privs: %s", strerror(errno));
        return STATUS_IO;
    }
    bool confined = false;
    if (wish->is_confined) {
        status = confine(wish->readable, wish->writable, &confined, problem);
    }
    if (is_confined != NULL && status == STATUS_OK) {
        *is_confined = confined;
    }
    return status;
}

uint64_t privilege_raise_files(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur >= wanted) {
        return limit.rlim_cur;
    }
    struct rlimit higher = {.rlim_cur = wanted,
                            .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) {
        return higher.rlim_cur;
    }
    higher = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &higher) == 0 ? higher.rlim_cur : limit.rlim_cur;
}
