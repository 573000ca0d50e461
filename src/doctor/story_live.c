// SPDX-License-Identifier: GPL-3.0-or-later
// What a story learns from the server that takes part in it, and where one boot ends and the next begins.
#include "base/text.h"
#include "doctor/role.h"
#include "doctor/story.h"

#include <string.h>

#define AGAIN_SILENT_US  INT64_C(60000000)  // firmware that still asks repeats itself sooner
#define AGAIN_LEAST_US   INT64_C(10000000)  // no disk was tried in less
#define AGAIN_AT_ONCE_US INT64_C(120000000) // back from its disk within this time: it did not boot

// Whether one more of these would say nothing new.
static bool is_one_more(const struct story_transfer *last, const struct story_transfer *next)
{
    enum role role = role_of(next->name);
    bool is_same = strcmp(last->name, next->name) == 0;
    return last->state == STORY_DONE && next->state == STORY_DONE && last->protocol == next->protocol &&
           ip_equal(last->server, next->server) && role_of(last->name) == role &&
           (role == ROLE_PACKAGES || (is_same && role == ROLE_CONFIG) ||
            (role == ROLE_UNKNOWN && next->protocol != STORY_TFTP));
}

// The transfer that was told of while it went on, when this is its end.
static struct story_transfer *find_running(struct story *story, const struct story_transfer *ended)
{
    for (uint32_t i = story->transfer_count; i-- > 0;) {
        struct story_transfer *transfer = &story->transfers[i];
        if ((transfer->state == STORY_RUNNING || transfer->state == STORY_AGREED) &&
            transfer->protocol == ended->protocol && transfer->client_port == ended->client_port &&
            strcmp(transfer->name, ended->name) == 0) {
            return transfer;
        }
    }
    return NULL;
}

void story_take(struct story *story, const struct story_transfer *transfer)
{
    struct story_transfer *last =
        story->transfer_count == 0 ? NULL : &story->transfers[story->transfer_count - 1];
    story->last_us = story->client_us = transfer->ended_us;
    story->arp_unanswered = 0;
    struct story_transfer *running = find_running(story, transfer);
    if (running != NULL) {
        *running = *transfer;
        return;
    }
    if (last != NULL && is_one_more(last, transfer)) {
        struct story_transfer sum = *transfer;
        sum.began_us = last->began_us;
        sum.requests = last->requests + 1;
        sum.bytes += last->bytes;
        sum.taken_bytes += last->taken_bytes;
        *last = sum;
        return;
    }
    last = story_add_transfer(story, transfer->protocol, transfer->began_us);
    *last = *transfer;
}

void story_hear(struct story *story, int64_t at_us, enum reason_id reason, const char *text)
{
    if (story->told_count < STORY_TOLD_MOST) {
        struct story_told *told = &story->told[story->told_count++];
        *told = (struct story_told){.at_us = at_us, .reason = reason};
        (void)text_copy(told->text, sizeof told->text, text);
    }
}

// Whether the boot came further than loaders and their configuration, after which nothing asks for a loader.
static bool is_beyond_loaders(const struct story *story, int64_t now_us)
{
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        enum role role = role_of(transfer->name);
        if (transfer->state == STORY_DONE && (role == ROLE_KERNEL || role == ROLE_INITRD)) {
            return true;
        }
    }
    return story->finished_us != 0 ||
           (story->own_disk_us != 0 && now_us - story->own_disk_us >= AGAIN_LEAST_US);
}

bool story_is_other_boot(const struct story *story, const struct sight *sight)
{
    const struct sight_dhcp *dhcp = &sight->dhcp;
    const struct story_dhcp *last = story_last_dhcp(story, DHCP4_DISCOVER, false);
    bool is_asking = sight->kind == SIGHT_DHCP && !dhcp->is_reply && dhcp->is_kind_known &&
                     dhcp->kind == DHCP4_DISCOVER && dhcp->class != SIGHT_CLASS_NONE;
    if (!is_asking || last == NULL || last->message.xid == dhcp->xid) {
        return false;
    }
    if (sight->at_us - story->client_us >= AGAIN_SILENT_US || is_beyond_loaders(story, sight->at_us)) {
        return true;
    }
    return !dhcp->is_ipxe && (story->transfer_count != 0 || story->was_ipxe);
}

void story_begin_anew(struct story *story, int64_t at_us)
{
    bool is_back = story->own_disk_us != 0 && at_us - story->own_disk_us <= AGAIN_AT_ONCE_US;
    struct hw mac = story->mac;
    struct ip address = story->address;
    struct uuid uuid = story->uuid;
    uint16_t architecture = story->architecture;
    enum sight_class class = story->class;
    uint32_t rounds = is_back ? story->disk_rounds + 1 : 0;
    bool knows_silence = story->knows_silence;
    uint16_t next_by_ip = story->next_by_ip;
    uint16_t next_by_mac = story->next_by_mac;
    story_init(story, at_us);
    story->mac = mac;
    story->address = address;
    story->uuid = uuid;
    story->architecture = architecture;
    story->class = class;
    story->disk_rounds = rounds;
    story->knows_silence = knows_silence;
    story->next_by_ip = next_by_ip;
    story->next_by_mac = next_by_mac;
}
