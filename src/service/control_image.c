// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_upload.h"

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

static const struct image *find_image(struct control_request *request)
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
    const struct image *image = find_image(request);
    if (image != NULL) {
        control_answer(request, MHD_HTTP_OK, control_json_image(image));
    }
}

void control_image_remove(struct control_request *request)
{
    struct problem problem = {0};
    const char *name = request->names[0];
    if (find_image(request) == NULL) {
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
