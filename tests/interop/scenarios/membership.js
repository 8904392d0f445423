// How members come, change keys and go, with handshakes of both framings.
import assert from "node:assert/strict"

import { refused } from "../bytes.js"

/** The first member of this kind. */
export const ofKind = (world, kind) => world.members.find((m) => m.kind === kind)

export const membership = [
  {
    name: "create, add, Welcome with the tree in it, chat both ways",
    async run(world) {
      await world.pair()
      await world.chat()
    },
  },
  {
    name: "Welcome with the tree apart",
    async run(world) {
      await world.pair({ treeInWelcome: false })
      await world.chat()
    },
  },
  {
    name: "several joiners of both kinds by one Welcome",
    async run(world) {
      await world.form([world.creatorKind, "cpp", "ts", "cpp", "ts"])
      await world.chat()
    },
  },
  {
    name: "the joiner adds a third, who joins and speaks",
    async run(world) {
      const [, joiner] = await world.pair()
      await world.commit(joiner, { add: [await world.newMember(world.creatorKind)] })
      await world.commit(joiner)
      await world.chat()
    },
  },
  {
    name: "empty commits by each in turn",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, world.creatorKind, world.otherKind])
      for (const m of world.members) await world.commit(m)
      await world.chat()
    },
  },
  {
    name: "add with a path",
    async run(world) {
      // Only our members: ts-mls sends no path with adds alone.
      await world.form([world.creatorKind, world.otherKind, "ts"])
      const by = ofKind(world, "cpp")
      await world.commit(by, { add: [await world.newMember("ts")], path: true })
      await world.commit(by, { add: [await world.newMember("cpp")], path: true })
      await world.chat()
    },
  },
  {
    name: "add without a path",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind])
      for (const m of world.members.slice()) {
        await world.commit(m, { add: [await world.newMember(world.otherKind)], path: false })
      }
      await world.chat()
    },
  },
  {
    name: "remove and add in one commit, by each",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const by of world.members.slice(0, 2)) {
        const out = world.members[2]
        await world.commit(by, { remove: [out], add: [await world.newMember(out.kind)] })
        await world.chat()
      }
    },
  },
  {
    name: "removed by another: reads nothing afterwards",
    async run(world) {
      const [creator, joiner] = await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const [by, out] of [[creator, world.members[2]], [joiner, world.members[3]]]) {
        await world.commit(by, { remove: [out] })
        const message = await world.deliver(by)
        await refused(out, out.process(message), {
          cpp: /this device was removed/,
          ts: /./,
        })
        await assert.rejects(out.send(new Uint8Array(1)))
      }
    },
  },
  {
    name: "a member proposes its own removal, another commits it",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const leaver of world.members.slice(2)) {
        await world.propose(leaver, { type: "remove", leaf: (await leaver.state()).ownLeaf })
        const by = world.members.find((m) => m.kind !== leaver.kind)
        await world.commitKept(by, { gone: [leaver] })
      }
      await world.chat()
    },
  },
  {
    name: "updates by reference, from leaf 0 too",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const updater of world.members) {
        await world.propose(updater, { type: "update" })
        const by = world.members.find((m) => m.kind !== updater.kind)
        await world.commitKept(by)
      }
      await world.chat()
    },
  },
  {
    name: "adds and removes by reference, several in one commit",
    async run(world) {
      const [creator, joiner, third] = await world.form([
        world.creatorKind, world.otherKind, "ts", "cpp",
      ])
      const added = [await world.newMember("cpp"), await world.newMember("ts")]
      await world.propose(creator, { type: "add", keyPackage: await added[0].newKeyPackage() })
      await world.propose(joiner, { type: "add", keyPackage: await added[1].newKeyPackage() })
      await world.propose(joiner, { type: "remove", leaf: (await third.state()).ownLeaf })
      await world.commitKept(creator, { gone: [third], came: added })
      await world.chat()
    },
  },
  {
    name: "removed and added again by reference",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const back of world.members.slice(2)) {
        const [by, other] = world.members
        await world.propose(by, { type: "add", keyPackage: await back.newKeyPackage() })
        await world.propose(other, { type: "remove", leaf: (await back.state()).ownLeaf })
        await world.commitKept(by, { gone: [back], came: [back] })
      }
      await world.chat()
    },
  },
  {
    name: "of one client proposed twice, ours adds it once",
    async run(world) {
      const [creator, joiner] = await world.pair()
      const added = await world.newMember("ts")
      for (const by of [creator, joiner]) {
        await world.propose(by, { type: "add", keyPackage: await added.newKeyPackage() })
      }
      await world.commitKept(ofKind(world, "cpp"), { came: [added] })
      await world.chat()
    },
  },
  {
    name: "with a proposal pending nobody sends before the commit",
    async run(world) {
      const [creator, joiner] = await world.form([world.creatorKind, world.otherKind, "ts"])
      await world.propose(joiner, { type: "update" })
      for (const m of [creator, joiner]) {
        const sent = m.send(new Uint8Array(1))
        await refused(m, sent, { cpp: /not committed yet/, ts: /unapplied proposals/ })
      }
      await world.commitKept(creator)
      await world.chat()
    },
  },
  {
    name: "an own commit gives way to the one accepted",
    async run(world) {
      const [creator, joiner] = await world.pair()
      for (const [loser, winner] of [[creator, joiner], [joiner, creator]]) {
        const { publicMessage } = world
        const lost = await loser.commit({ publicMessage })
        await world.commit(winner)
        // It is of an epoch that is over.
        await refused(winner, winner.process(lost.commit), {
          cpp: /not of the present epoch/,
          ts: /epoch too old|former epoch/,
        })
        await world.commit(loser)
      }
      await world.chat()
    },
  },
  {
    name: "somebody outside proposes to be added (new_member_proposal)",
    only: ({ publicMessage }) => publicMessage,
    async run(world) {
      const [creator, joiner] = await world.pair()
      for (const [kind, by] of [[joiner.kind, creator], [creator.kind, joiner]]) {
        const outsider = await world.newMember(kind)
        const { epoch, groupId } = await by.state()
        const asked = { epoch, groupId, groupInfo: await by.groupInfo() }
        const message = await outsider.proposeOwnAdd(asked, await outsider.newKeyPackage())
        await Promise.all(world.members.map((m) => m.process(message)))
        await world.commitKept(by, { came: [outsider] })
      }
      await world.chat()
    },
  },
]
