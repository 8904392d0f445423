// What the engine tells and keeps in memory.
import type { Failure } from './api.ts'
import type { Disconnected } from './connection.ts'
import type { SeenCheckpoint } from './trust.ts'

export interface Queued {
  readonly group: string
  readonly order: number
  notBefore: number
  /** The outbox has its bytes, which the relay did not take. */
  readonly encrypted: boolean
}

export interface Claim {
  readonly checkpoint: SeenCheckpoint
  readonly device: string
  readonly group: string
  readonly message: string
  attempts: number
}

/** Told of what changed, once it is durable. */
export interface EngineListener {
  stateChanged(): void
  messagesChanged(group: string, ids: ReadonlySet<string>): void
  arrived(group: string, mentionsMe: boolean): void
  /** This engine is finished; `reason` is final. */
  broken(reason: Failure): void
  connectionEnded(reason: Failure, why: Disconnected | null): void
}
