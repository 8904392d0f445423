"""Plays the scripted conversations against real processes and prints what became of each."""
import argparse
import queue
import sys
import threading
import time
import traceback

from stage import Broken, Stage, Template, parties  # first: it knows where the parties are
from playing import Play, Wrong
from script import BadScript, load


class Result:
    def __init__(self, conversation, seconds, wrong=""):
        self.conversation, self.seconds, self.wrong = conversation, seconds, wrong


def open_group(stage, conversation):
    """A group for one conversation: everybody of its cast is in it and has read the notice."""
    if not conversation.cast:
        return None
    for name in conversation.cast:
        acknowledged = stage.actor(name).do("notice", "--acknowledge")
        if acknowledged.error:
            raise Broken(f"{name} cannot acknowledge the notice: {acknowledged}")
    play = Play(stage, conversation, {}, None)
    kind = ["--class", conversation.group_class] if conversation.group_class else []
    play.hand.registrar_create("Conversation", *kind, *conversation.cast)
    group = play.known["Conversation"]
    for name in conversation.cast:
        def joined(events):
            return next((e for e in events if e["event"] == "membership" and e["group"] == group),
                        None)
        if stage.actor(name).wait(joined) is None:
            raise Broken(f"{name} did not join the group")
    return group


def play_one(stage, conversation, texts):
    started = time.monotonic()
    wrong = ""
    try:
        stage.all_there()
        group = open_group(stage, conversation)
        Play(stage, conversation, texts, group).run()
    except (Wrong, Broken, parties.Failed) as bad:
        wrong = str(bad)
    except Exception:  # a fault of the harness must not end the other conversations
        wrong = traceback.format_exc()
    return Result(conversation, time.monotonic() - started, wrong)


def play_setting(template, name, setting, conversations, texts, results, say):
    try:
        with Stage(template, name, **setting) as stage:
            for conversation in conversations:
                result = play_one(stage, conversation, texts)
                results.append(result)
                say(f"{'FAILED' if result.wrong else 'ok    '} {result.seconds:5.1f} s  "
                    f"{conversation.file}: {conversation.title}")
                if result.wrong:
                    say("       " + result.wrong.replace("\n", "\n       "))
            verified = stage.verify()
            if not verified["ok"]:
                raise Broken(f"the log does not verify: {verified}")
    except (Broken, parties.Failed) as bad:
        say(f"setting {name}: {bad}")
        done = {r.conversation for r in results}
        results.extend(Result(c, 0, f"setting {name}: {bad}") for c in conversations
                       if c not in done)
        if all(c in done for c in conversations):
            results.append(Result(conversations[-1], 0, f"setting {name}: {bad}"))


def play_all(chosen, settings, texts, at_once):
    lock, results = threading.Lock(), []

    def say(text):
        with lock:
            print(text, flush=True)
    by_setting = {}
    for conversation in chosen:
        by_setting.setdefault(conversation.setting, []).append(conversation)
    waiting = queue.SimpleQueue()
    for name in sorted(by_setting, key=lambda n: -len(by_setting[n])):
        waiting.put(name)

    with Template() as template:
        def work():
            while True:
                try:
                    name = waiting.get_nowait()
                except queue.Empty:
                    return
                play_setting(template, name, settings[name], by_setting[name], texts, results, say)
        workers = [threading.Thread(target=work) for _ in range(at_once)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return results


def table(results, seconds):
    print(f"\n{'':6} {'conversation':<78} {'setting':<14} covers")
    for result in sorted(results, key=lambda r: (r.conversation.file, r.conversation.title)):
        c = result.conversation
        print(f"{'FAILED' if result.wrong else 'ok':<6} {c.file + ': ' + c.title:<78} "
              f"{c.setting:<14} {', '.join(c.covers)}")
    failed = sum(bool(r.wrong) for r in results)
    print(f"{len(results)} conversations, {failed} failed, {seconds:.0f} s")
    return 1 if failed else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", action="append", default=[],
                           help="those whose file, title or setting has this; may be repeated")
    arguments.add_argument("--at-once", type=int, default=2, help="settings played side by side")
    arguments.add_argument("--list", action="store_true", help="only say what there is")
    options = arguments.parse_args()
    try:
        settings, texts, conversations = load()
    except BadScript as bad:
        print(f"conversations: {bad}", file=sys.stderr)
        return 2
    chosen = [c for c in conversations if not options.only or any(
        only in f"{c.file}: {c.title} [{c.setting}]" for only in options.only)]
    if options.list:
        return table([Result(c, 0) for c in chosen], 0)
    started = time.monotonic()
    results = play_all(chosen, settings, texts, options.at_once)
    if not results:
        print("conversations: none was chosen", file=sys.stderr)
        return 2
    return table(results, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
