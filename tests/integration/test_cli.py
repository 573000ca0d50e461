# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command against a running daemon: what it prints for people, pipes and programs, and its exit status."""

import json
import os
import shutil
import sqlite3

import pytest

from lab.network import imprint_binary

MAC = "52:54:00:12:38:01"


@pytest.fixture
def site(lab):
    """imprint with an image, a profile and a machine added by hand."""
    lab.start_imprint()
    tree = lab.make_folder("tree")
    (tree / "boot").mkdir()
    (tree / "boot" / "vmlinuz").write_bytes(b"kernel" * 5000)
    (tree / "initrd").write_bytes(b"initrd" * 5000)
    (tree / "linux").symlink_to("boot/vmlinuz")
    (tree / "outside").symlink_to("/etc/passwd")
    lab.cli("image", "add", "live", tree, "--kernel", "linux", "--initrd", "initrd", "--arguments", "quiet")
    (lab.folder / "answer.cfg").write_text("name {{hostname}} mirror {{mirror}}\n")
    lab.cli("profile", "add", "office", "--image", "live", "--answer-file", lab.folder / "answer.cfg")
    lab.cli("machine", "add", "lab-01", "--mac", MAC, "--hostname", "station1")
    return lab


def refused(lab, *words, status=1):
    """What a command that must fail says on standard error."""
    done = lab.cli(*words, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    return done.stderr


def test_an_image_has_the_files_inside_its_folder_and_no_others(site):
    image = site.cli_json("image", "show", "live")
    assert (image["kernel"], image["initrd"], image["arguments"]) == ("linux", "initrd", "quiet")
    assert image["file_count"] == 3
    served = site.folder / "state" / "images" / "live"
    assert (served / "linux").read_bytes() == b"kernel" * 5000
    assert not (served / "outside").exists()


def test_a_machine_is_named_by_name_id_mac_and_uuid(site):
    uuid = "4c4c4544-0001-0002-0003-000000000001"
    site.cli("machine", "edit", "lab-01", "--uuid", uuid.upper())
    for name in ("lab-01", "1", MAC, MAC.upper().replace(":", "-"), uuid):
        assert site.cli_json("machine", "show", name)["name"] == "lab-01"
    assert "did you mean 'lab-01'" in refused(site, "machine", "show", "lab-02")
    assert "no machine '..'" in refused(site, "machine", "show", "..")


def test_what_is_edited_stays_and_none_takes_it_back(site):
    site.cli("machine", "edit", "lab-01", "--name", "desk", "--address", "192.168.77.50", "--add-mac", "52:54:00:12:38:02")
    desk = site.cli_json("machine", "show", "desk")
    assert desk["address"] == "192.168.77.50" and len(desk["macs"]) == 2 and desk["hostname"] == "station1"
    site.cli("machine", "edit", "desk", "--address", "none", "--remove-mac", MAC)
    desk = site.cli_json("machine", "show", "desk")
    assert desk["address"] is None and desk["macs"] == ["52:54:00:12:38:02"]
    assert "nothing to change" in refused(site, "machine", "edit", "desk", status=2)


def test_an_order_that_could_not_work_is_refused_with_the_place(site):
    message = refused(site, "deploy", "lab-01", "--profile", "office")
    assert "answer.cfg:1:" in message and "mirror" in message
    site.cli("profile", "edit", "office", "--set", "mirror=deb.example.test")
    assert site.cli("profile", "render", "office", "lab-01", "--answer").stdout == "name station1 mirror deb.example.test\n"
    assert site.cli("deploy", "lab-01", "--profile", "office", "--expires", "2h").stdout.startswith("order 1: office for lab-01")
    order, = site.cli_json("order", "list")
    assert order["state"] == "armed" and order["expires_s"] - order["created_s"] == 7200
    assert "live order" in refused(site, "deploy", "lab-01", "--profile", "office")
    assert site.cli("order", "cancel", "1").stdout == "order 1 (office for lab-01) is cancelled\n"
    assert "over" in refused(site, "order", "cancel", "1")


def test_an_order_that_cannot_be_kept_is_not_taken(site):
    site.cli("profile", "edit", "office", "--set", "mirror=deb.example.test")
    other = sqlite3.connect(site.folder / "state" / "imprint.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    message = refused(site, "deploy", "lab-01", "--profile", "office")
    assert "keeps the database" in message and "no order was taken" in message
    other.execute("ROLLBACK")
    other.close()
    assert [order["state"] for order in site.cli_json("order", "list", "--all")] == ["cancelled"]
    assert site.cli_json("machine", "show", "lab-01")["order"] is None
    site.cli("deploy", "lab-01", "--profile", "office")


def test_a_pipe_gets_one_line_for_each_thing_with_tabs(site):
    assert site.cli("machine", "list").stdout.split("\t")[:3] == ["lab-01", "approved", MAC]
    assert [line.split("\t")[0] for line in site.cli("profile", "list").stdout.splitlines()] == ["office"]
    assert site.cli("machine", "list", "--state", "new").stdout == ""


def test_lists_are_arrays_and_things_are_objects_as_json(site):
    for words in (("machine", "list"), ("image", "list"), ("profile", "list"), ("order", "list"), ("lease", "list"),
                  ("events",), ("explain",), ("machine", "approve", "lab-01")):
        assert isinstance(site.cli_json(*words), list), words
    for words in (("machine", "show", "lab-01"), ("status",), ("version",), ("explain", "MACHINE_HELD"), ("config", "check")):
        assert isinstance(site.cli_json(*words), dict), words


def test_errors_are_json_when_that_is_asked_for(site):
    error = json.loads(refused(site, "machine", "show", "lab-02", "--json"))["error"]
    assert "lab-02" in error["text"] and "lab-01" in error["remedy"]


def test_wrong_lines_end_with_2_and_say_what_was_meant(site):
    assert "'imprint machine list'" in refused(site, "machine", "lst", status=2)
    assert "'--profile'" in refused(site, "deploy", "lab-01", "--profil", "x", status=2)
    assert "needs MACHINE" in refused(site, "machine", "show", status=2)
    assert "2h" in refused(site, "deploy", "lab-01", "--profile", "office", "--expires", "soon", status=2)


def test_many_at_once_go_on_after_one_that_is_refused(site):
    site.cli("machine", "add", "lab-02", "--mac", "52:54:00:12:38:09")
    done = site.cli("machine", "remove", "lab-01", "nobody", "lab-02", check=False)
    assert done.returncode == 1 and done.stdout == "lab-01 is removed\nlab-02 is removed\n" and "nobody" in done.stderr
    assert site.cli_json("machine", "list") == []


def test_what_is_in_use_stays(site):
    site.cli("profile", "edit", "office", "--set", "mirror=m")
    site.cli("deploy", "lab-01", "--profile", "office")
    assert "in use" in refused(site, "profile", "remove", "office")
    assert "order 1 for lab-01 is armed and needs the image live" in refused(site, "image", "remove", "live")
    site.cli("order", "cancel", "1")
    site.cli("profile", "remove", "office")
    site.cli("image", "remove", "live")
    assert site.cli_json("image", "list") == []


def test_an_upload_that_is_refused_leaves_nothing(site):
    assert "kernel" in refused(site, "image", "add", "unknown", lab_folder_of_text(site))
    assert "no file 'nope'" in refused(site, "image", "add", "other", site.folder / "tree", "--kernel", "nope")
    assert "already" in refused(site, "image", "add", "live", site.folder / "tree")
    site.wait("the uploads to be gone", lambda: [name.name for name in (site.folder / "state" / "images").iterdir()] == ["live"], 10)


def lab_folder_of_text(site):
    """A folder in which no system is recognised."""
    folder = site.make_folder("text")
    (folder / "readme").write_text("no kernel here")
    return folder


def test_watch_tells_what_happens_to_one_machine_while_it_lasts(site):
    watch = site.start(imprint_binary(), "watch", "lab-01", "--json", "--for", "4", "--socket", site.folder / "control.sock",
                       log="watch.log")
    site.cli("machine", "add", "lab-02", "--mac", "52:54:00:12:38:09")

    def told():
        site.cli("machine", "edit", "lab-01", "--serial", "S1")
        return watch.log_path.read_text()

    site.wait("the line", told, 4, 0.5)
    assert watch.wait(10) == 0
    events = [json.loads(line) for line in watch.log_path.read_text().splitlines()]
    assert events and {event["machine"] for event in events} == {"lab-01"}


def test_completion_knows_the_live_names(site):
    def complete(*words):
        environment = dict(os.environ, IMPRINT_SOCKET=str(site.folder / "control.sock"))
        return site.run(imprint_binary(), "complete", *words, env=environment).stdout.split()

    assert complete("machine", "show", "la") == ["lab-01"]
    assert complete("deploy", "lab-01", "--profile", "") == ["office"]
    assert complete("profile", "add", "x", "--image=") == ["--image=live"]


def test_who_may_not_and_who_is_not_there_is_told_what_to_do(site):
    program = site.folder / "imprint"
    shutil.copy(imprint_binary(), program)
    stranger = ("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", program)
    done = site.run(*stranger, "status", "--socket", site.folder / "control.sock", check=False)
    assert done.returncode == 1 and "sudo" in done.stderr
    assert site.stop_imprint() == 0
    assert "imprint serve" in refused(site, "status")
