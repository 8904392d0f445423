// Delivered messages: checked by the group's session, then kept and shown.
import { signFailureReport } from './bot_messages.ts'
import { copyOf, hex } from './bytes.ts'
import { type Content, decodeContent } from './content.ts'
import { sendToBot } from './engine_desk.ts'
import { checkReceipt, takeDeferredMail } from './engine_mail.ts'
import { endWarning } from './engine_record.ts'
import { outcome } from './engine_send.ts'
import { alarmReceipt, provePending, seeClaim, watchMessage } from './engine_watch.ts'
import { hasRoomFor, pushTo } from './engine_waiting.ts'
import type { Engine } from './engine.ts'
import { codeOf, fault, isFinal, isPassing } from './failure.ts'
import type { AcceptedCommit, AcceptedMessage, GroupSession } from './group_session.ts'
import { watchedReceivedOneIn } from './log_watch.ts'
import type { Draft, OwnWarning, Row } from './records.ts'
import { changedRows } from './timeline.ts'
import { type ReleaseToken, decodeToken } from './token.ts'
import { textOfRow } from './views.ts'
import { type Deliver, type GroupState, SubmissionKind } from './wire/candour_pb.ts'

// Delivered messages that wait for the welcome to their group, which comes after them at login.
const earlyFramesMax = 20_000
const previewSize = 200

function tokenOf(bytes: Uint8Array): ReleaseToken | null {
  try {
    return decodeToken(bytes)
  } catch {
    return null
  }
}

/** An MLS group is in epoch 0 only before its first commit. */
export const beginsMlsGroup = (token: ReleaseToken | null): boolean =>
  token !== null && token.kind === 'commit' && token.epoch === 0

export function compareGroups(e: Engine, states: readonly GroupState[]): void {
  e.newest.clear()
  const ours = new Set<string>()
  for (const state of states) {
    const id = hex(state.group)
    ours.add(id)
    const session = e.groups.get(id)
    if (session === undefined) continue
    e.newest.set(id, Number(state.seq))
    if (Number(state.seq) >= session.progress.seq) continue
    const older = fault(
      'log_inconsistent',
      'the relay has fewer messages of the group than this device received; it was put back to ' +
        'an older state',
    )
    e.stopGroup(session, older)
  }
  for (const [id, session] of e.groups) {
    if (!ours.has(id) && !session.progress.removed && !e.isOfOldLog(session)) session.leave()
  }
}

function keepEarly(e: Engine, group: string, delivered: Deliver): void {
  if (e.earlyCount >= earlyFramesMax) return
  if (!hasRoomFor(e, delivered)) return
  e.earlyCount += 1
  pushTo(e.early, group, delivered)
}

/** It begins with a commit that this device reads by its welcome, which comes in no order to it. */
function awaitsWelcome(e: Engine, session: GroupSession, delivered: Deliver): boolean {
  if (e.early.has(session.record.id) || e.isOfOldLog(session)) return true
  if (delivered.seq <= BigInt(session.progress.seq)) return false
  return delivered.kind === SubmissionKind.COMMIT && beginsMlsGroup(tokenOf(delivered.token))
}

export async function handleDeliver(e: Engine, delivered: Deliver): Promise<void> {
  const group = hex(delivered.group)
  const session = e.groups.get(group)
  if (
    session === undefined ||
    session.progress.stopped !== null ||
    session.progress.removed ||
    session.progress.lost ||
    awaitsWelcome(e, session, delivered)
  ) {
    // Of a group whose welcome is still to come, or that adds this device anew.
    return keepEarly(e, group, delivered)
  }
  await deliverTo(e, session, delivered)
  await takeDeferredMail(e)
}

function citesPolicyInForce(e: Engine, delivered: Deliver): boolean {
  const token = tokenOf(delivered.token)
  // What does not decode is refused for that, not held.
  return token === null || e.trust.directory.policyInForce(token.policyDigest)
}

/** True when the message has to wait until its policy is proven. */
async function awaitPolicy(e: Engine, delivered: Deliver): Promise<boolean> {
  if (e.connection === null || citesPolicyInForce(e, delivered)) return false
  try {
    await e.trust.refresh(e.connection)
    await provePending(e)
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    if (isPassing(thrown)) {
      e.lost = thrown
      return true
    }
  }
  const token = tokenOf(delivered.token)
  return (
    token !== null &&
    e.trust.directory.knowsPolicy(token.policyDigest) &&
    !e.trust.directory.policyInForce(token.policyDigest)
  )
}

export async function deliverHeld(e: Engine): Promise<void> {
  for (const [group, waiting] of [...e.held]) {
    const session = e.groups.get(group)
    const first = waiting[0]
    if (session === undefined || first === undefined || !citesPolicyInForce(e, first)) continue
    e.held.delete(group)
    for (const delivered of waiting) {
      if (e.lost !== null) return
      await deliverTo(e, session, delivered)
    }
  }
  await takeDeferredMail(e)
}

async function deliverTo(e: Engine, session: GroupSession, delivered: Deliver): Promise<void> {
  const group = session.record.id
  const wait = e.held.has(group) || (await awaitPolicy(e, delivered))
  if (e.lost !== null) return
  if (wait) {
    if ((e.held.get(group)?.length ?? 0) < earlyFramesMax && hasRoomFor(e, delivered)) {
      pushTo(e.held, group, delivered)
      return
    }
  }
  const log = {
    seen: async (g: string, id: string) => (await e.store.row(g, id)) !== null,
    ownSubmission: (g: string, id: string) => {
      const item = e.outbox.get(id)
      return item !== undefined && item.group === g ? item : null
    },
    senderCounter: (g: string, device: string) => e.store.counter(g, device),
  }
  const accept = () => session.accept(delivered, e.trust, log)
  try {
    const accepted = await accept().catch(async (thrown: unknown) => {
      // New devices come with commits; the directory may have grown since it was fetched.
      const grown = delivered.kind === SubmissionKind.COMMIT && e.connection !== null
      if (codeOf(thrown) !== 'unknown_device' || !grown) throw thrown
      await e.trust.refresh(e.needConnection())
      return accept()
    })
    e.acks.set(group, session.progress.seq)
    if (accepted.kind === 'message') await show(e, session, delivered, accepted)
    if (accepted.kind === 'commit') showCommit(e, session, delivered, accepted)
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    if (isPassing(thrown)) {
      // Of the network, not of the message: it is delivered again on the next connection.
      e.lost = thrown
      return
    }
    e.held.delete(group)
    e.stopGroup(session, thrown)
    if (delivered.kind === SubmissionKind.COMMIT) await reportFailure(e, session, delivered.messageId)
    // What skips numbers is of the MLS group that this device is added to anew, if it is.
    if (delivered.seq > BigInt(session.progress.seq + 1)) keepEarly(e, group, delivered)
  }
}

async function show(
  e: Engine,
  session: GroupSession,
  delivered: Deliver,
  message: AcceptedMessage,
): Promise<void> {
  const { token, received } = message
  if (received === null) return showOwn(e, session, delivered, token)
  const group = session.record.id
  await seeClaim(e, {
    checkpoint: { ...received.checkpoint, witnessed: false },
    device: received.sender,
    group,
    message: token.messageId,
    attempts: 0,
  })
  const content = decodeContent(received.content)
  const certificate = e.trust.directory.find(received.sender)
  const row: Row = {
    id: token.messageId,
    group,
    seq: token.seq,
    submission: Number(delivered.submission),
    time: received.time,
    device: received.sender,
    person: certificate?.person ?? '',
    name: certificate?.name ?? '',
    own: false,
    overridden: false,
    token: copyOf(delivered.token),
    receipt: null,
    content: received.content,
    commitmentKey: received.commitmentKey,
    edited: null,
    deleted: false,
    reactions: [],
    votes: [],
    membership: null,
  }
  e.store.putCounter(group, row.device, received.counter)
  await keepRow(e, row, content)
  const [die] = crypto.getRandomValues(new Uint8Array(1))
  if ((die as number) % watchedReceivedOneIn === 0) {
    watchMessage(e, 'received', group, token, false)
  }
}

async function showOwn(
  e: Engine,
  session: GroupSession,
  delivered: Deliver,
  token: ReleaseToken,
): Promise<void> {
  const draft = e.drafts.get(token.messageId)
  if (draft === undefined) throw fault('state_damaged', 'the draft of a submission is gone')
  const group = session.record.id
  let receipt = draft.receipt
  if (receipt !== null) {
    try {
      checkReceipt(receipt, token)
    } catch (thrown) {
      receipt = null
      await alarmReceipt(e, group, draft.id, thrown)
      e.stopGroup(session, thrown)
    }
  }
  const place = { seq: token.seq, submission: Number(delivered.submission) }
  await keepOwn(e, draft, place, copyOf(delivered.token), receipt, token)
}

/** How a warning ended whose message was released after all, by what its answer cites. */
const endOf: Readonly<Record<Draft['field']['type'], OwnWarning['outcome']>> = {
  nothing: 'overridden',
  override: 'overridden',
  dispute: 'cleared',
  approval: 'approved',
  report: 'overridden',
}

/** An own message that was released: in the history, and no draft any more. */
export async function keepOwn(
  e: Engine,
  draft: Draft,
  place: Pick<Row, 'seq' | 'submission'>,
  token: Row['token'],
  receipt: Row['receipt'],
  leaf: { readonly messageId: string; readonly leafHash: string },
): Promise<void> {
  const row: Row = {
    id: draft.id,
    group: draft.group,
    seq: place.seq,
    submission: place.submission,
    time: draft.time,
    device: e.keys.device,
    person: e.profile.person,
    name: e.profile.name,
    own: true,
    overridden: draft.field.type === 'override',
    token,
    receipt,
    content: draft.content,
    commitmentKey: draft.commitmentKey,
    edited: null,
    deleted: false,
    reactions: [],
    votes: [],
    membership: null,
  }
  await keepRow(e, row, decodeContent(draft.content))
  watchMessage(e, 'own', draft.group, leaf, receipt !== null)
  e.outbox.delete(draft.id)
  e.store.deleteOutbox(draft.id)
  dropDraft(e, draft.id)
  if (draft.original !== null) {
    await endWarning(e, draft.original, endOf[draft.field.type])
    dropDraft(e, draft.original)
  }
  outcome(e, draft.id)
}

export function dropDraft(e: Engine, id: string): void {
  const draft = e.drafts.get(id)
  if (draft === undefined) return
  e.drafts.delete(id)
  e.store.deleteDraft(id)
  if (e.outbox.delete(id)) e.store.deleteOutbox(id)
  e.touch(draft.group, id)
}

/** Keeps a row, and lets it change the row it is about. */
async function keepRow(e: Engine, row: Row, content: Content): Promise<void> {
  e.store.putRow(row)
  if (content.type === 'text' || content.type === 'poll') {
    const mentionsMe = content.type === 'text' && content.mentions.includes(e.profile.person)
    const text = content.type === 'text' ? content.text : content.question
    summarise(e, row, text, mentionsMe)
    e.touch(row.group, row.id)
    return
  }
  for (const changed of await changedRows(row, content, (id) => e.store.row(row.group, id))) {
    e.store.putRow(changed)
    e.touch(row.group, changed.id)
    const last = e.summaries.get(row.group)?.last
    if (last?.seq !== changed.seq) continue
    last.text = [...textOfRow(changed)].slice(0, previewSize).join('')
    putSummary(e, row.group)
  }
}

function putSummary(e: Engine, group: string): void {
  const summary = e.summaries.get(group)
  if (summary !== undefined) e.store.putSummary(group, summary)
}

function summarise(e: Engine, row: Row, text: string, mentionsMe: boolean): void {
  const summary = e.summaries.get(row.group) ?? { unread: 0, mentioned: false, last: null }
  e.summaries.set(row.group, summary)
  const preview = [...text].slice(0, previewSize).join('')
  const { name, own, time, seq } = row
  summary.last = { name, own, text: preview, time, seq }
  if (own) {
    summary.unread = 0
    summary.mentioned = false
  } else {
    summary.unread += 1
    summary.mentioned ||= mentionsMe
    e.arrived(row.group, mentionsMe)
  }
  putSummary(e, row.group)
}

function showCommit(
  e: Engine,
  session: GroupSession,
  delivered: Deliver,
  commit: AcceptedCommit,
): void {
  // What was encrypted for the epoch that just ended and not accepted is sent again at once.
  for (const queued of e.queued.values()) queued.notBefore = 0
  // One that was added anew with fresh keys neither came nor went.
  const joined = commit.joined.filter((device) => !commit.removed.includes(device))
  const left = commit.removed.filter((device) => !commit.joined.includes(device))
  if (joined.length === 0 && left.length === 0) return
  keepMembership(e, session, delivered.token, {
    joined: joined.map((device) => e.personOf(device)),
    left: left.map((device) => e.personOf(device)),
    reformed: false,
    missed: 0,
  })
}

/** One line of the conversation that says who came and went. */
export function keepMembership(
  e: Engine,
  session: GroupSession,
  tokenBytes: Uint8Array,
  membership: NonNullable<Row['membership']>,
): void {
  const token = decodeToken(tokenBytes)
  const row: Row = {
    id: token.messageId,
    group: session.record.id,
    seq: token.seq,
    submission: 0,
    time: e.now(),
    device: session.record.bot,
    person: '',
    name: e.personOf(session.record.bot),
    own: false,
    overridden: false,
    token: copyOf(tokenBytes),
    receipt: null,
    content: new Uint8Array(),
    commitmentKey: new Uint8Array(),
    edited: null,
    deleted: false,
    reactions: [],
    votes: [],
    membership,
  }
  e.store.putRow(row)
  e.touch(row.group, row.id)
}

/** Tells the bot, signed, that a released commit does not stand here. */
async function reportFailure(
  e: Engine,
  session: GroupSession,
  messageId: Uint8Array,
): Promise<void> {
  const report = {
    group: session.record.id,
    epoch: session.mls.epoch,
    messageId: hex(messageId),
    device: e.keys.device,
    time: e.now(),
  }
  try {
    await sendToBot(e, 'failure report', await signFailureReport(report, e.keys.signing))
  } catch (thrown) {
    // The person sees the stopped group and asks.
    if (isFinal(thrown)) throw thrown
  }
}
