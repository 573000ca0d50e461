// SPDX-License-Identifier: GPL-3.0-or-later
// The table of the control API: which method and path go to which handler. A new resource is a file with its
// handlers and their rows here.
#pragma once

#include "service/control_request.h"

/// The route for `method` and `url` (a full path, decoded); what stands for its '*' goes to `names`. NULL
/// when there is none; `*other_method` then tells whether the path is known for another method.
const struct control_route *control_route_find(const char *method, const char *url,
                                               char names[CONTROL_ROUTE_NAMES][CONTROL_NAME_BYTES],
                                               bool *other_method);

/// GET machines: all of them.
void control_machine_list(struct control_request *request);
/// POST machines: adds one.
void control_machine_add(struct control_request *request);
/// GET machines/NAME.
void control_machine_show(struct control_request *request);
/// GET machines/NAME/answers: the answer files that it was given.
void control_answer_list(struct control_request *request);
/// GET machines/NAME/answers/NUMBER: one of them with its text; "last" is the newest.
void control_answer_show(struct control_request *request);
/// GET machines/NAME/boots: its boots with their verdicts, newest first.
void control_boot_list(struct control_request *request);
/// PATCH machines/NAME.
void control_machine_edit(struct control_request *request);
/// DELETE machines/NAME.
void control_machine_remove(struct control_request *request);
/// POST machines/NAME/approve.
void control_machine_approve(struct control_request *request);
/// POST machines/NAME/reject.
void control_machine_reject(struct control_request *request);

/// GET images: all of them.
void control_image_list(struct control_request *request);
/// GET images/NAME.
void control_image_show(struct control_request *request);
/// GET images/NAME/check: whether every file that its boot asks for is there.
void control_image_check(struct control_request *request);
/// The image that the route names; NULL when there is none, and the request was refused.
const struct image *control_image_find(struct control_request *request);
/// DELETE images/NAME.
void control_image_remove(struct control_request *request);

/// POST uploads: starts one.
void control_upload_add(struct control_request *request);
/// PUT uploads/ID/file?path=PATH: after the bytes.
void control_upload_put(struct control_request *request);
/// PUT uploads/ID/file?path=PATH: the bytes as they come.
void control_upload_take(struct control_request *request, const void *data, size_t bytes);
/// POST uploads/ID/adopt: an ISO image that lies in the folder of images becomes the upload's, without a
/// copy.
void control_upload_adopt(struct control_request *request);
/// POST uploads/ID/commit: makes an image of it.
void control_upload_commit(struct control_request *request);
/// DELETE uploads/ID: gives it up.
void control_upload_remove(struct control_request *request);

/// GET profiles: all of them.
void control_profile_list(struct control_request *request);
/// POST profiles: adds one.
void control_profile_add(struct control_request *request);
/// GET profiles/NAME.
void control_profile_show(struct control_request *request);
/// PATCH profiles/NAME.
void control_profile_edit(struct control_request *request);
/// DELETE profiles/NAME.
void control_profile_remove(struct control_request *request);
/// GET profiles/NAME/render?machine=NAME.
void control_profile_render(struct control_request *request);

/// GET orders: all of them, or with ?live=1 those that still may act.
void control_order_list(struct control_request *request);
/// POST orders: one for each machine named, or none.
void control_order_add(struct control_request *request);
/// GET orders/ID.
void control_order_show(struct control_request *request);
/// GET orders/ID/log: what the agent said.
void control_order_log(struct control_request *request);
/// POST orders/ID/confirm: gives up what is on a disk.
void control_order_confirm(struct control_request *request);
/// POST orders/ID/cancel.
void control_order_cancel(struct control_request *request);

/// GET leases.
void control_lease_list(struct control_request *request);
/// POST leases: takes those of another server over.
void control_lease_import(struct control_request *request);
/// POST leases/ADDRESS/release: ends one.
void control_lease_release(struct control_request *request);
/// GET certificate: of HTTPS, and what firmware has to be given for it.
void control_certificate_show(struct control_request *request);
/// See above.
void control_quirk_list(struct control_request *request);
/// See above.
void control_quirk_forget(struct control_request *request);
/// GET menu/preview: what a machine (?machine=NAME, none = one without classes) would show, for a firmware
/// (?arch=) and a loader (?loader=).
void control_menu_preview(struct control_request *request);
/// GET mirrors: all of them, and what they are doing.
void control_mirror_list(struct control_request *request);
/// POST mirrors/NAME/clear: empties a cache, or a part of it.
void control_mirror_clear(struct control_request *request);
/// GET status.
void control_status_show(struct control_request *request);
/// GET config: the effective configuration.
void control_config_show(struct control_request *request);
/// GET events: one JSON object a line; see control_watch.h.
void control_event_list(struct control_request *request);
