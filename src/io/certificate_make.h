// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of io/certificate: makes keys and certificates.
#pragma once

#include "io/certificate.h"

#include <gnutls/gnutls.h>

/// `pem` as GnuTLS takes it: borrowed, only read.
gnutls_datum_t certificate_datum(const char *pem);

/// Makes an authority for a server called `name`: its key and its certificate, PEM, yours (gnutls_free). 0 or
/// an error of GnuTLS's.
int certificate_make_authority(const char *name, gnutls_datum_t *key_pem, gnutls_datum_t *authority_pem);

/// Makes a server's key and certificate, signed by the authority; `chain_pem` has both certificates.
int certificate_make_server(const struct certificate_wish *wish, const gnutls_datum_t *authority_key_pem,
                            const gnutls_datum_t *authority_pem, gnutls_datum_t *key_pem,
                            gnutls_datum_t *chain_pem);

/// Whether the first certificate of `chain_pem` is for everything that `wish` names and signed by
/// `authority_pem`.
bool certificate_is_for(const char *chain_pem, const char *authority_pem,
                        const struct certificate_wish *wish);
