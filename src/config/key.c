// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/key.h"

#include "base/text.h"
#include "config/config.h"

#include <string.h>

static const char *const dhcp_modes[] = {"auto", "server", "proxy", "off", NULL};
static const char *const dhcp6_modes[] = {"off", "server", "stateless", NULL};
static const char *const router_advertisements[] = {"off", "managed", "other", "slaac", NULL};
static const char *const unknown_policies[] = {"hold", "local", "refuse", NULL};
static const char *const policy_choices[] = {"default", "hold", "local", "refuse", NULL};
static const char *const delay_fors[] = {"all", "unknown", NULL};
static const char *const option_types[] = {"string", "ip",  "ip-list",     "uint8",  "uint16", "uint32",
                                           "bool",   "hex", "domain-list", "routes", NULL};
static const char *const prompts[] = {"none", "key", NULL};

static const char *const tftp_options[CONFIG_TFTP_OPTION_COUNT + 1] = {
    [CONFIG_TFTP_BLKSIZE] = "blksize",       [CONFIG_TFTP_TIMEOUT] = "timeout",
    [CONFIG_TFTP_TSIZE] = "tsize",           [CONFIG_TFTP_WINDOWSIZE] = "windowsize",
    [CONFIG_TFTP_MULTICAST] = "multicast",   [CONFIG_TFTP_ROLLOVER] = "rollover",
    [CONFIG_TFTP_MSFTWINDOW] = "msftwindow", [CONFIG_TFTP_BLKSIZE2] = "blksize2",
    [CONFIG_TFTP_UTIMEOUT] = "utimeout",
};

// KEY_RANGE reads two addresses, one behind the other.
static_assert(offsetof(struct network, last) == offsetof(struct network, first) + sizeof(struct ip4),
              "the range of a network is two addresses side by side");

// KEY_PREFIX6 reads an address and a number of bits behind it.
static_assert(offsetof(struct network6, prefix_bits) ==
                  offsetof(struct network6, prefix) + sizeof(struct ip6),
              "the length of a prefix is right behind it");

#define IN_CONFIG(member)                                                                                    \
    .offset = offsetof(struct config, member), .bytes = sizeof(((struct config *)0)->member)
#define IN_NETWORK(member)                                                                                   \
    .offset = offsetof(struct network, member), .bytes = sizeof(((struct network *)0)->member)

#define IN_NETWORK6(member)                                                                                  \
    .offset = offsetof(struct network6, member), .bytes = sizeof(((struct network6 *)0)->member)

#define IN_RANGE(member)                                                                                     \
    .offset = offsetof(struct network_range, member), .bytes = sizeof(((struct network_range *)0)->member)
#define IN_MIRROR(member)                                                                                    \
    .offset = offsetof(struct config_mirror, member), .bytes = sizeof(((struct config_mirror *)0)->member)
#define IN_ENTRY(member)                                                                                     \
    .offset = offsetof(struct menu_entry, member), .bytes = sizeof(((struct menu_entry *)0)->member)
#define IN_CLASS(member)                                                                                     \
    .offset = offsetof(struct dhcp_class, member), .bytes = sizeof(((struct dhcp_class *)0)->member)
#define IN_DEFINITION(member)                                                                                \
    .offset = offsetof(struct dhcp_definition, member), .bytes = sizeof(((struct dhcp_definition *)0)->member)

static const struct key keys[] = {
    {.name = "interfaces",
     .type = KEY_INTERFACE,
     .is_list = true,
     IN_CONFIG(interfaces[0]),
     .count_offset = offsetof(struct config, interface_count),
     .most = CONFIG_INTERFACES_MOST,
     .default_about =
         "every interface that is up, has an IPv4 address, and is neither loopback nor a container's",
     .about = "The network interfaces to serve. Others are left alone."},
    {.name = "state",
     .type = KEY_PATH,
     IN_CONFIG(state),
     .default_text = "/var/lib/imprint",
     .about = "The folder that holds the database and the images."},
    {.name = "server_name",
     .type = KEY_HOST,
     IN_CONFIG(server_name),
     .default_about = "this machine's host name",
     .about = "What the screens of waiting machines call this server."},
    {.name = "user",
     .type = KEY_ACCOUNT,
     IN_CONFIG(user),
     .default_text = "imprint",
     .about = "The account that the daemon runs as once its sockets are open. Its group may use the control "
              "socket."},
#include "config/key_dhcp_table.h"

#include "config/key_dhcp6_table.h"
    {.name = "tftp.root",
     .type = KEY_PATH,
     IN_CONFIG(tftp_root),
     .default_text = "/srv/tftp",
     .about =
         "The administrator's own files, for TFTP and HTTP alike. They lie below what imprint generates: a "
         "generated file of the same name wins. It need not exist. It is the directory of in.tftpd."},
    {.name = "tftp.map",
     .type = KEY_PATH,
     .may_reload = true,
     IN_CONFIG(tftp.map),
     .default_about = "names are taken as they are",
     .about = "A file with rules that rewrite the names that clients ask for, as in.tftpd reads it with -m. "
              "imprint tftp map FILE NAME shows what becomes of a name."},
    {.name = "tftp.threads",
     .type = KEY_NUMBER,
     IN_CONFIG(tftp.threads),
     .least = 0,
     .most = 8,
     .default_text = "0",
     .about = "How many threads serve TFTP. 0 takes half of this machine's processors, at least 1 and at "
              "most 4."},
    {.name = "tftp.ports",
     .type = KEY_PORTS,
     IN_CONFIG(tftp.ports),
     .default_about = "ports that the kernel picks",
     .about = "The UDP ports that files are sent from, for firewalls that must know them: -R of in.tftpd. "
              "Requests still go to port 69."},
    {.name = "tftp.single_port",
     .type = KEY_SWITCH,
     IN_CONFIG(tftp.is_single_port),
     .default_text = "no",
     .about = "Whether files are sent from port 69 itself. It helps clients behind a NAT or a firewall that "
              "does not know TFTP; some firmware insists on another port, as the standard has it."},
    {.name = "tftp.blksize_max",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.blksize_most),
     .least = 8,
     .most = 65464,
     .default_text = "65464",
     .about = "The largest block that a client is granted, whatever it asks for: -B of in.tftpd. A client "
              "that falls silent behind its first block gets smaller ones by itself the next time, so this "
              "is for networks where all clients have the same trouble."},
    {.name = "tftp.windowsize_max",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.windowsize_most),
     .least = 1,
     .most = 64,
     .default_text = "64",
     .about = "The most blocks that a client is sent before it must acknowledge them, whatever it asks for."},
    {.name = "tftp.rollover",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.rollover),
     .least = 0,
     .most = 1,
     .default_text = "0",
     .about = "The number of the block behind block 65535 for clients that do not ask for one. Almost all "
              "want 0. For one machine, see imprint machine edit --tftp-rollover."},
    {.name = "tftp.refuse",
     .type = KEY_WORD,
     .is_list = true,
     .may_reload = true,
     IN_CONFIG(tftp.refused[0]),
     .count_offset = offsetof(struct config, tftp.refused_count),
     .words = tftp_options,
     .most = CONFIG_REFUSED_MOST,
     .default_about = "none",
     .about = "TFTP options that no client is granted, for those that ask for what they cannot do: -r of "
              "in.tftpd."},
    {.name = "tftp.transfers",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.transfers_most),
     .least = 1,
     .most = 1000000,
     .default_text = "16384",
     .about = "How many transfers may be under way at once. More have to wait: instances of xinetd."},
    {.name = "tftp.per_client",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.per_client_most),
     .least = 1,
     .most = 1000000,
     .default_text = "64",
     .about = "How many transfers may be under way at once from one address: per_source of xinetd. Many "
              "machines behind one NAT need more."},
    {.name = "tftp.requests_per_second",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.requests_per_second),
     .least = 0,
     .most = 10000000,
     .default_text = "0",
     .about = "How many requests are looked at in a second, from all clients together: cps of xinetd, but "
              "the service is never turned off; those beyond are not answered and come again. 0 is no "
              "limit."},
    {.name = "tftp.requests_per_client",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(tftp.requests_per_client),
     .least = 0,
     .most = 10000000,
     .default_text = "500",
     .about = "How many requests of one address are looked at in a second. 0 is no limit."},
    {.name = "tftp.rate",
     .type = KEY_SIZE,
     .may_reload = true,
     IN_CONFIG(tftp.rate),
     .default_text = "0",
     .about = "How many bytes are sent in a second to all clients together. 0 is no limit."},
    {.name = "tftp.rate_per_client",
     .type = KEY_SIZE,
     .may_reload = true,
     IN_CONFIG(tftp.rate_per_client),
     .default_text = "0",
     .about = "How many bytes are sent in a second to one address. 0 is no limit."},
    {.name = "tftp.upload.folder",
     .type = KEY_PATH,
     IN_CONFIG(tftp.upload_folder),
     .default_about = "clients may not write",
     .about = "The folder that clients may write new files to; never over one that is there. The user that "
              "imprint runs as must be allowed to write it, and under systemd it must stand in "
              "ReadWritePaths of the service. It is -c of in.tftpd, without the danger."},
    {.name = "tftp.upload.size_max",
     .type = KEY_SIZE,
     .may_reload = true,
     IN_CONFIG(tftp.upload_size_most),
     .least = 1,
     .default_text = "1G",
     .about = "The most bytes that a file written by a client may have."},
    {.name = "tftp.multicast",
     .type = KEY_SWITCH,
     .may_reload = true,
     IN_CONFIG(tftp.has_multicast),
     .default_text = "yes",
     .about = "Whether clients that ask for it (RFC 2090) get their file together with others, by "
              "multicast."},
    {.name = "tftp.multicast_groups",
     .type = KEY_RANGE,
     IN_CONFIG(tftp.multicast_groups),
     .default_text = "239.255.69.0-239.255.69.255",
     .about = "The multicast addresses to use, inside 239.0.0.0/8, which is for networks of one's own. Each "
              "file under way has one."},
    {.name = "http.port",
     .type = KEY_NUMBER,
     IN_CONFIG(http_port),
     .least = 1,
     .most = 65535,
     .default_text = "80",
     .about = "The TCP port of the HTTP server."},
    {.name = "ftp.port",
     .type = KEY_NUMBER,
     IN_CONFIG(ftp.port),
     .least = 0,
     .most = 65535,
     .default_text = "0",
     .about =
         "The TCP port of the FTP server, 21 for clients that are not told another one; 0 turns it off. It "
         "serves what HTTP and TFTP serve, to read, to anonymous."},
    {.name = "ftp.passive_ports",
     .type = KEY_PORTS,
     IN_CONFIG(ftp.passive_ports),
     .default_about = "ports that the kernel picks",
     .about =
         "The TCP ports that clients connect to for data, for firewalls that must know them: pasv_min_port "
         "and pasv_max_port of vsftpd."},
    {.name = "ftp.connections",
     .type = KEY_NUMBER,
     IN_CONFIG(ftp.connections_most),
     .least = 1,
     .most = 10000,
     .default_text = "512",
     .about = "How many FTP clients may be connected at once: max_clients of vsftpd."},
    {.name = "ftp.per_client",
     .type = KEY_NUMBER,
     IN_CONFIG(ftp.per_client_most),
     .least = 1,
     .most = 10000,
     .default_text = "64",
     .about = "How many FTP connections one address may have at once: max_per_ip of vsftpd."},
    {.name = "ftp.idle",
     .type = KEY_DURATION,
     IN_CONFIG(ftp.idle_s),
     .least = 10,
     .most = 86400,
     .default_text = "5m",
     .about = "After how long without a command or a transfer an FTP client is let go."},
    {.name = "https.port",
     .type = KEY_NUMBER,
     IN_CONFIG(https_port),
     .least = 0,
     .most = 65535,
     .default_text = "443",
     .about =
         "The TCP port of the HTTPS server, through which agents are told password hashes and keys. 0 "
         "turns it off, and they are told by HTTP. When another program has port 443 and "
         "https.certificate is not set, imprint warns and goes on without; any other port must be free."},
    {.name = "https.certificate",
     .type = KEY_PATH,
     IN_CONFIG(https_certificate),
     .default_about = "one that imprint makes itself, tls/certificate.pem in the state folder",
     .about = "A file with the server's certificate in PEM, and after it those that vouch for it. Agents are "
              "told its digest when their machines start, and believe no other."},
    {.name = "https.key",
     .type = KEY_PATH,
     IN_CONFIG(https_key),
     .default_about = "one that imprint makes itself, tls/key.pem in the state folder",
     .about = "The file with the certificate's key in PEM, without a password. It is read before the daemon "
              "gives up being root."},
    {.name = "https.boot",
     .type = KEY_SWITCH,
     .may_reload = true,
     IN_CONFIG(is_https_boot),
     .default_text = "no",
     .about =
         "Whether UEFI HTTP boot is sent to HTTPS for its boot loader. Firmware does so only where a "
         "certificate was enrolled that vouches for this server's; imprint certificate export writes it."},
#include "config/key_menu_table.h"
#include "config/key_mirror_table.h"
    {.name = "policy.unknown",
     .type = KEY_WORD,
     .may_reload = true,
     IN_CONFIG(policy.unknown),
     .words = unknown_policies,
     .default_text = "hold",
     .about =
         "What a machine gets that nobody has decided about. With hold it waits and shows its name on its "
         "screen "
         "until it is approved or rejected. With local it boots its own disk. With refuse it gets no boot "
         "information at all."},
    {.name = "policy.max_targets",
     .type = KEY_NUMBER,
     .may_reload = true,
     IN_CONFIG(policy.targets_most),
     .least = 1,
     .most = 10000,
     .default_text = "5",
     .about =
         "How many machines one command may order at once. For more than that, the command must say with "
         "--count how many there are, so that a pattern that fits more machines than meant does no harm."},
    {.name = "policy.prompt",
     .type = KEY_WORD,
     .may_reload = true,
     IN_CONFIG(policy.prompt),
     .words = prompts,
     .default_text = "none",
     .about = "Whether somebody at the machine must agree before a disk is written. With none an order is "
              "enough. With key the machine asks, and boots its own disk this time when nobody presses a key "
              "within policy.prompt_timeout; the order stays armed."},
    {.name = "policy.prompt_timeout",
     .type = KEY_DURATION,
     .may_reload = true,
     IN_CONFIG(policy.prompt_timeout_s),
     .least = 5,
     .most = 3600,
     .default_text = "30s",
     .about = "How long the machine waits for the key."},
    {.name = "control.socket",
     .type = KEY_PATH,
     IN_CONFIG(control_socket),
     .default_text = "/run/imprint/control.sock",
     .about = "The Unix socket through which the other commands talk to the daemon."},
};

// ... and KEY_PORTS two ports.
static_assert(offsetof(struct config_ports, last) == sizeof(uint16_t) &&
                  offsetof(struct config_range, last) == sizeof(struct ip4),
              "ranges are two values side by side");

static_assert(offsetof(struct network_range, last) ==
                      offsetof(struct network_range, first) + sizeof(struct ip4) &&
                  offsetof(struct network_span, last) == sizeof(struct ip4),
              "ranges are two addresses side by side");

static_assert(sizeof(enum config_tftp_option) == sizeof(int) &&
                  sizeof(enum config_dhcp_mode) == sizeof(int) &&
                  sizeof(enum config_delay_for) == sizeof(int) && sizeof(enum policy_choice) == sizeof(int) &&
                  sizeof(enum dhcp_option_type) == sizeof(int) &&
                  sizeof(enum policy_unknown) == sizeof(int) && sizeof(enum policy_prompt) == sizeof(int),
              "words are kept as int");

const struct key *key_table(unsigned *count)
{
    *count = COUNT_OF(keys);
    return keys;
}

const struct key *key_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

bool key_is_section(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (strncmp(keys[i].name, name, length) == 0 && keys[i].name[length] == '.') {
            return true;
        }
    }
    return false;
}

bool key_is_late(const struct key *key)
{
    return key->type == KEY_OPTIONS || key->type == KEY_CLASSES;
}

bool key_is_inside(const struct key *key, const char *prefix, char name[KEY_NAME_BYTES])
{
    if (!text_starts(key->name, prefix)) {
        return false;
    }
    const char *rest = key->name + strlen(prefix);
    size_t length = strcspn(rest, ".[");
    if (rest[length] == '[') {
        return false; // belongs to the elements of a table, which has a row of its own
    }
    struct text text;
    text_init(&text, name, KEY_NAME_BYTES);
    text_add_bytes(&text, rest, length);
    return true;
}

void *key_values(const struct key *key, void *base)
{
    return (char *)base + key->offset;
}

unsigned key_count(const struct key *key, const void *base)
{
    return key->is_list ? *((const uint8_t *)base + key->count_offset) : 1;
}

void key_set_count(const struct key *key, void *base, unsigned count)
{
    *((uint8_t *)base + key->count_offset) = (uint8_t)count;
}
