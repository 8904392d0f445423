"""The history checker finds each kind of broken promise, and none where none is broken.

Method: a small correct run, and for every rule copies of it with that fault planted; the checker
must name exactly the planted rule (or those that follow from it by necessity).
"""
import copy
import pathlib
import subprocess
import sys
import tempfile
import unittest

from checker import check
from history import History

G = "group"


def good_run():
    """Two members; a commit (seq 1), three messages released, one withheld, one look at the disk in
    the middle and one at the end."""
    h = History()
    h.add("members", group=G, clients=["amy", "ben"])
    h.add("written", client="amy", texts=["one", "two", "bad"])
    h.add("written", client="ben", texts=["three"])

    def message(client, name, submission, seq, text):
        h.add("received", client=client, group=G, message=name, submission=submission)
        h.add("released", client=client, group=G, message=name, submission=submission, seq=seq)
        for other in ("amy", "ben"):
            if other != client:
                h.add("delivered", client=other, group=G, message=name, submission=submission,
                      seq=seq, text=text)

    message("amy", "m1", 2, 2, "one")
    h.add("received", client="amy", group=G, message="m2", submission=3)
    h.add("killed", what="relay")
    h.add("disk", pending=[[G, 3, "m2"]], verdicts=[[G, 1, "c", 1], [G, 2, "m1", 2]])
    h.add("started", what="relay")
    message("amy", "m2", 3, 3, "two")
    h.add("received", client="amy", group=G, message="bad", submission=4)
    h.add("withheld", client="amy", group=G, message="bad", outcome={"event": "warned"})
    message("ben", "m3", 5, 4, "three")
    h.add("disk", pending=[], verdicts=[[G, 3, "m2", 3], [G, 4, "bad", 0], [G, 5, "m3", 4]])
    rows = [[2, 2, "m1", "one"], [3, 3, "m2", "two"], [4, 5, "m3", "three"]]
    for client in ("amy", "ben"):
        h.add("shown", client=client, group=G, rows=copy.deepcopy(rows))
    h.add("log", ok=True, message=3, commit=1)
    return h.events


def first(events, kind, **fields):
    return next(e for e in events if e["kind"] == kind and
                all(e.get(k) == v for k, v in fields.items()))


class Checker(unittest.TestCase):
    def broken(self, plant):
        events = good_run()
        plant(events)
        return {problem.rule for problem in check(events)}

    def rows(self, events, client):
        return first(events, "shown", client=client)["rows"]

    def disk(self, events, number):
        return [e for e in events if e["kind"] == "disk"][number]

    def test_a_correct_run_breaks_nothing(self):
        self.assertEqual(check(good_run()), [])

    def test_a_lost_message_is_found(self):
        def everywhere(events):
            for client in ("amy", "ben"):
                del self.rows(events, client)[1]
        self.assertEqual(self.broken(everywhere), {"lost", "unlogged"})
        # Also when nobody was told more than that the relay has it.
        def only_received(events):
            everywhere(events)
            events.remove(first(events, "released", message="m2"))
            events.remove(first(events, "delivered", message="m2"))
        self.assertEqual(self.broken(only_received), {"lost", "unlogged"})

    def test_an_acknowledgement_that_is_not_on_the_disk_at_a_kill_is_found(self):
        self.assertEqual(self.broken(lambda e: self.disk(e, 0)["pending"].clear()), {"lost"})

    def test_a_message_without_a_verdict_is_found(self):
        def never(events):
            events.append({**first(events, "received", message="m1"), "message": "m9",
                           "submission": 6, "at": events[-1]["at"] + 1})
        self.assertEqual(self.broken(never), {"unjudged"})

    def test_a_message_shown_twice_is_found(self):
        def same_row(events):
            rows = self.rows(events, "ben")
            rows.insert(1, list(rows[0]))
        self.assertEqual(self.broken(same_row), {"doubled"})

        def other_id(events):
            for client in ("amy", "ben"):
                self.rows(events, client).append([5, 6, "m4", "three"])
            self.disk(events, 1)["verdicts"].append([G, 6, "m4", 5])
            first(events, "log")["message"] = 4
        self.assertEqual(self.broken(other_id), {"doubled"})

    def test_a_message_released_twice_is_found(self):
        def again(events):
            self.disk(events, 1)["verdicts"].append([G, 6, "m1", 5])
            first(events, "log")["commit"] = 2
        self.assertIn("doubled", self.broken(again))

    def test_another_order_at_one_member_is_found(self):
        def swapped(events):
            rows = self.rows(events, "ben")
            rows[0], rows[1] = rows[1], rows[0]
        self.assertEqual(self.broken(swapped), {"reordered"})

        def renumbered(events):
            rows = self.rows(events, "ben")
            rows[0][2:], rows[1][2:] = rows[1][2:], rows[0][2:]
        self.assertEqual(self.broken(renumbered), {"reordered"})

    def test_a_release_out_of_the_order_of_acceptance_is_found(self):
        def swapped(events):
            verdicts = self.disk(events, 1)["verdicts"]
            verdicts[0][3], verdicts[2][3] = verdicts[2][3], verdicts[0][3]
        self.assertIn("reordered", self.broken(swapped))

    def test_a_gap_is_found(self):
        self.assertIn("gap", self.broken(lambda e: self.rows(e, "ben").pop(1)))

        def in_the_numbers(events):
            self.disk(events, 1)["verdicts"][2][3] = 5
            for client in ("amy", "ben"):
                self.rows(events, client)[2][0] = 5
            for event in events:
                if event.get("message") == "m3" and "seq" in event:
                    event["seq"] = 5
        self.assertEqual(self.broken(in_the_numbers), {"gap"})

    def test_a_delivery_before_its_release_is_found(self):
        def early(events):
            shown = first(events, "delivered", message="m2")
            events.remove(shown)
            shown["at"] = first(events, "killed")["at"]
            events.insert(events.index(first(events, "killed")), shown)
        self.assertEqual(self.broken(early), {"unreleased"})

    def test_a_withheld_message_that_is_shown_is_found(self):
        def shown(events):
            for client in ("amy", "ben"):
                self.rows(events, client).insert(2, [3, 4, "bad", "bad"])
        self.assertIn("withheld", self.broken(shown))

    def test_contradictions_are_found(self):
        def told_another_number(events):
            first(events, "released", message="m2")["seq"] = 9
        self.assertEqual(self.broken(told_another_number), {"contradicted"})

        def shown_with_another_text(events):
            again = {**first(events, "delivered", message="m1"), "text": "two"}
            events.insert(events.index(first(events, "killed")), again)
        self.assertEqual(self.broken(shown_with_another_text), {"contradicted"})

        def judged_otherwise(events):
            self.disk(events, 1)["verdicts"].append([G, 2, "m1", 0])
        self.assertIn("contradicted", self.broken(judged_otherwise))

    def test_a_text_that_nobody_wrote_is_found(self):
        def invented(events):
            for client in ("amy", "ben"):
                self.rows(events, client)[0][3] = "forged"
        self.assertEqual(self.broken(invented), {"invented"})

    def test_a_log_that_does_not_fit_is_found(self):
        self.assertEqual(self.broken(lambda e: first(e, "log").update(ok=False)), {"unlogged"})
        self.assertEqual(self.broken(lambda e: first(e, "log").update(message=2)), {"unlogged"})

    def test_what_no_fault_explains_is_found(self):
        self.assertEqual(self.broken(lambda e: e.append(
            {"kind": "unexpected", "at": 0, "client": "amy", "what": "exit 5"})), {"unexpected"})

    def test_a_run_without_messages_proves_nothing(self):
        self.assertEqual({p.rule for p in check([])}, {"empty"})

    def test_the_program_reads_a_file_and_fails_on_a_broken_promise(self):
        program = pathlib.Path(__file__).with_name("checker.py")
        with tempfile.TemporaryDirectory() as folder:
            for name, plant, status in (("good", lambda e: None, 0),
                                        ("bad", lambda e: self.rows(e, "ben").pop(), 1)):
                events = good_run()
                plant(events)
                history = History(pathlib.Path(folder) / name)
                for event in events:
                    history.add(**event)
                history.close()
                done = subprocess.run([sys.executable, program, pathlib.Path(folder) / name],
                                      capture_output=True)
                self.assertEqual(done.returncode, status, done.stdout)


unittest.main()
