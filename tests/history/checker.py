"""Says which promises a recorded run broke (see history.py for the events).

Usage: checker.py FILE...      exit status 1 when a promise was broken

  lost          acknowledged as received and neither pending, nor judged, nor shown (I4)
  unjudged      acknowledged as received and without a verdict when everything had come to rest
  doubled       shown twice, or released twice (I4)
  reordered     two members have different orders, or seq and submission do not rise together
  gap           a number of the group's sequence is missing, or a member lacks what another has
  unreleased    shown before a release of it was on the relay's disk (I2, I3)
  withheld      shown although it was withheld (I2)
  contradicted  one message with two numbers or two texts, or two answers to one submission
  invented      a text is shown that nobody wrote
  unlogged      the log does not verify, or has not one record for each released message (I3)
  unexpected    an outcome that no fault explains
  empty         nothing was acknowledged: the run proves nothing
"""
import collections
import json
import sys

Violation = collections.namedtuple("Violation", "rule detail")


class Run:
    """The events, sorted by what they are about."""

    def __init__(self, events):
        self.events = events
        self.of = collections.defaultdict(list)
        for event in events:
            self.of[event["kind"]].append(event)
        self.members = {e["group"]: e["clients"] for e in self.of["members"]}
        self.texts = {text for e in self.of["written"] for text in e["texts"]}
        self.verdicts = {}  # (group, submission): (message, seq)
        self.problems = []
        for disk in self.of["disk"]:
            for group, submission, message, seq in disk["verdicts"]:
                known = self.verdicts.setdefault((group, submission), (message, seq))
                if known != (message, seq):
                    self.say("contradicted", f"submission {submission}: {known}, {message} {seq}")
        self.shown = {(e["client"], e["group"]): e["rows"] for e in self.of["shown"]}
        self.withheld = {e["message"] for e in self.of["withheld"]} | {
            message for message, seq in self.verdicts.values() if seq == 0}
        # A message that was withheld and sent again in a new epoch has both verdicts.
        self.released = {message for message, seq in self.verdicts.values() if seq > 0}

    def say(self, rule, detail):
        self.problems.append(Violation(rule, detail))


def check_shown(run):
    """Every client's own history: nothing twice, rising, written by somebody, not withheld."""
    for (client, group), rows in run.shown.items():
        for what, column in (("seq", 0), ("message", 2), ("text", 3)):
            counted = collections.Counter(row[column] for row in rows)
            for value, times in counted.items():
                if times > 1:
                    run.say("doubled", f"{client} shows {what} {value} {times} times")
        for before, after in zip(rows, rows[1:]):
            if after[0] < before[0] or after[1] < before[1]:
                run.say("reordered", f"{client}: {after[:3]} after {before[:3]}")
        for seq, _, message, text in rows:
            if message in run.withheld - run.released:
                run.say("withheld", f"{client} shows {message} (seq {seq})")
            if run.texts and text not in run.texts:
                run.say("invented", f"{client} shows {text!r}")


def check_agreement(run):
    """All members of a group have the same messages in the same places."""
    for group, clients in run.members.items():
        place, holders = {}, collections.defaultdict(set)
        for client in clients:
            for seq, submission, message, text in run.shown.get((client, group), []):
                first = place.setdefault(seq, (message, submission, text))
                if first != (message, submission, text):
                    run.say("reordered", f"{group} seq {seq}: {first[0]}, but {message} at {client}")
                holders[seq].add(client)
        for seq, has in holders.items():
            for client in set(clients) - has:
                run.say("gap", f"{client} lacks seq {seq} of {group}, which {sorted(has)} show")


def check_verdicts(run):
    """Sequence numbers are gap-free from 1 and in the order of acceptance, one for a message."""
    groups = collections.defaultdict(list)
    for (group, submission), (message, seq) in sorted(run.verdicts.items()):
        groups[group].append((submission, message, seq))
    for group, rows in groups.items():
        released = [row for row in rows if row[2] > 0]
        for before, after in zip(released, released[1:]):
            if after[2] < before[2]:
                run.say("reordered", f"{group}: submission {after[0]} has seq {after[2]} "
                        f"after {before[2]}")
        seqs = sorted(row[2] for row in released)
        missing = set(range(1, len(seqs) + 1)) - set(seqs)
        if missing:
            run.say("gap", f"{group} has no seq {sorted(missing)[:5]}")
        for value, times in collections.Counter(row[1] for row in released).items():
            if times > 1:
                run.say("doubled", f"{value} was released {times} times")
        for value, times in collections.Counter(seqs).items():
            if times > 1:
                run.say("doubled", f"{group} seq {value} was given {times} times")


def check_acknowledged(run):
    """What a sender was told is true at the end, for every member."""
    judged = {message: (group, seq) for (group, _), (message, seq) in sorted(
        run.verdicts.items(), key=lambda item: item[1][1])}
    held = {(client, group): {row[2] for row in rows} for (client, group), rows in run.shown.items()}
    answers = {}
    for event in run.of["received"] + run.of["released"]:
        message, group = event["message"], event["group"]
        if message not in judged:
            run.say("unjudged", f"{message} of {event['client']}")
            continue
        if event["kind"] == "released" or judged[message][1] > 0:
            for client in run.members.get(group, []):
                if message not in held.get((client, group), ()):
                    run.say("lost", f"{client} lacks {message} of {event['client']}")
        if event["kind"] == "released":
            answer = answers.setdefault(message, event["seq"])
            if event["seq"] != answer or event["seq"] != judged[message][1]:
                run.say("contradicted", f"{message}: told seq {event['seq']}, judged {judged[message]}")


def check_moments(run):
    """At each look at the relay's disk: what had been told or shown by then was there by then."""
    judged, received, shown = {}, {}, {}
    places = {}
    for event in sorted(run.events, key=lambda e: e["at"]):
        if event["kind"] == "received":
            received.setdefault(event["message"], event["client"])
        elif event["kind"] == "delivered":
            shown.setdefault(event["message"], event)
            place = (event["seq"], event["submission"], event["text"])
            if places.setdefault((event["group"], event["message"]), place) != place:
                run.say("contradicted", f"{event['client']} shows {event['message']} at {place}")
        elif event["kind"] == "disk":
            judged.update((message, seq) for _, _, message, seq in event["verdicts"])
            waiting = {message for _, _, message in event["pending"]}
            for message, client in received.items():
                if message not in judged and message not in waiting:
                    run.say("lost", f"{message} of {client} was acknowledged and is not on the disk")
            for message, delivered in shown.items():
                if judged.get(message, 0) != delivered["seq"]:
                    run.say("unreleased", f"{delivered['client']} showed {message} before a release")
            received, shown = {}, {}


def check_log(run):
    """One record for each released message, and a log that verifies."""
    for event in run.of["log"][-1:]:
        if not event["ok"]:
            run.say("unlogged", f"the log does not verify: {event.get('reason')}")
        released = {(group, row[0]) for (_, group), rows in run.shown.items() for row in rows}
        if event["message"] != len(released):
            run.say("unlogged", f"{event['message']} records, {len(released)} messages")
        numbers = sum(seq > 0 for _, seq in run.verdicts.values())
        if event["message"] + event["commit"] != numbers:
            run.say("unlogged", f"{event['message']} + {event['commit']} records, {numbers} releases")


def check(events):
    """The broken promises of a run; none is what one wants."""
    run = Run(events)
    for part in (check_shown, check_agreement, check_verdicts, check_acknowledged, check_moments,
                 check_log):
        part(run)
    for event in run.of["unexpected"]:
        run.say("unexpected", f"{event['client']}: {event['what']}")
    if not run.of["received"] or not run.shown:
        run.say("empty", "nothing was acknowledged or nobody's history was read")
    return run.problems


def main(files):
    broken = 0
    for file in files:
        with open(file, encoding="utf-8") as lines:
            events = [json.loads(line) for line in lines]
        problems = check(events)
        broken += len(problems)
        for problem in problems[:20]:
            print(f"{file}: {problem.rule}: {problem.detail}")
        print(f"{file}: {len(events)} events, {len(problems)} promises broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
