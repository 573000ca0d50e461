// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/service/tftp_fixture.h"

#include "io/heap.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

static void take_dropped(void *context, uint64_t count, struct ip client)
{
    struct fixture *fixture = context;
    (void)client;
    fixture->dropped += count;
}

struct fixture *fixture_new(const struct tftp_policy *policy, unsigned threads)
{
    return fixture_new_writable(policy, threads, NULL);
}

struct fixture *fixture_new_writable(const struct tftp_policy *policy, unsigned threads,
                                     void (*write)(void *context, struct tftp_question *question))
{
    struct fixture *fixture = heap_new(sizeof *fixture);
    file_service_open(&fixture->files);
    fixture->tftp =
        tftp_service_new(&(struct tftp_service_options){.loop = fixture->files.loop,
                                                        .content = &fixture->files.content,
                                                        .hooks = file_service_hooks(&fixture->files),
                                                        .dropped = take_dropped,
                                                        .write = write,
                                                        .policy_context = fixture,
                                                        .policy = *policy,
                                                        .threads = threads});
    tftp_service_start(fixture->tftp);
    struct problem problem;
    problem_clear(&problem);
    struct tftp_service_listener listener = {.address = ip_from_ip4((struct ip4){0x7f000001})};
    assert_int_equal(tftp_service_listen(fixture->tftp, &listener, &problem), STATUS_OK);
    fixture->port = tftp_service_port(fixture->tftp);
    return fixture;
}

void fixture_free(struct fixture *fixture)
{
    tftp_service_free(fixture->tftp);
    file_service_close(&fixture->files);
    heap_free(fixture);
}

int client_open_at(unsigned last, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xffffff00u) | last)};
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int client_open(void)
{
    return client_open_at(1, 0);
}

void client_send(int fd, unsigned port, const void *bytes, size_t count)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(sendto(fd, bytes, count, 0, (const struct sockaddr *)&to, sizeof to), count);
}

size_t client_receive(struct fixture *fixture, int fd, void *bytes, size_t most, unsigned *port, unsigned ms)
{
    int64_t until_ms = loop_now_ms() + ms;
    do {
        struct pollfd wanted[] = {{.fd = fd, .events = POLLIN},
                                  {.fd = uv_backend_fd(loop_uv(fixture->files.loop)), .events = POLLIN}};
        (void)poll(wanted, 2, 1);
        if (wanted[0].revents == 0) {
            loop_run_once(fixture->files.loop, 1);
        }
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(fd, bytes, most, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (count > 0) {
            *port = ntohs(from.sin_port);
            return (size_t)count;
        }
    } while (loop_now_ms() < until_ms);
    return 0;
}

void expect_packet(struct fixture *fixture, int fd, struct tftp_packet *packet, unsigned *port)
{
    static uint8_t bytes[65536]; // the packet borrows from it until the next one
    size_t count = client_receive(fixture, fd, bytes, sizeof bytes, port, 3000);
    assert_true(count > 0);
    assert_int_equal(tftp_decode(bytes, count, packet, NULL), STATUS_OK);
}

void expect_error(struct fixture *fixture, int fd, unsigned code, const char *text)
{
    struct tftp_packet packet;
    unsigned port;
    expect_packet(fixture, fd, &packet, &port);
    assert_int_equal(packet.operation, TFTP_ERROR);
    assert_int_equal(packet.error, code);
    assert_int_equal(packet.error_text_length, strlen(text));
    assert_memory_equal(packet.error_text, text, strlen(text));
}

void expect_end(struct fixture *fixture, enum transfer_outcome outcome)
{
    file_service_wait(&fixture->files, 1, 5000);
    assert_int_equal(fixture->files.end_count, 1);
    assert_string_equal(transfer_outcome_text(fixture->files.ends[0].outcome),
                        transfer_outcome_text(outcome));
}

void expect_file(struct fixture *fixture, int fd, const struct tftp_packet *first, unsigned port,
                 const uint8_t *wanted, size_t wanted_bytes)
{
    struct tftp_packet packet = *first;
    size_t block_bytes = packet.data_bytes;
    size_t done = 0;
    uint16_t block = 1;
    for (;;) {
        unsigned from;
        if (packet.operation == TFTP_DATA && packet.block == block) {
            uint8_t ack[TFTP_HEADER_BYTES];
            assert_true(done + packet.data_bytes <= wanted_bytes);
            assert_memory_equal(packet.data, wanted + done, packet.data_bytes);
            done += packet.data_bytes;
            tftp_encode_ack(block++, ack);
            client_send(fd, port, ack, sizeof ack);
            if (packet.data_bytes < block_bytes) {
                break;
            }
        }
        expect_packet(fixture, fd, &packet, &from);
        assert_int_equal(from, port);
    }
    assert_int_equal(done, wanted_bytes);
}
