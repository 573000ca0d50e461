// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tree.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 32

struct walk {
    const char *folder;
    char root[PATH_MAX]; // the folder's real path
    struct tree *tree;
    struct problem *problem;
    char paths[DEPTH_MOST][PATH_MAX]; // real paths from the root to where we are: loops end here
    unsigned depth;
};

struct level {           // one folder being listed
    char path[PATH_MAX]; // below the root, "" or with a '/' at its end
    struct dirent **names;
    int count;
    int next;
};

static enum status explain(struct walk *walk, const char *path)
{
    int error = errno;
    problem_set(walk->problem, "cannot be read: %s", strerror(error));
    if (error == EACCES) {
        problem_set_remedy(walk->problem, "use sudo, or make it readable for you");
    }
    problem_set_place(walk->problem, path, 0, 0);
    return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND
           : error == EACCES                   ? STATUS_DENIED
                                               : STATUS_IO;
}

static bool is_below(const char *path, const char *root)
{
    size_t length = strlen(root);
    return strcmp(root, "/") == 0 ||
           (strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static bool is_open(const struct walk *walk, const char *real)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        if (strcmp(walk->paths[i], real) == 0) {
            return true;
        }
    }
    return false;
}

static void leave_out(struct tree *tree, const char *path)
{
    if (tree->left_out++ == 0) {
        tree->first_left_out = heap_copy_text(path);
    }
}

static int is_named(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static enum status add_file(struct walk *walk, const char *path, const char *full, const struct stat *found)
{
    struct tree_file file = {NULL, (uint64_t)found->st_size};
    if (access(full, R_OK) != 0) {
        return explain(walk, full);
    }
    if (walk->tree->files.count == TREE_FILES_MOST) {
        problem_set(walk->problem, "there are more than %d files in it", TREE_FILES_MOST);
        problem_set_remedy(walk->problem, "name the folder of one system, not of many");
        problem_set_place(walk->problem, walk->folder, 0, 0);
        return STATUS_TOO_LONG;
    }
    file.path = heap_copy_text(path);
    heap_array_add(&walk->tree->files, &file);
    walk->tree->bytes += file.bytes;
    return STATUS_OK;
}

// Opens the folder `full`, which is `path` below the root, as the next level.
static enum status open_level(struct walk *walk, struct level *level, const char *path, const char *full)
{
    if (walk->depth == DEPTH_MOST) {
        problem_set(walk->problem, "more than %d folders are inside each other here", DEPTH_MOST);
        problem_set_place(walk->problem, full, 0, 0);
        return STATUS_TOO_LONG;
    }
    if (realpath(full, walk->paths[walk->depth]) == NULL) {
        return explain(walk, full);
    }
    *level = (struct level){0};
    level->count = scandir(full, &level->names, is_named, alphasort);
    if (level->count < 0) {
        return explain(walk, full);
    }
    (void)text_copy(level->path, sizeof level->path, path);
    walk->depth++;
    return STATUS_OK;
}

static void close_level(struct walk *walk, struct level *level)
{
    for (int i = 0; i < level->count; i++) {
        free(level->names[i]);
    }
    free(level->names);
    walk->depth--;
}

// One name of the level on top; a folder becomes the next level.
static enum status step(struct walk *walk, struct level *level, const char *name)
{
    char path[PATH_MAX];
    char full[2 * PATH_MAX];
    char real[PATH_MAX];
    struct stat found;
    if (snprintf(path, sizeof path, "%s%s", level->path, name) >= (int)sizeof path - 1) {
        errno = ENAMETOOLONG;
        return explain(walk, level->path);
    }
    (void)snprintf(full, sizeof full, "%s/%s", walk->folder, path);
    if (realpath(full, real) == NULL || stat(real, &found) != 0) {
        if (errno == EACCES) {
            return explain(walk, full);
        }
        leave_out(walk->tree, path); // a link to nowhere
        return STATUS_OK;
    }
    if (!is_below(real, walk->root) || is_open(walk, real)) {
        leave_out(walk->tree, path);
        return STATUS_OK;
    }
    if (S_ISREG(found.st_mode)) {
        return add_file(walk, path, full, &found);
    }
    if (!S_ISDIR(found.st_mode)) {
        leave_out(walk->tree, path);
        return STATUS_OK;
    }
    (void)text_copy(path + strlen(path), sizeof path - strlen(path), "/");
    return open_level(walk, level + 1, path, full);
}

static enum status walk_levels(struct walk *walk, struct level *levels)
{
    enum status status = open_level(walk, &levels[0], "", walk->folder);
    unsigned start = walk->depth;
    while (status == STATUS_OK && walk->depth >= start) {
        struct level *level = &levels[walk->depth - 1];
        if (level->next == level->count) {
            close_level(walk, level);
            continue;
        }
        status = step(walk, level, level->names[level->next++]->d_name);
    }
    while (walk->depth > 0) {
        close_level(walk, &levels[walk->depth - 1]);
    }
    return status;
}

enum status tree_list(const char *folder, struct tree *tree, struct problem *problem)
{
    struct walk *walk = heap_new(sizeof *walk);
    struct level *levels = heap_new_array(DEPTH_MOST + 1, sizeof *levels);
    *tree = (struct tree){.files = heap_array_init(sizeof(struct tree_file))};
    walk->folder = folder;
    walk->tree = tree;
    walk->problem = problem;
    enum status status =
        realpath(folder, walk->root) == NULL ? explain(walk, folder) : walk_levels(walk, levels);
    if (status == STATUS_OK && tree->files.count == 0) {
        problem_set(problem, "there is no file in it");
        problem_set_place(problem, folder, 0, 0);
        status = STATUS_NOT_FOUND;
    }
    heap_free(levels);
    heap_free(walk);
    return status;
}

void tree_clear(struct tree *tree)
{
    for (size_t i = 0; i < tree->files.count; i++) {
        struct tree_file *file = heap_array_get(&tree->files, i);
        heap_free(file->path);
    }
    heap_array_clear(&tree->files);
    heap_free(tree->first_left_out);
    tree->first_left_out = NULL;
}
