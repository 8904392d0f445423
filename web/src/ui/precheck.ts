// The check while somebody types, as the screens hold it. It runs in a worker of its own that is
// started at the first word, and never stands in the way of sending: the bot's verdict is what counts.
import type { GroupView, MessageView } from '../core/api.ts'
import type { FromPrecheck, ToPrecheck, Without } from '../precheck/link.ts'
import type { Line } from '../precheck/memory.ts'
import type { Kind, PrecheckFinding } from '../precheck/request.ts'
import type { Store } from './store.ts'

/** policy/conversation.h: what counts of the messages before. */
const kLinesMax = 64
const kAgeMaxMs = 6 * 3600 * 1000
const kAgainMs = 60_000

export interface Checked {
  readonly holds: boolean
  readonly findings: readonly PrecheckFinding[]
}
export interface Draft {
  readonly text: string
  readonly kind: Kind
  /** The message it answers, or ''. */
  readonly about: string
}

export interface Precheck {
  /** Why there is none; null while there is, or may be. */
  readonly without: Without | null
  /** What a check of the draft finds; null when a newer one was asked for, or there is no pre-check. */
  check(group: GroupView, draft: Draft): Promise<Checked | null>
}

/** A line as the check sees it; null for what is no message of a person. */
function lineOf(message: MessageView): Line | null {
  if (message.kind !== 'text' && message.kind !== 'poll') return null
  if (message.deleted || message.checkedText === '') return null
  const kind: Kind = message.kind === 'poll' ? 'poll' : message.about !== null ? 'reply' : 'text'
  const { id, person: sender, checkedText: text } = message
  // A sender's clock that is ahead would make all lines before it old.
  const time = Math.min(message.time, Date.now())
  return { id, sender, time, kind, text, about: message.about ?? '', delivered: message.seq !== 0 }
}

export class WorkerPrecheck implements Precheck {
  without: Without | null = null
  readonly #store: Store
  readonly #start: () => Worker
  #worker: Worker | null = null
  #policy: string | null = null
  #asked = 0
  #again = 0
  #answer: ((checked: Checked | null) => void) | null = null
  /** By group: what the worker was told last. */
  readonly #told = new Map<string, readonly Line[]>()

  constructor(store: Store, start: () => Worker) {
    this.#store = store
    this.#start = start
    let online = false
    store.addEventListener('change', () => {
      const { phase, policy, connection } = store.state
      // What could not be fetched offline may be fetched now.
      if (!online && connection.state === 'online' && this.without === 'no-pack') this.#again = 0
      online = connection.state === 'online'
      if (this.#policy !== null && (phase !== 'ready' || policy !== this.#policy)) this.#stop(null)
    })
  }

  check(group: GroupView, draft: Draft): Promise<Checked | null> {
    this.#answer?.(null)
    this.#answer = null
    const worker = this.#running()
    if (worker === null) return Promise.resolve(null)
    this.#tell(worker, group)
    const person = this.#store.state.device?.person ?? ''
    const line: Line = { ...draft, id: '', sender: person, time: Date.now(), delivered: false }
    this.#post(worker, { type: 'check', id: ++this.#asked, group: group.id, groupClass: group.groupClass, line })
    return new Promise((answer) => (this.#answer = answer))
  }

  #running(): Worker | null {
    const { phase, policy } = this.#store.state
    if (phase !== 'ready' || policy === null) return null
    if (this.#worker !== null) return this.#worker
    if (this.without !== null && performance.now() < this.#again) return null
    const worker = this.#start()
    worker.onmessage = ({ data }: MessageEvent<FromPrecheck>) => this.#hear(data)
    // A script that cannot be fetched now is an event with nothing in it; one that fails is an error.
    worker.onerror = (event) => this.#stop(event instanceof ErrorEvent ? 'failed' : 'no-pack')
    this.#worker = worker
    this.#policy = policy
    this.#post(worker, { type: 'policy', digest: policy })
    return worker
  }

  #post(worker: Worker, message: ToPrecheck): void {
    worker.postMessage(message)
  }

  /** The newest lines, where they are others than last time. */
  #tell(worker: Worker, group: GroupView): void {
    const since = Date.now() - kAgeMaxMs
    const all = this.#store.linesOf(group.id).messages.map(lineOf)
    const lines = all.filter((line) => line !== null && line.time > since).slice(-kLinesMax) as Line[]
    const told = this.#told.get(group.id)
    const same = (one: Line, i: number): boolean =>
      one.id === told?.[i]?.id && one.text === told[i].text && one.delivered === told[i].delivered
    if (told?.length === lines.length && lines.every(same)) return
    this.#told.set(group.id, lines)
    this.#post(worker, { type: 'lines', group: group.id, groupClass: group.groupClass, lines })
  }

  #hear(message: FromPrecheck): void {
    if (message.type === 'without') return this.#stop(message.why)
    if (message.type === 'ready') {
      performance.measure('pre-check made ready', { end: performance.now(), duration: message.ms })
      return this.#clear()
    }
    if (message.id !== this.#asked) return
    this.#answer?.({ holds: message.holds, findings: message.findings })
    this.#answer = null
  }

  #clear(): void {
    if (this.without === null) return
    this.without = null
    this.#store.changed()
  }

  /** With it goes what it remembered. */
  #stop(why: Without | null): void {
    this.#worker?.terminate()
    this.#worker = null
    if (why === null) this.#policy = null
    // Engine and rules may only be out of reach for a while.
    this.#again = why === 'no-pack' ? performance.now() + kAgainMs : Infinity
    this.#told.clear()
    this.#answer?.(null)
    this.#answer = null
    const changed = this.without !== why
    this.without = why
    if (changed) this.#store.changed()
  }
}

let shared: Precheck | null = null
/** Before the first component is made. */
export const usePrecheck = (precheck: Precheck): void => {
  shared = precheck
}
export const precheck = (): Precheck => {
  if (shared === null) throw new Error('no pre-check yet')
  return shared
}
