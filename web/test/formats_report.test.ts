// Goal: what a report brings is shown for what it is: proven, or not, and never a lost alert. Method: as
// formats.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as alert from '../src/core/alert.ts'
import { type Bytes, concat, copyOf, hex } from '../src/core/bytes.ts'
import { Writer } from '../src/core/codec.ts'
import * as content from '../src/core/content.ts'
import { contextOf } from '../src/core/context.ts'
import { deviceOf } from '../src/core/keys.ts'
import type { AlertRecord } from '../src/core/records.ts'
import { checkReport, decodeProof, readProof } from '../src/core/report.ts'
import { viewOfAlert } from '../src/core/views.ts'
import { botKey, bytes, device, filled, group, message, rejects, sealing } from './made.ts'

test('a report proves itself, or says which check does not hold', async () => {
  const proof = decodeProof(bytes('report_proof'))
  const sender = deviceOf(device.publicKey)
  const bots = [device.publicKey, botKey]
  const check = (change: Partial<typeof proof> = {}, about = message, by = sender, keys = bots) =>
    checkReport({ ...proof, ...change }, group, about, by, keys)
  const all = { token: true, content: true, place: true, sender: true, leaf: filled(32, 7) }
  assert.deepEqual(await check(), all)
  assert.deepEqual(await check({}, message, sender, [device.publicKey]), { ...all, token: false })
  const other = content.encodeContent({ type: 'text', text: 'x', replyTo: null, mentions: [] })
  assert.deepEqual(await check({ content: other }), { ...all, content: false })
  assert.deepEqual(await check({}, group), { ...all, place: false })
  assert.deepEqual(await check({}, message, filled(32, 1)), { ...all, sender: false })
  const nobody = filled(32, 0)
  assert.deepEqual(await check({ sender: nobody }, message, nobody), { ...all, sender: false })
  const none = { token: false, content: false, place: false, sender: false, leaf: '' }
  assert.deepEqual(await check({ token: new Uint8Array(9) }), none)
  const good = bytes('report_proof')
  for (let i = 0; i < good.length; ++i) {
    await rejects('input_invalid', () => decodeProof(good.slice(0, i)))
  }
  await rejects('input_invalid', () => decodeProof(concat(good, Uint8Array.of(0))))
})

/** An alert that came with nothing proven, as if a report had brought this. */
const alertWith = (body: Bytes, proof: Uint8Array): AlertRecord => ({
  id: filled(16, 4),
  keys: new Uint8Array(),
  bot: filled(32, 1),
  body: concat(body.slice(0, -2), new Writer().vec(proof).take(), Uint8Array.of(0)),
  revealed: null,
  checks: { token: false, content: false, place: false, sender: false, leaf: '' },
  logged: null,
  refused: null,
  stepMail: '',
  wanted: [],
  repeats: 0,
  steps: [],
  updates: [],
})

test('a report with an odd time, or none, is an alert like any other', async () => {
  const { body } = await alert.openAlert(alert.parseAlertMail(bytes('alert')), sealing, botKey)
  const raised = alert.decodeAlertBody(body).time
  const good = bytes('report_proof')
  const said = decodeProof(good).time
  const at = hex(good).lastIndexOf(hex(new Writer().u64(said).take())) / 2
  const saying = (high: number, low: number): Bytes => {
    const proof = copyOf(good)
    new DataView(proof.buffer).setUint32(at, high)
    new DataView(proof.buffer).setUint32(at + 4, low)
    return proof
  }
  const none = { token: false, content: false, place: false, sender: false, leaf: '' }
  // Past what a double holds; past what a date holds; past the calendar.
  const odd = [saying(0xffff_ffff, 0), saying(0x1f_ffff, 0), saying(0xe6_77, 0xd21f_dc00), good.slice(0, 9)]
  for (const proof of odd) {
    assert.equal(readProof(proof), null)
    assert.deepEqual(await checkReport(readProof(proof), group, message, filled(32, 1), [botKey]), none)
    const record = alertWith(body, proof)
    const shown = viewOfAlert(record)
    assert.deepEqual([shown.proof?.text, shown.proof?.claimedTime], ['', null])
    const scope = contextOf(record, 10, true)
    assert.deepEqual([scope.from, scope.claimed], [raised - 600_000, false])
  }
  // The reporter's word, and said to be that, unless it is after the report.
  const before = raised - 3_600_000
  const earlier = contextOf(alertWith(body, saying(Math.floor(before / 2 ** 32), before % 2 ** 32)), 10, true)
  assert.deepEqual([earlier.from, earlier.claimed], [before - 600_000, true])
  assert.ok(earlier.draft.includes("# The time of the message is the reporter's word"))
  const after = raised + 3_600_000
  const later = contextOf(alertWith(body, saying(Math.floor(after / 2 ** 32), after % 2 ** 32)), 10, true)
  assert.deepEqual([later.from, later.claimed], [raised - 600_000, false])
})
