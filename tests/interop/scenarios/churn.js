// Long runs by seed: groups of up to 17 members that come, go, renew their keys and speak.
import { choices } from "./choices.js"

const membersMax = 17
const steps = 12

const kinds = ["ts", "cpp"]

async function newMembers(world, { below, pick }) {
  const count = Math.min(1 + below(3), membersMax - world.members.length)
  return Promise.all(Array.from({ length: count }, () => world.newMember(pick(kinds))))
}

/** Not the creator: ts-mls cannot do without somebody in the left half (see known.js). */
const leaving = (world, by, { some, below }) =>
  some(world.others(by).filter((m) => m !== world.creator), 1 + below(2))

async function step(world, by, random, { updates, path }) {
  const { below, pick } = random
  switch (below(5)) {
    case 0:
      return world.commit(by)
    case 1:
      return world.commit(by, { remove: leaving(world, by, random) })
    case 2:
      if (!updates) return world.commit(by)
      await world.propose(pick(world.others(by)), { type: "update" })
      return world.commitKept(by)
    case 3:
      return world.commit(by, {
        remove: leaving(world, by, random),
        add: await newMembers(world, random),
      })
    default:
      return world.commit(by, { add: await newMembers(world, random), path: path() })
  }
}

async function live(world, random, { committer, ...ways }) {
  const others = Array.from({ length: membersMax - 5 }, () => random.pick(kinds))
  await world.form([world.creatorKind, ...others])
  for (let i = 0; i < steps; ++i) {
    await step(world, committer(), random, ways)
    for (const m of random.some(world.members, 2)) await world.deliver(m)
  }
  for (const m of random.some(world.members, 4)) await world.deliver(m)
}

// Each seed has one setting.
const inSetting = (setting) => (s) =>
  Object.entries(setting).every(([key, value]) => s[key] === value)

/** Anybody commits. Joiners of ts-mls stay out where its known fault keeps them (known.js). */
const free = (seed, setting) => ({
  name: `17-member churn, anybody commits, seed ${seed}`,
  only: inSetting(setting),
  async run(world) {
    const random = choices(seed)
    world.mayStrand = true
    await live(world, random, {
      committer: () => random.pick(world.members),
      updates: true,
      path: () => random.below(2) === 0,
    })
  },
})

/** Only leaf 0 commits, always with a path; others renew their keys by proposals. All join. */
const steward = (seed, setting) => ({
  name: `17-member churn, only leaf 0 commits, seed ${seed}`,
  only: inSetting(setting),
  run: (world) =>
    live(world, choices(seed), {
      committer: () => world.creator,
      updates: true,
      path: () => true,
    }),
})

/** `seeds` of them: two of three free, every setting in turn. */
export function churn(seeds) {
  const settings = [
    { suite: 3, publicMessage: false, creator: "cpp" },
    { suite: 1, publicMessage: true, creator: "ts" },
    { suite: 3, publicMessage: true, creator: "cpp" },
    { suite: 1, publicMessage: false, creator: "cpp" },
  ]
  return Array.from({ length: seeds }, (_, i) => {
    const setting = settings[i % settings.length]
    // Members of ts-mls send no path with adds alone, so the steward is ours.
    return i % 3 === 2 ? steward(i + 1, { ...setting, creator: "cpp" }) : free(i + 1, setting)
  })
}
