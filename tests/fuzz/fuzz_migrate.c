// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever stands in another server's configuration: what is made of it is a configuration that loads.
#include "cli/migrate_source.h"
#include "config/config.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct migration migration;
    struct config config;
    struct problem problem;
    size_t sources;
    const struct migrate_source *const *table = migrate_source_table(&sources);
    if (size == 0 || size > 65536 || memchr(data, '\0', size) != NULL) {
        return 0;
    }
    // the first byte chooses the source; its own name for the file shows up in comments
    char *input = fuzz_string(data + 1, size - 1);
    struct migrate_text text = {.path = "/etc/\xff\n# x", .bytes = input, .count = size - 1};
    migrate_init(&migration);
    (void)migrate_source_find(NULL, &text);
    table[data[0] % sources]->read(&migration, &text);
    migrate_check(&migration);
    char *yaml = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&yaml, &bytes);
    fuzz_must(out != NULL);
    migrate_print_yaml(&migration, out);
    migrate_print_report(&migration, out);
    (void)fflush(out);
    json_decref(migrate_to_json(&migration));
    (void)fclose(out);
    free(yaml);
    yaml = NULL;
    out = open_memstream(&yaml, &bytes);
    fuzz_must(out != NULL);
    migrate_print_yaml(&migration, out);
    (void)fclose(out);
    problem_clear(&problem);
    fuzz_must(config_parse(yaml, bytes, "imprint.yaml", &config, &problem) == STATUS_OK);
    config_clear(&config);
    free(yaml);
    migrate_clear(&migration);
    free(input);
    return 0;
}
