// Records as the screens see them (api.ts).
import * as alert from './alert.ts'
import type {
  AlertState,
  AlertView,
  AppealView,
  Decision,
  FindingView,
  MessageState,
  MessageView,
  OwnAlertView,
  PollView,
  ReactionView,
  ReportView,
  Resolution,
  WarningView,
} from './api.ts'
import { type Finding, decodeFindings } from './bot_messages.ts'
import { type Content, checkable, decodeContent } from './content.ts'
import type { AlertRecord, Draft, DraftAppeal, OwnClosedAlert, Row } from './records.ts'
import { readProof } from './report.ts'
import { spanInText } from './text.ts'

const severities = ['', 'notice', 'warn', 'block'] as const
type Severity = 'notice' | 'warn' | 'block'
const severityOf = (n: number): Severity => (severities[n] ?? 'warn') as Severity

export interface Viewer {
  readonly device: string
  readonly person: string
  readonly name: string
}

const findingView = (finding: Finding, text: string): FindingView => ({
  rule: finding.rule,
  category: finding.category,
  severity: severityOf(finding.severity),
  // What does not lie on borders of characters marks the whole text rather than nothing.
  span: spanInText(text, finding.start, finding.end) ?? { start: 0, end: text.length },
  standard: finding.standard,
  message: finding.message,
  advice: finding.advice,
})

function warningView(draft: Draft, text: string): WarningView | null {
  if (draft.findings === null) return null
  return {
    block: draft.state === 'blocked',
    findings: decodeFindings(draft.findings).map((finding) => findingView(finding, text)),
    issued: draft.issued,
    expires: draft.expires,
    disputed: draft.disputed,
    appeal: appealView(draft.appeal),
  }
}

function appealView(appeal: DraftAppeal | null): AppealView | null {
  if (appeal === null) return null
  const { state, decision, approval, expires, failure } = appeal
  return { state, decision, until: approval === null ? null : expires, failure }
}

function draftState(draft: Draft): MessageState {
  if (draft.state === 'queued') return 'waiting'
  if (draft.state === 'submitted') return draft.submission > 0 ? 'checking' : 'sent'
  return draft.state
}

const mainText = (content: Content): string =>
  content.type === 'poll'
    ? content.question
    : content.type === 'reaction'
      ? content.emoji
      : 'text' in content
        ? content.text
        : ''

const aboutOf = (content: Content): string | null =>
  content.type === 'text' ? content.replyTo : 'about' in content ? content.about : null

function basics(content: Content, viewer: Viewer) {
  const mentions = content.type === 'text' ? content.mentions : []
  return {
    kind: content.type,
    about: aboutOf(content),
    mentions,
    mentionsMe: mentions.includes(viewer.person),
  }
}

const emptyPoll = (content: Content): PollView | null =>
  content.type !== 'poll'
    ? null
    : {
        question: content.question,
        options: content.options.map((text) => ({ text, names: [] })),
        ownVote: null,
      }

export type Quote = { readonly name: string; readonly text: string } | null

export function viewOfDraft(draft: Draft, viewer: Viewer, reply: Quote): MessageView {
  // What carries a report may be sealed to the bot; shown is what it is about.
  const content: Content =
    draft.field.type === 'report'
      ? { type: 'reaction', about: draft.field.reported, emoji: '\u2691' }
      : decodeContent(draft.content)
  const checkedText = checkable(content)
  return {
    ...basics(content, viewer),
    ...viewer,
    id: draft.id,
    group: draft.group,
    state: draftState(draft),
    seq: 0,
    time: draft.time,
    own: true,
    text: mainText(content),
    edited: false,
    first: null,
    deleted: false,
    reply,
    reactions: [],
    poll: emptyPoll(content),
    overridden: draft.field.type === 'override',
    warning: warningView(draft, checkedText),
    checkedText,
    failure: draft.failure,
    membership: null,
  }
}

function pollView(row: Row, content: Content, viewer: Viewer): PollView | null {
  if (content.type !== 'poll') return null
  const of = (option: number) => row.votes.filter((vote) => vote.option === option)
  return {
    question: content.question,
    options: content.options.map((text, i) => ({ text, names: of(i).map((vote) => vote.name) })),
    ownVote: row.votes.find((vote) => vote.person === viewer.person)?.option ?? null,
  }
}

function reactionViews(row: Row, viewer: Viewer): readonly ReactionView[] {
  const emojis = [...new Set(row.reactions.map((reaction) => reaction.emoji))]
  return emojis.map((emoji) => {
    const by = row.reactions.filter((reaction) => reaction.emoji === emoji)
    return {
      emoji,
      names: by.map((reaction) => reaction.name),
      own: by.some((reaction) => reaction.person === viewer.person),
    }
  })
}

export const textOfRow = (row: Row): string => {
  if (row.deleted || row.membership !== null) return ''
  return row.edited ?? mainText(decodeContent(row.content))
}

/** Rows that are lines of a conversation; edits and the like only change other rows. */
export const isLine = (row: Row): boolean => {
  if (row.membership !== null) return true
  const { type } = decodeContent(row.content)
  return type === 'text' || type === 'poll'
}

export function viewOfRow(row: Row, viewer: Viewer, reply: Quote): MessageView {
  const content: Content | null = row.membership === null ? decodeContent(row.content) : null
  const shape = content
    ? basics(content, viewer)
    : { kind: 'membership' as const, about: null, mentions: [], mentionsMe: false }
  return {
    ...shape,
    id: row.id,
    group: row.group,
    state: 'delivered',
    seq: row.seq,
    time: row.time,
    own: row.own,
    device: row.device,
    person: row.person,
    name: row.name,
    text: textOfRow(row),
    edited: row.edited !== null && !row.deleted,
    first: content && row.edited !== null && !row.deleted ? mainText(content) : null,
    deleted: row.deleted,
    reply,
    reactions: row.deleted ? [] : reactionViews(row, viewer),
    poll: content && !row.deleted ? pollView(row, content, viewer) : null,
    overridden: row.overridden,
    warning: null,
    checkedText: content === null || row.deleted ? '' : (row.edited ?? checkable(content)),
    failure: null,
    membership: row.membership,
  }
}

function reportView(record: AlertRecord, body: alert.AlertBody): ReportView | null {
  if (record.checks === null) return null
  const proof = readProof(body.proof)
  const { leaf, ...checks } = record.checks
  // Content that does not decode was found not to hold; the excerpt is all there is to show.
  const text = proof !== null && checks.content ? checkable(decodeContent(proof.content)) : ''
  return { ...checks, text, claimedTime: proof?.time ?? null, logged: record.logged }
}

export function viewOfOwnAlert({ messageId, resolution, closed, alert: about }: OwnClosedAlert): OwnAlertView {
  const { raised, group, category, severity, rule, standard, outcome } = about
  return {
    messageId,
    group,
    raised,
    closed,
    category,
    severity: severityOf(severity),
    rule,
    standard,
    outcome: (alert.outcomes[outcome] ?? 'warned') as AlertView['outcome'],
    resolution: (alert.resolutions[resolution] || 'no-action') as Resolution | Decision,
  }
}

export function viewOfAlert(record: AlertRecord): AlertView {
  const body = alert.decodeAlertBody(record.body)
  const subject = record.revealed ?? body.subject
  const last = record.steps[record.steps.length - 1]
  const stateOf = (n: number) => (alert.states[n] ?? 'open') as AlertState
  return {
    id: record.id,
    state: stateOf(last?.state ?? 0),
    time: body.time,
    group: body.group,
    groupName: body.groupName,
    category: body.category,
    severity: severityOf(body.severity),
    serious: body.serious,
    rule: body.rule,
    standard: body.standard,
    messageId: body.messageId,
    subject: { pseudonym: subject.pseudonym, person: subject.person, name: subject.name },
    outcome: (alert.outcomes[body.outcome] ?? 'warned') as AlertView['outcome'],
    justification: body.justification,
    excerpt: body.excerpt,
    span: spanInText(body.excerpt, body.start, body.end) ?? { start: 0, end: body.excerpt.length },
    earlier: body.earlier,
    refused: record.refused,
    proof: reportView(record, body),
    appealed: body.appeal && checkable(decodeContent(body.appeal.content)),
    repeats: record.repeats,
    steps: record.steps.map((step) => ({
      time: step.time,
      action: alert.actions[step.action] ?? '',
      state: stateOf(step.state),
      resolution: (alert.resolutions[step.resolution] || null) as Resolution | Decision | null,
      person: step.person,
      argument: step.argument,
    })),
  }
}
