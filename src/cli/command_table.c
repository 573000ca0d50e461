// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the table of commands, in the order of the help. Commands of one group stand together.
#include "cli/command.h"
#include "cli/command_options.h"
#include "cli/handlers.h"

static const struct command rows[] = {
    {"serve", "", serve_options, "be the daemon, in the foreground", "See imprint-serve(8).", command_serve,
     false},
    {"status", "", NULL, "tell how the daemon is and what it serves", "", command_status, false},
    {"watch", "[MACHINE]", watch_options, "print what happens, live, a line for each thing",
     "Without MACHINE it tells of all machines and of the daemon itself. With --json each line is one "
     "object.",
     command_watch, false},
    {"events", "[MACHINE]", events_options, "print what happened",
     "The daemon remembers the last 10,000 things.", command_events, false},

    {"machine list", "", machine_list_options, "list the machines", "", command_machine_list, false},
    {"machine show", "MACHINE", NULL, "show all that is known of a machine", "", command_machine_show, false},
    {"machine add", "NAME", machine_add_options, "add a machine before it is seen",
     "It is approved, since somebody wrote it down.", command_machine_add, false},
    {"machine boots", "MACHINE", NULL, "list a machine's boots: how far each came, and why it stopped",
     "The newest first, since the daemon started. 'imprint explain MACHINE' tells all of the last one.",
     command_machine_boots, false},
    {"machine answers", "MACHINE", machine_answers_options, "show the answer files that a machine was given",
     "The newest 8 since the daemon started, as they were rendered then, secrets masked. 'imprint profile "
     "render' shows what it would get now.",
     command_machine_answers, false},
    {"machine approve", "MACHINE...", machine_approve_options,
     "approve machines, so that orders can be given",
     "An approved machine boots its own disk until there is an order for it.", command_machine_approve,
     false},
    {"machine reject", "MACHINE...", NULL, "reject machines: they get no boot information",
     "A live order for it is cancelled.", command_machine_reject, false},
    {"machine edit", "MACHINE", machine_edit_options, "change what is known of a machine",
     "What is not named stays; 'none' takes a value back.", command_machine_edit, false},
    {"machine remove", "MACHINE...", NULL, "forget machines, with their orders",
     "A machine that is seen again is recorded anew, as an unknown one.", command_machine_remove, false},

    {"agent build", "", agent_build_options, "make the agent, the small Linux that writes images to disks",
     "It is made of Debian's kernel, fetched with apt, of this machine's disk tools and of imprint's own "
     "program, and takes the place of the one that was there.",
     command_agent_build, false},
    {"agent show", "", NULL, "show the agent that is there", "", command_agent_show, false},

    {"image build", "[NAME]", image_build_options, "make an image of a system, here, from its packages",
     "Without NAME it lists what can be built. It needs root, and room for the system in TMPDIR or /var/tmp.",
     command_image_build, false},
    {"image add", "FILE [NAME]", image_add_options, "copy an image to the daemon and find out what it is",
     "FILE is an ISO image, which is never unpacked: its files are served from inside it, and one that lies "
     "in "
     "the daemon's folder of images is not copied either; a disk image (raw, "
     "qcow2), a root file system (tar, also compressed; squashfs; '-' is a tar on "
     "standard input), or a folder with a netboot tree. Its name is made from FILE's when it is not given. A "
     "folder may stand behind the name, too. Links in a folder are followed as long as they lead to "
     "something "
     "inside it. The kernel and the initrd of systems that imprint knows are found by themselves. A URL, "
     "http:// "
     "or https://, in FILE's place is downloaded first; what broke off goes on at the next try.",
     command_image_add, false},
    {"image fetch", "[NAME]", image_fetch_options, "fetch an image from where it is made, and add it",
     "Without NAME it lists what the catalogue knows. The list of checksums is fetched first and its "
     "signature "
     "checked by gpgv with the keys of that system's makers, then the image, and its checksum; nothing is "
     "added "
     "before all of that is right. A download that breaks off goes on at the next try.",
     command_image_fetch, false},
    {"image list", "", NULL, "list the images", "", command_image_list, false},
    {"image show", "IMAGE", NULL, "show an image",
     "Which boot loader comes for each UEFI firmware, the medium's own or imprint's, is told with the "
     "reason. "
     "What a boot of it sends to UEFI firmware comes with who signed it, and with whether machines with "
     "Secure Boot take it: those that know Microsoft's UEFI CA of 2011, of 2023, or neither.",
     command_image_show, false},
    {"image verify", "[IMAGE...]", NULL, "look whether all that the boot of images asks for is there",
     "Each way to boot an image asks for a kernel, initrds, and what its arguments name: each of these files "
     "is "
     "looked for where the daemon would serve it from, and must begin as its kind does. Without IMAGE all "
     "images "
     "are looked at. The exit status is 1 when some machine would not boot. Whether machines with "
     "Secure Boot will is said besides.",
     command_image_verify, false},
    {"image remove", "IMAGE...", NULL, "remove images that no profile uses, with their files", "",
     command_image_remove, false},

    {"profile new", "NAME", profile_new_options,
     "make a profile that installs without a question, by asking a few",
     "It starts from the answer file that is shipped for the image's family (Debian, Ubuntu, Red Hat's, "
     "SUSE's, Fedora "
     "CoreOS, Flatcar, Proxmox, ESXi) and asks only what that file has a place for: disk, encryption, "
     "passwords, user, "
     "ssh key, language, keyboard, time zone, network, packages. Each question is an option, too. Passwords "
     "are kept as "
     "secrets, as hashes.",
     command_profile_new, false},
    {"profile add", "NAME", profile_add_options,
     "make a profile: an image and what makes it one certain installation",
     "An image that boots an installer takes arguments and an answer file; one that is written to the disk "
     "takes all the others. Templates write values as {{hostname}}; 'imprint profile render' shows what "
     "comes out. Passwords leave this command as hashes only, and nothing ever shows them again.",
     command_profile_add, false},
    {"profile list", "", NULL, "list the profiles", "", command_profile_list, false},
    {"profile show", "PROFILE", profile_show_options, "show a profile", "", command_profile_show, false},
    {"profile edit", "PROFILE", profile_edit_options, "change a profile",
     "What is not named stays; 'none' takes a value back. Orders that are under way get the new texts, too.",
     command_profile_edit, false},
    {"profile render", "PROFILE MACHINE", profile_render_options, "show what a machine would get", "",
     command_profile_render, false},
    {"profile values", "", NULL, "list the names that templates may use",
     "They stand in answer files, kernel arguments, host names and scripts as {{NAME}}. A profile's own "
     "(--set, --secret) and "
     "{{mirrors.NAME}}, the URL of a mirror, come besides.",
     command_profile_values, false},
    {"profile lint", "PROFILE|FILE", profile_lint_options,
     "check an answer file before a machine is switched on",
     "Knows kickstart, preseed, autoinstall, AutoYaST, Agama, Ignition, Proxmox and ESXi files and menus of "
     "pxelinux and GRUB, by what stands in them. It finds what makes an installer stop and ask, what gives "
     "passwords away, and names without value; checkers of others (cloud-init, debconf-set-selections, "
     "ksvalidator, xmllint, grub-script-check) are asked if they are installed. It ends with 1 when there is "
     "an error.",
     command_profile_lint, false},
    {"profile remove", "PROFILE...", NULL, "remove profiles that no live order uses", "",
     command_profile_remove, false},

    {"deploy", "MACHINE...", deploy_options, "order that machines get a profile, once",
     "The order is carried out at the machine's next network boot. Either every machine named gets its "
     "order, or none does. A MAC address that no machine has yet adds that machine. A disk that is not blank "
     "is only erased when a person says so: with --erase, or with 'imprint order confirm' once the machine "
     "has told what would be lost.",
     command_deploy, false},
    {"order list", "", order_list_options, "list the orders", "", command_order_list, false},
    {"order show", "ORDER", NULL, "show an order: how far it is, what is wrong, what to do", "",
     command_order_show, false},
    {"order confirm", "ORDER", order_confirm_options, "give up what is on a disk, so that the order goes on",
     "For an order that needs-confirmation. What is on that disk is lost.", command_order_confirm, false},
    {"order log", "ORDER", NULL, "print what the agent said while it carried the order out", "",
     command_order_log, false},
    {"order cancel", "ORDER...", order_cancel_options, "take orders back",
     "A disk that is being written when its order is taken back stays half written and does not boot.",
     command_order_cancel, false},

    {"lease list", "[MACHINE]", lease_list_options, "list the addresses that are given out",
     "MACHINE may be an address, or a MAC address that no machine has, too. 'declined' are those that are "
     "set "
     "aside, since somebody else uses them.",
     command_lease_list, false},
    {"lease release", "ADDRESS...", lease_release_options, "end leases, so that others may get the addresses",
     "The client is not told, since DHCP has no way to: it uses its address until it renews, and then gets "
     "the same one if nobody else got it meanwhile. An address is asked for on the network before it is "
     "given to another one (dhcp.ping_check). Addresses that are reserved for their machine are refused.",
     command_lease_release, false},
    {"lease import", "FILE...", lease_import_options, "take the leases of another DHCP server over",
     "FILE is dhcpd.leases of ISC dhcpd, the file of dnsmasq's dhcp-leasefile, Kea's memfile "
     "(kea-leases4.csv), what 'imprint lease list --json' of another imprint prints, or - for standard "
     "input. The last that the files tell of an address counts. What is not taken is told with its line and "
     "the reason: its time is over, no range has it, it is reserved or excluded, or somebody has it here. "
     "What imprint says it took is on its disk; the same files again change nothing.",
     command_lease_import, false},

    {"tftp get", "HOST FILE", tftp_get_options, "fetch a file from a TFTP server, any one",
     "HOST may have a port behind it, HOST:PORT. The file appears here when it is whole, and takes the place "
     "of one of the same name then; what was there stays when the transfer fails. TFTP cannot go on with a "
     "transfer that broke off: it begins anew. It needs no daemon.",
     command_tftp_get, false},
    {"tftp put", "HOST FILE", tftp_put_options, "send a file to a TFTP server that takes files",
     "FILE may be -, standard input. An imprint takes files where tftp.upload.folder is set.",
     command_tftp_put, false},
    {"tftp map", "FILE NAME", tftp_map_options, "show step by step what a map file makes of a name",
     "FILE has rules as in.tftpd reads them with -m; tftp.map names the one that the daemon uses. NAME is "
     "what a client "
     "asks for. Each line shows a rule, and what it does to the name. It needs no daemon.",
     command_tftp_map, false},
    {"menu preview", "", menu_preview_options, "show the menu that a machine would show",
     "The menu is set in the configuration (menu). It lists the entries, which of them are shown and why "
     "others "
     "are not, and prints the text that the machine's boot loader would get.",
     command_menu_preview, false},
    {"mirror list", "", NULL, "list the mirrors of package repositories", "", command_mirror_list, false},
    {"mirror status", "[NAME]", NULL, "show what a mirror holds, fetches and could not fetch",
     "Without NAME it shows all of them. They are set in the configuration (mirrors) and served below "
     "/mirror/NAME/ over HTTP.",
     command_mirror_status, false},
    {"mirror clear", "NAME [PATH]", NULL, "empty the cache of a mirror",
     "With PATH only that folder or file below the mirror. What is asked for again is fetched again. It is "
     "to be "
     "done when the mirror's url leads to other packages of the same names.",
     command_mirror_clear, false},
    {"quirk list", "", NULL, "list the firmware that needs offers of another shape",
     "What imprint knew before (shipped, with its witness), and what machines here taught: firmware that "
     "ignored its "
     "offers, and which shape it took at last. With --json it is a table for other imprints and for a "
     "report.",
     command_quirk_list, false},
    {"quirk forget", "FIRMWARE", NULL, "forget what machines taught about a firmware",
     "Machines with it get the usual offer again, and are learned anew.", command_quirk_forget, false},
    {"certificate show", "", NULL, "show the certificate of HTTPS, and what firmware must be given for it",
     "", command_certificate_show, false},
    {"certificate export", "FILE", certificate_export_options,
     "write the certificate that firmware must be given to boot by HTTPS",
     "FILE may be -, standard output. It is the certificate of the authority that signs the server's: "
     "imprint's "
     "own, or the last one in the file of https.certificate. Without --format the end of FILE's name tells "
     "the "
     "format: .der and .cer, .esl, all else is PEM.",
     command_certificate_export, false},
    {"config check", "[FILE]", config_options, "look for mistakes in the configuration",
     "It needs no daemon, and without FILE it reads /etc/imprint/imprint.yaml.", command_config_check, false},
    {"config show", "[FILE]", config_options, "print the configuration with every default filled in",
     "It needs no daemon, and without FILE it reads /etc/imprint/imprint.yaml.", command_config_show, false},
    {"config manual", "", NULL, "print the list of keys of imprint.yaml(5)", "", command_config_manual, true},
    {"migrate", "FILE...", migrate_options, "turn other servers' configuration into imprint's",
     "FILE is dhcpd.conf of ISC dhcpd, kea-dhcp4.conf, dnsmasq.conf, or of a TFTP server: a "
     "service file of xinetd, inetd.conf, /etc/default/tftpd-hpa or /etc/default/atftpd. Files that it "
     "includes are read too, where it says or beside it. It prints YAML for imprint.yaml(5), with the place "
     "that each setting came from and the commands that add its machines, and tells on standard error, with "
     "line numbers, what is not quite the same, what could not be carried over and why, and what was wrong "
     "in the files. It needs no daemon and changes nothing.",
     command_migrate, false},
    {"report", "MACHINE", report_options,
     "pack what is known of a machine's boots, to show it to somebody else",
     "The archive has its boots with their verdicts, its events and orders, the server's state and "
     "configuration. Passwords, "
     "their hashes and tokens are left out.",
     command_report, false},
    {"capture-packets", "MACHINE", capture_options, "capture the packets of a machine's boot",
     "Takes what the machine sends and gets on the served interfaces, the newest 16 MiB, and writes it as "
     "pcapng when it ends. What files hold, tokens and passwords are left out. It needs root.",
     command_capture_packets, false},
    {"selftest", "", selftest_options, "find what would fail, before a machine does",
     "A virtual client is put on each served interface and asks as every kind of firmware would, fetches the "
     "loaders and "
     "what they ask for next; images, profiles, other servers and the clock are looked at. The network "
     "hears nothing of it, and nothing is recorded. It needs root.",
     command_selftest, false},
    {"check", "FILE...", NULL, "name the faults in the files that a network boot depends on, of any server",
     "FILE is dhcpd.conf, a configuration of Kea, dnsmasq.conf, a file of xinetd, inetd, tftpd-hpa or "
     "atftpd, a menu of "
     "pxelinux or GRUB, a script of iPXE, an answer file (kickstart, preseed, autoinstall, AutoYaST, Agama, "
     "Ignition, "
     "Proxmox, ESXi), or imprint.yaml. What it is shows from what stands in it. It needs no daemon and "
     "changes nothing. The exit status is 1 "
     "when there is an error. 'imprint profile lint' knows templates and their values, too.",
     command_check, false},
    {"explain", "[MACHINE|FILE|REASON]", explain_options,
     "say why a machine did not boot, from what the daemon saw, a capture or a log; or explain a reason",
     "MACHINE: its last boot, as the daemon saw it. FILE is a capture (pcap, pcapng), what tcpdump printed, "
     "or the log of dhcpd, dnsmasq, Kea, in.tftpd, "
     "atftpd, "
     "WDS or a web server; '-' reads standard input. Each client in it is judged: one sentence, what shows "
     "it, why, and "
     "what to do. Of a file it needs no daemon, no root and no configuration. The exit status is 1 when "
     "something went "
     "wrong.",
     command_explain, false},

    {"version", "", NULL, "print the version", "", command_version, false},
    {"help", "[COMMAND...]", NULL, "explain a command, or list all of them", "", command_help, false},
    {"help-manual", "", NULL, "print the list of commands of imprint(1)", "", command_help_manual, true},
};

const struct command *command_table(size_t *count)
{
    *count = COUNT_OF(rows);
    return rows;
}

const struct command_option *command_common_options(void)
{
    return common_options;
}
