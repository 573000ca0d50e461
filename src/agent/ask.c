// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/ask.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ASK_JSON "application/json"

// What an answer that is not 200 means. The server's own words are in it, when it is ours that speaks.
static enum ask_end ask_look(const struct fetch_answer *answer, const char *path, struct ask_no *no)
{
    unsigned number = answer->http_status;
    no->http_status = number;
    if (number == 200) {
        return ASK_OK;
    }
    struct problem ignored;
    problem_clear(&ignored);
    bool has_words = talk_verdict_decode(answer->body, answer->bytes, &no->verdict, &ignored) == STATUS_OK;
    if (!has_words) {
        no->verdict = (struct talk_verdict){0};
        problem_set(&no->problem, "the server answered %u for %s", number, path);
    } else {
        problem_set(&no->problem, "%s", no->verdict.text);
        problem_set_remedy(&no->problem, "%s", no->verdict.remedy);
    }
    if (number == 401 || number == 403) {
        return strcmp(path, TALK_PATH_HELLO) == 0 ? ASK_REFUSED : ASK_DENIED;
    }
    bool is_final = number >= 400 && number < 500 && number != 408 && number != 429;
    return has_words && is_final ? ASK_REFUSED : ASK_AWAY;
}

enum ask_end ask_post(struct ask *ask, const char *path, const char *type, const char *body,
                      struct fetch_answer *answer, struct ask_no *no)
{
    *no = (struct ask_no){0};
    struct fetch_answer got = {0};
    if (fetch(&ask->server, path, type == NULL ? ASK_JSON : type, body, strlen(body), &got, &no->problem) !=
        STATUS_OK) {
        return ASK_AWAY;
    }
    enum ask_end end = ask_look(&got, path, no);
    if (end == ASK_OK) {
        *answer = got;
    } else {
        fetch_answer_clear(&got);
    }
    return end;
}

enum ask_end ask_verdict(struct ask *ask, const char *path, const char *body, struct talk_verdict *verdict,
                         struct ask_no *no)
{
    struct fetch_answer answer;
    enum ask_end end = ask_post(ask, path, NULL, body, &answer, no);
    if (end == ASK_OK) {
        if (talk_verdict_decode(answer.body, answer.bytes, verdict, &no->problem) != STATUS_OK) {
            end = ASK_AWAY;
        }
        fetch_answer_clear(&answer);
    } else if (end == ASK_REFUSED && no->http_status == 409) {
        *verdict = no->verdict;
        verdict->may_go = false;
        end = ASK_OK;
    }
    return end;
}

static enum ask_end ask_hello_once(struct ask *ask, struct ask_no *no)
{
    char *body = talk_hello_encode(&ask->hello);
    struct fetch_answer answer;
    enum ask_end end = ask_post(ask, TALK_PATH_HELLO, NULL, body, &answer, no);
    free(body);
    if (end != ASK_OK) {
        return end;
    }
    struct talk_welcome welcome;
    if (talk_welcome_decode(answer.body, answer.bytes, &welcome, &no->problem) == STATUS_OK) {
        fetch_set_tokens(&ask->server, welcome.token, welcome.stream_token);
        explicit_bzero(welcome.token, sizeof welcome.token);
        explicit_bzero(welcome.stream_token, sizeof welcome.stream_token);
        ask->welcome = welcome;
    } else {
        end = ASK_AWAY;
    }
    fetch_answer_clear(&answer);
    return end;
}

enum ask_end ask_hello(struct ask *ask, const char *used_token, struct ask_no *no)
{
    (void)pthread_mutex_lock(&ask->lock);
    char token[sizeof ask->server.token];
    fetch_get_token(&ask->server, token);
    bool is_new = used_token != NULL && strcmp(token, used_token) != 0;
    explicit_bzero(token, sizeof token);
    *no = (struct ask_no){0};
    enum ask_end end = is_new ? ASK_OK : ask_hello_once(ask, no);
    (void)pthread_mutex_unlock(&ask->lock);
    return end;
}
