// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp_part.h"

#include <string.h>

void ftp_take_passive(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)argument;
    if (session->is_all_passive) {
        ftp_step_say(step, 503, "EPSV ALL was said.");
    } else if (!ip_is_ip4(session->peer)) {
        ftp_step_say(step, 522, "PASV cannot tell an IPv6 address: use EPSV.");
    } else {
        session->is_extended = false;
        step->act = FTP_ACT_PASSIVE;
    }
}

void ftp_take_extended_passive(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    bool is_ip4 = ip_is_ip4(session->peer);
    if (text_equal_nocase(argument, "ALL")) {
        session->is_all_passive = true;
        ftp_step_say(step, 200, "Nothing but EPSV from now on.");
    } else if (argument[0] != '\0' && strcmp(argument, is_ip4 ? "1" : "2") != 0) {
        ftp_step_say(step, 522, "Only the protocol of this connection is supported, use (%d).",
                     is_ip4 ? 1 : 2);
    } else {
        session->is_extended = true;
        step->act = FTP_ACT_PASSIVE;
    }
}

// Data goes to the client and nobody else (the bounce attack, RFC 2577).
static void set_active(struct ftp_session *session, struct ip address, uint32_t port, struct ftp_step *step)
{
    session->data = FTP_DATA_NONE;
    if (session->is_all_passive) {
        ftp_step_say(step, 503, "EPSV ALL was said.");
    } else if (!ip_equal(address, session->peer) || port < 1024 || port > 65535) {
        ftp_step_say(step, 501,
                     "Data goes to the address that this connection is from, and to no port below 1024.");
    } else {
        session->data = FTP_DATA_ACTIVE;
        session->port = (uint16_t)port;
        ftp_step_say(step, 200, "Data goes there; passive mode passes more firewalls.");
    }
}

void ftp_take_port(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    uint32_t numbers[6] = {0};
    const char *at = argument;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        size_t digits = strspn(at, "0123456789");
        for (size_t j = 0; j < digits && j < 4; j++) {
            numbers[i] = numbers[i] * 10 + (uint32_t)(at[j] - '0');
        }
        if (digits == 0 || digits > 3 || numbers[i] > 255 || at[digits] != (i == 5 ? '\0' : ',')) {
            ftp_step_say(step, 501, "PORT takes six numbers: h1,h2,h3,h4,p1,p2.");
            return;
        }
        at += digits + 1;
    }
    const struct ip4 address = {numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3]};
    set_active(session, ip_from_ip4(address), numbers[4] << 8 | numbers[5], step);
}

// "|1|192.0.2.1|5282|", whatever character is first (RFC 2428).
void ftp_take_extended_port(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    char mark[2] = {argument[0], '\0'};
    char *fields[3] = {NULL, NULL, NULL};
    char *at = argument[0] == '\0' ? argument : argument + 1;
    bool is_whole = mark[0] != '\0';
    for (size_t i = 0; i < COUNT_OF(fields) && is_whole; i++) {
        size_t length = strcspn(at, mark);
        fields[i] = at;
        is_whole = at[length] != '\0';
        at[length] = '\0';
        at += length + (is_whole ? 1 : 0);
    }
    struct ip address;
    uint32_t port = 0;
    size_t digits = is_whole ? strspn(fields[2], "0123456789") : 0;
    if (digits == 0 || digits > 5 || fields[2][digits] != '\0' || *at != '\0' ||
        ip_parse(fields[1], &address) != STATUS_OK) {
        ftp_step_say(step, 501, "EPRT takes |protocol|address|port|.");
        return;
    }
    for (size_t i = 0; i < digits; i++) {
        port = port * 10 + (uint32_t)(fields[2][i] - '0');
    }
    if (strcmp(fields[0], ip_is_ip4(address) ? "1" : "2") != 0) {
        ftp_step_say(step, 522, "This address is not of this protocol, use (%d).",
                     ip_is_ip4(session->peer) ? 1 : 2);
        return;
    }
    set_active(session, address, port, step);
}
