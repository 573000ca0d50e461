// SPDX-License-Identifier: GPL-3.0-or-later
// imprint tftp get, imprint tftp put: a TFTP client for people and for tests; needs no daemon.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/tftp_file.h"
#include "cli/tftp_member.h"
#include "cli/tftp_report.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#define BLKSIZE_DEFAULT    1468 // fills a packet on Ethernet, behind a tag too
#define WINDOWSIZE_DEFAULT 32
#define PATIENCE_DEFAULT_S 30
#define HOST_BYTES         256

struct session {
    struct call *call;
    char host[HOST_BYTES];
    struct tftp_client_job job;
    struct tftp_client_result result;
    struct tftp_target target;
    struct tftp_source source;
    struct progress progress;
    const char *name; // on the server
    const char *path; // here
    bool has_progress;
    bool is_multicast;
    struct tftp_options multicast_options; // to ask for then
};

// ---- the line ----

// The number that --`name` has, into `value`; `*given` tells whether. False after a complaint.
static bool read_number(const struct call *call, const char *name, uint64_t least, uint64_t most,
                        uint64_t *value, bool *given)
{
    const char *text = call_option(call, name);
    uint64_t number;
    *given = text != NULL;
    if (text == NULL) {
        return true;
    }
    if (text_parse_u64(text, most, &number) != STATUS_OK || number < least) {
        ask_complain_text(call, "", "--%s is a number from %llu to %llu, and not '%.40s'", name,
                          (unsigned long long)least, (unsigned long long)most, text);
        return false;
    }
    *value = number;
    return true;
}

static const struct asked { // by a number
    const char *name;
    enum tftp_option option;
    uint64_t least;
    uint64_t most;
} asked_options[] = {
    {"blksize", TFTP_OPTION_BLKSIZE, TFTP_LEAST_BLOCK_BYTES, TFTP_MOST_BLOCK_BYTES},
    {"blksize2", TFTP_OPTION_BLKSIZE2, TFTP_LEAST_BLOCK_BYTES, 32768},
    {"windowsize", TFTP_OPTION_WINDOWSIZE, 1, TFTP_MOST_WINDOW_BLOCKS},
    {"timeout", TFTP_OPTION_TIMEOUT, 1, 255},
    {"utimeout", TFTP_OPTION_UTIMEOUT, 10000, 255000000},
    {"rollover", TFTP_OPTION_ROLLOVER, 0, TFTP_ROLLOVER_MOST},
};

static bool refuse_together(const struct call *call, const char *one, const char *other)
{
    ask_complain_text(call, "leave one of the two out", "--%s and --%s do not go together", one, other);
    return false;
}

// What is asked for when the line does not say otherwise: to know the size, and to be fast.
// The size of a text is not what its file has, so servers do not tell it, and in.tftpd refuses the request.
static void ask_by_default(struct tftp_options *options, enum tftp_mode mode)
{
    if (mode == TFTP_MODE_OCTET) {
        tftp_options_put(options, TFTP_OPTION_TSIZE, 0);
    }
    if (!options->has[TFTP_OPTION_BLKSIZE] && !options->has[TFTP_OPTION_BLKSIZE2]) {
        tftp_options_put(options, TFTP_OPTION_BLKSIZE, BLKSIZE_DEFAULT);
    }
    if (!options->has[TFTP_OPTION_WINDOWSIZE]) {
        tftp_options_put(options, TFTP_OPTION_WINDOWSIZE, WINDOWSIZE_DEFAULT);
    }
}

static bool read_options(const struct call *call, struct tftp_client_job *job)
{
    struct tftp_options *options = &job->plan.options;
    uint64_t value = 0;
    bool given;
    for (size_t i = 0; i < COUNT_OF(asked_options); i++) {
        const struct asked *row = &asked_options[i];
        if (!read_number(call, row->name, row->least, row->most, &value, &given)) {
            return false;
        }
        if (given && call_has(call, "no-options")) {
            return refuse_together(call, "no-options", row->name);
        }
        if (given) {
            tftp_options_put(options, row->option, value);
        }
    }
    if (options->has[TFTP_OPTION_BLKSIZE] && options->has[TFTP_OPTION_BLKSIZE2]) {
        return refuse_together(call, "blksize", "blksize2");
    }
    uint64_t patience_s = PATIENCE_DEFAULT_S;
    if (!read_number(call, "patience", 1, 86400, &patience_s, &given)) {
        return false;
    }
    job->plan.patience_us = (int64_t)patience_s * 1000000;
    job->mode = call_has(call, "netascii") ? TFTP_MODE_NETASCII : TFTP_MODE_OCTET;
    if (!call_has(call, "no-options")) {
        ask_by_default(options, job->mode);
    }
    return true;
}

// Windows loaders' own option: every ACK says how many blocks come next.
static bool read_msftwindow(const struct call *call, struct tftp_client_job *job)
{
    uint64_t window = 0;
    bool given;
    if (!read_number(call, "msftwindow", 1, UINT8_MAX, &window, &given)) {
        return false;
    }
    if (given && call_has(call, "no-options")) {
        return refuse_together(call, "no-options", "msftwindow");
    }
    if (given) {
        tftp_options_put(&job->plan.options, TFTP_OPTION_MSFTWINDOW, TFTP_MSFTWINDOW_ASKED);
        job->plan.next_window = (uint8_t)window;
    }
    return true;
}

// "HOST" or "HOST:PORT".
static bool read_host(struct session *session)
{
    const struct call *call = session->call;
    const char *typed = call->arguments[0];
    const char *colon = strrchr(typed, ':');
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    uint64_t port = TFTP_PORT;
    struct text host;
    if (colon != NULL && (text_parse_u64(colon + 1, UINT16_MAX, &port) != STATUS_OK || port == 0)) {
        ask_complain_text(call, "write HOST or HOST:PORT; imprint speaks IPv4",
                          "'%.100s' has no port behind its ':'", typed);
        return false;
    }
    text_init(&host, session->host, sizeof session->host);
    text_add_bytes(&host, typed, colon == NULL ? strlen(typed) : (size_t)(colon - typed));
    int error = host.cut || host.length == 0 ? EAI_NONAME : getaddrinfo(session->host, NULL, &hints, &found);
    if (error != 0) {
        ask_complain_text(call, "look at its spelling, or write its IPv4 address",
                          "there is no host '%.100s': %s", session->host, gai_strerror(error));
        return false;
    }
    struct sockaddr_in address;
    memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    session->job.server.value = ntohl(address.sin_addr.s_addr);
    session->job.port = (uint16_t)port;
    return true;
}

// ---- what the client calls ----

static bool take(void *context, const uint8_t *bytes, size_t count)
{
    struct session *session = context;
    return tftp_target_put(&session->target, bytes, count);
}

static bool put_at(void *context, uint64_t offset, const uint8_t *bytes, size_t count)
{
    struct session *session = context;
    return tftp_target_put_at(&session->target, offset, bytes, count);
}

static bool give(void *context, uint64_t offset, uint8_t *out, size_t count)
{
    struct session *session = context;
    return tftp_source_get(&session->source, offset, out, count);
}

// A bar for somebody who watches; into a file or a pipe it would be noise.
static void tell(void *context, uint64_t done, uint64_t total)
{
    struct session *session = context;
    if (!session->has_progress) {
        progress_init(&session->progress, session->name, total == 0 ? PROGRESS_UNKNOWN : total);
        session->has_progress = true;
    }
    if (session->progress.screen.is_terminal) {
        progress_step(&session->progress, done);
    }
}

// ---- the end ----

static struct tftp_report report_of(const struct session *session, uint64_t bytes)
{
    return (struct tftp_report){session->host, session->name, session->path,
                                bytes,         &session->job, &session->result};
}

static bool has_arrived(const struct session *session)
{
    return session->result.end == TFTP_CLIENT_FINISHED && session->result.outcome == TFTP_FETCH_DONE;
}

// Of a transfer that went well. The file itself may have standard output; then this is for the person.
static void tell_success(const struct session *session, uint64_t bytes)
{
    const struct tftp_report report = report_of(session, bytes);
    bool is_taken = !session->job.plan.is_write && strcmp(session->path, "-") == 0;
    if (session->call->is_json) {
        json_t *json = tftp_report_to_json(&report);
        ask_print_json(session->call, json);
        json_decref(json);
    } else {
        tftp_report_print(&report, is_taken ? stderr : session->call->out.out);
    }
}

static int complain(const struct session *session, struct problem *problem)
{
    if (!problem_is_set(problem)) {
        const struct tftp_report report = report_of(session, 0);
        tftp_report_failure(&report, problem);
    }
    ask_complain(session->call, problem);
    return CLI_EXIT_REFUSED;
}

static void run(struct session *session)
{
    session->job.name = session->name;
    session->job.context = session;
    session->job.take = take;
    session->job.give = give;
    session->job.tell = tell;
    struct tftp_client_job member = session->job;
    member.plan.options = session->multicast_options;
    if (!session->is_multicast || !tftp_member_run(&member, put_at, &session->result)) {
        tftp_client_run(&session->job, &session->result);
    }
    if (session->has_progress) {
        progress_clear(&session->progress);
    }
}

// ---- get ----

static const char *last_part(const char *name)
{
    const char *part = name;
    for (const char *at = name; *at != '\0'; at++) {
        part = *at == '/' || *at == '\\' ? at + 1 : part;
    }
    return part;
}

static int get(struct session *session)
{
    struct problem problem;
    problem_clear(&problem);
    if (tftp_target_open(&session->target, session->path, session->job.mode == TFTP_MODE_NETASCII,
                         &problem) != STATUS_OK) {
        return complain(session, &problem);
    }
    run(session);
    enum status status = STATUS_IO;
    bool is_stopped = session->result.end == TFTP_CLIENT_STOPPED;
    if (has_arrived(session) || is_stopped) { // stopped: it says why
        status = tftp_target_finish(&session->target, &problem);
    }
    tftp_target_drop(&session->target);
    if (status != STATUS_OK) {
        return complain(session, &problem);
    }
    tell_success(session, session->target.bytes);
    return CLI_EXIT_OK;
}

// What every line of both commands must be.
static bool check_line(struct session *session)
{
    if (strlen(session->name) > TFTP_NAME_BYTES || session->name[0] == '\0') {
        ask_complain_text(session->call, "", "a name has 1 to %d bytes in TFTP", TFTP_NAME_BYTES);
        return false;
    }
    return read_options(session->call, &session->job);
}

// Blocks of a multicast come one by one and in any order, so that they need a file that can be written so.
static bool check_multicast(struct session *session)
{
    static const char *const others[] = {"no-options", "netascii", "windowsize",
                                         "msftwindow", "rollover", "blksize2"};
    const struct call *call = session->call;
    struct tftp_options options = {0};
    if (!call_has(call, "multicast")) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        bool is_flag = i < 2;
        if (is_flag ? call_has(call, others[i]) : call_option(call, others[i]) != NULL) {
            return refuse_together(call, "multicast", others[i]);
        }
    }
    if (tftp_target_is_special(session->path)) {
        ask_complain_text(call, "name another one with --output FILE",
                          "with --multicast, --output must be a file");
        return false;
    }
    for (size_t i = 0; i < session->job.plan.options.count; i++) {
        enum tftp_option option = session->job.plan.options.order[i];
        if (option != TFTP_OPTION_WINDOWSIZE) { // which was asked for by default only
            tftp_options_put(&options, option, session->job.plan.options.value[option]);
        }
    }
    session->multicast_options = options;
    session->is_multicast = true;
    return true;
}

int command_tftp_get(struct call *call)
{
    struct session session = {.call = call, .name = call->arguments[1], .path = call_option(call, "output")};
    if (session.path == NULL) {
        session.path = last_part(session.name);
    }
    if (session.path[0] == '\0' || strcmp(session.path, ".") == 0 || strcmp(session.path, "..") == 0) {
        ask_complain_text(call, "name one with --output FILE",
                          "'%.100s' has no name that a file could have here", session.name);
        return CLI_EXIT_USAGE;
    }
    if (call->is_json && strcmp(session.path, "-") == 0) {
        ask_complain_text(call, "leave one of the two out",
                          "--json and --output - both want standard output");
        return CLI_EXIT_USAGE;
    }
    if (!check_line(&session) || !read_msftwindow(call, &session.job)) {
        return CLI_EXIT_USAGE;
    }
    if (!check_multicast(&session)) {
        return CLI_EXIT_USAGE;
    }
    return read_host(&session) ? get(&session) : CLI_EXIT_REFUSED;
}

// ---- put ----

static int put(struct session *session)
{
    struct problem problem;
    problem_clear(&problem);
    if (tftp_source_open(&session->source, session->path, session->job.mode == TFTP_MODE_NETASCII,
                         &problem) != STATUS_OK) {
        return complain(session, &problem);
    }
    session->job.plan.is_write = true;
    session->job.plan.size_bytes = session->source.bytes;
    if (session->job.plan.options.has[TFTP_OPTION_TSIZE]) {
        tftp_options_put(&session->job.plan.options, TFTP_OPTION_TSIZE, session->source.bytes);
    }
    run(session);
    if (session->result.end == TFTP_CLIENT_STOPPED) {
        problem_set(&problem, "%s",
                    session->source.error == 0 ? "it became shorter while it was sent"
                                               : strerror(session->source.error));
        problem_set_place(&problem, session->path, 0, 0);
    }
    tftp_source_close(&session->source);
    if (!has_arrived(session)) {
        return complain(session, &problem);
    }
    tell_success(session, session->source.bytes);
    return CLI_EXIT_OK;
}

int command_tftp_put(struct call *call)
{
    struct session session = {.call = call, .path = call->arguments[1], .name = call_option(call, "as")};
    if (session.name == NULL && strcmp(session.path, "-") == 0) {
        ask_complain_text(call, "name it with --as NAME", "what is the file to be called on the server?");
        return CLI_EXIT_USAGE;
    }
    if (session.name == NULL) {
        session.name = last_part(session.path);
    }
    if (!check_line(&session)) {
        return CLI_EXIT_USAGE;
    }
    return read_host(&session) ? put(&session) : CLI_EXIT_REFUSED;
}
