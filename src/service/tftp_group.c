// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_group.h"

#include "base/text.h"
#include "io/heap.h"
#include "service/tftp_thread.h"
#include "session/tftp_multicast.h"

#include <string.h>

#define HEADER_BYTES 32      // IPv4, UDP, TFTP: blocks to a group are never fragments
#define WAITING_US   100000  // to look again when our own socket or rate was what held us up
#define FRESH_US     1000000 // so often the engine is told that listeners, who say nothing, are not gone
#define CHANGED_TEXT "The file was changed while it was sent"

struct group_flow { // a member
    struct tftp_flow flow;
    struct tftp_read read;    // what it was granted; it sends nothing by itself
    struct tftp_group *group; // NULL = it is out
    uint16_t member;
    uint32_t acked; // when it left
    uint32_t resent;
};

struct tftp_group {
    struct tftp_group *next;
    struct tftp_thread *thread;
    // what its members have in common
    char path[CONTENT_PATH_BYTES];
    char etag[CONTENT_ETAG_BYTES];
    const struct tftp_file *file; // each member has a share
    uint16_t block_bytes;
    struct ip server;
    uint32_t interface_index;
    struct tftp_port *port; // EDK2 takes blocks from the port of its OACK only
    struct ip4 address;
    struct group_flow *carrier; // whose timer is the group's; NULL = nobody's yet
    int64_t fresh_us;
    struct group_flow *members[TFTP_MULTICAST_MEMBERS_MOST];
    struct tftp_multicast_group session;
};

struct groups {
    struct tftp_group *first;
    unsigned count;
    uint32_t turn; // so that an address rests before it is used again
};

static struct group_flow *flow_of(struct tftp_flow *flow)
{
    return (struct group_flow *)flow; // its first member
}

static struct groups *groups_of(struct tftp_thread *thread)
{
    void **place = tftp_thread_groups(thread);
    if (*place == NULL) {
        *place = heap_new(sizeof(struct groups));
    }
    return *place;
}

// Which request goes where.

bool tftp_group_may_join(const struct tftp_question *question)
{
    const struct tftp_limits *limits = &question->answer.limits;
    const struct content_node *node = &question->answer.node;
    bool is_refused = (limits->refused & 1u << TFTP_OPTION_MULTICAST) != 0;
    bool is_asked = !question->is_write && question->options.has[TFTP_OPTION_MULTICAST] &&
                    !ip_is_ip6(question->end.client); // RFC 2090 knows IPv4 groups only
    bool is_shared = node->fd >= 0 && !node->is_private && node->machine_id == 0;
    return is_asked && limits->may_multicast && !is_refused && is_shared &&
           question->mode == TFTP_MODE_OCTET && tftp_thread_policy(question->thread)->group_first.value != 0;
}

// RFC 2090 knows blocks one by one; and Microsoft's windows and other numbers behind 65535 need a
// conversation with one client.
static void grant(const struct tftp_question *question, uint16_t block_most, struct tftp_read *read)
{
    struct tftp_limits limits = question->answer.limits;
    limits.refused |=
        1u << TFTP_OPTION_WINDOWSIZE | 1u << TFTP_OPTION_MSFTWINDOW | 1u << TFTP_OPTION_ROLLOVER;
    limits.rollover = 0;
    limits.block_most = limits.block_most < block_most ? limits.block_most : block_most;
    tftp_read_init(read, &question->options, question->answer.node.size, &limits);
    tftp_options_put(&read->granted, TFTP_OPTION_MULTICAST, 0);
}

static bool is_same_place(const struct tftp_group *group, const struct tftp_question *question)
{
    const struct content_node *node = &question->answer.node;
    return group->interface_index == question->end.interface_index &&
           ip_equal(group->server, question->end.server) && strcmp(group->path, node->path) == 0 &&
           strcmp(group->etag, node->etag) == 0 &&
           group->session.block_count == node->size / group->block_bytes + 1 &&
           tftp_multicast_find_place(&group->session) != TFTP_MULTICAST_NOBODY;
}

// A group with this member's own block size; or with one that is little smaller, since a server may grant
// less than was asked. `read` becomes what it is granted in that group.
static struct tftp_group *find_group(const struct groups *groups, const struct tftp_question *question,
                                     struct tftp_read *read)
{
    struct tftp_group *near = NULL;
    for (struct tftp_group *group = groups->first; group != NULL; group = group->next) {
        if (!is_same_place(group, question)) {
            continue;
        }
        if (group->block_bytes == read->block_bytes) {
            return group;
        }
        bool is_near = group->block_bytes < read->block_bytes && group->block_bytes >= read->block_bytes / 2;
        near = is_near && question->options.has[TFTP_OPTION_BLKSIZE] ? group : near;
    }
    if (near != NULL) {
        grant(question, near->block_bytes, read);
        near = read->block_bytes == near->block_bytes ? near : NULL;
    }
    return near;
}

static bool is_used(const struct groups *groups, struct ip4 address)
{
    for (const struct tftp_group *group = groups->first; group != NULL; group = group->next) {
        if (group->address.value == address.value) {
            return true;
        }
    }
    return false;
}

// An address that no group has; 0 = none is left.
static struct ip4 pick_address(struct groups *groups, const struct tftp_policy *policy)
{
    uint32_t first = policy->group_first.value;
    uint64_t all = policy->group_last.value >= first ? (uint64_t)policy->group_last.value - first + 1 : 0;
    for (uint64_t i = 0; i < all && i <= groups->count && groups->count < TFTP_GROUPS_MOST; i++) {
        struct ip4 address = {.value = first + (uint32_t)(groups->turn++ % all)};
        if (!is_used(groups, address)) {
            return address;
        }
    }
    return (struct ip4){0};
}

static struct tftp_group *new_group(struct groups *groups, const struct tftp_question *question,
                                    const struct tftp_read *read)
{
    struct ip4 address = pick_address(groups, tftp_thread_policy(question->thread));
    if (address.value == 0) {
        return NULL;
    }
    struct tftp_group *group = heap_new(sizeof *group);
    group->thread = question->thread;
    (void)text_copy(group->path, sizeof group->path, question->answer.node.path);
    (void)text_copy(group->etag, sizeof group->etag, question->answer.node.etag);
    group->block_bytes = read->block_bytes;
    group->server = question->end.server;
    group->interface_index = question->end.interface_index;
    group->port = question->port;
    group->address = address;
    tftp_multicast_init(&group->session, (uint32_t)read->block_count);
    group->next = groups->first;
    groups->first = group;
    groups->count++;
    return group;
}

static void free_group(struct tftp_group *group)
{
    struct groups *groups = groups_of(group->thread);
    struct tftp_group **place = &groups->first;
    while (*place != group) {
        place = &(*place)->next;
    }
    *place = group->next;
    groups->count--;
    heap_free(group);
}

// Doing what the session says.

static void send_oack(const struct tftp_group *group, const struct tftp_multicast_action *action)
{
    struct group_flow *member = group->members[action->member];
    struct tftp_options options = {0};
    uint8_t bytes[TFTP_REQUEST_BYTES];
    size_t count;
    if (action->is_whole) {
        options = member->read.granted;
    }
    // RFC 2090 lets address and port be left out when they are known (",,1"), but atftp 0.8 gives up then.
    tftp_options_put(&options, TFTP_OPTION_MULTICAST, 0);
    options.multicast = (struct tftp_multicast){
        .group = group->address, .port = TFTP_GROUP_PORT, .is_master = action->is_master};
    if (tftp_encode_oack(&options, bytes, sizeof bytes, &count) == STATUS_OK) {
        tftp_flow_send(&member->flow, bytes, count);
    }
}

static void detach(struct tftp_group *group, struct group_flow *member)
{
    const struct tftp_multicast_member *state = &group->session.members[member->member];
    member->acked = state->acked;
    member->resent = state->resent;
    member->group = NULL;
    group->members[member->member] = NULL;
    group->carrier = group->carrier == member ? NULL : group->carrier;
}

static void end_member(struct tftp_group *group, const struct tftp_multicast_action *action)
{
    static const enum transfer_outcome OUTCOMES[] = {
        [TFTP_OUTCOME_DONE] = TRANSFER_DONE,
        [TFTP_OUTCOME_PROBED] = TRANSFER_PROBED,
        [TFTP_OUTCOME_ABORTED] = TRANSFER_ABORTED,
        [TFTP_OUTCOME_TIMEOUT] = TRANSFER_TIMEOUT,
    };
    struct group_flow *member = group->members[action->member];
    detach(group, member);
    tftp_flow_end(&member->flow, OUTCOMES[action->outcome]);
}

// Any member's timer will do: the master's, since it is the busy one.
static void wake_at(struct tftp_group *group, int64_t at_us)
{
    unsigned number = group->session.master;
    for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST && number == TFTP_MULTICAST_NOBODY; i++) {
        bool is_there = group->members[i] != NULL && !group->members[i]->flow.is_ended;
        number = is_there ? i : number;
    }
    if (number == TFTP_MULTICAST_NOBODY) {
        return; // all are on their way out
    }
    struct group_flow *carrier = group->members[number];
    if (group->carrier != NULL && group->carrier != carrier) {
        tftp_flow_wake_at(&group->carrier->flow, INT64_MAX);
    }
    group->carrier = carrier;
    tftp_flow_wake_at(&carrier->flow, at_us);
}

// As with a read to one client: nobody must believe that half of one file and half of another are whole.
static void send_block(struct tftp_group *group, uint32_t block)
{
    struct group_flow *master = group->members[group->session.master];
    if (block == group->session.block_count && !tftp_file_is_unchanged(group->file)) {
        for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST; i++) {
            if (group->members[i] != NULL) {
                tftp_flow_send_error(&group->members[i]->flow, TFTP_ERROR_NOT_DEFINED, CHANGED_TEXT);
                tftp_flow_end(&group->members[i]->flow, TRANSFER_FAILED);
            }
        }
        return; // they leave the group when they are released
    }
    tftp_flow_send_blocks_to(&master->flow, block, 1, ip_from_ip4(group->address), TFTP_GROUP_PORT);
}

// Listeners say nothing, but are not gone: the engine makes room by ending who is.
static void refresh(struct tftp_group *group, int64_t now_us)
{
    const struct tftp_multicast_group *session = &group->session;
    if (now_us - group->fresh_us < FRESH_US) {
        return;
    }
    group->fresh_us = now_us;
    for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST; i++) {
        if (group->members[i] != NULL && i != session->master) {
            group->members[i]->flow.progress_us = now_us;
        }
    }
}

// The group may be gone when this returns.
static void step(struct tftp_group *group, const struct tftp_multicast_event *event)
{
    struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST];
    unsigned count = tftp_multicast_step(&group->session, event, actions);
    for (unsigned i = 0; i < count; i++) {
        switch (actions[i].kind) {
        case TFTP_MULTICAST_SEND_OACK:
            send_oack(group, &actions[i]);
            break;
        case TFTP_MULTICAST_SEND_BLOCK:
            send_block(group, actions[i].block);
            break;
        case TFTP_MULTICAST_ENDED:
            if (group->members[actions[i].member] != NULL) {
                end_member(group, &actions[i]);
            }
            break;
        case TFTP_MULTICAST_WAKE_AT:
            wake_at(group, actions[i].at_us);
            refresh(group, event->now_us);
            break;
        case TFTP_MULTICAST_FINISHED:
            free_group(group);
            return;
        }
    }
}

static void step_member(struct group_flow *member, struct tftp_multicast_event event)
{
    struct tftp_group *group = member->group;
    if (group == NULL) {
        return;
    }
    event.member = member->member;
    if (event.kind == TFTP_MULTICAST_ACK) {
        member->flow.has_heard = true;
        member->flow.progress_us = event.now_us;
    }
    step(group, &event);
}

// What the engine brings.

static void take_packet(struct tftp_flow *flow, const struct tftp_packet *packet, int64_t now_us)
{
    if (packet->operation == TFTP_ACK) {
        step_member(flow_of(flow), (struct tftp_multicast_event){
                                       .kind = TFTP_MULTICAST_ACK, .now_us = now_us, .block = packet->block});
    } else if (packet->operation == TFTP_ERROR) {
        step_member(flow_of(flow), (struct tftp_multicast_event){.kind = TFTP_MULTICAST_ERROR,
                                                                 .now_us = now_us,
                                                                 .code = packet->error});
    }
}

static void wake(struct tftp_flow *flow, int64_t now_us)
{
    struct tftp_group *group = flow_of(flow)->group;
    if (group == NULL || group->carrier != flow_of(flow)) {
        return;
    }
    if (tftp_flow_is_waiting(flow)) { // its block did not leave yet, so nobody can have said anything
        tftp_flow_wake_at(flow, now_us + WAITING_US);
        return;
    }
    step(group, &(struct tftp_multicast_event){.kind = TFTP_MULTICAST_WAKE, .now_us = now_us});
}

static void port_closed(struct tftp_flow *flow, int64_t now_us)
{
    step_member(flow_of(flow), (struct tftp_multicast_event){.kind = TFTP_MULTICAST_GONE, .now_us = now_us});
}

static void repeated(struct tftp_flow *flow, int64_t now_us)
{
    step_member(flow_of(flow),
                (struct tftp_multicast_event){.kind = TFTP_MULTICAST_REPEAT, .now_us = now_us});
}

static void release(struct tftp_flow *flow)
{
    struct group_flow *member = flow_of(flow);
    struct tftp_group *group = member->group;
    struct transfer_end *end = &flow->end;
    if (group != NULL) { // the engine ended it: the others go on
        struct tftp_multicast_event event = {
            .kind = TFTP_MULTICAST_GONE, .now_us = flow->thread->now_us, .member = member->member};
        detach(group, member);
        step(group, &event);
    }
    uint64_t sent = (uint64_t)member->acked * member->read.block_bytes;
    end->size = member->read.size_bytes;
    end->sent = end->outcome == TRANSFER_DONE || sent > end->size ? end->size : sent;
    end->resent_blocks = member->resent;
}

enum status tftp_group_join(struct tftp_question *question, int64_t now_us)
{
    static const struct tftp_flow_kind KIND = {.name = "multicast",
                                               .packet = take_packet,
                                               .wake = wake,
                                               .closed = port_closed,
                                               .repeated = repeated,
                                               .release = release};
    struct groups *groups = groups_of(question->thread);
    struct tftp_read read;
    if (!tftp_group_may_join(question) || question->mtu <= HEADER_BYTES + TFTP_LEAST_BLOCK_BYTES) {
        return STATUS_CONFLICT;
    }
    grant(question, (uint16_t)size_min(question->mtu - HEADER_BYTES, TFTP_MOST_BLOCK_BYTES), &read);
    struct tftp_group *group = find_group(groups, question, &read);
    if (group == NULL && read.block_count <= TFTP_MULTICAST_BLOCKS_MOST) {
        group = new_group(groups, question, &read);
    }
    if (group == NULL) {
        return STATUS_CONFLICT;
    }
    struct tftp_file *file = tftp_file_take(question->thread, &question->answer.node);
    if (file == NULL || (group->file != NULL && group->file != file)) {
        tftp_file_drop(file);
        if (group->session.member_count == 0) {
            free_group(group);
        }
        return STATUS_IO;
    }
    struct group_flow *member = heap_new(sizeof *member);
    group->file = file;
    question->port = group->port;
    member->read = read;
    member->group = group;
    member->member = tftp_multicast_find_place(&group->session);
    group->members[member->member] = member;
    tftp_flow_begin(&member->flow, &KIND, question, now_us);
    member->flow.file = file;
    member->flow.blocks_of = &member->read;
    member->flow.end.is_multicast = true;
    member->flow.end.block_bytes = read.block_bytes;
    member->flow.end.window_blocks = 1;
    step_member(member, (struct tftp_multicast_event){.kind = TFTP_MULTICAST_JOIN, .now_us = now_us});
    return STATUS_OK;
}
