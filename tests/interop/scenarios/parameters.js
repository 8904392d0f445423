// What a group can ask of its members and mix into its keys: pre-shared keys, ReInit and branch,
// extensions, capabilities, lifetimes.
import assert from "node:assert/strict"

import { decodeMlsMessage } from "ts-mls"

import { refused, utf8 } from "../bytes.js"
import { ofKind } from "./membership.js"

const once = ({ publicMessage }) => !publicMessage
const dayMs = 24 * 3_600_000

const psk = (name) => ({ id: utf8(name), secret: utf8(`the secret of ${name}`.padEnd(32)) })
const proposePsk = ({ id }) => ({ type: "psk", id })

/** The group goes on as another one that `by` makes; `start` is how the Welcome comes about. */
async function goesOn(world, by, start) {
  const keyPackages = await Promise.all(world.others(by).map((m) => m.newKeyPackage()))
  const { welcome, tree } = await start(keyPackages)
  for (const m of world.others(by)) await m.join(welcome, { tree, follows: true })
  const { epoch } = await world.agree()
  assert.equal(epoch, 1)
  await world.chat()
  for (const m of world.members) await world.commit(m)
}

export const parameters = [
  {
    name: "external pre-shared keys, with and without a path, for members and joiners",
    async run(world) {
      await world.pair()
      const psks = [psk("one"), psk("two")]
      for (const by of world.members.slice()) {
        await world.commit(by, { proposals: psks.map(proposePsk), psks, path: false })
        const removed = await world.newMember(world.otherKind)
        await world.commit(by, { add: [removed], proposals: [proposePsk(psks[1])], psks })
        await world.commit(by, { remove: [removed], proposals: [proposePsk(psks[0])], psks })
      }
      const [a, b] = world.members
      for (const [by, other] of [[a, b], [b, a]]) {
        await world.propose(other, proposePsk(psks[0]))
        await world.commitKept(by, { psks })
      }
      await world.chat()
    },
  },
  {
    name: "a pre-shared key that is missing or another is refused",
    async run(world) {
      const [a, b] = await world.pair()
      const [right, wrong] = [psk("right"), { ...psk("right"), secret: utf8("wrong") }]
      for (const [by, other] of [[a, b], [b, a]]) {
        const { publicMessage } = world
        const proposals = [proposePsk(right)]
        const { commit } = await by.commit({ proposals, psks: [right], publicMessage })
        const missing = { cpp: /not known here/, ts: /Could not find pskId/ }
        await refused(other, other.process(commit), missing)
        const tag = { cpp: /confirmation tag/, ts: /confirmation tag/ }
        await refused(other, other.process(commit, { psks: [wrong] }), tag)
        await other.process(commit, { psks: [right] })
        await by.merge()
        await world.agree()
      }
    },
  },
  {
    name: "resumption keys of the present epoch and of a past one",
    async run(world) {
      await world.pair()
      for (const by of world.members) {
        const { epoch } = await world.agree()
        await world.commit(by, { proposals: [{ type: "resumption_psk", epoch }] })
        await world.commit(by, { proposals: [{ type: "resumption_psk", epoch }] })
      }
      await world.chat()
    },
  },
  {
    name: "ReInit, into the other cipher suite",
    only: once,
    async run(world) {
      const [a, b] = await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      for (const [round, by] of [a, b].entries()) {
        const suite = world.suite === 3 ? 1 : 3
        const groupId = utf8(`${world.name}, reinit ${round}`)
        const extensions = [{ requiredCapabilities: { credentials: [1] } }]
        await world.commit(by, { proposals: [{ type: "reinit", groupId, suite, extensions }] })
        for (const m of world.members) await assert.rejects(m.send(utf8("after the end")))
        world.suite = suite
        for (const m of world.members) await m.useSuite(suite)
        await goesOn(world, by, (keyPackages) => by.continueReinit(keyPackages))
      }
    },
  },
  {
    name: "a group that branches off",
    only: once,
    async run(world) {
      const [a, b] = await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      await goesOn(world, a, (all) => a.branch(utf8(`${world.name}, branch 1`), all))
      world.members.pop()
      await goesOn(world, b, (some) => b.branch(utf8(`${world.name}, branch 2`), some))
    },
  },
  {
    name: "required_capabilities from the start",
    async run(world) {
      const extensions = [{ requiredCapabilities: { credentials: [1] } }]
      await world.pair({ extensions })
      await world.commit(world.members[1], { add: [await world.newMember("ts")] })
      await world.chat()
      const picky = [{ requiredCapabilities: { extensions: [0xf123] } }]
      const elsewhere = await world.newMember("ts")
      await elsewhere.create(utf8("picky"), picky)
      const keyPackage = await (await world.newMember("cpp")).newKeyPackage()
      await refused(elsewhere, elsewhere.commit({ adds: [keyPackage] }), /required capabilities/)
    },
  },
  {
    name: "our members change the group's extensions",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind, "ts", "cpp"])
      const extensions = [{ requiredCapabilities: { credentials: [1] } }]
      const by = ofKind(world, "cpp")
      await world.commit(by, { proposals: [{ type: "extensions", extensions }] })
      const out = world.members.at(-1)
      const proposals = [{ type: "extensions", extensions: [{ requiredCapabilities: {} }] }]
      await world.commit(by, { proposals, remove: [out] })
      await world.chat()
    },
  },
  {
    name: "ts-mls proposes extensions, ours commits them",
    async run(world) {
      await world.form([world.creatorKind, world.otherKind])
      const extensions = [{ requiredCapabilities: { credentials: [1] } }]
      await world.propose(ofKind(world, "ts"), { type: "extensions", extensions })
      await world.commitKept(ofKind(world, "cpp"))
      await world.chat()
    },
  },
  {
    name: "GREASE in leaves, key packages and GroupInfo is accepted",
    only: once,
    async run(world) {
      const isGrease = (n) => (n & 0x0f0f) === 0x0a0a && n >> 8 === (n & 0xff)
      const ours = await (await world.newMember("cpp")).newKeyPackage()
      const { leafNode } = decodeMlsMessage(ours, 0)[0].keyPackage
      const lists = ["ciphersuites", "extensions", "proposals", "credentials"]
      for (const list of lists) {
        assert.ok(leafNode.capabilities[list].some((n) => isGrease(Number(n))), `ours: ${list}`)
      }
      // All fifteen values in every list, and one more suite and credential that nobody knows.
      const values = Array.from({ length: 15 }, (_, i) => 0x0a0a + 0x1010 * i)
      const capabilities = {
        versions: ["mls10"],
        ciphersuites: [...values, 0xf00d].map(String).concat([
          "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
          "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        ]),
        extensions: values,
        proposals: values,
        credentials: [...values, 0xf00d].map(String).concat(["basic"]),
      }
      const extensions = values.map((v) => ({ extensionType: v, extensionData: utf8("grease") }))
      const [a, b] = await world.pair()
      for (const by of [a, b]) {
        const greased = await world.newMember("ts", { capabilities, extensions })
        const add = [greased, await world.newMember("cpp")]
        await world.commit(by, { add, groupInfoExtensions: extensions })
        await world.commit(greased)
      }
      await world.chat()
    },
  },
  {
    name: "key packages that have expired or are not valid yet are refused",
    only: once,
    async run(world) {
      const [a, b] = await world.pair()
      const now = Date.now()
      const wrong = [
        { notBefore: now - 3 * dayMs, notAfter: now - dayMs },
        { notBefore: now + dayMs, notAfter: now + 3 * dayMs },
      ]
      for (const [by, kind] of [[a, b.kind], [b, a.kind]]) {
        for (const lifetime of wrong) {
          const keyPackage = await (await world.newMember(kind)).newKeyPackage(lifetime)
          await refused(by, by.commit({ adds: [keyPackage] }), {
            cpp: /outside a leaf's lifetime/,
            ts: /not within Lifetime/,
          })
        }
      }
      // Only ours: see known.js.
      const endless = await (await world.newMember("ts")).newKeyPackage({ notAfter: 2 ** 52 })
      const ours = ofKind(world, "cpp")
      await refused(ours, ours.commit({ adds: [endless] }), /longer than allowed/)
      await world.chat()
    },
  },
  {
    name: "a credential that our members do not support is refused",
    only: once,
    async run(world) {
      await world.pair()
      const credential = { credentialType: "x509", certificates: [utf8("not a certificate")] }
      const keyPackage = await (await world.newMember("ts", { credential })).newKeyPackage()
      const why = { cpp: /credential type in use is not supported/, ts: /not supported by member/ }
      for (const by of world.members) {
        await refused(by, by.commit({ adds: [keyPackage] }), why)
      }
    },
  },
  {
    name: "who is a member already is not added again",
    only: once,
    async run(world) {
      const [a, b] = await world.pair()
      for (const [by, member] of [[a, b], [b, a]]) {
        const keyPackage = await member.newKeyPackage()
        await refused(by, by.commit({ adds: [keyPackage] }), {
          cpp: /is in the group/,
          ts: /already in the group/,
        })
      }
    },
  },
]
