// SPDX-License-Identifier: GPL-3.0-or-later
// Profiles in memory: found by name. Each row owns its answer template, ssh keys and script.
#include "store/memory.h"

#include <string.h>

static struct row_table *profile_table(const struct store *store)
{
    return store->tables[STORE_PROFILE];
}

static uint32_t profile_find_row(const struct store *store, const char *name)
{
    uint32_t hash = store_hash(store, name, strlen(name));
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->profile_by_name, hash, &tries)) != ROW_NONE;) {
        const struct profile *profile = row_table_get(profile_table(store), row);
        if (strcmp(profile->name, name) == 0) {
            break;
        }
    }
    return row;
}

void memory_free_text(const char *taken_text)
{
    union {
        const char *borrowed;
        char *owned;
    } text = {taken_text};
    if (taken_text != NULL) {
        explicit_bzero(text.owned, strlen(taken_text));
        heap_free(text.owned);
    }
}

/// Frees the texts that a row owns and wipes it, since it holds hashes of passwords too.
static void profile_wipe(struct profile *profile)
{
    memory_free_text(profile->answer);
    memory_free_text(profile->personal.ssh_keys);
    memory_free_text(profile->personal.script);
    explicit_bzero(profile, sizeof *profile);
}

static const char *copy_text(const char *text)
{
    return text == NULL ? NULL : heap_copy_text(text);
}

static void profile_write_row(struct store *store, uint32_t row, const struct profile *profile)
{
    struct profile *kept = row_table_get(profile_table(store), row);
    memcpy(kept, profile, sizeof *kept);
    kept->answer = NULL;
    kept->answer_bytes = 0;
    if (profile->answer != NULL) {
        char *answer = heap_new((size_t)profile->answer_bytes + 1);
        memcpy(answer, profile->answer, profile->answer_bytes);
        kept->answer = answer;
        kept->answer_bytes = profile->answer_bytes;
    }
    kept->personal.ssh_keys = copy_text(profile->personal.ssh_keys);
    kept->personal.script = copy_text(profile->personal.script);
    row_index_add(&store->profile_by_name, store_hash(store, kept->name, strlen(kept->name)), row);
}

static void profile_forget_name(struct store *store, uint32_t row)
{
    const struct profile *profile = row_table_get(profile_table(store), row);
    row_index_remove(&store->profile_by_name, store_hash(store, profile->name, strlen(profile->name)), row);
}

void memory_load_profile(void *store, const void *profile)
{
    const struct profile *loaded = profile;
    struct store *self = store;
    profile_write_row(self, row_table_add(profile_table(self), loaded->id), loaded);
}

void memory_clear_profiles(struct store *store)
{
    struct profile *profile;
    for (size_t at = 0; (profile = row_table_find_next(profile_table(store), &at)) != NULL;) {
        profile_wipe(profile);
    }
}

const char *memory_find_profile_of(const struct store *store, const char *name)
{
    const struct profile *profile;
    for (size_t at = 0; (profile = row_table_find_next(profile_table(store), &at)) != NULL;) {
        if (strcmp(profile->image, name) == 0) {
            return profile->name;
        }
    }
    return NULL;
}

void store_profile_each(const struct store *store, bool (*visit)(const struct profile *, void *),
                        void *context)
{
    const struct profile *profile;
    for (size_t at = 0; (profile = row_table_find_next(profile_table(store), &at)) != NULL;) {
        if (!visit(profile, context)) {
            return;
        }
    }
}

const struct profile *store_profile_find(const struct store *store, const char *name)
{
    uint32_t row = profile_find_row(store, name);
    return row == ROW_NONE ? NULL : row_table_get(profile_table(store), row);
}

static enum status profile_check(const struct store *store, const struct profile *profile,
                                 struct problem *problem)
{
    const struct profile *other = store_profile_find(store, profile->name);
    if (other != NULL && other->id != profile->id) {
        problem_set(problem, "there is a profile called '%s' already", profile->name);
        problem_set_remedy(problem, "imprint profile edit %s changes it; or choose another name",
                           profile->name);
        return STATUS_EXISTS;
    }
    if (profile->id != 0 && row_table_find(profile_table(store), profile->id) == ROW_NONE) {
        problem_set(problem, "the profile '%s' was removed meanwhile", profile->name);
        return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

enum status store_profile_put(struct store *store, struct profile *profile, struct problem *problem)
{
    struct row_table *table = profile_table(store);
    assert(profile->name[0] != '\0' && profile->value_count <= PROFILE_VALUES_MOST);
    enum status status = profile_check(store, profile, problem);
    if (status != STATUS_OK) {
        return status;
    }
    if (profile->id == 0) {
        profile->id = table->last_id + 1;
        profile_write_row(store, row_table_add(table, profile->id), profile);
    } else {
        uint32_t row = row_table_find(table, profile->id);
        struct profile old = *(struct profile *)row_table_get(table, row);
        profile_forget_name(store, row);
        profile_write_row(store, row, profile); // may copy the old texts, so those go last
        profile_wipe(&old);
    }
    row_table_mark(table, profile->id);
    return STATUS_OK;
}

enum status store_profile_remove(struct store *store, const char *name, struct problem *problem)
{
    uint64_t order;
    uint32_t row = profile_find_row(store, name);
    if (row == ROW_NONE) {
        problem_set(problem, "there is no profile called '%s'", name);
        return STATUS_NOT_FOUND;
    }
    if (memory_find_order_of(store, name, &order)) {
        problem_set(problem, "the profile '%s' is in use by order %llu", name, (unsigned long long)order);
        problem_set_remedy(problem, "imprint order cancel %llu", (unsigned long long)order);
        return STATUS_BUSY;
    }
    struct profile *profile = row_table_get(profile_table(store), row);
    uint64_t id = profile->id;
    profile_forget_name(store, row);
    profile_wipe(profile);
    row_table_remove(profile_table(store), row);
    row_table_mark(profile_table(store), id);
    return STATUS_OK;
}
