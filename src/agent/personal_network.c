// SPDX-License-Identifier: GPL-3.0-or-later
// The network of the new system, in the words of whatever sets it up there: netplan, NetworkManager,
// systemd-networkd or ifupdown. The card is named by its MAC address, since its name under another kernel is
// anybody's guess; and it asks for its address by that MAC, so that one machine keeps one address.
#include "agent/console.h"
#include "agent/personal_chroot.h"
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define WANTS        "etc/systemd/system/multi-user.target.wants/"
#define RESOLVED     "etc/systemd/system/sysinit.target.wants/systemd-resolved.service"
#define RESOLVED_OLD WANTS "systemd-resolved.service"

static const struct personal_owner SECRET = {.mode = 0600};

struct words { // the wanted network as text
    char mac[HW_TEXT_BYTES];
    char address[IP4_TEXT_BYTES];
    char mask[IP4_TEXT_BYTES];
    char gateway[IP4_TEXT_BYTES]; // "" = none
    char dns[4][IP4_TEXT_BYTES];
    unsigned dns_count;
};

static struct words words_of(const struct talk_personal *wanted)
{
    struct words words = {0};
    (void)hw_print(&wanted->mac, words.mac);
    (void)ip4_print(wanted->address, words.address);
    (void)ip4_print(ip4_mask(wanted->prefix), words.mask);
    if (wanted->gateway.value != 0) {
        (void)ip4_print(wanted->gateway, words.gateway);
    }
    for (size_t i = 0; i < COUNT_OF(wanted->dns); i++) {
        if (wanted->dns[i].value != 0) {
            (void)ip4_print(wanted->dns[i], words.dns[words.dns_count++]);
        }
    }
    return words;
}

void personal_print_netplan(const struct talk_personal *wanted, const char *indent, const char *set_name,
                            FILE *out)
{
    const struct words words = words_of(wanted);
    (void)fprintf(out, "%sversion: 2\n%sethernets:\n", indent, indent);
    // The first that matches a card wins in systemd-networkd, by name.
    (void)fprintf(out, "%s  00imprint:\n%s    match:\n%s      macaddress: \"%s\"\n", indent, indent, indent,
                  words.mac);
    if (set_name != NULL) {
        (void)fprintf(out, "%s    set-name: %s\n", indent, set_name);
    }
    if (!wanted->is_static) {
        (void)fprintf(out, "%s    dhcp4: true\n%s    dhcp-identifier: mac\n", indent, indent);
        return;
    }
    (void)fprintf(out, "%s    dhcp4: false\n%s    addresses: [\"%s/%u\"]\n", indent, indent, words.address,
                  wanted->prefix);
    if (words.gateway[0] != '\0') {
        (void)fprintf(out, "%s    routes:\n%s      - to: \"0.0.0.0/0\"\n%s        via: \"%s\"\n", indent,
                      indent, indent, words.gateway);
    }
    if (words.dns_count > 0) {
        (void)fprintf(out, "%s    nameservers:\n%s      addresses: [", indent, indent);
        for (unsigned i = 0; i < words.dns_count; i++) {
            (void)fprintf(out, "%s\"%s\"", i == 0 ? "" : ", ", words.dns[i]);
        }
        (void)fprintf(out, "]\n");
        if (wanted->domain[0] != '\0') {
            (void)fprintf(out, "%s      search: [\"%s\"]\n", indent, wanted->domain);
        }
    }
}

static void print_netplan_file(const struct talk_personal *wanted, FILE *out)
{
    (void)fprintf(out, "network:\n");
    personal_print_netplan(wanted, "  ", NULL, out);
}

static void print_networkd(const struct talk_personal *wanted, FILE *out)
{
    const struct words words = words_of(wanted);
    (void)fprintf(out, "[Match]\nMACAddress=%s\nType=ether\n\n[Network]\n", words.mac);
    if (!wanted->is_static) {
        (void)fprintf(out, "DHCP=ipv4\n\n[DHCPv4]\nClientIdentifier=mac\n");
        return;
    }
    (void)fprintf(out, "Address=%s/%u\n", words.address, wanted->prefix);
    if (words.gateway[0] != '\0') {
        (void)fprintf(out, "Gateway=%s\n", words.gateway);
    }
    for (unsigned i = 0; i < words.dns_count; i++) {
        (void)fprintf(out, "DNS=%s\n", words.dns[i]);
    }
    if (wanted->domain[0] != '\0') {
        (void)fprintf(out, "Domains=%s\n", wanted->domain);
    }
}

static void print_network_manager(const struct talk_personal *wanted, FILE *out)
{
    const struct words words = words_of(wanted);
    (void)fprintf(out,
                  "[connection]\nid=imprint\ntype=ethernet\nautoconnect-priority=100\n\n"
                  "[ethernet]\nmac-address=%s\n\n[ipv4]\n",
                  words.mac);
    if (!wanted->is_static) {
        (void)fprintf(out, "method=auto\ndhcp-client-id=mac\n");
    } else {
        (void)fprintf(out, "method=manual\naddress1=%s/%u%s%s\n", words.address, wanted->prefix,
                      words.gateway[0] == '\0' ? "" : ",", words.gateway);
        for (unsigned i = 0; i < words.dns_count; i++) {
            (void)fprintf(out, "%s%s;", i == 0 ? "dns=" : "", words.dns[i]);
        }
        (void)fprintf(out, "%s", words.dns_count == 0 ? "" : "\n");
        if (wanted->domain[0] != '\0') {
            (void)fprintf(out, "dns-search=%s;\n", wanted->domain);
        }
    }
    (void)fprintf(out, "\n[ipv6]\nmethod=auto\n");
}

// interfaces(5), "Pattern matching interfaces": a card found by its MAC address takes the stanza "imprint".
static void print_ifupdown(const struct talk_personal *wanted, FILE *out)
{
    const struct words words = words_of(wanted);
    (void)fprintf(out, "auto mac/%s=imprint\niface imprint inet %s\n", words.mac,
                  wanted->is_static ? "static" : "dhcp");
    if (!wanted->is_static) {
        return;
    }
    (void)fprintf(out, "\taddress %s\n\tnetmask %s\n", words.address, words.mask);
    if (words.gateway[0] != '\0') {
        (void)fprintf(out, "\tgateway %s\n", words.gateway);
    }
    for (unsigned i = 0; i < words.dns_count; i++) {
        (void)fprintf(out, "%s%s", i == 0 ? "\tdns-nameservers " : " ", words.dns[i]);
    }
    (void)fprintf(out, "%s", words.dns_count == 0 ? "" : "\n");
}

static void print_resolv(const struct talk_personal *wanted, FILE *out)
{
    const struct words words = words_of(wanted);
    if (wanted->domain[0] != '\0') {
        (void)fprintf(out, "search %s\n", wanted->domain);
    }
    for (unsigned i = 0; i < words.dns_count && i < 3; i++) { // resolv.conf(5): MAXNS
        (void)fprintf(out, "nameserver %s\n", words.dns[i]);
    }
}

static enum status write_printed(const struct personal *self, const char *path,
                                 void (*print)(const struct talk_personal *, FILE *),
                                 const struct personal_owner *owner, struct problem *problem)
{
    char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    if (out == NULL) {
        problem_set(problem, "there is no memory left for /%s", path);
        return STATUS_IO;
    }
    print(self->wanted, out);
    if (fclose(out) != 0) {
        problem_set(problem, "/%s would be too long", path);
        return STATUS_IO;
    }
    return personal_write(self->root, path, text, owner, problem);
}

// Who knows the name servers when nothing but us writes them down.
static enum status set_resolv(const struct personal *self, struct problem *problem)
{
    const bool has_resolved =
        personal_has_name(self->root, RESOLVED) || personal_has_name(self->root, RESOLVED_OLD);
    if (has_resolved && !personal_has_name(self->root, "etc/resolv.conf")) {
        return personal_link(self->root, "etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf",
                             problem);
    }
    if (!has_resolved && self->wanted->is_static && self->wanted->dns[0].value != 0) {
        return write_printed(self, "etc/resolv.conf", print_resolv, NULL, problem);
    }
    return STATUS_OK;
}

static enum status set_networkd(const struct personal *self, struct problem *problem)
{
    static const char *const enable[] = {"systemctl", "enable", "systemd-networkd.service", NULL};
    const struct personal_owner owner = {.mode = 0644};
    enum status status =
        write_printed(self, "etc/systemd/network/10-imprint.network", print_networkd, &owner, problem);
    if (status == STATUS_OK && !personal_has_name(self->root, WANTS "systemd-networkd.service")) {
        status = personal_run(self->path, enable, NULL, problem);
    }
    return status == STATUS_OK ? set_resolv(self, problem) : status;
}

static enum status set_ifupdown(const struct personal *self, struct problem *problem)
{
    static const char include[] = "source-directory /etc/network/interfaces.d\n";
    enum status status =
        write_printed(self, "etc/network/interfaces.d/imprint", print_ifupdown, NULL, problem);
    char *there = personal_read(self->root, "etc/network/interfaces");
    if (status == STATUS_OK && (there == NULL || strstr(there, "interfaces.d") == NULL)) {
        const size_t bytes = (there == NULL ? 64 : strlen(there)) + sizeof include + 2;
        char *text = malloc(bytes);
        if (text == NULL) {
            free(there);
            problem_set(problem, "there is no memory left for /etc/network/interfaces");
            return STATUS_IO;
        }
        (void)snprintf(text, bytes, "%s\n%s", there == NULL ? "auto lo\niface lo inet loopback" : there,
                       include);
        status = personal_write(self->root, "etc/network/interfaces", text, NULL, problem);
        free(text);
    }
    free(there);
    return status == STATUS_OK && !personal_has_program(self->root, "resolvconf") ? set_resolv(self, problem)
                                                                                  : status;
}

static bool has_unit(const struct personal *self, const char *unit)
{
    char path[128];
    (void)snprintf(path, sizeof path, "usr/lib/systemd/system/%s", unit);
    if (personal_exists(self->root, path)) {
        return true;
    }
    (void)snprintf(path, sizeof path, "lib/systemd/system/%s", unit);
    return personal_exists(self->root, path);
}

enum status personal_set_network(const struct personal *self, struct problem *problem)
{
    if (self->wanted->mac.length != 6) {
        return STATUS_OK;
    }
    if (personal_has_program(self->root, "netplan")) {
        return write_printed(self, "etc/netplan/90-imprint.yaml", print_netplan_file, &SECRET, problem);
    }
    if (personal_has_name(self->root, WANTS "NetworkManager.service")) {
        return write_printed(self, "etc/NetworkManager/system-connections/imprint.nmconnection",
                             print_network_manager, &SECRET, problem);
    }
    if (personal_has_name(self->root, WANTS "systemd-networkd.service")) {
        return set_networkd(self, problem);
    }
    if (personal_has_program(self->root, "ifup") &&
        (personal_has_name(self->root, WANTS "networking.service") ||
         personal_exists(self->root, "etc/init.d/networking"))) {
        return set_ifupdown(self, problem);
    }
    if (has_unit(self, "systemd-networkd.service") && personal_has_program(self->root, "systemctl")) {
        return set_networkd(self, problem);
    }
    if (self->wanted->is_static) {
        problem_set(problem, "the system has nothing that could be told its address: neither netplan, "
                             "NetworkManager, systemd-networkd nor ifupdown");
        problem_set_remedy(problem, "imprint profile edit PROFILE --network dhcp, or another image");
        return STATUS_UNSUPPORTED;
    }
    console_say("nothing that sets up the network was found in the system: it is left as it is");
    return STATUS_OK;
}
