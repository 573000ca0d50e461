// SPDX-License-Identifier: GPL-3.0-or-later
// What tcpdump prints of a packet.
#include "base/text.h"
#include "doctor/read_text.h"
#include "model/boot_client.h"

#define WORD_BYTES 256

static const struct {
    const char *name;
    uint16_t port;
} PORTS[] = {
    {"tftp", 69},   {"bootps", 67},           {"bootpc", 68},         {"http", 80},          {"www", 80},
    {"https", 443}, {"domain", 53},           {"http-alt", 8080},     {"webcache", 8080},    {"ftp", 21},
    {"pxe", 4011},  {"altserviceboot", 4011}, {"dhcpv6-client", 546}, {"dhcpv6-server", 547}};

/// Copies the word at `*at` (up to a blank or one of `ends`) and moves on; false when it is empty or too
/// long.
static bool take_word(const char **at, const char *ends, char word[WORD_BYTES])
{
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, " \t\n") < strcspn(*at, ends) ? strcspn(*at, " \t\n") : strcspn(*at, ends);
    if (length == 0 || length >= WORD_BYTES) {
        return false;
    }
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    return true;
}

// A service's name is the same port wherever it stands.
static uint16_t port_of(const char *text)
{
    uint64_t number;
    uint32_t sum = 0;
    if (text_parse_u64(text, UINT16_MAX, &number) == STATUS_OK) {
        return (uint16_t)number;
    }
    for (size_t i = 0; i < COUNT_OF(PORTS); i++) {
        if (strcmp(PORTS[i].name, text) == 0) {
            return PORTS[i].port;
        }
    }
    for (; *text != '\0'; text++) {
        sum = sum * 31 + (uint8_t)*text;
    }
    return (uint16_t)(1024 + sum % 60000);
}

// "192.168.1.38.57103", "fe80::1.546", "pc7.lab.tftp"; of ICMP no port follows.
static bool take_end(char *word, struct ip *address, uint16_t *port)
{
    char *dot = strrchr(word, '.');
    *port = 0;
    if (ip_parse(word, address) == STATUS_OK) {
        return true;
    }
    if (dot == NULL || dot == word) {
        return false;
    }
    *dot = '\0';
    *port = port_of(dot + 1);
    if (ip_parse(word, address) != STATUS_OK) {
        *address = sight_name_ip(word);
    }
    return true;
}

static const char *find_after(const char *line, const char *what)
{
    const char *at = strstr(line, what);
    return at == NULL ? NULL : at + strlen(what);
}

static uint64_t number_after(const char *line, const char *what)
{
    const char *at = find_after(line, what);
    return at == NULL ? UINT64_MAX : text_read_number(at, 10);
}

// ---- what it carries ----

// "37 RRQ 'winxp.0' octet tsize 0 blksize 1408", "TFTP, length 37, RRQ "winxp.0" octet blksize 1408".
static bool take_request(const char *text, struct sight *out)
{
    const char *at = strstr(text, "RRQ ");
    struct sight_tftp *tftp = &out->tftp;
    if (at == NULL) {
        return false;
    }
    at += 4;
    char quote = *at == '"' || *at == '\'' ? *at++ : ' ';
    size_t length = 0;
    while (at[length] != '\0' && at[length] != quote && at[length] != '\n') {
        length++;
    }
    struct text name;
    text_init(&name, tftp->name, sizeof tftp->name);
    text_add_escaped(&name, at, length);
    at += length;
    uint64_t blksize = number_after(at, "blksize ");
    uint64_t window = number_after(at, "windowsize ");
    out->kind = SIGHT_TFTP;
    tftp->operation = TFTP_READ_REQUEST;
    tftp->blksize = blksize <= TFTP_MOST_BLOCK_BYTES ? (uint32_t)blksize : 0;
    tftp->windowsize = window <= UINT16_MAX ? (uint32_t)window : 0;
    tftp->has_tsize = strstr(at, "tsize ") != NULL;
    tftp->is_name_odd = strstr(tftp->name, "\\x") != NULL || strstr(tftp->name, "^") != NULL ||
                        strstr(tftp->name, "M-") != NULL;
    return true;
}

static bool take_tftp(const char *text, struct sight *out)
{
    struct sight_tftp *tftp = &out->tftp;
    const char *error = find_after(text, "ERROR ");
    const char *ack = find_after(text, "ACK block ");
    const char *data = find_after(text, "DATA block ");
    if (take_request(text, out)) {
        return true;
    }
    *tftp = (struct sight_tftp){0};
    if (strstr(text, "OACK") != NULL) {
        uint64_t blksize = number_after(text, "blksize ");
        uint64_t size = number_after(text, "tsize ");
        tftp->operation = TFTP_OACK;
        tftp->blksize = blksize <= TFTP_MOST_BLOCK_BYTES ? (uint32_t)blksize : 0;
        tftp->has_tsize = size != UINT64_MAX;
        tftp->tsize = tftp->has_tsize ? size : 0;
    } else if (error != NULL) {
        tftp->operation = TFTP_ERROR;
        tftp->error = strncmp(error, "ENOTFOUND", 9) == 0  ? TFTP_ERROR_FILE_NOT_FOUND
                      : strncmp(error, "EACCESS", 7) == 0  ? TFTP_ERROR_ACCESS_VIOLATION
                      : strncmp(error, "ENOSPACE", 8) == 0 ? TFTP_ERROR_DISK_FULL
                      : strncmp(error, "EOPTNEG", 7) == 0  ? TFTP_ERROR_OPTION_NEGOTIATION
                                                           : TFTP_ERROR_NOT_DEFINED;
        const char *quote = strchr(error, '"');
        struct text said;
        text_init(&said, tftp->error_text, sizeof tftp->error_text);
        text_add_escaped(&said, quote == NULL ? "" : quote + 1,
                         quote == NULL ? 0 : strcspn(quote + 1, "\"\n"));
    } else if (ack != NULL || data != NULL) {
        tftp->operation = ack != NULL ? TFTP_ACK : TFTP_DATA;
        tftp->block = (uint16_t)text_read_number(ack != NULL ? ack : data, 10);
        uint64_t bytes = text_read_number(text, 10);
        tftp->data_bytes = data != NULL && bytes > TFTP_HEADER_BYTES && bytes <= UINT16_MAX
                               ? (uint32_t)(bytes - TFTP_HEADER_BYTES)
                               : 0;
    } else {
        return false;
    }
    out->kind = SIGHT_TFTP;
    return true;
}

static void take_dhcp(const char *text, struct sight *out)
{
    struct sight_dhcp *dhcp = &out->dhcp;
    const char *from = find_after(text, "Request from ");
    const char *xid = find_after(text, "xid 0x");
    uint64_t secs = number_after(text, "secs ");
    char word[WORD_BYTES];
    out->kind = SIGHT_DHCP;
    *dhcp = (struct sight_dhcp){.architecture = BOOT_ARCHITECTURE_NONE};
    dhcp->is_reply = strstr(text, "Reply") != NULL;
    dhcp->xid = xid == NULL ? 0 : (uint32_t)text_read_number(xid, 16);
    dhcp->secs = secs <= UINT16_MAX ? (uint16_t)secs : 0;
    if (from != NULL && take_word(&from, ",", word)) {
        if (hw_parse(word, &dhcp->client) != STATUS_OK) {
            dhcp->client = (struct hw){0};
        }
    }
}

static bool take_flags(const char *text, uint8_t *flags)
{
    const char *at = find_after(text, "Flags [");
    if (at == NULL) {
        return false;
    }
    *flags = 0;
    for (; *at != '\0' && *at != ']'; at++) {
        *flags |= *at == 'S'   ? DISSECT_TCP_SYN
                  : *at == 'F' ? DISSECT_TCP_FIN
                  : *at == 'R' ? DISSECT_TCP_RST
                  : *at == '.' ? DISSECT_TCP_ACK
                               : 0;
    }
    return true;
}

static void take_tcp(const char *text, struct sight *out)
{
    struct sight_tcp *tcp = &out->tcp;
    const char *get = find_after(text, "HTTP: GET ");
    const char *answer = find_after(text, "HTTP: HTTP/1.");
    uint64_t sequence = number_after(text, "seq ");
    uint64_t acknowledged = number_after(text, "ack ");
    uint64_t bytes = number_after(text, "length ");
    out->kind = SIGHT_TCP;
    tcp->sequence = sequence == UINT64_MAX ? 0 : (uint32_t)sequence;
    tcp->acknowledged = acknowledged == UINT64_MAX ? 0 : (uint32_t)acknowledged;
    tcp->bytes = bytes <= UINT16_MAX ? (size_t)bytes : 0;
    tcp->http_length = UINT64_MAX;
    if (get != NULL) {
        struct text name;
        tcp->is_get = true;
        text_init(&name, tcp->name, sizeof tcp->name);
        text_add_escaped(&name, get, strcspn(get, " ?\n"));
    } else if (answer != NULL) {
        tcp->http_status = (uint16_t)(text_read_number(answer + 2, 10) % 1000);
    }
}

static bool take_icmp(const char *text, struct sight *out)
{
    const char *port = find_after(text, " udp port ");
    const char *mtu = find_after(text, "need to frag (mtu ");
    const char *who = find_after(text, "ICMP ");
    char word[WORD_BYTES];
    out->kind = SIGHT_ICMP;
    out->icmp = (struct dissect_icmp){.from = out->to, .has_inner = true, .is_inner_udp = port != NULL};
    if (who != NULL && take_word(&who, ",", word) && ip_parse(word, &out->icmp.to) != STATUS_OK) {
        out->icmp.to = sight_name_ip(word);
    }
    if (port != NULL && take_word(&port, ",", word)) {
        out->icmp.to_port = port_of(word);
        return strstr(text, "unreachable") != NULL;
    }
    out->icmp.mtu = mtu == NULL ? 0 : (uint16_t)text_read_number(mtu, 10);
    return out->icmp.mtu != 0;
}

// "who-has A tell B", "A is-at MAC"; "who-has A (MAC) tell B" when it is asked of one.
static bool take_arp(const char *text, struct sight *out)
{
    struct dissect_arp *arp = &out->arp;
    const char *who = find_after(text, "who-has ");
    const char *tell = find_after(text, "tell ");
    const char *is_at = strstr(text, " is-at ");
    char word[WORD_BYTES];
    out->kind = SIGHT_ARP;
    if (who != NULL && tell != NULL && take_word(&who, ",", word) &&
        ip4_parse(word, &arp->target) == STATUS_OK && take_word(&tell, ",", word) &&
        ip4_parse(word, &arp->sender) == STATUS_OK) {
        arp->operation = 1;
        arp->sender_hw = out->from_hw;
        return true;
    }
    if (is_at == NULL) {
        return false;
    }
    const char *begin = is_at;
    while (begin > text && begin[-1] != ' ') {
        begin--;
    }
    arp->operation = 2;
    is_at += strlen(" is-at ");
    return take_word(&begin, ",", word) && ip4_parse(word, &arp->sender) == STATUS_OK &&
           take_word(&is_at, ", (", word) && hw_parse(word, &arp->sender_hw) == STATUS_OK;
}

static bool take_payload(const char *text, struct sight *out)
{
    uint64_t length = number_after(text, "UDP, length ");
    bool is_tftp = out->to_port == TFTP_PORT || out->from_port == TFTP_PORT;
    if (strstr(text, "BOOTP/DHCP") != NULL) {
        take_dhcp(text, out);
        return true;
    }
    if ((is_tftp || strstr(text, "TFTP") != NULL) && take_tftp(text, out)) {
        return true;
    }
    if (strncmp(text, "ICMP ", 5) == 0) {
        return take_icmp(text, out);
    }
    if (take_flags(text, &out->tcp.flags)) {
        take_tcp(text, out);
        return true;
    }
    if (length != UINT64_MAX && length <= UINT16_MAX) {
        out->kind = SIGHT_UDP;
        out->udp_bytes = (size_t)length;
        return true;
    }
    return false;
}

// "00:0c:29:68:fc:29 (oui VMware) > ff:ff:ff:ff:ff:ff (oui Unknown), ethertype IPv4 (0x0800), length 590: ".
static const char *take_ethernet(const char *at, struct sight *out)
{
    char word[WORD_BYTES];
    const char *from = at;
    if (!take_word(&from, ",", word) || hw_parse(word, &out->from_hw) != STATUS_OK ||
        out->from_hw.length == 0) {
        out->from_hw = (struct hw){0};
        return at;
    }
    const char *to = find_after(at, "> ");
    const char *end = find_after(at, "length ");
    if (to != NULL && take_word(&to, ",", word) && hw_parse(word, &out->to_hw) != STATUS_OK) {
        out->to_hw = (struct hw){0};
    }
    // The last "ethertype X, " of a tagged frame stands behind the length.
    for (const char *next = end; next != NULL; next = find_after(next, "ethertype ")) {
        end = next;
    }
    const char *colon = end == NULL ? NULL : strpbrk(end, ":,");
    return colon == NULL ? at : colon + 1;
}

bool read_tcpdump_line(const char *line, struct sight *out)
{
    char word[WORD_BYTES];
    const char *at = take_ethernet(line + strspn(line, " \t"), out);
    const char *arrow = strstr(at, " > ");
    if (strstr(at, "who-has ") != NULL || strstr(at, " is-at ") != NULL) {
        return take_arp(at, out);
    }
    if (arrow == NULL) {
        return false;
    }
    const char *from = arrow;
    while (from > at && from[-1] != ' ' && from[-1] != '\t' && from[-1] != '\n') {
        from--;
    }
    if (!take_word(&from, " ", word) || !take_end(word, &out->from, &out->from_port)) {
        return false;
    }
    const char *to = arrow + 3;
    to += strspn(to, " \t\n");
    // The colon behind the address has a blank behind it, those of IPv6 have not.
    const char *colon = strstr(to, ": ");
    size_t length = colon == NULL ? 0 : (size_t)(colon - to);
    if (length == 0 || length >= WORD_BYTES || memchr(to, ' ', length) != NULL) {
        return false;
    }
    memcpy(word, to, length);
    word[length] = '\0';
    return take_end(word, &out->to, &out->to_port) && take_payload(colon + 2 + strspn(colon + 2, " "), out);
}

// ---- what -v says of DHCP ----

static void take_kind(const char *value, struct sight_dhcp *dhcp)
{
    static const struct {
        const char *name;
        enum dhcp4_kind kind;
    } KINDS[] = {{"Discover", DHCP4_DISCOVER}, {"Offer", DHCP4_OFFER},  {"Request", DHCP4_REQUEST},
                 {"Decline", DHCP4_DECLINE},   {"ACK", DHCP4_ACK},      {"NACK", DHCP4_NAK},
                 {"Release", DHCP4_RELEASE},   {"Inform", DHCP4_INFORM}};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strncmp(value, KINDS[i].name, strlen(KINDS[i].name)) == 0) {
            dhcp->kind = KINDS[i].kind;
            dhcp->is_kind_known = true;
            dhcp->knows_boot = true; // all options follow
        }
    }
}

static void take_quoted(const char *value, char *out, size_t out_bytes)
{
    struct text text;
    const char *begin = strchr(value, '"');
    text_init(&text, out, out_bytes);
    if (begin != NULL) {
        size_t length = strcspn(begin + 1, "\"\n");
        length -=
            length >= 2 && memcmp(begin + 1 + length - 2, "^@", 2) == 0 ? 2 : 0; // a NUL, as tcpdump shows it
        text_add_escaped(&text, begin + 1, length);
    }
}

void read_tcpdump_detail(const char *line, struct sight *out)
{
    struct sight_dhcp *dhcp = &out->dhcp;
    const char *at = line + strspn(line, " \t");
    const char *value = find_after(at, ": ");
    char word[WORD_BYTES];
    const char *rest;
    if ((rest = find_after(at, "Client-Ethernet-Address ")) != NULL && take_word(&rest, ",", word)) {
        (void)!hw_parse(word, &dhcp->client);
    } else if ((rest = find_after(at, "Your-IP ")) != NULL && take_word(&rest, ",", word)) {
        (void)!ip4_parse(word, &dhcp->address);
    } else if ((rest = find_after(at, "Server-IP ")) != NULL && take_word(&rest, ",", word)) {
        (void)!ip4_parse(word, &dhcp->next_server);
    } else if ((rest = find_after(at, "Gateway-IP ")) != NULL && take_word(&rest, ",", word)) {
        (void)!ip4_parse(word, &dhcp->relay);
    } else if (strncmp(at, "file \"", 6) == 0) {
        take_quoted(at, dhcp->file, sizeof dhcp->file);
    } else if (value == NULL) {
        return;
    } else if (strncmp(at, "DHCP-Message", 12) == 0) {
        take_kind(value, dhcp);
    } else if (strncmp(at, "Server-ID", 9) == 0 && take_word(&value, ",", word)) {
        (void)!ip4_parse(word, &dhcp->server);
    } else if (strncmp(at, "Requested-IP", 12) == 0 && take_word(&value, ",", word)) {
        (void)!ip4_parse(word, &dhcp->address);
    } else if (strncmp(at, "BF ", 3) == 0) {
        take_quoted(value, dhcp->file, sizeof dhcp->file);
    } else if (strncmp(at, "Vendor-Class", 12) == 0) {
        take_quoted(value, dhcp->vendor, sizeof dhcp->vendor);
        dhcp->class = strncmp(dhcp->vendor, "PXEClient", 9) == 0     ? SIGHT_CLASS_PXE
                      : strncmp(dhcp->vendor, "HTTPClient", 10) == 0 ? SIGHT_CLASS_HTTP
                                                                     : SIGHT_CLASS_NONE;
    } else if (strncmp(at, "ARCH ", 5) == 0) {
        dhcp->architecture = (uint16_t)text_read_number(value, 10);
    } else if (strncmp(at, "User-Class", 10) == 0 || strncmp(at, "CLASS ", 6) == 0) {
        dhcp->is_ipxe = dhcp->is_ipxe || strstr(value, "iPXE") != NULL;
    } else if (strncmp(at, "Vendor-Option", 13) == 0) {
        dhcp->has_vendor = true;
    }
}
