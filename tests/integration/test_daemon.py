# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon as a process: privileges, signals, configuration errors, the control socket."""

import json
import os
import pathlib
import pwd
import signal
import stat

from lab.dhcp import DhcpClient


def status_of(process):
    """The fields of /proc/PID/status of the imprint behind ip netns exec."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def test_it_runs_without_privileges(lab):
    process = lab.start_imprint()
    fields = status_of(process)
    nobody = pwd.getpwnam("nobody").pw_uid
    assert fields["Uid"].split() == [str(nobody)] * 4
    assert int(fields["CapEff"], 16) & ~(1 << 10 | 1 << 12 | 1 << 13) == 0  # NET_BIND_SERVICE, NET_ADMIN, NET_RAW
    assert fields["NoNewPrivs"].strip() == "1"


def test_no_thread_keeps_privileges_that_the_daemon_gave_up(lab):
    """Capabilities and no_new_privs are a thread's own: one that is made too early keeps what it had."""
    process = lab.start_imprint()
    lab.add_host("client")
    client = DhcpClient(lab, "client", "52:54:00:12:34:01")
    client.lease()  # the thread that waits for the disk is there now
    client.close()
    threads = list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())
    names = {(thread / "comm").read_text().strip() for thread in threads}
    assert "worker" in names, names
    for thread in threads:
        fields = dict(line.split(":\t", 1) for line in (thread / "status").read_text().splitlines() if ":\t" in line)
        assert fields["NoNewPrivs"].strip() == "1", (thread / "comm").read_text()
        assert int(fields["CapPrm"], 16) & ~(1 << 10 | 1 << 12 | 1 << 13) == 0


def test_its_secrets_are_its_own(lab):
    lab.start_imprint()
    database = lab.folder / "state" / "imprint.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE((lab.folder / "control.sock").stat().st_mode) & 0o007 == 0


def test_sigterm_ends_it_cleanly(lab):
    lab.start_imprint()
    assert lab.stop_imprint(signal.SIGTERM) == 0
    lab.start_imprint()
    assert lab.cli_json("status")


def test_sighup_takes_over_what_can_be_and_says_what_cannot(lab):
    process = lab.start_imprint()
    path = lab.folder / "imprint.yaml"
    path.write_text(path.read_text().replace("unknown: hold", "unknown: refuse").replace("port: 80", "port: 8080"))
    os.kill(process.pid, signal.SIGHUP)
    lab.wait("the reload", lambda: "configuration read again" in lab.log(), 10)
    assert "http.port" in lab.log()
    assert lab.cli_json("config", "show", path)["policy.unknown"] == "refuse"


def test_a_wrong_configuration_at_reload_changes_nothing(lab):
    process = lab.start_imprint()
    path = lab.folder / "imprint.yaml"
    path.write_text(path.read_text() + "nonsense: 1\n")
    os.kill(process.pid, signal.SIGHUP)
    lab.wait("the refusal", lambda: "nonsense" in lab.log(), 10)
    assert lab.cli_json("status")


def test_a_wrong_configuration_names_line_column_and_nearest_key(lab):
    path = lab.folder / "wrong.yaml"
    path.write_text("state: /tmp\ndhcp:\n  moed: server\n")
    from lab.network import imprint_binary
    done = lab.run(imprint_binary(), "serve", "--config", path, check=False)
    assert done.returncode == 2
    assert "wrong.yaml:3:3" in done.stderr and "mode" in done.stderr


def take_port(lab, port):
    """Another program, called "other", has it."""
    code = f"import socket, time; s = socket.create_server(('0.0.0.0', {port})); print('taken', flush=True); time.sleep(600)"
    other = lab.start("/usr/bin/python3", "-c", code, log="other")
    lab.wait("the port to be taken", lambda: "taken" in other.log_path.read_text(), 10)


def answers_https(lab, port=443):
    return lab.run("curl", "-sSk", "-m", "5", f"https://{lab.address}:{port}/", check=False).returncode == 0


def test_https_is_there_and_its_certificate_stays(lab):
    lab.start_imprint()
    assert answers_https(lab)
    certificate = (lab.folder / "state" / "tls" / "certificate.pem").read_bytes()
    lab.stop_imprint()
    lab.start_imprint()
    assert answers_https(lab)
    assert (lab.folder / "state" / "tls" / "certificate.pem").read_bytes() == certificate


def test_without_its_own_port_https_is_left_out_with_a_warning(lab):
    take_port(lab, 443)
    lab.start_imprint()
    assert "no HTTPS" in lab.log() and "python3" in lab.log() and "agents come by HTTPS" not in lab.log()
    assert lab.run("curl", "-sS", "-m", "5", f"http://{lab.address}/", check=False).returncode == 0


def test_an_https_port_that_was_chosen_must_be_free(lab):
    take_port(lab, 8443)
    process = lab.start_imprint(lab.config_text(extra="https: { port: 8443 }"), wait=False)
    assert process.wait(20) == 1
    assert "8443" in lab.log()


def test_https_can_be_turned_off(lab):
    lab.start_imprint(lab.config_text(extra="https: { port: 0 }"))
    assert not answers_https(lab) and not (lab.folder / "state" / "tls").exists()


def test_the_administrators_certificate_is_used_and_a_bad_one_refused(lab):
    key, certificate = lab.folder / "own.key", lab.folder / "own.pem"
    lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=boot.example", "-days", "2", "-keyout", key, "-out",
            certificate)
    key.chmod(0o600)  # root's alone: it is read before privileges are dropped
    config = lab.config_text(extra=f"https: {{ port: 8443, certificate: {certificate}, key: {key} }}")
    lab.start_imprint(config)
    assert lab.run("curl", "-sS", "-m", "5", "--cacert", certificate, "--resolve", f"boot.example:8443:{lab.address}",
                   "https://boot.example:8443/", check=False).returncode == 0
    lab.stop_imprint()
    certificate.write_text("nonsense\n")
    process = lab.start_imprint(config, wait=False)
    assert process.wait(20) == 1
    assert str(certificate) in lab.log()


def test_a_taken_port_is_told_with_who_has_it(lab):
    from lab.network import imprint_binary
    thief = "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 69)); time.sleep(60)"
    lab.start("/usr/bin/python3", "-c", thief, log="thief.log")
    lab.wait("the thief", lambda: lab.run("ss", "-lun").stdout.find(":69 ") > 0, 10)
    path = lab.folder / "imprint.yaml"
    path.write_text(lab.config_text())
    done = lab.run(imprint_binary(), "serve", "--config", path, check=False, timeout=20)
    assert done.returncode == 1 and "python3" in done.stderr and "69" in done.stderr


def test_the_command_line_says_when_nobody_is_there(lab):
    done = lab.cli("status", check=False)
    assert done.returncode == 1 and "imprint serve" in done.stderr


def test_an_interface_that_comes_later_is_served(lab):
    config = lab.config_text().replace("[br0]", "[br0, late0]")
    lab.start_imprint(config)
    lab.run("ip", "link", "add", "late0", "type", "bridge")
    lab.run("ip", "address", "add", "192.168.99.1/24", "dev", "late0")
    lab.run("ip", "link", "set", "late0", "up")
    lab.wait("it", lambda: any(i["name"] == "late0" for i in lab.cli_json("status")["interfaces"]), 15)


def test_watch_tells_what_happens_as_it_happens(lab):
    from lab.dhcp import DhcpClient, pxe_options
    lab.start_imprint()
    lab.add_host("client")
    from lab.network import imprint_binary
    watch = lab.start(imprint_binary(), "watch", "--json", "--for", "8", "--socket", lab.folder / "control.sock", log="watch.log")
    client = DhcpClient(lab, "client", "52:54:00:12:38:01")
    lab.wait("an event", lambda: client.lease(pxe_options(0)) and "has address" in (lab.folder / "watch.log").read_text(), 8, 0.5)
    lab.stop(watch)
    client.close()
    lines = [json.loads(line) for line in (lab.folder / "watch.log").read_text().splitlines()]
    assert any("192.168.77." in (line.get("text") or "") for line in lines)
