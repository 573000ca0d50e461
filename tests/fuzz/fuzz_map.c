// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/map.h"
#include "fuzz/fuzz.h"

static bool has_file(void *context, const char *name)
{
    (void)context;
    return strlen(name) % 2 == 0;
}

static void count_step(void *context, const struct map_step *step)
{
    unsigned *steps = context;
    fuzz_must(step->line != 0 && step->name != NULL && step->rule != NULL);
    fuzz_must(++*steps <= 4 * MAP_STEPS_MOST + MAP_RULES_MOST * MAP_STEPS_MOST);
}

// The first line is the name that is asked for, the others are the map file.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = fuzz_string(data, size);
    size_t first = strcspn(string, "\n");
    char *name = fuzz_string(data, first);
    const char *rules = first < size ? string + first + 1 : string + first;
    size_t length = first < size ? size - first - 1 : 0;
    struct problem problem = {0};
    struct map *map = map_parse(rules, length, "rules", &problem);
    if (map == NULL) {
        fuzz_must(problem_is_set(&problem) && problem.file[0] != '\0');
    }
    for (int is_put = 0; map != NULL && is_put < 2; is_put++) {
        char out[MAP_NAME_BYTES];
        char again[MAP_NAME_BYTES];
        unsigned steps = 0;
        struct map_question question = {.name = name,
                                        .client = ip_from_ip4((struct ip4){0xc00002a9}),
                                        .is_put = is_put != 0,
                                        .has_file = has_file,
                                        .traced = count_step,
                                        .context = &steps};
        enum status status = map_apply(map, &question, out, &problem);
        fuzz_must(status == STATUS_OK || status == STATUS_DENIED || status == STATUS_CONFLICT);
        fuzz_must(status != STATUS_CONFLICT || problem_is_set(&problem));
        question.traced = NULL;
        fuzz_must(map_apply(map, &question, again, &problem) == status);
        fuzz_must(status == STATUS_CONFLICT || strcmp(out, again) == 0);
    }
    map_free(map);
    free(string);
    free(name);
    return 0;
}
