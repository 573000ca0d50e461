// SPDX-License-Identifier: GPL-3.0-or-later
// imprint agent build, show: the small Linux that writes images to disks. It is an image like any other, made
// here from Debian's kernel and our own program.
#include "cli/fact.h"
#include "cli/handlers.h"
#include "cli/image_upload.h"
#include "cli/moment.h"
#include "cli/show.h"
#include "fleet/agent_build.h"
#include "fleet/scratch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENT_IMAGE "agent"
#define PATH_BYTES  1024

static void say_step(void *context, const char *text)
{
    show_hint(context, "%s ...", text);
}

// Beside our own program, as a build leaves it, or where it is installed.
static bool find_program(const struct call *call, char *path, size_t path_bytes)
{
    static const char *const places[] = {"agent/imprint-agent", "src/agent/imprint-agent", "imprint-agent"};
    const char *variable = getenv("IMPRINT_AGENT");
    const char *named = call_option(call, "program");
    named = named == NULL && variable != NULL && variable[0] != '\0' ? variable : named;
    if (named != NULL) {
        return text_copy(path, path_bytes, named) == STATUS_OK;
    }
    char own[PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(own, '/');
    for (size_t i = 0; slash != NULL && i < COUNT_OF(places); i++) {
        *slash = '\0';
        (void)snprintf(path, path_bytes, "%s/%s", own, places[i]);
        if (access(path, R_OK) == 0) {
            return true;
        }
    }
    (void)snprintf(path, path_bytes, "%s/imprint-agent", IMPRINT_DATA_DIRECTORY);
    return access(path, R_OK) == 0;
}

// The image "agent" that is there, or NULL; `*is_asked` tells whether the daemon answered. Yours.
static json_t *find_agent(struct call *call, bool *is_asked)
{
    size_t position;
    json_t *image;
    json_t *found = NULL;
    json_t *list = ask_list(call, "images", "images");
    *is_asked = list != NULL;
    json_array_foreach(list, position, image)
    {
        if (strcmp(fact_text(image, "name"), AGENT_IMAGE) == 0) {
            found = json_incref(image);
        }
    }
    json_decref(list);
    return found;
}

static bool remove_old(struct call *call, json_t *taken_old)
{
    json_t *answer = taken_old == NULL ? NULL : ask_name(call, "DELETE", "images", AGENT_IMAGE, NULL, NULL);
    bool good = taken_old == NULL || answer != NULL;
    json_decref(answer);
    json_decref(taken_old);
    return good;
}

static void show_built(struct call *call, const json_t *image)
{
    (void)fprintf(call->out.out, "image %s is added: ", fact_text(image, "name"));
    screen_print_safe(call->out.out, fact_text(image, "description"), false);
    (void)fputc('\n', call->out.out);
}

static int build_in(struct call *call, const char *folder, const char *program)
{
    struct agent_built built;
    struct problem problem;
    char description[128];
    char sizes[3][MOMENT_TEXT_BYTES];
    bool is_asked = false;
    const struct agent_build_job job = {folder, program, call_has(call, "cloud"), say_step, call};
    problem_clear(&problem);
    if (agent_build(&job, &built, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return CLI_EXIT_REFUSED;
    }
    show_hint(call, "kernel %s, initramfs %s (%s of memory on the machine), %u modules",
              moment_print_size(built.kernel_bytes, sizes[0]),
              moment_print_size(built.initrd_bytes, sizes[1]),
              moment_print_size(built.unpacked_bytes, sizes[2]), built.module_count);
    (void)snprintf(description, sizeof description, "imprint agent %s, Linux %s", IMPRINT_VERSION,
                   built.kernel);
    json_t *old = find_agent(call, &is_asked);
    if (!is_asked || !remove_old(call, old)) {
        return CLI_EXIT_REFUSED;
    }
    const struct image_upload upload = {.name = AGENT_IMAGE, .folder = folder, .description = description};
    return show_one(call, image_upload_folder(call, &upload), show_built);
}

int command_agent_build(struct call *call)
{
    char program[PATH_BYTES * 2];
    struct scratch scratch;
    struct problem problem;
    bool is_asked = false;
    problem_clear(&problem);
    if (!find_program(call, program, sizeof program)) {
        ask_complain_text(call, "name it with --program FILE",
                          "the agent's program imprint-agent is not here");
        return CLI_EXIT_REFUSED;
    }
    json_decref(find_agent(call, &is_asked)); // is the daemon there at all?
    if (!is_asked) {
        return CLI_EXIT_REFUSED;
    }
    if (agent_build_check_program(program, &problem) != STATUS_OK ||
        scratch_open(&scratch, &problem) != STATUS_OK) {
        ask_complain(call, &problem);
        return CLI_EXIT_REFUSED;
    }
    int result = build_in(call, scratch.path, program);
    scratch_close(&scratch);
    return result;
}

static void show_agent(struct call *call, const json_t *image)
{
    char added[SHOW_TIME_BYTES];
    char size[MOMENT_TEXT_BYTES];
    char mine[64];
    const char *description = fact_text(image, "description");
    (void)snprintf(mine, sizeof mine, "imprint agent %s,", IMPRINT_VERSION);
    bool is_mine = text_starts(description, mine);
    show_field(call, "image", SCREEN_BOLD, fact_text(image, "name"));
    show_field(call, "what", SCREEN_PLAIN, description);
    show_field(call, "size", SCREEN_PLAIN,
               moment_print_size((uint64_t)fact_number(image, "size_bytes"), size));
    show_field(call, "arguments", SCREEN_PLAIN, fact_text(image, "arguments"));
    show_field(call, "built", SCREEN_PLAIN, show_time(call, fact_number(image, "created_s"), added));
    show_field(call, "state", is_mine ? SCREEN_GOOD : SCREEN_WARN,
               is_mine ? "from this version of imprint" : "from another version of imprint");
    if (!is_mine) {
        show_hint(call, "make it anew: 'imprint agent build'");
    }
}

int command_agent_show(struct call *call)
{
    bool is_asked = false;
    json_t *image = find_agent(call, &is_asked);
    if (is_asked && image == NULL) {
        ask_complain_text(call, "make it: 'imprint agent build'", "there is no agent yet");
    }
    return show_one(call, image, show_agent);
}
