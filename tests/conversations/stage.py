"""Where conversations are played: an organisation, its servers and its people.

One organisation is made, with more people than the example has, and copied for each setting: the
same keys and certificates, other ports, other configuration, a log of its own.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parents[1] / "script" / "demo")]
import parties  # noqa: E402
from actor import Actor, Broken  # noqa: E402
from harness import free_ports  # noqa: E402

# Beside amy, ben, chloe and grace of team-a and dev, ella, finn and hugh of team-b.
MORE_PEOPLE = {
    "gale": ("p-203", "Insp Gale Thorne", "supervisor", "team-a"),
    "gracetoo": ("p-201", "Sgt Grace Bell", "supervisor", "team-a"),  # a second device of hers
    "amytoo": ("p-101", "PC Amy Shaw", "officer", "team-a"),  # and of amy's
    "ivy": ("p-301", "DI Ivy Marlow", "investigator", "standards"),
    "zoe": ("p-107", "PC Zoe Lennox", "officer", "team-c"),  # a team without a supervisor
    "yan": ("p-108", "PC Yan Petrov", "officer", "team-c"),
    "rhys": ("p-109", "PC Rhys Penrose", "officer", "team-a"),  # for what cannot be undone
    "sue": ("p-110", "PC Sue Hollis", "officer", "team-a"),
    "tom": ("p-111", "PC Tom Ferris", "officer", "team-a"),
    "late": ("p-204", "Sgt Late Comer", "supervisor", "team-a"),
    "eve": ("p-112", "PC Eve Short", "officer", "team-a"),  # for a certificate that ends
}
# Their certificates wait in drafts/ for a conversation to publish, or to be replaced by another.
NOT_ENROLLED_YET = ("late", "eve")


class Template:
    """Use as a context: the folder is gone after it."""

    def __enter__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="candour-conversations-"))
        self.folder = self.root / "template"
        self.ports = free_ports(3)
        done = subprocess.run(
            [parties.ROOT / "script" / "organisation", self.folder], capture_output=True,
            env={**os.environ, "CANDOUR_PORTS": " ".join(map(str, self.ports))})
        if done.returncode != 0:
            raise Broken(done.stderr.decode())
        for name, subject in MORE_PEOPLE.items():
            self.enrol(name, *subject)
        self.bootstrap([n for n in MORE_PEOPLE if n not in NOT_ENROLLED_YET])
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def enrol(self, name, person, full_name, role, unit):
        home = self.folder / name
        home.mkdir()
        (home / "passphrase").touch(mode=0o600)
        (home / "passphrase").write_text(f"passphrase of {name}\n")
        candour = [parties.BIN / "candour", "--state", home / "state", "--passphrase-file",
                   home / "passphrase", "--json", "enrol"]
        request = self.folder / "drafts" / f"{name}.request"
        out = run([*candour, "--relay", f"127.0.0.1:{self.ports[0]}", "--ca", "public/tls.crt",
                   "--root", "public/root.vkey", "--organisation", "example-constabulary",
                   "--person", person, "--name", full_name, "--role", role, "--unit", unit,
                   "--request", request], self.folder)
        (home / "device").write_text(json.loads(out)["device"])
        certificate = self.folder / "drafts" / f"{name}.certificate"
        for registrar in ("registrar-1", "registrar-2"):
            run([parties.BIN / "candourctl", "approve", "--key", f"{registrar}/{registrar}.key",
                 "--request", request, "--certificate", certificate, "--statement",
                 "public/statement.note", "--root", "public/root.vkey"], self.folder)
        run([*candour, "--certificate", certificate], self.folder)

    def bootstrap(self, names):
        """The relay knows them from its first start."""
        file = self.folder / "relay" / "relay.toml"
        certificates = "".join(f'"../drafts/{name}.certificate", ' for name in names)
        file.write_text(file.read_text().replace('"../public/policy.note"',
                                                 certificates + '"../public/policy.note"'))


def run(args, cwd):
    done = subprocess.run([str(a) for a in args], cwd=cwd, capture_output=True)
    if done.returncode != 0:
        raise Broken(f"{pathlib.Path(args[0]).name} {args[-1]}: {done.stderr.decode()}")
    return done.stdout.decode()


def configured(text, section, settings):
    """The TOML text with keys of one section set, the section added where it is not there."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    for key in settings:
        text = re.sub(rf"^{key} = .*\n", "", text, flags=re.M)
    if f"[{section}]\n" not in text:
        return text + f"[{section}]\n" + lines
    return text.replace(f"[{section}]\n", f"[{section}]\n" + lines)


class Stage:
    """A copy of the template under the configuration of one setting. Use as a context."""

    def __init__(self, template, name, bot=None, relay=None, without=()):
        self.template, self.name, self.without = template, name, without
        self.folder = template.root / name
        self.settings = {"bot": bot or {}, "relay": relay or {}}
        self.actors = {}

    def __enter__(self):
        shutil.copytree(self.template.folder, self.folder, symlinks=True)
        ports = dict(zip(("relay", "admin", "witness"), free_ports(3)))
        (self.folder / "ports.json").write_text(json.dumps(ports))
        change = dict(zip(map(str, self.template.ports), map(str, ports.values())))
        for party in ("relay", "bot"):
            file = self.folder / party / f"{party}.toml"
            text = re.sub(r"(?<=port = )\d+", lambda m: change[m.group()], file.read_text())
            for name in self.without:
                text = text.replace(f'"../drafts/{name}.certificate", ', "")
            for section, settings in self.settings[party].items():
                text = configured(text, section, settings)
            file.write_text(text)
        self.prepare(ports)
        self.profile = self.folder / "profile.toml"
        self.profile.write_text(
            f'[relay]\nhost = "127.0.0.1"\nport = {ports["relay"]}\ntls_name = "localhost"\n'
            'ca_file = "public/tls.crt"\n[organisation]\nroot_vkey_file = "public/root.vkey"\n'
            '[device]\nperson = "p"\n')
        self.organisation = parties.Organisation(self.folder)
        self.organisation.start()
        return self

    def prepare(self, ports):
        """For variants: configured, and nothing started yet."""

    def __exit__(self, *_):
        for actor in self.actors.values():
            actor.stop(kill=True)
        self.organisation.stop()

    def actor(self, name):
        """The person's standing client; it has acknowledged nothing yet."""
        if name not in self.actors:
            if not (self.folder / name / "device").exists():
                raise Broken(f"there is nobody called {name!r}")
            base = [str(a) for a in (parties.BIN / "candour", "--config", self.profile, "--state",
                                     self.folder / name / "state", "--passphrase-file",
                                     self.folder / name / "passphrase", "--json")]
            self.actors[name] = Actor(name, lambda: base, self.folder / "logs" / f"{name}.log")
        return self.actors[name]

    def device(self, name):
        return self.organisation.device(name)

    def server(self, name):
        return {s.name: s for s in self.organisation.servers}[name]

    def all_there(self):
        """After a conversation that failed half way."""
        for server in self.organisation.servers:
            if not server.running():
                server.start()

    def key(self, role):
        return self.folder / role / f"{role}.key"

    def ctl(self, *verb, role="registrar-1"):
        """A verb of candourctl that talks to the relay as one who has a role."""
        return self.organisation.ctl(*verb, *self.organisation.remote(), "--key", self.key(role),
                                     "--json")

    def verify(self):
        public = self.folder / "public"
        return json.loads(self.organisation.ctl(
            "log", "verify", "--state", self.folder / "relay" / "state", "--root",
            public / "root.vkey", "--statement", public / "statement.note", "--signatures",
            "--json", check=False))
