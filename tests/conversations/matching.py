"""Words of a script against what programs say: `field=value` conditions and `$name` bindings."""
import json
import re

VARIABLE = re.compile(r"\$([A-Za-z]\w*(?:\.\w+)?)")
REPEAT = re.compile(r"\{repeat:(.*?):(\d+)\}", re.S)
CHARACTER = re.compile(r"\{u:([0-9a-fA-F]+)\}")


class Unbound(Exception):
    """A script uses a name that nothing was bound to."""


def expanded(word, known):
    """The word with $names, {repeat:x:N} and {u:HEX} replaced."""
    def value(found):
        if found[1] not in known:
            raise Unbound(f"${found[1]} is not known here")
        return str(known[found[1]])
    word = VARIABLE.sub(value, word)
    word = REPEAT.sub(lambda m: m[1] * int(m[2]), word)
    return CHARACTER.sub(lambda m: chr(int(m[1], 16)), word)


def field(said, path):
    """`findings.0.category` of what a program said; None where there is no such thing."""
    for part in path.split("."):
        if isinstance(said, list) and part.lstrip("-").isdigit() and abs(int(part)) < len(said) + (
                part.startswith("-")):
            said = said[int(part)]
        elif isinstance(said, dict):
            said = said.get(part)
        elif isinstance(said, list) and part == "count":
            said = len(said)
        else:
            return None
    return said


def plain(value):
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


class Condition:
    """`field=value`: equal; `=*`: there; `=/regex/`: found in it; `=?name`: binds; `!=`: not."""

    def __init__(self, word, known):
        self.path, _, wanted = word.partition("=")
        self.negative = self.path.endswith("!")
        self.path = self.path.rstrip("!")
        self.binds = wanted[1:] if re.fullmatch(r"\?[a-z]\w*", wanted) else None
        self.wanted = wanted if self.binds else expanded(wanted, known)

    def holds(self, said):
        found = plain(field(said, self.path))
        if self.binds or self.wanted == "*":
            return (found != "") != self.negative
        if len(self.wanted) > 2 and self.wanted[0] == self.wanted[-1] == "/":
            return bool(re.search(self.wanted[1:-1], found, re.S)) != self.negative
        return (found == self.wanted) != self.negative

    def __str__(self):
        wanted = self.wanted if len(self.wanted) < 120 else self.wanted[:117] + "..."
        return f"{self.path}{'!' if self.negative else ''}={wanted}"


class Pattern:
    """Conditions together; what matches may bind names."""

    def __init__(self, words, known):
        self.conditions = [Condition(word, known) for word in words]

    def matches(self, said):
        return all(c.holds(said) for c in self.conditions)

    def bind(self, said, known):
        for c in self.conditions:
            if c.binds:
                known[c.binds] = plain(field(said, c.path))

    def __str__(self):
        return " ".join(map(str, self.conditions)) or "anything"


def brief(said):
    """One line about an event, for failures."""
    skipped = ("time", "event", "group", "device", "expires", "advice")
    rest = {k: v for k, v in said.items() if k not in skipped}
    return f"{said.get('event', '-')} {json.dumps(rest)[:300]}"
