// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate by which HTTPS is served, and the one that firmware has to be given for it.
#include "io/certificate.h"
#include "io/certificate_show.h"
#include "service/control_json.h"
#include "service/control_route.h"

#include <stdlib.h>
#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"

static json_t *hex_of(const uint8_t *bytes, size_t count)
{
    char *hex = malloc(2 * count + 1);
    if (hex == NULL) {
        return NULL;
    }
    struct text text;
    text_init(&text, hex, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        text_add_format(&text, "%02x", bytes[i]);
    }
    json_t *json = json_string(hex);
    free(hex);
    return json;
}

// The last one in the chain is what vouches for the others.
static const char *find_last(const char *chain_pem)
{
    const char *last = chain_pem;
    for (const char *at = strstr(chain_pem, BEGIN); at != NULL; at = strstr(at + 1, BEGIN)) {
        last = at;
    }
    return last;
}

static json_t *describe(const struct certificate_shown *shown)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:I}", "subject", shown->subject, "issuer", shown->issuer,
                     "names", shown->names, "digest", shown->digest, "is_root", shown->is_root ? 1 : 0,
                     "ends_s", (json_int_t)shown->ends_s);
}

void control_certificate_show(struct control_request *request)
{
    const struct control_world *world = request->world;
    const char *chain = world->certificate == NULL ? NULL : world->certificate->chain_pem;
    if (chain == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "set https.port and start the daemon again",
                            "there is no HTTPS, so there is no certificate");
        return;
    }
    struct certificate_shown own, enrolled;
    uint8_t *der = NULL;
    size_t der_bytes = 0;
    if (certificate_show(chain, false, &own, NULL, NULL) != STATUS_OK ||
        certificate_show(chain, true, &enrolled, &der, &der_bytes) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "", "the certificate cannot be read");
        return;
    }
    json_t *enrol = describe(&enrolled);
    json_object_set_new(enrol, "pem", json_string(find_last(chain)));
    json_object_set_new(enrol, "der", hex_of(der, der_bytes));
    free(der);
    json_t *answer = describe(&own);
    json_object_set_new(answer, "is_own", json_boolean(world->config->https_certificate[0] == '\0'));
    json_object_set_new(answer, "port", json_integer(world->config->https_port));
    json_object_set_new(answer, "is_boot", json_boolean(world->config->is_https_boot));
    json_object_set_new(answer, "enrol", enrol);
    control_answer(request, MHD_HTTP_OK, answer);
}
