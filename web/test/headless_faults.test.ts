// Goal: faults that say nothing about messages or about this device (the relay's own, a lock in the
// middle of connecting) end nothing for good, and a computer that slept wakes up locked. Method: as
// headless_hostile.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { type Device, eventually, value } from './device.ts'
import { addMember, candour, enrolled, inTeamA, passphrase, teamA } from './organisation.ts'
import { hex } from '../src/core/bytes.ts'
import { ClientFrameSchema, ServerFrameSchema } from '../src/core/wire/candour_pb.ts'

/** Requests of this kind never reach the relay while `code` says what their answer is. */
function refuses(device: Device, kind: string, code: () => string | null): void {
  const refused = new Map<bigint, string>()
  device.world.onSend = (bytes) => {
    const { request, body } = fromBinary(ClientFrameSchema, bytes)
    const said = body.case === kind ? code() : null
    if (said === null) return undefined
    refused.set(request, said)
    // The answer to it becomes the refusal.
    const ping = create(ClientFrameSchema, { request, body: { case: 'ping', value: {} } })
    return toBinary(ClientFrameSchema, ping)
  }
  device.world.onReceive = (bytes) => {
    const { replyTo } = fromBinary(ServerFrameSchema, bytes)
    const said = refused.get(replyTo)
    if (said === undefined || !refused.delete(replyTo)) return [bytes]
    const body = { case: 'failure', value: { code: said, message: 'as the test says' } } as const
    return [toBinary(ServerFrameSchema, create(ServerFrameSchema, { replyTo, body }))]
  }
}

test("a fault of the relay's own ends nothing here", async () => {
  const device = await inTeamA('w-501', 'PC Faults')
  let code: string | null = 'internal'
  refuses(device, 'submit', () => code)
  const id = value(await device.core.sendText(teamA, 'Through a fault'))
  await device.untilLine(teamA, id, 'kept or delivered', (m) => m.state !== 'waiting')
  assert.equal(device.core.state().phase, 'ready')
  code = null
  await device.core.goOffline()
  await device.core.goOnline()
  await device.untilLine(teamA, id, 'delivered', (m) => m.state === 'delivered')
  await device.core.lock()
})

test('what the relay has no room for goes out again as it is', async () => {
  const device = await inTeamA('w-507', 'PC Patient')
  let refusals = 3
  refuses(device, 'submit', () => (refusals-- > 0 ? 'queue_full' : null))
  const { onSend } = device.world
  const sent = new Set<string>()
  device.world.onSend = (bytes) => {
    const { body } = fromBinary(ClientFrameSchema, bytes)
    if (body.case === 'submit') sent.add(hex(body.value.ciphertext))
    return onSend?.(bytes)
  }
  const id = value(await device.core.sendText(teamA, 'There is room in the end'))
  await device.untilLine(teamA, id, 'delivered', (m) => m.state === 'delivered')
  assert.ok(refusals <= 0)
  assert.equal(sent.size, 1)
  await device.core.lock()
})

test('a burst that the relay has no room for goes out again as it is', async () => {
  const device = await inTeamA('w-503', 'PC Burst')
  const count = 20
  let refusals = count
  refuses(device, 'submit', () => (refusals-- > 0 ? 'rate_limited' : null))
  const { onSend } = device.world
  const sent: string[] = []
  device.world.onSend = (bytes) => {
    const { body } = fromBinary(ClientFrameSchema, bytes)
    if (body.case === 'submit') sent.push(hex(body.value.ciphertext))
    return onSend?.(bytes)
  }
  const texts = Array.from({ length: count }, (_, i) => `One of many, ${i}`)
  const ids = await Promise.all(texts.map(async (text) => value(await device.core.sendText(teamA, text))))
  for (const id of ids) await device.untilLine(teamA, id, 'delivered', (m) => m.state === 'delivered')
  // Each costs a generation, of which receivers follow so many.
  assert.equal(new Set(sent).size, count)
  await device.core.lock()
})

test("the bot's word on a message counts, whatever the relay says of it", async () => {
  const device = await inTeamA('w-504', 'PC Twice')
  const submits = new Set<bigint>()
  device.world.onSend = (bytes) => {
    const { request, body } = fromBinary(ClientFrameSchema, bytes)
    if (body.case === 'submit') submits.add(request)
  }
  // It has it, and says that it has no room.
  device.world.onReceive = (bytes) => {
    const { replyTo } = fromBinary(ServerFrameSchema, bytes)
    if (!submits.delete(replyTo)) return [bytes]
    const body = { case: 'failure', value: { code: 'queue_full', message: 'as the test says', retryAfterMs: 60_000n } } as const
    return [toBinary(ServerFrameSchema, create(ServerFrameSchema, { replyTo, body }))]
  }
  const text = 'women are all useless at this job, every one of them, twice'
  const id = value(await device.core.sendText(teamA, text))
  await device.untilLine(teamA, id, 'warned', (m) => m.state === 'warned')
  value(await device.core.withdraw(id))
  await device.core.lock()
})

test('what was overtaken before there was room is encrypted anew, and nothing is rejected', async () => {
  const device = await inTeamA('w-510', 'PC Overtaken')
  const sent: string[] = []
  refuses(device, 'submit', () => (sent.length === 1 ? 'rate_limited' : null))
  const { onSend, onReceive } = device.world
  device.world.onSend = (bytes) => {
    const { body } = fromBinary(ClientFrameSchema, bytes)
    if (body.case === 'submit') sent.push(hex(body.value.messageId))
    return onSend?.(bytes)
  }
  // The first is refused when the second was encrypted and sent.
  let late: readonly Uint8Array[] = []
  device.world.onReceive = (bytes) => {
    const given = [...late, ...(onReceive?.(bytes) ?? [bytes])]
    late = sent.length < 2 ? given.filter((one) => fromBinary(ServerFrameSchema, one).body.case === 'failure') : []
    return given.filter((one) => !late.includes(one))
  }
  const first = value(await device.core.sendText(teamA, 'Refused at first'))
  const second = value(await device.core.sendText(teamA, 'And overtaken'))
  for (const id of [first, second]) {
    const line = await device.untilLine(teamA, id, 'with an outcome', (m) => m.seq !== 0 || m.state === 'rejected')
    assert.equal(line.state, 'delivered')
  }
  assert.deepEqual(sent, [first, second, first])
  await device.core.lock()
})

test('a connection lost while a welcome is looked into loses no welcome', async () => {
  const device = await enrolled('w-508', 'PC Unlucky')
  // It does not hear of the newer member, so it has to ask; and then the connection is gone.
  let lost = false
  device.world.onReceive = (bytes) => {
    const { replyTo, body } = fromBinary(ServerFrameSchema, bytes)
    return body.case === 'directory' && replyTo === 0n ? [] : [bytes]
  }
  const guest = await inTeamA('w-509', 'PC Newcomer')
  device.world.onSend = (bytes) => {
    if (lost || fromBinary(ClientFrameSchema, bytes).body.case !== 'getDirectory') return
    lost = true
    device.drop()
  }
  addMember(teamA, device.core.state().device?.device as string)
  await eventually('lost in the middle', () => lost)
  delete device.world.onReceive
  await device.until('in it all the same', (state) => state.groups.length === 1)
  assert.deepEqual(device.core.state().alarms, [])
  const id = value(await device.core.sendText(teamA, 'Here after all'))
  await device.untilLine(teamA, id, 'delivered', (m) => m.state === 'delivered')
  await device.core.lock()
  await guest.core.lock()
})

test('an acknowledgement the relay does not know is asked for again, and nothing is lost', async () => {
  const device = await inTeamA('w-502', 'PC Notice')
  let code: string | null = 'notice_unacknowledged'
  refuses(device, 'submit', () => code)
  const id = value(await device.core.sendText(teamA, 'Before the notice'))
  await device.until('asked again', (state) => state.notice?.acknowledged === false)
  assert.equal((await device.line(teamA, id))?.state, 'waiting')
  code = null
  // The relay's word at login counts: it does know.
  await device.core.goOffline()
  await device.core.goOnline()
  await device.until('known', (state) => state.notice?.acknowledged === true)
  await device.untilLine(teamA, id, 'delivered', (m) => m.state === 'delivered')
  await device.core.lock()
})

test('locked in the middle, unlocked at once, nothing is stopped', async () => {
  const device = await inTeamA('w-505', 'PC Hasty')
  for (let round = 0; round < 5; ++round) {
    candour('ben', ['send', '--group', teamA], `Hasty ${round}`)
    await device.core.lock()
    assert.equal(device.core.state().phase, 'locked')
    value(await device.core.unlock(passphrase))
    // In the middle of connecting, of logging in, of catching up.
    await new Promise((resolve) => setTimeout(resolve, round * 25))
    await device.core.lock()
    value(await device.core.unlock(passphrase))
    await device.until('online', (state) => state.connection.state === 'online')
  }
  assert.equal(device.core.state().groups[0]?.stopped, null)
  await eventually('all there', async () => (await device.texts(teamA)).includes('Hasty 4'))
  const hasty = (await device.texts(teamA)).filter((text) => text.startsWith('Hasty'))
  assert.deepEqual(hasty, [0, 1, 2, 3, 4].map((n) => `Hasty ${n}`))
  await device.core.lock()
})

test('a computer that slept wakes up locked', async () => {
  const device = await inTeamA('w-506', 'PC Asleep')
  value(await device.core.setIdleLock(900_000))
  device.world.aheadMs = 901_000
  const page = await device.core.messages(teamA, { limit: 10 })
  assert.equal(page.ok, false)
  await device.until('locked', (state) => state.phase === 'locked')
  device.world.aheadMs = 0
  value(await device.core.unlock(passphrase))
  await device.until('online', (state) => state.connection.state === 'online')
  // Without any call: by itself.
  device.world.aheadMs = 901_000
  await device.until('locked again', (state) => state.phase === 'locked')
})
