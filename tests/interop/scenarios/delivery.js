// What the network may do to messages: reorder, repeat, delay, lose and change them.
import assert from "node:assert/strict"

import { flipped, refused, utf8 } from "../bytes.js"

const privately = ({ publicMessage }) => !publicMessage
/** Where each takes both parts, who created the group makes no difference. */
const symmetric = ({ publicMessage, creator }) => !publicMessage && creator === "cpp"

const used = { cpp: /used already or is no longer kept/, ts: /Desired gen in the past/ }

/** Every one of the two speaks to the other in turn. */
async function bothWays(world, run) {
  const [a, b] = await world.pair()
  await run(a, b)
  await run(b, a)
}

async function notes(from, count) {
  const { ownLeaf } = await from.state()
  const out = []
  for (let i = 0; i < count; ++i) {
    const content = utf8(`note ${i}`)
    const id = utf8(`id ${i}`)
    out.push({ message: await from.send(content, id), expected: { content, id, ownLeaf } })
  }
  return out
}

const opens = (world, to, { message, expected }) => world.opens(to, message, expected)

/** At most `count` places spread over the message, with its first and last bytes. */
function places(message, count = 32) {
  const step = Math.max(1, Math.ceil(message.length / count))
  const out = new Set([0, 1, 2, 3, message.length - 1])
  for (let at = 4; at < message.length; at += step) out.add(at)
  return [...out]
}

/** Changed and cut off, the message is refused, and afterwards opens as it was sent. */
async function tamperProof(member, message, take, skip = []) {
  for (const at of places(message).filter((p) => !skip.includes(p))) {
    await refused(member, take(flipped(message, at)), /./)
  }
  await refused(member, take(message.slice(0, -1)), /./)
  await take(message)
}

export const delivery = [
  {
    name: "out of order; nothing opens twice",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        const sent = await notes(from, 6)
        for (const i of [2, 0, 5, 1, 4, 3]) await opens(world, to, sent[i])
        for (const { message } of sent) await refused(to, to.process(message), used)
      }),
  },
  {
    name: "messages of four past epochs open late, those before do not",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        const sent = []
        for (let i = 0; i < 6; ++i) {
          sent.push(...(await notes(from, 2)))
          if (i < 5) await world.commit(i % 2 === 0 ? from : to)
        }
        const [before, ...kept] = [sent.slice(0, 2), ...sent.slice(2)]
        for (const { message } of before) {
          await refused(to, to.process(message), { cpp: /no keys for/, ts: /epoch too old/ })
        }
        for (const late of kept.reverse()) await opens(world, to, late)
        for (const { message } of kept) await refused(to, to.process(message), used)
      }),
  },
  {
    name: "a message that overtakes its epoch's commit opens after it",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        const { commit } = await from.commit()
        await from.merge()
        const [early] = await notes(from, 1)
        await refused(to, to.process(early.message), /./)
        await to.process(commit)
        await opens(world, to, early)
        await world.agree()
      }),
  },
  {
    name: "200 messages may be missing, 201 not, on both sides",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        const sent = await notes(from, 403)
        const ahead = { cpp: /skips more generations/, ts: /too far in the future/ }
        await refused(to, to.process(sent[201].message), ahead)
        await opens(world, to, sent[200])
        await refused(to, to.process(sent[402].message), ahead)
        await opens(world, to, sent[0])
        await opens(world, to, sent[199])
        await opens(world, to, sent[401])
        // The keys of 200 skipped messages are kept: the newest.
        await opens(world, to, sent[201])
        await opens(world, to, sent[400])
        await refused(to, to.process(sent[150].message), used)
      }),
  },
  {
    name: "empty and 16 KiB messages",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        for (const size of [0, 1, 255, 256, 257, 16 * 1024]) {
          await world.deliver(from, [to], new Uint8Array(size).fill(size))
        }
      }),
  },
  {
    name: "own messages and those of another group are refused",
    only: privately,
    async run(world) {
      const [a, b] = await world.pair()
      const stranger = await world.newMember(b.kind)
      await stranger.create(utf8("elsewhere"))
      for (const m of [a, b]) {
        await refused(m, m.process(await m.send(utf8("to oneself"))), /./)
        await refused(m, m.process(await stranger.send(utf8("astray"))), /./)
      }
      await world.chat()
    },
  },
  {
    name: "a changed application message is refused",
    only: symmetric,
    run: (world) =>
      bothWays(world, async (from, to) => {
        const message = await from.send(utf8("as it was sent"), utf8("id"))
        await tamperProof(to, message, (m) => to.process(m))
      }),
  },
  {
    name: "a changed proposal and a changed commit are refused",
    run: (world) =>
      bothWays(world, async (from, to) => {
        const { publicMessage } = world
        const proposal = await from.propose({ type: "update" }, { publicMessage })
        await tamperProof(to, proposal, (m) => to.process(m))
        await world.commitKept(to)
        const made = await from.commit({ publicMessage })
        await tamperProof(to, made.commit, (m) => to.process(m))
        await from.merge()
        await world.agree()
      }),
  },
  {
    name: "a changed key package and a changed Welcome are refused",
    only: privately,
    async run(world) {
      const [a, b] = await world.pair()
      for (const [by, kind] of [[a, b.kind], [b, a.kind]]) {
        const joiner = await world.newMember(kind)
        const keyPackage = await joiner.newKeyPackage()
        for (const at of places(keyPackage)) {
          await refused(by, by.commit({ adds: [flipped(keyPackage, at)] }), /./)
        }
        const made = await by.commit({ adds: [keyPackage] })
        await world.follow(by, made.commit)
        await by.merge()
        // ts-mls does not look at the Welcome's cipher_suite, bytes 4 and 5 (known.js).
        const skip = joiner.kind === "ts" ? [4, 5] : []
        await tamperProof(joiner, made.welcome, (m) => joiner.join(m), skip)
        world.members.push(joiner)
        await world.agree()
      }
      await world.chat()
    },
  },
  {
    name: "saved and restored on both sides, the group goes on",
    only: privately,
    async run(world) {
      const [a, b] = await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      const late = await notes(a, 3)
      await opens(world, b, late[1])
      for (const m of world.members) await m.restart()
      await refused(b, b.process(late[1].message), used)
      await opens(world, b, late[0])
      await world.commit(b)
      for (const m of world.members) await m.restart()
      await opens(world, b, late[2])
      await world.commit(a, { add: [await world.newMember(b.kind)] })
      await world.chat()
      assert.equal((await world.agree()).members.length, 5)
    },
  },
]
