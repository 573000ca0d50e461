// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/run.h"

#include "agent/console.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 600
#define LINE_BYTES        400
#define ENVIRONMENT_MOST  40
#define READ_BYTES        4096

struct run_pipe { // one program that was started; run() uses it too
    char name[64];
    pid_t child;
    int exit_fd;   // pidfd: readable once it has ended
    int input_fd;  // our end of its standard input; -1 = none
    int said_fd;   // what it says
    int output_fd; // its standard output, when that is wanted; -1 = goes to said_fd
    char *output;  // of the caller
    size_t room;   // of it
    size_t filled; // of it
    bool is_quiet;
    unsigned timeout_s;
    char line[LINE_BYTES]; // what it says, up to the next end of line
    size_t line_bytes;
    char last[LINE_BYTES]; // the last line that was not empty
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

struct ends { // what the child gets
    int input;
    int output;
    int said;
    int failed; // where it writes errno when the program cannot be started
};

// Runs between fork and exec, where another thread may hold any lock: system calls only.
_Noreturn static void become(const struct run_job *job, const struct ends *ends, char *environment[])
{
    struct sigaction as_usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        (void)sigaction(number, &as_usual, NULL);
    }
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) { // when memory runs out (e2fsck of a huge disk) the program goes, not the agent
        ssize_t ignored = write(score, "500", 3);
        (void)ignored;
    }
    // A package's script or the administrator's may set the host name: it stays inside.
    bool ready =
        job->root == NULL || (unshare(CLONE_NEWUTS) == 0 && chroot(job->root) == 0 && chdir("/") == 0);
    ready = ready && dup2(ends->input, 0) >= 0 && dup2(ends->output, 1) >= 0 && dup2(ends->said, 2) >= 0;
    if (ready) {
        (void)syscall(SYS_close_range, 3u, ~0u, 4u); // CLOSE_RANGE_CLOEXEC: nothing of ours goes along
        environ = environment;
        char *const *words;
        (void)memcpy(&words, &job->words, sizeof words); // execvp() does not write to them
        (void)execvp(words[0], words);
    }
    int error = errno;
    ssize_t ignored = write(ends->failed, &error, sizeof error);
    (void)ignored;
    _exit(127);
}

static void collect_environment(const struct run_job *job, const char *environment[ENVIRONMENT_MOST])
{
    unsigned count = 0;
    environment[count++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    environment[count++] = "LC_ALL=C.UTF-8";
    environment[count++] = "DEBIAN_FRONTEND=noninteractive";
    environment[count++] = "HOME=/root";
    environment[count++] = "TERM=dumb";
    for (unsigned i = 0; job->environment != NULL && job->environment[i] != NULL; i++) {
        assert(count < ENVIRONMENT_MOST - 1);
        environment[count++] = job->environment[i];
    }
    environment[count] = NULL;
}

// A file in memory, so that it can be as long as it likes and is gone when it is closed.
static int open_input(const char *input)
{
    if (input == NULL) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t bytes = strlen(input);
    size_t done = 0;
    while (fd >= 0 && done < bytes) {
        ssize_t some = write(fd, input + done, bytes - done);
        if (some <= 0) {
            close_fd(&fd);
        } else {
            done += (size_t)some;
        }
    }
    if (fd >= 0) {
        (void)lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

static bool open_pipe(int *read_end, int *write_end)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    *read_end = ends[0];
    *write_end = ends[1];
    return true;
}

static void stop(struct run_pipe *pipe)
{
    (void)kill(-pipe->child, SIGKILL);
    (void)kill(pipe->child, SIGKILL); // it may not have made its group yet
}

static enum status start_child(const struct run_job *job, struct run_pipe *pipe, struct ends *ends,
                               struct problem *problem)
{
    const char *constant[ENVIRONMENT_MOST];
    collect_environment(job, constant);
    char *environment[ENVIRONMENT_MOST];
    (void)memcpy(environment, constant, sizeof environment);
    int failed_fd = -1;
    if (!open_pipe(&failed_fd, &ends->failed)) {
        problem_set(problem, "%s could not be started: %s", pipe->name, strerror(errno));
        return STATUS_IO;
    }
    pipe->child = fork();
    if (pipe->child == 0) {
        become(job, ends, environment);
    }
    close_fd(&ends->failed);
    int error = pipe->child < 0 ? errno : 0;
    if (pipe->child > 0) {
        (void)setpgid(pipe->child, pipe->child); // whoever is first
        ssize_t got;
        do {
            got = read(failed_fd, &error, sizeof error);
        } while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof error) {
            error = 0; // it was closed by exec
        }
    }
    close_fd(&failed_fd);
    if (error == 0) {
        pipe->exit_fd = (int)syscall(SYS_pidfd_open, pipe->child, 0u);
        error = pipe->exit_fd < 0 ? errno : 0;
    }
    if (error != 0) {
        if (pipe->child > 0) {
            stop(pipe);
            (void)waitpid(pipe->child, NULL, 0);
        }
        problem_set(problem, "%s could not be started: %s", pipe->name, strerror(error));
        return error == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    }
    return STATUS_OK;
}

static void free_pipe(struct run_pipe *pipe)
{
    close_fd(&pipe->input_fd);
    close_fd(&pipe->said_fd);
    close_fd(&pipe->output_fd);
    close_fd(&pipe->exit_fd);
    explicit_bzero(pipe->line, sizeof pipe->line);
    free(pipe);
}

static enum status start(const struct run_job *job, bool is_fed, struct run_pipe **started,
                         struct problem *problem)
{
    struct run_pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == NULL) {
        problem_set(problem, "there is no memory left to start %s", job->words[0]);
        return STATUS_IO;
    }
    const char *slash = strrchr(job->words[0], '/');
    (void)text_copy(pipe->name, sizeof pipe->name, slash != NULL ? slash + 1 : job->words[0]);
    pipe->input_fd = pipe->said_fd = pipe->output_fd = pipe->exit_fd = -1;
    pipe->output = job->output;
    pipe->room = job->output_bytes;
    pipe->is_quiet = job->is_quiet;
    pipe->timeout_s = job->timeout_s != 0 ? job->timeout_s : TIMEOUT_DEFAULT_S;
    struct ends ends = {-1, -1, -1, -1};
    bool opened =
        is_fed ? open_pipe(&ends.input, &pipe->input_fd) : (ends.input = open_input(job->input)) >= 0;
    opened = opened && open_pipe(&pipe->said_fd, &ends.said);
    if (opened && job->output != NULL) {
        assert(job->output_bytes > 0);
        job->output[0] = '\0';
        opened = open_pipe(&pipe->output_fd, &ends.output);
    }
    enum status status = STATUS_IO;
    if (opened) {
        int shared = ends.output;
        ends.output = shared >= 0 ? shared : ends.said;
        status = start_child(job, pipe, &ends, problem);
        ends.output = shared;
    } else {
        problem_set(problem, "%s could not be started: %s", pipe->name, strerror(errno));
    }
    close_fd(&ends.input);
    close_fd(&ends.output);
    close_fd(&ends.said);
    if (status != STATUS_OK) {
        free_pipe(pipe);
        return status;
    }
    (void)fcntl(pipe->said_fd, F_SETFL, O_NONBLOCK);
    (void)fcntl(pipe->output_fd, F_SETFL, O_NONBLOCK);
    (void)fcntl(pipe->input_fd, F_SETFL, O_NONBLOCK);
    *started = pipe;
    return STATUS_OK;
}

static void end_line(struct run_pipe *pipe)
{
    pipe->line[pipe->line_bytes] = '\0';
    while (pipe->line_bytes > 0 && (pipe->line[pipe->line_bytes - 1] == ' ')) {
        pipe->line[--pipe->line_bytes] = '\0';
    }
    if (pipe->line_bytes > 0) {
        if (!pipe->is_quiet) {
            console_note("%s: %s", pipe->name, pipe->line);
        }
        if (strstr(pipe->line, "due to previous errors") == NULL) { // tar's last words explain nothing
            (void)text_copy(pipe->last, sizeof pipe->last, pipe->line);
        }
    }
    pipe->line_bytes = 0;
}

static void take_said(struct run_pipe *pipe, const char *said, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (said[i] == '\n' || said[i] == '\r') {
            end_line(pipe);
            continue;
        }
        if (pipe->line_bytes == LINE_BYTES - 1) {
            end_line(pipe);
        }
        pipe->line[pipe->line_bytes++] = said[i] == '\0' ? ' ' : said[i];
    }
}

static void take_output(struct run_pipe *pipe, const char *said, size_t bytes)
{
    size_t fits = size_min(bytes, pipe->room - 1 - pipe->filled);
    (void)memcpy(pipe->output + pipe->filled, said, fits);
    pipe->filled += fits;
    pipe->output[pipe->filled] = '\0';
}

// Reads what there is now; closes the end when there is no more to come.
static void drain(struct run_pipe *pipe, int *fd)
{
    char said[READ_BYTES];
    bool is_output = fd == &pipe->output_fd;
    for (unsigned i = 0; i < 64 && *fd >= 0; i++) {
        ssize_t got = read(*fd, said, sizeof said);
        if (got > 0 && is_output) {
            take_output(pipe, said, (size_t)got);
        } else if (got > 0) {
            take_said(pipe, said, (size_t)got);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else {
            close_fd(fd);
        }
    }
}

// Waits for something to happen; whether it did before `until_ms`. `*may_write` and `*has_ended` tell what.
static bool wait_for(struct run_pipe *pipe, int64_t until_ms, bool *may_write, bool *has_ended)
{
    struct pollfd fds[] = {{.fd = pipe->exit_fd, .events = POLLIN},
                           {.fd = pipe->said_fd, .events = POLLIN},
                           {.fd = pipe->output_fd, .events = POLLIN},
                           {.fd = may_write != NULL ? pipe->input_fd : -1, .events = POLLOUT}};
    int64_t left = until_ms - now_ms();
    int count = poll(fds, COUNT_OF(fds), left > 0 ? (int)(left < 60000 ? left : 60000) : 0);
    if (count < 0 && errno != EINTR) {
        return false;
    }
    if (count <= 0) {
        fds[0].revents = fds[3].revents = 0;
    }
    drain(pipe, &pipe->said_fd);
    drain(pipe, &pipe->output_fd);
    *has_ended = fds[0].revents != 0;
    if (may_write != NULL) {
        *may_write = fds[3].revents != 0;
    }
    return *has_ended || now_ms() < until_ms; // a program that talks without end is no reason to wait on
}

static void say_why(const struct run_pipe *pipe, bool in_time, int how, struct problem *problem)
{
    char escaped[LINE_BYTES];
    struct text last;
    text_init(&last, escaped, sizeof escaped);
    if (pipe->last[0] != '\0') {
        text_add(&last, ": ");
        text_add_escaped(&last, pipe->last, strlen(pipe->last));
    }
    if (!in_time) {
        problem_set(problem, "%s did not end within %u s and was stopped%s", pipe->name, pipe->timeout_s,
                    escaped);
    } else if (WIFSIGNALED(how)) {
        problem_set(problem, "%s was ended by signal %d (%s)%s", pipe->name, WTERMSIG(how),
                    strsignal(WTERMSIG(how)), escaped);
    } else {
        problem_set(problem, "%s ended with exit status %d%s", pipe->name, WEXITSTATUS(how), escaped);
    }
}

enum status run_pipe_close(struct run_pipe *pipe, struct problem *problem)
{
    close_fd(&pipe->input_fd);
    int64_t until_ms = now_ms() + (int64_t)pipe->timeout_s * 1000;
    bool has_ended = false;
    bool in_time = true;
    while (in_time && !has_ended) {
        in_time = wait_for(pipe, until_ms, NULL, &has_ended);
    }
    // What it left running in its group would keep the new system's file systems busy.
    stop(pipe);
    int how = 0;
    while (waitpid(pipe->child, &how, 0) < 0 && errno == EINTR) {
    }
    for (unsigned i = 0; i < 256 && pipe->output_fd >= 0 && pipe->filled + 1 < pipe->room; i++) {
        size_t before = pipe->filled;
        drain(pipe, &pipe->output_fd);
        if (pipe->filled == before) {
            break;
        }
    }
    drain(pipe, &pipe->said_fd);
    end_line(pipe);
    bool went_well = in_time && WIFEXITED(how) && WEXITSTATUS(how) == 0;
    if (!went_well) {
        say_why(pipe, in_time, how, problem);
    }
    free_pipe(pipe);
    return went_well ? STATUS_OK : STATUS_IO;
}

enum status run(const struct run_job *job, struct problem *problem)
{
    struct run_pipe *pipe;
    enum status status = start(job, false, &pipe, problem);
    return status == STATUS_OK ? run_pipe_close(pipe, problem) : status;
}

enum status run_pipe_open(const struct run_job *job, struct run_pipe **pipe, struct problem *problem)
{
    (void)signal(SIGPIPE, SIG_IGN); // a program that ends early is an answer (EPIPE), not our end
    return start(job, true, pipe, problem);
}

enum status run_pipe_write(struct run_pipe *pipe, const void *data, size_t bytes, struct problem *problem)
{
    const char *at = data;
    int64_t until_ms = now_ms() + (int64_t)pipe->timeout_s * 1000;
    while (bytes > 0) {
        ssize_t some = write(pipe->input_fd, at, bytes);
        if (some > 0) {
            at += some;
            bytes -= (size_t)some;
            until_ms = now_ms() + (int64_t)pipe->timeout_s * 1000; // it moves: patience anew
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) { // EPIPE: it has ended; run_pipe_close knows why
            return STATUS_IO;
        }
        bool may_write = false;
        bool has_ended = false;
        if (!wait_for(pipe, until_ms, &may_write, &has_ended)) {
            problem_set(problem, "%s took nothing for %u s", pipe->name, pipe->timeout_s);
            return STATUS_IO;
        }
        if (has_ended && !may_write) {
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}
