# SPDX-License-Identifier: GPL-3.0-or-later
"""What names mean over TFTP: case, what a client was given before, map files; and in.tftpd beside it with the same rules."""

import json
import os
import pathlib
import shutil
import signal

import pytest

XP = ["startrom.0", "NTLDR", "ntdetect.com", "winnt.sif", "i386/txtsetup.sif", "i386/KDCOM.DL_"]
W2K3 = ["startrom.n12", "ntldr", "NTDETECT.COM", "WINNT.SIF", "I386/TXTSETUP.SIF"]
CLIENTS = {"one": "192.168.77.51", "two": "192.168.77.52", "three": "192.168.77.53"}

RULES = r"""
# Comments, blank lines and escapes, as people write them.
ri	^[a-z]:				# drive letters
rg	\\		/
rg	//		/
rg	\#		@
ri	^/?ntdetect\.com$	lower/ntdetect.com
r	^/?by-address/(.*)	hosts/\x/\1
r	^/?dotted/(.*)		hosts/\i/\1
re	^/?menu$		menu\ with\ blanks
r	^/?upper/(.*)$		upper/\1\U.sif
rG	^/?get-only$		plain.txt
rP	^/?put-only$		plain.txt
a	\.pvt$			# private
a~	^[a-z0-9/@._A-Z\ -]+$	Strange\ name
"""

# What in.tftpd is asked, and so are we.
NAMES = ["plain.txt", "/plain.txt", "C:\\plain.txt", "c:\\lower\\ntdetect.com", "NTDETECT.COM", "/NtDetect.Com", "lower//ntdetect.com",
         "a#b", "by-address/x.cfg", "dotted/x.cfg", "menu", "upper/winnt", "get-only", "put-only", "secret.pvt", "D:\\x.pvt", "what?",
         "nothing", "lower/nothing"]


def in_tftpd():
    """The original's program, installed or unpacked by tools/setup; None when it is nowhere."""
    peers = pathlib.Path(os.environ.get("IMPRINT_PEERS", pathlib.Path(__file__).resolve().parents[2] / "build-check" / "peers"))
    return shutil.which("in.tftpd", path=f"/usr/sbin:/usr/local/sbin:{peers}/usr/sbin:{peers}/tftpd-hpa/usr/sbin")


def write(root, path, text=None):
    path = root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text is not None else str(path.relative_to(root)))
    path.chmod(0o644)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One lab with two Windows, two distributions and names that differ by case."""
    from lab import Lab
    with Lab() as lab:
        root = lab.make_folder("tftp")
        for name in XP:
            write(root, "xp/" + name)
        for name in W2K3:
            write(root, "w2k3/" + name)
        for name in ("shimx64.efi", "grubx64.efi", "grub.cfg", "revocations.efi"):
            write(root, "fedora/" + name)
        for name in ("shimx64.efi", "grubx64.efi", "grub/grub.cfg"):
            write(root, "ubuntu/" + name)
        for name in ("Double/bcd", "Double/BCD", "Double/Bcd", "Boot/Fonts/wgl4_boot.ttf"):
            write(root, name)
        lab.start_imprint()
        for name, address in CLIENTS.items():
            lab.add_host(name, address)
        lab.root = root
        yield lab


def fetch(lab, name, host="one", server="192.168.77.1", port=69):
    """The text of a file, or None when there is none."""
    out = lab.folder / "fetched"
    out.unlink(missing_ok=True)
    done = lab.run("atftp", "--get", "-r", name, "-l", out, server, port, host=host, check=False, timeout=60)
    text = out.read_text() if done.returncode == 0 and out.exists() else None
    return text, done.stdout + done.stderr


def gets(lab, name, wanted, host="one"):
    text, said = fetch(lab, name, host)
    assert text == wanted, f"{name}: {said}"


def lacks(lab, name, host="one"):
    text, said = fetch(lab, name, host)
    assert text is None and "File not found" in said, f"{name}: {text} {said}"


def test_two_unpatched_windows_live_side_by_side(shared):
    lacks(shared, "NTLDR")
    gets(shared, "xp/startrom.0", "xp/startrom.0", "one")
    gets(shared, "\\W2K3\\STARTROM.N12", "w2k3/startrom.n12", "two")
    for name in ("NTLDR", "ntdetect.com", "winnt.sif", "\\i386\\txtsetup.sif"):
        for host, folder, files in (("one", "xp", XP), ("two", "w2k3", W2K3)):
            path = name.replace("\\", "/").strip("/").lower()
            gets(shared, name, folder + "/" + next(file for file in files if file.lower() == path), host)
        lacks(shared, name, "three")
    lacks(shared, "BOOTFONT.BIN")
    lacks(shared, "\\i386\\KDCOM.DLL")
    gets(shared, "\\i386\\kdcom.dl_", "xp/i386/KDCOM.DL_")
    gets(shared, "xp/startrom.0winnt.sif", "xp/winnt.sif")


def test_two_signed_distributions_live_side_by_side(shared):
    gets(shared, "fedora/shimx64.efi", "fedora/shimx64.efi", "one")
    gets(shared, "ubuntu/shimx64.efi", "ubuntu/shimx64.efi", "two")
    for host, folder in (("one", "fedora"), ("two", "ubuntu")):
        gets(shared, "grubx64.efi", folder + "/grubx64.efi", host)
    gets(shared, "revocations.efi", "fedora/revocations.efi", "one")
    lacks(shared, "revocations.efi", "two")
    lacks(shared, "grub.cfg-01-52-54-00-12-34-56", "one")
    gets(shared, "grub.cfg", "fedora/grub.cfg", "one")
    lacks(shared, "grub/grub.cfg-01-52-54-00-12-34-56", "two")
    gets(shared, "/grub/grub.cfg", "ubuntu/grub/grub.cfg", "two")


def test_a_packaged_loader_ends_the_entry(shared):
    gets(shared, "xp/startrom.0", "xp/startrom.0")
    gets(shared, "NTLDR", "xp/NTLDR")
    out = shared.folder / "loader"
    shared.run("atftp", "--get", "-r", "pxelinux.0", "-l", out, "192.168.77.1", host="one")
    assert out.stat().st_size > 10000
    lacks(shared, "NTLDR")


def test_a_new_boot_ends_the_entry(shared):
    from lab.dhcp import DhcpClient, pxe_options
    shared.add_host("booter")
    client = DhcpClient(shared, "booter", shared.mac_of("booter"))
    address = client.lease(pxe_options()).yiaddr
    shared.run("ip", "address", "add", f"{address}/24", "dev", "eth0", host="booter")
    gets(shared, "xp/startrom.0", "xp/startrom.0", "booter")
    gets(shared, "NTLDR", "xp/NTLDR", "booter")
    assert client.discover(pxe_options()) is not None
    lacks(shared, "NTLDR", "booter")
    client.close()


@pytest.mark.parametrize("name", ["boot/fonts/WGL4_BOOT.TTF", "\\BOOT\\Fonts\\wgl4_boot.ttf", "/Boot\\fonts/wgl4_boot.ttf", "//boot//FONTS//wgl4_boot.ttf"])
def test_case_and_separators_do_not_matter(shared, name):
    gets(shared, name, "Boot/Fonts/wgl4_boot.ttf")


def test_ambiguity_is_answered_the_same_each_time_and_told_once(shared):
    for _ in range(5):
        gets(shared, "double/bCD", "Double/BCD")
    gets(shared, "double/bcd", "Double/bcd")
    events = [event for event in shared.events() if "FILE_AMBIGUOUS" in json.dumps(event)]
    assert len(events) == 1
    write(shared.root, "Double/BCd")
    gets(shared, "DOUBLE/bCD", "Double/BCD")  # another sentence: the timeline leaves out the same one for a while
    events = shared.wait("a new report", lambda: [event for event in shared.events() if "FILE_AMBIGUOUS" in json.dumps(event)][1:], 10)
    assert len(events) == 1


# ---- map files ----

def fill_for_rules(lab, root):
    for name in ("plain.txt", "lower/ntdetect.com", "a@b", "hosts/C0A84D33/x.cfg", "hosts/192.168.77.51/x.cfg", "menu with blanks",
                 "upper/winnt.SIF", "secret.pvt"):
        write(root, name)
    rules = lab.folder / "rules"
    rules.write_text(RULES)
    rules.chmod(0o644)
    return rules


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """imprint with a map file, and in.tftpd on another port with the same one where it is installed."""
    from lab import Lab
    with Lab() as lab:
        root = lab.make_folder("tftp")
        rules = fill_for_rules(lab, root)
        lab.start_imprint(lab.config_text().replace("tftp: { ", f"tftp: {{ map: {rules}, "))
        lab.add_host("one", CLIENTS["one"])
        lab.rules, lab.root, lab.original = rules, root, None
        if in_tftpd():
            lab.original = lab.start(in_tftpd(), "-L", "-4", "-u", "root", "-a", "192.168.77.1:6969", "-m", rules, "-s", root, log="in.tftpd.log")
            lab.wait("in.tftpd", lambda: fetch(lab, "plain.txt", port=6969)[0] is not None, 20)
        yield lab


# The file that tftpd-hpa ships, and what people write for Windows: rules, files, names.
OTHER_RULES = {
    "sample": (r"""
ri	^[a-z]:				# Remove "drive letters"
rg	\\		/		# Convert backslashes to slashes
rg	\#		@		# Convert hash marks to @ signs
rg	/../		/..no../	# Convert /../ to /..no../
e	^ok/				# These are always ok
r	^[^/]		/tftpboot/\0	# Convert non-absolute files
a	\.pvt$				# Reject requests for private files
""", ["tftpboot/pxelinux.0", "tftpboot/Boot/BCD", "tftpboot/a@b", "ok/x.pvt", "tftpboot/x.pvt", "x/..no../y"],
               ["pxelinux.0", "/tftpboot/pxelinux.0", "C:Boot\\BCD", "a#b", "ok/x.pvt", "x.pvt", "c:\\x\\..\\y", "\\x\\ab\\y", "nothing"]),
    "windows": (r"""
rg \\ /
ri ^/?ntldr$ ntldr
ri ^/?ntdetect\.com$ ntdetect.com
ri ^/*(winnt\.sif)$ winnt.sif
ri ^/?(xp/)?i386/(.*)$ xp/i386/\L\2
""", ["ntldr", "ntdetect.com", "winnt.sif", "xp/i386/kdcom.dl_", "xp/i386/txtsetup.sif"],
                ["NTLDR", "\\NTLDR", "NTDETECT.COM", "WINNT.SIF", "\\xp\\i386\\KDCOM.DL_", "i386\\TXTSETUP.SIF", "I386/txtsetup.sif", "BOOTFONT.BIN"]),
}


@pytest.mark.parametrize("which", OTHER_RULES)
def test_rules_that_people_have_serve_the_same_files_as_in_tftpd(which):
    from lab import Lab
    rules_text, files, names = OTHER_RULES[which]
    if in_tftpd() is None:
        pytest.skip("tftpd-hpa is neither installed nor unpacked: tools/setup test")
    with Lab() as lab:
        root = lab.make_folder("tftp")
        for name in files:
            write(root, name)
        rules = lab.folder / "rules"
        rules.write_text(rules_text)
        lab.start_imprint(lab.config_text().replace("tftp: { ", f"tftp: {{ map: {rules}, "))
        lab.add_host("one", CLIENTS["one"])
        lab.start(in_tftpd(), "-L", "-4", "-u", "root", "-a", "192.168.77.1:6969", "-m", rules, "-s", root, log="in.tftpd.log")
        lab.wait("in.tftpd", lambda: fetch(lab, names[0], port=6969)[0] is not None, 20)
        served = 0
        for name in names:
            theirs, they_said = fetch(lab, name, port=6969)
            ours, we_said = fetch(lab, name)
            assert ours == theirs, f"{name}: in.tftpd says {they_said}, we say {we_said}"
            served += ours is not None
        assert served >= len(files) - 1


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rules_serve_the_same_files_as_in_tftpd(mapped, name):
    if mapped.original is None:
        pytest.skip("tftpd-hpa is neither installed nor unpacked: tools/setup test")
    theirs, they_said = fetch(mapped, name, port=6969)
    ours, we_said = fetch(mapped, name)
    assert ours == theirs, f"{name}: in.tftpd says {they_said}, we say {we_said}"


def test_rules_rewrite_and_refuse(mapped):
    gets(mapped, "by-address/x.cfg", "hosts/C0A84D33/x.cfg")
    gets(mapped, "dotted/x.cfg", "hosts/192.168.77.51/x.cfg")
    gets(mapped, "menu", "menu with blanks")
    text, said = fetch(mapped, "what?")
    assert text is None and "Strange name" in said
    text, said = fetch(mapped, "secret.pvt")
    assert text is None and "File not found" not in said


def test_a_wrong_map_file_at_a_reload_leaves_the_rules(mapped):
    good = mapped.rules.read_text()
    mapped.rules.write_text("r ^ x\nnonsense\n")
    mapped.imprint.send_signal(signal.SIGHUP)
    mapped.wait("the complaint", lambda: "stay as they were" in mapped.log() and f"{mapped.rules}:2" in mapped.log(), 20)
    gets(mapped, "menu", "menu with blanks")
    mapped.rules.write_text(good + "r ^fresh$ plain.txt\n")
    mapped.imprint.send_signal(signal.SIGHUP)
    mapped.wait("the new rules", lambda: fetch(mapped, "fresh")[0] == "plain.txt", 20)


def test_a_wrong_map_file_at_the_start_is_an_error(tmp_path):
    from lab import Lab
    with Lab() as lab:
        lab.make_folder("tftp")
        rules = lab.folder / "rules"
        rules.write_text("r (unclosed x\n")
        process = lab.start_imprint(lab.config_text().replace("tftp: { ", f"tftp: {{ map: {rules}, "), wait=False)
        process = process or lab.imprint
        lab.wait("its end", lambda: process.poll() is not None, 30)
        assert process.returncode != 0
        assert f"{rules}:1: the regular expression is wrong" in lab.log()


def test_the_command_shows_each_step(mapped):
    answer = json.loads(mapped.cli("tftp", "map", mapped.rules, "C:\\NTDETECT.COM", "--root", mapped.root, "--json").stdout)
    assert answer["result"] == "lower/ntdetect.com" and answer["exists"] is True and answer["refused"] is False
    assert [step["line"] for step in answer["steps"] if step["step"] == "replaced"] == [3, 4, 7]
    assert "is refused with \"Strange name\"" in mapped.cli("tftp", "map", mapped.rules, "what?").stdout
    done = mapped.cli("tftp", "map", mapped.rules.parent / "nothing", "x", check=False)
    assert done.returncode == 1 and "cannot be read" in done.stderr
