// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/download.h"

#include "base/text.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S 20L
#define SLOW_BYTES_S      1L
#define SLOW_S            60L
#define REDIRECTS_MOST    10L
#define TRIES_MOST        5u // in a row without a single byte more
#define PAUSE_S           1
#define CODE_OK           200
#define CODE_PARTIAL      206
#define CODE_RANGE        416

enum status download_make_folder(char out[DOWNLOAD_FOLDER_BYTES], struct problem *problem)
{
    const char *parent = getenv("TMPDIR");
    struct stat about;
    struct text text;
    text_init(&text, out, DOWNLOAD_FOLDER_BYTES);
    text_add_format(&text, "%s/imprint-fetch-%u", parent == NULL || parent[0] != '/' ? "/var/tmp" : parent,
                    (unsigned)geteuid());
    if (text.cut || (mkdir(out, 0700) != 0 && errno != EEXIST)) {
        problem_set(problem, "the folder %s for downloads cannot be made: %s", out, strerror(errno));
        problem_set_remedy(problem, "set TMPDIR to a folder with room that can be written");
        return STATUS_IO;
    }
    if (lstat(out, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() ||
        (about.st_mode & 022) != 0) {
        problem_set(problem, "%s is not a folder of ours alone", out);
        problem_set_remedy(problem, "remove it, or set TMPDIR");
        return STATUS_DENIED;
    }
    return STATUS_OK;
}

struct fetch {
    struct download *download;
    struct problem *problem;
    struct progress progress;
    CURL *curl;
    int fd;
    uint64_t count; // bytes at `path`
    long code;      // of the answer that comes now; 0 = its body has not begun
    uint64_t starts_at;
    enum status failed; // why no more is wanted; STATUS_OK = more is
    char error[CURL_ERROR_SIZE];
};

static size_t take_header(char *line, size_t one, size_t length, void *context)
{
    struct fetch *fetch = context;
    static const char RANGE[] = "content-range: bytes ";
    char text[64] = "";
    (void)one;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        fetch->code = 0;
        fetch->starts_at = UINT64_MAX;
    }
    memcpy(text, line, size_min(length, sizeof text - 1));
    for (char *at = text; *at != '\0'; at++) {
        *at = text_lower(*at);
    }
    if (text_starts(text, RANGE)) {
        char *digits = text + strlen(RANGE);
        digits[strspn(digits, "0123456789")] = '\0';
        if (text_parse_u64(digits, INT64_MAX, &fetch->starts_at) != STATUS_OK) {
            fetch->starts_at = UINT64_MAX;
        }
    }
    return length;
}

// The first bytes of an answer are here.
static bool begin(struct fetch *fetch)
{
    struct download *download = fetch->download;
    curl_off_t announced = -1;
    (void)curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &fetch->code);
    if (fetch->code != CODE_OK && fetch->code != CODE_PARTIAL) {
        return true; // a page that says no, which is thrown away
    }
    if (fetch->code == CODE_OK ||
        fetch->starts_at != fetch->count) { // all of it comes, or what is not wanted
        if (fetch->code == CODE_PARTIAL) {
            problem_set(fetch->problem, "%s sent another part of the file than it was asked for",
                        download->url);
            fetch->failed = STATUS_AWAY;
            return false;
        }
        if (ftruncate(fetch->fd, 0) != 0) {
            fetch->failed = STATUS_IO;
            return false;
        }
        fetch->count = 0;
        download->resumed_from = 0;
    }
    (void)curl_easy_getinfo(fetch->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced >= 0 && (uint64_t)announced > download->size_most - fetch->count) {
        fetch->failed = STATUS_TOO_LONG;
        return false;
    }
    fetch->progress.total = announced < 0 ? PROGRESS_UNKNOWN : fetch->count + (uint64_t)announced;
    return true;
}

static bool write_all(struct fetch *fetch, const char *data, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t count = pwrite(fetch->fd, data + done, bytes - done, (off_t)(fetch->count + done));
        if (count < 0 && errno != EINTR) {
            problem_set(fetch->problem, "%s cannot be written: %s", fetch->download->path, strerror(errno));
            problem_set_remedy(fetch->problem, errno == ENOSPC
                                                   ? "make room there, or set TMPDIR to a folder with room"
                                                   : "set TMPDIR to a folder that can be written");
            fetch->failed = STATUS_IO;
            return false;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static size_t take_body(char *data, size_t one, size_t bytes, void *context)
{
    struct fetch *fetch = context;
    (void)one;
    if (fetch->code == 0 && !begin(fetch)) {
        return 0;
    }
    if (fetch->code != CODE_OK && fetch->code != CODE_PARTIAL) {
        return bytes;
    }
    if (bytes > fetch->download->size_most - fetch->count) {
        fetch->failed = STATUS_TOO_LONG;
        return 0;
    }
    if (!write_all(fetch, data, bytes)) {
        return 0;
    }
    fetch->count += bytes;
    if (fetch->download->what != NULL) {
        progress_step(&fetch->progress, fetch->count);
    }
    return bytes;
}

static void set_protocols(CURL *curl, bool is_https_only)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *allowed = is_https_only ? "https" : "http,https";
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, allowed);
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, allowed);
#else
    long allowed = is_https_only ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS;
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS, allowed);
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, allowed);
#endif
}

static CURLcode try_once(struct fetch *fetch)
{
    CURL *curl = fetch->curl;
    char range[32];
    curl_easy_reset(curl);
    set_protocols(curl, fetch->download->is_https_only);
    fetch->code = 0;
    fetch->error[0] = '\0';
    if (fetch->count != 0) {
        (void)snprintf(range, sizeof range, "%llu-", (unsigned long long)fetch->count);
        (void)curl_easy_setopt(curl, CURLOPT_RANGE, range);
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, fetch->download->url);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MOST);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_S);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "imprint/" IMPRINT_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->error);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    CURLcode result = curl_easy_perform(curl);
    if (fetch->code == 0) { // an empty body
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &fetch->code);
    }
    return result;
}

// Whether trying again may help: the connection broke, or the server is busy.
static bool may_try_again(const struct fetch *fetch, CURLcode result)
{
    if (fetch->failed != STATUS_OK) {
        return false;
    }
    return result == CURLE_PARTIAL_FILE || result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR ||
           result == CURLE_GOT_NOTHING || result == CURLE_OPERATION_TIMEDOUT ||
           (result == CURLE_OK && (fetch->code == 503 || fetch->code == 429));
}

static enum status explain(struct fetch *fetch, CURLcode result)
{
    const char *url = fetch->download->url;
    if (fetch->failed == STATUS_TOO_LONG) {
        problem_set(fetch->problem, "%s is larger than the %llu bytes that it may have", url,
                    (unsigned long long)fetch->download->size_most);
        return STATUS_TOO_LONG;
    }
    if (fetch->failed != STATUS_OK) {
        problem_set(fetch->problem, "%s cannot be written: %s", fetch->download->path, strerror(errno));
        return fetch->failed;
    }
    if (result != CURLE_OK) {
        problem_set(fetch->problem, "%s could not be fetched: %s", url,
                    fetch->error[0] == '\0' ? curl_easy_strerror(result) : fetch->error);
        problem_set_remedy(fetch->problem,
                           "see that this machine reaches that server; the same command again goes "
                           "on where it broke off");
        return STATUS_AWAY;
    }
    problem_set(fetch->problem, "%s could not be fetched: the server answers with %ld", url, fetch->code);
    problem_set_remedy(fetch->problem, "--from URL names another server that has it");
    return fetch->code == 404 || fetch->code == 403 || fetch->code == 410 ? STATUS_NOT_FOUND : STATUS_AWAY;
}

static enum status fetch_all(struct fetch *fetch)
{
    CURLcode result = CURLE_OK;
    unsigned tries = 0;
    do {
        uint64_t before = fetch->count;
        (void)sleep(tries == 0 ? 0 : PAUSE_S);
        result = try_once(fetch);
        tries = fetch->count > before ? 1 : tries + 1;
    } while (may_try_again(fetch, result) && tries < TRIES_MOST);
    if (result == CURLE_OK && fetch->code == CODE_RANGE && fetch->count != 0) {
        return STATUS_OK; // nothing is missing, or it is another file: the caller's check tells
    }
    bool is_whole = result == CURLE_OK && (fetch->code == CODE_OK || fetch->code == CODE_PARTIAL);
    return is_whole ? STATUS_OK : explain(fetch, result);
}

enum status download_run(struct download *download, struct problem *problem)
{
    struct fetch fetch = {.download = download, .problem = problem};
    struct stat about;
    int how = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (download->may_resume ? 0 : O_TRUNC);
    download->resumed_from = 0;
    fetch.fd = open(download->path, how, 0600);
    if (fetch.fd < 0 || fstat(fetch.fd, &about) != 0) {
        problem_set(problem, "%s cannot be written: %s", download->path, strerror(errno));
        if (fetch.fd >= 0) {
            (void)close(fetch.fd);
        }
        return STATUS_IO;
    }
    if ((uint64_t)about.st_size > download->size_most &&
        ftruncate(fetch.fd, 0) == 0) { // cannot be a beginning
        about.st_size = 0;
    }
    fetch.count = (uint64_t)about.st_size;
    download->resumed_from = fetch.count;
    fetch.curl = curl_easy_init();
    assert(fetch.curl != NULL); // fails for lack of memory only
    if (download->what != NULL) {
        progress_init(&fetch.progress, download->what, PROGRESS_UNKNOWN);
    }
    enum status status = fetch_all(&fetch);
    if (download->what != NULL) {
        progress_clear(&fetch.progress);
    }
    curl_easy_cleanup(fetch.curl);
    (void)close(fetch.fd);
    if (status != STATUS_OK && fetch.count == 0) {
        (void)unlink(download->path);
    }
    return status;
}
