// SPDX-License-Identifier: GPL-3.0-or-later
// The menu as a machine would show it, for those who write it.
#include "io/heap.h"
#include "service/control_json.h"
#include "service/control_machine.h"
#include "service/control_route.h"
#include "service/menus.h"

#include <string.h>

#define PREVIEW_BYTES 32768

static json_t *entry_json(const struct menus *menus, const struct menu_entry *entry,
                          const struct machine *machine, const struct menus_shown *shown)
{
    const char *lack = menus_lack(menus, entry);
    bool is_shown = lack == NULL && menu_entry_is_for(entry, machine);
    bool is_start = strcmp(shown->menu.items[shown->menu.start].name, entry->name) == 0;
    if (lack == NULL && !is_shown) {
        lack = "it is for other machines";
    }
    return json_pack("{s:s, s:o, s:o, s:s, s:b, s:b, s:b, s:b, s:o}", "name", entry->name, "title",
                     control_json_text(entry->title[0] != '\0' ? entry->title : entry->profile), "group",
                     control_json_text(entry->group), "profile", entry->profile, "locked", entry->is_locked,
                     "may_erase", menus_may_erase(menus, entry), "shown", is_shown, "start",
                     is_shown && is_start, "why", lack == NULL ? json_null() : json_string(lack));
}

// Why what menu.default names is not what is taken.
static const char *start_remark(const struct menus *menus, const struct menu *menu,
                                const struct menus_shown *shown)
{
    const char *start = shown->menu.items[shown->menu.start].name;
    if (strcmp(start, menu->start) == 0) {
        return "";
    }
    for (unsigned i = 0; i < menu->entry_count; i++) {
        const struct menu_entry *entry = &menu->entries[i];
        if (strcmp(entry->name, menu->start) == 0) {
            return entry->is_locked ? "menu.default asks for a password, so nobody takes it"
                   : menus_may_erase(menus, entry)
                       ? "menu.default may erase a disk, so somebody must choose it"
                       : "menu.default is not in this menu";
        }
    }
    return "";
}

static bool print_preview(struct control_request *request, enum loader_dialect dialect,
                          const struct boot_client *client, const struct menus_shown *shown, json_t *answer)
{
    struct boot_plan plan = {.kind = PLAN_MENU};
    struct loader_context context = {.plan = &plan,
                                     .client = client,
                                     .server_name = request->world->config->server_name,
                                     .server = ip_from_ip4((struct ip4){0xc0000201}), // 192.0.2.1 (RFC 5737)
                                     .http_port = request->world->config->http_port,
                                     .machine_name = "",
                                     .mac = "52:54:00:00:00:00",
                                     .uuid = "",
                                     .sentence = "",
                                     .remedy = "",
                                     .kernel = "",
                                     .arguments = "",
                                     .menu = &shown->menu};
    struct problem problem = {0};
    char *buffer = heap_new(PREVIEW_BYTES);
    struct text text;
    text_init(&text, buffer, PREVIEW_BYTES);
    enum status status = loader_print_config(dialect, &context, &text, &problem);
    if (status == STATUS_OK) {
        json_object_set_new(answer, "text", json_string(buffer)); // ASCII, as the dialects write it
    } else {
        control_refuse_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "use fewer entries or shorter titles",
                            "the menu is too long");
    }
    heap_free(buffer);
    return status == STATUS_OK;
}

// Which language: the one asked for, else what the firmware's loader speaks. false with the answer given.
static bool find_dialect(struct control_request *request, uint8_t on, enum loader_dialect *dialect)
{
    const char *loader = control_query(request, "loader");
    *dialect = on == IMAGE_ON_BIOS ? LOADER_DIALECT_PXELINUX : LOADER_DIALECT_GRUB;
    if (loader == NULL || strcmp(loader, "auto") == 0) {
        return true;
    }
    if (strcmp(loader, "ipxe") == 0) {
        *dialect = LOADER_DIALECT_IPXE;
    } else if (strcmp(loader, "grub") == 0) {
        *dialect = LOADER_DIALECT_GRUB;
    } else if (strcmp(loader, "pxelinux") == 0) {
        *dialect = LOADER_DIALECT_PXELINUX;
    } else {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST, "there are pxelinux, grub and ipxe",
                            "there is no loader '%.40s'", loader);
        return false;
    }
    return true;
}

static bool find_firmware(struct control_request *request, const struct machine *machine, uint8_t *on,
                          struct boot_client *client)
{
    const char *arch = control_query(request, "arch");
    client->architecture = machine->architecture;
    client->platform = BOOT_PLATFORM_OTHER;
    *on = arch == NULL ? boot_client_on(client) : 0;
    if (arch == NULL) {
        *on = *on == 0 ? IMAGE_ON_BIOS : *on;
        return true;
    }
    if (image_on_parse(arch, on) != STATUS_OK) {
        control_refuse_text(request, MHD_HTTP_BAD_REQUEST,
                            "there are bios, uefi-x64, uefi-ia32 and uefi-arm64",
                            "there is no firmware '%.40s'", arch);
        return false;
    }
    client->architecture = *on == IMAGE_ON_X64     ? 7
                           : *on == IMAGE_ON_IA32  ? 6
                           : *on == IMAGE_ON_ARM64 ? 11
                                                   : 0;
    return true;
}

void control_menu_preview(struct control_request *request)
{
    struct machine nobody;
    const char *name = control_query(request, "machine");
    const struct menu *menu = &request->world->config->menu;
    struct menus *menus = request->world->desk->menus;
    struct boot_client client = {.stage = BOOT_STAGE_LOADER, .has_http = true};
    enum loader_dialect dialect;
    uint8_t on;
    machine_init(&nobody);
    if (menus == NULL) {
        control_refuse_text(request, MHD_HTTP_NOT_FOUND, "", "this daemon shows no menus");
        return;
    }
    const struct machine *machine = name == NULL ? &nobody : control_machine_find(request, name);
    if (machine == NULL || !find_firmware(request, machine, &on, &client) ||
        !find_dialect(request, on, &dialect)) {
        return;
    }
    struct menus_shown shown;
    menus_fill(menus, machine, "", &shown);
    shown.menu.token = "TOKEN"; // the machine's own, and nobody else's
    json_t *entries = json_array();
    for (unsigned i = 0; i < menu->entry_count; i++) {
        json_array_append_new(entries, entry_json(menus, &menu->entries[i], machine, &shown));
    }
    json_t *answer = json_pack("{s:o, s:s, s:i, s:s, s:s, s:b}", "title", control_json_text(shown.menu.title),
                               "default", shown.menu.items[shown.menu.start].name, "timeout_s",
                               (int)menu->timeout_s, "remark", start_remark(menus, menu, &shown), "machine",
                               name == NULL ? "" : machine->name, "has_menu", menu_is_for(menu, machine));
    json_object_set_new(answer, "entries", entries);
    if (print_preview(request, dialect, &client, &shown, answer)) {
        control_answer(request, MHD_HTTP_OK, answer);
    } else {
        json_decref(answer);
    }
}
