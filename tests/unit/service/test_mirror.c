// SPDX-License-Identifier: GPL-3.0-or-later
// What the names of a repository tell, and the cache of a mirror on the disk.
#include "io/heap.h"
#include "service/mirror_name.h"
#include "service/mirror_store.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// ---- names ----

static void packages_and_what_is_named_by_its_digest_never_change(void **state)
{
    (void)state;
    static const char *const KEPT[] = {"pool/main/a/a_1_all.deb",
                                       "debian/pool/main/a/a_1.orig.tar.xz",
                                       "Packages/a-1.fc40.x86_64.rpm",
                                       "main/x86_64/a-1-r0.apk",
                                       "core/os/x86_64/a-1-1-x86_64.pkg.tar.zst",
                                       "dists/x/main/by-hash/MD5Sum/d41d8cd98f00b204e9800998ecf8427e",
                                       "repodata/" SHA256 "-primary.xml.gz"};
    static const char *const CHANGING[] = {"dists/x/InRelease",
                                           "dists/x/main/binary-amd64/Packages.xz",
                                           "repodata/repomd.xml",
                                           "repodata/abc-primary.xml.gz",
                                           "by-hash/SHA256/short",
                                           "carpool/x",
                                           "a.deb.sig",
                                           "main/x86_64/APKINDEX.tar.gz",
                                           SHA256};
    for (size_t i = 0; i < COUNT_OF(KEPT); i++) {
        assert_true(mirror_name_is_kept(KEPT[i]));
    }
    for (size_t i = 0; i < COUNT_OF(CHANGING); i++) {
        assert_false(mirror_name_is_kept(CHANGING[i]));
    }
}

static void a_digest_is_found_where_names_have_one(void **state)
{
    (void)state;
    char hex[MIRROR_DIGEST_BYTES];
    assert_true(mirror_name_find_digest("dists/by-hash/SHA256/" SHA256, hex));
    assert_string_equal(hex, SHA256);
    assert_true(mirror_name_find_digest("x/repodata/" SHA256 "-primary.xml.gz", hex));
    assert_false(mirror_name_find_digest("dists/by-hash/SHA512/" SHA256, hex));
    assert_false(mirror_name_find_digest("dists/by-hash/MD5Sum/d41d8cd98f00b204e9800998ecf8427e", hex));
    assert_false(mirror_name_find_digest("other/" SHA256 "-primary.xml.gz", hex));
    assert_false(mirror_name_find_digest("by-hash/SHA256/" SHA256 ".gz", hex));
}

static void a_file_must_be_of_the_kind_that_its_name_says(void **state)
{
    (void)state;
    const uint8_t *page = (const uint8_t *)"<html>..";
    assert_true(mirror_name_is_kind("a.deb", (const uint8_t *)"!<arch>\n", 8));
    assert_true(mirror_name_is_kind("a.txt", page, 8));
    assert_false(mirror_name_is_kind("a.deb", page, 8));
    assert_false(mirror_name_is_kind("a.rpm", page, 8));
    assert_false(mirror_name_is_kind("Packages.xz", page, 8));
    assert_false(mirror_name_is_kind("a.deb", (const uint8_t *)"!<a", 3));
    assert_false(mirror_name_is_kind("a.gz", page, 0));
}

static void a_url_leads_nowhere_but_below_the_mirror(void **state)
{
    (void)state;
    char url[256];
    struct text text;
    text_init(&text, url, sizeof url);
    mirror_name_add_url("http://a.test/debian//", "pool/a+b~1 ?x#y%2e\xc3\xa4@:80", &text);
    assert_string_equal(url, "http://a.test/debian/pool/a%2Bb~1%20%3Fx%23y%252e%C3%A4%40%3A80");
}

// ---- the cache ----

struct fixture {
    struct loop *loop;
    struct mirror_store store;
    char folder[64];
    int fd;
};

static int set_up(void **state)
{
    struct fixture *fixture = heap_new(sizeof *fixture);
    struct problem problem;
    problem_clear(&problem);
    fixture->loop = loop_new();
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/imprint-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->fd = open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mirror_store_init(&fixture->store);
    assert_int_equal(mirror_store_open(&fixture->store, fixture->fd, "x", &problem), STATUS_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    mirror_store_clear(&fixture->store);
    loop_free(fixture->loop);
    close(fixture->fd);
    snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
    heap_free(fixture);
    return 0;
}

// As a fetch leaves it.
static void write_file(struct fixture *fixture, const char *path, const char *body, int64_t used_s)
{
    char head[MIRROR_HEAD_BYTES];
    char name[MIRROR_FILE_NAME_BYTES];
    const struct mirror_validators validators = {"\"tag\"", "Sun, 06 Nov 1994 08:49:37 GMT"};
    int fd = openat(fixture->store.folder, mirror_store_name(path, name),
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    mirror_store_print_head(path, &validators, strlen(body), head);
    assert_int_equal(write(fd, head, sizeof head), sizeof head);
    assert_int_equal(write(fd, body, strlen(body)), strlen(body));
    const struct timespec times[2] = {{.tv_sec = used_s}, {.tv_sec = 1000}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void put(struct fixture *fixture, const char *path, const char *body)
{
    const struct mirror_validators validators = {"\"tag\"", ""};
    write_file(fixture, path, body, 5);
    mirror_store_note(&fixture->store, mirror_store_put(&fixture->store, path), strlen(body), &validators);
}

static bool is_here(const struct fixture *fixture, const char *path)
{
    const struct mirror_file *file = mirror_store_find(&fixture->store, path);
    return file != NULL && file->is_here;
}

static enum status serve(struct fixture *fixture, const char *path, struct content_node *node)
{
    const struct content_client client = {.query = ""};
    struct reasons reasons = {0};
    return mirror_store_serve(&fixture->store, mirror_store_find(&fixture->store, path), &client, node,
                              &reasons);
}

struct finding {
    struct mirror_store *store;
    unsigned count;
};

static void take_found(void *context, const struct mirror_found *found)
{
    struct finding *finding = context;
    finding->count++;
    mirror_store_add_found(finding->store, found);
}

static void what_is_on_the_disk_is_known_again_and_junk_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct finding finding = {.store = &fixture->store};
    const bool is_stopping = false;
    char name[MIRROR_FILE_NAME_BYTES];
    write_file(fixture, "pool/a.deb", "hello", 77);
    write_file(fixture, "pool/cut.deb", "hello", 78);
    int fd = openat(fixture->store.folder, mirror_store_name("pool/cut.deb", name), O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, MIRROR_HEAD_BYTES + 3), 0);
    close(fd);
    close(openat(fixture->store.folder, ".fetch-7", O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    assert_int_equal(renameat(fixture->store.folder, name, fixture->store.folder, "other"), 0);
    mirror_store_scan(fixture->store.folder, &is_stopping, take_found, &finding);
    assert_int_equal(finding.count, 1);
    const struct mirror_file *file = mirror_store_find(&fixture->store, "pool/a.deb");
    assert_true(file->is_here);
    assert_int_equal(file->bytes, 5);
    assert_int_equal(file->used_s, 77);
    assert_string_equal(file->etag, "\"tag\"");
    assert_int_equal(faccessat(fixture->store.folder, ".fetch-7", F_OK, 0), -1);
    assert_int_equal(faccessat(fixture->store.folder, "other", F_OK, 0), -1);
}

static void a_file_is_served_without_its_head(void **state)
{
    struct fixture *fixture = *state;
    struct content_node node;
    char body[16] = "";
    put(fixture, "pool/a.deb", "hello");
    content_node_init(&node);
    assert_int_equal(serve(fixture, "pool/a.deb", &node), STATUS_OK);
    assert_int_equal(node.size, 5);
    assert_int_equal(node.modified_s, 1000);
    assert_int_equal(content_node_read(&node, 0, body, sizeof body), 5);
    assert_string_equal(body, "hello");
    content_node_close(&node);
}

static void a_file_that_somebody_removed_is_no_longer_here(void **state)
{
    struct fixture *fixture = *state;
    struct content_node node;
    char name[MIRROR_FILE_NAME_BYTES];
    put(fixture, "a", "hello");
    assert_int_equal(unlinkat(fixture->store.folder, mirror_store_name("a", name), 0), 0);
    content_node_init(&node);
    assert_int_equal(serve(fixture, "a", &node), STATUS_NOT_FOUND);
    assert_false(is_here(fixture, "a"));
    assert_int_equal(fixture->store.bytes, 0);
}

static void what_was_used_longest_ago_goes_first(void **state)
{
    struct fixture *fixture = *state;
    struct content_node node;
    put(fixture, "a", "1");
    put(fixture, "b", "2");
    put(fixture, "c", "3");
    content_node_init(&node);
    assert_int_equal(serve(fixture, "a", &node), STATUS_OK);
    content_node_close(&node);
    assert_int_equal(mirror_store_shrink(&fixture->store, fixture->loop, 2 * (MIRROR_HEAD_BYTES + 1)), 1);
    assert_true(is_here(fixture, "a"));
    assert_false(is_here(fixture, "b"));
    assert_true(is_here(fixture, "c"));
    assert_int_equal(fixture->store.bytes, 2 * (MIRROR_HEAD_BYTES + 1));
}

static void a_folder_is_cleared_and_not_its_neighbours(void **state)
{
    struct fixture *fixture = *state;
    uint64_t bytes;
    put(fixture, "pool/a", "1");
    put(fixture, "pool/b/c", "2");
    put(fixture, "pool2/d", "3");
    assert_int_equal(mirror_store_drop_below(&fixture->store, fixture->loop, "pool", &bytes), 2);
    assert_int_equal(bytes, 2 * (MIRROR_HEAD_BYTES + 1));
    assert_true(is_here(fixture, "pool2/d"));
    assert_int_equal(mirror_store_drop_below(&fixture->store, fixture->loop, "", &bytes), 1);
    assert_int_equal(fixture->store.bytes, 0);
}

static void names_that_are_nowhere_take_only_so_much_memory(void **state)
{
    struct fixture *fixture = *state;
    char path[32];
    put(fixture, "kept", "1");
    for (unsigned i = 0; i < 3 * MIRROR_ABSENT_MOST; i++) {
        snprintf(path, sizeof path, "none/%u", i);
        (void)mirror_store_put(&fixture->store, path);
    }
    assert_true(fixture->store.absent.count <= MIRROR_ABSENT_MOST + 1);
    assert_true(is_here(fixture, "kept"));
    assert_null(mirror_store_find(&fixture->store, "none/0"));
    assert_non_null(mirror_store_find(&fixture->store, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_and_what_is_named_by_its_digest_never_change),
        cmocka_unit_test(a_digest_is_found_where_names_have_one),
        cmocka_unit_test(a_file_must_be_of_the_kind_that_its_name_says),
        cmocka_unit_test(a_url_leads_nowhere_but_below_the_mirror),
        cmocka_unit_test_setup_teardown(what_is_on_the_disk_is_known_again_and_junk_is_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_served_without_its_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_somebody_removed_is_no_longer_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_used_longest_ago_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_cleared_and_not_its_neighbours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_are_nowhere_take_only_so_much_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
