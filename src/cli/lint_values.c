// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lint_values.h"

#include "catalog/render.h"
#include "cli/fact.h"
#include "io/heap.h"
#include "model/profile.h"

#include <string.h>

#define RENDERED_BYTES_MOST (4 * PROFILE_ANSWER_BYTES_MOST)
#define MARK_BYTES          12

static const struct {
    const char *name;
    const char *sample;
} SAMPLES[] = {
    {"hostname", "station1"},
    {"domain", "example.test"},
    {"address", "192.0.2.10"},
    {"address.last_octet", "10"},
    {"netmask", "255.255.255.0"},
    {"prefix", "24"},
    {"gateway", "192.0.2.1"},
    {"dns", "192.0.2.1"},
    {"dns.first", "192.0.2.1"},
    {"machine.name", "station1"},
    {"machine.mac", "52:54:00:00:00:01"},
    {"machine.mac_plain", "525400000001"},
    {"machine.uuid", "00000000-0000-4000-8000-000000000001"},
    {"inventory.vendor", "QEMU"},
    {"inventory.product", "Standard_PC"},
    {"inventory.firmware", "uefi"},
    {"inventory.processors", "2"},
    {"inventory.memory_mib", "4096"},
    {"inventory.disk", "sda"},
    {"inventory.disks", "sda"},
    {"lease.hostname", "station1"},
    {"lease.ends", "2026-11-22T17:07:58Z"},
    {"counter", "1"},
    {"server", "192.0.2.1"},
    {"http", "http://192.0.2.1"},
    {"answer_url", "http://192.0.2.1/answer/station1/TOKEN/answers"},
    {"answer_folder", "http://192.0.2.1/answer/station1/TOKEN/"},
    {"callback_url", "http://192.0.2.1/answer/station1/TOKEN/done"},
    {"image.url", "http://192.0.2.1/images/image"},
    {"image.ftp_url", "ftp://192.0.2.1/images/image"},
    {"order.id", "1"},
};

// For names of the administrator's own, by what is in them.
static const struct {
    const char *part;
    const char *sample;
} LIKELY[] = {
    {"hash", "$6$imprintsample$imprintsampleimprintsampleimprintsampleimprintsample"},
    {"password", "$6$imprintsample$imprintsampleimprintsampleimprintsampleimprintsample"},
    {"key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIsample sample"},
    {"disk", "/dev/sda"},
    {"timezone", "Etc/UTC"},
    {"locale", "en_US.UTF-8"},
    {"url", "http://192.0.2.1/sample"},
    {"mirror", "mirror.example.test"},
};

static const char *sample_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(SAMPLES); i++) {
        if (strcmp(SAMPLES[i].name, name) == 0) {
            return SAMPLES[i].sample;
        }
    }
    return "sample";
}

static const char *likely_sample_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(LIKELY); i++) {
        if (strstr(name, LIKELY[i].part) != NULL) {
            return LIKELY[i].sample;
        }
    }
    return "sample";
}

void lint_values_init(struct lint_values *values, json_t *own, bool is_open)
{
    size_t count;
    const char *key;
    json_t *value;
    const struct render_value *names = render_values(&count);
    *values = (struct lint_values){json_object(), json_object(), is_open, NULL};
    for (size_t i = 0; i < count; i++) {
        json_object_set_new(values->values, names[i].name, json_string(sample_of(names[i].name)));
        json_object_set_new(values->known, names[i].name, json_true());
    }
    json_object_foreach(own, key, value)
    {
        bool is_text = json_is_string(value); // a secret is shown as something else
        json_object_set_new(values->values, key,
                            json_string(is_text ? json_string_value(value) : likely_sample_of(key)));
        json_object_set_new(values->known, key, json_true());
    }
}

void lint_values_clear(struct lint_values *values)
{
    json_decref(values->values);
    json_decref(values->known);
}

// ---- for the rules ----

static bool is_group(json_t *names, const char *name)
{
    const char *key;
    json_t *value;
    size_t length = strlen(name);
    json_object_foreach(names, key, value)
    {
        if (strncmp(key, name, length) == 0 && key[length] == '.') {
            return true;
        }
    }
    return false;
}

static bool is_known(const void *self, const char *name)
{
    const struct lint_values *values = self;
    return json_object_get(values->known, name) != NULL || is_group(values->known, name);
}

static const char *nearest(const void *self, const char *name)
{
    const struct lint_values *values = self;
    const char *best = NULL;
    unsigned least = strlen(name) > 5 ? 3 : 2; // edits that make it another word
    const char *key;
    json_t *value;
    json_object_foreach(values->known, key, value)
    {
        unsigned distance = text_distance(key, name);
        if (distance < least) {
            least = distance;
            best = key;
        }
    }
    return best;
}

static const char *snippet_of(const void *self, const char *name, size_t *bytes)
{
    const struct lint_values *values = self;
    return snippets_find(values->snippets, name, strlen(name), bytes);
}

struct lint_names lint_values_names(const struct lint_values *values)
{
    return (struct lint_names){.self = values,
                               .is_known = is_known,
                               .nearest = nearest,
                               .find_snippet = snippet_of,
                               .is_open = values->is_open};
}

// ---- for rendering ----

static struct template_value find_full(const struct lint_values *values, const char *full)
{
    const char *text = json_string_value(json_object_get(values->values, full));
    struct template_value value = {.kind = TEMPLATE_MISSING};
    if (text != NULL) {
        value = (struct template_value){
            .kind = text[0] == '\0' ? TEMPLATE_EMPTY : TEMPLATE_TEXT, .text = text, .length = strlen(text)};
    }
    const char *key;
    json_t *unused;
    size_t length = strlen(full);
    json_object_foreach(values->values, key, unused)
    {
        if (strncmp(key, full, length) == 0 && key[length] == '.') {
            value.kind = TEMPLATE_OBJECT;
            value.node = key; // any name of the group stands for it, with its length
            value.count = length;
            break;
        }
    }
    return value;
}

// Names have few parts: a group is one level, as in the values of imprint.
static struct template_value find(const void *self, const void *node, const char *name, size_t length)
{
    char full[2 * LINT_NAME_BYTES];
    struct text text;
    text_init(&text, full, sizeof full);
    if (node != NULL) {
        text_add_bytes(&text, node, strcspn(node, "."));
        text_add_char(&text, '.');
    }
    text_add_bytes(&text, name, length);
    return text.cut ? (struct template_value){.kind = TEMPLATE_MISSING} : find_full(self, full);
}

static void add_needs(struct lint_values *values, const char *source)
{
    struct lint_needs *needs = heap_new(sizeof *needs);
    lint_find_needs(source, strlen(source), needs);
    for (unsigned i = 0; i < needs->count; i++) {
        const char *name = needs->names[i];
        if (json_object_get(values->values, name) == NULL && !is_group(values->values, name)) {
            json_object_set_new(values->values, name, json_string(likely_sample_of(name)));
        }
    }
    heap_free(needs);
}

static struct template_value find_snippet(const void *self, const char *name, size_t length)
{
    const struct lint_values *values = self;
    size_t bytes = 0;
    const char *text = snippets_find(values->snippets, name, length, &bytes);
    return (struct template_value){
        .kind = text == NULL ? TEMPLATE_MISSING : TEMPLATE_TEXT, .text = text, .length = bytes};
}

enum status lint_values_render(struct lint_values *values, const char *name, const char *source, char **text,
                               size_t *length, unsigned **lines, size_t *line_count, struct problem *problem)
{
    size_t bytes = strlen(source);
    size_t count = 2;
    for (const char *at = source; *at != '\0'; at++) {
        count += *at == '\n';
    }
    struct text marked;
    struct text out;
    size_t capacity = bytes + count * MARK_BYTES + 2;
    char *buffer = heap_new(capacity);
    *text = heap_new(RENDERED_BYTES_MOST + 1);
    *lines = heap_new_array(RENDERED_BYTES_MOST / MARK_BYTES, sizeof **lines);
    text_init(&marked, buffer, capacity);
    text_init(&out, *text, RENDERED_BYTES_MOST);
    add_needs(values, source);
    enum status status = lint_mark(source, bytes, &marked);
    const struct template_data data = {.self = values, .find = find, .partial = find_snippet};
    const struct template_options options = {.name = name, .escape = render_pick_escape(name)};
    if (status == STATUS_OK) {
        status = template_render(marked.start, marked.length, &data, &options, &out, problem);
    }
    *length = out.length;
    *line_count = lint_unmark(*text, length, *lines, RENDERED_BYTES_MOST / MARK_BYTES);
    (*text)[*length] = '\0';
    heap_free(buffer);
    if (status != STATUS_OK) {
        heap_free(*text);
        heap_free(*lines);
        *text = NULL;
        *lines = NULL;
    }
    return status;
}
