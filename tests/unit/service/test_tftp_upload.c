// SPDX-License-Identifier: GPL-3.0-or-later
// Uploads and the disk: the last block is acknowledged when it has the file, which costs nobody else
// anything.
#include "content/upload.h"
#include "service/tftp_thread.h"
#include "unit/service/tftp_fixture.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE_MOST     100000
#define ASKERS        (TFTP_UNHEARD_MOST + 100)
#define WRITE_REQUEST "\0\2new.cfg\0octet"
#define SHORT_BLOCK   "\0\3\0\1text"

static struct upload_folder *folder;
static atomic_uint begun;        // uploads
static atomic_bool is_slow;      // the disk
static atomic_uint syncs;        // begun
static atomic_bool was_nameless; // the file, when it was made to last

static char path[FILE_SERVICE_PATH_BYTES + 16]; // of the file, once it has its name

// The kernel's, when the disk gets round to it.
int fsync(int fd)
{
    if (atomic_fetch_add(&syncs, 1) == 0) {
        atomic_store(&was_nameless, access(path, F_OK) != 0);
    }
    while (atomic_load(&is_slow)) {
        (void)usleep(1000);
    }
    return (int)syscall(SYS_fsync, fd);
}

static void answer_write(void *context, struct tftp_question *question)
{
    struct problem problem;
    (void)context;
    problem_clear(&problem);
    question->answer.status =
        upload_new(folder, question->end.asked, 0, SIZE_MOST, &question->answer.upload, &problem);
    question->answer.text = question->answer.status == STATUS_OK ? NULL : "there is one";
    question->answer.limits = (struct tftp_limits){.block_most = 1468, .window_most = 64};
    atomic_fetch_add(&begun, 1);
}

static int set_up(void **state)
{
    struct problem problem;
    problem_clear(&problem);
    struct fixture *fixture =
        fixture_new_writable(&(struct tftp_policy){.per_client_most = 10000}, 1, answer_write);
    (void)snprintf(path, sizeof path, "%s/new.cfg", fixture->files.folder);
    folder = upload_folder_new(fixture->files.folder, &problem);
    assert_non_null(folder);
    atomic_store(&begun, 0);
    atomic_store(&syncs, 0);
    atomic_store(&is_slow, false);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    (void)unlink(path);
    upload_folder_free(folder);
    fixture_free(*state);
    return 0;
}

static void expect_ack(struct fixture *fixture, int fd, unsigned block, unsigned *port)
{
    struct tftp_packet packet;
    expect_packet(fixture, fd, &packet, port);
    assert_int_equal(packet.operation, TFTP_ACK);
    assert_int_equal(packet.block, block);
}

// Until the disk is asked to keep it; the port that the transfer comes from.
static unsigned send_all(struct fixture *fixture, int fd)
{
    unsigned port;
    REQUEST(fixture, fd, WRITE_REQUEST);
    expect_ack(fixture, fd, 0, &port);
    client_send(fd, port, SHORT_BLOCK, sizeof SHORT_BLOCK - 1);
    for (unsigned i = 0; i < 3000 && atomic_load(&syncs) == 0; i++) {
        (void)usleep(1000);
    }
    assert_int_not_equal(atomic_load(&syncs), 0);
    return port;
}

static void the_last_block_is_acknowledged_when_the_disk_has_the_file(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[64];
    unsigned from;
    int fd = client_open();
    int reader_fd = client_open();
    atomic_store(&is_slow, true);
    unsigned port = send_all(fixture, fd);
    assert_true(atomic_load(&was_nameless));
    client_send(fd, port, SHORT_BLOCK, sizeof SHORT_BLOCK - 1); // it may have been lost, thinks the client
    assert_int_equal(client_receive(fixture, fd, bytes, sizeof bytes, &from, 300), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    REQUEST(fixture, reader_fd, "\0\1hello.txt\0octet"); // nobody else waits for the disk
    assert_int_equal(client_receive(fixture, reader_fd, bytes, sizeof bytes, &from, 1000), 4 + 13);
    atomic_store(&is_slow, false);
    expect_ack(fixture, fd, 1, &from);
    assert_int_equal(from, port);
    assert_int_equal(access(path, F_OK), 0);
    client_send(fd, port, SHORT_BLOCK, sizeof SHORT_BLOCK - 1); // that ACK was lost
    expect_ack(fixture, fd, 1, &from);
    close(reader_fd);
    close(fd);
}

static void *speed_up(void *context)
{
    (void)usleep(200000);
    atomic_store(&is_slow, false);
    return context;
}

static void a_file_that_is_with_the_disk_when_the_server_stops_is_kept(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open();
    atomic_store(&is_slow, true);
    (void)send_all(fixture, fd);
    pthread_t id;
    assert_int_equal(pthread_create(&id, NULL, speed_up, NULL), 0);
    tftp_service_free(fixture->tftp);
    fixture->tftp = NULL;
    assert_int_equal(pthread_join(id, NULL), 0);
    assert_int_equal(access(path, F_OK), 0);
    close(fd);
}

static void uploads_that_send_nothing_have_a_limit_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    int fds[ASKERS];
    unsigned port;
    uint8_t bytes[64];
    for (unsigned i = 0; i < ASKERS; i++) {
        fds[i] = client_open_at(2 + i % 200, 0);
        REQUEST(fixture, fds[i], WRITE_REQUEST);
        (void)client_receive(fixture, fds[i], bytes, sizeof bytes, &port, i < TFTP_UNHEARD_MOST ? 1000 : 1);
    }
    // On a busy machine this took so long that the first were given up, and made room for some more.
    assert_in_range(atomic_load(&begun), TFTP_UNHEARD_MOST,
                    TFTP_UNHEARD_MOST + (ASKERS - TFTP_UNHEARD_MOST) / 2);
    int fd = client_open();
    REQUEST(fixture, fd, "\0\1hello.txt\0octet"); // who reads does not feel it
    assert_int_equal(client_receive(fixture, fd, bytes, sizeof bytes, &port, 1000), 4 + 13);
    close(fd);
    (void)usleep(1200000);
    fd = client_open();
    port = send_all(fixture, fd); // those who said nothing for a second make room
    expect_ack(fixture, fd, 1, &port);
    close(fd);
    for (unsigned i = 0; i < ASKERS; i++) {
        close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_block_is_acknowledged_when_the_disk_has_the_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_with_the_disk_when_the_server_stops_is_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(uploads_that_send_nothing_have_a_limit_of_their_own, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
