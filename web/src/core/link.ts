// Keeps the connection up: connects, waits longer after each failure (with jitter, so that a
// relay's return is not everybody's at once), and starts over when the browser is online again.
import type { ConnectionState, Failure } from './api.ts'
import { Connection, Disconnected } from './connection.ts'
import type { Engine } from './engine.ts'
import { CandourError, asFailure, codeOf } from './failure.ts'

const firstPauseMs = 500
const longestPauseMs = 30_000
const tickMs = 1_000
const quietMs = 20_000
const steadyMs = 10_000
const pongTimeoutMs = 15_000

/** What no new attempt will change without a person. */
const lasting = new Set([
  'unknown_device',
  'device_revoked',
  'foreign_certificate',
  'certificate_expired',
  'client_build_unlisted',
  'wrong_root_key',
  'log_inconsistent',
])

export interface LinkState {
  readonly state: ConnectionState
  readonly failure: Failure | null
  readonly retryAt: number | null
}

export class Link {
  current: LinkState = { state: 'offline', failure: null, retryAt: null }
  readonly #engine: Engine
  readonly #changed: () => void
  #wanted = false
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #tick: ReturnType<typeof setInterval> | null = null
  #connecting = false
  #lastPing = 0
  #upSince: number | null = null
  readonly #unsubscribe: () => void

  constructor(engine: Engine, changed: () => void) {
    this.#engine = engine
    this.#changed = changed
    this.#unsubscribe = engine.env.onOnline(() => this.#soon(0))
  }

  start(): void {
    this.#wanted = true
    this.#attempts = 0
    this.#tick ??= setInterval(() => this.#onTick(), tickMs)
    this.#soon(0)
  }

  async stop(): Promise<void> {
    this.#wanted = false
    this.#clear()
    await this.#engine.exclusive(async () => this.#engine.dropConnection()).catch(() => undefined)
    this.#set({ state: 'offline', failure: null, retryAt: null })
  }

  /** For good. What is under way ends first. */
  close(): Promise<void> {
    this.#wanted = false
    this.#clear()
    this.#unsubscribe()
    return this.#engine.close()
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#tick !== null) clearInterval(this.#tick)
    this.#timer = null
    this.#tick = null
  }

  #set(state: LinkState): void {
    this.current = state
    this.#changed()
  }

  /** `caughtUp` of the engine shows as online. */
  view(): LinkState {
    const { state } = this.current
    const online = state === 'catching-up' && this.#engine.caughtUp
    return online ? { ...this.current, state: 'online' } : this.current
  }

  #soon(ms: number): void {
    if (!this.#wanted || this.#connecting || this.#engine.connection !== null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#connect(), ms)
  }

  async #connect(): Promise<void> {
    this.#timer = null
    if (!this.#wanted || this.#connecting) return
    this.#connecting = true
    this.#set({ state: 'connecting', failure: null, retryAt: null })
    const { env, profile, keys, certificate } = this.#engine
    try {
      const login = { device: keys.device, key: keys.signing, certificate }
      const connection = await Connection.open(env, profile.relay, login)
      if (!this.#wanted) {
        this.#connecting = false
        return connection.close()
      }
      await this.#engine.takeLogin(connection)
      this.#connecting = false
      this.#upSince = this.#lastPing = env.monotonic()
      if (!this.#wanted) return void (await this.stop())
      this.#set({ state: 'catching-up', failure: null, retryAt: null })
    } catch (thrown) {
      this.#connecting = false
      this.failed(asFailure(thrown), thrown instanceof Disconnected ? thrown : null)
    }
  }

  /** The connection ended, or could not be made. */
  failed(failure: Failure, why: Disconnected | null): void {
    if (!this.#wanted) return
    if (why?.lasting || lasting.has(failure.code)) {
      return this.#set({ state: 'refused', failure, retryAt: null })
    }
    // A relay that takes every login and fails right after it is not asked ever faster.
    const up = this.#upSince === null ? 0 : this.#engine.env.monotonic() - this.#upSince
    if (up >= steadyMs) this.#attempts = 0
    this.#upSince = null
    const longest = Math.min(firstPauseMs * 2 ** this.#attempts, longestPauseMs)
    this.#attempts += 1
    const said = why?.retryAfterMs ?? null
    const pause = (said ?? longest / 2) + (Math.random() * (said ?? longest)) / 2
    this.#set({ state: 'offline', failure, retryAt: this.#engine.now() + pause })
    this.#soon(pause)
  }

  #onTick(): void {
    const { connection, env } = this.#engine
    if (connection === null) return
    this.#engine.pump()
    if (env.monotonic() - this.#lastPing < quietMs) return
    this.#lastPing = env.monotonic()
    connection.request({ case: 'ping', value: {} }, pongTimeoutMs).catch((thrown: unknown) => {
      // Nothing comes any more: better a new connection than waiting for the old one to be missed.
      if (thrown instanceof CandourError && codeOf(thrown) === 'timed_out') connection.close()
    })
  }
}
