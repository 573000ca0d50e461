# SPDX-License-Identifier: GPL-3.0-or-later
"""imprint migrate: other servers' files become a configuration that loads, and nothing is lost silently."""

import json
import os
import pathlib
import random
import re
import subprocess

import pytest

from lab.dhcp import DhcpClient, option
from lab.network import ROOT, imprint_binary

PEERS = pathlib.Path(os.environ.get("IMPRINT_PEERS", ROOT / "build-check" / "peers"))
FIXTURES = ROOT / "tests" / "fixtures" / "migrate"
SOURCES = [path for path in sorted(FIXTURES.iterdir()) if path.suffix in (".conf", ".default")]


def migrate(*words, status=0):
    done = subprocess.run([imprint_binary(), "migrate", *words], capture_output=True, text=True, cwd=FIXTURES)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_comes_out_is_as_it_was_and_loads(source, tmp_path):
    done = migrate(source.name)
    assert done.stdout == source.with_suffix(".yaml").read_text()
    assert done.stderr == source.with_suffix(".report").read_text()
    (tmp_path / "rules").write_text("")  # the map file is on the machine that it came from; config check reads it
    (tmp_path / "imprint.yaml").write_text(re.sub(r"^  map: /.*$", f"  map: {tmp_path}/rules", done.stdout, flags=re.MULTILINE))
    subprocess.run([imprint_binary(), "config", "check", tmp_path / "imprint.yaml"], check=True)


def test_the_fixture_of_xinetd_keeps_its_limits_and_shows_its_faults(tmp_path):
    out = tmp_path / "new.yaml"
    done = migrate("xinetd-tftp-rules.conf", "--output", out)
    assert done.stdout == ""
    config = json.loads(subprocess.run([imprint_binary(), "config", "show", out, "--json"], capture_output=True, check=True).stdout)
    assert (config["tftp.root"], config["tftp.map"]) == ("/tftpboot", "/tftpboot/rules")
    assert (config["tftp.per_client"], config["tftp.requests_per_second"]) == (11, 100)
    assert "xinetd-tftp-rules.conf:5: ,:" in done.stderr and "xinetd-tftp-rules.conf:7:" in done.stderr
    assert "File exists" in migrate("xinetd-tftp-rules.conf", "--output", out, status=1).stderr


def test_many_files_become_one(tmp_path):
    answer = json.loads(migrate("xinetd-tftp-rules.conf", "tftpd-hpa.default", "--json").stdout)
    by_key = {row["key"]: row for row in answer["settings"]}
    assert by_key["tftp.root"]["file"] == "tftpd-hpa.default" and by_key["tftp.per_client"]["value"] == "11"
    kinds = {row["kind"] for row in answer["remarks"]}
    assert kinds == {"needless", "changed", "left", "fault"}
    assert "per_client: 11" in answer["yaml"]


def test_what_is_nothing_known_is_refused_with_the_choice(tmp_path):
    (tmp_path / "x").write_text("hello\n")
    (tmp_path / "nul").write_bytes(b"tftp-root=\0")
    (tmp_path / "big").write_bytes(b"#" * (1 << 20) + b"\n")
    assert "--from: kea" in migrate(tmp_path / "x", status=1).stderr
    assert "not a text" in migrate(tmp_path / "nul", status=1).stderr
    assert "1 MiB" in migrate(tmp_path / "big", status=1).stderr
    assert "No such file" in migrate(tmp_path / "absent", status=1).stderr
    assert "name the files in it" in migrate(pathlib.Path("/etc"), status=1).stderr
    migrate(tmp_path / "x", "--from", "dnsmasq")


# ---- the daemon with what was migrated ----

MAC, PHONE, WEB = "52:54:00:12:34:01", "00:04:f2:00:00:01", "52:54:00:00:00:01"

DHCPD = """
authoritative;
option provision-url code 224 = text;
option domain-search "example.test", "lab.example.test";
default-lease-time 3600;
max-lease-time 7200;
class "phones" {
  match if substring(hardware, 1, 3) = 00:04:f2;
  option provision-url "http://192.168.77.1/phone";
}
shared-network lab {
  option ntp-servers 192.168.77.4;
  subnet 192.168.77.0 netmask 255.255.255.0 {
    option routers 192.168.77.2;
    option provision-url "http://192.168.77.1/all";
    range 192.168.77.120 192.168.77.129;
    pool { allow members of "phones"; range 192.168.77.140 192.168.77.149; }
  }
}
host web { hardware ethernet 52:54:00:00:00:01; fixed-address 192.168.77.50; option host-name "web-of-old"; }
"""

KEA = {"Dhcp4": {
    "valid-lifetime": 3600, "max-valid-lifetime": 7200, "authoritative": True,
    "option-def": [{"name": "provision-url", "code": 224, "type": "string"}],
    "option-data": [{"name": "domain-search", "data": "example.test, lab.example.test"}],
    "client-classes": [{"name": "phones", "test": "substring(pkt4.mac, 0, 3) == 0x0004f2",
                        "option-data": [{"name": "provision-url", "data": "http://192.168.77.1/phone"}]}],
    "shared-networks": [{"name": "lab", "option-data": [{"name": "ntp-servers", "data": "192.168.77.4"}], "subnet4": [{
        "id": 1, "subnet": "192.168.77.0/24",
        "pools": [{"pool": "192.168.77.120 - 192.168.77.129"}, {"pool": "192.168.77.140 - 192.168.77.149", "client-class": "phones"}],
        "option-data": [{"name": "routers", "data": "192.168.77.2"}, {"name": "provision-url", "data": "http://192.168.77.1/all"}],
        "reservations": [{"hw-address": "52:54:00:00:00:01", "hostname": "web", "ip-address": "192.168.77.50",
                          "option-data": [{"name": "host-name", "data": "web-of-old"}]}]}]}]}}

DNSMASQ = """
dhcp-authoritative
dhcp-mac=set:phones,00:04:f2:*:*:*
dhcp-range=set:lab,192.168.77.120,192.168.77.129,255.255.255.0,1h
dhcp-range=tag:phones,192.168.77.140,192.168.77.149,255.255.255.0,1h
dhcp-option=3,192.168.77.2
dhcp-option=119,example.test,lab.example.test
dhcp-option=tag:lab,42,192.168.77.4
dhcp-option=tag:lab,224,http://192.168.77.1/all
dhcp-option=tag:phones,224,http://192.168.77.1/phone
dhcp-host=52:54:00:00:00:01,web,192.168.77.50
"""

LANGUAGES = {"dhcpd": DHCPD, "kea": json.dumps(KEA, indent=1), "dnsmasq": DNSMASQ}


def witness(language, path):
    """What the other server itself says of the file: its output, or None when it is content. Skips when it is not there."""
    programs = {"dhcpd": PEERS / "isc-dhcp-server/usr/sbin/dhcpd", "kea": PEERS / "kea-dhcp4-server/usr/sbin/kea-dhcp4",
                "dnsmasq": pathlib.Path("/usr/sbin/dnsmasq")}
    if not programs[language].exists():
        pytest.skip(f"{language} is not unpacked: tools/setup bench")
    words = {"dhcpd": ["-4", "-t", "-cf", path], "kea": ["-t", path], "dnsmasq": ["--test", f"--conf-file={path}"]}[language]
    libraries = [PEERS / package / "usr/lib/x86_64-linux-gnu" for package in ("kea-common", "liblog4cplus-2.0.5", "libmariadb3")]
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(map(str, libraries)))
    done = subprocess.run([programs[language], *words], capture_output=True, text=True, env=environment)
    return None if done.returncode == 0 else done.stdout + done.stderr


def ask(lab, mac):
    """The ACK that a client with this address gets."""
    client = DhcpClient(lab, "client", mac)
    ack = client.lease(option(55, bytes([1, 3, 12, 42, 119, 224])) + option(51, (86400).to_bytes(4, "big")))
    client.close()
    return ack


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_daemon_gives_what_the_other_server_promised(lab, language):
    source = lab.folder / "source.conf"
    source.write_text(LANGUAGES[language])
    config, script = lab.folder / "migrated.yaml", lab.folder / "machines.sh"
    migrate(source, "--output", config, "--machines", script)
    dhcp = config.read_text()
    base = lab.config_text(subnets=False)
    lab.start_imprint(base.replace("dhcp:\n  mode: server", dhcp[dhcp.index("dhcp:"):].replace("dhcp:", "dhcp:\n  mode: server", 1), 1))
    lab.add_host("client")
    for line in script.read_text().splitlines():
        words = re.match(r"imprint (machine \w+ [^#]*)", line)
        if words:
            lab.cli(*[word.strip("'") for word in words[1].split()])
    ack = ask(lab, MAC)
    assert ack.yiaddr in [f"192.168.77.{host}" for host in range(120, 130)]
    assert ack.address(3) == "192.168.77.2" and ack.address(42) == "192.168.77.4" and ack.address(1) == "255.255.255.0"
    assert ack.options[119] == b"\x07example\x04test\0\x03lab\xc0\0" and ack.options[224] == b"http://192.168.77.1/all"
    assert int.from_bytes(ack.options[51], "big") == (3600 if language == "dnsmasq" else 7200)
    phone = ask(lab, PHONE)
    assert phone.yiaddr in [f"192.168.77.{host}" for host in [*range(120, 130), *range(140, 150)]]
    assert phone.options[224] == b"http://192.168.77.1/phone"
    web = ask(lab, WEB)
    assert web.yiaddr == "192.168.77.50"
    if language != "dnsmasq":
        assert web.options[12] == b"web-of-old"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_server_takes_what_is_migrated_without_faults(tmp_path, language):
    source = tmp_path / "source.conf"
    source.write_text(LANGUAGES[language])
    assert "Wrong in the source" not in migrate(source).stderr
    assert witness(language, source) is None


def test_the_other_server_refuses_what_is_called_wrong():
    """dhcpd names the same faults: the brace that is not there, the blanks that are none."""
    said = witness("dhcpd", FIXTURES / "dhcpd-first.conf")
    assert said is not None and ("unexpected end of file" in said or "expecting" in said)
    assert witness("dhcpd", FIXTURES / "dhcpd-campus.conf") is not None


# ---- files that name others ----

def test_included_files_are_read_where_they_are_and_beside(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "main.conf").write_text('authoritative;\ninclude "conf.d/nets.conf";\ninclude "/etc/dhcp/hosts-that-are-nowhere.conf";\n'
                                        'include "main.conf";\ninclude "conf.d";\n')
    (tmp_path / "conf.d" / "nets.conf").write_text("subnet 10.0.0.0 netmask 255.0.0.0 {\n  range 10.0.0.10 10.0.0.20;\n  include \"more.conf\";\n}\n")
    (tmp_path / "conf.d" / "more.conf").write_text("\n\noption routers 10.0.0.1;\nnonsense;\n}\n")
    (tmp_path / "hosts-that-are-nowhere.conf").write_text("host a { hardware ethernet 52:54:00:00:00:09; }\n")
    done = migrate(tmp_path / "main.conf")
    assert f"{tmp_path}/conf.d/more.conf:3: option routers 10.0.0.1" in done.stdout and "routers: [10.0.0.1]" in done.stdout
    assert f"{tmp_path}/conf.d/more.conf:4: nonsense: dhcpd has no such statement" in done.stderr
    assert "more.conf:5: }: there is no '{'" in done.stderr
    assert "imprint machine add a --mac 52:54:00:00:00:09" in done.stdout and "lies beside" in done.stderr
    assert 'main.conf:4: include "main.conf": the file includes itself' in done.stderr
    assert 'main.conf:5: include "conf.d": there is no such file' in done.stderr


def test_chains_of_files_end(tmp_path):
    for number in range(12):
        (tmp_path / f"{number}.conf").write_text(f'default-lease-time {300 + number};\ninclude "{number + 1}.conf";\n')
    (tmp_path / "many.conf").write_text('authoritative;\n' + 'include "leaf.conf";\n' * 400)
    (tmp_path / "leaf.conf").write_text("ping-check true;\n")
    assert "8.conf:2: include \"9.conf\": files include each other too deep" in migrate(tmp_path / "0.conf").stderr
    assert "many.conf:258: include \"leaf.conf\": these are too many files" in migrate(tmp_path / "many.conf").stderr


def test_kea_and_dnsmasq_name_other_files_in_their_own_ways(tmp_path):
    (tmp_path / "kea.conf").write_text('{ "Dhcp4": { "valid-lifetime": 600,\n"subnet4": <?include "subnets.json"?>,\n'
                                       '<?include "absent.json"?>,\n"authoritative": true } }\n')
    (tmp_path / "subnets.json").write_text('[\n  // the first\n  { "subnet": "10.0.0.0/8", "pools": [\n    { "pool": "10.0.0.9 - 10.0.0.1" } ] }\n]')
    done = migrate(tmp_path / "kea.conf")
    assert f"{tmp_path}/subnets.json:4: pool 10.0.0.9 - 10.0.0.1: the range ends before it begins" in done.stderr
    assert f"{tmp_path}/kea.conf:4: authoritative: true" in done.stdout and "kea.conf:3: <?include" in done.stderr
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "b.conf").write_text("dhcp-range=10.0.0.10,10.0.0.20,255.0.0.0,1h\n")
    (tmp_path / "d" / "a.bak").write_text("dhcp-range=10.1.0.10,10.1.0.20,255.255.0.0,1h\n")
    (tmp_path / "hosts").write_text("# machines\n52:54:00:00:00:09,nine,10.0.0.99\n")
    (tmp_path / "dnsmasq.conf").write_text("conf-dir=d,.bak\ndhcp-hostsfile=hosts\ndhcp-authoritative\n")
    done = migrate("--from", "dnsmasq", tmp_path / "dnsmasq.conf")
    assert "network: 10.0.0.0/8" in done.stdout and "10.1.0.10" not in done.stdout
    assert f"imprint machine add nine --mac 52:54:00:00:00:09 --address 10.0.0.99  # {tmp_path}/hosts:2" in done.stdout


# ---- whatever is written ----

HOSTILE = ["a: b", "# c", "- x", "{y}", "[z]", "'q'", '\\"', "\\\\", "yes", "null", "~", "*", "&a", "!t", "%", "@", "`", "|", ">", "\u00e4", "0x1", "1e3", ""]


def dhcpd_of(random_source):
    """Some dhcpd.conf: mostly right, with texts that YAML takes for something else."""
    lines = ["option own code 224 = text;", "option other code 225 = array of ip-address;"]
    for net in range(random_source.randint(1, 6)):
        inside = [f"range 10.{net}.0.{random_source.randint(0, 255)} 10.{net}.0.{random_source.randint(0, 255)};"
                  for _ in range(random_source.randint(0, 4))]
        for _ in range(random_source.randint(0, 6)):
            inside.append(random_source.choice([
                f"option own \"{random_source.choice(HOSTILE)}\";", f"option domain-name \"{random_source.choice(HOSTILE)}\";",
                f"option routers 10.{random_source.randint(0, 6)}.0.1;", "option other 10.0.0.1, 10.0.0.2;",
                f"default-lease-time {random_source.choice([0, 1, 60, 3600, 4294967295])};", f"max-lease-time {random_source.choice([1, 600, 86400])};",
                f"min-lease-time {random_source.choice([1, 600, 86400])};", f"next-server 10.{net}.0.{random_source.randint(0, 255)};",
                f"host h{random_source.randint(0, 9)} {{ hardware ethernet 02:00:00:00:00:0{random_source.randint(0, 9)}; "
                f"fixed-address 10.{net}.0.{random_source.randint(0, 255)}; option own \"{random_source.choice(HOSTILE)}\"; }}",
                "}", "{", '"', "pool {"]))
        mask = random_source.choice(["255.255.255.0", "255.255.0.0", "255.255.255.128", "255.0.0.255"])
        lines.append(f"subnet 10.{net}.0.0 netmask {mask} {{ {' '.join(inside)} }}")
    for number in range(random_source.randint(0, 4)):
        lines.append(f'class "{random_source.choice(HOSTILE)}{number}" {{ match if substring(option vendor-class-identifier, 0, '
                     f'{random_source.randint(1, 9)}) = "{random_source.choice(HOSTILE)}"; option own "{random_source.choice(HOSTILE)}"; }}')
    random_source.shuffle(lines)
    return "\n".join(lines) + "\nauthoritative;\n"


def kea_of(random_source):
    """Some configuration of Kea of the same kind."""
    def some(choices, most):
        return [choices() for _ in range(random_source.randint(0, most))]
    text = lambda: random_source.choice(HOSTILE).replace("\\", "")
    data = lambda: {random_source.choice(["name", "code"]): random_source.choice(["own", "routers", "domain-name", 224, 3, "nonsense", 53]),
                    "data": random_source.choice([text(), "10.0.0.1", "10.1.0.1, 10.0.0.2"]), "csv-format": random_source.choice([True, False]),
                    "always-send": random_source.choice([True, False])}
    def subnet():
        net = random_source.randint(0, 5)
        return {"subnet": f"10.{net}.0.0/{random_source.choice([8, 16, 24, 33])}", "option-data": some(data, 3),
                "pools": some(lambda: {"pool": f"10.{net}.0.{random_source.randint(0, 255)} - 10.{net}.0.{random_source.randint(0, 255)}",
                                       "client-class": random_source.choice(["a", "b", "KNOWN", ""])}, 3),
                "reservations": some(lambda: {"hw-address": f"02:00:00:00:00:0{random_source.randint(0, 9)}", "hostname": text(),
                                              "ip-address": f"10.{net}.0.{random_source.randint(0, 255)}", "option-data": some(data, 2)}, 3),
                "valid-lifetime": random_source.choice([0, 60, 3600, 4294967295]), "max-valid-lifetime": random_source.choice([60, 86400])}
    return json.dumps({"Dhcp4": {
        "option-def": [{"name": "own", "code": 224, "type": random_source.choice(["string", "uint8", "record"]), "record-types": "uint8, string"}],
        "option-data": some(data, 4), "subnet4": some(subnet, 4),
        "client-classes": [{"name": name, "test": f"option[60].hex == '{text()}'", "option-data": some(data, 2)} for name in ("a", "b")],
        "shared-networks": some(lambda: {"name": text(), "subnet4": some(subnet, 2), "option-data": some(data, 2)}, 2)}}, indent=1)


def dnsmasq_of(random_source):
    """Some dnsmasq.conf of the same kind."""
    lines = ["dhcp-vendorclass=set:a,x", "dhcp-mac=set:b,02:*:*:*:*:*"]
    for _ in range(random_source.randint(1, 30)):
        net, host = random_source.randint(0, 5), random_source.randint(0, 255)
        tag = random_source.choice(["", "tag:a,", "tag:b,", "tag:n,", "tag:none,"])
        lines.append(random_source.choice([
            f"dhcp-range=set:n,{tag}10.{net}.0.{host},10.{net}.0.{random_source.randint(0, 255)},{random_source.choice(['', '255.255.0.0,', '255.0.0.255,'])}1h",
            f"dhcp-option={tag}{random_source.choice(['224', '15', '3', '119', 'option:router', '67', '53'])},{random_source.choice(HOSTILE)}",
            f"dhcp-option={tag}224,\"{random_source.choice(HOSTILE)}\"", f"dhcp-host=02:00:00:00:00:{host:02x},10.{net}.0.{host},{random_source.choice(HOSTILE)}",
            f"dhcp-boot={tag}{random_source.choice(HOSTILE)},s,10.{net}.0.{host}", f"dhcp-circuitid=set:a,{random_source.choice(HOSTILE)}",
            f"shared-network=10.{net}.0.1,10.0.0.1", f"domain={random_source.choice(HOSTILE)}", f"interface={random_source.choice(HOSTILE)}"]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", ["dhcpd", "kea", "dnsmasq"])
def test_whatever_is_written_becomes_a_configuration_that_loads(language, tmp_path):
    for seed in range(60):
        source = {"dhcpd": dhcpd_of, "kea": kea_of, "dnsmasq": dnsmasq_of}[language](random.Random(seed))
        (tmp_path / "source").write_text(source)
        done = subprocess.run([imprint_binary(), "migrate", "--from", language, tmp_path / "source"], capture_output=True, text=True)
        assert done.returncode == 0, (seed, done.stderr)
        (tmp_path / "imprint.yaml").write_text(done.stdout)
        checked = subprocess.run([imprint_binary(), "config", "check", tmp_path / "imprint.yaml"], capture_output=True, text=True)
        assert checked.returncode == 0, (seed, checked.stderr, done.stdout)
        assert re.search(r"^\d+ settings and \d+ machines carried over;", done.stderr, re.MULTILINE)


def test_thousands_of_machines_are_a_script_of_their_own(tmp_path):
    hosts = "".join(f"host h{n} {{ hardware ethernet 02:00:00:00:{n // 256:02x}:{n % 256:02x}; fixed-address 10.1.{n // 256}.{n % 256}; }}\n" for n in range(3000))
    (tmp_path / "many.conf").write_text("authoritative; subnet 10.0.0.0 netmask 255.0.0.0 { range 10.9.0.1 10.9.0.9; }\n" + hosts)
    done = migrate(tmp_path / "many.conf", "--output", tmp_path / "many.yaml", "--machines", tmp_path / "many.sh")
    assert "and 3000 machines carried over" in done.stderr and "--machines FILE" in (tmp_path / "many.yaml").read_text()
    assert (tmp_path / "many.sh").read_text().count("imprint machine add ") == 3000
    subprocess.run(["sh", "-n", tmp_path / "many.sh"], check=True)
    subprocess.run([imprint_binary(), "config", "check", tmp_path / "many.yaml"], check=True)


def test_secrets_are_in_nothing_that_comes_out(tmp_path):
    for words in (["kea-campus.conf"], ["kea-campus.conf", "--json"]):
        done = migrate(*words)
        assert "sEcReT" not in done.stdout + done.stderr
    (tmp_path / "keys.conf").write_text('key omapi { algorithm hmac-sha256; secret "sEcReT=="; }\nauthoritative;\ninclude "rndc.key";\n')
    (tmp_path / "rndc.key").write_text('key "rndc" {\n  algorithm hmac-md5;\n  secret "sEcReT=="\n')
    done = migrate(tmp_path / "keys.conf", "--json")
    assert "sEcReT" not in done.stdout + done.stderr and "rndc.key" in done.stdout
