// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/password.h"

#include "base/text.h"
#include "cli/ask.h"
#include "io/heap.h"

#include <crypt.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum line { LINE_READ, LINE_NONE, LINE_TOO_LONG, LINE_BROKEN_OFF };

enum status password_hash(const char *password, char hash[PROFILE_HASH_BYTES], struct problem *problem)
{
    return password_hash_as(password, "$y$", hash, problem);
}

enum status password_hash_as(const char *password, const char *method, char hash[PROFILE_HASH_BYTES],
                             struct problem *problem)
{
    char *salt = crypt_gensalt_ra(method, 0, NULL, 0);
    struct crypt_data *data = heap_new(sizeof *data);
    const char *made = salt == NULL ? NULL : crypt_rn(password, salt, data, (int)sizeof *data);
    enum status status = STATUS_OK;
    if (made == NULL || made[0] == '*' || text_copy(hash, PROFILE_HASH_BYTES, made) != STATUS_OK) {
        problem_set(problem, "the password cannot be hashed: %s", strerror(errno));
        problem_set_remedy(problem, "make the hash elsewhere (mkpasswd) and give it in a file");
        status = STATUS_IO;
    }
    explicit_bzero(data, sizeof *data);
    heap_free(data);
    free(salt);
    return status;
}

// One byte at a time: nothing behind the line may be taken, and nothing of it may stay in a buffer of
// stdio's. `signals` (-1 = none) breaks it off.
static enum line read_line(int signals, char out[PASSWORD_BYTES_MOST + 1])
{
    struct pollfd watched[2] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
    size_t length = 0;
    for (;;) {
        char byte;
        if (poll(watched, 2, -1) < 0 && errno == EINTR) {
            continue;
        }
        if (watched[1].revents != 0) {
            return LINE_BROKEN_OFF;
        }
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || byte == '\n') {
            out[size_min(length, PASSWORD_BYTES_MOST)] = '\0';
            return got <= 0 && length == 0        ? LINE_NONE
                   : length > PASSWORD_BYTES_MOST ? LINE_TOO_LONG
                                                  : LINE_READ;
        }
        if (length < PASSWORD_BYTES_MOST) {
            out[length] = byte;
        }
        length += length <= PASSWORD_BYTES_MOST ? 1 : 0;
    }
}

// Asks on the terminal without echo. A signal that ends the program is held back until the echo is on again.
static enum line ask_terminal(const char *prompt, char out[PASSWORD_BYTES_MOST + 1])
{
    struct termios before;
    sigset_t ends;
    sigset_t old;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGHUP);
    (void)sigaddset(&ends, SIGQUIT);
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return LINE_NONE;
    }
    (void)sigprocmask(SIG_BLOCK, &ends, &old);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    silent.c_lflag |= ECHONL;
    (void)fputs(prompt, stderr);
    (void)fflush(stderr);
    enum line line = LINE_NONE;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0) {
        line = read_line(signals, out);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    }
    if (signals >= 0) {
        (void)close(signals);
    }
    (void)sigprocmask(SIG_SETMASK, &old, NULL); // what came meanwhile comes now
    return line;
}

static bool is_good(const struct call *call, enum line line, const char *password, const char *whose)
{
    if (line == LINE_BROKEN_OFF) {
        return false;
    }
    if (line == LINE_TOO_LONG) {
        ask_complain_text(call, "", "a password has at most %d bytes", PASSWORD_BYTES_MOST);
    } else if (line == LINE_NONE || password[0] == '\0') {
        ask_complain_text(call, "leave the option out, and no password lets anybody in",
                          "the password of %s is empty", whose);
    } else {
        return true;
    }
    return false;
}

static bool ask_twice(const struct call *call, const char *whose, char password[PASSWORD_BYTES_MOST + 1])
{
    char prompt[96];
    char again[PASSWORD_BYTES_MOST + 1] = "";
    (void)snprintf(prompt, sizeof prompt, "password of %.40s on the machines: ", whose);
    if (!is_good(call, ask_terminal(prompt, password), password, whose)) {
        return false;
    }
    enum line line = ask_terminal("the same again: ", again);
    bool is_same = line == LINE_READ && strcmp(password, again) == 0;
    explicit_bzero(again, sizeof again);
    if (!is_same && line != LINE_BROKEN_OFF) {
        ask_complain_text(call, "try again", "these are two different passwords");
    }
    return is_same;
}

bool password_ask_secret(const struct call *call, const char *name, char secret[PASSWORD_BYTES_MOST + 1])
{
    bool good = isatty(STDIN_FILENO) ? ask_twice(call, name, secret)
                                     : is_good(call, read_line(-1, secret), secret, name);
    if (good && strpbrk(secret, "\r\n\x1b") != NULL) {
        ask_complain_text(call, "", "the secret %s has characters that are no text", name);
        good = false;
    }
    return good;
}

bool password_read_secret(const struct call *call, const char *path, char secret[PASSWORD_BYTES_MOST + 1])
{
    FILE *file = fopen(path, "re");
    const char *trouble = file == NULL ? strerror(errno) : NULL;
    char line[PASSWORD_BYTES_MOST + 2] = "";
    if (file != NULL) {
        (void)setvbuf(file, NULL, _IONBF, 0);
        trouble = fgets(line, sizeof line, file) == NULL ? "there is no secret in it" : NULL;
        (void)fclose(file);
    }
    size_t length = strcspn(line, "\r\n");
    bool is_cut = trouble == NULL && strlen(line) == sizeof line - 1 && line[length] == '\0';
    line[length] = '\0';
    if (trouble == NULL && (is_cut || text_copy(secret, PASSWORD_BYTES_MOST + 1, line) != STATUS_OK)) {
        trouble = "its first line is too long for a secret";
    } else if (trouble == NULL && line[0] == '\0') {
        trouble = "its first line is empty";
    }
    explicit_bzero(line, sizeof line);
    return trouble == NULL || ask_refuse_file(call, path, "write the secret into its first line", trouble);
}

bool password_ask(const struct call *call, const char *whose, char hash[PROFILE_HASH_BYTES])
{
    char password[PASSWORD_BYTES_MOST + 1] = "";
    struct problem problem;
    problem_clear(&problem);
    bool good = isatty(STDIN_FILENO) ? ask_twice(call, whose, password)
                                     : is_good(call, read_line(-1, password), password, whose);
    if (good && password_hash(password, hash, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        good = false;
    }
    explicit_bzero(password, sizeof password);
    return good;
}

bool password_read_hash(const struct call *call, const char *path, char hash[PROFILE_HASH_BYTES])
{
    FILE *file = fopen(path, "re");
    struct problem problem;
    char line[PROFILE_HASH_BYTES + 2] = "";
    problem_clear(&problem);
    if (file == NULL) {
        problem_set(&problem, "%s", strerror(errno));
    } else {
        (void)setvbuf(file, NULL, _IONBF, 0);
        if (fgets(line, sizeof line, file) == NULL) {
            problem_set(&problem, "there is no password hash in it");
        }
        (void)fclose(file);
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (!problem_is_set(&problem) && text_copy(hash, PROFILE_HASH_BYTES, line) != STATUS_OK) {
        problem_set(&problem, "its first line is too long for a password hash");
    }
    explicit_bzero(line, sizeof line);
    if (problem_is_set(&problem)) {
        problem_set_place(&problem, path, 0, 0);
        problem_set_remedy(&problem, "mkpasswd prints a hash");
        ask_complain(call, &problem);
        return false;
    }
    return true;
}
