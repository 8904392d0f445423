"""Relay benchmark: candour-relay beside floor servers that promise less, in one run.

Real TLS, real fsync, real logins with device certificates, and candour-bench-bot, which releases at
once. The server under test has core 0, the load core 1. The floor servers (a broadcast server with
group commit and bot hop but no login, cursors, acknowledgements or log; and plain Boost.Beast, which
stores nothing) come from outside the project: CANDOUR_BENCH, default ../shared/bench. They are built
into a temporary folder; without them the rows that need them say so.

CPU is all threads of the server, bot and load apart. Rounds alternate between the servers; the best
of the rounds counts, so that other work on the machine counts least.

Usage: relay_bench.py [--rounds N] [--seconds S] [--quick] [--floor PROGRAM] [--json FILE]
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CANDOUR_BIN", ROOT / "build" / "bin"))
LOAD = BIN / "candour-bench-relay-load"
SERVER_CORE, LOAD_CORE = "0", "1"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A server on a core, until the end of the `with` block."""

    def __init__(self, core, *command, ready=True):
        self.process = subprocess.Popen(["taskset", "-c", core, *map(str, command)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if ready and b'"ready"' not in self.process.stdout.readline():
            raise SystemExit(f"{command[0]} did not start")

    pid = property(lambda self: self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Server:
    """What the load generator needs to know of one server."""

    def __init__(self, name, folder, port, process, *options):
        self.name, self.folder, self.port, self.process = name, folder, port, process
        self.options = options

    def load(self, verb, **options):
        arguments = [x for k, v in options.items() for x in (f"--{k}", str(v))]
        done = subprocess.run(["taskset", "-c", LOAD_CORE, str(LOAD), verb, str(self.folder),
                               "--port", str(self.port), "--pid", str(self.process.pid),
                               *self.options, *arguments], capture_output=True, timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"{self.name} {verb}: {done.stderr.decode()}")
        if done.stderr:
            print(f"{self.name} {verb}: {done.stderr.decode().strip()}", file=sys.stderr)
        figures = json.loads(done.stdout)
        for fault in ("lost", "duplicates", "refused", "connections_lost"):
            if figures.get(fault, 0) != 0:
                print(f"{self.name} {verb}: {figures[fault]} {fault}", file=sys.stderr)
        return figures


def build_floor(folder):
    """The floor program, or None when its source is absent."""
    source = pathlib.Path(os.environ.get("CANDOUR_BENCH", ROOT.parent / "shared" / "bench"))
    source = source / "relay" / "floor.cpp"
    if not source.exists():
        return None
    program = folder / "floor"
    subprocess.run(["g++", "-std=c++20", "-O2", "-o", program, source, "-lssl", "-lcrypto",
                    "-lsqlite3", "-lpthread"], check=True)
    return program


class World:
    """candour-relay and its bot over an organisation of a size."""

    def __init__(self, folder, devices, groups):
        self.folder, self.port = folder, free_port()
        subprocess.run([LOAD, "world", folder, "--devices", str(devices), "--groups", str(groups),
                        "--port", str(self.port)], check=True)

    def __enter__(self):
        self.relay = Process(SERVER_CORE, BIN / "candour-relay", "--config",
                             self.folder / "relay.toml")
        self.bot = Process(LOAD_CORE, BIN / "candour-bench-bot", self.folder, self.port)
        return Server("candour-relay", self.folder, self.port, self.relay)

    def __exit__(self, *unused):
        self.bot.__exit__()
        self.relay.__exit__()


class Table:
    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, goal, best=min, beside=""):
        """`goal` is None for what is only told."""
        met = "" if goal is None else ("yes" if best(value, goal) == value else "NO")
        limit = "" if goal is None else ("<= " if best is min else ">= ") + f"{goal:g}"
        self.rows.append({"figure": name, "value": value, "unit": unit, "goal": limit,
                          "met": met, "beside": beside})
        print(f"| {name} | {value:.4g} {unit} | {limit} | {met} | {beside} |", flush=True)

    def missing(self, name):
        self.rows.append({"figure": name, "value": None})
        print(f"| {name} | not measured: no floor server (CANDOUR_BENCH) | | | |", flush=True)


def best(runs, key="cpu_us_per_delivery"):
    return min(run[key] for run in runs)


def compare(table, candour, floor, naive, options):
    """CPU per delivery at windows 4 and 1, round by round beside each other."""
    runs = {}
    for _ in range(options.rounds):
        for window in (4, 1):
            for server in filter(None, (floor, candour, naive)):
                runs.setdefault((server.name, window), []).append(
                    server.load("closed", window=window, seconds=options.seconds))
    for window, goal in ((4, 1.35), (1, 1.20)):
        ours = runs[candour.name, window]
        cpu = best(ours)
        rate = max(r["deliveries_per_s"] for r in ours)
        table.add(f"CPU per delivery, w{window}", cpu, "us", None,
                  beside=f"{rate:.0f} deliveries/s at {max(r['server_cpu'] for r in ours):.2f} cores")
        for server, limit in ((floor, goal), (naive, 0.30 if window == 4 else None)):
            if server is None:
                table.missing(f"w{window} beside a floor server")
                continue
            theirs = best(runs[server.name, window])
            table.add(f"w{window} beside {server.name}", cpu / theirs, "x", limit,
                      beside=f"{theirs:.2f} us")
    return best(runs[candour.name, 4]), best(runs[candour.name, 1])


def measure_small(table, folder, program, options):
    """20 groups of 50, beside the floors."""
    with World(folder / "small", 1000, 20) as candour:
        tls = [candour.folder / "tls.crt", candour.folder / "tls.key"]
        floor = naive = None
        floor_port, naive_port = free_port(), free_port()
        servers = []
        if program is not None:
            servers = [Process(SERVER_CORE, program, "--mode", "batch", "--slim-tls", "1", "--db",
                               folder / "floor.db", "--bot", "1", "--port", floor_port, "--tls",
                               *tls, ready=False),
                       Process(SERVER_CORE, program, "--mode", "beast", "--port", naive_port,
                               "--tls", *tls, ready=False)]
            time.sleep(0.5)
            floor = Server("the floor (batch, slim TLS, SQLite, bot)", candour.folder, floor_port,
                           servers[0], "--floor", "1", "--bot", "1")
            naive = Server("naive Beast (stores nothing)", candour.folder, naive_port, servers[1],
                           "--floor", "1")
        try:
            w4, w1 = compare(table, candour, floor, naive, options)
            opened = [candour.load("open", rate=200) for _ in range(options.rounds)]
            beside = ""
            if floor is not None:
                theirs = min(floor.load("open", rate=200)["p50_us"] for _ in range(options.rounds))
                beside = f"floor {theirs / 1000:.2f} ms"
            table.add("p50 at 10,000 deliveries/s", best(opened, "p50_us") / 1000, "ms", 1.5,
                      beside=beside)
        finally:
            for server in servers:
                server.__exit__()
    return w4, w1


def measure_backlog(table, folder):
    """1,000 devices come back to 1,000 messages each."""
    with World(folder / "backlog", 1000, 20) as candour:
        run = candour.load("backlog", messages=1000)
        table.add("backlog, 1,000 devices with 1,000 messages each", run["deliveries_per_s"],
                  "deliveries/s", 100_000, max,
                  f"{run['cpu_us_per_delivery']:.2f} us CPU each; load {run['client_cpu']:.2f} cores")


def measure_large(table, folder, small, options):
    """10,000 devices, each in five of 1,000 groups of 50."""
    with World(folder / "large", 10_000, 1000) as candour:
        run = candour.load("idle", senders=1)
        table.add("memory of an idle wss connection, 10,000 of them", run["kib_per_connection"],
                  "KiB", 24, beside=f"{run['cpu_us_per_connect']:.0f} us CPU to connect and log in")
        for window, one in zip((4, 1), small):
            many = [candour.load("closed", window=window, senders=1, seconds=options.seconds,
                                 warm=2) for _ in range(options.rounds)]
            table.add(f"1,000 groups of 50 beside 20 groups of 50, w{window}", best(many) / one, "x",
                      1.2, beside=f"{best(many):.2f} us")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--quick", action="store_true", help="only 20 groups of 50")
    parser.add_argument("--floor", type=pathlib.Path, help="floor servers built before")
    parser.add_argument("--json", type=pathlib.Path, help="writes the table there too")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as name:
        folder = pathlib.Path(name)
        program = options.floor or build_floor(folder)
        if program is None:
            print("The floor servers are absent: set CANDOUR_BENCH to the folder that holds "
                  "relay/floor.cpp. Figures stand alone.\n")
        print(f"load on this machine: {os.getloadavg()[0]:.1f} over {os.cpu_count()} cores; "
              f"best of {options.rounds} rounds\n\n"
              "| figure | value | goal | met | beside |\n|---|---|---|---|---|")
        small = measure_small(table, folder, program, options)
        if not options.quick:
            measure_backlog(table, folder)
            measure_large(table, folder, small, options)
    if options.json:
        options.json.write_text(json.dumps(table.rows, indent=1))


main()
