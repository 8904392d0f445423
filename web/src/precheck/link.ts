// What passes between the page and the worker of the pre-check.
import type { Line } from './memory.ts'
import type { PrecheckFinding } from './request.ts'

export type ToPrecheck =
  /** First of all, once: the version of the policy to check by. */
  | { readonly type: 'policy'; readonly digest: string }
  /** The newest lines of a group, before a check in it and whenever they changed. */
  | { readonly type: 'lines'; readonly group: string; readonly groupClass: string; readonly lines: readonly Line[] }
  | { readonly type: 'check'; readonly id: number; readonly group: string; readonly groupClass: string; readonly line: Line }

/**
 * not-built   this build of the app has no engine
 * no-pack     engine or rules cannot be fetched now where the app comes from
 * other-pack  what came are not the rules that the log says are in force
 * failed      engine and rules do not go together, or the engine stopped
 */
export type Without = 'not-built' | 'no-pack' | 'other-pack' | 'failed'

export type FromPrecheck =
  | { readonly type: 'ready'; readonly name: string; readonly version: string; readonly ms: number }
  | { readonly type: 'without'; readonly why: Without }
  /** `ms`: how long the check took. `holds`: the message would be held. */
  | { readonly type: 'checked'; readonly id: number; readonly holds: boolean; readonly findings: readonly PrecheckFinding[]; readonly ms: number }
