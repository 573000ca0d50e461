// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/tls.h"

#include <errno.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

struct tls {
    int socket;
    int error; // the errno that a send or receive ended with; 0 = none
    mbedtls_ssl_context session;
    mbedtls_ssl_config config;
};

// Forward secrecy and authenticated encryption only.
static const int TLS_SUITES[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                 MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                                 MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                                 0};

// The kernel's own generator, which is seeded before it answers.
static int tls_draw_random(void *context, unsigned char *out, size_t bytes)
{
    (void)context;
    size_t done = 0;
    while (done < bytes) {
        ssize_t got = getrandom(out + done, bytes - done, 0);
        if (got < 0 && errno != EINTR) {
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int tls_socket_send(void *context, const unsigned char *data, size_t bytes)
{
    struct tls *tls = context;
    ssize_t sent;
    do {
        sent = send(tls->socket, data, bytes < INT32_MAX ? bytes : INT32_MAX, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        tls->error = errno == EPIPE ? ECONNRESET : errno;
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    }
    return (int)sent;
}

static int tls_socket_receive(void *context, unsigned char *out, size_t bytes)
{
    struct tls *tls = context;
    ssize_t got;
    do {
        got = recv(tls->socket, out, bytes < INT32_MAX ? bytes : INT32_MAX, 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        tls->error = got == 0 ? ECONNRESET : errno;
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    }
    return (int)got;
}

// What went wrong last, as an errno.
static int tls_error(const struct tls *tls)
{
    return tls->error != 0 ? tls->error : EPROTO;
}

static void tls_free(struct tls *taken_tls)
{
    mbedtls_ssl_free(&taken_tls->session); // wipes its keys and buffers
    mbedtls_ssl_config_free(&taken_tls->config);
    free(taken_tls);
}

static struct tls *tls_new(int socket)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        return NULL;
    }
    tls->socket = socket;
    mbedtls_ssl_init(&tls->session);
    mbedtls_ssl_config_init(&tls->config);
    if (mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        tls_free(tls);
        return NULL;
    }
    // Nothing vouches for the certificate but its digest, which tls_check_pin compares: here it only has to
    // be one, and the handshake proves that the server has its key.
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(&tls->config, TLS_SUITES);
    mbedtls_ssl_conf_rng(&tls->config, tls_draw_random, NULL);
    if (mbedtls_ssl_setup(&tls->session, &tls->config) != 0) {
        tls_free(tls);
        return NULL;
    }
    mbedtls_ssl_set_bio(&tls->session, tls, tls_socket_send, tls_socket_receive, NULL);
    return tls;
}

static bool tls_check_pin(const struct tls *tls, const uint8_t pin[TLS_PIN_BYTES])
{
    uint8_t digest[TLS_PIN_BYTES];
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&tls->session);
    return certificate != NULL &&
           mbedtls_sha256_ret(certificate->raw.p, certificate->raw.len, digest, 0) == 0 &&
           memcmp(digest, pin, sizeof digest) == 0;
}

enum status tls_open(int socket, const uint8_t pin[TLS_PIN_BYTES], struct tls **tls, struct problem *problem)
{
    struct tls *opened = tls_new(socket);
    if (opened == NULL) {
        problem_set(problem, "there is no memory left for an encrypted connection");
        return STATUS_IO;
    }
    int failed = mbedtls_ssl_handshake(&opened->session);
    if (failed != 0) {
        problem_set(problem, "no encrypted connection to the server: %s (-0x%x)", strerror(tls_error(opened)),
                    (unsigned)-failed);
        problem_set_remedy(problem, "see that imprint runs there and serves HTTPS on that port");
        tls_free(opened);
        return STATUS_IO;
    }
    if (!tls_check_pin(opened, pin)) {
        problem_set(problem, "the server's certificate is not the one that this machine was started with");
        problem_set_remedy(problem, "start the machine again if the server has got a new certificate; else "
                                    "somebody on the network plays the server");
        tls_free(opened);
        return STATUS_DENIED;
    }
    *tls = opened;
    return STATUS_OK;
}

int tls_send(struct tls *tls, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    while (bytes != 0) {
        int sent = mbedtls_ssl_write(&tls->session, at, bytes);
        if (sent > 0) {
            at += sent;
            bytes -= (size_t)sent;
        } else if (sent != MBEDTLS_ERR_SSL_WANT_READ && sent != MBEDTLS_ERR_SSL_WANT_WRITE) {
            return tls_error(tls);
        }
    }
    return 0;
}

int tls_receive(struct tls *tls, void *out, size_t bytes, size_t *received)
{
    for (;;) {
        int got = mbedtls_ssl_read(&tls->session, out, bytes);
        if (got > 0) {
            *received = (size_t)got;
            return 0;
        }
        if (got == 0 || got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return ECONNRESET;
        }
        if (got != MBEDTLS_ERR_SSL_WANT_READ && got != MBEDTLS_ERR_SSL_WANT_WRITE) {
            return tls_error(tls);
        }
    }
}

void tls_close(struct tls *taken_tls)
{
    if (taken_tls != NULL) {
        (void)mbedtls_ssl_close_notify(&taken_tls->session);
        tls_free(taken_tls);
    }
}
