"""I4: nothing acknowledged is lost, doubled or reordered when relay and bot are killed under load.

Method: officers of one group send numbered lines through real clients without pause while relay,
bot, or both are ended by kill -9 at random moments and started again, for N rounds. The clients'
own events say what was acknowledged. Afterwards every member's history must hold each acknowledged
message exactly once, all in the same order, and the log must verify with one record a message.

Usage: kill_loop.py ROUNDS [SEED]
"""
import json
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Example, parties  # noqa: E402

LINES_A_RUN = 30


class Sender(threading.Thread):
    """One officer who sends without pause, run after run, and notes what was acknowledged."""

    def __init__(self, organisation, person, group):
        super().__init__(daemon=True)
        self.organisation, self.person, self.group = organisation, person, group
        self.acknowledged, self.unexpected = set(), []
        self.stop = threading.Event()
        self.written = 0

    def run(self):
        while not self.stop.is_set():
            lines = self.organisation.folder / f"{self.person}-{self.written}.txt"
            lines.write_text("".join(f"{self.person} says number {self.written + i}\n"
                                     for i in range(LINES_A_RUN)))
            self.written += LINES_A_RUN
            self.send("send", "--group", self.group, "--lines", lines, "--window", "8")
            lines.unlink()

    def send(self, *verb):
        done = subprocess.run(self.organisation.candour_args(self.person, *verb),
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
        for line in done.stdout.splitlines():
            event = json.loads(line)
            if event["event"] in ("submitted", "released"):
                self.acknowledged.add(event["message_id"])
            elif event["event"] in ("warned", "blocked", "rejected", "stopped"):
                self.unexpected.append(event)
        if done.returncode not in (0, 3):  # 3: the relay was away for longer than it waits
            self.unexpected.append(f"exit status {done.returncode}: {done.stderr.decode()}")


def check(what, holds, detail=""):
    if not holds:
        raise parties.Failed(f"I4 broken: {what} {detail}")


def main():
    rounds, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20260131
    chance = random.Random(seed)
    print(f"{rounds} rounds, seed {seed}", flush=True)
    with Example() as organisation:
        people, group = parties.OFFICERS["team-a"], organisation.groups["team-a"]
        senders = [Sender(organisation, person, group) for person in people]
        for sender in senders:
            sender.start()
        restarts = []
        for done in range(rounds):
            time.sleep(chance.uniform(0.05, 0.9))
            victims = chance.choice([[organisation.relay], [organisation.bot],
                                     [organisation.relay, organisation.bot]])
            for victim in victims:
                victim.kill()
            time.sleep(chance.uniform(0, 0.2))
            for victim in victims:
                started = time.monotonic()
                victim.start()
                restarts.append(time.monotonic() - started)
            if (done + 1) % 10 == 0:
                print(f"  round {done + 1}: {sum(len(s.acknowledged) for s in senders)} "
                      "messages acknowledged", flush=True)
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join(300)
            check(f"{sender.person} ended", not sender.is_alive())
        for sender in senders:  # whatever was still on its way goes out now
            sender.send("watch", "--until-idle", "3000")
            check(f"{sender.person} met nothing unexpected", not sender.unexpected,
                  str(sender.unexpected[:3]))
        acknowledged = set().union(*(s.acknowledged for s in senders))
        check("the load was real", len(acknowledged) >= rounds)
        orders = []
        for person in people:
            history = organisation.history(person, group)
            ids = [e["message_id"] for e in history]
            texts = [e["text"] for e in history]
            check(f"{person} has every acknowledged message", acknowledged <= set(ids),
                  f"missing {len(acknowledged - set(ids))}")
            check(f"{person} has none twice", len(set(ids)) == len(ids) and
                  len(set(texts)) == len(texts))
            orders.append([(e["seq"], e["message_id"]) for e in history])
            check(f"{person} has them in order", orders[-1] == sorted(orders[-1]))
            accepted = [e["submission"] for e in history]
            check(f"{person} has them in the order of acceptance", accepted == sorted(accepted))
        check("all members have the same order", all(o == orders[0] for o in orders))
        time.sleep(3)  # the checkpoint that covers the last release
        verified = json.loads(organisation.ctl(
            "log", "verify", "--state", organisation.folder / "relay" / "state", "--root",
            organisation.folder / "public" / "root.vkey", "--statement",
            organisation.folder / "public" / "statement.note", "--signatures", "--json",
            check=False))
        check("the log verifies", verified["ok"], str(verified))
        check("one record a message", verified["kinds"]["message"] == len(orders[0]),
              f"{verified['kinds']['message']} records, {len(orders[0])} messages")
        restarts.sort()
        print(f"{rounds} rounds: {len(acknowledged)} messages acknowledged, {len(orders[0])} "
              f"released, 0 lost, 0 doubled, 0 reordered; ready again in "
              f"{restarts[len(restarts) // 2] * 1000:.0f} ms (median), "
              f"{restarts[-1] * 1000:.0f} ms (longest)")


main()
