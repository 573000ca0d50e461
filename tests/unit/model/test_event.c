// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/event.h"

#include "unit/test.h"

static void every_kind_of_event_has_its_name(void **state)
{
    (void)state;
    static const char *const names[EVENT_KIND_COUNT] = {"dhcp",    "tftp",  "http",   "ftp",    "boot",
                                                        "machine", "order", "server", "verdict"};
    for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        assert_string_equal(event_kind_text(kind), names[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_of_event_has_its_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
