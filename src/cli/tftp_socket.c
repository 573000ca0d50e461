// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tftp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (8 << 20)

int64_t tftp_socket_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct sockaddr_in tftp_socket_address(struct ip4 address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address.value)};
}

static void make_roomy(int fd)
{
    int bytes = RECEIVE_BUFFER_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
}

int tftp_socket_open(struct tftp_socket *tftp_socket)
{
    int yes = 1;
    int fragments = IP_PMTUDISC_DONT; // blocks larger than a packet are what was asked for
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    tftp_socket->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (tftp_socket->fd < 0) {
        return errno;
    }
    (void)setsockopt(tftp_socket->fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
    (void)setsockopt(tftp_socket->fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragments, sizeof fragments);
    make_roomy(tftp_socket->fd);
    (void)sigprocmask(SIG_BLOCK, &signals, &tftp_socket->old_mask);
    tftp_socket->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return 0;
}

void tftp_socket_close(struct tftp_socket *tftp_socket)
{
    struct signalfd_siginfo signal;
    if (tftp_socket->signal_fd >= 0) {
        while (read(tftp_socket->signal_fd, &signal, sizeof signal) > 0) { // heard; nobody else is to hear it
        }
        (void)close(tftp_socket->signal_fd);
    }
    (void)sigprocmask(SIG_SETMASK, &tftp_socket->old_mask, NULL);
    (void)close(tftp_socket->fd);
}

// Whether one of the control messages is an error, into `code`.
static bool find_code(struct msghdr *message, int *code)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL; head = CMSG_NXTHDR(message, head)) {
        struct sock_extended_err error;
        if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR) {
            memcpy(&error, CMSG_DATA(head), sizeof error);
            *code = (int)error.ee_errno;
            return true;
        }
    }
    return false;
}

bool tftp_socket_next_error(struct tftp_socket *tftp_socket, struct tftp_socket_error *error)
{
    for (;;) {
        uint8_t control[512] __attribute__((aligned(8)));
        uint8_t bytes[64];
        struct sockaddr_in to = {0};
        struct iovec part = {bytes, sizeof bytes};
        struct msghdr message = {.msg_name = &to,
                                 .msg_namelen = sizeof to,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        if (recvmsg(tftp_socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
            int pending = 0;
            socklen_t length = sizeof pending;
            (void)getsockopt(tftp_socket->fd, SOL_SOCKET, SO_ERROR, &pending, &length); // so that poll rests
            return false;
        }
        if (find_code(&message, &error->code)) {
            error->to = (struct ip4){ntohl(to.sin_addr.s_addr)};
            error->port = ntohs(to.sin_port);
            return true;
        }
    }
}

// The address that this machine speaks to `server` with.
static struct in_addr own_address(struct ip4 server)
{
    struct sockaddr_in address = tftp_socket_address(server, 69);
    socklen_t length = sizeof address;
    struct in_addr own = {INADDR_ANY};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        own = address.sin_addr;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return own;
}

int tftp_socket_join(struct ip4 group, uint16_t port, struct ip4 server)
{
    int yes = 1;
    struct sockaddr_in address = tftp_socket_address(group, port);
    struct ip_mreq member = {.imr_multiaddr = address.sin_addr, .imr_interface = own_address(server)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    make_roomy(fd);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 || // others here may listen, too
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}
