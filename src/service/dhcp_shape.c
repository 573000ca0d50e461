// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/dhcp_shape.h"

// What a machine's record says; the default shape where it says nothing.
static struct quirk_shape dhcp_shape_own(const struct machine *machine)
{
    struct quirk_shape shape = {0};
    if (machine->reply_shape[0] != '\0' && quirk_shape_parse(machine->reply_shape, &shape) != STATUS_OK) {
        shape = (struct quirk_shape){0}; // written by a later imprint
    }
    return shape;
}

static bool dhcp_shape_is_taught(const struct machine *machine)
{
    return machine->reply_shape[0] != '\0' || machine->firmware[0] != '\0';
}

// What is known to suit a client: by its own past, by others of its model, by what imprint knew before.
static struct quirk_shape dhcp_shape_known(const struct dhcp_answer_world *world,
                                           const struct machine *machine, const struct boot_client *client)
{
    char model[QUIRK_KEY_BYTES];
    struct quirk_shape shape = {0};
    if (machine != NULL && dhcp_shape_is_taught(machine)) {
        return dhcp_shape_own(machine);
    }
    if (world->quirks != NULL && quirk_model_print(client, model)) {
        (void)quirk_book_find(world->quirks, model, &shape);
    }
    return shape;
}

static void dhcp_shape_tell(const struct dhcp_answer_world *world, const struct machine *machine,
                            const struct hw *mac, enum adapt_change change, const struct quirk_shape *shape)
{
    struct event event = {.kind = EVENT_DHCP, .machine_id = machine == NULL ? 0 : machine->id, .mac = *mac};
    reasons_add(&event.reasons, change == ADAPT_NO_REQUEST ? REASON_OFFER_NOT_TAKEN : REASON_NOTHING_FETCHED);
    char name[QUIRK_SHAPE_TEXT_BYTES];
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "%s; the next offer has the shape: %s",
                    change == ADAPT_NO_REQUEST ? "asked again and took no offer"
                                               : "took its address and fetched nothing",
                    quirk_shape_print(shape, name));
    desk_tell(world->desk, &event);
}

// One that names another server in its REQUEST. Through a relay that may still be us (82.11).
static bool dhcp_shape_is_for_other(const struct dhcp_answer_world *world, const struct dhcp_answer *answer)
{
    struct ip4 server;
    return !world->is_proxy && answer->message.giaddr.value == 0 &&
           dhcp4_find_ip4(&answer->message, DHCP4_OPTION_SERVER_ID, &server) &&
           !ip4_equal(server, world->address);
}

void dhcp_shape_put(const struct dhcp_answer_world *world, const struct dhcp_answer *answer, uint16_t port,
                    const struct machine *machine, struct dhcp4_boot *boot)
{
    const struct boot_client *client = &answer->client;
    if (world->adapt == NULL || client->stage != BOOT_STAGE_FIRMWARE || !dhcp4_boot_is_for(boot, client) ||
        !desk_is_card(&client->mac)) {
        return;
    }
    int64_t now_ms = world->desk->now_ms(world->desk->context);
    if (answer->message.kind == DHCP4_REQUEST) {
        bool is_for_other = port == DHCP4_SERVER_PORT && dhcp_shape_is_for_other(world, answer);
        adapt_request(world->adapt, &client->mac, is_for_other, now_ms);
        boot->shape = adapt_shape(world->adapt, &client->mac);
    } else if (answer->message.kind == DHCP4_DISCOVER) {
        boot->shape = dhcp_shape_known(world, machine, client);
        enum adapt_change change =
            adapt_discover(world->adapt, client, world->is_proxy, now_ms, &boot->shape);
        if (change != ADAPT_SAME) {
            dhcp_shape_tell(world, machine, &client->mac, change, &boot->shape);
        }
    }
}

static void dhcp_shape_tell_lesson(struct desk *desk, const struct machine *machine,
                                   const struct adapt_watch *watch)
{
    char name[QUIRK_SHAPE_TEXT_BYTES];
    struct event event = {.kind = EVENT_DHCP, .machine_id = machine->id, .mac = watch->mac};
    reasons_add(&event.reasons, REASON_SHAPE_LEARNED);
    struct text text;
    text_init(&text, event.text, sizeof event.text);
    text_add_format(&text, "took an offer of this shape and fetched its file: %s; firmware %s",
                    quirk_shape_print(&watch->shape, name),
                    watch->model[0] == '\0' ? "of unknown make" : watch->model);
    desk_tell(desk, &event);
}

void dhcp_shape_learn(struct desk *desk, struct adapt *adapt, struct quirk_book *quirks, const struct hw *mac,
                      bool is_whole)
{
    const struct adapt_watch *watch;
    const struct machine *known = store_machine_find_mac(desk->store, mac);
    if (!adapt_fetch(adapt, mac, is_whole, &watch) || known == NULL) {
        return;
    }
    static const struct quirk_shape DEFAULT_SHAPE;
    struct quirk_shape own = dhcp_shape_own(known);
    struct quirk_shape usual;
    bool is_default = quirk_shape_equal(&watch->shape, &DEFAULT_SHAPE);
    bool is_odd =
        !is_default || quirk_book_find(quirks, watch->model, &usual); // else nobody would expect another
    if (dhcp_shape_is_taught(known) ? quirk_shape_equal(&own, &watch->shape) : !is_odd) {
        return;
    }
    char name[QUIRK_SHAPE_TEXT_BYTES];
    struct machine machine = *known;
    (void)text_copy(machine.reply_shape, sizeof machine.reply_shape,
                    is_default ? "" : quirk_shape_print(&watch->shape, name));
    (void)text_copy(machine.firmware, sizeof machine.firmware, watch->model);
    if (store_machine_put(desk->store, &machine, NULL) != STATUS_OK) {
        return; // it is tried again at the machine's next boot
    }
    quirk_book_add(quirks, watch->model, &watch->shape);
    dhcp_shape_tell_lesson(desk, &machine, watch);
}

static bool dhcp_shape_add(const struct machine *machine, void *context)
{
    struct quirk_book *quirks = context;
    struct quirk_shape shape = dhcp_shape_own(machine);
    quirk_book_add(quirks, machine->firmware, &shape);
    return true;
}

void dhcp_shape_read(const struct store *store, struct quirk_book *quirks)
{
    quirks->count = 0;
    store_machine_each(store, dhcp_shape_add, quirks);
}
