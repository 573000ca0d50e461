// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/signature.h"

#include "base/text.h"
#include "fleet/process.h"
#include "io/heap.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARMOR_BEGIN  "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define STATUS_WORD  "[GNUPG:] "
#define DIGEST_BYTES 64
#define PIECE_BYTES  (1024 * 1024)

// ---- keys ----

static int value_of(char character)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = character == '\0' ? NULL : strchr(DIGITS, character);
    return at == NULL ? -1 : (int)(at - DIGITS);
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
}

// Decodes one armored block (RFC 9580 section 6.2) in place behind `*used` bytes of `text`; what follows it.
static char *decode_block(char *block, char *text, size_t *used)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    char *at = block + line_length(block);
    while (*at != '\0' && strspn(at, " \t\r") != strcspn(at, "\n")) { // headers end with an empty line
        at += line_length(at);
    }
    at += line_length(at);
    while (*at != '\0' && *at != '=' && *at != '-') { // the checksum adds nothing to a fingerprint
        char *end = at + line_length(at);
        for (; at < end; at++) {
            int value = value_of(*at);
            if (value < 0) {
                continue;
            }
            bits = bits << 6 | (uint32_t)value;
            bit_count += 6;
            if (bit_count >= 8) {
                bit_count -= 8;
                text[(*used)++] = (char)(unsigned char)(bits >> bit_count & 0xff);
            }
        }
    }
    return at;
}

// Takes the armor off, in place: it only grows shorter. How many bytes are left.
static size_t take_armor_off(char *text)
{
    size_t used = 0;
    char *at = text;
    while ((at = strstr(at, ARMOR_BEGIN)) != NULL) {
        at = decode_block(at, text, &used);
    }
    return used;
}

static enum status write_file(const char *path, const char *bytes, size_t count, struct problem *problem)
{
    FILE *file = fopen(path, "we");
    bool is_good = file != NULL && fwrite(bytes, 1, count, file) == count;
    is_good = file != NULL && fclose(file) == 0 && is_good;
    if (!is_good) {
        problem_set(problem, "%s cannot be written: %s", path, strerror(errno));
    }
    return is_good ? STATUS_OK : STATUS_IO;
}

enum status signature_make_keyring(const char *file, const char *out, struct problem *problem)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        problem_set(problem, "the keys in %s cannot be read: %s", file, strerror(errno));
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    }
    char *text = heap_new(SIGNATURE_KEYRING_BYTES_MOST + 1);
    size_t count = fread(text, 1, SIGNATURE_KEYRING_BYTES_MOST, stream);
    bool is_all = feof(stream) != 0 || fgetc(stream) == EOF;
    (void)fclose(stream);
    bool is_binary = count != 0 && ((unsigned char)text[0] & 0x80) != 0; // RFC 9580 section 4.2
    count = is_binary ? count : take_armor_off(text);
    enum status status = STATUS_TOO_LONG;
    if (!is_all) {
        problem_set(problem, "%s is too large to be keys", file);
    } else if (count == 0 || ((unsigned char)text[0] & 0x80) == 0) {
        problem_set(problem, "there is no OpenPGP key in %s", file);
        status = STATUS_MALFORMED;
    } else {
        status = write_file(out, text, count, problem);
    }
    heap_free(text);
    return status;
}

// ---- signatures ----

struct verdict {
    const char *fingerprints;
    bool is_good;   // the signature that is being told of
    bool is_valid;  // one of those that may sign did
    bool is_bad;    // some signature is
    char other[80]; // the fingerprint of a good one that may not
};

// Whether the word at `fingerprint` is one of those that may sign.
static bool may_sign(const struct verdict *verdict, const char *fingerprint)
{
    size_t length = strcspn(fingerprint, " ");
    const char *at = verdict->fingerprints;
    if (*at == '\0') {
        return true;
    }
    while (*at != '\0') {
        at += strspn(at, " \n");
        size_t one = strcspn(at, " \n");
        if (one == length && length >= 40 && strncasecmp(at, fingerprint, length) == 0) {
            return true;
        }
        at += one;
    }
    return false;
}

// "VALIDSIG FINGERPRINT ... PRIMARY": the key that signed, and the one that it belongs to.
static void take_valid(struct verdict *verdict, const char *words)
{
    const char *primary = strrchr(words, ' ');
    if (!verdict->is_good) { // expired or revoked
        return;
    }
    if (may_sign(verdict, words) || (primary != NULL && may_sign(verdict, primary + 1))) {
        verdict->is_valid = true;
    } else {
        struct text text;
        text_init(&text, verdict->other, sizeof verdict->other);
        text_add_escaped(&text, words, strcspn(words, " "));
    }
}

static void take_line(void *context, const char *line)
{
    struct verdict *verdict = context;
    if (!text_starts(line, STATUS_WORD)) {
        return;
    }
    const char *words = line + strlen(STATUS_WORD);
    if (text_starts(words, "NEWSIG") || text_starts(words, "EXPKEYSIG") || text_starts(words, "REVKEYSIG") ||
        text_starts(words, "EXPSIG")) {
        verdict->is_good = false;
    } else if (text_starts(words, "GOODSIG ")) {
        verdict->is_good = true;
    } else if (text_starts(words, "BADSIG ")) {
        verdict->is_bad = true;
    } else if (text_starts(words, "VALIDSIG ")) {
        take_valid(verdict, words + strlen("VALIDSIG "));
    }
}

enum status signature_check(const struct signature_job *job, struct problem *problem)
{
    struct verdict verdict = {.fingerprints = job->fingerprints};
    struct problem said;
    const char *words[12] = {"gpgv", "--status-fd", "1", "--keyring", job->keyring};
    size_t count = 5;
    if (job->signature == NULL) {
        (void)unlink(job->out);
        words[count++] = "--output";
        words[count++] = job->out;
        words[count++] = job->file;
    } else {
        words[count++] = job->signature;
        words[count++] = job->file;
    }
    problem_clear(&said);
    const struct process_job process = {.words = words, .line = take_line, .context = &verdict};
    // It fails when one of several signatures is by a key that is not in the keyring; what it says counts.
    enum status status = process_run(&process, &said);
    if (status == STATUS_NOT_FOUND) {
        problem_set(problem, "gpgv, which checks signatures, is not installed");
        problem_set_remedy(problem, "apt install gpgv");
        return status;
    }
    if (verdict.is_valid && !verdict.is_bad) {
        return STATUS_OK;
    }
    if (verdict.is_bad) {
        problem_set(problem, "the signature of %s is wrong: it is not what was signed", job->file);
    } else if (verdict.other[0] != '\0') {
        problem_set(problem, "%s is signed by %s, and that key may not sign it", job->file, verdict.other);
    } else {
        problem_set(problem, "%s has no signature by a key that is known and still good", job->file);
    }
    problem_set_remedy(problem,
                       "nothing of it was taken; try another server with --from, and --keyring FILE if the "
                       "signer has new keys");
    return STATUS_DENIED;
}

// ---- digests ----

enum status signature_digest(const char *file, size_t digits, char hex[129], struct problem *problem)
{
    uint8_t digest[DIGEST_BYTES];
    gnutls_hash_hd_t hash;
    FILE *stream = fopen(file, "re");
    int failed =
        stream == NULL ? -1 : gnutls_hash_init(&hash, digits == 64 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA512);
    if (failed != 0) {
        problem_set(problem, "%s cannot be read: %s", file, strerror(errno));
        return STATUS_IO;
    }
    char *piece = heap_new(PIECE_BYTES);
    size_t count;
    while ((count = fread(piece, 1, PIECE_BYTES, stream)) != 0) {
        (void)gnutls_hash(hash, piece, count);
    }
    bool is_good = ferror(stream) == 0;
    if (!is_good) {
        problem_set(problem, "%s cannot be read: %s", file, strerror(errno));
    }
    heap_free(piece);
    gnutls_hash_deinit(hash, digest);
    (void)fclose(stream);
    struct text text;
    text_init(&text, hex, 129);
    for (size_t i = 0; i < digits / 2; i++) {
        text_add_format(&text, "%02x", digest[i]);
    }
    return is_good ? STATUS_OK : STATUS_IO;
}
