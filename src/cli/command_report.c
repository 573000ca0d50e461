// SPDX-License-Identifier: GPL-3.0-or-later
// imprint report: what somebody else needs to see who is asked about a machine, in one archive, without
// secrets.
#include "base/time.h"
#include "cli/capture.h"
#include "cli/explain_show.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "io/heap.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKETS_HEAD       1024
#define PACKETS_BYTES_MOST (CAPTURE_RING_BYTES * 2)
#define EVENTS_MOST        "2000"
#define NAME_BYTES         300
#define TREE_DEPTH         32 // no answer of the daemon is deeper
#define HASH_LEAST         8  // characters behind the kind
#define HIDDEN             "(hidden)"

struct report {
    struct call *call;
    const char *machine;
    struct archive *archive;
    bool failed; // and why was told
};

// ---- what is not to be seen ----

static bool is_secret_name(const char *name)
{
    static const char *const WORDS[] = {"password", "passphrase", "secret", "token", "private", "hash"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (text_has_nocase(name, WORDS[i])) {
            return true;
        }
    }
    return false;
}

// Whether a hash of crypt(5), "$6$salt$...", stands somewhere in it.
static bool has_hash(const char *text)
{
    for (const char *at = strchr(text, '$'); at != NULL; at = strchr(at + 1, '$')) {
        size_t kind = strspn(at + 1, "0123456789abxy");
        size_t rest = kind == 0 || kind > 2 || at[1 + kind] != '$' ? 0 : strcspn(at + 2 + kind, " \t\n\"'");
        if (rest >= HASH_LEAST) {
            return true;
        }
    }
    return false;
}

static void hide(json_t *value, unsigned depth)
{
    const char *name;
    json_t *member;
    size_t position;
    if (depth == TREE_DEPTH) {
        return;
    }
    if (json_is_object(value)) {
        void *next;
        json_object_foreach_safe(value, next, name, member)
        {
            bool is_text = json_is_string(member) && json_string_length(member) != 0;
            if (is_text && (is_secret_name(name) || has_hash(json_string_value(member)))) {
                json_object_set_new(value, name, json_string(HIDDEN));
            } else {
                hide(member, depth + 1);
            }
        }
        return;
    }
    json_array_foreach(value, position, member)
    {
        if (json_is_string(member) && has_hash(json_string_value(member))) {
            json_array_set_new(value, position, json_string(HIDDEN));
        } else {
            hide(member, depth + 1);
        }
    }
}

// ---- the archive ----

static void add_file(struct report *report, const char *name, const char *text, size_t bytes)
{
    char path[NAME_BYTES];
    struct archive_entry *entry = archive_entry_new();
    (void)snprintf(path, sizeof path, "report/%s", name);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_size(entry, (la_int64_t)bytes);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, moment_now_s(), 0);
    bool is_good = archive_write_header(report->archive, entry) == ARCHIVE_OK &&
                   archive_write_data(report->archive, text, bytes) == (la_ssize_t)bytes;
    archive_entry_free(entry);
    if (!is_good && !report->failed) {
        ask_complain_text(report->call, "", "the report could not be written: %s",
                          archive_error_string(report->archive));
        report->failed = true;
    }
}

static void add_json(struct report *report, const char *name, json_t *taken_json)
{
    hide(taken_json, 0);
    char *text = json_dumps(taken_json, JSON_INDENT(2));
    json_decref(taken_json);
    if (text != NULL) {
        add_file(report, name, text, strlen(text));
    }
    free(text);
}

// What the daemon answers, or why it does not: a report with a gap is better than none.
static json_t *ask_quietly(const struct report *report, const char *path)
{
    struct problem problem;
    json_t *answer = NULL;
    problem_clear(&problem);
    if (client_ask(ask_client(report->call), "GET", path, NULL, &answer, &problem) != STATUS_OK) {
        return json_pack("{s:s}", "problem", problem.text);
    }
    return answer;
}

static void collect_event(void *context, const json_t *event)
{
    json_array_append_new(context, json_deep_copy(event));
}

static void add_events(struct report *report)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    struct problem problem;
    json_t *events = json_array();
    struct client_lines lines = {collect_event, events, 0};
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    text_add(&text, "events?last=" EVENTS_MOST "&machine=");
    client_add_name(&text, report->machine);
    if (client_follow(ask_client(report->call), path, &lines, &problem) != STATUS_OK) {
        json_array_append_new(events, json_pack("{s:s}", "problem", problem.text));
    }
    add_json(report, "events.json", events);
}

static void add_orders(struct report *report)
{
    size_t position;
    json_t *order;
    json_t *own = json_array();
    json_t *answer = ask_quietly(report, "orders");
    json_array_foreach(fact_get(answer, "orders"), position, order)
    {
        if (strcmp(fact_text(order, "machine"), report->machine) == 0) {
            json_array_append(own, order);
        }
    }
    json_decref(answer);
    add_json(report, "orders.json", own);
}

// The verdicts as people read them.
static void add_verdicts(struct report *report, const json_t *boots)
{
    char *text = NULL;
    size_t bytes = 0;
    size_t position;
    json_t *boot;
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL) {
        return;
    }
    struct call shown = *report->call;
    shown.out = screen_open(out);
    json_array_foreach(boots, position, boot)
    {
        char time[TIME_TEXT_BYTES];
        (void)fprintf(out, "%sboot %lld, %s\n", position == 0 ? "" : "\n",
                      (long long)fact_number(boot, "number"),
                      time_print(fact_number(boot, "at_ms") / 1000, time));
        explain_show_client(&shown, boot, true);
    }
    (void)fclose(out);
    add_file(report, "verdicts.txt", text, bytes);
    free(text);
}

static void add_boots(struct report *report)
{
    char path[CLIENT_PATH_BYTES];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add(&text, "machines/");
    client_add_name(&text, report->machine);
    text_add(&text, "/boots");
    json_t *answer = ask_quietly(report, path);
    add_verdicts(report, fact_get(answer, "boots"));
    add_json(report, "boots.json", answer);
}

// Only what capture-packets made is without secrets.
static char *read_packets(struct report *report, const char *path, size_t *bytes)
{
    char *text = heap_new(PACKETS_BYTES_MOST + 1);
    FILE *file = fopen(path, "re");
    *bytes = file == NULL ? 0 : fread(text, 1, PACKETS_BYTES_MOST + 1, file);
    bool is_ours = *bytes <= PACKETS_BYTES_MOST && memmem(text, size_min(*bytes, PACKETS_HEAD),
                                                          CAPTURE_REMARK, strlen(CAPTURE_REMARK)) != NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!is_ours) {
        (void)ask_refuse_file(report->call, path, "imprint capture-packets MACHINE makes one without secrets",
                              file == NULL ? strerror(errno) : "it is no capture of capture-packets");
        report->failed = true;
        heap_free(text);
        return NULL;
    }
    return text;
}

static void add_packets(struct report *report, const char *path)
{
    size_t bytes;
    char *text = read_packets(report, path, &bytes);
    if (text != NULL) {
        add_file(report, "packets.pcapng", text, bytes);
    }
    heap_free(text);
}

static void fill(struct report *report, json_t *taken_machine)
{
    static const char ABOUT[] =
        "What imprint " IMPRINT_VERSION " knows of one machine.\n\n"
        "verdicts.txt   its boots, and why they stopped, to be read\n"
        "boots.json     the same with every step\n"
        "events.json    what the timeline says about it\n"
        "machine.json   the machine, with what its firmware told\n"
        "orders.json    its orders\n"
        "status.json    the server: interfaces, other DHCP servers, counters\n"
        "config.json    the server's configuration\n"
        "packets.pcapng what was captured, if --packets named it\n\n"
        "Passwords, their hashes and tokens are left out. Names, addresses and serial numbers are in it.\n";
    add_file(report, "README.txt", ABOUT, strlen(ABOUT));
    add_boots(report);
    add_events(report);
    add_json(report, "machine.json", taken_machine);
    add_orders(report);
    add_json(report, "status.json", ask_quietly(report, "status"));
    add_json(report, "config.json", ask_quietly(report, "config"));
    if (call_option(report->call, "packets") != NULL) {
        add_packets(report, call_option(report->call, "packets"));
    }
}

static bool write_report(struct report *report, int fd, json_t *taken_machine)
{
    report->archive = archive_write_new();
    bool is_open = report->archive != NULL && archive_write_set_format_ustar(report->archive) == ARCHIVE_OK &&
                   archive_write_add_filter_gzip(report->archive) == ARCHIVE_OK &&
                   archive_write_open_fd(report->archive, fd) == ARCHIVE_OK;
    if (is_open) {
        fill(report, taken_machine);
    } else {
        json_decref(taken_machine);
        ask_complain_text(report->call, "", "archives cannot be made here");
        report->failed = true;
    }
    if (archive_write_close(report->archive) != ARCHIVE_OK && !report->failed) {
        ask_complain_text(report->call, "", "the report could not be written: %s",
                          archive_error_string(report->archive));
        report->failed = true;
    }
    (void)archive_write_free(report->archive);
    return !report->failed;
}

int command_report(struct call *call)
{
    char path[NAME_BYTES];
    json_t *machine = ask_name(call, "GET", "machines", call->arguments[0], NULL, NULL);
    if (machine == NULL) {
        return CLI_EXIT_REFUSED;
    }
    char name[NAME_BYTES / 2];
    (void)text_copy(name, sizeof name, fact_text(machine, "name"));
    (void)snprintf(path, sizeof path, "%s-report.tar.gz", name);
    const char *output = call_option(call, "output") != NULL ? call_option(call, "output") : path;
    int fd = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)ask_refuse_file(call, output, errno == EEXIST ? "name a new file with --output" : "",
                              strerror(errno));
        json_decref(machine);
        return CLI_EXIT_REFUSED;
    }
    struct report report = {.call = call, .machine = name};
    bool is_good = write_report(&report, fd, machine);
    is_good = close(fd) == 0 && is_good;
    if (!is_good) {
        (void)unlink(output);
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        json_t *answer = json_pack("{s:s, s:s}", "machine", name, "file", output);
        ask_print_json(call, answer);
        json_decref(answer);
    } else {
        (void)fprintf(call->out.out, "%s\n", output);
        show_hint(call,
                  "look through it before you give it away: it has names, addresses and serial numbers");
    }
    return CLI_EXIT_OK;
}
