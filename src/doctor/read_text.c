// SPDX-License-Identifier: GPL-3.0-or-later
#include "doctor/read_text.h"

#include "base/text.h"

#define DAY_US        INT64_C(86400000000)
#define BACK_US       INT64_C(3600000000) // a clock that goes back by more than an hour passed midnight
#define DATE_LEAST_US (400 * DAY_US)      // less than that is no date: a time of day, or a day of some year

void read_text_init(struct read_text *reader)
{
    *reader = (struct read_text){0};
}

// ---- which kind ----

static bool looks_like_tcpdump(const char *line)
{
    int64_t at_us;
    while (line[0] == '>' && line[1] == ' ') { // quoted in a mail
        line += 2;
    }
    const char *rest = read_time(line, &at_us);
    if (rest == NULL) {
        return false;
    }
    return strstr(rest, " IP ") != NULL || strstr(rest, " IP6 ") != NULL ||
           strstr(rest, " arp who-has") != NULL || strstr(rest, " ARP, ") != NULL ||
           strstr(rest, "ethertype ") != NULL || strstr(rest, "arp reply") != NULL;
}

static bool looks_like_log(const char *line)
{
    static const char *const WORDS[] = {"dhcpd",   "dnsmasq",  "DHCPDISCOVER", "DHCPREQUEST",  "DHCPOFFER",
                                        "DHCPACK", "in.tftpd", "tftpd",        "kea-dhcp4",    "DHCP4_",
                                        "xinetd",  "\"GET ",   "WDSServer",    "TFTP Download"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (strstr(line, WORDS[i]) != NULL) {
            return true;
        }
    }
    return false;
}

enum read_kind read_text_guess(const char *text, size_t bytes)
{
    char line[READ_LINE_BYTES];
    enum read_kind found = READ_NOTHING;
    const char *end = text + bytes;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop == NULL ? end : stop) - text);
        length = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, text, length);
        line[length] = '\0';
        if (memchr(line, '\0', length) != NULL) {
            return READ_NOTHING;
        }
        if (looks_like_tcpdump(line)) {
            return READ_TCPDUMP;
        }
        found = looks_like_log(line) ? READ_LOG : found;
        text = stop == NULL ? end : stop + 1;
    }
    return found;
}

// ---- times ----

// Times without a date run on over midnight.
static int64_t run_on(struct read_text *reader, int64_t at_us)
{
    if (at_us >= DATE_LEAST_US) {
        return at_us;
    }
    at_us += reader->day_us;
    if (reader->last_us != 0 && at_us + BACK_US < reader->last_us && at_us < DAY_US * 2 + reader->day_us) {
        reader->day_us += DAY_US;
        at_us += DAY_US;
    }
    return at_us;
}

// ---- a packet of tcpdump is several lines ----

static void take_hex(struct read_text *reader, const char *line)
{
    line = strchr(line, ':');
    line = line == NULL ? "" : line + 1;
    line += *line == ' ' || *line == '\t';
    // Groups of four digits, then two blanks and the characters.
    while (reader->hex_bytes < READ_PACKET_BYTES) {
        line += *line == ' ' || *line == '\t';
        int high = text_parse_hex_digit(line[0]);
        int low = high < 0 ? -1 : text_parse_hex_digit(line[1]);
        if (high < 0 || low < 0) {
            return;
        }
        reader->hex[reader->hex_bytes++] = (uint8_t)(high * 16 + low);
        line += 2;
    }
}

static bool is_hex_line(const char *line)
{
    line += strspn(line, " \t");
    return strncmp(line, "0x", 2) == 0 && strspn(line + 2, "0123456789abcdef") == 4 && line[6] == ':';
}

// The bytes of a dump know more than the line before them.
static bool see_hex(const struct read_text *reader, struct sight *out)
{
    struct dissect packet;
    bool is_ip = reader->hex[0] >> 4 == 4 || reader->hex[0] >> 4 == 6;
    struct sight found;
    if (reader->hex_bytes < 20 ||
        (dissect_packet(DISSECT_ETHERNET, reader->hex, reader->hex_bytes, &packet) != STATUS_OK &&
         (!is_ip || dissect_packet(DISSECT_IP, reader->hex, reader->hex_bytes, &packet) != STATUS_OK))) {
        return false;
    }
    sight_from_packet(&packet, out->at_us, &found);
    if (found.kind == SIGHT_NOTHING) {
        return false;
    }
    if (found.from_hw.length == 0) {
        found.from_hw = out->from_hw;
        found.to_hw = out->to_hw;
    }
    *out = found;
    return true;
}

static bool parse_pending(struct read_text *reader, struct sight *out)
{
    char *line = reader->pending;
    const char *at = read_time(line, &out->at_us);
    if (at == NULL) {
        return false;
    }
    out->at_us = run_on(reader, out->at_us);
    reader->last_us = out->at_us;
    // With -v the addresses stand in the second line.
    char *end = strchr(line, '\n');
    if (end != NULL) {
        *end = '\0';
        bool is_header = strstr(at, "(tos 0x") != NULL || strstr(at, "next-header ") != NULL;
        if (is_header) {
            *end = ' ';
            end = strchr(end, '\n');
            if (end != NULL) {
                *end = '\0';
            }
        }
    }
    bool is_known = read_tcpdump_line(at, out);
    while (end != NULL && is_known && out->kind == SIGHT_DHCP) {
        char *next = end + 1;
        end = strchr(next, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        read_tcpdump_detail(next, out);
    }
    return is_known;
}

static void finish_packet(struct read_text *reader, void (*see)(void *context, const struct sight *sight),
                          void *context)
{
    struct sight sight = {0};
    if (reader->pending[0] != '\0') {
        bool is_known = parse_pending(reader, &sight);
        is_known = see_hex(reader, &sight) || is_known;
        if (is_known && sight.kind != SIGHT_NOTHING) {
            reader->understood++;
            see(context, &sight);
        }
    }
    reader->pending[0] = '\0';
    reader->hex_bytes = 0;
}

static void add_pending(struct read_text *reader, const char *line, char between)
{
    struct text text = {
        .start = reader->pending, .length = strlen(reader->pending), .capacity = READ_LINE_BYTES};
    if (text.length != 0) {
        text_add_char(&text, between);
    }
    text_add(&text, line);
}

static void take_tcpdump(struct read_text *reader, const char *line,
                         void (*see)(void *context, const struct sight *sight), void *context)
{
    int64_t at_us;
    if (read_time(line, &at_us) != NULL) {
        finish_packet(reader, see, context);
        add_pending(reader, line, ' ');
    } else if (is_hex_line(line)) {
        take_hex(reader, line);
    } else if (reader->pending[0] != '\0' && line[0] != '\0') {
        add_pending(reader, line, line[0] == ' ' || line[0] == '\t' ? '\n' : ' ');
    }
}

void read_text_line(struct read_text *reader, const char *line, size_t length,
                    void (*see)(void *context, const struct sight *sight), void *context)
{
    char copy[READ_LINE_BYTES];
    struct sight sight = {0};
    length = length < sizeof copy - 1 ? length : sizeof copy - 1;
    memcpy(copy, line, length);
    copy[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        bool is_no_break = (uint8_t)copy[i] == 0xc2 && (uint8_t)copy[i + 1] == 0xa0; // from a web page
        if (is_no_break) {
            copy[i + 1] = ' ';
        }
        copy[i] = copy[i] == '\0' || is_no_break ? ' ' : copy[i];
    }
    while (length > 0 && (copy[length - 1] == '\r' || copy[length - 1] == ' ')) {
        copy[--length] = '\0';
    }
    reader->lines++;
    // A mail quotes with '>'; a line that begins with an arrow goes on with the one before.
    const char *text = copy;
    while (text[0] == '>' && text[1] == ' ' &&
           (reader->pending[0] == '\0' || strstr(reader->pending, " > ") != NULL)) {
        text += 2;
    }
    if (reader->pending[0] != '\0' || looks_like_tcpdump(text)) {
        int64_t at_us;
        bool is_log = read_time(text, &at_us) != NULL && !looks_like_tcpdump(text) && looks_like_log(text);
        if (!is_log) {
            take_tcpdump(reader, text, see, context);
            return;
        }
    }
    finish_packet(reader, see, context);
    if (read_time(text, &sight.at_us) != NULL) {
        sight.at_us = run_on(reader, sight.at_us);
        reader->last_us = sight.at_us;
    } else {
        sight.at_us = reader->last_us;
    }
    if (read_log_line(reader, text, &sight)) {
        reader->understood++;
        see(context, &sight);
    }
}

void read_text_end(struct read_text *reader, void (*see)(void *context, const struct sight *sight),
                   void *context)
{
    finish_packet(reader, see, context);
}
