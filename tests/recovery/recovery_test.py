"""Lost parties through real processes: what comes back, what must not, and that nothing is lost
that a witnessed checkpoint covered.

One example organisation, whose outside witness mirrors the log, goes through one loss after the
other; cases run in the order of their names, because each begins where the last one ended.
"""
import json
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Example, parties  # noqa: E402


class MirroredExample(Example):
    """An example whose witness keeps a copy of what it cosigns, as the auditor."""

    def prepare(self, organisation):
        folder = organisation.folder
        organisation.mirror = folder / "witness" / "mirror"
        organisation.witness.args += [str(a) for a in (
            "--mirror", organisation.mirror, "--relay", f"127.0.0.1:{organisation.port('relay')}",
            "--ca", folder / "public" / "tls.crt", "--root", folder / "public" / "root.vkey",
            "--statement", folder / "public" / "statement.note",
            "--mirror-key", folder / "auditor" / "auditor.key")]


class Successor:
    """A new log after a lost one: key, statement, the note of two people, a relay that begins so."""

    def __init__(self, organisation, number, directory, checkpoint):
        self.o, self.number = organisation, number
        self.directory = directory
        self.folder = organisation.folder / f"successor-{number}"
        self.folder.mkdir()
        self.statement = self.folder / "statement.note"
        self.note = self.folder / "succession.note"
        name = f"log{number}.candour.example/example-constabulary"
        organisation.ctl("key", "new", "--name", name, "--file", "log", "--dir", self.folder)
        self.vkey = self.folder / "log.vkey"
        self.name_log()
        self.say_where_the_old_one_ended(checkpoint)

    def sign(self, who, file):
        self.o.ctl("sign", "--key", self.o.folder / who / f"{who}.key", file)

    def name_log(self):
        """The statement as it was, of a higher version, with the new log."""
        public = self.o.folder / "public"
        text = (public / "statement.note").read_text().split("\n\n")[0] + "\n"
        lines = [f"version {self.number}" if line.startswith("version ") else
                 "log " + self.vkey.read_text().strip() if line.startswith("log ") else line
                 for line in text.splitlines()]
        self.statement.write_text("\n".join(lines) + "\n")
        self.sign("root", self.statement)

    def say_where_the_old_one_ended(self, checkpoint):
        public = self.o.folder / "public"
        self.o.ctl("log", "succession", "--old-checkpoint", checkpoint, "--statement",
                   public / "statement.note", "--root", public / "root.vkey", "--new-log",
                   self.vkey, "--reason", "the disk of the relay burnt", "--out", self.note)
        for who in ("authoriser", "registrar-1"):
            self.sign(who, self.note)

    def configure_relay(self):
        """The same addresses, a state that is empty, and a log that begins as it must."""
        state = self.o.folder / "relay" / "state"
        shutil.rmtree(state, ignore_errors=True)
        config = self.o.folder / "relay" / "relay.toml"
        first = [str(self.note), str(self.statement)]
        bootstrap = json.dumps(first + self.directory)
        text = config.read_text()
        begin = text.index("bootstrap = ")
        text = text[:begin] + f"bootstrap = {bootstrap}\n" + text[text.index("[log]"):]
        key = text.index("key_file = ", text.index("[log]"))
        text = text[:key] + f'key_file = "{self.folder / "log.key"}"' + text[text.index("\n", key):]
        config.write_text(text)

    def publish_statement(self):
        shutil.copy(self.statement, self.o.folder / "public" / "statement.note")


class LostParties(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = MirroredExample()
        cls.o = cls.example.__enter__()
        cls.group = cls.o.groups["team-a"]

    @classmethod
    def tearDownClass(cls):
        cls.example.__exit__(None)

    def send(self, person, text, *more):
        """The outcome. Messages sent before and not decided then may get theirs now, too."""
        events = self.o.candour(person, "send", "--group", self.group, *more, stdin=text,
                                check=False)
        found = [e for e in events if e["event"] in ("released", "warned", "blocked", "rejected")
                 or (e["event"] == "submitted" and "--no-wait" in more)]
        self.assertTrue(found, f"{events} {self.o.last_error}")
        return found[-1]["event"]

    def texts(self, person):
        return [e["text"] for e in self.o.history(person, self.group)]

    def verify(self, state, statement=None):
        public = self.o.folder / "public"
        out = self.o.ctl("log", "verify", "--state", state, "--root", public / "root.vkey",
                         "--statement", statement or public / "statement.note", "--signatures",
                         "--json", check=False)
        report = json.loads(out)
        self.assertTrue(report["ok"], report)
        return report

    def wait_for(self, what, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline, "it did not come in time")
            time.sleep(0.3)
        return found

    def witnessed(self):
        """The log once a checkpoint with a quorum covers all of it, as the mirror has it."""
        relay = self.o.folder / "relay" / "state"

        def all_of_it():
            size = self.verify(relay)["size"]
            report = self.verify(self.o.mirror)
            return report["cosigned_size"] >= size and report

        return self.wait_for(all_of_it)

    def formed_again(self):
        return (self.o.folder / "logs" / "bot.log").read_text().count("group_formed_again")

    def bot_files(self):
        return [self.o.folder / "bot" / f"bot.db{end}" for end in ("", "-wal", "-shm")]

    # --- the mirror ------------------------------------------------------------------------------

    def test_1_what_is_witnessed_is_mirrored(self):
        self.assertEqual(self.send("amy", "The van is back"), "released")
        report = self.witnessed()
        self.assertEqual(report["size"], self.verify(self.o.folder / "relay" / "state")["size"])
        self.assertGreater(report["records"], 0)

    def test_2_without_the_relay_nothing_is_cosigned_and_nothing_spoils(self):
        self.o.witness.kill()
        self.assertEqual(self.send("ben", "While the witness sleeps"), "released")
        behind = self.verify(self.o.mirror)["size"]
        self.o.witness.start()
        self.assertGreater(self.witnessed()["size"], behind)

    # --- the bot ---------------------------------------------------------------------------------

    def test_3_a_bot_without_its_memory_forms_its_groups_again(self):
        covered = self.witnessed()
        before = self.texts("ben")
        self.o.bot.kill()
        for file in self.bot_files():
            file.unlink(missing_ok=True)
        self.assertEqual(self.send("amy", "In between", "--no-wait"), "submitted")
        self.o.bot.start()
        self.assertEqual(self.send("amy", "After the loss"), "released")
        self.assertEqual(self.send("chloe", "Read you"), "released")
        self.assertEqual(self.texts("ben"), before + ["In between", "After the loss", "Read you"])
        self.assertEqual(self.formed_again(), len(self.o.groups))
        report = self.witnessed()
        self.assertGreater(report["records"], covered["records"])

    def test_4_a_bot_with_an_old_memory_does_not_use_it(self):
        self.assertEqual(self.o.bot.stop(), 0)
        copies = [(file, file.with_suffix(".copy")) for file in self.bot_files() if file.exists()]
        for file, copy in copies:
            shutil.copy(file, copy)
        self.o.bot.start()
        self.assertEqual(self.send("ben", "Not in the copy"), "released")
        self.assertEqual(self.o.bot.stop(), 0)
        for file in self.bot_files():
            file.unlink(missing_ok=True)
        for file, copy in copies:
            copy.rename(file)
        known = self.formed_again()
        self.o.bot.start()
        self.assertEqual(self.send("ben", "After the copy"), "released")
        self.assertEqual(self.texts("chloe")[-2:], ["Not in the copy", "After the copy"])
        self.assertEqual(self.formed_again(), known + 1)  # the other group had not moved on
        self.witnessed()

    def test_5_a_bot_that_only_restarts_forms_nothing(self):
        known = self.formed_again()
        self.o.bot.kill()
        self.o.bot.start()
        self.assertEqual(self.send("amy", "As before"), "released")
        self.assertEqual(self.formed_again(), known)

    # --- the relay -------------------------------------------------------------------------------

    def test_6_a_relay_from_an_older_copy_does_not_start(self):
        state = self.o.folder / "relay" / "state"
        old, newest = state.with_name("old"), state.with_name("newest")
        self.assertEqual(self.o.relay.stop(), 0)
        shutil.copytree(state, old)
        self.o.relay.start()
        self.assertEqual(self.send("amy", "Not in the old copy"), "released")
        covered = self.witnessed()
        self.assertEqual(self.o.relay.stop(), 0)
        state.rename(newest)
        old.rename(state)
        with self.assertRaises(parties.Failed):
            self.o.relay.start()
        self.assertNotEqual(self.o.relay.stop(), 0)
        log = (self.o.folder / "logs" / "relay.log").read_text()
        self.assertIn("log_inconsistent", log)
        # Every record that was witnessed is in the mirror, whatever became of the relay.
        self.assertGreaterEqual(self.verify(self.o.mirror)["records"], covered["records"])
        shutil.rmtree(state)
        newest.rename(state)
        self.o.relay.start()
        self.assertEqual(self.send("amy", "With the newest copy"), "released")

    def old_checkpoint_of(self, folder):
        """A checkpoint of the mirror's log that is not the newest one."""
        self.o.ctl("log", "export", "--state", self.o.mirror, "--out", folder)
        return folder / "older.checkpoint"

    def test_7_a_lost_relay_comes_back_as_a_new_log(self):
        self.assertEqual(self.send("amy", "Before the fire"), "released")
        self.assertEqual(self.texts("ben")[-1], "Before the fire")  # Ben and Chloe have it
        self.assertEqual(self.texts("chloe")[-1], "Before the fire")
        covered = self.witnessed()
        before = self.texts("ben")
        self.o.candour("amy", "groups")  # she has seen the newest checkpoint
        formed = self.formed_again()
        self.o.relay.kill()
        shutil.rmtree(self.o.folder / "relay" / "state")
        mirror, old_statement = self.o.mirror, self.o.folder / "old-statement.note"
        shutil.copy(self.o.folder / "public" / "statement.note", old_statement)
        # Every record that a witnessed checkpoint covered is in the mirror.
        kept = self.verify(mirror, old_statement)
        self.assertGreaterEqual(kept["records"], covered["records"])
        self.assertGreaterEqual(kept["size"], covered["cosigned_size"])
        exported = json.loads(self.o.ctl("log", "export-directory", "--state", mirror, "--out",
                                         self.o.folder / "directory", "--json"))

        # A succession that cuts the old log: whoever saw more of it refuses.
        self.assertEqual(self.o.bot.stop(), 0)
        older = self.old_checkpoint_of(self.o.folder / "old-log")
        cut = Successor(self.o, 2, exported["bootstrap"], older)
        cut.configure_relay()
        self.o.relay.start()
        self.o.candour("amy", "groups", check=False)
        self.assertNotEqual(self.o.last_status, 0)
        self.assertIn("log_inconsistent", self.o.last_error)
        alarms = self.o.candour("amy", "--offline", "alarms")
        self.assertIn("log_inconsistent", [alarm["code"] for alarm in alarms])
        with self.assertRaises(parties.Failed):
            self.o.bot.start()
        self.o.bot.stop()
        self.assertEqual(self.o.relay.stop(), 0)

        # One that cites where it ended.
        new = Successor(self.o, 3, exported["bootstrap"], exported["checkpoint"])
        new.configure_relay()
        new.publish_statement()
        self.o.witness.stop()
        self.o.mirror = self.o.folder / "witness" / "mirror-2"
        self.o.witness.args = [str({str(mirror): self.o.mirror,
                                    str(self.o.folder / "relay" / "log.vkey"): new.vkey}.get(a, a))
                               for a in self.o.witness.args]
        self.o.witness.start()
        self.o.relay.start()
        self.o.bot.start()
        for person in ("amy", "ben", "chloe", "dev", "ella", "finn"):
            events = self.o.candour(person, "watch", "--until-idle", "300", check=False)
            self.assertIn("new_log", [e["event"] for e in events], self.o.last_error)
        self.assertEqual(self.send("amy", "After the fire"), "released")
        self.assertEqual(self.send("ben", "We go on"), "released")
        self.assertEqual(self.texts("ben"), before + ["After the fire", "We go on"])
        self.assertEqual(self.texts("chloe"), self.texts("ben"))
        self.assertEqual(self.formed_again(), formed + len(self.o.groups))

        # The new log is whole and begins with the note; the old one is as it was.
        report = self.witnessed()
        self.assertEqual(report["kinds"].get("succession"), 1, report)
        self.assertEqual(self.verify(mirror, old_statement)["root"], kept["root"])
        self.o.bot.kill()
        self.o.relay.kill()
        self.o.relay.start()
        self.o.bot.start()
        self.assertEqual(self.send("chloe", "Both came back"), "released")
        self.assertEqual(self.formed_again(), formed + len(self.o.groups))


if __name__ == "__main__":
    unittest.main(verbosity=2)
