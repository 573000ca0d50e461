// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/generated.h"

#include "content/opener.h"

#include "io/heap.h"
#include "io/interface.h"
#include "io/neighbour.h"
#include "loader/loader.h"
#include "service/agents.h"
#include "service/answer_files.h"
#include "service/boot_files.h"
#include "service/boot_query.h"
#include "service/boots.h"
#include "service/found.h"
#include "service/menus.h"
#include "service/own_loader.h"
#include "session/client.h"

#include <string.h>

#define GENERATED_TEXT_BYTES 16384

// ---- who asks ----

struct asker {
    struct boot_client client;
    bool is_held;            // somebody is known to have the address it asks from: `holder`
    bool is_proven;          // and not only because they said so: we leased it to them, or the wire says it
    struct hw holder;        // when is_held
    struct uuid holder_uuid; // as the holder's firmware said; all zero = not known
    char notice[MENUS_TEXT_BYTES]; // for its screen, about what was chosen there; "" = none
};

static void asker_find_holder(const struct generated *generated, const struct content_client *from,
                              struct asker *asker)
{
    struct desk_address seen;
    asker->client.architecture = BOOT_ARCHITECTURE_NONE;
    asker->client.platform = BOOT_PLATFORM_OTHER;
    if (desk_find_address(generated->desk, from->address, &seen)) {
        asker->is_held = true;
        asker->is_proven = seen.is_leased;
        asker->holder = seen.mac;
        asker->holder_uuid = seen.uuid;
        asker->client.architecture = seen.architecture;
        asker->client.platform = seen.platform;
    }
    // On our own network the wire knows best: an address may have changed hands since.
    struct hw neighbour;
    if (neighbour_find(from->interface_index, from->address, &neighbour) != STATUS_OK) {
        return;
    }
    asker->is_proven = true;
    if (!asker->is_held || !hw_equal(&neighbour, &asker->holder)) {
        asker->is_held = true;
        asker->holder = neighbour;
        asker->holder_uuid = (struct uuid){0};
        asker->client.architecture = BOOT_ARCHITECTURE_NONE;
        asker->client.platform = BOOT_PLATFORM_OTHER;
    }
}

// Fills in who asks for the configuration `request`. false when nobody can be made out.
static bool asker_identify(const struct generated *generated, const struct loader_request *request,
                           const struct content_client *from, struct asker *asker)
{
    *asker = (struct asker){0};
    asker_find_holder(generated, from, asker);
    struct boot_client *client = &asker->client;
    client->stage = BOOT_STAGE_LOADER;
    client->has_http = from->is_http;
    client->mac = request->mac;
    client->uuid = request->uuid;
    if (request->dialect == LOADER_DIALECT_IPXE) {
        boot_query_read(from->query, client);
    } else {
        client->wants_http = from->is_http;
        client->platform = request->dialect == LOADER_DIALECT_GRUB ? BOOT_PLATFORM_UEFI : BOOT_PLATFORM_BIOS;
    }
    if (!ip_is_none(request->address) && !ip_equal(request->address, from->address)) {
        return false;
    }
    if (client->mac.length == 0 && asker->is_held) {
        client->mac = asker->holder;
    }
    // GRUB tells its MAC only: what its firmware said before keeps a contradiction from being forgotten.
    if (asker->is_held && uuid_is_useless(&client->uuid) && hw_equal(&client->mac, &asker->holder)) {
        client->uuid = asker->holder_uuid;
    }
    return client->mac.length != 0;
}

// Whether the address that asks may stand for `machine`: it is held by one of its cards, or nobody can know
// (behind a relay, beside somebody else's DHCP server). Configurations hold no secrets; answer files ask for
// more (asker_owns).
static bool asker_may_be(const struct asker *asker, const struct machine *machine)
{
    return !asker->is_proven || hw_equal(&asker->holder, &asker->client.mac) ||
           (machine != NULL && machine_has_mac(machine, &asker->holder));
}

// Answer files hold passwords: what somebody said about their address is not enough.
static bool asker_owns(const struct asker *asker, const struct machine *machine)
{
    return asker->is_proven && machine_has_mac(machine, &asker->holder);
}

bool generated_is_owner(const struct generated *generated, const struct machine *machine,
                        const struct content_client *from)
{
    struct asker asker = {0};
    asker_find_holder(generated, from, &asker);
    return asker_owns(&asker, machine);
}

// ---- what it gets ----

// The network of `address`; while that is not known yet, the only one there is.
static const struct network *generated_network(const struct generated *generated, struct ip4 address)
{
    const struct config *config = generated->config;
    for (uint32_t i = 0; i < config->subnet_count; i++) {
        if (address.value != 0 && subnet_has(config->subnets[i].subnet, address)) {
            return &config->subnets[i];
        }
    }
    return address.value == 0 && config->subnet_count == 1 ? &config->subnets[0] : NULL;
}

static void generated_add_mirrors(const struct config *config, struct render_facts *facts)
{
    size_t count = 0;
    for (unsigned i = 0; i < config->mirror_count && count < RENDER_MIRRORS_MOST; i++) {
        if (config->mirrors[i].is_enabled) {
            facts->mirrors[count++] = config->mirrors[i].name;
        }
    }
}

static_assert(CONFIG_MIRRORS_MOST <= RENDER_MIRRORS_MOST && CONFIG_MIRROR_BYTES <= RENDER_MIRROR_BYTES,
              "templates have room for all mirrors");

struct render_facts generated_facts(const struct generated *generated, const struct machine *machine,
                                    const struct profile *profile, const struct order *order,
                                    struct ip server)
{
    const struct image *image = store_image_find(generated->desk->store, profile->image);
    struct ip4 address = machine->address.value != 0 ? machine->address : machine->last_address;
    struct render_facts facts = {
        .machine = machine,
        .profile = profile,
        .image = image,
        .family = image == NULL || generated->catalog == NULL
                      ? NULL
                      : catalog_find(generated->catalog, image->family),
        .order = order,
        .network = generated_network(generated, address),
        .address = address,
        .server = server,
        .snippets = generated->snippets,
        .http_port = generated->config->http_port,
        .ftp_port = generated->config->ftp.port,
        .https_port = generated->https_port,
        .certificate = generated->certificate,
    };
    generated_add_mirrors(generated->config, &facts);
    found_gather(generated->desk->store, machine->id, address, &facts.found);
    return facts;
}

// "imprint machine approve NAME" with the machine's name for NAME.
static void generated_add_remedy(struct text *out, const char *remedy, const char *name)
{
    const char *place = strstr(remedy, "NAME");
    if (place == NULL) {
        text_add(out, remedy);
        return;
    }
    const char *end = strchr(remedy, ',');
    if (end == NULL || end < place) {
        end = remedy + strlen(remedy);
    }
    text_add_bytes(out, remedy, (size_t)(place - remedy));
    text_add(out, name);
    text_add_bytes(out, place + 4, (size_t)(end - place - 4)); // the first way out is enough for a screen
}

struct screen { // the strings a loader_context borrows
    char mac[HW_TEXT_BYTES];
    char uuid[UUID_TEXT_BYTES];
    char remedy[128];
    struct boot_files files;
    char arguments[4096];
    struct menus_shown menu;
};

// Our IPv4 address, for who came by IPv6: the first one of the interface. false when there is none.
static bool generated_find_ip4(const struct content_client *from, struct ip *server)
{
    struct interface interface;
    if (!ip_is_ip6(*server)) {
        return true;
    }
    if (interface_find_index(from->interface_index, &interface) != STATUS_OK ||
        interface.address_count == 0) {
        return false;
    }
    *server = ip_from_ip4(interface.addresses[0].address);
    return true;
}

static enum status generated_fill_image(const struct generated *generated, const struct desk_meeting *meeting,
                                        const struct hw *mac, const struct content_client *from,
                                        struct screen *screen, struct problem *problem)
{
    const struct boot_plan *plan = &meeting->plan;
    enum status status = boot_files_find(plan, &screen->files, problem);
    if (status != STATUS_OK) {
        return status;
    }
    struct ip server = from->server;
    if (plan->order->by_agent && !generated_find_ip4(from, &server)) {
        problem_set(problem,
                    "the agent comes by IPv4, and the interface that the machine boots by has no such "
                    "address here");
        return STATUS_UNSUPPORTED;
    }
    struct render_facts facts =
        generated_facts(generated, meeting->machine, plan->profile, plan->order, server);
    facts.method = plan->method;
    struct text text;
    text_init(&text, screen->arguments, sizeof screen->arguments);
    return plan->order->by_agent ? render_agent_arguments(&facts, plan->boots, mac, &text, problem)
                                 : render_arguments(&facts, &text, problem);
}

static const char *generated_sentence(const struct boot_plan *plan)
{
    enum reason_id worst = reasons_worst(&plan->reasons);
    return worst == REASON_NONE ? "" : reason_get(worst)->sentence;
}

// What the machine's loader told, else what its firmware did; NULL when neither says anything.
static const struct uuid *generated_uuid(const struct boot_client *client, const struct machine *machine)
{
    if (!uuid_is_useless(&client->uuid)) {
        return &client->uuid;
    }
    return machine == NULL || uuid_is_useless(&machine->uuid) ? NULL : &machine->uuid;
}

// Prints the configuration for one meeting. When its image cannot be said, the machine waits and says why
// instead: `problem` is then set.
static enum status generated_print(const struct generated *generated, const struct loader_request *request,
                                   const struct asker *asker, const struct content_client *from,
                                   struct desk_meeting *meeting, struct text *out, struct problem *problem)
{
    struct screen screen = {0};
    enum status status = STATUS_OK;
    if (meeting->plan.kind == PLAN_IMAGE) {
        status = generated_fill_image(generated, meeting, &asker->client.mac, from, &screen, problem);
    }
    if (meeting->plan.kind == PLAN_MENU) {
        menus_fill(generated->menus, meeting->machine, asker->notice, &screen.menu);
    }
    const char *name = meeting->machine == NULL ? "" : meeting->machine->name;
    enum reason_id worst = reasons_worst(&meeting->plan.reasons);
    struct text remedy;
    text_init(&remedy, screen.remedy, sizeof screen.remedy);
    generated_add_remedy(&remedy, worst == REASON_NONE ? "" : reason_get(worst)->remedy, name);
    const struct uuid *uuid = generated_uuid(&asker->client, meeting->machine);
    struct loader_context context = {
        .plan = &meeting->plan,
        .client = &asker->client,
        .server_name = generated->config->server_name,
        .server = from->server,
        .http_port = generated->config->http_port,
        .machine_name = name,
        .mac = hw_print(&asker->client.mac, screen.mac),
        .uuid = uuid == NULL ? "" : uuid_print(uuid, screen.uuid),
        .sentence = generated_sentence(&meeting->plan),
        .remedy = screen.remedy,
        .last_verdict = boots_last_verdict(generated->desk->boots, meeting->machine),
        .way = screen.files.way,
        .kernel = screen.files.kernel,
        .arguments = screen.arguments,
        .menu = &screen.menu.menu,
        .poll_s = GENERATED_POLL_S,
    };
    for (unsigned i = 0; i < LOADER_INITRDS_MOST && screen.files.initrds[i][0] != '\0'; i++) {
        context.initrds[i] = screen.files.initrds[i];
    }
    if (status == STATUS_OK) {
        status = loader_print_config(request->dialect, &context, out, problem);
    }
    if (status != STATUS_OK && meeting->plan.kind == PLAN_IMAGE) {
        desk_hold(meeting, REASON_ORDER_BROKEN);
        context.sentence = generated_sentence(&meeting->plan);
        context.remedy = "imprint watch tells what is wrong";
        text_init(out, out->start, out->capacity);
        struct problem ignored; // no template has a say in a screen that waits
        status = loader_print_config(request->dialect, &context, out, &ignored);
    }
    return status;
}

static void generated_fill_node(const struct text *text, struct content_node *node)
{
    content_node_set_memory(node, text->start, text->length);
    node->type = "text/plain";
    node->is_private = true;
}

static enum status generated_bootstrap(const struct generated *generated, const struct content_client *from,
                                       struct content_node *node)
{
    char buffer[2048];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    struct boot_client client = {.stage = BOOT_STAGE_IPXE, .has_http = from->is_http};
    struct loader_context context = {.client = &client,
                                     .server = from->server,
                                     .http_port = generated->config->http_port,
                                     .poll_s = GENERATED_POLL_S};
    enum status status = loader_print_bootstrap(&context, &text);
    if (status == STATUS_OK) {
        generated_fill_node(&text, node);
    }
    return status;
}

// Somebody chose in the menu of `machine`: orders it, or leaves the reason why not for the screen.
static void generated_choose(const struct generated *generated, const struct loader_request *request,
                             const struct content_client *from, const struct machine *machine,
                             struct asker *asker)
{
    char name[MENU_NAME_BYTES];
    char token[LOADER_TOKEN_BYTES];
    char password[MENUS_PASSWORD_BYTES] = "";
    (void)text_copy(name, sizeof name, request->choice);
    (void)text_copy(token, sizeof token, request->token);
    if (request->dialect == LOADER_DIALECT_IPXE && from->query[0] != '\0' && name[0] == '\0') {
        boot_query_get(from->query, "choice", name, sizeof name);
        boot_query_get(from->query, "token", token, sizeof token);
        boot_query_get(from->query, "password", password, sizeof password);
    }
    const struct menus_choice choice = {.name = name,
                                        .token = token,
                                        .password = password,
                                        .address = from->address,
                                        .is_proven = asker_owns(asker, machine)};
    if (name[0] != '\0' && machine->state == MACHINE_APPROVED) {
        (void)menus_choose(generated->menus, machine, &choice, asker->notice);
    }
    explicit_bzero(password, sizeof password);
}

static enum status generated_configuration(const struct generated *generated,
                                           const struct loader_request *request,
                                           const struct content_client *from, struct content_node *node,
                                           struct reasons *reasons)
{
    if (request->dialect == LOADER_DIALECT_IPXE && request->is_generic) {
        return generated_bootstrap(generated, from, node);
    }
    struct asker asker;
    if (!asker_identify(generated, request, from, &asker)) {
        return STATUS_NOT_FOUND;
    }
    const struct machine *machine = store_machine_find_mac(generated->desk->store, &asker.client.mac);
    if (!asker_may_be(&asker, machine)) {
        reasons_add(reasons, REASON_CONFIGURATION_REFUSED);
        return STATUS_NOT_FOUND;
    }
    asker.client.is_test =
        machine == NULL && ip_equal(from->address, ip_from_ip4((struct ip4){CLIENT_TEST_ADDRESS}));
    if (machine != NULL && generated->menus != NULL) {
        generated_choose(generated, request, from, machine, &asker); // `machine` may be stale now
    }
    struct desk_meeting meeting;
    desk_meet(generated->desk, &asker.client, &meeting);
    char *buffer = heap_new(GENERATED_TEXT_BYTES);
    struct text text;
    text_init(&text, buffer, GENERATED_TEXT_BYTES);
    struct problem problem;
    problem_clear(&problem);
    enum status status = generated_print(generated, request, &asker, from, &meeting, &text, &problem);
    if (status == STATUS_OK) {
        char detail[EVENT_TEXT_BYTES / 2] = "";
        if (problem.text[0] != '\0') {
            problem_print(&problem, detail, sizeof detail);
        }
        generated_fill_node(&text, node);
        bool is_order = meeting.plan.kind == PLAN_IMAGE;
        node->part = is_order ? CONTENT_PART_CONFIGURATION : CONTENT_PART_NONE;
        node->machine_id = meeting.machine == NULL ? 0 : meeting.machine->id;
        node->order_id = is_order ? meeting.plan.order->id : 0;
        desk_tell_plan(generated->desk, &meeting, &asker.client, from->address, detail);
        if (is_order && !asker.is_proven) {
            // Behind a relay and beside another DHCP server nobody can know whose address this is. Believing
            // it lets the order be used up by what is fetched from there, so that it cannot start again for
            // ever.
            desk_note_address(generated->desk, &asker.client, from->address);
        }
    }
    heap_free(buffer);
    return status == STATUS_OK ? STATUS_OK : STATUS_NOT_FOUND;
}

// ---- imported images, with an eye on what completes an order ----

static const struct order *generated_order_of(const struct generated *generated,
                                              const struct content_client *from)
{
    struct asker asker = {0};
    asker_find_holder(generated, from, &asker);
    const struct machine *machine =
        asker.is_held ? store_machine_find_mac(generated->desk->store, &asker.holder) : NULL;
    return machine == NULL ? NULL : store_order_find_live(generated->desk->store, machine->id);
}

struct image_search {
    const char *name;
    const struct image *found;
};

static bool generated_visit_image(const struct image *image, void *context)
{
    struct image_search *search = context;
    bool is_first = search->found == NULL || strcmp(image->name, search->found->name) < 0;
    if (text_equal_nocase(image->name, search->name) && is_first) {
        search->found = image;
    }
    return true;
}

// The imported image that a path ("images/NAME/FILE") is in, as the tree finds it: that name, else the first
// in byte order in another case. NULL = none that is known, and `*file` is what comes behind.
static const struct image *generated_find_image(const struct generated *generated, const char *path,
                                                const char **file)
{
    const char *start = path + strlen("images/");
    size_t length = strcspn(start, "/");
    char name[IMAGE_NAME_BYTES] = "";
    memcpy(name, start, length < sizeof name ? length : 0);
    *file = start[length] == '/' ? start + length + 1 : "";
    struct image_search search = {.name = name, .found = store_image_find(generated->desk->store, name)};
    if (search.found == NULL) {
        store_image_each(generated->desk->store, generated_visit_image, &search);
    }
    return search.found;
}

// Images for disks are for the agents that write them: over HTTP, with the token of an order for that image.
static bool generated_may_read(const struct generated *generated, const char *path,
                               const struct content_client *from)
{
    const char *file;
    const struct image *image = generated_find_image(generated, path, &file);
    if (image != NULL && image->kind == IMAGE_BOOT) {
        return true;
    }
    bool is_packed = text_equal_nocase(file, IMAGE_STREAM_FILE) || text_equal_nocase(file, IMAGE_INDEX_FILE);
    if (image == NULL) {
        return !is_packed;
    }
    return is_packed && from->is_http && generated->agents != NULL &&
           agents_may_read(generated->agents, from, image->name, text_equal_nocase(file, IMAGE_STREAM_FILE));
}

static const struct image *generated_boots(const struct generated *generated, const struct order *order)
{
    const struct store *store = generated->desk->store;
    if (order->by_agent) {
        return store_image_find_agent(store);
    }
    const struct profile *profile = store_profile_find(store, order->profile);
    return profile == NULL ? NULL : store_image_find(store, profile->image);
}

static enum status generated_image(const struct generated *generated, const char *path,
                                   const struct content_client *from, struct content_node *node,
                                   struct reasons *reasons)
{
    if (!generated_may_read(generated, path, from)) {
        reasons_add(reasons, REASON_AGENT_REFUSED);
        return STATUS_DENIED;
    }
    struct loader_request request;
    const struct order *order = generated_order_of(generated, from);
    const struct image *image = order == NULL ? NULL : generated_boots(generated, order);
    if (image != NULL && !from->is_http && own_loader_asks(image, path, &request)) {
        return generated_configuration(generated, &request, from, node, reasons);
    }
    enum status status = content_source_open(&generated->images, path, from, node, reasons);
    image = status == STATUS_OK ? image : NULL;
    const char *file;
    const struct image *asked = generated_find_image(generated, path, &file);
    bool is_packed = asked != NULL && asked->kind != IMAGE_BOOT;
    node->is_private = node->is_private || is_packed;
    if (image == NULL) {
        return status;
    }
    struct boot_file file_is = boot_files_look_up(image, path);
    if (file_is.is_kernel || file_is.is_last || is_packed) {
        node->part = file_is.is_last ? CONTENT_PART_LAST : CONTENT_PART_NONE;
        node->machine_id = order->machine_id;
        node->order_id = order->id;
    }
    return status;
}

static enum status generated_lookup(void *self, const char *path, const struct content_client *client,
                                    struct content_node *node, struct reasons *reasons)
{
    const struct generated *generated = self;
    struct loader_request request;
    if (loader_request_parse(path, &request)) {
        return generated_configuration(generated, &request, client, node, reasons);
    }
    if (text_starts(path, "answer/")) {
        return answer_files_lookup(generated, path + strlen("answer/"), client, node, reasons);
    }
    if (text_starts(path, "images/")) {
        return generated_image(generated, path, client, node, reasons);
    }
    return STATUS_NOT_FOUND;
}

// Images only; who may see which is not asked here (generated_hides).
static enum status generated_list(void *self, const char *path,
                                  void (*visit)(void *context, const struct content_entry *entry),
                                  void *context)
{
    const struct generated *generated = self;
    return generated->images.list(generated->images.self, path, visit, context);
}

bool generated_hides(const struct generated *generated, const char *image)
{
    struct image_search search = {.name = image};
    store_image_each(generated->desk->store, generated_visit_image, &search);
    return search.found != NULL && search.found->kind != IMAGE_BOOT;
}

struct content_source generated_source(struct generated *generated)
{
    return (struct content_source){
        .name = "generated", .lookup = generated_lookup, .list = generated_list, .self = generated};
}
