// SPDX-License-Identifier: GPL-3.0-or-later
// The words in which different systems are told their network, and cloud-init's seed.
#include "agent/personal_file.h"
#include "agent/personal_step.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WANTS "etc/systemd/system/multi-user.target.wants/"

static char path[64];
static int root;
static struct talk_personal wanted;
static struct problem problem;

static struct personal make_root(bool is_static)
{
    (void)strcpy(path, "/tmp/imprint-personal-XXXXXX");
    assert_non_null(mkdtemp(path));
    root = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(root >= 0);
    problem_clear(&problem);
    wanted =
        (struct talk_personal){.hostname = "station101", .domain = "lab.example", .is_static = is_static};
    wanted.mac = hw_ethernet((const uint8_t[6]){0x52, 0x54, 0, 0xaa, 0xbb, 0xcc});
    assert_int_equal(ip4_parse("192.168.77.101", &wanted.address), STATUS_OK);
    assert_int_equal(ip4_parse("192.168.77.1", &wanted.gateway), STATUS_OK);
    wanted.dns[0] = wanted.gateway;
    assert_int_equal(ip4_parse("9.9.9.9", &wanted.dns[2]), STATUS_OK);
    wanted.prefix = 24;
    return (struct personal){.path = path, .root = root, .wanted = &wanted, .order_id = 7};
}

static void remove_root(void)
{
    char command[128];
    (void)close(root);
    (void)snprintf(command, sizeof command, "rm -rf %s", path);
    assert_int_equal(system(command), 0);
}

static void put(const char *name, const char *text)
{
    assert_int_equal(personal_write(root, name, text, NULL, &problem), STATUS_OK);
}

static void link_to(const char *name, const char *target)
{
    assert_int_equal(personal_link(root, name, target, &problem), STATUS_OK);
}

static void holds(const char *name, const char *text, mode_t mode)
{
    struct stat facts;
    char *found = personal_read(root, name);
    if (found == NULL) {
        fail_msg("no /%s", name);
    }
    assert_string_equal(found, text);
    free(found);
    assert_int_equal(fstatat(root, name, &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, mode);
}

static void networkd_gets_a_file_for_the_card(void **state)
{
    (void)state;
    struct personal self = make_root(false);
    link_to(WANTS "systemd-networkd.service", "/lib/systemd/system/systemd-networkd.service");
    assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
    holds("etc/systemd/network/10-imprint.network",
          "[Match]\nMACAddress=52:54:00:aa:bb:cc\nType=ether\n\n[Network]\nDHCP=ipv4\n\n[DHCPv4]\n"
          "ClientIdentifier=mac\n",
          0644);
    assert_false(personal_has_name(root, "etc/resolv.conf"));
    remove_root();
}

static void networkd_gets_a_static_address_and_resolved_its_link(void **state)
{
    (void)state;
    struct personal self = make_root(true);
    char target[64] = "";
    link_to(WANTS "systemd-networkd.service", "/lib/systemd/system/systemd-networkd.service");
    link_to("etc/systemd/system/sysinit.target.wants/systemd-resolved.service", "/lib/x");
    assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
    holds("etc/systemd/network/10-imprint.network",
          "[Match]\nMACAddress=52:54:00:aa:bb:cc\nType=ether\n\n[Network]\nAddress=192.168.77.101/24\n"
          "Gateway=192.168.77.1\nDNS=192.168.77.1\nDNS=9.9.9.9\nDomains=lab.example\n",
          0644);
    assert_true(readlinkat(root, "etc/resolv.conf", target, sizeof target - 1) > 0);
    assert_string_equal(target, "../run/systemd/resolve/stub-resolv.conf");
    remove_root();
}

static void without_resolved_the_name_servers_are_written_down(void **state)
{
    (void)state;
    struct personal self = make_root(true);
    link_to(WANTS "systemd-networkd.service", "/lib/systemd/system/systemd-networkd.service");
    assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
    holds("etc/resolv.conf", "search lab.example\nnameserver 192.168.77.1\nnameserver 9.9.9.9\n", 0644);
    remove_root();
}

static void netplan_comes_before_what_it_drives(void **state)
{
    (void)state;
    struct personal self = make_root(true);
    put("usr/sbin/netplan", "");
    link_to(WANTS "systemd-networkd.service", "/lib/systemd/system/systemd-networkd.service");
    assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
    holds("etc/netplan/90-imprint.yaml",
          "network:\n  version: 2\n  ethernets:\n    00imprint:\n      match:\n"
          "        macaddress: \"52:54:00:aa:bb:cc\"\n      dhcp4: false\n"
          "      addresses: [\"192.168.77.101/24\"]\n      routes:\n        - to: \"0.0.0.0/0\"\n"
          "          via: \"192.168.77.1\"\n      nameservers:\n"
          "        addresses: [\"192.168.77.1\", \"9.9.9.9\"]\n        search: [\"lab.example\"]\n",
          0600);
    assert_false(personal_has_name(root, "etc/systemd/network/10-imprint.network"));
    remove_root();
}

static void network_manager_gets_a_private_connection(void **state)
{
    (void)state;
    for (int is_static = 0; is_static < 2; is_static++) {
        struct personal self = make_root(is_static != 0);
        link_to(WANTS "NetworkManager.service", "/lib/systemd/system/NetworkManager.service");
        assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
        holds("etc/NetworkManager/system-connections/imprint.nmconnection",
              is_static != 0
                  ? "[connection]\nid=imprint\ntype=ethernet\nautoconnect-priority=100\n\n[ethernet]\n"
                    "mac-address=52:54:00:aa:bb:cc\n\n[ipv4]\nmethod=manual\n"
                    "address1=192.168.77.101/24,192.168.77.1\ndns=192.168.77.1;9.9.9.9;\n"
                    "dns-search=lab.example;\n\n[ipv6]\nmethod=auto\n"
                  : "[connection]\nid=imprint\ntype=ethernet\nautoconnect-priority=100\n\n[ethernet]\n"
                    "mac-address=52:54:00:aa:bb:cc\n\n[ipv4]\nmethod=auto\ndhcp-client-id=mac\n\n"
                    "[ipv6]\nmethod=auto\n",
              0600);
        remove_root();
    }
}

static void ifupdown_finds_the_card_by_its_address(void **state)
{
    (void)state;
    struct personal self = make_root(true);
    put("sbin/ifup", "");
    link_to(WANTS "networking.service", "/lib/systemd/system/networking.service");
    put("etc/network/interfaces", "auto lo\niface lo inet loopback");
    for (int again = 0; again < 2; again++) {
        assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
        holds("etc/network/interfaces.d/imprint",
              "auto mac/52:54:00:aa:bb:cc=imprint\niface imprint inet static\n\taddress 192.168.77.101\n"
              "\tnetmask 255.255.255.0\n\tgateway 192.168.77.1\n\tdns-nameservers 192.168.77.1 9.9.9.9\n",
              0644);
        holds("etc/network/interfaces",
              "auto lo\niface lo inet loopback\nsource-directory /etc/network/interfaces.d\n", 0644);
    }
    remove_root();
}

static void a_system_without_a_network_of_its_own_is_left_alone_unless_it_must_be_static(void **state)
{
    (void)state;
    struct personal self = make_root(false);
    assert_int_equal(personal_set_network(&self, &problem), STATUS_OK);
    wanted.is_static = true;
    assert_int_equal(personal_set_network(&self, &problem), STATUS_UNSUPPORTED);
    assert_non_null(strstr(problem.remedy, "--network dhcp"));
    remove_root();
}

static void fill_for_cloud(char *keys, char *script)
{
    (void)strcpy(wanted.user, "anna");
    (void)strcpy(wanted.user_password, "$6$a\"b\\c");
    (void)strcpy(wanted.timezone, "Europe/Berlin");
    (void)strcpy(wanted.packages, "htop  vim");
    wanted.ssh_keys = keys;
    wanted.script = script;
}

static void cloud_init_gets_a_private_seed(void **state)
{
    (void)state;
    struct personal self = make_root(false);
    char keys[] = "# a comment\nssh-ed25519 AAAA one\n";
    char script[] = "echo hi\n";
    put("usr/bin/cloud-init", "");
    put("etc/group", "sudo:x:27:\n");
    assert_true(personal_has_cloud(&self));
    fill_for_cloud(keys, script);
    assert_int_equal(personal_seed_cloud(&self, &problem), STATUS_OK);
    holds("var/lib/cloud/seed/nocloud/meta-data", "instance-id: imprint-7\nlocal-hostname: \"station101\"\n",
          0600);
    holds("var/lib/cloud/seed/nocloud/user-data",
          "#cloud-config\npreserve_hostname: false\nmanage_etc_hosts: localhost\nhostname: \"station101\"\n"
          "fqdn: \"station101.lab.example\"\nusers:\n  - name: \"anna\"\n    shell: /bin/sh\n"
          "    groups: [sudo]\n    lock_passwd: false\n    hashed_passwd: \"$6$a\\\"b\\\\c\"\n"
          "    ssh_authorized_keys:\n      - \"ssh-ed25519 AAAA one\"\ndisable_root: false\n"
          "timezone: \"Europe/Berlin\"\npackage_update: true\npackages:\n  - \"htop\"\n  - \"vim\"\n"
          "write_files:\n  - path: /var/lib/cloud/imprint-script\n    permissions: \"0700\"\n"
          "    encoding: b64\n    content: ZWNobyBoaQo=\nruncmd:\n"
          "  - [env, \"IMPRINT_HOSTNAME=station101\", \"IMPRINT_DOMAIN=lab.example\", "
          "\"IMPRINT_MAC=52:54:00:aa:bb:cc\", \"IMPRINT_ADDRESS=192.168.77.101\", "
          "\"IMPRINT_GATEWAY=192.168.77.1\", \"IMPRINT_USER=anna\", \"IMPRINT_ORDER=7\", /bin/sh, "
          "/var/lib/cloud/imprint-script]\n  - [rm, -f, /var/lib/cloud/imprint-script]\n",
          0600);
    holds("etc/cloud/cloud.cfg.d/99-imprint.cfg",
          "# written by imprint: its seed lies in /var/lib/cloud/seed/nocloud\ndatasource_list: [NoCloud, "
          "None]\n",
          0644);
    remove_root();
}

static void cloud_init_that_is_switched_off_does_not_count(void **state)
{
    (void)state;
    struct personal self = make_root(false);
    assert_false(personal_has_cloud(&self));
    put("usr/bin/cloud-init", "");
    assert_true(personal_has_cloud(&self));
    put("etc/cloud/cloud-init.disabled", "");
    assert_false(personal_has_cloud(&self));
    remove_root();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networkd_gets_a_file_for_the_card),
        cmocka_unit_test(networkd_gets_a_static_address_and_resolved_its_link),
        cmocka_unit_test(without_resolved_the_name_servers_are_written_down),
        cmocka_unit_test(netplan_comes_before_what_it_drives),
        cmocka_unit_test(network_manager_gets_a_private_connection),
        cmocka_unit_test(ifupdown_finds_the_card_by_its_address),
        cmocka_unit_test(a_system_without_a_network_of_its_own_is_left_alone_unless_it_must_be_static),
        cmocka_unit_test(cloud_init_gets_a_private_seed),
        cmocka_unit_test(cloud_init_that_is_switched_off_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
