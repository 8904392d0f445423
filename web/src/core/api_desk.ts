// The part of the core's face (api.ts) that is about alerts, about what people ask of other people, and
// about one's own record.
import type { AlertId, Failure, GroupId, MessageId, Span } from './api.ts'

// ---- alerts ----------------------------------------------------------------------------------

export type AlertState = 'open' | 'acknowledged' | 'assigned' | 'escalated' | 'closed'
export type Resolution =
  'advice-given' | 'training' | 'referred' | 'no-action' | 'false-positive'
/** How an appeal was decided. */
export type Decision = 'approved' | 'refused'

export interface AlertView {
  readonly id: AlertId
  readonly state: AlertState
  readonly time: number
  readonly group: GroupId
  readonly groupName: string
  readonly category: string
  readonly severity: 'notice' | 'warn' | 'block'
  readonly serious: boolean
  readonly rule: string
  readonly standard: string
  readonly messageId: MessageId
  readonly subject: {
    /** Shown in place of the name while that is not to be known. */
    readonly pseudonym: string
    readonly person: string
    readonly name: string
  }
  readonly outcome: 'warned' | 'blocked' | 'overridden' | 'reported' | 'released' | 'appealed'
  readonly justification: string
  readonly excerpt: string
  readonly span: Span
  readonly earlier: { readonly all: number; readonly actedUpon: number; readonly dismissed: number }
  /** The last step from this device, where the bot did not take it. */
  readonly refused: Failure | null
  /** Of a report: what it proves by itself. */
  readonly proof: ReportView | null
  /** Of an appeal: all of the message that was blocked. */
  readonly appealed: string | null
  /** Messages like it, of the same person in the same group, that raised no alert of their own. */
  readonly repeats: number
  readonly steps: readonly {
    readonly time: number
    readonly action: string
    readonly state: AlertState
    readonly resolution: Resolution | Decision | null
    /** Empty: the bot. */
    readonly person: string
    readonly argument: string
  }[]
}

/** What a report brought, and which of its checks held on this device. */
export interface ReportView {
  /** All of the reported message. */
  readonly text: string
  /** When it was sent, by the reporter's device: no check covers it. Null: not readable. */
  readonly claimedTime: number | null
  /** A bot of the organisation released it. */
  readonly token: boolean
  /** The words are those that were released. */
  readonly content: boolean
  /** It is this message of this group. */
  readonly place: boolean
  /** The bot and the reporter's device name the same sender. */
  readonly sender: boolean
  /** Its place in the log, once asked for (`proveReport`). */
  readonly logged: { readonly index: number; readonly size: number } | null
}

/** The scope of a warrant for what was said around an alert's message, as a draft. */
export interface ContextView {
  readonly from: number
  readonly until: number
  /** Of a report: the period rests on what the reporter's device says. */
  readonly claimed: boolean
  readonly group: string
  /** Null: everybody in the group. */
  readonly author: string | null
  /** For `candourctl warrant draft --from-file`. */
  readonly draft: string
}

export type AlertStep =
  | { readonly action: 'acknowledge' }
  | { readonly action: 'assign'; readonly person: string }
  | { readonly action: 'escalate'; readonly reason: string }
  | { readonly action: 'close'; readonly resolution: Resolution; readonly note: string }
  /** Of an appeal, and nothing else closes one; a reason is needed to refuse. */
  | { readonly action: 'approve'; readonly reason: string }
  | { readonly action: 'refuse'; readonly reason: string }

// ---- people and changes of groups ------------------------------------------------------------

export interface PersonView {
  readonly person: string
  readonly name: string
  readonly role: string
  readonly unit: string
}

export const groupClasses = ['ordinary', 'statement', 'training', 'privileged', 'sensitive'] as const
export type GroupClass = (typeof groupClasses)[number]

/** What is asked of the bot; people by their ids, with all their devices. */
export type GroupChange =
  | {
      readonly action: 'create'
      readonly name: string
      readonly groupClass: GroupClass
      readonly people: readonly string[]
    }
  | { readonly action: 'rename'; readonly group: GroupId; readonly name: string }
  | { readonly action: 'class'; readonly group: GroupId; readonly groupClass: GroupClass }
  /** `owners`: all that there shall be. */
  | {
      readonly action: 'add' | 'remove' | 'owners'
      readonly group: GroupId
      readonly people: readonly string[]
    }
  | { readonly action: 'leave'; readonly group: GroupId }

export interface RequestView {
  readonly id: string
  readonly action: GroupChange['action']
  readonly group: GroupId
  readonly name: string
  readonly time: number
  readonly state: 'asked' | 'done' | 'refused'
  /** Of a refusal. */
  readonly failure: Failure | null
}

// ---- one's own record ------------------------------------------------------------------------

/** An alert about this person, once closed; never of reports, nor of what was referred. */
export interface OwnAlertView {
  readonly messageId: MessageId
  readonly group: GroupId
  readonly raised: number
  readonly closed: number
  readonly category: string
  readonly severity: 'notice' | 'warn' | 'block'
  readonly rule: string
  readonly standard: string
  readonly outcome: AlertView['outcome']
  readonly resolution: Resolution | Decision
}

export interface OwnRecord {
  readonly messages: number
  readonly overridden: number
  readonly warnings: readonly {
    readonly id: MessageId
    readonly group: GroupId
    readonly time: number
    readonly block: boolean
    readonly disputed: boolean
    /** approved: by a desk; cleared: the bot found nothing any more when it was told so. */
    readonly outcome: 'open' | 'withdrawn' | 'edited' | 'overridden' | 'approved' | 'cleared'
    readonly rules: readonly string[]
  }[]
  /** All of it as JSON lines, with this device's messages in the clear. */
  readonly file: string
}
