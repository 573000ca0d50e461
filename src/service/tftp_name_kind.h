// SPDX-License-Identifier: GPL-3.0-or-later
// What kind of file a canonical name speaks of, as far as it matters for whose it is.
#pragma once

#include "base/compiler.h"

/// The part behind the last '/'.
const char *tftp_name_base(const char *path);

/// Whether it is a boot program: firmware or another loader starts it, and its other files lie beside it.
bool tftp_name_is_loader(const char *path);

/// Whether it belongs to the loader that runs already, wherever that came from: a name without folder, GRUB's
/// configuration and modules, what shim asks for. Boot programs that begin a boot are not such names.
bool tftp_name_is_session(const char *path);

/// Whether it is GRUB's configuration for one machine ("grub.cfg-01-52-54-00-12-34-56"); `plain_length` is
/// then the length of the same name for all ("grub.cfg").
bool tftp_name_is_personal_grub(const char *path, size_t *plain_length);

/// The length of the boot program's name that `base` (without folders) begins with although more follows,
/// such as "pxelinux.0" of "pxelinux.0winnt.sif"; 0 = none.
size_t tftp_name_glued(const char *base);
