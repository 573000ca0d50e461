// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image add: looks at what is to become an image, and sends it to the daemon.
#include "cli/handlers.h"
#include "cli/image_upload.h"
#include "cli/show.h"

#include <string.h>

static void tell_left_out(const struct call *call, const struct tree *tree)
{
    if (tree->left_out == 1) {
        show_hint(call, "left out, since it is no file and leads to none inside the folder: %s",
                  tree->first_left_out);
    } else if (tree->left_out != 0) {
        show_hint(call, "left out %u names that are no files and lead to none inside the folder, such as %s",
                  tree->left_out, tree->first_left_out);
    }
}

// What --kernel and --initrd name must be there: it is better to hear that before than after the upload.
static bool check_named(const struct call *call, const struct tree *tree, const char *option)
{
    const char *path = call_option(call, option);
    for (size_t i = 0; path != NULL && i < tree->files.count; i++) {
        const struct tree_file *file = heap_array_get(&tree->files, i);
        if (strcmp(file->path, path) == 0) {
            return true;
        }
    }
    if (path != NULL) {
        ask_complain_text(call, "name it relative to that folder", "there is no file '%.200s' in %.200s",
                          path, call->arguments[1]);
    }
    return path == NULL;
}

int command_image_add(struct call *call)
{
    struct tree tree;
    struct problem problem;
    const struct image_upload upload = {.name = call->arguments[0],
                                        .folder = call->arguments[1],
                                        .kernel = call_option(call, "kernel"),
                                        .initrd = call_option(call, "initrd"),
                                        .arguments = call_option(call, "arguments"),
                                        .description = call_option(call, "description")};
    int result = CLI_EXIT_REFUSED;
    problem_clear(&problem);
    if (tree_list(upload.folder, &tree, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    } else if (check_named(call, &tree, "kernel") && check_named(call, &tree, "initrd")) {
        tell_left_out(call, &tree);
        result = show_one(call, image_upload(call, &upload, &tree), image_upload_show);
    }
    tree_clear(&tree);
    return result;
}
