"""Faults of every kind under load; after each kind the promises are checked (world.py).

Usage: run.py [--seed S] [--keep FILE] [--rounds N [--minutes M] | --cuts N | SCENARIO...]
  --rounds N   a kill -9 loop of N rounds, and nothing else
  --minutes M  of as many of them as fit into this time
  --cuts N     N power cuts, and nothing else
  --seed S     of what is random in the test
  --keep FILE  the history, for tests/history/checker.py
Without a SCENARIO all of them.
"""
import argparse
import os
import random
import subprocess
import sys
import time

import bot_faults
import clock_faults
import disk_full
import kill_loop
import network_faults
import power_cut
from world import Example, World

SCENARIOS = {"disk_full": disk_full.disk_full, "kills": kill_loop.kills, "power": power_cut.power,
             "hung": bot_faults.hung, "absent": bot_faults.absent, "slow": bot_faults.slow,
             "network": network_faults.network, "deaf": network_faults.deaf,
             "floods": network_faults.floods, "clocks": clock_faults.clocks}


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--cuts", type=int)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--keep")
    parser.add_argument("scenarios", nargs="*")
    chosen = parser.parse_args()
    for name in chosen.scenarios:
        if name not in SCENARIOS:
            parser.error(f"no scenario {name}; there are: {' '.join(SCENARIOS)}")
    return chosen


def say(text):
    print(text, flush=True)


def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"]).returncode == 0


def in_own_mounts():
    """Starts this program again where mounting a disk changes nothing for anybody else."""
    if "CANDOUR_OWN_MOUNTS" not in os.environ and may_mount():
        os.environ["CANDOUR_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])


def chosen_scenarios(chosen):
    if chosen.rounds:
        return {"kills": lambda w: kill_loop.kill_rounds(w, chosen.rounds, say, chosen.minutes)}
    if chosen.cuts:
        return {"power": lambda w: power_cut.cuts(w, chosen.cuts)}
    return {name: SCENARIOS[name] for name in chosen.scenarios or SCENARIOS}


def main():
    chosen = arguments()
    in_own_mounts()
    say(f"seed {chosen.seed}")
    cannot = {}
    if "CANDOUR_OWN_MOUNTS" not in os.environ:
        cannot["disk_full"] = "only root may mount a small disk"
    if clock_faults.LIBRARY is None:
        cannot["clocks"] = "faketime is not installed (script/bootstrap)"
    with Example() as organisation, World(organisation, chosen.seed, chosen.keep) as world:
        for name, scenario in chosen_scenarios(chosen).items():
            if name in cannot:
                say(f"{name}: SKIPPED: {cannot[name]}")
                continue
            began = time.monotonic()
            world.progress(10, 60)
            figures = scenario(world)
            summary = world.settle()
            world.resume()
            say(f"{name}: {time.monotonic() - began:.1f} s, no promise broken; "
                f"{plain(figures)}; in all {plain(summary)}")


def plain(figures):
    return ", ".join(f"{value} {name}" if isinstance(value, int) else f"{name} {value}"
                     for name, value in figures.items())


main()
