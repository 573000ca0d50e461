// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/catalog.h"
#include "catalog/render.h"

#include <stdio.h>

#include "unit/test.h"

static const char *directory;
static char out[16384];
static struct text text;
static struct problem problem;
static struct machine machine;
static struct profile profile;
static struct image image;
static struct family family;
static struct order order;
static struct network network;
static struct render_facts facts;

static int start(void **state)
{
    (void)state;
    static const uint8_t OCTETS[6] = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc};
    struct hw mac = hw_ethernet(OCTETS);
    machine_init(&machine);
    strcpy(machine.name, "lab-01");
    machine.counter = 4;
    assert_int_equal(machine_add_mac(&machine, &mac), STATUS_OK);
    profile = (struct profile){.name = "debian-lab", .answer_name = "preseed.cfg"};
    image = (struct image){.name = "debian-12", .family = "debian-installer"};
    family = (struct family){.name = "debian-installer",
                             .answer_arguments = "url={{answer_url}} hostname={{hostname}}"
                                                 "{{#domain}} domain={{domain}}{{/domain}}"};
    order = (struct order){.id = 7, .token = "0123456789abcdef0123456789abcdef"};
    network = (struct network){.subnet = {{0xc0000200}, 24},
                               .routers = {{0xc00002fe}},
                               .router_count = 1,
                               .dns = {{0xc0000235}, {0xc0000236}},
                               .dns_count = 2,
                               .domain = "example.test"};
    facts = (struct render_facts){.machine = &machine,
                                  .profile = &profile,
                                  .image = &image,
                                  .family = &family,
                                  .order = &order,
                                  .network = &network,
                                  .address = {0xc0000217},
                                  .server = ip_from_ip4((struct ip4){0xc0000201}),
                                  .http_port = 8080,
                                  .ftp_port = 2121};
    return 0;
}

static enum status render(const char *template)
{
    profile.answer = template;
    profile.answer_bytes = (uint32_t)strlen(template);
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    return render_answer(&facts, &text, &problem);
}

static void becomes(const char *template, const char *expected)
{
    assert_int_equal(render(template), STATUS_OK);
    assert_string_equal(out, expected);
}

static enum status render_line(void)
{
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    return render_arguments(&facts, &text, &problem);
}

static void add_own_value(const char *key, const char *value)
{
    struct profile_value *own = &profile.values[profile.value_count++];
    snprintf(own->key, sizeof own->key, "%s", key);
    snprintf(own->value, sizeof own->value, "%s", value);
}

static void every_name_has_a_value(void **state)
{
    (void)state;
    strcpy(machine.serial, "ABC-1.2_3");
    assert_int_equal(uuid_parse("4c4c4544-0057-5810-804a-c3c04f463732", &machine.uuid), STATUS_OK);
    becomes("{{machine.name}} {{machine.mac}} {{machine.uuid}} {{machine.serial}}",
            "lab-01 52:54:00:aa:bb:cc 4c4c4544-0057-5810-804a-c3c04f463732 ABC-1.2_3");
    becomes("{{hostname}} {{domain}} {{address}} {{address.last_octet}} {{netmask}}",
            "lab-01 example.test 192.0.2.23 23 255.255.255.0");
    becomes("{{gateway}} {{dns}} {{server}} {{http}}",
            "192.0.2.254 192.0.2.53 192.0.2.54 192.0.2.1 http://192.0.2.1:8080");
    becomes("{{profile.name}} {{image.name}} {{image.url}} {{order.id}} {{answer_url}}",
            "debian-lab debian-12 http://192.0.2.1:8080/images/debian-12 7 "
            "http://192.0.2.1:8080/answer/lab-01/0123456789abcdef0123456789abcdef/preseed.cfg");
}

static void secrets_are_for_answer_files_and_scripts_only(void **state)
{
    (void)state;
    add_own_value("pw", "hush");
    profile.values[0].is_secret = true;
    becomes("a={{pw}}", "a=hush");
    profile.personal.script = "echo {{pw}}";
    text_init(&text, out, sizeof out);
    assert_int_equal(render_script(&facts, &text, &problem), STATUS_OK);
    assert_string_equal(out, "echo hush");
    strcpy(profile.arguments, "quiet pw={{pw}}");
    assert_int_equal(render_line(), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, "{{pw}} is a secret"));
    assert_int_equal(problem.column, 10);
    strcpy(profile.arguments, "");
    strcpy(profile.personal.hostname, "pc-{{pw}}");
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    assert_int_equal(render_hostname(&facts, &text, &problem), STATUS_NOT_FOUND);
    assert_null(strstr(out, "hush"));
}

static void secrets_are_masked_for_people(void **state)
{
    (void)state;
    add_own_value("pw", "hush");
    add_own_value("plain", "word");
    profile.values[0].is_secret = true;
    facts.masks_secrets = true;
    becomes("a={{pw}} b={{{pw}}} {{#pw}}c={{pw}}{{/pw}} d={{plain}}",
            "a=" PROFILE_MASK " b=" PROFILE_MASK " c=" PROFILE_MASK " d=word");
}

static void the_image_by_ftp_has_a_url_when_there_is_ftp(void **state)
{
    (void)state;
    assert_int_equal(render("{{image.ftp_url}}"), STATUS_OK);
    assert_string_equal(out, "ftp://192.0.2.1:2121/images/debian-12");
    facts.ftp_port = 21;
    assert_int_equal(render("{{image.ftp_url}}"), STATUS_OK);
    assert_string_equal(out, "ftp://192.0.2.1/images/debian-12");
    facts.ftp_port = 0;
    assert_int_not_equal(render("{{image.ftp_url}}"), STATUS_OK);
}

static void every_name_of_the_table_can_be_rendered(void **state)
{
    (void)state;
    size_t count;
    const struct render_value *names = render_values(&count);
    strcpy(machine.serial, "S1");
    facts.found = (struct render_found){.vendor = "V",
                                        .product = "P",
                                        .firmware = "bios",
                                        .disk = "sda",
                                        .disks = "sda",
                                        .processors = 1,
                                        .memory_mib = 1,
                                        .lease_hostname = "h",
                                        .lease_ends_s = 1};
    assert_int_equal(uuid_parse("4c4c4544-0057-5810-804a-c3c04f463732", &machine.uuid), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        char template[80];
        snprintf(template, sizeof template, "{{%s}}", names[i].name);
        assert_int_equal(render(template), STATUS_OK);
        assert_true(out[0] != '\0');
        assert_true(names[i].about[0] != '\0');
    }
}

static void pieces_of_templates_are_put_in_and_missing_ones_are_told(void **state)
{
    (void)state;
    assert_int_equal(render("{{> disk.cfg}}"), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, "there is no partial template \"disk.cfg\""));
    assert_non_null(strstr(problem.remedy, "snippets"));
}

static void the_profiles_own_values_come_first(void **state)
{
    (void)state;
    add_own_value("root_password_hash", "$y$j9T$x");
    add_own_value("dns", "192.0.2.99");
    add_own_value("site.name", "Berlin");
    becomes("{{root_password_hash}} {{dns}} {{site.name}}", "$y$j9T$x 192.0.2.99 Berlin");
}

static void values_are_escaped_as_the_answer_files_name_tells(void **state)
{
    (void)state;
    static const char TEMPLATE[] = "\"{{x}}\" {{{x}}} {{&x}}";
    static const char RAW[] = "a\"b\\c<'&>\n\x01\x7f\xc3\xa4";
    static const char QUOTED[] = "a\\\"b\\\\c<'&>\\u000a\\u0001\\u007f\xc3\xa4";
    static const char *const QUOTING[] = {"config.ign",  "auto.JSON",      "talos.yaml",
                                          "a.yml",       "user-data",      "meta-data",
                                          "vendor-data", "network-config", "answer.toml"};
    static const char *const PLAIN[] = {"ks.cfg", "preseed.cfg", "xml", "a.json.txt"};
    char expected[256];
    add_own_value("x", RAW);
    snprintf(expected, sizeof expected, "\"%s\" %s %s", QUOTED, RAW, RAW);
    for (size_t i = 0; i < COUNT_OF(QUOTING); i++) {
        strcpy(profile.answer_name, QUOTING[i]);
        becomes(TEMPLATE, expected);
    }
    snprintf(expected, sizeof expected, "%s %s", RAW, RAW);
    for (size_t i = 0; i < COUNT_OF(PLAIN); i++) {
        strcpy(profile.answer_name, PLAIN[i]);
        becomes("{{{x}}} {{&x}}", expected);
        assert_int_equal(render(TEMPLATE), STATUS_MALFORMED); // its second line would be a directive
        assert_non_null(strstr(problem.text, "{{x}} has a line break"));
        assert_non_null(strstr(problem.remedy, "{{{x}}}"));
    }
    strcpy(profile.answer_name, "autoinst.xml");
    becomes("{{x}} {{{x}}}", "a&quot;b\\c&lt;&#39;&amp;&gt;\n\x01\x7f\xc3\xa4 "
                             "a\"b\\c<'&>\n\x01\x7f\xc3\xa4");
}

static void kernel_arguments_are_not_escaped(void **state)
{
    (void)state;
    add_own_value("x", "a\"&b");
    strcpy(profile.answer_name, "autoinst.xml");
    strcpy(profile.arguments, "y={{x}}");
    assert_int_equal(render_line(), STATUS_OK);
    assert_non_null(strstr(out, " y=a\"&b"));
}

static void an_unknown_name_is_told_with_place_and_known_names(void **state)
{
    (void)state;
    assert_int_equal(render("one\n  {{hostnme}}\n"), STATUS_NOT_FOUND);
    assert_string_equal(problem.text, "{{hostnme}} is not a known value");
    assert_string_equal(problem.file, "profile debian-lab, preseed.cfg");
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 3);
    assert_non_null(strstr(problem.remedy, "hostname, domain, address"));
}

static void the_remedy_for_a_name_without_value_is_the_command_that_gives_it_one(void **state)
{
    (void)state;
    const char *set = "imprint profile edit debian-lab --set mirror=VALUE gives it one; the names";
    assert_int_equal(render("{{mirror}}"), STATUS_NOT_FOUND);
    assert_memory_equal(problem.remedy, set, strlen(set));
    assert_int_equal(render("{{machine.mirror}}"), STATUS_NOT_FOUND); // no profile can have such a name
    assert_null(strstr(problem.remedy, "--set"));
}

static void what_this_machine_does_not_have_is_no_value(void **state)
{
    (void)state;
    facts.network = NULL;
    facts.order = NULL;
    facts.address = (struct ip4){0};
    static const char *const NAMES[] = {"{{domain}}",  "{{machine.serial}}", "{{machine.uuid}}",
                                        "{{dns}}",     "{{address}}",        "{{gateway}}",
                                        "{{netmask}}", "{{order.id}}",       "{{address.last_octet}}"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        assert_int_equal(render(NAMES[i]), STATUS_NOT_FOUND);
    }
    becomes("{{^domain}}none{{/domain}}{{^address}} none{{/address}}", "none none");
}

static void a_serial_number_that_is_more_than_a_word_is_no_value(void **state)
{
    (void)state;
    static const char *const BAD[] = {"x init=/bin/sh", "x\nd-i", "$(reboot)", "\"x"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        strcpy(machine.serial, BAD[i]);
        assert_int_equal(render("{{machine.serial}}"), STATUS_NOT_FOUND);
    }
}

static void arguments_are_joined_in_order(void **state)
{
    (void)state;
    strcpy(image.arguments, "quiet");
    strcpy(profile.arguments, "console=ttyS0\n");
    assert_int_equal(render_line(), STATUS_OK);
    assert_string_equal(
        out, "quiet url=http://192.0.2.1:8080/answer/lab-01/0123456789abcdef0123456789abcdef/preseed.cfg "
             "hostname=lab-01 "
             "domain=example.test console=ttyS0");
}

static void without_an_answer_file_nothing_leads_to_one(void **state)
{
    (void)state;
    profile.answer_name[0] = '\0';
    strcpy(profile.arguments, "{{^answer_url}}{{/answer_url}} a\n\tb ");
    assert_int_equal(render_line(), STATUS_OK);
    assert_string_equal(out, "a  b");
    text_init(&text, out, sizeof out);
    assert_int_equal(render_answer(&facts, &text, &problem), STATUS_UNSUPPORTED);
}

static void arguments_are_strict_too(void **state)
{
    (void)state;
    strcpy(profile.arguments, "x={{nothing}}");
    assert_int_equal(render_line(), STATUS_NOT_FOUND);
    assert_string_equal(problem.file, "profile debian-lab, arguments");
    assert_int_equal(problem.column, 3);
}

static void arguments_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    text_init(&text, out, 16);
    problem_clear(&problem);
    assert_int_equal(render_arguments(&facts, &text, &problem), STATUS_TOO_LONG);
    assert_true(problem_is_set(&problem));
}

static void the_shipped_preseed_file_renders(void **state)
{
    (void)state;
    static char example[16384];
    problem_clear(&problem);
    struct catalog *catalog = catalog_new(directory, &problem);
    assert_non_null(catalog);
    const struct family *debian = catalog_find(catalog, "debian-installer");
    FILE *stream = fopen(debian->example, "r");
    assert_non_null(stream);
    example[fread(example, 1, sizeof example - 1, stream)] = '\0';
    fclose(stream);
    assert_int_equal(render(example), STATUS_NOT_FOUND); // nobody chose a password
    assert_non_null(strstr(problem.text, "root_password_hash"));
    add_own_value("root_password_hash", "$y$j9T$x");
    facts.family = debian;
    assert_int_equal(render(example), STATUS_OK);
    assert_non_null(strstr(out, "\nd-i netcfg/get_hostname string lab-01\n"));
    assert_non_null(strstr(out, "\nd-i netcfg/get_domain string example.test\n"));
    assert_non_null(strstr(out, "\nd-i mirror/http/hostname string ftp.debian.org\n"));
    assert_int_equal(render_line(), STATUS_OK);
    assert_string_equal(
        out, "auto=true priority=critical "
             "url=http://192.0.2.1:8080/answer/lab-01/0123456789abcdef0123456789abcdef/preseed.cfg "
             "hostname=lab-01 domain=example.test interface=auto");
    catalog_free(catalog);
}

static enum status name_becomes(const char *template)
{
    strcpy(profile.personal.hostname, template);
    text_init(&text, out, sizeof out);
    problem_clear(&problem);
    return render_hostname(&facts, &text, &problem);
}

static void a_host_name_is_made_by_a_rule_and_is_one(void **state)
{
    (void)state;
    static const char *const GOOD[][2] = {{"station{{address.last_octet}}", "station23"},
                                          {"N-{{machine.mac_plain}}", "n-525400aabbcc"},
                                          {"pc{{counter}}.lab.example", "pc4.lab.example"},
                                          {"", "lab-01"}};
    static const char *const BAD[] = {
        "a b",
        "-x",
        "x-",
        "x..y",
        ".x",
        "x.",
        "{{machine.mac}}",
        "a_b",
        "\xc3\xa4",
        "a0123456789012345678901234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        assert_int_equal(name_becomes(GOOD[i][0]), STATUS_OK);
        assert_string_equal(out, GOOD[i][1]);
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(name_becomes(BAD[i]), STATUS_MALFORMED);
        assert_true(problem_is_set(&problem));
        assert_string_equal(out, "");
    }
    machine.counter = 0;
    assert_int_equal(name_becomes("pc{{counter}}"), STATUS_NOT_FOUND);
}

static void the_agents_arguments_hold_nothing_of_the_profile(void **state)
{
    (void)state;
    struct image agent = {.name = "agent", .arguments = "console=tty0\nserver={{server}}"};
    strcpy(profile.arguments, "password=secret");
    text_init(&text, out, sizeof out);
    assert_int_equal(render_agent_arguments(&facts, &agent, &machine.macs[0], &text, &problem), STATUS_OK);
    assert_string_equal(out, "imprint.server=192.0.2.1:8080 imprint.order=7 imprint.mac=52:54:00:aa:bb:cc "
                             "console=tty0 server=192.0.2.1");
    facts.https_port = 443;
    facts.certificate = "sha256:00";
    text_init(&text, out, sizeof out);
    assert_int_equal(render_agent_arguments(&facts, &agent, &machine.macs[0], &text, &problem), STATUS_OK);
    assert_string_equal(out, "imprint.server=192.0.2.1:8080 imprint.order=7 imprint.mac=52:54:00:aa:bb:cc "
                             "imprint.tls=443 imprint.certificate=sha256:00 console=tty0 server=192.0.2.1");
    text_init(&text, out, sizeof out);
    assert_int_equal(render_own_arguments(&facts, &text, &problem), STATUS_OK);
    assert_string_equal(out, "password=secret");
}

static void what_the_agent_found_are_words_and_numbers(void **state)
{
    (void)state;
    assert_int_equal(render("{{inventory.vendor}}"), STATUS_NOT_FOUND);
    assert_int_equal(render("{{lease.ends}}"), STATUS_NOT_FOUND);
    facts.found = (struct render_found){.vendor = " Dell  Inc. ",
                                        .product = "Opti\nPlex; rm -rf / 'x'",
                                        .firmware = "uefi",
                                        .disk = "nvme0n1",
                                        .disks = "nvme0n1 s$da",
                                        .processors = 8,
                                        .memory_mib = 16384,
                                        .lease_hostname = "pc-1",
                                        .lease_ends_s = 1700000000};
    becomes("{{inventory.vendor}}|{{inventory.product}}|{{inventory.firmware}}",
            "Dell_Inc.|Opti_Plex_rm_-rf_x|uefi");
    becomes("{{inventory.disk}}|{{inventory.disks}}", "nvme0n1|nvme0n1 s_da");
    becomes("{{inventory.processors}} {{inventory.memory_mib}}", "8 16384");
    becomes("{{lease.hostname}} {{lease.ends}}", "pc-1 2023-11-14T22:13:20Z");
    becomes("{{#inventory.disk}}only {{inventory.disk}}{{/inventory.disk}}", "only nvme0n1");
    facts.found.lease_ends_s = INT64_MAX;
    assert_int_equal(render("{{lease.ends}}"), STATUS_NOT_FOUND);
}

static void a_mirror_has_its_url_here_and_no_other_name_has_one(void **state)
{
    (void)state;
    facts.mirrors[0] = "debian";
    facts.mirrors[1] = "debian-security";
    becomes("{{mirrors.debian}} {{mirrors.debian-security}}",
            "http://192.0.2.1:8080/mirror/debian http://192.0.2.1:8080/mirror/debian-security");
    becomes("{{#mirrors.debian}}yes{{/mirrors.debian}}{{^mirrors.other}}no{{/mirrors.other}}", "yesno");
    assert_int_equal(render("{{mirrors.other}}"), STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.remedy, "mirrors.debian-security"));
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_name_has_a_value, start),
        cmocka_unit_test_setup(secrets_are_for_answer_files_and_scripts_only, start),
        cmocka_unit_test_setup(secrets_are_masked_for_people, start),
        cmocka_unit_test_setup(the_image_by_ftp_has_a_url_when_there_is_ftp, start),
        cmocka_unit_test_setup(every_name_of_the_table_can_be_rendered, start),
        cmocka_unit_test_setup(pieces_of_templates_are_put_in_and_missing_ones_are_told, start),
        cmocka_unit_test_setup(the_profiles_own_values_come_first, start),
        cmocka_unit_test_setup(an_unknown_name_is_told_with_place_and_known_names, start),
        cmocka_unit_test_setup(the_remedy_for_a_name_without_value_is_the_command_that_gives_it_one, start),
        cmocka_unit_test_setup(what_this_machine_does_not_have_is_no_value, start),
        cmocka_unit_test_setup(a_serial_number_that_is_more_than_a_word_is_no_value, start),
        cmocka_unit_test_setup(arguments_are_joined_in_order, start),
        cmocka_unit_test_setup(without_an_answer_file_nothing_leads_to_one, start),
        cmocka_unit_test_setup(arguments_are_strict_too, start),
        cmocka_unit_test_setup(arguments_that_do_not_fit_are_refused, start),
        cmocka_unit_test_setup(the_shipped_preseed_file_renders, start),
        cmocka_unit_test_setup(values_are_escaped_as_the_answer_files_name_tells, start),
        cmocka_unit_test_setup(kernel_arguments_are_not_escaped, start),
        cmocka_unit_test_setup(a_host_name_is_made_by_a_rule_and_is_one, start),
        cmocka_unit_test_setup(the_agents_arguments_hold_nothing_of_the_profile, start),
        cmocka_unit_test_setup(what_the_agent_found_are_words_and_numbers, start),
        cmocka_unit_test_setup(a_mirror_has_its_url_here_and_no_other_name_has_one, start),
    };
    directory = argument_count > 1 ? arguments[1] : "os";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
