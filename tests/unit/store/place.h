// SPDX-License-Identifier: GPL-3.0-or-later
// A folder with a database of its own, for one test.
#pragma once

#include "store/store.h"
#include "unit/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    char folder[64];
    char path[96];
};

/// Makes a folder for a database.
static inline int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/imprint-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof place->path, "%s/imprint.db", place->folder);
    *state = place;
    return 0;
}

/// Removes it and what a store leaves there.
static inline int remove_place(void **state)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm", "-journal", "-leases-1", "-leases-2", ".lock"};
    struct place *place = *state;
    char name[128];
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        (void)snprintf(name, sizeof name, "%s%s", place->path, ENDINGS[i]);
        (void)unlink(name);
    }
    int failed = rmdir(place->folder);
    free(place);
    return failed;
}

/// The store there, opened.
static inline struct store *open_store(const struct place *place)
{
    struct problem problem = {0};
    struct store *store = store_open(place->path, &problem);
    if (store == NULL) {
        fail_msg("%s; %s", problem.text, problem.remedy);
    }
    return store;
}

/// Commits, closes and opens again.
static inline struct store *reopen_store(const struct place *place, struct store *store)
{
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
    return open_store(place);
}

/// Runs statements behind the store's back.
static inline void run_sql(const struct place *place, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(place->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/// The number that a query yields.
static inline int64_t ask_sql(const struct place *place, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(place->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t answer = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return answer;
}
