// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config.h"
#include "fuzz/fuzz.h"

// What is accepted prints as a configuration that is accepted too, and is the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static struct config again;
    struct problem problem = {0};
    char *string = fuzz_string(data, size);
    if (config_parse(string, size, "fuzz.yaml", &config, &problem) == STATUS_OK) {
        char *printed = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&printed, &bytes);
        fuzz_must(out != NULL);
        config_print(&config, out);
        fuzz_must(fclose(out) == 0);
        fuzz_must(config_parse(printed, bytes, "fuzz.yaml", &again, &problem) == STATUS_OK);
        fuzz_must(memcmp(&config, &again, sizeof config) == 0);
        free(printed);
    } else {
        fuzz_must(problem_is_set(&problem) && problem.file[0] != '\0');
    }
    free(string);
    return 0;
}
