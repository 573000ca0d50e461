// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with an answer file, or will make an installer stop and ask, found without running it. Rules
// are rows of lint_table.h; what a file says comes from format/entries. Takes texts and gives findings.
#pragma once

#include "base/status.h"
#include "format/template.h"

#define LINT_FINDINGS_MOST 100
#define LINT_TEXT_BYTES    160
#define LINT_NEEDED_MOST   64
#define LINT_NAME_BYTES    64

enum lint_format {
    LINT_UNKNOWN,
    LINT_KICKSTART,
    LINT_PRESEED,
    LINT_CLOUD, // cloud-init's user-data, autoinstall in it or not
    LINT_AUTOYAST,
    LINT_AGAMA,
    LINT_IGNITION,
    LINT_PROXMOX,
    LINT_ESXI,
    LINT_OVERLAY, // files for an archive that a system unpacks over its root, Alpine's apkovl
    LINT_PXELINUX,
    LINT_GRUB,
    LINT_IPXE, // a script
    LINT_FORMAT_COUNT
};

enum lint_severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

enum lint_rule_id {
#define LINT_RULE(name, id, severity, sentence, remedy) LINT_##name,
#include "model/lint_table.h"
#undef LINT_RULE
    LINT_RULE_COUNT
};

struct lint_rule {
    const char *id;
    enum lint_severity severity;
    const char *sentence;
    const char *remedy;
};

struct lint_finding {
    enum lint_rule_id rule;
    unsigned line;              // of the template; 0 = of the whole
    char text[LINT_TEXT_BYTES]; // what it is about, may be empty; never a secret
};

struct lint {
    struct lint_finding findings[LINT_FINDINGS_MOST];
    unsigned count;
    bool has_more; // than there is room for
};

struct lint_subject { // all borrowed
    enum lint_format format;
    const char *text; // with its values in place
    size_t length;
    const unsigned *lines; // where line N+1 of `text` stands in the template; NULL = in the same line
    size_t line_count;
    const char *arguments; // kernel arguments that it is booted with; NULL = not known
    bool is_partial;       // there are more arguments than these
};

struct lint_names { // what templates may write
    const void *self;
    bool (*is_known)(const void *self, const char *name); // a value
    // The text of a snippet (`*bytes` of it), or NULL; as a pointer NULL = there are none.
    const char *(*find_snippet)(const void *self, const char *name, size_t *bytes);
    const char *(*nearest)(const void *self,
                           const char *name); // a known name that this one is nearly, or NULL
    bool is_open; // the values are not known yet: a name that is not known is no error
};

/// The rule `id`; static.
const struct lint_rule *lint_get_rule(enum lint_rule_id id);

/// "error", "warning" or "note".
const char *lint_severity_text(enum lint_severity severity);

/// "kickstart", ...; "" for LINT_UNKNOWN.
const char *lint_format_text(enum lint_format format);

/// What kind of file `name` with these bytes is, by what stands in it and by its name.
enum lint_format lint_guess_format(const char *name, const char *text, size_t length);

/// Forgets all findings.
void lint_init(struct lint *lint);

/// Adds a finding about what printf would print.
void lint_add(struct lint *lint, enum lint_rule_id rule, unsigned line, const char *format, ...)
    PRINTF_LIKE(4, 5);

/// Sorts findings by line, those about the whole first, and takes out what is told twice.
void lint_sort(struct lint *lint);

/// How many findings are of `severity`.
unsigned lint_count(const struct lint *lint, enum lint_severity severity);

/// Makes two blanks of each no-break space (UTF-8) in `text`, with a finding about the first.
void lint_mend_blanks(char *text, size_t length, struct lint *lint);

/// Checks what a template names, and what the snippets name that it takes in: those findings stand where the
/// snippet is taken in, and say which one it is.
void lint_check_template(const char *source, size_t length, const struct lint_names *names,
                         struct lint *lint);

/// Checks the text that a template came out as, by the rules of its format.
void lint_check(const struct lint_subject *subject, struct lint *lint);

/// Checks kernel arguments.
void lint_check_arguments(const char *arguments, struct lint *lint);

/// Whether the text holds a crypt(5) hash, or sets a password in plain text.
bool lint_has_secret(const struct lint_subject *subject);

struct lint_needs { // the names that a template cannot do without: those written outside a section of their
                    // own
    char names[LINT_NEEDED_MOST][LINT_NAME_BYTES];
    unsigned count;
};

/// Collects them; those above LINT_NEEDED_MOST are left out.
void lint_find_needs(const char *source, size_t length, struct lint_needs *needs);

/// Copies `source` to `out` with a mark behind each line, so that lint_unmark can tell where the lines of
/// what comes out of it came from. STATUS_TOO_LONG.
MUST_USE enum status lint_mark(const char *source, size_t length, struct text *out);

/// Takes the marks out of `text` (of `*length` bytes, which becomes less) and fills in `lines`: where each
/// line stood. How many lines there are; at most `most` are filled in.
size_t lint_unmark(char *text, size_t *length, unsigned *lines, size_t most);
