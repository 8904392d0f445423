"""Reads the data files: what a conversation is called, who is in it, and its lines (README.md)."""
import pathlib
import re
import shlex
import tomllib

SCRIPTS = pathlib.Path(__file__).resolve().parent / "scripts"
KEYS = {"title", "covers", "setting", "cast", "unit", "class", "play"}
LINE = re.compile(r"(@\w+)(\s|$)\s*(.*)|(\w+)\s*(:|\$|&|!<|<|\s)\s*(.*)")
ACTIONS = {":": "does", "$": "does_once", "&": "begins", "<": "gets", "!<": "never_gets"}
CHECKS = ("lists", "holds", "finds", "lacks")


class BadScript(Exception):
    """The data file, not the product, is wrong."""


class Step:
    """One line. `kind` says what it is, the other fields hold its words, not yet expanded."""

    def __init__(self, number, text):
        self.number, self.text = number, text
        found = LINE.fullmatch(text)
        if not found:
            raise BadScript(f"line {number}: cannot be read: {text}")
        self.who, sign, rest = [g for g in found.groups() if g is not None]
        try:
            words = shlex.split(rest)
        except ValueError as bad:
            raise BadScript(f"line {number}: {bad}: {text}") from None
        self.expect = None
        if "=>" in words:
            at = words.index("=>")
            words, self.expect = words[:at], words[at + 1:]
        if self.who.startswith("@"):
            self.kind, self.words = "stage", words
        elif sign.isspace():
            self.kind, self.words = words[0], words[1:]
            if self.kind not in CHECKS:
                raise BadScript(f"line {number}: {self.kind!r} is none of {', '.join(CHECKS)}")
        else:
            self.kind, self.words = ACTIONS[sign], words


class Conversation:
    def __init__(self, file, entry, defaults):
        entry = {**defaults, **entry}
        unknown = set(entry) - KEYS
        if unknown or not {"title", "covers", "play"} <= set(entry):
            raise BadScript(f"{file}: {entry.get('title', '?')}: keys "
                            f"{sorted(unknown) or 'missing'}")
        self.file, self.title, self.covers = file, entry["title"], entry["covers"]
        self.setting = entry.get("setting", "plain")
        self.cast = entry.get("cast", ["amy", "ben", "chloe"])
        self.unit, self.group_class = entry.get("unit", "team-a"), entry.get("class")
        self.steps = [Step(number, line.strip())
                      for number, line in enumerate(entry["play"].splitlines(), 1)
                      if line.strip() and not line.strip().startswith("#")]


def load():
    """(settings, texts, conversations) of all files."""
    with open(SCRIPTS / "settings.toml", "rb") as f:
        common = tomllib.load(f)
    conversations = []
    for path in sorted(SCRIPTS.glob("*.toml")):
        if path.name == "settings.toml":
            continue
        with open(path, "rb") as f:
            entries = tomllib.load(f)
        defaults = entries.get("defaults", {})
        for entry in entries["conversation"]:
            try:
                one = Conversation(path.stem, entry, defaults)
            except BadScript as bad:
                raise BadScript(f"{path.name}: {entry.get('title', '?')}: {bad}") from None
            if one.setting not in common["settings"]:
                raise BadScript(f"{path.name}: no setting {one.setting!r} in settings.toml")
            conversations.append(one)
    titles = [c.title for c in conversations]
    if len(set(titles)) != len(titles):
        raise BadScript(f"title used twice: {[t for t in titles if titles.count(t) > 1][0]}")
    return common["settings"], common["texts"], conversations
