// SPDX-License-Identifier: GPL-3.0-or-later
// imprint migrate: reads other servers' configuration and writes imprint's; needs no daemon.
#include "cli/handlers.h"
#include "cli/migrate_source.h"
#include "cli/show.h"
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// "xinetd, inetd or dnsmasq"
static void print_sources(struct text *out)
{
    size_t count;
    const struct migrate_source *const *table = migrate_source_table(&count);
    for (size_t i = 0; i < count; i++) {
        text_add_format(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", table[i]->name);
    }
}

static const struct migrate_source *find_source(const struct call *call, const struct migrate_text *text)
{
    const struct migrate_source *source = migrate_source_find(call_option(call, "from"), text);
    if (source == NULL) {
        char remedy[PROBLEM_REMEDY_BYTES];
        struct text out;
        text_init(&out, remedy, sizeof remedy);
        text_add(&out, "say whose file it is with --from: ");
        print_sources(&out);
        (void)ask_refuse_file(call, text->path, remedy,
                              "nothing in it looks like the configuration of a DHCP or TFTP server");
    }
    return source;
}

static bool read_source(struct migration *migration, const struct call *call, const char *path)
{
    struct migrate_text text;
    struct problem problem;
    problem_clear(&problem);
    if (migrate_file_read(path, &text, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return false;
    }
    const struct migrate_source *source = find_source(call, &text);
    if (source != NULL) {
        source->read(migration, &text);
    }
    migrate_file_clear(&text);
    return source != NULL;
}

static void print_script(struct migration *migration, FILE *out)
{
    (void)fputs("#!/bin/sh\n# Written by imprint migrate: tells imprint of machines. It must run, and they "
                "are approved "
                "by this.\n",
                out);
    migrate_print_machines(migration, "", out);
}

// A new file only: what was there is somebody's work.
static bool write_output(const struct call *call, struct migration *migration, const char *path,
                         void (*print)(struct migration *migration, FILE *out), mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        const char *remedy = errno == EEXIST ? "name a new file, and compare the two" : "";
        (void)ask_refuse_file(call, path, remedy, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    print(migration, out);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!good) {
        (void)ask_refuse_file(call, path, "", strerror(errno));
        (void)unlink(path);
    }
    return good;
}

static void print_json(const struct call *call, struct migration *migration)
{
    char *yaml = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&yaml, &bytes);
    json_t *json = migrate_to_json(migration);
    assert(out != NULL);
    migrate_print_yaml(migration, out);
    (void)fclose(out);
    json_object_set_new(json, "yaml", json_string(yaml));
    ask_print_json(call, json);
    json_decref(json);
    free(yaml);
}

static bool has_networks(const struct migration *migration)
{
    for (size_t i = 0; i < migration->settings.count; i++) {
        const struct migrate_setting *setting = heap_array_get(&migration->settings, i);
        if (strcmp(setting->key->name, "dhcp.subnets[].network") == 0) {
            return true;
        }
    }
    return false;
}

int command_migrate(struct call *call)
{
    struct migration migration;
    const char *output = call_option(call, "output");
    const char *machines = call_option(call, "machines");
    bool good = true;
    migrate_init(&migration);
    migration.may_include = true;
    for (size_t i = 0; good && i < call->argument_count; i++) {
        good = read_source(&migration, call, call->arguments[i]);
    }
    if (good) {
        migrate_check(&migration);
        good = output == NULL || write_output(call, &migration, output, migrate_print_yaml, 0644);
        good = good && (machines == NULL || write_output(call, &migration, machines, print_script, 0755));
    }
    if (good && call->is_json) {
        print_json(call, &migration);
    } else if (good) {
        if (output == NULL) {
            migrate_print_yaml(&migration, call->out.out);
            (void)fflush(call->out.out);
        }
        migrate_print_report(&migration, stderr);
        show_hint(call, "next: 'imprint config check %s', and compare it with /etc/imprint/imprint.yaml%s",
                  output == NULL ? "FILE" : output,
                  !has_networks(&migration)
                      ? ""
                      : "; once the other server is off, 'imprint lease import' brings its leases");
    }
    migrate_clear(&migration);
    return good ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}
