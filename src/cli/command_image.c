// SPDX-License-Identifier: GPL-3.0-or-later
// imprint image list, show, remove; adding one is command_image_add.c.
#include "cli/ask.h"
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/moment.h"
#include "cli/show.h"
#include "model/image.h"

#include <string.h>

// On which firmware it starts: "bios, uefi"; "" for what is not written to disks.
static char *print_starts(const json_t *image, char *out, size_t out_bytes)
{
    size_t position;
    json_t *start;
    struct text text;
    text_init(&text, out, out_bytes);
    json_array_foreach(fact_get(image, "starts"), position, start)
    {
        const char *word = json_string_value(start);
        text_add_format(&text, "%s%s", position == 0 ? "" : ", ", word == NULL ? "" : word);
    }
    return out;
}

static const char *describe(const json_t *image)
{
    const char *description = fact_text(image, "description");
    return description[0] == '\0' ? fact_text(image, "family") : description;
}

int command_image_list(struct call *call)
{
    static const struct table_column columns[] = {{"NAME", false, true},        {"KIND", false, false},
                                                  {"DESCRIPTION", false, true}, {"SIZE", true, false},
                                                  {"STARTS ON", false, true},   {"NEEDS", true, false},
                                                  {"ADDED", false, false}};
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
        char starts[64];
        table_add(&table, SCREEN_BOLD, fact_text(image, "name"));
        table_add(&table, SCREEN_PLAIN, fact_text(image, "kind"));
        table_add(&table, SCREEN_PLAIN, describe(image));
        table_add(&table, SCREEN_PLAIN, show_size(call, fact_number(image, "size_bytes"), size));
        table_add(&table, SCREEN_PLAIN, print_starts(image, starts, sizeof starts));
        int64_t needs = fact_number(image, "needs_bytes");
        table_add(&table, SCREEN_PLAIN, needs == 0 ? "" : show_size(call, needs, size));
        table_add(&table, SCREEN_PLAIN, show_time(call, fact_number(image, "created_s"), added));
    }
    return show_list(call, list, &table,
                     "there is no image yet: 'imprint image build', or 'imprint image add FILE'");
}

static const char *describe_kind(const char *kind)
{
    return strcmp(kind, "disk") == 0   ? "disk: a whole disk, byte for byte"
           : strcmp(kind, "root") == 0 ? "root: the files of a root file system"
           : strcmp(kind, "boot") == 0 ? "boot: a kernel and its initrd"
                                       : kind;
}

// Nothing for 0.
static void show_bytes(const struct call *call, const char *label, int64_t bytes)
{
    char size[MOMENT_TEXT_BYTES];
    if (bytes > 0) {
        show_field(call, label, SCREEN_PLAIN, moment_print_size((uint64_t)bytes, size));
    }
}

// "netboot on bios, uefi-x64: images/pxeboot/vmlinuz, from 2.0 GiB of memory on", one line for each.
static void show_methods(const struct call *call, const json_t *image)
{
    size_t position;
    json_t *method;
    json_array_foreach(fact_get(image, "methods"), position, method)
    {
        char size[MOMENT_TEXT_BYTES];
        int64_t memory = fact_number(method, "memory_bytes");
        show_field_format(call, "boots", "%s on %s: %s%s%s%s", fact_text(method, "name"),
                          fact_text(method, "on"), fact_text(method, "kernel"), memory > 0 ? ", from " : "",
                          memory > 0 ? moment_print_size((uint64_t)memory, size) : "",
                          memory > 0 ? " of memory on" : "");
    }
}

// What can be expected of it, and why.
static void show_grade(const struct call *call, const json_t *image)
{
    enum image_grade grade = IMAGE_GRADE_NONE;
    if (image_grade_parse(fact_text(image, "grade"), &grade) == STATUS_OK) {
        show_field(call, "grade", SCREEN_PLAIN, image_grade_sentence(grade));
    }
    show_field(call, "remark", SCREEN_PLAIN, fact_text(image, "remark"));
}

static void show_image(struct call *call, const json_t *image)
{
    char starts[64];
    char added[SHOW_TIME_BYTES];
    char size[MOMENT_TEXT_BYTES];
    show_field(call, "name", SCREEN_BOLD, fact_text(image, "name"));
    show_field(call, "family", SCREEN_PLAIN, fact_text(image, "family"));
    show_field(call, "description", SCREEN_PLAIN, fact_text(image, "description"));
    show_field(call, "kind", SCREEN_PLAIN, describe_kind(fact_text(image, "kind")));
    show_field(call, "starts on", SCREEN_PLAIN, print_starts(image, starts, sizeof starts));
    show_bytes(call, "contents", fact_number(image, "content_bytes"));
    show_bytes(call, "needs a disk", fact_number(image, "needs_bytes"));
    show_field(call, "kernel", SCREEN_PLAIN, fact_text(image, "kernel"));
    show_field(call, "initrd", SCREEN_PLAIN, fact_text(image, "initrd"));
    show_field(call, "arguments", SCREEN_PLAIN, fact_text(image, "arguments"));
    show_field(call, "medium", SCREEN_PLAIN, fact_text(image, "medium"));
    show_field(call, "SHA-256", SCREEN_PLAIN, fact_text(image, "sha256"));
    show_grade(call, image);
    show_methods(call, image);
    show_field_format(call, "size", "%s in %lld files",
                      moment_print_size((uint64_t)fact_number(image, "size_bytes"), size),
                      (long long)fact_number(image, "file_count"));
    show_field(call, "added", SCREEN_PLAIN, show_time(call, fact_number(image, "created_s"), added));
}

// What a boot of it sends to UEFI firmware, of each who signed it, and what that means for Secure Boot.
static void show_programs(const struct call *call, const json_t *image)
{
    size_t position;
    json_t *row;
    json_array_foreach(fact_get(image, "loaders"), position, row)
    {
        show_field_format(call, "loader", "%s on %s: %s%s", fact_text(row, "file"),
                          fact_text(row, "firmware"), fact_is(row, "ours") ? "imprint's own, since " : "",
                          fact_text(row, "why"));
    }
    json_array_foreach(fact_get(image, "efi"), position, row)
    {
        const char *accepts = fact_text(row, "accepts");
        const char *sbat = fact_text(row, "sbat");
        show_field_format(call, "efi program", "%s%s, %s, signed by %s%s%s%s%s", fact_text(row, "file"),
                          fact_is(row, "ours") ? " of imprint's own" : "", fact_text(row, "architecture"),
                          fact_text(row, "signed_by"), accepts[0] == '\0' ? "" : ", accepts ", accepts,
                          sbat[0] == '\0' ? "" : "; SBAT ", sbat);
    }
    json_array_foreach(fact_get(image, "secure_boot"), position, row)
    {
        show_field_format(call, "secure boot", "%s: %s", fact_text(row, "firmware"), fact_text(row, "text"));
    }
}

static void show_whole_image(struct call *call, const json_t *image)
{
    show_image(call, image);
    show_programs(call, image);
}

int command_image_show(struct call *call)
{
    const char *name = call->arguments[0];
    json_t *image = ask_name(call, "GET", "images", name, NULL, NULL);
    if (image != NULL && strcmp(fact_text(image, "kind"), "boot") == 0) {
        json_t *check = ask_name(call, "GET", "images", name, "check", NULL);
        if (check == NULL) {
            json_decref(image);
            return CLI_EXIT_REFUSED;
        }
        (void)json_object_set(image, "loaders", json_object_get(check, "loaders"));
        (void)json_object_set(image, "efi", json_object_get(check, "efi"));
        (void)json_object_set(image, "secure_boot", json_object_get(check, "secure_boot"));
        json_decref(check);
    }
    return show_one(call, image, show_whole_image);
}

static void show_faults(const struct call *call, const json_t *answer)
{
    size_t position;
    json_t *fault;
    FILE *out = call->out.out;
    const char *name = fact_text(answer, "name");
    const json_t *faults = fact_get(answer, "faults");
    if (json_array_size(faults) == 0) {
        (void)fprintf(out, "%s: all %lld files that its boot asks for are there\n", name,
                      (long long)fact_number(answer, "files"));
    }
    json_array_foreach(faults, position, fault)
    {
        bool is_error = strcmp(fact_text(fault, "severity"), "error") == 0;
        (void)fprintf(out, "%s: %s%s: %s\n  %s\n", name,
                      is_error ? "" : "warning: ", fact_text(fault, "file"), fact_text(fault, "text"),
                      fact_text(fault, "remedy"));
    }
    json_array_foreach(fact_get(answer, "secure_boot"), position, fault)
    {
        (void)fprintf(out, "%s: Secure Boot on %s: %s\n", name, fact_text(fault, "firmware"),
                      fact_text(fault, "text"));
    }
}

// Asks about one image, and says what was found. false: some machine will not boot it, or it is not there.
static bool verify(struct call *call, const char *name, json_t *answers)
{
    json_t *answer = ask_name(call, "GET", "images", name, "check", NULL);
    if (answer == NULL) {
        return false;
    }
    bool is_good = json_is_true(fact_get(answer, "good"));
    if (!call->is_json) {
        show_faults(call, answer);
    }
    json_array_append_new(answers, answer);
    return is_good;
}

int command_image_verify(struct call *call)
{
    size_t position;
    json_t *image;
    bool is_good = true;
    json_t *images = call->argument_count == 0 ? ask_list(call, "images", "images") : NULL;
    if (call->argument_count == 0 && images == NULL) {
        return CLI_EXIT_REFUSED;
    }
    json_t *answers = json_array();
    for (size_t i = 0; i < call->argument_count; i++) {
        is_good = verify(call, call->arguments[i], answers) && is_good;
    }
    json_array_foreach(images, position, image)
    {
        is_good = verify(call, fact_text(image, "name"), answers) && is_good;
    }
    if (call->is_json) {
        ask_print_json(call, answers);
    }
    json_decref(answers);
    json_decref(images);
    return is_good ? CLI_EXIT_OK : CLI_EXIT_REFUSED;
}

int command_image_remove(struct call *call)
{
    return show_each(call, &(struct show_each){"DELETE", "images", NULL, NULL, show_removed});
}
