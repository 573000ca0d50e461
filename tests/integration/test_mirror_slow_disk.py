# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk with a mirror's cache does not answer: only who wants a file of it waits."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from test_mirror import Site
from test_slow_disk import start_fetch

CONFIG = """
mirrors:
  - { name: site, url: "http://192.168.77.60:8080" }
"""


def test_a_cache_that_does_not_answer_delays_nobody_else():
    from lab import Lab
    with Lab() as lab, contextlib.ExitStack() as stack:
        lab.start_imprint(extra=CONFIG)
        site = Site(lab)
        contents = {name: site.put(f"pool/{name}.deb", b"!<arch>\n" + os.urandom(200_000)) for name in ("one", "two")}
        for name, content in contents.items():
            assert site.get(f"/mirror/site/pool/{name}.deb") == (200, content)
        lab.stop_imprint()

        cache, shown, hold = lab.folder / "state/mirror/site", lab.folder / "shown", lab.folder / "hold"
        shutil.move(cache, shown)
        cache.mkdir()
        program = pathlib.Path(__file__).parents[1] / "lab" / "slow_disk.py"
        disk = subprocess.Popen([sys.executable, program, shown, cache, hold])
        stack.callback(disk.wait, timeout=10)
        stack.callback(subprocess.run, ["umount", "-l", cache], check=True)
        stack.callback(hold.unlink, missing_ok=True)
        stack.callback(lambda: lab.imprint and lab.stop_imprint())
        lab.wait("the disk is mounted", cache.is_mount, seconds=10)
        lab.start_imprint(extra=CONFIG)
        assert site.get("/mirror/site/pool/one.deb") == (200, contents["one"])

        hold.touch()
        out, fetch = start_fetch(lab, "http", "mirror/site/pool/two.deb")
        time.sleep(1)
        begin = time.monotonic()
        assert lab.cli_json("status")
        lab.run("curl", "-sS", "--fail", "-o", "/dev/null", "http://192.168.77.1/pxelinux.0", host="client")
        assert time.monotonic() - begin < 5  # the disk is not waited for: that would take 20 s
        assert fetch.poll() is None
        hold.unlink()
        assert fetch.wait(timeout=30) == 0 and out.read_bytes() == contents["two"]
        assert site.requests("pool/two.deb") == site.requests("pool/two.deb")[:1]
