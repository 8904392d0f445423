// Goal: a browser that was away for more messages than the relay keeps says so, is added anew and goes
// on; what it wrote meanwhile goes out once. Method: as headless.test.ts; the relay keeps 60 messages
// (headless_test.py). The last file in order: the others' terminal clients miss messages by it, too.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { value } from './device.ts'
import { inTeamA, teamA } from './organisation.ts'

test('away for too long: told, added anew, and the gap is said', async () => {
  const away = await inTeamA('w-404', 'PC Away Hale')
  const busy = await inTeamA('w-405', 'PC Busy Ivy')
  const before = value(await away.core.sendText(teamA, 'Before the gap'))
  await away.untilLine(teamA, before, 'delivered', (line) => line.state === 'delivered')
  await away.core.goOffline()
  const waiting = value(await away.core.sendText(teamA, 'Written in the gap'))
  let last = ''
  for (let i = 0; i < 70; ++i) last = value(await busy.core.sendText(teamA, `Busy ${i}`))
  await busy.untilLine(teamA, last, 'delivered', (line) => line.state === 'delivered')
  await away.core.goOnline()
  await away.untilLine(teamA, waiting, 'delivered', (line) => line.state === 'delivered')
  const lines = await away.lines(teamA)
  const gap = lines.find((line) => (line.membership?.missed ?? 0) > 0)
  assert.ok(gap && gap.membership && gap.membership.missed >= 70)
  const texts = await away.texts(teamA)
  assert.ok(texts.includes('Before the gap') && !texts.includes('Busy 0'))
  const after = value(await busy.core.sendText(teamA, 'After the gap'))
  await away.untilLine(teamA, after, 'there', () => true)
  assert.equal(away.core.state().groups[0]?.stopped, null)
  await away.core.lock()
  await busy.core.lock()
})
