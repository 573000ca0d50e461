// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of service/ftp share.
#pragma once

#include "io/mailbox.h"
#include "service/ftp.h"
#include "session/ftp.h"

#include <pthread.h>
#include <semaphore.h>

#define FTP_INPUT_BYTES 4096
#define FTP_DATA_S      60 // a data connection on which nothing moves, or that does not come

enum ftp_question_kind {
    FTP_QUESTION_OPEN, // may this client have the file, and where is it
    FTP_QUESTION_LIST, // is the folder hidden
    FTP_QUESTION_END,  // nothing is asked: a transfer is over
};

struct ftp_question { // from a client's thread to the loop; it waits for the answer, but for an END's
    struct mailbox_message message; // first
    enum ftp_question_kind kind;
    struct ftp_service *service;
    struct content_waiter waiter;
    struct ftp_question *next_waiting; // the loop's
    struct transfer_end end;           // who asks for what; OPEN fills in what was found
    struct content_node node;
    enum status status;
    bool was_begun; // the loop counted it
    sem_t answered;
};

struct ftp_client {
    struct ftp_service *service;
    struct ftp_client *next; // under the service's lock, as `previous`
    struct ftp_client *previous;
    struct ftp_session session;
    int control;
    int listening; // for data; -1 = none
    int data;      // -1 = none; shut down under the service's lock when we end
    struct ip peer;
    uint16_t peer_port;
    struct ip own;
    uint32_t interface_index;
    bool is_over;     // the control connection is
    bool is_aborted;  // ABOR came while data went
    bool is_told;     // the end of the data was told already
    bool is_too_long; // the line that comes: its rest is thrown away
    size_t input_count;
    char input[FTP_INPUT_BYTES];
};

struct ftp_listener {
    struct ftp_listener *next;
    struct ftp_service *service;
    char interface[32]; // "" = all
    uint32_t interface_index;
    uint16_t port_asked;
    uint16_t port;
    int fd;
    pthread_t thread;
    bool has_thread;
};

struct ftp_service {
    struct ftp_service_options options;
    struct mailbox *mailbox;
    struct ftp_listener *listeners; // the last first
    struct ftp_question *waiting;   // for a source; the loop's
    struct transfer_stats stats;    // the loop's
    bool is_started;
    pthread_mutex_t lock;   // of what follows
    pthread_cond_t changed; // a client went
    struct ftp_client *clients;
    uint32_t client_count;
    bool is_stopping;
    uint16_t port_next; // for data, where the search goes on
};

/// Serves one client until it goes: the body of its thread.
void ftp_client_serve(struct ftp_client *client);

/// Asks the loop and waits for the answer: `question->status`. STATUS_IO when the service ends.
void ftp_ask(struct ftp_question *question);

/// Begins a question of `client` about `path` (canonical), which it called `asked`.
void ftp_question_begin(struct ftp_question *question, struct ftp_client *client, enum ftp_question_kind kind,
                        const char *path, const char *asked);

/// Tells the loop how a transfer went.
void ftp_tell_end(struct ftp_service *service, const struct transfer_end *end, bool was_begun);

/// Sends a reply. false: the client is gone.
bool ftp_say(struct ftp_client *client, const char *reply);

/// Waits up to `most_ms` for a command and reads what came. false: nothing came, or the client is gone
/// (`is_over`).
bool ftp_read(struct ftp_client *client, int most_ms);

/// Takes the next whole line out of what was read; `*length` without its end. NULL: there is none yet. It is
/// valid until ftp_drop_line.
const char *ftp_find_line(struct ftp_client *client, size_t *length);

/// Removes the line that ftp_find_line found.
void ftp_drop_line(struct ftp_client *client);

/// Opens a port for data. 0 = there is none.
uint16_t ftp_data_listen(struct ftp_client *client);

/// Gives up what was agreed on for data.
void ftp_data_forget(struct ftp_client *client);

/// Makes the data connection that was agreed on: `client->data`. false: it did not come.
bool ftp_data_open(struct ftp_client *client);

/// Sends a file from `offset` on; `*sent` becomes what the client acknowledged.
enum transfer_outcome ftp_data_send(struct ftp_client *client, const struct content_node *node,
                                    uint64_t offset, uint64_t *sent);

/// Sends bytes.
enum transfer_outcome ftp_data_send_bytes(struct ftp_client *client, const char *bytes, size_t count);

/// Closes the data connection.
void ftp_data_close(struct ftp_client *client);

/// Prints the list that `step` asks for: of a folder, of one file, or of what a pattern in the last part of
/// the path fits. `*text` (`*count` bytes) is yours, heap_free. STATUS_NOT_FOUND.
MUST_USE enum status ftp_list(struct ftp_client *client, const struct ftp_step *step, char **text,
                              size_t *count);

/// Whether there is such a folder.
bool ftp_is_folder(struct ftp_client *client, const char *path);
