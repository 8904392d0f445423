"""Plays one conversation on a stage, line by line, and says what was not as it should be."""
import threading
import time

import parties
from actor import Broken
from matching import Pattern, Unbound, brief, expanded
from stagehand import Stagehand

SETTLED_S = 20  # states are asked for again and again for so long
WITHHELD = ("warned", "blocked", "rejected")
IN_GROUP = ("send", "history", "drafts", "roster", "poll", "read", "group")
OF_ALL = ("alarms", "groups", "notice")


class Wrong(Exception):
    """Something other than the script says happened."""


class Play:
    hand_type = Stagehand

    def __init__(self, stage, conversation, texts, group):
        self.stage, self.conversation, self.group = stage, conversation, group
        self.known = dict(texts)
        self.known |= {"group": group or "", "folder": stage.folder}
        # Index into a person's events: of this conversation's first, of what was looked at last.
        self.begun = {name: len(actor.events) for name, actor in stage.actors.items()}
        self.cursors = dict(self.begun)
        self.nevers = []
        self.under_way = []
        self.hand = self.hand_type(self)

    def run(self):
        for step in self.conversation.steps:
            try:
                self.step(step)
            except (Wrong, Broken, Unbound, parties.Failed) as bad:
                raise Wrong(f"line {step.number}: {step.text}\n{bad}") from None
        self.close()

    def step(self, step):
        if step.kind == "stage":
            self.hand.do(step)
            return
        actor = self.actor(step.who)
        {"does": self.does, "does_once": self.does_once, "begins": self.begins, "gets": self.gets,
         "never_gets": self.never_gets, "lists": self.lists, "holds": self.holds,
         "finds": self.finds, "lacks": self.lacks}[step.kind](actor, step)

    def actor(self, name):
        actor = self.stage.actor(name)
        self.begun.setdefault(name, 0)
        self.cursors.setdefault(name, 0)
        self.known[f"{name}.device"] = self.stage.device(name)
        return actor

    def words(self, step):
        return self.placed([expanded(w, self.known) for w in step.words])

    def placed(self, words):
        """With the conversation's group where no other is named."""
        at = 2 if words[0] == "--timeout" else 0
        named = {"--group", "-g"} & set(words) or words[at:at + 2] == ["group", "create"]
        if words[at] in IN_GROUP and not named and self.group:
            return [*words, "--group", self.group]
        return words

    def events(self, actor, since=None):
        """Those of this conversation: of its groups, or of none."""
        ours = self.hand.groups
        start = self.begun[actor.name] if since is None else since
        return [(i, e) for i, e in enumerate(actor.events[start:], start)
                if e.get("group") is None or e["group"] in ours]

    # --- what people do ---------------------------------------------------------------------------

    def does(self, actor, step):
        actor.start()
        before = len(actor.events)
        answer = actor.do(*self.words(step))
        self.adopt(actor, before)
        self.judge(actor, step, before, answer)

    def adopt(self, actor, before):
        """What happens in groups that people of this conversation create belongs to it."""
        for event in actor.events[before:]:
            if event["event"] == "group_request" and event["action"] == "create":
                self.hand.groups.add(event["group"])

    def does_once(self, actor, step):
        before = len(actor.events)
        self.judge(actor, step, before, actor.once(*self.words(step)))

    def begins(self, actor, step):
        """In the background, until `@all join`."""
        actor.start()
        words, before, outcome = self.words(step), len(actor.events), {}

        def work():
            try:
                outcome["answer"] = actor.do(*words, timeout_s=120)
            except Broken as broken:
                outcome["broken"] = broken
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.under_way.append((thread, actor, step, before, outcome))

    def join(self):
        for thread, actor, step, before, outcome in self.under_way:
            thread.join(130)
            if "answer" not in outcome:
                raise outcome.get("broken", Wrong(f"{step.text}: has not ended"))
            self.judge(actor, step, before, outcome["answer"])
        self.under_way = []

    def judge(self, actor, step, before, answer):
        expect = step.expect or ["done"]
        kind, rest = expect[0], expect[1:]
        if kind == "refused":
            pattern = Pattern([f"error={rest[0]}", *rest[1:]], self.known)
            if not pattern.matches(vars(answer)):
                raise Wrong(f"expected: refused, {pattern}\ngot:      {answer}")
            return
        if answer.error and not (kind in WITHHELD):
            raise Wrong(f"expected: {kind}\ngot:      {answer}{self.recent(actor, before)}")
        if kind == "done":
            return
        if kind in WITHHELD and not answer.error and "dispute" != step.words[0] and \
                "--no-wait" not in step.words and "--lines" not in step.words:
            raise Wrong(f"expected: {kind}, told by the exit status too\ngot:      {answer}")
        names = [rest.pop(0)] if rest and "=" not in rest[0] else []
        pattern = Pattern([f"event={kind}", *rest], self.known)
        for event in [e for _, e in self.events(actor, before)] + answer.rows:
            if pattern.matches(event):
                self.remember(pattern, event, names)
                return
        raise Wrong(f"expected: {pattern}\ngot:      {answer}{self.recent(actor, before)}")

    def remember(self, pattern, event, names):
        pattern.bind(event, self.known)
        for name in names:
            self.known[name] = event["alert"] if event["event"] == "alert" else event["message_id"]

    # --- what happens to them ---------------------------------------------------------------------

    def pattern(self, step):
        """(Pattern, names to bind) of `EVENT [NAME] field=value ...`."""
        kind, *rest = step.words
        names = [rest.pop(0)] if rest and "=" not in rest[0] else []
        return Pattern([f"event={kind}", *rest], self.known), names

    def gets(self, actor, step):
        pattern, names = self.pattern(step)

        def first(_):
            for index, event in self.events(actor, self.cursors[actor.name]):
                if pattern.matches(event):
                    return index, event
            return None
        found = actor.wait(first, SETTLED_S)
        if found is None:
            raise Wrong(f"expected: {pattern}\ngot:      nothing of the kind"
                        f"{self.recent(actor, self.cursors[actor.name])}")
        self.cursors[actor.name] = found[0] + 1
        self.remember(pattern, found[1], names)

    def never_gets(self, actor, step):
        actor.start()
        self.nevers.append((actor, self.pattern(step)[0], step))

    def recent(self, actor, since):
        events = [brief(e) for _, e in self.events(actor, since)][-12:]
        return "".join(f"\n          {actor.name} got {e}" for e in events)

    # --- what they can look up --------------------------------------------------------------------

    def rows(self, actor, words):
        if words[0] == "events":  # what it was told of this kind, once each
            return [e for _, e in self.events(actor) if e["event"] == words[1]]
        answer = actor.do(*words)
        if answer.error:
            raise Wrong(f"{words[0]}: {answer}")
        ours = self.hand.groups
        return [r for r in answer.rows
                if words[0] in OF_ALL or r.get("group") is None or r["group"] in ours]

    def look(self, actor, step, holds):
        """Asks until `holds(rows, patterns)`, for what takes a moment."""
        at = next((i for i, w in enumerate(step.words) if w.endswith(":")), None)
        if at is None:
            raise Wrong("the verb that lists ends with ':'")
        verb = self.placed([expanded(w, self.known)
                            for w in (*step.words[:at], step.words[at][:-1])])
        patterns, conditions = [], []
        for word in step.words[at + 1:] + ["|"]:
            if word == "|":
                patterns.append(Pattern(conditions, self.known))
                conditions = []
            elif word not in ("none", "*"):
                conditions.append(word)
        if step.words[at + 1:] == ["none"]:
            patterns = []
        deadline = time.monotonic() + SETTLED_S
        while True:
            rows = self.rows(actor, verb)
            if holds(rows, patterns):
                for row, pattern in zip(rows, patterns):
                    if step.kind == "lists":
                        pattern.bind(row, self.known)
                    else:
                        pattern.bind(next((r for r in rows if pattern.matches(r)), {}), self.known)
                return
            if time.monotonic() > deadline:
                shown = "".join(f"\n          {brief(r)}" for r in rows[:20]) or " nothing"
                raise Wrong(f"expected: {step.kind} {' | '.join(map(str, patterns)) or 'none'}\n"
                            f"got:     {shown}")
            time.sleep(0.1)

    def lists(self, actor, step):
        """Exactly these, in this order."""
        self.look(actor, step, lambda rows, patterns: len(rows) == len(patterns) and all(
            p.matches(r) for p, r in zip(patterns, rows)))

    def holds(self, actor, step):
        """Exactly these, in any order."""
        def all_matched(rows, patterns):
            left = list(rows)
            for p in patterns:
                hit = next((r for r in left if p.matches(r)), None)
                if hit is None:
                    return False
                left.remove(hit)
            return not left
        self.look(actor, step, all_matched)

    def finds(self, actor, step):
        self.look(actor, step, lambda rows, patterns: all(
            any(p.matches(r) for r in rows) for p in patterns))

    def lacks(self, actor, step):
        self.look(actor, step, lambda rows, patterns: not any(
            p.matches(r) for p in patterns for r in rows))

    # --- the end ----------------------------------------------------------------------------------

    def close(self):
        """What must never happen has not happened, also not since."""
        if self.under_way:
            self.join()
        if self.nevers:
            time.sleep(0.4)
        for actor, pattern, step in self.nevers:
            if step.who not in self.hand.may_be_refused:
                answer = actor.do("groups")  # everything the relay has for it is here now
                if answer.error:
                    raise Wrong(f"line {step.number}: {step.text}\ncannot be checked: {answer}")
            for _, event in self.events(actor):
                if pattern.matches(event):
                    raise Wrong(f"line {step.number}: {step.text}\nexpected: never\n"
                                f"got:      {brief(event)}")
