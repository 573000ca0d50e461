// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/read.h"

#include "cli/ask.h"
#include "io/heap.h"

#include <errno.h>
#include <string.h>

static void refuse(const struct call *call, const char *path, const char *remedy, const char *what)
{
    struct problem problem;
    problem_clear(&problem);
    problem_set(&problem, "%s", what);
    problem_set_remedy(&problem, "%s", remedy);
    problem_set_place(&problem, path, 0, 0);
    ask_complain(call, &problem);
}

static void refuse_length(const struct call *call, const char *path, const char *remedy, size_t most)
{
    char what[64];
    (void)snprintf(what, sizeof what, "more than %zu KiB is too long", most / 1024);
    refuse(call, path, remedy, what);
}

json_t *read_text(const struct call *call, const char *path, size_t most, const char *remedy)
{
    char *text = heap_new(most + 1);
    FILE *file = fopen(path, "rbe");
    errno = file == NULL ? errno : 0;
    size_t bytes = file == NULL ? 0 : fread(text, 1, most + 1, file);
    int error = file == NULL || ferror(file) ? errno : 0;
    json_t *json = bytes > most ? NULL : json_stringn(text, bytes);
    if (error != 0) {
        refuse(call, path, "", strerror(error));
    } else if (bytes > most) {
        refuse_length(call, path, remedy, most);
    } else if (json == NULL || memchr(text, '\0', bytes) != NULL) {
        refuse(call, path, "save it as UTF-8", "this is not a text");
    } else {
        explicit_bzero(text, bytes);
        heap_free(text);
        (void)fclose(file);
        return json;
    }
    json_decref(json);
    heap_free(text);
    if (file != NULL) {
        (void)fclose(file);
    }
    return NULL;
}
