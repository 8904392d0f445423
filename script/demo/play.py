"""Plays the main job on real input and checks that every number agrees with every other."""
import collections
import csv
import hashlib
import json
import pathlib
import time

import first_day
import parties
import table
import warrant

DAY = parties.ROOT / "config" / "demo" / "day.tsv"
EXPECTED = parties.ROOT / "config" / "demo" / "expected.tsv"
LOST_DEVICE, LOST_AFTER = "finn", "22:13"  # the day has him report his telephone lost by then
BACK_FROM_COURT = "chloe"


class Play:
    def __init__(self, organisation, stopped):
        self.organisation, self.stopped = organisation, stopped
        self.groups = first_day.open_groups(organisation, print)
        self.transcript = open(organisation.folder / "transcript.txt", "w", encoding="utf-8")
        self.count = collections.Counter()
        self.raised = set()  # ids of alerts
        self.released = collections.defaultdict(list)  # team -> message ids in order of seq
        self.records_of = collections.Counter()  # one record for each message a person submits
        self.released_by = {}  # person -> the newest
        self.problems = []
        self.revoked = None
        self.names = {}

    def tell(self, line=""):
        print(line, file=self.transcript, flush=True)

    def expect(self, what, found, wanted):
        if found != wanted:
            self.problems.append(f"{what}: {found}, but {wanted} expected")

    # --- one message -----------------------------------------------------------------------------

    def outcome(self, person, team, *verb, stdin=""):
        """Runs a verb that submits one message; returns its closing event and books it."""
        if self.stopped():
            raise parties.Stopped()
        events = self.organisation.candour(person, *verb, stdin=stdin, check=False)
        closing = [e for e in events
                   if e["event"] in ("released", "overridden", "warned", "blocked", "rejected")]
        if self.stopped():
            raise parties.Stopped()
        if len(closing) != 1:
            raise parties.Failed(f"{person} {verb[0]}: {len(closing)} outcomes of one message; "
                                 f"{self.organisation.last_error.strip()}")
        event = closing[0]
        self.count["messages"] += 1
        self.count[event["event"]] += 1
        self.records_of[person] += 1
        if event["event"] in ("released", "overridden"):
            self.released[team].append(event["message_id"])
            self.released_by[person] = event["message_id"]
            self.count["delivered"] += 1
        return event

    def say(self, row, line_number, expected):
        person, team = row["officer"], row["group"]
        head = f"{row['time']}  {first_day.TITLES[team]:<16}  {person:<6}"
        event = self.outcome(person, team, "send", "--group", self.groups[team],
                             stdin=row["text"])
        wanted = expected.get(line_number)
        if event["event"] == "released":
            self.tell(f"{head} {row['text']}")
            if wanted:
                self.problems.append(f"day.tsv:{line_number}: no warning of {wanted}")
            return
        categories = [f["category"] for f in event.get("findings", [])]
        if wanted not in categories:
            self.problems.append(f"day.tsv:{line_number}: {event['event']} of "
                                 f"{', '.join(categories) or event.get('code')}, "
                                 f"but {wanted or 'release'} expected")
        self.tell(f"{head} [{row['text']}]")
        for finding in event.get("findings", []):
            marked = row["text"].encode()[finding["start"]:finding["end"]].decode()
            self.tell(f"{'':33} ! {event['event']}: \"{marked}\": {finding['message']}")
            self.tell(f"{'':33}   standard {finding['standard']}. {finding['advice']}")
        self.choose(row, event, head)

    def choose(self, row, event, head):
        person, team, choice = row["officer"], row["group"], row["on_warning"]
        if choice == "edit":
            again = self.outcome(person, team, "edit", event["message_id"], stdin=row["edit"])
            self.count["edited"] += 1
            self.expect(f"{row['time']} {person}: the edited text", again["event"], "released")
            self.tell(f"{head} (edited) {row['edit']}")
        elif choice == "override":
            again = self.outcome(person, team, "override", event["message_id"], "--reason",
                                 row["edit"])
            self.expect(f"{row['time']} {person}: sending anyway", again["event"], "overridden")
            self.tell(f"{head} (sent anyway: {row['edit']}) {row['text']}")
        else:
            self.organisation.candour(person, "withdraw", event["message_id"])
            self.count["withdrawn"] += 1
            self.tell(f"{head} (withdrawn)")

    # --- the day -----------------------------------------------------------------------------------

    def day(self):
        with open(EXPECTED, encoding="utf-8") as f:
            expected = {int(r["line"]): r["category"] for r in csv.DictReader(f, delimiter="\t")}
        with open(DAY, encoding="utf-8") as f:
            rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
        last_spoke = {}
        for number, row in enumerate(rows, start=2):
            if not self.revoked and row["time"] > LOST_AFTER:
                self.lose_device()
            if row["officer"] == BACK_FROM_COURT and row["time"] > "12:00" and \
                    last_spoke.get(BACK_FROM_COURT, "24") < "10:00":
                self.catch_up(BACK_FROM_COURT, row["group"])
            last_spoke[row["officer"]] = row["time"]
            self.say(row, number, expected)
            if number % 50 == 0:
                print(f"  {row['time']}: {number - 1} of {len(rows)} lines", flush=True)

    def catch_up(self, person, team):
        seen = {e["message_id"] for e in self.organisation.candour(
            person, "history", "--group", self.groups[team], "--offline")}
        missed = [m for m in self.released[team] if m not in seen]
        events = self.organisation.candour(person, "watch", "--until-idle", "1500")
        got = [e["message_id"] for e in events if e["event"] == "delivered"]
        self.expect(f"{person} catches up", got, missed)
        self.count["caught_up"] += len(got)
        self.tell(f"{'':7}{person} was offline and catches up with {len(got)} messages")

    def lose_device(self):
        o = self.organisation
        team = "team-b"
        self.kept = [e["message_id"] for e in
                     o.candour(LOST_DEVICE, "history", "--group", self.groups[team])]
        self.expect(f"{LOST_DEVICE} before the revocation", self.kept, self.released[team])
        o.ctl("revoke", *o.remote(), "--key", o.folder / "registrar-1" / "registrar-1.key",
              "--device", o.device(LOST_DEVICE), "--reason", "reported lost")
        self.revoked = len(self.released[team])
        deadline = time.monotonic() + 30
        witness = parties.OFFICERS[team][0]
        while o.device(LOST_DEVICE) in [m["device"] for m in o.candour(
                witness, "roster", "--group", self.groups[team])]:
            if time.monotonic() > deadline:
                raise parties.Failed(f"the bot did not remove {LOST_DEVICE}; see logs/bot.log")
            time.sleep(0.2)
        self.tell(f"{'':7}{LOST_DEVICE}'s device is revoked and removed from {team}")

    def revoked_reads_nothing(self):
        o = self.organisation
        o.candour(LOST_DEVICE, "watch", "--until-idle", "500", check=False)
        if o.last_status != 4 or "device_revoked" not in o.last_error:
            self.problems.append(f"the revoked device was not refused: exit status "
                                 f"{o.last_status} {o.last_error.strip()}")
        after = [e["message_id"] for e in o.candour(
            LOST_DEVICE, "history", "--group", self.groups["team-b"], "--offline")]
        self.expect("the revoked device reads nothing further", after, self.kept)

    def lines(self, path, person="amy", team="team-a"):
        print(f"  {pathlib.Path(path).name}: sending each line as a message", flush=True)
        events = self.organisation.candour(
            person, "send", "--group", self.groups[team], "--lines", path, "--on-warning",
            "withdraw", "--window", "64", timeout_s=1800)
        summary = events[-1]
        for event in events:
            if event["event"] == "released":
                self.released[team].append(event["message_id"])
        self.expect(f"{path}: outcomes", summary["released"] + summary["warned"] +
                    summary["blocked"] + summary["rejected"], summary["sent"])
        self.count["messages"] += summary["sent"]
        self.count["delivered"] += summary["released"]
        for name in ("released", "warned", "blocked", "rejected", "withdrawn"):
            self.count[name] += summary[name]
        self.tell(f"{'':7}{person} sends the {summary['sent']} lines of {pathlib.Path(path).name}: "
                  f"{summary['released']} released, {summary['warned']} warned, "
                  f"{summary['blocked']} blocked (texts not shown here)")
        print(f"  {summary['sent']} lines in {summary['seconds']:.1f} s", flush=True)

    def desk(self, supervisor):
        """A supervisor acknowledges each alert and closes those sent anyway."""
        o = self.organisation
        alerts = o.candour(supervisor, "alerts")
        self.count["alerts"] += len(alerts)
        self.raised.update(alert["alert"] for alert in alerts)
        for alert in alerts:
            self.tell(f"{'':7}alert to {supervisor}: {alert['category']} by {alert['name']}, "
                      f"{alert['outcome']}; standard {alert['standard']}")
            if alert["state"] == "open":  # some reach both desks, and one has acknowledged them
                o.candour(supervisor, "ack", alert["alert"])
                self.count["alert_steps"] += 1
            if alert["outcome"] == "overridden":
                o.candour(supervisor, "close", alert["alert"], "--outcome", "advice-given")
                self.count["alert_steps"] += 1
        left = [a for a in o.candour(supervisor, "alerts", "--all") if a["state"] == "open"]
        self.expect(f"open alerts left at {supervisor}'s desk", len(left), 0)

    # --- do the numbers agree? -----------------------------------------------------------------------

    def histories_agree(self):
        for team, officers in parties.OFFICERS.items():
            digests = set()
            for person in officers:
                if person == LOST_DEVICE:
                    continue
                shown = self.organisation.history(person, self.groups[team])
                ids = [e["message_id"] for e in shown]
                self.expect(f"messages {person} has", len(ids), len(self.released[team]))
                self.expect(f"messages of {person} shown twice", len(ids) - len(set(ids)), 0)
                if set(ids) != set(self.released[team]):
                    self.problems.append(f"{person} has other messages than were released")
                self.expect(f"{person}: order", [e["seq"] for e in shown],
                            sorted(e["seq"] for e in shown))
                digests.add(hashlib.sha256(json.dumps(
                    [(e["message_id"], e["seq"], e["sender"]["device"], e["text"])
                     for e in shown]).encode()).hexdigest())
            self.expect(f"different histories in {team}", len(digests), 1)

    def verify_log(self, waiting_s=15):
        o = self.organisation
        arguments = ["log", "verify", "--state", o.folder / "relay" / "state", "--root",
                     o.folder / "public" / "root.vkey", "--statement",
                     o.folder / "public" / "statement.note", "--signatures", "--json"]
        deadline = time.monotonic() + waiting_s
        while True:  # the checkpoint that covers the last release follows within seconds
            verified = json.loads(o.ctl(*arguments, check=False))
            if verified.get("cosigned_size", verified["size"]) == verified["size"] or \
                    time.monotonic() > deadline:
                return verified
            time.sleep(0.5)


def play(organisation, lines, stopped):
    started, started_ms = time.monotonic(), int(time.time() * 1000)
    p = Play(organisation, stopped)
    print("the day of two teams, as real clients live it:", flush=True)
    p.day()
    p.revoked_reads_nothing()
    for path in lines:
        p.lines(path)
    for supervisor in parties.SUPERVISORS.values():
        p.desk(supervisor)
    p.histories_agree()
    opened = warrant.play(p, started_ms)
    verified = p.verify_log()
    p.transcript.close()
    return table.close(p, verified, opened, time.monotonic() - started)
