// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_shell.h"

#include "base/text.h"

static void refuse(struct migration *migration, const struct shell_default_item *item)
{
    const char *what = item->name[0] == '\0' ? "this line" : item->name;
    if (item->status == STATUS_UNSUPPORTED) {
        migrate_remark(migration, MIGRATE_LEFT, what,
                       "only a shell can tell its value: write it out in a copy of the file, and read that");
    } else if (item->status == STATUS_TOO_LONG) {
        migrate_remark(migration, MIGRATE_LEFT, what, "its value is too long");
    } else if (item->name[0] == '\0') {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "it is neither a comment nor an assignment, NAME=\"value\"");
    } else {
        migrate_remark(migration, MIGRATE_FAULT, what,
                       "a quote is not closed, or something stands behind the value");
    }
}

void migrate_shell_read(struct migration *migration, const struct migrate_text *text,
                        const char *const names[], size_t count, struct migrate_shell_value values[])
{
    struct shell_default file = shell_default_init(text->bytes, text->count);
    struct shell_default_item item;
    while (shell_default_next(&file, &item)) {
        size_t which = text_find(item.name, names, count);
        migrate_at(migration, text->path, item.line);
        if (item.status != STATUS_OK) {
            refuse(migration, &item);
        } else if (which == count) {
            migrate_remark(migration, MIGRATE_LEFT, item.name, "no such variable is known");
        } else {
            if (values[which].line != 0) {
                migrate_remark(migration, MIGRATE_CHANGED, item.name,
                               "it takes the place of the one in line %u", values[which].line);
            }
            values[which].line = item.line;
            (void)text_copy(values[which].value, sizeof values[which].value, item.value);
        }
    }
}
