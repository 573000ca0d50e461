// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_catalog.h"

#include "base/text.h"
#include "config/config.h"
#include "service/server_folders.h"

#include <string.h>

// "FOLDER/name", FOLDER being that of the configuration file.
static bool find_beside(const char *config_path, const char *name, char out[CONFIG_PATH_BYTES + 32])
{
    struct text text;
    const char *path = config_path == NULL ? CONFIG_FILE_DEFAULT : config_path;
    const char *slash = strrchr(path, '/');
    text_init(&text, out, CONFIG_PATH_BYTES + 32);
    text_add_bytes(&text, path, slash == NULL ? 0 : (size_t)(slash + 1 - path));
    text_add(&text, name);
    return !text.cut;
}

static void tell(void *context, const struct problem *problem)
{
    char text[1024];
    log_write(context, LOG_LEVEL_WARNING, "a family of systems is left out: %s",
              problem_print(problem, text, sizeof text));
}

struct catalog *server_catalog_open(const char *config_path, struct log *log, struct problem *problem)
{
    char folder[CONFIG_PATH_BYTES + 32];
    server_folders_data("os", folder, sizeof folder);
    struct catalog *catalog = catalog_new(folder, problem);
    if (catalog != NULL && find_beside(config_path, "os", folder)) {
        catalog_add_own(catalog, folder, tell, log);
    }
    return catalog;
}

static void tell_snippet(void *context, const struct problem *problem)
{
    char text[1024];
    log_write(context, LOG_LEVEL_WARNING, "%s", problem_print(problem, text, sizeof text));
}

void server_catalog_read_snippets(const char *config_path, struct log *log, struct snippets **snippets)
{
    char folder[CONFIG_PATH_BYTES + 32];
    snippets_free(*snippets);
    *snippets = snippets_load(find_beside(config_path, "snippets", folder) ? folder : "", tell_snippet, log);
}
