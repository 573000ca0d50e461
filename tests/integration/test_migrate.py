# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint migrate: other servers' files become a configuration that loads, and nothing is lost silently."""

import json
import pathlib
import re
import subprocess

import pytest

from lab.network import ROOT, imprint_binary

FIXTURES = ROOT / "tests" / "fixtures" / "migrate"
SOURCES = [path for path in sorted(FIXTURES.iterdir()) if path.suffix in (".conf", ".default")]


def migrate(*words, status=0):
    done = subprocess.run([imprint_binary(), "migrate", *words], capture_output=True, text=True, cwd=FIXTURES)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_comes_out_is_as_it_was_and_loads(source, tmp_path):
    done = migrate(source.name)
    assert done.stdout == source.with_suffix(".yaml").read_text()
    assert done.stderr == source.with_suffix(".report").read_text()
    (tmp_path / "rules").write_text("")  # the map file is on the machine that it came from; config check reads it
    (tmp_path / "imprint.yaml").write_text(re.sub(r"^  map: /.*$", f"  map: {tmp_path}/rules", done.stdout, flags=re.MULTILINE))
    subprocess.run([imprint_binary(), "config", "check", tmp_path / "imprint.yaml"], check=True)


def test_the_fixture_of_xinetd_keeps_its_limits_and_shows_its_faults(tmp_path):
    out = tmp_path / "new.yaml"
    done = migrate("xinetd-tftp-rules.conf", "--output", out)
    assert done.stdout == ""
    config = json.loads(subprocess.run([imprint_binary(), "config", "show", out, "--json"], capture_output=True, check=True).stdout)
    assert (config["tftp.root"], config["tftp.map"]) == ("/tftpboot", "/tftpboot/rules")
    assert (config["tftp.per_client"], config["tftp.requests_per_second"]) == (11, 100)
    assert "xinetd-tftp-rules.conf:5: ,:" in done.stderr and "xinetd-tftp-rules.conf:7:" in done.stderr
    assert "File exists" in migrate("xinetd-tftp-rules.conf", "--output", out, status=1).stderr


def test_many_files_become_one(tmp_path):
    answer = json.loads(migrate("xinetd-tftp-rules.conf", "tftpd-hpa.default", "--json").stdout)
    by_key = {row["key"]: row for row in answer["settings"]}
    assert by_key["tftp.root"]["file"] == "tftpd-hpa.default" and by_key["tftp.per_client"]["value"] == "11"
    kinds = {row["kind"] for row in answer["remarks"]}
    assert kinds == {"needless", "changed", "left", "fault"}
    assert "per_client: 11" in answer["yaml"]


def test_what_is_nothing_known_is_refused_with_the_choice(tmp_path):
    (tmp_path / "x").write_text("hello\n")
    (tmp_path / "nul").write_bytes(b"tftp-root=\0")
    (tmp_path / "big").write_bytes(b"#" * (1 << 20) + b"\n")
    assert "--from: kea" in migrate(tmp_path / "x", status=1).stderr
    assert "not a text" in migrate(tmp_path / "nul", status=1).stderr
    assert "1 MiB" in migrate(tmp_path / "big", status=1).stderr
    assert "No such file" in migrate(tmp_path / "absent", status=1).stderr
    assert "name the files in it" in migrate(pathlib.Path("/etc"), status=1).stderr
    migrate(tmp_path / "x", "--from", "dnsmasq")
