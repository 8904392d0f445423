// Sealed mail from the bot: replies to own submissions, welcomes, alerts.
import { fromBinary } from '@bufbuild/protobuf'

import * as alert from './alert.ts'
import {
  type Receipt,
  type Reply,
  decodeFindings,
  findingsHash,
  openReply,
  verifyWarning,
} from './bot_messages.ts'
import { hex, same, sha256 } from './bytes.ts'
import { commitment } from './content.ts'
import { dropDraft, handleDeliver, keepMembership, beginsMlsGroup } from './engine_receive.ts'
import { handleBotsAnswer } from './engine_people.ts'
import { keepWarning, takeNews } from './engine_record.ts'
import { settleGap } from './engine_resync.ts'
import { encryptAnew, outcome, reject } from './engine_send.ts'
import { alarmReceipt, alarmRefused, provePending, watchMessage } from './engine_watch.ts'
import { hasRoomFor } from './engine_waiting.ts'
import type { Engine } from './engine.ts'
import { fault, isFinal, isPassing } from './failure.ts'
import { GroupSession } from './group_session.ts'
import { decodeOpening, leafClassOrdinary, leafHash, leafKindMessage } from './merkle.ts'
import { welcomeReferences } from './mls.ts'
import type { AlertRecord, AlertStepSeen, Draft, GroupProgress, KeptReceipt } from './records.ts'
import { type ReportChecks, checkReport, readProof } from './report.ts'
import { type ReleaseToken, decodeToken } from './token.ts'
import { type MailItem, MailKind, type WelcomeMail, WelcomeMailSchema } from './wire/candour_pb.ts'

const deferredMailMax = 10_000

function parseWelcome(mail: MailItem): WelcomeMail | null {
  try {
    return fromBinary(WelcomeMailSchema, mail.body)
  } catch {
    return null
  }
}

function tokenOf(welcome: WelcomeMail): ReleaseToken | null {
  try {
    return decodeToken(welcome.token)
  } catch {
    return null
  }
}

/** The group this welcome forms again; null when it does not. */
function formedAgain(e: Engine, welcome: WelcomeMail): GroupSession | null {
  const session = e.groups.get(hex(welcome.group))
  if (session === undefined || session.progress.stopped !== null || session.progress.removed) {
    return null
  }
  return beginsMlsGroup(tokenOf(welcome)) ? session : null
}

/** What was released before is read with the old MLS group, so it has to be read first. */
function comesTooEarly(e: Engine, mail: MailItem): boolean {
  const welcome = mail.kind === MailKind.WELCOME ? parseWelcome(mail) : null
  const session = welcome && formedAgain(e, welcome)
  const token = welcome && tokenOf(welcome)
  if (!session || !token) return false
  return token.logOrigin === session.progress.logOrigin && token.seq > session.progress.seq + 1
}

// In order: behind mail that has to wait, the rest waits too.
export async function handleMail(e: Engine, mail: MailItem): Promise<void> {
  if (mail.number > BigInt(Number.MAX_SAFE_INTEGER)) {
    e.lost = fault('frame_malformed', 'the relay numbers mail beyond every number there is')
    return
  }
  const early = Number(mail.number) > e.mailCursor && comesTooEarly(e, mail)
  if (e.deferredMail.length === 0 && !early) return takeMail(e, mail)
  if (e.deferredMail.length >= deferredMailMax) {
    e.lost = fault('disconnected', 'the relay sends mail and not the messages before it')
    return
  }
  if (!hasRoomFor(e, mail)) {
    e.lost = fault('disconnected', 'the relay sends more than this device can keep waiting')
    return
  }
  e.deferredMail.push(mail)
}

export async function takeDeferredMail(e: Engine): Promise<void> {
  for (;;) {
    const mail = e.deferredMail[0]
    if (e.lost !== null || mail === undefined || comesTooEarly(e, mail)) return
    e.deferredMail.shift()
    await takeMail(e, mail)
  }
}

async function takeMail(e: Engine, mail: MailItem): Promise<void> {
  const number = Number(mail.number)
  if (number > e.mailCursor) {
    try {
      if (mail.kind === MailKind.REPLY) await handleReply(e, mail)
      if (mail.kind === MailKind.WELCOME) await handleWelcome(e, mail)
      if (mail.kind === MailKind.ALERT) await handleAlert(e, mail)
      if (mail.kind === MailKind.ANSWER) await handleBotsAnswer(e, mail)
    } catch (thrown) {
      if (isFinal(thrown)) throw thrown
      if (isPassing(thrown)) {
        // Nothing of it was used up: it comes again on the next connection.
        e.lost = thrown
        return
      }
      alarmRefused(e, thrown, mail)
    }
    e.mailCursor = number
    e.store.putMailCursor(number)
  }
  e.mailAck = e.mailCursor
}

// ---- replies ---------------------------------------------------------------------------------

async function handleReply(e: Engine, mail: MailItem): Promise<void> {
  if (mail.about.length !== 16) throw fault('frame_malformed', 'a reply names no message')
  const id = hex(mail.about)
  const draft = e.drafts.get(id) ?? null
  const row = draft === null ? await e.store.rowIn(e.groups.keys(), id) : null
  const group = draft?.group ?? row?.group
  if (group === undefined) return // of a message that this device no longer remembers
  const session = e.groups.get(group)
  if (session === undefined) {
    throw fault('group_unknown', 'a reply is about a group this device is not in')
  }
  const bot = session.botKey()
  const reply = await openReply(mail.body, e.keys.sealing, group, id, bot)
  if (reply.type === 'receipt') return handleReceipt(e, id, group, reply.receipt, mail)
  // The relay may have had no room for a message that it has from before: the bot's word counts.
  const out = draft?.state === 'submitted' || (draft?.state === 'queued' && e.outbox.has(id))
  if (draft === null || !out) return
  if (reply.type === 'warning') return handleWarning(e, draft, reply, bot)
  reject(e, draft, { code: reply.code, message: reply.message })
}

/** The leaf that the receipt opens is the one the token cites, and it holds this very content. */
export function checkReceipt(receipt: KeptReceipt, token: ReleaseToken): void {
  const wrong = (what: string) =>
    fault(
      'log_inconsistent',
      `the bot's receipt does not fit the delivered message: ${what}`,
    )
  const opening = decodeOpening(receipt.opening)
  if (opening.kind !== leafKindMessage) throw wrong('its leaf is of another kind')
  if (opening.contentCommitment !== token.contentCommitment) throw wrong('another content')
  if (opening.ciphertextHash !== token.ciphertextHash) throw wrong('another ciphertext')
  const leaf = leafHash(opening, leafClassOrdinary)
  if (leaf !== token.leafHash || leaf !== receipt.leafHash) throw wrong('another log leaf')
  if (receipt.seq !== token.seq) throw wrong('another place in the group')
}

async function handleReceipt(
  e: Engine,
  id: string,
  group: string,
  receipt: Receipt,
  mail: MailItem,
): Promise<void> {
  const { mentionDuty, closed, ...kept } = receipt
  const draft = e.drafts.get(id)
  if (draft?.field.type === 'report') {
    await takeReportReceipt(e, draft, receipt)
    e.outbox.delete(id)
    e.store.deleteOutbox(id)
    dropDraft(e, id)
    outcome(e, id)
    return takeNews(e, receipt, mail)
  }
  if (draft !== undefined) {
    // The message itself is still to come; it is checked against the receipt then.
    const repeated = draft.receipt !== null
    draft.receipt = kept
    e.store.putDraft(draft)
    return repeated ? undefined : takeNews(e, receipt, mail)
  }
  const row = await e.store.row(group, id)
  if (row === null) throw fault('not_found', 'a receipt is for a message that is not known')
  if (row.token.length === 0) return // its token is in a gap; the receipt is what proves it
  const token = decodeToken(row.token)
  try {
    checkReceipt(receipt, token)
  } catch (thrown) {
    await alarmReceipt(e, group, id, thrown)
    const session = e.groups.get(group)
    if (session !== undefined) e.stopGroup(session, thrown)
    return
  }
  const repeated = row.receipt !== null
  row.receipt = kept
  e.store.putRow(row)
  e.watch.receiptCame(token.leafHash)
  if (!repeated) await takeNews(e, receipt, mail)
}

// A report is delivered to nobody, so there is no token: the opening alone says that what was sent
// is what is on record.
async function takeReportReceipt(e: Engine, draft: Draft, receipt: Receipt): Promise<void> {
  const sent = e.outbox.get(draft.id)
  let fits = false
  try {
    const opening = decodeOpening(receipt.opening)
    fits =
      sent !== undefined &&
      opening.contentCommitment === sent.commitment &&
      opening.ciphertextHash === sent.ciphertextHash &&
      leafHash(opening, leafClassOrdinary) === receipt.leafHash
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
  }
  if (!fits) {
    const other = fault(
      'log_inconsistent',
      "the bot's receipt for a report is of something else",
    )
    return alarmReceipt(e, draft.group, draft.id, other)
  }
  const leaf = { messageId: draft.id, leafHash: receipt.leafHash }
  watchMessage(e, 'report', draft.group, leaf, true)
}

async function handleWarning(
  e: Engine,
  draft: Draft,
  reply: Extract<Reply, { type: 'warning' }>,
  bot: Uint8Array,
): Promise<void> {
  const warning = await verifyWarning(reply.signedWarning, bot)
  // A dispute whose findings stand is answered with the very warning that was disputed, which names
  // the message first warned about.
  const { field } = draft
  const dispute = field.type === 'dispute'
  const upheld = dispute && same(reply.signedWarning, field.warning)
  const fits =
    warning.group === draft.group &&
    (upheld || warning.messageId === draft.id) &&
    warning.device === e.keys.device &&
    warning.contentCommitment === commitment(draft.commitmentKey, draft.content) &&
    warning.findingsHash === findingsHash(reply.findings) &&
    warning.block === reply.block
  if (!fits) {
    throw fault('warning_invalid', `a warning of the bot is not about message ${draft.id}`)
  }
  // What is kept is drawn each time the conversation is: it has to be readable.
  decodeFindings(reply.findings)
  // A disputed or overridden draft is replaced by this one: the same content, a newer warning.
  const { original } = draft
  draft.state = reply.block ? 'blocked' : 'warned'
  draft.signedWarning = reply.signedWarning
  draft.findings = reply.findings
  draft.issued = warning.issued
  draft.expires = warning.expires
  draft.original = null
  draft.disputed = dispute
  // The same block: what was asked and decided about it still stands.
  draft.appeal = upheld && original !== null ? (e.drafts.get(original)?.appeal ?? null) : null
  draft.field = { type: 'nothing' }
  draft.receipt = null
  e.store.putDraft(draft)
  e.outbox.delete(draft.id)
  e.store.deleteOutbox(draft.id)
  await keepWarning(e, draft, dispute, original)
  if (original !== null) dropDraft(e, original)
  outcome(e, draft.id)
  e.touch(draft.group, draft.id)
}

// ---- welcomes --------------------------------------------------------------------------------

const noProgress: GroupProgress = {
  seq: 0,
  previous: '00'.repeat(32),
  counter: 0,
  stopped: null,
  removed: false,
  lost: false,
  logOrigin: '',
}

async function handleWelcome(e: Engine, mail: MailItem): Promise<void> {
  const welcome = parseWelcome(mail)
  if (welcome === null) throw fault('frame_malformed', 'a welcome does not parse')
  const before = formedAgain(e, welcome)
  for (const reference of welcomeReferences(welcome.welcome)) {
    const mine = await e.store.keyPackage(reference)
    if (mine === null) continue
    // In memory it may be further than what is kept: the transaction is not over yet.
    const group = hex(welcome.group)
    const progress = e.groups.get(group)?.progress ?? (await e.store.progress(group)) ?? noProgress
    const device = { keys: e.keys, suite: e.suite }
    const join = () => GroupSession.join(welcome, mine, device, e.trust, progress, e.now())
    // Used or refused, a key package never serves twice, but for the one of last resort.
    const useUp = () => {
      if (mine.lastResort) return
      e.store.deleteKeyPackage(reference)
      if (e.keyPackagesHeld > 0) --e.keyPackagesHeld
    }
    try {
      const joined = await join().catch(async (thrown: unknown) => {
        // A member or the bot may be newer than what this device has of the directory.
        if (isFinal(thrown) || e.connection === null) throw thrown
        await e.trust.refresh(e.connection)
        await provePending(e)
        return join()
      })
      useUp()
      if (before !== null) await checkFormedAgain(e, before, joined)
      const old = e.groups.get(group)
      if (old !== undefined) joined.goOnFrom(old.record)
      const missed = old ? joined.progress.seq - old.progress.seq - 1 : 0
      return await enter(e, welcome, joined, before !== null, missed)
    } catch (thrown) {
      if (isFinal(thrown) || isPassing(thrown)) throw thrown
      useUp()
      if (before !== null) e.stopGroup(before, thrown)
      throw thrown
    }
  }
  const missing = fault(
    'not_found',
    'a welcome is for a key package that this device does not have; ask to be added again',
  )
  // No other welcome comes by itself, so nothing may go on waiting for it.
  if (before !== null) e.stopGroup(before, missing)
  throw missing
}

/** The same or fewer members, the same class, the same owners. */
async function checkFormedAgain(
  e: Engine,
  before: GroupSession,
  after: GroupSession,
): Promise<void> {
  const refused = (what: string) =>
    fault(
      'not_permitted',
      `the group "${before.record.name}" was formed again ${what}; ask a registrar before you ` +
        'write in it',
    )
  if (after.record.groupClass !== before.record.groupClass) throw refused('as another class')
  const known = await before.members()
  for (const member of await after.members()) {
    if (member.leaf === 0) continue // the bot, which is checked by itself
    const found = known.find((other) => other.device === member.device)
    if (found === undefined || found.leaf === 0) {
      throw refused(`with ${e.personOf(member.device)}, who was not in it`)
    }
    if (found.owner !== member.owner) {
      throw refused(`with another owner than before (${e.personOf(member.device)})`)
    }
  }
}

async function enter(
  e: Engine,
  welcome: WelcomeMail,
  session: GroupSession,
  again: boolean,
  missed: number,
): Promise<void> {
  const { id } = session.record
  e.groups.set(id, session)
  e.leaving.delete(id)
  if (!e.summaries.has(id)) e.summaries.set(id, { unread: 0, mentioned: false, last: null })
  e.acks.set(id, session.progress.seq)
  keepMembership(e, session, welcome.token, {
    joined: again ? [] : [e.profile.name],
    left: [],
    reformed: again,
    missed,
  })
  e.provenEpochs.delete(id)
  if (missed > 0) await settleGap(e, id)
  else if (again) encryptAnew(e, id)
  const waiting = e.early.get(id) ?? []
  e.early.delete(id)
  e.earlyCount -= waiting.length
  for (const delivered of waiting) await handleDeliver(e, delivered)
}

// ---- alerts ----------------------------------------------------------------------------------

const seenStep = (update: alert.AlertUpdate): AlertStepSeen => {
  const { time, action, state, resolution, person, argument } = update
  return { time, action, state, resolution, person, argument }
}

async function handleAlert(e: Engine, item: MailItem): Promise<void> {
  const mail = alert.parseAlertMail(item.body)
  const kept = e.alerts.get(mail.id)
  let record: AlertRecord
  if (mail.update) {
    if (kept === undefined) return // of an alert that was never for this device
    const bot = e.trust.directory.find(kept.bot)
    if (bot === null) throw fault('unknown_device', "an alert's bot is not certified")
    const update = await alert.openAlertUpdate(mail, kept.keys, bot.signingKey)
    // The bot's signature says nothing of order: what was seen is not taken a second time.
    const hash = hex(sha256(mail.ciphertext))
    if (kept.updates.includes(hash)) return
    const step = update.action === alert.actionRepeat ? [] : [seenStep(update)]
    record = {
      ...kept,
      revealed: alert.isKnown(update.subject) ? update.subject : kept.revealed,
      wanted: wantedAfter(e, kept, update),
      repeats: Math.max(kept.repeats, update.repeats),
      steps: [...kept.steps, ...step],
      updates: [...kept.updates, hash],
    }
  } else {
    if (kept !== undefined) return // wrapped again for this device
    const bot = e.trust.directory.bot(e.now())
    const opened = await alert.openAlert(mail, e.keys.sealing, bot.signingKey)
    record = {
      id: mail.id,
      ...opened,
      bot: bot.device,
      revealed: null,
      checks: await checksOf(e, opened.body),
      logged: null,
      refused: null,
      stepMail: '',
      wanted: [],
      repeats: 0,
      steps: [],
      updates: [],
    }
  }
  e.alerts.set(record.id, record)
  e.store.putAlert(record)
}

async function checksOf(e: Engine, bytes: Uint8Array): Promise<ReportChecks | null> {
  const body = alert.decodeAlertBody(bytes)
  if (body.proof.length === 0) return null
  const bots = e.trust.directory
    .certificates()
    .filter((certificate) => certificate.role === 'bot')
    .map((certificate) => certificate.signingKey)
  const { group, messageId, subject } = body
  return checkReport(readProof(body.proof), group, messageId, subject.device, bots)
}

/** Which desks that came later are to get the alert from here. */
function wantedAfter(
  e: Engine,
  record: AlertRecord,
  update: alert.AlertUpdate,
): readonly string[] {
  if (update.state === alert.stateClosed) return []
  const wanted = update.action === alert.actionWant
  if (!wanted && update.action !== alert.actionShare) return record.wanted
  const others = record.wanted.filter((desk) => desk !== update.to)
  return wanted && update.to !== e.keys.device ? [...others, update.to] : others
}
