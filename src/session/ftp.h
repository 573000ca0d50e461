// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of FTP's control connection (RFC 959, 2428, 2389, 3659) for reading without an account:
// lines in, replies and things to do out. No sockets, no files. What would change anything is refused, and
// data goes to nobody but the client itself, to no port below 1024.
#pragma once

#include "base/ip.h"
#include "base/text.h"

#define FTP_LINE_BYTES  1024 // of a command with its end; a longer one is refused whole
#define FTP_PATH_BYTES  512
#define FTP_REPLY_BYTES 1400

enum ftp_act {
    FTP_ACT_NONE,     // the reply is all
    FTP_ACT_END,      // send the reply, then close
    FTP_ACT_PASSIVE,  // open a port for data; then ftp_session_passive
    FTP_ACT_SEND,     // the file `path` from `offset` on
    FTP_ACT_LIST,     // the folder or file `path`, as `form` says
    FTP_ACT_ENTER,    // `path` becomes the folder if there is one; then ftp_session_enter
    FTP_ACT_SIZE,     // of the file `path`
    FTP_ACT_MODIFIED, // when it was
    FTP_ACT_FACTS,    // of the file or folder `path`
    FTP_ACT_ABORT,    // the transfer that is under way, if any
    FTP_ACT_STATUS,   // how it stands
};

enum ftp_form {
    FTP_FORM_LONG,  // LIST: as ls -l
    FTP_FORM_NAMES, // NLST
    FTP_FORM_FACTS, // MLSD, RFC 3659 section 7
};

enum ftp_data { // where data goes
    FTP_DATA_NONE,
    FTP_DATA_PASSIVE, // the client connects to us
    FTP_DATA_ACTIVE,  // we connect to `port`
};

struct ftp_session {
    struct ip peer;
    char folder[FTP_PATH_BYTES]; // canonical, without '/' at its ends; "" = the root
    bool is_user;                // USER came
    bool is_in;                  // and PASS
    bool is_ascii;               // TYPE A: sizes and bytes are the same in both
    bool is_all_passive;         // EPSV ALL: nothing else any more
    bool is_extended;            // the last PASV was an EPSV
    bool wants_facts[4];         // of MLSD: type, size, modify, perm
    unsigned failures;           // commands in a row that were none
    enum ftp_data data;
    uint16_t port;   // theirs, FTP_DATA_ACTIVE
    uint64_t offset; // of REST, for the next command
};

struct ftp_step {
    enum ftp_act act;
    enum ftp_form form;
    bool is_on_control; // the list goes as a reply: STAT PATH
    bool is_write;      // refused: `asked` was to be written
    uint64_t offset;
    char path[FTP_PATH_BYTES];   // canonical as `folder`
    char asked[FTP_PATH_BYTES];  // as the client wrote it, cut
    char reply[FTP_REPLY_BYTES]; // to be sent at once, whole lines; "" = none yet
};

/// A session with a client at `peer`; the greeting is in `reply`.
void ftp_session_init(struct ftp_session *session, struct ip peer, char reply[FTP_REPLY_BYTES]);

/// Takes one line without its end (`length` bytes, hostile; telnet's commands in it are left out) and says
/// what to do.
void ftp_session_take(struct ftp_session *session, const char *line, size_t length, struct ftp_step *step);

/// The reply to FTP_ACT_PASSIVE: data can come to `port` of `own`, which the client's connection goes to; 0 =
/// there is none free.
void ftp_session_passive(struct ftp_session *session, struct ip own, uint16_t port,
                         char reply[FTP_REPLY_BYTES]);

/// The reply to FTP_ACT_ENTER: whether there is such a folder.
void ftp_session_enter(struct ftp_session *session, const struct ftp_step *step, bool is_there,
                       char reply[FTP_REPLY_BYTES]);

/// Prints one reply line, "226 Transfer complete.\r\n".
void ftp_reply(char reply[FTP_REPLY_BYTES], unsigned code, const char *format, ...) PRINTF_LIKE(3, 4);

struct ftp_entry {
    const char *name;
    bool is_folder;
    uint64_t size;
    int64_t modified_s; // Unix seconds; 0 = not known
};

/// Prints one line of a list as `form` says; `now_s`: Unix seconds. Nothing for a name that a list cannot
/// carry.
void ftp_entry_print(const struct ftp_session *session, enum ftp_form form, const struct ftp_entry *entry,
                     int64_t now_s, struct text *text);

/// Prints Unix seconds as "20261123180000".
void ftp_time_print(int64_t unix_s, struct text *text);
