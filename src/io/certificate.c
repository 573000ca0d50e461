// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/certificate.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CERTIFICATE_FILE_BYTES_MOST (256 * 1024)
#define CERTIFICATE_PATH_BYTES      512
#define CERTIFICATE_SERIAL_BYTES    16
#define CERTIFICATE_DAY_S           (24 * 60 * 60)
#define CERTIFICATE_REMEDY          "remove both files, and imprint makes new ones when it starts"

// ---- files ----

static enum status certificate_fail(const char *what, const char *path, int error, struct problem *problem)
{
    problem_set(problem, "%s cannot be %s: %s", path, what, strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : error == EACCES || error == EPERM ? STATUS_DENIED : STATUS_IO;
}

static enum status certificate_load(const char *path, char **text, struct problem *problem)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return certificate_fail("read", path, errno, problem);
    }
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0 ||
        about.st_size > CERTIFICATE_FILE_BYTES_MOST) {
        (void)close(file);
        problem_set(problem, "%s is no file with a key or a certificate", path);
        return STATUS_MALFORMED;
    }
    size_t bytes = (size_t)about.st_size;
    char *loaded = calloc(1, bytes + 1);
    ssize_t got = loaded == NULL ? -1 : read(file, loaded, bytes);
    int error = loaded == NULL ? ENOMEM : got < 0 ? errno : EIO;
    (void)close(file);
    if (got != (ssize_t)bytes) {
        free(loaded);
        return certificate_fail("read", path, error, problem);
    }
    *text = loaded;
    return STATUS_OK;
}

// Beside its place, and then into it: there is never half of one.
static enum status certificate_save(const char *path, mode_t mode, const gnutls_datum_t *text,
                                    struct problem *problem)
{
    char fresh[CERTIFICATE_PATH_BYTES + 8];
    struct text name;
    text_init(&name, fresh, sizeof fresh);
    text_add_format(&name, "%s.new", path);
    (void)unlink(fresh);
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file < 0) {
        return certificate_fail("written", fresh, errno, problem);
    }
    ssize_t put = write(file, text->data, text->size);
    int error = put == (ssize_t)text->size && fsync(file) == 0 ? 0 : put < 0 ? errno : EIO;
    (void)close(file);
    if (error == 0 && rename(fresh, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)unlink(fresh);
        return certificate_fail("written", path, error, problem);
    }
    return STATUS_OK;
}

// ---- reading ----

static bool certificate_digest(const gnutls_datum_t *chain, uint8_t digest[CERTIFICATE_DIGEST_BYTES])
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    size_t bytes = CERTIFICATE_DIGEST_BYTES;
    if (gnutls_x509_crt_list_import2(&list, &count, chain, GNUTLS_X509_FMT_PEM, 0) < 0) {
        return false;
    }
    bool is_good =
        count != 0 && gnutls_x509_crt_get_fingerprint(list[0], GNUTLS_DIG_SHA256, digest, &bytes) == 0;
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
    return is_good;
}

static gnutls_datum_t certificate_datum(char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)text, .size = (unsigned)strlen(text)};
}

// Fills in the digest. Whether the key is the certificate's is asked of who will use them.
static enum status certificate_check(struct certificate *certificate, const char *key_path,
                                     const char *chain_path, struct problem *problem)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t key = certificate_datum(certificate->key_pem);
    gnutls_datum_t chain = certificate_datum(certificate->chain_pem);
    if (!certificate_digest(&chain, certificate->digest)) {
        problem_set(problem, "%s holds no certificate in PEM", chain_path);
        return STATUS_MALFORMED;
    }
    int failed = gnutls_certificate_allocate_credentials(&credentials);
    if (failed == 0) {
        failed = gnutls_certificate_set_x509_key_mem(credentials, &chain, &key, GNUTLS_X509_FMT_PEM);
        gnutls_certificate_free_credentials(credentials);
    }
    if (failed < 0) {
        problem_set(problem, "the key in %s and the certificate in %s cannot be used: %s", key_path,
                    chain_path, gnutls_strerror(failed));
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status certificate_read(const char *key_path, const char *chain_path, struct certificate *certificate,
                             struct problem *problem)
{
    struct certificate read = {0};
    enum status status = certificate_load(key_path, &read.key_pem, problem);
    if (status == STATUS_OK) {
        status = certificate_load(chain_path, &read.chain_pem, problem);
    }
    if (status == STATUS_OK) {
        status = certificate_check(&read, key_path, chain_path, problem);
    }
    if (status != STATUS_OK) {
        certificate_clear(&read);
        return status;
    }
    *certificate = read;
    return STATUS_OK;
}

// ---- making ----

// It is known by its digest only, so the times say nothing but "always". A clock that is wrong must not
// matter.
static int certificate_describe(gnutls_x509_crt_t made, gnutls_x509_privkey_t key, const char *name)
{
    uint8_t serial[CERTIFICATE_SERIAL_BYTES];
    int failed = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); // positive, and as long as it is
    failed = failed < 0 ? failed : gnutls_x509_crt_set_version(made, 3);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_serial(made, serial, sizeof serial);
    failed = failed < 0 ? failed
                        : gnutls_x509_crt_set_dn_by_oid(made, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                                        (unsigned)strlen(name));
    failed = failed < 0 ? failed
                        : gnutls_x509_crt_set_subject_alt_name(made, GNUTLS_SAN_DNSNAME, name,
                                                               (unsigned)strlen(name), GNUTLS_FSAN_SET);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_activation_time(made, CERTIFICATE_DAY_S);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_expiration_time(made, (time_t)-1); // 99991231235959Z
    failed = failed < 0 ? failed : gnutls_x509_crt_set_basic_constraints(made, 0, -1);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_key_usage(made, GNUTLS_KEY_DIGITAL_SIGNATURE);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_key_purpose_oid(made, GNUTLS_KP_TLS_WWW_SERVER, 0);
    failed = failed < 0 ? failed : gnutls_x509_crt_set_key(made, key);
    return failed < 0 ? failed : gnutls_x509_crt_sign2(made, made, key, GNUTLS_DIG_SHA256, 0);
}

static int certificate_make(const char *name, gnutls_datum_t *key_pem, gnutls_datum_t *chain_pem)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t made = NULL;
    int failed = gnutls_x509_privkey_init(&key);
    failed = failed < 0 ? failed
                        : gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                                       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    failed = failed < 0 ? failed : gnutls_x509_crt_init(&made);
    failed = failed < 0 ? failed : certificate_describe(made, key, name);
    failed = failed < 0 ? failed : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, key_pem);
    failed = failed < 0 ? failed : gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_PEM, chain_pem);
    gnutls_x509_crt_deinit(made);
    gnutls_x509_privkey_deinit(key);
    return failed;
}

static enum status certificate_make_files(const char *name, const char *key_path, const char *chain_path,
                                          struct problem *problem)
{
    gnutls_datum_t key = {0}, chain = {0};
    int failed = certificate_make(name, &key, &chain);
    enum status status = STATUS_OK;
    if (failed < 0) {
        problem_set(problem, "no key and certificate for HTTPS could be made: %s", gnutls_strerror(failed));
        status = STATUS_IO;
    } else {
        status = certificate_save(key_path, 0600, &key, problem);
    }
    if (status == STATUS_OK) { // last: as long as it is missing both are made anew
        status = certificate_save(chain_path, 0644, &chain, problem);
    }
    if (key.data != NULL) {
        explicit_bzero(key.data, key.size);
    }
    gnutls_free(key.data);
    gnutls_free(chain.data);
    return status;
}

enum status certificate_keep(const char *folder, const char *name, struct certificate *certificate,
                             struct problem *problem)
{
    char key_path[CERTIFICATE_PATH_BYTES], chain_path[CERTIFICATE_PATH_BYTES];
    struct text key, chain;
    text_init(&key, key_path, sizeof key_path);
    text_add_format(&key, "%s/key.pem", folder);
    text_init(&chain, chain_path, sizeof chain_path);
    text_add_format(&chain, "%s/certificate.pem", folder);
    if (key.cut || chain.cut) {
        problem_set(problem, "the path %s is too long", folder);
        return STATUS_TOO_LONG;
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return certificate_fail("made", folder, errno, problem);
    }
    enum status status = STATUS_OK;
    // Missing, or left by another account that the daemon ran as before.
    if (access(key_path, R_OK) != 0 || access(chain_path, R_OK) != 0) {
        (void)unlink(chain_path); // a certificate whose key is gone is of no use to anybody
        status = certificate_make_files(name, key_path, chain_path, problem);
    }
    if (status == STATUS_OK) {
        status = certificate_read(key_path, chain_path, certificate, problem);
        problem_set_remedy(problem, CERTIFICATE_REMEDY);
    }
    return status;
}

char *certificate_print(const struct certificate *certificate, char out[CERTIFICATE_TEXT_BYTES])
{
    struct text text;
    text_init(&text, out, CERTIFICATE_TEXT_BYTES);
    text_add(&text, "sha256:");
    for (size_t i = 0; i < sizeof certificate->digest; i++) {
        text_add_format(&text, "%02x", certificate->digest[i]);
    }
    return out;
}

void certificate_clear(struct certificate *certificate)
{
    if (certificate->key_pem != NULL) {
        explicit_bzero(certificate->key_pem, strlen(certificate->key_pem));
    }
    free(certificate->key_pem);
    free(certificate->chain_pem);
    *certificate = (struct certificate){0};
}
