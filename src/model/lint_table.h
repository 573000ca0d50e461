// SPDX-License-Identifier: GPL-3.0-or-later
// The rules that answer files and boot menus are checked by, one row each. Included several times.
//
// LINT_RULE(name, id for people, severity, what is wrong, what to do)

// ---- templates and values ----
LINT_RULE(TEMPLATE_BROKEN, "template-broken", ERROR, "the template cannot be filled in",
          "close what is open: {{#name}} ... {{/name}}")
LINT_RULE(VALUE_UNDEFINED, "value-undefined", ERROR, "this name has no value, so nothing can be rendered",
          "give it one with --set NAME=VALUE, or write {{#name}}...{{/name}} around what needs it")
LINT_RULE(VALUE_MISSPELT, "value-misspelt", WARNING, "this name is nearly one that imprint knows",
          "'man imprint' lists the names; ignore this when it is a value of your own")
LINT_RULE(VALUE_UNUSED, "value-unused", NOTE, "no template of the profile writes this value",
          "imprint profile edit PROFILE --unset NAME takes it out")
LINT_RULE(SNIPPET_MISSING, "snippet-missing", ERROR, "there is no such snippet",
          "make it, or take {{> name}} out")

// ---- any answer file ----
LINT_RULE(FORMAT_BROKEN, "format-broken", ERROR, "the installer cannot read this",
          "mend the line; the format's own manual says how it is written")
LINT_RULE(LINE_ENDS, "line-ends", WARNING, "lines end in CR LF, which scripts in Linux trip over",
          "save it with the line ends of Unix")
LINT_RULE(BLANK_FALSE, "blank-false", ERROR,
          "a no-break space stands here, as pages of the web have them: it looks like a blank and is none",
          "write a blank instead")
LINT_RULE(PASSWORD_PLAIN, "password-plain", ERROR, "a password is written in plain text",
          "write its hash: mkpasswd -m sha-512 makes one")
LINT_RULE(PASSWORD_WEAK, "password-weak", WARNING, "the hash of a password is of a kind that is soon broken",
          "make it anew: mkpasswd -m sha-512")
LINT_RULE(SECRET_IN_TEMPLATE, "secret-in-template", WARNING,
          "a password hash stands in the template, where everybody sees it who may read templates",
          "write {{root_password_hash}} and give it as a value")
LINT_RULE(SECRET_READABLE, "secret-readable", ERROR,
          "the file holds a password or its hash, and everybody may read it", "chmod 600 FILE")
LINT_RULE(SECRET_IN_ARGUMENTS, "secret-in-arguments", ERROR,
          "a kernel argument holds a password, which every user of the system can read",
          "put it into the answer file")
LINT_RULE(
    CALLBACK_MISSING, "callback-missing", WARNING,
    "nothing fetches {{callback_url}}, so the order ends only when the machine boots from the network again",
    "fetch {{callback_url}} at the end of the installation, as the examples in os/ do")
LINT_RULE(CLOCK_WRONG, "clock-wrong", WARNING,
          "packages come by HTTPS, but the clock is not set from the network: with a flat battery no "
          "certificate holds",
          "let the installer ask a time server, or use a mirror by HTTP")
LINT_RULE(NETWORK_ASKS, "network-asks", ERROR, "the installer will ask for the network",
          "write what it is: DHCP, or the address")
LINT_RULE(SERVER_SILENT, "server-silent", ERROR, "this server does not give what the installation needs",
          "look whether the address is right and the server runs")
LINT_RULE(TOOL_SAYS, "tool-says", ERROR, "the format's own checker refuses it", "see what it says")
LINT_RULE(TOOL_WARNS, "tool-warns", WARNING, "the format's own checker could not be asked",
          "see what it says")
LINT_RULE(INTERACTIVE, "interactive", ERROR, "this makes the installer ask", "take it out")

// ---- kickstart ----
LINT_RULE(KICKSTART_ROOT, "kickstart-root", ERROR,
          "root has no password and there is no user: the installer asks",
          "rootpw --iscrypted HASH, or rootpw --lock and a user")
LINT_RULE(KICKSTART_TIMEZONE, "kickstart-timezone", ERROR, "there is no time zone: the installer asks",
          "timezone Etc/UTC --utc")
LINT_RULE(KICKSTART_LANGUAGE, "kickstart-language", ERROR, "there is no language: the installer asks",
          "lang en_US.UTF-8")
LINT_RULE(KICKSTART_KEYBOARD, "kickstart-keyboard", WARNING, "there is no keyboard: older installers ask",
          "keyboard us")
LINT_RULE(KICKSTART_DISK, "kickstart-disk", ERROR, "nothing says how disks are used: the installer asks",
          "autopart, or part ... for each partition")
LINT_RULE(KICKSTART_CLEAR, "kickstart-clear", WARNING,
          "partitions are made, but no clearpart: on a disk that is full the installer asks",
          "clearpart --all --initlabel, which erases all disks")
LINT_RULE(KICKSTART_ZEROMBR, "kickstart-zerombr", WARNING,
          "there is no zerombr: on a disk without a label older installers ask", "zerombr")
LINT_RULE(KICKSTART_BOOTLOADER, "kickstart-bootloader", WARNING, "there is no bootloader command",
          "bootloader")
LINT_RULE(KICKSTART_SOURCE, "kickstart-source", WARNING,
          "no install source: neither url, nfs, cdrom, harddrive nor inst.repo= among the kernel arguments",
          "url --url={{image.url}} when the medium has packages")
LINT_RULE(KICKSTART_PACKAGES, "kickstart-packages", WARNING, "there is no %packages: older installers ask",
          "%packages, a line for each, %end")
LINT_RULE(KICKSTART_END, "kickstart-end", ERROR,
          "this section is not ended: installers since 2009 refuse the file", "%end behind its last line")
LINT_RULE(KICKSTART_REBOOT, "kickstart-reboot", WARNING,
          "neither reboot nor poweroff: when it is done it waits for somebody to press a key", "reboot")
LINT_RULE(KICKSTART_UNKNOWN, "kickstart-unknown", WARNING, "no release of the installer has this command",
          "look whether it is misspelt; installers stop at a command they do not know")
LINT_RULE(KICKSTART_GONE, "kickstart-gone", WARNING, "newer installers do not have this command and stop",
          "take it out unless the system is as old as the command")

// ---- preseed ----
LINT_RULE(PRESEED_MALFORMED, "preseed-malformed", ERROR,
          "this line is no answer: 'owner question type value'", "such as: d-i time/zone string UTC")
LINT_RULE(PRESEED_LATE, "preseed-late", NOTE,
          "language, keyboard and network are asked before this file is fetched",
          "auto=true among the kernel arguments puts those questions off; the network must be there, too")
LINT_RULE(PRESEED_ZONE, "preseed-zone", ERROR, "time/zone is not answered", "d-i time/zone string UTC")
LINT_RULE(PRESEED_ROOT, "preseed-root", ERROR, "root's password is not answered and root is not switched off",
          "d-i passwd/root-password-crypted password HASH, or d-i passwd/root-login boolean false")
LINT_RULE(PRESEED_USER, "preseed-user", ERROR, "the installer asks for a user",
          "d-i passwd/make-user boolean false, or answer passwd/username, passwd/user-fullname and "
          "passwd/user-password-crypted")
LINT_RULE(PRESEED_MIRROR, "preseed-mirror", ERROR, "the mirror is not answered",
          "mirror/country string manual, mirror/http/hostname, mirror/http/directory")
LINT_RULE(PRESEED_PROXY, "preseed-proxy", WARNING, "mirror/http/proxy is not answered: the installer asks",
          "d-i mirror/http/proxy string")
LINT_RULE(PRESEED_METHOD, "preseed-method", ERROR, "nothing says how disks are used: the installer asks",
          "d-i partman-auto/method string regular and partman-auto/choose_recipe select atomic")
LINT_RULE(PRESEED_DISK, "preseed-disk", WARNING, "no disk is chosen: with two the installer asks",
          "partman-auto/disk, or partman/early_command that sets it")
LINT_RULE(
    PRESEED_CONFIRM, "preseed-confirm", ERROR, "the last question about the disk is not answered",
    "partman/confirm, partman/confirm_nooverwrite: boolean true; partman/choose_partition select finish")
LINT_RULE(PRESEED_LVM, "preseed-lvm", ERROR, "volumes are made, but writing them is not confirmed",
          "partman-lvm/confirm and partman-lvm/confirm_nooverwrite: boolean true")
LINT_RULE(PRESEED_CRYPTO, "preseed-crypto", ERROR, "the disk is encrypted, but there is no passphrase",
          "partman-crypto/passphrase and partman-crypto/passphrase-again")
LINT_RULE(PRESEED_TASKS, "preseed-tasks", WARNING, "tasksel/first is not answered: the installer asks",
          "tasksel tasksel/first multiselect standard, ssh-server")
LINT_RULE(PRESEED_POPULARITY, "preseed-popularity", WARNING,
          "popularity-contest/participate is not answered: the installer asks",
          "popularity-contest popularity-contest/participate boolean false")
LINT_RULE(PRESEED_GRUB, "preseed-grub", ERROR, "where the boot loader goes is not answered",
          "grub-installer/bootdev string default and grub-installer/only_debian boolean true")
LINT_RULE(PRESEED_FINISH, "preseed-finish", WARNING, "the last note is not answered: it waits for somebody",
          "d-i finish-install/reboot_in_progress note")

// ---- cloud-init and autoinstall ----
LINT_RULE(CLOUD_HEADER, "cloud-header", ERROR,
          "the first line must be #cloud-config, else cloud-init does not read it",
          "#cloud-config as the first line")
LINT_RULE(AUTOINSTALL_VERSION, "autoinstall-version", ERROR, "autoinstall has no version", "version: 1")
LINT_RULE(AUTOINSTALL_IDENTITY, "autoinstall-identity", ERROR,
          "there is no user: the installer refuses the file",
          "identity with hostname, username and password, or user-data with users")
LINT_RULE(AUTOINSTALL_STORAGE, "autoinstall-storage", NOTE,
          "storage is not said: the largest disk is taken, with LVM",
          "storage: with layout: and name: direct or lvm")
LINT_RULE(AUTOINSTALL_KEY, "autoinstall-key", WARNING, "autoinstall does not know this key",
          "look whether it is misspelt")
LINT_RULE(AUTOINSTALL_WORD, "autoinstall-word", ERROR,
          "'autoinstall' is not among the kernel arguments: the installer asks whether it may go on",
          "--arguments autoinstall")
LINT_RULE(CLOUD_LOCKED, "cloud-locked", WARNING,
          "ssh takes no passwords, and there is no key: nobody can come in",
          "authorized-keys, or allow-pw: true")

// ---- AutoYaST ----
LINT_RULE(AUTOYAST_CONFIRM, "autoyast-confirm", ERROR, "the installer asks before it starts",
          "general, mode, confirm: false")
LINT_RULE(AUTOYAST_ROOT, "autoyast-root", ERROR, "there is no user, so nobody can come in",
          "users, user: username root, encrypted true, user_password HASH")
LINT_RULE(AUTOYAST_ZONE, "autoyast-zone", NOTE, "there is no time zone", "timezone, timezone: Etc/UTC")
LINT_RULE(AUTOYAST_DISK, "autoyast-disk", NOTE,
          "partitioning is not said: what the installer proposes is taken", "partitioning, drive: use all")

// ---- Agama ----
LINT_RULE(AGAMA_PRODUCT, "agama-product", ERROR, "there is no product, and the installer asks for it",
          "product, id: Leap_16.0, for one")
LINT_RULE(AGAMA_ROOT, "agama-root", ERROR,
          "nobody can come in: neither root nor a user has a password or a key",
          "root: hashedPassword true and password HASH, or sshPublicKey")

// ---- Ignition ----
LINT_RULE(IGNITION_VERSION, "ignition-version", ERROR, "Ignition needs its version, and knows 2.1 to 3.5",
          "ignition, version: 3.3.0")
LINT_RULE(IGNITION_USER, "ignition-user", WARNING, "nobody can come in: no user has a key or a password",
          "passwd, users: name core, sshAuthorizedKeys")

// ---- Proxmox ----
LINT_RULE(PROXMOX_GLOBAL, "proxmox-global", ERROR,
          "the section global needs keyboard, country, fqdn, mailto and timezone",
          "write those that are missing")
LINT_RULE(PROXMOX_ROOT, "proxmox-root", ERROR, "root has no password", "root-password-hashed = \"HASH\"")
LINT_RULE(PROXMOX_NETWORK, "proxmox-network", ERROR, "nothing says where the network comes from",
          "[network] source = \"from-dhcp\"")
LINT_RULE(PROXMOX_DISK, "proxmox-disk", ERROR, "nothing says which disk and which file system",
          "[disk-setup] filesystem = \"ext4\" and disk-list or filter")

// ---- ESXi ----
LINT_RULE(ESXI_EULA, "esxi-eula", ERROR, "the licence is not accepted: the installer asks", "vmaccepteula")
LINT_RULE(ESXI_ROOT, "esxi-root", ERROR, "root has no password", "rootpw --iscrypted HASH")
LINT_RULE(ESXI_DISK, "esxi-disk", ERROR, "no disk is chosen", "install --firstdisk --overwritevmfs")
LINT_RULE(ESXI_VMFS, "esxi-vmfs", WARNING, "on a disk with a VMFS volume this stops",
          "--overwritevmfs, which erases it, or --preservevmfs")
LINT_RULE(ESXI_NETWORK, "esxi-network", WARNING, "there is no network", "network --bootproto=dhcp")
LINT_RULE(ESXI_REBOOT, "esxi-reboot", WARNING, "without reboot it waits for somebody to press a key",
          "reboot")

// ---- files that a system unpacks over its root (Alpine's apkovl) ----
LINT_RULE(OVERLAY_SERVICES, "overlay-services", WARNING,
          "with an overlay Alpine starts only what the overlay names, and this one names nothing of the boot",
          "path: /etc/.default_boot_services, content: \"\"")
LINT_RULE(OVERLAY_STARTS, "overlay-starts", WARNING, "nothing runs the scripts of /etc/local.d",
          "path: /etc/runlevels/default/local, link: /etc/init.d/local")
LINT_RULE(OVERLAY_BROKEN, "overlay-broken", ERROR, "no archive can be made of this",
          "files: a list, each with path and one of content, link and folder: true")

LINT_RULE(REPOSITORY_LOCAL, "repository-local", WARNING,
          "the repository is a folder of the machine itself, and most machines have nothing there",
          "the URL of a server, such as imprint's mirror: http://SERVER/mirror/NAME")

// ---- boot menus and kernel arguments ----
LINT_RULE(MENU_ERASES, "menu-erases", ERROR,
          "the default erases the machine, and there is hardly time to stop it",
          "make booting from the disk the default, or give people ten seconds at least")
LINT_RULE(MENU_DEFAULT, "menu-default", ERROR, "the default is no entry of the menu",
          "name an entry that is there")
LINT_RULE(MENU_WORD, "menu-word", WARNING, "no kernel or installer knows this word",
          "look whether something is missing behind it, such as ks=URL")
LINT_RULE(MENU_ENTRY, "menu-entry", ERROR, "this entry boots nothing", "kernel, linux, localboot or the like")
LINT_RULE(
    MENU_ANONYMOUS, "menu-anonymous", WARNING,
    "the answer file is fetched by FTP or TFTP without a name, so everybody on the network can read the "
    "passwords and hashes in it",
    "let imprint give it, to the machine with an order alone; or keep hashes out of it")
LINT_RULE(IPXE_COMMAND, "ipxe-command", ERROR, "iPXE has no such command, and stops here",
          "look for a misspelling; 'iPXE> help' lists the commands of a build")
LINT_RULE(IPXE_LABEL, "ipxe-label", ERROR, "this goes to a label that is not in the script",
          "write a line ':NAME' where it is to go on")
LINT_RULE(IPXE_BOOT, "ipxe-boot", ERROR, "a kernel is fetched and never started",
          "boot, behind kernel and initrd")
LINT_RULE(GRUB_SEMICOLON, "grub-semicolon", ERROR,
          "for GRUB an unquoted ';' ends the command: the kernel gets half",
          "put the argument between single quotes")
