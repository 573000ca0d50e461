// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/complete.h"

#include "base/text.h"
#include "cli/ask.h"
#include "cli/fact.h"
#include "model/reason.h"

#include <string.h>

#define TIMEOUT_MS 2000L // somebody waits with a finger on the key

struct completion {
    FILE *out;
    const char *word;   // being written
    const char *before; // what stands before it in the same word, "--profile=", or ""
    size_t before_bytes;
    const struct command *command;       // NULL = not known yet
    char words[COMMAND_WORDS_BYTES];     // its words so far
    const struct command_option *option; // whose value is written; NULL = none
    size_t argument_count;               // before it
    char arguments[COMMAND_WORDS_BYTES]; // the same as words, for "help"
    struct call call;                    // to ask the daemon with
};

static void offer(const struct completion *completion, const char *candidate)
{
    if (text_starts(candidate, completion->word)) {
        (void)fprintf(completion->out, "%.*s%s\n", (int)completion->before_bytes, completion->before,
                      candidate);
    }
}

static void offer_next(void *context, const char *word, const struct command *command)
{
    (void)command;
    offer(context, word);
}

static void offer_options(const struct completion *completion, const struct command_option *options)
{
    for (const struct command_option *row = options; row != NULL && row->name != NULL; row++) {
        char name[COMMAND_WORDS_BYTES];
        (void)snprintf(name, sizeof name, "--%s", row->name);
        offer(completion, name);
    }
}

// ---- names that the daemon knows ----

static const struct complete_source {
    const char *placeholder;
    const char *path;
    const char *list;
    const char *name;
} sources[] = {{"MACHINE", "machines", "machines", "name"},
               {"IMAGE", "images", "images", "name"},
               {"PROFILE", "profiles", "profiles", "name"},
               {"ORDER", "orders?live=1", "orders", "id"}};

static void offer_live(struct completion *completion, const struct complete_source *source)
{
    struct problem ignored;
    json_t *answer = NULL;
    size_t position;
    json_t *object;
    problem_clear(&ignored);
    client_set_timeout(ask_client(&completion->call), TIMEOUT_MS);
    if (client_ask(completion->call.client, "GET", source->path, NULL, &answer, &ignored) != STATUS_OK) {
        return;
    }
    json_array_foreach(json_object_get(answer, source->list), position, object)
    {
        char id[24];
        (void)snprintf(id, sizeof id, "%lld", (long long)fact_number(object, source->name));
        offer(completion, strcmp(source->name, "id") == 0 ? id : fact_text(object, source->name));
    }
    json_decref(answer);
}

// The words of a placeholder such as "ADDRESS|none" that are meant as they stand.
static void offer_choices(const struct completion *completion, const char *placeholder)
{
    while (*placeholder != '\0') {
        char choice[COMMAND_WORDS_BYTES];
        struct text text;
        size_t length = strcspn(placeholder, "|");
        text_init(&text, choice, sizeof choice);
        text_add_bytes(&text, placeholder, length);
        if (choice[0] >= 'a' && choice[0] <= 'z') {
            offer(completion, choice);
        }
        placeholder += length;
        placeholder += *placeholder == '|' ? 1 : 0;
    }
}

static void offer_value(struct completion *completion, const char *placeholder)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (strcmp(sources[i].placeholder, placeholder) == 0) {
            offer_live(completion, &sources[i]);
            return;
        }
    }
    if (strcmp(placeholder, "PROFILE|FILE") == 0) {
        offer_value(completion, "PROFILE");
        (void)fputs(":file\n", completion->out);
    } else if (strcmp(placeholder, "MACHINE|FILE|REASON") == 0) {
        offer_value(completion, "MACHINE");
        offer_value(completion, "REASON");
        (void)fputs(":file\n", completion->out);
    } else if (strcmp(placeholder, "FILE") == 0 || strcmp(placeholder, "PATH") == 0) {
        (void)fputs(":file\n", completion->out);
    } else if (strcmp(placeholder, "DIR") == 0) {
        (void)fputs(":folder\n", completion->out);
    } else if (strcmp(placeholder, "REASON") == 0) {
        for (int id = REASON_NONE + 1; id < REASON_COUNT; id++) {
            offer(completion, reason_get((enum reason_id)id)->name);
        }
    } else if (strcmp(placeholder, "FILE|none") == 0 && completion->word[0] != 'n') {
        (void)fputs(":file\n", completion->out);
    } else if (strchr(placeholder, '|') != NULL) {
        offer_choices(completion, placeholder);
    }
}

// ---- the line before the word ----

static void take_word(struct completion *completion, const char *word)
{
    struct text words = {completion->words, strlen(completion->words), sizeof completion->words, false};
    if (completion->command != NULL) {
        struct text arguments = {completion->arguments, strlen(completion->arguments),
                                 sizeof completion->arguments, false};
        text_add_format(&arguments, "%s%s", arguments.length == 0 ? "" : " ", word);
        completion->argument_count++;
        return;
    }
    text_add_format(&words, "%s%s", words.length == 0 ? "" : " ", word);
    completion->command = command_find(completion->words);
}

// The option that `word`, "--name" or "--name=value", names; NULL when it is none.
static const struct command_option *find_option(const struct completion *completion, const char *word)
{
    char name[COMMAND_WORDS_BYTES];
    struct text text;
    if (!text_starts(word, "--")) {
        return NULL;
    }
    text_init(&text, name, sizeof name);
    text_add_bytes(&text, word + 2, strcspn(word + 2, "="));
    return command_find_option(completion->command, name);
}

static void take_line(struct completion *completion, size_t count, char *const line[])
{
    for (size_t i = 0; i < count; i++) {
        const struct command_option *option = find_option(completion, line[i]);
        bool has_value = strchr(line[i], '=') != NULL;
        if (completion->option != NULL) { // this word is its value
            if (strcmp(completion->option->name, "socket") == 0) {
                completion->call.socket = line[i];
            }
            completion->option = NULL;
        } else if (option != NULL) {
            completion->option = option->value != NULL && !has_value ? option : NULL;
        } else if (line[i][0] != '-') {
            take_word(completion, line[i]);
        }
    }
}

static void offer_argument(struct completion *completion)
{
    struct command_argument arguments[COMMAND_ARGUMENTS_COUNT];
    size_t count = command_arguments(completion->command, arguments);
    size_t position = completion->argument_count;
    if (count != 0 && position >= count && arguments[count - 1].repeats) {
        position = count - 1;
    }
    if (position >= count) {
        return;
    }
    if (strcmp(arguments[position].name, "COMMAND") == 0) {
        command_each_next(completion->arguments, offer_next, completion);
    } else {
        offer_value(completion, arguments[position].name);
    }
}

static void offer_all(struct completion *completion)
{
    const struct command_option *option = find_option(completion, completion->word);
    const char *equals = strchr(completion->word, '=');
    if (completion->option != NULL) {
        offer_value(completion, completion->option->value);
    } else if (option != NULL && option->value != NULL && equals != NULL) {
        completion->before = completion->word;
        completion->before_bytes = (size_t)(equals + 1 - completion->word);
        completion->word = equals + 1;
        offer_value(completion, option->value);
    } else if (completion->word[0] == '-') {
        offer_options(completion, completion->command == NULL ? NULL : completion->command->options);
        offer_options(completion, command_common_options());
    } else if (completion->command == NULL) {
        command_each_next(completion->words, offer_next, completion);
    } else {
        offer_argument(completion);
    }
}

int complete_run(size_t count, char *const line[], FILE *out)
{
    struct completion completion = {.out = out, .before = ""};
    if (count == 0) {
        return 0;
    }
    completion.word = line[count - 1];
    take_line(&completion, count - 1, line);
    offer_all(&completion);
    client_free(completion.call.client);
    return 0;
}
