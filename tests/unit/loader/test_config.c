// SPDX-License-Identifier: GPL-3.0-or-later
// The texts that make loaders carry out a plan. That real loaders obey them is told in
// docs/protocols/loaders.md and tried by tests/machine.
#include "loader/loader.h"

#include "unit/test.h"

#define KERNEL "/images/debian-12/linux"
#define INITRD "/images/debian-12/initrd.gz"

static char out[8192];
static struct text text;
static struct problem problem;
static struct boot_plan plan;
static struct boot_client client;
static struct loader_context context;

static int start(void **state)
{
    (void)state;
    problem_clear(&problem);
    plan = (struct boot_plan){.kind = PLAN_WAIT};
    client = (struct boot_client){.stage = BOOT_STAGE_LOADER, .serial = "SN-1"};
    context = (struct loader_context){.plan = &plan,
                                      .client = &client,
                                      .server_name = "station1",
                                      .server = ip_from_ip4((struct ip4){0xc0000201}),
                                      .http_port = 80,
                                      .machine_name = "m-aabbcc",
                                      .mac = "52:54:00:aa:bb:cc",
                                      .uuid = "4c4c4544-0057-5810-804a-c3c04f463732",
                                      .sentence = "the machine waits until somebody decides about it",
                                      .remedy = "imprint machine approve m-aabbcc",
                                      .kernel = "",
                                      .arguments = "",
                                      .poll_s = 10};
    return 0;
}

static enum status print(enum loader_dialect dialect)
{
    text_init(&text, out, sizeof out);
    return loader_print_config(dialect, &context, &text, &problem);
}

static void prints(enum loader_dialect dialect)
{
    assert_int_equal(print(dialect), STATUS_OK);
}

static void has(const char *part)
{
    if (strstr(out, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, out);
    }
}

static void has_not(const char *part)
{
    if (strstr(out, part) != NULL) {
        fail_msg("\"%s\" in:\n%s", part, out);
    }
}

static void boots(const char *arguments)
{
    plan.kind = PLAN_IMAGE;
    context.kernel = KERNEL;
    context.initrds[0] = INITRD;
    context.arguments = arguments;
}

static void a_waiting_screen_says_who_why_and_what_helps(void **state)
{
    (void)state;
    for (unsigned dialect = LOADER_DIALECT_PXELINUX; dialect <= LOADER_DIALECT_IPXE; dialect++) {
        prints((enum loader_dialect)dialect);
        has("imprint on station1 (192.0.2.1)");
        has("m-aabbcc");
        has("52:54:00:aa:bb:cc");
        has("4c4c4544-0057-5810-804a-c3c04f463732");
        has("SN-1");
        has("The machine waits until somebody decides about it.");
        has("imprint machine approve m-aabbcc");
        has("every 10 seconds");
    }
}

static void what_is_not_known_is_not_shown(void **state)
{
    (void)state;
    context.uuid = "";
    context.mac = "";
    client.serial[0] = '\0';
    prints(LOADER_DIALECT_PXELINUX);
    has_not("UUID");
    has_not("MAC");
    has_not("serial");
}

static void nothing_that_touches_a_disk_is_in_a_waiting_text(void **state)
{
    (void)state;
    static const char *const DISK[] = {"LOCALBOOT", "sanboot", "chainloader", "exit",   "\nboot",
                                       "INITRD",    "APPEND",  "\nlinux",     "initrd", "reboot"};
    for (unsigned dialect = LOADER_DIALECT_PXELINUX; dialect <= LOADER_DIALECT_IPXE; dialect++) {
        prints((enum loader_dialect)dialect);
        for (size_t i = 0; i < COUNT_OF(DISK); i++) {
            has_not(DISK[i]);
        }
    }
}

static void pxelinux_asks_again_by_starting_again(void **state)
{
    (void)state;
    prints(LOADER_DIALECT_PXELINUX);
    has("\nPROMPT 1\nALLOWOPTIONS 0\nTIMEOUT 100\nTOTALTIMEOUT 100\n");
    has("\nONTIMEOUT again\nLABEL again\nKERNEL pxelinux.0\n");
    has_not("CONFIG");
    has_not("NOESCAPE");
}

static void grub_asks_again_in_a_loop_that_does_not_nest(void **state)
{
    (void)state;
    prints(LOADER_DIALECT_GRUB);
    has("if [ -z \"$imprint_waits\" ]; then\n");
    has("sleep 10\nsource $prefix/grub.cfg-01-52-54-00-aa-bb-cc\ndone\nfi\n");
    context.mac = "";
    prints(LOADER_DIALECT_GRUB);
    has("source $prefix/grub.cfg\n");
}

static void ipxe_asks_again_and_forgets_the_script_before(void **state)
{
    (void)state;
    client.has_http = true;
    context.http_port = 8080;
    prints(LOADER_DIALECT_IPXE);
    assert_true(text_starts(out, "#!ipxe\n"));
    has("\nsleep 10 ||\nchain --replace --autofree http://192.0.2.1:8080/machine.ipxe?mac=${mac:hexhyp}&");
    client.has_http = false;
    prints(LOADER_DIALECT_IPXE);
    has("chain --replace --autofree tftp://192.0.2.1/machine.ipxe/mac-${mac:hexhyp} ||");
}

static void the_first_script_asks_who_it_is(void **state)
{
    (void)state;
    client.has_http = true;
    text_init(&text, out, sizeof out);
    assert_int_equal(loader_print_bootstrap(&context, &text), STATUS_OK);
    assert_string_equal(out, "#!ipxe\n:again\nchain --replace --autofree http://192.0.2.1/machine.ipxe"
                             "?mac=${mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}&platform=${platform}"
                             "&arch=${buildarch} ||\nsleep 10 ||\ngoto again\n");
}

static void each_loader_has_its_way_to_the_disk(void **state)
{
    (void)state;
    plan.kind = PLAN_LOCAL;
    prints(LOADER_DIALECT_PXELINUX);
    has("\nLOCALBOOT 0x80\n");
    prints(LOADER_DIALECT_GRUB);
    has("\nreboot\n");
    prints(LOADER_DIALECT_IPXE);
    has("iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||\nexit 1\n");
}

static struct loader_menu menu;

static void shows_menu(void)
{
    menu = (struct loader_menu){.title = "Room 3",
                                .notice = "",
                                .token = "0123456789abcdef",
                                .timeout_s = 7,
                                .start = 2,
                                .items = {{"web", "It's a ${server}; 100% ^free^ | #1 \\", "Install", false},
                                          {"db", "Data", "Install", true},
                                          {MENU_LOCAL, MENU_LOCAL_TITLE, "", false}},
                                .item_count = 3};
    plan.kind = PLAN_MENU;
    context.menu = &menu;
}

static void a_menu_is_shown_by_every_loader(void **state)
{
    (void)state;
    shows_menu();
    prints(LOADER_DIALECT_PXELINUX);
    has("UI menu.c32\n");
    has("MENU TITLE Room 3\n");
    has("TIMEOUT 70\nONTIMEOUT local\n");
    has("MENU LABEL Install\nMENU DISABLE\nLABEL web\n");
    has("CONFIG pxelinux.cfg/choice/0123456789abcdef/web/01-52-54-00-aa-bb-cc\n");
    has("LABEL local\nMENU LABEL This machine's own disk\nMENU DEFAULT\nLOCALBOOT 0x80\n");
    prints(LOADER_DIALECT_GRUB);
    has("set timeout=7\nset default='local'\n");
    has(" --id 'web' {\nsource $prefix/choice/0123456789abcdef/web/grub.cfg-01-52-54-00-aa-bb-cc\n}\n");
    has(" --id 'local' {\nsource $prefix/choice/0123456789abcdef/local/");
    client.has_http = true;
    prints(LOADER_DIALECT_IPXE);
    has("item --gap -- Install\nitem item-web ");
    has("choose --default item-local --timeout 7000 choice || goto menu\n");
    has("&choice=web&token=0123456789abcdef || goto failed\n");
    has(":item-local\niseq ${platform} pcbios && sanboot");
    client.has_http = false;
    prints(LOADER_DIALECT_IPXE);
    has("chain --replace --autofree "
        "tftp://192.0.2.1/machine.ipxe/choice/0123456789abcdef/web/mac-${mac:hexhyp}");
}

static void a_menu_without_a_timeout_waits_for_ever(void **state)
{
    (void)state;
    shows_menu();
    menu.timeout_s = 0;
    prints(LOADER_DIALECT_PXELINUX);
    has_not("TIMEOUT");
    prints(LOADER_DIALECT_GRUB);
    has("set timeout=-1\n");
    prints(LOADER_DIALECT_IPXE);
    has_not("--timeout");
}

static void a_locked_entry_is_left_to_who_can_ask_for_a_password(void **state)
{
    (void)state;
    shows_menu();
    prints(LOADER_DIALECT_PXELINUX);
    has("LABEL db\nMENU LABEL Data\nMENU INDENT 1\nPXE undionly.kpxe\n");
    has_not("/db/");
    client.architecture = 7;
    client.platform = BOOT_PLATFORM_UEFI;
    prints(LOADER_DIALECT_GRUB);
    has("if chainloader (tftp,192.0.2.1)/snponly.efi; then\n");
    has_not("/db/");
    client.architecture = 11; // ARM64: no iPXE of ours
    prints(LOADER_DIALECT_GRUB);
    has_not("chainloader");
    client.has_http = true;
    prints(LOADER_DIALECT_IPXE);
    has(":item-db\nlogin || goto menu\n");
    has("&choice=db&token=0123456789abcdef&password=${password:uristring} || goto failed\n");
    client.has_http = false;
    prints(LOADER_DIALECT_IPXE);
    has_not("password=");
    has("This iPXE has no HTTP");
}

static void outside_words_in_a_menu_are_only_words(void **state)
{
    (void)state;
    shows_menu();
    menu.notice = "a\nLABEL b\x1b ${c} && d";
    prints(LOADER_DIALECT_PXELINUX);
    has("MENU LABEL It's a ${server}; 100% ?free? | #1 \\\n");
    has("MENU LABEL a?LABEL b? ");
    prints(LOADER_DIALECT_IPXE);
    has("item --gap -- a?LABEL b? ?{c} ?? d\n");
    has("It's a ?{server}; 100% ^free^ ? ?1 ?\n");
    prints(LOADER_DIALECT_GRUB);
    has("menuentry 'a?LABEL b? ${c} && d' {");
}

static void a_plan_of_nothing_goes_to_the_disk_too(void **state)
{
    (void)state;
    plan.kind = PLAN_NOTHING;
    context.sentence = "The machine was rejected.";
    prints(LOADER_DIALECT_PXELINUX);
    has("imprint on station1:\nSAY   The machine was rejected.\n");
    has("LOCALBOOT");
}

static void pxelinux_boots_an_image(void **state)
{
    (void)state;
    boots("quiet a=\"b c\"");
    prints(LOADER_DIALECT_PXELINUX);
    has("LABEL image\nLINUX " KERNEL "\nINITRD " INITRD "\nAPPEND quiet a=\"b c\"\nSYSAPPEND 2\n");
}

static void pxelinux_takes_no_kernel_for_something_else_by_its_name(void **state)
{
    (void)state;
    boots("quiet");
    context.kernel = "/images/a/vmlinuz-6.1.0";
    prints(LOADER_DIALECT_PXELINUX);
    has("LABEL image\nLINUX /images/a/vmlinuz-6.1.0\n");
}

static void grub_boots_an_image(void **state)
{
    (void)state;
    boots("quiet ds=nocloud;s=x");
    prints(LOADER_DIALECT_GRUB);
    has("\nlinux '(tftp,192.0.2.1)" KERNEL "' 'quiet' 'ds=nocloud;s=x' BOOTIF=01-52-54-00-aa-bb-cc\n"
        "initrd '(tftp,192.0.2.1)" INITRD "'\nboot\n");
    client.wants_http = true;
    prints(LOADER_DIALECT_GRUB);
    has("linux '(http,192.0.2.1)" KERNEL "'");
}

static void ipxe_boots_an_image(void **state)
{
    (void)state;
    boots("quiet");
    context.kernel = "/images/a b/linux";
    prints(LOADER_DIALECT_IPXE);
    has("\nkernel tftp://192.0.2.1/images/a%20b/linux initrd=initrd quiet BOOTIF=01-52-54-00-aa-bb-cc || "
        "goto "
        "failed\ninitrd --name initrd tftp://192.0.2.1" INITRD " || goto failed\nboot\n");
    client.has_http = true;
    prints(LOADER_DIALECT_IPXE);
    has("kernel http://192.0.2.1/images/a%20b/linux ");
}

static void an_image_without_initrd_names_none(void **state)
{
    (void)state;
    boots("quiet");
    context.initrds[0] = NULL;
    for (unsigned dialect = LOADER_DIALECT_PXELINUX; dialect <= LOADER_DIALECT_IPXE; dialect++) {
        prints((enum loader_dialect)dialect);
        has_not("initrd");
        has_not("INITRD");
    }
}

static void several_initrds_keep_their_order(void **state)
{
    (void)state;
    boots("quiet");
    context.initrds[1] = "/images/debian-12/microcode";
    prints(LOADER_DIALECT_PXELINUX);
    has("\nINITRD " INITRD ",/images/debian-12/microcode\n");
    prints(LOADER_DIALECT_GRUB);
    has("\ninitrd '(tftp,192.0.2.1)" INITRD "' '(tftp,192.0.2.1)/images/debian-12/microcode'\nboot\n");
    prints(LOADER_DIALECT_IPXE);
    has(" initrd=initrd initrd=initrd1 quiet ");
    has("\ninitrd --name initrd tftp://192.0.2.1" INITRD " || goto failed\n"
        "initrd --name initrd1 tftp://192.0.2.1/images/debian-12/microcode || goto failed\nboot\n");
    context.initrds[1] = "/images/a,b";
    assert_int_equal(print(LOADER_DIALECT_PXELINUX), STATUS_UNSUPPORTED);
}

static void programs_are_started_where_they_can(void **state)
{
    (void)state;
    boots("");
    context.initrds[0] = NULL;
    context.way = IMAGE_WAY_EFI;
    assert_int_equal(print(LOADER_DIALECT_PXELINUX), STATUS_UNSUPPORTED);
    prints(LOADER_DIALECT_GRUB);
    has("\nchainloader '(tftp,192.0.2.1)" KERNEL "'\nboot\n");
    prints(LOADER_DIALECT_IPXE);
    has("\nchain --autofree tftp://192.0.2.1" KERNEL " || goto failed\n");
    context.way = IMAGE_WAY_BIOS;
    assert_int_equal(print(LOADER_DIALECT_GRUB), STATUS_UNSUPPORTED);
    prints(LOADER_DIALECT_PXELINUX);
    has("\nPXE " KERNEL "\n");
    has_not("SYSAPPEND");
    context.kernel = "/images/a/mboot.c32";
    context.arguments = "-c boot.cfg";
    prints(LOADER_DIALECT_PXELINUX);
    has("\nCOM32 /images/a/mboot.c32\nAPPEND -c boot.cfg\n");
}

static void a_whole_disk_goes_into_memory_or_is_read_from_here(void **state)
{
    (void)state;
    boots("iso raw");
    context.initrds[0] = NULL;
    context.way = IMAGE_WAY_DISK;
    context.kernel = "/images/tool/medium.iso";
    assert_int_equal(print(LOADER_DIALECT_GRUB), STATUS_UNSUPPORTED);
    prints(LOADER_DIALECT_PXELINUX);
    has("\nLINUX /memdisk\nINITRD /images/tool/medium.iso\nAPPEND iso raw\n");
    has_not("SYSAPPEND");
    client.has_http = true;
    prints(LOADER_DIALECT_IPXE);
    has("\niseq ${platform} pcbios || goto efi\nkernel http://192.0.2.1/memdisk iso raw || goto failed\n"
        "initrd http://192.0.2.1/images/tool/medium.iso || goto failed\nboot || goto failed\n"
        ":efi\nsanboot --no-describe http://192.0.2.1/images/tool/medium.iso || goto failed\n");
}

static void the_card_is_not_named_twice(void **state)
{
    (void)state;
    boots("BOOTIF=01-00-00-00-00-00-01");
    prints(LOADER_DIALECT_GRUB);
    has_not("52-54-00");
    prints(LOADER_DIALECT_IPXE);
    has_not("BOOTIF=01-52");
}

static void refuses(enum loader_dialect dialect, const char *arguments)
{
    boots(arguments);
    problem_clear(&problem);
    assert_int_equal(print(dialect), STATUS_UNSUPPORTED);
    assert_true(problem_is_set(&problem));
    assert_true(problem.remedy[0] != '\0');
}

static void what_a_dialect_cannot_say_is_refused(void **state)
{
    (void)state;
    refuses(LOADER_DIALECT_PXELINUX, "quiet\nLOCALBOOT 0x80");
    refuses(LOADER_DIALECT_GRUB, "a='b'");
    refuses(LOADER_DIALECT_GRUB, "quiet\nreboot");
    refuses(LOADER_DIALECT_IPXE, "a=${password}");
    refuses(LOADER_DIALECT_IPXE, "quiet || shell");
    boots("quiet");
    context.kernel = "/images/a b/linux";
    assert_int_equal(print(LOADER_DIALECT_PXELINUX), STATUS_UNSUPPORTED);
}

static void more_arguments_than_a_kernel_takes_are_refused(void **state)
{
    (void)state;
    char long_arguments[2048];
    memset(long_arguments, 'x', sizeof long_arguments - 1);
    long_arguments[sizeof long_arguments - 1] = '\0';
    for (unsigned dialect = LOADER_DIALECT_PXELINUX; dialect <= LOADER_DIALECT_IPXE; dialect++) {
        refuses((enum loader_dialect)dialect, long_arguments);
    }
}

static void outside_words_on_the_screen_are_only_words(void **state)
{
    (void)state;
    context.sentence = "x\nreboot\nLOCALBOOT 0x80 ${mac} 'quoted' \"$prefix\"";
    prints(LOADER_DIALECT_PXELINUX);
    has_not("\nLOCALBOOT");
    prints(LOADER_DIALECT_GRUB);
    has_not("\nreboot");
    prints(LOADER_DIALECT_IPXE);
    has_not("\nreboot");
    has_not("${mac} ");
}

static void a_text_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    text_init(&text, out, 64);
    assert_int_equal(loader_print_config(LOADER_DIALECT_GRUB, &context, &text, &problem), STATUS_TOO_LONG);
}

static void long_sentences_are_wrapped(void **state)
{
    (void)state;
    context.sentence =
        "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.";
    prints(LOADER_DIALECT_PXELINUX);
    has("thirteen\nSAY   fourteen fifteen.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_waiting_screen_says_who_why_and_what_helps, start),
        cmocka_unit_test_setup(what_is_not_known_is_not_shown, start),
        cmocka_unit_test_setup(nothing_that_touches_a_disk_is_in_a_waiting_text, start),
        cmocka_unit_test_setup(pxelinux_asks_again_by_starting_again, start),
        cmocka_unit_test_setup(grub_asks_again_in_a_loop_that_does_not_nest, start),
        cmocka_unit_test_setup(ipxe_asks_again_and_forgets_the_script_before, start),
        cmocka_unit_test_setup(the_first_script_asks_who_it_is, start),
        cmocka_unit_test_setup(each_loader_has_its_way_to_the_disk, start),
        cmocka_unit_test_setup(a_menu_is_shown_by_every_loader, start),
        cmocka_unit_test_setup(a_menu_without_a_timeout_waits_for_ever, start),
        cmocka_unit_test_setup(a_locked_entry_is_left_to_who_can_ask_for_a_password, start),
        cmocka_unit_test_setup(outside_words_in_a_menu_are_only_words, start),
        cmocka_unit_test_setup(a_plan_of_nothing_goes_to_the_disk_too, start),
        cmocka_unit_test_setup(pxelinux_boots_an_image, start),
        cmocka_unit_test_setup(pxelinux_takes_no_kernel_for_something_else_by_its_name, start),
        cmocka_unit_test_setup(grub_boots_an_image, start),
        cmocka_unit_test_setup(ipxe_boots_an_image, start),
        cmocka_unit_test_setup(an_image_without_initrd_names_none, start),
        cmocka_unit_test_setup(several_initrds_keep_their_order, start),
        cmocka_unit_test_setup(programs_are_started_where_they_can, start),
        cmocka_unit_test_setup(a_whole_disk_goes_into_memory_or_is_read_from_here, start),
        cmocka_unit_test_setup(the_card_is_not_named_twice, start),
        cmocka_unit_test_setup(what_a_dialect_cannot_say_is_refused, start),
        cmocka_unit_test_setup(more_arguments_than_a_kernel_takes_are_refused, start),
        cmocka_unit_test_setup(outside_words_on_the_screen_are_only_words, start),
        cmocka_unit_test_setup(a_text_that_does_not_fit_is_refused, start),
        cmocka_unit_test_setup(long_sentences_are_wrapped, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
