// Watching that the log keeps its promise (client/log_watch.h): which leaves must still come to be
// in a checkpoint that the quorum of witnesses cosigned. Time counts only while connected.
import type { WatchRecord } from './records.ts'
import type { Store } from './store.ts'

export const inclusionLateMs = 60_000
export const inclusionAskMs = 2_000
export const watchedReceivedOneIn = 16
const lateAskMs = 30_000
const questionsMax = 32

export class LogWatch {
  readonly waiting = new Map<string, WatchRecord>()
  readonly #store: Store
  readonly #notBefore = new Map<string, number>()
  readonly #inFlight = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }
  async load(): Promise<void> {
    for (const record of await this.#store.watched()) this.waiting.set(record.leaf, record)
  }
  add(record: WatchRecord): void {
    this.waiting.set(record.leaf, record)
    this.#notBefore.set(record.leaf, record.since + inclusionAskMs)
    this.#store.putWatched(record)
  }
  /** The receipt for an own message came and fits. */
  receiptCame(leaf: string): void {
    const record = this.waiting.get(leaf)
    if (record === undefined || record.receipt) return
    record.receipt = true
    this.#settle(record)
  }
  /** On a new connection: questions are asked again. */
  restart(): void {
    this.#inFlight.clear()
    this.#notBefore.clear()
  }
  /** Another log follows: how many leaves were never shown to be in the old one. */
  beginAnew(): number {
    const open = [...this.waiting.values()].filter((record) => !record.included).length
    this.waiting.clear()
    this.restart()
    return open
  }
  /** So much time passed while connected. What became late just now, each once, ever. */
  tick(passedMs: number): readonly WatchRecord[] {
    const late: WatchRecord[] = []
    for (const record of this.waiting.values()) {
      record.waitedMs += passedMs
      const asked = record.refused || record.included || this.#inFlight.has(record.leaf)
      if (record.late || record.waitedMs < inclusionLateMs || !asked) continue
      record.late = true
      this.#store.putWatched(record)
      late.push(record)
    }
    return late
  }
  questions(now: number): readonly string[] {
    const due: string[] = []
    for (const { leaf, included } of this.waiting.values()) {
      if (this.#inFlight.size + due.length >= questionsMax) break
      if (included || this.#inFlight.has(leaf)) continue
      if ((this.#notBefore.get(leaf) ?? 0) <= now) due.push(leaf)
    }
    return due
  }
  asked(leaf: string): void {
    this.#inFlight.add(leaf)
  }
  included(leaf: string, index: number, size: number): void {
    this.#inFlight.delete(leaf)
    const record = this.waiting.get(leaf)
    if (record === undefined || record.included) return
    record.included = true
    record.index = index
    record.size = size
    this.#settle(record)
  }
  /** Asked, and not there yet (or not witnessed yet). */
  refused(leaf: string, now: number): void {
    this.#inFlight.delete(leaf)
    const record = this.waiting.get(leaf)
    if (record === undefined) return
    this.#notBefore.set(leaf, now + (record.late ? lateAskMs : inclusionAskMs))
    if (record.refused) return
    record.refused = true
    this.#store.putWatched(record)
  }
  #settle(record: WatchRecord): void {
    const done = record.included && (record.kind !== 'own' || record.receipt)
    if (!done) return this.#store.putWatched(record)
    this.#store.deleteWatched(record.leaf)
    this.#notBefore.delete(record.leaf)
    this.waiting.delete(record.leaf)
  }
}
