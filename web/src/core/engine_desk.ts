// What a person does beside writing: answering warnings, acknowledging the notice, handling alerts;
// and the upkeep of key packages and proofs.
import * as alert from './alert.ts'
import type { AlertStep } from './api.ts'
import { type ToBotType, botFieldHolds, checkJustification, sealToBot } from './bot_messages.ts'
import { hex, randomBytes } from './bytes.ts'
import { type Content, decodeContent, encodeChecked, encodeContent } from './content.ts'
import { dropDraft } from './engine_receive.ts'
import { endWarning } from './engine_record.ts'
import { enqueue, newDraft, writable } from './engine_send.ts'
import type { Engine } from './engine.ts'
import { codeOf, fault, isFinal, isLost } from './failure.ts'
import type { GroupSession } from './group_session.ts'
import { keyPackagesGoal } from './limits.ts'
import { type Named, mentionsAfter } from './mentions.ts'
import { signNoticeAck } from './notice.ts'
import type { AlertRecord, Draft } from './records.ts'
import { encodeParcel, encodeProof } from './report.ts'
import { mayName } from './text.ts'
import { changesAnother, checkChange } from './timeline.ts'

/** Appeals are decided elsewhere (engine_people.ts). */
export type DeskStep = Exclude<AlertStep, { action: 'approve' | 'refuse' }>

const shareEveryMs = 2_000
const refillRetryMs = 1_000
// A flag: what members would see of a report if it were ever released, which it is not.
const reportMark = '\u2691'

// ---- own messages ----------------------------------------------------------------------------

/** Keeps a new message; it goes out when it can. */
export async function send(e: Engine, group: string, content: Content): Promise<string> {
  writable(e, group)
  if (changesAnother(content)) {
    checkChange(content, e.profile.person, await e.store.row(group, content.about))
  }
  const bytes = encodeChecked(content)
  let id = ''
  await e.keepAndSubmit(() => {
    const draft = newDraft(e, group, bytes)
    id = draft.id
    enqueue(e, draft)
  })
  return id
}

/** Whether the same text, past its warning, disputed or approved, is to go out or may be with the bot. */
export const answerUnderWay = (e: Engine, id: string): boolean =>
  [...e.drafts.values()].some(
    ({ original, state }) => original === id && (state === 'queued' || state === 'submitted'),
  )

/** What is withheld, to be answered, once. */
export function withheld(e: Engine, id: string): Draft {
  const draft = e.drafts.get(id)
  if (draft === undefined) throw fault('not_found', 'there is no such message on its way')
  if (draft.state === 'submitted') {
    throw fault('input_invalid', 'the message is with the bot; wait for its outcome')
  }
  if (e.outbox.has(id)) {
    throw fault('input_invalid', 'the message may be with the bot; wait for its outcome')
  }
  if (answerUnderWay(e, id)) {
    throw fault('input_invalid', 'an answer to its warning is on its way; wait for its outcome')
  }
  return draft
}

const peopleIn = (e: Engine, session: GroupSession): readonly Named[] =>
  session.mls.members().flatMap(({ device }) => e.trust.directory.find(device) ?? [])

export async function edit(e: Engine, id: string, text: string): Promise<string> {
  if (e.drafts.has(id)) {
    const old = withheld(e, id)
    const session = writable(e, old.group)
    const before = decodeContent(old.content)
    const content: Content =
      before.type === 'poll'
        ? { ...before, question: text }
        : before.type === 'text'
          ? { ...before, text, mentions: mentionsAfter(before, text, peopleIn(e, session)) }
          : before.type === 'edit'
            ? { ...before, text }
            : before
    const bytes = encodeChecked(content)
    let edited = ''
    await e.keepAndSubmit(async () => {
      await endWarning(e, id, 'edited')
      const draft = newDraft(e, old.group, bytes)
      edited = draft.id
      dropDraft(e, id)
      e.queued.delete(id)
      enqueue(e, draft)
    })
    return edited
  }
  const row = await e.store.rowIn(e.groups.keys(), id)
  if (row === null) throw fault('not_found', 'there is no such message')
  return send(e, row.group, { type: 'edit', about: id, text })
}

export async function withdraw(e: Engine, id: string): Promise<void> {
  withheld(e, id)
  await e.keep(async () => {
    await endWarning(e, id, 'withdrawn')
    dropDraft(e, id)
    e.queued.delete(id)
  })
}

export async function answerWarning(
  e: Engine,
  id: string,
  type: 'override' | 'dispute',
  reason: string,
): Promise<string> {
  const warned = withheld(e, id)
  writable(e, warned.group)
  if (type === 'override' || reason !== '') checkJustification(reason)
  const { signedWarning } = warned
  if (signedWarning === null) {
    throw fault('warning_invalid', 'the message has no warning to answer')
  }
  if (type === 'override' && warned.state !== 'warned') {
    throw fault(
      'warning_invalid',
      `the message was ${warned.state}, not warned; only a warned message can be sent anyway`,
    )
  }
  if (warned.expires <= e.now()) {
    throw fault(
      'warning_invalid',
      'the warning has expired; send the message again to get a new one',
    )
  }
  let answer = ''
  await e.keepAndSubmit(() => {
    // The same content under the same commitment: what was warned about is what is sent.
    const draft = { ...newDraft(e, warned.group, warned.content) }
    enqueue(e, {
      ...draft,
      commitmentKey: warned.commitmentKey,
      original: id,
      field: { type, warning: signedWarning, reason },
    })
    answer = draft.id
    e.touch(warned.group, id)
  })
  return answer
}

export async function report(
  e: Engine,
  group: string,
  id: string,
  reason: string,
): Promise<string> {
  const row = await e.store.row(group, id)
  if (row === null) throw fault('not_found', 'there is no such message')
  checkJustification(reason)
  if (row.commitmentKey.length === 0) {
    throw fault('input_invalid', 'only a message of a person can be reported')
  }
  const session = writable(e, group)
  const bot = e.trust.directory.device(session.record.bot, e.now())
  const cover = encodeContent({ type: 'reaction', about: id, emoji: reportMark })
  let carrier = ''
  await e.keepAndSubmit(async () => {
    let draft = newDraft(e, group, cover)
    carrier = draft.id
    let proof = encodeProof(row)
    if (!botFieldHolds(reason, proof)) {
      const content = await encodeParcel(proof, bot.sealingKey, group, draft.id)
      draft = { ...draft, content }
      proof = new Uint8Array()
    }
    draft.field = { type: 'report', reported: id, reason, proof }
    enqueue(e, draft)
  })
  return carrier
}

// ---- the bot, the notice ---------------------------------------------------------------------

export async function sendToBot(
  e: Engine,
  type: ToBotType,
  body: Uint8Array,
  mailId = randomBytes(16),
): Promise<void> {
  const connection = e.needConnection()
  const bot = e.trust.directory.bot(e.now())
  const sealed = await sealToBot(type, body, bot.sealingKey, hex(mailId))
  await connection.request({ case: 'botMail', value: { mailId, sealed } })
}

export async function acknowledgeNotice(e: Engine): Promise<void> {
  const connection = e.needConnection()
  const { notice } = e.trust.directory
  if (notice === null) throw fault('not_found', 'the organisation has no monitoring notice')
  const object = await signNoticeAck(notice.digest, e.keys.device, e.now(), e.keys.signing)
  await connection.request({ case: 'noticeAck', value: { object } })
  await e.keepAndSubmit(() => {
    e.setNoticeAcknowledged(notice.digest)
  })
}

// ---- alerts ----------------------------------------------------------------------------------

export function alertOf(e: Engine, id: string): AlertRecord {
  const record = e.alerts.get(id)
  if (record === undefined) throw fault('not_found', 'this device has no such alert')
  return record
}

/** An alert that something can still be done about. */
export function openAlert(e: Engine, id: string): AlertRecord {
  const record = alertOf(e, id)
  if (record.steps[record.steps.length - 1]?.state === alert.stateClosed) {
    throw fault('input_invalid', 'the alert is closed already')
  }
  return record
}

export async function alertStep(e: Engine, id: string, step: DeskStep): Promise<void> {
  openAlert(e, id)
  const argument =
    step.action === 'assign'
      ? step.person
      : step.action === 'escalate'
        ? step.reason
        : step.action === 'close'
          ? step.note
          : ''
  const resolution = step.action === 'close' ? alert.resolutions.indexOf(step.resolution) : 0
  if (step.action === 'close' && resolution < 1) {
    throw fault('input_invalid', 'an alert is closed with a resolution')
  }
  await sendStep(e, id, alert.actions.indexOf(step.action), resolution, argument, null, null)
}

const noDevice = '00'.repeat(32)

export async function sendStep(
  e: Engine,
  id: string,
  action: number,
  resolution: number,
  argument: string,
  to: string | null,
  envelope: Uint8Array<ArrayBuffer> | null,
): Promise<void> {
  const step = {
    alert: id,
    action,
    resolution,
    argument,
    to: to ?? noDevice,
    envelope: envelope ?? new Uint8Array(),
    device: e.keys.device,
    time: e.now(),
  }
  const signed = await alert.signAlertStep(step, e.keys.signing)
  const mailId = randomBytes(16)
  // Sharing is this app's own doing, and tried again by itself: nobody is told of its refusal.
  if (action !== alert.actionShare) {
    e.needConnection()
    await e.keep(() => {
      const stepped = { ...alertOf(e, id), refused: null, stepMail: hex(mailId) }
      e.alerts.set(id, stepped)
      e.store.putAlert(stepped)
    })
  }
  await sendToBot(e, 'alert step', signed, mailId)
}

/** Shares alerts with the desks that should have them and came later. */
export async function shareWanted(e: Engine): Promise<void> {
  const wanted = [...e.alerts.values()].filter((record) => record.wanted.length > 0)
  if (wanted.length === 0 || e.connection === null || e.now() < e.shareAt) return
  e.shareAt = e.now() + shareEveryMs
  for (const record of wanted) {
    const later: string[] = []
    for (const desk of record.wanted) {
      try {
        await share(e, record, desk)
      } catch (thrown) {
        if (isFinal(thrown) || isLost(thrown)) throw thrown
        // A certificate that is not in a witnessed checkpoint yet will be, before long.
        if (!['not_permitted', 'device_revoked'].includes(codeOf(thrown))) later.push(desk)
      }
    }
    const changed = { ...record, wanted: later }
    await e.keep(() => {
      e.alerts.set(record.id, changed)
      e.store.putAlert(changed)
    })
  }
}

// The bot asks, but it is this desk that lets somebody else read: only those whose certificate is
// proven to be in the log, who are there to handle alerts, and whom it is not about.
async function share(e: Engine, record: AlertRecord, desk: string): Promise<void> {
  await e.keep(() => e.trust.proveDevices([desk], e.needConnection()))
  const to = e.trust.directory.device(desk, e.now())
  const body = alert.decodeAlertBody(record.body)
  const inLine = to.role === 'supervisor' && !alert.goesPastLine(body)
  // Who was enrolled after the alert was raised may be named in it.
  const named = to.person === body.subject.person || mayName(body.excerpt, to.name, to.person)
  if ((!inLine && to.role !== 'investigator') || named) {
    throw fault('not_permitted', 'an alert is not for this desk')
  }
  const envelope = await alert.wrapAlertKeys(record.id, record.keys, to.sealingKey)
  await sendStep(e, record.id, alert.actionShare, 0, '', desk, envelope)
}

// ---- upkeep ----------------------------------------------------------------------------------

/**
 * A stock of key packages at the relay, each for one use, and one of last resort, which is replaced
 * at the login after it was handed out; the one before it is kept as long.
 */
export async function refillKeyPackages(e: Engine): Promise<void> {
  const connection = e.needConnection()
  const few = e.keyPackagesHeld < keyPackagesGoal / 2
  if ((!few && !e.lastResortDue) || e.refillAt > e.env.monotonic()) return
  // More at the relay than here: this browser lost its state, and what it cannot open must go.
  const replace = (await e.store.keyPackageCount()) < e.keyPackagesHeld
  if (replace) e.keyPackagesHeld = 0
  const { notAfter } = e.trust.directory.device(e.keys.device, e.now())
  const count = few || replace ? keyPackagesGoal - e.keyPackagesHeld : 0
  const keyPackages: Uint8Array[] = []
  let lastResort = new Uint8Array()
  // The private parts are durable before anyone can use the public ones.
  await e.keep(async () => {
    for (let i = 0; i < count; ++i) {
      const { reference, record } = await e.suite.makeKeyPackage(notAfter, e.now(), false)
      e.store.putKeyPackage(reference, record)
      keyPackages.push(record.keyPackage)
    }
    if (!e.lastResortDue && !replace) return
    const old = await e.store.lastResorts()
    for (const reference of old.slice(0, -1)) e.store.deleteKeyPackage(reference)
    const { reference, record } = await e.suite.makeKeyPackage(notAfter, e.now(), true)
    e.store.putKeyPackage(reference, record)
    lastResort = record.keyPackage
  })
  try {
    await connection.request({
      case: 'putKeyPackages',
      value: { keyPackages, replace, lastResort },
    })
  } catch (thrown) {
    if (codeOf(thrown) !== 'rate_limited') throw thrown
    e.refillAt = e.env.monotonic() + refillRetryMs
    return
  }
  e.keyPackagesHeld += count
  if (lastResort.length > 0) e.lastResortDue = false
}

/** Whether every member's certificate is known to be in a witnessed checkpoint; once an epoch. */
export async function membersProven(e: Engine, session: GroupSession): Promise<boolean> {
  const group = session.record.id
  if (e.provenEpochs.get(group) === session.mls.epoch) return true
  const devices = session.mls.members().map((member) => member.device)
  try {
    await e.trust.proveDevices(devices, e.needConnection())
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    if (codeOf(thrown) === 'log_inconsistent') e.stopGroup(session, thrown)
    for (const device of devices) {
      if (e.trust.directory.isProven(device) || e.unprovenMembers.has(device)) continue
      e.unprovenMembers.set(device, 0)
    }
    return false
  }
  e.provenEpochs.set(group, session.mls.epoch)
  return true
}

