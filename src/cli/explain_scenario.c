// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/explain_scenario.h"

#include "base/text.h"
#include "model/boot_client.h"

#include <string.h>

#define SECOND_US     INT64_C(1000000)
#define WAIT_MOST_S   86400
#define KIND_BYTES    24
#define NETWORK_MASK  0xffffff00U // of an answer nothing else is known
#define NETWORK_FIRST 2
#define NETWORK_LAST  254

struct player { // a client whose statements are being printed
    const struct story *story;
    FILE *out;
    char kind[KIND_BYTES]; // as which it speaks now; "" = it has not spoken
    struct ip4 relay;
    bool was_offered;
    bool has_asked; // by DHCP: else it only has an address
    int64_t at_us;
};

// ---- the world ----

static struct ip4 find_address(const struct story *const *stories, size_t count, bool is_server)
{
    for (size_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < stories[i]->dhcp_count; k++) {
            const struct sight_dhcp *message = &stories[i]->dhcp[k].message;
            struct ip4 found = is_server ? message->server : message->address;
            if (message->is_reply && found.value != 0) {
                return found;
            }
        }
    }
    return (struct ip4){0};
}

// Whether the offers that say what to boot give no address: so they came from a server beside another one.
static bool is_proxy(const struct story *const *stories, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < stories[i]->dhcp_count; k++) {
            const struct sight_dhcp *message = &stories[i]->dhcp[k].message;
            if (message->is_reply && message->is_kind_known && message->kind == DHCP4_OFFER &&
                message->address.value == 0) {
                return true;
            }
        }
    }
    return false;
}

static void print_world(const struct story *const *stories, size_t count, FILE *out)
{
    struct ip4 address = find_address(stories, count, false);
    struct ip4 server = find_address(stories, count, true);
    uint32_t network = (address.value != 0 ? address.value : 0xc0000200U) & NETWORK_MASK; // or 192.0.2.0
    bool is_inside = (server.value & NETWORK_MASK) == network;
    char texts[4][IP4_TEXT_BYTES];
    (void)fprintf(
        out,
        "# What was captured, to be played again: scenario-run FILE. What the clients got then stands "
        "behind 'got'.\n"
        "# The network is a guess: a capture does not tell its pool.\n"
        "network %s/24 pool %s-%s\nserver %s\nmode %s\n",
        ip4_print((struct ip4){network}, texts[0]),
        ip4_print((struct ip4){network | NETWORK_FIRST}, texts[1]),
        ip4_print((struct ip4){network | NETWORK_LAST}, texts[2]),
        ip4_print(is_inside ? server : (struct ip4){network | 1}, texts[3]),
        is_proxy(stories, count) ? "proxy" : "server");
}

// ---- one client ----

static const char *kind_of(const struct sight_dhcp *dhcp)
{
    static const struct {
        uint16_t architecture;
        const char *kind;
    } KINDS[] = {{0, "bios"},        {6, "uefi-ia32"},      {7, "uefi-x64"},     {9, "uefi-x64"},
                 {11, "uefi-arm64"}, {16, "uefi-x64-http"}, {27, "uefi-riscv64"}};
    if (dhcp->class == SIGHT_CLASS_NONE && dhcp->architecture == BOOT_ARCHITECTURE_NONE) {
        return "system";
    }
    if (dhcp->is_ipxe) {
        return dhcp->architecture == 0 || dhcp->architecture == BOOT_ARCHITECTURE_NONE ? "bios-ipxe"
                                                                                       : "uefi-x64-ipxe";
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (KINDS[i].architecture == dhcp->architecture) {
            return KINDS[i].kind;
        }
    }
    return "bios";
}

static void print_wait(struct player *player, int64_t at_us)
{
    int64_t seconds = player->at_us == 0 ? 0 : (at_us - player->at_us + SECOND_US / 2) / SECOND_US;
    if (seconds > 0) {
        (void)fprintf(player->out, "waits %d\n", (int)(seconds < WAIT_MOST_S ? seconds : WAIT_MOST_S));
    }
    player->at_us = at_us > player->at_us ? at_us : player->at_us;
}

static void begin_client(struct player *player, const char *kind, struct ip4 relay)
{
    char mac[HW_TEXT_BYTES];
    char uuid[UUID_TEXT_BYTES];
    char address[SIGHT_IP_BYTES];
    static const struct uuid NONE = {0};
    if (strcmp(player->kind, kind) == 0 && ip4_equal(player->relay, relay)) {
        return;
    }
    (void)text_copy(player->kind, sizeof player->kind, kind);
    player->relay = relay;
    player->was_offered = false;
    (void)fprintf(player->out, "\nclient %s mac %s", kind, hw_print(&player->story->mac, mac));
    if (!uuid_equal(&player->story->uuid, &NONE)) {
        (void)fprintf(player->out, " uuid %s", uuid_print(&player->story->uuid, uuid));
    }
    if (relay.value != 0) {
        (void)fprintf(player->out, " relay %s", ip4_print(relay, address));
    }
    if (!player->has_asked && !ip_is_none(player->story->address)) {
        (void)fprintf(player->out, " at %s", sight_print_ip(player->story->address, address));
    }
    (void)fputc('\n', player->out);
}

static void print_question(struct player *player, const struct sight_dhcp *dhcp)
{
    char address[IP4_TEXT_BYTES];
    char server[IP4_TEXT_BYTES];
    const char *word = dhcp->kind == DHCP4_DISCOVER  ? "discover"
                       : dhcp->kind == DHCP4_DECLINE ? "decline"
                       : dhcp->kind == DHCP4_RELEASE ? "release"
                       : dhcp->kind == DHCP4_INFORM  ? "inform"
                       : dhcp->kind != DHCP4_REQUEST ? NULL
                       : player->was_offered         ? "request"
                                                     : "reboot";
    if (word == NULL) {
        (void)fprintf(player->out, "  # sent %s\n", dhcp4_kind_name(dhcp->kind));
        return;
    }
    (void)fprintf(player->out, "  sends %s", word);
    if (dhcp->kind == DHCP4_REQUEST && dhcp->address.value != 0) {
        (void)fprintf(player->out, " for %s", ip4_print(dhcp->address, address));
    }
    if (dhcp->kind == DHCP4_REQUEST && dhcp->server.value != 0) {
        (void)fprintf(player->out, " server %s", ip4_print(dhcp->server, server));
    }
    (void)fputc('\n', player->out);
}

static void print_dhcp(struct player *player, const struct story_dhcp *row)
{
    const struct sight_dhcp *dhcp = &row->message;
    char address[IP4_TEXT_BYTES];
    char from[SIGHT_IP_BYTES];
    if (!dhcp->is_kind_known) {
        (void)fprintf(player->out, "# a DHCP %s of which nothing else is known\n",
                      dhcp->is_reply ? "reply" : "request");
        return;
    }
    if (dhcp->is_reply) {
        player->was_offered = player->was_offered || dhcp->kind == DHCP4_OFFER;
        (void)fprintf(player->out, "  # got %s %s%s%s from %s\n", dhcp4_kind_name(dhcp->kind),
                      ip4_print(dhcp->address, address), dhcp->file[0] == '\0' ? "" : " file ", dhcp->file,
                      sight_print_ip(row->from, from));
        return;
    }
    player->has_asked = true;
    print_wait(player, row->at_us);
    begin_client(player, kind_of(dhcp), dhcp->relay);
    print_question(player, dhcp);
}

// Words of a scenario have no escapes.
static bool is_word(const char *name)
{
    return name[0] != '\0' && strpbrk(name, "\"\\#\r\n") == NULL;
}

static void print_transfer(struct player *player, const struct story_transfer *transfer)
{
    static const char *const ENDS[] = {[STORY_ASKED] = "nothing",
                                       [STORY_AGREED] = "an agreement, and nothing more",
                                       [STORY_RUNNING] = "a part",
                                       [STORY_DONE] = "the whole file",
                                       [STORY_PROBED] = "its size",
                                       [STORY_REFUSED] = "an error",
                                       [STORY_BROKEN] = "a part, and stopped"};
    bool is_http = transfer->protocol == STORY_HTTP;
    bool is_played = (is_http || transfer->protocol == STORY_TFTP) && is_word(transfer->name);
    const char *name = transfer->name + (is_http && transfer->name[0] == '/');
    print_wait(player, transfer->began_us);
    if (player->kind[0] == '\0') {
        begin_client(player, "bios", (struct ip4){0});
    }
    if (!is_played) {
        (void)fprintf(player->out, "  # asked for %s\n",
                      transfer->name[0] == '\0' ? "something, before this begins" : transfer->name);
    } else {
        (void)fprintf(player->out, "  reads %s \"%s\"", is_http ? "http" : "tftp", name);
        if (!is_http && transfer->asked_blksize != 0) {
            (void)fprintf(player->out, " blksize %u", transfer->asked_blksize);
        }
        (void)fputc('\n', player->out);
    }
    (void)fprintf(player->out, "  # got %s\n", ENDS[transfer->state]);
}

static void print_story(const struct story *story, unsigned number, FILE *out)
{
    struct player player = {.story = story, .out = out};
    char name[STORY_PRINT_BYTES];
    char mac[HW_TEXT_BYTES];
    uint32_t transfer = 0;
    if (story->mac.length == 0) {
        (void)fprintf(out, "\n# %s: its MAC address is not known, so it cannot be played\n",
                      story_print_name(story, name));
        return;
    }
    if (story->dhcp6.asked != 0) {
        (void)fprintf(out, "\n# %s: what it did by DHCPv6 cannot be played\n", story_print_name(story, name));
    }
    (void)fprintf(out, "\nmachine client-%u mac %s\n", number, hw_print(&story->mac, mac));
    for (uint32_t i = 0; i < story->dhcp_count || transfer < story->transfer_count;) {
        bool is_dhcp = i < story->dhcp_count && (transfer == story->transfer_count ||
                                                 story->dhcp[i].at_us <= story->transfers[transfer].began_us);
        if (is_dhcp) {
            print_dhcp(&player, &story->dhcp[i++]);
        } else {
            print_transfer(&player, &story->transfers[transfer++]);
        }
    }
}

void explain_scenario_print(const struct story *const *stories, size_t count, FILE *out)
{
    print_world(stories, count, out);
    for (size_t i = 0; i < count; i++) {
        print_story(stories[i], (unsigned)i + 1, out);
    }
}
