// SPDX-License-Identifier: GPL-3.0-or-later
// The loop thread's side of TFTP: what a request means and who may have what. The engine asks it, and carries
// the bytes.
#include "service/tftp.h"

#include "base/text.h"
#include "io/heap.h"

#include <net/if.h>
#include <string.h>

#define MTU_DEFAULT         1500
#define OVERHEAD_BYTES_IP4  32   // IPv4, UDP and TFTP
#define OVERHEAD_BYTES_IP6  52   // IPv6, UDP and TFTP
#define BLOCK_KNOWING_BYTES 1468 // who asks for more than a packet of Ethernet knows about fragments

struct listener {
    struct listener *next;
    struct ip address;
    uint16_t port_asked;
    uint16_t port;
    char interface[IF_NAMESIZE]; // "" = all
};

struct tftp_service {
    struct tftp_service_options options;
    struct tftp_engine *engine;
    struct listener *listeners; // the last first
    struct transfer_stats stats;
    struct tftp_question *waiting; // for a source
};

uint16_t tftp_service_block_most(uint64_t asked, uint32_t mtu, bool is_ip6)
{
    uint32_t overhead = is_ip6 ? OVERHEAD_BYTES_IP6 : OVERHEAD_BYTES_IP4;
    if (asked > BLOCK_KNOWING_BYTES) {
        return TFTP_MOST_BLOCK_BYTES;
    }
    uint32_t fits = mtu > overhead ? mtu - overhead : 0;
    return (uint16_t)size_min(size_max(fits, TFTP_DEFAULT_BLOCK_BYTES), TFTP_MOST_BLOCK_BYTES);
}

// What the engine tells.

static void take_end(void *context, const struct transfer_end *told)
{
    struct tftp_service *service = context;
    struct transfer_end end = *told;
    transfer_add_reason(&end);
    transfer_stats_add(&service->stats, &end);
    if (service->options.hooks.ended != NULL) {
        service->options.hooks.ended(service->options.hooks.context, &end);
    }
}

static void take_stall(void *context, const struct transfer_end *end)
{
    struct tftp_service *service = context;
    if (service->options.hooks.stalled != NULL) {
        service->options.hooks.stalled(service->options.hooks.context, end);
    }
}

static void take_dropped(void *context, uint64_t count, struct ip client)
{
    struct tftp_service *service = context;
    service->stats.dropped += count;
    if (service->options.dropped != NULL) {
        service->options.dropped(service->options.policy_context, count, client);
    }
}

// What the engine asks.

static void refuse(struct tftp_answer *answer, enum transfer_outcome outcome, enum tftp_error error,
                   const char *text)
{
    answer->status = STATUS_DENIED;
    answer->outcome = outcome;
    answer->error = error;
    answer->text = text;
}

static void explain(struct tftp_question *question, enum status status)
{
    struct tftp_answer *answer = &question->answer;
    if (status == STATUS_DENIED && question->end.why[0] != '\0') { // a rule of the map file has its own text
        refuse(answer, TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, question->end.why);
    } else if (status == STATUS_BUSY) { // the client asks again
        refuse(answer, TRANSFER_FAILED, TFTP_ERROR_NOT_DEFINED, NULL);
    } else if (status == STATUS_NOT_FOUND) {
        refuse(answer, TRANSFER_NOT_FOUND, TFTP_ERROR_FILE_NOT_FOUND, "File not found");
    } else if (status == STATUS_DENIED) {
        refuse(answer, TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, "Access denied");
    } else {
        refuse(answer, TRANSFER_FAILED, TFTP_ERROR_NOT_DEFINED, "The server cannot read this file");
    }
}

static enum status open_file(struct tftp_service *service, struct tftp_question *question)
{
    struct transfer_end *end = &question->end;
    struct content_node *node = &question->answer.node;
    size_t length = strlen(end->asked);
    end->reasons = (struct reasons){0};
    if (service->options.names != NULL) {
        return tftp_names_open(service->options.names, end, end->asked, length, &question->waiter, node);
    }
    struct content_client client = {.address = end->client,
                                    .server = end->server,
                                    .interface_index = end->interface_index,
                                    .query = "",
                                    .waiter = &question->waiter};
    return content_open(service->options.content, end->asked, length, &client, node, &end->reasons);
}

static void describe(struct transfer_end *end, const struct content_node *node)
{
    (void)text_copy(end->served, sizeof end->served, node->path);
    end->part = node->part;
    end->machine_id = node->machine_id;
    end->order_id = node->order_id;
    end->size = node->size;
}

static struct tftp_limits decide_limits(const struct tftp_service *service,
                                        const struct tftp_question *question)
{
    const struct tftp_options *asked = &question->options;
    uint64_t block_bytes = asked->has[TFTP_OPTION_BLKSIZE] ? asked->value[TFTP_OPTION_BLKSIZE] : 0;
    if (asked->has[TFTP_OPTION_BLKSIZE2] && asked->value[TFTP_OPTION_BLKSIZE2] > block_bytes) {
        block_bytes = asked->value[TFTP_OPTION_BLKSIZE2];
    }
    uint16_t block_most =
        tftp_service_block_most(block_bytes, question->mtu, ip_is_ip6(question->end.client));
    struct tftp_limits limits = {.block_most = block_most, .window_most = service->options.window_most};
    if (service->options.grant != NULL) {
        service->options.grant(service->options.policy_context, question, &limits);
        limits.block_most = (uint16_t)size_min(limits.block_most, block_most);
    }
    return limits;
}

static void answer_read(struct tftp_service *service, struct tftp_question *question, enum status status)
{
    struct tftp_answer *answer = &question->answer;
    if (status != STATUS_OK) {
        explain(question, status);
        return;
    }
    describe(&question->end, &answer->node);
    if (question->mode == TFTP_MODE_NETASCII && answer->node.size > TFTP_SERVICE_NETASCII_BYTES) {
        content_node_close(&answer->node);
        refuse(answer, TRANSFER_REFUSED, TFTP_ERROR_ILLEGAL_OPERATION,
               "too large for netascii mode, use octet (binary) mode");
        return;
    }
    answer->limits = decide_limits(service, question);
    answer->status = STATUS_OK;
}

static void read_file(struct tftp_service *service, struct tftp_question *question);

static void take_from_waiting(struct tftp_service *service, const struct tftp_question *question)
{
    struct tftp_question **at = &service->waiting;
    while (*at != question) {
        at = &(*at)->next_waiting;
    }
    *at = question->next_waiting;
}

static void read_again(struct content_waiter *waiter)
{
    struct tftp_question *question =
        (struct tftp_question *)((char *)waiter - offsetof(struct tftp_question, waiter));
    struct tftp_service *service = question->answerer;
    take_from_waiting(service, question);
    read_file(service, question);
}

static void finish_read(struct tftp_service *service, struct tftp_question *question, enum status status)
{
    content_waiter_remove(&question->waiter);
    answer_read(service, question, status);
    tftp_engine_answer(question);
}

// Answers now, or when a source has what is asked for.
static void read_file(struct tftp_service *service, struct tftp_question *question)
{
    question->waiter.ready = read_again;
    question->waiter.keeps = true;
    question->answerer = service;
    content_node_init(&question->answer.node);
    enum status status = open_file(service, question);
    if (status == STATUS_WAITING) {
        question->next_waiting = service->waiting;
        service->waiting = question;
    } else {
        finish_read(service, question, status);
    }
}

// Nobody waits any more.
static void end_waiting(struct tftp_service *service)
{
    while (service->waiting != NULL) {
        struct tftp_question *question = service->waiting;
        service->waiting = question->next_waiting;
        finish_read(service, question, STATUS_IO);
    }
}

static void take_question(void *context, struct tftp_question *question)
{
    struct tftp_service *service = context;
    if (!question->is_write) {
        read_file(service, question);
        return;
    }
    if (service->options.write != NULL) {
        service->options.write(service->options.policy_context, question);
    } else {
        refuse(&question->answer, TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, "imprint is read-only");
    }
    tftp_engine_answer(question);
}

// The service.

static void complete(struct tftp_service_options *options)
{
    struct tftp_policy *policy = &options->policy;
    if (options->window_most == 0) {
        options->window_most = TFTP_SERVICE_WINDOW_DEFAULT;
    }
    if (policy->transfers_most == 0) {
        policy->transfers_most = TFTP_SERVICE_TRANSFERS_DEFAULT;
    }
    if (policy->per_client_most == 0) {
        policy->per_client_most = TFTP_SERVICE_PER_CLIENT_DEFAULT;
    }
}

struct tftp_service *tftp_service_new(const struct tftp_service_options *options)
{
    struct tftp_service *service = heap_new(sizeof *service);
    service->options = *options;
    complete(&service->options);
    struct tftp_engine_options engine = {.loop = options->loop,
                                         .log = options->log,
                                         .policy = service->options.policy,
                                         .threads = options->threads,
                                         .ask = take_question,
                                         .ended = take_end,
                                         .stalled = take_stall,
                                         .dropped = take_dropped,
                                         .context = service};
    service->engine = tftp_engine_new(&engine);
    return service;
}

void tftp_service_start(struct tftp_service *service)
{
    tftp_engine_start(service->engine);
}

static bool is_on(const struct listener *listener, const char *interface)
{
    return strcmp(listener->interface, interface == NULL ? "" : interface) == 0;
}

enum status tftp_service_listen(struct tftp_service *service, const struct tftp_service_listener *wanted,
                                struct problem *problem)
{
    for (const struct listener *at = service->listeners; at != NULL; at = at->next) {
        if (is_on(at, wanted->interface) && ip_equal(at->address, wanted->address) &&
            at->port_asked == wanted->port && wanted->port != 0) {
            return STATUS_EXISTS;
        }
    }
    struct tftp_engine_listener engine = {.interface = wanted->interface,
                                          .address = wanted->address,
                                          .port = wanted->port,
                                          .mtu = wanted->mtu != 0 ? wanted->mtu : MTU_DEFAULT};
    uint16_t port = 0;
    enum status status = tftp_engine_listen(service->engine, &engine, &port, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct listener *listener = heap_new(sizeof *listener);
    *listener = (struct listener){
        .next = service->listeners, .address = wanted->address, .port_asked = wanted->port, .port = port};
    if (wanted->interface != NULL) {
        (void)text_copy(listener->interface, sizeof listener->interface, wanted->interface);
    }
    service->listeners = listener;
    return STATUS_OK;
}

void tftp_service_unlisten(struct tftp_service *service, const char *interface)
{
    struct listener **at = &service->listeners;
    while (*at != NULL) {
        struct listener *listener = *at;
        if (is_on(listener, interface)) {
            *at = listener->next;
            heap_free(listener);
        } else {
            at = &listener->next;
        }
    }
    tftp_engine_unlisten(service->engine, interface);
}

uint16_t tftp_service_port(const struct tftp_service *service)
{
    const struct listener *first = service->listeners;
    while (first != NULL && first->next != NULL) {
        first = first->next;
    }
    return first == NULL ? 0 : first->port;
}

void tftp_service_set_policy(struct tftp_service *service, const struct tftp_policy *policy)
{
    service->options.policy = *policy;
    complete(&service->options);
    tftp_engine_set_policy(service->engine, &service->options.policy);
}

struct transfer_stats tftp_service_stats(const struct tftp_service *service)
{
    struct transfer_stats stats = service->stats;
    stats.live = tftp_engine_live(service->engine);
    stats.started += stats.live;
    return stats;
}

void tftp_service_free(struct tftp_service *service)
{
    if (service == NULL) {
        return;
    }
    end_waiting(service);
    tftp_engine_free(service->engine);
    while (service->listeners != NULL) {
        struct listener *next = service->listeners->next;
        heap_free(service->listeners);
        service->listeners = next;
    }
    heap_free(service);
}
