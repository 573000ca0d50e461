// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/certificate_show.h"

#include "io/certificate_make.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES   256
#define DIGEST_BYTES 32

static void add_name(struct text *names, int type, const char *name, size_t bytes)
{
    char address[INET6_ADDRSTRLEN];
    bool is_address = type == GNUTLS_SAN_IPADDRESS && (bytes == 4 || bytes == 16);
    if (type != GNUTLS_SAN_DNSNAME && !is_address) {
        return;
    }
    text_add(names, names->length == 0 ? "" : ", ");
    if (is_address) {
        text_add(names, inet_ntop(bytes == 4 ? AF_INET : AF_INET6, name, address, sizeof address));
    } else {
        text_add_escaped(names, name, bytes);
    }
}

static void show_names(gnutls_x509_crt_t certificate, struct text *names)
{
    char name[NAME_BYTES];
    int type = 0;
    for (unsigned i = 0; type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
        size_t bytes = sizeof name;
        type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &bytes, NULL);
        if (type >= 0) {
            add_name(names, type, name, bytes);
        }
    }
}

// A name that is too long stays empty.
static void show_dn(int (*get)(gnutls_x509_crt_t, char *, size_t *), gnutls_x509_crt_t certificate,
                    char out[CERTIFICATE_SHOWN_BYTES])
{
    char name[CERTIFICATE_SHOWN_BYTES / 4];
    size_t bytes = sizeof name;
    struct text text;
    text_init(&text, out, CERTIFICATE_SHOWN_BYTES);
    if (get(certificate, name, &bytes) == 0) {
        text_add_escaped(&text, name, strlen(name));
    }
}

static enum status show(gnutls_x509_crt_t certificate, struct certificate_shown *shown)
{
    uint8_t digest[DIGEST_BYTES];
    size_t bytes = sizeof digest;
    struct text text;
    show_dn(gnutls_x509_crt_get_dn, certificate, shown->subject);
    show_dn(gnutls_x509_crt_get_issuer_dn, certificate, shown->issuer);
    text_init(&text, shown->names, sizeof shown->names);
    show_names(certificate, &text);
    if (gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, digest, &bytes) != 0) {
        return STATUS_MALFORMED;
    }
    text_init(&text, shown->digest, sizeof shown->digest);
    text_add(&text, "sha256:");
    for (size_t i = 0; i < bytes; i++) {
        text_add_format(&text, "%02x", digest[i]);
    }
    shown->is_root = gnutls_x509_crt_check_issuer(certificate, certificate) != 0;
    shown->ends_s = gnutls_x509_crt_get_expiration_time(certificate);
    return STATUS_OK;
}

static enum status export_der(gnutls_x509_crt_t certificate, uint8_t **der, size_t *der_bytes)
{
    gnutls_datum_t made = {0};
    if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &made) < 0) {
        return STATUS_MALFORMED;
    }
    *der = malloc(made.size);
    if (*der != NULL) {
        memcpy(*der, made.data, made.size);
        *der_bytes = made.size;
    }
    gnutls_free(made.data);
    return *der == NULL ? STATUS_IO : STATUS_OK;
}

enum status certificate_show(const char *chain_pem, bool is_last, struct certificate_shown *shown,
                             uint8_t **der, size_t *der_bytes)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    gnutls_datum_t text = certificate_datum(chain_pem);
    *shown = (struct certificate_shown){0};
    if (gnutls_x509_crt_list_import2(&list, &count, &text, GNUTLS_X509_FMT_PEM, 0) < 0) {
        return STATUS_MALFORMED;
    }
    enum status status = STATUS_MALFORMED;
    if (count != 0) {
        gnutls_x509_crt_t certificate = list[is_last ? count - 1 : 0];
        status = show(certificate, shown);
        if (status == STATUS_OK && der != NULL) {
            status = export_der(certificate, der, der_bytes);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
    return status;
}
