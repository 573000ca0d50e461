// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/mirror_fetch.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/http_answer.h"
#include "service/mirror_name.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_S  10L
#define SLOW_BYTES_S       64L // slower than that
#define SLOW_S             15L // for so long is dead
#define REDIRECTS_MOST     5L
#define TRIES_MOST         4u
#define ROOM_LEFT_BYTES    (256ull << 20) // for the database, which lives there too
#define ROOM_STEP_BYTES    (16ull << 20)  // how often that is looked at
#define REFUSAL_BYTES_MOST (64u << 10)    // of a page that says no
#define TEMPORARY_BYTES    40
#define HTTP_REQUEST_GONE  410

struct mirror_fetcher {
    CURL *curl;
};

struct head { // of the answer that comes now
    long code;
    uint64_t announced; // bytes that follow; 0 = not told
    uint64_t starts_at; // of Content-Range
    struct mirror_validators validators;
};

struct fetching {
    CURL *curl;
    const struct mirror_request *request;
    struct mirror_progress *progress;
    struct mirror_result *result;
    struct head head;
    struct mirror_validators validators; // of what is in the file so far
    int fd;
    bool is_body;          // the first byte of this answer's body was looked at
    bool is_redirected;    // by now
    bool may_go_local;     // who redirects is this machine, or beside it
    uint64_t count;        // bytes in the file so far
    uint64_t room_seen_at; // `count` when the disk's room was looked at
    uint64_t refused;      // bytes of a page that says no
    uint8_t first[MIRROR_KIND_BYTES];
    char digest[MIRROR_DIGEST_BYTES]; // wanted; "" = none is known
    gnutls_hash_hd_t hash;            // NULL = not needed
};

struct mirror_fetcher *mirror_fetcher_new(void)
{
    struct mirror_fetcher *fetcher = heap_new(sizeof *fetcher);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    fetcher->curl = curl_easy_init();
    assert(fetcher->curl != NULL); // fails for lack of memory only
    return fetcher;
}

void mirror_fetcher_free(struct mirror_fetcher *fetcher)
{
    if (fetcher != NULL) {
        curl_easy_cleanup(fetcher->curl);
        heap_free(fetcher);
    }
}

// The first trouble stays: what follows from it knows less.
static void set_trouble(struct fetching *fetching, enum mirror_trouble trouble, const char *why)
{
    struct mirror_result *result = fetching->result;
    if (result->trouble == MIRROR_TROUBLE_NONE) {
        struct text text;
        text_init(&text, result->why, sizeof result->why);
        text_add_escaped(&text, why, strlen(why));
        result->trouble = trouble;
    }
}

// ---- what comes ----

static void copy_value(const char *value, size_t length, char out[MIRROR_VALIDATOR_BYTES])
{
    struct text text;
    while (length > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        length--;
    }
    while (length > 0 && strchr(" \t\r\n", value[length - 1]) != NULL) {
        length--;
    }
    text_init(&text, out, MIRROR_VALIDATOR_BYTES);
    text_add_bytes(&text, value, length);
    for (size_t i = 0; i < text.length; i++) {
        text.cut |= text_is_control(out[i]);
    }
    if (text.cut) { // half of it is none
        out[0] = '\0';
    }
}

static void take_status(struct fetching *fetching, const char *line)
{
    char code[4] = "";
    const char *blank = strchr(line, ' ');
    uint64_t number = 0;
    fetching->head = (struct head){0};
    fetching->is_body = false;
    if (blank != NULL && strnlen(blank + 1, 3) == 3) {
        memcpy(code, blank + 1, 3);
    }
    if (text_parse_u64(code, 999, &number) == STATUS_OK) {
        fetching->head.code = (long)number;
    }
    fetching->is_redirected |= number >= 300 && number < 400;
}

static bool is_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        uint32_t value = ntohl(in.sin_addr.s_addr);
        return value >> 24 == 127 || value >> 24 == 0 || value >> 16 == 0xa9fe;
    }
    struct sockaddr_in6 in;
    memcpy(&in, address, sizeof in);
    const struct in6_addr *ip = &in.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        struct sockaddr_in mapped = {.sin_family = AF_INET};
        memcpy(&mapped.sin_addr, ip->s6_addr + 12, 4);
        struct sockaddr_storage storage = {0};
        memcpy(&storage, &mapped, sizeof mapped);
        return is_local((const struct sockaddr *)&storage);
    }
    return IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_UNSPECIFIED(ip);
}

static bool is_text_local(const char *address)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1) {
        memcpy(&storage, &in, sizeof in);
    } else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
        memcpy(&storage, &in6, sizeof in6);
    } else {
        return false;
    }
    return is_local((const struct sockaddr *)&storage);
}

static void take_location(struct fetching *fetching)
{
    char *from = NULL;
    if (curl_easy_getinfo(fetching->curl, CURLINFO_PRIMARY_IP, &from) == CURLE_OK && from != NULL) {
        fetching->may_go_local = is_text_local(from);
    }
}

// What a redirect leads to must not be a service of this machine's own, or of the cloud it runs in.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct fetching *fetching = context;
    (void)purpose;
    if (fetching->is_redirected && !fetching->may_go_local && is_local(&address->addr)) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool is_header(const char *line, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    if (length <= name_length || line[name_length] != ':') {
        return false;
    }
    for (size_t i = 0; i < name_length; i++) {
        if (text_lower(line[i]) != name[i]) {
            return false;
        }
    }
    return true;
}

static void take_range(struct head *head, const char *value)
{
    char digits[24] = "";
    if (text_starts(value, "bytes ")) {
        size_t length = strspn(value + 6, "0123456789");
        if (length < sizeof digits) {
            memcpy(digits, value + 6, length);
        }
    }
    if (text_parse_u64(digits, INT64_MAX, &head->starts_at) != STATUS_OK) {
        head->starts_at = UINT64_MAX;
    }
}

static size_t take_header(char *line, size_t one, size_t length, void *context)
{
    struct fetching *fetching = context;
    struct head *head = &fetching->head;
    char value[MIRROR_VALIDATOR_BYTES];
    (void)one;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        char status[32] = "";
        memcpy(status, line, size_min(length, sizeof status - 1));
        take_status(fetching, status);
    } else if (is_header(line, length, "etag")) {
        copy_value(line + 5, length - 5, head->validators.etag);
    } else if (is_header(line, length, "last-modified")) {
        copy_value(line + 14, length - 14, head->validators.modified);
    } else if (is_header(line, length, "content-length")) {
        copy_value(line + 15, length - 15, value);
        if (text_parse_u64(value, INT64_MAX, &head->announced) != STATUS_OK) {
            head->announced = 0;
        }
    } else if (is_header(line, length, "content-range")) {
        copy_value(line + 14, length - 14, value);
        take_range(head, value);
    } else if (is_header(line, length, "location")) {
        take_location(fetching);
    }
    return length;
}

static bool has_room(struct fetching *fetching, uint64_t more)
{
    struct statvfs disk;
    fetching->room_seen_at = fetching->count;
    if (fstatvfs(fetching->fd, &disk) == 0 &&
        (uint64_t)disk.f_bavail * disk.f_frsize < more + ROOM_LEFT_BYTES) {
        set_trouble(fetching, MIRROR_TROUBLE_NO_ROOM,
                    "there is too little room on the disk of the state folder");
        return false;
    }
    return true;
}

static bool start_over(struct fetching *fetching)
{
    fetching->count = 0;
    fetching->room_seen_at = 0;
    if (fetching->hash != NULL) {
        gnutls_hash_deinit(fetching->hash, NULL);
        fetching->hash = NULL;
    }
    if (fetching->digest[0] != '\0') {
        gnutls_digest_algorithm_t kind =
            strlen(fetching->digest) == 64 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA512;
        int failed = gnutls_hash_init(&fetching->hash, kind);
        assert(failed == 0);
        (void)failed;
    }
    return ftruncate(fetching->fd, MIRROR_HEAD_BYTES) == 0;
}

// The first bytes of a body are here, so its head is known.
static bool begin_body(struct fetching *fetching)
{
    const struct head *head = &fetching->head;
    fetching->is_body = true;
    if (head->code != HTTP_OK && head->code != HTTP_PARTIAL) {
        return true; // a page that says no
    }
    if (head->code == HTTP_PARTIAL && head->starts_at != fetching->count) {
        set_trouble(fetching, MIRROR_TROUBLE_WRONG, "it sent another part of the file than it was asked for");
        return false;
    }
    if (head->code == HTTP_OK && !start_over(fetching)) {
        set_trouble(fetching, MIRROR_TROUBLE_NO_ROOM, strerror(errno));
        return false;
    }
    fetching->validators = head->validators;
    if (head->announced >
        fetching->request->size_most - size_min(fetching->count, fetching->request->size_most)) {
        set_trouble(fetching, MIRROR_TROUBLE_TOO_LARGE, "it is larger than file_max allows");
        return false;
    }
    atomic_store(&fetching->progress->total, head->announced == 0 ? 0 : fetching->count + head->announced);
    return has_room(fetching, head->announced);
}

static bool write_all(struct fetching *fetching, const char *data, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t count = pwrite(fetching->fd, data + done, bytes - done,
                               (off_t)(MIRROR_HEAD_BYTES + fetching->count + done));
        if (count < 0 && errno != EINTR) {
            set_trouble(fetching, MIRROR_TROUBLE_NO_ROOM, strerror(errno));
            return false;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static size_t take_body(char *data, size_t one, size_t bytes, void *context)
{
    struct fetching *fetching = context;
    (void)one;
    if (!fetching->is_body && !begin_body(fetching)) {
        return 0;
    }
    fetching->result->received += bytes;
    if (fetching->head.code != HTTP_OK && fetching->head.code != HTTP_PARTIAL) {
        fetching->refused += bytes;
        return fetching->refused > REFUSAL_BYTES_MOST ? 0 : bytes;
    }
    if (bytes > fetching->request->size_most - fetching->count) {
        set_trouble(fetching, MIRROR_TROUBLE_TOO_LARGE, "it is larger than file_max allows");
        return 0;
    }
    if (fetching->count < sizeof fetching->first) {
        memcpy(fetching->first + fetching->count, data,
               size_min(bytes, sizeof fetching->first - (size_t)fetching->count));
    }
    if (!write_all(fetching, data, bytes)) {
        return 0;
    }
    if (fetching->hash != NULL) {
        (void)gnutls_hash(fetching->hash, data, bytes);
    }
    fetching->count += bytes;
    atomic_store(&fetching->progress->done, fetching->count);
    bool is_room_due = fetching->count - fetching->room_seen_at > ROOM_STEP_BYTES;
    return is_room_due && !has_room(fetching, 0) ? 0 : bytes;
}

static int look_whether_to_stop(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                                curl_off_t up)
{
    const struct fetching *fetching = context;
    (void)total;
    (void)now;
    (void)up_total;
    (void)up;
    return atomic_load(&fetching->progress->is_stopping) ? 1 : 0;
}

// ---- one try ----

static struct curl_slist *add_header(struct curl_slist *headers, const char *name, const char *value)
{
    char line[MIRROR_VALIDATOR_BYTES + 32];
    (void)snprintf(line, sizeof line, "%s: %s", name, value);
    return value[0] == '\0' ? headers : curl_slist_append(headers, line);
}

static void set_limits(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MOST);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_S);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "imprint/" IMPRINT_VERSION);
}

static struct curl_slist *prepare(struct fetching *fetching)
{
    CURL *curl = fetching->curl;
    const struct mirror_validators *known = &fetching->request->known;
    const struct mirror_validators *begun = &fetching->validators;
    struct curl_slist *headers = curl_slist_append(NULL, "Accept-Encoding: identity");
    char range[32];
    curl_easy_reset(curl); // keeps the connections
    set_limits(curl);
    if (fetching->count != 0) {
        (void)snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)fetching->count);
        headers = add_header(headers, "Range", range);
        headers = add_header(headers, "If-Range", begun->etag[0] != '\0' ? begun->etag : begun->modified);
    } else {
        headers = add_header(headers, "If-None-Match", known->etag);
        headers = add_header(headers, "If-Modified-Since", known->etag[0] == '\0' ? known->modified : "");
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, fetching->request->url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetching);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetching);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_whether_to_stop);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetching);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetching);
    return headers;
}

static CURLcode perform(struct fetching *fetching)
{
    struct curl_slist *headers = prepare(fetching);
    fetching->head = (struct head){0};
    fetching->is_body = false;
    fetching->is_redirected = false;
    fetching->may_go_local = false;
    fetching->refused = 0;
    CURLcode code = curl_easy_perform(fetching->curl);
    curl_slist_free_all(headers);
    return code;
}

// Whether the same file can be gone on with: it broke off in the middle, and can be told from another
// version. A server that hangs gets one more chance; clients give up in half a minute, too.
static bool may_go_on(const struct fetching *fetching, CURLcode code, uint64_t before, unsigned tries)
{
    bool is_broken = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
                     code == CURLE_GOT_NOTHING || (code == CURLE_OPERATION_TIMEDOUT && tries == 0);
    const struct mirror_validators *begun = &fetching->validators;
    bool has_etag = begun->etag[0] == '"'; // weak ones will not do
    return is_broken && fetching->count > before && (has_etag || begun->modified[0] != '\0') &&
           fetching->result->trouble == MIRROR_TROUBLE_NONE;
}

static CURLcode try_some_times(struct fetching *fetching)
{
    CURLcode code = CURLE_OK;
    for (unsigned i = 0; i < TRIES_MOST; i++) {
        uint64_t before = fetching->count;
        code = perform(fetching);
        if (!may_go_on(fetching, code, before, i)) {
            break;
        }
        if (fetching->validators.etag[0] != '"') {
            fetching->validators.etag[0] = '\0';
        }
    }
    return code;
}

// ---- what came of it ----

static void explain_curl(struct fetching *fetching, CURLcode code)
{
    double connected_s = 0;
    (void)curl_easy_getinfo(fetching->curl, CURLINFO_PRETRANSFER_TIME, &connected_s);
    if (atomic_load(&fetching->progress->is_stopping)) {
        set_trouble(fetching, MIRROR_TROUBLE_STOPPED, "imprint is stopping");
    } else if (code == CURLE_OPERATION_TIMEDOUT && connected_s > 0) {
        set_trouble(fetching, MIRROR_TROUBLE_SLOW, "nearly nothing came for 15 seconds");
    } else if (code == CURLE_WRITE_ERROR) {
        set_trouble(fetching, MIRROR_TROUBLE_AWAY, "its refusal is a large page");
    } else if (fetching->is_redirected && code == CURLE_COULDNT_CONNECT) {
        set_trouble(fetching, MIRROR_TROUBLE_AWAY,
                    "it redirects to where nothing may be fetched, or answers");
    } else {
        fetching->result->is_out_of_reach = fetching->result->trouble == MIRROR_TROUBLE_NONE &&
                                            fetching->count == 0 && fetching->head.code == 0;
        set_trouble(fetching, MIRROR_TROUBLE_AWAY, curl_easy_strerror(code));
    }
}

static bool is_folder(const struct fetching *fetching)
{
    char *url = NULL;
    return curl_easy_getinfo(fetching->curl, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != NULL &&
           text_ends(url, "/");
}

static void explain_code(struct fetching *fetching)
{
    char why[40];
    long code = fetching->head.code;
    if (code == HTTP_NOT_MODIFIED &&
        fetching->request->known.etag[0] + fetching->request->known.modified[0] != 0) {
        fetching->result->is_same = true;
    } else if (code == HTTP_NOT_FOUND || code == HTTP_FORBIDDEN || code == HTTP_REQUEST_GONE) {
        set_trouble(fetching, MIRROR_TROUBLE_ABSENT, "there is no such file");
    } else if ((code != HTTP_OK && code != HTTP_PARTIAL) || (code == HTTP_PARTIAL && fetching->count == 0)) {
        (void)snprintf(why, sizeof why, "it answers with %ld", code);
        set_trouble(fetching, MIRROR_TROUBLE_AWAY, why);
    } else if (is_folder(fetching)) {
        set_trouble(fetching, MIRROR_TROUBLE_ABSENT, "that is a folder");
    } else if (!fetching->is_body && !begin_body(fetching)) { // an empty file has no first byte
        set_trouble(fetching, MIRROR_TROUBLE_AWAY, "it cannot be written");
    }
}

static void check_bytes(struct fetching *fetching)
{
    uint8_t digest[64];
    char hex[MIRROR_DIGEST_BYTES];
    size_t first = size_min(sizeof fetching->first, (size_t)fetching->count);
    if (!mirror_name_is_kind(fetching->request->path, fetching->first, first)) {
        set_trouble(fetching, MIRROR_TROUBLE_WRONG, "it is not the kind of file that its name says");
        return;
    }
    if (fetching->hash == NULL) {
        return;
    }
    struct text text;
    gnutls_hash_output(fetching->hash, digest);
    text_init(&text, hex, sizeof hex);
    for (size_t i = 0; i < strlen(fetching->digest) / 2; i++) {
        text_add_format(&text, "%02x", digest[i]);
    }
    if (strcmp(hex, fetching->digest) != 0) {
        set_trouble(fetching, MIRROR_TROUBLE_WRONG, "it has not the digest that its name says");
    }
}

// Gives the file its head, its time and its name.
static void keep(struct fetching *fetching, const char *temporary)
{
    char head[MIRROR_HEAD_BYTES];
    char name[MIRROR_FILE_NAME_BYTES];
    int64_t modified_s;
    const struct mirror_request *request = fetching->request;
    const struct mirror_validators *validators = &fetching->validators;
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    if (http_date_parse(validators->modified, &modified_s) == STATUS_OK) {
        times[1] = (struct timespec){.tv_sec = modified_s};
    }
    mirror_store_print_head(request->path, validators, fetching->count, head);
    bool is_kept =
        pwrite(fetching->fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
        futimens(fetching->fd, times) == 0 && fdatasync(fetching->fd) == 0 &&
        renameat(request->folder, temporary, request->folder, mirror_store_name(request->path, name)) == 0;
    if (!is_kept) {
        set_trouble(fetching, MIRROR_TROUBLE_NO_ROOM, strerror(errno));
    }
    fetching->result->bytes = fetching->count;
    fetching->result->validators = *validators;
}

static void run(struct fetching *fetching, const char *temporary)
{
    struct mirror_result *result = fetching->result;
    CURLcode code = try_some_times(fetching);
    if (code != CURLE_OK) {
        explain_curl(fetching, code);
    } else {
        explain_code(fetching);
    }
    if (result->trouble == MIRROR_TROUBLE_NONE && !result->is_same) {
        check_bytes(fetching);
    }
    if (result->trouble == MIRROR_TROUBLE_NONE && !result->is_same) {
        keep(fetching, temporary);
    }
}

void mirror_fetcher_run(struct mirror_fetcher *fetcher, const struct mirror_request *request,
                        struct mirror_progress *progress, struct mirror_result *result)
{
    char temporary[TEMPORARY_BYTES];
    struct fetching fetching = {
        .curl = fetcher->curl, .request = request, .progress = progress, .result = result};
    *result = (struct mirror_result){.bytes = 0};
    (void)mirror_name_find_digest(request->path, fetching.digest);
    (void)snprintf(temporary, sizeof temporary, ".fetch-%llu", (unsigned long long)request->number);
    fetching.fd =
        openat(request->folder, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fetching.fd < 0) {
        set_trouble(&fetching, MIRROR_TROUBLE_NO_ROOM, strerror(errno));
        return;
    }
    run(&fetching, temporary);
    if (result->trouble != MIRROR_TROUBLE_NONE || result->is_same) {
        (void)unlinkat(request->folder, temporary, 0);
    }
    if (fetching.hash != NULL) {
        gnutls_hash_deinit(fetching.hash, NULL);
    }
    (void)close(fetching.fd);
}
