"""The second part of the demonstration: professional standards open what one warrant covers.

An investigator drafts a warrant about one officer, the authoriser signs, it is logged and witnessed,
two of three custodians and the keeper help, and exactly the records in scope come out.
"""
import json
import ssl
import time
import urllib.request

import first_day
import parties

SUBJECT, TEAM = "dev", "team-b"
OTHER = "amy"  # whose records the warrant does not cover
CUSTODIANS = ("custodian-1", "custodian-3")
COOLING_OFF_S = 3  # as script/organisation sets it up; a day in earnest


def statistics(organisation):
    """The relay's public counts."""
    context = ssl.create_default_context(cafile=organisation.folder / "public" / "tls.crt")
    url = f"https://127.0.0.1:{organisation.port('relay')}/statistics"
    with urllib.request.urlopen(url, timeout=10, context=context) as reply:
        return json.loads(reply.read())


class Warrant:
    def __init__(self, play, started_ms, until_ms):
        self.play, self.o = play, play.organisation
        self.period = [time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t // 1000)) +
                       f".{t % 1000:03}Z" for t in (started_ms, until_ms)]
        self.case = self.o.folder / "investigator" / "case"
        self.public = ["--root", self.o.folder / "public" / "root.vkey",
                       "--statement", self.o.folder / "public" / "statement.note"]

    def ctl(self, *args, **more):
        """Runs a verb with --json; returns its lines."""
        out = self.o.ctl(*args, "--json", **more)
        return [json.loads(line) for line in out.splitlines() if line.strip()]

    def key(self, who):
        return self.o.folder / who / f"{who}.key"

    def station(self):
        return [*self.o.remote(), "--key", self.key("investigator")]

    def tell(self, line):
        self.play.tell(line)
        print(f"  {line}", flush=True)

    def leaf_of(self, person):
        """The log index of a message, from its sender's own receipt."""
        message = self.play.released_by[person]
        return self.o.candour(person, "receipt", message, "--proof")[0]["proof"]["index"]

    # --- one step each -----------------------------------------------------------------------------

    def authorise(self):
        note = self.o.folder / "investigator" / "warrant.note"
        fields = {
            "case": "PSD/2026/0142",
            "legal-basis": "Investigatory Powers (Interception by Businesses etc. for Monitoring "
                           "and Record-keeping Purposes) Regulations 2018, regulation 3",
            "severity": "gross misconduct, assessed under regulation 14, assessment 2026/88",
            "purpose": "Whether PC Malhotra sent the messages reported to professional standards, "
                       "and what he wrote before and after them",
            "necessity": "The reported words are disputed; only the records can settle it",
            "proportionality": "One officer, one group, one day",
            "collateral-intrusion": "No other member's records are opened; what they wrote shows "
                                    "only where the officer quotes it",
        }
        self.ctl("warrant", "draft", "--out", note, *self.public,
                 *[x for name, value in fields.items() for x in (f"--{name}", value)],
                 "--requester", "example-constabulary/investigator",
                 "--authoriser", "example-constabulary/authoriser", "--reviewer", "p-931",
                 "--author", f"{self.o.device(SUBJECT)}:p-104",
                 "--group", f"{self.play.groups[TEAM]}:{first_day.TITLES[TEAM]}",
                 "--from", self.period[0], "--until", self.period[1])
        for who in ("investigator", "authoriser"):
            self.ctl("warrant", "sign", "--key", self.key(who), note, *self.public)
        self.tell("the investigator drafts a warrant, the authoriser signs it too")
        self.ctl("warrant", "submit", "--case", self.case, "--warrant", note, *self.station())
        self.tell("it is logged as a commitment and the witnesses have cosigned it")
        time.sleep(COOLING_OFF_S + 1)

    def approve(self, who, package, out, check=True):
        self.o.ctl("custodian", "approve", "--state", self.o.folder / who, "--passphrase-file",
                   self.o.folder / who / "passphrase", package, "--out", out, "--json", check=check)

    def refused_out_of_scope(self):
        """An investigator asks for somebody else's record; a custodian's own tool says no."""
        case = self.o.folder / "investigator" / "wider"
        leaf = self.ctl("release", "request", "--case", case, "--like", self.case, "--leaf",
                        self.leaf_of(OTHER), *self.station())
        self.approve(CUSTODIANS[0], case / "request.package", case / "approval", check=False)
        if self.o.last_status == 0:
            raise parties.Failed(f"a custodian helped out of scope: {leaf}")
        refusal = json.loads(self.o.last_error.strip().splitlines()[-1])
        self.play.expect("why the custodian refuses", refusal["error"], "out_of_scope")
        self.tell(f"a request for one of {OTHER}'s records is refused: {refusal['message']}")

    def release(self):
        request = self.ctl("release", "request", "--case", self.case, *self.station())[-1]
        package = self.case / "request.package"
        approvals = []
        for who in CUSTODIANS:
            self.ctl("custodian", "review", "--state", self.o.folder / who, package)
            approvals.append(self.case / f"{who}.approval")
            self.approve(who, package, approvals[-1])
        approvals.append(self.case / "keeper.approval")
        self.ctl("keeper", "approve", "--dir", self.o.folder / "keeper", "--key",
                 self.key("keeper"), *self.public[:2], package, "--out", approvals[-1])
        self.tell(f"{len(CUSTODIANS)} of 3 custodians and the keeper check the request for "
                  f"{request['records']} records and help")
        opened = self.ctl("release", "open", "--case", self.case, *self.station(),
                          *[x for a in approvals for x in ("--approval", a)])[-1]
        self.play.expect("records opened", opened["opened"], self.play.records_of[SUBJECT])
        self.tell(f"{opened['opened']} records open, all by {SUBJECT}")

    def evidence(self):
        bundle = self.o.folder / "investigator" / "bundle"
        again = self.o.folder / "investigator" / "bundle-again"
        for folder in (bundle, again):
            self.ctl("bundle", "write", "--case", self.case, "--out", folder)
        files = sorted(p.relative_to(bundle) for p in bundle.rglob("*") if p.is_file())
        different = [str(f) for f in files if (bundle / f).read_bytes() != (again / f).read_bytes()]
        self.play.expect("files of the bundle that differ when written again", different, [])
        verified = self.ctl("bundle", "verify", bundle, *self.public[:2])[-1]
        self.play.expect("the bundle verifies offline", verified["ok"], True)
        self.play.expect("records in the bundle", verified["records"],
                         self.play.records_of[SUBJECT])
        lines = (bundle / "data" / "records.jsonl").read_text(encoding="utf-8").splitlines()
        devices = {json.loads(line)["sender"]["device"] for line in lines}
        self.play.expect("authors in the bundle", devices, {self.o.device(SUBJECT)})
        self.tell(f"the evidence bundle verifies offline: {bundle / 'data' / 'reader.html'}")

    def oversight(self):
        counts = statistics(self.o)
        self.play.expect("warrants in the public counts", counts["warrants"], 1)
        self.play.expect("requests in the public counts", counts["requests"], 2)
        self.play.expect("releases in the public counts", counts["releases"], 1)
        self.play.expect("records released in the public counts", counts["records_released"],
                         self.play.records_of[SUBJECT])
        seen = self.ctl("oversight", "list", *self.o.remote(), "--key", self.key("auditor"),
                        "--sealing-key", self.o.folder / "auditor" / "auditor.sealing.key")
        self.play.expect("openings the auditor was told of", len(seen), 4)
        self.tell(f"the auditor was told of all of it; the public counts say "
                  f"{counts['releases']} release of {counts['records_released']} records")
        return counts


def play(organisation_play, started_ms):
    """Goes on after the day has been played; returns what was opened, for the closing table."""
    print("professional standards open what a warrant covers:", flush=True)
    warrant = Warrant(organisation_play, started_ms, int(time.time() * 1000))
    warrant.authorise()
    warrant.refused_out_of_scope()
    warrant.release()
    warrant.evidence()
    return warrant.oversight()
