# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent as a command: images reach disks whole, over bad connections too, and until all of it is there the disk cannot boot."""

import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import threading
import time
import zlib

import pytest

from lab.images import agent_program

MIB = 1024 * 1024
CHUNK = 4 * MIB
DISK, ROOT = 1, 2


@pytest.fixture(autouse=True)
def needs():
    """What is missing here is told, not skipped."""
    assert os.geteuid() == 0 and os.path.exists("/dev/loop-control"), "these tests need root and loop devices: sudo ./run check"


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, **more)


def pack(folder, content, kind=DISK, needs=None):
    """docs/protocols/image-format.md, written down a second time. `content` is a file."""
    folder.mkdir(exist_ok=True)
    content = pathlib.Path(content)
    entries, offset, size = b"", 0, content.stat().st_size
    with content.open("rb") as source, (folder / "image.zst").open("wb") as stream:
        while data := source.read(CHUNK):
            (folder / "piece").write_bytes(data)
            frame = run("zstd", "-1", "-q", "-c", folder / "piece").stdout
            stream.write(frame)
            flag = 0 if any(data) else 1 << 31
            entry = struct.pack("<QII32sI", offset, len(frame), len(data) | flag, hashlib.sha256(frame).digest(), 0)
            entries += entry + struct.pack("<I", zlib.crc32(entry))
            offset += len(frame)
    (folder / "piece").unlink()
    head = struct.pack("<8sBBHIIIQQQ96s108s", b"imprint1", kind, 3, 0, CHUNK, len(entries) // 56, 0, size, needs or size, offset, b"A test", b"")
    (folder / "image.index").write_bytes(head + struct.pack("<I", zlib.crc32(head)) + entries)
    return folder


class Server:
    """Serves a folder with ranges, and can be as bad as networks and disks are."""

    def __init__(self, folder):
        self.folder = folder
        self.cuts = []  # after so many bytes of a stream the connection breaks, one each
        self.damage = 0  # so many answers for the stream from damage_at on are damaged
        self.damage_at = 0
        self.slow = 0.0  # seconds for each MiB
        self.down = threading.Event()
        self.ranges = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/image.zst"

    def answer(self, request):
        if self.down.is_set():
            request.close_connection = True
            return
        data = (self.folder / request.path.lstrip("/")).read_bytes()
        begin = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(begin[1]) if begin else 0
        body = bytearray(data[start:])
        is_stream = request.path.endswith(".zst")
        if is_stream:
            self.ranges.append(start)
            if self.damage and start <= self.damage_at < len(data):
                self.damage -= 1
                body[self.damage_at - start] ^= 0xFF
        request.send_response(206 if begin else 200)
        if begin:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        cut = self.cuts.pop(0) if is_stream and self.cuts else None
        with contextlib.suppress(OSError):
            if cut is not None and cut < len(body):
                request.wfile.write(body[:cut])
                request.close_connection = True
                return
            for at in range(0, len(body), MIB):
                request.wfile.write(body[at:at + MIB])
                time.sleep(self.slow if is_stream else 0)
        return

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:
        def start(folder):
            server = Server(folder)
            stack.callback(server.close)
            return server
        yield start


def make_disk(path, size, filled=True):
    """A disk with something on it, so that what is not written is seen."""
    with open(path, "wb") as file:
        file.truncate(size)
        if filled:
            pattern = b"\xa5old contents\x5a" * 4096
            for at in range(0, size, MIB):
                file.seek(at)
                file.write(pattern[:min(len(pattern), size - at)])
            file.seek(510)
            file.write(b"\x55\xaa")
    return path


def start_write(server, disk):
    return subprocess.Popen([agent_program(), "write", server.url, disk, "--yes"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def write(server, disk, well=True, timeout=120):
    process = start_write(server, disk)
    said, _ = process.communicate(timeout=timeout)
    assert (process.returncode == 0) == well, said
    return said


def make_gpt(path, size, script):
    with open(path, "wb") as file:
        file.truncate(size)
    run("sfdisk", "-q", path, input=script.encode())
    with open(path, "r+b") as file:
        file.write(b"\xeb\x63boot code, that is" + b"!" * 400)
    return path


def fill(path, start, size, seed=b"x"):
    """Bytes that cannot be packed and differ everywhere."""
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(hashlib.shake_256(seed).digest(size))


def put_ext4(path, start, size, files):
    """An ext4 with these files at that place of the image."""
    part = path.with_suffix(".part")
    folder = path.with_suffix(".files")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with part.open("wb") as file:
        file.truncate(size)
    run("mkfs.ext4", "-Fq", "-d", folder, part)
    run("dd", f"if={part}", f"of={path}", "bs=1M", f"seek={start}", "oflag=seek_bytes", "conv=notrunc,sparse")
    part.unlink()


def table_of(path):
    return json.loads(run("sfdisk", "--json", path).stdout)["partitiontable"]


def take(path, start, size, out):
    run("dd", f"if={path}", f"of={out}", "bs=1M", "iflag=skip_bytes,count_bytes", f"skip={start}", f"count={size}")
    return out


def is_unbootable(path):
    data = pathlib.Path(path).read_bytes()
    return not any(data[:32 * 1024]) and not any(data[-MIB:])


PLAIN = "label: gpt\nstart=2048,size=8192,type=U,name=a\nstart=10240,type=linux,name=b\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """An image of 48 MiB with two partitions that hold noise and a long run of zeros."""
    folder = tmp_path_factory.mktemp("plain")
    image = make_gpt(folder / "image.raw", 48 * MIB, PLAIN)
    fill(image, MIB, 20 * MIB)
    fill(image, 40 * MIB, 8 * MIB - 33 * 512, b"y")
    return image, pack(folder / "packed", image)


def test_an_image_reaches_a_disk_of_its_size_byte_for_byte(plain, serve, tmp_path):
    image, packed = plain
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    write(serve(packed), disk)
    assert disk.read_bytes() == image.read_bytes()


def test_on_a_larger_disk_the_backup_of_the_table_moves_and_the_rest_stays(plain, serve, tmp_path):
    image, packed = plain
    disk = make_disk(tmp_path / "disk", 80 * MIB + 512)
    write(serve(packed), disk)
    got, wanted = disk.read_bytes(), image.read_bytes()
    assert got[:440] == wanted[:440] and got[MIB:48 * MIB - 33 * 512] == wanted[MIB:48 * MIB - 33 * 512]
    assert table_of(disk)["partitions"][1]["size"] == table_of(image)["partitions"][1]["size"], "noise is no file system"
    assert b"No errors" in run("sfdisk", "--verify", disk).stdout
    assert b"old contents" not in got[48 * MIB - 33 * 512:48 * MIB]


def test_broken_connections_are_picked_up_where_they_broke(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    server.cuts = [0, 100, 5 * MIB, 9 * MIB + 1]
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    write(server, disk)
    assert disk.read_bytes() == image.read_bytes()
    assert len(server.ranges) == 5 and server.ranges[-1] > 8 * MIB, server.ranges


def test_a_server_that_is_away_for_a_while_is_waited_for(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    server.cuts = [3 * MIB]
    server.slow = 0.05
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    process = start_write(server, disk)
    while not server.ranges:
        time.sleep(0.05)
    server.down.set()
    time.sleep(5)
    assert process.poll() is None and is_unbootable(disk)
    server.down.clear()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "NETWORK_LOST" in said
    assert disk.read_bytes() == image.read_bytes()


def test_a_damaged_chunk_is_fetched_again(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    server.damage, server.damage_at = 2, 6 * MIB
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    said = write(server, disk)
    assert disk.read_bytes() == image.read_bytes()
    assert "damaged" in said and len(server.ranges) == 3, (said, server.ranges)


def test_a_chunk_that_is_always_damaged_is_never_written_and_the_disk_cannot_boot(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    server.damage, server.damage_at = 1000, 6 * MIB
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    said = write(server, disk, well=False)
    assert "chunk 1 of the image came damaged 5 times" in said
    assert is_unbootable(disk)
    second = slice(CHUNK, 2 * CHUNK)
    assert disk.read_bytes()[second] != image.read_bytes()[second]
    assert b"old contents" in disk.read_bytes()[second]


def test_killed_in_the_middle_the_disk_cannot_boot_and_the_next_try_succeeds(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    server.slow = 0.1
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    process = start_write(server, disk)
    deadline = time.monotonic() + 60
    while disk.read_bytes()[5 * MIB:6 * MIB] != image.read_bytes()[5 * MIB:6 * MIB]:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert is_unbootable(disk)
    server.slow = 0
    write(server, disk)
    assert disk.read_bytes() == image.read_bytes()


def test_a_disk_that_is_too_small_is_not_touched(plain, serve, tmp_path):
    _, packed = plain
    disk = make_disk(tmp_path / "disk", 47 * MIB)
    before = disk.read_bytes()
    said = write(serve(packed), disk, well=False)
    assert "needs a disk of 51 MB" in said and "nothing was erased" in said
    assert disk.read_bytes() == before


def test_a_damaged_index_is_refused_before_anything_is_erased(plain, serve, tmp_path):
    _, packed = plain
    folder = tmp_path / "packed"
    folder.mkdir()
    index = bytearray((packed / "image.index").read_bytes())
    index[256 + 56 + 20] ^= 1  # in the second chunk's check sum
    (folder / "image.index").write_bytes(index)
    (folder / "image.zst").write_bytes((packed / "image.zst").read_bytes())
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    before = disk.read_bytes()
    assert "damaged" in write(serve(folder), disk, well=False)
    assert disk.read_bytes() == before


@contextlib.contextmanager
def loop_device(path, *options):
    device = run("losetup", "-P", "-f", "--show", *options, path).stdout.decode().strip()
    try:
        yield device
    finally:
        run("losetup", "-d", device)


def test_a_disk_with_large_sectors_is_refused_and_not_touched(plain, serve, tmp_path):
    _, packed = plain
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    before = disk.read_bytes()
    with loop_device(disk, "-b", "4096") as device:
        assert "sectors of 4096 bytes" in write(serve(packed), device, well=False)
    assert disk.read_bytes() == before


def test_a_disk_in_use_is_refused_and_not_touched(plain, serve, tmp_path):
    _, packed = plain
    disk = make_disk(tmp_path / "disk", 48 * MIB, filled=False)
    run("mkfs.ext4", "-Fq", disk)
    folder = tmp_path / "mounted"
    folder.mkdir()
    with loop_device(disk) as device:
        run("mount", device, folder)
        try:
            (folder / "precious").write_text("still here")
            assert "in use" in write(serve(packed), device, well=False)
            assert (folder / "precious").read_text() == "still here"
        finally:
            run("umount", folder)


SYSTEM = {"etc/os-release": 'PRETTY_NAME="A system"\n', "home/note": "hello\n"}


def check_grown(disk, part, tmp_path):
    out = take(disk, part["start"] * 512, part["size"] * 512, tmp_path / "part.out")
    run("e2fsck", "-fn", out)
    head = run("dumpe2fs", "-h", out).stdout.decode()
    blocks = int(re.search(r"Block count:\s+(\d+)", head)[1]) * int(re.search(r"Block size:\s+(\d+)", head)[1])
    assert blocks > part["size"] * 512 - MIB, "the file system fills its partition"
    assert run("debugfs", "-R", "cat /home/note", out).stdout == b"hello\n"


def test_the_last_partition_and_its_file_system_grow_on_an_mbr_disk(serve, tmp_path):
    image = make_gpt(tmp_path / "image.raw", 64 * MIB, "label: dos\nlabel-id: 0x12345678\nstart=2048,type=83,bootable\n")
    put_ext4(image, MIB, 63 * MIB, SYSTEM)
    boot_code = b"\xeb\x63mbr boot code"
    with image.open("r+b") as file:
        file.write(boot_code)
    disk = make_disk(tmp_path / "disk", 200 * MIB)
    write(serve(pack(tmp_path / "packed", image)), disk)
    table = table_of(disk)
    assert table["id"] == "0x12345678" and disk.read_bytes()[:len(boot_code)] == boot_code
    part, = table["partitions"]
    assert part["start"] == 2048 and part["size"] >= 198 * MIB / 512 and part["bootable"]
    check_grown(disk, part, tmp_path)


def test_last_means_last_on_the_disk_and_not_in_the_table(serve, tmp_path):
    """As cloud images are: the root is partition 1 and lies behind 14 and 15."""
    script = "label: gpt\n1: start=32768,type=linux\n14: start=2048,size=6144,type=21686148-6449-6E6F-744E-656564454649\n15: start=8192,size=24576,type=U\n"
    image = make_gpt(tmp_path / "image.raw", 64 * MIB, script)
    before = {part["node"].removeprefix(str(image)): part for part in table_of(image)["partitions"]}
    put_ext4(image, 16 * MIB, before["1"]["size"] * 512, SYSTEM)
    disk = make_disk(tmp_path / "disk", 300 * MIB)
    write(serve(pack(tmp_path / "packed", image)), disk)
    assert b"No errors" in run("sfdisk", "--verify", disk).stdout
    after = {part["node"].removeprefix(str(disk)): part for part in table_of(disk)["partitions"]}
    assert {name: part["uuid"] for name, part in after.items()} == {name: part["uuid"] for name, part in before.items()}
    assert after["15"]["size"] == 24576 and after["1"]["start"] == 32768
    assert after["1"]["size"] > 280 * MIB / 512
    check_grown(disk, after["1"], tmp_path)


def test_an_old_image_whose_partition_begins_at_sector_63_is_written_whole(serve, tmp_path):
    image = make_gpt(tmp_path / "image.raw", 20 * MIB + 63 * 512, "label: dos\nstart=63,type=7\n")
    fill(image, 63 * 512, 20 * MIB)
    disk = make_disk(tmp_path / "disk", 32 * MIB)
    write(serve(pack(tmp_path / "packed", image)), disk)
    assert disk.read_bytes()[:20 * MIB + 63 * 512] == image.read_bytes()


def test_a_file_system_without_any_table_is_written_whole(serve, tmp_path):
    image = tmp_path / "image.raw"
    with image.open("wb") as file:
        file.truncate(30 * MIB)
    run("mkfs.ext4", "-Fq", image)
    disk = make_disk(tmp_path / "disk", 32 * MIB)
    write(serve(pack(tmp_path / "packed", image)), disk)
    assert disk.read_bytes()[:30 * MIB] == image.read_bytes()


def make_root(tmp_path, megabytes=20):
    """A root file system as a tar: busybox, and a GRUB of three lines that says what it was asked to do."""
    root = tmp_path / "root"
    for name in ("bin", "etc", "usr/lib/grub/i386-pc", "usr/sbin", "dev", "proc", "sys", "run", "tmp", "boot/grub", "data"):
        (root / name).mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nPRETTY_NAME="A system"\n')
    (root / "etc/fstab").write_text("# UNCONFIGURED FSTAB\n")
    (root / "data/noise").write_bytes(os.urandom(megabytes * MIB))
    (root / "data/zeros").write_bytes(bytes(9 * MIB))
    os.chown(root / "data/noise", 12345, 54321)
    os.setxattr(root / "data/noise", "user.kept", b"yes")
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for library in re.findall(r"/\S+", run("ldd", "/bin/busybox").stdout.decode()):
        (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library[1:])
    (root / "bin/sh").symlink_to("busybox")
    for name, text in {"grub-install": 'echo "$@" > /boot/grub/asked; for last; do :; done; printf BOOTCODE | busybox dd of="$last" conv=notrunc',
                       "update-grub": "echo made > /boot/grub/grub.cfg", "grub-probe": "exit 1"}.items():
        program = root / "usr/sbin" / name
        program.write_text(f"#!/bin/busybox sh\n{text}\n")
        program.chmod(0o755)
    tar = tmp_path / "root.tar"
    run("tar", "-C", root, "--xattrs", "--numeric-owner", "-cf", tar, ".")
    return root, tar


def test_a_root_file_system_becomes_a_disk_that_bios_can_start(serve, tmp_path):
    root, tar = make_root(tmp_path)
    disk = make_disk(tmp_path / "disk", 200 * MIB)
    write(serve(pack(tmp_path / "packed", tar, ROOT, 150 * MIB)), disk)
    table = table_of(disk)
    part, = table["partitions"]
    assert table["label"] == "dos" and part["bootable"] and part["start"] == 2048
    assert disk.read_bytes()[:8] == b"BOOTCODE"
    folder = tmp_path / "mounted"
    folder.mkdir()
    with loop_device(take(disk, MIB, part["size"] * 512, tmp_path / "part")) as device:
        run("e2fsck", "-fn", device)
        uuid = run("blkid", "-p", "-s", "UUID", "-o", "value", device).stdout.decode().strip()
        run("mount", "-o", "ro", device, folder)
        try:
            assert (folder / "etc/fstab").read_text().splitlines()[1:] == [f"UUID={uuid} / ext4 errors=remount-ro 0 1"]
            assert (folder / "data/noise").read_bytes() == (root / "data/noise").read_bytes()
            assert (folder / "data/zeros").stat().st_size == 9 * MIB
            assert (folder / "data/noise").stat().st_uid == 12345 and (folder / "data/noise").stat().st_gid == 54321
            assert os.getxattr(folder / "data/noise", "user.kept") == b"yes"
            assert (folder / "boot/grub/asked").read_text().startswith("--target=i386-pc")
        finally:
            run("umount", folder)


def test_files_that_do_not_fit_say_so(serve, tmp_path):
    _, tar = make_root(tmp_path, 60)
    disk = make_disk(tmp_path / "disk", 60 * MIB)
    said = write(serve(pack(tmp_path / "packed", tar, ROOT, 50 * MIB)), disk, well=False)
    assert "do not fit" in said
    assert not any(disk.read_bytes()[:MIB]), "neither table nor boot code"


def seal(server, disk):
    return run(agent_program(), "seal", server.url, disk)


def checksum_of(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def test_sealing_by_a_later_agent_repeated_changes_nothing(plain, serve, tmp_path):
    """A grown disk, one of the image's size and one without any table: what is sealed stays as it is, down to the last bit."""
    grown = make_gpt(tmp_path / "grown.raw", 64 * MIB, "label: gpt\nstart=2048,type=linux\n")
    put_ext4(grown, MIB, 62 * MIB, SYSTEM)
    bare = tmp_path / "bare.raw"
    with bare.open("wb") as file:
        file.truncate(30 * MIB)
    run("mkfs.ext4", "-Fq", bare)
    for number, packed in enumerate((plain[1], pack(tmp_path / "grown", grown), pack(tmp_path / "bare", bare))):
        server = serve(packed)
        disk = make_disk(tmp_path / f"disk{number}", 100 * MIB)
        write(server, disk)
        before = checksum_of(disk)
        for _ in range(3):
            seal(server, disk)
            assert checksum_of(disk) == before, f"disk {number}"


def test_what_the_new_system_made_of_its_disk_is_not_sealed_over(plain, serve, tmp_path):
    """The last report was lost, the system ran for a while and changed table and superblock; then the agent comes again."""
    bare = tmp_path / "bare.raw"
    with bare.open("wb") as file:
        file.truncate(30 * MIB)
    run("mkfs.ext4", "-Fq", bare)
    for number, packed in enumerate((plain[1], pack(tmp_path / "bare", bare))):
        server = serve(packed)
        disk = make_disk(tmp_path / f"disk{number}", 64 * MIB)
        write(server, disk)
        if number == 0:
            run("sfdisk", "-q", "--delete", disk, "2")
        else:
            run("tune2fs", "-L", "mine", disk)
        before = checksum_of(disk)
        seal(server, disk)
        assert checksum_of(disk) == before


def test_a_sealing_that_was_cut_off_is_taken_up(plain, serve, tmp_path):
    image, packed = plain
    server = serve(packed)
    disk = make_disk(tmp_path / "disk", 80 * MIB)
    write(server, disk)
    whole = disk.read_bytes()
    for first, last in ((0, 512), (0, 1024), (0, 4096), (512, MIB), (0, MIB)):
        with disk.open("r+b") as file:
            file.seek(first)
            file.write(bytes(last - first))
            if first == 0 and last == MIB:
                file.seek(-MIB, os.SEEK_END)
                file.write(bytes(MIB))
            elif first != 0:  # the first sector comes last: without the others it is not there, either
                file.seek(0)
                file.write(bytes(512))
        seal(server, disk)
        assert disk.read_bytes() == whole, (first, last)


def has_table(data):
    """Anything that any firmware could start from: a boot sector, a table, the table's backup."""
    return any(data[:512]) or data[512:520] == b"EFI PART" or data[-512:-504] == b"EFI PART"


def is_there(disk, wanted, at):
    with open(disk, "rb") as file:
        file.seek(at, os.SEEK_END)
        return file.read(64) == wanted[at:][:64]


def test_killed_at_any_moment_the_disk_is_whole_or_cannot_boot(plain, serve, tmp_path):
    image, packed = plain
    wanted = image.read_bytes()
    server = serve(packed)
    disk = make_disk(tmp_path / "disk", 48 * MIB)
    begun = time.monotonic()
    write(server, disk)
    lasts = time.monotonic() - begun
    dice = random.Random(os.environ.get("IMPRINT_SEED", 7))
    deadline = time.monotonic() + 40
    ends = {"whole": 0, "half": 0, "untouched": 0}
    for number in range(60):
        if time.monotonic() > deadline:
            break
        make_disk(disk, 48 * MIB)
        process = start_write(server, disk)
        if number % 3 == 0:
            time.sleep(lasts * dice.uniform(0, 1))
        else:  # around the moment at which it becomes bootable
            while process.poll() is None and not is_there(disk, wanted, -33 * 512 - 64):
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.4 if number % 3 == 1 else 0.1))
        process.kill()
        process.communicate()
        data = disk.read_bytes()
        if data[:4] == b"\xa5old":
            ends["untouched"] += 1  # killed before the erasing
        elif has_table(data):
            assert data[MIB:-33 * 512] == wanted[MIB:-33 * 512], "it can boot, so all of it must be there"
            ends["whole"] += 1
            seal(server, disk)
            assert disk.read_bytes() == wanted
        else:
            ends["half"] += 1
            if ends["half"] % 8 == 1:
                write(server, disk)
                assert disk.read_bytes() == wanted
    assert ends["whole"] and ends["half"], ends
