// SPDX-License-Identifier: GPL-3.0-or-later
// imprint capture-packets: the packets of one machine's boot, for people who know how to read them.
#include "base/addr.h"
#include "base/time.h"
#include "cli/capture.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES 300
#define TELL_EVERY 100

// What concerns the machine: its cards' frames, its last address's packets, and DHCP messages about it that
// come by a relay agent.
static bool print_filter(const json_t *machine, struct text *filter)
{
    size_t position;
    json_t *mac;
    json_array_foreach(fact_get(machine, "macs"), position, mac)
    {
        struct hw hw;
        if (!json_is_string(mac) || hw_parse(json_string_value(mac), &hw) != STATUS_OK || hw.length != 6) {
            continue;
        }
        const uint8_t *at = hw.octets;
        text_add_format(filter, "%sether host %s", filter->length == 0 ? "" : " or ", json_string_value(mac));
        text_add_format(filter,
                        " or (udp and (port 67 or port 68) and udp[36:4] = 0x%02x%02x%02x%02x"
                        " and udp[40:2] = 0x%02x%02x)",
                        at[0], at[1], at[2], at[3], at[4], at[5]);
    }
    struct ip4 address;
    const char *last = fact_text(machine, "last_address");
    if (filter->length != 0 && ip4_parse(last, &address) == STATUS_OK && address.value != 0) {
        text_add_format(filter, " or host %s", last);
    }
    return filter->length != 0 && !filter->cut;
}

static bool read_time(const struct call *call, int64_t *timeout_ms)
{
    uint32_t seconds = 0;
    const char *given = call_option(call, "for");
    *timeout_ms = 0;
    if (given != NULL && (duration_parse(given, &seconds) != STATUS_OK || seconds == 0)) {
        ask_complain_text(call, "write it as --for 30, or 30s, or 5m", "'%.40s' is no time to capture",
                          given);
        return false;
    }
    *timeout_ms = (int64_t)seconds * 1000;
    return true;
}

static bool add_interfaces(struct call *call, struct capture *capture, struct problem *problem)
{
    size_t position;
    json_t *interface;
    json_t *status = ask(call, "GET", "status", NULL);
    bool is_good = status != NULL;
    json_array_foreach(fact_get(status, "interfaces"), position, interface)
    {
        is_good = is_good && capture_add(capture, fact_text(interface, "name"), problem) == STATUS_OK;
    }
    if (status != NULL && json_array_size(fact_get(status, "interfaces")) == 0) {
        problem_set(problem, "no interface is served");
        is_good = false;
    }
    json_decref(status);
    return is_good;
}

static void tell(void *context, uint64_t packets)
{
    const struct call *call = context;
    if (packets == 1 || packets % TELL_EVERY == 0) {
        show_hint(call, "%llu packets", (unsigned long long)packets);
    }
}

static int finish(struct call *call, const struct capture *capture, FILE *out, const char *name,
                  const char *path)
{
    uint64_t dropped;
    uint64_t count = capture_count(capture, &dropped);
    if (!capture_write(capture, out)) {
        (void)ask_refuse_file(call, path, "", strerror(errno));
        return CLI_EXIT_REFUSED;
    }
    if (call->is_json) {
        json_t *answer = json_pack("{s:s, s:s, s:I, s:I}", "machine", name, "file", path, "packets",
                                   (json_int_t)(count - dropped), "dropped", (json_int_t)dropped);
        ask_print_json(call, answer);
        json_decref(answer);
        return CLI_EXIT_OK;
    }
    (void)fprintf(call->out.out, "%s\n", path);
    show_hint(call, "%llu packets; `imprint explain %s` reads them", (unsigned long long)(count - dropped),
              path);
    if (dropped != 0) {
        show_hint(call, "%llu older ones made room", (unsigned long long)dropped);
    }
    return CLI_EXIT_OK;
}

static int run(struct call *call, const char *filter, const char *name, const char *path)
{
    struct problem problem;
    int64_t timeout_ms;
    problem_clear(&problem);
    if (!read_time(call, &timeout_ms)) {
        return CLI_EXIT_USAGE;
    }
    struct capture *capture = capture_new(filter, &problem);
    if (capture == NULL || !add_interfaces(call, capture, &problem)) {
        if (problem_is_set(&problem)) {
            ask_complain(call, &problem);
        }
        capture_free(capture);
        return CLI_EXIT_REFUSED;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        (void)ask_refuse_file(call, path, errno == EEXIST ? "name a new file with --output" : "",
                              strerror(errno));
        capture_free(capture);
        return CLI_EXIT_REFUSED;
    }
    show_hint(call, "capturing what %s sends and gets%s", name,
              timeout_ms == 0 ? ": switch it on, and end this with ^C" : "");
    if (capture_run(capture, timeout_ms, tell, call, &problem) != STATUS_OK) {
        ask_complain(call, &problem); // what came until then is kept
    }
    int result = finish(call, capture, out, name, path);
    if (fclose(out) != 0 || result != CLI_EXIT_OK) {
        (void)unlink(path);
        result = CLI_EXIT_REFUSED;
    }
    capture_free(capture);
    return result;
}

int command_capture_packets(struct call *call)
{
    char path[NAME_BYTES];
    char filter[CAPTURE_FILTER_BYTES];
    struct text text;
    json_t *machine = ask_name(call, "GET", "machines", call->arguments[0], NULL, NULL);
    if (machine == NULL) {
        return CLI_EXIT_REFUSED;
    }
    text_init(&text, filter, sizeof filter);
    int result = CLI_EXIT_REFUSED;
    const char *name = fact_text(machine, "name");
    (void)snprintf(path, sizeof path, "%s.pcapng", name);
    if (!print_filter(machine, &text)) {
        ask_complain_text(call, "", "%s has no card with an Ethernet address", name);
    } else {
        result =
            run(call, filter, name, call_option(call, "output") != NULL ? call_option(call, "output") : path);
    }
    json_decref(machine);
    return result;
}
