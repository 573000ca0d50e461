// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/rule.h"

#include <stdio.h>
#include <string.h>

#define OFFERS_LEAST 2

struct offers { // what was offered
    uint32_t count;
    uint32_t with_file;
    uint32_t unknown; // of which nobody knows what they had about booting
    uint32_t servers;
    struct ip4 server[2];
    const struct story_dhcp *first;
    const struct story_dhcp *last;
    char rhythm[64];
};

static void add_server(struct offers *offers, struct ip4 server)
{
    bool is_new = server.value != 0 &&
                  (offers->servers == 0 || (offers->servers == 1 && offers->server[0].value != server.value));
    if (is_new) {
        offers->server[offers->servers++] = server;
    }
}

static void look(const struct story *story, struct offers *offers)
{
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (!row->message.is_reply || row->message.kind != DHCP4_OFFER) {
            continue;
        }
        offers->first = offers->first == NULL ? row : offers->first;
        offers->last = row;
        offers->count++;
        offers->with_file += row->message.file[0] != '\0' || row->message.has_vendor;
        offers->unknown += !row->message.knows_boot;
        add_server(offers, row->message.server);
        size_t length = strlen(offers->rhythm);
        if (offers->count <= 6) {
            (void)snprintf(offers->rhythm + length, sizeof offers->rhythm - length, "%s+%lld",
                           length == 0 ? "" : ", ",
                           (long long)((row->at_us - offers->first->at_us) / RULE_SECOND_US));
        }
    }
}

// Firmware waits longer each time: 4, 8, 16, 32 s, from when it began, and a little less or more.
static bool is_firmware_rhythm(const struct story *story)
{
    int64_t before = 0;
    int64_t gap = 0;
    unsigned doublings = 0;
    for (uint32_t i = 0; i < story->dhcp_count; i++) {
        const struct story_dhcp *row = &story->dhcp[i];
        if (row->message.is_reply != true || row->message.kind != DHCP4_OFFER) {
            continue;
        }
        int64_t step = before == 0 ? 0 : row->at_us - before;
        doublings += gap != 0 && step * 2 >= gap * 3 && step <= gap * 3;
        gap = step != 0 ? step : gap;
        before = row->at_us;
    }
    return doublings >= 2;
}

static void explain(const struct story *story, const struct offers *offers, bool is_rhythm,
                    struct finding *finding)
{
    if (offers->unknown == offers->count) {
        finding_explain(
            finding,
            "The log does not show what was in the offers. A client that asks again and again and "
            "takes nothing %sis PXE firmware whose offers name no boot file: it does not want an "
            "address alone.",
            is_rhythm ? "in this rhythm " : "most often ");
        finding_advise(finding,
                       "have the offers say what to boot (dhcpd: next-server and filename), or let imprint "
                       "answer beside that server: imprint serve");
    } else if (offers->with_file == 0 && story->class == SIGHT_CLASS_HTTP) {
        finding_explain(finding,
                        "It boots by HTTP, and no offer names a URL with the class HTTPClient in return.");
        finding_advise(finding,
                       "serve it with imprint, or have the server send option 60 HTTPClient and a URL");
    } else if (offers->with_file == 0) {
        finding_explain(finding,
                        "No offer names a boot file, so there is nothing in them that firmware could take.");
        finding_advise(finding,
                       "have the offers say what to boot (dhcpd: next-server and filename), or let imprint "
                       "answer beside that server: imprint serve");
    } else if (offers->servers > 1) {
        finding_explain(finding, "Two servers answer, and some firmware gives up on offers that disagree.");
        finding_advise(finding, "let one server give addresses and the other only say what to boot (proxy)");
    } else {
        finding_explain(finding,
                        "The offers name a boot file; this firmware does not like their form, or they do "
                        "not reach it.");
        finding_advise(finding,
                       "capture on the switch port of the client whether the offers arrive there; look "
                       "for a filter, and for a second server");
    }
}

// It is offered addresses and takes none.
bool rule_offer_ignored(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    struct offers offers = {0};
    struct finding other;
    look(story, &offers);
    if (rule_architecture_unknown(view, &other)) { // and why
        return false;
    }
    uint32_t taken = story_count_dhcp(story, DHCP4_REQUEST, false) + story_count_dhcp(story, DHCP4_ACK, true);
    if (offers.count < OFFERS_LEAST || taken != 0 || story->transfer_count != 0 ||
        offers.last->at_us - offers.first->at_us < 2 * RULE_SECOND_US) {
        return false;
    }
    bool is_rhythm = is_firmware_rhythm(story);
    bool is_sure = offers.unknown == 0 && offers.with_file == 0 && story_is_pxe(story);
    finding_begin(finding, REASON_DHCP_OFFER_IGNORED, story, is_sure ? FINDING_SURE : FINDING_LIKELY,
                  offers.first->at_us);
    finding_say(finding, "was offered an address %u times and asked for none of them%s", offers.count,
                offers.with_file != 0            ? "."
                : offers.unknown == offers.count ? ": most likely the offers carry nothing that it can boot."
                                                 : ": the offers carried nothing that it can boot.");
    finding_show(finding, offers.first->at_us, "offers at %s s, no REQUEST%s", offers.rhythm,
                 is_rhythm ? ": the rhythm of PXE firmware, which doubles its waits" : "");
    explain(story, &offers, is_rhythm, finding);
    return true;
}
