// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server_render.h"

#include "catalog/overlay.h"
#include "io/heap.h"
#include "service/personal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES    (1024 * 1024)
#define ARGUMENTS_BYTES 8192

static struct render_facts server_render_facts(const struct server_render_place *place,
                                               const struct machine *machine, const struct profile *profile)
{
    struct ip address = {{{0}}};
    if (place->ports->served_count != 0) {
        address = ip_from_ip4(place->ports->served[0].addresses[0].address);
    }
    struct render_facts facts = generated_facts(place->generated, machine, profile, NULL, address);
    facts.masks_secrets = true;
    return facts;
}

// People see the text; that an archive can be made of it is known before a machine asks.
static enum status server_render_check_overlay(const struct profile *profile, const struct text *text,
                                               struct problem *problem)
{
    char place[PROBLEM_PLACE_BYTES];
    char *archive = heap_new(ANSWER_BYTES);
    size_t used;
    (void)snprintf(place, sizeof place, "profile %s, %s", profile->name, profile->answer_name);
    enum status status =
        overlay_pack(text->start, text->length, place, archive, ANSWER_BYTES, &used, problem);
    heap_free(archive);
    return status;
}

enum status server_render_text(const struct server_render_place *place, const struct machine *machine,
                               const struct profile *profile, enum control_text which, char **text,
                               struct problem *problem)
{
    struct render_facts facts = server_render_facts(place, machine, profile);
    size_t bytes = which == CONTROL_TEXT_ANSWER ? ANSWER_BYTES : ARGUMENTS_BYTES;
    char *buffer = heap_new(bytes);
    struct text out;
    text_init(&out, buffer, bytes);
    enum status status = which == CONTROL_TEXT_ANSWER && profile->answer == NULL ? STATUS_NOT_FOUND
                         : which == CONTROL_TEXT_ANSWER ? render_answer(&facts, &out, problem)
                         : facts.image != NULL && facts.image->kind != IMAGE_BOOT
                             ? render_own_arguments(&facts, &out, problem)
                             : render_arguments(&facts, &out, problem);
    if (status == STATUS_OK && which == CONTROL_TEXT_ANSWER && overlay_is_name(profile->answer_name)) {
        status = server_render_check_overlay(profile, &out, problem);
    }
    *text = status == STATUS_OK ? strdup(buffer) : NULL;
    explicit_bzero(buffer, out.length); // it may hold password hashes
    heap_free(buffer);
    return status;
}

enum status server_render_hostname(const struct server_render_place *place, const struct machine *machine,
                                   const struct profile *profile, char hostname[MACHINE_NAME_BYTES],
                                   struct problem *problem)
{
    struct render_facts facts = server_render_facts(place, machine, profile);
    // An order that is only being thought of has a number only in a preview.
    struct order preview = {.id = 1};
    facts.order = &preview;
    struct talk_personal personal;
    enum status status = personal_render(&facts, &personal, problem);
    (void)text_copy(hostname, MACHINE_NAME_BYTES, status == STATUS_OK ? personal.hostname : "");
    personal_clear(&personal);
    return status;
}
