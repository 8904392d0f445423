// A browser's core in this process: IndexedDB of fake-indexeddb, WebSocket of `ws`, the lock of a
// map. Everything else is what runs in a browser.
import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import WebSocket from 'ws'

import type { Change, Core, CoreState, MessageView, Result } from '../src/core/api.ts'
import { openCore } from '../src/core/core.ts'
import type { Environment, Socket } from '../src/core/environment.ts'

const held = new Map<string, { released: Promise<void>; release: () => void }>()

/** One holder of a name in this process, as Web Locks give it in a browser. */
async function lock(name: string, busy: () => void): Promise<() => void> {
  for (let other = held.get(name); other !== undefined; other = held.get(name)) {
    busy()
    await other.released
  }
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = () => {
      held.delete(name)
      resolve()
    }
  })
  held.set(name, { released, release })
  return release
}

export interface World {
  /** PEM, of the relay. */
  readonly ca: string
  /** Told of each frame before it is sent; what it gives back is sent in its place. */
  onSend?: (bytes: Uint8Array) => Uint8Array | void
  /** What a hostile relay makes of each frame it would send. */
  onReceive?: (bytes: Uint8Array) => readonly Uint8Array[]
  /** How far this page's clock is ahead. */
  aheadMs?: number
  /** Told before each transaction that writes. */
  onCommit?: () => void
}

/** One page: `gone` once it crashed. */
interface Life {
  gone: boolean
  onCommit(): void
}

// Every transaction of fake-indexeddb asks the page that opened its connection: a page that is gone
// writes nothing more, whatever it was in the middle of.
const pages = new Map<string, Life>()
const owners = new WeakMap<IDBDatabase, Life>()
const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (...given: Parameters<typeof begin>) {
  const owner = owners.get(this) ?? pages.get(this.name)
  if (owner !== undefined) {
    owners.set(this, owner)
    if (given[1] === 'readwrite' && !owner.gone) owner.onCommit()
    if (owner.gone) throw new Error('this page is gone')
  }
  return begin.apply(this, given)
}

export const value = <T>(result: Result<T>): T => {
  if (result.ok) return result.value
  throw new Error(`${result.error.code}: ${result.error.message}`)
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)

export async function eventually(what: string, done: () => boolean | Promise<boolean>) {
  const deadline = Date.now() + 30_000
  while (!(await done())) {
    if (Date.now() > deadline) assert.fail(`not within 30 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export class Device {
  core!: Core
  readonly changes: Change[] = []
  readonly name: string
  readonly world: World
  #life: Life = { gone: false, onCommit: () => {} }
  readonly #sockets: WebSocket[] = []

  private constructor(name: string, world: World) {
    this.name = name
    this.world = world
  }

  static async open(name: string, world: World): Promise<Device> {
    const device = new Device(name, world)
    await device.reopen()
    return device
  }

  /** A new page over the same state. */
  async reopen(): Promise<void> {
    const life = { gone: false, onCommit: () => this.world.onCommit?.() }
    this.#life = life
    pages.set(this.name, life)
    const core = await openCore(this.environment(life))
    this.core = core
    core.subscribe((change) => {
      if (life.gone) return
      this.changes.push(change)
    })
  }

  /** The page is gone, as when its process is killed: nothing more leaves it. */
  crash(): void {
    this.#life.gone = true
    this.drop()
    // Only so that its timers do not keep this process alive; it writes and sends nothing any more.
    void this.core.lock()
    held.get(`candour-core ${this.name}`)?.release()
  }

  /** The network is gone: what is on its way never arrives. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  environment(life: Life): Partial<Environment> {
    return {
      now: () => Date.now() + (this.world.aheadMs ?? 0),
      monotonic: () => performance.now(),
      database: this.name,
      lock: (name, busy) => lock(`${name} ${this.name}`, busy),
      onOnline: () => () => {},
      openSocket: (url, protocol) => {
        if (life.gone) throw new Error('this page is gone')
        const inner = new WebSocket(url, protocol, { ca: this.world.ca })
        this.#sockets.push(inner)
        inner.binaryType = 'arraybuffer'
        const socket: Socket = {
          binaryType: 'arraybuffer',
          bufferedAmount: 0,
          onopen: null,
          onmessage: null,
          onclose: null,
          onerror: null,
          send: (bytes) => {
            const given = life.gone ? bytes : (this.world.onSend?.(bytes) ?? bytes)
            if (!life.gone) inner.send(given)
          },
          close: () => inner.close(),
        }
        inner.onopen = (event) => socket.onopen?.(event as never)
        inner.onerror = (event) => socket.onerror?.(event as never)
        inner.onclose = ({ code, reason }) => {
          if (!life.gone) socket.onclose?.({ code, reason })
        }
        inner.onmessage = ({ data }) => {
          const frame = new Uint8Array(data as ArrayBuffer)
          for (const given of this.world.onReceive?.(frame) ?? [frame]) {
            if (!life.gone) socket.onmessage?.({ data: given.slice().buffer })
          }
        }
        return socket
      },
    }
  }

  until(what: string, done: (state: CoreState) => boolean): Promise<void> {
    return eventually(`${this.name}: ${what}`, () => done(this.core.state()))
  }
  async lines(group: string): Promise<readonly MessageView[]> {
    return value(await this.core.messages(group, { limit: 1000 })).messages
  }
  async texts(group: string): Promise<readonly string[]> {
    const lines = await this.lines(group)
    return lines.filter((m) => m.kind === 'text' && m.state === 'delivered').map((m) => m.text)
  }
  async line(group: string, id: string): Promise<MessageView | undefined> {
    return (await this.lines(group)).find((m) => m.id === id)
  }
  async untilLine(
    group: string,
    id: string,
    what: string,
    done: (line: MessageView) => boolean,
  ): Promise<MessageView> {
    let found: MessageView | undefined
    await eventually(`${this.name}: message ${what}`, async () => {
      found = await this.line(group, id)
      return found !== undefined && done(found)
    })
    return found as MessageView
  }
}

export const caOf = (organisation: string): string =>
  readFileSync(`${organisation}/public/tls.crt`, 'utf8')
