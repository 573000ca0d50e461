// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tftp_report.h"

#include "cli/fact.h"
#include "cli/moment.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_S(report) ((long long)((report)->job->plan.patience_us / 1000000))

// ---- failures ----

static void say_refused(const struct tftp_report *report, struct problem *problem)
{
    static const struct {
        const char *what;
        const char *remedy; // reading
        const char *remedy_write;
    } rows[] = {
        [TFTP_ERROR_NOT_DEFINED] = {"the server gave up", "look into the server's log",
                                    "look into the server's log"},
        [TFTP_ERROR_FILE_NOT_FOUND] =
            {"the server has no such file",
             "names begin in the server's folder, and case may count; an imprint tells with "
             "'imprint events' what it tried",
             "many servers only take files that are there already: make an empty one there"},
        [TFTP_ERROR_ACCESS_VIOLATION] =
            {"the server does not allow it", "the file must be readable there for everybody",
             "the server must take uploads: tftp.upload.folder of imprint, -c of in.tftpd"},
        [TFTP_ERROR_DISK_FULL] = {"the server's disk is full, or the file too large for it", "",
                                  "make room on the server, or look at tftp.upload.size_max of imprint"},
        [TFTP_ERROR_ILLEGAL_OPERATION] = {"the server does not understand the request",
                                          "try it with --no-options",
                                          "the server may take no files at all; try it with --no-options"},
        [TFTP_ERROR_UNKNOWN_TRANSFER] =
            {"the server knows nothing of this transfer",
             "something between here and the server changes port numbers, such as a NAT",
             "something between here and the server changes port numbers, such as a NAT"},
        [TFTP_ERROR_FILE_EXISTS] = {"the server has a file of this name already", "",
                                    "choose another name with --as"},
        [TFTP_ERROR_NO_SUCH_USER] = {"the server knows no such user", "", ""},
        [TFTP_ERROR_OPTION_NEGOTIATION] = {"the server does not like the options", "try it with --no-options",
                                           "try it with --no-options"},
    };
    uint16_t code = report->result->code < COUNT_OF(rows) ? report->result->code : TFTP_ERROR_NOT_DEFINED;
    const char *remedy = report->job->plan.is_write ? rows[code].remedy_write : rows[code].remedy;
    problem_set(problem, "%s: '%.200s' on %.100s; it says: %s (error %u)", rows[code].what, report->name,
                report->host,
                report->result->text[0] == '\0' ? tftp_error_name(report->result->code)
                                                : report->result->text,
                report->result->code);
    problem_set_remedy(problem, "%s", remedy);
}

static void say_unanswered(const struct tftp_report *report, struct problem *problem)
{
    char stranger[IP4_TEXT_BYTES];
    if (report->result->stranger.value != 0) {
        ip4_print(report->result->stranger, stranger);
        problem_set(problem, "%.100s did not answer in %lld s, but %s did", report->host, PATIENCE_S(report),
                    stranger);
        problem_set_remedy(problem, "the server has several addresses, and answers from another one: ask %s",
                           stranger);
        return;
    }
    problem_set(problem, "%.100s did not answer at UDP port %u in %lld s", report->host, report->job->port,
                PATIENCE_S(report));
    problem_set_remedy(
        problem,
        "look whether a TFTP server runs there, and whether the firewalls let UDP port %u through, and "
        "its answers, which come from other ports; a NAT between needs a helper for TFTP, or a server "
        "with one port (tftp.single_port of imprint)",
        report->job->port);
}

static void say_silent(const struct tftp_report *report, struct problem *problem)
{
    char size[MOMENT_TEXT_BYTES];
    uint64_t bytes = report->result->bytes;
    problem_set(problem, "%.100s fell silent after %s of '%.200s', for %lld s", report->host,
                moment_print_size(bytes, size), report->name, PATIENCE_S(report));
    if (bytes == 0 && report->result->block_bytes > TFTP_DEFAULT_BLOCK_BYTES) {
        problem_set_remedy(problem,
                           "packets with blocks of %u bytes may be too large for the way: try --blksize 512",
                           report->result->block_bytes);
    } else {
        problem_set_remedy(problem, "there is no going on with TFTP: fetch it again from its beginning");
    }
}

static void say_unreachable(const struct tftp_report *report, struct problem *problem)
{
    int error = report->result->error;
    if (error == ECONNREFUSED && report->result->server_port != 0) {
        problem_set(problem, "%.100s ended the transfer: nothing listens at its UDP port %u any more",
                    report->host, report->result->server_port);
        problem_set_remedy(problem, "look into the server's log, and try again");
    } else if (error == ECONNREFUSED) {
        problem_set(problem, "nothing listens at UDP port %u of %.100s", report->job->port, report->host);
        problem_set_remedy(problem, "start a TFTP server there, or name its port: HOST:PORT");
    } else if (error == EPERM || error == EACCES) {
        problem_set(problem, "a firewall does not let packets to %.100s through", report->host);
        problem_set_remedy(problem, "let UDP through, port %u to it and all its ports back",
                           report->job->port);
    } else {
        problem_set(problem, "%.100s cannot be reached: %s", report->host, strerror(error));
        problem_set_remedy(problem, "look at the address, at the cable, and at the route there");
    }
}

static void say_outcome(const struct tftp_report *report, struct problem *problem)
{
    switch (report->result->outcome) {
    case TFTP_FETCH_REFUSED:
        say_refused(report, problem);
        break;
    case TFTP_FETCH_UNANSWERED:
        say_unanswered(report, problem);
        break;
    case TFTP_FETCH_SILENT:
        say_silent(report, problem);
        break;
    case TFTP_FETCH_BAD_OPTIONS:
        problem_set(problem, "%.100s agreed to options that it was not asked for", report->host);
        problem_set_remedy(problem, "try it with --no-options");
        break;
    case TFTP_FETCH_BAD_BLOCK:
        problem_set(problem, "%.100s sends larger blocks than it agreed to", report->host);
        problem_set_remedy(problem, "try another --blksize, or --no-options");
        break;
    case TFTP_FETCH_DONE:
    case TFTP_FETCH_CANCELLED:
        break;
    }
}

void tftp_report_failure(const struct tftp_report *report, struct problem *problem)
{
    switch (report->result->end) {
    case TFTP_CLIENT_FINISHED:
        say_outcome(report, problem);
        break;
    case TFTP_CLIENT_UNREACHABLE:
        say_unreachable(report, problem);
        break;
    case TFTP_CLIENT_INTERRUPTED:
        problem_set(problem, "interrupted; there is no going on with TFTP later");
        break;
    case TFTP_CLIENT_NO_SOCKET:
        problem_set(problem, "there is no UDP socket to be had: %s", strerror(report->result->error));
        break;
    case TFTP_CLIENT_STOPPED:
        break;
    }
}

// ---- success ----

static double seconds(const struct tftp_report *report)
{
    return (double)(report->result->duration_us < 1 ? 1 : report->result->duration_us) / 1000000;
}

void tftp_report_print(const struct tftp_report *report, FILE *out)
{
    const struct tftp_client_result *result = report->result;
    char size[MOMENT_TEXT_BYTES];
    char rate[MOMENT_TEXT_BYTES];
    double per_second = (double)report->bytes / seconds(report);
    screen_print_safe(out, report->name, false);
    (void)fprintf(out, ": %s in %.3g s, %s/s, blksize %u, windowsize %u",
                  moment_print_size(report->bytes, size), seconds(report),
                  moment_print_size((uint64_t)per_second, rate), result->block_bytes, result->window);
    if (result->lost != 0) {
        (void)fprintf(out, ", %llu %s lost on the way", (unsigned long long)result->lost,
                      result->lost == 1 ? "block" : "blocks");
    }
    if (result->resent != 0) {
        (void)fprintf(out, ", %llu sent again", (unsigned long long)result->resent);
    }
    if (result->group.value != 0) {
        char group[IP4_TEXT_BYTES];
        (void)fprintf(out, ", by multicast to %s", ip4_print(result->group, group));
    }
    (void)fprintf(out, ", %s ", report->job->plan.is_write ? "to" : "from");
    screen_print_safe(out, report->host, false);
    (void)fprintf(out, " port %u\n", result->server_port);
}

static json_t *options_to_json(const struct tftp_options *options)
{
    json_t *object = json_object();
    for (size_t i = 0; i < options->count; i++) {
        enum tftp_option option = options->order[i];
        json_object_set_new(object, tftp_option_name(option),
                            json_integer((json_int_t)options->value[option]));
    }
    return object;
}

json_t *tftp_report_to_json(const struct tftp_report *report)
{
    const struct tftp_client_result *result = report->result;
    char address[IP4_TEXT_BYTES];
    ip4_print(report->job->server, address);
    json_t *json =
        json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:o, s:I, s:I, s:I}", "name",
                  fact_from_text(report->name), "file", fact_from_text(report->path), "server", address,
                  "server_port", (json_int_t)result->server_port, "bytes", (json_int_t)report->bytes,
                  "wire_bytes", (json_int_t)result->bytes, "seconds", seconds(report), "mib_per_s",
                  (double)report->bytes / seconds(report) / (1 << 20), "blksize",
                  (json_int_t)result->block_bytes, "windowsize", (json_int_t)result->window, "options",
                  options_to_json(&result->granted), "lost", (json_int_t)result->lost, "surplus",
                  (json_int_t)result->surplus, "resent", (json_int_t)result->resent);
    if (result->group.value != 0) {
        ip4_print(result->group, address);
        json_object_set_new(json, "group", json_string(address));
        json_object_set_new(json, "group_port", json_integer((json_int_t)result->group_port));
        json_object_set_new(json, "led", json_integer((json_int_t)result->led));
    }
    return json;
}
