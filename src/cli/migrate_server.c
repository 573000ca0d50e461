// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_server.h"

#include "base/text.h"
#include "format/line.h"

#include <string.h>

struct words { // of a command line
    struct migrate_server_run *run;
    struct line rest;
    char word[MIGRATE_WORD_BYTES];
    bool only_folders; // behind "--"
};

const struct migrate_server *migrate_server_find(const char *program)
{
    static const struct {
        const char *name;
        const struct migrate_server *server;
    } programs[] = {{"in.tftpd", &migrate_server_in_tftpd},
                    {"tftpd", &migrate_server_in_tftpd},
                    {"tftpd-hpa", &migrate_server_in_tftpd},
                    {"atftpd", &migrate_server_atftpd},
                    {"in.atftpd", &migrate_server_atftpd}};
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        if (strcmp(programs[i].name, name) == 0) {
            return programs[i].server;
        }
    }
    return NULL;
}

// The next word. False at the end; one that is too long is remarked and left out.
static bool next_word(struct words *words)
{
    for (;;) {
        enum status status = line_take_word(&words->rest, words->word, sizeof words->word);
        if (status != STATUS_TOO_LONG) {
            return status == STATUS_OK;
        }
        migrate_remark(words->run->migration, MIGRATE_LEFT, words->word, "it is too long");
    }
}

void migrate_server_print_what(const struct migrate_server_run *run, const char *option, const char *value,
                               char what[MIGRATE_WHAT_BYTES])
{
    struct text text;
    text_init(&text, what, MIGRATE_WHAT_BYTES);
    text_add_format(&text, "%s %s%s%s", run->before, option, value == NULL ? "" : " ",
                    value == NULL ? "" : value);
}

static void take_option(struct words *words, const struct migrate_option *option, const char *written,
                        const char *value)
{
    struct migration *migration = words->run->migration;
    char what[MIGRATE_WHAT_BYTES];
    migrate_server_print_what(words->run, written, value, what);
    if (option->take != NULL) {
        option->take(words->run, option, value, what);
    } else if (option->key != NULL) {
        migrate_set(migration, option->key, option->argument == MIGRATE_ARGUMENT ? value : option->text,
                    what);
    } else {
        migrate_remark(migration, option->kind, what, "%s", option->text);
    }
}

static void refuse_option(const struct words *words, const char *written, const char *why)
{
    char what[MIGRATE_WHAT_BYTES];
    migrate_server_print_what(words->run, written, NULL, what);
    migrate_remark(words->run->migration, MIGRATE_FAULT, what, "%s %s", words->run->server->name, why);
}

// getopt_long(3) takes a long option by any beginning of its name that no other has.
static const struct migrate_option *find_long(const struct words *words, const char *name, size_t length)
{
    const struct migrate_option *found = NULL;
    unsigned count = 0;
    for (const struct migrate_option *row = words->run->server->options;
         row->letter != '\0' || row->name != NULL; row++) {
        if (row->name == NULL || length == 0 || strncmp(row->name, name, length) != 0) {
            continue;
        }
        if (row->name[length] == '\0') {
            return row;
        }
        found = row;
        count++;
    }
    return count == 1 ? found : NULL;
}

static void read_long(struct words *words)
{
    char written[MIGRATE_WORD_BYTES];
    const char *equals = strchr(words->word, '=');
    struct text text;
    size_t length = equals == NULL ? strlen(words->word) : (size_t)(equals - words->word);
    text_init(&text, written, sizeof written);
    text_add_bytes(&text, words->word, length);
    const struct migrate_option *option = find_long(words, written + 2, length - 2);
    if (option == NULL) {
        refuse_option(words, written, "has no such option");
    } else if (option->argument == MIGRATE_NO_ARGUMENT ||
               (option->argument != MIGRATE_ARGUMENT && equals == NULL)) {
        take_option(words, option, written, NULL);
    } else if (equals != NULL) {
        take_option(words, option, written, equals + 1);
    } else if (next_word(words)) {
        take_option(words, option, written, words->word);
    } else {
        refuse_option(words, written, "needs a value there");
    }
}

static const struct migrate_option *find_letter(const struct words *words, char letter)
{
    for (const struct migrate_option *row = words->run->server->options;
         row->letter != '\0' || row->name != NULL; row++) {
        if (row->letter == letter) {
            return row;
        }
    }
    return NULL;
}

// "-vs", "-B1468", "-B 1468"
static void read_letters(struct words *words)
{
    char cluster[MIGRATE_WORD_BYTES];
    (void)text_copy(cluster, sizeof cluster, words->word);
    for (const char *at = cluster + 1; *at != '\0'; at++) {
        const char written[] = {'-', *at, '\0'};
        const struct migrate_option *option = find_letter(words, *at);
        if (option == NULL) {
            refuse_option(words, written, "has no such option");
            return;
        }
        if (option->argument == MIGRATE_NO_ARGUMENT ||
            (option->argument != MIGRATE_ARGUMENT && at[1] == '\0')) {
            take_option(words, option, written, NULL);
            continue;
        }
        if (at[1] != '\0') {
            take_option(words, option, written, at + 1);
        } else if (next_word(words)) {
            take_option(words, option, written, words->word);
        } else {
            refuse_option(words, written, "needs a value there");
        }
        return;
    }
}

static void add_folder(struct words *words)
{
    struct migrate_server_run *run = words->run;
    if (run->folder_count < COUNT_OF(run->folders)) {
        (void)text_copy(run->folders[run->folder_count], MIGRATE_WORD_BYTES, words->word);
    }
    run->folder_count++;
}

struct migrate_server_run migrate_server_init(struct migration *migration,
                                              const struct migrate_server *server)
{
    return (struct migrate_server_run){.migration = migration, .server = server, .before = ""};
}

void migrate_server_take(struct migrate_server_run *run, const char *before, const char *arguments)
{
    struct words words = {.run = run, .rest = {arguments, strlen(arguments), 0}};
    run->before = before;
    if (strpbrk(arguments, "\"'\\") != NULL) {
        migrate_remark(run->migration, MIGRATE_FAULT, before,
                       "it has quotes or backslashes in it, and no shell takes them away before %s gets them",
                       run->server->name);
    }
    while (next_word(&words)) {
        if (words.only_folders || words.word[0] != '-' || words.word[1] == '\0') {
            add_folder(&words);
        } else if (strcmp(words.word, "--") == 0) {
            words.only_folders = true;
        } else if (words.word[1] == '-') {
            read_long(&words);
        } else {
            read_letters(&words);
        }
    }
}

void migrate_server_finish(struct migrate_server_run *run)
{
    run->server->finish(run);
}

void migrate_server_listen(struct migration *migration, const char *address, const char *what)
{
    const char *colon = strrchr(address, ':');
    const char *bracket = strchr(address, ']');
    bool is_six = address[0] == '[' || (colon != NULL && strchr(address, ':') != colon);
    bool has_port = colon != NULL && (!is_six || (bracket != NULL && bracket < colon));
    const char *port = has_port ? colon + 1 : "";
    size_t host = has_port ? (size_t)(colon - address) : strlen(address);
    static const char *const anywhere[] = {"", "*", "0.0.0.0", "[::]", "::"};
    bool is_anywhere = false;
    for (size_t i = 0; i < COUNT_OF(anywhere); i++) {
        is_anywhere =
            is_anywhere || (strlen(anywhere[i]) == host && strncmp(anywhere[i], address, host) == 0);
    }
    if (port[0] != '\0' && strcmp(port, "69") != 0 && strcmp(port, "tftp") != 0) {
        migrate_remark(
            migration, MIGRATE_LEFT, what,
            "imprint listens to port 69, where firmware asks; a firewall rule can bring another port "
            "there");
    }
    if (is_anywhere) {
        migrate_remark(migration, MIGRATE_NEEDLESS, what, "imprint listens to port 69 of all its interfaces");
    } else {
        migrate_remark(
            migration, MIGRATE_LEFT, what,
            "imprint serves interfaces, not addresses: name the interface that has this address in "
            "'interfaces', such as 'interfaces: [eth0]'");
    }
}
