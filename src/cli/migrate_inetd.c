// SPDX-License-Identifier: GPL-3.0-or-later
// inetd.conf: its lines for the service tftp.
#include "cli/migrate_server.h"
#include "cli/migrate_source.h"
#include "format/inetd.h"

#include <string.h>

static bool is_tftp(const struct inetd_item *item)
{
    const char *colon = strrchr(item->service, ':'); // "address:service"
    return strcmp(colon == NULL ? item->service : colon + 1, "tftp") == 0;
}

static bool recognises(const struct migrate_text *text)
{
    struct inetd inetd = inetd_init(text->bytes, text->count);
    struct inetd_item item;
    while (inetd_next(&inetd, &item)) {
        if (item.status == STATUS_OK && is_tftp(&item) && strcmp(item.socket_type, "dgram") == 0) {
            return true;
        }
    }
    return false;
}

// The arguments begin with the program's name, and those of tcpd with the name of the program it starts.
static void read_program(struct migration *migration, const struct inetd_item *item)
{
    char name[MIGRATE_WORD_BYTES];
    struct line rest = {item->arguments, strlen(item->arguments), item->line};
    const struct migrate_server *server = NULL;
    if (line_take_word(&rest, name, sizeof name) == STATUS_OK) {
        server = migrate_server_find(name);
    }
    server = server == NULL ? migrate_server_find(item->program) : server;
    if (server == NULL) {
        migrate_remark(migration, MIGRATE_LEFT, item->program,
                       "its options are not known; known are in.tftpd and atftpd");
        return;
    }
    struct migrate_server_run run = migrate_server_init(migration, server);
    rest = line_trim(rest); // up to the text's end
    migrate_server_take(&run, server->name, rest.length == 0 ? "" : rest.text);
    migrate_server_finish(&run);
}

static void read_tftp(struct migration *migration, const struct inetd_item *item)
{
    const char *colon = strrchr(item->service, ':');
    const char *dot = strchr(item->wait, '.');
    if (item->is_off) {
        migrate_remark(migration, MIGRATE_CHANGED, "#<off>#",
                       "the service was turned off there; imprint serves TFTP whenever it runs");
    }
    if (colon != NULL) {
        char address[INETD_WORD_BYTES];
        struct line host = {item->service, (size_t)(colon - item->service), item->line};
        (void)line_copy(&host, address, sizeof address);
        migrate_server_listen(migration, address, item->service);
    }
    if (strcmp(item->protocol, "udp6") == 0) {
        migrate_remark(migration, MIGRATE_LEFT, item->protocol, "imprint speaks IPv4 only");
    }
    if (dot != NULL) {
        migrate_remark(migration, MIGRATE_LEFT, item->wait,
                       "inetd counted starts of the program in a minute; imprint has "
                       "tftp.requests_per_second and tftp.requests_per_client");
    }
    read_program(migration, item);
}

static void read_file(struct migration *migration, const struct migrate_text *text)
{
    struct inetd inetd = inetd_init(text->bytes, text->count);
    struct inetd_item item;
    while (inetd_next(&inetd, &item)) {
        migrate_at(migration, text->path, item.line);
        if (item.status != STATUS_OK) {
            migrate_remark(migration, MIGRATE_FAULT, item.service, "it is no line of inetd.conf: %s",
                           item.status == STATUS_TOO_LONG ? "a column is too long" : "columns are missing");
        } else if (is_tftp(&item)) {
            read_tftp(migration, &item);
        } else if (!item.is_off) {
            migrate_remark(migration, MIGRATE_NEEDLESS, item.service, "it is not TFTP");
        }
    }
}

const struct migrate_source migrate_source_inetd = {"inetd", "the lines for tftp in inetd.conf", recognises,
                                                    read_file};
