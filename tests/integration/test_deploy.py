# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders that an agent carries out, as its server sees them: a machine and an agent made of words go through every state,
with restarts of the server in between, wrong questions, stolen tokens, and a machine that tries hard to be written twice."""

import random
import signal

import pytest

from lab.agent import GIGABYTE, FakeMachine, disk
from lab.packed import pack

MAC, OTHER_MAC = "52:54:00:d1:00:01", "52:54:00:d1:00:02"
LIVE = ("armed", "booting", "running", "needs-confirmation", "writing", "sealing")


def add_images(lab):
    """Something that counts as the agent, and a disk of noise with a boot sector's signature to write."""
    tree = lab.make_folder("agent")
    (tree / "linux").write_bytes(b"kernel" * 1000)
    (tree / "initrd.zst").write_bytes(b"initrd" * 1000)
    (tree / "agent.json").write_text("{}")
    lab.cli("image", "add", "agent", tree)
    content = bytearray(random.Random(7).randbytes(9 * 2**20))
    content[510:512] = b"\x55\xaa"
    (lab.folder / "small.raw").write_bytes(content)
    lab.cli("image", "add", "small", pack(lab.folder / "small.raw", lab.make_folder("small")))


@pytest.fixture
def site(lab):
    """imprint with the agent, an image for disks, a profile, and an approved machine."""
    lab.start_imprint()
    add_images(lab)
    lab.cli("profile", "add", "web", "--image", "small")
    lab.cli("machine", "add", "one", "--mac", MAC)
    return lab


@pytest.fixture
def machine(site):
    made = FakeMachine(site, MAC)
    yield made
    made.close()


def order(site, number=1):
    return site.cli_json("order", "show", str(number))


def state(site, number=1):
    return order(site, number)["state"]


def deploy(site, *words, machine="one"):
    site.cli("deploy", machine, "--profile", "web", *words)


def finish(machine):
    """From the task to write to the end."""
    assert machine.report("begin")
    assert machine.report("write", done_bytes=5, all_bytes=10)
    assert machine.report("sealing")
    assert machine.report("done")


def boots_own_disk(machine):
    return not machine.power_on()


def reasons(site):
    return [reason for event in site.events() for reason in event["reasons"]]


# ---- the way from order to own disk ----

def test_a_blank_machine_goes_from_order_to_its_own_disk(site, machine):
    deploy(site)
    assert state(site) == "armed"
    assert machine.power_on()
    site.wait("booting", lambda: state(site) == "booting", 5)
    assert machine.hello() == 200
    assert machine.welcome["machine"] == "one" and machine.welcome["profile"] == "web" and machine.welcome["image"] == "small"
    assert state(site) == "running"
    assert machine.tell(disk())[1]["may_go"] in (True, False)
    task = machine.task()
    assert task["do"] == "write" and task["disk_key"] == "QEMU_1234" and task["image"] == "small" and task["kind"] == "disk"
    assert task["personal"]["hostname"] == "one"
    assert machine.report("begin")
    assert state(site) == "writing" and order(site)["target"] == "QEMU_1234"
    assert machine.get("/images/small/image.index")[0] == 200
    assert machine.get("/images/small/image.zst")[0] == 200
    assert machine.report("sealing")
    assert state(site) == "sealing"
    assert machine.report("done")
    assert state(site) == "finished"
    assert machine.task()["do"] == "reboot"
    assert boots_own_disk(machine)
    assert machine.get("/images/small/image.index")[0] != 200


def test_the_kernel_arguments_name_order_and_machine_and_no_secret(site, machine):
    site.cli("profile", "edit", "web", "--hostname", "secret-name")
    deploy(site)
    assert machine.power_on()
    assert f"imprint.server={site.address}" in machine.config and f"imprint.mac={MAC}" in machine.config
    assert "console=ttyS0" in machine.config and "token" not in machine.config and "secret-name" not in machine.config


def test_what_the_agent_found_is_told_by_machine_show(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk(blank=False))
    shown = site.cli("machine", "show", "one").stdout
    assert "QEMU_1234" in shown and "Debian 12" in shown


def test_progress_and_log_of_the_agent_can_be_read(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin")
    assert machine.report("write", done_bytes=2**20, all_bytes=2**22)
    assert "25" in site.cli("order", "show", "1").stdout
    assert machine._curl("/agent/log", None, None, "--data-binary", "@-", "-H", "Content-Type: text/plain",
                         data="a line\nan evil \x1b[2J line\n")[0] == 200
    log = site.cli("order", "log", "1").stdout
    assert "a line" in log and "\x1b" not in log


# ---- the wipe guard ----

def test_a_disk_that_is_not_blank_waits_for_a_person(site, machine):
    deploy(site)
    machine.power_on()
    task = machine.come_up(disk(blank=False))
    assert task["do"] == "wait" and any("QEMU_1234" in line for line in task["screen"])
    assert state(site) == "needs-confirmation"
    assert "ext4 'root', Debian 12" in order(site)["trouble"]
    assert not machine.report("begin")
    assert not machine.report("sealing") and not machine.report("done")
    assert state(site) == "needs-confirmation"
    done = site.cli("order", "confirm", "1", "--erase", "WRONG_5678", check=False)
    assert done.returncode == 1 and "WRONG_5678" in done.stderr
    assert machine.task()["do"] == "wait"
    site.cli("order", "confirm", "1", "--erase", "QEMU_1234")
    task = machine.task()
    assert task["do"] == "write" and task["disk_key"] == "QEMU_1234"
    finish(machine)
    assert state(site) == "finished" and order(site)["erase"] == "QEMU_1234"
    assert any("DISK_GIVEN_UP" in event["reasons"] for event in site.events())


def test_erase_given_with_the_order_needs_no_second_word(site, machine):
    deploy(site, "--erase", "QEMU_1234")
    machine.power_on()
    assert machine.come_up(disk(blank=False))["do"] == "write"
    finish(machine)


def test_erase_for_one_disk_gives_no_other_disk_up(site, machine):
    deploy(site, "--erase", "SOMETHING_ELSE")
    machine.power_on()
    assert machine.come_up(disk(blank=False))["do"] == "wait"
    assert not machine.report("begin") and state(site) == "needs-confirmation"


def test_two_disks_are_a_question_and_the_answer_counts(site, machine):
    deploy(site)
    machine.power_on()
    disks = disk(serial="A1"), disk("vdb", serial="B2")
    task = machine.come_up(*disks)
    assert task["do"] == "wait" and state(site) == "needs-confirmation"
    assert "A1" in order(site)["trouble"] and "B2" in order(site)["trouble"]
    site.cli("order", "confirm", "1", "--erase", "B2")
    assert machine.task()["disk_key"] == "B2"
    finish(machine)
    assert order(site)["target"] == "B2"


@pytest.mark.parametrize("rule, key", [("serial=B2", "B2"), ("smallest", "A1"), ("transport=nvme", "B2"), ("size>=6G", "B2")])
def test_a_rule_picks_between_disks(site, machine, rule, key):
    deploy(site, "--disk", rule)
    machine.power_on()
    task = machine.come_up(disk(serial="A1", size=4 * GIGABYTE), disk("nvme0n1", serial="B2", transport="nvme"))
    assert task["do"] == "write" and task["disk_key"] == key


def test_a_disk_too_small_fails_before_anything_is_erased(site, machine):
    site.cli("profile", "edit", "web", "--image", "small")
    deploy(site)
    machine.power_on()
    task = machine.come_up(disk(size=65 * 2**20 // 8))
    assert task["do"] == "stop" and state(site) == "failed"
    assert not machine.report("begin")


def test_too_little_memory_fails_before_anything_is_erased(site, machine):
    deploy(site)
    machine.power_on()
    task = machine.come_up(disk(), memory=200 * 2**20)
    assert task["do"] == "stop" and state(site) == "failed" and "MEMORY_SMALL" in reasons(site)
    assert boots_own_disk(machine)


def test_a_machine_without_a_disk_is_told_so(site, machine):
    deploy(site)
    machine.power_on()
    assert machine.come_up()["do"] == "stop"
    assert state(site) == "failed" and "DISK_NONE" in reasons(site)


# ---- going on ----

def restart(site, kill):
    site.stop_imprint(signal.SIGKILL if kill else signal.SIGTERM)
    site.start_imprint()


def half_written():
    """The disk as it is in the middle: something is on it, and no partition table."""
    return disk(blank=False, table="", partition_count=0, partitions=[])


@pytest.mark.parametrize("kill", [False, True])
def test_the_server_may_be_restarted_at_every_step(site, machine, kill):
    deploy(site)
    restart(site, kill)
    assert machine.power_on()
    restart(site, kill)
    assert machine.hello() == 200
    restart(site, kill)
    assert machine.task() is None  # the token died with the server
    assert machine.hello() == 200
    assert machine.tell(disk())[0] == 200
    assert machine.task()["do"] == "write"
    assert machine.report("begin")
    restart(site, kill)
    assert state(site) == "writing"
    assert machine.hello() == 200 and machine.tell(half_written())[0] == 200
    assert machine.task()["do"] == "write"
    assert machine.report("begin") and machine.report("sealing")
    restart(site, kill)
    assert state(site) == "sealing"
    assert machine.hello() == 200 and machine.tell(disk(blank=False))[0] == 200
    assert machine.task()["do"] == "seal"
    assert not machine.report("begin")
    assert machine.report("done")
    restart(site, kill)
    assert state(site) == "finished"
    assert boots_own_disk(machine)


def test_a_power_cut_while_writing_goes_on_with_the_same_disk(site, machine):
    deploy(site)
    machine.power_on()
    assert machine.come_up(disk())["do"] == "write"
    assert machine.report("begin")
    assert machine.power_on()
    task = machine.come_up(disk(blank=False, table="", partitions=[], partition_count=0), disk("vdb", serial="NEW"))
    assert task["do"] == "write" and task["disk_key"] == "QEMU_1234"
    finish(machine)


def test_a_half_written_order_takes_no_other_disk(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin")
    machine.power_on()
    assert machine.come_up(disk("vdb", serial="NEW"))["do"] != "write"
    assert not machine.report("begin")


def test_a_power_cut_while_sealing_seals_again_and_erases_nothing(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin") and machine.report("sealing")
    assert machine.power_on()
    assert machine.come_up(disk(blank=False))["do"] == "seal"
    assert not machine.report("begin")
    assert machine.report("sealing") and machine.report("done")
    assert state(site) == "finished"


def test_a_cancelled_order_stops_its_agent(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin")
    site.cli("order", "cancel", "1")
    assert not machine.report("write", done_bytes=1, all_bytes=2)
    assert not machine.report("sealing")
    assert machine.get("/images/small/image.zst")[0] != 200
    assert state(site) == "cancelled"
    assert boots_own_disk(machine)


def test_an_order_is_tried_a_number_of_times(site, machine):
    deploy(site, "--tries", "2")
    assert machine.power_on() and machine.hello() == 200
    assert machine.power_on() and machine.hello() == 200
    assert boots_own_disk(machine)
    assert state(site) == "failed" and "ORDER_TRIES_OVER" in reasons(site)


def test_a_failed_order_never_acts_again(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin")
    machine.report("failed", reason="DISK_FAILED", text="vda: input/output error")
    assert state(site) == "failed" and "vda: input/output error" in order(site)["trouble"]
    assert not machine.report("begin")
    assert boots_own_disk(machine)


def test_an_expired_order_works_no_more(site, machine):
    deploy(site, "--expires", "1m")
    machine.power_on()
    assert machine.come_up(disk())["do"] == "write"
    site.wait("expiry", lambda: state(site) == "expired", 80, 1)
    assert not machine.report("begin")
    assert boots_own_disk(machine)


# ---- how many, and who ----

def test_more_machines_than_the_policy_allows_need_their_number(site):
    names = [f"m{number}" for number in range(6)]
    for number, name in enumerate(names):
        site.cli("machine", "add", name, "--mac", f"52:54:00:d2:00:{number:02x}")
    done = site.cli("deploy", *names, "--profile", "web", check=False)
    assert done.returncode == 1 and "--count 6" in done.stderr + done.stdout
    assert site.cli("deploy", *names, "--profile", "web", "--count", "7", check=False).returncode == 1
    assert site.cli_json("order", "list") == []
    site.cli("deploy", *names, "--profile", "web", "--count", "6")
    assert len(site.cli_json("order", "list")) == 6
    site.cli("order", "cancel", *[str(made["id"]) for made in site.cli_json("order", "list")])
    site.cli("deploy", *names[:5], "--profile", "web")


def test_who_ordered_confirmed_and_cancelled_is_on_the_record(site, machine):
    deploy(site, "--reason", "disk replaced")
    machine.power_on()
    machine.come_up(disk(blank=False))
    site.cli("order", "confirm", "1", "--erase", "QEMU_1234")
    site.cli("order", "cancel", "1")
    seen = order(site)
    assert seen["owner"] == "root" and seen["why"] == "disk replaced" and seen["eraser"] == "root"
    texts = " ".join(event["text"] for event in site.events())
    assert "root" in texts


def test_an_undefined_value_is_an_error_before_the_order_exists(site):
    site.cli("profile", "edit", "web", "--hostname", "station{{no_such_value}}", check=False)
    done = site.cli("deploy", "one", "--profile", "web", check=False)
    assert done.returncode == 1 and "no_such_value" in done.stderr
    assert site.cli_json("order", "list") == []


def test_without_an_agent_an_order_is_refused_or_says_what_to_do(lab):
    lab.start_imprint()
    add_images(lab)
    lab.cli("image", "remove", "agent")
    lab.cli("profile", "add", "web", "--image", "small")
    lab.cli("machine", "add", "one", "--mac", MAC)
    done = lab.cli("deploy", "one", "--profile", "web", check=False)
    assert "imprint agent build" in done.stdout + done.stderr + lab.cli("explain", "AGENT_MISSING").stdout
    assert done.returncode == 1


# ---- somebody else ----

@pytest.fixture
def thief(site):
    """A host with an address of its own, which knows everything but holds no lease of the machine's."""
    site.add_host("thief", "192.168.77.66")
    return "thief"


def test_a_hello_from_another_address_is_refused(site, machine, thief):
    deploy(site)
    machine.power_on()
    body = {"version": 1, "agent": "test", "nonce": "ab" * 16, "mac": MAC, "order_id": 1}
    assert machine.post("/agent/hello", body, token="", host=thief)[0] == 403
    assert machine.post("/agent/hello", body, token="", host="server")[0] == 403
    assert machine.hello() == 200


def test_a_stolen_token_works_nowhere_else(site, machine, thief):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    assert machine.report("begin")
    token = machine.token
    for host in (thief, "server"):
        for path in ("task", "report", "inventory"):
            assert machine.post(f"/agent/{path}", {"stage": "done"}, token=token, host=host)[0] == 403
        assert machine.get("/images/small/image.zst", token=token, host=host)[0] in (403, 404)
    assert state(site) == "writing"
    assert "AGENT_REFUSED" in reasons(site)


def test_a_token_of_another_machine_is_refused(site, machine):
    site.cli("machine", "add", "two", "--mac", OTHER_MAC)
    deploy(site)
    deploy(site, machine="two")
    other = FakeMachine(site, OTHER_MAC, host="other")
    assert machine.power_on() and other.power_on()
    assert machine.come_up(disk())["do"] == "write"
    assert other.come_up(disk())["do"] == "write"
    assert machine.post("/agent/report", {"stage": "begin"}, token=other.token)[0] == 403
    assert machine.hello(order_id=other.order, nonce="cd" * 16) == 403
    assert machine.hello(mac=OTHER_MAC, order_id=other.order, nonce="cd" * 16) == 403
    assert {state(site, 1), state(site, 2)} == {"running"}
    other.close()


def test_an_old_token_is_refused_after_the_next_boot(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    old = machine.token
    machine.power_on()
    assert machine.hello() == 200
    assert machine.token != old
    assert machine.post("/agent/report", {"stage": "begin"}, token=old)[0] == 403


def test_a_second_hello_of_one_boot_with_another_nonce_is_refused(site, machine):
    deploy(site)
    machine.power_on()
    assert machine.hello() == 200
    token = machine.token
    assert machine.hello() == 200
    assert machine.token == token
    assert machine.hello(nonce="ef" * 16) != 200
    assert machine.post("/agent/task", {}, token=token)[0] in (200, 409)


def test_an_agent_without_order_is_refused(site, machine):
    machine.lease()
    assert machine.hello(order_id=1) in (403, 404, 409)
    deploy(site)
    assert machine.hello(order_id=2) in (403, 404, 409)
    assert state(site) == "armed"
    assert machine.hello(order_id=1) == 200  # its own: somebody else may have handed out the configuration
    assert state(site) == "running"


NONSENSE = {"empty": "", "cut": "{", "list": "[]", "nothing": "{}", "little": '{"version":1}', "NUL": "\x00\x01", "deep": "[" * 5000,
            "wrong": '{"version":99,"nonce":"ab","mac":"x","order_id":-1}', "long": '{"nonce":"' + "a" * 200000 + '"}'}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_in_words(site, machine, body):
    deploy(site)
    machine.power_on()
    for path in ("hello", "inventory", "task", "report"):
        status, _ = machine.post(f"/agent/{path}", body, token="")
        assert status in (400, 403, 409, 413)
    assert machine.hello() == 200


# ---- trying hard to make a reinstall loop ----

def test_a_machine_that_always_boots_from_the_network_is_written_once(site, machine):
    deploy(site)
    writes = 0
    for _ in range(8):
        if machine.power_on() and machine.come_up(disk(blank=writes == 0))["do"] == "write":
            finish(machine)
            writes += 1
    assert writes == 1 and state(site) == "finished"


def test_an_agent_that_does_not_stop_cannot_begin_again(site, machine):
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    finish(machine)
    token, nonce = machine.token, machine.nonce
    for _ in range(3):
        assert not machine.report("begin") and not machine.report("sealing")
        assert machine.hello() != 200 or machine.tell(disk())[0] != 200 or machine.task()["do"] in ("reboot", "stop")
        machine.token, machine.nonce = token, nonce
        restart(site, True)
    assert state(site) == "finished"


def test_old_configurations_do_not_bring_a_finished_order_back(site, machine):
    """A loader that remembers the script, or a person who types its kernel line."""
    deploy(site)
    machine.power_on()
    machine.come_up(disk())
    finish(machine)
    machine.lease()
    machine.order, machine.nonce = 1, "12" * 16
    assert machine.hello() in (403, 404, 409)
    assert state(site) == "finished"


def test_whatever_is_cut_off_when_a_bootable_disk_is_never_erased(site, machine):
    """Random walks: power cuts and restarts at any step. Once sealing was allowed, begin never is."""
    dice = random.Random(20)
    for number in range(1, 5):
        deploy(site, "--tries", "50", "--erase", "QEMU_1234")
        sealed = False
        for _ in range(25):
            if state(site, number) not in LIVE:
                break
            if not machine.power_on():
                continue
            task = machine.come_up(disk(blank=False))
            for stage in ("begin", "write", "sealing", "done"):
                if dice.random() < 0.3:
                    break
                if dice.random() < 0.1:
                    restart(site, True)
                    machine.hello()
                went = machine.report(stage)
                assert not (stage == "begin" and went and (sealed or task["do"] != "write"))
                sealed = sealed or stage == "sealing" and went
        assert state(site, number) == "finished", order(site, number)
        assert boots_own_disk(machine)
