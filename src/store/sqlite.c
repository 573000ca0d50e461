// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite.h"

#include "io/heap.h"
#include "store/schema.h"
#include "store/sqlite_file.h"
#include "store/sqlite_rows.h"

#include <stdio.h>
#include <string.h>

#define SQLITE_BUSY_MS 250 // how long another program's lock may hold up a commit

struct sqlite_statements {
    sqlite3_stmt *put;
    sqlite3_stmt *remove;
    sqlite3_stmt *load;
    sqlite3_stmt *part_put; // NULL when the kind has no parts
    sqlite3_stmt *part_load;
};

struct sqlite {
    struct journal journal; // first, so that a journal is one of these
    sqlite3 *database;
    int lock_fd;
    bool is_lazy; // transactions do not wait for the disk now
    struct sqlite_statements kinds[STORE_KIND_COUNT];
    sqlite3_stmt *put_last_id;
    sqlite3_stmt *load_last_id;
    char path[];
};

static struct sqlite *sqlite_from(struct journal *journal)
{
    return (struct sqlite *)(void *)journal;
}

/// Says what SQLite's last error means for a person.
static enum status sqlite_fail(const struct sqlite *sqlite, struct problem *problem)
{
    int code = sqlite3_extended_errcode(sqlite->database);
    sqlite_file_explain(sqlite->path, code, sqlite3_errmsg(sqlite->database),
                        sqlite3_system_errno(sqlite->database), problem);
    return STATUS_IO;
}

static enum status sqlite_run(const struct sqlite *sqlite, const char *sql, struct problem *problem)
{
    return sqlite3_exec(sqlite->database, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK
                                                                              : sqlite_fail(sqlite, problem);
}

/// Runs a statement that yields no rows and makes it ready for the next time.
static enum status sqlite_finish(const struct sqlite *sqlite, sqlite3_stmt *statement,
                                 struct problem *problem)
{
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;
    enum status status = is_done ? STATUS_OK : sqlite_fail(sqlite, problem);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

static enum status sqlite_begin(struct journal *journal, bool is_lazy, struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    if (sqlite->is_lazy != is_lazy) {
        // In a write-ahead log NORMAL keeps everything whole, and a later sync of the log covers it.
        enum status status = sqlite_run(
            sqlite, is_lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", problem);
        if (status != STATUS_OK) {
            return status;
        }
        sqlite->is_lazy = is_lazy;
    }
    return sqlite_run(sqlite, "BEGIN IMMEDIATE", problem);
}

static enum status sqlite_end(struct journal *journal, struct problem *problem)
{
    return sqlite_run(sqlite_from(journal), "COMMIT", problem);
}

static void sqlite_abandon(struct journal *journal)
{
    struct sqlite *sqlite = sqlite_from(journal);
    if (sqlite3_get_autocommit(sqlite->database) == 0) { // else the failure has rolled back already
        (void)sqlite3_exec(sqlite->database, "ROLLBACK", NULL, NULL, NULL);
    }
}

static enum status sqlite_put_parts(struct sqlite *sqlite, enum store_kind kind, const void *row,
                                    struct problem *problem)
{
    const struct sqlite_rows *rows = sqlite_rows_get(kind);
    sqlite3_stmt *put = sqlite->kinds[kind].part_put;
    enum status status = STATUS_OK;
    uint64_t id = *(const uint64_t *)row; // kinds with parts begin with their id
    for (unsigned i = 0; i < rows->part_count(row) && status == STATUS_OK; i++) {
        (void)sqlite3_bind_int64(put, 1, (sqlite3_int64)id);
        (void)sqlite3_bind_int64(put, 2, i);
        rows->part_bind(put, row, i);
        status = sqlite_finish(sqlite, put, problem);
    }
    return status;
}

static enum status sqlite_put(struct journal *journal, enum store_kind kind, const void *row,
                              struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    sqlite3_stmt *put = sqlite->kinds[kind].put;
    sqlite_rows_get(kind)->bind(put, row);
    enum status status = sqlite_finish(sqlite, put, problem);
    if (status == STATUS_OK && sqlite->kinds[kind].part_put != NULL) {
        status = sqlite_put_parts(sqlite, kind, row, problem);
    }
    return status;
}

static enum status sqlite_remove(struct journal *journal, enum store_kind kind, uint64_t id,
                                 struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    (void)sqlite3_bind_int64(sqlite->kinds[kind].remove, 1, (sqlite3_int64)id);
    return sqlite_finish(sqlite, sqlite->kinds[kind].remove, problem);
}

static enum status sqlite_put_last_id(struct journal *journal, enum store_kind kind, uint64_t last_id,
                                      struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    (void)sqlite3_bind_int(sqlite->put_last_id, 1, (int)kind);
    (void)sqlite3_bind_int64(sqlite->put_last_id, 2, (sqlite3_int64)last_id);
    return sqlite_finish(sqlite, sqlite->put_last_id, problem);
}

static enum status sqlite_load_last_id(struct journal *journal, enum store_kind kind, uint64_t *last_id,
                                       struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    (void)sqlite3_bind_int(sqlite->load_last_id, 1, (int)kind);
    int code = sqlite3_step(sqlite->load_last_id);
    *last_id = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(sqlite->load_last_id, 0) : 0;
    enum status status = code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : sqlite_fail(sqlite, problem);
    (void)sqlite3_reset(sqlite->load_last_id);
    return status;
}

static enum status sqlite_refuse_row(const struct sqlite *sqlite, enum store_kind kind, int64_t id,
                                     struct problem *problem)
{
    problem_set(problem, "the database %s is damaged: row %lld of its table %s holds an impossible value",
                sqlite->path, (long long)id, sqlite_rows_get(kind)->table);
    problem_set_remedy(problem, "restore it from a backup, or move it away to begin with an empty one");
    return STATUS_MALFORMED;
}

static enum status sqlite_load_parts(struct sqlite *sqlite, enum store_kind kind, int64_t id, void *row,
                                     struct problem *problem)
{
    sqlite3_stmt *load = sqlite->kinds[kind].part_load;
    enum status status = STATUS_OK;
    (void)sqlite3_bind_int64(load, 1, id);
    int code;
    while (status == STATUS_OK && (code = sqlite3_step(load)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            status = sqlite_fail(sqlite, problem);
        } else if (!sqlite_rows_get(kind)->part_read(load, row)) {
            status = sqlite_refuse_row(sqlite, kind, id, problem);
        }
    }
    (void)sqlite3_reset(load);
    return status;
}

/// Reads the row that the load statement stands on into the zeroed `row`.
static enum status sqlite_load_row(struct sqlite *sqlite, enum store_kind kind, void *row,
                                   struct problem *problem)
{
    sqlite3_stmt *load = sqlite->kinds[kind].load;
    int64_t id = sqlite3_column_int64(load, 0);
    if (id <= 0 || !sqlite_rows_get(kind)->read(load, row)) {
        return sqlite_refuse_row(sqlite, kind, id, problem);
    }
    return sqlite->kinds[kind].part_load == NULL ? STATUS_OK
                                                 : sqlite_load_parts(sqlite, kind, id, row, problem);
}

static enum status sqlite_load(struct journal *journal, enum store_kind kind,
                               void (*take)(void *context, const void *row), void *context,
                               struct problem *problem)
{
    struct sqlite *sqlite = sqlite_from(journal);
    sqlite3_stmt *load = sqlite->kinds[kind].load;
    size_t row_bytes = sqlite_rows_get(kind)->row_bytes;
    void *row = heap_new(row_bytes);
    enum status status = STATUS_OK;
    int code;
    while (status == STATUS_OK && (code = sqlite3_step(load)) != SQLITE_DONE) {
        memset(row, 0, row_bytes);
        status =
            code == SQLITE_ROW ? sqlite_load_row(sqlite, kind, row, problem) : sqlite_fail(sqlite, problem);
        if (status == STATUS_OK) {
            take(context, row);
        }
    }
    (void)sqlite3_reset(load);
    explicit_bzero(row, row_bytes); // hashes of passwords
    heap_free(row);
    return status;
}

static void sqlite_close_journal(struct journal *taken_journal)
{
    struct sqlite *sqlite = sqlite_from(taken_journal);
    for (int kind = 0; kind < STORE_KIND_COUNT; kind++) {
        struct sqlite_statements *statements = &sqlite->kinds[kind];
        (void)sqlite3_finalize(statements->put);
        (void)sqlite3_finalize(statements->remove);
        (void)sqlite3_finalize(statements->load);
        (void)sqlite3_finalize(statements->part_put);
        (void)sqlite3_finalize(statements->part_load);
    }
    (void)sqlite3_finalize(sqlite->put_last_id);
    (void)sqlite3_finalize(sqlite->load_last_id);
    (void)sqlite3_close(sqlite->database);
    sqlite_file_unlock(sqlite->lock_fd);
    heap_free(sqlite);
}

/// The number that a pragma or query yields, or -1.
static int64_t sqlite_ask(const struct sqlite *sqlite, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t answer = -1;
    if (sqlite3_prepare_v2(sqlite->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        answer = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return answer;
}

/// Whether the file is ours to use: empty, or made by an imprint that is not newer than this one.
static enum status sqlite_check_version(const struct sqlite *sqlite, int64_t *version,
                                        struct problem *problem)
{
    int64_t tables = sqlite_ask(sqlite, "SELECT count(*) FROM sqlite_schema");
    if (tables < 0) {
        return sqlite_fail(sqlite, problem);
    }
    *version = sqlite_ask(sqlite, "PRAGMA user_version");
    if (tables != 0 && sqlite_ask(sqlite, "PRAGMA application_id") != SCHEMA_APPLICATION_ID) {
        problem_set(problem, "the database %s belongs to another program", sqlite->path);
        problem_set_remedy(problem, "give imprint a file of its own");
        return STATUS_CONFLICT;
    }
    if (*version < 0 || *version > (int64_t)COUNT_OF(SCHEMA_MIGRATIONS)) {
        problem_set(problem,
                    "the database %s was made by a newer imprint: its version is %lld, this one knows %zu",
                    sqlite->path, (long long)*version, COUNT_OF(SCHEMA_MIGRATIONS));
        problem_set_remedy(problem,
                           "install that imprint again, or restore the backup made before the upgrade");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

/// Runs the migrations that the file lacks, all in one transaction.
static enum status sqlite_migrate(struct sqlite *sqlite, int64_t version, struct problem *problem)
{
    char pragma[96];
    if (version == (int64_t)COUNT_OF(SCHEMA_MIGRATIONS)) {
        return STATUS_OK;
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %zu",
                   SCHEMA_APPLICATION_ID, COUNT_OF(SCHEMA_MIGRATIONS));
    enum status status = sqlite_begin(&sqlite->journal, false, problem);
    for (size_t i = (size_t)version; i < COUNT_OF(SCHEMA_MIGRATIONS) && status == STATUS_OK; i++) {
        status = sqlite_run(sqlite, SCHEMA_MIGRATIONS[i], problem);
    }
    if (status == STATUS_OK) {
        status = sqlite_run(sqlite, pragma, problem);
    }
    if (status == STATUS_OK) {
        status = sqlite_end(&sqlite->journal, problem);
    }
    if (status != STATUS_OK) {
        sqlite_abandon(&sqlite->journal);
    }
    return status;
}

static enum status sqlite_check_pages(const struct sqlite *sqlite, struct problem *problem)
{
    sqlite3_stmt *statement = NULL;
    bool is_sound =
        sqlite3_prepare_v2(sqlite->database, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    if (!is_sound) {
        sqlite_file_explain(sqlite->path, SQLITE_CORRUPT, "its check failed", 0, problem);
    }
    (void)sqlite3_finalize(statement);
    return is_sound ? STATUS_OK : STATUS_MALFORMED;
}

static enum status sqlite_prepare(const struct sqlite *sqlite, const char *sql, sqlite3_stmt **statement,
                                  struct problem *problem)
{
    if (sql == NULL) {
        return STATUS_OK;
    }
    int code = sqlite3_prepare_v3(sqlite->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return code == SQLITE_OK ? STATUS_OK : sqlite_fail(sqlite, problem);
}

static enum status sqlite_prepare_all(struct sqlite *sqlite, struct problem *problem)
{
    for (int kind = 0; kind < STORE_KIND_COUNT; kind++) {
        const struct sqlite_rows *rows = sqlite_rows_get((enum store_kind)kind);
        struct sqlite_statements *statements = &sqlite->kinds[kind];
        if (sqlite_prepare(sqlite, rows->put, &statements->put, problem) != STATUS_OK ||
            sqlite_prepare(sqlite, rows->remove, &statements->remove, problem) != STATUS_OK ||
            sqlite_prepare(sqlite, rows->load, &statements->load, problem) != STATUS_OK ||
            sqlite_prepare(sqlite, rows->part_put, &statements->part_put, problem) != STATUS_OK ||
            sqlite_prepare(sqlite, rows->part_load, &statements->part_load, problem) != STATUS_OK) {
            return STATUS_IO;
        }
    }
    enum status status = sqlite_prepare(sqlite, "INSERT OR REPLACE INTO last_id(kind, id) VALUES(?1, ?2)",
                                        &sqlite->put_last_id, problem);
    return status == STATUS_OK ? sqlite_prepare(sqlite, "SELECT id FROM last_id WHERE kind = ?1",
                                                &sqlite->load_last_id, problem)
                               : status;
}

static enum status sqlite_start(struct sqlite *sqlite, struct problem *problem)
{
    int64_t version = 0;
    int code = sqlite3_open_v2(sqlite->path, &sqlite->database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK) {
        return sqlite_fail(sqlite, problem);
    }
    (void)sqlite3_busy_timeout(sqlite->database, SQLITE_BUSY_MS);
    enum status status = sqlite_check_version(sqlite, &version, problem);
    if (status == STATUS_OK) {
        status = sqlite_run(sqlite,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                            "PRAGMA cache_size = -2048; PRAGMA trusted_schema = OFF",
                            problem);
    }
    if (status == STATUS_OK) {
        status = sqlite_migrate(sqlite, version, problem);
    }
    if (status == STATUS_OK) {
        status = sqlite_check_pages(sqlite, problem);
    }
    return status == STATUS_OK ? sqlite_prepare_all(sqlite, problem) : status;
}

struct journal *sqlite_open(const char *path, struct problem *problem)
{
    static const struct journal FUNCTIONS = {
        .begin = sqlite_begin,
        .put = sqlite_put,
        .remove = sqlite_remove,
        .put_last_id = sqlite_put_last_id,
        .end = sqlite_end,
        .abandon = sqlite_abandon,
        .load = sqlite_load,
        .load_last_id = sqlite_load_last_id,
        .close = sqlite_close_journal,
    };
    int lock_fd = sqlite_file_lock(path, problem);
    if (lock_fd < 0) {
        return NULL;
    }
    struct sqlite *sqlite = heap_new(sizeof *sqlite + strlen(path) + 1);
    sqlite->journal = FUNCTIONS;
    sqlite->lock_fd = lock_fd;
    memcpy(sqlite->path, path, strlen(path) + 1);
    if (sqlite_file_create(path, problem) != STATUS_OK || sqlite_start(sqlite, problem) != STATUS_OK) {
        sqlite_close_journal(&sqlite->journal);
        return NULL;
    }
    sqlite_file_sync_folder(path);
    return &sqlite->journal;
}
