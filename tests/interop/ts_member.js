// A member of a group whose MLS is the npm package ts-mls, as a browser would hold it: the state is
// a value, replaced after each success; what a step consumed is zeroed.
import {
  acceptAll,
  bytesToBase64,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  decodeGroupState,
  decodeMlsMessage,
  defaultCapabilities,
  encodeExternalSender,
  encodeGroupState,
  encodeMlsMessage,
  encodeRequiredCapabilities,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  makePskIndex,
  mlsExporter,
  processPrivateMessage,
  processPublicMessage,
  proposeAddExternal,
  proposeExternal,
  reinitCreateNewGroup,
  branchGroup,
  zeroOutUint8Array,
} from "ts-mls"
import { defaultClientConfig } from "ts-mls/clientConfig.js"
import { signLeafNodeCommit } from "ts-mls/leafNode.js"
import { decryptSenderData } from "ts-mls/privateMessage.js"
import { updateLeafKey } from "ts-mls/privateKeyPath.js"
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js"
import { makeKeyPackageRef } from "ts-mls/keyPackage.js"

import { hex, utf8 } from "./bytes.js"

const suiteNames = {
  1: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  3: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
}
const suiteImplementations = new Map()

async function suiteImplementation(suite) {
  if (!suiteImplementations.has(suite)) {
    const made = await getCiphersuiteImpl(getCiphersuiteFromName(suiteNames[suite]))
    suiteImplementations.set(suite, made)
  }
  return suiteImplementations.get(suite)
}

/** What Candour's browser app sets: the limits of base/limits.h. */
const clientConfig = {
  ...defaultClientConfig,
  keyRetentionConfig: {
    retainKeysForEpochs: 4,
    retainKeysForGenerations: 200,
    maximumForwardRatchetSteps: 200,
  },
  lifetimeConfig: { maximumTotalLifetime: 400n * 24n * 3600n, validateLifetimeOnReceive: true },
}

const hourMs = 3_600_000

function decodeWhole(bytes, wireformat) {
  const decoded = decodeMlsMessage(bytes, 0)
  if (decoded === undefined) throw new Error("not an MLSMessage")
  if (decoded[1] !== bytes.length) throw new Error("bytes after the MLSMessage")
  if (wireformat && decoded[0].wireformat !== wireformat) {
    throw new Error(`a ${decoded[0].wireformat}, not a ${wireformat}`)
  }
  return decoded[0]
}

const encode = (wireformat, fields) => encodeMlsMessage({ version: "mls10", wireformat, ...fields })

const pskTable = (psks = []) =>
  Object.fromEntries(psks.map(({ id, secret }) => [bytesToBase64(id), secret]))

const extensionsOf = (extensions = []) =>
  extensions.flatMap((e) => {
    if (e.requiredCapabilities) {
      const { extensions: extensionTypes = [], proposals: proposalTypes = [] } =
        e.requiredCapabilities
      const credentialTypes = (e.requiredCapabilities.credentials ?? []).map(
        (c) => ({ 1: "basic", 2: "x509" })[c],
      )
      const data = encodeRequiredCapabilities({ extensionTypes, proposalTypes, credentialTypes })
      return [{ extensionType: "required_capabilities", extensionData: data }]
    }
    if (e.externalSenders) {
      return e.externalSenders.map(({ key, identity }) => ({
        extensionType: "external_senders",
        extensionData: encodeExternalSender({
          signaturePublicKey: key,
          credential: { credentialType: "basic", identity },
        }),
      }))
    }
    return [{ extensionType: e.type, extensionData: e.data }]
  })

export class TsMember {
  kind = "ts"
  #capabilities
  #extensions
  #credential
  #cs
  #keys
  #packages = new Map()
  #state
  #pending
  #updateKey

  /** `extensions`: of the key packages and of the leaves in them. */
  static async make(name, suite, { capabilities, extensions = [], credential } = {}) {
    const member = new TsMember()
    member.name = name
    member.#capabilities = capabilities
    member.#extensions = extensions
    member.#credential = credential ?? { credentialType: "basic", identity: utf8(name) }
    await member.useSuite(suite)
    member.#keys = await member.#cs.signature.keygen()
    return member
  }

  /** For what is made from now on; both suites sign with Ed25519. */
  async useSuite(suite) {
    this.#cs = await suiteImplementation(suite)
  }

  async #package({ notBefore, notAfter } = {}) {
    const seconds = (ms) => BigInt(Math.floor(ms / 1000))
    const lifetime = {
      notBefore: seconds(notBefore ?? Date.now() - hourMs),
      notAfter: seconds(notAfter ?? Date.now() + 90 * 24 * hourMs),
    }
    return generateKeyPackageWithKey(
      this.#credential,
      this.#capabilities ?? defaultCapabilities(),
      lifetime,
      this.#extensions,
      { signKey: this.#keys.signKey, publicKey: this.#keys.publicKey },
      this.#cs,
      this.#extensions,
    )
  }

  async newKeyPackage(options) {
    const made = await this.#package(options)
    this.#packages.set(hex(await makeKeyPackageRef(made.publicPackage, this.#cs.hash)), made)
    return encode("mls_key_package", { keyPackage: made.publicPackage })
  }

  async create(groupId, extensions = []) {
    const { publicPackage, privatePackage } = await this.#package()
    this.#state = await createGroup(
      groupId,
      publicPackage,
      privatePackage,
      extensionsOf(extensions),
      this.#cs,
      clientConfig,
    )
  }

  async join(welcome, { tree, psks, follows = false } = {}) {
    const message = decodeWhole(welcome, "mls_welcome")
    const mine = message.welcome.secrets
      .map((s) => this.#packages.get(hex(s.newMember)))
      .find((p) => p !== undefined)
    if (mine === undefined) throw new Error(`the Welcome names no key package of ${this.name}`)
    this.#state = await joinGroup(
      message.welcome,
      mine.publicPackage,
      mine.privatePackage,
      makePskIndex(follows ? this.#state : undefined, pskTable(psks)),
      this.#cs,
      tree && decodeRatchetTree(tree, 0)[0],
      follows ? this.#state : undefined,
      clientConfig,
    )
  }

  #proposal(p) {
    const nonce = () => this.#cs.rng.randomBytes(this.#cs.kdf.size)
    switch (p.type) {
      case "add": {
        const { keyPackage } = decodeWhole(p.keyPackage, "mls_key_package")
        return { proposalType: "add", add: { keyPackage } }
      }
      case "remove":
        return { proposalType: "remove", remove: { removed: p.leaf } }
      case "psk": {
        const preSharedKeyId = { psktype: "external", pskId: p.id, pskNonce: nonce() }
        return { proposalType: "psk", psk: { preSharedKeyId } }
      }
      case "resumption_psk": {
        const preSharedKeyId = {
          psktype: "resumption",
          usage: "application",
          pskGroupId: this.#state.groupContext.groupId,
          pskEpoch: BigInt(p.epoch),
          pskNonce: nonce(),
        }
        return { proposalType: "psk", psk: { preSharedKeyId } }
      }
      case "extensions": {
        const extensions = extensionsOf(p.extensions)
        return { proposalType: "group_context_extensions", groupContextExtensions: { extensions } }
      }
      case "reinit": {
        const { groupId } = p
        const cipherSuite = suiteNames[p.suite]
        const extensions = extensionsOf(p.extensions)
        const reinit = { groupId, version: "mls10", cipherSuite, extensions }
        return { proposalType: "reinit", reinit }
      }
      default:
        throw new Error(`not a type of proposal: ${p.type}`)
    }
  }

  // 1.6.4 has no helper for this: a leaf with a new key, signed for its place, and the private key
  // kept until a commit takes it in.
  async #updateProposal() {
    const { leafIndex } = this.#state.privatePath
    const { leaf } = this.#state.ratchetTree[2 * leafIndex]
    const pair = await this.#cs.hpke.generateKeyPair()
    this.#updateKey = await this.#cs.hpke.exportPrivateKey(pair.privateKey)
    const leafNode = await signLeafNodeCommit(
      {
        leafNodeSource: "update",
        hpkePublicKey: await this.#cs.hpke.exportPublicKey(pair.publicKey),
        signaturePublicKey: leaf.signaturePublicKey,
        credential: leaf.credential,
        capabilities: leaf.capabilities,
        extensions: leaf.extensions,
        groupId: this.#state.groupContext.groupId,
        leafIndex,
      },
      this.#state.signaturePrivateKey,
      this.#cs.signature,
    )
    return { proposalType: "update", update: { leafNode } }
  }

  async propose(proposal, { publicMessage = false } = {}) {
    const made = await createProposal(
      this.#state,
      publicMessage,
      proposal.type === "update" ? await this.#updateProposal() : this.#proposal(proposal),
      this.#cs,
    )
    this.#replace(made)
    return encodeMlsMessage(made.message)
  }

  /** ts-mls decides itself whether there is a path, and takes in all proposals it has kept. */
  async commit(options = {}) {
    const { adds = [], removes = [], proposals = [], treeInWelcome = true } = options
    const made = await createCommit(
      {
        state: this.#state,
        cipherSuite: this.#cs,
        pskIndex: makePskIndex(this.#state, pskTable(options.psks)),
      },
      {
        extraProposals: [
          ...removes.map((leaf) => ({ type: "remove", leaf })),
          ...adds.map((keyPackage) => ({ type: "add", keyPackage })),
          ...proposals,
        ].map((p) => this.#proposal(p)),
        ratchetTreeExtension: treeInWelcome,
        wireAsPublicMessage: options.publicMessage ?? false,
        authenticatedData: options.authenticatedData ?? new Uint8Array(),
        groupInfoExtensions: options.groupInfoExtensions ?? [],
      },
    )
    this.#pending = made
    const welcome = made.welcome && encode("mls_welcome", { welcome: made.welcome })
    return { commit: encodeMlsMessage(made.commit), welcome: welcome ?? new Uint8Array() }
  }

  async merge() {
    this.#replace(this.#pending)
    this.#pending = undefined
  }

  #replace({ newState, consumed }) {
    this.#state = newState
    consumed?.forEach(zeroOutUint8Array)
  }

  async process(message, { psks } = {}) {
    const decoded = decodeWhole(message)
    const index = makePskIndex(this.#state, pskTable(psks))
    if (decoded.wireformat === "mls_public_message") {
      return this.#processPublic(decoded.publicMessage, index)
    }
    if (decoded.wireformat !== "mls_private_message") throw new Error("not for members")
    return this.#processPrivate(decoded.privateMessage, index)
  }

  // Tried first with the key of the own update proposal, which a commit may have taken in.
  async #withUpdateKey(attempt) {
    if (this.#updateKey) {
      const privatePath = updateLeafKey(this.#state.privatePath, this.#updateKey)
      const { leafIndex } = privatePath
      const isOwn = ({ proposal, senderLeafIndex }) =>
        proposal.proposalType === "update" && senderLeafIndex === leafIndex
      let own = false
      const callback = (incoming) => {
        own = incoming.kind === "commit" && incoming.proposals.some(isOwn)
        return "accept"
      }
      const result = await attempt({ ...this.#state, privatePath }, callback).catch(() => undefined)
      if (result && own) {
        this.#updateKey = undefined
        return result
      }
    }
    return attempt(this.#state, acceptAll)
  }

  async #processPublic(publicMessage, index) {
    const result = await this.#withUpdateKey((state, callback) =>
      processPublicMessage(state, publicMessage, index, this.#cs, callback),
    )
    this.#replace(result)
    return {
      kind: publicMessage.content.contentType,
      sender: publicMessage.content.sender.leafIndex,
      authenticatedData: publicMessage.content.authenticatedData,
    }
  }

  // The result has neither sender nor authenticated data: both are read from the message, once
  // processing has shown them to be true.
  async #processPrivate(privateMessage, index) {
    const { epoch } = privateMessage
    const { keySchedule, groupContext } = this.#state
    const secret =
      epoch === groupContext.epoch
        ? keySchedule.senderDataSecret
        : this.#state.historicalReceiverData.get(epoch)?.senderDataSecret
    const header = secret && (await this.#senderData(privateMessage, secret))
    const result = await this.#withUpdateKey((state, callback) =>
      processPrivateMessage(state, privateMessage, index, this.#cs, callback),
    )
    this.#replace(result)
    return {
      kind: privateMessage.contentType,
      sender: header.leafIndex,
      generation: header.generation,
      epoch: Number(epoch),
      authenticatedData: privateMessage.authenticatedData,
      content: result.message,
    }
  }

  async #senderData(privateMessage, secret) {
    return decryptSenderData(privateMessage, secret, this.#cs).catch(() => undefined)
  }

  async send(content, authenticatedData) {
    const made = await createApplicationMessage(this.#state, content, this.#cs, authenticatedData)
    this.#replace(made)
    return encode("mls_private_message", { privateMessage: made.privateMessage })
  }

  async #groupInfo() {
    return createGroupInfoWithExternalPubAndRatchetTree(this.#state, [], this.#cs)
  }

  async groupInfo() {
    return encode("mls_group_info", { groupInfo: await this.#groupInfo() })
  }

  async joinByExternalCommit(groupInfo) {
    const { publicPackage, privatePackage } = await this.#package()
    const made = await joinGroupExternal(
      decodeWhole(groupInfo, "mls_group_info").groupInfo,
      publicPackage,
      privatePackage,
      false,
      this.#cs,
      undefined,
      clientConfig,
    )
    this.#state = made.newState
    return encode("mls_public_message", { publicMessage: made.publicMessage })
  }

  /** Both need the group's GroupInfo, which any member can give. */
  async proposeOwnAdd({ groupInfo }, keyPackage) {
    const { keyPackage: own } = decodeWhole(keyPackage, "mls_key_package")
    const mine = this.#packages.get(hex(await makeKeyPackageRef(own, this.#cs.hash)))
    const info = decodeWhole(groupInfo, "mls_group_info").groupInfo
    const message = await proposeAddExternal(info, own, mine.privatePackage, this.#cs)
    return encodeMlsMessage(message)
  }

  async proposeFromOutside({ groupInfo }, proposal) {
    const message = await proposeExternal(
      decodeWhole(groupInfo, "mls_group_info").groupInfo,
      this.#proposal(proposal),
      this.#keys.publicKey,
      this.#keys.signKey,
      this.#cs,
    )
    return encodeMlsMessage(message)
  }

  async #succeed(found, keyPackages) {
    const { publicPackage, privatePackage } = await this.#package()
    const others = keyPackages.map((k) => decodeWhole(k, "mls_key_package").keyPackage)
    const made = await found(publicPackage, privatePackage, others)
    this.#state = { ...made.newState, clientConfig }
    return {
      welcome: encode("mls_welcome", { welcome: made.welcome }),
      tree: encodeRatchetTree(this.#state.ratchetTree),
    }
  }

  continueReinit(keyPackages) {
    const { groupId, cipherSuite, extensions } = this.#state.groupActiveState.reinit
    return this.#succeed(
      (own, secret, others) =>
        reinitCreateNewGroup(this.#state, own, secret, others, groupId, cipherSuite, extensions),
      keyPackages,
    )
  }

  branch(groupId, keyPackages) {
    return this.#succeed(
      (own, secret, others) =>
        branchGroup(this.#state, own, secret, others, groupId, this.#cs),
      keyPackages,
    )
  }

  async restart() {
    const [state] = decodeGroupState(encodeGroupState(this.#state), 0)
    this.#state = { ...state, clientConfig }
  }

  async signatureKey() {
    return this.#keys.publicKey
  }

  async tree() {
    return encodeRatchetTree(this.#state.ratchetTree)
  }

  async state() {
    const s = this.#state
    if (!s || s.groupActiveState.kind === "removedFromGroup") return { active: false }
    const members = s.ratchetTree.flatMap((node, i) =>
      node?.nodeType === "leaf"
        ? [`${i / 2} ${Buffer.from(node.leaf.credential.identity).toString()}`]
        : [],
    )
    const { exporterSecret, epochAuthenticator } = s.keySchedule
    return {
      active: true,
      groupId: s.groupContext.groupId,
      epoch: Number(s.groupContext.epoch),
      ownLeaf: s.privatePath.leafIndex,
      epochAuthenticator: hex(epochAuthenticator),
      treeHash: hex(s.groupContext.treeHash),
      exporter: hex(await mlsExporter(exporterSecret, "interop", utf8("context"), 48, this.#cs)),
      members,
    }
  }
}
