// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/template.h"

#include <string.h>

struct slice {
    const char *at;
    size_t length;
};

struct marks { // the delimiters, "{{" and "}}" unless the template changes them
    struct slice open;
    struct slice close;
};

struct frame { // one text being rendered: the template, or a partial inside it
    const char *name;
    struct slice source;
    size_t at;
    struct marks marks;
    struct slice indent;  // put before each of its lines
    bool inherits_indent; // and the enclosing text's before that
    bool at_line_start;   // nothing of the current output line is out yet
};

struct section {
    struct slice name;
    unsigned frame;             // where it was opened
    bool is_silent;             // false: what is inside is read, not rendered
    bool has_context;           // names are looked up in `context` first
    struct template_value list; // LIST: what it repeats over
    struct template_value context;
    size_t index;
    size_t body; // where in the frame it starts over
    struct marks marks;
    size_t tag; // where it was opened, for problems
};

struct tag {
    char sigil; // '#' '^' '/' '!' '=' '>' '&' (also for triple marks), or 0 for a plain name
    struct slice name;
    size_t start; // in the frame's source
    size_t end;
    bool is_standalone; // alone on its line, which then vanishes
    size_t line_start;
    size_t next; // where reading goes on
};

struct render {
    const struct template_data *data;
    const struct template_options *options;
    struct text *out;
    struct problem *problem;
    struct frame frames[TEMPLATE_PARTIALS_MOST + 1];
    unsigned frame_count;
    struct section sections[TEMPLATE_SECTIONS_MOST];
    unsigned section_count;
    unsigned tag_count;
};

static const struct marks MARKS_DEFAULT = {{"{{", 2}, {"}}", 2}};

static struct frame *render_frame(struct render *render)
{
    return &render->frames[render->frame_count - 1];
}

static bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static bool slice_is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static struct slice slice_trim(struct slice slice)
{
    while (slice.length > 0 && slice_is_blank(slice.at[0])) {
        slice.at++;
        slice.length--;
    }
    while (slice.length > 0 && slice_is_blank(slice.at[slice.length - 1])) {
        slice.length--;
    }
    return slice;
}

/// Where `wanted` is in `source` at or behind `from`; the source's length when nowhere.
static size_t slice_find(struct slice source, size_t from, struct slice wanted)
{
    const char *found = NULL;
    if (from < source.length) {
        found = memmem(source.at + from, source.length - from, wanted.at, wanted.length);
    }
    return found == NULL ? source.length : (size_t)(found - source.at);
}

/// Says where `at` lies in the current frame, and returns `status`.
static enum status render_fail(struct render *render, size_t at, enum status status)
{
    const struct frame *frame = render_frame(render);
    unsigned line = 1;
    unsigned column = 1;
    for (size_t i = 0; i < at; i++) {
        bool is_end = frame->source.at[i] == '\n';
        line += is_end;
        column = is_end ? 1 : column + 1;
    }
    problem_set_place(render->problem, frame->name, line, column);
    return status;
}

/// A name as it may be shown to people: printable, not too long.
struct shown {
    char text[80];
};

static struct shown render_show(struct slice name)
{
    struct shown shown;
    struct text text;
    text_init(&text, shown.text, sizeof shown.text);
    text_add_escaped(&text, name.at, name.length);
    return shown;
}

// ---- values

static struct template_value render_find_in(const struct render *render, const void *node, struct slice name)
{
    return render->data->find(render->data->self, node, name.at, name.length);
}

/// The first part of a dotted name: in the innermost open section that has it, else outermost.
static struct template_value render_find_first(const struct render *render, struct slice part)
{
    for (unsigned i = render->section_count; i > 0; i--) {
        const struct section *section = &render->sections[i - 1];
        if (!section->has_context || section->context.kind != TEMPLATE_OBJECT) {
            continue;
        }
        struct template_value value = render_find_in(render, section->context.node, part);
        if (value.kind != TEMPLATE_MISSING) {
            return value;
        }
    }
    return render_find_in(render, NULL, part);
}

static struct template_value render_find_here(const struct render *render)
{
    for (unsigned i = render->section_count; i > 0; i--) {
        if (render->sections[i - 1].has_context) {
            return render->sections[i - 1].context;
        }
    }
    return render->data->root;
}

static struct template_value render_find(const struct render *render, struct slice name)
{
    if (name.length == 1 && name.at[0] == '.') {
        return render_find_here(render);
    }
    size_t end = slice_find(name, 0, (struct slice){".", 1});
    struct template_value value = render_find_first(render, (struct slice){name.at, end});
    while (end < name.length) {
        struct slice rest = {name.at + end + 1, name.length - end - 1};
        size_t length = slice_find(rest, 0, (struct slice){".", 1});
        if (value.kind != TEMPLATE_OBJECT) { // what has no value now has no parts now either
            return (struct template_value){.kind = value.kind == TEMPLATE_EMPTY ? TEMPLATE_EMPTY
                                                                                : TEMPLATE_MISSING};
        }
        value = render_find_in(render, value.node, (struct slice){rest.at, length});
        end += 1 + length;
    }
    return value;
}

static bool value_is_true(const struct template_value *value)
{
    switch (value->kind) {
    case TEMPLATE_TRUE:
    case TEMPLATE_OBJECT:
        return true;
    case TEMPLATE_TEXT:
        return value->length > 0;
    case TEMPLATE_LIST:
        return value->count > 0;
    case TEMPLATE_MISSING:
    case TEMPLATE_EMPTY:
        break;
    }
    return false;
}

// ---- output

static bool render_is_silent(const struct render *render)
{
    return render->section_count > 0 && render->sections[render->section_count - 1].is_silent;
}

/// Puts the indent out when a line begins, the enclosing texts' first.
static void render_add_indent(struct render *render)
{
    unsigned last = render->frame_count - 1;
    unsigned first = last;
    if (!render->frames[last].at_line_start) {
        return;
    }
    render->frames[last].at_line_start = false;
    while (first > 0 && render->frames[first].inherits_indent) {
        first--;
    }
    for (unsigned i = first; i <= last; i++) {
        text_add_bytes(render->out, render->frames[i].indent.at, render->frames[i].indent.length);
    }
}

/// Puts out the template's own text from where the frame is up to `end`.
static void render_add_literal(struct render *render, size_t end)
{
    struct frame *frame = render_frame(render);
    while (!render_is_silent(render) && frame->at < end) {
        size_t line = slice_find(frame->source, frame->at, (struct slice){"\n", 1}) + 1;
        size_t length = size_min(line, end) - frame->at;
        render_add_indent(render);
        text_add_bytes(render->out, frame->source.at + frame->at, length);
        frame->at += length;
        frame->at_line_start = frame->source.at[frame->at - 1] == '\n';
    }
    frame->at = end;
}

static void render_add_entities(struct text *out, enum template_escape escape, const char *at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (at[i]) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '\'':
            text_add(out, escape == TEMPLATE_ESCAPE_XML ? "&#39;" : "'");
            break;
        default:
            text_add_char(out, at[i]);
        }
    }
}

static void render_add_quoted(struct text *out, const char *at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)at[i];
        if (character == '"' || character == '\\') {
            text_add_char(out, '\\');
            text_add_char(out, at[i]);
        } else if (character < 0x20 || character == 0x7f) {
            text_add_format(out, "\\u%04x", character);
        } else {
            text_add_char(out, at[i]);
        }
    }
}

static void render_add_escaped(struct text *out, enum template_escape escape, const char *at, size_t length)
{
    switch (escape) {
    case TEMPLATE_ESCAPE_NONE:
    case TEMPLATE_ESCAPE_LINE:
        text_add_bytes(out, at, length);
        break;
    case TEMPLATE_ESCAPE_HTML:
    case TEMPLATE_ESCAPE_XML:
        render_add_entities(out, escape, at, length);
        break;
    case TEMPLATE_ESCAPE_QUOTED:
        render_add_quoted(out, at, length);
        break;
    }
}

static enum status render_add_value(struct render *render, const struct tag *tag)
{
    struct template_value value = render_find(render, tag->name);
    bool has_text = value.kind == TEMPLATE_TRUE || value.kind == TEMPLATE_TEXT ||
                    (value.kind == TEMPLATE_OBJECT && value.text != NULL);
    if (!has_text && !render->options->is_strict) {
        return STATUS_OK;
    }
    if (!has_text) {
        struct shown shown = render_show(tag->name);
        problem_set(render->problem,
                    value.kind == TEMPLATE_EMPTY ? "{{%s}} has no value here" : "{{%s}} is not a known value",
                    shown.text);
        return render_fail(render, tag->start, STATUS_NOT_FOUND);
    }
    enum template_escape escape = tag->sigil == '&' ? TEMPLATE_ESCAPE_NONE : render->options->escape;
    if (escape == TEMPLATE_ESCAPE_LINE &&
        (memchr(value.text, '\n', value.length) != NULL || memchr(value.text, '\r', value.length) != NULL)) {
        struct shown shown = render_show(tag->name);
        problem_set(render->problem,
                    "{{%s}} has a line break, and what follows it would be a line of its own", shown.text);
        problem_set_remedy(render->problem,
                           "give it a value of one line, or write {{{%s}}} if that is wanted", shown.text);
        return render_fail(render, tag->start, STATUS_MALFORMED);
    }
    render_add_indent(render);
    render_add_escaped(render->out, escape, value.text, value.length);
    return STATUS_OK;
}

// ---- tags

static size_t tag_line_start(struct slice source, size_t at)
{
    while (at > 0 && source.at[at - 1] != '\n') {
        at--;
    }
    return at;
}

/// Whether only blanks are between `from` and `to`.
static bool tag_is_alone(struct slice source, size_t from, size_t to)
{
    while (from < to && (source.at[from] == ' ' || source.at[from] == '\t')) {
        from++;
    }
    return from == to;
}

/// Finds out whether the tag stands alone on its line, and where reading goes on.
static void tag_measure_line(struct slice source, struct tag *tag)
{
    size_t end = slice_find(source, tag->end, (struct slice){"\n", 1});
    size_t text_end = end > tag->end && source.at[end - 1] == '\r' && end < source.length ? end - 1 : end;
    tag->line_start = tag_line_start(source, tag->start);
    tag->is_standalone = tag->sigil != 0 && tag->sigil != '&' &&
                         tag_is_alone(source, tag->line_start, tag->start) &&
                         tag_is_alone(source, tag->end, text_end);
    tag->next = tag->is_standalone ? size_min(end + 1, source.length) : tag->end;
}

/// Reads the tag whose opening mark is at `start`. STATUS_MALFORMED when it has no end or no name.
static enum status render_read_tag(struct render *render, size_t start, struct tag *tag)
{
    const struct frame *frame = render_frame(render);
    size_t at = start + frame->marks.open.length;
    char sigil = at < frame->source.length ? frame->source.at[at] : '\0';
    bool has_sigil = sigil != '\0' && strchr("#^/!=>&{", sigil) != NULL;
    at += has_sigil;
    size_t extra = sigil == '{' || sigil == '=' ? 1 : 0; // "}}}" and "=}}"
    size_t end = slice_find(frame->source, at, frame->marks.close);
    while (extra == 1 && end < frame->source.length && sigil == '=' && frame->source.at[end - 1] != '=') {
        end = slice_find(frame->source, end + 1, frame->marks.close);
    }
    bool is_open = end == frame->source.length;
    if (!is_open && sigil == '{') {
        is_open = end + frame->marks.close.length >= frame->source.length ||
                  frame->source.at[end + frame->marks.close.length] != '}';
    }
    if (is_open) {
        problem_set(render->problem, "this tag is never closed");
        return render_fail(render, start, STATUS_MALFORMED);
    }
    size_t name_end = sigil == '=' ? end - 1 : end;
    *tag = (struct tag){.sigil = has_sigil ? sigil : '\0', .start = start};
    tag->name = slice_trim((struct slice){frame->source.at + at, name_end > at ? name_end - at : 0});
    tag->end = end + frame->marks.close.length + (sigil == '{');
    tag->sigil = sigil == '{' ? '&' : tag->sigil;
    if (tag->name.length == 0 && sigil != '!') {
        problem_set(render->problem, "this tag has no name");
        return render_fail(render, start, STATUS_MALFORMED);
    }
    tag_measure_line(frame->source, tag);
    return STATUS_OK;
}

static void section_take_item(struct render *render, struct section *section)
{
    section->context = render->data->item(render->data->self, section->list.node, section->index);
}

static enum status render_open_section(struct render *render, const struct tag *tag)
{
    if (render->section_count == TEMPLATE_SECTIONS_MOST) {
        problem_set(render->problem, "more than %d sections inside each other", TEMPLATE_SECTIONS_MOST);
        return render_fail(render, tag->start, STATUS_TOO_LONG);
    }
    bool was_silent = render_is_silent(render);
    struct section section = {.name = tag->name,
                              .frame = render->frame_count - 1,
                              .is_silent = was_silent,
                              .body = tag->next,
                              .marks = render_frame(render)->marks,
                              .tag = tag->start};
    if (!was_silent) {
        struct template_value value = render_find(render, tag->name);
        bool is_true = value_is_true(&value);
        section.is_silent = is_true == (tag->sigil == '^');
        section.has_context = is_true;
        section.list = value;
        section.context = value;
        if (is_true && value.kind == TEMPLATE_LIST) {
            section_take_item(render, &section);
        }
    }
    render->sections[render->section_count++] = section;
    return STATUS_OK;
}

/// Closes the innermost section, or starts its body over for the next item of its list.
static enum status render_close_section(struct render *render, const struct tag *tag)
{
    struct frame *frame = render_frame(render);
    struct section *section = &render->sections[size_max(render->section_count, 1) - 1];
    bool is_open = render->section_count > 0 && section->frame == render->frame_count - 1;
    if (!is_open || !slice_equal(section->name, tag->name)) {
        struct shown shown = render_show(tag->name);
        problem_set(render->problem, "this closes section \"%s\", which is not the one open here",
                    shown.text);
        return render_fail(render, tag->start, STATUS_MALFORMED);
    }
    bool goes_on = !section->is_silent && section->has_context && section->list.kind == TEMPLATE_LIST &&
                   section->index + 1 < section->list.count && !render->out->cut;
    if (goes_on) {
        section->index++;
        section_take_item(render, section);
        frame->at = section->body;
        frame->marks = section->marks;
    } else {
        render->section_count--;
    }
    return STATUS_OK;
}

/// "{{=<% %>=}}": two marks with blanks between, without '=' or blanks inside.
static enum status render_change_marks(struct render *render, const struct tag *tag)
{
    struct slice name = tag->name;
    size_t open = 0;
    while (open < name.length && !slice_is_blank(name.at[open])) {
        open++;
    }
    struct slice close = slice_trim((struct slice){name.at + open, name.length - open});
    bool is_odd = memchr(name.at, '=', name.length) != NULL || close.length == 0;
    for (size_t i = 0; i < close.length; i++) {
        is_odd = is_odd || slice_is_blank(close.at[i]);
    }
    if (is_odd) {
        problem_set(render->problem, "new delimiters are written {{=OPEN CLOSE=}}");
        return render_fail(render, tag->start, STATUS_MALFORMED);
    }
    render_frame(render)->marks = (struct marks){.open = {name.at, open}, .close = close};
    return STATUS_OK;
}

static enum status render_open_partial(struct render *render, const struct tag *tag)
{
    struct template_value value = {.kind = TEMPLATE_MISSING};
    struct shown shown = render_show(tag->name);
    if (render->data->partial != NULL) {
        value = render->data->partial(render->data->self, tag->name.at, tag->name.length);
    }
    if (value.kind != TEMPLATE_TEXT && render->options->is_strict) {
        problem_set(render->problem, "there is no partial template \"%s\"", shown.text);
        return render_fail(render, tag->start, STATUS_NOT_FOUND);
    }
    if (value.kind != TEMPLATE_TEXT) {
        return STATUS_OK;
    }
    if (render->frame_count > TEMPLATE_PARTIALS_MOST) {
        problem_set(render->problem, "more than %d partial templates inside each other",
                    TEMPLATE_PARTIALS_MOST);
        return render_fail(render, tag->start, STATUS_TOO_LONG);
    }
    const struct frame *outer = render_frame(render);
    struct frame frame = {.name = outer->name,
                          .source = {value.text, value.length},
                          .marks = MARKS_DEFAULT,
                          .at_line_start = true};
    if (tag->is_standalone) {
        frame.indent = (struct slice){outer->source.at + tag->line_start, tag->start - tag->line_start};
        frame.inherits_indent = true;
    } else {
        render_add_indent(render);
    }
    render->frames[render->frame_count++] = frame;
    return STATUS_OK;
}

static enum status render_step_tag(struct render *render, const struct tag *tag)
{
    bool is_silent = render_is_silent(render);
    switch (tag->sigil) {
    case '!':
        return STATUS_OK;
    case '=':
        return render_change_marks(render, tag);
    case '#':
    case '^':
        return render_open_section(render, tag);
    case '/':
        return render_close_section(render, tag);
    case '>':
        return is_silent ? STATUS_OK : render_open_partial(render, tag);
    default:
        return is_silent ? STATUS_OK : render_add_value(render, tag);
    }
}

/// The end of a text: what it opened must be closed.
static enum status render_end_frame(struct render *render)
{
    if (render->section_count > 0) {
        const struct section *section = &render->sections[render->section_count - 1];
        if (section->frame == render->frame_count - 1) {
            struct shown shown = render_show(section->name);
            problem_set(render->problem, "section \"%s\" is never closed", shown.text);
            return render_fail(render, section->tag, STATUS_MALFORMED);
        }
    }
    render->frame_count--;
    return STATUS_OK;
}

static enum status render_step(struct render *render)
{
    struct frame *frame = render_frame(render);
    struct tag tag = {0}; // gcc 12 does not see that it is read only when it was written
    size_t start = slice_find(frame->source, frame->at, frame->marks.open);
    if (start == frame->source.length) {
        render_add_literal(render, start);
        return render_end_frame(render);
    }
    if (render->tag_count++ == TEMPLATE_TAGS_MOST) {
        problem_set(render->problem, "this template repeats more than %d tags", TEMPLATE_TAGS_MOST);
        return render_fail(render, start, STATUS_TOO_LONG);
    }
    enum status status = render_read_tag(render, start, &tag);
    if (status != STATUS_OK) {
        return status;
    }
    render_add_literal(render, tag.is_standalone ? size_max(tag.line_start, frame->at) : tag.start);
    frame->at = tag.next;
    return render_step_tag(render, &tag);
}

enum status template_render(const char *source, size_t length, const struct template_data *data,
                            const struct template_options *options, struct text *out, struct problem *problem)
{
    struct render render = {.data = data, .options = options, .out = out, .problem = problem};
    enum status status = STATUS_OK;
    render.frames[0] = (struct frame){
        .name = options->name, .source = {source, length}, .marks = MARKS_DEFAULT, .at_line_start = true};
    render.frame_count = 1;
    while (render.frame_count > 0 && status == STATUS_OK && !out->cut) {
        status = render_step(&render);
    }
    if (status == STATUS_OK && out->cut) {
        problem_set(problem, "the text made from this template is longer than %zu bytes", out->capacity - 1);
        problem_set_place(problem, options->name, 0, 0);
        status = STATUS_TOO_LONG;
    }
    return status;
}
