// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_names.h"

#include "base/text.h"
#include "content/map.h"
#include "content/path.h"
#include "io/heap.h"
#include "io/loop.h"
#include "service/tftp_clients.h"
#include "service/tftp_name_kind.h"

#include <string.h>

#define NAME_JUNK          '\xff' // what some firmware leaves behind a name
#define NEAREST_PER_SECOND 25     // looking for it costs a thousand times a lookup
#define COMPLAINT_EVERY_MS 10000
#define MAP_FAILED_TEXT    "The server's map file makes no name of this one"

struct tftp_names {
    const struct content *content;
    struct log *log;
    int64_t (*now_ms)(void);
    struct map *map; // NULL = none
    struct tftp_clients *clients;
    char root[CONTENT_PATH_BYTES]; // canonical: without the first '/'; "" = none
    unsigned nearest_left;         // in this second
    int64_t nearest_s;
    int64_t complained_ms; // about the map file; 0 = never
};

// One request on its way through the places where its file may be.
struct search {
    struct tftp_names *names;
    struct transfer_end *end;
    struct content_client from;
    char entry[CONTENT_PATH_BYTES]; // of the client, "" = none. Copies: it may be forgotten while a source is
                                    // asked
    char first[CONTENT_PATH_BYTES]; // its loaders, "" = not known
    char loader[CONTENT_PATH_BYTES];
    struct content_node *node;
    struct reasons passed; // of names that were not it
    struct text tried;
    unsigned tries;
};

#define SEARCH_TRIES_MOST 48 // names looked for on behalf of one request

// ---- the map file ----

/// The name without what firmware leaves behind it, NUL-terminated; false when it is too long.
static bool trim_name(const char *name, size_t length, char out[MAP_NAME_BYTES])
{
    const char *junk = length == 0 ? NULL : memchr(name, NAME_JUNK, length);
    size_t end = junk == NULL ? length : (size_t)(junk - name);
    while (end > 0 && strchr(" \t\r\n", name[end - 1]) != NULL) {
        end--;
    }
    if (end >= MAP_NAME_BYTES) {
        return false;
    }
    memcpy(out, name, end);
    out[end] = '\0';
    return true;
}

static void complain(struct tftp_names *names, const struct problem *problem)
{
    char text[PROBLEM_TEXT_BYTES + PROBLEM_REMEDY_BYTES];
    int64_t now_ms = names->now_ms();
    if (names->complained_ms == 0 || now_ms - names->complained_ms > COMPLAINT_EVERY_MS) {
        names->complained_ms = now_ms;
        log_write(names->log, LOG_LEVEL_WARNING, "tftp.map: %s", problem_print(problem, text, sizeof text));
    }
}

/// `path` without the administrator's folder in front, or NULL: a server without -s is asked for whole names.
static const char *behind_root(const char *root, const char *path)
{
    size_t length = strlen(root);
    return length != 0 && text_starts(path, root) && path[length] == '/' ? path + length + 1 : NULL;
}

struct map_asker {
    struct tftp_names *names;
    const struct content_client *from;
};

static bool has_file(void *context, const char *name)
{
    const struct map_asker *asker = context;
    const char *root = asker->names->root;
    char path[CONTENT_PATH_BYTES];
    struct content_node node;
    struct reasons ignored = {0};
    if (path_parse(name, strlen(name), path) != STATUS_OK) {
        return false;
    }
    enum status status =
        content_open_shared(asker->names->content, path, strlen(path), asker->from, &node, &ignored);
    const char *inside = behind_root(root, path);
    if (status == STATUS_NOT_FOUND && inside != NULL) {
        status =
            content_open_shared(asker->names->content, inside, strlen(inside), asker->from, &node, &ignored);
    }
    content_node_close(&node);
    return status == STATUS_OK;
}

static struct content_client client_of(const struct transfer_end *end, struct content_waiter *waiter)
{
    return (struct content_client){.address = end->client,
                                   .port = end->client_port,
                                   .server = end->server,
                                   .interface_index = end->interface_index,
                                   .query = "",
                                   .waiter = waiter};
}

/// Whether some answer is not known yet, so that all that was decided does not count.
static bool must_wait(const struct content_waiter *waiter)
{
    return waiter != NULL && waiter->at != NULL;
}

/// Lets the map file, if there is one, rewrite `name` in place.
static enum status apply_map(struct tftp_names *names, struct transfer_end *end, bool is_put,
                             struct content_waiter *waiter, char name[MAP_NAME_BYTES])
{
    if (names->map == NULL) {
        return STATUS_OK;
    }
    char result[MAP_NAME_BYTES];
    const struct content_client from = client_of(end, waiter);
    struct map_asker asker = {names, &from};
    struct problem problem;
    problem_clear(&problem);
    const struct map_question question = {
        .name = name, .client = end->client, .is_put = is_put, .has_file = has_file, .context = &asker};
    enum status status = map_apply(names->map, &question, result, &problem);
    if (must_wait(waiter)) {
        return STATUS_WAITING;
    }
    if (status == STATUS_OK) {
        memcpy(name, result, strlen(result) + 1);
        return STATUS_OK;
    }
    bool is_refused = status == STATUS_DENIED;
    reasons_add(&end->reasons, is_refused ? REASON_NAME_REFUSED : REASON_MAP_FAILED);
    (void)text_copy(end->why, sizeof end->why, is_refused ? result : MAP_FAILED_TEXT);
    if (!is_refused) {
        complain(names, &problem);
    }
    return STATUS_DENIED;
}

// ---- looking for one name ----

static void note_try(struct search *search, const char *path)
{
    search->tries++;
    text_add_format(&search->tried, "%s%s", search->tried.length == 0 ? "" : ", ", path);
}

static bool is_image(const char *path)
{
    return text_starts(path, "images/");
}

/// Looks for exactly this path. `is_guess`: it is our idea, so nobody is met because of it.
static enum status look_for(struct search *search, const char *path, bool is_guess)
{
    if (search->tries >= SEARCH_TRIES_MOST) {
        return STATUS_NOT_FOUND;
    }
    note_try(search, path);
    const struct content *content = search->names->content;
    struct reasons reasons = {0};
    bool is_shared = is_guess && !is_image(path); // images are behind a source that knows who may have which
    enum status status = (is_shared ? content_open_shared : content_open)(
        content, path, strlen(path), &search->from, search->node, &reasons);
    if (status == STATUS_OK) {
        search->passed = (struct reasons){0};
    }
    for (unsigned i = 0; i < reasons.count; i++) {
        if (reasons.ids[i] != REASON_FILE_NOT_FOUND) {
            reasons_add(&search->passed, reasons.ids[i]);
        }
    }
    return status;
}

/// Looks for `path` below the entry of this client, and below the folders that the entry lies in.
/// STATUS_NOT_FOUND when there is no entry.
static enum status look_in_entry(struct search *search, const char *path)
{
    char whole[CONTENT_PATH_BYTES];
    enum status status = STATUS_NOT_FOUND;
    size_t length = strlen(search->entry);
    while (length > 0 && status == STATUS_NOT_FOUND) {
        struct text text;
        text_init(&text, whole, sizeof whole);
        text_add_bytes(&text, search->entry, length);
        text_add_char(&text, '/');
        text_add(&text, path);
        if (!text.cut) {
            status = look_for(search, whole, true);
        }
        while (length > 0 && search->entry[--length] != '/') {
        }
    }
    return status;
}

static bool is_below_entry(const struct search *search, const char *path)
{
    const char *entry = search->entry;
    size_t length = strlen(entry);
    if (length == 0 || strlen(path) <= length || path[length] != '/') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text_lower(path[i]) != text_lower(entry[i])) {
            return false;
        }
    }
    return true;
}

/// Looks for `path` where this client's loader came from.
static enum status look_in_session(struct search *search, const char *path)
{
    // Its loader came from there, so what it asks for by its whole name is the administrator's file, too.
    enum status status =
        is_below_entry(search, path) && !is_image(path) ? look_for(search, path, true) : STATUS_NOT_FOUND;
    return status == STATUS_NOT_FOUND ? look_in_entry(search, path) : status;
}

/// Whether GRUB, which asks for a configuration of its own machine first, shall go on to the one for all that
/// lies beside it.
static bool has_plain_grub(struct search *search, const char *path)
{
    char plain[CONTENT_PATH_BYTES];
    size_t length;
    if (!tftp_name_is_personal_grub(path, &length)) {
        return false;
    }
    memcpy(plain, path, length);
    plain[length] = '\0';
    enum status status = look_in_session(search, plain);
    content_node_close(search->node);
    return status == STATUS_OK;
}

/// Looks for a canonical name everywhere it may mean, in order.
static enum status resolve(struct search *search, const char *path)
{
    bool has_entry = search->entry[0] != '\0';
    bool is_session = has_entry && (tftp_name_is_session(path) || is_below_entry(search, path));
    enum status status = is_session ? look_in_session(search, path) : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND && is_session && has_plain_grub(search, path)) {
        return STATUS_NOT_FOUND;
    }
    if (status == STATUS_NOT_FOUND) {
        status = look_for(search, path, false);
    }
    if (status == STATUS_NOT_FOUND && has_entry && !is_session) {
        status = look_in_entry(search, path);
    }
    const char *inside = behind_root(search->names->root, path);
    return status == STATUS_NOT_FOUND && inside != NULL ? resolve(search, inside) : status;
}

// ---- Windows 2000 glues its file's name to that of the boot program ----

/// `path` without the name of a loader in front; NULL when it does not begin with it.
static const char *behind_loader(const char *path, const char *loader)
{
    if (*loader == '\0') {
        return NULL;
    }
    for (; *loader != '\0'; path++, loader++) {
        if (text_lower(*path) != text_lower(*loader)) {
            return NULL;
        }
    }
    return *path == '\0' || *path == '/' ? NULL : path;
}

static enum status resolve_behind_known(struct search *search, const char *path)
{
    const char *const known[] = {search->loader, tftp_name_base(search->loader), search->first,
                                 tftp_name_base(search->first)};
    enum status status = STATUS_NOT_FOUND;
    const char *rest = NULL;
    for (size_t i = 0; i < COUNT_OF(known) && rest == NULL; i++) {
        rest = behind_loader(path, known[i]);
        status = rest == NULL ? status : resolve(search, rest);
    }
    return status;
}

/// The same for a client whose loader is not known: it must be one that is there.
static enum status resolve_glued(struct search *search, const char *path)
{
    const char *base = tftp_name_base(path);
    size_t count = tftp_name_glued(base);
    char name[CONTENT_PATH_BYTES];
    if (count == 0) {
        return STATUS_NOT_FOUND;
    }
    size_t folder = (size_t)(base - path);
    memcpy(name, path, folder + count);
    name[folder + count] = '\0';
    struct map_asker asker = {search->names, &search->from};
    if (!has_file(&asker, name)) {
        return STATUS_NOT_FOUND;
    }
    enum status status = STATUS_NOT_FOUND;
    if (folder != 0) {
        (void)text_copy(name + folder, sizeof name - folder, base + count);
        status = look_for(search, name, true);
    }
    return status == STATUS_NOT_FOUND ? resolve(search, base + count) : status;
}

// ---- what a served file says about the next ones ----

static void learn(struct search *search, const char *asked)
{
    struct tftp_clients *clients = search->names->clients;
    const struct content_node *node = search->node;
    if (tftp_name_is_loader(node->path)) {
        bool is_own = (node->source != NULL && strcmp(node->source, "root") == 0) || is_image(node->path);
        char entry[CONTENT_PATH_BYTES] = "";
        const char *base = tftp_name_base(node->path);
        if (is_own && base != node->path) {
            memcpy(entry, node->path, (size_t)(base - node->path) - 1);
            entry[base - node->path - 1] = '\0';
        }
        tftp_clients_put(clients, search->end->client, entry, asked, search->names->now_ms());
    } else if (node->part == CONTENT_PART_CONFIGURATION) {
        tftp_clients_clear_entry(clients, search->end->client); // it boots what its order says
    }
}

static bool may_look_for_nearest(struct tftp_names *names)
{
    int64_t now_s = names->now_ms() / 1000;
    if (now_s != names->nearest_s) {
        names->nearest_s = now_s;
        names->nearest_left = NEAREST_PER_SECOND;
    }
    names->nearest_left -= names->nearest_left > 0;
    return names->nearest_left > 0;
}

static void find_nearest(struct search *search, const char *path)
{
    struct tftp_names *names = search->names;
    char *nearest = search->end->nearest;
    if (!may_look_for_nearest(names) ||
        content_find_nearest(names->content, path, strlen(path), &search->from, nearest) != STATUS_OK) {
        nearest[0] = '\0';
    }
}

static enum status find(struct search *search, const char *path)
{
    enum status status = resolve(search, path);
    if (status == STATUS_NOT_FOUND) {
        status = resolve_behind_known(search, path);
    }
    if (status == STATUS_NOT_FOUND) {
        status = resolve_glued(search, path);
    }
    return status;
}

/// Puts what is known about the client into `search`.
static void recall(struct search *search)
{
    struct tftp_names *names = search->names;
    const struct tftp_client *client =
        tftp_clients_find(names->clients, search->end->client, names->now_ms());
    if (client != NULL) {
        (void)text_copy(search->entry, sizeof search->entry, client->entry);
        (void)text_copy(search->first, sizeof search->first, client->first);
        (void)text_copy(search->loader, sizeof search->loader, client->loader);
    }
}

/// Finds and opens `path`, which the client calls `asked`; both canonical.
static enum status search_open(struct search *search, const char *path, const char *asked)
{
    struct transfer_end *end = search->end;
    recall(search);
    text_init(&search->tried, end->tried, sizeof end->tried);
    enum status status = find(search, path);
    if (status == STATUS_OK || (search->tries == 1 && strcmp(path, asked) == 0)) {
        end->tried[0] = '\0'; // nothing that the event does not say anyway
    }
    for (unsigned i = 0; i < search->passed.count; i++) {
        reasons_add(&end->reasons, search->passed.ids[i]);
    }
    if (must_wait(search->from.waiter)) {
        return STATUS_WAITING;
    }
    if (status == STATUS_OK) {
        learn(search, asked);
    } else if (status == STATUS_NOT_FOUND) {
        reasons_add(&end->reasons, REASON_FILE_NOT_FOUND);
        find_nearest(search, path);
    }
    return must_wait(search->from.waiter) ? STATUS_WAITING : status;
}

enum status tftp_names_open(struct tftp_names *names, struct transfer_end *end, const char *name,
                            size_t length, struct content_waiter *waiter, struct content_node *node)
{
    char mapped[MAP_NAME_BYTES];
    char asked[CONTENT_PATH_BYTES] = "";
    char path[CONTENT_PATH_BYTES];
    content_node_init(node);
    end->tried[0] = end->nearest[0] = end->why[0] = '\0';
    if (!trim_name(name, length, mapped)) {
        reasons_add(&end->reasons, REASON_FILE_NOT_FOUND); // a name that nothing can have
        return STATUS_NOT_FOUND;
    }
    enum status parsed = path_parse(mapped, strlen(mapped), asked);
    enum status status = apply_map(names, end, false, waiter, mapped);
    if (status != STATUS_OK) {
        return status;
    }
    status = path_parse(mapped, strlen(mapped), path);
    if (status == STATUS_OK) {
        struct search search = {.names = names, .end = end, .from = client_of(end, waiter), .node = node};
        status = search_open(&search, path, parsed == STATUS_OK ? asked : path);
        if (status == STATUS_WAITING) {
            content_node_close(node); // it may hold what was found without knowing all
        }
        return status;
    }
    reasons_add(&end->reasons, status == STATUS_DENIED ? REASON_PATH_REFUSED : REASON_FILE_NOT_FOUND);
    return status == STATUS_DENIED ? STATUS_DENIED : STATUS_NOT_FOUND;
}

enum status tftp_names_map_put(struct tftp_names *names, struct transfer_end *end, const char *name,
                               size_t length, char out[CONTENT_PATH_BYTES])
{
    char mapped[MAP_NAME_BYTES];
    end->why[0] = '\0';
    if (!trim_name(name, length, mapped)) {
        return STATUS_DENIED;
    }
    enum status status = apply_map(names, end, true, NULL, mapped);
    if (status == STATUS_OK && text_copy(out, CONTENT_PATH_BYTES, mapped) != STATUS_OK) {
        return STATUS_DENIED;
    }
    return status;
}

// ---- the rest ----

struct tftp_names *tftp_names_new(const struct tftp_names_options *options)
{
    struct tftp_names *names = heap_new(sizeof *names);
    names->content = options->content;
    names->log = options->log;
    names->now_ms = options->now_ms == NULL ? loop_now_ms : options->now_ms;
    names->clients = tftp_clients_new(TFTP_NAMES_CLIENTS_MOST, (int64_t)TFTP_NAMES_CLIENT_S * 1000);
    if (options->root == NULL || path_parse(options->root, strlen(options->root), names->root) != STATUS_OK) {
        names->root[0] = '\0';
    }
    return names;
}

void tftp_names_free(struct tftp_names *names)
{
    if (names == NULL) {
        return;
    }
    map_free(names->map);
    tftp_clients_free(names->clients);
    heap_free(names);
}

enum status tftp_names_load(struct tftp_names *names, const char *path, struct problem *problem)
{
    struct map *map = NULL;
    if (path[0] != '\0') {
        map = map_read(path, problem);
        if (map == NULL) {
            return STATUS_MALFORMED;
        }
    }
    map_free(names->map);
    names->map = map;
    return STATUS_OK;
}

void tftp_names_forget(struct tftp_names *names, struct ip address)
{
    tftp_clients_remove(names->clients, address);
}

const char *tftp_names_entry(struct tftp_names *names, struct ip address)
{
    const struct tftp_client *client = tftp_clients_find(names->clients, address, names->now_ms());
    return client == NULL ? "" : client->entry;
}
