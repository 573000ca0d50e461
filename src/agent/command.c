// SPDX-License-Identifier: GPL-3.0-or-later
// The agent as a command, for rescue and for measuring: the same inventory, the same writing, by hand.
#include "agent/agent.h"
#include "agent/console.h"
#include "agent/fetch.h"
#include "agent/probe.h"
#include "agent/write.h"
#include "base/text.h"
#include "format/chunk_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_WRONG 2 // exit status: the words make no sense

static const char COMMAND_HELP[] =
    "imprint-agent: the program that imprint starts on a machine to write its disk\n"
    "\n"
    "  imprint-agent inventory                      what machine this is, as JSON\n"
    "  imprint-agent write URL DISK [--token TOKEN] [--yes]\n"
    "                                               writes an image to a disk, as it is; ERASES the disk\n"
    "  imprint-agent seal URL DISK [--token TOKEN]  makes a disk bootable that was wholly written but not\n"
    "                                               made bootable; erases nothing\n"
    "  imprint-agent --help | --version\n"
    "\n"
    "URL is http://ADDRESS[:PORT]/PATH/image.zst, with image.index beside it; ADDRESS is a number.\n"
    "DISK is a device (/dev/vdb) or a file. A disk that is not blank needs --yes.\n"
    "As the first process of a machine it needs no words: the kernel's command line says what to do.\n";

struct command_write {
    struct fetch_server server;
    struct write_job job;
    bool is_agreed;
    bool is_sealing; // only that
};

static int command_fail(const char *what, const struct problem *problem)
{
    (void)fprintf(stderr, "imprint-agent: %s", what);
    if (problem != NULL) {
        char text[PROBLEM_TEXT_BYTES + PROBLEM_REMEDY_BYTES];
        (void)fprintf(stderr, "%s", problem_print(problem, text, sizeof text));
    }
    (void)fputc('\n', stderr);
    return 1;
}

static int command_inventory(void)
{
    struct inventory *inventory = calloc(1, sizeof *inventory);
    if (inventory == NULL) {
        return command_fail("there is no memory left", NULL);
    }
    probe(inventory);
    char *json = talk_inventory_encode(inventory);
    int result = puts(json) >= 0 && fflush(stdout) == 0 ? 0 : 1;
    free(json);
    free(inventory);
    return result;
}

// "http://192.168.77.1:8080/images/debian-12/image.zst"
static bool command_parse_url(const char *url, struct command_write *asked)
{
    char host[64];
    const char *begin = url + strlen("http://");
    if (!text_starts(url, "http://")) {
        return false;
    }
    size_t bytes = strcspn(begin, "/");
    const char *path = begin + bytes;
    if (bytes >= sizeof host || *path != '/' || !text_ends(path, ".zst") ||
        strpbrk(path, " \r\n\t") != NULL ||
        text_copy(asked->job.stream_path, sizeof asked->job.stream_path, path) != STATUS_OK) {
        return false;
    }
    memcpy(host, begin, bytes);
    host[bytes] = '\0';
    uint64_t port = 80;
    char *colon = strchr(host, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
    if ((colon != NULL && text_parse_u64(colon + 1, UINT16_MAX, &port) != STATUS_OK) || port == 0 ||
        ip4_parse(host, &asked->server.address) != STATUS_OK) {
        return false;
    }
    asked->server.port = (uint16_t)port;
    struct text index;
    text_init(&index, asked->job.index_path, sizeof asked->job.index_path);
    text_add_bytes(&index, path, strlen(path) - strlen(".zst"));
    text_add(&index, ".index");
    return !index.cut;
}

// What kind of image it is stands in its index.
static enum status command_find_kind(struct command_write *asked, struct problem *problem)
{
    struct fetch_answer answer = {0};
    struct chunk_index index;
    enum status status = fetch(&asked->server, asked->job.index_path, NULL, NULL, 0, &answer, problem);
    if (status == STATUS_OK && answer.http_status != 200) {
        problem_set(problem, "the server answered %u for %s", answer.http_status, asked->job.index_path);
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        status = chunk_index_decode((const uint8_t *)answer.body, answer.bytes, &index, problem);
    }
    if (status == STATUS_OK) {
        asked->job.kind = (enum image_kind)index.kind;
    }
    fetch_answer_clear(&answer);
    return status;
}

// Whether the disk is known to be blank; of anything else the user must say that it may go.
static bool command_is_blank(const char *device)
{
    struct inventory *inventory = calloc(1, sizeof *inventory);
    bool is_blank = false;
    if (inventory != NULL && text_starts(device, "/dev/")) {
        probe(inventory);
        for (unsigned i = 0; i < inventory->disk_count; i++) {
            const struct inventory_disk *disk = &inventory->disks[i];
            if (strcmp(disk->name, device + strlen("/dev/")) == 0) {
                char line[1024];
                struct text text;
                text_init(&text, line, sizeof line);
                inventory_print_disk(disk, &text);
                console_say("%s", line);
                is_blank = disk->is_blank;
            }
        }
    }
    free(inventory);
    return is_blank;
}

static void command_on_progress(void *context, const char *stage, uint64_t done, uint64_t all)
{
    (void)context;
    console_progress(stage, done, all);
}

static void command_on_trouble(void *context, const char *reason, const char *text)
{
    (void)context;
    console_say("%s (%s)", text, reason);
}

static int command_do_write(struct command_write *asked)
{
    struct problem problem;
    problem_clear(&problem);
    console_open(false);
    if (command_find_kind(asked, &problem) != STATUS_OK) {
        return command_fail("", &problem);
    }
    if (!asked->is_sealing && !asked->is_agreed && !command_is_blank(asked->job.device)) {
        return command_fail("the disk is not blank, or not a whole disk; --yes erases it all the same", NULL);
    }
    asked->job.server = &asked->server;
    asked->job.is_uefi = access("/sys/firmware/efi", F_OK) == 0;
    asked->job.hooks = (struct write_hooks){.progress = command_on_progress, .trouble = command_on_trouble};
    struct write_end end = {0};
    enum status status = asked->is_sealing ? STATUS_OK : write_content(&asked->job, &end);
    if (status == STATUS_OK) {
        status = write_seal(&asked->job, &end);
    }
    console_progress_end();
    if (status != STATUS_OK) {
        return command_fail("", &end.problem);
    }
    console_say("done: %s is %s", asked->job.device, asked->is_sealing ? "bootable" : "written");
    return 0;
}

static int command_write(bool is_sealing, int count, char *words[])
{
    struct command_write asked = {.is_sealing = is_sealing};
    const char *plain[2] = {0};
    unsigned plain_count = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--yes") == 0) {
            asked.is_agreed = true;
        } else if (strcmp(words[i], "--token") == 0 && i + 1 < count) {
            fetch_set_tokens(&asked.server, words[++i], "");
        } else if (plain_count < COUNT_OF(plain) && words[i][0] != '-') {
            plain[plain_count++] = words[i];
        } else {
            plain_count = 0;
            break;
        }
    }
    if (plain_count != COUNT_OF(plain) || !command_parse_url(plain[0], &asked) ||
        text_copy(asked.job.device, sizeof asked.job.device, plain[1]) != STATUS_OK) {
        (void)fputs(COMMAND_HELP, stderr);
        return COMMAND_WRONG;
    }
    return command_do_write(&asked);
}

int agent_main_command(int count, char *words[])
{
    const char *word = count > 0 ? words[0] : "";
    if (strcmp(word, "inventory") == 0 && count == 1) {
        return command_inventory();
    }
    bool is_sealing = strcmp(word, "seal") == 0;
    if (is_sealing || strcmp(word, "write") == 0) {
        return command_write(is_sealing, count - 1, words + 1);
    }
    if (strcmp(word, "--version") == 0) {
        return puts("imprint-agent " IMPRINT_VERSION) >= 0 ? 0 : 1;
    }
    bool is_help = strcmp(word, "--help") == 0;
    (void)fputs(COMMAND_HELP, is_help ? stdout : stderr);
    return is_help ? 0 : COMMAND_WRONG;
}
