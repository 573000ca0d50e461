// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon is and has: status, configuration.
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_state.h"

#include <stdlib.h>

struct counts {
    unsigned machines[MACHINE_STATE_COUNT];
    unsigned orders_live;
    unsigned orders_waiting; // need a person's confirmation
    unsigned leases_bound;
    unsigned images;
    unsigned profiles;
    int64_t now_s;
};

static bool count_machine(const struct machine *machine, void *context)
{
    ((struct counts *)context)->machines[machine->state]++;
    return true;
}

static bool count_order(const struct order *order, void *context)
{
    struct counts *counts = context;
    counts->orders_live += order_is_live(order) ? 1 : 0;
    counts->orders_waiting += order->state == ORDER_CONFIRM ? 1 : 0;
    return true;
}

// In the order of their rows: a million need not be sorted to be counted.
static void count_leases(const struct store *store, struct counts *counts)
{
    uint32_t rows = store_lease_rows(store);
    for (uint32_t row = 0; row < rows; row++) {
        const struct lease *lease = store_lease_at(store, row);
        bool is_bound = lease != NULL && lease->state == LEASE_BOUND && lease->ends_s > counts->now_s;
        counts->leases_bound += is_bound ? 1 : 0;
    }
}

static bool count_image(const struct image *image, void *context)
{
    (void)image;
    ((struct counts *)context)->images++;
    return true;
}

static bool count_profile(const struct profile *profile, void *context)
{
    (void)profile;
    ((struct counts *)context)->profiles++;
    return true;
}

void control_status_show(struct control_request *request)
{
    const struct control_world *world = request->world;
    struct counts counts = {.now_s = desk_now_s(world->desk)};
    store_machine_each(world->store, count_machine, &counts);
    store_order_each(world->store, count_order, &counts);
    count_leases(world->store, &counts);
    store_image_each(world->store, count_image, &counts);
    store_profile_each(world->store, count_profile, &counts);
    json_t *status = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:{s:i, s:i, s:i}, s:i, s:i, s:i, s:i}", "version", IMPRINT_VERSION,
        "server_name", world->config->server_name, "dhcp_mode",
        config_dhcp_mode_text(world->config->dhcp_mode), "started_s", (json_int_t)request->control->started_s,
        "now_s", (json_int_t)counts.now_s, "machines", "new", (int)counts.machines[MACHINE_NEW], "approved",
        (int)counts.machines[MACHINE_APPROVED], "rejected", (int)counts.machines[MACHINE_REJECTED], "images",
        (int)counts.images, "profiles", (int)counts.profiles, "orders_live", (int)counts.orders_live,
        "leases_bound", (int)counts.leases_bound);
    json_object_set_new(status, "orders_waiting", json_integer(counts.orders_waiting));
    json_object_set_new(status, "has_agent", json_boolean(store_image_find_agent(world->store) != NULL));
    if (world->status != NULL) {
        world->status(world->context, status);
    }
    control_answer(request, MHD_HTTP_OK, status);
}

void control_config_show(struct control_request *request)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL) {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "", "there is no memory for this");
        return;
    }
    config_print_json(request->world->config, out);
    (void)fclose(out);
    control_answer(request, MHD_HTTP_OK, json_loadb(text, bytes, 0, NULL));
    free(text);
}
