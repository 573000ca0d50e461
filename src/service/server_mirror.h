// SPDX-License-Identifier: GPL-3.0-or-later
// How the daemon keeps its mirrors: their folder, what is told of them, their place in the tree of files.
#pragma once

#include "service/desk.h"
#include "service/mirror.h"

struct server_mirror_place { // all borrowed, and outlives the mirrors
    struct loop *loop;
    const struct config *config;
    struct log *log;
    struct desk *desk;
};

/// The mirrors of `place->config`, added to `content`. Yours; mirror_service_free after the engines that
/// serve `content`. They begin with the loop, when privileges are given up.
struct mirror_service *server_mirror_new(const struct server_mirror_place *place, struct content *content);
