// SPDX-License-Identifier: GPL-3.0-or-later
// The command lines of TFTP servers, wherever they stand: in xinetd's server_args, in inetd.conf, in
// /etc/default. One table of options for each server; parsing follows getopt_long(3).
#pragma once

#include "cli/migrate.h"

enum migrate_argument { MIGRATE_NO_ARGUMENT, MIGRATE_ARGUMENT, MIGRATE_OPTIONAL_ARGUMENT };

struct migrate_server_run;

struct migrate_option {
    char letter;      // '\0' = only the long form
    const char *name; // NULL = only the short form
    enum migrate_argument argument;
    enum migrate_remark_kind kind; // of the remark
    const char *key;               // carried over to this; NULL = a remark
    const char *text;              // the value of `key` when there is no argument, or the remark
    // what rows alone cannot say; NULL = nothing more
    void (*take)(struct migrate_server_run *run, const struct migrate_option *option, const char *value,
                 const char *what);
};

#define MIGRATE_WORD_BYTES 512

struct migrate_server {
    const char *name;                     // "in.tftpd"
    const struct migrate_option *options; // ended by one without letter and name
    // all were taken: what is to be made of all together
    void (*finish)(struct migrate_server_run *run);
};

struct migrate_server_run {
    struct migration *migration;
    const struct migrate_server *server;
    const char *before;                  // of what in remarks: "server_args"
    char folders[2][MIGRATE_WORD_BYTES]; // the first arguments that are no options
    unsigned folder_count;
    const char *secure_before; // of in.tftpd's -s; NULL = not given
    const char *create_before; // of its -c
    unsigned create_line;
};

extern const struct migrate_server migrate_server_in_tftpd;
extern const struct migrate_server migrate_server_atftpd;

/// The server whose program is called `program` (a path or a name), or NULL.
const struct migrate_server *migrate_server_find(const char *program);

/// Starts with the command line of `server`, about which `migration` will be told.
struct migrate_server_run migrate_server_init(struct migration *migration,
                                              const struct migrate_server *server);

/// Takes a part of the command line, `arguments` (without the program's name, blanks between), which stands
/// at migration's line. `before` (borrowed as long as the run lives) stands before each option in remarks.
void migrate_server_take(struct migrate_server_run *run, const char *before, const char *arguments);

/// Prints "server_args -B 1468" into `what`; `value` may be NULL.
void migrate_server_print_what(const struct migrate_server_run *run, const char *option, const char *value,
                               char what[MIGRATE_WHAT_BYTES]);

/// There is no more. What all arguments together mean is carried over.
void migrate_server_finish(struct migrate_server_run *run);

/// Remarks what is to be said of an address "[ADDRESS][:PORT]" that the server listens to; `what` as the
/// source has it.
void migrate_server_listen(struct migration *migration, const char *address, const char *what);
