// SPDX-License-Identifier: GPL-3.0-or-later
// Answer files: the first byte picks the format, a second text behind a NUL is the kernel arguments.
#include "fuzz/fuzz.h"
#include "model/lint.h"

static bool is_known(const void *self, const char *name)
{
    (void)self;
    return name[0] == 'h';
}

static void check_findings(struct lint *lint, size_t size)
{
    lint_sort(lint);
    fuzz_must(lint->count <= LINT_FINDINGS_MOST);
    for (unsigned i = 0; i < lint->count; i++) {
        const struct lint_finding *finding = &lint->findings[i];
        fuzz_must(finding->rule < LINT_RULE_COUNT);
        fuzz_must(finding->line <= size + 1);
        fuzz_must(memchr(finding->text, '\0', sizeof finding->text) != NULL);
        fuzz_must(i == 0 || lint->findings[i - 1].line <= finding->line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    static struct lint lint;
    static struct lint_needs needs;
    char *input = fuzz_string(data + 1, size - 1);
    size_t length = strlen(input);
    const char *arguments = length + 1 < size ? input + length + 1 : NULL;
    const struct lint_names names = {.is_known = is_known};
    struct lint_subject subject = {.format = (enum lint_format)(data[0] % LINT_FORMAT_COUNT),
                                   .text = input,
                                   .length = length,
                                   .arguments = length + 1 < size - 1 ? arguments : NULL};
    lint_init(&lint);
    lint_check(&subject, &lint);
    lint_check_template(input, length, &names, &lint);
    if (subject.arguments != NULL) {
        lint_check_arguments(subject.arguments, &lint);
    }
    check_findings(&lint, size);
    (void)lint_has_secret(&subject);
    (void)lint_guess_format("answers", input, length);
    lint_find_needs(input, length, &needs);
    fuzz_must(needs.count <= LINT_NEEDED_MOST);
    free(input);
    return 0;
}
