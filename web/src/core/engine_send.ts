// Own messages on their way out. A message is a draft until its outcome is final; while it is
// submitted the outbox holds its exact bytes.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import type { Failure } from './api.ts'
import { sealBotField } from './bot_messages.ts'
import { copyOf, fromHex, randomBytes, hex } from './bytes.ts'
import { checkFailure, retryAfterMaxMs } from './connection.ts'
import { commitment } from './content.ts'
import { membersProven } from './engine_desk.ts'
import type { Engine } from './engine.ts'
import { asFailure, codeOf, fault, isFinal } from './failure.ts'
import type { GroupSession } from './group_session.ts'
import type { Draft, OutboxItem } from './records.ts'
import { type ServerFrame, SubmissionKind, SubmitSchema } from './wire/candour_pb.ts'

const undecidedMax = 512
const retryMs = 150
// Each attempt uses up a generation of the encryption, and receivers follow 200: up to 77 s apart.
const retryDoublingsMax = 10
const soonMs = 1_000
const proofRetryMs = 500

/** Failures that pass by themselves: the message is sent again. */
const passing = new Set([
  'epoch_stale',
  'epoch_pending',
  'rate_limited',
  'queue_full',
  'storage_full',
  'bot_absent',
  'shutting_down',
  'notice_unacknowledged',
])

/** Of those, the ones that say nothing about the bytes are answered by the same bytes again. */
const needsNewBytes = new Set(['epoch_stale', 'epoch_pending'])

/** A group one may write into now or once there is a connection. */
export function writable(e: Engine, group: string): GroupSession {
  const session = e.groups.get(group)
  if (session === undefined) {
    throw fault('group_unknown', `this device is not in group ${group}`)
  }
  if (!e.noticeIsAcknowledged()) {
    throw fault('notice_unacknowledged', 'read and acknowledge the monitoring notice first')
  }
  session.checkMaySend(e.trust, e.now())
  return session
}

export function newDraft(e: Engine, group: string, content: Uint8Array): Draft {
  return {
    id: hex(randomBytes(16)),
    group,
    order: e.nextOrder(),
    state: 'queued',
    time: e.now(),
    content: copyOf(content),
    commitmentKey: randomBytes(32),
    field: { type: 'nothing' },
    original: null,
    submission: 0,
    signedWarning: null,
    findings: null,
    issued: 0,
    expires: 0,
    disputed: false,
    appeal: null,
    failure: null,
    receipt: null,
  }
}

export function enqueue(e: Engine, draft: Draft): void {
  e.drafts.set(draft.id, draft)
  e.store.putDraft(draft)
  const { group, order } = draft
  e.queued.set(draft.id, { group, order, notBefore: 0, encrypted: false })
  e.touch(group, draft.id)
}

const submitted = (e: Engine): number => e.outbox.size

/**
 * Encrypts what is due, in the order it was written; a message that must wait holds back the later
 * ones of its group. What is `ready` goes out once the transaction is durable.
 */
export async function prepareDue(e: Engine, ready: OutboxItem[]): Promise<void> {
  const due = [...e.queued].sort(([, a], [, b]) => a.order - b.order)
  const now = e.env.monotonic()
  const held = new Set<string>()
  e.waitingFor.clear()
  for (const [id, queued] of due) {
    if (held.has(queued.group)) continue
    if (queued.notBefore > now || (!queued.encrypted && submitted(e) >= undecidedMax)) {
      held.add(queued.group)
      continue
    }
    const draft = e.drafts.get(id)
    if (draft === undefined) throw fault('state_damaged', 'the draft of a queued message is gone')
    let session: GroupSession
    try {
      session = writable(e, draft.group)
    } catch (thrown) {
      if (isFinal(thrown)) throw thrown
      // Written before the person could know of a new notice: it waits for them.
      if (codeOf(thrown) === 'notice_unacknowledged') held.add(draft.group)
      else reject(e, draft, asFailure(thrown))
      continue
    }
    const wait = e.isOfOldLog(session)
      ? 'the group is to be formed again, because the log was lost'
      : session.progress.lost
        ? 'messages were missed while this device was away; it is being added anew'
        : !(await membersProven(e, session))
        ? "a member's certificate is not yet in a checkpoint that the witnesses cosigned"
        : null
    if (wait !== null) {
      e.waitingFor.set(draft.group, wait)
      queued.notBefore = now + proofRetryMs
      held.add(draft.group)
      continue
    }
    const before = queued.encrypted ? encryptedBefore(e, session, draft) : null
    ready.push(before ?? (await encrypt(e, session, draft)))
    e.queued.delete(id)
  }
}

/**
 * The bytes in the outbox, as each encryption costs a generation and receivers follow so many only.
 * But bot and members take none older than one they have seen: whatever was encrypted after them
 * has to be waiting here with its bytes, too.
 */
function encryptedBefore(e: Engine, session: GroupSession, draft: Draft): OutboxItem | null {
  const item = e.outbox.get(draft.id)
  if (item === undefined || item.epoch !== session.mls.epoch) return null
  let newer = 0
  for (const [id, { group, encrypted }] of e.queued) {
    if (group !== draft.group || !encrypted) continue
    if ((e.outbox.get(id)?.counter ?? 0) > item.counter) newer += 1
  }
  if (newer !== session.progress.counter - item.counter) return null
  draft.state = 'submitted'
  e.store.putDraft(draft)
  e.touch(draft.group, draft.id)
  return item
}

/** Encrypts and keeps: when this is committed the bytes are final. */
async function encrypt(e: Engine, session: GroupSession, draft: Draft): Promise<OutboxItem> {
  const sealed = await session.encrypt(draft, e.trust.checkpoint, e.now())
  const bot = e.trust.directory.device(session.record.bot, e.now())
  const botField = await sealBotField(
    draft.field,
    bot.sealingKey,
    sealed.ciphertextHash,
    draft.group,
    draft.id,
  )
  const submit = create(SubmitSchema, {
    version: 1,
    group: fromHex(draft.group) as Uint8Array,
    messageId: fromHex(draft.id) as Uint8Array,
    epoch: BigInt(sealed.epoch),
    kind: SubmissionKind.APPLICATION,
    ciphertext: sealed.ciphertext,
    botField,
  })
  const item: OutboxItem = {
    id: draft.id,
    order: draft.order,
    group: draft.group,
    epoch: sealed.epoch,
    counter: session.progress.counter,
    ciphertextHash: sealed.ciphertextHash,
    commitment: commitment(draft.commitmentKey, draft.content),
    submit: copyOf(toBinary(SubmitSchema, submit)),
  }
  e.outbox.set(draft.id, item)
  e.store.putOutbox(item)
  draft.state = 'submitted'
  draft.submission = 0
  e.store.putDraft(draft)
  e.touch(draft.group, draft.id)
  return item
}

/** Only what is durable goes out. */
export function transmit(e: Engine, ready: readonly OutboxItem[]): void {
  const { connection } = e
  if (connection === null || connection.ended !== null) return
  for (const item of ready) {
    const value = fromBinary(SubmitSchema, item.submit)
    e.requests.set(connection.sendRequest({ case: 'submit', value }), item.id)
  }
}

/** What has no outcome is sent again, as encrypted: the same bytes under the same message id. */
export function resendOutbox(e: Engine): void {
  // In the order of encryption: what had to be encrypted anew comes after what was written later.
  const items = [...e.outbox.values()].sort((a, b) => a.counter - b.counter)
  transmit(
    e,
    items.filter((item) => {
      const session = e.groups.get(item.group)
      // Of a group that is to be formed again it is encrypted anew then.
      // What is queued waits for its time.
      const due = e.drafts.get(item.id)?.state === 'submitted'
      return due && session && !e.isOfOldLog(session) && !session.progress.removed
    }),
  )
}

export async function handleAnswer(e: Engine, frame: ServerFrame): Promise<void> {
  const leaf = e.proofRequests.get(frame.replyTo)
  if (leaf !== undefined) {
    // Checked once the frames at hand are durable: that may need further questions.
    e.proofRequests.delete(frame.replyTo)
    const proof = frame.body.case === 'proof' ? frame.body.value : null
    e.proofAnswers.push({ leaf, proof })
    return
  }
  const id = e.requests.get(frame.replyTo)
  if (id === undefined) return
  e.requests.delete(frame.replyTo)
  const draft = e.drafts.get(id)
  if (draft === undefined || draft.state !== 'submitted') return
  try {
    checkFailure(frame)
  } catch (thrown) {
    const said = frame.body.case === 'failure' ? Number(frame.body.value.retryAfterMs) : 0
    return handleRefusal(e, draft, asFailure(thrown), said)
  }
  if (frame.body.case !== 'submitted') return
  e.attempts.delete(id)
  draft.submission = Number(frame.body.value.submission)
  e.store.putDraft(draft)
  e.touch(draft.group, id)
}

function handleRefusal(e: Engine, draft: Draft, reason: Failure, retryAfterMs: number): void {
  // The relay has other bytes under this id, which means that it has the message; or its disk
  // failed and the same bytes go out again on the next connection.
  if (reason.code === 'message_id_reused' || reason.code === 'disconnected') return
  if (!passing.has(reason.code)) return reject(e, draft, reason)
  // It waits for the person then.
  if (reason.code === 'notice_unacknowledged') e.setNoticeAcknowledged('')
  const attempts = Math.min((e.attempts.get(draft.id) ?? 0) + 1, retryDoublingsMax)
  requeue(e, draft, !needsNewBytes.has(reason.code))
  e.attempts.set(draft.id, attempts)
  const queued = e.queued.get(draft.id)
  const pause = Math.max(retryMs * 2 ** (attempts - 1), Math.min(retryAfterMs, retryAfterMaxMs))
  // Not before the relay said, and not all devices at once.
  if (queued) queued.notBefore = e.env.monotonic() + pause * (1 + Math.random() / 2)
  e.waitingFor.set(draft.group, reason.message)
}

/** What was held back may pass now. */
export function dueSoon(e: Engine): void {
  const now = e.env.monotonic()
  for (const queued of e.queued.values()) {
    queued.notBefore = Math.min(queued.notBefore, now + Math.random() * soonMs)
  }
}

function requeue(e: Engine, draft: Draft, encrypted: boolean): void {
  draft.state = 'queued'
  draft.receipt = null
  e.store.putDraft(draft)
  if (!encrypted) {
    e.outbox.delete(draft.id)
    e.store.deleteOutbox(draft.id)
  }
  const { group, order } = draft
  e.queued.set(draft.id, { group, order, notBefore: 0, encrypted })
  e.touch(group, draft.id)
}

export function reject(e: Engine, draft: Draft, reason: Failure): void {
  e.outbox.delete(draft.id)
  e.store.deleteOutbox(draft.id)
  draft.state = 'rejected'
  draft.failure = { code: reason.code, message: reason.message }
  e.store.putDraft(draft)
  outcome(e, draft.id)
  e.touch(draft.group, draft.id)
  if (draft.original !== null) e.touch(draft.group, draft.original)
}

export function outcome(e: Engine, id: string): void {
  e.queued.delete(id)
  e.attempts.delete(id)
}

/** Of a group that was formed again: what has no outcome is encrypted for the new MLS group. */
export function encryptAnew(e: Engine, group: string): void {
  e.provenEpochs.delete(group)
  e.held.delete(group)
  // Of the same epoch of another MLS group, perhaps.
  for (const [id, queued] of e.queued) {
    if (queued.group === group) e.queued.set(id, { ...queued, encrypted: false })
  }
  for (const draft of e.drafts.values()) {
    if (draft.group !== group || draft.state !== 'submitted') continue
    requeue(e, draft, false)
    e.attempts.delete(draft.id)
    // What the relay still says about the bytes sent before is not about those sent next.
    for (const [request, id] of e.requests) {
      if (id === draft.id) e.requests.delete(request)
    }
  }
}
