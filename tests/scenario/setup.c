// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that prepare the world, act for the administrator, and look at what became of it.
#include "base/text.h"
#include "base/time.h"
#include "scenario/statement.h"

#include <string.h>

bool statement_network(struct world *world, struct script_line *line, struct problem *problem)
{
    struct network *network = &world->config.subnets[world->config.subnet_count];
    const char *subnet = script_take(line);
    const char *range = script_take_value(line, "pool");
    *network = (struct network){.lease_s = NETWORK_LEASE_DEFAULT_S};
    if (subnet == NULL || range == NULL || subnet_parse(subnet, &network->subnet) != STATUS_OK ||
        network_range_parse(range, &network->first, &network->last) != STATUS_OK) {
        problem_set(problem,
                    "network SUBNET pool FIRST-LAST [router A] [dns A] [lease TIME] [lease-min TIME] "
                    "[lease-max TIME] [lease-boot TIME] [shared NAME]");
        return false;
    }
    const char *shared = script_take_value(line, "shared");
    if (!script_take_ip4(line, "router", &network->routers[0], problem) ||
        !script_take_ip4(line, "dns", &network->dns[0], problem) ||
        !script_take_seconds(line, "lease", &network->lease_s, problem) ||
        !script_take_seconds(line, "lease-min", &network->lease_least_s, problem) ||
        !script_take_seconds(line, "lease-max", &network->lease_most_s, problem) ||
        !script_take_seconds(line, "lease-boot", &network->lease_boot_s, problem) ||
        text_copy(network->shared, sizeof network->shared, shared == NULL ? "" : shared) != STATUS_OK) {
        return false;
    }
    network->router_count = network->routers[0].value != 0;
    network->dns_count = network->dns[0].value != 0;
    world->config.subnet_count++;
    return network_check(network, problem) == STATUS_OK;
}

// What follows a network is about that one.
static struct network *newest_network(struct world *world)
{
    return world->config.subnet_count == 0 ? NULL : &world->config.subnets[world->config.subnet_count - 1];
}

bool statement_range(struct world *world, struct script_line *line, struct problem *problem)
{
    struct network *network = newest_network(world);
    struct network_range range = {.has_bootp = script_take_flag(line, "bootp")};
    const char *text = script_take(line);
    if (network == NULL || network->range_count == NETWORK_RANGES_MOST || text == NULL ||
        network_range_parse(text, &range.first, &range.last) != STATUS_OK) {
        problem_set(problem, "range FIRST-LAST [bootp], behind its network");
        return false;
    }
    network->ranges[network->range_count++] = range;
    return true;
}

bool statement_exclude(struct world *world, struct script_line *line, struct problem *problem)
{
    struct network *network = newest_network(world);
    struct network_span span;
    const char *text = script_take(line);
    if (network == NULL || network->excluded_count == NETWORK_EXCLUDED_MOST || text == NULL ||
        network_range_parse(text, &span.first, &span.last) != STATUS_OK) {
        problem_set(problem, "exclude FIRST-LAST, behind its network");
        return false;
    }
    network->excluded[network->excluded_count++] = span;
    return true;
}

bool statement_server(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *address = script_take(line);
    if (address == NULL || ip4_parse(address, &world->server) != STATUS_OK) {
        problem_set(problem, "server ADDRESS");
        return false;
    }
    return true;
}

bool statement_mode(struct world *world, struct script_line *line, struct problem *problem)
{
    (void)problem;
    world->is_proxy = script_take_flag(line, "proxy");
    return world->is_proxy || script_take_flag(line, "server");
}

bool statement_policy(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *word = script_take(line);
    if (word == NULL || policy_unknown_parse(word, &world->desk->policy.unknown) != STATUS_OK) {
        problem_set(problem, "policy hold|local|refuse");
        return false;
    }
    return true;
}

bool statement_missing(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *file = script_take(line);
    (void)problem;
    return file != NULL && text_copy(world->missing, sizeof world->missing, file) == STATUS_OK;
}

static bool make_agent(struct world *world, struct problem *problem)
{
    struct image agent = {
        .name = "agent", .family = IMAGE_AGENT_FAMILY, .kernel = "linux", .initrd = "initrd.zst"};
    return store_image_find_agent(world->store) != NULL ||
           store_image_put(world->store, &agent, problem) == STATUS_OK;
}

// An image and a profile of that name, unless there are already.
static bool make_profile(struct world *world, const char *name, bool is_written, struct problem *problem)
{
    static const char ANSWER[] = "# for this machine alone\n";
    if (store_profile_find(world->store, name) != NULL) {
        return true;
    }
    struct image image = {.family = "linux", .kernel = "linux", .initrd = "initrd.gz", .arguments = "quiet"};
    static struct profile profile;
    profile = (struct profile){.answer = ANSWER, .answer_bytes = sizeof ANSWER - 1};
    if (is_written) {
        image = (struct image){
            .family = "debian", .kind = IMAGE_ROOT, .starts = IMAGE_STARTS_BIOS | IMAGE_STARTS_UEFI};
        profile = (struct profile){0};
    }
    return (!is_written || make_agent(world, problem)) &&
           text_copy(image.name, sizeof image.name, name) == STATUS_OK &&
           text_copy(profile.name, sizeof profile.name, name) == STATUS_OK &&
           text_copy(profile.image, sizeof profile.image, name) == STATUS_OK &&
           text_copy(profile.answer_name, sizeof profile.answer_name, is_written ? "" : "preseed.cfg") ==
               STATUS_OK &&
           store_image_put(world->store, &image, problem) == STATUS_OK &&
           store_profile_put(world->store, &profile, problem) == STATUS_OK;
}

static bool make_order(struct world *world, const struct machine *machine, const char *profile,
                       bool is_written, uint32_t expires_s, struct problem *problem)
{
    int64_t now_s = desk_now_s(world->desk);
    struct order order = {.machine_id = machine->id,
                          .created_s = now_s,
                          .expires_s = now_s + expires_s,
                          .by_agent = is_written,
                          .tries = is_written ? 2 : 0};
    return make_profile(world, profile, is_written, problem) &&
           text_copy(order.profile, sizeof order.profile, profile) == STATUS_OK &&
           store_order_put(world->store, &order, problem) == STATUS_OK;
}

// The image of that name brings a shim for x64 of its own.
static bool set_shim(struct world *world, const char *name, const char *shim, struct problem *problem)
{
    const struct image *found = store_image_find(world->store, name);
    struct image image = found == NULL ? (struct image){0} : *found;
    char *file = image.efi_loader[IMAGE_EFI_X64];
    return found != NULL && text_copy(file, IMAGE_PATH_BYTES, shim) == STATUS_OK &&
           store_image_put(world->store, &image, problem) == STATUS_OK;
}

bool statement_machine(struct world *world, struct script_line *line, struct problem *problem)
{
    struct machine machine;
    machine_init(&machine);
    machine.state = MACHINE_APPROVED;
    struct hw mac = {0};
    const char *name = script_take(line);
    const char *wants = script_take_value(line, "wants");
    const char *writes = script_take_value(line, "writes");
    const char *loader = script_take_value(line, "loader");
    const char *shim = script_take_value(line, "shim");
    if (name == NULL || text_copy(machine.name, sizeof machine.name, name) != STATUS_OK ||
        !script_take_hw(line, "mac", &mac, problem) ||
        !script_take_uuid(line, "uuid", &machine.uuid, problem) ||
        !script_take_ip4(line, "address", &machine.address, problem) ||
        (loader != NULL && machine_loader_parse(loader, &machine.loader) != STATUS_OK)) {
        problem_set(problem, "machine NAME [mac M] [uuid U] [address A] [loader L] [wants PROFILE [shim "
                             "PATH] | writes PROFILE]");
        return false;
    }
    if (mac.length != 0) {
        (void)machine_add_mac(&machine, &mac);
    }
    if (store_machine_put(world->store, &machine, problem) != STATUS_OK) {
        return false;
    }
    bool is_kept =
        !world->is_open || world_refresh(world, problem); // its address may be reserved from now on
    const char *profile = writes != NULL ? writes : wants;
    bool is_ordered = is_kept && (profile == NULL || make_order(world, &machine, profile, writes != NULL,
                                                                ORDER_EXPIRES_DEFAULT_S, problem));
    return is_ordered && (wants == NULL || shim == NULL || set_shim(world, wants, shim, problem));
}

static const struct machine *take_machine(const struct world *world, struct script_line *line,
                                          struct problem *problem)
{
    const char *name = script_take(line);
    const struct machine *machine = name == NULL ? NULL : store_machine_find_name(world->store, name);
    if (machine == NULL) {
        problem_set(problem, "there is no machine '%s'", name == NULL ? "" : name);
    }
    return machine;
}

static bool set_state(struct world *world, struct script_line *line, enum machine_state state,
                      struct problem *problem)
{
    const struct machine *found = take_machine(world, line, problem);
    if (found == NULL) {
        return false;
    }
    struct machine machine = *found;
    machine.state = state;
    return script_take_ip4(line, "address", &machine.address, problem) &&
           store_machine_put(world->store, &machine, problem) == STATUS_OK && world_refresh(world, problem);
}

bool statement_approve(struct world *world, struct script_line *line, struct problem *problem)
{
    return set_state(world, line, MACHINE_APPROVED, problem);
}

bool statement_reject(struct world *world, struct script_line *line, struct problem *problem)
{
    return set_state(world, line, MACHINE_REJECTED, problem);
}

bool statement_order(struct world *world, struct script_line *line, struct problem *problem)
{
    uint32_t expires_s = ORDER_EXPIRES_DEFAULT_S;
    const struct machine *machine = take_machine(world, line, problem);
    bool is_read = script_take_seconds(line, "expires", &expires_s, problem);
    const char *profile = script_take(line);
    return machine != NULL && is_read && profile != NULL &&
           make_order(world, machine, profile, false, expires_s, problem);
}

bool statement_cancel(struct world *world, struct script_line *line, struct problem *problem)
{
    const struct machine *machine = take_machine(world, line, problem);
    const struct order *order = machine == NULL ? NULL : store_order_find_live(world->store, machine->id);
    if (order != NULL) {
        desk_step_order(world->desk, order->id, ORDER_EVENT_CANCEL);
    }
    return order != NULL;
}

bool statement_agent(struct world *world, struct script_line *line, struct problem *problem)
{
    static const struct {
        const char *word;
        enum order_event event;
        const char *target;
    } words[] = {{"hello", ORDER_EVENT_HELLO, NULL},
                 {"held", ORDER_EVENT_HELD, NULL},
                 {"confirmed", ORDER_EVENT_CONFIRMED, NULL},
                 {"write", ORDER_EVENT_WRITE, "DISK1"},
                 {"seal", ORDER_EVENT_SEAL, NULL},
                 {"done", ORDER_EVENT_DONE, NULL},
                 {"fail", ORDER_EVENT_FAIL, NULL}};
    const struct machine *machine = take_machine(world, line, problem);
    const struct order *order = machine == NULL ? NULL : store_order_find_live(world->store, machine->id);
    const char *word = script_take(line);
    for (size_t i = 0; order != NULL && word != NULL && i < COUNT_OF(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            const struct desk_change change = {.target = words[i].target};
            (void)desk_change_order(world->desk, order->id, words[i].event, &change);
            return true;
        }
    }
    problem_set(problem, "agent NAME hello|held|confirmed|write|seal|done|fail, while its order is live");
    return false;
}

bool statement_waits(struct world *world, struct script_line *line, struct problem *problem)
{
    uint32_t seconds = 0;
    const char *word = script_take(line);
    if (word == NULL || duration_parse(word, &seconds) != STATUS_OK) {
        problem_set(problem, "waits TIME");
        return false;
    }
    world_wait(world, seconds);
    return true;
}

struct order_search {
    uint64_t machine_id;
    const struct order *newest;
};

static bool find_newest(const struct order *order, void *context)
{
    struct order_search *search = context;
    if (order->machine_id == search->machine_id) {
        search->newest = order;
    }
    return true;
}

static const char *order_state(const struct world *world, const struct machine *machine)
{
    struct order_search search = {.machine_id = machine->id};
    store_order_each(world->store, find_newest, &search);
    return search.newest == NULL ? "absent" : order_state_text(search.newest->state);
}

bool statement_expect(struct world *world, struct script_line *line, struct problem *problem)
{
    const char *what = script_take(line);
    const char *found = NULL;
    if (what != NULL && strcmp(what, "lease") == 0) {
        struct ip4 address = {0};
        const char *word = script_take(line);
        bool is_address = word != NULL && ip4_parse(word, &address) == STATUS_OK;
        const struct lease *lease = is_address ? store_lease_find(world->store, address) : NULL;
        found = lease == NULL ? "absent" : lease_state_text(lease->state);
    } else if (what != NULL && (strcmp(what, "order") == 0 || strcmp(what, "machine") == 0)) {
        const struct machine *machine = take_machine(world, line, problem);
        if (machine != NULL) {
            found =
                strcmp(what, "order") == 0 ? order_state(world, machine) : machine_state_text(machine->state);
        }
    }
    const char *wanted = script_take(line);
    if (found == NULL || wanted == NULL || strcmp(found, wanted) != 0) {
        problem_set(problem, "expected %s, found %s", wanted == NULL ? "a state" : wanted,
                    found == NULL ? "nothing of that kind" : found);
        return false;
    }
    return true;
}
