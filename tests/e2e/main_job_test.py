"""The main job through real processes: what each invariant promises, seen from outside.

One example organisation serves all cases; each case uses texts of its own.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
import unittest

import memory
from harness import Example, parties

CANARY = "Heliotrope Wexford Canary"


class MainJob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Example()
        cls.o = cls.example.__enter__()
        cls.group = cls.o.groups["team-a"]

    @classmethod
    def tearDownClass(cls):
        cls.example.__exit__(None)

    def send(self, person, text, *more, group=None):
        """The outcome of one message; with --no-wait that the relay has it."""
        events = self.o.candour(person, "send", "--group", group or self.group, *more, stdin=text,
                                check=False)
        wanted = ("submitted",) if "--no-wait" in more else (
            "released", "warned", "blocked", "rejected")
        found = [e for e in events if e["event"] in wanted]
        self.assertEqual(len(found), 1, f"{events} {self.o.last_error}")
        return found[0]

    def texts(self, person, group=None):
        return [e["text"] for e in self.o.history(person, group or self.group)]

    def log_verify(self, state, *more):
        out = self.o.ctl("log", "verify", "--state", state, "--root",
                         self.o.folder / "public" / "root.vkey", "--statement",
                         self.o.folder / "public" / "statement.note", *more, "--json", check=False)
        return json.loads(out), self.o.last_status

    # --- the way of a message -------------------------------------------------------------------

    def test_I3_a_released_message_reaches_everyone_with_a_receipt(self):
        sent = self.send("amy", "Van keys are on the hook")
        self.assertEqual(sent["event"], "released")
        for person in ("ben", "chloe"):
            self.assertIn("Van keys are on the hook", self.texts(person))
        time.sleep(2.5)  # the checkpoint that covers it follows within seconds
        receipt = self.o.candour("amy", "receipt", sent["message_id"], "--proof")[0]
        self.assertTrue(receipt["checked"])
        self.assertTrue(receipt["proof"]["witnessed"])

    def test_I5_a_warned_message_reaches_nobody_until_it_is_sent_anyway(self):
        text = "women can't drive, it's in their nature, shouldn't be let near the van"
        warned = self.send("ben", text)
        self.assertEqual(warned["event"], "warned")
        self.assertNotIn(text, self.texts("amy"))
        again = self.o.candour("ben", "override", warned["message_id"], "--reason",
                               "Quoting the complaint that came in this morning")
        self.assertIn("overridden", [e["event"] for e in again])
        self.assertIn(text, self.texts("amy"))

    def test_an_override_needs_a_reason_of_ten_characters(self):
        warned = self.send("ben", "women are all useless at this job, every one of them")
        self.assertEqual(warned["event"], "warned")
        self.o.candour("ben", "override", warned["message_id"], "--reason", "short", check=False)
        self.assertNotEqual(self.o.last_status, 0)
        self.assertIn("justification_invalid", self.o.last_error)
        self.o.candour("ben", "withdraw", warned["message_id"])
        self.assertNotIn("women are all useless at this job, every one of them",
                         self.texts("chloe"))

    def test_the_chat_marks_what_it_warns_of_and_offers_the_choices(self):
        program = subprocess.Popen(
            [a for a in self.o.candour_args("ben") if a != "--json"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        shown = []
        reader = threading.Thread(target=lambda: shown.extend(program.stdout), daemon=True)
        reader.start()

        def wait_for(words):
            deadline = time.monotonic() + 20
            while not any(words in line.decode() for line in list(shown)):
                self.assertLess(time.monotonic(), deadline, f"no {words!r} in {shown}")
                time.sleep(0.05)

        def say(line):
            program.stdin.write(line.encode() + b"\n")
            program.stdin.flush()

        wait_for("checked by the compliance bot")
        say("women are all useless at this job, every one of them, typed")
        wait_for("Nobody received it")
        wait_for("[[women are all useless]]")
        wait_for("Standard: 3 Equality and Diversity")
        say("/edit The typed course has places left")
        wait_for("delivered")
        say("/quit")
        self.assertEqual(program.wait(20), 0)
        program.stdin.close()
        reader.join(5)
        program.stdout.close()
        self.assertIn("The typed course has places left", self.texts("amy"))
        self.assertFalse([t for t in self.texts("amy") if t.endswith("typed")])

    def test_I11_without_the_bot_messages_wait_and_are_delivered_when_it_is_back(self):
        self.o.bot.stop()
        try:
            sent = self.send("amy", "Is the bot asleep?", "--no-wait")
            self.assertEqual(sent["event"], "submitted")
            time.sleep(1)
            self.assertNotIn("Is the bot asleep?", self.texts("chloe"))
        finally:
            self.o.bot.start()
        deadline = time.monotonic() + 20
        while "Is the bot asleep?" not in self.texts("chloe"):
            self.assertLess(time.monotonic(), deadline, "not delivered after the bot came back")
            time.sleep(0.2)

    # --- who may not ----------------------------------------------------------------------------

    def test_I12_one_is_not_a_member_of_the_other_group(self):
        self.o.candour("amy", "send", "--group", self.o.groups["team-b"], stdin="hello",
                       check=False)
        self.assertEqual(self.o.last_status, 4)
        self.assertIn("group_unknown", self.o.last_error)
        self.assertNotIn("hello", self.texts("dev", self.o.groups["team-b"]))

    def test_I9_a_revoked_device_is_refused_and_gets_nothing_further(self):
        team_b = self.o.groups["team-b"]
        self.assertEqual(self.send("dev", "before the loss", group=team_b)["event"], "released")
        self.assertIn("before the loss", self.texts("finn", team_b))
        self.o.ctl("revoke", *self.o.remote(), "--key",
                   self.o.folder / "registrar-2" / "registrar-2.key", "--device",
                   self.o.device("finn"), "--reason", "lost on a train")
        self.assertEqual(self.send("dev", "after the loss", group=team_b)["event"], "released")
        self.o.candour("finn", "watch", "--until-idle", "500", check=False)
        self.assertEqual(self.o.last_status, 4)
        self.assertIn("device_revoked", self.o.last_error)
        offline = [e["text"] for e in self.o.candour("finn", "history", "--offline")]
        self.assertNotIn("after the loss", offline)
        deadline = time.monotonic() + 20
        while self.o.device("finn") in [m["device"] for m in
                                        self.o.candour("dev", "roster", "--group", team_b)]:
            self.assertLess(time.monotonic(), deadline, "still in the group's tree")
            time.sleep(0.2)

    # --- what the relay knows ---------------------------------------------------------------------

    def test_I1_the_relay_never_holds_plaintext(self):
        self.assertEqual(self.send("amy", f"{CANARY} is the word")["event"], "released")
        self.assertIn(f"{CANARY} is the word", self.texts("ben"))
        relay = self.o.relay.process.pid
        # Positive control: the search does see what this process does hold.
        self.assertIn("utf-8", memory.in_memory(relay, "log.candour.example/example-constabulary"))
        planted = list(memory.forms(CANARY).values())
        self.assertEqual(memory.in_memory(os.getpid(), CANARY), sorted(memory.forms(CANARY)))
        self.assertEqual(len(planted), 4)
        self.assertEqual(memory.in_memory(relay, CANARY), [])
        self.assertEqual(memory.in_files(self.o.folder / "relay", CANARY), [])
        self.assertEqual(memory.in_files(self.o.folder / "logs", CANARY), [])
        # Nor does the bot keep it, nor a client in the clear on its disk.
        self.assertEqual(memory.in_memory(self.o.bot.process.pid, CANARY), [])
        for party in ("bot", "amy", "ben", "chloe", "witness"):
            self.assertEqual(memory.in_files(self.o.folder / party, CANARY), [])

    def test_I6_memory_and_disks_of_relay_bot_and_keeper_open_no_record(self):
        self.assertEqual(self.send("amy", "Sealed and gone")["event"], "released")
        folder = self.o.folder / "i6"
        folder.mkdir()
        with sqlite3.connect(f"file:{self.o.folder}/relay/state/relay.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT record FROM log_entries WHERE record IS NOT NULL "
                              "ORDER BY idx DESC LIMIT 3").fetchall()
        self.assertEqual(len(rows), 3)
        records = folder / "records"
        records.write_bytes(b"".join(len(r).to_bytes(4, "big") + r for (r,) in rows))
        dumps = [folder / "relay.memory", folder / "bot.memory"]
        memory.dump(self.o.relay.process.pid, dumps[0])
        memory.dump(self.o.bot.process.pid, dumps[1])
        disks = [p for party in ("relay", "bot", "keeper", "custodian-1")
                 for p in sorted((self.o.folder / party).rglob("*")) if p.is_file() and
                 p.stat().st_size]
        found = self.search_windows("search", records, *dumps, *disks)
        self.assertEqual(found["records"], 3)
        self.assertGreater(found["windows"], 10_000)
        self.assertEqual((found["shared"], found["key"], found["scalar"]), (0, 0, 0), found)
        # Positive control: each form of the secret is found where it does lie.
        control = folder / "control"
        self.search_windows("control", control, folder / "control.dump")
        found = self.search_windows("search", control, folder / "control.dump")
        self.assertEqual((found["shared"], found["key"], found["scalar"]), (1, 1, 1), found)

    def search_windows(self, verb, *files):
        done = subprocess.run([parties.BIN / "open_by_window", verb,
                               self.o.folder / "public" / "statement.note",
                               self.o.folder / "keeper" / "retention.keys", *files],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout else {}

    # --- the log ------------------------------------------------------------------------------------

    def copy_of_log(self, name):
        """The relay's state as an operator would copy it: with the relay stopped."""
        copy = self.o.folder / name
        shutil.copytree(self.o.folder / "relay" / "state", copy)
        return copy

    def test_I8_one_flipped_byte_anywhere_in_the_log_is_found(self):
        self.assertEqual(self.send("amy", "for the log")["event"], "released")
        time.sleep(2.5)
        self.assertEqual(self.o.relay.stop(), 0)
        try:
            sound = self.copy_of_log("log-sound")
        finally:
            self.o.relay.start()
        verified, status = self.log_verify(sound, "--signatures")
        self.assertTrue(verified["ok"], verified)
        self.assertEqual(status, 0)
        self.flip_every_column(sound)

    def flip_every_column(self, sound):
        database = sound / "relay.db"
        with sqlite3.connect(database) as db:
            tables = [t for (t,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type='table'")
                if t.startswith(("log_", "checkpoints", "cosignatures", "directory"))]
            columns = {t: db.execute(f"PRAGMA table_info({t})").fetchall() for t in tables}
        self.assertEqual(len(tables), 7, tables)
        flipped = 0
        for table in tables:
            keys = [c[1] for c in columns[table] if c[5]]
            for column in (c[1] for c in columns[table]):
                with sqlite3.connect(database) as db:
                    rows = db.execute(f"SELECT {column}, {', '.join(keys)} FROM {table} WHERE "
                                      f"length({column}) > 0 AND typeof({column}) IN "
                                      "('blob', 'text')").fetchall()
                for value, *key in rows[:1] + rows[len(rows) // 2:][:1] + rows[-1:]:
                    self.flip_one(sound, table, column, value, keys, key)
                    flipped += 1
        self.assertGreater(flipped, 20)

    def flip_one(self, sound, table, column, value, keys, key):
        data = bytearray(value.encode() if isinstance(value, str) else value)
        data[len(data) // 2] ^= 1
        changed = data.decode(errors="replace") if isinstance(value, str) else bytes(data)
        copy = self.o.folder / "log-flipped"
        shutil.copytree(sound, copy)
        with sqlite3.connect(copy / "relay.db") as db:
            where = " AND ".join(f"{k} = ?" for k in keys)
            self.assertEqual(db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}",
                                        (changed, *key)).rowcount, 1)
        verified, status = self.log_verify(copy, "--signatures")
        shutil.rmtree(copy)
        self.assertFalse(verified["ok"], f"{table}.{column} of {key}")
        self.assertEqual(status, 1)

    # --- wrong set-ups --------------------------------------------------------------------------------

    def refused(self, program, config, **environment):
        done = subprocess.run([parties.BIN / program, "--config", config, "--json"],
                              env={**os.environ, **environment}, capture_output=True, timeout=30)
        return done.returncode, done.stderr.decode()

    def test_I12_an_example_root_serves_loopback_only(self):
        config = self.o.folder / "relay" / "relay.toml"
        status, message = self.refused("candour-relay", config,
                                       CANDOUR_LISTEN__ADDRESS="0.0.0.0",
                                       CANDOUR_STATE_DIR=str(self.o.folder / "elsewhere"))
        self.assertEqual(status, 2, message)
        self.assertIn("config_invalid", message)
        status, message = self.refused("candour-bot", self.o.folder / "bot" / "bot.toml",
                                       CANDOUR_RELAY__HOST="192.0.2.1")
        self.assertEqual(status, 2, message)
        self.assertIn("config_invalid", message)

    def test_I12_a_wrong_key_in_a_configuration_is_named_with_its_line(self):
        config = self.o.folder / "relay" / "wrong.toml"
        text = (self.o.folder / "relay" / "relay.toml").read_text()
        config.write_text(text.replace("[admin]\n", "[admin]\ncolour = 3\n"))
        status, message = self.refused("candour-relay", config)
        self.assertEqual(status, 2, message)
        line = text.split("\n").index("[admin]") + 2
        self.assertIn(f"wrong.toml:{line}", message)
        self.assertIn("admin.colour", message)

    def test_I12_a_changed_policy_pack_is_refused(self):
        pack = self.o.folder / "changed-policy"
        shutil.copytree(self.o.folder / "bot" / "policy", pack)
        toml = sorted(pack.glob("*.toml"))[0]
        toml.write_text(toml.read_text() + "\n# changed after it was signed\n")
        status, message = self.refused("candour-bot", self.o.folder / "bot" / "bot.toml",
                                       CANDOUR_POLICY__PACK_DIR=str(pack),
                                       CANDOUR_STATE_DIR=str(self.o.folder / "bot"))
        self.assertIn(status, (1, 2), message)
        self.assertIn(toml.name, message)

    def test_I4_everything_is_there_after_a_second_start(self):
        self.assertEqual(self.send("amy", "before the restart")["event"], "released")
        self.assertEqual([s for s in self.o.stop() if s != 0], [])
        self.o.start()
        self.assertEqual(self.send("amy", "after the restart")["event"], "released")
        shown = self.texts("ben")
        self.assertLess(shown.index("before the restart"), shown.index("after the restart"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
