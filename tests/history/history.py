"""What happened in a run, as its clients and its relay's disk tell it: one event after another,
each with the moment at which it was known. checker.py says whether it keeps the promises.

  members    group, clients           who must end up with every released message of the group
  written    client, texts            what a person typed; nothing else may ever be shown
  received   client, group, message, submission         the relay told the sender: durable
  released   client, group, message, submission, seq    ... and: everybody gets it
  withheld   client, group, message, outcome            ... or: nobody gets it
  delivered  client, group, message, submission, seq, text    a client showed it
  presence   client, what             it told its user that the bot is absent, or back
  unexpected client, what             an event or exit status that no fault explains
  killed, started, fault   what       what was done to the run
  disk       pending, verdicts        relay.db as a stopped relay left it at that moment: rows
                                      [group, submission, message] and [.., seq], seq 0 = withheld.
                                      Verdicts that were there in an earlier one may be left out
  shown      client, group, rows      a client's history at rest: [seq, submission, message, text]
  log        ok, message, commit      `candourctl log verify` at rest, records of those kinds

Of `shown` (for each client) and `log` the last one counts.
"""
import json
import pathlib
import shutil
import sqlite3
import tempfile
import threading
import time

OUTCOMES = {"warned", "blocked", "rejected"}


class History:
    """Thread-safe. With a file, each event is also a line of JSON there (see checker.py)."""

    def __init__(self, file=None):
        self.events = []
        self._lock = threading.Lock()
        self._out = open(file, "w", encoding="utf-8") if file else None
        self._judged = {}  # group: every submission up to this one is in an earlier `disk`

    def add(self, kind, **fields):
        with self._lock:
            event = {"kind": kind, "at": time.monotonic(), **fields}
            self.events.append(event)
            if self._out:
                self._out.write(json.dumps(event) + "\n")
                self._out.flush()

    def close(self):
        if self._out:
            self._out.close()

    def client_event(self, client, event):
        """An event as `candour --json` prints it."""
        kind = event["event"]
        where = {"client": client, "group": event.get("group"), "message": event.get("message_id")}
        numbers = {k: event.get(k) for k in ("submission", "seq")}
        if kind == "submitted":
            self.add("received", **where, submission=numbers["submission"])
        elif kind in ("released", "overridden"):
            self.add("released", **where, **numbers)
        elif kind == "delivered":
            self.add("delivered", **where, **numbers, text=event.get("text"))
        elif kind in OUTCOMES:
            self.add("withheld", **where, outcome=event)
        elif kind in ("bot_absent", "bot_back"):
            self.add("presence", client=client, what=kind)
        elif kind in ("stopped", "refused", "alarm"):
            self.add("unexpected", client=client, what=event)

    def read_disk(self, state):
        """Records what a relay that is not running has committed. Works on a copy, so that the
        relay finds its write-ahead log as it left it."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("relay.db", "relay.db-wal"):
                if (pathlib.Path(state) / name).exists():
                    shutil.copyfile(pathlib.Path(state) / name, pathlib.Path(folder) / name)
            database = sqlite3.connect(pathlib.Path(folder) / "relay.db")
            pending = [[g.hex(), s, m.hex()] for g, s, m in database.execute(
                "SELECT group_id, submission, message_id FROM pending")]
            verdicts = [[g.hex(), s, m.hex(), seq] for g, s, m, seq in database.execute(
                "SELECT group_id, submission, message_id, seq FROM verdicts ORDER BY submission")]
            database.close()
        fresh = [row for row in verdicts if row[1] > self._judged.get(row[0], 0)]
        for row in verdicts:
            self._judged[row[0]] = max(row[1], self._judged.get(row[0], 0))
        self.add("disk", pending=pending, verdicts=fresh)
