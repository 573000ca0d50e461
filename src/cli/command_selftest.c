// SPDX-License-Identifier: GPL-3.0-or-later
// imprint selftest: what would fail, before a machine does.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/lint_profile.h"
#include "cli/selftest.h"
#include "cli/show.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES  4096
#define BUILT_S     INT64_C(1760000000) // no clock is right that says less
#define HTTP_LOCAL  80
#define WORDS_BYTES 64

static volatile sig_atomic_t is_stopped; // by SIGINT or SIGTERM: what was made is taken away first

struct test {
    struct call *call;
    json_t *findings;
    unsigned counts[SELFTEST_GRADE_COUNT];
};

const char *selftest_grade_text(enum selftest_grade grade)
{
    static const char *const NAMES[] = {"good", "note", "warning", "error"};
    return NAMES[grade];
}

json_t *selftest_finding(enum selftest_grade grade, const char *check, const char *about, const char *text,
                         const char *remedy)
{
    json_t *finding = json_object();
    json_object_set_new(finding, "grade", json_string(selftest_grade_text(grade)));
    json_object_set_new(finding, "check", json_string(check));
    json_object_set_new(finding, "about", fact_from_text(about));
    json_object_set_new(finding, "text", fact_from_text(text));
    json_object_set_new(finding, "remedy", json_string(remedy));
    return finding;
}

// Keeps a finding, and shows it at once.
static void take(void *context, json_t *taken)
{
    static const enum screen_paint PAINTS[] = {SCREEN_GOOD, SCREEN_PLAIN, SCREEN_WARN, SCREEN_BAD};
    struct test *test = context;
    FILE *out = test->call->out.out;
    unsigned grade = 0;
    while (grade < SELFTEST_ERROR &&
           strcmp(fact_text(taken, "grade"), selftest_grade_text((enum selftest_grade)grade)) != 0) {
        grade++;
    }
    test->counts[grade]++;
    if (!test->call->is_json) {
        char word[WORDS_BYTES];
        (void)snprintf(word, sizeof word, "%-8s", selftest_grade_text((enum selftest_grade)grade));
        screen_paint(&test->call->out, PAINTS[grade], word);
        screen_print_safe(out, fact_text(taken, "about"), false);
        (void)fputs(fact_text(taken, "about")[0] == '\0' ? "" : ": ", out);
        screen_print_safe(out, fact_text(taken, "text"), false);
        (void)fputc('\n', out);
        if (fact_text(taken, "remedy")[0] != '\0') {
            (void)fprintf(out, "        to do: %s\n", fact_text(taken, "remedy"));
        }
        (void)fflush(out);
    }
    json_array_append_new(test->findings, taken);
}

static void tell(struct test *test, enum selftest_grade grade, const char *check, const char *about,
                 const char *text, const char *remedy)
{
    take(test, selftest_finding(grade, check, about, text, remedy));
}

// ---- the virtual client ----

static void write_line(void *context, json_t *taken)
{
    FILE *out = context;
    (void)json_dumpf(taken, out, JSON_COMPACT);
    (void)fputc('\n', out);
    (void)fflush(out);
    json_decref(taken);
}

// The client's life, in a process and a network namespace of its own. It says one octet when it has them, and
// begins when its input ends.
static _Noreturn void live(const struct selftest_wire *wire, int in, int out)
{
    char octet = 'x';
    FILE *lines = fdopen(out, "w");
    if (lines == NULL || unshare(CLONE_NEWNET) != 0) {
        _exit(1);
    }
    selftest_link_prepare();
    (void)fputc(octet, lines);
    (void)fflush(lines);
    if (read(in, &octet, 1) != 1) {
        _exit(1); // there will be no cable
    }
    if (selftest_link_enter(NULL) != STATUS_OK) {
        _exit(1);
    }
    selftest_wire_run(wire, write_line, lines);
    (void)fclose(lines);
    _exit(0);
}

struct client_process {
    pid_t pid;
    int to;   // write an octet: begin
    int from; // findings, a line each
};

static bool start(const struct selftest_wire *wire, struct client_process *process)
{
    int in[2];
    int out[2];
    char octet = 0;
    if (pipe2(in, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(out, O_CLOEXEC) != 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return false;
    }
    process->pid = fork();
    if (process->pid == 0) {
        (void)close(in[1]);
        (void)close(out[0]);
        live(wire, in[0], out[1]);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    process->to = in[1];
    process->from = out[0];
    return process->pid > 0 && read(process->from, &octet, 1) == 1;
}

// Whether it came to its end by itself; else it is ended.
static bool finish(struct client_process *process, bool is_over)
{
    int status = 0;
    (void)close(process->to);
    (void)close(process->from);
    if (process->pid <= 0) {
        return false;
    }
    if (!is_over) {
        (void)kill(process->pid, SIGTERM);
    }
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void read_lines(struct test *test, int from)
{
    char line[LINE_BYTES];
    FILE *lines = fdopen(dup(from), "r");
    while (lines != NULL && is_stopped == 0 && fgets(line, sizeof line, lines) != NULL) {
        json_t *finding = json_loads(line, 0, NULL);
        if (finding != NULL) {
            take(test, finding);
        }
    }
    if (lines != NULL) {
        (void)fclose(lines);
    }
}

static void stop(int signal_number)
{
    (void)signal_number;
    is_stopped = 1;
}

// Plays a client on `interface`.
static bool play(struct test *test, const struct selftest_wire *wire, struct problem *problem)
{
    struct selftest_link link = {0};
    struct client_process process = {.pid = -1, .to = -1, .from = -1};
    struct sigaction old[2];
    const struct sigaction action = {.sa_handler = stop}; // without SA_RESTART, so that reading ends
    bool is_started = start(wire, &process);
    (void)sigaction(SIGINT, &action, &old[0]);
    (void)sigaction(SIGTERM, &action, &old[1]);
    if (!is_started) {
        problem_set(problem, "a virtual client cannot be made: the kernel gives no network namespace");
        problem_set_remedy(problem, "run it as root: `sudo imprint selftest`");
    }
    enum status status =
        is_started ? selftest_link_open(&link, wire->about, process.pid, problem) : STATUS_DENIED;
    bool is_over = status == STATUS_OK && write(process.to, "x", 1) == 1;
    if (is_over) {
        read_lines(test, process.from);
    }
    if (!finish(&process, is_over && is_stopped == 0) && is_over && is_stopped == 0) {
        tell(test, SELFTEST_ERROR, "client", wire->about, "the virtual client did not come to its end",
             "try again; if that does not help, show it to us: `imprint selftest --json`");
    }
    selftest_link_close(&link);
    (void)sigaction(SIGINT, &old[0], NULL);
    (void)sigaction(SIGTERM, &old[1], NULL);
    if (status == STATUS_OK && is_stopped != 0) {
        problem_set(problem, "interrupted; what the test had made is taken away");
        return false;
    }
    return status == STATUS_OK;
}

static bool test_interface(struct test *test, const json_t *interface, uint16_t http_port)
{
    struct problem problem;
    const char *dhcp = fact_text(interface, "dhcp");
    struct selftest_wire wire = {.http_port = http_port, .about = fact_text(interface, "name")};
    bool is_server = strcmp(dhcp, "server") == 0;
    wire.is_proxy = strcmp(dhcp, "proxy") == 0;
    wire.asks_dhcp = is_server || wire.is_proxy;
    problem_clear(&problem);
    if (ip4_parse(fact_text(interface, "address"), &wire.server) != STATUS_OK) {
        tell(test, SELFTEST_WARNING, "interface", wire.about, "has no IPv4 address",
             "give it one, or leave it out of `interfaces`");
        return true;
    }
    if (!selftest_link_is_up(wire.about)) {
        tell(test, SELFTEST_ERROR, "interface", wire.about, "has no live cable",
             "plug it in, and see whether the switch port is on");
        return true;
    }
    if (!wire.asks_dhcp) {
        char text[128];
        (void)snprintf(text, sizeof text,
                       "DHCP is not answered here (%s), so no machine is told of this server", dhcp);
        tell(test, strcmp(dhcp, "listening") == 0 ? SELFTEST_NOTE : SELFTEST_WARNING, "dhcp", wire.about,
             text,
             strcmp(dhcp, "listening") == 0 ? "it still listens for other DHCP servers: try again in a minute"
                                            : "");
    }
    bool is_played = play(test, &wire, &problem);
    if (!is_played) {
        ask_complain(test->call, &problem);
    }
    return is_played;
}

// ---- what only the daemon knows ----

static void test_others(struct test *test, const json_t *status)
{
    size_t position;
    json_t *other;
    json_array_foreach(fact_get(status, "others"), position, other)
    {
        if (fact_is(other, "unexpected")) {
            char text[256];
            (void)snprintf(text, sizeof text, "%s at %s (%s) answers on %s as well, last seen %s",
                           fact_text(other, "kind"), fact_text(other, "address"), fact_text(other, "mac"),
                           fact_text(other, "interface"), fact_text(other, "last_seen"));
            tell(test, SELFTEST_WARNING, "other servers", fact_text(other, "interface"), text,
                 "switch one of the two off, or let this one answer beside it: `dhcp_mode: proxy`");
        }
    }
}

static void test_clock(struct test *test)
{
    struct timex clock = {0};
    if (time(NULL) < BUILT_S) {
        tell(test, SELFTEST_ERROR, "clock", "", "this machine's clock is years behind",
             "set it: orders, leases and certificates go by it");
    } else if (adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
        tell(test, SELFTEST_NOTE, "clock", "", "nobody keeps this machine's clock right",
             "run systemd-timesyncd or chrony: installers compare certificates and packages with it");
    } else {
        tell(test, SELFTEST_GOOD, "clock", "", "this machine's clock is kept right", "");
    }
}

static void test_image(struct test *test, const char *name)
{
    size_t position;
    json_t *fault;
    json_t *answer = ask_name(test->call, "GET", "images", name, "check", NULL);
    json_array_foreach(fact_get(answer, "faults"), position, fault)
    {
        char text[512];
        bool is_error = strcmp(fact_text(fault, "severity"), "error") == 0;
        (void)snprintf(text, sizeof text, "%s%s%s", fact_text(fault, "file"),
                       fact_text(fault, "file")[0] == '\0' ? "" : ": ", fact_text(fault, "text"));
        tell(test, is_error ? SELFTEST_ERROR : SELFTEST_WARNING, "image", name, text,
             fact_text(fault, "remedy"));
    }
    if (answer != NULL && json_array_size(fact_get(answer, "faults")) == 0) {
        tell(test, SELFTEST_GOOD, "image", name, "has all that its boot asks for", "");
    }
    json_decref(answer);
}

static void test_profile(struct test *test, const char *name)
{
    json_t *profile = ask_name(test->call, "GET", "profiles", name, NULL, NULL);
    if (profile == NULL) {
        return;
    }
    struct lint_profile *checked = lint_profile_new();
    lint_profile_take(checked, profile);
    lint_profile_take_image(checked, test->call, fact_text(profile, "image"));
    if (fact_text(profile, "answer")[0] == '\0') {
        json_decref(checked->source);
        checked->source = NULL;
    }
    lint_profile_check(checked);
    unsigned errors = lint_count(&checked->lint, LINT_ERROR);
    unsigned warnings = lint_count(&checked->lint, LINT_WARNING);
    char text[128];
    (void)snprintf(text, sizeof text, "its answer file has %u error%s and %u warning%s", errors,
                   errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    char remedy[256];
    (void)snprintf(remedy, sizeof remedy, "imprint profile lint %s", name);
    if (errors + warnings != 0) {
        tell(test, errors != 0 ? SELFTEST_ERROR : SELFTEST_WARNING, "profile", name, text, remedy);
    } else {
        tell(test, SELFTEST_GOOD, "profile", name, "nothing is wrong with it", "");
    }
    lint_profile_free(checked);
    json_decref(profile);
}

static void test_each(struct test *test, const char *path, void (*look)(struct test *test, const char *name))
{
    size_t position;
    json_t *item;
    json_t *list = ask_list(test->call, path, path);
    json_array_foreach(list, position, item)
    {
        look(test, fact_text(item, "name"));
    }
    json_decref(list);
}

// ---- the whole ----

static bool test_interfaces(struct test *test, const json_t *status, uint16_t http_port)
{
    size_t position;
    json_t *interface;
    bool is_played = true;
    const char *only = call_option(test->call, "interface");
    unsigned count = 0;
    json_array_foreach(fact_get(status, "interfaces"), position, interface)
    {
        if (only == NULL || strcmp(only, fact_text(interface, "name")) == 0) {
            count++;
            is_played = test_interface(test, interface, http_port) && is_played;
        }
    }
    if (count == 0) {
        ask_complain_text(test->call, "`imprint status` lists those that are", "%s is not served",
                          only == NULL ? "no interface" : only);
    }
    return count != 0 && is_played;
}

int command_selftest(struct call *call)
{
    json_t *status = ask(call, "GET", "status", NULL);
    json_t *config = status == NULL ? NULL : ask(call, "GET", "config", NULL);
    if (config == NULL) {
        json_decref(status);
        return CLI_EXIT_REFUSED;
    }
    struct test test = {.call = call, .findings = json_array()};
    int64_t port = fact_number(fact_get(config, "http"), "port");
    bool is_played =
        test_interfaces(&test, status, (uint16_t)(port > 0 && port <= UINT16_MAX ? port : HTTP_LOCAL));
    if (is_stopped != 0) {
        json_decref(test.findings);
        json_decref(status);
        json_decref(config);
        return CLI_EXIT_REFUSED;
    }
    test_others(&test, status);
    test_clock(&test);
    test_each(&test, "images", test_image);
    test_each(&test, "profiles", test_profile);
    if (call->is_json) {
        json_t *answer =
            json_pack("{s:O, s:i, s:i}", "findings", test.findings, "errors",
                      (int)test.counts[SELFTEST_ERROR], "warnings", (int)test.counts[SELFTEST_WARNING]);
        ask_print_json(call, answer);
        json_decref(answer);
    } else {
        show_hint(call, "%u good, %u to note, %u warnings, %u errors", test.counts[SELFTEST_GOOD],
                  test.counts[SELFTEST_NOTE], test.counts[SELFTEST_WARNING], test.counts[SELFTEST_ERROR]);
    }
    json_decref(test.findings);
    json_decref(status);
    json_decref(config);
    return is_played && test.counts[SELFTEST_ERROR] == 0 ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}
