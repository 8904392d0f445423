// Goal: what people ask of other people works from the browser as from the terminal: a blocked message is
// appealed, approved and sent, or refused; groups are started, renamed and changed by their owners.
// Method: as headless.test.ts, with a desk and owners at browsers and at terminals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'

import type { AlertView, GroupChange } from '../src/core/api.ts'
import { Device, codeOf, eventually, value } from './device.ts'
import { replayed } from './replay.ts'
import { ClientFrameSchema, MailKind, ServerFrameSchema } from '../src/core/wire/candour_pb.ts'
import { type Event, candour, enrolled, inTeamA, teamA, unlocked } from './organisation.ts'

const blocked = (n: number) => `Our CHIS is the barman at the Crown, room ${n}`
const reason = 'The name is already public, from the trial'

async function block(web: Device, n: number): Promise<string> {
  const id = value(await web.core.sendText(teamA, blocked(n)))
  await web.untilLine(teamA, id, 'blocked', (line) => line.state === 'blocked')
  return id
}
const appealed = (web: Device, id: string, state: string) =>
  web.untilLine(teamA, id, state, (line) => line.warning?.appeal?.state === state)

test('a block is appealed, approved at the desk, and what was approved is sent', async () => {
  const web = await inTeamA('w-511', 'PC Wilma Reed')
  const desk = await enrolled('w-512', 'Sgt Walt Holm', 'supervisor')
  const answers = replayed(desk, MailKind.ANSWER)
  const id = await block(web, 1)
  assert.equal((await web.line(teamA, id))?.warning?.appeal, null)
  assert.equal(codeOf(await web.core.appeal(id, 'short')), 'justification_invalid')
  assert.equal(codeOf(await web.core.resubmit(id)), 'approval_invalid')
  value(await web.core.appeal(id, reason))
  await appealed(web, id, 'received')
  assert.equal(codeOf(await web.core.appeal(id, reason)), 'already_exists')
  const found = (): AlertView | undefined =>
    desk.core.state().alerts.find((alert) => alert.outcome === 'appealed')
  await desk.until('appealed to', () => found() !== undefined)
  const alert = found() as AlertView
  assert.equal(alert.appealed, blocked(1))
  assert.equal(alert.justification, reason)
  const closing = { action: 'close', resolution: 'training', note: 'no' } as const
  value(await desk.core.alertStep(alert.id, { action: 'acknowledge' }))
  value(await desk.core.alertStep(alert.id, closing))
  await desk.until('told why not', () => found()?.refused?.code === 'not_permitted')
  assert.equal(codeOf(await desk.core.alertStep(alert.id, { action: 'refuse', reason: 'no' })), 'justification_invalid')
  // Not even a crash before the answer loses the approval.
  web.crash()
  value(await desk.core.alertStep(alert.id, { action: 'approve', reason: 'In the public domain' }))
  await desk.until('approved', () => found()?.state === 'closed')
  assert.equal(found()?.steps.at(-1)?.resolution, 'approved')
  assert.equal(found()?.refused, null)
  await unlocked(web)
  const approved = await appealed(web, id, 'approved')
  assert.equal(approved.warning?.appeal?.decision, 'In the public domain')
  assert.ok((approved.warning?.appeal?.until ?? 0) > Date.now())
  const sent = value(await web.core.resubmit(id))
  await web.untilLine(teamA, sent, 'delivered', (line) => line.state === 'delivered')
  assert.equal(await web.line(teamA, id), undefined)
  const { warnings } = value(await web.core.ownRecord())
  assert.deepEqual(warnings.map((one) => one.outcome), ['approved'])
  // A refusal of an earlier step is none of the last one.
  candour('ben', ['send', '--group', teamA], 'The log grows')
  await answers.again()
  assert.equal(found()?.refused, null)
  const history = candour('ben', ['history', '--group', teamA])
  assert.equal(history.filter((event) => event.text === blocked(1)).length, 1)
  await web.core.lock()
  await desk.core.lock()
})

test('a refusal says why, from a terminal desk too', async () => {
  const web = await inTeamA('w-513', 'PC Wren Abel')
  const id = await block(web, 2)
  value(await web.core.appeal(id, reason))
  await appealed(web, id, 'received')
  let alert: Event | undefined
  await eventually('the terminal desk has it', () => {
    const alerts = candour('grace', ['alerts'])
    alert = alerts.find((one) => one.outcome === 'appealed' && one.state !== 'closed')
    return alert !== undefined
  })
  candour('grace', ['refuse', String(alert?.alert), '--reason', 'The source is not public at all'])
  const refused = await appealed(web, id, 'refused')
  assert.equal(refused.warning?.appeal?.decision, 'The source is not public at all')
  assert.equal(codeOf(await web.core.resubmit(id)), 'approval_invalid')
  assert.equal(codeOf(await web.core.appeal(id, reason)), 'already_exists')
  value(await web.core.withdraw(id))
  await web.core.lock()
})

test('an owner starts a group, changes it and hands it over', async () => {
  const owner = await enrolled('w-514', 'Sgt Wynn Lord', 'supervisor')
  const member = await enrolled('w-515', 'PC Ward Quist')
  const ask = async (of: Device, change: GroupChange): Promise<string> => {
    const id = value(await of.core.changeGroup(change))
    const found = () => of.core.state().requests.find((one) => one.id === id)
    await of.until(`${change.action} answered`, () => (found()?.state ?? 'asked') !== 'asked')
    return found()?.failure?.code ?? 'done'
  }
  const people = async (text: string): Promise<readonly string[]> =>
    value(await owner.core.people(text)).map((one) => one.person)
  await eventually('in the directory', async () => (await people('quist')).includes('w-515'))
  assert.deepEqual(await people('p-103'), ['p-103'])
  assert.ok(!(await people('')).includes('bot-1'))
  const create = { action: 'create', name: 'Night shift', groupClass: 'ordinary' } as const
  assert.equal(codeOf(await owner.core.changeGroup({ ...create, people: ['nobody'] })), 'not_found')
  assert.equal(codeOf(await owner.core.changeGroup({ ...create, name: 'a\u202eb', people: [] })), 'input_invalid')
  assert.equal(await ask(owner, { ...create, people: ['w-515', 'p-103'] }), 'done')
  await owner.until('in it', (state) => state.groups.length === 1)
  await member.until('in it', (state) => state.groups.length === 1)
  const group = owner.core.state().groups[0]?.id as string
  const of = (device: Device) => device.core.state().groups[0]
  assert.deepEqual([of(member)?.name, of(member)?.unit], ['Night shift', 'team-a'])
  value(await owner.core.sendText(group, 'Hello night shift'))
  await eventually('it works', async () => (await member.texts(group)).includes('Hello night shift'))

  const names = replayed(member, MailKind.ANSWER)
  assert.equal(await ask(owner, { action: 'rename', group, name: 'Late shift' }), 'done')
  await member.until('renamed', () => of(member)?.name === 'Late shift')
  assert.equal(of(member)?.renamed?.from, 'Night shift')
  assert.equal(await ask(member, { action: 'rename', group, name: 'Mine now' }), 'not_permitted')
  assert.equal(of(member)?.name, 'Late shift')

  assert.equal(await ask(owner, { action: 'class', group, groupClass: 'training' }), 'done')
  await member.until('of another class', () => of(member)?.groupClass === 'training')
  assert.equal(await ask(owner, { action: 'add', group, people: ['p-102'] }), 'done')
  await member.until('one more', () => of(member)?.members.some((one) => one.person === 'p-102') ?? false)
  assert.equal(codeOf(await owner.core.changeGroup({ action: 'remove', group, people: ['p-101'] })), 'not_a_member')
  assert.equal(await ask(owner, { action: 'remove', group, people: ['p-102'] }), 'done')
  await member.until('one less', () => !of(member)?.members.some((one) => one.person === 'p-102'))

  assert.equal(await ask(owner, { action: 'owners', group, people: ['w-515'] }), 'done')
  await member.until('its owner', () => of(member)?.members.some((one) => one.self && one.owner) ?? false)
  assert.equal(await ask(owner, { action: 'rename', group, name: 'Still mine' }), 'not_permitted')
  // What was answered survives a crash; the answer to what is asked comes after it.
  owner.crash()
  await unlocked(owner)
  await owner.until('online', (state) => state.connection.state === 'online')
  assert.deepEqual(owner.core.state().requests.at(-1)?.failure?.code, 'not_permitted')
  assert.equal(await ask(owner, { action: 'leave', group }), 'done')
  await owner.until('out', () => of(owner)?.removed !== false)
  value(await owner.core.clearRequests())
  assert.deepEqual(owner.core.state().requests, [])
  const seen = candour('chloe', ['groups']).find((one) => one.group === group)
  assert.equal(seen?.name, 'Late shift')
  assert.equal(await ask(member, { action: 'rename', group, name: 'Last shift' }), 'done')
  await member.until('renamed once more', () => of(member)?.name === 'Last shift')
  candour('ben', ['send', '--group', teamA], 'The log grows')
  await names.again(1)
  assert.deepEqual([of(member)?.name, of(member)?.renamed?.from], ['Last shift', 'Late shift'])
  await owner.core.lock()
  await member.core.lock()
})

test('what is asked while the connection is lost is asked once', async () => {
  const owner = await enrolled('w-516', 'Sgt Wade Unwin', 'supervisor')
  owner.world.onSend = (bytes) => {
    if (fromBinary(ClientFrameSchema, bytes).body.case !== 'botMail') return
    delete owner.world.onSend
    owner.drop()
  }
  const create = { action: 'create', name: 'Once', groupClass: 'ordinary', people: ['p-103'] } as const
  const id = value(await owner.core.changeGroup(create))
  await owner.until('done', (state) => state.requests.some((one) => one.id === id && one.state === 'done'))
  await owner.until('in it', (state) => state.groups.length > 0)
  assert.deepEqual(owner.core.state().requests.map((one) => one.id), [id])
  assert.deepEqual(owner.core.state().groups.map((one) => one.name), ['Once'])
  await owner.core.lock()
})

test('who left is out, even where the relay does not hand out the commit that says so', async () => {
  const web = await inTeamA('w-517', 'PC Wes Vane')
  web.world.onReceive = (bytes) =>
    fromBinary(ServerFrameSchema, bytes).body.case === 'deliver' ? [] : [bytes]
  const id = value(await web.core.changeGroup({ action: 'leave', group: teamA }))
  await web.until('done', (state) => state.requests.some((one) => one.id === id && one.state === 'done'))
  await web.until('out', (state) => state.groups[0]?.removed ?? false)
  assert.equal(codeOf(await web.core.sendText(teamA, 'Still here?')), 'not_a_member')
  value(await web.core.setIdleLock(0))
  web.crash()
  await unlocked(web)
  const { groups, idleLockMs } = web.core.state()
  assert.deepEqual([groups[0]?.removed, idleLockMs], [true, 0])
  await web.core.lock()
})
