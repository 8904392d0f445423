// The profile Candour itself uses: the bot (ours) made the group, sits at leaf 0 and alone
// commits; everything travels as PrivateMessage (Policy::candour()).
import assert from "node:assert/strict"

import { refused } from "../bytes.js"
import { choices } from "./choices.js"

const profile = ({ publicMessage, creator }) => !publicMessage && creator === "cpp"
const candour = { candourPolicy: true }

/** A group made and filled by the bot, which the first of these is. */
const form = (world, kinds) => world.form(kinds, { options: candour })

const newOfficers = (world, kinds) =>
  Promise.all(kinds.map((kind) => world.newMember(kind, candour)))

export const candourProfile = [
  {
    name: "Candour's profile: joining in bulk, coming, going, chat",
    only: profile,
    async run(world) {
      const { below, some } = choices(7)
      const kinds = ["cpp", "ts", "ts", "cpp", "ts", "ts", "cpp", "ts", "ts"]
      const [bot] = await form(world, kinds)
      for (let i = 0; i < 8; ++i) {
        const remove = i % 3 === 2 ? [] : some(world.others(bot), 1 + below(2))
        const add = i % 3 === 1 ? [] : await newOfficers(world, some(["ts", "cpp", "ts"], 2))
        await world.commit(bot, { remove, add })
        for (const m of some(world.members, 2)) await world.deliver(m)
      }
      await world.chat()
    },
  },
  {
    name: "Candour's profile: a device that lost its state is removed and added in one commit",
    only: profile,
    async run(world) {
      const [bot, , ...officers] = await form(world, ["cpp", "ts", "ts", "cpp"])
      for (const lost of officers) {
        const remove = [(await lost.state()).ownLeaf]
        const made = await bot.commit({ removes: remove, adds: [await lost.newKeyPackage()] })
        for (const m of world.others(bot).filter((o) => o !== lost)) await m.process(made.commit)
        await bot.merge()
        await lost.join(made.welcome)
        await world.agree()
        await world.chat()
      }
    },
  },
  {
    name: "Candour's profile: whatever an officer commits or proposes is refused",
    only: profile,
    async run(world) {
      const [bot, officer, other] = await form(world, ["cpp", "ts", "ts", "cpp"])
      const ours = world.members.filter((m) => m.kind === "cpp")
      const keyPackage = await (await world.newMember("ts")).newKeyPackage()
      const { ownLeaf } = await other.state()
      const wrong = [
        [{}, /only the group's steward/],
        [{ adds: [keyPackage] }, /only the group's steward/],
        [{ removes: [ownLeaf] }, /only the group's steward/],
        [{ removes: [(await bot.state()).ownLeaf] }, /only the group's steward/],
        [{ publicMessage: true }, /as PrivateMessage only/],
      ]
      for (const [options, reason] of wrong) {
        const { commit } = await officer.commit(options)
        for (const m of ours) await refused(m, m.process(commit), reason)
      }
      await world.chat()
      const proposal = await officer.propose({ type: "remove", leaf: ownLeaf })
      for (const m of ours) await refused(m, m.process(proposal), /inside commits only/)
      await world.deliver(bot, [other])
    },
  },
  {
    name: "Candour's profile: a Welcome that is not the bot's is refused",
    only: profile,
    async run(world) {
      const [, officer] = await form(world, ["cpp", "ts", "ts"])
      const joiner = await world.newMember("cpp", candour)
      const { welcome } = await officer.commit({ adds: [await joiner.newKeyPackage()] })
      await refused(joiner, joiner.join(welcome), /GroupInfo's signer/)
      assert.equal((await joiner.state()).active, false)
      await world.chat()
    },
  },
]
