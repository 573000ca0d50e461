// SPDX-License-Identifier: GPL-3.0-or-later
#include "control_bench.h"

#include "service/control_tree.h"
#include "unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct control_bench bench;
static char upload[64]; // its path below /v1/

static int open_bench(void **state)
{
    (void)state;
    control_bench_open(&bench);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    control_bench_close(&bench);
    return 0;
}

static void start(const char *image)
{
    char body[128];
    (void)snprintf(body, sizeof body, "{\"image\": \"%s\", \"bytes\": 100}", image);
    json_t *answer = control_bench_ask(&bench, "POST", "/v1/uploads", body, 201);
    (void)snprintf(upload, sizeof upload, "/v1/uploads/%s",
                   json_string_value(json_object_get(answer, "upload")));
    json_decref(answer);
}

static const char *file_path(const char *path)
{
    static char full[512];
    (void)snprintf(full, sizeof full, "%s/file?path=%s", upload, path);
    return full;
}

static const char *upload_path(const char *rest)
{
    static char full[128];
    (void)snprintf(full, sizeof full, "%s%s", upload, rest);
    return full;
}

// How many entries of the image store begin with `prefix`.
static unsigned count_entries(const char *prefix)
{
    char path[128];
    unsigned count = 0;
    (void)snprintf(path, sizeof path, "%s/images", bench.folder);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 ? 1 : 0;
    }
    (void)closedir(folder);
    return count;
}

static void files_become_an_image(void **state)
{
    (void)state;
    char path[256];
    char content[64] = "";
    start("debian-12");
    assert_int_equal(count_entries(".upload-"), 1);
    control_bench_do(&bench, "PUT", file_path("linux"), "the kernel", 201);
    control_bench_do(&bench, "PUT", file_path("boot%2Fgrub/a%20b"), "", 201);
    json_t *image = control_bench_ask(&bench, "POST", upload_path("/commit"), NULL, 201);
    assert_string_equal(json_string_value(json_object_get(image, "family")), "debian-installer");
    assert_int_equal(json_integer_value(json_object_get(image, "file_count")), 2);
    assert_int_equal(json_integer_value(json_object_get(image, "size_bytes")), 10);
    json_decref(image);
    assert_int_equal(count_entries(".upload-"), 0);
    (void)snprintf(path, sizeof path, "%s/images/debian-12/boot/grub/a b", bench.folder);
    assert_int_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof path, "%s/images/debian-12/linux", bench.folder);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0644);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(content, 1, sizeof content, file), 10);
    (void)fclose(file);
    assert_string_equal(content, "the kernel");
    control_bench_do(&bench, "GET", "/v1/images/debian-12", NULL, 200);
    control_bench_refused(&bench, "POST", "/v1/uploads", "{\"image\": \"debian-12\"}", 409, "already");
}

static void paths_that_lead_out_are_refused(void **state)
{
    (void)state;
    start("x");
    static const char *const bad[] = {"../x", "a/../../x", "/etc/passwd", "a//b", "a/",
                                      "",     "a%5Cb",     "a%0Ab",       ".",    "a/./b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        control_bench_refused(&bench, "PUT", file_path(bad[i]), "data", 400, "error");
    }
    control_bench_refused(&bench, "PUT", upload_path("/file"), "data", 400, "?path=");
    control_bench_do(&bench, "PUT", file_path("a"), "data", 201);
    control_bench_refused(&bench, "PUT", file_path("a/b"), "data", 409, "a file and a folder at once");
    control_bench_refused(&bench, "PUT", "/v1/uploads/zzzzzz/file?path=a", "data", 404, "no upload");
}

static void a_link_is_never_followed(void **state)
{
    (void)state;
    char path[256];
    start("x");
    (void)snprintf(path, sizeof path, "%s/images/.upload-%s/out", bench.folder, strrchr(upload, '/') + 1);
    assert_int_equal(symlink("/tmp", path), 0);
    control_bench_refused(&bench, "PUT", file_path("out/imprint-must-not-be"), "data", 409, "");
    control_bench_refused(&bench, "PUT", file_path("out"), "data", 409, "");
    assert_int_not_equal(access("/tmp/imprint-must-not-be", F_OK), 0);
}

static void an_image_that_nobody_knows_needs_its_kernel_named(void **state)
{
    (void)state;
    bench.unknown = "nothing that I know";
    start("other");
    control_bench_do(&bench, "PUT", file_path("vmlinuz"), "kernel", 201);
    control_bench_do(&bench, "PUT", file_path("initrd.img"), "initrd", 201);
    control_bench_refused(&bench, "POST", upload_path("/commit"), NULL, 400, "nothing that I know");
    control_bench_refused(&bench, "POST", upload_path("/commit"), "{\"kernel\": \"linux\"}", 400,
                          "no file 'linux'");
    control_bench_refused(&bench, "POST", upload_path("/commit"), "{\"initrd\": \"initrd.img\"}", 400,
                          "--kernel");
    json_t *image = control_bench_ask(
        &bench, "POST", upload_path("/commit"),
        "{\"kernel\": \"vmlinuz\", \"initrd\": \"initrd.img\", \"arguments\": \"quiet\"}", 201);
    assert_string_equal(json_string_value(json_object_get(image, "family")), "linux");
    assert_string_equal(json_string_value(json_object_get(image, "arguments")), "quiet");
    json_decref(image);
}

static void a_name_that_is_not_utf8_is_answered(void **state)
{
    (void)state;
    start("x");
    json_t *answer = control_bench_ask(&bench, "PUT", file_path("caf%E9"), "data", 201);
    assert_string_equal(json_string_value(json_object_get(answer, "path")), "caf\\xe9");
    json_decref(answer);
}

static void a_file_that_came_in_half_is_no_file(void **state)
{
    (void)state;
    char ask[640];
    start("x");
    control_bench_do(&bench, "PUT", file_path("linux"), "kernel", 201);
    (void)snprintf(ask, sizeof ask, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
                   file_path("initrd"));
    int fd = control_bench_connect(&bench);
    assert_int_equal(write(fd, ask, strlen(ask)), strlen(ask));
    for (int i = 0; i < 20; i++) {
        loop_run_once(bench.loop, 5);
    }
    (void)close(fd);
    for (int i = 0; i < 20; i++) {
        loop_run_once(bench.loop, 5);
    }
    control_bench_refused(&bench, "POST", upload_path("/commit"),
                          "{\"kernel\": \"linux\", \"initrd\": \"initrd\"}", 400, "no file 'initrd'");
    control_bench_do(&bench, "PUT", file_path("initrd"), "initrd", 201);
    control_bench_do(&bench, "POST", upload_path("/commit"),
                     "{\"kernel\": \"linux\", \"initrd\": \"initrd\"}", 201);
}

static void an_upload_is_given_up(void **state)
{
    (void)state;
    start("x");
    control_bench_do(&bench, "PUT", file_path("a/b/c"), "data", 201);
    control_bench_do(&bench, "DELETE", upload_path(""), NULL, 200);
    control_bench_refused(&bench, "POST", upload_path("/commit"), NULL, 404, "no upload");
    for (int i = 0; i < 200 && count_entries(".upload-") > 0; i++) {
        loop_run_once(bench.loop, 10);
    }
    assert_int_equal(count_entries(".upload-"), 0);
}

static void an_empty_upload_makes_no_image(void **state)
{
    (void)state;
    start("x");
    control_bench_refused(&bench, "POST", upload_path("/commit"), NULL, 409, "not all files");
    control_bench_refused(&bench, "POST", "/v1/uploads", "{\"image\": \"../x\"}", 400, "cannot be a name");
    control_bench_refused(&bench, "POST", "/v1/uploads", "{\"image\": \"y\", \"bytes\": 4000000000000000000}",
                          507, "MiB left");
}

static void uploads_are_limited_and_old_ones_go(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        start("x");
    }
    control_bench_refused(&bench, "POST", "/v1/uploads", "{\"image\": \"x\"}", 503, "under way already");
    bench.now_s += 3601;
    start("x");
}

static void what_an_earlier_run_left_is_removed(void **state)
{
    (void)state;
    struct problem problem = {0};
    char path[128];
    start("x");
    control_bench_do(&bench, "PUT", file_path("a/b"), "data", 201);
    (void)snprintf(path, sizeof path, "%s/images/kept", bench.folder);
    assert_int_equal(mkdir(path, 0755), 0);
    control_close(bench.control);
    assert_int_equal(count_entries(".upload-"), 1);
    struct control_world world = {.loop = bench.loop,
                                  .store = bench.store,
                                  .desk = bench.desk,
                                  .config = &bench.config,
                                  .context = &bench};
    assert_int_equal(
        control_listen(bench.config.control_socket, (unsigned)-1, &world.taken_listener, &problem),
        STATUS_OK);
    bench.control = control_open(&world, &problem);
    assert_non_null(bench.control);
    assert_int_equal(count_entries(".upload-"), 0);
    assert_int_equal(count_entries("kept"), 1);
}

static void an_image_in_use_is_not_removed(void **state)
{
    (void)state;
    start("debian-12");
    control_bench_do(&bench, "PUT", file_path("linux"), "kernel", 201);
    control_bench_do(&bench, "POST", upload_path("/commit"), NULL, 201);
    control_bench_do(&bench, "POST", "/v1/profiles", "{\"name\": \"p\", \"image\": \"debian-12\"}", 201);
    control_bench_refused(&bench, "DELETE", "/v1/images/debian-12", NULL, 409, "p");
    assert_int_equal(count_entries("debian-12"), 1);
    control_bench_do(&bench, "DELETE", "/v1/profiles/p", NULL, 200);
    control_bench_do(&bench, "DELETE", "/v1/images/debian-12", NULL, 200);
    assert_int_equal(count_entries("debian-12"), 0);
    control_bench_refused(&bench, "GET", "/v1/images/debian-12", NULL, 404, "no image");
}

static void closing_in_the_middle_of_a_commit_is_safe(void **state)
{
    (void)state;
    char ask[256];
    start("x");
    control_bench_do(&bench, "PUT", file_path("linux"), "kernel", 201);
    int fd = control_bench_connect(&bench);
    (void)snprintf(ask, sizeof ask, "POST %s/commit HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                   upload);
    assert_int_equal(write(fd, ask, strlen(ask)), strlen(ask));
    loop_run_once(bench.loop, 5);
    loop_run_once(bench.loop, 0);
    control_close(bench.control);
    bench.control = NULL;
    (void)close(fd);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BENCH(files_become_an_image),
        WITH_BENCH(paths_that_lead_out_are_refused),
        WITH_BENCH(a_link_is_never_followed),
        WITH_BENCH(an_image_that_nobody_knows_needs_its_kernel_named),
        WITH_BENCH(a_name_that_is_not_utf8_is_answered),
        WITH_BENCH(a_file_that_came_in_half_is_no_file),
        WITH_BENCH(an_upload_is_given_up),
        WITH_BENCH(an_empty_upload_makes_no_image),
        WITH_BENCH(uploads_are_limited_and_old_ones_go),
        WITH_BENCH(what_an_earlier_run_left_is_removed),
        WITH_BENCH(an_image_in_use_is_not_removed),
        WITH_BENCH(closing_in_the_middle_of_a_commit_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
