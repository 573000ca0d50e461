// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of an FTP control connection (RFC 959, 1123, 2389, 2428, 2640, 3659) as a state machine:
// lines in, a reply and what is to be done out. Read-only and anonymous. It opens no socket and no file: who
// drives it looks names up, opens data connections, and prints the replies that follow with the functions
// below. Data go nowhere but to the peer of the control connection, and to no port below 1024 (RFC 2577).
#pragma once

#include "base/ip.h"
#include "base/text.h"

#define FTP_PATH_BYTES  512
#define FTP_REPLY_BYTES 1536

enum ftp_need { // what is to be done after the reply, if there is one
    FTP_NEED_NOTHING,
    FTP_NEED_PASSIVE, // open a port for data: ftp_print_passive
    FTP_NEED_SIZE,    // look up the file `path`: ftp_print_size
    FTP_NEED_TIME,    // the same: ftp_print_time
    FTP_NEED_ENTER,   // look whether the folder `path` is there: ftp_enter
    FTP_NEED_FACTS,   // MLST: the facts of `path`, over the control connection
    FTP_NEED_STATUS,  // STAT: the folder or file `path`, over the control connection
    FTP_NEED_LIST,    // send what is in `path` in the form `list`
    FTP_NEED_SEND,    // send the file `path` from `offset` on
    FTP_NEED_ABORT,   // end the transfer, if there is one: ftp_print_aborted
    FTP_NEED_END,     // close the control connection once the reply is gone
};

enum ftp_list {
    FTP_LIST_LONG,  // LIST: as ls -l
    FTP_LIST_NAMES, // NLST
    FTP_LIST_FACTS, // MLSD
};

enum ftp_data {       // how data connections are made
    FTP_DATA_DEFAULT, // nobody said: to the port of the control connection, which no client means today
    FTP_DATA_PASSIVE,
    FTP_DATA_ACTIVE, // to `active_port` of the peer
};

struct ftp { // ftp_init
    struct ip peer;
    struct ip server; // the address that the control connection came to
    bool is_named;    // USER came
    bool is_in;       // logged in
    bool is_extended; // EPSV ALL: nothing but EPSV from now on (RFC 2428 section 4)
    bool is_ascii;
    bool is_busy; // a transfer is under way: the driver's
    enum ftp_data data;
    uint16_t active_port;
    uint64_t restart;            // REST, for the next command only
    char folder[FTP_PATH_BYTES]; // without slash in front; "" = the root
    unsigned failures;           // commands in a row that were none
};

struct ftp_step {
    enum ftp_need need;
    char path[FTP_PATH_BYTES]; // canonical, without slash in front; "" = the root
    char pattern[64];          // LIST, NLST: only names that it fits; "" = all
    enum ftp_list list;
    bool is_extended; // EPSV, not PASV
    bool is_write;    // refused: somebody wanted to write `path`
    uint64_t offset;
    char reply[FTP_REPLY_BYTES]; // with its line ends; "" = none yet
};

/// A new control connection.
void ftp_init(struct ftp *ftp, struct ip peer, struct ip server);

/// The greeting of a server called `name`, 220.
void ftp_print_greeting(const char *name, char out[FTP_REPLY_BYTES]);

/// 257 with the folder, as PWD wants it.
void ftp_print_folder(const struct ftp *ftp, char out[FTP_REPLY_BYTES]);

/// Takes one line (without its end; hostile) and says what to do. While `ftp->is_busy`, only lines for which
/// ftp_is_urgent says so may come.
void ftp_step(struct ftp *ftp, const char *line, struct ftp_step *step);

/// Whether `line` is answered during a transfer: ABOR, STAT alone, NOOP.
bool ftp_is_urgent(const char *line);

/// 227 or 229 for data port `port`; `ftp` remembers it.
void ftp_print_passive(struct ftp *ftp, const struct ftp_step *step, uint16_t port,
                       char out[FTP_REPLY_BYTES]);

/// 213 with the size of a file.
void ftp_print_size(uint64_t size, char out[FTP_REPLY_BYTES]);

/// 213 with the time of a file; 550 when it is not known (`modified_s` 0).
void ftp_print_time(int64_t modified_s, char out[FTP_REPLY_BYTES]);

/// 250: `path` of `step` is the folder from now on.
void ftp_enter(struct ftp *ftp, const struct ftp_step *step, char out[FTP_REPLY_BYTES]);

/// 226 (with a 426 before, when there was a transfer) for ABOR.
void ftp_print_aborted(bool was_busy, char out[FTP_REPLY_BYTES]);
