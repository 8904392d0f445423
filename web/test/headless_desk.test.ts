// Goal: a supervisor handles an alert from the browser; messages written while members come and go are
// encrypted anew by themselves and arrive once, in order. Method: as headless.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { codeOf, eventually, value } from './device.ts'
import {
  addMember,
  candour,
  enrolled,
  inTeamA,
  removeMember,
  teamA,
} from './organisation.ts'
import { type MailItem, MailKind, ServerFrameSchema } from '../src/core/wire/candour_pb.ts'

test('an alert is opened, acknowledged, assigned and closed', async () => {
  const desk = await enrolled('w-401', 'Sgt Willa Frost', 'supervisor')
  const mails: MailItem[] = []
  desk.world.onReceive = (bytes) => {
    const { body } = fromBinary(ServerFrameSchema, bytes)
    if (body.case === 'mail' && body.value.kind === MailKind.ALERT) mails.push(body.value)
    return [bytes]
  }
  const text = 'women are all useless at this job, every one of them, says ben'
  const sent = candour('ben', ['send', '--group', teamA], text)
  const warned = sent.find((event) => event.event === 'warned')
  const reason = 'Quoting the complaint that came in this morning'
  candour('ben', ['override', String(warned?.message_id), '--reason', reason])
  const alerts = () => desk.core.state().alerts
  await desk.until('alerted', () => alerts().some((alert) => alert.outcome === 'overridden'))
  const alert = alerts().find((one) => one.outcome === 'overridden')
  assert.ok(alert)
  assert.equal(alert.groupName, 'Response Team A')
  assert.equal(alert.justification, reason)
  assert.equal(alert.excerpt.slice(alert.span.start, alert.span.end), 'women are all useless')
  const now = () => alerts().find((one) => one.id === alert.id)
  value(await desk.core.alertStep(alert.id, { action: 'acknowledge' }))
  await desk.until('acknowledged', () => now()?.state === 'acknowledged')
  value(await desk.core.alertStep(alert.id, { action: 'assign', person: 'w-401' }))
  await desk.until('assigned', () => now()?.state === 'assigned')
  const note = 'Spoken to, course booked'
  value(await desk.core.alertStep(alert.id, { action: 'close', resolution: 'training', note }))
  await desk.until('closed', () => now()?.state === 'closed')
  const closed = now()?.steps.find((step) => step.action === 'close')
  assert.deepEqual([closed?.person, closed?.resolution, closed?.argument], ['w-401', 'training', note])
  const again = await desk.core.alertStep(alert.id, { action: 'acknowledge' })
  assert.equal(codeOf(again), 'input_invalid')
  // All of it once more, under new numbers: what was closed stays closed.
  const before = now()
  const replay = mails.map((mail, i) => {
    const value = { ...mail, number: 1_000_000n + BigInt(i) }
    return toBinary(
      ServerFrameSchema,
      create(ServerFrameSchema, { body: { case: 'mail', value } }),
    )
  })
  assert.ok(replay.length >= 4)
  desk.world.onReceive = (bytes) => [bytes, ...replay.splice(0)]
  await desk.core.goOffline()
  await desk.core.goOnline()
  await desk.until('online again', (state) => state.connection.state === 'online')
  await eventually('sent again', () => replay.length === 0)
  value(await desk.core.messages(teamA, { limit: 1 }))
  assert.deepEqual(now(), before)
  await desk.core.lock()
})

test('messages written while members come and go arrive once and in order', async () => {
  const web = await inTeamA('w-402', 'PC Wanda Gray')
  const guest = await enrolled('w-403', 'PC Guest')
  const device = guest.core.state().device?.device as string
  const wanted: string[] = []
  const ids: string[] = []
  for (let round = 0; round < 4; ++round) {
    if (round % 2 === 0) addMember(teamA, device)
    else removeMember(teamA, device)
    for (let i = 0; i < 6; ++i) {
      wanted.push(`Round ${round} ${i}`)
      ids.push(value(await web.core.sendText(teamA, `Round ${round} ${i}`)))
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
  for (const id of ids) {
    await web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered')
  }
  const sent = (texts: readonly string[]) => texts.filter((text) => text.startsWith('Round'))
  assert.deepEqual(sent(await web.texts(teamA)), wanted)
  const seen = candour('ben', ['history', '--group', teamA]).map((event) => String(event.text))
  assert.deepEqual(sent(seen), wanted)
  // The relay tells a removed device at its next login.
  await guest.core.goOffline()
  await guest.core.goOnline()
  await eventually('the guest is out', () => guest.core.state().groups[0]?.removed !== false)
  assert.equal(web.core.state().groups[0]?.stopped, null)
  await web.core.lock()
  await guest.core.lock()
})
