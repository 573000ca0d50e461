// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp.h"

#include "fuzz/fuzz.h"
#include "session/ftp_line.h"

/// Whether `path` stays below the root and has nothing in it that could become a line of its own.
static int is_inside(const char *path)
{
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
        part += length + (part[length] == '/');
    }
    return strpbrk(path, "\r\n\\") == NULL;
}

/// Whether a reply is whole lines, each ended by CR LF.
static int is_lines(const char *reply)
{
    size_t length = strlen(reply);
    return length == 0 || (length >= 6 && strcmp(reply + length - 2, "\r\n") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ftp_line line;
    struct ftp ftp;
    struct ftp_step step;
    struct ip peer = ip_from_ip4((struct ip4){0xc0000207});
    line = (struct ftp_line){0};
    ftp_init(&ftp, peer, ip_from_ip4((struct ip4){0xc0000201}));
    ftp.is_in = ftp.is_named = true;
    for (size_t i = 0; i < size; i++) {
        if (ftp_line_step(&line, data[i]) != FTP_LINE_READY) {
            continue;
        }
        fuzz_must(strlen(line.text) < FTP_LINE_BYTES && strchr(line.text, '\r') == NULL);
        (void)ftp_is_urgent(line.text);
        ftp_step(&ftp, line.text, &step);
        fuzz_must(is_lines(step.reply) && is_inside(step.path) && is_inside(ftp.folder));
        fuzz_must(step.reply[0] != '\0' || step.need != FTP_NEED_NOTHING);
        fuzz_must(ftp.data != FTP_DATA_ACTIVE || ftp.active_port >= 1024);
        if (step.need == FTP_NEED_ENTER) {
            ftp_enter(&ftp, &step, step.reply);
            fuzz_must(is_lines(step.reply) && is_inside(ftp.folder));
        }
        if (step.need == FTP_NEED_PASSIVE) {
            ftp_print_passive(&ftp, &step, 1024, step.reply);
        }
    }
    return 0;
}
