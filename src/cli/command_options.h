// SPDX-License-Identifier: GPL-3.0-or-later
// The options of the commands, in the order of the table that they are for: command_table.c alone includes
// this.
#pragma once

#include "cli/command.h"

#define OPTIONS_END                                                                                          \
    {                                                                                                        \
        NULL, NULL, NULL, false, false                                                                       \
    }
#define OPTION(name, value, about)                                                                           \
    {                                                                                                        \
        name, value, about, false, false                                                                     \
    }
#define OPTION_MANY(name, value, about)                                                                      \
    {                                                                                                        \
        name, value, about, true, false                                                                      \
    }
#define OPTION_NEEDED(name, value, about)                                                                    \
    {                                                                                                        \
        name, value, about, false, true                                                                      \
    }

static const struct command_option common_options[] = {
    OPTION("json", NULL, "print JSON: one object, or an array of them"),
    OPTION("socket", "PATH", "the daemon's control socket"),
    OPTION("help", NULL, "explain the command"),
    OPTIONS_END,
};

static const struct command_option report_options[] = {
    OPTION("output", "FILE",
           "the archive to write, instead of MACHINE-report.tar.gz; it must not be there yet"),
    OPTION("packets", "FILE", "a capture made by capture-packets, to go with it"),
    OPTIONS_END,
};
static const struct command_option capture_options[] = {
    OPTION("for", "TIME", "end after that time, such as 30s or 5m, instead of at ^C"),
    OPTION("output", "FILE", "the capture to write, instead of MACHINE.pcapng; it must not be there yet"),
    OPTIONS_END,
};
static const struct command_option selftest_options[] = {
    OPTION("interface", "NAME", "only that interface"),
    OPTIONS_END,
};
static const struct command_option explain_options[] = {
    OPTION("client", "ADDRESS", "only the client with this IP or MAC address"),
    OPTION("timeline", NULL, "list what happened, too"),
    OPTION("as-scenario", NULL,
           "print what the clients of a FILE did as a scenario that can be played again"),
    OPTIONS_END,
};
static const struct command_option serve_options[] = {
    OPTION("config", "FILE", "the configuration, instead of /etc/imprint/imprint.yaml"),
    OPTION("log-level", "error|warning|notice|info|debug", "how much to log; info if not given"),
    OPTION("log-format", "auto|human|logfmt|json|journal", "how; auto looks where the log goes"),
    OPTIONS_END,
};

static const struct command_option watch_options[] = {
    OPTION("for", "TIME", "end after that time, such as 30s or 5m"),
    OPTION("last", "N", "begin with the last N things that happened"),
    OPTIONS_END,
};

static const struct command_option events_options[] = {
    OPTION("last", "N", "only the last N"),
    OPTIONS_END,
};

static const struct command_option machine_list_options[] = {
    OPTION("state", "new|approved|rejected", "only those in that state"),
    OPTIONS_END,
};

static const struct command_option machine_add_options[] = {
    {"mac", "MAC", "a MAC address of it", true, true},
    OPTION("uuid", "UUID", "its SMBIOS system UUID"),
    OPTION("serial", "TEXT", "its serial number"),
    OPTION("address", "ADDRESS", "the IPv4 address reserved for it"),
    OPTION("address6", "ADDRESS", "the IPv6 address reserved for it"),
    OPTION("hostname", "NAME", "the host name that it gets, instead of its name"),
    OPTION("loader", "auto|ipxe|pxelinux|grub", "the boot loader that it gets"),
    OPTION_MANY("dhcp-option", "NAME=VALUE", "a DHCP option of its own, as dhcp.options has them"),
    OPTIONS_END,
};

static const struct command_option machine_answers_options[] = {
    OPTION("show", "NUMBER|last", "print that one"),
    OPTIONS_END,
};

static const struct command_option machine_approve_options[] = {
    OPTION("name", "NAME", "call it so from now on"),
    OPTIONS_END,
};

static const struct command_option machine_edit_options[] = {
    OPTION("name", "NAME", "its new name"),
    OPTION_MANY("add-mac", "MAC", "one more MAC address"),
    OPTION_MANY("remove-mac", "MAC", "one MAC address less"),
    OPTION("uuid", "UUID|none", "its SMBIOS system UUID"),
    OPTION("serial", "TEXT|none", "its serial number"),
    OPTION("address", "ADDRESS|none", "the IPv4 address reserved for it"),
    OPTION("address6", "ADDRESS|none", "the IPv6 address reserved for it"),
    OPTION("hostname", "NAME|none", "the host name that it gets, instead of its name"),
    OPTION("loader", "auto|ipxe|pxelinux|grub", "the boot loader that it gets"),
    OPTION_MANY("dhcp-option", "NAME=VALUE",
                "a DHCP option of its own, as dhcp.options has them; without VALUE it is kept from it"),
    OPTION_MANY("remove-dhcp-option", "NAME", "one DHCP option of its own less"),
    OPTION("tftp-blksize", "N|auto",
           "the largest TFTP block that it gets; auto forgets what was learned too"),
    OPTION("tftp-rollover", "0|1|auto", "the TFTP block number behind 65535; tftp.rollover if auto"),
    OPTIONS_END,
};

static const struct command_option agent_build_options[] = {
    OPTION("cloud", NULL, "for virtual machines only: much smaller"),
    OPTION("program", "FILE", "the program imprint-agent, when it is not where imprint is"),
    OPTIONS_END,
};

static const struct command_option image_build_options[] = {
    OPTION("as", "NAME", "call the image so, instead of what is built"),
    OPTION("mirror", "URL", "fetch the packages there, instead of where this machine's apt does"),
    OPTION_MANY("package", "NAME", "one more package in it"),
    OPTIONS_END,
};

static const struct command_option image_add_options[] = {
    OPTION("kernel", "PATH", "the kernel below a folder, when it is not recognised"),
    OPTION("initrd", "PATH", "the initrd below a folder"),
    OPTION("arguments", "TEXT", "kernel arguments that it always needs"),
    OPTION("description", "TEXT", "what it is"),
    OPTION("sha256", "HEX", "the file's SHA-256: another file is not added"),
    OPTIONS_END,
};

static const struct command_option image_fetch_options[] = {
    OPTION("list", NULL, "list what can be fetched, as without NAME"),
    OPTION("from", "URL", "fetch it there, from a mirror of that folder"),
    OPTION("as", "NAME", "call the image so, instead of NAME"),
    OPTION("keyring", "FILE", "believe the OpenPGP keys in FILE, instead of those of the catalogue"),
    OPTION("offers", "FILE", "more to fetch, instead of /etc/imprint/os/offers.yaml"),
    OPTION("unsigned", NULL, "ask for no signature: HTTPS alone vouches for the checksums"),
    OPTIONS_END,
};

static const struct command_option profile_add_options[] = {
    OPTION_NEEDED("image", "IMAGE", "what it boots"),
    OPTION("arguments", "TEXT", "kernel arguments behind the image's own; a template"),
    OPTION("answer-file", "FILE", "the answer file (preseed, for one); a template"),
    OPTION("answer-name", "NAME", "its name in the URL, instead of FILE's"),
    OPTION_MANY("set", "KEY=VALUE", "a value for {{KEY}} in the templates"),
    OPTION_MANY("secret", "KEY|KEY=@FILE",
                "a secret for {{KEY}}: it is asked for, or the first line of FILE"),
    OPTION("hostname", "NAME", "its host name; a template, such as 'station{{address.last_octet}}'"),
    OPTION("root-password-prompt", NULL, "ask for root's password, or read it as a line of standard input"),
    OPTION("root-password-hash-file", "FILE", "root's password as a hash (crypt(5)) in FILE"),
    OPTION("user", "NAME", "make this account, which may use sudo"),
    OPTION("user-password-prompt", NULL, "ask for its password, or read it as a line of standard input"),
    OPTION("user-password-hash-file", "FILE", "its password as a hash in FILE"),
    OPTION_MANY("ssh-key", "@FILE|TEXT", "a public ssh key that lets root and the user in"),
    OPTION("timezone", "ZONE", "its time zone, such as Europe/Berlin"),
    OPTION("locale", "LOCALE", "its language, such as de_DE.UTF-8"),
    OPTION("packages", "NAMES", "packages to install besides, with blanks between"),
    OPTION("network", "dhcp|static", "how it gets its address; static writes the one it has now down"),
    OPTION("script", "FILE", "run this as root in the new system at the end; a template"),
    OPTION("disk", "RULE",
           "which disk: serial=S, name=vda, transport=nvme, model=TEXT, size>=100G, smallest, largest"),
    OPTIONS_END,
};

static const struct command_option profile_show_options[] = {
    OPTION("answer", NULL, "only the template of the answer file"),
    OPTIONS_END,
};

static const struct command_option profile_edit_options[] = {
    OPTION("image", "IMAGE", "what it boots"),
    OPTION("arguments", "TEXT", "kernel arguments behind the image's own; a template"),
    OPTION("answer-file", "FILE", "the answer file (preseed, for one); a template"),
    OPTION("answer-name", "NAME", "its name in the URL, instead of FILE's"),
    OPTION("no-answer", NULL, "take the answer file out"),
    OPTION_MANY("set", "KEY=VALUE", "a value for {{KEY}} in the templates"),
    OPTION_MANY("secret", "KEY|KEY=@FILE",
                "a secret for {{KEY}}: it is asked for, or the first line of FILE"),
    OPTION_MANY("unset", "KEY", "take a value out"),
    OPTION("hostname", "NAME|none", "its host name; a template, such as 'station{{address.last_octet}}'"),
    OPTION("root-password-prompt", NULL, "ask for root's password, or read it as a line of standard input"),
    OPTION("root-password-hash-file", "FILE|none", "root's password as a hash (crypt(5)) in FILE"),
    OPTION("user", "NAME|none", "make this account, which may use sudo"),
    OPTION("user-password-prompt", NULL, "ask for its password, or read it as a line of standard input"),
    OPTION("user-password-hash-file", "FILE|none", "its password as a hash in FILE"),
    OPTION_MANY("ssh-key", "@FILE|TEXT|none", "a public ssh key; those given replace all"),
    OPTION("timezone", "ZONE|none", "its time zone, such as Europe/Berlin"),
    OPTION("locale", "LOCALE|none", "its language, such as de_DE.UTF-8"),
    OPTION("packages", "NAMES|none", "packages to install besides, with blanks between"),
    OPTION("network", "dhcp|static", "how it gets its address; static writes the one it has now down"),
    OPTION("script", "FILE|none", "run this as root in the new system at the end; a template"),
    OPTION("disk", "RULE|none",
           "which disk: serial=S, name=vda, transport=nvme, model=TEXT, size>=100G, smallest, largest"),
    OPTIONS_END,
};

static const struct command_option profile_render_options[] = {
    OPTION("arguments", NULL, "only the kernel arguments"),
    OPTION("answer", NULL, "only the answer file"),
    OPTIONS_END,
};

static const struct command_option profile_new_options[] = {
    OPTION_NEEDED("image", "IMAGE", "what it installs"),
    OPTION("yes", NULL, "ask nothing: what no option says is what the question would offer"),
    OPTION("layout", "lvm|plain", "how the disk is divided"),
    OPTION("encrypt", NULL, "encrypt the disk; the passphrase is asked for"),
    OPTION("passphrase-file", "FILE", "encrypt it with the passphrase in the first line of FILE"),
    OPTION("root-password-prompt", NULL, "ask for root's password, or read it as a line of standard input"),
    OPTION("root-password-hash-file", "FILE", "root's password as a hash (crypt(5)) in FILE"),
    OPTION("user", "NAME", "an account that may become root"),
    OPTION("user-password-prompt", NULL, "ask for its password, or read it as a line of standard input"),
    OPTION("user-password-hash-file", "FILE", "its password as a hash in FILE"),
    OPTION("ssh-key", "@FILE|TEXT", "a public ssh key that lets them in"),
    OPTION("locale", "LOCALE", "its language, such as de_DE.UTF-8"),
    OPTION("keymap", "NAME", "its keyboard, such as de"),
    OPTION("timezone", "ZONE", "its time zone, such as Europe/Berlin"),
    OPTION("network", "dhcp|static", "how it gets its address; static writes the one it has now down"),
    OPTION("packages", "NAMES", "packages to install besides, with blanks between"),
    OPTION_MANY("set", "KEY=VALUE", "another value of the answer file, such as mirror or ntp_server"),
    OPTIONS_END,
};

static const struct command_option profile_lint_options[] = {
    OPTION("machine", "MACHINE", "check what this machine would get, too"),
    OPTION("online", NULL, "ask the mirrors and repositories in it whether they are there"),
    OPTION_MANY("set", "KEY=VALUE", "a value for {{KEY}} in FILE"),
    OPTION("snippets", "FOLDER", "where the pieces {{> NAME}} are, instead of /etc/imprint/snippets"),
    OPTIONS_END,
};

static const struct command_option menu_preview_options[] = {
    OPTION("machine", "MACHINE", "for this machine; without it, for one that no entry names"),
    OPTION("arch", "bios|uefi-x64|uefi-ia32|uefi-arm64", "for this firmware; the machine's own if not given"),
    OPTION("loader", "auto|pxelinux|grub|ipxe",
           "for this boot loader; the firmware's usual one if not given"),
    OPTIONS_END,
};

static const struct command_option deploy_options[] = {
    OPTION("profile", "PROFILE", "what to boot; what the machines' class proposes when it is left out"),
    OPTION("expires", "TIME", "how long the order waits for the machine, such as 2h; 24h if not given"),
    OPTION("reason", "TEXT", "why, for those who read the timeline later"),
    OPTION("tries", "N", "how often the machine may start it; 5 if not given"),
    OPTION("disk", "RULE", "which disk, instead of the profile's rule"),
    OPTION("erase", "SERIAL", "erase this disk though it is not blank; with one machine only"),
    OPTION("count", "N", "the number of machines, needed above policy.max_targets"),
    OPTION("approve", NULL, "approve those that are new"),
    OPTION("wait", NULL, "wait until it is over; the exit status is 0 only when all are finished"),
    OPTIONS_END,
};

static const struct command_option order_cancel_options[] = {
    OPTION("reason", "TEXT", "why, for those who read the timeline later"),
    OPTIONS_END,
};

static const struct command_option order_confirm_options[] = {
    OPTION_NEEDED("erase", "SERIAL",
                  "the disk whose contents are given up, as 'imprint order show' tells it"),
    OPTIONS_END,
};

static const struct command_option order_list_options[] = {
    OPTION("all", NULL, "those that ended more than a day ago, too"),
    OPTIONS_END,
};

static const struct command_option lease_list_options[] = {
    OPTION("all", NULL, "those that were given back or ran out, too"),
    OPTION("state", "bound|declined|free|ended", "only those in that state"),
    OPTION("subnet", "NETWORK", "only addresses of that network, such as 192.0.2.0/24"),
    OPTIONS_END,
};

static const struct command_option lease_release_options[] = {
    OPTION("reason", "TEXT", "why, for those who read the timeline later"),
    OPTIONS_END,
};

static const struct command_option lease_import_options[] = {
    OPTION("from", "imprint|kea|dnsmasq|dhcpd", "what the files are, when that is not seen by itself"),
    OPTIONS_END,
};

static const struct command_option certificate_export_options[] = {
    OPTION("format", "pem|der|esl", "as PEM, as DER, or as an EFI signature list"),
    OPTIONS_END,
};

static const struct command_option config_options[] = {
    OPTION("config", "FILE", "the same as FILE behind the command"),
    OPTIONS_END,
};

// Of `tftp get` and `tftp put`.
#define TFTP_OPTIONS                                                                                         \
    OPTION("blksize", "N", "bytes in a block, 8 to 65464; 1468 if not given"),                               \
        OPTION("blksize2", "N", "the same as a power of two, an option of tftp-hpa's"),                      \
        OPTION("windowsize", "N", "blocks to one acknowledgement, 1 to 65535; 32 if not given"),             \
        OPTION("timeout", "S", "the seconds after which to send again that the server is asked for"),        \
        OPTION("utimeout", "US", "the same in microseconds, an option of tftp-hpa's"),                       \
        OPTION("rollover", "N", "the block number behind 65535, usually 0 or 1"),                            \
        OPTION("no-options", NULL, "ask for no options at all, as the oldest clients do"),                   \
        OPTION("netascii", NULL,                                                                             \
               "it is a text: line ends become those of this system, and on the wire CR LF"),                \
        OPTION("patience", "S", "give up after so many seconds without progress; 30 if not given")

static const struct command_option tftp_get_options[] = {
    OPTION("output", "FILE", "what it is called here; - is standard output"),
    OPTION("multicast", NULL,
           "get it together with others, by multicast (RFC 2090), if the server does that"),
    OPTION("msftwindow", "N", "windows of N blocks as loaders of Windows ask for them, 1 to 255"),
    TFTP_OPTIONS,
    OPTIONS_END,
};

static const struct command_option tftp_put_options[] = {
    OPTION("as", "NAME", "what it is called on the server"),
    TFTP_OPTIONS,
    OPTIONS_END,
};

static const struct command_option migrate_options[] = {
    OPTION("output", "FILE", "write it to FILE, a new one, instead of standard output"),
    OPTION("machines", "FILE", "write the commands that add the machines to FILE, a new shell script"),
    OPTION("from", "kea|xinetd|tftpd-hpa|atftpd|dhcpd|inetd|dnsmasq",
           "whose files they are, when that is not seen by itself"),
    OPTIONS_END,
};

static const struct command_option tftp_map_options[] = {
    OPTION("put", NULL, "as if the client wanted to write the file"),
    OPTION("client", "ADDRESS", "the client's IPv4 address, for \\i and \\x; 127.0.0.1 if not given"),
    OPTION("root", "DIR", "the folder that E looks into, and the result is looked for in"),
    OPTIONS_END,
};
