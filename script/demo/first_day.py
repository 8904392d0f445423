"""The first day of an example organisation: everybody reads the notice, a registrar asks for the
two groups, and every member has joined."""
import json
import time

import parties

TITLES = {"team-a": "Response Team A", "team-b": "Response Team B"}


def open_groups(organisation, say, timeout_s=60):
    """Does nothing when it was done before. Returns {team: group id}."""
    known = organisation.folder / "groups.json"
    if known.exists():
        return json.loads(known.read_text())
    say("everybody reads and acknowledges the monitoring notice")
    for team, officers in parties.OFFICERS.items():
        for person in officers + [parties.SUPERVISORS[team]]:
            organisation.candour(person, "notice", "--acknowledge")
    groups = {}
    for team, officers in parties.OFFICERS.items():
        members = [x for o in officers for x in ("--member", organisation.device(o))]
        out = organisation.ctl(
            "group", "create", *organisation.remote(),
            "--key", organisation.folder / "registrar-1" / "registrar-1.key",
            "--title", TITLES[team], "--class", "ordinary", "--unit", team,
            "--owner", organisation.device(officers[0]), *members, "--json")
        groups[team] = json.loads(out)["group"]
    deadline = time.monotonic() + timeout_s
    for team, officers in parties.OFFICERS.items():
        for person in officers:
            while groups[team] not in [e["group"] for e in organisation.candour(person, "groups")]:
                if time.monotonic() > deadline:
                    raise parties.Failed(f"{person} did not join {TITLES[team]}; see logs/bot.log")
                time.sleep(0.2)
    say("two groups are open: " + ", ".join(TITLES.values()))
    known.write_text(json.dumps(groups))
    return groups
