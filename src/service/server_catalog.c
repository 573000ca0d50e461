// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_catalog.h"

#include "base/text.h"
#include "config/config.h"
#include "service/server_folders.h"

#include <string.h>

static void tell(void *context, const struct problem *problem)
{
    char text[1024];
    log_write(context, LOG_LEVEL_WARNING, "a family of systems is left out: %s",
              problem_print(problem, text, sizeof text));
}

struct catalog *server_catalog_open(const char *config_path, struct log *log, struct problem *problem)
{
    char folder[CONFIG_PATH_BYTES + 32];
    struct text text;
    server_folders_data("os", folder, sizeof folder);
    struct catalog *catalog = catalog_new(folder, problem);
    const char *path = config_path == NULL ? CONFIG_FILE_DEFAULT : config_path;
    const char *slash = strrchr(path, '/');
    text_init(&text, folder, sizeof folder);
    text_add_bytes(&text, path, slash == NULL ? 0 : (size_t)(slash + 1 - path));
    text_add(&text, "os");
    if (catalog != NULL && !text.cut) {
        catalog_add_own(catalog, folder, tell, log);
    }
    return catalog;
}
