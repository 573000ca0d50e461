// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_machine.h"

#include "base/text.h"
#include "io/interface.h"
#include "service/answers_kept.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "wire/tftp.h"

#include <string.h>

struct nearest { // the machine whose name is nearest to the one asked for
    const char *name;
    unsigned best;
    char found[MACHINE_NAME_BYTES];
};

static bool visit_nearest(const struct machine *machine, void *context)
{
    struct nearest *nearest = context;
    unsigned distance = text_distance(machine->name, nearest->name);
    if (distance < nearest->best) {
        nearest->best = distance;
        (void)text_copy(nearest->found, sizeof nearest->found, machine->name);
    }
    return true;
}

static void refuse_unknown(struct control_request *request, const char *name)
{
    struct nearest nearest = {.name = name, .best = 3};
    char remedy[PROBLEM_REMEDY_BYTES] = "imprint machine list shows all of them";
    store_machine_each(request->world->store, visit_nearest, &nearest);
    if (nearest.found[0] != '\0') {
        (void)snprintf(remedy, sizeof remedy, "did you mean '%s'? imprint machine list shows all of them",
                       nearest.found);
    }
    control_refuse_text(request, MHD_HTTP_NOT_FOUND, remedy, "there is no machine '%.100s'", name);
}

const struct machine *control_machine_find(struct control_request *request, const char *name)
{
    const struct store *store = request->world->store;
    const struct machine *machine = store_machine_find_name(store, name);
    struct hw mac;
    struct uuid uuid;
    uint64_t id;
    bool shared = false;
    if (machine == NULL && hw_parse(name, &mac) == STATUS_OK) {
        machine = store_machine_find_mac(store, &mac);
    }
    if (machine == NULL && uuid_parse(name, &uuid) == STATUS_OK) {
        machine = store_machine_find_uuid(store, &uuid, &shared);
    }
    if (machine == NULL && text_parse_u64(name, INT64_MAX, &id) == STATUS_OK) {
        machine = store_machine_get(store, id);
    }
    if (machine == NULL && shared) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "name it by its name or MAC address",
                            "several machines have the UUID %.40s", name);
    } else if (machine == NULL) {
        refuse_unknown(request, name);
    }
    return machine;
}

static bool append_machine(const struct machine *machine, void *context)
{
    struct control_request *request = context;
    json_array_append_new(json_object_get(request->answer, "machines"),
                          control_json_machine(request->world->store, machine));
    return true;
}

void control_machine_list(struct control_request *request)
{
    control_answer(request, MHD_HTTP_OK, json_pack("{s:[]}", "machines"));
    store_machine_each(request->world->store, append_machine, request);
}

void control_machine_show(struct control_request *request)
{
    const struct machine *machine = control_machine_find(request, request->names[0]);
    if (machine == NULL) {
        return;
    }
    int64_t found_s;
    const char *found = store_inventory_find(request->world->store, machine->id, &found_s);
    json_t *inventory = found == NULL ? NULL : json_loads(found, 0, NULL);
    json_t *answer = control_json_machine(request->world->store, machine);
    json_object_set_new(answer, "inventory", inventory == NULL ? json_null() : inventory);
    control_answer(request, MHD_HTTP_OK, answer);
}

// Takes the member "name" over, when it is there.
static bool take_name(struct control_request *request, struct machine *machine)
{
    bool given;
    struct problem problem = {0};
    if (!control_copy_text(request, "name", machine->name, sizeof machine->name, &given)) {
        return false;
    }
    if (given && machine_check_name(machine->name, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    return true;
}

static bool take_hostname(struct control_request *request, struct machine *machine)
{
    bool given;
    struct problem problem = {0};
    if (!control_copy_text(request, "hostname", machine->hostname, sizeof machine->hostname, &given)) {
        return false;
    }
    if (given && machine->hostname[0] != '\0' &&
        machine_check_name(machine->hostname, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_BAD_REQUEST, &problem);
        return false;
    }
    return true;
}

static bool take_uuid(struct control_request *request, struct machine *machine)
{
    char text[64] = "";
    bool given;
    if (!control_copy_text(request, "uuid", text, sizeof text, &given)) {
        return false;
    }
    if (given && text[0] == '\0') {
        machine->uuid = (struct uuid){0};
    } else if (given && (uuid_parse(text, &machine->uuid) != STATUS_OK || uuid_is_useless(&machine->uuid))) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "dmidecode -s system-uuid tells it",
                            "'%s' is not a UUID that tells one machine from others", text);
        return false;
    }
    return true;
}

static bool is_ours(struct ip4 address)
{
    struct interface interfaces[INTERFACES_MOST];
    unsigned count = interface_list(interfaces);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < interfaces[i].address_count; j++) {
            if (ip4_equal(interfaces[i].addresses[j].address, address)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_router(const struct network *network, struct ip4 address)
{
    for (unsigned i = 0; i < network->router_count; i++) {
        if (ip4_equal(network->routers[i], address)) {
            return true;
        }
    }
    return false;
}

// What the address is already, so that no machine can have it; NULL when one may.
static const char *address_use(const struct config *config, struct ip4 address)
{
    if (is_ours(address)) {
        return "this server's own address";
    }
    for (unsigned i = 0; i < config->subnet_count; i++) {
        struct subnet subnet = config->subnets[i].subnet;
        if (ip4_equal(address, subnet.network) || ip4_equal(address, subnet_broadcast(subnet))) {
            return "the network's own or its broadcast address";
        }
        if (is_router(&config->subnets[i], address)) {
            return "a router's address";
        }
    }
    return NULL;
}

static bool take_address(struct control_request *request, struct machine *machine)
{
    char text[64] = "";
    bool given;
    if (!control_copy_text(request, "address", text, sizeof text, &given)) {
        return false;
    }
    if (given && text[0] == '\0') {
        machine->address = (struct ip4){0};
    } else if (given && (ip4_parse(text, &machine->address) != STATUS_OK || machine->address.value == 0)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as 192.0.2.17",
                            "'%s' is not an IPv4 address", text);
        return false;
    }
    const char *use = given ? address_use(request->world->config, machine->address) : NULL;
    if (use != NULL) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "choose an address that nobody has",
                            "%s cannot be kept for a machine: it is %s", text, use);
        return false;
    }
    return true;
}

static bool is_ours6(struct ip6 address)
{
    struct interface interfaces[INTERFACES_MOST];
    unsigned count = interface_list(interfaces);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < interfaces[i].address6_count; j++) {
            if (ip6_equal(interfaces[i].addresses6[j].address, address)) {
                return true;
            }
        }
    }
    return false;
}

static bool take_address6(struct control_request *request, struct machine *machine)
{
    char text[64] = "";
    bool given;
    if (!control_copy_text(request, "address6", text, sizeof text, &given)) {
        return false;
    }
    if (!given || text[0] == '\0') {
        machine->address6 = given ? (struct ip6){{0}} : machine->address6;
        return true;
    }
    struct ip6 address;
    if (ip6_parse(text, &address) != STATUS_OK || ip6_is_none(address) || ip6_is_group(address) ||
        ip6_is_link_local(address)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as 2001:db8::17",
                            "'%s' is not an IPv6 address that a machine can be given", text);
        return false;
    }
    if (is_ours6(address)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "choose an address that nobody has",
                            "%s cannot be kept for a machine: it is this server's own address", text);
        return false;
    }
    machine->address6 = address;
    return true;
}

static bool take_loader(struct control_request *request, struct machine *machine)
{
    char text[32] = "";
    bool given;
    if (!control_copy_text(request, "loader", text, sizeof text, &given)) {
        return false;
    }
    if (given && machine_loader_parse(text, &machine->loader) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it is auto, ipxe, pxelinux or grub",
                            "there is no loader '%s'", text);
        return false;
    }
    return true;
}

// With every change by hand what it showed before is forgotten: it may have a new card or a new switch.
static bool take_tftp_blksize(struct control_request *request, struct machine *machine)
{
    char text[16] = "";
    bool given;
    uint64_t bytes = 0;
    if (!control_copy_text(request, "tftp_blksize", text, sizeof text, &given)) {
        return false;
    }
    bool is_auto = text[0] == '\0' || strcmp(text, "auto") == 0;
    if (given && !is_auto &&
        (text_parse_u64(text, TFTP_MOST_BLOCK_BYTES, &bytes) != STATUS_OK ||
         bytes < TFTP_LEAST_BLOCK_BYTES)) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it is auto, or a number from 8 to 65464",
                            "'%s' is no size of a TFTP block", text);
        return false;
    }
    if (given) {
        machine->tftp_blksize = (uint16_t)bytes;
        machine->tftp_blksize_learned = 0;
    }
    return true;
}

static bool take_tftp_rollover(struct control_request *request, struct machine *machine)
{
    char text[16] = "";
    bool given;
    if (!control_copy_text(request, "tftp_rollover", text, sizeof text, &given)) {
        return false;
    }
    if (given &&
        machine_rollover_parse(text[0] == '\0' ? "auto" : text, &machine->tftp_rollover) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "it is auto, 0 or 1",
                            "'%s' is no TFTP block number to go on with behind 65535", text);
        return false;
    }
    return true;
}

static bool refuse_mac(struct control_request *request, const char *text)
{
    control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "write it as 52:54:00:12:34:56",
                        "'%.60s' is not a MAC address", text);
    return false;
}

static bool add_macs(struct control_request *request, const char *member, struct machine *machine)
{
    json_t *list;
    if (!control_get_list(request, member, &list)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        struct hw mac;
        if (hw_parse(text, &mac) != STATUS_OK) {
            return refuse_mac(request, text);
        }
        if (!desk_is_card(&mac)) {
            control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "'ip link' tells it, or a label on the card",
                                "'%.60s' is not the address of one network card", text);
            return false;
        }
        if (machine_add_mac(machine, &mac) == STATUS_FULL) {
            control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "a machine has at most %d MAC addresses",
                                MACHINE_MACS_MOST);
            return false;
        }
    }
    return true;
}

static bool remove_macs(struct control_request *request, struct machine *machine)
{
    json_t *list;
    if (!control_get_list(request, "remove_macs", &list)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        struct hw mac;
        unsigned kept = 0;
        if (hw_parse(text, &mac) != STATUS_OK) {
            return refuse_mac(request, text);
        }
        for (unsigned j = 0; j < machine->mac_count; j++) {
            if (!hw_equal(&machine->macs[j], &mac)) {
                machine->macs[kept++] = machine->macs[j];
            }
        }
        if (kept == machine->mac_count) {
            control_refuse_text(request, MHD_HTTP_NOT_FOUND, "", "%s does not have the MAC address %.40s",
                                machine->name, text);
            return false;
        }
        machine->macs[kept] = (struct hw){0};
        machine->mac_count = (uint8_t)kept;
    }
    return true;
}

static bool take_all(struct control_request *request, struct machine *machine)
{
    return take_name(request, machine) && take_hostname(request, machine) && take_uuid(request, machine) &&
           take_address(request, machine) && take_address6(request, machine) &&
           take_loader(request, machine) && take_tftp_blksize(request, machine) &&
           take_tftp_rollover(request, machine) && control_machine_take_options(request, machine) &&
           control_copy_text(request, "serial", machine->serial, sizeof machine->serial, NULL);
}

// Stores, makes durable, tells and answers.
static void put(struct control_request *request, struct machine *machine, unsigned http_status,
                const char *done)
{
    struct problem problem = {0};
    enum status status = store_machine_put(request->world->store, machine, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
        return;
    }
    if (control_commit(request)) {
        control_tell(request, EVENT_MACHINE, machine, 0, "%s %s by %s", machine->name, done, request->owner);
        control_answer(request, http_status, control_json_machine(request->world->store, machine));
    }
}

void control_machine_add(struct control_request *request)
{
    static const char *const members[] = {"name",         "macs",          "uuid",         "serial",
                                          "hostname",     "address",       "address6",     "loader",
                                          "tftp_blksize", "tftp_rollover", "dhcp_options", NULL};
    struct machine machine;
    machine_init(&machine);
    machine.state = MACHINE_APPROVED;
    if (!control_allow(request, members) || !take_all(request, &machine) ||
        !add_macs(request, "macs", &machine)) {
        return;
    }
    if (machine.mac_count == 0) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "give at least one, --mac 52:54:00:12:34:56",
                            "a machine is known by its MAC addresses, and none was given");
        return;
    }
    if (machine.name[0] == '\0') {
        machine_pick_name(&machine.macs[0], machine.name);
    }
    put(request, &machine, MHD_HTTP_CREATED, "was added");
}

void control_machine_edit(struct control_request *request)
{
    static const char *const members[] = {"name",
                                          "uuid",
                                          "serial",
                                          "hostname",
                                          "address",
                                          "address6",
                                          "loader",
                                          "add_macs",
                                          "remove_macs",
                                          "tftp_blksize",
                                          "tftp_rollover",
                                          "dhcp_options",
                                          "remove_dhcp_options",
                                          NULL};
    const struct machine *found = control_machine_find(request, request->names[0]);
    if (found == NULL || !control_allow(request, members)) {
        return;
    }
    struct machine machine = *found;
    if (!take_all(request, &machine) || !remove_macs(request, &machine) ||
        !add_macs(request, "add_macs", &machine)) {
        return;
    }
    if (machine.mac_count == 0) {
        control_refuse_text(request, MHD_HTTP_CONFLICT, "add another one, or imprint machine remove",
                            "%s would have no MAC address left", machine.name);
        return;
    }
    put(request, &machine, MHD_HTTP_OK, "was changed");
}

static void decide(struct control_request *request, enum machine_state state, const char *done)
{
    static const char *const members[] = {"name", NULL};
    const struct machine *found = control_machine_find(request, request->names[0]);
    if (found == NULL || !control_allow(request, members)) {
        return;
    }
    struct machine machine = *found;
    if (!take_name(request, &machine)) {
        return;
    }
    machine.state = state;
    put(request, &machine, MHD_HTTP_OK, done);
}

void control_machine_approve(struct control_request *request)
{
    decide(request, MACHINE_APPROVED, "was approved");
}

void control_machine_reject(struct control_request *request)
{
    const struct machine *machine = control_machine_find(request, request->names[0]);
    if (machine == NULL) {
        return;
    }
    const struct order *order = store_order_find_live(request->world->store, machine->id);
    if (order !=
        NULL) { // a rejected machine must not come back to life with an old order once it is approved
        char told[EVENT_TEXT_BYTES];
        (void)snprintf(told, sizeof told, "by %s, who rejected the machine", request->owner);
        (void)desk_change_order(request->world->desk, order->id, ORDER_EVENT_CANCEL,
                                &(struct desk_change){.text = told});
    }
    decide(request, MACHINE_REJECTED, "was rejected");
}

void control_machine_remove(struct control_request *request)
{
    const struct machine *found = control_machine_find(request, request->names[0]);
    if (found == NULL) {
        return;
    }
    const struct order *order = store_order_find_live(request->world->store, found->id);
    if (order != NULL && (order->state == ORDER_WRITING || order->state == ORDER_SEALING)) {
        char remedy[PROBLEM_REMEDY_BYTES];
        (void)snprintf(remedy, sizeof remedy, "wait until it is done, or imprint order cancel %llu",
                       (unsigned long long)order->id);
        control_refuse_text(request, MHD_HTTP_CONFLICT, remedy, "order %llu is %s a disk of %s now",
                            (unsigned long long)order->id, order_state_text(order->state), found->name);
        return;
    }
    struct machine machine = *found;
    (void)store_machine_remove(request->world->store, machine.id);
    if (control_commit(request)) {
        if (request->world->desk->answers != NULL) {
            answers_kept_forget(request->world->desk->answers, machine.id);
        }
        control_tell(request, EVENT_MACHINE, &machine, 0, "%s was removed by %s", machine.name,
                     request->owner);
        control_answer(request, MHD_HTTP_OK, json_pack("{s:s}", "removed", machine.name));
    }
}
