// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/template.h"
#include "fuzz/fuzz.h"

#define OUT_BYTES 1024

static struct template_value find(const void *self, const void *node, const char *name, size_t length)
{
    (void)node;
    switch (length == 0 ? 0 : name[0]) {
    case 't':
        return (struct template_value){.kind = TEMPLATE_TEXT, .text = "<text>", .length = 6};
    case 'o':
        return (struct template_value){.kind = TEMPLATE_OBJECT, .node = self};
    case 'l':
        return (struct template_value){.kind = TEMPLATE_LIST, .node = self, .count = 3};
    case 'y':
        return (struct template_value){.kind = TEMPLATE_TRUE};
    case 'e':
        return (struct template_value){.kind = TEMPLATE_EMPTY};
    default:
        return (struct template_value){.kind = TEMPLATE_MISSING};
    }
}

static struct template_value item(const void *self, const void *node, size_t index)
{
    (void)self;
    (void)node;
    return (struct template_value){.kind = TEMPLATE_TEXT, .text = "abc" + index, .length = 1};
}

// A partial named "p" is the template itself, so partials meet themselves.
static struct template_value partial(const void *self, const char *name, size_t length)
{
    bool is_there = length == 1 && name[0] == 'p';
    return (struct template_value){.kind = is_there ? TEMPLATE_TEXT : TEMPLATE_MISSING,
                                   .text = self,
                                   .length = is_there ? strlen(self) : 0};
}

// The first byte's lowest bits are the options; the rest is the template.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) {
        return 0;
    }
    char *source = fuzz_string(data + 1, size - 1);
    char *out = malloc(OUT_BYTES);
    fuzz_must(out != NULL);
    struct text text;
    struct problem problem;
    const struct template_data values = {.self = source, .find = find, .item = item, .partial = partial};
    const struct template_options options = {.name = "fuzz",
                                             .escape =
                                                 data[0] & 1 ? TEMPLATE_ESCAPE_HTML : TEMPLATE_ESCAPE_NONE,
                                             .is_strict = (data[0] & 2) != 0};
    text_init(&text, out, OUT_BYTES);
    problem_clear(&problem);
    enum status status = template_render(source, size - 1, &values, &options, &text, &problem);
    fuzz_must((status == STATUS_OK) == !problem_is_set(&problem));
    fuzz_must(strnlen(out, OUT_BYTES) <= text.length && text.length < OUT_BYTES);
    free(out);
    free(source);
    return 0;
}
