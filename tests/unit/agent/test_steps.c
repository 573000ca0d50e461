// SPDX-License-Identifier: GPL-3.0-or-later
// The test plays both the server, by a script of questions and answers, and the machine. What happened is
// kept as one line of words.
#include "agent/steps.h"
#include "base/text.h"
#include "unit/agent/server.h"
#include "unit/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct line { // the server expects `question` and answers
    const char *question;
    const char *answer; // name of a message below; "away" closes without a word
};

static struct play {
    pthread_mutex_t lock;
    const struct line *script;
    unsigned at;
    struct text happened;
    char text[4096];
    char nonce[2][TALK_NONCE_BYTES]; // of the first hello and of the last
    char last_report[4096];
    bool is_cancelled; // progress is answered by "stop"
    // the machine
    struct inventory inventory;
    uint64_t mark;
    unsigned looks, looks_until_change;
    bool changes_at_second_probe;
    unsigned probes;
    bool has_key;
    unsigned paused_s;
    enum status content_status, seal_status;
    const char *content_reason;
    bool waits_for_cancel;
    bool asks_for_token;
    struct write_job job; // the last one
    bool had_may_go;      // in write_seal
} play;

static void happen(const char *what)
{
    (void)pthread_mutex_lock(&play.lock);
    text_add_format(&play.happened, "%s%s", play.happened.length == 0 ? "" : " ", what);
    (void)pthread_mutex_unlock(&play.lock);
}

static char *task_of(enum talk_do todo, const char *image, uint64_t order_id)
{
    struct talk_task task = {
        .todo = todo, .poll_s = 3, .order_id = order_id, .disk_bytes = 1000000, .kind = IMAGE_DISK};
    (void)text_copy(task.disk_key, sizeof task.disk_key, "S1");
    (void)text_copy(task.image, sizeof task.image, image);
    (void)text_copy(task.personal.hostname, sizeof task.personal.hostname, "station1");
    (void)text_copy(task.screen[0], sizeof task.screen[0], "A headline");
    task.personal.mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, 0, 1});
    task.screen_count = 1;
    return talk_task_encode(&task);
}

static char *verdict_of(bool may_go, uint32_t retry_s)
{
    struct talk_verdict verdict = {.may_go = may_go, .retry_s = retry_s};
    (void)text_copy(verdict.text, sizeof verdict.text, may_go ? "" : "the order was cancelled");
    return talk_verdict_encode(&verdict);
}

static char *message(const char *name, const char **status)
{
    struct talk_welcome welcome = {
        .machine = "station1", .profile = "web", .image = "debian-12", .owner = "kim"};
    memset(welcome.token, 'a', sizeof welcome.token - 1);
    bool is_refusal = strcmp(name, "denied") == 0 || strcmp(name, "refused") == 0;
    *status = is_refusal ? "403 Forbidden" : strcmp(name, "forgot") == 0 ? "409 Conflict" : "200 OK";
    return strcmp(name, "welcome") == 0   ? talk_welcome_encode(&welcome)
           : strcmp(name, "go") == 0      ? verdict_of(true, 0)
           : strcmp(name, "no") == 0      ? verdict_of(false, 0)
           : strcmp(name, "denied") == 0  ? verdict_of(false, 5)
           : strcmp(name, "refused") == 0 ? verdict_of(false, 0)
           : strcmp(name, "WAIT") == 0    ? task_of(TALK_DO_WAIT, "debian-12", 7)
           : strcmp(name, "PROMPT") == 0  ? task_of(TALK_DO_PROMPT, "debian-12", 7)
           : strcmp(name, "WRITE") == 0   ? task_of(TALK_DO_WRITE, "debian-12", 7)
           : strcmp(name, "WICKED") == 0  ? task_of(TALK_DO_WRITE, "../x", 7)
           : strcmp(name, "STRANGE") == 0 ? task_of(TALK_DO_WRITE, "debian-12", 8)
           : strcmp(name, "forgot") == 0  ? verdict_of(false, 1)
           : strcmp(name, "SEAL") == 0    ? task_of(TALK_DO_SEAL, "debian-12", 7)
           : strcmp(name, "STOP") == 0    ? task_of(TALK_DO_STOP, "debian-12", 7)
                                          : task_of(TALK_DO_REBOOT, "debian-12", 7);
}

// What is asked, as one word: "hello", "inventory", "task", or the stage of a report.
static void name_question(const char *request, char out[64])
{
    const char *body = strstr(request, "\r\n\r\n") + 4;
    struct talk_report report;
    struct talk_hello hello;
    out[0] = '\0';
    (void)sscanf(request, "POST /agent/%20[a-z] ", out);
    if (strcmp(out, "report") == 0 && talk_report_decode(body, strlen(body), &report, NULL) == STATUS_OK) {
        (void)text_copy(out, 64, report.stage);
        if (strcmp(report.stage, "write") != 0) {
            (void)text_copy(play.last_report, sizeof play.last_report, body);
        }
    }
    if (strcmp(out, "hello") == 0 && talk_hello_decode(body, strlen(body), &hello, NULL) == STATUS_OK) {
        memcpy(play.nonce[play.at == 0 ? 0 : 1], hello.nonce, sizeof hello.nonce);
    }
}

static void answer_script(void *context, const char *request, struct server_answer *answer)
{
    (void)context;
    char question[64];
    const char *status = "200 OK";
    const char *name = "REBOOT"; // ends a play that goes wrong
    name_question(request, question);
    if (strcmp(question, "log") == 0 || strcmp(question, "write") == 0) {
        name = play.is_cancelled ? "no" : "go"; // at any time
    } else {
        const struct line *line = &play.script[play.at];
        happen(question);
        if (play.at < 100 && line->question != NULL && strcmp(line->question, question) == 0) {
            name = line->answer;
            play.at++;
        } else {
            happen("(NOT IN THE SCRIPT)");
        }
    }
    if (strcmp(name, "away") != 0) {
        char *json = message(name, &status);
        server_put(answer, status, json);
        free(json);
    }
}

static void play_probe(struct inventory *inventory)
{
    play.probes++;
    *inventory = play.inventory;
    if (play.changes_at_second_probe && play.probes == 2) {
        inventory->disks[0].is_blank = false;
    }
}

static enum status play_write_content(const struct write_job *job, struct write_end *end)
{
    happen("<write>");
    play.job = *job;
    job->hooks.progress(job->hooks.context, "write", 1, 2);
    if (play.asks_for_token) {
        assert_non_null(job->hooks.renew_token);
        assert_true(job->hooks.renew_token(job->hooks.context));
    }
    play.is_cancelled = play.waits_for_cancel;
    for (unsigned i = 0; i < 200 && play.waits_for_cancel; i++) {
        if (!job->hooks.may_go(job->hooks.context)) {
            end->reason = "ORDER_CANCELLED";
            return STATUS_DENIED;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000L}, NULL);
    }
    end->reason = play.content_reason;
    if (play.content_status != STATUS_OK) {
        problem_set(&end->problem, "the disk says no");
    }
    return play.content_status;
}

static enum status play_write_seal(const struct write_job *job, struct write_end *end)
{
    (void)end;
    happen("<seal>");
    play.job = *job;
    play.had_may_go = job->hooks.may_go != NULL;
    return play.seal_status;
}

static bool play_wait_key(unsigned timeout_s)
{
    (void)timeout_s;
    happen("<key?>");
    return play.has_key;
}

static void play_look(void)
{
    play.looks++;
    play.mark += play.looks == play.looks_until_change ? 1 : 0;
}

static uint64_t play_mark(void)
{
    return play.mark;
}

static void play_pause(unsigned seconds)
{
    play.paused_s += seconds;
}

static void play_restart(void)
{
    happen("<restart>");
}

static const struct steps_world WORLD = {play_probe, play_write_content, play_write_seal, play_wait_key,
                                         play_look,  play_mark,          play_pause,      play_restart};

static int play_begin(void **state)
{
    (void)state;
    (void)alarm(60); // a play that never ends is a failure
    play = (struct play){.lock = PTHREAD_MUTEX_INITIALIZER};
    text_init(&play.happened, play.text, sizeof play.text);
    struct inventory_disk *disk = &play.inventory.disks[0];
    play.inventory.disk_count = 1;
    *disk = (struct inventory_disk){.bytes = 1000000, .sector_bytes = 512, .is_blank = true};
    (void)text_copy(disk->name, sizeof disk->name, "vdb");
    (void)text_copy(disk->serial, sizeof disk->serial, "S1");
    return 0;
}

// Runs the script to its end; what happened, as words.
static const char *perform(const struct line *script)
{
    struct server server = {.answer = answer_script};
    play.script = script;
    server_start(&server);
    struct steps_start start = {.server = {0x7f000001}, .port = server.port, .world = &WORLD};
    start.hello = (struct talk_hello){.version = TALK_VERSION, .order_id = 7};
    start.hello.mac = hw_ethernet((const uint8_t[]){0x52, 0x54, 0, 0, 0, 1});
    (void)text_copy(start.hello.nonce, sizeof start.hello.nonce, "0123456789abcdef0123456789abcdef");
    (void)text_copy(start.hello.agent, sizeof start.hello.agent, "0.1.0");
    steps_run(&start);
    server_stop(&server);
    return play.text;
}

#define BEGIN                                                                                                \
    {"hello", "welcome"},                                                                                    \
    {                                                                                                        \
        "inventory", "go"                                                                                    \
    }
#define END                                                                                                  \
    {                                                                                                        \
        "task", "REBOOT"                                                                                     \
    }

static void test_a_disk_is_written_sealed_and_reported_in_this_order(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {
        BEGIN, {"task", "WRITE"}, {"begin", "go"}, {"sealing", "go"}, {"done", "go"}, END, {0}};
    assert_string_equal(perform(SCRIPT),
                        "hello inventory task begin <write> sealing <seal> done task <restart>");
    assert_string_equal(play.job.device, "/dev/vdb");
    assert_string_equal(play.job.stream_path, "/images/debian-12/image.zst");
    assert_string_equal(play.job.index_path, "/images/debian-12/image.index");
    assert_int_equal(play.job.order_id, 7);
    assert_false(play.had_may_go); // sealing is not stopped half way
}

static void test_the_writer_is_told_which_disk_is_meant_and_gets_a_new_token_when_it_asks(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN,
                                         {"task", "WRITE"},
                                         {"begin", "go"},
                                         {"hello", "welcome"},
                                         {"sealing", "go"},
                                         {"done", "go"},
                                         END,
                                         {0}};
    play.asks_for_token = true;
    assert_string_equal(perform(SCRIPT),
                        "hello inventory task begin <write> hello sealing <seal> done task <restart>");
    assert_string_equal(play.job.disk_key, "S1");
    assert_int_equal(play.job.disk_bytes, 1000000);
    assert_string_equal(play.nonce[0], play.nonce[1]);
}

static void test_nothing_is_written_when_the_server_says_no(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"begin", "no"}, {"task", "STOP"}, END,
                                         {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task begin task task <restart>");
}

static void test_nothing_is_written_when_the_server_does_not_answer_and_then_says_no(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {
        BEGIN, {"task", "WRITE"}, {"begin", "away"}, {"begin", "away"}, {"begin", "no"}, END, {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task begin begin begin task <restart>");
}

static void test_nothing_is_sealed_when_the_server_says_no(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"begin", "go"}, {"sealing", "no"}, END,
                                         {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task begin <write> sealing task <restart>");
}

static void test_a_disk_that_changed_since_is_not_written_but_told(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"inventory", "go"}, {"task", "WAIT"}, END,
                                         {0}};
    play.changes_at_second_probe = true;
    assert_string_equal(perform(SCRIPT), "hello inventory task inventory task task <restart>");
}

static void test_a_disk_of_another_size_or_key_is_not_written(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"inventory", "go"}, END, {0}};
    play.inventory.disks[0].bytes = 999999;
    assert_string_equal(perform(SCRIPT), "hello inventory task inventory task <restart>");
    (void)play_begin(NULL);
    (void)text_copy(play.inventory.disks[0].serial, sizeof play.inventory.disks[0].serial, "S2");
    assert_string_equal(perform(SCRIPT), "hello inventory task inventory task <restart>");
}

static void test_two_disks_with_one_serial_number_are_never_guessed_between(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"inventory", "go"}, END, {0}};
    play.inventory.disk_count = 2;
    play.inventory.disks[1] = play.inventory.disks[0];
    (void)text_copy(play.inventory.disks[1].name, sizeof play.inventory.disks[1].name, "vdc");
    assert_string_equal(perform(SCRIPT), "hello inventory task inventory task <restart>");
}

static void test_sealing_alone_erases_nothing(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "SEAL"}, {"sealing", "go"}, {"done", "go"}, END,
                                         {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task sealing <seal> done task <restart>");
}

static void test_a_restarted_server_hears_the_same_nonce_and_work_goes_on(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN,
                                         {"task", "WRITE"},
                                         {"begin", "go"},
                                         {"sealing", "away"},
                                         {"sealing", "denied"},
                                         {"hello", "welcome"},
                                         {"sealing", "go"},
                                         {"done", "go"},
                                         END,
                                         {0}};
    assert_string_equal(perform(SCRIPT),
                        "hello inventory task begin <write> sealing sealing hello sealing <seal> "
                        "done task <restart>");
    assert_string_equal(play.nonce[0], "0123456789abcdef0123456789abcdef");
    assert_string_equal(play.nonce[1], play.nonce[0]);
}

static void test_a_server_that_forgot_the_machine_is_told_again_what_is_in_it(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "forgot"}, {"inventory", "go"}, END, {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task inventory task <restart>");
}

static void test_a_task_of_another_order_is_refused(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "STRANGE"}, {"failed", "go"}, END, {0}};
    assert_string_equal(perform(SCRIPT), "hello inventory task failed task <restart>");
}

static void test_a_done_machine_restarts_even_when_nobody_hears_it(void **state)
{
    (void)state;
    static struct line script[100] = {BEGIN, {"task", "WRITE"}, {"begin", "go"}, {"sealing", "go"}};
    for (unsigned i = 5; i < 99; i++) {
        script[i] = (struct line){"done", "away"};
    }
    assert_true(text_starts(perform(script), "hello inventory task begin <write> sealing <seal> done done"));
    assert_true(text_ends(play.text, "done <restart>"));
    assert_true(play.paused_s >= 600 && play.paused_s < 660);
}

static void test_a_failed_write_is_reported_with_its_reason(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN,
                                         {"task", "WRITE"},
                                         {"begin", "go"},
                                         {"failed", "away"},
                                         {"failed", "go"},
                                         {"task", "STOP"},
                                         END,
                                         {0}};
    play.content_status = STATUS_IO;
    play.content_reason = "DISK_FAILED";
    assert_string_equal(perform(SCRIPT),
                        "hello inventory task begin <write> failed failed task task <restart>");
    assert_non_null(strstr(play.last_report, "DISK_FAILED"));
    assert_non_null(strstr(play.last_report, "the disk says no"));
}

static void test_a_cancelled_order_stops_the_writing(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WRITE"}, {"begin", "go"}, END, {0}};
    play.waits_for_cancel = true;
    assert_string_equal(perform(SCRIPT), "hello inventory task begin <write> task <restart>");
}

static void test_an_image_name_that_leads_elsewhere_is_refused(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WICKED"}, {"failed", "go"}, END, {0}};
    (void)perform(SCRIPT);
    assert_null(strstr(play.text, "<write>"));
    assert_null(strstr(play.text, "begin"));
}

static void test_the_key_is_asked_for_and_told(void **state)
{
    (void)state;
    static const struct line PRESSED[] = {BEGIN, {"task", "PROMPT"}, {"pressed", "go"}, END, {0}};
    static const struct line DECLINED[] = {BEGIN, {"task", "PROMPT"}, {"declined", "go"}, END, {0}};
    play.has_key = true;
    assert_string_equal(perform(PRESSED), "hello inventory task <key?> pressed task <restart>");
    (void)play_begin(NULL);
    assert_string_equal(perform(DECLINED), "hello inventory task <key?> declined task <restart>");
}

static void test_a_disk_that_comes_while_waiting_is_told(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {BEGIN, {"task", "WAIT"}, {"task", "WAIT"}, {"inventory", "go"}, END,
                                         {0}};
    play.looks_until_change = 2;
    assert_string_equal(perform(SCRIPT), "hello inventory task task inventory task <restart>");
    assert_int_equal(play.probes, 2);
}

static void test_a_server_that_is_away_is_asked_again_with_growing_pauses(void **state)
{
    (void)state;
    static const struct line SCRIPT[] = {{"hello", "away"},
                                         {"hello", "away"},
                                         {"hello", "away"},
                                         {"hello", "away"},
                                         {"hello", "away"},
                                         {"hello", "away"},
                                         BEGIN,
                                         END,
                                         {0}};
    assert_string_equal(perform(SCRIPT),
                        "hello hello hello hello hello hello hello inventory task <restart>");
    assert_int_equal(play.paused_s, 1 + 2 + 4 + 8 + 15 + 15 + 3);
}

static void test_a_refused_agent_shows_why_and_restarts(void **state)
{
    (void)state;
    static const struct line LATER[] = {{"hello", "denied"}, BEGIN, END, {0}};
    static const struct line NEVER[] = {{"hello", "refused"}, {0}};
    assert_string_equal(perform(LATER), "hello hello inventory task <restart>");
    assert_int_equal(play.paused_s, 5 + 3);
    (void)play_begin(NULL);
    assert_string_equal(perform(NEVER), "hello <key?> <restart>");
}

#define PLAY(test) cmocka_unit_test_setup(test, play_begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(test_a_disk_is_written_sealed_and_reported_in_this_order),
        PLAY(test_the_writer_is_told_which_disk_is_meant_and_gets_a_new_token_when_it_asks),
        PLAY(test_nothing_is_written_when_the_server_says_no),
        PLAY(test_nothing_is_written_when_the_server_does_not_answer_and_then_says_no),
        PLAY(test_nothing_is_sealed_when_the_server_says_no),
        PLAY(test_a_disk_that_changed_since_is_not_written_but_told),
        PLAY(test_a_disk_of_another_size_or_key_is_not_written),
        PLAY(test_two_disks_with_one_serial_number_are_never_guessed_between),
        PLAY(test_sealing_alone_erases_nothing),
        PLAY(test_a_restarted_server_hears_the_same_nonce_and_work_goes_on),
        PLAY(test_a_server_that_forgot_the_machine_is_told_again_what_is_in_it),
        PLAY(test_a_task_of_another_order_is_refused),
        PLAY(test_a_done_machine_restarts_even_when_nobody_hears_it),
        PLAY(test_a_failed_write_is_reported_with_its_reason),
        PLAY(test_a_cancelled_order_stops_the_writing),
        PLAY(test_an_image_name_that_leads_elsewhere_is_refused),
        PLAY(test_the_key_is_asked_for_and_told),
        PLAY(test_a_disk_that_comes_while_waiting_is_told),
        PLAY(test_a_server_that_is_away_is_asked_again_with_growing_pauses),
        PLAY(test_a_refused_agent_shows_why_and_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
