// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's requests through TLS, against the library that the server serves with.
#include "agent/fetch.h"
#include "base/text.h"
#include "io/certificate.h"
#include "unit/test.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BIG_BYTES (3u * 1024 * 1024 + 17)

static char folder[] = "/tmp/imprint-tls-XXXXXX";
static struct certificate certificate;
static struct MHD_Daemon *secure, *plain;
static uint8_t *big;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of what follows
static unsigned heard;                                   // requests
static char authorization[128];                          // of the last
static char posted[64];                                  // by the last

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    (void)context;
    (void)method;
    (void)version;
    if (*request == NULL) {
        *request = &heard; // the head is here
        return MHD_YES;
    }
    (void)pthread_mutex_lock(&lock);
    if (*upload_bytes != 0) {
        (void)snprintf(posted, sizeof posted, "%.*s", (int)size_min(*upload_bytes, 60), upload);
        *upload_bytes = 0;
        (void)pthread_mutex_unlock(&lock);
        return MHD_YES;
    }
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    (void)snprintf(authorization, sizeof authorization, "%s", value == NULL ? "" : value);
    heard++;
    (void)pthread_mutex_unlock(&lock);
    bool is_big = strcmp(url, "/big") == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        is_big ? BIG_BYTES : 2, is_big ? big : (uint8_t *)"{}", MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static uint16_t port_of(struct MHD_Daemon *daemon)
{
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static int begin_all(void **state)
{
    (void)state;
    struct problem problem;
    problem_clear(&problem);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(
        certificate_keep(folder, &(struct certificate_wish){.name = "boot.example"}, &certificate, &problem),
        STATUS_OK);
    big = malloc(BIG_BYTES);
    assert_non_null(big);
    for (size_t i = 0; i < BIG_BYTES; i++) {
        big[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    plain = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, NULL,
                             MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&here, MHD_OPTION_END);
    secure = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, answer, NULL,
                              MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&here, MHD_OPTION_HTTPS_MEM_KEY,
                              certificate.key_pem, MHD_OPTION_HTTPS_MEM_CERT, certificate.chain_pem,
                              MHD_OPTION_END);
    assert_non_null(plain);
    assert_non_null(secure);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    char path[64];
    MHD_stop_daemon(secure);
    MHD_stop_daemon(plain);
    certificate_clear(&certificate);
    free(big);
    (void)snprintf(path, sizeof path, "%s/key.pem", folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/certificate.pem", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static struct fetch_server place(void)
{
    struct fetch_server server = {
        .address.value = 0x7f000001, .port = port_of(plain), .tls_port = port_of(secure)};
    memcpy(server.certificate, certificate.digest, sizeof server.certificate);
    fetch_set_tokens(&server, "secret", "stream");
    (void)pthread_mutex_lock(&lock);
    heard = 0;
    authorization[0] = posted[0] = '\0';
    (void)pthread_mutex_unlock(&lock);
    return server;
}

static enum status post(const struct fetch_server *server, struct problem *problem)
{
    struct fetch_answer got = {0};
    problem_clear(problem);
    enum status status = fetch(server, "/agent/task", "application/json", "{\"a\":1}", 7, &got, problem);
    if (status == STATUS_OK) {
        assert_int_equal(got.http_status, 200);
        assert_string_equal(got.body, "{}");
    }
    fetch_answer_clear(&got);
    return status;
}

static void what_is_posted_goes_to_the_server_with_the_certificate(void **state)
{
    (void)state;
    struct problem problem;
    struct fetch_server server = place();
    server.port = 9; // nobody is there: it must not even be tried
    assert_int_equal(post(&server, &problem), STATUS_OK);
    assert_int_equal(heard, 1);
    assert_string_equal(authorization, "Bearer secret");
    assert_string_equal(posted, "{\"a\":1}");
}

static void a_server_with_another_certificate_hears_nothing(void **state)
{
    (void)state;
    struct problem problem;
    for (unsigned i = 0; i < TLS_PIN_BYTES; i++) {
        struct fetch_server server = place();
        server.certificate[i] ^= 1;
        assert_int_equal(post(&server, &problem), STATUS_IO);
        assert_non_null(strstr(problem.text, "certificate"));
        assert_int_equal(heard, 0);
    }
}

static void without_tls_on_the_port_nothing_is_said_in_the_clear(void **state)
{
    (void)state;
    struct problem problem;
    struct fetch_server server = place();
    server.tls_port = port_of(plain);
    assert_int_equal(post(&server, &problem), STATUS_IO);
    assert_true(problem.text[0] != '\0' && problem.remedy[0] != '\0');
    assert_int_equal(heard, 0);
    server.tls_port = 9;
    assert_int_equal(post(&server, &problem), STATUS_IO);
    assert_int_equal(heard, 0);
}

static void a_long_answer_comes_whole(void **state)
{
    (void)state;
    struct problem problem;
    struct fetch_server server = place();
    struct fetch_answer got = {0};
    problem_clear(&problem);
    assert_int_equal(fetch(&server, "/big", NULL, NULL, 0, &got, &problem), STATUS_OK);
    assert_int_equal(got.bytes, BIG_BYTES);
    assert_memory_equal(got.body, big, BIG_BYTES);
    fetch_answer_clear(&got);
}

static void a_download_shows_the_streams_token_only(void **state)
{
    (void)state;
    struct problem problem;
    struct fetch_stream *stream = NULL;
    static const struct {
        const char *stream_token, *shown;
        bool has_tls;
    } CASES[] = {{"stream", "Bearer stream", true},
                 {"stream", "Bearer stream", false},
                 {"", "", true}, // rather none than the other one in the clear
                 {"", "Bearer secret", false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct fetch_server server = place();
        uint8_t byte = 0;
        fetch_set_tokens(&server, "secret", CASES[i].stream_token);
        server.tls_port = CASES[i].has_tls ? server.tls_port : 0;
        problem_clear(&problem);
        assert_int_equal(fetch_stream_open(&server, "/big", 0, &stream, &problem), STATUS_OK);
        assert_int_equal(fetch_stream_read(stream, &byte, 1, &problem), STATUS_OK);
        fetch_stream_close(stream);
        assert_int_equal(byte, big[0]);
        assert_string_equal(authorization, CASES[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_posted_goes_to_the_server_with_the_certificate),
        cmocka_unit_test(a_server_with_another_certificate_hears_nothing),
        cmocka_unit_test(without_tls_on_the_port_nothing_is_said_in_the_clear),
        cmocka_unit_test(a_long_answer_comes_whole),
        cmocka_unit_test(a_download_shows_the_streams_token_only),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
