// SPDX-License-Identifier: GPL-3.0-or-later
// RSA, since firmware knows nothing else: EDK2 was built without elliptic curves until 2023. Two of them,
// since what somebody enrolled in a hundred machines must not change when the server gets another address.
#include "io/certificate_make.h"

#include "base/text.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#define RSA_BITS      2048
#define SERIAL_BYTES  16
#define DAY_S         (24 * 60 * 60)
#define SUBJECT_BYTES 65 // X.520's most, which OpenSSL sees to, and a NUL
#define NAME_BYTES    256

// It is known by its digest, or enrolled by hand, so the times say nothing but "always". A clock that is
// wrong must not matter.
static int describe(gnutls_x509_crt_t made, gnutls_x509_privkey_t key, const char *subject)
{
    uint8_t serial[SERIAL_BYTES];
    int failed = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); // positive, and as long as it is
    failed = failed < 0 ? failed : gnutls_x509_crt_set_version(made, 3);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_serial(made, serial, sizeof serial);
    failed = failed < 0 ? failed
                        : gnutls_x509_crt_set_dn_by_oid(made, GNUTLS_OID_X520_COMMON_NAME, 0, subject,
                                                        (unsigned)strlen(subject));
    failed = failed < 0 ? failed : gnutls_x509_crt_set_activation_time(made, DAY_S);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_expiration_time(made, (time_t)-1); // 99991231235959Z
    return failed < 0 ? failed : gnutls_x509_crt_set_key(made, key);
}

static int describe_authority(gnutls_x509_crt_t made)
{
    int failed = gnutls_x509_crt_set_basic_constraints(made, 1, 0);
    return failed < 0 ? failed
                      : gnutls_x509_crt_set_key_usage(made, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
}

static int describe_server(gnutls_x509_crt_t made, const struct certificate_wish *wish)
{
    int failed = gnutls_x509_crt_set_subject_alt_name(made, GNUTLS_SAN_DNSNAME, wish->name,
                                                      (unsigned)strlen(wish->name), GNUTLS_FSAN_SET);
    for (unsigned i = 0; i < wish->address_count && failed >= 0; i++) {
        const struct certificate_address *address = &wish->addresses[i];
        failed = gnutls_x509_crt_set_subject_alt_name(made, GNUTLS_SAN_IPADDRESS, address->bytes,
                                                      address->byte_count, GNUTLS_FSAN_APPEND);
    }
    failed = failed < 0 ? failed : gnutls_x509_crt_set_basic_constraints(made, 0, -1);
    failed =
        failed < 0
            ? failed
            : gnutls_x509_crt_set_key_usage(made, GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT);
    return failed < 0 ? failed : gnutls_x509_crt_set_key_purpose_oid(made, GNUTLS_KP_TLS_WWW_SERVER, 0);
}

static int begin(gnutls_x509_privkey_t *key, gnutls_x509_crt_t *made, const char *subject)
{
    int failed = gnutls_x509_privkey_init(key);
    failed = failed < 0 ? failed : gnutls_x509_privkey_generate(*key, GNUTLS_PK_RSA, RSA_BITS, 0);
    failed = failed < 0 ? failed : gnutls_x509_crt_init(made);
    return failed < 0 ? failed : describe(*made, *key, subject);
}

int certificate_make_authority(const char *name, gnutls_datum_t *key_pem, gnutls_datum_t *authority_pem)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t made = NULL;
    char subject[SUBJECT_BYTES];
    struct text text;
    text_init(&text, subject, sizeof subject);
    text_add_format(&text, "imprint on %s", name);
    int failed = begin(&key, &made, subject);
    failed = failed < 0 ? failed : describe_authority(made);
    failed = failed < 0 ? failed : gnutls_x509_crt_sign2(made, made, key, GNUTLS_DIG_SHA256, 0);
    failed = failed < 0 ? failed : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, key_pem);
    failed = failed < 0 ? failed : gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_PEM, authority_pem);
    gnutls_x509_crt_deinit(made);
    gnutls_x509_privkey_deinit(key);
    return failed;
}

static int load_authority(const gnutls_datum_t *key_pem, const gnutls_datum_t *authority_pem,
                          gnutls_x509_privkey_t *key, gnutls_x509_crt_t *authority)
{
    int failed = gnutls_x509_privkey_init(key);
    failed = failed < 0 ? failed : gnutls_x509_privkey_import(*key, key_pem, GNUTLS_X509_FMT_PEM);
    failed = failed < 0 ? failed : gnutls_x509_crt_init(authority);
    return failed < 0 ? failed : gnutls_x509_crt_import(*authority, authority_pem, GNUTLS_X509_FMT_PEM);
}

// The server's own first, then its authority's.
static int export_chain(gnutls_x509_crt_t made, const gnutls_datum_t *authority_pem,
                        gnutls_datum_t *chain_pem)
{
    gnutls_datum_t own = {0};
    int failed = gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_PEM, &own);
    if (failed < 0) {
        return failed;
    }
    size_t bytes = (size_t)own.size + authority_pem->size;
    chain_pem->data = gnutls_malloc(bytes + 1);
    if (chain_pem->data == NULL) {
        failed = GNUTLS_E_MEMORY_ERROR;
    } else {
        memcpy(chain_pem->data, own.data, own.size);
        memcpy(chain_pem->data + own.size, authority_pem->data, authority_pem->size);
        chain_pem->data[bytes] = '\0';
        chain_pem->size = (unsigned)bytes;
    }
    gnutls_free(own.data);
    return failed;
}

int certificate_make_server(const struct certificate_wish *wish, const gnutls_datum_t *authority_key_pem,
                            const gnutls_datum_t *authority_pem, gnutls_datum_t *key_pem,
                            gnutls_datum_t *chain_pem)
{
    gnutls_x509_privkey_t key = NULL, authority_key = NULL;
    gnutls_x509_crt_t made = NULL, authority = NULL;
    int failed = load_authority(authority_key_pem, authority_pem, &authority_key, &authority);
    failed = failed < 0 ? failed : begin(&key, &made, wish->name);
    failed = failed < 0 ? failed : describe_server(made, wish);
    failed =
        failed < 0 ? failed : gnutls_x509_crt_sign2(made, authority, authority_key, GNUTLS_DIG_SHA256, 0);
    failed = failed < 0 ? failed : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, key_pem);
    failed = failed < 0 ? failed : export_chain(made, authority_pem, chain_pem);
    gnutls_x509_crt_deinit(made);
    gnutls_x509_crt_deinit(authority);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_privkey_deinit(authority_key);
    return failed;
}

static bool has_name(gnutls_x509_crt_t certificate, int wanted_type, const void *wanted, size_t bytes)
{
    char name[NAME_BYTES];
    int type = 0;
    for (unsigned i = 0; type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
        size_t name_bytes = sizeof name;
        type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &name_bytes, NULL);
        if (type == wanted_type && name_bytes == bytes && memcmp(name, wanted, bytes) == 0) {
            return true;
        }
    }
    return false;
}

static bool names_all(gnutls_x509_crt_t certificate, const struct certificate_wish *wish)
{
    bool is_for = has_name(certificate, GNUTLS_SAN_DNSNAME, wish->name, strlen(wish->name));
    for (unsigned i = 0; i < wish->address_count; i++) {
        const struct certificate_address *address = &wish->addresses[i];
        is_for = is_for && has_name(certificate, GNUTLS_SAN_IPADDRESS, address->bytes, address->byte_count);
    }
    return is_for;
}

bool certificate_is_for(const char *chain_pem, const char *authority_pem, const struct certificate_wish *wish)
{
    gnutls_x509_crt_t first = NULL, authority = NULL;
    gnutls_datum_t chain_text = certificate_datum(chain_pem),
                   authority_text = certificate_datum(authority_pem);
    unsigned verdict = 0;
    bool is_for =
        gnutls_x509_crt_init(&first) == 0 && gnutls_x509_crt_init(&authority) == 0 &&
        gnutls_x509_crt_import(first, &chain_text, GNUTLS_X509_FMT_PEM) == 0 &&
        gnutls_x509_crt_import(authority, &authority_text, GNUTLS_X509_FMT_PEM) == 0 &&
        gnutls_x509_crt_verify(first, &authority, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &verdict) == 0 &&
        verdict == 0 && names_all(first, wish);
    gnutls_x509_crt_deinit(first);
    gnutls_x509_crt_deinit(authority);
    return is_for;
}
