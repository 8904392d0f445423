"""kill -9 of relay, bot and clients at random moments under load, round after round (I4)."""
import time


def kill_rounds(world, rounds, say=print, minutes=None):
    """Each round ends some of relay, bot and clients at a random moment and starts them again."""
    chance, organisation = world.chance, world.organisation
    servers = [organisation.relay, organisation.bot]
    ready_s, began, before = [], time.monotonic(), world.released()
    for done in range(rounds):
        if minutes and time.monotonic() - began > minutes * 60:
            rounds = done
            break
        time.sleep(chance.uniform(0.02, 0.6))
        victims = chance.choice([[0], [1], [0, 1], [0], [1], []])
        clients = chance.sample(world.members, chance.choice([0, 1, 1, 2, 6]) if victims else 2)
        for member in clients:
            member.kill()
        for victim in victims:
            world.kill(servers[victim])
        time.sleep(chance.uniform(0, 0.2))
        for victim in victims:
            started = time.monotonic()
            world.start(servers[victim])
            ready_s.append(time.monotonic() - started)
        if (done + 1) % 50 == 0:
            say(f"  round {done + 1}: {world.released()} messages released, "
                f"{time.monotonic() - began:.0f} s, {world.count('unexpected')} unexpected")
    world.expect("the load was real", world.released() - before >= rounds)
    ready_s.sort()
    return {"rounds": rounds, "ready again ms median": round(ready_s[len(ready_s) // 2] * 1000),
            "longest": round(ready_s[-1] * 1000)}


def kills(world):
    """The short loop."""
    return kill_rounds(world, 8)
