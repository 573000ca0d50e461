// SPDX-License-Identifier: GPL-3.0-or-later
// What a name becomes is written down by hand from in.tftpd(8) and its sample file.
#include "content/map.h"

#include "base/text.h"
#include "unit/test.h"

#include <stdio.h>

static struct map *read_map(const char *text)
{
    struct problem problem = {0};
    struct map *map = map_parse(text, strlen(text), "rules", &problem);
    if (map == NULL) {
        print_error("%s\n", problem.text);
    }
    assert_non_null(map);
    return map;
}

struct asked {
    enum status status;
    char name[MAP_NAME_BYTES];
    struct problem problem;
};

static struct asked ask(const char *text, const char *name, bool is_put)
{
    struct asked asked = {0};
    struct map *map = read_map(text);
    const struct map_question question = {.name = name,
                                          .client = ip_from_ip4((struct ip4){0xc00002a9}),
                                          .is_put = is_put}; // 192.0.2.169, as in the manual
    asked.status = map_apply(map, &question, asked.name, &asked.problem);
    map_free(map);
    return asked;
}

static void becomes(const char *text, const char *name, const char *wanted)
{
    struct asked asked = ask(text, name, false);
    assert_int_equal(asked.status, STATUS_OK);
    assert_string_equal(asked.name, wanted);
}

static void is_refused(const char *text, const char *name, const char *wanted)
{
    struct asked asked = ask(text, name, false);
    assert_int_equal(asked.status, STATUS_DENIED);
    assert_string_equal(asked.name, wanted);
}

static void comes_to_no_end(const char *text, const char *name, const char *why)
{
    struct asked asked = ask(text, name, false);
    assert_int_equal(asked.status, STATUS_CONFLICT);
    assert_non_null(strstr(asked.problem.text, why));
}

// The file that tftpd-hpa ships.
static const char SAMPLE[] = "#\n# Sample rule file for the -m (remapping option)\n#\n"
                             "ri\t^[a-z]:\t\t\t\t# Remove \"drive letters\"\n"
                             "rg\t\\\\\t\t/\t\t# Convert backslashes to slashes\n"
                             "rg\t\\#\t\t@\t\t# Convert hash marks to @ signs\n"
                             "rg\t/../\t\t/..no../\t# Convert /../ to /..no../\n"
                             "e\t^ok/\t\t\t\t# These are always ok\n"
                             "r\t^[^/]\t\t/tftpboot/\\0\t# Convert non-absolute files\n"
                             "a\t\\.pvt$\t\t\t\t# Reject requests for private files\n";

static void the_sample_file_does_what_it_says(void **state)
{
    (void)state;
    becomes(SAMPLE, "pxelinux.0", "/tftpboot/pxelinux.0");
    becomes(SAMPLE, "/pxelinux.0", "/pxelinux.0");
    becomes(SAMPLE, "C:\\Boot\\BCD", "/Boot/BCD");
    becomes(SAMPLE, "c:boot\\bcd", "/tftpboot/boot/bcd");
    becomes(SAMPLE, "a#b#c", "/tftpboot/a@b@c");
    becomes(SAMPLE, "/x/../y/ab/z",
            "/x/..no../y/..no../z"); // any two characters: the dots are not escaped there
    becomes(SAMPLE, "ok/some.pvt", "ok/some.pvt");
    is_refused(SAMPLE, "secret.pvt", "");
    is_refused(SAMPLE, "D:\\secret.pvt", "");
}

static void only_what_matched_is_replaced(void **state)
{
    (void)state;
    becomes("r b+ x", "abbbc", "axc");
    becomes("r b+", "abbbc", "ac");
    becomes("r b x", "bbb", "xbb");
    becomes("r ^ dir/", "name", "dir/name");
    becomes("r $ .efi", "name", "name.efi");
    becomes("ri ABC x", "zabcz", "zxz");
    becomes("r ABC x", "zabcz", "zabcz");
}

static void substitutions_are_those_of_the_manual(void **state)
{
    (void)state;
    becomes("r ^(.*)/(.*)$ \\2-\\1", "a/b", "b-a");
    becomes("r .* [\\0]", "name", "[name]");
    becomes("r ^ \\i/", "f", "192.0.2.169/f");
    becomes("r ^ \\x/", "f", "C00002A9/f");
    becomes("r ^ \\L\\x\\E/X", "f", "c00002a9/Xf");
    becomes("r (.*)\\.(.*) \\U\\1\\E.\\2", "name.Sif", "NAME.Sif");
    becomes("ri ^/?(xp/)?i386/(.*)$ xp/i386/\\L\\2", "XP/I386/KDCOM.DL_", "xp/i386/kdcom.dl_");
    becomes("r a \\\\", "a", "\\");
    becomes("r a \\q", "a", "q");
    becomes("r a b\\", "a", "b\\");
    becomes("r (x)?a [\\1\\9]", "a", "[]"); // groups that took no part are nothing
    becomes("r _ \\ ", "a_b", "a b");
    becomes("r _ \\#", "a_b", "a#b");
    becomes("r a\\ b \\L", "xa by", "xy");
}

static void blanks_comments_and_line_ends_are_as_in_the_original(void **state)
{
    (void)state;
    becomes("  r\ta\tb # comment\r\n\r\n   \n#r b c", "a", "b");
    becomes("r a b#comment", "a", "b");
    becomes("r a\\#b c", "a#b", "c");
    becomes("r a b c d", "a", "b"); // what stands behind the replacement says nothing
    becomes("", "a", "a");
    becomes("r a b", "a", "b"); // no line end at the end
}

static void g_repeats_until_nothing_matches(void **state)
{
    (void)state;
    becomes("rg \\\\ /", "a\\b\\c", "a/b/c");
    becomes("rg // /", "a////b", "a/b");
    becomes("g a b", "a", "a"); // without r it is nothing
    becomes("rg aa a", "aaaaaaaa", "a");
}

static void endless_repeats_end(void **state)
{
    (void)state;
    becomes("rg a a", "xax", "xax"); // nothing would ever change
    becomes("rg ^", "x", "x");
    comes_to_no_end("r x y\nrg a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a",
                    "line 2 makes the name longer");
    comes_to_no_end("r .*zzz b\nr .*yyy b\nrs ^ aaaa", "x", "take too much time");
    comes_to_no_end("rg (a)(b)|(b)(a) \\2\\1\\4\\3", "ab",
                    "came to no end after 4096 steps; the last one was in line 1");
}

static void gg_goes_on_behind_what_it_replaced(void **state)
{
    (void)state;
    becomes("rgg a aa", "banana", "baanaanaa");
    becomes("rgg ^a b", "aaa", "baa");
    becomes("rgg x* -", "axb", "-a-b-");
    becomes("rgg . \\0\\0", "abc", "aabbcc");
    becomes("rgg [a-z]+ <\\0>", "one two", "<one> <two>");
}

static void e_ends_and_s_begins_again_with_the_first_rule(void **state)
{
    (void)state;
    becomes("re ^a b\nr b c", "a", "b");
    becomes("re ^a b\nr b c", "b", "c");
    becomes("e ^ok/\nr ^ no/", "ok/x", "ok/x");
    becomes("r ^/ first\nrs ^x /", "xy", "firsty"); // 5.2 would leave the first rule out
    becomes("rs a b\nr b c", "aaa", "cbb");
    comes_to_no_end("s a", "a", "4096 steps; the last one was in line 1");
    comes_to_no_end("r a b\nrs b a", "a", "4096 steps");
}

static void a_refuses_with_its_text(void **state)
{
    (void)state;
    is_refused("a ^secret", "secret", "");
    is_refused("a ^secret No\\ way,\\ \\i", "secret-file", "No way, 192.0.2.169");
    is_refused("a (.*)\\.pvt \\1\\ is\\ private", "x.pvt", "x is private");
    is_refused("a~ ^ok/ only\\ ok", "other", "only ok");
    becomes("a~ ^ok/ only\\ ok", "ok/x", "ok/x");
    is_refused("ra a b", "a", "b"); // 5.2 takes these together, and a counts
    is_refused("ae a", "a", "");
}

static void g_and_p_are_for_reading_and_writing(void **state)
{
    (void)state;
    becomes("rG a get\nrP a put", "a", "get");
    struct asked asked = ask("rG a get\nrP a put", "a", true);
    assert_int_equal(asked.status, STATUS_OK);
    assert_string_equal(asked.name, "put");
    becomes("r6 a six\nr4 a four", "a", "four");
}

static void j_jumps_to_a_label(void **state)
{
    (void)state;
    static const char RULES[] = "j \\.efi$ efi\nr ^ bios/\ne ^\n:efi\nr ^ efi/\n";
    becomes(RULES, "a.efi", "efi/a.efi");
    becomes(RULES, "a.0", "bios/a.0");
    becomes("j ^(x|y) to-\\1\n:to-x\nr ^ X\ne ^\n:to-y\nr ^ Y", "y1", "Yy1");
    becomes(": here\nr a b", "a", "b");
    comes_to_no_end("j ^(.) to-\\1\n:to-x", "y", "line 1 jumps to a label that there is not");
    comes_to_no_end(":a\nj x a", "x", "4096 steps");
}

static bool has_file(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "/there") == 0;
}

static void e_upper_ends_where_there_is_a_file_and_else_undoes(void **state)
{
    (void)state;
    static const char RULES[] = "rE ^ /\nrE x there\nr ^ last-";
    struct map *map = read_map(RULES);
    struct map_question question = {.name = "there", .has_file = has_file};
    struct problem problem = {0};
    char out[MAP_NAME_BYTES];
    assert_int_equal(map_apply(map, &question, out, &problem), STATUS_OK);
    assert_string_equal(out, "/there");
    question.name = "other";
    assert_int_equal(map_apply(map, &question, out, &problem), STATUS_OK);
    assert_string_equal(out, "last-other");
    question.name = "/x";
    assert_int_equal(map_apply(map, &question, out, &problem), STATUS_OK);
    assert_string_equal(out, "/there");
    question.has_file = NULL;
    assert_int_equal(map_apply(map, &question, out, &problem), STATUS_OK);
    assert_string_equal(out, "last-/x");
    map_free(map);
}

static void refuses(const char *text, unsigned line, const char *why)
{
    struct problem problem = {0};
    struct map *map = map_parse(text, strlen(text), "rules", &problem);
    assert_null(map);
    assert_string_equal(problem.file, "rules");
    assert_int_equal(problem.line, line);
    if (strstr(problem.text, why) == NULL) {
        print_error("%s\n", problem.text);
    }
    assert_non_null(strstr(problem.text, why));
}

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    refuses("r a b\nrx a b", 2, "there is no operator 'x'");
    refuses("\n\nr", 3, "the regular expression is missing");
    refuses("r # comment", 1, "the regular expression is missing");
    refuses("r (a b", 1, "the regular expression is wrong");
    refuses("r~ a b", 1, "r and ~ exclude each other");
    refuses("eE a", 1, "e and E exclude each other");
    refuses("r a b\nj a", 2, "the jump names no label");
    refuses("j a nowhere\n:here", 1, "there is no label ':nowhere'");
    refuses(":", 1, "a label has no name");
    refuses("r \\(a\\)\\1 b", 1, "\\1 stands inside");
    refuses("r ((((a{99}){99}){99}){99}) b", 1, "too large");
    refuses("r a{99}{99} b", 1, "too large");
    refuses("r a******************************************** b", 1, "too large");
    refuses("r a++++++++++++++++++++++++++++++ b", 1, "too large");
    refuses("r ((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+ b", 1, "too large");
    refuses("\r\n\r\n\001 a", 3, "there is no operator '\\x01'");
}

static void files_have_limits(void **state)
{
    (void)state;
    static char text[MAP_FILE_BYTES + 2];
    struct problem problem = {0};
    memset(text, 'a', MAP_LINE_BYTES);
    refuses(text, 1, "more than 4095 characters");
    memset(text, '\n', MAP_FILE_BYTES + 1);
    assert_null(map_parse(text, MAP_FILE_BYTES + 1, "rules", &problem));
    assert_non_null(strstr(problem.text, "more than 256 KiB"));
    problem_clear(&problem);
    assert_null(map_parse("r a\0b c", 7, "rules", &problem));
    assert_non_null(strstr(problem.text, "NUL"));
    struct text many;
    text_init(&many, text, sizeof text);
    for (unsigned i = 0; i <= MAP_RULES_MOST; i++) {
        text_add(&many, "r a b\n");
    }
    refuses(text, MAP_RULES_MOST + 1, "more than 1000 rules");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct problem problem = {0};
    assert_null(map_read("/nonexistent/rules", &problem));
    assert_string_equal(problem.text,
                        "the map file /nonexistent/rules cannot be read: No such file or directory");
}

static void note_step(void *context, const struct map_step *step)
{
    static const char *const KINDS[] = {"passed", "missed",    "matched", "replaced", "undone",
                                        "ended",  "restarted", "jumped",  "refused"};
    text_add_format(context, "%u %s %s|", step->line, KINDS[step->kind], step->name);
}

static void every_step_is_told(void **state)
{
    (void)state;
    char told[512];
    struct text text;
    struct map *map = read_map("rP x y\nrg \\\\ /\n# nothing\nr no no\nj ^ on\n:on\ne ^b\n");
    struct problem problem = {0};
    char out[MAP_NAME_BYTES];
    text_init(&text, told, sizeof told);
    const struct map_question question = {.name = "b\\c\\d", .traced = note_step, .context = &text};
    assert_int_equal(map_apply(map, &question, out, &problem), STATUS_OK);
    assert_string_equal(told,
                        "1 passed b\\c\\d|2 replaced b/c\\d|2 replaced b/c/d|4 missed b/c/d|5 matched b/c/d|"
                        "5 jumped on|7 matched b/c/d|7 ended b/c/d|");
    assert_int_equal(map_count(map), 5);
    map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_file_does_what_it_says),
        cmocka_unit_test(only_what_matched_is_replaced),
        cmocka_unit_test(substitutions_are_those_of_the_manual),
        cmocka_unit_test(blanks_comments_and_line_ends_are_as_in_the_original),
        cmocka_unit_test(g_repeats_until_nothing_matches),
        cmocka_unit_test(endless_repeats_end),
        cmocka_unit_test(gg_goes_on_behind_what_it_replaced),
        cmocka_unit_test(e_ends_and_s_begins_again_with_the_first_rule),
        cmocka_unit_test(a_refuses_with_its_text),
        cmocka_unit_test(g_and_p_are_for_reading_and_writing),
        cmocka_unit_test(j_jumps_to_a_label),
        cmocka_unit_test(e_upper_ends_where_there_is_a_file_and_else_undoes),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(files_have_limits),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
        cmocka_unit_test(every_step_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
