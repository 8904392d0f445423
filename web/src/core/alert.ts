// Alerts and the steps taken on them (client/messages/alert.h).
import { Reader, Writer } from './codec.ts'
import { type Bytes, concat, fromHex, sha256, utf8 } from './bytes.ts'
import { decodeContent } from './content.ts'
import { fault } from './failure.ts'
import { boxOpen, openSealedBox, sealedBox } from './hpke.ts'
import { contentSizeMax } from './limits.ts'
import { type SigningKey, verifyLabelled } from './keys.ts'

const version = 3
const bad = (what: string) => fault('input_invalid', `${what} is malformed`)

export const outcomes = [
  '',
  'warned',
  'blocked',
  'overridden',
  'reported',
  'released',
  'appealed',
] as const
export const states = ['open', 'acknowledged', 'assigned', 'escalated', 'closed'] as const
export const actions = [
  '',
  'acknowledge',
  'assign',
  'escalate',
  'close',
  'share',
  'raise',
  'remind',
  'overdue',
  'want',
  'sample',
  'returned',
  'repeat',
  'approve',
  'refuse',
] as const
export const resolutions = [
  '',
  'advice-given',
  'training',
  'referred',
  'no-action',
  'false-positive',
  'approved',
  'refused',
] as const
export const actionClose = 4
export const actionShare = 5
export const actionWant = 9
export const actionRepeat = 12
export const stateClosed = 4
export const outcomeReported = 4
export const outcomeAppealed = 6

export interface AlertSubject {
  readonly pseudonym: string
  readonly device: string
  readonly person: string
  readonly name: string
}

export interface AlertBody {
  readonly time: number
  readonly group: string
  readonly groupName: string
  readonly category: string
  readonly severity: number
  readonly serious: boolean
  readonly rule: string
  readonly standard: string
  readonly messageId: string
  readonly subject: AlertSubject
  readonly outcome: number
  readonly justification: string
  readonly excerpt: string
  /** Bytes of UTF-8 in the excerpt. */
  readonly start: number
  readonly end: number
  readonly earlier: { readonly all: number; readonly actedUpon: number; readonly dismissed: number }
  /** Of a report: what it carries to prove itself (client/messages/report_proof.h). */
  readonly proof: Bytes
  /** Of an appeal: the whole of the message that was blocked. */
  readonly appeal: AppealedContent | null
}

export interface AppealedContent {
  /** Encoded Content. */
  readonly content: Bytes
  readonly commitmentKey: Bytes
  /** Of the signed warning that blocked it. */
  readonly warningHash: string
}

export interface AlertUpdate {
  readonly action: number
  readonly time: number
  readonly state: number
  readonly resolution: number
  readonly device: string
  readonly person: string
  readonly argument: string
  readonly to: string
  readonly subject: AlertSubject
  /** Messages like the alert's so far that raised none of their own. */
  readonly repeats: number
}

const readSubject = (r: Reader): AlertSubject => ({
  pseudonym: r.text(),
  device: r.id(32),
  person: r.text(),
  name: r.text(),
})

/** For professional standards only, wherever there are any. */
export const goesPastLine = (body: AlertBody): boolean =>
  body.outcome === outcomeReported || body.category === 'reprisal'

export const isKnown = (subject: AlertSubject): boolean =>
  subject.person !== '' || !/^0*$/.test(subject.device)

function readAppeal(body: Reader): AppealedContent | null {
  const bytes = body.vec()
  if (bytes.length === 0) return null
  const r = new Reader(bytes)
  const appeal = {
    content: r.vec(contentSizeMax),
    commitmentKey: r.raw(32),
    warningHash: r.id(32),
  }
  if (!r.finish()) body.fail()
  else decodeContent(appeal.content) // what cannot be shown cannot be decided about
  return appeal
}

export function decodeAlertBody(bytes: Uint8Array): AlertBody {
  const r = new Reader(bytes)
  const ours = r.u8() === version
  const time = r.u64()
  const group = r.id(16)
  const groupName = r.text()
  const category = r.text()
  const severity = r.u8()
  const serious = r.u8()
  const body = {
    time,
    group,
    groupName,
    category,
    severity,
    serious: serious === 1,
    rule: r.text(),
    standard: r.text(),
    messageId: r.id(16),
    subject: readSubject(r),
    outcome: r.u8(),
    justification: r.text(),
    excerpt: r.text(),
    start: r.u32(),
    end: r.u32(),
    earlier: { all: r.u32(), actedUpon: r.u32(), dismissed: r.u32() },
    proof: r.vec(),
    appeal: readAppeal(r),
  }
  const outside = body.start > body.end || body.end > utf8(body.excerpt).length
  if (!ours || !r.finish() || severity < 1 || severity > 3 || serious > 1 || outside) {
    throw bad('the alert')
  }
  const known = body.outcome >= 1 && body.outcome < outcomes.length
  if (!known || (body.appeal !== null) !== (body.outcome === outcomeAppealed)) {
    throw bad('the alert')
  }
  return body
}

function decodeAlertUpdate(bytes: Uint8Array): AlertUpdate {
  const r = new Reader(bytes)
  const ours = r.u8() === version
  const update = {
    action: r.u8(),
    time: r.u64(),
    state: r.u8(),
    resolution: r.u8(),
    device: r.id(32),
    person: r.text(),
    argument: r.text(),
    to: r.id(32),
    subject: readSubject(r),
    repeats: r.u32(),
  }
  const known =
    actions[update.action] && states[update.state] && resolutions[update.resolution] !== undefined
  if (!ours || !r.finish() || !known) throw bad('the alert update')
  return update
}

export interface AlertMail {
  readonly id: string
  readonly update: boolean
  readonly envelope: Bytes
  readonly ciphertext: Bytes
  readonly signature: Bytes
}

export function parseAlertMail(bytes: Uint8Array): AlertMail {
  const r = new Reader(bytes)
  const ours = r.u8() === version
  const type = r.u8()
  const id = r.id(16)
  const envelope = type === 1 ? r.vec() : new Uint8Array()
  const ciphertext = r.vec()
  const signature = r.raw(64)
  if (!ours || type < 1 || type > 2 || !r.finish()) throw bad('the alert mail')
  return { id, update: type === 2, envelope, ciphertext, signature }
}

async function checkSignature(mail: AlertMail, bot: Uint8Array): Promise<void> {
  const label = mail.update ? 'candour alert update v1' : 'candour alert v1'
  const signed = concat(fromHex(mail.id) as Bytes, sha256(mail.ciphertext))
  if (await verifyLabelled(bot, label, signed, mail.signature)) return
  throw fault('signature_invalid', `the mail about alert ${mail.id} is not signed by the bot`)
}

export async function openAlert(
  mail: AlertMail,
  mine: CryptoKeyPair,
  bot: Uint8Array,
): Promise<{ keys: Bytes; body: Bytes }> {
  await checkSignature(mail, bot)
  const id = fromHex(mail.id) as Bytes
  const keys = await openSealedBox(mine, 'candour alert v1', id, mail.envelope)
  if (keys.length !== 64) throw bad("the alert's envelope")
  const body = boxOpen(keys.subarray(0, 32), id, mail.ciphertext)
  decodeAlertBody(body)
  return { keys, body }
}

export async function openAlertUpdate(
  mail: AlertMail,
  keys: Uint8Array,
  bot: Uint8Array,
): Promise<AlertUpdate> {
  await checkSignature(mail, bot)
  const context = concat(fromHex(mail.id) as Bytes, utf8(' update'))
  return decodeAlertUpdate(boxOpen(keys.subarray(32), context, mail.ciphertext))
}

/** The alert's keys for another desk. */
export const wrapAlertKeys = (id: string, keys: Uint8Array, to: Uint8Array): Promise<Bytes> =>
  sealedBox(to, 'candour alert v1', fromHex(id) as Bytes, keys)

export async function signAlertStep(
  step: {
    alert: string
    action: number
    resolution: number
    argument: string
    to: string
    envelope: Bytes
    device: string
    time: number
  },
  key: SigningKey,
): Promise<Bytes> {
  const body = new Writer()
    .u8(version)
    .id(step.alert)
    .u8(step.action)
    .u8(step.resolution)
    .vec(step.argument)
    .id(step.to)
    .vec(step.envelope)
    .id(step.device)
    .u64(step.time)
    .take()
  return concat(body, await key.signLabelled('candour alert step v1', body))
}
