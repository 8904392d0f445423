"""End-to-end benchmark: officers in groups over wss, with real MLS, real bot and real log.

Three runs, each with an organisation of its own: one message of each officer at a time; many, with
as many sealings of records prepared beforehand as there are messages; and many with the bot as it
comes, whose pool is soon used up. Prints messages and deliveries a second, latency, CPU per message
of relay, bot and clients, which stage of the bot and which thread of the relay it went to, peak
memory, and beside them the floor: what the primitives on a message's way cost in the same run.
"""
import argparse
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Example, parties  # noqa: E402

SIZE = 200
POOL = 1024  # config/bot_config.h
GOALS = {"prepared": 2000, "sustained": 1500}
PATIENCE_S = 300


class Measured(Example):
    """An organisation whose bot says where its time went, and prepares so many sealings."""

    def __init__(self, pool):
        self.pool = pool

    def prepare(self, organisation):
        organisation.bot.args.append("--stages")
        file = organisation.folder / "bot" / "bot.toml"
        settings = [l for l in file.read_text().splitlines() if not l.startswith("log_level")]
        # It tells when all are prepared.
        file.write_text("\n".join(['log_level = "debug"', *settings, "", "[sealing]",
                                   f"prepared = {self.pool}", ""]))

    def __enter__(self):
        organisation = super().__enter__()
        end = time.monotonic() + PATIENCE_S
        while '"sealings_prepared"' not in organisation.bot.log.read_text().replace(" ", ""):
            if time.monotonic() > end:
                raise parties.Failed("the bot did not prepare its sealings")
            time.sleep(0.2)
        return organisation


def thread_cpu(server):
    """CPU seconds by name of the thread."""
    out = {}
    for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        out[name] = out.get(name, 0) + seconds
    return out


def peak_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(l for l in status.splitlines() if l.startswith("VmHWM")).split()[1]) / 1024


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def stop_bot(o):
    """What its stages took, in microseconds."""
    process = o.bot.process
    process.send_signal(signal.SIGTERM)
    line = next(l for l in process.stdout.read().splitlines() if b'"stages"' in l)
    o.bot.stop()
    stages = json.loads(line)
    del stages["event"]
    return stages


def measure(o, messages, window):
    officers = [(p, o.groups[team]) for team, people in parties.OFFICERS.items() for p in people]
    each = messages // len(officers)
    deliveries = each * sum(len(people) * (len(people) - 1) for people in parties.OFFICERS.values())
    arguments = [x for p, g in officers for x in
                 (o.person(p) / "state", o.person(p) / "passphrase", g)]
    before, clients = [thread_cpu(s) for s in (o.relay, o.bot)], children_cpu()
    done = subprocess.run([parties.BIN / "candour-bench-load", str(messages), str(window),
                           str(SIZE), str(deliveries), *map(str, arguments)],
                          capture_output=True, timeout=1800)
    if done.returncode != 0:
        raise parties.Failed(done.stderr.decode())
    after, clients = [thread_cpu(s) for s in (o.relay, o.bot)], children_cpu() - clients
    figures = json.loads(done.stdout)
    n = figures["messages"]
    relay, bot = ({k: (v - b.get(k, 0)) / n * 1e6 for k, v in a.items()}
                  for a, b in zip(after, before))
    return {**figures, "messages_per_s": n / figures["seconds"],
            "deliveries_per_s": figures["deliveries"] / figures["seconds"],
            "relay": relay, "bot": bot, "clients_us": clients / n * 1e6,
            "memory": (peak_mib(o.relay), peak_mib(o.bot))}


def print_row(name, pool, window, f):
    goal = GOALS.get(name)
    print(f"| {name} | {pool} | {window} | {f['messages_per_s']:.0f} | {goal or ''} | "
          f"{f['deliveries_per_s']:.0f} | {f['p50_ms']:.1f} | {f['p99_ms']:.1f} | "
          f"{sum(f['relay'].values()):.0f} | {sum(f['bot'].values()):.0f} | "
          f"{f['clients_us']:.0f} |", flush=True)


def shares(parts, n=1):
    total = sum(parts.values()) or 1
    return ", ".join(f"{name.replace('_', ' ')} {us / n:.0f} ({100 * us / total:.0f} %)"
                     for name, us in sorted(parts.items(), key=lambda item: -item[1])
                     if us / n >= 0.5)


def print_shares(name, f, stages):
    n = f["messages"]
    ahead, waited = stages.pop("sealing_ahead"), stages.pop("waiting")
    print(f"\n{name}, microseconds a message:\n"
          f"- bot, time of the thread that decides, with the disk's and what others take of the "
          f"cores: {shares(stages, n)}; beside it, sealing ahead {ahead / n:.0f} and waiting for "
          f"frames {waited / n:.0f}\n- bot, CPU of its threads: {shares(f['bot'])}\n"
          f"- relay, CPU of its threads: {shares(f['relay'])}\n"
          f"- peak memory: relay {f['memory'][0]:.0f} MiB, bot {f['memory'][1]:.0f} MiB")


def run(name, pool, messages, window):
    with Measured(pool) as o:
        figures = measure(o, messages, window)
        print_row(name, pool, window, figures)
        return name, figures, stop_bot(o)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("messages", type=int, nargs="?", default=20_000)
    parser.add_argument("window", type=int, nargs="?", default=16,
                        help="messages of each officer under way")
    options = parser.parse_args()
    messages = max(options.messages // 6 * 6, 60)
    floor = json.loads(subprocess.check_output([parties.BIN / "candour-bench-floor"]))
    # One message at the bot: verify the sender, open its field, sign the token, sign and seal the
    # receipt. At each receiving client: verify sender and token.
    bot_floor = (floor["ed25519_verify_us"] + floor["hpke_open_us"] + 2 * floor["ed25519_sign_us"] +
                 floor["hpke_seal_us"])
    print(f"{sum(map(len, parties.OFFICERS.values()))} officers in {len(parties.OFFICERS)} groups, "
          f"{SIZE}-byte texts, {os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}) shared by "
          "relay, bot and all clients; CPU in microseconds a message\n")
    print("| run | sealings prepared | window | messages/s | goal | deliveries/s | p50 ms | p99 ms "
          "| relay CPU | bot CPU | clients CPU |\n|---|---|---|---|---|---|---|---|---|---|---|")
    rows = [run("one by one", POOL, max(messages // 20 // 6 * 6, 60), 1),
            run("prepared", messages, messages, options.window),
            run("sustained", POOL, messages, options.window)]
    for row in rows[1:]:
        print_shares(*row)
    print("\nfloor (libsodium, same run): " + ", ".join(f"{k[:-3]} {v} us" for k, v in floor.items()))
    print(f"bot floor: {bot_floor:.0f} us a message (one verification, one HPKE open, two "
          "signatures, one HPKE seal)")


main()
