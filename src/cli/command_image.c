// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image list, show, remove; adding one is command_image_add.c.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"

int command_image_list(struct call *call)
{
    static const struct table_column columns[] = {{"NAME", false, true},        {"FAMILY", false, true},
                                                  {"DESCRIPTION", false, true}, {"SIZE", true, false},
                                                  {"FILES", true, false},       {"ADDED", false, false}};
    json_t *list = ask_list(call, "images", "images");
    if (list == NULL) {
        return CLI_EXIT_REFUSED;
    }
    struct table table;
    size_t position;
    json_t *image;
    table_init(&table, columns, COUNT_OF(columns));
    json_array_foreach(list, position, image)
    {
        char added[SHOW_TIME_BYTES];
        char size[MOMENT_TEXT_BYTES];
        table_add(&table, SCREEN_BOLD, fact_text(image, "name"));
        table_add(&table, SCREEN_PLAIN, fact_text(image, "family"));
        table_add(&table, SCREEN_PLAIN, fact_text(image, "description"));
        table_add(&table, SCREEN_PLAIN, show_size(call, fact_number(image, "size_bytes"), size));
        table_add_format(&table, SCREEN_PLAIN, "%lld", (long long)fact_number(image, "file_count"));
        table_add(&table, SCREEN_PLAIN, show_time(call, fact_number(image, "created_s"), added));
    }
    return show_list(call, list, &table, "there is no image yet: 'imprint image add NAME FOLDER'");
}

static void show_image(struct call *call, const json_t *image)
{
    char added[SHOW_TIME_BYTES];
    char size[MOMENT_TEXT_BYTES];
    show_field(call, "name", SCREEN_BOLD, fact_text(image, "name"));
    show_field(call, "family", SCREEN_PLAIN, fact_text(image, "family"));
    show_field(call, "description", SCREEN_PLAIN, fact_text(image, "description"));
    show_field(call, "kernel", SCREEN_PLAIN, fact_text(image, "kernel"));
    show_field(call, "initrd", SCREEN_PLAIN, fact_text(image, "initrd"));
    show_field(call, "arguments", SCREEN_PLAIN, fact_text(image, "arguments"));
    show_field_format(call, "size", "%s in %lld files",
                      moment_print_size((uint64_t)fact_number(image, "size_bytes"), size),
                      (long long)fact_number(image, "file_count"));
    show_field(call, "added", SCREEN_PLAIN, show_time(call, fact_number(image, "created_s"), added));
}

int command_image_show(struct call *call)
{
    return show_one(call, ask_name(call, "GET", "images", call->arguments[0], NULL, NULL), show_image);
}

int command_image_remove(struct call *call)
{
    return show_each(call, &(struct show_each){"DELETE", "images", NULL, NULL, show_removed});
}
