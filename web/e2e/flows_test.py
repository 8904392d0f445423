"""The browser app against real relay, bot, witness and terminal client: starts the example
organisation with the built app on the relay's own port, compares what is served with the log, and
runs flows.js on it.

Usage: flows_test.py APP_FOLDER PICTURE_FOLDER
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness import Example, parties  # noqa: E402

BUNDLE = "public/web.note"


class WithApp(Example):
    def __init__(self, app):
        self.app = pathlib.Path(app).resolve()

    def prepare(self, organisation):
        config = organisation.folder / "relay" / "relay.toml"
        config.write_text(f'web_root = "{self.app}"\n' + config.read_text())


def log_bundle(organisation, app, version):
    """As two registrars do it."""
    note = organisation.folder / BUNDLE
    organisation.ctl("web", "make", app, "--id", "example-constabulary", "--version", version, "--out", note)
    for n in (1, 2):
        organisation.ctl("sign", "--key", organisation.folder / f"registrar-{n}" / f"registrar-{n}.key", note)
    organisation.ctl("publish", *organisation.remote(), *registrar(organisation), note)


def registrar(organisation):
    return ["--key", organisation.folder / "registrar-1" / "registrar-1.key"]


def verify(organisation, version):
    """What `candourctl web verify` says once that version is in a witnessed checkpoint."""
    site = f"https://localhost:{organisation.port('relay')}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        out = organisation.ctl("web", "verify", site, *organisation.remote(), *registrar(organisation), "--json", check=False)
        if out.strip() and json.loads(out)["version"] == version:
            return organisation.last_status, json.loads(out)
        time.sleep(0.2)
    raise parties.Failed(organisation.last_error)


def check_bundle(organisation, app, scratch):
    log_bundle(organisation, app, 1)
    status, said = verify(organisation, 1)
    if status != 0 or not said["ok"] or said["files"] < 3:
        sys.exit(f"web verify of the app as logged: {status} {said}")
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(app, scratch)
    (scratch / "index.html").write_text((scratch / "index.html").read_text() + "<!-- -->")
    log_bundle(organisation, scratch, 2)
    status, said = verify(organisation, 2)
    paths = sorted(one["path"] for one in said["different"])
    if status != 1 or said["ok"] or paths != ["/", "/index.html"]:
        sys.exit(f"web verify of an app that is not the logged one: {status} {said}")
    log_bundle(organisation, app, 3)
    status, said = verify(organisation, 3)
    if status != 0:
        sys.exit(f"web verify after the right app was logged again: {status} {said}")
    print(f"web verify: {said['files']} files agree with the log; a changed one is named", flush=True)


def main():
    app, pictures = pathlib.Path(sys.argv[1]), sys.argv[2]
    with WithApp(app) as organisation:
        check_bundle(organisation, app, organisation.folder / "changed")
        environment = {**os.environ, "CANDOUR_APP": str(app.resolve()), "CANDOUR_ORG": str(organisation.folder), "CANDOUR_BIN": str(parties.BIN),
                       "CANDOUR_RELAY_PID": str(organisation.relay.process.pid),
                       "CANDOUR_BOT_PID": str(organisation.bot.process.pid)}
        here = pathlib.Path(__file__).resolve().parent
        status = subprocess.run(["node", here / "flows.js", pictures], env=environment).returncode
    sys.exit(status)


if __name__ == "__main__":
    main()
