// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_upload.h"

#include <string.h>

static bool append_image(const struct image *image, void *context)
{
    struct control_request *request = context;
    json_array_append_new(json_object_get(request->answer, "images"), control_json_image(image));
    return true;
}

void control_image_list(struct control_request *request)
{
    control_answer(request, MHD_HTTP_OK, json_pack("{s:[]}", "images"));
    store_image_each(request->world->store, append_image, request);
}

const struct image *control_image_find(struct control_request *request)
{
    const struct image *image = store_image_find(request->world->store, request->names[0]);
    if (image == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "imprint image list shows what there is",
                            "there is no image '%.80s'", request->names[0]);
    }
    return image;
}

void control_image_show(struct control_request *request)
{
    const struct image *image = control_image_find(request);
    if (image != NULL) {
        control_answer(request, MHD_HTTP_OK, control_json_image(image));
    }
}

struct need { // of an image, by a live order
    const struct store *store;
    const struct image *image;
    bool is_agent;             // it is the one that orders are carried out with
    const struct order *order; // found
};

static bool find_need(const struct order *order, void *context)
{
    struct need *need = context;
    const struct profile *profile = store_profile_find(need->store, order->profile);
    bool is_its = profile != NULL && strcmp(profile->image, need->image->name) == 0;
    if (order_is_live(order) && (is_its || (need->is_agent && order->by_agent))) {
        need->order = order;
    }
    return need->order == NULL;
}

// A machine may be fetching it, or will be, with its disk half written.
static bool check_unneeded(struct control_request *request, const struct image *image)
{
    const struct store *store = request->world->store;
    struct need need = {.store = store, .image = image, .is_agent = image == store_image_find_agent(store)};
    store_order_each(store, find_need, &need);
    if (need.order == NULL) {
        return true;
    }
    char remedy[PROBLEM_REMEDY_BYTES];
    const struct machine *machine = store_machine_get(store, need.order->machine_id);
    (void)snprintf(remedy, sizeof remedy, "wait until it is over, or: imprint order cancel %llu",
                   (unsigned long long)need.order->id);
    control_refuse_text(request, MHD_HTTP_CONFLICT, remedy, "order %llu for %s is %s and needs the image %s",
                        (unsigned long long)need.order->id, machine == NULL ? "a machine" : machine->name,
                        order_state_text(need.order->state), image->name);
    return false;
}

void control_image_remove(struct control_request *request)
{
    struct problem problem = {0};
    const char *name = request->names[0];
    const struct image *image = control_image_find(request);
    if (image == NULL || !check_unneeded(request, image)) {
        return;
    }
    enum status status = store_image_remove(request->world->store, name, &problem);
    if (status != STATUS_OK) {
        control_refuse(request, control_http_status(status), &problem);
        return;
    }
    if (!control_commit(request)) { // the files stay as long as the store may still have the image
        return;
    }
    if (control_uploads_remove_image(request, name, &problem) != STATUS_OK) {
        control_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, &problem);
        return;
    }
    control_tell(request, EVENT_SERVER, NULL, 0, "image %s was removed by %s", name, request->owner);
    control_answer(request, MHD_HTTP_OK, json_pack("{s:s}", "removed", name));
}
