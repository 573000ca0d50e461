// SPDX-License-Identifier: GPL-3.0-or-later
#include "catalog/match.h"

#include "base/text.h"
#include "catalog/unknown.h"
#include "io/heap.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CATALOG_GENERIC "linux" // the family that only knows kernels by their usual names

struct catalog {
    size_t count;
    size_t own; // where the administrator's own families begin
    struct family families[CATALOG_FAMILIES_MOST];
};

/// Prints "DIRECTORY/FOLDER/FILE", or says that it is too long.
static bool catalog_print_path(char out[FAMILY_FILE_BYTES], const char *directory, const char *folder,
                               const char *file)
{
    struct text text;
    text_init(&text, out, FAMILY_FILE_BYTES);
    text_add_format(&text, "%s/%s/%s", directory, folder, file);
    return !text.cut;
}

static void catalog_find_example(struct family *family, const char *directory)
{
    char name[IMAGE_NAME_BYTES + 16];
    snprintf(name, sizeof name, "%s.mustache", family->answer_file);
    bool is_there = family->answer_file[0] != '\0' &&
                    catalog_print_path(family->example, directory, family->name, name) &&
                    access(family->example, R_OK) == 0;
    if (!is_there) {
        family->example[0] = '\0';
    }
}

/// Adds the family in `folder`; a folder without family.yaml is none.
static enum status catalog_add(struct catalog *catalog, const char *directory, const char *folder,
                               struct problem *problem)
{
    char file[FAMILY_FILE_BYTES];
    if (!catalog_print_path(file, directory, folder, "family.yaml") || access(file, F_OK) != 0) {
        return STATUS_OK;
    }
    if (catalog->count == CATALOG_FAMILIES_MOST) {
        problem_set(problem, "there are more than %d families of systems", CATALOG_FAMILIES_MOST);
        problem_set_place(problem, directory, 0, 0);
        return STATUS_FULL;
    }
    struct family *family = &catalog->families[catalog->count];
    enum status status = family_load(file, family, problem);
    if (status == STATUS_OK && strcmp(family->name, folder) != 0) {
        problem_set(problem, "the family \"%s\" must lie in a folder of that name", family->name);
        problem_set_place(problem, file, 0, 0);
        status = STATUS_CONFLICT;
    }
    if (status == STATUS_OK) {
        catalog_find_example(family, directory);
        catalog->count++;
    }
    return status;
}

// Takes the family called as the last one is out of those before it.
static void catalog_replace(struct catalog *catalog)
{
    const struct family *last = &catalog->families[catalog->count - 1];
    for (size_t i = 0; i + 1 < catalog->count; i++) {
        if (strcmp(catalog->families[i].name, last->name) == 0) {
            memmove(&catalog->families[i], &catalog->families[i + 1],
                    (catalog->count - i - 1) * sizeof catalog->families[0]);
            catalog->count--;
            catalog->own--;
            return;
        }
    }
}

static int catalog_is_folder(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int catalog_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

struct catalog *catalog_new(const char *directory, struct problem *problem)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(directory, &entries, catalog_is_folder, catalog_order);
    if (entry_count < 0) {
        problem_set(problem, "the catalogue of systems cannot be read: %s", strerror(errno));
        problem_set_place(problem, directory, 0, 0);
        return NULL;
    }
    struct catalog *catalog = heap_new(sizeof *catalog);
    enum status status = STATUS_OK;
    for (int i = 0; i < entry_count; i++) {
        if (status == STATUS_OK) {
            status = catalog_add(catalog, directory, entries[i]->d_name, problem);
        }
        free(entries[i]);
    }
    free(entries);
    if (status != STATUS_OK) {
        catalog_free(catalog);
        return NULL;
    }
    catalog->own = catalog->count;
    return catalog;
}

void catalog_add_own(struct catalog *catalog, const char *directory,
                     void (*told)(void *context, const struct problem *problem), void *context)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(directory, &entries, catalog_is_folder, catalog_order);
    for (int i = 0; i < entry_count; i++) {
        struct problem problem;
        problem_clear(&problem);
        size_t before = catalog->count;
        if (catalog_add(catalog, directory, entries[i]->d_name, &problem) != STATUS_OK) {
            told(context, &problem);
        } else if (catalog->count > before) {
            catalog_replace(catalog);
        }
        free(entries[i]);
    }
    free(entries);
}

void catalog_free(struct catalog *taken_catalog)
{
    heap_free(taken_catalog);
}

size_t catalog_count(const struct catalog *catalog)
{
    return catalog->count;
}

const struct family *catalog_get(const struct catalog *catalog, size_t index)
{
    assert(index < catalog->count);
    return &catalog->families[index];
}

const struct family *catalog_find(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        if (strcmp(catalog->families[i].name, name) == 0) {
            return &catalog->families[i];
        }
    }
    return NULL;
}

static void catalog_refuse(const struct catalog *catalog, const char *told, struct problem *problem)
{
    char names[PROBLEM_TEXT_BYTES / 2];
    struct text text;
    text_init(&text, names, sizeof names);
    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->families[i].tree_count != 0) {
            text_add_format(&text, "%s%s", text.length == 0 ? "" : ", ", catalog->families[i].name);
        }
    }
    problem_set(problem,
                "no system of the catalogue (%s%s) has its kernel and initrd among these files, and %s",
                names, text.cut ? " ..." : "", told);
    problem_set_remedy(problem, "name them with --kernel PATH --initrd PATH, relative to the folder");
}

// Whether `files` are a tree of `family`.
static bool catalog_match(const struct family *family, const struct catalog_files *files, struct image *image)
{
    for (uint8_t tree = 0; family != NULL && tree < family->tree_count; tree++) {
        if (match_tree(family, &family->trees[tree], files, image)) {
            return true;
        }
    }
    return false;
}

enum status catalog_recognise(const struct catalog *catalog, const struct catalog_files *files,
                              struct image *image, struct problem *problem)
{
    const struct family *generic = catalog_find(catalog, CATALOG_GENERIC);
    char told[PROBLEM_TEXT_BYTES / 2];
    struct text text;
    for (size_t i = 0; i < catalog->count; i++) {
        size_t at = (catalog->own + i) % catalog->count; // the administrator's own first
        const struct family *family = &catalog->families[at];
        bool comes_later = family == generic && at < catalog->own;
        if (!comes_later && catalog_match(family, files, image)) {
            return STATUS_OK;
        }
    }
    text_init(&text, told, sizeof told);
    if (unknown_recognise(files, image, &text) == STATUS_OK || catalog_match(generic, files, image)) {
        return STATUS_OK;
    }
    catalog_refuse(catalog, told, problem);
    return STATUS_NOT_FOUND;
}
