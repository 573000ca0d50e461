// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp.h"

#include "base/text.h"
#include "io/heap.h"
#include "io/udp.h"
#include "service/tftp_netascii.h"
#include "service/tftp_transfers.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MTU_DEFAULT          1500
#define MTU_OVERHEAD_BYTES   32          // IPv4, UDP, TFTP
#define BLOCK_KNOWING_BYTES  4096        // who asks for more than this knows about fragments
#define NETASCII_TOTAL_BYTES (64u << 20) // of all converted files under way
#define COMPLAINT_EVERY_MS   10000

struct listener {
    struct listener *next;
    struct tftp_service *service;
    struct udp *udp;
    struct ip4 address;
    uint16_t port_asked;
    uint32_t mtu;
    char interface[IF_NAMESIZE]; // "" = all
};

struct tftp_service {
    struct loop *loop;
    const struct content *content;
    struct tftp_names *names;
    struct log *log;
    struct transfer_hooks hooks;
    void (*grant)(void *context, const struct tftp_question *question, struct tftp_limits *limits);
    void *policy_context;
    uint16_t window_most;
    uint32_t transfers_most;
    uint32_t per_client_most;
    struct listener *listeners;
    struct tftp_transfers *transfers;
    struct transfer_stats stats;
    int64_t complained_ms; // about too many transfers; 0 = never
};

uint16_t tftp_service_block_most(uint64_t asked, uint32_t mtu)
{
    if (asked > BLOCK_KNOWING_BYTES) {
        return TFTP_MOST_BLOCK_BYTES;
    }
    uint32_t fits = mtu > MTU_OVERHEAD_BYTES ? mtu - MTU_OVERHEAD_BYTES : 0;
    return (uint16_t)size_min(size_max(fits, TFTP_DEFAULT_BLOCK_BYTES), TFTP_MOST_BLOCK_BYTES);
}

static void tell_end(struct tftp_service *service, const struct transfer_end *end)
{
    transfer_stats_add(&service->stats, end);
    if (service->hooks.ended != NULL) {
        service->hooks.ended(service->hooks.context, end);
    }
}

static void transfer_ended(void *context, const struct transfer_end *end)
{
    struct tftp_service *service = context;
    tell_end(service, end);
}

// Refusals. They come from a port of their own like every answer, for the firewalls and clients that expect
// it so.

static void send_error(const struct transfer_end *end, enum tftp_error code, const char *text)
{
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count;
    int fd = tftp_transfer_connect(end);
    if (fd < 0) {
        return; // the client asks again
    }
    if (tftp_encode_error(code, text, bytes, sizeof bytes, &count) == STATUS_OK) {
        (void)!send(fd, bytes, count, MSG_DONTWAIT);
    }
    close(fd);
}

struct refusal {
    enum transfer_outcome outcome;
    enum tftp_error code;
    const char *text;
};

static void refuse(struct tftp_service *service, struct transfer_end *end, struct refusal refusal)
{
    send_error(end, refusal.code, refusal.text);
    end->outcome = refusal.outcome;
    tell_end(service, end);
}

static struct refusal explain(enum status status, const struct transfer_end *end)
{
    if (status == STATUS_DENIED && end->why[0] != '\0') { // a rule of the map file has a text of its own
        return (struct refusal){TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, end->why};
    }
    if (status == STATUS_NOT_FOUND) {
        return (struct refusal){TRANSFER_NOT_FOUND, TFTP_ERROR_FILE_NOT_FOUND, "File not found"};
    }
    if (status == STATUS_DENIED) {
        return (struct refusal){TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, "Access denied"};
    }
    return (struct refusal){TRANSFER_FAILED, TFTP_ERROR_NOT_DEFINED, "The server cannot read this file"};
}

// Silence lets the client ask again in a few seconds, when others are done; an ERROR would end its boot.
static void drop_for_now(struct tftp_service *service, const struct transfer_end *end, const char *why)
{
    char address[IP4_TEXT_BYTES];
    int64_t now_ms = loop_now_ms();
    service->stats.failed++;
    service->stats.started++;
    if (service->complained_ms == 0 || now_ms - service->complained_ms > COMPLAINT_EVERY_MS) {
        service->complained_ms = now_ms;
        log_write(service->log, LOG_LEVEL_WARNING, "a TFTP request of %s has to wait: %s",
                  ip4_print(end->client, address), why);
    }
}

// Requests.

// Makes room by ending the transfer that was silent longest: its client went away, or never asked and
// somebody else did in its name. `client` as of tftp_transfers_find_silent.
static bool make_room(const struct tftp_service *service, const struct ip4 *client)
{
    struct tftp_transfer *silent = tftp_transfers_find_silent(service->transfers, client);
    if (silent != NULL) {
        tftp_transfer_end(silent, TRANSFER_TIMEOUT, NULL);
    }
    return silent != NULL;
}

static bool is_room(struct tftp_service *service, const struct transfer_end *end)
{
    unsigned of_client;
    unsigned count = tftp_transfers_count(service->transfers, end->client, &of_client);
    if (of_client >= service->per_client_most) {
        if (!make_room(service, &end->client)) {
            drop_for_now(service, end, "too many transfers of this client are under way");
            return false;
        }
        count--;
    }
    if (count >= service->transfers_most && !make_room(service, NULL)) {
        drop_for_now(service, end, "too many transfers are under way");
        return false;
    }
    return true;
}

static enum status open_file(struct tftp_service *service, struct transfer_end *end,
                             const struct tftp_packet *request, struct content_node *node)
{
    struct content_client client = {
        .address = end->client, .server = end->server, .interface_index = end->interface_index, .query = ""};
    enum status status = service->names != NULL
                             ? tftp_names_open(service->names, end, request->name, request->name_length, node)
                             : content_open(service->content, request->name, request->name_length, &client,
                                            node, &end->reasons);
    if (status != STATUS_OK || request->mode != TFTP_MODE_NETASCII) {
        return status;
    }
    size_t held = tftp_transfers_netascii_bytes(service->transfers);
    size_t left = held < NETASCII_TOTAL_BYTES ? NETASCII_TOTAL_BYTES - held : 0;
    status = tftp_netascii_convert(node, size_min(left, TFTP_SERVICE_NETASCII_BYTES));
    if (status != STATUS_OK) {
        content_node_close(node);
    }
    return status;
}

static void start_transfer(const struct listener *listener, struct transfer_end *end,
                           const struct tftp_packet *request)
{
    struct tftp_service *service = listener->service;
    struct content_node node;
    enum status status = open_file(service, end, request, &node);
    if (status == STATUS_TOO_LONG) {
        refuse(service, end,
               (struct refusal){TRANSFER_REFUSED, TFTP_ERROR_ILLEGAL_OPERATION,
                                "too large for netascii mode, use octet (binary) mode"});
        return;
    }
    if (status != STATUS_OK) {
        refuse(service, end, explain(status, end));
        return;
    }
    uint64_t asked =
        request->options.has[TFTP_OPTION_BLKSIZE] ? request->options.value[TFTP_OPTION_BLKSIZE] : 0;
    struct tftp_transfer_start start = {
        .request = request,
        .taken_node = &node,
        .end = end,
        .limits = {.block_most = tftp_service_block_most(asked, listener->mtu),
                   .window_most = service->window_most},
        .mtu = listener->mtu};
    if (service->grant != NULL) {
        struct tftp_question question = {.end = *end, .options = request->options, .mtu = listener->mtu};
        struct tftp_limits limits = start.limits;
        service->grant(service->policy_context, &question, &limits);
        limits.block_most = (uint16_t)size_min(limits.block_most, start.limits.block_most);
        start.limits = limits;
    }
    status = tftp_transfers_start(service->transfers, &start);
    if (status == STATUS_FULL) {
        drop_for_now(service, end, "no file descriptor is left (raise LimitNOFILE)");
    } else if (status != STATUS_OK) {
        end->outcome = TRANSFER_FAILED;
        tell_end(service, end);
    }
}

// A client has one transfer per port: the same request again is a repeat, another one means that it gave the
// first up.
static bool is_repeat(struct tftp_service *service, const struct transfer_end *end,
                      const struct tftp_packet *request)
{
    struct tftp_transfer *live = tftp_transfers_find(service->transfers, end->client, end->client_port);
    if (live == NULL) {
        return false;
    }
    if (tftp_transfer_is_repeated(live, request)) {
        return true;
    }
    tftp_transfer_end(live, TRANSFER_ABORTED, NULL);
    return false;
}

static void take_read(const struct listener *listener, struct transfer_end *end,
                      const struct tftp_packet *request)
{
    struct tftp_service *service = listener->service;
    if (request->mode != TFTP_MODE_OCTET && request->mode != TFTP_MODE_NETASCII) {
        refuse(service, end,
               (struct refusal){TRANSFER_REFUSED, TFTP_ERROR_ILLEGAL_OPERATION,
                                "only octet and netascii are served"});
        return;
    }
    if (!is_repeat(service, end, request) && is_room(service, end)) {
        start_transfer(listener, end, request);
    }
}

static void receive(void *context, const struct datagram *datagram)
{
    struct listener *listener = context;
    struct tftp_packet request;
    if (datagram->from_port == 0 ||
        tftp_decode(datagram->bytes, datagram->count, &request, NULL) != STATUS_OK) {
        return;
    }
    if (request.operation != TFTP_READ_REQUEST && request.operation != TFTP_WRITE_REQUEST) {
        return; // astray: only requests come here, and an answer could start a ping-pong
    }
    struct transfer_end end = {.protocol = TRANSFER_TFTP,
                               .client = datagram->from,
                               .client_port = datagram->from_port,
                               .server = datagram->local,
                               .interface_index = datagram->interface_index};
    (void)text_copy(end.asked, sizeof end.asked, request.name);
    if (request.operation == TFTP_READ_REQUEST) {
        take_read(listener, &end, &request);
    } else {
        refuse(listener->service, &end,
               (struct refusal){TRANSFER_REFUSED, TFTP_ERROR_ACCESS_VIOLATION, "imprint is read-only"});
    }
}

// The service.

struct tftp_service *tftp_service_new(const struct tftp_service_options *options)
{
    struct tftp_service *service = heap_new(sizeof *service);
    *service = (struct tftp_service){
        .loop = options->loop,
        .content = options->content,
        .names = options->names,
        .log = options->log,
        .hooks = options->hooks,
        .grant = options->grant,
        .policy_context = options->policy_context,
        .window_most = options->window_most != 0 ? options->window_most : TFTP_SERVICE_WINDOW_DEFAULT,
        .transfers_most =
            options->transfers_most != 0 ? options->transfers_most : TFTP_SERVICE_TRANSFERS_DEFAULT,
        .per_client_most =
            options->per_client_most != 0 ? options->per_client_most : TFTP_SERVICE_PER_CLIENT_DEFAULT};
    service->transfers = tftp_transfers_new(options->loop, transfer_ended, service);
    return service;
}

static bool is_on(const struct listener *listener, const char *interface)
{
    return strcmp(listener->interface, interface == NULL ? "" : interface) == 0;
}

enum status tftp_service_listen(struct tftp_service *service, const struct tftp_service_listener *wanted,
                                struct problem *problem)
{
    for (const struct listener *at = service->listeners; at != NULL; at = at->next) {
        if (is_on(at, wanted->interface) && ip4_equal(at->address, wanted->address) &&
            at->port_asked == wanted->port && wanted->port != 0) {
            return STATUS_EXISTS;
        }
    }
    struct listener *listener = heap_new(sizeof *listener);
    listener->service = service;
    listener->address = wanted->address;
    listener->port_asked = wanted->port;
    listener->mtu = wanted->mtu != 0 ? wanted->mtu : MTU_DEFAULT;
    struct udp_options options = {
        .address = wanted->address, .port = wanted->port, .interface = wanted->interface};
    listener->udp = udp_open(service->loop, &options, receive, listener, problem);
    if (listener->udp == NULL) {
        heap_free(listener);
        return STATUS_IO;
    }
    if (wanted->interface != NULL) {
        (void)text_copy(listener->interface, sizeof listener->interface, wanted->interface);
    }
    listener->next = service->listeners;
    service->listeners = listener;
    return STATUS_OK;
}

static void free_listener(struct listener *listener)
{
    udp_close(listener->udp);
    heap_free(listener);
}

void tftp_service_unlisten(struct tftp_service *service, const char *interface)
{
    struct listener **at = &service->listeners;
    while (*at != NULL) {
        struct listener *listener = *at;
        if (is_on(listener, interface)) {
            *at = listener->next;
            free_listener(listener);
        } else {
            at = &listener->next;
        }
    }
}

uint16_t tftp_service_port(const struct tftp_service *service)
{
    const struct listener *first = service->listeners;
    while (first != NULL && first->next != NULL) { // they stand in the list last first
        first = first->next;
    }
    return first == NULL ? 0 : udp_port(first->udp);
}

void tftp_service_set_policy(struct tftp_service *service, const struct tftp_policy *policy)
{
    service->transfers_most = policy->transfers_most;
    service->per_client_most = policy->per_client_most;
}

struct transfer_stats tftp_service_stats(const struct tftp_service *service)
{
    struct transfer_stats stats = service->stats;
    unsigned of_client;
    stats.live = tftp_transfers_count(service->transfers, (struct ip4){0}, &of_client);
    stats.started += stats.live;
    return stats;
}

void tftp_service_free(struct tftp_service *service)
{
    if (service == NULL) {
        return;
    }
    while (service->listeners != NULL) {
        struct listener *next = service->listeners->next;
        free_listener(service->listeners);
        service->listeners = next;
    }
    tftp_transfers_free(service->transfers);
    heap_free(service);
}
