// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_mirror.h"

#include "base/text.h"

static void tell(void *context, enum reason_id reason, const char *sentence)
{
    struct event event = {.kind = EVENT_SERVER};
    reasons_add(&event.reasons, reason);
    (void)text_copy(event.text, sizeof event.text, sentence);
    desk_tell(context, &event);
}

struct mirror_service *server_mirror_new(const struct server_mirror_place *place, struct content *content)
{
    char folder[CONFIG_PATH_BYTES + 16];
    struct text text;
    const struct config *config = place->config;
    text_init(&text, folder, sizeof folder);
    text_add_format(&text, "%s/mirror", config->state);
    const struct mirror_options options = {
        .loop = place->loop, .log = place->log, .folder = folder, .told = tell, .context = place->desk};
    struct mirror_service *service = mirror_service_new(&options);
    mirror_service_set(service, config->mirrors, config->mirror_count);
    content_add(content, mirror_service_source(service));
    return service;
}
