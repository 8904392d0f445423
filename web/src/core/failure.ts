// Expected failures. Inside the core they travel as exceptions of one class, because TypeScript has
// no way to pass a Result on in one word; at the border (api.ts) `attempt` makes values of them.
// Whatever is not a `CandourError` is a bug of ours and becomes `internal` there.
import type { Failure, Result } from './api.ts'

export class CandourError extends Error {
  readonly code: string
  /** It is the connection that ended, whatever the code says of why. */
  readonly connectionEnded: boolean = false
  constructor(code: string, message: string) {
    super(message)
    this.name = 'CandourError'
    this.code = code
  }
}

export const fault = (code: string, message: string): CandourError =>
  new CandourError(code, message)

export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof CandourError) return { code: thrown.code, message: thrown.message }
  // The name of the class alone: messages of libraries may hold what they were working on.
  const kind = thrown instanceof Error ? thrown.name : typeof thrown
  return { code: 'internal', message: `something unexpected went wrong in the app (${kind})` }
}

export const success = <T>(value: T): Result<T> => ({ ok: true, value })
export const failed = <T>(error: Failure): Result<T> => ({ ok: false, error })

export async function attempt<T>(work: () => Promise<T> | T): Promise<Result<T>> {
  try {
    return success(await work())
  } catch (thrown) {
    return failed(asFailure(thrown))
  }
}

export const codeOf = (thrown: unknown): string => asFailure(thrown).code

/** This device's state can no longer be relied on: nothing may go on. */
export const isFinal = (thrown: unknown): boolean =>
  ['storage_failed', 'state_damaged', 'internal'].includes(codeOf(thrown))

/** The relay does not answer: the connection is dropped and a new one tried. */
export const isLost = (thrown: unknown): boolean =>
  (thrown instanceof CandourError && thrown.connectionEnded) ||
  ['disconnected', 'timed_out'].includes(codeOf(thrown))

/** About the network alone: what was being checked is neither good nor bad yet. */
export const isPassing = (thrown: unknown): boolean =>
  isLost(thrown) || ['rate_limited', 'shutting_down'].includes(codeOf(thrown))
