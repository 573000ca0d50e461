// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/dhcp4_options.h"

#include "base/text.h"

#define ROW(code, name, format, least, rank, unit)                                                           \
    {                                                                                                        \
        (code), DHCP4_FORMAT_##format, (least), DHCP4_RANK_##rank, (name), (unit)                            \
    }

// IANA "BOOTP Vendor Extensions and DHCP Options", in rising order of code (a test holds that).
static const struct dhcp4_option_row OPTIONS[] = {
    ROW(1, "subnet-mask", IP4, 4, ESSENTIAL, ""),
    ROW(2, "time-offset", U32, 4, OTHER, "s"),
    ROW(3, "routers", IP4_LIST, 4, ESSENTIAL, ""),
    ROW(4, "time-servers", IP4_LIST, 4, OTHER, ""),
    ROW(5, "name-servers", IP4_LIST, 4, OTHER, ""),
    ROW(6, "dns-servers", IP4_LIST, 4, ESSENTIAL, ""),
    ROW(7, "log-servers", IP4_LIST, 4, OTHER, ""),
    ROW(8, "cookie-servers", IP4_LIST, 4, OTHER, ""),
    ROW(9, "lpr-servers", IP4_LIST, 4, OTHER, ""),
    ROW(10, "impress-servers", IP4_LIST, 4, OTHER, ""),
    ROW(11, "resource-location-servers", IP4_LIST, 4, OTHER, ""),
    ROW(12, "host-name", STRING, 1, USEFUL, ""),
    ROW(13, "boot-file-size", U16, 2, OTHER, "512 bytes"),
    ROW(14, "merit-dump-file", STRING, 1, OTHER, ""),
    ROW(15, "domain-name", STRING, 1, USEFUL, ""),
    ROW(16, "swap-server", IP4, 4, OTHER, ""),
    ROW(17, "root-path", STRING, 1, BOOT, ""),
    ROW(18, "extensions-path", STRING, 1, OTHER, ""),
    ROW(19, "ip-forwarding", FLAG, 1, OTHER, ""),
    ROW(20, "non-local-source-routing", FLAG, 1, OTHER, ""),
    ROW(21, "policy-filters", IP4_LIST, 8, OTHER, ""),
    ROW(22, "maximum-reassembly", U16, 2, OTHER, "bytes"),
    ROW(23, "default-ttl", U8, 1, OTHER, ""),
    ROW(24, "path-mtu-aging", U32, 4, OTHER, "s"),
    ROW(25, "path-mtu-plateaus", BYTES, 2, OTHER, ""),
    ROW(26, "interface-mtu", U16, 2, USEFUL, "bytes"),
    ROW(27, "all-subnets-local", FLAG, 1, OTHER, ""),
    ROW(28, "broadcast-address", IP4, 4, USEFUL, ""),
    ROW(29, "mask-discovery", FLAG, 1, OTHER, ""),
    ROW(30, "mask-supplier", FLAG, 1, OTHER, ""),
    ROW(31, "router-discovery", FLAG, 1, OTHER, ""),
    ROW(32, "router-solicitation-address", IP4, 4, OTHER, ""),
    ROW(33, "static-routes", IP4_LIST, 8, OTHER, ""),
    ROW(34, "trailer-encapsulation", FLAG, 1, OTHER, ""),
    ROW(35, "arp-cache-timeout", U32, 4, OTHER, "s"),
    ROW(36, "ieee802.3-encapsulation", FLAG, 1, OTHER, ""),
    ROW(37, "default-tcp-ttl", U8, 1, OTHER, ""),
    ROW(38, "tcp-keepalive-interval", U32, 4, OTHER, "s"),
    ROW(39, "tcp-keepalive-garbage", FLAG, 1, OTHER, ""),
    ROW(40, "nis-domain", STRING, 1, OTHER, ""),
    ROW(41, "nis-servers", IP4_LIST, 4, OTHER, ""),
    ROW(42, "ntp-servers", IP4_LIST, 4, USEFUL, ""),
    ROW(43, "vendor-specific", SUBOPTIONS, 1, BOOT, ""),
    ROW(44, "netbios-name-servers", IP4_LIST, 4, OTHER, ""),
    ROW(45, "netbios-datagram-servers", IP4_LIST, 4, OTHER, ""),
    ROW(46, "netbios-node-type", U8, 1, OTHER, ""),
    ROW(47, "netbios-scope", STRING, 1, OTHER, ""),
    ROW(48, "x-font-servers", IP4_LIST, 4, OTHER, ""),
    ROW(49, "x-display-managers", IP4_LIST, 4, OTHER, ""),
    ROW(50, "requested-address", IP4, 4, ESSENTIAL, ""),
    ROW(51, "lease-time", U32, 4, ESSENTIAL, "s"),
    ROW(52, "overload", U8, 1, OTHER, ""),
    ROW(53, "message-type", KIND, 1, ESSENTIAL, ""),
    ROW(54, "server-identifier", IP4, 4, ESSENTIAL, ""),
    ROW(55, "parameter-list", CODES, 1, ESSENTIAL, ""),
    ROW(56, "message", STRING, 1, USEFUL, ""),
    ROW(57, "maximum-message-size", U16, 2, ESSENTIAL, "bytes"),
    ROW(58, "renewal-time", U32, 4, USEFUL, "s"),
    ROW(59, "rebinding-time", U32, 4, USEFUL, "s"),
    ROW(60, "vendor-class", STRING, 1, BOOT, ""),
    ROW(61, "client-identifier", BYTES, 2, ESSENTIAL, ""),
    ROW(62, "netware-domain", STRING, 1, OTHER, ""),
    ROW(63, "netware-options", BYTES, 1, OTHER, ""),
    ROW(64, "nis+-domain", STRING, 1, OTHER, ""),
    ROW(65, "nis+-servers", IP4_LIST, 4, OTHER, ""),
    ROW(66, "tftp-server-name", STRING, 1, BOOT, ""),
    ROW(67, "boot-file-name", STRING, 1, BOOT, ""),
    ROW(68, "mobile-ip-agents", IP4_LIST, 0, OTHER, ""),
    ROW(69, "smtp-servers", IP4_LIST, 4, OTHER, ""),
    ROW(70, "pop3-servers", IP4_LIST, 4, OTHER, ""),
    ROW(71, "nntp-servers", IP4_LIST, 4, OTHER, ""),
    ROW(72, "www-servers", IP4_LIST, 4, OTHER, ""),
    ROW(73, "finger-servers", IP4_LIST, 4, OTHER, ""),
    ROW(74, "irc-servers", IP4_LIST, 4, OTHER, ""),
    ROW(75, "streettalk-servers", IP4_LIST, 4, OTHER, ""),
    ROW(76, "streettalk-directory-servers", IP4_LIST, 4, OTHER, ""),
    ROW(77, "user-class", STRING, 1, ESSENTIAL, ""),
    ROW(78, "slp-directory-agents", BYTES, 5, OTHER, ""),
    ROW(79, "slp-service-scopes", BYTES, 2, OTHER, ""),
    ROW(80, "rapid-commit", BYTES, 0, OTHER, ""),
    ROW(81, "client-fqdn", BYTES, 3, OTHER, ""),
    ROW(82, "relay-agent", SUBOPTIONS, 2, ESSENTIAL, ""),
    ROW(83, "isns", BYTES, 14, OTHER, ""),
    ROW(85, "nds-servers", IP4_LIST, 4, OTHER, ""),
    ROW(86, "nds-tree-name", STRING, 1, OTHER, ""),
    ROW(87, "nds-context", STRING, 1, OTHER, ""),
    ROW(88, "bcmcs-domains", BYTES, 3, OTHER, ""),
    ROW(89, "bcmcs-addresses", IP4_LIST, 4, OTHER, ""),
    ROW(90, "authentication", BYTES, 11, OTHER, ""),
    ROW(91, "last-transaction-time", U32, 4, OTHER, "s"),
    ROW(92, "associated-addresses", IP4_LIST, 4, OTHER, ""),
    ROW(93, "client-architecture", ARCHITECTURES, 2, BOOT, ""),
    ROW(94, "client-network-interface", INTERFACE, 3, BOOT, ""),
    ROW(95, "ldap-servers", STRING, 1, OTHER, ""),
    ROW(97, "machine-uuid", UUID, 17, BOOT, ""),
    ROW(98, "user-authentication-servers", STRING, 1, OTHER, ""),
    ROW(99, "civic-location", BYTES, 3, OTHER, ""),
    ROW(100, "posix-timezone", STRING, 1, USEFUL, ""),
    ROW(101, "tzdb-timezone", STRING, 1, USEFUL, ""),
    ROW(108, "ipv6-only-preferred", U32, 4, OTHER, "s"),
    ROW(109, "softwire-source-address", BYTES, 16, OTHER, ""),
    ROW(112, "netinfo-addresses", IP4_LIST, 4, OTHER, ""),
    ROW(113, "netinfo-tag", STRING, 1, OTHER, ""),
    ROW(114, "captive-portal", STRING, 1, OTHER, ""),
    ROW(116, "auto-configure", FLAG, 1, OTHER, ""),
    ROW(117, "name-service-search", BYTES, 2, OTHER, ""),
    ROW(118, "subnet-selection", IP4, 4, ESSENTIAL, ""),
    ROW(119, "domain-search", STRING, 1, USEFUL, ""),
    ROW(120, "sip-servers", BYTES, 1, OTHER, ""),
    ROW(121, "classless-routes", BYTES, 5, USEFUL, ""),
    ROW(122, "cablelabs-configuration", BYTES, 2, OTHER, ""),
    ROW(123, "coordinate-location", BYTES, 16, OTHER, ""),
    ROW(124, "vendor-identifying-class", BYTES, 5, OTHER, ""),
    ROW(125, "vendor-identifying-information", BYTES, 5, OTHER, ""),
    ROW(136, "pana-agents", IP4_LIST, 4, OTHER, ""),
    ROW(137, "lost-server", BYTES, 3, OTHER, ""),
    ROW(138, "capwap-controllers", IP4_LIST, 4, OTHER, ""),
    ROW(139, "mobility-server-addresses", BYTES, 2, OTHER, ""),
    ROW(140, "mobility-server-domains", BYTES, 2, OTHER, ""),
    ROW(141, "sip-ua-domains", BYTES, 3, OTHER, ""),
    ROW(142, "andsf-addresses", IP4_LIST, 4, OTHER, ""),
    ROW(143, "sztp-redirect", BYTES, 2, OTHER, ""),
    ROW(144, "geospatial-location", BYTES, 16, OTHER, ""),
    ROW(145, "forcerenew-nonce", BYTES, 1, OTHER, ""),
    ROW(146, "dns-server-selection", BYTES, 10, OTHER, ""),
    ROW(147, "dots-agent", BYTES, 3, OTHER, ""),
    ROW(148, "dots-addresses", IP4_LIST, 4, OTHER, ""),
    ROW(150, "tftp-servers", IP4_LIST, 4, OTHER, ""),
    ROW(151, "query-status", BYTES, 1, OTHER, ""),
    ROW(152, "query-base-time", U32, 4, OTHER, ""),
    ROW(153, "state-start-time", U32, 4, OTHER, "s"),
    ROW(154, "query-start-time", U32, 4, OTHER, ""),
    ROW(155, "query-end-time", U32, 4, OTHER, ""),
    ROW(156, "dhcp-state", U8, 1, OTHER, ""),
    ROW(157, "data-source", U8, 1, OTHER, ""),
    ROW(158, "pcp-servers", BYTES, 5, OTHER, ""),
    ROW(159, "port-parameters", BYTES, 4, OTHER, ""),
    ROW(161, "mud-url", STRING, 1, OTHER, ""),
    ROW(162, "encrypted-dns", BYTES, 5, OTHER, ""),
    ROW(175, "ipxe", SUBOPTIONS, 3, BOOT, ""),
    ROW(203, "initiator-iqn", STRING, 1, BOOT, ""),
    ROW(208, "pxelinux-magic", BYTES, 4, BOOT, ""),
    ROW(209, "pxelinux-config-file", STRING, 1, BOOT, ""),
    ROW(210, "pxelinux-path-prefix", STRING, 1, BOOT, ""),
    ROW(211, "pxelinux-reboot-time", U32, 4, BOOT, "s"),
    ROW(212, "sixrd", BYTES, 22, OTHER, ""),
    ROW(213, "access-domain", BYTES, 3, OTHER, ""),
    ROW(220, "subnet-allocation", BYTES, 1, OTHER, ""),
    ROW(221, "virtual-subnet", BYTES, 1, OTHER, ""),
    ROW(249, "microsoft-classless-routes", BYTES, 5, USEFUL, ""),
    ROW(250, "wds-control", BYTES, 1, BOOT, ""),
    ROW(252, "wds-boot-store", STRING, 1, BOOT, ""),
};

struct suboption {
    uint8_t option;
    struct dhcp4_option_row row;
};

// 43: PXE 2.1 section 2.2.3; 82: RFC 3046, 3527, 5010, 5107; 175: ipxe.org "DHCP option space".
static const struct suboption SUBOPTIONS[] = {
    {43, ROW(1, "mtftp-address", IP4, 4, OTHER, "")},
    {43, ROW(2, "mtftp-client-port", BYTES, 2, OTHER, "")},
    {43, ROW(3, "mtftp-server-port", BYTES, 2, OTHER, "")},
    {43, ROW(4, "mtftp-timeout", U8, 1, OTHER, "s")},
    {43, ROW(5, "mtftp-delay", U8, 1, OTHER, "s")},
    {43, ROW(6, "discovery-control", U8, 1, OTHER, "")},
    {43, ROW(7, "discovery-multicast-address", IP4, 4, OTHER, "")},
    {43, ROW(8, "boot-servers", BYTES, 3, OTHER, "")},
    {43, ROW(9, "boot-menu", STRING, 3, OTHER, "")},
    {43, ROW(10, "menu-prompt", STRING, 1, OTHER, "")},
    {43, ROW(71, "boot-item", BYTES, 4, OTHER, "")},
    {82, ROW(1, "circuit-id", STRING, 0, OTHER, "")},
    {82, ROW(2, "remote-id", STRING, 0, OTHER, "")},
    {82, ROW(5, "link-selection", IP4, 4, OTHER, "")},
    {82, ROW(6, "subscriber-id", STRING, 0, OTHER, "")},
    {82, ROW(10, "relay-flags", U8, 1, OTHER, "")},
    {82, ROW(11, "server-id-override", IP4, 4, OTHER, "")},
    {175, ROW(0x01, "priority", U8, 1, OTHER, "")},
    {175, ROW(0x08, "keep-san", U8, 1, OTHER, "")},
    {175, ROW(0x09, "skip-san-boot", U8, 1, OTHER, "")},
    {175, ROW(0x10, "feature-extended", U8, 1, OTHER, "")},
    {175, ROW(0x11, "feature-iscsi", U8, 1, OTHER, "")},
    {175, ROW(0x12, "feature-aoe", U8, 1, OTHER, "")},
    {175, ROW(0x13, "feature-http", U8, 1, OTHER, "")},
    {175, ROW(0x14, "feature-https", U8, 1, OTHER, "")},
    {175, ROW(0x15, "feature-tftp", U8, 1, OTHER, "")},
    {175, ROW(0x16, "feature-ftp", U8, 1, OTHER, "")},
    {175, ROW(0x17, "feature-dns", U8, 1, OTHER, "")},
    {175, ROW(0x18, "feature-bzimage", U8, 1, OTHER, "")},
    {175, ROW(0x21, "feature-pxe", U8, 1, OTHER, "")},
    {175, ROW(0x24, "feature-efi", U8, 1, OTHER, "")},
    {175, ROW(0x26, "feature-vlan", U8, 1, OTHER, "")},
    {175, ROW(0x27, "feature-menu", U8, 1, OTHER, "")},
    {175, ROW(0x29, "feature-nfs", U8, 1, OTHER, "")},
    {175, ROW(0x55, "syslogs", STRING, 1, OTHER, "")},
    {175, ROW(0xb0, "no-pxedhcp", U8, 1, OTHER, "")},
    {175, ROW(0xb1, "bus-id", BYTES, 5, OTHER, "")},
    {175, ROW(0xbc, "san-filename", STRING, 1, OTHER, "")},
    {175, ROW(0xbd, "san-drive", U8, 1, OTHER, "")},
    {175, ROW(0xbe, "username", STRING, 1, OTHER, "")},
    {175, ROW(0xeb, "version", BYTES, 1, OTHER, "")},
};

const struct dhcp4_option_row *dhcp4_option_at(size_t index)
{
    return index < COUNT_OF(OPTIONS) ? &OPTIONS[index] : NULL;
}

const struct dhcp4_option_row *dhcp4_option_find(uint8_t code)
{
    size_t low = 0;
    size_t high = COUNT_OF(OPTIONS);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (OPTIONS[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < COUNT_OF(OPTIONS) && OPTIONS[low].code == code ? &OPTIONS[low] : NULL;
}

const struct dhcp4_option_row *dhcp4_option_find_name(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(OPTIONS); i++) {
        if (text_equal_nocase(OPTIONS[i].name, name)) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

const struct dhcp4_option_row *dhcp4_option_find_suboption(uint8_t code, uint8_t sub)
{
    for (size_t i = 0; i < COUNT_OF(SUBOPTIONS); i++) {
        if (SUBOPTIONS[i].option == code && SUBOPTIONS[i].row.code == sub) {
            return &SUBOPTIONS[i].row;
        }
    }
    return NULL;
}

enum dhcp4_rank dhcp4_option_rank(uint8_t code)
{
    const struct dhcp4_option_row *row = dhcp4_option_find(code);
    return row == NULL ? DHCP4_RANK_OTHER : (enum dhcp4_rank)row->rank;
}
