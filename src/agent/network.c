// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/network.h"

#include "agent/console.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NETWORK_PORT_SERVER   67
#define NETWORK_PORT_CLIENT   68
#define NETWORK_PATH_BYTES    320
#define NETWORK_VALUE_BYTES   256
#define NETWORK_MESSAGE_BYTES 1500
#define NETWORK_CARD_TELL_S   10
#define NETWORK_CABLE_TELL_S  5
#define NETWORK_CABLE_GIVE_UP 30 // some cards never tell of their link: try without
#define NETWORK_REQUESTS      4
#define NETWORK_RENEW_LEAST_S 15
#define NETWORK_DHCP_TELL     4 // after so many questions without an answer
#define NETWORK_RESOLV_FILE   "/run/resolv.conf"

static int64_t network_now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec;
}

static uint32_t network_random(void)
{
    uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value) {
        struct timespec now;
        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        value = (uint32_t)now.tv_nsec * 2654435761u;
    }
    return value;
}

// First line of /sys/class/net/CARD/NAME; "" when there is none.
static void network_read(const char *card, const char *name, char out[NETWORK_VALUE_BYTES])
{
    char path[NETWORK_PATH_BYTES];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/%s", card, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, out, NETWORK_VALUE_BYTES - 1);
    if (file >= 0) {
        (void)close(file);
    }
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

// The driver's name, or "" of what is no hardware.
static void network_read_driver(const char *card, char out[NETWORK_VALUE_BYTES])
{
    char path[NETWORK_PATH_BYTES], target[NETWORK_VALUE_BYTES];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/device/driver", card);
    ssize_t got = readlink(path, target, sizeof target - 1);
    target[got > 0 ? got : 0] = '\0';
    const char *slash = strrchr(target, '/');
    (void)text_copy(out, NETWORK_VALUE_BYTES, slash == NULL ? target : slash + 1);
}

// Looks through all cards. With `seen` it writes down which there are. Hardware goes before what merely has
// the same address (VLANs, bridges).
static bool network_find(const struct hw *mac, char card[IF_NAMESIZE], struct text *seen)
{
    DIR *folder = opendir("/sys/class/net");
    bool is_found = false, is_hardware = false;
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char value[NETWORK_VALUE_BYTES], driver[NETWORK_VALUE_BYTES];
        struct hw address;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lo") == 0 ||
            strlen(entry->d_name) >= IF_NAMESIZE) {
            continue;
        }
        network_read(entry->d_name, "address", value);
        network_read_driver(entry->d_name, driver);
        if (seen != NULL) {
            text_add_format(seen, "%s%s %s (%s)", seen->length == 0 ? "" : ", ", entry->d_name, value,
                            driver[0] == '\0' ? "no hardware" : driver);
        }
        if (hw_parse(value, &address) == STATUS_OK && hw_equal(&address, mac) && !is_hardware) {
            (void)text_copy(card, IF_NAMESIZE, entry->d_name);
            is_found = true;
            is_hardware = driver[0] != '\0';
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return is_found;
}

static void network_wait_card(struct network *network, void (*look)(void))
{
    char mac[HW_TEXT_BYTES];
    for (unsigned waited_s = 0; !network_find(&network->mac, network->card, NULL); waited_s++) {
        if (waited_s % NETWORK_CARD_TELL_S == NETWORK_CARD_TELL_S - 1) {
            char seen[1024];
            struct text text;
            text_init(&text, seen, sizeof seen);
            if (network_find(&network->mac, network->card, &text)) {
                break;
            }
            console_say("no network card has the address %s; cards seen: %s", hw_print(&network->mac, mac),
                        seen[0] == '\0' ? "none" : seen);
            console_say("a card without a driver cannot be seen: the agent may need Debian's full kernel "
                        "(imprint agent build, without --cloud)");
        }
        if (look != NULL) {
            look();
        }
        (void)sleep(1);
    }
    char driver[NETWORK_VALUE_BYTES];
    network_read_driver(network->card, driver);
    console_say("network card %s, %s, driver %s", network->card, hw_print(&network->mac, mac),
                driver[0] == '\0' ? "unknown" : driver);
}

static bool network_set_flags(int file, const char *card, short flags)
{
    struct ifreq request = {0};
    (void)text_copy(request.ifr_name, sizeof request.ifr_name, card);
    if (ioctl(file, SIOCGIFFLAGS, &request) != 0) {
        return false;
    }
    request.ifr_flags = (short)(request.ifr_flags | flags);
    return ioctl(file, SIOCSIFFLAGS, &request) == 0;
}

static void network_switch_on(const char *card)
{
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)network_set_flags(file, "lo", IFF_UP);
    while (!network_set_flags(file, card, IFF_UP)) {
        console_say("%s cannot be switched on: %s; trying again", card, strerror(errno));
        (void)sleep(5);
    }
    (void)close(file);
}

static void network_wait_cable(const char *card)
{
    for (unsigned waited_s = 0; waited_s < NETWORK_CABLE_GIVE_UP; waited_s++) {
        char carrier[NETWORK_VALUE_BYTES];
        network_read(card, "carrier", carrier);
        if (strcmp(carrier, "1") == 0) {
            return;
        }
        if (waited_s == NETWORK_CABLE_TELL_S) {
            console_say("%s has no link yet: is its cable plugged in?", card);
        }
        (void)sleep(1);
    }
    console_say("%s says that it has no link; trying all the same", card);
}

// Bound to the card, so that it works without an address and without routes.
static int network_open(const char *card)
{
    int on = 1;
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(NETWORK_PORT_CLIENT)};
    if (file >= 0 && (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                      setsockopt(file, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0 ||
                      setsockopt(file, SOL_SOCKET, SO_BINDTODEVICE, card, (socklen_t)strlen(card)) != 0 ||
                      bind(file, (struct sockaddr *)&here, sizeof here) != 0)) {
        (void)close(file);
        file = -1;
    }
    if (file < 0) {
        console_say("no socket for DHCP on %s: %s", card, strerror(errno));
    }
    return file;
}

// One question and the time to wait for its answer.
static enum status network_ask(int file, const struct dhcp_ask *ask, struct ip4 to, uint32_t pause_ms,
                               enum dhcp_answer *answer, struct dhcp_lease *lease)
{
    uint8_t message[NETWORK_MESSAGE_BYTES];
    size_t bytes = 0;
    enum status status = dhcp_encode(ask, message, sizeof message, &bytes);
    struct sockaddr_in there = {
        .sin_family = AF_INET, .sin_port = htons(NETWORK_PORT_SERVER), .sin_addr.s_addr = htonl(to.value)};
    if (status != STATUS_OK ||
        sendto(file, message, bytes, MSG_NOSIGNAL, (struct sockaddr *)&there, sizeof there) < 0) {
        console_note("DHCP: sending failed: %s", strerror(errno));
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    int64_t until_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + pause_ms;
    for (;;) {
        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        int64_t left_ms = until_ms - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        struct pollfd ready = {.fd = file, .events = POLLIN};
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0) {
            return STATUS_NOT_FOUND;
        }
        ssize_t got = recv(file, message, sizeof message, 0);
        if (got > 0 && dhcp_decode(message, (size_t)got, ask, answer, lease) == STATUS_OK) {
            return STATUS_OK;
        }
    }
}

static const struct ip4 NETWORK_ALL = {UINT32_MAX};

static bool network_take_offer(int file, struct dhcp_ask *ask, struct dhcp_lease *lease)
{
    ask->stage = DHCP_REQUEST;
    for (unsigned attempt = 0; attempt < NETWORK_REQUESTS; attempt++) {
        enum dhcp_answer answer = DHCP_ANSWER_NAK;
        if (network_ask(file, ask, NETWORK_ALL, dhcp_pause_ms(attempt, network_random()), &answer, lease) ==
            STATUS_OK) {
            return answer == DHCP_ANSWER_ACK;
        }
    }
    return false;
}

// Asks until there is an address.
static void network_ask_address(struct network *network)
{
    int64_t since_s = network_now_s();
    int file = -1;
    while ((file = network_open(network->card)) < 0) {
        (void)sleep(5);
    }
    for (unsigned attempt = 0;; attempt++) {
        int64_t passed_s = network_now_s() - since_s;
        struct dhcp_ask ask = {.stage = DHCP_DISCOVER,
                               .mac = network->mac,
                               .xid = network_random(),
                               .secs = (uint16_t)(passed_s < UINT16_MAX ? passed_s : UINT16_MAX)};
        enum dhcp_answer answer = DHCP_ANSWER_NAK;
        if (network_ask(file, &ask, NETWORK_ALL, dhcp_pause_ms(attempt, network_random()), &answer,
                        &ask.lease) == STATUS_OK &&
            network_take_offer(file, &ask, &network->lease)) {
            break;
        }
        if (attempt % NETWORK_DHCP_TELL == NETWORK_DHCP_TELL - 1) {
            char carrier[NETWORK_VALUE_BYTES];
            network_read(network->card, "carrier", carrier);
            console_say("no DHCP server gave %s an address for %lld s%s; trying on", network->card,
                        (long long)(network_now_s() - since_s),
                        strcmp(carrier, "1") == 0 ? " (a switch port may still be starting)"
                                                  : ": it has no link, is its cable plugged in?");
        }
    }
    (void)close(file);
}

static void network_put_address(struct ifreq *request, uint32_t value)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(value)};
    memcpy(&request->ifr_addr, &address, sizeof address);
}

static bool network_set_address(int file, const struct network *network)
{
    struct ifreq request = {0};
    (void)text_copy(request.ifr_name, sizeof request.ifr_name, network->card);
    network_put_address(&request, network->lease.address.value);
    if (ioctl(file, SIOCSIFADDR, &request) != 0) {
        return false;
    }
    network_put_address(&request, ip4_mask(network->lease.prefix).value);
    return ioctl(file, SIOCSIFNETMASK, &request) == 0;
}

static bool network_set_router(int file, struct ip4 router)
{
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    struct sockaddr_in address = {.sin_family = AF_INET};
    memcpy(&route.rt_dst, &address, sizeof address);
    memcpy(&route.rt_genmask, &address, sizeof address);
    address.sin_addr.s_addr = htonl(router.value);
    memcpy(&route.rt_gateway, &address, sizeof address);
    return ioctl(file, SIOCADDRT, &route) == 0 || errno == EEXIST;
}

// For programs inside a new system; the agent itself looks up no names.
static void network_write_resolv(const struct dhcp_lease *lease)
{
    FILE *file = fopen(NETWORK_RESOLV_FILE ".new", "we");
    if (file == NULL) {
        return;
    }
    if (lease->domain[0] != '\0') {
        (void)fprintf(file, "search %s\n", lease->domain);
    }
    for (unsigned i = 0; i < DHCP_DNS_MOST; i++) {
        char address[IP4_TEXT_BYTES];
        if (lease->dns[i].value != 0) {
            (void)fprintf(file, "nameserver %s\n", ip4_print(lease->dns[i], address));
        }
    }
    if (fclose(file) == 0) {
        (void)rename(NETWORK_RESOLV_FILE ".new", NETWORK_RESOLV_FILE);
    }
}

static void network_apply(const struct network *network)
{
    char address[IP4_TEXT_BYTES], server[IP4_TEXT_BYTES], router[IP4_TEXT_BYTES];
    const struct dhcp_lease *lease = &network->lease;
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (!network_set_address(file, network)) {
        console_say("%s does not take the address %s: %s", network->card, ip4_print(lease->address, address),
                    strerror(errno));
    } else if (lease->router.value != 0 && !network_set_router(file, lease->router)) {
        console_say("the router %s cannot be used: %s", ip4_print(lease->router, router), strerror(errno));
    }
    (void)close(file);
    network_write_resolv(lease);
    console_say("address %s/%u from the DHCP server %s, router %s", ip4_print(lease->address, address),
                lease->prefix, ip4_print(lease->server, server),
                lease->router.value == 0 ? "none" : ip4_print(lease->router, router));
}

void network_start(struct network *network, const struct hw *mac, void (*look)(void))
{
    *network = (struct network){.mac = *mac};
    network_wait_card(network, look);
    network_switch_on(network->card);
    network_wait_cable(network->card);
    network_ask_address(network);
    network_apply(network);
}

// Asks for more time, the server first and everybody later. False: the address is no longer ours.
static bool network_renew(struct network *network, bool is_late, bool *has_answer)
{
    struct dhcp_ask ask = {
        .stage = DHCP_RENEW, .mac = network->mac, .xid = network_random(), .lease = network->lease};
    enum dhcp_answer answer = DHCP_ANSWER_NAK;
    struct dhcp_lease lease;
    int file = network_open(network->card);
    *has_answer = file >= 0 && network_ask(file, &ask, is_late ? NETWORK_ALL : network->lease.server,
                                           dhcp_pause_ms(1, network_random()), &answer, &lease) == STATUS_OK;
    if (file >= 0) {
        (void)close(file);
    }
    if (*has_answer && answer == DHCP_ANSWER_ACK) {
        network->lease = lease;
    }
    return !*has_answer || answer == DHCP_ANSWER_ACK;
}

// While nobody answers the address is kept even past its end: a write in progress has nothing better, and the
// server conflict-checks an address before it gives it to another.
static void *network_run(void *context)
{
    struct network *network = context;
    int64_t begun_s = network_now_s();
    int64_t next_s = begun_s + network->lease.renew_s;
    for (;;) {
        int64_t now_s = network_now_s();
        if (now_s < next_s) {
            (void)sleep((unsigned)(next_s - now_s));
            continue;
        }
        bool has_answer = false;
        if (!network_renew(network, now_s - begun_s >= network->lease.rebind_s, &has_answer)) {
            console_say("the DHCP server took the address back; asking for another one");
            network_ask_address(network);
            network_apply(network);
        }
        if (has_answer) {
            begun_s = network_now_s();
            next_s = begun_s + network->lease.renew_s;
        } else {
            next_s = network_now_s() + NETWORK_RENEW_LEAST_S;
        }
    }
    return NULL;
}

void network_keep(struct network *network)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, network_run, network) != 0) {
        console_say("the address cannot be renewed: %s", strerror(errno));
        return;
    }
    (void)pthread_detach(thread);
}
