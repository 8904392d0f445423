// What a device remembers (client/records.h), as plain values for the store.
import type { EnrolmentOffer } from './api.ts'
import type { BotField } from './bot_messages.ts'
import type { Bytes } from './bytes.ts'
import type { OwnAlert } from './own_alert.ts'
import type { ReportChecks } from './report.ts'

export interface Profile extends EnrolmentOffer {
  readonly idleLockMs: number
}

/** What a group is. Changes with each commit. */
export interface GroupRecord {
  readonly id: string
  readonly name: string
  readonly groupClass: string
  readonly unit: string
  /** As signed by the bot. */
  readonly roster: Bytes
  readonly bot: string
  readonly joined: number
  readonly botSince: number
  /** What it was called before the newest change of its name. */
  readonly renamed: { readonly from: string; readonly time: number } | null
  /** Hashes of the mail that named it: nothing in a name says which is newer. */
  readonly namings: readonly string[]
}

/** How far a group has come. Changes with each message. */
export interface GroupProgress {
  seq: number
  previous: string
  /** Last sender's counter this device used. */
  counter: number
  stopped: { code: string; message: string } | null
  removed: boolean
  /** Messages of it are missed for good: it waits to be added anew. */
  lost: boolean
  logOrigin: string
}

/**
 * queued     to be encrypted (again)
 * submitted  sent, no outcome yet: see the outbox
 */
export type DraftState = 'queued' | 'submitted' | 'warned' | 'blocked' | 'rejected'

export interface KeptReceipt {
  readonly seq: number
  readonly submission: number
  readonly leafHash: string
  readonly opening: Bytes
  readonly overridden: boolean
}

/** How far the appeal of a blocked message is. */
export interface DraftAppeal {
  /** `not taken`: the bot refused it, see `failure`; the others say what is known. */
  readonly state: 'sent' | 'received' | 'approved' | 'refused' | 'not taken'
  /** The message its warning names. */
  readonly appealed: string
  /** To be sent again while the bot has not answered. */
  readonly signed: Bytes
  readonly approval: Bytes | null
  /** Of the approval. */
  readonly expires: number
  /** What the desk said. */
  readonly decision: string
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** A warning this device got, for its owner's own record. */
export interface OwnWarning {
  readonly id: string
  readonly group: string
  readonly time: number
  readonly block: boolean
  readonly disputed: boolean
  /** approved: by a desk; cleared: the bot found nothing any more when it was told so. */
  readonly outcome: 'open' | 'withdrawn' | 'edited' | 'overridden' | 'approved' | 'cleared'
  readonly findings: Bytes
  readonly signedWarning: Bytes
}

/** An alert about this device's owner that was closed. */
export interface OwnClosedAlert {
  readonly messageId: string
  readonly resolution: number
  readonly closed: number
  readonly alert: OwnAlert
}

/** Something asked of the bot about a group. */
export interface RequestRecord {
  readonly id: string
  readonly action: 'create' | 'rename' | 'class' | 'add' | 'remove' | 'owners' | 'leave'
  readonly group: string
  /** What the group is, or shall be, called. */
  readonly name: string
  readonly time: number
  readonly state: 'asked' | 'done' | 'refused'
  /** To be sent again while the bot has not answered. */
  readonly signed: Bytes
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** A message of this device until its outcome is final. */
export interface Draft {
  readonly id: string
  readonly group: string
  readonly order: number
  state: DraftState
  readonly time: number
  /** Encoded content; the commitment is over exactly these bytes. */
  readonly content: Bytes
  readonly commitmentKey: Bytes
  field: BotField
  /** The warned draft it overrides or disputes. */
  original: string | null
  /** The relay said that it has it. */
  submission: number
  signedWarning: Bytes | null
  findings: Bytes | null
  issued: number
  expires: number
  /** Withheld, and the bot was told that this is wrong. */
  disputed: boolean
  /** Of a block. */
  appeal: DraftAppeal | null
  failure: { code: string; message: string } | null
  /** That came before the message itself. */
  receipt: KeptReceipt | null
}

/** The exact bytes of a submission: a retry sends these and no others. */
export interface OutboxItem {
  readonly id: string
  readonly order: number
  readonly group: string
  readonly epoch: number
  /** The group's own counter in it: of two, the higher one was encrypted later. */
  readonly counter: number
  readonly ciphertextHash: string
  readonly commitment: string
  /** Encoded Submit. */
  readonly submit: Bytes
}

/** A released message, and what later ones made of it. */
export interface Row {
  readonly id: string
  readonly group: string
  readonly seq: number
  readonly submission: number
  readonly time: number
  readonly device: string
  readonly person: string
  readonly name: string
  readonly own: boolean
  readonly overridden: boolean
  readonly token: Bytes
  receipt: KeptReceipt | null
  readonly content: Bytes
  /** With content and token: a report proves itself. Empty for commits. */
  readonly commitmentKey: Bytes
  /** Of texts: by their author, afterwards. */
  edited: string | null
  deleted: boolean
  reactions: readonly { person: string; name: string; emoji: string }[]
  votes: readonly { person: string; name: string; option: number }[]
  /** Of commits. */
  membership: {
    readonly joined: readonly string[]
    readonly left: readonly string[]
    readonly reformed: boolean
    /** Messages before this that this device will never have. */
    readonly missed: number
  } | null
}

export interface AlertStepSeen {
  readonly time: number
  readonly action: number
  readonly state: number
  readonly resolution: number
  readonly person: string
  readonly argument: string
}

export interface AlertRecord {
  readonly id: string
  readonly keys: Bytes
  readonly bot: string
  /** Encoded AlertBody. */
  readonly body: Bytes
  readonly revealed: {
    readonly pseudonym: string
    readonly device: string
    readonly person: string
    readonly name: string
  } | null
  /** Of a report: what its proof showed when it came. */
  readonly checks: ReportChecks | null
  /** Of a report: where the log has it, once somebody asked. */
  readonly logged: { readonly index: number; readonly size: number } | null
  /** The last own step, where the bot did not take it. */
  readonly refused: { readonly code: string; readonly message: string } | null
  /** The mail of the last own step; empty before one. */
  readonly stepMail: string
  /** Desks that came later and are to get it from here. */
  readonly wanted: readonly string[]
  /** More messages like it. */
  readonly repeats: number
  readonly steps: readonly AlertStepSeen[]
  /** Hashes of the updates taken so far. */
  readonly updates: readonly string[]
}

/** One leaf that must come to be in the log. */
export interface WatchRecord {
  readonly leaf: string
  readonly kind: 'own' | 'received' | 'report'
  readonly group: string
  readonly message: string
  readonly since: number
  waitedMs: number
  refused: boolean
  late: boolean
  receipt: boolean
  included: boolean
  index: number
  size: number
}

/** Something a person must hear of once and can read again later. */
export interface AlarmRecord {
  readonly subject: string
  seen: boolean
  readonly time: number
  readonly code: string
  readonly message: string
  readonly messageId: string | null
  readonly group: string | null
  readonly device: string | null
}
