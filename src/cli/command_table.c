// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the table of commands, in the order of the help. Commands of one group stand together.
#include "cli/command.h"
#include "cli/handlers.h"

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
    OPTION("hostname", "NAME", "the host name that it gets, instead of its name"),
    OPTION("loader", "auto|ipxe|pxelinux|grub", "the boot loader that it gets"),
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
    OPTION("hostname", "NAME|none", "the host name that it gets, instead of its name"),
    OPTION("loader", "auto|ipxe|pxelinux|grub", "the boot loader that it gets"),
    OPTIONS_END,
};

static const struct command_option image_add_options[] = {
    OPTION("kernel", "PATH", "the kernel below DIR, when it is not recognised"),
    OPTION("initrd", "PATH", "the initrd below DIR"),
    OPTION("arguments", "TEXT", "kernel arguments that it always needs"),
    OPTION("description", "TEXT", "what it is"),
    OPTIONS_END,
};

static const struct command_option profile_add_options[] = {
    OPTION_NEEDED("image", "IMAGE", "what it boots"),
    OPTION("arguments", "TEXT", "kernel arguments behind the image's own; a template"),
    OPTION("answer-file", "FILE", "the answer file (preseed, for one); a template"),
    OPTION("answer-name", "NAME", "its name in the URL, instead of FILE's"),
    OPTION_MANY("set", "KEY=VALUE", "a value for {{KEY}} in the templates"),
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
    OPTION_MANY("unset", "KEY", "take a value out"),
    OPTIONS_END,
};

static const struct command_option profile_render_options[] = {
    OPTION("arguments", NULL, "only the kernel arguments"),
    OPTION("answer", NULL, "only the answer file"),
    OPTIONS_END,
};

static const struct command_option deploy_options[] = {
    OPTION_NEEDED("profile", "PROFILE", "what to boot"),
    OPTION("expires", "TIME", "how long the order waits for the machine, such as 2h; 24h if not given"),
    OPTIONS_END,
};

static const struct command_option order_list_options[] = {
    OPTION("all", NULL, "those that ended more than a day ago, too"),
    OPTIONS_END,
};

static const struct command_option lease_list_options[] = {
    OPTION("all", NULL, "those that were given back or ran out, too"),
    OPTIONS_END,
};

static const struct command_option config_options[] = {
    OPTION("config", "FILE", "the same as FILE behind the command"),
    OPTIONS_END,
};

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

    {"image add", "NAME DIR", image_add_options, "copy a netboot tree to the daemon and find out what it is",
     "Links in DIR are followed as long as they lead to something inside DIR. The kernel and the initrd of "
     "systems "
     "that imprint knows are found by themselves.",
     command_image_add, false},
    {"image list", "", NULL, "list the images", "", command_image_list, false},
    {"image show", "IMAGE", NULL, "show an image", "", command_image_show, false},
    {"image remove", "IMAGE...", NULL, "remove images that no profile uses, with their files", "",
     command_image_remove, false},

    {"profile add", "NAME", profile_add_options, "make a profile: an image with arguments and an answer file",
     "Templates write values as {{hostname}}; 'imprint profile render' shows what comes out.",
     command_profile_add, false},
    {"profile list", "", NULL, "list the profiles", "", command_profile_list, false},
    {"profile show", "PROFILE", profile_show_options, "show a profile", "", command_profile_show, false},
    {"profile edit", "PROFILE", profile_edit_options, "change a profile",
     "What is not named stays. Orders that are under way get the new texts, too.", command_profile_edit,
     false},
    {"profile render", "PROFILE MACHINE", profile_render_options, "show what a machine would get", "",
     command_profile_render, false},
    {"profile remove", "PROFILE...", NULL, "remove profiles that no live order uses", "",
     command_profile_remove, false},

    {"deploy", "MACHINE...", deploy_options, "order that machines boot a profile, once",
     "The order is used at the machine's next network boot. Either every machine named gets its order, or "
     "none does.",
     command_deploy, false},
    {"order list", "", order_list_options, "list the orders", "", command_order_list, false},
    {"order show", "ORDER", NULL, "show an order", "", command_order_show, false},
    {"order cancel", "ORDER...", NULL, "take orders back", "", command_order_cancel, false},

    {"lease list", "", lease_list_options, "list the addresses that are given out", "", command_lease_list,
     false},

    {"config check", "[FILE]", config_options, "look for mistakes in the configuration",
     "It needs no daemon, and without FILE it reads /etc/imprint/imprint.yaml.", command_config_check, false},
    {"config show", "[FILE]", config_options, "print the configuration with every default filled in",
     "It needs no daemon, and without FILE it reads /etc/imprint/imprint.yaml.", command_config_show, false},
    {"config manual", "", NULL, "print the list of keys of imprint.yaml(5)", "", command_config_manual, true},
    {"explain", "[REASON]", NULL, "explain a reason that an event names, or list all of them", "",
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
