# SPDX-License-Identifier: GPL-3.0-or-later
"""What firmware is given to boot by HTTPS: openssl and efitools' form read what imprint certificate export writes."""

import hashlib
import ssl
import struct
import uuid

from lab.dhcp import DhcpClient, pxe_options

X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")


def test_the_authority_is_exported_in_every_form(lab):
    lab.start_imprint()
    pem, der, esl = (lab.folder / f"authority.{form}" for form in ("pem", "cer", "esl"))
    for path in (pem, der, esl):
        lab.cli("certificate", "export", path)
    assert ssl.PEM_cert_to_DER_cert(pem.read_text()) == der.read_bytes()
    assert pem.read_bytes() == (lab.folder / "state" / "tls" / "authority.pem").read_bytes()
    list_ = esl.read_bytes()
    kind, size, head, each = uuid.UUID(bytes_le=list_[:16]), *struct.unpack("<III", list_[16:28])
    assert (kind, size, head, each) == (X509, len(list_), 0, len(list_) - 28)
    assert list_[44:] == der.read_bytes()
    shown = lab.run("openssl", "x509", "-inform", "DER", "-in", der, "-noout", "-text").stdout
    assert "CA:TRUE" in shown and "imprint on" in shown

    told = lab.cli_json("certificate", "show")
    assert told["enrol"]["digest"] == "sha256:" + hashlib.sha256(der.read_bytes()).hexdigest()
    assert told["is_own"] and told["enrol"]["is_root"] and lab.address in told["names"]
    assert "key" not in told and "PRIVATE" not in str(told)
    assert lab.cli("certificate", "export", "-").stdout == pem.read_text()
    assert lab.cli("certificate", "export", "x", "--format", "p12", check=False).returncode != 0


def test_the_certificate_holds_for_those_who_compare_the_address(lab):
    lab.start_imprint()
    lab.add_host("pc", f"{lab.network}.9")
    authority = lab.folder / "authority.pem"
    lab.cli("certificate", "export", authority)
    for words, good in (([], False), (["--cacert", authority], True)):
        done = lab.run("curl", "-sS", "-m", "5", "-o", "/dev/null", *words, f"https://{lab.address}/boot.ipxe", host="pc", check=False)
        assert (done.returncode == 0) == good


def test_http_boot_is_sent_to_https_where_that_is_wanted_and_nobody_else(lab):
    lab.start_imprint(extra="https: { boot: yes, port: 8443 }")
    lab.add_host("pc")
    client = DhcpClient(lab, "pc", "52:54:00:aa:bb:01")
    assert client.lease(pxe_options(16, http=True)).options[67] == b"https://192.168.77.1:8443/snponly.efi\0"
    assert client.lease(pxe_options(16, http=True, ipxe=True)).options[67] == b"http://192.168.77.1/boot.ipxe\0"
    assert client.lease(pxe_options(7)).options[67] == b"shimx64.efi\0"
    client.close()
