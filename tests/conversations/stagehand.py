"""The lines of a script that no person of the conversation speaks: servers, registrars, the log."""
import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import time

import parties
from actor import Broken
from matching import expanded

SETTLED_S = 30


class Stagehand:
    def __init__(self, play):
        self.play, self.stage = play, play.stage
        self.groups = {play.group} if play.group else set()
        self.may_be_refused = set()  # people whose client can no longer log in
        self.log_before = self.kinds() if self.counts_log() else {}

    def counts_log(self):
        return any(s.who == "@log" for s in self.play.conversation.steps)

    def do(self, step):
        words = [expanded(w, self.play.known) for w in step.words]
        work = getattr(self, "on_" + step.who[1:], None)
        if work is None:
            raise Broken(f"there is no {step.who}")
        expect = step.expect or ["done"]
        try:
            work(*words)
        except parties.Failed as failed:
            if expect[0] != "refused" or expect[1] not in str(failed):
                raise
            return
        if expect[0] == "refused":
            raise Broken(f"expected: refused, {expect[1]}\ngot:      done")

    # --- servers ----------------------------------------------------------------------------------

    def on_bot(self, *words):
        self.serve("bot", *words)

    def on_relay(self, *words):
        self.serve("relay", *words)

    def on_witness(self, *words):
        self.serve("witness", *words)

    def serve(self, name, what):
        server = self.stage.server(name)
        if what == "kill":
            server.kill()
        elif what == "stop":
            status = server.stop()
            if status != 0:
                raise Broken(f"the {name} ended with {status}")
        elif what == "start":
            server.start()
        elif what == "restart":
            server.stop()
            server.start()
        elif what in ("hang", "wake"):
            server.process.send_signal(signal.SIGSTOP if what == "hang" else signal.SIGCONT)
        else:
            raise Broken(f"a server cannot {what!r}")

    def on_group(self, what):
        """`@group stopped`: the relay has stopped the group, as when the bot contradicts itself."""
        if what != "stopped":
            raise Broken(f"a group cannot be {what!r}")
        relay = self.stage.server("relay")
        relay.stop()
        with contextlib.closing(sqlite3.connect(self.stage.folder / "relay/state/relay.db")) as db:
            db.execute("UPDATE groups SET stopped = 1 WHERE group_id = ?", (bytes.fromhex(self.play.group),))
            db.commit()
        relay.start()

    def on_wait(self, seconds):
        time.sleep(float(seconds))

    def on_client(self, what, name):
        actor = self.play.actor(name)
        {"start": actor.start, "stop": actor.stop, "kill": lambda: actor.stop(kill=True)}[what]()

    def on_all(self, what, *names):
        """`@all join`; `@all agree amy ben`: the same history, message by message."""
        if what == "join":
            return self.play.join()
        deadline = time.monotonic() + SETTLED_S
        while True:
            histories = [[(r["seq"], r["message_id"], r["text"]) for r in self.play.rows(
                self.play.actor(n), ["history", "--group", self.play.group])] for n in names]
            if all(h == histories[0] for h in histories):
                if len({m for _, m, _ in histories[0]}) != len(histories[0]):
                    raise Broken(f"a message is shown twice: {histories[0]}")
                self.play.known["agreed"] = len(histories[0])
                return None
            if time.monotonic() > deadline:
                raise Broken(f"histories differ: {histories}")
            time.sleep(0.2)

    def on_equal(self, one, other):
        if one != other:
            raise Broken(f"expected: {other}\ngot:      {one}")

    def on_lines(self, name, speaker, count):
        """A file of so many lines of one speaker; $NAME is its path."""
        path = pathlib.Path(self.stage.folder) / f"{speaker}-{time.monotonic_ns()}.txt"
        path.write_text("".join(f"{speaker} says number {i}\n" for i in range(int(count))))
        self.play.known[name] = path

    def on_file(self, path, *conditions):
        """`@file PATH mode=600 has=TEXT lacks=TEXT`: what a verb wrote."""
        text, mode = pathlib.Path(path).read_text(), pathlib.Path(path).stat().st_mode & 0o777
        for condition in conditions:
            what, _, wanted = condition.partition("=")
            holds = {"mode": f"{mode:o}" == wanted, "has": wanted in text,
                     "lacks": wanted not in text}[what]
            if not holds:
                raise Broken(f"expected: {condition}\ngot:      mode {mode:o}, {text[:500]}")

    # --- registrars and other offices -------------------------------------------------------------

    def on_registrar(self, what, *words):
        getattr(self, "registrar_" + what)(*words)

    def registrar_create(self, name, *words):
        """NAME [--unit U] [--class C] OWNER MEMBER...: another group; $NAME is its id."""
        options, people = [], list(words)
        while people and people[0].startswith("--"):
            options += [people.pop(0), people.pop(0)]
        if "--unit" not in options:
            options += ["--unit", self.play.conversation.unit]
        members = [x for p in people for x in ("--member", self.device(p))]
        out = self.stage.ctl("group", "create", "--title", name, *options, "--owner",
                             self.device(people[0]), *members)
        self.play.known[name] = json.loads(out)["group"]
        self.groups.add(self.play.known[name])

    def device(self, name):
        return name if len(name) == 64 else self.stage.device(name)

    def registrar_add(self, *people):
        self.change("add", people)

    def registrar_remove(self, *people):
        self.change("remove", people)

    def change(self, verb, people):
        members = [x for p in people for x in ("--member", self.device(p))]
        self.stage.ctl("group", verb, "--group", self.play.group, *members)

    def registrar_owners(self, *people):
        """These and nobody else own the group."""
        owners = [x for p in people for x in ("--owner", self.device(p))]
        self.stage.ctl("group", "owners", "--group", self.play.group, *owners)

    def registrar_revoke(self, name):
        self.may_be_refused.add(name)
        self.stage.ctl("revoke", "--device", self.device(name), "--reason", "reported lost")

    def registrar_enrol(self, name):
        """Publishes a certificate that waited."""
        self.stage.ctl("publish", self.stage.folder / "drafts" / f"{name}.certificate")

    def registrar_issue(self, name, seconds):
        """A certificate that ends in so many seconds: two registrars, published, and taken."""
        folder, ctl = self.stage.folder, self.stage.organisation.ctl
        certificate = folder / "drafts" / f"{name}-{time.monotonic_ns()}.certificate"
        common = ["--request", folder / "drafts" / f"{name}.request", "--certificate", certificate,
                  "--statement", folder / "public" / "statement.note", "--root",
                  folder / "public" / "root.vkey", "--days", "1"]
        # The first one's clock is a day behind, so that a day ends soon.
        behind = ["faketime", "-f", f"-{24 * 3600 - int(seconds)}s", parties.BIN / "candourctl"]
        done = subprocess.run([str(a) for a in (*behind, "approve", "--key",
                                                self.stage.key("registrar-1"), *common)],
                              capture_output=True)
        if done.returncode != 0:
            raise Broken(done.stderr.decode())
        self.ends = time.monotonic() + int(seconds)
        ctl("approve", "--key", self.stage.key("registrar-2"), *common)
        self.play.actor(name).stop()
        self.stage.organisation.candour(name, "enrol", "--certificate", certificate)
        self.stage.ctl("publish", certificate)
        self.may_be_refused.add(name)

    def registrar_outlast(self):
        """Until the certificate that was issued has ended."""
        time.sleep(max(0, self.ends + 0.5 - time.monotonic()))

    def on_notice(self, version, text):
        """A new monitoring notice, signed by two, published."""
        folder = self.stage.folder
        source = folder / "drafts" / "notice.txt"
        note = folder / "drafts" / f"notice-{version}.note"
        source.write_text(text + "\n")
        ctl = self.stage.organisation.ctl
        ctl("notice", "make", "--id", "example-constabulary", "--version", version, "--text",
            source, "--out", note)
        for who in ("policy-author", "policy-approver"):
            ctl("sign", "--key", self.stage.key(who), note)
        self.stage.ctl("publish", note, role="policy-author")

    # --- the log ----------------------------------------------------------------------------------

    def kinds(self):
        return self.stage.verify().get("kinds", {})

    def on_log(self, *words):
        """`@log message=2 alert_step=1`: so many leaves more than when the conversation began."""
        wanted = {kind: int(count) for kind, count in (w.split("=") for w in words)}
        deadline = time.monotonic() + SETTLED_S
        while True:
            kinds = self.kinds()
            found = {k: kinds.get(k, 0) - self.log_before.get(k, 0) for k in wanted}
            if found == wanted:
                return
            if time.monotonic() > deadline:
                raise Broken(f"expected: {wanted} more in the log\ngot:      {found}")
            time.sleep(0.5)
