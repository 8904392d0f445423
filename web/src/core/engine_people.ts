// What a person asks of other people (client/conversation_people.cc): appeals and their decision,
// changes of groups; and the bot's answers to that.
import * as alert from './alert.ts'
import type { GroupChange, PersonView } from './api.ts'
import { type Answer, decodeRefusedStep, openAnswer } from './answer.ts'
import { decodeApproval, signAppeal, signApproval, warningHash } from './appeal.ts'
import {
  type ToBotType,
  checkJustification,
  checkOptionalReason,
  verifyWarning,
} from './bot_messages.ts'
import { hex, randomBytes, sha256 } from './bytes.ts'
import { commitment } from './content.ts'
import { retryAfterMaxMs } from './connection.ts'
import { openAlert, sendStep, sendToBot, withheld } from './engine_desk.ts'
import { enqueue, newDraft, writable } from './engine_send.ts'
import type { Engine } from './engine.ts'
import { fault, isFinal, isLost } from './failure.ts'
import { type GroupRequest, signGroupRequest } from './group_request.ts'
import { appealContentSizeMax, approvalLifetimeMs } from './limits.ts'
import type { Draft, DraftAppeal, RequestRecord } from './records.ts'
import type { MailItem } from './wire/candour_pb.ts'

const requestsKept = 32
const peopleShown = 50
const leaveAfterMs = 5_000

// ---- appeals ---------------------------------------------------------------------------------

function putAppeal(e: Engine, draft: Draft, appeal: DraftAppeal | null): void {
  draft.appeal = appeal
  e.store.putDraft(draft)
  e.touch(draft.group, draft.id)
}

/**
 * Kept before it leaves, so that the answer finds it whatever happens in between. What may not have
 * reached the bot is sent again at the next login: the bot takes each block's appeal once.
 */
export async function appeal(e: Engine, id: string, reason: string): Promise<void> {
  const draft = withheld(e, id)
  const session = writable(e, draft.group)
  checkJustification(reason)
  if (draft.state !== 'blocked' || draft.signedWarning === null) {
    throw fault(
      'warning_invalid',
      `the message was ${draft.state}, not blocked; only a block can be appealed`,
    )
  }
  const before = draft.appeal
  if (before !== null && before.state !== 'sent' && before.state !== 'not taken') {
    throw fault('already_exists', `this block was appealed already: ${before.state}`)
  }
  if (draft.content.length > appealContentSizeMax) {
    throw fault(
      'input_invalid',
      `a message of more than ${appealContentSizeMax} bytes cannot be appealed; shorten it`,
    )
  }
  if (draft.expires <= e.now()) {
    throw fault(
      'warning_invalid',
      'the block has expired; send the message again to get a new one',
    )
  }
  e.needConnection()
  const warning = await verifyWarning(draft.signedWarning, session.botKey())
  const { signedWarning, content, commitmentKey } = draft
  const asked = { signedWarning, content, commitmentKey, reason, device: e.keys.device }
  const signed = await signAppeal({ ...asked, time: e.now() }, e.keys.signing)
  const appealed = warning.messageId
  const sent: DraftAppeal = {
    state: 'sent',
    appealed,
    signed,
    approval: null,
    expires: 0,
    decision: '',
    failure: null,
  }
  await e.keep(() => putAppeal(e, draft, sent))
  try {
    await sendToBot(e, 'appeal', signed)
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    if (isLost(thrown)) return
    await e.keep(() => putAppeal(e, draft, before))
    throw thrown
  }
}

/** The same content under the same commitment: what was approved is what is sent. */
export async function resubmit(e: Engine, id: string): Promise<string> {
  const approved = withheld(e, id)
  writable(e, approved.group)
  const approval = approved.appeal?.approval ?? null
  if (approved.appeal === null || approval === null || approved.signedWarning === null) {
    throw fault('approval_invalid', 'nobody approved this message')
  }
  if (approved.appeal.expires <= e.now()) {
    throw fault(
      'approval_expired',
      'the approval has expired; send the message again, and appeal again',
    )
  }
  const warning = approved.signedWarning
  let sent = ''
  await e.keepAndSubmit(() => {
    const draft = { ...newDraft(e, approved.group, approved.content) }
    enqueue(e, {
      ...draft,
      commitmentKey: approved.commitmentKey,
      original: id,
      field: { type: 'approval', warning, approval },
    })
    sent = draft.id
    e.touch(approved.group, id)
  })
  return sent
}

/** A desk's decision; it closes the alert. */
export async function decideAppeal(
  e: Engine,
  id: string,
  decision: 'approve' | 'refuse',
  reason: string,
): Promise<void> {
  const { appeal, group } = alert.decodeAlertBody(openAlert(e, id).body)
  if (appeal === null) throw fault('not_permitted', 'the alert is no appeal')
  const approve = decision === 'approve'
  if (approve) checkOptionalReason(reason)
  else checkJustification(reason)
  const time = e.now()
  const envelope = approve
    ? await signApproval(
        {
          group,
          contentCommitment: commitment(appeal.commitmentKey, appeal.content),
          warningHash: appeal.warningHash,
          approver: e.keys.device,
          issued: time,
          expires: time + approvalLifetimeMs,
        },
        e.keys.signing,
      )
    : null
  const resolution = alert.resolutions.indexOf(approve ? 'approved' : 'refused')
  await sendStep(e, id, alert.actions.indexOf(decision), resolution, reason, null, envelope)
}

function takeAppealAnswer(e: Engine, answer: Answer): void {
  const draft = [...e.drafts.values()].find((one) => one.appeal?.appealed === answer.about)
  if (draft?.appeal === undefined || draft.appeal === null || draft.signedWarning === null) {
    return // withdrawn or edited meanwhile
  }
  if (answer.type === 'appeal') {
    if (draft.appeal.state !== 'sent') return
    // It reached the bot when it was sent before, and this device did not hear of it.
    const taken = answer.code === '' || answer.code === 'already_exists'
    const failure = taken ? null : { code: answer.code, message: answer.message }
    return putAppeal(e, draft, { ...draft.appeal, state: taken ? 'received' : 'not taken', failure })
  }
  if (answer.body.length === 0) {
    return putAppeal(e, draft, { ...draft.appeal, state: 'refused', decision: answer.message })
  }
  const approval = decodeApproval(answer.body)
  const fits =
    approval.group === draft.group &&
    approval.contentCommitment === commitment(draft.commitmentKey, draft.content) &&
    approval.warningHash === warningHash(draft.signedWarning)
  if (!fits) {
    throw fault('approval_invalid', 'an approval from the bot is not about the appealed message')
  }
  putAppeal(e, draft, {
    ...draft.appeal,
    state: 'approved',
    approval: answer.body,
    expires: approval.expires,
    decision: answer.message,
  })
}

// ---- groups ----------------------------------------------------------------------------------

/** Of people who have a device that is certified now; the text is in name, number or unit. */
export function findPeople(e: Engine, text: string): readonly PersonView[] {
  const wanted = text.trim().toLocaleLowerCase()
  const found = new Map<string, PersonView>()
  const { directory } = e.trust
  for (const { device, person, name, role, unit } of directory.certificates()) {
    if (directory.listsBot(device) || !isValid(e, device)) continue
    const fields = [name, person, unit].map((field) => field.toLocaleLowerCase())
    if (found.has(person) || !fields.some((field) => field.includes(wanted))) continue
    found.set(person, { person, name, role, unit })
  }
  const sorted = [...found.values()].sort((a, b) => a.name.localeCompare(b.name))
  return sorted.slice(0, peopleShown)
}

function isValid(e: Engine, device: string): boolean {
  try {
    e.trust.directory.device(device, e.now())
    return true
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    return false
  }
}

function devicesOf(e: Engine, people: readonly string[]): readonly string[] {
  const all = e.trust.directory.certificates()
  return people.flatMap((person) => {
    const devices = all
      .filter((one) => one.person === person && !e.trust.directory.listsBot(one.device))
      .map((one) => one.device)
      .filter((device) => isValid(e, device))
    if (devices.length > 0) return devices
    throw fault('not_found', `"${person}" has no device that is certified now`)
  })
}

/** Those of the people's devices that are in the group, certified or not. */
async function membersOf(
  e: Engine,
  group: string,
  people: readonly string[],
): Promise<readonly string[]> {
  const session = e.groups.get(group)
  if (session === undefined) throw fault('group_unknown', 'this device is in no such group')
  const devices = (await session.members())
    .map((member) => member.device)
    .filter((device) => people.includes(e.trust.directory.find(device)?.person ?? ''))
  if (devices.length > 0) return devices
  throw fault('not_a_member', 'none of these people is in the group')
}

async function requestOf(e: Engine, change: GroupChange): Promise<GroupRequest> {
  const common = {
    organisation: e.profile.organisation,
    request: hex(randomBytes(16)),
    by: e.keys.device,
    issued: e.now(),
  }
  const { action } = change
  if (action === 'create') {
    const others = devicesOf(e, change.people).filter((device) => device !== e.keys.device)
    return {
      ...common,
      action,
      group: hex(randomBytes(16)),
      name: change.name,
      groupClass: change.groupClass,
      unit: e.profile.unit,
      owners: [e.keys.device],
      members: others,
    }
  }
  const { group } = change
  if (!e.groups.has(group)) throw fault('group_unknown', 'this device is in no such group')
  if (action === 'rename') return { ...common, action, group, name: change.name }
  if (action === 'class') return { ...common, action, group, groupClass: change.groupClass }
  if (action === 'leave') return { ...common, action, group }
  if (action === 'add') return { ...common, action, group, members: devicesOf(e, change.people) }
  const devices = await membersOf(e, group, change.people)
  return action === 'remove'
    ? { ...common, action, group, members: devices }
    : { ...common, action, group, owners: devices }
}

/** Asks the bot; what comes of it is told by `requests` of the state. */
export async function changeGroup(e: Engine, change: GroupChange): Promise<string> {
  e.needConnection()
  if (!e.noticeIsAcknowledged()) {
    throw fault('notice_unacknowledged', 'read and acknowledge the monitoring notice first')
  }
  const request = await requestOf(e, change)
  const signed = await signGroupRequest(request, e.keys.signing)
  const record: RequestRecord = {
    id: request.request,
    action: request.action,
    group: request.group,
    name: request.name ?? e.groups.get(request.group)?.record.name ?? '',
    time: request.issued,
    state: 'asked',
    signed,
    failure: null,
  }
  await e.keep(() => {
    putRequest(e, record)
    for (const old of [...e.requestsToBot.keys()].slice(0, -requestsKept)) dropRequest(e, old)
  })
  try {
    await sendToBot(e, 'member request', signed)
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    // It is asked: it goes out again at the next login, and asking anew would ask twice.
    if (isLost(thrown)) return record.id
    await e.keep(() => dropRequest(e, record.id))
    throw thrown
  }
  return record.id
}

function putRequest(e: Engine, record: RequestRecord): void {
  e.requestsToBot.set(record.id, record)
  e.store.putRequest(record)
}

function dropRequest(e: Engine, id: string): void {
  e.requestsToBot.delete(id)
  e.store.deleteRequest(id)
}

function takeGroupAnswer(e: Engine, answer: Answer): void {
  const asked = e.requestsToBot.get(answer.about)
  if (asked === undefined) return // of a request that this device no longer remembers
  const failure = answer.code === '' ? null : { code: answer.code, message: answer.message }
  putRequest(e, { ...asked, state: failure === null ? 'done' : 'refused', failure })
  // The relay owes the commit to nobody who is out of the group already.
  if (asked.action === 'leave' && failure === null) {
    e.leaving.set(asked.group, e.env.monotonic() + leaveAfterMs)
  }
}

/** Forgets those that were answered: the person has seen it. */
export const clearRequests = (e: Engine): Promise<void> =>
  e.keep(() => {
    for (const { id, state } of [...e.requestsToBot.values()]) {
      if (state !== 'asked') dropRequest(e, id)
    }
  })

/** What the bot has not answered; it does each once, and answers again. */
export async function resendToBot(e: Engine): Promise<void> {
  const unanswered: (readonly [ToBotType, Uint8Array])[] = []
  for (const { appeal } of e.drafts.values()) {
    if (appeal?.state === 'sent') unanswered.push(['appeal', appeal.signed])
  }
  for (const { state, signed } of e.requestsToBot.values()) {
    if (state === 'asked') unanswered.push(['member request', signed])
  }
  e.resendAt = null
  for (const [type, signed] of unanswered) {
    try {
      await sendToBot(e, type, signed)
    } catch (thrown) {
      if (isFinal(thrown) || isLost(thrown)) throw thrown
      e.resendAt = e.env.monotonic() + retryAfterMaxMs
    }
  }
}

/** What of this waits for nothing but time. */
export async function followPeople(e: Engine): Promise<void> {
  const now = e.env.monotonic()
  if (e.resendAt !== null && now >= e.resendAt) await resendToBot(e)
  const left = [...e.leaving].filter(([, due]) => now >= due).map(([group]) => group)
  if (left.length === 0) return
  await e.keep(() => {
    for (const group of left) {
      e.leaving.delete(group)
      e.groups.get(group)?.leave()
    }
  })
}

/** Of the last own step on an alert: it says so until the next one. */
function takeRefusal(e: Engine, answer: Answer): void {
  const { alert: id, action } = decodeRefusedStep(answer.body)
  const record = e.alerts.get(id)
  if (record === undefined || action === 0 || answer.about !== record.stepMail) return
  const refused = { ...record, refused: { code: answer.code, message: answer.message } }
  e.alerts.set(id, refused)
  e.store.putAlert(refused)
}

// ---- the bot's answers -----------------------------------------------------------------------

export async function handleBotsAnswer(e: Engine, mail: MailItem): Promise<void> {
  if (mail.about.length !== 16) {
    throw fault('frame_malformed', 'an answer of the bot has no mail id')
  }
  const bot = e.trust.directory.bot(e.now())
  const { device, sealing } = e.keys
  const answer = await openAnswer(mail.body, sealing, device, mail.about, bot.signingKey)
  switch (answer.type) {
    case 'appeal':
    case 'appeal decided':
      return takeAppealAnswer(e, answer)
    case 'group request':
      return takeGroupAnswer(e, answer)
    case 'mail refused':
      return takeRefusal(e, answer)
    case 'other': // of a later version of the bot
      return
    case 'group name': {
      const session = e.groups.get(answer.about)
      session?.rename(answer.message, e.now(), hex(sha256(mail.body)))
    }
  }
}
