// A group as wide as a unit: blank trees, full ones, and trees that shrink and grow again.
const members = 60

/** Mostly ours, as they are fast; some of ts-mls at the borders of subtrees and between. */
const kindAt = (leaf) => ([15, 16, 32, 59].includes(leaf) ? "ts" : "cpp")

export const wide = [
  {
    name: `${members} members: bulk add, full tree, right half removed, added again`,
    only: ({ suite, publicMessage, creator }) =>
      suite === 3 && !publicMessage && creator === "cpp",
    async run(world) {
      const all = await world.form(Array.from({ length: members }, (_, leaf) => kindAt(leaf)))
      const speakers = () => world.members.filter((m) => m.kind === "ts")
      for (const m of [all[17], all[32], all[59], all[0]]) await world.commit(m)
      for (const m of speakers()) await world.deliver(m)
      await world.commit(all[0], { remove: all.slice(32) })
      await world.commit(all[31])
      await world.deliver(all[16])
      const kinds = ["ts", "cpp", "cpp", "ts"]
      await world.commit(all[0], { add: await Promise.all(kinds.map((k) => world.newMember(k))) })
      await world.commit(all[15])
      for (const m of speakers()) await world.deliver(m)
    },
  },
]
