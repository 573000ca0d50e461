// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/problem.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void problem_clear(struct problem *problem)
{
    *problem = (struct problem){0};
}

void problem_set(struct problem *problem, const char *format, ...)
{
    if (problem == NULL || problem->text[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

void problem_set_remedy(struct problem *problem, const char *format, ...)
{
    if (problem == NULL || problem->remedy[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem->remedy, sizeof problem->remedy, format, arguments);
    va_end(arguments);
}

void problem_set_place(struct problem *problem, const char *file, unsigned line, unsigned column)
{
    if (problem == NULL || problem->file[0] != '\0') {
        return;
    }
    (void)text_copy(problem->file, sizeof problem->file, file);
    problem->line = line;
    problem->column = column;
}

bool problem_is_set(const struct problem *problem)
{
    return problem->text[0] != '\0';
}

char *problem_print(const struct problem *problem, char *out, size_t out_bytes)
{
    struct text text;
    text_init(&text, out, out_bytes);
    if (problem->file[0] != '\0') {
        text_add(&text, problem->file);
        if (problem->line != 0) {
            text_add_format(&text, ":%u", problem->line);
        }
        if (problem->column != 0) {
            text_add_format(&text, ":%u", problem->column);
        }
        text_add(&text, ": ");
    }
    text_add(&text, problem->text);
    if (problem->remedy[0] != '\0') {
        text_add(&text, "; ");
        text_add(&text, problem->remedy);
    }
    return out;
}
