// SPDX-License-Identifier: GPL-3.0-or-later
// imprint certificate show, export
#include "base/writer.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"
#include "format/signature_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DER_BYTES_MOST 16384

// Of what we put into signature lists; any constant GUID does.
static const struct uuid OWNER = {
    {0x5e, 0x1f, 0x6a, 0x0c, 0x2f, 0x0b, 0x4d, 0x2c, 0x9a, 0x37, 0x69, 0x6d, 0x70, 0x72, 0x69, 0x6e}};

enum form { FORM_PEM, FORM_DER, FORM_LIST, FORM_COUNT };

static const char *const FORMS[FORM_COUNT] = {"pem", "der", "esl"};

static void show_certificate(struct call *call, const json_t *answer)
{
    const json_t *enrol = fact_get(answer, "enrol");
    show_field(call, "certificate", SCREEN_BOLD, fact_text(answer, "subject"));
    show_field(call, "for", SCREEN_PLAIN, fact_text(answer, "names"));
    show_field(call, "digest", SCREEN_PLAIN, fact_text(answer, "digest"));
    show_field(call, "made by", SCREEN_PLAIN, fact_is(answer, "is_own") ? "imprint" : "the administrator");
    show_field(call, "signed by", SCREEN_PLAIN, fact_text(answer, "issuer"));
    show_field_format(call, "https.boot", "%s", fact_is(answer, "is_boot") ? "yes" : "no");
    show_field(call, "to enrol", SCREEN_BOLD, fact_text(enrol, "subject"));
    show_field(call, "its digest", SCREEN_PLAIN, fact_text(enrol, "digest"));
    if (!fact_is(enrol, "is_root")) {
        show_hint(call,
                  "The file of https.certificate does not end with a certificate that is signed by itself: "
                  "enrol the one of %s instead.",
                  fact_text(enrol, "issuer"));
    }
}

int command_certificate_show(struct call *call)
{
    return show_one(call, ask(call, "GET", "certificate", NULL), show_certificate);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && text_equal_nocase(text + length - end_length, end);
}

// What --format says, else what the file's name does.
static bool pick_form(const struct call *call, const char *path, enum form *form)
{
    const char *wanted = call_option(call, "format");
    *form = ends_with(path, ".der") || ends_with(path, ".cer") ? FORM_DER
            : ends_with(path, ".esl")                          ? FORM_LIST
                                                               : FORM_PEM;
    for (enum form i = 0; wanted != NULL && i < FORM_COUNT; i++) {
        if (strcmp(wanted, FORMS[i]) == 0) {
            *form = i;
            return true;
        }
    }
    return wanted == NULL;
}

static size_t read_hex(const char *hex, uint8_t *out, size_t out_bytes)
{
    size_t count = 0;
    while (count < out_bytes && text_parse_hex_digit(hex[0]) >= 0 && text_parse_hex_digit(hex[1]) >= 0) {
        out[count++] = (uint8_t)(text_parse_hex_digit(hex[0]) * 16 + text_parse_hex_digit(hex[1]));
        hex += 2;
    }
    return count;
}

static void encode(const json_t *enrol, enum form form, struct writer *writer)
{
    uint8_t der[DER_BYTES_MOST];
    const char *pem = fact_text(enrol, "pem");
    if (form == FORM_PEM) {
        write_bytes(writer, pem, strlen(pem));
        return;
    }
    size_t bytes = read_hex(fact_text(enrol, "der"), der, sizeof der);
    if (form == FORM_DER) {
        write_bytes(writer, der, bytes);
    } else {
        signature_list_encode(der, bytes, &OWNER, writer);
    }
}

static bool write_file(const struct call *call, const char *path, const struct writer *writer)
{
    bool is_standard = strcmp(path, "-") == 0;
    int file = is_standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t bytes = writer_length(writer);
    bool is_good = file >= 0 && write(file, writer->start, bytes) == (ssize_t)bytes;
    int error = errno;
    if (file >= 0 && !is_standard) {
        is_good = close(file) == 0 && is_good;
    }
    if (!is_good) {
        ask_complain_text(call, "", "%s cannot be written: %s", path, strerror(error));
    }
    return is_good;
}

int command_certificate_export(struct call *call)
{
    enum form form;
    const char *path = call->arguments[0];
    if (!pick_form(call, path, &form)) {
        ask_complain_text(call, "write pem, der or esl", "there is no format '%s'",
                          call_option(call, "format"));
        return CLI_EXIT_USAGE;
    }
    json_t *answer = ask(call, "GET", "certificate", NULL);
    if (answer == NULL) {
        return CLI_EXIT_REFUSED;
    }
    uint8_t bytes[2 * DER_BYTES_MOST];
    struct writer writer = writer_init(bytes, sizeof bytes);
    const json_t *enrol = fact_get(answer, "enrol");
    encode(enrol, form, &writer);
    bool is_good = !writer.failed && write_file(call, path, &writer);
    if (is_good && strcmp(path, "-") != 0) {
        show_hint(call, "%s holds the certificate of %s (%s).", path, fact_text(enrol, "subject"),
                  FORMS[form]);
    }
    json_decref(answer);
    return is_good ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}
