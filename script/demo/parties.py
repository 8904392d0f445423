"""The parties of an example organisation as processes on this machine.

Used by the demonstration and by the black-box tests: everything goes through the built programs,
nothing reaches into their insides. Needs only Python's standard library.
"""
import json
import os
import pathlib
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "bin"
OFFICERS = {"team-a": ["amy", "ben", "chloe"], "team-b": ["dev", "ella", "finn"]}
SUPERVISORS = {"team-a": "grace", "team-b": "hugh"}


class Failed(Exception):
    """A program did not do what the step needed."""


class Stopped(Exception):
    """The person at the keyboard wants an end."""


class Server:
    """A program that runs until it is told to stop; its log goes to a file."""

    def __init__(self, name, args, log):
        self.name, self.args, self.log = name, [str(a) for a in args], log
        self.process = None
        self.ready = {}

    def start(self, timeout_s=30):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + timeout_s
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
            byte = os.read(self.process.stdout.fileno(), 1) if readable else b""
            if not byte:
                code = self.process.poll()
                raise Failed(f"{self.name} did not become ready (exit status {code}); see {self.log}")
            line += byte
        self.ready = json.loads(line)
        return self

    def kill(self):
        """As a power cut would: no warning, no clean-up."""
        self.process.kill()
        self._reap()

    def stop(self, timeout_s=20):
        """As an operator would. Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self._reap()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def _reap(self):
        status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        return status


class Organisation:
    """The folder that script/organisation made, and the servers that run on it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        log = self.folder / "logs"
        log.mkdir(exist_ok=True)
        self.witness = Server("witness", [
            BIN / "candourctl", "witness", "serve", "--dir", self.folder / "witness" / "state",
            "--key", self.folder / "witness" / "witness.key", "--name", "witness.candour.example",
            "--log", self.folder / "relay" / "log.vkey", "--port", self.port("witness")],
            log / "witness.log")
        self.relay = Server("relay", [BIN / "candour-relay", "--config",
                                      self.folder / "relay" / "relay.toml"], log / "relay.log")
        self.bot = Server("bot", [BIN / "candour-bot", "--config",
                                  self.folder / "bot" / "bot.toml"], log / "bot.log")

    def port(self, name):
        return json.loads((self.folder / "ports.json").read_text())[name]

    @property
    def servers(self):
        return [self.witness, self.relay, self.bot]

    def start(self):
        try:
            for server in self.servers:
                server.start()
        except BaseException:  # also Ctrl-C: nothing may be left running
            self.stop()
            raise
        return self

    def stop(self):
        """Exit statuses of those that were started."""
        return [server.stop() for server in reversed(self.servers) if server.process]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- people --------------------------------------------------------------------------------

    def person(self, name):
        return self.folder / name

    def candour_args(self, person, *args):
        folder = self.person(person)
        return [str(a) for a in (BIN / "candour", "--state", folder / "state", "--passphrase-file",
                                 folder / "passphrase", "--json", *args)]

    def candour(self, person, *args, stdin="", check=True, timeout_s=600):
        """Runs one verb; returns its events. Fails when the exit status is not 0 and `check`."""
        done = subprocess.run(self.candour_args(person, *args), input=stdin.encode(),
                              capture_output=True, timeout=timeout_s)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        if check and done.returncode != 0:
            raise Failed(f"candour {args[0]} as {person}: exit status {done.returncode}: "
                         f"{done.stderr.decode(errors='replace').strip()}")
        self.last_status, self.last_error = done.returncode, done.stderr.decode(errors="replace")
        return events

    def ctl(self, *args, check=True, timeout_s=600):
        done = subprocess.run([str(a) for a in (BIN / "candourctl", *args)], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=timeout_s)
        if check and done.returncode != 0:
            raise Failed(f"candourctl {' '.join(map(str, args[:2]))}: exit status "
                         f"{done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        self.last_status, self.last_error = done.returncode, done.stderr.decode(errors="replace")
        return done.stdout.decode()

    def remote(self):
        """The options with which a role key reaches the relay."""
        return ["--relay", f"127.0.0.1:{self.port('relay')}", "--tls-name", "localhost",
                "--ca", self.folder / "public" / "tls.crt",
                "--root", self.folder / "public" / "root.vkey"]

    def history(self, person, group):
        return [e for e in self.candour(person, "history", "--group", group)]

    def device(self, person):
        return (self.person(person) / "device").read_text().strip()
