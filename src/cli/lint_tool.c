// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lint_tool.h"

#include "fleet/process.h"
#include "fleet/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE   "60" // seconds
#define LINES_MOST 8    // of what a checker says

static const struct lint_tool {
    enum lint_format format;
    const char *file;     // as it is called there
    const char *words[5]; // behind which the file's path goes
} TOOLS[] = {
    {LINT_KICKSTART, "ks.cfg", {"ksvalidator"}},
    {LINT_PRESEED, "preseed.cfg", {"debconf-set-selections", "--checkonly"}},
    {LINT_CLOUD, "user-data", {"cloud-init", "schema", "--config-file"}},
    {LINT_AUTOYAST, "autoinst.xml", {"xmllint", "--noout", "--nonet"}},
    {LINT_IGNITION, "config.ign", {"ignition-validate"}},
    {LINT_GRUB, "grub.cfg", {"grub-script-check"}},
};

static const struct lint_tool *find_tool(enum lint_format format)
{
    for (size_t i = 0; i < COUNT_OF(TOOLS); i++) {
        if (TOOLS[i].format == format) {
            return &TOOLS[i];
        }
    }
    return NULL;
}

const char *lint_tool_name(enum lint_format format)
{
    const struct lint_tool *tool = find_tool(format);
    return tool == NULL ? NULL : tool->words[0];
}

struct listening {
    const struct lint_tool *tool;
    const char *path;
    char lines[LINES_MOST][LINT_TEXT_BYTES];
    unsigned count;
};

// The path of our file says nothing to anybody.
static void hear(void *context, const char *line)
{
    struct listening *listening = context;
    const char *path = strstr(line, listening->path);
    line += strspn(line, " \t");
    if (*line == '\0' || listening->count == LINES_MOST) {
        return;
    }
    struct text text;
    text_init(&text, listening->lines[listening->count++], LINT_TEXT_BYTES);
    if (path != NULL) {
        text_add_bytes(&text, line, (size_t)(path - line));
        text_add(&text, listening->tool->file);
        line = path + strlen(listening->path);
    }
    text_add(&text, line);
}

static bool write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wbex"); // the folder is nobody else's
    bool good = file != NULL && fwrite(text, 1, length, file) == length;
    return file != NULL && fclose(file) == 0 && good;
}

static void run(const struct lint_tool *tool, const char *folder, const char *path, struct lint *lint)
{
    const char *words[PROCESS_WORDS_MOST] = {"timeout", "--kill-after=5", PATIENCE};
    size_t count = 3;
    for (size_t i = 0; i < COUNT_OF(tool->words) && tool->words[i] != NULL; i++) {
        words[count++] = tool->words[i];
    }
    words[count] = path;
    struct problem problem;
    struct listening listening = {.tool = tool, .path = path};
    const struct process_job job = {.words = words, .folder = folder, .line = hear, .context = &listening};
    problem_clear(&problem);
    if (process_run(&job, &problem) == STATUS_OK) {
        return;
    }
    for (unsigned i = 0; i < listening.count; i++) {
        lint_add(lint, LINT_TOOL_SAYS, 0, "%s: %.*s", tool->words[0], LINT_TEXT_BYTES - 32,
                 listening.lines[i]);
    }
    if (listening.count == 0) {
        lint_add(lint, LINT_TOOL_WARNS, 0, "%s: %.*s", tool->words[0], LINT_TEXT_BYTES - 32, problem.text);
    }
}

const char *lint_tool_run(enum lint_format format, const char *text, size_t length, struct lint *lint)
{
    const struct lint_tool *tool = find_tool(format);
    struct scratch scratch;
    struct problem problem;
    char path[SCRATCH_PATH_BYTES + 32];
    problem_clear(&problem);
    if (tool == NULL || !process_is_there(tool->words[0])) {
        return NULL;
    }
    if (scratch_open(&scratch, &problem) != STATUS_OK) {
        lint_add(lint, LINT_TOOL_WARNS, 0, "%s: %.*s", tool->words[0], LINT_TEXT_BYTES - 32, problem.text);
        return tool->words[0];
    }
    (void)snprintf(path, sizeof path, "%s/%s", scratch.path, tool->file);
    if (write_file(path, text, length)) {
        run(tool, scratch.path, path, lint);
    } else {
        lint_add(lint, LINT_TOOL_WARNS, 0, "%s: %s", tool->words[0], strerror(errno));
    }
    scratch_close(&scratch);
    return tool->words[0];
}
