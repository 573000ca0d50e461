// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/remedy.h"

#include <stdio.h>
#include <string.h>

#define REMEDY_BYTES  512
#define NUMBER_BYTES  24
#define LETTERS_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct remedy_word {
    const char *word;
    const char *value; // NULL = not known
};

// What a word of capitals stands for; NULL when it stands for nothing that is known here.
static const char *find_value(const struct remedy_word *words, size_t count, const char *at, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].word) == length && memcmp(words[i].word, at, length) == 0) {
            return words[i].value;
        }
    }
    return NULL;
}

static bool is_inside_word(const char *remedy, const char *at, size_t length)
{
    bool begins = at == remedy || strchr(" '", at[-1]) != NULL;
    bool ends = at[length] == '\0' || strchr(" ',;.:", at[length]) != NULL;
    return !begins || !ends;
}

void remedy_print(const struct store *store, enum reason_id reason, const struct order *order,
                  struct text *out)
{
    const struct machine *machine = store_machine_get(store, order->machine_id);
    const struct profile *profile = store_profile_find(store, order->profile);
    char number[NUMBER_BYTES];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)order->id);
    const struct remedy_word words[] = {{"N", number},
                                        {"NAME", machine == NULL ? NULL : machine->name},
                                        {"PROFILE", order->profile},
                                        {"IMAGE", profile == NULL ? NULL : profile->image}};
    const char *remedy = reason_get(reason)->remedy;
    const char *at = remedy;
    while (*at != '\0') {
        size_t length = strspn(at, LETTERS_UPPER);
        const char *value = length == 0 || is_inside_word(remedy, at, length)
                                ? NULL
                                : find_value(words, COUNT_OF(words), at, length);
        length = length == 0 ? 1 : length;
        if (value == NULL) {
            text_add_bytes(out, at, length);
        } else {
            text_add(out, value);
        }
        at += length;
    }
}

void remedy_add_sentence(const struct store *store, enum reason_id reason, const struct order *order,
                         struct text *out)
{
    char words[REMEDY_BYTES];
    struct text text;
    text_init(&text, words, sizeof words);
    remedy_print(store, reason, order, &text);
    if (text.length == 0 || strncmp(words, "imprint order ", strlen("imprint order ")) == 0) {
        return;
    }
    bool is_command = strncmp(words, "imprint ", strlen("imprint ")) == 0;
    bool is_small = words[0] >= 'a' && words[0] <= 'z';
    words[0] = is_small && !is_command ? (char)(words[0] - ('a' - 'A')) : words[0];
    text_add_format(out, " %s%s.", is_command ? "On the server: " : "", words);
}
