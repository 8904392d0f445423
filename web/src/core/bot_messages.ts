// What a member and the bot say to each other past the group: the bot's field of a submission, mail
// to the bot, replies, group info (client/messages/bot_field.h, to_bot.h, reply.h, group_info.h).
import { Reader, Writer } from './codec.ts'
import { type Bytes, concat, fromHex, hex, sha256, utf8 } from './bytes.ts'
import { fault } from './failure.ts'
import { type ClosedAlert, decodeClosedAlerts } from './own_alert.ts'
import { openSealedBox, sealedBox, sealedBoxOverhead } from './hpke.ts'
import { type SigningKey, verifyLabelled } from './keys.ts'
import {
  botFieldPlaintextSize,
  groupNameSizeMax,
  justificationMax,
  justificationMin,
  replyPlaintextSize,
} from './limits.ts'
import { isWellFormed, trimmedCodePoints } from './text.ts'

const ids = (...parts: readonly string[]): Bytes =>
  concat(...parts.map((id) => fromHex(id) as Bytes))

// ---- the bot's field -------------------------------------------------------------------------

export type BotField =
  | { readonly type: 'nothing' }
  | { readonly type: 'override' | 'dispute'; readonly warning: Bytes; readonly reason: string }
  | {
      readonly type: 'report'
      readonly reported: string
      readonly reason: string
      /** What the report proves (report.ts); empty where the submission itself carries it. */
      readonly proof: Bytes
    }
  | { readonly type: 'approval'; readonly warning: Bytes; readonly approval: Bytes }

export function checkJustification(text: string): void {
  const length = reasonLength(text)
  if (length >= justificationMin && length <= justificationMax) return
  throw fault(
    'justification_invalid',
    `the reason has ${length} characters; give ${justificationMin} to ${justificationMax}`,
  )
}

/** The same for a reason that may be left out or short. */
export function checkOptionalReason(text: string): void {
  const length = reasonLength(text)
  if (length <= justificationMax) return
  throw fault(
    'justification_invalid',
    `the reason has ${length} characters; give at most ${justificationMax}`,
  )
}

function reasonLength(text: string): number {
  if (isWellFormed(text)) return trimmedCodePoints(text)
  throw fault('justification_invalid', 'the reason is not valid text')
}

/** Whether a report's field holds its proof. */
export const botFieldHolds = (reason: string, proof: Bytes): boolean =>
  6 + 16 + 4 + utf8(reason).length + 4 + proof.length <= botFieldPlaintextSize

export function encodeBotField(field: BotField): Bytes {
  const body = new Writer()
  if ('warning' in field) body.vec(field.warning)
  if (field.type === 'report') body.id(field.reported)
  if ('reason' in field) body.vec(field.reason)
  if (field.type === 'report') body.vec(field.proof)
  if (field.type === 'approval') body.vec(field.approval)
  const type = { nothing: 0, override: 1, dispute: 2, report: 3, approval: 4 }[field.type]
  const used = new Writer().u8(1).u8(type).vec(body.take()).take()
  if (used.length > botFieldPlaintextSize) {
    throw fault('justification_invalid', 'the reason is too long; shorten it')
  }
  const plaintext = new Uint8Array(botFieldPlaintextSize)
  plaintext.set(used)
  return plaintext
}

export const sealBotField = (
  field: BotField,
  bot: Uint8Array,
  ciphertextHash: string,
  group: string,
  messageId: string,
): Promise<Bytes> =>
  sealedBox(
    bot,
    'candour bot field v1',
    ids(ciphertextHash, group, messageId),
    encodeBotField(field),
  )

// ---- mail to the bot -------------------------------------------------------------------------

const toBotTypes = {
  'alert step': 1,
  'failure report': 3,
  appeal: 5,
  'member request': 6,
  'lost group': 7,
} as const
export type ToBotType = keyof typeof toBotTypes

export const sealToBot = (
  type: ToBotType,
  body: Uint8Array,
  bot: Uint8Array,
  mailId: string,
): Promise<Bytes> => {
  const plaintext = new Writer().u8(1).u8(toBotTypes[type]).raw(body).take()
  return sealedBox(bot, 'candour bot mail v1', ids(mailId), plaintext)
}

/** That a released commit did not process here. */
export async function signFailureReport(
  report: { group: string; epoch: number; messageId: string; device: string; time: number },
  key: SigningKey,
): Promise<Bytes> {
  const body = new Writer()
    .id(report.group)
    .u64(report.epoch)
    .id(report.messageId)
    .id(report.device)
    .u64(report.time)
    .take()
  return concat(body, await key.signLabelled('candour failure report v1', body))
}

/** That messages of the group which this device missed are gone. */
export async function signLostReport(
  report: { group: string; seq: number; device: string; time: number },
  key: SigningKey,
): Promise<Bytes> {
  const body = new Writer()
    .id(report.group)
    .u64(report.seq)
    .id(report.device)
    .u64(report.time)
    .take()
  return concat(body, await key.signLabelled('candour lost group v1', body))
}

// ---- replies ---------------------------------------------------------------------------------

export interface Finding {
  readonly rule: string
  readonly category: string
  readonly severity: number
  /** Bytes of UTF-8. */
  readonly start: number
  readonly end: number
  readonly standard: string
  readonly message: string
  readonly advice: string
}

export interface Receipt {
  readonly seq: number
  readonly submission: number
  readonly leafHash: string
  readonly opening: Bytes
  readonly overridden: boolean
  /** Improper conduct is to be challenged and reported: said once in a while. */
  readonly mentionDuty: boolean
  readonly closed: readonly ClosedAlert[]
}

export type Reply =
  | { readonly type: 'receipt'; readonly receipt: Receipt }
  | {
      readonly type: 'warning'
      readonly block: boolean
      readonly signedWarning: Bytes
      readonly findings: Bytes
    }
  | { readonly type: 'rejected'; readonly code: string; readonly message: string }

const badReply = (what: string) =>
  fault('input_invalid', `the bot's reply is malformed: ${what}`)

function decodeReplyBody(type: number, body: Uint8Array): Reply {
  const r = new Reader(body)
  if (type === 1) {
    const seq = r.u64()
    const submission = r.u64()
    const leafHash = r.id(32)
    const opening = r.vec()
    const flags = r.u8()
    const closed = r.vec()
    if (!r.finish() || flags > 3) throw badReply('its receipt')
    const receipt = {
      seq,
      submission,
      leafHash,
      opening,
      overridden: (flags & 1) === 1,
      mentionDuty: (flags & 2) === 2,
      closed: decodeClosedAlerts(closed),
    }
    return { type: 'receipt', receipt }
  }
  if (type === 2 || type === 3) {
    const reply = {
      type: 'warning' as const,
      block: type === 3,
      signedWarning: r.vec(),
      findings: r.vec(),
    }
    if (!r.finish()) throw badReply('its warning')
    return reply
  }
  const rejected = { type: 'rejected' as const, code: r.text(), message: r.text() }
  if (!r.finish()) throw badReply('its rejection')
  return rejected
}

export async function openReply(
  sealed: Uint8Array,
  mine: CryptoKeyPair,
  group: string,
  messageId: string,
  bot: Uint8Array,
): Promise<Reply> {
  if (sealed.length !== replyPlaintextSize + sealedBoxOverhead) throw badReply('its size')
  const about = ids(group, messageId)
  const plaintext = await openSealedBox(mine, 'candour reply v1', about, sealed)
  const r = new Reader(plaintext)
  const version = r.u8()
  const type = r.u8()
  const body = r.vec()
  const signature = r.raw(64)
  if (!r.ok || version !== 1 || type < 1 || type > 4) {
    throw badReply('not version 1, of an unknown type, or cut off')
  }
  if (r.rest().some((byte) => byte !== 0)) throw badReply('its padding is not zero')
  const signed = concat(about, Uint8Array.of(type), body)
  if (!(await verifyLabelled(bot, 'candour reply v1', signed, signature))) {
    throw fault('signature_invalid', `the reply to message ${messageId} is not signed by the bot`)
  }
  return decodeReplyBody(type, body)
}

export interface Warning {
  readonly group: string
  readonly messageId: string
  readonly device: string
  readonly contentCommitment: string
  readonly policyDigest: string
  readonly issued: number
  readonly expires: number
  readonly block: boolean
  readonly findingsHash: string
}

export async function verifyWarning(signed: Uint8Array, bot: Uint8Array): Promise<Warning> {
  const bad = (what: string) => fault('warning_invalid', `the warning is not valid: ${what}`)
  const outer = new Reader(signed)
  const body = outer.vec()
  const signature = outer.raw(64)
  if (!outer.finish()) throw bad('it is malformed')
  if (!(await verifyLabelled(bot, 'candour warning v1', body, signature))) {
    throw bad('it is not signed by this bot')
  }
  const r = new Reader(body)
  const version = r.u8()
  const warning = {
    group: r.id(16),
    messageId: r.id(16),
    device: r.id(32),
    contentCommitment: r.id(32),
    policyDigest: r.id(32),
    issued: r.u64(),
    expires: r.u64(),
  }
  const verdict = r.u8()
  const findingsHash = r.id(32)
  if (version !== 1 || !r.finish() || verdict < 2 || verdict > 3) throw bad('its body is malformed')
  return { ...warning, block: verdict === 3, findingsHash }
}

export const findingsHash = (findings: Uint8Array): string => hex(sha256(findings))

export function decodeFindings(bytes: Uint8Array): readonly Finding[] {
  const r = new Reader(bytes)
  const count = r.u8()
  const findings: Finding[] = []
  for (let i = 0; i < count && r.ok; ++i) {
    const finding = {
      rule: r.text(),
      category: r.text(),
      severity: r.u8(),
      start: r.u32(),
      end: r.u32(),
      standard: r.text(),
      message: r.text(),
      advice: r.text(),
    }
    if (finding.severity < 1 || finding.severity > 3 || finding.start > finding.end) r.fail()
    findings.push(finding)
  }
  if (!r.finish()) throw badReply('its findings')
  return findings
}

// ---- group info ------------------------------------------------------------------------------

export interface GroupInfo {
  readonly name: string
  readonly groupClass: string
  readonly unit: string
}

export async function openGroupInfo(
  sealed: Uint8Array,
  mine: CryptoKeyPair,
  group: string,
  bot: Uint8Array,
): Promise<GroupInfo> {
  const label = 'candour group info v1'
  const plaintext = await openSealedBox(mine, label, ids(group), sealed)
  const r = new Reader(plaintext)
  const version = r.u8()
  const of = r.id(16)
  const info = {
    name: r.text(groupNameSizeMax),
    groupClass: r.text(groupNameSizeMax),
    unit: r.text(groupNameSizeMax),
  }
  const signed = plaintext.subarray(0, plaintext.length - r.left)
  const signature = r.raw(64)
  if (version !== 1 || !r.finish() || of !== group) {
    throw fault('input_invalid', `the group info for group ${group} is malformed`)
  }
  if (!(await verifyLabelled(bot, label, signed, signature))) {
    throw fault('signature_invalid', `the group info for group ${group} is not signed by its bot`)
  }
  return info
}
