// Goal: the browser's core does everything an officer needs against the real relay, bot and terminal
// client, and state survives reload and crash. Method: cores in this process (device.ts) beside
// `candour` in processes of its own; the organisation is the example one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { type Device, codeOf, eventually, value } from './device.ts'
import { addMember, candour, enrolled, passphrase, teamA, texts } from './organisation.ts'

const warnedText = "women can't drive, it's in their nature, shouldn't be let near the van"

let web: Device

before(async () => {
  web = await enrolled('w-301', 'PC Wendy Ash')
  addMember(teamA, web.core.state().device?.device as string)
  await web.until('joined', (state) => state.groups.length === 1)
})

after(async () => {
  await web.core.lock()
})

test('messages go both ways between browser and terminal', async () => {
  const id = value(await web.core.sendText(teamA, 'Keys are on the hook \u{1f511}'))
  const sent = await web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered')
  assert.equal(sent.own, true)
  assert.ok(texts('amy', teamA).includes('Keys are on the hook \u{1f511}'))
  candour('ben', ['send', '--group', teamA], 'Thanks, seen')
  await eventually('seen', async () => (await web.texts(teamA)).includes('Thanks, seen'))
  const seen = (await web.lines(teamA)).find((line) => line.text === 'Thanks, seen')
  assert.equal(seen?.name, 'PC Ben Okafor')
})
