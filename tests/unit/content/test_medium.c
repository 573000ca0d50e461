// SPDX-License-Identifier: GPL-3.0-or-later
// Media made by the programs that everybody makes them with (xorriso, genisoimage), read back; and the same
// ones spoilt.
#include "content/media.h"
#include "content/medium.h"

#include "unit/content/trees.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECTOR 2048

static struct problem problem;

static int start(void **state)
{
    problem_clear(&problem);
    return tree_make(state);
}

static void run(struct tree *tree, const char *format, ...) PRINTF_LIKE(2, 3);

// Runs a shell command in the folder of the tree.
static void run(struct tree *tree, const char *format, ...)
{
    char command[2048];
    char whole[3072];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    (void)snprintf(whole, sizeof whole, "cd '%s' && { %s; } >log 2>&1", tree_name(tree, "."), command);
    if (system(whole) != 0) {
        fail_msg("failed: %s", whole);
    }
}

static void make_files(struct tree *tree)
{
    run(tree, "mkdir -p in/Boot/Deep/er in/.disk && printf kernel >in/Boot/VmLinuz-6.1 && printf 'Debian 12' "
              ">in/.disk/info && "
              "printf deep >in/Boot/Deep/er/'A long name, with blanks and ümlaut.txt' && : >in/empty && "
              "ln -s Boot/VmLinuz-6.1 in/vmlinuz && ln -s . in/debian && ln -s Deep in/Boot/link && "
              "ln -s ../../../etc/passwd in/out && ln -s loop in/loop && ln -s /Boot in/absolute && "
              "head -c 5000 /dev/zero | tr '\\0' x >in/Boot/big");
}

static struct medium *open_medium(struct tree *tree, const char *name)
{
    int fd = open(tree_name(tree, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(medium_is_one(fd));
    problem_clear(&problem);
    return medium_new(fd, &problem);
}

static struct medium *need_medium(struct tree *tree, const char *name)
{
    struct medium *medium = open_medium(tree, name);
    if (medium == NULL) {
        fail_msg("%s", problem.text);
    }
    return medium;
}

static void holds(const struct medium *medium, const char *path, const char *text)
{
    struct content_node node;
    char out[64] = "";
    content_node_init(&node);
    if (medium_find(medium, path, &node) != STATUS_OK) {
        fail_msg("%s is not there", path);
    }
    assert_int_equal(content_node_read(&node, 0, out, sizeof out - 1), strlen(text));
    assert_string_equal(out, text);
    content_node_close(&node);
}

static void lacks(const struct medium *medium, const char *path)
{
    struct content_node node;
    content_node_init(&node);
    assert_int_equal(medium_find(medium, path, &node), STATUS_NOT_FOUND);
}

static void rock_ridge_keeps_names_and_links(void **state)
{
    struct tree *tree = *state;
    make_files(tree);
    run(tree, "xorriso -as mkisofs -quiet -R -V 'DEBIAN 12' -o medium.iso in");
    struct medium *medium = need_medium(tree, "medium.iso");
    assert_string_equal(medium_label(medium), "DEBIAN 12");
    assert_int_equal(medium_starts(medium), 0);
    holds(medium, "Boot/VmLinuz-6.1", "kernel");
    holds(medium, "boot/vmlinuz-6.1", "kernel");
    holds(medium, ".disk/info", "Debian 12");
    holds(medium, "Boot/Deep/er/A long name, with blanks and ümlaut.txt", "deep");
    holds(medium, "empty", "");
    holds(medium, "vmlinuz", "kernel");
    holds(medium, "debian/debian/.disk/info", "Debian 12");
    holds(medium, "Boot/link/er/A long name, with blanks and ümlaut.txt", "deep");
    holds(medium, "absolute/VmLinuz-6.1", "kernel");
    lacks(medium, "out");
    lacks(medium, "loop");
    lacks(medium, "Boot");
    lacks(medium, "Boot/VmLinuz-6.1/x");
    lacks(medium, "");
    medium_free(medium);
}

static void the_boot_catalogue_says_for_whom_it_is(void **state)
{
    struct tree *tree = *state;
    static const struct {
        const char *options;
        uint8_t starts;
    } MEDIA[] = {
        {"-b b -no-emul-boot", MEDIUM_STARTS_BIOS},
        {"-b b -no-emul-boot -eltorito-alt-boot -e e -no-emul-boot", MEDIUM_STARTS_BIOS | MEDIUM_STARTS_UEFI},
        {"-e e -no-emul-boot", MEDIUM_STARTS_UEFI},
    };
    run(tree, "mkdir in && head -c 4096 /dev/zero >in/b && head -c 1474560 /dev/zero >in/e");
    for (size_t i = 0; i < COUNT_OF(MEDIA); i++) {
        run(tree, "xorriso -as mkisofs -quiet -R %s -o boot%zu.iso in", MEDIA[i].options, i);
        char name[32];
        (void)snprintf(name, sizeof name, "boot%zu.iso", i);
        struct medium *medium = need_medium(tree, name);
        assert_int_equal(medium_starts(medium), MEDIA[i].starts);
        medium_free(medium);
    }
}

static void files_have_the_times_that_they_had(void **state)
{
    struct tree *tree = *state;
    struct content_node node;
    run(tree,
        "mkdir in && printf a >in/old && printf b >in/leap && touch -d '2001-09-09 01:46:40 UTC' in/old && "
        "touch -d '2024-02-29 23:59:58 UTC' in/leap && TZ=Asia/Kolkata genisoimage -quiet -R -o times.iso "
        "in");
    struct medium *medium = need_medium(tree, "times.iso");
    content_node_init(&node);
    assert_int_equal(medium_find(medium, "old", &node), STATUS_OK);
    assert_int_equal(node.modified_s, 1000000000);
    content_node_close(&node);
    assert_int_equal(medium_find(medium, "leap", &node), STATUS_OK);
    assert_int_equal(node.modified_s, 1709251198);
    content_node_close(&node);
    medium_free(medium);
}

static void deep_folders_are_found_where_they_are_shown(void **state)
{
    struct tree *tree = *state;
    run(tree, "mkdir -p in/1/2/3/4/5/6/7/8/9/10/11 && printf deep >in/1/2/3/4/5/6/7/8/9/10/11/file && "
              "genisoimage -quiet -R -o moved.iso in"); // moves the ninth folder away, and leaves a note
    struct medium *medium = need_medium(tree, "moved.iso");
    holds(medium, "1/2/3/4/5/6/7/8/9/10/11/file", "deep");
    medium_free(medium);
}

static void joliet_and_plain_names_are_read(void **state)
{
    struct tree *tree = *state;
    run(tree, "mkdir -p in/Sources && printf wim >in/Sources/Install.wim && printf a >in/README.TXT && "
              "genisoimage -quiet -J -o joliet.iso in && genisoimage -quiet -o plain.iso in");
    struct medium *medium = need_medium(tree, "joliet.iso");
    holds(medium, "Sources/Install.wim", "wim");
    holds(medium, "sources/install.wim", "wim");
    medium_free(medium);
    medium = need_medium(tree, "plain.iso");
    holds(medium, "sources/install.wim", "wim");
    holds(medium, "README.TXT", "a");
    medium_free(medium);
}

static void udf_is_read(void **state)
{
    struct tree *tree = *state;
    run(tree, "mkdir -p in/Sources && head -c 7000 /dev/zero | tr '\\0' w >in/Sources/Install.wim && printf "
              "a >in/small && "
              ": >in/empty && genisoimage -quiet -udf -allow-limited-size -V WIN11 -o udf.iso in");
    struct medium *medium = need_medium(tree, "udf.iso");
    struct content_node node;
    char out[16];
    assert_string_equal(medium_label(medium), "WIN11");
    content_node_init(&node);
    assert_int_equal(medium_find(medium, "sources/install.wim", &node), STATUS_OK);
    assert_int_equal(node.size, 7000);
    assert_int_equal(content_node_read(&node, 6990, out, sizeof out), 10);
    assert_memory_equal(out, "wwwwwwwwww", 10);
    assert_string_equal(node.path, "Sources/Install.wim");
    content_node_close(&node);
    holds(medium, "small", "a");
    holds(medium, "empty", "");
    medium_free(medium);
}

static void more_than_4_gib_in_several_pieces_are_one_file(void **state)
{
    struct tree *tree = *state;
    // Sparse in and out: xorriso copies, so the medium is cut to what matters by making it sparse again.
    run(tree, "mkdir in && truncate -s 4300M in/huge && printf END | dd of=in/huge bs=1 seek=4508876797 "
              "conv=notrunc && "
              "xorriso -as mkisofs -quiet -iso-level 3 -R -o - in | dd of=huge.iso bs=1M conv=sparse "
              "iflag=fullblock && "
              "truncate -s %%2048 huge.iso && truncate -s +2M huge.iso");
    struct medium *medium = need_medium(tree, "huge.iso");
    struct content_node node;
    char out[8] = "";
    content_node_init(&node);
    assert_int_equal(medium_find(medium, "huge", &node), STATUS_OK);
    assert_int_equal(node.size, UINT64_C(4300) << 20);
    assert_int_equal(content_node_read(&node, node.size - 3, out, sizeof out), 3);
    assert_string_equal(out, "END");
    content_node_close(&node);
    medium_free(medium);
}

struct listing {
    char text[512];
};

static void note(void *context, const struct content_entry *entry)
{
    struct listing *listing = context;
    size_t length = strlen(listing->text);
    (void)snprintf(listing->text + length, sizeof listing->text - length, "%s%s:%llu ", entry->name,
                   entry->is_folder ? "/" : "", (unsigned long long)entry->size);
}

static void folders_are_listed(void **state)
{
    struct tree *tree = *state;
    struct listing listing = {""};
    make_files(tree);
    run(tree, "xorriso -as mkisofs -quiet -R -o medium.iso in");
    struct medium *medium = need_medium(tree, "medium.iso");
    assert_int_equal(medium_list(medium, "Boot", note, &listing), STATUS_OK);
    assert_string_equal(listing.text, "big:5000 Deep/:0 link/:0 VmLinuz-6.1:6 ");
    listing.text[0] = '\0';
    assert_int_equal(medium_list(medium, "", note, &listing), STATUS_OK);
    assert_string_equal(listing.text, ".disk/:0 absolute/:0 Boot/:0 debian/:0 empty:0 vmlinuz:6 ");
    listing.text[0] = '\0';
    assert_int_equal(medium_list(medium, "debian/boot/link", note, &listing), STATUS_OK);
    assert_string_equal(listing.text, "er/:0 ");
    assert_int_equal(medium_list(medium, "empty", note, &listing), STATUS_NOT_FOUND);
    assert_int_equal(medium_list(medium, "nothing", note, &listing), STATUS_NOT_FOUND);
    medium_free(medium);
}

// ---- spoilt media ----

// Finds `needle` in the medium and puts `bytes` of `with` at its place, `shift` bytes on.
static void patch(struct tree *tree, const char *name, const char *needle, long shift, const void *with,
                  size_t bytes)
{
    static char content[4 << 20];
    FILE *file = fopen(tree_name(tree, name), "r+");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content, file);
    const char *found = memmem(content, length, needle, strlen(needle));
    assert_non_null(found);
    assert_int_equal(fseek(file, found - content + shift, SEEK_SET), 0);
    assert_int_equal(fwrite(with, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static void refused(struct tree *tree, const char *name, const char *why)
{
    struct medium *medium = open_medium(tree, name);
    if (medium != NULL) {
        medium_free(medium);
        fail_msg("%s was taken", name);
    }
    if (strstr(problem.text, why) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", problem.text, why);
    }
}

static void a_medium_that_is_cut_off_is_refused(void **state)
{
    struct tree *tree = *state;
    make_files(tree);
    run(tree,
        "xorriso -as mkisofs -quiet -R -o medium.iso in && head -c 60000 medium.iso >cut.iso && "
        "head -c 37000 medium.iso >shorter.iso && printf x >in/last && head -c 3000000 /dev/zero >in/long && "
        "xorriso -as mkisofs -quiet -R -o whole.iso in && head -c 2000000 whole.iso >half.iso");
    refused(tree, "cut.iso", "cut off");
    refused(tree, "half.iso", "long ends at");
    int fd = open(tree_name(tree, "shorter.iso"), O_RDONLY | O_CLOEXEC);
    assert_null(medium_new(fd, &problem));
    assert_int_not_equal(problem.text[0], '\0');
}

static void what_is_no_medium_is_refused(void **state)
{
    struct tree *tree = *state;
    run(tree, "head -c 100000 /dev/zero >zero && mkdir folder");
    int fd = open(tree_name(tree, "zero"), O_RDONLY | O_CLOEXEC);
    assert_false(medium_is_one(fd));
    assert_null(medium_new(fd, &problem));
    assert_non_null(strstr(problem.text, "no ISO image"));
    assert_null(medium_new(open(tree_name(tree, "folder"), O_RDONLY | O_CLOEXEC), &problem));
}

// The directory record (ECMA-119 9.1) of the folder `name` in a plain medium: what stands before the name are
// the 33 bytes of the record, of which the third to sixth say where it lies. Path tables have the name, too,
// but not the flag.
static long find_record(struct tree *tree, const char *medium, const char *name)
{
    static char content[1 << 20];
    FILE *file = fopen(tree_name(tree, medium), "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content, file);
    (void)fclose(file);
    for (const char *at = content + 40; at + strlen(name) < content + length; at++) {
        if (memcmp(at, name, strlen(name)) == 0 && at[-1] == (char)strlen(name) && at[-8] == 2) {
            return at - content - 33;
        }
    }
    fail_msg("no record of %s", name);
    return 0;
}

static void set_place(struct tree *tree, const char *medium, const char *name, const uint8_t place[4])
{
    int fd = open(tree_name(tree, medium), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, place, 4, find_record(tree, medium, name) + 2), 4);
    (void)close(fd);
}

static void folders_in_circles_are_refused(void **state)
{
    struct tree *tree = *state;
    uint8_t outer[4];
    run(tree, "mkdir -p in/OUTER/INNER && genisoimage -quiet -o loop.iso in && cp loop.iso far.iso");
    int fd = open(tree_name(tree, "loop.iso"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, outer, 4, find_record(tree, "loop.iso", "OUTER") + 2), 4);
    (void)close(fd);
    set_place(tree, "loop.iso", "INNER", outer);
    refused(tree, "loop.iso", "runs in circles");
    const uint8_t far_away[4] = {0xff, 0xff, 0xff, 0x7f};
    set_place(tree, "far.iso", "INNER", far_away);
    refused(tree, "far.iso", "lies behind its end");
}

static void names_that_lead_out_are_left_out(void **state)
{
    struct tree *tree = *state;
    run(tree, "mkdir in && printf secret >in/aaXetcXpasswd && printf b >in/zz && "
              "xorriso -as mkisofs -quiet -R -o names.iso in");
    patch(tree, "names.iso", "aaXetcXpasswd", 0, "../etc/passwd", 13);
    struct medium *medium = need_medium(tree, "names.iso");
    assert_int_equal(medium_count(medium), 1);
    holds(medium, "zz", "b");
    medium_free(medium);
}

// Every byte of the descriptors and folders, one after the other, is something else: never more than an
// error.
static void any_spoilt_byte_is_no_more_than_an_error(void **state)
{
    struct tree *tree = *state;
    make_files(tree);
    run(tree, "xorriso -as mkisofs -quiet -R -J -o medium.iso in && genisoimage -quiet -udf -o udf.iso in");
    static const char *const NAMES[] = {"medium.iso", "udf.iso"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        int fd = open(tree_name(tree, NAMES[i]), O_RDWR | O_CLOEXEC);
        for (off_t at = 16 * SECTOR; at < 64 * SECTOR; at += i == 0 ? 7 : 61) {
            uint8_t before = 0;
            uint8_t spoilt = (uint8_t)(at * 37 + 255);
            assert_int_equal(pread(fd, &before, 1, at), 1);
            assert_int_equal(pwrite(fd, &spoilt, 1, at), 1);
            struct medium *medium =
                medium_new(open(tree_name(tree, NAMES[i]), O_RDONLY | O_CLOEXEC), &problem);
            for (size_t entry = 0; medium != NULL && entry < medium_count(medium); entry++) {
                struct content_entry found;
                struct content_node node;
                content_node_init(&node);
                medium_get(medium, entry, &found);
                assert_null(strstr(found.name, "../"));
                if (medium_find(medium, found.name, &node) == STATUS_OK) {
                    content_node_close(&node);
                }
            }
            medium_free(medium);
            assert_int_equal(pwrite(fd, &before, 1, at), 1);
        }
        (void)close(fd);
    }
}

// ---- the source ----

static void inside(const struct content *content, const char *path, const char *text)
{
    struct content_client client = {.query = ""};
    struct content_node node;
    struct reasons reasons = {0};
    char out[64] = "";
    if (content_open(content, path, strlen(path), &client, &node, &reasons) != STATUS_OK) {
        fail_msg("%s is not served", path);
    }
    assert_int_equal(content_node_read(&node, 0, out, sizeof out - 1), strlen(text));
    assert_string_equal(out, text);
    content_node_close(&node);
}

static void an_iso_in_the_folder_of_images_is_served_from_inside(void **state)
{
    struct tree *tree = *state;
    struct content content;
    make_files(tree);
    run(tree, "mkdir -p images/debian && xorriso -as mkisofs -quiet -R -o images/debian/medium.iso in && "
              "printf own >images/debian/empty && cp images/debian/medium.iso images/alone.iso && "
              "printf nothing >images/broken.iso && chmod -R a+rX images");
    struct media *media = media_new("images", tree_name(tree, "images"), &problem);
    content_init(&content);
    content_add(&content, media_source(media, "images"));
    media_warm(media);
    inside(&content, "images/debian/Boot/VmLinuz-6.1", "kernel");
    inside(&content, "images/alone/vmlinuz", "kernel");
    inside(&content, "images/debian/empty", "own"); // a file beside the medium comes first
    struct content_client client = {.query = ""};
    struct content_node node;
    struct reasons reasons = {0};
    assert_int_equal(content_open(&content, "images/alone/medium.iso", 23, &client, &node, &reasons),
                     STATUS_OK);
    assert_true(node.size > 100000);
    content_node_close(&node);
    assert_int_equal(content_open(&content, "images/broken/vmlinuz", 21, &client, &node, &reasons),
                     STATUS_NOT_FOUND);
    assert_int_equal(content_open(&content, "images/none/vmlinuz", 19, &client, &node, &reasons),
                     STATUS_NOT_FOUND);
    assert_int_equal(content_open(&content, "images/debian/Boot/big:a.bin", 28, &client, &node, &reasons),
                     STATUS_OK);
    assert_int_equal(node.size, 4096);
    char head[128];
    assert_int_equal(content_node_read(&node, 0, head, sizeof head), sizeof head);
    assert_memory_equal(head, "070701", 6);
    assert_memory_equal(head + 54, "00001388", 8);
    assert_string_equal(head + 110, "a.bin");
    content_node_close(&node);
    assert_int_equal(content_open(&content, "images/alone/vmlinuz:a.bin", 26, &client, &node, &reasons),
                     STATUS_NOT_FOUND); // 6 bytes are no multiple of 4
    assert_int_equal(content_open(&content, "images/alone/none:a.bin", 23, &client, &node, &reasons),
                     STATUS_NOT_FOUND);
    assert_int_equal(content_open(&content, "images/alone/vmlinuz:", 21, &client, &node, &reasons),
                     STATUS_NOT_FOUND);
    // Another medium under the same name is seen at once.
    run(tree, "printf other >in/Boot/VmLinuz-6.1 && xorriso -as mkisofs -quiet -R -o new.iso in && "
              "mv new.iso images/alone.iso && chmod a+r images/alone.iso");
    inside(&content, "images/alone/vmlinuz", "other");
    inside(&content, "images/debian/vmlinuz", "kernel");
    media_free(media);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rock_ridge_keeps_names_and_links, start, tree_remove),
        cmocka_unit_test_setup_teardown(the_boot_catalogue_says_for_whom_it_is, start, tree_remove),
        cmocka_unit_test_setup_teardown(files_have_the_times_that_they_had, start, tree_remove),
        cmocka_unit_test_setup_teardown(deep_folders_are_found_where_they_are_shown, start, tree_remove),
        cmocka_unit_test_setup_teardown(joliet_and_plain_names_are_read, start, tree_remove),
        cmocka_unit_test_setup_teardown(udf_is_read, start, tree_remove),
        cmocka_unit_test_setup_teardown(more_than_4_gib_in_several_pieces_are_one_file, start, tree_remove),
        cmocka_unit_test_setup_teardown(folders_are_listed, start, tree_remove),
        cmocka_unit_test_setup_teardown(a_medium_that_is_cut_off_is_refused, start, tree_remove),
        cmocka_unit_test_setup_teardown(what_is_no_medium_is_refused, start, tree_remove),
        cmocka_unit_test_setup_teardown(folders_in_circles_are_refused, start, tree_remove),
        cmocka_unit_test_setup_teardown(names_that_lead_out_are_left_out, start, tree_remove),
        cmocka_unit_test_setup_teardown(any_spoilt_byte_is_no_more_than_an_error, start, tree_remove),
        cmocka_unit_test_setup_teardown(an_iso_in_the_folder_of_images_is_served_from_inside, start,
                                        tree_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
