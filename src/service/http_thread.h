// SPDX-License-Identifier: GPL-3.0-or-later
// The inside of the HTTP engine: a thread and its connections. All of it belongs to the thread, but for what
// stands behind a lock.
#pragma once

#include "service/http_engine.h"
#include "service/http_files.h"
#include "service/http_reply.h"
#include "wire/http_head.h"

#include <pthread.h>
#include <semaphore.h>

#define HTTP_HEAD_BYTES_MOST 8192 // of a head that the engine looks at; longer ones are not plain
#define HTTP_CROWD_PLACES    4096 // a power of two

enum http_tag { HTTP_TAG_MAIL, HTTP_TAG_ENTRANCE, HTTP_TAG_CONNECTION };

// How many connections each address has. Addresses may share a place by chance: they share the limit then.
struct http_crowd {
    struct hash_key key;
    atomic_uint count; // in all
    atomic_uint places[HTTP_CROWD_PLACES];
};

struct http_engine {
    struct http_engine_options options;
    struct http_crowd crowd;
    struct http_thread *threads[HTTP_ENGINE_THREADS_MOST];
    unsigned thread_count;
    bool is_started;
};

struct http_door {
    struct http_door_options options;
};

struct http_entrance { // a door, as one thread sees it
    enum http_tag tag;
    struct http_entrance *next;
    struct http_door *door;
    bool has_more; // somebody may stand at the door
};

struct http_ask {                  // a question of the engine's
    struct http_question question; // first
    struct http_thread *thread;
    struct http_connection *connection; // NULL = it is gone
    struct http_ask *next;              // on its way to a thread
};

enum http_stage {
    HTTP_STAGE_READING, // waits for a request
    HTTP_STAGE_ASKED,   // the loop is asked; the request's head is still in the socket
    HTTP_STAGE_SENDING,
    HTTP_STAGE_OVER, // freed at the end of the turn
};

struct http_connection {
    enum http_tag tag;
    enum http_stage stage;
    struct http_connection *previous, *next; // those that made progress before and after
    struct http_connection *next_ready;      // also: the next one to be freed
    bool is_ready;                           // in the list of those that can go on at once
    bool has_input;                          // there may be something to read
    bool is_head;
    bool keeps;
    bool has_conditions;    // fields that decide about the answer: its head is parsed again when it is known
    struct http_head plain; // of a request that the loop is asked for, without its strings
    int fd;
    const struct http_door *door;
    unsigned crowd_place;
    struct ip client;
    uint16_t client_port;
    struct ip server;
    int64_t progress_us;
    // the request under way
    struct http_ask *ask;
    struct http_file *file; // NULL for a refusal
    struct http_answer answer;
    size_t head_bytes;
    uint64_t sent; // of head and body
    char head[HTTP_REPLY_BYTES];
};

struct http_mail { // from the loop's thread
    struct http_mail *next;
    struct http_door *opened;
    struct http_door *closed;
    bool is_stop;
    sem_t *done;
};

struct http_chain { // of questions on their way to the loop
    struct mailbox_message *first, *last;
};

struct http_thread {
    struct http_engine *engine;
    pthread_t id;
    int epoll_fd;
    int wake_fd;
    int64_t now_us;
    bool is_stopping;
    enum http_tag mail_tag;
    struct http_entrance *entrances;
    bool is_full;                         // no more descriptors; tried again later
    struct http_connection *first, *last; // all, the one with the oldest progress first
    struct http_connection *ready, **ready_last;
    struct http_connection *over;
    struct http_chain ended, asked; // questions that are over, and new ones: they go to the loop together
    unsigned ended_count;
    int64_t ended_us; // the first of them
    bool is_telling;  // now: an order waits for it
    int64_t tidied_us;
    struct http_files files;
    pthread_mutex_t lock; // of what follows
    struct http_mail *mail_first, *mail_last;
    struct http_ask *answer_first, *answer_last;
    // the thread's again
    char input[HTTP_HEAD_BYTES_MOST + 1];
};

/// A thread that does not run yet.
struct http_thread *http_thread_new(struct http_engine *engine);

/// Starts it.
void http_thread_start(struct http_thread *thread);

/// Adds a question.
static inline void http_chain_add(struct http_chain *chain, struct http_ask *ask)
{
    struct mailbox_message *message = &ask->question.message;
    message->next = NULL;
    *(chain->first == NULL ? &chain->first : &chain->last->next) = message;
    chain->last = message;
}

/// Wakes it. From any thread.
void http_thread_wake(struct http_thread *thread);

/// Sends it `mail`, and waits until it was read.
void http_thread_tell(struct http_thread *thread, struct http_mail mail);

/// Joins and frees a thread that was told to stop, or never ran.
void http_thread_free(struct http_thread *taken_thread);

/// Serves a socket that was accepted from `peer`; counted in the crowd at `place`.
void http_connection_begin(struct http_thread *thread, const struct http_door *door, int taken_fd,
                           const union socket_address *peer, unsigned place);

/// Goes on with what epoll said of it.
void http_connection_event(struct http_thread *thread, struct http_connection *connection, uint32_t events);

/// Goes on with one of the thread's ready ones.
void http_connection_resume(struct http_thread *thread, struct http_connection *connection);

/// What its question was answered is known; the connection may be gone.
void http_connection_answered(struct http_thread *thread, struct http_ask *ask);

/// Ends it: a request under way ends with `outcome`.
void http_connection_end(struct http_thread *thread, struct http_connection *connection,
                         enum transfer_outcome outcome);

/// Ends those that made no progress for too long.
void http_connection_expire(struct http_thread *thread);

/// Makes room: ends the connection that waits longest for a request. False when none does.
bool http_connection_evict(struct http_thread *thread);
