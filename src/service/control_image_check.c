// SPDX-License-Identifier: GPL-3.0-or-later
// GET images/NAME/check.
#include "service/control_image_check.h"

#include "io/heap.h"
#include "io/job.h"
#include "service/control_json.h"
#include "service/control_route.h"
#include "service/control_state.h"
#include "service/image_check.h"

#include <string.h>

struct control_check {
    struct control_check *next;
    struct control *control; // NULL = it was closed meanwhile
    struct control_request *request;
    struct image_check check;
};

static void work(void *value)
{
    struct control_check *check = *(struct control_check **)value;
    image_check_work(&check->check);
}

static json_t *make_signers(const struct program *program)
{
    json_t *signers = json_array();
    for (unsigned i = 0; i < program->signer_count; i++) {
        const struct pe_signer *signer = &program->signers[i];
        json_array_append_new(signers, json_pack("{s:s, s:s, s:s}", "name",
                                                 signer->name == NULL ? signer->issuer : signer->name,
                                                 "subject", signer->subject, "issuer", signer->issuer));
    }
    return signers;
}

static json_t *make_programs(const struct image_programs *programs)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < programs->count; i++) {
        const struct image_program *row = &programs->rows[i];
        char signed_by[IMAGE_SECURE_SENTENCE_MAX];
        struct text text;
        text_init(&text, signed_by, sizeof signed_by);
        program_print_signers(&row->program, &text);
        json_t *object =
            json_pack("{s:s, s:b, s:b, s:s, s:s, s:o, s:s, s:s}", "file", row->file, "loader", row->is_loader,
                      "ours", row->is_ours, "architecture", pe_machine_text(row->program.pe.machine),
                      "signed_by", signed_by, "signers", make_signers(&row->program), "accepts",
                      row->program.vendor, "sbat", row->program.sbat);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *make_loaders(const struct image_programs *programs)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < programs->loader_count; i++) {
        const struct image_loader *loader = &programs->loaders[i];
        char on[32];
        struct text text;
        text_init(&text, on, sizeof on);
        image_on_print(loader->on, &text);
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s}", "firmware", on, "file", loader->file,
                                              "ours", loader->is_ours, "why", loader->why));
    }
    return list;
}

static json_t *make_secure(const struct image_programs *programs)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < programs->secure_count; i++) {
        const struct image_secure *secure = &programs->secure[i];
        char on[32];
        struct text text;
        text_init(&text, on, sizeof on);
        image_on_print(secure->on, &text);
        json_t *object = json_pack("{s:s, s:b, s:b, s:b, s:s}", "firmware", on, "starts", secure->starts,
                                   "ca_2011", (secure->trust & PE_TRUST_2011) != 0, "ca_2023",
                                   (secure->trust & PE_TRUST_2023) != 0, "text", secure->sentence);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *make_answer(const struct image_check *check)
{
    json_t *faults = json_array();
    for (unsigned i = 0; i < check->fault_count; i++) {
        const struct image_fault *fault = &check->faults[i];
        json_array_append_new(faults, json_pack("{s:s, s:s, s:s, s:s}", "severity",
                                                fault->is_error ? "error" : "warning", "file", fault->file,
                                                "text", fault->text, "remedy", fault->remedy));
    }
    return json_pack("{s:s, s:i, s:b, s:o, s:o, s:o, s:o}", "name", check->image.name, "files",
                     (int)check->file_count, "good", !image_check_has_error(check), "faults", faults, "efi",
                     make_programs(&check->programs), "secure_boot", make_secure(&check->programs), "loaders",
                     make_loaders(&check->programs));
}

static void done(void *context, void *value)
{
    (void)context;
    struct control_check *taken_check = *(struct control_check **)value;
    if (taken_check->control != NULL) {
        struct control_check **at = &taken_check->control->checks.first;
        while (*at != taken_check) {
            at = &(*at)->next;
        }
        *at = taken_check->next;
        control_answer(taken_check->request, MHD_HTTP_OK, make_answer(&taken_check->check));
        control_request_resume(taken_check->request);
    }
    heap_free(taken_check);
}

void control_image_check(struct control_request *request)
{
    const struct image *image = control_image_find(request);
    if (image == NULL) {
        return;
    }
    struct control *control = request->control;
    struct control_check *check = heap_new(sizeof *check);
    *check = (struct control_check){.next = control->checks.first,
                                    .control = control,
                                    .request = request,
                                    .check = {.files = request->world->images, .image = *image}};
    control->checks.first = check;
    const struct job job = {
        .value = &check, .value_bytes = sizeof(struct control_check *), .work = work, .done = done};
    control_request_wait(request);
    job_start(request->world->loop, &job);
}

void control_checks_close(struct control_checks *checks)
{
    for (struct control_check *at = checks->first; at != NULL; at = at->next) {
        at->control = NULL;
    }
    checks->first = NULL;
}
