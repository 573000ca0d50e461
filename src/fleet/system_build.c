// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/system_build.h"

#include "base/text.h"
#include "fleet/process.h"
#include "fleet/scratch.h"
#include "io/heap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES    1024
#define SOURCES_MOST  8
#define SOURCE_BYTES  512
#define TARGETS_BYTES ((size_t)256 * 1024)
#define ROOM_BYTES    UINT64_C(3000000000) // the system unpacked, its packages, the tar

struct build {
    const struct system_build_job *job;
    char sources[SOURCES_MOST][SOURCE_BYTES]; // "deb http://deb.debian.org/debian/ bookworm main"
    size_t source_count;
    char *packages; // commas between
};

// mmdebstrap tells what it does in lines that begin with "I:". What is of no use to who waits is left out:
// its folders, its hooks.
static void take_line(void *context, const char *line)
{
    static const char *const quiet[] = {"chroot architecture", "finding correct", "using ",   "running --",
                                        "removing tempdir",    "automatically",   "success ", "done"};
    const struct system_build_job *job = context;
    if (job->step == NULL || !text_starts(line, "I: ")) {
        return;
    }
    line += strlen("I: ");
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        if (text_starts(line, quiet[i])) {
            return;
        }
    }
    job->step(job->context, line);
}

static void add_source(struct build *build, const char *uri, const char *suite, const char *component)
{
    char source[SOURCE_BYTES];
    int length = snprintf(source, sizeof source, "deb %s %s %s", uri, suite, component);
    bool is_known = length >= (int)sizeof source || build->source_count == SOURCES_MOST;
    for (size_t i = 0; i < build->source_count; i++) {
        is_known = is_known || strcmp(build->sources[i], source) == 0;
    }
    if (!is_known) {
        (void)text_copy(build->sources[build->source_count++], SOURCE_BYTES, source);
    }
}

// Whether `suite` is the build's, or the one with its updates or its security updates.
static bool is_suite(const struct build *build, const char *suite)
{
    size_t length = strlen(build->job->build->suite);
    return strncmp(suite, build->job->build->suite, length) == 0 &&
           (suite[length] == '\0' || strcmp(suite + length, "-updates") == 0 ||
            strcmp(suite + length, "-security") == 0);
}

// What this machine's apt uses for the same release, mirrors of the site and all; nothing when it knows none.
static void find_sources(struct build *build)
{
    const char *const words[] = {
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
        NULL};
    char *text = NULL;
    char *rest = NULL;
    bool has_release = false;
    struct process_job job = {.words = words};
    if (process_read(&job, TARGETS_BYTES, &text, NULL) != STATUS_OK) {
        return;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *words_left = NULL;
        const char *uri = strtok_r(line, " ", &words_left);
        const char *suite = strtok_r(NULL, " ", &words_left);
        const char *component = strtok_r(NULL, " ", &words_left);
        if (component != NULL && strcmp(component, "main") == 0 && is_suite(build, suite)) {
            has_release = has_release || strcmp(suite, build->job->build->suite) == 0;
            add_source(build, uri, suite, component);
        }
    }
    heap_free(text);
    build->source_count = has_release ? build->source_count : 0; // mmdebstrap knows a mirror of its own
}

static void choose_sources(struct build *build)
{
    const struct family_build *row = build->job->build;
    const char *mirror = build->job->mirror == NULL ? row->mirror : build->job->mirror;
    if (mirror[0] != '\0') {
        add_source(build, mirror, row->suite, "main");
    } else {
        find_sources(build);
    }
}

// "--include=a,b,c" of the build's and the job's packages.
static char *join_packages(const struct system_build_job *job)
{
    size_t bytes = strlen(job->build->packages) + 16;
    for (size_t i = 0; job->packages != NULL && job->packages[i] != NULL; i++) {
        bytes += strlen(job->packages[i]) + 1;
    }
    char *all = heap_new(bytes);
    struct text text;
    text_init(&text, all, bytes);
    text_add(&text, "--include=");
    for (const char *at = job->build->packages; *at != '\0'; at++) {
        text_add_char(&text, *at == ' ' ? ',' : *at);
    }
    for (size_t i = 0; job->packages != NULL && job->packages[i] != NULL; i++) {
        text_add_format(&text, ",%s", job->packages[i]);
    }
    return all;
}

static enum status check_packages(const struct system_build_job *job, struct problem *problem)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
    for (size_t i = 0; job->packages != NULL && job->packages[i] != NULL; i++) {
        const char *name = job->packages[i];
        if (strlen(name) < 2 || name[strspn(name, allowed)] != '\0' || strchr("+.-", name[0]) != NULL) {
            problem_set(problem, "'%.100s' cannot be the name of a package", name);
            return STATUS_MALFORMED;
        }
    }
    if (job->mirror != NULL && (strpbrk(job->mirror, " \t\n") != NULL || strchr(job->mirror, ':') == NULL)) {
        problem_set(problem, "'%.200s' cannot be a mirror", job->mirror);
        problem_set_remedy(problem, "write it as a URL, such as http://deb.debian.org/debian");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

// The hooks make the system nobody's in particular: no id, no keys; its network is systemd-networkd's.
static enum status run(const struct build *build, const char *folder, struct problem *problem)
{
    char temporary[PATH_BYTES + 16];
    const char *words[PROCESS_WORDS_MOST + 1] = {
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=tar",
        "--aptopt=APT::Sandbox::User \"root\"", // our folder is for root alone
        build->packages,
        "--customize-hook=chroot \"$1\" systemctl enable systemd-networkd.service",
        "--customize-hook=rm -f \"$1\"/etc/ssh/ssh_host_* \"$1\"/var/lib/dbus/machine-id \"$1\"/etc/hostname",
        "--customize-hook=: >\"$1\"/etc/machine-id",
        "--customize-hook=ln -sf ../run/systemd/resolve/stub-resolv.conf \"$1\"/etc/resolv.conf",
        build->job->build->suite,
        build->job->file};
    const char *const environment[] = {temporary, "DEBIAN_FRONTEND=noninteractive", NULL};
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    for (size_t i = 0; i < build->source_count; i++) {
        words[count++] = build->sources[i];
    }
    (void)snprintf(temporary, sizeof temporary, "TMPDIR=%s", folder);
    struct system_build_job job = *build->job; // its callback wants it writable
    return process_run(
        &(struct process_job){.words = words, .environment = environment, .line = take_line, .context = &job},
        problem);
}

enum status system_build(const struct system_build_job *job, struct problem *problem)
{
    char folder[PATH_BYTES];
    struct build build = {.job = job};
    char *slash = NULL;
    if (geteuid() != 0) {
        problem_set(problem, "building a system needs root");
        problem_set_remedy(problem, "run it with sudo");
        return STATUS_DENIED;
    }
    if (text_copy(folder, sizeof folder, job->file) != STATUS_OK || (slash = strrchr(folder, '/')) == NULL) {
        problem_set(problem, "%.200s is no full path", job->file);
        return STATUS_MALFORMED;
    }
    *slash = '\0';
    enum status status = check_packages(job, problem);
    status = status == STATUS_OK ? scratch_check_room(folder, ROOM_BYTES, problem) : status;
    if (status != STATUS_OK) {
        return status;
    }
    choose_sources(&build);
    build.packages = join_packages(job);
    status = run(&build, folder, problem);
    heap_free(build.packages);
    if (status == STATUS_IO) {
        problem_set_remedy(problem, "look whether this machine reaches the package archive (or name one with "
                                    "--mirror), and whether every package exists");
    }
    return status;
}
