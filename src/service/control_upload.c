// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_upload.h"

#include "base/text.h"
#include "content/media.h"
#include "io/heap.h"
#include "io/job.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_state.h"
#include "service/control_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define UPLOAD_PREFIX  ".upload-"
#define REMOVED_PREFIX ".removed-"
#define ADOPTED_LINK   ".adopted" // leads to the name that the medium had
#define PATH_BYTES     (CONFIG_PATH_BYTES + 128)
#define RESERVE_BYTES  ((uint64_t)64 * 1024 * 1024) // of the disk, for the database

struct control_upload {
    char id[CONTROL_UPLOAD_ID_BYTES];
    char image[IMAGE_NAME_BYTES];
    char path[PATH_BYTES];
    int folder;
    int64_t used_s;   // when something last came
    unsigned writing; // files being written now
    uint32_t file_count;
    struct commit *commit; // under way, or NULL
    struct control_upload *next;
};

struct commit {                      // the value of a worker's job; the job's copy points here
    struct control *control;         // in the loop only; NULL = it is closed
    struct control_request *request; // in the loop only
    struct control_upload *upload;   // in the loop only
    enum status (*recognise)(void *context, const char *folder, struct image *image, struct problem *problem);
    void *context;
    char path[PATH_BYTES];
    struct image image;
    bool is_explicit;          // the kernel was named, so nothing is recognised
    atomic_bool is_recognised; // `context` is not used any more
    enum status status;
    struct problem problem;
};

static void remove_work(void *value)
{
    control_tree_remove(value);
}

static void remove_later(struct loop *loop, const char *path)
{
    char value[PATH_BYTES];
    (void)text_copy(value, sizeof value, path);
    const struct job job = {.value = value, .value_bytes = sizeof value, .work = remove_work};
    job_start(loop, &job);
}

// Gives a file that was taken from the folder of images its name there back, unless that is taken by now;
// then it stays where it is. Whether nothing of it is left in `folder`.
static bool give_back(int images, int folder)
{
    char name[IMAGE_PATH_BYTES];
    ssize_t length = readlinkat(folder, ADOPTED_LINK, name, sizeof name - 1);
    if (length <= 0) {
        return true;
    }
    name[length] = '\0';
    bool is_name = strchr(name, '/') == NULL && name[0] != '.';
    return is_name && (renameat2(folder, MEDIA_FILE, images, name, RENAME_NOREPLACE) == 0 || errno == ENOENT);
}

// Removes the folder `name`, which is nobody's: what an earlier run of the daemon left.
static void remove_left(const struct control_uploads *uploads, const char *name)
{
    char path[PATH_BYTES + NAME_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", uploads->path, name);
    int folder = openat(uploads->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool may_go = folder < 0 || give_back(uploads->folder, folder);
    if (folder >= 0) {
        (void)close(folder);
    }
    if (may_go) {
        control_tree_remove(path);
    }
}

enum status control_uploads_open(struct control_uploads *uploads, const char *state, struct problem *problem)
{
    (void)snprintf(uploads->path, sizeof uploads->path, "%s/images", state);
    if (mkdir(uploads->path, 0755) != 0 && errno != EEXIST) {
        return control_tree_explain(errno, uploads->path, problem);
    }
    uploads->folder = open(uploads->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = uploads->folder < 0 ? NULL : opendir(uploads->path);
    if (names == NULL) {
        return control_tree_explain(errno, uploads->path, problem);
    }
    const struct dirent *entry;
    while ((entry = readdir(names)) != NULL) {
        if (text_starts(entry->d_name, UPLOAD_PREFIX) || text_starts(entry->d_name, REMOVED_PREFIX)) {
            remove_left(uploads, entry->d_name);
        }
    }
    (void)closedir(names);
    return STATUS_OK;
}

static void upload_free(struct control_uploads *uploads, struct control_upload *upload)
{
    struct control_upload **at = &uploads->first;
    while (*at != upload) {
        at = &(*at)->next;
    }
    *at = upload->next;
    uploads->count--;
    (void)close(upload->folder);
    heap_free(upload);
}

void control_uploads_close(struct control_uploads *uploads)
{
    while (uploads->first != NULL) {
        struct commit *commit = uploads->first->commit;
        if (commit != NULL) { // its worker goes on, but only with what is its own
            commit->control = NULL;
            while (!atomic_load(&commit->is_recognised)) {
                (void)usleep(1000);
            }
        }
        upload_free(uploads, uploads->first);
    }
    if (uploads->folder > 0) {
        (void)close(uploads->folder);
    }
}

// Gives up the upload and its files.
static void upload_drop(struct control *control, struct control_upload *upload)
{
    if (give_back(control->uploads.folder, upload->folder)) {
        remove_later(control->world.loop, upload->path);
    }
    upload_free(&control->uploads, upload);
}

// Uploads whose client has gone without a word.
static void drop_idle(struct control *control)
{
    int64_t now_s = desk_now_s(control->world.desk);
    struct control_upload *upload = control->uploads.first;
    while (upload != NULL) {
        struct control_upload *next = upload->next;
        if (now_s - upload->used_s > CONTROL_UPLOAD_IDLE_S && upload->writing == 0 &&
            upload->commit == NULL) {
            upload_drop(control, upload);
        }
        upload = next;
    }
}

static struct control_upload *find_upload(struct control_request *request)
{
    struct control_upload *upload = request->control->uploads.first;
    while (upload != NULL && strcmp(upload->id, request->names[0]) != 0) {
        upload = upload->next;
    }
    if (upload == NULL || upload->commit != NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "start again with imprint image add",
                            "there is no upload '%.20s' any more", request->names[0]);
        return NULL;
    }
    upload->used_s = desk_now_s(request->world->desk);
    return upload;
}

static bool check_room(struct control_request *request, uint64_t bytes)
{
    struct statvfs disk;
    if (fstatvfs(request->control->uploads.folder, &disk) != 0) {
        return true; // not knowing is no reason to refuse: writing will tell
    }
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes >= bytes && free_bytes - bytes >= RESERVE_BYTES) {
        return true;
    }
    control_refuse_text(request, MHD_HTTP_INSUFFICIENT_STORAGE, "make room, or move 'state' to a larger disk",
                        "the image needs %llu MiB, and the disk with the images has %llu MiB left",
                        (unsigned long long)(bytes >> 20), (unsigned long long)(free_bytes >> 20));
    return false;
}

static bool check_image_name(struct control_request *request, const char *name)
{
    struct problem problem = {0};
    if (image_check_name(name, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    if (store_image_find(request->world->store, name) != NULL) {
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(remedy, sizeof remedy, "choose another name, or imprint image remove %s first", name);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy, "there is an image '%s' already", name);
        return false;
    }
    return true;
}

void control_upload_add(struct control_request *request)
{
    static const char *const members[] = {"image", "bytes", NULL};
    struct control *control = request->control;
    char name[IMAGE_NAME_BYTES] = "";
    int64_t bytes = 0;
    if (!control_allow(request, members) || !control_copy_text(request, "image", name, sizeof name, NULL) ||
        !control_get_number(request, "bytes", 0, INT64_MAX / 2, &bytes) || !check_image_name(request, name) ||
        !check_room(request, (uint64_t)bytes)) {
        return;
    }
    drop_idle(control);
    if (control->uploads.count == CONTROL_UPLOADS_MOST) {
        control_refuse_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "try again when one of them has ended",
                            "%d uploads are under way already", CONTROL_UPLOADS_MOST);
        return;
    }
    struct control_upload *upload = heap_new(sizeof *upload);
    (void)snprintf(upload->path, sizeof upload->path, "%s/" UPLOAD_PREFIX "XXXXXX", control->uploads.path);
    upload->folder =
        mkdtemp(upload->path) == NULL ? -1 : open(upload->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (upload->folder < 0 || fchmod(upload->folder, 0755) != 0) {
        struct problem problem = {0};
        enum status status = control_tree_explain(errno, control->uploads.path, &problem);
        control_refuse(request, control_http_status(status), &problem);
        if (upload->folder >= 0) {
            (void)close(upload->folder);
        }
        heap_free(upload);
        return;
    }
    (void)text_copy(upload->id, sizeof upload->id, strrchr(upload->path, '-') + 1);
    (void)text_copy(upload->image, sizeof upload->image, name);
    upload->used_s = desk_now_s(request->world->desk);
    upload->next = control->uploads.first;
    control->uploads.first = upload;
    control->uploads.count++;
    control_answer(request, MHD_HTTP_CREATED,
                   json_pack("{s:s, s:s}", "upload", upload->id, "image", upload->image));
}

void control_upload_remove(struct control_request *request)
{
    struct control_upload *upload = find_upload(request);
    if (upload == NULL) {
        return;
    }
    if (upload->writing != 0) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "", "a file of this upload is being written");
        return;
    }
    upload_drop(request->control, upload);
    control_answer(request, MHD_HTTP_OK, json_pack("{s:s}", "removed", request->names[0]));
}

// Takes a medium that lies in the folder of images already: it is moved into the upload, not copied.
static void adopt(struct control_request *request, struct control_upload *upload, const char *name)
{
    struct problem problem = {0};
    struct stat status;
    int images = request->control->uploads.folder;
    int file = openat(images, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool is_medium = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    int error = file < 0 ? errno : EINVAL;
    if (file >= 0) {
        (void)close(file);
    }
    if (!is_medium) {
        problem_set_remedy(
            &problem, "it must be a file in the folder of images that the account of the daemon may read");
        enum status why = control_tree_explain(error, name, &problem);
        control_refuse(request, control_http_status(why), &problem);
        return;
    }
    if (symlinkat(name, upload->folder, ADOPTED_LINK) != 0 ||
        renameat2(images, name, upload->folder, MEDIA_FILE, RENAME_NOREPLACE) != 0) {
        enum status why = control_tree_explain(errno, name, &problem);
        (void)unlinkat(upload->folder, ADOPTED_LINK, 0);
        control_refuse(request, control_http_status(why), &problem);
        return;
    }
    upload->file_count++;
    control_answer(request, MHD_HTTP_OK, json_pack("{s:s}", "adopted", name));
}

void control_upload_adopt(struct control_request *request)
{
    static const char *const members[] = {"file", NULL};
    char name[IMAGE_PATH_BYTES] = "";
    struct control_upload *upload = find_upload(request);
    if (upload == NULL || !control_allow(request, members) ||
        !control_copy_text(request, "file", name, sizeof name, NULL)) {
        return;
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST,
                            "name a file that lies in the folder of images itself",
                            "that is no name of a file there");
    } else if (upload->file_count != 0 || upload->writing != 0) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "", "other files of this upload are here already");
    } else {
        adopt(request, upload, name);
    }
}

// Opens the file that the request names, before its first byte.
static bool start_file(struct control_request *request)
{
    struct problem problem = {0};
    struct control_upload *upload = find_upload(request);
    const char *path = control_query(request, "path");
    if (upload == NULL) {
        return false;
    }
    if (path == NULL || image_check_path(path, &problem) != STATUS_OK) {
        problem_set(&problem, "say which file this is with ?path=");
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    if (upload->file_count == CONTROL_UPLOAD_FILES_MOST) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "an image has at most %d files",
                            CONTROL_UPLOAD_FILES_MOST);
        return false;
    }
    enum status status = control_tree_create(upload->folder, path, &request->file, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
        return false;
    }
    upload->file_count++;
    upload->writing++;
    request->upload = upload;
    request->body = heap_copy_text(path);
    return true;
}

void control_upload_take(struct control_request *request, const void *data, size_t bytes)
{
    if (request->file < 0 && !start_file(request)) {
        return;
    }
    const char *at = data;
    while (bytes > 0) {
        ssize_t written = write(request->file, at, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            struct problem problem = {0};
            enum status status = control_tree_explain(errno, control_query(request, "path"), &problem);
            control_refuse(request, control_http_status(status), &problem);
            return;
        }
        at += written;
        bytes -= (size_t)written;
    }
}

static void end_file(struct control_request *request)
{
    (void)close(request->file);
    request->file = -1;
    request->upload->writing--;
}

void control_upload_drop_file(struct control_request *request)
{
    if (request->file >= 0) {
        (void)unlinkat(request->upload->folder, request->body, 0);
        request->upload->file_count--;
        end_file(request);
    }
}

void control_upload_put(struct control_request *request)
{
    if (request->file < 0 && !start_file(request)) { // an empty file has no first byte
        return;
    }
    end_file(request);
    request->upload->used_s = desk_now_s(request->world->desk);
    // A name need not be UTF-8, and JSON must be.
    control_answer(request, MHD_HTTP_CREATED, json_pack("{s:o}", "path", control_json_text(request->body)));
}

static void commit_work(void *value)
{
    struct commit *commit = *(struct commit **)value;
    struct control_tree_count count = {0};
    if (!commit->is_explicit) {
        commit->status = commit->recognise(commit->context, commit->path, &commit->image, &commit->problem);
    }
    atomic_store(&commit->is_recognised, true);
    if (commit->status == STATUS_OK) {
        commit->status = control_tree_sync(commit->path, &count, &commit->problem);
    }
    commit->image.size_bytes = count.size_bytes;
    commit->image.file_count = count.file_count;
}

// Moves the folder to its place and puts the image into the store.
static enum status place_image(struct commit *commit)
{
    struct control *control = commit->control;
    const char *name = commit->image.name;
    if (store_image_find(control->world.store, name) != NULL) {
        problem_set(&commit->problem, "there is an image '%s' already", name);
        return STATUS_EXISTS;
    }
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", control->uploads.path, name);
    remove_left(&control->uploads, name); // nobody's: the store has no image of that name
    if (rename(commit->path, path) != 0 || fsync(control->uploads.folder) != 0) {
        return control_tree_explain(errno, name, &commit->problem);
    }
    return store_image_put(control->world.store, &commit->image, &commit->problem);
}

static void commit_done(void *context, void *value)
{
    (void)context;
    struct commit *commit = *(struct commit **)value;
    struct control_request *request = commit->request;
    if (commit->control == NULL) {
        heap_free(commit);
        return;
    }
    commit->upload->commit = NULL;
    commit->upload->used_s = desk_now_s(request->world->desk);
    if (commit->status == STATUS_OK) {
        commit->status = place_image(commit);
    }
    if (commit->status != STATUS_OK) {
        unsigned code =
            commit->status == STATUS_NOT_FOUND ? MHD_HTTP_BAD_REQUEST : control_http_status(commit->status);
        control_refuse(request, code, &commit->problem);
    } else {
        bool is_kept = control_commit(request);
        if (is_kept) { // not before: until then the medium could still be given back
            (void)unlinkat(commit->upload->folder, ADOPTED_LINK, 0);
        }
        upload_free(&commit->control->uploads, commit->upload);
        if (is_kept) {
            control_tell(request, EVENT_SERVER, NULL, 0, "image %s was added by %s", commit->image.name,
                         request->owner);
            control_answer(request, MHD_HTTP_CREATED, control_json_image(&commit->image));
        }
    }
    control_request_resume(request);
    heap_free(commit);
}

// A file that the request names must be among those that came.
static bool check_file(struct control_request *request, const struct control_upload *upload, const char *path)
{
    struct problem problem = {0};
    if (image_check_path(path, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    if (!control_tree_has_file(upload->folder, path)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "name it relative to the folder that is added",
                            "there is no file '%s' in the image", path);
        return false;
    }
    return true;
}

static bool take_explicit(struct control_request *request, const struct control_upload *upload,
                          struct image *image)
{
    if (image->kernel[0] == '\0') {
        if (image->initrd[0] != '\0' || request->world->recognise == NULL) {
            control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "add --kernel PATH",
                                "which file is the kernel?");
            return false;
        }
        return true;
    }
    (void)text_copy(image->family, sizeof image->family, "linux");
    if (image->description[0] == '\0') {
        (void)text_copy(image->description, sizeof image->description, "Linux kernel");
    }
    return check_file(request, upload, image->kernel) &&
           (image->initrd[0] == '\0' || check_file(request, upload, image->initrd));
}

// The medium's, as who sent it found it.
static bool take_digest(struct control_request *request, struct image *image)
{
    if (!control_copy_text(request, "sha256", image->sha256, sizeof image->sha256, NULL)) {
        return false;
    }
    if (image->sha256[0] != '\0' &&
        (strlen(image->sha256) != 64 || strspn(image->sha256, "0123456789abcdef") != 64)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it has 64 hexadecimal digits, small letters",
                            "'sha256' is no SHA-256");
        return false;
    }
    return true;
}

void control_upload_commit(struct control_request *request)
{
    static const char *const members[] = {"kernel", "initrd", "arguments", "description", "sha256", NULL};
    struct control_upload *upload = find_upload(request);
    struct image image = {.created_s = desk_now_s(request->world->desk)};
    if (upload == NULL || !control_allow(request, members) ||
        !control_copy_text(request, "kernel", image.kernel, sizeof image.kernel, NULL) ||
        !control_copy_text(request, "initrd", image.initrd, sizeof image.initrd, NULL) ||
        !control_copy_text(request, "arguments", image.arguments, sizeof image.arguments, NULL) ||
        !control_copy_text(request, "description", image.description, sizeof image.description, NULL) ||
        !take_digest(request, &image) || !take_explicit(request, upload, &image)) {
        return;
    }
    if (upload->writing != 0 || upload->file_count == 0) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "", "not all files of this upload are here yet");
        return;
    }
    (void)text_copy(image.name, sizeof image.name, upload->image);
    struct commit *commit = heap_new(sizeof *commit);
    *commit = (struct commit){.control = request->control,
                              .request = request,
                              .upload = upload,
                              .recognise = request->world->recognise,
                              .context = request->world->context,
                              .image = image,
                              .is_explicit = image.kernel[0] != '\0'};
    (void)text_copy(commit->path, sizeof commit->path, upload->path);
    upload->commit = commit;
    const struct job job = {
        .value = &commit, .value_bytes = sizeof(struct commit *), .work = commit_work, .done = commit_done};
    control_request_wait(request);
    job_start(request->world->loop, &job);
}

enum status control_uploads_remove_image(struct control_request *request, const char *name,
                                         struct problem *problem)
{
    struct control_uploads *uploads = &request->control->uploads;
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    (void)snprintf(from, sizeof from, "%s/%s", uploads->path, name);
    (void)snprintf(to, sizeof to, "%s/" REMOVED_PREFIX "%s-%lld", uploads->path, name,
                   (long long)request->world->desk->now_ms(request->world->desk->context));
    if (rename(from, to) != 0) {
        return errno == ENOENT ? STATUS_OK : control_tree_explain(errno, name, problem);
    }
    remove_later(request->world->loop, to);
    return STATUS_OK;
}
