// What ts-mls 1.6.4 is known not to do as RFC 9420 says, each with its reason. `run` does what
// ought to work; it must fail, at that place and with that message. When one of them passes, the
// package has changed: take the entry out, here and in docs/mls-conformance.md.
import { refused, utf8 } from "./bytes.js"
import { unmergedFault } from "./tree.js"

const required = [{ requiredCapabilities: { credentials: [1] } }]
const changeExtensions = { type: "extensions", extensions: required }

/** The member at leaf `by`, of the right half, removes the left half of eight. */
async function emptyLeftHalf(world, by) {
  const members = await world.form(["cpp", "cpp", "cpp", "cpp", "cpp", "ts", "ts", "cpp"])
  await world.commit(members[by], { remove: members.slice(0, 4) })
}

export const known = [
  {
    name: "a commit of GroupContextExtensions alone",
    reason: "ts-mls sends it without the path that sections 12.4 and 17.4 ask for",
    fails: /needs an UpdatePath and has none/,
    async run(world) {
      const [ts] = await world.form(["ts", "cpp"])
      await world.commit(ts, { proposals: [changeExtensions] })
    },
  },
  {
    name: "GroupContextExtensions and a remove in one commit",
    reason:
      "ts-mls encrypts the path under the old extensions; section 12.4.1 has the new ones in the " +
      "provisional GroupContext",
    fails: /path secret for this device cannot be decrypted/,
    async run(world) {
      const [ts, , out] = await world.form(["ts", "cpp", "cpp"])
      await world.commit(ts, { proposals: [changeExtensions], remove: [out] })
    },
  },
  {
    name: "an empty GroupContextExtensions by one of ours",
    reason: "ts-mls keeps the old extensions where the new list is empty (section 12.1.7)",
    fails: /OpenError/,
    async run(world) {
      const [ours] = await world.form(["cpp", "ts"], { extensions: required })
      await world.commit(ours, { proposals: [{ type: "extensions", extensions: [] }] })
    },
  },
  {
    name: "ts-mls joins our group by an external commit",
    reason: "ts-mls reads external_pub without the length in front (section 12.4.3.2)",
    fails: /Invalid public key/,
    async run(world) {
      const [ours] = await world.form(["cpp", "ts"])
      const joiner = await world.newMember("ts")
      const commit = await joiner.joinByExternalCommit(await ours.groupInfo())
      await ours.process(commit)
    },
  },
  {
    name: "one of ours joins a group of ts-mls by an external commit",
    reason: "ts-mls writes external_pub without the length in front (section 12.4.3.2)",
    // The first byte of the key is read as the length; one in 256 keys begins with that of the rest.
    fails: /data of an extension is malformed|public key has the wrong length/,
    async run(world) {
      const [ts] = await world.form(["ts", "cpp"])
      const joiner = await world.newMember("cpp")
      await ts.process(await joiner.joinByExternalCommit(await ts.groupInfo()))
    },
  },
  {
    name: "an external sender of ts-mls proposes",
    reason: "ts-mls reads external_senders as one sender, not as a list (section 12.1.8.1)",
    fails: /Could not decode external_sender/,
    async run(world) {
      const sender = await world.newMember("ts")
      const listed = { key: await sender.signatureKey(), identity: utf8(sender.name) }
      const extensions = [{ externalSenders: [listed] }]
      const [ours] = await world.form(["cpp", "ts"], { extensions })
      const asked = { groupInfo: await ours.groupInfo() }
      const message = await sender.proposeFromOutside(asked, { type: "remove", leaf: 1 })
      await ours.process(message)
    },
  },
  {
    name: "an external sender of ours proposes to a member of ts-mls",
    reason: "the same, on the receiving side",
    fails: /Could not decode ExternalSender/,
    async run(world) {
      const sender = await world.newMember("cpp")
      const listed = { key: await sender.signatureKey(), identity: utf8(sender.name) }
      const [ours, ts] = await world.form(["cpp", "ts"], {
        extensions: [{ externalSenders: [listed] }],
      })
      const { groupId, epoch } = await ours.state()
      const place = { groupId, epoch, sender: 0 }
      const message = await sender.proposeFromOutside(place, { type: "remove", leaf: 1 })
      await ours.process(message)
      await ts.process(message)
    },
  },
  {
    name: "one of ours joins a group of ts-mls with external_senders",
    reason:
      "ts-mls writes each sender as an extension of its own, without the list (section 12.1.8.1)",
    fails: /data of an extension is malformed/,
    async run(world) {
      const sender = await world.newMember("cpp")
      const listed = { key: await sender.signatureKey(), identity: utf8(sender.name) }
      await world.form(["ts", "cpp"], { extensions: [{ externalSenders: [listed] }] })
    },
  },
  {
    name: "the left half of the tree empty: ours commits",
    reason:
      "ts-mls derives commit_secret through the blank root; section 12.4.2 takes the step after " +
      "the last path secret of the filtered path",
    fails: /ts [67] .*Could not verify confirmation tag/,
    run: (world) => emptyLeftHalf(world, 4),
  },
  {
    name: "the left half of the tree empty: ts-mls commits",
    reason: "the same, from the other side",
    fails: /cpp [58] .*confirmation tag does not fit/,
    run: (world) => emptyLeftHalf(world, 5),
  },
  {
    name: "ts-mls joins below nodes that another member's commit had filled",
    reason:
      "ts-mls asks of every node above an unmerged leaf for the same list; section 12.4.3.1 only " +
      "asks that nodes in between list that leaf",
    fails: unmergedFault,
    async run(world) {
      // Even where only leaf 0 adds, and with a path, one commit of another member is enough.
      const members = await world.form(["cpp", "ts", "cpp", "cpp", "cpp", "ts", "cpp"])
      await world.commit(members[4])
      await world.commit(members[0], { add: [await world.newMember("ts")] })
    },
  },
  {
    name: "a removed member of ts-mls whose leaf the same commit gives to a joiner",
    reason: "ts-mls looks whether its leaf is blank, not whether it was removed, and finds no key",
    fails: /No overlap between provided private keys and update path/,
    async run(world) {
      const [ours, out] = await world.form(["cpp", "ts", "cpp"])
      const keyPackage = await (await world.newMember("cpp")).newKeyPackage()
      const { commit } = await ours.commit({ removes: [1], adds: [keyPackage] })
      await out.process(commit)
    },
  },
  {
    name: "ts-mls refuses a Welcome whose cipher_suite is not the key package's",
    reason: "ts-mls does not compare them (section 12.4.3.1)",
    fails: /accepts what it must refuse/,
    async run(world) {
      const [ours] = await world.form(["cpp", "cpp"])
      const joiner = await world.newMember("ts")
      const made = await ours.commit({ adds: [await joiner.newKeyPackage()] })
      const other = made.welcome.slice()
      other[5] = world.suite === 3 ? 1 : 3
      await refused(joiner, joiner.join(other), /./)
    },
  },
  {
    name: "ts-mls refuses a lifetime longer than its maximumTotalLifetime",
    reason: "the setting is not looked at (section 7.2)",
    fails: /accepts what it must refuse/,
    async run(world) {
      const [ts] = await world.form(["ts", "cpp"])
      const keyPackage = await (await world.newMember("ts")).newKeyPackage({ notAfter: 2 ** 52 })
      await refused(ts, ts.commit({ adds: [keyPackage] }), /./)
    },
  },
]
