// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/image_upload.h"

#include "cli/fact.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "content/media.h"
#include "model/image.h"

#include <errno.h>
#include <string.h>

#define FULL_PATH_BYTES 8192

struct sending {
    struct call *call;
    const struct image_upload *upload;
    char id[64]; // the daemon's name for it
    struct progress progress;
    uint64_t done; // bytes of the files that are through
};

static void file_sent(void *context, uint64_t bytes)
{
    struct sending *sending = context;
    progress_step(&sending->progress, sending->done + bytes);
}

static bool refuse_file(struct sending *sending, const char *path, struct problem *problem)
{
    progress_clear(&sending->progress);
    problem_set_place(problem, path, 0, 0);
    ask_complain(sending->call, problem);
    return false;
}

static bool send_file(struct sending *sending, const struct tree_file *row)
{
    char full[FULL_PATH_BYTES];
    char path[CLIENT_PATH_BYTES];
    struct problem problem;
    struct text text;
    problem_clear(&problem);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "uploads/%s/file?path=", sending->id);
    client_add_name(&text, row->path);
    const char *medium = sending->upload->medium;
    (void)snprintf(full, sizeof full, "%s%s%s", medium != NULL ? medium : sending->upload->folder,
                   medium != NULL ? "" : "/", medium != NULL ? "" : row->path);
    if (text.cut) {
        problem_set(&problem, "its name is too long for an image");
        return refuse_file(sending, full, &problem);
    }
    FILE *file = fopen(full, "rbe");
    if (file == NULL) {
        problem_set(&problem, "cannot be read: %s", strerror(errno));
        return refuse_file(sending, full, &problem);
    }
    struct client_file put = {file, row->bytes, file_sent, sending};
    enum status status = client_put(ask_client(sending->call), path, &put, &problem);
    (void)fclose(file);
    if (status != STATUS_OK) {
        return refuse_file(sending, full, &problem);
    }
    sending->done += row->bytes;
    return true;
}

static bool start(struct sending *sending, uint64_t bytes)
{
    json_t *body =
        json_pack("{s:o, s:I}", "image", fact_from_text(sending->upload->name), "bytes", (json_int_t)bytes);
    json_t *answer = ask(sending->call, "POST", "uploads", body);
    json_decref(body);
    if (answer == NULL) {
        return false;
    }
    (void)text_copy(sending->id, sizeof sending->id, fact_text(answer, "upload"));
    json_decref(answer);
    return true;
}

static void add_text(json_t *body, const char *name, const char *value)
{
    if (value != NULL) {
        json_object_set_new(body, name, fact_from_text(value));
    }
}

static json_t *commit(struct sending *sending)
{
    json_t *body = json_object();
    add_text(body, "kernel", sending->upload->kernel);
    add_text(body, "initrd", sending->upload->initrd);
    add_text(body, "arguments", sending->upload->arguments);
    add_text(body, "description", sending->upload->description);
    add_text(body, "sha256", sending->upload->sha256);
    json_t *image = ask_name(sending->call, "POST", "uploads", sending->id, "commit", body);
    json_decref(body);
    return image;
}

// Nobody needs what came so far. Whether the daemon hears that does not matter: it forgets uploads by itself.
static void give_up(struct sending *sending)
{
    char path[CLIENT_PATH_BYTES];
    struct problem ignored;
    struct text text;
    json_t *answer = NULL;
    problem_clear(&ignored);
    text_init(&text, path, sizeof path);
    text_add_format(&text, "uploads/%s", sending->id);
    if (client_ask(ask_client(sending->call), "DELETE", path, NULL, &answer, &ignored) == STATUS_OK) {
        json_decref(answer);
    }
}

// Lets the daemon take the medium from where it lies.
static bool adopt(struct sending *sending)
{
    json_t *body = json_pack("{s:o}", "file", fact_from_text(sending->upload->adopt));
    json_t *answer = ask_name(sending->call, "POST", "uploads", sending->id, "adopt", body);
    bool good = answer != NULL;
    json_decref(body);
    json_decref(answer);
    return good;
}

json_t *image_upload(struct call *call, const struct image_upload *upload, const struct tree *tree)
{
    struct sending sending = {.call = call, .upload = upload};
    if (!start(&sending, upload->adopt != NULL ? 0 : tree->bytes)) {
        return NULL;
    }
    progress_init(&sending.progress, upload->name, tree->bytes);
    bool good = true;
    if (upload->adopt != NULL) {
        good = adopt(&sending);
    }
    for (size_t i = 0; good && upload->adopt == NULL && i < tree->files.count; i++) {
        good = send_file(&sending, heap_array_get(&tree->files, i));
    }
    progress_clear(&sending.progress);
    json_t *image = good ? commit(&sending) : NULL;
    if (image == NULL) {
        give_up(&sending);
    }
    return image;
}

json_t *image_upload_medium(struct call *call, const struct image_upload *upload, uint64_t bytes)
{
    struct tree tree = {.files = heap_array_init(sizeof(struct tree_file)), .bytes = bytes};
    struct tree_file file = {.path = heap_copy_text(MEDIA_FILE), .bytes = bytes};
    heap_array_add(&tree.files, &file);
    json_t *image = image_upload(call, upload, &tree);
    tree_clear(&tree);
    return image;
}

json_t *image_upload_folder(struct call *call, const struct image_upload *upload)
{
    struct tree tree;
    struct problem problem;
    json_t *image = NULL;
    problem_clear(&problem);
    if (tree_list(upload->folder, &tree, &problem) == STATUS_OK) {
        image = image_upload(call, upload, &tree);
    } else {
        ask_complain(call, &problem);
    }
    tree_clear(&tree);
    return image;
}

bool image_upload_may(struct call *call, const char *name)
{
    struct problem problem;
    size_t position;
    json_t *image;
    bool is_there = false;
    problem_clear(&problem);
    if (image_check_name(name, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return false;
    }
    json_t *list = ask_list(call, "images", "images");
    json_array_foreach(list, position, image)
    {
        is_there = is_there || strcmp(fact_text(image, "name"), name) == 0;
    }
    if (is_there) {
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(remedy, sizeof remedy, "choose another name, or imprint image remove %s first", name);
        ask_complain_text(call, remedy, "there is an image '%s' already", name);
    }
    json_decref(list);
    return list != NULL && !is_there;
}

// What can be expected of it, and why.
static void show_remark(const struct call *call, const json_t *image)
{
    enum image_grade grade = IMAGE_GRADE_NONE;
    const char *remark = fact_text(image, "remark");
    if (image_grade_parse(fact_text(image, "grade"), &grade) == STATUS_OK && grade != IMAGE_GRADE_NONE) {
        show_hint(call, "it %s", image_grade_sentence(grade));
    }
    if (remark[0] != '\0') {
        show_hint(call, "%s", remark);
    }
}

void image_upload_show(struct call *call, const json_t *image)
{
    const char *description = fact_text(image, "description");
    (void)fprintf(call->out.out, "image %s is added%s", fact_text(image, "name"),
                  description[0] == '\0' ? "" : ": ");
    screen_print_safe(call->out.out, description, false);
    (void)fputc('\n', call->out.out);
    if (strcmp(fact_text(image, "family"), IMAGE_AGENT_FAMILY) == 0) {
        show_hint(call, "next: 'imprint image build debian-12' or 'imprint image add FILE' for something "
                        "that the agent writes");
        return;
    }
    if (strcmp(fact_text(image, "kind"), "root") == 0 && json_array_size(fact_get(image, "starts")) == 0) {
        show_hint(call,
                  "warning: it holds no boot loader, so no machine can start from it and orders for it are "
                  "refused: add the packages grub-pc-bin and grub-efi-amd64-bin to that system, then "
                  "take it in again");
        return;
    }
    show_remark(call, image);
    bool is_written =
        strcmp(fact_text(image, "kind"), "disk") == 0 || strcmp(fact_text(image, "kind"), "root") == 0;
    show_hint(call, "next: 'imprint profile add NAME --image %s %s', then 'imprint deploy'",
              fact_text(image, "name"),
              is_written ? "[--hostname NAME] [--ssh-key @FILE]" : "[--answer-file FILE]");
}
