"""People who never stop chatting while things break, and the record of what became of it.

Members run real clients, one process after another: most of the time they send numbered lines, at
other times they only watch. Whatever their clients print goes into a history (tests/history), and
so does what the relay has on its disk whenever it is not running. `settle` lets everything come to
rest and gives the history to the checker.
"""
import json
import pathlib
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "history")]
from checker import check  # noqa: E402
from harness import Example, parties  # noqa: E402,F401
from history import History  # noqa: E402

LINES_A_RUN = 20
WATCH_S = 3
QUIET_MS = 1500  # nothing more comes to a member: everything has come to rest
KILLED = -9


class Member(threading.Thread):
    """One person: client after client, until told to stop."""

    def __init__(self, world, person, group, seed):
        super().__init__(daemon=True)
        self.world, self.person, self.group = world, person, group
        self.chance = random.Random(seed)
        self.stopping = threading.Event()
        self.paused = False
        self.resting = False  # has seen that it is paused, and starts no client until resumed
        self.process = None
        self.written = 0
        self.runs = 0
        self.killed = False
        self.timeout_ms = 30000
        self.through = None  # a profile with another address of the relay
        self.lock = threading.Lock()

    def run(self):
        try:
            while not self.stopping.is_set():
                with self.lock:
                    self.resting = self.paused
                if self.resting:
                    time.sleep(0.05)
                elif self.chance.random() < 0.75:
                    self.send_lines()
                else:
                    self.client("watch", "--seconds", WATCH_S)
        except Exception as broken:  # a fault of the test must not look like a quiet member
            self.world.history.add("unexpected", client=self.person, what=repr(broken))
            raise

    def send_lines(self, count=LINES_A_RUN):
        texts = [f"{self.person} says number {self.written + i}" for i in range(count)]
        self.written += count
        self.world.history.add("written", client=self.person, texts=texts)
        lines = self.world.organisation.folder / f"{self.person}-lines.txt"
        lines.write_text("\n".join(texts) + "\n")
        return self.client("send", "--group", self.group, "--lines", lines, "--window", "8",
                           "--delay", self.world.pause_ms)

    def client(self, *verb):
        """Runs one client to its end; everything it says goes into the history."""
        args = self.world.organisation.candour_args(
            self.person, "--timeout", self.timeout_ms, *(("--config", self.through) if self.through
                                                         else ()), *verb)
        with self.lock:
            self.killed = False
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, start_new_session=True)
        self.runs += 1
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # the last one may be torn by a kill
                self.world.history.client_event(self.person, json.loads(line))
        why = self.process.stderr.read().decode(errors="replace")
        with self.lock:
            status = self.process.wait()
            self.process.stdout.close()
            self.process.stderr.close()
            self.process = None
        # 3: the relay was away for longer than it waits; what it sent is kept.
        explained = status in (0, 3) or status == KILLED and self.killed or (
            self.world.excused and self.world.excused in why)
        if not explained:
            self.world.history.add("unexpected", client=self.person,
                                   what=f"{verb[0]} ended with {status}: {why}")
        return status

    def pause(self):
        """Starts no other client once `resting`; the one under way goes on to its end."""
        with self.lock:
            self.paused = True

    def resume(self):
        with self.lock:
            self.paused = False

    def kill(self):
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                return False
            self.killed = True
            self.process.kill()
        self.world.history.add("killed", what=self.person)
        return True


class World:
    """An organisation under load. Use as a context; `settle` at the end of each scenario."""

    def __init__(self, organisation, seed, history_file=None, pause_ms=0):
        self.organisation, self.chance = organisation, random.Random(seed)
        self.history = History(history_file)
        self.pause_ms = pause_ms  # between two messages of a member
        self.excused = ""  # an error that clients may end with while a fault lasts
        self.members = []
        for team, people in parties.OFFICERS.items():
            group = organisation.groups[team]
            self.history.add("members", group=group, clients=people)
            self.members += [Member(self, person, group, self.chance.random())
                             for person in people]

    def __enter__(self):
        for member in self.members:
            member.start()
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.stopping.set()
        for member in self.members:
            member.kill()
            member.join(60)
        self.history.close()

    # --- what happens to it ---------------------------------------------------------------------

    def kill(self, server):
        """As a power cut would end it; the relay's disk is looked at before it starts again."""
        server.kill()
        self.history.add("killed", what=server.name)
        if server is self.organisation.relay:
            self.history.read_disk(self.organisation.folder / "relay" / "state")

    def start(self, server):
        server.start()
        self.history.add("started", what=server.name)

    def pause(self):
        """Ends every client; nobody starts another one until `resume`."""
        for member in self.members:
            member.pause()

        def ended():
            for member in self.members:
                member.kill()
            return all(member.resting for member in self.members)

        self.wait("every client has ended", ended)

    def resume(self):
        for member in self.members:
            member.resume()

    # --- what is known of it --------------------------------------------------------------------

    def count(self, kind, **fields):
        return sum(e["kind"] == kind and all(e.get(k) == v for k, v in fields.items())
                   for e in list(self.history.events))

    def released(self):
        return len({e["message"] for e in list(self.history.events) if e["kind"] == "released"})

    def progress(self, count=10, timeout_s=30):
        """Waits until `count` more messages were released."""
        goal = self.released() + count
        self.wait(f"{count} more messages released", lambda: self.released() >= goal, timeout_s)

    def wait(self, what, holds, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while not holds():
            self.expect(f"{what} within {timeout_s} s", time.monotonic() < deadline)
            time.sleep(0.05)

    def expect(self, what, holds, detail=""):
        if not holds:
            raise parties.Failed(f"expected: {what} {detail}")

    def readiness(self):
        """(status, body) of the relay's /readyz; (0, "") when nobody answers."""
        url = f"http://127.0.0.1:{self.organisation.port('admin')}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    # --- the end --------------------------------------------------------------------------------

    def settle(self):
        """Everything comes to rest, then every promise is checked. The load goes on afterwards."""
        for member in self.members:
            member.pause()
        self.wait("every client came to its end", lambda: all(
            m.resting for m in self.members), 120)
        threads = [threading.Thread(target=m.client, args=("watch", "--until-idle", QUIET_MS))
                   for m in self.members]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.organisation.relay.stop()
        self.history.read_disk(self.organisation.folder / "relay" / "state")
        self.start(self.organisation.relay)
        for member in self.members:
            rows = [[e["seq"], e["submission"], e["message_id"], e["text"]]
                    for e in self.organisation.candour(member.person, "--offline", "history",
                                                       "--group", member.group)]
            self.history.add("shown", client=member.person, group=member.group, rows=rows)
        self.verify_log()
        problems = check(list(self.history.events))
        for problem in problems[:20]:
            print(f"  {problem.rule}: {problem.detail}", flush=True)
        self.expect("no promise broken", not problems, f"({len(problems)} are)")
        return self.summary()

    def verify_log(self):
        public = self.organisation.folder / "public"
        verified = json.loads(self.organisation.ctl(
            "log", "verify", "--state", self.organisation.folder / "relay" / "state", "--root",
            public / "root.vkey", "--statement", public / "statement.note", "--signatures",
            "--json", check=False))
        kinds = verified.get("kinds", {})
        self.history.add("log", ok=verified["ok"], reason=verified.get("reason"),
                         message=kinds.get("message", 0), commit=kinds.get("commit", 0))

    def summary(self):
        kills = {}
        for event in self.history.events:
            if event["kind"] == "killed":
                what = event["what"] if event["what"] in ("relay", "bot", "power") else "clients"
                kills[what] = kills.get(what, 0) + 1
        received = len({e["message"] for e in self.history.events if e["kind"] == "received"})
        return {"acknowledged": received, "released": self.released(), "kills": kills,
                "clients started": sum(m.runs for m in self.members)}
