"""End-to-end benchmark: officers in groups over wss, with real MLS, real bot and real log.

Prints messages and deliveries a second, latency, CPU per message of relay and bot, peak memory,
and beside them the floor: what the primitives on a message's way cost in the same run.

Usage: end_to_end.py [MESSAGES [WINDOW]]
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Example, parties  # noqa: E402

SIZE = 200


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(l for l in status.splitlines() if l.startswith("VmHWM")).split()[1]) / 1024


def measure(o, messages, window):
    officers = [(p, o.groups[team]) for team, people in parties.OFFICERS.items() for p in people]
    each = messages // len(officers)
    deliveries = each * sum(len(people) * (len(people) - 1) for people in parties.OFFICERS.values())
    arguments = [x for p, g in officers for x in
                 (o.person(p) / "state", o.person(p) / "passphrase", g)]
    before = [cpu_seconds(s) for s in (o.relay, o.bot)]
    done = subprocess.run([parties.BIN / "candour-bench-load", str(messages), str(window),
                           str(SIZE), str(deliveries), *map(str, arguments)],
                          capture_output=True, timeout=900)
    if done.returncode != 0:
        raise parties.Failed(done.stderr.decode())
    after = [cpu_seconds(s) for s in (o.relay, o.bot)]
    figures = json.loads(done.stdout)
    n = figures["messages"]
    return {**figures, "window": window,
            "messages_per_s": n / figures["seconds"],
            "deliveries_per_s": figures["deliveries"] / figures["seconds"],
            "relay_cpu_us": (after[0] - before[0]) / n * 1e6,
            "bot_cpu_us": (after[1] - before[1]) / n * 1e6}


def main():
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    windows = [int(sys.argv[2])] if len(sys.argv) > 2 else [1, 16]
    floor = json.loads(subprocess.check_output([parties.BIN / "candour-bench-floor"]))
    # One message at the bot: verify the sender, open its field, sign the token, sign and seal the
    # receipt. At each receiving client: verify sender and token.
    bot_floor = (floor["ed25519_verify_us"] + floor["hpke_open_us"] + 2 * floor["ed25519_sign_us"] +
                 floor["hpke_seal_us"])
    with Example() as o:
        print(f"{sum(map(len, parties.OFFICERS.values()))} officers in {len(parties.OFFICERS)} "
              f"groups, {SIZE}-byte texts, {os.cpu_count()} cores shared by relay, bot and all "
              "clients\n")
        print("| window | messages/s | deliveries/s | p50 ms | p99 ms | relay CPU us/message | "
              "bot CPU us/message |\n|---|---|---|---|---|---|---|")
        for window in windows:
            f = measure(o, messages if window > 1 else messages // 6, window)
            print(f"| {window} | {f['messages_per_s']:.0f} | {f['deliveries_per_s']:.0f} | "
                  f"{f['p50_ms']:.1f} | {f['p99_ms']:.1f} | {f['relay_cpu_us']:.0f} | "
                  f"{f['bot_cpu_us']:.0f} |", flush=True)
        print(f"\npeak memory: relay {peak_mib(o.relay):.0f} MiB, bot {peak_mib(o.bot):.0f} MiB")
    print("\nfloor (libsodium, same run): " + ", ".join(f"{k[:-3]} {v} us" for k, v in floor.items()))
    print(f"bot floor: {bot_floor:.0f} us a message (one verification, one HPKE open, two "
          "signatures, one HPKE seal)")


main()
