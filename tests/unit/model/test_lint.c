// SPDX-License-Identifier: GPL-3.0-or-later
// Each rule fires on a file with that fault, and is silent about one that is nearly so.
#include "model/lint.h"

#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#define HASH "$6$saltsaltsalt$0123456789abcdefghijklmnopqrstuvwxyz"

static const char KICKSTART[] = "text\n"
                                "url --url=http://192.0.2.1/images/x\n"
                                "lang en_US.UTF-8\n"
                                "keyboard us\n"
                                "timezone Etc/UTC --utc\n"
                                "network --bootproto=dhcp\n"
                                "rootpw --iscrypted " HASH "\n"
                                "zerombr\n"
                                "clearpart --all --initlabel\n"
                                "bootloader\n"
                                "autopart\n"
                                "reboot\n"
                                "%packages\n"
                                "openssh-server\n"
                                "%end\n"
                                "%post\n"
                                "curl http://192.0.2.1/done\n"
                                "%end\n";

static const char PRESEED[] = "d-i time/zone string UTC\n"
                              "d-i clock-setup/ntp boolean true\n"
                              "d-i mirror/country string manual\n"
                              "d-i mirror/http/hostname string deb.example.test\n"
                              "d-i mirror/http/directory string /debian\n"
                              "d-i mirror/http/proxy string\n"
                              "d-i passwd/make-user boolean false\n"
                              "d-i passwd/root-password-crypted password " HASH "\n"
                              "d-i partman-auto/disk string /dev/vda\n"
                              "d-i partman-auto/method string regular\n"
                              "d-i partman/choose_partition select finish\n"
                              "d-i partman/confirm boolean true\n"
                              "d-i partman/confirm_nooverwrite boolean true\n"
                              "tasksel tasksel/first multiselect standard, ssh-server\n"
                              "popularity-contest popularity-contest/participate boolean false\n"
                              "d-i grub-installer/bootdev string default\n"
                              "d-i finish-install/reboot_in_progress note\n";

static const char CLOUD[] = "#cloud-config\n"
                            "autoinstall:\n"
                            "  version: 1\n"
                            "  identity:\n"
                            "    hostname: \"station1\"\n"
                            "    username: admin\n"
                            "    password: \"" HASH "\"\n"
                            "  ssh:\n"
                            "    install-server: true\n"
                            "    allow-pw: true\n"
                            "  storage:\n"
                            "    layout:\n"
                            "      name: lvm\n";

static const char OVERLAY[] = "files:\n"
                              "  - path: /etc/.default_boot_services\n"
                              "    content: \"\"\n"
                              "  - path: /etc/runlevels/default/local\n"
                              "    link: /etc/init.d/local\n"
                              "  - path: /etc/local.d/install.start\n"
                              "    mode: 0755\n"
                              "    content: |\n"
                              "      #!/bin/sh\n"
                              "      setup-alpine -f /etc/answers\n";

static const char AUTOYAST[] = "<?xml version=\"1.0\"?>\n"
                               "<!DOCTYPE profile>\n"
                               "<profile xmlns=\"http://www.suse.com/1.0/yast2ns\">\n"
                               "<general><mode><confirm>false</confirm></mode></general>\n"
                               "<timezone><timezone>Etc/UTC</timezone></timezone>\n"
                               "<partitioning><drive><use>all</use></drive></partitioning>\n"
                               "<users><user><username>root</username>\n"
                               "<user_password>" HASH "</user_password></user></users>\n"
                               "</profile>\n";

static const char AGAMA[] = "{\"product\": {\"id\": \"Leap_16.0\"},\n"
                            " \"root\": {\"hashedPassword\": true, \"password\": \"" HASH "\"}}\n";

static const char IGNITION[] = "{\"ignition\": {\"version\": \"3.3.0\"},\n"
                               " \"passwd\": {\"users\": [{\"name\": \"core\",\n"
                               "  \"passwordHash\": \"" HASH "\"}]}}\n";

static const char PROXMOX[] = "[global]\n"
                              "keyboard = \"en-us\"\n"
                              "country = \"us\"\n"
                              "fqdn = \"station1.example.test\"\n"
                              "mailto = \"root@example.test\"\n"
                              "timezone = \"UTC\"\n"
                              "root-password-hashed = \"" HASH "\"\n"
                              "[network]\n"
                              "source = \"from-dhcp\"\n"
                              "[disk-setup]\n"
                              "filesystem = \"ext4\"\n"
                              "disk-list = [\"sda\"]\n";

static const char ESXI[] = "vmaccepteula\n"
                           "rootpw --iscrypted " HASH "\n"
                           "install --firstdisk --overwritevmfs\n"
                           "network --bootproto=dhcp\n"
                           "reboot\n";

static const char PXELINUX[] = "default local\n"
                               "prompt 1\n"
                               "timeout 6\n"
                               "label local\n"
                               " localboot 1\n"
                               "label install\n"
                               " kernel vmlinuz\n"
                               " append ks=http://192.0.2.1/ks.cfg initrd=initrd.img quiet\n";

static const char GRUB[] = "set default=0\n"
                           "set timeout=5\n"
                           "menuentry 'Disk' --id disk {\n"
                           "    exit\n"
                           "}\n"
                           "menuentry 'Install' --id install {\n"
                           "    linux /vmlinuz autoinstall 'ds=nocloud;s=http://192.0.2.1/' quiet\n"
                           "    initrd /initrd\n"
                           "}\n";

static const char IPXE[] = "#!ipxe\n"
                           "# two ways\n"
                           "dhcp || goto failed\n"
                           "menu Boot\n"
                           "item disk Own disk\n"
                           "choose --timeout 5000 target && goto ${target} || goto disk\n"
                           ":install\n"
                           "kernel http://192.0.2.1/linux ks=http://192.0.2.1/ks.cfg \\\n"
                           "  quiet\n"
                           "initrd http://192.0.2.1/initrd\n"
                           "boot\n"
                           ":disk\n"
                           "sanboot --no-describe --drive 0x80 || exit\n"
                           ":failed\n"
                           "echo a||b is text&&so is this\n"
                           "shell\n";

static const char *const BASES[LINT_FORMAT_COUNT] = {
    NULL, KICKSTART, PRESEED, CLOUD, AUTOYAST, AGAMA, IGNITION, PROXMOX, ESXI, OVERLAY, PXELINUX, GRUB, IPXE};

struct example { // the base of the format, in which `from` is replaced
    enum lint_rule_id rule;
    enum lint_format format;
    const char *from;
    const char *fires;  // by this: the rule fires
    const char *silent; // by this: it does not
};

static const struct example EXAMPLES[] = {
    {LINT_FORMAT_BROKEN, LINT_CLOUD, "  version: 1", "\tversion: 1", "  version: 1  # \t"},
    {LINT_FORMAT_BROKEN, LINT_CLOUD, "    username:", "   username:", "    user-name:"},
    {LINT_FORMAT_BROKEN, LINT_AUTOYAST, "</drive>", "</device>", "</drive ><!-- </device> -->"},
    {LINT_FORMAT_BROKEN, LINT_AUTOYAST, "Etc/UTC", "a & b", "a &amp; b"},
    {LINT_FORMAT_BROKEN, LINT_AGAMA, "true, ", "true ", "true , "},
    {LINT_FORMAT_BROKEN, LINT_IGNITION, "\"core\",", "\"core,", "\"co\\\"re\","},
    {LINT_FORMAT_BROKEN, LINT_PROXMOX, "\"us\"", "\"us", "'us' # \"us"},
    {LINT_FORMAT_BROKEN, LINT_PROXMOX, "[\"sda\"]", "[\"sda\"", "[\n\"sda\", # first\n]"},
    {LINT_LINE_ENDS, LINT_KICKSTART, "text\n", "text\r\n", "text\n\n"},
    {LINT_PASSWORD_PLAIN, LINT_KICKSTART, "rootpw --iscrypted " HASH, "rootpw secret", "rootpw --lock"},
    {LINT_PASSWORD_PLAIN, LINT_KICKSTART, "text\n", "user --name=a --password=b\n",
     "user --name=a --iscrypted --password=" HASH "\n"},
    {LINT_PASSWORD_PLAIN, LINT_PRESEED, "root-password-crypted password " HASH, "root-password password x",
     "root-password-crypted password !"},
    {LINT_PASSWORD_PLAIN, LINT_CLOUD, HASH, "secret", "$y$j9T$abc"},
    {LINT_PASSWORD_PLAIN, LINT_CLOUD,
     "  storage:", "  user-data:\n    users:\n      - name: x\n        passwd: y\n  storage:",
     "  user-data:\n    users:\n    - name: x\n      passwd: $6$y\n  storage:"},
    {LINT_PASSWORD_PLAIN, LINT_AUTOYAST, HASH, "secret", "$6$x"},
    {LINT_PASSWORD_PLAIN, LINT_AGAMA, HASH, "secret", "$6$x"},
    {LINT_PASSWORD_PLAIN, LINT_IGNITION, HASH, "secret", "$6$x"},
    {LINT_PASSWORD_PLAIN, LINT_PROXMOX, "root-password-hashed", "root-password", "root_password_hashed"},
    {LINT_PASSWORD_PLAIN, LINT_ESXI, "--iscrypted ", "", "--iscrypted  "},
    {LINT_PASSWORD_WEAK, LINT_KICKSTART, "text\n", "auth --useshadow --enablemd5\n", "auth --enableshadow\n"},
    {LINT_PASSWORD_WEAK, LINT_KICKSTART, HASH, "$1$ab$cdefg", "$5$ab$cdefg"},
    {LINT_PASSWORD_WEAK, LINT_PRESEED, HASH, "$1$ab$cdefg", "$5$ab$cdefg"},
    {LINT_NETWORK_ASKS, LINT_KICKSTART, "--bootproto=dhcp", "--bootproto=query", "--bootproto=static"},
    {LINT_NETWORK_ASKS, LINT_PRESEED, "d-i time/zone", "d-i netcfg/disable_dhcp boolean true\nd-i time/zone",
     "d-i netcfg/disable_dhcp boolean true\nd-i netcfg/get_ipaddress string 192.0.2.9\nd-i time/zone"},
    {LINT_NETWORK_ASKS, LINT_CLOUD, "  storage:", "  interactive-sections:\n    - network\n  storage:",
     "  interactive-sections: []\n  storage:"},
    {LINT_INTERACTIVE, LINT_CLOUD,
     "  storage:", "  interactive-sections: [locale]\n  storage:", "  interactive-sections: []\n  storage:"},
    {LINT_INTERACTIVE, LINT_KICKSTART, "text\n", "interactive\n", "# interactive\n"},
    {LINT_CLOCK_WRONG, LINT_KICKSTART,
     "url --url=http://192.0.2.1/images/x\nlang en_US.UTF-8\nkeyboard us\n"
     "timezone Etc/UTC --utc",
     "lang en_US.UTF-8\nkeyboard us\nurl --url=https://192.0.2.1/\ntimezone Etc/UTC --nontp",
     "lang en_US.UTF-8\nkeyboard us\nurl --url=http://192.0.2.1/\ntimezone Etc/UTC --nontp"},
    {LINT_CLOCK_WRONG, LINT_PRESEED, "clock-setup/ntp boolean true",
     "clock-setup/ntp boolean false\nd-i mirror/protocol string https", "clock-setup/ntp boolean false"},
    {LINT_KICKSTART_ROOT, LINT_KICKSTART, "rootpw --iscrypted " HASH, "", "user --name=a --groups=wheel"},
    {LINT_KICKSTART_TIMEZONE, LINT_KICKSTART, "timezone Etc/UTC --utc", "#timezone UTC", "timezone UTC"},
    {LINT_KICKSTART_LANGUAGE, LINT_KICKSTART, "lang en", "# lang en", " lang en"},
    {LINT_KICKSTART_KEYBOARD, LINT_KICKSTART, "keyboard us", "", "keyboard --vckeymap=us"},
    {LINT_KICKSTART_DISK, LINT_KICKSTART, "autopart\n", "", "part / --size=8000\n"},
    {LINT_KICKSTART_CLEAR, LINT_KICKSTART, "clearpart --all --initlabel\n", "", "clearpart --none\n"},
    {LINT_KICKSTART_ZEROMBR, LINT_KICKSTART, "zerombr\n", "", "zerombr yes\n"},
    {LINT_KICKSTART_BOOTLOADER, LINT_KICKSTART, "bootloader\n", "",
     "bootloader --append=\"quiet\" --location=mbr\n"},
    {LINT_KICKSTART_SOURCE, LINT_KICKSTART, "url --url=http://192.0.2.1/images/x\n", "", "cdrom\n"},
    {LINT_KICKSTART_PACKAGES, LINT_KICKSTART, "%packages\nopenssh-server\n%end\n", "",
     "%packages --default\n%end\n"},
    {LINT_KICKSTART_END, LINT_KICKSTART, "%end\n%post", "%post", "%end\n%post --nochroot"},
    {LINT_KICKSTART_REBOOT, LINT_KICKSTART, "reboot\n", "", "poweroff\n"},
    {LINT_KICKSTART_UNKNOWN, LINT_KICKSTART, "zerombr\n", "zerombr\nzerombrr\n",
     "zerombr\nselinux --enforcing\n"},
    {LINT_KICKSTART_GONE, LINT_KICKSTART, "text\n", "install\n", "%pre\ninstall -d /tmp/x\n%end\n"},
    {LINT_PRESEED_MALFORMED, LINT_PRESEED, "d-i time/zone string UTC", "d-i time/zone UTC",
     "d-i time/zone \\\n string UTC"},
    {LINT_PRESEED_ZONE, LINT_PRESEED, "d-i time/zone string UTC", "#d-i time/zone string UTC",
     "d-i  time/zone\tstring  UTC"},
    {LINT_PRESEED_ROOT, LINT_PRESEED, "d-i passwd/root-password-crypted password " HASH, "",
     "d-i passwd/root-login boolean false"},
    {LINT_PRESEED_USER, LINT_PRESEED, "d-i passwd/make-user boolean false",
     "d-i passwd/make-user boolean true",
     "d-i passwd/username string a\nd-i passwd/user-fullname string A\nd-i passwd/user-password-crypted "
     "password !"},
    {LINT_PRESEED_USER, LINT_PRESEED, "d-i passwd/make-user boolean false", "d-i passwd/username string a",
     "d-i passwd/make-user boolean false"},
    {LINT_PRESEED_MIRROR, LINT_PRESEED, "mirror/http/hostname string deb.example.test",
     "mirror/http/hostname string", "mirror/ftp/hostname string deb.example.test"},
    {LINT_PRESEED_PROXY, LINT_PRESEED, "d-i mirror/http/proxy string\n", "",
     "d-i mirror/http/proxy string x\n"},
    {LINT_PRESEED_METHOD, LINT_PRESEED, "d-i partman-auto/method string regular", "",
     "d-i partman-auto/method string lvm"},
    {LINT_PRESEED_DISK, LINT_PRESEED, "d-i partman-auto/disk string /dev/vda\n", "",
     "d-i partman/early_command string debconf-set partman-auto/disk /dev/sda\n"},
    {LINT_PRESEED_CONFIRM, LINT_PRESEED, "d-i partman/confirm boolean true",
     "d-i partman/confirm boolean false", "d-i partman/confirm boolean true\n"},
    {LINT_PRESEED_CONFIRM, LINT_PRESEED, "d-i partman/confirm_nooverwrite boolean true", "",
     "d-i partman/confirm_nooverwrite boolean true\n"},
    {LINT_PRESEED_LVM, LINT_PRESEED, "method string regular", "method string lvm",
     "method string lvm\nd-i partman-lvm/confirm boolean true\nd-i partman-lvm/confirm_nooverwrite boolean "
     "true"},
    {LINT_PRESEED_CRYPTO, LINT_PRESEED, "method string regular", "method string crypto",
     "method string crypto\nd-i partman-crypto/passphrase password x y\n"
     "d-i partman-crypto/passphrase-again password x y"},
    {LINT_PRESEED_TASKS, LINT_PRESEED, "tasksel tasksel/first multiselect standard, ssh-server", "",
     "tasksel tasksel/first multiselect"},
    {LINT_PRESEED_POPULARITY, LINT_PRESEED, "popularity-contest popularity-contest/participate boolean false",
     "", "popularity-contest popularity-contest/participate boolean true"},
    {LINT_PRESEED_GRUB, LINT_PRESEED, "d-i grub-installer/bootdev string default", "",
     "d-i grub-installer/bootdev string /dev/vda"},
    {LINT_PRESEED_FINISH, LINT_PRESEED, "d-i finish-install/reboot_in_progress note", "",
     "d-i finish-install/reboot_in_progress note "},
    {LINT_CLOUD_HEADER, LINT_CLOUD, "#cloud-config", "# cloud-config", "#cloud-config "},
    {LINT_AUTOINSTALL_VERSION, LINT_CLOUD, "  version: 1\n", "", "  version:   1 # one\n"},
    {LINT_AUTOINSTALL_IDENTITY, LINT_CLOUD, "  identity:", "  ident:", "  user-data:"},
    {LINT_AUTOINSTALL_STORAGE, LINT_CLOUD, "  storage:", "  source:", "  storage: "},
    {LINT_AUTOINSTALL_KEY, LINT_CLOUD,
     "  storage:", "  storages:\n  storage:", "  late-commands: [ls]\n  storage:"},
    {LINT_CLOUD_LOCKED, LINT_CLOUD, "allow-pw: true", "allow-pw: false",
     "allow-pw: false\n    authorized-keys:\n      - ssh-ed25519 AAAA"},
    {LINT_AUTOYAST_CONFIRM, LINT_AUTOYAST, "<confirm>false</confirm>", "<confirm>true</confirm>",
     "<confirm>  false </confirm>"},
    {LINT_AUTOYAST_ROOT, LINT_AUTOYAST,
     "<users><user><username>root</username>\n<user_password>" HASH "</user_password></user></users>",
     "<users/>", "<users><user/></users>"},
    {LINT_AUTOYAST_ZONE, LINT_AUTOYAST, "<timezone>Etc/UTC</timezone>", "<timezone/>",
     "<timezone>UTC</timezone>"},
    {LINT_AUTOYAST_DISK, LINT_AUTOYAST, "<partitioning><drive><use>all</use></drive></partitioning>", "",
     "<partitioning/>"},
    {LINT_AGAMA_PRODUCT, LINT_AGAMA, "\"id\"", "\"name\"", "\"id\" "},
    {LINT_AGAMA_ROOT, LINT_AGAMA, "\"hashedPassword\": true, \"password\"", "\"x\"", "\"sshPublicKey\""},
    {LINT_IGNITION_VERSION, LINT_IGNITION, "3.3.0", "1.0.0", "2.3.0"},
    {LINT_IGNITION_USER, LINT_IGNITION, "passwordHash", "homeDir", "sshAuthorizedKeys"},
    {LINT_PROXMOX_GLOBAL, LINT_PROXMOX, "mailto = ", "mail = ", "mailto="},
    {LINT_PROXMOX_ROOT, LINT_PROXMOX, "root-password-hashed", "password", "root_password_hashed"},
    {LINT_PROXMOX_NETWORK, LINT_PROXMOX, "source", "sources", "\"source\""},
    {LINT_PROXMOX_DISK, LINT_PROXMOX, "disk-list = [\"sda\"]", "", "filter.ID_SERIAL = \"*X*\""},
    {LINT_ESXI_EULA, LINT_ESXI, "vmaccepteula\n", "", "accepteula\n"},
    {LINT_ESXI_ROOT, LINT_ESXI, "rootpw --iscrypted " HASH, "", "rootpw --iscrypted x"},
    {LINT_ESXI_DISK, LINT_ESXI, "--firstdisk", "", "--disk=mpx.vmhba1"},
    {LINT_ESXI_VMFS, LINT_ESXI, "--overwritevmfs", "", "--preservevmfs"},
    {LINT_ESXI_NETWORK, LINT_ESXI, "network ", "#network ", "network  "},
    {LINT_ESXI_REBOOT, LINT_ESXI, "reboot", "", "reboot --noeject"},
    {LINT_OVERLAY_SERVICES, LINT_OVERLAY, "/etc/.default_boot_services", "/etc/default_boot_services",
     "/etc/runlevels/boot/networking"},
    {LINT_OVERLAY_STARTS, LINT_OVERLAY, "/etc/runlevels/default/local", "/etc/runlevels/default/sshd",
     "\"/etc/runlevels/default/local\""},
    {LINT_MENU_ERASES, LINT_PXELINUX, "default local", "default install", "default  local"},
    {LINT_MENU_ERASES, LINT_PXELINUX, "default local\nprompt 1\ntimeout 6", "default install\nprompt 0",
     "default install\nprompt 1\ntimeout 100"},
    {LINT_MENU_ERASES, LINT_GRUB, "default=0", "default=install", "default=disk"},
    {LINT_MENU_ERASES, LINT_GRUB, "default=0\nset timeout=5", "default=1\nset timeout=0",
     "default=1\nset timeout=30"},
    {LINT_MENU_DEFAULT, LINT_PXELINUX, "default local", "default lokal", "default local "},
    {LINT_MENU_DEFAULT, LINT_GRUB, "default=0", "default=7", "default='Disk'"},
    {LINT_MENU_WORD, LINT_PXELINUX, "quiet", "cfg", "text"},
    {LINT_MENU_WORD, LINT_GRUB, "' quiet", "' cfg", "' ro"},
    {LINT_MENU_ENTRY, LINT_PXELINUX, " localboot 1\n", "", " chain\n kernel x\n"},
    {LINT_MENU_ANONYMOUS, LINT_PXELINUX, "ks=http", "ks=ftp", "ks=https"},
    {LINT_MENU_ANONYMOUS, LINT_PXELINUX, "ks=http://", "inst.ks=tftp://", "ks=ftp://name:word@"},
    {LINT_MENU_ANONYMOUS, LINT_GRUB, "autoinstall", "url=ftp://192.0.2.1/preseed.cfg",
     "repo=ftp://192.0.2.1/"},
    {LINT_MENU_ANONYMOUS, LINT_IPXE, "ks=http", "ks=ftp", "repo=ftp"},
    {LINT_REPOSITORY_LOCAL, LINT_KICKSTART, "%packages",
     "repo --name=a --baseurl=file:///mnt/disc\n%packages",
     "repo --name=a --baseurl=http://192.0.2.1/file:1\n%packages"},
    {LINT_IPXE_COMMAND, LINT_IPXE, "boot\n", "bot\n", "boot || reboot\n"},
    {LINT_IPXE_COMMAND, LINT_IPXE, "dhcp ||", "dhpc ||", "isset ${net0/ip} && dhcp ||"},
    {LINT_IPXE_LABEL, LINT_IPXE, "|| goto disk", "|| goto disc", "|| goto ${other}"},
    {LINT_IPXE_LABEL, LINT_IPXE, ":failed", ":faild", ":failed\n:more"},
    {LINT_IPXE_BOOT, LINT_IPXE, "boot\n:disk", ":disk", "imgexec\n:disk"},
    {LINT_GRUB_SEMICOLON, LINT_GRUB, "'ds=nocloud;s=http://192.0.2.1/'", "ds=nocloud;s=http://192.0.2.1/",
     "ds=nocloud\\;s=http://192.0.2.1/"},
};

// Rules that are about something else than the text of one format; each has a test of its own below, or with
// what finds them.
static const enum lint_rule_id OTHERS[] = {
    LINT_TEMPLATE_BROKEN,  LINT_VALUE_UNDEFINED,    LINT_VALUE_MISSPELT,  LINT_VALUE_UNUSED,
    LINT_SNIPPET_MISSING,  LINT_SECRET_IN_TEMPLATE, LINT_SECRET_READABLE, LINT_SECRET_IN_ARGUMENTS,
    LINT_CALLBACK_MISSING, LINT_SERVER_SILENT,      LINT_TOOL_SAYS,       LINT_TOOL_WARNS,
    LINT_PRESEED_LATE,     LINT_AUTOINSTALL_WORD,   LINT_BLANK_FALSE,     LINT_OVERLAY_BROKEN,
};

static void run(enum lint_format format, const char *text, const char *arguments, struct lint *lint)
{
    struct lint_subject subject = {
        .format = format, .text = text, .length = strlen(text), .arguments = arguments};
    lint_init(lint);
    lint_check(&subject, lint);
    lint_sort(lint);
}

// The line of the first finding by `rule` and what it says in `text`; -1 when there is none.
static int find_line(const struct lint *lint, enum lint_rule_id rule, const char **text)
{
    for (unsigned i = 0; i < lint->count; i++) {
        if (lint->findings[i].rule == rule) {
            *text = lint->findings[i].text;
            return (int)lint->findings[i].line;
        }
    }
    *text = "";
    return -1;
}

static bool has(const struct lint *lint, enum lint_rule_id rule)
{
    const char *text;
    return find_line(lint, rule, &text) >= 0;
}

static void replace(const char *base, const char *from, const char *to, char out[4096])
{
    const char *at = strstr(base, from);
    assert_non_null(at);
    int length = snprintf(out, 4096, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
    assert_true(length > 0 && length < 4096);
}

static void good_files_have_no_findings(void **state)
{
    (void)state;
    for (enum lint_format format = LINT_UNKNOWN + 1; format < LINT_FORMAT_COUNT; format++) {
        struct lint lint;
        run(format, BASES[format], NULL, &lint);
        if (lint.count != 0) {
            fail_msg("%s: %s %s (line %u)", lint_format_text(format),
                     lint_get_rule(lint.findings[0].rule)->id, lint.findings[0].text, lint.findings[0].line);
        }
    }
}

static void every_rule_fires_on_its_fault_and_not_on_what_is_nearly_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(EXAMPLES); i++) {
        const struct example *example = &EXAMPLES[i];
        const char *id = lint_get_rule(example->rule)->id;
        char text[4096];
        struct lint lint;
        replace(BASES[example->format], example->from, example->fires, text);
        run(example->format, text, NULL, &lint);
        if (!has(&lint, example->rule)) {
            fail_msg("%s does not fire (example %zu):\n%s", id, i, text);
        }
        replace(BASES[example->format], example->from, example->silent, text);
        run(example->format, text, NULL, &lint);
        if (has(&lint, example->rule)) {
            fail_msg("%s fires (example %zu):\n%s", id, i, text);
        }
    }
}

static void every_rule_has_an_example_an_id_and_a_remedy(void **state)
{
    (void)state;
    for (enum lint_rule_id rule = 0; rule < LINT_RULE_COUNT; rule++) {
        bool is_there = false;
        for (size_t i = 0; i < COUNT_OF(EXAMPLES); i++) {
            is_there = is_there || EXAMPLES[i].rule == rule;
        }
        for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
            is_there = is_there || OTHERS[i] == rule;
        }
        const struct lint_rule *row = lint_get_rule(rule);
        if (!is_there) {
            fail_msg("%s has no example", row->id);
        }
        assert_true(row->sentence[0] != '\0' && row->remedy[0] != '\0');
        for (enum lint_rule_id other = 0; other < rule; other++) {
            assert_string_not_equal(lint_get_rule(other)->id, row->id);
        }
    }
}

static void a_finding_names_the_line_but_no_secret(void **state)
{
    (void)state;
    struct lint lint;
    const char *text;
    run(LINT_KICKSTART, "text\nrootpw hunter2\n", NULL, &lint);
    assert_int_equal(find_line(&lint, LINT_PASSWORD_PLAIN, &text), 2);
    assert_string_equal(text, "rootpw");
    run(LINT_CLOUD, "#cloud-config\npassword: hunter2\nautoinstall: {version: 1}\n", NULL, &lint);
    assert_int_equal(find_line(&lint, LINT_PASSWORD_PLAIN, &text), 2);
    assert_string_equal(text, "password");
}

static void kernel_arguments_that_name_the_source_excuse_the_file(void **state)
{
    (void)state;
    struct lint lint;
    char text[4096];
    replace(KICKSTART, "url --url=http://192.0.2.1/images/x\n", "", text);
    run(LINT_KICKSTART, text, "ip=dhcp inst.repo=http://192.0.2.1/x", &lint);
    assert_false(has(&lint, LINT_KICKSTART_SOURCE));
    run(LINT_KICKSTART, text, "ip=dhcp inst.stage2=http://192.0.2.1/x", &lint);
    assert_true(has(&lint, LINT_KICKSTART_SOURCE));
}

static void arguments_decide_whether_an_installer_asks(void **state)
{
    (void)state;
    struct lint lint;
    char text[4096];
    run(LINT_CLOUD, CLOUD, "ip=dhcp autoinstall ds=nocloud;s=x", &lint);
    assert_false(has(&lint, LINT_AUTOINSTALL_WORD));
    run(LINT_CLOUD, CLOUD, "ip=dhcp ds=nocloud;s=autoinstall", &lint);
    assert_true(has(&lint, LINT_AUTOINSTALL_WORD));
    replace(PRESEED, "d-i time/zone", "d-i debian-installer/locale string C\nd-i time/zone", text);
    run(LINT_PRESEED, text, "auto=true url=http://x", &lint);
    assert_false(has(&lint, LINT_PRESEED_LATE));
    run(LINT_PRESEED, text, "url=http://x", &lint);
    assert_true(has(&lint, LINT_PRESEED_LATE));
    run(LINT_PRESEED, PRESEED, "url=http://x", &lint);
    assert_false(has(&lint, LINT_PRESEED_LATE));
}

static void nothing_is_said_to_be_missing_from_arguments_that_are_only_a_part(void **state)
{
    (void)state;
    struct lint lint;
    struct lint_subject subject = {.format = LINT_CLOUD,
                                   .text = CLOUD,
                                   .length = strlen(CLOUD),
                                   .arguments = "ip=dhcp",
                                   .is_partial = true};
    lint_init(&lint);
    lint_check(&subject, &lint);
    assert_int_equal(lint.count, 0);
    subject.is_partial = false;
    lint_check(&subject, &lint);
    assert_true(has(&lint, LINT_AUTOINSTALL_WORD));
}

static void passwords_in_kernel_arguments_are_found(void **state)
{
    (void)state;
    struct lint lint;
    lint_init(&lint);
    lint_check_arguments("quiet passwd/root-password=x vnc inst.ks=http://x/password", &lint);
    assert_int_equal(lint.count, 1);
    assert_string_equal(lint.findings[0].text, "passwd/root-password");
    lint_init(&lint);
    lint_check_arguments("quiet inst.ks=http://x/?a password", &lint);
    assert_int_equal(lint.count, 0);
}

// ---- templates ----

static bool is_known(const void *self, const char *name)
{
    (void)self;
    return strcmp(name, "hostname") == 0 || strcmp(name, "callback_url") == 0;
}

static const char *nearest(const void *self, const char *name)
{
    (void)self;
    return text_distance(name, "hostname") <= 2 ? "hostname" : NULL;
}

static void check_template(const char *source, bool is_open, struct lint *lint)
{
    const struct lint_names names = {.is_known = is_known, .nearest = nearest, .is_open = is_open};
    lint_init(lint);
    lint_check_template(source, strlen(source), &names, lint);
}

static const char *find_snippet(const void *self, const char *name, size_t *bytes)
{
    (void)self;
    static const char *const SNIPPETS[][2] = {{"users", "user {{user}}\n{{> keys}}\n"},
                                              {"keys", "\n{{hash}}\n"},
                                              {"loop", "{{> loop}}{{> loop}}{{wrong}}"},
                                              {"done", "curl {{callback_url}}"}};
    for (size_t i = 0; i < COUNT_OF(SNIPPETS); i++) {
        if (strcmp(SNIPPETS[i][0], name) == 0) {
            *bytes = strlen(SNIPPETS[i][1]);
            return SNIPPETS[i][1];
        }
    }
    return NULL;
}

static void what_snippets_name_is_looked_at_too(void **state)
{
    (void)state;
    struct lint lint;
    const struct lint_names names = {.is_known = is_known, .find_snippet = find_snippet, .nearest = nearest};
    static const char SOURCE[] = "\n\n{{> users}}\n{{> done}}\n{{> other}}\n";
    lint_init(&lint);
    lint_check_template(SOURCE, sizeof SOURCE - 1, &names, &lint);
    lint_sort(&lint);
    assert_int_equal(lint.count, 3);
    assert_int_equal(lint.findings[0].rule, LINT_VALUE_UNDEFINED);
    assert_int_equal(lint.findings[0].line, 3);
    assert_non_null(strstr(lint.findings[0].text, " in the snippet "));
    assert_int_equal(lint.findings[2].rule, LINT_SNIPPET_MISSING);
    assert_int_equal(lint.findings[2].line, 5);
    static const char LOOP[] = "{{> loop}}"; // ends, and tells it once
    lint_init(&lint);
    lint_check_template(LOOP, sizeof LOOP - 1, &names, &lint);
    lint_sort(&lint);
    assert_true(lint.count != 0 && lint.findings[lint.count - 1].rule == LINT_VALUE_UNDEFINED);
}

static void names_without_value_are_found_unless_they_are_optional(void **state)
{
    (void)state;
    struct lint lint;
    check_template(
        "{{hostname}}\n{{#disk}}{{disk}}{{/disk}}{{^disk}}a{{/disk}}\n{{{ mirror }}} {{callback_url}}", false,
        &lint);
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].rule, LINT_VALUE_UNDEFINED);
    assert_int_equal(lint.findings[0].line, 3);
    assert_string_equal(lint.findings[0].text, "mirror");
    check_template("{{mirror}}{{callback_url}}", true, &lint);
    assert_int_equal(lint.count, 0);
}

static void what_stands_in_a_section_that_comes_out_empty_needs_no_value(void **state)
{
    (void)state;
    struct lint lint;
    check_template("{{#user}}{{user}} {{hash}}{{/user}}{{callback_url}}", false, &lint);
    assert_int_equal(lint.count, 0);
    check_template("{{#hostname}}{{hash}}{{/hostname}}{{^user}}{{hash}}{{/user}}{{callback_url}}", false,
                   &lint);
    assert_int_equal(lint.count, 2);
    assert_int_equal(lint.findings[0].rule, LINT_VALUE_UNDEFINED);
}

static void misspelt_names_are_found_in_open_templates_too(void **state)
{
    (void)state;
    struct lint lint;
    check_template("\n{{hostnme}}{{callback_url}}", true, &lint);
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].rule, LINT_VALUE_MISSPELT);
    assert_int_equal(lint.findings[0].line, 2);
    assert_non_null(strstr(lint.findings[0].text, "hostname"));
}

static void missing_snippets_and_callbacks_and_written_out_hashes_are_found(void **state)
{
    (void)state;
    struct lint lint;
    check_template("{{! {{x }}\n{{> users}}", true, &lint);
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].rule, LINT_SNIPPET_MISSING);
    check_template("curl x\n", true, &lint);
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].rule, LINT_CALLBACK_MISSING);
    check_template("{{callback_url}}\nrootpw --iscrypted " HASH "\n", true, &lint);
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].rule, LINT_SECRET_IN_TEMPLATE);
    assert_int_equal(lint.findings[0].line, 2);
    check_template("{{callback_url}}\necho $6$ $1 $HOME/.config/something/very/long $$\n", true, &lint);
    assert_int_equal(lint.count, 0);
}

static void what_a_template_needs_is_what_stands_outside_its_own_section(void **state)
{
    (void)state;
    static const char SOURCE[] = "{{a}}{{#b}}{{b}}{{c}}{{/b}}{{&d}}{{! e }}";
    struct lint_needs needs;
    lint_find_needs(SOURCE, strlen(SOURCE), &needs);
    assert_int_equal(needs.count, 3);
    assert_string_equal(needs.names[0], "a");
    assert_string_equal(needs.names[1], "c");
    assert_string_equal(needs.names[2], "d");
}

static void marks_tell_where_lines_came_from(void **state)
{
    (void)state;
    static const char SOURCE[] = "one\ntwo\nthree\nfour\n";
    char marked[200];
    struct text text;
    unsigned lines[8] = {0};
    text_init(&text, marked, sizeof marked);
    assert_int_equal(lint_mark(SOURCE, strlen(SOURCE), &text), STATUS_OK);
    char *third = strstr(marked, "two"); // a section that was left out takes its lines along
    memmove(third, strstr(marked, "three"), strlen(strstr(marked, "three")) + 1);
    size_t length = strlen(marked);
    assert_int_equal(lint_unmark(marked, &length, lines, COUNT_OF(lines)), 3);
    assert_int_equal(length, strlen("one\nthree\nfour\n"));
    assert_memory_equal(marked, "one\nthree\nfour\n", length);
    assert_int_equal(lines[0], 1);
    assert_int_equal(lines[1], 3);
    assert_int_equal(lines[2], 4);
}

static void formats_are_told_apart(void **state)
{
    (void)state;
    for (enum lint_format format = LINT_UNKNOWN + 1; format < LINT_FORMAT_COUNT; format++) {
        const char *name = format == LINT_AGAMA      ? "profile.json"
                           : format == LINT_IGNITION ? "config.ign"
                           : format == LINT_OVERLAY  ? "host.apkovl.tar.gz"
                                                     : "answers";
        enum lint_format guessed = lint_guess_format(name, BASES[format], strlen(BASES[format]));
        if (guessed != format) {
            fail_msg("%s was taken for '%s'", lint_format_text(format), lint_format_text(guessed));
        }
    }
    assert_int_equal(lint_guess_format("notes.txt", "Dear all\n", 9), LINT_UNKNOWN);
    assert_int_equal(lint_guess_format("ks.cfg", "", 0), LINT_KICKSTART);
}

static void no_break_spaces_are_told_and_mended(void **state)
{
    (void)state;
    struct lint lint;
    char text[] = "label a\n\xc2\xa0\xc2\xa0kernel b\n append \xc3\xa0 \xc2";
    lint_init(&lint);
    lint_mend_blanks(text, strlen(text), &lint);
    assert_string_equal(text, "label a\n    kernel b\n append \xc3\xa0 \xc2");
    assert_int_equal(lint.count, 1);
    assert_int_equal(lint.findings[0].line, 2);
}

static void findings_are_sorted_told_once_and_bounded(void **state)
{
    (void)state;
    struct lint lint;
    lint_init(&lint);
    for (unsigned i = 0; i < LINT_FINDINGS_MOST + 10; i++) {
        lint_add(&lint, LINT_MENU_WORD, 100 - i % 50, "%s", "x");
    }
    assert_true(lint.has_more);
    lint_sort(&lint);
    assert_int_equal(lint.count, 50);
    assert_int_equal(lint.findings[0].line, 51);
    assert_int_equal(lint_count(&lint, LINT_WARNING), 50);
    assert_int_equal(lint_count(&lint, LINT_ERROR), 0);
}

static void secrets_in_a_file_are_noticed(void **state)
{
    (void)state;
    static const char PLAIN[] = "rootpw x\n";
    struct lint_subject subject = {.format = LINT_KICKSTART, .text = PLAIN, .length = strlen(PLAIN)};
    assert_true(lint_has_secret(&subject));
    subject.text = KICKSTART;
    subject.length = strlen(KICKSTART);
    assert_true(lint_has_secret(&subject));
    subject.text = "rootpw --lock\n";
    subject.length = strlen(subject.text);
    assert_false(lint_has_secret(&subject));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_have_no_findings),
        cmocka_unit_test(every_rule_fires_on_its_fault_and_not_on_what_is_nearly_one),
        cmocka_unit_test(every_rule_has_an_example_an_id_and_a_remedy),
        cmocka_unit_test(a_finding_names_the_line_but_no_secret),
        cmocka_unit_test(kernel_arguments_that_name_the_source_excuse_the_file),
        cmocka_unit_test(arguments_decide_whether_an_installer_asks),
        cmocka_unit_test(nothing_is_said_to_be_missing_from_arguments_that_are_only_a_part),
        cmocka_unit_test(passwords_in_kernel_arguments_are_found),
        cmocka_unit_test(names_without_value_are_found_unless_they_are_optional),
        cmocka_unit_test(what_stands_in_a_section_that_comes_out_empty_needs_no_value),
        cmocka_unit_test(misspelt_names_are_found_in_open_templates_too),
        cmocka_unit_test(missing_snippets_and_callbacks_and_written_out_hashes_are_found),
        cmocka_unit_test(what_a_template_needs_is_what_stands_outside_its_own_section),
        cmocka_unit_test(marks_tell_where_lines_came_from),
        cmocka_unit_test(formats_are_told_apart),
        cmocka_unit_test(no_break_spaces_are_told_and_mended),
        cmocka_unit_test(findings_are_sorted_told_once_and_bounded),
        cmocka_unit_test(what_snippets_name_is_looked_at_too),
        cmocka_unit_test(secrets_in_a_file_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
