// SPDX-License-Identifier: GPL-3.0-or-later
// The options of atftpd(8), and /etc/default/atftpd of Debian: OPTIONS, and USE_INETD.
#include "cli/migrate_server.h"
#include "cli/migrate_shell.h"

#include "base/text.h"

#include <string.h>

// "239.255.0.0-255" has the last byte's range only; lists of ranges are not ours.
static void take_groups(struct migrate_server_run *run, const struct migrate_option *option,
                        const char *value, const char *what)
{
    char range[2 * MIGRATE_WORD_BYTES];
    const char *dash = strchr(value, '-');
    const char *dot = strrchr(value, '.');
    if (strchr(value, ',') != NULL) {
        migrate_remark(
            run->migration, MIGRATE_LEFT, what,
            "imprint takes one range, FIRST-LAST, in tftp.multicast_groups: choose one that holds them");
        return;
    }
    if (dot == NULL || (dash != NULL && dash < dot)) {
        (void)text_copy(range, sizeof range, value); // whole addresses, or none: the key will say
    } else {
        int first = dash == NULL ? (int)strlen(value) : (int)(dash - value);
        (void)snprintf(range, sizeof range, "%.*s-%.*s%s", first, value, (int)(dot - value) + 1, value,
                       dash == NULL ? dot + 1 : dash + 1);
        if (dash == NULL) {
            (void)snprintf(range, sizeof range, "%s-%s", value, value);
        }
    }
    migrate_set(run->migration, option->key, range, what);
}

static void take_address(struct migrate_server_run *run, const struct migrate_option *option,
                         const char *value, const char *what)
{
    (void)option;
    migrate_server_listen(run->migration, value, what);
}

static void take_port(struct migrate_server_run *run, const struct migrate_option *option, const char *value,
                      const char *what)
{
    char address[MIGRATE_WORD_BYTES + 1];
    (void)option;
    (void)snprintf(address, sizeof address, ":%s", value);
    migrate_server_listen(run->migration, address, what);
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
#define TAKEN(letter_, name_, key_, take_)                                                                   \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .argument = MIGRATE_ARGUMENT, .key = (key_), .take = (take_)   \
    }
#define FLAG(name_, key_, text_)                                                                             \
    {                                                                                                        \
        .name = (name_), .key = (key_), .text = (text_)                                                      \
    }

static const struct migrate_option options[] = {
    DONE('t', "tftpd-timeout", MIGRATE_ARGUMENT,
         "imprint is not started for each request, so it never ends by itself"),
    DONE('r', "retry-timeout", MIGRATE_ARGUMENT,
         "imprint measures how long each client takes, and sends again accordingly"),
    TAKEN('m', "maxthread", "tftp.transfers", NULL),
    DONE('v', "verbose", MIGRATE_OPTIONAL_ARGUMENT,
         "imprint events and imprint watch tell of every transfer"),
    DONE('\0', "trace", MIGRATE_NO_ARGUMENT, "tcpdump shows each packet"),
    FLAG("no-timeout", "tftp.refuse", "timeout"),
    FLAG("no-tsize", "tftp.refuse", "tsize"),
    FLAG("no-blksize", "tftp.refuse", "blksize"),
    FLAG("no-windowsize", "tftp.refuse", "windowsize"),
    FLAG("no-multicast", "tftp.multicast", "no"),
    DONE('\0', "logfile", MIGRATE_ARGUMENT, "imprint writes to the journal"),
    DONE('\0', "pidfile", MIGRATE_ARGUMENT, "systemd knows imprint's process"),
    DONE('\0', "listen-local", MIGRATE_NO_ARGUMENT, "imprint takes what comes in at its interfaces"),
    DONE('\0', "daemon", MIGRATE_NO_ARGUMENT, "imprint always stands alone"),
    DONE('\0', "no-fork", MIGRATE_NO_ARGUMENT, "imprint serve always stays in the foreground"),
    DONE('\0', "prevent-sas", MIGRATE_NO_ARGUMENT,
         "imprint never sends a block twice because an ACK came twice"),
    LEFT('\0', "user", MIGRATE_ARGUMENT,
         "imprint has an account of its own, 'user', which also owns its database and images"),
    LEFT('\0', "group", MIGRATE_ARGUMENT, "imprint's group is that of its account"),
    TAKEN('\0', "port", NULL, take_port),
    TAKEN('\0', "bind-address", NULL, take_address),
    LEFT('\0', "mcast-ttl", MIGRATE_ARGUMENT, "imprint's multicast stays in the client's network"),
    TAKEN('\0', "mcast-addr", "tftp.multicast_groups", take_groups),
    LEFT('\0', "mcast-port", MIGRATE_ARGUMENT,
         "imprint chooses the port of each group, and tells the clients"),
    LEFT('\0', "pcre", MIGRATE_ARGUMENT,
         "its rules are written differently: write them anew as in.tftpd has them (imprint tftp map tries "
         "them "
         "out), and name that file in tftp.map"),
    {.name = "pcre-test",
     .argument = MIGRATE_ARGUMENT,
     .kind = MIGRATE_FAULT,
     .text = "with this atftpd only tries rules out, so nothing was served"},
    LEFT('\0', "mtftp", MIGRATE_ARGUMENT,
         "imprint has no PXE MTFTP; clients use multicast as RFC 2090 has it"),
    LEFT('\0', "mtftp-port", MIGRATE_ARGUMENT, "imprint has no PXE MTFTP"),
    LEFT('\0', "no-source-port-checking", MIGRATE_NO_ARGUMENT,
         "imprint wants a transfer's packets from the port that asked; for clients behind a NAT or a "
         "firewall see "
         "tftp.single_port"),
    DONE('\0', "mcast-switch-client", MIGRATE_NO_ARGUMENT, "imprint goes on with the next client by itself"),
    {.letter = 'V',
     .name = "version",
     .kind = MIGRATE_FAULT,
     .text = "with this atftpd prints its version and ends, so nothing was served"},
    {.letter = 'h',
     .name = "help",
     .kind = MIGRATE_FAULT,
     .text = "with this atftpd prints its help and ends, so nothing was served"},
    {.letter = '\0', .name = NULL},
};

static void finish(struct migrate_server_run *run)
{
    char what[MIGRATE_WHAT_BYTES];
    if (run->folder_count != 0) {
        migrate_server_print_what(run, run->folders[0], NULL, what);
        migrate_set(run->migration, "tftp.root", run->folders[0], what);
        migrate_remark(run->migration, MIGRATE_NEEDLESS, what,
                       "atftpd took writes where the folder's permissions let it; imprint takes none unless "
                       "tftp.upload.folder is set");
    }
    if (run->folder_count > 1) {
        migrate_remark(run->migration, MIGRATE_FAULT, what,
                       "atftpd takes one folder, and there are %u: %s is taken", run->folder_count,
                       run->folders[0]);
    }
}

const struct migrate_server migrate_server_atftpd = {"atftpd", options, finish};

// ---- /etc/default/atftpd ----

enum variable { USE_INETD, OPTIONS, VARIABLE_COUNT };

static const char *const names[VARIABLE_COUNT] = {"USE_INETD", "OPTIONS"};

// OPTIONS is a name that many services use: the file's own name, or atftpd's words, must speak for it.
static bool recognises(const struct migrate_text *text)
{
    struct shell_default file = shell_default_init(text->bytes, text->count);
    struct shell_default_item item;
    bool is_named = text_ends(text->path, "atftpd");
    while (shell_default_next(&file, &item)) {
        bool is_options = strcmp(item.name, names[OPTIONS]) == 0;
        if (is_options && (is_named || strstr(item.value, "tftp") != NULL)) {
            return true;
        }
    }
    return false;
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct migrate_shell_value values[VARIABLE_COUNT] = {0};
    struct migrate_server_run run = migrate_server_init(migration, &migrate_server_atftpd);
    migrate_shell_read(migration, text, names, VARIABLE_COUNT, values);
    if (values[USE_INETD].line != 0) {
        migrate_at(migration, text->path, values[USE_INETD].line);
        migrate_remark(migration, MIGRATE_NEEDLESS, names[USE_INETD], "imprint always stands alone");
    }
    migrate_at(migration, text->path, values[OPTIONS].line);
    migrate_server_take(&run, names[OPTIONS], values[OPTIONS].value);
    migrate_server_finish(&run);
}

const struct migrate_source migrate_source_atftpd = {"atftpd", "/etc/default/atftpd", recognises, read_file};
