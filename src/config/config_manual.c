// SPDX-License-Identifier: GPL-3.0-or-later
// The part of imprint.yaml(5) that is a list of keys, in mdoc, from the table of keys.
#include "config/config.h"
#include "config/key.h"
#include "config/value.h"

#include <string.h>

// One sentence a line, as mdoc wants it.
static void print_sentences(const char *text, FILE *out)
{
    const char *end;
    while ((end = strstr(text, ". ")) != NULL) {
        (void)fprintf(out, "%.*s\n", (int)(end - text + 1), text);
        text = end + 2;
    }
    (void)fprintf(out, "%s\n", text);
}

void config_print_manual(FILE *out)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    (void)fputs(".Bl -tag -width Ds\n", out);
    for (unsigned i = 0; i < count; i++) {
        const struct key *key = &keys[i];
        char about[VALUE_TEXT_BYTES];
        const char *without = key->default_text != NULL ? key->default_text : key->default_about;
        (void)fprintf(out, ".It Cm %s\n", key->name);
        print_sentences(key->about, out);
        (void)fprintf(out, "%s %s.\n", key->is_list ? "A list:" : "Takes", value_about(key, about));
        if (without != NULL) {
            (void)fprintf(out, "Default: %s.\n", without);
        } else {
            (void)fputs("It must be given.\n", out);
        }
        if (key->may_reload) {
            (void)fputs("A reload can change it.\n", out);
        }
    }
    (void)fputs(".El\n", out);
}
