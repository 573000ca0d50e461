// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/overlay.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>

#include "unit/test.h"

static uint8_t packed[1024 * 1024];

static enum status pack(const char *yaml, size_t *used, struct problem *problem)
{
    problem_clear(problem);
    return overlay_pack(yaml, strlen(yaml), "profile p", packed, sizeof packed, used, problem);
}

// Reads the archive as a line for each entry: type, mode, owner, path, link or content.
static void list(size_t bytes, char *out, size_t out_bytes)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char content[64];
    assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_support_filter_gzip(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(archive, packed, bytes), ARCHIVE_OK);
    out[0] = '\0';
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        la_ssize_t got = archive_read_data(archive, content, sizeof content - 1);
        content[got < 0 ? 0 : got] = '\0';
        size_t length = strlen(out);
        (void)snprintf(out + length, out_bytes - length, "%c %04o %d %s [%s]\n",
                       archive_entry_filetype(entry) == AE_IFREG   ? '-'
                       : archive_entry_filetype(entry) == AE_IFLNK ? 'l'
                                                                   : 'd',
                       (unsigned)archive_entry_perm(entry), (int)archive_entry_uid(entry),
                       archive_entry_pathname(entry),
                       archive_entry_symlink(entry) != NULL ? archive_entry_symlink(entry) : content);
    }
    assert_int_equal(archive_read_free(archive), ARCHIVE_OK);
}

static void test_files_links_and_folders_come_out_as_written(void **state)
{
    char text[1024];
    size_t used = 0;
    struct problem problem;
    (void)state;
    assert_int_equal(
        pack("# a comment\nfiles:\n"
             "- path: /etc/hostname\n  content: \"pc-7\\n\"\n"
             "- path: /etc/local.d/a.start\n  mode: 0755\n  content: |\n    #!/bin/sh\n    true\n"
             "- {path: /etc/runlevels/default/local, link: /etc/init.d/local}\n"
             "- {path: /root/.ssh, folder: true, mode: 0700}\n"
             "- {path: /var/empty, folder: true}\n"
             "- {path: /etc/.default_boot_services, content: \"\"}\n",
             &used, &problem),
        STATUS_OK);
    list(used, text, sizeof text);
    assert_string_equal(text, "- 0644 0 etc/hostname [pc-7\n]\n"
                              "- 0755 0 etc/local.d/a.start [#!/bin/sh\ntrue\n]\n"
                              "l 0644 0 etc/runlevels/default/local [/etc/init.d/local]\n"
                              "d 0700 0 root/.ssh/ []\n"
                              "d 0755 0 var/empty/ []\n"
                              "- 0644 0 etc/.default_boot_services []\n");
}

static void test_equal_texts_give_equal_archives(void **state)
{
    static const char YAML[] = "files:\n- {path: /a, content: b}\n";
    static uint8_t first[sizeof packed];
    size_t used = 0;
    size_t again = 0;
    struct problem problem;
    (void)state;
    assert_int_equal(pack(YAML, &used, &problem), STATUS_OK);
    memcpy(first, packed, used);
    assert_int_equal(pack(YAML, &again, &problem), STATUS_OK);
    assert_int_equal(used, again);
    assert_memory_equal(first, packed, used);
}

static void test_what_is_wrong_is_named_with_its_line(void **state)
{
    static const struct {
        const char *yaml;
        unsigned line;
    } WRONG[] = {
        {"", 1},
        {"- a\n", 1},
        {"file: []\n", 1},
        {"files: []\nmore: 1\n", 1},
        {"files: text\n", 1},
        {"files:\n- text\n", 2},
        {"files:\n- {content: a}\n", 2},
        {"files:\n- {path: /a}\n", 2},
        {"files:\n- {path: /a, content: b, link: /c}\n", 2},
        {"files:\n- {path: a, content: b}\n", 2},
        {"files:\n- {path: /, content: b}\n", 2},
        {"files:\n- {path: //a, content: b}\n", 2},
        {"files:\n- {path: /a/, content: b}\n", 2},
        {"files:\n- {path: /a//c, content: b}\n", 2},
        {"files:\n- {path: /../a, content: b}\n", 2},
        {"files:\n- {path: /a/./b, content: b}\n", 2},
        {"files:\n- {path: \"/a\\0b\", content: b}\n", 2},
        {"files:\n- {path: /a, content: b}\n- {path: /a, content: c}\n", 3},
        {"files:\n- path: /a\n  content: b\n  mode: rwx\n", 4},
        {"files:\n- path: /a\n  content: b\n  mode: 0888\n", 4},
        {"files:\n- path: /a\n  content: b\n  owner: joe\n", 4},
        {"files:\n- path: /a\n  content: [b]\n", 3},
        {"files:\n- path: /a\n  folder: yes\n", 3},
        {"files:\n- path: /a\n  link: \"\"\n", 3},
        {"files:\n- path: /a\n  content: \"b\n", 4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        size_t used = 77;
        struct problem problem;
        assert_int_equal(pack(WRONG[i].yaml, &used, &problem), STATUS_MALFORMED);
        assert_int_equal(used, 77);
        assert_true(problem_is_set(&problem));
        assert_int_equal(problem.line, WRONG[i].line);
        assert_string_equal(problem.file, "profile p");
    }
}

static void test_what_is_too_much_is_refused(void **state)
{
    static char yaml[OVERLAY_FILES_MOST * 48];
    size_t used = 0;
    struct problem problem;
    (void)state;
    strcpy(yaml, "files:\n");
    size_t length = strlen(yaml);
    for (unsigned i = 0; i <= OVERLAY_FILES_MOST; i++) {
        length += (size_t)snprintf(yaml + length, sizeof yaml - length, "- {path: /a%u, content: b}\n", i);
    }
    assert_int_equal(pack(yaml, &used, &problem), STATUS_TOO_LONG);
    problem_clear(&problem);
    static const char SMALL[] = "files:\n- {path: /a, content: b}\n";
    assert_int_equal(overlay_pack(SMALL, strlen(SMALL), "p", packed, 20, &used, &problem), STATUS_TOO_LONG);
    assert_int_equal(used, 0);
}

// An alias names one content many times: the bytes count each time.
static void test_contents_named_many_times_count_each_time(void **state)
{
    static char yaml[200000];
    size_t used = 0;
    struct problem problem;
    (void)state;
    strcpy(yaml, "files:\n- {path: /a, content: &big \"");
    size_t length = strlen(yaml);
    memset(yaml + length, 'x', 100000);
    length += 100000;
    length += (size_t)snprintf(yaml + length, sizeof yaml - length, "\"}\n");
    for (unsigned i = 0; i < 60; i++) {
        length += (size_t)snprintf(yaml + length, sizeof yaml - length, "- {path: /b%u, content: *big}\n", i);
    }
    assert_int_equal(pack(yaml, &used, &problem), STATUS_TOO_LONG);
}

static void test_the_name_tells_an_overlay(void **state)
{
    (void)state;
    assert_true(overlay_is_name("host.apkovl.tar.gz"));
    assert_true(overlay_is_name("A.TAR.GZ"));
    assert_false(overlay_is_name(".tar.gz"));
    assert_false(overlay_is_name("ks.cfg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_links_and_folders_come_out_as_written),
        cmocka_unit_test(test_equal_texts_give_equal_archives),
        cmocka_unit_test(test_what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(test_what_is_too_much_is_refused),
        cmocka_unit_test(test_contents_named_many_times_count_each_time),
        cmocka_unit_test(test_the_name_tells_an_overlay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
