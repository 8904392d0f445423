// Goal: what is proven is shown: a report's proof at the desk of professional standards, short and long,
// what is on record about oneself, closed alerts among it; and the draft of a narrow warrant.
// Method: as headless.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { AlertView } from '../src/core/api.ts'
import { type Device, codeOf, eventually, value } from './device.ts'
import { replayed } from './replay.ts'
import { MailKind } from '../src/core/wire/candour_pb.ts'
import { candour, enrolled, inTeamA, teamA, unlocked } from './organisation.ts'

const reason = 'Quoting the complaint that came in this morning'
const warnedText = (n: number) => `women are all useless at this job, every one of them, ${n}`

async function alerted(desk: Device, what: (alert: AlertView) => boolean): Promise<AlertView> {
  await desk.until('alerted', (state) => state.alerts.some(what))
  return desk.core.state().alerts.find(what) as AlertView
}

async function deliver(web: Device, text: string): Promise<string> {
  const id = value(await web.core.sendText(teamA, text))
  await web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered')
  return id
}

test('reports prove themselves at the desk they reach', async () => {
  const unit = 'professional-standards'
  const desk = await enrolled('w-601', 'DI Wilf Hart', 'investigator', unit)
  const author = await inTeamA('w-602', 'PC Wesley Lunt')
  const reporter = await inTeamA('w-603', 'PC Winnie Marsh')
  for (const text of ['Nobody leaves early today', 'So long '.repeat(500)]) {
    const id = await deliver(author, text.trim())
    await reporter.untilLine(teamA, id, 'there', () => true)
    value(await reporter.core.report(teamA, id, reason))
    const alert = await alerted(desk, (one) => one.messageId === id)
    assert.equal(alert.outcome, 'reported')
    const { text: said, logged, ...checks } = alert.proof ?? {}
    assert.equal(said, text.trim())
    const claimedTime = alert.proof?.claimedTime
    assert.ok(claimedTime)
    assert.deepEqual(checks, { token: true, content: true, place: true, sender: true, claimedTime })
    assert.equal(logged, null)
    const now = () => desk.core.state().alerts.find((one) => one.id === alert.id)
    await eventually('in a witnessed checkpoint', async () => (await desk.core.proveReport(alert.id)).ok)
    assert.ok((now()?.proof?.logged?.size ?? 0) > (now()?.proof?.logged?.index ?? 0))
    desk.crash()
    await unlocked(desk)
    assert.equal(now()?.proof?.token, true)
    assert.ok(now()?.proof?.logged)

    const options = { minutes: 10, everyone: false }
    const context = value(await desk.core.alertContext(alert.id, options))
    assert.equal(context.until - context.from, 20 * 60_000)
    assert.ok(context.claimed && context.draft.includes("the reporter's word"))
    const device = author.core.state().device?.device as string
    assert.ok(context.draft.includes(`[[author]]\ndevice = "${device}"`))
    const all = value(await desk.core.alertContext(alert.id, { ...options, everyone: true }))
    assert.ok(all.author === null && !all.draft.includes('[[author]]'))
    assert.equal(codeOf(await desk.core.alertContext(alert.id, { minutes: 0, everyone: false })), 'input_invalid')
  }
  for (const one of [desk, author, reporter]) await one.core.lock()
})

test('everybody can see their own record', async () => {
  const desk = await enrolled('w-604', 'Sgt Wanda Pike', 'supervisor')
  const web = await inTeamA('w-605', 'PC Warren Knox')
  const replies = replayed(web, MailKind.REPLY)
  const warn = async (n: number): Promise<string> => {
    const id = value(await web.core.sendText(teamA, warnedText(n)))
    await web.untilLine(teamA, id, 'warned', (line) => line.state === 'warned')
    return id
  }
  value(await web.core.withdraw(await warn(1)))
  value(await web.core.edit(await warn(2), 'The van is back'))
  const disputed = value(await web.core.dispute(await warn(3), reason))
  await web.untilLine(teamA, disputed, 'upheld', (line) => line.warning?.disputed ?? false)
  const sent = value(await web.core.overrideWarning(await warn(4), reason))
  await web.untilLine(teamA, sent, 'delivered', (line) => line.state === 'delivered')
  const alert = await alerted(desk, (one) => one.outcome === 'overridden' && one.subject.person === 'w-605')
  value(await desk.core.alertStep(alert.id, { action: 'acknowledge' }))
  assert.deepEqual(web.core.state().ownAlerts, [])
  const close = { action: 'close', resolution: 'training', note: 'Course booked' } as const
  value(await desk.core.alertStep(alert.id, close))
  await eventually('told with a receipt', async () => {
    await deliver(web, 'Anything new?')
    return web.core.state().ownAlerts.length === 1
  })
  web.crash()
  await unlocked(web)
  const [closed] = web.core.state().ownAlerts
  assert.deepEqual([closed?.messageId, closed?.resolution, closed?.outcome], [sent, 'training', 'overridden'])
  const record = value(await web.core.ownRecord())
  assert.deepEqual(record.warnings.map((one) => one.outcome), ['withdrawn', 'edited', 'open', 'overridden'])
  assert.deepEqual(record.warnings.map((one) => one.disputed), [false, false, true, false])
  assert.equal(record.overridden, 1)
  const lines = record.file.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  const kinds = (kind: string) => lines.filter((line) => line.record === kind).length
  assert.equal(kinds('message'), record.messages)
  assert.deepEqual([kinds('person'), kinds('warning'), kinds('closed_alert')], [1, 4, 1])
  // A flagged message was sent a moment ago, so the duty to report is mentioned with the next receipt.
  assert.ok((web.core.state().dutySince ?? 0) > 0)
  value(await web.core.dismissDuty())
  web.crash()
  await unlocked(web)
  assert.equal(web.core.state().dutySince, null)
  // Not said again by a receipt that comes again.
  candour('ben', ['send', '--group', teamA], 'The log grows')
  await replies.again()
  assert.equal(web.core.state().dutySince, null)
  await web.core.lock()
  await desk.core.lock()
})
