// SPDX-License-Identifier: GPL-3.0-or-later
// bench-ftp ADDRESS PORT PATH CLIENTS FILES: so many FTP clients at once (each a process, with a session of
// its own) that fetch a file over and over, FILES times together, and count what comes without looking at it:
// recv(2) with MSG_TRUNC copies nothing, so the servers are what is measured. Prints one line of JSON:
// seconds, bytes. Exit 1 when a client fails.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES   512
#define DISCARD_MOST (1u << 20)

struct session {
    struct sockaddr_in server;
    int control;
    char buffer[4 * LINE_BYTES]; // what came of replies and was not read yet
    size_t filled;
};

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static int open_connection(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        fail("connect");
    }
    return fd;
}

static void read_line(struct session *session, char line[LINE_BYTES])
{
    char *end;
    while ((end = memchr(session->buffer, '\n', session->filled)) == NULL) {
        size_t room = sizeof session->buffer - session->filled;
        ssize_t count = recv(session->control, session->buffer + session->filled, room, 0);
        if (count <= 0) {
            fail("the server closed the session");
        }
        session->filled += (size_t)count;
    }
    size_t length = (size_t)(end - session->buffer) + 1;
    size_t kept = length < LINE_BYTES ? length : LINE_BYTES - 1;
    memcpy(line, session->buffer, kept);
    line[kept] = '\0';
    session->filled -= length;
    memmove(session->buffer, end + 1, session->filled);
}

// Reads one reply, of several lines perhaps; its code must begin with `code`.
static void expect(struct session *session, const char *code, char line[LINE_BYTES])
{
    do {
        read_line(session, line);
    } while (strlen(line) < 4 || line[3] != ' ');
    if (strncmp(line, code, strlen(code)) != 0) {
        (void)fprintf(stderr, "%s expected: %s", code, line);
        _exit(1);
    }
}

static void command(struct session *session, const char *text, const char *code, char line[LINE_BYTES])
{
    if (send(session->control, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text)) {
        fail("send");
    }
    expect(session, code, line);
}

// Fetches the file once; how many bytes it has.
static unsigned long long fetch(struct session *session, const char *path)
{
    char line[LINE_BYTES];
    char retrieve[LINE_BYTES];
    struct sockaddr_in data = session->server;
    command(session, "EPSV\r\n", "229", line);
    const char *port = strstr(line, "|||");
    if (port == NULL) {
        fail("EPSV");
    }
    data.sin_port = htons((uint16_t)strtoul(port + 3, NULL, 10));
    int fd = open_connection(&data);
    (void)snprintf(retrieve, sizeof retrieve, "RETR %s\r\n", path);
    command(session, retrieve, "150", line);
    unsigned long long bytes = 0;
    ssize_t count;
    while ((count = recv(fd, NULL, DISCARD_MOST, MSG_TRUNC)) > 0) {
        bytes += (unsigned long long)count;
    }
    (void)close(fd);
    expect(session, "226", line);
    return bytes;
}

static void run_client(const struct sockaddr_in *server, const char *path, unsigned files, int result)
{
    char line[LINE_BYTES];
    struct session session = {.server = *server};
    session.control = open_connection(server);
    unsigned long long bytes = 0;
    expect(&session, "220", line);
    command(&session, "USER anonymous\r\n", "", line);
    if (line[0] == '3') {
        command(&session, "PASS a@b\r\n", "230", line);
    }
    command(&session, "TYPE I\r\n", "200", line);
    for (unsigned i = 0; i < files; i++) {
        bytes += fetch(&session, path);
    }
    command(&session, "QUIT\r\n", "221", line);
    if (write(result, &bytes, sizeof bytes) != sizeof bytes) {
        fail("write");
    }
    _exit(0);
}

static double now(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

int main(int argument_count, char **arguments)
{
    int results[2];
    struct sockaddr_in server = {.sin_family = AF_INET};
    if (argument_count != 6 || inet_pton(AF_INET, arguments[1], &server.sin_addr) != 1 ||
        pipe(results) != 0) {
        (void)fprintf(stderr, "usage: bench-ftp ADDRESS PORT PATH CLIENTS FILES\n");
        return 2;
    }
    server.sin_port = htons((uint16_t)strtoul(arguments[2], NULL, 10));
    unsigned clients = (unsigned)strtoul(arguments[4], NULL, 10);
    unsigned files = (unsigned)strtoul(arguments[5], NULL, 10);
    double start = now();
    for (unsigned i = 0; i < clients; i++) {
        pid_t child = fork();
        if (child == 0) {
            run_client(&server, arguments[3], files / clients, results[1]);
        }
        if (child < 0) {
            fail("fork");
        }
    }
    unsigned long long total = 0;
    int status = 0;
    int failed = 0;
    for (unsigned i = 0; i < clients; i++) {
        (void)wait(&status);
        failed |= status;
    }
    double seconds = now() - start;
    for (unsigned i = 0; i < clients && !failed; i++) {
        unsigned long long bytes = 0;
        failed |= read(results[0], &bytes, sizeof bytes) != sizeof bytes;
        total += bytes;
    }
    (void)printf("{\"seconds\": %.6f, \"bytes\": %llu}\n", seconds, total);
    return failed ? 1 : 0;
}
