// SPDX-License-Identifier: GPL-3.0-or-later
// How an image and the ways to boot it are written to SQLite and read back, for sqlite_rows.c only.
#pragma once

#include "base/compiler.h"

#include <sqlite3.h>

/// Fills the parameters of SQLITE_IMAGE_PUT from `row`, a struct image.
void sqlite_image_bind(sqlite3_stmt *statement, const void *row);

/// Fills the zeroed `row` from the columns of SQLITE_IMAGE_LOAD. false = a value that cannot be.
bool sqlite_image_read(sqlite3_stmt *statement, void *row);

/// How many methods `row` has.
unsigned sqlite_image_method_count(const void *row);

/// Fills the parameters of SQLITE_IMAGE_METHOD_PUT, from the third on, from method `position` of `row`.
void sqlite_image_method_bind(sqlite3_stmt *statement, const void *row, unsigned position);

/// Appends a method to `row` from the columns of SQLITE_IMAGE_METHOD_LOAD. false = a value that cannot be.
bool sqlite_image_method_read(sqlite3_stmt *statement, void *row);

#define SQLITE_IMAGE_COLUMNS                                                                                 \
    "id, name, family, description, kernel, initrd, arguments, size_bytes, file_count, created_s, kind,"     \
    " starts, content_bytes, needs_bytes, medium, sha256, grade, remark, efi_x64, efi_ia32, efi_arm64"
#define SQLITE_IMAGE_PUT                                                                                     \
    "INSERT INTO image(" SQLITE_IMAGE_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"  \
    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
#define SQLITE_IMAGE_LOAD "SELECT " SQLITE_IMAGE_COLUMNS " FROM image ORDER BY id"

#define SQLITE_IMAGE_METHOD_PUT                                                                              \
    "INSERT INTO image_method(image_id, position, name, way, firmware, kernel, initrd, arguments,"           \
    " memory_bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
#define SQLITE_IMAGE_METHOD_LOAD                                                                             \
    "SELECT name, way, firmware, kernel, initrd, arguments, memory_bytes FROM image_method"                  \
    " WHERE image_id = ?1 ORDER BY position"
