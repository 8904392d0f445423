"""The closing table of the demonstration: every number beside the one it must agree with."""
import json
import urllib.request

import parties


def relay_figures(organisation):
    """The relay's own counters, by name."""
    url = f"http://127.0.0.1:{organisation.port('admin')}/metrics"
    with urllib.request.urlopen(url, timeout=10) as reply:
        text = reply.read().decode()
    figures = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            figures[name] = float(value)
    return figures


def close(play, verified, opened, seconds):
    count, organisation = play.count, play.organisation
    withheld = count["warned"] + count["blocked"] + count["rejected"]
    play.expect("outcomes of all messages", count["delivered"] + withheld, count["messages"])
    play.expect("warned messages answered",
                count["edited"] + count["withdrawn"] + count["overridden"],
                count["warned"] + count["blocked"])
    play.expect("rejected messages", count["rejected"], 0)
    play.expect("log verification", verified["ok"], True)
    for what in ("alerts", "edited", "withdrawn", "overridden", "caught_up", "blocked"):
        if count[what] == 0:
            play.problems.append(f"the day had no message for: {what}")
    kinds = verified["kinds"]
    ordinary = ("message", "commit", "attempt", "alert_step", "alert_dismissal",
                "group_change")
    play.expect("records of all ordinary kinds", sum(kinds.get(k, 0) for k in ordinary),
                verified["records"])
    play.expect("leaves of all kinds", sum(kinds.values()), verified["size"])
    play.expect("leaves that the witnesses cosigned", verified["cosigned_size"], verified["size"])
    play.expect("message records in the log", kinds.get("message"), count["delivered"])
    play.expect("attempt records in the log", kinds.get("attempt"),
                count["warned"] + count["blocked"])
    # That each was raised is a step too.
    play.expect("alert steps in the log", kinds.get("alert_step"), len(play.raised) + count["alert_steps"])
    figures = relay_figures(organisation)
    play.expect("releases the relay counts", int(figures["candour_relay_releases_total"]),
                count["delivered"] + kinds.get("commit", 0))
    play.expect("withheld submissions the relay counts",
                int(figures["candour_relay_withheld_total"]), withheld)
    log_bytes = sum(f.stat().st_size for f in
                    (organisation.folder / "relay" / "state").glob("relay.db*"))
    summary = {
        "messages": count["messages"], "delivered": count["delivered"], "warned": count["warned"],
        "blocked": count["blocked"], "overrides": count["overridden"],
        "edited": count["edited"], "withdrawn": count["withdrawn"], "alerts": count["alerts"],
        "opened": opened["records_released"],
        "records": verified["records"], "log_size": verified["size"],
        "log_bytes": log_bytes, "verification": "ok" if verified["ok"] else verified["reason"],
        "root": verified["root"], "seconds": round(seconds, 1),
        "agrees": not play.problems, "problems": play.problems,
    }
    (organisation.folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(f"\n  {'messages':<22}{count['messages']:>8}   submitted by officers")
    for name, value, note in (
            ("delivered", count["delivered"], "released by the bot and logged"),
            ("warned", count["warned"], "nobody else got them"),
            ("blocked", count["blocked"], "nobody else got them"),
            ("edited", count["edited"], "sent again in other words"),
            ("withdrawn", count["withdrawn"], "never sent"),
            ("overrides", count["overridden"], "sent anyway, with a reason"),
            ("alerts", count["alerts"], "at supervisors' desks, all acknowledged"),
            ("records", verified["records"], "sealed in the log"),
            ("opened", opened["records_released"], "records, under a warrant, by 2 of 3 custodians"),
            ("log size", verified["size"], "leaves of the tree"),
            ("log bytes", log_bytes, "on the relay's disk, all in"),
            ("verification", summary["verification"], "tree, checkpoints, records, signatures")):
        print(f"  {name:<22}{value!s:>8}   {note}")
    print(f"\n  transcript: {organisation.folder.relative_to(parties.ROOT)}/transcript.txt"
          if organisation.folder.is_relative_to(parties.ROOT) else "")
    for problem in play.problems:
        print(f"  DISAGREES: {problem}")
    print(f"  every number agrees ({seconds:.0f} s)" if not play.problems
          else f"  {len(play.problems)} numbers disagree")
    return 0 if not play.problems else 1
