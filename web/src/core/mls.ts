// MLS by ts-mls: one group as a value that is replaced after each success, never changed in place.
//
// What ts-mls leaves to its callers is done here (../shared/design and client/mls: the rules of
// mls::Policy::candour): only the member at leaf 0 commits, and only adds and removes; everything
// is a PrivateMessage of this very group and epoch; each leaf's credential is the SHA-256 of its
// key; sender and authenticated data are read from the message, and believed once processing has
// shown them to be true.
import {
  type ClientConfig,
  type ClientState,
  type CiphersuiteImpl,
  type KeyPackage,
  type LeafNode,
  type PrivateKeyPackage,
  type PrivateMessage,
  createApplicationMessage,
  decodeGroupState,
  decodeMlsMessage,
  defaultKeyPackageEqualityConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeGroupState,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
  zeroOutUint8Array,
} from 'ts-mls'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { decryptSenderData } from 'ts-mls/privateMessage.js'

import { type Bytes, copyOf, fromHex, hex, same } from './bytes.ts'
import { CandourError, fault } from './failure.ts'
import { type SigningKey, deviceOf, verify } from './keys.ts'
import { clockSkewMs, pastEpochsMax, ratchetForwardStepsMax, skippedGenerationsMax } from './limits.ts'

const suiteName = 'MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519'
const lifetimeMs = 180 * 24 * 3600 * 1000
/** Of a key package (MLS Extensions). */
const lastResortExtension = 10

const clientConfig: ClientConfig = {
  keyRetentionConfig: {
    retainKeysForEpochs: pastEpochsMax,
    retainKeysForGenerations: skippedGenerationsMax,
    maximumForwardRatchetSteps: ratchetForwardStepsMax,
  },
  // A commit may be read long after it was made: lifetimes are the bot's to check.
  lifetimeConfig: { maximumTotalLifetime: 400n * 24n * 3600n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: defaultPaddingConfig,
  authService: {
    async validateCredential(credential, signatureKey) {
      if (credential.credentialType !== 'basic') return false
      return hex(credential.identity) === deviceOf(signatureKey)
    },
  },
}

const invalid = (message: string) => fault('mls_invalid', message)

/** Errors of the library as ours; its messages name rules, not content. */
function mlsError(what: string, thrown: unknown): CandourError {
  if (thrown instanceof CandourError) return thrown
  const why = thrown instanceof Error ? thrown.message : 'unknown reason'
  const forged = thrown instanceof Error && thrown.name === 'CryptoVerificationError'
  const sealed = /tag|decrypt|open/i.test(why)
  const code = forged ? 'signature_invalid' : sealed ? 'decryption_failed' : 'mls_invalid'
  return fault(code, `${what}: ${why}`)
}

export interface MlsMember {
  readonly leaf: number
  readonly device: string
  readonly signatureKey: Bytes
}

export interface KeyPackageRecord {
  readonly keyPackage: Bytes
  readonly initKey: Bytes
  readonly leafKey: Bytes
  readonly made: number
  /** Handed out again and again when no other is left. */
  readonly lastResort: boolean
}

export interface Unprotected {
  readonly sender: MlsMember
  readonly authenticatedData: Bytes
  readonly content: Bytes
}

export interface StagedCommit {
  readonly next: MlsGroup
  readonly authenticatedData: Bytes
  readonly added: readonly MlsMember[]
  readonly removed: readonly MlsMember[]
  readonly selfRemoved: boolean
}

/** The suite with this device's own key: ts-mls passes a handle around, never the key. */
export class MlsSuite {
  readonly impl: CiphersuiteImpl
  readonly handle: Bytes

  private constructor(impl: CiphersuiteImpl, handle: Bytes) {
    this.impl = impl
    this.handle = handle
  }

  static async make(key: SigningKey): Promise<MlsSuite> {
    const base = await getCiphersuiteImpl(getCiphersuiteFromName(suiteName))
    const signature = {
      async sign(handle: Uint8Array, message: Uint8Array) {
        if (!same(handle, key.publicKey)) throw fault('internal', 'a key of another device')
        return key.sign(message)
      },
      verify,
      keygen(): Promise<never> {
        throw fault('internal', 'leaf keys are certified, not made on the way')
      },
    }
    return new MlsSuite({ ...base, signature }, key.publicKey)
  }

  /** A key package for this device and its reference. */
  async makeKeyPackage(
    notAfter: number,
    now: number,
    lastResort: boolean,
  ): Promise<{ reference: string; record: KeyPackageRecord }> {
    const seconds = (ms: number) => BigInt(Math.floor(ms / 1000))
    const mark = { extensionType: lastResortExtension, extensionData: new Uint8Array() }
    const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
      { credentialType: 'basic', identity: fromHex(deviceOf(this.handle)) as Bytes },
      {
        versions: ['mls10'],
        ciphersuites: [suiteName],
        extensions: lastResort ? [lastResortExtension] : [],
        proposals: [],
        credentials: ['basic'],
      },
      { notBefore: seconds(now - clockSkewMs), notAfter: seconds(Math.min(notAfter, now + lifetimeMs)) },
      lastResort ? [mark] : [],
      { signKey: this.handle, publicKey: this.handle },
      this.impl,
    )
    const keyPackage = copyOf(
      encodeMlsMessage({
        version: 'mls10',
        wireformat: 'mls_key_package',
        keyPackage: publicPackage,
      }),
    )
    const record = {
      keyPackage,
      initKey: copyOf(privatePackage.initPrivateKey),
      leafKey: copyOf(privatePackage.hpkePrivateKey),
      made: now,
      lastResort,
    }
    return { reference: hex(await makeKeyPackageRef(publicPackage, this.impl.hash)), record }
  }
}

function decodeWhole(bytes: Uint8Array) {
  let decoded: ReturnType<typeof decodeMlsMessage>
  try {
    decoded = decodeMlsMessage(bytes, 0)
  } catch (thrown) {
    throw mlsError('an MLS message does not decode', thrown)
  }
  if (decoded === undefined || decoded[1] !== bytes.length) {
    throw invalid('an MLS message does not decode, or bytes follow it')
  }
  return decoded[0]
}

function decodeWelcome(bytes: Uint8Array) {
  const message = decodeWhole(bytes)
  if (message.wireformat !== 'mls_welcome') throw invalid('a welcome is another MLS message')
  return message.welcome
}

/** The key packages a Welcome is for. */
export const welcomeReferences = (welcome: Uint8Array): readonly string[] =>
  decodeWelcome(welcome).secrets.map((secret) => hex(secret.newMember))

function memberOf(leaf: number, node: LeafNode): MlsMember {
  if (node.credential.credentialType !== 'basic') {
    throw invalid(`leaf ${leaf} does not name a device`)
  }
  const { identity } = node.credential
  if (identity.length !== 32) throw invalid(`leaf ${leaf} does not name a device`)
  return { leaf, device: hex(identity), signatureKey: copyOf(node.signaturePublicKey) }
}

export class MlsGroup {
  readonly #state: ClientState
  readonly #suite: MlsSuite

  private constructor(state: ClientState, suite: MlsSuite) {
    this.#state = state
    this.#suite = suite
  }

  static async join(
    welcome: Uint8Array,
    mine: KeyPackageRecord,
    suite: MlsSuite,
  ): Promise<MlsGroup> {
    const message = decodeWhole(mine.keyPackage)
    if (message.wireformat !== 'mls_key_package') {
      throw fault('state_damaged', 'a kept key package does not decode')
    }
    const own: KeyPackage = message.keyPackage
    const secret: PrivateKeyPackage = {
      initPrivateKey: mine.initKey,
      hpkePrivateKey: mine.leafKey,
      signaturePrivateKey: suite.handle,
    }
    try {
      const state = await joinGroup(
        decodeWelcome(welcome),
        own,
        secret,
        emptyPskIndex,
        suite.impl,
        undefined,
        undefined,
        clientConfig,
      )
      return new MlsGroup(state, suite)
    } catch (thrown) {
      throw mlsError('the welcome does not stand', thrown)
    }
  }

  static restore(saved: Uint8Array, suite: MlsSuite): MlsGroup {
    const decoded = decodeGroupState(saved, 0)
    if (decoded === undefined || decoded[1] !== saved.length) {
      throw fault('state_damaged', 'the encryption state of a group does not decode')
    }
    return new MlsGroup({ ...decoded[0], clientConfig }, suite)
  }

  save(): Bytes {
    return copyOf(encodeGroupState(this.#state))
  }
  get groupId(): Bytes {
    return copyOf(this.#state.groupContext.groupId)
  }
  get epoch(): number {
    return Number(this.#state.groupContext.epoch)
  }
  get ownLeaf(): number {
    return this.#state.privatePath.leafIndex
  }
  get active(): boolean {
    return this.#state.groupActiveState.kind === 'active'
  }

  members(): readonly MlsMember[] {
    return this.#state.ratchetTree.flatMap((node, i) =>
      node?.nodeType === 'leaf' ? [memberOf(i / 2, node.leaf)] : [],
    )
  }
  member(leaf: number): MlsMember | null {
    const node = this.#state.ratchetTree[2 * leaf]
    return node?.nodeType === 'leaf' ? memberOf(leaf, node.leaf) : null
  }

  /** Uses up a generation: the group returned is to be kept before the bytes leave the device. */
  async protect(
    content: Uint8Array,
    authenticatedData: Uint8Array,
  ): Promise<{ next: MlsGroup; message: Bytes }> {
    const made = await createApplicationMessage(
      this.#state,
      content,
      this.#suite.impl,
      authenticatedData,
    )
    made.consumed.forEach(zeroOutUint8Array)
    const message = encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_private_message',
      privateMessage: made.privateMessage,
    })
    return { next: new MlsGroup(made.newState, this.#suite), message: copyOf(message) }
  }

  #privateMessage(bytes: Uint8Array): PrivateMessage {
    const message = decodeWhole(bytes)
    if (message.wireformat !== 'mls_private_message') {
      throw invalid('a message of members is not a PrivateMessage')
    }
    const { groupId, epoch } = message.privateMessage
    if (!same(groupId, this.#state.groupContext.groupId)) {
      throw invalid('the message is of another MLS group')
    }
    if (epoch !== this.#state.groupContext.epoch) {
      throw invalid(`the message is of epoch ${epoch}, the group is in epoch ${this.epoch}`)
    }
    return message.privateMessage
  }

  async #senderLeaf(message: PrivateMessage): Promise<number> {
    const { senderDataSecret } = this.#state.keySchedule
    const data = await decryptSenderData(message, senderDataSecret, this.#suite.impl)
    if (data === undefined) throw invalid('the sender data do not decode')
    if (data.leafIndex === this.ownLeaf) throw invalid('the message claims to be of this device')
    return data.leafIndex
  }

  async unprotect(bytes: Uint8Array): Promise<{ next: MlsGroup; received: Unprotected }> {
    const message = this.#privateMessage(bytes)
    try {
      if (message.contentType !== 'application') throw invalid('not an application message')
      const leaf = await this.#senderLeaf(message)
      const result = await processPrivateMessage(
        this.#state,
        message,
        emptyPskIndex,
        this.#suite.impl,
        () => 'reject',
      )
      if (result.kind !== 'applicationMessage') throw invalid('not an application message')
      result.consumed.forEach(zeroOutUint8Array)
      const sender = this.member(leaf)
      if (sender === null) throw invalid('the sender is not a member')
      const authenticatedData = copyOf(message.authenticatedData)
      const received = { sender, authenticatedData, content: copyOf(result.message) }
      return { next: new MlsGroup(result.newState, this.#suite), received }
    } catch (thrown) {
      throw mlsError('the message does not open', thrown)
    }
  }

  /** What a commit leads to; this group stays as it is. */
  async stage(bytes: Uint8Array): Promise<StagedCommit> {
    const message = this.#privateMessage(bytes)
    let refused: string | null = 'it is no commit'
    try {
      if (message.contentType !== 'commit') throw invalid('not a commit')
      const leaf = await this.#senderLeaf(message)
      const result = await processPrivateMessage(
        this.#state,
        message,
        emptyPskIndex,
        this.#suite.impl,
        (incoming) => {
          refused = null
          if (incoming.kind !== 'commit') refused = 'it is no commit'
          else if (leaf !== 0 || incoming.senderLeafIndex !== 0) refused = 'the bot did not make it'
          else {
            for (const { proposal } of incoming.proposals) {
              const removesBot =
                proposal.proposalType === 'remove' && proposal.remove.removed === 0
              const allowed =
                proposal.proposalType === 'add' || proposal.proposalType === 'remove'
              if (removesBot || !allowed) refused = 'it does more than add and remove members'
            }
          }
          return refused === null ? 'accept' : 'reject'
        },
      )
      if (refused !== null || result.kind !== 'newState') {
        throw invalid(`the commit is not permitted: ${refused}`)
      }
      const next = new MlsGroup(result.newState, this.#suite)
      const before = this.members()
      const after = next.members()
      const has = (list: readonly MlsMember[], m: MlsMember) =>
        list.some((other) => other.leaf === m.leaf && other.device === m.device)
      return {
        next,
        authenticatedData: copyOf(message.authenticatedData),
        added: after.filter((m) => !has(before, m)),
        removed: before.filter((m) => !has(after, m)),
        selfRemoved: !next.active,
      }
    } catch (thrown) {
      throw mlsError('the commit does not stand', thrown)
    }
  }
}
