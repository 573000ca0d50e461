// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of FTP's control connection: whatever comes, replies are whole lines and paths stay inside.
#include "fuzz/fuzz.h"
#include "session/ftp.h"

#include <string.h>

static void check(const struct ftp_step *step)
{
    size_t length = strlen(step->reply);
    fuzz_must(length == 0 || (length > 5 && memcmp(step->reply + length - 2, "\r\n", 2) == 0));
    fuzz_must(strstr(step->path, "..") == NULL || strstr(step->path, "/../") == NULL);
    fuzz_must(step->path[0] != '/' && strncmp(step->path, "../", 3) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ftp_session session;
    struct ftp_step step;
    char reply[FTP_REPLY_BYTES];
    const char *line = (const char *)data;
    struct ip peer = ip_from_ip4((struct ip4){0xc0000209});
    ftp_session_init(&session, peer, reply);
    while (size != 0) {
        const char *end = memchr(line, '\n', size);
        size_t length = end == NULL ? size : (size_t)(end - line);
        ftp_session_take(&session, line, length, &step);
        check(&step);
        if (step.act == FTP_ACT_PASSIVE) {
            ftp_session_passive(&session, peer, 50000, reply);
        } else if (step.act == FTP_ACT_ENTER) {
            ftp_session_enter(&session, &step, true, reply);
        }
        fuzz_must(session.data != FTP_DATA_ACTIVE || session.port >= 1024);
        size -= length + (end != NULL);
        line += length + (end != NULL);
    }
    return 0;
}
