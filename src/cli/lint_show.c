// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lint_show.h"

#include "cli/fact.h"
#include "cli/lint_profile.h"
#include "cli/show.h"
#include "io/heap.h"

json_t *lint_show_json(const struct lint *lint)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < lint->count; i++) {
        const struct lint_finding *finding = &lint->findings[i];
        const struct lint_rule *rule = lint_get_rule(finding->rule);
        json_t *one = json_pack("{s:s, s:s, s:i, s:s, s:s}", "rule", rule->id, "severity",
                                lint_severity_text(rule->severity), "line", (int)finding->line, "sentence",
                                rule->sentence, "remedy", rule->remedy);
        json_object_set_new(one, "text", fact_from_text(finding->text));
        json_array_append_new(list, one);
    }
    return list;
}

void lint_show_text(const struct screen *screen, const char *place, const struct lint *lint,
                    enum lint_severity most)
{
    static const enum screen_paint PAINTS[] = {SCREEN_BAD, SCREEN_WARN, SCREEN_DIM};
    for (unsigned i = 0; i < lint->count; i++) {
        const struct lint_finding *finding = &lint->findings[i];
        const struct lint_rule *rule = lint_get_rule(finding->rule);
        if (rule->severity > most) {
            continue;
        }
        screen_print_safe(screen->out, place, false);
        if (finding->line != 0) {
            (void)fprintf(screen->out, ":%u", finding->line);
        }
        (void)fputs(": ", screen->out);
        screen_paint(screen, PAINTS[rule->severity], lint_severity_text(rule->severity));
        (void)fprintf(screen->out, ": %s%s", rule->sentence, finding->text[0] == '\0' ? "" : ": ");
        screen_print_safe(screen->out, finding->text, false);
        (void)fprintf(screen->out, " [%s]\n  %s\n", rule->id, rule->remedy);
    }
    if (lint->has_more) {
        (void)fputs("and more: these are the first\n", screen->out);
    }
}

void lint_show_hints(struct call *call, const json_t *profile)
{
    if (call->is_json || fact_text(profile, "answer")[0] == '\0') {
        return;
    }
    struct lint_profile *checked = lint_profile_new();
    lint_profile_take(checked, profile);
    lint_profile_take_image(checked, call, fact_text(profile, "image"));
    lint_profile_check(checked);
    (void)fflush(call->out.out);
    struct screen screen = screen_open(stderr);
    lint_show_text(&screen, fact_text(profile, "answer_name"), &checked->lint, LINT_WARNING);
    lint_profile_free(checked);
}
