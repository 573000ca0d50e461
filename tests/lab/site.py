# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests and the demonstration put into a lab's imprint: Debian's installer as an image, and a profile with a preseed file;
and a Debian that is written to disks, with a profile that makes it a machine's own."""

from . import images

INSTALLER = "/usr/lib/debian-installer/images/12/amd64/text"

PRESEED = """\
# The answer file of {{hostname}}, made for it alone.
d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/choose_interface select auto
d-i netcfg/get_hostname string {{hostname}}
{{#domain}}
d-i netcfg/get_domain string {{domain}}
{{/domain}}
d-i mirror/country string manual
d-i mirror/http/hostname string {{server}}
d-i mirror/http/directory string /debian
"""


SHIM = "/usr/lib/shim/shimx64.efi.signed"
GRUB_NET = "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"  # has tftp built in
GRUB_CD = "/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed"  # has not


def make_medium(lab, grub=None):
    """Debian's installer as an ISO image; with `grub`, with a shim of its own that starts that."""
    path = lab.folder / "installer.iso"
    own = [f"/EFI/BOOT/BOOTX64.EFI={SHIM}", f"/EFI/BOOT/grubx64.efi={grub}"] if grub else []
    lab.run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", "INSTALLER", "-o", path, "-graft-points", f"/={INSTALLER}", *own)
    return path


def add_installer(lab, profile="installer", arguments="console=ttyS0,115200n8 DEBIAN_FRONTEND=text", is_medium=False, grub=None):
    """Imports Debian's installer, as a folder or as an ISO image (with `grub`: make_medium), and makes a profile of it."""
    path = lab.folder / "preseed.cfg"
    path.write_text(PRESEED)
    lab.cli("image", "add", "debian-12", make_medium(lab, grub) if is_medium else INSTALLER)
    lab.cli("profile", "add", profile, "--image", "debian-12", "--arguments", arguments, "--answer-file", path)


def start_other_dhcp(lab, *words):
    """dnsmasq as the site's own DHCP server, at .2, in a host of its own."""
    lab.add_host("other", f"{lab.network}.2")
    return lab.start("dnsmasq", "--keep-in-foreground", "--pid-file=", "--no-resolv", "--no-hosts", "--port=0", "--interface=eth0",
                     "--bind-interfaces", "--conf-file=/dev/null", f"--dhcp-leasefile={lab.folder}/dnsmasq.leases", "--no-ping",
                     f"--dhcp-range={lab.network}.30,{lab.network}.60,10m", f"--dhcp-option=3,{lab.network}.1",
                     f"--dhcp-option=6,{lab.network}.1", "--domain=example.test", *words, host="other", log="dnsmasq.log")


PASSWORD = "correct horse battery"
CONSOLE = "console=tty0 console=ttyS0,115200n8"


def make_secrets(lab):
    """A key pair and a password's hash, as files in the lab's folder: (private key, public key, hash file)."""
    key, hashed = lab.folder / "id", lab.folder / "root.hash"
    if not key.exists():
        lab.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody@desk", "-f", key)
        hashed.write_text(lab.run("openssl", "passwd", "-6", "-stdin", input=PASSWORD + "\n").stdout)
        hashed.chmod(0o600)
    return key, lab.folder / "id.pub", hashed


def add_station(lab, profile="web", image=images.SYSTEM, hostname="station{{address.last_octet}}", words=()):
    """A profile that makes a machine of an image: host name by its address, root with a key and a password."""
    _, public, hashed = make_secrets(lab)
    lab.cli("profile", "add", profile, "--image", image, "--hostname", hostname, "--ssh-key", f"@{public}",
            "--root-password-hash-file", hashed, "--arguments", CONSOLE, *words)


def ssh(lab, address, *words, seconds=120):
    """Runs a command as root on a machine with the key of make_secrets(); waits until it lets us in."""
    key = make_secrets(lab)[0]
    options = ["-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
               "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR", "-F", "none"]
    done = None

    def answered():
        nonlocal done
        done = lab.run("ssh", *options, f"root@{address}", *words, check=False)
        return done.returncode != 255
    lab.wait(f"ssh to root@{address}", answered, seconds, 2)
    return done.stdout.strip()
