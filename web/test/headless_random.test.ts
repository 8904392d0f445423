// Goal: whatever people do in a group, and whenever the browser's page goes away, a browser and terminal
// clients come to show the same history, roster and timeline. Method: random operations, by seed, of a
// browser's core and two `candour --json` in a group of their own; the page crashes before random frames
// and transactions and is opened again over the same sealed database. CANDOUR_SEEDS names other seeds.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { GroupChange, MessageView } from '../src/core/api.ts'
import { type Device, eventually, value } from './device.ts'
import { Driven, type Said } from './driven.ts'
import { type Event, enrolled, terminal, unlocked } from './organisation.ts'

const seeds = (process.env.CANDOUR_SEEDS ?? '1 2').split(/[ ,]+/).map(Number)
const operations = 36
const emojis = ['\u{1f44d}', '\u{1f389}', '\u2705']
const warned = 'women are all useless at this job, every one of them,'
const reason = 'Quoting the complaint that came in this morning'
const crashedMs = 250

/** xorshift32: the same seed, the same run as far as the network allows. */
class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed * 2654435761 || 1
  }
  below(n: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % n
  }
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }
  of<T>(items: readonly T[]): T | undefined {
    return items[this.below(Math.max(1, items.length))]
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// ---- the browser, which may go away at any step ----------------------------------------------

class Page {
  readonly device: Device
  readonly #dice: Dice
  crashes = 0

  constructor(device: Device, dice: Dice) {
    this.device = device
    this.#dice = dice
  }

  /** Does it, and now and then the page is gone before it is done. */
  async act(work: () => Promise<unknown>): Promise<void> {
    const { world } = this.device
    if (!this.#dice.oneIn(4)) {
      await work()
      return
    }
    let left = 1 + this.#dice.below(5)
    let gone = () => {}
    const crashed = new Promise<void>((resolve) => (gone = resolve))
    const step = () => {
      if (--left !== 0) return
      this.crashes += 1
      this.device.crash()
      gone()
    }
    world[this.#dice.oneIn(2) ? 'onSend' : 'onCommit'] = step
    const done = work().catch(() => undefined)
    await Promise.race([crashed, Promise.all([done, pause(crashedMs)])])
    delete world.onSend
    delete world.onCommit
    if (left > 0) return
    await unlocked(this.device)
  }
}

// ---- what both show --------------------------------------------------------------------------

/** What every member is to see of a line; that it was sent past a warning is its sender's to know. */
interface Line {
  readonly id: string
  readonly seq: number
  readonly person: string
  readonly type: string
  readonly text: string
  readonly about: string
  readonly edited: boolean
  readonly deleted: boolean
  readonly reactions: readonly string[]
  readonly votes: readonly number[]
}

const lineOf = (m: MessageView): Line => ({
  id: m.id,
  seq: m.seq,
  person: m.person,
  type: m.kind,
  text: m.text,
  about: m.deleted ? '' : (m.about ?? ''),
  edited: m.edited,
  deleted: m.deleted,
  reactions: m.reactions.map((r) => `${r.emoji} ${r.names.length}`).sort(),
  votes: m.poll?.options.map((option) => option.names.length) ?? [],
})

interface Reaction {
  readonly emoji: string
  readonly count: number
}

function lineOfEvent(event: Event): Line {
  const deleted = event.deleted === true
  const reactions = (event.reactions ?? []) as readonly Reaction[]
  return {
    id: String(event.message_id),
    seq: Number(event.seq),
    person: String((event.sender as { person?: unknown } | undefined)?.person),
    type: String(event.type),
    text: String(event.text ?? ''),
    about: deleted ? '' : String(event.about ?? ''),
    edited: event.edited === true,
    deleted,
    reactions: deleted ? [] : reactions.map((r) => `${r.emoji} ${r.count}`).sort(),
    votes: deleted ? [] : ((event.votes ?? []) as readonly number[]),
  }
}

const isLine = (type: unknown): boolean => type === 'text' || type === 'poll'
const shown = (said: Said): readonly Line[] =>
  said.lines.filter((e) => e.event === undefined && isLine(e.type)).map(lineOfEvent)

async function history(web: Device, group: string): Promise<readonly Line[]> {
  const lines = await web.lines(group)
  return lines.filter((m) => m.state === 'delivered' && isLine(m.kind)).map(lineOf)
}

type Member = readonly [device: string, person: string, leaf: number, owner: boolean]

const rosterOf = (said: Said): readonly Member[] =>
  said.lines
    .filter((e) => e.event === undefined)
    .map((e): Member => [String(e.device), String(e.person), Number(e.leaf), e.owner === true])

function roster(web: Device, group: string): readonly Member[] {
  const members = web.core.state().groups.find((one) => one.id === group)?.members ?? []
  return members.map((m): Member => [m.device, m.person, m.leaf, m.owner])
}

// ---- what people do --------------------------------------------------------------------------

interface Scene {
  readonly dice: Dice
  readonly page: Page
  readonly group: string
  /** Everything anybody sent, for others to be about. */
  readonly sent: string[]
  n: number
}

async function atBrowser(scene: Scene): Promise<void> {
  const { dice, page, group, sent } = scene
  const { device } = page
  const about = dice.of(sent) ?? ''
  const note = async (id: Promise<{ ok: boolean; value?: string }>) => {
    const done = await id
    if (done.ok && done.value) sent.push(done.value)
  }
  const text = `browser ${scene.n}`
  const change = (wanted: GroupChange) => device.core.changeGroup(wanted)
  const reload = async () => {
    await device.core.lock()
    device.crash()
    await unlocked(device)
  }
  const ways: readonly (() => Promise<unknown>)[] = [
    () => note(device.core.sendText(group, text)),
    () => note(device.core.sendText(group, text)),
    () => note(device.core.sendText(group, text, { replyTo: about, mentions: ['p-101'] })),
    () => note(device.core.sendReaction(group, about, dice.of(emojis) as string)),
    () => note(device.core.edit(about, `edited ${scene.n}`)),
    () => note(device.core.deleteForEveryone(group, about)),
    () => note(device.core.sendPoll(group, text, ['yes', 'no', 'later'])),
    () => note(device.core.sendVote(group, about, dice.below(3))),
    () => note(device.core.sendText(group, `${warned} ${scene.n}`)),
    () => change({ action: 'add', group, people: ['p-103'] }),
    () => change({ action: 'remove', group, people: ['p-103'] }),
    () => change({ action: 'rename', group, name: `Group ${scene.n}` }),
    () => device.core.goOffline().then(() => device.core.goOnline()),
    reload,
  ]
  const way = dice.of(ways) as () => Promise<unknown>
  if (way === reload) await reload()
  else await page.act(way)
}

/** Answers whatever the bot withheld. */
async function decide(scene: Scene): Promise<void> {
  const { dice, page, group, sent } = scene
  for (const held of await page.device.lines(group)) {
    if (held.state !== 'warned' && held.state !== 'rejected') continue
    const { core } = page.device
    await page.act(async () => {
      if (held.state === 'rejected' || dice.oneIn(3)) return core.withdraw(held.id)
      if (dice.oneIn(2)) return core.edit(held.id, `put otherwise ${scene.n}`)
      const answer = await core.overrideWarning(held.id, reason)
      if (answer.ok) sent.push(answer.value)
      return answer
    })
  }
}

async function atTerminal(scene: Scene, client: Driven): Promise<void> {
  const { dice, group, sent } = scene
  const about = dice.of(sent) ?? '00'.repeat(16)
  const text = `terminal ${scene.n}`
  const ways: readonly (readonly string[])[] = [
    ['send', '--group', group, text],
    ['send', '--group', group, text],
    ['send', '--group', group, '--reply', about, text],
    ['react', about, dice.of(emojis) as string],
    ['edit', about, `edited ${scene.n}`],
    ['delete', about],
    ['poll', '--group', group, text, '--option', 'yes', '--option', 'no'],
    ['vote', about, String(1 + dice.below(2))],
  ]
  const { lines, code } = await client.run(...(dice.of(ways) as readonly string[]))
  // What has no effect is refused; whatever else goes wrong is a fault.
  assert.ok(['', 'not_permitted', 'not_found', 'input_invalid'].includes(code), code)
  const released = lines.find((event) => event.event === 'released')
  if (code === '' && released !== undefined) sent.push(String(released.message_id))
}

async function startGroup(web: Device): Promise<string> {
  const before = new Set(web.core.state().groups.map((one) => one.id))
  const found = () => web.core.state().groups.find((one) => !before.has(one.id))
  const people = ['p-101', 'p-102']
  const create = { action: 'create', name: 'Random', groupClass: 'ordinary', people } as const
  value(await web.core.changeGroup(create))
  await web.until('in the new group', () => found() !== undefined)
  return found()?.id as string
}

async function play(seed: number, web: Device, clients: readonly Driven[]): Promise<void> {
  const dice = new Dice(seed)
  const group = await startGroup(web)
  for (const client of clients) {
    await eventually('the terminal is in it', async () => {
      const { lines } = await client.run('groups')
      return lines.some((event) => event.group === group)
    })
  }
  const scene: Scene = { dice, page: new Page(web, dice), group, sent: [], n: 0 }
  for (scene.n = 1; scene.n <= operations; ++scene.n) {
    const who = dice.below(4)
    if (who < 2) await Promise.all([atBrowser(scene), atTerminal(scene, clients[who] as Driven)])
    else if (who === 2) await atBrowser(scene)
    else await atTerminal(scene, clients[dice.below(2)] as Driven)
    if (dice.oneIn(3)) await pause(dice.below(80))
    if (dice.oneIn(6)) await decide(scene)
  }
  await compare(scene, clients)
  const { crashes } = scene.page
  assert.ok(crashes > 0 && scene.sent.length > 5, 'too little happened')
  console.log(`seed ${seed}: ${scene.sent.length} sent, ${crashes} crashes of the page`)
}

async function compare(scene: Scene, clients: readonly Driven[]): Promise<void> {
  const { group } = scene
  const web = scene.page.device
  await web.until('online', (state) => state.connection.state === 'online')
  await eventually('everything has an outcome', async () => {
    await decide(scene)
    const state = web.core.state()
    const asked = state.requests.some((request) => request.state === 'asked')
    return state.undecided === 0 && !asked && !(await web.lines(group)).some((m) => m.seq === 0)
  })
  web.crash()
  await unlocked(web)
  const mark = value(await web.core.sendText(group, 'The end'))
  await web.untilLine(group, mark, 'delivered', (line) => line.state === 'delivered')
  const mine = await history(web, group)
  const now = () => web.core.state().groups.find((one) => one.id === group)
  assert.equal(new Set(mine.map((line) => line.id)).size, mine.length)
  assert.equal(now()?.stopped, null)
  for (const client of clients) {
    let seen: readonly Line[] = []
    await eventually('the terminal has it all', async () => {
      seen = shown(await client.run('history', '--group', group))
      return seen.some((line) => line.id === mark)
    })
    // One by one, so that a failure names the line.
    for (const [i, line] of mine.entries()) assert.deepEqual(seen[i], line)
    assert.equal(seen.length, mine.length)
    assert.deepEqual(roster(web, group), rosterOf(await client.run('roster', '--group', group)))
    await eventually('the same name', async () => {
      const { lines } = await client.run('groups')
      return lines.find((event) => event.group === group)?.name === now()?.name
    })
  }
}

for (const seed of seeds) {
  test(`seed ${seed}: all show the same in the end`, async () => {
    const web = await enrolled(`w-7${seed}`, 'Sgt Wyatt Rand', 'supervisor')
    const clients = ['amy', 'ben'].map((person) => new Driven(...terminal(person)))
    try {
      await play(seed, web, clients)
    } finally {
      for (const client of clients) await client.end()
      await web.core.lock()
    }
  })
}
