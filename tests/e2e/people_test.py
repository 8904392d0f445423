"""The officer, the bot and the supervisor through real processes: content that changes other content,
blocks with an appeal, groups run by their owners, the notice. One example organisation for all cases."""
import re
import time
import unittest

from harness import Example

BLOCKED = "Our CHIS is the barman at the Crown"
REASON = "The name is already public, from the trial"


class People(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = Example()
        cls.o = cls.example.__enter__()
        cls.group = cls.o.groups["team-a"]

    @classmethod
    def tearDownClass(cls):
        cls.example.__exit__(None)

    def run_verb(self, person, *args, stdin=""):
        """The events of one verb, and the code it was refused with or ""."""
        events = self.o.candour(person, *args, stdin=stdin, check=False)
        if self.o.last_status == 0:
            return events, ""
        found = re.search(r'"error":"([a-z_]+)"', self.o.last_error)
        return events, found.group(1) if found else self.o.last_error

    def sent(self, person, *args, stdin=""):
        """The message id of what was released."""
        events, code = self.run_verb(person, *args, stdin=stdin)
        self.assertEqual(code, "", events)
        return [e for e in events if e["event"] == "released"][0]["message_id"]

    def refused(self, person, *args, stdin=""):
        return self.run_verb(person, *args, stdin=stdin)[1]

    def say(self, person, text, *more):
        return self.sent(person, "send", "--group", self.group, *more, stdin=text)

    def row(self, person, message):
        rows = [r for r in self.o.history(person, self.group) if r["message_id"] == message]
        self.assertEqual(len(rows), 1, rows)
        return rows[0]

    def warned(self, events):
        return [e for e in events if e["event"] in ("warned", "blocked")][0]

    # --- content --------------------------------------------------------------------------------

    def test_edits_deletions_and_reactions_show_in_every_history(self):
        said = self.say("amy", "Briefing is at six")
        self.sent("amy", "edit", said, stdin="Briefing is at seven")
        self.sent("ben", "react", said, "\N{THUMBS UP SIGN}")
        self.sent("chloe", "react", said, "\N{THUMBS UP SIGN}")
        answer = self.say("ben", "Noted, thanks @p-101", "--reply", said)
        for person in ("amy", "ben", "chloe"):
            row = self.row(person, said)
            self.assertEqual(row["text"], "Briefing is at seven")
            self.assertTrue(row["edited"])
            self.assertEqual(row["reactions"][0]["count"], 2)
            self.assertEqual(self.row(person, answer)["about"], said)
            self.assertEqual(self.row(person, answer)["mentions"], ["p-101"])
        self.sent("amy", "delete", said)
        row = self.row("chloe", said)
        self.assertTrue(row["deleted"])
        self.assertEqual(row["text"], "")
        rest = [r.get("text", "") for r in self.o.history("chloe", self.group)]
        self.assertNotIn("Briefing is at seven", rest)

    def test_what_would_have_no_effect_is_not_sent(self):
        said = self.say("amy", "Radio check on channel two")
        self.o.history("ben", self.group)
        self.assertEqual(self.refused("ben", "edit", said, stdin="Something else"), "not_permitted")
        self.assertEqual(self.refused("ben", "delete", said), "not_permitted")
        self.assertEqual(self.refused("ben", "vote", said, "1"), "not_permitted")
        self.assertEqual(self.refused("ben", "react", "ab" * 16, "+"), "not_found")
        self.assertEqual(self.refused("ben", "react", said, "\u202e"), "input_invalid")
        self.assertEqual(self.refused("ben", "send", "--group", self.group, "--mention", "nobody",
                                      stdin="Hello"), "not_a_member")

    def test_a_poll_counts_the_last_vote_of_each_person(self):
        asked = self.sent("amy", "poll", "--group", self.group, "Where do we meet?",
                          "--option", "at the yard", "--option", "at the desk")
        self.o.history("ben", self.group)
        self.assertEqual(self.refused("ben", "vote", asked, "3"), "input_invalid")
        self.sent("ben", "vote", asked, "1")
        self.sent("ben", "vote", asked, "at the desk")
        self.o.history("chloe", self.group)
        self.sent("chloe", "vote", asked, "2")
        self.assertEqual(self.row("amy", asked)["votes"], [0, 2])
        self.assertEqual(self.refused("amy", "poll", "--group", self.group, "Only one?",
                                      "--option", "yes"), "input_invalid")

    def test_options_edits_and_reactions_are_checked(self):
        bad = "women can't drive, it's in their nature, shouldn't be let near the van"
        events, code = self.run_verb("ben", "poll", "--group", self.group, "Who drives?",
                                     "--option", "whoever", "--option", bad)
        self.assertEqual(code, "not_permitted")
        found = self.warned(events)
        finding = found["findings"][0]
        marked = found["checked"].encode()[finding["start"]:finding["end"]].decode()
        self.assertIn(marked, bad)
        self.assertRegex(finding["standard"], r"^\d+ \w+")
        self.assertTrue(finding["message"] and finding["advice"])
        said = self.say("ben", "The van is back")
        events, code = self.run_verb("ben", "edit", said, stdin=bad)
        self.assertEqual(self.warned(events)["event"], "warned")
        self.assertEqual(self.row("amy", said)["text"], "The van is back")
        for draft in self.o.candour("ben", "drafts"):
            self.o.candour("ben", "withdraw", draft["message_id"])

    def test_unread_counts_are_local(self):
        self.o.candour("chloe", "read", "--group", self.group)
        self.say("amy", "First of two")
        self.say("amy", "Second of two")
        unread = {g["group"]: g["unread"] for g in self.o.candour("chloe", "groups")}
        self.assertEqual(unread[self.group], 2)
        left = self.o.candour("chloe", "read", "--group", self.group)
        self.assertEqual(left[0]["unread"], 0)

    # --- warnings and blocks --------------------------------------------------------------------

    def test_a_dispute_needs_no_reason_and_an_override_does(self):
        events, _ = self.run_verb("ben", "send", "--group", self.group,
                                  stdin="all women are useless at this job, every one of them")
        warned = self.warned(events)["message_id"]
        self.assertEqual(self.refused("ben", "override", warned, "--reason", "short"),
                         "justification_invalid")
        events, code = self.run_verb("ben", "dispute", warned)
        self.assertEqual(code, "")
        for draft in self.o.candour("ben", "drafts"):
            self.o.candour("ben", "withdraw", draft["message_id"])

    def blocked(self, person):
        events, code = self.run_verb(person, "send", "--group", self.group, stdin=BLOCKED)
        self.assertEqual(code, "not_permitted", events)
        self.assertEqual(self.warned(events)["event"], "blocked")
        return self.warned(events)["message_id"]

    def appeal_on_desk(self, supervisor):
        for _ in range(100):
            open_ones = [a for a in self.o.candour(supervisor, "alerts")
                         if a["outcome"] == "appealed" and a["state"] != "closed"]
            if open_ones:
                return open_ones[0]
            time.sleep(0.1)
        self.fail("no appeal came to the desk")

    def test_an_approved_block_goes_out_once_when_its_sender_sends_it(self):
        blocked = self.blocked("amy")
        self.assertEqual(self.refused("amy", "override", blocked, "--reason", REASON),
                         "warning_invalid")
        self.assertEqual(self.refused("amy", "resubmit", blocked), "approval_invalid")
        self.assertEqual(self.refused("amy", "appeal", blocked, "--reason", "short"),
                         "justification_invalid")
        events = self.o.candour("amy", "appeal", blocked, "--reason", REASON)
        self.assertIn("received", [e.get("state") for e in events if e["event"] == "appeal"])
        self.assertEqual(self.refused("amy", "appeal", blocked, "--reason", REASON),
                         "already_exists")
        item = self.appeal_on_desk("grace")
        self.assertEqual(item["appeal"]["text"], BLOCKED)
        self.assertEqual(item["justification"], REASON)
        closed = self.o.candour("grace", "approve", item["alert"], "--reason", "Evidence")
        self.assertEqual(closed[-1]["resolution"], "approved")
        self.assertNotIn(BLOCKED, [r["text"] for r in self.o.history("ben", self.group)])
        draft = [d for d in self.o.candour("amy", "drafts") if d["message_id"] == blocked][0]
        self.assertEqual(draft["appeal"], "approved")
        self.sent("amy", "resubmit", blocked)
        self.assertIn(BLOCKED, [r["text"] for r in self.o.history("ben", self.group)])
        self.assertEqual(self.o.candour("amy", "drafts"), [])

    def test_a_refused_block_stays_blocked(self):
        blocked = self.blocked("ben")
        self.o.candour("ben", "appeal", blocked, "--reason", REASON)
        item = self.appeal_on_desk("grace")
        self.assertEqual(self.refused("grace", "refuse", item["alert"], "--reason", "no"),
                         "justification_invalid")
        self.o.candour("grace", "refuse", item["alert"], "--reason", "Put it in the case file")
        draft = [d for d in self.o.candour("ben", "drafts") if d["message_id"] == blocked][0]
        self.assertEqual(draft["appeal"], "refused")
        self.assertEqual(draft["decision"], "Put it in the case file")
        self.assertEqual(self.refused("ben", "resubmit", blocked), "approval_invalid")
        self.o.candour("ben", "withdraw", blocked)

    # --- groups ---------------------------------------------------------------------------------

    def members(self, person, group):
        return {m["person"] for m in self.o.candour(person, "roster", "--group", group)}

    def test_a_group_is_run_by_its_owner(self):
        self.assertEqual(self.refused("amy", "group", "create", "--name", "Quiz night"),
                         "not_permitted")
        self.o.candour("grace", "group", "create", "--name", "Sergeants", "--class", "sensitive",
                       "--member", "p-101")
        group = self.wait_for_group("grace", "Sergeants")
        self.wait_for_group("amy", "Sergeants")
        self.assertEqual(self.refused("amy", "group", "rename", "--group", group, "--name", "Ours"),
                         "not_permitted")
        self.o.candour("grace", "group", "rename", "--group", group, "--name", "Early turn")
        self.wait_for_group("amy", "Early turn")
        self.o.candour("grace", "group", "add", "--group", group, "--member", "p-102")
        self.wait_for_group("ben", "Early turn")
        roster = self.o.candour("ben", "roster", "--group", group)
        self.assertTrue(all(m["certificate"] == "good" for m in roster), roster)
        self.assertTrue(all(m["fingerprint"].replace(" ", "") == m["device"] for m in roster))
        self.assertEqual([m["person"] for m in roster if m["owner"]], ["p-201"])
        self.o.candour("ben", "group", "leave", "--group", group)
        for _ in range(100):
            if "p-102" not in self.members("amy", group):
                break
            time.sleep(0.1)
        self.assertNotIn("p-102", self.members("amy", group))
        self.assertEqual(self.refused("ben", "send", "--group", group, stdin="Still here?"),
                         "not_a_member")
        self.assertEqual(self.refused("grace", "group", "remove", "--group", group, "--member",
                                      "p-201"), "not_permitted")

    def wait_for_group(self, person, name):
        for _ in range(100):
            for group in self.o.candour(person, "groups"):
                if group["name"] == name and not group["removed"]:
                    return group["group"]
            time.sleep(0.1)
        self.fail(f"{person} is in no group {name}")


class Notice(unittest.TestCase):
    """A new version of the monitoring notice, after everybody acknowledged the first."""

    def setUp(self):
        self.example = Example()
        self.o = self.example.__enter__()
        self.addCleanup(self.example.__exit__, None)
        self.group = self.o.groups["team-a"]

    def publish_second_version(self):
        folder, public = self.o.folder, self.o.folder / "public"
        text = folder / "notice-2.txt"
        text.write_text("What you write here is checked before anyone receives it.\n")
        note = public / "notice-2.note"
        organisation = re.search(r"organisation (\S+)", (public / "notice.note").read_text())
        self.o.ctl("notice", "make", "--id", organisation.group(1), "--version", "2",
                   "--text", text, "--out", note)
        for who in ("policy-author", "policy-approver"):
            self.o.ctl("sign", "--key", folder / who / f"{who}.key", note)
        self.o.ctl("publish", *self.o.remote(), "--key",
                   folder / "registrar-1" / "registrar-1.key", note)

    def send(self, text):
        events = self.o.candour("amy", "send", "--group", self.group, stdin=text, check=False)
        return [e["event"] for e in events], self.o.last_error

    def test_a_new_version_asks_again_before_anything_is_sent(self):
        first = self.o.candour("amy", "notice")[0]
        self.assertTrue(first["acknowledged"])
        self.assertIn("released", self.send("Under the first notice")[0])
        self.publish_second_version()
        for _ in range(100):
            shown = self.o.candour("amy", "notice")[0]
            if shown["version"] == 2:
                break
            time.sleep(0.1)
        self.assertEqual(shown["version"], 2)
        self.assertFalse(shown["acknowledged"])
        self.assertIn("checked before anyone receives it", shown["text"])
        events, error = self.send("Before it was acknowledged")
        self.assertNotIn("released", events)
        self.assertIn("notice_unacknowledged", error)
        self.o.candour("amy", "group", "rename", "--group", self.group, "--name", "X", check=False)
        self.assertIn("notice_unacknowledged", self.o.last_error)
        self.o.candour("amy", "notice", "--acknowledge")
        self.assertTrue(self.o.candour("amy", "notice")[0]["acknowledged"])
        self.assertIn("released", self.send("After it was acknowledged")[0])
        texts = [r["text"] for r in self.o.history("amy", self.group)]
        self.assertEqual(texts, ["Under the first notice", "After it was acknowledged"])
        # The others have not: each for itself.
        self.o.candour("ben", "send", "--group", self.group, stdin="Not yet", check=False)
        self.assertIn("notice_unacknowledged", self.o.last_error)


if __name__ == "__main__":
    unittest.main()
