// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration of the daemon, as values: read from YAML by way of one table of keys (keys.h), checked as
// a whole, printed back. It opens nothing but its file and asks the system nothing but the host name.
#pragma once

#include "base/problem.h"
#include "model/dhcp_class.h"
#include "model/menu.h"
#include "model/network.h"
#include "model/network6.h"
#include "model/policy.h"

#include <stdio.h>

#define CONFIG_FILE_DEFAULT    "/etc/imprint/imprint.yaml"
#define CONFIG_FILE_BYTES_MOST (1024 * 1024)
#define CONFIG_DEPTH_MOST      16
#define CONFIG_PATH_BYTES      256
#define CONFIG_NAME_BYTES      64
#define CONFIG_INTERFACE_BYTES 16
#define CONFIG_SOCKET_BYTES    108 // sun_path
#define CONFIG_INTERFACES_MOST 32
#define CONFIG_SUBNETS_MOST    64
#define CONFIG_SUBNETS6_MOST   64
#define CONFIG_USER_BYTES      33
#define CONFIG_REFUSED_MOST    16 // TFTP options
#define CONFIG_EXPECTED_MOST   16 // other DHCP servers
#define CONFIG_MIRRORS_MOST    16
#define CONFIG_MIRROR_BYTES    32 // of a mirror's name
#define CONFIG_URL_BYTES       256

enum config_dhcp_mode {
    CONFIG_DHCP_AUTO,   // listen first: proxy where another server answers, else serve dhcp.subnets if any
    CONFIG_DHCP_SERVER, // give addresses on dhcp.subnets
    CONFIG_DHCP_PROXY,  // boot information only, beside another DHCP server
    CONFIG_DHCP_OFF,    // no DHCP at all
    CONFIG_DHCP_MODE_COUNT
};

enum config_dhcp6_mode {
    CONFIG_DHCP6_OFF,       // no DHCPv6, no router advertisements
    CONFIG_DHCP6_SERVER,    // addresses from the ranges of dhcp6.subnets
    CONFIG_DHCP6_STATELESS, // no addresses, but everything else
    CONFIG_DHCP6_MODE_COUNT
};

enum config_delay_for { // whom dhcp.delay is for
    CONFIG_DELAY_FOR_ALL,
    CONFIG_DELAY_FOR_UNKNOWN, // all but approved machines
    CONFIG_DELAY_FOR_COUNT
};

enum config_tftp_option { // those of tftp.refuse, in the order of its words
    CONFIG_TFTP_BLKSIZE,
    CONFIG_TFTP_TIMEOUT,
    CONFIG_TFTP_TSIZE,
    CONFIG_TFTP_WINDOWSIZE,
    CONFIG_TFTP_MULTICAST,
    CONFIG_TFTP_ROLLOVER,
    CONFIG_TFTP_MSFTWINDOW,
    CONFIG_TFTP_BLKSIZE2,
    CONFIG_TFTP_UTIMEOUT,
    CONFIG_TFTP_OPTION_COUNT
};

struct config_ports { // both 0 = the kernel picks
    uint16_t first;
    uint16_t last;
};

struct config_range {
    struct ip4 first;
    struct ip4 last;
};

struct config_tftp {
    char map[CONFIG_PATH_BYTES]; // absolute; "" = none
    uint16_t threads;            // 0 = as many as suit this machine
    struct config_ports ports;
    bool is_single_port;
    uint16_t blksize_most;
    uint16_t windowsize_most;
    uint16_t rollover; // the block number behind 65535: 0 or 1
    enum config_tftp_option refused[CONFIG_REFUSED_MOST];
    uint8_t refused_count;
    uint32_t transfers_most;               // at once
    uint32_t per_client_most;              // at once, from one address
    uint32_t requests_per_second;          // 0 = no limit
    uint32_t requests_per_client;          // per second, from one address; 0 = no limit
    uint64_t rate;                         // bytes per second in all; 0 = no limit
    uint64_t rate_per_client;              // bytes per second; 0 = no limit
    char upload_folder[CONFIG_PATH_BYTES]; // absolute; "" = no uploads
    uint64_t upload_size_most;
    bool has_multicast;
    struct config_range multicast_groups;
};

struct config_dhcp {
    bool is_authoritative;          // NAK for what contradicts our books, else silence
    struct dhcp_option_set options; // for all clients
    struct dhcp_definitions definitions;
    uint32_t delay_s; // before an answer, so that another server is first
    enum config_delay_for delay_for;
    uint32_t standby_s;  // answer only clients that tried for so long (secs)
    bool has_ping_check; // ask for an address on the wire before an unknown client gets it
    struct ip4 expected[CONFIG_EXPECTED_MOST]; // other servers that may answer; others raise an alarm
    uint8_t expected_count;
    struct dhcp_classes classes;
};

struct config_dhcp6 {
    enum config_dhcp6_mode mode;
    uint16_t preference; // 0 to 255
    struct network6 subnets[CONFIG_SUBNETS6_MOST];
    uint8_t subnet_count;
};

struct config_mirror { // a package repository that is fetched and kept as it is asked for
    char name[CONFIG_MIRROR_BYTES];
    char url[CONFIG_URL_BYTES]; // of the folder that its files lie in
    bool is_enabled;
    uint64_t size_most; // of its cache, bytes
    uint64_t file_most; // of one file, bytes
    uint16_t fetches_most;
};

struct config_ftp {
    uint16_t port; // TCP; 0 = no FTP
    struct config_ports passive_ports;
    uint32_t connections_most;
    uint32_t per_client_most;
    uint32_t idle_s;
};

struct config {
    char file[CONFIG_PATH_BYTES]; // what it was read from; empty = defaults only
    char interfaces[CONFIG_INTERFACES_MOST][CONFIG_INTERFACE_BYTES];
    uint8_t interface_count;       // 0 = every up, non-loopback, non-container interface
    char state[CONFIG_PATH_BYTES]; // absolute: database and images
    char
        server_name[CONFIG_NAME_BYTES]; // what screens and answers call this server; the host name by default
    char user[CONFIG_USER_BYTES];       // the account to run as once the sockets are bound
    enum config_dhcp_mode dhcp_mode;
    struct network subnets[CONFIG_SUBNETS_MOST];
    uint8_t subnet_count;
    struct config_dhcp dhcp;
    struct config_dhcp6 dhcp6;
    char tftp_root[CONFIG_PATH_BYTES]; // absolute: the administrator's own files
    struct config_tftp tftp;
    uint16_t http_port;
    struct config_ftp ftp;
    uint16_t https_port;                       // 0 = no HTTPS
    char https_certificate[CONFIG_PATH_BYTES]; // absolute; "" = one of our own, in the state folder
    char https_key[CONFIG_PATH_BYTES];         // absolute; "" with it
    bool is_https_boot;                        // UEFI HTTP boot fetches its loader by HTTPS
    struct config_mirror mirrors[CONFIG_MIRRORS_MOST];
    uint8_t mirror_count;
    struct menu menu;
    char menu_password_file[CONFIG_PATH_BYTES]; // absolute; "" = none
    struct policy policy;
    char control_socket[CONFIG_SOCKET_BYTES]; // absolute
};

/// Fills in every default of the table; `server_name` becomes this host's name.
void config_init(struct config *config);

/// Empties it. Nothing in a configuration is on the heap, so forgetting to is no leak.
void config_clear(struct config *config);

/// Reads and checks `path`; NULL = CONFIG_FILE_DEFAULT if it exists, else the defaults. `config` is untouched
/// unless OK; on failure `problem` names file, line and column and what is allowed. STATUS_NOT_FOUND no such
/// file, STATUS_DENIED or STATUS_IO not readable, STATUS_TOO_LONG above CONFIG_FILE_BYTES_MOST,
/// STATUS_MALFORMED not YAML or a bad key or value, STATUS_CONFLICT an impossible combination.
MUST_USE enum status config_load(const char *path, struct config *config, struct problem *problem);

/// The same from `bytes` bytes of `text`, which `name` (a file's) stands for in problems.
MUST_USE enum status config_parse(const char *text, size_t bytes, const char *name, struct config *config,
                                  struct problem *problem);

/// Takes over from `wanted` into `running` every key that can change while the daemon runs. Whether that was
/// all that differs; else `problem` names the keys that need a restart.
bool config_reload(struct config *running, const struct config *wanted, struct problem *problem);

/// Prints the effective configuration as YAML, with what each key means and its default as comments;
/// config_load reads it back to an equal configuration.
void config_print(const struct config *config, FILE *out);

/// Prints the same as one JSON object.
void config_print_json(const struct config *config, FILE *out);

/// Prints the list of all keys in mdoc, as it stands in imprint.yaml(5).
void config_print_manual(FILE *out);

/// The port by which UEFI HTTP boot fetches its loader by HTTPS; 0 = it comes by HTTP.
uint16_t config_https_boot_port(const struct config *config);

/// "auto", "server", "proxy" or "off".
const char *config_dhcp_mode_text(enum config_dhcp_mode mode);
