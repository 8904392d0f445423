// A member of a group whose MLS is ours: a device inside the program candour-mls-peer.
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

import { hex, unhex } from "./bytes.js"

/** What mls/ refused, with its error code and sentence. */
export class Refused extends Error {
  constructor({ code, message }) {
    super(message)
    this.code = code
  }
}

/** The running program: one command a line, answered in order. */
export class CppProcess {
  #child
  #waiting = new Map()
  #next = 1
  #dead

  constructor(program) {
    this.#child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] })
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#answer(line))
    this.ended = new Promise((resolve) => {
      this.#child.on("error", (e) => this.#end(e, resolve))
      this.#child.on("exit", (status, signal) => this.#end({ status, signal }, resolve))
    })
    this.#child.stdin.on("error", () => {})
  }

  #answer(line) {
    const { id, error, ...fields } = JSON.parse(line)
    const { resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) reject(new Refused(error))
    else resolve(fields)
  }

  #end(how, resolve) {
    this.#dead = new Error(`candour-mls-peer ended: ${how.message ?? JSON.stringify(how)}`)
    for (const { reject } of this.#waiting.values()) reject(this.#dead)
    this.#waiting.clear()
    resolve(how)
  }

  run(command) {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead)
      const id = this.#next++
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ id, ...command })}\n`)
    })
  }

  /** Ends the program; answers its exit status. */
  async close() {
    this.#child.stdin.end()
    return (await this.ended).status
  }
}

const psksOf = (psks = []) => psks.map(({ id, secret }) => ({ id: hex(id), secret: hex(secret) }))

const extensionsOf = (extensions = []) =>
  extensions.map((e) => {
    if (e.requiredCapabilities) return { required_capabilities: e.requiredCapabilities }
    if (!e.externalSenders) return { type: e.type, data: hex(e.data) }
    return {
      external_senders: e.externalSenders.map(({ key, identity }) => ({
        key: hex(key),
        identity: hex(identity),
      })),
    }
  })

function proposalOf(p) {
  switch (p.type) {
    case "add":
      return { type: "add", key_package: hex(p.keyPackage) }
    case "psk":
      return { type: "psk", id: hex(p.id) }
    case "extensions":
      return { type: "extensions", extensions: extensionsOf(p.extensions) }
    case "reinit":
      return {
        type: "reinit",
        group_id: hex(p.groupId),
        suite: p.suite,
        extensions: extensionsOf(p.extensions),
      }
    default:
      return p
  }
}

export class CppMember {
  kind = "cpp"
  #process

  static async make(process, name, suite, { candourPolicy = false } = {}) {
    const member = new CppMember()
    member.#process = process
    member.name = name
    await member.#run("device", { suite, candour_policy: candourPolicy })
    return member
  }

  #run(op, fields = {}) {
    return this.#process.run({ op, device: this.name, ...fields })
  }

  async newKeyPackage({ notBefore, notAfter, now } = {}) {
    const { key_package } = await this.#run("key_package", {
      not_before_ms: notBefore,
      not_after_ms: notAfter,
      now_ms: now,
    })
    return unhex(key_package)
  }

  create(groupId, extensions = []) {
    return this.#run("create", { group_id: hex(groupId), extensions: extensionsOf(extensions) })
  }

  join(welcome, { tree, psks, follows = false } = {}) {
    return this.#run("join", {
      welcome: hex(welcome),
      ratchet_tree: hex(tree ?? []),
      psks: psksOf(psks),
      follows,
    })
  }

  /** The commit is pending until merge(). */
  async commit(options = {}) {
    const { adds = [], removes = [], proposals = [], path = true, treeInWelcome = true } = options
    const made = await this.#run("commit", {
      adds: adds.map(hex),
      removes,
      proposals: proposals.map(proposalOf),
      path,
      public: options.publicMessage ?? false,
      tree_in_welcome: treeInWelcome,
      kept_proposals: options.keptProposals ?? false,
      authenticated_data: hex(options.authenticatedData ?? []),
      psks: psksOf(options.psks),
    })
    return { commit: unhex(made.commit), welcome: unhex(made.welcome) }
  }

  merge() {
    return this.#run("merge")
  }

  async process(message, { psks } = {}) {
    const got = await this.#run("process", { message: hex(message), psks: psksOf(psks) })
    if (got.content !== undefined) got.content = unhex(got.content)
    if (got.authenticated_data !== undefined) {
      got.authenticatedData = unhex(got.authenticated_data)
    }
    return got
  }

  async propose(proposal, { publicMessage = false } = {}) {
    const fields = { proposal: proposalOf(proposal), public: publicMessage }
    return unhex((await this.#run("propose", fields)).message)
  }

  async proposeOwnAdd({ groupId, epoch }, keyPackage) {
    const fields = { group_id: hex(groupId), epoch: Number(epoch), key_package: hex(keyPackage) }
    return unhex((await this.#run("propose_own_add", fields)).message)
  }

  async proposeFromOutside({ groupId, epoch, sender }, proposal) {
    const place = { group_id: hex(groupId), epoch: Number(epoch), sender }
    const fields = { ...place, proposal: proposalOf(proposal) }
    return unhex((await this.#run("propose_from_outside", fields)).message)
  }

  async send(content, authenticatedData = new Uint8Array()) {
    const fields = { content: hex(content), authenticated_data: hex(authenticatedData) }
    return unhex((await this.#run("protect", fields)).message)
  }

  async groupInfo() {
    return unhex((await this.#run("group_info")).group_info)
  }

  async joinByExternalCommit(groupInfo) {
    return unhex((await this.#run("external_join", { group_info: hex(groupInfo) })).commit)
  }

  async continueReinit(keyPackages) {
    const fields = { key_packages: keyPackages.map(hex) }
    return { welcome: unhex((await this.#run("continue_reinit", fields)).welcome) }
  }

  async branch(groupId, keyPackages) {
    const fields = { group_id: hex(groupId), key_packages: keyPackages.map(hex) }
    return { welcome: unhex((await this.#run("branch", fields)).welcome) }
  }

  /** For what is made from now on. */
  useSuite(suite) {
    return this.#run("suite", { suite })
  }

  restart() {
    return this.#run("restart")
  }

  async signatureKey() {
    return unhex((await this.#run("state")).signature_key)
  }

  async state() {
    const s = await this.#run("state")
    if (!s.active) return { active: false }
    return {
      active: true,
      groupId: unhex(s.group_id),
      epoch: s.epoch,
      ownLeaf: s.own_leaf,
      epochAuthenticator: s.epoch_authenticator,
      treeHash: s.tree_hash,
      exporter: s.exporter,
      members: s.members.map((m) => `${m.leaf} ${m.identity}`),
    }
  }

  async tree() {
    return unhex((await this.#run("tree")).ratchet_tree)
  }
}
