"""A person in a conversation: one `candour --json` that stays, and everything it has said."""
import json
import subprocess
import threading
import time

PATIENCE_S = 40  # far beyond what anything takes; machines are busy


class Broken(Exception):
    """A client did not behave as a client."""


def escaped(word):
    return word.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


class Answer:
    """How a verb ended, and what it printed beside events."""

    def __init__(self, error="", status=0, message="", rows=()):
        self.error, self.status, self.message, self.rows = error, status, message, list(rows)

    def __str__(self):
        return f"{self.error} (exit status {self.status}): {self.message}" if self.error else "done"


class Actor:
    """Verbs go to a standing client; `once` runs one in a process of its own. Either way the events
    that come are kept in one list, in order."""

    def __init__(self, name, args, log):
        self.name, self.args, self.log = name, args, log
        self.events = []  # all there ever were
        self.process = None
        self._rows, self._answer = [], None
        self._alerts_seen = set()
        self._news = threading.Condition()

    # --- the standing client ----------------------------------------------------------------------

    def start(self):
        if self.process is not None and self.process.poll() is None:
            return
        self.stop()
        self.process = subprocess.Popen(
            self.args(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(self.log, "ab"), start_new_session=True)
        ready = len(self.events)
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        with self._news:
            if not self._news.wait_for(lambda: self.process.poll() is not None or any(
                    e["event"] == "ready" for e in self.events[ready:]), PATIENCE_S):
                raise Broken(f"{self.name}'s client is not ready; see {self.log}")
        if self.process.poll() is not None:
            raise Broken(f"{self.name}'s client ended with {self.process.returncode}; "
                         f"see {self.log}")

    def stop(self, kill=False):
        """The end of its input ends a client; what is under way goes on at its next start."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if kill:
            process.kill()
        process.stdin.close()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Broken(f"{self.name}'s client did not end") from None

    def _read(self, process):
        for line in process.stdout:
            try:
                said = json.loads(line)
            except ValueError:  # torn by a kill
                continue
            with self._news:
                self._take(said)
                self._news.notify_all()
        process.wait()
        with self._news:
            self._news.notify_all()

    def _take(self, said):
        kind = said.get("event")
        if kind == "answer":
            self._answer = Answer(said.get("error", ""), said.get("status", 0),
                                  said.get("message", ""), self._rows)
            self._rows = []
            return
        listed = kind in (None, "alert", "receipt") or (kind == "notice" and "text" in said)
        if listed:
            self._rows.append(said)
        if kind == "alert":  # verbs print alerts too: an event is what was not there before
            seen = (said["alert"], said["state"], len(said["history"]), said.get("repeats"))
            if seen in self._alerts_seen:
                return
            self._alerts_seen.add(seen)
        elif listed:
            return
        self.events.append(said)

    def do(self, *words, timeout_s=PATIENCE_S):
        """Runs one verb in the standing client; returns its Answer."""
        self.start()
        with self._news:
            self._answer, self._rows = None, []
        process = self.process
        try:
            process.stdin.write(("\t".join(map(escaped, words)) + "\n").encode())
            process.stdin.flush()
        except OSError:
            raise Broken(f"{self.name}'s client ended; see {self.log}") from None
        with self._news:
            self._news.wait_for(lambda: self._answer is not None or process.poll() is not None,
                                timeout_s)
            if self._answer is None:
                raise Broken(f"{self.name}: no answer to {words[0]!r}; see {self.log}")
            return self._answer

    def wait(self, holds, timeout_s=PATIENCE_S):
        """Waits until `holds(events)` is not None and returns that, or None."""
        self.start()
        found = None
        deadline = time.monotonic() + timeout_s
        with self._news:
            while found is None:
                found = holds(self.events)
                left = deadline - time.monotonic()
                if found is None and (left <= 0 or not self._news.wait(left)):
                    return holds(self.events)
        return found

    # --- a process of its own ---------------------------------------------------------------------

    def once(self, *words, text=None, timeout_s=PATIENCE_S):
        """Runs one verb as people in a shell do: its exit status and its error are what it says."""
        self.stop()
        done = subprocess.run([*self.args(), *words], input=(text or "").encode(),
                              capture_output=True, timeout=timeout_s)
        with self._news:
            self._rows = []
            for line in done.stdout.splitlines():
                self._take(json.loads(line))
            rows, self._rows = self._rows, []
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode == 0:
            return Answer(rows=rows)
        try:
            failure = json.loads(said.splitlines()[-1])
        except (ValueError, IndexError):
            raise Broken(f"{self.name}: {words[0]} ended with {done.returncode} and said {said!r}"
                         ) from None
        return Answer(failure["error"], done.returncode, failure["message"], rows)
