// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/content.h"

#include "unit/content/trees.h"
#include "unit/test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

static int open_in(struct tree *tree, const char *path)
{
    int fd = open(tree_name(tree, path), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void bytes_are_copied_and_read_back(void **state)
{
    (void)state;
    char text[] = "hello";
    char out[8] = "";
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, text, 5);
    memset(text, 'x', 5);
    assert_int_equal(node.size, 5);
    assert_int_equal(content_node_read(&node, 0, out, sizeof out), 5);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(content_node_read(&node, 3, out, sizeof out), 2);
    assert_memory_equal(out, "lo", 2);
    assert_int_equal(content_node_read(&node, 5, out, sizeof out), 0);
    assert_int_equal(content_node_read(&node, UINT64_MAX, out, sizeof out), 0);
    content_node_close(&node);
    content_node_close(&node);
}

static void no_bytes_are_fine_too(void **state)
{
    (void)state;
    char out[1];
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, NULL, 0);
    assert_int_equal(node.size, 0);
    assert_int_equal(content_node_read(&node, 0, out, 1), 0);
    content_node_close(&node);
}

static void an_all_zero_node_owns_nothing(void **state)
{
    (void)state;
    struct content_node node = {0};
    content_node_close(&node);
    assert_int_not_equal(fcntl(0, F_GETFD), -1); // standard input is still there
}

static void the_etag_of_bytes_follows_the_bytes(void **state)
{
    (void)state;
    struct content_node one;
    struct content_node same;
    struct content_node other;
    content_node_init(&one);
    content_node_init(&same);
    content_node_init(&other);
    content_node_set_memory(&one, "a", 1);
    content_node_set_memory(&same, "a", 1);
    content_node_set_memory(&other, "b", 1);
    assert_string_equal(one.etag, same.etag);
    assert_string_not_equal(one.etag, other.etag);
    assert_int_equal(one.etag[0], '"');
    assert_int_equal(one.etag[strlen(one.etag) - 1], '"');
    content_node_close(&one);
    content_node_close(&same);
    content_node_close(&other);
}

static void the_etag_of_a_file_changes_with_the_file(void **state)
{
    struct tree *tree = *state;
    struct content_node before;
    struct content_node after;
    content_node_init(&before);
    content_node_init(&after);
    tree_file(tree, "file", "12345", 0644);
    const struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 1000, .tv_nsec = 1}};
    const struct timespec later[2] = {{.tv_sec = 1000, .tv_nsec = 2}, {.tv_sec = 1000, .tv_nsec = 2}};
    assert_int_equal(utimensat(AT_FDCWD, tree_name(tree, "file"), times, 0), 0);
    assert_int_equal(content_node_set_file(&before, open_in(tree, "file")), STATUS_OK);
    assert_int_equal(content_node_set_file(&after, open_in(tree, "file")), STATUS_OK);
    assert_string_equal(before.etag, after.etag);
    assert_int_equal(before.modified_s, 1000);
    content_node_close(&after);
    assert_int_equal(utimensat(AT_FDCWD, tree_name(tree, "file"), later, 0), 0);
    assert_int_equal(content_node_set_file(&after, open_in(tree, "file")), STATUS_OK);
    assert_string_not_equal(before.etag, after.etag);
    content_node_close(&before);
    content_node_close(&after);
}

static void a_file_is_read_at_any_place(void **state)
{
    struct tree *tree = *state;
    char out[8] = "";
    struct content_node node;
    content_node_init(&node);
    tree_file(tree, "file", "0123456789", 0644);
    assert_int_equal(content_node_set_file(&node, open_in(tree, "file")), STATUS_OK);
    assert_int_equal(node.size, 10);
    assert_int_equal(content_node_read(&node, 4, out, 3), 3);
    assert_memory_equal(out, "456", 3);
    assert_int_equal(content_node_read(&node, 8, out, 8), 2);
    assert_int_equal(content_node_read(&node, 10, out, 8), 0);
    assert_int_equal(content_node_read(&node, UINT64_MAX - 2, out, 8), 0);
    assert_int_equal(truncate(tree_name(tree, "file"), 5), 0); // under our feet
    assert_int_equal(content_node_read(&node, 4, out, 8), 1);
    content_node_close(&node);
}

static void a_folder_is_no_file(void **state)
{
    struct tree *tree = *state;
    struct content_node node;
    content_node_init(&node);
    int fd = open_in(tree, ".");
    assert_int_equal(content_node_set_file(&node, fd), STATUS_NOT_FOUND);
    assert_int_equal(fcntl(fd, F_GETFD), -1); // closed
    assert_int_equal(errno, EBADF);
}

static void a_file_never_sits_on_standard_input(void **state)
{
    struct tree *tree = *state;
    struct content_node node;
    content_node_init(&node);
    tree_file(tree, "file", "text", 0644);
    int kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
    assert_true(kept >= 10);
    assert_int_equal(close(0), 0);
    int fd = open_in(tree, "file");
    enum status status = content_node_set_file(&node, fd);
    int used = node.fd;
    content_node_close(&node);
    assert_int_equal(dup2(kept, 0), 0);
    assert_int_equal(close(kept), 0);
    assert_int_equal(fd, 0);
    assert_int_equal(status, STATUS_OK);
    assert_in_range(used, 3, 1000);
}

static void *share_often(void *context)
{
    struct content_memory *memory = context;
    for (unsigned i = 0; i < 20000; i++) {
        content_memory_free(content_memory_share(memory));
    }
    content_memory_free(memory);
    return NULL;
}

static void shared_bytes_live_until_the_last_share_goes(void **state)
{
    (void)state;
    pthread_t threads[4];
    struct content_node node;
    struct content_memory *memory = content_memory_new("shared", 6);
    content_node_init(&node);
    content_node_set_shared(&node, content_memory_share(memory));
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, share_often, content_memory_share(memory)), 0);
    }
    content_memory_free(memory);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_memory_equal(node.bytes, "shared", 6);
    content_node_close(&node);
    content_memory_free(NULL);
}

static void types_are_those_that_firmware_insists_on(void **state)
{
    (void)state;
    assert_string_equal(content_type_find("EFI/BOOT/BOOTX64.EFI"), "application/efi");
    assert_string_equal(content_type_find("a.iso"), "application/vnd.efi-iso");
    assert_string_equal(content_type_find("disk.img"), "application/vnd.efi-img");
    assert_string_equal(content_type_find("linux"), "application/octet-stream");
    assert_string_equal(content_type_find("efi"), "application/octet-stream");
    assert_string_equal(content_type_find(""), "application/octet-stream");
}

// "0123456789abcdef" as three pieces of a file: 89ab, 0123, an empty one, ef.
static void open_pieces(struct tree *tree, struct content_node *node)
{
    const struct content_extent extents[] = {{8, 4}, {0, 4}, {3, 0}, {14, 2}};
    tree_file(tree, "outer", "0123456789abcdef", 0644);
    content_node_init(node);
    assert_int_equal(content_node_set_extents(node, open_in(tree, "outer"), extents, COUNT_OF(extents)),
                     STATUS_OK);
}

static void a_file_in_pieces_of_another_is_read_as_one(void **state)
{
    struct content_node node;
    char out[16] = "";
    uint64_t at;
    open_pieces(*state, &node);
    assert_int_equal(node.size, 10);
    assert_int_equal(content_node_read(&node, 0, out, sizeof out), 10);
    assert_memory_equal(out, "89ab0123ef", 10);
    assert_int_equal(content_node_read(&node, 3, out, 6), 6);
    assert_memory_equal(out, "b0123e", 6);
    assert_int_equal(content_node_read(&node, 10, out, sizeof out), 0);
    assert_int_equal(content_node_find(&node, 5, &at), 3);
    assert_int_equal(at, 1);
    assert_int_equal(content_node_find(&node, 9, &at), 1);
    assert_int_equal(at, 15);
    assert_int_equal(content_node_find(&node, UINT64_MAX, &at), 0);
    content_node_close(&node);
}

static void a_file_in_pieces_is_sent_piece_by_piece(void **state)
{
    struct content_node node;
    int sockets[2];
    char out[16] = "";
    open_pieces(*state, &node);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    assert_int_equal(content_node_send(&node, sockets[0], 2, 100), 2);
    assert_int_equal(content_node_send(&node, sockets[0], 4, 3), 3);
    assert_int_equal(content_node_send(&node, sockets[0], 10, 3), 0);
    assert_int_equal(read(sockets[1], out, sizeof out), 5);
    assert_memory_equal(out, "ab012", 5);
    content_node_close(&node);
    content_node_init(&node);
    content_node_set_memory(&node, "hello", 5);
    assert_int_equal(content_node_send(&node, sockets[0], 1, 3), 3);
    assert_int_equal(read(sockets[1], out, sizeof out), 3);
    assert_memory_equal(out, "ell", 3);
    content_node_close(&node);
    close(sockets[0]);
    close(sockets[1]);
}

static void a_piece_outside_of_its_file_is_refused(void **state)
{
    struct tree *tree = *state;
    struct content_node node;
    const struct content_extent behind = {15, 2};
    const struct content_extent wraps = {8, UINT64_MAX - 4};
    tree_file(tree, "outer", "0123456789abcdef", 0644);
    content_node_init(&node);
    assert_int_equal(content_node_set_extents(&node, open_in(tree, "outer"), &behind, 1), STATUS_MALFORMED);
    assert_int_equal(content_node_set_extents(&node, open_in(tree, "outer"), &wraps, 1), STATUS_MALFORMED);
    assert_int_equal(content_node_set_extents(&node, open_in(tree, "outer"), NULL, 0), STATUS_OK);
    assert_int_equal(node.size, 0);
    content_node_close(&node);
}

static void two_files_of_one_outer_file_have_different_etags(void **state)
{
    struct tree *tree = *state;
    struct content_node first;
    struct content_node second;
    const struct content_extent extents[] = {{2, 4}, {6, 4}};
    tree_file(tree, "outer", "0123456789abcdef", 0644);
    content_node_init(&first);
    content_node_init(&second);
    assert_int_equal(content_node_set_extents(&first, open_in(tree, "outer"), &extents[0], 1), STATUS_OK);
    assert_int_equal(content_node_set_extents(&second, open_in(tree, "outer"), &extents[1], 1), STATUS_OK);
    assert_string_not_equal(first.etag, second.etag);
    content_node_close(&first);
    content_node_close(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_copied_and_read_back),
        cmocka_unit_test(no_bytes_are_fine_too),
        cmocka_unit_test(an_all_zero_node_owns_nothing),
        cmocka_unit_test(the_etag_of_bytes_follows_the_bytes),
        cmocka_unit_test_setup_teardown(the_etag_of_a_file_changes_with_the_file, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_file_is_read_at_any_place, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_folder_is_no_file, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_file_never_sits_on_standard_input, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_file_in_pieces_of_another_is_read_as_one, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_file_in_pieces_is_sent_piece_by_piece, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(a_piece_outside_of_its_file_is_refused, tree_make, tree_remove),
        cmocka_unit_test_setup_teardown(two_files_of_one_outer_file_have_different_etags, tree_make,
                                        tree_remove),
        cmocka_unit_test(shared_bytes_live_until_the_last_share_goes),
        cmocka_unit_test(types_are_those_that_firmware_insists_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
