// SPDX-License-Identifier: GPL-3.0-or-later
// Takes out of captured packets what is nobody else's business, and leaves what tells how a boot went:
// addresses, DHCP, the names of files and what was answered. What the files hold goes, and with it the answer
// files.
#pragma once

#include "wire/dissect.h"

/// How many of the `count` captured bytes of a packet may be shown: without the data of TFTP, bodies of HTTP,
/// and all that is not known. In these, tokens, hashes of passwords and credentials become 'x', each as long
/// as it was.
size_t redact_packet(enum dissect_link link, uint8_t *bytes, size_t count);
