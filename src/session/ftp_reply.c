// SPDX-License-Identifier: GPL-3.0-or-later
// Replies that tell what was found out since the command came.
#include "base/time.h"
#include "session/ftp.h"

#include <string.h>

// `path` inside the quotes of a 257: quotes are doubled (RFC 959 appendix II).
static void add_quoted(struct text *text, const char *path)
{
    text_add(text, "\"/");
    for (; *path != '\0'; path++) {
        text_add_char(text, *path);
        if (*path == '"') {
            text_add_char(text, '"');
        }
    }
    text_add(text, "\"");
}

void ftp_print_folder(const struct ftp *ftp, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    text_add(&text, "257 ");
    add_quoted(&text, ftp->folder);
    text_add(&text, " is the folder.\r\n");
}

void ftp_print_greeting(const char *name, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    text_add(&text, "220 ");
    text_add_escaped(&text, name, strlen(name));
    text_add(&text, ": imprint, files for booting and installing.\r\n");
}

void ftp_print_passive(struct ftp *ftp, const struct ftp_step *step, uint16_t port, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    ftp->data = FTP_DATA_PASSIVE;
    if (step->is_extended) {
        text_add_format(&text, "229 Come to the port in brackets (|||%u|)\r\n", port);
        return;
    }
    uint32_t address = ip_get_ip4(ftp->server).value;
    text_add_format(&text, "227 Come to the port in brackets (%u,%u,%u,%u,%u,%u).\r\n", address >> 24,
                    address >> 16 & 255, address >> 8 & 255, address & 255, (unsigned)port >> 8,
                    (unsigned)port & 255);
}

void ftp_print_size(uint64_t size, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    text_add_format(&text, "213 %llu\r\n", (unsigned long long)size);
}

void ftp_print_time(int64_t modified_s, char out[FTP_REPLY_BYTES])
{
    char time[TIME_TEXT_BYTES];
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    if (modified_s <= 0) {
        text_add(&text, "550 Nobody knows when that was made.\r\n");
        return;
    }
    text_add(&text, "213 ");
    for (const char *at = time_print(modified_s, time); *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9') { // "2026-11-22T17:07:58Z" without its marks
            text_add_char(&text, *at);
        }
    }
    text_add(&text, "\r\n");
}

void ftp_enter(struct ftp *ftp, const struct ftp_step *step, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    memcpy(ftp->folder, step->path, sizeof ftp->folder);
    text_add(&text, "250 The folder is ");
    add_quoted(&text, ftp->folder);
    text_add(&text, ".\r\n");
}

void ftp_print_aborted(bool was_busy, char out[FTP_REPLY_BYTES])
{
    struct text text;
    text_init(&text, out, FTP_REPLY_BYTES);
    text_add(&text, was_busy ? "426 The transfer was ended.\r\n226 As you wish.\r\n"
                             : "226 No transfer is under way.\r\n");
}
