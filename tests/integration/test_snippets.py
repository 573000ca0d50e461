# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of answer files that several profiles share: {{> NAME}} from the folder snippets beside the configuration."""

import signal

import pytest
from lab import Lab
from lab.site import INSTALLER


@pytest.fixture
def site():
    with Lab() as lab:
        snippets = lab.make_folder("snippets")
        (snippets / "users").write_text("# users of {{hostname}}\n{{> inner}}\n")
        (snippets / "inner").write_text("rootpw {{hash}}\n")
        lab.start_imprint()
        lab.snippets = snippets
        lab.cli("image", "add", "debian-12", INSTALLER)
        lab.cli("machine", "add", "pc-1", "--mac", "52:54:00:00:00:01")
        answer = lab.folder / "preseed.cfg"
        answer.write_text("begin\n{{> users}}\nend {{callback_url}}\n")
        lab.cli("profile", "add", "web", "--image", "debian-12", "--answer-file", answer, "--set", "hash=$6$a$b")
        yield lab


def render(lab):
    done = lab.cli("profile", "render", "web", "pc-1", check=False)
    return done.stdout + done.stderr


def test_snippets_are_put_in_with_their_values(site):
    text = render(site)
    assert "begin\n# users of pc-1\nrootpw $6$a$b\nend http://" in text
    lint = site.cli("profile", "lint", "web", "--snippets", site.snippets, check=False)
    assert "users" not in lint.stdout
    lint = site.cli("profile", "lint", "web", "--snippets", site.folder / "none", check=False)
    assert "users" in lint.stdout


def test_snippets_are_read_anew_at_a_reload_and_missing_ones_are_told(site):
    (site.snippets / "users").unlink()
    (site.snippets / "bad name").write_text("x")
    site.imprint.send_signal(signal.SIGHUP)
    site.wait("the reload", lambda: "no partial template" in render(site), seconds=10)
    assert "put it into the folder snippets beside imprint.yaml" in render(site)
    (site.snippets / "users").write_text("users")
    (site.snippets / "large").write_bytes(bytes(65537))
    site.imprint.send_signal(signal.SIGHUP)
    site.wait("the reload", lambda: "begin\nusers" in render(site), seconds=10)
    assert "large is no snippet of answer files: it has more than 64 KiB" in site.log()


def test_a_value_does_not_become_a_second_line(site):
    done = site.cli("profile", "edit", "web", "--set", "hash=x\nrootpw --plaintext y", check=False)
    assert done.returncode == 1 and "must be one line" in done.stderr
    assert "plaintext" not in render(site)
