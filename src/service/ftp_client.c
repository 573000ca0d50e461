// SPDX-License-Identifier: GPL-3.0-or-later
// One FTP client, in a thread of its own: commands in, replies out.
#include "base/text.h"
#include "io/heap.h"
#include "io/loop.h"
#include "service/ftp_state.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SAY_S 30 // for a reply to be taken

// ---- the control connection ----

bool ftp_say(struct ftp_client *client, const char *reply)
{
    size_t length = strlen(reply);
    while (length != 0 && !client->is_over) {
        ssize_t sent = send(client->control, reply, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        struct pollfd wait = {.fd = client->control, .events = POLLOUT};
        if (sent > 0) {
            reply += sent;
            length -= (size_t)sent;
        } else if (errno != EINTR && (errno != EAGAIN || poll(&wait, 1, SAY_S * 1000) == 0)) {
            client->is_over = true;
        }
    }
    return !client->is_over;
}

static bool PRINTF_LIKE(3, 4) say(struct ftp_client *client, unsigned code, const char *format, ...)
{
    char text[FTP_REPLY_BYTES];
    char reply[FTP_REPLY_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ftp_reply(reply, code, "%s", text);
    return ftp_say(client, reply);
}

bool ftp_read(struct ftp_client *client, int most_ms)
{
    struct pollfd wait = {.fd = client->control, .events = POLLIN};
    if (client->input_count == FTP_INPUT_BYTES) { // no line is as long
        client->is_too_long = true;
        client->input_count = 0;
    }
    int ready = poll(&wait, 1, most_ms);
    if (ready <= 0) {
        return false;
    }
    ssize_t count = recv(client->control, client->input + client->input_count,
                         FTP_INPUT_BYTES - client->input_count, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        client->is_over = true;
        return false;
    }
    client->input_count += count > 0 ? (size_t)count : 0;
    return true;
}

const char *ftp_find_line(struct ftp_client *client, size_t *length)
{
    const char *end = memchr(client->input, '\n', client->input_count);
    if (end == NULL) {
        return NULL;
    }
    *length = (size_t)(end - client->input);
    if (*length != 0 && end[-1] == '\r') {
        --*length;
    }
    *length = client->is_too_long ? FTP_LINE_BYTES : *length; // and is refused unread
    return client->input;
}

void ftp_drop_line(struct ftp_client *client)
{
    const char *end = memchr(client->input, '\n', client->input_count);
    size_t used = (size_t)(end - client->input) + 1;
    client->input_count -= used;
    memmove(client->input, client->input + used, client->input_count);
    client->is_too_long = false;
}

// ---- files ----

static void refuse(struct ftp_client *client, const struct ftp_question *question)
{
    switch ((unsigned)question->status) {
    case STATUS_NOT_FOUND:
        say(client, 550, "There is no such file.");
        break;
    case STATUS_DENIED:
        say(client, 550, "This file is not for you.");
        break;
    case STATUS_AWAY:
        say(client, 450, "The server behind this mirror did not give the file.");
        break;
    case STATUS_BUSY:
        say(client, 450, "The server is busy; try again.");
        break;
    default:
        say(client, 451, "The server cannot read this file.");
        break;
    }
}

static enum transfer_outcome refusal_outcome(enum status status)
{
    return status == STATUS_NOT_FOUND ? TRANSFER_NOT_FOUND
           : status == STATUS_DENIED  ? TRANSFER_REFUSED
                                      : TRANSFER_FAILED;
}

// Finds a file; says why not, and tells it.
static bool find_file(struct ftp_client *client, const struct ftp_step *step, struct ftp_question *question)
{
    ftp_question_begin(question, client, FTP_QUESTION_OPEN, step->path, step->asked);
    ftp_ask(question);
    if (question->status == STATUS_OK) {
        return true;
    }
    refuse(client, question);
    question->end.outcome = refusal_outcome(question->status);
    ftp_tell_end(client->service, &question->end, question->was_begun);
    return false;
}

static void finish(struct ftp_client *client, struct ftp_question *question, enum transfer_outcome outcome)
{
    question->end.outcome = outcome;
    content_node_close(&question->node);
    ftp_tell_end(client->service, &question->end, question->was_begun);
}

static void say_outcome(struct ftp_client *client, enum transfer_outcome outcome)
{
    if (client->is_told) { // what came to light afterwards is for the timeline
        client->is_told = false;
    } else if (outcome == TRANSFER_DONE) {
        say(client, 226, "Transfer complete.");
    } else if (outcome == TRANSFER_FAILED) {
        say(client, 451, "The file could not be read to its end.");
    } else {
        say(client, 426, outcome == TRANSFER_TIMEOUT ? "Nothing was taken for a while." : "Broken off.");
    }
    if (client->is_aborted) {
        client->is_aborted = false;
        say(client, 226, "Aborted.");
    }
}

static void send_file(struct ftp_client *client, const struct ftp_step *step)
{
    struct ftp_question question;
    int64_t began_us = loop_now_us();
    if (!find_file(client, step, &question)) {
        ftp_data_forget(client);
        return;
    }
    struct transfer_end *end = &question.end;
    enum transfer_outcome outcome = TRANSFER_ABORTED;
    if (step->offset > question.node.size) {
        say(client, 554, "The file ends before byte %llu.", (unsigned long long)step->offset);
        ftp_data_forget(client);
        finish(client, &question, TRANSFER_PROBED);
        return;
    }
    end->offset = step->offset;
    const char *slash = strrchr(step->path, '/');
    say(client, 150, "Opening %s mode data connection for %s (%llu bytes).",
        client->session.is_ascii ? "ASCII" : "BINARY", slash == NULL ? step->path : slash + 1,
        (unsigned long long)(question.node.size - step->offset));
    if (ftp_data_open(client)) {
        outcome = ftp_data_send(client, &question.node, step->offset, &end->sent);
        ftp_data_close(client);
        say_outcome(client, outcome);
    } else {
        say(client, 425, "No data connection came about.");
    }
    end->duration_us = (uint64_t)(loop_now_us() - began_us);
    finish(client, &question, outcome);
}

static void say_size(struct ftp_client *client, const struct ftp_step *step)
{
    struct ftp_question question;
    if (find_file(client, step, &question)) {
        say(client, 213, "%llu", (unsigned long long)question.node.size);
        finish(client, &question, TRANSFER_PROBED);
    }
}

static void say_modified(struct ftp_client *client, const struct ftp_step *step)
{
    struct ftp_question question;
    if (!find_file(client, step, &question)) {
        return;
    }
    char text[32];
    struct text time;
    text_init(&time, text, sizeof text);
    ftp_time_print(question.node.modified_s, &time);
    if (question.node.modified_s > 0) {
        say(client, 213, "%s", text);
    } else {
        say(client, 550, "It is made anew each time.");
    }
    finish(client, &question, TRANSFER_PROBED);
}

// ---- folders ----

static void send_list(struct ftp_client *client, const struct ftp_step *step)
{
    char *text = NULL;
    size_t count = 0;
    if (ftp_list(client, step, &text, &count) != STATUS_OK) {
        say(client, 550, "There is no such folder or file.");
        ftp_data_forget(client);
        return;
    }
    say(client, 150, "Here comes the list.");
    if (ftp_data_open(client)) {
        enum transfer_outcome outcome = ftp_data_send_bytes(client, text, count);
        ftp_data_close(client);
        say_outcome(client, outcome);
    } else {
        say(client, 425, "No data connection came about.");
    }
    heap_free(text);
}

// STAT PATH: the list as a reply.
static void say_list(struct ftp_client *client, const struct ftp_step *step)
{
    char *text = NULL;
    size_t count = 0;
    if (ftp_list(client, step, &text, &count) != STATUS_OK) {
        say(client, 550, "There is no such folder or file.");
        return;
    }
    (void)ftp_say(client, "213-Status:\r\n");
    for (const char *line = text; count != 0 && !client->is_over;) {
        const char *end = memchr(line, '\n', count);
        size_t length = end == NULL ? count : (size_t)(end - line) + 1;
        char row[FTP_REPLY_BYTES] = " ";
        if (length < sizeof row - 1) { // else it is no line of ours
            memcpy(row + 1, line, length);
            row[length + 1] = '\0';
            (void)ftp_say(client, row);
        }
        line += length;
        count -= length;
    }
    (void)ftp_say(client, "213 End\r\n");
    heap_free(text);
}

static void say_facts(struct ftp_client *client, const struct ftp_step *step)
{
    char text[FTP_REPLY_BYTES];
    struct text line;
    struct ftp_question question = {0};
    const char *name = step->path[0] == '\0' ? "/" : step->path;
    struct ftp_entry entry = {.name = name, .is_folder = ftp_is_folder(client, step->path)};
    if (!entry.is_folder) {
        if (!find_file(client, step, &question)) {
            return;
        }
        entry.size = question.node.size;
        entry.modified_s = question.node.modified_s;
        finish(client, &question, TRANSFER_PROBED);
    }
    text_init(&line, text, sizeof text);
    text_add_format(&line, "250-Facts:\r\n ");
    ftp_entry_print(&client->session, FTP_FORM_FACTS, &entry, loop_unix_s(), &line);
    text_add(&line, "250 End\r\n");
    (void)ftp_say(client, text);
}

static void enter(struct ftp_client *client, const struct ftp_step *step)
{
    char reply[FTP_REPLY_BYTES];
    ftp_session_enter(&client->session, step, ftp_is_folder(client, step->path), reply);
    (void)ftp_say(client, reply);
}

static void act_passive(struct ftp_client *client)
{
    char reply[FTP_REPLY_BYTES];
    uint16_t port = ftp_data_listen(client);
    ftp_session_passive(&client->session, client->own, port, reply);
    (void)ftp_say(client, reply);
}

static void act(struct ftp_client *client, const struct ftp_step *step)
{
    switch (step->act) {
    case FTP_ACT_NONE:
        break;
    case FTP_ACT_END:
        client->is_over = true;
        break;
    case FTP_ACT_PASSIVE:
        act_passive(client);
        break;
    case FTP_ACT_SEND:
        send_file(client, step);
        break;
    case FTP_ACT_LIST:
        (step->is_on_control ? say_list : send_list)(client, step);
        break;
    case FTP_ACT_ENTER:
        enter(client, step);
        break;
    case FTP_ACT_SIZE:
        say_size(client, step);
        break;
    case FTP_ACT_MODIFIED:
        say_modified(client, step);
        break;
    case FTP_ACT_FACTS:
        say_facts(client, step);
        break;
    case FTP_ACT_ABORT:
        ftp_data_forget(client);
        say(client, 226, "There is nothing to abort.");
        break;
    case FTP_ACT_STATUS:
        (void)ftp_say(client, "211-imprint, to read as anonymous. Nothing is under way.\r\n211 End\r\n");
        break;
    }
}

// Somebody wants to write: whoever looks after the machine may want to know what.
static void tell_write(struct ftp_client *client, const struct ftp_step *step)
{
    struct ftp_question told;
    ftp_question_begin(&told, client, FTP_QUESTION_END, "", step->asked);
    told.end.outcome = TRANSFER_REFUSED;
    told.end.is_write = true;
    (void)text_copy(told.end.why, sizeof told.end.why, "FTP is for reading here");
    ftp_tell_end(client->service, &told.end, false);
}

void ftp_client_serve(struct ftp_client *client)
{
    char reply[FTP_REPLY_BYTES];
    struct ftp_step step;
    ftp_session_init(&client->session, client->peer, reply);
    (void)ftp_say(client, reply);
    while (!client->is_over) {
        size_t length;
        const char *line = ftp_find_line(client, &length);
        if (line == NULL) {
            if (!ftp_read(client, (int)client->service->options.idle_s * 1000) && !client->is_over) {
                say(client, 421, "Nothing was asked for a while. Goodbye.");
                break;
            }
            continue;
        }
        ftp_session_take(&client->session, line, length, &step);
        ftp_drop_line(client);
        (void)ftp_say(client, step.reply);
        if (step.is_write) {
            tell_write(client, &step);
        }
        act(client, &step);
    }
    ftp_data_close(client);
    ftp_data_forget(client);
}
