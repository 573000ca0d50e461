// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/client.h"

#include "io/heap.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES_MOST  ((size_t)256 * 1024 * 1024)
#define CONNECT_TIMEOUT_MS 5000L
#define UPLOAD_PIECE_BYTES (512L * 1024)
#define URL_BYTES          (CLIENT_PATH_BYTES + 32)

struct client {
    char *socket;
    CURL *curl;
    long timeout_ms;
    char error[CURL_ERROR_SIZE];
};

struct answer { // what came; with `lines`, the line that is not whole yet
    char *text;
    size_t bytes;
    size_t capacity;
    const struct client_lines *lines;
    CURL *curl;
};

struct client *client_new(const char *socket)
{
    struct client *client = heap_new(sizeof *client);
    client->socket = heap_copy_text(socket);
    client->curl = curl_easy_init();
    assert(client->curl != NULL); // fails for lack of memory only
    return client;
}

void client_free(struct client *client)
{
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->curl);
    heap_free(client->socket);
    heap_free(client);
}

void client_set_timeout(struct client *client, long timeout_ms)
{
    client->timeout_ms = timeout_ms;
}

void client_add_name(struct text *path, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (; *name != '\0'; name++) {
        if (strchr(plain, *name) != NULL) {
            text_add_char(path, *name);
        } else {
            text_add_format(path, "%%%02X", (unsigned)(unsigned char)*name);
        }
    }
}

// ---- what can be wrong with the way there ----

static int try_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text_copy(address.sun_path, sizeof address.sun_path, path) != STATUS_OK) {
        return ENAMETOOLONG;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    int error = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

// libcurl only says that it could not connect; the kernel says why.
static enum status explain_connect(const struct client *client, struct problem *problem)
{
    int error = try_socket(client->socket);
    if (error == EACCES || error == EPERM) {
        problem_set(problem, "you may not talk to the daemon: its socket %s is not open to you",
                    client->socket);
        problem_set_remedy(problem, "use sudo, or become a member of the group that the socket belongs to");
        return STATUS_DENIED;
    }
    if (error == ENOENT || error == ECONNREFUSED) {
        problem_set(problem, "the daemon is not running: nobody answers at %s", client->socket);
        problem_set_remedy(problem,
                           "start it with 'systemctl start imprint' or 'sudo imprint serve', or name "
                           "its socket with --socket");
        return STATUS_NOT_FOUND;
    }
    problem_set(problem, "the daemon cannot be reached at %s: %s", client->socket, strerror(error));
    problem_set_remedy(problem, "see that --socket, IMPRINT_SOCKET or 'control.socket' names its socket");
    return STATUS_IO;
}

static enum status explain_curl(const struct client *client, CURLcode code, struct problem *problem)
{
    if (code == CURLE_COULDNT_CONNECT) {
        return explain_connect(client, problem);
    }
    if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
        code == CURLE_PARTIAL_FILE) {
        problem_set(problem, "the daemon ended in the middle of the conversation");
        problem_set_remedy(problem, "'journalctl -u imprint' tells why");
    } else if (code == CURLE_ABORTED_BY_CALLBACK) {
        problem_set(problem, "the file became shorter while it was read");
    } else {
        problem_set(problem, "the daemon does not answer at %s: %s", client->socket,
                    client->error[0] == '\0' ? curl_easy_strerror(code) : client->error);
        problem_set_remedy(problem, "is that socket imprint's?");
    }
    return STATUS_IO;
}

// ---- what comes ----

static void answer_add(struct answer *answer, const char *data, size_t bytes)
{
    if (answer->bytes + bytes + 1 > answer->capacity) {
        size_t capacity = size_max(4096, 2 * (answer->bytes + bytes + 1));
        char *text = heap_new(capacity);
        if (answer->bytes != 0) {
            memcpy(text, answer->text, answer->bytes);
        }
        heap_free(answer->text);
        answer->text = text;
        answer->capacity = capacity;
    }
    memcpy(answer->text + answer->bytes, data, bytes);
    answer->bytes += bytes;
    answer->text[answer->bytes] = '\0';
}

// Whether the answer is the lines that we wanted: a refusal is one object and kept whole.
static bool answer_is_lines(const struct answer *answer)
{
    long code = 0;
    if (answer->lines != NULL) {
        (void)curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &code);
    }
    return code == 200;
}

// Gives whole lines away; empty ones only say that the daemon is still there.
static void give_lines(struct answer *answer)
{
    char *line = answer->text;
    char *end;
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        json_t *object = json_loads(line, 0, NULL);
        if (object != NULL) {
            answer->lines->line(answer->lines->context, object);
        }
        json_decref(object);
        line = end + 1;
    }
    answer->bytes = strlen(line);
    memmove(answer->text, line, answer->bytes + 1);
}

static size_t take_answer(char *data, size_t each, size_t count, void *context)
{
    struct answer *answer = context;
    size_t bytes = each * count;
    if (answer->bytes + bytes > ANSWER_BYTES_MOST) {
        return 0;
    }
    answer_add(answer, data, bytes);
    if (answer_is_lines(answer)) {
        give_lines(answer);
    }
    return bytes;
}

// ---- requests ----

static struct curl_slist *prepare(struct client *client, const char *method, const char *path,
                                  struct answer *answer)
{
    char url[URL_BYTES];
    struct text text;
    struct curl_slist *headers = NULL;
    text_init(&text, url, sizeof url);
    text_add_format(&text, "http://imprint/v1/%s", path);
    headers = curl_slist_append(headers, "Expect:"); // the daemon is here: to wait for its consent is no use
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_reset(client->curl); // keeps the connection
    (void)curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    (void)curl_easy_setopt(client->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(client->curl, CURLOPT_PATH_AS_IS, 1L); // ".." is a name like any other
    (void)curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, client->timeout_ms);
    (void)curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, client->error);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, answer);
    client->error[0] = '\0';
    answer->curl = client->curl;
    return headers;
}

// The problem in an error object, as the daemon's own problem was.
static enum status explain_refusal(const json_t *answer, long code, struct problem *problem)
{
    const json_t *error = json_object_get(answer, "error");
    const char *text = json_string_value(json_object_get(error, "text"));
    const char *remedy = json_string_value(json_object_get(error, "remedy"));
    const char *file = json_string_value(json_object_get(error, "file"));
    if (text == NULL) {
        problem_set(problem, "the daemon answered with HTTP status %ld and no reason", code);
    } else {
        problem_set(problem, "%s", text);
    }
    if (remedy != NULL) {
        problem_set_remedy(problem, "%s", remedy);
    }
    if (file != NULL) {
        problem_set_place(problem, file, (unsigned)json_integer_value(json_object_get(error, "line")),
                          (unsigned)json_integer_value(json_object_get(error, "column")));
    }
    return code == 403 ? STATUS_DENIED : STATUS_CONFLICT;
}

// Does the prepared request and looks at the outcome; `*parsed` is untouched unless OK, and with lines
// always.
static enum status perform(struct client *client, struct answer *answer, struct curl_slist *taken_headers,
                           json_t **parsed, struct problem *problem)
{
    long code = 0;
    CURLcode result = curl_easy_perform(client->curl);
    curl_slist_free_all(taken_headers);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &code);
    if (answer->lines != NULL && code == 200 && (result == CURLE_OK || result == CURLE_OPERATION_TIMEDOUT)) {
        return STATUS_OK;
    }
    if (result != CURLE_OK) {
        return explain_curl(client, result, problem);
    }
    json_t *json = json_loadb(answer->text == NULL ? "" : answer->text, answer->bytes, JSON_DECODE_ANY, NULL);
    if (code < 200 || code > 299) {
        enum status status = explain_refusal(json, code, problem);
        json_decref(json);
        return status;
    }
    if (json == NULL) {
        problem_set(problem, "the answer from %s is not JSON", client->socket);
        problem_set_remedy(problem, "is that socket imprint's?");
        return STATUS_IO;
    }
    *parsed = json;
    return STATUS_OK;
}

enum status client_ask(struct client *client, const char *method, const char *path, const json_t *body,
                       json_t **answer, struct problem *problem)
{
    struct answer received = {0};
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    struct curl_slist *headers = prepare(client, method, path, &received);
    if (text != NULL || strcmp(method, "POST") == 0) {
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, text == NULL ? "" : text);
    }
    enum status status = perform(client, &received, headers, answer, problem);
    heap_free(received.text);
    free(text);
    return status;
}

struct reading {
    const struct client_file *file;
    uint64_t bytes;
};

static size_t read_file(char *out, size_t each, size_t count, void *context)
{
    struct reading *reading = context;
    size_t most = (size_t)size_min(each * count, reading->file->bytes - reading->bytes);
    size_t bytes = fread(out, 1, most, reading->file->file);
    if (bytes == 0 && most != 0) {
        return CURL_READFUNC_ABORT; // it became shorter, or cannot be read any more
    }
    reading->bytes += bytes;
    if (reading->file->sent != NULL) {
        reading->file->sent(reading->file->context, reading->bytes);
    }
    return bytes;
}

enum status client_put(struct client *client, const char *path, const struct client_file *file,
                       struct problem *problem)
{
    struct answer received = {0};
    struct reading reading = {.file = file};
    json_t *answer = NULL;
    struct curl_slist *headers = prepare(client, "PUT", path, &received);
    (void)curl_easy_setopt(client->curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_READFUNCTION, read_file);
    (void)curl_easy_setopt(client->curl, CURLOPT_READDATA, &reading);
    (void)curl_easy_setopt(client->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)file->bytes);
    (void)curl_easy_setopt(client->curl, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_PIECE_BYTES);
    enum status status = perform(client, &received, headers, &answer, problem);
    heap_free(received.text);
    json_decref(answer);
    return status;
}

enum status client_follow(struct client *client, const char *path, const struct client_lines *lines,
                          struct problem *problem)
{
    struct answer received = {.lines = lines};
    json_t *answer = NULL;
    struct curl_slist *headers = prepare(client, "GET", path, &received);
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, lines->timeout_ms);
    enum status status = perform(client, &received, headers, &answer, problem);
    heap_free(received.text);
    json_decref(answer);
    return status;
}
