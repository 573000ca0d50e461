// SPDX-License-Identifier: GPL-3.0-or-later
// One connection. A request's head is only looked at until its answer is known: so what turns out not to be
// plain is handed over whole, and the conditions of one that waits for the loop need no memory.
#include "io/heap.h"
#include "io/loop.h"
#include "service/http.h"
#include "service/http_thread.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEND_MOST     (2 * UINT64_C(1024) * 1024) // by one connection, before others have their turn
#define REQUESTS_MOST 16                          // the same
#define IDLE_US       (HTTP_SERVICE_IDLE_S * INT64_C(1000000))

// The lists.

static void take_out(struct http_thread *thread, struct http_connection *connection)
{
    *(connection->previous == NULL ? &thread->first : &connection->previous->next) = connection->next;
    *(connection->next == NULL ? &thread->last : &connection->next->previous) = connection->previous;
}

static void put_last(struct http_thread *thread, struct http_connection *connection)
{
    connection->previous = thread->last;
    connection->next = NULL;
    *(thread->last == NULL ? &thread->first : &thread->last->next) = connection;
    thread->last = connection;
    connection->progress_us = thread->now_us;
}

static void note_progress(struct http_thread *thread, struct http_connection *connection)
{
    if (thread->last != connection) {
        take_out(thread, connection);
        put_last(thread, connection);
    }
    connection->progress_us = thread->now_us;
}

static void make_ready(struct http_thread *thread, struct http_connection *connection)
{
    if (!connection->is_ready) {
        connection->is_ready = true;
        connection->next_ready = NULL;
        *thread->ready_last = connection;
        thread->ready_last = &connection->next_ready;
    }
}

// Its end.

static void tell(struct http_thread *thread, struct http_ask *taken_ask, enum transfer_outcome outcome)
{
    struct transfer_end *end = &taken_ask->question.end;
    end->outcome = outcome;
    transfer_add_reason(end);
    taken_ask->question.is_over = true;
    http_chain_add(&thread->ended, taken_ask);
    thread->ended_us = thread->ended_count++ == 0 ? thread->now_us : thread->ended_us;
    thread->is_telling |= end->order_id != 0 || end->part != CONTENT_PART_NONE ||
                          (outcome != TRANSFER_DONE && outcome != TRANSFER_PROBED);
}

static uint64_t body_sent(const struct http_connection *connection)
{
    return connection->sent > connection->head_bytes ? connection->sent - connection->head_bytes : 0;
}

// What the client may have got of the body: not what still lies in the socket.
static uint64_t body_gone(const struct http_connection *connection)
{
    int waiting = 0;
    uint64_t sent = body_sent(connection);
    if (ioctl(connection->fd, SIOCOUTQ, &waiting) != 0 || waiting < 0) {
        return 0;
    }
    return sent > (uint64_t)waiting ? sent - (uint64_t)waiting : 0;
}

static void end_request(struct http_thread *thread, struct http_connection *connection,
                        enum transfer_outcome outcome)
{
    struct http_ask *ask = connection->ask;
    bool is_whole = outcome == http_code_outcome(connection->answer.code, connection->is_head);
    struct transfer_end *end = &ask->question.end;
    if (connection->answer.code == HTTP_OK || connection->answer.code == HTTP_PARTIAL) {
        end->offset = connection->answer.offset;
        end->sent = connection->is_head ? 0 : is_whole ? connection->answer.count : body_gone(connection);
    }
    connection->ask = NULL;
    tell(thread, ask, outcome);
    http_file_drop(connection->file);
    connection->file = NULL;
}

void http_connection_end(struct http_thread *thread, struct http_connection *connection,
                         enum transfer_outcome outcome)
{
    if (connection->stage == HTTP_STAGE_OVER) {
        return;
    }
    if (connection->stage == HTTP_STAGE_SENDING) {
        end_request(thread, connection, outcome);
    } else if (connection->stage == HTTP_STAGE_ASKED) { // the loop has it: told when it comes back
        connection->ask->connection = NULL;
        connection->ask->question.end.outcome = outcome;
    }
    connection->stage = HTTP_STAGE_OVER;
    if (connection->fd >= 0) {
        (void)close(connection->fd);
    }
    struct http_crowd *crowd = &thread->engine->crowd;
    atomic_fetch_sub(&crowd->count, 1);
    atomic_fetch_sub(&crowd->places[connection->crowd_place], 1);
    take_out(thread, connection);
    connection->next = thread->over;
    thread->over = connection;
}

// Not ours to answer: somebody else reads it from its beginning.
static void hand_over(struct http_thread *thread, struct http_connection *connection)
{
    union socket_address peer;
    socklen_t length = sizeof peer;
    int fd = connection->fd;
    bool is_known =
        getpeername(fd, &peer.any, &length) == 0 && epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, fd, NULL) == 0;
    if (is_known) {
        connection->fd = -1;
        http_daemon_give(connection->door->options.daemon, fd, &peer, length);
    }
    http_connection_end(thread, connection, TRANSFER_ABORTED);
}

// Sending.

static int64_t send_memory(struct http_connection *connection, uint64_t body_bytes)
{
    const struct http_file *file = connection->file;
    bool has_memory = body_bytes != 0 && file->bytes != NULL;
    uint64_t done = body_sent(connection);
    struct iovec parts[2];
    struct msghdr message = {.msg_iov = parts};
    if (connection->sent < connection->head_bytes) {
        parts[message.msg_iovlen].iov_base = connection->head + connection->sent;
        parts[message.msg_iovlen++].iov_len = connection->head_bytes - (size_t)connection->sent;
    }
    if (has_memory) {
        const uint8_t *first = file->bytes + connection->answer.offset + done;
        memcpy(&parts[message.msg_iovlen].iov_base, &first, sizeof first); // iovec knows no const
        parts[message.msg_iovlen++].iov_len = (size_t)(body_bytes - done);
    }
    int more = body_bytes != 0 && !has_memory ? MSG_MORE : 0;
    return sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | more);
}

static void finish_request(struct http_thread *thread, struct http_connection *connection)
{
    end_request(thread, connection, http_code_outcome(connection->answer.code, connection->is_head));
    connection->stage = HTTP_STAGE_READING;
    if (!connection->keeps) {
        (void)shutdown(connection->fd, SHUT_WR);
        http_connection_end(thread, connection, TRANSFER_DONE);
    }
}

// Sends what the socket takes, but not without end.
static void send_some(struct http_thread *thread, struct http_connection *connection)
{
    bool has_body = connection->file != NULL && !connection->is_head &&
                    (connection->answer.code == HTTP_OK || connection->answer.code == HTTP_PARTIAL);
    uint64_t body_bytes = has_body ? connection->answer.count : 0;
    uint64_t until = connection->sent + SEND_MOST;
    note_progress(thread, connection);
    while (connection->sent < connection->head_bytes + body_bytes) {
        if (connection->sent >= until) {
            make_ready(thread, connection);
            return;
        }
        bool is_file = connection->sent >= connection->head_bytes && connection->file->bytes == NULL;
        uint64_t done = body_sent(connection);
        uint64_t rest = body_bytes - done;
        int64_t count =
            is_file
                ? content_node_send(&connection->file->node, connection->fd, connection->answer.offset + done,
                                    rest < until - connection->sent ? rest : until - connection->sent)
                : send_memory(connection, body_bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno == EAGAIN) {
            return; // the next edge tells when there is room
        }
        if (count <= 0) { // 0: the file was cut off meanwhile
            bool is_ours = count == 0 || errno == EIO;
            http_connection_end(thread, connection, is_ours ? TRANSFER_FAILED : TRANSFER_ABORTED);
            return;
        }
        connection->sent += (uint64_t)count;
    }
    finish_request(thread, connection);
}

// Requests.

static void begin_answer(struct http_connection *connection, const struct http_head *head,
                         enum http_code refusal)
{
    (void)recv(connection->fd, NULL, head->bytes, MSG_TRUNC | MSG_DONTWAIT); // it was only looked at so far
    struct http_file *file = connection->file;
    connection->answer = (struct http_answer){.code = refusal};
    if (file != NULL) {
        const struct http_conditions conditions = {.if_match = head->if_match,
                                                   .if_none_match = head->if_none_match,
                                                   .if_modified_since = head->if_modified_since,
                                                   .if_unmodified_since = head->if_unmodified_since,
                                                   .if_range = head->if_range,
                                                   .range = head->is_head ? NULL : head->range};
        const struct content_node *node = &file->node;
        connection->answer = http_answer_decide(node->size, node->etag, node->modified_s, &conditions);
    }
    const struct http_reply reply = {.node = file == NULL ? NULL : &file->node,
                                     .answer = connection->answer,
                                     .is_head = head->is_head,
                                     .keeps = head->keeps,
                                     .unix_s = time(NULL)};
    connection->is_head = head->is_head;
    connection->keeps = head->keeps;
    connection->head_bytes = http_reply_print(&reply, connection->head);
    connection->sent = 0;
    connection->stage = HTTP_STAGE_SENDING;
}

static void answered(struct http_question *question);
static void release(struct http_question *taken_question);
static const struct http_asker ASKER = {answered, release};

static struct http_ask *new_ask(struct http_thread *thread, struct http_connection *connection,
                                const struct http_head *head)
{
    struct http_ask *ask = heap_new(sizeof *ask);
    struct http_question *question = &ask->question;
    ask->thread = thread;
    ask->connection = connection;
    question->asker = &ASKER;
    question->listener = connection->door->options.listener;
    question->started_us = thread->now_us;
    question->end.protocol = TRANSFER_HTTP;
    question->end.client = connection->client;
    question->end.client_port = connection->client_port;
    question->end.server = connection->server;
    question->end.interface_index = connection->door->options.interface_index;
    content_node_init(&question->node);
    http_question_set_target(question, head->target);
    http_question_set_token(question, head->authorization);
    return ask;
}

// What the same client was told a moment ago is told again without asking.
static struct http_file *find_file(struct http_thread *thread, struct http_question *question)
{
    bool is_usual = question->query[0] == '\0' && question->token[0] == '\0';
    struct http_file *file = !is_usual ? NULL
                                       : http_files_find(&thread->files, question->end.client, question->path,
                                                         question->path_length, thread->now_us);
    if (file != NULL) {
        http_question_note_node(question, &file->node);
        question->was_asked = true;
        atomic_fetch_add(thread->engine->options.live, 1);
    }
    return file;
}

static void begin_request(struct http_thread *thread, struct http_connection *connection,
                          const struct http_head *head)
{
    struct http_ask *ask = new_ask(thread, connection, head);
    connection->ask = ask;
    note_progress(thread, connection);
    if (ask->question.is_path_broken) {
        begin_answer(connection, head, HTTP_NOT_FOUND);
        return;
    }
    connection->file = find_file(thread, &ask->question);
    if (connection->file != NULL) {
        begin_answer(connection, head, HTTP_OK);
        return;
    }
    connection->stage = HTTP_STAGE_ASKED;
    connection->plain =
        (struct http_head){.bytes = head->bytes, .is_head = head->is_head, .keeps = head->keeps};
    connection->has_conditions = head->if_match != NULL || head->if_none_match != NULL ||
                                 head->if_modified_since != NULL || head->if_unmodified_since != NULL ||
                                 head->if_range != NULL || head->range != NULL;
    http_chain_add(&thread->asked, ask);
}

// Looks at the head that is in the socket. False when there is nothing to do now.
static bool look(struct http_thread *thread, struct http_connection *connection, struct http_head *head)
{
    ssize_t count = recv(connection->fd, thread->input, HTTP_HEAD_BYTES_MOST, MSG_PEEK | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        connection->has_input = errno == EINTR;
        return false;
    }
    if (count <= 0) {
        http_connection_end(thread, connection, TRANSFER_ABORTED);
        return false;
    }
    switch (http_head_parse(thread->input, (size_t)count, head)) {
    case HTTP_HEAD_PLAIN:
        connection->has_input = (size_t)count > head->bytes;
        return true;
    case HTTP_HEAD_SHORT:
        connection->has_input = false;
        if (count < HTTP_HEAD_BYTES_MOST) {
            return false; // the next edge tells when there is more
        }
        break;
    case HTTP_HEAD_OTHER:
        break;
    }
    hand_over(thread, connection);
    return false;
}

static void serve(struct http_thread *thread, struct http_connection *connection)
{
    struct http_head head;
    for (unsigned i = 0; connection->stage == HTTP_STAGE_READING && connection->has_input; i++) {
        if (i == REQUESTS_MOST) {
            make_ready(thread, connection);
            return;
        }
        if (!look(thread, connection, &head)) {
            return;
        }
        begin_request(thread, connection, &head);
        if (connection->stage == HTTP_STAGE_SENDING) {
            send_some(thread, connection);
        }
    }
}

// In the loop's thread, which wakes ours when it has nothing more to answer: http_engine_wake.
static void answered(struct http_question *question)
{
    struct http_ask *ask = (struct http_ask *)question; // its first member
    struct http_thread *thread = ask->thread;
    ask->next = NULL;
    pthread_mutex_lock(&thread->lock);
    *(thread->answer_first == NULL ? &thread->answer_first : &thread->answer_last->next) = ask;
    thread->answer_last = ask;
    pthread_mutex_unlock(&thread->lock);
}

static void release(struct http_question *taken_question)
{
    http_question_clear(taken_question);
    heap_free(taken_question);
}

void http_connection_answered(struct http_thread *thread, struct http_ask *ask)
{
    struct http_connection *connection = ask->connection;
    struct http_question *question = &ask->question;
    if (connection == NULL) { // gone meanwhile
        tell(thread, ask, question->end.outcome);
        return;
    }
    if (question->status == STATUS_OK) {
        connection->file = http_file_new(&question->node);
        if (question->query[0] == '\0' && question->token[0] == '\0') {
            http_files_remember(&thread->files, connection->file, question->end.client, question->path,
                                question->path_length, thread->now_us);
        }
    }
    bool had_input = connection->has_input;
    connection->stage = HTTP_STAGE_SENDING; // so that its end is told should it end here
    connection->answer = (struct http_answer){.code = HTTP_ERROR};
    struct http_head head = connection->plain;
    if (connection->has_conditions && !look(thread, connection, &head)) {
        http_connection_end(thread, connection, TRANSFER_ABORTED); // what was there cannot go away
        return;
    }
    connection->has_input |= had_input;
    begin_answer(connection, &head, http_code_from(question->status, &question->end.reasons));
    send_some(thread, connection);
    serve(thread, connection);
}

// Events.

void http_connection_begin(struct http_thread *thread, const struct http_door *door, int taken_fd,
                           const union socket_address *peer, unsigned place)
{
    struct http_connection *connection = heap_new(sizeof *connection);
    union socket_address own;
    socklen_t length = sizeof own;
    connection->tag = HTTP_TAG_CONNECTION;
    connection->fd = taken_fd;
    connection->door = door;
    connection->crowd_place = place;
    connection->client = socket_address_ip(peer);
    connection->client_port = socket_address_port(peer);
    if (getsockname(taken_fd, &own.any, &length) == 0) {
        connection->server = socket_address_ip(&own);
    }
    put_last(thread, connection);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, taken_fd, &event) != 0) {
        http_connection_end(thread, connection, TRANSFER_ABORTED);
    }
}

void http_connection_event(struct http_thread *thread, struct http_connection *connection, uint32_t events)
{
    if (connection->stage == HTTP_STAGE_OVER) {
        return;
    }
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        http_connection_end(thread, connection, TRANSFER_ABORTED);
        return;
    }
    connection->has_input |= (events & EPOLLIN) != 0;
    http_connection_resume(thread, connection);
}

void http_connection_resume(struct http_thread *thread, struct http_connection *connection)
{
    if (connection->stage == HTTP_STAGE_SENDING) {
        send_some(thread, connection);
    }
    serve(thread, connection);
}

void http_connection_expire(struct http_thread *thread)
{
    while (thread->first != NULL && thread->now_us - thread->first->progress_us > IDLE_US) {
        if (thread->first->stage == HTTP_STAGE_ASKED) { // its time has not begun
            note_progress(thread, thread->first);
        } else {
            http_connection_end(thread, thread->first, TRANSFER_TIMEOUT);
        }
    }
}

bool http_connection_evict(struct http_thread *thread)
{
    for (struct http_connection *at = thread->first; at != NULL; at = at->next) {
        if (at->stage == HTTP_STAGE_READING) {
            http_connection_end(thread, at, TRANSFER_TIMEOUT);
            return true;
        }
    }
    return false;
}
