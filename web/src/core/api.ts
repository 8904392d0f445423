// What the screens see of everything below them: one `Core`, made by `openCore` (core.ts).
//
// All values here are plain data (structured clone), so that the core can run in a worker: ids are
// lower-case hex, times milliseconds since 1970, positions in text UTF-16 code units. Expected
// failures are values, never exceptions; the codes are those of docs/protocol.md. Text of people
// is text: screens put it into text nodes and nothing else. It may hold characters that turn the
// direction of writing or that cannot be seen; show it isolated (dir="auto", unicode-bidi:isolate).
//
// Everything shown has been checked: a message that fails a check never becomes a `MessageView`;
// its group is stopped on this device and says why.

import type {
  AlertStep,
  AlertView,
  ContextView,
  GroupChange,
  OwnAlertView,
  OwnRecord,
  PersonView,
  RequestView,
} from './api_desk.ts'

export interface Failure {
  readonly code: string
  /** One English sentence: what is wrong and what to do. Never text of people or a secret. */
  readonly message: string
}
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure }

export type GroupId = string
export type MessageId = string
export type DeviceId = string
export type AlertId = string
/** Marked words: UTF-16 code units, end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

// ---- the device ------------------------------------------------------------------------------

/**
 * elsewhere   another tab of this browser has the core; `open` waits for it to close
 * unsupported this browser lacks something needed: see `phaseFailure`
 * empty       no device is enrolled here
 * locked      a passphrase is needed
 * requested   keys are made, the certificate of the registrars is still to come
 * ready       unlocked; connected or not
 * failed      the state in this browser is damaged or the disk failed: see `phaseFailure`
 */
export type Phase =
  'elsewhere' | 'unsupported' | 'empty' | 'locked' | 'requested' | 'ready' | 'failed'

/** What a registrar hands out, as a link (in its fragment), a QR code or text. All of it public. */
export interface EnrolmentOffer {
  /** wss://HOST[:PORT] */
  readonly relay: string
  /** C2SP verifier key of the organisation's root. */
  readonly root: string
  readonly organisation: string
  readonly person: string
  readonly name: string
  readonly role: 'officer' | 'supervisor' | 'investigator'
  readonly unit: string
}

export interface DeviceView extends EnrolmentOffer {
  readonly device: DeviceId
  /** SHA-256 of the root key in hex: people compare it with what the registrars print. */
  readonly rootFingerprint: string
  /** The signed request to send to the registrars; null once certified. */
  readonly request: string | null
  readonly certifiedUntil: number | null
}

// ---- connection ------------------------------------------------------------------------------

/** `refused`: the relay will not have this device (see `failure`); it is not tried again by itself. */
export type ConnectionState = 'offline' | 'connecting' | 'catching-up' | 'online' | 'refused'

export interface ConnectionView {
  readonly state: ConnectionState
  readonly failure: Failure | null
  /** When the next attempt is made; null when none is due. */
  readonly retryAt: number | null
  /** While false, messages wait for the check (nothing is delivered unchecked). */
  readonly botPresent: boolean
}

// ---- people and groups -----------------------------------------------------------------------

export interface MemberView {
  readonly device: DeviceId
  readonly person: string
  readonly name: string
  readonly role: string
  readonly unit: string
  readonly leaf: number
  readonly owner: boolean
  /** The compliance bot, at leaf 0. */
  readonly bot: boolean
  readonly self: boolean
  /** The certificate is proven to be in the log, in a checkpoint with the quorum of witnesses. */
  readonly proven: boolean
  readonly revoked: boolean
  readonly validFrom: number
  readonly validUntil: number
}

export interface GroupView {
  readonly id: GroupId
  readonly name: string
  readonly groupClass: string
  readonly unit: string
  readonly epoch: number
  readonly seq: number
  readonly members: readonly MemberView[]
  /** For the permanent line "checked by the compliance bot, since when, key age". */
  readonly bot: {
    readonly device: DeviceId
    readonly name: string
    /** When this device entered the group: it was checked from then on. */
    readonly since: number
    /** not-before of the bot's certificate. */
    readonly keySince: number
  }
  readonly joined: number
  /** What it was called before the newest change of its name. */
  readonly renamed: { readonly from: string; readonly time: number } | null
  /** This device is no longer a member; what it has stays readable. */
  readonly removed: boolean
  /** Set when something of the group failed a check: nothing more is shown or sent in it. */
  readonly stopped: Failure | null
  /** Why own messages wait; null when they do not. */
  readonly waitingFor: string | null
  readonly unread: number
  readonly mentioned: boolean
  /** The newest shown message, for the list. */
  readonly last: {
    readonly name: string
    readonly own: boolean
    readonly text: string
    readonly time: number
  } | null
}

// ---- messages --------------------------------------------------------------------------------

/**
 * waiting    kept on this device, to be encrypted and sent
 * sent       handed to the relay, which has not yet said that it has it
 * checking   the relay has it; the bot's verdict is due
 * delivered  checked, logged, delivered
 * warned     withheld: edit, withdraw, send anyway or dispute
 * blocked    withheld for good: edit or withdraw
 * rejected   refused by relay or bot: edit or withdraw
 */
export type MessageState =
  'waiting' | 'sent' | 'checking' | 'delivered' | 'warned' | 'blocked' | 'rejected'

export interface FindingView {
  readonly rule: string
  readonly category: string
  readonly severity: 'notice' | 'warn' | 'block'
  /** In `MessageView.checkedText`. */
  readonly span: Span
  readonly standard: string
  readonly message: string
  readonly advice: string
}

export interface WarningView {
  readonly block: boolean
  readonly findings: readonly FindingView[]
  readonly issued: number
  readonly expires: number
  /** The bot was told that this warning is wrong. */
  readonly disputed: boolean
  /** Of a block; null while nobody was asked. */
  readonly appeal: AppealView | null
}

/**
 * sent       on its way to the bot; can be sent again
 * received   before the desks
 * approved   can be sent as it is until `until` (resubmit)
 * refused    by a desk, for good
 * not taken  by the bot: see `failure`
 */
export interface AppealView {
  readonly state: 'sent' | 'received' | 'approved' | 'refused' | 'not taken'
  /** What the desk said. */
  readonly decision: string
  readonly until: number | null
  readonly failure: Failure | null
}

export interface ReactionView {
  readonly emoji: string
  readonly names: readonly string[]
  readonly own: boolean
}

export interface PollView {
  readonly question: string
  readonly options: readonly { readonly text: string; readonly names: readonly string[] }[]
  readonly ownVote: number | null
}

/** One line of a conversation: a delivered text or poll with what edits, reactions and votes made of
 * it, or an own message on its way. Edits, reactions, deletions and votes on their way are lines of
 * their own (`kind`) until delivered. */
export interface MessageView {
  readonly id: MessageId
  readonly group: GroupId
  readonly kind: 'text' | 'poll' | 'edit' | 'reaction' | 'deletion' | 'vote' | 'membership'
  readonly state: MessageState
  /** Delivery order; 0 until delivered. */
  readonly seq: number
  readonly time: number
  readonly own: boolean
  readonly device: DeviceId
  readonly person: string
  readonly name: string
  /** The newest text; empty when deleted. */
  readonly text: string
  readonly edited: boolean
  /** As it was released, where it was edited since: what its proof and a report of it are about. */
  readonly first: string | null
  readonly deleted: boolean
  readonly about: MessageId | null
  /** Of a reply: what it answers, as known here. */
  readonly reply: { readonly name: string; readonly text: string } | null
  readonly mentions: readonly string[]
  readonly mentionsMe: boolean
  readonly reactions: readonly ReactionView[]
  readonly poll: PollView | null
  /** Own messages sent past a warning. */
  readonly overridden: boolean
  /** Withheld messages. */
  readonly warning: WarningView | null
  /**
   * What is checked, and what the spans of the findings refer to: the newest text, then poll
   * options, one a line; empty when deleted.
   */
  readonly checkedText: string
  /** Of a rejected message. */
  readonly failure: Failure | null
  /** Of kind membership: one line of what changed. */
  readonly membership: {
    readonly joined: readonly string[]
    readonly left: readonly string[]
    readonly reformed: boolean
    /** Messages before this line that came while this device was away for too long. */
    readonly missed: number
  } | null
}

/** The proof of one delivered message, checked on this device. */
export interface ProofView {
  readonly id: MessageId
  readonly seq: number
  readonly submission: number | null
  readonly overridden: boolean
  /** Own messages: the bot's receipt came and fits what was sent. */
  readonly receipt: boolean
  readonly leafHash: string
  readonly policyDigest: string
  readonly leafIndex: number
  readonly logOrigin: string
  readonly treeSize: number
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
  /** As many witnesses as the statement asks for. */
  readonly quorum: boolean
  /** C2SP tlog-proof, to be saved and checked with other tools. */
  readonly file: string
}

// ---- notice, alarms, alerts ------------------------------------------------------------------

export interface NoticeView {
  readonly version: number
  readonly issued: number
  readonly lines: readonly string[]
  readonly acknowledged: boolean
}

/** Something is wrong with the log or with this person's devices. Kept; told once. */
export interface AlarmView {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly time: number
  readonly group: GroupId | null
  readonly messageId: MessageId | null
  readonly device: DeviceId | null
  readonly seen: boolean
}

// ---- the desk, people, one's own record: api_desk.ts -----------------------------------------

export * from './api_desk.ts'

// ---- the whole -------------------------------------------------------------------------------

/** Small enough to be sent whole at every change. */
export interface CoreState {
  readonly phase: Phase
  readonly phaseFailure: Failure | null
  readonly device: DeviceView | null
  /** Locks after so long without `touch`; 0 = never. */
  readonly idleLockMs: number
  readonly organisation: {
    readonly id: string
    readonly name: string
    readonly example: boolean
    readonly logOrigin: string
    readonly checkpointSize: number
    readonly witnessed: boolean
  } | null
  readonly connection: ConnectionView
  /** The newest version of the policy that is proven to be in the log; null: none is known yet. */
  readonly policy: string | null
  readonly notice: NoticeView | null
  readonly groups: readonly GroupView[]
  readonly alerts: readonly AlertView[]
  readonly alarms: readonly AlarmView[]
  /** Asked of the bot about groups; oldest first. */
  readonly requests: readonly RequestView[]
  /** Alerts about this person that were closed; newest first. */
  readonly ownAlerts: readonly OwnAlertView[]
  /** When the duty to report was mentioned last and not yet put away. */
  readonly dutySince: number | null
  /** Own messages without an outcome. */
  readonly undecided: number
}

export type Change =
  | { readonly type: 'state'; readonly state: CoreState }
  /** Lines that are new or changed; `removed` are no longer there (a withdrawn draft). */
  | {
      readonly type: 'messages'
      readonly group: GroupId
      readonly changed: readonly MessageView[]
      readonly removed: readonly MessageId[]
    }
  /** Another member's new message, for a notification (which shows no content). */
  | { readonly type: 'arrived'; readonly group: GroupId; readonly mentionsMe: boolean }

export interface Page {
  /** Oldest first; own messages on their way last. */
  readonly messages: readonly MessageView[]
  /** There are older ones. */
  readonly more: boolean
}

export interface TextOptions {
  readonly replyTo?: MessageId
  /** Person ids. */
  readonly mentions?: readonly string[]
}

/**
 * All commands return at once when what they did is durable on this device; outcomes come as
 * changes. Commands that need the relay say `disconnected` when there is no connection; messages
 * do not: they wait.
 */
export interface Core {
  subscribe(listener: (change: Change) => void): () => void
  state(): CoreState

  // The device.
  /** Of a link, its fragment, or the text itself. */
  readOffer(text: string): Result<EnrolmentOffer>
  /** Makes keys and the request (`state().device.request`); from empty to requested. */
  enrol(offer: EnrolmentOffer, passphrase: string): Promise<Result<void>>
  /** The certificate as the registrars gave it; from requested to ready. */
  installCertificate(note: string): Promise<Result<void>>
  /** input_invalid when the passphrase is wrong. */
  unlock(passphrase: string): Promise<Result<void>>
  changePassphrase(from: string, to: string): Promise<Result<void>>
  /** Closes the connection and drops keys and text from memory. */
  lock(): Promise<void>
  /** Locks after so long without `touch` (0 = never). Kept on the device. */
  setIdleLock(ms: number): Promise<Result<void>>
  touch(): void
  /** Deletes everything of this device in this browser. The registrars should revoke it. */
  forget(): Promise<Result<void>>

  // The connection is kept up by itself from `ready` on; these override it.
  goOffline(): Promise<void>
  goOnline(): Promise<void>

  // Reading.
  /** Lines before `before` (a seq), newest `limit` of them. */
  messages(group: GroupId, options: { before?: number; limit: number }): Promise<Result<Page>>
  /** Case-folded substring over what this device holds; newest first. */
  search(
    text: string,
    options: { group?: GroupId; limit: number },
  ): Promise<Result<readonly MessageView[]>>
  /** Everything up to the newest shown line was read here. */
  markRead(group: GroupId): Promise<Result<void>>
  composer(group: GroupId): Promise<Result<string>>
  saveComposer(group: GroupId, text: string): Promise<Result<void>>
  /** Asks for and checks the inclusion proof of a delivered message. */
  prove(group: GroupId, id: MessageId): Promise<Result<ProofView>>
  markAlarmsSeen(): Promise<Result<void>>

  // Sending. The id of the new message.
  sendText(group: GroupId, text: string, options?: TextOptions): Promise<Result<MessageId>>
  sendReaction(group: GroupId, about: MessageId, emoji: string): Promise<Result<MessageId>>
  sendPoll(
    group: GroupId,
    question: string,
    options: readonly string[],
  ): Promise<Result<MessageId>>
  sendVote(group: GroupId, about: MessageId, option: number): Promise<Result<MessageId>>
  /** Of an own delivered message: sends an edit. Of a withheld or rejected one: sends `text` in its
   * place. */
  edit(id: MessageId, text: string): Promise<Result<MessageId>>
  /** Of an own delivered message, for everyone. */
  deleteForEveryone(group: GroupId, id: MessageId): Promise<Result<MessageId>>
  /** Drops a withheld or rejected message. */
  withdraw(id: MessageId): Promise<Result<void>>
  /** Sends a warned message anyway; 10 to 500 characters of reason. */
  overrideWarning(id: MessageId, reason: string): Promise<Result<MessageId>>
  /** Tells the bot that its warning is wrong, with or without a reason; the message stays warned. */
  dispute(id: MessageId, reason: string): Promise<Result<MessageId>>
  /** Asks the desks to let a blocked message through; 10 to 500 characters of reason. */
  appeal(id: MessageId, reason: string): Promise<Result<void>>
  /** Sends what was approved as it is, citing the approval. */
  resubmit(id: MessageId): Promise<Result<MessageId>>
  /** To professional standards, past the line; no member and no relay sees whom it is about. */
  report(group: GroupId, id: MessageId, reason: string): Promise<Result<MessageId>>

  acknowledgeNotice(): Promise<Result<void>>
  alertStep(id: AlertId, step: AlertStep): Promise<Result<void>>
  /** Asks for and checks the proof that a reported message is in the log; then in its `proof`. */
  proveReport(id: AlertId): Promise<Result<void>>
  /** A narrow draft: `minutes` around the message, its author's alone unless `everyone`. */
  alertContext(
    id: AlertId,
    options: { minutes: number; everyone: boolean },
  ): Promise<Result<ContextView>>

  // Oneself.
  /** The fragment of a link that enrols another device of this person (`readOffer`). */
  invitation(): Promise<Result<string>>
  ownRecord(): Promise<Result<OwnRecord>>
  dismissDuty(): Promise<Result<void>>

  // Groups and who may be in them.
  /** Certified people whose name, id or unit has `text` in it; the first 50 by name. */
  people(text: string): Promise<Result<readonly PersonView[]>>
  /** The id of the request; what came of it is in `state().requests`. One that was on its way when the
   * connection was lost goes out again by itself. */
  changeGroup(change: GroupChange): Promise<Result<string>>
  /** Forgets the requests that were answered. */
  clearRequests(): Promise<Result<void>>
}
