// SPDX-License-Identifier: GPL-3.0-or-later
// What servers write into their logs.
#include "base/text.h"
#include "doctor/read_text.h"
#include "model/boot_client.h"

#define WORD_BYTES 256

static const char *find_after(const char *line, const char *what)
{
    const char *at = strstr(line, what);
    return at == NULL ? NULL : at + strlen(what);
}

static bool is_word_end(char character)
{
    return character == '\0' || text_is_one_of(character, " \t,;()[]\"'");
}

/// The next word that begins at or behind `*at`, cut at what cannot be part of an address or name.
static bool next_word(const char **at, char word[WORD_BYTES])
{
    while (**at != '\0' && is_word_end(**at)) {
        (*at)++;
    }
    size_t length = 0;
    while (!is_word_end((*at)[length])) {
        length++;
    }
    const char *begin = *at;
    *at += length;
    if (length == 0 || length >= WORD_BYTES) {
        word[0] = '\0';
        return length != 0;
    }
    memcpy(word, begin, length);
    word[length] = '\0';
    while (length > 1 && text_is_one_of(word[length - 1], ".:")) {
        word[--length] = '\0';
    }
    return true;
}

static bool find_hw(const char *line, struct hw *out)
{
    char word[WORD_BYTES];
    while (next_word(&line, word)) {
        const char *text = strncmp(word, "hwtype=", 7) == 0 ? "" : word;
        if (strlen(text) == 17 && hw_parse(text, out) == STATUS_OK) {
            return true;
        }
    }
    return false;
}

// The first IPv4 address before `end` (NULL = all of the line).
static bool find_ip4(const char *line, const char *end, struct ip4 *out)
{
    char word[WORD_BYTES];
    while (next_word(&line, word) && (end == NULL || line <= end)) {
        char *colon = strchr(word, ':');
        if (colon != NULL && strchr(colon + 1, ':') == NULL) {
            *colon = '\0'; // a port
        }
        if (ip4_parse(word, out) == STATUS_OK) {
            return true;
        }
    }
    return false;
}

// ---- DHCP ----

static const struct {
    const char *word;
    enum dhcp4_kind kind;
    bool is_reply;
} DHCP_WORDS[] = {
    {"DHCPDISCOVER", DHCP4_DISCOVER, false},
    {"DHCPOFFER", DHCP4_OFFER, true},
    {"DHCPREQUEST", DHCP4_REQUEST, false},
    {"DHCPACK", DHCP4_ACK, true},
    {"DHCPNAK", DHCP4_NAK, true},
    {"DHCPDECLINE", DHCP4_DECLINE, false},
    {"DHCPINFORM", DHCP4_INFORM, false},
    {"DHCPRELEASE", DHCP4_RELEASE, false},
    {"will be advertised", DHCP4_OFFER, true},
    {"has been allocated", DHCP4_ACK, true},
    {"lease 0.0.0.0 advertised", DHCP4_OFFER, true},
};

static const struct {
    const char *words;
    enum sight_log log;
} COMPLAINTS[] = {
    {"no free leases", SIGHT_LOG_POOL_EMPTY},
    {"no address available", SIGHT_LOG_POOL_EMPTY},
    {"no address range available", SIGHT_LOG_NETWORK_UNKNOWN},
    {"ALLOC_FAIL", SIGHT_LOG_POOL_EMPTY},
    {"unknown network segment", SIGHT_LOG_NETWORK_UNKNOWN},
    {"SUBNET_SELECTION_FAILED", SIGHT_LOG_NETWORK_UNKNOWN},
    {"failed to select a subnet", SIGHT_LOG_NETWORK_UNKNOWN},
    {"No subnet declaration", SIGHT_LOG_NO_CONFIGURATION},
};

static bool read_complaint(const char *line, struct sight *out)
{
    for (size_t i = 0; i < COUNT_OF(COMPLAINTS); i++) {
        if (strstr(line, COMPLAINTS[i].words) != NULL && find_hw(line, &out->log_client)) {
            out->kind = SIGHT_LOG;
            out->log = COMPLAINTS[i].log;
            return true;
        }
    }
    return false;
}

static bool read_dhcp(const char *line, struct sight *out)
{
    struct sight_dhcp *dhcp = &out->dhcp;
    for (size_t i = 0; i < COUNT_OF(DHCP_WORDS); i++) {
        const char *at = strstr(line, DHCP_WORDS[i].word);
        if (at == NULL) {
            continue;
        }
        // dhcpd: "DHCPREQUEST for A (SERVER) from MAC via RELAY"; what is behind "via" is no address of the
        // client's
        const char *via = strstr(at, " via ");
        const char *server = strchr(at, '(');
        *dhcp = (struct sight_dhcp){.is_reply = DHCP_WORDS[i].is_reply,
                                    .is_kind_known = true,
                                    .kind = DHCP_WORDS[i].kind,
                                    .architecture = BOOT_ARCHITECTURE_NONE};
        if (!find_hw(line, &dhcp->client)) {
            return false;
        }
        (void)find_ip4(DHCP_WORDS[i].is_reply || via != NULL ? at : line, via, &dhcp->address);
        if (dhcp->kind == DHCP4_REQUEST && server != NULL && (via == NULL || server < via)) {
            (void)find_ip4(server, via, &dhcp->server);
        }
        out->kind = SIGHT_DHCP;
        return true;
    }
    return false;
}

// ---- TFTP and web ----

static void take_name(const char *begin, size_t length, struct sight *out)
{
    struct text name;
    text_init(&name, out->tftp.name, sizeof out->tftp.name);
    text_add_escaped(&name, begin, length);
    out->tftp.is_name_odd = strstr(out->tftp.name, "\\x") != NULL;
}

// What stands between `begin` and `end` is the name, the address stands behind `end`.
static bool take_between(const char *line, const char *begin, const char *end, struct sight *out,
                         bool is_request)
{
    const char *name = find_after(line, begin);
    const char *stop = name == NULL ? NULL : strstr(name, end);
    struct ip4 client;
    if (stop == NULL || !find_ip4(stop + strlen(end), NULL, &client)) {
        return false;
    }
    name += strspn(name, " ");
    take_name(name, stop > name ? (size_t)(stop - name) : 0, out);
    out->kind = SIGHT_TFTP;
    *(is_request ? &out->from : &out->to) = ip_from_ip4(client);
    return true;
}

static bool take_error(struct sight *out, uint16_t error, const char *text, size_t length)
{
    struct text said;
    out->tftp.operation = TFTP_ERROR;
    out->tftp.error = error;
    text_init(&said, out->tftp.error_text, sizeof out->tftp.error_text);
    text_add_escaped(&said, text, length);
    return true;
}

static bool read_tftp(const char *line, struct sight *out)
{
    const char *at;
    struct ip4 client;
    out->tftp = (struct sight_tftp){.operation = TFTP_READ_REQUEST};
    if ((at = find_after(line, "RRQ from ")) != NULL && find_ip4(at, NULL, &client)) { // in.tftpd
        const char *name = find_after(at, " filename ");
        name = name == NULL ? "" : name;
        out->kind = SIGHT_TFTP;
        out->from = ip_from_ip4(client);
        take_name(name, strcspn(name, " \r\n"), out);
        return name[0] != '\0';
    }
    if ((at = find_after(line, "sending NAK (")) !=
        NULL) { // in.tftpd: "sending NAK (1, File not found) to A"
        const char *text = find_after(at, ", ");
        const char *to = find_after(at, ") to ");
        if (text != NULL && to != NULL && find_ip4(to, NULL, &client)) {
            out->kind = SIGHT_TFTP;
            out->to = ip_from_ip4(client);
            return take_error(out, (uint16_t)text_read_number(at, 10), text, strcspn(text, ")"));
        }
    }
    if (strstr(line, "tftp") != NULL || strstr(line, "TFTP") != NULL || strstr(line, "atftpd") != NULL) {
        if (take_between(line, "Serving ", " to ", out, true)) { // atftpd
            return true;
        }
        if (take_between(line, "sent ", " to ", out, false)) { // dnsmasq
            out->tftp.operation = TFTP_DATA;
            out->tftp.is_done = true;
            return true;
        }
        if (take_between(line, "file ", " not found for ", out, false)) { // dnsmasq
            return take_error(out, TFTP_ERROR_FILE_NOT_FOUND, "not found", 9);
        }
        if (take_between(line, "cannot access ", ": Permission denied", out, false) ||
            take_between(line, "failed sending ", " to ", out, false)) {
            return take_error(out, TFTP_ERROR_NOT_DEFINED, "failed", 6);
        }
    }
    return false;
}

// "The Following Client failed TFTP Download: Client IP: A Filename: \Boot\x64\wdsnbp.com ErrorCode: 1460
// ..."
static bool read_wds(const char *line, struct sight *out)
{
    const char *address = find_after(line, "Client IP: ");
    const char *name = find_after(line, "Filename: ");
    const char *code = find_after(line, "ErrorCode: ");
    struct ip4 client;
    if (address == NULL || name == NULL || strstr(line, "TFTP") == NULL ||
        !find_ip4(address, NULL, &client)) {
        return false;
    }
    out->kind = SIGHT_TFTP;
    out->to = ip_from_ip4(client);
    out->tftp = (struct sight_tftp){.operation = TFTP_DATA, .is_done = true};
    take_name(name, strcspn(name, " \r\n"), out);
    uint64_t error = code == NULL ? 0 : text_read_number(code, 10);
    if (error == 0) {
        return true;
    }
    out->tftp.is_done = false; // Windows' own numbers: 2 and 3 no such file or folder, 5 access denied
    return take_error(out,
                      error == 2 || error == 3 ? TFTP_ERROR_FILE_NOT_FOUND
                      : error == 5             ? TFTP_ERROR_ACCESS_VIOLATION
                                               : TFTP_ERROR_NOT_DEFINED,
                      error == 1460 ? "timed out" : "failed", error == 1460 ? 9 : 6);
}

// 192.0.2.1 - - [09/Aug/2026:08:36:48 +0000] "GET /ks.cfg HTTP/1.1" 404 153
static bool read_web(const char *line, struct sight *out)
{
    struct sight_tcp *tcp = &out->tcp;
    const char *get = find_after(line, "\"GET ");
    const char *status = get == NULL ? NULL : find_after(get, "\" ");
    struct ip4 client;
    if (status == NULL || !find_ip4(line, get, &client)) {
        return false;
    }
    struct text name;
    uint64_t code = text_read_number(status, 10);
    out->kind = SIGHT_TCP;
    out->from = ip_from_ip4(client);
    out->to_port = 80;
    tcp->is_get = true;
    text_init(&name, tcp->name, sizeof tcp->name);
    text_add_escaped(&name, get, strcspn(get, " ?\""));
    tcp->http_status = (uint16_t)(code % 1000);
    tcp->http_length = 0; // it was sent: the log says so when it is over
    return code >= 100 && code < 600;
}

// ---- the time of web logs stands within ----

static void take_web_time(const char *line, struct sight *out)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strchr(line, '[');
    char iso[32];
    if (at == NULL || strlen(at) < 22 || at[3] != '/' || at[7] != '/' || at[12] != ':') {
        return;
    }
    for (unsigned month = 0; month < 12; month++) {
        if (strncmp(at + 4, MONTHS + (size_t)month * 3, 3) == 0) {
            struct text text;
            text_init(&text, iso, sizeof iso);
            text_add_format(&text, "%.4s-%02u-%.2s %.8s", at + 8, month + 1, at + 1, at + 13);
            (void)read_time(iso, &out->at_us);
        }
    }
}

bool read_log_line(struct read_text *reader, const char *line, struct sight *out)
{
    const char *file = find_after(line, "bootfile name: "); // dnsmasq, in a line of its own
    if (file != NULL) {
        struct text text;
        text_init(&text, reader->boot_file, sizeof reader->boot_file);
        text_add_escaped(&text, file, strcspn(file, " \r\n"));
        return false;
    }
    if (read_complaint(line, out) || read_dhcp(line, out) || read_tftp(line, out) || read_wds(line, out)) {
        return true;
    }
    if (read_web(line, out)) {
        take_web_time(line, out);
        return true;
    }
    return false;
}
