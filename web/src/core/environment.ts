// The world outside, passed in: clocks, the socket, the one-writer lock. In a browser all of it is
// real; tests bring the same things from Node.
import type { Failure } from './api.ts'

/** What the core uses of a WebSocket. */
export interface Socket {
  binaryType: string
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: never) => void) | null
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number): void
}

export interface Environment {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since some moment; does not jump. */
  monotonic(): number
  openSocket(url: string, protocol: string): Socket
  /** Waits for the lock; `held` runs once it is there. Returns what gives it back. */
  lock(name: string, busy: () => void): Promise<() => void>
  /** The name of the database in IndexedDB. */
  database: string
  /** Fires when the browser thinks it is online again; returns what unsubscribes. */
  onOnline(listener: () => void): () => void
}

/** One holder among all tabs of this browser (Web Locks). */
function webLock(name: string, busy: () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = () => new Promise<void>((release) => resolve(release))
    navigator.locks
      .request(name, { ifAvailable: true }, async (lock) => {
        if (lock === null) return false
        await hold()
        return true
      })
      .then(async (held) => {
        if (held) return
        busy()
        await navigator.locks.request(name, hold)
      })
      .catch(reject)
  })
}

export function browserEnvironment(): Environment {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    openSocket: (url, protocol) => new WebSocket(url, protocol) as unknown as Socket,
    lock: webLock,
    database: 'candour',
    onOnline(listener) {
      globalThis.addEventListener('online', listener)
      return () => globalThis.removeEventListener('online', listener)
    },
  }
}

/** What the app cannot do without. */
export async function missingInBrowser(): Promise<Failure | null> {
  const lacks = (what: string): Failure => ({
    code: 'config_invalid',
    message: `this browser lacks ${what}; use a current one, over https`,
  })
  if (globalThis.crypto?.subtle === undefined) return lacks('WebCrypto')
  if (globalThis.indexedDB === undefined) return lacks('IndexedDB')
  for (const [algorithm, usages] of [
    ['Ed25519', ['sign', 'verify']],
    ['X25519', ['deriveBits']],
  ] as const) {
    try {
      await crypto.subtle.generateKey(algorithm, false, usages)
    } catch {
      return lacks(algorithm)
    }
  }
  return null
}
