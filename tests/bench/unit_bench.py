"""The speed lines of a unit: verdict latency with many groups, memory of a group, start of the bot.

Real relay, bot, witness and clients in an example organisation. First officers talk in many groups
at a steady rate. Then the bot's own code makes thousands of groups in the stopped bot's state
(candour-bench-groups says what is left out), and the bot is started on them. Each figure stands
beside its goal and beside a floor of the same run. TMPDIR says on which disk all of it lies.

Usage: unit_bench.py [--groups N] [--members N] [--rate N] [--seconds N] [--many N] [--of N]
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conversations"))
from stage import Stage, Template, parties  # noqa: E402

SIZE = 200
TEAM_A = ["amy", "ben", "chloe"]
DURABLE_WRITES = 4  # on the way to a verdict: sender's client, relay, bot, relay


def options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=500, help="in which officers talk")
    parser.add_argument("--members", type=int, default=5, help="of each of these, without the bot")
    parser.add_argument("--rate", type=float, default=200, help="messages a second in all of them")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--many", type=int, default=5000, help="groups the bot is started on")
    parser.add_argument("--of", type=int, default=50, help="members of each of these, with the bot")
    return parser.parse_args()


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def run_json(*args, timeout_s=1800):
    done = subprocess.run([str(a) for a in args], capture_output=True, timeout=timeout_s)
    if done.returncode != 0:
        raise parties.Failed(f"{pathlib.Path(args[0]).name}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def durable_write_ms():
    """The median of a small write that is on the disk when it returns, and its 99th percentile."""
    with tempfile.NamedTemporaryFile() as file:
        took = []
        for _ in range(400):
            begin = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begin) * 1e3)
    took.sort()
    return took[200], took[395]


def unit(template, count):
    """Names of `count` officers of team-a."""
    names = [f"officer{i}" for i in range(count - len(TEAM_A))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as at_once:
        for done in [at_once.submit(template.enrol, name, f"p-{500 + i}", f"PC Number {i}",
                                    "officer", "team-a") for i, name in enumerate(names)]:
            done.result()
    template.bootstrap(names)
    return TEAM_A + names


def measure_latency(stage, names, asked):
    o = stage.organisation
    people = [path for name in names
              for path in (o.person(name) / "state", o.person(name) / "passphrase")]
    figures = run_json(parties.BIN / "candour-bench-unit", o.port("relay"), asked.groups,
                       asked.members, asked.rate, asked.seconds, SIZE, *people)
    figures["bot_kib"] = resident_kib(o.bot)
    return figures


def start_bot(bot):
    """Seconds to the line that says ready, and the resident memory then."""
    begin = time.monotonic()
    bot.start(timeout_s=300)
    return time.monotonic() - begin, resident_kib(bot)


def make_many(stage, names, asked):
    config = stage.folder / "bot" / "bot.toml"
    devices = [stage.device(name) for name in names[:asked.of - 1]]
    before = run_json(parties.BIN / "candour-bench-groups", config, 0)
    run_json(parties.BIN / "candour-bench-groups", config, asked.many, *devices)
    after = run_json(parties.BIN / "candour-bench-groups", config, 0)
    return before, after


def row(figure, value, unit_of, goal, beside):
    met = "met" if value <= goal else "NO"
    print(f"| {figure} | {value:.1f} {unit_of} | {goal} {unit_of} | {met} | {beside} |", flush=True)


def main():
    asked = options()
    floor = run_json(parties.BIN / "candour-bench-floor")
    crypto_us = (floor["ed25519_verify_us"] + floor["hpke_open_us"] + 2 * floor["ed25519_sign_us"] +
                 floor["hpke_seal_us"])
    officers = max(asked.of - 1, 3 * asked.members)
    with Template() as template:
        names = unit(template, officers)
        with Stage(template, "unit", bot={"groups": {"officers_create_in": ["*"]}}) as stage:
            bot = stage.organisation.bot
            print(f"{officers} officers; {asked.groups} groups of {asked.members} and the bot; "
                  f"{SIZE}-byte texts at {asked.rate:.0f} a second for {asked.seconds:.0f} s; relay, "
                  f"bot, witness and all clients on {os.cpu_count()} cores, load before "
                  f"{os.getloadavg()[0]:.1f}\n")
            print("| figure | value | goal | met | beside |\n|---|---|---|---|---|")
            write = durable_write_ms()
            f = measure_latency(stage, names, asked)
            beside = (f"floor {DURABLE_WRITES * write[0] + crypto_us / 1e3:.1f} ms: {DURABLE_WRITES} "
                      f"durable writes of {write[0]:.2f} ms and the bot's primitives, "
                      f"{crypto_us:.0f} us")
            rate = f["messages"] / f["seconds"]
            row(f"verdict latency p50, {rate:.0f} messages/s", f["p50_ms"], "ms", 5, beside)
            row("verdict latency p99", f["p99_ms"], "ms", 25,
                f"p90 {f['p90_ms']:.1f} ms, longest {f['max_ms']:.1f} ms; "
                f"{DURABLE_WRITES} durable writes at their p99: {DURABLE_WRITES * write[1]:.1f} ms")
            bot.stop()
            few_s, few_kib = start_bot(bot)
            bot.stop()
            before, after = make_many(stage, names, asked)
            many_s, many_kib = start_bot(bot)
            made = after["groups"] - before["groups"]
            state = (after["state_bytes"] - before["state_bytes"]) / made / 1024
            row(f"bot's memory for a group of {asked.of}", (many_kib - few_kib) / made, "KiB", 100,
                f"{state:.1f} KiB of it is MLS state as it is kept on disk; bot "
                f"{many_kib / 1024:.0f} MiB")
            row(f"start of the bot with {after['groups']} groups", many_s, "s", 5,
                f"floor {after['read_ms'] / 1e3:.2f} s to read and unseal their states; "
                f"{few_s:.1f} s with {before['groups']} groups")


main()
