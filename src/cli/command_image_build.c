// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image build: a system made here from its packages, packed, and sent to the daemon.
#include "cli/handlers.h"
#include "cli/image_pack.h"
#include "cli/show.h"
#include "fleet/scratch.h"
#include "fleet/system_build.h"
#include "io/heap.h"
#include "service/server_folders.h"

#include <string.h>
#include <unistd.h>

#define PATH_BYTES 1024

static void say_step(void *context, const char *text)
{
    show_hint(context, "%s", text);
}

static struct catalog *open_catalog(struct call *call)
{
    char folder[PATH_BYTES];
    struct problem problem;
    problem_clear(&problem);
    server_folders_data("os", folder, sizeof folder);
    struct catalog *catalog = catalog_new(folder, &problem);
    if (catalog == NULL) {
        ask_complain(call, &problem);
    }
    return catalog;
}

static const struct family_build *find_build(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const struct family *family = catalog_get(catalog, i);
        for (uint8_t k = 0; k < family->build_count; k++) {
            if (strcmp(family->builds[k].name, name) == 0) {
                return &family->builds[k];
            }
        }
    }
    return NULL;
}

static int list_builds(struct call *call, const struct catalog *catalog)
{
    static const struct table_column columns[] = {{"NAME", false, true}, {"DESCRIPTION", false, true}};
    struct table table;
    json_t *list = json_array();
    table_init(&table, columns, COUNT_OF(columns));
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const struct family *family = catalog_get(catalog, i);
        for (uint8_t k = 0; k < family->build_count; k++) {
            const struct family_build *build = &family->builds[k];
            table_add(&table, SCREEN_BOLD, build->name);
            table_add(&table, SCREEN_PLAIN, build->description);
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", build->name, "description",
                                                  build->description, "suite", build->suite));
        }
    }
    return show_list(call, list, &table, "the catalogue has nothing that can be built");
}

static json_t *build_in(struct call *call, const struct family_build *build, const char *name,
                        const char *const *packages)
{
    char file[SCRATCH_PATH_BYTES + 16];
    struct scratch scratch;
    struct problem problem;
    json_t *image = NULL;
    problem_clear(&problem);
    if (scratch_open(&scratch, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return NULL;
    }
    (void)snprintf(file, sizeof file, "%s/root.tar", scratch.path);
    const struct system_build_job job = {.build = build,
                                         .mirror = call_option(call, "mirror"),
                                         .packages = packages,
                                         .file = file,
                                         .step = say_step,
                                         .context = call};
    const struct image_upload upload = {.name = name};
    if (system_build(&job, &problem) == STATUS_OK) {
        show_hint(call, "packing");
        image = image_pack(call, file, scratch.path, &upload);
    } else {
        ask_complain(call, &problem);
    }
    scratch_close(&scratch);
    return image;
}

static int build_named(struct call *call, const struct catalog *catalog)
{
    const struct family_build *build = find_build(catalog, call->arguments[0]);
    const char *name = call_option(call, "as");
    size_t position = 0;
    size_t count = 0;
    if (build == NULL) {
        ask_complain_text(call, "'imprint image build' lists what can be built",
                          "the catalogue has no system '%.80s' that can be built", call->arguments[0]);
        return CLI_EXIT_REFUSED;
    }
    name = name == NULL ? build->name : name;
    if (geteuid() != 0) {
        ask_complain_text(call, "run it with sudo", "building a system needs root");
        return CLI_EXIT_REFUSED;
    }
    if (!image_upload_may(call, name)) {
        return CLI_EXIT_REFUSED;
    }
    const char **packages = heap_new_array(call->option_count + 1, sizeof *packages);
    for (const char *package = call_next_option(call, "package", &position); package != NULL;
         package = call_next_option(call, "package", &position)) {
        packages[count++] = package;
    }
    json_t *image = build_in(call, build, name, packages);
    heap_free(packages);
    return show_one(call, image, image_upload_show);
}

int command_image_build(struct call *call)
{
    struct catalog *catalog = open_catalog(call);
    if (catalog == NULL) {
        return CLI_EXIT_REFUSED;
    }
    int result = call->argument_count == 0 ? list_builds(call, catalog) : build_named(call, catalog);
    catalog_free(catalog);
    return result;
}
