// SPDX-License-Identifier: GPL-3.0-or-later
// What must hold for whatever stands in another server's configuration: what is made of it is a
// configuration that loads, and the same each time.
#pragma once

#include "cli/migrate_source.h"
#include "config/config.h"
#include "fuzz/fuzz.h"

static inline char *fuzz_migrate_yaml(struct migration *migration, size_t *bytes)
{
    char *yaml = NULL;
    FILE *out = open_memstream(&yaml, bytes);
    fuzz_must(out != NULL);
    migrate_print_yaml(migration, out);
    (void)fclose(out);
    return yaml;
}

static inline void fuzz_migrate_check(struct migration *migration)
{
    struct problem problem;
    char *text = NULL;
    size_t bytes = 0;
    struct config *config = calloc(1, sizeof *config);
    char *yaml = fuzz_migrate_yaml(migration, &bytes);
    fuzz_must(config != NULL);
    problem_clear(&problem);
    fuzz_must(config_parse(yaml, bytes, "imprint.yaml", config, &problem) == STATUS_OK);
    config_clear(config);
    free(config);
    FILE *out = open_memstream(&text, &bytes);
    fuzz_must(out != NULL);
    migrate_print_report(migration, out);
    migrate_print_machines(migration, "", out);
    (void)fclose(out);
    for (size_t i = 0; i < bytes; i++) { // it goes to terminals
        fuzz_must(text[i] == '\n' || (text[i] >= ' ' && text[i] != 0x7f) || (text[i] & 0x80) != 0);
    }
    free(text);
    free(yaml);
    json_decref(migrate_to_json(migration));
}

/// Migrates `size` bytes of `data` as a file of `source`.
static inline void fuzz_migrate(const struct migrate_source *source, const uint8_t *data, size_t size)
{
    struct migration migration;
    if (size > 65536 || memchr(data, '\0', size) != NULL) {
        return;
    }
    char *input = fuzz_string(data, size);
    struct migrate_text text = {.path = "/etc/\xff\n# x", .bytes = input, .count = size};
    migrate_init(&migration);
    (void)migrate_source_find(NULL, &text);
    source->read(&migration, &text);
    migrate_check(&migration);
    fuzz_migrate_check(&migration);
    migrate_clear(&migration);
    free(input);
}
