// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/auto_mode.h"

void auto_mode_hear(struct auto_mode *mode, bool gives_addresses, int64_t now_ms)
{
    if (gives_addresses) {
        bool was_calm = now_ms - mode->alone_ms >= AUTO_CALM_MS;
        mode->returns = was_calm ? 1 : mode->returns + 1;
    }
    mode->heard_ms = now_ms;
    mode->probes = 0;
}

void auto_mode_ask(struct auto_mode *mode)
{
    mode->probes++;
}

void auto_mode_serve(struct auto_mode *mode, int64_t now_ms)
{
    mode->alone_ms = now_ms;
}

int64_t auto_mode_quiet_ms(const struct auto_mode *mode)
{
    int64_t quiet_ms = AUTO_QUIET_MS;
    for (unsigned i = 1; i < mode->returns && quiet_ms < AUTO_QUIET_MOST_MS; i++) {
        quiet_ms *= 2;
    }
    quiet_ms = quiet_ms < AUTO_QUIET_MOST_MS ? quiet_ms : AUTO_QUIET_MOST_MS;
    return quiet_ms + mode->jitter_ms;
}

bool auto_mode_is_alone(const struct auto_mode *mode, int64_t now_ms)
{
    return mode->probes >= AUTO_PROBES_LEAST && now_ms - mode->heard_ms >= auto_mode_quiet_ms(mode);
}
