// SPDX-License-Identifier: GPL-3.0-or-later
// An EFI program as it lies in a file of the tree: for what processor, who signed it, and what that lets it
// do under Secure Boot. Reads four small pieces of it; nothing here checks a signature.
#pragma once

#include "base/text.h"
#include "content/content.h"
#include "format/pe.h"

#define PROGRAM_SBAT_BYTES 160

struct program {
    struct pe pe;
    struct pe_signer signers[PE_SIGNERS_MOST];
    unsigned signer_count;         // 0 = not signed, or by nobody that could be read
    bool is_broken;                // its signatures cannot be read
    char vendor[PE_NAME_BYTES];    // of a shim: whose programs it accepts; "" = it is none
    char sbat[PROGRAM_SBAT_BYTES]; // "shim 4, shim.debian 1": what it can be revoked by; ""
};

/// Reads the program in `node`, however long the disk takes. STATUS_NOT_FOUND when it is no PE program;
/// STATUS_MALFORMED when it is a broken one; STATUS_IO.
MUST_USE enum status program_read(const struct content_node *node, struct program *program);

/// PE_TRUST_* of all who signed it.
unsigned program_trust(const struct program *program);

/// Whether a shim that accepts what `vendor` answers for lets `program` start under Secure Boot: it does,
/// too, what firmware itself would.
bool program_is_accepted(const struct program *program, const char *vendor);

/// "Microsoft UEFI CA 2011 and Microsoft UEFI CA 2023", "nobody". Appends to `out`.
void program_print_signers(const struct program *program, struct text *out);
