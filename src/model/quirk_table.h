// SPDX-License-Identifier: GPL-3.0-or-later
// QUIRK_ROW(firmware, shape, witness): what is known of firmware before a machine with it was ever seen here.
// The firmware is as quirk_model_print prints it. A row needs a witness: who saw it, and where that can be
// read.
QUIRK_ROW("PXEClient/0/002001/b827eb", "43=raspberry",
          "Raspberry Pi 3: takes no offer without the menu entry \"Raspberry Pi Boot\", which it compares; "
          "dnsmasq's "
          "pxe-service and Tinkerbell's smee send it for that reason")
