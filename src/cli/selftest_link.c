// SPDX-License-Identifier: GPL-3.0-or-later
// The virtual client's cable: a veth pair whose near end is spliced into the served interface with the
// traffic control of Linux (clsact, u32, mirred). The near end has the interface's own link-layer address, so
// that the kernel takes what comes over it for its own.
#include "base/text.h"
#include "cli/selftest.h"
#include "fleet/process.h"
#include "io/heap.h"
#include "io/token.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_BYTES 512
#define WORDS_MOST  30
#define MAC_BYTES   18
#define MTU_BYTES   16

// Runs the words of `line`, which have single blanks between them.
static enum status run(struct problem *problem, const char *format, ...) PRINTF_LIKE(2, 3);

static enum status run(struct problem *problem, const char *format, ...)
{
    char line[WORDS_BYTES];
    const char *words[WORDS_MOST + 1] = {NULL};
    size_t count = 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(length > 0 && (size_t)length < sizeof line);
    (void)length;
    char *rest = line;
    for (char *word; count < WORDS_MOST && (word = strsep(&rest, " ")) != NULL;) {
        words[count++] = word;
    }
    const struct process_job job = {.words = words};
    return process_run(&job, problem);
}

// The text in /sys/class/net/INTERFACE/NAME without its newline.
static bool read_fact(const char *interface, const char *name, char *out, size_t out_bytes)
{
    char path[sizeof "/sys/class/net//" + IF_NAMESIZE + 16];
    (void)snprintf(path, sizeof path, "/sys/class/net/%s/%s", interface, name);
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && fgets(out, (int)out_bytes, file) != NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    out[is_read ? strcspn(out, "\n") : 0] = '\0';
    return is_read;
}

bool selftest_link_is_up(const char *interface)
{
    char carrier[MTU_BYTES];
    return read_fact(interface, "carrier", carrier, sizeof carrier) && carrier[0] == '1';
}

static bool has_clsact(const char *interface)
{
    const char *const words[] = {"tc", "qdisc", "show", "dev", interface, NULL};
    const struct process_job job = {.words = words};
    char *text = NULL;
    enum status status = process_read(&job, 65536, &text, NULL);
    bool has = status == STATUS_OK && (strstr(text, "clsact") != NULL || strstr(text, "ingress") != NULL);
    heap_free(text);
    return has;
}

// What the interface sends to the client goes to it and nowhere else; what it sends to all, to it as well.
static enum status splice_out(struct selftest_link *link, struct problem *problem)
{
    char high[5];
    char low[9];
    const char *mac = link->mac;
    (void)snprintf(high, sizeof high, "%.2s%.2s", mac, mac + 3);
    (void)snprintf(low, sizeof low, "%.2s%.2s%.2s%.2s", mac + 6, mac + 9, mac + 12, mac + 15);
    if (!has_clsact(link->interface)) {
        enum status status = run(problem, "tc qdisc add dev %s clsact", link->interface);
        if (status != STATUS_OK) {
            return status;
        }
        link->has_qdisc = true;
    }
    link->has_filters = true;
    enum status status =
        run(problem,
            "tc filter add dev %s egress pref 49151 protocol all u32 match u16 0x%s 0xffff at -14 "
            "match u32 0x%s 0xffffffff at -12 action mirred egress redirect dev %s",
            link->interface, high, low, link->host);
    return status != STATUS_OK
               ? status
               : run(problem,
                     "tc filter add dev %s egress pref 49150 protocol all u32 match u16 0xffff 0xffff at -14 "
                     "match u32 0xffffffff 0xffffffff at -12 action mirred egress mirror dev %s",
                     link->interface, link->host);
}

// What the client sends comes in by the interface.
static enum status splice_in(const struct selftest_link *link, struct problem *problem)
{
    enum status status = run(problem, "tc qdisc add dev %s clsact", link->host);
    return status != STATUS_OK
               ? status
               : run(problem,
                     "tc filter add dev %s ingress protocol all u32 match u32 0 0 action mirred ingress "
                     "redirect dev %s",
                     link->host, link->interface);
}

static enum status join(struct selftest_link *link, pid_t pid, struct problem *problem)
{
    char own[MAC_BYTES + 2];
    char mtu[MTU_BYTES];
    if (!read_fact(link->interface, "address", own, sizeof own) ||
        !read_fact(link->interface, "mtu", mtu, sizeof mtu)) {
        problem_set(problem, "there is no network interface %s", link->interface);
        return STATUS_NOT_FOUND;
    }
    if (strlen(own) != MAC_BYTES - 1) {
        problem_set(problem, "%s is no Ethernet", link->interface);
        return STATUS_UNSUPPORTED;
    }
    enum status status =
        run(problem, "ip link add %s mtu %s address %s type veth peer name st0 mtu %s address %s netns %d",
            link->host, mtu, own, mtu, link->mac, (int)pid);
    if (status == STATUS_OK) {
        status = run(problem, "ip link set dev %s addrgenmode none up", link->host);
    }
    if (status == STATUS_OK) {
        status = splice_in(link, problem);
    }
    return status == STATUS_OK ? splice_out(link, problem) : status;
}

enum status selftest_link_open(struct selftest_link *link, const char *interface, pid_t pid,
                               struct problem *problem)
{
    char token[7];
    *link = (struct selftest_link){0};
    if (text_copy(link->interface, sizeof link->interface, interface) != STATUS_OK ||
        !token_make(token, sizeof token)) {
        problem_set(problem, "%s is no name of a network interface, or the kernel has no randomness",
                    interface);
        return STATUS_MALFORMED;
    }
    (void)snprintf(link->host, sizeof link->host, "imp-st%d", (int)(pid % 1000000));
    (void)snprintf(link->mac, sizeof link->mac, "02:69:6d:%.2s:%.2s:%.2s", token, token + 2, token + 4);
    enum status status = join(link, pid, problem);
    if (status == STATUS_OK) {
        link->has_route = true; // nobody's address: it leads to the client
        status = run(problem, "ip route add " SELFTEST_CLIENT "/32 dev %s", link->interface);
    }
    return status == STATUS_OK
               ? run(problem, "ip neigh replace " SELFTEST_CLIENT " lladdr %s dev %s nud permanent",
                     link->mac, link->interface)
               : status;
}

static void write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, value, strlen(value));
        (void)ignored;
        (void)close(fd);
    }
}

void selftest_link_prepare(void)
{
    write_setting("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    write_setting("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
    write_setting("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
}

enum status selftest_link_enter(struct problem *problem)
{
    enum status status = run(problem, "ip address add " SELFTEST_CLIENT "/32 dev st0");
    if (status == STATUS_OK) {
        status = run(problem, "ip link set dev st0 up");
    }
    return status == STATUS_OK ? run(problem, "ip route add default dev st0") : status;
}

// What is not there need not be taken away.
static void ignore(enum status status)
{
    (void)status;
}

void selftest_link_close(struct selftest_link *link)
{
    if (link->has_route) {
        ignore(run(NULL, "ip neigh del " SELFTEST_CLIENT " dev %s", link->interface));
        ignore(run(NULL, "ip route del " SELFTEST_CLIENT "/32 dev %s", link->interface));
    }
    if (link->has_filters) {
        ignore(run(NULL, "tc filter del dev %s egress pref 49151", link->interface));
        ignore(run(NULL, "tc filter del dev %s egress pref 49150", link->interface));
    }
    if (link->has_qdisc) {
        ignore(run(NULL, "tc qdisc del dev %s clsact", link->interface));
    }
    if (link->host[0] != '\0') {
        ignore(run(NULL, "ip link del dev %s", link->host));
    }
    *link = (struct selftest_link){0};
}
