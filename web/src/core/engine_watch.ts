// The watch over log and directory: asking for proofs, comparing checkpoints, and telling a person
// what is wrong, once.
import { hex, sha256, utf8 } from './bytes.ts'
import type { Connection } from './connection.ts'
import { membersProven } from './engine_desk.ts'
import { deliverHeld } from './engine_receive.ts'
import type { Engine } from './engine.ts'
import type { Claim } from './engine_types.ts'
import { asFailure, codeOf, isFinal, isPassing } from './failure.ts'
import { inclusionAskMs, inclusionLateMs } from './log_watch.ts'
import type { AlarmRecord, WatchRecord } from './records.ts'
import { timeEncode } from './text.ts'
import { kindNames } from './trust_directory.ts'
import type { LeafProof } from './trust.ts'
import { type MailItem, type Proof, MailKind } from './wire/candour_pb.ts'

// The most that one tick counts, whatever the clock says.
const tickMaxMs = 5_000
const claimsMax = 32
const claimsPerTick = 4
const claimAttemptsMax = 5
// A relay that makes trouble without end must not fill the disk with it.
const alarmsMax = 2_000

type AlarmDetail = Partial<Pick<AlarmRecord, 'messageId' | 'group' | 'device'>>

/** Tells and keeps an alarm, unless this subject was told under this code before. */
export function raise(
  e: Engine,
  code: string,
  about: string,
  message: string,
  detail: AlarmDetail = {},
): void {
  const subject = hex(sha256(utf8(`${code} ${about}`)))
  if (e.alarms.has(subject)) return
  const same = [...e.alarms.values()].filter((alarm) => alarm.code === code)
  if (same.length >= alarmsMax) return
  const alarm: AlarmRecord = {
    subject,
    seen: false,
    time: e.now(),
    code,
    message,
    messageId: detail.messageId ?? null,
    group: detail.group ?? null,
    device: detail.device ?? null,
  }
  e.alarms.set(subject, alarm)
  e.store.putAlarm(alarm)
}

const nameOfGroup = (e: Engine, group: string): string =>
  e.groups.get(group)?.record.name ?? group.slice(0, 8)

const seconds = (ms: number): string => `${Math.floor(ms / 1000)} seconds`

export async function alarmLog(e: Engine, thrown: unknown): Promise<void> {
  const { message } = asFailure(thrown)
  const text =
    `The relay shows this device another log or directory than it should: ${message}. Keep this ` +
    'device as it is and tell the auditor.'
  raise(e, 'log_inconsistent', message, text)
}

export async function alarmReceipt(
  e: Engine,
  group: string,
  messageId: string,
  thrown: unknown,
): Promise<void> {
  const text =
    `What the compliance bot recorded of a message of yours in "${nameOfGroup(e, group)}" is ` +
    `not what you sent: ${asFailure(thrown).message}. Keep this device as it is and tell the ` +
    'auditor.'
  raise(e, 'receipt_invalid', messageId, text, { group, messageId })
}

/** Something the relay or the bot sent was not accepted. */
export function alarmRefused(e: Engine, thrown: unknown, mail: MailItem): void {
  const { code, message } = asFailure(thrown)
  const kinds: Record<number, string> = {
    [MailKind.REPLY]: 'a reply',
    [MailKind.WELCOME]: 'an invitation to a group',
    [MailKind.ALERT]: 'an alert',
    [MailKind.ANSWER]: 'an answer of the bot',
  }
  const what = kinds[mail.kind] ?? 'mail'
  raise(e, code, `${what} ${mail.number}`, `Something that came was not accepted: ${what}, ${message}.`)
}

export function watchMessage(
  e: Engine,
  kind: WatchRecord['kind'],
  group: string,
  token: { messageId: string; leafHash: string },
  receipt: boolean,
): void {
  e.watch.add({
    leaf: token.leafHash,
    kind,
    group,
    message: token.messageId,
    since: e.now(),
    waitedMs: 0,
    refused: false,
    late: false,
    receipt,
    included: false,
    index: 0,
    size: 0,
  })
}

export async function watchLog(e: Engine): Promise<void> {
  const { directory } = e.trust
  if (directory.revision !== e.watchedRevision) {
    await e.keep(async () => {
      e.watchedRevision = directory.revision
      watchDevices(e)
      await deliverHeld(e)
    })
  }
  if (e.proofAnswers.length > 0) {
    await e.keep(async () => {
      const answers = e.proofAnswers
      e.proofAnswers = []
      for (const { leaf, proof } of answers) await takeProof(e, leaf, proof)
    })
  }
  const now = e.env.monotonic()
  if (e.ticked === null || now - e.ticked >= inclusionAskMs) {
    const passed = e.ticked === null ? 0 : Math.min(now - e.ticked, tickMaxMs)
    e.ticked = now
    await e.keep(() => tick(e, passed))
  }
  const { connection } = e
  if (connection === null || connection.ended !== null) return
  for (const leaf of e.watch.questions(e.now())) {
    const leafHash = Uint8Array.from(leaf.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    e.proofRequests.set(connection.sendRequest({ case: 'getProof', value: { leafHash } }), leaf)
    e.watch.asked(leaf)
  }
}

// A wrong proof of one object is an alarm; the object does not take effect, and the rest goes on.
export async function provePending(e: Engine): Promise<void> {
  try {
    await e.trust.provePending(e.needConnection())
  } catch (thrown) {
    if (isFinal(thrown) || isPassing(thrown)) throw thrown
    await alarmLog(e, thrown)
  }
}

async function tick(e: Engine, passedMs: number): Promise<void> {
  if (e.trust.directory.unproven.size > 0) await provePending(e)
  tellUnproven(e, passedMs)
  for (const record of e.watch.tick(passedMs)) tellLate(e, record)
  await checkClaims(e)
  // So that the roster tells before the first message, too.
  for (const session of e.groups.values()) {
    const { stopped, removed } = session.progress
    if (stopped === null && !removed && !e.isOfOldLog(session)) await membersProven(e, session)
  }
}

// Somebody who can certify devices could put one of their own into this person's name, and with it
// words into their mouth.
function watchDevices(e: Engine): void {
  const { directory } = e.trust
  for (const { device, person, notBefore } of directory.certificates()) {
    if (person !== e.profile.person || device === e.keys.device) continue
    const since = directory.revoked.has(device) ? ' (revoked since)' : ''
    const text =
      `Another device is certified in your name: ${device.slice(0, 8)}, valid from ` +
      `${timeEncode(notBefore)}${since}. If it is not yours, tell a registrar at once.`
    raise(e, 'device_added', device, text, { device })
  }
}

async function takeProof(e: Engine, leaf: string, answer: Proof | null): Promise<void> {
  if (answer === null) return e.watch.refused(leaf, e.now())
  let proof: LeafProof
  try {
    proof = await e.trust.checkLeafProof(leaf, answer, e.needConnection())
  } catch (thrown) {
    if (isFinal(thrown) || isPassing(thrown)) throw thrown
    e.watch.refused(leaf, e.now())
    if (codeOf(thrown) !== 'not_found') await alarmLog(e, thrown)
    return
  }
  if (proof.checkpoint.witnessed) e.watch.included(leaf, proof.index, proof.checkpoint.size)
  else e.watch.refused(leaf, e.now())
}

function tellLate(e: Engine, late: WatchRecord): void {
  const of = { received: 'A message', report: 'A report of yours', own: 'A message of yours' }
  const which =
    `${of[late.kind]} in "${nameOfGroup(e, late.group)}" of ${timeEncode(late.since)}`
  const waited = seconds(late.waitedMs)
  const detail = { group: late.group, messageId: late.message }
  if (late.included) {
    const text =
      `${which} was delivered, but the compliance bot has given no receipt for it in ${waited}. ` +
      'Tell the auditor.'
    return raise(e, 'receipt_missing', late.leaf, text, detail)
  }
  const text =
    `${which} was accepted, but in ${waited} the relay could not show that it is in the log. ` +
    'Keep this device as it is and tell the auditor.'
  raise(e, 'inclusion_late', late.leaf, text, detail)
}

/** Counts the waiting of `open`; those that just became late. */
function becameLate<K>(waits: Map<K, number>, open: Iterable<K>, passedMs: number): readonly K[] {
  const still = new Set(open)
  for (const key of [...waits.keys()]) if (!still.has(key)) waits.delete(key)
  return [...still].filter((key) => {
    const before = waits.get(key) ?? 0
    waits.set(key, before + passedMs)
    return before < inclusionLateMs && before + passedMs >= inclusionLateMs
  })
}

function tellUnproven(e: Engine, passedMs: number): void {
  const { directory } = e.trust
  for (const number of becameLate(e.unprovenObjects, directory.unproven.keys(), passedMs)) {
    const object = directory.unproven.get(number)
    if (object === undefined) continue
    const text =
      `The relay gave this device a ${kindNames[object.kind] ?? 'object'} (directory object ` +
      `${number}) and could not show in time that it is in the log, where everybody would see ` +
      'it. Tell the auditor.'
    raise(e, 'directory_unproven', object.leaf, text)
  }
  const members = [...e.unprovenMembers.keys()].filter((device) => !directory.isProven(device))
  for (const device of becameLate(e.unprovenMembers, members, passedMs)) {
    const text =
      `Device ${device.slice(0, 8)} (${e.personOf(device)}) is in one of your groups, but its ` +
      'certificate is not shown to be in the log. Nothing is sent into that group until it is. ' +
      'Tell the auditor.'
    raise(e, 'device_unproven', device, text, { device })
  }
}

// What a member says it saw is its own word, signed by no log: enough to raise the alarm, too little
// to silence the group, which any member could otherwise do with a false claim.
export async function seeClaim(e: Engine, claim: Claim): Promise<void> {
  try {
    e.trust.compareCheckpoint(claim.checkpoint)
  } catch (thrown) {
    return alarmClaim(e, claim, thrown)
  }
  const { size, root } = claim.checkpoint
  if (size === 0 || e.trust.knowsCheckpoint(claim.checkpoint)) return
  if (e.claims.some((c) => c.checkpoint.size === size && c.checkpoint.root === root)) return
  e.claims.push(claim)
  if (e.claims.length > claimsMax) e.claims.shift()
}

/** Claims of other sizes than the one known are compared by a consistency proof. */
async function checkClaims(e: Engine): Promise<void> {
  for (const claim of e.claims.splice(0, claimsPerTick)) {
    try {
      await e.trust.checkClaim(claim.checkpoint, e.needConnection())
    } catch (thrown) {
      if (isFinal(thrown) || isPassing(thrown)) throw thrown
      claim.attempts += 1
      if (codeOf(thrown) === 'log_inconsistent') alarmClaim(e, claim, thrown)
      else if (claim.attempts < claimAttemptsMax) e.claims.push(claim)
    }
  }
}

function alarmClaim(e: Engine, claim: Claim, thrown: unknown): void {
  const { device, group } = claim
  const text =
    `The device of ${e.personOf(device)} (${device.slice(0, 8)}) in "${nameOfGroup(e, group)}" ` +
    `says that it was shown another log than this one: ${asFailure(thrown).message}. Its ` +
    'messages are shown; compare with its owner and tell the auditor.'
  raise(e, 'log_inconsistent', device, text, { device, group, messageId: claim.message })
}

/** What was counted and asked of the old log is of no use in the one that follows it. */
export function followNewLog(e: Engine, before: string): void {
  e.mailCursor = 0
  e.claims = []
  e.unprovenObjects.clear()
  e.unprovenMembers.clear()
  e.provenEpochs.clear()
  const open = e.watch.beginAnew()
  const { succession } = e.trust.directory
  const lost =
    `The log "${before}" was lost at size ${succession?.oldSize ?? 0} and ` +
    `"${e.trust.logOrigin}" follows it (${succession?.reason ?? ''})`
  const unseen = open > 0 ? `; ${open} messages seen here were not yet shown to be in it` : ''
  const subject = `new_log ${e.trust.logOrigin}`
  const alarm = {
    subject,
    seen: false,
    time: e.now(),
    code: 'new_log',
    message: lost + unseen,
    messageId: null,
    group: null,
    device: null,
  }
  e.alarms.set(subject, alarm)
  e.store.putAlarm(alarm)
}

/** The newest checkpoint the relay showed follows on the ones before, or no group is trusted. */
export async function seeShownCheckpoint(e: Engine, connection: Connection): Promise<void> {
  const shown = e.checkpointShown
  if (shown === null) return
  e.checkpointShown = null
  try {
    await e.keep(() => e.trust.seeCheckpoint(shown, connection))
  } catch (thrown) {
    if (codeOf(thrown) !== 'log_inconsistent') throw thrown
    await e.keep(async () => {
      for (const session of e.groups.values()) e.stopGroup(session, thrown)
      await alarmLog(e, thrown)
    })
  }
}
