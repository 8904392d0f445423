"""Starts the example organisation; with --play, plays the main job and checks it."""
import argparse
import json
import os
import signal
import sys
import threading

import first_day
import parties
import play

NEXT = """
Candour is running. In other terminals, from this folder:

  chat as an officer       build/bin/candour --state {d}/amy/state --passphrase-file {d}/amy/passphrase
                           (ben and chloe share her group; dev, ella and finn have their own)
  watch alerts as their    build/bin/candour --state {d}/grace/state \\
  supervisor                 --passphrase-file {d}/grace/passphrase watch
  verify the log           build/bin/candourctl log verify --state {d}/relay/state \\
                             --root {d}/public/root.vkey --statement {d}/public/statement.note --signatures
  health and figures       http://127.0.0.1:{admin}/readyz   http://127.0.0.1:{admin}/metrics

Ctrl-C stops everything; script/run goes on with the same data.
"""

WEB = """
The browser app is served at https://localhost:{relay} (accept its certificate; it is an example).

  invite yourself          open the link below, choose a passphrase, save the request
  be admitted              script/demo/admit {d} REQUEST_FILE   prints the certificate to paste

  {link}
"""


def invitation(organisation):
    host = f"localhost:{organisation.port('relay')}"
    out = organisation.ctl("enrol", "invite", "--site", f"https://{host}", "--relay", host,
                           "--root", organisation.folder / "public" / "root.vkey",
                           "--id", "example-constabulary", "--person", "p-150",
                           "--name", "PC Sam Reed", "--unit", "team-a", "--json")
    return json.loads(out)["link"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder")
    arguments.add_argument("--play", action="store_true")
    arguments.add_argument("--lines", action="append", default=[])
    options = arguments.parse_args()
    organisation = parties.Organisation(options.folder)
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    try:
        with organisation:
            first_day.open_groups(organisation, say=print)
            if options.play:
                return play.play(organisation, options.lines, stopped=stop.is_set)
            print(NEXT.format(d=options.folder, admin=organisation.port("admin")), flush=True)
            if os.environ.get("CANDOUR_WEB_ROOT"):
                print(WEB.format(d=options.folder, relay=organisation.port("relay"),
                                 link=invitation(organisation)), flush=True)
            while not stop.wait(1):
                for server in organisation.servers:
                    if not server.running():
                        raise parties.Failed(f"{server.name} stopped; see {server.log}")
    except parties.Stopped:
        print("stopped before the end", file=sys.stderr)
        return 1
    except parties.Failed as failure:
        print(f"run: {failure}", file=sys.stderr)
        return 1
    print("stopped")
    return 0


sys.exit(main())
