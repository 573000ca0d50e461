# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of the state folder fills up while clients come, and gets room again."""

import pathlib
import subprocess

import pytest
from lab import Lab
from lab.dhcp import ACK, INFORM, REQUEST, DhcpClient, ip, option
from lab.storm import add_storm_host, run_storm

MIB = 1 << 20
LOG_STEP = 8192  # leases in one MiB of the log, which is set aside ahead


@pytest.fixture
def small_disk():
    """A lab whose state folder is a small file system of its own."""
    with Lab(network="10.77.0", prefix=16) as lab:
        add_storm_host(lab)
        lab.add_host("client")
        state = lab.make_folder("state")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", state], check=True)
        try:
            yield lab
        finally:
            lab.stop_imprint()
            subprocess.run(["umount", state], check=True)


def fill(folder):
    """Takes all the room that is left; returns the file that holds it."""
    path = pathlib.Path(folder) / "filler"
    with open(path, "wb", buffering=0) as file:
        piece = 64 << 10
        while piece:
            try:
                file.write(bytes(piece))
            except OSError:
                piece //= 2
    return path


def client_of(lab, last):
    return DhcpClient(lab, "client", f"52:54:00:12:36:{last:02x}")


def test_a_full_disk_refuses_new_leases_and_extends_the_old_ones(small_disk):
    lab = small_disk
    config = lab.config_text(pool="10.77.4.1-10.77.200.250")
    lab.start_imprint(config=config.replace("\ndhcp:\n", "\ndhcp:\n  ping_check: no\n"))
    old = client_of(lab, 1)
    first = old.lease()
    assert first.kind == ACK
    filler = fill(lab.folder / "state")

    # What was set aside for the log still takes leases, and then nothing does.
    run_storm(lab, "dora", machines=LOG_STEP + 1000, most_seconds=8)
    new = client_of(lab, 2)
    new.xid += 1
    assert new.lease() is None
    assert any("LEASE_NOT_STORED" in event["reasons"] and event["mac"] == new.mac for event in lab.events())
    assert "full" in lab.log() or "no room" in lab.log()
    assert lab.log().count("cannot be written, so no") == 1  # told once, not once per packet
    old.xid += 1
    again = old.ask(REQUEST, option(50, ip(first.yiaddr)))  # it was switched off and on
    assert again is not None and again.kind == ACK and again.yiaddr == first.yiaddr

    asks = client_of(lab, 3)  # has its address from elsewhere: nothing of it need be written down
    lab.run("ip", "neigh", "replace", "10.77.0.9", "lladdr", asks.mac, "dev", "br0")
    for _ in range(3):
        asks.xid += 1
        asks.send(asks.message(INFORM, ciaddr="10.77.0.9", broadcast=False), source="10.77.0.9")
        told = asks.receive()
        assert told is not None and told.kind == ACK and told.yiaddr == "0.0.0.0"
    asks.close()

    filler.unlink()
    new.xid += 1
    assert new.lease().kind == ACK
    lab.wait("the notice that all is well again", lambda: "can be written again" in lab.log())

    # And all that was promised is there after a kill.
    addresses = {lease["address"] for lease in lab.cli_json("lease", "list")}
    lab.imprint.kill()
    lab.imprint.wait()
    lab.imprint = None
    lab.start_imprint(config=config)
    assert addresses <= {lease["address"] for lease in lab.cli_json("lease", "list")}
    for client in (old, new):
        client.close()
