# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the house, read from the table in src/meson.build."""
import re

_ROW = re.compile(r"#\s*room:\s+(\w+)\s+(\d+)\s+(pure|doing)\s*$")


def read_rooms(root):
    """room name -> (floor, "pure" or "doing"), bottom to top."""
    rooms = {}
    for line in (root / "src/meson.build").read_text(encoding="utf-8").splitlines():
        row = _ROW.match(line)
        if row:
            rooms[row[1]] = (int(row[2]), row[3])
    return rooms
