// A group with all its members, of both implementations, and what is expected of it after every
// step: every member in the same state.
import assert from "node:assert/strict"

import { hex, refused, utf8 } from "./bytes.js"
import { CppMember } from "./cpp_member.js"
import { leafOf, tsRefusesTree, unmergedFault } from "./tree.js"
import { TsMember } from "./ts_member.js"

let groupsMade = 0

export class World {
  members = []
  /** May a joiner of ts-mls be kept out by its known fault? How many were. */
  mayStrand = false
  stranded = 0
  #count = 0

  /** `setting`: the suite, how handshakes travel, who creates; `program` runs our members. */
  constructor(program, setting) {
    this.program = program
    this.suite = setting.suite
    this.publicMessage = setting.publicMessage
    this.creatorKind = setting.creator
    this.otherKind = setting.creator === "ts" ? "cpp" : "ts"
    this.name = `group ${++groupsMade}`
    this.groupId = utf8(this.name)
  }

  async newMember(kind, options) {
    const name = `${kind} ${++this.#count} of ${this.name}`
    return kind === "ts"
      ? TsMember.make(name, this.suite, options)
      : CppMember.make(this.program, name, this.suite, options)
  }

  /** A group of these kinds: the first creates it and adds the others in one commit. */
  async form(kinds, { extensions, options, treeInWelcome } = {}) {
    const [first, ...rest] = await Promise.all(kinds.map((k) => this.newMember(k, options)))
    await first.create(this.groupId, extensions)
    this.members = [first]
    if (rest.length > 0) await this.commit(first, { add: rest, treeInWelcome })
    return this.members
  }

  /** The creator's kind at leaf 0, the other at leaf 1. */
  pair(options) {
    return this.form([this.creatorKind, this.otherKind], options)
  }

  others(member) {
    return this.members.filter((m) => m !== member)
  }

  /** Who sits at leaf 0. */
  get creator() {
    return this.members[0]
  }

  /**
   * `by` commits; everybody follows, joiners join; all agree. `add`: members to be; `remove`:
   * members; everything else as for commit() of a member.
   */
  async commit(by, { add = [], remove = [], ...options } = {}) {
    const adds = await Promise.all(add.map((m) => m.newKeyPackage()))
    const removes = await Promise.all(remove.map(async (m) => (await m.state()).ownLeaf))
    return this.#finish(by, { adds, removes, ...options }, remove, add)
  }

  /** `by` commits the proposals everybody has kept; by them some are `gone`, some `came`. */
  async commitKept(by, { gone = [], came = [], psks } = {}) {
    return this.#finish(by, { keptProposals: true, psks }, gone, came)
  }

  async #finish(by, options, gone, came) {
    const { publicMessage = this.publicMessage, treeInWelcome = true, psks } = options
    const authenticatedData = utf8(`a commit of ${by.name}`)
    const { ownLeaf } = await by.state()
    const made = await by.commit({ ...options, publicMessage, treeInWelcome, authenticatedData })
    // A removed member of ts-mls whose leaf is taken again cannot tell: see known.js.
    const deaf = (m) => m.kind === "ts" && gone.includes(m) && came.length > 0
    this.members = this.members.filter((m) => !deaf(m))
    for (const seen of await this.follow(by, made.commit, { psks })) {
      assert.equal(hex(seen.authenticatedData), hex(authenticatedData))
      assert.equal(seen.sender, ownLeaf)
    }
    await by.merge()
    this.members = this.members.filter((m) => !gone.includes(m))
    const tree = came.length > 0 ? await by.tree() : undefined
    const joinOptions = { psks, tree: treeInWelcome ? undefined : tree }
    const stranded = await this.#join(made.welcome, tree, came, joinOptions)
    if (stranded.length > 0) return this.#finish(by, { removes: stranded, publicMessage }, [], [])
    await this.agree()
    for (const m of gone.filter((g) => !deaf(g) && !came.includes(g))) {
      assert.equal((await m.state()).active, false, `${m.name} is out`)
    }
  }

  // Answers the leaves of those who could not join for the known reason, where that is allowed.
  async #join(welcome, tree, came, options) {
    const stranded = []
    for (const m of came) {
      if (this.mayStrand && m.kind === "ts" && tsRefusesTree(tree)) {
        await refused(m, m.join(welcome, options), unmergedFault)
        stranded.push(leafOf(tree, m))
      } else {
        await m.join(welcome, options)
        this.members.push(m)
      }
    }
    this.stranded += stranded.length
    return stranded
  }

  /** Everybody but `by` processes a message. */
  async follow(by, message, options) {
    const process = async (m) => {
      try {
        return await m.process(message, options)
      } catch (e) {
        e.message = `${m.name}: ${e.message}`
        throw e
      }
    }
    return Promise.all(this.others(by).map(process))
  }

  /** A standalone proposal, kept by everybody. */
  async propose(by, proposal) {
    const message = await by.propose(proposal, { publicMessage: this.publicMessage })
    await this.follow(by, message)
    return message
  }

  /** Everybody is in the same state; answers it. */
  async agree() {
    const states = await Promise.all(this.members.map((m) => m.state()))
    const [first] = states
    assert.equal(first.members.length, this.members.length)
    for (const [i, s] of states.entries()) {
      const { name } = this.members[i]
      assert.equal(s.active, true, name)
      assert.equal(s.epoch, first.epoch, name)
      assert.equal(s.epochAuthenticator, first.epochAuthenticator, name)
      assert.equal(s.exporter, first.exporter, name)
      assert.equal(s.treeHash, first.treeHash, name)
      assert.deepEqual(s.members, first.members, name)
      assert.ok(s.members.includes(`${s.ownLeaf} ${name}`), `${name} is at its leaf`)
    }
    return first
  }

  /** `from` says something: it opens for each of `to`, as it was sent and from whom. */
  async deliver(from, to = this.others(from), text = `from ${from.name}`) {
    const content = typeof text === "string" ? utf8(text) : text
    const id = utf8(`id of ${from.name}`)
    const { ownLeaf } = await from.state()
    const message = await from.send(content, id)
    for (const m of to) await this.opens(m, message, { content, id, ownLeaf })
    return message
  }

  async opens(member, message, { content, id, ownLeaf }) {
    const got = await member.process(message)
    assert.equal(got.kind, "application")
    assert.equal(hex(got.content), hex(content), `${member.name} reads what was sent`)
    assert.equal(hex(got.authenticatedData), hex(id))
    assert.equal(got.sender, ownLeaf)
  }

  /** Everybody speaks, everybody reads. */
  async chat() {
    for (const m of this.members) await this.deliver(m)
  }
}
