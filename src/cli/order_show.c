// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/order_show.h"

#include "base/text.h"
#include "cli/fact.h"
#include "cli/moment.h"
#include "cli/show.h"
#include "talk/talk.h"

#include <string.h>

enum screen_paint order_paint_state(const char *state)
{
    static const struct {
        const char *state;
        enum screen_paint paint;
    } paints[] = {{"finished", SCREEN_GOOD}, {"booting", SCREEN_WARN},           {"running", SCREEN_WARN},
                  {"writing", SCREEN_WARN},  {"sealing", SCREEN_WARN},           {"used", SCREEN_WARN},
                  {"failed", SCREEN_BAD},    {"needs-confirmation", SCREEN_BAD}, {"expired", SCREEN_DIM},
                  {"cancelled", SCREEN_DIM}};
    for (size_t i = 0; i < COUNT_OF(paints); i++) {
        if (strcmp(paints[i].state, state) == 0) {
            return paints[i].paint;
        }
    }
    return SCREEN_PLAIN;
}

// How much of its stage is done, in percent; -1 when it did not tell.
static int find_percent(const json_t *progress)
{
    int64_t all = fact_number(progress, "all_bytes");
    int64_t done = fact_number(progress, "done_bytes");
    if (all <= 0 || done < 0) {
        return -1;
    }
    return done >= all ? 100 : (int)((double)done * 100 / (double)all);
}

char *order_print_state(const json_t *order, char *out, size_t out_bytes)
{
    struct text text;
    int percent = fact_is(order, "is_live") ? find_percent(fact_get(order, "progress")) : -1;
    text_init(&text, out, out_bytes);
    text_add(&text, fact_text(order, "state"));
    if (percent >= 0) {
        text_add_format(&text, " %d %%", percent);
    }
    return out;
}

char *order_print_progress(const json_t *order, char *out, size_t out_bytes)
{
    const json_t *progress = fact_get(order, "progress");
    int percent = find_percent(progress);
    struct text text;
    text_init(&text, out, out_bytes);
    text_add(&text, talk_stage_words(fact_text(progress, "stage")));
    if (percent >= 0) {
        char sizes[2][MOMENT_TEXT_BYTES];
        text_add_format(&text, ", %d %%, %s of %s", percent,
                        moment_print_size((uint64_t)fact_number(progress, "done_bytes"), sizes[0]),
                        moment_print_size((uint64_t)fact_number(progress, "all_bytes"), sizes[1]));
    }
    if (text.length != 0 && fact_text(progress, "text")[0] != '\0') {
        text_add_format(&text, ": %s", fact_text(progress, "text"));
    }
    return out;
}

static void show_disk(const struct call *call, const json_t *order)
{
    const char *erase = fact_text(order, "erase");
    show_field(call, "disk rule", SCREEN_PLAIN, fact_text(order, "disk"));
    show_field(call, "writes to", SCREEN_PLAIN, fact_text(order, "target"));
    if (erase[0] != '\0') {
        char time[SHOW_TIME_BYTES];
        show_field_format(call, "may erase", "%s, said %s %s", erase, fact_text(order, "eraser"),
                          show_time(call, fact_number(order, "erase_s"), time));
    }
}

static void show_times(const struct call *call, const json_t *order)
{
    const struct {
        const char *label;
        const char *member;
    } times[] = {{"made", "created_s"},
                 {"expires", "expires_s"},
                 {"started", "started_s"},
                 {fact_is(order, "by_agent") ? "write began" : "used", "used_s"},
                 {"ended", "ended_s"}};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char time[SHOW_TIME_BYTES];
        if (strcmp(times[i].label, "expires") == 0 && !fact_is(order, "is_live")) {
            continue; // it cannot any more
        }
        show_field(call, times[i].label, SCREEN_PLAIN,
                   show_time(call, fact_number(order, times[i].member), time));
    }
}

void order_show(struct call *call, const json_t *order)
{
    char progress[512];
    const char *state = fact_text(order, "state");
    const char *machine = fact_text(order, "machine");
    enum screen_paint paint = order_paint_state(state);
    bool is_live = fact_is(order, "is_live");
    show_field_format(call, "order", "%lld", (long long)fact_number(order, "id"));
    show_field(call, "machine", SCREEN_BOLD, machine[0] == '\0' ? "(removed)" : machine);
    show_field(call, "profile", SCREEN_PLAIN, fact_text(order, "profile"));
    show_field(call, "host name", SCREEN_PLAIN, fact_text(order, "hostname"));
    show_field(call, "state", paint, state);
    show_field(call, "because", paint, fact_text(order, "trouble"));
    show_field(call, "what to do", SCREEN_BOLD, fact_text(order, "remedy"));
    show_field(call, "progress", SCREEN_PLAIN,
               is_live ? order_print_progress(order, progress, sizeof progress) : "");
    show_disk(call, order);
    show_field(call, "by", SCREEN_PLAIN, fact_text(order, "owner"));
    show_field(call, "reason", SCREEN_PLAIN, fact_text(order, "why"));
    show_times(call, order);
    show_field_format(call, "tries", "%lld of %lld", (long long)fact_number(order, "boots"),
                      (long long)fact_number(order, "tries"));
}
