// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/process.h"

#include "base/text.h"
#include "io/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNNING_MOST     16
#define LINE_BYTES       1024
#define STOP_PATIENCE_MS 5000

// What runs now, so that ^C can end it: signals belong to the whole process, so this does too.
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t running[RUNNING_MOST];

bool process_is_there(const char *name)
{
    const char *path = getenv("PATH");
    path = path == NULL ? "/usr/sbin:/usr/bin:/sbin:/bin" : path;
    while (true) {
        char full[4096];
        size_t length = strcspn(path, ":");
        (void)snprintf(full, sizeof full, "%.*s/%s", (int)size_min(length, 2048), path, name);
        if (access(full, X_OK) == 0) {
            return true;
        }
        if (path[length] == '\0') {
            return false;
        }
        path += length + 1;
    }
}

// Ours, with what the job adds in front (getenv takes the first), all in one array that the caller frees.
static char **make_environment(const struct process_job *job)
{
    size_t ours = 0;
    size_t added = 0;
    while (environ[ours] != NULL) {
        ours++;
    }
    while (job->environment != NULL && job->environment[added] != NULL) {
        added++;
    }
    char **all = heap_new_array(ours + added + 2, sizeof *all);
    size_t at = 0;
    for (size_t i = 0; i < added; i++) {
        all[at++] = heap_copy_text(job->environment[i]);
    }
    all[at++] = heap_copy_text("LC_ALL=C.UTF-8");
    for (size_t i = 0; i < ours; i++) {
        bool is_replaced = false;
        size_t name = strcspn(environ[i], "=") + 1;
        for (size_t k = 0; k <= added; k++) {
            is_replaced = is_replaced || strncmp(all[k], environ[i], name) == 0;
        }
        if (!is_replaced) {
            all[at++] = heap_copy_text(environ[i]);
        }
    }
    return all;
}

static void free_environment(char **all)
{
    for (size_t i = 0; all[i] != NULL; i++) {
        heap_free(all[i]);
    }
    heap_free(all);
}

// The signals as in a fresh program, and a process group of its own.
static int prepare_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int error = posix_spawnattr_init(attributes);
    if (error == 0) {
        (void)posix_spawnattr_setsigmask(attributes, &none);
        (void)posix_spawnattr_setsigdefault(attributes, &all);
        (void)posix_spawnattr_setpgroup(attributes, 0);
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                         POSIX_SPAWN_SETPGROUP);
    }
    return error;
}

static int spawn(const struct process_job *job, int output, int said, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *words[PROCESS_WORDS_MOST + 1] = {NULL};
    size_t count = 0;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    for (; job->words[count] != NULL; count++) {
        assert(count < PROCESS_WORDS_MOST);
        words[count] = heap_copy_text(job->words[count]); // exec wants them writable
    }
    assert(words[0] != NULL);
    char **environment = make_environment(job);
    if (job->input > 0) {
        error = posix_spawn_file_actions_adddup2(&actions, job->input, STDIN_FILENO);
    } else {
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    error = error == 0 ? posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) : error;
    error = error == 0 ? posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO) : error;
    // Nobody inherits anything else: dash cannot even name a descriptor above 9, and mmdebstrap's hooks must.
    error = error == 0 ? posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) : error;
    if (error == 0 && job->folder != NULL) {
        error = posix_spawn_file_actions_addchdir_np(&actions, job->folder);
    }
    error = error == 0 ? prepare_attributes(&attributes) : error;
    if (error == 0) {
        error = posix_spawnp(pid, words[0], &actions, &attributes, words, environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    free_environment(environment);
    for (size_t i = 0; i < count; i++) {
        heap_free(words[i]);
    }
    return error;
}

// Starts it and remembers that it runs.
static enum status start(const struct process_job *job, int output, int said, pid_t *pid,
                         struct problem *problem)
{
    (void)pthread_mutex_lock(&running_lock);
    size_t slot = 0;
    while (slot < RUNNING_MOST && running[slot] != 0) {
        slot++;
    }
    assert(slot < RUNNING_MOST);
    int error = spawn(job, output, said, pid);
    running[slot] = error == 0 ? *pid : 0;
    (void)pthread_mutex_unlock(&running_lock);
    if (error == ENOENT) {
        problem_set(problem, "there is no program '%s' here", job->words[0]);
        problem_set_remedy(problem, "install it: tools/setup and README.md name the packages");
        return STATUS_NOT_FOUND;
    }
    if (error != 0) {
        problem_set(problem, "the program '%s' cannot be started: %s", job->words[0], strerror(error));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)pthread_mutex_lock(&running_lock);
    for (size_t i = 0; i < RUNNING_MOST; i++) {
        running[i] = running[i] == pid ? 0 : running[i];
    }
    (void)pthread_mutex_unlock(&running_lock);
    return status;
}

static enum status judge(const char *name, int status, const char *last, struct problem *problem)
{
    char shown[300];
    struct text text;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return STATUS_OK;
    }
    text_init(&text, shown, sizeof shown);
    text_add_escaped(&text, last, strnlen(last, 250));
    const char *colon = last[0] == '\0' ? "" : ": ";
    if (WIFSIGNALED(status)) {
        problem_set(problem, "the program '%s' was ended by signal %d (%s)%s%s", name, WTERMSIG(status),
                    strsignal(WTERMSIG(status)), colon, shown);
    } else {
        problem_set(problem, "the program '%s' failed (status %d)%s%s", name, WEXITSTATUS(status), colon,
                    shown);
    }
    return STATUS_IO;
}

struct lines { // what comes out of a program, cut into lines
    const struct process_job *job;
    char line[LINE_BYTES]; // longer ones are cut
    size_t length;
    char last[LINE_BYTES];  // not empty
    char error[LINE_BYTES]; // the first one that begins as errors do: what follows follows from it
};

static bool is_error(const char *line)
{
    return text_starts(line, "E: ") || text_starts(line, "error") || text_starts(line, "Error") ||
           strstr(line, "rror:") != NULL;
}

static void end_line(struct lines *lines)
{
    lines->line[lines->length] = '\0';
    if (lines->length != 0) {
        (void)text_copy(lines->last, sizeof lines->last, lines->line);
        if (lines->error[0] == '\0' && is_error(lines->line)) {
            (void)text_copy(lines->error, sizeof lines->error, lines->line);
        }
        if (lines->job != NULL && lines->job->line != NULL) {
            lines->job->line(lines->job->context, lines->line);
        }
    }
    lines->length = 0;
}

static void take_bytes(struct lines *lines, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            end_line(lines);
        } else if (bytes[i] != '\0' && lines->length + 1 < sizeof lines->line) {
            lines->line[lines->length++] = bytes[i];
        }
    }
}

static const char *last_words(struct lines *lines)
{
    end_line(lines);
    return lines->error[0] != '\0' ? lines->error : lines->last;
}

static ssize_t read_again(int fd, void *out, size_t bytes)
{
    ssize_t count = 0;
    do {
        count = read(fd, out, bytes);
    } while (count < 0 && errno == EINTR);
    return count;
}

static enum status refuse_pipe(struct problem *problem)
{
    problem_set(problem, "no pipe to another program can be made: %s", strerror(errno));
    return STATUS_IO;
}

enum status process_run(const struct process_job *job, struct problem *problem)
{
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return refuse_pipe(problem);
    }
    enum status status = start(job, ends[1], ends[1], &pid, problem);
    (void)close(ends[1]);
    if (status == STATUS_OK) {
        struct lines *lines = heap_new(sizeof *lines);
        char bytes[4096];
        ssize_t count = 0;
        lines->job = job;
        while ((count = read_again(ends[0], bytes, sizeof bytes)) > 0) {
            take_bytes(lines, bytes, (size_t)count);
        }
        const char *last = last_words(lines);
        status = judge(job->words[0], wait_for(pid), last, problem);
        heap_free(lines);
    }
    (void)close(ends[0]);
    return status;
}

enum status process_open(const struct process_job *job, struct process *process, struct problem *problem)
{
    int ends[2];
    struct process fresh = {.name = job->words[0]};
    fresh.said = memfd_create("imprint-said", MFD_CLOEXEC);
    if (fresh.said < 0) {
        return refuse_pipe(problem);
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)close(fresh.said);
        return refuse_pipe(problem);
    }
    enum status status = start(job, ends[1], fresh.said, &fresh.pid, problem);
    (void)close(ends[1]);
    if (status != STATUS_OK) {
        (void)close(fresh.said);
        (void)close(ends[0]);
        return status;
    }
    fresh.output = ends[0];
    *process = fresh;
    return STATUS_OK;
}

enum status process_close(struct process *process, struct problem *problem)
{
    (void)close(process->output);
    int result = wait_for(process->pid);
    struct lines *lines = heap_new(sizeof *lines);
    char bytes[4096];
    ssize_t count = 0;
    off_t size = lseek(process->said, 0, SEEK_END);
    off_t from = size > 65536 ? size - 65536 : 0; // a program may complain of each of a million files
    (void)lseek(process->said, from, SEEK_SET);
    while ((count = read_again(process->said, bytes, sizeof bytes)) > 0) {
        take_bytes(lines, bytes, (size_t)count);
    }
    (void)close(process->said);
    enum status status = judge(process->name, result, last_words(lines), problem);
    heap_free(lines);
    *process = (struct process){.output = -1, .said = -1};
    return status;
}

enum status process_read(const struct process_job *job, size_t most, char **text, struct problem *problem)
{
    struct process process;
    enum status status = process_open(job, &process, problem);
    if (status != STATUS_OK) {
        return status;
    }
    char *all = heap_new(most + 2);
    size_t length = 0;
    ssize_t count = 0;
    while (length <= most && (count = read_again(process.output, all + length, most + 1 - length)) > 0) {
        length += (size_t)count;
    }
    if (length > most) {
        problem_set(problem, "the program '%s' says more than %zu bytes", job->words[0], most);
        (void)process_close(&process, NULL);
        status = STATUS_TOO_LONG;
    } else {
        status = process_close(&process, problem);
    }
    if (status != STATUS_OK) {
        heap_free(all);
        return status;
    }
    all[length] = '\0';
    *text = all;
    return STATUS_OK;
}

// Whoever waits for them takes their end; here it is only seen that they are gone.
static bool is_any_alive(void)
{
    for (size_t i = 0; i < RUNNING_MOST; i++) {
        if (running[i] != 0 && kill(-running[i], 0) == 0) {
            return true;
        }
    }
    return false;
}

static void send_all(int signal)
{
    for (size_t i = 0; i < RUNNING_MOST; i++) {
        if (running[i] != 0) {
            (void)kill(-running[i], signal);
        }
    }
}

void process_stop_all(void)
{
    (void)pthread_mutex_lock(&running_lock); // and never given back
    send_all(SIGINT);                        // as ^C would: mmdebstrap takes its own files away then
    for (int waited_ms = 0; waited_ms < STOP_PATIENCE_MS && is_any_alive(); waited_ms += 50) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    }
    send_all(SIGKILL);
}
