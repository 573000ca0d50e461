// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/lint_rules.h"

#include "base/text.h"

#define HASHED "*=$*|*=!|*=!!|*=*{{*"

static const struct lint_bad BAD[] = {
    {LINT_KICKSTART, LINT_PASSWORD_PLAIN, "rootpw=?*", "*--iscrypted*|rootpw=--lock"},
    {LINT_KICKSTART, LINT_PASSWORD_PLAIN, "user=*--password*|bootloader=*--password*", "*--iscrypted*"},
    {LINT_KICKSTART, LINT_PASSWORD_WEAK,
     "auth=*--enablemd5*|authconfig=*--enablemd5*|rootpw=*$1$*|user=*$1$*", NULL},
    {LINT_KICKSTART, LINT_NETWORK_ASKS, "network=*--bootproto=query*|network=*--bootproto query*", NULL},
    {LINT_KICKSTART, LINT_INTERACTIVE, "interactive=*|autostep=*", NULL},
    {LINT_KICKSTART, LINT_REPOSITORY_LOCAL,
     "repo=*baseurl=file:*|repo=*baseurl file:*|%post/*=*baseurl=file:*|%post/*=*file:///mnt*", NULL},
    {LINT_KICKSTART, LINT_KICKSTART_END, "%open=*", NULL},
    {LINT_KICKSTART, LINT_KICKSTART_GONE,
     "auth=*|authconfig=*|key=*|install=*|upgrade=*|langsupport=*|mouse=*|lilo=*|lilocheck=*|monitor=*|"
     "device=*|"
     "deviceprobe=*|dmraid=*|multipath=*",
     NULL},
    {LINT_PRESEED, LINT_PRESEED_MALFORMED, "%malformed=*", NULL},
    {LINT_PRESEED, LINT_PASSWORD_PLAIN,
     "passwd/root-password=?*|passwd/root-password-again=?*|passwd/user-password=?*|passwd/"
     "user-password-again=?*|"
     "grub-installer/password=?*",
     NULL},
    {LINT_PRESEED, LINT_PASSWORD_WEAK, "passwd/*-crypted=$1$*|passwd/*-crypted=??????????????",
     "*=$6*|*=$y*"},
    {LINT_PRESEED, LINT_INTERACTIVE, "debconf/priority=low|debconf/priority=medium", NULL},
    {LINT_CLOUD, LINT_PASSWORD_PLAIN,
     "*plain_text_passwd=?*|password=?*|chpasswd/users/password=?*|users/passwd=?*|autoinstall/identity/"
     "password=?*|"
     "autoinstall/user-data/users/passwd=?*|autoinstall/user-data/password=?*",
     HASHED "|*=\\**"},
    {LINT_CLOUD, LINT_PASSWORD_WEAK, "*/password=$1$*|*/passwd=$1$*", NULL},
    {LINT_CLOUD, LINT_NETWORK_ASKS, "autoinstall/interactive-sections=*network*", NULL},
    {LINT_CLOUD, LINT_INTERACTIVE, "autoinstall/interactive-sections=?*", "*=[]|*=*network*"},
    {LINT_AUTOYAST, LINT_PASSWORD_PLAIN, "profile/users/user/user_password=?*", HASHED "|*=\\*"},
    {LINT_AUTOYAST, LINT_PASSWORD_WEAK, "profile/users/user/user_password=$1$*", NULL},
    {LINT_AGAMA, LINT_PASSWORD_PLAIN, "root/password=?*|user/password=?*", HASHED "|*=\\*"},
    {LINT_AGAMA, LINT_PASSWORD_WEAK, "root/password=$1$*|user/password=$1$*", NULL},
    {LINT_IGNITION, LINT_PASSWORD_PLAIN, "passwd/users/passwordhash=?*", HASHED "|*=\\*"},
    {LINT_IGNITION, LINT_PASSWORD_WEAK, "passwd/users/passwordhash=$1$*", NULL},
    {LINT_PROXMOX, LINT_PASSWORD_PLAIN, "global/root-password=?*|global/root_password=?*", NULL},
    {LINT_PROXMOX, LINT_PASSWORD_WEAK, "global/root?password?hashed=$1$*", NULL},
    {LINT_ESXI, LINT_PASSWORD_PLAIN, "rootpw=?*", "*--iscrypted*"},
    {LINT_ESXI, LINT_PASSWORD_WEAK, "rootpw=*$1$*", NULL},
    {LINT_ESXI, LINT_ESXI_VMFS, "install=*", "*--overwritevmfs*|*--preservevmfs*"},
};

#define PARTED "autopart=*|part=*|partition=*|raid=*|logvol=*|volgroup=*|btrfs=*|mount=*"

static const struct lint_need NEEDS[] = {
    {LINT_KICKSTART, LINT_KICKSTART_ROOT, "rootpw=*|user=*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_TIMEZONE, "timezone=?*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_LANGUAGE, "lang=?*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_KEYBOARD, "keyboard=?*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_DISK, PARTED, NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_CLEAR, "clearpart=*|*--onpart*|*--usepart*|mount=*", PARTED, ""},
    {LINT_KICKSTART, LINT_KICKSTART_ZEROMBR, "zerombr=*", "clearpart=*", ""},
    {LINT_KICKSTART, LINT_KICKSTART_BOOTLOADER, "bootloader=*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_SOURCE,
     "url=*|nfs=*|cdrom=*|harddrive=*|hmc=*|liveimg=*|ostreesetup=*|ostreecontainer=*|rhsm=*", NULL, ""},
    {LINT_KICKSTART, LINT_KICKSTART_PACKAGES, "%packages=*|liveimg=*|ostreesetup=*|ostreecontainer=*", NULL,
     ""},
    {LINT_KICKSTART, LINT_KICKSTART_REBOOT, "reboot=*|poweroff=*|shutdown=*|halt=*", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_ZONE, "time/zone=?*", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_ROOT,
     "passwd/root-password-crypted=?*|passwd/root-password=?*|passwd/root-login=false", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_USER, "passwd/make-user=false|passwd/username=?*", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_USER, "passwd/user-fullname=*", "passwd/username=?*", "passwd/user-fullname"},
    {LINT_PRESEED, LINT_PRESEED_USER, "passwd/user-password-crypted=?*|passwd/user-password=?*",
     "passwd/username=?*", "passwd/user-password-crypted"},
    {LINT_PRESEED, LINT_PRESEED_MIRROR,
     "mirror/http/hostname=?*|mirror/https/hostname=?*|mirror/ftp/hostname=?*|apt-setup/use_mirror=false",
     NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_PROXY,
     "mirror/http/proxy=*|mirror/https/proxy=*|mirror/ftp/proxy=*|apt-setup/use_mirror=false", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_METHOD,
     "partman-auto/method=?*|partman-auto/expert_recipe=?*|partman-auto/init_automatically_partition=?*",
     NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_DISK, "partman-auto/disk=?*|partman/early_command=?*",
     "partman-auto/method=?*", ""},
    {LINT_PRESEED, LINT_PRESEED_CONFIRM, "partman/confirm=true", "partman-auto/method=?*", "partman/confirm"},
    {LINT_PRESEED, LINT_PRESEED_CONFIRM, "partman/confirm_nooverwrite=true", "partman-auto/method=?*",
     "partman/confirm_nooverwrite"},
    {LINT_PRESEED, LINT_PRESEED_CONFIRM, "partman/choose_partition=*finish*", "partman-auto/method=?*",
     "partman/choose_partition"},
    {LINT_PRESEED, LINT_PRESEED_LVM, "partman-lvm/confirm=true",
     "partman-auto/method=lvm|partman-auto/method=crypto", "partman-lvm/confirm"},
    {LINT_PRESEED, LINT_PRESEED_LVM, "partman-lvm/confirm_nooverwrite=true",
     "partman-auto/method=lvm|partman-auto/method=crypto", "partman-lvm/confirm_nooverwrite"},
    {LINT_PRESEED, LINT_PRESEED_CRYPTO, "partman-crypto/passphrase=?*", "partman-auto/method=crypto",
     "partman-crypto/passphrase"},
    {LINT_PRESEED, LINT_PRESEED_CRYPTO, "partman-crypto/passphrase-again=?*", "partman-auto/method=crypto",
     "partman-crypto/passphrase-again"},
    {LINT_PRESEED, LINT_PRESEED_TASKS, "tasksel/first=*|pkgsel/run_tasksel=false", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_POPULARITY, "popularity-contest/participate=*", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_GRUB, "grub-installer/bootdev=?*|grub-installer/skip=true", NULL, ""},
    {LINT_PRESEED, LINT_PRESEED_FINISH, "finish-install/reboot_in_progress=*", NULL, ""},
    {LINT_PRESEED, LINT_NETWORK_ASKS, "netcfg/get_ipaddress=?*",
     "netcfg/disable_autoconfig=true|netcfg/disable_dhcp=true", "netcfg/get_ipaddress"},
    {LINT_CLOUD, LINT_AUTOINSTALL_VERSION, "autoinstall/version=1", "autoinstall=*", ""},
    {LINT_CLOUD, LINT_AUTOINSTALL_IDENTITY, "autoinstall/identity=*|autoinstall/user-data=*", "autoinstall=*",
     ""},
    {LINT_CLOUD, LINT_AUTOINSTALL_STORAGE, "autoinstall/storage=*", "autoinstall=*", ""},
    {LINT_CLOUD, LINT_CLOUD_LOCKED,
     "*authorized?keys=$*|*authorized?keys=?*|*ssh_import_id=?*|autoinstall/ssh/allow-pw=true",
     "autoinstall/ssh/allow-pw=false", ""},
    {LINT_AUTOYAST, LINT_AUTOYAST_CONFIRM, "profile/general/mode/confirm=false", NULL, ""},
    {LINT_AUTOYAST, LINT_AUTOYAST_ROOT, "profile/users/user=*", NULL, ""},
    {LINT_AUTOYAST, LINT_AUTOYAST_ZONE, "profile/timezone/timezone=?*", NULL, ""},
    {LINT_AUTOYAST, LINT_AUTOYAST_DISK, "profile/partitioning=*|profile/general/storage/proposal=*", NULL,
     ""},
    {LINT_AGAMA, LINT_AGAMA_PRODUCT, "product/id=?*", NULL, ""},
    {LINT_AGAMA, LINT_AGAMA_ROOT, "root/password=?*|root/sshpublickey=?*|user/password=?*", NULL, ""},
    {LINT_IGNITION, LINT_IGNITION_VERSION, "ignition/version=2.?*|ignition/version=3.?*", NULL, ""},
    {LINT_IGNITION, LINT_IGNITION_USER,
     "passwd/users/sshauthorizedkeys=?*|passwd/users/passwordhash=?*|ignition/config/merge=*|"
     "ignition/config/replace=*",
     NULL, ""},
    {LINT_PROXMOX, LINT_PROXMOX_GLOBAL, "global/keyboard=?*", NULL, "keyboard"},
    {LINT_PROXMOX, LINT_PROXMOX_GLOBAL, "global/country=?*", NULL, "country"},
    {LINT_PROXMOX, LINT_PROXMOX_GLOBAL, "global/fqdn=?*|global/fqdn/source=?*", NULL, "fqdn"},
    {LINT_PROXMOX, LINT_PROXMOX_GLOBAL, "global/mailto=?*", NULL, "mailto"},
    {LINT_PROXMOX, LINT_PROXMOX_GLOBAL, "global/timezone=?*", NULL, "timezone"},
    {LINT_PROXMOX, LINT_PROXMOX_ROOT, "global/root?password=?*|global/root?password?hashed=?*", NULL, ""},
    {LINT_PROXMOX, LINT_PROXMOX_NETWORK, "network/source=?*", NULL, ""},
    {LINT_PROXMOX, LINT_PROXMOX_DISK, "disk?setup/filesystem=?*", NULL, "filesystem"},
    {LINT_PROXMOX, LINT_PROXMOX_DISK, "disk?setup/disk?list=?*|disk?setup/filter*=?*", NULL, "disk-list"},
    {LINT_ESXI, LINT_ESXI_EULA, "vmaccepteula=*|accepteula=*", NULL, ""},
    {LINT_ESXI, LINT_ESXI_ROOT, "rootpw=?*", NULL, ""},
    {LINT_ESXI, LINT_ESXI_DISK, "install=*disk*|installorupgrade=*disk*|upgrade=*disk*", NULL, ""},
    {LINT_ESXI, LINT_ESXI_NETWORK, "network=?*", NULL, ""},
    {LINT_ESXI, LINT_ESXI_REBOOT, "reboot=*", NULL, ""},
    {LINT_OVERLAY, LINT_OVERLAY_SERVICES,
     "files/path=/etc/.default_boot_services|files/path=/etc/runlevels/boot/*", NULL, ""},
    {LINT_OVERLAY, LINT_OVERLAY_STARTS, "files/path=/etc/runlevels/default/local",
     "files/path=/etc/local.d/*", ""},
};

static const struct lint_pair PAIRS[] = {
    {LINT_KICKSTART, LINT_CLOCK_WRONG, "timezone=*--nontp*|timesource=*--ntp-disable*",
     "url=*https://*|repo=*https://*"},
    {LINT_PRESEED, LINT_CLOCK_WRONG, "clock-setup/ntp=false",
     "mirror/protocol=https|mirror/https/hostname=?*|apt-setup/*=*https://*"},
};

const struct lint_bad *lint_bad_rows(size_t *count)
{
    *count = COUNT_OF(BAD);
    return BAD;
}

const struct lint_need *lint_need_rows(size_t *count)
{
    *count = COUNT_OF(NEEDS);
    return NEEDS;
}

const struct lint_pair *lint_pair_rows(size_t *count)
{
    *count = COUNT_OF(PAIRS);
    return PAIRS;
}

// Commands of pykickstart's handlers from Fedora Core 3 to Fedora 41.
bool lint_is_kickstart_command(const char *name)
{
    static const char *const NAMES[] = {"auth",        "authconfig",
                                        "authselect",  "autopart",
                                        "autostep",    "bootc",
                                        "bootloader",  "btrfs",
                                        "cdrom",       "clearpart",
                                        "cmdline",     "device",
                                        "deviceprobe", "dmraid",
                                        "driverdisk",  "eula",
                                        "fcoe",        "firewall",
                                        "firstboot",   "graphical",
                                        "group",       "halt",
                                        "harddrive",   "hmc",
                                        "ignoredisk",  "install",
                                        "interactive", "iscsi",
                                        "iscsiname",   "key",
                                        "keyboard",    "lang",
                                        "langsupport", "lilo",
                                        "lilocheck",   "liveimg",
                                        "logging",     "logvol",
                                        "mediacheck",  "method",
                                        "module",      "monitor",
                                        "mount",       "mouse",
                                        "multipath",   "network",
                                        "nfs",         "nvdimm",
                                        "nvme",        "ostreecontainer",
                                        "ostreesetup", "part",
                                        "partition",   "poweroff",
                                        "raid",        "realm",
                                        "reboot",      "repo",
                                        "reqpart",     "rescue",
                                        "rhsm",        "rootpw",
                                        "selinux",     "services",
                                        "shutdown",    "skipx",
                                        "snapshot",    "sshkey",
                                        "sshpw",       "stage2",
                                        "syspurpose",  "text",
                                        "timesource",  "timezone",
                                        "timezone",    "unsupported_hardware",
                                        "updates",     "upgrade",
                                        "url",         "user",
                                        "vnc",         "volgroup",
                                        "xconfig",     "xdisplay",
                                        "zerombr",     "zfcp",
                                        "zipl",        "rdp"};
    return text_find(name, NAMES, COUNT_OF(NAMES)) < COUNT_OF(NAMES);
}

bool lint_is_autoinstall_key(const char *name)
{
    static const char *const NAMES[] = {"version",
                                        "interactive-sections",
                                        "early-commands",
                                        "locale",
                                        "refresh-installer",
                                        "keyboard",
                                        "source",
                                        "network",
                                        "proxy",
                                        "apt",
                                        "storage",
                                        "identity",
                                        "active-directory",
                                        "ubuntu-pro",
                                        "ubuntu-advantage",
                                        "ssh",
                                        "codecs",
                                        "drivers",
                                        "oem",
                                        "snaps",
                                        "debconf-selections",
                                        "packages",
                                        "kernel",
                                        "kernel-crash-dumps",
                                        "timezone",
                                        "updates",
                                        "shutdown",
                                        "late-commands",
                                        "error-commands",
                                        "reporting",
                                        "user-data",
                                        "zdevs"};
    return text_find(name, NAMES, COUNT_OF(NAMES)) < COUNT_OF(NAMES);
}
