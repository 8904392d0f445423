"""What the relay's listener offers to a scanner that is not ours: sslscan tries every protocol
version, cipher and group against the running program; only TLS 1.3 with a P-256 certificate may
answer."""
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from harness import Example

SSLSCAN = shutil.which("sslscan")


class TlsScan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Example()
        organisation = cls.example.__enter__()
        try:
            done = subprocess.run(
                [SSLSCAN, "--xml=-", "--no-colour", "--show-certificate",
                 f"127.0.0.1:{organisation.port('relay')}"],
                capture_output=True, timeout=120, check=True)
            cls.scan = ElementTree.fromstring(done.stdout).find("ssltest")
        finally:
            cls.example.__exit__(None)

    def test_only_tls_1_3_answers(self):
        answered = {(p.get("type"), p.get("version")): p.get("enabled")
                    for p in self.scan.findall("protocol")}
        self.assertEqual(answered.pop(("tls", "1.3")), "1", answered)
        self.assertEqual({key for key, enabled in answered.items() if enabled != "0"}, set())
        self.assertLessEqual({("ssl", "3"), ("tls", "1.0"), ("tls", "1.1"), ("tls", "1.2")},
                             set(answered), "sslscan did not try the old versions")

    def test_ciphers_are_those_of_tls_1_3(self):
        ciphers = self.scan.findall("cipher")
        self.assertTrue(ciphers)
        for cipher in ciphers:
            self.assertEqual(cipher.get("sslversion"), "TLSv1.3", cipher.attrib)
            self.assertIn(cipher.get("cipher"), {
                "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"})

    def test_groups_are_the_cheap_ones(self):
        # A client that asks for ffdhe8192 would make the server pay for it.
        groups = {group.get("name") for group in self.scan.findall("group")}
        self.assertEqual(groups, {"x25519", "secp256r1 (NIST P-256)"})

    def test_nothing_of_older_versions_is_left(self):
        self.assertIn(self.scan.find("renegotiation").get("supported"), {"0", None})
        for heartbleed in self.scan.findall("heartbleed"):
            self.assertEqual(heartbleed.get("vulnerable"), "0", heartbleed.attrib)

    def test_certificate_is_p256(self):
        key = self.scan.find(".//certificate/pk")
        self.assertEqual(key.get("type"), "EC")
        self.assertIn("NIST CURVE: P-256", key.text)


if __name__ == "__main__":
    if SSLSCAN is None:
        print("SKIPPED: sslscan is not installed (script/bootstrap installs it)")
        sys.exit(77)
    unittest.main(verbosity=2)
