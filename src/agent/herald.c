// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/herald.h"

#include "agent/console.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HERALD_EVERY_S     2
#define HERALD_AGAIN       5           // turns without news: what is known is told again, as a sign of life
#define HERALD_LOG_BYTES   (32 * 1024) // at once
#define HERALD_FLUSH_PARTS 16

struct herald {
    struct ask *ask;
    pthread_t thread;
    pthread_mutex_t lock; // of all below
    pthread_cond_t wake;
    bool is_over;
    bool is_stopped; // the server said so
    unsigned turn;   // of herald_begin: an answer to a report of an earlier turn says nothing
    bool has_progress, has_trouble;
    unsigned silent; // turns since progress was told
    struct talk_report progress, trouble;
    pthread_mutex_t log_lock; // one at a time takes from the log
};

// The server may have been restarted: then it knows the nonce and gives a new token. If it does not want us
// any more, the work must stop.
static void herald_hello(struct herald *herald, const char *used_token)
{
    struct ask_no no;
    if (ask_hello(herald->ask, used_token, &no) == ASK_REFUSED && no.verdict.retry_s == 0) {
        console_say("the server wants this to stop: %s", no.verdict.text);
        (void)pthread_mutex_lock(&herald->lock);
        herald->is_stopped = true;
        (void)pthread_mutex_unlock(&herald->lock);
    }
}

// Whether it was taken, or will never be.
static bool herald_report(struct herald *herald, const struct talk_report *report)
{
    char token[sizeof herald->ask->server.token];
    fetch_get_token(&herald->ask->server, token);
    (void)pthread_mutex_lock(&herald->lock);
    unsigned turn = herald->turn;
    (void)pthread_mutex_unlock(&herald->lock);
    struct ask_no no;
    struct talk_verdict verdict;
    char *body = talk_report_encode(report);
    enum ask_end end = ask_verdict(herald->ask, TALK_PATH_REPORT, body, &verdict, &no);
    free(body);
    if (end == ASK_DENIED) {
        herald_hello(herald, token);
    } else if (end == ASK_OK && !verdict.may_go) {
        (void)pthread_mutex_lock(&herald->lock);
        bool is_news = !herald->is_stopped && herald->turn == turn;
        herald->is_stopped |= is_news;
        (void)pthread_mutex_unlock(&herald->lock);
        if (is_news) {
            console_say("the server says stop: %s", verdict.text);
        }
    }
    explicit_bzero(token, sizeof token);
    return end == ASK_OK || end == ASK_REFUSED;
}

static bool herald_send_log(struct herald *herald)
{
    (void)pthread_mutex_lock(&herald->log_lock);
    bool is_more = false;
    char *lines = malloc(HERALD_LOG_BYTES + 1);
    char token[sizeof herald->ask->server.token];
    fetch_get_token(&herald->ask->server, token);
    size_t bytes = lines == NULL || token[0] == '\0' ? 0 : console_log_peek(lines, HERALD_LOG_BYTES);
    if (bytes != 0) {
        lines[bytes] = '\0'; // the lines are escaped: no NUL is among them
        struct ask_no no;
        struct fetch_answer answer;
        enum ask_end end = ask_post(herald->ask, TALK_PATH_LOG, "text/plain", lines, &answer, &no);
        if (end == ASK_OK) {
            fetch_answer_clear(&answer);
        } else if (end == ASK_DENIED) {
            herald_hello(herald, token);
        }
        if (end == ASK_OK || end == ASK_REFUSED) { // what is refused once would be for ever
            console_log_sent(bytes);
            is_more = bytes == HERALD_LOG_BYTES;
        }
    }
    explicit_bzero(token, sizeof token);
    free(lines);
    (void)pthread_mutex_unlock(&herald->log_lock);
    return is_more;
}

static void herald_tell(struct herald *herald)
{
    (void)pthread_mutex_lock(&herald->lock);
    bool is_again = herald->progress.stage[0] != '\0' && ++herald->silent >= HERALD_AGAIN;
    bool has_progress = herald->has_progress || is_again, has_trouble = herald->has_trouble;
    struct talk_report progress = herald->progress, trouble = herald->trouble;
    herald->has_progress = herald->has_trouble = false;
    herald->silent = has_progress ? 0 : herald->silent;
    (void)pthread_mutex_unlock(&herald->lock);
    if (has_trouble && !herald_report(herald, &trouble)) {
        (void)pthread_mutex_lock(&herald->lock);
        if (!herald->has_trouble) { // no newer one: try it again
            herald->trouble = trouble;
            herald->has_trouble = true;
        }
        (void)pthread_mutex_unlock(&herald->lock);
    }
    if (has_progress) {
        (void)herald_report(herald, &progress);
    }
    (void)herald_send_log(herald);
}

static void *herald_run(void *context)
{
    struct herald *herald = context;
    (void)pthread_mutex_lock(&herald->lock);
    while (!herald->is_over) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += HERALD_EVERY_S;
        (void)pthread_cond_timedwait(&herald->wake, &herald->lock, &until);
        if (!herald->is_over) {
            (void)pthread_mutex_unlock(&herald->lock);
            herald_tell(herald);
            (void)pthread_mutex_lock(&herald->lock);
        }
    }
    (void)pthread_mutex_unlock(&herald->lock);
    return NULL;
}

struct herald *herald_new(struct ask *ask)
{
    struct herald *herald = calloc(1, sizeof *herald);
    if (herald == NULL) {
        abort(); // pid 1 starts the agent anew
    }
    herald->ask = ask;
    pthread_condattr_t clock;
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&herald->wake, &clock);
    (void)pthread_condattr_destroy(&clock);
    (void)pthread_mutex_init(&herald->lock, NULL);
    (void)pthread_mutex_init(&herald->log_lock, NULL);
    if (pthread_create(&herald->thread, NULL, herald_run, herald) != 0) {
        abort();
    }
    return herald;
}

void herald_free(struct herald *taken)
{
    if (taken == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&taken->lock);
    taken->is_over = true;
    (void)pthread_cond_signal(&taken->wake);
    (void)pthread_mutex_unlock(&taken->lock);
    (void)pthread_join(taken->thread, NULL);
    (void)pthread_cond_destroy(&taken->wake);
    (void)pthread_mutex_destroy(&taken->lock);
    (void)pthread_mutex_destroy(&taken->log_lock);
    free(taken);
}

void herald_begin(struct herald *herald)
{
    (void)pthread_mutex_lock(&herald->lock);
    herald->turn++;
    herald->is_stopped = herald->has_progress = false;
    herald->progress = (struct talk_report){0};
    (void)pthread_mutex_unlock(&herald->lock);
}

void herald_progress(struct herald *herald, const char *stage, uint64_t done, uint64_t all)
{
    (void)pthread_mutex_lock(&herald->lock);
    herald->progress = (struct talk_report){.done_bytes = done, .all_bytes = all};
    (void)text_copy(herald->progress.stage, sizeof herald->progress.stage, stage);
    herald->has_progress = true;
    (void)pthread_mutex_unlock(&herald->lock);
}

void herald_trouble(struct herald *herald, const char *reason, const char *text)
{
    (void)pthread_mutex_lock(&herald->lock);
    herald->trouble = (struct talk_report){.stage = "trouble"};
    (void)text_copy(herald->trouble.reason, sizeof herald->trouble.reason, reason == NULL ? "" : reason);
    (void)text_copy(herald->trouble.text, sizeof herald->trouble.text, text == NULL ? "" : text);
    herald->has_trouble = true;
    (void)pthread_mutex_unlock(&herald->lock);
}

bool herald_may_go(struct herald *herald)
{
    (void)pthread_mutex_lock(&herald->lock);
    bool may_go = !herald->is_stopped;
    (void)pthread_mutex_unlock(&herald->lock);
    return may_go;
}

void herald_flush(struct herald *herald)
{
    for (unsigned i = 0; i < HERALD_FLUSH_PARTS && herald_send_log(herald); i++) {
    }
}
