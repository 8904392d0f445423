"""A running bot takes up another policy: seen from outside, with real processes and real signatures.

The new pack is the default one with a rule more, so that the word it is about tells which version
judged a message; the relay's database holds the tokens that cite it.
"""
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import threading
import time
import unittest

from harness import Example

RULE = """
[[rule]]
id = "evasion.off_channel.gazebo"
category = "evasion.off_channel"
message = "It names the gazebo."
patterns = ['gazebo']
matches = ["meet at the gazebo", "gazebo now", "the gazebo again"]
passes = ["meet at nine", "on my way", "all quiet", "kettle is on", "car is washed"]
"""
LINES = 400
DELAY_MS = 10


class PolicyReload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Example()
        cls.o = cls.example.__enter__()
        cls.group = cls.o.groups["team-a"]
        cls.disk = cls.o.folder / "bot" / "policy"

    @classmethod
    def tearDownClass(cls):
        cls.example.__exit__(None)

    # --- a pack and its way ----------------------------------------------------------------------

    def digest(self, pack):
        return json.loads(self.o.ctl("policy", "check", pack, "--json"))["digest"]

    def draft(self, name, rule):
        """The pack on the bot's disk with the file of one rule more; signed by nobody."""
        pack = self.o.folder / "drafts" / name
        shutil.copytree(self.disk, pack)
        (pack / "more.toml").write_text(rule)
        self.o.ctl("policy", "note", pack, "--name", "candour-default", "--version", name)
        return pack

    def sign(self, pack, who):
        public = self.o.folder / "public"
        self.o.ctl("policy", "sign", pack, "--key", self.o.folder / who / f"{who}.key",
                   "--statement", public / "statement.note", "--root", public / "root.vkey")

    def signed(self, name, rule):
        pack = self.draft(name, rule)
        for who in ("policy-author", "policy-approver"):
            self.sign(pack, who)
        return pack

    def publish(self, pack):
        return json.loads(self.o.ctl(
            "policy", "publish", pack, *self.o.remote(), "--key",
            self.o.folder / "policy-author" / "policy-author.key", "--wait", "--json"))

    def put_on_disk(self, pack):
        """As an operator must: a folder that is half copied would be refused."""
        aside = self.disk.with_name("policy.new")
        shutil.copytree(pack, aside)
        shutil.move(self.disk, self.disk.with_name("policy." + str(time.monotonic_ns())))
        aside.rename(self.disk)

    def hang_up(self):
        os.kill(self.o.bot.process.pid, signal.SIGHUP)

    def wait_for_log(self, event, after, **fields):
        """The bot's first line of this event after the first `after` bytes of its log."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for line in self.o.bot.log.read_bytes()[after:].decode().splitlines():
                entry = json.loads(line) if line.endswith("}") else {}
                if entry.get("event") == event and fields.items() <= entry.items():
                    return entry
            time.sleep(0.05)
        self.fail(f"the bot's log has no {event} {fields}")

    def log_size(self):
        return self.o.bot.log.stat().st_size

    # --- messages --------------------------------------------------------------------------------

    def outcome(self, text):
        events = self.o.candour("amy", "send", "--group", self.group, stdin=text, check=False)
        found = [e for e in events if e["event"] in ("released", "warned", "blocked", "rejected")]
        self.assertEqual(len(found), 1, f"{events} {self.o.last_error}")
        if found[0]["event"] == "warned":
            self.o.candour("amy", "withdraw", found[0]["message_id"])
        return found[0]

    def texts(self, person, part):
        return [e["text"] for e in self.o.history(person, self.group) if part in e["text"]]

    def cited(self):
        """{message id: its token, in which the digest stands}, of delivered messages."""
        with sqlite3.connect(f"file:{self.o.folder}/relay/state/relay.db?mode=ro", uri=True) as db:
            return {bytes(i).hex(): bytes(t) for i, t in db.execute(
                "SELECT message_id, token FROM messages")}

    # --- what must hold --------------------------------------------------------------------------

    def test_1_under_load_each_message_cites_the_version_that_judged_it_I10(self):
        before = self.digest(self.disk)
        pack = self.signed("load", RULE)
        after = self.digest(pack)
        lines = self.o.folder / "drafts" / "lines.txt"
        lines.write_text("".join(f"see you at the gazebo, number {i}\n" for i in range(LINES)))
        self.publish(pack)
        self.put_on_disk(pack)
        size = self.log_size()
        sent = []
        sender = threading.Thread(target=lambda: sent.extend(self.o.candour(
            "amy", "send", "--group", self.group, "--lines", lines, "--delay", DELAY_MS,
            "--on-warning", "withdraw")))
        sender.start()
        time.sleep(LINES * DELAY_MS / 1000 / 3)
        self.hang_up()
        self.wait_for_log("policy_in_force", size, digest=after, before=before)
        sender.join()
        outcomes = [e for e in sent if e["event"] in ("released", "warned", "blocked", "rejected")]
        by_submission = sorted(outcomes, key=lambda e: e["submission"])
        kinds = [e["event"] for e in by_submission]
        self.assertEqual(len(kinds), LINES, "a verdict was lost or given twice")
        switch = kinds.index("warned")
        self.assertGreater(switch, 0, "nothing was judged by the version before")
        self.assertEqual(kinds, ["released"] * switch + ["warned"] * (LINES - switch),
                         "the version changed more than once")
        tokens = self.cited()
        for event in by_submission[:switch]:
            self.assertIn(bytes.fromhex(before), tokens[event["message_id"]])
        released = self.outcome("kettle is on")
        self.assertIn(bytes.fromhex(after), self.cited()[released["message_id"]])
        self.assertEqual(len(self.texts("ben", "gazebo")), switch)

    def test_2_what_is_not_in_the_log_waits_until_it_is_I10(self):
        pack = self.signed("unlogged", RULE.replace("gazebo", "pergola"))
        digest = self.digest(pack)
        size = self.log_size()
        self.put_on_disk(pack)
        self.hang_up()
        self.wait_for_log("policy_not_in_log", size, digest=digest)
        self.assertEqual(self.outcome("meet at the pergola")["event"], "released")
        published = self.publish(pack)
        self.assertEqual(published["digest"], digest)
        self.wait_for_log("policy_in_force", size, digest=digest)
        self.assertEqual(self.outcome("meet at the pergola, then")["event"], "warned")

    def test_3_a_bad_pack_leaves_the_one_in_force_and_says_why_I12(self):
        in_force = self.digest(self.disk)
        good = self.o.folder / "drafts" / "good"
        shutil.copytree(self.disk, good)
        cases = {
            "unsigned": lambda: self.draft("unsigned", RULE.replace("gazebo", "trellis")),
            "one signature": self.one_signature,
            "changed": self.changed,
            "a rule that fails its example": self.failing_example,
        }
        wanted = {
            "unsigned": r"pack\.note",
            "one signature": r"lacks the signature of a policy-approver",
            "changed": r"more\.toml: its SHA-256 is not the one in pack\.note",
            "a rule that fails its example": r"more\.toml:\d+: rule evasion\.off_channel\.trellis: "
                                             r"its example under 'matches' gives no finding: "
                                             r"\"all quiet\"",
        }
        for name, make in cases.items():
            with self.subTest(name):
                pack = make()
                size = self.log_size()
                self.put_on_disk(pack)
                self.hang_up()
                refused = self.wait_for_log("policy_refused", size)
                self.assertEqual(refused["code"], "policy_invalid")
                self.assertEqual(refused["in_force"], in_force)
                self.assertRegex(refused["why"], wanted[name])
                self.assertEqual(self.outcome(f"by the trellis, {name}")["event"], "released")
        self.put_on_disk(good)
        size = self.log_size()
        self.hang_up()
        self.wait_for_log("policy_unchanged", size, digest=in_force)

    def one_signature(self):
        pack = self.draft("one", RULE.replace("gazebo", "trellis"))
        self.sign(pack, "policy-author")
        return pack

    def changed(self):
        pack = self.signed("changed", RULE.replace("gazebo", "trellis"))
        (pack / "more.toml").write_text(RULE)
        return pack

    def failing_example(self):
        """No tool signs such a pack, so the note is made by hand, as somebody careless might."""
        pack = self.signed("failing", RULE.replace("gazebo", "trellis"))
        more = pack / "more.toml"
        more.write_text(more.read_text().replace("trellis now", "all quiet"))
        note = (pack / "pack.note").read_text().split("\n\n")[0] + "\n"
        (pack / "pack.note").write_text(re.sub(
            "sha256 [0-9a-f]{64} more.toml",
            "sha256 " + hashlib.sha256(more.read_bytes()).hexdigest() + " more.toml", note))
        for who in ("policy-author", "policy-approver"):
            self.o.ctl("sign", "--key", self.o.folder / who / f"{who}.key", pack / "pack.note")
        return pack

    def test_4_a_version_published_in_the_log_is_taken_up_without_a_signal(self):
        pack = self.signed("published", RULE.replace("gazebo", "orchard"))
        size = self.log_size()
        self.put_on_disk(pack)
        self.assertEqual(self.outcome("meet in the orchard")["event"], "released")
        self.publish(pack)
        self.wait_for_log("policy_in_force", size, digest=self.digest(pack))
        self.assertEqual(self.outcome("meet in the orchard, at ten")["event"], "warned")

    def test_5_a_restart_keeps_to_the_rules(self):
        digest = self.digest(self.disk)
        self.assertEqual(self.o.bot.stop(), 0)
        self.o.bot.start()
        self.assertEqual(self.o.bot.ready["policy"], digest)
        self.assertEqual(self.outcome("still the orchard")["event"], "warned")


if __name__ == "__main__":
    unittest.main(verbosity=2)
