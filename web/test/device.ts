// A browser's core in this process: IndexedDB of fake-indexeddb, WebSocket of `ws`, the lock of a
// map. Everything else is what runs in a browser.
import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import WebSocket from 'ws'

import type { Change, Core, CoreState, MessageView, Result } from '../src/core/api.ts'
import { openCore } from '../src/core/core.ts'
import type { Environment, Socket } from '../src/core/environment.ts'

const held = new Map<string, Promise<void>>()

/** One holder of a name in this process, as Web Locks give it in a browser. */
async function lock(name: string, busy: () => void): Promise<() => void> {
  for (let other = held.get(name); other !== undefined; other = held.get(name)) {
    busy()
    await other
  }
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = () => {
      held.delete(name)
      resolve()
    }
  })
  held.set(name, released)
  return release
}

export interface World {
  /** PEM, of the relay. */
  readonly ca: string
  /** Told of each frame before it is sent. */
  onSend?: (bytes: Uint8Array) => void
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
  #abandoned = { now: false }
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
    this.#abandoned = { now: false }
    const life = this.#abandoned
    const core = await openCore(this.environment(life))
    this.core = core
    core.subscribe((change) => {
      if (life.now) return
      this.changes.push(change)
    })
  }

  /** The page is gone, as when its process is killed: nothing more leaves it. */
  crash(): void {
    this.#abandoned.now = true
    for (const socket of this.#sockets) socket.terminate()
    held.delete(`candour-core ${this.name}`)
  }

  environment(life: { now: boolean }): Partial<Environment> {
    return {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      database: this.name,
      lock: (name, busy) => lock(`${name} ${this.name}`, busy),
      onOnline: () => () => {},
      openSocket: (url, protocol) => {
        if (life.now) throw new Error('this page is gone')
        const socket = new WebSocket(url, protocol, { ca: this.world.ca })
        this.#sockets.push(socket)
        const send = socket.send.bind(socket)
        socket.send = ((bytes: Uint8Array) => {
          if (life.now) return
          this.world.onSend?.(bytes)
          if (!life.now) send(bytes)
        }) as typeof socket.send
        return socket as unknown as Socket
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
