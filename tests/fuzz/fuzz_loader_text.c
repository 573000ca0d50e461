// SPDX-License-Identifier: GPL-3.0-or-later
// Kernel arguments and words from outside must stay what they are in every dialect: no second line, no
// command.
#include "fuzz/fuzz.h"
#include "loader/loader.h"

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

static enum status print(enum loader_dialect dialect, const char *arguments, const char *sentence,
                         char out[8192])
{
    struct text text;
    struct problem problem;
    struct boot_client client = {.has_http = true};
    struct boot_plan plan = {.kind = PLAN_IMAGE};
    struct loader_context context = {.plan = &plan,
                                     .client = &client,
                                     .server_name = "station1",
                                     .http_port = 80,
                                     .machine_name = "m-aabbcc",
                                     .mac = "",
                                     .uuid = "",
                                     .sentence = sentence,
                                     .remedy = "",
                                     .kernel = "/images/a/linux",
                                     .initrds = {"/images/a/initrd", "/images/a/more"},
                                     .arguments = arguments,
                                     .poll_s = 10};
    text_init(&text, out, 8192);
    problem_clear(&problem);
    return loader_print_config(dialect, &context, &text, &problem);
}

// The first byte picks the dialect. Short inputs keep the sentence on one line.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char plain[8192];
    static char out[8192];
    if (size < 2 || size > 70) {
        return 0;
    }
    enum loader_dialect dialect = (enum loader_dialect)(data[0] % 3);
    char *words = fuzz_string(data + 1, size - 1);
    fuzz_must(print(dialect, "x", "X.", plain) == STATUS_OK);
    if (words[0] != '\0' && print(dialect, words, "X.", out) == STATUS_OK) {
        fuzz_must(count_lines(out) == count_lines(plain));
        fuzz_must(dialect != LOADER_DIALECT_IPXE || strstr(words, "${") == NULL);
    }
    fuzz_must(print(dialect, "x", words, out) == STATUS_OK);
    fuzz_must(count_lines(out) <= count_lines(plain));
    free(words);
    return 0;
}
