// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image add: a folder goes up file by file, and becomes an image when the daemon has all of it and
// knows what it is.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/tree.h"

#include <errno.h>
#include <string.h>

#define FULL_PATH_BYTES 8192

struct upload {
    struct call *call;
    const char *folder;
    char id[64]; // the daemon's name for it
    struct progress progress;
    uint64_t done; // bytes of the files that are through
};

static void file_sent(void *context, uint64_t bytes)
{
    struct upload *upload = context;
    progress_step(&upload->progress, upload->done + bytes);
}

static bool refuse_file(struct upload *upload, const char *path, struct problem *problem)
{
    progress_clear(&upload->progress);
    problem_set_place(problem, path, 0, 0);
    ask_complain(upload->call, problem);
    return false;
}

static bool send_file(struct upload *upload, const struct tree_file *row)
{
    char full[FULL_PATH_BYTES];
    char path[CLIENT_PATH_BYTES];
    struct problem problem;
    struct text text;
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "uploads/%s/file?path=", upload->id);
    client_add_name(&text, row->path);
    (void)snprintf(full, sizeof full, "%s/%s", upload->folder, row->path);
    if (text.cut) {
        problem_set(&problem, "its name is too long for an image");
        return refuse_file(upload, full, &problem);
    }
    FILE *file = fopen(full, "rbe");
    if (file == NULL) {
        problem_set(&problem, "cannot be read: %s", strerror(errno));
        return refuse_file(upload, full, &problem);
    }
    struct client_file sending = {file, row->bytes, file_sent, upload};
    enum status status = client_put(ask_client(upload->call), path, &sending, &problem);
    (void)fclose(file);
    if (status != STATUS_OK) {
        return refuse_file(upload, full, &problem);
    }
    upload->done += row->bytes;
    return true;
}

static bool start(struct upload *upload, const char *name, uint64_t bytes)
{
    json_t *body = json_pack("{s:o, s:I}", "image", fact_from_text(name), "bytes", (json_int_t)bytes);
    json_t *answer = ask(upload->call, "POST", "uploads", body);
    json_decref(body);
    if (answer == NULL) {
        return false;
    }
    (void)text_copy(upload->id, sizeof upload->id, fact_text(answer, "upload"));
    json_decref(answer);
    return true;
}

static json_t *commit(struct upload *upload)
{
    static const char *const names[] = {"kernel", "initrd", "arguments", "description"};
    json_t *body = json_object();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = call_option(upload->call, names[i]);
        if (value != NULL) {
            json_object_set_new(body, names[i], fact_from_text(value));
        }
    }
    json_t *image = ask_name(upload->call, "POST", "uploads", upload->id, "commit", body);
    json_decref(body);
    return image;
}

// Nobody needs what came so far. Whether the daemon hears that does not matter: it forgets uploads by itself.
static void give_up(struct upload *upload)
{
    char path[CLIENT_PATH_BYTES];
    struct problem ignored;
    struct text text;
    json_t *answer = NULL;
    problem_clear(&ignored);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "uploads/%s", upload->id);
    if (client_ask(ask_client(upload->call), "DELETE", path, NULL, &answer, &ignored) == STATUS_OK) {
        json_decref(answer);
    }
}

static json_t *send_tree(struct upload *upload, const struct tree *tree)
{
    const char *name = upload->call->arguments[0];
    if (!start(upload, name, tree->bytes)) {
        return NULL;
    }
    progress_init(&upload->progress, name, tree->bytes);
    bool good = true;
    for (size_t i = 0; good && i < tree->files.count; i++) {
        good = send_file(upload, heap_array_get(&tree->files, i));
    }
    progress_clear(&upload->progress);
    json_t *image = good ? commit(upload) : NULL;
    if (image == NULL) {
        give_up(upload);
    }
    return image;
}

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

static void show_added(struct call *call, const json_t *image)
{
    const char *description = fact_text(image, "description");
    (void)fprintf(call->out.out, "image %s is added%s", fact_text(image, "name"),
                  description[0] == '\0' ? "" : ": ");
    screen_print_safe(call->out.out, description, false);
    (void)fputc('\n', call->out.out);
    show_hint(call, "next: 'imprint profile add NAME --image %s [--answer-file FILE]', then 'imprint deploy'",
              fact_text(image, "name"));
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
    struct upload upload = {.call = call, .folder = call->arguments[1]};
    int result = CLI_EXIT_REFUSED;
    problem_clear(&problem);
    if (tree_list(upload.folder, &tree, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
    } else if (check_named(call, &tree, "kernel") && check_named(call, &tree, "initrd")) {
        tell_left_out(call, &tree);
        result = show_one(call, send_tree(&upload, &tree), show_added);
    }
    tree_clear(&tree);
    return result;
}
