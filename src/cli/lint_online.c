// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lint_online.h"

#include "format/entries.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define URL_BYTES   1024
#define URLS_MOST   16
#define PATIENCE_MS 5000L

struct asking {
    const struct lint_subject *subject;
    struct lint *lint;
    CURL *curl;
    char urls[URLS_MOST][URL_BYTES];
    unsigned lines[URLS_MOST];
    unsigned count;
    char host[URL_BYTES]; // of a preseed mirror
    char directory[URL_BYTES];
    unsigned line;
};

static void add_url(struct asking *asking, const char *start, size_t length, const char *rest, unsigned line)
{
    if (asking->count == URLS_MOST || length == 0) {
        return;
    }
    bool has_slash = start[length - 1] == '/';
    int bytes =
        snprintf(asking->urls[asking->count], URL_BYTES, "%.*s%s", (int)(length - has_slash), start, rest);
    if (bytes > 0 && bytes < URL_BYTES && strchr(asking->urls[asking->count], '$') == NULL) {
        asking->lines[asking->count++] = line;
    }
}

// The value of --url= or --baseurl= in a kickstart command.
static void take_kickstart(struct asking *asking, const struct entry *entry)
{
    static const char *const OPTIONS[] = {"--url", "--baseurl"};
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        const char *at = strstr(entry->value, OPTIONS[i]);
        if (at != NULL && (strcmp(entry->name, "url") == 0 || strcmp(entry->name, "repo") == 0)) {
            at += strlen(OPTIONS[i]);
            at += strspn(at, "= \t\"'");
            add_url(asking, at, strcspn(at, " \t\"'"), "/repodata/repomd.xml", entry->line);
        }
    }
}

static void take_entry(void *context, const struct entry *entry)
{
    struct asking *asking = context;
    if (asking->subject->format == LINT_KICKSTART) {
        take_kickstart(asking, entry);
    } else if (strcmp(entry->name, "mirror/http/hostname") == 0) {
        (void)text_copy(asking->host, sizeof asking->host, entry->value);
        asking->line = entry->line;
    } else if (strcmp(entry->name, "mirror/http/directory") == 0) {
        (void)text_copy(asking->directory, sizeof asking->directory, entry->value);
    } else if (strncmp(entry->value, "http://", 7) == 0 || strncmp(entry->value, "https://", 8) == 0) {
        bool is_source = strstr(entry->name, "uri") != NULL || strstr(entry->name, "media_url") != NULL ||
                         strstr(entry->name, "url") != NULL;
        if (is_source) {
            add_url(asking, entry->value, strcspn(entry->value, " \t"), "/", entry->line);
        }
    }
}

static void collect(struct asking *asking)
{
    const struct entries_visit visit = {take_entry, asking};
    const struct lint_subject *subject = asking->subject;
    enum status ignored = STATUS_OK; // what is wrong with the text is told by others
    if (subject->format == LINT_KICKSTART) {
        entries_parse_kickstart(subject->text, subject->length, &visit);
    } else if (subject->format == LINT_PRESEED) {
        entries_parse_preseed(subject->text, subject->length, &visit);
    } else if (subject->format == LINT_AUTOYAST) {
        ignored = entries_parse_xml(subject->text, subject->length, &visit, NULL);
    } else if (subject->format == LINT_CLOUD) {
        ignored = entries_parse_yaml(subject->text, subject->length, &visit, NULL);
    }
    (void)ignored;
    if (asking->host[0] != '\0') {
        char url[URL_BYTES];
        (void)snprintf(url, sizeof url, "http://%.400s%.400s", asking->host, asking->directory);
        add_url(asking, url, strlen(url), "/dists/", asking->line);
    }
}

static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static void ask_one(struct asking *asking, unsigned index)
{
    char error[CURL_ERROR_SIZE] = "";
    long code = 0;
    CURL *curl = asking->curl;
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, asking->urls[index]);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,ftp");
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK) {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    }
    unsigned place = asking->lines[index];
    bool has_map = asking->subject->lines != NULL && place > 0 && place <= asking->subject->line_count;
    place = has_map ? asking->subject->lines[place - 1] : place;
    if (result != CURLE_OK) {
        lint_add(asking->lint, LINT_SERVER_SILENT, place, "%.80s: %.60s", asking->urls[index],
                 error[0] == '\0' ? curl_easy_strerror(result) : error);
    } else if (code == 404 || code >= 500) { // others, such as 403 for a folder, show that it is there
        lint_add(asking->lint, LINT_SERVER_SILENT, place, "%.80s: HTTP status %ld", asking->urls[index],
                 code);
    }
}

unsigned lint_online_check(const struct lint_subject *subject, struct lint *lint)
{
    static struct asking asking; // large, and only asked for once at a time
    asking = (struct asking){.subject = subject, .lint = lint};
    collect(&asking);
    asking.curl = curl_easy_init();
    for (unsigned i = 0; asking.curl != NULL && i < asking.count; i++) {
        ask_one(&asking, i);
    }
    curl_easy_cleanup(asking.curl);
    return asking.count;
}
