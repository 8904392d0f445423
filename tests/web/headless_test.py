"""The browser app's core against real relay, bot, witness and terminal client: starts the example
organisation and runs web/test/headless*.test.ts in Node on it.

Usage: headless_test.py COMPILED_FOLDER [SEEDS]     SEEDS, as "3 4 5": only the random group, with these
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness import Example, parties  # noqa: E402


class Brief(Example):
    """The relay keeps few messages for devices that are away; the duty to report is mentioned soon."""

    def prepare(self, organisation):
        config = organisation.folder / "relay" / "relay.toml"
        config.write_text(config.read_text() + "messages_per_group = 60\n")
        config = organisation.folder / "bot" / "bot.toml"
        config.write_text(config.read_text() + "duty_one_in = 1\n")


def main():
    seeds = sys.argv[2:]
    wanted = "test/headless_random.test.js" if seeds else "test/headless*.test.js"
    tests = sorted(pathlib.Path(sys.argv[1]).glob(wanted))
    if not tests:
        print("SKIPPED: the app's core was not compiled (web.compile says why)", file=sys.stderr)
        sys.exit(77)
    with Brief() as organisation:
        environment = {**os.environ, "CANDOUR_ORG": str(organisation.folder),
                       "CANDOUR_BIN": str(parties.BIN),
                       **({"CANDOUR_SEEDS": " ".join(seeds)} if seeds else {}),
                       "PATH": f"{ROOT}/var/node/bin:{os.environ['PATH']}"}
        done = subprocess.run(["node", "--test", "--test-concurrency=1", "--test-force-exit", *map(str, tests)],
                              env=environment)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
