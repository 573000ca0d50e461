// SPDX-License-Identifier: GPL-3.0-or-later
// Picks what to print: the plan and the dialect are one table lookup each.
#include "loader/dialect.h"

#include "format/pxelinux_cfg.h"

#include <string.h>

static const struct dialect *dialect_get(enum loader_dialect id)
{
    switch (id) {
    case LOADER_DIALECT_PXELINUX:
        return &dialect_pxelinux;
    case LOADER_DIALECT_GRUB:
        return &dialect_grub;
    case LOADER_DIALECT_IPXE:
        break;
    }
    return &dialect_ipxe;
}

// The limit is the x86 kernel's, so it holds whatever the loader; told here instead of cut silently there.
static enum status dialect_check_arguments(const char *arguments, struct problem *problem)
{
    size_t length = strlen(arguments);
    if (length <= PXELINUX_CFG_ARGUMENTS_MOST - 256) {
        return STATUS_OK;
    }
    problem_set(problem, "the kernel arguments are %zu bytes long, and the kernel takes about %d", length,
                PXELINUX_CFG_ARGUMENTS_MOST - 256);
    problem_set_remedy(problem, "shorten the profile's arguments, or move settings to its answer file");
    return STATUS_UNSUPPORTED;
}

enum status loader_print_config(enum loader_dialect id, const struct loader_context *context,
                                struct text *out, struct problem *problem)
{
    const struct dialect *dialect = dialect_get(id);
    enum status status = STATUS_OK;
    switch (context->plan->kind) {
    case PLAN_NOTHING:
    case PLAN_LOCAL:
        status = dialect->print_local(context, out);
        break;
    case PLAN_WAIT:
        status = dialect->print_wait(context, out);
        break;
    case PLAN_MENU:
        status = dialect->print_menu(context, out);
        break;
    case PLAN_IMAGE:
        status = dialect_check_arguments(context->arguments, problem);
        if (status == STATUS_OK) {
            status = dialect->print_image(context, out, problem);
        }
        break;
    }
    return status == STATUS_OK && out->cut ? STATUS_TOO_LONG : status;
}

void dialect_add_authority(struct text *out, const struct loader_context *context)
{
    char host[IP_HOST_BYTES];
    text_add(out, ip_print_host(context->server, host));
    if (context->http_port != 80) {
        text_add_format(out, ":%u", (unsigned)context->http_port);
    }
}

bool dialect_has_bootif(const struct loader_context *context, char mac[HW_TEXT_BYTES])
{
    struct hw address;
    bool says_already = strstr(context->arguments, "BOOTIF=") != NULL;
    if (says_already || hw_parse(context->mac, &address) != STATUS_OK) {
        return false;
    }
    hw_print_dashes(&address, mac);
    return true;
}

void dialect_add_choice(struct text *out, const struct loader_context *context,
                        const struct loader_item *item)
{
    text_add_format(out, DIALECT_CHOICE "%s/%s/", context->menu->token, item->name);
}

enum status dialect_refuse(const struct dialect *dialect, const char *what, const char *value,
                           struct problem *problem)
{
    char printable[160];
    struct text text;
    text_init(&text, printable, sizeof printable);
    text_add_escaped(&text, value, strlen(value));
    problem_set(problem, "%s cannot be written for %s: %s%s", what, dialect->name, printable,
                text.cut ? "..." : "");
    problem_set_remedy(problem, "use names and arguments without quotes, backslashes and special characters");
    return STATUS_UNSUPPORTED;
}
