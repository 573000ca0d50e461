// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/port.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTENING 0x0a
#define LINE_BYTES    512
#define PATH_BYTES    320

struct search {
    enum port_protocol protocol;
    struct ip4 address;
    uint16_t port;
};

// One line of /proc/net/{udp,tcp}[6]: "sl: address:port remote:port state queues timer retransmits uid
// timeout inode". Addresses are 32-bit words of network order printed as the machine's numbers; of IPv6 the
// last word decides
// (:: and ::ffff:a.b.c.d are what an IPv4 port clashes with).
static bool parse_line(const char *line, const struct search *search, unsigned long *inode)
{
    char address[40] = "";
    unsigned port = 0;
    unsigned state = 0;
    if (sscanf(line, " %*u: %39[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", address, &port,
               &state, inode) != 4) {
        return false;
    }
    size_t length = strlen(address);
    unsigned word = 0;
    if (length < 8 || sscanf(address + length - 8, "%8x", &word) != 1) {
        return false;
    }
    uint32_t held = __builtin_bswap32(word);
    bool is_listening = search->protocol == PORT_UDP || state == TCP_LISTENING;
    bool clashes = held == 0 || search->address.value == 0 || held == search->address.value;
    return is_listening && port == search->port && clashes && *inode != 0;
}

static bool find_inode_in(const char *path, const struct search *search, unsigned long *inode)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    char line[LINE_BYTES];
    bool is_found = false;
    while (!is_found && fgets(line, sizeof line, file) != NULL) {
        is_found = parse_line(line, search, inode);
    }
    fclose(file);
    return is_found;
}

static bool find_inode(const struct search *search, unsigned long *inode)
{
    if (search->protocol == PORT_UDP) {
        return find_inode_in("/proc/net/udp", search, inode) ||
               find_inode_in("/proc/net/udp6", search, inode);
    }
    return find_inode_in("/proc/net/tcp", search, inode) || find_inode_in("/proc/net/tcp6", search, inode);
}

static bool has_socket(const char *pid, const char *socket_name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return false; // gone, or not ours to look at
    }
    bool is_found = false;
    for (struct dirent *entry = readdir(folder); entry != NULL && !is_found; entry = readdir(folder)) {
        char target[64];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        is_found = strcmp(target, socket_name) == 0;
    }
    closedir(folder);
    return is_found;
}

static void read_process_name(const char *pid, char out[PORT_PROCESS_BYTES])
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    char name[32] = "";
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        size_t length = fread(name, 1, sizeof name - 1, file);
        name[length] = '\0';
        fclose(file);
    }
    name[strcspn(name, "\n")] = '\0';
    struct text text;
    text_init(&text, out, PORT_PROCESS_BYTES);
    text_add_escaped(&text, name, strlen(name));
}

static enum status find_process(unsigned long inode, struct port_holder *holder)
{
    char socket_name[64];
    snprintf(socket_name, sizeof socket_name, "socket:[%lu]", inode);
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return STATUS_NOT_FOUND;
    }
    enum status status = STATUS_NOT_FOUND;
    for (struct dirent *entry = readdir(processes); entry != NULL && status != STATUS_OK;
         entry = readdir(processes)) {
        uint64_t pid;
        if (text_parse_u64(entry->d_name, INT32_MAX, &pid) != STATUS_OK ||
            !has_socket(entry->d_name, socket_name)) {
            continue;
        }
        holder->pid = (int)pid;
        read_process_name(entry->d_name, holder->process);
        status = STATUS_OK;
    }
    closedir(processes);
    return status;
}

enum status port_find_holder(enum port_protocol protocol, struct ip4 address, uint16_t port,
                             struct port_holder *holder)
{
    struct search search = {.protocol = protocol, .address = address, .port = port};
    unsigned long inode;
    return find_inode(&search, &inode) ? find_process(inode, holder) : STATUS_NOT_FOUND;
}

static void explain_in_use(enum port_protocol protocol, struct ip4 address, uint16_t port,
                           struct problem *problem)
{
    const char *name = protocol == PORT_UDP ? "UDP" : "TCP";
    const char *other = protocol == PORT_UDP ? "" : ", or choose another http.port"; // the others are fixed
    struct port_holder holder;
    if (port_find_holder(protocol, address, port, &holder) == STATUS_OK) {
        problem_set(problem, "%s port %u is in use by %s (pid %d)", name, port, holder.process, holder.pid);
        problem_set_remedy(problem, "stop %s ('systemctl status %d' tells its service)%s", holder.process,
                           holder.pid, other);
        return;
    }
    problem_set(problem, "%s port %u is in use by another program", name, port);
    problem_set_remedy(problem, "`ss -%clpn 'sport = :%u'` as root names it; stop it%s",
                       protocol == PORT_UDP ? 'u' : 't', port, other);
}

void port_explain(enum port_protocol protocol, struct ip4 address, uint16_t port, int error,
                  struct problem *problem)
{
    char address_text[IP4_TEXT_BYTES];
    const char *name = protocol == PORT_UDP ? "UDP" : "TCP";
    if (error == EADDRINUSE) {
        explain_in_use(protocol, address, port, problem);
    } else if (error == EACCES || error == EPERM) {
        problem_set(problem, "%s port %u may not be opened by this user", name, port);
        problem_set_remedy(
            problem, "start imprint as root (it gives up what it does not need), or give it the capability "
                     "CAP_NET_BIND_SERVICE");
    } else if (error == EADDRNOTAVAIL) {
        problem_set(problem, "no interface of this machine has the address %s",
                    ip4_print(address, address_text));
        problem_set_remedy(problem, "`ip address` lists the addresses of this machine");
    } else {
        problem_set(problem, "%s port %u could not be opened: %s", name, port, strerror(error));
    }
}
