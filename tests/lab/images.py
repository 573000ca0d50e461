# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent and the systems that deploying tests write to disks: made once by imprint itself, kept, and added to every lab.

They are kept below $IMPRINT_CACHE (build-check/images if that is not set), each named after a hash of what it is made from, so
that a new agent program or another list of packages makes it anew. `python3 -m lab.images` (in tests/) makes all of them.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from .network import ROOT, Lab, LabError, imprint_binary

AGENT = "agent"             # the image that by-agent orders boot
SYSTEM = "debian-12-cloud"  # a root file system with the kernel for virtual machines: the smallest real Debian
FULL_SYSTEM = "debian-12"   # the same with the kernel for all machines


def agent_program():
    """The agent's program: $IMPRINT_AGENT, or what stands beside the program under test."""
    named = os.environ.get("IMPRINT_AGENT")
    found = pathlib.Path(named) if named else imprint_binary().parent / "agent" / "imprint-agent"
    if not found.exists():
        raise LabError(f"there is no {found}; ./run build makes it, and IMPRINT_AGENT may name another one")
    return found.resolve()


def maker():
    """The program that makes images: the hardened one, since a sanitized one would take its time."""
    return pathlib.Path(os.environ.get("IMPRINT_HARDENED", imprint_binary())).resolve()


def cache():
    """Where made images are kept."""
    folder = pathlib.Path(os.environ.get("IMPRINT_CACHE", ROOT / "build-check" / "images"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hash_of(*paths):
    """A short hash over files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(pathlib.Path(path).read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def locked(name):
    """Only one process makes an image; the others wait for it."""
    with open(cache() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept(name, key, make):
    """The folder of the image `name` for that key; make(lab, folder) fills it the first time."""
    folder = cache() / f"{name}-{key}"
    if folder.is_dir():
        return folder
    with locked(name):
        if folder.is_dir():
            return folder
        for old in cache().glob(f"{name}-????????????????"):
            shutil.rmtree(old)
        begun = time.monotonic()
        print(f"making {name} (once; kept in {folder})", file=sys.stderr, flush=True)
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        with Lab(network="192.168.78") as lab:
            lab.start_imprint()
            make(lab, half)
        half.rename(folder)
        print(f"made {name} in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return folder


def build(lab, folder, image, words, show):
    """Lets imprint make an image in that lab, line by line to `show`, and takes its files."""
    environment = dict(os.environ, IMPRINT_AGENT=str(agent_program()))
    told = []
    # Outside of the lab's namespace, where Debian's archive can be reached; the daemon's socket is a file.
    with subprocess.Popen([maker(), *words, "--socket", lab.folder / "control.sock"], env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for line in process.stdout:
            told.append(line.rstrip())
            if show:
                show(told[-1])
    if process.returncode != 0:
        raise LabError(f"imprint {' '.join(words)}: exit {process.returncode}\n" + "\n".join(told[-60:]) + f"\n{lab.log()[-3000:]}")
    shutil.copytree(lab.folder / "state" / "images" / image, folder, dirs_exist_ok=True)


def agent_folder(full=False, show=None):
    """The agent's kernel and initramfs, as a folder; `full` with every driver instead of those of virtual machines."""
    words = ["agent", "build"] + ([] if full else ["--cloud"])
    key = hash_of(agent_program(), *sorted((ROOT / "src" / "fleet").glob("*agent*.c")), *sorted((ROOT / "src" / "fleet").glob("initramfs*.c")))
    return kept("agent-full" if full else "agent-cloud", key, lambda lab, folder: build(lab, folder, AGENT, words, show))


def system_folder(name=SYSTEM, show=None):
    """A packed Debian."""
    key = hash_of(*sorted((ROOT / "os").glob("debian*/family.yaml")), *sorted((ROOT / "src" / "fleet").glob("system_build*.c")))
    return kept(name, key, lambda lab, folder: build(lab, folder, name, ["image", "build", name], show))


def add_agent(lab, full=False):
    """Gives a lab's daemon the agent."""
    lab.cli("image", "add", AGENT, agent_folder(full), timeout=300)


def add_system(lab, name=SYSTEM):
    """Gives a lab's daemon a Debian to deploy."""
    lab.cli("image", "add", name, system_folder(name), timeout=300)


def main():
    """Makes what is missing, so that no test has to wait for it."""
    agent_folder()
    system_folder()


if __name__ == "__main__":
    main()
