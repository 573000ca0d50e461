# SPDX-License-Identifier: GPL-3.0-or-later
"""Files over FTP, with other people's clients and with hostile ones."""

import ftplib
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import time

import pytest
from lab.storm import storm_binary
from lab.tftp import inside

SERVER = "192.168.77.1"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One lab with files for the whole module."""
    from lab import Lab
    with Lab() as lab:
        root = lab.make_folder("tftp")
        (root / "big.bin").write_bytes(os.urandom(5_000_000 + 17))
        (root / "empty").write_bytes(b"")
        (root / "text").write_bytes(b"one\ntwo\r\nthree\n")
        (root / "a name with [brackets] and \xe4").write_bytes(b"named")
        (root / "Folder").mkdir()
        (root / "Folder" / "inner").write_bytes(b"i" * 3000)
        (root / "Folder" / "link").symlink_to("../text")
        (root / "out").symlink_to("/etc/passwd")
        (root / "secret").write_text("x")
        (root / "secret").chmod(0o600)
        with open(root / "huge", "wb") as file:
            file.truncate((5 << 30) + 7)
            file.seek(5 << 30)
            file.write(b"the end")
        images = lab.folder / "state" / "images"
        lab.make_folder("state")
        images.mkdir(mode=0o755)
        inside = tmp_path_factory.mktemp("inside")
        (inside / "Packages").mkdir()
        (inside / "Packages" / "bash.rpm").write_bytes(b"rpm" * 1000)
        (inside / "kernel").write_bytes(b"kernel" * 100)
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "DVD", "-o", images / "dvd.iso", inside], check=True)
        (images / "dvd.iso").chmod(0o644)
        (images / "windows").mkdir(mode=0o755)
        (images / "windows" / "disk.raw").write_bytes(b"secret")
        lab.start_imprint(config=lab.config_text(extra="ftp: { port: 21, passive_ports: 50000-50019, per_client: 40, idle: 30s }"))
        lab.add_host("client", "192.168.77.50")
        lab.run("ip", "-6", "addr", "add", "fd00:77::1/64", "dev", "br0", "nodad")
        lab.run("ip", "-6", "addr", "add", "fd00:77::50/64", "dev", "eth0", "nodad", host="client")
        lab.root = root
        yield lab


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Ftp(ftplib.FTP):
    """ftplib inside the client's namespace."""

    def __init__(self, lab, host="client", server=SERVER, login=True):
        super().__init__(timeout=15)
        self.lab, self.client = lab, host
        with inside(lab, host):
            self.connect(server)
        if login:
            self.login()

    def ntransfercmd(self, *words, **options):
        with inside(self.lab, self.client):
            return super().ntransfercmd(*words, **options)

    def get(self, name, rest=None):
        pieces = []
        self.retrbinary(f"RETR {name}", pieces.append, rest=rest)
        return b"".join(pieces)


def done(command):
    """What it returns, or nothing as long as the server says no: it notices in its own time that somebody went."""
    try:
        return command()
    except (ftplib.Error, EOFError, ConnectionError):
        return None


CLIENTS = {
    "curl": ["curl", "-sS", "--fail", "-o", "{out}", "ftp://{server}/{name}"],
    "curl-pasv": ["curl", "-sS", "--fail", "--disable-epsv", "-o", "{out}", "ftp://{server}/{name}"],
    "curl-active": ["curl", "-sS", "--fail", "--ftp-port", "-", "-o", "{out}", "ftp://{server}/{name}"],
    "curl-nocwd": ["curl", "-sS", "--fail", "--ftp-method", "nocwd", "-o", "{out}", "ftp://{server}/{name}"],
    "wget": ["wget", "-q", "-O", "{out}", "ftp://{server}/{name}"],
    "wget-active": ["wget", "-q", "--no-passive-ftp", "-O", "{out}", "ftp://{server}/{name}"],
    "lftp": ["lftp", "-c", "set net:max-retries 2; set net:timeout 10; get ftp://{server}/{name} -o {out}"],
    "ncftpget": ["ncftpget", "-t", "10", "-c", "ftp://{server}/{name}"],
    "busybox": ["busybox", "ftpget", "{server}", "{out}", "{name}"],
}


@pytest.mark.parametrize("name", ["big.bin", "empty", "Folder/inner", "images/dvd/Packages/bash.rpm"])
@pytest.mark.parametrize("program", CLIENTS)
def test_ftp_clients_get_the_whole_file(shared, program, name):
    out = shared.folder / f"{program}-{name.replace('/', '-')}"
    words = [word.format(server=SERVER, name=name, out=out) for word in CLIENTS[program]]
    if program == "ncftpget":  # writes to its standard output
        with open(out, "wb") as file:
            subprocess.run(shared.command(*words, host="client"), stdout=file, check=True, timeout=60)
    else:
        shared.run(*words, host="client", timeout=60)
    expected = b"rpm" * 1000 if "rpm" in name else (shared.root / name).read_bytes()
    assert out.read_bytes() == expected


@pytest.mark.parametrize("mode", ["--ftp-pasv", "--ftp-port"])
def test_ftp_over_ipv6(shared, mode):
    out = shared.folder / "six"
    shared.run("curl", "-sS", "--fail", mode, *(["-"] if mode == "--ftp-port" else []), "-o", str(out), "ftp://[fd00:77::1]/big.bin", host="client")
    assert digest(out) == digest(shared.root / "big.bin")


def test_a_whole_tree_is_mirrored(shared):
    out = shared.make_folder("mirrored")
    shared.run("lftp", "-c", f"set net:max-retries 2; mirror ftp://{SERVER}/images/dvd {out}/lftp", host="client")
    assert (out / "lftp" / "Packages" / "bash.rpm").read_bytes() == b"rpm" * 1000
    shared.run("wget", "-q", "-r", "-nH", "-P", str(out / "wget"), f"ftp://{SERVER}/Folder/", host="client")
    assert (out / "wget" / "Folder" / "inner").stat().st_size == 3000
    assert (out / "wget" / "Folder" / "link").read_bytes() == (shared.root / "text").read_bytes()


def test_lists_show_what_is_served_and_nothing_else(shared):
    with Ftp(shared) as ftp:
        names = ftp.nlst()
        assert {"big.bin", "empty", "Folder", "images", "text"} <= set(names)
        assert not {"secret", "out"} & set(names)
        assert names == sorted(names)
        facts = dict(ftp.mlsd("Folder"))
        assert facts["inner"]["size"] == "3000" and facts["inner"]["type"] == "file" and facts["link"]["type"] == "file"
        lines = []
        ftp.retrlines("LIST -la /Folder", lines.append)
        assert lines[0].startswith("-r--r--r-- 1 ftp      ftp              3000 ") and lines[0].endswith(" inner")
        assert ftp.nlst("Fold*") == ["Folder"]
        assert ftp.nlst("a name with [brackets] and \xe4") == ["a name with [brackets] and \xe4"]
        assert set(ftp.nlst("images")) >= {"dvd", "dvd.iso"}
        assert ftp.nlst("images/dvd") == ["Packages", "kernel"]
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.nlst("nowhere")


def test_folders_are_entered_and_left(shared):
    with Ftp(shared) as ftp:
        assert ftp.pwd() == "/"
        ftp.cwd("Folder")
        assert ftp.pwd() == "/Folder"
        assert ftp.size("inner") == 3000
        ftp.cwd("..")
        ftp.cwd("../../..")
        assert ftp.pwd() == "/"
        ftp.cwd("/images/dvd/Packages")
        assert ftp.get("bash.rpm") == b"rpm" * 1000
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.cwd("/Folder/inner")
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.get("/../../../etc/passwd")
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.get("/out")
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.get("/secret")
        assert ftp.voidcmd("MDTM /Folder/inner").startswith("213 20")


def test_a_broken_download_is_resumed_behind_four_gigabytes(shared):
    with Ftp(shared) as ftp:
        assert ftp.size("huge") == (5 << 30) + 7
        assert ftp.get("huge", rest=(5 << 30) + 4) == b"end"
        with pytest.raises(ftplib.error_perm, match="554"):
            ftp.get("huge", rest=(5 << 30) + 8)
        assert ftp.get("text") == (shared.root / "text").read_bytes()  # REST was for one command only


def test_nothing_is_written(shared):
    with Ftp(shared) as ftp:
        for command in ("STOR x", "DELE text", "MKD x", "RMD Folder", "RNFR text", "SITE CHMOD 777 text", "APPE text"):
            with pytest.raises(ftplib.error_perm, match="550"):
                ftp.voidcmd(command)
    told = lambda: [event["text"] for event in shared.events() if "refused to write" in event["text"]]
    assert any(text.endswith("was refused to write x: FTP is for reading here") for text in shared.wait("the refusals are told", told, seconds=5))


def test_only_anonymous_is_let_in(shared):
    with Ftp(shared, login=False) as ftp:
        with pytest.raises(ftplib.error_perm, match="530"):
            ftp.voidcmd("PWD")
        with pytest.raises(ftplib.error_perm, match="530"):
            ftp.login("root", "x")
        assert ftp.login("ftp", "a@b").startswith("230")


def test_data_goes_to_the_client_and_nobody_else(shared):
    shared.add_host("victim", "192.168.77.51")
    with Ftp(shared) as ftp:
        for command in ("PORT 192,168,77,51,200,1", "PORT 192,168,77,50,0,22", "EPRT |1|192.168.77.51|5000|", "EPRT |1|192.168.77.50|80|"):
            with pytest.raises(ftplib.error_perm, match="501"):
                ftp.voidcmd(command)
        host, port = ftp.makepasv()
        assert host == SERVER and 50000 <= port <= 50019
        with inside(shared, "victim"), socket.create_connection((SERVER, port), timeout=5) as stranger:
            ftp.putcmd("RETR text")
            assert ftp.getresp().startswith("150")
            assert stranger.recv(10) == b""  # sent away
        with inside(shared, "client"), socket.create_connection((SERVER, port), timeout=5) as data:
            assert data.recv(100) == (shared.root / "text").read_bytes()
        assert ftp.getresp().startswith("226")


def test_a_transfer_is_aborted_and_the_session_goes_on(shared):
    with Ftp(shared) as ftp:
        data = ftp.transfercmd("RETR huge")
        assert data.recv(1000)
        ftp.sock.sendall(b"\xff\xf4\xff")
        ftp.sock.send(b"\xf2", socket.MSG_OOB)
        ftp.sock.sendall(b"ABOR\r\n")
        assert ftp.getmultiline().startswith("426")
        assert ftp.getmultiline().startswith("226")
        data.close()
        assert ftp.get("text") == (shared.root / "text").read_bytes()
        ended = [event for event in shared.events() if event["kind"] == "ftp"]
        assert shared.wait("the abort is told", lambda: [e for e in shared.events() if "huge" in e["text"]] or True, seconds=5)
        assert all("done" not in event["text"] for event in ended)


def test_a_client_that_goes_away_or_says_nonsense_harms_nobody(shared):
    with Ftp(shared) as ftp:
        data = ftp.transfercmd("RETR huge")
        data.recv(1000)
        data.close()
        assert ftp.getmultiline().startswith("426")
    with inside(shared, "client"):
        rude = socket.create_connection((SERVER, 21), timeout=5)
    with rude:
        assert rude.recv(200).startswith(b"220")
        rude.sendall(b"A" * 100_000 + b"\r\nNOOP\r\n")
        time.sleep(0.2)
        assert rude.recv(200) == b"500 That is too long.\r\n200 Still here.\r\n"
        rude.sendall(b"GET / HTTP/1.0\r\n" * 20)
        said = b""
        while piece := rude.recv(4096):
            said += piece
        assert said.count(b"502 ") == 19 and said.endswith(b"421 This is no FTP.\r\n")
    with Ftp(shared) as ftp:
        assert ftp.get("text")


def test_so_many_connections_and_no_more(shared):
    with inside(shared, "client"):
        many = [socket.create_connection((SERVER, 21), timeout=5) for _ in range(45)]
    greetings = [one.recv(100)[:3] for one in many]
    assert greetings.count(b"220") == 40 and greetings.count(b"421") == 5
    for one in many:
        one.close()
    shared.wait("there is room again", lambda: done(lambda: Ftp(shared).get("text")), seconds=10)


def test_passive_ports_run_out_and_come_back(shared):
    clients = [Ftp(shared) for _ in range(21)]
    for client in clients[:20]:
        assert client.voidcmd("EPSV").startswith("229")
    with pytest.raises(ftplib.error_temp, match="425"):
        clients[20].voidcmd("EPSV")
    clients[0].close()
    shared.wait("the port is free again", lambda: done(lambda: clients[20].sendcmd("EPSV")), seconds=10)
    for client in clients[1:]:
        client.close()


def test_transfers_are_counted_and_what_failed_is_told(shared):
    with Ftp(shared) as ftp:
        with pytest.raises(ftplib.error_perm):
            ftp.get("kernle")
        data = ftp.transfercmd("RETR huge")
        data.recv(10)
        shared.wait("one is live", lambda: shared.cli_json("status")["ftp"]["live"] == 1, seconds=5)
        data.close()
        assert ftp.getmultiline().startswith("426")
    assert shared.cli_json("status")["ftp"]["done"] > 10


def test_images_that_only_agents_may_read_are_not_there(shared):
    with Ftp(shared) as ftp:
        assert "windows" in ftp.nlst("images")  # known to nobody as an image of a disk: files as any
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.get("images/windows/image.imprint")


def test_all_at_once(shared):
    out = shared.make_folder("at-once")
    words = ["curl", "-sS", "--fail", "-Z", "--parallel-max", "15"]
    for i in range(60):
        words += ["-o", str(out / str(i)), f"ftp://{SERVER}/big.bin"]
    shared.run(*words, host="client", timeout=120)
    assert {digest(path) for path in out.iterdir()} == {digest(shared.root / "big.bin")}


def test_thousands_of_small_files_use_up_no_ports(lab):
    """Each leaves a port for data behind that the kernel remembers for a minute; without a range of its own imprint takes them in turn."""
    root = lab.make_folder("tftp")
    (root / "small").write_bytes(b"s" * 100)
    lab.start_imprint(config=lab.config_text(extra="ftp: { port: 21, connections: 1000, per_client: 1000 }"))
    lab.add_host("client", "192.168.77.50")
    load = storm_binary().with_name("bench-ftp")
    done = json.loads(lab.run(load, SERVER, "21", "small", "16", "1600", host="client", timeout=60).stdout)
    assert done["bytes"] == 1600 * 100
    with Ftp(lab) as ftp:
        first = int(ftp.sendcmd("EPSV").split("|||")[1].split("|")[0])
        second = int(ftp.sendcmd("EPSV").split("|||")[1].split("|")[0])
        assert second != first
    wrong = lab.run(load, SERVER, "21", "absent", "1", "1", host="client", check=False)
    assert wrong.returncode == 1 and "150 expected" in wrong.stderr
