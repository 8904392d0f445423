"""The compliance bot is gone, hangs, or is slow: people are told, nothing goes out unchecked, and
what waited is judged in order, once."""
import signal
import time

TOLD_WITHIN_S = 15  # five are promised; the figure is printed


def presence(world, what, since):
    """When each client that ran at `since` told its user so."""
    return {e["client"]: e["at"] for e in list(world.history.events)
            if e["kind"] == "presence" and e["what"] == what and e["at"] >= since}


def everybody_told(world, what, since):
    world.wait(f"everybody is told {what}",
               lambda: len(presence(world, what, since)) == len(world.members), TOLD_WITHIN_S)
    return max(presence(world, what, since).values()) - since


def nothing_goes_out(world, seconds=1.0):
    time.sleep(0.5)  # what the bot had decided before
    before, judged = world.count("delivered"), world.released()
    time.sleep(seconds)
    world.expect("nothing is released without the bot", world.released() == judged)
    world.expect("nothing is delivered without the bot", world.count("delivered") == before)


def watch_all(world):
    """Everybody's next client runs until the fault is over."""
    world.pause()
    world.resume()
    world.progress(6)


def absent(world):
    """kill -9 of the bot, for a while."""
    watch_all(world)
    since = time.monotonic()
    world.kill(world.organisation.bot)
    told_s = everybody_told(world, "bot_absent", since)
    nothing_goes_out(world)
    waiting = world.count("received") - world.released()
    back = time.monotonic()
    world.start(world.organisation.bot)
    world.progress(10, 60)
    # Not everybody: a client that starts anew meanwhile has nothing to take back.
    world.wait("somebody is told that the bot is back", lambda: presence(world, "bot_back", back),
               TOLD_WITHIN_S)
    return {"told after s": round(told_s, 1), "waiting then": waiting}


def hung(world):
    """SIGSTOP: the bot's connection stays open and nothing comes out of it."""
    watch_all(world)
    bot = world.organisation.bot.process
    since = time.monotonic()
    bot.send_signal(signal.SIGSTOP)
    world.history.add("fault", what="bot hung")
    try:
        told_s = everybody_told(world, "bot_absent", since)
        nothing_goes_out(world)
    finally:
        bot.send_signal(signal.SIGCONT)
    world.progress(10, 60)
    return {"told after s": round(told_s, 1)}


def slow(world):
    """The bot runs a twentieth of the time."""
    bot = world.organisation.bot.process
    before = world.released()
    world.history.add("fault", what="bot slow")
    try:
        for _ in range(8):
            bot.send_signal(signal.SIGSTOP)
            time.sleep(0.38)
            bot.send_signal(signal.SIGCONT)
            time.sleep(0.02)
    finally:
        bot.send_signal(signal.SIGCONT)
    world.progress(10, 60)
    return {"released": world.released() - before}
