// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/doctor.h"

#include "base/hash.h"

#define ACK_BYTES   4
#define NAMELESS_US INT64_C(30000000)

static const struct hash_key KEY = {0x696d7072696e7421,
                                    0x646f63746f720000}; // nobody gains by collisions here

void doctor_init(struct doctor *doctor, struct story *stories, uint32_t most)
{
    *doctor =
        (struct doctor){.stories = stories, .most = most < DOCTOR_STORIES_MOST ? most : DOCTOR_STORIES_MOST};
}

// ---- who is who ----

static uint16_t *ip_bucket(struct doctor *doctor, struct ip address)
{
    return &doctor->by_ip[hash_bytes(KEY, &address, sizeof address) % DOCTOR_BUCKETS];
}

static uint16_t *mac_bucket(struct doctor *doctor, const struct hw *mac)
{
    return &doctor->by_mac[hash_bytes(KEY, mac->octets, sizeof mac->octets) % DOCTOR_BUCKETS];
}

struct story *doctor_find_ip(struct doctor *doctor, struct ip address)
{
    for (uint16_t at = ip_is_none(address) ? 0 : *ip_bucket(doctor, address); at != 0;
         at = doctor->stories[at - 1].next_by_ip) {
        if (ip_equal(doctor->stories[at - 1].address, address)) {
            return &doctor->stories[at - 1];
        }
    }
    return NULL;
}

struct story *doctor_find_mac(struct doctor *doctor, const struct hw *mac)
{
    for (uint16_t at = mac->length == 0 ? 0 : *mac_bucket(doctor, mac); at != 0;
         at = doctor->stories[at - 1].next_by_mac) {
        if (hw_equal(&doctor->stories[at - 1].mac, mac)) {
            return &doctor->stories[at - 1];
        }
    }
    return NULL;
}

static uint16_t number_of(const struct doctor *doctor, const struct story *story)
{
    return (uint16_t)(story - doctor->stories + 1);
}

static void enter_ip(struct doctor *doctor, struct story *story)
{
    uint16_t *bucket = ip_bucket(doctor, story->address);
    story->next_by_ip = *bucket;
    *bucket = number_of(doctor, story);
}

static void leave_ip(struct doctor *doctor, struct story *story, struct ip address)
{
    uint16_t number = number_of(doctor, story);
    uint16_t *at = ip_bucket(doctor, address);
    while (*at != 0 && *at != number) {
        at = &doctor->stories[*at - 1].next_by_ip;
    }
    if (*at == number) {
        *at = story->next_by_ip;
    }
}

static void leave_mac(struct doctor *doctor, struct story *story)
{
    uint16_t number = number_of(doctor, story);
    uint16_t *at = mac_bucket(doctor, &story->mac);
    while (*at != 0 && *at != number) {
        at = &doctor->stories[*at - 1].next_by_mac;
    }
    if (*at == number) {
        *at = story->next_by_mac;
    }
}

static void enter_mac(struct doctor *doctor, struct story *story)
{
    uint16_t *bucket = mac_bucket(doctor, &story->mac);
    story->next_by_mac = *bucket;
    *bucket = number_of(doctor, story);
}

static struct story *add(struct doctor *doctor, int64_t at_us)
{
    if (doctor_is_full(doctor)) {
        doctor->unseen++;
        return NULL;
    }
    uint32_t at = doctor->unused != 0 ? doctor->unused - 1U : doctor->count++;
    struct story *story = &doctor->stories[at];
    assert(story != NULL);
    doctor->unused = doctor->unused != 0 ? story->next_by_mac : 0;
    story_init(story, at_us);
    story->knows_silence = !doctor->is_log;
    return story;
}

// Whoever asked for an address last and is not known to have one may be the one who shows up with one soon
// after: tcpdump without -v tells of an answer neither whom nor what it gives.
static struct story *find_nameless(struct doctor *doctor, const struct hw *mac, int64_t at_us)
{
    struct story *story = doctor_find_mac(doctor, mac);
    if (story == NULL && mac->length == 0 && doctor->asked_last != 0) {
        story = &doctor->stories[doctor->asked_last - 1];
    }
    bool is_it = story != NULL && ip_is_none(story->address) && at_us - story->last_us <= NAMELESS_US;
    return is_it ? story : NULL;
}

static struct story *find_or_add_ip(struct doctor *doctor, struct ip address, const struct hw *mac,
                                    int64_t at_us)
{
    struct story *story = doctor_find_ip(doctor, address);
    if (story != NULL || ip_is_none(address)) {
        return story;
    }
    story = find_nameless(doctor, mac, at_us);
    story = story == NULL ? add(doctor, at_us) : story;
    if (story != NULL) {
        story->address = address;
        enter_ip(doctor, story);
    }
    return story;
}

static struct story *find_or_add_mac(struct doctor *doctor, const struct hw *mac, int64_t at_us)
{
    struct story *story = doctor_find_mac(doctor, mac);
    if (story == NULL && mac->length != 0 && (story = add(doctor, at_us)) != NULL) {
        story->mac = *mac;
        enter_mac(doctor, story);
    }
    return story;
}

static bool is_server(const struct doctor *doctor, struct ip address)
{
    for (uint32_t i = 0; i < doctor->server_count; i++) {
        if (ip_equal(doctor->servers[i], address)) {
            return true;
        }
    }
    return false;
}

static void add_server(struct doctor *doctor, struct ip address)
{
    if (!ip_is_none(address) && !is_server(doctor, address) && doctor->server_count < DOCTOR_SERVERS_MOST) {
        doctor->servers[doctor->server_count++] = address;
    }
}

// ---- whose sight it is ----

static struct story *find_dhcp(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    *is_from_client = !sight->dhcp.is_reply;
    if (sight->dhcp.is_reply) {
        add_server(doctor, sight->dhcp.server.value != 0 ? ip_from_ip4(sight->dhcp.server) : sight->from);
    }
    if (sight->dhcp.client.length == 0) {
        return doctor->asked_last == 0 ? NULL : &doctor->stories[doctor->asked_last - 1];
    }
    struct story *story = find_or_add_mac(doctor, &sight->dhcp.client, sight->at_us);
    if (story != NULL && !sight->dhcp.is_reply) {
        doctor->asked_last = number_of(doctor, story);
    }
    return story;
}

// Only who boots by IPv6 gets a story for it: systems ask for addresses all day.
static struct story *find_dhcp6(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    const struct sight_dhcp6 *dhcp6 = &sight->dhcp6;
    *is_from_client = !dhcp6->is_reply;
    if (dhcp6->is_reply) {
        add_server(doctor, sight->from);
    }
    return dhcp6->is_boot && !dhcp6->is_reply ? find_or_add_mac(doctor, &dhcp6->client, sight->at_us)
                                              : doctor_find_mac(doctor, &dhcp6->client);
}

static struct story *find_udp(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    bool is_tftp = sight->kind == SIGHT_TFTP;
    bool is_request = is_tftp && (sight->tftp.operation == TFTP_READ_REQUEST ||
                                  sight->tftp.operation == TFTP_WRITE_REQUEST);
    if (is_request && (sight->to_port == TFTP_PORT || sight->to_port == 0)) {
        *is_from_client = true;
        add_server(doctor, sight->to);
        return find_or_add_ip(doctor, sight->from, &sight->from_hw, sight->at_us);
    }
    struct story *from = is_server(doctor, sight->from) ? NULL : doctor_find_ip(doctor, sight->from);
    *is_from_client = from != NULL;
    if (from != NULL) {
        return from;
    }
    struct story *to = doctor_find_ip(doctor, sight->to);
    // A transfer that began before the capture: who gets the large packets is the client.
    bool is_data =
        is_tftp ? sight->tftp.operation == TFTP_DATA && sight->tftp.data_bytes >= TFTP_DEFAULT_BLOCK_BYTES
                : sight->udp_bytes >= TFTP_DEFAULT_BLOCK_BYTES + ACK_BYTES;
    if (to == NULL && sight->from_port == 0 && sight->to_port == 0) { // a log's line
        return find_or_add_ip(doctor, sight->to, &sight->to_hw, sight->at_us);
    }
    bool is_odd = sight->from_port < 1024 || sight->to_port < 1024;
    if (to == NULL && is_data && !is_odd && !ip_is_none(sight->to)) {
        to = find_or_add_ip(doctor, sight->to, &sight->to_hw, sight->at_us);
    }
    return to;
}

static struct story *find_tcp(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    bool is_begin =
        sight->tcp.is_get || (sight->tcp.flags & (DISSECT_TCP_SYN | DISSECT_TCP_ACK)) == DISSECT_TCP_SYN;
    *is_from_client = true;
    struct story *story =
        is_server(doctor, sight->from) && !is_begin ? NULL : doctor_find_ip(doctor, sight->from);
    if (story == NULL && sight->tcp.is_get) {
        story = find_or_add_ip(doctor, sight->from, &sight->from_hw, sight->at_us);
    }
    if (story == NULL) {
        *is_from_client = false;
        story = doctor_find_ip(doctor, sight->to);
    }
    return story;
}

static struct story *find_arp(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    const struct dissect_arp *arp = &sight->arp;
    struct story *story = doctor_find_ip(doctor, ip_from_ip4(arp->sender));
    *is_from_client = story != NULL && (arp->sender_hw.length == 0 || story->mac.length == 0 ||
                                        hw_equal(&story->mac, &arp->sender_hw));
    if (story == NULL) {
        story = doctor_find_ip(doctor, ip_from_ip4(arp->target));
    }
    return story;
}

static struct story *find(struct doctor *doctor, const struct sight *sight, bool *is_from_client)
{
    *is_from_client = false;
    switch (sight->kind) {
    case SIGHT_DHCP:
        return find_dhcp(doctor, sight, is_from_client);
    case SIGHT_DHCP6:
        return find_dhcp6(doctor, sight, is_from_client);
    case SIGHT_TFTP:
    case SIGHT_UDP:
        return find_udp(doctor, sight, is_from_client);
    case SIGHT_TCP:
        return find_tcp(doctor, sight, is_from_client);
    case SIGHT_ARP:
        return find_arp(doctor, sight, is_from_client);
    case SIGHT_ICMP:
        return sight->icmp.has_inner ? (doctor_find_ip(doctor, sight->icmp.from) != NULL
                                            ? doctor_find_ip(doctor, sight->icmp.from)
                                            : doctor_find_ip(doctor, sight->icmp.to))
                                     : NULL;
    case SIGHT_LOG:
        return sight->log_client.length != 0 ? find_or_add_mac(doctor, &sight->log_client, sight->at_us)
                                             : doctor_find_ip(doctor, sight->to);
    case SIGHT_NOTHING:
        break;
    }
    return NULL;
}

// What a client without an address (its MAC known by DHCP) and one without a MAC (its address known by a
// transfer) did is one story when an answer joins them: the newer one takes the address.
static void move_address(struct doctor *doctor, struct story *story, struct ip before)
{
    struct story *other = doctor_find_ip(doctor, story->address);
    struct ip now = story->address;
    if (!ip_is_none(before)) {
        leave_ip(doctor, story, before);
    }
    if (other != NULL && other != story) {
        leave_ip(doctor, other, now);
        other->address = (struct ip){{{0}}};
    }
    enter_ip(doctor, story);
}

void doctor_see(struct doctor *doctor, const struct sight *sight)
{
    bool is_from_client;
    if (sight->kind == SIGHT_NOTHING) {
        return;
    }
    doctor->first_us = doctor->sights == 0 ? sight->at_us : doctor->first_us;
    doctor->last_us = sight->at_us > doctor->last_us ? sight->at_us : doctor->last_us;
    doctor->sights++;
    struct story *story = find(doctor, sight, &is_from_client);
    if (story == NULL) {
        return;
    }
    struct ip before = story->address;
    bool had_mac = story->mac.length != 0;
    story_see(story, sight, is_from_client);
    if (!ip_equal(before, story->address)) {
        move_address(doctor, story, before);
    }
    if (!had_mac && story->mac.length != 0) {
        if (doctor_find_mac(doctor, &story->mac) == NULL) {
            enter_mac(doctor, story);
        }
    }
}

// ---- of a server that takes part itself ----

void doctor_join(struct doctor *doctor, const struct hw *mac, struct ip address)
{
    struct story *story = doctor_find_mac(doctor, mac);
    if (story == NULL || ip_is_none(address) || ip_equal(story->address, address)) {
        return;
    }
    struct ip before = story->address;
    story->address = address;
    move_address(doctor, story, before);
}

bool doctor_is_full(const struct doctor *doctor)
{
    return doctor->count == doctor->most && doctor->unused == 0;
}

bool doctor_has(const struct story *story)
{
    return story->mac.length != 0 || !ip_is_none(story->address);
}

void doctor_drop(struct doctor *doctor, struct story *story)
{
    uint16_t number = number_of(doctor, story);
    if (!ip_is_none(story->address)) {
        leave_ip(doctor, story, story->address);
    }
    if (story->mac.length != 0) {
        leave_mac(doctor, story);
    }
    doctor->asked_last = doctor->asked_last == number ? 0 : doctor->asked_last;
    story_init(story, 0);
    story->next_by_mac = doctor->unused;
    doctor->unused = number;
}
