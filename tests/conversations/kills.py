"""kill -9 of the real bot in the middle of everything it does for people, again and again.

It comes at the n-th frame between bot and relay, lost or passed on, and at random moments. The
outcome must be that of the run in which nothing happened (I4).
"""
import argparse
import pathlib
import random
import re
import sys
import threading
import time
import tomllib

from stage import Broken, Stage, Template, parties  # first: it knows where the parties are
from playing import Play, Wrong
from record_proxy import RecordProxy
from run import open_group
from script import Conversation, load
from stagehand import Stagehand

SCRIPT = pathlib.Path(__file__).resolve().parent / "killed.toml"


class KillStage(Stage):
    """The bot reaches the relay through the proxy."""

    def prepare(self, ports):
        self.proxy = RecordProxy(ports["relay"])
        file = self.folder / "bot" / "bot.toml"
        file.write_text(re.sub(rf"port = {ports['relay']}\b", f"port = {self.proxy.port}",
                               file.read_text()))
        self.calm_log, self.kills = None, 0
        self.point = None  # of the next run

    def __exit__(self, *details):
        super().__exit__(*details)
        self.proxy.close()


class Executioner(Stagehand):
    """Knows `@arm`, `@calm` and `@remember log` beside the others."""

    def on_arm(self):
        stage = self.stage
        self.killed, self.back, self.once = threading.Event(), threading.Event(), threading.Lock()
        kind, at = stage.point
        stage.proxy.arm(at if kind in ("lost", "passed") else None, kind == "lost", self.kill)
        if kind == "after":
            threading.Timer(at, self.kill).start()

    def kill(self):
        with self.once:
            if self.killed.is_set():
                return
            self.stage.server("bot").process.kill()  # at once, on the thread that saw the record
            self.killed.set()
        threading.Thread(target=self.revive, daemon=True).start()

    def revive(self):
        bot = self.stage.server("bot")
        bot.kill()
        bot.start()
        self.stage.kills += 1
        self.back.set()

    def on_calm(self):
        """The bot was killed and is back. Where the point lay behind the end, it is killed here."""
        kind, _ = self.stage.point
        if kind == "after" and not self.killed.wait(60):
            raise Broken("the bot was not killed")
        self.stage.counted = self.stage.proxy.disarm()
        if kind != "never" and not self.killed.is_set():
            self.kill()
        if self.killed.is_set() and not self.back.wait(60):
            raise Broken("the bot is not back")

    def on_remember(self, _):
        """The log grew as it did when nothing happened."""
        deadline = time.monotonic() + 30
        while True:
            kinds = self.kinds()
            grown = {k: n - self.log_before.get(k, 0) for k, n in kinds.items()
                     if n != self.log_before.get(k, 0)}
            if self.stage.calm_log is None:
                time.sleep(2)
                if self.kinds() == kinds:
                    self.stage.calm_log = grown
                    return
            elif grown == self.stage.calm_log:
                return
            if time.monotonic() > deadline:
                raise Broken(f"expected: {self.stage.calm_log} more in the log\ngot:      {grown}")
            time.sleep(0.5)

    def counts_log(self):
        return True


class KillPlay(Play):
    hand_type = Executioner


def play_once(stage, conversation, texts, point):
    stage.point = point
    group = open_group(stage, conversation)
    KillPlay(stage, conversation, texts, group).run()


def points_of(count, calm_s, options, chance):
    """Where to kill: every frame, or some; and so many random moments."""
    every = [(how, n) for n in range(1, count + 1) for how in ("lost", "passed")]
    chosen = every if options.points == 0 else sorted(
        chance.sample(every, min(options.points, len(every))), key=lambda p: p[1])
    return chosen + [("after", chance.uniform(0, calm_s)) for _ in range(options.moments)]


def kill_through(stage, conversation, texts, options, chance):
    """The points at which the outcome was another."""
    failed, started, kills = [], time.monotonic(), stage.kills
    stage.calm_log = None
    play_once(stage, conversation, texts, ("never", None))
    began = time.monotonic()
    play_once(stage, conversation, texts, ("never", None))
    calm_s = time.monotonic() - began
    points = points_of(stage.counted, calm_s, options, chance)
    print(f"{conversation.title}: undisturbed {stage.counted} frames, {calm_s:.1f} s; log "
          f"{stage.calm_log}; {len(points)} points, seed {options.seed}", flush=True)
    for number, point in enumerate(points, 1):
        try:
            play_once(stage, conversation, texts, point)
        except (Wrong, Broken, parties.Failed) as bad:
            failed.append(point)
            print(f"FAILED, killed {point[0]} {point[1]}:\n{bad}", flush=True)
            stage.all_there()
        if number % 20 == 0 or number == len(points):
            print(f"  {number} points, {stage.kills - kills} kills, {len(failed)} failed, "
                  f"{time.monotonic() - started:.0f} s", flush=True)
    if stage.kills - kills < len(points):
        failed.append("fewer kills than points")
    return failed


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=0,
                           help="so many frames of each conversation; 0: every one")
    arguments.add_argument("--moments", type=int, default=40, help="so many random moments of each")
    arguments.add_argument("--only", default="", help="the conversation whose title has this")
    arguments.add_argument("--seed", type=int, default=20260131)
    options = arguments.parse_args()
    _, texts, _ = load()
    chosen = [Conversation("killed", entry, {})
              for entry in tomllib.loads(SCRIPT.read_text())["conversation"]
              if options.only in entry["title"]]
    chance, failed = random.Random(options.seed), []
    with Template() as template, KillStage(
            template, "kills", bot={"alerts": {"delay_max_ms": 0},
                                    "rotation": {"messages": 4, "period_ms": 0}}) as stage:
        for conversation in chosen:
            failed += kill_through(stage, conversation, texts, options, chance)
        verified = stage.verify()
        if not verified["ok"]:
            failed.append("log")
            print(f"FAILED: the log does not verify: {verified}")
    print(f"{len(chosen)} conversations, {stage.kills} kills, {len(failed)} failed")
    return 1 if failed or not chosen else 0


sys.exit(main())
