// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/steps.h"

#include "agent/console.h"
#include "agent/herald.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_PAUSE_MOST_S  15
#define STEPS_TELL_S        60 // how often the same trouble is told again
#define STEPS_POLL_MOST_S   60
#define STEPS_PROMPT_MOST_S 3600
#define STEPS_DONE_S        600 // the disk is bootable and the server does not answer: restart all the same
#define STEPS_GIVE_UP_S     600
#define STEPS_FOREVER_S     UINT32_MAX

struct steps {
    struct ask ask;
    const struct steps_world *world;
    struct herald *herald;
    struct inventory *inventory;                            // as it was sent last
    struct inventory *fresh;                                // as it is now
    uint64_t mark;                                          // of the disks, when the inventory was taken
    char shown[TALK_SCREEN_LINES * TALK_SCREEN_LINE_BYTES]; // the screen that is there now
    char image[IMAGE_NAME_BYTES];                           // being written
    bool is_over;                                           // restarted
};

struct steps_patience { // with a server that does not answer
    uint32_t waited_s;
    uint32_t pause_s;
    uint32_t told_s;
    char told[PROBLEM_TEXT_BYTES];
};

// Says what does not work when it is news, waits, a little longer each time.
static void steps_wait(struct steps *steps, struct steps_patience *patience, const char *what,
                       const struct problem *problem)
{
    bool is_news = strcmp(patience->told, problem->text) != 0;
    if (is_news || patience->waited_s - patience->told_s >= STEPS_TELL_S) {
        console_say("%s: %s%s%s; trying again, for %u s now", what, problem->text,
                    problem->remedy[0] == '\0' ? "" : "; ", problem->remedy, patience->waited_s);
        (void)text_copy(patience->told, sizeof patience->told, problem->text);
        patience->told_s = patience->waited_s;
        steps->shown[0] = '\0';
    }
    patience->pause_s = patience->pause_s == 0 ? 1 : patience->pause_s * 2;
    if (patience->pause_s > STEPS_PAUSE_MOST_S) {
        patience->pause_s = STEPS_PAUSE_MOST_S;
    }
    steps->world->pause(patience->pause_s);
    patience->waited_s += patience->pause_s;
}

static void steps_restart(struct steps *steps)
{
    herald_flush(steps->herald);
    steps->is_over = true;
    steps->world->restart();
}

// The server's own words in a frame.
static void steps_show_no(struct steps *steps, const struct ask_no *no)
{
    char about[96], address[IP4_TEXT_BYTES];
    (void)snprintf(about, sizeof about, "The server %s says no",
                   ip4_print(steps->ask.server.address, address));
    const char *lines[] = {no->problem.text, no->problem.remedy};
    if (strcmp(steps->shown, no->problem.text) != 0) {
        console_show(about, lines, no->problem.remedy[0] == '\0' ? 1 : 2);
        (void)text_copy(steps->shown, sizeof steps->shown, no->problem.text);
    }
}

// The server said no. With a time it wants to be asked again; without, this boot has nothing more to do, and
// the next one goes where the server sends it: to the machine's own disk, when there is no order any more.
static void steps_refused(struct steps *steps, const struct ask_no *no)
{
    steps_show_no(steps, no);
    if (no->verdict.retry_s != 0) {
        uint32_t pause_s = no->verdict.retry_s;
        steps->world->pause(pause_s < STEPS_POLL_MOST_S ? pause_s : STEPS_POLL_MOST_S);
        return;
    }
    console_say("nothing more to do here; the machine restarts in %u minutes, or at a key",
                STEPS_GIVE_UP_S / 60);
    herald_flush(steps->herald);
    (void)steps->world->wait_key(STEPS_GIVE_UP_S);
    steps_restart(steps);
}

// Until the server gave a token. False: it is over.
static bool steps_hello(struct steps *steps, const char *used_token)
{
    struct steps_patience patience = {0};
    struct ask_no no;
    for (;;) {
        enum ask_end end = ask_hello(&steps->ask, used_token, &no);
        if (end == ASK_OK) {
            (void)pthread_mutex_lock(&steps->ask.lock); // the herald may say hello, too
            const struct talk_welcome welcome = steps->ask.welcome;
            (void)pthread_mutex_unlock(&steps->ask.lock);
            console_say("the server calls this machine %s and has order %" PRIu64 ": %s (image %s), by %s",
                        welcome.machine, steps->ask.hello.order_id, welcome.profile, welcome.image,
                        welcome.owner);
            return true;
        }
        if (end == ASK_REFUSED) {
            steps_refused(steps, &no);
        } else {
            steps_wait(steps, &patience, "saying hello", &no.problem);
        }
        if (steps->is_over) {
            return false;
        }
    }
}

// Posts until there is an answer, for at most `most_s` seconds of waiting. ASK_AWAY: no answer in that time,
// or it is over.
static enum ask_end steps_post(struct steps *steps, const char *path, const char *body, uint32_t most_s,
                               struct fetch_answer *answer, struct ask_no *no)
{
    struct steps_patience patience = {0};
    for (;;) {
        char token[sizeof steps->ask.server.token];
        fetch_get_token(&steps->ask.server, token);
        enum ask_end end = ask_post(&steps->ask, path, NULL, body, answer, no);
        bool is_known = end != ASK_DENIED || steps_hello(steps, token);
        explicit_bzero(token, sizeof token);
        if (end == ASK_OK || end == ASK_REFUSED) {
            return end;
        }
        if (!is_known || patience.waited_s >= most_s) {
            return ASK_AWAY;
        }
        if (end == ASK_DENIED) { // the server was restarted, and knows us again now
            steps->world->pause(1);
            patience.waited_s++;
        } else {
            steps_wait(steps, &patience, path, &no->problem);
        }
    }
}

// The same for what is answered by a verdict; without an answer it is "stop".
static bool steps_verdict(struct steps *steps, const char *path, const char *body, uint32_t most_s,
                          struct talk_verdict *verdict)
{
    struct steps_patience patience = {0};
    *verdict = (struct talk_verdict){0};
    for (;;) {
        struct fetch_answer answer;
        struct ask_no no;
        enum ask_end end = steps_post(steps, path, body, most_s, &answer, &no);
        if (end == ASK_REFUSED) {
            *verdict = no.verdict;
            verdict->may_go = false;
            return true;
        }
        if (end != ASK_OK) {
            return false;
        }
        enum status status = talk_verdict_decode(answer.body, answer.bytes, verdict, &no.problem);
        fetch_answer_clear(&answer);
        if (status == STATUS_OK) {
            return true;
        }
        if (patience.waited_s >= most_s) {
            return false;
        }
        steps_wait(steps, &patience, path, &no.problem);
    }
}

static bool steps_report(struct steps *steps, const struct talk_report *report, uint32_t most_s,
                         struct talk_verdict *verdict)
{
    char *body = talk_report_encode(report);
    bool is_answered = steps_verdict(steps, TALK_PATH_REPORT, body, most_s, verdict);
    free(body);
    return is_answered;
}

// Sends what `fresh` holds, which is then what the server knows.
static void steps_send_inventory(struct steps *steps)
{
    struct talk_verdict verdict;
    char *body = talk_inventory_encode(steps->fresh);
    while (!steps->is_over) {
        if (!steps_verdict(steps, TALK_PATH_INVENTORY, body, STEPS_FOREVER_S, &verdict)) {
            continue; // over
        }
        if (verdict.may_go || verdict.retry_s == 0) {
            break; // what is wrong is told by the next task
        }
        console_say("the inventory was not taken: %s", verdict.text);
        steps->world->pause(verdict.retry_s < STEPS_POLL_MOST_S ? verdict.retry_s : STEPS_POLL_MOST_S);
    }
    free(body);
    *steps->inventory = *steps->fresh;
}

static void steps_probe(struct steps *steps)
{
    steps->mark = steps->world->mark();
    memset(steps->fresh, 0, sizeof *steps->fresh);
    steps->world->probe(steps->fresh);
    for (unsigned i = 0; i < steps->fresh->disk_count; i++) {
        char line[1024];
        struct text text;
        text_init(&text, line, sizeof line);
        inventory_print_disk(&steps->fresh->disks[i], &text);
        console_say("%s: %s", steps->fresh->disks[i].name, line);
    }
    if (steps->fresh->disk_count == 0) {
        console_say("no disk was found; a controller without a driver cannot be seen");
    }
}

static void steps_show(struct steps *steps, const struct talk_task *task)
{
    char all[sizeof steps->shown];
    const char *lines[TALK_SCREEN_LINES];
    struct text text;
    text_init(&text, all, sizeof all);
    unsigned count = task->screen_count < TALK_SCREEN_LINES ? task->screen_count : TALK_SCREEN_LINES;
    for (unsigned i = 0; i < count; i++) {
        lines[i] = task->screen[i];
        text_add_format(&text, "%s\n", lines[i]);
    }
    if (count != 0 && strcmp(all, steps->shown) != 0) {
        console_show(lines[0], lines + 1, count - 1);
        memcpy(steps->shown, all, sizeof all);
    }
}

static void steps_pause(struct steps *steps, const struct talk_task *task)
{
    uint32_t poll_s = task->poll_s == 0 ? 1 : task->poll_s;
    steps->world->pause(poll_s < STEPS_POLL_MOST_S ? poll_s : STEPS_POLL_MOST_S);
}

static void steps_do_wait(struct steps *steps, const struct talk_task *task)
{
    steps_show(steps, task);
    steps->world->look();
    if (steps->world->mark() != steps->mark) {
        console_say("a disk has come or gone");
        steps_probe(steps);
        steps_send_inventory(steps);
        return;
    }
    steps_pause(steps, task);
}

static void steps_do_prompt(struct steps *steps, const struct talk_task *task)
{
    steps_show(steps, task);
    uint32_t wait_s = task->poll_s < STEPS_PROMPT_MOST_S ? task->poll_s : STEPS_PROMPT_MOST_S;
    bool is_pressed = steps->world->wait_key(wait_s);
    console_say("%s", is_pressed ? "a key was pressed" : "no key was pressed");
    struct talk_report report = {0};
    struct talk_verdict verdict;
    (void)text_copy(report.stage, sizeof report.stage, is_pressed ? "pressed" : "declined");
    (void)steps_report(steps, &report, STEPS_FOREVER_S, &verdict);
}

static void steps_on_progress(void *context, const char *stage, uint64_t done, uint64_t all)
{
    struct steps *steps = context;
    char what[IMAGE_NAME_BYTES + 32];
    const char *told = stage; // the server knows these three
    if (strcmp(stage, "write") == 0) {
        (void)snprintf(what, sizeof what, "writing %s", steps->image);
    } else if (strcmp(stage, "personal") == 0) {
        (void)snprintf(what, sizeof what, "making it this machine's own");
    } else if (strcmp(stage, "loader") == 0) {
        (void)snprintf(what, sizeof what, "installing the boot loader");
    } else {
        (void)snprintf(what, sizeof what, "%s", stage);
        told = "write";
    }
    console_progress(what, done, all);
    herald_progress(steps->herald, told, done, all);
}

static void steps_on_trouble(void *context, const char *reason, const char *text)
{
    struct steps *steps = context;
    console_say("%s", text);
    herald_trouble(steps->herald, reason, text);
}

static bool steps_on_may_go(void *context)
{
    struct steps *steps = context;
    return herald_may_go(steps->herald);
}

// The server was restarted in the middle of a download: it knows the nonce, and gives a new token.
static bool steps_on_renew_token(void *context)
{
    struct steps *steps = context;
    struct ask_no no;
    return ask_hello(&steps->ask, NULL, &no) == ASK_OK;
}

// The disk that the task means, as it is now. NULL: it is not there, or not what the server decided about
// (then the server was told what there is, and decides again).
static const struct inventory_disk *steps_find_disk(struct steps *steps, const struct talk_task *task)
{
    steps_probe(steps);
    const struct inventory_disk *now = inventory_find_disk(steps->fresh, task->disk_key, NULL);
    const struct inventory_disk *sent = inventory_find_disk(steps->inventory, task->disk_key, NULL);
    bool is_same = now != NULL && sent != NULL && now->bytes == task->disk_bytes;
    if (is_same && task->todo == TALK_DO_WRITE) {
        char is[1024], was[1024];
        struct text is_text, was_text;
        text_init(&is_text, is, sizeof is);
        text_init(&was_text, was, sizeof was);
        inventory_print_disk(now, &is_text);
        inventory_print_disk(sent, &was_text);
        is_same =
            now->is_blank == sent->is_blank && strcmp(is, was) == 0 && strcmp(now->name, sent->name) == 0;
    }
    if (!is_same) {
        console_say("the disk %s is not as it was when the server decided; asking again", task->disk_key);
        steps_send_inventory(steps);
        steps->world->pause(1);
        return NULL;
    }
    *steps->inventory = *steps->fresh;
    return inventory_find_disk(steps->inventory, task->disk_key, NULL);
}

// A question that the server must say yes to. What it says else is shown, and the next task tells what to do.
static bool steps_may(struct steps *steps, const char *stage, const char *text)
{
    struct talk_report report = {0};
    struct talk_verdict verdict;
    (void)text_copy(report.stage, sizeof report.stage, stage);
    (void)text_copy(report.text, sizeof report.text, text);
    if (!steps_report(steps, &report, STEPS_FOREVER_S, &verdict)) {
        return false;
    }
    if (!verdict.may_go) {
        console_say("the server says no to \"%s\": %s%s%s", stage, verdict.text,
                    verdict.remedy[0] == '\0' ? "" : "; ", verdict.remedy);
        uint32_t pause_s = verdict.retry_s == 0 ? 1 : verdict.retry_s;
        steps->world->pause(pause_s < STEPS_POLL_MOST_S ? pause_s : STEPS_POLL_MOST_S);
    }
    return verdict.may_go;
}

static void steps_report_failed(struct steps *steps, const struct write_end *end)
{
    struct talk_report report = {.stage = "failed"};
    struct talk_verdict verdict;
    const char *reason = end->reason == NULL ? "AGENT_FAILED" : end->reason;
    (void)text_copy(report.reason, sizeof report.reason, reason);
    (void)problem_print(&end->problem, report.text, sizeof report.text);
    console_say("failed: %s", report.text);
    if (strcmp(reason, "ORDER_CANCELLED") != 0) { // that is the server's own news
        (void)steps_report(steps, &report, STEPS_FOREVER_S, &verdict);
    }
}

// Everything is written; from here on nothing is erased, and it may be done again.
static void steps_seal(struct steps *steps, struct write_job *job)
{
    herald_begin(steps->herald);
    if (!steps_may(steps, "sealing", "")) {
        return;
    }
    job->hooks.may_go = NULL; // half sealed helps nobody
    struct write_end end = {0};
    enum status status = steps->world->write_seal(job, &end);
    console_progress_end();
    if (status != STATUS_OK) {
        steps_report_failed(steps, &end);
        return;
    }
    herald_begin(steps->herald);
    console_say("done; waiting for the server to note it (it is safe to switch the machine off)");
    struct talk_report report = {.stage = "done"};
    struct talk_verdict verdict;
    bool is_answered = steps_report(steps, &report, STEPS_DONE_S, &verdict);
    if (!is_answered && !steps->is_over) {
        console_say("the server does not answer; its next boot tells it that this machine is done");
        steps_restart(steps);
    }
}

static void steps_do_write(struct steps *steps, const struct talk_task *task)
{
    struct problem problem;
    problem_clear(&problem);
    if (task->order_id != steps->ask.hello.order_id) {
        problem_set(&problem, "the server gave the task of another order");
    }
    if (problem_is_set(&problem) || image_check_name(task->image, &problem) != STATUS_OK) {
        struct write_end end = {.reason = "AGENT_FAILED", .problem = problem};
        steps_report_failed(steps, &end);
        return;
    }
    const struct inventory_disk *disk = steps_find_disk(steps, task);
    if (disk == NULL) {
        return;
    }
    struct write_job job = {.server = &steps->ask.server,
                            .kind = task->kind,
                            .is_uefi = steps->inventory->is_uefi,
                            .personal = &task->personal,
                            .order_id = task->order_id,
                            .hooks = {.progress = steps_on_progress,
                                      .trouble = steps_on_trouble,
                                      .may_go = steps_on_may_go,
                                      .renew_token = steps_on_renew_token,
                                      .context = steps}};
    (void)text_copy(steps->image, sizeof steps->image, task->image);
    (void)snprintf(job.stream_path, sizeof job.stream_path, "/images/%s/" IMAGE_STREAM_FILE, task->image);
    (void)snprintf(job.index_path, sizeof job.index_path, "/images/%s/" IMAGE_INDEX_FILE, task->image);
    (void)snprintf(job.device, sizeof job.device, "/dev/%s", disk->name);
    (void)text_copy(job.disk_key, sizeof job.disk_key, task->disk_key);
    job.disk_bytes = task->disk_bytes;
    steps_show(steps, task);
    if (task->todo == TALK_DO_WRITE) {
        herald_begin(steps->herald);
        if (!steps_may(steps, "begin", task->disk_key)) {
            return;
        }
        console_say("writing %s to %s (%s)", task->image, job.device, task->disk_key);
        struct write_end end = {0};
        enum status status = steps->world->write_content(&job, &end);
        console_progress_end();
        if (status != STATUS_OK) {
            steps_report_failed(steps, &end);
            return;
        }
    }
    steps_seal(steps, &job);
}

static void steps_do(struct steps *steps, const struct talk_task *task)
{
    switch (task->todo) {
    case TALK_DO_WAIT:
        steps_do_wait(steps, task);
        break;
    case TALK_DO_PROMPT:
        steps_do_prompt(steps, task);
        break;
    case TALK_DO_WRITE:
    case TALK_DO_SEAL:
        steps_do_write(steps, task);
        break;
    case TALK_DO_REBOOT:
        steps_show(steps, task);
        herald_flush(steps->herald);
        steps_pause(steps, task); // for who stands there
        steps_restart(steps);
        break;
    case TALK_DO_STOP:
        steps_show(steps, task);
        steps_pause(steps, task);
        break;
    case TALK_DO_COUNT:
        break;
    }
}

// Asks for the next task and does it.
static void steps_next(struct steps *steps)
{
    struct fetch_answer answer;
    struct ask_no no;
    struct talk_task task;
    enum ask_end end = steps_post(steps, TALK_PATH_TASK, "{}", STEPS_FOREVER_S, &answer, &no);
    if (end == ASK_REFUSED && no.http_status == 409) { // it was restarted and forgot what is in this machine
        steps_probe(steps);
        steps_send_inventory(steps);
        steps->world->pause(1);
    } else if (end == ASK_REFUSED) {
        steps_refused(steps, &no);
    }
    if (end != ASK_OK) {
        return;
    }
    enum status status = talk_task_decode(answer.body, answer.bytes, &task, &no.problem);
    fetch_answer_clear(&answer);
    if (status != STATUS_OK) {
        console_say("the server's task cannot be read: %s", no.problem.text);
        steps->world->pause(STEPS_PAUSE_MOST_S);
        return;
    }
    steps_do(steps, &task);
    talk_task_clear(&task);
}

void steps_run(const struct steps_start *start)
{
    struct steps *steps = calloc(1, sizeof *steps);
    if (steps == NULL || (steps->inventory = calloc(1, sizeof *steps->inventory)) == NULL ||
        (steps->fresh = calloc(1, sizeof *steps->fresh)) == NULL) {
        abort(); // pid 1 starts the agent anew
    }
    steps->world = start->world;
    steps->ask.server = (struct fetch_server){.address = start->server, .port = start->port};
    if (start->tls_port != 0) {
        steps->ask.server.tls_port = start->tls_port;
        memcpy(steps->ask.server.certificate, start->certificate, sizeof steps->ask.server.certificate);
    }
    steps->ask.hello = start->hello;
    (void)pthread_mutex_init(&steps->ask.lock, NULL);
    steps->herald = herald_new(&steps->ask);
    if (steps_hello(steps, NULL)) {
        steps_probe(steps);
        steps_send_inventory(steps);
    }
    while (!steps->is_over) {
        steps_next(steps);
    }
    herald_free(steps->herald);
    explicit_bzero(&steps->ask.server, sizeof steps->ask.server);
    (void)pthread_mutex_destroy(&steps->ask.lock);
    free(steps->inventory);
    free(steps->fresh);
    free(steps);
}
