"""Another bot takes over: new keys, a new device, the old one revoked. It knows no group; the
registrars say which there are, and it forms them again with the members of the last signed rosters.

Through real processes; one member is away all the while.
"""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Example, parties  # noqa: E402


class BotRotation(unittest.TestCase):
    def setUp(self):
        self.example = Example()
        self.o = self.example.__enter__()
        self.group = self.o.groups["team-a"]

    def tearDown(self):
        self.example.__exit__(None)

    def send(self, person, text):
        events = self.o.candour(person, "send", "--group", self.group, stdin=text, check=False)
        self.assertEqual(self.o.last_status, 0, self.o.last_error)
        return [e["event"] for e in events]

    def texts(self, person):
        return [row["text"] for row in self.o.history(person, self.group) if "text" in row]

    def actions(self, person):
        return [e.get("action", e.get("code")) for e in
                self.o.candour(person, "watch", "--until-idle", "500")
                if e["event"] in ("membership", "refused", "stopped") and e.get("group") in
                (self.group, None)]

    def registrar(self, verb, *args):
        key = self.o.folder / "registrar-1" / "registrar-1.key"
        return self.o.ctl(*verb.split(), *self.o.remote(), "--key", key, *args)

    def new_bot(self):
        """A second bot's folder, with keys, certificate, policy and the retention keys."""
        old, new = self.o.folder / "bot", self.o.folder / "bot-2"
        public, drafts = self.o.folder / "public", self.o.folder / "drafts"
        run = parties.subprocess.run(
            [parties.BIN / "candour-bot", "init", "--state", new, "--organisation",
             "example-constabulary", "--person", "bot-2", "--name", "Compliance bot 2", "--unit",
             "force", "--witness-name", "example-constabulary/bot-witness-2", "--request",
             drafts / "bot-2.request", "--json"], capture_output=True, check=True)
        for number in (1, 2):
            registrar = f"registrar-{number}"
            self.o.ctl("approve", "--key", self.o.folder / registrar / f"{registrar}.key",
                       "--request", drafts / "bot-2.request", "--certificate",
                       drafts / "bot-2.certificate", "--statement", public / "statement.note",
                       "--root", public / "root.vkey")
        parties.subprocess.run([parties.BIN / "candour-bot", "init", "--state", new,
                                "--certificate", drafts / "bot-2.certificate"], check=True,
                               capture_output=True)
        shutil.copytree(old / "policy", new / "policy")
        for file in ("retention.keys", "bot.toml"):
            shutil.copy(old / file, new / file)
        self.registrar("publish", drafts / "bot-2.certificate")
        return json.loads(run.stdout)["device"]

    def new_statement(self, old_device, new_device):
        """The next version: the new bot and its witness key in place of the old one's."""
        public = self.o.folder / "public"
        old_witness = (self.o.folder / "bot" / "bot-witness.vkey").read_text().strip()
        new_witness = (self.o.folder / "bot-2" / "bot-witness.vkey").read_text().strip()
        text = (public / "statement.note").read_text().split("\n\n")[0] + "\n"
        for before, after in ((old_device, new_device), (old_witness, new_witness),
                              ("\nversion 1\n", "\nversion 2\n")):
            self.assertIn(before, text)
            text = text.replace(before, after)
        note = self.o.folder / "statement-2.note"
        note.write_text(text)
        self.o.ctl("sign", "--key", self.o.folder / "root" / "root.key", note)
        self.registrar("publish", note)
        shutil.copy(note, public / "statement.note")

    def test_groups_go_on_under_another_bot(self):
        self.assertIn("released", self.send("amy", "Under the first bot"))
        for person in ("ben", "chloe"):
            self.assertEqual(self.texts(person), ["Under the first bot"])
        self.assertIn("released", self.send("amy", "Chloe is away from here on"))
        self.texts("ben")
        old = next(m["device"] for m in self.o.candour("amy", "roster", "--group", self.group)
                   if m["bot"])
        self.assertEqual(self.o.bot.stop(), 0)
        new = self.new_bot()
        self.new_statement(old, new)
        self.registrar("revoke", "--device", old, "--reason", "replaced")
        self.o.bot.args = [str(parties.BIN / "candour-bot"), "--config",
                           str(self.o.folder / "bot-2" / "bot.toml")]
        self.o.bot.start()
        for team, officers in parties.OFFICERS.items():
            members = [x for who in officers for x in ("--member", self.o.device(who))]
            self.registrar("group create", "--group", self.o.groups[team], "--title",
                           f"Team {team}", "--unit", team, "--owner",
                           self.o.device(officers[0]), *members)
        deadline = time.monotonic() + 60
        while "formed again" not in (actions := self.actions("amy")):
            self.assertLess(time.monotonic(), deadline, actions)
        self.assertIn("released", self.send("amy", "Under the second bot"))
        self.assertIn("released", self.send("ben", "We go on"))
        self.assertEqual(self.texts("ben"), ["Under the first bot", "Chloe is away from here on",
                                             "Under the second bot", "We go on"])
        # Chloe cannot check what the old bot released and she did not read: she is told so.
        chloe = self.texts("chloe")
        self.assertEqual(chloe[0], "Under the first bot")
        self.assertEqual(chloe[-2:], ["Under the second bot", "We go on"])
        bots = [m["device"] for m in self.o.candour("chloe", "roster", "--group", self.group)
                if m["bot"]]
        self.assertEqual(bots, [new])


if __name__ == "__main__":
    unittest.main(verbosity=2)
