// SPDX-License-Identifier: GPL-3.0-or-later
// The boots of a machine, for those who look after it.
#include "base/text.h"
#include "service/boots.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"

#define MOST_DEFAULT STORE_BOOTS_OF_CARD

void control_boot_list(struct control_request *request)
{
    uint64_t most = MOST_DEFAULT;
    const char *last = control_query(request, "last");
    const struct machine *machine = control_machine_find(request, request->names[0]);
    if (machine == NULL) {
        return;
    }
    if (last != NULL && text_parse_u64(last, INT32_MAX, &most) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "", "'last' must be a whole number");
        return;
    }
    struct boots *boots = request->world->desk->boots;
    json_t *list = boots == NULL ? json_array() : boots_list(boots, machine, (size_t)most);
    control_answer(request, MHD_HTTP_OK, json_pack("{s:o}", "boots", list));
}
