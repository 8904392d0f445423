// Goal: the pre-check in the browser says what the bot's engine says, byte by byte, of every example.
// Method: the WebAssembly module with the app's own code around it, run in Node over requests that
// the native engine has answered (tests/web/precheck_examples.cc). The figures printed are of this
// machine as it is now. Run by tests/web/precheck.sh.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concat, hex, sha256, utf8 } from '../src/core/bytes.ts'
import { Reader, Writer } from '../src/core/codec.ts'
import { Engine, EngineFailure } from '../src/precheck/engine.ts'
import { excerptOf } from '../src/precheck/excerpt.ts'
import { type Line, Memory } from '../src/precheck/memory.ts'
import { digestOf, fetchPack } from '../src/precheck/pack.ts'
import type { Question } from '../src/precheck/request.ts'

const kFromMax = 200
const examples = new Reader(readFileSync(process.env['CANDOUR_EXAMPLES']!))
const pack = examples.vec()
const module = await WebAssembly.compile(readFileSync(process.env['CANDOUR_ENGINE']!))
const began = performance.now()
const engine = await Engine.load(module, pack)
console.log(`pack loaded in ${Math.round(performance.now() - began)} ms, ${engine.memoryMiB} MiB`)

const asked = (text: string, more: Partial<Question> = {}): Question => ({ text, groupClass: 'team', kind: 'text', talk: null, ...more })

function spread(times: number[]): string {
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(2)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`
}

test('every expression of the pack compiles', () => {
  const start = performance.now()
  const times: number[] = []
  for (let last = start, steps = engine.warming(); !steps.next().done; last = performance.now()) times.push(performance.now() - last)
  assert.ok(times.length > 100)
  console.log(`${times.length} expressions compiled in ${Math.round(performance.now() - start)} ms; each: ${spread(times)}`)
})

test('all examples are answered as the native engine answers them', () => {
  const times: number[] = []
  const wrong = new Map<string, number>()
  let warned = 0
  while (examples.ok && examples.left > 0) {
    const from = examples.text(kFromMax)
    const request = examples.vec()
    const expected = examples.vec()
    const start = performance.now()
    const answer = engine.answer(request)
    times.push(performance.now() - start)
    warned += expected[1] === 0 ? 0 : 1
    if (hex(answer) !== hex(expected)) wrong.set(from, (wrong.get(from) ?? 0) + 1)
  }
  assert.ok(examples.finish(), 'the file of examples is whole')
  // Where from and how many, never the texts: the corpora stay out of logs.
  assert.deepEqual([...wrong], [])
  assert.ok(times.length > 8_000 && warned > 1_000, `${times.length} examples, ${warned} of them warned of`)
  console.log(`${times.length} examples, ${warned} of them warned of, all equal; each: ${spread(times)}`)
})

test('findings come with their words marked in UTF-16', () => {
  const text = '🔑 é: women can\'t drive, it\'s in their nature'
  const judged = engine.judge(asked(text))
  assert.equal(judged.verdict, 'warn')
  const [first] = judged.findings
  assert.equal(first?.category, 'discrimination.sex')
  assert.match(text.slice(first?.span.start, first?.span.end), /^women can't drive/)
  assert.ok(first!.standard.length > 0 && first!.advice.length > 0)
  assert.equal(engine.judge(asked('Keys are on the hook 🔑')).verdict, 'release')
})

test('a conversation counts', () => {
  const crude = asked('women cops are useless', { talk: { sender: 1, now: 60_000, answers: 0, past: [] } })
  const first = engine.judge(crude)
  assert.ok(first.features.length > 0)
  const past = [{ sender: 1, time: 60_000, tag: 1, delivered: true, features: first.features }]
  const answer = engine.judge(asked('hahaha', { kind: 'reply', talk: { sender: 2, now: 120_000, answers: 1, past } }))
  assert.equal(engine.judge(asked('hahaha', { kind: 'reply' })).verdict, 'release')
  assert.notDeepEqual(answer.findings, [])
  assert.ok(answer.findings.some((one) => one.ofConversation))
})

test('long texts take linear time', () => {
  // The quickest of several: other work on the machine only adds.
  const quickest = (text: string) => {
    const times = Array.from({ length: 10 }, () => {
      const start = performance.now()
      engine.judge(asked(text))
      return performance.now() - start
    })
    return Math.min(...times)
  }
  for (const word of ['a', 'women ', 'w.o.m.e.n ']) {
    const short = word.repeat(500 / word.length)
    const long = word.repeat(4000 / word.length)
    const times = [quickest(short), quickest(long)] as const
    const ratio = times[1] / times[0]
    console.log(`${short.length} characters: ${times[0].toFixed(1)} ms, ${long.length}: ${times[1].toFixed(1)} ms`)
    // 8 where it is linear, 64 where it goes by the square.
    assert.ok(ratio < 30, `eight times the text took ${ratio.toFixed(1)} times as long`)
  }
})

test('advice stands beside the words it is about', () => {
  const finding = (message: string, start: number, end: number) =>
    ({ rule: 'r', category: 'c', severity: 'warn', standard: 's', advice: 'a', span: { start, end }, message }) as const
  const body = `first words ${'. '.repeat(600)}grave words, and again grave words 🔑`
  const at = body.indexOf('grave')
  const again = body.lastIndexOf('grave')
  const grave = [finding('grave', at, at + 11), finding('grave', again, again + 11)] as const
  const { start, end, marks } = excerptOf(body, [...grave, finding('slight', 0, 5), finding('slight', again, again + 5)])
  assert.deepEqual(marks.map((mark) => body.slice(start, end).slice(mark.start, mark.end)), ['grave words', 'grave words'])
  assert.equal(end, body.length)
  assert.ok(start > at - 50)
  // No half of a character at its beginning.
  assert.equal(excerptOf(body.replaceAll('. ', '🔑'), [finding('grave', at + 1, at + 5)]).start, at - 40)
})

test('the memory of a conversation has its newest lines and no more', () => {
  const memory = new Memory(engine)
  const line = (id: string, sender: string, text: string, more: Partial<Line> = {}): Line =>
    ({ id, sender, text, time: 60_000, kind: 'text', about: '', delivered: true, ...more })
  const reply = line('', 'ben', 'hahaha', { time: 120_000, kind: 'reply', about: 'crude', delivered: false })
  const joins = (group: string, what = reply) => memory.judge(group, 'team', what).findings.some((one) => one.ofConversation)
  assert.ok(!joins('a'))
  const crude = line('crude', 'ana', 'women cops are useless')
  memory.take('a', 'team', [crude])
  assert.ok(joins('a'))
  assert.ok(!joins('b'), 'another group is another conversation')
  assert.ok(!joins('a', { ...reply, time: 60_000 + 7 * 3600 * 1000 }), 'six hours later it is forgotten')
  const others = Array.from({ length: 64 }, (_, i) => line(`m${i}`, 'cal', 'van four is back'))
  memory.take('a', 'team', [crude, ...others])
  assert.ok(!joins('a'), 'only the newest 64 count')
  memory.take('a', 'team', [crude])
  memory.take('a', 'team', [{ ...crude, text: 'the cells are full' }])
  assert.ok(!joins('a'), 'an edited line is what it says now')
  memory.take('a', 'team', [])
  assert.ok(!joins('a'))
})

test('only the rules of the policy version in force are taken', async () => {
  const from = (body: Uint8Array, status = 200) => fetchPack(engine.digest, false, async (address) => {
    assert.equal(address, `/policy/${engine.digest}.pack`)
    return new Response(new Uint8Array(body), { status })
  })
  assert.equal(digestOf(pack), engine.digest)
  assert.deepEqual(await from(pack), pack)
  assert.equal(await from(pack, 404), 'no-pack')
  assert.equal(await fetchPack(engine.digest, false, async () => Promise.reject(new TypeError())), 'no-pack')
  const magic = pack.subarray(0, 16)
  const note = 'candour-policy/v1\nother\n1\n'
  for (const other of [new Uint8Array(), magic, concat(magic, new Writer().vec(note).take()), utf8('candour-pack/v2\n')]) {
    assert.equal(await from(other), 'other-pack')
  }
  // What the browser kept of a file that was put right since.
  const put = (_: unknown, init?: RequestInit) => new Response(init?.cache === 'reload' ? pack.slice() : new Uint8Array())
  assert.deepEqual(await fetchPack(engine.digest, false, async (...asked) => put(...asked)), pack)
  // Rules that the note does not list are refused by the engine, whatever the note.
  const read = new Reader(pack)
  const changed = concat(read.raw(16), new Writer().vec(read.vec()).vec('other rules').take())
  assert.equal(digestOf(changed), engine.digest)
  const whole = concat(changed, sha256(changed))
  await assert.rejects(Engine.load(module, whole), (error: EngineFailure) => /not those that its pack.note lists/.test(error.message))
})

test('of a body without an end no more is taken than a pack may have', async () => {
  let given = 0
  const endless = () => new ReadableStream<Uint8Array>({
    pull: (out) => {
      given += 1
      out.enqueue(new Uint8Array(2 ** 20))
    },
  })
  assert.equal(await fetchPack(engine.digest, true, async () => new Response(endless())), 'other-pack')
  assert.ok(given < 20, `${given} MiB were taken`)
})

test('what is no pack is refused with the reason', async () => {
  const damaged = pack.slice()
  damaged[damaged.length >> 1]! ^= 1
  await assert.rejects(Engine.load(module, damaged), (error: EngineFailure) => /damaged/.test(error.message))
  await assert.rejects(Engine.load(module, new Uint8Array(10)), EngineFailure)
  await assert.rejects(Engine.load(module, new Uint8Array()), EngineFailure)
  assert.throws(() => engine.answer(new Uint8Array([9])), EngineFailure)
})
