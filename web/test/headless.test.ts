// Goal: the browser's core does everything an officer needs against the real relay, bot and terminal
// client. Method: cores in this process (device.ts) beside `candour` in processes of its own; the
// organisation is the example one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { type Device, codeOf, eventually, value } from './device.ts'
import { candour, inTeamA, teamA, texts } from './organisation.ts'

const warnedText = (n: number) => `women are all useless at this job, every one of them, ${n}`
const reason = 'Quoting the complaint that came in this morning'

let web: Device
let other: Device

const send = async (text: string): Promise<string> => value(await web.core.sendText(teamA, text))
const delivered = (id: string) =>
  web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered')
async function warned(n: number): Promise<string> {
  const id = await send(warnedText(n))
  await web.untilLine(teamA, id, 'warned', (line) => line.state === 'warned')
  return id
}

before(async () => {
  web = await inTeamA('w-301', 'PC Wendy Ash')
  other = await inTeamA('w-302', 'PC Omar Birch')
})

after(async () => {
  await web.core.lock()
  await other.core.lock()
})

test('messages go both ways between browser and terminal', async () => {
  const id = await send('Keys are on the hook \u{1f511}')
  const sent = await delivered(id)
  assert.ok(sent.own)
  assert.ok(texts('amy', teamA).includes('Keys are on the hook \u{1f511}'))
  candour('ben', ['send', '--group', teamA], 'Thanks, seen')
  await eventually('seen', async () => (await web.texts(teamA)).includes('Thanks, seen'))
  const seen = (await web.lines(teamA)).find((line) => line.text === 'Thanks, seen')
  assert.equal(seen?.name, 'PC Ben Okafor')
})

test('group and roster are what the bot signed', async () => {
  const [group] = web.core.state().groups
  assert.equal(group?.name, 'Response Team A')
  const botMember = group?.members.find((member) => member.leaf === 0)
  assert.ok(botMember?.bot)
  assert.equal(group?.bot.name, 'Compliance bot')
  const self = group?.members.find((member) => member.self)
  assert.equal(self?.name, 'PC Wendy Ash')
  await send('So that everybody is proven')
  await web.until('proven', (state) => state.groups[0]?.members.every((m) => m.proven) ?? false)
})

test('replies, mentions, reactions, edits, polls, votes and deletions', async () => {
  const id = await send('Who has the van?')
  await delivered(id)
  const answer = value(
    await other.core.sendText(teamA, 'I have', { replyTo: id, mentions: ['w-301'] }),
  )
  const shown = await web.untilLine(teamA, answer, 'there', () => true)
  assert.deepEqual(shown.reply, { name: 'PC Wendy Ash', text: 'Who has the van?' })
  assert.ok(shown.mentionsMe)
  assert.ok(web.core.state().groups[0]?.mentioned)
  value(await other.core.sendReaction(teamA, id, '\u{1f44d}'))
  value(await other.core.sendReaction(teamA, id, '\u{1f44d}'))
  value(await other.core.sendReaction(teamA, id, '\u{1f389}'))
  const reacted = await web.untilLine(teamA, id, 'reacted to', (l) => l.reactions.length === 2)
  assert.deepEqual(reacted.reactions.map((r) => r.names.length), [1, 1])
  value(await web.core.edit(id, 'Who has the blue van?'))
  const edited = (line: { text: string }) => line.text === 'Who has the blue van?'
  const changed = await other.untilLine(teamA, id, 'edited', edited)
  assert.deepEqual([shown.first, changed.first], [null, 'Who has the van?'])
  assert.equal(codeOf(await other.core.edit(id, 'not mine')), 'not_permitted')
  const poll = value(await web.core.sendPoll(teamA, 'Tea?', ['yes', 'no']))
  await other.untilLine(teamA, poll, 'there', () => true)
  value(await other.core.sendVote(teamA, poll, 0))
  const counted = await web.untilLine(
    teamA,
    poll,
    'voted on',
    (line) => line.poll?.options[0]?.names.length === 1,
  )
  assert.deepEqual(counted.poll?.options[0]?.names, ['PC Omar Birch'])
  value(await other.core.sendVote(teamA, poll, 1))
  await web.untilLine(
    teamA,
    poll,
    'voted on again',
    ({ poll: p }) => p?.options[0]?.names.length === 0 && p.options[1]?.names.length === 1,
  )
  assert.equal(codeOf(await other.core.sendVote(teamA, poll, 2)), 'input_invalid')
  assert.equal(codeOf(await other.core.sendVote(teamA, id, 0)), 'not_permitted')
  assert.equal(codeOf(await other.core.deleteForEveryone(teamA, id)), 'not_permitted')
  value(await web.core.deleteForEveryone(teamA, id))
  await other.untilLine(teamA, id, 'deleted', (line) => line.deleted && line.text === '')
  assert.equal(codeOf(await other.core.sendReaction(teamA, id, '\u{1f44d}')), 'not_permitted')
  value(await web.core.markRead(teamA))
  assert.equal(web.core.state().groups[0]?.unread, 0)
  const found = value(await web.core.search('i HAVE', { limit: 5 }))
  assert.deepEqual(found.map((line) => line.id), [answer])
})

test('a warning marks the words; edit sends another text and drops this one', async () => {
  const text = `\u{1f44d} ${warnedText(1)}`
  const id = await send(text)
  const line = await web.untilLine(teamA, id, 'warned', (l) => l.state === 'warned')
  const [finding] = line.warning?.findings ?? []
  const marked = text.slice(finding?.span.start, finding?.span.end)
  assert.equal(marked, 'women are all useless')
  assert.ok(finding?.standard && finding.advice)
  const edited = value(await web.core.edit(id, 'Well done, all of you'))
  await delivered(edited)
  assert.equal(await web.line(teamA, id), undefined)
  assert.ok(!texts('amy', teamA).includes(text))
})

test('an edited message mentions whom it names now', async () => {
  const mentioning = { mentions: ['w-302'] }
  const sent = value(await web.core.sendText(teamA, `@PC Omar Birch ${warnedText(5)}`, mentioning))
  await web.untilLine(teamA, sent, 'warned', (line) => line.state === 'warned')
  const bare = await delivered(value(await web.core.edit(sent, 'To nobody in particular')))
  assert.deepEqual(bare.mentions, [])
  const named = await delivered(value(await web.core.edit(await warned(6), '@PC Omar Birch, to you')))
  assert.deepEqual(named.mentions, ['w-302'])
})

test('withdraw drops a warned message; nobody saw it', async () => {
  const id = await warned(2)
  value(await web.core.withdraw(id))
  assert.equal(await web.line(teamA, id), undefined)
  assert.ok(!(await other.texts(teamA)).includes(warnedText(2)))
})

test('send anyway needs a reason, then reaches everyone as overridden', async () => {
  const id = await warned(3)
  assert.equal(codeOf(await web.core.overrideWarning(id, 'short')), 'justification_invalid')
  const again = value(await web.core.overrideWarning(id, reason))
  // Until it has an outcome there is one text under way, not two.
  const { core } = web
  const more = [core.edit(id, 'Other words'), core.overrideWarning(id, reason), core.withdraw(id)]
  for (const refused of await Promise.all(more)) assert.equal(codeOf(refused), 'input_invalid')
  assert.equal(await web.line(teamA, id), undefined)
  const line = await delivered(again)
  assert.ok(line.overridden)
  assert.equal(await web.line(teamA, id), undefined)
  await eventually('there', async () => (await other.texts(teamA)).includes(warnedText(3)))
  // What the check while writing is told of it.
  assert.equal((await other.line(teamA, again))?.checkedText, warnedText(3))
})

test('a dispute leaves the message warned and says so', async () => {
  const id = await warned(4)
  const disputed = value(await web.core.dispute(id, 'This is a quotation from a training slide'))
  const line = await web.untilLine(teamA, disputed, 'warned again', (l) => l.state === 'warned')
  assert.ok(line.warning?.disputed)
  assert.equal(await web.line(teamA, id), undefined)
  value(await web.core.withdraw(disputed))
})

test('a report reaches the bot and shows to nobody', async () => {
  candour('ben', ['send', '--group', teamA], 'To be reported')
  await eventually('there', async () => (await web.texts(teamA)).includes('To be reported'))
  const about = (await web.lines(teamA)).find((line) => line.text === 'To be reported')
  const before = (await other.lines(teamA)).length
  value(await web.core.report(teamA, about?.id as string, 'This should be looked at by someone'))
  await web.until('reported', (state) => state.undecided === 0)
  assert.equal((await other.lines(teamA)).length, before)
})

test('the receipt of an own message is proven in this browser', async () => {
  const id = await send('For the record')
  await delivered(id)
  // Receipt and cosignatures each follow within a moment.
  await eventually('proven', async () => {
    const proof = await web.core.prove(teamA, id)
    return proof.ok && proof.value.receipt && proof.value.quorum
  })
  const proof = value(await web.core.prove(teamA, id))
  assert.ok(proof.leafIndex < proof.treeSize)
  assert.equal(proof.witnesses.length, 2)
  assert.match(proof.file, /^c2sp\.org\/tlog-proof@v1\nextra .*\nindex \d+\n/)
})

test('what is written offline goes out, in order, once the connection is back', async () => {
  await web.core.goOffline()
  const ids = []
  for (const n of [1, 2, 3]) ids.push(await send(`Written offline ${n}`))
  assert.equal((await web.line(teamA, ids[0] as string))?.state, 'waiting')
  candour('ben', ['send', '--group', teamA], 'Sent meanwhile')
  await web.core.goOnline()
  for (const id of ids) await delivered(id)
  const all = await other.texts(teamA)
  assert.deepEqual(
    all.filter((text) => text.startsWith('Written offline')),
    [1, 2, 3].map((n) => `Written offline ${n}`),
  )
  await eventually('caught up', async () => (await web.texts(teamA)).includes('Sent meanwhile'))
})

test('both see the same lines in the same order, and nothing alarms', async () => {
  const last = await send('And that is all')
  await delivered(last)
  await other.untilLine(teamA, last, 'there', () => true)
  const common = (lines: readonly { seq: number; text: string; kind: string }[]) =>
    lines.filter((line) => line.kind !== 'membership').map((line) => `${line.seq} ${line.text}`)
  const mine = common(await web.lines(teamA))
  const theirs = common(await other.lines(teamA))
  assert.deepEqual(theirs.slice(-10), mine.slice(-10))
  assert.deepEqual(web.core.state().alarms, [])
  assert.deepEqual(other.core.state().alarms, [])
})

test('bad input is refused before it leaves', async () => {
  assert.equal(codeOf(await web.core.sendText(teamA, '')), 'input_invalid')
  assert.equal(codeOf(await web.core.sendText(teamA, 'x'.repeat(100_000))), 'input_invalid')
  assert.equal(codeOf(await web.core.sendText(teamA, 'half \ud83d')), 'input_invalid')
  assert.equal(codeOf(await web.core.sendText('00'.repeat(16), 'where?')), 'group_unknown')
  for (const options of [['only'], ['a', 'a'], ['a', ' '], ['a', 'b\u202e'], ['a', 'x'.repeat(513)]]) {
    assert.equal(codeOf(await web.core.sendPoll(teamA, 'one?', options)), 'input_invalid')
  }
  assert.equal(codeOf(await web.core.withdraw('00'.repeat(16))), 'not_found')
  const hidden = 'admin\u202egnp.exe\u200b'
  await delivered(await send(hidden))
  await eventually('as it is', async () => (await other.texts(teamA)).includes(hidden))
})
