// SPDX-License-Identifier: GPL-3.0-or-later
// Who answers first: dhcp.delay lets another server's offer come before ours, dhcp.standby lets another
// imprint serve alone until a client has tried in vain. Only DISCOVERs wait: a REQUEST names the server it
// means.
#include "service/dhcp_state.h"
#include "session/client.h"

#define DELAY_GAP_MS 50 // how often questions that wait are looked after

static bool dhcp_is_prestaged(const struct dhcp_service *service, const struct boot_client *client)
{
    const struct store *store = service->settings.desk->store;
    const struct machine *machine = store_machine_find_mac(store, &client->mac);
    if (machine == NULL && !uuid_is_useless(&client->uuid)) {
        machine = store_machine_find_uuid(store, &client->uuid, NULL);
    }
    return machine != NULL && machine->state == MACHINE_APPROVED;
}

bool dhcp_may_answer_now(struct dhcp_port *port, const struct datagram *datagram)
{
    struct dhcp_service *service = port->service;
    const struct config_dhcp *wish = &service->settings.config->dhcp;
    if (wish->delay_s == 0 && wish->standby_s == 0) {
        return true;
    }
    struct arena arena = arena_init(service->memory, sizeof service->memory);
    struct dhcp4_message message;
    if (dhcp4_decode(datagram->bytes, datagram->count, &arena, &message, NULL) != STATUS_OK) {
        return true; // counted and dropped there
    }
    if (message.kind != DHCP4_DISCOVER) {
        dhcp_delay_forget(&service->delay, &message.chaddr);
        return true;
    }
    struct boot_client client;
    client_from_dhcp4(&message, &client);
    int64_t now_ms = loop_now_ms();
    bool has_secs = client.stage != BOOT_STAGE_IPXE;
    if (wish->standby_s != 0 &&
        dhcp_delay_tried_s(&service->delay, &message, has_secs, now_ms) < wish->standby_s) {
        service->counters.silent++;
        return false;
    }
    bool is_spared = wish->delay_for == CONFIG_DELAY_FOR_UNKNOWN && dhcp_is_prestaged(service, &client);
    bool was_idle = service->delay.waiting == 0;
    if (wish->delay_s == 0 || is_spared ||
        !dhcp_delay_keep(&service->delay, datagram, &message.chaddr, now_ms, (int64_t)wish->delay_s * 1000)) {
        return true;
    }
    if (was_idle) { // starting it again would move it, for ever when questions keep coming
        loop_timer_start(service->delay_timer, DELAY_GAP_MS, DELAY_GAP_MS);
    }
    return false;
}

void dhcp_delay_tick(void *context)
{
    struct dhcp_service *service = context;
    struct delay_slot over;
    while (dhcp_delay_take(&service->delay, loop_now_ms(), &over)) {
        struct dhcp_port *port = dhcp_port_find(service, over.datagram.interface_index);
        if (port != NULL && port->state != DHCP_PORT_LISTENING) {
            dhcp_receive_question(port, &over.datagram, DHCP4_SERVER_PORT);
        }
    }
    if (service->delay.waiting == 0) {
        loop_timer_stop(service->delay_timer);
    }
}
