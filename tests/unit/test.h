// SPDX-License-Identifier: GPL-3.0-or-later
// What every unit test includes first: cmocka with the headers it needs before it.
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on
