// Goal: every format the browser reads or signs is the one the C++ code writes. Method: bytes made by
// candour-web-fixtures, read here, and some written here and compared byte by byte; each reader also
// refuses the same bytes cut short, followed by one more, or with one bit turned.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as alert from '../src/core/alert.ts'
import { decodeRefusedStep, openAnswer } from '../src/core/answer.ts'
import { decodeApproval, signAppeal, signApproval } from '../src/core/appeal.ts'
import * as bot from '../src/core/bot_messages.ts'
import { type Bytes, concat, copyOf, fromHex, hex, sha256, utf8 } from '../src/core/bytes.ts'
import * as certificates from '../src/core/certificate.ts'
import { verifyCheckpoint, verifySuccession } from '../src/core/checkpoint.ts'
import { Reader, Writer } from '../src/core/codec.ts'
import * as content from '../src/core/content.ts'
import { tomlString } from '../src/core/context.ts'
import { type GroupRequest, signGroupRequest } from '../src/core/group_request.ts'
import { deviceOf } from '../src/core/keys.ts'
import { decodeOpening, leafHash, verifyConsistency, verifyInclusion } from '../src/core/merkle.ts'
import { decodeClosedAlerts, openOwnAlert } from '../src/core/own_alert.ts'
import { signNoticeAck, verifyNotice } from '../src/core/notice.ts'
import { offerFragment, readOffer } from '../src/core/offer.ts'
import { verifyStatement } from '../src/core/statement.ts'
import { mayName, spanInText, trimmedCodePoints } from '../src/core/text.ts'
import { checkNext, verifyRoster, verifyToken } from '../src/core/token.ts'
import {
  botKey,
  bytes,
  device,
  filled,
  group,
  message,
  refusesDamage,
  rejects,
  root,
  sealing,
  statement,
  text,
  time,
} from './made.ts'

test('lengths are minimal and bounded', () => {
  for (const size of [0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 70_000]) {
    const written = new Writer().vec(new Uint8Array(size)).take()
    const reader = new Reader(written)
    assert.equal(reader.vec().length, size)
    assert.ok(reader.finish())
  }
  for (const bad of ['4001ff', '80000001ff', 'c0', '02ff', '7fff']) {
    const reader = new Reader(fromHex(bad) as Bytes)
    reader.vec()
    assert.equal(reader.finish(), false, bad)
  }
  assert.equal(new Reader(new Writer().u64(2n ** 60n).take()).u64(), 0)
})

test('the statement is the root key\'s alone', async () => {
  assert.equal(statement.id, 'example-constabulary')
  assert.deepEqual(statement.clientBuilds, ['candour/0.1.0', 'candour-web/0.1.0'])
  assert.equal(statement.roles.length, 5)
  assert.deepEqual(statement.bots, [deviceOf(botKey)])
  await rejects('wrong_root_key', () => verifyStatement(text('statement'), statement.log))
  const changed = text('statement').replace('quorum 1', 'quorum 0')
  await rejects('signature_invalid', () => verifyStatement(changed, root))
})

test('certificates need two registrars, revocations one', async () => {
  const certificate = await certificates.verifyCertificate(text('certificate'), statement)
  assert.equal(certificate.device, deviceOf(device.publicKey))
  assert.equal(certificate.name, 'PC Amy \u0141\u00f3d\u017a')
  assert.equal(certificate.notBefore, time)
  certificates.checkValidAt(certificate, time)
  await rejects('certificate_expired', () => certificates.checkValidAt(certificate, time - 1))
  await rejects('certificate_invalid', () =>
    certificates.verifyCertificate(text('certificate_of_one'), statement),
  )
  await rejects('foreign_certificate', () =>
    certificates.verifyCertificate(text('certificate'), { ...statement, id: 'other' }),
  )
  const revocation = await certificates.verifyRevocation(text('revocation'), statement)
  assert.equal(revocation.device, certificate.device)
  const made = await certificates.makeEnrolment(certificate, device, certificate.sealingKey)
  assert.equal(made, text('enrolment'))
})

test('notice and acknowledgement', async () => {
  const notice = await verifyNotice(text('notice'), statement)
  assert.deepEqual([notice.version, notice.lines], [3, ['You are checked.', '']])
  const ack = await signNoticeAck(filled(32, 7), deviceOf(device.publicKey), time, device)
  assert.equal(hex(ack), text('notice_ack'))
})

test('checkpoints, cosignatures, the succession of a log', async () => {
  const seen = await verifyCheckpoint(text('checkpoint'), statement)
  assert.deepEqual([seen.size, seen.root, seen.quorum], [20, filled(32, 5), true])
  assert.deepEqual(seen.cosigners, [{ name: 'witness.example', time }])
  assert.equal((await verifyCheckpoint(text('checkpoint_alone'), statement)).quorum, false)
  const changed = text('checkpoint').replace('\n20\n', '\n21\n')
  await rejects('signature_invalid', () => verifyCheckpoint(changed, statement))
  const succession = await verifySuccession(text('succession'), statement)
  assert.deepEqual([succession.oldSize, succession.reason], [9, 'disk lost'])
})

test('the log\'s tree', () => {
  const opening = decodeOpening(bytes('opening'))
  assert.equal(leafHash(opening, 1), text('opening_leaf'))
  const leaves = text('leaves').trim().split('\n')
  const roots = text('roots').trim().split('\n')
  const rows = (name: string) =>
    text(name).trim().split('\n').map((row) => row.trim().split(' '))
  const other = filled(32, 0xee)
  for (const [i, size, ...proof] of rows('inclusions')) {
    const check = (leaf: string, at: number, hashes: readonly string[], top: string) =>
      verifyInclusion(leaf, at, Number(size), hashes, top)
    const leaf = leaves[Number(i)] as string
    const top = roots[Number(size) - 1] as string
    check(leaf, Number(i), proof, top)
    assert.throws(() => check(other, Number(i), proof, top))
    assert.throws(() => check(leaf, Number(i), proof, other))
    assert.throws(() => check(leaf, Number(i), [...proof, other], top))
    assert.throws(() => check(leaf, Number(size), proof, top))
    if (proof.length > 0) assert.throws(() => check(leaf, Number(i), proof.slice(1), top))
    if (Number(size) > 1) assert.throws(() => check(leaf, (Number(i) + 1) % Number(size), proof, top))
  }
  for (const [old, size, ...proof] of rows('consistencies')) {
    const top = roots[Number(size) - 1] as string
    const before = roots[Number(old) - 1] as string
    verifyConsistency(Number(old), before, Number(size), top, proof)
    assert.throws(() => verifyConsistency(Number(old), other, Number(size), top, proof))
    assert.throws(() => verifyConsistency(Number(old), before, Number(size), other, proof))
    assert.throws(() => verifyConsistency(Number(old), before, Number(size), top, [...proof, other]))
  }
})

test('release tokens, their chain, and rosters', async () => {
  const token = await verifyToken(bytes('token'), botKey)
  assert.equal(token.hash, text('token_hash'))
  assert.deepEqual([token.seq, token.epoch, token.kind], [7, 4, 'application'])
  checkNext(token, { group, seq: 6, previous: filled(32, 2) })
  await rejects('token_invalid', () => checkNext(token, { group, seq: 5, previous: filled(32, 2) }))
  await rejects('token_invalid', () => checkNext(token, { group, seq: 6, previous: filled(32, 3) }))
  await rejects('token_invalid', () => verifyToken(bytes('token'), device.publicKey))
  await refusesDamage(bytes('token'), (damaged) => verifyToken(damaged, botKey))
  const roster = await verifyRoster(bytes('roster'), botKey)
  assert.equal(roster.members[1]?.device, deviceOf(device.publicKey))
  assert.equal(roster.members[1]?.owner, true)
  await refusesDamage(bytes('roster'), (damaged) => verifyRoster(damaged, botKey))
})

test('what a login from a browser signs', async () => {
  const channel = sha256(utf8('candour web channel v1'), Uint8Array.of(0), utf8('127.0.0.1:8443'))
  assert.equal(hex(channel), text('web_channel'))
  const transcript = new Writer()
    .vec('log.example')
    .vec(new Uint8Array(32).fill(1))
    .vec(new Uint8Array(32).fill(2))
    .vec(fromHex(deviceOf(device.publicKey)) as Bytes)
    .vec('candour-web/0.1.0')
    .take()
  assert.equal(hex(await device.signLabelled('candour login v1', transcript)), text('login_signature'))
})

test('content, both ways', async () => {
  const about = filled(16, 2)
  const all: Record<string, content.Content> = {
    content_text: {
      type: 'text',
      text: 'See you at 6 \u{1f44d}',
      replyTo: group,
      mentions: ['p-101', 'p-102'],
    },
    content_poll: { type: 'poll', question: 'Tea?', options: ['yes', 'no'] },
    content_edit: { type: 'edit', about, text: 'x'.repeat(100) },
    content_vote: { type: 'vote', about, option: 1 },
    content_deletion: { type: 'deletion', about },
  }
  for (const [name, value] of Object.entries(all)) {
    assert.deepEqual(content.decodeContent(bytes(name)), value)
    assert.equal(hex(content.encodeContent(value)), text(name))
    await rejects('input_invalid', () => content.decodeContent(bytes(name).slice(0, -1)))
    await rejects('input_invalid', () => content.decodeContent(concat(bytes(name), bytes(name))))
  }
  const inner = content.decodeInner(bytes('inner'))
  assert.deepEqual([inner.counter, inner.time, inner.checkpoint.size], [5, time, 20])
  assert.equal(content.commitment(inner.commitmentKey, inner.content), text('commitment'))
  assert.equal(hex(content.encodeInner(inner)), text('inner'))
  await rejects('input_invalid', () => content.decodeInner(bytes('inner').slice(0, -1)))
  // A number that cannot be shown, or kept exactly, is refused like any other damage.
  const far = { ...inner, time: 253_402_300_799_999 }
  assert.equal(content.decodeInner(content.encodeInner(far)).time, far.time)
  const { origin, root } = inner.checkpoint
  const beyond = [
    { ...inner, time: far.time + 1 },
    { ...inner, counter: 2 ** 53 },
    { ...inner, checkpoint: { origin, root, size: 2 ** 53 } },
  ]
  for (const one of beyond) {
    await rejects('input_invalid', () => content.decodeInner(content.encodeInner(one)))
  }
  const at = hex(bytes('inner')).indexOf(hex(utf8(origin)))
  const notText = fromHex(text('inner').slice(0, at) + 'ff' + text('inner').slice(at + 2)) as Bytes
  await rejects('input_invalid', () => content.decodeInner(notText))
  const lone = { type: 'text', text: 'half \ud83d', replyTo: null, mentions: [] } as const
  await rejects('input_invalid', () => content.encodeChecked(lone))
  const attachment = fromHex('0107') as Bytes
  await rejects('input_invalid', () => content.decodeContent(attachment))
})

test('replies open for their message alone', async () => {
  const open = (name: string, about = message) => bot.openReply(bytes(name), sealing, group, about, botKey)
  const receipt = await open('receipt')
  assert.ok(receipt.type === 'receipt')
  assert.deepEqual([receipt.receipt.seq, receipt.receipt.overridden], [7, true])
  assert.ok(receipt.receipt.mentionDuty)
  const [closed] = receipt.receipt.closed
  assert.deepEqual([closed?.messageId, closed?.closed], [message, time + 1])
  assert.equal(alert.resolutions[closed?.resolution ?? 0], 'training')
  const note = closed?.note ?? new Uint8Array()
  const own = await openOwnAlert(note, sealing, message)
  assert.deepEqual([own.raised, own.group, own.rule], [time, group, 'sexism.capability'])
  await rejects('decryption_failed', () => openOwnAlert(note, sealing, group))
  const five = new Writer().u8(5).raw(new Uint8Array(5 * 26)).take()
  await rejects('input_invalid', () => decodeClosedAlerts(five))
  const unknown = new Writer().u8(1).id(message).u8(9).u64(time).vec('').take()
  await rejects('input_invalid', () => decodeClosedAlerts(unknown))
  const reply = await open('warning')
  assert.ok(reply.type === 'warning' && !reply.block)
  const warning = await bot.verifyWarning(reply.signedWarning, botKey)
  assert.equal(warning.findingsHash, bot.findingsHash(reply.findings))
  assert.equal(warning.expires, time + 1000)
  const [finding] = bot.decodeFindings(reply.findings)
  assert.deepEqual([finding?.rule, finding?.start, finding?.end], ['sexism.capability', 3, 9])
  await refusesDamage(reply.signedWarning, (damaged) => bot.verifyWarning(damaged, botKey))
  const rejected = await open('rejected')
  assert.deepEqual(rejected, { type: 'rejected', code: 'not_permitted', message: 'Not so.' })
  await rejects('decryption_failed', () => open('receipt', group))
  await rejects('signature_invalid', () =>
    bot.openReply(bytes('receipt'), sealing, group, message, device.publicKey),
  )
  const info = await bot.openGroupInfo(bytes('group_info'), sealing, group, botKey)
  assert.deepEqual(info, { name: 'Team A', groupClass: 'ordinary', unit: 'team-a' })
  await rejects('signature_invalid', () =>
    bot.openGroupInfo(bytes('group_info'), sealing, group, device.publicKey),
  )
})

test('alerts, updates and steps', async () => {
  const mail = alert.parseAlertMail(bytes('alert'))
  const { keys, body } = await alert.openAlert(mail, sealing, botKey)
  const opened = alert.decodeAlertBody(body)
  assert.deepEqual([opened.groupName, opened.excerpt], ['Team A', 'caf\u00e9 girls'])
  assert.deepEqual(spanInText(opened.excerpt, opened.start, opened.end), { start: 5, end: 10 })
  const update = await alert.openAlertUpdate(alert.parseAlertMail(bytes('alert_update')), keys, botKey)
  assert.deepEqual([update.state, update.argument], [alert.stateClosed, 'spoken to'])
  await rejects('signature_invalid', () => alert.openAlert(mail, sealing, device.publicKey))
  await refusesDamage(bytes('alert'), (damaged) =>
    alert.openAlert(alert.parseAlertMail(damaged), sealing, botKey),
  )
  const step = {
    alert: filled(16, 4),
    action: alert.actions.indexOf('assign'),
    resolution: 0,
    argument: 'p-202',
    to: filled(32, 0),
    envelope: new Uint8Array(),
    device: deviceOf(device.publicKey),
    time,
  }
  assert.equal(hex(await alert.signAlertStep(step, device)), text('alert_step'))
})

test('an appealed message is in its alert, and in no other', async () => {
  const body = bytes('alert_appealed')
  const { appeal } = alert.decodeAlertBody(body)
  const said = appeal && content.decodeContent(appeal.content)
  assert.ok(said?.type === 'text')
  assert.equal(said.text, 'as the witness said it')
  assert.equal(appeal?.warningHash, filled(32, 3))
  await rejects('input_invalid', () => alert.decodeAlertBody(body.slice(0, -1)))
  await rejects('input_invalid', () => alert.decodeAlertBody(concat(body, body)))
  // The outcome says appealed, and there is nothing to decide about; or the other way round.
  const end = new Writer().vec(appeal?.content ?? '').take().length + 64
  const without = concat(body.slice(0, -end - 1), Uint8Array.of(0))
  await rejects('input_invalid', () => alert.decodeAlertBody(without))
  const at = hex(body).indexOf(hex(utf8('because I may'))) / 2 - 2
  assert.equal(body[at], alert.outcomeAppealed)
  const blocked = copyOf(body)
  blocked[at] = 2
  await rejects('input_invalid', () => alert.decodeAlertBody(blocked))
})

test('strings of a draft stay strings', () => {
  assert.equal(tomlString('Team "A" \\ x'), '"Team \\"A\\" \\\\ x"')
  assert.equal(tomlString('one"\nuntil = "2099'), '"one\\" until = \\"2099"')
})

test('appeals, approvals and the bot\'s answers', async () => {
  const warned = {
    signedWarning: new Uint8Array(242).fill(7),
    content: content.encodeContent({
      type: 'text',
      text: 'as the witness said it',
      replyTo: null,
      mentions: [],
    }),
    commitmentKey: new Uint8Array(32).fill(9),
  }
  const by = deviceOf(device.publicKey)
  const reason = 'It is evidence.'
  assert.equal(hex(await signAppeal({ ...warned, reason, device: by, time }, device)), text('appeal'))
  const approval = {
    group,
    contentCommitment: filled(32, 2),
    warningHash: filled(32, 3),
    approver: by,
    issued: time,
    expires: time + 1000,
  }
  assert.equal(hex(await signApproval(approval, device)), text('approval'))
  assert.deepEqual(decodeApproval(bytes('approval')), approval)
  for (let i = 0; i < bytes('approval').length; ++i) {
    await rejects('approval_invalid', () => decodeApproval(bytes('approval').slice(0, i)))
  }
  const mail = new Uint8Array(16).fill(6)
  const open = (sealed: Bytes, to = by, id = mail, from = botKey) =>
    openAnswer(sealed, sealing, to, id, from)
  const answer = await open(bytes('answer'))
  assert.deepEqual([answer.type, answer.about, answer.code], ['appeal decided', message, ''])
  assert.deepEqual([answer.message, hex(answer.body)], ['Fine by me', text('approval')])
  const refused = await open(bytes('answer_refused'))
  assert.deepEqual([refused.type, refused.code], ['group request', 'not_permitted'])
  const step = await open(bytes('answer_mail_refused'))
  assert.deepEqual([step.type, step.code], ['mail refused', 'not_permitted'])
  assert.deepEqual(decodeRefusedStep(step.body), { alert: filled(16, 4), action: 1 })
  for (let i = 0; i < step.body.length; ++i) {
    await rejects('input_invalid', () => decodeRefusedStep(step.body.slice(0, i)))
  }
  await rejects('signature_invalid', () => open(bytes('answer'), by, mail, device.publicKey))
  await rejects('signature_invalid', () => open(bytes('answer'), filled(32, 1)))
  await rejects('decryption_failed', () => open(bytes('answer'), by, new Uint8Array(16)))
  await refusesDamage(bytes('answer'), open)
})

test('what an officer asks for a group', async () => {
  const request: GroupRequest = {
    organisation: 'example-constabulary',
    request: filled(16, 5),
    action: 'create',
    group,
    name: 'Night shift',
    groupClass: 'ordinary',
    unit: 'team-a',
    owners: [deviceOf(device.publicKey)],
    members: [filled(32, 7), filled(32, 8)],
    by: deviceOf(device.publicKey),
    issued: time,
  }
  assert.equal(hex(await signGroupRequest(request, device)), text('group_request'))
  const wrong: Partial<GroupRequest>[] = [
    { name: '' },
    { name: ' ' },
    { name: 'two\nlines' },
    { name: 'a\u202eb' },
    { name: 'x'.repeat(129) },
    { groupClass: 'secret' },
    { owners: [] },
    { members: Array.from({ length: 1024 }, (_, i) => i.toString(16).padStart(64, '0')) },
  ]
  for (const one of wrong) {
    await rejects('input_invalid', () => signGroupRequest({ ...request, ...one }, device))
  }
})

test('places in text and lengths of reasons', () => {
  const flags = 'a\u{1f1ec}\u{1f1e7}\u00e9z'
  assert.deepEqual(spanInText(flags, 1, 9), { start: 1, end: 5 })
  assert.deepEqual(spanInText(flags, 9, 11), { start: 5, end: 6 })
  assert.equal(spanInText(flags, 2, 9), null)
  assert.equal(spanInText(flags, 5, 99), null)
  assert.equal(trimmedCodePoints(' \u3000 ten \u{1f600} chars \n'), 11)
  assert.throws(() => bot.checkJustification('too short'))
  bot.checkJustification('long enough')
})

test('who may be named in a text', () => {
  const said = 'Ask Sgt N\u00f8va, M\u00fcller or Ash about the bell, says p-201'
  const named = (name: string, person = 'p-1') => mayName(said, name, person)
  assert.ok(named('Sgt Anna Muller'))
  assert.ok(named('DI Bell'))
  assert.ok(named('Li Ash'))
  assert.ok(named('PC Nobody', 'P-201'))
  assert.ok(!named('PC Wendy Holt', 'p-301'))
})

test('offers survive the link they travel in', () => {
  const offer = {
    relay: 'wss://127.0.0.1:8443',
    root: text('root'),
    organisation: 'example-constabulary',
    person: 'p-101',
    name: 'PC Amy \u0141\u00f3d\u017a',
    role: 'officer' as const,
    unit: 'team-a',
  }
  assert.deepEqual(readOffer(`https://chat.example/${offerFragment(offer)}`), offer)
  for (const change of [
    { relay: 'ws://127.0.0.1' },
    { relay: 'wss://a/b' },
    { person: 'p 1' },
    { name: 'a\u202eb' },
    { root: `${text('root')}x` },
  ]) {
    assert.throws(() => readOffer(offerFragment({ ...offer, ...change })), JSON.stringify(change))
  }
})
