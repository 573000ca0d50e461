// SPDX-License-Identifier: GPL-3.0-or-later
// Between the configuration and TFTP: the limits for all, and what each client may be granted, given what was
// set for its machine and what it showed that it can take. For the loop thread alone.
#pragma once

#include "config/config.h"
#include "content/upload.h"
#include "model/tftp_past.h"
#include "service/desk.h"
#include "service/tftp.h"
#include "service/tftp_engine.h"
#include "service/tftp_names.h"

#define SERVER_TFTP_COMPLAINT_MS 10000

struct server_tftp { // zero but for the first five
    const struct config *config;
    struct desk *desk;
    struct log *log;               // may be NULL
    struct tftp_names *names;      // what the map file makes of the names of uploads
    struct upload_folder *uploads; // NULL = clients may not write
    struct tftp_past past;
    uint64_t dropped; // requests not answered, and not told yet
    struct ip dropped_of;
    int64_t told_ms; // when such were told; 0 = never
};

/// The limits for all clients.
struct tftp_policy server_tftp_policy(const struct config_tftp *config);

/// The TFTP service, which listens nowhere yet. Yours: tftp_service_free. All are borrowed.
struct tftp_service *server_tftp_new(struct server_tftp *tftp, struct loop *loop,
                                     const struct content *content, struct transfer_hooks hooks);

/// Fills in what the client of `question` may be granted; learns first, if it fell silent before. `context`
/// is a struct server_tftp.
void server_tftp_grant(void *context, const struct tftp_question *question, struct tftp_limits *limits);

/// Answers the write request `question`: begins the upload, or says why not. `context` is a struct
/// server_tftp.
void server_tftp_write(void *context, struct tftp_question *question);

/// `count` requests were not answered, one of them of `client`: told every SERVER_TFTP_COMPLAINT_MS at most.
/// `context` is a struct server_tftp.
void server_tftp_dropped(void *context, uint64_t count, struct ip client);

/// Tells what waits to be told. Call every few seconds.
void server_tftp_tick(struct server_tftp *tftp);
