// SPDX-License-Identifier: GPL-3.0-or-later
// Whole boots as lists of names, against a real folder and a source that stands for what is generated and
// packaged.
#include "service/tftp_names.h"

#include "base/text.h"
#include "content/folder.h"
#include "service/tftp_clients.h"
#include "service/tftp_name_kind.h"
#include "unit/content/trees.h"
#include "unit/test.h"

static int64_t now_ms = 1000;

static int64_t test_now_ms(void)
{
    return now_ms;
}

// What the daemon has in front of the administrator's folder.
static const char *const GENERATED[] = {"grub/grub.cfg", "grub.cfg", "grub/grub.cfg-01-52-54-00-12-34-56",
                                        "grub.cfg-01-52-54-00-12-34-56", "efi/fedora/grub.cfg"};
static const char *const PACKAGED[] = {"pxelinux.0", "ldlinux.c32", "shimx64.efi", "grubx64.efi"};
static unsigned generated_asked;

static enum status look_up_generated(void *self, const char *path, const struct content_client *client,
                                     struct content_node *node, struct reasons *reasons)
{
    (void)self;
    (void)client;
    (void)reasons;
    generated_asked++;
    if (text_starts(path, "images/winxp/")) { // an image's folder
        content_node_set_memory(node, "image", 5);
        return STATUS_OK;
    }
    for (size_t i = 0; i < COUNT_OF(GENERATED); i++) {
        if (text_equal_nocase(path, GENERATED[i])) {
            content_node_set_memory(node, "generated", 9);
            node->part = CONTENT_PART_CONFIGURATION;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

static enum status look_up_packaged(void *self, const char *path, const struct content_client *client,
                                    struct content_node *node, struct reasons *reasons)
{
    (void)self;
    (void)client;
    (void)reasons;
    for (size_t i = 0; i < COUNT_OF(PACKAGED); i++) {
        if (text_equal_nocase(path, PACKAGED[i])) {
            (void)text_copy(node->path, sizeof node->path, PACKAGED[i]);
            content_node_set_memory(node, "packaged", 8);
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

struct bench {
    struct tree *tree;
    struct folder *folder;
    struct content content;
    struct tftp_names *names;
    struct transfer_end end; // of the last request
    char text[64];           // that it got
};

static int begin(void **state)
{
    if (tree_make(state) != 0) {
        return -1;
    }
    struct problem problem = {0};
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    bench->tree = *state;
    bench->folder = folder_new("", bench->tree->root, &problem);
    content_init(&bench->content);
    content_add(&bench->content, (struct content_source){.name = "generated", .lookup = look_up_generated});
    content_add(&bench->content,
                (struct content_source){.name = "loaders", .lookup = look_up_packaged, .is_shared = true});
    content_add(&bench->content, folder_source(bench->folder, "root"));
    const struct tftp_names_options options = {
        .content = &bench->content, .root = bench->tree->root, .now_ms = test_now_ms};
    bench->names = tftp_names_new(&options);
    *state = bench;
    return 0;
}

static int finish(void **state)
{
    struct bench *bench = *state;
    *state = bench->tree;
    tftp_names_free(bench->names);
    folder_free(bench->folder);
    free(bench);
    return tree_remove(state);
}

static enum status ask_bytes(struct bench *bench, unsigned host, const char *name, size_t length)
{
    struct content_node node;
    memset(&bench->end, 0, sizeof bench->end);
    bench->end.client = ip_from_ip4((struct ip4){0xc0a80000 + host});
    bench->text[0] = '\0';
    enum status status = tftp_names_open(bench->names, &bench->end, name, length, NULL, &node);
    if (status == STATUS_OK) {
        int64_t count = content_node_read(&node, 0, bench->text, sizeof bench->text - 1);
        assert_true(count >= 0);
        bench->text[count] = '\0';
    }
    content_node_close(&node);
    return status;
}

static enum status ask(struct bench *bench, unsigned host, const char *name)
{
    return ask_bytes(bench, host, name, strlen(name));
}

static void gets(struct bench *bench, unsigned host, const char *name, const char *text)
{
    if (ask(bench, host, name) != STATUS_OK || strcmp(bench->text, text) != 0) {
        print_error("%s: got \"%s\", tried \"%s\"\n", name, bench->text, bench->end.tried);
    }
    assert_string_equal(bench->text, text);
    assert_string_equal(bench->end.tried, "");
}

static void lacks(struct bench *bench, unsigned host, const char *name)
{
    assert_int_equal(ask(bench, host, name), STATUS_NOT_FOUND);
    assert_true(reasons_has(&bench->end.reasons, REASON_FILE_NOT_FOUND));
}

static void fill(struct bench *bench, const char *folder, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[256];
        char text[300];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)snprintf(text, sizeof text, "%s", path);
        tree_file(bench->tree, path, text, 0644);
    }
}

static void make_windows(struct bench *bench)
{
    static const char *const XP[] = {"startrom.0",        "NTLDR",         "ntdetect.com", "winnt.sif",
                                     "i386/txtsetup.sif", "i386/KDCOM.DL_"};
    static const char *const W2K3[] = {"startrom.n12", "ntldr", "NTDETECT.COM", "WINNT.SIF",
                                       "I386/TXTSETUP.SIF"};
    tree_folder(bench->tree, "xp");
    tree_folder(bench->tree, "xp/i386");
    tree_folder(bench->tree, "w2k3");
    tree_folder(bench->tree, "w2k3/I386");
    fill(bench, "xp", XP, COUNT_OF(XP));
    fill(bench, "w2k3", W2K3, COUNT_OF(W2K3));
}

static void unpatched_loaders_of_two_systems_live_side_by_side(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    lacks(bench, 1, "NTLDR");
    gets(bench, 1, "pxelinux.0", "packaged");
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 2, "\\W2K3\\STARTROM.N12", "w2k3/startrom.n12");
    gets(bench, 1, "NTLDR", "xp/NTLDR");
    gets(bench, 2, "NTLDR", "w2k3/ntldr");
    lacks(bench, 1, "BOOTFONT.BIN");
    assert_string_equal(bench->end.tried, "xp/BOOTFONT.BIN, BOOTFONT.BIN");
    gets(bench, 1, "\\ntdetect.com", "xp/ntdetect.com");
    gets(bench, 2, "ntdetect.com", "w2k3/NTDETECT.COM");
    gets(bench, 1, "winnt.sif", "xp/winnt.sif");
    gets(bench, 2, "winnt.sif", "w2k3/WINNT.SIF");
    gets(bench, 1, "\\i386\\txtsetup.sif", "xp/i386/txtsetup.sif");
    gets(bench, 2, "\\i386\\txtsetup.sif", "w2k3/I386/TXTSETUP.SIF");
    gets(bench, 1, "\\xp\\i386\\kdcom.DL_", "xp/i386/KDCOM.DL_");
    lacks(bench, 3, "NTLDR"); // who loaded nothing means nothing
}

static void patched_names_are_found_as_they_are(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    tree_file(bench->tree, "XPLDR", "patched", 0644);
    tree_file(bench->tree, "winxp.0", "winxp.0", 0644);
    gets(bench, 1, "winxp.0", "winxp.0");
    gets(bench, 1, "XPLDR", "patched");
    gets(bench, 1, "xpldr", "patched");
    gets(bench, 2, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 2, "XPLDR", "patched"); // not beside it, so the one in the root
}

static void a_compressed_file_is_not_the_plain_one(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    tree_file(bench->tree, "xp/i386/WMILIB.SY_", "compressed", 0644);
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 1, "\\i386\\wmilib.sy_", "compressed");
    lacks(bench, 1, "\\i386\\wmilib.sys");
}

static void signed_loaders_of_two_distributions_live_side_by_side(void **state)
{
    struct bench *bench = *state;
    static const char *const FILES[] = {"shimx64.efi", "grubx64.efi", "grub.cfg", "revocations.efi"};
    tree_folder(bench->tree, "fedora");
    tree_folder(bench->tree, "ubuntu");
    tree_folder(bench->tree, "ubuntu/grub");
    fill(bench, "fedora", FILES, COUNT_OF(FILES));
    fill(bench, "ubuntu", FILES, 2);
    tree_file(bench->tree, "ubuntu/grub/grub.cfg", "ubuntu/grub/grub.cfg", 0644);
    gets(bench, 1, "fedora/shimx64.efi", "fedora/shimx64.efi");
    gets(bench, 2, "ubuntu/shimx64.efi", "ubuntu/shimx64.efi");
    gets(bench, 1, "revocations.efi", "fedora/revocations.efi");
    lacks(bench, 2, "revocations.efi");
    gets(bench, 1, "grubx64.efi", "fedora/grubx64.efi");
    gets(bench, 2, "//grubx64.efi", "ubuntu/grubx64.efi");
    lacks(bench, 1, "grub.cfg-01-52-54-00-12-34-56"); // so that GRUB goes on to the plain name
    gets(bench, 1, "grub.cfg", "fedora/grub.cfg");
    lacks(bench, 2, "grub/grub.cfg-01-52-54-00-12-34-56");
    gets(bench, 2, "grub/grub.cfg", "ubuntu/grub/grub.cfg");
    gets(bench, 3, "shimx64.efi", "packaged");
    gets(bench, 3, "grubx64.efi", "packaged");
    gets(bench, 3, "grub/grub.cfg-01-52-54-00-12-34-56", "generated");
    gets(bench, 3, "grub/grub.cfg", "generated");
}

static void a_loader_of_the_administrator_gets_the_configuration_beside_it(void **state)
{
    struct bench *bench = *state;
    tree_folder(bench->tree, "EFI");
    tree_folder(bench->tree, "EFI/fedora");
    tree_file(bench->tree, "EFI/fedora/shim.efi", "shim", 0644);
    tree_file(bench->tree, "EFI/fedora/grub.cfg", "own", 0644);
    gets(bench, 1, "efi/fedora/grub.cfg", "generated");
    gets(bench, 1, "efi/fedora/shim.efi", "shim");
    gets(bench, 1, "/EFI/fedora/grub.cfg", "own");
    gets(bench, 1, "efi/fedora/grub.cfg", "own");
}

static void a_packaged_loader_and_an_order_end_the_entry(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    struct ip one = ip_from_ip4((struct ip4){0xc0a80001});
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    assert_string_equal(tftp_names_entry(bench->names, one), "xp");
    gets(bench, 1, "pxelinux.0", "packaged");
    assert_string_equal(tftp_names_entry(bench->names, one), "");
    lacks(bench, 1, "NTLDR");
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 1, "ldlinux.c32", "packaged"); // a module is no loader
    assert_string_equal(tftp_names_entry(bench->names, one), "xp");
    gets(bench, 1, "grub/grub.cfg", "generated");
    assert_string_equal(tftp_names_entry(bench->names, one), "");
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    tftp_names_forget(bench->names, one);
    lacks(bench, 1, "NTLDR");
}

static void a_boot_program_is_not_looked_for_in_the_entry_first(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    tree_file(bench->tree, "xp/pxelinux.0", "xp's own", 0644);
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 1, "pxelinux.0", "packaged"); // it started anew, and its DHCP server is somebody else's
}

static void an_image_is_an_entry_too(void **state)
{
    struct bench *bench = *state;
    gets(bench, 1, "images/winxp/startrom.0", "image");
    gets(bench, 1, "NTLDR", "image");
    assert_string_equal(tftp_names_entry(bench->names, ip_from_ip4((struct ip4){0xc0a80001})),
                        "images/winxp");
}

static void folders_above_the_entry_belong_to_it(void **state)
{
    struct bench *bench = *state;
    tree_folder(bench->tree, "win10");
    tree_folder(bench->tree, "win10/Boot");
    tree_file(bench->tree, "win10/Boot/pxeboot.n12", "pxeboot", 0644);
    tree_file(bench->tree, "win10/bootmgr.exe", "bootmgr", 0644);
    tree_file(bench->tree, "win10/Boot/BCD", "bcd", 0644);
    gets(bench, 1, "win10\\boot\\pxeboot.n12", "pxeboot");
    gets(bench, 1, "bootmgr.exe", "bootmgr");
    gets(bench, 1, "\\Boot\\BCD", "bcd");
    gets(bench, 1, "/boot\\bcd", "bcd");
}

static void a_name_glued_to_the_loaders_is_found(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    tree_file(bench->tree, "winnt.sif", "root's", 0644);
    tree_file(bench->tree, "win2k.0", "win2k.0", 0644);
    gets(bench, 1, "pxelinux.0winnt.sif", "root's"); // pxelinux.0 is there, so it is one
    gets(bench, 2, "pxelinux.0", "packaged");
    gets(bench, 2, "win2k.0", "win2k.0");
    gets(bench, 2, "PXELINUX.0WINNT.SIF", "root's"); // the firmware's first loader
    gets(bench, 2, "win2k.0winnt.sif", "root's");
    gets(bench, 3, "xp/startrom.0", "xp/startrom.0");
    gets(bench, 3, "xp/startrom.0ntdetect.com", "xp/ntdetect.com");
    gets(bench, 3, "startrom.0winnt.sif", "xp/winnt.sif");
    gets(bench, 4, "xp/startrom.0winnt.sif", "xp/winnt.sif");
    lacks(bench, 4, "nosuch.0winnt.sif");
    lacks(bench, 4, "pxelinux.0bootfont.bin");
    assert_string_equal(bench->end.tried, "pxelinux.0bootfont.bin, bootfont.bin");
}

static void names_are_taken_as_firmware_writes_them(void **state)
{
    struct bench *bench = *state;
    tree_folder(bench->tree, "Boot");
    tree_file(bench->tree, "Boot/BCD", "bcd", 0644);
    static const char *const NAMES[] = {"boot/bcd",      "\\Boot\\BCD",  "/boot\\bcd",       "c:\\boot\\bcd",
                                        "//boot//bcd",   "boot/bcd\xff", "boot/bcd\xff\xff", "boot/bcd  ",
                                        "boot/bcd \xff", ".\\boot/./bcd"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        gets(bench, 1, NAMES[i], "bcd");
    }
    assert_int_equal(ask(bench, 1, "../Boot/BCD"), STATUS_DENIED);
    assert_true(reasons_has(&bench->end.reasons, REASON_PATH_REFUSED));
    lacks(bench, 1, "");
    lacks(bench, 1, "\xff");
    lacks(bench, 1, "boot/b\tcd");
}

static void whole_names_of_the_root_are_understood(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    char name[200];
    (void)snprintf(name, sizeof name, "%s/xp/startrom.0", bench->tree->root);
    gets(bench, 1, name, "xp/startrom.0");
    (void)snprintf(name, sizeof name, "%s/NTLDR", bench->tree->root);
    gets(bench, 1, name, "xp/NTLDR");
}

static void load_map(struct bench *bench, const char *rules)
{
    struct problem problem = {0};
    tree_file(bench->tree, "../rules", rules, 0644);
    assert_int_equal(tftp_names_load(bench->names, tree_name(bench->tree, "../rules"), &problem), STATUS_OK);
}

static void the_map_file_comes_first(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    load_map(bench,
             "ri ^xpboot$ xp/startrom.0\nr \\.img$ .ima\na ^secret Not\\ yours\na ^hidden\nrs ^round round\n"
             "rE ^ xp/\n");
    gets(bench, 1, "XPBOOT", "xp/startrom.0");
    assert_string_equal(tftp_names_entry(bench->names, ip_from_ip4((struct ip4){0xc0a80001})), "xp");
    gets(bench, 2, "winnt.sif", "xp/winnt.sif"); // E: it is there
    lacks(bench, 2, "disk.img");
    assert_string_equal(bench->end.tried, "disk.ima");
    assert_int_equal(ask(bench, 1, "secret"), STATUS_DENIED);
    assert_string_equal(bench->end.why, "Not yours");
    assert_true(reasons_has(&bench->end.reasons, REASON_NAME_REFUSED));
    assert_int_equal(ask(bench, 1, "hidden"), STATUS_DENIED);
    assert_string_equal(bench->end.why, "");
    assert_int_equal(ask(bench, 1, "round"), STATUS_DENIED);
    assert_true(reasons_has(&bench->end.reasons, REASON_MAP_FAILED));
}

static void a_wrong_map_file_leaves_the_old_rules(void **state)
{
    struct bench *bench = *state;
    struct problem problem = {0};
    make_windows(bench);
    load_map(bench, "r ^ xp/\n");
    tree_file(bench->tree, "../rules", "nonsense", 0644);
    assert_int_equal(tftp_names_load(bench->names, tree_name(bench->tree, "../rules"), &problem),
                     STATUS_MALFORMED);
    assert_int_equal(problem.line, 1);
    gets(bench, 1, "winnt.sif", "xp/winnt.sif");
    assert_int_equal(tftp_names_load(bench->names, "", &problem), STATUS_OK);
    lacks(bench, 1, "winnt.sif");
}

static void rules_for_writing_are_for_writing(void **state)
{
    struct bench *bench = *state;
    struct transfer_end end = {.client = ip_from_ip4((struct ip4){0xc0a80001})};
    char out[CONTENT_PATH_BYTES];
    load_map(bench, "rG ^ get/\nrP ^ \\i/\naP \\.exe$ no\\ programs\n");
    assert_int_equal(tftp_names_map_put(bench->names, &end, "log\xff", 4, out), STATUS_OK);
    assert_string_equal(out, "192.168.0.1/log");
    assert_int_equal(tftp_names_map_put(bench->names, &end, "a.exe", 5, out), STATUS_DENIED);
    assert_string_equal(end.why, "no programs");
}

static void what_was_tried_and_what_is_near_are_told(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    lacks(bench, 1, "winnt.sf");
    assert_string_equal(bench->end.tried, "");
    assert_string_equal(bench->end.nearest, "w2k3/WINNT.SIF");
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    lacks(bench, 1, "i386/txtsetp.sif");
    assert_string_equal(bench->end.tried, "i386/txtsetp.sif, xp/i386/txtsetp.sif");
    unsigned found = 0;
    for (unsigned i = 0; i < 200; i++) { // many in one second
        lacks(bench, 1, "winnt.sf");
        found += bench->end.nearest[0] != '\0';
    }
    assert_in_range(found, 1, 30);
}

static void guesses_meet_no_machine(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    generated_asked = 0;
    gets(bench, 1, "NTLDR", "xp/NTLDR");
    assert_int_equal(generated_asked, 0);
    lacks(bench, 1, "BOOTFONT.BIN");
    assert_int_equal(generated_asked, 1); // for the name that was asked for
}

static void an_address_is_remembered_for_an_hour(void **state)
{
    struct bench *bench = *state;
    make_windows(bench);
    gets(bench, 1, "xp/startrom.0", "xp/startrom.0");
    now_ms += 3599 * 1000;
    gets(bench, 1, "NTLDR", "xp/NTLDR");
    now_ms += 3599 * 1000; // since it was last heard of
    gets(bench, 1, "NTLDR", "xp/NTLDR");
    now_ms += 3601 * 1000;
    lacks(bench, 1, "NTLDR");
}

static void only_so_many_addresses_are_remembered(void **state)
{
    (void)state;
    struct tftp_clients *clients = tftp_clients_new(100, 1000);
    for (uint32_t i = 1; i <= 1000; i++) {
        tftp_clients_put(clients, ip_from_ip4((struct ip4){i}), "xp", "xp/startrom.0", 0);
        assert_non_null(
            tftp_clients_find(clients, ip_from_ip4((struct ip4){1}), 0)); // it is heard of all the time
    }
    assert_int_equal(tftp_clients_count(clients), 100);
    assert_null(tftp_clients_find(clients, ip_from_ip4((struct ip4){900}), 0));
    assert_non_null(tftp_clients_find(clients, ip_from_ip4((struct ip4){902}), 0));
    tftp_clients_put(clients, ip_from_ip4((struct ip4){902}), "", "pxelinux.0", 0);
    const struct tftp_client *client = tftp_clients_find(clients, ip_from_ip4((struct ip4){902}), 0);
    assert_string_equal(client->first, "xp/startrom.0");
    assert_string_equal(client->loader, "pxelinux.0");
    assert_string_equal(client->entry, "");
    assert_null(tftp_clients_find(clients, ip_from_ip4((struct ip4){902}), 1001));
    assert_int_equal(tftp_clients_count(clients), 99);
    tftp_clients_free(clients);
}

static void kinds_of_names_are_told_apart(void **state)
{
    (void)state;
    static const char *const LOADERS[] = {"pxelinux.0",  "x/STARTROM.COM", "a.n12",        "BOOTMGR",
                                          "bootmgr.exe", "x.efi",          "undionly.kpxe"};
    static const char *const OTHERS[] = {"ntdetect.com", "NTLDR", "revocations_sbat.efi", "mmx64.efi",
                                         ".0",           "x.0/y", "bootmgr.exe.mui"};
    static const char *const SESSION[] = {"NTLDR",        "grub/grub.cfg",
                                          "grubx64.efi",  "x/revocations.efi",
                                          "ntdetect.com", "grub/x86_64-efi/normal.mod",
                                          "bootmgr.exe",  "EFI/grub.cfg-C0A80101"};
    static const char *const OWN[] = {"pxelinux.0", "x/y", "shimx64.efi", "i386/ntdetect.com",
                                      "xp/startrom.0"};
    size_t length;
    for (size_t i = 0; i < COUNT_OF(LOADERS); i++) {
        assert_true(tftp_name_is_loader(LOADERS[i]));
    }
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        assert_false(tftp_name_is_loader(OTHERS[i]));
    }
    for (size_t i = 0; i < COUNT_OF(SESSION); i++) {
        assert_true(tftp_name_is_session(SESSION[i]));
    }
    for (size_t i = 0; i < COUNT_OF(OWN); i++) {
        assert_false(tftp_name_is_session(OWN[i]));
    }
    assert_int_equal(tftp_name_glued("pxelinux.0winnt.sif"), 10);
    assert_int_equal(tftp_name_glued("pxelinux.0"), 0);
    assert_int_equal(tftp_name_glued("winnt.sif"), 0);
    assert_true(tftp_name_is_personal_grub("a/grub.cfg-01", &length));
    assert_int_equal(length, 10);
    assert_false(tftp_name_is_personal_grub("grub.cfg", &length));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unpatched_loaders_of_two_systems_live_side_by_side),
        TEST(patched_names_are_found_as_they_are),
        TEST(a_compressed_file_is_not_the_plain_one),
        TEST(signed_loaders_of_two_distributions_live_side_by_side),
        TEST(a_loader_of_the_administrator_gets_the_configuration_beside_it),
        TEST(a_packaged_loader_and_an_order_end_the_entry),
        TEST(a_boot_program_is_not_looked_for_in_the_entry_first),
        TEST(an_image_is_an_entry_too),
        TEST(folders_above_the_entry_belong_to_it),
        TEST(a_name_glued_to_the_loaders_is_found),
        TEST(names_are_taken_as_firmware_writes_them),
        TEST(whole_names_of_the_root_are_understood),
        TEST(the_map_file_comes_first),
        TEST(a_wrong_map_file_leaves_the_old_rules),
        TEST(rules_for_writing_are_for_writing),
        TEST(what_was_tried_and_what_is_near_are_told),
        TEST(guesses_meet_no_machine),
        TEST(an_address_is_remembered_for_an_hour),
        cmocka_unit_test(only_so_many_addresses_are_remembered),
        cmocka_unit_test(kinds_of_names_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
