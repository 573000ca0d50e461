# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: what the other tests take for granted."""


def test_hosts_that_are_plugged_in_later_cut_nobody_off(lab):
    """A bridge without an address of its own takes the lowest one of its ports, and neighbours know the old one for half a minute."""
    (lab.make_folder("tftp") / "file").write_text("text")
    lab.start_imprint()
    lab.add_host("first", "192.168.77.51")
    for number, name in ((2, "second"), (1, "third")):
        lab.add_host(name)
        lab.run("ip", "link", "set", lab.ports[name], "address", f"02:00:00:00:00:{number:02x}")
        lab.run("atftp", "--get", "-r", "file", "-l", lab.folder / "fetched", lab.address, host="first", timeout=10)
        assert (lab.folder / "fetched").read_text() == "text"
