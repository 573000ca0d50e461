// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/order_wait.h"

#include "base/text.h"
#include "cli/ask.h"
#include "cli/fact.h"
#include "cli/order_show.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "io/heap.h"
#include "talk/talk.h"

#include <string.h>
#include <time.h>

#define SILENCE_MOST 60 // so many seconds the daemon may be away, for a restart

struct waited {
    json_t *order; // as last seen
    char state[32];
    char stage[32];
    bool has_progress;
    struct progress progress;
};

struct wait {
    struct call *call;
    struct waited *waited;
    size_t count;
    unsigned silent_s;
};

static void end_progress(struct waited *one)
{
    if (one->has_progress) {
        progress_clear(&one->progress);
        one->has_progress = false;
    }
}

// A new state is a line; one that waits for a person says what for.
static void tell_state(struct waited *one)
{
    const json_t *order = one->order;
    const char *state = fact_text(order, "state");
    if (strcmp(one->state, state) == 0) {
        return;
    }
    end_progress(one);
    (void)text_copy(one->state, sizeof one->state, state);
    (void)fprintf(stderr, "order %lld: ", (long long)fact_number(order, "id"));
    screen_print_safe(stderr, fact_text(order, "machine"), false);
    (void)fprintf(stderr, " is %s\n", state);
    static const char *const members[] = {"trouble", "remedy"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const char *text = fact_text(order, members[i]);
        if (strcmp(state, "armed") != 0 && text[0] != '\0') {
            (void)fputs("  ", stderr);
            screen_print_safe(stderr, text, false);
            (void)fputc('\n', stderr);
        }
    }
}

static void tell_progress(struct wait *wait, struct waited *one)
{
    const json_t *progress = fact_get(one->order, "progress");
    const char *stage = fact_text(progress, "stage");
    int64_t all = fact_number(progress, "all_bytes");
    int64_t done = fact_number(progress, "done_bytes");
    if (wait->count != 1 || all <= 0 || done < 0 || !fact_is(one->order, "is_live")) {
        end_progress(one);
        return;
    }
    if (!one->has_progress || strcmp(one->stage, stage) != 0) {
        end_progress(one);
        (void)text_copy(one->stage, sizeof one->stage, stage);
        progress_init(&one->progress, talk_stage_words(one->stage), (uint64_t)all);
        one->has_progress = true;
    }
    progress_step(&one->progress, (uint64_t)(done > all ? all : done));
}

// Asks how the order is now. False when that is not to be had any more; that was told.
static bool look(struct wait *wait, struct waited *one)
{
    char path[64];
    struct problem problem;
    json_t *answer = NULL;
    problem_clear(&problem);
    (void)snprintf(path, sizeof path, "orders/%lld", (long long)fact_number(one->order, "id"));
    enum status status = client_ask(ask_client(wait->call), "GET", path, NULL, &answer, &problem);
    bool is_away = status == STATUS_NOT_FOUND || status == STATUS_IO; // no daemon, or it has just ended
    if (status == STATUS_OK) {
        json_decref(one->order);
        one->order = answer;
        wait->silent_s = 0;
        tell_state(one);
        tell_progress(wait, one);
        return true;
    }
    if (is_away && wait->silent_s++ < SILENCE_MOST) {
        return true;
    }
    end_progress(one);
    ask_complain(wait->call, &problem);
    return false;
}

static bool look_at_all(struct wait *wait, bool *is_over)
{
    *is_over = true;
    for (size_t i = 0; i < wait->count; i++) {
        struct waited *one = &wait->waited[i];
        if (one->state[0] != '\0' && !fact_is(one->order, "is_live")) {
            continue;
        }
        if (!look(wait, one)) {
            return false;
        }
        *is_over = *is_over && !fact_is(one->order, "is_live");
    }
    return true;
}

static int tell_end(struct wait *wait)
{
    int result = CLI_EXIT_OK;
    json_t *ended = json_array();
    for (size_t i = 0; i < wait->count; i++) {
        const json_t *order = wait->waited[i].order;
        const char *state = fact_text(order, "state");
        json_array_append(ended, wait->waited[i].order);
        if (strcmp(state, "finished") != 0) {
            result = CLI_EXIT_REFUSED;
        }
        if (!wait->call->is_json) {
            (void)fprintf(wait->call->out.out, "order %lld: ", (long long)fact_number(order, "id"));
            screen_print_safe(wait->call->out.out, fact_text(order, "machine"), false);
            (void)fputs(": ", wait->call->out.out);
            screen_paint(&wait->call->out, order_paint_state(state), state);
            (void)fputc('\n', wait->call->out.out);
        }
    }
    if (wait->call->is_json) {
        ask_print_json(wait->call, ended);
    }
    json_decref(ended);
    return result;
}

int order_wait(struct call *call, const json_t *orders)
{
    struct wait wait = {.call = call, .count = json_array_size(orders)};
    bool is_over = false;
    bool good = true;
    wait.waited = heap_new_array(wait.count, sizeof *wait.waited);
    for (size_t i = 0; i < wait.count; i++) {
        wait.waited[i].order = json_incref(json_array_get(orders, i));
    }
    while (good && !is_over) {
        good = look_at_all(&wait, &is_over);
        if (good && !is_over) {
            (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        }
    }
    int result = good ? tell_end(&wait) : CLI_EXIT_REFUSED;
    for (size_t i = 0; i < wait.count; i++) {
        end_progress(&wait.waited[i]);
        json_decref(wait.waited[i].order);
    }
    heap_free(wait.waited);
    return result;
}
