// One group as a member sees it (client/group_session.h): its MLS state, its chain of release tokens
// and its roster, and the rule that nothing is shown or sent outside them. `accept` takes a
// delivered message through every check in the order of that header; the first that fails names
// itself, and the caller stops the group.
import { openGroupInfo } from './bot_messages.ts'
import { type Bytes, copyOf, fromHex, hex, same, sha256 } from './bytes.ts'
import { commitment, decodeInner, encodeInner } from './content.ts'
import { fault } from './failure.ts'
import type { DeviceKeys } from './keys.ts'
import { type KeyPackageRecord, MlsGroup, type MlsMember, type MlsSuite } from './mls.ts'
import type { Draft, GroupProgress, GroupRecord } from './records.ts'
import {
  type ReleaseToken,
  type Roster,
  type RosterMember,
  checkNext,
  verifyRoster,
  verifyToken,
} from './token.ts'
import type { SeenCheckpoint, Trust } from './trust.ts'
import { type Deliver, SubmissionKind, type WelcomeMail } from './wire/candour_pb.ts'

/** What checking a delivered message needs to know about earlier ones. */
export interface MessageLog {
  seen(group: string, id: string): Promise<boolean>
  ownSubmission(group: string, id: string): { ciphertextHash: string; commitment: string } | null
  senderCounter(group: string, device: string): Promise<number>
}

export interface AcceptedMessage {
  readonly kind: 'message'
  readonly token: ReleaseToken
  /** Null of an own message: it is matched by id with what this device sent. */
  readonly received: {
    readonly sender: string
    readonly counter: number
    readonly time: number
    readonly checkpoint: { origin: string; size: number; root: string }
    readonly content: Bytes
    readonly commitmentKey: Bytes
  } | null
}

export interface AcceptedCommit {
  readonly kind: 'commit'
  readonly token: ReleaseToken
  readonly joined: readonly string[]
  readonly removed: readonly string[]
  readonly selfRemoved: boolean
}

export type Accepted = AcceptedMessage | AcceptedCommit | { readonly kind: 'repeated' }

export interface Encrypted {
  readonly ciphertext: Bytes
  readonly ciphertextHash: string
  readonly epoch: number
}

const noBot = (why: string) =>
  fault(
    'bot_leaf_missing',
    `the group has no compliance bot at leaf 0 (${why}); nothing is sent into it or read from it`,
  )
const wrongToken = (what: string) => fault('token_invalid', `the release token ${what}`)

/**
 * The member is who its leaf says: certified, and by this very key. Whether the certificate has
 * ended or was revoked since is not asked: what is read here may be old.
 */
function checkMember(member: MlsMember, trust: Trust): string {
  const certificate = trust.directory.find(member.device)
  if (certificate === null) {
    throw fault(
      'unknown_device',
      `the member at leaf ${member.leaf}, device ${member.device}, has no certificate`,
    )
  }
  if (!same(certificate.signingKey, member.signatureKey)) {
    throw fault(
      'certificate_invalid',
      `the key at leaf ${member.leaf} is not the certified key of device ${member.device}`,
    )
  }
  return member.device
}

function botOf(mls: MlsGroup): MlsMember {
  const member = mls.member(0)
  if (member === null) throw noBot('the leaf is empty')
  return member
}

function checkBot(mls: MlsGroup, trust: Trust, now: number): void {
  const member = botOf(mls)
  try {
    checkMember(member, trust)
    trust.directory.device(member.device, now)
  } catch (thrown) {
    throw noBot((thrown as Error).message)
  }
  if (!trust.directory.listsBot(member.device)) {
    throw noBot(`device ${member.device} is not a bot of the organisation statement`)
  }
}

function checkRoster(roster: Roster, group: string, mls: MlsGroup, members: readonly MlsMember[]) {
  const wrong = (what: string) => fault('mls_invalid', `the bot's roster ${what}`)
  if (roster.group !== group || !same(roster.mlsGroup, mls.groupId)) {
    throw wrong('is of another group')
  }
  if (roster.epoch !== mls.epoch) {
    throw wrong(`is of epoch ${roster.epoch}, the group is in epoch ${mls.epoch}`)
  }
  const line = (m: { leaf: number; device: string }) => `${m.leaf} ${m.device}`
  const listed = new Set(roster.members.map(line))
  if (listed.size !== members.length || !members.every((m) => listed.has(line(m)))) {
    throw wrong('does not name the members that are in the encryption group')
  }
}

function checkPolicy(token: ReleaseToken, trust: Trust): void {
  if (trust.directory.policyInForce(token.policyDigest)) return
  const known = trust.directory.knowsPolicy(token.policyDigest)
  throw wrongToken(
    `cites policy version ${token.policyDigest}, which is not ` +
      (known ? 'proven to be in the log' : 'in the directory'),
  )
}

export class GroupSession {
  record: GroupRecord
  readonly progress: GroupProgress
  mls: MlsGroup
  /** What changed since it was last kept. */
  changed = { mls: false, record: false, progress: false }
  #roster: Roster | null = null

  constructor(record: GroupRecord, progress: GroupProgress, mls: MlsGroup) {
    this.record = record
    this.progress = progress
    this.mls = mls
  }

  /** Enters a group by the bot's welcome. `before` is how far this device had come in it. */
  static async join(
    mail: WelcomeMail,
    keyPackage: KeyPackageRecord,
    device: { keys: DeviceKeys; suite: MlsSuite },
    trust: Trust,
    before: GroupProgress,
    now: number,
  ): Promise<GroupSession> {
    const group = hex(mail.group)
    const { token: tokenBytes, roster: rosterBytes } = mail
    if (mail.group.length !== 16) throw fault('frame_malformed', 'a welcome names no group')
    const mls = await MlsGroup.join(mail.welcome, keyPackage, device.suite)
    checkBot(mls, trust, now)
    const bot = botOf(mls).signatureKey
    if (tokenBytes.length === 0) {
      throw fault('token_missing', 'a welcome came without a release token')
    }
    const token = await verifyToken(tokenBytes, bot)
    if (token.logOrigin !== trust.logOrigin) {
      throw fault('log_inconsistent', `the welcome's token is of log "${token.logOrigin}"`)
    }
    if (token.group !== group || token.kind !== 'commit' || token.epoch + 1 !== mls.epoch) {
      throw wrongToken('of a welcome is not of the commit that adds this device')
    }
    checkPolicy(token, trust)
    if (token.seq <= before.seq) {
      throw wrongToken('of a welcome is older than what this device has of the group')
    }
    if (token.epoch === 0 && token.seq === before.seq + 1 && token.previous !== before.previous) {
      throw wrongToken('of a group that was formed again does not follow the last one here')
    }
    const roster = await verifyRoster(rosterBytes, bot)
    checkRoster(roster, group, mls, mls.members())
    for (const member of mls.members()) checkMember(member, trust)
    const info = await openGroupInfo(mail.groupInfo, device.keys.sealing, group, bot)
    if (info.groupClass !== roster.groupClass) {
      throw fault('input_invalid', "the welcome's group info and roster differ about the class")
    }
    const botDevice = botOf(mls).device
    const record: GroupRecord = {
      id: group,
      ...info,
      roster: copyOf(rosterBytes),
      bot: botDevice,
      joined: now,
      botSince: trust.directory.find(botDevice)?.notBefore ?? now,
      renamed: null,
      namings: [],
    }
    const progress: GroupProgress = {
      seq: token.seq,
      previous: token.hash,
      counter: before.counter,
      stopped: null,
      removed: false,
      lost: false,
      logOrigin: token.logOrigin,
    }
    const session = new GroupSession(record, progress, mls)
    session.changed = { mls: true, record: true, progress: true }
    session.#roster = roster
    return session
  }

  botKey(): Bytes {
    return botOf(this.mls).signatureKey
  }

  /** As `members`, of a session that has been asked once. */
  get knownMembers(): readonly RosterMember[] {
    return this.#roster?.members ?? []
  }

  async members(): Promise<readonly RosterMember[]> {
    this.#roster ??= await verifyRoster(this.record.roster, this.botKey())
    return this.#roster.members
  }

  async #checkToken(delivered: Deliver, trust: Trust): Promise<ReleaseToken> {
    if (delivered.token.length === 0) {
      throw fault(
        'token_missing',
        `message ${delivered.seq} of the group came without the bot's release token`,
      )
    }
    const token = await verifyToken(delivered.token, this.botKey())
    if (token.logOrigin !== trust.logOrigin) {
      throw fault(
        'log_inconsistent',
        `the release token is of log "${token.logOrigin}", not of this organisation's`,
      )
    }
    const { bot } = this.record
    if (trust.directory.revoked.has(bot)) throw wrongToken(`is of bot ${bot}, which was revoked`)
    if (!trust.directory.listsBot(bot)) {
      throw wrongToken(`is of bot ${bot}, which the organisation statement no longer lists`)
    }
    checkPolicy(token, trust)
    checkNext(token, { group: this.record.id, ...this.progress })
    if (token.ciphertextHash !== hex(sha256(delivered.ciphertext))) {
      throw wrongToken('is over another ciphertext')
    }
    if (token.messageId !== hex(delivered.messageId)) throw wrongToken('is of another message id')
    if (token.epoch !== this.mls.epoch) {
      throw wrongToken(`is of epoch ${token.epoch}, the group is in epoch ${this.mls.epoch}`)
    }
    const kind = delivered.kind === SubmissionKind.COMMIT ? 'commit' : 'application'
    if (kind !== token.kind) throw wrongToken('is of another kind of message')
    return token
  }

  async accept(delivered: Deliver, trust: Trust, log: MessageLog): Promise<Accepted> {
    if (this.progress.stopped !== null) {
      throw fault('group_stopped', this.progress.stopped.message)
    }
    if (delivered.seq !== 0n && delivered.seq <= BigInt(this.progress.seq)) {
      return { kind: 'repeated' }
    }
    const token = await this.#checkToken(delivered, trust)
    return token.kind === 'commit'
      ? this.#acceptCommit(delivered, token, trust)
      : this.#acceptMessage(delivered, token, trust, log)
  }

  async #acceptMessage(
    delivered: Deliver,
    token: ReleaseToken,
    trust: Trust,
    log: MessageLog,
  ): Promise<AcceptedMessage> {
    const group = this.record.id
    const own = log.ownSubmission(group, token.messageId)
    let received: AcceptedMessage['received'] = null
    let next = this.mls
    if (own !== null) {
      if (own.ciphertextHash !== token.ciphertextHash) {
        throw wrongToken('is over other bytes than this device sent under that id')
      }
      if (own.commitment !== token.contentCommitment) {
        throw wrongToken('commits to another content than this device sent')
      }
    } else {
      const opened = await this.mls.unprotect(delivered.ciphertext)
      next = opened.next
      const sender = checkMember(opened.received.sender, trust)
      if (hex(opened.received.authenticatedData) !== token.messageId) {
        throw fault('mls_invalid', "the message's authenticated data is not its message id")
      }
      const inner = decodeInner(opened.received.content)
      if (commitment(inner.commitmentKey, inner.content) !== token.contentCommitment) {
        throw wrongToken('commits to another content than the message has')
      }
      const last = await log.senderCounter(group, sender)
      if (inner.counter <= last) {
        throw fault(
          'mls_invalid',
          `the sender's counter ${inner.counter} does not follow ${last}: an old message was ` +
            'sent again',
        )
      }
      received = { ...inner, sender }
    }
    if (await log.seen(group, token.messageId)) {
      throw fault('message_id_reused', `message id ${token.messageId} was delivered before`)
    }
    if (next !== this.mls) {
      this.mls = next
      this.changed.mls = true
    }
    this.#advance(token)
    return { kind: 'message', token, received }
  }

  async #acceptCommit(
    delivered: Deliver,
    token: ReleaseToken,
    trust: Trust,
  ): Promise<AcceptedCommit> {
    const staged = await this.mls.stage(delivered.ciphertext)
    if (hex(staged.authenticatedData) !== token.messageId) {
      throw fault('mls_invalid', "the commit's authenticated data is not its message id")
    }
    for (const member of staged.added) checkMember(member, trust)
    const roster = await verifyRoster(delivered.roster, this.botKey())
    // Of a commit that removes this device only the members are known, not the next epoch's keys.
    if (!staged.selfRemoved) {
      checkRoster(roster, this.record.id, staged.next, staged.next.members())
    }
    this.mls = staged.next
    const { groupClass } = roster
    this.record = { ...this.record, groupClass, roster: copyOf(delivered.roster) }
    this.#roster = roster
    this.progress.removed = staged.selfRemoved
    this.changed.mls = true
    this.changed.record = true
    this.#advance(token)
    return {
      kind: 'commit',
      token,
      joined: staged.added.map((m) => m.device),
      removed: staged.removed.map((m) => m.device),
      selfRemoved: staged.selfRemoved,
    }
  }

  #advance(token: ReleaseToken): void {
    this.progress.seq = token.seq
    this.progress.previous = token.hash
    this.changed.progress = true
  }

  /** Asked before every message. */
  checkMaySend(trust: Trust, now: number): void {
    const { name } = this.record
    if (this.progress.stopped !== null) {
      const why = this.progress.stopped.message
      throw fault('group_stopped', `this device stopped the group "${name}": ${why}`)
    }
    if (this.progress.removed || !this.mls.active) {
      throw fault('not_a_member', `this device is no longer a member of "${name}"`)
    }
    checkBot(this.mls, trust, now)
  }

  /** Uses up a generation: keep the session before the ciphertext leaves the device. */
  async encrypt(draft: Draft, seen: SeenCheckpoint, now: number): Promise<Encrypted> {
    const counter = this.progress.counter + 1
    const inner = encodeInner({
      content: draft.content,
      counter,
      time: now,
      checkpoint: seen,
      commitmentKey: draft.commitmentKey,
    })
    const { epoch } = this.mls
    const { next, message } = await this.mls.protect(inner, fromHex(draft.id) as Bytes)
    this.mls = next
    this.progress.counter = counter
    this.changed.mls = true
    this.changed.progress = true
    return { ciphertext: message, ciphertextHash: hex(sha256(message)), epoch }
  }

  /** Nothing is accepted or sent from here on. */
  stop(reason: { code: string; message: string }): void {
    if (this.progress.stopped !== null) return
    this.progress.stopped = { code: reason.code, message: reason.message }
    this.changed.progress = true
  }
  /** As the bot told in this mail, which counts once: nothing of the encryption changes. */
  rename(name: string, time: number, mail: string): void {
    const { name: from, namings } = this.record
    if (namings.includes(mail)) return
    const changed = name !== from && !this.progress.removed ? { name, renamed: { from, time } } : {}
    this.record = { ...this.record, ...changed, namings: [...namings, mail] }
    this.changed.record = true
  }
  /** What was seen of the group before this device was added to it again. */
  goOnFrom(before: GroupRecord): void {
    this.record = { ...this.record, namings: before.namings }
    this.changed.record = true
  }
  leave(): void {
    this.progress.removed = true
    this.changed.progress = true
  }
}
