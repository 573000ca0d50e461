// SPDX-License-Identifier: GPL-3.0-or-later
// /etc/default/tftpd-hpa of Debian. Its service starts
// in.tftpd --listen --user $TFTP_USERNAME --address $TFTP_ADDRESS $TFTP_OPTIONS $TFTP_DIRECTORY
#include "cli/migrate_server.h"
#include "cli/migrate_shell.h"
#include "cli/migrate_source.h"

#include <string.h>

enum variable { USERNAME, DIRECTORY, ADDRESS, OPTIONS, VARIABLE_COUNT };

static const char *const names[VARIABLE_COUNT] = {"TFTP_USERNAME", "TFTP_DIRECTORY", "TFTP_ADDRESS",
                                                  "TFTP_OPTIONS"};

static bool recognises(const struct migrate_text *text)
{
    struct shell_default file = shell_default_init(text->bytes, text->count);
    struct shell_default_item item;
    while (shell_default_next(&file, &item)) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            if (strcmp(item.name, names[i]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct migrate_shell_value values[VARIABLE_COUNT] = {0};
    struct migrate_server_run run = migrate_server_init(migration, &migrate_server_in_tftpd);
    migrate_shell_read(migration, text, names, VARIABLE_COUNT, values);
    if (values[USERNAME].line != 0) {
        migrate_at(migration, text->path, values[USERNAME].line);
        migrate_remark(
            migration, MIGRATE_LEFT, names[USERNAME],
            "imprint has an account of its own, 'user', which also owns its database and images; it must "
            "be allowed to read what %.64s was",
            values[USERNAME].value);
    }
    if (values[ADDRESS].line != 0) {
        migrate_at(migration, text->path, values[ADDRESS].line);
        migrate_server_listen(migration, values[ADDRESS].value, names[ADDRESS]);
    }
    migrate_at(migration, text->path, values[OPTIONS].line);
    migrate_server_take(&run, names[OPTIONS], values[OPTIONS].value);
    migrate_at(migration, text->path, values[DIRECTORY].line);
    migrate_server_take(&run, names[DIRECTORY], values[DIRECTORY].value);
    migrate_server_finish(&run);
}

const struct migrate_source migrate_source_tftpd_hpa = {"tftpd-hpa", "/etc/default/tftpd-hpa", recognises,
                                                        read_file};
