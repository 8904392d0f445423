"""Speaking up, the desk and one's own record through real processes: seen from outside.

One example organisation serves all cases; each case uses texts of its own.
"""
import json
import subprocess
import time
import tomllib
import unittest

from harness import Example, parties

OFFENSIVE = "women can't drive, it's in their nature, shouldn't be let near the van"


class WithProfessionalStandards(Example):
    """The example organisation and one desk more."""

    def prepare(self, organisation):
        folder = organisation.folder
        home = folder / "nadia"
        home.mkdir()
        (home / "passphrase").touch(mode=0o600)
        (home / "passphrase").write_text("passphrase of nadia\n")
        port = json.loads((folder / "ports.json").read_text())["relay"]
        candour = [parties.BIN / "candour", "--state", home / "state", "--passphrase-file",
                   home / "passphrase", "--json", "enrol"]
        self.run([*candour, "--relay", f"127.0.0.1:{port}", "--ca", "public/tls.crt", "--root",
                  "public/root.vkey", "--organisation", "example-constabulary", "--person",
                  "p-301", "--name", "DS Nadia Frost", "--role", "investigator", "--unit",
                  "professional-standards", "--request", "drafts/nadia.request"], folder)
        for registrar in ("registrar-1", "registrar-2"):
            self.run([parties.BIN / "candourctl", "approve", "--key",
                      f"{registrar}/{registrar}.key", "--request", "drafts/nadia.request",
                      "--certificate", "drafts/nadia.certificate", "--statement",
                      "public/statement.note", "--root", "public/root.vkey"], folder)
        self.run([*candour, "--certificate", "drafts/nadia.certificate"], folder)
        file = folder / "relay" / "relay.toml"
        file.write_text(file.read_text().replace(
            '"../public/policy.note"', '"../drafts/nadia.certificate", "../public/policy.note"'))

    @staticmethod
    def run(args, folder):
        done = subprocess.run([str(a) for a in args], cwd=folder, capture_output=True)
        if done.returncode != 0:
            raise parties.Failed(done.stderr.decode())


class SpeakUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = WithProfessionalStandards()
        cls.o = cls.example.__enter__()
        cls.group = cls.o.groups["team-a"]

    @classmethod
    def tearDownClass(cls):
        cls.example.__exit__(None)

    def send(self, person, text):
        events = self.o.candour(person, "send", "--group", self.group, stdin=text, check=False)
        return next(e for e in events
                    if e["event"] in ("released", "warned", "blocked", "rejected"))

    def alerts(self, person, *more):
        return [e for e in self.o.candour(person, "alerts", *more) if e["event"] == "alert"]

    def wait_for_alert(self, person, fits):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for alert in self.alerts(person, "--all"):
                if fits(alert):
                    return alert
            time.sleep(0.2)
        self.fail(f"{person} got no such alert")

    def report(self, reporter, text):
        sent = self.send("ben", text)
        self.assertEqual(sent["event"], "released")
        self.o.history(reporter, self.group)
        events = self.o.candour(reporter, "report", sent["message_id"], "--reason",
                                "This was aimed at a colleague of ours")
        self.assertIn("reported", [e["event"] for e in events])
        return sent["message_id"], self.wait_for_alert(
            "nadia", lambda a: a["message_id"] == sent["message_id"])

    def test_a_report_proves_itself_and_stays_past_the_line(self):
        before = len(self.alerts("grace", "--all"))
        message, alert = self.report("amy", "Kettle banter about Chloe again")
        self.assertEqual(alert["category"], "report")
        self.assertEqual(alert["person"], "p-102")
        self.assertEqual(alert["reported_text"], "Kettle banter about Chloe again")
        self.assertTrue(alert["proof"]["ok"], alert["proof"])
        for check in ("token", "content", "place", "sender"):
            self.assertTrue(alert["proof"][check])
        self.assertFalse(alert["proof"]["in_log"])
        self.assertNotIn("p-101", json.dumps(alert))
        self.assertNotIn("Amy", json.dumps(alert))
        self.assertEqual(len(self.alerts("grace", "--all")), before)
        self.assertNotIn(message, [a["message_id"] for a in self.alerts("hugh", "--all")])
        time.sleep(2.5)  # the checkpoint that covers it follows within seconds
        checked = [e for e in self.o.candour("nadia", "alerts", "check", alert["alert"])
                   if e["event"] == "alert"][0]
        self.assertTrue(checked["proof"]["in_log"])
        self.assertGreater(checked["proof"]["size"], checked["proof"]["index"])
        kept = [a for a in self.alerts("nadia") if a["alert"] == alert["alert"]][0]
        self.assertTrue(kept["proof"]["in_log"])

    def test_a_long_message_is_reported_whole(self):
        text = ("A long story about the canteen. " * 400).strip()
        _, alert = self.report("chloe", text)
        self.assertEqual(alert["reported_text"], text)
        self.assertTrue(alert["proof"]["ok"], alert["proof"])

    def test_a_report_is_shown_to_no_member(self):
        shown = len(self.o.history("ben", self.group))
        self.report("amy", "Another remark by the lockers")
        # The message itself and nothing more.
        self.assertEqual(len(self.o.history("ben", self.group)), shown + 1)

    def test_context_is_a_warrant_as_narrow_as_it_can_be(self):
        warned = self.send("chloe", OFFENSIVE)
        self.assertEqual(warned["event"], "warned")
        self.o.candour("chloe", "withdraw", warned["message_id"])
        alert = self.wait_for_alert("grace", lambda a: a["message_id"] == warned["message_id"])
        draft = self.o.folder / "context.toml"
        self.o.candour("grace", "alerts", "context", alert["alert"], "--out", draft, "--minutes", 5)
        scope = tomllib.loads(draft.read_text())
        self.assertEqual(scope["author"], [{"device": alert["device"], "person": "p-103"}])
        self.assertEqual([g["group"] for g in scope["group"]], [self.group])
        self.assertLess(scope["from"], alert["raised"])
        self.assertGreater(scope["until"], alert["raised"])
        warrant = self.o.folder / "context.warrant"
        public = self.o.folder / "public"
        text = "Because the alert asks for it"
        self.o.ctl("warrant", "draft", "--from-file", draft, "--case", "PSD-2026-0042",
                   "--legal-basis", text, "--severity", text, "--purpose", text, "--necessity",
                   text, "--proportionality", text, "--collateral-intrusion", text, "--requester",
                   "example-constabulary/investigator", "--authoriser",
                   "example-constabulary/authoriser", "--reviewer", "p-990", "--statement",
                   public / "statement.note", "--root", public / "root.vkey", "--out", warrant)
        self.assertIn(f"author {alert['device']} p-103", warrant.read_text())
        self.assertIn(f"group {self.group}", warrant.read_text())

    def test_ones_own_record_lists_messages_and_warnings(self):
        sent = self.send("chloe", "The van is washed")
        warned = self.send("chloe", OFFENSIVE)
        self.o.candour("chloe", "override", warned["message_id"], "--reason",
                       "Quoting the complaint that came in this morning")
        dropped = self.send("chloe", "women are all useless at this job, every one of them")
        self.o.candour("chloe", "withdraw", dropped["message_id"])
        file = self.o.folder / "chloe.record"
        lines = self.o.candour("chloe", "record", "--export", file)
        self.assertEqual([json.loads(line) for line in file.read_text().splitlines()], lines)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        messages = {e["message_id"]: e for e in lines if e["record"] == "message"}
        self.assertEqual(messages[sent["message_id"]]["text"], "The van is washed")
        self.assertFalse(messages[sent["message_id"]]["overridden"])
        self.assertIn("opening", messages[sent["message_id"]])
        warnings = {e["message_id"]: e for e in lines if e["record"] == "warning"}
        self.assertEqual(warnings[warned["message_id"]]["outcome"], "overridden")
        self.assertEqual(warnings[dropped["message_id"]]["outcome"], "withdrawn")
        self.assertTrue(warnings[dropped["message_id"]]["findings"][0]["category"])
        self.assertTrue(any(e["overridden"] for e in messages.values()))

    def test_ones_own_record_has_closed_alerts(self):
        warned = self.send("ben", OFFENSIVE)
        self.o.candour("ben", "withdraw", warned["message_id"])
        alert = self.wait_for_alert("grace", lambda a: a["message_id"] == warned["message_id"])
        self.o.candour("grace", "ack", alert["alert"])
        self.send("ben", "Kettle is on, first time")
        self.assertNotIn("closed_alert", [e["record"] for e in self.o.candour("ben", "record")])
        self.o.candour("grace", "close", alert["alert"], "--outcome", "advice-given")
        self.send("ben", "Kettle is on, second time")
        closed = [e for e in self.o.candour("ben", "record") if e["record"] == "closed_alert"]
        self.assertEqual([e["message_id"] for e in closed], [warned["message_id"]])
        self.assertEqual(closed[0]["resolution"], "advice-given")
        self.assertEqual(closed[0]["category"], alert["category"])

    def test_closing_a_serious_alert_as_nothing_shows_in_the_counts(self):
        counts = json.loads(self.o.ctl("report", "alerts", "--state",
                                       self.o.folder / "relay" / "state", "--json"))
        before = sum(row["dismissed"] + row["upheld"] for row in counts["rows"])
        _, alert = self.report("amy", "A third remark by the lockers")
        self.o.candour("nadia", "ack", alert["alert"])
        self.o.candour("nadia", "close", alert["alert"], "--outcome", "no-action")
        counts = json.loads(self.o.ctl("report", "alerts", "--state",
                                       self.o.folder / "relay" / "state", "--json"))
        after = sum(row["dismissed"] + row["upheld"] for row in counts["rows"])
        self.assertEqual(after, before + 1)
        self.assertIn("professional-standards", [row["unit"] for row in counts["rows"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
