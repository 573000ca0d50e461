# SPDX-License-Identifier: GPL-3.0-or-later
"""Media in the true layout of each family (names, .treeinfo, .disk/info, volume ids; small payloads), made with xorriso, are recognised, and a machine is
told to boot them by what their makers document."""

import subprocess

import pytest

SERVER = "http://192.168.77.1"
PXEBOOT = ["images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"]
KIWI = ["boot/x86_64/loader/linux", "boot/x86_64/loader/initrd", "LiveOS/squashfs.img"]
LIVE = ["live/vmlinuz", "live/initrd.img", "live/filesystem.squashfs"]
CASPER = ["casper/vmlinuz", "casper/initrd"]
TREEINFO = "[general]\nfamily = {}\nversion = {}\n"

# name: volume, files (a list, or a mapping of some to their text), family, grade, a part of the kernel arguments
MEDIA = {
    "rocky-9": ("Rocky-9-4-x86_64-dvd", [*PXEBOOT, "images/install.img", "BaseOS/repodata/repomd.xml", "AppStream/repodata/repomd.xml"],
                {".treeinfo": TREEINFO.format("Rocky Linux", "9.4")}, "redhat", "unattended", "inst.repo={url}"),
    "alma-10": ("AlmaLinux-10-0-x86_64-dvd", [*PXEBOOT, "images/install.img", "BaseOS/repodata/repomd.xml"],
                {".treeinfo": TREEINFO.format("AlmaLinux", "10.0")}, "redhat", "unattended", "inst.repo={url}"),
    "centos-7": ("CentOS 7 x86_64", [*PXEBOOT, "LiveOS/squashfs.img", "images/install.img", "repodata/repomd.xml"],
                 {".treeinfo": TREEINFO.format("CentOS", "7")}, "redhat", "unattended", "inst.repo={url}"),
    "centos-6": ("CentOS_6.10_Final", [*PXEBOOT, "images/install.img", "repodata/repomd.xml"],
                 {".treeinfo": TREEINFO.format("CentOS", "6.10")}, "centos-old", "unattended", "method={url}"),
    "centos-5": ("CentOS_5.11_Final", [*PXEBOOT, "images/stage2.img", "repodata/repomd.xml"],
                 {".treeinfo": TREEINFO.format("CentOS", "5.11")}, "centos-old", "unattended", "method={url}"),
    "fedora-41-server": ("Fedora-S-dvd-x86_64-41", [*PXEBOOT, "images/install.img", "repodata/repomd.xml"],
                         {".treeinfo": TREEINFO.format("Fedora", "41")}, "redhat", "unattended", "inst.repo={url}"),
    "fedora-40-live": ("Fedora-WS-Live-40-1-14", [*PXEBOOT, "LiveOS/squashfs.img"], {}, "redhat", "live",
                       "root=live:{url}/LiveOS/squashfs.img"),
    "fedora-41-live": ("Fedora-WS-Live-41", [*KIWI, "boot/grub2/grub.cfg"], {}, "redhat", "live", "root=live:{url}/LiveOS/squashfs.img"),
    "leap-15": ("openSUSE-Leap-15.6-DVD-x86_64710", ["boot/x86_64/loader/linux", "boot/x86_64/loader/initrd", "boot/x86_64/root"], {},
                "suse", "unattended", "install={url}"),
    "leap-15-live": ("openSUSE_Leap_15.6_KDE_Live", KIWI, {}, "suse", "live", "root=live:{url}/LiveOS/squashfs.img"),
    "leap-16": ("Install-LEAP_16.0-x86_64", KIWI, {}, "suse-agama", "unattended", "root=live:{url}/LiveOS/squashfs.img"),
    "ubuntu-24": ("Ubuntu-Server 24.04.1 LTS amd64", CASPER, {".disk/info": 'Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (20240827)'},
                  "ubuntu", "unattended", "url={url}/medium.iso"),
    "mint-22": ("Linux Mint 22 Cinnamon 64-bit", ["casper/vmlinuz", "casper/initrd.lz"],
                {".disk/info": 'Linux Mint 22 "Wilma" - Release amd64 20240722'}, "ubuntu", "live", "url={url}/medium.iso"),
    "ubuntu-16": ("Ubuntu-Server 16.04.7 LTS amd64", ["install/vmlinuz", "install/netboot/ubuntu-installer/amd64/linux",
                                                      "install/netboot/ubuntu-installer/amd64/initrd.gz"],
                  {".disk/info": 'Ubuntu-Server 16.04.7 LTS "Xenial Xerus" - Release amd64 (20200810)'}, "debian-installer", "unattended", ""),
    "debian-live-12": ("d-live 12.5.0 gn amd64", LIVE, {".disk/info": "Official Debian GNU/Linux Live 12.5.0 gnome"}, "debian-live", "live",
                       "fetch={url}/live/filesystem.squashfs"),
    "clonezilla": ("3.1.3-16-amd64", [*LIVE, "Clonezilla-Live-Version"], {}, "debian-live", "live", "fetch={url}/live/filesystem.squashfs"),
    "gparted": ("GParted-live", [*LIVE, "GParted-Live-Version"], {}, "debian-live", "live", "fetch={url}/live/filesystem.squashfs"),
    "alpine-3": ("alpine-std 3.20.2 x86_64", ["boot/vmlinuz-lts", "boot/initramfs-lts", "boot/modloop-lts", "apks/x86_64/APKINDEX.tar.gz"],
                 {".alpine-release": "alpine-3.20.2"}, "alpine", "live", "modloop={url}/boot/modloop-lts"),
    "arch": ("ARCH_202408", ["arch/boot/x86_64/vmlinuz-linux", "arch/boot/x86_64/initramfs-linux.img", "arch/x86_64/airootfs.sfs"], {},
             "arch", "live", "archiso_http_srv={url}/"),
    "systemrescue-11": ("RESCUE1102", ["sysresccd/boot/x86_64/vmlinuz", "sysresccd/boot/x86_64/sysresccd.img",
                                       "sysresccd/x86_64/airootfs.sfs"], {}, "arch", "live", "archiso_http_srv={url}/"),
    "systemrescuecd-5": ("sysrcd-5.3.2", ["isolinux/rescue64", "isolinux/initram.igz", "sysrcd.dat"], {}, "arch", "live",
                         "netboot={url}/sysrcd.dat"),
    "coreos-40": ("fedora-coreos-40.20240728.3.0", [*PXEBOOT, "images/pxeboot/rootfs.img"], {}, "coreos", "live",
                  "coreos.live.rootfs_url={url}/images/pxeboot/rootfs.img"),
    "talos-1": ("TALOS_V1_7_5", ["boot/vmlinuz", "boot/initramfs.xz"], {}, "talos", "unattended", "talos.platform=metal"),
    "proxmox-8": ("PVE", ["boot/linux26", "boot/initrd.img", "pve-base.squashfs", "pve-installer.squashfs", "proxmox/packages/x.deb"],
                  {".cd-info": "PRODUCT='pve'\n"}, "proxmox", "installs", "ramdisk_size=16777216"),
    "nixos-24": ("nixos-minimal-24.05-x86_64", ["boot/bzImage", "boot/initrd", "nix-store.squashfs"], {}, "nixos", "whole", ""),
    "esxi-8": ("ESXI-8.0U3-24022510-STANDARD", ["boot.cfg", "mboot.c32", "b.b00", "jumpstrt.gz", "efi/boot/bootx64.efi"], {},
               "vmware-esxi", "whole", ""),
    "freebsd-14": ("14_1_RELEASE_AMD64_CD", ["boot/kernel/kernel", "boot/loader.conf", "boot/cdboot"], {}, "freebsd", "whole", ""),
    "freedos": ("FD13-LiveCD", ["FreeDOS/setup.bat"], {}, "disk-in-memory", "whole", ""),
}


@pytest.fixture(scope="module")
def shared():
    from lab import Lab
    with Lab() as lab:
        lab.start_imprint()
        lab.add_host("machine", "192.168.77.60")
        lab.cli("machine", "add", "pc", "--mac", lab.mac_of("machine"))
        yield lab


def make_medium(lab, name, volume, paths, texts):
    tree = lab.make_folder(f"tree-{name}")
    for path in [*paths, *texts]:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(texts.get(path, path))
    target = lab.folder / f"{name}.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", volume, "-o", target, tree], check=True, capture_output=True)
    return target


@pytest.mark.parametrize("name", MEDIA)
def test_the_media_of_a_family_are_recognised(shared, name):
    volume, paths, texts, family, grade, argument = MEDIA[name]
    shared.cli("image", "add", make_medium(shared, name, volume, paths, texts), name)
    image = shared.cli_json("image", "show", name)
    assert image["family"] == family
    assert image.get("grade", "") == grade
    shared.cli("profile", "add", name, "--image", name)
    shared.cli("deploy", "pc", "--profile", name)
    said = shared.run("curl", "-sS", "--fail", f"{SERVER}/machine.ipxe?mac={shared.mac_of('machine')}&platform=pcbios", host="machine").stdout
    assert argument.format(url=f"{SERVER}/images/{name}") in said
    assert f"{SERVER}/images/{name}/" in said
    if name == "proxmox-8":
        head = f"{SERVER}/images/{name}/medium.iso%3Aproxmox.iso"
        assert f"initrd --name initrd {head} || goto failed\ninitrd --name initrd1 {SERVER}/images/{name}/medium.iso || goto" in said
        size = (shared.folder / f"{name}.iso").stat().st_size
        assert shared.run("curl", "-sS", "--fail", "-r", "0-120", head, host="machine").stdout[54:121] == f"{size:08x}" + "0" * 32 + "00000f92" + "0" * 8 + "proxmox.iso"
    shared.cli("order", "cancel", str(shared.cli_json("order", "list")[-1]["id"]))
