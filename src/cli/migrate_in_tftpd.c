// SPDX-License-Identifier: GPL-3.0-or-later
// The options of in.tftpd(8), the server of tftp-hpa: those of 5.2, and the newer --map-steps.
#include "cli/migrate_server.h"

#include "base/text.h"

#include <string.h>

static void take_secure(struct migrate_server_run *run, const struct migrate_option *option,
                        const char *value, const char *what)
{
    (void)option;
    (void)value;
    (void)what;
    run->secure_before = run->before; // becomes tftp.root with the folder
}

static void take_create(struct migrate_server_run *run, const struct migrate_option *option,
                        const char *value, const char *what)
{
    (void)option;
    (void)value;
    (void)what;
    run->create_before = run->before;
    run->create_line = run->migration->line;
}

static void take_address(struct migrate_server_run *run, const struct migrate_option *option,
                         const char *value, const char *what)
{
    (void)option;
    migrate_server_listen(run->migration, value, what);
}

// "lo:hi" is written "lo-hi" here.
static void take_ports(struct migrate_server_run *run, const struct migrate_option *option, const char *value,
                       const char *what)
{
    char range[MIGRATE_WORD_BYTES];
    (void)text_copy(range, sizeof range, value);
    char *colon = strchr(range, ':');
    if (colon != NULL) {
        *colon = '-';
    }
    migrate_set(run->migration, option->key, range, what);
}

static void take_refuse(struct migrate_server_run *run, const struct migrate_option *option,
                        const char *value, const char *what)
{
    char name[MIGRATE_WORD_BYTES];
    (void)text_copy(name, sizeof name, value);
    for (char *at = name; *at != '\0'; at++) {
        *at = text_lower(*at);
    }
    migrate_set(run->migration, option->key, name, what);
}

static void take_user(struct migrate_server_run *run, const struct migrate_option *option, const char *value,
                      const char *what)
{
    migrate_remark(
        run->migration, option->kind, what,
        "imprint has an account of its own, 'user', which also owns its database and images; it must be "
        "allowed to read what %s was",
        value);
}

#define DONE(letter_, name_, argument_, text_)                                                               \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .argument = (argument_), .kind = MIGRATE_NEEDLESS,             \
        .text = (text_)                                                                                      \
    }
#define LEFT(letter_, name_, argument_, text_)                                                               \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .argument = (argument_), .kind = MIGRATE_LEFT, .text = (text_) \
    }
#define TAKEN(letter_, name_, argument_, key_, take_)                                                        \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .argument = (argument_), .kind = MIGRATE_LEFT, .key = (key_),  \
        .take = (take_)                                                                                      \
    }

static const struct migrate_option options[] = {
    DONE('4', "ipv4", MIGRATE_NO_ARGUMENT, "imprint speaks IPv4"),
    LEFT('6', "ipv6", MIGRATE_NO_ARGUMENT, "imprint speaks IPv4 only"),
    DONE('l', "listen", MIGRATE_NO_ARGUMENT, "imprint always stands alone"),
    DONE('L', "foreground", MIGRATE_NO_ARGUMENT, "imprint serve always stays in the foreground"),
    TAKEN('a', "address", MIGRATE_ARGUMENT, NULL, take_address),
    TAKEN('c', "create", MIGRATE_NO_ARGUMENT, NULL, take_create),
    TAKEN('s', "secure", MIGRATE_NO_ARGUMENT, NULL, take_secure),
    TAKEN('u', "user", MIGRATE_ARGUMENT, NULL, take_user),
    LEFT('U', "umask", MIGRATE_ARGUMENT, "imprint decides itself on the mode of files that clients write"),
    DONE('p', "permissive", MIGRATE_NO_ARGUMENT,
         "imprint goes by what its account may read, and asks for nothing besides"),
    DONE('t', "timeout", MIGRATE_ARGUMENT,
         "imprint is not started for each request, so it never ends by itself"),
    DONE('T', "retransmit", MIGRATE_ARGUMENT,
         "imprint measures how long each client takes, and sends again accordingly"),
    TAKEN('m', "map-file", MIGRATE_ARGUMENT, "tftp.map", NULL),
    DONE('\0', "map-steps", MIGRATE_ARGUMENT,
         "imprint has a limit of its own, so that no rule runs for ever"),
    DONE('v', "verbose", MIGRATE_NO_ARGUMENT, "imprint events and imprint watch tell of every transfer"),
    DONE('\0', "verbosity", MIGRATE_ARGUMENT, "imprint events and imprint watch tell of every transfer"),
    TAKEN('r', "refuse", MIGRATE_ARGUMENT, "tftp.refuse", take_refuse),
    TAKEN('B', "blocksize", MIGRATE_ARGUMENT, "tftp.blksize_max", NULL),
    TAKEN('R', "port-range", MIGRATE_ARGUMENT, "tftp.ports", take_ports),
    DONE('P', "pidfile", MIGRATE_ARGUMENT, "systemd knows imprint's process"),
    {.letter = 'V',
     .name = "version",
     .kind = MIGRATE_FAULT,
     .text = "with this in.tftpd prints its version and ends, so nothing was served"},
    {.letter = '\0', .name = NULL},
};

// Without -s a client names the whole path of a file, and there may be many folders.
static void finish_plain(struct migrate_server_run *run, const char *what)
{
    migrate_remark(
        run->migration, MIGRATE_CHANGED, what,
        "without -s, clients asked for whole paths; imprint's names begin inside tftp.root. For clients "
        "that still send %s/NAME, put the rule 'r ^%s/ /' into the file of tftp.map",
        run->folders[0], run->folders[0]);
    if (run->folder_count > 1) {
        migrate_remark(
            run->migration, MIGRATE_LEFT, what,
            "imprint has one tftp.root, and there are %u folders here, %s too: bring them together in "
            "one",
            run->folder_count, run->folders[1]);
    }
}

static void finish_create(struct migrate_server_run *run)
{
    char folder[MIGRATE_WORD_BYTES + 16];
    char what[MIGRATE_WHAT_BYTES];
    (void)snprintf(folder, sizeof folder, "%s/uploads", run->folders[0]);
    run->before = run->create_before;
    run->migration->line = run->create_line;
    migrate_server_print_what(run, "-c", NULL, what);
    migrate_set(run->migration, "tftp.upload.folder", folder, what);
    migrate_remark(
        run->migration, MIGRATE_CHANGED, what,
        "in.tftpd let clients write anywhere below its folder, also over files; imprint takes new files "
        "only, into %s: make that folder and give it to imprint's account",
        folder);
}

static void finish(struct migrate_server_run *run)
{
    char what[MIGRATE_WHAT_BYTES];
    if (run->folder_count == 0) {
        if (run->secure_before != NULL) {
            migrate_remark(run->migration, MIGRATE_FAULT, run->secure_before, "it names no folder to serve");
        }
        return;
    }
    if (run->secure_before == run->before) {
        migrate_server_print_what(run, "-s", run->folders[0], what);
    } else {
        migrate_server_print_what(run, run->folders[0], NULL, what);
    }
    migrate_set(run->migration, "tftp.root", run->folders[0], what);
    if (run->secure_before == NULL) {
        finish_plain(run, what);
    } else if (run->folder_count > 1) {
        migrate_remark(run->migration, MIGRATE_FAULT, what,
                       "with -s there can be one folder, and there are %u: %s is taken", run->folder_count,
                       run->folders[0]);
    }
    if (run->create_before != NULL) {
        finish_create(run);
    }
}

const struct migrate_server migrate_server_in_tftpd = {"in.tftpd", options, finish};
