// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/stage.h"

#include "doctor/role.h"

const char *stage_text(enum stage_kind kind)
{
    static const char *const TEXTS[STAGE_COUNT] = {
        [STAGE_ADDRESS] = "address",      [STAGE_OFFER] = "boot offer",
        [STAGE_LOADER] = "loader",        [STAGE_SECOND] = "second stage",
        [STAGE_CONFIG] = "configuration", [STAGE_KERNEL] = "kernel",
        [STAGE_INITRD] = "initrd",        [STAGE_ROOT] = "root",
        [STAGE_ANSWER] = "answer file",   [STAGE_PACKAGES] = "packages",
        [STAGE_WAITING] = "waiting",      [STAGE_FINISHED] = "finished",
        [STAGE_OWN_DISK] = "own disk"};
    assert(kind < STAGE_COUNT);
    return TEXTS[kind];
}

static void see(struct stage stages[STAGE_COUNT], enum stage_kind kind, int64_t from_us, int64_t until_us,
                struct ip server, bool is_done)
{
    struct stage *stage = &stages[kind];
    if (stage->from_us == 0) {
        *stage = (struct stage){.kind = kind, .from_us = from_us, .until_us = until_us};
    }
    stage->until_us = until_us > stage->until_us ? until_us : stage->until_us;
    stage->is_done = stage->is_done || is_done;
    if (is_done || ip_is_none(stage->server)) {
        stage->server = server;
    }
}

static void see_dhcp(struct stage stages[STAGE_COUNT], const struct story_dhcp *row)
{
    const struct sight_dhcp *message = &row->message;
    const struct ip nobody = {{{0}}};
    bool has_boot = message->file[0] != '\0' || message->has_vendor;
    struct ip server = message->server.value != 0 ? ip_from_ip4(message->server) : row->from;
    if (!message->is_reply) {
        see(stages, STAGE_ADDRESS, row->at_us, row->at_us, nobody, false);
        return;
    }
    if (message->address.value != 0) {
        see(stages, STAGE_ADDRESS, row->at_us, row->at_us, server, message->kind == DHCP4_ACK);
    }
    if (has_boot) {
        see(stages, STAGE_OFFER, row->at_us, row->at_us, server, true);
    }
}

static enum stage_kind kind_of(const struct story_transfer *transfer)
{
    static const enum stage_kind KINDS[ROLE_COUNT] = {
        [ROLE_UNKNOWN] = STAGE_COUNT, [ROLE_LOADER] = STAGE_LOADER, [ROLE_MODULE] = STAGE_SECOND,
        [ROLE_CONFIG] = STAGE_CONFIG, [ROLE_KERNEL] = STAGE_KERNEL, [ROLE_INITRD] = STAGE_INITRD,
        [ROLE_ROOT] = STAGE_ROOT,     [ROLE_ANSWER] = STAGE_ANSWER, [ROLE_PACKAGES] = STAGE_PACKAGES,
        [ROLE_WINDOWS] = STAGE_SECOND};
    return transfer->name[0] == '\0' ? STAGE_COUNT : KINDS[role_of(transfer->name)];
}

static void see_moment(struct stage stages[STAGE_COUNT], enum stage_kind kind, int64_t at_us)
{
    const struct ip nobody = {{{0}}};
    if (at_us != 0) {
        see(stages, kind, at_us, at_us, nobody, true);
    }
}

static void see_dhcp6(struct stage stages[STAGE_COUNT], const struct story_dhcp6 *dhcp6)
{
    const struct ip nobody = {{{0}}};
    if (dhcp6->asked != 0) {
        see(stages, STAGE_ADDRESS, dhcp6->asked_us, dhcp6->asked_us, nobody, false);
    }
    if (dhcp6->answers != 0) {
        see(stages, STAGE_ADDRESS, dhcp6->answered_us, dhcp6->answered_us, dhcp6->server, dhcp6->has_address);
    }
    if (dhcp6->url[0] != '\0') {
        see(stages, STAGE_OFFER, dhcp6->answered_us, dhcp6->answered_us, dhcp6->server, true);
    }
}

size_t stage_list(const struct story *story, struct stage out[STAGE_COUNT])
{
    struct stage stages[STAGE_COUNT] = {0};
    size_t count = 0;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        see_dhcp(stages, &story->dhcp[i]);
    }
    see_dhcp6(stages, &story->dhcp6);
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        enum stage_kind kind = kind_of(transfer);
        if (kind != STAGE_COUNT) {
            see(stages, kind, transfer->began_us, transfer->ended_us, transfer->server,
                transfer->state == STORY_DONE);
        }
    }
    see_moment(stages, STAGE_WAITING, story->waiting_us);
    see_moment(stages, STAGE_FINISHED, story->finished_us);
    see_moment(stages, STAGE_OWN_DISK, story->own_disk_us);
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        if (stages[i].from_us == 0) {
            continue;
        }
        size_t at = count++;
        for (; at > 0 && out[at - 1].from_us > stages[i].from_us; at--) {
            out[at] = out[at - 1];
        }
        out[at] = stages[i];
    }
    return count;
}
