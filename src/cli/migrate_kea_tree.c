// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/migrate_kea_tree.h"

#include "base/text.h"

#include <string.h>

// ---- files that are put in ----

struct origin { // of a line of all files together
    unsigned file;
    unsigned line;
};

struct splicing {
    struct migration *migration;
    struct heap_array bytes;
    struct heap_array origins;
    struct heap_array *paths;
    char last;         // that is no blank and no comment
    bool skips_comma;  // the next one belongs to something that is not there
    bool is_too_large; // was told
};

struct scan { // of one file
    const char *at;
    const char *end;
    unsigned file;
    unsigned line;
};

static void put_bytes(struct splicing *splicing, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count && splicing->bytes.count < KEA_BYTES_MOST; i++) {
        heap_array_add(&splicing->bytes, &bytes[i]);
    }
    splicing->is_too_large = splicing->is_too_large || splicing->bytes.count >= KEA_BYTES_MOST;
}

static void put_newline(struct splicing *splicing, unsigned file, unsigned line)
{
    const struct origin origin = {file, line};
    put_bytes(splicing, "\n", 1);
    heap_array_add(&splicing->origins, &origin);
}

// Copies one byte of the file.
static void copy(struct splicing *splicing, struct scan *scan)
{
    if (*scan->at == '\n') {
        put_newline(splicing, scan->file, ++scan->line);
    } else {
        put_bytes(splicing, scan->at, 1);
    }
    scan->at++;
}

static bool sees(const struct scan *scan, const char *bytes)
{
    size_t length = strlen(bytes);
    return (size_t)(scan->end - scan->at) >= length && memcmp(scan->at, bytes, length) == 0;
}

static void copy_string(struct splicing *splicing, struct scan *scan)
{
    copy(splicing, scan);
    while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\n') {
        if (*scan->at == '\\' && scan->end - scan->at >= 2 && scan->at[1] != '\n') {
            copy(splicing, scan);
        }
        copy(splicing, scan);
    }
    if (scan->at < scan->end) {
        copy(splicing, scan);
    }
    splicing->last = '"';
}

static void copy_comment(struct splicing *splicing, struct scan *scan)
{
    bool is_long = sees(scan, "/*");
    while (scan->at < scan->end && (is_long ? !sees(scan, "*/") : *scan->at != '\n')) {
        copy(splicing, scan);
    }
    for (int i = 0; is_long && i < 2 && scan->at < scan->end; i++) {
        copy(splicing, scan);
    }
}

static void splice(struct splicing *splicing, const struct migrate_text *text);

// Takes '<?include "FILE"?>'. False when it is not that.
static bool take_include(struct splicing *splicing, struct scan *scan, const struct migrate_text *text)
{
    static const char begin[] = "<?include";
    char path[MIGRATE_PATH_BYTES];
    char what[MIGRATE_WHAT_BYTES];
    struct migrate_text included;
    struct text copied;
    const char *at = scan->at + strlen(begin);
    while (at < scan->end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    const char *open = at < scan->end && *at == '"' ? at + 1 : NULL;
    const char *close = open == NULL ? NULL : memchr(open, '"', (size_t)(scan->end - open));
    if (close == NULL || memchr(open, '\n', (size_t)(close - open)) != NULL) {
        return false;
    }
    for (at = close + 1; at < scan->end && (*at == ' ' || *at == '\t');) {
        at++;
    }
    if (scan->end - at < 2 || memcmp(at, "?>", 2) != 0) {
        return false;
    }
    text_init(&copied, path, sizeof path);
    text_add_bytes(&copied, open, (size_t)(close - open));
    (void)snprintf(what, sizeof what, "<?include \"%.100s\"?>", path);
    migrate_at(splicing->migration, text->path, scan->line);
    scan->at = at + 2;
    if (migrate_include(splicing->migration, text, path, what, &included)) {
        splice(splicing, &included);
        put_newline(splicing, scan->file, scan->line);
        migrate_include_clear(&included);
    } else if (splicing->last == ':') {
        put_bytes(splicing, "null", 4);
        splicing->last = 'l';
    } else {
        splicing->skips_comma = true;
    }
    return true;
}

// Appends `text`, with what it includes in its place.
static void splice(struct splicing *splicing, const struct migrate_text *text)
{
    struct scan scan = {text->bytes, text->bytes + text->count, (unsigned)splicing->paths->count, 1};
    char path[KEA_PATHS_BYTES];
    (void)text_copy(path, sizeof path, text->path);
    heap_array_add(splicing->paths, path);
    put_newline(splicing, scan.file, scan.line);
    while (scan.at < scan.end && !splicing->is_too_large) {
        char character = *scan.at;
        if (character == '#' || sees(&scan, "//") || sees(&scan, "/*")) {
            copy_comment(splicing, &scan);
        } else if (character == '"') {
            copy_string(splicing, &scan);
        } else if (character == ',' && splicing->skips_comma) {
            scan.at++;
            splicing->skips_comma = false;
        } else if (!sees(&scan, "<?include") || !take_include(splicing, &scan, text)) {
            bool is_blank = strchr(" \t\r\n", character) != NULL;
            splicing->last = is_blank ? splicing->last : character;
            splicing->skips_comma = is_blank && splicing->skips_comma;
            copy(splicing, &scan);
        }
    }
}

// ---- the tree ----

static void add_node(struct kea_tree *tree, const struct kea_conf_item *item, struct origin origin,
                     size_t parent, size_t *last)
{
    struct kea_node node = {.kind = item->kind,
                            .file = origin.file,
                            .line = origin.line,
                            .key = heap_copy_text(item->key),
                            .text = heap_copy_text(item->text),
                            .first = KEA_NODE_NONE,
                            .next = KEA_NODE_NONE,
                            .is_cut = item->is_cut};
    size_t position = tree->nodes.count;
    heap_array_add(&tree->nodes, &node);
    struct kea_node *nodes = tree->nodes.items;
    if (*last != KEA_NODE_NONE) {
        nodes[*last].next = position;
    } else if (parent != KEA_NODE_NONE) {
        nodes[parent].first = position;
    }
    *last = position;
}

static struct origin origin_of(const struct splicing *splicing, unsigned line)
{
    size_t position = line == 0 ? 0 : line - 1;
    size_t last = splicing->origins.count - 1;
    return *(const struct origin *)heap_array_get(&splicing->origins, position < last ? position : last);
}

static void remark_at(const struct kea_tree *tree, struct migration *migration, struct origin origin,
                      const char *text)
{
    migrate_at(migration, heap_array_get(&tree->paths, origin.file), origin.line);
    migrate_remark(migration, MIGRATE_FAULT, "this line",
                   "%s; Kea does not start with it, and what comes behind was not read", text);
}

static void read_nodes(struct kea_tree *tree, const struct splicing *splicing)
{
    struct kea_conf conf = kea_conf_init(splicing->bytes.items, splicing->bytes.count);
    struct kea_conf_item *item = heap_new(sizeof *item);
    size_t parents[KEA_CONF_DEPTH_MOST + 1] = {KEA_NODE_NONE};
    size_t lasts[KEA_CONF_DEPTH_MOST + 1] = {KEA_NODE_NONE};
    unsigned depth = 0;
    while (kea_conf_next(&conf, item)) {
        struct origin origin = origin_of(splicing, item->line);
        if (item->kind == KEA_CONF_FAULT || tree->nodes.count >= KEA_NODES_MOST) {
            remark_at(tree, splicing->migration, origin,
                      item->kind == KEA_CONF_FAULT ? item->text : "there is more than anybody configures");
            break;
        }
        if (item->kind == KEA_CONF_END) {
            depth--;
            continue;
        }
        add_node(tree, item, origin, parents[depth], &lasts[depth]);
        if (item->kind == KEA_CONF_OBJECT || item->kind == KEA_CONF_ARRAY) {
            depth++;
            parents[depth] = tree->nodes.count - 1;
            lasts[depth] = KEA_NODE_NONE;
        }
    }
    heap_free(item);
}

void kea_tree_init(struct kea_tree *tree, struct migration *migration, const struct migrate_text *text)
{
    *tree = (struct kea_tree){.nodes = heap_array_init(sizeof(struct kea_node)),
                              .paths = heap_array_init(KEA_PATHS_BYTES)};
    struct splicing splicing = {.migration = migration,
                                .bytes = heap_array_init(1),
                                .origins = heap_array_init(sizeof(struct origin)),
                                .paths = &tree->paths};
    const struct origin first = {0, 1};
    heap_array_add(&splicing.origins, &first);
    splice(&splicing, text);
    if (splicing.is_too_large) {
        migrate_at(migration, text->path, 1);
        migrate_remark(migration, MIGRATE_LEFT, "this file", "with what it includes it is too long");
    }
    read_nodes(tree, &splicing);
    heap_array_clear(&splicing.bytes);
    heap_array_clear(&splicing.origins);
}

void kea_tree_clear(struct kea_tree *tree)
{
    for (size_t i = 0; i < tree->nodes.count; i++) {
        struct kea_node *node = heap_array_get(&tree->nodes, i);
        heap_free(node->key);
        heap_free(node->text);
    }
    heap_array_clear(&tree->nodes);
    heap_array_clear(&tree->paths);
}

const struct kea_node *kea_tree_get(const struct kea_tree *tree, size_t position)
{
    return heap_array_get(&tree->nodes, position);
}

size_t kea_tree_find(const struct kea_tree *tree, size_t position, const char *key)
{
    size_t member = kea_tree_get(tree, position)->first;
    while (member != KEA_NODE_NONE && strcmp(kea_tree_get(tree, member)->key, key) != 0) {
        member = kea_tree_get(tree, member)->next;
    }
    return member;
}

const char *kea_tree_find_text(const struct kea_tree *tree, size_t position, const char *key)
{
    size_t member = kea_tree_find(tree, position, key);
    return member == KEA_NODE_NONE ? "" : kea_tree_get(tree, member)->text;
}
