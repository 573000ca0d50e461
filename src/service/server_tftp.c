// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_tftp.h"

#include "base/text.h"
#include "content/path.h"
#include "service/server_notes.h"

#include <string.h>

struct tftp_policy server_tftp_policy(const struct config_tftp *config)
{
    return (struct tftp_policy){
        .port_first = config->ports.first,
        .port_last = config->ports.last,
        .is_single_port = config->is_single_port,
        .transfers_most = config->transfers_most,
        .per_client_most = config->per_client_most,
        .requests_per_second = config->requests_per_second,
        .requests_per_client = config->requests_per_client,
        .rate_bytes = config->rate,
        .rate_client_bytes = config->rate_per_client,
        .group_first = config->multicast_groups.first,
        .group_last = config->multicast_groups.last,
    };
}

// The machine at an address, or NULL.
static const struct machine *find_machine(const struct desk *desk, struct ip address)
{
    struct desk_address seen;
    return desk_find_address(desk, address, &seen) ? store_machine_find_mac(desk->store, &seen.mac) : NULL;
}

static void learn(struct server_tftp *tftp, struct ip client, uint16_t stuck_bytes)
{
    const struct machine *machine = find_machine(tftp->desk, client);
    struct machine changed = machine == NULL ? (struct machine){0} : *machine;
    uint16_t block_bytes;
    if (!tftp_past_learn(&tftp->past, machine == NULL ? NULL : &changed, client, stuck_bytes,
                         desk_now_s(tftp->desk), &block_bytes)) {
        return;
    }
    if (machine != NULL && store_machine_put(tftp->desk->store, &changed, NULL) != STATUS_OK) {
        return; // it was removed meanwhile
    }
    server_note_blocks(tftp->desk, client, stuck_bytes, block_bytes);
}

static enum tftp_option wire_option(enum config_tftp_option option)
{
    static const enum tftp_option OPTIONS[CONFIG_TFTP_OPTION_COUNT] = {
        [CONFIG_TFTP_BLKSIZE] = TFTP_OPTION_BLKSIZE,       [CONFIG_TFTP_TIMEOUT] = TFTP_OPTION_TIMEOUT,
        [CONFIG_TFTP_TSIZE] = TFTP_OPTION_TSIZE,           [CONFIG_TFTP_WINDOWSIZE] = TFTP_OPTION_WINDOWSIZE,
        [CONFIG_TFTP_MULTICAST] = TFTP_OPTION_MULTICAST,   [CONFIG_TFTP_ROLLOVER] = TFTP_OPTION_ROLLOVER,
        [CONFIG_TFTP_MSFTWINDOW] = TFTP_OPTION_MSFTWINDOW, [CONFIG_TFTP_BLKSIZE2] = TFTP_OPTION_BLKSIZE2,
        [CONFIG_TFTP_UTIMEOUT] = TFTP_OPTION_UTIMEOUT,
    };
    return OPTIONS[option];
}

void server_tftp_grant(void *context, const struct tftp_question *question, struct tftp_limits *limits)
{
    struct server_tftp *tftp = context;
    const struct config_tftp *config = &tftp->config->tftp;
    struct ip client = question->end.client;
    if (question->silent_block_bytes != 0) {
        learn(tftp, client, question->silent_block_bytes);
    }
    const struct machine *machine = find_machine(tftp->desk, client);
    uint16_t most = tftp_past_block_most(&tftp->past, machine, client, desk_now_s(tftp->desk));
    *limits = (struct tftp_limits){.block_most = (uint16_t)size_min(config->blksize_most, most),
                                   .window_most = config->windowsize_most,
                                   .rollover = tftp_past_rollover(machine, config->rollover),
                                   .may_multicast = config->has_multicast};
    for (unsigned i = 0; i < config->refused_count; i++) {
        limits->refused |= (uint16_t)(1u << wire_option(config->refused[i]));
    }
}

struct refusal {
    enum status status;
    enum transfer_outcome outcome;
    enum tftp_error error;
    enum reason_id reason;
    const char *text;
};

static void refuse_write(struct tftp_question *question, const struct refusal *refusal)
{
    struct transfer_end *end = &question->end;
    if (end->why[0] == '\0') { // else the map file has a text of its own
        (void)text_copy(end->why, sizeof end->why, refusal->text);
    }
    reasons_add(&end->reasons, refusal->reason);
    question->answer.status = STATUS_DENIED;
    question->answer.outcome = refusal->outcome;
    question->answer.error = refusal->error;
    question->answer.text = end->why;
}

static void explain_write(struct tftp_question *question, enum status status)
{
    static const struct refusal REFUSALS[] = {
        {STATUS_EXISTS, TRANSFER_REFUSED, TFTP_ERROR_FILE_EXISTS, REASON_UPLOAD_EXISTS,
         "There is such a file already"},
        {STATUS_TOO_LONG, TRANSFER_REFUSED, TFTP_ERROR_DISK_FULL, REASON_UPLOAD_TOO_LARGE,
         "The file is larger than allowed"},
        {STATUS_FULL, TRANSFER_FAILED, TFTP_ERROR_DISK_FULL, REASON_UPLOAD_NO_ROOM,
         "There is no room on the disk"},
        {STATUS_NOT_FOUND, TRANSFER_REFUSED, TFTP_ERROR_FILE_NOT_FOUND, REASON_TRANSFER_REFUSED,
         "There is no such folder"},
        {STATUS_IO, TRANSFER_FAILED, TFTP_ERROR_NOT_DEFINED, REASON_TRANSFER_FAILED,
         "The server cannot write this file"},
    };
    static const struct refusal OTHERS = {STATUS_DENIED, TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION,
                                          REASON_PATH_REFUSED, "No file may have this name"};
    for (size_t i = 0; i < COUNT_OF(REFUSALS); i++) {
        if (REFUSALS[i].status == status) {
            refuse_write(question, &REFUSALS[i]);
            return;
        }
    }
    refuse_write(question, &OTHERS);
}

static enum status begin_upload(struct server_tftp *tftp, struct tftp_question *question)
{
    struct transfer_end *end = &question->end;
    const struct tftp_options *asked = &question->options;
    char mapped[CONTENT_PATH_BYTES];
    enum status status = tftp_names_map_put(tftp->names, end, end->asked, strlen(end->asked), mapped);
    if (status == STATUS_OK && path_parse(mapped, strlen(mapped), end->served) != STATUS_OK) {
        end->served[0] = '\0';
        status = STATUS_DENIED;
    }
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t announced = asked->has[TFTP_OPTION_TSIZE] ? asked->value[TFTP_OPTION_TSIZE] : 0;
    struct problem problem;
    problem_clear(&problem);
    status = upload_new(tftp->uploads, end->served, announced, tftp->config->tftp.upload_size_most,
                        &question->answer.upload, &problem);
    if (problem_is_set(&problem)) {
        log_write(tftp->log, LOG_LEVEL_ERROR, "%s", problem.text);
    }
    return status;
}

void server_tftp_write(void *context, struct tftp_question *question)
{
    static const struct refusal OFF = {STATUS_DENIED, TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION,
                                       REASON_UPLOADS_OFF, "Clients may not write here"};
    struct server_tftp *tftp = context;
    if (tftp->uploads == NULL) {
        refuse_write(question, &OFF);
        return;
    }
    enum status status = begin_upload(tftp, question);
    if (status != STATUS_OK) {
        explain_write(question, status);
        return;
    }
    server_tftp_grant(tftp, question, &question->answer.limits);
    question->answer.status = STATUS_OK;
}

void server_tftp_tick(struct server_tftp *tftp)
{
    int64_t now_ms = tftp->desk->now_ms(tftp->desk->context);
    bool is_early =
        tftp->told_ms != 0 && now_ms >= tftp->told_ms && now_ms - tftp->told_ms < SERVER_TFTP_COMPLAINT_MS;
    if (tftp->dropped != 0 && !is_early) {
        server_note_dropped(tftp->desk, tftp->dropped, tftp->dropped_of);
        tftp->dropped = 0;
        tftp->told_ms = now_ms;
    }
}

void server_tftp_dropped(void *context, uint64_t count, struct ip client)
{
    struct server_tftp *tftp = context;
    tftp->dropped += count;
    tftp->dropped_of = client;
    server_tftp_tick(tftp);
}

struct tftp_service *server_tftp_new(struct server_tftp *tftp, struct loop *loop,
                                     const struct content *content, struct transfer_hooks hooks)
{
    const struct tftp_service_options options = {.loop = loop,
                                                 .content = content,
                                                 .names = tftp->names,
                                                 .log = tftp->log,
                                                 .hooks = hooks,
                                                 .grant = server_tftp_grant,
                                                 .dropped = server_tftp_dropped,
                                                 .write = server_tftp_write,
                                                 .policy_context = tftp,
                                                 .policy = server_tftp_policy(&tftp->config->tftp),
                                                 .threads = tftp->config->tftp.threads};
    return tftp_service_new(&options);
}
