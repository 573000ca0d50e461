// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite_image.h"

#include "model/image.h"
#include "store/sqlite_column.h"

void sqlite_image_bind(sqlite3_stmt *statement, const void *row)
{
    const struct image *image = row;
    rows_bind_number(statement, 1, image->id);
    rows_bind_text(statement, 2, image->name);
    rows_bind_text(statement, 3, image->family);
    rows_bind_text(statement, 4, image->description);
    rows_bind_text(statement, 5, image->kernel);
    rows_bind_text(statement, 6, image->initrd);
    rows_bind_text(statement, 7, image->arguments);
    rows_bind_number(statement, 8, image->size_bytes);
    rows_bind_number(statement, 9, image->file_count);
    rows_bind_time(statement, 10, image->created_s);
    rows_bind_text(statement, 11, image_kind_text(image->kind));
    rows_bind_number(statement, 12, image->starts);
    rows_bind_number(statement, 13, image->content_bytes);
    rows_bind_number(statement, 14, image->needs_bytes);
    rows_bind_text(statement, 15, image->medium);
    rows_bind_text(statement, 16, image->sha256);
    rows_bind_text(statement, 17, image_grade_text(image->grade));
    rows_bind_text(statement, 18, image->remark);
    for (int i = 0; i < IMAGE_EFI_COUNT; i++) {
        rows_bind_text(statement, 19 + i, image->efi_loader[i]);
    }
}

static bool image_read_medium(sqlite3_stmt *statement, struct image *image)
{
    for (int i = 0; i < IMAGE_EFI_COUNT; i++) {
        if (!rows_read_text(statement, 18 + i, image->efi_loader[i], sizeof image->efi_loader[i])) {
            return false;
        }
    }
    return rows_read_text(statement, 14, image->medium, sizeof image->medium) &&
           rows_read_text(statement, 15, image->sha256, sizeof image->sha256) &&
           image_grade_parse(rows_text(statement, 16), &image->grade) == STATUS_OK &&
           rows_read_text(statement, 17, image->remark, sizeof image->remark);
}

bool sqlite_image_read(sqlite3_stmt *statement, void *row)
{
    struct image *image = row;
    image->id = rows_read_number(statement, 0);
    image->size_bytes = rows_read_number(statement, 7);
    image->file_count = (uint32_t)rows_read_number(statement, 8);
    image->created_s = sqlite3_column_int64(statement, 9);
    image->starts = (uint8_t)rows_read_number(statement, 11);
    image->content_bytes = rows_read_number(statement, 12);
    image->needs_bytes = rows_read_number(statement, 13);
    return rows_read_text(statement, 1, image->name, sizeof image->name) &&
           rows_read_text(statement, 2, image->family, sizeof image->family) &&
           rows_read_text(statement, 3, image->description, sizeof image->description) &&
           rows_read_text(statement, 4, image->kernel, sizeof image->kernel) &&
           rows_read_text(statement, 5, image->initrd, sizeof image->initrd) &&
           rows_read_text(statement, 6, image->arguments, sizeof image->arguments) &&
           image_kind_parse(rows_text(statement, 10), &image->kind) == STATUS_OK &&
           image_read_medium(statement, image);
}

unsigned sqlite_image_method_count(const void *row)
{
    const struct image *image = row;
    return image->method_count;
}

void sqlite_image_method_bind(sqlite3_stmt *statement, const void *row, unsigned position)
{
    const struct image *image = row;
    const struct image_method *method = &image->methods[position];
    rows_bind_text(statement, 3, method->name);
    rows_bind_text(statement, 4, image_way_text(method->way));
    rows_bind_number(statement, 5, method->on);
    rows_bind_text(statement, 6, method->kernel);
    rows_bind_text(statement, 7, method->initrd);
    rows_bind_text(statement, 8, method->arguments);
    rows_bind_number(statement, 9, method->memory_bytes);
}

bool sqlite_image_method_read(sqlite3_stmt *statement, void *row)
{
    struct image *image = row;
    if (image->method_count == IMAGE_METHODS_MOST) {
        return false;
    }
    struct image_method *method = &image->methods[image->method_count++];
    method->on = (uint8_t)rows_read_number(statement, 2);
    method->memory_bytes = rows_read_number(statement, 6);
    return rows_read_text(statement, 0, method->name, sizeof method->name) &&
           image_way_parse(rows_text(statement, 1), &method->way) == STATUS_OK &&
           rows_read_text(statement, 3, method->kernel, sizeof method->kernel) &&
           rows_read_text(statement, 4, method->initrd, sizeof method->initrd) &&
           rows_read_text(statement, 5, method->arguments, sizeof method->arguments);
}
