// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/world.h"

#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>

#define START_MS  1767225600000 // 2026-01-01
#define HTTP_PORT 80

static int64_t world_now_ms(void *context)
{
    const struct world *world = context;
    return world->now_ms;
}

static void world_hear(void *context, const struct event *event)
{
    struct world *world = context;
    for (unsigned i = 0; i < event->reasons.count; i++) {
        world->has_reason[event->reasons.ids[i]] = true;
    }
}

// Every loader's file and every file of an image is there, with its own path for contents.
static enum status find_made_up(void *self, const char *path, const struct content_client *client,
                                struct content_node *node, struct reasons *reasons)
{
    const struct world *world = self;
    bool is_there = text_starts(path, "images/") || strchr(path, '/') == NULL;
    (void)client;
    (void)reasons;
    if (!is_there || strcmp(path, world->missing) == 0 || text_starts(path, "answer/")) {
        return STATUS_NOT_FOUND;
    }
    char *bytes = calloc(1, WORLD_FILE_BYTES);
    if (bytes == NULL) {
        return STATUS_IO;
    }
    memcpy(bytes, path, size_min(strlen(path), WORLD_FILE_BYTES));
    content_node_set_memory(node, bytes, WORLD_FILE_BYTES);
    free(bytes);
    return STATUS_OK;
}

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    struct desk *desk = calloc(1, sizeof *desk);
    if (world == NULL || desk == NULL) {
        free(world);
        free(desk);
        return NULL;
    }
    world->now_ms = START_MS;
    config_init(&world->config);
    (void)text_copy(world->config.server_name, sizeof world->config.server_name, "scenario");
    world->config.http_port = HTTP_PORT;
    world->store = store_open(NULL, NULL);
    world->desk = desk;
    world->notes.desk = desk;
    desk_init(desk, world->store, world->config.policy);
    desk->now_ms = world_now_ms;
    desk->told = world_hear;
    desk->context = world;
    struct content_source made_up = {.name = "made up", .lookup = find_made_up, .self = world};
    world->generated = (struct generated){.desk = desk, .config = &world->config, .images = made_up};
    content_init(&world->tree);
    content_add(&world->tree, generated_source(&world->generated));
    content_add(&world->tree, made_up);
    return world;
}

void world_free(struct world *world)
{
    if (world == NULL) {
        return;
    }
    dhcp_pools_clear(&world->pools);
    store_close(world->store);
    free(world->desk);
    config_clear(&world->config);
    free(world);
}

bool world_refresh(struct world *world, struct problem *problem)
{
    struct dhcp_pools fresh = {0};
    if (dhcp_pools_init(&fresh, &world->config, world->store, problem) != STATUS_OK) {
        return false;
    }
    dhcp_pools_clear(&world->pools);
    world->pools = fresh;
    world->is_open = true;
    desk_recount(world->desk);
    if (world->server.value == 0 && world->config.subnet_count != 0) {
        world->server.value = world->config.subnets[0].subnet.network.value + 1;
    }
    return true;
}

void world_begin(struct world *world)
{
    memset(world->has_reason, 0, sizeof world->has_reason);
}

void world_wait(struct world *world, uint32_t seconds)
{
    world->now_ms += (int64_t)seconds * 1000;
    desk_tick(world->desk);
}

static uint32_t find_loaders(const struct world *world)
{
    uint32_t loaders = 0;
    for (enum loader_id id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        bool is_there = strcmp(loader_get(id)->file, world->missing) != 0;
        loaders |= is_there ? 1u << id : 0;
    }
    return loaders;
}

struct dhcp_answer_world world_answer(struct world *world)
{
    return (struct dhcp_answer_world){.desk = world->desk,
                                      .pools = &world->pools,
                                      .loaders = find_loaders(world),
                                      .http_port = world->config.http_port,
                                      .is_proxy = world->is_proxy,
                                      .address = world->server};
}
