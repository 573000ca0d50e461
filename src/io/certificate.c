// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/certificate.h"

#include "base/text.h"
#include "io/certificate_make.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTIFICATE_FILE_BYTES_MOST (256 * 1024)
#define CERTIFICATE_PATH_BYTES      512
#define CERTIFICATE_REMEDY          "remove the files in that folder, and imprint makes new ones when it starts"

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

gnutls_datum_t certificate_datum(const char *pem)
{
    gnutls_datum_t datum = {.size = (unsigned)strlen(pem)};
    memcpy(&datum.data, &pem, sizeof datum.data); // it knows no const, and only reads
    return datum;
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

// ---- keeping ----

#define FILE_COUNT 4

enum { FILE_AUTHORITY_KEY, FILE_AUTHORITY, FILE_KEY, FILE_CHAIN };

struct place { // of our own
    char paths[FILE_COUNT][CERTIFICATE_PATH_BYTES];
};

static enum status place_find(const char *folder, struct place *place, struct problem *problem)
{
    static const char *const NAMES[FILE_COUNT] = {"authority-key.pem", "authority.pem", "key.pem",
                                                  "certificate.pem"};
    for (unsigned i = 0; i < FILE_COUNT; i++) {
        struct text path;
        text_init(&path, place->paths[i], sizeof place->paths[i]);
        text_add_format(&path, "%s/%s", folder, NAMES[i]);
        if (path.cut) {
            problem_set(problem, "the path %s is too long", folder);
            return STATUS_TOO_LONG;
        }
    }
    return STATUS_OK;
}

// Missing, or left by another account that the daemon ran as before.
static bool place_lacks(const struct place *place, unsigned first)
{
    return access(place->paths[first], R_OK) != 0 || access(place->paths[first + 1], R_OK) != 0;
}

// Saves a key and then its certificate: as long as that is missing both are made anew. Frees and wipes.
static enum status place_save(const struct place *place, unsigned first, int failed, gnutls_datum_t taken[2],
                              struct problem *problem)
{
    enum status status = STATUS_OK;
    if (failed < 0) {
        problem_set(problem, "no key and certificate for HTTPS could be made: %s", gnutls_strerror(failed));
        status = STATUS_IO;
    } else {
        status = certificate_save(place->paths[first], 0600, &taken[0], problem);
    }
    if (status == STATUS_OK) {
        status = certificate_save(place->paths[first + 1], 0644, &taken[1], problem);
    }
    if (taken[0].data != NULL) {
        explicit_bzero(taken[0].data, taken[0].size);
    }
    gnutls_free(taken[0].data);
    gnutls_free(taken[1].data);
    return status;
}

static enum status place_make_authority(const struct place *place, const char *name, struct problem *problem)
{
    // A certificate whose key is gone is of no use to anybody, and neither is what it was to vouch for.
    (void)unlink(place->paths[FILE_CHAIN]);
    (void)unlink(place->paths[FILE_AUTHORITY]);
    gnutls_datum_t made[2] = {{0}};
    int failed = certificate_make_authority(name, &made[0], &made[1]);
    return place_save(place, FILE_AUTHORITY_KEY, failed, made, problem);
}

static enum status place_make_server(const struct place *place, const struct certificate_wish *wish,
                                     struct problem *problem)
{
    char *key = NULL, *authority = NULL;
    (void)unlink(place->paths[FILE_CHAIN]);
    enum status status = certificate_load(place->paths[FILE_AUTHORITY_KEY], &key, problem);
    if (status == STATUS_OK) {
        status = certificate_load(place->paths[FILE_AUTHORITY], &authority, problem);
    }
    if (status == STATUS_OK) {
        gnutls_datum_t made[2] = {{0}};
        const gnutls_datum_t key_pem = certificate_datum(key), authority_pem = certificate_datum(authority);
        int failed = certificate_make_server(wish, &key_pem, &authority_pem, &made[0], &made[1]);
        status = place_save(place, FILE_KEY, failed, made, problem);
    }
    if (key != NULL) {
        explicit_bzero(key, strlen(key));
    }
    free(key);
    free(authority);
    return status;
}

// Whether what stands there is for all that is wished. What cannot be read is: whoever reads it next says
// why.
static bool place_suits(const struct place *place, const struct certificate_wish *wish)
{
    char *chain = NULL, *authority = NULL;
    struct problem ignored;
    bool is_read = certificate_load(place->paths[FILE_CHAIN], &chain, &ignored) == STATUS_OK &&
                   certificate_load(place->paths[FILE_AUTHORITY], &authority, &ignored) == STATUS_OK;
    bool suits = !is_read || certificate_is_for(chain, authority, wish);
    free(chain);
    free(authority);
    return suits;
}

enum status certificate_keep(const char *folder, const struct certificate_wish *wish,
                             struct certificate *certificate, struct problem *problem)
{
    struct place place;
    enum status status = place_find(folder, &place, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return certificate_fail("made", folder, errno, problem);
    }
    if (place_lacks(&place, FILE_AUTHORITY_KEY)) {
        status = place_make_authority(&place, wish->name, problem);
    }
    if (status == STATUS_OK && (place_lacks(&place, FILE_KEY) || !place_suits(&place, wish))) {
        status = place_make_server(&place, wish, problem);
    }
    if (status == STATUS_OK) {
        status = certificate_read(place.paths[FILE_KEY], place.paths[FILE_CHAIN], certificate, problem);
    }
    problem_set_remedy(problem, CERTIFICATE_REMEDY);
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

void certificate_forget_key(struct certificate *certificate)
{
    if (certificate->key_pem != NULL) {
        explicit_bzero(certificate->key_pem, strlen(certificate->key_pem));
    }
    free(certificate->key_pem);
    certificate->key_pem = NULL;
}

void certificate_clear(struct certificate *certificate)
{
    certificate_forget_key(certificate);
    free(certificate->chain_pem);
    *certificate = (struct certificate){0};
}
