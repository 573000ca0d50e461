// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dnsmasq_leases.h"

#include <string.h>

#define WORD_BYTES (3 * LEASE_RECORD_CLIENT_BYTES + 1) // a client identifier, the longest of all words

struct dnsmasq_leases dnsmasq_leases_init(const char *text, size_t bytes)
{
    return (struct dnsmasq_leases){.reader = reader_init(text, bytes), .line = line_init()};
}

// "52:54:00:12:34:56", with "06-" in front when it is not Ethernet.
static bool take_hw(struct lease_record *record, const char *text)
{
    uint8_t type = 1;
    size_t count = 0;
    const char *dash = strchr(text, '-');
    if (dash != NULL) {
        int high = text_parse_hex_digit(text[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(text[1]);
        if (low < 0 || dash != text + 2) {
            return false;
        }
        type = (uint8_t)(high * 16 + low);
        text = dash + 1;
    }
    if (!lease_record_parse_octets(text, record->hw.octets, HW_BYTES, &count)) {
        return false;
    }
    record->hw.type = type;
    record->hw.length = (uint8_t)count;
    return true;
}

static void take_client_id(struct lease_record *record, const char *text)
{
    bool is_good =
        strcmp(text, "*") == 0 || lease_record_parse_octets(text, record->client_id, sizeof record->client_id,
                                                            &record->client_id_bytes);
    if (!is_good) {
        lease_record_complain(record, "its client identifier is not octets with colons between them");
    }
}

static void take_line(struct line line, struct lease_record *record)
{
    char words[5][WORD_BYTES];
    bool is_long = false;
    for (int i = 0; i < 5; i++) {
        enum status status = line_take_word(&line, words[i], sizeof words[i]);
        is_long = is_long || status == STATUS_TOO_LONG;
        if (status == STATUS_NOT_FOUND) {
            lease_record_complain(record,
                                  "a line has an end, a MAC address, an address, a name and an identifier");
            return;
        }
    }
    if (is_long) {
        lease_record_complain(record, "a word of it is too long");
        return;
    }
    if (!lease_record_take_address(record, words[2])) {
        lease_record_complain(record, "its address is no IP address");
    }
    if (record->state == LEASE_RECORD_IP6 || record->complaint != NULL) {
        return;
    }
    if (!lease_record_parse_seconds(words[0], &record->ends_s)) {
        lease_record_complain(record, "its end is no time in seconds");
    }
    if (record->ends_s == 0) {
        record->ends_s = INT64_MAX;
    }
    if (strcmp(words[1], "*") != 0 && !take_hw(record, words[1])) {
        lease_record_complain(record, "its MAC address is none");
    }
    if (strcmp(words[3], "*") != 0) {
        (void)text_copy(record->hostname, sizeof record->hostname, words[3]);
    }
    take_client_id(record, words[4]);
}

bool dnsmasq_leases_next(struct dnsmasq_leases *leases, struct lease_record *record)
{
    while (line_next(&leases->reader, &leases->line)) {
        struct line line = line_trim(leases->line);
        bool is_duid = line.length >= 5 && memcmp(line.text, "duid ", 5) == 0;
        if (line.length == 0 || is_duid) {
            continue;
        }
        *record = (struct lease_record){.line = line.number};
        take_line(line, record);
        return true;
    }
    return false;
}
